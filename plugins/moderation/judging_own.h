/* What the files of judging share, and nobody else sees.
 *  judging.c           opening, asks and their deadlines, the two helpers
 *  judging_control.c   what the helpers are asked besides events
 *  packs.c             the packs in memory, their modes and settings, and giving them to the helper
 *  packs_folder.c      reading folders
 *  packs_store.c       what is kept
 *  packs_change.c      a change of a pack on its way: check, write, load, answer
 *  packs_command.c     commands that show and set; packs_put.c those that change sources and lists
 *  score.c             classifiers
 *  backtest.c          a room's log through a pack */
#ifndef PLUGIN_MODERATION_JUDGING_OWN_H
#define PLUGIN_MODERATION_JUDGING_OWN_H

#include <whiply/fetch.h>
#include <whiply/store.h>

#include "bytes.h"
#include "judging.h"

enum { PACK_NAME = 64, PACK_RULES = 64, PACK_FILES = 32, JUDGING_SENT = 64, JUDGING_SAMPLES = 20 };

enum pack_mode { PACK_OFF, PACK_SHADOW, PACK_LIVE, PACK_UNSET };

/* An event that a helper judges, or that waits for it. In a list by age. */
struct ask {
	struct ask *next;
	wh_id id;
	int64_t asked_us, asked_ms;
	judged *done;			/* NULL: whoever asked has been told */
	void *self;
	uint64_t cookie;
	bool sent;
	size_t n;
	char event[];			/* wh_judge_event_write */
};

/* A control on its way to a helper. `done` hears the object that came back, or NULL: the helper is gone. */
typedef void controlled(struct judging *j, uint64_t cookie, const struct wh_value *answer);

struct sent {
	wh_id id;			/* 0: free */
	controlled *done;
	uint64_t cookie;
};

enum { HELPER_RULES, HELPER_TRIALS, HELPERS };

struct judging_helper {
	const struct wh_helper *row;	/* NULL: never up yet */
	bool up;
	int64_t heard_ms;		/* when it answered last, or had nothing to do */
	unsigned n_sent;
	struct sent sent[JUDGING_SENT];
};

struct pack_rule {
	char name[PACK_NAME];
	uint32_t on;			/* bits by enum wh_judge_on */
	bool closed;
	enum pack_mode most;		/* lowered by itself; PACK_LIVE: not */
};

enum pack_state {
	PACK_WAITING,			/* to be given to the helper */
	PACK_LOADING,
	PACK_LOADED,
	PACK_FAILED,			/* `error` says why; not tried again until it changes */
};

struct pack {
	char id[PACK_NAME], version[32];
	bool uploaded, pinned;		/* from the store; `pinned`: though a folder has it too */
	bool found;			/* in a folder, or the config, at this reading */
	char *files;			/* owned: JSON object of names and texts */
	char *folder_files;		/* owned: those of the folder, when it is pinned; NULL: none */
	char *conf;			/* owned: JSON object of settings of the config */
	char *settings;			/* owned: JSON object of all that is set; NULL: nothing */
	char *info;			/* owned: what the helper said of it, JSON object; NULL: nothing yet */
	char *error;			/* owned; NULL: none */
	enum pack_mode conf_mode;	/* PACK_UNSET: the config does not say */
	enum pack_state state;
	bool judges;			/* the helper has it, or an older version of it */
	bool known;			/* `rules` are those of these files and settings: it was loaded, now or before a restart */
	bool may_close;			/* they are not known, and one may fail closed */
	uint64_t known_hash;		/* of the files and settings that were kept as loaded last; 0: none */
	size_t n_rules;
	struct pack_rule rules[PACK_RULES];
};

/* A mode that was set by command. */
struct mode {
	char pack[PACK_NAME], rule[PACK_NAME], room[PACK_NAME];
	enum pack_mode mode;
};

struct score;
struct scores;
struct change;
struct trial;

