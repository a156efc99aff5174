/* Metatables. What a script hands to setmetatable is copied, name by name, into a table that it never sees, and
 * getmetatable gives its own back. So a name that is not on the list cannot arrive, not even later: `__mode` would let a
 * chain of weak keys cost the collector the square of its length in one step, `__gc` and `__close` run in places of
 * their own choosing. The copy is brought up to date by each setmetatable with the same metatable. */
#include "script/script_state.h"

enum { METAS = 64, META_OWNER = 1 };

/* Leaves our copy of the metatable at index 2 on the stack, if a recent one is kept. */
static bool
recent_copy(lua_State *L, const struct wh_script *s)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, s->ref_metas);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, -2) == LUA_TTABLE) {
		lua_remove(L, -2);
		return true;
	}
	lua_pop(L, 2);
	return false;
}

static void
new_copy(lua_State *L, struct wh_script *s)
{
	if (s->n_metas++ == METAS) {
		lua_newtable(L);
		lua_rawseti(L, LUA_REGISTRYINDEX, s->ref_metas);
		s->n_metas = 1;
	}
	lua_newtable(L);
	lua_pushvalue(L, 2);
	lua_rawseti(L, -2, META_OWNER);
	lua_rawgeti(L, LUA_REGISTRYINDEX, s->ref_metas);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, -3);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

static void
refuse_names(lua_State *L)
{
	static const char *const refused[] = { "__gc", "__mode", "__close", "__metatable" };

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		lua_pushstring(L, refused[i]);
		if (lua_rawget(L, 2) != LUA_TNIL)
			luaL_error(L, "a metatable cannot have '%s' here", refused[i]);
		lua_pop(L, 1);
	}
}

static void
copy_names(lua_State *L)
{
	static const char *const names[] = { "__index", "__newindex", "__call", "__tostring", "__pairs", "__eq", "__lt",
		"__le", "__len", "__concat", "__unm", "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__idiv", "__band",
		"__bor", "__bxor", "__shl", "__shr", "__bnot" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		lua_pushstring(L, names[i]);
		lua_pushvalue(L, -1);
		lua_rawget(L, 2);
		lua_rawset(L, -3);
	}
}

int
script_setmetatable(lua_State *L)
{
	struct wh_script *s = script_of(L);

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
	lua_settop(L, 2);
	script_take(L, 20);
	if (lua_istable(L, 2)) {
		refuse_names(L);
		if (!recent_copy(L, s))
			new_copy(L, s);
		copy_names(L);
	}
	lua_setmetatable(L, 1);
	lua_settop(L, 1);
	return 1;
}

/* The metatable of strings and the mark of arrays are ours, and are not shown. */
int
script_getmetatable(lua_State *L)
{
	luaL_checkany(L, 1);
	if (!lua_istable(L, 1) || !lua_getmetatable(L, 1))
		lua_pushnil(L);
	else
		lua_rawgeti(L, -1, META_OWNER);
	return 1;
}
