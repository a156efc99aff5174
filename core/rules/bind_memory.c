/* What a pack remembers: window(name, { keep = "10s" }), kv, and the scores it asks for. */
#include <stdio.h>

#include "rules/pack_lua.h"

static int
make_window(lua_State *L)
{
	static const char *const known[] = { "keep", "entries", NULL };
	struct pack *p = pack_of(L);
	struct pack_window *w = &p->windows[p->n_windows];
	lua_Integer entries = WINDOW_ENTRIES;
	char name[PACK_NAME];
	int64_t keep;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	bind_name(L, 1, name, sizeof name, "the name of a window", true);
	if (!p->loading)
		return luaL_error(L, "windows are made in pack.lua, outside of rules");
	bind_known(L, 2, known, false, "window");
	if (lua_getfield(L, 2, "keep") == LUA_TNIL)
		return luaL_error(L, "window '%s': keep = \"…\" is missing", name);
	keep = bind_duration(L, -1, "window: keep");
	if (lua_getfield(L, 2, "entries") != LUA_TNIL)
		entries = luaL_checkinteger(L, -1);
	if (keep == 0 || keep > INT64_C(86400000) || entries < 1 || entries > WINDOW_ENTRIES_MAX)
		return luaL_error(L, "window '%s': keep is to be 1d at most, entries 1 to %d", name, WINDOW_ENTRIES_MAX);
	for (size_t i = 0; i < p->n_windows; i++)
		if (strcmp(p->windows[i].name, name) == 0) {
			if (!p->reviving)
				return luaL_error(L, "window '%s' is there twice", name);
			bind_object(L, kind_window, p->windows[i].window);
			return 1;
		}
	if (p->n_windows == PACK_WINDOWS)
		return luaL_error(L, "a pack has %d windows at most", PACK_WINDOWS);
	memcpy(w->name, name, sizeof name);
	w->window = window_new(keep, (size_t)entries);
	if (w->window == NULL)
		return luaL_error(L, "out of memory");
	p->n_windows++;
	bind_object(L, kind_window, w->window);
	return 1;
}

/* A key is a text, a number, or nothing. */
static uint64_t
arg_key(lua_State *L, int arg)
{
	struct wh_str s = { NULL, 0 };
	char number[32];

	if (lua_isinteger(L, arg))
		s = (struct wh_str){ number, (size_t)snprintf(number, sizeof number, "#%lld", (long long)lua_tointeger(L, arg)) };
	else if (!lua_isnoneornil(L, arg))
		s = bind_str(L, arg);
	wh_script_take(L, 3 + s.n / 8);
	return scene_hash(s);
}

static int64_t
arg_within(lua_State *L, int arg)
{
	return lua_isnoneornil(L, arg) ? 0 : bind_duration(L, arg, "within");
}

/* w:add(key, text): both may be left out. */
static int
window_add_entry(lua_State *L)
{
	struct window *w = bind_thing(L, 1, kind_window);
	struct scene *s = bind_scene(L);
	struct window_entry e = { .time_ms = s->event->time_ms, .key = arg_key(L, 2), .user = s->user, .entry = s->event->entry };
	const struct sketch *sketch = NULL;
	uint64_t steps = 10;
	enum wh_err err;

	if (!lua_isnoneornil(L, 3))
		sketch = scene_sketch(s, bind_str(L, 3), &steps);
	wh_script_take(L, steps);
	pack_of(L)->wrote = true;
	err = window_add(w, &e, sketch);
	if (err != WH_OK)
		return luaL_error(L, err == WH_EFULL ? "a rule adds %d entries to a window at most" : "out of memory", WINDOW_ADDS);
	return 0;
}

