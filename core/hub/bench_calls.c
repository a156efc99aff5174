/* What a call costs the hub, from the record to the answer: CPU time of the whole path with one client. */
#include <stdio.h>
#include <time.h>

#include "hub/rate.h"
#include "hub/testing_features.h"

enum { CALLS = 200000, PER_TURN = 50 };

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * WH_NS_PER_SEC + t.tv_nsec;
}

static void
measure(struct test_features *f, const char *what, const char *text)
{
	int64_t began = cpu_ns();

	for (int i = 0; i < CALLS; i += PER_TURN) {
		for (int j = 0; j < PER_TURN; j++)
			test_message(f->e, 0, text);
		/* Time passes, so that no rate is reached. */
		wh_clock_advance(&f->t->clock, WH_NS_PER_SEC);
		test_turn(f->t);
		test_edge_got(f->t, f->e);
	}
	printf("%s: %lld ns of CPU a call\n", what, (long long)((cpu_ns() - began) / CALLS));
}

int
main(void)
{
	struct test_features *f = test_features_new(NULL);

	f->hub->settings.command_rate = (struct wh_rate){ .count = 1000, .burst = 1000, .per_ms = 1000 };
	rates_configure(f->hub);
	test_ws(f, 0);
	measure(f, "session.ping", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.ping\"}");
	measure(f, "session.whoami", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.whoami\",\"params\":{}}");
	measure(f, "no such command", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.pong\"}");
	test_features_free(f);
	return 0;
}
