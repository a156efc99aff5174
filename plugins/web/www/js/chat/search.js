/* Looking for words in a room's log. */
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";

export function searchDialog(app, room, query = "", show) {
	const results = h("div", { class: "results", "aria-live": "polite" });
	const input = h("input", { type: "search", name: "query", value: query, required: true, maxLength: 200, "aria-label": t("chat.search"), placeholder: t("chat.search") });
	const form = h("form", { class: "line", onsubmit: (event) => {
		event.preventDefault();
		look();
	} }, input, h("button", { class: "primary" }, t("chat.search")));
	const dialog = h("dialog", { class: "wide", "aria-label": t("chat.search") }, form, results, h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, t("close"))));

	async function look() {
		const told = await app.try(app.client.call("chat.search", { room: room.name, query: input.value, limit: 50 }, { again: true }));

		if (!told)
			return;
		fill(results, told.entries.length === 0 ? h("p", null, t("chat.nothing_found")) : told.entries.map((entry) => {
			const { text, time } = show(entry);

			return h("button", { type: "button", class: "result", onclick: () => {
				dialog.close();
				app.shown?.showEntry?.(entry.id);
			} }, h("b", null, h("bdi", null, entry.from)), " ", h("small", null, time), h("span", { dir: "auto" }, text));
		}));
	}
	dialog.addEventListener("close", () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
	input.focus();
	if (query)
		look();
}
