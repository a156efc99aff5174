/* Tests of loading, calling, host functions, budgets and reload. What a script may try is in test_script_attacks.c. */
#include "base/testing.h"
#include "script/script.h"

static struct wh_script *
loaded(const char *text)
{
	struct wh_script *s = wh_script_new(NULL, NULL);

	assert_non_null(s);
	if (wh_script_load(s, "test", wh_str(text)) != WH_OK)
		fail_msg("%s", wh_script_error(s));
	return s;
}

static void
the_language_works_as_in_the_manual(void **state)
{
	static const char *const texts[] = {
		"local t = {5, 3, 9, 1} table.sort(t) assert(table.concat(t, ',') == '1,3,5,9')",
		"local t = {5, 3, 9, 1} table.sort(t, function(a, b) return a > b end) assert(table.concat(t) == '9531')",
		"local t = {} for i = 1, 500 do t[i] = (i * 7919) % 1009 end table.sort(t) "
		"for i = 2, 500 do assert(t[i - 1] <= t[i]) end",
		"local t = {1, 2, 3} table.insert(t, 4) table.insert(t, 1, 0) assert(table.concat(t) == '01234')",
		"local t = {1, 2, 3} assert(table.remove(t, 1) == 1 and table.remove(t) == 3 and #t == 1)",
		"assert(table.remove({}) == nil and not pcall(table.remove, {1}, 7) and not pcall(table.insert, {1}, 5, 1))",
		"assert(table.concat(table.move({1, 2, 3}, 1, 3, 2)) == '1123')",
		"assert(table.concat(table.move({1, 2, 3}, 2, 3, 1)) == '233')",
		"assert(table.concat(table.move({1, 2}, 1, 2, 2, {9})) == '912')",
		"local t = table.pack(1, nil, 3) assert(t.n == 3 and select('#', table.unpack(t, 1, t.n)) == 3)",
		"assert(table.concat({}, 'x') == '' and table.concat({1, 2, 3}, '-', 2, 3) == '2-3')",
		"assert(('ab'):rep(3, '-') == 'ab-ab-ab' and (''):rep(3, 'x') == 'xx' and ('x'):rep(0) == '' and ('y'):rep(3) == 'yyy')",
		"assert(('%5.1f|%d|%s|%q|%%'):format(1.25, 7, true, 'a\\n') == '  1.2|7|true|\"a\\\\\\n\"|%')",
		"assert(('hello'):find('l') == 3 and ('a.b'):find('.', 2, true) == 2 and ('abc'):find('c', -1) == 3)",
		"local a, b, c = ('key=val'):match('^(%w+)()=') assert(a == 'key' and b == 4 and c == nil)",
		"local n = 0 for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do n = n + v:len() end assert(n == 2)",
		"local s, n = ('hello world'):gsub('o', '0') assert(s == 'hell0 w0rld' and n == 2)",
		"assert(('abc'):gsub('%w', '%0%0') == 'aabbcc' and ('abc'):gsub('', '-') == '-a-b-c-')",
		"assert(('$name!'):gsub('%$(%w+)', {name = 'eve'}) == 'eve!' and ('abc'):gsub('b', false and 1 or '%%') == 'a%c')",
		"assert(('abc'):gsub('%w', function(c) if c == 'b' then return 'X' end end) == 'aXc')",
		"assert(('abc abc'):gsub('^a', 'x') == 'xbc abc' and ('aaa'):gsub('a', 'b', 2) == 'bba')",
		"local C = {} C.__index = C function C.hi(o) return o.n end C.__eq = function() return true end\n"
		"local a, b = setmetatable({n = 1}, C), setmetatable({n = 2}, C)\n"
		"assert(a:hi() == 1 and a == b and getmetatable(a) == C and getmetatable({}) == nil and getmetatable('') == nil)",
		"local M = {} local a = setmetatable({}, M) M.__tostring = function() return 'me' end\n"
		"local b = setmetatable({}, M) assert(tostring(a) == 'me' and tostring(b) == 'me')",
		"assert(select(2, pcall(error, {code = 7})).code == 7)",
		"local ok, e = xpcall(function() error('x', 0) end, function(e) return e .. '!' end) assert(not ok and e == 'x!')",
		"assert(select('#', xpcall(function(...) return ... end, error, 1, nil, 3)) == 4)",
		"assert(tonumber('0x10') == 16 and tonumber('z', 36) == 35 and tonumber('x') == nil)",
		"assert(math.max(1, 2) == 2 and math.type(1) == 'integer' and utf8.len('h\\u{e9}') == 2 and math.pi > 3)",
		"for p, c in utf8.codes('a\\u{e9}') do assert(p <= 2) end",
		"assert(not pcall(function() return '1' + 1 end))",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct wh_script *s = loaded(texts[i]);

		wh_script_free(&s);
	}
}

