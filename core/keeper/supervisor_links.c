/* Links between the hub and the others. A link is never used for two hubs: a new hub gets fresh ones, and what the old hub
 * left unread as leftovers. */
#include <stdlib.h>

#include "keeper/supervisor_build.h"

/* LINK to one end. The descriptors stay ours. */
static void
link_tell(struct supervisor *s, struct child *to, const struct child *peer, const struct wh_link_fds *fds, uint32_t flags)
{
	struct wh_channel_msg m = {
		.kind = WH_CH_LINK,
		.flags = flags,
		.process = peer->process,
		.index = peer->index,
		.n_fds = 3,
		.fds = { fds->memory, fds->bell[WH_HUB_END], fds->bell[WH_FAR_END] },
	};

	if (peer->kind == CHILD_HELPER) {
		m.flags |= WH_CH_HELPER;
		m.text = wh_str_from(wh_str(peer->name), strlen("helper "));
	} else if (peer->kind == CHILD_EDGE) {
		m.text = wh_str(peer->sockets);
	}
	child_send(s, to, &m);
}

void
child_join(struct supervisor *s, struct child *c)
{
	struct child *hub = supervisor_hub(s);

	if (hub == NULL || !child_lives(hub) || !child_lives(c) || c->linked)
		return;
	if (s->host->ops->link_create(s->host, &c->ring) != WH_OK) {
		wh_log(s->log, WH_ERROR, "link_failed", WH_T("child", c->name));
		child_kill(s, c, "no link could be made for it");
		return;
	}
	c->linked = true;
	link_tell(s, hub, c, &c->ring, 0);
	if (c->has_leftover)
		link_tell(s, hub, c, &c->leftover, WH_CH_LEFTOVER);
	link_tell(s, c, hub, &c->ring, 0);
}

void
hub_join_all(struct supervisor *s, struct child *hub)
{
	WH_LIST_EACH(at, &s->children)
		if (CHILD_OF(at)->kind == CHILD_EDGE)
			child_join(s, CHILD_OF(at));
	child_send(s, hub, &(struct wh_channel_msg){ .kind = WH_CH_LINKS_END });
	if (s->certificates.n > 0)
		child_send(s, hub, &(struct wh_channel_msg){ .kind = WH_CH_CERTIFICATES, .text = s->certificates });
}

void
supervisor_certificates(struct supervisor *s, struct wh_str text)
{
	struct child *hub = supervisor_hub(s);

	s->certificates = text;
	if (hub != NULL && child_lives(hub))
		child_send(s, hub, &(struct wh_channel_msg){ .kind = WH_CH_CERTIFICATES, .text = text });
}

/* The old link becomes the leftover only when clients were served over it. If they were not, the hub died while
 * it recovered: the link before it still holds what was not handled, and nothing was added since.
 * Asked before HUB_GONE is sent, as an edge then takes the flag back. */
static void
link_to_leftover(struct supervisor *s, struct child *c)
{
	if (!c->linked)
		return;
	c->linked = false;
	if (!s->host->ops->link_is_live(s->host, &c->ring)) {
		s->host->ops->link_close(s->host, &c->ring);
		return;
	}
	if (c->has_leftover)
		s->host->ops->link_close(s->host, &c->leftover);
	c->leftover = c->ring;
	c->has_leftover = true;
	c->ring = WH_LINK_FDS_NONE;
}

void
hub_died(struct supervisor *s)
{
	WH_LIST_EACH(at, &s->children) {
		struct child *c = CHILD_OF(at);

		if (c->kind == CHILD_HUB)
			continue;
		if (c->kind == CHILD_EDGE && child_lives(c)) {
			link_to_leftover(s, c);
			child_send(s, c, &(struct wh_channel_msg){ .kind = WH_CH_HUB_GONE });
		}
		if (c->kind != CHILD_HELPER)
			continue;
		/* Helpers are the hub's: the next one asks for those that it wants, and never hears of these. */
		if (c->linked)
			s->host->ops->link_close(s->host, &c->ring);
		c->linked = false;
		if (child_lives(c)) {
			c->state = CHILD_LEAVING;
			s->host->ops->kill(s->host, c);
		} else {
			wh_list_remove(&c->link);
			free(c);
		}
	}
}

void
child_part(struct supervisor *s, struct child *c)
{
	struct child *hub = supervisor_hub(s);

	if (c->linked && hub != NULL && child_lives(hub))
		child_send(s, hub, &(struct wh_channel_msg){ .kind = WH_CH_PEER_GONE, .process = c->process });
	if (c->linked)
		s->host->ops->link_close(s->host, &c->ring);
	if (c->has_leftover)
		s->host->ops->link_close(s->host, &c->leftover);
	c->linked = c->has_leftover = false;
}

void
leftovers_free(struct supervisor *s)
{
	s->leftovers_due_ms = 0;
	WH_LIST_EACH(at, &s->children) {
		struct child *c = CHILD_OF(at);

		if (!c->has_leftover || !c->linked || !s->host->ops->link_is_live(s->host, &c->ring))
			continue;
		s->host->ops->link_close(s->host, &c->leftover);
		c->has_leftover = false;
	}
}
