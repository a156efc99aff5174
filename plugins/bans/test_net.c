/* Networks: reading, the trie against a list that is gone through, and what a look-up costs. */
#include "base/testing.h"

#include <stdlib.h>
#include <time.h>

#include "net.h"

static struct net
net(const char *text)
{
	struct net n;

	assert_true(net_read(wh_str(text), &n));
	return n;
}

static void
texts_are_read_and_shown(void **state)
{
	static const char *const good[][2] = {
		{ "192.0.2.1", "192.0.2.1" }, { "192.0.2.77/24", "192.0.2.0/24" }, { "0.0.0.0/0", "0.0.0.0/0" }, { "2001:DB8::1", "2001:db8::1" },
		{ "2001:db8:1:2:3::/48", "2001:db8:1::/48" }, { "::/0", "::/0" }, { "::ffff:192.0.2.1", "192.0.2.1" }, { "fe80::1/128", "fe80::1" },
		{ "2001:db8::ffff:ffff/127", "2001:db8::ffff:fffe/127" }, { "10.1.2.3/32", "10.1.2.3" },
	};
	static const char *const bad[] = { "", "192.0.2", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/024", "2001:db8::/129", "x", "192.0.2.1 ",
		"1.2.3.4/8/8", "::1/1000", "192.0.2.1/a", "*" };
	char text[NET_TEXT];
	struct net n;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		n = net(good[i][0]);
		net_show(&n, text);
		assert_string_equal(text, good[i][1]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(net_read(wh_str(bad[i]), &n));
}

static void
private_addresses_are_known(void **state)
{
	static const char *const inside[] = { "127.0.0.1", "10.9.8.7", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1", "100.64.0.1", "::1", "::",
		"fd00::1", "fe80::1", "ff02::1", "224.0.0.1", "0.0.0.0", "255.255.255.255" };
	static const char *const outside[] = { "192.0.2.1", "172.32.0.1", "100.128.0.1", "2001:db8::1", "8.8.8.8", "223.255.255.255" };
	struct net n;

	(void)state;
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		n = net(inside[i]);
		assert_true(net_private(&n));
	}
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
		n = net(outside[i]);
		assert_false(net_private(&n));
	}
}

static void
an_address_meets_its_networks_the_widest_first(void **state)
{
	static const char *const texts[] = { "192.0.2.0/24", "192.0.0.0/8", "192.0.2.7", "192.0.3.0/24", "2001:db8::/32", "0.0.0.0/0" };
	struct net_trie trie = { .nodes = NULL };
	struct net_walk walk;
	struct net n;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		n = net(texts[i]);
		*net_place(&trie, &n) = (void *)(uintptr_t)texts[i];
	}
	n = net("192.0.2.7");
	walk = net_begin(&trie, &n);
	assert_ptr_equal(net_next(&walk), texts[5]);
	assert_ptr_equal(net_next(&walk), texts[1]);
	assert_ptr_equal(net_next(&walk), texts[0]);
	assert_ptr_equal(net_next(&walk), texts[2]);
	assert_null(net_next(&walk));
	/* A network meets those that hold all of it, not those within it. */
	n = net("192.0.2.0/25");
	walk = net_begin(&trie, &n);
	assert_ptr_equal(net_next(&walk), texts[5]);
	assert_ptr_equal(net_next(&walk), texts[1]);
	assert_ptr_equal(net_next(&walk), texts[0]);
	assert_null(net_next(&walk));
	/* The other family is another tree. */
	n = net("2002::1");
	walk = net_begin(&trie, &n);
	assert_null(net_next(&walk));
	n = net("2001:db8:9::1");
	walk = net_begin(&trie, &n);
	assert_ptr_equal(net_next(&walk), texts[4]);
	net_free(&trie);
}

static uint64_t
chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

