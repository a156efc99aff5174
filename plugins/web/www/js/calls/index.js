/* Calls: one at a time, shown above the room that it is in, wherever one looks. */
import { t } from "../i18n.js";
import { Call } from "./call.js";
import { CallView } from "./view.js";

let now = null;

/** Enters the call of a room, if none is under way. */
export async function startCall(app, room, wanted = { audio: true, video: false }) {
	if (now) {
		app.notice(t("call.one_at_a_time"), "error");
		return null;
	}
	const call = new Call(app, room);

	now = call;
	call.on("over", () => { now = null; });
	try {
		await call.join(wanted);
	} catch (error) {
		now = null;
		await call.leave();
		app.notice(error.name === "NotAllowedError" ? t("call.not_allowed") : error.name === "NotFoundError" ? t("call.no_device") : error.message, "error");
		return null;
	}
	app.shell.dock(new CallView(app, call).node, call);
	return call;
}
