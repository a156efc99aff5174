/* The processes: how they do, restarting them, and replacing edges: who is drained, how many are still connected, and how to call it off. */
import { ask, fill, h } from "../dom.js";
import { button, field, table } from "../form.js";
import { duration, number, t } from "../i18n.js";

const megabytes = (bytes) => `${number(Math.round(bytes / 104857.6) / 10)} MiB`;

export function processes(app) {
	const { client } = app, list = h("div"), most = new Map();
	const all = app.can("server.drain") && button(t("ops.drain_all"), () => drain({}, null));
	let open = new Map();

	function draw(status, memory) {
		open = new Map((status.connections ?? []).map((one) => [one.process, one.open]));
		fill(list, table([t("admin.process"), t("admin.state"), t("ops.open"), t("admin.memory"), t("admin.up"), t("admin.starts"), ""], (status.keeper?.processes ?? []).map((one) => [
			one.name, state(one), open.has(one.process) ? number(open.get(one.process)) : "", memory.has(one.name) && !one.draining ? megabytes(memory.get(one.name)) : "", one.up_ms === undefined ? "" : duration(one.up_ms), number(one.starts), actions(one)]),
		t("admin.processes")));
	}

	function state(one) {
		if (!one.draining)
			return t(`ops.state.${one.state}`);
		const left = open.get(one.process) ?? 0;

		most.set(one.process, Math.max(most.get(one.process) ?? 0, left));
		return h("div", null, h("progress", { max: Math.max(most.get(one.process), 1), value: Math.max(most.get(one.process), 1) - left, "aria-label": t("ops.drained", { name: one.name }) }), h("br"),
			one.left_ms === undefined ? t("ops.drain_kept", { n: left }) : one.left_ms === 0 ? t("ops.drain_told", { n: left }) : t("ops.drain_left", { n: left, time: duration(one.left_ms) }));
	}

	function act(one, label, run) {
		return button(label, run, { dataset: { key: one.process }, about: one.name });
	}

	function actions(one) {
		const edge = /^edge (\d+)$/.exec(one.name);

		if (one.draining)
			return h("div", { class: "line" }, one.left_ms !== 0 && app.can("server.drain.keep") && one.left_ms !== undefined && act(one, t("ops.keep"), () => app.try(client.call("server.drain.keep", { process: one.process }), t("ops.kept"))),
				one.left_ms !== 0 && app.can("server.drain") && act(one, t("ops.drain_again"), () => drain({ process: one.process }, one)));
		if (one.state !== "running")
			return "";
		return edge ? app.can("server.drain") && act(one, t("admin.drain"), () => drain({ edge: Number(edge[1]) }, one))
			: app.can("server.restart") && one.name !== "keeper" && act(one, t("admin.restart"), () => restart(one.name));
	}

	async function drain(which, one) {
		const n = one ? open.get(one.process) ?? 0 : [...open.values()].reduce((sum, count) => sum + count, 0);
		const data = await ask({ title: one ? t("ops.drain_title", { name: one.name }) : t("ops.drain_all"), action: t("admin.drain"), cancel: t("cancel"), danger: true,
			body: [h("p", null, t("ops.drain_help")), h("p", null, t("ops.drain_n", { n }))], fields: [field("within", t("ops.within"), { value: "30s", required: true, pattern: "[0-9]+(ms|s|m|h|d)?", help: t("ops.within_help") })] });

		if (data)
			await app.try(client.call("server.drain", { ...which, within: data.get("within") }), t("ops.draining"));
	}

	async function restart(name) {
		if (await ask({ title: t("admin.sure"), body: [h("p", null, name === "hub" ? t("admin.restart_help") : name)], action: t("admin.go"), cancel: t("cancel") }))
			await app.try(client.call("server.restart", { what: name }), t("admin.done"));
	}

	return { node: list, draw, actions: [all, app.can("server.restart") && button(t("admin.restart_hub"), () => restart("hub"))].filter(Boolean) };
}
