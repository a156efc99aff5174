/* Two things by the first byte. Even: the rest is a script; whatever it does, the call returns, keeps its cap, and the
 * state judges the next text or says that it is spent. Odd: pattern, replacement and text, parted by newlines; our
 * matcher and Lua's own must agree, unless ours ran out of steps or was strict about a pattern whose fault Lua's never
 * reached. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "script/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { TEXT = 24, PATTERN = 24 };	/* so short that Lua's own matcher ends in time */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
try_script(struct wh_str text)
{
	struct wh_script_limits limits = { .memory = 1 << 20, .block = 64 << 10, .steps = 50000, .bytes = 4 << 20,
		.time_ns = 10 * WH_NS_PER_SEC, .seed = 1 };
	struct wh_script *s = wh_script_new(&limits, NULL);
	struct wh_script_value got[2];
	enum wh_err err;

	must(s != NULL);
	err = wh_script_load(s, "fuzz", text);
	must((err == WH_ETIME) == wh_script_spent(s) && (err == WH_OK) == (wh_script_error(s)[0] == '\0'));
	if (err == WH_OK)
		(void)wh_script_call(s, "f", NULL, 0, got, 2);
	must(wh_script_stats(s).memory_peak <= limits.memory && wh_script_stats(s).steps <= limits.steps);
	err = wh_script_load(s, "next", WH_STR("return 1"));
	must(err == (wh_script_spent(s) ? WH_ESTATE : WH_OK) || err == WH_ENOMEM);
	wh_script_free(&s);
}

static const char probe[] =
	"function run(p, r, s)\n"
	"  local function all(...) local t = {...} for i = 1, select('#', ...) do t[i] = type(t[i]) .. ':' .. tostring(t[i]) end\n"
	"    return table.concat(t, ',', 1, select('#', ...)) end\n"
	"  local out = { all(s:find(p)), all(s:match(p, 2)), all(s:find(p, -3)) }\n"
	"  for a, b in s:gmatch(p) do out[#out + 1] = all(a, b) end\n"
	"  out[#out + 1] = all(s:gsub(p, function(...) return '<' .. all(...) .. '>' end))\n"
	"  local ok, text, n = pcall(s.gsub, s, p, r)\n"
	"  out[#out + 1] = ok and all(text, n) or 'failed'\n"
	"  return table.concat(out, ';') end\n";

/* What the same text says in a state as Lua makes it. NULL: it failed. */
static const char *
stock_run(lua_State *L, const struct wh_str part[3])
{
	lua_settop(L, 0);
	lua_getglobal(L, "run");
	for (int i = 0; i < 3; i++)
		lua_pushlstring(L, part[i].n != 0 ? part[i].p : "", part[i].n);
	return lua_pcall(L, 3, 1, 0) == LUA_OK ? lua_tostring(L, -1) : NULL;
}

static void
try_pattern(struct wh_str rest)
{
	struct wh_script_limits limits = { .time_ns = 10 * WH_NS_PER_SEC };
	struct wh_script *ours = wh_script_new(&limits, NULL);
	lua_State *stock = luaL_newstate();
	struct wh_str part[3] = { { 0 } };
	struct wh_script_value args[3], got;
	const char *line, *theirs;
	enum wh_err err;

	must(ours != NULL && stock != NULL);
	luaL_openlibs(stock);
	must(luaL_dostring(stock, probe) == LUA_OK && wh_script_load(ours, "probe", wh_str(probe)) == WH_OK);
	for (int i = 0; i < 3; i++) {
		line = i < 2 && rest.n != 0 ? memchr(rest.p, '\n', rest.n) : NULL;
		part[i] = (struct wh_str){ rest.p, line != NULL ? (size_t)(line - rest.p) : rest.n };
		rest = wh_str_from(rest, part[i].n + 1);
		if (part[i].n > (i < 2 ? (size_t)PATTERN : (size_t)TEXT))
			part[i].n = i < 2 ? PATTERN : TEXT;
		args[i] = wh_script_str(part[i]);
	}
	err = wh_script_call(ours, "run", args, 3, &got, 1);
	if (err == WH_OK) {
		theirs = stock_run(stock, part);
		must(theirs != NULL && wh_str_eq(got.s, (struct wh_str){ theirs, lua_rawlen(stock, -1) }));
	} else {
		must(err == WH_ETIME || err == WH_EINVAL);
	}
	wh_script_free(&ours);
	lua_close(stock);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wh_str rest = { (const char *)data + 1, n - 1 };

	if (n == 0)
		return 0;
	if (data[0] % 2 == 0)
		try_script(rest);
	else
		try_pattern(rest);
	return 0;
}
