/* Inside the matcher: what matcher.c, agree.c, look.c and group.c share. A ticket is one run of bytes whose length the plan decides: in a queue
 * with one number it is a line of 64, and there is nothing in it that a look at somebody else's ticket does not need. */
#ifndef MATCHING_MATCHER_OWN_H
#define MATCHING_MATCHER_OWN_H

#include "lane.h"
#include "matcher.h"
#include "wheel.h"

#define NEVER (INT64_MAX / 4)
#define AFTER_NEVER UINT32_MAX

enum { NO_RULE = MATCHER_RULES, ROLE_ANY = 255, GONE = 8, TICKET_SOON = 256 };

/* Lanes of a cell: all of it; those who ask for no interest (any more); those whose patience is over; running matches; one interest. */
enum lane_kind { LANE_ALL = 1, LANE_LOOSE, LANE_PATIENT, LANE_BACKFILL, LANE_TAG };

struct ticket {
	uint64_t order;		/* the lower came first; from the 23rd bit on it is since when it waits */
	uint64_t base;		/* what the hard equal rules say, mixed */
	uint32_t generation;
	uint32_t mark;		/* of the look that saw it last */
	uint32_t peer;		/* whom it will go with, as far as it knows: a hint; of a free one, the next that is free */
	uint8_t n;		/* persons, or open places of a backfill */
	uint8_t n_lanes;
	bool live : 1, backfill : 1, loose : 1, patient : 1;
	bool own_age : 1;	/* the rule that orders the lanes is dropped for it at another age than for others */
};

struct matcher {
	struct plan plan;
	struct pairs *pairs;
	struct lanes lanes;
	struct wheel wheel;
	struct finder persons;		/* their tickets; a few may be gone already */
	struct {
		uint32_t hash, number;
	} gone[GONE];			/* those, to be taken out when their cells are near; a ring */
	unsigned n_gone;
	struct pieces tickets;
	struct table companies;		/* of a backfill's order: struct company */
	unsigned near, share, pick;	/* the rules that the lanes are made of, or NO_RULE */
	bool pair;			/* two teams of one, no parties: the short way */
	size_t at_after, at_value[MATCHER_RULES], at_lanes, at_persons, at_roles;
	uint32_t n_tickets, free_ticket, mark, waiting, backfills, own_ages;
	uint64_t orders;
	int64_t now;
	struct seat *seats;
	struct matched *made;
	size_t n_seats, cap_seats, n_made, cap_made, taken;
	struct matcher_stats stats;
	uint64_t role_count[MATCHER_ROLES + 1];	/* waiting persons who would take the role */
};

/* Who is in a running match: whoever joins it has to go with all of them. */
struct company {
	unsigned n;
	uint64_t persons[MATCHER_PERSONS];
};

/* A match that was not taken yet. */
struct matched {
	struct made made;
	size_t first;
};

static inline struct ticket *
ticket_at(const struct matcher *m, uint32_t number)
{
	return pieces_item(&m->tickets, number);
}

/* The lines of it that most looks need. */
static inline void
ticket_soon(const struct matcher *m, uint32_t number)
{
	const char *line = (const char *)ticket_at(m, number);

	for (size_t at = 0; at < m->tickets.size && at < TICKET_SOON; at += 64)
		pieces_soon(line + at);
}

/* An order holds a time of 42 bits and a count of 22 that runs within it. */
static inline uint64_t
order_make(int64_t since, uint64_t nth)
{
	return (uint64_t)(since + (1ll << 40)) << 22 | (nth & ((1u << 22) - 1));
}

static inline int64_t
order_since(uint64_t order)
{
	return (int64_t)(order >> 22) - (1ll << 40);
}

static inline int64_t
ticket_since(const struct ticket *t)
{
	return order_since(t->order);
}

static inline int32_t *
ticket_value(const struct matcher *m, const struct ticket *t, unsigned rule)
{
	return (int32_t *)(void *)((char *)(uintptr_t)t + m->at_value[rule]);
}

