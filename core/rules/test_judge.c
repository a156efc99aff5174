/* Packs as the judge runs them: manifests, settings, contexts, modes, what is kept and what is undone; and the bytes of whiply/judge.h. */
#include <stdio.h>
#include <stdlib.h>

#include "rules/testing_rules.h"

#define HEAD "pack { id = 'p', version = '1', api = 1, license = 'MIT' }\n"

static void
a_wrong_manifest_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "there is no pack" },
		{ "rule 'x' { when = function() end, act = 'flag' }", "pack.lua:1: rules stand in pack.lua, behind pack" },
		{ "pack { id = 'p', version = '1', api = 1, license = 'MIT', settngs = {} }", "pack.lua:1: pack: there is no 'settngs'; did you mean 'settings'?" },
		{ "pack { version = '1', api = 1, license = 'MIT' }", "id is to be a text" },
		{ "pack { id = 'a/b', version = '1', api = 1, license = 'MIT' }", "letters, digits" },
		{ "pack { id = 'p', version = '1', api = 2, license = 'MIT' }", "api is to be 1" },
		{ HEAD HEAD, "pack { … } stands once" },
		{ HEAD "rule 'x' { act = 'flag' }", "pack.lua:2: rule 'x': when = function(m) … end is missing" },
		{ HEAD "rule 'x' { when = function() end }", "act is missing" },
		{ HEAD "rule 'x' { when = function() end, act = 'hang' }", "there is no action 'hang'" },
		{ HEAD "rule 'x' { when = function() end, act = { 'hold', raeson = 'x' } }", "did you mean 'reason'?" },
		{ HEAD "rule 'x' { when = function() end, act = { reason = 'x' } }", "act names no action" },
		{ HEAD "rule 'x' { when = function() end, act = { 'timeout', ladder = { '1m' } } }", "forget" },
		{ HEAD "rule 'x' { when = function() end, act = { 'timeout', time = 'soon' } }", "'soon' is no time" },
		{ HEAD "rule 'x' { on = 'mesage', when = function() end, act = 'flag' }", "there is no event 'mesage'" },
		{ HEAD "rule 'x' { when = function() end, act = 'flag', fail = 'loud' }", "fail is to be" },
		{ HEAD "for i = 1, 2 do rule 'x' { when = function() end, act = 'flag' } end", "there twice" },
		{ HEAD "test 'x'(5)", "table expected" },
		{ HEAD "window('w', {})", "keep" },
		{ HEAD "window('w', { keep = '2d' })", "1d at most" },
		{ HEAD "list 'none'", "there is no setting 'none'" },
		{ HEAD "local x = = 1", "pack.lua:2: unexpected symbol" },
		{ HEAD "kv.get('x')", "there is no event" },
		{ HEAD "error('mine')", "pack.lua:2: mine" },
		{ HEAD "require 'none'", "there is no module 'none'" },
	};
	struct bed b;

	(void)state;
	bed_begin(&b);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strstr(bed_refused(&b, rows[i].text, NULL), rows[i].error) == NULL)
			fail_msg("%s\nsays %s", rows[i].text, b.error);
	assert_non_null(strstr(bed_refused(&b, HEAD "local function f()\n  error('deep')\nend\nf()", NULL), "traceback:"));
	bed_end(&b);
}

static const char typed[] =
	"pack { id = 'p', version = '1', api = 1, license = 'MIT', settings = {\n"
	"  n = { type = 'int', default = 3, min = 1, max = 9 }, share = { type = 'number', default = 0.5 }, on = { type = 'bool', default = true },\n"
	"  word = { type = 'string', default = 'x' }, wait = { type = 'duration', default = '2m', min = '1m' },\n"
	"  kind = { type = 'choice', choices = { 'a', 'b' }, default = 'a' }, words = { type = 'words', default = { 'bad' } },\n"
	"  hosts = { type = 'domains', default = {} }, like = { type = 'patterns', default = { 'x+y' } } } }\n"
	"local s = settings\n"
	"rule 'r' { when = function(m) return { n = s.n, share = s.share, on = s.on, word = s.word, wait = s.wait, kind = s.kind,\n"
	"  words = #s.words, has = list('words'):has(m.text) } end, act = 'flag' }\n";

