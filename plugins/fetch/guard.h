/* The guard: which addresses an URL that a stranger gave may lead to. Only those that are reachable by everybody. */
#ifndef FETCH_GUARD_H
#define FETCH_GUARD_H

#include <sys/socket.h>
#include <whiply/types.h>

/** NULL when the address is public; else what it is: "loopback". Families other than IPv4 and IPv6 are never public. */
const char *guard_address(const struct sockaddr *sa);

/** The same for a host as it stands in an URL: an address (IPv6 with or without brackets), or a name that always means this machine. NULL
 * for all other names: nobody knows yet where they lead. */
const char *guard_host(const char *host);

#endif
