/* The protocol of whiply over a WebSocket, for any client: calls and their answers, events, going on after the connection broke. It needs
 * nothing but a browser, and knows nothing of rooms or of this site. See docs/protocol.md.
 *
 *   const client = new Client("wss://chat.example.org/ws");
 *   client.on("chat.message", (m) => console.log(m.from, m.text));
 *   client.on("ready", async ({ resumed }) => { if (!resumed) await client.call("chat.join", { room: "lobby" }); });
 *   client.open();
 *   await client.call("chat.say", { room: "lobby", text: "hello", nonce: nonce() });
 */

/**
 * @typedef {Object} Me who the server says that this client is
 * @property {"guest"|"account"|"operator"} kind
 * @property {string} id
 * @property {string} name
 * @property {string} roles with blanks between
 */

/** @typedef {"closed"|"connecting"|"ready"|"waiting"} State `waiting`: for the next attempt, until `client.retryAt` */

/** What a command was refused with, or why there is no answer. */
export class CallError extends Error {
	/**
	 * @param {string} message a sentence for the person
	 * @param {string} code a word to program by: "forbidden", "not_found", "too_fast", …; "interrupted": nobody knows whether it was done
	 * @param {number} retryMs 0, or when to try again
	 */
	constructor(message, code, retryMs = 0) {
		super(message);
		this.name = "CallError";
		this.code = code;
		this.retryMs = retryMs;
	}
}

const CALLS_MOST = 200;		// that wait for an answer or for a connection
const ANSWER_MS = 30000;
const QUIET_MS = 25000;		// without a word, the server is asked whether it is there
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30000;

