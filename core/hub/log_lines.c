/* See log_lines.h. */
#include "hub/log_lines.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "hub/command.h"
#include "hub/hub.h"
#include "hub/jsonrpc.h"
#include "hub/reach.h"

static void log_ask(struct hub *hub);

static struct log_lines *
log_of(struct hub *hub)
{
	if (hub->log_lines != NULL)
		return hub->log_lines;
	hub->log_lines = calloc(1, sizeof *hub->log_lines);
	if (hub->log_lines != NULL && wh_lines_init(&hub->log_lines->kept) != WH_OK)
		log_lines_finish(hub);
	return hub->log_lines;
}

void
log_lines_finish(struct hub *hub)
{
	struct log_lines *l = hub->log_lines;

	if (l == NULL)
		return;
	timer_stop(hub, l->timer);
	wh_lines_free(&l->kept);
	wh_buf_free(&l->scratch);
	wh_buf_free(&l->text);
	free(l);
	hub->log_lines = NULL;
}

/* Lines */

static bool
log_plain(struct wh_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '"' || s.p[i] == '=' || s.p[i] == '\\')
			return false;
	return s.n != 0;
}

static bool
log_own(struct wh_str key)
{
	return wh_str_is(key, "time") || wh_str_is(key, "level") || wh_str_is(key, "process");
}

void
log_lines_read(struct log_lines *l, const struct wh_line *line, struct wh_str *event, struct wh_str *text)
{
	struct wh_value object, value;
	struct wh_json_doc doc;
	struct wh_json_in in;
	struct wh_str key;
	size_t n_event = 0;

	wh_buf_reset(&l->text);
	if (wh_json_read(&doc, line->text, NULL, &l->scratch, &object, NULL) == WH_OK && object.type == WH_V_OBJECT &&
	    wh_json_get(&object, "event", &value) && value.type == WH_V_STR) {
		wh_buf_str(&l->text, value.s);
		n_event = l->text.n;
		for (in = wh_json_each(&object); wh_json_next(&in, &key, &value);) {
			if (log_own(key) || wh_str_is(key, "event"))
				continue;
			if (l->text.n > n_event)
				wh_buf_byte(&l->text, ' ');
			wh_buf_str(&l->text, key);
			wh_buf_byte(&l->text, '=');
			wh_buf_str(&l->text, value.type == WH_V_STR && log_plain(value.s) ? value.s : value.raw);
		}
	} else {
		/* No honest process of ours writes that. */
		wh_buf_str(&l->text, line->text);
	}
	*event = (struct wh_str){ l->text.p, n_event };
	*text = wh_str_from(wh_buf_slice(&l->text), n_event);
}

static bool
log_has(struct wh_str text, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= text.n; i++)
		if (strncasecmp(text.p + i, part, n) == 0)
			return true;
	return false;
}

/* Takes the line apart if it is to be looked into, or wanted. */
static bool
log_wants(struct log_lines *l, const struct log_filter *f, const struct wh_line *line, struct wh_str *event, struct wh_str *text)
{
	size_t n = strlen(f->process);

	if (line->level < f->level || line->time_ms < f->since_ms)
		return false;
	if (n != 0 && (strncmp(line->process, f->process, n) != 0 || (line->process[n] != '\0' && line->process[n] != ' ')))
		return false;
	log_lines_read(l, line, event, text);
	return f->match[0] == '\0' || log_has(*event, f->match) || log_has(*text, f->match);
}

/* Calls that wait */

static void
log_write(struct wh_json *w, const struct wh_line *line, struct wh_str event, struct wh_str text)
{
	wh_json_object(w, NULL);
	wh_json_uint(w, "seq", line->seq);
	wh_json_int(w, "time", line->time_ms);
	wh_json_text(w, "level", wh_log_level_name(line->level));
	wh_json_text(w, "process", line->process);
	wh_json_str(w, "event", event);
	wh_json_str(w, "text", text);
	wh_json_end(w);
}

/* From the first line that belongs into the answer: with `after` the oldest ones above it, else the newest there are. `n_out`: how many. */
static size_t
log_begin(struct log_lines *l, const struct log_waiter *waiter, size_t *n_out)
{
	struct wh_str event, text;
	struct wh_line line;
	size_t begin = l->kept.n, n = 0;

	for (size_t i = l->kept.n; i > 0 && (waiter->has_after || n < waiter->limit); i--) {
		wh_lines_at(&l->kept, i - 1, &line);
		if (waiter->has_after && line.seq <= waiter->after)
			break;
		if (!log_wants(l, &waiter->filter, &line, &event, &text))
			continue;
		begin = i - 1;
		n++;
	}
	*n_out = n;
	return begin;
}

