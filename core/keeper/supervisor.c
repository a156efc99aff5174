/* Life and death of children: starting, dying, waiting, stopping. See supervisor.h. */
#include <stdio.h>
#include <stdlib.h>

#include <whiply/json.h>

#include "keeper/supervisor_build.h"

enum { SUPERVISOR_DEAF_MS = 1000 };

void
supervisor_init(struct supervisor *s, struct supervisor_host *host, struct wh_log *log, const struct wh_clock *clock)
{
	*s = (struct supervisor){ .host = host, .log = log, .clock = clock, .edges = 1, .stop_ms = 10000, .drain_ms = 30000, .healthy_ms = BACKOFF_HEALTHY_MS };
	wh_list_init(&s->children);
}

int64_t
supervisor_now(const struct supervisor *s)
{
	return wh_clock_mono_ms(s->clock);
}

struct child *
supervisor_hub(const struct supervisor *s)
{
	WH_LIST_EACH(at, &s->children)
		if (CHILD_OF(at)->kind == CHILD_HUB)
			return CHILD_OF(at);
	return NULL;
}

struct child *
child_by_process(const struct supervisor *s, uint32_t process)
{
	WH_LIST_EACH(at, &s->children)
		if (process != 0 && CHILD_OF(at)->process == process)
			return CHILD_OF(at);
	return NULL;
}

/* The next number that nobody living has. There are more numbers than children. */
static uint32_t
process_number(struct supervisor *s)
{
	do
		s->last_process = s->last_process % WH_PROCESS_MAX + 1;
	while (child_by_process(s, s->last_process) != NULL);
	return s->last_process;
}

struct child *
child_add(struct supervisor *s, enum child_kind kind, uint32_t index, const char *name)
{
	struct child *c = calloc(1, sizeof *c);

	if (c == NULL) {
		wh_log(s->log, WH_ERROR, "no_memory", WH_T("for", name));
		return NULL;
	}
	c->kind = kind;
	c->index = index;
	c->channel = -1;
	c->ring = c->leftover = WH_LINK_FDS_NONE;
	snprintf(c->name, sizeof c->name, "%s", name);
	wh_list_add_last(&s->children, &c->link);
	return c;
}

static void
child_free(struct child *c)
{
	wh_list_remove(&c->link);
	free(c);
}

void
child_kill(struct supervisor *s, struct child *c, const char *why)
{
	wh_log(s->log, WH_WARN, "killing", WH_T("child", c->name), WH_U("process", c->process), WH_T("why", why));
	s->host->ops->kill(s->host, c);
}

void
child_send(struct supervisor *s, struct child *c, const struct wh_channel_msg *m)
{
	enum wh_err err = s->host->ops->send(s->host, c, m);

	/* One that went away is about to be reported dead. */
	if (err != WH_OK && err != WH_EAWAY)
		child_kill(s, c, "it does not take messages");
}

static void
child_wait(struct supervisor *s, struct child *c)
{
	int64_t now = supervisor_now(s), delay = c->asked ? 0 : backoff_died(&c->backoff, now - c->started_ms, s->healthy_ms);

	c->state = CHILD_WAITING;
	c->process = 0;
	c->due_ms = now + delay;
	c->asked = c->ready = false;
	if (delay > 0)
		wh_log(s->log, WH_INFO, "restart_delayed", WH_T("child", c->name), WH_I("ms", delay));
}

