/* What the tests of this folder share: a judge with packs from texts, and events that are said. */
#ifndef WHIPLY_RULES_TESTING_RULES_H
#define WHIPLY_RULES_TESTING_RULES_H

#include "base/testing.h"
#include "rules/judge.h"

struct bed {
	struct judge_sink sink;		/* first */
	struct shared shared;
	struct judge judge;
	int64_t now_ms;
	uint64_t entry;
	/* of the last event */
	struct wh_judge_answer answer;
	uint32_t live, shadow;		/* actions */
	unsigned errors, demoted, scores;
	struct wh_judge_verdict verdict;	/* the last; texts are copied */
	char reason[64], rule[64], evidence[4096], error[4096];
};

void bed_begin(struct bed *b);
void bed_end(struct bed *b);

/** Loads a pack of one file; fails the test when it is wrong. `settings` may be NULL. */
struct pack *bed_load(struct bed *b, const char *text, const char *settings);

/** Loads a pack that must be refused, and gives the error. */
const char *bed_refused(struct bed *b, const char *text, const char *settings);

/** Somebody new says something in the lobby, a second after the last event. */
void bed_say(struct bed *b, const char *who, const char *text);
void bed_event(struct bed *b, const struct wh_judge_event *e);

#endif
