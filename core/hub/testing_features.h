/* For unit tests of what stands above the core: a hub with the real features, one edge, and plugins that the test brings as
 * constants. Clients are JSON-RPC over WebSocket, or HTTP requests; what they get is text. */
#ifndef WHIPLY_HUB_TESTING_FEATURES_H
#define WHIPLY_HUB_TESTING_FEATURES_H

#include "hub/plugin.h"
#include "hub/testing_hub.h"

enum { TEST_GOT = 1 << 16 };

struct test_features {
	struct test_hub *t;
	struct hub *hub;
	struct test_edge *e;
	uint32_t streams;
	const char *certificate;	/* that HTTP clients show; NULL: none */
	char got[TEST_GOT];	/* texts to clients, a line each */
	unsigned status;	/* of the last HTTP answer; 0: none */
	char headers[4096];	/* "name: value" lines */
	char body[TEST_GOT];
	unsigned answers, closes;
};

/** `plugins` (may be NULL) ends in NULL; each has to open. */
struct test_features *test_features_new(const struct wh_plugin *const *plugins);

/** The same with a config of this text; its plugins are opened too. */
struct test_features *test_features_of(const char *config, const struct wh_plugin *const *plugins);
void test_features_free(struct test_features *f);

/** Reads a config; the test stops when it is wrong. Freed with hub_config_free, then the snapshot. */
struct hub_config *test_config(const char *text);
void test_config_free(struct hub_config **config);

/** Opens one more. WH_OK, or f->got says why. */
enum wh_err test_plugin_open(struct test_features *f, const struct wh_plugin *row);

/** Turns, and takes in what the edge got. */
void test_features_turn(struct test_features *f);

/** A WebSocket client; its welcome is dropped. */
struct wh_session *test_ws(struct test_features *f, uint32_t slot);

/** Says a text and returns what came of it, to all clients. */
const char *test_says(struct test_features *f, uint32_t slot, const char *text);

/** A call with id 1. */
const char *test_calls(struct test_features *f, uint32_t slot, const char *method, const char *params);

/** A request of a new connection; `headers` is a block with all its NULs. The status is returned. */
unsigned test_http(struct test_features *f, const char *method, const char *path, const char *query, struct wh_str headers, const char *body);

#endif
