/* The people of a test or a backtest: what is known of each at a virtual time. Who is new is as old as the time since we saw them first. */
#ifndef WHIPLY_RULES_CROWD_H
#define WHIPLY_RULES_CROWD_H

#include <whiply/json.h>
#include <whiply/judge.h>

#include "base/buf.h"
#include "base/map.h"

enum { CROWD_NAME = 128, CROWD_PEOPLE = 1 << 20 };

struct person {
	char name[CROWD_NAME];
	int64_t first_ms, age_ms, messages, strikes;
	enum wh_judge_trust trust;
	uint32_t flags;
	char roles[CROWD_NAME], network[64];
	uint64_t hits_seen;	/* a backtest's own */
};

struct crowd {
	struct wh_map people;	/* owned */
	struct wh_buf mentions, attachments;	/* of the event that was made last */
};

void crowd_free(struct crowd *c);

/** Who has this name; made at `now_ms` when there is nobody yet. NULL: out of memory. */
struct person *crowd_person(struct crowd *c, struct wh_str name, int64_t now_ms);

/** Takes trust, roles, age, messages, strikes, network, account and bot of an object. False: a value makes no sense, and `why_out` says which. */
bool crowd_read(struct person *p, const struct wh_value *o, struct wh_buf *why_out);

/** Fills in what an event says of a person. */
void crowd_fill(const struct person *p, struct wh_judge_event *e);

/** Mentions of an event: those of the object ("mentions"), or else each @name of the text. */
void crowd_mentions(struct crowd *c, const struct wh_value *o, struct wh_judge_event *e);

#endif
