/* See chain.h. */
#include "chain.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

static bool
chain_number(EVP_MD_CTX *md, uint64_t number, size_t bytes)
{
	uint8_t big[8];

	for (size_t i = 0; i < bytes; i++)
		big[i] = (uint8_t)(number >> 8 * (bytes - 1 - i));
	return EVP_DigestUpdate(md, big, bytes) == 1;
}

static bool
chain_text(EVP_MD_CTX *md, struct wh_str text)
{
	return chain_number(md, text.n, 4) && EVP_DigestUpdate(md, text.p, text.n) == 1;
}

enum wh_err
chain_mark(enum chain_text which, struct wh_str salt, struct wh_str text, uint8_t mark_out[static CHAIN_HASH])
{
	static const char format[] = "whiply audit text 1";
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool fine = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, format, sizeof format) == 1 &&
	    chain_number(md, (uint64_t)which, 1) && chain_text(md, salt) && chain_text(md, text) && EVP_DigestFinal_ex(md, mark_out, NULL) == 1;

	EVP_MD_CTX_free(md);
	return fine ? WH_OK : WH_EIO;
}

/* What is hashed of a covered text: 32 bytes, zeros where there never was one. A text and a mark together would be a text that
 * nothing protects. */
static enum wh_err
chain_cover(const struct chain_entry *entry, enum chain_text which, uint8_t mark_out[static CHAIN_HASH])
{
	struct wh_str cover = entry->covers[which], text = entry->texts[which];

	memset(mark_out, 0, CHAIN_HASH);
	if (chain_is_erased(entry, which)) {
		if (cover.n != CHAIN_HASH || text.n != 0)
			return WH_EINVAL;
		memcpy(mark_out, cover.p, CHAIN_HASH);
		return WH_OK;
	}
	if (cover.n != (text.n != 0 ? CHAIN_SALT : 0))
		return WH_EINVAL;
	return text.n != 0 ? chain_mark(which, cover, text, mark_out) : WH_OK;
}

enum wh_err
chain_hash(const uint8_t before[static CHAIN_HASH], const struct chain_entry *entry, uint8_t hash_out[static CHAIN_HASH])
{
	static const char format[] = "whiply audit 2";
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool fine = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, format, sizeof format) == 1 &&
	    EVP_DigestUpdate(md, before, CHAIN_HASH) == 1 && chain_number(md, (uint64_t)entry->n, 8) && chain_number(md, (uint64_t)entry->time_ms, 8);
	enum wh_err err = WH_OK;
	uint8_t mark[CHAIN_HASH];

	for (unsigned i = 0; i < CHAIN_TEXTS && fine && err == WH_OK; i++) {
		if (!chain_is_covered(i)) {
			fine = chain_text(md, entry->texts[i]);
			continue;
		}
		err = chain_cover(entry, i, mark);
		fine = EVP_DigestUpdate(md, mark, sizeof mark) == 1;
	}
	fine = fine && EVP_DigestFinal_ex(md, hash_out, NULL) == 1;
	EVP_MD_CTX_free(md);
	return err != WH_OK ? err : fine ? WH_OK : WH_EIO;
}

static enum wh_err
chain_hmac(const uint8_t *key, const void *p, size_t n, uint8_t *out)
{
	return HMAC(EVP_sha256(), key, CHAIN_KEY, p, n, out, NULL) != NULL ? WH_OK : WH_EIO;
}

static uint8_t *
chain_put(uint8_t *to, int64_t number, const uint8_t *hash)
{
	for (size_t i = 0; i < 8; i++)
		*to++ = (uint8_t)((uint64_t)number >> 8 * (7 - i));
	if (hash != NULL)
		memcpy(to, hash, CHAIN_HASH);
	return hash != NULL ? to + CHAIN_HASH : to;
}

enum wh_err
chain_seal(const uint8_t key[static CHAIN_KEY], const struct chain_stand *stand, uint8_t seal_out[static CHAIN_HASH])
{
	uint8_t text[3 * 8 + 2 * CHAIN_HASH], *to = text;

	to = chain_put(to, stand->head.n, stand->head.hash);
	to = chain_put(to, stand->base.n, stand->base.hash);
	chain_put(to, stand->erased, NULL);
	return chain_hmac(key, text, sizeof text, seal_out);
}

enum wh_err
chain_address(const uint8_t key[static CHAIN_KEY], int64_t key_id, struct wh_str address, char out[static CHAIN_ADDRESS])
{
	uint8_t mac[CHAIN_HASH];
	char hex[CHAIN_HEX];
	enum wh_err err;

	out[0] = '\0';
	if (address.n == 0)
		return WH_OK;
	err = chain_hmac(key, address.p, address.n, mac);
	chain_hex(mac, hex);
	if (err == WH_OK)
		snprintf(out, CHAIN_ADDRESS, "%lld:%.32s", (long long)key_id, hex);
	return err;
}

void
chain_hex(const uint8_t hash[static CHAIN_HASH], char out[static CHAIN_HEX])
{
	for (size_t i = 0; i < CHAIN_HASH; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}
