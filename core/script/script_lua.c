/* The parts of script_lua.h that are more than another name. */
#include "script/script_lua.h"

#include "script/script_state.h"

void
wh_script_compile(lua_State *L, const char *name, struct wh_str text)
{
	script_compile(L, name, text);
}

void
wh_script_take(lua_State *L, uint64_t steps)
{
	script_take(L, steps);
}

struct wh_meter *
wh_script_meter(lua_State *L)
{
	return &script_of(L)->meter;
}

void
wh_script_budget(struct wh_script *s, uint64_t steps, size_t bytes, int64_t time_ns)
{
	if (steps != 0)
		s->limits.steps = steps;
	if (bytes != 0)
		s->limits.bytes = bytes;
	if (time_ns != 0)
		s->limits.time_ns = time_ns;
}

void
wh_script_set_owner(struct wh_script *s, void *owner)
{
	s->owner = owner;
}

void *
wh_script_owner(lua_State *L)
{
	return script_of(L)->owner;
}

struct wh_str
wh_script_table_json(lua_State *L, int index)
{
	struct wh_script *s = script_of(L);

	luaL_checktype(L, index, LUA_TTABLE);
	wh_buf_reset(&s->out);
	script_pull_json(L, lua_absindex(L, index));
	return wh_buf_slice(&s->out);
}

void
wh_script_push_value(lua_State *L, const struct wh_value *v)
{
	script_push_json(L, v);
}
