/* Judging by rule packs, between the gate and the helper whiply-rules: asks with deadlines, the packs and their versions, modes and settings,
 * scores of classifiers, backtests. It returns verdicts and does nothing about them: that is action.c's. moderation.c puts the rows at the end of
 * this file into its tables and opens it with what it needs of the others.
 *
 * A pack is read from a folder of the operator's or uploaded, checked and tested by a second helper ("trials"), and only then given to the one that
 * judges ("rules"). While that one is away or loads packs, asks wait here until their deadline.
 *
 * What grows, and its bound: asks under way (JUDGING_ASKS, of JUDGING_BYTES in all), packs (JUDGING_PACKS, a pack of JUDGING_PACK_BYTES), modes
 * (JUDGING_MODES), versions that are kept of a pack (JUDGING_VERSIONS), entries that commands add to one list (JUDGING_ENTRIES), scores that are waited for
 * (JUDGING_SCORES) and remembered (JUDGING_SCORES_KEPT). */
#ifndef PLUGIN_MODERATION_JUDGING_H
#define PLUGIN_MODERATION_JUDGING_H

#include <whiply/accounts.h>
#include <whiply/conf.h>
#include <whiply/judge.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum {
	JUDGING_ASKS = 1024,
	JUDGING_BYTES = 8 << 20,
	JUDGING_PACKS = 64,
	JUDGING_PACK_BYTES = 2 << 20,
	JUDGING_MODES = 1000,
	JUDGING_VERSIONS = 32,
	JUDGING_ENTRIES = 20000,
	JUDGING_SCORES = 64,
	JUDGING_SCORES_KEPT = 1024,
};

struct judging;

/** `answer` NULL: there was none in time, or the helper died over it; ask judging_policy what then. Verdicts and all that they hold are good until it
 * returns. */
typedef void judged(void *self, uint64_t cookie, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n);

/** What is to be undone by a rollback: all that this version of a pack did, or (`rule`) one rule of it. */
struct judging_undo {
	struct wh_str pack, version, rule;
	struct wh_str by, by_name;
};

/** What it needs of the rest of the plugin. */
struct judging_parts {
	void *self;

	/** Verdicts of what nobody waits for: timers, scores, and answers that came after their deadline. */
	void (*late)(void *self, const struct wh_judge_event *event, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n);

	/** Moderators are to be told of something. */
	void (*tell)(void *self, const struct wh_event *event);

	/** Undoes; judging_undone is called when that is over. NULL: nothing can be undone. */
	enum wh_err (*undo)(void *self, const struct judging_undo *what, uint64_t cookie);

	/** How far somebody was to be trusted, for a backtest. NULL: not at all. */
	enum wh_judge_trust (*trust)(void *self, const struct wh_trust *trust);

	/** What moderators did in a room in this time: judging_deed for each, then judging_deeds_end. NULL: not known. */
	enum wh_err (*deeds)(void *self, struct wh_str room, int64_t from_ms, int64_t to_ms, uint64_t cookie);

	/** Reads a room's log for a backtest: the cells and columns of Q_LOG in packs_store.c, with what was removed or never published as far as it is
	 * kept. NULL: what chat has. */
	enum wh_err (*log)(void *self, const struct wh_cell cells[static 5], wh_store_done *done, uint64_t cookie);

	/** The key of a room's name; false: it can be none. NULL: they are the same. */
	bool (*room)(void *self, struct wh_str name, char key_out[static 65]);

	const struct wh_metric *metrics;	/* the first of JUDGING_METRICS in the plugin's table */
};

/** `parts` is copied. Its schema is its own, "moderation_packs": open it behind the plugin's. NULL: why stands in the log. */
struct judging *judging_open(const struct wh_host *host, const struct wh_conf *conf, const struct judging_parts *parts);

/** Who waits for an answer is told that there is none. */
void judging_close(struct judging **j);

/** The config changed: folders are read again; what is new in them is tested first, and a pack that fails stays as it was. */
/** The room has another name: modes that are set for it go along. */
void judging_move(struct judging *j, struct wh_str from, struct wh_str to);
void judging_reload(struct judging *j, const struct wh_conf *conf);

