/* The dialect `plain`: words on lines, for people with netcat and for the benchmarks.
 *
 *	JOIN room        LEAVE room        SAY room text…        PING word        HELP        QUIT
 *
 * Answers are `OK VERB` with the result, `ERR VERB why`, or `PONG word`; what others say is `MSG room seq from text`. */
#include "relay.h"

#include <stdio.h>
#include <strings.h>

enum plain_verb { PLAIN_JOIN, PLAIN_LEAVE, PLAIN_SAY, PLAIN_VERBS };

static const struct {
	const char *word, *command;
	size_t words;		/* arguments; the last one takes the rest of the line */
	const char *names[2];
	const char *usage;
} plain_verbs[PLAIN_VERBS] = {
	[PLAIN_JOIN] = { "JOIN", "relay.join", 1, { "room" }, "ERR JOIN write: JOIN room" },
	[PLAIN_LEAVE] = { "LEAVE", "relay.leave", 1, { "room" }, "ERR LEAVE write: LEAVE room" },
	[PLAIN_SAY] = { "SAY", "relay.say", 2, { "room", "text" }, "ERR SAY write: SAY room text" },
};

static void
plain_send(struct relay *relay, struct wh_session *s, const char *text)
{
	wh_session_send(relay->host, s, wh_str(text));
}

/* Takes the first word off the line, and the one space behind it. */
static struct wh_str
plain_word(struct wh_str *line)
{
	const char *space = line->n != 0 ? memchr(line->p, ' ', line->n) : NULL;
	struct wh_str word = *line;

	if (space == NULL) {
		*line = (struct wh_str){ NULL, 0 };
		return word;
	}
	word.n = (size_t)(space - line->p);
	*line = wh_str_from(*line, word.n + 1);
	return word;
}

static bool
plain_is(struct wh_str word, const char *verb)
{
	return word.n == strlen(verb) && strncasecmp(word.p, verb, word.n) == 0;
}

static void
plain_answered(void *self, wh_id session, uint64_t verb, enum wh_err err, struct wh_str result)
{
	struct relay *relay = self;
	struct wh_session *s = wh_session_get(relay->host, session);
	char line[480];

	if (s == NULL)
		return;
	snprintf(line, sizeof line, "%s %s %.*s", err == WH_OK ? "OK" : "ERR", plain_verbs[verb].word, WH_FMT(result));
	plain_send(relay, s, line);
}

void
plain_open(void *self, struct wh_session *s)
{
	struct relay *relay = self;
	const struct wh_identity *who = wh_session_identity(relay->host, s);
	char line[160];

	snprintf(line, sizeof line, "HELLO %.*s try: JOIN lobby, then SAY lobby hello", WH_FMT(who->name));
	plain_send(relay, s, line);
}

void
plain_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct relay *relay = self;
	struct wh_str word = plain_word(&bytes);
	struct wh_item items[2];
	char line[128];

	if ((flags & WH_CUT) != 0) {
		plain_send(relay, s, "ERR LINE the line is too long: 510 bytes at most");
		return;
	}
	for (uint64_t v = 0; v < PLAIN_VERBS; v++) {
		if (!plain_is(word, plain_verbs[v].word))
			continue;
		for (size_t i = 0; i < plain_verbs[v].words; i++) {
			bool last = i + 1 == plain_verbs[v].words;
			struct wh_str value = last ? bytes : plain_word(&bytes);

			if (value.n == 0) {
				plain_send(relay, s, plain_verbs[v].usage);
				return;
			}
			items[i] = WH_ITEM_STR(plain_verbs[v].names[i], value);
		}
		wh_run(relay->host, s, plain_verbs[v].command, items, plain_verbs[v].words, plain_answered, v);
		return;
	}
	if (plain_is(word, "PING")) {
		snprintf(line, sizeof line, "PONG %.*s", bytes.n < 100 ? (int)bytes.n : 100, bytes.n != 0 ? bytes.p : "");
		plain_send(relay, s, line);
	} else if (plain_is(word, "HELP")) {
		plain_send(relay, s, "OK HELP JOIN room, LEAVE room, SAY room text, PING word, QUIT");
	} else if (plain_is(word, "QUIT")) {
		wh_session_close(relay->host, s, 1000, WH_STR("bye"));
	} else {
		plain_send(relay, s, "ERR LINE no such word; HELP lists them");
	}
}

enum wh_err
plain_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	(void)self, (void)accent;
	if (strcmp(e->name, "relay.message") != 0 || e->n < 4)
		return WH_ENOTSUP;
	wh_out_fmt(out, "MSG %.*s %lld %.*s ", WH_FMT(e->items[0].value.s), (long long)e->items[1].value.i,
	    WH_FMT(e->items[2].value.s));
	/* One message is one line here: what would end it early becomes a space. */
	for (size_t i = 0; i < e->items[3].value.s.n; i++) {
		char c = e->items[3].value.s.p[i];

		wh_out_put(out, (struct wh_str){ c == '\r' || c == '\n' || c == '\0' ? " " : &c, 1 });
	}
	return WH_OK;
}

enum wh_err
plain_farewell(void *self, unsigned code, struct wh_str reason, struct wh_out *out)
{
	(void)self;
	wh_out_fmt(out, "BYE %u %.*s", code, WH_FMT(reason));
	return WH_OK;
}
