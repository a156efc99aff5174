/* Stands in for keeper and hub: starts whiply-rules --ring as the keeper does, links it, asks it and hears answers. For test_helper.c and
 * bench_rules.c. */
#ifndef WHIPLY_RULES_HELPER_BED_H
#define WHIPLY_RULES_HELPER_BED_H

#include <sys/types.h>

#include <whiply/judge.h>

#include "ring/child.h"

struct helper_bed {
	pid_t pid;
	int channel, page;
	char *words;		/* last words */
	struct wh_link_fds fds;
	struct wh_link *link;
	bool waiting;		/* an answer was handed out and is not done yet */
};

/** Starts it; false when that fails. */
bool helper_bed_begin(struct helper_bed *b, const char *program);

/** Tells it to stop and waits; its exit code, or 1000 and the signal. */
int helper_bed_end(struct helper_bed *b);

bool helper_bed_ask(struct helper_bed *b, wh_id id, struct wh_str bytes);

/** The next answer, good until the next call; false: none in `ms`, or it died. */
bool helper_bed_answer(struct helper_bed *b, int ms, wh_id *id_out, struct wh_str *bytes_out);

/** Is it dead, within `ms`? */
bool helper_bed_died(struct helper_bed *b, int ms);

#endif
