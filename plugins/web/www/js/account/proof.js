/* What changes how one signs in: the server wants to be sure that it is still the same person. Who signed in just now in this browser is not asked
 * again; everybody else types the password. */
import { ask } from "../dom.js";
import { field } from "../form.js";
import { t } from "../i18n.js";

/**
 * Calls a command that may want the `password` as well. Undefined: the person thought better of it.
 * @param {string} method
 * @param {Object} [params]
 */
export async function callProved(app, method, params = {}) {
	const { recent } = await app.client.call("auth.second_state", {}, { again: true });

	if (recent)
		return app.client.call(method, params);
	const data = await ask({ title: t("account.sure"), action: t("account.go_on"), cancel: t("cancel"),
		fields: [field("password", t("account.password"), { type: "password", required: true, autocomplete: "current-password", help: t("account.password_again") })] });

	return data ? app.client.call(method, { ...params, password: data.get("password") }) : undefined;
}
