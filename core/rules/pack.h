/* A loaded rule pack: its manifest, settings, lists, windows and notes in C, its rules in a Lua state of its own. The state can be thrown
 * away and made anew (pack_revive): when a rule used up its budget, it is spent. All the rest stays.
 * judge.c asks the rules; pack_*.c load them and give Lua what it sees. */
#ifndef WHIPLY_RULES_PACK_H
#define WHIPLY_RULES_PACK_H

#include "base/arena.h"
#include "base/hist.h"
#include "rules/kv.h"
#include "text/list.h"
#include "text/regex.h"
#include "text/scene.h"
#include "rules/source.h"
#include "text/window.h"

enum {
	PACK_NAME = 64,
	PACK_API = 1,
	PACK_RULES = 64,
	PACK_TESTS = 128,
	PACK_SETTINGS = 48,
	PACK_WINDOWS = 16,
	PACK_REGEXES = 64,
	PACK_SCORES = 8,
	PACK_WORDS = 8,			/* names in one `exempt` or `rooms` */
	PACK_LADDER = 8,
	PACK_EVIDENCE = 4096,
};

/* 0 is the default in every field; for one rule on one event, but for `memory`. */
struct pack_limits {
	size_t memory;		/* of a pack's state: 8 MiB */
	uint64_t steps;		/* 200,000: some 2 ms */
	size_t bytes;		/* 16 MiB */
	int64_t time_ns;	/* 50 ms: behind the steps, for a machine that is busy */
	unsigned overruns;	/* until a rule is set to shadow: 3 */
};

enum pack_mode { PACK_OFF, PACK_SHADOW, PACK_LIVE };

struct pack_act {
	uint32_t actions, scope;
	int64_t time_ms, sweep_ms;
	int64_t ladder[PACK_LADDER], forget_ms;
	unsigned n_ladder;
	char reason[PACK_NAME], text[200];
};

struct pack_rule {
	char name[PACK_NAME];
	uint32_t on;			/* bits by enum wh_judge_on */
	bool closed;			/* when it fails, the message is held */
	bool exempt_known, exempt_trusted, exempt_bots;
	size_t n_exempt, n_rooms;
	char exempt[PACK_WORDS][PACK_NAME], rooms[PACK_WORDS][PACK_NAME];
	struct pack_act act;
	int when;			/* reference in the state */
	enum pack_mode most;		/* what it may still be: lowered by itself */
	unsigned overruns;
	uint64_t evaluated, hits, failed;
	int64_t day;
	uint64_t day_evaluated, day_hits;
	struct wh_hist cost;		/* ns */
};

enum setting_type { SETTING_INT, SETTING_NUMBER, SETTING_BOOL, SETTING_STRING, SETTING_DURATION, SETTING_CHOICE, SETTING_WORDS, SETTING_DOMAINS,
	SETTING_PATTERNS };

struct pack_setting {
	char name[PACK_NAME];
	enum setting_type type;
	struct list *list;	/* owned, for the last three */
	char shown[128];	/* the value, for `check` */
};

struct pack_window {
	char name[PACK_NAME];
	struct window *window;	/* owned */
};

struct pack_test {
	char name[128];
	struct wh_buf steps;	/* owned: JSON array */
};

struct pack_regex {
	struct wh_buf text;	/* owned */
	struct regex *regex;	/* owned */
};

/* A request for a score, while a rule runs. */
struct pack_ask {
	char name[PACK_NAME];
	struct wh_buf text;	/* owned */
};

struct pack {
	char id[PACK_NAME], version[32], license[32];
	char summary[200];
	const struct shared *shared;	/* borrowed */
	const struct source *source;	/* owned unless `borrowed` */
	bool source_borrowed;
	struct pack_limits limits;
	struct wh_script *script;
	struct wh_buf overrides;	/* JSON object of settings; owned */
	struct wh_buf error;		/* of the last that failed */
	struct wh_buf scratch;		/* of JSON that is read */

	bool loading, reviving, declared;
	size_t n_settings, n_rules, n_tests, n_windows, n_regexes, n_scores, n_asks;
	struct pack_setting settings[PACK_SETTINGS];
	struct pack_rule *rules;	/* owned: PACK_RULES */
	struct pack_test tests[PACK_TESTS];
	struct pack_window windows[PACK_WINDOWS];
	struct pack_regex regexes[PACK_REGEXES];
	char scores[PACK_SCORES][PACK_NAME];
	struct pack_ask asks[4];
	struct kv *kv;
	bool told[PACK_SETTINGS];	/* which settings have a value of their own */

	struct scene *scene;		/* borrowed: what is judged; NULL: nothing */
	uint64_t cached[16];		/* the scene's number for which a member of `m` is kept */
	bool wrote;			/* the rule that runs wrote something */
	int event_ref;			/* `m` */
	struct wh_buf evidence;		/* JSON that the last hit returned; empty: none */
	struct pack_act act;		/* of the last hit, when it returned one of its own */
	bool own_act;
	unsigned spent;			/* times that the state was made anew */
};

/** Loads a pack. `settings` (may be empty) is a JSON object that stands before the defaults. `take_source` is taken in any case.
 * On failure `why_out` has file, line and traceback. */
enum wh_err pack_load(const struct shared *shared, const struct pack_limits *limits, struct source *take_source, struct wh_str settings,
	struct pack **pack_out, struct wh_buf *why_out);

/** Another instance of a loaded pack with settings of its own and nothing remembered: for tests. The source stays the first one's. */
enum wh_err pack_copy(const struct pack *from, struct wh_str settings, struct pack **pack_out, struct wh_buf *why_out);
void pack_free(struct pack **p);

/** The notes of an older version, and the windows that both have: what was counted goes on being counted. `from` is to be freed. */
void pack_inherit(struct pack *to, struct pack *from);

/** A new state in place of a spent one. */
enum wh_err pack_revive(struct pack *p);

/* PACK_LATE: over its time and not over its steps, which may be the machine's doing. */
enum pack_got { PACK_MISS, PACK_HIT, PACK_FAILED, PACK_OVER, PACK_LATE };

/** Asks a rule about the scene. What it wrote is kept when it ends well, and undone when it fails. `now_ns`, monotonic (0: it is looked at), goes
 * on to when it ended: rules that follow each other need one look at the clock each. */
enum pack_got pack_ask_rule(struct pack *p, struct pack_rule *rule, struct scene *scene, int64_t *now_ns, int64_t *cost_ns_out);

/** Runs a text in the pack's state, as `repl` does; what it returns is written to `out`. */
enum wh_err pack_run(struct pack *p, struct scene *scene, struct wh_str text, struct wh_buf *out);

/** "message" to a bit, -1 for none; and the other way. */
int pack_on(struct wh_str name);
const char *pack_on_name(unsigned on);

#endif