/** Does any rule that is not off listen to this? */
bool judging_wanted(const struct judging *j, enum wh_judge_on on);

/** Asks. WH_EAWAY: nobody listens; WH_EFULL: too many are under way; WH_ENOMEM, WH_ETOOBIG. Then `done` is not called, and it is as
 * without an answer. */
enum wh_err judging_ask(struct judging *j, const struct wh_judge_event *e, judged *done, void *self, uint64_t cookie);

/** What becomes of an event that got no answer: WH_FATE_HOLD when a live rule that would have been asked fails closed, otherwise WH_FATE_PASS. Which rules
 * do is remembered over restarts, so that this holds from the first moment on; of a pack that was never loaded its source is looked at. */
enum wh_judge_fate judging_policy(const struct judging *j, const struct wh_judge_event *e);

/** And what becomes of one that was answered, while a pack cannot be loaded whose rules were known: the same, for that pack. */
enum wh_judge_fate judging_missing(const struct judging *j, const struct wh_judge_event *e);

void judging_undone(struct judging *j, uint64_t cookie, enum wh_err err, int64_t n);

/** One thing that a moderator did: to a message (chat's id), or with `entry` 0 to a person. `upheld`: no deed, but an appeal that was right. */
struct judging_deed {
	struct wh_str name;
	int64_t entry, time_ms;
	bool upheld;
};
void judging_deed(struct judging *j, uint64_t cookie, const struct judging_deed *deed);
void judging_deeds_end(struct judging *j, uint64_t cookie, enum wh_err err);

/* The plugin's part: what moderation.c puts into its tables */

/** Who has the plugin's self says where judging is; the plugin defines it. */
struct judging *moderation_judging(void *self);

void judging_up(void *self, const struct wh_helper *helper);
void judging_down(void *self, const struct wh_helper *helper);
void judging_answered(void *self, const struct wh_helper *helper, wh_id id, struct wh_str bytes);

#define JUDGING_HELPERS \
	{ "rules", "whiply-rules", judging_up, judging_down, judging_answered }, \
	{ "trials", "whiply-rules", judging_up, judging_down, judging_answered }

extern const struct wh_setting judging_pack_settings[], judging_score_settings[];

#define JUDGING_SETTINGS \
	{ "pack_folders", WH_STRINGS, .file_only = true, .help = "folders of rule packs, a pack in each of their folders; of two with one id the later counts" }, \
	{ "packs", WH_FREE, .table = judging_pack_settings, .help = "rule packs, each under its id; up to 64" }, \
	{ "deadline", WH_DURATION, .def = "250ms", .min = "10ms", .max = "10s", .help = "how long a message waits for the rule packs" }, \
	{ "stuck", WH_DURATION, .def = "2s", .min = "200ms", .max = "60s", .help = "after how long without an answer whiply-rules is killed" }, \
	{ "rule_steps", WH_INT, .def = "200000", .min = "1000", .max = "5000000", .help = "what a rule may do for one message: 200000 are some 2 ms" }, \
	{ "rule_memory", WH_SIZE, .def = "8MiB", .min = "1MiB", .max = "64MiB", .help = "memory of a pack" }, \
	{ "rule_overruns", WH_INT, .def = "3", .min = "1", .max = "1000", .help = "how often a rule may use up its steps before it is set to shadow" }, \
	{ "rule_share", WH_INT, .def = "50", .min = "0", .max = "1000", .help = "of 1000 messages of a day: a rule that acts on more is set to shadow; 0: no bound" }, \
	{ "scores", WH_FREE, .table = judging_score_settings, .help = "classifiers that packs may ask, each under its name" }

enum judging_metric { JUDGING_ASKED, JUDGING_ITEMS, JUDGING_TOOK, JUDGING_LATE, JUDGING_LOST, JUDGING_RESTARTS, JUDGING_WAITING, JUDGING_SCORED };

