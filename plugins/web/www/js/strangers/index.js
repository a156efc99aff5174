/* Meeting strangers: what one looks for, the waiting, and the one who was found, in text and if both like in pictures. */
import { fill, h } from "../dom.js";
import { box, button, choice, commandForm, field, page, show } from "../form.js";
import { duration, languageNames, t } from "../i18n.js";
import { setSetting, setting } from "../settings.js";
import { Meeting } from "./meeting.js";

const LOOK_MS = 3000;

export function view(app) {
	const { client } = app, { node, body } = page(app, t("area.strangers"));
	const ends = [];
	let timer = 0, meeting = null, queue = setting("match.queue", "");
	let proposal = null;	// id of the match that one is asked about

	ends.push(client.on("match.started", started), client.on("match.proposed", proposed), client.on("match.ended", ended), client.on("match.left", ended),
		client.on("match.cancelled", ({ reason }) => {
			app.notice(t("match.cancelled", { why: reason }), "error");
			over();
		}), client.on("match.requeued", () => {
			app.notice(t("match.requeued"));
			over();
		}), client.on("ready", ({ resumed }) => {
			/* What one is just choosing stays. */
			if (resumed || (!meeting && body.querySelector("form")))
				return;
			leaveMeeting();
			look();
		}));
	look();

	function leaveMeeting() {
		meeting?.close();
		meeting = null;
	}

	async function look() {
		clearTimeout(timer);
		if (meeting)
			return;
		const told = await app.try(client.call("match.status", {}, { again: true }));

		const [match] = told?.matches ?? [];

		/* What was told meanwhile is newer than this answer. */
		if (!told || meeting || (proposal && proposal === match?.match))
			return;
		proposal = null;
		if (match?.state === "proposed")
			proposed(match);
		else if (match)
			started(match);
		else if (told.tickets.length > 0)
			waiting(told.tickets[0]);
		else
			chooser();
	}

	function chooser() {
		const place = h("div");

		fill(body, place);
		show(place, client.call("match.queues", {}, { again: true }), ({ queues }) => {
			const now = queues.find((one) => one.queue === queue) ?? queues[0];

			if (!now)
				return h("p", null, t("match.no_queues"));
			return box(t("match.choose"),
				queues.length > 1 && picked(choice("queue", t("match.queue"), queues.map((one) => [one.queue, one.queue]), now.queue), (name) => {
					queue = name;
					setSetting("match.queue", name);
					chooser();
				}),
				h("p", { role: "status" }, t("match.waiting_n", { n: now.waiting }), " ", now.expected_p50 !== undefined && t("match.expected", { time: duration(now.expected_p50), most: duration(now.expected_p90) })),
				commandForm({ app, action: t("match.begin"), fields: [now.rules.map(attributeField), !now.rules.some(({ name }) => name === "medium") && app.can("call.join") &&
					h("label", { class: "check" }, h("input", { type: "checkbox", name: "video", checked: setting("match.video", false) }), t("match.with_video"))],
					run: (values) => begin(now, values) }));
		});
	}

	async function begin(chosen, { video, ...values }) {
		const attributes = {};

		for (const rule of chosen.rules)
			if (values[rule.name] !== undefined)
				attributes[rule.name] = attributeOf(rule, values[rule.name]);
		setSetting("match.video", values.medium !== undefined ? values.medium === "video" : video !== undefined);
		setSetting("match.values", values);
		await client.call("match.enqueue", { queue: chosen.queue, attributes });
		await look();
	}

	function waiting(ticket) {
		const since = Date.now() - (ticket.waited ?? 0), clock = h("b");
		const tick = () => { clock.textContent = duration(Date.now() - since); };

		tick();
		fill(body, box(t("match.waiting"), h("p", { role: "status" }, t("match.waiting_since"), " ", clock),
			h("p", null, ticket.expected_p50 !== undefined && t("match.expected", { time: duration(ticket.expected_p50), most: duration(ticket.expected_p90) }), " ", t("match.waiting_n", { n: ticket.waiting ?? 0 })),
			h("div", { class: "spinner", "aria-hidden": "true" }),
			button(t("match.stop"), async () => {
				await app.try(client.call("match.cancel", { queue: ticket.queue }));
				look();
			})));
		clearInterval(ends.clock);
		ends.clock = setInterval(tick, 1000);
		timer = setTimeout(look, LOOK_MS);
	}

	function proposed({ match, accept_within: within }) {
		clearTimeout(timer);
		clearInterval(ends.clock);
		proposal = match;
		fill(body, box(t("match.found"), within && h("p", null, t("match.accept_within", { time: duration(within) })), h("div", { class: "line" },
			button(t("match.accept"), () => accept(match), { class: "primary" }), button(t("match.decline"), () => decline(match)))));
	}

	async function decline(match) {
		await app.try(client.call("match.decline", { match }));
		over();
	}

	/* Nothing came of it: how it stands is asked for. */
	function over() {
		proposal = null;
		look();
	}

	async function accept(match) {
		if (await app.try(client.call("match.accept", { match })))
			fill(body, box(t("match.found"), h("p", { role: "status" }, t("match.accepted")), h("div", { class: "spinner", "aria-hidden": "true" })));
	}

	async function started(match) {
		if (meeting?.match.match === match.match)
			return;
		clearTimeout(timer);
		clearInterval(ends.clock);
		proposal = null;
		leaveMeeting();
		meeting = new Meeting(app, match, { again: () => {
			leaveMeeting();
			look();
		} });
		fill(body, meeting.node);
		await meeting.open(setting("match.video", false) && match.medium !== "text");
	}

	function ended({ match }) {
		if (meeting?.match.match === match)
			meeting.over();
	}

	return {
		title: t("area.strangers"), node,
		close: () => {
			clearTimeout(timer);
			clearInterval(ends.clock);
			ends.forEach((end) => end());
			leaveMeeting();
		},
	};
}

function picked(label, run) {
	label.querySelector("select").onchange = (event) => run(event.target.value);
	return label;
}

function attributeField({ name, kind, required }) {
	const kept = setting("match.values", {})[name], label = t(`match.attribute.${name}`) === `match.attribute.${name}` ? name : t(`match.attribute.${name}`);

	if (name === "medium")
		return choice(name, label, ["text", "video"].map((medium) => [medium, t(`match.medium.${medium}`)]), kept ?? "text");
	if (name === "language")
		return choice(name, label, [...(required ? [] : [["", t("match.any_language")]]), ...languageNames()], kept ?? document.documentElement.lang);
	return field(name, label, { required, value: kept ?? "", maxLength: 200, help: kind === "share" ? t("match.share_help") : undefined });
}

function attributeOf({ kind }, text) {
	if (kind === "share")
		return text.split(",").map((word) => word.trim()).filter(Boolean).slice(0, 16);
	if (kind === "one_of")
		return { is: text };
	if (kind === "near" || kind === "between")
		return Number(text);
	return text;
}

