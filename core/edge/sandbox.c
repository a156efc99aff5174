/* The seccomp filter of an edge. It holds no data and parses hostile bytes: whoever takes it over finds sockets that are there
 * already, files below the trees for reading, and nothing else: no exec, no fork, no new socket but accepted ones, no
 * executable memory, no signal to others. What libraries try and can do without fails with EPERM instead of killing us. */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "edge/edge.h"

static const int sandbox_allowed[] = {
	/* sockets and files that are open */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(sendfile),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(accept4), SCMP_SYS(shutdown),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(close), SCMP_SYS(fcntl),
	SCMP_SYS(fstat), SCMP_SYS(lseek),
	/* the loop */
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(timerfd_settime),
	/* static trees; openat2 takes its flags by pointer, but the keeper took every right to write away */
	SCMP_SYS(openat2), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	/* memory, time, randomness, threads' basics */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(sched_yield),
	SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrusage),
	/* the end, and the crash handler's last words */
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Tried by libraries, and not needed. */
static const int sandbox_refused[] = {
	SCMP_SYS(open), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(access), SCMP_SYS(faccessat2), SCMP_SYS(stat),
	SCMP_SYS(ioctl), SCMP_SYS(prctl), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(socket), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(sched_getaffinity), SCMP_SYS(prlimit64), SCMP_SYS(getdents64), SCMP_SYS(membarrier),
};

static int
sandbox_rules(scmp_filter_ctx f)
{
	int rc = 0;
	unsigned pid = (unsigned)getpid();

	for (size_t i = 0; i < sizeof sandbox_allowed / sizeof sandbox_allowed[0] && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, sandbox_allowed[i], 0);
	for (size_t i = 0; i < sizeof sandbox_refused / sizeof sandbox_refused[0] && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), sandbox_refused[i], 0);
	/* New memory is data, and stays so. */
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* A tree's folder, when routes change; to read, never to write. */
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR));
	/* abort() and the crash handler: to ourselves alone. */
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_CMP(0, SCMP_CMP_EQ, pid, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_CMP(0, SCMP_CMP_EQ, pid, 0));
	return rc;
}

enum wh_err
sandbox_enter(struct wh_log *log, bool lenient)
{
	scmp_filter_ctx f = seccomp_init(lenient ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS);
	int rc = f != NULL ? sandbox_rules(f) : -ENOMEM;

	if (rc == 0)
		rc = seccomp_load(f);
	if (f != NULL)
		seccomp_release(f);
	if (rc == 0)
		return WH_OK;
	wh_log(log, WH_ERROR, "sandbox_failed", WH_I("errno", -rc));
	return WH_EIO;
}
