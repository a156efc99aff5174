/* The plugins: what they are, how they do, turning them on and off, and the way to their settings. */
import { ask, h } from "../dom.js";
import { button, show, table } from "../form.js";
import { number, t } from "../i18n.js";
import { settings } from "./settings.js";

export function plugins(app, [chosen] = []) {
	return chosen ? settings(app, chosen) : all(app);
}

function all(app) {
	const { client } = app, list = h("div");

	const read = () => show(list, client.call("server.plugins", {}, { again: true }), ({ plugins: rows }) => table([t("admin.plugin"), t("admin.state"), t("admin.memory"), ""], rows.map((one) => [
		h("div", null, h("b", null, one.name), " ", one.version, one.changed && h("span", { class: "badge" }, t("plugins.changed")), one.summary && [h("br"), h("small", null, one.summary)]),
		one.state, one.memory_bytes === undefined ? "" : `${number(Math.round(one.memory_bytes / 1024))} KiB`, one.name !== "server" && actions(one)]), t("admin.tab.plugins")));

	function actions({ name, state }) {
		if (state !== "open")
			return h("div", { class: "line" }, button(t("plugins.enable"), () => run("server.enable", name), { about: name }));
		return h("div", { class: "line" }, h("a", { href: `#/admin/plugins/${encodeURIComponent(name)}`, "aria-label": t("settings.of", { plugin: name }) }, t("settings.title")),
			button(t("admin.reload"), () => run("server.reload", name), { about: name }), button(t("admin.disable"), () => disable(name), { about: name, class: "danger" }));
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
	return [h("p", null, t("admin.enable_help")), list];
}
