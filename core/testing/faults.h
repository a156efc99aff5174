/* For tests of what aborts with a sentence. */
#ifndef WHIPLY_TESTING_FAULTS_H
#define WHIPLY_TESTING_FAULTS_H

#include "base/testing.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `wrong` in a child: it must abort, and say `sentence`. */
static inline void
assert_faults(void (*wrong)(void), const char *sentence)
{
	char said[1000] = "";
	size_t n = 0;
	ssize_t got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		wrong();
		_exit(0);
	}
	close(fds[1]);
	while (n < sizeof said - 1 && (got = read(fds[0], said + n, sizeof said - 1 - n)) > 0)
		n += (size_t)got;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (strstr(said, sentence) == NULL)
		fail_msg("it said \"%s\"", said);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

#endif
