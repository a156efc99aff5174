/* What waits: reports, held messages, flags, appeals. One decides one or many; who claims an item is shown to the others. */
import { ask, fill, h, livingList } from "../dom.js";
import { button, choice, filled, paged } from "../form.js";
import { moment, relative, t } from "../i18n.js";
import { askDeed, DEEDS, personLink, ruleText, undo } from "./parts.js";

export function queue(app) {
	const { client } = app, list = h("ul", { class: "stack", "aria-live": "polite" }), count = h("p", { role: "status" });
	const chosen = new Set(), bulk = h("div", { class: "line bulk" });
	const form = h("form", { class: "line", onchange: () => find() },
		choice("kind", t("mod.what"), ["", "report", "held", "flag", "appeal"].map((kind) => [kind, t(`mod.item.${kind || "all"}`)]), ""), choice("state", t("admin.state"), ["open", "done"].map((state) => [state, t(`mod.state.${state}`)]), "open"),
		h("label", { class: "check" }, h("input", { type: "checkbox", name: "mine" }), t("mod.mine")));
	const draw = livingList(list, { key: ({ item }) => item, draw: itemNode, none: () => h("li", { class: "empty" }, t("mod.nothing_waits")) });
	const { more, find, again, soon, close } = paged({ app, filters: () => filled(form),
		ask: ({ mine, ...filters }, before) => client.call("moderation.queue", { ...filters, ...(mine && { mine: true }), ...(before && { after: before.next }) }, { again: true }),
		/* What is being done just now is decided already. */
		items: ({ items }) => items.filter(({ open }) => open || form.elements.state.value === "done"),
		draw: (items, told) => {
			all = items;
			for (const one of chosen)
				if (!all.some(({ item, open }) => open && item === one))
					chosen.delete(one);
			count.textContent = t("mod.waiting_n", { n: told.open });
			draw(all);
			drawBulk();
		} });
	let all = [];

	function itemNode(item) {
		const own = item.claimed_by === client.me.name;

		return h("li", { class: "box item" },
			h("div", { class: "line" },
				item.open && h("input", { type: "checkbox", "aria-label": t("mod.choose"), checked: chosen.has(item.item), onchange: (event) => {
					chosen[event.target.checked ? "add" : "delete"](item.item);
					drawBulk();
				} }),
				h("b", null, t(`mod.item.${item.kind}`)), item.who && personLink(item.who, item.name), item.room && h("span", null, "#", h("bdi", null, item.room)), h("small", { title: moment(item.time) }, relative(item.time)),
				item.count > 1 && h("span", { class: "badge" }, t("mod.times", { n: item.count })), item.claimed_by && h("span", { class: "badge" }, t("mod.claimed", { name: item.claimed_by }))),
			item.text && h("p", { class: "quote", dir: "auto" }, item.text),
			(item.words || item.by) && h("p", { dir: "auto" }, item.by && h("bdi", null, `${item.by}: `), item.words ?? "", item.reason && ` (${item.reason})`),
			item.pack && h("small", null, ruleText(item)), item.evidence && h("details", null, h("summary", null, t("mod.evidence")), h("pre", null, JSON.stringify(item.evidence, null, 2))),
			item.open ? h("div", { class: "line" }, button(own ? t("mod.release") : t("mod.claim"), () => claim([item.item], !own), { about: item.name }), decisions(item.kind, [item.item], item.name))
				: h("p", null, t("mod.decided", { decision: t(`mod.decision.${item.decision}`), name: item.decided_by ?? "" })));
	}

	function decisions(kind, items, about) {
		if (kind === "appeal")
			return [button(t("mod.grant"), () => decide(items, { decision: "approve" }), { about, class: "primary" }), button(t("mod.refuse"), () => decide(items, { decision: "deny" }), { about })];
		return [
			kind === "held" && button(t("mod.publish"), () => decide(items, { decision: "approve" }), { about, class: "primary" }),
			kind === "held" ? button(t("mod.refuse"), () => decide(items, { decision: "deny" }), { about }) : button(t("mod.dismiss"), () => decide(items, { decision: "dismiss" }), { about }),
			choiceOf(items, kind === "held" ? "deny" : "approve"),
		];
	}

	function choiceOf(items, decision) {
		const select = h("select", { "aria-label": t("mod.do"), onchange: async () => {
			const deed = select.value, more2 = deed && await askDeed(app, t(`mod.kind.${deed}`), { time: deed !== "warn" && deed !== "redact" });

			select.value = "";
			if (more2)
				decide(items, { decision, do: deed, ...more2 });
		} }, h("option", { value: "" }, t("mod.do")), DEEDS.map((deed) => h("option", { value: deed }, t(`mod.kind.${deed}`))));

		return select;
	}

	function drawBulk() {
		const items = [...chosen], kinds = new Set(all.filter(({ item }) => chosen.has(item)).map(({ kind }) => kind)), as = [...items, ...kinds].join();

		/* Somebody may be at it. */
		if (as === bulk.as)
			return;
		bulk.as = as;
		fill(bulk, items.length > 0 && [h("b", null, t("mod.chosen_n", { n: items.length })), button(t("mod.claim"), () => claim(items, true)), kinds.size === 1 && decisions([...kinds][0], items)]);
	}

	async function claim(items, on) {
		refused(await app.try(client.call("moderation.claim", { items, on })));
		again();
	}

	/* Of many, some may be somebody else's by now. */
	function refused(told) {
		for (const one of told?.refused ?? [])
			app.notice(one.why, "error");
		return told?.done > 0;
	}

	/* What is done to many at once is shown before, and can be taken back after. */
	async function decide(items, how) {
		if (items.length > 1 && !await sure(items, how))
			return;
		const told = await app.try(client.call("moderation.decide", { items, ...how }));

		if (refused(told))
			app.notice(t("mod.decided_n", { n: told.done }), "info", told.group && { label: t("mod.undo"), run: async () => await undo(app, { group: told.group }) && again() });
		again();
	}

	function sure(items, { decision, do: deed }) {
		const title = deed ? `${t(`mod.kind.${deed}`)}: ${t("mod.chosen_n", { n: items.length })}` : `${t(`mod.decision.${decision}`)}: ${t("mod.chosen_n", { n: items.length })}`;

		return ask({ title, action: t("admin.go"), cancel: t("cancel"), danger: deed !== undefined, body: [h("ul", { class: "stack preview" }, all.filter(({ item }) => items.includes(item)).map((one) =>
			h("li", null, h("b", null, h("bdi", null, one.name ?? "")), " ", h("span", { dir: "auto" }, (one.text ?? one.words ?? "").slice(0, 120)))))] });
	}

	const ends = ["ready", "moderation.queued", "moderation.claimed", "moderation.decided"].map((what) => client.on(what, soon));

	find();
	return { nodes: [form, count, bulk, list, more], close: () => [...ends, close].forEach((end) => end()) };
}
