/* Questions to DNS lists: is this address on that list? One asking is a plain struct that a job copies: it sends a question for each list to one name
 * server over one UDP socket, and reads what comes until all are answered or the time is over. Answers are taken only with the number, the name and
 * the type of a question of ours, from the server that was asked. Knows no host. */
#ifndef BANS_DNS_H
#define BANS_DNS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "net.h"

enum {
	DNS_ZONES = 16,
	DNS_ZONE = 128,		/* bytes of a zone, with its NUL */
	DNS_REPLIES = 8,	/* networks of one list that replies have to be in */
	DNS_PACKET = 512,
	DNS_NAME = 256,		/* of the name that is asked for: at most 253 */
};

struct dns_zone {
	char name[DNS_ZONE];
	struct net replies[DNS_REPLIES];
	unsigned n_replies;
};

struct dns_asking {
	struct sockaddr_storage server;
	socklen_t server_size;
	int64_t timeout_ms;
	struct net address;
	unsigned n;
	struct dns_zone zones[DNS_ZONES];
	/* What came of it: */
	uint32_t answered, hits;	/* a bit for each zone */
	int64_t took_us;
};

/** "2.0.0.127.ZONE", or the 32 digits of IPv6. False: too long. */
bool dns_name(const struct net *address, const char *zone, char out[static DNS_NAME]);

/** Writes the question for a name's A records; returns its size, or 0 when the name is none. */
size_t dns_question(uint16_t number, const char *name, unsigned char out[static DNS_PACKET]);

enum dns_said { DNS_NOT_OURS = -1, DNS_FAILED, DNS_ANSWERED };

/** Reads an answer to that question. DNS_ANSWERED: `n_out` addresses (as the first 32 bits of net.high), none when there is no such name;
 * DNS_FAILED: the server can't tell. */
enum dns_said dns_answer(const unsigned char *packet, size_t n, uint16_t number, const char *name, struct net *to, unsigned most, unsigned *n_out);

/** Does a list's reply mean that the address is on it? 127.255.255.0/24 is how lists tell that they do not answer us. */
bool dns_hit(const struct dns_zone *zone, const struct net *reply);

/** Reads "192.0.2.1", "192.0.2.1:53", "[2001:db8::1]:53". */
bool dns_server(struct wh_str text, struct sockaddr_storage *out, socklen_t *size_out);

/** The first name server of a resolv.conf; false: there is none. */
bool dns_resolv_conf(const char *path, struct sockaddr_storage *out, socklen_t *size_out);

/** Blocks for the timeout at most. */
void dns_ask(struct dns_asking *asking);

#endif