struct judging {
	const struct wh_host *host;
	struct judging_parts parts;
	struct wh_table table;
	struct judging_helper helpers[HELPERS];
	bool ready;			/* the helper has all packs: asks go out */
	struct ask *first, **last;	/* owned */
	size_t n_asks, ask_bytes;
	wh_id next_id;
	wh_id timer, minute, rooms_timer;
	int64_t deadline_ms, stuck_ms, steps, memory, overruns, share;
	struct pack *packs[JUDGING_PACKS];	/* owned, by id */
	size_t n_packs;
	struct mode *modes;		/* owned: JUDGING_MODES */
	size_t n_modes;
	uint32_t wanted;		/* bits by enum wh_judge_on */
	bool unknown;			/* a pack that is not off was never loaded: it may want anything */
	struct change *changes;		/* owned: the first is under way, the others wait for it */
	uint64_t next_change;
	struct trial *trial;		/* owned: the backtest under way; NULL: none */
	char *trial_last;		/* owned: JSON of the last one that ended */
	struct scores *scores;		/* owned */
	wh_id *rooms;			/* owned: those whose minute is to be judged */
	size_t n_rooms, rooms_at;
};

/* judging.c */
void judging_count(const struct judging *j, enum judging_metric metric, const char *label, int64_t n);
void judging_go(struct judging *j);			/* sends what waits, if the helper is ready */
enum wh_err judging_fail(struct wh_call *call, enum wh_err err);	/* of the store or a helper, as a person is told */

/* judging_control.c */
void judging_control_begin(struct judging *j, struct bytes *b, const char *what);
/** Ends the object and sends it, in parts if it is long. On failure `done` is not called. */
enum wh_err judging_control_send(struct judging *j, unsigned helper, struct bytes *b, controlled *done, uint64_t cookie);
bool judging_control_answered(struct judging *j, unsigned helper, wh_id id, struct wh_str json);
void judging_control_lost(struct judging *j, unsigned helper);
struct wh_str judging_text_of(const struct wh_value *o, const char *key);
bool judging_is_ok(const struct wh_value *answer);

/* packs.c */
struct pack *pack_find(const struct judging *j, struct wh_str id);
struct pack *pack_add(struct judging *j, struct wh_str id);
void pack_drop(struct judging *j, struct pack *p);
void packs_free(struct judging *j);
bool pack_mode_named(struct wh_str name, enum pack_mode *out);
const char *pack_mode_name(enum pack_mode mode);
/** Could the pack, or one of its rules, be as much as this in the room, or (no room) somewhere? */
bool pack_may_be(const struct judging *j, const struct pack *p, enum pack_mode least, struct wh_str room);
enum pack_mode pack_mode_of(const struct judging *j, const struct pack *p, const struct pack_rule *r, struct wh_str room);
enum wh_err mode_set(struct judging *j, const struct mode *m);	/* PACK_UNSET: takes it away. In memory */
void packs_wanted(struct judging *j);				/* after anything changed */
/** Gives the helper limits, modes, and the packs that wait. `anew`: it knows nothing yet, all wait; asks wait as well. */
void packs_begin(struct judging *j, bool anew);
void packs_next(struct judging *j);				/* gives it the next pack that waits */
void packs_modes_send(struct judging *j);
bool pack_set_text(const struct judging *j, char **place, struct wh_str text);	/* false: no memory, and nothing changed */
/** Adds a rule that stands in an object: name, on, closed. NULL: it is none. */
struct pack_rule *pack_rule_read(struct pack *p, const struct wh_value *o);
/** What the helper said of it. */
void pack_take_info(struct judging *j, struct pack *p, const struct wh_value *answer);
/** Tells the moderators; `why` and `rule` may be empty. */
void pack_tell(struct judging *j, const struct pack *p, const char *what, const char *rule, struct wh_str why);
/** The same, for what is wrong: the log has it as well. */
void pack_say(struct judging *j, const struct pack *p, const char *what, const char *rule, struct wh_str why);
/** A rule was set lower by the helper: remembered, and the moderators are told. */
void pack_demoted(struct judging *j, const struct wh_judge_verdict *v);

/* packs_folder.c */
void packs_read_conf(struct judging *j, const struct wh_conf *conf, bool first);

