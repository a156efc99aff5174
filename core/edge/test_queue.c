/* Frames and queues: what goes in comes out in order, whatever pieces the kernel takes. */
#include "base/testing.h"

#include "edge/queue.h"

static void
push_text(struct queue *q, const char *text)
{
	struct frame *f = frame_of(wh_str(text));

	assert_non_null(f);
	assert_true(queue_push(q, f));
	frame_drop(f);
}

/* Takes the queue's bytes `piece` at a time, as a slow socket would. */
static void
take_all(struct queue *q, size_t piece, char *to)
{
	struct iovec vec[QUEUE_VEC];
	size_t bytes, n;

	while (q->n != 0) {
		(void)queue_vec(q, vec, QUEUE_VEC, &bytes);
		n = vec[0].iov_len < piece ? vec[0].iov_len : piece;
		memcpy(to, vec[0].iov_base, n);
		to += n;
		queue_sent(q, n);
	}
	*to = '\0';
}

static void
frames_leave_in_order_whatever_the_pieces(void **state)
{
	char got[256];

	(void)state;
	for (size_t piece = 1; piece < 9; piece++) {
		struct queue q = { 0 };

		for (int i = 0; i < 20; i++)
			push_text(&q, i % 2 == 0 ? "abc" : "defgh");
		assert_int_equal(q.bytes, 80);
		take_all(&q, piece, got);
		for (int i = 0; i < 10; i++)
			assert_memory_equal(got + i * 8, "abcdefgh", 8);
		assert_int_equal(q.bytes, 0);
		assert_int_equal(queue_memory(&q), 0);
	}
}

static void
two_frames_need_no_memory(void **state)
{
	struct queue q = { 0 };

	(void)state;
	push_text(&q, "a");
	push_text(&q, "b");
	assert_int_equal(queue_memory(&q), 0);
	push_text(&q, "c");
	assert_true(queue_memory(&q) > 0);
	queue_clear(&q);
	assert_int_equal(queue_memory(&q), 0);
	assert_int_equal(q.n, 0);
}

static void
a_frame_lives_as_long_as_a_queue_holds_it(void **state)
{
	struct frame *f = frame_of(WH_STR("shared"));
	struct queue a = { 0 }, b = { 0 };

	(void)state;
	assert_true(queue_push(&a, f));
	assert_true(queue_push(&b, f));
	assert_int_equal(f->refs, 3);
	queue_sent(&a, 6);
	assert_int_equal(f->refs, 2);
	queue_clear(&b);
	assert_int_equal(f->refs, 1);
	frame_drop(f);
}

static void
a_vector_begins_behind_what_was_sent(void **state)
{
	struct queue q = { 0 };
	struct iovec vec[2];
	size_t bytes;

	(void)state;
	push_text(&q, "hello");
	push_text(&q, "world");
	queue_sent(&q, 3);
	assert_int_equal(queue_vec(&q, vec, 2, &bytes), 2);
	assert_int_equal(bytes, 7);
	assert_memory_equal(vec[0].iov_base, "lo", 2);
	queue_sent(&q, 4);
	assert_int_equal(queue_vec(&q, vec, 2, &bytes), 1);
	assert_memory_equal(vec[0].iov_base, "rld", 3);
	queue_clear(&q);
}

static void
a_queue_is_bounded_in_frames(void **state)
{
	struct queue q = { 0 };
	struct frame *f = frame_of(WH_STR("x"));
	unsigned n = 0;

	(void)state;
	while (queue_push(&q, f))
		n++;
	assert_int_equal(n, QUEUE_FRAMES_MAX);
	queue_clear(&q);
	assert_int_equal(f->refs, 1);
	frame_drop(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_leave_in_order_whatever_the_pieces),
		cmocka_unit_test(two_frames_need_no_memory),
		cmocka_unit_test(a_frame_lives_as_long_as_a_queue_holds_it),
		cmocka_unit_test(a_vector_begins_behind_what_was_sent),
		cmocka_unit_test(a_queue_is_bounded_in_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
