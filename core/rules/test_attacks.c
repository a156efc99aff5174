/* What a rule may try: each attack ends within its deadline, says so, leaves nothing behind that it wrote, and the next message is judged.
 * A sanitized build is slower. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/json.h"
#include "rules/testing_rules.h"
#include "rules/testing_snippets.h"

#ifdef WH_SANITIZED
#define SLOWER 20
#else
#define SLOWER 1
#endif

enum { DEADLINE_MS = 100 };

struct attack {
	const char *name, *text;	/* the body of `when` */
};

static const struct attack attacks[] = {
	{ "endless loop", "while true do end" },
	{ "nested pcall", "local function f() while true do pcall(f) end end f()" },
	{ "pcall of pcall", "while true do pcall(pcall, pcall, function() while true do end end) end" },
	{ "xpcall handler", "local function h() while true do end end xpcall(function() while true do end end, h) xpcall(error, h)" },
	{ "handlers in handlers", "local function h(e) xpcall(error, h, e) while true do end end xpcall(error, h)" },
	{ "lazy pattern", "while true do pcall(string.find, ('a'):rep(512), '.-.-.-.-b$') end" },
	{ "lazy pattern, once", "return ('a'):rep(512):find('.-.-.-.-b$')" },
	{ "gsub", "local s = ('a'):rep(3000) while true do s:gsub('.-.-b', '') end" },
	{ "deep recursion in patterns", "return ('x'):rep(200000):find(('(.-)'):rep(30) .. ('.-'):rep(200) .. 'y')" },
	{ "balance", "return ('('):rep(200000):find('%b()')" },
	{ "__gc", "while true do pcall(setmetatable, {}, { __gc = function() while true do end end }) end" },
	{ "__gc later", "local m = {} for i = 1, 1000 do local t = setmetatable({}, m) m.__gc = function() while true do end end end while true do local x = {} end" },
	{ "__close", "local m = {} m.__close = function() while true do end end while true do pcall(function() local x <close> = setmetatable({}, m) end) end" },
	{ "garbage", "while true do local t = { {}, {}, {} } end" },
	{ "table.move", "table.move({}, 1, 1000000000, 2)" },
	{ "table.move in pcall", "while true do pcall(table.move, {}, 1, 1000000000, 2) end" },
	{ "string.rep in a loop", "while true do pcall(string.rep, 'x', 3000000) end" },
	{ "large strings in a loop", "while true do local s = ('x'):rep(200000) end" },
	{ "doubling", "local s = 'x' while true do pcall(function() s = s .. s end) end" },
	{ "a million entries", "local t = {} for i = 1, 1000000 do t[i] = i end while true do end" },
	{ "a million entries, in pcall", "while true do pcall(function() local t = {} for i = 1, 1000000 do t[i] = i end end) end" },
	{ "a million entries that stay", "hoard = hoard or {} for i = 1, 1000000 do pcall(function() hoard[#hoard + 1] = ('x'):rep(100) .. i end) end" },
	{ "colliding keys", "local t = {} for i = 1, 1000000 do t[2.0^(i % 1000) + 2.0^-(i // 1000)] = i end while true do end" },
	{ "colliding strings", "local t, s = {}, ('x'):rep(41) for i = 1, 1000000 do t[s .. i .. s] = i end while true do end" },
	{ "unpack", "while true do pcall(table.unpack, {}, 1, 60000) end" },
	{ "sort that loops", "table.sort({ 3, 2, 1 }, function() while true do end end)" },
	{ "concat", "while true do local t = setmetatable({}, { __index = function() return ('x'):rep(1000) end }) pcall(table.concat, t, '', 1, 1000000000) end" },
	{ "tostring that loops", "tostring(setmetatable({}, { __tostring = function() while true do end end }))" },
	{ "deep calls", "local function f() return 1 + f() end while true do pcall(f) end" },
	{ "PCRE2, nested repeats", "while true do pcall(text.match, ('a'):rep(60) .. '!', '(a+)+$') end" },
	{ "PCRE2, alternatives", "while true do pcall(text.match, ('a'):rep(5000), '(a|aa|aaa)+b') end" },
	{ "PCRE2, recursion", "while true do pcall(text.match, ('('):rep(5000), '(\\\\((?1)*\\\\))') end" },
	{ "PCRE2, many patterns", "for i = 1, 1000000 do pcall(text.match, 'x', '(a{100}){100}' .. i) end while true do end" },
	{ "PCRE2, long text", "local s = ('ab '):rep(80000) while true do pcall(text.match, s, '.*?.*?.*?z') end" },
	{ "skeletons of much", "local s = ('\\u{1D4EA}'):rep(50000) while true do text.skeleton(s) end" },
	{ "normalizing much", "local s = ('\\u{FDFA}'):rep(60000) while true do text.normalize(s) end" },
	{ "words of much", "local s = ('a '):rep(100000) while true do text.words(s) end" },
	{ "links of much", "local s = ('a.com '):rep(40000) while true do links.find(s) end" },
	{ "scripts of much", "local s = ('\\u{430}'):rep(100000) while true do text.script(s) end" },
	{ "languages of much", "local s = ('the and of '):rep(20000) while true do text.language(s) end" },
	{ "stats of much", "local s = ('a'):rep(200000) while true do text.stats(s) text.caps(s) end" },
	{ "likeness of much", "local s = ('abc'):rep(60000) while true do text.similarity(s, s .. 'x') end" },
	{ "window that is asked", "for i = 1, 64 do w:add('k', m.text) end while true do w:similar(m.text) w:count('k') w:entries('k') end" },
	{ "window that is filled", "while true do pcall(w.add, w, 'k', m.text) end" },
	{ "notes that are filled", "for i = 1, 1000000 do pcall(kv.set, 'k' .. i, ('x'):rep(1000)) end while true do end" },
	{ "scores", "while true do pcall(score.http, 'toxicity', ('x'):rep(10000)) end" },
	{ "links asked again", "while true do local x = m.links[1] and m.user.roles[1] end" },
	{ "evidence that is large", "local t = {} for i = 1, 1000 do t['k' .. i] = ('x'):rep(100) end return t" },
	{ "evidence that is deep", "local t = {} for i = 1, 1000 do t = { t } end return { t = t }" },
	{ "evidence that loops", "local t = {} t.t = t return t" },
	{ "evidence that lies", "return setmetatable({}, { __index = function() while true do end end, __pairs = error, __len = error })" },
	{ "error object", "error(setmetatable({}, { __tostring = function() while true do end end }))" },
	{ "error of nothing", "error()" },
	{ "long error", "error(('x'):rep(200000))" },
};

