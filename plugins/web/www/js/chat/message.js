/* One entry of a room's log as an element. */
import { h, icon, iconButton } from "../dom.js";
import { clock, day, moment, number, t } from "../i18n.js";
import { hue, plain, rich } from "../text.js";

const SAME_MS = 5 * 60000;	// after which the name is shown again

/** Does it go on where the entry before it left off? */
function follows(entry, before) {
	return before?.event === "chat.message" && entry.event === "chat.message" && before.who === entry.who && !entry.act && !before.act && !entry.reply && !entry.aside && !before.aside
		&& entry.time - before.time < SAME_MS && sameDay(entry.time, before.time);
}

function sameDay(a, b) {
	return new Date(a).toDateString() === new Date(b).toDateString();
}

/* What one says oneself is not new to one. */
function isFirstNew(entry, before, { room, me, readTo = null }) {
	return readTo !== null && entry.seq > readTo && Number.isFinite(entry.seq) && entry.who !== me.id && (before ? before.seq <= readTo : room.complete);
}

/**
 * @param {import("../room.js").Entry} entry
 * @param {import("../room.js").Entry} [before]
 * @param {{room: import("../room.js").Room, me: import("../whiply.js").Me, acts: Object}} context `acts` are what the person can do with it
 */
export function messageNode(entry, before, context) {
	const parts = [];

	if (!before || !sameDay(entry.time, before.time))
		parts.push(h("div", { class: "day", role: "separator" }, h("span", null, day(entry.time))));
	if (isFirstNew(entry, before, context))
		parts.push(h("div", { class: "day new", role: "separator" }, h("span", null, t("chat.new"))));
	parts.push(entry.event === "chat.topic" ? topicNode(entry) : saidNode(entry, before, context));
	return h("div", { class: "row", dataset: { key: entry.id ?? "" } }, parts);
}

function topicNode(entry) {
	return h("p", { class: "happened" }, entry.topic ? t("chat.topic_set", { name: entry.from, topic: entry.topic }) : t("chat.topic_cleared", { name: entry.from }));
}

function saidNode(entry, before, context) {
	const { room, me } = context;
	const goesOn = follows(entry, before), own = entry.who === me.id;
	const classes = ["message", goesOn && "goes-on", own && "own", entry.act && "act", entry.state, entry.redacted && "redacted", entry.held && "held"];

	return h("article", { class: classes.filter(Boolean).join(" "), tabindex: "-1", "aria-label": t("chat.message_of", { name: entry.from, time: clock(entry.time) }) },
		entry.reply && replyNode(entry, context),
		!goesOn && headNode(entry, context),
		h("div", { class: "body" }, bodyNodes(entry, me, context)),
		signsNode(entry, context),
		threadNode(entry, context),
		stateNode(entry, context),
		entry.state === undefined && !entry.redacted && !entry.aside && actionsNode(entry, room, own, context.acts));
}

function headNode(entry, { room, acts }) {
	const role = room.members.get(entry.who)?.role;

	return h("header", null,
		h("button", { type: "button", class: `name hue-${hue(entry.who)}`, onclick: (event) => acts.person(entry, event.currentTarget) }, h("bdi", null, entry.from)),
		role && badge(role), entry.notice && badge("bot"), entry.aside && h("span", { class: "badge" }, t("chat.aside_to", { role: t(`role.${entry.aside}`) })),
		h("time", { dateTime: new Date(entry.time).toISOString(), title: moment(entry.time) }, clock(entry.time)));
}

export function badge(role) {
	return h("span", { class: `badge ${role}` }, t(`role.${role}`));
}

function replyNode(entry, { room, acts }) {
	const target = room.byId.get(entry.reply);

	return h("button", { type: "button", class: "reply-to", onclick: () => acts.jump(entry.reply) }, icon("reply"),
		target ? [h("bdi", null, target.from), " ", h("span", { class: "quote" }, plain(target.text ?? t("chat.removed")).slice(0, 120))] : t("chat.earlier_message"));
}

function bodyNodes(entry, me, context) {
	if (entry.redacted)
		return h("em", null, entry.reason ? t("chat.removed_why", { reason: entry.reason }) : t("chat.removed"));
	if (entry.event === "chat.poll")
		return pollNode(entry, context);
	const text = h("div", { class: "text", dir: "auto" }, entry.act && [h("bdi", null, entry.from), " "], rich(plain(entry.text ?? ""), me.name));

	return [text, entry.edited && h("small", { class: "edited", title: moment(entry.edited) }, t("chat.edited"))];
}

function pollNode(entry, { acts }) {
	const { options = [], until } = entry.poll ?? {}, votes = entry.results, total = votes?.reduce((a, b) => a + b, 0) ?? 0;

	if (!votes)
		acts.results(entry);
	return h("fieldset", { class: "poll" }, h("legend", { dir: "auto" }, entry.question),
		options.map((option, i) => h("button", { type: "button", class: "option", "aria-pressed": String(entry.choice === i), disabled: until < Date.now(), onclick: () => acts.vote(entry, i) },
			h("span", { class: "bar", "aria-hidden": "true", dataset: { share: String(total ? Math.round((votes?.[i] ?? 0) * 20 / total) : 0) } }),
			h("span", { dir: "auto" }, option), votes && h("span", { class: "votes" }, number(votes[i] ?? 0)))),
		until && h("small", null, until < Date.now() ? t("chat.poll_over") : t("chat.poll_until", { time: moment(until) })));
}

function signsNode(entry, { acts }) {
	const signs = Object.entries(entry.reactions ?? {});

	return signs.length > 0 && h("div", { class: "signs" }, signs.map(([sign, n]) =>
		h("button", { type: "button", class: "sign", "aria-pressed": String(entry.mine?.has(sign) ?? false), "aria-label": t("chat.reaction", { sign, n }), onclick: () => acts.react(entry, sign) },
			sign, " ", number(n))));
}

/* Where an answer leads to the rest of the talk. */
function threadNode(entry, { room, acts }) {
	const n = room.replies.get(entry.id) ?? 0;

	return n > 0 && h("button", { type: "button", class: "link replies", onclick: () => acts.thread(entry) }, t("chat.replies_n", { n }));
}

function stateNode(entry, { acts, room }) {
	if (entry.state === "sending" && room.client.state !== "ready")
		return h("p", { class: "waits" }, t("chat.waits_for_network"));
	if (entry.state !== "failed")
		return null;
	/* What is not wanted is not sent again; the server says why, or that a moderator looks at it. */
	return h("p", { class: "failure", role: "alert" }, entry.refused ? entry.error : [t("chat.not_sent", { why: entry.error }), " ",
		h("button", { type: "button", class: "link", onclick: () => acts.again(entry) }, t("chat.send_again"))], " ",
		h("button", { type: "button", class: "link", onclick: () => acts.discard(entry) }, t("discard")));
}

function actionsNode(entry, room, own, acts) {
	return h("div", { class: "actions-on", role: "group", "aria-label": t("chat.actions") },
		iconButton("react", t("chat.react"), (event) => acts.pickSign(entry, event.currentTarget)),
		iconButton("reply", t("chat.reply"), () => acts.reply(entry)),
		iconButton("more", t("chat.more"), (event) => acts.more(entry, event.currentTarget)));
}
