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

enum wh_err
chain_hash(const uint8_t before[static CHAIN_HASH], const struct chain_entry *entry, uint8_t hash_out[static CHAIN_HASH])
{
	static const char format[] = "whiply audit 1";
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool fine = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, format, sizeof format) == 1 &&
	    EVP_DigestUpdate(md, before, CHAIN_HASH) == 1 && chain_number(md, (uint64_t)entry->n, 8) && chain_number(md, (uint64_t)entry->time_ms, 8);

	for (size_t i = 0; i < CHAIN_TEXTS && fine; i++)
		fine = chain_number(md, entry->texts[i].n, 4) && EVP_DigestUpdate(md, entry->texts[i].p, entry->texts[i].n) == 1;
	fine = fine && EVP_DigestFinal_ex(md, hash_out, NULL) == 1;
	EVP_MD_CTX_free(md);
	return fine ? WH_OK : WH_EIO;
}

static enum wh_err
chain_hmac(const uint8_t *key, const void *p, size_t n, uint8_t *out)
{
	return HMAC(EVP_sha256(), key, CHAIN_KEY, p, n, out, NULL) != NULL ? WH_OK : WH_EIO;
}

enum wh_err
chain_seal(const uint8_t key[static CHAIN_KEY], const struct chain_head *head, uint8_t seal_out[static CHAIN_HASH])
{
	uint8_t text[8 + CHAIN_HASH];

	for (size_t i = 0; i < 8; i++)
		text[i] = (uint8_t)((uint64_t)head->n >> 8 * (7 - i));
	memcpy(text + 8, head->hash, CHAIN_HASH);
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
