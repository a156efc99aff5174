/* Being told of whispers and mentions while the page is closed: the browser's push service holds a line open, and the service worker shows what comes. */
import { h } from "../dom.js";
import { t } from "../i18n.js";

export const pushWorks = () => "serviceWorker" in navigator && "PushManager" in globalThis;

/** The box that turns it on and off, for this browser. */
export function pushBox(app) {
	const box = h("input", { type: "checkbox", disabled: true, onchange: async () => {
		box.disabled = true;
		box.checked = await app.try(box.checked ? begin(app) : end(app)) ?? !box.checked;
		box.disabled = false;
	} });

	navigator.serviceWorker.ready.then(async (worker) => {
		box.checked = await worker.pushManager.getSubscription() !== null;
		box.disabled = false;
	});
	return box;
}

/* Resolves to whether it is on. */
async function begin({ client }) {
	const worker = await navigator.serviceWorker.ready, { key } = await client.call("push.key", {}, { again: true });

	if (await Notification.requestPermission() !== "granted")
		throw new Error(t("prefs.push_denied"));
	const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
	const { endpoint, keys } = made.toJSON();

	await client.call("push.register", { endpoint, p256dh: keys.p256dh, auth: keys.auth, format: "json" });
	return true;
}

async function end({ client }) {
	const made = await (await navigator.serviceWorker.ready).pushManager.getSubscription();

	if (made) {
		await client.call("push.unregister", { endpoint: made.endpoint });
		await made.unsubscribe();
	}
	return false;
}
