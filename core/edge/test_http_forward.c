/* Tests of the walk to the client behind trusted proxies. */
#include "edge/http_forward.h"
#include "base/testing.h"

#include <stdio.h>

static struct wh_http_request request;
static char request_text[4096];

/* The client as text, for a peer and header lines; 10.0.0.0/8 and fd00::/8 are trusted. */
static void
client_is(const char *peer_text, enum wh_http_field field, const char *lines, const char *wanted)
{
	struct wh_http_head head = { 0 };
	const struct wh_http_limits limits = { 0 };
	struct wh_http_refusal why;
	struct wh_nets nets = { 0 };
	struct wh_addr peer = { .family = WH_ADDR_UNIX }, client;
	char text[WH_ADDR_TEXT];

	assert_int_equal(wh_nets_add(&nets, WH_STR("10.0.0.0/8")), WH_OK);
	assert_int_equal(wh_nets_add(&nets, WH_STR("fd00::/8")), WH_OK);
	wh_nets_seal(&nets);
	if (peer_text != NULL)
		assert_int_equal(wh_addr_parse_ip(&peer, wh_str(peer_text)), WH_OK);
	snprintf(request_text, sizeof request_text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
	assert_int_equal(wh_http_head_read(&head, &limits, request_text, strlen(request_text), &request, &why), WH_HTTP_DONE);
	client = wh_http_client(&request, field, &peer, &nets);
	text[wh_addr_format_ip(&client, text)] = '\0';
	assert_string_equal(text, wanted);
	wh_nets_free(&nets);
}

static void
a_peer_that_is_not_trusted_is_the_client(void **state)
{
	(void)state;
	client_is("192.0.2.1", WH_H_X_FORWARDED_FOR, "X-Forwarded-For: 198.51.100.1\r\n", "192.0.2.1");
	client_is("10.0.0.1", WH_H_X_FORWARDED_FOR, "", "10.0.0.1");
}

static void
the_rightmost_hop_that_is_not_trusted_is_the_client(void **state)
{
	(void)state;
	client_is("10.0.0.1", WH_H_X_FORWARDED_FOR, "X-Forwarded-For: 198.51.100.1, 192.0.2.9\r\n", "192.0.2.9");
	client_is("10.0.0.1", WH_H_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.9, 10.1.1.1\r\nX-Forwarded-For: 10.2.2.2\r\n",
	    "192.0.2.9");
	client_is("10.0.0.1", WH_H_X_FORWARDED_FOR, "X-Forwarded-For: 10.3.3.3, 10.2.2.2\r\n", "10.3.3.3");
	client_is(NULL, WH_H_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.9:1234\r\n", "192.0.2.9");
	client_is("fd00::1", WH_H_X_FORWARDED_FOR, "X-Forwarded-For: [2001:db8::1]:80\r\n", "2001:db8::1");
	client_is("fd00::1", WH_H_X_FORWARDED_FOR, "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1");
}

static void
forwarded_is_read_in_its_own_form(void **state)
{
	(void)state;
	client_is("10.0.0.1", WH_H_FORWARDED, "Forwarded: for=192.0.2.43, For=\"[2001:db8:cafe::17]:4711\";proto=http\r\n",
	    "2001:db8:cafe::17");
	client_is("10.0.0.1", WH_H_FORWARDED, "Forwarded: proto=http;by=10.0.0.1 ; for=192.0.2.60\r\n", "192.0.2.60");
	/* only the configured header counts */
	client_is("10.0.0.1", WH_H_X_FORWARDED_FOR, "Forwarded: for=192.0.2.60\r\n", "10.0.0.1");
}

static void
an_unreadable_hop_ends_the_walk(void **state)
{
	(void)state;
	client_is("10.0.0.1", WH_H_FORWARDED, "Forwarded: for=192.0.2.60, for=unknown, for=10.0.0.2\r\n", "10.0.0.2");
	client_is("10.0.0.1", WH_H_FORWARDED, "Forwarded: for=_hidden\r\n", "10.0.0.1");
	client_is("10.0.0.1", WH_H_FORWARDED, "Forwarded: for=192.0.2.60, by=10.0.0.2\r\n", "10.0.0.1");
	client_is("10.0.0.1", WH_H_X_FORWARDED_FOR, "X-Forwarded-For: 192.0.2.9, nonsense\r\n", "10.0.0.1");
}

static void
only_so_many_hops_are_looked_at(void **state)
{
	char lines[1024] = "X-Forwarded-For: 192.0.2.1";

	(void)state;
	for (int i = 0; i < WH_FORWARD_HOPS; i++)
		strcat(lines, ", 10.0.0.2");
	strcat(lines, "\r\n");
	client_is("10.0.0.1", WH_H_X_FORWARDED_FOR, lines, "10.0.0.2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_is_not_trusted_is_the_client),
		cmocka_unit_test(the_rightmost_hop_that_is_not_trusted_is_the_client),
		cmocka_unit_test(forwarded_is_read_in_its_own_form),
		cmocka_unit_test(an_unreadable_hop_ends_the_walk),
		cmocka_unit_test(only_so_many_hops_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
