/* Who did what: the audit log, newest first. */
import { fill, h } from "../dom.js";
import { field, filled, paged, table } from "../form.js";
import { moment, t } from "../i18n.js";

const PAGE = 100;

export function audit(app) {
	const { client } = app, list = h("div", { "aria-live": "polite" });
	const form = h("form", { class: "line", onsubmit: (event) => {
		event.preventDefault();
		find();
	} }, field("action", t("admin.action"), { placeholder: "auth.lockout" }), field("who", t("admin.who")), field("on", t("admin.on")), h("button", { class: "primary" }, t("admin.find")));
	const { more, find } = paged({ app, filters: () => filled(form), items: ({ entries }) => entries, goesOn: ({ entries }) => entries.length === PAGE,
		ask: (filters, before) => client.call("audit.list", { limit: PAGE, ...filters, ...(before && { before: before.entries.at(-1).n }) }, { again: true }),
		draw: (all) => fill(list, table(["№", t("admin.when"), t("admin.who"), t("admin.action"), t("admin.on"), t("chat.reason"), t("admin.outcome")], all.map((one) => [
			String(one.n), moment(one.time), h("bdi", null, one.name || one.who), one.action, h("bdi", null, one.on ?? ""), one.why ?? "", one.outcome]), t("admin.tab.audit"))) });

	find();
	return [form, list, more];
}
