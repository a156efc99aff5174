/* Second factors: an authenticator app, passkeys, recovery codes; and passwords for programs. */
import { ask, fill, h } from "../dom.js";
import { box, button, commandForm, field, show } from "../form.js";
import { moment, t } from "../i18n.js";
import { makePasskey, passkeysWork } from "./passkey.js";
import { callProved } from "./proof.js";

const code = (required = true) => field("code", t("account.code"), { required, autocomplete: "one-time-code" });

export function security(app) {
	const { client } = app, app2 = h("div"), keys = h("div");

	const readApp = () => show(app2, client.call("auth.second_state", {}, { again: true }), (state) => state.totp ? appIsOn(state) : appIsOff());
	const readKeys = () => show(keys, Promise.all([client.call("auth.passkeys", {}, { again: true }), client.call("auth.second_state", {}, { again: true })]), ([{ passkeys }, { passkey: asked }]) => [
		h("ul", { class: "stack" }, passkeys.map((key) => h("li", { class: "line" }, h("bdi", null, key.name || key.id.slice(0, 8)), h("small", null, t("account.since", { time: moment(key.created) })),
			key.suspect && h("b", { class: "danger-text" }, t("account.suspect")), button(t("account.take_away"), () => remove(key), { about: key.name || key.id.slice(0, 8) })))),
		passkeys.length > 0 && h("label", { class: "check" }, h("input", { type: "checkbox", checked: asked, onchange: (event) => askAfter(event.target.checked) }), t("account.passkey_second")),
		passkeysWork() ? commandForm({ app, action: t("account.add_passkey"), done: t("saved"), fields: [field("name", t("name"), { maxLength: 60 })], run: add }) : h("p", null, t("account.no_passkeys"))]);

	async function add({ name = "" }) {
		const begun = await callProved(app, "auth.passkey_begin");

		if (!begun)
			return false;
		await client.call("auth.passkey_add", { ...await makePasskey(begun), name });
		readKeys();
		return true;
	}

	async function askAfter(on) {
		const told = await app.try(callProved(app, "auth.passkey_second", { on }));

		/* These are for the case that the passkey is lost. */
		if (told?.recovery_codes)
			await showCodes(told);
		readKeys();
	}

	async function remove({ id, name }) {
		const data = await ask({ title: t("account.take_away"), body: [h("p", null, h("bdi", null, name || id.slice(0, 8)))], action: t("account.take_away"), cancel: t("cancel"), danger: true });

		if (data && await app.try(callProved(app, "auth.passkey_remove", { id })))
			readKeys();
	}

	function appIsOn({ recovery_left: left }) {
		return [h("p", null, t("account.app_on"), " ", t("account.recovery_left", { n: left })),
			commandForm({ app, action: t("account.new_codes"), fields: [code()], run: async (values) => showCodes(await callProved(app, "auth.recovery_codes", values)) }),
			commandForm({ app, action: t("account.app_turn_off"), danger: true, fields: [code()], run: async (values) => {
				if (await callProved(app, "auth.totp_off", values))
					readApp();
			} })];
	}

	function appIsOff() {
		return [h("p", null, t("account.app_help")), commandForm({ app, action: t("account.app_begin"), fields: [], run: begin })];
	}

	async function begin() {
		const begun = await callProved(app, "auth.totp_begin");

		if (!begun)
			return;
		const { secret, uri } = begun;

		fill(app2, h("p", null, t("account.app_scan")), h("p", null, h("a", { href: uri }, t("account.app_open"))), h("p", null, h("code", { class: "secret" }, secret)),
			commandForm({ app, action: t("account.app_confirm"), fields: [code()], run: async (typed) => showCodes(await client.call("auth.totp_confirm", typed)) }));
	}

	async function showCodes(told) {
		if (!told)
			return;
		const { recovery_codes: codes } = told;

		await ask({ title: t("account.codes"), body: [h("p", null, t("account.codes_help")), h("pre", null, codes.join("\n"))], action: t("account.codes_kept"), cancel: t("close") });
		readApp();
	}

	readApp();
	readKeys();
	return h("div", { class: "boxes" }, box(t("account.app"), app2), box(t("account.passkeys"), keys),
		box(t("account.programs"), h("p", null, t("account.programs_help")), commandForm({ app, action: t("account.make_password"), fields: [field("name", t("account.program"), { required: true, maxLength: 60 })],
			run: async (values) => {
				const told = await callProved(app, "auth.app_password", values);

				if (told)
					await ask({ title: t("account.programs"), body: [h("p", null, t("account.shown_once")), h("pre", null, told.password)], action: t("account.codes_kept"), cancel: t("close") });
			} })));
}

