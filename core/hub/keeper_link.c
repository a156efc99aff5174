/* The control channel: the keeper's messages to the units that they concern, and our asks with whoever waits for the answer. */
#include "hub/keeper_link.h"

#include <event2/event.h>
#include <stdlib.h>

#include "hub/certificates.h"
#include "hub/hub.h"

static void
keeper_readable(evutil_socket_t fd, short what, void *arg)
{
	struct hub *hub = arg;
	struct wh_channel_msg m;
	enum wh_err err;

	(void)what;
	hub_enter(hub);
	while ((err = wh_channel_receive(fd, hub->keeper.buffer, &m)) == WH_OK)
		keeper_message(hub, &m);
	if (err == WH_WAIT)
		return;
	wh_log(hub->log, WH_WARN, "keeper_gone", WH_I("err", err));
	hub->stopping = true;
	event_del(hub->keeper.readable);
}

enum wh_err
keeper_link_init(struct hub *hub, int fd)
{
	struct keeper_link *k = &hub->keeper;

	k->fd = fd;
	if (fd < 0 || hub->base == NULL)
		return WH_OK;
	k->buffer = malloc(WH_CHANNEL_MAX);
	k->readable = event_new(hub->base, fd, EV_READ | EV_PERSIST, keeper_readable, hub);
	if (k->buffer == NULL || k->readable == NULL || event_add(k->readable, NULL) != 0)
		return WH_ENOMEM;
	return WH_OK;
}

void
keeper_link_finish(struct hub *hub)
{
	if (hub->keeper.readable != NULL)
		event_free(hub->keeper.readable);
	hub->keeper.readable = NULL;
	free(hub->keeper.buffer);
	hub->keeper.buffer = NULL;
}

enum wh_err
keeper_send(struct hub *hub, const struct wh_channel_msg *m)
{
	enum wh_err err;

	if (hub->keeper.say == NULL)
		return WH_EAWAY;
	err = hub->keeper.say(hub, m);
	if (err != WH_OK)
		wh_log(hub->log, WH_ERROR, "keeper_unheard", WH_I("kind", m->kind), WH_I("err", err));
	return err;
}

static void
keeper_linked(struct hub *hub, struct wh_channel_msg *m)
{
	struct wh_link_fds fds;
	struct edge *edge;
	enum wh_err err = wh_channel_link(m, &fds);

	if (err == WH_OK && (m->flags & WH_CH_HELPER) != 0)
		err = helper_linked(hub, m->process, m->text, &fds);
	else if (err == WH_OK && (m->flags & WH_CH_LEFTOVER) != 0)
		err = recovery_leftover(hub, m->process, &fds);
	else if (err == WH_OK) {
		err = edge_add(hub, m->process, m->index, &fds, &edge);
		if (err == WH_OK && edge_listeners_set(edge, m->text) != WH_OK)
			wh_log(hub->log, WH_ERROR, "listeners_without_names", WH_U("edge", edge->index));
	}
	if (err != WH_OK)
		wh_log(hub->log, WH_ERROR, "link_refused", WH_U("process", m->process), WH_I("err", err));
}

static void
keeper_peer_gone(struct hub *hub, uint32_t process)
{
	struct edge *edge = edge_find(hub, process);

	if (edge != NULL) {
		hub->counts.edges_gone++;
		edge_gone(hub, edge);
	} else {
		hub->counts.helpers_gone++;
		helper_gone(hub, process);
	}
}

static void
keeper_asked_status(struct hub *hub)
{
	struct wh_buf json = hub_scratch_take(hub);

	hub->features->status(hub, &json);
	keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_STATUS, .text = json.failed ? WH_STR("{}") : wh_buf_slice(&json) });
	hub_scratch_give(hub, &json);
}

/* The first ask that waits for this kind has its answer. */
static void
keeper_answered(struct hub *hub, const struct wh_channel_msg *m)
{
	struct keeper_link *k = &hub->keeper;

	for (unsigned i = 0; i < k->n_asks; i++) {
		struct keeper_ask ask = k->asks[i];

		if (ask.answer != m->kind)
			continue;
		k->n_asks--;
		memmove(&k->asks[i], &k->asks[i + 1], (k->n_asks - i) * sizeof ask);
		ask.then(hub, ask.self, ask.cookie, m->err, m->text);
		return;
	}
}

