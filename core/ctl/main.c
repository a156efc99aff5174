/* whiplyctl: speaks with a running whiplyd over its control socket. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/ctl.h"

/* Colours and cut lines are for a person at a terminal. */
static void
main_terminal(struct ctl *c)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return;
	c->how.colour = (no_colour == NULL || *no_colour == '\0') && term != NULL && strcmp(term, "dumb") != 0;
	c->clear = term != NULL && strcmp(term, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		c->how.width = size.ws_col;
}

int
main(int argc, char **argv)
{
	struct ctl c = { .wire = { .fd = -1 }, .out_fd = STDOUT_FILENO, .err_fd = STDERR_FILENO };
	int code;

	main_terminal(&c);
	code = ctl_run(&c, argc, argv);
	ctl_flush(&c);
	ctl_free(&c);
	return code;
}
