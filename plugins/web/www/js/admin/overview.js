/* How the server is doing, now and over the last minutes, and its processes. */
import { h } from "../dom.js";
import { button } from "../form.js";
import { Chart } from "../chart.js";
import { number, t } from "../i18n.js";
import { processes } from "./processes.js";

const EVERY_MS = 2000;
const PROCESSES = 16;		// that have a chart of their own
const megabytes = (bytes) => `${number(Math.round(bytes / 104857.6) / 10)} MiB`;
const milliseconds = (ms) => `${number(Math.round(ms * 100) / 100)} ms`;

export function overview(app) {
	const { client } = app, list = processes(app);
	const charts = {
		sessions: new Chart({ title: t("admin.connections") }), messages: new Chart({ title: t("admin.messages") }), publishes: new Chart({ title: t("admin.publishes") }),
		latency: new Chart({ title: t("admin.latency"), format: milliseconds }), ping: new Chart({ title: t("admin.ping"), format: milliseconds }),
	};
	const about = h("p", { role: "status" }), boxes = h("div", { class: "boxes" }, Object.values(charts).map(({ node }) => node)), memories = new Map();
	let before = null, timer = 0, open = true;

	async function read() {
		const began = performance.now();

		try {
			const status = await client.call("server.status", {}, { again: true });

			charts.ping.add(performance.now() - began);
			await turns();
			draw(status, await memory());
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

	/* What each process has in memory, by its name; of an edge and the one that it replaces the larger. */
	async function memory() {
		const { metrics } = await client.call("server.metrics", { match: "whiply_process_resident_bytes" }, { again: true }), found = new Map();

		for (const { labels, value } of metrics) {
			const name = /process="([^"]*)"/.exec(labels)?.[1];

			if (name)
				found.set(name, Math.max(found.get(name) ?? 0, value));
		}
		return found;
	}

	function chartMemory(found) {
		for (const [name, bytes] of found) {
			if (!memories.has(name) && memories.size < PROCESSES) {
				memories.set(name, new Chart({ title: t("ops.memory_of", { name }), format: megabytes }));
				boxes.append(memories.get(name).node);
			}
			memories.get(name)?.add(bytes);
		}
		for (const [name, chart] of memories)
			if (!found.has(name)) {
				chart.node.remove();
				memories.delete(name);
			}
	}

	function draw(status, found) {
		charts.sessions.add(status.sessions);
		if (before !== null && status.epoch === before.epoch) {
			const seconds = (performance.now() - before.at) / 1000;

			charts.messages.add(Math.round((status.messages - before.messages) / seconds));
			charts.publishes.add(Math.round((status.publishes - before.publishes) / seconds));
		}
		before = { ...status, at: performance.now() };
		about.textContent = t("admin.about", { version: status.version, rooms: status.rooms, plugins: status.plugins, edges: status.edges });
		chartMemory(found);
		list.draw(status, found);
	}

	read();
	return {
		nodes: [about, boxes, list.node, h("div", { class: "line" }, app.can("server.reload") && button(t("admin.reload"), () => app.try(client.call("server.reload"), t("admin.reloaded"))), list.actions)],
		close: () => {
			open = false;
			clearTimeout(timer);
		},
	};
}