static void
a_call_passes_values_both_ways(void **state)
{
	struct wh_script *s = loaded("whole = {} function whole.f(a, b, c, d) return d, c .. '!', b * 2, a + 1, nil end");
	struct wh_script_value args[] = { wh_script_int(41), wh_script_num(0.25), wh_script_str(WH_STR("x")),
		wh_script_bool(true) }, got[6];

	(void)state;
	assert_int_equal(wh_script_call(s, "whole.f", args, 4, got, 6), WH_OK);
	assert_true(got[0].type == WH_SCRIPT_BOOL && got[0].b);
	assert_true(got[1].type == WH_SCRIPT_STR && wh_str_is(got[1].s, "x!"));
	assert_true(got[2].type == WH_SCRIPT_NUM && got[2].d == 0.5);
	assert_true(got[3].type == WH_SCRIPT_INT && got[3].i == 42);
	assert_int_equal(got[4].type, WH_SCRIPT_NIL);
	assert_int_equal(got[5].type, WH_SCRIPT_NIL);
	wh_script_free(&s);
}

static void
a_function_is_found_once_and_called_often(void **state)
{
	struct wh_script *s = loaded("local n = 0 function count() n = n + 1 return n end");
	struct wh_script_value got;
	int ref;

	(void)state;
	assert_int_equal(wh_script_find(s, "count", &ref), WH_OK);
	for (int i = 1; i <= 100; i++) {
		assert_int_equal(wh_script_call_ref(s, ref, NULL, 0, &got, 1), WH_OK);
		assert_int_equal(got.i, i);
	}
	assert_int_equal(wh_script_find(s, "string.nothing", &ref), WH_ENOENT);
	assert_int_equal(wh_script_call(s, "string.rep.x", NULL, 0, NULL, 0), WH_ENOENT);
	wh_script_free(&s);
}

static void
an_error_names_chunk_and_line(void **state)
{
	struct wh_script *s = loaded("function inner(x)\n  return x.y.z\nend\nfunction outer(x)\n  local r = inner(x)\n  return r\nend");
	struct wh_script_value arg = wh_script_json(WH_STR("{}")), got;

	(void)state;
	assert_int_equal(wh_script_call(s, "outer", &arg, 1, &got, 1), WH_EINVAL);
	assert_non_null(strstr(wh_script_error(s), "test:2: attempt to index a nil value"));
	assert_non_null(strstr(wh_script_error(s), "test:5: in the function of line 4"));
	assert_int_equal(wh_script_load(s, "broken", WH_STR("x = = 1")), WH_ESYNTAX);
	assert_non_null(strstr(wh_script_error(s), "broken:1:"));
	assert_int_equal(wh_script_load(s, "ok", WH_STR("")), WH_OK);
	assert_string_equal(wh_script_error(s), "");
	wh_script_free(&s);
}

static void
the_error_text_keeps_its_bound(void **state)
{
	struct wh_script *s = wh_script_new(&(struct wh_script_limits){ .error = 100 }, NULL);

	(void)state;
	assert_int_equal(wh_script_load(s, "test", WH_STR("error(('x'):rep(1000))")), WH_EINVAL);
	assert_int_equal(strlen(wh_script_error(s)), 100);
	wh_script_free(&s);
}

struct test_host {
	struct wh_script_host host;
	struct wh_clock clock;
	struct wh_script *script;
	char text[64];
};

