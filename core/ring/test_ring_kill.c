/* A producer and a consumer process over a link, each killed with SIGKILL at random moments and replaced, for about 3 s.
 * What must hold: every committed record is read once, in order and whole; the one that was in handling is read again, with
 * attempts of 2 or more; and nobody sleeps for ever. */
#include "ring/link.h"
#include "base/testing.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	RING = 16384,
	RUN_MS = 3000,
	PATIENCE_MS = 20000,
	DONE = 0, TORN = 10, LOST, TWICE, LOST_WAKE_UP, NO_LINK,
};

/* Shared by the judge and its two children; plain memory outlives any of them. */
struct books {
	_Atomic uint64_t intent;	/* id << 32 | where it will stand / 8: one word, so that it is never half written */
	_Atomic uint64_t begun, handled;	/* ids */
	_Atomic uint64_t again;		/* records read with attempts > 1 */
	_Atomic int stop;
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
wait_bell(struct wh_link *link)
{
	struct pollfd pfd = { .fd = link->bell, .events = POLLIN };

	if (poll(&pfd, 1, PATIENCE_MS) != 1)
		_exit(LOST_WAKE_UP);
	wh_link_woken(link);
}

static size_t
length_of(uint64_t id)
{
	return (size_t)(id * 2654435761u % 600);
}

static void
produce(const struct wh_link_fds *fds, struct books *books)
{
	struct wh_link *link;
	uint64_t intent, id;

	if (wh_link_attach(fds, WH_FAR_END, &link) != WH_OK)
		_exit(NO_LINK);
	intent = atomic_load(&books->intent);
	id = intent >> 32;
	if (id == 0 || (uint32_t)(wh_ring_pos(link->out) / 8) != (uint32_t)intent)
		id++;
	for (; !atomic_load(&books->stop); id++) {
		size_t n = length_of(id);
		char *to;

		atomic_store(&books->intent, id << 32 | (uint32_t)(wh_ring_pos(link->out) / 8));
		while ((to = wh_ring_claim(link->out, n)) == NULL) {
			wh_ring_kick(link->out);
			if (wh_ring_want_room(link->out))
				wait_bell(link);
		}
		memset(to, (int)(id & 0xff), n);
		wh_ring_commit(link->out, 1, id, n);
		if (id % 3 == 0)
			wh_ring_kick(link->out);
	}
	wh_ring_kick(link->out);
	_exit(DONE);
}

static void
judge_record(struct books *books, const struct wh_rec *rec, bool first)
{
	uint64_t begun = atomic_load(&books->begun);

	if (rec->attempts == 1 && rec->id != begun + 1)
		_exit(rec->id <= begun ? TWICE : LOST);
	if (rec->attempts > 1 && (!first || (rec->id != begun && rec->id != begun + 1)))
		_exit(TWICE);
	if (rec->attempts > 1)
		atomic_fetch_add(&books->again, 1);
	atomic_store(&books->begun, rec->id);
	if (rec->bytes.n != length_of(rec->id))
		_exit(TORN);
	for (size_t i = 0; i < rec->bytes.n; i++)
		if ((unsigned char)rec->bytes.p[i] != (rec->id & 0xff))
			_exit(TORN);
	atomic_store(&books->handled, rec->id);
}

static void
consume(const struct wh_link_fds *fds, struct books *books)
{
	struct wh_link *link;
	struct wh_rec rec;
	bool first = true;
	int got;

	if (wh_link_attach(fds, WH_HUB_END, &link) != WH_OK)
		_exit(NO_LINK);
	for (;;) {
		while ((got = wh_ring_next(link->in, &rec)) == 1) {
			judge_record(books, &rec, first);
			first = false;
			wh_ring_done(link->in);
		}
		if (got < 0)
			_exit(TORN);
		if (atomic_load(&books->stop) == 2)
			_exit(DONE);
		if (wh_ring_sleep(link->in))
			wait_bell(link);
	}
}

static pid_t
start(void (*run)(const struct wh_link_fds *, struct books *), const struct wh_link_fds *fds, struct books *books)
{
	pid_t pid = fork();

	if (pid == 0)
		run(fds, books);
	assert_true(pid > 0);
	return pid;
}

/* Kills a child, unless it found a fault and ended by itself. */
static void
end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) != DONE)
		fail_msg("a child found a fault: %d", WEXITSTATUS(status));
}

static void
finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), DONE);
}

static void
nothing_is_lost_torn_or_doubled_when_either_is_killed(void **state)
{
	struct books *books = mmap(NULL, sizeof *books, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct wh_link_fds fds;
	struct wh_link *link;
	pid_t producer, consumer;
	unsigned seed = (unsigned)getpid(), kills = 0;
	int64_t until = now_ms() + RUN_MS;
	uint64_t one = 1, intent, committed;

	(void)state;
	assert_ptr_not_equal(books, MAP_FAILED);
	assert_int_equal(wh_link_create(RING, &fds), WH_OK);
	producer = start(produce, &fds, books);
	consumer = start(consume, &fds, books);
	while (now_ms() < until) {
		struct timespec moment = { .tv_nsec = rand_r(&seed) % 3000000 };
		int who = rand_r(&seed) % 4;

		nanosleep(&moment, NULL);
		if (who != 0) {
			end(consumer);
			kills++;
		}
		if (who == 0 || who == 3) {
			end(producer);
			producer = start(produce, &fds, books);
			kills++;
		}
		if (who != 0)
			consumer = start(consume, &fds, books);
	}
	atomic_store(&books->stop, 1);
	finish(producer);
	atomic_store(&books->stop, 2);
	assert_int_equal(write(fds.bell[WH_HUB_END], &one, sizeof one), sizeof one);
	finish(consumer);
	assert_int_equal(wh_link_attach(&fds, WH_FAR_END, &link), WH_OK);
	assert_true(wh_ring_consumed(link->out, wh_ring_pos(link->out)));
	/* The last intent of a producer that was killed before its commit stays one when its successor finds `stop` already set. */
	intent = atomic_load(&books->intent);
	committed = (intent >> 32) - ((uint32_t)(wh_ring_pos(link->out) / 8) == (uint32_t)intent);
	wh_link_detach(&link);
	print_message("%u kills, %llu records, %llu read again\n", kills, (unsigned long long)atomic_load(&books->handled),
	    (unsigned long long)atomic_load(&books->again));
	assert_true(kills > 50);
	assert_int_equal(atomic_load(&books->handled), atomic_load(&books->begun));
	assert_int_equal(atomic_load(&books->handled), committed);
	wh_link_fds_close(&fds);
	munmap(books, sizeof *books);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_torn_or_doubled_when_either_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
