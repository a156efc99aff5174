/* The ceremonies of webauthn.h: sections 7.1 and 7.2 of the recommendation, in their order. */
#include "webauthn.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "cbor.h"
#include "claims.h"
#include "text64.h"

enum {
	RP_HASH = 32,
	HEAD = RP_HASH + 1 + 4,		/* of authenticator data: hash, flags, counter */
	UP = 0x01, UV = 0x04, BE = 0x08, BS = 0x10, AT = 0x40, ED = 0x80,
	ORIGIN = 512,
};

static enum webauthn_flaw
judge_client(const struct webauthn_expect *expect, struct webauthn_bytes client_data, struct wh_str type)
{
	uint8_t challenge[WEBAUTHN_CHALLENGE];
	char text[TEXT64_ROOM(WEBAUTHN_CHALLENGE)];
	struct claims_value root, cross;
	size_t n;
	bool is_cross = true, known = false;

	if (client_data.n > WEBAUTHN_CLIENT_DATA || claims_read((struct wh_str){ (const char *)client_data.p, client_data.n }, &root) != WH_OK ||
	    root.type != CLAIMS_OBJECT)
		return WEBAUTHN_SHAPE;
	if (!claims_get_is(&root, "type", type))
		return WEBAUTHN_TYPE;
	if (!claims_get_text(&root, "challenge", text, sizeof text, &n) ||
	    !text64_get(TEXT64_URL, challenge, sizeof challenge, &n, (struct wh_str){ text, n }) || expect->challenge.n == 0 ||
	    n != expect->challenge.n || CRYPTO_memcmp(challenge, expect->challenge.p, n) != 0)
		return WEBAUTHN_CHALLENGED;
	for (size_t i = 0; i < expect->origins_n; i++)
		known |= claims_get_is(&root, "origin", expect->origins[i]);
	if (!known)
		return WEBAUTHN_ORIGIN;
	if (claims_get(&root, "crossOrigin", &cross) && (!claims_bool(&cross, &is_cross) || is_cross))
		return WEBAUTHN_CROSS_ORIGIN;
	return WEBAUTHN_GOOD;
}

struct auth_data {
	const uint8_t *rp_hash, *aaguid;
	uint8_t flags;
	uint32_t counter;
	struct webauthn_bytes id, key;
	struct cbor_item cose;
};

static bool
read_attested(struct webauthn_bytes *left, struct auth_data *out)
{
	size_t used, n;

	if (left->n < WEBAUTHN_AAGUID + 2)
		return false;
	out->aaguid = left->p;
	n = (size_t)left->p[WEBAUTHN_AAGUID] << 8 | left->p[WEBAUTHN_AAGUID + 1];
	*left = (struct webauthn_bytes){ left->p + WEBAUTHN_AAGUID + 2, left->n - WEBAUTHN_AAGUID - 2 };
	if (n == 0 || n > WEBAUTHN_ID || n > left->n)
		return false;
	out->id = (struct webauthn_bytes){ left->p, n };
	*left = (struct webauthn_bytes){ left->p + n, left->n - n };
	if (!cbor_read(left->p, left->n, &out->cose, &used) || out->cose.type != CBOR_MAP)
		return false;
	out->key = (struct webauthn_bytes){ left->p, used };
	*left = (struct webauthn_bytes){ left->p + used, left->n - used };
	return true;
}

static bool
read_auth_data(struct webauthn_bytes bytes, struct auth_data *out)
{
	struct webauthn_bytes left;
	struct cbor_item extensions;

	*out = (struct auth_data){ .rp_hash = bytes.p };
	if (bytes.n < HEAD)
		return false;
	out->flags = bytes.p[RP_HASH];
	for (int i = 0; i < 4; i++)
		out->counter = out->counter << 8 | bytes.p[RP_HASH + 1 + i];
	left = (struct webauthn_bytes){ bytes.p + HEAD, bytes.n - HEAD };
	if ((out->flags & AT) != 0 && !read_attested(&left, out))
		return false;
	if ((out->flags & ED) != 0)
		return cbor_read(left.p, left.n, &extensions, NULL) && extensions.type == CBOR_MAP;
	return left.n == 0;
}

static enum webauthn_flaw
judge_auth_data(const struct webauthn_expect *expect, const struct auth_data *data)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	if (SHA256((const uint8_t *)expect->rp_id.p, expect->rp_id.n, hash) == NULL || memcmp(hash, data->rp_hash, sizeof hash) != 0)
		return WEBAUTHN_RP;
	if ((data->flags & UP) == 0)
		return WEBAUTHN_ABSENT;
	if (expect->need_uv && (data->flags & UV) == 0)
		return WEBAUTHN_UNVERIFIED;
	return (data->flags & BS) != 0 && (data->flags & BE) == 0 ? WEBAUTHN_SHAPE : WEBAUTHN_GOOD;
}

static bool
cose_int_is(const struct cbor_item *cose, int64_t label, int64_t expected)
{
	struct cbor_item item;
	int64_t value;

	return cbor_get(cose, label, &item) && cbor_int(&item, &value) && value == expected;
}

static bool
cose_bytes(const struct cbor_item *cose, int64_t label, struct cbor_item *out)
{
	return cbor_get(cose, label, out) && out->type == CBOR_BYTES;
}

