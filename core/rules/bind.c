/* What all bindings need: arguments, names, objects. See pack_lua.h. */
#include <stdio.h>

#include "base/conf.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "rules/pack_lua.h"

const char kind_list[] = "list", kind_window[] = "window", kind_event[] = "event", kind_user[] = "user", kind_stats[] = "stats";

struct scene *
bind_scene(lua_State *L)
{
	struct scene *s = pack_of(L)->scene;

	if (s == NULL)
		luaL_error(L, "there is no event: this can be asked inside a rule only");
	return s;
}

struct wh_str
bind_str(lua_State *L, int arg)
{
	struct wh_str s;

	luaL_checktype(L, arg, LUA_TSTRING);
	s.p = lua_tolstring(L, arg, &s.n);
	return s;
}

void
bind_push(lua_State *L, struct wh_str s)
{
	wh_script_take(L, s.n / 16);
	lua_pushlstring(L, s.n != 0 ? s.p : "", s.n);
}

int64_t
bind_duration(lua_State *L, int index, const char *what)
{
	int64_t ms = -1;
	struct wh_str s;

	if (lua_isinteger(L, index)) {
		ms = lua_tointeger(L, index);
	} else if (lua_type(L, index) == LUA_TNUMBER) {
		ms = (int64_t)lua_tonumber(L, index);
	} else if (lua_type(L, index) == LUA_TSTRING) {
		s.p = lua_tolstring(L, index, &s.n);
		if (wh_conf_parse_duration(s, &ms) != WH_OK)
			luaL_error(L, "%s: '%s' is no time; write \"30s\", \"10m\", \"2h\" or \"7d\"", what, s.p);
	}
	if (ms < 0 || ms > INT64_C(315360000000))
		luaL_error(L, "%s is no time: write \"30s\", \"10m\", \"2h\" or \"7d\"", what);
	return ms;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

void
bind_name(lua_State *L, int index, char *to, size_t size, const char *what, bool plain)
{
	struct wh_str s;

	if (lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "%s is to be a text", what);
	s.p = lua_tolstring(L, index, &s.n);
	if (s.n == 0 || s.n >= size || !wh_utf8_valid(s) || memchr(s.p, 0, s.n) != NULL)
		luaL_error(L, "%s is to be a text of 1 to %d bytes", what, (int)size - 1);
	for (size_t i = 0; plain && i < s.n; i++)
		if (!is_plain(s.p[i]))
			luaL_error(L, "%s '%s': letters, digits, '-', '_' and '.' only", what, s.p);
	memcpy(to, s.p, s.n);
	to[s.n] = '\0';
}

const char *
bind_near(lua_State *L, const char *word, const char *(*name)(unsigned i), unsigned n)
{
	struct wh_nearest near = { .word = wh_str(word) };

	for (unsigned i = 0; i < n; i++)
		wh_nearest_offer(&near, wh_str(name(i)));
	return near.best.p != NULL ? lua_pushfstring(L, "; did you mean '%s'?", near.best.p) : "";
}

void
bind_known(lua_State *L, int index, const char *const *known, bool array, const char *what)
{
	index = lua_absindex(L, index);
	for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
		struct wh_nearest near = { 0 };
		bool found = array && lua_isinteger(L, -2);

		wh_script_take(L, 5);
		if (!found && lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "%s: a key that is no name", what);
		if (found)
			continue;
		near.word.p = lua_tolstring(L, -2, &near.word.n);
		for (const char *const *k = known; *k != NULL; k++) {
			found |= wh_str_is(near.word, *k);
			wh_nearest_offer(&near, wh_str(*k));
		}
		if (!found && near.best.p != NULL)
			luaL_error(L, "%s: there is no '%s'; did you mean '%s'?", what, near.word.p, near.best.p);
		if (!found)
			luaL_error(L, "%s: there is no '%s'", what, near.word.p);
	}
}

struct box {
	const char *kind;
	void *thing;
};

void
bind_object(lua_State *L, const char *kind, void *thing)
{
	struct box *box = lua_newuserdatauv(L, sizeof *box, 16);

	*box = (struct box){ kind, thing };
	luaL_setmetatable(L, kind);
}

/* No pack gets hold of any other userdata; a look at the metatable, as luaL_checkudata has it, takes five times as long. */
void *
bind_thing(lua_State *L, int arg, const char *kind)
{
	const struct box *box = lua_type(L, arg) == LUA_TUSERDATA ? lua_touserdata(L, arg) : NULL;

	if (box == NULL || lua_rawlen(L, arg) != sizeof *box || box->kind != kind)
		luaL_typeerror(L, arg, kind);
	return box->thing;
}
