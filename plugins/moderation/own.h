/* What the files of moderation's core share, and what judges do not see. */
#ifndef MODERATION_OWN_H
#define MODERATION_OWN_H

#include "moderation.h"

#include <whiply/bans.h>

enum {
	MOD_SCOPE_GUESTS = 4,		/* beside enum wh_judge_scope: guests of the same network */
	MOD_LADDER = 16,		/* steps */
	MOD_SLOW_SEATS = 1024,		/* of a slow room: when somebody spoke; two in one seat wait for each other */
	MOD_REASONS = 200,		/* templates of reasons that moderators wrote */
	MOD_KEY = 40,			/* bytes of a reason's key */
};

struct mod_settings {
	int64_t ladder[MOD_LADDER];
	size_t n_ladder;
	int64_t ladder_forget, timeout_ms, mute_ms, shadow_ms, ban_ms, slow_ms, slow_for, lockdown_for;
	int64_t known_age, known_messages, trusted_age, trusted_messages;
	int64_t claim_ms, keep_log, keep_items, keep_kept, keep_notes, network_key_ms;
	bool strikes, whispers, guest_network, shadow_statements, commands;
	struct wh_str redress, ground, language;	/* good until the next reload */
};

/** What is in force: on a person, a network or a room. */
struct penalty {
	struct wh_list all, by_who, by_network, by_room;
	int64_t id, until;		/* until: wall clock, 0: for good */
	enum mod_kind kind;
	uint32_t scope;
	int64_t value;			/* of slow: ms */
	struct wh_str who, network, room, text;	/* in `bytes`; text: what the person is told */
	char bytes[];
};

/** Penalties under one key. */
struct shelf {
	struct wh_str key;
	struct wh_list penalties;
	int64_t *spoke;			/* owned; of a slow room: MOD_SLOW_SEATS times */
	char bytes[];
};

/** A reason that may be given, by its key. */
struct reason {
	struct wh_str key, text, ground;
	bool own;			/* a moderator wrote it: it is owned */
	char bytes[];
};

/** Who is meant, or acts. */
struct person {
	char id[MOD_ID + 1], name[MOD_NAME + 1], network[MOD_NETWORK];
	bool guest, moderator;
};

struct numbered {
	uint64_t number;
	int64_t entry;
};

struct undoing;
struct sweep;
struct filters;
struct judging;
struct raid;

struct moderation {
	const struct wh_host *host;
	struct wh_table table;
	const struct wh_chat_ops *chat;
	struct wh_chat *chat_self;
	const struct wh_accounts_ops *accounts;	/* NULL: there is none */
	struct wh_accounts *accounts_self;
	const struct wh_audit_ops *audit;
	struct wh_audit_log *audit_self;
	struct mod_settings set;
	int64_t last_id;
	bool closing;

	struct wh_list penalties;			/* owned, in the order in which they are looked at */
	size_t n_penalties;
	struct wh_dict *by_who, *by_network, *by_room;	/* owned shelves */
	struct wh_list doing, undoings, sweeps, calls, holds, bulks, gates;	/* owned: under way */
	size_t n_doing;
	struct wh_dict *reasons;		/* by key */
	struct numbered *said;			/* owned: MOD_SAID, the oldest is overwritten */
	size_t n_said;
	unsigned char network_key[2][16];	/* the present, the one before */
	int64_t network_since;
	wh_id begin, tick, slow_tick;		/* timers */

	struct filters *filters;
	struct raid *raid;
	struct judging *judging;
	const struct wh_bans_ops *bans;		/* NULL: there is none */
	struct wh_bans *bans_self;
	struct wh_slot *names;			/* in each session: the name that it had last, MOD_NAME + 1 bytes */
	bool listed;				/* of who is judged just now: on a list of bad addresses */
};

