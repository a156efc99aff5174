/* What the parts of the plugin share: audit.c (the service and the queue), write.c (the way into the store), rework.c (what has to go again),
 * read.c (the commands). */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include <whiply/audit.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

#include "chain.h"

enum { AUDIT_DETAILS = 8192, AUDIT_WHY = 1024, AUDIT_SHORT = 256, AUDIT_QUEUE_BYTES = 16 << 20 };

/** Statements, by their place in audit_statements. */
enum audit_statement {
	AUDIT_HEAD, AUDIT_HEAD_SET, AUDIT_HEAD_NEW, AUDIT_ADD, AUDIT_LAST, AUDIT_AFTER, AUDIT_ONE, AUDIT_KEY, AUDIT_KEY_ERASE, AUDIT_KEY_ADD,
	AUDIT_LIST, AUDIT_LIST_WHO, AUDIT_LIST_ON, AUDIT_LIST_ACTION, AUDIT_OF, AUDIT_OLD, AUDIT_DROP,
	AUDIT_ERASURE_ADD, AUDIT_ERASURE, AUDIT_ERASURE_FIND, AUDIT_TAKE_OUT, AUDIT_ERASURE_COUNT, AUDIT_ERASURE_END,
};

extern const struct wh_schema audit_schema;

/** What an answer of the store belongs to: these, or a reading by its id. */
enum audit_cookie { AUDIT_BY_WRITER, AUDIT_FIRST_READING };

struct audit_reading;

/** An entry that waits. Its address is the address itself: it is hashed when the entry is written. */
struct audit_waiting {
	struct audit_waiting *next;
	size_t bytes;
	struct chain_entry entry;
	char texts[];
};

enum audit_state {
	AUDIT_IDLE,
	AUDIT_LOADING,		/* asks the store for the head */
	AUDIT_KEYING,		/* changes the key of addresses */
	AUDIT_WRITING,
	AUDIT_FINDING,		/* looks for texts that are to be taken out */
	AUDIT_TAKING_OUT,
	AUDIT_ENDING_ERASURE,
	AUDIT_LOOKING,		/* for entries that are too old to be kept */
	AUDIT_DROPPING,
	AUDIT_PAUSED,		/* the store took nothing; a timer will try again */
};

/** What takes entries and texts out again. */
struct audit_rework {
	bool wanted;			/* persons may be waiting to be erased */
	bool turn;			/* a batch was written: it is our turn, however many wait */
	int64_t from;			/* the erasure under way is behind this entry */
	char id[AUDIT_SHORT + 1];	/* whose it is, when it ends */
	int64_t texts;			/* taken out in it */
	int64_t keep_ms;		/* how long entries are kept; 0: for ever */
	int64_t looked_ms;		/* when it looked for old ones last */
	bool look_on;			/* there were more than one reading gives */
	uint64_t changes;		/* grows whenever something is, or may be, taken out */
};

struct wh_audit_log {
	const struct wh_host *host;	/* borrowed: outlives us */
	struct wh_table store;
	struct audit_waiting *first, **end;
	size_t n, bytes, n_max;
	enum audit_state state;
	size_t in_flight;		/* the first so many of the queue are being written */
	struct chain_head head;		/* the last entry that is surely written */
	struct chain_head tip;		/* the last one when all in flight is written; the next goes behind it */
	struct chain_stand guard;	/* what the store's row of the head says by then: the next write expects it */
	uint8_t seal_key[CHAIN_KEY];
	uint8_t address_key[CHAIN_KEY];
	int64_t address_key_id, address_key_began;	/* id 0: none yet */
	int64_t next_key_id, next_key_began;
	uint8_t next_key[CHAIN_KEY];
	int64_t address_key_every_ms;
	int64_t pause_ms;
	wh_id retry, tick;
	int64_t told_n, told_ms;	/* the head that was logged last, and when */
	uint64_t lost;			/* since the store last took everything */
	bool away;
	bool head_sound;		/* at the opening */
	struct audit_rework rework;
	struct audit_reading *readings;	/* commands and exports under way */
	size_t n_readings;
	uint64_t reading_ids;
};

enum audit_metric { AUDIT_ENTRIES, AUDIT_WAITING };
extern const struct wh_metric audit_metrics[];
extern const struct wh_command audit_commands[];

/* audit.c */

/** Puts an entry of the server's own into the queue. */
void audit_note(struct wh_audit_log *audit, const char *action, const char *why);
/** The same, with all that it says. */
void audit_note_entry(struct wh_audit_log *audit, const struct chain_entry *entry);
/** Takes the first `n` out of the queue. */
void audit_drop(struct wh_audit_log *audit, size_t n);

/* write.c */

/** Reads the head and the keys; blocks. */
enum wh_err audit_write_open(struct wh_audit_log *audit);
/** Writes what waits, unless something is under way. */
void audit_pump(struct wh_audit_log *audit);
/** The same at the end, when nobody will hear what came of it. What the store does not take stays in the queue. */
void audit_write_rest(struct wh_audit_log *audit);
/** The store's answer to the writer. */
void audit_written(struct wh_audit_log *audit, const struct wh_result *result);

/** Waits, reads the head anew, and goes on. */
void audit_write_pause(struct wh_audit_log *audit, enum wh_err err, struct wh_str why);
/** The step that moves the row of the head from `guard` to `stand`. Its cells and seal have to stay until the store has copied them. */
struct audit_head_step {
	struct wh_cell cells[10];
	uint8_t seal[CHAIN_HASH];
};
/** The row of AUDIT_HEAD; false: there is none, or it is none of ours. */
bool audit_take_stand(const struct wh_rows *rows, struct chain_stand *stand_out);
enum wh_err audit_head_step(struct wh_audit_log *audit, const struct chain_stand *stand, struct audit_head_step *to, struct wh_step *step_out);

/* rework.c */

/** Begins what there is to do. False: nothing. */
bool audit_rework(struct wh_audit_log *audit, enum wh_err *err_out);
/** The store's answer to it; the state is idle again, or another step is under way. */
void audit_reworked(struct wh_audit_log *audit, const struct wh_result *result);
enum wh_verdict audit_erase(void *self, struct wh_person *person);

/* read.c */

/** An entry of a row of COLUMNS. */
void audit_take(const struct wh_rows *rows, size_t row, struct chain_entry *entry_out);
/** Runs the step that notes who is to be erased, and answers the hook. */
enum wh_verdict audit_read_erasure(struct wh_audit_log *audit, struct wh_person *person, const struct wh_step *step);
void audit_read(struct wh_audit_log *audit, uint64_t id, const struct wh_result *result);
void audit_readings_end(struct wh_audit_log *audit);
enum wh_verdict audit_export(void *self, struct wh_person *person);

/** Every answer of the store. */
void audit_answered(void *self, uint64_t cookie, const struct wh_result *result);

#endif
