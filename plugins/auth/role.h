/* Grants: which account has which role, everywhere or in a room, until when, and by whom. Roles themselves and what they allow are the
 * hub's, from the config. A grant reaches the account's sessions at once. */
#ifndef AUTH_ROLE_H
#define AUTH_ROLE_H

#include "live.h"

/** The token that makes the first administrator; while there is none. */
struct first_admin {
	char hash[44];			/* "": not asked for */
};

/** Prints the token when there is no administrator. In the plugin's open. */
enum wh_err role_open(struct auth *auth);

/** May somebody with these roles (of the server; of the room, when it is a grant in one) grant that role? */
bool role_may_grant(const struct auth *auth, enum wh_allow reach, struct wh_str roles, struct wh_str room_roles, struct wh_str role, bool in_room);

/** Reads an account's grants anew and tells its sessions. */
void role_refresh(struct auth *auth, struct wh_str account);

enum wh_err role_grant(void *self, struct wh_call *call);
enum wh_err role_ungrant(void *self, struct wh_call *call);
enum wh_err role_grants(void *self, struct wh_call *call);
enum wh_err role_can(void *self, struct wh_call *call);
enum wh_err role_first_admin(void *self, struct wh_call *call);

/** Is this the token that makes the first administrator, and is there none yet? */
bool role_first_token(const struct auth *auth, struct wh_str token);

extern const struct wh_field role_grant_fields[], role_ungrant_fields[], role_grants_fields[], role_can_fields[], role_first_fields[];
extern const struct wh_setting role_settings[];

#endif
