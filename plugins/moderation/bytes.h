/* Bytes that grow, and JSON written into them, for what this plugin says to its helpers and keeps in the store. (The host hands out writers for
 * answers to clients alone.) `failed` stays set: look at it once, at the end. */
#ifndef PLUGIN_MODERATION_BYTES_H
#define PLUGIN_MODERATION_BYTES_H

#include <whiply/host.h>

struct bytes {
	const struct wh_host *host;	/* borrowed */
	char *p;			/* owned; ends in NUL once there is anything */
	size_t n, cap, max;		/* max 0: no bound */
	bool failed;
};

void bytes_free(struct bytes *b);
void bytes_put(struct bytes *b, struct wh_str s);
void bytes_text(struct bytes *b, const char *text);

static inline struct wh_str
bytes_slice(const struct bytes *b)
{
	return (struct wh_str){ b->p, b->n };
}

/** A copy of the slice with a NUL behind it, or NULL. */
char *bytes_copy(const struct wh_host *host, struct wh_str s);

/* JSON. A member of an object has a key; an element of an array has NULL. Commas come by themselves. */
void bytes_open(struct bytes *b, const char *key, char bracket);
void bytes_close(struct bytes *b, char bracket);
void bytes_str(struct bytes *b, const char *key, struct wh_str value);
void bytes_key_str(struct bytes *b, struct wh_str key, struct wh_str value);
void bytes_key_raw(struct bytes *b, struct wh_str key, struct wh_str json);
void bytes_int(struct bytes *b, const char *key, int64_t value);
void bytes_raw(struct bytes *b, const char *key, struct wh_str json);

#endif
