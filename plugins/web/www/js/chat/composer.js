/* Where one writes. Enter sends, Shift+Enter is a new line, Tab completes names, commands and emotes, the arrow up edits what was said last. What is not
 * sent yet is kept as a draft of the room. */
import { fill, h, icon, iconButton } from "../dom.js";
import { t } from "../i18n.js";
import { setSetting, setting } from "../settings.js";

const TYPING_EVERY_MS = 4000;
const TYPING_SOONEST_MS = 2100;	// the server does not tell the others more often
const CHOICES = 8;

export class Composer {
	#reply = null;
	#editing = null;
	#typed = 0;		// when the others were told last
	#telling = false;	// and whether they think that we write
	#typing = 0;
	#choices = [];
	#chosen = 0;
	#sent = Promise.resolve();

	constructor(app, room) {
		this.app = app;
		this.room = room;
		this.about = h("div", { class: "composer-about", hidden: true });
		this.list = h("ul", { class: "choices", role: "listbox", id: "choices", "aria-label": t("chat.completions"), hidden: true });
		this.input = h("textarea", {
			rows: 1, "aria-label": t("chat.write_to", { room: app.roomTitle(room) }), placeholder: t("chat.write_to", { room: app.roomTitle(room) }), dir: "auto",
			maxLength: 4000, enterKeyHint: "send", "aria-haspopup": "listbox", "aria-controls": "choices", "aria-autocomplete": "list",
			oninput: () => this.#changed(), onkeydown: (event) => this.#key(event),
		});
		this.input.value = setting(`draft.${room.key}`, "");
		this.node = h("form", { class: "composer", onsubmit: (event) => this.#submit(event) }, this.about, this.list,
			h("div", { class: "composer-line" }, this.input, h("button", { class: "icon-button primary", "aria-label": t("chat.send"), title: t("chat.send") }, icon("send"))));
		queueMicrotask(() => this.#grow());
	}

	focus() {
		this.input.focus();
	}

	reply(entry) {
		this.#reply = entry;
		this.#editing = null;
		this.#tell(t("chat.replying_to", { name: entry.from }));
		this.focus();
	}

	edit(entry) {
		this.#editing = entry;
		this.#reply = null;
		this.input.value = entry.text;
		this.#tell(t("chat.editing"));
		this.#grow();
		this.focus();
	}

	insert(text) {
		this.input.setRangeText(text, this.input.selectionStart, this.input.selectionEnd, "end");
		this.#changed();
		this.focus();
	}

	#tell(text) {
		this.about.hidden = text === "";
		fill(this.about, text && [h("span", null, text), iconButton("close", t("cancel"), () => this.#stop())]);
	}

	#stop() {
		if (this.#editing)
			this.input.value = "";
		this.#reply = this.#editing = null;
		this.#tell("");
		this.#changed();
		this.focus();
	}

	#grow() {
		this.input.style.height = "auto";
		if (this.input.scrollHeight > 0)
			this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 200)}px`;
	}

	#changed() {
		this.#grow();
		if (!this.#editing)
			setSetting(`draft.${this.room.key}`, this.input.value);
		this.#complete();
		this.#tellTyping();
	}

	/* Tells the others that one writes, or that one thought better of it. In a crowd they are not told. */
	#tellTyping() {
		const { value } = this.input, on = value !== "" && !value.startsWith("/");
		const wait = this.#typed + (this.#telling ? TYPING_EVERY_MS : TYPING_SOONEST_MS) - Date.now();

		clearTimeout(this.#typing);
		if (this.room.count > 100 || (!on && !this.#telling))
			return;
		if (on && wait > 0) {
			if (!this.#telling)
				this.#typing = setTimeout(() => this.#tellTyping(), wait);
			return;
		}
		this.#telling = on;
		this.#typed = Date.now();
		this.app.client.call("chat.typing", { room: this.room.name, on }, { timeout: 5000 }).catch(() => {});
	}

	close() {
		clearTimeout(this.#typing);
	}

	#submit(event) {
		event.preventDefault();
		const text = this.input.value.trim(), reply = this.#reply?.id, editing = this.#editing;

		if (text === "")
			return;
		this.input.value = "";
		this.#telling = false;	// what is said says so
		this.#stop();
		setSetting(`draft.${this.room.key}`, null);
		this.#sent = this.#sent.then(() => this.#send(text, reply, editing));
	}

	async #send(text, reply, editing) {
		if (editing) {
			await this.app.client.call("chat.edit", { room: this.room.name, id: editing.id, text }, { again: true }).catch((error) => this.app.notice(error.message, "error"));
		} else if (!text.startsWith("/") || !await (await this.#commands()).runSlash(this.app, this.room, text)) {
			this.app.rooms.say(this.room, text.replace(/^\/\//, "/"), { reply });
		}
	}

	#key(event) {
		if (event.isComposing)
			return;
		if (this.#choices.length > 0 && this.#choiceKey(event))
			return;
		if (event.key === "Enter" && !event.shiftKey) {
			this.#submit(event);
		} else if (event.key === "Escape" && (this.#reply || this.#editing)) {
			this.#stop();
		} else if (event.key === "ArrowUp" && this.input.value === "") {
			const last = this.room.entries.findLast((entry) => entry.who === this.app.client.me.id && entry.event === "chat.message" && !entry.redacted && !entry.state);

			if (last) {
				event.preventDefault();
				this.edit(last);
			}
		} else if (event.key === "Tab" && !event.shiftKey && this.#completes()) {
			event.preventDefault();
			this.#complete(true);
		}
	}

	#choiceKey(event) {
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

		if (step)
			this.#choose((this.#chosen + step + this.#choices.length) % this.#choices.length);
		else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))
			this.#take(this.#choices[this.#chosen]);
		else if (event.key === "Escape")
			this.#offer([]);
		else
			return false;
		event.preventDefault();
		return true;
	}

	/* Is there a word that Tab could complete? Elsewhere it goes on to the next field. */
	#completes() {
		const word = /\S*$/.exec(this.input.value.slice(0, this.input.selectionStart))[0].toLowerCase().replace(/^@/, "");

		return /^[/:]/.test(word) || (word !== "" && [...this.room.members.values()].some(({ name }) => name.toLowerCase().startsWith(word)));
	}

	/* Offers what could be meant by the word before the cursor. */
	async #complete(asked = false) {
		const before = this.input.value.slice(0, this.input.selectionStart), word = /\S*$/.exec(before)[0], first = word === before;
		let choices = [];

		if (asked || /^[@:]/.test(word) || (first && word.startsWith("/"))) {
			const [{ choicesFor }] = await Promise.all([import("./completion.js"), { "/": this.app.known, ":": this.app.named }[word[0]]]);

			choices = choicesFor(this, word, { first, asked });
		}
		if (this.input.value.slice(0, this.input.selectionStart) !== before)
			return;
		this.#offer(choices.slice(0, CHOICES).filter(({ text }) => text !== word), word.length);
		if (asked && this.#choices.length === 1)
			this.#take(this.#choices[0]);
	}

	/* Read when somebody types the first one. */
	async #commands() {
		const [module] = await Promise.all([import("./commands.js"), this.app.known]);

		return module;
	}

	#offer(choices, length = 0) {
		this.#choices = choices.map((choice) => ({ ...choice, length }));
		this.list.hidden = choices.length === 0;
		fill(this.list, this.#choices.map((choice, i) => h("li", { role: "option", id: `choice-${i}`, onmousedown: (event) => {
			event.preventDefault();
			this.#take(choice);
		} }, h("b", null, choice.text), " ", h("span", null, choice.more))));
		this.#choose(0);
	}

	#choose(i) {
		this.#chosen = i;
		for (const [at, node] of [...this.list.children].entries())
			node.setAttribute("aria-selected", String(at === i));
		if (this.#choices.length > 0)
			this.input.setAttribute("aria-activedescendant", `choice-${i}`);
		else
			this.input.removeAttribute("aria-activedescendant");
	}

	#take({ text, length }) {
		const at = this.input.selectionStart;

		this.input.setRangeText(`${text} `, at - length, at, "end");
		this.#offer([]);
		this.#changed();
	}
}
