/* The table library. Each function takes a step for each element before it touches it, so that a range of a thousand
 * million ends at the budget. Metamethods are honoured. Sorting is a heap sort: its cost has the same bound whatever the
 * order function answers. */
#include "script/script_state.h"

static lua_Integer
checked_len(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	script_take(L, 2);
	return luaL_len(L, 1);
}

static int
table_concat(lua_State *L)
{
	lua_Integer last = luaL_opt(L, luaL_checkinteger, 4, checked_len(L)), i = luaL_optinteger(L, 3, 1);
	size_t sep_n, n;
	const char *sep = luaL_optlstring(L, 2, "", &sep_n);
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (; i <= last; i++) {
		lua_geti(L, 1, i);
		if (!lua_isstring(L, -1))
			return luaL_error(L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
		(void)lua_tolstring(L, -1, &n);
		script_take(L, 2 + (n + sep_n) / 8);
		luaL_addvalue(&b);
		if (i == last)
			break;
		luaL_addlstring(&b, sep, sep_n);
	}
	luaL_pushresult(&b);
	return 1;
}

static int
table_insert(lua_State *L)
{
	lua_Integer end = (lua_Integer)((lua_Unsigned)checked_len(L) + 1), at = end;

	switch (lua_gettop(L)) {
	case 2:
		break;
	case 3:
		at = luaL_checkinteger(L, 2);
		luaL_argcheck(L, at >= 1 && at <= end, 2, "position out of bounds");
		for (lua_Integer i = end; i > at; i--) {
			script_take(L, 2);
			lua_geti(L, 1, i - 1);
			lua_seti(L, 1, i);
		}
		break;
	default:
		return luaL_error(L, "wrong number of arguments to 'insert'");
	}
	lua_seti(L, 1, at);
	return 0;
}

static int
table_remove(lua_State *L)
{
	lua_Integer n = checked_len(L), at = luaL_optinteger(L, 2, n);

	if (!lua_isnoneornil(L, 2))
		luaL_argcheck(L, (lua_Unsigned)at - 1 <= (lua_Unsigned)n, 2, "position out of bounds");
	lua_geti(L, 1, at);
	for (; at < n; at++) {
		script_take(L, 2);
		lua_geti(L, 1, at + 1);
		lua_seti(L, 1, at);
	}
	lua_pushnil(L);
	lua_seti(L, 1, at);
	return 1;
}

static int
table_move(lua_State *L)
{
	lua_Integer from = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4);
	int into = lua_isnoneornil(L, 5) ? 1 : 5;
	lua_Integer n;

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checktype(L, into, LUA_TTABLE);
	if (last >= from) {
		luaL_argcheck(L, from > 0 || last < LUA_MAXINTEGER + from, 3, "too many elements to move");
		n = last - from + 1;
		luaL_argcheck(L, to <= LUA_MAXINTEGER - n + 1, 4, "destination wrap around");
		/* Backwards where the places overlap and would be overwritten before they are read. */
		bool back = into == 1 && to > from && to <= last;

		for (lua_Integer i = 0; i < n; i++) {
			lua_Integer k = back ? n - 1 - i : i;

			script_take(L, 2);
			lua_geti(L, 1, from + k);
			lua_seti(L, into, to + k);
		}
	}
	lua_pushvalue(L, into);
	return 1;
}

static int
table_pack(lua_State *L)
{
	int n = lua_gettop(L);

	script_take(L, (uint64_t)n + 1);
	lua_createtable(L, n, 1);
	lua_insert(L, 1);
	for (int i = n; i >= 1; i--)
		lua_seti(L, 1, i);
	lua_pushinteger(L, n);
	lua_setfield(L, 1, "n");
	return 1;
}

static int
table_unpack(lua_State *L)
{
	lua_Integer i = luaL_optinteger(L, 2, 1), last = luaL_opt(L, luaL_checkinteger, 3, luaL_len(L, 1));
	lua_Unsigned n;

	luaL_checktype(L, 1, LUA_TTABLE);
	if (i > last)
		return 0;
	n = (lua_Unsigned)last - (lua_Unsigned)i;
	if (n >= 1000000 || !lua_checkstack(L, (int)n + 1))
		return luaL_error(L, "too many results to unpack");
	script_take(L, n + 2);
	for (; i < last; i++)
		lua_geti(L, 1, i);
	lua_geti(L, 1, last);
	return (int)n + 1;
}

/* Is the value at `a` before the one at `b`? Both are counted from the top. */
static bool
sort_before(lua_State *L, int a, int b)
{
	bool before;

	script_take(L, 4);
	if (lua_isnil(L, 2))
		return lua_compare(L, a, b, LUA_OPLT) != 0;
	lua_pushvalue(L, 2);
	lua_pushvalue(L, a - 1);
	lua_pushvalue(L, b - 2);
	lua_call(L, 2, 1);
	before = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return before;
}

/* Lets the element at `root` sink to its place in the heap of the first `n`. */
static void
sort_sink(lua_State *L, lua_Integer root, lua_Integer n)
{
	lua_Integer child;

	lua_geti(L, 1, root);
	while ((child = 2 * root) <= n) {
		lua_geti(L, 1, child);
		if (child < n) {
			lua_geti(L, 1, child + 1);
			if (sort_before(L, -2, -1)) {
				lua_replace(L, -2);
				child++;
			} else {
				lua_pop(L, 1);
			}
		}
		if (!sort_before(L, -2, -1)) {
			lua_pop(L, 1);
			break;
		}
		lua_seti(L, 1, root);
		root = child;
	}
	lua_seti(L, 1, root);
}

static int
table_sort(lua_State *L)
{
	lua_Integer n = checked_len(L);

	luaL_argcheck(L, n < INT32_MAX, 1, "array too big");
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	for (lua_Integer root = n / 2; root >= 1; root--)
		sort_sink(L, root, n);
	for (lua_Integer last = n; last > 1; last--) {
		lua_geti(L, 1, last);
		lua_geti(L, 1, 1);
		lua_seti(L, 1, last);
		lua_seti(L, 1, 1);
		sort_sink(L, 1, last - 1);
	}
	return 0;
}

void
script_open_table(lua_State *L)
{
	static const luaL_Reg own[] = { { "concat", table_concat }, { "insert", table_insert }, { "remove", table_remove },
		{ "move", table_move }, { "pack", table_pack }, { "unpack", table_unpack }, { "sort", table_sort },
		{ NULL, NULL } };

	luaL_newlib(L, own);
}
