/* The loop of the hub: turns, and what stands at their end. The order there matters: queued work may still change anything, so it is
 * first; papers are mirrored when all is done; memory is given back when no pointer can be held any more; rings are kicked last. */
#include "hub/hub.h"

#include <event2/event.h>
#include <stdlib.h>

#include "hub/certificates.h"

enum { LATER_MAX = 1 << 20, SCRATCH_KEPT = 1 << 20 };

static void
hub_read_clocks(struct hub *hub)
{
	hub->now_ns = wh_clock_mono_ns(hub->clock);
	hub->now_ms = hub->now_ns / WH_NS_PER_MS;
	hub->wall_ms = wh_clock_wall_ms(hub->clock);
}

enum wh_err
hub_init(struct hub *hub)
{
	enum wh_err err;

	hub->keeper.fd = -1;
	hub->jobs.wake_fd = -1;
	hub_read_clocks(hub);
	if ((err = timers_init(hub)) != WH_OK || (err = jobs_init(hub)) != WH_OK || (err = sessions_init(hub)) != WH_OK ||
	    (err = groups_init(hub)) != WH_OK || (err = rooms_init(hub)) != WH_OK || (err = recovery_init(hub)) != WH_OK ||
	    (err = papers_init(hub, hub->secret)) != WH_OK)
		return err;
	return WH_OK;
}

void
hub_finish(struct hub *hub)
{
	jobs_finish(hub);
	recovery_finish(hub);
	helpers_finish(hub);
	edges_finish(hub);
	sessions_finish(hub);
	rooms_finish(hub);
	groups_finish(hub);
	papers_finish(hub);
	timers_finish(hub);
	keeper_link_finish(hub);
	certificates_free(hub);
	wh_buf_free(&hub->scratch);
	free(hub->later);
	hub->later = NULL;
	hub->later_n = hub->later_cap = 0;
}

void
hub_enter(struct hub *hub)
{
	if (hub->in_turn)
		return;
	hub->in_turn = true;
	hub_read_clocks(hub);
}

enum wh_err
hub_at_turn_end(struct hub *hub, void (*run)(struct hub *hub, void *self, uint64_t cookie), void *self, uint64_t cookie)
{
	if (hub->later_n == hub->later_cap) {
		size_t cap = hub->later_cap != 0 ? hub->later_cap * 2 : 16;
		struct hub_later *more = cap <= LATER_MAX ? realloc(hub->later, cap * sizeof *more) : NULL;

		if (more == NULL)
			return WH_ENOMEM;
		hub->later = more;
		hub->later_cap = cap;
	}
	hub->later[hub->later_n++] = (struct hub_later){ run, self, cookie };
	return WH_OK;
}

/* What is asked for meanwhile waits for the next turn: `more` keeps that from being long. */
static void
hub_run_later(struct hub *hub)
{
	size_t n = hub->later_n;

	for (size_t i = 0; i < n; i++) {
		struct hub_later l = hub->later[i];

		l.run(hub, l.self, l.cookie);
	}
	hub->later_n -= n;
	memmove(hub->later, hub->later + n, hub->later_n * sizeof *hub->later);
}

static void
hub_turn_end(struct hub *hub)
{
	if (hub->later_n != 0)
		hub_run_later(hub);
	sessions_turn_end(hub);
	rooms_turn_end(hub);
	rooms_free_ended(hub);
	sessions_free_ended(hub);
	edges_flush(hub);
	helpers_flush(hub);
}

static void
hub_turn_took(struct hub *hub, uint64_t us)
{
	unsigned bucket = 0;

	while (bucket + 1 < WH_EDGE_TURN_BUCKETS && us > wh_edge_turn_bound_us(bucket))
		bucket++;
	hub->turn_counts[bucket]++;
	hub->turn_us += us;
}

void
hub_turn(struct hub *hub)
{
	hub_enter(hub);
	hub->counts.turns++;
	timers_run(hub);
	if (hub->jobs.rang || hub->base == NULL)
		jobs_run_done(hub);
	hub->more = edges_read(hub);
	hub->more |= helpers_read(hub);
	hub_turn_end(hub);
	hub->more |= hub->later_n != 0;
	hub->in_turn = false;
	hub_turn_took(hub, (uint64_t)(wh_clock_mono_ns(hub->clock) - hub->now_ns) / 1000);
}

void
hub_loop(struct hub *hub)
{
	while (!hub->stopping) {
		if (event_base_loop(hub->base, EVLOOP_ONCE | (hub->more ? EVLOOP_NONBLOCK : 0)) < 0) {
			wh_log(hub->log, WH_FATAL, "loop_failed");
			return;
		}
		hub_turn(hub);
	}
}

struct wh_buf
hub_scratch_take(struct hub *hub)
{
	struct wh_buf buf = hub->scratch;

	hub->scratch = (struct wh_buf){ 0 };
	wh_buf_reset(&buf);
	return buf;
}

void
hub_scratch_give(struct hub *hub, struct wh_buf *buf)
{
	if (hub->scratch.p == NULL && buf->cap <= SCRATCH_KEPT) {
		hub->scratch = *buf;
		*buf = (struct wh_buf){ 0 };
	} else {
		wh_buf_free(buf);
	}
}
