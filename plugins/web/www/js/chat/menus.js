/* What one can do with messages, people and a room, where there is something to choose or to ask: menus and dialogs of a room's view. */
import { ask, h } from "../dom.js";
import { EMOTES, QUICK } from "../emotes.js";
import { moment, relative, t } from "../i18n.js";
import { openMenu } from "../menu.js";
import { setSetting, setting } from "../settings.js";
import { plain } from "../text.js";
import { roomSettings } from "./settings.js";

/** May this person keep the room in order? A guess for what is shown; the server decides. */
export function moderates(app, room) {
	return ["owner", "manager", "moderator"].includes(room.role.split(" ")[0]) || app.may("chat.moderate");
}

export class Menus {
	#acts;

	/** @param {import("./acts.js").Acts} acts */
	constructor(app, room, view, acts) {
		this.app = app;
		this.room = room;
		this.view = view;
		this.#acts = acts;
	}

	#call(method, params, options) {
		return this.#acts.call(method, params, options);
	}

	get #moderates() {
		return moderates(this.app, this.room);
	}

	pickSign(entry, at) {
		const close = openMenu(at, [], h("div", { class: "signs-pick", role: "group", "aria-label": t("chat.react") }, [...new Set([...QUICK, ...Object.values(EMOTES)])].map((sign) =>
			h("button", { type: "button", "aria-label": t("chat.react_with", { sign }), onclick: () => {
				close();
				this.#acts.react(entry, sign);
			} }, sign))));
	}

	more(entry, at) {
		const own = entry.who === this.app.client.me.id, moderates = this.#moderates;

		openMenu(at, [
			own && entry.event === "chat.message" && { label: t("chat.edit"), run: () => this.view.composer.edit(entry) },
			this.room.replies.has(entry.id) || entry.reply ? { label: t("chat.thread"), run: () => this.#acts.thread(entry) } : null,
			entry.text !== undefined && { label: t("chat.copy"), run: () => navigator.clipboard?.writeText(plain(entry.text)) },
			moderates && !this.room.whisper && (entry.pinned ? { label: t("chat.unpin"), run: () => this.#call("chat.unpin", { id: entry.id }) } : { label: t("chat.pin"), run: () => this.#call("chat.pin", { id: entry.id }) }),
			!own && this.app.can("moderation.report") && { label: t("chat.report"), run: () => this.report(entry) },
			(own || moderates) && { label: t("chat.remove"), danger: true, run: () => this.remove(entry, own) },
		]);
	}

	async remove(entry, own) {
		const data = await ask({ title: t("chat.remove_title"), body: [h("p", { class: "quote" }, plain(entry.text ?? entry.question ?? ""))],
			fields: own ? [] : [h("label", null, t("chat.reason"), h("input", { name: "reason", maxLength: 200 }))], action: t("chat.remove"), cancel: t("cancel"), danger: true });

		if (data)
			await this.#call("chat.redact", { id: entry.id, ...(data.get("reason") && { reason: data.get("reason") }) }, { again: true });
	}

	async report(entry) {
		const data = await ask({ title: t("chat.report_title"), body: [h("p", { class: "quote" }, plain(entry.text ?? ""))],
			fields: [h("label", null, t("chat.report_what"), h("textarea", { name: "text", maxLength: 500, required: true }))], action: t("chat.report"), cancel: t("cancel") });

		if (data && await this.#call("moderation.report", { id: entry.id, text: data.get("text") }))
			this.app.notice(t("chat.reported"));
	}

	person({ who, from: name }, at) {
		const { app } = this, own = who === app.client.me.id, moderates = this.#moderates && !own && !this.room.whisper;

		openMenu(at, [
			{ label: t("chat.mention"), run: () => this.view.composer.insert(`@${name} `) },
			!own && app.can("chat.whisper") && { label: t("chat.whisper"), run: () => app.whisper(who, name) },
			!own && { label: t("chat.block"), run: () => app.try(app.client.call("chat.block", { name: who }), t("chat.blocked", { name })) },
			moderates && { label: t("chat.kick"), danger: true, run: () => this.kick(who, name) },
			moderates && { label: t("chat.make_moderator"), run: () => this.#call("chat.role", { name: who, role: "moderator", on: true }) },
			moderates && { label: t("chat.make_voice"), run: () => this.#call("chat.role", { name: who, role: "voice", on: true }) },
			app.can("moderation.person") && { label: t("mod.card"), run: () => app.go(`#/moderation/person/${encodeURIComponent(who)}`) },
		], this.#card(who, name));
	}

	/* What everybody may know of somebody. */
	#card(who, name) {
		const card = h("div", { class: "card" }, h("b", null, h("bdi", null, name)));

		this.app.client.call("auth.account", { name: who }, { again: true }).then(({ created, bot }) => {
			card.append(h("small", null, bot ? t("role.bot") : t("chat.here_since", { time: relative(created) })));
			card.title = moment(created);
		}, () => card.append(h("small", null, t("chat.guest"))));
		return card;
	}

	async kick(who, name) {
		const data = await ask({ title: t("chat.kick_title", { name }), fields: [h("label", null, t("chat.reason"), h("input", { name: "reason", maxLength: 200 }))],
			action: t("chat.kick"), cancel: t("cancel"), danger: true });

		if (data)
			await this.#call("chat.kick", { name: who, ...(data.get("reason") && { reason: data.get("reason") }) });
	}

	async pins() {
		const told = await this.#call("chat.pins", {}, { again: true });

		if (!told)
			return;
		await ask({ title: t("chat.pins"), body: told.entries.length === 0 ? [h("p", null, t("chat.no_pins"))] : told.entries.map((entry) =>
			h("button", { type: "button", class: "result", onclick: (event) => {
				event.currentTarget.closest("dialog").close();
				this.#acts.jump(entry.id);
			} }, h("bdi", null, entry.from), " ", h("span", null, plain(entry.text ?? entry.question ?? "")))), action: t("close"), cancel: t("cancel") });
	}

	roomMenu(at) {
		const { app, room } = this;

		openMenu(at, [
			{ label: t("prefs.notify"), run: () => this.#notifications(at) },
			!room.whisper && { label: t("chat.invite"), run: () => this.invite() },
			!room.whisper && !room.registered && app.client.me.kind === "account" && { label: t("chat.register"), run: () => this.#call("chat.register").then((told) => told && room.about(told)) },
			!room.whisper && room.role === "owner" && { label: t("chat.room_settings"), run: () => roomSettings(app, room) },
			{ label: room.whisper ? t("close") : t("chat.leave"), run: () => app.leave(room) },
		]);
	}

	/* Of this room, instead of what holds for all. */
	#notifications(at) {
		const key = `notify.${this.room.key}`, now = setting(key, "");

		openMenu(at, ["", "mentions", "all", "never"].map((which) => ({ label: t(`prefs.notify.${which || "usual"}`), chosen: which === now, run: () => setSetting(key, which) })));
	}

	async invite() {
		const data = await ask({ title: t("chat.invite"), fields: [h("label", null, t("name"), h("input", { name: "name", required: true, maxLength: 80 }))], action: t("chat.invite"), cancel: t("cancel") });

		if (data && await this.#call("chat.invite", { name: data.get("name") }))
			this.app.notice(t("chat.invited_them", { name: data.get("name") }));
	}
}
