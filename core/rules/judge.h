/* The judge: all loaded packs, the modes of packs, rules and rooms, and an event at a time. The helper and the command line use the same.
 * It does nothing but answer: what rules want is handed to a sink, in the order of packs and rules. */
#ifndef WHIPLY_RULES_JUDGE_H
#define WHIPLY_RULES_JUDGE_H

#include "rules/pack.h"

enum { JUDGE_PACKS = 64, JUDGE_MODES = 1024 };

/* Who hears what comes of an event. Everything borrows until the call returns. */
struct judge_sink {
	void (*item)(struct judge_sink *self, const struct wh_judge_verdict *v);
	/* Each rule that was asked, for backtests; may be NULL. */
	void (*asked)(struct judge_sink *self, struct pack *pack, struct pack_rule *rule, enum pack_got got, int64_t cost_ns);
};

/* One setting of a mode; an empty name stands for all. The one that says most is in force: rule and room before rule before room before pack
 * before none. */
struct judge_mode {
	char pack[PACK_NAME], rule[PACK_NAME], room[PACK_NAME];
	enum pack_mode mode;
};

struct backtest;

struct judge {
	struct shared *shared;		/* borrowed */
	struct pack_limits limits;
	unsigned share;			/* of 1000 events of a day: a rule that acts on more is set to shadow; 0: no bound */
	struct scene scene;
	size_t n_packs, n_modes;
	struct pack *packs[JUDGE_PACKS];	/* owned */
	struct judge_mode *modes;	/* owned */
	uint64_t events, failed;
	int64_t cpu_ns;			/* our CPU time, some events ago */
	struct wh_hist cost;		/* ns of an event */
	struct backtest *trial;		/* owned: under way, by control.c */
	struct wh_buf parts;		/* owned: the front of a control that comes in parts */
};

void judge_init(struct judge *j, struct shared *shared);
void judge_free(struct judge *j);

/** Adds a pack, or puts it in the place of the one with its id, whose memory it has from then on. WH_EFULL. */
enum wh_err judge_add(struct judge *j, struct pack *take);
enum wh_err judge_remove(struct judge *j, struct wh_str id);
struct pack *judge_pack(const struct judge *j, struct wh_str id);

/** Sets a mode; names are copied. WH_EFULL, WH_ETOOBIG. */
enum wh_err judge_set_mode(struct judge *j, struct wh_str pack, struct wh_str rule, struct wh_str room, enum pack_mode mode);
enum pack_mode judge_mode_of(const struct judge *j, const struct pack *p, const struct pack_rule *r, struct wh_str room);
bool judge_mode_named(struct wh_str name, enum pack_mode *mode_out);
const char *judge_mode_name(enum pack_mode mode);

/** Judges an event. */
void judge_event(struct judge *j, const struct wh_judge_event *e, struct judge_sink *sink, struct wh_judge_answer *answer_out);

/** What becomes of a message for which these actions are live. */
enum wh_judge_fate judge_fate(uint32_t actions);

/** Does the pattern with `*` match the whole name? */
bool judge_glob(const char *pattern, struct wh_str name);

#endif
