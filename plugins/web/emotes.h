/* The community's own emotes: pictures in a folder that the operator names, each called as its file is without the end. They are read into memory
 * when the plugin opens and when settings are read anew, and served from there. What is no picture, or is not called like one, is left out and
 * the log says so: file names go to every page. */
#ifndef WEB_EMOTES_H
#define WEB_EMOTES_H

#include <whiply/whiply.h>

enum {
	EMOTES_MOST = 300,
	EMOTE_NAME = 32,
	EMOTE_BYTES = 128 << 10,
	EMOTES_BYTES = 8 << 20,		/* all of them */
};

struct emote {
	char name[EMOTE_NAME + 1];
	const char *type;		/* of its content; static */
	unsigned char *bytes;		/* owned */
	size_t n;
};

struct emotes {
	struct emote *all;		/* owned; in the order of their names */
	size_t n, bytes;
};

/** Reads a folder; "": there are none. False: it can't be read, and `emotes` is as it was. */
bool emotes_read(const struct wh_host *host, struct emotes *emotes, const char *folder);
void emotes_free(const struct wh_host *host, struct emotes *emotes);

/** NULL: there is none of that name. */
const struct emote *emotes_find(const struct emotes *emotes, struct wh_str name);

/** What the bytes of a picture begin with tells its type; NULL: it is none that is shown. */
const char *emote_type(const unsigned char *bytes, size_t n);

/** The name of the emote in a file of that name; false: it is no name for one. */
bool emote_name(const char *file, char out[EMOTE_NAME + 1]);

#endif
