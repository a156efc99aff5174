/* What relay.c (the rooms) and plain.c (the dialect of words on lines) share. */
#ifndef RELAY_H
#define RELAY_H

#include <whiply/whiply.h>

struct relay {
	const struct wh_host *host;	/* borrowed: outlives us */
	struct wh_slot *memory;		/* borrowed: struct relay_memory */
};

void plain_open(void *self, struct wh_session *s);
void plain_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags);
enum wh_err plain_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out);
enum wh_err plain_farewell(void *self, unsigned code, struct wh_str reason, struct wh_out *out);

#endif
