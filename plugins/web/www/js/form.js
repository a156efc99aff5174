/* Forms and lists that every page makes in the same way. */
import { fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";

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
			const went = await run(Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== "")), form);

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

/** A table with a head, where "" stands above what needs none; `rows` are arrays of cells. */
export function table(heads, rows, caption) {
	return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": caption }, h("table", null, h("thead", null, h("tr", null, heads.map((head) => head === "" ? h("td") : h("th", { scope: "col" }, head)))),
		h("tbody", null, rows.map((cells) => h("tr", null, cells.map((cell) => h("td", null, cell)))))));
}

/** `about`: on what it acts, where others beside it are called the same. */
export function button(text, onclick, { about, ...props } = {}) {
	return h("button", { type: "button", onclick, "aria-label": about && `${text}: ${about}`, ...props }, text);
}
