/* Tables and JSON. An object is a table with text keys, an array one with the keys 1 to n; an empty table is an object
 * unless it is marked by `array()`, as every array that came from JSON is. In an array null is `null`, which keeps the
 * others in their places; a member of an object that is null is not there. Keys are written in the order of their bytes,
 * so that what a script says does not depend on where its strings lie in memory. */
#include <stdlib.h>

#include "script/script_state.h"

enum { NODE_STEPS = 4 };

static void
push_members(lua_State *L, const struct wh_value *v)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value member;
	struct wh_str key;
	lua_Integer n = 0;

	luaL_checkstack(L, 4, "nested too deep");
	lua_newtable(L);
	if (v->type == WH_V_ARRAY) {
		while (wh_json_next(&in, NULL, &member)) {
			if (member.type == WH_V_NULL)
				lua_pushlightuserdata(L, NULL);
			else
				script_push_json(L, &member);
			lua_rawseti(L, -2, ++n);
		}
		lua_rawgeti(L, LUA_REGISTRYINDEX, script_of(L)->ref_array);
		lua_setmetatable(L, -2);
		return;
	}
	while (wh_json_next(&in, &key, &member)) {
		lua_pushlstring(L, key.p, key.n);
		script_push_json(L, &member);
		lua_rawset(L, -3);
	}
}

/* Cannot nest deeper than WH_JSON_DEPTH, as the text was checked. */
void
script_push_json(lua_State *L, const struct wh_value *v)
{
	script_take(L, NODE_STEPS);
	switch (v->type) {
	case WH_V_BOOL:
		lua_pushboolean(L, v->b);
		return;
	case WH_V_INT:
		lua_pushinteger(L, v->i);
		return;
	case WH_V_NUM:
		lua_pushnumber(L, v->d);
		return;
	case WH_V_STR:
		script_take(L, v->s.n / 8);
		lua_pushlstring(L, v->s.n != 0 ? v->s.p : "", v->s.n);
		return;
	case WH_V_ARRAY:
	case WH_V_OBJECT:
		push_members(L, v);
		return;
	case WH_V_NONE:
	case WH_V_NULL:
		lua_pushnil(L);
		return;
	}
	luaL_error(L, "a value of no type");
}

struct pull {
	lua_State *L;
	struct wh_script *s;
	struct wh_json w;
	const char *error;	/* the first */
};

static void pull_value(struct pull *out, const char *key, unsigned depth);

static void
pull_fail(struct pull *out, const char *error)
{
	if (out->error == NULL)
		out->error = error;
}

static bool
marked_array(struct pull *out)
{
	bool marked;

	if (!lua_getmetatable(out->L, -1))
		return false;
	lua_rawgeti(out->L, LUA_REGISTRYINDEX, out->s->ref_array);
	marked = lua_rawequal(out->L, -1, -2) != 0;
	lua_pop(out->L, 2);
	return marked;
}

/* Are the keys of the table on the top exactly 1 to n? Then `n_out` is n. An object has texts alone. */
static bool
array_of(struct pull *out, size_t *n_out)
{
	size_t n = 0, texts = 0, border = lua_rawlen(out->L, -1);

	lua_pushnil(out->L);
	while (lua_next(out->L, -2) != 0) {
		lua_pop(out->L, 1);
		texts += lua_type(out->L, -1) == LUA_TSTRING;
		if (lua_isinteger(out->L, -1) && lua_tointeger(out->L, -1) >= 1)
			n += (lua_Unsigned)lua_tointeger(out->L, -1) <= border;
		else if (lua_type(out->L, -1) != LUA_TSTRING)
			pull_fail(out, "a key that is neither a text nor a place in an array");
		if (!wh_meter_take(&out->s->meter, 1) || out->error != NULL) {
			pull_fail(out, "over budget");
			lua_pop(out->L, 1);
			return false;
		}
	}
	*n_out = n;
	if (n != border || (n != 0 && texts != 0))
		pull_fail(out, "an array with gaps, or one with texts as keys");
	return n != 0 || (texts == 0 && marked_array(out));
}

static void
pull_array(struct pull *out, const char *key, size_t n, unsigned depth)
{
	wh_json_array(&out->w, key);
	for (size_t i = 1; i <= n && out->error == NULL; i++) {
		lua_rawgeti(out->L, -1, (lua_Integer)i);
		pull_value(out, NULL, depth);
		lua_pop(out->L, 1);
	}
	wh_json_end(&out->w);
}

