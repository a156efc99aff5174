/* Listening sockets: accepting in bounded batches, refusing before a byte is spent on TLS, pausing for the accept rate. The
 * sockets are the keeper's (SO_REUSEPORT, one for each edge) and inherited; options that connections inherit are set here. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "edge/edge.h"

enum { LISTENER_BATCH = 64 };	/* connections accepted in a row, before those that are there are looked at again */

static void
listener_count(struct edge_listener *l, unsigned which)
{
	l->edge->metrics[WH_EDGE_LISTENER + 3 * l->index + which]++;
}

static void
listener_refuse(struct edge_listener *l, int fd, enum wh_edge_metric why)
{
	close(fd);
	edge_count(l->edge, why);
	listener_count(l, WH_EDGE_LISTENER_REFUSED);
}

static void
listener_take(struct edge_listener *l, int fd, const struct sockaddr *sa, socklen_t sa_n)
{
	struct edge *e = l->edge;
	struct wh_addr_entry *entry;
	struct wh_addr peer;
	struct conn *c;
	bool proxy;

	if (wh_addr_from_sockaddr(&peer, sa, sa_n) != WH_OK)
		peer = (struct wh_addr){ .family = WH_ADDR_UNIX };
	/* A trusted proxy's connections are counted by who stands behind it. */
	proxy = wh_nets_match(&l->settings->trusted, &peer);
	switch (limits_enter(&e->limits, e->settings, &peer, proxy, e->now_ns, &entry)) {
	case LIMITS_ADMIT:
		break;
	case LIMITS_DENIED:
		listener_refuse(l, fd, WH_EDGE_REFUSED_DENIED);
		return;
	case LIMITS_FULL:
		listener_refuse(l, fd, WH_EDGE_REFUSED_FULL);
		return;
	case LIMITS_ADDRESS:
		listener_refuse(l, fd, WH_EDGE_REFUSED_ADDRESS);
		return;
	case LIMITS_RATE:
		listener_refuse(l, fd, WH_EDGE_REFUSED_RATE);
		return;
	}
	if (l->tls != NULL && e->handshakes >= e->settings->limits.handshakes) {
		limits_leave(&e->limits, &entry);
		listener_refuse(l, fd, WH_EDGE_REFUSED_HANDSHAKES);
		return;
	}
	c = conn_new(e, fd, l->index, &peer);
	if (c == NULL) {
		limits_leave(&e->limits, &entry);
		edge_count(e, WH_EDGE_REFUSED_MEMORY);
		return;
	}
	c->entry = entry;
	edge_count(e, WH_EDGE_ACCEPTED);
	listener_count(l, WH_EDGE_LISTENER_ACCEPTED);
	listener_count(l, WH_EDGE_LISTENER_CONNECTIONS);
	c->state = CONN_PROXY;
	conn_set_deadline(c, e->settings->tls.handshake_ms);
	if (l->settings->proxy == EDGE_PROXY_OFF || !proxy)
		conn_begin(c);
	if (conn_alive(c))
		conn_interest(c);
}

static void
listener_event(evutil_socket_t fd, short what, void *arg)
{
	struct edge_listener *l = arg;
	struct edge *e = l->edge;

	(void)what;
	edge_wake(e);
	for (int i = 0; i < LISTENER_BATCH && e->accepting; i++) {
		struct sockaddr_storage sa;
		socklen_t sa_n = sizeof sa;
		int64_t wait = limits_accept(&e->limits, e->settings, e->now_ns);
		int got;

		if (wait > 0) {
			edge_count(e, WH_EDGE_ACCEPT_PAUSES);
			listeners_accept(e, false);
			e->accept_at_ns = e->now_ns + wait;
			return;
		}
		got = accept4(fd, (struct sockaddr *)&sa, &sa_n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (got >= 0) {
			listener_take(l, got, (struct sockaddr *)&sa, sa_n);
			continue;
		}
		/* The token that was taken for nobody. */
		if (e->settings->limits.accept.tokens != 0 && e->limits.accepts.debt >= e->settings->limits.accept.period_ns)
			e->limits.accepts.debt -= e->settings->limits.accept.period_ns;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			wh_log(e->log, WH_WARN, "accept_failed", WH_T("listener", l->name), WH_I("errno", errno));
			listeners_accept(e, false);
			e->accept_at_ns = e->now_ns + WH_NS_PER_SEC / 4;
			return;
		}
		if (errno == EAGAIN || errno == EINTR)
			return;
		/* ECONNABORTED and the like: that one is gone, the next may be fine. */
	}
}

