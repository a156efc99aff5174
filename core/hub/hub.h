/* The hub: the process that owns the truth. Every unit of core/hub takes a `struct hub *` and keeps its state in a member
 * of it. One thread runs all callbacks, in turns: a turn reads what came, calls whoever is concerned, and ends by flushing
 * papers and rings. Whatever is freed during a turn (sessions, rooms) stays readable until the turn is over.
 * `now_ms` and `wall_ms` are read once a turn, so that all that happens in a turn happens at one time. */
#ifndef WHIPLY_HUB_HUB_H
#define WHIPLY_HUB_HUB_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "hub/counts.h"
#include "hub/dialect.h"
#include "hub/edge_link.h"
#include "hub/features.h"
#include "hub/group.h"
#include "hub/helper_link.h"
#include "hub/hub_settings.h"
#include "hub/job.h"
#include "hub/keeper_link.h"
#include "hub/papers.h"
#include "hub/recovery.h"
#include "hub/room.h"
#include "hub/session.h"
#include "hub/timer.h"
#include "ring/edge_metrics.h"

struct event_base;
struct wh_child;

/** What is being run right now, for last words and the log: see hub_running. Both texts are borrowed. */
struct hub_running {
	const char *what;	/* "command", "hook", "timer", "job", "record", "dialect", … */
	const char *name;	/* "chat.say", "MESSAGE", a plugin's name; may be NULL */
};

/** Work that waits for the end of the turn. */
struct hub_later {
	void (*run)(struct hub *hub, void *self, uint64_t cookie);
	void *self;
	uint64_t cookie;
};

struct hub {
	struct event_base *base;
	struct wh_log *log;		/* borrowed */
	struct wh_child *child;		/* borrowed; NULL in tests */
	const struct wh_clock *clock;	/* borrowed; NULL: the machine's */
	int64_t now_ns, now_ms;		/* monotonic, of this turn */
	int64_t wall_ms;
	bool in_turn;
	bool more;			/* there is something to do: the next turn does not wait */
	bool stopping;			/* STOP came, or the keeper is gone: the loop ends after this turn */
	uint8_t secret[PAPERS_KEY];	/* the same for each hub of one keeper */
	uint32_t process;		/* our number, in every id that we make */
	uint64_t epoch;			/* grows with each hub */
	const char *state_dir;		/* owned, absolute */
	struct hub_running running;
	struct hub_settings settings;
	struct hub_config *config;	/* the settings in force; owned by hub_main.c; NULL in tests */
	struct hub_counts counts;
	uint64_t turn_counts[WH_EDGE_TURN_BUCKETS], turn_us;	/* how long turns took: the same buckets as an edge's */

	struct timers timers;
	struct jobs jobs;
	struct edges edges;
	struct sessions sessions;
	struct groups groups;
	struct rooms rooms;
	struct dialects dialects;
	struct papers papers;
	struct recovery recovery;
	struct keeper_link keeper;
	struct hub_certificates *certificates;	/* owned; NULL: the keeper has told of none */
	struct helpers helpers;

	struct wh_buf scratch;		/* see hub_scratch_take */
	struct hub_later *later;	/* owned */
	size_t later_n, later_cap;

	/* What stands above the core, each owned and typed by its own unit. */
	const struct hub_features *features;
	struct plugins *plugins;
	struct hooks *hooks;
	struct services *services;
	struct metrics *metrics;
	struct commands *commands;
	struct rates *rates;
	struct roles *roles;
	struct api *api;
	struct control *control;
	struct log_lines *log_lines;	/* NULL until somebody reads the log */
};

/** Prepares every unit of the core; `hub` is zeroed by the caller, who sets log, clock, process, settings, state_dir and
 * features first. WH_ENOMEM, WH_EIO; hub_finish is due in any case. */
enum wh_err hub_init(struct hub *hub);

/** Ends everything that hub_init and the units made. */
void hub_finish(struct hub *hub);

/** Runs turns until `stopping`. */
void hub_loop(struct hub *hub);

/** One turn without waiting: what the loop does after each poll. Tests call it. */
void hub_turn(struct hub *hub);

/** Every libevent callback begins with this: the first of a turn reads the clocks. */
void hub_enter(struct hub *hub);

/** Runs `run` when the turn is at its end and no callback of a plugin is on the stack, in the order of the asking.
 * WH_ENOMEM: it will not run. */
enum wh_err hub_at_turn_end(struct hub *hub, void (*run)(struct hub *hub, void *self, uint64_t cookie), void *self, uint64_t cookie);

/** Says what runs from now on, and returns what ran before, to be given to hub_ran. Costs two stores. */
static inline struct hub_running
hub_running(struct hub *hub, const char *what, const char *name)
{
	struct hub_running before = hub->running;

	hub->running = (struct hub_running){ what, name };
	return before;
}

static inline void
hub_ran(struct hub *hub, struct hub_running before)
{
	hub->running = before;
}

/** An empty buffer for a while, most often with memory in it already. Nested takers get one of their own. Always give it back. */
struct wh_buf hub_scratch_take(struct hub *hub);
void hub_scratch_give(struct hub *hub, struct wh_buf *buf);

/** The hub process, from the first START to its end; returns the exit code. */
int wh_hub_main(struct wh_child *child);

#endif
