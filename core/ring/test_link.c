/* Tests of the link: both sides attached in one process. */
#include "ring/link.h"
#include "base/testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RING = 8192 };

struct two {
	struct wh_link_fds fds;
	struct wh_link *hub, *far;
};

static int
two_open(void **state)
{
	struct two *t = calloc(1, sizeof *t);

	assert_non_null(t);
	assert_int_equal(wh_link_create(RING, &t->fds), WH_OK);
	assert_int_equal(wh_link_attach(&t->fds, WH_HUB_END, &t->hub), WH_OK);
	assert_int_equal(wh_link_attach(&t->fds, WH_FAR_END, &t->far), WH_OK);
	wh_link_woken(t->hub);
	wh_link_woken(t->far);
	*state = t;
	return 0;
}

static int
two_close(void **state)
{
	struct two *t = *state;

	wh_link_detach(&t->hub);
	wh_link_detach(&t->far);
	wh_link_fds_close(&t->fds);
	assert_int_equal(t->fds.memory, -1);
	free(t);
	return 0;
}

static bool
rang(struct wh_link *link)
{
	uint64_t n;

	return read(link->bell, &n, sizeof n) == (ssize_t)sizeof n;
}

static void
put(struct wh_ring *ring, wh_id id)
{
	assert_non_null(wh_ring_claim(ring, 0));
	wh_ring_commit(ring, 1, id, 0);
}

static void
each_way_has_its_own_ring_and_bell(void **state)
{
	struct two *t = *state;
	struct wh_rec rec;

	assert_true(wh_ring_sleep(t->hub->in));
	assert_true(wh_ring_sleep(t->far->in));
	put(t->far->out, 1);
	wh_ring_kick(t->far->out);
	assert_true(rang(t->hub));
	assert_false(rang(t->far));
	assert_int_equal(wh_ring_next(t->far->in, &rec), 0);
	put(t->hub->out, 2);
	wh_ring_kick(t->hub->out);
	assert_true(rang(t->far));
	assert_false(rang(t->hub));
	assert_int_equal(wh_ring_next(t->hub->in, &rec), 1);
	assert_int_equal(rec.id, 1);
	assert_int_equal(wh_ring_next(t->far->in, &rec), 1);
	assert_int_equal(rec.id, 2);
}

static void
room_is_rung_on_the_producers_bell(void **state)
{
	struct two *t = *state;
	struct wh_rec rec;

	while (wh_ring_claim(t->far->out, 1000) != NULL)
		wh_ring_commit(t->far->out, 1, 1, 1000);
	assert_true(wh_ring_want_room(t->far->out));
	while (wh_ring_next(t->hub->in, &rec) == 1)
		wh_ring_done(t->hub->in);
	assert_true(rang(t->far));
	assert_false(rang(t->hub));
}

static void
a_successor_goes_on_in_both_rings(void **state)
{
	struct two *t = *state;
	struct wh_rec rec;

	put(t->far->out, 1);
	put(t->far->out, 2);
	put(t->hub->out, 3);
	assert_int_equal(wh_ring_next(t->hub->in, &rec), 1);
	wh_ring_done(t->hub->in);
	assert_int_equal(wh_ring_next(t->hub->in, &rec), 1);
	wh_link_detach(&t->hub);
	assert_null(t->hub);
	assert_int_equal(wh_link_attach(&t->fds, WH_HUB_END, &t->hub), WH_OK);
	assert_int_equal(wh_ring_next(t->hub->in, &rec), 1);
	assert_int_equal(rec.id, 2);
	assert_int_equal(rec.attempts, 2);
	put(t->hub->out, 4);
	assert_int_equal(wh_ring_next(t->far->in, &rec), 1);
	assert_int_equal(rec.id, 3);
	wh_ring_done(t->far->in);
	assert_int_equal(wh_ring_next(t->far->in, &rec), 1);
	assert_int_equal(rec.id, 4);
}

/* The predecessor took the sleep flag back and died before it rang. */
static void
attaching_rings_the_other_side(void **state)
{
	struct two *t = *state;

	assert_true(wh_ring_sleep(t->far->in));
	put(t->hub->out, 1);
	wh_link_detach(&t->hub);
	assert_false(rang(t->far));
	assert_int_equal(wh_link_attach(&t->fds, WH_HUB_END, &t->hub), WH_OK);
	assert_true(rang(t->far));
	assert_false(wh_ring_sleep(t->far->in));
}

