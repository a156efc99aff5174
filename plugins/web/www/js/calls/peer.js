/* One other person of a call: the connection to them, by "perfect negotiation". Either side may offer at any time; when both do, the polite one gives
 * way. What comes for a generation that is over is not for this peer. */

export class Peer {
	#makingOffer = false;
	#ignoringOffer = false;
	#waiting = [];		// candidates that came before the description

	/**
	 * @param {import("./call.js").Call} call
	 * @param {{peer: string, name: string, generation: number, starts: boolean, polite: boolean}} told
	 * @param {RTCConfiguration} config
	 */
	constructor(call, told, config) {
		this.call = call;
		this.id = told.peer;
		this.name = told.name;
		this.state = told;
		this.generation = told.generation;
		this.polite = told.polite;
		this.stream = new MediaStream();
		this.config = config;
		this.#connect();
		if (told.starts)
			this.#offer();
	}

	#connect() {
		const connection = new RTCPeerConnection(this.config);

		this.connection = connection;
		this.senders = new Map();
		connection.onicecandidate = ({ candidate }) => this.#found(candidate ? candidate.toJSON() : { candidate: "" });
		connection.ontrack = ({ track }) => {
			this.stream.addTrack(track);
			this.call.emit("people");
		};
		connection.onconnectionstatechange = () => {
			if (connection.connectionState === "failed" && this.state.starts)
				this.restart();
			this.call.emit("people");
		};
	}

	/* Who offers makes the lines for sound and picture; who answers takes those of the offer: lines of its own would wait for another offer. */
	#openSenders() {
		if (this.senders.size === 0)
			for (const kind of ["audio", "video"])
				this.#send(kind, this.connection.addTransceiver(kind));
	}

	#takeSenders() {
		for (const transceiver of this.connection.getTransceivers())
			if (!this.senders.has(transceiver.receiver.track.kind))
				this.#send(transceiver.receiver.track.kind, transceiver);
	}

	#send(kind, transceiver) {
		transceiver.direction = "sendrecv";
		transceiver.sender.setStreams(this.call.local);
		this.senders.set(kind, transceiver.sender);
		transceiver.sender.replaceTrack(this.call.track(kind));
	}

	close() {
		this.connection.onicecandidate = this.connection.ontrack = this.connection.onconnectionstatechange = null;
		this.connection.close();
	}

	/** Their connection to the server is back, under another generation: the way between us is looked for anew. */
	resumed({ generation, starts, polite }) {
		this.generation = generation;
		this.polite = polite;
		this.state = { ...this.state, starts, polite, away: false };
		if (starts)
			this.restart();
	}

	restart() {
		this.connection.restartIce();
		this.#offer();
	}

	#frame(method, more) {
		return this.call.client.call(method, { room: this.call.room.name, to: this.id, generation: this.generation, ...more }).catch((error) => {
			/* They are gone, or began anew: that is told by an event of its own. */
			if (!["not_found", "away", "interrupted", "conflict"].includes(error.code))
				this.call.app.notice(error.message, "error");
		});
	}

	async #offer() {
		try {
			this.#makingOffer = true;
			this.#openSenders();
			await this.connection.setLocalDescription();
			await this.#frame("call.offer", { sdp: this.connection.localDescription.sdp });
		} catch (error) {
			this.call.app.notice(error.message, "error");
		} finally {
			this.#makingOffer = false;
		}
	}

	/* Candidates that are found together are told together. */
	#found(candidate) {
		this.found ??= [];
		if (this.found.push(candidate) > 1)
			return;
		setTimeout(() => {
			const candidates = this.found.splice(0, 32);

			this.#frame("call.candidates", { candidates });
		}, 100);
	}

	async offered(sdp) {
		const collision = this.#makingOffer || this.connection.signalingState !== "stable";

		this.#ignoringOffer = !this.polite && collision;
		if (this.#ignoringOffer)
			return;
		await this.connection.setRemoteDescription({ type: "offer", sdp });
		this.#takeSenders();
		await this.#takeWaiting();
		await this.connection.setLocalDescription();
		await this.#frame("call.answer", { sdp: this.connection.localDescription.sdp });
	}

	async answered(sdp) {
		if (this.connection.signalingState !== "have-local-offer")
			return;
		await this.connection.setRemoteDescription({ type: "answer", sdp });
		await this.#takeWaiting();
	}

	async candidates(all) {
		for (const one of all) {
			const candidate = typeof one === "string" ? { candidate: one, sdpMLineIndex: 0 } : one;

			if (this.connection.remoteDescription)
				await this.#add(candidate);
			else if (this.#waiting.length < 100)
				this.#waiting.push(candidate);
		}
	}

	async #takeWaiting() {
		for (const candidate of this.#waiting.splice(0))
			await this.#add(candidate);
	}

	async #add(candidate) {
		try {
			await this.connection.addIceCandidate(candidate.candidate === "" ? null : candidate);
		} catch (error) {
			if (!this.#ignoringOffer)
				this.call.app.notice(error.message, "error");
		}
	}
}
