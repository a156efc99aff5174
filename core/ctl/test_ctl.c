/* Tests of whole runs against a server of scripted answers. The server is a thread that answers `server.commands` with the table and
 * every other method by its name; it ends when the test closes it. */
#include "ctl/ctl.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utime.h>

#include "base/fd.h"
#include "ctl/testing_ctl.h"

enum { WORDS = 16 };

struct server {
	char dir[32];
	char path[64];
	int listening;
	pthread_t thread;
	atomic_int connections;
	atomic_int calls;
	bool running;
};

/* What each method is answered with; `%s` is the id. NULL: the connection is closed without an answer. */
static const struct {
	const char *method;
	const char *answer;
	bool close_after;
} answers[] = {
	{ "server.commands", "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":" TESTING_COMMANDS "}", false },
	{ "server.version", "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"version\":\"9\"}}", false },
	{ "server.status", "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"version\":\"9\",\"uptime_ms\":1500}}", false },
	{ "server.restart", "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", true },
	{ "server.reload", "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32000,\"message\":\"a.conf:2: no edgs\\na.conf:3: no x\\n\"}}", false },
	{ "plugin.enable", "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32007,\"message\":\"too fast\",\"data\":{\"retry_ms\":1500,"
		"\"errors\":[\"one\",{\"text\":\"two\"}]}}}", false },
	{ "server.log.lines", "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"lines\":[{\"seq\":8,\"time\":0,\"level\":\"warn\",\"process\":\"edge 0\",\"event\":\"slow\","
		"\"text\":\"why=\\u001b[2J\"}],\"last\":8}}", false },
	{ "session.list", NULL, true },
	{ "chat.set", "no json at all", false },
};

/* One line in, one answer out; each answer has a notification in front, which nobody asked for. */
static void
server_talk(struct server *s, int fd)
{
	struct wh_buf in = { 0 }, out = { 0 };
	bool open = true;

	atomic_fetch_add(&s->connections, 1);
	while (open) {
		char *to = wh_buf_reserve(&in, 4096), *end, *id;
		ssize_t n = read(fd, to, 4096);
		char number[24] = "null";

		if (n <= 0)
			break;
		wh_buf_grew(&in, (size_t)n);
		end = memchr(in.p, '\n', in.n);
		if (end == NULL)
			continue;
		*end = '\0';
		id = strstr(in.p, "\"id\":");
		if (id != NULL)
			snprintf(number, sizeof number, "%lu", strtoul(id + 5, NULL, 10));
		atomic_fetch_add(&s->calls, 1);
		for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
			char method[64];

			snprintf(method, sizeof method, "\"method\":\"%s\"", answers[i].method);
			if (strstr(in.p, method) == NULL)
				continue;
			wh_buf_reset(&out);
			wh_buf_text(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"session.welcome\",\"params\":{}}\n");
			if (answers[i].answer != NULL) {
				const char *at = strstr(answers[i].answer, "%s");

				wh_buf_put(&out, answers[i].answer, at != NULL ? (size_t)(at - answers[i].answer) : strlen(answers[i].answer));
				if (at != NULL) {
					wh_buf_text(&out, number);
					wh_buf_text(&out, at + 2);
				}
				wh_buf_byte(&out, '\n');
			}
			(void)wh_fd_write_all(fd, out.p, out.n);
			open = !answers[i].close_after;
		}
		wh_buf_reset(&in);
	}
	close(fd);
	wh_buf_free(&in);
	wh_buf_free(&out);
}

static void *
server_run(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->listening, NULL, NULL)) >= 0)
		server_talk(s, fd);
	return NULL;
}

static void
server_start(struct server *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	*s = (struct server){ .dir = "/tmp/whiplyctl-XXXXXX" };
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof s->path, "%s/control.sock", s->dir);
	setenv("XDG_CACHE_HOME", s->dir, 1);
	memcpy(to.sun_path, s->path, strlen(s->path));
	s->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listening, (const struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(listen(s->listening, 16), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
	s->running = true;
}

static void
server_stop(struct server *s)
{
	if (!s->running)
		return;
	s->running = false;
	(void)shutdown(s->listening, SHUT_RDWR);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	close(s->listening);
}

static void
server_remove(struct server *s)
{
	char command[64];

	server_stop(s);
	snprintf(command, sizeof command, "rm -r %s", s->dir);
	assert_int_equal(system(command), 0);
}

#define RUN(c, s, ...) run(c, (s)->path, (const char *const[]){ __VA_ARGS__, NULL })

/* One run; what it wrote stays in c->out and c->err until ctl_free. */
static int
run(struct ctl *c, const char *path, const char *const *words)
{
	char *argv[WORDS] = { "whiplyctl", "-s", (char *)(uintptr_t)path, "-t", "5" };
	int argc = 5;

	for (; *words != NULL; words++)
		argv[argc++] = (char *)(uintptr_t)*words;
	*c = (struct ctl){ .wire = { .fd = -1 }, .out_fd = -1, .err_fd = -1 };
	return ctl_run(c, argc, argv);
}

static int
setup(void **state)
{
	static struct server s;

	server_start(&s);
	*state = &s;
	return 0;
}

static int
teardown(void **state)
{
	server_remove(*state);
	return 0;
}

static void
a_result_is_shown_for_people_or_as_it_came(void **state)
{
	struct ctl c;

	assert_int_equal(RUN(&c, (struct server *)*state, "status"), CTL_OK);
	testing_is(&c.out, "version: 9\nuptime:  1.5 s\n");
	assert_int_equal(c.err.n, 0);
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "--json", "status"), CTL_OK);
	testing_is(&c.out, "{\"version\":\"9\",\"uptime_ms\":1500}\n");
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "server.status", "--json"), CTL_OK);
	testing_is(&c.out, "{\"version\":\"9\",\"uptime_ms\":1500}\n");
	ctl_free(&c);
}

