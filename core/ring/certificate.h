/* What is known of the certificates of TLS listeners: an edge's code reads it off them in the checker's child, the keeper keeps
 * it and tells the hub, the hub shows it. Texts are for people, and cut to their room; JSON is the form on the way. */
#ifndef WHIPLY_RING_CERTIFICATE_H
#define WHIPLY_RING_CERTIFICATE_H

#include "base/json.h"
#include "ring/child.h"

enum {
	WH_CERTIFICATES_MAX = 64,	/* pairs of certificate and key that are looked after, of all listeners together */
	WH_CERTIFICATE_TEXT = 256,
	WH_CERTIFICATE_FINGERPRINT = 64,	/* SHA-256 in hexadecimal */
};

enum wh_certificate_state {
	WH_CERTIFICATE_GOOD,
	WH_CERTIFICATE_EXPIRED,
	WH_CERTIFICATE_EARLY,	/* its time has not come */
	WH_CERTIFICATE_BAD,	/* cannot serve: `why` */
};

struct wh_certificate {
	char listener[WH_CHILD_NAME];
	char file[WH_CERTIFICATE_TEXT];		/* of the certificate, as the config calls it */
	char subject[WH_CERTIFICATE_TEXT];	/* its common name, or all of the subject where there is none */
	char names[WH_CERTIFICATE_TEXT];	/* the hosts that it is for, with blanks between; as many as have room */
	char issuer[WH_CERTIFICATE_TEXT];
	char serial[WH_CERTIFICATE_TEXT];	/* in hexadecimal */
	char fingerprint[WH_CERTIFICATE_FINGERPRINT + 1];	/* empty: not known */
	int64_t begins_ms, expires_ms;		/* wall clock; 0: not known */
	enum wh_certificate_state state;
	char why[WH_CERTIFICATE_TEXT];		/* what is wrong; of one in force: why the newer pair in its files is not taken */
};

struct wh_certificates {
	struct wh_certificate of[WH_CERTIFICATES_MAX];	/* in the order of the config: listeners, and pairs of each */
	unsigned n;
};

/** "good", "expired", "early", "bad". */
const char *wh_certificate_state_name(enum wh_certificate_state state);

/** Copies a text, cut where a character ends. */
void wh_certificate_text(char to[static WH_CERTIFICATE_TEXT], struct wh_str text);

/** One object, with all members. */
void wh_certificate_write(const struct wh_certificate *c, struct wh_json *w, const char *key);

/** False: not what wh_certificate_write makes. */
bool wh_certificate_read(const struct wh_value *v, struct wh_certificate *c_out);

/** Appends an array of as many as fit into `max` bytes. */
void wh_certificates_put(const struct wh_certificates *all, struct wh_buf *to, size_t max);

/** WH_ESYNTAX, WH_ENOMEM: *all_out has none then. */
enum wh_err wh_certificates_get(struct wh_str text, struct wh_certificates *all_out);

#endif
