/* The real keeper, with an edge and a hub that only follow the protocol (stub_edge.c, stub_hub.c): started, hit and stopped
 * from outside. Every wait is for a condition, with a limit. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/testing.h"

enum { LIMIT_MS = 10000 };

struct server {
	char folder[64];
	char config[96], control[96], log[96];
	const char *user;
	unsigned port;
	int notify;		/* where READY=1 arrives */
	pid_t pid;
};

static const char *
program(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);
	char *slash;

	assert_true(n > 0);
	path[n] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash, "/stub_whiplyd");
	return path;
}

static unsigned
free_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	close(fd);
	return ntohs(sa.sin_port);
}

/* Where anybody may execute it, wherever the tree stands. */
static const char *
program_copy(const struct server *s)
{
	static char path[128];
	struct wh_buf bytes = { 0 };
	int fd;

	snprintf(path, sizeof path, "%s/whiplyd", s->folder);
	assert_int_equal(chmod(s->folder, 0755), 0);
	assert_int_equal(wh_fd_read_file(program(), &bytes, 64 << 20), WH_OK);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(wh_fd_write_all(fd, bytes.p, bytes.n), WH_OK);
	close(fd);
	wh_buf_free(&bytes);
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

static void
write_config(const struct server *s, const char *more)
{
	FILE *f = fopen(s->config, "w");

	assert_non_null(f);
	fprintf(f, "state = \"%s/state\"; edges = 2; stop_timeout = \"2s\"; drain_time = \"1s\"; user = \"%s\";\n"
		"log = { format = \"text\"; };\n"
		"listeners = ( { name = \"web\"; address = \"127.0.0.1:%u\"; } );\n%s\n", s->folder, s->user, s->port, more);
	fclose(f);
}

/* Standard output and error go to the log file. */
static pid_t
run(const struct server *s, const char *option)
{
	pid_t pid = fork();
	char notify[128];

	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	int fd = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	snprintf(notify, sizeof notify, "%s/notify", s->folder);
	setenv("NOTIFY_SOCKET", notify, 1);
	const char *path = strcmp(s->user, "root") != 0 ? program_copy(s) : program();

	execl(path, path, "-c", s->config, option, (char *)NULL);
	_exit(126);
}

static const char *
read_log(const struct server *s)
{
	static struct wh_buf text;

	wh_buf_reset(&text);
	(void)wh_fd_read_file(s->log, &text, 1 << 20);
	return wh_buf_cstr(&text);
}

static void
wait_for_log(const struct server *s, const char *text)
{
	int64_t end = wh_clock_mono_ms(NULL) + LIMIT_MS;

	while (strstr(read_log(s), text) == NULL) {
		if (wh_clock_mono_ms(NULL) > end)
			fail_msg("no \"%s\" in:\n%s", text, read_log(s));
		poll(NULL, 0, 5);
	}
}

/* The next datagram to systemd that has this text. */
static void
wait_for_notify(const struct server *s, const char *text)
{
	char got[512];

	for (;;) {
		struct pollfd p = { .fd = s->notify, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, LIMIT_MS) != 1)
			fail_msg("no \"%s\"; log:\n%s", text, read_log(s));
		n = recv(s->notify, got, sizeof got - 1, 0);
		assert_true(n >= 0);
		got[n] = '\0';
		if (strstr(got, text) != NULL)
			return;
	}
}

static int
server_start_as(void **state, const char *user)
{
	struct server *s = calloc(1, sizeof *s);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	s->user = user;
	strcpy(s->folder, "/tmp/whiply-keeper-XXXXXX");
	if (mkdtemp(s->folder) == NULL)
		return -1;
	snprintf(s->config, sizeof s->config, "%s/c.conf", s->folder);
	snprintf(s->control, sizeof s->control, "%s/state/control.sock", s->folder);
	snprintf(s->log, sizeof s->log, "%s/log", s->folder);
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/notify", s->folder);
	s->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(s->notify, (struct sockaddr *)&sa, sizeof sa) != 0)
		return -1;
	s->port = free_port();
	write_config(s, "");
	s->pid = run(s, NULL);
	*state = s;
	wait_for_notify(s, "READY=1");
	return 0;
}

static int
server_start(void **state)
{
	return server_start_as(state, "root");
}

static int
server_start_as_nobody(void **state)
{
	return server_start_as(state, "nobody");
}

static int
server_end(void **state)
{
	struct server *s = *state;
	char command[128];
	int status;

	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		kill(s->pid, SIGTERM);
		waitpid(s->pid, &status, 0);
	}
	close(s->notify);
	snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
	free(*state);
	return system(command);
}