/* The next rule judges as if nothing was. */
static const char pack_front[] =
	"pack { id = 'evil', version = '1', api = 1, license = 'MIT', scores = { 'toxicity' } }\n"
	"w = window('w', { keep = '1h' })\n"
	"rule 'evil' { when = function(m)\n"
	"  if m.text:find('quiet', 1, true) then return end\n"
	"  kv.set('mark', 1)\n"
	"  w:add('mark')\n  ";
static const char pack_end[] =
	"\nend, act = 'flag' }\n"
	"rule 'good' { when = function(m) if kv.get('mark') or w:count('mark') > 0 then error('it left something') end\n"
	"  return m.text:find('badword', 1, true) and { word = 'badword' } end, act = 'hold' }\n";

static int64_t
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
attack_once(struct bed *b, const struct attack *a)
{
	struct wh_buf text = { 0 };
	int64_t began, took;
	bool failed;

	wh_buf_fmt(&text, "%s%s%s", pack_front, a->text, pack_end);
	bed_load(b, wh_buf_cstr(&text), NULL);
	began = cpu_ms();
	bed_say(b, "eve", "a badword that is attacked with https://a.example/x");
	took = cpu_ms() - began;
	if (getenv("SHOW_ATTACKS") != NULL)
		printf("%-32s %4lld ms  %.*s\n", a->name, (long long)took, (int)strcspn(b->error, "\n"), b->error);
	if (took > DEADLINE_MS * SLOWER)
		fail_msg("%s took %lld ms", a->name, (long long)took);
	/* A rule that ended well may keep what it wrote. */
	failed = b->errors != 0 && (b->live & WH_ACT_FLAG) == 0;
	if (failed && strstr(b->error, "it left something") != NULL)
		fail_msg("%s: %s", a->name, b->error);
	/* The other rule of the same pack judged the same message, if the first left nothing behind. */
	if (failed && (b->live & WH_ACT_HOLD) == 0)
		fail_msg("%s: the next rule did not judge: %s", a->name, b->error);
	if (failed) {
		bed_say(b, "eve", "a quiet badword");
		if (b->live != WH_ACT_HOLD || b->errors != 0)
			fail_msg("%s: the next message was not judged: %s", a->name, b->error);
	}
	assert_int_equal(judge_remove(&b->judge, WH_STR("evil")), WH_OK);
	wh_buf_free(&text);
}

