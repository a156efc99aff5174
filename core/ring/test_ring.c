/* Tests of the ring, both ends in one process; see test_ring_kill.c for two processes and their deaths. */
#include "ring/ring.h"
#include "base/testing.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = 4096 };

struct pair {
	char *memory;
	int data_bell, room_bell;
	struct wh_ring *in, *out;
};

static void
pair_open(struct pair *p)
{
	p->memory = mmap(NULL, wh_ring_bytes(SIZE), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(p->memory, MAP_FAILED);
	p->data_bell = eventfd(0, EFD_NONBLOCK);
	p->room_bell = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(wh_ring_format(p->memory, SIZE), WH_OK);
	assert_int_equal(wh_ring_open(p->memory, SIZE, WH_PRODUCER, p->data_bell, &p->out), WH_OK);
	assert_int_equal(wh_ring_open(p->memory, SIZE, WH_CONSUMER, p->room_bell, &p->in), WH_OK);
}

static void
pair_close(struct pair *p)
{
	wh_ring_close(&p->in);
	wh_ring_close(&p->out);
	munmap(p->memory, wh_ring_bytes(SIZE));
	close(p->data_bell);
	close(p->room_bell);
}

static bool
rang(int bell)
{
	uint64_t n;

	return read(bell, &n, sizeof n) == (ssize_t)sizeof n;
}

static bool
put(struct wh_ring *ring, uint16_t kind, wh_id id, const char *bytes, size_t n)
{
	char *to = wh_ring_claim(ring, n);

	if (to == NULL)
		return false;
	memcpy(to, bytes, n);
	wh_ring_commit(ring, kind, id, n);
	return true;
}

static void
corrupt(struct pair *p, size_t at, const char *bytes, size_t n)
{
	memcpy(p->memory + at, bytes, n);
}

static void
a_record_comes_out_as_it_went_in(void **state)
{
	struct pair p;
	struct wh_rec rec;

	(void)state;
	pair_open(&p);
	assert_int_equal(wh_ring_next(p.in, &rec), 0);
	assert_true(put(p.out, 7, 99, "hello", 5));
	assert_true(put(p.out, 8, 100, "", 0));
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	assert_int_equal(rec.kind, 7);
	assert_int_equal(rec.id, 99);
	assert_int_equal(rec.attempts, 1);
	assert_true(wh_str_is(rec.bytes, "hello"));
	wh_ring_done(p.in);
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	assert_int_equal(rec.kind, 8);
	assert_int_equal(rec.bytes.n, 0);
	wh_ring_done(p.in);
	assert_int_equal(wh_ring_next(p.in, &rec), 0);
	assert_int_equal(wh_ring_used(p.in), 0);
	pair_close(&p);
}

static void
nothing_is_visible_before_commit(void **state)
{
	struct pair p;
	struct wh_rec rec;

	(void)state;
	pair_open(&p);
	memcpy(wh_ring_claim(p.out, 5), "hello", 5);
	assert_int_equal(wh_ring_next(p.in, &rec), 0);
	memcpy(wh_ring_claim(p.out, 100), "other", 5);
	wh_ring_commit(p.out, 1, 1, 5);
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	assert_true(wh_str_is(rec.bytes, "other"));
	pair_close(&p);
}

static void
records_of_every_length_survive_the_end_of_the_ring(void **state)
{
	struct pair p;
	struct wh_rec rec;
	char bytes[SIZE];
	size_t max;

	(void)state;
	pair_open(&p);
	max = wh_ring_max(p.out);
	for (size_t n = 0; n <= max; n++) {
		memset(bytes, (int)(n & 0xff), n);
		assert_true(put(p.out, 1, n + 1, bytes, n));
		assert_int_equal(wh_ring_next(p.in, &rec), 1);
		assert_int_equal(rec.id, n + 1);
		assert_int_equal(rec.bytes.n, n);
		assert_memory_equal(rec.bytes.p, bytes, n);
		wh_ring_done(p.in);
	}
	assert_true(wh_ring_pos(p.out) > 20 * SIZE);
	pair_close(&p);
}

static void
a_full_ring_refuses_and_a_record_over_the_quarter_always(void **state)
{
	struct pair p;
	struct wh_rec rec;
	char bytes[SIZE] = { 0 };
	int n = 0;

	(void)state;
	pair_open(&p);
	assert_null(wh_ring_claim(p.out, wh_ring_max(p.out) + 1));
	assert_null(wh_ring_claim(p.out, SIZE_MAX));
	while (put(p.out, 1, 1, bytes, wh_ring_max(p.out)))
		n++;
	assert_int_equal(n, 4);
	assert_int_equal(wh_ring_used(p.out), SIZE);
	assert_null(wh_ring_claim(p.out, 0));
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	assert_null(wh_ring_claim(p.out, 0));
	wh_ring_done(p.in);
	assert_non_null(wh_ring_claim(p.out, wh_ring_max(p.out)));
	pair_close(&p);
}

static void
the_bell_rings_only_for_a_sleeper_and_once(void **state)
{
	struct pair p;
	struct wh_rec rec;

	(void)state;
	pair_open(&p);
	put(p.out, 1, 1, "a", 1);
	wh_ring_kick(p.out);
	assert_false(rang(p.data_bell));
	assert_false(wh_ring_sleep(p.in));
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	wh_ring_done(p.in);
	assert_true(wh_ring_sleep(p.in));
	wh_ring_kick(p.out);
	assert_false(rang(p.data_bell));
	put(p.out, 1, 1, "b", 1);
	assert_false(rang(p.data_bell));
	wh_ring_kick(p.out);
	assert_true(rang(p.data_bell));
	put(p.out, 1, 1, "c", 1);
	wh_ring_kick(p.out);
	assert_false(rang(p.data_bell));
	pair_close(&p);
}

static void
a_producer_that_waits_is_rung_when_half_is_free(void **state)
{
	struct pair p;
	struct wh_rec rec;
	char bytes[SIZE] = { 0 };

	(void)state;
	pair_open(&p);
	assert_false(wh_ring_want_room(p.out));
	while (put(p.out, 1, 1, bytes, wh_ring_max(p.out)))
		;
	assert_true(wh_ring_want_room(p.out));
	wh_ring_next(p.in, &rec);
	wh_ring_done(p.in);
	assert_false(rang(p.room_bell));
	wh_ring_next(p.in, &rec);
	wh_ring_done(p.in);
	assert_true(rang(p.room_bell));
	assert_false(wh_ring_want_room(p.out));
	wh_ring_next(p.in, &rec);
	wh_ring_done(p.in);
	assert_false(rang(p.room_bell));
	pair_close(&p);
}

/* The wish comes after the consumer's last wh_ring_done. */
static void
a_consumer_that_goes_to_sleep_sees_the_wish_for_room(void **state)
{
	struct pair p;
	struct wh_rec rec;
	char bytes[SIZE] = { 0 };

	(void)state;
	pair_open(&p);
	while (put(p.out, 1, 1, bytes, wh_ring_max(p.out)))
		;
	assert_true(wh_ring_want_room(p.out));
	for (int i = 0; i < 4; i++) {
		assert_int_equal(wh_ring_next(p.in, &rec), 1);
		wh_ring_done(p.in);
	}
	assert_true(rang(p.room_bell));
	/* as if the wish had been made between the consumer's store of tail and its look: the flag alone, no room asked */
	*(uint32_t *)(void *)(p.memory + 256) = 1;
	assert_true(wh_ring_sleep(p.in));
	assert_true(rang(p.room_bell));
	pair_close(&p);
}

static void
a_record_is_the_same_until_done_and_begun_once(void **state)
{
	struct pair p;
	struct wh_rec one, two;

	(void)state;
	pair_open(&p);
	put(p.out, 1, 5, "a", 1);
	put(p.out, 1, 6, "b", 1);
	assert_int_equal(wh_ring_next(p.in, &one), 1);
	assert_int_equal(wh_ring_next(p.in, &two), 1);
	assert_int_equal(two.id, 5);
	assert_int_equal(two.attempts, 1);
	pair_close(&p);
}

static void
a_successor_sees_how_often_the_record_was_begun(void **state)
{
	struct pair p;
	struct wh_rec rec;

	(void)state;
	pair_open(&p);
	put(p.out, 1, 5, "first", 5);
	put(p.out, 1, 6, "second", 6);
	wh_ring_next(p.in, &rec);
	wh_ring_done(p.in);
	for (uint32_t died = 0; died < 9; died++) {
		assert_int_equal(wh_ring_next(p.in, &rec), 1);
		assert_int_equal(rec.id, 6);
		assert_int_equal(rec.attempts, died < WH_ATTEMPTS_MAX ? died + 1 : WH_ATTEMPTS_MAX);
		wh_ring_close(&p.in);
		assert_int_equal(wh_ring_open(p.memory, SIZE, WH_CONSUMER, p.room_bell, &p.in), WH_OK);
	}
	wh_ring_next(p.in, &rec);
	wh_ring_done(p.in);
	put(p.out, 1, 7, "third", 5);
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	assert_int_equal(rec.attempts, 1);
	pair_close(&p);
}

static void
a_record_begun_behind_a_pad_is_known_again(void **state)
{
	struct pair p;
	struct wh_rec rec;
	char bytes[SIZE] = { 0 };

	(void)state;
	pair_open(&p);
	for (int i = 0; i < 4; i++) {
		assert_true(put(p.out, 1, 1, bytes, 944));
		wh_ring_next(p.in, &rec);
		wh_ring_done(p.in);
	}
	assert_true(put(p.out, 1, 2, bytes, 1000));
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	assert_int_equal(rec.pos, SIZE);
	wh_ring_close(&p.in);
	assert_int_equal(wh_ring_open(p.memory, SIZE, WH_CONSUMER, p.room_bell, &p.in), WH_OK);
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	assert_int_equal(rec.attempts, 2);
	pair_close(&p);
}

static void
a_new_producer_goes_on_behind_what_was_committed(void **state)
{
	struct pair p;
	struct wh_rec rec;

	(void)state;
	pair_open(&p);
	put(p.out, 1, 1, "old", 3);
	memcpy(wh_ring_claim(p.out, 4), "lost", 4);
	wh_ring_close(&p.out);
	assert_int_equal(wh_ring_open(p.memory, SIZE, WH_PRODUCER, p.data_bell, &p.out), WH_OK);
	put(p.out, 1, 2, "new", 3);
	wh_ring_next(p.in, &rec);
	assert_true(wh_str_is(rec.bytes, "old"));
	wh_ring_done(p.in);
	wh_ring_next(p.in, &rec);
	assert_true(wh_str_is(rec.bytes, "new"));
	pair_close(&p);
}

static void
the_producer_can_ask_what_was_consumed(void **state)
{
	struct pair p;
	struct wh_rec rec;
	uint64_t first, second;

	(void)state;
	pair_open(&p);
	put(p.out, 1, 1, "a", 1);
	first = wh_ring_pos(p.out);
	put(p.out, 1, 2, "b", 1);
	second = wh_ring_pos(p.out);
	wh_ring_next(p.in, &rec);
	assert_false(wh_ring_consumed(p.out, first));
	wh_ring_done(p.in);
	assert_true(wh_ring_consumed(p.out, first));
	assert_false(wh_ring_consumed(p.out, second));
	pair_close(&p);
}

static void
the_copy_does_not_change_when_the_writer_changes_its_mind(void **state)
{
	struct pair p;
	struct wh_rec rec;

	(void)state;
	pair_open(&p);
	put(p.out, 1, 1, "honest", 6);
	wh_ring_next(p.in, &rec);
	memset(p.memory + WH_RING_PAGE, 'x', SIZE);
	assert_true(wh_str_is(rec.bytes, "honest"));
	wh_ring_next(p.in, &rec);
	assert_true(wh_str_is(rec.bytes, "honest"));
	pair_close(&p);
}

/* Each row: what a hostile writer puts at an offset of the memory after one honest record of 8 bytes. */
static void
nonsense_is_an_error_and_stays_one(void **state)
{
	static const struct { const char *what; size_t at; const char *bytes; size_t n; } rows[] = {
		{ "longer than committed", WH_RING_PAGE, "\x09\0\0\0", 4 },
		{ "longer than the ring", WH_RING_PAGE, "\xff\xff\xff\xff", 4 },
		{ "longer than a quarter", WH_RING_PAGE, "\xf8\x03\0\0", 4 },
		{ "kind 0", WH_RING_PAGE + 4, "\0\0", 2 },
		{ "unknown flags", WH_RING_PAGE + 6, "\1\0", 2 },
		{ "a pad that is not at the end", WH_RING_PAGE + 4, "\xff\xff", 2 },
		{ "head past tail by more than the ring", 64, "\x00\x20\0\0\0\0\0\0", 8 },
		{ "head before tail", 64, "\xf8\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ "head not aligned", 64, "\x19\0\0\0\0\0\0\0", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pair p;
		struct wh_rec rec;

		pair_open(&p);
		put(p.out, 1, 1, "12345678", 8);
		corrupt(&p, rows[i].at, rows[i].bytes, rows[i].n);
		if (wh_ring_next(p.in, &rec) != WH_ESYNTAX)
			fail_msg("%s: taken", rows[i].what);
		put(p.out, 1, 1, "again", 5);
		assert_int_equal(wh_ring_next(p.in, &rec), WH_ESYNTAX);
		assert_true(wh_ring_sleep(p.in));
		pair_close(&p);
	}
}

/* The first record stands behind a pad of `left` bytes; each row is a header that the pad gets instead of its own. */
static void
a_pad_that_lies_is_an_error(void **state)
{
	enum { LEFT = SIZE - 4 * 960 };
	static const struct { const char *what; uint32_t length; uint16_t flags; int err; } rows[] = {
		{ "honest", LEFT - 8, 0, 1 },
		{ "one more", LEFT - 7, 0, WH_ESYNTAX },
		{ "one less", LEFT - 9, 0, WH_ESYNTAX },
		{ "none", 0, 0, WH_ESYNTAX },
		{ "all", UINT32_MAX, 0, WH_ESYNTAX },
		{ "flags", LEFT - 8, 1, WH_ESYNTAX },
	};
	char bytes[SIZE] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pair p;
		struct wh_rec rec;

		pair_open(&p);
		for (int n = 0; n < 4; n++) {
			assert_true(put(p.out, 1, 1, bytes, 944));
			assert_int_equal(wh_ring_next(p.in, &rec), 1);
			wh_ring_done(p.in);
		}
		assert_true(put(p.out, 1, 2, bytes, 1000));
		memcpy(p.memory + WH_RING_PAGE + SIZE - LEFT, &rows[i].length, sizeof rows[i].length);
		memcpy(p.memory + WH_RING_PAGE + SIZE - LEFT + 6, &rows[i].flags, sizeof rows[i].flags);
		if (wh_ring_next(p.in, &rec) != rows[i].err)
			fail_msg("a pad with a length that is %s: wrong", rows[i].what);
		pair_close(&p);
	}
}

/* The ring is full, and the writer calls all of it but its last record a pad: that would skip four records unseen. */
static void
a_pad_longer_than_a_record_is_an_error(void **state)
{
	static const struct { uint32_t length; uint16_t kind, flags; } pad = { SIZE - 24 - 8, 0xffff, 0 };
	struct pair p;
	struct wh_rec rec;
	char bytes[SIZE] = { 0 };

	(void)state;
	pair_open(&p);
	assert_true(put(p.out, 1, 1, bytes, 8));
	assert_int_equal(wh_ring_next(p.in, &rec), 1);
	wh_ring_done(p.in);
	for (int n = 0; n < 3; n++)
		assert_true(put(p.out, 1, 1, bytes, 1000));
	assert_true(put(p.out, 1, 1, bytes, 1008));
	assert_true(put(p.out, 1, 1, bytes, 8));
	assert_int_equal(wh_ring_used(p.out), SIZE);
	memcpy(p.memory + WH_RING_PAGE + 24, &pad, sizeof pad);
	assert_int_equal(wh_ring_next(p.in, &rec), WH_ESYNTAX);
	pair_close(&p);
}

static void
a_tail_that_lies_stops_the_producer(void **state)
{
	static const uint64_t lies[] = { 1 << 20, 12, 1 };
	char bytes[SIZE] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct pair p;

		pair_open(&p);
		while (put(p.out, 1, 1, bytes, wh_ring_max(p.out)))
			;
		memcpy(p.memory + 128, &lies[i], sizeof lies[i]);
		assert_null(wh_ring_claim(p.out, 0));
		assert_int_equal(wh_ring_used(p.out) <= SIZE, 1);
		pair_close(&p);
	}
}

