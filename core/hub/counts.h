/* What the core counts about itself. Plain numbers, added to where things happen and read by the metrics registry through
 * hub_count_rows, which gives each its public name. Counters only grow; gauges are kept by their owners elsewhere. */
#ifndef WHIPLY_HUB_COUNTS_H
#define WHIPLY_HUB_COUNTS_H

#include <whiply/types.h>

struct hub_counts {
	uint64_t turns;
	uint64_t records;		/* read from edges */
	uint64_t records_stale;		/* named a connection that is gone */
	uint64_t records_poison;	/* set aside: they had killed two hubs */
	uint64_t records_bad;		/* did not decode, or had no business there */
	uint64_t messages;
	uint64_t requests;
	uint64_t sessions_opened;
	uint64_t sessions_resumed;
	uint64_t sessions_recovered;
	uint64_t resumes_refused;
	uint64_t detached_dropped;	/* before their time, for want of room */
	uint64_t papers_sent;
	uint64_t papers_refused;	/* in recovery: the MAC or the shape is wrong */
	uint64_t joins;
	uint64_t leaves;
	uint64_t publishes;
	uint64_t publish_records;	/* one for each edge and dialect */
	uint64_t renders;
	uint64_t sends;
	uint64_t spilled;		/* records that found an edge's ring full */
	uint64_t edges_stuck;
	uint64_t edges_gone;		/* ended, however: those that were drained, too */
	uint64_t helpers_gone;
	uint64_t jobs_refused;
	uint64_t timers_fired;
};

struct hub_count_row {
	const char *name;	/* "whiply_hub_records_total" */
	const char *help;
	size_t at;		/* offset in struct hub_counts */
};

/** Ends in a row without a name. */
extern const struct hub_count_row hub_count_rows[];

static inline uint64_t
hub_count_at(const struct hub_counts *counts, const struct hub_count_row *row)
{
	uint64_t n;

	memcpy(&n, (const char *)counts + row->at, sizeof n);
	return n;
}

#endif
