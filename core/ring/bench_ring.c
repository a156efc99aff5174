/* Measures the ring between two processes: bench_ring [records [burst...]]. The producer kicks after each burst, as an edge does at the end
 * of a turn. Prints, for each burst length, records per second, CPU of both processes per record, and wake-ups per record. */
#include "ring/link.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RECORD = 128, RING = 1 << 20 };

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0)
		perror("sched_setaffinity");
}

static double
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void
wait_bell(struct wh_link *link)
{
	struct pollfd pfd = { .fd = link->bell, .events = POLLIN };

	if (poll(&pfd, 1, -1) < 0)
		exit(1);
	wh_link_woken(link);
}

static double
cpu_ns(int who)
{
	struct rusage r;

	getrusage(who, &r);
	return ((double)r.ru_utime.tv_sec + (double)r.ru_stime.tv_sec) * 1e9
	    + ((double)r.ru_utime.tv_usec + (double)r.ru_stime.tv_usec) * 1e3;
}

static void
consume(const struct wh_link_fds *fds, uint64_t records)
{
	struct wh_link *link;
	struct wh_rec rec;
	uint64_t wakes = 0;

	pin(1);
	if (wh_link_attach(fds, WH_HUB_END, &link) != WH_OK)
		_exit(1);
	while (records > 0) {
		while (records > 0 && wh_ring_next(link->in, &rec) == 1) {
			wh_ring_done(link->in);
			records--;
		}
		if (records > 0 && wh_ring_sleep(link->in)) {
			wait_bell(link);
			wakes++;
		}
	}
	wh_board_set(link, 0, wakes);
	_exit(0);
}

static int
run(uint64_t records, uint64_t burst)
{
	struct wh_link_fds fds;
	struct wh_link *link;
	double began, took, cpu_began = cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN), cpu;
	uint64_t waits = 0;
	pid_t child;

	if (wh_link_create(RING, &fds) != WH_OK || wh_link_attach(&fds, WH_FAR_END, &link) != WH_OK)
		return 1;
	child = fork();
	if (child == 0)
		consume(&fds, records);
	pin(0);
	began = now_ns();
	for (uint64_t i = 1; i <= records; i++) {
		char *to;

		while ((to = wh_ring_claim(link->out, RECORD)) == NULL) {
			wh_ring_kick(link->out);
			if (wh_ring_want_room(link->out)) {
				wait_bell(link);
				waits++;
			}
		}
		memset(to, (int)i, RECORD);
		wh_ring_commit(link->out, 1, i, RECORD);
		if (i % burst == 0)
			wh_ring_kick(link->out);
	}
	wh_ring_kick(link->out);
	waitpid(child, NULL, 0);
	took = now_ns() - began;
	cpu = cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN) - cpu_began;
	printf("burst %5llu: %6.2f M records/s, %6.1f ns wall and %6.1f ns CPU a record, wake-ups a record: %.5f consumer, %.5f producer\n",
	    (unsigned long long)burst, (double)records / took * 1e3, took / (double)records, cpu / (double)records,
	    (double)wh_board_peer(link, 0) / (double)records, (double)waits / (double)records);
	wh_link_detach(&link);
	wh_link_fds_close(&fds);
	return 0;
}

int
main(int argc, char **argv)
{
	static const uint64_t bursts[] = { 1, 8, 32, 256 };
	uint64_t records = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
	int err = 0;

	if (argc > 2) {
		for (int i = 2; i < argc; i++)
			err |= run(records, strtoull(argv[i], NULL, 10));
		return err;
	}
	for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++)
		err |= run(records, bursts[i]);
	return err;
}
