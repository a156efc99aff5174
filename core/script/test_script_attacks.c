/* What a script may try: each attack ends within its bound of time and memory, and as the row says. A sanitized build is
 * slower and takes more stack; the bound of time is wider there. */
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"
#include "script/script.h"
#include "script/script_state.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifdef WH_SANITIZED
#define SLOWER 20
#else
#define SLOWER 1
#endif

enum ends {
	ENDS_OVER,	/* the budget stops it, and the state is spent */
	ENDS_FAILED,	/* an error, and the state goes on */
	ENDS_WELL,	/* it comes to an end by itself */
	ENDS_ANY,	/* whichever, in time */
};

struct attack {
	const char *name, *text;
	enum ends ends;
};

static const struct attack attacks[] = {
	{ "endless loop", "while true do end", ENDS_OVER },
	{ "endless goto", "::a:: goto a", ENDS_OVER },
	{ "endless recursion", "local function f() return f() end f()", ENDS_OVER },
	{ "deep recursion", "local function f() return 1 + f() end f()", ENDS_FAILED },
	{ "nested pcall", "local function f() while true do pcall(f) end end f()", ENDS_OVER },
	{ "pcall loop", "while true do pcall(function() while true do end end) end", ENDS_OVER },
	{ "pcall of pcall", "pcall(pcall, pcall, function() while true do end end) while true do end", ENDS_OVER },
	{ "xpcall handler", "xpcall(function() while true do end end, function() while true do end end)", ENDS_OVER },
	{ "xpcall handler that fails", "xpcall(error, function() error('again') end) xpcall(error, error)", ENDS_WELL },
	{ "handler after an error", "xpcall(function() error('x') end, function() while true do end end)", ENDS_OVER },
	{ "tostring that loops", "tostring(setmetatable({}, {__tostring = function() while true do end end}))", ENDS_OVER },
	{ "index that recurses", "local t = {} setmetatable(t, {__index = function(t, k) return t[k .. 'x'] end}) return t.a",
	    ENDS_ANY },
	{ "comparison that recurses", "local m = {} m.__lt = function(a, b) return a < b end local t = setmetatable({}, m) "
	    "while true do pcall(function() return t < t end) end", ENDS_OVER },
	{ "iterator that never ends", "for i in function() return 1 end do end", ENDS_OVER },

	{ "lazy pattern", "('a'):rep(512):find('.-.-.-.-b$')", ENDS_OVER },
	{ "lazy pattern in pcall", "while true do pcall(string.find, ('a'):rep(512), '.-.-.-.-b$') end", ENDS_OVER },
	{ "greedy pattern", "('a'):rep(4096):match('a*a*a*a*a*b')", ENDS_OVER },
	{ "pattern from each place", "('a'):rep(200000):find('.-b')", ENDS_OVER },
	{ "optional pattern", "('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(31))", ENDS_OVER },
	{ "deep pattern", "('a'):rep(200000):find(('.-'):rep(400))", ENDS_ANY },
	{ "nested balance", "('('):rep(200000):find('%b()')", ENDS_OVER },
	{ "gmatch", "for x in ('a'):rep(2000):gmatch('.-.-b') do end", ENDS_OVER },
	{ "gsub that grows", "local s = 'x' while true do s = s:gsub('.', '%0%0') end", ENDS_ANY },
	{ "gsub with a function", "('a'):rep(100000):gsub('.', function() while true do end end)", ENDS_OVER },
	{ "gsub in gsub", "local function f(c) return (('a'):gsub('.', f)) end f()", ENDS_FAILED },
	{ "long pattern", "('a'):find(('a'):rep(100000) .. '.')", ENDS_FAILED },
	{ "many captures", "('a'):find(('()'):rep(33))", ENDS_FAILED },

	{ "string.rep", "return ('x'):rep(1 << 40)", ENDS_FAILED },
	{ "string.rep that wraps", "return ('xxxxxxxx'):rep(1 << 61, 'yyyyyyyy')", ENDS_FAILED },
	{ "string.rep of nothing", "return (''):rep(1 << 62)", ENDS_WELL },
	{ "string.rep in a loop", "while true do pcall(string.rep, 'x', 3e6 // 1 | 0) end", ENDS_OVER },
	{ "large strings in a loop", "while true do local s = ('x'):rep(200000) end", ENDS_OVER },
	{ "doubling", "local s = 'x' while true do s = s .. s end", ENDS_FAILED },
	{ "doubling in pcall", "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end", ENDS_OVER },
	{ "copying", "local s = ('x'):rep(200000) while true do local t = s .. 'y' end", ENDS_OVER },
	{ "comparing", "local a, b = ('x'):rep(200000), ('x'):rep(200000) while true do local c = a == b end", ENDS_OVER },
	{ "ordering", "local a, b = ('x'):rep(200000), ('x'):rep(200000) while true do local c = a < b end", ENDS_OVER },
	{ "upper", "local s = ('x'):rep(200000) while true do s:upper() end", ENDS_OVER },
	{ "utf8.len", "local s = ('x'):rep(200000) while true do utf8.len(s) end", ENDS_OVER },
	{ "tonumber", "local s = ('0'):rep(200000) while true do tonumber(s) end", ENDS_OVER },
	{ "numbers of strings", "local s = ('0'):rep(200000) while true do local x = s | 0 end", ENDS_FAILED },
	{ "format width", "return ('%999d'):format(1)", ENDS_FAILED },
	{ "format in a loop", "while true do ('%99.99f'):format(1e300) end", ENDS_OVER },
	{ "concat of much", "local t = setmetatable({}, {__index = function() return 'x' end}) table.concat(t, '', 1, 1e9 // 1 | 0)",
	    ENDS_OVER },
	{ "concat of long ones", "local t, s = {}, ('x'):rep(100000) for i = 1, 1000 do t[i] = s end table.concat(t)", ENDS_FAILED },

	{ "table.move", "table.move({}, 1, 1e9 // 1 | 0, 2)", ENDS_OVER },
	{ "table.move in pcall", "while true do pcall(table.move, {}, 1, 1e9 // 1 | 0, 2) end", ENDS_OVER },
	{ "table.unpack", "table.unpack({}, 1, 1e8 // 1 | 0)", ENDS_FAILED },
	{ "table.unpack in a loop", "while true do pcall(table.unpack, {}, 1, 60000) end", ENDS_OVER },
	{ "table.insert at the front", "local t = {} for i = 1, 1e9 do table.insert(t, 1, i) end", ENDS_OVER },
	{ "length that lies", "table.sort(setmetatable({}, {__len = function() return 2^31 // 1 | 0 end}))", ENDS_FAILED },
	{ "length that lies less", "table.sort(setmetatable({}, {__len = function() return 2^30 // 1 | 0 end}), function() end)",
	    ENDS_OVER },
	{ "sort without order", "local t = {} for i = 1, 2000 do t[i] = i end table.sort(t, function() return true end)", ENDS_WELL },
	{ "sort with a random order", "local t = {} for i = 1, 2000 do t[i] = i end "
	    "table.sort(t, function() return math.random() < 0.5 end)", ENDS_WELL },
	{ "sort that loops", "table.sort({3, 2, 1}, function() while true do end end)", ENDS_OVER },
	{ "sort that sorts", "local t = {3, 2, 1} local function f() table.sort(t, f) end f()", ENDS_FAILED },
	{ "large table", "local t = {} for i = 1, 1e6 do t[i] = i end", ENDS_FAILED },
	{ "large table of strings", "local t = {} for i = 1, 1e6 do t['k' .. i] = i end", ENDS_ANY },
	{ "many tables", "local t = {} while true do t = {t} end", ENDS_ANY },
	{ "many tables in pcall", "while true do pcall(function() local t = {} while true do t = {t} end end) end", ENDS_OVER },
	{ "garbage", "while true do local t = {{}, {}, {}} end", ENDS_OVER },
	{ "closures", "local f = function() end while true do local g = f f = function() return g() end end", ENDS_ANY },
	{ "colliding whole numbers", "local t = {} for i = 1, 1e6 do t[i * 8191] = i end", ENDS_OVER },
	{ "colliding numbers", "local t = {} for i = 1, 1e6 do t[2.0^(i % 1000) + 2.0^-(i // 1000 % 1000)] = i end", ENDS_ANY },
	{ "next over a cleared table", "local t = {} for i = 1, 8000 do t['k' .. i] = 1 end "
	    "for k in pairs(t) do t[k] = nil end while true do next(t) end", ENDS_OVER },
	{ "long chain of index", "local t = {} for i = 1, 1900 do t = setmetatable({}, {__index = t}) end while true do local x = t.x end",
	    ENDS_OVER },

	{ "__gc", "while true do setmetatable({}, {__gc = function() while true do end end}) end", ENDS_FAILED },
	{ "__gc later", "local m = {} local t = setmetatable({}, m) m.__gc = function() while true do end end t = nil "
	    "for i = 1, 20000 do local x = {} end", ENDS_WELL },
	{ "__mode", "setmetatable({}, {__mode = 'k'})", ENDS_FAILED },
	{ "__close", "local x <close> = setmetatable({}, {__close = function() while true do end end})", ENDS_FAILED },
	{ "__close later", "local m = {} local t = setmetatable({}, m) m.__close = function() while true do end end "
	    "local x <close> = t", ENDS_FAILED },
	{ "__metatable", "setmetatable({}, {__metatable = 1})", ENDS_FAILED },
	{ "the metatable of strings", "getmetatable('').__index = nil", ENDS_FAILED },

	{ "deep brackets", "return 'return ' .. ('('):rep(100)", ENDS_WELL },
	{ "error object", "error({})", ENDS_FAILED },
	{ "error object of nothing", "error(nil)", ENDS_FAILED },
	{ "error object with tostring", "error(setmetatable({}, {__tostring = function() while true do end end}))", ENDS_FAILED },
	{ "long error", "error(('x'):rep(200000))", ENDS_FAILED },
	{ "error with control characters", "error('\\27[2J\\0\\n')", ENDS_FAILED },
};

