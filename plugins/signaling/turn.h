/* TURN (RFC 8656) as far as we speak it: asking a server, with credentials, to allocate a relay, and giving it back. That is how its health is
 * known. And the credentials themselves: by a secret that we share with it (coturn's use-auth-secret). Blocking: used by ice.c from a job. */
#ifndef SIGNALING_TURN_H
#define SIGNALING_TURN_H

#include <whiply/types.h>

#include "wire.h"

enum { TURN_SECRET = 128, TURN_HOST = 127, TURN_USER = 80, TURN_PASSWORD = 28, STUN_BYTES = 1024, STUN_KEY = 16, STUN_ID = 12 };

/** What a user signs in with until `expires` (seconds since 1970): username "EXPIRES:USER", password base64(HMAC-SHA1(secret, username)). */
bool turn_credentials(struct wh_str secret, int64_t expires, struct wh_str user, char username_out[TURN_USER + 1], char password_out[TURN_PASSWORD + 1]);

/** The first 16 hex digits of HMAC-SHA1(secret, text): a name for somebody that tells who it is to nobody else. */
bool turn_pseudonym(struct wh_str secret, struct wh_str text, char out[17]);

/* Messages */

enum stun_method { STUN_ALLOCATE = 3, STUN_REFRESH = 4 };
enum stun_class { STUN_REQUEST = 0x000, STUN_SUCCESS = 0x100, STUN_ERROR = 0x110 };

struct stun {
	unsigned char bytes[STUN_BYTES];
	size_t n;
};

void stun_begin(struct stun *m, unsigned type, const unsigned char id[STUN_ID]);
/** False: no room. */
bool stun_put(struct stun *m, unsigned attribute, const void *value, size_t n);
/** The last attribute: the message's own HMAC. */
bool stun_sign(struct stun *m, const unsigned char key[STUN_KEY]);
/** The key of long-term credentials. */
bool stun_key(struct wh_str user, struct wh_str realm, struct wh_str password, unsigned char key_out[STUN_KEY]);

/** Is it a message with this transaction's id, and whole? */
bool stun_read(const struct stun *m, const unsigned char id[STUN_ID], unsigned *type_out);
/** The first attribute of this type, in front of the HMAC. */
bool stun_get(const struct stun *m, unsigned attribute, struct wh_str *value_out);
/** Is the HMAC there, and right? */
bool stun_signed(const struct stun *m, const unsigned char key[STUN_KEY]);

/* The probe */

/** Asks at most twice a second long, over TCP and TLS two seconds. In: by, host, port, secrets. Out: the rest. */
struct turn_probe {
	enum wire_by by;
	char host[TURN_HOST + 1], port[8];
	char secrets[2][TURN_SECRET + 1];
	unsigned n_secrets;
	int64_t now;			/* seconds since 1970 */
	uint64_t server, url, epoch;		/* the caller's own */
	bool well;
	unsigned secret;		/* which it took */
	int64_t took_us;
	char why[80];			/* not well */
};
void turn_probe(struct turn_probe *p);

#endif
