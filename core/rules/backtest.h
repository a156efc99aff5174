/* A backtest: what packs would have done to what was said, event by event on the clock of the log. An entry of the log is an object:
 *	{"time":"2026-01-31T12:00:00Z","room":"lobby","seq":7,"from":"eve","text":"…","trust":"known","age":"2d",…}	what happened
 *	{"time":…,"deed":"ban","of":"eve"}		what a moderator did to somebody: counts for what they said in the ten minutes before
 *	{"deed":"redact","room":"lobby","seq":7}	… to one message; or "deed" in the message's own entry
 *	{"appeal":"upheld","room":"lobby","seq":7}	somebody was right to complain
 * Of people, the fields of a test's step may be there; what is not is counted as the log goes on. All deeds are told first, as they come
 * after what they are for. Used by the command line, and by the helper for logs that the server has. */
#ifndef WHIPLY_RULES_BACKTEST_H
#define WHIPLY_RULES_BACKTEST_H

#include "rules/crowd.h"
#include "rules/judge.h"

enum { BACKTEST_SAMPLES = 20, BACKTEST_TEXT = 160, BACKTEST_DEEDS = 200000 };

struct sample {
	char who[64], text[BACKTEST_TEXT + 8];
	int64_t time_ms;
	bool agreed;
};

struct tally {
	struct pack *pack;
	struct pack_rule *rule;
	uint64_t evaluated, hits, trusted, agreed, upheld, failed;
	uint64_t did[WH_ACTIONS];	/* how often it wanted what */
	struct wh_map users;		/* name to person; borrowed */
	struct wh_hist cost;
	size_t n_samples;
	struct sample samples[BACKTEST_SAMPLES];
	char error[512], lowered[160];	/* the first error; that it was set lower by itself */
};

struct backtest {
	struct judge_sink sink;	/* first */
	struct judge judge;
	struct crowd crowd;
	struct wh_map deeds;	/* owned */
	struct tally *tallies;	/* owned */
	size_t n_tallies, n_deeds, samples;
	struct tally *now;	/* of the rule that hit last */
	const struct wh_judge_event *event;
	struct person *person;
	bool deed, appeal, hit;	/* of the event */
	uint64_t events, deeds_on, deeds_found, bad_lines;
	int64_t first_ms, last_ms;
	const char *room;	/* only this; NULL: all */
	struct wh_buf error;
};

struct backtest *backtest_new(struct shared *shared, size_t samples);
void backtest_free(struct backtest **b);

/** Adds a pack. WH_EFULL. All stand before backtest_ready. */
enum wh_err backtest_add(struct backtest *b, struct pack *take);
enum wh_err backtest_ready(struct backtest *b);

/** When the entry was; `before_ms` and a second when it does not say. */
int64_t backtest_time(const struct wh_value *entry, int64_t before_ms);

/** Takes what the entry says of deeds and appeals; and, once all are told, what happened. */
void backtest_deed(struct backtest *b, const struct wh_value *entry, int64_t now_ms);
void backtest_event(struct backtest *b, const struct wh_value *entry, int64_t now_ms);

/** Inside an object. */
void backtest_json(const struct backtest *b, struct wh_json *w);
void backtest_text(const struct backtest *b, struct wh_buf *out);

#endif
