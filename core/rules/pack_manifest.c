/* pack { … }: the manifest and the settings, with what the operator set in their place; and list "name". A value that is wrong is an error
 * that names the setting. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/nearest.h"
#include "rules/pack_lua.h"

static const char *const setting_types[] = { "int", "number", "bool", "string", "duration", "choice", "words", "domains", "patterns", NULL };

static const char *
setting_type_name(unsigned i)
{
	return setting_types[i];
}

static struct pack_setting *
find_setting(struct pack *p, struct wh_str name)
{
	for (size_t i = 0; i < p->n_settings; i++)
		if (wh_str_is(name, p->settings[i].name))
			return &p->settings[i];
	return NULL;
}

/* One setting while it is read: its spec is at `spec`, its value at `value`. */
struct reading {
	struct pack *pack;
	struct pack_setting *setting;
	int spec, value;
	char what[PACK_NAME + 16];
};

static void
check_range(lua_State *L, const struct reading *r, double v)
{
	lua_getfield(L, r->spec, "min");
	lua_getfield(L, r->spec, "max");
	for (int i = -2; i < 0; i++) {
		double bound;

		if (lua_isnil(L, i))
			continue;
		bound = r->setting->type == SETTING_DURATION ? (double)bind_duration(L, i, "a bound") : luaL_checknumber(L, i);
		if (i == -2 ? v < bound : v > bound)
			luaL_error(L, "%s is %s than allowed", r->what, i == -2 ? "less" : "more");
	}
	lua_pop(L, 2);
}

static void
check_choice(lua_State *L, const struct reading *r)
{
	bool found = false;

	if (lua_getfield(L, r->spec, "choices") != LUA_TTABLE)
		luaL_error(L, "%s: choices = { \"…\", … } is missing", r->what);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		found |= lua_rawequal(L, -1, r->value) != 0;
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
	if (!found)
		luaL_error(L, "%s: '%s' is none of the choices", r->what, lua_type(L, r->value) == LUA_TSTRING ? lua_tostring(L, r->value) : "?");
}

static void
list_entry(lua_State *L, const struct reading *r, struct wh_str entry)
{
	struct wh_buf *why = &r->pack->error;

	wh_script_take(L, 20 + entry.n);
	wh_buf_reset(why);
	if (list_add(r->setting->list, r->pack->shared->fold, entry, why) != WH_OK)
		luaL_error(L, "%s: %s", r->what, wh_buf_cstr(why) != NULL ? why->p : "out of memory");
}

/* A file of the pack: an entry a line, "#" begins a comment. */
static void
list_file(lua_State *L, const struct reading *r)
{
	char file[SOURCE_NAME];
	struct wh_str text, line;
	const char *end;

	bind_name(L, r->value, file, sizeof file, r->what, false);
	text = source_text(r->pack->source, file);
	if (text.p == NULL)
		luaL_error(L, "%s: the pack has no file '%s'", r->what, file);
	while (text.n > 0) {
		end = memchr(text.p, '\n', text.n);
		line = (struct wh_str){ text.p, end != NULL ? (size_t)(end - text.p) : text.n };
		text = wh_str_from(text, line.n + 1);
		while (line.n > 0 && (unsigned char)line.p[0] <= ' ')
			line = wh_str_from(line, 1);
		if (line.n > 0 && line.p[0] != '#')
			list_entry(L, r, line);
	}
}

