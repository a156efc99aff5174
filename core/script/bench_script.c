/* What scripts cost: an empty state, a call, the hook, the matcher. Run it on a quiet machine. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

#include "script/script.h"

enum { CALLS = 200000 };

static int64_t
now(void)
{
	return wh_clock_mono_ns(NULL);
}

static void
measure_states(void)
{
	struct wh_script *s;
	int64_t began = now();

	for (int i = 0; i < 1000; i++) {
		s = wh_script_new(NULL, NULL);
		wh_script_free(&s);
	}
	printf("state made and freed:           %6lld ns\n", (long long)((now() - began) / 1000));
	s = wh_script_new(NULL, NULL);
	printf("memory of an empty state:       %6zu bytes, %llu blocks\n", wh_script_stats(s).memory,
	    (unsigned long long)wh_script_stats(s).blocks);
	wh_script_free(&s);
}

static void
measure_call(const char *what, const char *text, const struct wh_script_value *args, size_t n_args, int calls)
{
	struct wh_script_limits limits = { .steps = UINT64_MAX / 2, .time_ns = 100 * WH_NS_PER_SEC };
	struct wh_script *s = wh_script_new(&limits, NULL);
	struct wh_script_value got;
	int64_t began;
	int ref;

	if (wh_script_load(s, "bench", wh_str(text)) != WH_OK || wh_script_find(s, "f", &ref) != WH_OK) {
		printf("%s: %s\n", what, wh_script_error(s));
		return;
	}
	began = now();
	for (int i = 0; i < calls; i++)
		if (wh_script_call_ref(s, ref, args, n_args, &got, 1) != WH_OK) {
			printf("%s: %s\n", what, wh_script_error(s));
			break;
		}
	printf("%-30s  %6lld ns a call, %llu instructions, %llu steps\n", what, (long long)((now() - began) / calls),
	    (unsigned long long)wh_script_stats(s).instructions, (unsigned long long)wh_script_stats(s).steps);
	wh_script_free(&s);
}

static void
tick(lua_State *L, lua_Debug *frame)
{
	(void)L;
	(void)frame;
}

/* The same loop in Lua as it comes; `grain` 0 is without a hook. */
static void
measure_stock(const char *text, int grain)
{
	lua_State *L = luaL_newstate();
	int64_t began;

	luaL_openlibs(L);
	if (luaL_dostring(L, text) != LUA_OK)
		return;
	if (grain != 0)
		lua_sethook(L, tick, LUA_MASKCOUNT, grain);
	began = now();
	for (int i = 0; i < 2000; i++) {
		lua_getglobal(L, "f");
		lua_call(L, 0, 0);
	}
	printf("stock Lua, a hook each %4d:     %6lld ns a 1000 instructions\n", grain, (long long)((now() - began) / 2000 / 40));
	lua_close(L);
}

int
main(void)
{
	static const char loop[] = "function f() local x = 0 for i = 1, 10000 do x = x + i x = x ~ i x = x - 1 end return x end";
	struct wh_script_value args[] = { wh_script_str(WH_STR("PRIVMSG #room :hello there")),
		wh_script_json(WH_STR("{\"room\":\"lobby\",\"user\":{\"name\":\"eve\",\"roles\":[\"member\"]},\"text\":\"hello\",\"seq\":17}")) };

	measure_states();
	measure_call("empty function", "function f() end", NULL, 0, CALLS);
	measure_call("one text in, one out", "function f(a) return a end", args, 1, CALLS);
	measure_call("an object in", "function f(a) end", args + 1, 1, CALLS);
	measure_call("an object in and out", "function f(a) return a end", args + 1, 1, CALLS);
	measure_call("a line parsed",
	    "function f(a) local c, r, t = a:match('^(%u+) (%S+) :(.*)$') return { command = c, room = r, text = t } end", args, 1, CALLS);
	measure_call("a match", "function f(a) return a:match('^(%u+) (%S+) :(.*)$') end", args, 1, CALLS);
	measure_call("40000 instructions, hooked", loop, NULL, 0, 2000);
	for (int grain = 0; grain <= 1024; grain = grain == 0 ? 16 : grain * 4)
		measure_stock(loop, grain);
	return 0;
}
