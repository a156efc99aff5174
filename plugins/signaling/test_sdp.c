/* What passes of descriptions and candidates. */
#include "sdp.h"

#include <stdio.h>

#include "base/testing.h"

#define HEAD "v=0\r\no=mozilla 4611731400430051336 2 IN IP4 198.51.100.7\r\ns=-\r\nt=0 0\r\n"
#define MEDIUM \
	"a=group:BUNDLE 0\r\nm=audio 54400 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 198.51.100.7\r\na=rtcp:54401 IN IP4 198.51.100.7\r\n" \
	"a=candidate:1 1 udp 2122260223 192.168.1.5 54400 typ host generation 0 network-id 1\r\n" \
	"a=candidate:2 1 udp 2122260222 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 54400 typ host\r\n" \
	"a=candidate:3 1 udp 1686052607 198.51.100.7 54400 typ srflx raddr 192.168.1.5 rport 54400 generation 0\r\n" \
	"a=candidate:4 1 UDP 1686052606 198.51.100.7 54400 typ prflx raddr 192.168.1.5 rport 54400\r\n" \
	"a=candidate:5 1 tcp 1518280447 192.168.1.5 9 typ host tcptype active\r\n" \
	"a=candidate:6 1 udp 41885439 203.0.113.9 50001 typ relay raddr 198.51.100.7 rport 54400 generation 0 ufrag 4cXE network-cost 10\r\n" \
	"a=candidate:7 1 udp 41885438 2001:db8::9 50001 typ relay raddr 2001:db8:1::7 rport 54400\r\n" \
	"a=remote-candidates:1 192.168.1.5 54400\r\na=ice-ufrag:4cXE\r\na=ice-pwd:by5GZGG1lw+040DWA6hXM5Bz\r\na=fingerprint:sha-256 7B:8B\r\na=setup:actpass\r\n"

static char out[SDP_BYTES * 2];

static struct wh_str
pass(const char *sdp, bool relay_only)
{
	const struct sdp_rule rule = { .relay_only = relay_only };
	const char *why = "";
	size_t n;

	if (sdp_pass(wh_str(sdp), &rule, out, sizeof out - 1, &n, &why) != WH_OK)
		fail_msg("%s", why);
	out[n] = '\0';
	return (struct wh_str){ out, n };
}

static enum wh_err
refused(struct wh_str sdp)
{
	const struct sdp_rule rule = { .relay_only = false };
	const char *why = NULL;
	size_t n;
	enum wh_err err = sdp_pass(sdp, &rule, out, sizeof out, &n, &why);

	if (err != WH_OK)
		assert_non_null(why);
	return err;
}

