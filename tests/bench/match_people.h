/* People for a matcher, in simulated time and from a seed: they come, wait, lose their connection, change their mind, and some come again. What comes
 * of it is counted, and what may never be is found from what is known here. */
#ifndef BENCH_MATCH_PEOPLE_H
#define BENCH_MATCH_PEOPLE_H

#include "matcher.h"
#include "pieces.h"

enum shape { STEADY, DAILY, BURST };
enum kind { RATINGS, STRANGERS, TEAMS, LOAD_RATINGS, LOAD_STRANGERS, LOAD_TEAMS };

struct scenario {
	const char *name;
	enum kind kind;
	enum shape shape;
	double rate;		/* arrivals per second */
	unsigned tickets;
	unsigned people;	/* they come again and again; 0: each comes once */
	double gone;		/* share whose connection is lost without a word: they do not accept */
	double cancels;		/* share who give up, most while they wait, some when they are matched already */
	double blocks;		/* blocks per person */
	unsigned pool;		/* LOAD: about how many wait */
	/* what is promised; 0: nothing */
	double wait_p95, wait_worst, apart_p95, shared, cost_us;
};

enum {
	LOAD_ROUNDS = 15,	/* in each, all pools of a kind have their turn */
	INTERESTS = 1000,
	TICK_BUDGET_US = 5000,
};

struct person {
	uint64_t ticket;	/* while waiting */
	int64_t since, cancel_at;
	int32_t rating;
	uint8_t n;
	uint32_t tags[5];
	uint32_t cell;
	bool gone, again;
};

/* What is known of one who comes again. */
struct past {
	uint64_t met[64];	/* the last few: partner, until */
	unsigned n_met;
	unsigned blocks[24], n_blocks;
};

struct sim {
	const struct scenario *s;
	struct plan plan;
	struct pairs pairs;
	struct matcher *m;
	uint64_t dice;
	int64_t now;
	struct person *people;
	struct past *past;		/* of each, when they come again */
	size_t n_people, next_person;
	unsigned *deadlines;		/* those who will give up, as a heap by cancel_at */
	size_t n_deadlines;
	double zipf[INTERESTS];
	/* what came of it */
	uint32_t *waits[4];		/* all, outliers, rare tags, untagged: ms */
	size_t n_waits[4];
	uint32_t *apart;
	size_t n_apart;
	uint64_t matched, tagged, sharing, self, blocked, repeats, doubles, late, cancelled, raced, put_back, ticks, over;
	double busy_us, worst_tick_us;
	double rounds[LOAD_ROUNDS];	/* LOAD: us a ticket, in each */
	double owed;			/* LOAD: arrivals whose time has come, the last one in part */
	uint64_t counted;
	struct matcher_stats before;	/* LOAD: when counting began */
	size_t most_waiting;
	double waiting_sum;
	uint64_t waiting_n;
};

void sim_open(struct sim *s, const struct scenario *c, uint64_t seed);
void sim_close(struct sim *s);

/** Runs it to its last ticket. */
void sim_run(struct sim *s);

/** Somebody who does not wait yet, and who they are this time; NULL: all wait. */
struct person *person_pick(struct sim *s);
void person_dress(struct sim *s, struct person *p);
struct want person_want(const struct sim *s, const struct person *p);

/** What the matcher made of it. */
void matched(struct sim *s, const struct made *made);

/** From 0 to below 1. */
double dice(struct sim *s);

/** CPU time of this process. */
double cpu_us(void);

#endif