static void
each_error_line_of_a_refused_reload_is_shown(void **state)
{
	struct ctl c;

	assert_int_equal(RUN(&c, (struct server *)*state, "reload"), CTL_FAILED);
	testing_is(&c.err, "whiplyctl: a.conf:2: no edgs\na.conf:3: no x\n");
	assert_int_equal(c.out.n, 0);
	ctl_free(&c);
}

static void
an_error_says_when_to_try_again(void **state)
{
	struct ctl c;

	assert_int_equal(RUN(&c, (struct server *)*state, "enable", "relay"), CTL_FAILED);
	testing_is(&c.err, "whiplyctl: too fast\none\ntwo\ntry again in 1.5 s\n");
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "--json", "enable", "relay"), CTL_FAILED);
	testing_has(&c.out, "{\"code\":-32007,");
	ctl_free(&c);
}

static void
what_was_not_understood_is_not_sent(void **state)
{
	struct server *s = *state;
	struct ctl c;

	assert_int_equal(RUN(&c, s, "statsu"), CTL_USAGE);
	testing_is(&c.err, "whiplyctl: there is no command \"statsu\"; did you mean status?\n");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "xyzzy"), CTL_USAGE);
	testing_is(&c.err, "whiplyctl: there is no command \"xyzzy\"; whiplyctl help lists them all\n");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "enable"), CTL_USAGE);
	testing_is(&c.err, "whiplyctl: plugin.enable needs --name NAME: its name\nsee whiplyctl help enable\n");
	ctl_free(&c);
	assert_int_equal(atomic_load(&s->calls), 3);	/* the table, each time */
}

static void
restart_hub_waits_until_it_is_back(void **state)
{
	struct server *s = *state;
	struct ctl c;

	assert_int_equal(RUN(&c, s, "restart", "hub"), CTL_OK);
	testing_has(&c.out, "the hub is back after ");
	ctl_free(&c);
	assert_int_equal(atomic_load(&s->connections), 2);
	assert_int_equal(RUN(&c, s, "--json", "restart", "--what=hub"), CTL_OK);
	testing_has(&c.out, "{\"restarted\":\"hub\",\"took_ms\":");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "restart", "edges"), CTL_OK);
	testing_is(&c.out, "ok\n");
	ctl_free(&c);
}

static void
a_server_that_is_away_has_its_own_code(void **state)
{
	struct server *s = *state;
	struct ctl c;

	assert_int_equal(RUN(&c, s, "sessions"), CTL_AWAY);
	testing_has(&c.err, "closed before it answered");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "chat.set", "r", "t"), CTL_AWAY);
	testing_has(&c.err, "does not speak as whiplyd does");
	ctl_free(&c);
	server_stop(s);
	assert_int_equal(RUN(&c, s, "status"), CTL_AWAY);
	testing_has(&c.err, "nobody listens on ");
	ctl_free(&c);
	assert_int_equal(unlink(s->path), 0);
	assert_int_equal(RUN(&c, s, "status"), CTL_AWAY);
	testing_has(&c.err, "is whiplyd running?");
	ctl_free(&c);
}

