/* A room: its messages, who is in it, and the composer. */
import { fill, h, iconButton, perFrame } from "../dom.js";
import { number, t } from "../i18n.js";
import { List } from "../list.js";
import { Composer } from "./composer.js";
import { Acts } from "./acts.js";
import { membersNode } from "./members.js";
import { messageNode } from "./message.js";

export class RoomView {
	#ends = [];
	#thread = null;
	/* What has a greater seq is new to who looks; null: nothing is. */
	#readTo = null;

	constructor(app, room) {
		this.app = app;
		this.room = room;
		this.title = app.roomTitle(room);
		this.head = h("header", { class: "pane-head" });
		this.scroll = h("div", { class: "messages", tabindex: "0", role: "region", "aria-label": t("chat.messages_of", { room: this.title }), onkeydown: (event) => this.#walk(event) });
		this.typing = h("p", { class: "typing", "aria-live": "polite" });
		this.jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.list.toEnd() }, t("chat.to_newest"));
		this.composer = new Composer(app, room);
		this.members = h("aside", { class: "members", "aria-label": t("chat.members") });
		this.acts = new Acts(app, room, this);
		this.list = new List(this.scroll, {
			label: t("chat.messages_of", { room: this.title }),
			key: (entry) => entry.id,
			draw: (entry, before) => messageNode(entry, before, { room, me: app.client.me, acts: this.acts, readTo: this.#readTo }),
			near: () => this.#older(),
			end: (atEnd) => this.#atEnd(atEnd),
		});
		this.node = h("section", { class: "pane room", "aria-label": this.title }, this.head,
			this.body = h("div", { class: "room-body" }, h("div", { class: "talk" }, this.scroll, this.jump, this.typing, this.composer.node), this.members));
		this.#readTo = room.unread > 0 ? room.read : null;
		this.#listen();
	}

	#listen() {
		const { room, app } = this, seen = perFrame(() => this.#seen()), members = perFrame(() => this.#members());

		this.#ends = [
			room.on("entries", ({ id, all }) => {
				this.list.show(room.entries, all ? true : id ? [id, this.#after(id), room.byId.get(id)?.reply, ...this.#repliesTo(id)] : []);
				seen();
			}),
			room.on("members", members), room.on("about", () => this.#about()), room.on("typing", () => this.#typing()),
			app.on("members-shown", () => this.#members()), app.on("me", () => this.#about()),
			app.client.on("state", () => this.list.show(room.entries, room.entries.filter(({ state }) => state).map(({ id }) => id))),
			room.on("was-read", (seq) => this.#newFrom(seq)),
		];
		this.timer = setInterval(() => this.#typing(), 2000);
		/* What comes while nobody looks is new when they look again. */
		this.seen = () => {
			if (document.visibilityState !== "visible")
				this.#newFrom(room.seq);
			else if (this.#readTo === room.seq)
				this.#readTo = null;
			seen();
		};
		document.addEventListener("visibilitychange", this.seen);
		this.#about();
		this.#members();
		this.#typing();
		this.list.show(room.entries);
		seen();
	}

	/* From message to message; Tab then goes through what one can do with it. */
	#walk(event) {
		const step = { ArrowUp: -1, ArrowDown: 1 }[event.key], rows = [...this.scroll.querySelectorAll(".row")], now = rows.indexOf(document.activeElement.closest(".row"));

		if (!step || event.altKey || event.ctrlKey || event.metaKey)
			return;
		const next = now < 0 ? rows.at(-1) : rows[now + step];

		event.preventDefault();
		if (next)
			(next.querySelector("article") ?? next).focus();
		else if (step > 0)
			this.focus();
	}

	/* The line above what is new is drawn with the first of it. */
	#newFrom(seq) {
		this.#readTo = seq;
		this.list.show(this.room.entries, true);
	}

	/* Whether a message shows its author depends on the one before. */
	#after(id) {
		const at = this.room.entries.indexOf(this.room.byId.get(id));

		return this.room.entries[at + 1]?.id;
	}

	/* Who reads very fast has to wait a moment for more. */
	#older() {
		this.room.readOlder().catch((error) => {
			clearTimeout(this.waits);
			if (error.retryMs > 0)
				this.waits = setTimeout(() => this.list.show(this.room.entries), error.retryMs);
		});
	}

	/* What quotes a message shows it as it is now: what was removed is not to be read in a reply. */
	#repliesTo(id) {
		return this.room.entries.filter((entry) => entry.reply === id).map((entry) => entry.id);
	}

	/** Shows a thread beside the room, in place of who is in it. */
	async showThread(id) {
		const [{ ThreadView }, entries] = await Promise.all([import("./thread.js"), this.app.try(this.room.readThread(id))]);

		if (!entries || !this.node.isConnected)
			return;
		this.#endThread();
		this.#thread = new ThreadView(this.app, this.room, entries[0]?.id ?? id, { acts: this.acts, close: () => this.#endThread() });
		this.body.append(this.#thread.node);
		this.#members();
		this.#thread.focus();
	}

	#endThread() {
		this.#thread?.close();
		this.#thread = null;
		this.#members();
	}

	close() {
		this.#thread?.close();
		for (const end of this.#ends)
			end();
		clearInterval(this.timer);
		clearTimeout(this.waits);
		this.composer.close();
		document.removeEventListener("visibilitychange", this.seen);
		this.list.close();
	}

	focus() {
		this.composer.focus();
	}

	/** Shows an entry, wherever in the log it is. */
	async showEntry(id) {
		await this.room.readAround(id).catch((error) => this.app.notice(error.message, "error"));
		const node = this.list.toKey(id);

		node?.classList.add("found");
		setTimeout(() => node?.classList.remove("found"), 2000);
	}

	#atEnd(atEnd) {
		this.jump.hidden = atEnd;
		this.#seen();
	}

	#seen() {
		if (document.visibilityState !== "visible" || !this.list.atEnd || this.app.shown !== this)
			return;
		this.room.trim();
		this.app.rooms.saw(this.room);
	}

	#about() {
		const { room, app } = this;

		fill(this.head,
			iconButton("menu", t("menu"), () => app.menu(), { class: "icon-button menu" }),
			h("h1", null, h("bdi", null, this.title)),
			h("p", { class: "topic", dir: "auto", title: room.topic }, room.topic),
			h("div", { class: "head-actions" },
				app.can("call.join") && iconButton("call", t("call.start"), () => app.call(room)),
				iconButton("search", t("chat.search"), () => app.search(room)),
				!room.whisper && iconButton("pin", t("chat.pins"), () => this.acts.pins()),
				!room.whisper && iconButton("people", t("chat.members_n", { n: room.count }), () => app.toggleMembers()),
				iconButton("settings", t("chat.room_settings"), (event) => this.acts.roomMenu(event.currentTarget))));
	}

	#members() {
		this.members.hidden = this.room.whisper || !this.app.membersShown || this.#thread !== null;
		if (!this.members.hidden)
			fill(this.members, h("h2", null, t("chat.members_n", { n: this.room.count })), membersNode(this.room, this.acts));
		this.#about();
	}

	#typing() {
		const names = this.room.writing();

		this.typing.textContent = names.length === 0 ? "" : names.length > 3 ? t("chat.many_type", { n: number(names.length) })
			: t("chat.type", { n: names.length, names: new Intl.ListFormat(document.documentElement.lang).format(names) });
	}
}
