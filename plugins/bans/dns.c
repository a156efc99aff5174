/* The questions of dns.h. Of RFC 1035 only what is needed: one question, A records, compressed names in what is skipped. */
#include "dns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 12, LABEL = 63, TYPE_A = 1, CLASS_IN = 1, RECORDS = 64, NO_SUCH_NAME = 3 };

bool
dns_name(const struct net *address, const char *zone, char out[static DNS_NAME])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	if (address->v6) {
		for (int i = 0; i < 32; i++) {
			uint64_t half = i < 16 ? address->low : address->high;

			out[n++] = digits[half >> (4 * (i % 16)) & 15];
			out[n++] = '.';
		}
	} else {
		for (int i = 0; i < 4; i++)
			n += (size_t)sprintf(out + n, "%u.", (unsigned)(address->high >> (32 + 8 * i) & 255));
	}
	if (n + strlen(zone) > 253)
		return false;
	memcpy(out + n, zone, strlen(zone) + 1);
	return true;
}

static unsigned char *
put16(unsigned char *to, unsigned v)
{
	to[0] = (unsigned char)(v >> 8);
	to[1] = (unsigned char)v;
	return to + 2;
}

static unsigned
get16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

size_t
dns_question(uint16_t number, const char *name, unsigned char out[static DNS_PACKET])
{
	unsigned char *to = out;

	if (strlen(name) > 253)
		return 0;
	to = put16(to, number);
	to = put16(to, 0x0100);		/* look further if need be */
	to = put16(to, 1);
	to = put16(put16(put16(to, 0), 0), 0);
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		if (n == 0 || n > LABEL)
			return 0;
		*to++ = (unsigned char)n;
		memcpy(to, name, n);
		to += n;
		name += n + (name[n] == '.');
	}
	*to++ = 0;
	to = put16(put16(to, TYPE_A), CLASS_IN);
	return (size_t)(to - out);
}

/* Behind a name, compressed or not; SIZE_MAX: the packet ends in it. */
static size_t
skip_name(const unsigned char *packet, size_t n, size_t at)
{
	while (at < n) {
		unsigned char c = packet[at];

		if (c == 0)
			return at + 1;
		if ((c & 0xc0) == 0xc0)
			return at + 2 <= n ? at + 2 : SIZE_MAX;
		if ((c & 0xc0) != 0)
			return SIZE_MAX;
		at += 1u + c;
	}
	return SIZE_MAX;
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* It repeats our question, or is no answer to it. */
static bool
same_question(const unsigned char *packet, size_t n, const unsigned char *question, size_t size)
{
	if (n < size)
		return false;
	for (size_t i = HEAD; i < size; i++)
		if (lower(packet[i]) != lower(question[i]))
			return false;
	return true;
}

enum dns_said
dns_answer(const unsigned char *packet, size_t n, uint16_t number, const char *name, struct net *to, unsigned most, unsigned *n_out)
{
	unsigned char question[DNS_PACKET];
	size_t at = dns_question(number, name, question);
	unsigned code, records;

	*n_out = 0;
	if (n < HEAD || at == 0 || get16(packet) != number || (packet[2] & 0x80) == 0 || get16(packet + 4) != 1 || !same_question(packet, n, question, at))
		return DNS_NOT_OURS;
	code = packet[3] & 15;
	if (code == NO_SUCH_NAME)
		return DNS_ANSWERED;
	if (code != 0)
		return DNS_FAILED;
	records = get16(packet + 6);
	for (unsigned i = 0; i < records && i < RECORDS && *n_out < most; i++) {
		size_t size;

		at = skip_name(packet, n, at);
		if (at == SIZE_MAX || n - at < 10)
			break;
		size = get16(packet + at + 8);
		if (n - at - 10 < size)
			break;
		if (get16(packet + at) == TYPE_A && get16(packet + at + 2) == CLASS_IN && size == 4) {
			const unsigned char *a = packet + at + 10;

			to[(*n_out)++] = (struct net){ .high = (uint64_t)a[0] << 56 | (uint64_t)a[1] << 48 | (uint64_t)a[2] << 40 | (uint64_t)a[3] << 32, .bits = 32 };
		}
		at += 10 + size;
	}
	return DNS_ANSWERED;
}

bool
dns_hit(const struct dns_zone *zone, const struct net *reply)
{
	static const struct net mute = { .high = UINT64_C(0x7fffff00) << 32, .bits = 24 };

	if (net_holds(&mute, reply))
		return false;
	for (unsigned i = 0; i < zone->n_replies; i++)
		if (net_holds(&zone->replies[i], reply))
			return true;
	return false;
}

bool
dns_server(struct wh_str text, struct sockaddr_storage *out, socklen_t *size_out)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char copy[80], *address = copy, *port = NULL, *end = NULL;
	unsigned long number = 53;

	if (text.n == 0 || text.n >= sizeof copy || memchr(text.p, '\0', text.n) != NULL)
		return false;
	snprintf(copy, sizeof copy, "%.*s", WH_FMT(text));
	if (copy[0] == '[') {
		char *close = strchr(copy, ']');

		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return false;
		address = copy + 1;
		port = close[1] == ':' ? close + 2 : NULL;
		*close = '\0';
	} else if (strchr(copy, ':') != NULL && strchr(copy, ':') == strrchr(copy, ':')) {
		port = strchr(copy, ':');
		*port++ = '\0';
	}
	if (port != NULL) {
		number = strtoul(port, &end, 10);
		if (*port < '0' || *port > '9' || *end != '\0' || number == 0 || number > 65535)
			return false;
	}
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, address, &in4.sin_addr) == 1) {
		in4.sin_port = htons((uint16_t)number);
		memcpy(out, &in4, sizeof in4);
		*size_out = sizeof in4;
		return true;
	}
	if (inet_pton(AF_INET6, address, &in6.sin6_addr) != 1)
		return false;
	in6.sin6_port = htons((uint16_t)number);
	memcpy(out, &in6, sizeof in6);
	*size_out = sizeof in6;
	return true;
}

