/* What moderators did to this person, and why; and asking for somebody else to look at it. */
import { ask, h } from "../dom.js";
import { box, button, field, show } from "../form.js";
import { moment, t } from "../i18n.js";

export function statements(app) {
	const { client } = app, list = h("div");

	const read = () => show(list, client.call("moderation.statements", {}, { again: true }), ({ statements: all }) => all.length === 0 ? h("p", null, t("statement.none")) : h("ul", { class: "stack" }, all.map((one) => h("li", { class: "box" },
		h("div", { class: "line" }, h("b", null, t(`mod.kind.${one.decision}`)), h("small", null, moment(one.time)), one.undone && h("span", { class: "badge" }, t("mod.was_undone"))),
		h("p", { dir: "auto" }, one.text), one.facts?.content && h("p", { class: "quote", dir: "auto" }, one.facts.content),
		h("p", null, t("statement.reason", { reason: one.facts?.reason || "–" }), " ", t("statement.ground", { ground: one.ground })), h("p", null, t(one.automated_decision ? "statement.by_rule" : "statement.by_person"), " ", one.until ? t("chat.poll_until", { time: moment(one.until) }) : ""),
		h("p", null, one.redress), !one.undone && button(t("statement.appeal"), () => appeal(one), { about: `${t(`mod.kind.${one.decision}`)}, ${moment(one.time)}` })))));

	async function appeal({ action }) {
		const data = await ask({ title: t("statement.appeal"), fields: [field("text", t("statement.why"), { type: "textarea", required: true, maxLength: 1000 })], action: t("chat.send"), cancel: t("cancel") });

		if (data && await app.try(client.call("moderation.appeal", { action, text: data.get("text") }), t("statement.appealed")))
			read();
	}

	read();
	return box(t("account.tab.statements"), list);
}
