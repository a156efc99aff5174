/* What both tests of the plugin begin with. */
#ifndef SIGNALING_TESTING_H
#define SIGNALING_TESTING_H

#include <stdio.h>
#include <stdlib.h>

#include <whiply/assert.h>
#include <whiply/matching.h>

#define SDP "v=0\\r\\no=- 1 1 IN IP4 192.0.2.9\\r\\ns=-\\r\\nt=0 0\\r\\nm=audio 5000 UDP/TLS/RTP/SAVPF 111\\r\\nc=IN IP4 192.0.2.9\\r\\n"
#define HOST "candidate:1 1 udp 2122260223 192.0.2.9 5000 typ host"
#define RELAY "candidate:2 1 udp 41885439 203.0.113.9 50001 typ relay raddr 192.0.2.9 rport 5000"

/* Matching, as the test plays it: rooms called match-… */
struct fake_matching {
	struct wh_matched matched;
};

static inline bool
fake_of_room(struct wh_matching *self, struct wh_str room, struct wh_matched *out)
{
	const struct fake_matching *m = (const struct fake_matching *)(const void *)self;

	*out = m->matched;
	return wh_str_starts(room, WH_STR("match-"));
}

/* Calls a command; ' stands for ". */
static inline const struct wh_test_answer *
call(struct wh_test *t, struct wh_session *s, const char *command, const char *args)
{
	static char json[90000];

	snprintf(json, sizeof json, "%s", args);
	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return wh_test_call(t, s, command, json);
}

#endif
