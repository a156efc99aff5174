/* Second factors that are typed: codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes. */
#ifndef AUTH_TOTP_H
#define AUTH_TOTP_H

#include <whiply/types.h>

enum {
	TOTP_SECRET = 20,
	TOTP_DIGITS = 6,
	TOTP_STEP_S = 30,
	TOTP_WINDOW = 1,		/* steps before and after now */
	TOTP_URI_ROOM = 512,
	TOTP_RECOVERY_CODES = 10,
	TOTP_RECOVERY_RANDOM = 100,	/* random bytes for ten codes */
	TOTP_RECOVERY_SIZE = 11,	/* xxxxx-xxxxx */
	TOTP_RECOVERY_HASH = 32,
};

/** The code of a step (seconds since 1970, divided by TOTP_STEP_S), with a NUL. */
bool totp_code(const uint8_t secret[TOTP_SECRET], int64_t step, char out[TOTP_DIGITS + 1]);

/** Is it a code of now, of the step before or of the next? `used` is the step of the last code that this account was let in
 * with, -1 for none: steps up to it are refused, since a code holds once. On success the caller stores *step_out as the new
 * `used`, before it lets anyone in. */
bool totp_verify(const uint8_t secret[TOTP_SECRET], struct wh_str code, int64_t now_s, int64_t used, int64_t *step_out);

/** The otpauth:// URI that apps read from a QR code, with a NUL. False when it does not fit in TOTP_URI_ROOM. */
bool totp_uri(const uint8_t secret[TOTP_SECRET], struct wh_str issuer, struct wh_str account, char out[TOTP_URI_ROOM]);

/** Ten codes of 50 bits each, with a NUL. */
void totp_recovery_make(const uint8_t random[TOTP_RECOVERY_RANDOM], char out[TOTP_RECOVERY_CODES][TOTP_RECOVERY_SIZE + 1]);

/** The code as totp_recovery_make wrote it, from what was typed: any case, with or without hyphen and spaces, and with the
 * letters that people read for 0 and 1. */
bool totp_recovery_normal(struct wh_str typed, char out[TOTP_RECOVERY_SIZE + 1]);

/** What is stored of a code (normalised first): HMAC-SHA-256. `key` is a secret that is not in the database, since 50 bits
 * can be searched, and `account` keeps equal codes of two accounts apart. False for what is no code. */
bool totp_recovery_hash(struct wh_str key, struct wh_str account, struct wh_str typed, uint8_t out[TOTP_RECOVERY_HASH]);

#endif
