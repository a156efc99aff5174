/* Bytes as text: base64, base64url (RFC 4648) and hex. Used for handshakes, tokens, JWT and fingerprints.
 * Decoding is strict, so that each text has one reading and each run of bytes one text: no white space, no stray
 * bits, padding exactly where base64 has it and none in base64url. Not constant in time: no secrets by comparison. */
#ifndef WHIPLY_BASE_BASE64_H
#define WHIPLY_BASE_BASE64_H

#include "base/buf.h"

/** Appends with + and /, padded with =. */
void wh_base64_put(struct wh_buf *out, struct wh_str bytes);

/** Appends with - and _, without padding, as tokens and JWT have it. */
void wh_base64url_put(struct wh_buf *out, struct wh_str bytes);

/** Appends in lower case. */
void wh_hex_put(struct wh_buf *out, struct wh_str bytes);

/** Append the bytes that the text stands for. False when the text is not well formed, or `out` failed; then nothing
 * was appended. Hex may be in either case. */
bool wh_base64_get(struct wh_buf *out, struct wh_str text);
bool wh_base64url_get(struct wh_buf *out, struct wh_str text);
bool wh_hex_get(struct wh_buf *out, struct wh_str text);

#endif
