/* The loop of a worker, and the orders that make clients and members: see worker.h. */
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { WORKER_EVENTS = 512 };

const struct load_setup *
worker_setup(const struct worker *w)
{
	return w->setup;
}

char *
worker_chunk(struct worker *w, size_t *size_out)
{
	*size_out = WORKER_CHUNK;
	return w->chunk;
}

void
worker_read(struct worker *w, size_t n)
{
	w->tally->bytes += n;
}

static unsigned
worker_who(const struct worker *w, const struct client *c)
{
	return w->number * LOAD_CLIENTS + c->index;
}

void
worker_done(struct worker *w, bool stuck)
{
	w->busy = false;
	w->tally->stuck = stuck;
	__atomic_store_n(&w->tally->serial, w->order.serial, __ATOMIC_RELEASE);
}

void
worker_closed(struct worker *w, struct client *c)
{
	if (c->state == CLIENT_CONNECTING || c->state == CLIENT_GREETING || c->state == CLIENT_JOINING) {
		w->under_way--;
		w->tally->refused++;
	} else if (w->order.op == LOAD_ASK && w->busy && w->under_way != 0) {
		w->under_way--;
	}
	if (c->state >= CLIENT_READY)
		w->tally->ready--;
	if (c->state == CLIENT_MEMBER)
		w->tally->members--;
	if (c->state != CLIENT_CONNECTING)
		w->tally->open--;
	w->tally->closed++;
	if (w->running)
		w->tally->gone += c->heard;
	client_close(c);
}

bool
worker_open(struct worker *w, struct client *c)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.u32 = c->index };

	if (client_connect(c, w->setup, worker_who(w, c)) != WH_OK) {
		w->tally->refused++;
		c->state = CLIENT_CLOSED;
		return false;
	}
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0) {
		client_close(c);
		return false;
	}
	w->under_way++;
	return true;
}

static struct client *
worker_new(struct worker *w)
{
	struct client *c = &w->clients[w->count];

	*c = (struct client){ .fd = -1, .index = w->count++ };
	c->checked = c->index % w->setup->sample == 0;
	worker_open(w, c);
	return c;
}

static void
worker_ready(struct worker *w, struct client *c)
{
	c->state = CLIENT_READY;
	w->tally->ready++;
	w->under_way--;
}

static unsigned
worker_rooms(const char *room)
{
	const char *percent = strchr(room, '%');
	unsigned n = percent != NULL ? (unsigned)strtoul(percent + 1, NULL, 10) : 1;

	return n != 0 ? n : 1;
}

void
worker_room(char out[static LOAD_ROOM], const char *room, uint64_t k)
{
	size_t n = strcspn(room, "%");

	if (room[n] == '\0')
		snprintf(out, LOAD_ROOM, "%s", room);
	else
		snprintf(out, LOAD_ROOM, "%.*s%llu", (int)n, room, (unsigned long long)(k % worker_rooms(room)));
}

static void
worker_join(struct worker *w, struct client *c)
{
	struct wh_buf out = { 0 };
	char room[LOAD_ROOM];

	for (unsigned k = 0; k < (c == w->publisher ? worker_rooms(w->order.room) : 1); k++) {
		worker_room(room, w->order.room, c == w->publisher ? k : c->index);
		w->setup->proto->join(&out, room, worker_who(w, c));
	}
	c->state = CLIENT_JOINING;
	w->tally->ready--;
	w->under_way++;
	if (client_send(c, wh_buf_slice(&out)) != WH_OK)
		worker_closed(w, c);
	wh_buf_free(&out);
}

void
worker_got(struct worker *w, struct client *c, enum got got, const struct proto_frame *frame)
{
	switch (got) {
	case GOT_SAID:
		run_said(w, c, frame);
		break;
	case GOT_ACK:
		run_acked(w, c, frame);
		break;
	case GOT_DONE:
		if (c->state == CLIENT_GREETING) {
			worker_ready(w, c);
		} else if (c->state == CLIENT_JOINING) {
			worker_ready(w, c);
			c->state = CLIENT_MEMBER;
			w->tally->members++;
		}
		break;
	case GOT_REFUSED:
		w->tally->errors++;
		if (c->state == CLIENT_JOINING) {
			w->tally->refused++;
			worker_ready(w, c);
		} else if (w->order.op == LOAD_ASK) {
			run_acked(w, c, frame);
		}
		break;
	case GOT_MORE:
	case GOT_OTHER:
		break;
	}
}

static void
worker_connected(struct worker *w, struct client *c)
{
	const struct proto *proto = w->setup->proto;
	struct wh_buf out = { 0 };

	w->tally->open++;
	w->tally->connects++;
	c->state = CLIENT_GREETING;
	proto->hello(&out, worker_who(w, c));
	if (out.n != 0 && client_send(c, wh_buf_slice(&out)) != WH_OK)
		worker_closed(w, c);
	else if (!proto->greets)
		worker_ready(w, c);
	wh_buf_free(&out);
}

static void
worker_event(struct worker *w, struct client *c, uint32_t events)
{
	if (c->fd < 0)
		return;
	if (c->state == CLIENT_CONNECTING) {
		if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
			worker_closed(w, c);
			return;
		}
		if ((events & EPOLLOUT) == 0)
			return;
		worker_connected(w, c);
		if (c->fd < 0)
			return;
	}
	if (client_flush(c) != WH_OK || ((events & EPOLLIN) != 0 && !client_read(c, w)) || (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0)
		worker_closed(w, c);
}

