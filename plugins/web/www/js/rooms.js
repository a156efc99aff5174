/* All rooms of this person, kept in step with the server: entering, events, what was missed when the connection broke. Emits "rooms" when the list
 * changed, "said" with {room, entry} for what somebody said. */
import { Emitter } from "./emitter.js";
import { Room, roomKey } from "./room.js";
import { setSetting, setting } from "./settings.js";
import { nonce } from "./whiply.js";

const WHISPERS = 30;	// that are listed

export class Rooms extends Emitter {
	/** @type {Map<string, Room>} */
	all = new Map();
	#joining = new Map();	// by key, what join() promised
	/** The room that is looked at; what is said in it counts as read. */
	shown = null;

	/** @param {import("./whiply.js").Client} client */
	constructor(client) {
		super();
		this.client = client;
		client.on("*", (told, name) => this.#heard(name, told));
		client.on("ready", (how) => this.#ready(how));
	}

	get(name) {
		return this.all.get(roomKey(name));
	}

	/** The room, made if it is not known yet. */
	at(name) {
		let room = this.get(name);

		if (!room) {
			room = new Room(this.client, name);
			this.all.set(room.key, room);
			this.emit("rooms");
		}
		return room;
	}

	/** Enters a room and reads the end of its log; once, however many ask for it meanwhile. */
	join(name, key) {
		const under = roomKey(name);

		if (key !== undefined || !this.#joining.has(under))
			this.#joining.set(under, this.#join(name, key).finally(() => this.#joining.delete(under)));
		return this.#joining.get(under);
	}

	async #join(name, key) {
		const told = await this.client.call("chat.join", { room: name, ...(key && { key }) }, { again: true });
		const room = this.at(told.room);

		room.joined = true;
		room.about(told);
		this.#read(room);
		this.#keep();
		this.emit("rooms");
		return room;
	}

	/* One may write while what was said before is still being read. */
	#read(room) {
		room.begun = Promise.all([room.readNewest(), room.readMembers()]).catch((error) => {
			room.begun = null;
			if (error.code !== "interrupted")
				this.emit("refused", { name: room.name, error });
		});
	}

	/** Is there something that was written and not sent? */
	get unsent() {
		return this.client.state !== "ready" && [...this.all.values()].some((room) => room.entries.some(({ state }) => state === "sending"));
	}

	async leave(room, reason) {
		if (room.joined && !room.whisper)
			await this.client.call("chat.leave", { room: room.name, ...(reason && { reason }) });
		if (room.whisper)
			setSetting("closed", { ...setting("closed", {}), [room.key]: room.seq });
		this.#drop(room);
	}

	#drop(room) {
		room.joined = false;
		this.all.delete(room.key);
		this.#keep();
		this.emit("rooms");
		room.emit("gone");
	}

	/** The room of two with somebody; `who` is a name or an id, or the room's own name. */
	async whisper(who) {
		const told = await this.client.call("chat.history", { room: who.startsWith("@") ? who : `@${who}`, limit: 100 }, { again: true }).catch((error) => {
			/* Nobody said anything yet: the first message makes it. */
			if (error.code === "not_found" && !who.includes(","))
				return null;
			throw error;
		});

		if (!told)
			return null;
		const room = this.at(told.room);

		room.joined = true;
		room.epoch = told.epoch;
		room.take(told.entries);
		room.seq = Math.max(room.seq, told.seq);
		room.complete = told.entries.length < 100;
		room.begun = Promise.resolve();
		room.emit("entries", { all: true });
		return room;
	}

	/** Says something; it is shown at once, and marked until the server has it. */
	async say(room, text, { act = false, reply } = {}) {
		const key = nonce(), { me } = this.client;
		const entry = { event: "chat.message", seq: Infinity, id: key, who: me.id, from: me.name, time: Date.now(), text, act, reply, state: "sending" };

		room.entries.push(entry);
		room.byId.set(key, entry);
		room.emit("entries", { id: key });
		try {
			const told = await this.client.call(act ? "chat.act" : "chat.say", { room: room.name, text, nonce: key, ...(reply && { reply }) }, { timeout: 120000, wait: Infinity });

			this.#settle(room, entry, told);
		} catch (error) {
			if (error.code === "interrupted" && room.byId.get(key) !== entry)
				return;
			entry.state = "failed";
			entry.error = error.message;
			entry.refused = error.code === "forbidden";
			room.emit("entries", { id: key });
		}
	}

