/* Between the files of the unit passkey. */
#ifndef AUTH_PASSKEY_OWN_H
#define AUTH_PASSKEY_OWN_H

#include "auth.h"

struct passkey_task {
	struct proof_task proof;
	char account[ACCOUNT_ID_ROOM];
	char id[PASSKEY_ID_ROOM];
	char name[PASSKEY_NAME + 1];
	char cose[TEXT64_ROOM(WEBAUTHN_KEY)];
	struct ticket ticket;
	struct signin signin;
	char how[64];
	struct webauthn_assertion assertion;
	struct second_codes codes;
	bool on;
};

/* The bytes of an argument. */
struct passkey_bytes {
	uint8_t p[PASSKEY_OBJECT];
	size_t n;
};

/** An argument of base64url. False: it is none, or empty. */
bool passkey_bytes_read(struct wh_call *call, const char *field, struct passkey_bytes *out);

static inline struct webauthn_bytes
passkey_bytes_of(const struct passkey_bytes *b)
{
	return (struct webauthn_bytes){ b->p, b->n };
}

/** The domain and the pages that passkeys are for. False: the operator has named none. */
bool passkey_place(const struct auth *auth, struct wh_str *rp_id_out, struct wh_str origins[PASSKEY_ORIGINS + 1], size_t *n_out);
enum wh_err passkey_nowhere(struct wh_call *call);

/** The challenge that client data says it answers. */
bool passkey_challenge_read(const struct passkey_bytes *client, uint8_t out[TICKET_SECRET]);
void passkey_challenge_write(struct wh_json *w, const struct ticket *ticket);

struct webauthn_expect passkey_expect(const struct ticket *ticket, struct wh_str rp_id, const struct wh_str *origins, size_t n);
const char *passkey_flaw(enum webauthn_flaw flaw);

/** Asks for the passkeys of the task's account: ST_PASSKEY_LIST. */
void passkey_read(struct passkey_task *task, wh_store_done *done);

#endif
