/* What moderators and rules did, newest first; each can be undone, and the undoing too. */
import { fill, h, livingList } from "../dom.js";
import { button, choice, field } from "../form.js";
import { t } from "../i18n.js";
import { actionNode, undoAll } from "./parts.js";

export function log(app, [pack = "", rule = ""]) {
	const { client } = app, list = h("ul", { class: "stack", "aria-live": "polite" }), more = button(t("more"), () => read(true));
	const form = h("form", { class: "line", onsubmit: (event) => {
		event.preventDefault();
		read();
	} }, field("who", t("mod.whom")), field("by", t("admin.who")), field("room", t("mod.room")), field("pack", t("mod.pack"), { value: pack }), field("rule", t("mod.rule"), { value: rule }),
	choice("mode", t("mod.mode"), ["", "hand", "live", "shadow"].map((mode) => [mode, t(`mod.mode.${mode || "any"}`)]), ""), h("button", { class: "primary" }, t("admin.find")));
	const chosen = new Set(), bulk = h("div", { class: "line bulk" });
	const draw = livingList(list, { key: ({ action }) => action, draw: (one) => actionNode(app, one, () => read(), choose), none: () => h("li", { class: "empty" }, t("mod.nothing_done")) });
	let all = [], after;

	async function read(next) {
		const filters = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
		const told = await app.try(client.call("moderation.log", { ...filters, ...(next && { before: after }) }, { again: true }));

		if (!told)
			return;
		all = next ? [...all, ...told.actions] : told.actions;
		after = told.next;
		more.hidden = !after;
		if (!next) {
			chosen.clear();
			list.querySelectorAll("input:checked").forEach((one) => { one.checked = false; });
		}
		draw(all);
		choose();
	}

	function choose(action, on) {
		if (action)
			chosen[on ? "add" : "delete"](action);
		fill(bulk, chosen.size > 0 && [h("b", null, t("mod.chosen_n", { n: chosen.size })), button(t("mod.undo"), async () => await undoAll(app, all.filter((one) => chosen.has(one.action))) && read())]);
	}

	read();
	return [form, bulk, list, more];
}
