/* The environment of a script: built empty, and filled with what is on the lists below. What Lua brings is taken where
 * it is short and harmless; what loops, allocates or shows addresses is ours. */
#include "script/script_state.h"

static int
env_charged(lua_State *L)
{
	uint64_t steps = 1;

	for (int i = lua_gettop(L); i > 0; i--)
		if (lua_type(L, i) == LUA_TSTRING)
			steps += lua_rawlen(L, i) / 8;
	script_take(L, steps);
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void
script_push_charged(lua_State *L, lua_CFunction fn)
{
	lua_pushcfunction(L, fn);
	lua_pushcclosure(L, env_charged, 1);
}

static int
env_pcall(lua_State *L)
{
	struct wh_script *s = script_of(L);
	int status;

	luaL_checkany(L, 1);
	script_take(L, 20);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
	if (!wh_meter_take(&s->meter, 1))
		return script_over(L);
	if (status == LUA_OK)
		return lua_gettop(L);
	lua_pushboolean(L, 0);
	lua_replace(L, 1);
	return 2;
}

/* The handler runs after the unwinding, not before: scripts have no traceback that would see the difference, and a
 * handler that fails is not handed its own error again and again. */
static int
env_xpcall(lua_State *L)
{
	struct wh_script *s = script_of(L);
	int status;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	script_take(L, 20);
	lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 2);
	status = lua_pcall(L, lua_gettop(L) - 4, LUA_MULTRET, 0);
	if (!wh_meter_take(&s->meter, 1))
		return script_over(L);
	if (status == LUA_OK)
		return lua_gettop(L) - 2;
	lua_pushboolean(L, 0);
	lua_replace(L, 3);
	lua_pushvalue(L, 2);
	lua_insert(L, 4);
	(void)lua_pcall(L, 1, 1, 0);
	if (!wh_meter_take(&s->meter, 1))
		return script_over(L);
	return 2;
}

void
script_tostring(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	if (luaL_callmeta(L, index, "__tostring")) {
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "'__tostring' must return a string");
		return;
	}
	switch (lua_type(L, index)) {
	case LUA_TSTRING:
	case LUA_TNUMBER:
		lua_pushvalue(L, index);
		(void)lua_tostring(L, -1);
		return;
	case LUA_TBOOLEAN:
		lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
		return;
	case LUA_TLIGHTUSERDATA:
		lua_pushliteral(L, "null");
		return;
	default:
		lua_pushstring(L, luaL_typename(L, index));
	}
}

static int
env_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	script_tostring(L, 1);
	return 1;
}

/* math.random keeps its state in an upvalue of its own, so that it is called and not run in place. */
static int
env_random(lua_State *L)
{
	int n = lua_gettop(L);

	for (int i = 1; i <= n; i++)
		luaL_checktype(L, i, LUA_TNUMBER);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, n, 1);
	return 1;
}

static int
env_array(lua_State *L)
{
	lua_settop(L, 1);
	if (lua_isnil(L, 1)) {
		lua_newtable(L);
		lua_replace(L, 1);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	if (lua_getmetatable(L, 1))
		return luaL_argerror(L, 1, "it has a metatable already");
	lua_rawgeti(L, LUA_REGISTRYINDEX, script_of(L)->ref_array);
	lua_setmetatable(L, 1);
	return 1;
}

static const struct wh_script_module *
find_module(const struct wh_script *s, const char *name)
{
	for (const struct wh_script_module *m = s->modules; m != NULL && m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static int
env_require(lua_State *L)
{
	struct wh_script *s = script_of(L);
	const char *name = luaL_checkstring(L, 1);
	const struct wh_script_module *m;

	lua_settop(L, 1);
	lua_rawgeti(L, LUA_REGISTRYINDEX, s->ref_loaded);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, 2) == LUA_TBOOLEAN && !lua_toboolean(L, -1))
		return luaL_error(L, "module '%s' requires itself, or failed to load", name);
	if (!lua_isnil(L, -1))
		return 1;
	m = find_module(s, name);
	if (m == NULL)
		return luaL_error(L, "there is no module '%s'", name);
	lua_pushboolean(L, 0);
	lua_setfield(L, 2, m->name);
	script_compile(L, m->name, m->text);
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		lua_pushboolean(L, 1);
	}
	lua_pushvalue(L, -1);
	lua_setfield(L, 2, m->name);
	return 1;
}

/* Copies what the list names from the table at -1 to the one at -2. */
static void
take_listed(lua_State *L, const char *const *names)
{
	for (; *names != NULL; names++) {
		lua_getfield(L, -1, *names);
		lua_setfield(L, -3, *names);
	}
}

/* Copies all members of the table at -1 to the one at -2, functions wrapped so that they pay for their strings. */
static void
take_charged(lua_State *L)
{
	lua_pushnil(L);
	while (lua_next(L, -2) != 0) {
		if (lua_iscfunction(L, -1))
			lua_pushcclosure(L, env_charged, 1);
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -5);
	}
}

static void
open_base(lua_State *L)
{
	static const char *const listed[] = { "assert", "error", "ipairs", "next", "pairs", "select", "type", "rawequal",
		"rawget", "rawlen", NULL };
	static const luaL_Reg own[] = { { "pcall", env_pcall }, { "xpcall", env_xpcall }, { "tostring", env_tostring },
		{ "require", env_require }, { "array", env_array }, { "setmetatable", script_setmetatable },
		{ "getmetatable", script_getmetatable }, { NULL, NULL } };

	luaL_setfuncs(L, own, 0);
	lua_pushcfunction(L, luaopen_base);
	lua_call(L, 0, 1);
	take_listed(L, listed);
	lua_getfield(L, -1, "tonumber");
	lua_pushcclosure(L, env_charged, 1);
	lua_setfield(L, -3, "tonumber");
	lua_pop(L, 1);
	lua_pushlightuserdata(L, NULL);
	lua_setfield(L, -2, "null");
}

static void
open_math(lua_State *L)
{
	lua_newtable(L);
	lua_pushcfunction(L, luaopen_math);
	lua_call(L, 0, 1);
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, (lua_Integer)script_of(L)->limits.seed);
	lua_call(L, 1, 0);
	take_charged(L);
	lua_getfield(L, -1, "random");
	lua_pushcclosure(L, env_random, 1);
	lua_setfield(L, -3, "random");
	lua_pushnil(L);
	lua_setfield(L, -3, "randomseed");
	lua_pop(L, 1);
}

static void
open_utf8(lua_State *L)
{
	lua_newtable(L);
	lua_pushcfunction(L, luaopen_utf8);
	lua_call(L, 0, 1);
	take_charged(L);
	lua_pop(L, 1);
}

/* Runs before the script exists, and before any budget. */
int
script_env_main(lua_State *L)
{
	struct wh_script *s = script_of(L);

	lua_newtable(L);
	s->ref_array = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	s->ref_metas = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	s->ref_loaded = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	open_base(L);
	open_math(L);
	lua_setfield(L, -2, "math");
	open_utf8(L);
	lua_setfield(L, -2, "utf8");
	script_open_string(L);
	lua_setfield(L, -2, "string");
	script_open_table(L);
	lua_setfield(L, -2, "table");
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	lua_gc(L, LUA_GCCOLLECT);
	return 0;
}
