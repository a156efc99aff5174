/* The log: the last lines of all processes, and those that come. What stands in a line was said by strangers, too: it is shown as text. */
import { fill, h, perFrame } from "../dom.js";
import { choice, field } from "../form.js";
import { duration, t } from "../i18n.js";

const SHOWN = 1000;		// lines in the page
const FIRST = 300;
const LEVELS = ["debug", "info", "warn", "error"];
const TIMES = { all: 0, "10m": 600000, "1h": 3600000, "1d": 86400000 };

const clock = (time) => {
	const date = new Date(time), two = (n, width = 2) => String(n).padStart(width, "0");

	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)}`;
};

export function logs(app) {
	const { client } = app, rows = h("ol", { class: "log", dir: "ltr" }), about = h("p", { role: "status" });
	const box = h("div", { class: "log-box", tabindex: "0", role: "region", "aria-label": t("admin.tab.logs") }, rows);
	const follow = h("input", { type: "checkbox", name: "follow", checked: true, onchange: () => begin() });
	const form = h("form", { class: "line", role: "search", onsubmit: (event) => {
		event.preventDefault();
		begin();
	}, onchange: (event) => event.target !== follow && begin() },
	choice("level", t("ops.level"), LEVELS.map((level) => [level, t(`ops.level.${level}`)]), "info"),
	choice("process", t("admin.process"), [["", t("ops.all")], ...["keeper", "hub", "edge", "helper"].map((name) => [name, t(`ops.process.${name}`)])], ""),
	choice("since", t("ops.since"), Object.entries(TIMES).map(([key, ms]) => [key, ms === 0 ? t("ops.all") : duration(ms)]), "all"),
	field("match", t("ops.match"), { type: "search", maxLength: 100 }), h("label", { class: "check" }, follow, t("ops.follow")), h("button", { class: "primary" }, t("admin.find")));
	let last = 0, reading = 0, waiting = [], skipped = 0, early = [];		// early: came before what is read, and is newer

	function filter() {
		return Object.fromEntries([...new FormData(form)].filter(([name, value]) => ["level", "process", "match"].includes(name) && value !== ""));
	}

	/* Lines that come are drawn together, and the eye stays where it is unless it is at the end. */
	const draw = perFrame(() => {
		const end = box.scrollHeight - box.scrollTop - box.clientHeight < 40;

		rows.append(...waiting.slice(-SHOWN).map(line));
		waiting = [];
		while (rows.childElementCount > SHOWN)
			rows.firstElementChild.remove();
		if (end)
			box.scrollTop = box.scrollHeight;
		about.textContent = [t("ops.lines_n", { n: rows.childElementCount }), skipped > 0 && t("ops.skipped", { n: skipped }), follow.checked && t("ops.following")].filter(Boolean).join(" · ");
	});

	function add(all) {
		for (const one of all) {
			if (one.seq <= last)
				continue;
			last = one.seq;
			waiting.push(one);
		}
		draw();
	}

	/* Follows, then reads what there is; what comes between the two is told by both, and shown once. */
	async function begin(after) {
		const mine = ++reading, since = TIMES[new FormData(form).get("since")];
		const params = { ...filter(), limit: after === undefined ? FIRST : SHOWN, ...(after !== undefined && { after }), ...(since && after === undefined && { since: Date.now() - since }) };

		early ??= [];
		if (after === undefined) {
			last = skipped = 0;
			waiting = [];
			fill(rows);
		}
		if (follow.checked)
			await app.try(client.call("server.log.follow", filter(), { again: true }));
		else
			client.call("server.log.unfollow", {}, { again: true }).catch(() => {});
		/* What came until now was chosen by what stood here before. */
		if (mine === reading)
			early = [];
		const told = await app.try(client.call("server.log.lines", params, { again: true }));

		if (mine !== reading)
			return;
		add([...told?.lines ?? [], ...early]);
		early = null;
		skipped += told?.lost ?? 0;
		draw();
	}

	const ends = [client.on("server.log.line", (one) => early === null ? add([one]) : early.push(one)), client.on("server.log.skipped", ({ n }) => {
		skipped += n;
		draw();
	}), client.on("ready", () => begin(last)), client.on("session.recovered", () => begin(last))];

	begin();
	return {
		nodes: [form, about, box],
		close: () => {
			reading++;
			for (const end of ends)
				end();
			client.call("server.log.unfollow", {}, { again: true }).catch(() => {});
		},
	};
}

function line({ time, level, process, event, text }) {
	return h("li", { class: `log-line ${level}` }, h("time", { datetime: new Date(time).toISOString() }, clock(time)), " ", h("b", { class: "log-level" }, level), " ", h("span", { class: "log-process" }, process), " ",
		h("b", null, event), " ", h("bdi", null, text));
}
