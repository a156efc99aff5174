/* See listen.h. All descriptors come out above the numbers that children find things at. */
#include "keeper/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "keeper/spawn.h"

static bool
listen_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* ":80" means IPv4 as well; "[::]:80" does not. */
static int
listen_bind(struct listener *l, bool shared)
{
	struct sockaddr_storage sa;
	socklen_t n = wh_endpoint_sockaddr(&l->endpoint, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool both = l->address[0] == ':';

	if (fd < 0)
		return -1;
	if (!listen_option(fd, SOL_SOCKET, SO_REUSEADDR, 1)
	    || (shared && !listen_option(fd, SOL_SOCKET, SO_REUSEPORT, 1))
	    || (sa.ss_family == AF_INET6 && !listen_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !both))
	    || (l->freebind && !listen_option(fd, IPPROTO_IP, IP_FREEBIND, 1))
	    || bind(fd, (const struct sockaddr *)&sa, n) != 0) {
		wh_fd_close(&fd);
		return -1;
	}
	return fd;
}

/* A machine without IPv6 has IPv4 for ":80" still. */
static int
listen_bind_or_v4(struct listener *l, bool shared)
{
	int fd = listen_bind(l, shared);

	if (fd < 0 && l->address[0] == ':' && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		static const uint8_t any[16] = { [10] = 0xff, [11] = 0xff };

		memcpy(l->endpoint.addr.ip, any, sizeof any);
		l->endpoint.addr.family = WH_ADDR_V4;
		fd = listen_bind(l, shared);
	}
	return fd;
}

bool
listen_is_free(struct listener *l, const char **why_out)
{
	int fd = listen_bind_or_v4(l, false);

	if (fd < 0) {
		*why_out = strerror(errno);
		return false;
	}
	wh_fd_close(&fd);
	return true;
}

int
listen_tcp(struct listener *l, const char **why_out)
{
	int fd = listen_bind_or_v4(l, true);

	/* Accepted sockets inherit TCP_NODELAY: edges write whole messages. */
	if (fd < 0 || !listen_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) || listen(fd, l->backlog) != 0) {
		*why_out = strerror(errno);
		wh_fd_close(&fd);
		return -1;
	}
	return spawn_fd_high(fd);
}

/* A socket file that nobody answers at is left from a process that died. */
static bool
listen_unlink_stale(const struct sockaddr_un *sa, const char **why_out)
{
	struct stat st;
	int fd, result;

	if (lstat(sa->sun_path, &st) != 0)
		return true;
	if (!S_ISSOCK(st.st_mode)) {
		*why_out = "there is a file that is not a socket";
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	result = fd >= 0 ? connect(fd, (const struct sockaddr *)sa, sizeof *sa) : -1;
	if (result == 0 || (errno != ECONNREFUSED && errno != ENOENT)) {
		*why_out = result == 0 || errno == EAGAIN ? "another process listens there" : strerror(errno);
		wh_fd_close(&fd);
		return false;
	}
	wh_fd_close(&fd);
	if (unlink(sa->sun_path) == 0 || errno == ENOENT)
		return true;
	*why_out = strerror(errno);
	return false;
}

int
listeners_unix(const char *path, unsigned mode, int backlog, const char **why_out)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof sa.sun_path) {
		*why_out = "the path is too long";
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (!listen_unlink_stale(&sa, why_out))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto fail;
	/* Nobody may connect before the mode is right: a fresh socket has none until listen. */
	if (bind(fd, (const struct sockaddr *)&sa, sizeof sa) != 0 || chmod(path, mode) != 0 || listen(fd, backlog) != 0)
		goto fail;
	return spawn_fd_high(fd);
fail:
	*why_out = strerror(errno);
	wh_fd_close(&fd);
	return -1;
}