static void
settings_have_types_and_the_operator_s_values_come_first(void **state)
{
	static const char *const wrong[][2] = {
		{ "{\"n\":0}", "less than allowed" }, { "{\"n\":10}", "more than allowed" }, { "{\"n\":1.5}", "whole number" }, { "{\"n\":\"3\"}", "whole number" },
		{ "{\"on\":1}", "true or false" }, { "{\"word\":1}", "a text" }, { "{\"wait\":\"30s\"}", "less than allowed" }, { "{\"wait\":\"x\"}", "is no time" },
		{ "{\"kind\":\"c\"}", "none of the choices" }, { "{\"words\":[1]}", "entry 1 is no text" }, { "{\"words\":\"none.txt\"}", "no file 'none.txt'" },
		{ "{\"hosts\":[\"a b\"]}", "is no domain" }, { "{\"like\":[\"(\"]}", "parenthesis" }, { "{\"nn\":1}", "has no setting 'nn'" }, { "[]", "no JSON object" },
	};
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, typed, NULL);
	bed_say(&b, "eve", "a bad day");
	assert_string_equal(b.evidence, "{\"has\":true,\"kind\":\"a\",\"n\":3,\"on\":true,\"share\":0.5,\"wait\":120000,\"word\":\"x\",\"words\":1}");
	bed_load(&b, typed, "{\"n\":5,\"on\":false,\"word\":\"\\u00e9\\\"\",\"wait\":\"1h\",\"kind\":\"b\",\"words\":[\"a\",\"day\"]}");
	bed_say(&b, "eve", "a bad day");
	assert_string_equal(b.evidence, "{\"has\":true,\"kind\":\"b\",\"n\":5,\"on\":false,\"share\":0.5,\"wait\":3600000,\"word\":\"\u00e9\\\"\",\"words\":2}");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (strstr(bed_refused(&b, typed, wrong[i][0]), wrong[i][1]) == NULL)
			fail_msg("%s says %s", wrong[i][0], b.error);
	bed_end(&b);
}

static void
a_rule_sees_the_whole_event(void **state)
{
	const struct wh_judge_event e = { .on = WH_JUDGE_ON_EDIT, .trust = WH_TRUST_KNOWN, .flags = WH_JUDGE_ACCOUNT, .time_ms = 1767225600000, .entry = 7,
		.age_ms = 3600000, .messages = 12, .strikes = 2, .room = WH_STR("lobby"), .text = WH_STR("see https://a.example.org/x"), .before = WH_STR("old"),
		.user = WH_STR("u1"), .name = WH_STR("eve"), .network = WH_STR("n1"), .roles = WH_STR("member vip"), .mentions = WH_STR("bob\nann\n"),
		.reply_to = WH_STR("bob"), .attachments = WH_STR("[{\"name\":\"a.png\"}]"), .detail = WH_STR("{\"name\":\"tox\",\"value\":0.5}") };
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'r' { on = { 'message', 'edit' }, act = 'flag', when = function(m) local u = m.user\n"
		"  assert(m.on == 'edit' and m.time == 1767225600000 and m.entry == 7 and m.room == 'lobby' and m.before == 'old' and m.reply_to == 'bob')\n"
		"  assert(m.text == 'see https://a.example.org/x' and m.links[1].domain == 'example.org' and m.links[1].path == '/x' and #m.links == 1)\n"
		"  assert(m.mentions[1] == 'bob' and #m.mentions == 2 and m.attachments[1].name == 'a.png' and m.score.value == 0.5 and m.stats.words == 6)\n"
		"  assert(u.id == 'u1' and u.name == 'eve' and u.network == 'n1' and u.age == 3600000 and u.messages == 12 and u.strikes == 2 and u.trust == 1)\n"
		"  assert(u.account and not u.bot and u:has_role('vip') and not u:has_role('vi') and #u.roles == 2)\n"
		"  assert(u:older_than('1h') and not u:older_than('2h') and u:older_than(3600000))\n"
		"  assert(m.links == m.links and not pcall(function() m.text = 1 end) and not pcall(function() return m.txt end) and not pcall(function() return u.text end))\n"
		"  return true end }", NULL);
	bed_event(&b, &e);
	assert_string_equal(b.error, "");
	assert_int_equal(b.live, WH_ACT_FLAG);
	/* The next event is another. */
	bed_say(&b, "bob", "hello");
	assert_non_null(strstr(b.error, "pack.lua:3:"));
	bed_end(&b);
}

