/* What is kept of a person: to have it, to have it removed; whom one takes no whispers from. */
import { ask, h } from "../dom.js";
import { box, button, choice, field, show } from "../form.js";
import { relative, t } from "../i18n.js";
import { post } from "../whiply.js";

export function privacy(app) {
	const { client } = app, blocks = h("div");

	const read = () => show(blocks, client.call("chat.blocks", {}, { again: true }), ({ refuse, blocks: all }) => {
		const from = choice("from", t("privacy.refuse"), ["nobody", "guests", "everybody"].map((who) => [who, t(`privacy.refuse.${who}`)]), refuse);

		from.querySelector("select").onchange = (event) => app.try(client.call("chat.refuse", { from: event.target.value }), t("saved"));
		return [from, all.length === 0 ? h("p", null, t("privacy.no_blocks")) : h("ul", { class: "stack" }, all.map(({ who, name, time }) => h("li", { class: "line" }, h("bdi", null, name), h("small", null, relative(time)),
			button(t("privacy.unblock"), async () => {
				await app.try(client.call("chat.unblock", { name: who }), t("saved"));
				read();
			}, { about: name }))))];
	});

	async function save() {
		const told = await app.try(client.call("auth.export", {}, { timeout: 120000 }));

		if (!told)
			return;
		const url = URL.createObjectURL(new Blob([JSON.stringify(told, null, "\t")], { type: "application/json" }));

		h("a", { href: url, download: "whiply-export.json" }).click();
		setTimeout(() => URL.revokeObjectURL(url), 10000);
	}

	async function erase() {
		const data = await ask({ title: t("privacy.erase"), body: [h("p", null, t("privacy.erase_help"))], fields: [field("password", t("account.password"), { type: "password", autocomplete: "current-password" })], action: t("privacy.erase"), cancel: t("cancel"), danger: true });

		if (data && await app.try(post("auth.erase", data.get("password") ? { password: data.get("password") } : {}), t("privacy.erased"))) {
			client.reopen();
			app.go("#/account");
		}
	}

	read();
	return h("div", { class: "boxes" }, box(t("privacy.blocks"), blocks), box(t("privacy.export"), h("p", null, t("privacy.export_help")), button(t("privacy.export"), save)),
		box(t("privacy.erase"), h("p", null, t("privacy.erase_help")), button(t("privacy.erase"), erase, { class: "danger" })));
}
