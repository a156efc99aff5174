/* The roles of role.h. Asked for each call, so a role's lists are walked in the checked settings as they stand: the few globs of a
 * role cost less than keeping a second form of them true. */
#include "hub/role.h"

#include <stdlib.h>

#include "base/permit.h"
#include "hub/hub.h"

const struct wh_setting role_settings[] = {
	{ "rung", WH_CHOICE, .def = "none", .choices = "none|guest|member|moderator|admin", .help = "what the role may do without any list" },
	{ "allow", WH_STRINGS, .help = "permissions that it has besides, such as \"chat.*\"" },
	{ "deny", WH_STRINGS, .help = "permissions that it does not have in spite of all else" },
	{ .name = NULL },
};

static struct role *
role_find(struct roles *roles, struct wh_str name)
{
	for (unsigned i = 0; i < roles->n; i++)
		if (wh_str_is(name, roles->of[i].name))
			return &roles->of[i];
	return NULL;
}

static enum wh_err
role_add(struct roles *roles, struct wh_str name, enum wh_allow rung, const struct wh_conf *conf)
{
	struct role *role = role_find(roles, name);

	if (role == NULL) {
		if (roles->n == ROLES_MAX)
			return WH_EFULL;
		if (name.n == 0 || name.n >= ROLE_NAME || memchr(name.p, ' ', name.n) != NULL)
			return WH_EINVAL;
		role = &roles->of[roles->n++];
		memcpy(role->name, name.p, name.n);
	}
	if (rung != 0)
		role->rung = rung;
	if (conf != NULL)
		role->conf = conf;
	return WH_OK;
}

enum wh_err
roles_init(struct hub *hub, const struct wh_conf *root)
{
	struct roles *roles = calloc(1, sizeof *roles);
	enum wh_err err = WH_OK;

	if (roles == NULL)
		return WH_ENOMEM;
	for (enum wh_allow rung = WH_ALLOW_GUEST; rung <= WH_ALLOW_ADMIN; rung++)
		role_add(roles, wh_str(wh_permit_rung_name(rung)), rung, NULL);
	for (size_t i = 0; root != NULL && err == WH_OK && i < wh_conf_count(root, "roles"); i++) {
		const struct wh_conf *conf = wh_conf_table(root, "roles", i);

		err = role_add(roles, wh_conf_name(conf), wh_permit_rung(wh_conf_str(conf, "rung")), conf);
	}
	if (err != WH_OK) {
		free(roles);
		return err;
	}
	free(hub->roles);
	hub->roles = roles;
	return WH_OK;
}

void
roles_finish(struct hub *hub)
{
	free(hub->roles);
	hub->roles = NULL;
}

static bool
role_lists(const struct role *role, const char *list, struct wh_str permission)
{
	for (size_t i = 0; role->conf != NULL && i < wh_conf_count(role->conf, list); i++)
		if (wh_permit_glob(wh_conf_item(role->conf, list, i), permission))
			return true;
	return false;
}

static bool
role_one_may(const struct role *role, struct wh_str permission, enum wh_allow allow)
{
	if (role_lists(role, "deny", permission))
		return false;
	if (role_lists(role, "allow", permission))
		return true;
	return wh_permit_rung_may(role->rung, allow);
}

bool
role_may_within(struct hub *hub, struct wh_str roles, struct wh_str permission, enum wh_allow allow, enum wh_allow reach)
{
	struct wh_str name;

	if (allow > reach)
		return false;
	while (wh_permit_word(&roles, &name)) {
		const struct role *role = role_find(hub->roles, name);

		if (role != NULL && (allow != 0 || role->rung <= reach) && role_one_may(role, permission, allow))
			return true;
	}
	return false;
}

bool
role_may(struct hub *hub, struct wh_str roles, struct wh_str permission, enum wh_allow allow)
{
	return role_may_within(hub, roles, permission, allow, WH_ALLOW_ADMIN);
}

bool
role_known(struct hub *hub, struct wh_str name)
{
	return role_find(hub->roles, name) != NULL;
}
