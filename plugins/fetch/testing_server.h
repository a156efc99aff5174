/* A small web server for the tests of fetch, in a thread of its own on a loopback port that the kernel chose. The path says how it
 * behaves; see testing_server.c. It answers one connection after the other. */
#ifndef FETCH_TESTING_SERVER_H
#define FETCH_TESTING_SERVER_H

struct server;

struct server *server_start(void);
void server_stop(struct server **server);
unsigned server_port(const struct server *server);

/** The last request, head and body, as it came. */
const char *server_saw(const struct server *server);

/** How many connections, and how many requests, it has had. */
unsigned server_connections(const struct server *server);
unsigned server_requests(const struct server *server);

#endif