static void
silence_has_an_end(void **state)
{
	struct server *s = *state;
	char *argv[] = { "whiplyctl", "-s", s->path, "-t", "0.05", "status" };
	struct ctl c = { .wire = { .fd = -1 }, .out_fd = -1, .err_fd = -1 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int blocker = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The server talks to one at a time. */
	memcpy(to.sun_path, s->path, strlen(s->path));
	assert_int_equal(connect(blocker, (const struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(ctl_run(&c, 6, argv), CTL_AWAY);
	testing_has(&c.err, "no answer within 1 s");
	ctl_free(&c);
	close(blocker);
}

static void
a_path_that_no_socket_can_have_is_refused(void **state)
{
	char path[200];
	struct ctl c;

	(void)state;
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	assert_int_equal(run(&c, path, (const char *const[]){ "status", NULL }), CTL_USAGE);
	testing_has(&c.err, "the path of a socket has 1 to 107 bytes");
	ctl_free(&c);
}

static void
help_lists_the_commands_of_the_server_and_does_without_it(void **state)
{
	struct server *s = *state;
	struct ctl c;

	assert_int_equal(RUN(&c, s, "--help"), CTL_OK);
	testing_has(&c.out, "usage: whiplyctl");
	testing_has(&c.out, "\nchat\n");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "help", "chat.set"), CTL_OK);
	testing_has(&c.out, "chat.set: change a room");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "chat.set", "--help"), CTL_OK);
	testing_has(&c.out, "chat.set: change a room");
	ctl_free(&c);
	server_stop(s);
	assert_int_equal(RUN(&c, s, "--help"), CTL_OK);
	testing_has(&c.out, "usage: whiplyctl");
	testing_has(&c.err, "nobody listens on ");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "help", "status"), CTL_AWAY);
	ctl_free(&c);
}

static void
watch_shows_a_command_again(void **state)
{
	struct ctl c;

	assert_int_equal(RUN(&c, (struct server *)*state, "watch", "-n", "1", "status"), CTL_OK);
	testing_is(&c.out, "version: 9\nuptime:  1.5 s\n");
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "watch"), CTL_USAGE);
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "watch", "nonsense"), CTL_USAGE);
	ctl_free(&c);
}

static void
completion_keeps_the_table_for_a_minute_and_is_silent_without_a_server(void **state)
{
	struct server *s = *state;
	struct ctl c;
	char command[128], path[300];
	FILE *found;

	assert_int_equal(RUN(&c, s, "--completions", "stat"), CTL_OK);
	testing_is(&c.out, "status\thow it fares\n");
	ctl_free(&c);
	assert_int_equal(RUN(&c, s, "--completions", "stat"), CTL_OK);
	testing_is(&c.out, "status\thow it fares\n");
	ctl_free(&c);
	assert_int_equal(atomic_load(&s->calls), 1);
	server_stop(s);
	assert_int_equal(RUN(&c, s, "--completions", "-s", s->path, "stat"), CTL_OK);
	testing_is(&c.out, "status\thow it fares\n");
	ctl_free(&c);

	snprintf(command, sizeof command, "ls %s/whiply/commands-*", s->dir);
	found = popen(command, "r");
	assert_non_null(fgets(path, sizeof path, found));
	assert_int_equal(pclose(found), 0);
	path[strcspn(path, "\n")] = '\0';
	assert_int_equal(utime(path, &(struct utimbuf){ .actime = 1, .modtime = 1 }), 0);
	assert_int_equal(RUN(&c, s, "--completions", "stat"), CTL_OK);
	assert_int_equal(c.out.n, 0);
	assert_int_equal(c.err.n, 0);
	ctl_free(&c);
}

static void
lines_of_the_log_are_shown_and_move_no_cursor(void **state)
{
	struct ctl c;

	setenv("TZ", "UTC", 1);
	assert_int_equal(RUN(&c, (struct server *)*state, "log", "-n", "5", "--level=warn"), CTL_OK);
	assert_non_null(wh_buf_cstr(&c.out));
	assert_non_null(strstr(c.out.p, " warn [edge 0] slow why=\\u001b[2J\n"));
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "--json", "log", "-n", "5"), CTL_OK);
	assert_non_null(wh_buf_cstr(&c.out));
	assert_int_equal(strncmp(c.out.p, "{\"seq\":8,", 9), 0);
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "log", "-n", "0"), CTL_USAGE);
	ctl_free(&c);
	assert_int_equal(RUN(&c, (struct server *)*state, "log", "-x"), CTL_USAGE);
	assert_non_null(wh_buf_cstr(&c.err));
	assert_non_null(strstr(c.err.p, "log does not understand -x"));
	ctl_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_result_is_shown_for_people_or_as_it_came, setup, teardown),
		cmocka_unit_test_setup_teardown(each_error_line_of_a_refused_reload_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(an_error_says_when_to_try_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_not_understood_is_not_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(restart_hub_waits_until_it_is_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_server_that_is_away_has_its_own_code, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_has_an_end, setup, teardown),
		cmocka_unit_test_setup_teardown(a_path_that_no_socket_can_have_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(help_lists_the_commands_of_the_server_and_does_without_it, setup, teardown),
		cmocka_unit_test_setup_teardown(watch_shows_a_command_again, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_of_the_log_are_shown_and_move_no_cursor, setup, teardown),
		cmocka_unit_test_setup_teardown(completion_keeps_the_table_for_a_minute_and_is_silent_without_a_server, setup, teardown),
	};

	/* A client that gave up is no reason for the server to end. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
