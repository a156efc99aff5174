/* What one call into a script may cost: steps, and time behind them. The hook, the pattern matcher and every function
 * that loops in C take from the same meter, so that no part of a call is free. Once over, a meter stays over until the
 * next call begins. */
#ifndef WHIPLY_SCRIPT_METER_H
#define WHIPLY_SCRIPT_METER_H

#include "base/clock.h"

enum wh_meter_over {
	WH_METER_GOOD = 0,
	WH_METER_STEPS,		/* the steps are used up */
	WH_METER_BYTES,		/* more bytes were allocated than one call may */
	WH_METER_TIME,		/* the deadline is past */
};

enum { WH_METER_LOOK = 20000 };	/* steps between two looks at the clock: some 20 to 100 µs */

struct wh_meter {
	uint64_t left;			/* steps */
	uint64_t unseen;		/* steps since the clock was last read */
	int64_t limit_ns;		/* of this thread's time on a processor; INT64_MAX: none */
	bool looked;			/* the clock was read. A short call never reads it, as that is a system call */
	int64_t began_ns;		/* at the first look */
	const struct wh_clock *clock;	/* borrowed; NULL: the machine's */
	enum wh_meter_over over;
};

/** Reads the clock. False when the meter is over. */
static inline bool
wh_meter_look(struct wh_meter *m)
{
	int64_t now;

	m->unseen = 0;
	if (m->over != WH_METER_GOOD || m->limit_ns == INT64_MAX)
		return m->over == WH_METER_GOOD;
	now = wh_clock_cpu_ns(m->clock);
	if (!m->looked)
		m->began_ns = now;
	else if (now - m->began_ns > m->limit_ns)
		m->over = WH_METER_TIME;
	m->looked = true;
	return m->over == WH_METER_GOOD;
}

/** Takes `n` steps. False when the meter is over: stop, and do not go on later. */
static inline bool
wh_meter_take(struct wh_meter *m, uint64_t n)
{
	if (m->over != WH_METER_GOOD)
		return false;
	if (n > m->left) {
		m->left = 0;
		m->over = WH_METER_STEPS;
		return false;
	}
	m->left -= n;
	m->unseen += n;
	return m->unseen < WH_METER_LOOK || wh_meter_look(m);
}

#endif
