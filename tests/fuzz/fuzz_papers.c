/* Papers that are not what this hub would write. An edge cannot forge them, but an older hub may have written them, and a byte
 * may have turned: so the input gets a good MAC, unless its first byte says otherwise, and is read; then an edge hands it
 * to a new hub in a recovery, which makes a session of it or a new one, and knows its number either way. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "hub/testing_hub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOT = 3, SECRET = 'k' };

static void
sign(wh_id conn, char *blob, size_t n)
{
	unsigned char key[PAPERS_KEY], full[EVP_MAX_MD_SIZE];
	size_t bytes = sizeof conn + n - PAPERS_MAC;
	unsigned char *text = malloc(bytes);
	unsigned full_n = 0;

	if (text == NULL)
		abort();
	memset(key, SECRET, sizeof key);
	memcpy(text, &conn, sizeof conn);
	memcpy(text + sizeof conn, blob + PAPERS_MAC, n - PAPERS_MAC);
	if (HMAC(EVP_sha256(), key, sizeof key, text, bytes, full, &full_n) == NULL)
		abort();
	memcpy(blob, full, PAPERS_MAC);
	free(text);
}

/* What is taken stands in the blob, and its parts end where it ends. */
static enum wh_err
read_them(struct hub *hub, wh_id conn, struct wh_str blob, bool is_signed, bool *lost_out)
{
	struct papers_read got;
	struct wh_str plugin, part;
	enum wh_err err = papers_read(hub, conn, blob, &got);
	size_t bytes = 0;

	if (is_signed ? err == WH_EAUTH : err == WH_OK)
		abort();
	if (err != WH_OK)
		return err;
	for (struct wh_str rest = got.parts; papers_part_next(&rest, &plugin, &part);)
		bytes += 4 + plugin.n + part.n;
	if (bytes != got.parts.n || got.parts.n + got.who.id.n + got.who.name.n + got.who.roles.n + got.dialect.n > blob.n)
		abort();
	*lost_out = dialect_find(hub, got.dialect) == NULL;
	return WH_OK;
}

/* `is_lost`: nobody speaks as it, so that its client cannot go on. */
static void
recover(struct test_hub *t, struct wh_str blob, bool is_lost)
{
	struct test_edge *e = test_edge_add(t, 1, false);
	wh_id conn = test_conn(e, SLOT);

	test_opened(e, SLOT, WH_F_RECOVERED);
	if (wh_rec_papers_put(e->link->out, &(struct wh_rec_papers){ .conn = conn, .papers = blob }) != WH_OK)
		abort();
	test_recovered(e);
	recovery_links_end(t->hub);
	test_turn(t);
	test_edge_got(t, e);
	if (!is_lost && session_by_conn(t->hub, conn) == NULL)
		abort();
	test_message(e, SLOT, "token");
	test_turn(t);
	test_closed(e, SLOT, 1000);
	test_turn(t);
	if (session_by_conn(t->hub, conn) != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct test_hub *reader;
	struct test_hub *t;
	char *blob;
	bool is_signed, is_lost = false;
	enum wh_err err;
	size_t n;

	if (size < 2 || PAPERS_MAC + size - 1 > PAPERS_MAX)
		return 0;
	is_signed = data[0] != 0xff;
	n = PAPERS_MAC + size - 1;
	blob = malloc(n);
	if (blob == NULL)
		abort();
	memset(blob, 0x5a, PAPERS_MAC);
	memcpy(blob + PAPERS_MAC, data + 1, size - 1);
	if (reader == NULL)
		reader = test_hub_new(8, SECRET);
	if (is_signed)
		sign(wh_id_make(1, SLOT, 1), blob, n);
	err = read_them(reader->hub, wh_id_make(1, SLOT, 1), (struct wh_str){ blob, n }, is_signed, &is_lost);
	/* All that are refused come to the same: one in 64 is enough. */
	if (err == WH_OK || (unsigned char)blob[0] % 64 == 0) {
		t = test_hub_new(9, SECRET);
		recover(t, (struct wh_str){ blob, n }, is_lost);
		test_hub_free(t);
	}
	free(blob);
	return 0;
}
