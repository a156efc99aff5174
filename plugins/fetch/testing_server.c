/* See testing_server.h. What it saw is read between requests, when the thread waits: fetch's job has ended by then. */
#include "testing_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
	int fd, over;
	unsigned port;
	atomic_uint connections, requests;
	pthread_t thread;
	char text[65536];	/* what is being read */
	char saw[65536];
};

/* Waits until there is something to read; false when the test is over. */
static bool
server_wait(struct server *server, int fd)
{
	struct pollfd fds[2] = { { server->over, POLLIN, 0 }, { fd, POLLIN, 0 } };

	poll(fds, fd >= 0 ? 2 : 1, -1);
	return fds[0].revents == 0;
}

static bool
server_write(int fd, const char *p, size_t n)
{
	while (n != 0) {
		ssize_t wrote = send(fd, p, n, MSG_NOSIGNAL);

		if (wrote <= 0)
			return false;
		p += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

static bool
server_read(struct server *server, int fd)
{
	size_t n = 0, need = 0;

	server->text[0] = '\0';
	while (need == 0 || n < need) {
		const char *end, *length;
		ssize_t got;

		if (!server_wait(server, fd) || (got = read(fd, server->text + n, sizeof server->text - 1 - n)) <= 0)
			return false;
		n += (size_t)got;
		server->text[n] = '\0';
		end = strstr(server->text, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(server->text, "content-length:");
		need = (size_t)(end + 4 - server->text) + (length != NULL && length < end ? (size_t)atoi(length + 15) : 0);
	}
	memcpy(server->saw, server->text, sizeof server->saw);
	return true;
}

static bool
server_big(int fd, bool said)
{
	static const char block[65536];

	if (!server_write(fd, said ? "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n" : "HTTP/1.0 200 OK\r\n\r\n", said ? 45 : 19))
		return false;
	for (int i = 0; i < 1024; i++)
		if (!server_write(fd, block, sizeof block))
			return false;
	return false;
}

static bool
server_heads(int fd)
{
	char line[1024];

	snprintf(line, sizeof line, "X-Long: %0900d\r\n", 0);
	server_write(fd, "HTTP/1.1 200 OK\r\n", 17);
	for (int i = 0; i < 200; i++)
		if (!server_write(fd, line, strlen(line)))
			return false;
	return false;
}

/* Answers by the path; false: the connection ends. */
static bool
server_answer(struct server *server, int fd)
{
	static const struct {
		const char *path, *answer;
	} fixed[] = {
		{ "/hello", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-UPPER:  A b \t\r\nContent-Length: 5\r\n\r\nhello" },
		{ "/redirect", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n" },
		{ "/interim", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno" },
		{ "/trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Late: 1\r\n\r\n" },
		{ "/strange", "HTTP/1.1 200 OK\r\nX-Odd: a\x01z\r\nContent-Length: 0\r\n\r\n" },
	};
	const char *path = strchr(server->saw, ' ');
	size_t n = path != NULL ? strcspn(path + 1, " ") : 0;

	for (size_t i = 0; n != 0 && i < sizeof fixed / sizeof fixed[0]; i++)
		if (strlen(fixed[i].path) == n && memcmp(fixed[i].path, path + 1, n) == 0) {
			const char *answer = fixed[i].answer;
			bool head = strncmp(server->saw, "HEAD ", 5) == 0;

			return server_write(fd, answer, head ? (size_t)(strstr(answer, "\r\n\r\n") + 4 - answer) : strlen(answer));
		}
	if (path != NULL && strncmp(path, " /big", 5) == 0)
		return server_big(fd, strncmp(path, " /big-said", 10) == 0);
	if (path != NULL && strncmp(path, " /heads", 7) == 0)
		return server_heads(fd);
	if (path != NULL && strncmp(path, " /drip", 6) == 0) {
		/* A byte that came lately must not keep a transfer alive. */
		server_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 43);
		for (struct pollfd p = { server->over, POLLIN, 0 }; poll(&p, 1, 20) == 0;)
			if (!server_write(fd, "x", 1))
				break;
		return false;
	}
	if (path != NULL && strncmp(path, " /silent", 8) == 0) {
		server_wait(server, fd);
		return false;
	}
	return server_write(fd, "HTTP/1.1 500 What\r\nContent-Length: 0\r\n\r\n", 40);
}

static void *
server_run(void *arg)
{
	struct server *server = arg;

	while (server_wait(server, server->fd)) {
		int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		atomic_fetch_add(&server->connections, 1);
		while (server_read(server, fd)) {
			atomic_fetch_add(&server->requests, 1);
			if (!server_answer(server, fd))
				break;
		}
		close(fd);
	}
	return NULL;
}

struct server *
server_start(void)
{
	struct server *server = calloc(1, sizeof *server);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof in;

	assert(server != NULL);
	server->over = eventfd(0, EFD_CLOEXEC);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->fd, (struct sockaddr *)&in, sizeof in) != 0 || listen(server->fd, 16) != 0 ||
	    getsockname(server->fd, (struct sockaddr *)&in, &n) != 0 || pthread_create(&server->thread, NULL, server_run, server) != 0)
		abort();
	server->port = ntohs(in.sin_port);
	return server;
}

void
server_stop(struct server **server)
{
	eventfd_write((*server)->over, 1);
	pthread_join((*server)->thread, NULL);
	close((*server)->fd);
	close((*server)->over);
	free(*server);
	*server = NULL;
}

unsigned
server_port(const struct server *server)
{
	return server->port;
}

const char *
server_saw(const struct server *server)
{
	return server->saw;
}

unsigned
server_connections(const struct server *server)
{
	return atomic_load(&server->connections);
}

unsigned
server_requests(const struct server *server)
{
	return atomic_load(&server->requests);
}
