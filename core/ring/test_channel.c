/* Tests of the control channel between the keeper and a child. */
#include "ring/channel.h"
#include "base/testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct ends {
	int keeper, child;
	char buffer[WH_CHANNEL_MAX];
};

static int
ends_open(void **state)
{
	struct ends *e = calloc(1, sizeof *e);
	int fds[2];

	assert_non_null(e);
	assert_int_equal(wh_channel_pair(fds), WH_OK);
	e->keeper = fds[0];
	e->child = fds[1];
	*state = e;
	return 0;
}

static int
ends_close(void **state)
{
	struct ends *e = *state;

	close(e->keeper);
	if (e->child >= 0)
		close(e->child);
	free(e);
	return 0;
}

static int
count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
every_kind_arrives_with_what_it_carries(void **state)
{
	struct ends *e = *state;
	const struct wh_channel_msg rows[] = {
		{ .kind = WH_CH_HUB_GONE },
		{ .kind = WH_CH_PEER_GONE, .process = 9 },
		{ .kind = WH_CH_DRAIN, .ms = 30000 },
		{ .kind = WH_CH_STOP },
		{ .kind = WH_CH_STATUS_ASK },
		{ .kind = WH_CH_READY },
		{ .kind = WH_CH_RELOADED, .err = WH_ESYNTAX, .text = WH_STR("a.conf:3: no") },
		{ .kind = WH_CH_ASK_RELOAD },
		{ .kind = WH_CH_ASK_RESTART, .text = WH_STR("hub") },
		{ .kind = WH_CH_ASK_DRAIN, .process = 2, .ms = 1 },
		{ .kind = WH_CH_ASK_DRAIN, .flags = WH_CH_KEEP, .text = WH_STR("edges") },
		{ .kind = WH_CH_DRAIN, .flags = WH_CH_KEEP },
		{ .kind = WH_CH_DRAINING, .err = WH_ESTATE, .text = WH_STR("too late") },
		{ .kind = WH_CH_LINE, .index = 2, .ms = 3, .text = WH_STR("{}") },
		{ .kind = WH_CH_ASK_LINES, .text = WH_STR("7") },
		{ .kind = WH_CH_LINES, .text = WH_STR("7 0\n") },
		{ .kind = WH_CH_ASK_STATUS },
		{ .kind = WH_CH_STATUS, .text = WH_STR("{}") },
		{ .kind = WH_CH_BAD_RECORD, .process = UINT32_MAX, .text = WH_STR("kind 0") },
		{ .kind = WH_CH_STUCK, .process = 4 },
		{ .kind = WH_CH_DRAINED },
		{ .kind = WH_CH_CERTIFICATES, .text = WH_STR("[]") },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wh_channel_msg m;

		assert_int_equal(wh_channel_send(e->keeper, &rows[i]), WH_OK);
		assert_int_equal(wh_channel_receive(e->child, e->buffer, &m), WH_OK);
		assert_int_equal(m.kind, rows[i].kind);
		assert_int_equal(m.process, rows[i].process);
		assert_int_equal(m.ms, rows[i].ms);
		assert_int_equal(m.err, rows[i].err);
		assert_true(wh_str_eq(m.text, rows[i].text));
		assert_int_equal(m.n_fds, 0);
		assert_int_equal(wh_channel_receive(e->child, e->buffer, &m), WH_WAIT);
	}
}

