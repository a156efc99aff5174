/* What a pack remembers of the last moments: entries in the order of time, each with a key, a user and perhaps the sketch of a text. A
 * chain per key leads from the newest to older ones. Time is that of the event, given with each call. What a rule adds is kept only when
 * the rule ends well: see window_mark and window_undo. */
#ifndef WHIPLY_TEXT_WINDOW_H
#define WHIPLY_TEXT_WINDOW_H

#include "text/sketch.h"

enum {
	WINDOW_ENTRIES = 1024,		/* kept, if the pack does not say otherwise; past that the oldest goes */
	WINDOW_ENTRIES_MAX = 8192,
	WINDOW_ADDS = 64,		/* of one rule on one event */
	WINDOW_LOOKS = 512,		/* entries that one question of likeness looks at, newest first */
	WINDOW_USERS = 256,		/* users that are told apart: more are not counted */
	WINDOW_IDS = 64,		/* entries that a question names */
};

struct window;

struct window_entry {
	int64_t time_ms;
	uint64_t key, user;	/* hashes */
	uint64_t entry;		/* of the event: what a sweep names */
	uint64_t before;	/* number of the entry before it with a key of the same bucket, and 1; 0: none */
};

/** What a question found. */
struct window_found {
	uint32_t count, users;
	uint32_t n_ids;
	uint64_t ids[WINDOW_IDS];
};

struct window *window_new(int64_t keep_ms, size_t entries);
void window_free(struct window **w);

/** What the other has counted, if both keep as much and as long; else nothing changes. */
void window_inherit(struct window *to, struct window *from);

/** WH_EFULL: WINDOW_ADDS since the mark. `sketch` may be NULL. */
enum wh_err window_add(struct window *w, const struct window_entry *e, const struct sketch *sketch);

/* To tell users apart takes longer than to count. */
enum window_want { WINDOW_WANT_COUNT, WINDOW_WANT_ALL };

/** How many entries of the key are not older than the window keeps, or `within_ms` if that is not 0, and if wanted of how many users. */
void window_ask(const struct window *w, uint64_t key, int64_t now_ms, int64_t within_ms, enum window_want want, struct window_found *out,
	uint64_t *steps);

/** The same of entries whose text is like this one: `least` of 1000. `key` 0: of any key. */
void window_similar(const struct window *w, const struct sketch *sketch, unsigned least, uint64_t key, int64_t now_ms, int64_t within_ms,
	struct window_found *out, uint64_t *steps);

/** What it takes of memory. */
size_t window_bytes(const struct window *w);

/** What is added from here on can be undone. */
void window_mark(struct window *w);
void window_undo(struct window *w);

#endif
