/* The system calls behind listeners.h: one socket at a time. */
#ifndef WHIPLY_KEEPER_LISTEN_H
#define WHIPLY_KEEPER_LISTEN_H

#include "keeper/listeners.h"

/** Opens one of several sockets of a TCP listener; -1 and the reason. */
int listen_tcp(struct listener *l, const char **why_out);

/** Is nobody else there? With SO_REUSEPORT a second server would silently share our clients with us. */
bool listen_is_free(struct listener *l, const char **why_out);

#endif
