/* sd_notify by hand: a datagram of lines to $NOTIFY_SOCKET. Without that variable everything here does nothing. */
#ifndef WHIPLY_KEEPER_NOTIFY_H
#define WHIPLY_KEEPER_NOTIFY_H

#include <sys/un.h>
#include <whiply/types.h>

struct notify {
	int fd;				/* owned; -1: nobody listens */
	struct sockaddr_un to;
	unsigned to_n;
	int64_t watchdog_ms;		/* how often to send WATCHDOG=1; 0: never */
};

/** Reads the variables (any may be NULL) of this process `pid`. */
void notify_open(struct notify *n, const char *socket, const char *watchdog_usec, const char *watchdog_pid, int pid);
void notify_close(struct notify *n);

/** Lines such as "READY=1\nSTATUS=serving". Lost when systemd does not read: it is news, not an order. */
void notify_send(const struct notify *n, const char *lines);

/** RELOADING=1 with the time that systemd wants beside it. */
void notify_reloading(const struct notify *n, int64_t mono_us);

#endif
