/* What people read, from catalogues lang/NAME.json: a key and a text, or a text for each plural form of `n`. A text may have {names}.
 * English is complete; what another language lacks is shown in English. */

export const LANGUAGES = { en: "English", de: "Deutsch", ar: "العربية" };
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

let texts = {}, english = {};
let language = "en";
let plural = new Intl.PluralRules("en"), englishPlural = plural;
let numbers = new Intl.NumberFormat("en");
const formats = new Map();

async function catalogue(name) {
	const answer = await fetch(`/lang/${name}.json`);

	return answer.ok ? answer.json() : {};
}

/** The language that a browser's list asks for, of those there are. */
export function languageFor(wanted) {
	return wanted.map((tag) => tag.split("-")[0]).find((tag) => tag in LANGUAGES) ?? "en";
}

/** One that there is not is English. */
export async function loadLanguage(wanted) {
	const name = Object.hasOwn(LANGUAGES, wanted) ? wanted : "en";

	[english, texts] = await Promise.all([catalogue("en"), name === "en" ? {} : catalogue(name)]);
	language = name;
	plural = new Intl.PluralRules(name);
	numbers = new Intl.NumberFormat(name);
	formats.clear();
	document.documentElement.lang = name;
	document.documentElement.dir = RIGHT_TO_LEFT.has(name) ? "rtl" : "ltr";
}

/**
 * @param {string} key
 * @param {Object<string, string|number>} [values] `n` also chooses the plural form
 */
export function t(key, values = {}) {
	const own = texts[key];
	let text = own ?? english[key] ?? key;

	if (typeof text === "object")
		text = text[(own ? plural : englishPlural).select(values.n)] ?? text.other;
	return text.replace(/\{(\w+)\}/g, (whole, name) => {
		const value = values[name];

		return value === undefined ? whole : typeof value === "number" ? numbers.format(value) : value;
	});
}

function formatted(style, time) {
	const key = JSON.stringify(style);

	if (!formats.has(key))
		formats.set(key, new Intl.DateTimeFormat(language, style));
	return formats.get(key).format(time);
}

const SPOKEN = ["ar", "bg", "bn", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt", "ro", "ru",
	"sk", "sl", "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh"];

/** Languages that people speak, by code and by name in the page's own, in its order. */
export function languageNames() {
	const names = new Intl.DisplayNames(language, { type: "language" }), order = new Intl.Collator(language);

	return SPOKEN.map((code) => [code, names.of(code)]).sort((a, b) => order.compare(a[1], b[1]));
}

export const clock = (time) => formatted({ hour: "2-digit", minute: "2-digit" }, time);
export const day = (time) => formatted({ weekday: "long", day: "numeric", month: "long" }, time);
export const moment = (time) => formatted({ dateStyle: "medium", timeStyle: "short" }, time);
export const number = (n) => numbers.format(n);

/** "in 3 minutes", "2 days ago". */
export function relative(time) {
	const seconds = (time - Date.now()) / 1000;
	const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]].find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];

	return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** 90061000 as "1 day, 1 hour". The two largest units. */
export function duration(ms) {
	const parts = [["day", 86400000], ["hour", 3600000], ["minute", 60000], ["second", 1000]].map(([unit, size]) => {
		const n = Math.floor(ms / size);

		ms -= n * size;
		return n && new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(n);
	}).filter(Boolean);

	return new Intl.ListFormat(language, { type: "unit" }).format(parts.length ? parts.slice(0, 2) : [new Intl.NumberFormat(language, { style: "unit", unit: "second" }).format(0)]);
}