/* An array of texts, or a file's name, at `at`. */
static void
list_values(lua_State *L, const struct reading *r, int at)
{
	struct reading here = *r;
	struct wh_str entry;

	here.value = lua_absindex(L, at);
	if (lua_type(L, here.value) == LUA_TSTRING) {
		list_file(L, &here);
	} else if (lua_istable(L, here.value)) {
		for (lua_Integer i = 1; lua_rawgeti(L, here.value, i) != LUA_TNIL; i++) {
			if (lua_type(L, -1) != LUA_TSTRING)
				luaL_error(L, "%s: entry %d is no text", r->what, (int)i);
			entry.p = lua_tolstring(L, -1, &entry.n);
			list_entry(L, &here, entry);
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	} else {
		luaL_error(L, "%s is to be an array of texts, or the name of a file of the pack", r->what);
	}
}

/* Entries that are not to be in the list, as they are written. */
static void
list_without(lua_State *L, struct reading *r, int change)
{
	if (lua_getfield(L, change, "remove") != LUA_TTABLE) {
		lua_pop(L, 1);
		return;
	}
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		struct wh_str entry = { NULL, 0 };

		if (lua_type(L, -1) == LUA_TSTRING)
			entry.p = lua_tolstring(L, -1, &entry.n);
		wh_script_take(L, 20 + entry.n);
		list_leave_out(r->setting->list, entry);
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
}

/* { base = …, add = { … }, remove = { … } }: changes of the base, or of the default. */
static void
list_changes(lua_State *L, struct reading *r)
{
	int change = r->value;

	list_without(L, r, change);
	if (lua_getfield(L, change, "base") == LUA_TNIL && lua_getfield(L, r->spec, "default") == LUA_TNIL)
		luaL_error(L, "%s has no default", r->what);
	list_values(L, r, -1);
	if (lua_getfield(L, change, "add") != LUA_TNIL)
		list_values(L, r, -1);
	lua_settop(L, change);
}

static bool
is_change(lua_State *L, int at)
{
	static const char *const known[] = { "base", "add", "remove" };
	bool any = false;

	for (int i = 0; i < 3 && lua_istable(L, at); i++) {
		any |= lua_getfield(L, at, known[i]) != LUA_TNIL;
		lua_pop(L, 1);
	}
	return any;
}

static void
read_list(lua_State *L, struct reading *r)
{
	struct pack_setting *s = r->setting;

	s->list = list_new(s->type == SETTING_WORDS ? LIST_WORDS : s->type == SETTING_DOMAINS ? LIST_DOMAINS : LIST_PATTERNS);
	if (s->list == NULL)
		luaL_error(L, "out of memory");
	if (is_change(L, r->value))
		list_changes(L, r);
	else
		list_values(L, r, r->value);
	wh_script_take(L, 10 * list_count(s->list));
	if (list_build(s->list) != WH_OK)
		luaL_error(L, "%s: the list takes too much memory", r->what);
	snprintf(s->shown, sizeof s->shown, "%zu entries", list_count(s->list));
}

/* Leaves what the pack sees as settings.NAME. */
static void
read_value(lua_State *L, struct reading *r)
{
	struct pack_setting *s = r->setting;

	switch (s->type) {
	case SETTING_INT:
		if (!lua_isinteger(L, r->value))
			luaL_error(L, "%s is to be a whole number", r->what);
		check_range(L, r, (double)lua_tointeger(L, r->value));
		break;
	case SETTING_NUMBER:
		if (lua_type(L, r->value) != LUA_TNUMBER)
			luaL_error(L, "%s is to be a number", r->what);
		check_range(L, r, lua_tonumber(L, r->value));
		break;
	case SETTING_BOOL:
		if (!lua_isboolean(L, r->value))
			luaL_error(L, "%s is to be true or false", r->what);
		break;
	case SETTING_STRING:
		if (lua_type(L, r->value) != LUA_TSTRING)
			luaL_error(L, "%s is to be a text", r->what);
		break;
	case SETTING_DURATION:
		if (lua_type(L, r->value) == LUA_TSTRING)
			snprintf(s->shown, sizeof s->shown, "%s", lua_tostring(L, r->value));
		lua_pushinteger(L, bind_duration(L, r->value, r->what));
		check_range(L, r, (double)lua_tointeger(L, -1));
		return;
	case SETTING_CHOICE:
		check_choice(L, r);
		break;
	case SETTING_WORDS:
	case SETTING_DOMAINS:
	case SETTING_PATTERNS:
		if (s->list == NULL)
			read_list(L, r);
		bind_object(L, kind_list, s->list);
		return;
	}
	lua_getglobal(L, "tostring");
	lua_pushvalue(L, r->value);
	lua_call(L, 1, 1);
	snprintf(s->shown, sizeof s->shown, "%.100s", lua_tostring(L, -1));
	lua_pop(L, 1);
	lua_pushvalue(L, r->value);
}

/* The setting whose name is at -2 and whose spec is at -1; `over` is the operator's values. */
static void
read_setting(lua_State *L, struct pack *p, int over, int settings)
{
	static const char *const known[] = { "type", "default", "min", "max", "choices", "help", NULL };
	struct reading r = { .pack = p, .spec = lua_absindex(L, -1) };
	char name[PACK_NAME];
	int type = -1;

	bind_name(L, -2, name, sizeof name, "the name of a setting", true);
	snprintf(r.what, sizeof r.what, "setting '%s'", name);
	if (!lua_istable(L, r.spec))
		luaL_error(L, "%s is to be { type = …, default = … }", r.what);
	bind_known(L, r.spec, known, false, r.what);
	lua_getfield(L, r.spec, "type");
	for (int i = 0; setting_types[i] != NULL && lua_type(L, -1) == LUA_TSTRING; i++)
		if (strcmp(setting_types[i], lua_tostring(L, -1)) == 0)
			type = i;
	if (type < 0)
		luaL_error(L, "%s: type is to be int, number, bool, string, duration, choice, words, domains or patterns%s", r.what,
		    lua_type(L, -1) == LUA_TSTRING ? bind_near(L, lua_tostring(L, -1), setting_type_name, SETTING_PATTERNS + 1) : "");
	lua_pop(L, 1);
	r.setting = find_setting(p, wh_str(name));
	if (r.setting == NULL) {
		if (p->n_settings == PACK_SETTINGS)
			luaL_error(L, "a pack has %d settings at most", PACK_SETTINGS);
		r.setting = &p->settings[p->n_settings++];
		memcpy(r.setting->name, name, sizeof name);
		r.setting->type = (enum setting_type)type;
	}
	if (over == 0 || lua_getfield(L, over, name) == LUA_TNIL) {
		lua_settop(L, r.spec);
		if (lua_getfield(L, r.spec, "default") == LUA_TNIL)
			luaL_error(L, "%s has no default", r.what);
	}
	r.value = lua_absindex(L, -1);
	read_value(L, &r);
	lua_setfield(L, settings, name);
	lua_settop(L, r.spec);
}

/* Leaves the operator's values as a table, or 0 for none. */
static int
push_overrides(lua_State *L, struct pack *p)
{
	struct wh_json_doc doc;
	struct wh_value root;

	if (p->overrides.n == 0)
		return 0;
	if (wh_json_read(&doc, wh_buf_slice(&p->overrides), NULL, &p->scratch, &root, NULL) != WH_OK || root.type != WH_V_OBJECT)
		luaL_error(L, "the settings are no JSON object");
	wh_script_push_value(L, &root);
	return lua_gettop(L);
}

static void
read_scores(lua_State *L, struct pack *p)
{
	if (lua_isnil(L, -1))
		return;
	if (!lua_istable(L, -1))
		luaL_error(L, "scores is to be an array of names");
	p->n_scores = 0;
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		if (p->n_scores == PACK_SCORES)
			luaL_error(L, "a pack has %d scores at most", PACK_SCORES);
		bind_name(L, -1, p->scores[p->n_scores++], PACK_NAME, "the name of a score", true);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* A name that is no setting is a mistake, and not nothing. */
static int
settings_index(lua_State *L)
{
	const struct pack *p = pack_of(L);
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
	struct wh_nearest near = { .word = wh_str(name) };

	for (size_t i = 0; i < p->n_settings; i++)
		wh_nearest_offer(&near, wh_str(p->settings[i].name));
	return near.best.p != NULL ? luaL_error(L, "there is no setting '%s'; did you mean '%s'?", name, near.best.p) : luaL_error(L, "there is no setting '%s'", name);
}

static int
settings_newindex(lua_State *L)
{
	return luaL_error(L, "settings cannot be changed");
}

static void
settings_strict(lua_State *L, int settings)
{
	lua_createtable(L, 0, 3);
	lua_pushcfunction(L, settings_index);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, settings_newindex);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, settings);
}

