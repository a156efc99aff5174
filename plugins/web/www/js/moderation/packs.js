/* Rule packs: which there are, how each and each rule is set, what they did; and writing one. */
import { ask, fill, h, livingList } from "../dom.js";
import { box, button, choice, commandForm, field, table } from "../form.js";
import { moment, number, t } from "../i18n.js";

const MODES = ["off", "shadow", "live"];

export function packs(app, [id]) {
	const { client } = app, place = h("div", { class: "stack" }, h("p", { class: "more" }, t("loading"))), tests = h("div"), parts = { list, head, rules, settings, versions };
	/* What others change is shown, but for what somebody writes here just now. */
	const draw = livingList(place, { key: ({ part }) => part, draw: ({ part, ...told }) => parts[part](told) });

	async function read() {
		try {
			draw(id ? partsOf(await client.call("moderation.pack", { pack: id }, { again: true })) : [{ part: "list", ...await client.call("moderation.packs", {}, { again: true }) }]);
		} catch (error) {
			fill(place, h("p", { class: "failure", role: "alert" }, error.message));
		}
	}

	function partsOf({ version, mode, state, error, table: all = [], settings: set = [], versions: had = [] }) {
		return [{ part: "head", version, mode, state, error }, { part: "rules", all }, set.length > 0 && { part: "settings", all: set }, had.length > 0 && { part: "versions", all: had }].filter(Boolean);
	}

	function list(told) {
		return h("div", { class: "stack" },
			!told.judging && h("p", { class: "failure" }, t("mod.not_judging")),
			table([t("mod.pack"), t("mod.mode"), t("admin.state"), t("mod.rules"), ""], told.packs.map((one) => [
				h("a", { href: `#/moderation/packs/${encodeURIComponent(one.id)}` }, one.id, " ", one.version), modePicker(one.mode, (mode) => setMode({ pack: one.id, mode })),
				h("span", null, one.state, one.error && h("pre", { class: "failure" }, one.error)), number(one.rules), h("a", { href: `#/moderation/trial/${encodeURIComponent(one.id)}` }, t("mod.backtest"))]), t("mod.tab.packs")),
			app.can("moderation.pack_put") && h("a", { href: "#/moderation/editor" }, t("mod.new_pack")));
	}

	function modePicker(mode, run) {
		const select = h("select", { "aria-label": t("mod.mode"), disabled: !app.can("moderation.pack_mode"), onchange: async () => await run(select.value) || (select.value = mode) }, MODES.map((one) => h("option", { value: one, selected: one === mode }, t(`mod.mode.${one}`))));

		return select;
	}

	async function setMode(what) {
		const told = await app.try(client.call("moderation.pack_mode", what), t("saved"));

		read();
		return told;
	}

	function head({ version, mode, state, error }) {
		return h("div", { class: "stack" },
			h("div", { class: "line" }, h("h2", null, id, " ", version), modePicker(mode, (to) => setMode({ pack: id, mode: to })), h("small", null, state),
				h("a", { href: `#/moderation/trial/${encodeURIComponent(id)}` }, t("mod.backtest")), app.can("moderation.pack_put") && h("a", { href: `#/moderation/editor/${encodeURIComponent(id)}` }, t("mod.write")),
				button(t("mod.run_tests"), runTests)),
			error && h("pre", { class: "failure" }, error));
	}

	function rules({ all }) {
		return table([t("mod.rule"), t("mod.on"), t("mod.does"), t("mod.mode"), t("mod.hits"), t("mod.cost"), ""], all.map((rule) => [
			rule.name, (rule.on ?? []).join(", "), (rule.act ?? []).join(", "), h("span", null, modePicker(rule.mode, (mode) => setMode({ pack: id, rule: rule.name, mode })), rule.lowered && h("small", { class: "danger-text" }, t("mod.lowered"))),
			number(rule.hits ?? 0), rule.p50_ns !== undefined ? `${number(Math.round(rule.p50_ns / 100) / 10)} µs` : "–", h("a", { href: `#/moderation/log/${id}/${rule.name}` }, t("mod.tab.log"))]), t("mod.rules"));
	}

	/* A list is changed entry by entry, anything else as a whole. */
	function settings({ all }) {
		return box(t("mod.settings"), all.map(({ name, type, value }) => ["words", "list", "domains", "patterns", "names"].includes(type)
			? h("div", { class: "line" }, h("b", null, name), h("small", null, value), app.can("moderation.pack_list_add") && [
				button(t("mod.list_add"), () => entries(name, "moderation.pack_list_add"), { about: name }), button(t("mod.list_remove"), () => entries(name, "moderation.pack_list_remove"), { about: name })])
			: commandForm({ app, class: "line", action: t("save"), done: t("saved"), fields: [field("value", name, { value, disabled: !app.can("moderation.pack_set") })],
				run: ({ value: text }) => client.call("moderation.pack_set", { pack: id, setting: name, ...(text && { value: text }) }) })));
	}

	async function entries(list, command) {
		const data = await ask({ title: list, fields: [field("entries", t("mod.entries"), { type: "textarea", required: true, rows: 8, help: t("mod.entries_help") })], action: t("save"), cancel: t("cancel") });

		if (data && await app.try(client.call(command, { pack: id, list, entries: data.get("entries").split("\n").map((line) => line.trim()).filter(Boolean) }), t("saved")))
			read();
	}

	function versions({ all }) {
		return box(t("mod.versions"), h("ul", { class: "stack" }, all.map((one) => h("li", { class: "line" }, h("b", null, one.version), h("small", null, moment(one.time), " ", one.by_name ?? ""),
			button(t("mod.go_back"), () => app.try(client.call("moderation.rollback", { pack: id, version: one.version }), t("admin.done")).then(read), { about: one.version }),
			button(t("mod.go_back_undo"), () => app.try(client.call("moderation.rollback", { pack: id, version: one.version, undo: true }), t("admin.done")).then(read), { about: one.version, class: "danger" })))));
	}

	async function runTests() {
		const told = await app.try(client.call("moderation.pack_test", { pack: id }));

		if (told)
			fill(tests, testNode(told));
	}

	read();
	const ends = ["ready", "moderation.pack"].map((what) => client.on(what, read));

	return { nodes: [tests, place], close: () => ends.forEach((end) => end()) };
}

