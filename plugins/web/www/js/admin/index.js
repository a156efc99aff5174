/* The server, for who runs it. Each page is a function that gives elements, or {nodes, close}. */
import { page } from "../form.js";
import { t } from "../i18n.js";
import { accounts } from "./accounts.js";
import { audit } from "./audit.js";
import { commands } from "./commands.js";
import { overview } from "./overview.js";
import { plugins } from "./plugins.js";
import { sessions } from "./sessions.js";

const PAGES = { "": overview, plugins, sessions, accounts, audit, commands };
const NEEDS = { "": "server.status", plugins: "server.plugins", sessions: "session.list", accounts: "auth.accounts", audit: "audit.list", commands: "server.commands" };

export function view(app, [name = "", ...path]) {
	const current = name in PAGES ? name : "";
	const tabs = Object.keys(PAGES).filter((one) => app.can(NEEDS[one])).map((one) => ({ name: one, hash: one ? `#/admin/${one}` : "#/admin", text: t(`admin.tab.${one || "overview"}`) }));
	const { node, body } = page(app, t("area.admin"), tabs, current);
	const made = PAGES[current](app, path);

	body.append(...[made.nodes ?? made].flat());
	return { title: t(`admin.tab.${current || "overview"}`), node, close: made.close };
}
