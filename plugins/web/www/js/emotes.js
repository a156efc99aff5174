/* Names of signs, as one types them between colons. */
export const EMOTES = {
	smile: "😄", grin: "😁", joy: "😂", rofl: "🤣", wink: "😉", blush: "😊", heart_eyes: "😍", thinking: "🤔", neutral: "😐", sweat: "😅", cry: "😢",
	sob: "😭", angry: "😠", rage: "😡", scream: "😱", sleepy: "😴", cool: "😎", nerd: "🤓", shrug: "🤷", facepalm: "🤦", wave: "👋", clap: "👏",
	pray: "🙏", ok: "👌", "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", muscle: "💪", eyes: "👀", heart: "❤️", broken_heart: "💔",
	fire: "🔥", star: "⭐", sparkles: "✨", tada: "🎉", rocket: "🚀", bug: "🐛", check: "✅", cross: "❌", warning: "⚠️", question: "❓", idea: "💡",
	coffee: "☕", tea: "🍵", cake: "🍰", pizza: "🍕", beer: "🍺", cat: "🐱", dog: "🐶", fox: "🦊", unicorn: "🦄", ghost: "👻", robot: "🤖", skull: "💀",
	sun: "☀️", moon: "🌙", rainbow: "🌈", snow: "❄️", music: "🎵", game: "🎮", chess: "♟️", dice: "🎲", trophy: "🏆", wheel: "🛞", hundred: "💯",
};

/** The community's own: pictures that the server has, by name. */
export const OWN = new Set();

/** Signs and pictures whose name begins so: [name, sign or ""], the community's own first. */
export function emotesLike(start) {
	return [...[...OWN].map((name) => [name, ""]), ...Object.entries(EMOTES)].filter(([name]) => name.startsWith(start));
}

/** Those offered first as reactions. */
export const QUICK = ["👍", "❤️", "😂", "🎉", "😢", "👀"];
