/* The settings of one plugin: a form, of which what was changed is sent as a whole. What the server says is wrong stands beside the field that it names. */
import { ask, fill, h } from "../dom.js";
import { box, button, field } from "../form.js";
import { t } from "../i18n.js";
import { settingField } from "./settings_field.js";

const groupOf = (name) => name.slice(0, Math.max(name.lastIndexOf("."), 0));

/* "plugins.bans.except[1]: expected …" and "plugins.push.contact is missing", by the setting that is meant. */
function blame(plugin, line) {
	const [, name, why] = /^plugins\.([\w.-]+)(?:\[.*?\][\w.[\]-]*)?(?:: | (?=is missing))(.*)$/s.exec(line) ?? [];

	return name?.startsWith(`${plugin}.`) ? { name: name.slice(plugin.length + 1), why } : { why: line };
}

export function settings(app, plugin) {
	const { client } = app, body = h("div", { class: "stack" });
	let fields = [];

	async function read() {
		try {
			draw((await client.call("server.settings", { plugin }, { again: true })).settings);
		} catch (error) {
			fill(body, h("p", { class: "failure", role: "alert" }, error.message));
		}
	}

	async function putBack(setting, title) {
		if (await ask({ title, body: [h("p", null, t("settings.put_back_help"))], action: t("settings.put_back"), cancel: t("cancel") })
			&& await app.try(client.call("server.unset", { plugin, ...(setting && { setting }) }), t("settings.is_put_back")))
			read();
	}

	/* A group that the operator names: a queue, a filter. */
	async function addGroup({ setting, needs }) {
		const data = await ask({ title: t("settings.add_title", { name: setting }), action: t("settings.add"), cancel: t("cancel"),
			fields: [field("name", t("name"), { required: true, maxLength: 64, pattern: "[A-Za-z][A-Za-z0-9_\\-]*", autocomplete: "off" }), needs.map((one) => field(`+${one}`, one, { required: true }))] });

		if (!data)
			return;
		const group = Object.fromEntries(needs.map((one) => [one, data.get(`+${one}`)]));

		if (await app.try(client.call("server.set", { plugin, settings: { [`${setting}.${data.get("name")}`]: group } }), t("saved")))
			read();
	}

	function draw(rows) {
		const wrong = h("p", { class: "failure", role: "alert", hidden: true }), save = h("button", { class: "primary" }, t("save"));
		const groups = new Map([["", []]]);
		const changed = rows.some(({ from }) => from === "change");

		for (const row of rows) {
			const key = groupOf(row.setting);

			groups.set(key, [...(groups.get(key) ?? []), row]);
		}
		fields = [];
		const sections = [...groups].map(([name, of]) => section(name, of));
		const form = h("form", { class: "stack settings", noValidate: true, onsubmit: (event) => {
			event.preventDefault();
			send(form, wrong, save);
		} }, sections, wrong, h("div", { class: "actions" }, changed && button(t("settings.put_all_back"), () => putBack(null, t("settings.put_all_back"))), save));

		fill(body, rows.length === 0 ? h("p", { class: "empty" }, t("settings.none"))
			: [rows[0].takes === "reopen" && h("p", { class: "notice" }, t("settings.reopen", { plugin })), form]);
	}

	function section(name, rows) {
		const nodes = rows.map((row) => {
			if (row.type === "groups")
				return h("div", { class: "line" }, h("code", { dir: "ltr" }, row.setting), h("small", null, h("bdi", { lang: "en" }, row.help)), button(t("settings.add_title", { name: row.setting }), () => addGroup(row)));
			const one = settingField(row, () => putBack(row.setting, t("settings.put_back_one", { name: row.setting })));

			fields.push(one);
			return one.node;
		});

		if (name === "")
			return nodes;
		return h("fieldset", { class: "stack" }, h("legend", { dir: "ltr" }, name), nodes,
			rows.some(({ from }) => from === "change") && h("div", { class: "actions" }, button(t("settings.put_group_back", { name }), () => putBack(name, t("settings.put_group_back", { name })))));
	}

	async function send(form, wrong, save) {
		const changes = Object.fromEntries(fields.map((one) => [one.name, one.change()]).filter(([, value]) => value !== undefined));

		wrong.hidden = true;
		for (const one of fields)
			one.wrong(null);
		if (Object.keys(changes).length === 0) {
			app.notice(t("settings.nothing"));
			return;
		}
		save.disabled = true;
		try {
			const { later } = await client.call("server.set", { plugin, settings: changes });

			app.notice(later.length ? t("settings.saved_later", { names: later.join(", ") }) : t("saved"));
			await read();
		} catch (error) {
			tell(error.message, wrong);
		}
		save.disabled = false;
	}

	function tell(message, wrong) {
		const rest = [];
		let first = null;

		for (const line of message.split("\n")) {
			const { name, why } = blame(plugin, line), one = fields.find((field) => field.name === name);

			one?.wrong(why);
			first ??= one;
			if (!one)
				rest.push(line);
		}
		wrong.textContent = rest.join("\n") || t("settings.refused");
		wrong.hidden = false;
		first?.focus();
	}

	read();
	return [h("p", null, h("a", { href: "#/admin/plugins" }, t("settings.all_plugins"))), box(t("settings.of", { plugin }), h("p", null, t("settings.help")), body)];
}
