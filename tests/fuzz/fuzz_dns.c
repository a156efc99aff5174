/* Answers of name servers, and what else plugins/bans reads: networks and servers from a text. What must hold: an answer that is ours gives no more
 * addresses than there is room for; a network that is read is shown as a text that reads as the same. */
#include <stdlib.h>

#include "dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct net found[5], net, again;
	struct sockaddr_storage server;
	socklen_t size;
	char text[NET_TEXT];
	unsigned count;

	found[4].bits = 77;
	if (dns_answer(data, n, 0x0707, "2.ab", found, 4, &count) != DNS_ANSWERED)
		must(count == 0);
	must(count <= 4 && found[4].bits == 77);
	dns_server((struct wh_str){ (const char *)data, n }, &server, &size);
	if (net_read((struct wh_str){ (const char *)data, n }, &net)) {
		net_show(&net, text);
		must(net_read(wh_str(text), &again) && net_same(&net, &again));
	}
	return 0;
}