/* schema.c */
enum mod_statement {
	Q_LAST_ID, Q_ACTION_ADD, Q_REDACT_NOTE, Q_ACTION_STATE, Q_ACTION, Q_IN_FORCE, Q_PENDING, Q_FORCE_OVER, Q_LADDER, Q_LOG,
	Q_UNDO_SHOW, Q_UNDO_COVER, Q_UNDO_TAKE, Q_PUT_COVER, Q_PUT_BACK, Q_UNDONE_BY, Q_COVERED, Q_AGAIN_COVER, Q_SWEPT, Q_ITEM_ADD, Q_ITEM_MERGE, Q_ITEM, Q_ITEMS, Q_CLAIM, Q_RELEASE, Q_DECIDE,
	Q_ITEM_STATE, Q_ITEMS_HALF, Q_EDITS_OVER, Q_NOTE_ADD, Q_NOTES, Q_REASON_SET, Q_REASONS, Q_STATEMENTS, Q_MINE, Q_COUNT_OPEN, Q_DEEDS, Q_TRIAL_LOG,
	Q_KEEP_LOG, Q_KEEP_ITEMS, Q_KEEP_KEPT, Q_KEEP_NOTES, Q_KEEP_COVER, Q_EXPORT, Q_EXPORT_ITEMS, Q_ERASE_ACTIONS, Q_ERASE_ITEMS, Q_ERASE_NOTES, Q_ERASE_BY,
	Q_ACTIONS_MOVE, Q_ITEMS_MOVE,
	Q_FILTERS	/* and those behind it are of filters.h */
};
extern const struct wh_schema moderation_schema;

/** The columns of an action as Q_ACTION, Q_LOG, Q_COVERED, Q_UNDO_SHOW and Q_PENDING give them. */
enum action_column {
	A_ID, A_TIME, A_KIND, A_WHO, A_NAME, A_NETWORK, A_SCOPE, A_ROOM, A_UNTIL, A_REASON, A_TEXT, A_EVIDENCE, A_PACK, A_VERSION, A_RULE, A_MODE, A_BY, A_BY_NAME,
	A_GROUP, A_ENTRY, A_ITEM, A_VALUE, A_KEPT, A_EXTRA, A_STATE, A_UNDONE, A_TARGET, A_COLUMNS
};

/** The columns of an item. */
enum item_column {
	I_ID, I_KIND, I_TIME, I_ROOM, I_WHO, I_NAME, I_NETWORK, I_BY, I_BY_NAME, I_TEXT, I_WORDS, I_REASON, I_EVIDENCE, I_PACK, I_VERSION, I_RULE, I_ENTRY, I_ACTION,
	I_COUNT, I_CLAIM, I_CLAIM_NAME, I_CLAIM_UNTIL, I_STATE, I_DECISION, I_DECIDED_BY, I_DECIDED_NAME, I_DECIDED, I_FORM, I_REF, I_COLUMNS
};

/* text.c */
void id_text(int64_t id, char out[static MOD_ID_TEXT]);
bool id_parse(struct wh_str text, int64_t *id_out);
void text_copy(char *to, size_t cap, struct wh_str s);
const char *kind_name(enum mod_kind kind);
enum mod_kind kind_find(struct wh_str name);
bool kind_lasts(enum mod_kind kind);
bool kind_of_room(enum mod_kind kind);

/** A span for people: "10 minutes"; a moment: "2026-11-21 14:30 UTC". */
void text_span(int64_t ms, char out[static 40]);
void text_moment(int64_t wall_ms, char out[static 40]);

/** Reads "10m", "2h30m"; false: it is none. */
bool text_duration(struct wh_str s, int64_t *ms_out);

/** Keeps a slice at `*to`, and moves that on. */
struct wh_str text_keep(char **to, struct wh_str s);

/* moderation.c */
extern const struct wh_metric moderation_metrics[];
enum mod_metric { M_ACTIONS, M_HELD, M_REPORTS, M_IN_FORCE, M_OPEN_ITEMS, M_UNDONE, M_JUDGING /* and those behind it are of judging.h */ };

/** Fails a call for what the store said; `wh_call_done` is the caller's. */
enum wh_err mod_store_failed(struct wh_call *call, enum wh_err err);

/** Runs steps for a call; WH_WAIT. `done` gets the held call's id as cookie. */
enum wh_err mod_run(struct moderation *mod, struct wh_call *call, const struct wh_step *steps, size_t n, wh_store_done *done);

/** Does nothing but log what went wrong. */
void mod_written(void *self, uint64_t cookie, const struct wh_result *r);

/* network.c */

/** The key of an address's network (/24 or /48) in `out`; by the key before, if `before`. Empty: it has none. */
struct wh_str network_of(const struct moderation *mod, struct wh_str address, bool before, char out[static MOD_NETWORK]);
enum wh_err network_open(struct moderation *mod);
void network_turn(struct moderation *mod);

/* people.c */

