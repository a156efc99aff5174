/* JSON-RPC of a guest: texts to calls and batches, against the hub's own commands and a small table. Each input is one client,
 * whose messages are parted by NULs. Whatever it says, every text that it gets is JSON, and nothing is left of it when it
 * has gone. */
#include <stdlib.h>

#include "base/json.h"
#include "hub/testing_features.h"
#include "hub_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 16384 };	/* as edges bound it */

static void
took_all(struct test_features *f)
{
	const struct wh_json_limits limits = { .bytes = 8 << 20 };
	struct wh_rec rec;
	bool any;

	do {
		any = false;
		test_turn(f->t);
		while (wh_ring_next(f->e->link->in, &rec) == 1) {
			struct wh_rec_send r;

			if (rec.kind == WH_REC_SEND && (wh_rec_send_get(&rec, &r) != WH_OK || wh_json_check(r.bytes, &limits, NULL) != WH_OK))
				abort();
			any = true;
			wh_ring_done(f->e->link->in);
		}
	} while (any);
}

static void
say(struct test_features *f, struct wh_str text)
{
	struct wh_rec_message r = { .conn = test_conn(f->e, 3), .bytes = text };

	if (r.bytes.n > MESSAGE_MAX)
		r.bytes.n = MESSAGE_MAX;
	if (wh_rec_message_put(f->e->link->out, &r) != WH_OK)
		abort();
	took_all(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wh_plugin *const plugins[] = { &fuzz_table, NULL };
	static struct test_features *f;
	struct wh_str rest = { (const char *)data, size };

	if (f == NULL)
		f = test_features_new(plugins);
	/* What the rates took comes back, and what was held runs out. */
	wh_clock_advance(&f->t->clock, 60 * WH_NS_PER_SEC);
	(void)test_ws(f, 3);
	while (rest.n != 0) {
		const char *end = memchr(rest.p, '\0', rest.n);
		struct wh_str text = { rest.p, end != NULL ? (size_t)(end - rest.p) : rest.n };

		rest = wh_str_from(rest, text.n + (end != NULL));
		say(f, text);
	}
	test_closed(f->e, 3, 1000);
	took_all(f);
	if (session_by_conn(f->hub, test_conn(f->e, 3)) != NULL)
		abort();
	return 0;
}
