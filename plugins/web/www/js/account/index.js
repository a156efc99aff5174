/* One's own account: signing in and out, and everything that is kept of a person. */
import { page } from "../form.js";
import { t } from "../i18n.js";
import { devices } from "./devices.js";
import { finish, second, signIn } from "./signin.js";
import { preferences } from "./preferences.js";
import { privacy } from "./privacy.js";
import { profile } from "./profile.js";
import { register, reset } from "./register.js";
import { statements } from "./statements.js";
import { security } from "./security.js";

const GUEST = { "": signIn, register, reset, second, finish, preferences };
const MEMBER = { "": profile, security, devices, privacy, statements, preferences, second };
const HIDDEN = new Set(["second", "finish", "reset"]);

export function view(app, [name = "", ...path]) {
	const parts = app.client.me.kind === "account" ? MEMBER : GUEST, current = name in parts ? name : "";
	const tabs = Object.keys(parts).filter((part) => !HIDDEN.has(part) && (part !== "statements" || app.can("moderation.statements"))).map((part) => ({ name: part, hash: part ? `#/account/${part}` : "#/account", text: t(`account.tab.${part || (parts === GUEST ? "sign_in" : "profile")}`) }));
	const { node, body } = page(app, t("area.account"), tabs, current);
	const kind = app.client.me.kind;

	body.append(...[parts[current](app, path)].flat());
	/* Who signs in or out sees another page. */
	const end = app.client.on("me", (me) => {
		if (me.kind !== kind && location.hash.startsWith("#/account"))
			app.go("#/account");
	});

	return { title: t("area.account"), node, close: end };
}