static void
each_attack_ends_and_the_next_message_is_judged(void **state)
{
	struct bed b;

	(void)state;
	bed_begin(&b);
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
		attack_once(&b, &attacks[i]);
	bed_end(&b);
}

/* Of 600 random snippets at least 200 are programs that run. */
/* A pack whose rule is a snippet, and one that judges as if nothing was. */
static void
snippet_pack(uint32_t *seed, int i, struct wh_buf *text)
{
	uint8_t numbers[40];
	size_t n = 4 + (size_t)i % 36;

	for (size_t k = 0; k < n; k++)
		numbers[k] = (uint8_t)((*seed = *seed * 1664525 + 1013904223) >> 16);
	wh_buf_reset(text);
	wh_buf_text(text, "pack { id = 'evil', version = '1', api = 1, license = 'MIT', scores = { 's' }, settings = {\n"
		"  l = { type = 'words', default = { 'bad', 'wor*' } }, d = { type = 'domains', default = { 'a.com' } } } }\n"
		"local w, l, d = window('w', { keep = '1m', entries = 100 }), list 'l', list 'd'\nrule 'evil' { act = 'flag', when = function(m) ");
	snippet_write(numbers, n, text);
	wh_buf_text(text, "\nend }\nrule 'good' { act = 'hold', when = function(m) return m.text:find('badword', 1, true) end }");
}

static void
two_hundred_random_snippets_end_and_the_next_message_is_judged(void **state)
{
	struct wh_buf text = { 0 }, why = { 0 };
	unsigned ran = 0, over = 0;
	uint32_t seed = 11;
	struct bed b;

	(void)state;
	bed_begin(&b);
	for (int i = 0; i < 600; i++) {
		struct source *s = calloc(1, sizeof *s);
		struct pack *p;
		int64_t began, took;

		snippet_pack(&seed, i, &text);
		assert_non_null(s);
		s->n = 1;
		snprintf(s->files[0].name, sizeof s->files[0].name, "pack.lua");
		wh_buf_str(&s->files[0].text, wh_buf_slice(&text));
		if (pack_load(&b.shared, &b.judge.limits, s, (struct wh_str){ NULL, 0 }, &p, &why) != WH_OK)
			continue;
		assert_int_equal(judge_add(&b.judge, p), WH_OK);
		ran++;
		began = cpu_ms();
		bed_say(&b, "eve", "a badword at https://a.com/x");
		took = cpu_ms() - began;
		over += strstr(b.error, "over budget") != NULL;
		if (took > DEADLINE_MS * SLOWER || (b.live & WH_ACT_HOLD) == 0)
			fail_msg("%lld ms, actions %x: %.*s", (long long)took, b.live, WH_FMT(wh_buf_slice(&text)));
	}
	if (getenv("SHOW_ATTACKS") != NULL)
		printf("%u snippets ran, %u used up their budget\n", ran, over);
	assert_true(ran >= 200);
	assert_true(over >= 50);
	bed_end(&b);
	wh_buf_free(&text);
	wh_buf_free(&why);
}