static struct net
random_net(uint64_t *seed, bool dense)
{
	struct net n = { .high = chance(seed), .v6 = (chance(seed) & 3) == 0 };

	if (dense)	/* near each other, so that they nest and fork */
		n.high = UINT64_C(0xc000020000000000) | (n.high & UINT64_C(0x1f0f00000000));
	if (n.v6)
		n.low = dense ? chance(seed) & 0xff : chance(seed);
	else
		n.high &= UINT64_MAX << 32;
	n.bits = n.v6 ? 128 : 32;
	return net_cut(&n, dense ? (unsigned)chance(seed) % (n.bits + 1u) : n.v6 ? 48 + (unsigned)chance(seed) % 3 * 8 : 32 - (unsigned)(chance(seed) % 8 == 0) * 8);
}

static void
the_trie_finds_what_a_list_finds(void **state)
{
	enum { N = 400 };
	static struct net nets[N];
	static bool there[N];
	struct net_trie trie = { .nodes = NULL };
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t i = chance(&seed) % N, hits = 0, want = 0;
		struct net n = random_net(&seed, true);
		struct net_walk walk;
		struct net *found;

		if (!there[i]) {
			nets[i] = n;
			for (size_t k = 0; k < N; k++)
				if (there[k] && net_same(&nets[k], &n))
					goto next;
			*net_place(&trie, &n) = &nets[i];
			there[i] = true;
		} else if (chance(&seed) % 2 == 0) {
			assert_ptr_equal(net_get(&trie, &nets[i]), &nets[i]);
			net_drop(&trie, &nets[i]);
			assert_null(net_get(&trie, &nets[i]));
			there[i] = false;
		}
	next:
		n = random_net(&seed, true);
		walk = net_begin(&trie, &n);
		while ((found = net_next(&walk)) != NULL) {
			assert_true(net_holds(found, &n));
			hits++;
		}
		for (size_t k = 0; k < N; k++)
			want += there[k] && net_holds(&nets[k], &n);
		assert_int_equal(hits, want);
		assert_true(trie.n <= 2 * N + 2);
	}
	for (size_t i = 0; i < N; i++)
		if (there[i])
			net_drop(&trie, &nets[i]);
	assert_int_equal(trie.root[0], 0);
	assert_int_equal(trie.root[1], 0);
	net_free(&trie);
}

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
a_look_up_among_100000_costs_well_under_a_microsecond(void **state)
{
	enum { N = 100000, ASKS = 1000000 };
	struct net_trie trie = { .nodes = NULL };
	struct net *asks = malloc(4096 * sizeof *asks);
	uint64_t seed = 42;
	size_t hits = 0;
	double began, took;

	(void)state;
	assert_non_null(asks);
	for (int i = 0; i < N; i++) {
		struct net n = random_net(&seed, false);

		*net_place(&trie, &n) = &trie;
		if (i < 2048)
			asks[i] = n;
		else if (i < 4096)
			asks[i] = (struct net){ .high = chance(&seed) & UINT64_MAX << 32, .bits = 32 };
	}
	began = cpu_ns();
	for (int i = 0; i < ASKS; i++) {
		struct net_walk walk = net_begin(&trie, &asks[i & 4095]);

		hits += net_next(&walk) != NULL;
	}
	took = (cpu_ns() - began) / ASKS;
	print_message("%.0f ns a look-up among %d networks, %zu bytes\n", took, N, (size_t)trie.n * sizeof *trie.nodes);
	assert_true(hits >= ASKS / 2);
	/* What is built with sanitizers needs several times as long, and the machine may be busy. */
	assert_true(took < 5000);
	free(asks);
	net_free(&trie);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_and_shown),
		cmocka_unit_test(private_addresses_are_known),
		cmocka_unit_test(an_address_meets_its_networks_the_widest_first),
		cmocka_unit_test(the_trie_finds_what_a_list_finds),
		cmocka_unit_test(a_look_up_among_100000_costs_well_under_a_microsecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
