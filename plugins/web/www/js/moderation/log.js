/* What moderators and rules did, newest first; each can be undone, and the undoing too. */
import { fill, h, livingList } from "../dom.js";
import { button, choice, field, filled, paged } from "../form.js";
import { t } from "../i18n.js";
import { actionNode, undoAll } from "./parts.js";

export function log(app, [pack = "", rule = ""]) {
	const { client } = app, list = h("ul", { class: "stack", "aria-live": "polite" });
	const form = h("form", { class: "line", onsubmit: (event) => {
		event.preventDefault();
		find();
	} }, field("who", t("mod.whom")), field("by", t("admin.who")), field("room", t("mod.room")), field("pack", t("mod.pack"), { value: pack }), field("rule", t("mod.rule"), { value: rule }),
	choice("mode", t("mod.mode"), ["", "hand", "live", "shadow"].map((mode) => [mode, t(`mod.mode.${mode || "any"}`)]), ""), h("button", { class: "primary" }, t("admin.find")));
	const chosen = new Set(), bulk = h("div", { class: "line bulk" });
	const draw = livingList(list, { key: ({ action }) => action, draw: (one) => actionNode(app, one, again, choose), none: () => h("li", { class: "empty" }, t("mod.nothing_done")) });
	const { more, find, again } = paged({ app, filters: () => filled(form), items: ({ actions }) => actions,
		ask: (filters, before) => client.call("moderation.log", { ...filters, ...(before && { before: before.next }) }, { again: true }),
		draw: (actions) => {
			shown = actions;
			for (const one of chosen)
				if (!shown.some(({ action, undone }) => action === one && !undone))
					chosen.delete(one);
			draw(shown);
			for (const node of list.querySelectorAll("input"))
				node.checked = chosen.has(node.closest("li").dataset.key);
			choose();
		} });
	let shown = [];

	function choose(action, on) {
		if (action)
			chosen[on ? "add" : "delete"](action);
		fill(bulk, chosen.size > 0 && [h("b", null, t("mod.chosen_n", { n: chosen.size })), button(t("mod.undo"), async () => await undoAll(app, shown.filter((one) => chosen.has(one.action))) && again())]);
	}

	find();
	return [form, bulk, list, more];
}
