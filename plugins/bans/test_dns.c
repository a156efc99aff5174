/* Questions to DNS lists: the bytes, and a name server on loopback that the test plays. */
#include "base/testing.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dns.h"

static struct net
net(const char *text)
{
	struct net n;

	assert_true(net_read(wh_str(text), &n));
	return n;
}

static void
names_are_the_address_backwards(void **state)
{
	char name[DNS_NAME], zone[DNS_NAME];
	struct net n = net("192.0.2.99");

	(void)state;
	assert_true(dns_name(&n, "list.example", name));
	assert_string_equal(name, "99.2.0.192.list.example");
	n = net("2001:db8:1:2:3:4:567:89ab");
	assert_true(dns_name(&n, "list.example", name));
	assert_string_equal(name, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.list.example");
	memset(zone, 'a', 200);
	zone[200] = '\0';
	assert_false(dns_name(&n, zone, name));
}

static void
a_question_is_as_the_rfc_says(void **state)
{
	/* RFC 1035, 4.1: head with RD, one question, labels with their lengths, type A, class IN. */
	static const unsigned char want[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, '2', 2, 'a', 'b', 0, 0, 1, 0, 1 };
	unsigned char packet[DNS_PACKET];

	(void)state;
	assert_int_equal(dns_question(0x1234, "2.ab", packet), sizeof want);
	assert_memory_equal(packet, want, sizeof want);
	assert_int_equal(dns_question(1, "a..b", packet), 0);
	assert_int_equal(dns_question(1, "0123456789012345678901234567890123456789012345678901234567890123.b", packet), 0);
}

/* An answer to "2.ab" with these records behind the question. */
static size_t
answer(unsigned char packet[DNS_PACKET], unsigned code, unsigned records, const unsigned char *bytes, size_t n)
{
	size_t at = dns_question(7, "2.ab", packet);

	packet[2] = 0x81;
	packet[3] = (unsigned char)(0x80 | code);
	packet[7] = (unsigned char)records;
	if (n != 0)
		memcpy(packet + at, bytes, n);
	return at + n;
}

static void
answers_are_read(void **state)
{
	/* A CNAME first, as some servers say it, then two addresses; names are compressed. */
	static const unsigned char records[] = {
		0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 14,
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127, 0, 0, 2,
		1, 'x', 0xc0, 14, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127, 0, 0, 11,
	};
	unsigned char packet[DNS_PACKET];
	struct net found[4], want = net("127.0.0.2"), second = net("127.0.0.11");
	size_t n = answer(packet, 0, 3, records, sizeof records);
	unsigned count;

	(void)state;
	assert_int_equal(dns_answer(packet, n, 7, "2.AB", found, 4, &count), DNS_ANSWERED);
	assert_int_equal(count, 2);
	assert_true(net_same(&found[0], &want) && net_same(&found[1], &second));
	/* Cut anywhere, it says less, and nothing is read behind its end. */
	for (size_t cut = 0; cut < n; cut++) {
		unsigned char *exact = malloc(cut != 0 ? cut : 1);

		assert_non_null(exact);
		memcpy(exact, packet, cut);
		dns_answer(exact, cut, 7, "2.ab", found, 4, &count);
		assert_true(count < 2);
		free(exact);
	}
	n = answer(packet, 3, 0, NULL, 0);
	assert_int_equal(dns_answer(packet, n, 7, "2.ab", found, 4, &count), DNS_ANSWERED);
	assert_int_equal(count, 0);
	n = answer(packet, 2, 0, NULL, 0);
	assert_int_equal(dns_answer(packet, n, 7, "2.ab", found, 4, &count), DNS_FAILED);
}

static void
answers_to_others_are_none(void **state)
{
	unsigned char packet[DNS_PACKET];
	struct net found[4];
	size_t n = answer(packet, 0, 0, NULL, 0);
	unsigned count;

	(void)state;
	assert_int_equal(dns_answer(packet, n, 8, "2.ab", found, 4, &count), DNS_NOT_OURS);
	assert_int_equal(dns_answer(packet, n, 7, "3.ab", found, 4, &count), DNS_NOT_OURS);
	packet[2] = 1;	/* a question, echoed */
	assert_int_equal(dns_answer(packet, n, 7, "2.ab", found, 4, &count), DNS_NOT_OURS);
}

static void
a_reply_counts_by_its_mask_and_never_as_an_error(void **state)
{
	struct dns_zone zone = { .replies = { net("127.0.0.4/30") }, .n_replies = 1 }, all = { .replies = { net("127.0.0.0/8") }, .n_replies = 1 };
	struct net in = net("127.0.0.6"), out = net("127.0.0.8"), error = net("127.255.255.254"), wild = net("192.0.2.1");

	(void)state;
	assert_true(dns_hit(&zone, &in));
	assert_false(dns_hit(&zone, &out));
	assert_false(dns_hit(&all, &error));
	assert_false(dns_hit(&all, &wild));	/* a name server that answers everything with its own page */
}

static void
servers_are_read(void **state)
{
	static const char *const bad[] = { "", "x", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:53x", "[2001:db8::1", "[2001:db8::1]53", "192.0.2.1:" };
	struct sockaddr_storage s;
	socklen_t n;

	(void)state;
	assert_true(dns_server(WH_STR("127.0.0.1:5353"), &s, &n));
	assert_int_equal(((struct sockaddr_in *)(void *)&s)->sin_port, htons(5353));
	assert_true(dns_server(WH_STR("192.0.2.53"), &s, &n));
	assert_int_equal(((struct sockaddr_in *)(void *)&s)->sin_port, htons(53));
	assert_true(dns_server(WH_STR("[2001:db8::53]:54"), &s, &n));
	assert_true(dns_server(WH_STR("2001:db8::53"), &s, &n));
	assert_int_equal(s.ss_family, AF_INET6);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(dns_server(wh_str(bad[i]), &s, &n));
}

/* A name server that answers `n` questions: names that begin with 2. are on the list, those that begin with 3. are not, others it keeps quiet about. */
struct server {
	int fd;
	unsigned n;
};

static void *
serve(void *arg)
{
	const struct server *server = arg;

	for (unsigned i = 0; i < server->n; i++) {
		unsigned char packet[DNS_PACKET];
		struct sockaddr_storage from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(server->fd, packet, sizeof packet - 16, 0, (struct sockaddr *)&from, &size);
		static const unsigned char record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127, 0, 0, 2 };

		if (n < 13 || (packet[13] != '2' && packet[13] != '3'))
			continue;
		packet[2] = 0x81;
		packet[3] = packet[13] == '2' ? 0x80 : 0x83;
		packet[7] = packet[13] == '2';
		if (packet[13] == '2') {
			memcpy(packet + n, record, sizeof record);
			n += (ssize_t)sizeof record;
		}
		sendto(server->fd, packet, (size_t)n, 0, (struct sockaddr *)&from, size);
	}
	return NULL;
}

static void
lists_are_asked_and_silence_ends(void **state)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct server server = { socket(AF_INET, SOCK_DGRAM, 0), 6 };
	struct dns_asking asking = { .timeout_ms = 5000, .n = 2, .address = net("192.0.2.2"),
		.zones = { { "a.test", { net("127.0.0.0/8") }, 1 }, { "b.test", { net("127.0.0.9") }, 1 } } };
	pthread_t thread;

	(void)state;
	asking.server_size = sizeof here;
	assert_int_equal(bind(server.fd, (struct sockaddr *)&here, sizeof here), 0);
	assert_int_equal(getsockname(server.fd, (struct sockaddr *)&here, &asking.server_size), 0);
	memcpy(&asking.server, &here, sizeof here);
	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	dns_ask(&asking);
	assert_int_equal(asking.answered, 3);
	assert_int_equal(asking.hits, 1);
	asking.address = net("192.0.2.3");
	dns_ask(&asking);
	assert_int_equal(asking.answered, 3);
	assert_int_equal(asking.hits, 0);
	asking.address = net("192.0.2.4");
	asking.timeout_ms = 100;
	dns_ask(&asking);
	assert_int_equal(asking.answered, 0);
	assert_int_equal(asking.hits, 0);
	pthread_join(thread, NULL);
	close(server.fd);
	/* Nobody listens there at all. */
	dns_ask(&asking);
	assert_int_equal(asking.answered, 0);
	assert_true(asking.took_us >= 90000);
}

static void
resolv_conf_is_read(void **state)
{
	char path[] = "/tmp/test_dns_XXXXXX";
	int fd = mkstemp(path);
	static const char text[] = "# nameserver 192.0.2.1\nsearch example\nnameserver fe80::1%eth0\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n";
	struct sockaddr_storage s;
	socklen_t n;
	char shown[64];

	(void)state;
	assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1);
	close(fd);
	assert_true(dns_resolv_conf(path, &s, &n));
	inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)&s)->sin_addr, shown, sizeof shown);
	assert_string_equal(shown, "192.0.2.2");
	unlink(path);
	assert_false(dns_resolv_conf(path, &s, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_address_backwards),
		cmocka_unit_test(a_question_is_as_the_rfc_says),
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(answers_to_others_are_none),
		cmocka_unit_test(a_reply_counts_by_its_mask_and_never_as_an_error),
		cmocka_unit_test(servers_are_read),
		cmocka_unit_test(lists_are_asked_and_silence_ends),
		cmocka_unit_test(resolv_conf_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
