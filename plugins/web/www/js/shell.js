/* The frame of the page: at the side rooms, whispers and areas, above it how the connection is, beside it the view. On a narrow screen the side is a
 * drawer. */
import { fill, h, icon, iconButton, livingList, perFrame } from "./dom.js";
import { AREAS } from "./areas.js";
import { number, t } from "./i18n.js";

export class Shell {
	constructor(app) {
		this.app = app;
		this.name = h("span", null, app.title);
		this.connection = h("p", { class: "connection", role: "status", hidden: true });
		this.who = h("a", { class: "who", href: "#/account" });
		const roomList = h("ul"), whisperList = h("ul");

		this.drawRooms = livingList(roomList, { key: ({ name }) => name, draw: roomItem });
		this.drawWhispers = livingList(whisperList, { key: ({ name }) => name, draw: roomItem });
		this.areaList = h("ul");
		this.whispers = h("section", { hidden: true }, h("h2", null, t("nav.whispers")), whisperList);
		this.side = h("nav", { class: "side", "aria-label": t("nav.label") },
			h("div", { class: "side-head" }, h("a", { class: "logo", href: "#/rooms" }, h("img", { src: "/icon.svg", alt: "", width: 24, height: 24 }), this.name),
				iconButton("close", t("close"), () => this.closeMenu(), { class: "icon-button side-close" })),
			h("section", null, h("h2", null, t("nav.rooms"), iconButton("add", t("nav.enter_room"), () => app.go("#/rooms"))), roomList),
			this.whispers, h("section", { class: "areas" }, this.areaList), this.who);
		this.main = h("main", { id: "main", tabindex: "-1" });
		this.shade = h("div", { class: "shade", onclick: () => this.closeMenu() });
		this.stage = h("div", { class: "stage" }, this.connection, this.main);
		this.node = h("div", { class: "shell" }, this.side, this.shade, this.stage);
		const rooms = perFrame(() => this.#rooms()), me = perFrame(() => this.#me());

		const key = (event) => this.#key(event), timer = setInterval(() => this.#connection(), 1000);

		document.addEventListener("keydown", key);
		this.ends = [app.rooms.on("rooms", rooms), app.on("shown", rooms), app.on("me", me), app.client.on("me", me), app.client.on("state", () => this.#connection()),
			() => clearInterval(timer), () => document.removeEventListener("keydown", key)];
		rooms();
	}

	/** Another frame takes its place. */
	close() {
		for (const end of this.ends)
			end();
	}

	/** What the site is called. */
	named(title) {
		this.name.textContent = title;
		this.#rooms();
	}

	show(view, hash) {
		this.main.dataset.area = hash;
		this.main.replaceChildren(view.node);
		this.closeMenu();
	}

	/** Shows a call above whatever is looked at. */
	dock(node) {
		this.main.before(node);
	}

	/* On a narrow screen the side is a drawer, over what can't be reached meanwhile. */
	openMenu() {
		this.node.classList.add("menu-open");
		this.stage.inert = true;
		this.side.querySelector(".side-close")?.focus();
	}

	closeMenu() {
		const open = this.node.classList.contains("menu-open");

		this.node.classList.remove("menu-open");
		this.stage.inert = false;
		if (open)
			this.main.querySelector(".menu")?.focus();
	}

	#rooms() {
		const { app } = this, all = [...app.rooms.all.values()], shown = app.shown?.room;
		const order = new Intl.Collator();
		const items = all.map((room) => ({ name: room.name, title: app.roomTitle(room), whisper: Boolean(room.whisper), unread: room.unread, mentions: room.mentions, shown: room === shown }));
		const rooms = items.filter(({ whisper }) => !whisper).sort((a, b) => order.compare(a.name, b.name)), whispers = items.filter(({ whisper }) => whisper);
		const waiting = all.reduce((sum, room) => sum + room.mentions, 0);

		this.drawRooms(rooms);
		this.drawWhispers(whispers);
		this.whispers.hidden = whispers.length === 0;
		document.title = `${waiting > 0 ? `(${number(waiting)}) ` : ""}${app.shown ? `${app.shown.title} · ` : ""}${app.title}`;
	}

	#me() {
		const { app } = this, { me } = app.client;

		fill(this.areaList, AREAS.filter(({ name, needs }) => name !== "rooms" && app.can(needs)).map(({ name, icon: picture }) =>
			h("li", null, h("a", { href: `#/${name}` }, icon(picture), t(`area.${name}`)))));
		fill(this.who, icon("account"), me && h("bdi", null, me.name), me?.kind === "guest" && h("small", null, t("account.sign_in")));
	}

	#connection() {
		const { state, retryAt } = this.app.client, offline = navigator.onLine === false;
		const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
		const text = state === "ready" ? "" : offline ? t("connection.offline") : state === "connecting" ? t("connection.connecting") : t("connection.waiting", { n: seconds });

		if (this.connection.dataset.text === text)
			return;
		this.connection.dataset.text = text;
		this.connection.hidden = text === "";
		fill(this.connection, text, state === "waiting" && !offline && [" ", h("button", { type: "button", class: "link", onclick: () => this.app.client.retryNow() }, t("connection.now"))]);
	}

	/* Alt and an arrow go from room to room, Ctrl+K to the list of rooms, Escape out of the drawer. */
	#key(event) {
		if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
			const links = [...this.side.querySelectorAll("section a[href^='#/r/']")], now = links.findIndex((link) => link.getAttribute("aria-current"));

			links[(now + (event.key === "ArrowDown" ? 1 : -1) + links.length) % links.length]?.click();
		} else if ((event.ctrlKey || event.metaKey) && event.key === "k") {
			this.app.go("#/rooms");
		} else if (event.key === "Escape" && this.node.classList.contains("menu-open")) {
			this.closeMenu();
		} else {
			return;
		}
		event.preventDefault();
	}
}

function roomItem({ name, title, whisper, unread, mentions, shown }) {
	return h("li", null, h("a", { href: `#/r/${encodeURIComponent(name)}`, class: unread > 0 ? "unread" : "", "aria-current": shown ? "page" : null },
		icon(whisper ? "person" : "room"), h("bdi", null, title),
		mentions > 0 ? h("span", { class: "count loud", "aria-label": t("chat.mentions_n", { n: mentions }) }, number(mentions))
			: unread > 0 && h("span", { class: "count", "aria-label": t("chat.unread_n", { n: unread }) }, number(unread))));
}
