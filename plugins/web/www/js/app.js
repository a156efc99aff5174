/* The whole page: the connection, the rooms, what is looked at, and what the parts of the page ask of each other. */
import { ask, h } from "./dom.js";
import { Emitter } from "./emitter.js";
import { OWN } from "./emotes.js";
import { keepGuest } from "./guest.js";
import { moment, t } from "./i18n.js";
import { Rooms } from "./rooms.js";
import { roomKey } from "./room.js";
import { Shell } from "./shell.js";
import { plain } from "./text.js";
import { AREAS, areaOf } from "./areas.js";
import { RoomView } from "./chat/view.js";

const FIRST_ROOM = "lobby";
const WORKER_MS = 1500;

export class App extends Emitter {
	/** Names of the commands that this person may call. */
	commands = new Set();
	#learned;
	/** They are known, of who one is now. */
	known = new Promise((resolve) => { this.#learned = resolve; });
	#named;
	/** The community's own emotes are known as well. */
	named = new Promise((resolve) => { this.#named = resolve; });
	/** What the site is called. */
	title = "whiply";
	/** The view that is shown: has `node`, `title`, and if it likes `close()` and `focus()`. */
	shown = null;
	membersShown = innerWidth >= 900;
	/** Where to go once somebody is signed in: a path of this site; null: to the rooms. */
	returnTo = null;
	#hash = null;
	#shownTo = null;	// who one was when the view was made

	/**
	 * @param {HTMLElement} node
	 * @param {import("./whiply.js").Client} client
	 * @param {{room?: string}} only in a frame on another site: this room and no other
	 */
	constructor(node, client, only = {}) {
		super();
		this.client = client;
		this.rooms = new Rooms(client);
		this.only = only;
		this.shell = new Shell(this);
		this.node = node;
		if (only.room)
			this.membersShown = false;
	}

	start() {
		this.node.replaceChildren(this.shell.node);
		document.querySelector("#skip")?.replaceChildren(t("skip"));
		this.client.on("ready", () => {
			if (this.commands.size > 0 || !this.#at().startsWith("#/r/"))
				this.#readCommands();
		});
		this.client.on("session.identity", () => this.client.state === "ready" && this.#readCommands());
		this.client.on("refused", (why) => this.notice(why || t("account.signed_out"), "error"));
		/* The first view waits for nothing but itself. */
		const begun = this.client.on("ready", () => {
			begun();
			this.#show();
		});
		/* What was made for the same person is as it should be, and somebody may be writing in it. */
		this.rooms.on("ready", () => (this.client.me.id !== this.#shownTo || this.#lostShown) && this.#show());
		this.rooms.on("said", async (said) => {
			if (document.visibilityState !== "visible")
				(await import("./notify.js")).notify(this, said);
		});
		this.rooms.on("moved", ({ room, was }) => {
			this.notice(t("chat.moved", { was, room: room.name }));
			if (this.shown?.room === room)
				this.goRoom(room.name);
		});
		this.rooms.on("invited", ({ room, from }) => this.notice(t("chat.invited_you", { name: from, room }), "info", { label: t("chat.enter"), run: () => this.enter(room) }));
		this.rooms.on("sent-out", ({ room, reason, by }) => {
			this.notice(t("chat.sent_out", { room, by: by ?? "", reason: reason ?? "" }), "error");
			this.#leftShown();
		});
		this.rooms.on("refused", ({ name, error }) => this.notice(`${name}: ${error.message}`, "error"));
		this.client.on("moderation.notice", ({ text }) => this.notice(text, "error"));
		addEventListener("hashchange", () => this.#show());
		addEventListener("beforeunload", (event) => this.rooms.unsent && event.preventDefault());
		if (!this.only.room && (/^#[^/]/.test(location.hash) || location.search !== ""))
			import("./account/return.js").then(({ returned }) => returned(this));
		this.once("shown", () => this.#afterwards());
	}

	/* What nobody waits for. */
	#afterwards() {
		if (this.commands.size === 0)
			this.#readCommands();
		this.client.call("web.site", {}, { again: true }).then(({ title, emotes = [] }) => {
			this.title = title;
			this.shell.named(title);
			emotes.forEach((name) => OWN.add(name));
			if (emotes.length > 0)
				this.shown?.room?.emit("entries", { all: true });
		}, () => {}).then(this.#named);
		if ("serviceWorker" in navigator && isSecureContext && !this.only.room)
			setTimeout(() => import("./offline.js").then(({ keepShell }) => keepShell(), () => {}), WORKER_MS);
	}

	/* They are others when one is somebody else. */
	#readCommands() {
		this.known = this.#learnCommands();
	}

	async #learnCommands() {
		const told = await this.client.call("server.commands", {}, { again: true }).catch(() => null);

		if (!told)
			return;
		this.commands = new Set(told.commands.map(({ name }) => name));
		this.#learned();
		this.emit("me");
	}

	/** Listens until it happens. */
	once(name, listener) {
		const end = this.on(name, (value) => {
			end();
			listener(value);
		});
	}

	/** Is there such a command, and may this person call it? */
	can(command) {
		return this.commands.has(command);
	}

	/** Takes another name: an account is renamed, a guest is one under it where there are accounts to keep names. */
	async rename(name) {
		const guest = this.client.me.kind !== "account" && this.can("auth.guest");
		const told = await this.client.call(guest ? "auth.guest" : this.client.me.kind === "account" ? "auth.rename" : "session.name", { name });

		if (guest)
			keepGuest(told);
		return told;
	}

	/** Has this person a permission that is no command of its own? A guess for what is shown; the server decides. */
	may(permission) {
		return /\b(admin|moderator|operator)\b/.test(this.client.me?.roles ?? "") && this.can(permission === "chat.moderate" ? "auth.accounts" : permission);
	}

	/** Is this a moderators' word, which the server understands in a message? */
	moderates(name) {
		return this.can("moderation.queue") && /^(timeout|untimeout|ban|unban|mute|unmute|slow|lockdown|warn|undo|sweep|raid|shadow)$/.test(name);
	}

	/** Shows a sentence for a while. */
	notice(text, kind = "info", action) {
		const note = h("p", { class: `notice ${kind}` }, text, action && h("button", { type: "button", class: "link", onclick: () => {
			note.remove();
			action.run();
		} }, action.label));

		document.querySelector("#notices").append(note);
		setTimeout(() => note.remove(), action ? 20000 : 7000);
	}

	/** Waits for a promise and says what came of it. Resolves to its value, or undefined when it failed. */
	async try(promise, done) {
		try {
			const value = await promise;

			if (done)
				this.notice(done);
			return value;
		} catch (error) {
			this.notice(error.message, "error");
			return undefined;
		}
	}

	go(hash) {
		if (location.hash === hash)
			this.#show();
		else
			location.hash = hash;
	}

	goRoom(name) {
		this.go(`#/r/${encodeURIComponent(name)}`);
	}

	roomTitle(room) {
		return room.title ?? (room.whisper ? room.other?.name ?? t("chat.whisper") : room.name);
	}

	async enter(name, key) {
		try {
			const room = await this.rooms.join(name, key);

			this.goRoom(room.name);
		} catch (error) {
			if (error.code === "forbidden" && key === undefined && /key/.test(error.message)) {
				const data = await ask({ title: name, fields: [h("label", null, t("rule.key"), h("input", { name: "key", required: true, autocomplete: "off" }))], action: t("chat.enter"), cancel: t("cancel") });

				if (data)
					await this.enter(name, data.get("key"));
				return;
			}
			this.notice(error.message, "error");
		}
	}

	async leave(room, reason) {
		await this.try(this.rooms.leave(room, reason));
		this.#leftShown();
	}

	/* One is no longer in the room that is looked at. */
	get #lostShown() {
		return this.shown?.room && !this.rooms.all.has(this.shown.room.key);
	}

	#leftShown() {
		if (this.#lostShown)
			this.go("#/rooms");
	}

	/** Opens the room of two with somebody; before the first message there is none. */
	async whisper(who, name = who) {
		const room = await this.try(this.rooms.whisper(who).then((found) => found ?? false));

		if (room)
			this.goRoom(room.name);
		if (room !== false)
			return;
		const data = await ask({ title: t("chat.whisper_to", { name }), fields: [h("label", null, t("chat.message"), h("textarea", { name: "text", required: true, maxLength: 4000 }))],
			action: t("chat.send"), cancel: t("cancel") });
		const told = data && await this.try(this.client.call("chat.whisper", { to: who, text: data.get("text") }));

		if (told)
			this.goRoom(told.room);
	}

	async search(room, query) {
		const { searchDialog } = await import("./chat/search.js");

		searchDialog(this, room, query, (entry) => ({ text: plain(entry.text ?? ""), time: moment(entry.time) }));
	}

	async call(room) {
		const { startCall } = await import("./calls/index.js");

		startCall(this, room);
	}

	async help() {
		const { helpDialog } = await import("./chat/help.js");

		helpDialog(this);
	}

	/** Draws everything anew, in another language. */
	languageChanged() {
		const call = this.node.querySelector(".call");

		this.shell.close();
		this.shell = new Shell(this);
		if (call)
			this.shell.dock(call);
		this.node.replaceChildren(this.shell.node);
		document.querySelector("#skip")?.replaceChildren(t("skip"));
		this.emit("me");
		this.#show();
	}

	menu() {
		if (this.only.room)
			open(`/#/r/${encodeURIComponent(this.only.room)}`, "_blank", "noopener");
		else
			this.shell.openMenu();
	}

	toggleMembers() {
		this.membersShown = !this.membersShown;
		this.emit("members-shown");
	}

	/* What the address says. */
	#at() {
		return this.only.room ? `#/r/${encodeURIComponent(this.only.room)}` : location.hash.startsWith("#/") ? location.hash : `#/r/${FIRST_ROOM}`;
	}

	async #show() {
		const hash = this.#at(), room = hash.startsWith("#/r/");

		if (this.client.me === null)
			await new Promise((resolve) => { this.once("me", resolve); });
		this.#shownTo = this.client.me.id;
		/* What a room needs of the commands it asks for later; what the other parts are made of depends on them. */
		if (!room)
			await this.known;
		if (this.#at() !== hash)
			return;
		this.#hash = hash;
		const view = await this.#viewOf(hash).catch((error) => {
			this.notice(error.message, "error");
			return null;
		});

		if (this.#hash !== hash)
			return;
		if (!view) {
			/* A room that lets nobody in is no place to begin. */
			if (!this.shown && room && !this.only.room) {
				this.#readCommands();
				this.go("#/rooms");
			}
			return;
		}
		this.shown?.close?.();
		this.shown = view;
		this.rooms.shown = view.room ?? null;
		this.shell.show(view, hash);
		this.emit("shown");
		view.focus?.();
		performance.mark("shown");
		if (room && hash.split("/")[3])
			view.showEntry(hash.split("/")[3]);
	}

	async #viewOf(hash) {
		const [area, ...path] = hash.slice(2).split("/").map(decodeURIComponent);

		if (area !== "r")
			return (await areaOf(AREAS, area)).view(this, path);
		return new RoomView(this, await this.#room(path[0] ?? FIRST_ROOM));
	}

	async #room(name) {
		const known = this.rooms.get(name);

		if (known?.joined && known.begun)
			return known;
		if (roomKey(name).startsWith("@"))
			return await this.rooms.whisper(name) ?? Promise.reject(new Error(t("chat.no_whisper")));
		return this.rooms.join(name);
	}
}
