/* The edge process: setting up, the loop and its turns, what the keeper says. */
#include "config.h"
#include "edge/edge.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/random.h"

enum { EDGE_FIRST_TICK = 1000, EDGE_STOP_MS = 1000, EDGE_JITTER_MS = 5000 };

void
edge_wake(struct edge *e)
{
	if (e->awake)
		return;
	e->awake = true;
	e->now_ns = wh_clock_mono_ns(NULL);
	e->wall_ms = wh_clock_wall_ms(NULL);
	e->tick = EDGE_FIRST_TICK + (uint32_t)((e->now_ns - e->start_ns) / (HEARTBEAT_TICK_MS * WH_NS_PER_MS));
}

struct wh_str
edge_date(struct edge *e)
{
	if (e->date_s != e->wall_ms / 1000) {
		e->date_s = e->wall_ms / 1000;
		wh_clock_http_date(e->wall_ms, e->date_text);
	}
	return (struct wh_str){ e->date_text, WH_HTTP_DATE_SIZE - 1 };
}

static void
edge_tick_event(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	edge_wake(arg);
}

static void
edge_status(struct edge *e)
{
	struct wh_channel_msg m = { .kind = WH_CH_STATUS, .fds = { -1, -1, -1 } };

	wh_buf_reset(&e->scratch);
	wh_buf_fmt(&e->scratch, "{\"connections\":%u,\"websocket\":%llu,\"line\":%llu,\"http\":%llu,\"groups\":%zu,\"hub\":%u,\"live\":%s}",
	    e->limits.connections, (unsigned long long)e->metrics[WH_EDGE_CONNECTIONS_WS],
	    (unsigned long long)e->metrics[WH_EDGE_CONNECTIONS_LINE], (unsigned long long)e->metrics[WH_EDGE_CONNECTIONS_HTTP],
	    e->groups.by_id.n, e->link.process, e->link.phase == LINK_LIVE ? "true" : "false");
	m.text = wh_buf_slice(&e->scratch);
	(void)wh_child_say(e->child, &m);
}

static struct wh_ws_deflater *
edge_deflater(const struct edge_settings *s)
{
	struct wh_ws_deflate_settings d = WH_WS_DEFLATE_SETTINGS;

	d.level = s->websocket.deflate_level;
	d.min = s->websocket.deflate_min;
	return wh_ws_deflater_new(&d);
}

/* One process cannot hold more connections than descriptors, whatever the settings say. */
static void
edge_clamp(struct edge_settings *s)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
		return;
	uint32_t most = r.rlim_cur > EDGE_SPARE_FDS * 2 ? (uint32_t)r.rlim_cur - EDGE_SPARE_FDS : EDGE_SPARE_FDS;

	if (s->limits.connections > most)
		s->limits.connections = most;
}

static void
edge_reload(struct edge *e, struct wh_channel_msg *m)
{
	struct wh_channel_msg answer = { .kind = WH_CH_RELOADED, .fds = { -1, -1, -1 } };
	struct wh_conf_errors errors = { 0 };
	struct edge_settings *s = NULL;
	struct wh_snapshot *snap = NULL;
	uint32_t connections = e->settings->limits.connections;

	answer.err = wh_child_open_reload(e->child, m, &snap);
	if (answer.err == WH_OK)
		answer.err = edge_settings_read(snap, &errors, &s);
	if (answer.err == WH_OK)
		answer.err = listeners_reload(e, s);
	if (answer.err == WH_OK) {
		struct wh_ws_deflater *fresh = edge_deflater(s);

		edge_settings_drop(&e->settings);
		e->settings = s;
		/* getrlimit is behind the sandbox; the tables were sized at the start. */
		if (s->limits.connections > connections)
			s->limits.connections = connections;
		if (fresh != NULL) {
			wh_ws_deflater_free(&e->deflater);
			e->deflater = fresh;
		}
		wh_child_take_snapshot(e->child, &snap);
	} else {
		edge_settings_drop(&s);
		wh_snapshot_free(&snap);
	}
	wh_buf_reset(&e->scratch);
	wh_conf_errors_format(&errors, &e->scratch);
	if (e->scratch.n > 4096)
		e->scratch.n = 4096;
	if (answer.err != WH_OK)
		answer.text = e->scratch.n != 0 ? wh_buf_slice(&e->scratch) : WH_STR("the edge cannot take these settings while it runs");
	wh_log(e->log, answer.err == WH_OK ? WH_INFO : WH_ERROR, "reloaded", WH_I("err", answer.err));
	(void)wh_child_say(e->child, &answer);
	wh_conf_errors_free(&errors);
}