/* kty, alg and crv must agree, as RFC 9053 and RFC 8812 say. */
static struct jose_key *
key_of(const struct cbor_item *cose)
{
	struct cbor_item a, b = { .type = CBOR_NONE };
	enum jose_alg alg = JOSE_NO_ALG;
	struct jose_key *key = NULL;

	if (cose_int_is(cose, 3, -7) && cose_int_is(cose, 1, 2) && cose_int_is(cose, -1, 1) && cose_bytes(cose, -2, &a) && cose_bytes(cose, -3, &b))
		alg = JOSE_ES256;
	else if (cose_int_is(cose, 3, -8) && cose_int_is(cose, 1, 1) && cose_int_is(cose, -1, 6) && cose_bytes(cose, -2, &a))
		alg = JOSE_EDDSA;
	else if (cose_int_is(cose, 3, -257) && cose_int_is(cose, 1, 3) && cose_bytes(cose, -1, &a) && cose_bytes(cose, -2, &b))
		alg = JOSE_RS256;
	if (alg == JOSE_EDDSA)
		b = (struct cbor_item){ .type = CBOR_NONE };
	if (alg == JOSE_NO_ALG || jose_key_public(alg, a.bytes, a.size, b.bytes, b.size, &key) != WH_OK)
		return NULL;
	return key;
}

static enum webauthn_flaw
credential_fill(const struct auth_data *data, struct webauthn_credential *out)
{
	struct jose_key *key = data->key.n <= WEBAUTHN_KEY ? key_of(&data->cose) : NULL;

	if (key == NULL)
		return WEBAUTHN_BAD_KEY;
	*out = (struct webauthn_credential){
		.id_n = data->id.n, .key_n = data->key.n, .alg = jose_key_alg(key), .counter = data->counter, .uv = (data->flags & UV) != 0,
		.backup_eligible = (data->flags & BE) != 0, .backed_up = (data->flags & BS) != 0,
	};
	memcpy(out->id, data->id.p, data->id.n);
	memcpy(out->key, data->key.p, data->key.n);
	memcpy(out->aaguid, data->aaguid, WEBAUTHN_AAGUID);
	jose_key_free(&key);
	return WEBAUTHN_GOOD;
}

enum webauthn_flaw
webauthn_register(const struct webauthn_expect *expect, struct webauthn_bytes client_data, struct webauthn_bytes attestation,
    struct webauthn_credential *credential_out)
{
	enum webauthn_flaw flaw = judge_client(expect, client_data, WH_STR("webauthn.create"));
	struct cbor_item root, format, statement, bytes;
	struct auth_data data;

	*credential_out = (struct webauthn_credential){ .id_n = 0 };
	if (flaw != WEBAUTHN_GOOD)
		return flaw;
	if (!cbor_read(attestation.p, attestation.n, &root, NULL) || !cbor_get_text(&root, "fmt", &format) || format.type != CBOR_TEXT ||
	    !cbor_get_text(&root, "attStmt", &statement) || statement.type != CBOR_MAP || !cbor_get_text(&root, "authData", &bytes) ||
	    bytes.type != CBOR_BYTES || !read_auth_data((struct webauthn_bytes){ bytes.bytes, bytes.size }, &data) || (data.flags & AT) == 0)
		return WEBAUTHN_SHAPE;
	/* A statement under `none` is a contradiction in the recommendation's own terms. */
	if (wh_str_is((struct wh_str){ (const char *)format.bytes, format.size }, "none") && statement.n != 0)
		return WEBAUTHN_SHAPE;
	flaw = judge_auth_data(expect, &data);
	return flaw == WEBAUTHN_GOOD ? credential_fill(&data, credential_out) : flaw;
}

static enum webauthn_flaw
judge_signature(struct webauthn_bytes cose_key, struct webauthn_bytes client_data, struct webauthn_bytes auth_data, struct webauthn_bytes signature)
{
	enum { SIGNED = WEBAUTHN_CLIENT_DATA + SHA256_DIGEST_LENGTH };
	uint8_t message[SIGNED];
	struct cbor_item cose;
	struct jose_key *key;
	bool good;

	if (auth_data.n > SIGNED - SHA256_DIGEST_LENGTH)
		return WEBAUTHN_SHAPE;
	key = cbor_read(cose_key.p, cose_key.n, &cose, NULL) ? key_of(&cose) : NULL;
	if (key == NULL)
		return WEBAUTHN_BAD_KEY;
	memcpy(message, auth_data.p, auth_data.n);
	good = SHA256(client_data.p, client_data.n, message + auth_data.n) != NULL &&
	    jose_key_verify(key, JOSE_DER, message, auth_data.n + SHA256_DIGEST_LENGTH, signature.p, signature.n);
	jose_key_free(&key);
	return good ? WEBAUTHN_GOOD : WEBAUTHN_SIGNATURE;
}

enum webauthn_flaw
webauthn_assert(const struct webauthn_expect *expect, struct webauthn_bytes key, uint32_t counter, struct webauthn_bytes client_data,
    struct webauthn_bytes auth_data, struct webauthn_bytes signature, struct webauthn_assertion *assertion_out)
{
	enum webauthn_flaw flaw = judge_client(expect, client_data, WH_STR("webauthn.get"));
	struct auth_data data;

	*assertion_out = (struct webauthn_assertion){ .counter = counter };
	if (flaw != WEBAUTHN_GOOD)
		return flaw;
	if (!read_auth_data(auth_data, &data) || (data.flags & AT) != 0)
		return WEBAUTHN_SHAPE;
	flaw = judge_auth_data(expect, &data);
	if (flaw == WEBAUTHN_GOOD)
		flaw = judge_signature(key, client_data, auth_data, signature);
	if (flaw != WEBAUTHN_GOOD)
		return flaw;
	*assertion_out = (struct webauthn_assertion){ data.counter, (data.flags & UV) != 0, (data.flags & BS) != 0 };
	/* Zero on both sides: an authenticator that does not count. */
	return (data.counter != 0 || counter != 0) && data.counter <= counter ? WEBAUTHN_COUNTER : WEBAUTHN_GOOD;
}
