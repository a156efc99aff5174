/* A list of which only the part in view is in the document, however long it is. Heights are estimated until they were measured. Whoever looks at
 * the end stays at the end; whoever looks elsewhere keeps what they look at, whatever comes above or below. */
import { h, perFrame } from "./dom.js";

const OVERSCAN = 600;	// pixels above and below that are kept ready
const ESTIMATE = 44;
const END = 24;		// so near to the end counts as being there
const STOPS = "button, a, article";	// of the keyboard in an item

export class List {
	#items = [];
	#heights = new Map();	// by key
	#nodes = new Map();	// by key; in the document
	#stale = new Set();	// keys of those to be drawn anew
	#above = h("div", { "aria-hidden": "true" });
	#below = h("div", { "aria-hidden": "true" });
	#rows;
	#anchor = null;		// {key, offset}: what is at the top of the view
	#atEnd = true;
	#moved = null;		// where the list itself scrolled to, until that is told
	#focused = null;	// {key, at}: which button of which item
	#update = perFrame(() => this.#draw());

	/**
	 * @param {HTMLElement} view scrolls
	 * @param {{key: (item: any) => string, draw: (item: any, before: any) => HTMLElement, label: string, near: () => void, end: (atEnd: boolean) => void}} how
	 *     `draw` makes an item's element, `near` is told that the top is near
	 */
	constructor(view, how) {
		this.view = view;
		this.how = how;
		this.#rows = h("div", { role: "log", "aria-label": how.label, "aria-live": "polite", tabindex: "-1", class: "rows" });
		view.replaceChildren(this.#above, this.#rows, this.#below);
		view.addEventListener("scroll", () => this.#scrolled(), { passive: true });
		this.sizes = new ResizeObserver(this.#update);
		this.sizes.observe(view);
	}

	close() {
		this.sizes.disconnect();
	}

	get atEnd() {
		return this.#atEnd;
	}

	/** Shows other items, or the same that have changed; those named are drawn anew, or all (`true`). */
	show(items, anew) {
		this.#items = items;
		this.#focused ??= this.#focus();
		for (const key of anew === true ? this.#nodes.keys() : anew ?? [])
			this.#stale.add(key);
		this.#update();
	}

	/* Where the keyboard is, so that it is there again when its item was drawn anew. */
	#focus() {
		const key = document.activeElement?.closest("[data-key]")?.dataset.key, node = this.#nodes.get(key);

		return node && { key, at: [...node.querySelectorAll(STOPS)].indexOf(document.activeElement) };
	}

	#focusAgain() {
		const { key, at } = this.#focused ?? {};

		this.#focused = null;
		if (key !== undefined && document.activeElement === document.body)
			this.#nodes.get(key)?.querySelectorAll(STOPS)[at]?.focus({ preventScroll: true });
	}

	toEnd() {
		this.#atEnd = true;
		this.how.end(true);
		this.#update();
	}

	/** Brings an item into the middle of the view. */
	toKey(key) {
		this.#atEnd = false;
		this.#anchor = { key, offset: this.view.clientHeight / 3 };
		this.#draw();
		this.#draw();
		return this.#nodes.get(key);
	}

	#height(item) {
		return this.#heights.get(this.how.key(item)) ?? ESTIMATE;
	}

	#scrolled() {
		const { scrollTop, scrollHeight, clientHeight } = this.view, moved = this.#moved;
		const atEnd = scrollHeight - scrollTop - clientHeight < END;

		this.#moved = null;
		if (moved !== null && Math.abs(scrollTop - moved) < 1)
			return;
		if (atEnd !== this.#atEnd) {
			this.#atEnd = atEnd;
			this.how.end(atEnd);
		}
		this.#rememberAnchor();
		this.#update();
	}

	/* The first element that is in view, and where it is. */
	#rememberAnchor() {
		const top = this.view.getBoundingClientRect().top;

