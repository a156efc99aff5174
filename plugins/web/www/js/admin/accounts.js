/* Accounts: finding them, letting them in, locking them, giving roles. */
import { ask, fill, h } from "../dom.js";
import { button, choice, field, filled, paged, table } from "../form.js";
import { moment, t } from "../i18n.js";
import { openMenu } from "../menu.js";

export function accounts(app) {
	const { client } = app, list = h("div", { "aria-live": "polite" });
	const form = h("form", { class: "line", role: "search", onsubmit: (event) => {
		event.preventDefault();
		find();
	} }, h("input", { type: "search", name: "query", "aria-label": t("admin.find_account"), placeholder: t("admin.find_account"), maxLength: 64 }),
	choice("state", t("admin.state"), ["", "pending", "active", "disabled"].map((state) => [state, t(`admin.account.${state || "any"}`)]), ""), h("button", { class: "primary" }, t("admin.find")));
	const { more, find, again } = paged({ app, filters: () => filled(form), items: ({ accounts: all }) => all,
		ask: (filters, before) => client.call("auth.accounts", { limit: 50, ...filters, ...(before && { after: before.next }) }, { again: true }),
		draw: (all) => fill(list, table([t("name"), t("admin.state"), t("account.created"), ""], all.map((one) => [
			h("bdi", null, one.name), one.state, moment(one.created), button(t("chat.more"), (event) => menu(one, event.currentTarget), { about: one.name })]), t("admin.tab.accounts"))) });

	function menu({ name, state, account, id }, at) {
		const go = (command, label, danger) => app.can(command) && { label, danger, run: () => withReason(command, label, name, danger) };

		openMenu(at, [
			state === "pending" && go("auth.approve", t("admin.approve")), state === "pending" && go("auth.deny", t("admin.deny"), true),
			state === "disabled" && go("auth.enable", t("admin.unlock")), { label: t("admin.roles"), run: () => roles(name) },
			go("auth.second_reset", t("admin.reset_second"), true), state === "active" && go("auth.disable", t("admin.lock"), true),
			app.can("moderation.person") && { label: t("mod.card"), run: () => app.go(`#/moderation/person/${encodeURIComponent(account ?? id ?? name)}`) },
		]);
	}

	async function withReason(command, title, name, danger) {
		const data = await ask({ title: `${title}: ${name}`, fields: [field("why", t("chat.reason"), { maxLength: 300 })], action: title, cancel: t("cancel"), danger });

		if (data && await app.try(client.call(command, { name, ...(data.get("why") && { why: data.get("why") }) }), t("admin.done")))
			again();
	}

	async function roles(name) {
		const told = await app.try(client.call("auth.grants", { name }, { again: true }));

		if (!told)
			return;
		const data = await ask({ title: t("admin.roles_of", { name }), action: t("admin.grant"), cancel: t("close"),
			body: [h("ul", null, told.grants.map(({ role, room, by }) => h("li", { class: "line" }, h("b", null, role), room && h("bdi", null, room), by && h("small", null, by), button(t("account.take_away"), async (event) => {
				const item = event.currentTarget.closest("li");

				if (await app.try(client.call("auth.ungrant", { name, role, ...(room && { room }) }), t("admin.done")))
					item.remove();
			}, { about: room ? `${role}, ${room}` : role }))))],
			fields: [field("role", t("admin.role"), { required: true, maxLength: 32 }), field("room", t("admin.in_room"), { maxLength: 128 })] });

		if (data)
			await app.try(client.call("auth.grant", { name, role: data.get("role"), ...(data.get("room") && { room: data.get("room") }) }), t("admin.done"));
	}

	find();
	return [form, list, more];
}
