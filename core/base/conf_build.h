/* The inside of a wh_conf, for conf.c (asking) and conf_check.c (checking). Everything below a root, the root included, lies
 * in the root's arena. */
#ifndef WHIPLY_BASE_CONF_BUILD_H
#define WHIPLY_BASE_CONF_BUILD_H

#include <libconfig.h>

#include "base/arena.h"
#include "base/conf.h"

struct conf_value {
	bool given;		/* in the file or the overlay; else the default, or nothing */
	bool changed;		/* by the overlay */
	unsigned line;		/* of the file; 0: not given */
	const char *file;
	union {
		bool flag;
		int64_t integer;
		double number;
		struct wh_str string;
		struct wh_rate rate;
		struct {
			struct wh_str *items;
			size_t n;
		} list;
		struct {
			struct wh_conf **items;
			size_t n;
		} groups;
	} as;
};

struct wh_conf {
	struct wh_conf_head head;
	const struct wh_setting *table;	/* borrowed; may be NULL: no settings */
	struct conf_value *values;	/* one a row */
	struct wh_str name;		/* of a group of a WH_FREE, else empty */
	unsigned line;
	const char *file;
	struct wh_arena *root;		/* of a root: what to free */
};

struct wh_conf_file {
	const struct wh_snapshot *snapshot;
	config_t config;
	struct wh_snapshot *over;	/* owned: the overlay as a text of its own; NULL: there is none */
	config_t overlay;		/* of `over` */
};

/** One place in both texts; either may be NULL, and `over` goes before. */
struct conf_at {
	const config_setting_t *file, *over;
};

static inline const config_setting_t *
conf_at_one(const struct conf_at *at)
{
	return at->over != NULL ? at->over : at->file;
}

extern const struct wh_conf_ops conf_ops;

/** Reads a snapshot's text, without its overlay, into a config that was initialised. WH_ESYNTAX, WH_ENOMEM. */
enum wh_err conf_parse(config_t *config, const struct wh_snapshot *s, struct wh_conf_errors *errors);

/** The setting at a path of names with '.' between, or NULL. */
const config_setting_t *conf_walk(const config_t *config, const char *path);

/** Appends a value as the config file would have it, on one line. */
void conf_write_value(struct wh_buf *to, const config_setting_t *setting);

/** Checks that an overlay has nothing at its root but what one may have. */
bool conf_overlay_check(const struct wh_conf_file *file, struct wh_conf_errors *errors);

/** Checks one group: see wh_conf_check. It may be in neither text. *conf_out is in the arena. False: no memory. */
bool conf_check_root(const struct wh_conf_file *file, const char *path, struct conf_at at,
	const struct wh_setting *table, unsigned flags, struct wh_arena *arena, struct wh_conf_errors *errors, struct wh_conf **conf_out);

/** One text by the rules of its row: a value written as a string, or a default. NULL, or what is wrong. `v` is filled. */
const char *conf_text_value(const struct wh_setting *row, struct wh_str text, struct wh_arena *arena, struct conf_value *v);

/** Is the value within the row's bounds? */
bool conf_in_bounds(const struct wh_setting *row, const struct conf_value *v);

/** Fills `v` with the row's default. False: the table is wrong. */
bool conf_default(const struct wh_setting *row, struct wh_arena *arena, struct conf_value *v);

#endif