static void
edge_channel_msg(struct edge *e, struct wh_channel_msg *m)
{
	struct wh_link_fds fds;

	switch (m->kind) {
	case WH_CH_LINK:
		if (wh_channel_link(m, &fds) == WH_OK && link_begin(e, &fds, m->process) != WH_OK)
			wh_log(e->log, WH_ERROR, "link_refused", WH_U("hub", m->process));
		break;
	case WH_CH_HUB_GONE:
		link_lost(e);
		break;
	case WH_CH_RELOAD:
		edge_reload(e, m);
		break;
	case WH_CH_DRAIN:
		edge_begin_drain(e, (m->flags & WH_CH_KEEP) != 0 ? -1 : (int64_t)m->ms);
		break;
	case WH_CH_STOP:
		edge_stop(e);
		break;
	case WH_CH_STATUS_ASK:
		edge_status(e);
		break;
	default:
		wh_log(e->log, WH_WARN, "keeper_not_understood", WH_I("kind", m->kind));
		break;
	}
	wh_channel_msg_close(m);
}

static void
edge_channel_event(evutil_socket_t fd, short what, void *arg)
{
	struct edge *e = arg;
	struct wh_channel_msg m;
	enum wh_err err;

	(void)what;
	edge_wake(e);
	while (!e->over) {
		err = wh_channel_receive(fd, e->input, &m);
		if (err == WH_OK) {
			edge_channel_msg(e, &m);
			continue;
		}
		if (err == WH_WAIT)
			return;
		if (err == WH_ESYNTAX) {
			wh_log(e->log, WH_ERROR, "keeper_not_understood", WH_I("err", err));
			continue;
		}
		/* The keeper is gone, and with it whoever would start us again: better to end than to linger unwatched. */
		wh_log(e->log, WH_ERROR, "keeper_gone");
		e->exit_code = 1;
		e->over = true;
	}
}

/* Tells all clients to go: once. */
static void
edge_farewell(struct edge *e, unsigned code)
{
	uint32_t cursor = 0;
	struct conn *c;
	char text[64];
	wh_id id;

	e->farewell = true;
	while ((c = wh_slots_next(&e->conns, &cursor, &id)) != NULL) {
		/* Not all at one time: whoever comes back finds a server that is not busy with the others. */
		int n = snprintf(text, sizeof text, "%s; resume in %u ms", code == WH_WS_RESTART ? "restart" : "the server is stopping",
		    500 + (unsigned)wh_random_below(EDGE_JITTER_MS));

		if (!conn_alive(c))
			continue;
		if (c->state == CONN_PROXY || c->state == CONN_TLS || (c->state == CONN_HTTP && !conn_http_is_busy(c) && c->queue.n == 0))
			conn_end(c, 1006, WH_STR(""));
		else if (c->state == CONN_WS || c->state == CONN_LINE) {
			edge_count(e, WH_EDGE_CLOSED_DRAIN);
			conn_close(c, code, (struct wh_str){ text, (size_t)n });
		}
	}
}

void
edge_begin_drain(struct edge *e, int64_t ms)
{
	/* Whoever was told to go goes. */
	if (e->life == EDGE_STOPPING || e->farewell)
		return;
	if (e->life != EDGE_DRAINING)
		edge_listeners_close(e);
	e->life = EDGE_DRAINING;
	e->stop_ns = ms >= 0 ? e->now_ns + ms * WH_NS_PER_MS : INT64_MAX;
	wh_log(e->log, WH_INFO, ms >= 0 ? "draining" : "draining_without_end", WH_I("ms", ms), WH_U("connections", e->limits.connections));
}

void
edge_stop(struct edge *e)
{
	e->life = EDGE_STOPPING;
	edge_listeners_close(e);
	edge_farewell(e, WH_WS_GOING_AWAY);
	e->stop_ns = e->now_ns + EDGE_STOP_MS * WH_NS_PER_MS;
}

static void
edge_end_check(struct edge *e)
{
	struct wh_channel_msg m = { .kind = WH_CH_DRAINED, .fds = { -1, -1, -1 } };
	bool told = wh_list_empty(&e->told_late);

	if (e->life < EDGE_DRAINING)
		return;
	if (e->life == EDGE_DRAINING && !e->farewell && e->now_ns >= e->stop_ns) {
		edge_farewell(e, WH_WS_RESTART);
		e->stop_ns = e->now_ns + (e->settings->websocket.close_ms + 1000) * WH_NS_PER_MS;
		return;
	}
	if (!(e->limits.connections == 0 && told) && !((e->farewell || e->life == EDGE_STOPPING) && e->now_ns >= e->stop_ns))
		return;
	if (e->life == EDGE_DRAINING)
		(void)wh_child_say(e->child, &m);
	e->over = true;
}