static const struct wh_script_limits limits = { .memory = 8 << 20, .time_ns = 60 * WH_NS_PER_MS };

static void
check(const struct attack *a, struct wh_script *s, enum wh_err err)
{
	struct wh_script_stats stats = wh_script_stats(s);
	bool over = err == WH_ETIME;

	if ((a->ends == ENDS_OVER && !over) || (a->ends == ENDS_FAILED && (err == WH_OK || over)) || (a->ends == ENDS_WELL &&
	    err != WH_OK))
		fail_msg("%s: %d: %s", a->name, err, wh_script_error(s));
	assert_int_equal(over, wh_script_spent(s));
	if (stats.time_ns > 100 * WH_NS_PER_MS * SLOWER)
		fail_msg("%s took %lld ms", a->name, (long long)(stats.time_ns / WH_NS_PER_MS));
	assert_true(stats.memory_peak <= limits.memory);
	if (err != WH_OK)
		assert_true(wh_script_error(s)[0] != '\0' && strlen(wh_script_error(s)) <= 4096);
	for (const char *c = wh_script_error(s); *c != '\0'; c++)
		assert_true((unsigned char)*c >= 32 || *c == '\n' || *c == '\t');
	if (getenv("SHOW_ATTACKS") != NULL)
		printf("%-32s %3d %6lld us %8zu peak  %.60s\n", a->name, err, (long long)(stats.time_ns / 1000), stats.memory_peak,
		    wh_script_error(s));
}