/* packs_store.c */
enum packs_statement { Q_PACKS, Q_PACK_PUT, Q_PACK_GONE, Q_VERSION_ADD, Q_VERSIONS, Q_VERSION_LAST, Q_VERSION_GET, Q_VERSION_BEFORE, Q_VERSIONS_TRIM,
	Q_SETTING_PUT, Q_SETTING_GONE, Q_SETTINGS, Q_ENTRY_PUT, Q_ENTRY_GONE, Q_ENTRIES, Q_ENTRIES_OF, Q_ENTRIES_COUNT, Q_MODE_PUT, Q_MODE_GONE, Q_MODES,
	Q_LOWERED_PUT, Q_LOWERED_GONE, Q_LOWERED, Q_KNOWN_PUT, Q_KNOWN, Q_KNOWN_FILES, Q_LOG, Q_SAID_BEFORE,
	Q_MODES_MOVE_OFF, Q_MODES_MOVE };
extern const struct wh_schema judging_schema;
enum wh_err packs_restore(struct judging *j);		/* in the plugin's open */
void packs_restore_one(struct judging *j, struct pack *p);
/** Keeps the source of a folder's pack, if its version is not kept yet. */
void packs_keep_version(struct judging *j, const struct pack *p);
void packs_lowered_keep(struct judging *j, const struct pack *p, const struct pack_rule *r);
/** Keeps which rules a pack has that was loaded, so that after a restart it is known at once what they listen to, and which fail closed. */
void packs_known_keep(struct judging *j, struct pack *p);
/** Looks for the sources that were loaded last. */
enum wh_err packs_known_files(struct judging *j, const struct pack *p, wh_store_done *done);
/** Writes what is set of a pack: the config's, the rows of Q_SETTINGS and Q_ENTRIES, and what `c` (may be NULL) changes of them. Empty if nothing is. */
void packs_settings(const struct pack *p, const struct wh_rows *settings, const struct wh_rows *entries, const struct change *c, struct bytes *out);
void packs_written(void *self, uint64_t cookie, const struct wh_result *result);	/* a `done` that only logs */

/* packs_change.c */
enum change_kind { CHANGE_FOLDER, CHANGE_PUT, CHANGE_TEST, CHANGE_ROLLBACK, CHANGE_SET, CHANGE_LIST };

/* The new settings of a pack are made of the config's, the store's, and those of the change. */
struct change {
	struct change *next;
	struct judging *judging;
	enum change_kind kind;
	uint64_t number;
	wh_id call;			/* 0: nobody waits */
	bool running;
	char pack[PACK_NAME], version[32];	/* as the pack itself says, once it was checked */
	char by[PACK_NAME + 16], by_name[PACK_NAME + 16];
	char *files;			/* owned; NULL: those of the pack */
	char *settings;			/* owned: JSON object, once it was made */
	char setting[PACK_NAME];	/* CHANGE_SET, CHANGE_LIST */
	char *value;			/* owned: JSON; NULL: taken back */
	struct wh_str *entries;		/* owned; of the texts in `value`: CHANGE_LIST */
	size_t n_entries, at;
	bool remove;			/* CHANGE_LIST: the entries are taken out */
	bool undo;			/* CHANGE_ROLLBACK */
	char from[32], rule[PACK_NAME];	/* CHANGE_ROLLBACK: the version that is left, the rule that is undone */
	enum pack_mode mode;		/* CHANGE_PUT: PACK_UNSET: shadow if it is new */
	int64_t undone;
};

/** A change that was begun with nothing but its kind; NULL: too many, and the call was told. */
struct change *change_new(struct judging *j, enum change_kind kind, struct wh_call *call);
/** It has all it needs: it goes on when those before it have ended. */
void change_start(struct change *c);
/** Ends it, and tells the call if it failed. */
void change_end(struct change *c, enum wh_err err, struct wh_str why);
void changes_free(struct judging *j);

/* score.c */
struct scores *scores_open(struct judging *j, const struct wh_conf *conf);
void scores_close(struct scores **s);
void scores_ask(struct judging *j, const struct wh_judge_event *e, const struct wh_judge_verdict *v);

/* backtest.c */
void trial_free(struct judging *j);
void trial_lost(struct judging *j);

#endif
