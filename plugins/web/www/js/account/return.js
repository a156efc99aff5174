/* Coming from elsewhere. From another provider: what is behind # says what came of it. From another site that we are the provider of, to sign in
 * first: `return_to` says where to go afterwards (docs/accounts.md). */
import { t } from "../i18n.js";

/** A path of this site, or null. */
function localPath(path) {
	return path && /^\/(?![/\\])/.test(path) && new URL(path, location.origin).origin === location.origin ? path : null;
}

export function returned(app) {
	const { hash } = location, back = localPath(new URLSearchParams(location.search).get("return_to"));

	history.replaceState(null, "", location.pathname + (hash.startsWith("#/") ? hash : ""));
	if (back) {
		app.returnTo = back;
		app.notice(t("account.sign_in_first"));
		app.go("#/account");
	}
	if (hash.length > 1 && !hash.startsWith("#/"))
		ended(app, new URLSearchParams(hash.slice(1)));
}

function ended(app, said) {
	if (said.has("error"))
		app.notice(said.get("error"), "error");
	else if (said.has("finish"))
		app.go(`#/account/finish/${encodeURIComponent(said.get("finish"))}`);
	else if (said.has("second"))
		app.go(`#/account/second/${encodeURIComponent(said.get("second"))}`);
	else if (said.has("signed_in"))
		app.notice(t("account.signed_in"));
	if (said.has("linked")) {
		app.notice(t("account.linked"));
		app.go("#/account/devices");
	}
}
