/* What a delivery costs an edge, beside a bare loop of send and of writev to as many sockets in the same run: CPU time of the edge's
 * process by its schedstat, readers in a process of their own. Prints a table of ratios, and what an idle connection takes.
 * bench_edge [members [rounds]] */
#include "base/testing.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "edge/edge_bed.h"

enum { BYTES = 128, FLIGHT = 32, TURNS = 7 };

static uint64_t
cpu_ns(pid_t pid)
{
	char path[64], text[128] = "";
	int fd;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		exit(1);
	close(fd);
	return strtoull(text, NULL, 10);
}

static long
memory_kb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kb = strtol(line + 8, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb;
}

/* Reads and drops all that comes to these sockets, and tells each time that `per` bytes have come in all. */
static pid_t
reader(const int *fds, int n, size_t per, int tell)
{
	static char sink[65536];
	struct epoll_event ev[256];
	size_t got = 0;
	pid_t pid = fork();
	int ep;

	if (pid != 0)
		return pid;
	ep = epoll_create1(0);
	for (int i = 0; i < n; i++) {
		ev[0] = (struct epoll_event){ .events = EPOLLIN, .data.fd = fds[i] };
		epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev[0]);
	}
	for (;;) {
		int k = epoll_wait(ep, ev, 256, -1);

		for (int i = 0; i < k; i++) {
			ssize_t r = recv(ev[i].data.fd, sink, sizeof sink, MSG_DONTWAIT);

			if (r > 0)
				got += (size_t)r;
			if (r == 0)
				_exit(0);
		}
		while (got >= per) {
			got -= per;
			if (write(tell, "x", 1) != 1)
				_exit(0);
		}
	}
}

static void
await(int told)
{
	char c;
	struct pollfd p = { .fd = told, .events = POLLIN };

	if (poll(&p, 1, 20000) != 1 || read(told, &c, 1) != 1) {
		fprintf(stderr, "the readers did not get everything\n");
		exit(1);
	}
}

/* The floor: the same bytes to as many sockets, with nothing around it. `flight` frames by one writev. CPU ns a message. */
static double
floor_ns(int n, int rounds, int flight)
{
	int *out = calloc((size_t)n, sizeof *out), *in = calloc((size_t)n, sizeof *in), pipes[2], listener;
	struct iovec vec[FLIGHT];
	static char frame[BYTES + 4];
	uint64_t before, used = 0;
	uint16_t port = 0;
	pid_t pid;

	listener = bed_listen(&port);
	for (int i = 0; i < n; i++) {
		in[i] = client_connect(port);
		out[i] = accept(listener, NULL, NULL);
		fcntl(out[i], F_SETFL, O_NONBLOCK);
	}
	if (pipe(pipes) != 0)
		exit(1);
	pid = reader(in, n, (size_t)n * (size_t)flight * sizeof frame, pipes[1]);
	for (int i = 0; i < flight; i++)
		vec[i] = (struct iovec){ frame, sizeof frame };
	for (int r = -2; r < rounds; r++) {
		before = cpu_ns(getpid());
		for (int i = 0; i < n; i++)
			if ((flight == 1 ? send(out[i], frame, sizeof frame, MSG_NOSIGNAL) : writev(out[i], vec, flight)) < 0)
				exit(1);
		if (r >= 0)
			used += cpu_ns(getpid()) - before;
		await(pipes[0]);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < n; i++) {
		close(out[i]);
		close(in[i]);
	}
	close(listener);
	close(pipes[0]);
	close(pipes[1]);
	free(out);
	free(in);
	return (double)used / ((double)n * rounds * flight);
}

struct room {
	struct bed bed;
	int *fd;
	int n, pipes[2];
	wh_id *ids;
};

static void
room_publish(struct room *room, int flight, wh_id except_every)
{
	static char text[BYTES];
	struct wh_rec_publish p = { .group = 1, .bytes = { text, sizeof text } };

	memset(text, 'm', sizeof text);
	for (int i = 0; i < flight; i++) {
		/* A member of another group's: nobody is left out, but runs are broken, as different senders break them. */
		p.except = except_every != 0 ? except_every + (wh_id)i : 0;
		p.seq++;
		if (wh_rec_publish_put(room->bed.link->out, &p) != WH_OK)
			exit(1);
	}
	bed_kick(&room->bed);
}

