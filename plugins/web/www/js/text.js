/* What somebody wrote as nodes: links, mentions, `code`, *stress*, :emotes:. The text itself is never HTML, and a link leads only to where it says. */
import { EMOTES, OWN } from "./emotes.js";
import { h } from "./dom.js";

const TOKEN = new RegExp([
	/(?<fence>```(?:\w*\n)?(?<fenced>[^]*?)```)/.source,
	/(?<code>`(?<coded>[^`\n]+)`)/.source,
	/(?<link>https?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+)/.source,
	/(?<strong>\*\*(?<stressed>[^*\n]+)\*\*)/.source,
	/(?<=^|[\s([{])(?<mention>@[\p{L}\p{N}_][\p{L}\p{N}_.-]*)/.source,
	/(?<emote>:[a-z0-9_+-]{2,32}:)/.source,
].join("|"), "gu");

/* Punctuation behind a link is the sentence's. */
function linkEnd(text) {
	let link = text.replace(/[.,;:!?]+$/, "");

	while (/[)\]]$/.test(link) && link.split(link.endsWith(")") ? "(" : "[").length < link.split(link.at(-1)).length)
		link = link.slice(0, -1);
	return link;
}

function linkNode(text) {
	let url;

	try {
		url = new URL(text);
	} catch {
		return text;
	}
	if (url.protocol !== "https:" && url.protocol !== "http:")
		return text;
	/* What is read is where it leads: a host that only looks like another is shown in its plain form. */
	const shown = text.startsWith(`${url.protocol}//${url.host}`) && url.username === "" ? text : url.href;

	return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow ugc" }, shown);
}

/* ":tea:" as the sign, or the picture, of that name. */
function emoteNode(whole) {
	const name = whole.slice(1, -1), sign = Object.hasOwn(EMOTES, name) ? EMOTES[name] : null;

	if (OWN.has(name))
		return h("img", { class: "emote", src: `/emotes?name=${encodeURIComponent(name)}`, alt: whole, title: whole, loading: "lazy" });
	return sign ? h("span", { class: "emote", role: "img", "aria-label": whole, title: whole }, sign) : whole;
}

/**
 * @param {string} text
 * @param {string} me name of who reads
 * @returns {(Node|string)[]}
 */
export function rich(text, me = "") {
	const nodes = [];
	let at = 0;

	for (const found of text.matchAll(TOKEN)) {
		const { fence, fenced, coded, link, stressed, mention, emote } = found.groups;
		const whole = found[0];
		let taken = whole.length;

		if (found.index < at)
			continue;
		nodes.push(text.slice(at, found.index));
		if (fence) {
			nodes.push(h("pre", null, h("code", null, fenced)));
		} else if (coded) {
			nodes.push(h("code", null, coded));
		} else if (stressed) {
			nodes.push(h("strong", null, stressed));
		} else if (link) {
			taken = linkEnd(link).length;
			nodes.push(linkNode(link.slice(0, taken)));
		} else if (mention) {
			nodes.push(h("span", { class: mention.slice(1).toLowerCase() === me.toLowerCase() ? "mention me" : "mention" }, mention));
		} else {
			nodes.push(emoteNode(emote));
		}
		at = found.index + taken;
	}
	nodes.push(text.slice(at));
	return nodes.filter((node) => node !== "");
}

/* IRC's colours and stress are not shown. */
export function plain(text) {
	// eslint-disable-next-line no-control-regex
	return text.replace(/\x03(\d{1,2}(,\d{1,2})?)?|\x04[0-9a-fA-F]{6}|[\x02\x0f\x11\x16\x1d\x1e\x1f]/g, "");
}

/** A colour for a name, the same everywhere: one of twelve that can be read on every theme. */
export function hue(id) {
	let sum = 0;

	for (const character of id)
		sum = (sum * 31 + character.codePointAt(0)) % 997;
	return sum % 12;
}
