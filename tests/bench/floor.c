/* The floor: the least that a process can do to deliver a message, one send for each member, or one writev when several
 * messages have come together. It parses next to nothing and checks nothing; what servers cost is told as a multiple of it.
 *
 *	floor PORT SIZE [SLOW_NS [LOSE]]
 *
 * SIZE is what a frame has on the wire, in steps of 16. SLOW_NS burns that much CPU at each delivery, and of LOSE deliveries
 * one is left out, to show that the yardstick sees it. Members' sockets block: the load client always reads. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "payload.h"

enum { FLOOR_FDS = 20000, FLOOR_BATCH = 32, FLOOR_FRAME_MAX = 99 * 16, FLOOR_EVENTS = 256 };

struct floor {
	int epoll, listener;
	size_t size;			/* of a frame */
	long slow_ns;
	unsigned long lose, turn;
	int members[FLOOR_FDS];
	unsigned member_count;
	struct wh_buf carry[FLOOR_FDS];	/* by descriptor: the beginning of a message */
	char frames[FLOOR_BATCH][FLOOR_FRAME_MAX];
	unsigned frame_count;		/* that wait to be delivered */
};

static void
floor_frame(const struct floor *f, char *to, char kind, const char *payload)
{
	memset(to, '-', f->size);
	to[0] = kind;
	to[1] = (char)('0' + f->size / 160);
	to[2] = (char)('0' + f->size / 16 % 10);
	if (payload != NULL)
		memcpy(to + 3, payload, PAYLOAD_SIZE);
}

static int64_t
floor_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
floor_deliver(struct floor *f)
{
	struct iovec iov[FLOOR_BATCH];

	for (unsigned i = 0; i < f->frame_count; i++)
		iov[i] = (struct iovec){ f->frames[i], f->size };
	for (unsigned m = 0; m < f->member_count; m++) {
		if (f->lose != 0 && ++f->turn % f->lose == 0)
			continue;
		/* A member that is gone is taken out when its end is read. */
		if (f->frame_count == 1)
			(void)!send(f->members[m], f->frames[0], f->size, MSG_NOSIGNAL);
		else
			(void)!writev(f->members[m], iov, (int)f->frame_count);
		if (f->slow_ns != 0)
			for (int64_t until = floor_cpu_ns() + f->slow_ns * f->frame_count; floor_cpu_ns() < until;)
				;
	}
	f->frame_count = 0;
}

static void
floor_end(struct floor *f, int fd)
{
	for (unsigned m = 0; m < f->member_count; m++) {
		if (f->members[m] == fd) {
			f->members[m] = f->members[--f->member_count];
			break;
		}
	}
	wh_buf_free(&f->carry[fd]);
	close(fd);
}

static void
floor_answer(struct floor *f, int fd, char kind)
{
	char frame[FLOOR_FRAME_MAX];

	floor_frame(f, frame, kind, NULL);
	(void)!send(fd, frame, f->size, MSG_NOSIGNAL);
}

static void
floor_read(struct floor *f, int fd)
{
	struct wh_buf *in = &f->carry[fd];
	size_t at = 0;
	char *to = wh_buf_reserve(in, 16384);
	ssize_t n = to != NULL ? recv(fd, to, 16384, MSG_DONTWAIT) : -1;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		floor_end(f, fd);
		return;
	}
	wh_buf_grew(in, (size_t)n);
	while (at < in->n) {
		if (in->p[at] == 'S') {
			if (in->n - at < 1 + PAYLOAD_SIZE)
				break;
			floor_frame(f, f->frames[f->frame_count++], 'S', in->p + at + 1);
			at += 1 + PAYLOAD_SIZE;
			if (f->frame_count == FLOOR_BATCH)
				floor_deliver(f);
			continue;
		}
		if (in->p[at] == 'J')
			f->members[f->member_count++] = fd;
		floor_answer(f, fd, in->p[at++]);
	}
	wh_buf_drop(in, at);
	if (in->n == 0)
		wh_buf_free(in);
	if (f->frame_count != 0)
		floor_deliver(f);
}

static void
floor_accept(struct floor *f)
{
	int one = 1, fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0)
		return;
	if (fd >= FLOOR_FDS || epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static bool
floor_listen(struct floor *f, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event ev = { .events = EPOLLIN };
	int one = 1;

	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	ev.data.fd = f->listener;
	return f->listener >= 0 && f->epoll >= 0 && setsockopt(f->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
	    bind(f->listener, (struct sockaddr *)&to, sizeof to) == 0 && listen(f->listener, 4096) == 0 &&
	    epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->listener, &ev) == 0;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[FLOOR_EVENTS];
	struct rlimit files;
	struct floor *f = calloc(1, sizeof *f);
	int n;

	if (f == NULL || argc < 3 || argc > 5) {
		fprintf(stderr, "usage: floor PORT SIZE [SLOW_NS [LOSE]]\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	f->size = (strtoul(argv[2], NULL, 10) + 15) / 16 * 16;
	f->slow_ns = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	f->lose = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	if (f->size < PAYLOAD_SIZE + 16 || f->size > FLOOR_FRAME_MAX || !floor_listen(f, (uint16_t)strtoul(argv[1], NULL, 10))) {
		perror("floor");
		return 1;
	}
	for (;;) {
		n = epoll_wait(f->epoll, events, FLOOR_EVENTS, -1);
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == f->listener)
				floor_accept(f);
			else
				floor_read(f, events[i].data.fd);
		}
	}
}