static void
a_rule_that_overruns_three_times_goes_to_shadow_and_at_last_off(void **state)
{
	struct bed b;
	struct pack *p;

	(void)state;
	bed_begin(&b);
	p = bed_load(&b, "pack { id = 'slow', version = '1', api = 1, license = 'MIT' }\n"
		"rule 'slow' { when = function(m) while true do end end, act = 'hold', fail = 'closed' }\n"
		"rule 'other' { when = function(m) return true end, act = 'flag' }", NULL);
	for (int i = 1; i <= 3; i++) {
		bed_say(&b, "eve", "hello");
		assert_int_equal(b.live, WH_ACT_HOLD | WH_ACT_FLAG);
		assert_int_equal(b.demoted, i == 3);
	}
	assert_int_equal(p->rules[0].most, PACK_SHADOW);
	/* In shadow it is not asked for safety any more. */
	bed_say(&b, "eve", "hello");
	assert_int_equal(b.live, WH_ACT_FLAG);
	for (int i = 5; i <= 9; i++)
		bed_say(&b, "eve", "hello");
	assert_int_equal(b.demoted, 1);
	assert_int_equal(p->rules[0].most, PACK_OFF);
	bed_say(&b, "eve", "hello");
	assert_int_equal(b.answer.evaluated, 1);
	assert_int_equal(p->rules[1].most, PACK_LIVE);
	bed_end(&b);
}

static void
a_rule_that_is_late_on_a_busy_machine_is_not_blamed(void **state)
{
	struct bed b;
	struct pack *p;

	(void)state;
	bed_begin(&b);
	b.judge.limits.time_ns = 1;
	p = bed_load(&b, "pack { id = 'p', version = '1', api = 1, license = 'MIT' }\n"
		"rule 'r' { when = function() for i = 1, 1000 do end return true end, act = 'flag' }", NULL);
	for (int i = 0; i < 10; i++)
		bed_say(&b, "eve", "x");
	assert_int_equal(p->rules[0].failed, 10);
	assert_int_equal(p->rules[0].overruns, 0);
	assert_int_equal(p->rules[0].most, PACK_LIVE);
	/* One that works for all that time is. */
	assert_int_equal(judge_remove(&b.judge, WH_STR("p")), WH_OK);
	b.judge.limits = (struct pack_limits){ .time_ns = 30 * WH_NS_PER_MS, .steps = UINT64_MAX / 2 };
	p = bed_load(&b, "pack { id = 'q', version = '1', api = 1, license = 'MIT' }\nrule 'r' { when = function() while true do end end, act = 'flag' }", NULL);
	for (int i = 0; i < 20 && p->rules[0].overruns == 0; i++)
		bed_say(&b, "eve", "x");
	assert_true(p->rules[0].overruns > 0);
	bed_end(&b);
}

/* It runs at the first loading and not again: made anew, the pack would take the process with it. */
static void
a_pack_that_cannot_be_made_anew_in_time_goes_off(void **state)
{
	struct bed b;
	struct pack *p;

	(void)state;
	bed_begin(&b);
	p = bed_load(&b, "pack { id = 'p', version = '1', api = 1, license = 'MIT' }\nlocal n = 0 for i = 1, 6000000 do n = n + 1 end\n"
		"rule 'a' { when = function(m) while m.text == 'x' do end end, act = 'flag' }\nrule 'b' { when = function() return true end, act = 'hold' }", NULL);
	bed_say(&b, "eve", "y");
	assert_int_equal(b.live, WH_ACT_HOLD);
	bed_say(&b, "eve", "x");
	assert_int_equal(b.demoted, 2);
	assert_int_equal(p->rules[1].most, PACK_OFF);
	bed_say(&b, "eve", "y");
	assert_int_equal(b.answer.evaluated, 0);
	/* Set live by somebody, it is tried again, and fails again. */
	p->rules[1].most = PACK_LIVE;
	bed_say(&b, "eve", "y");
	assert_int_equal(b.errors, 1);
	bed_end(&b);
}

