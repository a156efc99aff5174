/* Two who were brought together: their room, and what they can do with each other. */
import { ask, h } from "../dom.js";
import { button, choice, field } from "../form.js";
import { RoomView } from "../chat/view.js";
import { startCall } from "../calls/index.js";
import { t } from "../i18n.js";

export class Meeting {
	#call = null;
	#view = null;
	#ends = [];

	/** @param {{again: () => void}} then `again` is called when they part */
	constructor(app, match, then) {
		this.app = app;
		this.match = match;
		this.then = then;
		this.other = match.others?.[0]?.name ?? t("match.stranger");
		this.place = h("div", { class: "meeting-room" });
		this.bar = h("div", { class: "line meeting-bar", role: "toolbar", "aria-label": t("match.buttons") });
		this.node = h("section", { class: "meeting", "aria-label": t("match.with", { name: this.other }) }, this.bar, this.place);
		this.#buttons(false);
	}

	async open(video) {
		const { app, match } = this, room = await app.try(app.rooms.join(match.room ?? `match-${match.match}`));

		if (!room)
			return;
		this.room = room;
		room.title = this.other;
		this.#view = new RoomView(app, room);
		this.place.replaceChildren(this.#view.node);
		app.shown.room = room;
		app.rooms.shown = room;
		this.#ends = [app.client.on("match.reveals", ({ name }) => app.notice(t("match.reveals", { name: name ?? this.other }))), app.client.on("match.revealed", () => {
			match.blur = false;
			app.notice(t("match.revealed"));
			this.#buttons(false);
		})];
		app.notice(match.shared?.length > 0 ? t("match.shared", { name: this.other, what: match.shared.join(", ") }) : t("match.with", { name: this.other }));
		if (video && app.can("call.join"))
			await this.#startCall();
	}

	async #startCall() {
		this.#call ??= await startCall(this.app, this.room, { audio: true, video: true });
	}

	#buttons(over) {
		const { app, match } = this, call = (method, more) => app.try(app.client.call(method, { match: match.match, ...more }));

		this.bar.replaceChildren(...[
			button(t("match.next"), async () => {
				if (over)
					this.then.again();
				else if (await call("match.next"))
					this.then.again();
			}, { class: "primary" }),
			!over && button(t("match.leave"), async () => {
				await call("match.leave");
				this.then.again();
			}),
			match.blur && !over && button(t("match.reveal"), () => call("match.reveal")),
			!over && app.can("call.join") && button(t("call.start"), () => this.#startCall()),
			button(t("match.block"), async () => {
				if (!await call("match.block", { name: this.other }))
					return;
				/* Whoever blocks has done with the match. */
				this.#end();
				app.notice(t("chat.blocked", { name: this.other }));
			}),
			button(t("chat.report"), () => this.#report(), { class: "danger" }),
		].filter(Boolean));
	}

	async #report() {
		const data = await ask({ title: t("match.report", { name: this.other }), body: [h("p", null, t("match.report_help"))], action: t("chat.report"), cancel: t("cancel"), danger: true,
			fields: [choice("reason", t("chat.reason"), ["abuse", "nudity", "minor", "spam", "cheating", "other"].map((word) => [word, t(`match.reason.${word}`)]), "abuse"), field("text", t("chat.report_what"), { type: "textarea", maxLength: 500 })] });

		if (data && await this.app.try(this.app.client.call("match.report", { match: this.match.match, name: this.other, reason: data.get("reason"), ...(data.get("text") && { text: data.get("text") }) })))
			this.app.notice(t("chat.reported"));
	}

	/** The other one left. */
	over() {
		if (!this.ended)
			this.app.notice(t("match.over", { name: this.other }));
		this.#end();
	}

	#end() {
		if (this.ended)
			return;
		this.ended = true;
		this.#call?.leave();
		this.#buttons(true);
	}

	close() {
		this.#ends.forEach((end) => end());
		this.#call?.leave();
		this.#view?.close();
		if (this.room)
			this.app.rooms.leave(this.room).catch(() => {});
	}
}
