/* A client of whiply's calls for browsers, to read and to copy. Line is a connection that comes back by itself; Call is one's place in the call
 * of a room, with a connection to each peer (perfect negotiation: either side may offer at any time, and the polite one gives way). */

/** JSON-RPC over a WebSocket. An event is dispatched under its name, with its params as `detail`. */
export class Line extends EventTarget {
	#socket = null
	#token = null
	#number = 0
	#open = new Map()
	#ended = false

	constructor(url) {
		super()
		this.url = url
	}

	connect() {
		return new Promise((resolve, reject) => {
			const socket = this.#socket = new WebSocket(this.url, "whiply.v1")
			socket.onmessage = (message) => this.#heard(JSON.parse(message.data), resolve)
			socket.onclose = () => {
				reject(new Error("closed"))
				for (const call of this.#open.values())
					call.reject(new Error("the connection was lost"))
				this.#open.clear()
				if (!this.#ended)
					setTimeout(() => this.connect().catch(() => {}), 300 + 700 * Math.random())
			}
		})
	}

	async #heard(message, connected) {
		if (message.method === "session.welcome") {
			const before = this.#token
			this.welcome = message.params
			if (before !== null) {
				try {
					this.#token = (await this.call("session.resume", { token: before })).token
				} catch {
					this.#token = message.params.token
					this.dispatchEvent(new CustomEvent("lost"))	// another session: begin anew
				}
			} else
				this.#token = message.params.token
			connected(message.params)
		} else if (message.method === "session.identity") {
			this.#token = message.params.token ?? this.#token
		} else if (message.method !== undefined) {
			this.dispatchEvent(new CustomEvent(message.method, { detail: message.params }))
		} else {
			const call = this.#open.get(message.id)
			this.#open.delete(message.id)
			if (message.error)
				call?.reject(Object.assign(new Error(message.error.message), message.error.data))
			else
				call?.resolve(message.result)
		}
	}

	call(method, params = {}) {
		return new Promise((resolve, reject) => {
			const id = ++this.#number
			this.#open.set(id, { resolve, reject })
			this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }))
		})
	}

	/** Loses the connection, as a network does. */
	lose() {
		this.#socket.close(4000)
	}

	end() {
		this.#ended = true
		this.#socket.close(1000)
	}
}

/** One's place in a call. `peers` are by id; each has `pc`, `name`, `stream` (what it sends) and `channel`. Events: "peer" and "gone", with the
 * peer as `detail`. */
export class Call extends EventTarget {
	peers = new Map()
	#heard = []

	constructor(line, room, stream) {
		super()
		Object.assign(this, { line, room, stream })
		const on = {
			"call.joined": (p) => this.#peer(p),
			"call.left": (p) => p.peer === this.id ? this.#drop() : this.#gone(p.peer),
			"call.offer": (p) => this.#description(p, "offer"),
			"call.answer": (p) => this.#description(p, "answer"),
			"call.candidates": (p) => this.#candidates(p),
			"call.state": (p) => Object.assign(this.peers.get(p.peer) ?? {}, p),
			"call.expired": (p) => this.#restart(this.peers.get(p.peer)),
			"call.peer_resumed": (p) => this.#resumed(p),
			"call.resumed": (p) => p.peers.forEach((peer) => this.#resumed(peer)),
			"match.revealed": () => this.#direct(),
		}
		for (const [name, heard] of Object.entries(on)) {
			const listener = (event) => {
				if (event.detail.room === undefined || event.detail.room === this.room)
					heard(event.detail)
			}
			line.addEventListener(name, listener)
			this.#heard.push([name, listener])
		}
	}

	async join(state = { audio: true, video: true }) {
		const answer = await this.line.call("call.join", { room: this.room, ...state })
		Object.assign(this, { id: answer.peer, blur: answer.blur })
		this.config = await this.#servers()
		answer.peers.forEach((peer) => this.#peer(peer))
	}

	async leave() {
		await this.line.call("call.leave", { room: this.room }).catch(() => {})
		this.#drop()
	}

	async #servers() {
		const ice = await this.line.call("call.ice_servers", { room: this.room })
		return { iceServers: ice.servers, iceTransportPolicy: ice.policy }
	}

	/** Strangers are none any more: ways without a relay may be tried, too. */
	async #direct() {
		this.blur = false
		this.config = await this.#servers()
		for (const peer of this.peers.values()) {
			peer.pc?.setConfiguration(this.config)
			this.#restart(peer)
		}
	}

