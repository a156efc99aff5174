/* Signing in: with a password, a passkey, over another provider; and the second step where there is one. It goes over HTTP, so that the browser gets its
 * cookie; then the page connects anew. */
import { box, button, commandForm, field } from "../form.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { CallError, post } from "../whiply.js";
import { askPasskey, passkeysWork } from "./passkey.js";

/** What this device is called in the list of devices. */
export const deviceName = () => t("account.this_browser", { browser: navigator.userAgentData?.platform ?? navigator.platform ?? "" }).trim();

/** Signed in, or there is a second step. */
export function entered(app, told) {
	if (told.second) {
		sessionStorage.setItem("second", JSON.stringify(told.second));
		app.go(`#/account/second/${encodeURIComponent(told.ticket)}`);
		return;
	}
	if (told.finish) {
		app.go(`#/account/finish/${encodeURIComponent(told.finish)}`);
		return;
	}
	if (app.returnTo) {
		location.assign(app.returnTo);
		return;
	}
	app.client.reopen();
	app.notice(t("account.signed_in"));
	app.go("#/rooms");
}

export function signIn(app) {
	const others = h("div", { class: "line" });

	app.client.call("auth.providers", {}, { again: true }).then(({ providers }) => others.append(...providers.map(({ name, label }) =>
		button(t("account.over", { provider: label ?? name }), () => leaveFor(app, name)))), () => {});
	return h("div", { class: "boxes" },
		box(t("account.tab.sign_in"), commandForm({
			app, action: t("account.tab.sign_in"),
			fields: [field("name", t("name"), { required: true, autocomplete: "username webauthn" }), field("password", t("account.password"), { type: "password", required: true, autocomplete: "current-password" })],
			run: async ({ name, password }) => entered(app, await post("auth.login", { name, password, device: deviceName() })),
		}), h("a", { href: "#/account/reset" }, t("account.forgotten"))),
		box(t("account.other_ways"), passkeysWork() && button(t("account.with_passkey"), () => app.try(withPasskey(app))), others),
		box(t("account.as_guest"), commandForm({
			app, action: t("account.take_name"), done: t("saved"), fields: [field("name", t("name"), { required: true, maxLength: 64, value: app.client.me.name })],
			run: ({ name }) => app.rename(name),
		})));
}

async function withPasskey(app, ticket) {
	const told = await post("auth.passkey_login_begin", ticket ? { ticket } : {});
	const answer = await askPasskey(told);

	entered(app, await post("auth.passkey_login", { ...answer, device: deviceName() }));
}

async function leaveFor(app, provider) {
	const told = await app.try(post("auth.provider_begin", { provider, return_to: app.returnTo ?? location.pathname }));

	if (told)
		location.assign(told.url);
}

/** The second step: a code, or a passkey. */
export function second(app, [ticket = ""]) {
	const ways = JSON.parse(sessionStorage.getItem("second") ?? '["totp"]');

	return box(t("account.second"), h("p", null, t("account.second_help")), commandForm({
		app, action: t("account.tab.sign_in"), fields: [field("code", t("account.code"), { required: true, autocomplete: "one-time-code", inputMode: "text" })],
		run: async ({ code }) => entered(app, await post("auth.second", { ticket, code })),
	}), ways.includes("passkey") && passkeysWork() && button(t("account.with_passkey"), () => app.try(withPasskey(app, ticket))));
}

/** A name for an account that comes from another provider. */
export function finish(app, [ticket = ""]) {
	return box(t("account.finish"), commandForm({
		app, action: t("account.tab.register"), fields: [field("name", t("name"), { required: true }), field("invitation", t("account.invitation"), { help: t("account.invitation_help") })],
		run: async (values) => entered(app, await post("auth.provider_finish", { ticket, ...values, device: deviceName() })),
	}));
}

/** Signs out here. */
export async function signOut(app) {
	try {
		await post("auth.logout");
	} catch (error) {
		if (!(error instanceof CallError))
			throw error;
	}
	app.client.reopen();
	app.go("#/account");
}
