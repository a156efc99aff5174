/* The helper as the hub meets it: a process of its own, asked over a ring, and jailed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"
#include "rules/helper.h"
#include "rules/helper_bed.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

static const char load_good[] = "\3{\"do\":\"load\",\"test\":true,\"files\":{\"pack.lua\":\""
	"pack { id = 'good', version = '1', api = 1, license = 'MIT', settings = { n = { type = 'int', default = 1 } } }\\n"
	"rule 'bad-word' { when = function(m) return m.text:find('badword', 1, true) and { n = settings.n } end, act = { 'hold', reason = 'word' } }\\n"
	"test 'it' { { say = 'badword', expect = 'hold' } }\"}}";

static struct wh_str
control(const char *text)
{
	return wh_str(text);
}

static const char *
ask_control(struct helper_bed *b, const char *text)
{
	static char answer[65536];
	struct wh_str bytes;
	wh_id id;

	assert_true(helper_bed_ask(b, 99, control(text)));
	assert_true(helper_bed_answer(b, 20000, &id, &bytes));
	assert_int_equal(id, 99);
	assert_int_equal(bytes.p[0], WH_JUDGE_CONTROL);
	snprintf(answer, sizeof answer, "%.*s", WH_FMT(wh_str_from(bytes, 1)));
	return answer;
}

static bool
ask_said(struct helper_bed *b, wh_id id, const char *text)
{
	const struct wh_judge_event e = { .time_ms = 1767225600000, .room = WH_STR("lobby"), .text = wh_str(text), .user = WH_STR("eve"),
		.name = WH_STR("eve") };
	char bytes[20000];
	size_t n = wh_judge_event_write(&e, bytes, sizeof bytes);

	assert_true(n > 0);
	return helper_bed_ask(b, id, (struct wh_str){ bytes, n });
}

static void
it_loads_packs_and_judges_events_in_order(void **state)
{
	struct helper_bed b;
	struct wh_judge_answer answer = { .n = 0 };
	struct wh_judge_verdict v;
	struct wh_str bytes;
	wh_id id;

	(void)state;
	assert_true(helper_bed_begin(&b, WHIPLY_RULES));
	assert_non_null(strstr(ask_control(&b, load_good), "\"ok\":true"));
	for (wh_id i = 1; i <= 50; i++)
		assert_true(ask_said(&b, i, i % 2 == 0 ? "a badword" : "hello"));
	for (wh_id i = 1; i <= 50; i++) {
		assert_true(helper_bed_answer(&b, 20000, &id, &bytes));
		assert_int_equal(id, i);
		assert_true(wh_judge_answer_read(&bytes, &answer));
		assert_int_equal(answer.fate, i % 2 == 0 ? WH_FATE_HOLD : WH_FATE_PASS);
		assert_int_equal(answer.n, i % 2 == 0);
		if (answer.n == 0)
			continue;
		assert_true(wh_judge_item_read(&bytes, &v));
		assert_true(wh_str_is(v.pack, "good") && wh_str_is(v.rule, "bad-word") && wh_str_is(v.reason, "word") && wh_str_is(v.evidence, "{\"n\":1}"));
		assert_int_equal(bytes.n, 0);
	}
	assert_int_equal(helper_bed_end(&b), 0);
}

static void
a_bad_pack_leaves_the_old_one(void **state)
{
	struct helper_bed b;
	struct wh_judge_answer answer = { .n = 0 };
	struct wh_str bytes;
	const char *said;
	wh_id id;

	(void)state;
	assert_true(helper_bed_begin(&b, WHIPLY_RULES));
	assert_non_null(strstr(ask_control(&b, load_good), "\"ok\":true"));
	said = ask_control(&b, "\3{\"do\":\"load\",\"files\":{\"pack.lua\":\"pack { id = 'good', version = '2', api = 1, license = 'MIT' }\\n\\nrul 'x' {}\"}}");
	assert_non_null(strstr(said, "\"ok\":false"));
	assert_non_null(strstr(said, "pack.lua:3:"));
	said = ask_control(&b, "\3{\"do\":\"load\",\"test\":true,\"files\":{\"pack.lua\":\"pack { id = 'good', version = '2', api = 1, license = 'MIT' }"
		" rule 'x' { when = function() end, act = 'flag' } test 'no' { { say = 'x', expect = 'flag' } }\"}}");
	assert_non_null(strstr(said, "not ok 1 - good: no"));
	assert_true(ask_said(&b, 5, "badword"));
	assert_true(helper_bed_answer(&b, 20000, &id, &bytes));
	assert_true(wh_judge_answer_read(&bytes, &answer));
	assert_int_equal(answer.fate, WH_FATE_HOLD);
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"status\"}"), "\"version\":\"1\""));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"mode\",\"pack\":\"good\",\"mode\":\"off\"}"), "\"ok\":true"));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"unload\",\"pack\":\"good\"}"), "\"ok\":true"));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"unload\",\"pack\":\"good\"}"), "\"ok\":false"));
	assert_non_null(strstr(ask_control(&b, "nonsense"), "\"ok\":false"));
	assert_non_null(strstr(ask_control(&b, "\1\2\3"), "\"ok\":false"));
	assert_int_equal(helper_bed_end(&b), 0);
}

static void
a_log_is_tried_beside_the_packs(void **state)
{
	struct helper_bed b;
	const char *said;

	(void)state;
	assert_true(helper_bed_begin(&b, WHIPLY_RULES));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"trial_end\"}"), "\"ok\":false"));
	said = ask_control(&b, "\3{\"do\":\"trial\",\"files\":{\"pack.lua\":\"pack { id = 'try', version = '3', api = 1, license = 'MIT' }"
		" rule 'bad' { when = function(m) return m.text:find('bad') end, act = 'hold', fail = 'closed' }\"}}");
	assert_non_null(strstr(said, "\"ok\":true,\"id\":\"try\",\"version\":\"3\""));
	assert_non_null(strstr(said, "\"on\":1,\"actions\":32,\"reason\":\"bad\",\"closed\":true"));
	/* It judges nothing. */
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"status\"}"), "\"packs\":[]"));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"trial_log\",\"log\":[{\"time\":1000,\"deed\":\"redact\",\"room\":\"r\",\"seq\":2}]}"), "true"));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"trial_log\",\"log\":[{\"time\":1000,\"room\":\"r\",\"seq\":1,\"from\":\"eve\",\"text\":\"good\"},"
		"{\"time\":2000,\"room\":\"r\",\"seq\":2,\"from\":\"eve\",\"text\":\"bad\"}]}"), "true"));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"trial_log\",\"log\":[{\"time\":5000,\"room\":\"r\",\"seq\":3,\"from\":\"bob\",\"text\":\"bad bad\"}]}"), "true"));
	said = ask_control(&b, "\3{\"do\":\"trial_end\"}");
	assert_non_null(strstr(said, "\"events\":3,\"from_ms\":1000,\"to_ms\":5000,\"deeds\":1,\"deeds_found\":1"));
	assert_non_null(strstr(said, "\"did\":{\"hold\":2},\"evaluated\":3,\"hits\":2,\"users\":2"));
	assert_int_equal(helper_bed_end(&b), 0);
}

