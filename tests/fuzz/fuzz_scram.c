/* SCRAM from any bytes: a line for the first message of the client, the rest for its last. What must hold: a name that is
 * accepted is one; keys that nobody has are never proven; after an error the exchange is over. */
#include <stdlib.h>

#include "scram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = n != 0 ? memchr(data, '\n', n) : NULL;
	struct wh_str first = { (const char *)data, end != NULL ? (size_t)(end - data) : n };
	struct wh_str last = wh_str_from((struct wh_str){ (const char *)data, n }, first.n + 1);
	struct scram scram = { 0 };
	struct scram_keys keys;
	char out[SCRAM_OUT];

	must(scram_keys_fake(WH_STR("secret"), WH_STR("user"), 4096, &keys));
	/* Not marked as fake: so that only the proof decides. */
	keys.fake = false;
	if (scram_first(&scram, first) != WH_OK) {
		must(scram.state == SCRAM_DONE && scram_challenge(&scram, &keys, WH_STR("server"), out) == WH_ESTATE);
		return 0;
	}
	must(scram.name[0] != '\0' && strlen(scram.name) <= SCRAM_NAME && strlen(scram.authzid) <= SCRAM_NAME);
	must(scram_challenge(&scram, &keys, WH_STR("server"), out) == WH_OK && out[0] == 'r');
	must(scram_final(&scram, last, out) != WH_OK && out[0] == 'e' && scram.state == SCRAM_DONE);
	return 0;
}
