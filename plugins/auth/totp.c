/* The codes of totp.h. */
#include "totp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "text64.h"

bool
totp_code(const uint8_t secret[TOTP_SECRET], int64_t step, char out[TOTP_DIGITS + 1])
{
	uint8_t counter[8], mac[20];
	unsigned n = 0, at;
	uint32_t number;

	out[0] = '\0';
	for (int i = 7; i >= 0; i--)
		counter[i] = (uint8_t)((uint64_t)step >> (8 * (7 - i)));
	if (HMAC(EVP_sha1(), secret, TOTP_SECRET, counter, sizeof counter, mac, &n) == NULL || n != sizeof mac)
		return false;
	at = mac[19] & 0xf;
	number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	snprintf(out, TOTP_DIGITS + 1, "%06u", number % 1000000);
	OPENSSL_cleanse(mac, sizeof mac);
	return true;
}

/* All steps of the window are tried, whichever fits, so that time says nothing of the clock's difference. */
bool
totp_verify(const uint8_t secret[TOTP_SECRET], struct wh_str code, int64_t now_s, int64_t used, int64_t *step_out)
{
	char expected[TOTP_DIGITS + 1];
	bool good = false;

	*step_out = -1;
	if (code.n != TOTP_DIGITS || now_s < 0)
		return false;
	for (int64_t step = now_s / TOTP_STEP_S - TOTP_WINDOW; step <= now_s / TOTP_STEP_S + TOTP_WINDOW; step++)
		if (totp_code(secret, step, expected) && CRYPTO_memcmp(expected, code.p, TOTP_DIGITS) == 0 && step > used && !good) {
			good = true;
			*step_out = step;
		}
	OPENSSL_cleanse(expected, sizeof expected);
	return good;
}

static bool
append(char *out, size_t *at, const char *text, size_t n)
{
	if (n > TOTP_URI_ROOM - 1 - *at)
		return false;
	memcpy(out + *at, text, n);
	*at += n;
	out[*at] = '\0';
	return true;
}

static bool
append_escaped(char *out, size_t *at, struct wh_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i], escaped[4];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';

		snprintf(escaped, sizeof escaped, "%%%02X", (unsigned)(uint8_t)c);
		if (!append(out, at, plain ? &c : escaped, plain ? 1 : 3))
			return false;
	}
	return true;
}

bool
totp_uri(const uint8_t secret[TOTP_SECRET], struct wh_str issuer, struct wh_str account, char out[TOTP_URI_ROOM])
{
	static const char scheme[] = "otpauth://totp/", rest[] = "&algorithm=SHA1&digits=6&period=30";
	char text[TEXT64_32_ROOM(TOTP_SECRET)];
	size_t at = 0;
	bool good;

	text64_put(TEXT64_32, text, sizeof text, secret, TOTP_SECRET);
	good = append(out, &at, scheme, sizeof scheme - 1) && append_escaped(out, &at, issuer) && append(out, &at, ":", 1) &&
	    append_escaped(out, &at, account) && append(out, &at, "?secret=", 8) && append(out, &at, text, strlen(text)) &&
	    append(out, &at, "&issuer=", 8) && append_escaped(out, &at, issuer) && append(out, &at, rest, sizeof rest - 1);
	OPENSSL_cleanse(text, sizeof text);
	if (!good) {
		OPENSSL_cleanse(out, TOTP_URI_ROOM);
		out[0] = '\0';
	}
	return good;
}

/* 32 characters, so that five random bits are one; without i, l, o and u. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

enum { HALF = 5 };

void
totp_recovery_make(const uint8_t random[TOTP_RECOVERY_RANDOM], char out[TOTP_RECOVERY_CODES][TOTP_RECOVERY_SIZE + 1])
{
	for (int code = 0; code < TOTP_RECOVERY_CODES; code++) {
		for (int i = 0; i < 2 * HALF; i++)
			out[code][i < HALF ? i : i + 1] = alphabet[random[code * 2 * HALF + i] & 31];
		out[code][HALF] = '-';
		out[code][TOTP_RECOVERY_SIZE] = '\0';
	}
}

bool
totp_recovery_normal(struct wh_str typed, char out[TOTP_RECOVERY_SIZE + 1])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];

		if (c == ' ' || c == '-')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c == 'o')
			c = '0';
		if (c == 'i' || c == 'l')
			c = '1';
		if (n == TOTP_RECOVERY_SIZE || c == '\0' || strchr(alphabet, c) == NULL) {
			out[0] = '\0';
			return false;
		}
		if (n == HALF)
			out[n++] = '-';
		out[n++] = c;
	}
	out[n == TOTP_RECOVERY_SIZE ? n : 0] = '\0';
	return n == TOTP_RECOVERY_SIZE;
}

bool
totp_recovery_hash(struct wh_str key, struct wh_str account, struct wh_str typed, uint8_t out[TOTP_RECOVERY_HASH])
{
	uint8_t message[128 + TOTP_RECOVERY_SIZE];
	char code[TOTP_RECOVERY_SIZE + 1];
	unsigned n = 0;
	bool good = key.n != 0 && key.n <= 256 && account.n <= 128 && totp_recovery_normal(typed, code);

	if (good) {
		/* The code has a fixed size, so no other pair makes the same message. */
		memcpy(message, code, TOTP_RECOVERY_SIZE);
		if (account.n != 0)
			memcpy(message + TOTP_RECOVERY_SIZE, account.p, account.n);
		good = HMAC(EVP_sha256(), key.p, (int)key.n, message, TOTP_RECOVERY_SIZE + account.n, out, &n) != NULL;
	}
	OPENSSL_cleanse(message, sizeof message);
	OPENSSL_cleanse(code, sizeof code);
	return good;
}