void
child_start(struct supervisor *s, struct child *c)
{
	const struct supervisor_start *start = &s->start[c->kind];
	enum wh_err err;

	c->process = process_number(s);
	c->started_ms = supervisor_now(s);
	c->due_ms = 0;
	c->state = CHILD_RUNNING;
	c->starts++;
	if (c->kind == CHILD_EDGE)
		memcpy(c->sockets, start->sockets, sizeof c->sockets);
	err = s->host->ops->spawn(s->host, c);
	if (err != WH_OK) {
		wh_log(s->log, WH_ERROR, "spawn_failed", WH_T("child", c->name), WH_I("err", err));
		child_wait(s, c);
		/* Nothing ran, so nothing is gained by trying at once. */
		if (c->due_ms == supervisor_now(s))
			c->due_ms += 100;
		return;
	}
	wh_log(s->log, WH_INFO, "started", WH_T("child", c->name), WH_U("process", c->process), WH_I("pid", c->pid));
	child_send(s, c, &(struct wh_channel_msg){
		.kind = WH_CH_START, .process = c->process, .index = c->index, .text = wh_str(start->sockets),
		.n_fds = 1, .fds = { start->snapshot },
	});
}

/* Starts one and has it linked: a hub with everybody, the others with the hub. */
static void
child_start_and_join(struct supervisor *s, struct child *c)
{
	child_start(s, c);
	if (!child_lives(c))
		return;
	if (c->kind == CHILD_HUB)
		hub_join_all(s, c);
	else
		child_join(s, c);
}

static struct child *
edge_add(struct supervisor *s, uint32_t index)
{
	char name[WH_CHILD_NAME];

	snprintf(name, sizeof name, "edge %u", index);
	return child_add(s, CHILD_EDGE, index, name);
}

/* Before LINKS_END the hub knows all edges of a start, so all are started before anyone is linked. */
void
supervisor_begin(struct supervisor *s)
{
	struct child *hub = child_add(s, CHILD_HUB, 0, "hub");

	if (hub != NULL)
		child_start(s, hub);
	for (uint32_t i = 0; i < s->edges; i++) {
		struct child *edge = edge_add(s, i);

		if (edge != NULL)
			child_start(s, edge);
	}
	if (hub != NULL && child_lives(hub))
		hub_join_all(s, hub);
}

void
edge_leave(struct supervisor *s, struct child *c, uint32_t ms)
{
	c->state = CHILD_LEAVING;
	c->drain_ms = supervisor_now(s) + ms;
	c->due_ms = c->drain_ms + SUPERVISOR_GRACE_MS;
	child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_DRAIN, .ms = ms });
}

void
edge_replace(struct supervisor *s, struct child *old, uint32_t ms)
{
	struct child *new = edge_add(s, old->index);

	if (new == NULL)
		return;
	/* A child that came again and again in this place is not forgiven by being drained. */
	new->backoff = old->backoff;
	new->starts = old->starts;
	old->state = CHILD_LEAVING;
	child_start_and_join(s, new);
	edge_leave(s, old, ms);
}

/* The edges are gone, or all are: what comes next. */
static void
stop_advance(struct supervisor *s)
{
	bool edges = false, any = false;

	WH_LIST_EACH(at, &s->children) {
		any = true;
		edges |= CHILD_OF(at)->kind == CHILD_EDGE;
	}
	if (s->phase == SUPERVISOR_STOPS_EDGES && !edges) {
		s->phase = SUPERVISOR_STOPS_HUB;
		WH_LIST_EACH(at, &s->children) {
			struct child *c = CHILD_OF(at);

			c->state = CHILD_LEAVING;
			c->due_ms = s->stop_due_ms;
			child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_STOP });
		}
	}
	if (s->phase == SUPERVISOR_STOPS_HUB && !any) {
		s->phase = SUPERVISOR_STOPPED;
		s->host->ops->stopped(s->host);
	}
}

void
supervisor_stop(struct supervisor *s)
{
	int64_t now = supervisor_now(s);

	if (s->phase != SUPERVISOR_UP) {
		WH_LIST_EACH(at, &s->children)
			s->host->ops->kill(s->host, CHILD_OF(at));
		return;
	}
	s->phase = SUPERVISOR_STOPS_EDGES;
	s->stop_due_ms = now + s->stop_ms;
	WH_LIST_EACH(at, &s->children) {
		struct child *c = CHILD_OF(at);

		if (!child_lives(c)) {
			child_free(c);
		} else if (c->kind == CHILD_EDGE) {
			c->state = CHILD_LEAVING;
			c->due_ms = now + s->stop_ms / 2;
			child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_STOP });
		}
	}
	stop_advance(s);
}

