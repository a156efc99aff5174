/* The commands of the running server, as `server.commands` tells them: arguments.c types words by them, help.c and complete.c list
 * them. So whiplyctl knows the commands of every plugin without having heard of any. */
#ifndef WHIPLY_CTL_TABLE_H
#define WHIPLY_CTL_TABLE_H

#include <whiply/command.h>

#include "base/json.h"

struct table_field {
	struct wh_str name;
	struct wh_str help;
	enum wh_field_type type;
	struct wh_str type_name;
	bool required;
	struct wh_value choices;	/* an array of texts; WH_V_NONE without */
	struct wh_value fallback;	/* what an absent field reads as; WH_V_NONE without */
	struct wh_value min, max;	/* WH_V_NONE without */
};

struct table_command {
	struct wh_str name;
	struct wh_str help;
	struct wh_str allow;
	struct wh_value flags;		/* an array of texts */
	const struct table_field *fields;
	size_t n_fields;
};

struct table {
	struct table_command *commands;	/* by name */
	size_t n;
	/* What the slices above point into. */
	struct table_field *fields;
	struct wh_buf text, scratch;
	struct wh_json_doc doc;
};

/** Reads the result of `server.commands`: an array of commands, or an object with one under "commands". It is copied. */
enum wh_err table_read(struct wh_str json, struct table **table_out);
void table_free(struct table **table);

/** The command that a word names: "session.list", or short "status", "sessions". NULL without. */
const struct table_command *table_find(const struct table *t, struct wh_str word);

/** The shortest word for a command: "status" for "server.status". */
struct wh_str table_short(const struct table *t, const struct table_command *c);

/** The name or short name that is nearest to a mistyped word; empty when none is near. */
struct wh_str table_nearest(const struct table *t, struct wh_str word);

const struct table_field *table_field(const struct table_command *c, struct wh_str name);

#endif
