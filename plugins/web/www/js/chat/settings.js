/* What an owner sets for a room: the rules that chat.set knows, in a dialog. */
import { ask, h } from "../dom.js";
import { t } from "../i18n.js";

const choice = (name, value, options) => h("label", null, t(`rule.${name}`), h("select", { name }, options.map((option) =>
	h("option", { value: option, selected: option === value }, t(`rule.${name}.${option}`)))));
const span = (name, ms) => h("label", null, t(`rule.${name}`), h("input", { name, value: `${Math.round((ms ?? 0) / 1000)}s`, pattern: "[0-9]+(ms|s|m|h|d|w)", required: true }));

export async function roomSettings(app, room) {
	const { rules } = room;
	const data = await ask({
		title: t("chat.room_settings"), action: t("save"), cancel: t("cancel"),
		fields: [
			h("label", null, t("chat.topic"), h("input", { name: "topic", value: room.topic, maxLength: 500 })),
			choice("access", rules.access, ["public", "unlisted", "invited", "key"]),
			h("label", null, t("rule.key"), h("input", { name: "key", maxLength: 64, autocomplete: "off" })),
			choice("speakers", rules.speakers, ["all", "registered", "voice", "moderators"]),
			span("slow", rules.slow), span("min_age", rules.min_age), span("keep", rules.keep),
			h("label", { class: "check" }, h("input", { type: "checkbox", name: "links", checked: rules.links }), t("rule.links")),
		],
	});

	if (!data)
		return;
	const { topic, key, ...wanted } = Object.fromEntries(data);

	await app.try((async () => {
		if (topic !== room.topic)
			await app.client.call("chat.topic", { room: room.name, topic });
		await app.client.call("chat.set", { room: room.name, ...wanted, links: data.has("links"), ...(key && { key }) });
	})(), t("saved"));
}
