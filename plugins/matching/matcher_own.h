/* Inside the matcher: what matcher.c, agree.c, look.c and group.c share. A ticket is one run of bytes whose length the plan decides, so that a
 * queue with one number costs little. */
#ifndef MATCHING_MATCHER_OWN_H
#define MATCHING_MATCHER_OWN_H

#include "lane.h"
#include "matcher.h"
#include "wheel.h"

#define NEVER (INT64_MAX / 4)
#define AFTER_NEVER UINT32_MAX

enum { NO_RULE = MATCHER_RULES, CHUNK = 1024, ROLE_ANY = 255 };

/* Lanes of a cell: all of it; those who ask for no interest (any more); those whose patience is over; running matches; one interest. */
enum lane_kind { LANE_ALL = 1, LANE_LOOSE, LANE_PATIENT, LANE_BACKFILL, LANE_TAG };

struct ticket {
	struct wheel_link link;
	uint32_t generation;
	uint32_t mark;		/* of the look that saw it last */
	uint64_t order;		/* the lower came first */
	int64_t since;
	uint64_t base;		/* what the hard equal rules say, mixed */
	uint64_t match;		/* of a backfill */
	uint32_t next_free;
	uint8_t n;		/* persons, or open places of a backfill */
	uint8_t n_nodes;
	bool live, backfill, loose, patient;
};

struct matcher {
	struct plan plan;
	struct pairs *pairs;
	struct lanes lanes;
	struct wheel wheel;
	struct table persons;		/* person: ticket number */
	unsigned near, share, pick;	/* the rules that the lanes are made of, or NO_RULE */
	bool pair;			/* two teams of one, no parties: the short way */
	size_t stride, at_after, at_value[MATCHER_RULES], at_nodes, at_persons, at_roles;
	char **chunks;
	uint32_t n_tickets, free_ticket, mark, waiting, backfills;
	uint64_t orders;
	int64_t now;
	struct seat *seats;
	struct matched *made;
	size_t n_seats, cap_seats, n_made, cap_made, taken;
	struct matcher_stats stats;
	uint64_t role_count[MATCHER_ROLES + 1];	/* waiting persons who would take the role */
};

/* A match that was not taken yet. */
struct matched {
	struct made made;
	size_t first;
};

static inline struct ticket *
ticket_at(const struct matcher *m, uint32_t number)
{
	return (struct ticket *)(void *)(m->chunks[number / CHUNK] + (number % CHUNK) * m->stride);
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

static inline uint32_t *
ticket_nodes(const struct matcher *m, const struct ticket *t)
{
	return (uint32_t *)(void *)((char *)(uintptr_t)t + m->at_nodes);
}

static inline uint64_t *
ticket_persons(const struct matcher *m, const struct ticket *t)
{
	return (uint64_t *)(void *)((char *)(uintptr_t)t + m->at_persons);
}

static inline uint8_t *
ticket_roles(const struct matcher *m, const struct ticket *t)
{
	return (uint8_t *)(uintptr_t)t + m->at_roles;
}

static inline int32_t
ticket_key(const struct matcher *m, const struct ticket *t)
{
	return m->near != NO_RULE ? ticket_value(m, t, m->near)[0] : 0;
}

/* agree.c: from when on the two go together by their rules; NEVER. */
int64_t agree_when(const struct matcher *m, const struct ticket *a, const struct ticket *b);

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