static enum wh_err
host_upper(struct wh_script_host *host, const struct wh_script_value *args, size_t n, struct wh_script_value *result_out)
{
	struct test_host *h = (struct test_host *)host;

	if (n != 1 || args[0].type != WH_SCRIPT_STR || args[0].s.n >= sizeof h->text) {
		*result_out = wh_script_str(WH_STR("one short text, please"));
		return WH_EINVAL;
	}
	for (size_t i = 0; i < args[0].s.n; i++)
		h->text[i] = (char)(args[0].s.p[i] - 32);
	*result_out = wh_script_str((struct wh_str){ h->text, args[0].s.n });
	return WH_OK;
}

static enum wh_err
host_sleep(struct wh_script_host *host, const struct wh_script_value *args, size_t n, struct wh_script_value *result_out)
{
	(void)args;
	(void)n;
	(void)result_out;
	wh_clock_advance(&((struct test_host *)host)->clock, WH_NS_PER_SEC);
	return WH_OK;
}

static enum wh_err
host_again(struct wh_script_host *host, const struct wh_script_value *args, size_t n, struct wh_script_value *result_out)
{
	(void)args;
	(void)n;
	*result_out = wh_script_int(wh_script_load(((struct test_host *)host)->script, "again", WH_STR("")));
	return WH_OK;
}

static enum wh_err
host_echo(struct wh_script_host *host, const struct wh_script_value *args, size_t n, struct wh_script_value *result_out)
{
	(void)host;
	if (n == 0)
		return WH_EINVAL;
	*result_out = args[n - 1];
	return WH_OK;
}

static const struct wh_script_fn rows[] = {
	{ "upper", host_upper, "text in upper case" },
	{ "sleep", host_sleep, "a second" },
	{ "again", host_again, "calls into the script that calls" },
	{ "echo", host_echo, "its last argument" },
	{ 0 },
};

static void
the_host_is_called_and_never_sees_lua(void **state)
{
	struct test_host h = { .host = { .name = "whiply" } };
	struct wh_script *s = wh_script_new(NULL, NULL);

	(void)state;
	h.script = s;
	assert_int_equal(wh_script_register(s, &h.host, rows), WH_OK);
	assert_int_equal(wh_script_load(s, "test", WH_STR("assert(whiply.upper('abc') == 'ABC')")), WH_OK);
	assert_int_equal(wh_script_load(s, "test", WH_STR("\nwhiply.upper(1, 2)")), WH_EINVAL);
	assert_non_null(strstr(wh_script_error(s), "test:2: whiply.upper: one short text, please"));
	assert_int_equal(wh_script_load(s, "test", WH_STR("whiply.upper(pcall)")), WH_EINVAL);
	assert_int_equal(wh_script_load(s, "test", WH_STR("whiply.upper(1,2,3,4,5,6,7,8,9)")), WH_EINVAL);
	assert_int_equal(wh_script_load(s, "test", WH_STR("assert(whiply.echo({1}, {a={2,3}}).a[2] == 3)")), WH_OK);
	/* WH_ESTATE */
	assert_int_equal(wh_script_load(s, "test", WH_STR("assert(whiply.again() == -12)")), WH_OK);
	wh_script_free(&s);
}

static void
the_clock_stops_a_call_that_has_steps_left(void **state)
{
	struct test_host h = { .host = { .name = "whiply" } };
	struct wh_script *s;

	(void)state;
	wh_clock_fake(&h.clock, 0, 0);
	s = wh_script_new(&(struct wh_script_limits){ .clock = &h.clock, .time_ns = 10 * WH_NS_PER_SEC }, NULL);
	assert_int_equal(wh_script_register(s, &h.host, rows), WH_OK);
	assert_int_equal(wh_script_load(s, "test", WH_STR("for i = 1, 5 do whiply.sleep() end for i = 1, 100 do end")), WH_OK);
	assert_int_equal(wh_script_stats(s).time_ns, 5 * WH_NS_PER_SEC);
	assert_int_equal(wh_script_load(s, "test", WH_STR("for i = 1, 11 do whiply.sleep() end for i = 1, 100 do end")), WH_ETIME);
	assert_non_null(strstr(wh_script_error(s), "too much time"));
	assert_int_equal(wh_script_load(s, "test", WH_STR("")), WH_ESTATE);
	wh_script_free(&s);
}

