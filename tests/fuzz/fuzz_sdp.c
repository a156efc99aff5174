/* Session descriptions and candidates from any bytes. What must hold: what passes fits; between strangers no candidate but a relay's is left, no
 * connection address but the empty one, and what passed once passes again as it is. */
#include <stdlib.h>

#include "sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
holds(const char *text, size_t n, struct wh_str part)
{
	return memmem(text, n, part.p, part.n) != NULL;
}

static void
again(const char *out, size_t n, const struct sdp_rule *rule)
{
	static char second[SDP_BYTES * 2];
	const char *why;
	size_t m;
	enum wh_err err = sdp_pass((struct wh_str){ out, n }, rule, second, sizeof second, &m, &why);

	must(n > SDP_BYTES || (err == WH_OK && m == n && memcmp(out, second, n) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char out[SDP_BYTES * 2 + 1];
	struct sdp_net net;
	struct sdp_rule rule = { .nets = &net };
	struct wh_str text = { (const char *)data + 1, n - 1 };
	const char *why = NULL;
	size_t m;
	enum wh_err err;

	if (n == 0)
		return 0;
	must(sdp_net_read(WH_STR("203.0.113.0/24"), &net));
	rule.relay_only = (data[0] & 1) != 0;
	rule.n_nets = (data[0] & 2) != 0;
	if ((data[0] & 8) != 0) {
		struct sdp_net any;

		if (sdp_net_read(text, &any))
			must(any.bits <= 128);
	} else if ((data[0] & 4) != 0) {
		err = sdp_pass_candidate(text, &rule, out, sizeof out - 1, &m, &why);
		must(err == WH_OK || m == 0);
		if (err == WH_OK && m != 0 && rule.relay_only)
			must(holds(out, m, WH_STR(" typ relay raddr ")) && holds(out, m, WH_STR(" rport 9")));
	} else {
		err = sdp_pass(text, &rule, out, sizeof out - 1, &m, &why);
		must(err == WH_OK || (m == 0 && why != NULL));
		must(m < sizeof out);
		out[m] = '\0';
		if (err == WH_OK && rule.relay_only) {
			for (const char *at = out; (at = memmem(at, m - (size_t)(at - out), "\na=candidate:", 13)) != NULL; at++)
				must(holds(at, strcspn(at + 1, "\r") + 1, WH_STR(" typ relay raddr ")));
			again(out, m, &rule);
		}
	}
	return 0;
}
