/* What several pages of moderation show alike: an action, a person, the choice of what to do. */
import { ask, h } from "../dom.js";
import { button, choice, field } from "../form.js";
import { moment, number, t } from "../i18n.js";

export const DEEDS = ["warn", "redact", "timeout", "mute", "shadow-mute", "ban"];

export function personLink(who, name) {
	return h("a", { href: `#/moderation/person/${encodeURIComponent(who)}` }, h("bdi", null, name || who));
}

/** The rule behind something: pack@version, rule. */
export const ruleText = ({ pack, version, rule }) => pack ? `${pack}@${version} · ${rule}` : "";

let reasons = null;

/** Reasons that may be given, read once. */
export async function reasonField(app) {
	reasons ??= await app.client.call("moderation.reasons", {}, { again: true }).then((told) => told.reasons, () => []);
	return choice("reason", t("chat.reason"), [["", t("none")], ...reasons.map(({ key, text }) => [key, text])], "");
}

/** Asks for what an action needs. Resolves to its arguments, or null. */
export async function askDeed(app, title, { time = true, scope = false } = {}) {
	const data = await ask({ title, action: t("admin.go"), cancel: t("cancel"), danger: true, fields: [await reasonField(app),
		time && field("for", t("mod.for"), { pattern: "[0-9]+(s|m|h|d|w)", placeholder: "10m", help: t("mod.for_help") }),
		scope && choice("scope", t("mod.scope"), ["account", "network", "both"].map((word) => [word, t(`mod.scope.${word}`)]), "account"),
		field("text", t("mod.sentence"), { maxLength: 400 })] });

	return data && Object.fromEntries([...data].filter(([, value]) => value !== ""));
}

/** Undoes an action or a group, after showing what that would be. */
export async function undo(app, what) {
	const told = await app.try(app.client.call("moderation.undo", { ...what, preview: true }));

	if (!told)
		return false;
	const data = await ask({ title: t("mod.undo_title", { n: told.count }), action: t("mod.undo"), cancel: t("cancel"), danger: true,
		body: [h("ul", null, told.actions.slice(0, 20).map((one) => h("li", null, t(`mod.kind.${one.kind}`), " ", h("bdi", null, one.name ?? one.room ?? ""))))], fields: [field("text", t("chat.reason"), { maxLength: 400 })] });

	return data !== null && await app.try(app.client.call("moderation.undo", { ...what, ...(data.get("text") && { text: data.get("text") }) }), t("mod.undone")) !== undefined;
}

/** Undoes several actions, after showing which. */
export async function undoAll(app, actions) {
	const data = await ask({ title: t("mod.undo_title", { n: actions.length }), action: t("mod.undo"), cancel: t("cancel"), danger: true,
		body: [h("ul", { class: "preview" }, actions.map((one) => h("li", null, t(`mod.kind.${one.kind}`), " ", h("bdi", null, one.name ?? one.room ?? ""))))], fields: [field("text", t("chat.reason"), { maxLength: 400 })] });
	let done = 0;

	for (const { action } of data ? actions : [])
		if (await app.try(app.client.call("moderation.undo", { id: action, ...(data.get("text") && { text: data.get("text") }) })))
			done++;
	if (done > 0)
		app.notice(t("mod.undone"));
	return done > 0;
}

/** An action of the log as a line; `choose` lets it be chosen with others. */
export function actionNode(app, one, again, choose) {
	const undoable = one.mode !== "shadow" && !one.undone;

	return h("li", { class: `box deed ${one.undone ? "undone" : ""}` },
		h("div", { class: "line" }, choose && undoable && h("input", { type: "checkbox", "aria-label": t("mod.choose"), onchange: (event) => choose(one.action, event.target.checked) }), h("b", null, t(`mod.kind.${one.kind}`)), one.who && personLink(one.who, one.name), one.room && h("span", null, "#", h("bdi", null, one.room)), h("small", null, moment(one.time)),
			one.mode === "shadow" && h("span", { class: "badge" }, t("mod.shadow")), one.undone && h("span", { class: "badge" }, t("mod.was_undone")), one.state === "failed" && h("span", { class: "badge danger-text" }, t("mod.failed"))),
		h("div", null, one.by ? t("mod.by", { name: one.by }) : ruleText(one), one.reason && ` · ${one.reason}`, one.until ? ` · ${t("chat.poll_until", { time: moment(one.until) })}` : ""),
		one.text && h("p", { dir: "auto" }, one.text), one.kept && h("p", { class: "quote", dir: "auto" }, one.kept),
		h("div", { class: "line" },
			undoable && button(t("mod.undo"), async () => await undo(app, { id: one.action }) && again(), { about: `${t(`mod.kind.${one.kind}`)} ${one.name ?? one.room ?? ""}` }),
			one.group && button(t("mod.undo_group"), async () => await undo(app, { group: one.group }) && again(), { about: `${t(`mod.kind.${one.kind}`)} ${one.name ?? one.room ?? ""}` })));
}

/** Some numbers beside each other. */
export function figures(pairs) {
	return h("dl", { class: "figures" }, pairs.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, typeof value === "number" ? number(value) : value))));
}