static int
dial(const struct server *s, const char *path)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval tv = { .tv_sec = LIMIT_MS / 1000 };
	int fd = socket(path != NULL ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%s", path != NULL ? path : "");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	assert_int_equal(path != NULL ? connect(fd, (struct sockaddr *)&un, sizeof un) : connect(fd, (struct sockaddr *)&in, sizeof in), 0);
	return fd;
}

/* A client that was greeted: which edge it has. */
static int
dial_edge(const struct server *s, unsigned *index_out, unsigned *process_out)
{
	int fd = dial(s, NULL);
	char line[64];
	ssize_t n = recv(fd, line, sizeof line - 1, 0);

	assert_true(n > 0);
	line[n] = '\0';
	assert_int_equal(sscanf(line, "edge %u %u", index_out, process_out), 2);
	return fd;
}

static void
assert_alive(int fd)
{
	char c = 0;

	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(recv(fd, &c, 1, 0), 1);
	assert_int_equal(c, 'x');
}

static const char *
ask(const struct server *s, const char *word)
{
	static char answer[8192];
	int fd = dial(s, s->control);
	size_t n = 0;
	ssize_t got;

	assert_true(send(fd, word, strlen(word), MSG_NOSIGNAL) > 0);
	while ((got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	return answer;
}

static void
it_serves_and_stops_in_order(void **state)
{
	struct server *s = *state;
	unsigned index, process;
	int fd = dial_edge(s, &index, &process), status;
	struct stat st;

	assert_alive(fd);
	assert_int_equal(stat(s->control, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_non_null(strstr(ask(s, "status\n"), "\"name\":\"edge 1\",\"state\":\"running\""));
	assert_int_equal(kill(s->pid, SIGTERM), 0);
	wait_for_notify(s, "STOPPING=1");
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	s->pid = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(stat(s->control, &st), -1);
	assert_null(strstr(read_log(s), "killing"));
	close(fd);
}

static void
the_hub_dies_and_no_connection_does(void **state)
{
	struct server *s = *state;
	unsigned index, process;
	int fd = dial_edge(s, &index, &process);

	ask(s, "crash\n");
	wait_for_log(s, "event=died child=hub process=1");
	wait_for_log(s, "how=SIGSEGV");
	wait_for_log(s, "event=started child=hub process=4");
	wait_for_log(s, "event=leftover");
	wait_for_notify(s, "STATUS=Serving");
	assert_alive(fd);
	close(dial_edge(s, &index, &process));
	close(fd);
}

static void
an_edge_dies_and_its_place_is_taken_with_the_same_sockets(void **state)
{
	struct server *s = *state;
	unsigned index, process, other_index, other_process;
	int fd = dial_edge(s, &index, &process), other;
	char text[64];

	do
		other = dial_edge(s, &other_index, &other_process);
	while (other_index == index && (close(other), true));
	assert_int_equal(send(fd, "!", 1, MSG_NOSIGNAL), 1);
	snprintf(text, sizeof text, "event=died child=\"edge %u\"", index);
	wait_for_log(s, text);
	assert_non_null(strstr(read_log(s), "told_to_crash"));
	snprintf(text, sizeof text, "event=started child=\"edge %u\" process=4", index);
	wait_for_log(s, text);
	wait_for_log(s, "event=peer_gone");
	assert_alive(other);
	close(fd);
	for (unsigned i = 0; i < 8; i++)
		close(dial_edge(s, &index, &process));
	close(other);
}

static void
a_reload_is_taken_whole_or_refused_whole(void **state)
{
	struct server *s = *state;
	unsigned index, process;
	int fd = dial_edge(s, &index, &process);

	write_config(s, "edgs = 3;\nplugins = { nothing = { }; };");
	assert_non_null(strstr(ask(s, "reload\n"), "c.conf:4: edgs: there is no such setting; did you mean \"edges\"?\n"));
	wait_for_log(s, "event=reload_refused");
	wait_for_notify(s, "STATUS=Serving; the last reload was refused");
	write_config(s, "plugins = { nothing = { }; };");
	assert_non_null(strstr(ask(s, "reload\n"), "c.conf:4: plugins.nothing: there is no nothing.so"));
	write_config(s, "hub_is_fine = 1;");
	assert_int_equal(kill(s->pid, SIGHUP), 0);
	wait_for_log(s, "hub_is_fine: there is no such setting");
	write_config(s, "ring = \"1MiB\";");
	assert_string_equal(ask(s, "reload\n"), "ok\n");
	wait_for_log(s, "event=reloaded");
	assert_alive(fd);
	close(fd);
}

static void
a_reload_with_other_listeners_replaces_the_edges(void **state)
{
	struct server *s = *state;
	unsigned index, process;

	s->port = free_port();
	write_config(s, "");
	assert_string_equal(ask(s, "reload\n"), "ok\n");
	wait_for_log(s, "event=ended child=\"edge 0\"");
	wait_for_log(s, "event=ended child=\"edge 1\"");
	close(dial_edge(s, &index, &process));
	assert_true(process > 3);
}

static void
a_drain_and_a_restart_are_done_on_demand(void **state)
{
	struct server *s = *state;

	ask(s, "drain 2\n");
	wait_for_log(s, "event=ended child=\"edge 0\" process=2");
	ask(s, "restart hub\n");
	wait_for_log(s, "event=ended child=hub");
	wait_for_log(s, "event=started child=hub process=5");
	assert_null(strstr(read_log(s), "event=died"));
}

static void
a_helper_that_cannot_run_says_why_and_is_tried_again(void **state)
{
	struct server *s = *state;

	ask(s, "helper rules no-such-program\n");
	wait_for_log(s, "event=died child=\"helper rules\"");
	wait_for_log(s, "cannot execute");
	wait_for_log(s, "No such file or directory");
	wait_for_log(s, "event=restart_delayed child=\"helper rules\" ms=100");
}

static void
children_end_when_the_keeper_does(void **state)
{
	struct server *s = *state;
	unsigned index, process;
	int fd = dial_edge(s, &index, &process), status;
	char c;

	assert_int_equal(kill(s->pid, SIGKILL), 0);
	waitpid(s->pid, &status, 0);
	s->pid = 0;
	assert_int_equal(recv(fd, &c, 1, 0), 0);
	close(fd);
}

static void
check_tells_every_error_and_starts_nothing(void **state)
{
	struct server *s = *state;
	int status;

	assert_int_equal(truncate(s->log, 0), 0);
	write_config(s, "edges2 = 1;\nstat = 1;\nplugins = { gone = { }; };");
	waitpid(run(s, "--check"), &status, 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_non_null(strstr(read_log(s), "c.conf:4: edges2: there is no such setting; did you mean \"edges\"?\n"));
	assert_non_null(strstr(read_log(s), "c.conf:5: stat: there is no such setting; did you mean \"state\"?\n"));
	write_config(s, "");
	waitpid(run(s, "--check"), &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	wait_for_log(s, "c.conf: ok\n");
}

static void
root_gives_up_its_rights_in_every_child(void **state)
{
	struct server *s = *state;
	unsigned uid = 0;
	char line[64];
	struct stat st;
	int fd = dial(s, NULL);
	ssize_t n = recv(fd, line, sizeof line - 1, 0);

	close(fd);
	if (geteuid() != 0) {
		print_message("skipped: who is not root has no rights to give up\n");
		skip();
	}
	assert_true(n > 0);
	line[n] = '\0';
	assert_int_equal(sscanf(line, "edge %*u %*u %u", &uid), 1);
	assert_int_not_equal(uid, 0);
	assert_int_equal(stat(s->control, &st), 0);
	assert_int_equal(st.st_uid, uid);
}

static void
check_reads_a_plugins_own_settings(void **state)
{
	struct server *s = *state;
	char more[4608], folder[4096];
	int status;

	snprintf(folder, sizeof folder, "%s", program());
	*strrchr(folder, '/') = '\0';
	assert_int_equal(truncate(s->log, 0), 0);
	snprintf(more, sizeof more, "plugin_path = [ \"%s/../../plugins/.libs\" ];\nplugins = { relay = { nope = 1; }; };", folder);
	write_config(s, more);
	waitpid(run(s, "--check"), &status, 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_non_null(strstr(read_log(s), "c.conf:5: plugins.relay.nope: there is no such setting\n"));
	strcpy(strstr(more, "nope = 1;"), "}; };");
	write_config(s, more);
	waitpid(run(s, "--check"), &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, server_start, server_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(it_serves_and_stops_in_order),
		SERVED(the_hub_dies_and_no_connection_does),
		SERVED(an_edge_dies_and_its_place_is_taken_with_the_same_sockets),
		SERVED(a_reload_is_taken_whole_or_refused_whole),
		SERVED(a_reload_with_other_listeners_replaces_the_edges),
		SERVED(a_drain_and_a_restart_are_done_on_demand),
		SERVED(a_helper_that_cannot_run_says_why_and_is_tried_again),
		SERVED(children_end_when_the_keeper_does),
		cmocka_unit_test_setup_teardown(root_gives_up_its_rights_in_every_child, server_start_as_nobody, server_end),
		SERVED(check_reads_a_plugins_own_settings),
		SERVED(check_tells_every_error_and_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
