/* An edge that knows no protocol, for test_keeper.c: it accepts after GO, greets with "edge INDEX PROCESS UID\n", answers every
 * byte with itself, and keeps its connections when the hub dies. A connection that sends "!" makes it crash. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "keeper/main.h"
#include "ring/child.h"
#include "ring/record.h"

enum { STUB_CLIENTS = 64 };

static const struct wh_setting tls_settings[] = {
	{ "key", WH_STRING, .choices = WH_CONF_FILE },
	{ .name = NULL },
};

static const struct wh_setting listener_settings[] = {
	{ "name", WH_STRING, .required = true },
	{ "address", WH_STRING, .required = true },
	{ "backlog", WH_INT, .def = "128" },
	{ "mode", WH_STRING, .def = "0666" },
	{ "freebind", WH_BOOL, .def = "false" },
	{ "tls", WH_TABLE, .table = tls_settings },
	{ .name = NULL },
};

const struct wh_setting edge_root_settings[] = {
	{ "listeners", WH_TABLES, .table = listener_settings },
	{ .name = NULL },
};

void
wh_edge_check(const struct wh_snapshot *snapshot, struct wh_conf_errors *errors, struct wh_conf_errors *warnings,
	struct wh_certificates *certificates)
{
	(void)snapshot;
	(void)errors;
	(void)warnings;
	(void)certificates;
}

struct stub_edge {
	struct wh_child *child;
	struct wh_link_fds fds;
	struct wh_link *link;
	int clients[STUB_CLIENTS];
	unsigned n;
	bool live, draining, ended;
};

static char stub_buffer[WH_CHANNEL_MAX];

static void
stub_leave(struct stub_edge *e)
{
	wh_link_detach(&e->link);
	wh_link_fds_close(&e->fds);
	e->live = false;
}

static void
stub_told(struct stub_edge *e, struct wh_channel_msg *m)
{
	struct wh_snapshot *s;

	switch (m->kind) {
	case WH_CH_LINK:
		if (e->link != NULL)
			stub_leave(e);
		if (wh_channel_link(m, &e->fds) != WH_OK || wh_link_attach(&e->fds, WH_FAR_END, &e->link) != WH_OK)
			abort();
		break;
	case WH_CH_HUB_GONE:
		if (e->link != NULL) {
			wh_link_set_live(e->link, false);
			stub_leave(e);
		}
		break;
	case WH_CH_RELOAD:
		if (wh_child_open_reload(e->child, m, &s) != WH_OK)
			abort();
		wh_child_take_snapshot(e->child, &s);
		(void)wh_child_say(e->child, &(struct wh_channel_msg){ .kind = WH_CH_RELOADED });
		break;
	case WH_CH_DRAIN:
		(void)wh_child_say(e->child, &(struct wh_channel_msg){ .kind = WH_CH_DRAINED });
		e->ended = true;
		break;
	case WH_CH_STOP:
		e->ended = true;
		break;
	default:
		break;
	}
	wh_channel_msg_close(m);
}

static void
stub_records(struct stub_edge *e)
{
	struct wh_rec rec;

	if (e->link == NULL)
		return;
	wh_link_woken(e->link);
	do
		while (wh_ring_next(e->link->in, &rec) == 1) {
			if (rec.kind == WH_REC_HELLO) {
				(void)wh_rec_recovered_put(e->link->out, &(struct wh_rec_recovered){ 0 });
				wh_ring_kick(e->link->out);
			} else if (rec.kind == WH_REC_GO) {
				wh_link_set_live(e->link, true);
				e->live = true;
			}
			wh_ring_done(e->link->in);
		}
	while (!wh_ring_sleep(e->link->in));
}

static void
stub_accept(struct stub_edge *e, int listener)
{
	char hello[64];
	int n, fd = accept(listener, NULL, NULL);

	if (fd < 0 || e->n == STUB_CLIENTS)
		return;
	n = snprintf(hello, sizeof hello, "edge %u %u %u\n", e->child->index, e->child->process, (unsigned)getuid());
	(void)!write(fd, hello, (size_t)n);
	e->clients[e->n++] = fd;
}

static void
stub_client(struct stub_edge *e, unsigned i)
{
	char bytes[256];
	ssize_t n = read(e->clients[i], bytes, sizeof bytes);

	if (n <= 0) {
		close(e->clients[i]);
		e->clients[i] = e->clients[--e->n];
	} else if (bytes[0] == '!') {
		wh_log(&e->child->log, WH_ERROR, "told_to_crash");
		raise(SIGSEGV);
	} else {
		(void)!write(e->clients[i], bytes, (size_t)n);
	}
}

int
wh_edge_main(struct wh_child *child)
{
	static struct stub_edge edge;
	struct stub_edge *e = &edge;

	*e = (struct stub_edge){ .child = child, .fds = WH_LINK_FDS_NONE };
	while (!e->ended) {
		struct pollfd p[2 + WH_CHILD_SOCKETS_MAX + STUB_CLIENTS] = { { child->channel, POLLIN, 0 }, { e->link != NULL ? e->link->bell : -1, POLLIN, 0 } };
		unsigned sockets = (unsigned)child->n_sockets, clients = e->n;
		struct wh_channel_msg m;
		enum wh_err err;

		for (unsigned i = 0; i < sockets; i++)
			p[2 + i] = (struct pollfd){ e->live ? child->sockets[i].fd : -1, POLLIN, 0 };
		for (unsigned i = 0; i < clients; i++)
			p[2 + sockets + i] = (struct pollfd){ e->clients[i], POLLIN, 0 };
		if (poll(p, 2 + sockets + clients, -1) < 0)
			continue;
		while ((err = wh_channel_receive(child->channel, stub_buffer, &m)) == WH_OK)
			stub_told(e, &m);
		if (err == WH_EAWAY)
			return 0;
		stub_records(e);
		for (unsigned i = clients; i-- > 0;)
			if (p[2 + sockets + i].revents != 0)
				stub_client(e, i);
		for (unsigned i = 0; i < sockets; i++)
			if (p[2 + i].revents & POLLIN)
				stub_accept(e, child->sockets[i].fd);
	}
	return 0;
}