/** A key for what must not happen twice. */
export function nonce() {
	const bytes = crypto.getRandomValues(new Uint8Array(12));
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Client {
	#url;
	#socket = null;
	#token = null;
	#listeners = new Map();
	#calls = new Map();	// id → {method, params, again, sent, resolve, reject, timer}, in the order of their ids
	#lastId = 0;
	#attempts = 0;
	#retryTimer = 0;
	#quietTimer = 0;
	#wanted = false;
	#greet;
	#greeting = false;
	#held = false;		// what is said waits until who listens to "ready" is back in his rooms

	/** @type {State} */
	state = "closed";
	/** @type {Me|null} */
	me = null;
	/** When the next attempt is made, by Date.now(). */
	retryAt = 0;

	/**
	 * @param {string|URL} url of the server's /ws; a path is one of this page's host
	 * @param {{greet?: (call: (method: string, params?: Object) => Promise<any>, me: Me) => Promise<any>}} [options] `greet` is called on each new
	 *     session before "ready" and before anything that waits is sent: to be the guest that one was before, for example
	 */
	constructor(url = "/ws", { greet } = {}) {
		this.#greet = greet;
		this.#url = new URL(url, globalThis.location?.href);
		this.#url.protocol = this.#url.protocol.replace("http", "ws");
		globalThis.addEventListener?.("online", () => this.retryNow());
		globalThis.addEventListener?.("offline", () => this.#socket?.close());
	}

	/**
	 * Hears of an event by its name ("chat.message"), of every one ("*": with name and params), or of the client's own: "state" (State),
	 * "ready" ({resumed, rooms, hold}: what has a nonce is sent when the promises given to hold() are settled),
	 * "me" (Me), "refused" (a sentence: the server does not take what the browser shows, so sign in anew; or whoever this is is banned).
	 * @param {string} name
	 * @param {(params: any, name: string) => void} listener
	 * @returns {() => void} ends it
	 */
	on(name, listener) {
		if (!this.#listeners.has(name))
			this.#listeners.set(name, new Set());
		this.#listeners.get(name).add(listener);
		return () => this.#listeners.get(name)?.delete(listener);
	}

	#emit(name, params) {
		for (const listener of this.#listeners.get(name) ?? [])
			listener(params, name);
	}

	/** Connects, and stays connected until close(). */
	open() {
		this.#wanted = true;
		if (this.state === "closed")
			this.#connect();
	}

	/** Ends the connection; what waits for an answer is told so. */
	close() {
		this.#wanted = false;
		this.#token = null;
		clearTimeout(this.#retryTimer);
		this.#socket?.close(1000);
		this.#setState("closed");
		for (const [id, call] of this.#calls)
			this.#finish(id, call, new CallError("the connection was closed", "interrupted"));
	}

	/** Connects as somebody else: after signing in or out. */
	reopen() {
		this.#token = null;
		this.#attempts = 0;
		if (this.#socket !== null) {
			const socket = this.#socket;
			this.#lost(socket);
			socket.close(1000);
		}
		this.retryNow();
	}

	/** Does not wait any longer for the next attempt. */
	retryNow() {
		if (this.state !== "waiting")
			return;
		clearTimeout(this.#retryTimer);
		this.#connect();
	}

	/**
	 * Calls a command. Without a connection it waits for one. When the connection breaks before the answer, it is called again if it has a
	 * `nonce` or `again` says that doing it twice does no harm; else it is rejected as "interrupted".
	 * @param {string} method
	 * @param {Object} [params]
	 * @param {{again?: boolean, timeout?: number, wait?: number}} [options] how long an answer may take, and how long a connection: in milliseconds
	 * @returns {Promise<any>}
	 */
	call(method, params = {}, options = {}) {
		return this.#call(method, params, options, this.state === "ready" && !(this.#held && params.nonce !== undefined));
	}

	#call(method, params, { again = params.nonce !== undefined, timeout = ANSWER_MS, wait = timeout }, now) {
		if (this.#calls.size >= CALLS_MOST)
			return Promise.reject(new CallError("too much waits to be sent; try again in a moment", "busy", 1000));
		return new Promise((resolve, reject) => {
			const id = ++this.#lastId;
			const call = { method, params, again, timeout, wait, sent: false, resolve, reject, timer: 0 };

			this.#calls.set(id, call);
			if (now)
				this.#send(id, call);
			else
				this.#endAfter(id, call, wait);
		});
	}

	/* Each of the two waits has its own end: what was written without a network may wait for it as long as it takes. */
	#endAfter(id, call, ms) {
		clearTimeout(call.timer);
		if (Number.isFinite(ms))
			call.timer = setTimeout(() => this.#finish(id, call, new CallError("the server did not answer in time", "interrupted")), ms);
	}

	#send(id, call) {
		call.sent = true;
		this.#endAfter(id, call, call.timeout);
		this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: call.method, params: call.params }));
	}

	#finish(id, call, error, result) {
		clearTimeout(call.timer);
		this.#calls.delete(id);
		if (error)
			call.reject(error);
		else
			call.resolve(result);
	}

	#setState(state) {
		if (this.state === state)
			return;
		this.state = state;
		this.#emit("state", state);
	}

	#connect() {
		const socket = new WebSocket(this.#url, "whiply.v1");

		this.#socket = socket;
		this.#setState("connecting");
		socket.onmessage = (message) => this.#heard(socket, message.data);
		socket.onclose = (close) => {
			if (this.#socket !== socket)
				return;
			this.#lost(socket);
			if (this.#wanted)
				this.#wait(close);
			else
				this.#setState("closed");
		};
	}

	/* The socket is gone. What was sent and must not be done twice is over. */
	#lost(socket) {
		socket.onmessage = socket.onclose = null;
		this.#socket = null;
		clearTimeout(this.#quietTimer);
		this.#setState("waiting");
		this.#interrupted();
	}

	#interrupted() {
		for (const [id, call] of this.#calls) {
			if (!call.sent)
				continue;
			call.sent = false;
			if (call.again)
				this.#endAfter(id, call, call.wait);
			else
				this.#finish(id, call, new CallError("the connection broke before there was an answer", "interrupted"));
		}
	}

	/* Back-off that doubles, with jitter so that a crowd does not come back at once; or when the server says. */
	#wait(close) {
		const told = /resume in (\d+) ms/.exec(close.reason);
		const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempts++);
		const wait = told ? Number(told[1]) : close.code === 1008 || close.code === 4403 ? LONGEST_WAIT_MS : most * (0.5 + Math.random() / 2);

		if (close.code === 4003 || close.code === 4401)
			this.#token = null;
		if (close.code === 4003 || close.code === 4401 || close.code === 4403)
			this.#emit("refused", close.reason);
		this.retryAt = Date.now() + wait;
		this.#retryTimer = setTimeout(() => this.#connect(), wait);
		this.#emit("state", this.state);
	}

	#heard(socket, text) {
		const message = JSON.parse(text);
		const call = this.#calls.get(message.id);

		clearTimeout(this.#quietTimer);
		this.#quietTimer = setTimeout(() => this.#ask(socket), QUIET_MS);
		if (message.method !== undefined) {
			this.#told(message.method, message.params ?? {});
		} else if (call !== undefined && message.error) {
			const { code = "failed", retry_ms: retryMs = 0 } = message.error.data ?? {};

			this.#finish(message.id, call, new CallError(message.error.message, code, retryMs));
		} else if (call !== undefined) {
			this.#finish(message.id, call, null, message.result);
		} else if (message.id === "resume") {
			this.#resumed(message);
		}
	}

	/* A peer that is gone without a word is found when it does not answer. */
	#ask(socket) {
		if (this.state !== "ready")
			return;
		this.call("session.ping", {}, { timeout: 10000 }).catch((error) => {
			if (error.code === "interrupted" && this.#socket === socket)
				socket.close();
		});
	}

	#told(name, params) {
		if (name === "session.welcome") {
			this.#welcome(params);
			return;
		}
		if (name === "session.identity")
			this.#become(params);
		if (name === "session.recovered") {
			this.#interrupted();
			this.#flush();
		}
		this.#emit(name, params);
		for (const listener of this.#listeners.get("*") ?? [])
			listener(params, name);
	}

	#become({ kind, id, name, roles, token }) {
		if (token)
			this.#token = token;
		this.me = { kind, id, name, roles: roles ?? "" };
		if (!this.#greeting)
			this.#emit("me", this.me);
	}

	#welcome(params) {
		const before = this.#token;

		this.#greeting = true;
		this.#become(params);
		if (before !== null)
			this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id: "resume", method: "session.resume", params: { token: before } }));
		else
			this.#begin();
	}

	#resumed({ result }) {
		if (!result) {
			this.#begin();
			return;
		}
		this.#become(result);
		this.#ready({ resumed: true, rooms: result.rooms ?? [] });
	}

	/* A new session. Who it is may still be settled; what fails there is of no consequence here. */
	async #begin() {
		const socket = this.#socket;

		if (this.#greet)
			await this.#greet((method, params = {}) => this.#call(method, params, {}, this.#socket === socket), this.me).catch(() => {});
		if (this.#socket === socket)
			this.#ready({ resumed: false, rooms: [] });
	}

	/* What waits is sent when those who listen are back where they were. */
	#ready(how) {
		const socket = this.#socket, holds = [];

		this.#attempts = 0;
		this.#greeting = false;
		this.#held = true;
		this.#emit("me", this.me);
		this.#setState("ready");
		this.#emit("ready", { ...how, hold: (promise) => holds.push(promise) });
		const flush = () => {
			if (this.#socket !== socket)
				return;
			this.#held = false;
			this.#flush();
		};

		if (holds.length > 0)
			Promise.allSettled(holds).then(flush);
		else
			flush();
	}

	#flush() {
		for (const [id, call] of this.#calls)
			if (!call.sent)
				this.#send(id, call);
	}
}

/**
 * Calls a command over HTTP: for what sets or takes the browser's cookie.
 * @param {string} method
 * @param {Object} [params]
 * @returns {Promise<any>}
 */
export async function post(method, params = {}) {
	const answer = await fetch(`/api/${method}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(params) })
		.catch(() => { throw new CallError("the server can't be reached", "interrupted"); });
	const body = await answer.json().catch(() => ({}));

	if (!answer.ok)
		throw new CallError(body.detail ?? body.title ?? answer.statusText, body.code ?? String(answer.status), 1000 * Number(answer.headers.get("Retry-After") ?? 0));
	return body;
}
