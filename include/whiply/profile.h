/* Profiles, as a service: name "profile" in the plugin's `needs`. What people and rooms say of themselves, as keys and values: a picture, a
 * name to be shown, pronouns. A subject is a person's id, or `#` and a room's key. What is changed goes through the commands profile.set and
 * profile.clear; this is for reading what is in memory, which is that of people who are connected and of rooms, and for hearing of changes.
 * A plugin that handed out a listener says `forget` in its close. */
#ifndef WHIPLY_PROFILE_H
#define WHIPLY_PROFILE_H

#include <whiply/host.h>

enum { WH_PROFILE_VERSION = 1, WH_PROFILE_KEYS = 20, WH_PROFILE_KEY = 32, WH_PROFILE_VALUE = 256 };

struct wh_profile;

/** A value was set (`value`), taken away (`value.p` NULL), or read from the store when its person came (`by` 0). */
struct wh_profile_change {
	struct wh_str subject, key, value;
	wh_id by;			/**< session that changed it */
};

typedef void wh_profile_listener(void *self, const struct wh_profile_change *change);

struct wh_profile_ops {
	/** Calls `each` for the keys of a subject, in their order, until it returns false. */
	void (*each)(struct wh_profile *profile, struct wh_str subject, bool (*each)(void *self, struct wh_str key, struct wh_str value), void *self);

	/** Tells `heard` of all changes; one listener at a time. */
	void (*listen)(struct wh_profile *profile, wh_profile_listener *heard, void *self);
	void (*forget)(struct wh_profile *profile, void *self);

	/** Can that be a key? */
	bool (*key_ok)(struct wh_profile *profile, struct wh_str key);
};

#endif