	#send(peer, what, more) {
		return this.line.call(`call.${what}`, { room: this.room, to: peer.peer, generation: peer.generation, ...more })
	}

	/* Somebody is there. Whoever starts has the connection made, which asks to be negotiated. */
	#peer(told) {
		const peer = Object.assign(this.peers.get(told.peer) ?? { candidates: [] }, told)
		this.peers.set(told.peer, peer)
		if (told.starts)
			this.#connection(peer)
		this.dispatchEvent(new CustomEvent("peer", { detail: peer }))
		return peer
	}

	#connection(peer) {
		if (peer.pc !== undefined)
			return peer.pc
		const pc = peer.pc = new RTCPeerConnection(this.config)
		peer.channel = pc.createDataChannel("words", { negotiated: true, id: 0 })
		peer.stream = new MediaStream()
		pc.ontrack = ({ track }) => peer.stream.addTrack(track)
		pc.onnegotiationneeded = () => this.#offer(peer)
		pc.onicecandidate = ({ candidate }) => {
			// Many come at once: a moment later they are one call.
			if (peer.candidates.push(candidate?.toJSON() ?? "") === 1)
				setTimeout(() => this.#send(peer, "candidates", { candidates: peer.candidates.splice(0) }).catch(() => {}), 50)
		}
		pc.oniceconnectionstatechange = () => {
			if (pc.iceConnectionState === "failed")
				this.#restart(peer)
		}
		this.stream?.getTracks().forEach((track) => pc.addTrack(track, this.stream))
		return pc
	}

	async #offer(peer) {
		try {
			peer.offering = true
			await peer.pc.setLocalDescription()
			await this.#send(peer, peer.pc.localDescription.type, { sdp: peer.pc.localDescription.sdp })
		} catch (error) {
			console.warn("offer:", error.message)
		} finally {
			peer.offering = false
		}
	}

	async #description({ from, generation, sdp }, type) {
		const peer = this.peers.get(from)
		if (peer === undefined)
			return
		peer.generation = generation
		const pc = this.#connection(peer)
		const collision = type === "offer" && (peer.offering || pc.signalingState !== "stable")
		peer.ignoring = collision && !peer.polite
		if (peer.ignoring)
			return
		await pc.setRemoteDescription({ type, sdp })
		if (type === "offer") {
			await pc.setLocalDescription()
			await this.#send(peer, "answer", { sdp: pc.localDescription.sdp }).catch((error) => console.warn("answer:", error.message))
		}
	}

	async #candidates({ from, candidates }) {
		const peer = this.peers.get(from)
		for (const candidate of candidates) {
			try {
				if (candidate.candidate !== "")
					await peer?.pc?.addIceCandidate(candidate)
			} catch (error) {
				if (!peer.ignoring)
					console.warn("candidate:", error.message)
			}
		}
	}

	/* It comes from a lost connection, or the hub was replaced: what was under way is lost, and one of the two begins anew. The media flow on. */
	#resumed(told) {
		const peer = this.#peer(told)
		if (peer.starts)
			this.#restart(peer)
	}

	async #restart(peer) {
		if (!peer?.pc || !peer.starts)
			return
		if (peer.pc.signalingState === "have-local-offer")
			await peer.pc.setLocalDescription({ type: "rollback" })
		peer.pc.restartIce()
	}

	#gone(id) {
		const peer = this.peers.get(id)
		if (peer === undefined)
			return
		this.peers.delete(id)
		peer.pc?.close()
		this.dispatchEvent(new CustomEvent("gone", { detail: peer }))
	}

	#drop() {
		this.#heard.forEach(([name, listener]) => this.line.removeEventListener(name, listener))
		for (const id of [...this.peers.keys()])
			this.#gone(id)
	}
}
