/* How the page looks and speaks to this person, on this device. */
import { h } from "../dom.js";
import { box, choice } from "../form.js";
import { LANGUAGES, loadLanguage, t } from "../i18n.js";
import { applyTheme, setSetting, setting, THEMES } from "../settings.js";
import { pushBox, pushWorks } from "./push.js";

function picked(label, run) {
	label.querySelector("select").onchange = (event) => run(event.target.value);
	return label;
}

export function preferences(app) {
	return h("div", { class: "boxes" },
		box(t("prefs.look"),
			picked(choice("theme", t("prefs.theme"), THEMES.map((theme) => [theme, t(`prefs.theme.${theme}`)]), setting("theme", "auto")), (theme) => {
				setSetting("theme", theme);
				applyTheme(theme);
			}),
			picked(choice("language", t("prefs.language"), Object.entries(LANGUAGES), document.documentElement.lang), async (language) => {
				setSetting("language", language);
				await loadLanguage(language);
				app.languageChanged();
			})),
		box(t("prefs.notify"), h("p", null, t("prefs.notify_help")),
			picked(choice("notify", t("prefs.notify"), ["mentions", "all", "never"].map((which) => [which, t(`prefs.notify.${which}`)]), setting("notify", "mentions")), (which) => {
				setSetting("notify", which);
				if (which !== "never")
					globalThis.Notification?.requestPermission();
			}), app.can("push.register") && pushWorks() && h("label", { class: "check" }, pushBox(app), t("prefs.push"))));
}