static void
what_is_kept_of_an_event_is_of_that_event_alone(void **state)
{
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'r' { act = 'flag', when = function(m) return { text = m.text, links = #m.links } end }\n"
		"rule 's' { act = 'flag', when = function(m) return { text = m.text, links = #m.links } end }", NULL);
	bed_say(&b, "eve", "a.example.com");
	assert_string_equal(b.evidence, "{\"links\":1,\"text\":\"a.example.com\"}");
	bed_say(&b, "eve", "nothing");
	assert_string_equal(b.evidence, "{\"links\":0,\"text\":\"nothing\"}");
	bed_end(&b);
}

static void
helpers_answer(void **state)
{
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, "pack { id = 'p', version = '1', api = 1, license = 'MIT', scores = { 'tox' } }\n"
		"rule 'r' { act = 'flag', when = function(m)\n"
		"  assert(text.normalize('ＡＢＣ') == 'abc' and text.skeleton('P4ypal!') == 'paypal' and text.len('né') == 2)\n"
		"  local w = text.words('Two words, no: 4!') assert(#w == 4 and w[1] == 'two' and w[4] == '4')\n"
		"  local share, letters = text.caps('ABc 1') assert(letters == 3 and share > 0.66 and share < 0.67)\n"
		"  assert(text.similarity('the quick brown fox jumps', 'the quick brown fox jumped') > 0.7 and text.similarity(m.text, 'other thing') < 0.3)\n"
		"  assert(text.script('привет') == 'Cyrillic' and text.stats('AAAA').run == 4)\n"
		"  local n, all, word = text.commonest('spam spam egg') assert(n == 2 and all == 3 and word == 'spam')\n"
		"  local a, b = text.match('key=value', '(\\\\w+)=(\\\\w+)') assert(a == 'key' and b == 'value')\n"
		"  assert(text.match('KEY', 'k.y') == 'KEY' and text.match('x', 'y') == nil)\n"
		"  local x, y = text.match('b', '(a)?(b)') assert(x == false and y == 'b')\n"
		"  assert(links.domain('www.example.co.uk') == 'example.co.uk' and links.domain('co.uk') == nil and links.shortener('bit.ly'))\n"
		"  assert(#links.find('www.example.com and http://b.example.com') == 2)\n"
		"  score.http('tox', m.text) assert(not pcall(score.http, 'other', 'x'))\n"
		"  return true end }", NULL);
	bed_say(&b, "eve", "hello there everybody");
	assert_string_equal(b.error, "");
	assert_int_equal(b.live, WH_ACT_FLAG);
	assert_int_equal(b.scores, 1);
	assert_string_equal(b.rule, "tox");
	bed_end(&b);
}

static void
what_a_rule_wrote_is_undone_when_it_fails(void **state)
{
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "local w = window('w', { keep = '1h' })\n"
		"rule 'r' { act = 'flag', when = function(m)\n"
		"  w:add('k') kv.add('n') kv.set('s', m.text)\n"
		"  if m.text == 'fail' then error('on purpose') end\n"
		"  if m.text == 'loop' then while true do end end\n"
		"  return { n = kv.get('n'), s = kv.get('s'), w = w:count('k'), none = kv.get('x', 5) } end }", NULL);
	bed_say(&b, "eve", "a");
	assert_string_equal(b.evidence, "{\"n\":1,\"none\":5,\"s\":\"a\",\"w\":1}");
	bed_say(&b, "eve", "fail");
	assert_int_equal(b.errors, 1);
	bed_say(&b, "eve", "loop");
	assert_int_equal(b.errors, 1);
	bed_say(&b, "eve", "b");
	assert_string_equal(b.evidence, "{\"n\":2,\"none\":5,\"s\":\"b\",\"w\":2}");
	bed_end(&b);
}

