/* Bans of the whole server: finding, adding after a look at whom it would hit, lifting. */
import { ask, fill, h } from "../dom.js";
import { box, button, choice, commandForm, field, filled, paged, table } from "../form.js";
import { moment, t } from "../i18n.js";

const KINDS = ["network", "name", "account", "certificate", "reserved", "room"];
const EXAMPLES = { network: "203.0.113.0/24", name: "spam*bot", account: "mallory", certificate: "AB:CD:…", reserved: "*serv", room: "warez*" };

export function bans(app) {
	const { client } = app, list = h("div", { "aria-live": "polite" });
	const form = h("form", { class: "line", role: "search", onsubmit: (event) => {
		event.preventDefault();
		find();
	} }, h("input", { type: "search", name: "find", "aria-label": t("ops.find_ban"), placeholder: t("ops.find_ban"), maxLength: 128 }),
	choice("kind", t("admin.kind"), [["", t("ops.all")], ...KINDS.concat("hash").map((kind) => [kind, t(`ops.ban.${kind}`)])], ""), h("button", { class: "primary" }, t("admin.find")));
	const { more, find, again } = paged({ app, filters: () => filled(form), items: ({ bans: all }) => all, goesOn: ({ before }) => before !== undefined,
		ask: (filters, last) => client.call("bans.list", { limit: 50, ...filters, ...(last && { before: last.before }) }, { again: true }),
		draw: (all) => fill(list, all.length === 0 ? h("p", { class: "empty" }, t("ops.no_bans")) : table([t("admin.kind"), t("ops.banned"), t("ops.effect"), t("ops.until"), t("ops.why"), t("ops.by"), ""], all.map((one) => [
			t(`ops.ban.${one.kind}`), h("bdi", null, one.shown ?? one.what), t(`ops.effect.${one.effect}`), one.until ? moment(one.until) : t("ops.for_good"),
			h("div", null, h("p", { dir: "auto" }, one.why), one.note && h("small", null, h("bdi", null, one.note))), h("div", null, h("bdi", null, one.by_name || one.by), h("br"), h("small", null, moment(one.time))),
			app.can("bans.remove") && button(t("ops.lift"), () => lift(one), { "aria-label": t("ops.lift_one", { what: one.shown ?? one.what }) })]), t("admin.tab.bans"))) });

	async function lift({ id, what, shown }) {
		if (await ask({ title: t("ops.lift_title", { what: shown ?? what }), action: t("ops.lift"), cancel: t("cancel") }) && await app.try(client.call("bans.remove", { id }), t("ops.lifted")))
			again();
	}

	/* Nobody is banned before one has seen whom it would hit. */
	async function add(args, node) {
		const { names, sessions, exempt, yourself, wide } = await client.call("bans.add", { ...args, preview: true });
		const lines = [sessions === 0 ? t("ops.hits_nobody") : t("ops.hits_n", { n: sessions }), exempt > 0 && t("ops.hits_exempt", { n: exempt }), yourself && t("ops.hits_you"), wide && t("ops.hits_wide")].filter(Boolean);
		const agreed = await ask({ title: t("ops.ban_title", { what: args.what }), action: t("ops.ban_do"), cancel: t("cancel"), danger: true,
			body: [lines.map((text) => h("p", null, text)), names.length > 0 && h("ul", null, names.map((name) => h("li", null, h("bdi", null, name)))), sessions > names.length && h("p", null, "…")].flat().filter(Boolean) });

		if (!agreed)
			return;
		await client.call("bans.add", { ...args, ...((yourself || wide) && { force: true }) });
		app.notice(t("ops.ban_done"));
		node.reset();
		again();
	}

	function adding() {
		const what = field("what", t("ops.banned"), { required: true, maxLength: 128, autocomplete: "off", placeholder: EXAMPLES.network });
		const kind = choice("kind", t("admin.kind"), KINDS.map((one) => [one, t(`ops.ban.${one}`)]), "network");

		kind.addEventListener("change", () => { what.querySelector("input").placeholder = EXAMPLES[kind.querySelector("select").value]; });
		return box(t("ops.add_ban"), commandForm({ app, action: t("ops.preview"), run: add, fields: [h("div", { class: "line" }, kind, what),
			h("div", { class: "line" }, choice("effect", t("ops.effect"), ["refuse", "registered", "exempt"].map((one) => [one, t(`ops.effect.${one}`)]), "refuse"),
				field("for", t("mod.for"), { pattern: "[0-9]+(s|m|h|d|w)", placeholder: "1d", help: t("ops.for_help") })),
			field("why", t("ops.why"), { maxLength: 300, help: t("ops.why_help") }), field("note", t("ops.note"), { maxLength: 300, help: t("ops.note_help") })] }));
	}

	find();
	return [form, list, more, app.can("bans.add") && adding()].filter(Boolean);
}
