/* See reach.h. */
#include "hub/reach.h"

#include "hub/edge_link.h"
#include "hub/hub.h"
#include "hub/role.h"

static bool
reach_names(const struct hub_reach *reach, struct wh_str listener)
{
	for (size_t i = 0; i < reach->n; i++)
		if (wh_str_is(listener, reach->of[i]))
			return true;
	return false;
}

enum wh_allow
reach_named(struct hub *hub, struct wh_str name)
{
	const struct hub_reach *admins = &hub->settings.admins, *moderators = &hub->settings.moderators;

	if (admins->n + moderators->n == 0)
		return WH_ALLOW_ADMIN;
	if (reach_names(admins, name))
		return WH_ALLOW_ADMIN;
	/* Who gives moderators a place of their own, and says nothing of administrators, does not mean that those are served everywhere. */
	if (reach_names(moderators, name))
		return admins->n == 0 ? WH_ALLOW_ADMIN : WH_ALLOW_MODERATOR;
	return moderators->n == 0 ? WH_ALLOW_MODERATOR : WH_ALLOW_MEMBER;
}

enum wh_allow
reach_at(struct hub *hub, const struct edge *edge, unsigned listener)
{
	if (hub->settings.admins.n + hub->settings.moderators.n == 0)
		return WH_ALLOW_ADMIN;
	return reach_named(hub, edge != NULL ? edge_listener_name(edge, listener) : (struct wh_str){ NULL, 0 });
}

enum wh_allow
reach_of(struct hub *hub, const struct wh_session *s)
{
	if (s->local)
		return WH_ALLOW_ADMIN;
	if (s->reach != 0)
		return s->reach;
	return reach_at(hub, s->state == SESSION_ATTACHED ? s->edge : NULL, s->listener);
}

bool
reach_may(struct hub *hub, const struct wh_session *s, struct wh_str permission, enum wh_allow allow)
{
	return s->local || role_may_within(hub, s->who.roles, permission, allow, reach_of(hub, s));
}

bool
reach_elsewhere(struct hub *hub, const struct wh_session *s, struct wh_str permission, enum wh_allow allow)
{
	return !reach_may(hub, s, permission, allow) && role_may(hub, s->who.roles, permission, allow);
}
