/* The PROXY protocol. What must hold: every beginning of an accepted header asks for more, a refused one stays refused however
 * much follows, and nothing past the header changes what was read. */
#include "edge/proxy_proto.h"

#include <stdlib.h>

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static enum wh_err
read_copy(const uint8_t *bytes, size_t n, struct wh_proxy_header *header)
{
	uint8_t *copy = malloc(n + 1);
	enum wh_err err;

	must(copy != NULL);
	memcpy(copy + 1, bytes, n);
	err = wh_proxy_read(copy + 1, n, header);
	free(copy);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct wh_proxy_header whole, part;
	enum wh_err err, before = WH_WAIT;

	if (n > 5000)
		return 0;
	err = read_copy(bytes, n, &whole);
	for (size_t i = 0; i <= n && before == WH_WAIT; i++) {
		before = read_copy(bytes, i, &part);
		must(before != WH_OK || part.size == i);
	}
	must(before == err);
	if (err == WH_OK) {
		must(whole.size == part.size && whole.size <= WH_PROXY_V2_MAX && whole.local == part.local);
		must(memcmp(&whole.from, &part.from, sizeof whole.from) == 0 && memcmp(&whole.to, &part.to, sizeof whole.to) == 0);
	}
	return 0;
}
