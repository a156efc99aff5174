/* Bytes as text: base64url, base64, base32 and hex. Used by the other parts of auth, for tokens, keys and secrets.
 * Decoding is strict: a text is accepted only if it is the one encoding of its bytes, so nothing has two spellings. */
#ifndef AUTH_TEXT64_H
#define AUTH_TEXT64_H

#include <whiply/types.h>

enum text64_form {
	TEXT64_URL,	/**< RFC 4648 section 5, without padding: tokens, JOSE, WebAuthn */
	TEXT64_STD,	/**< section 4, padded: SCRAM */
	TEXT64_BARE,	/**< section 4, without padding: the PHC form of a password's hash */
	TEXT64_32,	/**< section 6, capitals, without padding: TOTP secrets */
	TEXT64_HEX,	/**< section 8, small letters */
};

/** Room for n bytes of any form but hex and base32, with the NUL. */
#define TEXT64_ROOM(n) (((n) + 2) / 3 * 4 + 1)
/** Room for n bytes in base32, with the NUL. */
#define TEXT64_32_ROOM(n) (((n) * 8 + 4) / 5 + 1)

/** How many characters n bytes become, without the NUL. */
size_t text64_size(enum text64_form form, size_t n);

/** Writes the text and a NUL. False, and nothing but a NUL written, when `cap` has no room for both. */
bool text64_put(enum text64_form form, char *out, size_t cap, const uint8_t *bytes, size_t n);

/** Writes the bytes of `text`. False, with *n_out 0, when it is not their encoding or `cap` is too small. */
bool text64_get(enum text64_form form, uint8_t *out, size_t cap, size_t *n_out, struct wh_str text);

#endif
