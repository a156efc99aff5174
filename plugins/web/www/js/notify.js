/* Tells of mentions and whispers while the page is not looked at, if the person chose so. */
import { t } from "./i18n.js";
import { names } from "./rooms.js";
import { setting } from "./settings.js";
import { plain } from "./text.js";

export function notify(app, { room, entry, own }) {
	const wanted = setting(`notify.${room.key}`, setting("notify", "mentions")), loud = room.whisper || names(entry.text, app.client.me.name);

	if (own || wanted === "never" || (wanted === "mentions" && !loud) || document.visibilityState === "visible" || globalThis.Notification?.permission !== "granted")
		return;
	const note = new Notification(room.whisper ? entry.from : t("notify.title", { name: entry.from, room: room.name }), { body: plain(entry.text ?? "").slice(0, 200), tag: room.key, icon: "/icon.svg" });

	note.onclick = () => {
		focus();
		app.goRoom(room.name);
	};
}
