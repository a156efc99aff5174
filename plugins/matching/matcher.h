/* The matcher: one queue of people who want others, and who goes with whom. It knows no host, no clock and no names: time is handed in, in
 * milliseconds, and people, interests and languages are numbers. The same calls with the same seed make the same matches.
 *
 * How it decides. For two tickets and each rule there is a time from which the one takes the other: at once, when their window has grown so
 * far, or when the rule is dropped for their age. Two tickets go together from the time on at which both take each other; or at which one
 * of them has waited for `patience` and takes the other: then its wish is enough. Hard rules, blocks and meetings bind both always.
 *
 * How it finds. A ticket looks when it arrives, when one of its own steps comes (a rule is dropped, patience ends), and at the time at which
 * it goes with somebody whom it saw. It looks into the lanes of what it wants, nearest or oldest first, at `MATCHER_PROBES` tickets at
 * most in each, and takes the one that costs least, of those the one who came first. When there were more it looks again after `retry`.
 *
 * Bounds: plan.tickets tickets; per ticket at most 38 entries in lanes, of 16 bytes in nodes that are mostly more than half full,
 * and a line of 64 for each lane; below 1 KiB of its own; 260 KiB for the wheel. */
#ifndef MATCHING_MATCHER_H
#define MATCHING_MATCHER_H

#include <string.h>

#include "pairs.h"

enum {
	MATCHER_RULES = 8,
	MATCHER_STEPS = 3,
	MATCHER_SET = 16,	/* interests of a ticket */
	MATCHER_ACCEPTS = 8,	/* values that a one-of takes */
	MATCHER_REGIONS = 16,
	MATCHER_PARTY = 16,	/* persons of a ticket */
	MATCHER_PERSONS = 64,	/* of a match */
	MATCHER_TEAMS = 16,
	MATCHER_ROLES = 8,
	MATCHER_PROBES = 64,
};

enum rule_kind {
	RULE_EQUAL = 1,	/* the same token */
	RULE_ONE_OF,	/* the other's token is one of those that I accept; none accepted: all are */
	RULE_SHARE,	/* at least `window` tokens in common; an empty set takes anybody */
	RULE_NEAR,	/* numbers at most `window` apart */
	RULE_BETWEEN,	/* the other's number is between my low and high */
	RULE_LATENCY,	/* a region in which both are below `window` ms */
};

struct rule {
	enum rule_kind kind;
	bool hard;		/* never dropped, and asked of both whatever their age */
	int32_t window;		/* at first */
	int32_t grow;		/* its growth per second, by a ticket's own age */
	struct rule_step {
		int64_t after;	/* from this age on it grows by so much per second; 0: no step */
		int32_t grow;
	} steps[MATCHER_STEPS];
	int32_t most;		/* how far it grows; 0: on and on */
	int64_t any_after;	/* age at which it is dropped; 0: never */
	int32_t weight;		/* what a mismatch costs; NEAR and LATENCY: for each unit */
};

/** Who says what two tickets cost each other, instead of the sum of the mismatches by weight. It stands first in a struct of the caller's own. */
struct scorer {
	/** Of each rule the mismatch; how long both have waited, ms; the sum that would be. Lower is better, below 2^40. */
	int64_t (*cost)(struct scorer *scorer, const int64_t *mismatches, unsigned n, int64_t a_waited, int64_t b_waited, int64_t sum);
};

struct plan {
	struct scorer *scorer;	/* borrowed; NULL: the sum */
	struct rule rules[MATCHER_RULES];
	unsigned n_rules;
	unsigned teams, size;	/* 2 teams of 1 is a pair */
	unsigned least;		/* persons of a team that will do after `fill_after`; 0: size */
	unsigned multiple;	/* the persons of a match are a multiple of this; 0: 1 */
	unsigned party;		/* persons of a ticket at most; 0: 1 */
	uint8_t quota[MATCHER_ROLES];	/* persons of each role in a team; the rest of `size` may be anything */
	bool roles;		/* there are any */
	int64_t fill_after;
	int64_t patience;	/* 0: nobody's wish is ever enough */
	int64_t retry;		/* 0: 1 s */
	int64_t repeat_relax;	/* in a pool of at most `tiny` persons those who met may meet again once both waited so long */
	unsigned tiny;
	uint32_t tickets;	/* bound; 0: 1,000,000 */
};

