/* What the files of the filters share; see filters.h for what they are to others.
 *  filters.c          opening, judging, the verdicts
 *  filter_rows.c      the table of filters
 *  filter_text.c      filters that look at the text alone: lists, links, capitals, repeats, marks
 *  filter_flow.c      filters that count: rates, repetition, near-duplicates, gates for the new
 *  filter_list.c      lists, and building them
 *  filter_conf.c      settings: the config's, and those that commands made
 *  filter_geo.c       countries of addresses
 *  filter_store.c     what commands made, kept
 *  filter_command.c   the commands */
#ifndef PLUGIN_MODERATION_FILTERS_OWN_H
#define PLUGIN_MODERATION_FILTERS_OWN_H

#include "filters.h"

#include "text/scene.h"
#include "text/window.h"

enum { FILTER_EVIDENCE = 8192, FILTER_NEAR_PARTS = 16 };

/* One person, network or room that is counted. */
struct filter_seat {
	uint64_t key;			/* 0: free */
	int64_t seen_ms;
	int64_t rate_ms, mention_ms;	/* when what was said (mentioned) so far has run off at the allowed rate */
	int64_t told_ms;		/* of a room: when it was slowed down last */
	uint32_t said[8];		/* hashes of what was said last */
	int64_t said_ms[8];
	uint32_t next;
};

struct filter_list {
	char name[FILTER_NAME + 1];
	enum filter_list_kind kind;
	uint32_t actions;
	bool from_config, changed, building;
	uint64_t number;		/* another for each change: what a job builds may be old when it is done */
	struct wh_str *entries;		/* owned, and what they point to */
	size_t n, cap, bytes;
	struct list *built;		/* owned; NULL: nothing yet */
};

struct filter_room {
	char name[FILTER_NAME + 1];
	bool own[FILTERS];
	struct filter_set sets[FILTERS];
};

struct filters {
	const struct wh_host *host;	/* borrowed; may be NULL */
	struct filter_set config[FILTERS];
	bool own[FILTERS];		/* set by a command */
	struct filter_set sets[FILTERS];
	struct filter_room *rooms;	/* owned: FILTER_ROOMS */
	uint64_t room_hashes[FILTER_ROOMS];
	size_t n_rooms;
	struct filter_list *lists;	/* owned: FILTER_LISTS */
	size_t n_lists, entries, entry_bytes;
	uint64_t numbers;
	char allow[FILTER_COUNTRIES][3], deny[FILTER_COUNTRIES][3];
	size_t n_allow, n_deny;
	struct filter_geo *geo;		/* owned; NULL: there is no database */

	struct shared shared;		/* owned */
	struct scene scene;
	struct filter_seat *seats;	/* owned: FILTER_SEATS */
	struct window *near[FILTER_NEAR_PARTS];	/* owned: texts, by room, so that what a busy room says does not push out another's */
	uint32_t alike;

	struct wh_table table;		/* ops NULL: nothing is kept */
	unsigned first;

	/* Of the event that is judged. */
	struct wh_judge_event event;
	const struct wh_judge_event *e;	/* it; NULL: none is judged */
	const struct filter_origin *from;
	const struct filter_room *room;
	struct wh_judge_verdict *to;
	size_t n, max;
	uint64_t steps;
	size_t evidence_n;
	char evidence[FILTER_EVIDENCE];
};

/** Is it to be asked of this event? NULL: no. */
const struct filter_set *filter_wanted(const struct filters *f, enum filter filter);

/* Evidence is put together piece by piece; filter_hit takes what was put since the last one. What does not fit is left out at a whole piece. */
void filter_say_int(struct filters *f, const char *key, int64_t number);
void filter_say_str(struct filters *f, const char *key, struct wh_str text);
void filter_say_ids(struct filters *f, const char *key, const uint64_t *ids, size_t n);
/** Adds a verdict. `actions` 0: those of the set. */
void filter_hit(struct filters *f, enum filter filter, const struct filter_set *set, uint32_t actions);

/** Keeps what is in force; `done` runs with the call's id. False: there is no store. */
bool filter_store_set(struct filters *f, enum filter filter, struct wh_str room, wh_store_done *done, wh_id call, enum wh_err *err_out);
bool filter_store_list(struct filters *f, struct wh_str name, wh_store_done *done, wh_id call, enum wh_err *err_out);
bool filter_store_entries(struct filters *f, struct wh_str name, bool add, const struct wh_str *entries, size_t n, wh_store_done *done, wh_id call,
	enum wh_err *err_out);

void filter_text(struct filters *f);
void filter_names(struct filters *f);
void filter_flow(struct filters *f);
void filter_gates(struct filters *f);
const struct links *filter_links(struct filters *f);

/** Opens a database of countries. WH_ENOTSUP: built without; WH_ENOENT, WH_EIO: it is none. */
enum wh_err filter_geo_open(const char *path, struct filter_geo **geo_out);
void filter_geo_close(struct filter_geo **geo);

enum wh_err filter_conf_read(struct filters *f, const struct wh_conf *conf);
struct filter_room *filter_room_find(const struct filters *f, struct wh_str name);
void filter_room_move(struct filters *f, struct wh_str from, struct wh_str to);

/** The first list of the kind that has the text: NULL, or which; its entry in `entry_out`. Of several, the one that wants most. */
const struct filter_list *filter_list_look(struct filters *f, enum filter_list_kind kind, const struct list_text *text, struct wh_str *entry_out);
bool filter_list_is_name(struct wh_str name);
struct filter_list *filter_list_named(const struct filters *f, struct wh_str name);
/** Without blanks around it, as entries are kept. */
struct wh_str filter_trim(struct wh_str s);
void filter_list_clear(struct filters *f, struct filter_list *l);
enum wh_err filter_list_put(struct filters *f, struct filter_list *l, struct wh_str entry, char *why, size_t why_max);
/** `here`: without a job, as in the plugin's open: it has no self yet, and nobody is served before the lists are in force. */
void filter_lists_build(struct filters *f, bool here);
void filter_lists_free(struct filters *f);
void filter_list_end(struct filters *f, struct filter_list *l);

#endif
