/* What children say, and how far each is believed: the hub may have edges and helpers ended and ask for things; an edge may
 * accuse the hub, and nobody else; a helper may accuse the hub too. What nobody may say is dropped with a warning. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "keeper/supervisor_build.h"

static void
told_accusation(struct supervisor *s, const struct child *c, const struct wh_channel_msg *m)
{
	struct child *accused = child_by_process(s, m->process);

	if (accused == NULL || accused == c || (c->kind != CHILD_HUB && accused->kind != CHILD_HUB))
		return;
	wh_log(s->log, WH_ERROR, m->kind == WH_CH_STUCK ? "stuck" : "bad_record", WH_T("child", accused->name), WH_U("process", m->process),
		WH_T("said_by", c->name), WH_S("text", m->text));
	child_kill(s, accused, m->kind == WH_CH_STUCK ? "it is stuck" : "it wrote a bad record");
}

static bool
told_is_name(struct wh_str name, size_t max)
{
	if (name.n == 0 || name.n > max || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char ch = name.p[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' || ch == '.'))
			return false;
	}
	return true;
}

/* A helper that is there already, and not on its way out, is the one that was meant. */
static void
told_helper(struct supervisor *s, struct wh_str text)
{
	const char *blank = text.n > 0 ? memchr(text.p, ' ', text.n) : NULL;
	struct wh_str name = { text.p, blank != NULL ? (size_t)(blank - text.p) : 0 };
	struct wh_str program = wh_str_from(text, name.n + 1);
	char full[WH_CHILD_NAME];
	unsigned helpers = 0;
	struct child *c;

	if (!told_is_name(name, WH_CHILD_NAME - sizeof "helper ") || !told_is_name(program, sizeof c->program - 1)) {
		wh_log(s->log, WH_ERROR, "helper_refused", WH_S("asked", text), WH_T("why", "not a name and the file name of a program"));
		return;
	}
	snprintf(full, sizeof full, "helper %.*s", WH_FMT(name));
	WH_LIST_EACH(at, &s->children) {
		helpers += CHILD_OF(at)->kind == CHILD_HELPER;
		if (CHILD_OF(at)->state != CHILD_LEAVING && strcmp(CHILD_OF(at)->name, full) == 0)
			return;
	}
	if (helpers >= 2 * SUPERVISOR_HELPERS) {
		wh_log(s->log, WH_ERROR, "helper_refused", WH_S("asked", text), WH_T("why", "too many helpers"));
		return;
	}
	c = child_add(s, CHILD_HELPER, 0, full);
	if (c == NULL)
		return;
	snprintf(c->program, sizeof c->program, "%.*s", WH_FMT(program));
	child_start(s, c);
	child_join(s, c);
}

static void
child_end_for_restart(struct supervisor *s, struct child *c)
{
	if (c->state != CHILD_RUNNING || c->asked)
		return;
	c->asked = true;
	c->due_ms = supervisor_now(s) + s->stop_ms;
	child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_STOP });
}

enum wh_err
supervisor_restart(struct supervisor *s, struct wh_str what)
{
	enum wh_err err = WH_ENOENT;
	const struct wh_list *last = s->children.prev;

	if (wh_str_is(what, "edges")) {
		for (struct wh_list *at = s->children.next, *next; at != &s->children; at = next) {
			bool is_last = at == last;

			next = at->next;
			if (CHILD_OF(at)->kind == CHILD_EDGE && CHILD_OF(at)->state == CHILD_RUNNING)
				edge_replace(s, CHILD_OF(at), (uint32_t)s->drain_ms);
			if (is_last)
				break;
		}
		return WH_OK;
	}
	WH_LIST_EACH(at, &s->children) {
		struct child *c = CHILD_OF(at);

		if (c->kind == CHILD_EDGE || !wh_str_is(what, c->name))
			continue;
		child_end_for_restart(s, c);
		err = WH_OK;
	}
	return err;
}

