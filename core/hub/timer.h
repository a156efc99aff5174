/* Timers: a heap by due time under one libevent timer. Plugins reach them through the host, the core directly.
 * With a fake clock nothing sleeps: timers_run fires what is due at hub->now_ms. */
#ifndef WHIPLY_HUB_TIMER_H
#define WHIPLY_HUB_TIMER_H

#include "base/heap.h"
#include "base/slots.h"

struct event;
struct hub;
struct wh_host;

enum { TIMERS_MAX = 1 << 18 };

struct timers {
	struct wh_slots slots;
	struct wh_heap heap;
	struct event *wake;	/* owned */
	int64_t armed_ms;	/* when `wake` fires; 0: not armed */
	bool firing;
};

enum wh_err timers_init(struct hub *hub);
void timers_finish(struct hub *hub);

/** Calls `fired(self, cookie)` after `ms`, and again every `every_ms` if that is not 0; at most once a turn. `owner` is the
 * plugin's host, or NULL for the core; `name` (borrowed) is what last words say. 0: out of memory or over TIMERS_MAX. */
wh_id timer_start(struct hub *hub, const struct wh_host *owner, const char *name, int64_t ms, int64_t every_ms,
    void (*fired)(void *self, uint64_t cookie), void *self, uint64_t cookie);

/** A stale id does nothing. A timer may stop itself while it fires. */
void timer_stop(struct hub *hub, wh_id timer);

/** Stops all timers of a plugin. */
void timers_stop_of(struct hub *hub, const struct wh_host *owner);

/** The plugin's timers have this self from now on: those that it started while it was opened had none. */
void timers_set_self(struct hub *hub, const struct wh_host *owner, void *self);

/** Fires what is due; called once a turn. */
void timers_run(struct hub *hub);

#endif
