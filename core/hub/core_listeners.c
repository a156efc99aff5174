/* The command that tells of listeners: what the config says of each, what may be spoken there, and what its edges count. A listener
 * of an edge that is drained, and that the config has no longer, is told as long as somebody is connected to it. */
#include "base/permit.h"
#include "hub/certificates.h"
#include "hub/command.h"
#include "hub/core_commands.h"
#include "hub/hub.h"
#include "hub/plugin.h"
#include "hub/reach.h"

struct listener_counts {
	uint64_t open, accepted, refused;
	const struct edge *edge;	/* one that has it; NULL: none */
	unsigned number;		/* at that edge */
};

static struct listener_counts
listener_count(const struct hub *hub, struct wh_str name)
{
	struct listener_counts c = { 0 };

	for (unsigned i = 0; i < hub->edges.n; i++) {
		const struct edge *edge = hub->edges.of[i];
		struct wh_str own;

		for (unsigned l = 0; l < WH_EDGE_LISTENERS_MAX && (own = edge_listener_name(edge, l)).n != 0; l++) {
			unsigned slot = WH_EDGE_LISTENER + 3 * l;

			if (!wh_str_eq(own, name))
				continue;
			c.edge = edge;
			c.number = l;
			c.open += wh_board_peer(edge->link, slot + WH_EDGE_LISTENER_CONNECTIONS);
			c.accepted += wh_board_peer(edge->link, slot + WH_EDGE_LISTENER_ACCEPTED);
			c.refused += wh_board_peer(edge->link, slot + WH_EDGE_LISTENER_REFUSED);
		}
	}
	return c;
}

static void
listener_dialect(struct wh_json *w, const struct dialect *d)
{
	wh_json_object(w, NULL);
	wh_json_text(w, "dialect", d->row->name);
	wh_json_text(w, "plugin", d->owner != NULL ? plugin_of(d->owner)->name : "server");
	if (d->row->subprotocol != NULL)
		wh_json_text(w, "subprotocol", d->row->subprotocol);
	if (d->row->path != NULL)
		wh_json_text(w, "path", d->row->path);
	wh_json_end(w);
}

static void
listener_dialects(struct hub *hub, struct wh_json *w, const struct hub_listener *l)
{
	bool line = strcmp(l->protocol, "line") == 0;

	wh_json_array(w, "dialects");
	for (unsigned i = 0; i < DIALECTS_MAX; i++) {
		const struct dialect *d = &hub->dialects.of[i];

		if (d->row == NULL)
			continue;
		if (strcmp(d->row->name, l->dialect) == 0 || (!line && (d->row->subprotocol != NULL || d->row->path != NULL)))
			listener_dialect(w, d);
	}
	wh_json_end(w);
}

/* As the keeper tells of them; `why` of one: why the newer pair in its files is not taken. */
static void
listener_certificates(struct hub *hub, struct wh_json *w, const struct hub_listener *l)
{
	const struct wh_certificates *list = certificates_list(hub);

	wh_json_array(w, "certificates");
	for (unsigned i = 0; list != NULL && i < list->n; i++) {
		struct wh_certificate one = list->of[i];

		if (strcmp(one.listener, l->name) != 0)
			continue;
		one.state = certificates_state(&one, hub->wall_ms);
		wh_certificate_write(&one, w, NULL);
	}
	wh_json_end(w);
}

static void
listener_write_counts(struct wh_json *w, const struct listener_counts *c)
{
	wh_json_uint(w, "open", c->open);
	wh_json_uint(w, "accepted", c->accepted);
	wh_json_uint(w, "refused", c->refused);
}

static void
listener_write(struct hub *hub, struct wh_json *w, const struct hub_listener *l)
{
	struct listener_counts c = listener_count(hub, wh_str(l->name));

	wh_json_object(w, NULL);
	wh_json_text(w, "name", l->name);
	wh_json_text(w, "address", l->address);
	wh_json_text(w, "protocol", l->protocol);
	wh_json_bool(w, "unix", strncmp(l->address, "unix:", 5) == 0);
	wh_json_bool(w, "tls", l->tls);
	wh_json_text(w, "proxy", l->proxy);
	wh_json_text(w, "reach", wh_permit_rung_name(reach_named(hub, wh_str(l->name))));
	listener_write_counts(w, &c);
	listener_dialects(hub, w, l);
	if (l->tls)
		listener_certificates(hub, w, l);
	wh_json_end(w);
}

static bool
listener_known(const struct hub *hub, struct wh_str name)
{
	for (size_t i = 0; i < hub->settings.n_listeners; i++)
		if (wh_str_is(name, hub->settings.listeners[i].name))
			return true;
	return false;
}

/* Of edges that are drained. */
static void
listeners_gone(struct hub *hub, struct wh_json *w)
{
	for (unsigned i = 0; i < hub->edges.n; i++)
		for (unsigned l = 0; l < WH_EDGE_LISTENERS_MAX; l++) {
			struct wh_str name = edge_listener_name(hub->edges.of[i], l);
			struct listener_counts c;

			if (name.n == 0)
				break;
			if (listener_known(hub, name))
				continue;
			c = listener_count(hub, name);
			if (c.edge != hub->edges.of[i] || c.number != l || c.open == 0)
				continue;
			wh_json_object(w, NULL);
			wh_json_str(w, "name", name);
			wh_json_bool(w, "gone", true);
			listener_write_counts(w, &c);
			wh_json_end(w);
		}
}

enum wh_err
core_server_listeners(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "listeners");
	for (size_t i = 0; i < hub->settings.n_listeners; i++)
		listener_write(hub, w, &hub->settings.listeners[i]);
	listeners_gone(hub, w);
	wh_json_end(w);
	return WH_OK;
}
