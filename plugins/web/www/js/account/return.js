/* Coming back from another provider: what is behind # says what came of it (docs/accounts.md). */
import { t } from "../i18n.js";

export function returned(app) {
	const hash = location.hash;

	if (hash.startsWith("#/") || hash.length < 2)
		return;
	const said = new URLSearchParams(hash.slice(1));

	history.replaceState(null, "", location.pathname);
	if (said.has("error"))
		app.notice(said.get("error"), "error");
	else if (said.has("finish"))
		app.go(`#/account/finish/${encodeURIComponent(said.get("finish"))}`);
	else if (said.has("second"))
		app.go(`#/account/second/${encodeURIComponent(said.get("second"))}`);
	else if (said.has("linked"))
		app.notice(t("account.linked"));
	else if (said.has("signed_in"))
		app.notice(t("account.signed_in"));
}