static void
edge_board(struct edge *e)
{
	uint64_t queued = 0;
	uint32_t cursor = 0;
	struct conn *c;
	wh_id id;

	e->metrics[WH_EDGE_GROUPS] = e->groups.by_id.n;
	e->metrics[WH_EDGE_MEMBERS] = e->groups.members;
	e->metrics[WH_EDGE_CLOSED_WAITING] = e->kept_n;
	if (e->tick % 8 == 0) {
		while ((c = wh_slots_next(&e->conns, &cursor, &id)) != NULL)
			queued += c->queue.bytes;
		e->metrics[WH_EDGE_QUEUED_BYTES] = queued;
	}
	if (e->link.link == NULL)
		return;
	for (unsigned i = 0; i < WH_EDGE_BOARD_END; i++)
		wh_board_set(e->link.link, i, e->metrics[i]);
}

static void
edge_tick(struct edge *e)
{
	e->ticked = e->tick;
	heartbeat_run(e);
	if (e->accept_at_ns != 0 && e->now_ns >= e->accept_at_ns && e->life == EDGE_SERVING)
		listeners_accept(e, true);
	/* A consumer that was killed while it slept hears no bell: look, now and then. */
	wh_log_flush(e->log);
	edge_board(e);
}

/* One write for each connection with something queued. What is queued by writing waits for the next turn. */
static void
edge_flush(struct edge *e)
{
	struct conn *c = e->dirty, *next;

	e->dirty = NULL;
	e->dirty_end = &e->dirty;
	for (; c != NULL; c = next) {
		next = c->dirty_next;
		if (next != NULL)
			__builtin_prefetch(next);
		c->flags &= (uint16_t)~CONN_DIRTY;
		if (conn_alive(c))
			conn_flush(c);
	}
}

static void
edge_reap(struct edge *e)
{
	struct wh_list now;

	wh_list_init(&now);
	wh_list_join(&now, &e->ended);
	while (!wh_list_empty(&now)) {
		struct conn *c = WH_CONTAINER(wh_list_first(&now), struct conn, list);
		struct wh_rec_closed r = { .conn = c->id, .code = c->code, .bytes_in = c->bytes_in, .bytes_out = c->bytes_out,
		    .reason = wh_str(c->reason) };

		wh_list_remove(&c->list);
		if (c->flags & CONN_DIRTY)
			wh_list_add_last(&e->ended, &c->list);	/* still linked from the dirty list */
		else if (!(c->flags & CONN_KNOWN))
			conn_free(c);
		else if (link_ready(&e->link) && link_put(e, wh_rec_closed_put(e->link.link->out, &r)))
			conn_keep(c);
		else
			wh_list_add_last(&e->told_late, &c->list);
	}
}

static void
edge_turn(struct edge *e)
{
	uint64_t us;
	unsigned bucket = 0;

	edge_wake(e);
	link_read(e);
	if (e->tick != e->ticked)
		edge_tick(e);
	edge_flush(e);
	edge_reap(e);
	link_kick(e);
	edge_end_check(e);
	us = (uint64_t)(wh_clock_mono_ns(NULL) - e->now_ns) / 1000;
	while (bucket + 1 < WH_EDGE_TURN_BUCKETS && us > wh_edge_turn_bound_us(bucket))
		bucket++;
	e->metrics[WH_EDGE_TURN_BUCKET + bucket]++;
	edge_count(e, WH_EDGE_TURNS);
	edge_add(e, WH_EDGE_TURN_US, us);
	e->awake = false;
}

int
edge_run(struct edge *e)
{
	while (!e->over) {
		bool sleep = link_sleep(e) && e->dirty == NULL && wh_list_empty(&e->ended);

		if (event_base_loop(e->base, EVLOOP_ONCE | (sleep ? 0 : EVLOOP_NONBLOCK)) < 0) {
			wh_log(e->log, WH_FATAL, "loop_failed");
			return 1;
		}
		edge_turn(e);
	}
	return e->exit_code;
}

static enum wh_err
edge_open_loop(struct edge *e)
{
	struct event_config *config = event_config_new();
	struct timeval tick = { 0, HEARTBEAT_TICK_MS * 1000 };

	if (config == NULL)
		return WH_ENOMEM;
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	e->base = event_base_new_with_config(config);
	event_config_free(config);
	if (e->base == NULL)
		return WH_EIO;
	e->channel_event = event_new(e->base, e->child->channel, EV_READ | EV_PERSIST, edge_channel_event, e);
	e->tick_event = event_new(e->base, -1, EV_PERSIST, edge_tick_event, e);
	if (e->channel_event == NULL || e->tick_event == NULL || event_add(e->channel_event, NULL) != 0 || event_add(e->tick_event, &tick) != 0)
		return WH_ENOMEM;
	return WH_OK;
}

