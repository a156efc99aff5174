/* The form of papers: MAC, then version, identity kind, flags, ids and strings with their lengths, then the plugins' parts to the
 * end. The MAC is HMAC-SHA256 cut to 16 bytes, over the connection's id and all that follows the MAC. Reading trusts nothing even
 * when the MAC is right: an older hub may have written it. */
#include "hub/papers.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "hub/hub.h"

enum { PAPERS_RESUMABLE = 1 };

enum wh_err
papers_init(struct hub *hub, const uint8_t *key)
{
	struct papers *p = &hub->papers;
	char digest[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end() };

	p->buf.max = PAPERS_MAX;
	p->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	p->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (p->sha256 == NULL || p->mac == NULL)
		return WH_EIO;
	p->keyed = EVP_MAC_CTX_new(p->mac);
	if (p->keyed == NULL || EVP_MAC_init(p->keyed, key, PAPERS_KEY, params) != 1)
		return WH_EIO;
	return WH_OK;
}

void
papers_finish(struct hub *hub)
{
	struct papers *p = &hub->papers;

	EVP_MAC_CTX_free(p->keyed);
	EVP_MAC_free(p->mac);
	EVP_MD_free(p->sha256);
	wh_buf_free(&p->buf);
	*p = (struct papers){ .buf = { .max = PAPERS_MAX } };
}

