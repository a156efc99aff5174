/* The author's tool, as it is run: and the packs that we ship, by their own tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"

static char said[200000], folder[64];

/* Runs whiply-rules in a folder of its own; its exit code, and what it said in `said`. */
static int
run(const char *arguments)
{
	char command[4096];
	size_t n;
	FILE *f;
	int status;

	snprintf(command, sizeof command, "cd %s && { %s %s; } 2>&1", folder, WHIPLY_RULES, arguments);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(said, 1, sizeof said - 1, f);
	said[n] = '\0';
	status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static void
write_file(const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
says(const char *part)
{
	if (strstr(said, part) == NULL)
		fail_msg("no '%s' in:\n%s", part, said);
}

static void
the_shipped_packs_pass_their_tests(void **state)
{
	static const char *const packs[] = { "caps-and-repeats", "copypasta-raid", "flood-ladder", "invite-gate", "link-gate", "mention-bomb", "new-account-hold",
		"similar-names", "slurs-and-lists", "zalgo" };
	char line[200];

	(void)state;
	if (run("test " PACKS "/*") != 0)
		fail_msg("%s", said);
	for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
		snprintf(line, sizeof line, " - %s: ", packs[i]);
		says(line);
	}
	for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
		snprintf(line, sizeof line, "check " PACKS "/%s && test -s " PACKS "/%s/README.md", packs[i], packs[i]);
		assert_int_equal(run(line), 0);
	}
}

static void
a_new_pack_passes_its_test(void **state)
{
	(void)state;
	assert_int_equal(run("new mine"), 0);
	says("whiply-rules test mine");
	assert_int_equal(run("check mine"), 0);
	says("mine 0.1.0 (MIT): 1 rules, 1 tests, 1 settings");
	assert_int_equal(run("test mine"), 0);
	says("ok 1 - mine: the word is found however it is written\n1..1");
	/* It writes over nothing. */
	assert_int_equal(run("new mine"), 1);
	says("mine/pack.lua: File exists");
	assert_int_equal(run("new 'not a name'"), 2);
}

static void
a_wrong_pack_is_told_with_file_line_and_traceback(void **state)
{
	(void)state;
	assert_int_equal(run("new wrong"), 0);
	write_file("wrong/pack.lua", "pack { id = 'wrong', version = '1', api = 1, license = 'MIT' }\nlocal function f()\n  return nothing.here\nend\nf()\n");
	assert_int_equal(run("check wrong"), 1);
	says("wrong/pack.lua:3: attempt to index a nil value (global 'nothing')");
	says("wrong/pack.lua:5: in the chunk");
	says("     3 |   return nothing.here\n");
	assert_int_equal(run("test wrong"), 1);
	says("not ok 1 - wrong: it can be loaded");
	assert_int_equal(run("check none"), 1);
	says("none: No such file or directory");
	assert_int_equal(run("check"), 2);
	assert_int_equal(run("nonsense x"), 2);
	assert_int_equal(run("chekc wrong"), 2);
	says("there is no command 'chekc'; did you mean 'check'?");
	assert_int_equal(run("--help"), 0);
}

/* What a rule of the pack "hints" is, and what check says of it. */
static void
hinted(const char *rule, const char *said_of_it)
{
	char text[2000];

	snprintf(text, sizeof text, "pack { id = 'hints', version = '1', api = 1, license = 'MIT', settings = { share = { type = 'int', default = 1 } } }\n%s\n"
		"test 'it' { { say = 'x', expect = 'allow' } }\n", rule);
	write_file("hints/pack.lua", text);
	assert_int_equal(run("check hints"), 1);
	says(said_of_it);
}

