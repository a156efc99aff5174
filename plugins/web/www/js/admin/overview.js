/* How the server is doing, now and over the last minutes; its processes, to restart and to drain. */
import { ask, fill, h } from "../dom.js";
import { button, table } from "../form.js";
import { Chart } from "../chart.js";
import { duration, number, t } from "../i18n.js";

const EVERY_MS = 2000;
const megabytes = (bytes) => `${number(Math.round(bytes / 104857.6) / 10)} MiB`;
const milliseconds = (ms) => `${number(Math.round(ms * 100) / 100)} ms`;

export function overview(app) {
	const { client } = app;
	const charts = {
		sessions: new Chart({ title: t("admin.connections") }), messages: new Chart({ title: t("admin.messages") }), publishes: new Chart({ title: t("admin.publishes") }),
		latency: new Chart({ title: t("admin.latency"), format: milliseconds }), memory: new Chart({ title: t("admin.memory"), format: megabytes }), ping: new Chart({ title: t("admin.ping"), format: milliseconds }),
	};
	const about = h("p", { role: "status" }), processes = h("div");
	let before = null, timer = 0, open = true;

	async function read() {
		const began = performance.now();

		try {
			const status = await client.call("server.status", {}, { again: true });

			charts.ping.add(performance.now() - began);
			await turns();
			draw(status);
		} catch (error) {
			about.textContent = error.message;
		}
		if (open)
			timer = setTimeout(read, EVERY_MS);
	}

	/* The mean of the hub's turns since the last look. */
	let turnsBefore = null;
	async function turns() {
		const { metrics } = await client.call("server.metrics", { match: "whiply_hub_turn_seconds" }, { again: true });
		const one = metrics.find(({ count }) => count !== undefined);

		if (!one)
			return;
		const now = { count: one.count, sum: one.value * one.count };

		if (turnsBefore !== null && now.count > turnsBefore.count)
			charts.latency.add(1000 * (now.sum - turnsBefore.sum) / (now.count - turnsBefore.count));
		turnsBefore = now;
	}

	function draw(status) {
		charts.sessions.add(status.sessions);
		charts.memory.add(status.memory_bytes);
		if (before !== null && status.epoch === before.epoch) {
			const seconds = (performance.now() - before.at) / 1000;

			charts.messages.add(Math.round((status.messages - before.messages) / seconds));
			charts.publishes.add(Math.round((status.publishes - before.publishes) / seconds));
		}
		before = { ...status, at: performance.now() };
		about.textContent = t("admin.about", { version: status.version, rooms: status.rooms, plugins: status.plugins, edges: status.edges });
		fill(processes, table([t("admin.process"), t("admin.state"), t("admin.up"), t("admin.starts"), ""], (status.keeper?.processes ?? []).map((one) => [
			one.name, one.state, duration(one.up_ms), number(one.starts), actions(one)]), t("admin.processes")));
	}

	function actions({ name }) {
		const edge = /^edge (\d+)$/.exec(name);

		return h("div", { class: "line" }, edge ? button(t("admin.drain"), () => sure(t("admin.drain_help"), () => client.call("server.drain", { edge: Number(edge[1]) })))
			: button(t("admin.restart"), () => sure(name === "hub" ? t("admin.restart_help") : name, () => client.call("server.restart", { what: name }))));
	}

	async function sure(help, run) {
		if (await ask({ title: t("admin.sure"), body: [h("p", null, help)], action: t("admin.go"), cancel: t("cancel") }))
			await app.try(run(), t("admin.done"));
	}

	read();
	return {
		nodes: [about, h("div", { class: "boxes" }, Object.values(charts).map(({ node }) => node)), processes,
			h("div", { class: "line" }, button(t("admin.reload"), () => app.try(client.call("server.reload"), t("admin.reloaded"))), button(t("admin.restart_hub"), () => sure(t("admin.restart_help"), () => client.call("server.restart", { what: "hub" }))))],
		close: () => {
			open = false;
			clearTimeout(timer);
		},
	};
}