bool
dns_resolv_conf(const char *path, struct sockaddr_storage *out, socklen_t *size_out)
{
	FILE *file = fopen(path, "re");
	char line[256], word[128];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
		found = sscanf(line, " nameserver %127s", word) == 1 && dns_server(wh_str(word), out, size_out);
	if (file != NULL)
		fclose(file);
	return found;
}

/* Asking */

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
send_questions(const struct dns_asking *asking, int fd, const uint16_t numbers[DNS_ZONES])
{
	unsigned char packet[DNS_PACKET];
	char name[DNS_NAME];

	for (unsigned i = 0; i < asking->n; i++) {
		size_t n;

		if ((asking->answered & 1u << i) != 0 || !dns_name(&asking->address, asking->zones[i].name, name))
			continue;
		n = dns_question(numbers[i], name, packet);
		/* What is lost is asked again. */
		if (n != 0 && send(fd, packet, n, MSG_NOSIGNAL) < 0)
			continue;
	}
}

static void
take_answer(struct dns_asking *asking, const unsigned char *packet, size_t n, const uint16_t numbers[DNS_ZONES], uint32_t *done)
{
	struct net replies[DNS_REPLIES * 2];
	char name[DNS_NAME];
	unsigned found;

	for (unsigned i = 0; i < asking->n; i++) {
		enum dns_said said;

		if ((*done & 1u << i) != 0 || !dns_name(&asking->address, asking->zones[i].name, name))
			continue;
		said = dns_answer(packet, n, numbers[i], name, replies, DNS_REPLIES * 2, &found);
		if (said == DNS_NOT_OURS)
			continue;
		*done |= 1u << i;
		if (said == DNS_ANSWERED)
			asking->answered |= 1u << i;
		for (unsigned k = 0; k < found; k++)
			if (dns_hit(&asking->zones[i], &replies[k]))
				asking->hits |= 1u << i;
		return;
	}
}

static void
ask_on(struct dns_asking *asking, int fd, int64_t began)
{
	uint16_t numbers[DNS_ZONES];
	int64_t end = began + asking->timeout_ms * 1000, again = began + asking->timeout_ms * 500;
	uint32_t done = 0, all = asking->n >= 32 ? UINT32_MAX : (1u << asking->n) - 1;

	if (getrandom(numbers, sizeof numbers, 0) != sizeof numbers)
		return;
	send_questions(asking, fd, numbers);
	for (int64_t now = began; done != all && now < end; now = now_us()) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		unsigned char packet[DNS_PACKET * 4];
		int64_t until = again != 0 ? again : end;
		ssize_t n;

		if (poll(&wait, 1, until > now ? (int)((until - now + 999) / 1000) : 0) > 0) {
			n = recv(fd, packet, sizeof packet, MSG_DONTWAIT);
			if (n > 0)
				take_answer(asking, packet, (size_t)n, numbers, &done);
			else if (n < 0)
				usleep(1000);	/* nobody listens there: not as fast as we can */
		}
		if (again != 0 && now_us() >= again) {
			send_questions(asking, fd, numbers);
			again = 0;
		}
	}
}

void
dns_ask(struct dns_asking *asking)
{
	int64_t began = now_us();
	int fd = socket(asking->server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	asking->answered = asking->hits = 0;
	/* Connected: what comes from anybody else is not even read. */
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&asking->server, asking->server_size) == 0)
		ask_on(asking, fd, began);
	if (fd >= 0)
		close(fd);
	asking->took_us = now_us() - began;
}
