/* What stands before the command: whiplyctl's own options. */
#ifndef WHIPLY_CTL_OPTIONS_H
#define WHIPLY_CTL_OPTIONS_H

#include "base/buf.h"

struct options {
	const char *socket;	/* borrowed from argv, the environment, or static */
	int64_t timeout_ms;
	bool json;
	bool help;
	bool version;
	bool complete;		/* `words` is a command line to complete */
	int n;
	char **words;		/* the command and what follows it */
};

/** WH_EINVAL: `why` says what was not understood. */
enum wh_err options_read(struct options *o, int argc, char **argv, struct wh_buf *why);

#endif
