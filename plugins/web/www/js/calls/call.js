/* A call in a room: who is in it, what this person sends, and a Peer for each of the others. Emits "people",
 * "removed" (by a moderator) and "over". It knows nothing of how it looks. */
import { Emitter } from "../emitter.js";
import { roomKey } from "../room.js";
import { Peer } from "./peer.js";

export class Call extends Emitter {
	/** @type {Map<string, Peer>} */
	peers = new Map();
	local = new MediaStream();
	audio = false;
	video = false;
	screen = false;
	hand = false;
	blur = false;
	/** Id of the loudspeaker; "": the browser's usual one. */
	output = "";
	#ends = [];
	#config = {};
	#tracks = { audio: null, video: null };

	constructor(app, room) {
		super();
		this.app = app;
		this.client = app.client;
		this.room = room;
	}

	/** What is sent of a kind now; null: nothing. */
	track(kind) {
		return this.#tracks[kind];
	}

	/** Enters the call with a microphone and, if wanted, a camera. */
	async join({ audio = true, video = false } = {}) {
		await this.#capture(audio, video);
		for (const name of ["joined", "left", "offer", "answer", "candidates", "state", "peer_resumed", "resumed", "expired"])
			this.#ends.push(this.client.on(`call.${name}`, (told) => this.#mine(told) && this[`_${name}`](told)));
		this.#ends.push(this.client.on("ready", ({ resumed }) => resumed || this.#again()));
		this.#ends.push(this.client.on("match.revealed", ({ room }) => room === undefined || this.#mine({ room }) ? this.#revealed() : undefined));
		await this.#enter();
	}

	#mine({ room }) {
		return roomKey(room) === this.room.key;
	}

	async #enter() {
		const told = await this.client.call("call.join", { room: this.room.name, audio: this.audio, video: this.video });
		const { servers = [], policy } = await this.client.call("call.ice_servers", { room: this.room.name }, { again: true });

		this.blur = told.blur;
		this.#config = { iceServers: servers, iceTransportPolicy: policy ?? (told.relay ? "relay" : "all") };
		this.#take(told.peers);
		this.emit("people");
	}

	/* The session is a new one, and so is its place in the call. */
	async #again() {
		this.#drop();
		await this.app.try(this.#enter());
	}

	#take(peers) {
		for (const told of peers) {
			const known = this.peers.get(told.peer);

			if (known)
				known.resumed(told);
			else
				this.peers.set(told.peer, new Peer(this, told, this.#config));
		}
	}

	async #capture(audio, video) {
		if (!navigator.mediaDevices || (!audio && !video))
			return;
		const stream = await navigator.mediaDevices.getUserMedia({ audio, video: video && { width: { ideal: 640 }, height: { ideal: 480 } } });

		for (const track of stream.getTracks())
			this.#set(track.kind, track);
		this.audio = audio;
		this.video = video;
	}

	#set(kind, track) {
		const before = this.#tracks[kind];

		if (before)
			this.local.removeTrack(before);
		if (before && before !== track)
			before.stop();
		this.#tracks[kind] = track;
		if (track)
			this.local.addTrack(track);
		for (const peer of this.peers.values())
			peer.senders.get(kind)?.replaceTrack(track);
	}

	#tell() {
		this.emit("people");
		return this.app.try(this.client.call("call.set", { room: this.room.name, audio: this.audio, video: this.video || this.screen, screen: this.screen, hand: this.hand }));
	}

	/** The microphone is on or off. */
	async setAudio(on) {
		if (on && !this.#tracks.audio)
			await this.#capture(true, false);
		if (this.#tracks.audio)
			this.#tracks.audio.enabled = on;
		this.audio = on;
		await this.#tell();
	}

	async setVideo(on) {
		if (on && !this.screen)
			this.#set("video", (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks()[0]);
		else if (!this.screen)
			this.#set("video", null);
		this.video = on;
		await this.#tell();
	}

	/** Shows the screen instead of the camera. */
	async setScreen(on) {
		if (on) {
			const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: true })).getVideoTracks();

			track.onended = () => this.setScreen(false);
			this.#set("video", track);
		} else {
			this.#set("video", this.video ? (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks()[0] : null);
		}
		this.screen = on;
		await this.#tell();
	}

	async setHand(on) {
		this.hand = on;
		await this.#tell();
	}

	/** Which device is in use: its id, or undefined. */
	device(kind) {
		return kind === "output" ? this.output : this.#tracks[kind]?.getSettings().deviceId;
	}

	/** Where the others are heard. */
	setOutput(deviceId) {
		this.output = deviceId;
		this.emit("people");
	}

	/** Another microphone or camera. */
	async setDevice(kind, deviceId) {
		const wanted = { [kind]: { deviceId: { exact: deviceId } } };

		this.#set(kind, (await navigator.mediaDevices.getUserMedia(wanted)).getTracks()[0]);
		this[kind] = true;
		await this.#tell();
	}

	async leave() {
		this.#close();
		await this.client.call("call.leave", { room: this.room.name }).catch(() => {});
	}

	#drop() {
		for (const peer of this.peers.values())
			peer.close();
		this.peers.clear();
	}

	#close() {
		for (const end of this.#ends.splice(0))
			end();
		this.#drop();
		for (const track of this.local.getTracks())
			track.stop();
		this.emit("over");
	}

	#revealed() {
		this.blur = false;
		this.#config = { ...this.#config, iceTransportPolicy: "all" };
		for (const peer of this.peers.values()) {
			peer.connection.setConfiguration(this.#config);
			if (peer.state.starts)
				peer.restart();
		}
		this.emit("people");
	}

	#of({ from, generation }) {
		const peer = this.peers.get(from);

		return peer?.generation === generation ? peer : undefined;
	}

	_joined(told) {
		this.#take([told]);
		this.emit("people");
	}

	_left({ peer, reason }) {
		this.peers.get(peer)?.close();
		if (!this.peers.delete(peer) && reason === "removed") {
			this.emit("removed");
			this.#close();
		}
		this.emit("people");
	}

	_offer(told) {
		return this.#of(told)?.offered(told.sdp);
	}

	_answer(told) {
		return this.#of(told)?.answered(told.sdp);
	}

	_candidates(told) {
		return this.#of(told)?.candidates(told.candidates);
	}

	_state(told) {
		const peer = this.peers.get(told.peer);

		if (peer)
			Object.assign(peer.state, told);
		this.emit("people");
	}

	_peer_resumed(told) {
		this.peers.get(told.peer)?.resumed(told);
		this.emit("people");
	}

	_resumed({ peers, blur }) {
		const there = new Set(peers.map(({ peer }) => peer));

		for (const [id, peer] of this.peers)
			if (!there.has(id)) {
				peer.close();
				this.peers.delete(id);
			}
		this.blur = blur;
		this.#take(peers);
		this.emit("people");
	}

	_expired({ peer: id }) {
		const peer = this.peers.get(id);

		if (peer?.state.starts)
			peer.restart();
	}
}
