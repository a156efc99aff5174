/* One room and nothing around it, in a frame on another site. A cookie of this site does not get here, so one is a guest; the menu leads to the whole site. */
import { App } from "./app.js";
import { languageFor, loadLanguage } from "./i18n.js";
import { applyTheme, setting } from "./settings.js";

const asked = new URLSearchParams(location.search);

applyTheme(asked.get("theme") ?? setting("theme", "auto"));
await loadLanguage(languageFor(navigator.languages ?? ["en"]));
new App(document.querySelector("#app"), { room: asked.get("room") ?? "lobby" }).start();
