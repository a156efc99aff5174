/* One run of whiplyctl: connect, learn the commands, call one, show what it came to. main.c runs it in a process, tests run it
 * against a server of their own. */
#ifndef WHIPLY_CTL_CTL_H
#define WHIPLY_CTL_CTL_H

#include "ctl/options.h"
#include "ctl/render.h"
#include "ctl/table.h"
#include "ctl/wire.h"

/** How whiplyctl ends. */
enum ctl_code {
	CTL_OK = 0,
	CTL_FAILED = 1,		/* the server refused, or the command failed */
	CTL_USAGE = 2,		/* it was not called */
	CTL_AWAY = 3,		/* the server cannot be reached, or went away */
};

enum {
	CTL_BACK_MS = 10000,	/* how long a restarted hub may take to be back */
};

struct ctl {
	struct options options;
	struct render how;
	struct wire wire;
	struct table *table;		/* owned; NULL until it is known */
	struct wh_buf out, err;		/* for stdout and stderr, until ctl_flush */
	int out_fd, err_fd;		/* -1: keep what was written, as tests do */
	bool clear;			/* `watch` may clear the screen */
};

int ctl_run(struct ctl *c, int argc, char **argv);

/** Connects and reads the table of commands. What is wrong goes to `c->err`. */
int ctl_connect(struct ctl *c);

/** Calls one command and shows the result, or the error. */
int ctl_call(struct ctl *c, const struct table_command *command, struct wh_str params);

/** Shows what a call came to: its result on stdout, or what went wrong on stderr. */
int ctl_show(struct ctl *c, const struct table_command *command, enum wh_err err, const struct answer *answer);

/** After `restart hub` was said: waits until another hub answers. `began_ms` is monotonic. */
int ctl_wait_back(struct ctl *c, int64_t began_ms);

/** `log` with options: shows lines of the logs; with -f until the server is gone. */
int ctl_log(struct ctl *c, int n, char *const words[]);

void ctl_flush(struct ctl *c);
void ctl_free(struct ctl *c);

/** "whiplyctl: " and a sentence on stderr; returns `code`. */
int ctl_say(struct ctl *c, int code, struct wh_str sentence);

#endif
