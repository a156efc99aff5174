/* A list of things to do beside a button. Arrow keys move, Escape and a click elsewhere close it. */
import { h, likeOf } from "./dom.js";

/**
 * @param {HTMLElement} at the button; it, or what it has become meanwhile, has the focus again afterwards
 * @param {({label: string, run: () => any, danger?: boolean, chosen?: boolean}|null|false|undefined)[]} items where one says `chosen`, they are a choice
 * @param {Node} [head] above the list; its buttons are stops as well
 */
export function openMenu(at, items, head) {
	const buttons = items.filter(Boolean).map(({ label, run, danger, chosen }) => h("button", { type: "button", role: chosen === undefined ? "menuitem" : "menuitemradio",
		"aria-checked": chosen === undefined ? null : String(chosen), class: danger ? "danger-text" : "", onclick: () => {
			close();
			run();
		} }, label));
	const box = h("div", { class: "menu-pop", onkeydown: move }, head, buttons.length > 0 && h("div", { class: "menu-box", role: "menu" }, buttons));
	const stops = [...box.querySelectorAll("button")];

	function close() {
		box.remove();
		document.removeEventListener("pointerdown", outside, true);
		likeOf(at)?.focus();
	}
	function outside(event) {
		if (!box.contains(event.target))
			close();
	}
	function move(event) {
		const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key], now = stops.indexOf(document.activeElement);

		if (step)
			stops[(now + step + stops.length) % stops.length]?.focus();
		else if (event.key === "Home" || event.key === "End")
			stops.at(event.key === "Home" ? 0 : -1)?.focus();
		else if (event.key === "Escape" || event.key === "Tab")
			close();
		else
			return;
		event.preventDefault();
	}
	document.body.append(box);
	place(box, at);
	document.addEventListener("pointerdown", outside, true);
	stops[0]?.focus();
	return close;
}

function place(box, at) {
	const button = at.getBoundingClientRect(), { width, height } = box.getBoundingClientRect();
	const left = document.documentElement.dir === "rtl" ? button.left : button.right - width;

	box.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
	box.style.top = `${button.bottom + height + 8 < innerHeight ? button.bottom + 4 : Math.max(8, button.top - height - 4)}px`;
}
