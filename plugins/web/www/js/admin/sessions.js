/* Who is here, page by page. */
import { ask, fill, h } from "../dom.js";
import { button, field, paged, table } from "../form.js";
import { t } from "../i18n.js";

export function sessions(app) {
	const { client } = app, list = h("div");
	const { more, find, again } = paged({ app, items: ({ sessions: all }) => all,
		ask: (_, before) => client.call("session.list", { limit: 200, ...(before && { after: before.next }) }, { again: true }),
		draw: (all, { total }) => fill(list, h("p", null, t("admin.sessions_n", { n: total })), table([t("name"), t("admin.kind"), t("account.roles"), t("admin.address"), t("admin.dialect"), t("admin.state"), ""], all.map((one) => [
			h("bdi", null, one.name), one.kind, one.roles, one.address, one.dialect, one.state, h("div", { class: "line" }, button(t("admin.show"), () => open(one), { about: one.name }), button(t("admin.end"), () => end(one), { about: one.name, class: "danger" }))]), t("admin.tab.sessions"))) });

	async function open({ session }) {
		const told = await app.try(client.call("session.show", { session }, { again: true }));

		if (told)
			await ask({ title: told.name ?? session, body: [h("pre", null, JSON.stringify(told, null, 2))], action: t("close"), cancel: t("cancel") });
	}

	async function end({ session, name }) {
		const data = await ask({ title: t("admin.end_title", { name }), fields: [field("reason", t("chat.reason"), { maxLength: 120 })], action: t("admin.end"), cancel: t("cancel"), danger: true });

		if (data && await app.try(client.call("session.close", { session, ...(data.get("reason") && { reason: data.get("reason") }) }), t("admin.done")))
			again();
	}

	find();
	return [list, more];
}
