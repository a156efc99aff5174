/* Where clients come in: the listeners, what is spoken there and who is served, and the certificates of those with TLS. */
import { h } from "../dom.js";
import { box, button, show, table } from "../form.js";
import { moment, number, relative, t } from "../i18n.js";

const SOON_MS = 14 * 86400000;

const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

export function listeners(app) {
	const { client } = app, list = h("div", { class: "stack" });

	const read = () => show(list, client.call("server.listeners", {}, { again: true }), ({ listeners: all }) => {
		const certificates = all.flatMap((one) => (one.certificates ?? []).map((certificate) => ({ listener: one.name, ...certificate })));

		return [table([t("ops.listener"), t("ops.kind"), t("ops.serves"), t("ops.spoken"), t("ops.open"), t("ops.accepted"), t("ops.refused")], all.map(row), t("admin.tab.listeners")),
			box(t("ops.certificates"), certificates.length === 0 ? h("p", null, t("ops.no_certificates")) : h("ul", { class: "stack" }, certificates.map(certificateNode)))];
	});

	read();
	return [list, button(t("ops.again"), read)];
}

function row(one) {
	return [h("div", null, h("b", null, one.name), h("br"), h("bdi", null, one.address ?? "")),
		one.gone ? badge(t("ops.gone"), "danger-text") : h("div", { class: "line" }, [one.protocol === "line" ? t("ops.lines") : "HTTP, WebSocket", one.tls && "TLS", one.proxy !== "off" && `PROXY ${one.proxy}`, one.unix && "Unix"].filter(Boolean).map((text) => badge(text))),
		one.reach ? t(`ops.reach.${one.reach}`) : "", h("ul", null, (one.dialects ?? []).map(({ dialect, plugin, path }) => h("li", null, dialect, path && [" ", h("code", null, path)], " ", h("small", null, t("ops.of_plugin", { plugin }))))),
		number(one.open), number(one.accepted), number(one.refused)];
}

function certificateNode(one) {
	const left = one.expires_at - Date.now(), names = [one.names ?? []].flat();

	return h("li", { class: "box" },
		h("div", { class: "line" }, h("b", null, names.length > 0 ? names.join(", ") : one.subject), badge(one.listener), badge(t(`ops.certificate.${one.state ?? "good"}`), one.state && one.state !== "good" ? "danger-text" : ""),
			one.expires_at > 0 && h("span", { class: left < SOON_MS ? "failure" : "" }, t("ops.expires", { when: relative(one.expires_at), time: moment(one.expires_at) }))),
		h("dl", { class: "facts" }, [["ops.subject", one.subject], ["ops.issuer", one.issuer], ["ops.begins", one.begins_at > 0 && moment(one.begins_at)], ["ops.serial", one.serial],
			["ops.fingerprint", one.fingerprint], ["ops.file", one.file]].filter(([, value]) => value).map(([key, value]) => h("div", null, h("dt", null, t(key)), h("dd", null, h("bdi", null, value))))),
		(one.why ?? one.newer_refused) && h("p", { class: "failure" }, t("ops.newer_refused", { why: one.why ?? one.newer_refused })));
}
