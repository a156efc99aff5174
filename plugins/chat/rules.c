/* What an owner chooses for a room: its rules, as chat.set takes them, the log tells them, and the store keeps them. A room that has said
 * nothing else has the rules that are all zeros, but for `links`. */
#include <stdio.h>
#include <stdlib.h>

#include "chat.h"

static const char *const access_words[] = { "public", "unlisted", "invited", "key", "whisper" };
static const char *const speaker_words[] = { "all", "registered", "voice", "moderators" };
static const char *const colour_words[] = { "kept", "stripped", "refused" };

enum { PACE_TEXT = 32, PACE_COUNT = 1000, PACE_SECONDS = 3600 };

static void
pace_write(const struct chat_pace *pace, char to[static PACE_TEXT])
{
	to[0] = '\0';
	if (pace->count != 0)
		snprintf(to, PACE_TEXT, "%d/%ds", (int)pace->count, (int)(pace->ms / 1000));
}

static bool
number_take(struct wh_str *text, int64_t most, int64_t *out)
{
	size_t n = 0;

	for (*out = 0; n < text->n && n < 6 && text->p[n] >= '0' && text->p[n] <= '9'; n++)
		*out = *out * 10 + (text->p[n] - '0');
	*text = wh_str_from(*text, n);
	return n != 0 && *out != 0 && *out <= most;
}

/* "5/10s", or as IRC has it "5:10"; nothing, or "0": none. */
static bool
pace_read(struct wh_str text, struct chat_pace *out)
{
	int64_t count, seconds;

	*out = (struct chat_pace){ .count = 0 };
	if (text.n == 0 || wh_str_is(text, "0"))
		return true;
	if (!number_take(&text, PACE_COUNT, &count) || text.n < 2 || (text.p[0] != '/' && text.p[0] != ':'))
		return false;
	text = wh_str_from(text, 1);
	if (!number_take(&text, PACE_SECONDS, &seconds) || (text.n != 0 && !wh_str_is(text, "s")))
		return false;
	*out = (struct chat_pace){ .count = count, .ms = seconds * 1000 };
	return true;
}

/* Each one costs its share of the time, and what is owed may not exceed all of it: so many at once, and then one by one. */
bool
pace_takes(const struct chat_pace *pace, int64_t paid_ms, int64_t now, int64_t *wait_out)
{
	*wait_out = pace->count != 0 ? pace_after(pace, paid_ms, now) - now - pace->ms : 0;
	return *wait_out <= 0;
}

int64_t
pace_after(const struct chat_pace *pace, int64_t paid_ms, int64_t now)
{
	return (paid_ms > now ? paid_ms : now) + (pace->count != 0 ? pace->ms / pace->count : 0);
}

/* What `was` is of: the same without the end of the object. */
static int
rules_text(const struct chat_rules *r, char *to, size_t cap)
{
	char flood[PACE_TEXT], joins[PACE_TEXT];

	pace_write(&r->flood, flood);
	pace_write(&r->joins, joins);
	return snprintf(to, cap, "{\"access\":\"%s\",\"speakers\":\"%s\",\"slow\":%lld,\"min_age\":%lld,\"keep\":%lld,\"links\":%s,\"enter\":\"%s\","
	    "\"limit\":%lld,\"flood\":\"%s\",\"joins\":\"%s\",\"colours\":\"%s\",\"notices\":%s,\"topics\":\"%s\",\"past\":\"%s\"",
	    access_words[r->access], speaker_words[r->speakers], (long long)r->slow_ms, (long long)r->min_age_ms, (long long)r->keep_ms,
	    r->links ? "true" : "false", r->accounts_only ? "registered" : "all", (long long)r->limit, flood, joins, colour_words[r->colours],
	    r->no_notices ? "false" : "true", r->topics_free ? "all" : "moderators", r->past_hidden ? "moderators" : "all");
}

struct wh_str
rules_json(const struct chat_rules *rules, char to[static RULES_JSON])
{
	int n = rules_text(rules, to, RULES_JSON - 1);

	to[n++] = '}';
	return (struct wh_str){ to, (size_t)n };
}

void
rules_read(const struct wh_rows *rows, size_t at, struct chat_rules *r)
{
	r->accounts_only = wh_row_int(rows, 0, at) != 0;
	r->colours = (enum chat_colours)wh_row_int(rows, 0, at + 1);
	r->no_notices = wh_row_int(rows, 0, at + 2) != 0;
	r->topics_free = wh_row_int(rows, 0, at + 3) != 0;
	r->past_hidden = wh_row_int(rows, 0, at + 4) != 0;
	r->limit = wh_row_int(rows, 0, at + 5);
	r->flood = (struct chat_pace){ wh_row_int(rows, 0, at + 6), wh_row_int(rows, 0, at + 7) };
	r->joins = (struct chat_pace){ wh_row_int(rows, 0, at + 8), wh_row_int(rows, 0, at + 9) };
}

