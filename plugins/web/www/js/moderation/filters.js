/* The built-in filters and the lists that they use; raid mode. */
import { ask, h } from "../dom.js";
import { box, button, choice, commandForm, field, show, table } from "../form.js";
import { t } from "../i18n.js";

const MODES = ["off", "shadow", "live"];

export function filters(app) {
	const { client } = app, place = h("div"), lists = h("div"), may = app.can("moderation.filter_set");

	const read = () => show(place, client.call("moderation.filters", {}, { again: true }), ({ filters: all }) => table([t("mod.filter"), t("mod.mode"), t("mod.limit"), t("mod.does")], all.map((one) => [
		h("div", null, h("b", null, one.filter), h("br"), h("small", null, one.help)), modes(one), limit(one), (one.actions ?? []).join(", ")]), t("mod.tab.filters")));

	function modes({ filter, mode }) {
		const select = h("select", { "aria-label": filter, disabled: !may, onchange: () => set({ filter, mode: select.value }) }, MODES.map((one) => h("option", { value: one, selected: one === mode }, t(`mod.mode.${one}`))));

		return select;
	}

	function limit({ filter, limit: now, limit_is: what }) {
		if (now === undefined)
			return "";
		const input = h("input", { type: "number", value: now, min: 0, "aria-label": `${filter}: ${what ?? ""}`, disabled: !may, onchange: () => set({ filter, limit: Number(input.value) }) });

		return h("label", null, what ?? "", input);
	}

	async function set(what) {
		await app.try(client.call("moderation.filter_set", what), t("saved"));
		read();
	}

	const readLists = () => show(lists, client.call("moderation.lists", {}, { again: true }), ({ lists: all }) => h("ul", { class: "stack" }, all.map((one) => h("li", { class: "line" }, h("b", null, one.name), one.kind, h("small", null, t("mod.entries_n", { n: one.entries })),
		button(t("mod.list_add"), () => change(one.name, "moderation.list_add"), { about: one.name }), button(t("mod.list_remove"), () => change(one.name, "moderation.list_remove"), { about: one.name })))));

	async function change(list, command) {
		const data = await ask({ title: list, fields: [field("entries", t("mod.entries"), { type: "textarea", required: true, rows: 8, help: t("mod.entries_help") })], action: t("save"), cancel: t("cancel") });

		const told = data && await app.try(client.call(command, { name: list, entries: data.get("entries").split("\n").map((line) => line.trim()).filter(Boolean) }), t("saved"));

		for (const { entry, why } of told?.refused ?? [])
			app.notice(`${entry}: ${why}`, "error");
		if (told)
			readLists();
	}

	read();
	if (app.can("moderation.lists"))
		readLists();
	return [place, box(t("mod.lists"), lists, app.can("moderation.list_set") && commandForm({ app, class: "line", action: t("mod.new_list"), fields: [field("name", t("name"), { required: true, pattern: "[a-z0-9\\-]+" }), choice("kind", t("admin.kind"), ["words", "patterns", "names", "deny", "allow"].map((kind) => [kind, kind]), "words")],
		run: async (values) => {
			await client.call("moderation.list_set", values);
			readLists();
		} })), app.can("moderation.raid") && box(t("mod.raid"), h("p", null, t("mod.raid_help")), commandForm({ app, class: "line", action: t("admin.go"), done: t("admin.done"),
		fields: [field("room", t("mod.room"), { required: true }), choice("mode", t("mod.mode"), ["auto", "on", "off"].map((mode) => [mode, t(`mod.raid.${mode}`)]), "auto")], run: (values) => client.call("moderation.raid", values) }))];
}

