/* Making an account, and a new password for one that was forgotten. */
import { box, commandForm, field } from "../form.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { post } from "../whiply.js";
import { deviceName, entered } from "./signin.js";

const newPassword = (name) => field(name, t("account.password"), { type: "password", required: true, minLength: 8, autocomplete: "new-password", help: t("account.password_help") });

export function register(app) {
	const free = h("small", { role: "status" });
	const name = field("name", t("name"), { required: true, maxLength: 64, autocomplete: "username", oninput: (event) => later(event.target.value) });
	let timer = 0;

	function later(wanted) {
		clearTimeout(timer);
		timer = setTimeout(async () => {
			if (wanted === "")
				return;
			free.textContent = await app.client.call("auth.available", { name: wanted }, { again: true }).then(
				(told) => told.available ? t("account.free") : told.why ?? t("account.taken"), (error) => error.message);
		}, 400);
	}
	name.append(free);
	return box(t("account.tab.register"), commandForm({
		app, action: t("account.tab.register"),
		fields: [name, newPassword("password"), field("mail", t("account.mail"), { type: "email", autocomplete: "email", help: t("account.mail_help") }), field("invitation", t("account.invitation"), { help: t("account.invitation_help") })],
		run: async (values) => {
			const told = await post("auth.register", { ...values, device: deviceName() });

			if (told.token || told.account)
				entered(app, told);
			else
				app.notice(t("account.waits"));
		},
	}));
}

export function reset(app, [token]) {
	if (token)
		return box(t("account.new_password"), commandForm({
			app, action: t("save"), done: t("saved"), fields: [newPassword("password")],
			run: async ({ password }) => {
				await post("auth.reset", { token, password });
				app.go("#/account");
			},
		}));
	return box(t("account.forgotten"), commandForm({
		app, action: t("account.send_letter"), done: t("account.letter_sent"), fields: [field("account", t("account.name_or_mail"), { required: true })],
		run: ({ account }) => post("auth.reset_begin", { account }),
	}));
}