static int
word_of(struct wh_str word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (wh_str_is(word, words[i]))
			return i;
	return 0;	/* the table of fields knows them all */
}

/* What the call changes. NULL, or what is wrong. */
static const char *
rules_change(struct wh_call *call, struct chat_rules *r)
{
	if (wh_arg_has(call, "access"))
		r->access = (enum chat_access)word_of(wh_arg_str(call, "access"), access_words, 4);
	if (wh_arg_has(call, "speakers"))
		r->speakers = (enum chat_speakers)word_of(wh_arg_str(call, "speakers"), speaker_words, 4);
	if (wh_arg_has(call, "slow"))
		r->slow_ms = wh_arg_int(call, "slow");
	if (wh_arg_has(call, "min_age"))
		r->min_age_ms = wh_arg_int(call, "min_age");
	if (wh_arg_has(call, "keep"))
		r->keep_ms = wh_arg_int(call, "keep");
	if (wh_arg_has(call, "links"))
		r->links = wh_arg_bool(call, "links");
	if (wh_arg_has(call, "key"))
		snprintf(r->key, sizeof r->key, "%.*s", WH_FMT(wh_arg_str(call, "key")));
	if (wh_arg_has(call, "enter"))
		r->accounts_only = wh_str_is(wh_arg_str(call, "enter"), "registered");
	if (wh_arg_has(call, "limit"))
		r->limit = wh_arg_int(call, "limit");
	if (wh_arg_has(call, "colours"))
		r->colours = (enum chat_colours)word_of(wh_arg_str(call, "colours"), colour_words, 3);
	if (wh_arg_has(call, "notices"))
		r->no_notices = !wh_arg_bool(call, "notices");
	if (wh_arg_has(call, "topics"))
		r->topics_free = wh_str_is(wh_arg_str(call, "topics"), "all");
	if (wh_arg_has(call, "past"))
		r->past_hidden = wh_str_is(wh_arg_str(call, "past"), "moderators");
	if ((wh_arg_has(call, "flood") && !pace_read(wh_arg_str(call, "flood"), &r->flood)) ||
	    (wh_arg_has(call, "joins") && !pace_read(wh_arg_str(call, "joins"), &r->joins)))
		return "write 5/10s for 5 in 10 seconds: at most 1000, in at most 3600 seconds; 0 for as many as one likes";
	if (r->access == CHAT_KEYED && r->key[0] == '\0')
		return "a room with a key needs one: set key as well";
	return NULL;
}

static enum wh_err
set_go(struct chat *chat, struct wh_call *call, struct chat_room *room)
{
	const struct wh_identity *who = wh_session_identity(chat->host, wh_call_session(call));
	const struct chat_rules was = room->setting != 0 ? room->asked : room->rules;
	struct chat_rules rules = was;
	struct chat_entry e = { .id = chat_next_id(chat), .time = wh_wall_ms(chat->host), .kind = CHAT_RULES, .who = who->id, .name = who->name };
	char extra[2 * RULES_JSON];
	const char *why;
	int n;

	if (room_rank(room, wh_call_session(call)) < CHAT_MANAGER)
		return wh_fail(call, WH_EPERM, "only the room's owners and managers may do that");
	why = rules_change(call, &rules);
	if (why != NULL)
		return wh_fail(call, WH_EINVAL, why);
	n = rules_text(&rules, extra, RULES_JSON);
	n += snprintf(extra + n, sizeof extra - (size_t)n, ",\"was\":");
	n += rules_text(&was, extra + n, sizeof extra - (size_t)n);
	n += snprintf(extra + n, sizeof extra - (size_t)n, "}}");
	e.extra = (struct wh_str){ extra, (size_t)n };
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_INT(rules.access), WH_CELL_INT(rules.speakers), WH_CELL_INT(rules.slow_ms),
		WH_CELL_INT(rules.min_age_ms), WH_CELL_INT(rules.keep_ms), WH_CELL_INT(rules.links), WH_CELL_TEXT(wh_str(rules.key)),
		WH_CELL_INT(rules.accounts_only), WH_CELL_INT(rules.colours), WH_CELL_INT(rules.no_notices), WH_CELL_INT(rules.topics_free),
		WH_CELL_INT(rules.past_hidden), WH_CELL_INT(rules.limit), WH_CELL_INT(rules.flood.count), WH_CELL_INT(rules.flood.ms),
		WH_CELL_INT(rules.joins.count), WH_CELL_INT(rules.joins.ms) };

	e.rules = &rules;
	return chat_append(room, call, &e, (struct wh_str){ NULL, 0 },
	    &(struct wh_step){ Q_ROOM_RULES, cells, sizeof cells / sizeof cells[0], WH_ONE }, "the room is gone", NULL, 0, NULL);
}

enum wh_err
rules_set(void *self, struct wh_call *call)
{
	return room_with_member(self, call, set_go);
}
