/* Second factors: an authenticator app, passkeys, recovery codes; and passwords for programs. */
import { ask, fill, h } from "../dom.js";
import { box, button, commandForm, field, show } from "../form.js";
import { moment, t } from "../i18n.js";
import { makePasskey, passkeysWork } from "./passkey.js";

const password = () => field("password", t("account.password"), { type: "password", autocomplete: "current-password", help: t("account.password_again") });
const code = (required = true) => field("code", t("account.code"), { required, autocomplete: "one-time-code" });

export function security(app) {
	const { client } = app, app2 = h("div"), keys = h("div");

	const readApp = () => show(app2, client.call("auth.second_state", {}, { again: true }), (state) => state.totp ? appIsOn(state) : appIsOff());
	const readKeys = () => show(keys, client.call("auth.passkeys", {}, { again: true }), ({ passkeys }) => [
		h("ul", { class: "stack" }, passkeys.map((key) => h("li", { class: "line" }, h("bdi", null, key.name || key.id.slice(0, 8)), h("small", null, t("account.since", { time: moment(key.created) })),
			key.suspect && h("b", { class: "danger-text" }, t("account.suspect")), button(t("account.take_away"), () => remove(key))))),
		passkeysWork() ? commandForm({ app, action: t("account.add_passkey"), done: t("saved"), fields: [field("name", t("name"), { maxLength: 60 }), password()], run: add }) : h("p", null, t("account.no_passkeys"))]);

	async function add({ name = "", password: secret }) {
		const made = await makePasskey(await client.call("auth.passkey_begin", secret ? { password: secret } : {}));

		await client.call("auth.passkey_add", { ...made, name });
		readKeys();
	}

	async function remove({ id }) {
		const data = await ask({ title: t("account.take_away"), fields: [password()], action: t("account.take_away"), cancel: t("cancel"), danger: true });

		if (data && await app.try(client.call("auth.passkey_remove", { id, ...(data.get("password") && { password: data.get("password") }) })))
			readKeys();
	}

	function appIsOn({ recovery_left: left }) {
		return [h("p", null, t("account.app_on"), " ", t("account.recovery_left", { n: left })),
			commandForm({ app, action: t("account.new_codes"), fields: [code(), password()], run: async (values) => showCodes(await client.call("auth.recovery_codes", values)) }),
			commandForm({ app, action: t("account.app_turn_off"), danger: true, fields: [code(), password()], run: async (values) => {
				await client.call("auth.totp_off", values);
				readApp();
			} })];
	}

	function appIsOff() {
		return [h("p", null, t("account.app_help")), commandForm({ app, action: t("account.app_begin"), fields: [password()], run: begin })];
	}

	async function begin(values) {
		const { secret, uri } = await client.call("auth.totp_begin", values);

		fill(app2, h("p", null, t("account.app_scan")), h("p", null, h("a", { href: uri }, t("account.app_open"))), h("p", null, h("code", { class: "secret" }, secret)),
			commandForm({ app, action: t("account.app_confirm"), fields: [code()], run: async (typed) => showCodes(await client.call("auth.totp_confirm", typed)) }));
	}

	async function showCodes({ recovery_codes: codes }) {
		await ask({ title: t("account.codes"), body: [h("p", null, t("account.codes_help")), h("pre", null, codes.join("\n"))], action: t("account.codes_kept"), cancel: t("close") });
		readApp();
	}

	readApp();
	readKeys();
	return h("div", { class: "boxes" }, box(t("account.app"), app2), box(t("account.passkeys"), keys),
		box(t("account.programs"), h("p", null, t("account.programs_help")), commandForm({ app, action: t("account.make_password"), fields: [field("name", t("account.program"), { required: true, maxLength: 60 }), password()],
			run: async (values) => {
				const told = await client.call("auth.app_password", values);

				await ask({ title: t("account.programs"), body: [h("p", null, t("account.shown_once")), h("pre", null, told.password)], action: t("account.codes_kept"), cancel: t("close") });
			} })));
}