/** How far an account is to be trusted, by its age, messages and strikes. */
enum wh_judge_trust trust_level(const struct moderation *mod, const struct wh_trust *trust);

/** What a person is to a rule. */
enum wh_judge_trust person_trust(struct moderation *mod, struct wh_session *s, struct wh_str room, struct wh_trust *trust_out);

/** Moderates the session everywhere; or in this room. */
bool person_rules(struct moderation *mod, struct wh_session *s);
bool person_moderates(struct moderation *mod, struct wh_session *s, struct wh_str room);

/** Fills in who a session is. */
void person_of(struct moderation *mod, struct wh_session *s, struct person *out);

/** Who is meant by a name or id. `then` says what comes of the call; it runs at once or later. */
typedef enum wh_err person_then(struct moderation *mod, struct wh_call *call, const struct person *who);
enum wh_err person_find(struct moderation *mod, struct wh_call *call, struct wh_str name, person_then *then);
void persons_free(struct moderation *mod);

/** Tells all sessions of somebody. */
void person_tell(struct moderation *mod, struct wh_str id, const struct wh_event *event);

/** Tells all moderators. */
void moderators_tell(struct moderation *mod, const struct wh_event *event);

/** The room's key of a call's argument; empty when it has none, and false when it can be no room's. */
bool room_of_call(struct moderation *mod, struct wh_call *call, char key_out[static MOD_ROOM + 1]);

/** May the caller act there? Everywhere is `room` empty. Else the call is failed. */
bool call_may(struct moderation *mod, struct wh_call *call, struct wh_str room);

/* penalty.c */
enum wh_err penalty_open(struct moderation *mod);
void penalty_close(struct moderation *mod);
enum wh_err penalty_add(struct moderation *mod, const struct penalty *from);
struct penalty *penalty_by_id(struct moderation *mod, struct wh_str who, struct wh_str network, struct wh_str room, int64_t id);
void penalty_remove(struct moderation *mod, struct penalty *p);

/** What stands against a session in a room: the first of these kinds (bits 1 << enum mod_kind) that is in force. */
const struct penalty *penalty_of(struct moderation *mod, struct wh_session *s, struct wh_str room, uint32_t kinds);

/** What is in force in a room itself. */
const struct penalty *penalty_of_room(struct moderation *mod, struct wh_str room, enum mod_kind kind);

/** Calls `each` for what is in force under a key: of a person, or (`who` empty) of a room. */
void penalty_each(struct moderation *mod, struct wh_str who, struct wh_str room, bool (*each)(void *self, const struct penalty *p), void *self);

/** In a slow room: how long the person has to wait; counts it as said when that is 0. */
int64_t penalty_slow(struct moderation *mod, const struct penalty *slow, struct wh_str who);
void penalty_tick(struct moderation *mod);

/** What is in force in a room, or on somebody in it, is from now on in that one. */
void penalties_move(struct moderation *mod, struct wh_str from, struct wh_str to);

/** Tells a room what is in force in it. */
void penalty_tell_room(struct moderation *mod, struct wh_str room);

/* action.c */

/** An action that is being done. */
struct doing {
	struct wh_list link;
	struct moderation *mod;
	struct mod_act act;		/* slices in `text` */
	int64_t id, time, until;
	char *kept;			/* owned; of a redaction: the text, then extra */
	size_t kept_n, extra_n;
	bool kept_there;
	char room[MOD_ROOM + 1], who[MOD_ID + 1], name[MOD_NAME + 1];	/* of a redaction: of the message */
	action_done *done;
	uint64_t cookie;
	char text[];
};
void actions_free(struct moderation *mod);

/** Finishes what a dead hub began. */
void actions_resume(struct moderation *mod);

/** What an action in force does: `on` begins or ends it. Of redactions and the like nothing. */
void action_force(struct moderation *mod, const struct wh_rows *rows, size_t row, bool on);

/** Tells the person of an action, or that it was taken back. */
struct notice {
	int64_t id, until, entry;
	enum mod_kind kind;
	struct wh_str who, room, reason, text, rule;
	bool automated, undone;
};
void notice_tell(struct moderation *mod, const struct notice *notice);

/** The sentence of a kind for a person. */
void notice_sentence(struct moderation *mod, const struct notice *notice, char out[static MOD_SENTENCE]);

/** Who acts, of a call. */
void act_by(struct moderation *mod, struct wh_call *call, struct mod_act *act);

