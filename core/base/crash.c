/* The handler of crash.h. backtrace_symbols_fd writes to a pipe, made beforehand, since it can write only to a
 * descriptor and the text is wanted in the page too; the first backtrace is made at install, as it loads a library. */
#include "base/crash.h"
#include "base/fd.h"
#include "base/log.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum { CRASH_FRAMES = 48, CRASH_STACK = 64 * 1024 };

static struct {
	char process[32];
	char *page;	/* borrowed */
	size_t page_size;
	int fd;		/* borrowed */
	int pipe[2];
	char text[8192];
	_Alignas(16) char stack[CRASH_STACK];
} crash = { .fd = -1, .pipe = { -1, -1 } };

static const struct {
	int number;
	char name[8];
} crash_signals[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" }, { SIGABRT, "SIGABRT" }, { SIGTRAP, "SIGTRAP" },
};

enum { CRASH_SIGNALS = sizeof crash_signals / sizeof crash_signals[0] };

static void
crash_say(const char *bytes, size_t n)
{
	ssize_t put = crash.fd >= 0 ? write(crash.fd, bytes, n) : 0;

	(void)put;
	wh_log_page_add(crash.page, crash.page_size, bytes, n);
}

static size_t
crash_add(size_t at, const char *text)
{
	size_t n = strlen(text);

	memcpy(crash.text + at, text, n);
	return at + n;
}

static size_t
crash_add_hex(size_t at, uint64_t v)
{
	at = crash_add(at, "0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		crash.text[at++] = "0123456789abcdef"[v >> shift & 15];
	return at;
}

static void
crash_handler(int number, siginfo_t *info, void *context)
{
	void *frames[CRASH_FRAMES];
	const char *name = "another";
	int count, keep = errno;
	ssize_t got;
	size_t at;

	(void)context;
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		if (crash_signals[i].number == number)
			name = crash_signals[i].name;
	at = crash_add(0, "level=fatal process=\"");
	at = crash_add(at, crash.process);
	at = crash_add(at, "\" event=crash signal=");
	at = crash_add(at, name);
	if (info->si_code > 0) {
		at = crash_add(at, " address=");
		at = crash_add_hex(at, (uint64_t)(uintptr_t)info->si_addr);
	}
	at = crash_add(at, "\n");
	crash_say(crash.text, at);

	count = backtrace(frames, CRASH_FRAMES);
	backtrace_symbols_fd(frames, count, crash.pipe[1]);
	got = read(crash.pipe[0], crash.text, sizeof crash.text);
	if (got > 0)
		crash_say(crash.text, (size_t)got);

	/* The action is the default again by SA_RESETHAND; the signal waits until we return to the place of the fault,
	 * so that a core file shows that place. */
	errno = keep;
	raise(number);
}

enum wh_err
wh_crash_install(const char *process, char *page, size_t page_size, int fd)
{
	struct sigaction sa = { .sa_sigaction = crash_handler, .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND) };
	stack_t stack = { .ss_sp = crash.stack, .ss_size = sizeof crash.stack };
	void *frames[1];
	size_t n = strnlen(process, sizeof crash.process - 1);

	/* A pipe of our own after a fork: the parent's would mix two crashes. */
	wh_fd_close(&crash.pipe[0]);
	wh_fd_close(&crash.pipe[1]);
	if (pipe2(crash.pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return WH_EIO;
	memset(crash.process, 0, sizeof crash.process);
	for (size_t i = 0; i < n; i++)
		crash.process[i] = process[i] >= ' ' && process[i] < 0x7f && process[i] != '"' ? process[i] : '_';
	crash.page = page;
	crash.page_size = page_size;
	crash.fd = fd;
	backtrace(frames, 1);
	if (sigaltstack(&stack, NULL) < 0)
		return WH_EIO;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		if (sigaction(crash_signals[i].number, &sa, NULL) < 0)
			return WH_EIO;
	return WH_OK;
}
