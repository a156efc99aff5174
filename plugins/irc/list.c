/* LIST, page by page. What it takes stands between commas: names, which may have * and ? in them, of which one has to match; names behind `!`,
 * which must not; and bounds on how many people are there, and how many minutes ago it was made or its topic set. Of a single name the longest
 * piece is looked for by chat; the rest is left out here. */
#include <stdio.h>
#include <stdlib.h>

#include "irc.h"

enum { LIST_PAGE = 200, LIST_WAIT_MS = 600 };

/* A channel as the list has it. */
struct listed {
	char channel[IRC_CHANNEL + 2];
	int64_t members, created, topic_time, now;
};

static struct wh_str
result_str(const struct wh_value *result, const char *key)
{
	struct wh_value v;

	return wh_json_get(result, key, &v) && v.type == WH_V_STR ? v.s : WH_STR("");
}

static int64_t
result_int(const struct wh_value *result, const char *key)
{
	struct wh_value v;

	return wh_json_get(result, key, &v) && v.type == WH_V_INT ? v.i : 0;
}

/* ">5", "C<60": which bound, on what; '\0': it is none. */
static char
bound_read(struct wh_str part, char *sign_out, int64_t *number_out)
{
	char what = 'U', number[8];

	if (part.n > 1 && (part.p[0] == 'C' || part.p[0] == 'T') && (part.p[1] == '<' || part.p[1] == '>')) {
		what = part.p[0];
		part = wh_str_from(part, 1);
	}
	if (part.n < 2 || part.n > 8 || (part.p[0] != '<' && part.p[0] != '>'))
		return '\0';
	for (size_t i = 1; i < part.n; i++)
		if (part.p[i] < '0' || part.p[i] > '9')
			return '\0';
	*sign_out = part.p[0];
	text_flat(wh_str_from(part, 1), number, sizeof number);
	*number_out = strtoll(number, NULL, 10);
	return what;
}

static bool
bound_holds(const struct listed *is, char what, char sign, int64_t number)
{
	int64_t since = what == 'C' ? is->created : is->topic_time, minutes = (is->now - since) / 60000;

	if (what == 'U')
		return sign == '>' ? is->members > number : is->members < number;
	if (since == 0)
		return false;
	return sign == '>' ? minutes > number : minutes < number;
}

static bool
list_has(struct wh_str asked, const struct listed *is)
{
	bool named = false, found = false;
	struct wh_str part;
	int64_t number;
	char what, sign;

	while (next_part(&asked, ',', &part)) {
		what = bound_read(part, &sign, &number);
		if (what != '\0') {
			if (!bound_holds(is, what, sign, number))
				return false;
		} else if (part.p[0] == '!') {
			if (wh_mask_matches(wh_str_from(part, 1), wh_str(is->channel)))
				return false;
		} else {
			named = true;
			found = found || wh_mask_matches(part, wh_str(is->channel));
		}
	}
	return found || !named;
}

static struct wh_str
mask_piece(struct wh_str asked)
{
	struct wh_str best = { asked.p, 0 };
	int64_t number;
	char sign;

	if (asked.n == 0 || asked.p[0] == '!' || memchr(asked.p, ',', asked.n) != NULL || bound_read(asked, &sign, &number) != '\0')
		return best;
	for (size_t from = 0, i = 0; i <= asked.n; i++) {
		if (i < asked.n && strchr("*?#", asked.p[i]) == NULL)
			continue;
		if (i - from > best.n)
			best = (struct wh_str){ asked.p + from, i - from };
		from = i + 1;
	}
	return best;
}

/* Under way */

static void list_page(struct irc_client *c);

static void
list_over(struct irc_client *c)
{
	wh_timer_stop(c->irc->host, c->listing->timer);
	wh_delete(c->irc->host, c->listing);
	c->listing = NULL;
}

void
list_drop(struct irc_client *c)
{
	if (c->listing != NULL)
		list_over(c);
}

