/* What one can type with a slash. Each has its arguments, a line of help, and what it does; `needs` is the server's command behind it, without
 * which it is not offered. */
import { t } from "../i18n.js";

/**
 * @typedef {Object} Slash
 * @property {string} name
 * @property {string} args
 * @property {string} needs
 * @property {(app: any, room: import("../room.js").Room, args: string) => any} run
 */

function first(args) {
	const [, word = "", rest = ""] = /^(\S*)\s*([^]*)$/.exec(args);

	return [word.replace(/^@/, ""), rest];
}

const inRoom = (command, shape) => (app, room, args) => app.client.call(command, { room: room.name, ...shape(args) });
const withName = (args) => {
	const [name, reason] = first(args);

	return { name, ...(reason && { reason }) };
};

/** @type {Slash[]} */
export const SLASHES = [
	{ name: "me", args: "…", needs: "chat.act", run: (app, room, args) => app.rooms.say(room, args, { act: true }) },
	{ name: "join", args: "room [key]", needs: "chat.join", run: (app, room, args) => { const [name, key] = first(args); app.enter(name, key); } },
	{ name: "leave", args: "", needs: "chat.leave", run: (app, room, args) => app.leave(room, args) },
	{ name: "nick", args: "name", needs: "session.name", run: (app, room, args) => app.rename(args) },
	{ name: "msg", args: "name text", needs: "chat.whisper", run: async (app, room, args) => {
		const [to, text] = first(args);
		const told = await app.client.call("chat.whisper", { to, text });

		app.go(`#/r/${encodeURIComponent(told.room)}`);
	} },
	{ name: "topic", args: "text", needs: "chat.topic", run: inRoom("chat.topic", (topic) => ({ topic })) },
	{ name: "poll", args: "question | one | two", needs: "chat.poll", run: inRoom("chat.poll", (args) => {
		const [question, ...options] = args.split("|").map((part) => part.trim());

		return { question, options };
	}) },
	{ name: "aside", args: "voice|helper|moderator text", needs: "chat.say", run: inRoom("chat.say", (args) => {
		const [rank, text] = first(args);

		return { rank, text };
	}) },
	{ name: "thread", args: "", needs: "chat.say", run: (app, room) => {
		const last = room.entries.findLast(({ id, reply }) => reply || room.replies.has(id));

		return last ? app.shown?.showThread?.(last.id) : app.notice(t("chat.no_thread"));
	} },
	{ name: "invite", args: "name", needs: "chat.invite", run: inRoom("chat.invite", (args) => ({ name: first(args)[0] })) },
	{ name: "kick", args: "name [reason]", needs: "chat.kick", run: inRoom("chat.kick", withName) },
	{ name: "role", args: "name voice|moderator|owner|none", needs: "chat.role", run: inRoom("chat.role", (args) => {
		const [name, role] = first(args);

		return role === "none" ? { name, role: "moderator", on: false } : { name, role, on: true };
	}) },
	{ name: "slow", args: "5s", needs: "chat.set", run: inRoom("chat.set", (slow) => ({ slow: slow || "0s" })) },
	{ name: "register", args: "", needs: "chat.register", run: inRoom("chat.register", () => ({})) },
	{ name: "block", args: "name", needs: "chat.block", run: async (app, room, args) => {
		const [name] = first(args);

		await app.client.call("chat.block", { name });
		app.notice(t("chat.blocked", { name }));
	} },
	{ name: "unblock", args: "name", needs: "chat.unblock", run: (app, room, args) => app.client.call("chat.unblock", { name: first(args)[0] }) },
	{ name: "search", args: "words", needs: "chat.search", run: (app, room, args) => app.search(room, args) },
	{ name: "shrug", args: "[text]", needs: "chat.say", run: (app, room, args) => app.rooms.say(room, `${args} ¯\\_(ツ)_/¯`.trim()) },
	{ name: "help", args: "", needs: "chat.say", run: (app) => app.help() },
];

/* Moderators' words, which the server understands in a message: they are only offered here. */
const MODERATING = { timeout: "name 10m reason", untimeout: "name", mute: "name 1h reason", unmute: "name", ban: "name 1d reason", unban: "name", warn: "name text", sweep: "name 10m", undo: "id" };

/** Those that this person may use. */
export function slashes(app) {
	return SLASHES.filter(({ needs }) => app.can(needs));
}

/** What can begin so: name, arguments and a line of help. */
export function slashesLike(app, start) {
	const all = [...slashes(app).map(({ name, args }) => ({ name, args, help: t(`slash.${name}`) })),
		...Object.entries(MODERATING).filter(([name]) => app.moderates(name)).map(([name, args]) => ({ name, args, help: t("slash.moderates") }))];

	return all.filter(({ name }) => name.startsWith(start));
}

/**
 * Runs what begins with a slash. False: it is a message after all ("//" begins one with a slash; what the server knows as a moderators' command
 * is sent to it).
 */
export async function runSlash(app, room, text) {
	const [, name, args] = /^\/(\S+)\s*([^]*)$/.exec(text) ?? [];
	const slash = slashes(app).find((one) => one.name === name?.toLowerCase());

	if (name === undefined || name.startsWith("/"))
		return false;
	if (!slash && app.moderates(name))
		return false;
	if (!slash) {
		app.notice(t("chat.no_such_command", { name: `/${name}` }), "error");
		return true;
	}
	await Promise.resolve(slash.run(app, room, args.trim())).catch((error) => app.notice(error.message, "error"));
	return true;
}
