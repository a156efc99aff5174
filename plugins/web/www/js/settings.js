/* What this browser keeps for the person: theme, language, drafts, whom they read. Losing it harms nobody. */

const PREFIX = "whiply.";

/** @returns {any} what was kept, or `otherwise` */
export function setting(name, otherwise) {
	try {
		return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
	} catch {
		return otherwise;
	}
}

/** Keeps a value; null forgets it. A browser that keeps nothing is no error. */
export function setSetting(name, value) {
	try {
		if (value === null || value === undefined || value === "")
			localStorage.removeItem(PREFIX + name);
		else
			localStorage.setItem(PREFIX + name, JSON.stringify(value));
	} catch {
		// Storage is full or forbidden: it is asked for again next time.
	}
}

export const THEMES = ["auto", "light", "dark", "contrast"];

export function applyTheme(theme = setting("theme", "auto")) {
	document.documentElement.dataset.theme = THEMES.includes(theme) ? theme : "auto";
}