static void
the_keeper_reads_live_without_a_map(void **state)
{
	struct two *t = *state;

	assert_false(wh_link_is_live(t->fds.memory));
	wh_link_set_live(t->far, true);
	assert_true(wh_link_is_live(t->fds.memory));
	wh_link_set_live(t->far, false);
	assert_false(wh_link_is_live(t->fds.memory));
	assert_false(wh_link_is_live(-1));
}

static void
each_board_is_read_by_the_other_side_alone(void **state)
{
	struct two *t = *state;

	wh_board_set(t->far, 0, 7);
	wh_board_add(t->far, 0, 3);
	wh_board_set(t->far, WH_BOARD_SLOTS - 1, UINT64_MAX);
	assert_int_equal(wh_board_peer(t->hub, 0), 10);
	assert_int_equal(wh_board_peer(t->hub, WH_BOARD_SLOTS - 1), UINT64_MAX);
	assert_int_equal(wh_board_peer(t->far, 0), 0);
	wh_board_set(t->hub, 0, 5);
	assert_int_equal(wh_board_peer(t->far, 0), 5);
	assert_int_equal(wh_board_peer(t->hub, 0), 10);
}

static void
the_memory_cannot_change_its_size(void **state)
{
	struct two *t = *state;

	assert_int_equal(ftruncate(t->fds.memory, 0), -1);
	assert_int_equal(ftruncate(t->fds.memory, 1 << 20), -1);
	assert_int_equal(fcntl(t->fds.memory, F_ADD_SEALS, F_SEAL_WRITE), -1);
}

static void
what_is_not_a_link_of_this_version_is_refused(void **state)
{
	struct two *t = *state;
	struct wh_link_fds other = t->fds;
	struct wh_link *link;
	const uint32_t version = 2, zero = 0;
	const uint64_t size = RING * 2;
	char first[4096];

	other.memory = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(wh_link_attach(&other, WH_HUB_END, &link), WH_ESYNTAX);
	assert_null(link);
	assert_int_equal(pread(t->fds.memory, first, sizeof first, 0), sizeof first);
	assert_int_equal(pwrite(other.memory, first, sizeof first, 0), sizeof first);
	assert_int_equal(ftruncate(other.memory, (off_t)t->hub->bytes), 0);
	assert_int_equal(wh_link_attach(&other, WH_HUB_END, &link), WH_ESYNTAX);
	assert_int_equal(close(other.memory), 0);
	assert_int_equal(pwrite(t->fds.memory, &size, sizeof size, 16), sizeof size);
	assert_int_equal(wh_link_attach(&t->fds, WH_HUB_END, &link), WH_ESYNTAX);
	assert_int_equal(pwrite(t->fds.memory, &version, sizeof version, 8), sizeof version);
	assert_int_equal(wh_link_attach(&t->fds, WH_HUB_END, &link), WH_EVERSION);
	assert_int_equal(pwrite(t->fds.memory, &zero, sizeof zero, 0), sizeof zero);
	assert_int_equal(wh_link_attach(&t->fds, WH_HUB_END, &link), WH_ESYNTAX);
}

static void
a_size_that_is_no_ring_is_refused(void **state)
{
	struct wh_link_fds fds;

	(void)state;
	assert_int_equal(wh_link_create(RING + 1, &fds), WH_EINVAL);
	assert_int_equal(wh_link_create(WH_RING_MIN / 2, &fds), WH_EINVAL);
	assert_int_equal(wh_link_create((size_t)WH_RING_MAX * 2, &fds), WH_EINVAL);
	assert_int_equal(fds.memory, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_way_has_its_own_ring_and_bell, two_open, two_close),
		cmocka_unit_test_setup_teardown(room_is_rung_on_the_producers_bell, two_open, two_close),
		cmocka_unit_test_setup_teardown(a_successor_goes_on_in_both_rings, two_open, two_close),
		cmocka_unit_test_setup_teardown(attaching_rings_the_other_side, two_open, two_close),
		cmocka_unit_test_setup_teardown(the_keeper_reads_live_without_a_map, two_open, two_close),
		cmocka_unit_test_setup_teardown(each_board_is_read_by_the_other_side_alone, two_open, two_close),
		cmocka_unit_test_setup_teardown(the_memory_cannot_change_its_size, two_open, two_close),
		cmocka_unit_test_setup_teardown(what_is_not_a_link_of_this_version_is_refused, two_open, two_close),
		cmocka_unit_test(a_size_that_is_no_ring_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
