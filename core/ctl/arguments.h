/* The words after a command's name as the JSON object of its arguments, typed by the command's fields:
 * `--field value`, `--field=value`, `--flag` and `--no-flag` for yes and no, and values without a field, which go to the fields that
 * are not given by name, the required ones first. `@PATH` stands for a list or an object that a file has, or the files of a folder are. Ranges and lengths are left to the server, which says the same to everyone. */
#ifndef WHIPLY_CTL_ARGUMENTS_H
#define WHIPLY_CTL_ARGUMENTS_H

#include "ctl/table.h"

enum { ARGUMENTS_FIELDS = 64 };		/* as many fields as one command may have here */

/** What words asked for that is not an argument. */
struct arguments {
	bool json;	/* --json */
	bool help;	/* --help: nothing else was checked */
};

/** Appends the object to `json`. WH_EINVAL: `why` says in sentences what is wrong, without a newline at the end. */
enum wh_err arguments_read(const struct table_command *c, int n, char *const words[], struct arguments *arguments_out,
	struct wh_buf *json, struct wh_buf *why);

/** Does this option of the command need a value in the next word? */
bool arguments_takes_value(const struct table_field *f);

#endif
