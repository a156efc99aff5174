/* The plugins: what they are, how they do, turning them on and off, and the way to their settings. */
import { ask, fill, h } from "../dom.js";
import { box, button, commandForm, show, table } from "../form.js";
import { number, t } from "../i18n.js";
import { settings } from "./settings.js";

export function plugins(app, [chosen] = []) {
	return chosen ? settings(app, chosen) : all(app);
}

function all(app) {
	const { client } = app, list = h("div"), names = h("datalist", { id: "plugins-available" });

	const read = () => show(list, client.call("server.plugins", {}, { again: true }), ({ plugins: rows, available = [] }) => {
		fill(names, available.map((name) => h("option", { value: name })));
		return table([t("admin.plugin"), t("admin.state"), t("admin.memory"), ""], rows.map((one) => [
			h("div", null, h("b", null, one.name), " ", one.version, one.changed && h("span", { class: "badge" }, t("plugins.changed")), h("br"), h("small", null, one.summary)),
			one.state, `${number(Math.round(one.memory_bytes / 1024))} KiB`, one.name !== "server" && actions(one)]), t("admin.tab.plugins"));
	});

	function actions({ name, state }) {
		if (state !== "open")
			return h("div", { class: "line" }, button(t("plugins.enable"), () => run("server.enable", name)));
		return h("div", { class: "line" }, h("a", { href: `#/admin/plugins/${encodeURIComponent(name)}`, "aria-label": t("settings.of", { plugin: name }) }, t("settings.title")),
			button(t("admin.reload"), () => run("server.reload", name)), button(t("admin.disable"), () => disable(name), { class: "danger" }));
	}

	async function run(command, plugin) {
		await app.try(client.call(command, { plugin }), t("admin.done"));
		read();
	}

	async function disable(name) {
		if (await ask({ title: t("admin.disable"), body: [h("p", null, t("admin.disable_help", { name }))], action: t("admin.disable"), cancel: t("cancel"), danger: true }))
			run("server.disable", name);
	}

	read();
	return [list, box(t("admin.enable"), h("p", null, t("admin.enable_help")), names, commandForm({ app, action: t("admin.enable"), done: t("admin.done"),
		fields: [h("label", null, t("admin.plugin"), h("input", { name: "plugin", type: "text", required: true, autocomplete: "off", list: "plugins-available" }))],
		run: async (values) => {
			await client.call("server.enable", values);
			read();
		} }))];
}
