/* The parts of the page besides rooms: each is read when it is first looked at, and is offered to those who may call what it `needs`. Its module has
 * view(app, path), which gives {node, title, close?, focus?}. */

/** @typedef {{name: string, icon: string, needs: string, load: () => Promise<{view: (app: any, path: string[]) => any}>}} Area */

/** @type {Area[]} */
export const AREAS = [
	{ name: "rooms", icon: "rooms", needs: "chat.rooms", load: () => import("./chat/rooms_view.js") },
	{ name: "mentions", icon: "at", needs: "chat.mentions", load: () => import("./chat/mentions.js") },
	{ name: "strangers", icon: "strangers", needs: "match.enqueue", load: () => import("./strangers/index.js") },
	{ name: "account", icon: "account", needs: "auth.whoami", load: () => import("./account/index.js") },
	{ name: "moderation", icon: "shield", needs: "moderation.queue", load: () => import("./moderation/index.js") },
	{ name: "admin", icon: "gauge", needs: "server.status", load: () => import("./admin/index.js") },
];

/** @param {Area[]} areas */
export function areaOf(areas, name) {
	return (areas.find((area) => area.name === name) ?? areas[0]).load();
}