static void
time_is_the_event_s(void **state)
{
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "local w = window('w', { keep = '10s' })\n"
		"rule 'r' { act = 'flag', when = function(m) w:add() local n = kv.get('n', 0) kv.set('n', n + 1, '5s') return { n = n, w = w:count(), s = w:count(nil, '2s') } end }", NULL);
	bed_say(&b, "eve", "a");
	bed_say(&b, "eve", "a");
	bed_say(&b, "eve", "a");
	assert_string_equal(b.evidence, "{\"n\":2,\"s\":2,\"w\":3}");
	b.now_ms += 6000;
	bed_say(&b, "eve", "a");
	assert_string_equal(b.evidence, "{\"n\":0,\"s\":1,\"w\":4}");
	b.now_ms += 86400000;
	bed_say(&b, "eve", "a");
	assert_string_equal(b.evidence, "{\"n\":0,\"s\":1,\"w\":1}");
	bed_end(&b);
}

static void
the_mode_that_says_most_is_in_force(void **state)
{
	const struct wh_str none = { NULL, 0 };
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'r' { act = 'hold', when = function() return true end } rule 's' { act = 'warn', when = function() return true end }", NULL);
	bed_say(&b, "eve", "a");
	assert_int_equal(b.live, WH_ACT_HOLD | WH_ACT_WARN);
	assert_int_equal(b.answer.fate, WH_FATE_HOLD);
	assert_int_equal(judge_set_mode(&b.judge, WH_STR("p"), none, none, PACK_SHADOW), WH_OK);
	bed_say(&b, "eve", "a");
	assert_int_equal(b.live, 0);
	assert_int_equal(b.shadow, WH_ACT_HOLD | WH_ACT_WARN);
	assert_int_equal(b.answer.fate, WH_FATE_PASS);
	assert_int_equal(judge_set_mode(&b.judge, none, none, WH_STR("lobby"), PACK_LIVE), WH_OK);
	assert_int_equal(judge_set_mode(&b.judge, WH_STR("p"), WH_STR("s"), none, PACK_OFF), WH_OK);
	bed_say(&b, "eve", "a");
	assert_int_equal(b.live, WH_ACT_HOLD);
	assert_int_equal(b.shadow, 0);
	assert_int_equal(judge_set_mode(&b.judge, WH_STR("p"), WH_STR("s"), WH_STR("lobby"), PACK_LIVE), WH_OK);
	bed_say(&b, "eve", "a");
	assert_int_equal(b.live, WH_ACT_HOLD | WH_ACT_WARN);
	bed_end(&b);
}

static void
rules_say_whom_and_where_they_leave_alone(void **state)
{
	struct wh_judge_event e = { .room = WH_STR("help-linux"), .text = WH_STR("x"), .name = WH_STR("eve"), .user = WH_STR("eve") };
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'all' { act = 'flag', when = function() return true end }\n"
		"rule 'known' { exempt = 'known', act = 'warn', when = function() return true end }\n"
		"rule 'roles' { exempt = { 'vip', 'bots' }, act = 'slow', when = function() return true end }\n"
		"rule 'rooms' { rooms = { 'lobby', 'help-*' }, act = 'hold', when = function() return true end }\n"
		"rule 'joins' { on = { 'join', 'nick' }, act = 'ban', when = function() return true end }", NULL);
	bed_event(&b, &e);
	assert_int_equal(b.live, WH_ACT_FLAG | WH_ACT_WARN | WH_ACT_SLOW | WH_ACT_HOLD);
	e.trust = WH_TRUST_KNOWN;
	e.roles = WH_STR("member vip");
	e.room = WH_STR("other");
	bed_event(&b, &e);
	assert_int_equal(b.live, WH_ACT_FLAG);
	e.roles = WH_STR("vips");
	e.flags = WH_JUDGE_BOT;
	bed_event(&b, &e);
	assert_int_equal(b.live, WH_ACT_FLAG);
	e.on = WH_JUDGE_ON_JOINED;
	bed_event(&b, &e);
	assert_int_equal(b.live, WH_ACT_BAN);
	e.trust = WH_TRUST_MODERATOR;
	bed_event(&b, &e);
	assert_int_equal(b.live, 0);
	assert_int_equal(b.answer.evaluated, 0);
	assert_true(judge_glob("*a*b", WH_STR("xxaxxb")));
	assert_false(judge_glob("a*b", WH_STR("ab ")));
	bed_end(&b);
}

