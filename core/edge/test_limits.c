/* Admission and pace, on a clock of numbers. */
#include "base/testing.h"

#include "edge/limits.h"

#define SECOND INT64_C(1000000000)

static struct wh_addr
addr(const char *text)
{
	struct wh_addr a;

	assert_int_equal(wh_addr_parse_ip(&a, wh_str(text)), WH_OK);
	return a;
}

static struct edge_settings
some_settings(void)
{
	struct edge_settings s = { 0 };

	s.limits.connections = 5;
	s.limits.per_address = 2;
	return s;
}

static enum limits_verdict
enter(struct limits *l, const struct edge_settings *s, const char *text)
{
	struct wh_addr a = addr(text);
	struct wh_addr_entry *e;

	return limits_enter(l, s, &a, false, SECOND, &e);
}

static void
an_address_has_a_bounded_number_of_connections(void **state)
{
	struct edge_settings s = some_settings();
	struct limits l;

	(void)state;
	assert_int_equal(limits_init(&l, 10), WH_OK);
	assert_int_equal(enter(&l, &s, "192.0.2.1"), LIMITS_ADMIT);
	assert_int_equal(enter(&l, &s, "192.0.2.1"), LIMITS_ADMIT);
	assert_int_equal(enter(&l, &s, "192.0.2.1"), LIMITS_ADDRESS);
	assert_int_equal(enter(&l, &s, "192.0.2.2"), LIMITS_ADMIT);
	limits_free(&l);
}

static void
ipv6_counts_by_its_64_bit_network(void **state)
{
	struct edge_settings s = some_settings();
	struct limits l;

	(void)state;
	assert_int_equal(limits_init(&l, 10), WH_OK);
	assert_int_equal(enter(&l, &s, "2001:db8::1"), LIMITS_ADMIT);
	assert_int_equal(enter(&l, &s, "2001:db8::2"), LIMITS_ADMIT);
	assert_int_equal(enter(&l, &s, "2001:db8::3"), LIMITS_ADDRESS);
	assert_int_equal(enter(&l, &s, "2001:db8:0:1::3"), LIMITS_ADMIT);
	limits_free(&l);
}

static void
the_edge_has_a_bounded_number_of_connections(void **state)
{
	struct edge_settings s = some_settings();
	struct limits l;
	struct wh_addr a = addr("192.0.2.9");
	struct wh_addr_entry *e;

	(void)state;
	s.limits.per_address = 100;
	assert_int_equal(limits_init(&l, 10), WH_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(limits_enter(&l, &s, &a, false, SECOND, &e), LIMITS_ADMIT);
	assert_int_equal(enter(&l, &s, "192.0.2.1"), LIMITS_FULL);
	limits_leave(&l, &e);
	assert_int_equal(enter(&l, &s, "192.0.2.1"), LIMITS_ADMIT);
	limits_free(&l);
}

static void
denied_networks_are_refused(void **state)
{
	struct edge_settings s = some_settings();
	struct limits l;

	(void)state;
	assert_int_equal(wh_nets_add(&s.limits.deny, WH_STR("198.51.100.0/24")), WH_OK);
	wh_nets_seal(&s.limits.deny);
	assert_int_equal(limits_init(&l, 10), WH_OK);
	assert_int_equal(enter(&l, &s, "198.51.100.7"), LIMITS_DENIED);
	assert_int_equal(enter(&l, &s, "198.51.101.7"), LIMITS_ADMIT);
	assert_int_equal(l.connections, 1);
	limits_free(&l);
	wh_nets_free(&s.limits.deny);
}

static void
a_proxys_clients_are_counted_not_the_proxy(void **state)
{
	struct edge_settings s = some_settings();
	struct limits l;
	struct wh_addr proxy = addr("10.0.0.1"), client = addr("192.0.2.1");
	struct wh_addr_entry *e;

	(void)state;
	assert_int_equal(limits_init(&l, 10), WH_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(limits_enter(&l, &s, &proxy, true, SECOND, &e), LIMITS_ADMIT);
		assert_int_equal(limits_rename(&l, &s, &client, SECOND, &e), i < 2 ? LIMITS_ADMIT : LIMITS_ADDRESS);
	}
	assert_int_equal(l.connections, 3);
	limits_free(&l);
}

static void
accepting_waits_for_its_rate(void **state)
{
	struct edge_settings s = some_settings();
	struct limits l;

	(void)state;
	s.limits.accept = WH_FLOW_PER_SECOND(10, 2);
	assert_int_equal(limits_init(&l, 10), WH_OK);
	assert_int_equal(limits_accept(&l, &s, SECOND), 0);
	assert_int_equal(limits_accept(&l, &s, SECOND), 0);
	assert_int_equal(limits_accept(&l, &s, SECOND), SECOND / 10);
	assert_int_equal(limits_accept(&l, &s, SECOND + SECOND / 10), 0);
	limits_free(&l);
}

static void
no_more_than_the_burst_passes_at_once(void **state)
{
	struct wh_flow flow = WH_FLOW_PER_SECOND(20, 3);
	struct wh_bucket b = { 0 };

	(void)state;
	assert_true(pace_take(&b, &flow, SECOND, 1));
	assert_true(pace_take(&b, &flow, SECOND, 1));
	assert_false(pace_take(&b, &flow, SECOND, 1));
	assert_int_equal(wh_bucket_wait(&b, &flow, SECOND, 1), SECOND / 20);
}

static void
a_read_is_as_long_as_the_bytes_that_are_left(void **state)
{
	struct wh_flow flow = WH_FLOW_PER_SECOND(1000, 4000), none = { 0 };
	struct wh_bucket b = { 0 };

	(void)state;
	assert_int_equal(pace_bytes(&b, &flow, SECOND, 65536), 4000);
	assert_false(pace_take(&b, &flow, SECOND, 4000));
	assert_int_equal(pace_bytes(&b, &flow, SECOND, 65536), 0);
	assert_int_equal(pace_bytes(&b, &flow, 2 * SECOND, 65536), 1000);
	assert_int_equal(pace_bytes(&b, &none, SECOND, 65536), 65536);
}

static void
unix_sockets_are_one_address_and_not_counted_as_one(void **state)
{
	struct edge_settings s = some_settings();
	struct wh_addr local = { .family = WH_ADDR_UNIX };
	struct wh_addr_entry *e;
	struct limits l;

	(void)state;
	s.limits.accept_address = WH_FLOW_PER_SECOND(1, 1);
	assert_int_equal(limits_init(&l, 10), WH_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(limits_enter(&l, &s, &local, false, SECOND, &e), LIMITS_ADMIT);
	assert_int_equal(enter(&l, &s, "192.0.2.1"), LIMITS_ADMIT);
	l.connections--;
	assert_int_equal(enter(&l, &s, "192.0.2.1"), LIMITS_RATE);
	limits_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_a_bounded_number_of_connections),
		cmocka_unit_test(ipv6_counts_by_its_64_bit_network),
		cmocka_unit_test(the_edge_has_a_bounded_number_of_connections),
		cmocka_unit_test(denied_networks_are_refused),
		cmocka_unit_test(a_proxys_clients_are_counted_not_the_proxy),
		cmocka_unit_test(accepting_waits_for_its_rate),
		cmocka_unit_test(no_more_than_the_burst_passes_at_once),
		cmocka_unit_test(unix_sockets_are_one_address_and_not_counted_as_one),
		cmocka_unit_test(a_read_is_as_long_as_the_bytes_that_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
