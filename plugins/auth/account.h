/* Accounts: registration, names, and what moderators do with them. A name as shown, its canonical form and what it looks like are one
 * claim: names that differ only by look belong to whoever came first. A name that was given up rests before another may take it. */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include "live.h"
#include "name.h"
#include "task.h"

struct wh_call;
struct auth;

enum { ACCOUNT_LOOKS = 3, ACCOUNT_LOOK_ROOM = NAME_SKELETON_ROOM + 2, ACCOUNT_NOTE = 300, ACCOUNT_MAIL = 254, ACCOUNT_SUGGESTIONS = 3 };

/** All that a name claims. */
struct account_name {
	char shown[NAME_ROOM], canonical[NAME_ROOM];
	char looks[ACCOUNT_LOOKS][ACCOUNT_LOOK_ROOM];	/* no two alike */
	unsigned n_looks;
};

/** Reads a name. NULL: it is good; else the end of a sentence "a name …". */
const char *account_name_read(struct wh_str text, struct account_name *out);

/** The same of a name that a guest may have: it may have []{}\|^` anywhere, and _ - . at its ends, as nicks of IRC do. What it looks like is told by the
 * rest, so that nobody is called like an account with something around it. */
const char *account_guest_name_read(struct wh_str text, struct account_name *out);

/** May it be an account's? `flaw` is what account_name_read said. Otherwise the call was failed. */
bool account_name_good(struct auth *auth, struct wh_call *call, const char *flaw, const struct account_name *name);

/** Is it one that nobody may have, by the settings or as it stands for the server? */
bool account_name_reserved(const struct auth *auth, const struct account_name *name);

/** Cells for the parameters of account_name_steps; with the task. */
struct account_name_cells {
	struct wh_cell release[ACCOUNT_LOOKS][3], take[ACCOUNT_LOOKS][2];
};

/** Appends steps that claim the name for the account: up to 2 × ACCOUNT_LOOKS. WH_EEXIST when it is somebody else's. */
size_t account_name_steps(const struct account_name *name, const char *account, int64_t now, struct account_name_cells *cells,
    struct wh_step *steps, size_t n);

/** The parameters of ST_NAME_LOOK. */
void account_look_cells(const struct account_name *name, struct wh_cell cells[ACCOUNT_LOOKS]);

/** Is it somebody's but `account`'s, by the rows of ST_NAME_LOOK? */
bool account_look_taken(const struct wh_rows *rows, struct wh_str account, int64_t now);

/** A mail address, lower-case, in which no two spellings of one mailbox differ but by the server's own rules. False: it is none. */
bool account_mail_key(struct wh_str mail, char out[ACCOUNT_MAIL + 1]);

/** Ends a task: the name is taken, with a few that are free. */
void account_refuse_taken(struct auth_task *task, const struct account_name *name);

enum wh_err account_register(void *self, struct wh_call *call);
enum wh_err account_available(void *self, struct wh_call *call);
enum wh_err account_rename(void *self, struct wh_call *call);
enum wh_err account_invite(void *self, struct wh_call *call);
enum wh_err account_search(void *self, struct wh_call *call);
enum wh_err account_show(void *self, struct wh_call *call);
enum wh_err account_approve(void *self, struct wh_call *call);
enum wh_err account_deny(void *self, struct wh_call *call);
enum wh_err account_disable(void *self, struct wh_call *call);
enum wh_err account_enable(void *self, struct wh_call *call);

extern const struct wh_field account_register_fields[], account_name_fields[], account_rename_fields[], account_invite_fields[],
    account_search_fields[], account_why_fields[];

#endif
