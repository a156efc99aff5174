/* Every command that this person may call, with a form for its fields: what has no page of its own can be done here. */
import { fill, h } from "../dom.js";
import { box, choice, commandForm, field } from "../form.js";
import { t } from "../i18n.js";

const NUMBERS = new Set(["int", "number", "float"]);

export function commands(app, [chosen = ""]) {
	const { client } = app, form = h("div");
	const pick = h("select", { "aria-label": t("admin.command"), onchange: () => app.go(`#/admin/commands/${pick.value}`) });

	client.call("server.commands", {}, { again: true }).then(({ commands: all }) => {
		fill(pick, h("option", { value: "" }, t("admin.pick_command")), all.filter(({ flags }) => !flags.includes("local")).sort((a, b) => a.name < b.name ? -1 : 1).map(({ name, help }) =>
			h("option", { value: name, selected: name === chosen }, `${name} — ${help}`)));
		const one = all.find(({ name }) => name === chosen);

		if (one)
			fill(form, commandBox(app, one));
	}, (error) => app.notice(error.message, "error"));
	return [h("label", null, t("admin.command"), pick), form];
}

function input(one) {
	const label = one.required ? `${one.name} *` : one.name;

	if (one.choices)
		return choice(one.name, label, [["", ""], ...one.choices.map((word) => [word, word])], one.default ?? "");
	return field(one.name, label, { required: one.required, help: one.help, placeholder: one.default ?? one.type, autocomplete: "off" });
}

/* What was typed, as the field's type wants it. */
function valueOf({ type }, text) {
	if (NUMBERS.has(type))
		return Number(text);
	if (type === "bool")
		return text === "true";
	return type === "array" || type === "object" || type === "json" || type === "list" ? JSON.parse(text) : text;
}

function commandBox(app, command) {
	const result = h("pre", { "aria-live": "polite", hidden: true });
	const fields = command.fields.map((one) => one.type === "bool" ? choice(one.name, one.name, [["", ""], ["true", t("yes")], ["false", t("no")]], one.default ?? "") : input(one));

	return box(command.name, h("p", null, command.help), commandForm({
		app, action: t("admin.go"), fields,
		run: async (values) => {
			const params = Object.fromEntries(command.fields.filter(({ name }) => values[name] !== undefined).map((one) => [one.name, valueOf(one, values[one.name])]));
			const told = await app.client.call(command.name, params);

			result.textContent = JSON.stringify(told, null, 2);
			result.hidden = false;
		},
	}), result);
}