static void
a_control_may_come_in_parts(void **state)
{
	static char part[100001];
	struct helper_bed b;

	(void)state;
	memset(part, ' ', sizeof part - 1);
	part[0] = WH_JUDGE_PART;
	assert_true(helper_bed_begin(&b, WHIPLY_RULES));
	assert_non_null(strstr(ask_control(&b, "\4{\"do\":"), "true"));
	for (int i = 0; i < 10; i++)
		assert_non_null(strstr(ask_control(&b, part), "true"));
	assert_non_null(strstr(ask_control(&b, "\3\"status\"}"), "\"packs\":[]"));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"status\"}"), "\"packs\":[]"));
	/* There is an end to it. */
	for (int i = 0; i < 100; i++)
		(void)ask_control(&b, part);
	assert_non_null(strstr(ask_control(&b, "\3\"status\"}"), "\"ok\":false"));
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"status\"}"), "\"packs\":[]"));
	assert_int_equal(helper_bed_end(&b), 0);
}

static void
it_is_jailed(void **state)
{
	struct helper_bed b;
	char path[64], line[256];
	bool filter = false, no_new = false;
	FILE *f;

	(void)state;
	assert_true(helper_bed_begin(&b, WHIPLY_RULES));
	(void)ask_control(&b, load_good);
	snprintf(path, sizeof path, "/proc/%d/status", b.pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		filter |= strcmp(line, "Seccomp:\t2\n") == 0;
		no_new |= strcmp(line, "NoNewPrivs:\t1\n") == 0;
	}
	fclose(f);
	assert_true(filter);
	assert_true(no_new);
	assert_int_equal(helper_bed_end(&b), 0);
}