static int
compare_keys(const void *left, const void *right)
{
	struct wh_str a, b;
	int order;

	memcpy(&a, left, sizeof a);
	memcpy(&b, right, sizeof b);
	order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

/* Appends the keys of the table on the top to `keys`. They live as long as the table, which nobody changes meanwhile. */
static void
gather_keys(struct pull *out)
{
	struct wh_str key;

	lua_pushnil(out->L);
	while (lua_next(out->L, -2) != 0) {
		lua_pop(out->L, 1);
		if (lua_type(out->L, -1) != LUA_TSTRING) {
			pull_fail(out, "an array with gaps, or one with texts as keys");
			lua_pop(out->L, 1);
			return;
		}
		key.p = lua_tolstring(out->L, -1, &key.n);
		if (strlen(key.p) != key.n)
			pull_fail(out, "a key with a NUL");
		wh_buf_put(&out->s->keys, &key, sizeof key);
	}
}

static void
pull_object(struct pull *out, const char *key, unsigned depth)
{
	struct wh_buf *keys = &out->s->keys;
	size_t from = keys->n, to;
	struct wh_str member;

	wh_json_object(&out->w, key);
	gather_keys(out);
	if (keys->failed)
		pull_fail(out, "out of memory");
	to = keys->n;
	if (to != from)
		qsort(keys->p + from, (to - from) / sizeof member, sizeof member, compare_keys);
	for (size_t at = from; at < to && out->error == NULL; at += sizeof member) {
		memcpy(&member, keys->p + at, sizeof member);
		lua_pushlstring(out->L, member.p, member.n);
		lua_rawget(out->L, -2);
		pull_value(out, member.p, depth);
		lua_pop(out->L, 1);
	}
	keys->n = from;
	wh_json_end(&out->w);
}

static void
pull_table(struct pull *out, const char *key, unsigned depth)
{
	size_t n;
	bool array;

	if (depth == WH_JSON_DEPTH || !lua_checkstack(out->L, 6)) {
		pull_fail(out, "a table that is nested too deep, or holds itself");
		return;
	}
	array = array_of(out, &n);
	if (out->error != NULL)
		return;
	if (array)
		pull_array(out, key, n, depth + 1);
	else
		pull_object(out, key, depth + 1);
}

/* Writes the value on the top of the stack. */
static void
pull_value(struct pull *out, const char *key, unsigned depth)
{
	struct wh_str text;

	if (!wh_meter_take(&out->s->meter, NODE_STEPS))
		pull_fail(out, "over budget");
	else if (out->w.failed)
		pull_fail(out, "a table that is too large");
	if (out->error != NULL)
		return;
	switch (lua_type(out->L, -1)) {
	case LUA_TNIL:
	case LUA_TLIGHTUSERDATA:
		wh_json_null(&out->w, key);
		return;
	case LUA_TBOOLEAN:
		wh_json_bool(&out->w, key, lua_toboolean(out->L, -1));
		return;
	case LUA_TNUMBER:
		if (lua_isinteger(out->L, -1))
			wh_json_int(&out->w, key, lua_tointeger(out->L, -1));
		else
			wh_json_num(&out->w, key, lua_tonumber(out->L, -1));
		return;
	case LUA_TSTRING:
		text.p = lua_tolstring(out->L, -1, &text.n);
		(void)wh_meter_take(&out->s->meter, text.n / 8);
		wh_json_str(&out->w, key, text);
		return;
	case LUA_TTABLE:
		pull_table(out, key, depth);
		return;
	default:
		pull_fail(out, "a function, which is no JSON");
	}
}

void
script_pull_json(lua_State *L, int index)
{
	struct wh_script *s = script_of(L);
	struct pull out = { .L = L, .s = s };

	wh_buf_reset(&s->keys);
	wh_json_begin(&out.w, &s->out);
	lua_pushvalue(L, index);
	pull_value(&out, NULL, 0);
	lua_pop(L, 1);
	if (s->meter.over != WH_METER_GOOD)
		script_over(L);
	if (out.error == NULL && !wh_json_finish(&out.w))
		out.error = "a table that is too large";
	if (out.error != NULL)
		luaL_error(L, "not to be written as JSON: %s", out.error);
}
