/* The list of rooms: look for one, enter it, make one. */
import { fill, h, icon, iconButton } from "../dom.js";
import { t } from "../i18n.js";

const LOOK_MS = 250;

export function view(app) {
	const list = h("ul", { class: "room-cards" }), more = h("button", { type: "button", hidden: true }, t("more"));
	const search = h("input", { type: "search", name: "search", maxLength: 64, "aria-label": t("rooms.search"), placeholder: t("rooms.search"), oninput: () => later() });
	let timer = 0, after, asked = 0;

	const later = () => {
		clearTimeout(timer);
		timer = setTimeout(() => read(false), LOOK_MS);
	};
	const card = ({ room, topic, members }) => h("li", null, h("button", { type: "button", onclick: () => app.enter(room) },
		icon("room"), h("bdi", { class: "title" }, room), h("span", { class: "topic", dir: "auto" }, topic), h("span", { class: "count" }, t("chat.members_n", { n: members }))));

	async function read(next) {
		const turn = ++asked, wanted = search.value.trim();
		const told = await app.try(app.client.call("chat.rooms", { limit: 50, ...(wanted && { search: wanted }), ...(next && { after }) }, { again: true }));

		if (!told || turn !== asked)
			return;
		after = told.next;
		more.hidden = !after;
		if (next)
			list.append(...told.rooms.map(card));
		else
			fill(list, told.rooms.length > 0 ? told.rooms.map(card) : h("li", { class: "empty" }, t("rooms.none")));
	}
	more.onclick = () => read(true);
	read(false);
	return {
		title: t("area.rooms"),
		node: h("section", { class: "pane page" },
			h("header", { class: "pane-head" }, iconButton("menu", t("menu"), () => app.menu(), { class: "icon-button menu" }), h("h1", null, t("area.rooms"))),
			h("div", { class: "page-body" },
				h("form", { class: "line", role: "search", onsubmit: (event) => {
					event.preventDefault();
					if (search.value.trim() !== "")
						app.enter(search.value.trim());
				} }, search, h("button", { class: "primary" }, t("rooms.enter"))),
				list, more)),
		focus: () => search.focus(),
		close: () => clearTimeout(timer),
	};
}
