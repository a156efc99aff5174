/* Who did what: the audit log, newest first. */
import { fill, h } from "../dom.js";
import { button, field, table } from "../form.js";
import { moment, t } from "../i18n.js";

export function audit(app) {
	const { client } = app, list = h("div", { "aria-live": "polite" }), more = button(t("more"), () => read(true));
	const form = h("form", { class: "line", onsubmit: (event) => {
		event.preventDefault();
		read();
	} }, field("action", t("admin.action"), { placeholder: "auth.lockout" }), field("who", t("admin.who")), field("on", t("admin.on")), h("button", { class: "primary" }, t("admin.find")));
	let all = [];

	async function read(next) {
		const filters = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
		const told = await app.try(client.call("audit.list", { limit: 100, ...filters, ...(next && { before: all.at(-1).n }) }, { again: true }));

		if (!told)
			return;
		all = next ? [...all, ...told.entries] : told.entries;
		more.hidden = told.entries.length < 100;
		fill(list, table(["№", t("admin.when"), t("admin.who"), t("admin.action"), t("admin.on"), t("chat.reason"), t("admin.outcome")], all.map((one) => [
			String(one.n), moment(one.time), h("bdi", null, one.name || one.who), one.action, h("bdi", null, one.on ?? ""), one.why ?? "", one.outcome]), t("admin.tab.audit")));
	}

	read();
	return [form, list, more];
}