static void
each_attack_ends_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		struct wh_script *s = wh_script_new(&limits, NULL);
		enum wh_err err;

		assert_non_null(s);
		err = wh_script_load(s, "attack", wh_str(attacks[i].text));
		check(&attacks[i], s, err);
		/* The state still judges the next message, or says that it is spent. */
		err = wh_script_load(s, "next", WH_STR("local n = 0 for i = 1, 10 do n = n + i end assert(n == 55)"));
		assert_int_equal(err, wh_script_spent(s) ? WH_ESTATE : WH_OK);
		wh_script_free(&s);
	}
}

static void
what_is_not_on_the_list_is_not_there(void **state)
{
	static const char *const absent[] = { "io", "os", "debug", "package", "load", "loadstring", "loadfile", "dofile",
		"collectgarbage", "coroutine", "print", "warn", "rawset", "string.dump", "string.pack", "string.unpack",
		"math.randomseed", "_G", NULL };
	struct wh_script *s = wh_script_new(NULL, NULL);
	char text[200];

	(void)state;
	for (size_t i = 0; absent[i] != NULL; i++) {
		snprintf(text, sizeof text, "assert(%s == nil)", absent[i]);
		assert_int_equal(wh_script_load(s, "test", wh_str(text)), WH_OK);
	}
	wh_script_free(&s);
}