static void
loading_has_a_budget_too(void **state)
{
	static const char *const texts[] = { "while true do end", "pack { id = 'x', version = '1', api = 1, license = 'MIT' } while true do pcall(error) end",
		"local t = {} while true do t = { t } end", "pcall(string.rep, 'x', 1 << 40) local s = ('a'):rep(2000) s:find('.-.-.-.-.-b')" };
	struct bed b;

	(void)state;
	bed_begin(&b);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int64_t began = cpu_ms();

		assert_true(strlen(bed_refused(&b, texts[i], NULL)) > 0);
		assert_true(cpu_ms() - began < 3000 * SLOWER);
	}
	bed_end(&b);
}

static void
what_could_reach_out_is_not_there(void **state)
{
	static const char *const absent[] = { "io", "os", "debug", "package", "load", "loadstring", "loadfile", "dofile", "collectgarbage", "coroutine",
		"string.dump", "print", "rawset", "m", "_G" };
	struct bed b;
	char text[400];

	(void)state;
	bed_begin(&b);
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
		snprintf(text, sizeof text, "pack { id = 'x', version = '1', api = 1, license = 'MIT' } assert(%s == nil, 'there')", absent[i]);
		bed_load(&b, text, NULL);
	}
	/* Objects show no address, and no metatable to change. */
	bed_load(&b, "pack { id = 'x', version = '1', api = 1, license = 'MIT', settings = { l = { type = 'words', default = {} } } }\n"
		"local l, w = list 'l', window('w', { keep = '1s' })\n"
		"for _, o in ipairs { l, w } do assert(not tostring(o):find('%d') and getmetatable(o) == nil and not pcall(setmetatable, o, {})) end\n"
		"assert(not pcall(function() l.has = 1 end) and not pcall(w.add, l, 'x') and not pcall(l.has, w, 'x') and not pcall(l.has, {}, 'x'))", NULL);
	bed_end(&b);
}

/* The packs of all attacks and of `n` snippets, for tests with a server: an array of texts. */
static int
print_packs(int n)
{
	struct wh_buf text = { 0 }, out = { 0 };
	struct wh_json w;
	uint32_t seed = 11;

	wh_json_begin(&w, &out);
	wh_json_array(&w, NULL);
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		wh_buf_reset(&text);
		wh_buf_fmt(&text, "%s%s%s", pack_front, attacks[i].text, pack_end);
		wh_json_str(&w, NULL, wh_buf_slice(&text));
	}
	for (int i = 0; i < n; i++) {
		snippet_pack(&seed, i, &text);
		wh_json_str(&w, NULL, wh_buf_slice(&text));
	}
	wh_json_end(&w);
	if (wh_json_finish(&w))
		fwrite(out.p, 1, out.n, stdout);
	wh_buf_free(&text);
	wh_buf_free(&out);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attack_ends_and_the_next_message_is_judged),
		cmocka_unit_test(two_hundred_random_snippets_end_and_the_next_message_is_judged),
		cmocka_unit_test(a_rule_that_overruns_three_times_goes_to_shadow_and_at_last_off),
		cmocka_unit_test(a_rule_that_is_late_on_a_busy_machine_is_not_blamed),
		cmocka_unit_test(a_pack_that_cannot_be_made_anew_in_time_goes_off),
		cmocka_unit_test(loading_has_a_budget_too),
		cmocka_unit_test(what_could_reach_out_is_not_there),
	};

	if (argc == 3 && strcmp(argv[1], "--packs") == 0)
		return print_packs(atoi(argv[2]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