/* What a ticket says to one rule. */
struct trait {
	uint32_t token;			/* EQUAL, ONE_OF */
	uint8_t n;			/* of `set` or `accepts` */
	uint32_t set[MATCHER_SET];	/* SHARE, no token twice */
	uint32_t accepts[MATCHER_ACCEPTS];
	int32_t number, low, high;	/* NEAR, BETWEEN; below 2^30 either way */
	int32_t span;			/* BETWEEN, of a party: its highest is number + span */
	uint16_t latency[MATCHER_REGIONS];	/* ms; 0: unknown */
	int64_t any_after;		/* its own instead of the rule's: 0 the rule's, negative: never */
};

struct want {
	uint64_t persons[MATCHER_PARTY];
	uint8_t roles[MATCHER_PARTY];	/* bits of the roles that each would take; 0: any */
	uint8_t n;
	bool backfill;			/* no person, but a running match that wants `n` more; `roles` are those of its places */
	uint64_t match;			/* BACKFILL: what it is called in the result */
	const uint64_t *company;	/* BACKFILL: who is in it, at most MATCHER_PERSONS; borrowed for the call */
	uint8_t n_company;
	int64_t since;			/* when it began to wait; earlier than now for one that is put back in front */
	struct trait traits[MATCHER_RULES];
};

struct seat {
	uint64_t ticket;
	uint64_t person;
	int64_t since;
	uint8_t team;
	uint8_t role;		/* a role's number, or 255 */
};

/* A match that was made. Its tickets are gone from the queue. */
struct made {
	const struct seat *seats;	/* good until the next call that may match */
	unsigned n;
	uint64_t seed;			/* the ticket that looked */
	uint64_t backfill;		/* the running match that they join, or 0 */
	int64_t cost;
	int64_t at;
};

struct matcher;

/** `pairs` is borrowed and may be shared between queues. NULL: no memory, or the plan makes no sense. */
struct matcher *matcher_new(const struct plan *plan, struct pairs *pairs, uint64_t seed, int64_t now);
void matcher_free(struct matcher **m);

enum matcher_err { MATCHER_OK, MATCHER_TWICE = -1, MATCHER_FULL = -2, MATCHER_BAD = -3 };

/** Enters and looks at once. MATCHER_TWICE: a person of it is in the queue already; `ticket_out` is that one's ticket. Time never goes back. */
enum matcher_err matcher_add(struct matcher *m, const struct want *want, int64_t now, uint64_t *ticket_out);

/** Another wish, with the place kept. MATCHER_BAD: there is no such ticket (any more), or the persons are others. */
enum matcher_err matcher_update(struct matcher *m, uint64_t ticket, const struct want *want, int64_t now);

/** False: it is gone already, matched or cancelled. */
bool matcher_cancel(struct matcher *m, uint64_t ticket);

/** The ticket of a person, or 0. */
uint64_t matcher_of(const struct matcher *m, uint64_t person);

/** Looks for all whose time has come. */
void matcher_tick(struct matcher *m, int64_t now);

/** When matcher_tick has something to do; INT64_MAX: nothing. */
int64_t matcher_next(const struct matcher *m);

/** Takes a match that was made since. */
bool matcher_take(struct matcher *m, struct made *made_out);

struct matcher_view {
	int64_t since;
	unsigned persons;
	unsigned others;	/* persons waiting whom the hard equal rules allow it */
};

bool matcher_see(const struct matcher *m, uint64_t ticket, struct matcher_view *view_out);

/** Persons who wait. */
unsigned matcher_waiting(const struct matcher *m);

struct matcher_stats {
	uint64_t looks, probes, cut;	/* searches; tickets looked at; searches that saw only a part */
	uint64_t steps;			/* through the trees */
	size_t bytes;			/* held: tickets, lanes, due times, persons */
};

struct matcher_stats matcher_stats(const struct matcher *m);

/** For tests: from when on two waiting tickets go together, blocks and meetings aside. */
int64_t matcher_when(struct matcher *m, uint64_t a, uint64_t b);

#endif
