/* One person, as moderators see them: how far they are trusted, notes, what was done, and what to do. */
import { fill, h } from "../dom.js";
import { box, button, commandForm, field, show } from "../form.js";
import { duration, moment, t } from "../i18n.js";
import { actionNode, askDeed, DEEDS, figures } from "./parts.js";

export function person(app, [who = ""]) {
	const { client } = app, card = h("div", { class: "stack" });
	const find = h("form", { class: "line", role: "search", onsubmit: (event) => {
		event.preventDefault();
		app.go(`#/moderation/person/${encodeURIComponent(new FormData(find).get("who"))}`);
	} }, h("input", { type: "search", name: "who", value: who, required: true, "aria-label": t("mod.find_person"), placeholder: t("mod.find_person") }), h("button", { class: "primary" }, t("admin.find")));

	const read = () => show(card, client.call("moderation.person", { who }, { again: true }), (told) => [
		h("h2", null, h("bdi", null, told.name)),
		figures([[t("mod.trust"), told.trust ?? t("chat.guest")], [t("mod.age"), told.age ? duration(told.age) : "–"], [t("mod.messages"), told.messages ?? 0], [t("mod.strikes"), told.strikes ?? 0], [t("mod.here"), told.here ? t("yes") : t("no")]]),
		h("div", { class: "line" }, DEEDS.filter((deed) => deed !== "redact").map((deed) => button(t(`mod.kind.${deed}`), () => run(deed, told), deed === "ban" ? { class: "danger" } : {})),
			button(t("mod.sweep"), () => sweep(told)), button(t("mod.lift"), () => app.try(client.call("moderation.lift", { who: told.who }), t("admin.done")).then(read))),
		box(t("mod.notes"), h("ul", { class: "stack" }, told.notes.map((note) => h("li", null, h("p", { dir: "auto" }, note.text), h("small", null, note.by, " · ", moment(note.time))))),
			commandForm({ app, action: t("save"), fields: [field("text", t("mod.note"), { type: "textarea", required: true, maxLength: 1000 })], run: async ({ text }) => {
				await client.call("moderation.note", { who: told.who, text });
				read();
			} })),
		h("h2", null, t("mod.tab.log")), h("ul", { class: "stack" }, told.actions.map((one) => actionNode(app, one, read)))]);

	async function run(deed, told) {
		const more = await askDeed(app, `${t(`mod.kind.${deed}`)}: ${told.name}`, { time: deed !== "warn", scope: deed === "ban" });

		if (more && await app.try(client.call(`moderation.${deed.replace("-", "_")}`, { who: told.who, ...more }), t("admin.done")))
			read();
	}

	async function sweep(told) {
		const preview = await app.try(client.call("moderation.sweep", { who: told.who, preview: true }));
		const more = preview && await askDeed(app, t("mod.sweep_title", { n: preview.found, name: told.name }), { time: false });

		if (more && await app.try(client.call("moderation.sweep", { who: told.who, ...more }), t("admin.done")))
			read();
	}

	if (who)
		read();
	else
		fill(card, h("p", { class: "empty" }, t("mod.find_person")));
	return [find, card];
}