	/* The server's own entry may be there already, or is still to come. */
	#settle(room, entry, { id, seq, time }) {
		this.discard(room, entry);
		if (room.byId.has(id))
			return;
		room.take([{ ...entry, id, seq, time: time ?? entry.time, state: undefined }]);
		room.emit("entries", { id });
	}

	/** Takes what could not be sent away. */
	discard(room, entry) {
		const at = room.entries.indexOf(entry);

		if (at < 0)
			return;
		room.entries.splice(at, 1);
		room.byId.delete(entry.id);
		room.emit("entries", { all: true });
	}

	/* What this client said comes back as everybody hears it: it takes the place of what was shown meanwhile. */
	#claim(room, { text, act = false }) {
		const sent = room.entries.find((entry) => (entry.state === "sending" || entry.refused) && entry.text === text && entry.act === act);

		if (sent)
			this.discard(room, sent);
	}

	/** The person has seen the end of the room. */
	saw(room) {
		if (room.unread === 0 && room.mentions === 0 && room.read >= room.seq)
			return;
		room.unread = room.mentions = 0;
		room.read = room.seq;
		room.emit("unread");
		this.emit("rooms");
		clearTimeout(room.marking);
		room.marking = setTimeout(() => this.client.call("chat.mark", { room: room.name, seq: room.seq }, { again: true }).catch(() => {}), 500);
	}

	#keep() {
		setSetting("rooms", [...this.all.values()].filter((room) => room.joined && !room.whisper).map((room) => room.name));
	}

	async #ready({ resumed, hold }) {
		let inside;

		/* What was written meanwhile is for rooms that one is in. */
		hold(new Promise((resolve) => { inside = resolve; }));
		/* Who looks at a room asks for it first. */
		await null;
		const known = [...this.all.values()].filter((room) => room.joined);
		const names = known.length > 0 ? known.filter((room) => !room.whisper).map((room) => room.name) : setting("rooms", []);

		if (!resumed)
			await Promise.all(names.map((name) => this.#enterAgain(name)));
		inside();
		await this.#catchUp(known);
		if (!resumed)
			await this.#readWhispers();
		await this.#readUnread();
		this.emit("ready");
	}

	async #enterAgain(name) {
		const room = this.get(name);

		try {
			if (!room) {
				await this.join(name);
				return;
			}
			const epoch = room.epoch;

			room.about(await this.client.call("chat.join", { room: name }, { again: true }));
			if (room.epoch !== epoch)
				await room.readNewest();
			await room.readMembers();
		} catch (error) {
			if (error.code === "interrupted")
				return;
			if (room)
				this.#drop(room);
			this.emit("refused", { name, error });
		}
	}

	/* Reads what was said while there was no connection, or all anew where that is too much. */
	async #catchUp(rooms) {
		const asked = rooms.filter((room) => room.joined && room.epoch !== 0).slice(0, 50);

		if (asked.length === 0)
			return;
		const told = await this.client.call("chat.resume", { rooms: asked.map(({ name, epoch, seq }) => ({ room: name, epoch, seq })) }, { again: true })
			.catch(() => ({ rooms: [] }));

		for (const one of told.rooms) {
			const room = this.get(one.room);

			if (!room || one.member === false)
				continue;
			if (one.gap) {
				room.forget();
				await room.readNewest().catch(() => {});
			} else {
				for (const entry of one.entries)
					room.happened(entry.event, entry, this.client.me);
			}
		}
	}

	/* With whom one whispered: rooms of two are not entered, so the server is asked which there are. One that was closed comes back with the next word. */
	async #readWhispers() {
		const told = await this.client.call("chat.whispers", { limit: WHISPERS }, { again: true }).catch(() => ({ whispers: [] })), closed = setting("closed", {});

		for (const { room: name, who, name: with_, seq } of told.whispers) {
			if ((closed[roomKey(name)] ?? -1) >= seq)
				continue;
			const room = this.at(name);

			room.joined = true;
			room.other ??= { id: who, name: with_ };
		}
	}

	async #readUnread() {
		const told = await this.client.call("chat.unread", {}, { again: true }).catch(() => ({ rooms: [] }));

		for (const { room: name, read, unread, mentions } of told.rooms) {
			const room = this.get(name);

			if (room && room !== this.shown)
				Object.assign(room, { read, unread, mentions });
			else if (room && unread > 0)
				room.emit("was-read", read);
		}
		this.emit("rooms");
	}

	#heard(name, told) {
		if (!name.startsWith("chat."))
			return;
		if (name === "chat.invited") {
			this.emit("invited", told);
			return;
		}
		/* Somebody began to whisper. */
		if (told.to !== undefined && name === "chat.message" && !this.get(told.room))
			this.at(told.room).joined = true;
		const room = told.room !== undefined ? this.get(told.room) : undefined;

		if (!room)
			return;
		if (told.to !== undefined)
			room.other = told.who === this.client.me.id ? { id: told.to, name: told.to_name ?? room.other?.name } : { id: told.who, name: told.from ?? told.name };
		if (name === "chat.message" && told.who === this.client.me.id)
			this.#claim(room, told);
		if (MEMBERS[name])
			MEMBERS[name](room, told, this);
		else if (room.happened(name, told, this.client.me))
			this.#count(room, name, told);
	}

	#count(room, name, told) {
		if (name !== "chat.message" && name !== "chat.poll")
			return;
		const { me } = this.client, own = told.who === me.id;

		if (!own && room !== this.shown) {
			room.unread++;
			if (room.whisper || names(told.text, me.name))
				room.mentions++;
			this.emit("rooms");
		}
		this.emit("said", { room, entry: told, own });
	}

	/** A room has another name. */
	moved(room, to) {
		const was = room.name;

		this.all.delete(room.key);
		room.name = to;
		room.key = roomKey(to);
		this.all.set(room.key, room);
		this.#keep();
		this.emit("rooms");
		this.emit("moved", { room, was });
		room.emit("about");
	}

	/** Sent out of a room by somebody. */
	sentOut(room, told) {
		this.#drop(room);
		this.emit("sent-out", told);
	}
}

