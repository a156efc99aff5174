/* For unit tests of the hub: a hub with a clock that stands still, features that only count, a dialect that is easy to read,
 * and edges whose far end the test plays. Nothing sleeps; no descriptor is polled: a test runs turns. */
#ifndef WHIPLY_HUB_TESTING_HUB_H
#define WHIPLY_HUB_TESTING_HUB_H

#include "hub/hub.h"

enum { TEST_RING = 1 << 16, TEST_EDGES = 4, TEST_TEXT = 4096 };

/** Who speaks `fake` with this accent does not hear itself. */
enum { TEST_ACCENT_DEAF = 8 };

/** What an edge got from the hub, one line a record, as in "SEND 3 hello". */
struct test_edge {
	uint32_t process;
	struct wh_link_fds fds;
	struct wh_link *link;
};

struct test_hub {
	struct hub *hub;
	struct wh_clock clock;
	struct test_edge edges[TEST_EDGES];
	unsigned n_edges;
	char heard[TEST_TEXT];		/* what features and the dialect were called with, in order: "opened;msg hi;" */
	char keeper[TEST_TEXT];		/* kinds that the keeper was told: "STUCK 1;" */
	char save[256];			/* what the save hook writes as the part of plugin "test" */
	char token[SESSION_TOKEN_SIZE];	/* the last that the dialect was asked to issue */
	enum wh_verdict credential;
	bool ready;
	bool greet;			/* the dialect says "hello" to a new client */
};

/** Begins a hub of this process number; `secret` fills its key. */
struct test_hub *test_hub_new(uint32_t process, char secret);
void test_hub_free(struct test_hub *t);

/** A new link; the hub says HELLO. With `live` the edge says RECOVERED, gets GO, and what it got until then is dropped. */
struct test_edge *test_edge_add(struct test_hub *t, uint32_t process, bool live);

/** A turn, and another as long as there is more to do. */
void test_turn(struct test_hub *t);

/** All records that the edge got since the last call, as text; in a buffer of the test_hub's. */
const char *test_edge_got(struct test_hub *t, struct test_edge *e);

wh_id test_conn(const struct test_edge *e, uint32_t slot);

/** The far end's records. The turn is the caller's. */
void test_opened(struct test_edge *e, uint32_t slot, unsigned flags);
void test_message(struct test_edge *e, uint32_t slot, const char *text);
void test_closed(struct test_edge *e, uint32_t slot, unsigned code);
void test_recovered(struct test_edge *e);

/** A client comes and its session is there. */
struct wh_session *test_client(struct test_hub *t, struct test_edge *e, uint32_t slot);

/** The dialect `fake` renders "fake:NAME", `other` "other:NAME". */
extern const struct wh_dialect test_dialect_fake, test_dialect_other;

#endif
