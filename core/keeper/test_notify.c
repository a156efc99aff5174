/* sd_notify's datagrams, seen from the other end. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/testing.h"
#include "keeper/notify.h"

/* A socket of an abstract name, as containers have it; the name as $NOTIFY_SOCKET has it. */
static int
listen_at(char name[static 64])
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	snprintf(name, 64, "@whiply-notify-%d", (int)getpid());
	memcpy(sa.sun_path + 1, name + 1, strlen(name) - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	return fd;
}

static void
assert_heard(int fd, const char *text)
{
	char got[256];
	ssize_t n = recv(fd, got, sizeof got - 1, 0);

	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, text);
}

static void
lines_reach_the_socket(void **state)
{
	struct notify n;
	char name[64];
	int fd = listen_at(name);

	(void)state;
	notify_open(&n, name, NULL, NULL, 1);
	notify_send(&n, "READY=1\nSTATUS=Serving");
	assert_heard(fd, "READY=1\nSTATUS=Serving");
	notify_reloading(&n, 123456789012);
	assert_heard(fd, "RELOADING=1\nMONOTONIC_USEC=123456789012");
	notify_close(&n);
	close(fd);
}

static void
without_a_socket_nothing_happens(void **state)
{
	struct notify n;

	(void)state;
	notify_open(&n, NULL, "1000000", NULL, 1);
	assert_int_equal(n.fd, -1);
	assert_int_equal(n.watchdog_ms, 0);
	notify_send(&n, "READY=1");
	notify_open(&n, "relative/path", NULL, NULL, 1);
	assert_int_equal(n.fd, -1);
	notify_close(&n);
}

static void
the_watchdog_is_fed_at_half_its_time_and_only_if_it_is_ours(void **state)
{
	struct notify n;

	(void)state;
	notify_open(&n, "@x", "30000000", NULL, 7);
	assert_int_equal(n.watchdog_ms, 15000);
	notify_close(&n);
	notify_open(&n, "@x", "30000000", "7", 7);
	assert_int_equal(n.watchdog_ms, 15000);
	notify_close(&n);
	notify_open(&n, "@x", "30000000", "8", 7);
	assert_int_equal(n.watchdog_ms, 0);
	notify_close(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_reach_the_socket),
		cmocka_unit_test(without_a_socket_nothing_happens),
		cmocka_unit_test(the_watchdog_is_fed_at_half_its_time_and_only_if_it_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
