/* What must be read again but not by who copies the database's tables: secrets of second factors and keys of SCRAM. AES-256-GCM under a
 * key that is made of auth's own, one for each purpose; the account is bound in, so that a text that is put into another row opens nothing.
 * A text begins with its version. */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include "keys.h"
#include "text64.h"

enum { SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_MOST = 256, SEAL_ROOM = 3 + TEXT64_ROOM(SEAL_NONCE + SEAL_MOST + SEAL_TAG) };

enum { SEAL_LONG = 16384 };
#define SEAL_TEXT_ROOM(n) (3 + TEXT64_ROOM(SEAL_NONCE + (n) + SEAL_TAG))

/** Writes the sealed text and a NUL. False: more than SEAL_MOST bytes, or memory is out. */
bool seal_put(struct auth *auth, const char *purpose, struct wh_str account, const uint8_t *bytes, size_t n, char out[SEAL_ROOM]);

/** The same for longer texts, such as keys in PEM: up to SEAL_LONG bytes. False also when `cap` is too small: SEAL_TEXT_ROOM of the bytes is
 * enough. Opening puts a NUL behind them. */
bool seal_put_text(struct auth *auth, const char *purpose, struct wh_str owner, struct wh_str bytes, char *out, size_t cap);
bool seal_get_text(struct auth *auth, const char *purpose, struct wh_str owner, struct wh_str sealed, char *out, size_t cap, size_t *n_out);

/** Opens it: exactly `n` bytes. False when it is another account's, purpose's or key's, or was changed. */
bool seal_get(struct auth *auth, const char *purpose, struct wh_str account, struct wh_str sealed, uint8_t *out, size_t n);

#endif
