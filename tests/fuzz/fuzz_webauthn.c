/* CBOR and passkeys from any bytes. What must hold: an item that is accepted can be walked to its end; a credential that is
 * accepted has an id and a key, and that key can be used; nobody signs in without the key. */
#include <stdlib.h>

#include "cbor.h"
#include "webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
walk(const struct cbor_item *item, unsigned depth)
{
	struct cbor_walk in = cbor_each(item);
	struct cbor_item member, found;
	uint64_t n = 0;
	int64_t number;

	must(depth <= CBOR_DEPTH && item->type != CBOR_NONE);
	for (; cbor_next(&in, &member); n++) {
		walk(&member, depth + 1);
		if (item->type == CBOR_MAP && n % 2 == 0 && cbor_int(&member, &number))
			must(cbor_get(item, number, &found) && found.type != CBOR_NONE);
	}
	must(in.at == in.end);
	if (item->type == CBOR_ARRAY || item->type == CBOR_MAP)
		must(n == item->n * (item->type == CBOR_MAP ? 2 : 1));
	if (item->type == CBOR_BYTES || item->type == CBOR_TEXT)
		must(item->size == item->n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char create[] = "{\"type\":\"webauthn.create\",\"challenge\":\"AAAA\",\"origin\":\"https://example.org\"}";
	static const char get[] = "{\"type\":\"webauthn.get\",\"challenge\":\"AAAA\",\"origin\":\"https://example.org\"}";
	static struct webauthn_credential credential;
	const struct wh_str origin = WH_STR("https://example.org");
	const struct webauthn_expect expect = { { (const uint8_t *)"\0\0\0", 3 }, WH_STR("example.org"), &origin, 1, false };
	const struct webauthn_bytes bytes = { data, n }, create_bytes = { (const uint8_t *)create, sizeof create - 1 },
		get_bytes = { (const uint8_t *)get, sizeof get - 1 };
	struct webauthn_assertion assertion;
	struct cbor_item item;
	size_t used;

	if (cbor_read(data, n, &item, &used)) {
		must(used <= n && used != 0);
		walk(&item, 0);
	}
	if (webauthn_register(&expect, create_bytes, bytes, &credential) == WEBAUTHN_GOOD) {
		must(credential.id_n != 0 && credential.key_n != 0);
		must(webauthn_assert(&expect, (struct webauthn_bytes){ credential.key, credential.key_n }, 0, get_bytes, bytes, bytes, &assertion) !=
		    WEBAUTHN_BAD_KEY);
	} else {
		must(credential.id_n == 0);
	}
	webauthn_register(&expect, bytes, bytes, &credential);
	webauthn_assert(&expect, bytes, 0, get_bytes, bytes, bytes, &assertion);
	if (n > 40)
		must(webauthn_assert(&expect, bytes, 0, get_bytes, (struct webauthn_bytes){ data, 37 }, (struct webauthn_bytes){ data + 37, n - 37 }, &assertion) !=
		    WEBAUTHN_GOOD);
	return 0;
}