enum wh_err
supervisor_drain(struct supervisor *s, uint32_t process, uint32_t ms)
{
	struct child *c = child_by_process(s, process);

	if (c == NULL || c->kind != CHILD_EDGE || (c->state != CHILD_RUNNING && c->drain_ms == 0))
		return WH_ENOENT;
	if (c->state == CHILD_RUNNING)
		edge_replace(s, c, ms);
	else if (c->drain_ms > supervisor_now(s))
		edge_leave(s, c, ms);
	else
		return WH_ESTATE;
	return WH_OK;
}

enum wh_err
supervisor_drain_keep(struct supervisor *s, uint32_t process)
{
	struct child *c = child_by_process(s, process);

	if (c == NULL || c->drain_ms == 0)
		return WH_ENOENT;
	if (c->drain_ms <= supervisor_now(s))
		return WH_ESTATE;
	c->drain_ms = INT64_MAX;
	c->due_ms = 0;
	child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_DRAIN, .flags = WH_CH_KEEP });
	return WH_OK;
}

static void
told_answer(struct supervisor *s, enum wh_channel_kind kind, enum wh_err err, struct wh_str text)
{
	struct child *hub = supervisor_hub(s);
	const size_t most = WH_CHANNEL_MAX / 2;

	if (text.n > most)
		text.n = most;
	if (hub != NULL && child_lives(hub))
		child_send(s, hub, &(struct wh_channel_msg){ .kind = kind, .err = err, .text = text });
}

void
supervisor_reloaded(struct supervisor *s, enum wh_err err, struct wh_str text)
{
	told_answer(s, WH_CH_RELOADED, err, text);
}

void
supervisor_configured(struct supervisor *s, enum wh_err err, struct wh_str text)
{
	told_answer(s, WH_CH_CONFIGURED, err, text);
}

static void
told_status(struct supervisor *s, struct child *c)
{
	struct wh_buf text = { .max = WH_CHANNEL_MAX / 2 };
	struct wh_json w;

	wh_json_begin(&w, &text);
	wh_json_object(&w, NULL);
	supervisor_status(s, &w);
	wh_json_end(&w);
	if (wh_json_finish(&w))
		child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_STATUS, .text = wh_buf_slice(&text) });
	wh_buf_free(&text);
}

/* Whose line it is the channel says. */
static void
told_line(struct supervisor *s, struct child *c, const struct wh_channel_msg *m)
{
	int64_t now = supervisor_now(s);
	bool taken;

	if (now - c->lines_ms >= 1000) {
		c->lines_ms = now;
		c->lines = 0;
	}
	taken = m->index <= WH_FATAL && m->text.n != 0 && c->lines < SUPERVISOR_LINES;
	c->lines += taken;
	s->host->ops->line(s->host, c, taken ? (enum wh_level)m->index : WH_DEBUG, taken ? m->text : (struct wh_str){ NULL, 0 }, m->ms + !taken);
}

static void
told_ask_lines(struct supervisor *s, struct child *c, struct wh_str after)
{
	struct wh_buf text = { .max = WH_CHANNEL_MAX };
	char number[24];

	snprintf(number, sizeof number, "%.*s", WH_FMT(after));
	s->host->ops->lines(s->host, strtoull(number, NULL, 10), &text);
	if (!text.failed)
		child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_LINES, .text = wh_buf_slice(&text) });
	wh_buf_free(&text);
}

/* Is it one of those that the hub means? Edges that serve are drained; those that are drained may be kept. */
static bool
told_drain_means(const struct child *c, const struct wh_channel_msg *m)
{
	bool keep = (m->flags & WH_CH_KEEP) != 0;

	if (c->kind != CHILD_EDGE)
		return false;
	if (m->process != 0)
		return c->process == m->process;
	return (keep ? c->drain_ms != 0 : c->state == CHILD_RUNNING) && (wh_str_is(m->text, "edges") || wh_str_is(m->text, c->name));
}

