/* A thread beside the room: a message, what answers it, and a line to answer it. Esc and the button close it. */
import { fill, h, icon, iconButton, perFrame } from "../dom.js";
import { number, t } from "../i18n.js";
import { messageNode } from "./message.js";

const SHOWN = 200;

export class ThreadView {
	/** @param {import("../room.js").Room} room @param {string} root id of the first message; it was read */
	constructor(app, room, root, { acts, close }) {
		this.app = app;
		this.room = room;
		this.root = root;
		this.acts = acts;
		this.before = document.activeElement;
		this.list = h("div", { class: "thread-list", role: "log", tabindex: "0", "aria-label": t("chat.thread") });
		this.input = h("textarea", { rows: 1, dir: "auto", maxLength: 4000, "aria-label": t("chat.reply_in_thread"), placeholder: t("chat.reply_in_thread"), onkeydown: (event) => {
			if (event.key === "Enter" && !event.shiftKey && !event.isComposing)
				this.#submit(event);
		} });
		this.node = h("aside", { class: "thread", "aria-label": t("chat.thread"), onkeydown: (event) => {
			if (event.key === "Escape")
				close();
		} }, h("header", { class: "pane-head" }, h("h2", null, t("chat.thread")), iconButton("close", t("close"), close)), this.list,
		h("form", { class: "composer-line", onsubmit: (event) => this.#submit(event) }, this.input, h("button", { class: "icon-button primary", "aria-label": t("chat.send"), title: t("chat.send") }, icon("send"))));
		this.end = room.on("entries", perFrame(() => this.#draw()));
		this.#draw();
	}

	#draw() {
		const entries = this.room.thread(this.root), at = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;

		fill(this.list, entries.length > SHOWN && h("p", { class: "more" }, t("chat.and_more", { n: number(entries.length - SHOWN) })),
			entries.slice(-SHOWN).map((entry, i, all) => messageNode({ ...entry, reply: undefined }, all[i - 1], { room: this.room, me: this.app.client.me, acts: this.acts })));
		if (at)
			this.list.scrollTop = this.list.scrollHeight;
	}

	#submit(event) {
		const text = this.input.value.trim();

		event.preventDefault();
		if (text === "")
			return;
		this.input.value = "";
		this.app.rooms.say(this.room, text, { reply: this.root });
	}

	focus() {
		this.input.focus();
	}

	close() {
		this.end();
		this.node.remove();
		if (this.before?.isConnected)
			this.before.focus();
	}
}