static void
another_layout_or_size_is_refused(void **state)
{
	struct wh_ring *ring;
	struct pair p;

	(void)state;
	pair_open(&p);
	assert_int_equal(wh_ring_open(p.memory, 2 * SIZE, WH_CONSUMER, -1, &ring), WH_EVERSION);
	assert_null(ring);
	assert_int_equal(wh_ring_open(p.memory, SIZE - 1, WH_CONSUMER, -1, &ring), WH_EINVAL);
	corrupt(&p, 64, "\x07", 1);
	assert_int_equal(wh_ring_open(p.memory, SIZE, WH_CONSUMER, -1, &ring), WH_ESYNTAX);
	corrupt(&p, 8, "\x02", 1);
	assert_int_equal(wh_ring_open(p.memory, SIZE, WH_CONSUMER, -1, &ring), WH_EVERSION);
	assert_int_equal(wh_ring_format(p.memory, 1000), WH_EINVAL);
	assert_int_equal(wh_ring_format(p.memory, 2048), WH_EINVAL);
	pair_close(&p);
}

enum { THREAD_RECORDS = 100000 };

static void
wait_bell(int bell)
{
	struct pollfd pfd = { .fd = bell, .events = POLLIN };
	uint64_t n;

	/* A lost wake-up shows as this limit: nothing here takes seconds. */
	if (poll(&pfd, 1, 20000) != 1)
		abort();
	if (read(bell, &n, sizeof n) < 0)
		abort();
}

