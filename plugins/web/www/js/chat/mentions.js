/* Where one was named, in all rooms, the newest first; each leads to its place. */
import { h, livingList } from "../dom.js";
import { page, paged } from "../form.js";
import { moment, t } from "../i18n.js";
import { plain } from "../text.js";

const PAGE = 50;

export function view(app) {
	const { node, body } = page(app, t("area.mentions")), list = h("ul", { class: "stack", "aria-live": "polite" });
	const draw = livingList(list, { key: ({ id }) => id, draw: item, none: () => h("li", { class: "empty" }, t("chat.no_mentions")) });
	const { more, find, soon, close } = paged({ app, items: ({ entries }) => entries, goesOn: ({ entries }) => entries.length === PAGE, draw,
		ask: (_, before) => app.client.call("chat.mentions", { limit: PAGE, ...(before && { before: before.entries.at(-1).id }) }, { again: true }) });
	const end = app.rooms.on("said", ({ room }) => room.mentions > 0 && soon());

	find();
	body.append(list, more);
	return { title: t("area.mentions"), node, close: () => [end, close].forEach((one) => one()) };
}

function item(entry) {
	return h("li", null, h("a", { class: "result box", href: `#/r/${encodeURIComponent(entry.room)}/${entry.id}` },
		h("span", null, h("b", null, h("bdi", null, entry.from)), " ", h("small", null, h("bdi", null, entry.room), " · ", moment(entry.time))), h("span", { dir: "auto" }, plain(entry.text ?? ""))));
}