static void
a_link_travels_and_works(void **state)
{
	struct ends *e = *state;
	struct wh_link_fds ours, theirs;
	struct wh_link *hub, *far;
	struct wh_channel_msg m;
	struct wh_rec rec;

	assert_int_equal(wh_link_create(WH_RING_MIN, &ours), WH_OK);
	m = (struct wh_channel_msg){ .kind = WH_CH_LINK, .flags = WH_CH_LEFTOVER, .process = 3, .index = 1, .n_fds = 3,
		.fds = { ours.memory, ours.bell[0], ours.bell[1] } };
	assert_int_equal(wh_channel_send(e->keeper, &m), WH_OK);
	assert_int_equal(wh_channel_receive(e->child, e->buffer, &m), WH_OK);
	assert_int_equal(m.flags, WH_CH_LEFTOVER);
	assert_int_equal(m.process, 3);
	assert_int_equal(m.index, 1);
	assert_true((fcntl(m.fds[0], F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(wh_channel_link(&m, &theirs), WH_OK);
	assert_int_equal(m.n_fds, 0);
	assert_int_equal(wh_link_attach(&ours, WH_HUB_END, &hub), WH_OK);
	assert_int_equal(wh_link_attach(&theirs, WH_FAR_END, &far), WH_OK);
	assert_non_null(wh_ring_claim(far->out, 0));
	wh_ring_commit(far->out, 1, 42, 0);
	assert_int_equal(wh_ring_next(hub->in, &rec), 1);
	assert_int_equal(rec.id, 42);
	wh_link_detach(&hub);
	wh_link_detach(&far);
	wh_link_fds_close(&ours);
	wh_link_fds_close(&theirs);
}

static void
only_a_link_message_gives_a_link(void **state)
{
	struct wh_channel_msg m = { .kind = WH_CH_READY };
	struct wh_link_fds fds;

	(void)state;
	assert_int_equal(wh_channel_link(&m, &fds), WH_EINVAL);
	assert_int_equal(fds.memory, -1);
}

static void
a_snapshot_travels_and_can_be_declined(void **state)
{
	struct ends *e = *state;
	struct wh_channel_msg m = { .kind = WH_CH_START, .n_fds = 1, .fds = { e->child } };
	int before = count_fds();

	assert_int_equal(wh_channel_send(e->keeper, &m), WH_OK);
	assert_int_equal(wh_channel_receive(e->child, e->buffer, &m), WH_OK);
	assert_int_equal(m.n_fds, 1);
	assert_int_equal(count_fds(), before + 1);
	wh_channel_msg_close(&m);
	assert_int_equal(count_fds(), before);
}

static void
the_sender_refuses_what_the_kind_does_not_carry(void **state)
{
	struct ends *e = *state;
	static const char big[WH_CHANNEL_MAX];
	const struct wh_channel_msg bad[] = {
		{ .kind = WH_CH_END },
		{ .kind = (enum wh_channel_kind)0 },
		{ .kind = WH_CH_START },
		{ .kind = WH_CH_READY, .process = 1 },
		{ .kind = WH_CH_READY, .text = WH_STR("x") },
		{ .kind = WH_CH_READY, .flags = 1 },
		{ .kind = WH_CH_STOP, .ms = 1 },
		{ .kind = WH_CH_STOP, .err = WH_EIO },
		{ .kind = WH_CH_DRAIN, .index = 1 },
		{ .kind = WH_CH_STOP, .n_fds = 1, .fds = { e->child } },
		{ .kind = WH_CH_RELOADED, .err = (enum wh_err)-99 },
	};
	struct wh_channel_msg m;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(wh_channel_send(e->keeper, &bad[i]), WH_EINVAL);
	m = (struct wh_channel_msg){ .kind = WH_CH_STATUS, .text = { big, WH_CHANNEL_MAX } };
	assert_int_equal(wh_channel_send(e->keeper, &m), WH_ETOOBIG);
	m.text.n = WH_CHANNEL_MAX - 24;
	assert_int_equal(wh_channel_send(e->keeper, &m), WH_OK);
	assert_int_equal(wh_channel_receive(e->child, e->buffer, &m), WH_OK);
	assert_int_equal(m.text.n, WH_CHANNEL_MAX - 24);
}

/* Raw bytes, and `n_fds` descriptors beside them, as a hostile child sends them. */
static void
send_raw(int fd, const uint32_t *words, size_t bytes, unsigned n_fds)
{
	union { struct cmsghdr align; char bytes[CMSG_SPACE(8 * sizeof(int))]; } control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)words, bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[8] = { fd, fd, fd, fd, fd, fd, fd, fd };

	if (n_fds != 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * n_fds);
	}
	assert_int_equal(sendmsg(fd, &msg, 0), bytes);
}

static void
nonsense_is_refused_and_its_descriptors_are_closed(void **state)
{
	struct ends *e = *state;
	const struct { const char *what; uint32_t words[7]; size_t bytes; unsigned fds; } rows[] = {
		{ "short", { WH_CH_READY }, 23, 0 },
		{ "one byte", { WH_CH_READY }, 1, 1 },
		{ "kind 0", { 0 }, 24, 0 },
		{ "unknown kind", { WH_CH_END }, 24, 2 },
		{ "huge kind", { UINT32_MAX }, 24, 0 },
		{ "flags", { WH_CH_LINK, 8 }, 24, 3 },
		{ "a process that it has not", { WH_CH_READY, 0, 1 }, 24, 0 },
		{ "an error above zero", { WH_CH_RELOADED, 0, 0, 0, 0, 1 }, 24, 0 },
		{ "text that it has not", { WH_CH_READY }, 25, 0 },
		{ "descriptors that it has not", { WH_CH_READY }, 24, 1 },
		{ "too few descriptors", { WH_CH_LINK }, 24, 2 },
		{ "too many descriptors", { WH_CH_LINK }, 24, 8 },
		{ "no descriptor", { WH_CH_START }, 24, 0 },
	};
	int before = count_fds();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct wh_channel_msg m;

		send_raw(e->child, rows[i].words, rows[i].bytes, rows[i].fds);
		if (wh_channel_receive(e->keeper, e->buffer, &m) != WH_ESYNTAX)
			fail_msg("%s: taken", rows[i].what);
		assert_int_equal(m.n_fds, 0);
		if (count_fds() != before)
			fail_msg("%s: descriptors stay open", rows[i].what);
	}
}

