/* The files of a pack: pack.lua, perhaps tests.lua, modules that it requires, and lists as text. Read from a folder by the command line, or
 * taken from the JSON of a load by the helper, which has no files. */
#ifndef WHIPLY_RULES_SOURCE_H
#define WHIPLY_RULES_SOURCE_H

#include <whiply/json.h>

#include "base/buf.h"
#include "script/script.h"

enum {
	SOURCE_FILES = 32,
	SOURCE_NAME = 64,
	SOURCE_BYTES = 1 << 20,		/* of a file; a chunk of Lua at most 256 KiB */
};

struct source_file {
	char name[SOURCE_NAME];
	struct wh_buf text;	/* owned */
};

struct source {
	char label[128];	/* what errors put in front: "lua/packs/x/" or "" */
	size_t n;
	struct source_file files[SOURCE_FILES];
	struct wh_script_module modules[SOURCE_FILES + 1];
	char module_names[SOURCE_FILES][SOURCE_NAME];
};

/** Reads `*.lua` and `*.txt` of a folder. Why not, in `why_out`. */
enum wh_err source_read(const char *folder, struct source **source_out, struct wh_buf *why_out);

/** Takes an object of file names and texts. */
enum wh_err source_of_json(const struct wh_value *files, struct source **source_out, struct wh_buf *why_out);

void source_free(struct source **s);

/** The text of a file; p is NULL when there is none. */
struct wh_str source_text(const struct source *s, const char *name);

#endif
