/* One setting as a field: what suits its type, what it means, where its value comes from, and what is wrong with it. */
import { h } from "../dom.js";
import { button } from "../form.js";
import { t } from "../i18n.js";

const WORDS = new Set(["text", "size", "duration", "rate"]);
const LONG = 80;

const isList = ({ type }) => type === "list" || type === "networks";

/** A value as people read it. */
export function shown(value) {
	if (typeof value === "boolean")
		return t(value ? "yes" : "no");
	if (Array.isArray(value))
		return value.every((one) => typeof one === "string") ? value.join(", ") : JSON.stringify(value);
	return String(value);
}

/* The part of its name that the group's heading does not say. */
const short = (name) => name.slice(name.lastIndexOf(".") + 1);

function input(one, props) {
	if (one.secret)
		return h("input", { type: "password", autocomplete: "new-password", placeholder: t(one.set ? "settings.set" : "settings.not_set"), ...props });
	if (one.type === "bool")
		return h("input", { type: "checkbox", checked: one.value, ...props });
	if (one.type === "choice")
		return h("select", props, one.choices.map((word) => h("option", { value: word, selected: word === one.value }, word)));
	if (isList(one))
		return h("textarea", { rows: Math.min(Math.max(one.value.length + 1, 2), 12), value: one.value.join("\n"), ...props });
	if (one.type === "list of groups")
		return h("textarea", { rows: one.value.length ? 8 : 2, value: one.value.length ? JSON.stringify(one.value, null, 1) : "", spellcheck: false, ...props });
	if (one.type === "text" && (one.value.length > LONG || one.value.includes("\n")))
		return h("textarea", { rows: 3, value: one.value, ...props });
	return h("input", { type: "text", inputMode: one.type === "int" ? "numeric" : "text", placeholder: one.default ?? "", value: String(one.value), ...props });
}

/* What is in a field, as server.set wants it. What can't be read goes as the text that it is: the server says what is wrong with it. */
function read(one, element) {
	const text = element.value.trim();

	if (one.type === "bool" && !one.secret)
		return element.checked;
	if (isList(one))
		return element.value.split("\n").map((line) => line.trim()).filter(Boolean);
	if (one.type === "list of groups") {
		try {
			return text === "" ? [] : JSON.parse(text);
		} catch {
			return text;
		}
	}
	if ((one.type === "int" || one.type === "number") && text !== "" && Number.isFinite(Number(text)))
		return Number(text);
	return WORDS.has(one.type) && one.type !== "text" ? text : element.value;
}

/* From where, and what of the config file is hidden by it. */
function origin(one) {
	if (one.from === "change")
		return one.file_value !== undefined ? t("settings.from_change_over", { value: shown(one.file_value), file: one.file, line: String(one.line) }) : t("settings.from_change");
	return one.from === "file" ? t("settings.from_file", { file: one.file, line: String(one.line) }) : "";
}

function bounds({ min, max, type }) {
	const kind = type === "text" ? "length" : type === "list" || type === "networks" || type === "list of groups" ? "items" : "value";

	if (min !== undefined && max !== undefined)
		return t(`settings.${kind}_between`, { min, max });
	return max !== undefined ? t(`settings.${kind}_most`, { max }) : min !== undefined ? t(`settings.${kind}_least`, { min }) : "";
}

/**
 * @param {Object} one a row of server.settings
 * @param {(one: Object) => void} putBack
 * @returns {{node: HTMLElement, name: string, change: () => any, wrong: (why: string|null) => void, focus: () => void}} `change` gives what
 *     to set, or undefined when nothing was changed
 */
export function settingField(one, putBack) {
	const id = `setting-${one.setting}`, check = one.type === "bool" && !one.secret;
	const error = h("p", { class: "failure", id: `${id}-wrong`, hidden: true });
	const element = input(one, { id, name: one.setting, disabled: one.file_only === true, "aria-describedby": `${id}-help ${id}-wrong` });
	const label = h("label", { htmlFor: id, class: check ? "check" : "" }, check && element, h("code", { dir: "ltr" }, short(one.setting)));
	const notes = [bounds(one), one.default !== undefined && one.default !== "" && t("settings.default", { value: one.default }), isList(one) && t("settings.one_a_line"),
		one.type === "list of groups" && !one.file_only && t("settings.as_json"), one.takes === "later" && t("settings.later"), one.file_only && t("settings.file_only"), one.required && t("settings.required")];
	const before = one.secret ? "" : JSON.stringify(read(one, element));

	return {
		name: one.setting,
		node: h("div", { class: one.from === "change" ? "setting changed" : "setting" }, label, !check && element, error,
			h("div", { id: `${id}-help` }, h("small", { lang: "en", dir: "auto" }, one.help), h("small", null, notes.filter(Boolean).join(" "), " ", h("span", { class: "from" }, origin(one)))),
			one.from === "change" && button(t("settings.put_back"), () => putBack(one), { "aria-label": t("settings.put_back_one", { name: one.setting }) })),
		change: () => {
			const now = one.file_only ? undefined : read(one, element);

			return now === undefined || (one.secret ? now === "" || now.length === 0 : JSON.stringify(now) === before) ? undefined : now;
		},
		wrong: (why) => {
			error.textContent = why ?? "";
			error.hidden = !why;
			element.setAttribute("aria-invalid", String(Boolean(why)));
		},
		focus: () => element.focus(),
	};
}
