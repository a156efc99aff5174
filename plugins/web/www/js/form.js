/* Forms and lists that every page makes in the same way. */
import { fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";

const SOON_MS = 200;

/** A labelled field. `more` are properties of the input. */
export function field(name, label, more = {}) {
	const { type = "text", help, ...props } = more;
	const input = h(type === "textarea" ? "textarea" : "input", { name, ...(type !== "textarea" && { type }), ...props });

	return h("label", { class: type === "checkbox" ? "check" : "" }, type === "checkbox" ? [input, label] : [label, input], help && h("small", null, help));
}

export function choice(name, label, options, value) {
	return h("label", null, label, h("select", { name }, options.map(([key, text]) => h("option", { value: key, selected: key === value }, text))));
}

/**
 * A form that does one thing. What goes wrong is shown in it, and while it is under way it can't be sent again. `run` gives false where nothing
 * was done.
 * @param {{fields: any, action: string, run: (values: Object, form: HTMLFormElement) => Promise<any>, done?: string, danger?: boolean, app: any, class?: string}} how
 */
export function commandForm({ app, fields, action, run, done, danger = false, class: name = "stack" }) {
	const wrong = h("p", { class: "failure", role: "alert", hidden: true });
	const button = h("button", { class: danger ? "danger" : "primary" }, action);
	const form = h("form", { class: name, onsubmit: async (event) => {
		event.preventDefault();
		button.disabled = true;
		wrong.hidden = true;
		try {
			const went = await run(filled(form), form);

			if (done && went !== false)
				app.notice(done);
		} catch (error) {
			wrong.textContent = error.message;
			wrong.hidden = false;
		}
		button.disabled = false;
	} }, fields, wrong, h("div", { class: "actions" }, button));

	return form;
}

/** A page: a head with its title, tabs below it, and a body that is filled later. */
export function page(app, title, tabs = [], current = "") {
	const body = h("div", { class: "page-body" });
	const node = h("section", { class: "pane page" },
		h("header", { class: "pane-head" }, iconButton("menu", t("menu"), () => app.menu(), { class: "icon-button menu" }), h("h1", null, title)),
		tabs.length > 1 && h("nav", { class: "tabs", "aria-label": title }, tabs.map(({ hash, text, name }) => h("a", { href: hash, "aria-current": name === current ? "page" : null }, text))),
		body);

	return { node, body };
}

/** A box with a heading. */
export function box(title, ...children) {
	return h("section", { class: "box" }, h("h2", null, title), children);
}

/** Shows what a promise gives, or why it failed; until then what it gave the last time. */
export async function show(node, promise, draw) {
	if (node.childNodes.length === 0)
		fill(node, h("p", { class: "more" }, t("loading")));
	else
		node.setAttribute("aria-busy", "true");
	try {
		fill(node, draw(await promise));
	} catch (error) {
		fill(node, h("p", { class: "failure", role: "alert" }, error.message));
	}
	node.removeAttribute("aria-busy");
	return node;
}

/**
 * What the server gives page by page, and the button for more of it.
 * @param {{app: any, filters?: () => Object, ask: (filters: Object, before?: any) => Promise<any>, items: (told: any) => any[], goesOn?: (told: any) => boolean,
 *     draw: (all: any[], told: any) => void}} how `ask` is given the filters as they were when it was last looked, and the answer before, of which it asks the next
 * @returns {{more: HTMLElement, find: () => Promise<void>, again: () => Promise<void>, soon: () => void, close: () => void}} `find` looks anew, `again` reads as
 *     much as is shown, `soon` does that once for many that come together
 */
export function paged({ app, filters = () => ({}), ask, items, goesOn = ({ next }) => Boolean(next), draw }) {
	const more = button(t("more"), () => read(last, all, all.length + 1), { hidden: true });
	let all = [], last, wanted = {}, turn = 0, reading = false, later = null;

	async function read(before, had, least) {
		const mine = ++turn, found = [...had];
		let told = before;

		reading = true;
		do {
			told = await app.try(ask(wanted, told));
			found.push(...(told ? items(told) : []));
		} while (told && goesOn(told) && found.length < least && mine === turn);
		if (mine !== turn)
			return;
		reading = false;
		if (!told)
			return;
		all = found;
		last = told;
		more.hidden = !goesOn(told);
		draw(all, told);
	}

	const again = () => read(undefined, [], all.length);

	function soon() {
		later ??= setTimeout(() => {
			later = null;
			if (reading)
				soon();
			else
				again();
		}, SOON_MS);
	}

	return { more, again, soon, close: () => clearTimeout(later), find: () => {
		wanted = filters();
		return read(undefined, [], 0);
	} };
}

/** What was filled in in a form of filters. */
export function filled(form) {
	return Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
}

/** A table with a head, where "" stands above what needs none; `rows` are arrays of cells. */
export function table(heads, rows, caption) {
	return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": caption }, h("table", null, h("thead", null, h("tr", null, heads.map((head) => head === "" ? h("td") : h("th", { scope: "col" }, head)))),
		h("tbody", null, rows.map((cells) => h("tr", null, cells.map((cell) => h("td", null, cell)))))));
}

/** `about`: on what it acts, where others beside it are called the same. */
export function button(text, onclick, { about, ...props } = {}) {
	return h("button", { type: "button", onclick, "aria-label": about && `${text}: ${about}`, ...props }, text);
}