static int
manifest_pack(lua_State *L)
{
	static const char *const known[] = { "id", "version", "api", "license", "summary", "author", "settings", "scores", NULL };
	struct pack *p = pack_of(L);
	int over, settings;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	if (!p->loading || p->declared)
		return luaL_error(L, "pack { … } stands once, at the front of pack.lua");
	bind_known(L, 1, known, false, "pack");
	lua_getfield(L, 1, "id");
	bind_name(L, -1, p->id, sizeof p->id, "id", true);
	lua_getfield(L, 1, "version");
	bind_name(L, -1, p->version, sizeof p->version, "version", true);
	lua_getfield(L, 1, "license");
	bind_name(L, -1, p->license, sizeof p->license, "license", false);
	if (lua_getfield(L, 1, "summary") != LUA_TNIL)
		bind_name(L, -1, p->summary, sizeof p->summary, "summary", false);
	lua_getfield(L, 1, "api");
	if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) != PACK_API)
		return luaL_error(L, "api is to be %d", PACK_API);
	lua_getfield(L, 1, "scores");
	read_scores(L, p);
	lua_settop(L, 1);
	over = push_overrides(L, p);
	lua_newtable(L);
	settings = lua_gettop(L);
	if (lua_getfield(L, 1, "settings") != LUA_TNIL) {
		luaL_checktype(L, -1, LUA_TTABLE);
		for (lua_pushnil(L); lua_next(L, settings + 1) != 0; lua_pop(L, 1))
			read_setting(L, p, over, settings);
	}
	settings_strict(L, settings);
	lua_pushvalue(L, settings);
	lua_setglobal(L, "settings");
	p->declared = true;
	return 0;
}