		this.#anchor = null;
		for (const node of this.#rows.children) {
			const box = node.getBoundingClientRect();

			if (box.bottom > top) {
				this.#anchor = { key: node.dataset.key, offset: box.top - top };
				return;
			}
		}
	}

	/* Which items are within the view and a bit more, when its top is `top`. */
	#range(top) {
		const from = top - OVERSCAN, to = top + this.view.clientHeight + OVERSCAN;
		let y = 0, first = 0, last, above = 0;

		for (first = 0; first < this.#items.length; first++) {
			const height = this.#height(this.#items[first]);

			if (y + height > from)
				break;
			y += height;
		}
		above = y;
		for (last = first; last < this.#items.length && y < to; last++)
			y += this.#height(this.#items[last]);
		return { first, last, above };
	}

	#topOf(key) {
		let y = 0;

		for (const item of this.#items) {
			if (this.how.key(item) === key)
				return y;
			y += this.#height(item);
		}
		return null;
	}

	#total() {
		let y = 0;

		for (const item of this.#items)
			y += this.#height(item);
		return y;
	}

	#draw() {
		if (this.view.clientHeight === 0)
			return;
		for (let round = 0; round < 3 && this.#place(); round++)
			;
		this.#focusAgain();
		if (!this.#atEnd)
			this.#rememberAnchor();
		if (this.view.scrollTop < OVERSCAN && this.#items.length > 0)
			this.how.near();
	}

	/* Puts the right elements into the document and measures them. True: their heights were not what was thought. */
	#place() {
		const total = this.#total();
		const anchored = this.#anchor && !this.#atEnd ? this.#topOf(this.#anchor.key) : null;
		const top = this.#atEnd ? Math.max(0, total - this.view.clientHeight) : anchored !== null ? anchored - this.#anchor.offset : this.view.scrollTop;
		const { first, last, above } = this.#range(top);
		const wanted = new Set();
		let place = this.#rows.firstElementChild, shown = 0, wrong = false;

		for (let i = first; i < last; i++) {
			const item = this.#items[i], key = this.how.key(item);
			const before = this.#nodes.get(key);
			let node = before;

			wanted.add(key);
			if (!node || this.#stale.has(key)) {
				node = this.how.draw(item, this.#items[i - 1]);
				node.dataset.key = key;
				this.#nodes.set(key, node);
				before?.replaceWith(node);
				place = place === before ? node : place;
			}
			if (node === place)
				place = place.nextElementSibling;
			else
				this.#rows.insertBefore(node, place);
		}
		this.#stale.clear();
		for (const [key, node] of this.#nodes)
			if (!wanted.has(key)) {
				node.remove();
				this.#nodes.delete(key);
			}
		for (const [key, node] of this.#nodes) {
			const { height } = node.getBoundingClientRect();

			if (height > 0 && this.#heights.get(key) !== height) {
				wrong ||= Math.abs((this.#heights.get(key) ?? ESTIMATE) - height) > 1;
				this.#heights.set(key, height);
			}
			shown += height;
		}
		this.#above.style.height = `${above}px`;
		this.#below.style.height = `${Math.max(0, this.#total() - above - shown)}px`;
		this.#scroll(top);
		if (this.#heights.size > 4 * this.#items.length + 1000)
			this.#heights.clear();
		return wrong;
	}

	#scroll(top) {
		const anchorNode = this.#anchor && !this.#atEnd ? this.#nodes.get(this.#anchor.key) : null;
		const wanted = this.#atEnd ? this.view.scrollHeight : anchorNode
			? this.view.scrollTop + anchorNode.getBoundingClientRect().top - this.view.getBoundingClientRect().top - this.#anchor.offset : top;
		const before = this.view.scrollTop;

		if (Math.abs(wanted - before) < 1)
			return;
		this.view.scrollTop = wanted;
		this.#moved = this.view.scrollTop !== before ? this.view.scrollTop : null;
	}
}
