/* Tests of descriptors. */
#include "base/fd.h"
#include "base/testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void
a_descriptor_and_a_message_arrive_together(void **state)
{
	int pair[2], got[2], memory = wh_fd_memory("test", 4096);
	char bytes[16], *a, *b;
	size_t n, count;

	(void)state;
	assert_int_equal(wh_fd_pair(pair, true), WH_OK);
	assert_int_equal(wh_fd_recv(pair[1], bytes, sizeof bytes, &n, got, 2, &count), WH_WAIT);
	assert_int_equal(wh_fd_send(pair[0], "hello", 5, &memory, 1), WH_OK);
	assert_int_equal(wh_fd_recv(pair[1], bytes, sizeof bytes, &n, got, 2, &count), WH_OK);
	assert_int_equal(n, 5);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(count, 1);
	assert_int_equal(fcntl(got[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	a = wh_fd_map(memory, 4096);
	b = wh_fd_map(got[0], 4096);
	strcpy(a, "shared");
	assert_string_equal(b, "shared");
	munmap(a, 4096);
	munmap(b, 4096);
	wh_fd_close(&memory);
	wh_fd_close(&got[0]);
	assert_int_equal(got[0], -1);
	wh_fd_close(&pair[0]);
	assert_int_equal(wh_fd_recv(pair[1], bytes, sizeof bytes, &n, got, 2, &count), WH_EAWAY);
	assert_int_equal(wh_fd_send(pair[1], "x", 1, NULL, 0), WH_EAWAY);
	wh_fd_close(&pair[1]);
}

/* What wh_fd_send refuses to do, as a hostile peer would. */
static void
send_empty_with_descriptor(int sock, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr m = { .msg_control = &control, .msg_controllen = sizeof control };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	assert_int_equal(sendmsg(sock, &m, 0), 0);
}

static void
too_much_is_discarded_without_a_leak(void **state)
{
	int pair[2], got[3], probe, after;
	char bytes[4];
	size_t n, count;

	(void)state;
	assert_int_equal(wh_fd_pair(pair, true), WH_OK);
	probe = dup(0);
	close(probe);
	assert_int_equal(wh_fd_send(pair[0], "abc", 3, (int[]){ 0, 1, 2 }, 3), WH_OK);
	assert_int_equal(wh_fd_recv(pair[1], bytes, sizeof bytes, &n, got, 2, &count), WH_ETOOBIG);
	assert_int_equal(wh_fd_send(pair[0], "abcdef", 6, (int[]){ 0 }, 1), WH_OK);
	assert_int_equal(wh_fd_recv(pair[1], bytes, sizeof bytes, &n, got, 2, &count), WH_ETOOBIG);
	assert_int_equal(count, 0);
	send_empty_with_descriptor(pair[0], 0);
	assert_int_equal(wh_fd_recv(pair[1], bytes, sizeof bytes, &n, got, 2, &count), WH_EAWAY);
	after = dup(0);
	assert_int_equal(after, probe);
	close(after);
	assert_int_equal(wh_fd_send(pair[0], "ok", 2, NULL, 0), WH_OK);
	assert_int_equal(wh_fd_recv(pair[1], bytes, sizeof bytes, &n, got, 2, &count), WH_OK);
	assert_int_equal(n, 2);
	assert_int_equal(wh_fd_send(pair[0], "", 0, NULL, 0), WH_EINVAL);
	assert_int_equal(wh_fd_send(pair[0], "x", 1, got, WH_FD_PASS_MAX + 1), WH_ETOOBIG);
	wh_fd_close(&pair[0]);
	wh_fd_close(&pair[1]);
}

static void
memory_keeps_its_size_and_sealed_bytes_stay(void **state)
{
	int memory = wh_fd_memory("test", 4096), sealed = wh_fd_sealed("test", WH_STR("constant"));
	struct wh_str bytes;

	(void)state;
	assert_int_equal(ftruncate(memory, 0), -1);
	assert_int_equal(ftruncate(memory, 8192), -1);
	assert_null(wh_fd_map(memory, 8192));
	assert_int_equal(wh_fd_map_sealed(memory, &bytes), WH_EINVAL);
	assert_int_equal(pwrite(sealed, "x", 1, 0), -1);
	assert_int_equal(wh_fd_map_sealed(sealed, &bytes), WH_OK);
	assert_true(wh_str_is(bytes, "constant"));
	wh_fd_unmap(&bytes);
	assert_null(bytes.p);
	wh_fd_close(&memory);
	wh_fd_close(&sealed);
}

static void
a_file_that_may_shrink_is_not_mapped(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_null(wh_fd_map(fd, 4096));
	wh_fd_close(&fd);
}

static void
a_file_is_read_whole_or_refused(void **state)
{
	char path[] = "/tmp/whiply-test-XXXXXX";
	int fd = mkstemp(path);
	struct wh_buf b = { 0 };

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(wh_fd_write_all(fd, "01234567", 8), WH_OK);
	wh_buf_text(&b, ">");
	assert_int_equal(wh_fd_read_file(path, &b, 39999), WH_ETOOBIG);
	assert_int_equal(b.n, 1);
	assert_int_equal(wh_fd_read_file(path, &b, 40000), WH_OK);
	assert_int_equal(b.n, 40001);
	assert_memory_equal(b.p, ">0123456701234567", 17);
	assert_int_equal(wh_fd_read_file("/tmp", &b, 10), WH_EINVAL);
	unlink(path);
	assert_int_equal(wh_fd_read_file(path, &b, 10), WH_ENOENT);
	wh_fd_close(&fd);
	wh_buf_free(&b);
}

static void
flags_go_on_and_off(void **state)
{
	int fd = dup(0);

	(void)state;
	assert_int_equal(wh_fd_cloexec(fd, true), WH_OK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(wh_fd_cloexec(fd, false), WH_OK);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	wh_fd_close(&fd);
	assert_int_equal(wh_fd_nonblock(-1, true), WH_EIO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_and_a_message_arrive_together),
		cmocka_unit_test(too_much_is_discarded_without_a_leak),
		cmocka_unit_test(memory_keeps_its_size_and_sealed_bytes_stay),
		cmocka_unit_test(a_file_that_may_shrink_is_not_mapped),
		cmocka_unit_test(a_file_is_read_whole_or_refused),
		cmocka_unit_test(flags_go_on_and_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
