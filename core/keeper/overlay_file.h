/* Where the overlay is kept: STATE/settings.conf, and settings.conf.before, which is what it was before the last change. The folder belongs to those
 * who are trusted less than the keeper, so nothing in it is followed: no link, no device, nothing too long. */
#ifndef WHIPLY_KEEPER_OVERLAY_FILE_H
#define WHIPLY_KEEPER_OVERLAY_FILE_H

#include "base/buf.h"
#include "keeper/keeper_settings.h"

enum overlay_which {
	OVERLAY_NOW,
	OVERLAY_BEFORE,
};

enum { OVERLAY_PATH = KEEPER_PATH + 32 };

/** Its path, for reading and for messages. */
void overlay_path(const char *state, enum overlay_which which, char path_out[static OVERLAY_PATH]);

/** Appends the text; a file that is not there is an empty one. Else *why_out is a few words. */
enum wh_err overlay_read(const char *state, enum overlay_which which, struct wh_buf *to, const char **why_out);

/** Replaces the file as a whole, for good, by a text or, when that is empty, by nothing. It belongs to whom children run as. WH_EIO: *why_out says why,
 * and the file is as it was. */
enum wh_err overlay_write(const struct keeper_settings *s, struct wh_str text, const char **why_out);

#endif