static void
a_ladder_climbs_for_each_user_and_forgets(void **state)
{
	static const int64_t wanted[] = { 60000, 600000, 600000 };
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'r' { act = { 'timeout', ladder = { '1m', '10m' }, forget = '1h' }, when = function() return true end }", NULL);
	for (uint32_t i = 0; i < 3; i++) {
		bed_say(&b, "eve", "a");
		assert_int_equal(b.verdict.time_ms, wanted[i]);
		assert_int_equal(b.verdict.step, i < 2 ? i + 1 : 2);
	}
	bed_say(&b, "bob", "a");
	assert_int_equal(b.verdict.time_ms, 60000);
	b.now_ms += 3600000;
	bed_say(&b, "eve", "a");
	assert_int_equal(b.verdict.time_ms, 60000);
	bed_end(&b);
}

static void
a_rule_may_return_an_act_of_its_own(void **state)
{
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'r' { act = 'flag', when = function(m)\n"
		"  if m.text == 'x' then return { entries = { 1, 2 } }, { 'ban', 'redact', time = '1d', scope = 'both', sweep = '2m', reason = 'raid', text = 'Bye.' } end\n"
		"  if m.text == 'wrong' then return true, { 'hang' } end\n"
		"  return m.text == 'y' end }", NULL);
	bed_say(&b, "eve", "x");
	assert_int_equal(b.live, WH_ACT_BAN | WH_ACT_REDACT);
	assert_int_equal(b.verdict.scope, WH_SCOPE_ACCOUNT | WH_SCOPE_NETWORK);
	assert_int_equal(b.verdict.time_ms, 86400000);
	assert_int_equal(b.verdict.sweep_ms, 120000);
	assert_string_equal(b.reason, "raid");
	assert_string_equal(b.evidence, "{\"entries\":[1,2]}");
	assert_int_equal(b.answer.fate, WH_FATE_REFUSE);
	bed_say(&b, "eve", "y");
	assert_int_equal(b.live, WH_ACT_FLAG);
	assert_string_equal(b.reason, "r");
	bed_say(&b, "eve", "wrong");
	assert_int_equal(b.errors, 1);
	/* What the usual functions return besides is no act. */
	bed_load(&b, HEAD "rule 'r' { act = 'warn', when = function(m) return m.text:find('x') end }", NULL);
	bed_say(&b, "eve", "ax");
	assert_int_equal(b.live, WH_ACT_WARN);
	assert_string_equal(b.error, "");
	bed_end(&b);
}

static void
a_rule_that_fails_closed_holds_and_errors_are_not_told_each_time(void **state)
{
	unsigned told = 0;
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'r' { act = 'flag', fail = 'closed', when = function() error('oops') end }\n"
		"rule 's' { act = 'flag', when = function() error('oops') end }", NULL);
	for (int i = 0; i < 10; i++) {
		bed_say(&b, "eve", "x");
		assert_int_equal(b.live, WH_ACT_HOLD);
		told += b.errors;
	}
	assert_int_equal(told, 6);
	bed_end(&b);
}

static void
a_rule_that_acts_on_too_much_of_a_day_goes_to_shadow(void **state)
{
	struct bed b;
	unsigned demoted = 0;

	(void)state;
	bed_begin(&b);
	b.judge.share = 100;
	bed_load(&b, HEAD "rule 'r' { act = 'hold', when = function(m) return m.text == 'x' end }", NULL);
	for (int i = 0; i < 300; i++) {
		bed_say(&b, "eve", i % 5 == 0 ? "x" : "y");
		demoted += b.demoted;
	}
	assert_int_equal(demoted, 1);
	bed_say(&b, "eve", "x");
	assert_int_equal(b.live, 0);
	assert_int_equal(b.shadow, WH_ACT_HOLD);
	bed_end(&b);
}

