/* Sockets that systemd opened for us ($LISTEN_FDS and its friends): by name, or by the address that they are bound to. */
#ifndef WHIPLY_KEEPER_ACTIVATION_H
#define WHIPLY_KEEPER_ACTIVATION_H

#include "base/addr.h"

enum { ACTIVATION_MAX = 64, ACTIVATION_FIRST = 3, ACTIVATION_NAME = 64 };

struct activation {
	unsigned n;
	struct {
		int fd;				/* owned until taken */
		char name[ACTIVATION_NAME];	/* empty: none given */
	} sockets[ACTIVATION_MAX];
};

/** Reads the variables (any may be NULL) of this process `pid`, touches no descriptor: n and names are set, and fds to the
 * numbers that they have. False: they are not for us, or make no sense. */
bool activation_parse(struct activation *a, const char *listen_pid, const char *listen_fds, const char *listen_fdnames, int pid);

/** Moves the descriptors away from the low numbers, and makes them close-on-exec and non-blocking. */
void activation_adopt(struct activation *a);

/** Takes out the socket of this name, else one that is bound to this address: a descriptor that is the caller's, or -1. */
int activation_take(struct activation *a, struct wh_str name, const struct wh_endpoint *address);

/** Closes what nobody took. */
void activation_close(struct activation *a);

#endif
