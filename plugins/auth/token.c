/* The tokens of token.h. The checksum is CRC-32 (as in zlib) of all before it, in six digits of base 62. */
#include "token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "text64.h"

enum { PREFIX = 4, CHECKED = TOKEN_SIZE - 6 };

static const char prefixes[TOKEN_KINDS][PREFIX + 1] = {
	[TOKEN_SESSION] = "whs_", [TOKEN_REFRESH] = "whr_", [TOKEN_BOT] = "whb_", [TOKEN_INVITATION] = "whi_",
	[TOKEN_LINK] = "whl_", [TOKEN_CODE] = "wha_", [TOKEN_DEVICE] = "whd_", [TOKEN_TICKET] = "whv_", [TOKEN_APP] = "whp_",
	[TOKEN_OAUTH] = "who_", [TOKEN_OAUTH_REFRESH] = "whq_", [TOKEN_CLIENT] = "whc_",
};

static uint32_t
crc32_of(const char *bytes, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= (uint8_t)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}

static void
checksum_put(const char *token, char out[6])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint32_t crc = crc32_of(token, CHECKED);

	for (int i = 5; i >= 0; i--, crc /= 62)
		out[i] = digits[crc % 62];
}

void
token_make(enum token_kind kind, const uint8_t random[TOKEN_RANDOM], char out[TOKEN_ROOM])
{
	memcpy(out, prefixes[kind], PREFIX);
	text64_put(TEXT64_URL, out + PREFIX, TOKEN_ROOM - PREFIX, random, TOKEN_RANDOM);
	checksum_put(out, out + CHECKED);
	out[TOKEN_SIZE] = '\0';
}

bool
token_parse(struct wh_str text, enum token_kind *kind_out)
{
	uint8_t random[TOKEN_RANDOM];
	char checksum[6];
	size_t n;
	bool good;

	if (text.n != TOKEN_SIZE)
		return false;
	checksum_put(text.p, checksum);
	good = memcmp(checksum, text.p + CHECKED, sizeof checksum) == 0 &&
	    text64_get(TEXT64_URL, random, sizeof random, &n, (struct wh_str){ text.p + PREFIX, CHECKED - PREFIX });
	OPENSSL_cleanse(random, sizeof random);
	for (int kind = 0; good && kind < TOKEN_KINDS; kind++)
		if (memcmp(prefixes[kind], text.p, PREFIX) == 0) {
			*kind_out = (enum token_kind)kind;
			return true;
		}
	return false;
}

bool
token_is(struct wh_str text, enum token_kind kind)
{
	enum token_kind found;

	return token_parse(text, &found) && found == kind;
}

bool
token_hash(struct wh_str text, uint8_t out[TOKEN_HASH])
{
	return SHA256((const uint8_t *)text.p, text.n, out) != NULL;
}
