/* Values on their way in and out of a state. */
#include "script/script_state.h"

static void
push_json_text(lua_State *L, struct wh_str text)
{
	struct wh_script *s = script_of(L);
	struct wh_json_limits limits = { .bytes = s->limits.json };
	struct wh_json_error error;
	struct wh_json_doc doc;
	struct wh_value root;

	script_take(L, text.n / 8);
	if (wh_json_read(&doc, text, &limits, &s->scratch, &root, &error) != WH_OK)
		luaL_error(L, "JSON: %s at byte %I", error.reason != NULL ? error.reason : "out of memory",
		    (LUAI_UACINT)error.at);
	script_push_json(L, &root);
}

void
script_push(lua_State *L, const struct wh_script_value *v)
{
	switch (v->type) {
	case WH_SCRIPT_NIL:
		lua_pushnil(L);
		return;
	case WH_SCRIPT_BOOL:
		lua_pushboolean(L, v->b);
		return;
	case WH_SCRIPT_INT:
		lua_pushinteger(L, v->i);
		return;
	case WH_SCRIPT_NUM:
		lua_pushnumber(L, v->d);
		return;
	case WH_SCRIPT_STR:
		script_take(L, v->s.n / 8);
		lua_pushlstring(L, v->s.n != 0 ? v->s.p : "", v->s.n);
		return;
	case WH_SCRIPT_JSON:
		push_json_text(L, v->s);
		return;
	case WH_SCRIPT_VALUE:
		script_push_json(L, v->v);
		return;
	}
	luaL_error(L, "a value of no type");
}

static void
pull_one(lua_State *L, int index, struct wh_script_value *v)
{
	struct wh_script *s = script_of(L);

	*v = (struct wh_script_value){ .type = WH_SCRIPT_NIL };
	switch (lua_type(L, index)) {
	case LUA_TNIL:
		return;
	case LUA_TLIGHTUSERDATA:
		/* The script's `null`: there is no other that it could have. */
		return;
	case LUA_TBOOLEAN:
		*v = wh_script_bool(lua_toboolean(L, index));
		return;
	case LUA_TNUMBER:
		*v = lua_isinteger(L, index) ? wh_script_int(lua_tointeger(L, index)) : wh_script_num(lua_tonumber(L, index));
		return;
	case LUA_TSTRING:
		v->type = WH_SCRIPT_STR;
		v->s.p = lua_tolstring(L, index, &v->s.n);
		return;
	case LUA_TTABLE:
		v->type = WH_SCRIPT_JSON;
		v->s.n = s->out.n;
		script_pull_json(L, index);
		v->s.n = s->out.n - v->s.n;
		return;
	default:
		luaL_error(L, "a %s cannot leave the script", luaL_typename(L, index));
	}
}

void
script_pull(lua_State *L, int first, size_t n, struct wh_script_value *values_out)
{
	struct wh_script *s = script_of(L);
	const char *at;

	wh_buf_reset(&s->out);
	for (size_t i = 0; i < n; i++)
		pull_one(L, first + (int)i, &values_out[i]);
	/* Only now does the buffer stay where it is. */
	at = s->out.p;
	for (size_t i = 0; i < n; i++) {
		if (values_out[i].type != WH_SCRIPT_JSON)
			continue;
		values_out[i].s.p = at;
		at += values_out[i].s.n;
	}
}
