/* Push messages, as a service: name "push" in the plugin's `needs`. A dialect that lets its clients register tells them the key; what they
 * register goes through the commands push.register and push.unregister. */
#ifndef WHIPLY_PUSH_H
#define WHIPLY_PUSH_H

#include <whiply/host.h>

enum { WH_PUSH_VERSION = 1 };

struct wh_push;

struct wh_push_ops {
	/** The public key by which push services know this server (VAPID), base64url; empty: there is none yet. */
	struct wh_str (*key)(struct wh_push *push);
};

#endif
