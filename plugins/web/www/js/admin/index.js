/* The server, for who runs it. Each page is a function that gives elements, or {nodes, close}. */
import { h } from "../dom.js";
import { page } from "../form.js";
import { t } from "../i18n.js";
import { accounts } from "./accounts.js";
import { audit } from "./audit.js";
import { bans } from "./bans.js";
import { commands } from "./commands.js";
import { listeners } from "./listeners.js";
import { logs } from "./logs.js";
import { overview } from "./overview.js";
import { plugins } from "./plugins.js";
import { sessions } from "./sessions.js";

const PAGES = { "": overview, plugins, listeners, sessions, accounts, bans, audit, logs, commands };
const NEEDS = { "": "server.status", plugins: "server.plugins", listeners: "server.listeners", sessions: "session.list", accounts: "auth.accounts", bans: "bans.list", audit: "audit.list", logs: "server.log.lines", commands: "server.commands" };

export function view(app, [name = "", ...path]) {
	const current = name in PAGES ? name : "";
	const tabs = Object.keys(PAGES).filter((one) => app.can(NEEDS[one])).map((one) => ({ name: one, hash: one ? `#/admin/${one}` : "#/admin", text: t(`admin.tab.${one || "overview"}`) }));
	const { node, body } = page(app, t("area.admin"), tabs, current);
	/* What is refused is not begun: it may be served at another address of this server. */
	const made = app.can(NEEDS[current]) ? PAGES[current](app, path) : [h("p", { class: "empty", role: "status" }, t("ops.not_here"))];

	body.append(...[made.nodes ?? made].flat());
	return { title: t(`admin.tab.${current || "overview"}`), node, close: made.close };
}
