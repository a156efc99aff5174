/* Letters: a forgotten password, and the proof that a mail address is the account's. A letter has a token that works once, for a while.
 * What was asked for is answered before anything is looked up, so that neither the answer nor its time says whether an account
 * exists. */
#ifndef AUTH_RECOVER_H
#define AUTH_RECOVER_H

#include <whiply/whiply.h>

struct auth;

/** Sends the letter that confirms an account's address; nobody waits for it. */
void recover_confirm_send(struct auth *auth, struct wh_str account, struct wh_str name, struct wh_str mail);

enum wh_err recover_reset_begin(void *self, struct wh_call *call);
enum wh_err recover_reset(void *self, struct wh_call *call);
enum wh_err recover_confirm_begin(void *self, struct wh_call *call);
enum wh_err recover_confirm(void *self, struct wh_call *call);

extern const struct wh_field recover_begin_fields[], recover_reset_fields[], recover_mail_fields[], recover_confirm_fields[];

#endif