static void
no_address_is_shown(void **state)
{
	struct wh_script *s = wh_script_new(NULL, NULL);

	(void)state;
	assert_int_equal(wh_script_load(s, "test", WH_STR(
		"for _, v in ipairs { {}, print or pcall, string.len, function() end } do\n"
		"  assert(not tostring(v):find('%d')) assert(not ('%s'):format(v):find('%d'))\n"
		"  local ok, err = pcall(function() return v + 1 end) assert(not ok and not err:find('0x'))\n"
		"end\n"
		"assert(tostring(null) == 'null')\n"
		"assert(not pcall(string.format, '%p', {}))")), WH_OK);
	wh_script_free(&s);
}

static void
bytecode_is_refused(void **state)
{
	struct wh_script *s = wh_script_new(NULL, NULL);

	(void)state;
	assert_int_equal(wh_script_load(s, "test", WH_STR("\033Lua")), WH_ESYNTAX);
	wh_script_free(&s);
}

static void
deep_source_is_refused(void **state)
{
	struct wh_script *s = wh_script_new(NULL, NULL);
	struct wh_buf text = { 0 };
	static const char *const pieces[] = { "(", "{", "- ", "not ", "function() return ", "a.b(" };

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		wh_buf_reset(&text);
		wh_buf_text(&text, "return ");
		for (int n = 0; n < 10000; n++)
			wh_buf_text(&text, pieces[i]);
		assert_int_equal(wh_script_load(s, "deep", wh_buf_slice(&text)), WH_ESYNTAX);
	}
	wh_buf_free(&text);
	wh_script_free(&s);
}

/* Labels cost the parser the square of their number. */
static void
labels_end_at_the_time(void **state)
{
	struct wh_script *s = wh_script_new(&limits, NULL);
	struct wh_buf text = { 0 };

	(void)state;
	for (int n = 0; n < 30000; n++)
		wh_buf_fmt(&text, "::%x::", n + 0xa00000);
	text.n = text.n < 262144 ? text.n : 262144;
	assert_true(wh_script_load(s, "labels", wh_buf_slice(&text)) != WH_OK);
	assert_true(wh_script_stats(s).time_ns < 100 * WH_NS_PER_MS * SLOWER);
	wh_buf_free(&text);
	wh_script_free(&s);
}

static void
every_allocation_may_fail(void **state)
{
	static const char text[] = "local t = {} for i = 1, 20 do t[i] = ('x'):rep(i) .. i end\n"
	    "local ok = pcall(string.gsub, table.concat(t, ','), '(%w)', function(c) return {c} and c .. c end)\n"
	    "table.sort(t) t = setmetatable({}, {__index = t}) for w in ('a b'):gmatch('%a') do t[w] = ('%s'):format(w) end\n"
	    "function f(v) return v, array { v.a }, tostring(v) end";
	struct wh_script_value args[] = { wh_script_json(WH_STR("{\"a\":[1,\"\\u00e9\",{\"b\":null}]}")) }, results[3];
	struct wh_script *s;
	bool whole = false;
	int failures = 0;

	(void)state;
	for (uint64_t at = 1; !whole; at++) {
		s = wh_script_new(NULL, NULL);
		assert_non_null(s);
		s->fail_at = at;
		(void)wh_script_load(s, "test", wh_str(text));
		whole = wh_script_call(s, "f", args, 1, results, 3) == WH_OK && s->fail_at != 0;
		failures += s->stats.refused != 0;
		s->fail_at = 0;
		assert_int_equal(wh_script_load(s, "after", WH_STR("assert(1 + 1 == 2)")), WH_OK);
		wh_script_free(&s);
	}
	assert_true(failures > 100);
}

static void
a_cap_too_small_makes_no_state(void **state)
{
	struct wh_script *s;
	size_t least = 0;

	(void)state;
	for (size_t cap = 256; least == 0; cap += 256) {
		s = wh_script_new(&(struct wh_script_limits){ .memory = cap }, NULL);
		if (s != NULL)
			least = cap;
		wh_script_free(&s);
	}
	assert_in_range(least, 8 << 10, 40 << 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attack_ends_within_its_bounds),
		cmocka_unit_test(what_is_not_on_the_list_is_not_there),
		cmocka_unit_test(no_address_is_shown),
		cmocka_unit_test(bytecode_is_refused),
		cmocka_unit_test(deep_source_is_refused),
		cmocka_unit_test(labels_end_at_the_time),
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(a_cap_too_small_makes_no_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