static enum wh_err
edge_open_settings(struct edge *e)
{
	struct wh_conf_errors errors = { 0 };
	enum wh_err err = edge_settings_read(e->child->snapshot, &errors, &e->settings);

	for (size_t i = 0; i < errors.n; i++)
		wh_log(e->log, WH_ERROR, "config", WH_T("file", errors.items[i].file), WH_U("line", errors.items[i].line),
		    WH_T("why", errors.items[i].text));
	wh_conf_errors_free(&errors);
	if (err == WH_OK)
		edge_clamp(e->settings);
	return err;
}

static enum wh_err
edge_open_memory(struct edge *e)
{
	unsigned char ping[WH_WS_CONTROL_FRAME_MAX];
	uint32_t most = e->settings->limits.connections;
	enum wh_err err = limits_init(&e->limits, most);

	/* Ended ones that the hub has still to hear of have a slot too. */
	wh_slots_init(&e->conns, e->child->process, sizeof(struct conn), most * 2 < WH_SLOTS_MAX ? most * 2 : WH_SLOTS_MAX,
	    (uint32_t)wh_random_u64());
	e->ping = frame_of((struct wh_str){ (const char *)ping, wh_ws_control(ping, WH_WS_OP_PING, WH_STR("")) });
	e->inflater = wh_ws_inflater_new();
	e->deflater = edge_deflater(e->settings);
	e->input = malloc(EDGE_INPUT);
	e->output = malloc(EDGE_OUTPUT);
	if (err == WH_OK && (e->ping == NULL || e->inflater == NULL || e->deflater == NULL || e->input == NULL || e->output == NULL))
		err = WH_ENOMEM;
	return err;
}

enum wh_err
edge_open(struct edge *e, struct wh_child *child)
{
	enum wh_err err;

	e->child = child;
	e->log = &child->log;
	e->dirty_end = &e->dirty;
	e->link.fds = WH_LINK_FDS_NONE;
	e->start_ns = wh_clock_mono_ns(NULL);
	wh_list_init(&e->waiting);
	wh_list_init(&e->paced);
	wh_list_init(&e->ended);
	wh_list_init(&e->told_late);
	wh_list_init(&e->kept);
	edge_wake(e);
	e->awake = false;
	e->ticked = e->tick;
	wheel_init(&e->wheel, e->tick);
	for (unsigned i = 0; i < WH_EDGE_LISTENERS_MAX; i++)
		e->listeners[i].fd = -1;
	err = edge_open_settings(e);
	if (err == WH_OK)
		err = edge_open_memory(e);
	if (err == WH_OK)
		err = edge_open_loop(e);
	if (err == WH_OK)
		err = edge_listeners_open(e);
	return err;
}

void
edge_close(struct edge *e)
{
	uint32_t cursor = 0;
	struct conn *c;
	wh_id id;

	if (e->base != NULL)
		edge_listeners_close(e);
	while (e->conns.stride != 0 && (c = wh_slots_next(&e->conns, &cursor, &id)) != NULL) {
		conn_end(c, WH_WS_GOING_AWAY, WH_STR(""));
		conn_free(c);
	}
	for (size_t i = 0; i < e->listeners_n; i++)
		tls_context_free(&e->listeners[i].tls);
	link_close(e);
	wh_buf_free(&e->link.run.bytes);
	free(e->link.groups);
	groups_free(&e->groups);
	serve_free(&e->serve);
	limits_free(&e->limits);
	if (e->conns.stride != 0)
		wh_slots_free(&e->conns);
	if (e->ping != NULL)
		frame_drop(e->ping);
	wh_ws_inflater_free(&e->inflater);
	wh_ws_deflater_free(&e->deflater);
	wh_buf_free(&e->scratch);
	wh_buf_free(&e->lines);
	free(e->input);
	free(e->output);
	if (e->channel_event != NULL)
		event_free(e->channel_event);
	if (e->tick_event != NULL)
		event_free(e->tick_event);
	if (e->base != NULL)
		event_base_free(e->base);
	edge_settings_drop(&e->settings);
}

int
wh_edge_main(struct wh_child *child)
{
	struct edge *e = calloc(1, sizeof *e);
	int code = 1;

	if (e == NULL)
		return 1;
	/* A terminal's signals reach everybody; it is the keeper who says when we end. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	if (edge_open(e, child) != WH_OK)
		wh_log(e->log, WH_FATAL, "edge_not_started");
#ifdef WH_SANITIZED
	else
#else
	else if (sandbox_enter(e->log, wh_log_on(e->log, WH_DEBUG)) == WH_OK)
#endif
		code = edge_run(e);
	edge_close(e);
	free(e);
	return code;
}
