/* A command's arguments as the audit log keeps them: without what is secret. */
#ifndef AUDIT_REDACT_H
#define AUDIT_REDACT_H

#include <whiply/types.h>

/** What the arguments tell besides. Slices of the arguments; empty when there is no such member. */
struct redact_found {
	struct wh_str on;	/* on whom: the first of on, account, session, room, id, name that is a plain string */
	struct wh_str why;	/* reason or why */
};

/** Writes the object `json`, which is valid, with *** for each secret value. Returns the length: at most `size`, and never more than
 * json.n * 3; more than `size` was cut off and is of no use. */
size_t redact(struct wh_str json, char *to, size_t size, struct redact_found *found_out);

#endif
