/* What one can type, and which keys do what. */
import { ask, h } from "../dom.js";
import { t } from "../i18n.js";
import { slashes } from "./commands.js";

const KEYS = { "Enter": "send", "Shift+Enter": "line", "Tab": "complete", "↑": "edit", "Esc": "stop", "Alt+↑ ↓": "rooms", "Ctrl+K": "list", "↑ ↓": "messages" };

export function helpDialog(app) {
	return ask({
		title: t("help.title"), action: t("close"), cancel: t("cancel"),
		body: [
			h("dl", { class: "help" }, slashes(app).map(({ name, args }) => [h("dt", null, h("code", null, `/${name} ${args}`)), h("dd", null, t(`slash.${name}`))])),
			h("dl", { class: "help" }, Object.entries(KEYS).map(([key, what]) => [h("dt", null, h("kbd", null, key)), h("dd", null, t(`key.${what}`))])),
		],
	});
}
