/* The groups of plugins: named by plugin and name, with members that stay while they are detached. */
#include <stdio.h>

#include "hub/hub.h"

enum { NAME_MAX_BYTES = 128, PLUGIN_MAX_BYTES = 48 };

wh_id
group_open(struct hub *hub, const struct wh_host *owner, struct wh_str plugin, struct wh_str name)
{
	char full[GROUP_NAME_MAX];
	struct hub_group *g;
	int n;

	if (name.n == 0 || name.n > NAME_MAX_BYTES || plugin.n == 0 || plugin.n > PLUGIN_MAX_BYTES ||
	    memchr(name.p, 0, name.n) != NULL)
		return 0;
	n = snprintf(full, sizeof full, "p:%.*s:%.*s", WH_FMT(plugin), WH_FMT(name));
	if (n < 0 || (size_t)n >= sizeof full)
		return 0;
	g = group_make(hub, (struct wh_str){ full, (size_t)n });
	if (g == NULL)
		return 0;
	g->of_plugin = true;
	g->owner = owner;
	return g->handle;
}

static struct hub_group *
group_of_plugin(struct hub *hub, wh_id id)
{
	struct hub_group *g = group_get(hub, id);

	return g != NULL && g->of_plugin ? g : NULL;
}

void
group_close(struct hub *hub, wh_id id)
{
	struct hub_group *g = group_of_plugin(hub, id);

	if (g != NULL)
		group_drop(hub, g);
}

void
groups_close_of(struct hub *hub, const struct wh_host *owner)
{
	struct wh_map_iter it = { .value = NULL };

	while (wh_map_next(&hub->groups.by_name, &it)) {
		struct hub_group *g = it.value;

		if (g->of_plugin && g->owner == owner)
			group_drop(hub, g);
	}
}

enum wh_err
group_join(struct hub *hub, wh_id id, struct wh_session *s)
{
	struct hub_group *g = group_of_plugin(hub, id);
	enum wh_err err;

	if (g == NULL)
		return WH_ENOENT;
	if (s->state != SESSION_ATTACHED && s->state != SESSION_DETACHED)
		return WH_ESTATE;
	if (s->n_links >= hub->settings.rooms_per_session)
		return WH_EFULL;
	err = set_add(&g->set, s);
	if (err == WH_OK && s->state == SESSION_ATTACHED) {
		err = group_attach(hub, g, s->edge, s->conn, 0);
		if (err != WH_OK)
			set_remove(&g->set, s);
	}
	return err;
}

enum wh_err
group_leave(struct hub *hub, wh_id id, struct wh_session *s)
{
	struct hub_group *g = group_of_plugin(hub, id);

	if (g == NULL || !set_remove(&g->set, s))
		return WH_ENOENT;
	if (s->state == SESSION_ATTACHED)
		group_detach(hub, g, s->edge, s->conn, false);
	return WH_OK;
}

enum wh_err
group_publish(struct hub *hub, wh_id id, uint64_t seq, struct wh_str bytes, const struct wh_session *except, unsigned flags)
{
	struct hub_group *g = group_of_plugin(hub, id);

	if (g == NULL)
		return WH_ENOENT;
	hub->counts.publishes++;
	return group_send(hub, g, seq, bytes, except != NULL ? except->conn : 0, (flags & WH_PRESENCE) != 0 ? WH_F_PRESENCE : 0);
}
