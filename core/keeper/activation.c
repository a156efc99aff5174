/* See activation.h. */
#include "keeper/activation.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/un.h>

#include "base/fd.h"

enum { ACTIVATION_HIGH = 100 };	/* above the numbers that children find things at */

static bool
activation_number(const char *text, long *out)
{
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	*out = strtol(text, &end, 10);
	return *end == '\0';
}

bool
activation_parse(struct activation *a, const char *listen_pid, const char *listen_fds, const char *listen_fdnames, int pid)
{
	const char *name = listen_fdnames;
	long for_pid, n;

	*a = (struct activation){ 0 };
	if (!activation_number(listen_pid, &for_pid) || for_pid != pid)
		return false;
	if (!activation_number(listen_fds, &n) || n < 1 || n > ACTIVATION_MAX)
		return false;
	for (; a->n < (unsigned)n; a->n++) {
		size_t length = name != NULL ? strcspn(name, ":") : 0;

		a->sockets[a->n].fd = ACTIVATION_FIRST + (int)a->n;
		if (length > 0 && length < ACTIVATION_NAME)
			memcpy(a->sockets[a->n].name, name, length);
		name = name != NULL && name[length] == ':' ? name + length + 1 : NULL;
	}
	return true;
}

void
activation_adopt(struct activation *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		int high = fcntl(a->sockets[i].fd, F_DUPFD_CLOEXEC, ACTIVATION_HIGH);

		wh_fd_close(&a->sockets[i].fd);
		a->sockets[i].fd = high;
		if (high >= 0)
			(void)wh_fd_nonblock(high, true);
	}
}

static bool
activation_is_at(int fd, const struct wh_endpoint *address)
{
	struct sockaddr_storage have;
	socklen_t have_n = sizeof have;
	struct wh_addr at;

	if (getsockname(fd, (struct sockaddr *)&have, &have_n) != 0)
		return false;
	if (address->addr.family == WH_ADDR_UNIX)
		return have.ss_family == AF_UNIX && have_n > offsetof(struct sockaddr_un, sun_path)
			&& strcmp(((const struct sockaddr_un *)(const void *)&have)->sun_path, address->path) == 0;
	return wh_addr_from_sockaddr(&at, (const struct sockaddr *)&have, have_n) == WH_OK
		&& wh_addr_same_ip(&at, &address->addr) && at.port == address->addr.port;
}

int
activation_take(struct activation *a, struct wh_str name, const struct wh_endpoint *address)
{
	for (int by_name = 1; by_name >= 0; by_name--)
		for (unsigned i = 0; i < a->n; i++) {
			int fd = a->sockets[i].fd;

			if (fd < 0 || !(by_name ? wh_str_is(name, a->sockets[i].name) : activation_is_at(fd, address)))
				continue;
			a->sockets[i].fd = -1;
			return fd;
		}
	return -1;
}

void
activation_close(struct activation *a)
{
	for (unsigned i = 0; i < a->n; i++)
		wh_fd_close(&a->sockets[i].fd);
	a->n = 0;
}