static int
manifest_list(lua_State *L)
{
	const struct pack_setting *s = find_setting(pack_of(L), bind_str(L, 1));

	if (s == NULL || s->list == NULL)
		return luaL_error(L, "there is no setting '%s' of type words, domains or patterns", lua_tostring(L, 1));
	bind_object(L, kind_list, s->list);
	return 1;
}

/* A link's table stands for its host where domains are asked for. */
static struct wh_str
asked_text(lua_State *L, const struct list *l)
{
	if (list_kind(l) == LIST_DOMAINS && lua_istable(L, 2)) {
		lua_getfield(L, 2, "host");
		lua_replace(L, 2);
	}
	return bind_str(L, 2);
}

static struct wh_str
ask_list(lua_State *L)
{
	const struct list *l = bind_thing(L, 1, kind_list);
	struct wh_str text = asked_text(L, l), found;
	struct list_text t = { .text = text };
	uint64_t steps = 0;

	if (list_count(l) == 0)
		return (struct wh_str){ NULL, 0 };
	if (list_kind(l) == LIST_WORDS)
		t = scene_list_text(bind_scene(L), text, &steps);
	found = list_find(l, &t, &steps);
	wh_script_take(L, steps);
	return found;
}

static int
list_has(lua_State *L)
{
	lua_pushboolean(L, ask_list(L).p != NULL);
	return 1;
}

static int
list_find_entry(lua_State *L)
{
	struct wh_str found = ask_list(L);

	if (found.p == NULL)
		lua_pushnil(L);
	else
		bind_push(L, found);
	return 1;
}

static int
list_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)list_count(bind_thing(L, 1, kind_list)));
	return 1;
}

void
bind_open_manifest(lua_State *L)
{
	static const luaL_Reg methods[] = { { "has", list_has }, { "find", list_find_entry }, { NULL, NULL } };

	lua_pushcfunction(L, manifest_pack);
	lua_setglobal(L, "pack");
	lua_pushcfunction(L, manifest_list);
	lua_setglobal(L, "list");
	luaL_newmetatable(L, kind_list);
	luaL_newlib(L, methods);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, list_len);
	lua_setfield(L, -2, "__len");
	lua_pop(L, 1);
}