static void
a_message_longer_than_the_bound_is_refused(void **state)
{
	struct ends *e = *state;
	static uint32_t words[WH_CHANNEL_MAX / 4 + 1] = { WH_CH_STATUS };
	struct wh_channel_msg m;

	send_raw(e->child, words, sizeof words, 0);
	assert_int_equal(wh_channel_receive(e->keeper, e->buffer, &m), WH_ESYNTAX);
	assert_int_equal(wh_channel_receive(e->keeper, e->buffer, &m), WH_WAIT);
}

static void
a_slow_or_gone_peer_is_told_apart(void **state)
{
	struct ends *e = *state;
	struct wh_channel_msg m = { .kind = WH_CH_STOP }, got;
	enum wh_err err;
	int n = 0;

	while ((err = wh_channel_send(e->keeper, &m)) == WH_OK && n < 100000)
		n++;
	assert_int_equal(err, WH_WAIT);
	close(e->child);
	e->child = -1;
	assert_int_equal(wh_channel_send(e->keeper, &m), WH_EAWAY);
	assert_int_equal(wh_channel_receive(e->keeper, e->buffer, &got), WH_EAWAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_arrives_with_what_it_carries, ends_open, ends_close),
		cmocka_unit_test_setup_teardown(a_link_travels_and_works, ends_open, ends_close),
		cmocka_unit_test(only_a_link_message_gives_a_link),
		cmocka_unit_test_setup_teardown(a_snapshot_travels_and_can_be_declined, ends_open, ends_close),
		cmocka_unit_test_setup_teardown(the_sender_refuses_what_the_kind_does_not_carry, ends_open, ends_close),
		cmocka_unit_test_setup_teardown(nonsense_is_refused_and_its_descriptors_are_closed, ends_open, ends_close),
		cmocka_unit_test_setup_teardown(a_message_longer_than_the_bound_is_refused, ends_open, ends_close),
		cmocka_unit_test_setup_teardown(a_slow_or_gone_peer_is_told_apart, ends_open, ends_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
