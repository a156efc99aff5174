/* A backtest: what a pack would have done to what was said in a room. */
import { fill, h } from "../dom.js";
import { button, commandForm, field, table } from "../form.js";
import { number, t } from "../i18n.js";

const LOOK_MS = 1000;

export function trial(app, [pack = ""]) {
	const { client } = app, result = h("div", { "aria-live": "polite" });
	let timer = 0;

	async function look() {
		const told = await app.try(client.call("moderation.backtest", {}, { again: true }));

		if (told?.running || told?.rules)
			shown(told);
	}

	function shown(told) {
		clearTimeout(timer);
		if (told.running) {
			fill(result, h("p", { role: "status" }, t("mod.trial_runs", { n: told.events ?? 0 })));
			timer = setTimeout(look, LOOK_MS);
			return;
		}
		const rules = told.rules ?? [];

		fill(result, h("p", null, t("mod.trial_of", { pack: told.pack ?? pack, room: told.room ?? "", n: told.events ?? 0 }), told.more && ` ${t("mod.trial_more")}`), rules.length > 0 && [chart(rules), table(
			[t("mod.rule"), t("mod.evaluated"), t("mod.hits"), t("mod.people"), "p50", "p99", t("mod.agreed"), t("mod.appeals"), t("mod.on_trusted")], rules.map((rule) => [
				rule.rule, number(rule.evaluated ?? 0), number(rule.hits ?? 0), number(rule.users ?? 0), micro(rule.p50_ns), micro(rule.p99_ns), number(rule.agreed ?? 0), number(rule.upheld ?? 0), number(rule.trusted ?? 0)]), t("mod.backtest")),
			rules.flatMap((rule) => (rule.samples ?? []).map((sample) => h("p", { class: "quote", dir: "auto" }, h("b", null, rule.rule, " "), h("bdi", null, sample.from, ": "), sample.text)))]);
	}

	/* Hits of each rule as a share of what it saw. */
	function chart(rules) {
		const most = Math.max(...rules.map(({ hits = 0 }) => hits), 1);

		return h("div", { class: "bars", role: "img", "aria-label": rules.map((rule) => `${rule.rule}: ${number(rule.hits ?? 0)}`).join(", ") }, rules.map((rule) => {
			const bar = h("span", { class: "bar" });

			bar.style.width = `${100 * (rule.hits ?? 0) / most}%`;
			return h("div", null, h("span", null, rule.rule), h("div", { class: "track" }, bar), h("b", null, number(rule.hits ?? 0)));
		}));
	}

	look();
	return { nodes: [h("a", { href: `#/moderation/packs/${encodeURIComponent(pack)}` }, pack), commandForm({ app, class: "line", action: t("mod.backtest"), fields: [field("pack", t("mod.pack"), { required: true, value: pack }), field("room", t("mod.room"), { required: true, value: "lobby" })],
		run: async (values) => shown(await client.call("moderation.backtest", values, { timeout: 120000 })) }), button(t("mod.look_again"), look), result], close: () => clearTimeout(timer) };
}

const micro = (ns) => ns === undefined ? "–" : `${number(Math.round(ns / 100) / 10)} µs`;
