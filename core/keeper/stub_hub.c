/* A hub that has no features, for test_keeper.c: it greets every link, waits for RECOVERED, says GO and READY. Over the control
 * socket it takes one word a connection: crash, exit, reload, status, "drain PROCESS", "restart WHAT", "helper NAME PROGRAM". */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/main.h"
#include "ring/child.h"
#include "ring/record.h"

enum { STUB_LINKS = 64 };

const struct wh_setting hub_root_settings[] = {
	{ .name = NULL },
};

struct stub_link {
	uint32_t process;
	bool helper, recovered, gone;
	struct wh_link_fds fds;
	struct wh_link *link;
};

struct stub_hub {
	struct wh_child *child;
	struct stub_link links[STUB_LINKS];
	unsigned n;
	unsigned leftovers;
	int asker;		/* waits for an answer of the keeper; -1 */
	bool ended, ready;
};

static char stub_buffer[WH_CHANNEL_MAX];

static void
stub_say(struct stub_hub *h, struct wh_channel_msg m)
{
	(void)wh_child_say(h->child, &m);
}

static void
stub_linked(struct stub_hub *h, struct wh_channel_msg *m)
{
	struct stub_link *l = &h->links[h->n];

	if (m->flags & WH_CH_LEFTOVER) {
		h->leftovers++;
		wh_log(&h->child->log, WH_INFO, "leftover", WH_U("process", m->process));
		wh_channel_msg_close(m);
		return;
	}
	*l = (struct stub_link){ .process = m->process, .helper = (m->flags & WH_CH_HELPER) != 0 };
	if (h->n == STUB_LINKS || wh_channel_link(m, &l->fds) != WH_OK || wh_link_attach(&l->fds, WH_HUB_END, &l->link) != WH_OK)
		abort();
	h->n++;
	if (l->helper) {
		wh_log(&h->child->log, WH_INFO, "helper_linked", WH_U("process", m->process));
		return;
	}
	if (wh_rec_hello_put(l->link->out, &(struct wh_rec_hello){ .epoch = 1, .version = WH_RECORD_VERSION }) != WH_OK)
		abort();
	wh_ring_kick(l->link->out);
}

static void
stub_answer(struct stub_hub *h, struct wh_str text)
{
	if (h->asker < 0)
		return;
	(void)!write(h->asker, text.p, text.n);
	close(h->asker);
	h->asker = -1;
}

static void
stub_told(struct stub_hub *h, struct wh_channel_msg *m)
{
	struct wh_snapshot *s;

	switch (m->kind) {
	case WH_CH_LINK:
		stub_linked(h, m);
		break;
	case WH_CH_PEER_GONE:
		for (unsigned i = 0; i < h->n; i++)
			h->links[i].gone |= h->links[i].process == m->process;
		wh_log(&h->child->log, WH_INFO, "peer_gone", WH_U("process", m->process));
		break;
	case WH_CH_RELOAD:
		if (wh_child_open_reload(h->child, m, &s) != WH_OK)
			abort();
		wh_child_take_snapshot(h->child, &s);
		stub_say(h, (struct wh_channel_msg){ .kind = WH_CH_RELOADED });
		break;
	case WH_CH_RELOADED:
		stub_answer(h, m->err == WH_OK ? WH_STR("ok\n") : m->text);
		break;
	case WH_CH_STATUS:
		stub_answer(h, m->text);
		break;
	case WH_CH_STOP:
		h->ended = true;
		break;
	default:
		break;
	}
	wh_channel_msg_close(m);
}

static void
stub_control(struct stub_hub *h, int listener)
{
	char line[256] = "";
	int fd = accept(listener, NULL, NULL);
	ssize_t n = fd >= 0 ? recv(fd, line, sizeof line - 1, 0) : -1;
	char *end = n > 0 ? strchr(line, '\n') : NULL;

	if (end != NULL)
		*end = '\0';
	h->asker = fd;
	if (strcmp(line, "crash") == 0)
		raise(SIGSEGV);
	else if (strcmp(line, "exit") == 0)
		exit(3);
	else if (strcmp(line, "reload") == 0)
		stub_say(h, (struct wh_channel_msg){ .kind = WH_CH_ASK_RELOAD });
	else if (strcmp(line, "status") == 0)
		stub_say(h, (struct wh_channel_msg){ .kind = WH_CH_ASK_STATUS });
	else {
		if (strncmp(line, "drain ", 6) == 0)
			stub_say(h, (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .process = (uint32_t)atoi(line + 6), .ms = 50 });
		else if (strncmp(line, "restart ", 8) == 0)
			stub_say(h, (struct wh_channel_msg){ .kind = WH_CH_ASK_RESTART, .text = wh_str(line + 8) });
		else if (strncmp(line, "helper ", 7) == 0)
			stub_say(h, (struct wh_channel_msg){ .kind = WH_CH_ASK_HELPER, .text = wh_str(line + 7) });
		stub_answer(h, WH_STR("done\n"));
	}
}

static void
stub_records(struct stub_hub *h)
{
	bool all = h->n > 0;
	struct wh_rec rec;

	for (unsigned i = 0; i < h->n; i++) {
		struct stub_link *l = &h->links[i];

		if (l->helper || l->gone)
			continue;
		wh_link_woken(l->link);
		do
			while (wh_ring_next(l->link->in, &rec) == 1) {
				if (rec.kind == WH_REC_RECOVERED) {
					l->recovered = true;
					(void)wh_rec_go_put(l->link->out, &(struct wh_rec_go){ 0 });
					wh_ring_kick(l->link->out);
				}
				wh_ring_done(l->link->in);
			}
		while (!wh_ring_sleep(l->link->in));
		all &= l->recovered;
	}
	if (all && !h->ready) {
		h->ready = true;
		stub_say(h, (struct wh_channel_msg){ .kind = WH_CH_READY });
	}
}

int
wh_hub_main(struct wh_child *child)
{
	static struct stub_hub hub;
	struct stub_hub *h = &hub;

	*h = (struct stub_hub){ .child = child, .asker = -1 };
	while (!h->ended) {
		struct pollfd p[2 + STUB_LINKS] = { { child->channel, POLLIN, 0 }, { wh_child_socket(child, WH_STR("control")), POLLIN, 0 } };
		struct wh_channel_msg m;
		enum wh_err err;

		for (unsigned i = 0; i < h->n; i++)
			p[2 + i] = (struct pollfd){ h->links[i].gone ? -1 : h->links[i].link->bell, POLLIN, 0 };
		if (poll(p, 2 + h->n, -1) < 0)
			continue;
		while ((err = wh_channel_receive(child->channel, stub_buffer, &m)) == WH_OK)
			stub_told(h, &m);
		if (err == WH_EAWAY)
			return 0;
		if (p[1].revents & POLLIN)
			stub_control(h, p[1].fd);
		stub_records(h);
	}
	return 0;
}