static void
push_ids(lua_State *L, const struct window_found *f)
{
	wh_script_take(L, 1 + f->n_ids);
	lua_createtable(L, (int)f->n_ids, 0);
	for (uint32_t i = 0; i < f->n_ids; i++) {
		lua_pushinteger(L, (lua_Integer)f->ids[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void
ask_window(lua_State *L, enum window_want want, struct window_found *found)
{
	const struct window *w = bind_thing(L, 1, kind_window);
	struct scene *s = bind_scene(L);
	uint64_t steps = 5;

	window_ask(w, arg_key(L, 2), s->event->time_ms, arg_within(L, 3), want, found, &steps);
	wh_script_take(L, steps);
}

static int
window_count(lua_State *L)
{
	struct window_found found;

	ask_window(L, WINDOW_WANT_COUNT, &found);
	lua_pushinteger(L, found.count);
	return 1;
}

static int
window_users(lua_State *L)
{
	struct window_found found;

	ask_window(L, WINDOW_WANT_ALL, &found);
	lua_pushinteger(L, found.users);
	return 1;
}

static int
window_entries(lua_State *L)
{
	struct window_found found;

	ask_window(L, WINDOW_WANT_ALL, &found);
	push_ids(L, &found);
	return 1;
}

/* w:similar(text, likeness, within): how many, of how many users, and which entries. */
static int
window_similar_to(lua_State *L)
{
	const struct window *w = bind_thing(L, 1, kind_window);
	struct scene *s = bind_scene(L);
	struct window_found found;
	lua_Number least = luaL_optnumber(L, 3, 0.6);
	uint64_t steps = 5;

	if (!(least >= 0.3 && least <= 1))
		return luaL_error(L, "similar: the likeness is to be 0.3 to 1");
	window_similar(w, scene_sketch(s, bind_str(L, 2), &steps), (unsigned)(least * 1000), 0, s->event->time_ms, arg_within(L, 4), &found, &steps);
	wh_script_take(L, steps);
	lua_pushinteger(L, found.count);
	lua_pushinteger(L, found.users);
	push_ids(L, &found);
	return 3;
}

static struct wh_str
arg_kv_key(lua_State *L)
{
	struct wh_str key = bind_str(L, 1);

	wh_script_take(L, 10 + key.n / 8);
	if (key.n == 0 || key.n > KV_KEY)
		luaL_error(L, "kv: a key has 1 to %d bytes", KV_KEY);
	if (key.p[0] == '\1')
		luaL_error(L, "kv: keys that begin with byte 1 are the program's own");
	return key;
}

static void
kv_write(lua_State *L, struct wh_str key, const struct kv_value *v)
{
	struct pack *p = pack_of(L);
	enum wh_err err;

	p->wrote = true;
	err = kv_set(p->kv, key, v, bind_scene(L)->event->time_ms);
	if (err == WH_EFULL)
		luaL_error(L, "kv: no room: %d values at most, %d writes of one rule", KV_ENTRIES, KV_WRITES);
	if (err != WH_OK)
		luaL_error(L, "kv: a value has %d bytes at most", KV_VALUE);
}

static int64_t
arg_until(lua_State *L, int arg)
{
	int64_t keep = lua_isnoneornil(L, arg) ? INT64_C(86400000) : bind_duration(L, arg, "kv: how long");

	return bind_scene(L)->event->time_ms + keep;
}

static int
kv_get_value(lua_State *L)
{
	struct kv_value v = kv_get(pack_of(L)->kv, arg_kv_key(L), bind_scene(L)->event->time_ms);

	lua_settop(L, 2);
	switch (v.type) {
	case KV_NONE:
		return 1;
	case KV_BOOL:
		lua_pushboolean(L, v.b);
		return 1;
	case KV_INT:
		lua_pushinteger(L, v.i);
		return 1;
	case KV_NUM:
		lua_pushnumber(L, v.d);
		return 1;
	case KV_STR:
		bind_push(L, v.s);
		return 1;
	}
	return 0;
}

/* kv.set(key, value, "1h"); nil takes it away; without a time it is kept a day. */
static int
kv_set_value(lua_State *L)
{
	struct wh_str key = arg_kv_key(L);
	struct kv_value v = { .until_ms = arg_until(L, 3) };

	switch (lua_type(L, 2)) {
	case LUA_TNIL:
	case LUA_TNONE:
		break;
	case LUA_TBOOLEAN:
		v.type = KV_BOOL;
		v.b = lua_toboolean(L, 2);
		break;
	case LUA_TNUMBER:
		v.type = lua_isinteger(L, 2) ? KV_INT : KV_NUM;
		v.i = lua_tointeger(L, 2);
		v.d = lua_tonumber(L, 2);
		break;
	case LUA_TSTRING:
		v.type = KV_STR;
		v.s = bind_str(L, 2);
		wh_script_take(L, v.s.n / 8);
		break;
	default:
		return luaL_error(L, "kv: a value is a text, a number, or true or false");
	}
	kv_write(L, key, &v);
	return 0;
}

/* kv.add(key, 1, "1h"): adds to a number and gives the sum. The time begins anew. */
static int
kv_add_value(lua_State *L)
{
	struct wh_str key = arg_kv_key(L);
	lua_Integer more = luaL_optinteger(L, 2, 1);
	struct kv_value v = kv_get(pack_of(L)->kv, key, bind_scene(L)->event->time_ms);

	if (v.type != KV_INT)
		v = (struct kv_value){ .type = KV_INT };
	v.i = (int64_t)((uint64_t)v.i + (uint64_t)more);
	v.until_ms = arg_until(L, 3);
	kv_write(L, key, &v);
	lua_pushinteger(L, v.i);
	return 1;
}

static int
score_http(lua_State *L)
{
	struct pack *p = pack_of(L);
	struct wh_str name = bind_str(L, 1), text = bind_str(L, 2);
	struct pack_ask *ask = &p->asks[p->n_asks];
	bool declared = false;

	(void)bind_scene(L);
	wh_script_take(L, 20 + text.n / 8);
	for (size_t i = 0; i < p->n_scores; i++)
		declared |= wh_str_is(name, p->scores[i]);
	if (!declared)
		return luaL_error(L, "score '%s' is not declared: pack { scores = { \"…\" } }", name.p);
	if (p->n_asks == sizeof p->asks / sizeof *p->asks)
		return luaL_error(L, "a rule asks for %d scores at most", (int)(sizeof p->asks / sizeof *p->asks));
	if (text.n > WH_JUDGE_TEXT)
		text.n = WH_JUDGE_TEXT;
	memcpy(ask->name, name.p, name.n + 1);
	wh_buf_reset(&ask->text);
	wh_buf_str(&ask->text, text);
	if (ask->text.failed)
		return luaL_error(L, "out of memory");
	p->n_asks++;
	return 0;
}

void
bind_open_memory(lua_State *L)
{
	static const luaL_Reg window[] = { { "add", window_add_entry }, { "count", window_count }, { "users", window_users },
		{ "entries", window_entries }, { "similar", window_similar_to }, { NULL, NULL } };
	static const luaL_Reg kv[] = { { "get", kv_get_value }, { "set", kv_set_value }, { "add", kv_add_value }, { NULL, NULL } };
	static const luaL_Reg score[] = { { "http", score_http }, { NULL, NULL } };

	lua_pushcfunction(L, make_window);
	lua_setglobal(L, "window");
	luaL_newmetatable(L, kind_window);
	luaL_newlib(L, window);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	luaL_newlib(L, kv);
	lua_setglobal(L, "kv");
	luaL_newlib(L, score);
	lua_setglobal(L, "score");
}