#define JUDGING_METRICS \
	{ "whiply_moderation_asks_total", WH_COUNTER, .help = "Events that rule packs were asked about.", .label = "on" }, \
	{ "whiply_moderation_verdicts_total", WH_COUNTER, .help = "What rule packs answered: verdict, shadow, score, error, demoted.", .label = "item" }, \
	{ "whiply_moderation_verdict_seconds", WH_HISTOGRAM, .help = "From an ask to its answer." }, \
	{ "whiply_moderation_late_total", WH_COUNTER, .help = "Asks that had no answer at their deadline." }, \
	{ "whiply_moderation_lost_total", WH_COUNTER, .help = "Asks that whiply-rules died over." }, \
	{ "whiply_moderation_restarts_total", WH_COUNTER, .help = "How often whiply-rules ended and was started again.", .label = "helper" }, \
	{ "whiply_moderation_asks", WH_GAUGE, .help = "Asks under way." }, \
	{ "whiply_moderation_scores_total", WH_COUNTER, .help = "Requests for scores: asked, kept, full, failed, unknown.", .label = "outcome" }

extern const struct wh_field judging_fields_pack[], judging_fields_look[], judging_fields_mode[], judging_fields_set[], judging_fields_put[], judging_fields_test[],
	judging_fields_rollback[], judging_fields_list[], judging_fields_entries[], judging_fields_backtest[];
enum wh_err judging_command_packs(void *self, struct wh_call *call);
enum wh_err judging_command_pack(void *self, struct wh_call *call);
enum wh_err judging_command_mode(void *self, struct wh_call *call);
enum wh_err judging_command_set(void *self, struct wh_call *call);
enum wh_err judging_command_put(void *self, struct wh_call *call);
enum wh_err judging_command_test(void *self, struct wh_call *call);
enum wh_err judging_command_remove(void *self, struct wh_call *call);
enum wh_err judging_command_rollback(void *self, struct wh_call *call);
enum wh_err judging_command_list(void *self, struct wh_call *call);
enum wh_err judging_command_list_add(void *self, struct wh_call *call);
enum wh_err judging_command_list_remove(void *self, struct wh_call *call);
enum wh_err judging_command_backtest(void *self, struct wh_call *call);

#define JUDGING_COMMANDS \
	{ "moderation.packs", NULL, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = judging_command_packs, .help = "the rule packs, and how they are set" }, \
	{ "moderation.pack", judging_fields_look, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = judging_command_pack, .help = "a rule pack: its rules, settings, versions, and what it cost and did" }, \
	{ "moderation.pack_mode", judging_fields_mode, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = judging_command_mode, .help = "set a pack or a rule, everywhere or in a room, to off, shadow or live" }, \
	{ "moderation.pack_set", judging_fields_set, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = judging_command_set, .help = "set a setting of a pack, or take back what was set" }, \
	{ "moderation.pack_put", judging_fields_put, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = judging_command_put, .help = "upload a rule pack, or a new version of one; it is tested first" }, \
	{ "moderation.pack_test", judging_fields_test, WH_ALLOW_ADMIN, .rate = "1/s burst 5", .run = judging_command_test, .help = "run a pack's own tests" }, \
	{ "moderation.pack_remove", judging_fields_pack, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = judging_command_remove, .help = "take away an uploaded pack, or the uploaded version of one" }, \
	{ "moderation.pack_list", judging_fields_list, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = judging_command_list, .help = "what commands changed in a list of a pack" }, \
	{ "moderation.pack_list_add", judging_fields_entries, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = judging_command_list_add, .help = "add entries to a list of a pack" }, \
	{ "moderation.pack_list_remove", judging_fields_entries, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = judging_command_list_remove, .help = "remove entries from a list of a pack" }, \
	{ "moderation.rollback", judging_fields_rollback, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = judging_command_rollback, .help = "go back to an earlier version of a pack, and perhaps undo what the later one did" }, \
	{ "moderation.backtest", judging_fields_backtest, WH_ALLOW_MODERATOR, .rate = "1/s burst 5", .run = judging_command_backtest, .help = "what a pack would have done to what was said in a room" }

#endif
