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

const STOPS = "a, button, input, select, textarea, summary";

/* Of one that the keyboard stops at: what tells it from those beside it, however often it is drawn anew. */
const nameOf = (stop) => [stop.closest("[data-key]")?.dataset.key, stop.localName, stop.getAttribute("href") ?? stop.getAttribute("aria-label") ?? (stop.name || stop.textContent)].join();

/** An element that the keyboard stops at, or what has taken its place since it was drawn anew. */
export function likeOf(stop) {
	return stop.isConnected ? stop : [...document.querySelectorAll(STOPS)].find((one) => nameOf(one) === nameOf(stop));
}

/**
 * Puts other children into an element. Those that it has already are not touched; who is at one that goes is at its like among the new, but never at a
 * neighbour that does the same to something else.
 */
export function fill(element, ...children) {
	const nodes = flat(children).map((child) => child instanceof Node ? child : document.createTextNode(child)), stay = new Set(nodes);
	const was = document.activeElement, stops = () => [...element.querySelectorAll(STOPS)], like = (all) => all.filter((one) => nameOf(one) === nameOf(was));
	const before = element.contains(was) ? stops() : [], alike = like(before);

	[...element.childNodes].forEach((node) => stay.has(node) || node.remove());
	nodes.forEach((node, i) => element.childNodes[i] === node || element.insertBefore(node, element.childNodes[i]));
	if (before.includes(was) && document.activeElement !== was) {
		const now = stops(), liked = like(now), same = now.length === before.length ? now[before.indexOf(was)] : null;

		if (liked.length === alike.length)
			liked[alike.indexOf(was)].focus({ preventScroll: true });
		else if (liked.length === 0 && same?.localName === was.localName)
			same.focus({ preventScroll: true });
	}
	return element;
}

/**
 * A list that is drawn again and again, by calling what this returns with its items. What is as it was keeps its element; who is at an item that is
 * gone goes on at what stands in its place.
 * @param {HTMLElement} list
 * @param {{key: (item: any) => string, draw: (item: any) => HTMLElement, none?: () => HTMLElement}} how `none` makes what stands where there are no items
 */
export function livingList(list, { key, draw, none }) {
	let drawn = new Map();	// by key

	return (items) => {
		const before = drawn, at = [...list.children].findIndex((node) => node.contains(document.activeElement));

		drawn = new Map(items.map((item) => {
			const as = JSON.stringify(item), old = before.get(key(item)), node = old?.as === as ? old.node : draw(item);

			node.dataset.key = key(item);
			return [key(item), { as, node }];
		}));
		fill(list, items.length > 0 ? [...drawn.values()].map(({ node }) => node) : none?.());
		if (at >= 0 && document.activeElement === document.body)
			list.children[Math.min(at, list.children.length - 1)]?.querySelector(STOPS)?.focus({ preventScroll: true });
	};
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
				((before && likeOf(before)) ?? document.querySelector("#main"))?.focus();
			resolve(data);
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}