static void
what_is_likely_meant_is_said(void **state)
{
	(void)state;
	assert_int_equal(run("new hints"), 0);
	hinted("rule 'x' { when = function(m) end act = 'flag' }", "     2 | rule 'x' { when = function(m) end act = 'flag' }\n  hint: a comma is missing");
	hinted("rule 'x' { when = function(m) return m.text != '' end, act = 'flag' }", "hint: not equal is ~=");
	hinted("rule 'x' { when = function(m) end, act = 'hodl' }", "there is no action 'hodl'; did you mean 'hold'?");
	hinted("rule 'x' { on = 'mesage', when = function(m) end, act = 'flag' }", "there is no event 'mesage'; did you mean 'message'?");
	hinted("rlue 'x' { when = function(m) end, act = 'flag' }", "hint: did you mean 'rule'?");
	hinted("local t = os.time()", "hint: packs have no os; the time of what happened is m.time");
	/* And what only running shows. */
	hinted("rule 'x' { when = function(m) return m.txt == '' end, act = 'flag' }", "there is no 'txt' in m; did you mean 'text'?");
	says("hints: rule 'x' fails on the message 'hello':");
	says("     2 | rule 'x' { when = function(m) return m.txt");
	hinted("rule 'x' { when = function(m) return m.trust == 0 end, act = 'flag' }", "there is no 'trust' in m; it is m.user.trust");
	hinted("rule 'x' { when = function(m) return #m.text > settings.shar end, act = 'flag' }", "there is no setting 'shar'; did you mean 'share'?");
	hinted("rule 'x' { when = function(m) settings.shar = 2 end, act = 'flag' }", "settings cannot be changed");
	hinted("rule 'x' { when = function(m) return text.skelton(m.text) == '' end, act = 'flag' }", "hint: did you mean 'skeleton'?");
	hinted("rule 'x' { on = 'edit', when = function(m) return m.before:fnid('x') end, act = 'flag' }", "hint: did you mean 'find'?");
	hinted("rule 'x' { when = function(m) print(m.text) end, act = 'flag' }", "hint: packs have no print");
	/* Nothing is wrong, but something will be. */
	write_file("hints/pack.lua", "pack { id = 'other', version = '1', api = 1, license = 'MIT' }\nrule 'x' { when = function(m) end, act = 'flag' }\n");
	assert_int_equal(run("check hints"), 0);
	says("hint: the folder is called 'hints' and the pack 'other'");
	says("hint: there is no test");
	assert_int_equal(run("check " PACKS "/*/"), 0);
}

static void
rules_that_no_test_makes_act_are_named(void **state)
{
	(void)state;
	assert_int_equal(run("new partly"), 0);
	assert_int_equal(run("test partly"), 0);
	assert_null(strstr(said, "no test makes"));
	write_file("partly/tests.lua", "rule 'other' { when = function(m) end, act = 'flag' }\n");
	assert_int_equal(run("test partly"), 0);
	says("# no test makes rule 'other' of partly act\n");
}

static void
a_failing_test_says_where_and_what_it_wanted(void **state)
{
	(void)state;
	assert_int_equal(run("new fails"), 0);
	write_file("fails/tests.lua", "test 'a' {\n  { say = 'hello', expect = 'allow' }, { from = 'eve{n}', say = 'hello', times = 2, expect = 'hold' } }\n"
		"test 'b' { { sya = 'x' } }\ntest 'c' { { say = 'x', expect = 'hld' } }\ntest 'd' { { wait = 'x' } }\ntest 'e' { { from = 'x' } }\n"
		"test 'f' { { say = 'examplebadword', expect = 'hold', rule = 'other' } }\ntest 'g' { { settings = { none = 1 } } }\n"
		"test 'h' { { say = 'x', trust = 'huge' } }\n");
	assert_int_equal(run("test fails"), 1);
	says("not ok 2 - fails: a\n#  step 2: 'eve1' says 'hello' (time 1): wanted hold, got allow");
	says("#  step 1: there is no 'sya'; did you mean 'say'?");
	says("expect is to be \"allow\" or an action; did you mean \"");
	says("wait is to be a time");
	says("nothing happens");
	says("rule 'other' said nothing; those that did: unwanted-word");
	says("has no setting 'none'");
	says("'trust' makes no sense: it is to be new, known, trusted or moderator");
	says("# 8 of 9 failed");
}

static void
settings_beside_a_pack_are_the_operator_s(void **state)
{
	(void)state;
	assert_int_equal(run("new with"), 0);
	write_file("with/settings.json", "{\"words\":[\"one\",\"two\",\"three\"]}");
	assert_int_equal(run("check with"), 0);
	says("setting words                         3 entries");
	write_file("with/settings.json", "{\"wrods\":[]}");
	assert_int_equal(run("check with"), 1);
	says("with has no setting 'wrods'");
	write_file("with/settings.json", "{\"words\":\"list.txt\"}");
	write_file("with/list.txt", "# a comment\n one\n\ntwo\n");
	assert_int_equal(run("check with"), 0);
	says("2 entries");
}

