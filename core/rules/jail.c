/* The jail of the helper: see helper.h. Packs are strangers' code, and a fault in Lua or in a library would hand them this process: it then
 * has two descriptors to the hub and one to the keeper, and can compute. No file, no socket, no process, no executable memory, no
 * signal to others. What a library tries and can do without fails with EPERM; all else kills. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rules/helper.h"

static const int jail_allowed[] = {
	/* the ring's bells, the channel, the log */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(fstat), SCMP_SYS(lseek),
	/* memory, time, randomness */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(sched_yield), SCMP_SYS(getrusage),
	/* the end, and the crash handler's last words */
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static const int jail_refused[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(ioctl), SCMP_SYS(fcntl),
	SCMP_SYS(prctl), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(prlimit64), SCMP_SYS(sched_getaffinity), SCMP_SYS(getdents64),
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(membarrier),
};

static int
jail_rules(scmp_filter_ctx f, bool lenient)
{
	unsigned pid = (unsigned)getpid();
	int rc = 0;

	for (size_t i = 0; i < sizeof jail_allowed / sizeof *jail_allowed && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, jail_allowed[i], 0);
	for (size_t i = 0; i < sizeof jail_refused / sizeof *jail_refused && rc == 0 && !lenient; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), jail_refused[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* abort() and the crash handler: to ourselves alone. */
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_CMP(0, SCMP_CMP_EQ, pid, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_CMP(0, SCMP_CMP_EQ, pid, 0));
	return rc;
}

/* How much address space there is now: the first number of statm, in pages. */
static rlim_t
address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f != NULL) {
		if (fscanf(f, "%lu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static bool
limit(int what, rlim_t most)
{
	struct rlimit l = { most, most };

	return setrlimit((__rlimit_resource_t)what, &l) == 0;
}

enum wh_err
jail_enter(size_t memory, bool lenient)
{
	scmp_filter_ctx f;
	int rc;

	if (memory != 0 && !limit(RLIMIT_AS, address_space() + memory))
		return WH_EIO;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return WH_EIO;
	/* No process, and no core with other people's words in it. */
	if (!lenient && (!limit(RLIMIT_NOFILE, 64) || !limit(RLIMIT_NPROC, 0) || !limit(RLIMIT_CORE, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0))
		return WH_EIO;
	f = seccomp_init(lenient ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS);
	rc = f != NULL ? jail_rules(f, lenient) : -ENOMEM;
	/* A tree instead of a row of comparisons: each message costs some five calls. */
	if (rc == 0)
		(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = seccomp_load(f);
	if (f != NULL)
		seccomp_release(f);
	return rc == 0 ? WH_OK : WH_EIO;
}