void
supervisor_deaf(struct supervisor *s, struct child *c)
{
	int64_t due = supervisor_now(s) + SUPERVISOR_DEAF_MS;

	if (c->due_ms == 0 || c->due_ms > due)
		c->due_ms = due;
}

void
supervisor_died(struct supervisor *s, struct child *c, const char *how)
{
	bool expected = c->state == CHILD_LEAVING || c->asked;

	wh_log(s->log, expected ? WH_INFO : WH_ERROR, expected ? "ended" : "died", WH_T("child", c->name), WH_U("process", c->process),
		WH_I("pid", c->pid), WH_T("how", how),
		WH_T("last_words", c->last_words != NULL && c->last_words[0] != '\0' && !expected ? c->last_words : NULL),
		WH_I("lived_ms", supervisor_now(s) - c->started_ms));
	reload_answered(s, c, WH_OK, (struct wh_str){ NULL, 0 });
	child_part(s, c);
	s->host->ops->release(s->host, c);
	c->process = 0;
	if (c->kind == CHILD_HUB) {
		s->leftovers_due_ms = 0;
		hub_died(s);
	}
	if (c->state == CHILD_LEAVING || s->phase != SUPERVISOR_UP) {
		child_free(c);
		if (s->phase != SUPERVISOR_UP)
			stop_advance(s);
		return;
	}
	child_wait(s, c);
	if (c->due_ms <= supervisor_now(s))
		child_start_and_join(s, c);
}

int64_t
supervisor_due(const struct supervisor *s)
{
	int64_t due = s->reload_due_ms != 0 ? s->reload_due_ms : INT64_MAX;

	if (s->leftovers_due_ms != 0 && s->leftovers_due_ms < due)
		due = s->leftovers_due_ms;
	WH_LIST_EACH(at, &s->children) {
		const struct child *c = CHILD_OF(at);

		if ((c->state == CHILD_WAITING || c->due_ms != 0) && c->due_ms < due)
			due = c->due_ms;
	}
	return due;
}

void
supervisor_tick(struct supervisor *s)
{
	int64_t now = supervisor_now(s);

	WH_LIST_EACH(at, &s->children) {
		struct child *c = CHILD_OF(at);

		if (c->state == CHILD_WAITING && c->due_ms <= now) {
			child_start_and_join(s, c);
		} else if (c->state != CHILD_WAITING && c->due_ms != 0 && c->due_ms <= now) {
			c->due_ms = 0;
			child_kill(s, c, "its time is over");
		}
	}
	if (s->leftovers_due_ms != 0 && s->leftovers_due_ms <= now)
		leftovers_free(s);
	if (s->reload_due_ms != 0 && s->reload_due_ms <= now) {
		WH_LIST_EACH(at, &s->children)
			if (CHILD_OF(at)->reloading)
				reload_answered(s, CHILD_OF(at), WH_ETIME, WH_STR("no answer to the reload"));
	}
}

/* Edges up to the wanted number; those over it are drained with nobody in their place. */
static void
edges_count(struct supervisor *s, unsigned edges)
{
	WH_LIST_EACH(at, &s->children) {
		struct child *c = CHILD_OF(at);

		if (c->kind != CHILD_EDGE || c->state == CHILD_LEAVING || c->index < edges)
			continue;
		if (!child_lives(c)) {
			child_free(c);
			continue;
		}
		edge_leave(s, c, (uint32_t)s->drain_ms);
	}
	for (uint32_t i = s->edges; i < edges; i++) {
		struct child *c = edge_add(s, i);

		if (c != NULL)
			child_start_and_join(s, c);
	}
	s->edges = edges;
}

static void
reload_begin(struct supervisor *s)
{
	s->reload_due_ms = supervisor_now(s) + SUPERVISOR_RELOAD_MS;
	s->reload_err = WH_OK;
	s->reload_text[0] = '\0';
}