/** chat.redact is about to run: what a moderator removes with it is an action like others, with its text and a way back. */
void act_redact_note(struct moderation *mod, struct wh_call *call);

/** Fills in the answer of a call that acts: {"action","until"}; for action_apply's `done`, with the held call as cookie. */
void act_answered(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id);

/* moved.c */
wh_chat_watcher room_moved;

/* sweep.c */
void sweep_cancel(struct moderation *mod, int64_t group);
bool sweep_entries(struct moderation *mod, const struct mod_act *act, struct wh_str evidence, int64_t since);
void sweep_resume(struct moderation *mod, const struct wh_rows *rows, size_t row);
void sweeps_free(struct moderation *mod);
void sweep_heard(void *self, const struct wh_chat_said *said);

/** Chat's id of the message of that number; 0: not known any more. */
int64_t sweep_entry_of(const struct moderation *mod, uint64_t number);

/* undo.c */
struct undo_what {
	int64_t id, group;		/* one of them */
	struct wh_str pack, version, rule;	/* or all of these, since `since` */
	int64_t since;
	struct wh_str by, by_name, text;
};
enum wh_err undo_do(struct moderation *mod, const struct undo_what *what, action_done *done, uint64_t cookie);
void undo_resume(struct moderation *mod, const struct wh_rows *rows, size_t row);
void undos_free(struct moderation *mod);

/* reason.c */
enum wh_err reason_open(struct moderation *mod);
void reason_close(struct moderation *mod);
const struct reason *reason_find(const struct moderation *mod, struct wh_str key);

/* queue.c: items */
enum item_kind { ITEM_REPORT = 1, ITEM_HELD, ITEM_FLAG, ITEM_APPEAL, ITEM_KINDS };
enum item_state { ITEM_OPEN, ITEM_DONE, ITEM_HALF };
struct item {
	enum item_kind kind;
	struct wh_str room, who, name, network, by, by_name, text, words, reason, evidence, pack, version, rule, form;
	int64_t entry, action, ref;
};

/** Puts an item into the queue; of reports, flags and appeals one that is there already is merged. `done` (may be NULL) gets the id; NULL
 * result: err. */
enum wh_err item_add(struct moderation *mod, const struct item *item, action_done *done, uint64_t cookie);

/** Changes of a message that still wait have been overtaken by another: nobody decides them any more. */
void held_edits_over(struct moderation *mod, struct wh_str who, int64_t entry);
void items_resume(struct moderation *mod);
void item_reopen(struct moderation *mod, int64_t id);

/** Publishes what was held. */
void held_publish(struct moderation *mod, const struct wh_rows *rows, size_t row);
void items_free(struct moderation *mod);
void bulks_free(struct moderation *mod);

/* gate.c */
enum wh_verdict gate_message(void *self, struct wh_message *m);
enum wh_verdict gate_join(void *self, struct wh_passage *p);
enum wh_verdict gate_attempt(void *self, struct wh_attempt *a);
void gates_free(struct moderation *mod);

/** A report came in: rules may look at it. */
void gate_reported(struct moderation *mod, const struct item *item);

/* text_command.c */

/** A moderator typed a command: does it. False: it is a message like others. */
bool text_command(struct moderation *mod, struct wh_session *s, struct wh_str room, struct wh_str text);

/* person.c */
enum wh_verdict privacy_export(void *self, struct wh_person *p);
enum wh_verdict privacy_erase(void *self, struct wh_person *p);
void retention_tick(struct moderation *mod);

/* service.c */
struct wh_moderation_ops;
extern const struct wh_moderation_ops moderation_service;

/* Commands */
typedef enum wh_err mod_command(void *self, struct wh_call *call);
mod_command act_warn, act_timeout, act_mute, act_shadow_mute, act_ban, act_strike, act_lift, act_slow, act_registered_only, act_lockdown, act_redact;
mod_command sweep_command, undo_command, log_read, room_log, log_in_force, log_room, report_command, queue_read, queue_claim, queue_decide, note_add, person_show;
mod_command reason_list, reason_set, appeal_command, statement_list;

/** Writes an action of a row as an object. */
/** Members that are left out when there is nothing: an id as text, a text. */
void write_id(struct wh_json *w, const char *key, int64_t id);
void write_some(struct wh_json *w, const char *key, struct wh_str s);

void action_write(struct moderation *mod, const struct wh_rows *rows, size_t row, struct wh_json *w, bool full);

#endif
