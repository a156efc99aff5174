/* Moderation, as a service: name "?moderation" in the plugin's `needs`. For plugins in which people meet, to put a report of a person, with evidence of their
 * own, into the queue that moderators work on. Nothing is asked of who reports: rates and permissions are the caller's. */
#ifndef WHIPLY_MODERATION_H
#define WHIPLY_MODERATION_H

#include <whiply/host.h>

enum { WH_MODERATION_VERSION = 1 };

struct wh_moderation;

struct wh_report {
	struct wh_str by, by_name;	/**< who reports; empty: the server */
	struct wh_str who, name;	/**< who is reported */
	struct wh_str room;		/**< where; may be empty */
	struct wh_str reason;		/**< a key, such as "spam" */
	struct wh_str words;		/**< the reporter's own; may be empty */
	struct wh_str text;		/**< what was said, if it is one thing; may be empty */
	struct wh_str evidence;		/**< a JSON object, up to 16 KiB, or empty: {"lines":[…]} */
};

struct wh_moderation_ops {
	/** Copies the report. Reports of one person within an hour are merged. WH_EFULL, WH_ENOMEM, WH_ETOOBIG, or what the store says. */
	enum wh_err (*report)(struct wh_moderation *moderation, const struct wh_report *report);
};

#endif
