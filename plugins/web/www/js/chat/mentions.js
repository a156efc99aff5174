/* Where one was named, in all rooms, the newest first; each leads to its place. */
import { h, livingList } from "../dom.js";
import { button, page } from "../form.js";
import { moment, t } from "../i18n.js";
import { plain } from "../text.js";

const PAGE = 50;

export function view(app) {
	const { node, body } = page(app, t("area.mentions")), list = h("ul", { class: "stack", "aria-live": "polite" }), more = button(t("more"), () => read(shown + 1), { hidden: true });
	const draw = livingList(list, { key: ({ id }) => id, draw: item, none: () => h("li", { class: "empty" }, t("chat.no_mentions")) });
	let shown = 0;

	/* At least so many, where there are. */
	async function read(n) {
		const entries = [];
		let told;

		do {
			told = await app.try(app.client.call("chat.mentions", { limit: PAGE, ...(told && { before: told.entries.at(-1).id }) }, { again: true }));
			entries.push(...(told?.entries ?? []));
		} while (told?.entries.length === PAGE && entries.length < n);
		if (!told)
			return;
		shown = entries.length;
		more.hidden = told.entries.length < PAGE;
		draw(entries);
	}

	read(0);
	body.append(list, more);
	return { title: t("area.mentions"), node, close: app.rooms.on("said", ({ room }) => room.mentions > 0 && read(shown)) };
}

function item(entry) {
	return h("li", null, h("a", { class: "result box", href: `#/r/${encodeURIComponent(entry.room)}/${entry.id}` },
		h("span", null, h("b", null, h("bdi", null, entry.from)), " ", h("small", null, h("bdi", null, entry.room), " · ", moment(entry.time))), h("span", { dir: "auto" }, plain(entry.text ?? ""))));
}
