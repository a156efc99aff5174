/* A child's start: a forked process finds what a keeper would leave at the fixed descriptors. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/testing.h"
#include "ring/child.h"

enum { BAD = 100 };

/* Forks; the child has `channel` at 3 and `page` at 4, and a socket at 5 and 6; `then` gives its exit code. */
static pid_t
begin(int channel, int page, int (*then)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	int high[2] = { fcntl(channel, F_DUPFD, 100), fcntl(page, F_DUPFD, 100) };
	int quiet = open("/dev/null", O_WRONLY);

	dup2(high[0], WH_CHILD_CHANNEL);
	dup2(high[1], WH_CHILD_LAST_WORDS);
	dup2(high[0], WH_CHILD_SOCKETS);
	dup2(high[0], WH_CHILD_SOCKETS + 1);
	dup2(quiet, STDERR_FILENO);
	close(high[0]);
	close(high[1]);
	_exit(then());
}

static int
code_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int
snapshot_fd(const char *text)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *s;
	int fd;

	assert_int_equal(wh_snapshot_from_text("c", wh_str(text), &errors, &s), WH_OK);
	fd = wh_snapshot_seal(s, true);
	wh_snapshot_free(&s);
	return fd;
}

static int
check_start(void)
{
	struct wh_child c;

	if (wh_child_begin(&c, "edge 3", 3, NULL) != WH_OK)
		return BAD;
	if (c.process != 77 || c.index != 3 || c.n_sockets != 2 || strcmp(c.name, "edge 3") != 0)
		return BAD + 1;
	if (wh_child_socket(&c, WH_STR("line")) != 6 || wh_child_socket(&c, WH_STR("web")) != 5 || wh_child_socket(&c, WH_STR("we")) != -1)
		return BAD + 2;
	if (c.log.level != WH_DEBUG || c.log.format != WH_LOG_JSON)
		return BAD + 3;
	if (!wh_str_starts(wh_snapshot_text(c.snapshot), WH_STR("log = ")))
		return BAD + 4;
	if ((fcntl(5, F_GETFD) & FD_CLOEXEC) == 0 || (fcntl(5, F_GETFL) & O_NONBLOCK) == 0)
		return BAD + 5;
	wh_log(&c.log, WH_ERROR, "sorry");
	if (wh_child_say(&c, &(struct wh_channel_msg){ .kind = WH_CH_READY }) != WH_OK)
		return BAD + 6;
	wh_child_end(&c);
	return 0;
}

static int
just_begin(void)
{
	struct wh_child c;

	return -wh_child_begin(&c, "edge 3", 3, NULL);
}

static void
a_child_finds_its_numbers_sockets_log_and_settings(void **state)
{
	char buffer[WH_CHANNEL_MAX];
	struct wh_channel_msg m;
	int pair[2], page = wh_fd_memory("words", WH_LAST_WORDS_SIZE);
	char *words = wh_fd_map(page, WH_LAST_WORDS_SIZE);
	int snapshot = snapshot_fd("log = { level = \"debug\"; format = \"json\"; }; others = 1;");

	(void)state;
	assert_int_equal(wh_channel_pair(pair), WH_OK);
	m = (struct wh_channel_msg){ .kind = WH_CH_START, .process = 77, .index = 3, .text = WH_STR("web line"), .n_fds = 1, .fds = { snapshot } };
	assert_int_equal(wh_channel_send(pair[0], &m), WH_OK);
	assert_int_equal(code_of(begin(pair[1], page, check_start)), 0);
	/* It logs, too. */
	do
		assert_int_equal(wh_channel_receive(pair[0], buffer, &m), WH_OK);
	while (m.kind == WH_CH_LINE);
	assert_int_equal(m.kind, WH_CH_READY);
	assert_non_null(strstr(words, "sorry"));
	munmap(words, WH_LAST_WORDS_SIZE);
	close(pair[0]);
	close(pair[1]);
	close(page);
	close(snapshot);
}

static void
a_child_without_a_keeper_says_so(void **state)
{
	int null = open("/dev/null", O_RDWR);

	(void)state;
	assert_int_equal(code_of(begin(null, null, just_begin)), -WH_ESTATE);
	close(null);
}

static void
a_keeper_that_went_away_ends_the_start(void **state)
{
	int pair[2], page = wh_fd_memory("words", WH_LAST_WORDS_SIZE);
	pid_t pid;

	(void)state;
	assert_int_equal(wh_channel_pair(pair), WH_OK);
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	shutdown(pair[0], SHUT_RDWR);
	pid = begin(pair[1], page, just_begin);
	assert_int_equal(code_of(pid), -WH_EAWAY);
	close(pair[0]);
	close(pair[1]);
	close(page);
}

static void
a_start_that_makes_no_sense_is_refused(void **state)
{
	struct wh_channel_msg m = { .kind = WH_CH_STOP };
	int pair[2], page = wh_fd_memory("words", WH_LAST_WORDS_SIZE);

	(void)state;
	assert_int_equal(wh_channel_pair(pair), WH_OK);
	assert_int_equal(wh_channel_send(pair[0], &m), WH_OK);
	assert_int_equal(code_of(begin(pair[1], page, just_begin)), -WH_ESYNTAX);
	m = (struct wh_channel_msg){ .kind = WH_CH_START, .process = 5000, .n_fds = 1, .fds = { page } };
	assert_int_equal(wh_channel_send(pair[0], &m), WH_OK);
	assert_int_equal(code_of(begin(pair[1], page, just_begin)), -WH_ESYNTAX);
	close(pair[0]);
	close(pair[1]);
	close(page);
}

static void
links_end_is_bare_and_a_helper_is_asked_for_by_text(void **state)
{
	char buffer[WH_CHANNEL_MAX];
	struct wh_channel_msg m;
	int pair[2];

	(void)state;
	assert_int_equal(wh_channel_pair(pair), WH_OK);
	assert_int_equal(wh_channel_send(pair[0], &(struct wh_channel_msg){ .kind = WH_CH_LINKS_END, .text = WH_STR("x") }), WH_EINVAL);
	assert_int_equal(wh_channel_send(pair[0], &(struct wh_channel_msg){ .kind = WH_CH_LINKS_END }), WH_OK);
	assert_int_equal(wh_channel_receive(pair[1], buffer, &m), WH_OK);
	assert_int_equal(m.kind, WH_CH_LINKS_END);
	assert_int_equal(wh_channel_send(pair[1], &(struct wh_channel_msg){ .kind = WH_CH_ASK_HELPER, .process = 1 }), WH_EINVAL);
	assert_int_equal(wh_channel_send(pair[1], &(struct wh_channel_msg){ .kind = WH_CH_ASK_HELPER, .text = WH_STR("rules whiply-rules") }), WH_OK);
	assert_int_equal(wh_channel_receive(pair[0], buffer, &m), WH_OK);
	assert_int_equal(m.kind, WH_CH_ASK_HELPER);
	assert_true(wh_str_is(m.text, "rules whiply-rules"));
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_finds_its_numbers_sockets_log_and_settings),
		cmocka_unit_test(a_child_without_a_keeper_says_so),
		cmocka_unit_test(a_keeper_that_went_away_ends_the_start),
		cmocka_unit_test(a_start_that_makes_no_sense_is_refused),
		cmocka_unit_test(links_end_is_bare_and_a_helper_is_asked_for_by_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
