/* Where one is signed in, and what other sites were allowed. */
import { h } from "../dom.js";
import { box, button, show } from "../form.js";
import { relative, t } from "../i18n.js";
import { post } from "../whiply.js";

export function devices(app) {
	const { client } = app, list = h("div"), sites = h("div"), links = h("div");

	const readDevices = () => show(list, client.call("auth.devices", {}, { again: true }), ({ devices: all }) => h("ul", { class: "stack" }, all.map((device) => h("li", { class: "line" },
		h("b", null, h("bdi", null, device.name || device.agent)), device.this && h("span", { class: "badge" }, t("account.this_one")), h("small", null, device.agent), h("small", null, t("account.used", { time: relative(device.used) })),
		!device.this && button(t("account.sign_out"), async () => {
			await app.try(client.call("auth.revoke", { device: device.device }), t("saved"));
			readDevices();
		}, { about: device.name || device.agent })))));
	const readSites = () => show(sites, client.call("auth.consents", {}, { again: true }), ({ consents }) => consents.length === 0 ? h("p", null, t("none")) : h("ul", { class: "stack" }, consents.map((site) => h("li", { class: "line" },
		h("bdi", null, site.name), h("small", null, site.scopes), button(t("account.take_away"), async () => {
			await app.try(client.call("auth.consent_revoke", { client: site.client ?? site.client_id }), t("saved"));
			readSites();
		}, { about: site.name })))));
	/* Over HTTP, as a cookie ties the way there and back to this browser. */
	const readLinks = () => show(links, Promise.all([client.call("auth.links", {}, { again: true }), client.call("auth.providers", {}, { again: true })]), ([{ links: all }, { providers }]) => [
		h("ul", { class: "stack" }, all.map((link) => h("li", { class: "line" }, h("b", null, link.provider), h("bdi", null, link.name ?? ""), button(t("account.take_away"), async () => {
			await app.try(client.call("auth.unlink", { provider: link.provider }), t("saved"));
			readLinks();
		}, { about: link.provider })))),
		providers.filter(({ name }) => !all.some(({ provider }) => provider === name)).map(({ name, label }) => button(t("account.link", { provider: label ?? name }), async () => {
			const told = await app.try(post("auth.link_begin", { provider: name, return_to: location.pathname }));

			if (told)
				location.assign(told.url);
		})), all.length + providers.length === 0 && h("p", null, t("none"))]);

	readDevices();
	readSites();
	readLinks();
	return h("div", { class: "boxes" },
		box(t("account.tab.devices"), list, button(t("account.all_out"), () => app.try(client.call("auth.revoke_all")), { class: "danger" })),
		box(t("account.sites"), sites), box(t("account.links"), links));
}