/* An answer has CALL_REPLY_MAX bytes: of very long lines fewer fit, and `last` says where to go on. */
static void
log_answer(struct hub *hub, struct call *c, const struct log_waiter *waiter, size_t begin)
{
	enum { ANSWER_BYTES = CALL_REPLY_MAX / 4 };
	struct log_lines *l = hub->log_lines;
	struct wh_json *w = call_reply(c);
	struct wh_str event, text;
	uint64_t last = waiter->after;
	struct wh_line line;
	size_t n = 0, bytes = 0, i;

	wh_json_array(w, "lines");
	for (i = begin; i < l->kept.n && n < waiter->limit && bytes < ANSWER_BYTES; i++) {
		wh_lines_at(&l->kept, i, &line);
		last = line.seq;
		if (!log_wants(l, &waiter->filter, &line, &event, &text))
			continue;
		log_write(w, &line, event, text);
		bytes += line.text.n;
		n++;
	}
	wh_json_end(w);
	wh_json_uint(w, "last", i == l->kept.n && l->kept.last > last ? l->kept.last : last);
	wh_json_bool(w, "more", i < l->kept.n);
	wh_json_uint(w, "lost", l->kept.lost);
	call_done(c, WH_OK);
}

/* Answers those who have something, or have waited long enough. */
static void
log_answer_all(struct hub *hub)
{
	struct log_lines *l = hub->log_lines;

	for (unsigned i = 0; i < l->n_waiters;) {
		struct log_waiter waiter = l->waiters[i];
		struct call *c = call_find(hub, waiter.call);
		size_t n, begin;

		/* Another keeper counts from 1 again. */
		if (waiter.after > l->kept.last)
			waiter.after = 0;
		if (c != NULL) {
			begin = log_begin(l, &waiter, &n);
			if (n == 0 && waiter.has_after && hub->now_ms < waiter.until_ms) {
				i++;
				continue;
			}
		}
		l->waiters[i] = l->waiters[--l->n_waiters];
		if (c != NULL)
			log_answer(hub, c, &waiter, begin);
	}
}

/* Sessions that follow */

static void
log_unfollow(struct log_lines *l, wh_id session)
{
	for (unsigned i = 0; i < l->n_followers; i++)
		if (l->followers[i].session == session)
			l->followers[i--] = l->followers[--l->n_followers];
}

/* Whoever may no longer read the log, or came back over a listener where it is not served, is told nothing any more. */
static struct wh_session *
log_follower(struct hub *hub, const struct log_follower *f)
{
	struct wh_session *s = session_get(hub, f->session);

	return s != NULL && reach_may(hub, s, WH_STR("server.log.follow"), WH_ALLOW_ADMIN) ? s : NULL;
}

static void
log_tell(struct hub *hub, const struct wh_line *line)
{
	struct log_lines *l = hub->log_lines;
	struct wh_str event, text;

	for (unsigned i = 0; i < l->n_followers; i++) {
		struct log_follower *f = &l->followers[i];
		struct wh_session *s = log_follower(hub, f);

		if (s == NULL) {
			l->followers[i--] = l->followers[--l->n_followers];
			continue;
		}
		if (!log_wants(l, &f->filter, line, &event, &text))
			continue;
		if (f->told++ >= LOG_LINES_TOLD) {
			f->skipped++;
			continue;
		}
		const struct wh_item items[] = { WH_ITEM_INT("seq", (int64_t)line->seq), WH_ITEM_INT("time", line->time_ms),
			WH_ITEM_STR("level", wh_str(wh_log_level_name(line->level))), WH_ITEM_STR("process", wh_str(line->process)),
			WH_ITEM_STR("event", event), WH_ITEM_STR("text", text) };

		session_notify(hub, s, &(struct wh_event){ "server.log.line", items, sizeof items / sizeof *items });
	}
}

static void
log_tell_skipped(struct hub *hub)
{
	struct log_lines *l = hub->log_lines;

	for (unsigned i = 0; i < l->n_followers; i++) {
		struct log_follower *f = &l->followers[i];
		struct wh_session *s = f->skipped != 0 ? log_follower(hub, f) : NULL;

		if (s != NULL)
			session_notify(hub, s, &(struct wh_event){ "server.log.skipped", &WH_ITEM_INT("n", f->skipped), 1 });
		f->told = f->skipped = 0;
	}
}

/* The keeper */

static void
log_timer(void *self, uint64_t cookie)
{
	struct hub *hub = self;
	struct log_lines *l = hub->log_lines;

	(void)cookie;
	l->timer = 0;
	if (l->n_waiters + l->n_followers != 0)
		log_ask(hub);
}

static void
log_told(struct hub *hub, void *self, uint64_t cookie, enum wh_err err, struct wh_str text)
{
	struct log_lines *l = hub->log_lines;
	uint64_t newest = 0, before;
	struct wh_line line;

	(void)self, (void)cookie;
	if (l == NULL)
		return;
	l->asking = false;
	before = l->kept.last;
	if (err == WH_OK && wh_lines_head(&text, &newest, &l->kept.lost))
		while (wh_lines_next(&text, &line)) {
			wh_lines_add(&l->kept, &line);
			log_tell(hub, &line);
		}
	if (newest > l->kept.last && l->kept.last > before) {
		log_ask(hub);
		return;
	}
	log_tell_skipped(hub);
	log_answer_all(hub);
	if (l->n_waiters + l->n_followers != 0 && l->timer == 0)
		l->timer = timer_start(hub, NULL, "log lines", LOG_LINES_MS, 0, log_timer, hub, 0);
}

