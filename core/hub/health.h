/* /health/ready: 200 when the hub serves and nobody says that something is unwell, else 503 with what it is. */
#ifndef WHIPLY_HUB_HEALTH_H
#define WHIPLY_HUB_HEALTH_H

#include <whiply/event.h>

#include "base/buf.h"
#include "base/json.h"

struct hub;

enum { HEALTH_PARTS = 32 };

struct health {
	struct wh_health public;	/* first: this is what hooks get */
	struct hub *hub;
	struct wh_buf details, unwell;	/* JSON: an object that hooks write into, an array */
	struct wh_json details_writer, unwell_writer;
	size_t n_unwell;
};

/** Asks everybody and appends the answer's body. True: well. */
bool health_read(struct hub *hub, struct wh_buf *body);

/** What wh_unwell does. */
void health_unwell(struct wh_health *public, struct wh_str part, struct wh_str why);

#endif