static inline uint32_t *
ticket_after(const struct matcher *m, const struct ticket *t)
{
	return (uint32_t *)(void *)((char *)(uintptr_t)t + m->at_after);
}

/* The lanes that it stands in. */
static inline uint32_t *
ticket_lanes(const struct matcher *m, const struct ticket *t)
{
	return (uint32_t *)(void *)((char *)(uintptr_t)t + m->at_lanes);
}

/* Of a backfill the first is the match that it is for. */
static inline uint64_t *
ticket_persons(const struct matcher *m, const struct ticket *t)
{
	return (uint64_t *)(void *)((char *)(uintptr_t)t + m->at_persons);
}

static inline uint32_t
person_hash(const struct matcher *m, uint64_t person)
{
	return (uint32_t)(table_mix(person ^ m->lanes.seed) >> 32);
}

/* Only where the plan has roles. */
static inline uint8_t *
ticket_roles(const struct matcher *m, const struct ticket *t)
{
	return (uint8_t *)(uintptr_t)t + m->at_roles;
}

/* What one of it would take; 0: anything. */
static inline uint8_t
ticket_role(const struct matcher *m, const struct ticket *t, unsigned i)
{
	return m->plan.roles ? ticket_roles(m, t)[i] : 0;
}

/* Of a backfill. NULL: nobody is in the match. */
static inline struct company *
ticket_company(const struct matcher *m, const struct ticket *t)
{
	const uint64_t *at = table_get(&m->companies, t->order);

	return at != NULL ? (struct company *)(uintptr_t)*at : NULL;
}

static inline int32_t
ticket_key(const struct matcher *m, const struct ticket *t)
{
	return m->near != NO_RULE ? ticket_value(m, t, m->near)[0] : 0;
}

/* agree.c: from when on the two go together by their rules; NEVER. */
int64_t agree_when(const struct matcher *m, const struct ticket *a, const struct ticket *b);

/* The same by the rule that orders the lanes alone, for one that is dropped for both at one age: `age` is the age from which a window reaches
 * the other. Where the plan has no other rule this is agree_when; else that is never sooner. */
int64_t agree_near(const struct matcher *m, int64_t a_since, int64_t b_since, int64_t age);

/* From when on by hard rules, blocks and meetings alone. */
int64_t agree_must(const struct matcher *m, const struct ticket *a, const struct ticket *b);

/* From when on blocks and meetings let them; NEVER: blocked. */
int64_t agree_met(const struct matcher *m, const struct ticket *a, const struct ticket *b);

/* How well they fit; less is better. */
int64_t agree_cost(const struct matcher *m, const struct ticket *a, const struct ticket *b);

/* The age from which a window of the rule reaches `distance`; NEVER. */
int64_t agree_age(const struct rule *rule, int64_t distance, uint32_t any_after);

/* Does `a`, all alone, take `b` at `now`? */
bool agree_takes(const struct matcher *m, const struct ticket *a, const struct ticket *b, int64_t now);

/* matcher.c */
uint64_t ticket_id(const struct matcher *m, uint32_t number);
bool matcher_made(struct matcher *m, const struct made *made, const struct seat *seats);
void ticket_end(struct matcher *m, uint32_t number);
uint64_t lane_id(uint64_t base, uint32_t value, enum lane_kind kind, uint32_t tag);

/* look.c: one ticket looks. True: it was matched, and is gone (a backfill: is full). Else `due_out` is when to look
 * again. */
bool look_around(struct matcher *m, uint32_t number, int64_t *due_out);

/* Those whom a look found, for a group. */
struct found {
	uint32_t number;
	uint64_t order;
	int64_t cost;
};

/* group.c: makes a match of `seed` and some of `found`, which all go with it now. */
bool group_make(struct matcher *m, uint32_t seed, struct found *found, unsigned n);

#endif