static void
log_ask(struct hub *hub)
{
	struct log_lines *l = hub->log_lines;
	char after[24];

	if (l->asking)
		return;
	snprintf(after, sizeof after, "%llu", (unsigned long long)l->kept.last);
	l->asking = channel_ask_lines(hub, wh_str(after), log_told, NULL, 0) == WH_OK;
	if (l->asking)
		return;
	/* The keeper can't be asked: nobody waits for what won't come. */
	for (unsigned i = 0; i < l->n_waiters; i++)
		l->waiters[i].until_ms = hub->now_ms;
	log_answer_all(hub);
}

/* The commands */

static void
log_filter_read(struct wh_call *call, struct log_filter *f)
{
	*f = (struct log_filter){ .level = WH_DEBUG };
	if (wh_arg_has(call, "level"))
		wh_log_level_named(wh_arg_str(call, "level"), &f->level);
	snprintf(f->process, sizeof f->process, "%.*s", WH_FMT(wh_arg_str(call, "process")));
	snprintf(f->match, sizeof f->match, "%.*s", WH_FMT(wh_arg_str(call, "match")));
}

enum wh_err
core_log_lines(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	struct log_lines *l = log_of(hub);
	struct log_waiter *waiter;
	int64_t wait = wh_arg_int(call, "wait"), most = hub->settings.call_timeout_ms * 3 / 4;

	if (l == NULL)
		return WH_ENOMEM;
	if (l->n_waiters == LOG_LINES_WAITERS)
		return wh_fail(call, WH_EFULL, "too many wait for the log already; try again");
	waiter = &l->waiters[l->n_waiters++];
	*waiter = (struct log_waiter){ .limit = (size_t)wh_arg_int(call, "limit"), .has_after = wh_arg_has(call, "after"),
		.after = (uint64_t)wh_arg_int(call, "after"), .until_ms = hub->now_ms + (wait < most ? wait : most) };
	log_filter_read(call, &waiter->filter);
	waiter->filter.since_ms = wh_arg_int(call, "since");
	waiter->call = wh_call_hold(call);
	log_ask(hub);
	return WH_WAIT;
}

enum wh_err
core_log_follow(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	struct wh_session *s = wh_call_session(call);
	struct log_lines *l = log_of(hub);

	if (l == NULL)
		return WH_ENOMEM;
	if (s->state != SESSION_ATTACHED || s->dialect == NULL || s->dialect->row != &jsonrpc_dialect)
		return wh_fail(call, WH_ESTATE, "only a WebSocket of whiply.v1 is told of lines; others ask server.log.lines with `after` and `wait`");
	log_unfollow(l, s->id);
	if (l->n_followers == LOG_LINES_FOLLOWERS)
		return wh_fail(call, WH_EFULL, "too many follow the log already");
	l->followers[l->n_followers] = (struct log_follower){ .session = s->id };
	log_filter_read(call, &l->followers[l->n_followers++].filter);
	wh_json_uint(wh_reply(call), "after", l->kept.last);
	log_ask(hub);
	return WH_OK;
}

enum wh_err
core_log_unfollow(void *self, struct wh_call *call)
{
	struct hub *hub = self;

	if (hub->log_lines != NULL)
		log_unfollow(hub->log_lines, wh_call_session(call)->id);
	return WH_OK;
}

#define LOG_FILTER_FIELDS \
	{ "level", WH_F_CHOICE, .choices = "debug|info|warn|error|fatal", .help = "lines of this level and above" }, \
	{ "process", WH_F_TEXT, .max = WH_LINES_PROCESS - 1, .help = "whose: hub, edge (all of them), edge 0, keeper, helper rules" }, \
	{ "match", WH_F_TEXT, .max = LOG_LINES_MATCH, .help = "only those that have this in them, in any case" }

const struct wh_field core_log_lines_fields[] = {
	LOG_FILTER_FIELDS,
	{ "since", WH_F_TIME, .help = "lines that came after this time" },
	{ "after", WH_F_INT, .min = 0, .max = INT64_C(9007199254740991), .help = "lines above this number, the oldest first; without: the newest" },
	{ "limit", WH_F_INT, .min = 1, .max = 1000, .def = "200", .help = "how many" },
	{ "wait", WH_F_DURATION, .def = "0", .max = 60000, .help = "with `after`: wait so long for a line, but no longer than 3/4 of hub.call_timeout" },
	{ 0 }
};

const struct wh_field core_log_follow_fields[] = {
	LOG_FILTER_FIELDS,
	{ 0 }
};
