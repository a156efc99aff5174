/* Where the page begins: it connects while the rest of it is still being read. */
import { greetGuest } from "./guest.js";
import { applyTheme, setting } from "./settings.js";
import { Client } from "./whiply.js";

let begun;
const page = new Promise((resolve) => { begun = resolve; });
const client = new Client("/ws", { greet: async (call, me) => {
	await greetGuest(call, me).catch(() => {});
	await page;
} });

client.open();
applyTheme();

const [{ App }, { languageFor, loadLanguage }] = await Promise.all([import("./app.js"), import("./i18n.js")]);

await loadLanguage(setting("language", languageFor(navigator.languages ?? ["en"])));
new App(document.querySelector("#app"), client).start();
begun();
