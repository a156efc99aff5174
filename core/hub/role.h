/* Roles and permissions. A permission is a command's name. Each command says which rung of the ladder guest, member, moderator, admin it
 * needs; the operator's `roles` add to that, or take away: a role's `deny` globs beat its `allow` globs, which beat the ladder.
 * A session has all roles that its identity names; it may what one of them may. */
#ifndef WHIPLY_HUB_ROLE_H
#define WHIPLY_HUB_ROLE_H

#include <whiply/command.h>
#include <whiply/conf.h>
#include <whiply/session.h>

struct hub;
struct wh_conf_errors;

enum { ROLES_MAX = 64, ROLE_NAME = 32 };

struct role {
	char name[ROLE_NAME];
	enum wh_allow rung;	/* 0: no rung of its own */
	const struct wh_conf *conf;	/* borrowed from the config in force; NULL: not in the config */
};

struct roles {
	struct role of[ROLES_MAX];
	unsigned n;
};

/** Each group of the config's `roles` (WH_FREE). */
extern const struct wh_setting role_settings[];

/** Makes hub->roles from the settings; also at each reload, with the config that is to be in force. */
enum wh_err roles_init(struct hub *hub, const struct wh_conf *root);
void roles_finish(struct hub *hub);

/** May somebody with these roles (names with blanks between) do what `permission` names, which needs `allow` by itself?
 * With `allow` 0 only the operator's `allow` lists and admins say yes. */
bool role_may(struct hub *hub, struct wh_str roles, struct wh_str permission, enum wh_allow allow);

/** The same where no more than the rung `reach` is served: what needs more is refused to all, and what no rung says (`allow` 0) is had
 * of those roles alone whose own rung is served. */
bool role_may_within(struct hub *hub, struct wh_str roles, struct wh_str permission, enum wh_allow allow, enum wh_allow reach);

/** Is it a role that exists? */
bool role_known(struct hub *hub, struct wh_str name);

#endif
