/* What the files of moderation's core share, and what judges do not see. */
#ifndef MODERATION_OWN_H
#define MODERATION_OWN_H

#include "moderation.h"

struct link {
	struct link *next, *prev;
};

struct moderation {
	const struct wh_host *host;
	struct wh_table table;
	int64_t last_id;
};

enum mod_statement { Q_LAST_ID, Q_END };
extern const struct wh_schema moderation_schema;

#endif
