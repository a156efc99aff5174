/* Elements as calls: h("button", { class: "plain", onclick: close }, t("close")). Text is always text; nothing here takes HTML. */

/**
 * @param {string} tag
 * @param {Object|null} props `on…` are listeners, `dataset` an object, `class` and what holds a "-" attributes, the rest properties where
 *     the element has them, else attributes. Undefined, null and false are left out.
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(props ?? {}))
		setProp(element, name, value);
	element.append(...flat(children));
	return element;
}

function setProp(element, name, value) {
	if (value === undefined || value === null || value === false)
		return;
	if (name.startsWith("on"))
		element.addEventListener(name.slice(2), value);
	else if (name === "dataset")
		Object.assign(element.dataset, value);
	else if (name in element && !name.includes("-") && name !== "list" && name !== "role")
		element[name] = value;
	else
		element.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
}

function flat(children) {
	return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Puts other children into an element. */
export function fill(element, ...children) {
	element.replaceChildren(...flat(children));
	return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A picture of the sprite icons.svg; `label` is what it says to who does not see it, else it is decoration. */
export function icon(name, label) {
	const svg = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use");

	svg.setAttribute("class", "icon");
	if (label) {
		svg.setAttribute("role", "img");
		svg.setAttribute("aria-label", label);
	} else {
		svg.setAttribute("aria-hidden", "true");
	}
	use.setAttribute("href", `/icons.svg#${name}`);
	svg.append(use);
	return svg;
}

/** A button that shows a picture. */
export function iconButton(name, label, onclick, props = {}) {
	return h("button", { type: "button", class: "icon-button", title: label, "aria-label": label, onclick, ...props }, icon(name));
}

/** Calls `run` once in the next frame, however often it is asked to. */
export function perFrame(run) {
	let asked = false;

	return () => {
		if (asked)
			return;
		asked = true;
		requestAnimationFrame(() => {
			asked = false;
			run();
		});
	};
}

/** A form in a dialog: `fields` are elements with names. Resolves to its FormData, or null when it was left. */
export function ask({ title, body = [], fields = [], action, cancel, danger = false }) {
	return new Promise((resolve) => {
		const heading = h("h2", { id: "ask-title" }, title);
		const form = h("form", { method: "dialog", class: "stack" }, heading, body, fields,
			h("div", { class: "actions" },
				h("button", { type: "button", onclick: () => dialog.close() }, cancel),
				h("button", { class: danger ? "danger" : "primary" }, action)));
		const dialog = h("dialog", { "aria-labelledby": "ask-title" }, form);
		const before = document.activeElement;
		let data = null;

		form.addEventListener("submit", () => { data = new FormData(form); });
		dialog.addEventListener("close", () => {
			dialog.remove();
			if (!before?.isConnected)	// what opened it was drawn anew meanwhile
				document.querySelector("#main")?.focus();
			resolve(data);
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}
