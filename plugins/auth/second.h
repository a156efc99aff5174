/* Second factors: codes of an authenticator app, recovery codes, and (with passkey.h) passkeys after a password. Whoever has verified a
 * first factor and finds account.second set says second_ask instead of signing in: the client gets a ticket, and shows it with a code.
 * Wrong codes count apart from wrong passwords: a right password does not make the count of codes begin anew. */
#ifndef AUTH_SECOND_H
#define AUTH_SECOND_H

#include "login.h"
#include "seal.h"
#include "ticket.h"
#include "totp.h"

enum {
	SECOND_TOTP = 1,		/* bits of account.second */
	SECOND_PASSKEY = 2,
	SECOND_PENDING_MS = 900000,	/* a secret waits so long for its first code */
	SECOND_CODE = 32,		/* longest code that is typed */
	SECOND_SEALED = SEAL_ROOM(TOTP_SECRET),
};

/** Ends a task: its call is answered with a ticket. `how` is what was shown, a constant; `device` a name for the device, or empty. */
void second_ask(struct auth_task *task, int64_t second, const char *account, const char *how, struct wh_str device);

/** May a code of the account be tried now from where the session is? It counts as wrong until second_right. How long to wait, 0: now. */
int64_t second_try(struct auth *auth, struct wh_session *s, const char *account);
void second_right(struct auth *auth, struct wh_session *s, const char *account);

/** It was wrong: counted, and in the audit log. Returns how long to wait. */
int64_t second_wrong(struct auth *auth, struct wh_session *s, const char *account);

/** The secret of an app, as it is stored. False: it is another account's, was changed, or sealed under another key. */
bool second_open(struct auth *auth, const char *account, struct wh_str sealed, uint8_t secret[TOTP_SECRET]);

/** A task of `size` bytes, which begins with a struct proof_task, for somebody signed in who showed their password just now or shows it as
 * the argument `password`. NULL: the call was failed. second_proof_run has to follow; `then` is called when it is the right one. */
void *second_proof_new(struct auth *auth, struct wh_call *call, size_t size);
enum wh_err second_proof_run(struct proof_task *task, struct wh_call *call, void (*then)(struct auth_task *task));

/** Ten recovery codes and the steps that store them instead of the old ones. */
struct second_codes {
	char codes[TOTP_RECOVERY_CODES][TOTP_RECOVERY_SIZE + 1];
	char hashes[TOTP_RECOVERY_CODES][DEVICE_HASH_ROOM];
	struct wh_cell drop[1], add[TOTP_RECOVERY_CODES][2];
};

enum { SECOND_CODES_STEPS = 1 + TOTP_RECOVERY_CODES };

size_t second_codes_steps(struct auth *auth, const char *account, struct second_codes *codes, struct wh_step *steps, size_t n);
void second_codes_reply(const struct second_codes *codes, struct wh_json *w);

enum wh_err second_second(void *self, struct wh_call *call);
enum wh_err second_state(void *self, struct wh_call *call);
enum wh_err second_totp_begin(void *self, struct wh_call *call);
enum wh_err second_totp_confirm(void *self, struct wh_call *call);
enum wh_err second_totp_off(void *self, struct wh_call *call);
enum wh_err second_recovery_codes(void *self, struct wh_call *call);
enum wh_err second_reset(void *self, struct wh_call *call);

extern const struct wh_field second_fields[], second_password_fields[], second_code_fields[], second_off_fields[];

#endif
