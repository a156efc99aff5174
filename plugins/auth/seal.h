/* Sealing: what has to be kept and read again (private keys, other providers' tokens) is encrypted in the store, AES-256-GCM, under a key
 * that stands in a file of the plugin's state folder and never in the database. A copy of the database alone gives none of it away;
 * without the file what was sealed is lost, and is made anew or asked for again. */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include <whiply/types.h>

struct auth;

enum { SEAL_KEY = 32, SEAL_MORE = 28 };

/** Room for the text of n sealed bytes, with a NUL. */
#define SEAL_ROOM(n) (((n) + SEAL_MORE + 2) / 3 * 4 + 1)

struct seal {
	uint8_t key[SEAL_KEY];
};

/** Reads the key, or makes it. In the plugin's open. WH_EIO: the file is there, and is none; the log says so. */
enum wh_err seal_open(struct auth *auth);
void seal_close(struct auth *auth);

/** The text of the sealed bytes. `label` says what they are: under another they can't be opened. False: no room, or no memory. */
bool seal_put(struct auth *auth, const char *label, struct wh_str bytes, char *out, size_t cap);

/** The bytes again, with a NUL. False: not sealed with our key under this label, or changed, or no room. */
bool seal_get(struct auth *auth, const char *label, struct wh_str text, char *out, size_t cap, size_t *n_out);

#endif
