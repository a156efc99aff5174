/* The timers of timer.h. One that is started while others fire is due a millisecond later at the earliest, so that a timer
 * of 0 ms that starts itself anew does not keep the turn from ending. */
#include <whiply/list.h>

#include "hub/timer.h"

#include <event2/event.h>

#include "hub/hub.h"

struct timer {
	struct wh_heap_item item;
	wh_id id;
	int64_t every_ms;
	void (*fired)(void *self, uint64_t cookie);
	void *self;
	uint64_t cookie;
	const struct wh_host *owner;
	const char *name;
};

static void
timers_woke(evutil_socket_t fd, short what, void *arg)
{
	struct hub *hub = arg;

	(void)fd, (void)what;
	hub_enter(hub);
	hub->timers.armed_ms = 0;
}

/* Arms the one libevent timer for the first that is due. */
static void
timers_arm(struct hub *hub)
{
	struct timers *t = &hub->timers;
	const struct wh_heap_item *first = wh_heap_first(&t->heap);
	struct timeval in;
	int64_t ms;

	if (t->wake == NULL || first == NULL || (t->armed_ms != 0 && t->armed_ms <= first->key))
		return;
	ms = first->key > hub->now_ms ? first->key - hub->now_ms : 0;
	in = (struct timeval){ ms / 1000, ms % 1000 * 1000 };
	if (evtimer_add(t->wake, &in) == 0)
		t->armed_ms = first->key;
}

enum wh_err
timers_init(struct hub *hub)
{
	wh_slots_init(&hub->timers.slots, hub->process, sizeof(struct timer), TIMERS_MAX, 0);
	if (hub->base == NULL)
		return WH_OK;
	hub->timers.wake = evtimer_new(hub->base, timers_woke, hub);
	return hub->timers.wake != NULL ? WH_OK : WH_ENOMEM;
}

void
timers_finish(struct hub *hub)
{
	if (hub->timers.wake != NULL)
		event_free(hub->timers.wake);
	wh_heap_free(&hub->timers.heap);
	wh_slots_free(&hub->timers.slots);
	hub->timers.wake = NULL;
}

wh_id
timer_start(struct hub *hub, const struct wh_host *owner, const char *name, int64_t ms, int64_t every_ms,
    void (*fired)(void *self, uint64_t cookie), void *self, uint64_t cookie)
{
	struct timer *t;
	wh_id id;

	if (ms < 0)
		ms = 0;
	if (hub->timers.firing && ms == 0)
		ms = 1;
	if (ms > INT64_MAX / 2)
		ms = INT64_MAX / 2;
	t = wh_slots_alloc(&hub->timers.slots, &id);
	if (t == NULL)
		return 0;
	t->id = id;
	t->every_ms = every_ms;
	t->fired = fired;
	t->self = self;
	t->cookie = cookie;
	t->owner = owner;
	t->name = name;
	if (wh_heap_add(&hub->timers.heap, &t->item, hub->now_ms + ms) != WH_OK) {
		wh_slots_release(&hub->timers.slots, id);
		return 0;
	}
	timers_arm(hub);
	return id;
}

void
timer_stop(struct hub *hub, wh_id timer)
{
	struct timer *t = wh_slots_get(&hub->timers.slots, timer);

	if (t == NULL)
		return;
	wh_heap_remove(&hub->timers.heap, &t->item);
	wh_slots_release(&hub->timers.slots, timer);
}

void
timers_stop_of(struct hub *hub, const struct wh_host *owner)
{
	uint32_t cursor = 0;
	struct timer *t;
	wh_id id;

	while ((t = wh_slots_next(&hub->timers.slots, &cursor, &id)) != NULL) {
		if (t->owner == owner)
			timer_stop(hub, id);
	}
}

void
timers_set_self(struct hub *hub, const struct wh_host *owner, void *self)
{
	uint32_t cursor = 0;
	struct timer *t;
	wh_id id;

	while ((t = wh_slots_next(&hub->timers.slots, &cursor, &id)) != NULL) {
		if (t->owner == owner)
			t->self = self;
	}
}

void
timers_run(struct hub *hub)
{
	struct timers *ts = &hub->timers;
	struct wh_heap_item *first;

	ts->firing = true;
	while ((first = wh_heap_first(&ts->heap)) != NULL && first->key <= hub->now_ms) {
		struct timer *t = WH_CONTAINER(first, struct timer, item);
		struct timer copy = *t;
		struct hub_running before;

		if (t->every_ms > 0) {
			/* What was missed while we did not run is not made up for. */
			int64_t next = first->key + t->every_ms;

			wh_heap_move(&ts->heap, first, next > hub->now_ms ? next : hub->now_ms + t->every_ms);
		} else {
			timer_stop(hub, t->id);
		}
		hub->counts.timers_fired++;
		before = hub_running(hub, "timer", copy.name);
		copy.fired(copy.self, copy.cookie);
		hub_ran(hub, before);
	}
	ts->firing = false;
	timers_arm(hub);
}