static void
told_drain(struct supervisor *s, struct child *hub, const struct wh_channel_msg *m)
{
	bool keep = (m->flags & WH_CH_KEEP) != 0;
	struct wh_buf text = { .max = WH_CHANNEL_MAX / 2 };
	const struct wh_list *last = s->children.prev;
	enum wh_err err = WH_ENOENT;
	unsigned n = 0;
	struct wh_json w;

	wh_json_begin(&w, &text);
	wh_json_array(&w, NULL);
	/* Edges that come in the place of others stand behind the last. */
	for (struct wh_list *at = s->children.next; at != &s->children; at = at->next) {
		struct child *c = CHILD_OF(at);

		if (told_drain_means(c, m)) {
			err = keep ? supervisor_drain_keep(s, c->process) : supervisor_drain(s, c->process, m->ms);
			n += err == WH_OK;
			if (err == WH_OK) {
				wh_json_object(&w, NULL);
				wh_json_uint(&w, "edge", c->index);
				wh_json_uint(&w, "process", c->process);
				wh_json_end(&w);
			}
		}
		if (at == last)
			break;
	}
	wh_json_end(&w);
	if (n == 0 || !wh_json_finish(&w)) {
		wh_buf_reset(&text);
		wh_buf_text(&text, err == WH_ESTATE ? "its clients were told to go already" : keep ? "no such edge is drained" : "there is no such edge");
	} else {
		err = WH_OK;
	}
	child_send(s, hub, &(struct wh_channel_msg){ .kind = WH_CH_DRAINING, .err = err, .text = wh_buf_slice(&text) });
	wh_buf_free(&text);
}

/* What only the hub may ask. */
static void
told_by_hub(struct supervisor *s, struct child *c, const struct wh_channel_msg *m)
{
	switch (m->kind) {
	case WH_CH_READY:
		if (!c->ready) {
			c->ready = true;
			s->leftovers_due_ms = supervisor_now(s) + BACKOFF_HEALTHY_MS;
			wh_log(s->log, WH_INFO, "ready", WH_I("ms", supervisor_now(s) - c->started_ms));
			s->host->ops->ready(s->host);
		}
		return;
	case WH_CH_ASK_RELOAD:
		s->host->ops->ask_reload(s->host);
		return;
	case WH_CH_ASK_CONFIGURE:
		s->host->ops->ask_configure(s->host, m->text);
		return;
	case WH_CH_ASK_RESTART:
		if (supervisor_restart(s, m->text) != WH_OK)
			wh_log(s->log, WH_WARN, "restart_of_nobody", WH_S("what", m->text));
		return;
	case WH_CH_ASK_DRAIN:
		told_drain(s, c, m);
		return;
	case WH_CH_ASK_HELPER:
		told_helper(s, m->text);
		return;
	case WH_CH_ASK_STATUS:
		told_status(s, c);
		return;
	case WH_CH_ASK_LINES:
		told_ask_lines(s, c, m->text);
		return;
	default:
		wh_log(s->log, WH_WARN, "unexpected_message", WH_T("child", c->name), WH_U("kind", m->kind));
	}
}

void
supervisor_told(struct supervisor *s, struct child *c, struct wh_channel_msg *m)
{
	wh_channel_msg_close(m);
	switch (m->kind) {
	case WH_CH_BAD_RECORD:
	case WH_CH_STUCK:
		told_accusation(s, c, m);
		return;
	case WH_CH_RELOADED:
		reload_answered(s, c, m->err, m->text);
		return;
	case WH_CH_LINE:
		told_line(s, c, m);
		return;
	case WH_CH_DRAINED:
		/* It ends by itself now, or its time comes. */
		return;
	default:
		break;
	}
	if (s->phase != SUPERVISOR_UP || c->state != CHILD_RUNNING)
		return;
	if (c->kind == CHILD_HUB)
		told_by_hub(s, c, m);
	else if (m->kind == WH_CH_READY)
		c->ready = true;
	else
		wh_log(s->log, WH_WARN, "unexpected_message", WH_T("child", c->name), WH_U("kind", m->kind));
}