static void *
thread_produce(void *arg)
{
	struct pair *p = arg;

	for (uint64_t i = 1; i <= THREAD_RECORDS; i++) {
		size_t n = (size_t)(i * 7919 % 200);
		char *to;

		while ((to = wh_ring_claim(p->out, n)) == NULL) {
			wh_ring_kick(p->out);
			if (wh_ring_want_room(p->out))
				wait_bell(p->room_bell);
		}
		memset(to, (int)(i & 0xff), n);
		wh_ring_commit(p->out, 1, i, n);
		if (i % 5 == 0)
			wh_ring_kick(p->out);
	}
	wh_ring_kick(p->out);
	return NULL;
}

/* Run with -fsanitize=thread, this shows the rules 2, 3, 5 and 6 of ring.c. */
static void
two_threads_lose_no_record_and_no_wake_up(void **state)
{
	struct pair p;
	struct wh_rec rec;
	pthread_t thread;
	uint64_t next = 1;

	(void)state;
	pair_open(&p);
	assert_int_equal(pthread_create(&thread, NULL, thread_produce, &p), 0);
	while (next <= THREAD_RECORDS) {
		while (wh_ring_next(p.in, &rec) == 1) {
			assert_int_equal(rec.id, next);
			assert_int_equal(rec.bytes.n, next * 7919 % 200);
			for (size_t i = 0; i < rec.bytes.n; i++)
				assert_int_equal((unsigned char)rec.bytes.p[i], next & 0xff);
			wh_ring_done(p.in);
			next++;
		}
		if (next <= THREAD_RECORDS && wh_ring_sleep(p.in))
			wait_bell(p.data_bell);
	}
	pthread_join(thread, NULL);
	pair_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_out_as_it_went_in),
		cmocka_unit_test(nothing_is_visible_before_commit),
		cmocka_unit_test(records_of_every_length_survive_the_end_of_the_ring),
		cmocka_unit_test(a_full_ring_refuses_and_a_record_over_the_quarter_always),
		cmocka_unit_test(the_bell_rings_only_for_a_sleeper_and_once),
		cmocka_unit_test(a_producer_that_waits_is_rung_when_half_is_free),
		cmocka_unit_test(a_consumer_that_goes_to_sleep_sees_the_wish_for_room),
		cmocka_unit_test(a_record_is_the_same_until_done_and_begun_once),
		cmocka_unit_test(a_successor_sees_how_often_the_record_was_begun),
		cmocka_unit_test(a_record_begun_behind_a_pad_is_known_again),
		cmocka_unit_test(a_new_producer_goes_on_behind_what_was_committed),
		cmocka_unit_test(the_producer_can_ask_what_was_consumed),
		cmocka_unit_test(the_copy_does_not_change_when_the_writer_changes_its_mind),
		cmocka_unit_test(nonsense_is_an_error_and_stays_one),
		cmocka_unit_test(a_pad_that_lies_is_an_error),
		cmocka_unit_test(a_pad_longer_than_a_record_is_an_error),
		cmocka_unit_test(a_tail_that_lies_stops_the_producer),
		cmocka_unit_test(another_layout_or_size_is_refused),
		cmocka_unit_test(two_threads_lose_no_record_and_no_wake_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
