/* What one can do with a message in one press. What asks first, or offers a choice, is in menus.js, which is read when it is first wanted. */

export class Acts {
	constructor(app, room, view) {
		this.app = app;
		this.room = room;
		this.view = view;
	}

	/** Calls a command about this room; what is refused is shown. */
	async call(method, params = {}, options) {
		try {
			return await this.app.client.call(method, { room: this.room.name, ...params }, options);
		} catch (error) {
			this.app.notice(error.message, "error");
			return null;
		}
	}

	async #menus() {
		const [{ Menus }] = await Promise.all([import("./menus.js"), this.app.known]);

		return new Menus(this.app, this.room, this.view, this);
	}

	async pickSign(entry, at) {
		(await this.#menus()).pickSign(entry, at);
	}

	async more(entry, at) {
		(await this.#menus()).more(entry, at);
	}

	async person(who, at) {
		(await this.#menus()).person(who, at);
	}

	async roomMenu(at) {
		(await this.#menus()).roomMenu(at);
	}

	async pins() {
		(await this.#menus()).pins();
	}

	react(entry, emoji) {
		return this.call("chat.react", { id: entry.id, emoji, on: !(entry.mine?.has(emoji) ?? false) }, { again: true });
	}

	reply(entry) {
		this.view.composer.reply(entry);
	}

	thread(entry) {
		return this.view.showThread(entry.id);
	}

	jump(id) {
		return this.view.showEntry(id);
	}

	again(entry) {
		this.app.rooms.discard(this.room, entry);
		this.app.rooms.say(this.room, entry.text, entry);
	}

	discard(entry) {
		this.app.rooms.discard(this.room, entry);
	}

	vote(entry, choice) {
		return this.call("chat.vote", { id: entry.id, choice }, { again: true });
	}

	async results(entry) {
		entry.results = [];
		const told = await this.call("chat.results", { id: entry.id }, { again: true });

		if (!told)
			return;
		entry.results = told.votes;
		entry.choice = told.mine ?? entry.choice;
		this.room.emit("entries", { id: entry.id });
	}
}