static void
a_pack_takes_the_place_of_its_older_self(void **state)
{
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, HEAD "rule 'r' { act = 'hold', when = function() return true end }", NULL);
	bed_load(&b, HEAD "rule 'r' { act = 'warn', when = function() return true end }", NULL);
	bed_say(&b, "eve", "x");
	assert_int_equal(b.live, WH_ACT_WARN);
	assert_int_equal(judge_remove(&b.judge, WH_STR("q")), WH_ENOENT);
	assert_int_equal(judge_remove(&b.judge, WH_STR("p")), WH_OK);
	bed_say(&b, "eve", "x");
	assert_int_equal(b.answer.evaluated, 0);
	bed_end(&b);
}

static void
what_was_counted_outlives_a_new_version(void **state)
{
	static const char text[] = "pack { id = 'p', version = '%c', api = 1, license = 'MIT' } local w = window('w', { keep = '1m' })"
		" rule 'r' { when = function(m) w:add('k', m.text) return w:count('k') + kv.add('n', 1) >= 6 end, act = 'flag' }";
	struct bed b;
	char one[sizeof text], two[sizeof text];

	(void)state;
	snprintf(one, sizeof one, text, '1');
	snprintf(two, sizeof two, text, '2');
	bed_begin(&b);
	bed_load(&b, one, NULL);
	bed_say(&b, "eve", "x");
	bed_say(&b, "eve", "x");
	assert_int_equal(b.live, 0);
	bed_load(&b, two, NULL);
	bed_say(&b, "eve", "x");
	assert_int_equal(b.live, WH_ACT_FLAG);
	bed_end(&b);
}

static void
a_list_may_be_changed_and_not_replaced(void **state)
{
	static const char text[] = "pack { id = 'p', version = '1', api = 1, license = 'MIT', settings = { l = { type = 'words', default = { 'one', 'two' } } } }"
		" local l = list 'l' rule 'r' { when = function(m) return l:has(m.text) end, act = 'flag' }";
	struct bed b;

	(void)state;
	bed_begin(&b);
	bed_load(&b, text, "{\"l\":{\"add\":[\"three\"],\"remove\":[\"one\"]}}");
	bed_say(&b, "eve", "one");
	assert_int_equal(b.live, 0);
	bed_say(&b, "eve", "two");
	assert_int_equal(b.live, WH_ACT_FLAG);
	bed_say(&b, "eve", "three");
	assert_int_equal(b.live, WH_ACT_FLAG);
	bed_load(&b, text, "{\"l\":{\"base\":[\"four\"],\"add\":[\"five\"]}}");
	bed_say(&b, "eve", "two");
	assert_int_equal(b.live, 0);
	bed_say(&b, "eve", "four");
	assert_int_equal(b.live, WH_ACT_FLAG);
	bed_end(&b);
}

static void
a_score_is_told_to_the_pack_that_asked(void **state)
{
	static const char text[] = "pack { id = '%c', version = '1', api = 1, license = 'MIT', scores = { 's' } }"
		" rule 'r' { on = 'verdict', when = function(m) return m.score.value > 0.5 end, act = '%s' }";
	struct wh_judge_event e = { .on = WH_JUDGE_ON_SCORED, .time_ms = 1, .room = WH_STR("r"), .text = WH_STR("x"),
		.detail = WH_STR("{\"pack\":\"b\",\"name\":\"s\",\"value\":0.9}") };
	struct bed b;
	char one[sizeof text + 8], two[sizeof text + 8];

	(void)state;
	snprintf(one, sizeof one, text, 'a', "flag");
	snprintf(two, sizeof two, text, 'b', "warn");
	bed_begin(&b);
	bed_load(&b, one, NULL);
	bed_load(&b, two, NULL);
	bed_event(&b, &e);
	assert_int_equal(b.live, WH_ACT_WARN);
	bed_end(&b);
}

