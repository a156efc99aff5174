/* What one sees of a call: everybody's picture, and the buttons. */
import { moderates } from "../chat/menus.js";
import { fill, h, icon, iconButton, perFrame } from "../dom.js";
import { t } from "../i18n.js";
import { openMenu } from "../menu.js";

export class CallView {
	#tiles = new Map();	// id → {node, video, audio}

	constructor(app, call) {
		this.app = app;
		this.call = call;
		this.people = h("div", { class: "tiles" });
		this.bar = h("div", { class: "call-bar", role: "toolbar", "aria-label": t("call.buttons") });
		this.node = h("section", { class: "call", "aria-label": t("call.in", { room: app.roomTitle(call.room) }) }, this.people, this.bar);
		call.on("people", perFrame(() => this.#draw()));
		call.on("removed", () => app.notice(t("call.removed"), "error"));
		call.on("over", () => this.node.remove());
		this.#draw();
	}

	#draw() {
		const { call } = this, wanted = new Set(["me", ...call.peers.keys()]);

		this.#tile("me", t("call.you"), call.local, { audio: call.audio, video: call.video || call.screen, hand: call.hand }, true);
		for (const peer of call.peers.values())
			this.#tile(peer.id, peer.name, peer.stream, { ...peer.state, waiting: peer.connection.connectionState !== "connected" }, false);
		for (const [id, { node }] of this.#tiles)
			if (!wanted.has(id)) {
				node.remove();
				this.#tiles.delete(id);
			}
		this.#buttons();
	}

	#tile(id, name, stream, state, own) {
		let tile = this.#tiles.get(id);

		if (!tile) {
			const video = h("video", { autoplay: true, playsInline: true, muted: own }), about = h("figcaption");

			tile = { video, about, node: h("figure", { class: `tile${own ? " own" : ""}` }, video, about) };
			this.#tiles.set(id, tile);
			this.people.append(tile.node);
		}
		if (tile.video.srcObject !== stream)
			tile.video.srcObject = stream;
		if (!own && (tile.video.sinkId ?? "") !== this.call.output)
			tile.video.setSinkId(this.call.output).catch(() => {});
		tile.node.classList.toggle("blurred", !own && this.call.blur);
		tile.node.classList.toggle("dark", !state.video);
		fill(tile.about, h("bdi", null, name), !state.audio && icon("mic-off", t("call.muted")), state.screen && icon("screen", t("call.shows_screen")), state.hand && icon("hand", t("call.hand_up")),
			(state.waiting || state.away) && h("small", null, t(state.away ? "call.away" : "call.connecting")),
			!own && !this.call.room.whisper && moderates(this.app, this.call.room) && iconButton("close", t("call.remove", { name }), () => this.#remove(id)));
	}

	#remove(peer) {
		return this.app.try(this.app.client.call("call.remove", { room: this.call.room.name, peer }));
	}

	#buttons() {
		const { call, app } = this, toggle = (on, name, off, label, run) => iconButton(on ? name : off, label, () => app.try(run(!on)), { "aria-pressed": String(on) });

		fill(this.bar,
			toggle(call.audio, "mic", "mic-off", t("call.microphone"), (on) => call.setAudio(on)),
			toggle(call.video, "camera", "camera-off", t("call.camera"), (on) => call.setVideo(on)),
			navigator.mediaDevices?.getDisplayMedia && toggle(call.screen, "screen", "screen", t("call.screen"), (on) => call.setScreen(on)),
			toggle(call.hand, "hand", "hand", t("call.hand"), (on) => call.setHand(on)),
			iconButton("settings", t("call.devices"), (event) => this.#devices(event.currentTarget)),
			iconButton("hang-up", t("call.leave"), () => call.leave(), { class: "icon-button danger" }));
	}

	async #devices(at) {
		const all = await navigator.mediaDevices.enumerateDevices();

		const out = "setSinkId" in HTMLMediaElement.prototype;

		openMenu(at, all.filter(({ kind, deviceId }) => deviceId !== "" && (kind !== "audiooutput" || out)).map(({ kind, label, deviceId }) => {
			const [use, name] = { audioinput: ["audio", "call.microphone"], videoinput: ["video", "call.camera"], audiooutput: ["output", "call.output"] }[kind];

			return { label: `${t(name)}: ${label || deviceId.slice(0, 6)}`, chosen: this.call.device(use) === deviceId,
				run: () => use === "output" ? this.call.setOutput(deviceId) : this.app.try(this.call.setDevice(use, deviceId)) };
		}));
	}
}
