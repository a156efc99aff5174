/* What could be meant by the word before the cursor: a command, an emote, somebody's name. Read when somebody begins such a word. */
import { emotesLike } from "../emotes.js";
import { slashesLike } from "./commands.js";

/**
 * @param {{app: any, room: import("../room.js").Room}} where
 * @param {string} word
 * @param {{first: boolean, asked: boolean}} how is it the first of the text? a bare word is a name only when Tab asks for it
 * @returns {{text: string, more: string}[]}
 */
export function choicesFor({ app, room }, word, { first, asked }) {
	const low = word.toLowerCase(), bare = low.replace(/^@/, "");

	if (first && low.startsWith("/"))
		return slashesLike(app, low.slice(1)).map(({ name, args, help }) => ({ text: `/${name}`, more: `${args} — ${help}` }));
	if (/^:[a-z0-9_+-]{2,}$/.test(low))
		return emotesLike(low.slice(1)).map(([name, sign]) => ({ text: sign || `:${name}:`, more: sign && `:${name}:` }));
	if (!low.startsWith("@") && !(asked && low !== ""))
		return [];
	return [...room.members.values()].filter(({ name }) => name.toLowerCase().startsWith(bare)).map(({ name }) => ({ text: `@${name}`, more: "" }));
}