/** What came of a pack's tests. */
export function testNode({ passed, tap = "", error }) {
	return h("div", { role: "status" }, h("p", { class: passed ? "" : "failure" }, passed ? t("mod.tests_passed") : t("mod.tests_failed")), h("pre", null, error ?? tap));
}

const TEMPLATE = `pack { id = "my-pack", version = "1.0.0", api = 1, license = "MIT",
  settings = { words = { type = "words", default = { "casino" } } } }

local words = list "words"

rule "bad-word" { on = "message", exempt = "trusted",
  when = function(m)
    local word = words:find(m.text)
    if word then return { word = word } end
  end,
  act = { "hold", reason = "bad_word" } }

test "a word of the list is held" {
  { from = "eve", say = "visit our casino", expect = "hold" },
  { from = "eve", say = "good morning", expect = "allow" } }
`;

/** Writing a pack: its tests run in the jail, and errors are shown at their lines. */
export function packEditor(app, [id]) {
	const { client } = app, result = h("div", { "aria-live": "polite" }), lines = h("ol", { class: "gutter", "aria-hidden": "true" });
	const source = h("textarea", { name: "source", class: "source", spellcheck: false, "aria-label": t("mod.source"), rows: 24, oninput: () => number2(), onscroll: () => { lines.scrollTop = source.scrollTop; } });
	const mode = choice("mode", t("mod.mode"), MODES.map((one) => [one, t(`mod.mode.${one}`)]), "shadow");
	let others = {};

	source.value = TEMPLATE;
	if (id)
		client.call("moderation.pack", { pack: id, source: true }, { again: true }).then((told) => {
			const { "pack.lua": main = "", ...rest } = told.files ?? {};

			if (main) {
				source.value = main;
				others = rest;
				number2();
			}
		}, (error) => app.notice(error.message, "error"));
	number2();

	function number2(bad = 0) {
		fill(lines, source.value.split("\n").map((line, i) => h("li", { class: i + 1 === bad ? "bad" : "" })));
	}

	/* "pack.lua:12: …" says where. */
	function shown(told) {
		const [, line] = /pack\.lua:(\d+)/.exec(told.error ?? told.tap ?? "") ?? [];

		number2(Number(line ?? 0));
		fill(result, testNode(told));
		if (line) {
			const at = source.value.split("\n").slice(0, line - 1).join("\n").length + 1;

			source.focus();
			source.setSelectionRange(at, source.value.indexOf("\n", at) >>> 0 || at);
		}
	}

	const files = () => ({ ...others, "pack.lua": source.value });

	return [
		h("div", { class: "editor" }, lines, source), h("div", { class: "line" }, mode,
			button(t("mod.run_tests"), async () => {
				const told = await client.call("moderation.pack_test", { files: files() }).catch((error) => ({ passed: false, error: error.message }));

				shown(told);
			}),
			button(t("mod.put"), async () => {
				try {
					const told = await client.call("moderation.pack_put", { files: files(), mode: mode.querySelector("select").value });

					app.notice(t("saved"));
					app.go(`#/moderation/packs/${encodeURIComponent(told.pack)}`);
				} catch (error) {
					shown({ passed: false, error: error.message });
				}
			}, { class: "primary" })), result];
}