/** Does a text name somebody? */
export function names(text, name) {
	const at = (text ?? "").toLowerCase().indexOf(`@${name.toLowerCase()}`);

	return at >= 0 && !/[\p{L}\p{N}_-]/u.test(text[at + name.length + 1] ?? " ");
}

function came(room, who, name, role) {
	room.members.set(who, { who, name, ...(role && { role }) });
}

/* What happens to members: told once, and no part of the log. */
const MEMBERS = {
	"chat.joined": (room, { who, name, role, members }) => {
		came(room, who, name, role);
		room.count = members;
		room.emit("members");
	},
	"chat.left": (room, { who, members }) => {
		room.members.delete(who);
		room.typing.delete(who);
		room.count = members;
		room.emit("members");
	},
	"chat.members": (room, { members, joined = [], left = [] }) => {
		for (const { who, name } of joined)
			came(room, who, name);
		for (const { who } of left)
			room.members.delete(who);
		room.count = members;
		room.emit("members");
	},
	"chat.renamed": (room, { who, name, was }) => {
		const before = room.members.get(was ?? who);

		room.members.delete(was ?? who);
		came(room, who, name, before?.role);
		room.emit("members");
	},
	"chat.away": (room, { who, name, away }) => {
		room.members.set(who, { ...room.members.get(who), who, name, away });
		room.emit("members");
	},
	"chat.moved": (room, { to }, rooms) => rooms.moved(room, to),
	/* To some of the room, and in no log: it stands where it was said as long as the page is open. */
	"chat.aside": (room, told) => room.aside(told),
	"chat.role": (room, { who, name, role, on }, rooms) => {
		came(room, who, name, on ? role : "");
		if (who === rooms.client.me.id)
			room.about({ role: on ? role : "" });
		room.emit("members");
	},
	"chat.typing": (room, told, rooms) => {
		if (told.who !== rooms.client.me.id)
			room.types(told);
	},
	"chat.sent_out": (room, told, rooms) => rooms.sentOut(room, told),
	"chat.marked": (room, { seq }, rooms) => {
		room.read = seq;
		if (seq >= room.seq) {
			room.unread = room.mentions = 0;
			rooms.emit("rooms");
		}
	},
	"chat.epoch": (room) => {
		room.forget();
		room.readNewest().catch(() => {});
	},
};