static bool
papers_mac(struct hub *hub, wh_id conn, struct wh_str rest, unsigned char mac_out[static PAPERS_MAC])
{
	unsigned char full[SESSION_HASH];
	size_t n = 0;

	/* Without a key, init begins anew with the one that it had. */
	if (EVP_MAC_init(hub->papers.keyed, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(hub->papers.keyed, (const unsigned char *)&conn, sizeof conn) != 1 ||
	    EVP_MAC_update(hub->papers.keyed, (const unsigned char *)rest.p, rest.n) != 1 ||
	    EVP_MAC_final(hub->papers.keyed, full, &n, sizeof full) != 1 || n != sizeof full)
		return false;
	memcpy(mac_out, full, PAPERS_MAC);
	return true;
}

static void
put_u16(struct wh_buf *b, size_t n)
{
	uint16_t v = (uint16_t)n;

	wh_buf_put(b, &v, sizeof v);
}

static void
put_str(struct wh_buf *b, struct wh_str s)
{
	put_u16(b, s.n);
	wh_buf_str(b, s);
}

/* Writes the length of the part that was begun, or takes the part back. */
static void
parts_end(struct papers_parts *parts)
{
	struct wh_buf *b = parts->buf;
	size_t n;
	uint16_t v;

	if (parts->begun == 0 || b->failed)
		return;
	n = b->n - parts->begun;
	if (n == 0 || n > PAPERS_PART_MAX) {
		if (n != 0)
			wh_log(parts->hub->log, WH_ERROR, "papers_part_too_long", WH_U("bytes", n));
		b->n = parts->part;
	} else {
		v = (uint16_t)n;
		memcpy(b->p + parts->begun - sizeof v, &v, sizeof v);
	}
	parts->begun = 0;
}

struct wh_out *
papers_part(struct papers_parts *parts, struct wh_str plugin)
{
	parts_end(parts);
	parts->part = parts->buf->n;
	put_str(parts->buf, plugin);
	put_u16(parts->buf, 0);
	parts->begun = parts->buf->n;
	parts->out = wh_out_to(parts->buf);
	return &parts->out.out;
}

enum wh_err
papers_write(struct hub *hub, struct wh_session *s, struct wh_buf *out)
{
	struct papers_parts parts = { .hub = hub, .buf = out };
	size_t start = out->n;
	unsigned char *mac = (unsigned char *)wh_buf_reserve(out, PAPERS_MAC);
	const char head[4] = { PAPERS_VERSION, (char)s->who.kind, s->resumable ? PAPERS_RESUMABLE : 0, 0 };
	struct hub_running before;

	if (mac == NULL)
		return WH_ENOMEM;
	memset(mac, 0, PAPERS_MAC);
	wh_buf_grew(out, PAPERS_MAC);
	wh_buf_put(out, head, sizeof head);
	wh_buf_put(out, &s->id, sizeof s->id);
	wh_buf_put(out, &s->opened_ms, sizeof s->opened_ms);
	wh_buf_put(out, &s->accent, sizeof s->accent);
	if (s->resumable)
		wh_buf_put(out, s->token_hash, sizeof s->token_hash);
	put_str(out, wh_str(session_dialect_name(s)));
	put_str(out, s->who.id);
	put_str(out, s->who.name);
	put_str(out, s->who.roles);
	before = hub_running(hub, "hook", "save");
	hub->features->save(hub, s, &parts);
	hub_ran(hub, before);
	parts_end(&parts);
	if (out->failed)
		return WH_ETOOBIG;
	if (!papers_mac(hub, s->conn, wh_str_from(wh_buf_slice(out), start + PAPERS_MAC), (unsigned char *)out->p + start))
		return WH_EIO;
	return WH_OK;
}

void
papers_mirror(struct hub *hub, struct wh_session *s)
{
	struct wh_buf *b = &hub->papers.buf;
	enum wh_err err;

	if (s->state != SESSION_ATTACHED || s->closing)
		return;
	wh_buf_reset(b);
	err = papers_write(hub, s, b);
	if (err != WH_OK) {
		wh_log(hub->log, WH_ERROR, "papers_failed", WH_X("session", s->id), WH_I("err", err));
		return;
	}
	hub->counts.papers_sent++;
	edge_put_papers_set(s->edge, &(struct wh_rec_papers_set){ .conn = s->conn, .papers = wh_buf_slice(b) });
}

/* Takes `n` bytes off the front; false when there are not as many. */
static bool
take(struct wh_str *from, void *to, size_t n)
{
	if (from->n < n)
		return false;
	memcpy(to, from->p, n);
	*from = wh_str_from(*from, n);
	return true;
}

static bool
take_str(struct wh_str *from, struct wh_str *to)
{
	uint16_t n;

	if (!take(from, &n, sizeof n) || from->n < n)
		return false;
	*to = (struct wh_str){ from->p, n };
	*from = wh_str_from(*from, n);
	return true;
}

enum wh_err
papers_read(struct hub *hub, wh_id conn, struct wh_str blob, struct papers_read *read_out)
{
	struct wh_str rest = wh_str_from(blob, PAPERS_MAC), parts, plugin, part;
	unsigned char mac[PAPERS_MAC], head[4];

	*read_out = (struct papers_read){ 0 };
	if (blob.n < PAPERS_MAC + sizeof head || blob.n > PAPERS_MAX)
		return WH_ESYNTAX;
	if (!papers_mac(hub, conn, rest, mac) || CRYPTO_memcmp(mac, blob.p, PAPERS_MAC) != 0)
		return WH_EAUTH;
	take(&rest, head, sizeof head);
	if (head[0] != PAPERS_VERSION)
		return WH_EVERSION;
	read_out->who.kind = head[1];
	read_out->resumable = (head[2] & PAPERS_RESUMABLE) != 0;
	if (head[1] < WH_GUEST || head[1] > WH_OPERATOR || !take(&rest, &read_out->session, sizeof read_out->session) ||
	    !take(&rest, &read_out->opened_ms, sizeof read_out->opened_ms) || !take(&rest, &read_out->accent, sizeof read_out->accent))
		return WH_ESYNTAX;
	if (read_out->resumable) {
		if (rest.n < SESSION_HASH)
			return WH_ESYNTAX;
		read_out->token_hash = (const uint8_t *)rest.p;
		rest = wh_str_from(rest, SESSION_HASH);
	}
	if (!take_str(&rest, &read_out->dialect) || !take_str(&rest, &read_out->who.id) ||
	    !take_str(&rest, &read_out->who.name) || !take_str(&rest, &read_out->who.roles))
		return WH_ESYNTAX;
	for (parts = rest; parts.n != 0;) {
		if (!take_str(&parts, &plugin) || !take_str(&parts, &part))
			return WH_ESYNTAX;
	}
	read_out->parts = rest;
	return WH_OK;
}

bool
papers_part_next(struct wh_str *parts, struct wh_str *plugin_out, struct wh_str *part_out)
{
	return parts->n != 0 && take_str(parts, plugin_out) && take_str(parts, part_out);
}