static const char history[] =
	"{\"time\":\"2026-01-31T12:00:00Z\",\"room\":\"lobby\",\"seq\":1,\"from\":\"ann\",\"text\":\"hello\",\"trust\":\"trusted\"}\n"
	"{\"time\":\"2026-01-31T12:00:10Z\",\"room\":\"lobby\",\"seq\":2,\"from\":\"eve\",\"text\":\"an examplebadword\"}\n"
	"{\"time\":\"2026-01-31T12:00:20Z\",\"room\":\"lobby\",\"seq\":3,\"from\":{\"name\":\"eve\"},\"text\":\"EXAMPLEBADWORD\"}\n"
	"{\"time\":\"2026-01-31T12:00:25Z\",\"deed\":\"redact\",\"room\":\"lobby\",\"seq\":2}\n"
	"{\"time\":\"2026-01-31T12:05:00Z\",\"deed\":\"ban\",\"of\":\"mal\"}\n"
	"{\"time\":\"2026-01-31T12:06:00Z\",\"room\":\"lobby\",\"seq\":4,\"from\":\"bob\",\"text\":\"what is an examplebadword?\"}\n"
	"{\"appeal\":\"upheld\",\"room\":\"lobby\",\"seq\":4}\n"
	"not json\n";

static void
a_backtest_says_what_rules_would_have_done(void **state)
{
	(void)state;
	assert_int_equal(run("new back"), 0);
	write_file("log.jsonl", history);
	assert_int_equal(run("backtest back --log log.jsonl"), 0);
	says("4 events in 0.1 h; moderators acted on 1, of which a rule hit 1");
	says("back/unwanted-word                               3       3      2");
	says("2026-01-31T12:00:10.000Z <eve> an examplebadword");
	says("hold 3\n");
	says("1 lines were no events");
	assert_int_equal(run("backtest back --log log.jsonl --json --samples 1"), 0);
	says("\"events\":4");
	says("\"rule\":\"unwanted-word\",\"would\":[\"hold\"],\"did\":{\"hold\":3},\"evaluated\":3,\"hits\":3,\"users\":2,");
	says("\"agreed\":1,\"alone\":2,\"trusted\":0,\"upheld\":1,\"failed\":0,\"samples\":[{\"time\":\"2026-01-31T12:00:10.000Z\",\"from\":\"eve\"");
	assert_int_equal(run("backtest back --log log.jsonl --room other"), 0);
	says("0 events");
	/* The same as pages of moderation.room_log; and a page of chat.history. */
	write_file("pages.jsonl", "{\"next\":\"07\",\"events\":[{\"time\":1769860810000,\"room\":\"lobby\",\"seq\":2,\"from\":\"eve\",\"text\":\"an examplebadword\"},"
		"{\"time\":1769860825000,\"deed\":\"redact\",\"room\":\"lobby\",\"seq\":2}]}\n{\"events\":[{\"time\":1769861160000,\"room\":\"lobby\",\"seq\":4,\"from\":\"bob\","
		"\"text\":\"examplebadword?\"}]}\n{\"entries\":[{\"event\":\"chat.message\",\"room\":\"lobby\",\"seq\":9,\"from\":\"ann\",\"text\":\"hello\"},"
		"{\"event\":\"chat.message\",\"seq\":10,\"from\":\"ann\",\"redacted\":true},{\"event\":\"chat.topic\",\"seq\":11,\"from\":\"ann\",\"topic\":\"examplebadword\"}]}\n");
	assert_int_equal(run("backtest back --log pages.jsonl"), 0);
	says("3 events in 0.1 h; moderators acted on 1, of which a rule hit 1");
	says("hold 2\n");
	assert_int_equal(run("backtest back --log none.jsonl"), 1);
	assert_int_equal(run("backtest back"), 2);
}

/* A copy as somebody makes it who knows that copies are looked for: words swapped, letters changed, something added. */
static void
mutate(const char *text, uint32_t *seed, char *to, size_t size)
{
	static const char *const likes[][2] = { { "a", "\u0430" }, { "e", "3" }, { "o", "0" }, { "o", "\u043e" }, { "i", "1" }, { "e", "\u0435" }, { "s", "$" } };
	char words[16][16];
	size_t n = 0, at = 0;

	for (const char *p = text; *p != '\0' && n < 16; p += strspn(p, " ")) {
		size_t length = strcspn(p, " ");

		snprintf(words[n++], sizeof words[0], "%.*s", (int)length, p);
		p += length;
	}
	for (int swaps = 0; swaps < 2; swaps++) {
		size_t i = (*seed = *seed * 1664525 + 1013904223) / 7 % (n - 1);
		char word[16];

		memcpy(word, words[i], sizeof word);
		memcpy(words[i], words[i + 1], sizeof word);
		memcpy(words[i + 1], word, sizeof word);
	}
	for (size_t i = 0; i < n; i++) {
		for (const char *c = words[i]; *c != '\0'; c++) {
			const char *const *like = likes[(*seed = *seed * 1664525 + 1013904223) / 5 % 7];

			at += (size_t)snprintf(to + at, size - at, "%.*s", *c == like[0][0] ? 4 : 1, *c == like[0][0] ? like[1] : c);
		}
		at += (size_t)snprintf(to + at, size - at, " ");
	}
	snprintf(to + at, size - at, "%u!", *seed >> 26);
}

