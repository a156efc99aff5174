/* For moderators: what waits, what was done, people, rule packs, filters. */
import { h } from "../dom.js";
import { page } from "../form.js";
import { t } from "../i18n.js";
import { filters } from "./filters.js";
import { log } from "./log.js";
import { packEditor, packs } from "./packs.js";
import { person } from "./person.js";
import { queue } from "./queue.js";
import { trial } from "./trial.js";

const PAGES = { "": queue, log, person, packs, editor: packEditor, trial, filters };
const NEEDS = { "": "moderation.queue", log: "moderation.log", person: "moderation.person", packs: "moderation.packs", filters: "moderation.filters" };

export function view(app, [name = "", ...path]) {
	const current = name in PAGES ? name : "";
	const tabs = Object.keys(NEEDS).filter((one) => app.can(NEEDS[one])).map((one) => ({ name: one, hash: one ? `#/moderation/${one}` : "#/moderation", text: t(`mod.tab.${one || "queue"}`) }));
	const { node, body } = page(app, t("area.moderation"), tabs, current === "editor" || current === "trial" ? "packs" : current);
	const made = app.can(NEEDS[current] ?? NEEDS.packs) ? PAGES[current](app, path) : [h("p", { class: "empty", role: "status" }, t("ops.not_here"))];

	body.append(...[made.nodes ?? made].flat());
	return { title: t("area.moderation"), node, close: made.close };
}
