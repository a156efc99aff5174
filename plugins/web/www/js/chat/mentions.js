/* Where one was named, in all rooms, the newest first; each leads to its place. */
import { fill, h } from "../dom.js";
import { button, page } from "../form.js";
import { moment, t } from "../i18n.js";
import { plain } from "../text.js";

export function view(app) {
	const { node, body } = page(app, t("area.mentions")), list = h("ul", { class: "stack", "aria-live": "polite" }), more = button(t("more"), () => read(true), { hidden: true });
	let last;

	async function read(next) {
		const told = await app.try(app.client.call("chat.mentions", { limit: 50, ...(next && { before: last }) }, { again: true }));

		if (!told)
			return;
		last = told.entries.at(-1)?.id;
		more.hidden = told.entries.length < 50;
		if (next)
			list.append(...told.entries.map(item));
		else
			fill(list, told.entries.length > 0 ? told.entries.map(item) : h("li", { class: "empty" }, t("chat.no_mentions")));
	}
	const item = (entry) => h("li", null, h("a", { class: "result box", href: `#/r/${encodeURIComponent(entry.room)}/${entry.id}` },
		h("span", null, h("b", null, h("bdi", null, entry.from)), " ", h("small", null, h("bdi", null, entry.room), " · ", moment(entry.time))), h("span", { dir: "auto" }, plain(entry.text ?? ""))));
	const end = app.rooms.on("said", ({ room }) => room.mentions > 0 && read(false));

	read(false);
	body.append(list, more);
	return { title: t("area.mentions"), node, close: end };
}
