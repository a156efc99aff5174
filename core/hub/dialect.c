/* The registry of dialect.h: an array of rows. The core's own (`json`) stands before those of plugins because it is added first. */
#include "hub/dialect.h"

#include "hub/hub.h"

static bool
dialect_name_ok(const char *name)
{
	size_t n = name != NULL ? strlen(name) : 0;

	return n > 0 && n < HUB_DIALECT_NAME && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

struct dialect *
dialect_find(struct hub *hub, struct wh_str name)
{
	for (int i = 0; i < DIALECTS_MAX; i++) {
		struct dialect *d = &hub->dialects.of[i];

		if (d->row != NULL && wh_str_is(name, d->row->name))
			return d;
	}
	return NULL;
}

static struct dialect *
dialect_of_subprotocol(struct hub *hub, struct wh_str subprotocol)
{
	for (int i = 0; i < DIALECTS_MAX; i++) {
		struct dialect *d = &hub->dialects.of[i];

		if (d->row != NULL && d->row->subprotocol != NULL && wh_str_is(subprotocol, d->row->subprotocol))
			return d;
	}
	return NULL;
}

static struct dialect *
dialect_of_path(struct hub *hub, struct wh_str path)
{
	for (int i = 0; i < DIALECTS_MAX; i++) {
		struct dialect *d = &hub->dialects.of[i];

		if (d->row != NULL && d->row->path != NULL && wh_str_is(path, d->row->path))
			return d;
	}
	return NULL;
}

enum wh_err
dialect_add(struct hub *hub, const struct wh_dialect *row, const struct wh_host *owner, void *self)
{
	if (!dialect_name_ok(row->name))
		return WH_EINVAL;
	if (dialect_find(hub, wh_str(row->name)) != NULL ||
	    (row->subprotocol != NULL && dialect_of_subprotocol(hub, wh_str(row->subprotocol)) != NULL) ||
	    (row->path != NULL && dialect_of_path(hub, wh_str(row->path)) != NULL))
		return WH_EEXIST;
	for (int i = 0; i < DIALECTS_MAX; i++) {
		struct dialect *d = &hub->dialects.of[i];

		if (d->row != NULL)
			continue;
		*d = (struct dialect){ .row = row, .owner = owner, .self = self };
		return WH_OK;
	}
	return WH_EFULL;
}

struct dialect_leaving {
	struct hub *hub;
	struct dialect *dialect;
};

/* Whoever speaks it is closed while the row is still there to say farewell, and may resume in another dialect or later. */
static bool
dialect_send_off(void *self, struct wh_session *s)
{
	struct dialect_leaving *leaving = self;

	if (s->dialect == leaving->dialect)
		session_drop(leaving->hub, s, SESSION_CLOSE_RESTART, WH_STR("what you speak is no longer offered here"));
	return true;
}

static struct dialect *
dialect_of_row(struct hub *hub, const struct wh_dialect *row, const struct wh_host *owner)
{
	for (int i = 0; i < DIALECTS_MAX; i++) {
		if (hub->dialects.of[i].row == row && hub->dialects.of[i].owner == owner)
			return &hub->dialects.of[i];
	}
	return NULL;
}

void
dialect_forget(struct hub *hub, const struct wh_dialect *row, const struct wh_host *owner)
{
	struct dialect *d = dialect_of_row(hub, row, owner);

	if (d != NULL)
		d->row = NULL;
}

enum wh_err
dialect_remove(struct hub *hub, const struct wh_dialect *row, const struct wh_host *owner)
{
	struct dialect *d = dialect_of_row(hub, row, owner);

	if (d == NULL)
		return WH_ENOENT;
	session_each(hub, dialect_send_off, &(struct dialect_leaving){ hub, d });
	*d = (struct dialect){ .row = NULL };
	return WH_OK;
}

/* The listener's settings: by its name where the edge's listeners have names, as an edge that is drained numbers those of an older config. */
static const struct hub_listener *
dialect_listener(struct hub *hub, const struct wh_rec_opened *opened)
{
	const struct edge *edge = edge_find(hub, wh_id_process(opened->conn));
	const struct hub_listener *all = hub->settings.listeners;
	struct wh_str name = edge != NULL ? edge_listener_name(edge, opened->listener) : (struct wh_str){ NULL, 0 };

	for (size_t i = 0; i < hub->settings.n_listeners; i++)
		if (name.n != 0 ? wh_str_is(name, all[i].name) : i == opened->listener)
			return &all[i];
	return NULL;
}

struct dialect *
dialect_pick(struct hub *hub, const struct wh_rec_opened *opened)
{
	struct dialect *d = NULL;
	bool line = opened->transport == WH_TRANSPORT_LINE;
	const struct hub_listener *listener;

	if (!line && (d = dialect_of_path(hub, opened->path)) != NULL)
		return d;
	if (!line && opened->subprotocol.n != 0)
		return dialect_of_subprotocol(hub, opened->subprotocol);
	listener = dialect_listener(hub, opened);
	if (listener != NULL)
		d = dialect_find(hub, wh_str(listener->dialect));
	if (d != NULL && (line ? d->row->line : d->row->subprotocol != NULL))
		return d;
	/* A browser that named no subprotocol speaks the first that there is. */
	for (int i = 0; i < DIALECTS_MAX && !line; i++) {
		d = &hub->dialects.of[i];
		if (d->row != NULL && d->row->subprotocol != NULL)
			return d;
	}
	return NULL;
}

void
dialect_subprotocols(struct hub *hub, struct wh_buf *out)
{
	bool first = true;

	for (int i = 0; i < DIALECTS_MAX; i++) {
		const struct wh_dialect *row = hub->dialects.of[i].row;

		if (row == NULL || row->subprotocol == NULL)
			continue;
		if (!first)
			wh_buf_byte(out, ',');
		wh_buf_text(out, row->subprotocol);
		first = false;
	}
}

enum wh_err
dialect_render(struct hub *hub, struct dialect *d, wh_accent accent, const struct wh_event *e, struct wh_buf *out)
{
	struct wh_out_buf to = wh_out_to(out);
	struct hub_running before;
	size_t n = out->n;
	enum wh_err err;

	if (d->row == NULL || d->row->render == NULL)
		return WH_ENOTSUP;
	before = hub_running(hub, "render", d->row->name);
	err = d->row->render(d->self, e, accent, &to.out);
	hub_ran(hub, before);
	hub->counts.renders++;
	if (err == WH_OK && out->failed)
		err = WH_ENOMEM;
	if (err != WH_OK)
		out->n = n;
	return err;
}

uint16_t
dialect_rec_flags(const struct dialect *d)
{
	if (d == NULL || d->row == NULL)
		return 0;
	return (uint16_t)((d->row->binary ? WH_F_BINARY : 0) | (d->row->lines ? WH_F_LINES : 0));
}

bool
dialect_echoes(struct hub *hub, struct wh_session *s)
{
	struct dialect *d = s->dialect;
	struct hub_running before;
	bool echoes;

	if (d == NULL || d->row == NULL || d->row->echoes == NULL)
		return true;
	before = hub_running(hub, "dialect", d->row->name);
	echoes = d->row->echoes(d->self, s);
	hub_ran(hub, before);
	return echoes;
}
