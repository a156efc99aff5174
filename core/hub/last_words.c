/* A signal handler in front of base/crash.c's: says what was running, then hands on to that one. It uses nothing that is not
 * safe in a handler. The state is static because a handler has no argument. */
#include "hub/last_words.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "hub/hub.h"

static const int last_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };

enum { LAST_SIGNALS = sizeof last_signals / sizeof last_signals[0], LAST_LINE = 256 };

static struct {
	const struct hub *hub;
	char *page;
	size_t page_size;
	int fd;
	pthread_t thread;
	struct sigaction next[LAST_SIGNALS];
} last;

static size_t
last_add(char *line, size_t at, const char *text)
{
	/* No strlen of a text that may be gone with its plugin: it is cut, and read byte by byte like any other. */
	for (size_t i = 0; text != NULL && text[i] != '\0' && at < LAST_LINE - 2; i++)
		line[at++] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
	return at;
}

static void
last_handler(int number, siginfo_t *info, void *context)
{
	struct hub_running now = last.hub != NULL ? last.hub->running : (struct hub_running){ NULL, NULL };
	char line[LAST_LINE];
	ssize_t put;
	size_t n = last_add(line, 0, "hub running: ");

	/* A job thread dies of its job, whatever the hub's thread does meanwhile. */
	if (!pthread_equal(pthread_self(), last.thread))
		n = last_add(line, n, "a job thread");
	else
		n = last_add(line, last_add(line, last_add(line, n, now.what != NULL ? now.what : "nothing"), " "), now.name);
	line[n++] = '\n';
	put = write(last.fd, line, n);
	(void)put;
	wh_log_page_add(last.page, last.page_size, line, n);
	for (int i = 0; i < LAST_SIGNALS; i++) {
		if (last_signals[i] != number)
			continue;
		/* By SA_RESETHAND the signal has its default action again already, which is what the next handler counts on. */
		if ((last.next[i].sa_flags & SA_SIGINFO) != 0)
			last.next[i].sa_sigaction(number, info, context);
		else
			raise(number);
	}
}

void
last_words_install(struct hub *hub, char *page, size_t page_size, int fd)
{
	struct sigaction sa = { .sa_sigaction = last_handler, .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND) };

	last.hub = hub;
	last.page = page;
	last.page_size = page_size;
	last.fd = fd;
	last.thread = pthread_self();
	sigemptyset(&sa.sa_mask);
	for (int i = 0; i < LAST_SIGNALS; i++)
		sigaction(last_signals[i], &sa, &last.next[i]);
}

void
last_words_forget(void)
{
	last.hub = NULL;
}
