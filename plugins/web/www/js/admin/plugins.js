/* The plugins: what they are, how they do, turning them on and off. */
import { ask, h } from "../dom.js";
import { box, button, commandForm, field, show, table } from "../form.js";
import { number, t } from "../i18n.js";

export function plugins(app) {
	const { client } = app, list = h("div");

	const read = () => show(list, client.call("server.plugins", {}, { again: true }), ({ plugins: all }) => table([t("admin.plugin"), t("admin.state"), t("admin.memory"), ""], all.map((one) => [
		h("div", null, h("b", null, one.name), " ", one.version, h("br"), h("small", null, one.summary), one.why && h("p", { class: "failure" }, one.why)),
		one.state, `${number(Math.round(one.memory_bytes / 1024))} KiB`,
		one.name !== "server" && h("div", { class: "line" }, button(t("admin.reload"), () => run("server.reload", one.name)), button(t("admin.disable"), () => disable(one.name), { class: "danger" }))]), t("admin.tab.plugins")));

	async function run(command, plugin) {
		await app.try(client.call(command, { plugin }), t("admin.done"));
		read();
	}

	async function disable(name) {
		if (await ask({ title: t("admin.disable"), body: [h("p", null, t("admin.disable_help", { name }))], action: t("admin.disable"), cancel: t("cancel"), danger: true }))
			run("server.disable", name);
	}

	read();
	return [list, box(t("admin.enable"), h("p", null, t("admin.enable_help")), commandForm({ app, action: t("admin.enable"), done: t("admin.done"), fields: [field("plugin", t("admin.plugin"), { required: true })],
		run: async (values) => {
			await client.call("server.enable", values);
			read();
		} }))];
}