static double
edge_ns(struct room *room, int rounds, int flight, wh_id except)
{
	pid_t pid = reader(room->fd, room->n, (size_t)room->n * (size_t)flight * (BYTES + 4), room->pipes[1]);
	uint64_t before = 0;

	for (int r = -2; r < rounds; r++) {
		if (r == 0)
			before = cpu_ns(room->bed.edge);
		room_publish(room, flight, except);
		await(room->pipes[0]);
	}
	before = cpu_ns(room->bed.edge) - before;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return (double)before / ((double)room->n * rounds * flight);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double of[TURNS])
{
	qsort(of, TURNS, sizeof *of, by_size);
	return of[TURNS / 2];
}

int
main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1000, rounds = argc > 2 ? atoi(argv[2]) : 60;
	struct room room = { .n = n };
	struct wh_rec_group_open open = { .group = 1, .name = WH_STR("room") };
	double send_ns[TURNS], writev_ns[TURNS], one[TURNS], many[TURNS], mixed[TURNS];
	long empty, full;

	room.fd = calloc((size_t)n, sizeof *room.fd);
	room.ids = calloc((size_t)n, sizeof *room.ids);
	bed_begin(&room.bed, "limits = { per_address = 100000; }; websocket = { ping = \"1h\"; };", WH_STR(""), WH_STR(""));
	bed_serve(&room.bed);
	close(client_ws(room.bed.port[0], "one", ""));
	(void)bed_next(&room.bed, WH_REC_OPENED);
	(void)bed_next(&room.bed, WH_REC_CLOSED);
	empty = memory_kb(room.bed.edge);
	if (wh_rec_group_open_put(room.bed.link->out, &open) != WH_OK)
		return 1;
	for (int i = 0; i < n; i++) {
		struct wh_rec rec;
		struct wh_rec_opened r;
		struct wh_rec_papers_set papers = { .papers = WH_STR("0123456789012345678901234567890123456789012345678901234567890123") };
		struct wh_rec_join join = { .group = 1 };

		room.fd[i] = client_ws(room.bed.port[0], "one", "");
		rec = bed_next(&room.bed, WH_REC_OPENED);
		if (wh_rec_opened_get(&rec, &r) != WH_OK)
			return 1;
		papers.conn = join.conn = room.ids[i] = r.conn;
		if (wh_rec_papers_set_put(room.bed.link->out, &papers) != WH_OK || wh_rec_join_put(room.bed.link->out, &join) != WH_OK)
			return 1;
		bed_kick(&room.bed);
	}
	usleep(300000);
	full = memory_kb(room.bed.edge);
	if (pipe(room.pipes) != 0)
		return 1;
	/* In turns, as the machine is shared: each ratio is of two that ran side by side, and the middle one counts. */
	for (int i = 0; i < TURNS; i++) {
		send_ns[i] = floor_ns(n, rounds, 1);
		one[i] = edge_ns(&room, rounds, 1, 0) / send_ns[i];
		writev_ns[i] = floor_ns(n, rounds / 4, FLIGHT);
		many[i] = edge_ns(&room, rounds / 4, FLIGHT, 0) / writev_ns[i];
		mixed[i] = edge_ns(&room, rounds / 4, FLIGHT, 77) / writev_ns[i];
	}
	printf("%d members, %d bytes, CPU of the edge for a delivery\n", n, BYTES);
	printf("%-34s %8.3f us\n", "bare send", median(send_ns) / 1000);
	printf("%-34s %8.2f x send\n", "one message in flight", median(one));
	printf("%-34s %8.3f us\n", "bare writev of 32", median(writev_ns) / 1000);
	printf("%-34s %8.2f x writev\n", "32 in flight", median(many));
	printf("%-34s %8.2f x writev\n", "32 in flight, from 32 senders", median(mixed));
	printf("%-34s %8.0f bytes\n", "memory of an idle connection", (double)(full - empty) * 1024 / n);
	for (int i = 0; i < n; i++)
		close(room.fd[i]);
	kill(room.bed.edge, SIGKILL);
	return 0;
}
