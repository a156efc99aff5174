/* The plugin moderation, between its files:
 *  moderation.c    tables, settings, opening
 *  schema.c        what is kept, and the statements
 *  gate.c          the hooks: what is said, who enters, what is tried; asks those that judge, and says what becomes of it
 *  action.c        does what a moderator or a verdict wants, and writes it down; action_do.c: its steps; action_read.c: from and to rows
 *  penalty.c       what is in force, in memory
 *  undo.c          takes actions back, also undoings, and shows before what would change
 *  report.c queue.c held.c appeal.c note.c reason.c statement.c log.c    the commands of people
 *  sweep.c         the same for earlier messages
 *  text_command.c  commands that are typed as messages
 *  person.c        export, erasing, retention
 *  judging.h filters.h raid.h    those that judge; they return verdicts and do nothing
 * The log of actions (moderation_action) is the truth: what is in force is the rows of it that say so, so log and effect can't differ. An
 * action is written before it is done, and marked when it is done; what is found unmarked after a restart is done then. Each action stands for
 * itself: a room is locked as long as one lockdown of it is in force, so that undoing one moderator's never undoes another's.
 * What grows, and its bound: penalties in memory (MOD_PENALTIES), actions under way (MOD_UNDER_WAY), the queue's open items (MOD_OPEN), messages that are
 * held (the same), the ring of message numbers (MOD_SAID), entries of one sweep (MOD_SWEEP); in the store what `keep_*` says. */
#ifndef PLUGIN_MODERATION_H
#define PLUGIN_MODERATION_H

#include <whiply/accounts.h>
#include <whiply/audit.h>
#include <whiply/chat.h>
#include <whiply/judge.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum {
	MOD_ID = 64,			/* bytes of a person's id */
	MOD_NAME = 80,
	MOD_ROOM = 128,
	MOD_NETWORK = 24,		/* of the key of a network, with the NUL */
	MOD_ID_TEXT = 17,		/* an action's or item's id in hex, with the NUL */
	MOD_SENTENCE = 400,
	MOD_PENALTIES = 200000,		/* in force at once */
	MOD_UNDER_WAY = 4096,		/* actions being done */
	MOD_OPEN = 20000,		/* items of the queue that wait */
	MOD_SAID = 16384,		/* messages whose number is known */
	MOD_SWEEP = 500,		/* entries of one sweep */
	MOD_VERDICTS = 64,		/* of one event, by what is built in */
	MOD_PAGE = 200,
	MOD_BULK = 100,			/* items of one decision */
};

struct moderation;

/** What was done. Kept in the store: never change a number. */
enum mod_kind {
	MOD_FLAG = 1, MOD_WARN, MOD_SLOW, MOD_REGISTERED_ONLY, MOD_LOCKDOWN, MOD_HOLD, MOD_REDACT, MOD_TIMEOUT, MOD_SHADOW_MUTE, MOD_MUTE, MOD_BAN,
	MOD_STRIKE, MOD_SWEEP_ALL, MOD_UNDO, MOD_REFUSED, MOD_RESTORE, MOD_APPROVE, MOD_DENY, MOD_DISMISS, MOD_ANSWER, MOD_DEMOTED,
	MOD_KINDS
};

enum mod_mode { MOD_BY_HAND, MOD_LIVE, MOD_SHADOW };

enum mod_state { MOD_PENDING, MOD_DONE, MOD_FAILED };

/** One thing to be done, or to be written down. Slices are copied by action_apply. */
struct mod_act {
	enum mod_kind kind;
	struct wh_str who, name;	/* whom it concerns: the id of an account or guest; empty: nobody */
	struct wh_str network;		/* its key, when the scope has networks in it */
	uint32_t scope;			/* enum wh_judge_scope; 0: the account */
	struct wh_str room;		/* its key; empty: everywhere */
	int64_t time_ms;		/* how long; 0: the default of the kind (of a timeout: the ladder's); < 0: for good */
	struct wh_str reason;		/* key of a reason template, or empty */
	struct wh_str text;		/* a sentence for the person, or empty */
	struct wh_str evidence;		/* JSON object, or empty */
	struct wh_str pack, version, rule;	/* empty: by hand */
	enum mod_mode mode;
	struct wh_str by, by_name;	/* the moderator; empty: by itself */
	int64_t group;			/* what is undone together; 0: alone */
	int64_t entry;			/* chat's id of the message that it is about; 0: none */
	int64_t item;			/* of the queue; 0: none */
	int64_t value;			/* of slow: ms; of a strike: how many */
};

/** What came of it: `id` is the action's, good with WH_OK. */
typedef void action_done(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id);

/* action.c */

/** Writes it to the log, changes what is in force, tells whom it concerns. Actions in mode MOD_SHADOW are only written. `done` may be NULL; an error
 * that is returned means that nothing happens and `done` is not called. */
enum wh_err action_apply(struct moderation *mod, const struct mod_act *act, action_done *done, uint64_t cookie);

/** Does what a verdict wants with the user of an event: an action for each bit, as one group. Verdicts of rules in shadow, errors and demotions are written
 * down. Moderators are never touched. Returns the group, 0: nothing was begun. */
int64_t action_verdict(struct moderation *mod, const struct wh_judge_event *event, const struct wh_judge_verdict *verdict);

/** A new id: sorts by time; also of groups. */
int64_t mod_next_id(struct moderation *mod);

/** The host of the plugin, for parts that have only the struct. */
const struct wh_host *mod_host(const struct moderation *mod);

/** What moderation remembers of all actions of one version of a pack, for rollback: undoes them all. `done`: err, and how many as id. */
enum wh_err undo_pack(struct moderation *mod, struct wh_str pack, struct wh_str version, struct wh_str rule, int64_t since_ms, struct wh_str by, struct wh_str by_name,
    action_done *done, uint64_t cookie);

#endif
