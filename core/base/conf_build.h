/* The inside of a wh_conf, for conf.c (asking) and conf_check.c (checking). Everything below a root, the root included, lies
 * in the root's arena. */
#ifndef WHIPLY_BASE_CONF_BUILD_H
#define WHIPLY_BASE_CONF_BUILD_H

#include <libconfig.h>

#include "base/arena.h"
#include "base/conf.h"

struct conf_value {
	bool given;		/* in the file; else the default, or nothing */
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
};

extern const struct wh_conf_ops conf_ops;

/** Checks one group: see wh_conf_check. `setting` NULL: the file has none. *conf_out is in the arena. False: no memory. */
bool conf_check_root(const struct wh_conf_file *file, const char *path, const config_setting_t *setting,
	const struct wh_setting *table, unsigned flags, struct wh_arena *arena, struct wh_conf_errors *errors, struct wh_conf **conf_out);

/** One text by the rules of its row: a value written as a string, or a default. NULL, or what is wrong. `v` is filled. */
const char *conf_text_value(const struct wh_setting *row, struct wh_str text, struct wh_arena *arena, struct conf_value *v);

/** Is the value within the row's bounds? */
bool conf_in_bounds(const struct wh_setting *row, const struct conf_value *v);

/** Fills `v` with the row's default. False: the table is wrong. */
bool conf_default(const struct wh_setting *row, struct wh_arena *arena, struct conf_value *v);

#endif