static void
it_ends_with_its_hub(void **state)
{
	struct helper_bed b;

	(void)state;
	assert_true(helper_bed_begin(&b, WHIPLY_RULES));
	(void)ask_control(&b, load_good);
	assert_int_equal(wh_channel_send(b.channel, &(struct wh_channel_msg){ .kind = WH_CH_HUB_GONE }), WH_OK);
	assert_true(helper_bed_died(&b, 20000));
	assert_int_equal(helper_bed_end(&b), 0);
}

/* The ticks of CPU time are sent by hand: nothing that a rule can do stays in C for long enough. */
static void
an_event_that_uses_up_its_cpu_time_ends_the_process(void **state)
{
	struct helper_bed b;

	(void)state;
	assert_true(helper_bed_begin(&b, WHIPLY_RULES));
	(void)ask_control(&b, "\3{\"do\":\"limits\",\"steps\":5000000,\"overruns\":1000}");
	(void)ask_control(&b, "\3{\"do\":\"load\",\"files\":{\"pack.lua\":\"pack { id = 'slow', version = '1', api = 1, license = 'MIT' }"
		" rule 'slow' { when = function() while true do end end, act = 'flag' }\"}}");
	/* Ticks while it waits mean nothing. */
	for (int i = 0; i < 10; i++)
		kill(b.pid, SIGALRM);
	assert_non_null(strstr(ask_control(&b, "\3{\"do\":\"status\"}"), "\"ok\":true"));
	for (int i = 0; i < 200; i++)
		(void)ask_said(&b, 1, "hello");
	while (!helper_bed_died(&b, 1))
		kill(b.pid, SIGALRM);
	assert_non_null(strstr(b.words, "deadline"));
	assert_int_equal(helper_bed_end(&b), 70);
}

/* A jailed child tries something; its exit code, or 1000 and the signal. */
static int
tries(int (*what)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (jail_enter(0, false) != WH_OK)
			_exit(99);
		_exit(what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int
try_open(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM ? 0 : 1;
}

static int
try_write(void)
{
	return open("/tmp/whiply-rules-jail", O_WRONLY | O_CREAT, 0600) < 0 && errno == EPERM ? 0 : 1;
}

static int
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 1;
}

static int
try_fork(void)
{
	return fork() < 0 ? 2 : 1;
}

static int
try_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return 1;
}

static int
try_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static int
try_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 2 : 1;
}

static int
try_memory(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 1 : 0;
}

static int
try_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static void
the_jail_has_no_door(void **state)
{
	(void)state;
	assert_int_equal(tries(try_memory), 0);
	assert_int_equal(tries(try_open), 0);
	assert_int_equal(tries(try_write), 0);
	assert_int_equal(tries(try_socket), 0);
	assert_int_equal(tries(try_fork), 1000 + SIGSYS);
	assert_int_equal(tries(try_exec), 1000 + SIGSYS);
	assert_int_equal(tries(try_kill), 1000 + SIGSYS);
	assert_int_equal(tries(try_executable), 1000 + SIGSYS);
	assert_int_equal(tries(try_trace), 1000 + SIGSYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_loads_packs_and_judges_events_in_order),
		cmocka_unit_test(a_bad_pack_leaves_the_old_one),
		cmocka_unit_test(a_log_is_tried_beside_the_packs),
		cmocka_unit_test(a_control_may_come_in_parts),
		cmocka_unit_test(it_is_jailed),
		cmocka_unit_test(it_ends_with_its_hub),
		cmocka_unit_test(an_event_that_uses_up_its_cpu_time_ends_the_process),
		cmocka_unit_test(the_jail_has_no_door),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
