/* Matching, as a service: name "matching" in the plugin's `needs`. For plugins that bring the people of a match together in another way, such
 * as calls: what the match's queue wants of them. */
#ifndef WHIPLY_MATCHING_H
#define WHIPLY_MATCHING_H

#include <whiply/host.h>

enum { WH_MATCHING_VERSION = 1 };

struct wh_matching;

/** The match of a room. */
struct wh_matched {
	bool calls;		/**< its people may call each other: the queue's `medium` is video */
	bool relay_only;	/**< they are strangers still: no address of one may reach the other */
	bool blur;		/**< they do not want to be seen clearly yet */
};

struct wh_matching_ops {
	/** The match whose room has this name. False: it is no match's. One that is over wants no calls. */
	bool (*of_room)(struct wh_matching *matching, struct wh_str room, struct wh_matched *out);
};

#endif
