/* The string library, but for the functions with patterns: see script_match.c. */
#include "script/script_state.h"

static int
string_rep(lua_State *L)
{
	size_t n, sep_n;
	const char *text = luaL_checklstring(L, 1, &n), *sep = luaL_optlstring(L, 3, "", &sep_n);
	lua_Integer times = luaL_checkinteger(L, 2);
	size_t block = script_of(L)->limits.block, whole;
	bool single = n == 1 && sep_n == 0;
	luaL_Buffer b;
	char *to;

	if (times <= 0 || n + sep_n == 0) {
		script_take(L, 1);
		lua_pushliteral(L, "");
		return 1;
	}
	if (n + sep_n < n || (lua_Unsigned)times > block / (n + sep_n)) {
		script_take(L, 100);
		return luaL_error(L, "resulting string too large");
	}
	whole = (size_t)times * n + (size_t)(times - 1) * sep_n;
	script_take(L, 1 + (single ? 0 : (uint64_t)times / 2) + whole / 8);
	to = luaL_buffinitsize(L, &b, whole);
	if (single)
		memset(to, text[0], whole);
	while (!single && times-- > 0) {
		memcpy(to, text, n);
		to += n;
		if (times > 0)
			memcpy(to, sep, sep_n);
		to += sep_n;
	}
	luaL_pushresultsize(&b, whole);
	return 1;
}

/* One conversion of a format, at the '%'. Makes the argument one that shows no address; gives where it ends. */
static const char *
format_conversion(lua_State *L, const char *at, int arg)
{
	static const char allowed[] = "cdiaAeEfFgGoxXsq";

	script_take(L, 20);
	at += strspn(at + 1, "-+ #0.123456789") + 1;
	if (*at == '\0' || strchr(allowed, *at) == NULL)
		luaL_error(L, "invalid conversion in the format: '%%%c'", *at != '\0' ? *at : ' ');
	if (*at == 's') {
		luaL_checkany(L, arg);
		script_tostring(L, arg);
		lua_replace(L, arg);
	}
	if (lua_type(L, arg) == LUA_TSTRING)
		script_take(L, lua_rawlen(L, arg) / 4);
	return at + 1;
}

/* Checks the format, then leaves the work to Lua's own, which is the upvalue. */
static int
string_format(lua_State *L)
{
	size_t n;
	const char *at = luaL_checklstring(L, 1, &n), *end = at + n;
	int arg = 1, top = lua_gettop(L);

	script_take(L, 1 + n);
	luaL_checkstack(L, 4, NULL);
	while ((at = memchr(at, '%', (size_t)(end - at))) != NULL) {
		if (at[1] == '%') {
			at += 2;
			continue;
		}
		arg++;
		luaL_argcheck(L, arg <= top, arg, "no value");
		at = format_conversion(L, at, arg);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, top, 1);
	return 1;
}

void
script_open_string(lua_State *L)
{
	static const char *const charged[] = { "byte", "char", "len", "lower", "reverse", "sub", "upper", NULL };
	static const luaL_Reg own[] = { { "rep", string_rep }, { "find", script_find }, { "match", script_match },
		{ "gmatch", script_gmatch }, { "gsub", script_gsub }, { NULL, NULL } };

	luaL_newlib(L, own);
	lua_pushcfunction(L, luaopen_string);
	lua_call(L, 0, 1);
	for (const char *const *name = charged; *name != NULL; name++) {
		lua_getfield(L, -1, *name);
		script_push_charged(L, lua_tocfunction(L, -1));
		lua_setfield(L, -4, *name);
		lua_pop(L, 1);
	}
	lua_getfield(L, -1, "format");
	lua_pushcclosure(L, string_format, 1);
	lua_setfield(L, -3, "format");
	lua_pop(L, 1);
	/* Lua's own metatable of strings also makes numbers of them; `"1" + 1` is a mistake here. */
	lua_pushliteral(L, "");
	lua_newtable(L);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}
