/* A plugin that has one of everything and does as the test tells it: what the fake host's own tests open. */
#ifndef WHIPLY_TESTING_PROBE_H
#define WHIPLY_TESTING_PROBE_H

#include <whiply/testing.h>

struct probe {
	const struct wh_host *host;
	struct wh_slot *slot;	/* int64_t */
	wh_id group, held, ticket, timer;
	unsigned fired, jobs;
	char *kept;
	const struct wh_peer *peer;
	void *peer_self;
	struct wh_session *remembered;
	enum wh_verdict verdict;
	char seen[64];		/* presence, oldest first: a letter each */
};

struct wh_peer {
	int (*answer)(void *self);
};

extern const struct wh_plugin probe_plugin;

static inline struct probe *
probe_of(struct wh_test *t)
{
	return wh_test_self(t);
}

#endif
