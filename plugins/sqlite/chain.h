/* The chain: what keeps a generation of segments up to date while the store runs. The writer's job calls chain_between after each batch; there
 * segments are cut, and only there the log is folded into the database. A base is copied by a job of its own, from a read
 * transaction that was opened at its boundary.
 *
 * What must hold, so that a chain is never wrong:
 *  1. SQLite says how many frames of the log are committed (its checkpoint tells); the checksums say which bytes they are.
 *  2. The log begins anew only after all of it was folded, and it is folded right after a cut, while nobody writes. In between a read
 *     transaction of our own, the guard, keeps every other program from folding it as well.
 *  3. After a start the chain goes on only if the log still has the salts of the state file and holds, checksum by checksum, what was cut
 *     from it. Anything else begins a new generation.
 *
 * `lock` guards `told` and `base`, which both threads see; all else belongs to the writer's job, and to the hub before the first job
 * and after the last. */
#ifndef SQLITE_CHAIN_H
#define SQLITE_CHAIN_H

#include <pthread.h>
#include <sqlite3.h>

#include "segment.h"

#define CHAIN_STATE "chain.state"

struct chain_set {
	char folder[DISK_PATH];		/* of the generations */
	char state[DISK_PATH];		/* folder of the state file */
	char db[DISK_PATH];
	int64_t every_ms, base_every_ms, keep_ms, retry_ms;
	int64_t fold_bytes;		/* of log, over which it is folded */
	int64_t max_bytes;		/* of log, over which the chain is given up when it can't be cut */
	int busy_ms;			/* of the writer's connection, outside of here */
};

/** A generation under way: how far its segments have come. */
struct chain_track {
	bool on;
	struct wal_place place;
	struct segment last;
	int64_t began_ms;
	bool ended;			/* all of the log is read and folded: it may begin anew */
};

enum chain_base_state { BASE_NONE, BASE_WANTED, BASE_RUNNING, BASE_DONE, BASE_FAILED };

/** A base to be copied. */
struct chain_base {
	enum chain_base_state state;
	sqlite3 *from;			/* owned: its read transaction sees the boundary */
	unsigned char *page1;		/* owned: the first page as it is there; a copy through SQLite changes it */
	char root[DISK_PATH];
	char folder[DISK_PATH];		/* of the generation */
	struct segment segment;		/* number 0 */
	int64_t keep_ms, now_ms;
	struct disk_why why;
};

/** What the hub may know. */
struct chain_told {
	bool on;			/* there is a complete generation that goes on */
	bool failing;
	struct disk_why why;		/* of failing */
	uint64_t generation, number;
	int64_t last_ms;		/* the newest moment that can be restored */
	uint64_t cuts, bytes, failures, generations, given_up;
	int64_t cut_us, fold_us;	/* the longest since it was told last */
	int64_t looked_ms;		/* when the log was looked at last */
};

struct chain {
	struct chain_set set;
	pthread_mutex_t lock;
	struct chain_told told;
	struct chain_base base;
	struct chain_track now, next;	/* next: the one whose base is being copied */
	sqlite3 *guard;
	bool guarded;
	int64_t cut_us;			/* when the last segment was, by the clock that never goes back */
	int64_t tried_ms, begin_ms, folded_ms;	/* when a cut failed, a generation could not be begun, the log was folded last */
};

/** Reads the state and decides whether the generation goes on. Called once the database is open, before anything is written. WH_ENOMEM. */
enum wh_err chain_open(struct chain *c, const struct chain_set *set);

/** Between two batches, with the writer's connection; `frames`: how long its last commit made the log, as a hint. `hasten`: cut now what
 * there is to cut. False: the log is not in our care, fold it. */
bool chain_between(struct chain *c, sqlite3 *writer, int frames, int64_t now_ms, bool hasten);

/** Is there something to do though nobody writes? */
bool chain_due(struct chain *c, int64_t now_ms);

void chain_tell(struct chain *c, struct chain_told *told_out);

/** The base that is wanted, if one is: it is then running, and base_copy is to be called on a job thread. */
struct chain_base *chain_base_take(struct chain *c);
void chain_base_copy(struct chain *c);
/** It could not be: later. */
void chain_base_refuse(struct chain *c);

/** The last cut, and the end. No job is under way; the writer's connection is closed after this, and leaves the log as it is. */
void chain_close(struct chain *c, sqlite3 *writer, int64_t now_ms);

/** Removes generations that no moment of the last `keep_ms` needs, and unfinished ones older than `current`; never the newest complete one. */
void generations_expire(const char *folder, uint64_t current, int64_t now_ms, int64_t keep_ms);

#endif