static enum wh_err
listener_tls(struct edge *e, struct edge_listener *l, const struct edge_settings *s, const struct edge_listener_settings *ls,
    struct tls_context **out)
{
	struct wh_buf why = { .max = 1024 };
	enum wh_err err;

	*out = NULL;
	if (!ls->tls)
		return WH_OK;
	err = tls_context_new(s, ls, &why, out);
	if (err != WH_OK)
		wh_log(e->log, WH_ERROR, "certificate_unusable", WH_T("listener", l->name), WH_S("why", wh_buf_slice(&why)));
	wh_buf_free(&why);
	return err;
}

static enum wh_err
listener_open(struct edge *e, unsigned index, const struct edge_listener_settings *ls)
{
	struct edge_listener *l = &e->listeners[index];
	int on = 1;

	l->edge = e;
	l->index = index;
	l->settings = ls;
	(void)snprintf(l->name, sizeof l->name, "%s", ls->name);
	l->fd = wh_child_socket(e->child, wh_str(ls->name));
	if (l->fd < 0) {
		wh_log(e->log, WH_ERROR, "listener_without_socket", WH_T("listener", ls->name));
		return WH_ENOENT;
	}
	/* Connections inherit both; on a Unix socket they fail, and are not needed. */
	(void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)setsockopt(l->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	l->event = event_new(e->base, l->fd, EV_READ | EV_PERSIST, listener_event, l);
	if (l->event == NULL)
		return WH_ENOMEM;
	return listener_tls(e, l, e->settings, ls, &l->tls);
}

enum wh_err
edge_listeners_open(struct edge *e)
{
	for (unsigned i = 0; i < e->settings->listeners_n; i++) {
		enum wh_err err = listener_open(e, i, &e->settings->listeners[i]);

		e->listeners_n = i + 1;
		if (err != WH_OK)
			return err;
	}
	return WH_OK;
}

static const struct edge_listener_settings *
listener_settings_named(const struct edge_settings *s, const char *name)
{
	for (size_t i = 0; i < s->listeners_n; i++)
		if (strcmp(s->listeners[i].name, name) == 0)
			return &s->listeners[i];
	return NULL;
}

enum wh_err
listeners_reload(struct edge *e, struct edge_settings *s)
{
	struct tls_context *fresh[WH_EDGE_LISTENERS_MAX] = { NULL };
	enum wh_err err = WH_OK;

	/* All new contexts first: on an error nothing has changed. */
	for (size_t i = 0; i < e->listeners_n && err == WH_OK; i++) {
		const struct edge_listener_settings *ls = listener_settings_named(s, e->listeners[i].name);

		if (ls == NULL || ls->protocol != e->listeners[i].settings->protocol || ls->tls != e->listeners[i].settings->tls)
			err = WH_ESTATE;	/* needs another edge: the keeper drains this one */
		else
			err = listener_tls(e, &e->listeners[i], s, ls, &fresh[i]);
	}
	if (err != WH_OK) {
		for (size_t i = 0; i < e->listeners_n; i++)
			tls_context_free(&fresh[i]);
		return err;
	}
	for (size_t i = 0; i < e->listeners_n; i++) {
		tls_context_free(&e->listeners[i].tls);
		e->listeners[i].tls = fresh[i];
		e->listeners[i].settings = listener_settings_named(s, e->listeners[i].name);
	}
	return WH_OK;
}

void
listeners_accept(struct edge *e, bool on)
{
	e->accept_at_ns = 0;
	if (e->accepting == on)
		return;
	e->accepting = on;
	for (size_t i = 0; i < e->listeners_n; i++) {
		if (e->listeners[i].event == NULL)
			continue;
		if (on)
			(void)event_add(e->listeners[i].event, NULL);
		else
			(void)event_del(e->listeners[i].event);
	}
}

void
edge_listeners_close(struct edge *e)
{
	listeners_accept(e, false);
	for (size_t i = 0; i < e->listeners_n; i++) {
		struct edge_listener *l = &e->listeners[i];

		if (l->event != NULL)
			event_free(l->event);
		l->event = NULL;
		/* Closed for good, or connections would wait in a backlog that nobody empties. */
		for (size_t k = 0; k < e->child->n_sockets; k++)
			if (e->child->sockets[k].fd == l->fd)
				wh_fd_close(&e->child->sockets[k].fd);
		l->fd = -1;
	}
}