static void
reload_ask(struct supervisor *s, struct child *c)
{
	c->reloading = true;
	child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_RELOAD, .n_fds = 1, .fds = { s->start[c->kind].snapshot } });
}

void
supervisor_reload(struct supervisor *s, unsigned edges, bool replace_edges)
{
	const struct wh_list *last = s->children.prev;	/* those that come behind it have the new snapshot */

	reload_begin(s);
	for (struct wh_list *at = s->children.next, *next; at != &s->children; at = next) {
		struct child *c = CHILD_OF(at);
		bool is_last = at == last;

		next = at->next;
		if (c->state == CHILD_RUNNING && c->kind == CHILD_EDGE && replace_edges) {
			if (c->index < edges)
				edge_replace(s, c, (uint32_t)s->drain_ms);
		} else if (c->state == CHILD_RUNNING && c->kind != CHILD_HELPER) {
			reload_ask(s, c);
		}
		if (is_last)
			break;
	}
	edges_count(s, edges);
	reload_answered(s, NULL, WH_OK, (struct wh_str){ NULL, 0 });
}

void
supervisor_reload_edges(struct supervisor *s)
{
	reload_begin(s);
	WH_LIST_EACH(at, &s->children)
		if (CHILD_OF(at)->kind == CHILD_EDGE && CHILD_OF(at)->state == CHILD_RUNNING)
			reload_ask(s, CHILD_OF(at));
	reload_answered(s, NULL, WH_OK, (struct wh_str){ NULL, 0 });
}

void
reload_answered(struct supervisor *s, struct child *c, enum wh_err err, struct wh_str text)
{
	if (s->reload_due_ms == 0 || (c != NULL && !c->reloading))
		return;
	if (c != NULL)
		c->reloading = false;
	if (err != WH_OK) {
		wh_log(s->log, WH_ERROR, "reload_refused", WH_T("child", c != NULL ? c->name : NULL), WH_I("err", err), WH_S("text", text));
		s->reload_err = err;
		snprintf(s->reload_text, sizeof s->reload_text, "%s: %.*s", c != NULL ? c->name : "", (int)(text.n < 4000 ? text.n : 4000),
			text.p != NULL ? text.p : "");
	}
	WH_LIST_EACH(at, &s->children)
		if (CHILD_OF(at)->reloading)
			return;
	s->reload_due_ms = 0;
	s->host->ops->reloaded(s->host, s->reload_err, wh_str(s->reload_text));
}

void
supervisor_status(const struct supervisor *s, struct wh_json *w)
{
	static const char *const states[] = { "waiting", "running", "leaving" };

	wh_json_array(w, "processes");
	WH_LIST_EACH(at, &s->children) {
		const struct child *c = CHILD_OF(at);

		wh_json_object(w, NULL);
		wh_json_text(w, "name", c->name);
		wh_json_text(w, "state", states[c->state]);
		if (child_lives(c)) {
			wh_json_uint(w, "process", c->process);
			wh_json_int(w, "pid", c->pid);
			wh_json_int(w, "up_ms", supervisor_now(s) - c->started_ms);
		}
		wh_json_uint(w, "starts", c->starts);
		if (c->drain_ms != 0)
			wh_json_bool(w, "draining", true);
		/* Without it they may go on for as long as they last. */
		if (c->drain_ms != 0 && c->drain_ms != INT64_MAX)
			wh_json_int(w, "left_ms", c->drain_ms > supervisor_now(s) ? c->drain_ms - supervisor_now(s) : 0);
		wh_json_end(w);
	}
	wh_json_end(w);
}

void
supervisor_finish(struct supervisor *s)
{
	WH_LIST_EACH(at, &s->children) {
		struct child *c = CHILD_OF(at);

		if (c->linked)
			s->host->ops->link_close(s->host, &c->ring);
		if (c->has_leftover)
			s->host->ops->link_close(s->host, &c->leftover);
		child_free(c);
	}
}