void
keeper_message(struct hub *hub, struct wh_channel_msg *m)
{
	struct hub_running before = hub_running(hub, "keeper", NULL);

	switch (m->kind) {
	case WH_CH_LINK:
		keeper_linked(hub, m);
		break;
	case WH_CH_LINKS_END:
		recovery_links_end(hub);
		break;
	case WH_CH_PEER_GONE:
		keeper_peer_gone(hub, m->process);
		break;
	case WH_CH_RELOAD:
		if (hub->keeper.reload != NULL)
			hub->keeper.reload(hub, m);
		break;
	case WH_CH_CERTIFICATES:
		if (certificates_told(hub, m->text) != WH_OK)
			wh_log(hub->log, WH_WARN, "certificates_unreadable");
		break;
	case WH_CH_STOP:
		hub->stopping = true;
		break;
	case WH_CH_STATUS_ASK:
		keeper_asked_status(hub);
		break;
	case WH_CH_RELOADED:
	case WH_CH_CONFIGURED:
	case WH_CH_STATUS:
	case WH_CH_LINES:
	case WH_CH_DRAINING:
		keeper_answered(hub, m);
		break;
	default:
		wh_log(hub->log, WH_WARN, "keeper_message_unknown", WH_I("kind", m->kind));
		break;
	}
	wh_channel_msg_close(m);
	hub_ran(hub, before);
}

static enum wh_err
keeper_ask(struct hub *hub, const struct wh_channel_msg *ask, enum wh_channel_kind answer, keeper_answer *then, void *self, uint64_t cookie)
{
	struct keeper_link *k = &hub->keeper;
	enum wh_err err;

	if (k->n_asks == KEEPER_ASKS)
		return WH_EFULL;
	err = keeper_send(hub, ask);
	if (err == WH_OK)
		k->asks[k->n_asks++] = (struct keeper_ask){ answer, then, self, cookie };
	return err;
}

enum wh_err
channel_ask_reload(struct hub *hub, keeper_answer *then, void *self, uint64_t cookie)
{
	return keeper_ask(hub, &(struct wh_channel_msg){ .kind = WH_CH_ASK_RELOAD }, WH_CH_RELOADED, then, self, cookie);
}

enum wh_err
channel_ask_status(struct hub *hub, keeper_answer *then, void *self, uint64_t cookie)
{
	return keeper_ask(hub, &(struct wh_channel_msg){ .kind = WH_CH_ASK_STATUS }, WH_CH_STATUS, then, self, cookie);
}

enum wh_err
channel_ask_configure(struct hub *hub, struct wh_str overlay, keeper_answer *then, void *self, uint64_t cookie)
{
	for (unsigned i = 0; i < hub->keeper.n_asks; i++)
		if (hub->keeper.asks[i].answer == WH_CH_CONFIGURED)
			return WH_ESTATE;
	return keeper_ask(hub, &(struct wh_channel_msg){ .kind = WH_CH_ASK_CONFIGURE, .text = overlay }, WH_CH_CONFIGURED, then, self, cookie);
}

enum wh_err
channel_ask_lines(struct hub *hub, struct wh_str after, keeper_answer *then, void *self, uint64_t cookie)
{
	return keeper_ask(hub, &(struct wh_channel_msg){ .kind = WH_CH_ASK_LINES, .text = after }, WH_CH_LINES, then, self, cookie);
}

enum wh_err
channel_ask_restart(struct hub *hub, struct wh_str what)
{
	return keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_ASK_RESTART, .text = what });
}

enum wh_err
channel_ask_drain(struct hub *hub, const struct channel_drain *d, keeper_answer *then, void *self, uint64_t cookie)
{
	const struct wh_channel_msg m = { .kind = WH_CH_ASK_DRAIN, .flags = d->keep ? WH_CH_KEEP : 0, .process = d->process, .ms = d->keep ? 0 : d->ms,
		.text = d->text };

	return keeper_ask(hub, &m, WH_CH_DRAINING, then, self, cookie);
}