static void
a_raid_of_mutated_copies_is_stopped_after_two_and_nobody_else_is_hit(void **state)
{
	static const char raid[] = "everybody come to our place today free skins and coins are waiting for the first hundred people";
	static const char *const words[] = { "build", "monday", "problem", "release", "machine", "liberty", "queue", "page", "window", "memory", "morning", "nobody",
		"another", "kernel", "printer", "coffee", "garden", "music", "station", "letter", "number", "people", "today", "place", "skins", "free", "weather",
		"second", "question", "answer" };
	static char log[60000];
	size_t at = 0;
	uint32_t seed = 42;

	(void)state;
	for (int i = 0; i < 50; i++) {
		char text[600], talk[200];
		int n = 0;

		for (int k = 0; k < 9; k++)
			n += snprintf(talk + n, sizeof talk - (size_t)n, "%s ", words[(seed = seed * 1664525 + 1013904223) / 9 % 30]);
		mutate(raid, &seed, text, sizeof text);
		at += (size_t)snprintf(log + at, sizeof log - at, "{\"time\":%lld,\"room\":\"r\",\"seq\":%d,\"from\":\"raider%d\",\"text\":\"%s\",\"deed\":\"redact\"}\n",
			1767225600000LL + i * 500, 2 * i + 1, i, text);
		at += (size_t)snprintf(log + at, sizeof log - at, "{\"time\":%lld,\"room\":\"r\",\"seq\":%d,\"from\":\"member%d\",\"text\":\"%s\"}\n",
			1767225600000LL + i * 500 + 200, 2 * i + 2, i % 20, talk);
	}
	write_file("raid.jsonl", log);
	assert_int_equal(run("backtest " PACKS "/copypasta-raid --log raid.jsonl --json"), 0);
	/* Of fifty the first two get through, and are swept. */
	says("\"deeds\":50,\"deeds_found\":48,");
	says("\"agreed\":48,\"alone\":0,");
}

static void
the_repl_runs_lua_and_judges_messages(void **state)
{
	(void)state;
	assert_int_equal(run("new talk"), 0);
	write_file("in", "1 + 1\n?\n@ann trust=trusted age=2d roles=vip,team\n> ann: examplebadword\n@ann trust=huge\n* eve join\n* eve nick bob\nm.on, m.text, m.before\n* eve edit old => new\n"
		"m.before\n* eve sing\n:rules\n:reload\ntext.language('what are you doing here and why')\n> eve: examplebadword\nm.text, m.user.name\n> hello\n+2h\nkv.set('x', 1)\nkv.get('x')\nerror('oops')\nwhile true do end\ntext.skeleton('A')\n");
	assert_int_equal(run("repl talk <in"), 0);
	says("  2\n");
	says(":reload  :rules  :quit");
	says("  ann: trust 2, age 172800 s, 0 messages, 0 strikes, roles 'vip team'\n  allow\n  'trust' makes no sense");
	says("  no rule listens to that\n  no rule listens to that\n  nick\tbob\teve\n");
	says("  old\n  what happens?");
	says("unwanted-word                    asked 0, hits 0, failed 0\n  read again; what it remembers stays\n  en\n");
	says("  verdict talk/unwanted-word: hold unwanted_word {\"word\":\"examplebadword\"}\n");
	says("  examplebadword\teve\n");
	says("  allow\n");
	says("  1\n");
	says("oops");
	says("over budget: too many steps");
	says("  a\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_packs_pass_their_tests),
		cmocka_unit_test(a_new_pack_passes_its_test),
		cmocka_unit_test(a_wrong_pack_is_told_with_file_line_and_traceback),
		cmocka_unit_test(what_is_likely_meant_is_said),
		cmocka_unit_test(rules_that_no_test_makes_act_are_named),
		cmocka_unit_test(a_failing_test_says_where_and_what_it_wanted),
		cmocka_unit_test(settings_beside_a_pack_are_the_operator_s),
		cmocka_unit_test(a_backtest_says_what_rules_would_have_done),
		cmocka_unit_test(a_raid_of_mutated_copies_is_stopped_after_two_and_nobody_else_is_hit),
		cmocka_unit_test(the_repl_runs_lua_and_judges_messages),
	};
	char command[100];
	int failed;

	snprintf(folder, sizeof folder, "/tmp/whiply-rules-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 || failed;
}
