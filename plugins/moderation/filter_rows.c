/* The table of filters: what each is, and how it is set where nobody said otherwise. What may hit by mistake begins in shadow mode. */
#include "filters.h"

#define MINUTE 60000
#define HOUR (60 * MINUTE)

const struct filter_row filter_rows[FILTERS] = {
	[FILTER_WORDS] = { "words", "a word or phrase of a list of words", NULL, NULL, NULL, "That word is not wanted here.",
		{ FILTER_LIVE, WH_TRUST_MODERATOR, WH_ACT_REDACT, 0, 0, 0, 0 } },
	[FILTER_PATTERNS] = { "patterns", "a pattern of a list of patterns matches", NULL, NULL, NULL, "A moderator has to look at this first.",
		{ FILTER_LIVE, WH_TRUST_TRUSTED, WH_ACT_HOLD, 0, 0, 0, 0 } },
	[FILTER_NAMES] = { "names", "a name, on joining and renaming, with a word of a list of names", NULL, NULL, NULL, "That name is not wanted here.",
		{ FILTER_LIVE, WH_TRUST_TRUSTED, WH_ACT_FLAG, 0, 0, 0, 0 } },
	[FILTER_DENIED_LINKS] = { "denied-links", "a link to a domain of a list of denied ones", NULL, NULL, NULL, "Links to that site are not wanted here.",
		{ FILTER_LIVE, WH_TRUST_MODERATOR, WH_ACT_REDACT, 0, 0, 0, 0 } },
	[FILTER_LINKS] = { "links", "more links than that in one message; those to allowed domains do not count", "links of one message", NULL, NULL,
		"That are too many links for one message.", { FILTER_SHADOW, WH_TRUST_TRUSTED, WH_ACT_HOLD, 4, 0, 0, 0 } },
	[FILTER_HIDDEN_LINKS] = { "hidden-links", "a link by a shortener or to a bare address, which hides where it leads", NULL, NULL, NULL,
		"Please post links that show where they lead.", { FILTER_SHADOW, WH_TRUST_KNOWN, WH_ACT_HOLD, 0, 0, 0, 0 } },
	[FILTER_CAPS] = { "caps", "capitals make up that much of a text", "percent of the letters", "letters that a text needs to be looked at", NULL,
		"Please do not shout.", { FILTER_SHADOW, WH_TRUST_TRUSTED, WH_ACT_WARN, 80, 20, 0, 0 } },
	[FILTER_REPEATS] = { "repeats", "one character that often in a row, in a text of words", "characters in a row", NULL, NULL,
		"Please write without such long runs of one letter.", { FILTER_SHADOW, WH_TRUST_TRUSTED, WH_ACT_REDACT, 25, 0, 0, 0 } },
	[FILTER_REPEATED_WORDS] = { "repeated-words", "one word that often, and more than half of the text", "times", NULL, NULL,
		"Please do not repeat one word over and over.", { FILTER_SHADOW, WH_TRUST_TRUSTED, WH_ACT_REDACT, 8, 0, 0, 0 } },
	[FILTER_AGAIN] = { "again", "a person says the same again", "times that are allowed", "bytes that a text needs to be looked at", "time of those",
		"You said that already.", { FILTER_SHADOW, WH_TRUST_TRUSTED, WH_ACT_REDACT, 3, 12, MINUTE, 0 } },
	[FILTER_ZALGO] = { "zalgo", "that many marks piled on one letter", "marks", NULL, NULL, "That text climbs over its neighbours.",
		{ FILTER_LIVE, WH_TRUST_MODERATOR, WH_ACT_REDACT, 5, 0, 0, 0 } },
	[FILTER_INVISIBLE] = { "invisible", "that many invisible characters, and more than a third as many as letters", "characters", NULL, NULL,
		"That text has too much in it that nobody sees.", { FILTER_SHADOW, WH_TRUST_TRUSTED, WH_ACT_HOLD, 6, 0, 0, 0 } },
	[FILTER_MIXED] = { "mixed-letters", "that many words have letters of another alphabet inside, which look like their own", "words", NULL, NULL,
		"Please write words in one alphabet.", { FILTER_LIVE, WH_TRUST_TRUSTED, WH_ACT_HOLD, 3, 0, 0, 0 } },
	[FILTER_MENTIONS] = { "mentions", "more people are called than that, in one message", "people", NULL, NULL, "You called too many people at once.",
		{ FILTER_LIVE, WH_TRUST_TRUSTED, WH_ACT_REDACT, 8, 0, 0, 0 } },
	[FILTER_MENTIONS_RATE] = { "mentions-rate", "a person calls more people than that in a while", "people", NULL, "time of those",
		"You called too many people in a short time.", { FILTER_LIVE, WH_TRUST_TRUSTED, WH_ACT_HOLD, 20, 0, MINUTE, 0 } },
	[FILTER_EMOTES] = { "emotes", "more emoji and :emotes: than that in one message", "emotes", NULL, NULL, "That are too many emotes for one message.",
		{ FILTER_SHADOW, WH_TRUST_TRUSTED, WH_ACT_REDACT, 20, 0, 0, 0 } },
	[FILTER_NEAR] = { "near", "that many people say nearly the same", "people, the one who says it counted", "bytes that a text needs to be looked at",
		"time of those", "Many people say this just now.", { FILTER_LIVE, WH_TRUST_TRUSTED, WH_ACT_REDACT, 3, 24, 2 * MINUTE, 0 } },
	[FILTER_RATE] = { "rate", "a person says more than that in a while", "messages", NULL, "time of those", "You write too fast.",
		{ FILTER_LIVE, WH_TRUST_TRUSTED, WH_ACT_REDACT, 10, 0, 10000, 0 } },
	[FILTER_NETWORK_RATE] = { "network-rate", "new people of one network say more than that in a while", "messages", NULL, "time of those",
		"Too much is said from your network just now.", { FILTER_LIVE, WH_TRUST_KNOWN, WH_ACT_HOLD, 40, 0, 10000, 0 } },
	[FILTER_ROOM_RATE] = { "room-rate", "more is said in a room than that in a while; told once in the action's time", "messages", NULL, "time of those",
		"Too much is said here just now.", { FILTER_SHADOW, WH_TRUST_MODERATOR, WH_ACT_SLOW, 200, 0, 10000, MINUTE } },
	[FILTER_NEW_SPEECH] = { "new-speech", "an account is younger than that", NULL, NULL, "age", "Your account is too new to speak here; please wait a little.",
		{ FILTER_OFF, WH_TRUST_KNOWN, WH_ACT_REDACT, 0, 0, 10 * MINUTE, 0 } },
	[FILTER_NEW_LINKS] = { "new-links", "a link that is not allowed, of an account that is younger or said less", "messages", NULL, "age",
		"A moderator looks at links of new people first.", { FILTER_SHADOW, WH_TRUST_KNOWN, WH_ACT_HOLD, 10, 0, HOUR, 0 } },
	[FILTER_NEW_FILES] = { "new-files", "an attachment of an account that is younger or said less", "messages", NULL, "age",
		"A moderator looks at files of new people first.", { FILTER_SHADOW, WH_TRUST_KNOWN, WH_ACT_HOLD, 10, 0, HOUR, 0 } },
	[FILTER_LISTED] = { "listed", "somebody comes from an address on a list of bad ones", NULL, NULL, NULL, "A moderator has to look at this first.",
		{ FILTER_OFF, WH_TRUST_KNOWN, WH_ACT_HOLD, 0, 0, 0, 0 } },
	[FILTER_COUNTRY] = { "country", "somebody comes from a country that is denied, or not allowed", NULL, NULL, NULL,
		"People from where you are cannot take part here.", { FILTER_OFF, WH_TRUST_KNOWN, WH_ACT_REDACT, 0, 0, 0, 0 } },
};

enum filter
filter_find(struct wh_str name)
{
	unsigned i = 0;

	while (i < FILTERS && !wh_str_is(name, filter_rows[i].name))
		i++;
	return (enum filter)i;
}
