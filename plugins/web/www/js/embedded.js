/* One room and nothing around it, in a frame on another site. A cookie of this site does not get here, so one is a guest; the menu leads to the whole site. */
import { App } from "./app.js";
import { greetGuest } from "./guest.js";
import { languageFor, loadLanguage } from "./i18n.js";
import { applyTheme, setting } from "./settings.js";
import { Client } from "./whiply.js";

const asked = new URLSearchParams(location.search);
const client = new Client("/ws", { greet: greetGuest });

applyTheme(asked.get("theme") ?? setting("theme", "auto"));
await loadLanguage(languageFor(navigator.languages ?? ["en"]));
new App(document.querySelector("#app"), client, { room: asked.get("room") ?? "lobby" }).start();
client.open();