static void
list_again(void *self, uint64_t cookie)
{
	struct irc *irc = self;
	struct wh_session *s = wh_session_get(irc->host, cookie);
	struct irc_client *c = s != NULL ? client_of(irc, s) : NULL;

	if (c == NULL || c->listing == NULL)
		return;
	c->listing->timer = 0;
	list_page(c);
}

/* The rows of a page that were asked for. Where the next one begins goes to `after`; "": there is none. */
static void
list_rows(struct irc_out *out, const struct wh_value *v, const struct wh_value *rooms, struct irc_listing *listing)
{
	struct wh_json_in in = wh_json_each(rooms);
	struct wh_value room;

	while (wh_json_next(&in, NULL, &room)) {
		struct listed is = { .members = result_int(&room, "members"), .created = result_int(&room, "created"), .topic_time = result_int(&room, "topic_time"),
			.now = wh_wall_ms(out->irc->host) };
		char topic[IRC_TOPIC + 1];

		room_show(result_str(&room, "room"), is.channel);
		if (!list_has(wh_str(listing->asked), &is))
			continue;
		text_flat(result_str(&room, "topic"), topic, sizeof topic);
		out_numeric(out, 322, "%s %lld :%s", is.channel, (long long)is.members, topic);
	}
	text_flat(result_str(v, "next"), listing->after, sizeof listing->after);
}

/* All of it is one answer, however many pages it takes and however often that is too fast. */
static void
listed(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct irc_listing *listing = c->listing;
	struct wh_value v, rooms;
	struct irc_out out;

	(void)task;
	if (listing == NULL)
		return;
	if (err == WH_EFAST) {
		listing->timer = wh_timer_start(c->irc->host, LIST_WAIT_MS, 0, list_again, c->session);
		if (listing->timer != 0)
			return;
	}
	out_resume(&out, c, listing->batch);
	listing->after[0] = '\0';
	if (err != WH_OK || wh_json_read_text(c->irc->host, result, &v) != WH_OK || !wh_json_get(&v, "rooms", &rooms))
		out_numeric(&out, 263, "LIST :%.*s", WH_FMT(result));
	else
		list_rows(&out, &v, &rooms, listing);
	if (listing->after[0] != '\0') {
		out_pause(&out, listing->batch);
		list_page(c);
		return;
	}
	out_numeric(&out, 323, ":End of /LIST");
	out_end(&out);
	list_over(c);
}

static void
list_page(struct irc_client *c)
{
	struct irc_listing *listing = c->listing;
	struct irc_task *task = task_new(c, "LIST", WH_STR(""), WH_STR(""));
	const struct wh_str piece = mask_piece(wh_str(listing->asked));
	struct wh_item items[3];
	size_t n = 0;

	if (task == NULL) {
		list_over(c);
		return;
	}
	items[n++] = WH_ITEM_INT("limit", LIST_PAGE);
	if (piece.n != 0)
		items[n++] = WH_ITEM_STR("search", piece);
	if (listing->after[0] != '\0')
		items[n++] = WH_ITEM_STR("after", wh_str(listing->after));
	task->done = listed;
	task_run(task, "chat.rooms", items, n);
}

void
verb_list(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct irc_out out;

	if (c->listing != NULL) {
		irc_numeric(c, 263, "LIST :One list at a time; the one before is not over");
		return;
	}
	c->listing = wh_new(irc->host, sizeof *c->listing);
	if (c->listing == NULL) {
		irc_numeric(c, 263, "LIST :The server has no memory left; try again");
		return;
	}
	text_flat(line->n != 0 ? line->params[0] : WH_STR(""), c->listing->asked, sizeof c->listing->asked);
	out_begin(&out, c);
	out_several(&out);
	out_numeric(&out, 321, "Channel :Users  Name");
	out_pause(&out, c->listing->batch);
	list_page(c);
}
