/* Where the page begins. */
import { App } from "./app.js";
import { languageFor, loadLanguage } from "./i18n.js";
import { applyTheme, setting } from "./settings.js";

applyTheme();
await loadLanguage(setting("language", languageFor(navigator.languages ?? ["en"])));
new App(document.querySelector("#app")).start();
if ("serviceWorker" in navigator && location.protocol === "https:")
	navigator.serviceWorker.register("/sw.js");
