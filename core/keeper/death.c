/* See death.h. */
#include "keeper/death.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

void
death_describe(int status, char out[static DEATH_TEXT])
{
	const char *name;

	if (WIFEXITED(status)) {
		snprintf(out, DEATH_TEXT, "exit %d", WEXITSTATUS(status));
		return;
	}
	name = sigabbrev_np(WTERMSIG(status));
	if (name != NULL)
		snprintf(out, DEATH_TEXT, "SIG%s%s", name, WCOREDUMP(status) ? " (core dumped)" : "");
	else
		snprintf(out, DEATH_TEXT, "signal %d%s", WTERMSIG(status), WCOREDUMP(status) ? " (core dumped)" : "");
}
