/* Names of signs, as one types them between colons. */
export const EMOTES = {
	smile: "😄", grin: "😁", joy: "😂", rofl: "🤣", wink: "😉", blush: "😊", heart_eyes: "😍", thinking: "🤔", neutral: "😐", sweat: "😅", cry: "😢",
	sob: "😭", angry: "😠", rage: "😡", scream: "😱", sleepy: "😴", cool: "😎", nerd: "🤓", shrug: "🤷", facepalm: "🤦", wave: "👋", clap: "👏",
	pray: "🙏", ok: "👌", "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", muscle: "💪", eyes: "👀", heart: "❤️", broken_heart: "💔",
	fire: "🔥", star: "⭐", sparkles: "✨", tada: "🎉", rocket: "🚀", bug: "🐛", check: "✅", cross: "❌", warning: "⚠️", question: "❓", idea: "💡",
	coffee: "☕", tea: "🍵", cake: "🍰", pizza: "🍕", beer: "🍺", cat: "🐱", dog: "🐶", fox: "🦊", unicorn: "🦄", ghost: "👻", robot: "🤖", skull: "💀",
	sun: "☀️", moon: "🌙", rainbow: "🌈", snow: "❄️", music: "🎵", game: "🎮", chess: "♟️", dice: "🎲", trophy: "🏆", wheel: "🛞", hundred: "💯",
};

/** Those offered first as reactions. */
export const QUICK = ["👍", "❤️", "😂", "🎉", "😢", "👀"];
