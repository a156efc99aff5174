/* Between the files of the unit second. */
#ifndef AUTH_SECOND_OWN_H
#define AUTH_SECOND_OWN_H

#include "auth.h"

/* What all of these commands remember. */
struct second_task {
	struct proof_task proof;
	char account[ACCOUNT_ID_ROOM];
	struct ticket ticket;
	struct signin signin;
	char how[64];
	uint8_t secret[TOTP_SECRET];
	char sealed[SECOND_SEALED];
	struct second_codes codes;
	int64_t left;			/* recovery codes, after this */
	bool recovery;			/* the code is a recovery code */
	char hash[DEVICE_HASH_ROOM];
	struct wh_cell use[2];
	bool counted;			/* a step uses a code: the first */
};

/** Asks for what is stored of the task's account. */
void second_read(struct second_task *task, wh_store_done *done);

/** What uses the code up, as a step that fails when somebody else was faster. False: it is none. `row` is of ST_SECOND_GET. */
bool second_step(struct second_task *task, const struct wh_rows *row, struct wh_str code, struct wh_step *step_out);

/** The code was wrong: the task ends. It was right, and is used up. */
void second_refuse(struct second_task *task);
void second_taken(struct second_task *task);

bool second_seal(struct auth *auth, const char *account, const uint8_t secret[TOTP_SECRET], char out[SECOND_SEALED]);

#endif
