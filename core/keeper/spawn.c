/* See spawn.h. What runs between fork and exec is written for it: no allocation, no log. */
#include "keeper/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

enum { SPAWN_FIRST = 3, SPAWN_HIGH = 100 };

int
spawn_fd_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_HIGH);

	wh_fd_close(&fd);
	return high;
}

static void __attribute__((noreturn))
spawn_fail(const struct spawn *s, const char *what)
{
	char text[256];
	int n = snprintf(text, sizeof text, "%s %s: %s\n", what, s->program, strerror(errno));

	if (s->last_words != NULL && n > 0)
		wh_log_page_add(s->last_words, s->last_words_size, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
	_exit(127);
}

/* Nothing but 0 to `first` - 1 stays open. Old kernels and some sandboxes have no close_range. */
static void
spawn_close_from(unsigned first)
{
	long max;

	if (close_range(first, UINT_MAX, 0) == 0)
		return;
	max = sysconf(_SC_OPEN_MAX);
	for (int fd = (int)first; fd < (max > 0 && max < 65536 ? (int)max : 65536); fd++)
		close(fd);
}

static void
spawn_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	umask(027);
}

/* Ctrl-C and a service manager's SIGTERM go to the whole group: the keeper alone answers, and ends the others in order. */
static bool
spawn_ignores(int sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGHUP || sig == SIGPIPE || sig == SIGUSR1 || sig == SIGUSR2;
}

static void
spawn_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, spawn_ignores(sig) ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
spawn_drop(const struct spawn *s)
{
	if (s->drop && (setgroups(1, &s->gid) != 0 || setresgid(s->gid, s->gid, s->gid) != 0 || setresuid(s->uid, s->uid, s->uid) != 0))
		spawn_fail(s, "cannot drop privileges for");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		spawn_fail(s, "cannot forbid new privileges for");
}

pid_t
spawn_process(const struct spawn *s)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (unsigned i = 0; i < s->n_fds; i++)
		if (dup2(s->fds[i], SPAWN_FIRST + (int)i) < 0)
			spawn_fail(s, "cannot pass descriptors to");
	spawn_close_from(SPAWN_FIRST + s->n_fds);
	spawn_signals();
	spawn_limits();
	spawn_drop(s);
	execv(s->program, s->argv);
	spawn_fail(s, "cannot execute");
}
