/* The datagrams of notify.h. */
#include "keeper/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

void
notify_open(struct notify *n, const char *socket_path, const char *watchdog_usec, const char *watchdog_pid, int pid)
{
	size_t length = socket_path != NULL ? strlen(socket_path) : 0;

	*n = (struct notify){ .fd = -1, .to = { .sun_family = AF_UNIX } };
	/* An absolute path, or '@' and an abstract name. */
	if (length < 2 || length >= sizeof n->to.sun_path || (socket_path[0] != '/' && socket_path[0] != '@'))
		return;
	memcpy(n->to.sun_path, socket_path, length);
	if (socket_path[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_n = (unsigned)(offsetof(struct sockaddr_un, sun_path) + length);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (watchdog_usec != NULL && (watchdog_pid == NULL || atoi(watchdog_pid) == pid))
		n->watchdog_ms = strtoll(watchdog_usec, NULL, 10) / 2000;
	if (n->watchdog_ms < 0)
		n->watchdog_ms = 0;
}

void
notify_close(struct notify *n)
{
	wh_fd_close(&n->fd);
}

void
notify_send(const struct notify *n, const char *lines)
{
	if (n->fd >= 0)
		(void)!sendto(n->fd, lines, strlen(lines), MSG_NOSIGNAL, (const struct sockaddr *)&n->to, n->to_n);
}

void
notify_reloading(const struct notify *n, int64_t mono_us)
{
	char lines[80];

	snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, mono_us);
	notify_send(n, lines);
}