static void
what_needs_no_filter_passes_as_it_came(void **state)
{
	(void)state;
	pass(HEAD MEDIUM, false);
	assert_string_equal(out, HEAD MEDIUM);
	pass("v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\n", false);
	assert_string_equal(out, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
}

static void
between_strangers_no_address_but_a_relays_passes(void **state)
{
	(void)state;
	pass(HEAD MEDIUM, true);
	assert_null(strstr(out, "198.51.100.7"));
	assert_null(strstr(out, "192.168."));
	assert_null(strstr(out, ".local"));
	assert_null(strstr(out, "2001:db8:1::7"));
	assert_null(strstr(out, "54400"));
	assert_null(strstr(out, "54401"));
	assert_null(strstr(out, "mozilla"));
	assert_null(strstr(out, "network-"));
	assert_null(strstr(out, "remote-candidates"));
	assert_non_null(strstr(out, "a=candidate:6 1 udp 41885439 203.0.113.9 50001 typ relay raddr 0.0.0.0 rport 9 generation 0 ufrag 4cXE\r\n"));
	assert_non_null(strstr(out, "a=candidate:7 1 udp 41885438 2001:db8::9 50001 typ relay raddr :: rport 9\r\n"));
	assert_non_null(strstr(out, "o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n"));
	assert_non_null(strstr(out, "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"));
	assert_non_null(strstr(out, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
	assert_non_null(strstr(out, "a=fingerprint:sha-256 7B:8B\r\na=setup:actpass\r\n"));
}

static void
candidates_are_seen_however_they_are_written(void **state)
{
	(void)state;
	pass(HEAD "a=CandiDate:1 1 UDP 1 192.0.2.77 9 TYP Host\r\na=RTCP:9 IN IP4 192.0.2.77\r\n", true);
	assert_null(strstr(out, "192.0.2.77"));
}

static void
a_medium_that_is_refused_stays_refused(void **state)
{
	(void)state;
	pass(HEAD "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", true);
	assert_non_null(strstr(out, "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"));
}

static void
what_tells_of_people_does_not_pass_between_strangers(void **state)
{
	(void)state;
	pass("v=0\r\no=ann 1 1 IN IP4 192.0.2.1\r\ns=Ann at 192.0.2.1\r\ni=192.0.2.1\r\nu=http://192.0.2.1/\r\ne=ann@192.0.2.1\r\np=+1 192\r\nt=0 0\r\n", true);
	assert_string_equal(out, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
}

static void
a_filtered_description_passes_unchanged_again(void **state)
{
	char first[sizeof out];

	(void)state;
	pass(HEAD MEDIUM, true);
	snprintf(first, sizeof first, "%s", out);
	pass(first, true);
	assert_string_equal(out, first);
}

static void
what_is_no_description_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "v=1\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", "o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\ns=-\r\nt=0 0\r\n", "v=0\r\ns=-\r\nt=0 0\r\na=x\r\n",
		"v=0\r\n", HEAD "a\r\n", HEAD "a=x\001\r\n", HEAD "A=x\r\n", HEAD "\r\n", HEAD "a=x\ra=y\r\n", HEAD "v=0\r\n", HEAD "a=candidate\r\n", HEAD "a= candidate:1\r\n", HEAD "a=\tx\r\n", HEAD "a=:x\r\n",
		HEAD "a=candidate:1 1 udp 1 192.0.2.1 9 typ\r\n", HEAD "a=candidate:1 1 udp 1 192.0.2.1 9 typ other\r\n",
		HEAD "a=candidate:1 1 sctp 1 192.0.2.1 9 typ host\r\n", HEAD "a=candidate:1 1 udp 1 192.0.2.1 70000 typ host\r\n",
		HEAD "a=candidate:1  1 udp 1 192.0.2.1 9 typ host\r\n", HEAD "a=candidate:1 1 udp 1 192.0.2.1 9 typ host raddr\r\n",
		HEAD "a=candidate:1 1 udp 1 192.0.2.1 9 typ host \r\n", HEAD "a=candidate:$ 1 udp 1 192.0.2.1 9 typ host\r\n",
		HEAD "a=candidate:1 1 udp 99999999999 192.0.2.1 9 typ host\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (refused(wh_str(wrong[i])) != WH_EINVAL)
			fail_msg("it passed: %s", wrong[i]);
	assert_int_equal(refused((struct wh_str){ "v=0\r\no=- 1 1 IN IP4 0\r\ns=\0\r\nt=0 0\r\n", 37 }), WH_EINVAL);
}

static void
a_description_is_bounded(void **state)
{
	static char big[SDP_BYTES + 100];
	size_t n = (size_t)snprintf(big, sizeof big, HEAD);

	(void)state;
	while (n + 10 < SDP_BYTES)
		n += (size_t)snprintf(big + n, sizeof big - n, "a=123456\r\n");
	assert_int_equal(refused((struct wh_str){ big, n }), n / 10 > SDP_LINES ? WH_EINVAL : WH_OK);
	memset(big + n, 'a', sizeof big - n);
	assert_int_equal(refused((struct wh_str){ big, SDP_BYTES + 1 }), WH_ETOOBIG);
	n = (size_t)snprintf(big, sizeof big, HEAD);
	for (unsigned i = 0; i <= SDP_CANDIDATES; i++)
		n += (size_t)snprintf(big + n, sizeof big - n, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n");
	assert_int_equal(refused((struct wh_str){ big, n }), WH_EINVAL);
	n = (size_t)snprintf(big, sizeof big, HEAD "a=");
	memset(big + n, 'a', SDP_LINE_BYTES);
	assert_int_equal(refused((struct wh_str){ big, n + SDP_LINE_BYTES }), WH_EINVAL);
}

static enum wh_err
candidate(const char *text, const struct sdp_rule *rule)
{
	const char *why = "";
	size_t n;
	enum wh_err err = sdp_pass_candidate(wh_str(text), rule, out, sizeof out - 1, &n, &why);

	out[n] = '\0';
	return err;
}

static void
candidates_that_trickle_pass_by_the_same_rule(void **state)
{
	const struct sdp_rule all = { .relay_only = false }, strangers = { .relay_only = true };

	(void)state;
	assert_int_equal(candidate("candidate:1 1 udp 2122260223 192.168.1.5 54400 typ host", &all), WH_OK);
	assert_string_equal(out, "candidate:1 1 udp 2122260223 192.168.1.5 54400 typ host");
	assert_int_equal(candidate("candidate:1 1 udp 2122260223 192.168.1.5 54400 typ host", &strangers), WH_EPERM);
	assert_string_equal(out, "");
	assert_int_equal(candidate("candidate:1 1 udp 1 198.51.100.7 54400 typ srflx raddr 0.0.0.0 rport 0", &strangers), WH_EPERM);
	assert_int_equal(candidate("candidate:1 1 udp 1 198.51.100.7 54400 typ prflx", &strangers), WH_EPERM);
	assert_int_equal(candidate("candidate:1 1 udp 1 x.local 54400 typ host", &strangers), WH_EPERM);
	assert_int_equal(candidate("candidate:1 1 udp 1 x.local 54400 typ relay", &strangers), WH_EPERM);
	assert_int_equal(candidate("a=candidate:1 1 udp 1 203.0.113.9 50001 typ RELAY raddr 198.51.100.7 rport 1", &strangers), WH_OK);
	assert_string_equal(out, "candidate:1 1 udp 1 203.0.113.9 50001 typ relay raddr 0.0.0.0 rport 9");
	assert_int_equal(candidate("", &strangers), WH_OK);
	assert_int_equal(candidate("candidate:nonsense", &all), WH_EINVAL);
	assert_int_equal(candidate("a=ice-ufrag:x", &strangers), WH_EINVAL);
}

static void
a_relay_has_to_be_of_the_operators_networks_if_they_are_known(void **state)
{
	struct sdp_net nets[3];
	const struct sdp_rule rule = { true, nets, 3 };

	(void)state;
	assert_true(sdp_net_read(WH_STR("203.0.113.0/25"), &nets[0]));
	assert_true(sdp_net_read(WH_STR("2001:db8:5::/48"), &nets[1]));
	assert_true(sdp_net_read(WH_STR("192.0.2.77"), &nets[2]));
	assert_int_equal(candidate("candidate:1 1 udp 1 203.0.113.9 50001 typ relay", &rule), WH_OK);
	assert_int_equal(candidate("candidate:1 1 udp 1 203.0.113.129 50001 typ relay", &rule), WH_EPERM);
	assert_int_equal(candidate("candidate:1 1 udp 1 2001:db8:5:1::1 50001 typ relay", &rule), WH_OK);
	assert_int_equal(candidate("candidate:1 1 udp 1 2001:db8:6::1 50001 typ relay", &rule), WH_EPERM);
	assert_int_equal(candidate("candidate:1 1 udp 1 192.0.2.77 50001 typ relay", &rule), WH_OK);
	assert_int_equal(candidate("candidate:1 1 udp 1 192.0.2.78 50001 typ relay", &rule), WH_EPERM);
	assert_false(sdp_net_read(WH_STR("10.0.0.0/33"), &nets[0]));
	assert_false(sdp_net_read(WH_STR("ten"), &nets[0]));
	assert_false(sdp_net_read(WH_STR(""), &nets[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_needs_no_filter_passes_as_it_came),
		cmocka_unit_test(between_strangers_no_address_but_a_relays_passes),
		cmocka_unit_test(candidates_are_seen_however_they_are_written),
		cmocka_unit_test(a_medium_that_is_refused_stays_refused),
		cmocka_unit_test(what_tells_of_people_does_not_pass_between_strangers),
		cmocka_unit_test(a_filtered_description_passes_unchanged_again),
		cmocka_unit_test(what_is_no_description_is_refused),
		cmocka_unit_test(a_description_is_bounded),
		cmocka_unit_test(candidates_that_trickle_pass_by_the_same_rule),
		cmocka_unit_test(a_relay_has_to_be_of_the_operators_networks_if_they_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
