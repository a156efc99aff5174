/* Who one is here: name, mail address, roles. */
import { box, button, commandForm, field, show } from "../form.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { post } from "../whiply.js";
import { signOut } from "./signin.js";

export function profile(app) {
	const { client } = app, about = h("div");

	show(about, client.call("auth.whoami", {}, { again: true }), ({ name, roles, created, mail, mail_confirmed: confirmed }) => h("dl", { class: "help" },
		h("dt", null, t("name")), h("dd", null, h("bdi", null, name)),
		roles && [h("dt", null, t("account.roles")), h("dd", null, roles)],
		created && [h("dt", null, t("account.created")), h("dd", null, moment(created))],
		h("dt", null, t("account.mail")), h("dd", null, mail ? `${mail} ${confirmed ? "" : t("account.not_confirmed")}` : t("none"))));
	return h("div", { class: "boxes" },
		box(client.me.name, about, button(t("account.sign_out"), () => signOut(app))),
		box(t("account.rename"), commandForm({ app, action: t("save"), done: t("saved"), fields: [field("name", t("name"), { required: true, value: client.me.name })], run: ({ name }) => app.rename(name) })),
		box(t("account.mail"), commandForm({ app, action: t("account.send_letter"), done: t("account.letter_sent"), fields: [field("mail", t("account.mail"), { type: "email", autocomplete: "email" })],
			run: (values) => client.call("auth.confirm_begin", values) })),
		box(t("account.new_password"), commandForm({ app, action: t("save"), done: t("account.others_out"),
			fields: [field("old", t("account.old_password"), { type: "password", autocomplete: "current-password" }), field("new", t("account.new_password"), { type: "password", required: true, minLength: 8, autocomplete: "new-password" })],
			run: async (values, form) => {
				await post("auth.password", values);
				form.reset();
				client.reopen();
			} })));
}
