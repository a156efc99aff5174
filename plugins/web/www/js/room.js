/* A room as this client knows it: who is in it, and the part of its log that was read. Entries are in the order of their seqs; what happens
 * to an entry later (edits, reactions, votes) changes it in place. Emits "entries", "members", "about", "typing", "unread". */
import { Emitter } from "./emitter.js";

const ENTRIES_MOST = 3000;	// in memory, while the newest are looked at; older ones are read again
const PAGE = 100;
const TYPING_MS = 8000;
const THREAD_DEPTH = 50;

/** How rooms are compared: "Lobby", "#lobby" and "lobby" are one. */
export function roomKey(name) {
	return name.replace(/^#/, "").normalize("NFKC").toLowerCase();
}

/**
 * @typedef {Object} Entry
 * @property {string} event "chat.message", "chat.poll", "chat.topic"
 * @property {number} seq
 * @property {string} id
 * @property {string} who id of the person
 * @property {string} from their name
 * @property {number} time
 * @property {string} [text]
 * @property {Object<string, number>} [reactions]
 * @property {Set<string>} [mine] the reactions that are this person's
 * @property {"sending"|"failed"} [state] of what is not the server's yet
 */

export class Room extends Emitter {
	/** @type {Entry[]} */
	entries = [];
	/** @type {Map<string, {who: string, name: string, role?: string}>} */
	members = new Map();
	byId = new Map();
	replies = new Map();	// id → how many of the entries that were read answer it
	/** What reads the end of the log for the first time; null: nothing does. */
	begun = null;
	typing = new Map();	// who → {name, until}
	seq = 0;
	epoch = 0;
	count = 0;		// of people; the member list may hold fewer
	topic = "";
	role = "";
	rules = {};
	registered = false;
	joined = false;
	unread = 0;
	mentions = 0;
	read = 0;
	complete = false;	// the log was read from its beginning
	#reading = null;

	/** @param {import("./whiply.js").Client} client */
	constructor(client, name) {
		super();
		this.client = client;
		this.name = name;
		this.key = roomKey(name);
	}

	get whisper() {
		return this.key.startsWith("@");
	}

	/** What chat.join or chat.room told. */
	about(told) {
		this.name = told.room ?? this.name;
		this.count = told.members ?? this.count;
		this.topic = told.topic ?? this.topic;
		this.role = told.role ?? this.role;
		this.rules = told.rules ?? this.rules;
		this.registered = told.registered ?? this.registered;
		if (told.epoch !== undefined && this.epoch !== 0 && told.epoch !== this.epoch)
			this.forget();
		this.epoch = told.epoch ?? this.epoch;
		this.emit("about");
	}

	/** The log is another one: nothing that was read holds. */
	forget() {
		this.entries = [];
		this.byId.clear();
		this.replies.clear();
		this.seq = 0;
		this.complete = false;
		this.emit("entries", { all: true });
	}

	/** The newest page; what was read before stays. */
	async readNewest() {
		const told = await this.client.call("chat.history", { room: this.name, limit: PAGE }, { again: true });

		this.epoch = told.epoch;
		if (this.entries.length > 0 && told.entries.length > 0 && told.entries[0].seq > this.seq + 1)
			this.forget();
		this.take(told.entries);
		this.seq = Math.max(this.seq, told.seq);
		if (told.entries.length < PAGE)
			this.complete = true;
		this.emit("entries", { all: true });
	}

	/** One page older than the oldest; one at a time. Resolves to whether there was one. */
	readOlder() {
		if (this.complete || this.entries.length === 0)
			return Promise.resolve(false);
		this.#reading ??= this.#readOlder().finally(() => { this.#reading = null; });
		return this.#reading;
	}

	async #readOlder() {
		const told = await this.client.call("chat.history", { room: this.name, before: String(Math.ceil(this.entries[0].seq)), limit: PAGE }, { again: true });

		this.complete = told.entries.length < PAGE;
		this.take(told.entries);
		this.emit("entries", { older: true });
		return told.entries.length > 0;
	}

	/** Reads so much that an entry is there. */
	async readAround(id) {
		if (this.byId.has(id))
			return;
		const told = await this.client.call("chat.history", { room: this.name, around: id, limit: PAGE }, { again: true });

		/* What lies between is not there: from here on the log is read anew, downwards as well. */
		if (told.entries.length > 0 && this.entries.length > 0 && told.entries.at(-1).seq < this.entries[0].seq)
			await this.#bridge(told.entries);
		this.emit("entries", { all: true });
	}

	async #bridge(entries) {
		const first = this.entries[0].seq;

		for (let at = entries.at(-1).seq; at + 1 < first;) {
			const told = await this.client.call("chat.history", { room: this.name, after: String(at), limit: 200 }, { again: true });
			const between = told.entries.filter((entry) => entry.seq < first);

			if (between.length === 0)
				break;
			entries.push(...between);
			at = between.at(-1).seq;
		}
		this.take(entries);
	}

	/** Takes entries of history, in any order, those that are there already too. */
	take(entries) {
		for (const entry of entries) {
			const known = this.byId.get(entry.id);

			if (known)
				Object.assign(known, entry);
			else
				this.#insert(entry);
		}
	}

	#insert(entry) {
		let at = this.entries.length;

		while (at > 0 && (this.entries[at - 1].seq > entry.seq || this.entries[at - 1].state !== undefined))
			at--;
		this.entries.splice(at, 0, entry);
		this.byId.set(entry.id, entry);
		if (entry.reply)
			this.replies.set(entry.reply, (this.replies.get(entry.reply) ?? 0) + 1);
	}

	/** What only some of the room were told. It has no place in the log, so it is given one behind what is there. */
	aside(told) {
		const id = `aside-${told.who}-${told.time}-${this.entries.length}`;

		this.#insert({ ...told, event: "chat.message", id, seq: this.seq + 0.5, aside: told.rank });
		this.emit("entries", { id });
	}

	/** A message, what answers it, what answers that, and so on, from the first on; the log between them is read if need be. */
	async readThread(id) {
		let root = id;

		for (let n = 0; n < THREAD_DEPTH; n++) {
			await this.readAround(root);
			const { reply } = this.byId.get(root) ?? {};

			if (!reply)
				break;
			root = reply;
		}
		return this.thread(this.byId.has(root) ? root : id);
	}

	/** The same of what is in memory, by the id of its first message. */
	thread(root) {
		const within = new Set([root]);

		return this.entries.filter((entry) => entry.id === root || (within.has(entry.reply) && within.add(entry.id)));
	}

	/** Forgets what is far above, when nobody looks there. */
	trim() {
		if (this.entries.length <= ENTRIES_MOST)
			return;
		for (const entry of this.entries.splice(0, this.entries.length - ENTRIES_MOST / 2)) {
			this.byId.delete(entry.id);
			this.replies.delete(entry.id);
		}
		this.complete = false;
		this.emit("entries", { all: true });
	}

	/** Something of the log happened. False: it has no place here. */
	happened(name, told, me) {
		if (told.seq !== undefined) {
			if (told.seq <= this.seq)
				return false;
			this.seq = told.seq;
		}
		const change = CHANGES[name];

		if (change === undefined)
			return false;
		change(this, told, me);
		this.emit("entries", { id: told.target ?? told.id });
		return true;
	}

	/** Somebody is writing; who says nothing more has stopped. */
	types({ who, name, on }) {
		if (on)
			this.typing.set(who, { name, until: Date.now() + TYPING_MS });
		else
			this.typing.delete(who);
		this.emit("typing");
	}

	writing() {
		for (const [who, { until }] of this.typing)
			if (until < Date.now())
				this.typing.delete(who);
		return [...this.typing.values()].map(({ name }) => name);
	}

	async readMembers() {
		const members = new Map();
		let after;

		if (this.whisper)
			return;
		do {
			const page = await this.client.call("chat.members", { room: this.name, limit: 1000, ...(after && { after }) }, { again: true });

			for (const member of page.members)
				members.set(member.who, member);
			after = page.next;
			this.count = page.total;
		} while (after && members.size < 5000);
		this.members = members;
		this.emit("members");
	}
}