static void
events_and_answers_survive_the_way(void **state)
{
	const struct wh_judge_event e = { .on = WH_JUDGE_ON_REPORT, .trust = WH_TRUST_TRUSTED, .flags = 3, .time_ms = -5, .entry = UINT64_MAX, .age_ms = 1, .messages = 2,
		.strikes = 3, .room = WH_STR("a"), .text = WH_STR("b"), .before = WH_STR("c"), .user = WH_STR("d"), .name = WH_STR("e"), .network = WH_STR("f"),
		.roles = WH_STR("g"), .mentions = WH_STR("h"), .reply_to = WH_STR("i"), .attachments = WH_STR("j"), .detail = WH_STR("k") };
	const struct wh_judge_verdict v = { .item = WH_JUDGE_ITEM_SHADOW, .actions = WH_ACT_BAN, .scope = 1, .step = 2, .time_ms = 3, .sweep_ms = 4, .pack = WH_STR("a"),
		.version = WH_STR("b"), .rule = WH_STR("c"), .reason = WH_STR("d"), .text = WH_STR("e"), .evidence = WH_STR("{}") };
	char bytes[1000];
	struct wh_judge_bytes out = { .p = bytes, .max = sizeof bytes };
	struct wh_judge_answer answer = { .n = 0 };
	struct wh_judge_verdict back;
	struct wh_judge_event f;
	size_t n = wh_judge_event_write(&e, bytes, sizeof bytes);
	struct wh_str rest;

	(void)state;
	assert_int_equal(n, WH_JUDGE_HEAD + 11 * 4 + 11);
	assert_true(wh_judge_event_read((struct wh_str){ bytes, n }, &f));
	assert_true(f.on == e.on && f.trust == e.trust && f.flags == 3 && f.time_ms == -5 && f.entry == UINT64_MAX && f.strikes == 3);
	assert_true(wh_str_is(f.room, "a") && wh_str_is(f.detail, "k") && wh_str_is(f.reply_to, "i"));
	for (size_t i = 0; i < n; i++)
		assert_false(wh_judge_event_read((struct wh_str){ bytes, i }, &f));
	assert_int_equal(wh_judge_event_write(&e, bytes, n - 1), 0);
	wh_judge_answer_begin(&out);
	assert_true(wh_judge_answer_add(&out, &v));
	out.max = out.n + 10;
	assert_false(wh_judge_answer_add(&out, &v));
	wh_judge_answer_end(&out, &(struct wh_judge_answer){ .fate = WH_FATE_HOLD, .n = 1, .evaluated = 5, .cost_ns = 6 });
	rest = (struct wh_str){ bytes, out.n };
	assert_true(wh_judge_answer_read(&rest, &answer));
	assert_true(answer.fate == WH_FATE_HOLD && answer.n == 1 && answer.evaluated == 5 && answer.cost_ns == 6);
	assert_true(wh_judge_item_read(&rest, &back));
	assert_true(back.item == WH_JUDGE_ITEM_SHADOW && back.step == 2 && back.sweep_ms == 4 && wh_str_is(back.evidence, "{}") && rest.n == 0);
	assert_false(wh_judge_item_read(&rest, &back));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_manifest_is_told_with_its_line),
		cmocka_unit_test(settings_have_types_and_the_operator_s_values_come_first),
		cmocka_unit_test(a_rule_sees_the_whole_event),
		cmocka_unit_test(what_is_kept_of_an_event_is_of_that_event_alone),
		cmocka_unit_test(helpers_answer),
		cmocka_unit_test(what_a_rule_wrote_is_undone_when_it_fails),
		cmocka_unit_test(time_is_the_event_s),
		cmocka_unit_test(the_mode_that_says_most_is_in_force),
		cmocka_unit_test(rules_say_whom_and_where_they_leave_alone),
		cmocka_unit_test(a_ladder_climbs_for_each_user_and_forgets),
		cmocka_unit_test(a_rule_may_return_an_act_of_its_own),
		cmocka_unit_test(a_rule_that_fails_closed_holds_and_errors_are_not_told_each_time),
		cmocka_unit_test(a_rule_that_acts_on_too_much_of_a_day_goes_to_shadow),
		cmocka_unit_test(a_pack_takes_the_place_of_its_older_self),
		cmocka_unit_test(what_was_counted_outlives_a_new_version),
		cmocka_unit_test(a_list_may_be_changed_and_not_replaced),
		cmocka_unit_test(a_score_is_told_to_the_pack_that_asked),
		cmocka_unit_test(events_and_answers_survive_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
