/* Socket activation. */
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/testing.h"
#include "keeper/activation.h"

static void
variables_for_another_process_or_nonsense_are_no_activation(void **state)
{
	struct activation a;

	(void)state;
	assert_false(activation_parse(&a, NULL, NULL, NULL, 5));
	assert_false(activation_parse(&a, "6", "1", NULL, 5));
	assert_false(activation_parse(&a, "5x", "1", NULL, 5));
	assert_false(activation_parse(&a, "5", NULL, NULL, 5));
	assert_false(activation_parse(&a, "5", "0", NULL, 5));
	assert_false(activation_parse(&a, "5", "-1", NULL, 5));
	assert_false(activation_parse(&a, "5", "65", NULL, 5));
	assert_int_equal(a.n, 0);
}

static void
names_belong_to_descriptors_in_order_and_may_be_missing(void **state)
{
	struct activation a;

	(void)state;
	assert_true(activation_parse(&a, "5", "3", "web::line", 5));
	assert_int_equal(a.n, 3);
	assert_int_equal(a.sockets[0].fd, 3);
	assert_string_equal(a.sockets[0].name, "web");
	assert_string_equal(a.sockets[1].name, "");
	assert_int_equal(a.sockets[2].fd, 5);
	assert_string_equal(a.sockets[2].name, "line");
	assert_true(activation_parse(&a, "5", "2", NULL, 5));
	assert_string_equal(a.sockets[1].name, "");
	assert_true(activation_parse(&a, "5", "3", "web", 5));
	assert_string_equal(a.sockets[2].name, "");
}

static int
bound(struct wh_endpoint *at_out)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	*at_out = (struct wh_endpoint){ 0 };
	assert_int_equal(wh_addr_from_sockaddr(&at_out->addr, (struct sockaddr *)&sa, n), WH_OK);
	return fd;
}

static void
a_socket_is_taken_once_by_its_name_or_else_by_its_address(void **state)
{
	struct wh_endpoint first, second, third;
	struct activation a = { .n = 2, .sockets = { { bound(&first), "web" }, { bound(&second), "" } } };
	int by_name = a.sockets[0].fd, by_address = a.sockets[1].fd;

	(void)state;
	close(bound(&third));
	assert_int_equal(activation_take(&a, WH_STR("line"), &third), -1);
	assert_int_equal(activation_take(&a, WH_STR("web"), &third), by_name);
	assert_int_equal(activation_take(&a, WH_STR("web"), &third), -1);
	assert_int_equal(activation_take(&a, WH_STR("line"), &second), by_address);
	close(by_name);
	close(by_address);
}

static void
adopted_sockets_leave_the_numbers_of_children(void **state)
{
	struct wh_endpoint at;
	struct activation a = { .n = 1, .sockets = { { bound(&at), "web" } } };
	int low = a.sockets[0].fd;

	(void)state;
	activation_adopt(&a);
	assert_true(a.sockets[0].fd >= 100);
	assert_true(fcntl(a.sockets[0].fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fcntl(low, F_GETFD), -1);
	activation_close(&a);
	assert_int_equal(a.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_for_another_process_or_nonsense_are_no_activation),
		cmocka_unit_test(names_belong_to_descriptors_in_order_and_may_be_missing),
		cmocka_unit_test(a_socket_is_taken_once_by_its_name_or_else_by_its_address),
		cmocka_unit_test(adopted_sockets_leave_the_numbers_of_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