function added(room, told, event) {
	if (room.typing.delete(told.who))
		room.emit("typing");
	room.take([{ ...told, event }]);
}

function changed(room, { target }, change) {
	const entry = room.byId.get(target);

	if (entry)
		change(entry);
}

function signed(room, told, me, by) {
	changed(room, told, (entry) => {
		const signs = { ...entry.reactions }, n = (signs[told.emoji] ?? 0) + by;

		if (n > 0)
			signs[told.emoji] = n;
		else
			delete signs[told.emoji];
		entry.reactions = signs;
		if (told.who === me.id)
			(entry.mine ??= new Set())[by > 0 ? "add" : "delete"](told.emoji);
	});
}

/* What each event does to the log that was read. */
const CHANGES = {
	"chat.message": (room, told) => added(room, told, "chat.message"),
	"chat.poll": (room, told) => added(room, told, "chat.poll"),
	"chat.topic": (room, told) => {
		room.topic = told.topic;
		added(room, told, "chat.topic");
		room.emit("about");
	},
	"chat.rules": (room, told) => {
		room.rules = told.rules;
		room.emit("about");
	},
	"chat.edited": (room, told) => changed(room, told, (entry) => {
		entry.text = told.text;
		entry.edited = told.time;
	}),
	"chat.redacted": (room, told) => changed(room, told, (entry) => {
		entry.redacted = true;
		entry.reason = told.reason;
		delete entry.text;
		delete entry.reactions;
	}),
	"chat.restored": (room, told) => changed(room, told, (entry) => {
		entry.redacted = false;
		entry.reason = undefined;
		entry.text = told.text;
	}),
	"chat.reacted": (room, told, me) => signed(room, told, me, 1),
	"chat.unreacted": (room, told, me) => signed(room, told, me, -1),
	"chat.pinned": (room, told) => {
		changed(room, told, (entry) => { entry.pinned = true; });
		room.emit("about");
	},
	"chat.unpinned": (room, told) => {
		changed(room, told, (entry) => { entry.pinned = false; });
		room.emit("about");
	},
	"chat.voted": (room, told, me) => changed(room, told, (entry) => {
		if (told.who === me.id)
			entry.choice = told.vote?.choice;
		entry.results = undefined;
	}),
};