static void
a_budget_error_has_a_traceback_and_is_never_caught(void **state)
{
	struct wh_script *s = loaded("caught = {}\nfunction spin()\n  while true do end\nend\n"
		"function f()\n  pcall(spin)\n  caught.yes = true\nend function yes() return caught.yes end");

	(void)state;
	assert_int_equal(wh_script_call(s, "f", NULL, 0, NULL, 0), WH_ETIME);
	assert_non_null(strstr(wh_script_error(s), "test:3: in"));
	assert_non_null(strstr(wh_script_error(s), "test:6: in"));
	assert_true(wh_script_spent(s));
	wh_script_free(&s);
}

static void
each_call_has_a_budget_of_its_own(void **state)
{
	struct wh_script *s = wh_script_new(&(struct wh_script_limits){ .steps = 20000, .bytes = 200000 }, NULL);

	(void)state;
	assert_int_equal(wh_script_load(s, "test", WH_STR("function f() for i = 1, 5000 do end return ('x'):rep(50000) end")), WH_OK);
	for (int i = 0; i < 50; i++)
		assert_int_equal(wh_script_call(s, "f", NULL, 0, NULL, 0), WH_OK);
	assert_in_range(wh_script_stats(s).instructions, 4900, 5100);
	assert_in_range(wh_script_stats(s).bytes, 100000, 110000);
	assert_int_equal(wh_script_stats(s).calls, 51);
	wh_script_free(&s);
}

static void
the_byte_budget_counts_what_was_freed(void **state)
{
	struct wh_script *s = wh_script_new(&(struct wh_script_limits){ .bytes = 1 << 20 }, NULL);

	(void)state;
	assert_int_equal(wh_script_load(s, "test", WH_STR("while true do local x = ('x'):rep(50000) end")), WH_ETIME);
	assert_non_null(strstr(wh_script_error(s), "too many bytes"));
	assert_true(wh_script_stats(s).memory_peak < 1 << 20);
	wh_script_free(&s);
}

static void
a_seed_gives_the_same_numbers_and_none_others(void **state)
{
	struct wh_script_limits seeded = { .seed = 7 };
	struct wh_script *s[4] = { wh_script_new(&seeded, NULL), wh_script_new(&seeded, NULL), wh_script_new(NULL, NULL),
		wh_script_new(NULL, NULL) };
	struct wh_script_value n[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(wh_script_load(s[i], "test", WH_STR("function f() return math.random(1 << 60) end")), WH_OK);
		assert_int_equal(wh_script_call(s[i], "f", NULL, 0, &n[i], 1), WH_OK);
	}
	assert_int_equal(n[0].i, n[1].i);
	assert_int_not_equal(n[2].i, n[3].i);
	assert_int_not_equal(n[0].i, n[2].i);
	for (int i = 0; i < 4; i++)
		wh_script_free(&s[i]);
}

static void
require_finds_what_the_host_gives(void **state)
{
	const struct wh_script_module modules[] = {
		{ "a", WH_STR("n = (n or 0) + 1 return { name = ... }") },
		{ "loop", WH_STR("require 'loop'") },
		{ "bad", WH_STR("\nerror 'x'") },
		{ 0 },
	};
	struct wh_script *s = wh_script_new(NULL, modules);

	(void)state;
	assert_int_equal(wh_script_load(s, "test", WH_STR("assert(require('a') == require('a') and require('a').name == 'a' "
		"and n == 1)")), WH_OK);
	assert_int_equal(wh_script_load(s, "test", WH_STR("require 'nothing'")), WH_EINVAL);
	assert_int_equal(wh_script_load(s, "test", WH_STR("require 'loop'")), WH_EINVAL);
	assert_non_null(strstr(wh_script_error(s), "requires itself"));
	assert_int_equal(wh_script_load(s, "test", WH_STR("require 'bad'")), WH_EINVAL);
	assert_non_null(strstr(wh_script_error(s), "bad:2: x"));
	wh_script_free(&s);
}

