/* Who is in a room, by rank and name. Of a crowd the first few hundred are shown. */
import { h } from "../dom.js";
import { number, t } from "../i18n.js";
import { hue } from "../text.js";
import { badge } from "./message.js";

const SHOWN = 300;
const RANKS = ["owner", "manager", "moderator", "helper", "voice", ""];

export function membersNode(room, acts) {
	const order = new Intl.Collator(undefined, { sensitivity: "base" });
	const members = [...room.members.values()].sort((a, b) => rank(a) - rank(b) || order.compare(a.name, b.name));
	const more = Math.max(room.count, members.length) - Math.min(members.length, SHOWN);

	return [
		h("ul", { class: "people" }, members.slice(0, SHOWN).map((member) => h("li", null,
			h("button", { type: "button", class: `name hue-${hue(member.who)}${member.away ? " away" : ""}`, onclick: (event) => acts.person({ who: member.who, from: member.name }, event.currentTarget) },
				h("bdi", null, member.name)), member.role && badge(member.role), member.away && h("small", null, t("chat.away"))))),
		more > 0 && h("p", { class: "more" }, t("chat.and_more", { n: number(more) })),
	];
}

function rank({ role = "" }) {
	const at = RANKS.indexOf(role.split(" ")[0]);

	return at < 0 ? RANKS.length : at;
}
