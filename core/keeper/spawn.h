/* Starting a program as a child: descriptors at their fixed numbers and no others, privileges dropped, then exec. */
#ifndef WHIPLY_KEEPER_SPAWN_H
#define WHIPLY_KEEPER_SPAWN_H

#include <sys/types.h>
#include <whiply/types.h>

struct spawn {
	const char *program;	/* absolute */
	char *const *argv;	/* NULL-ended */
	const int *fds;		/* become 3, 4, ...; all are above the highest of those */
	unsigned n_fds;
	bool drop;		/* become `uid` and `gid`, with no other groups */
	uid_t uid;
	gid_t gid;
	char *last_words;	/* where a child that could not exec says why; shared, may be NULL */
	size_t last_words_size;
};

/** The pid, or -1 with errno. A program that cannot be executed is a child that exits with 127 at once. */
pid_t spawn_process(const struct spawn *s);

/** A copy of a descriptor above all fixed numbers, close-on-exec; -1 with errno. Closes `fd`. */
int spawn_fd_high(int fd);

#endif