static void
connect_turn(struct worker *w)
{
	double allowed = w->order.rate > 0 ? (double)(w->now_ns - w->begun_ns) / 1e9 * w->order.rate + 1 : LOAD_CLIENTS;

	while (w->count < w->wanted && w->under_way < w->setup->window && w->count - w->cursor < allowed)
		worker_new(w);
	if (w->count == w->wanted && w->under_way == 0)
		worker_done(w, false);
}

static void
publisher_turn(struct worker *w)
{
	if (w->publisher == NULL) {
		w->publisher = worker_new(w);
		w->publisher->checked = false;
	}
	if (w->publisher->state == CLIENT_READY && w->setup->proto->publisher_joins)
		worker_join(w, w->publisher);
	if (w->under_way == 0)
		worker_done(w, w->publisher->state < CLIENT_READY || w->publisher->state == CLIENT_CLOSED);
}

static void
join_turn(struct worker *w)
{
	while (w->cursor < w->count && w->tally->members - (w->publisher != NULL && w->publisher->state == CLIENT_MEMBER) + w->under_way < w->wanted &&
	    w->under_way < w->setup->window && (w->end_ns == w->begun_ns || w->now_ns < w->end_ns)) {
		struct client *c = &w->clients[w->cursor++];

		if (c != w->publisher && c->state == CLIENT_READY)
			worker_join(w, c);
	}
	if (w->under_way == 0)
		worker_done(w, false);
}

/* Members that stop reading: the last ones of this worker, since the sentinels and the checked stand elsewhere. */
static void
stall_turn(struct worker *w)
{
	int small = 4096;

	for (unsigned i = w->count, n = w->order.count; i-- > 0 && n > 0;) {
		struct client *c = &w->clients[i];

		if (c->state != CLIENT_MEMBER || c == w->publisher || c->stalled)
			continue;
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, c->fd, NULL);
		c->stalled = true;
		c->checked = false;
		w->tally->stalled++;
		n--;
	}
	worker_done(w, false);
}

static void
worker_start(struct worker *w)
{
	w->busy = true;
	w->begun_ns = w->moved_ns = w->now_ns = wh_clock_mono_ns(NULL);
	w->end_ns = w->begun_ns + (int64_t)(w->order.seconds * 1e9);
	switch (w->order.op) {
	case LOAD_CONNECT:
		w->cursor = w->count;
		w->wanted = w->count + w->order.count < LOAD_CLIENTS ? w->count + w->order.count : LOAD_CLIENTS;
		break;
	case LOAD_JOIN:
		w->cursor = 0;
		w->wanted = w->order.count;
		memcpy(w->room, w->order.room, sizeof w->room);
		w->rooms = worker_rooms(w->room);
		break;
	case LOAD_BEGIN:
		run_begin(w);
		worker_done(w, false);
		break;
	case LOAD_SETTLE:
		run_settle(w);
		worker_done(w, false);
		break;
	case LOAD_STALL:
		stall_turn(w);
		break;
	case LOAD_FANOUT:
	case LOAD_RATE:
	case LOAD_ASK:
	case LOAD_LISTEN:
	case LOAD_FLOOD:
		run_start(w);
		break;
	case LOAD_PUBLISHER:
	case LOAD_QUIT:
		break;
	}
}

static void
worker_turn(struct worker *w)
{
	if (!w->busy)
		return;
	switch (w->order.op) {
	case LOAD_CONNECT:
		connect_turn(w);
		break;
	case LOAD_PUBLISHER:
		publisher_turn(w);
		break;
	case LOAD_JOIN:
		join_turn(w);
		break;
	default:
		run_turn(w);
	}
}

/* False: there is nothing more to do. */
static bool
worker_ordered(struct worker *w)
{
	if (w->busy || recv(w->control, &w->order, sizeof w->order, 0) != (ssize_t)sizeof w->order || w->order.op == LOAD_QUIT)
		return false;
	worker_start(w);
	return true;
}

void
worker_main(const struct load_setup *setup, struct load_tally *tally, unsigned number, int control)
{
	struct epoll_event events[WORKER_EVENTS], ev = { .events = EPOLLIN, .data.u32 = UINT32_MAX };
	struct worker *w = calloc(1, sizeof *w);
	uint64_t before;
	int n;

	if (w == NULL)
		_exit(1);
	*w = (struct worker){ .setup = setup, .tally = tally, .number = number, .control = control, .next = 1, .rooms = 1 };
	w->clients = calloc(LOAD_CLIENTS + 1, sizeof *w->clients);
	w->chunk = malloc(WORKER_CHUNK);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->clients == NULL || w->chunk == NULL || w->epoll < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, control, &ev) != 0)
		_exit(1);
	for (;;) {
		n = epoll_wait(w->epoll, events, WORKER_EVENTS, w->busy ? 1 : -1);
		w->now_ns = wh_clock_mono_ns(NULL);
		before = tally->deliveries;
		for (int i = 0; i < n; i++) {
			if (events[i].data.u32 == UINT32_MAX) {
				if (!worker_ordered(w))
					_exit(0);
			} else {
				worker_event(w, &w->clients[events[i].data.u32], events[i].events);
			}
		}
		worker_turn(w);
		if (tally->deliveries != before)
			tally->last_ns = wh_clock_mono_ns(NULL);
	}
}
