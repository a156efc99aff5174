/* The audit log, as a service: name "audit" (or "?audit") in the plugin's `needs`. Entries are only ever added, each holds the hash of the
 * one before. Calls of commands that are marked WH_AUDIT are written by themselves; this is for what happens otherwise. */
#ifndef WHIPLY_AUDIT_H
#define WHIPLY_AUDIT_H

#include <whiply/host.h>

enum { WH_AUDIT_VERSION = 1 };

struct wh_audit_entry {
	struct wh_str who;		/**< id of the account, guest or operator; empty: the server itself */
	struct wh_str name;		/**< its name at that time */
	struct wh_str action;		/**< "auth.lockout" */
	struct wh_str on;		/**< id of the person, room or thing; may be empty */
	struct wh_str address;		/**< from where; kept hashed */
	struct wh_str why;
	struct wh_str details;		/**< a JSON object, or empty */
};

struct wh_audit_log;

struct wh_audit_ops {
	/** Copies the entry. It is written soon; an error of the store is logged, with the entry. */
	enum wh_err (*write)(struct wh_audit_log *audit, const struct wh_audit_entry *entry);
};

#endif