static void
the_library_works(void **state)
{
	struct wh_script_module *modules;
	struct wh_script *s;

	(void)state;
	assert_int_equal(wh_script_modules_read(SCRIPT_LIB, &modules), WH_OK);
	s = wh_script_new(NULL, modules);
	if (wh_script_load(s, "test", WH_STR(
		"local text, list = require 'text', require 'list'\n"
		"assert(text.trim('  a b ') == 'a b' and text.starts('abc', 'ab') and text.ends('abc', 'bc') and text.ends('a', ''))\n"
		"assert(table.concat(text.split('a,b,,c', ','), '|') == 'a|b||c')\n"
		"assert(table.concat(text.split('a b c', ' ', 2), '|') == 'a|b c' and #text.split('', ',') == 1)\n"
		"local w, rest = text.word('  PRIVMSG #a :hi') assert(w == 'PRIVMSG' and rest == '#a :hi')\n"
		"assert(text.first('h\\u{e9}llo', 2) == 'h\\u{e9}' and text.first('ab', 9) == 'ab' and text.first('\\xff\\xff', 1) == '\\xff')\n"
		"local l = list.map({1, 2, 3}, function(x) return x * 2 end)\n"
		"assert(l[3] == 6 and #list.filter(l, function(x) return x > 2 end) == 2 and list.has(l, 4) and list.set(l)[6])"))
	    != WH_OK)
		fail_msg("%s", wh_script_error(s));
	wh_script_free(&s);
	wh_script_modules_free(&modules);
	assert_int_equal(wh_script_modules_read("/nonexistent", &modules), WH_EIO);
	assert_null(modules);
}

static void
reload_swaps_only_what_is_good(void **state)
{
	struct test_host h = { .host = { .name = "whiply" } };
	struct wh_script_plan plan = { .host = &h.host, .rows = rows };
	struct wh_script *s = NULL, *before;
	struct wh_buf error = { 0 };
	struct wh_script_value got;
	static const struct { const char *text, *error; } bad[] = {
		{ "v = = 2", "test:1:" }, { "error 'at load'", "at load" }, { "while true do end", "too many steps" },
		{ "function selftest() error 'no good' end", "no good" },
		{ "function selftest() return false, 'two is not three' end", "the self-test failed: two is not three" },
		{ "function selftest() while true do end end", "too many steps" },
	};

	(void)state;
	assert_int_equal(wh_script_reload(&s, &plan, "test", WH_STR("function f() return whiply.upper('a') end"), &error), WH_OK);
	before = s;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		wh_buf_reset(&error);
		assert_int_not_equal(wh_script_reload(&s, &plan, "test", wh_str(bad[i].text), &error), WH_OK);
		assert_ptr_equal(s, before);
		assert_non_null(strstr(wh_buf_cstr(&error), bad[i].error));
		assert_int_equal(wh_script_call(s, "f", NULL, 0, &got, 1), WH_OK);
		assert_true(wh_str_is(got.s, "A"));
	}
	assert_int_equal(wh_script_reload(&s, &plan, "test", WH_STR("function selftest() return true end function f() return 2 end"),
	    NULL), WH_OK);
	assert_int_equal(wh_script_call(s, "f", NULL, 0, &got, 1), WH_OK);
	assert_int_equal(got.i, 2);
	wh_buf_free(&error);
	wh_script_free(&s);
}

static void
a_source_over_the_limit_is_refused(void **state)
{
	struct wh_script *s = wh_script_new(&(struct wh_script_limits){ .source = 10 }, NULL);

	(void)state;
	assert_int_equal(wh_script_load(s, "test", WH_STR("x = 12345")), WH_OK);
	assert_int_equal(wh_script_load(s, "test", WH_STR("x = 1234567")), WH_ETOOBIG);
	wh_script_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_language_works_as_in_the_manual),
		cmocka_unit_test(a_call_passes_values_both_ways),
		cmocka_unit_test(a_function_is_found_once_and_called_often),
		cmocka_unit_test(an_error_names_chunk_and_line),
		cmocka_unit_test(the_error_text_keeps_its_bound),
		cmocka_unit_test(the_host_is_called_and_never_sees_lua),
		cmocka_unit_test(the_clock_stops_a_call_that_has_steps_left),
		cmocka_unit_test(a_budget_error_has_a_traceback_and_is_never_caught),
		cmocka_unit_test(each_call_has_a_budget_of_its_own),
		cmocka_unit_test(the_byte_budget_counts_what_was_freed),
		cmocka_unit_test(a_seed_gives_the_same_numbers_and_none_others),
		cmocka_unit_test(require_finds_what_the_host_gives),
		cmocka_unit_test(the_library_works),
		cmocka_unit_test(reload_swaps_only_what_is_good),
		cmocka_unit_test(a_source_over_the_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
