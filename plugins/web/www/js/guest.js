/* Being the same guest again, in another tab or tomorrow: the server gives a guest a token, which this browser keeps. Who has an account needs none. */
import { setSetting, setting } from "./settings.js";

/** For Client's `greet`. Where there are no guests with tokens, one is a guest for as long as the session. */
export async function greetGuest(call, me) {
	const kept = setting("guest", null);

	if (me.kind !== "guest") {
		setSetting("guest", null);
		return;
	}
	const told = await call("auth.guest", kept ? { token: kept } : {}).catch((error) => {
		/* It has expired, or this is another server by now: the next one is kept. Else it is good the next time. */
		if (kept && error.code === "unauthenticated")
			return call("auth.guest");
		throw error;
	});

	keepGuest(told);
}

/** What auth.guest told. */
export function keepGuest({ token }) {
	setSetting("guest", token);
}
