/* `m`, the event, and `m.user`: read field by field from the scene. What makes a table or a long text is made once an event and kept
 * beside the object. Nothing of an event can be changed: an assignment is an error. */
#include "base/json.h"
#include "base/nearest.h"
#include "rules/pack_lua.h"

enum field {
	FIELD_NONE,
	/* kept in the user value of this number, and in pack.cached */
	FIELD_TEXT,
	FIELD_BEFORE,
	FIELD_LINKS,
	FIELD_MENTIONS,
	FIELD_ATTACHMENTS,
	FIELD_DETAIL,
	FIELD_ROLES,
	FIELD_KEPT,
	/* objects, kept for good */
	FIELD_USER,
	FIELD_STATS,
	FIELD_ROOM,
	FIELD_TIME,
	FIELD_ON,
	FIELD_REPLY_TO,
	FIELD_ENTRY,
	FIELD_NAME,
	FIELD_ID,
	FIELD_AGE,
	FIELD_MESSAGES,
	FIELD_TRUST,
	FIELD_STRIKES,
	FIELD_NETWORK,
	FIELD_ACCOUNT,
	FIELD_BOT,
	/* functions */
	FIELD_OLDER_THAN,
	FIELD_HAS_ROLE,
};

struct field_name {
	const char *name;
	enum field field;
};

static const struct field_name event_fields[] = {
	{ "text", FIELD_TEXT }, { "before", FIELD_BEFORE }, { "links", FIELD_LINKS }, { "mentions", FIELD_MENTIONS },
	{ "attachments", FIELD_ATTACHMENTS }, { "detail", FIELD_DETAIL }, { "score", FIELD_DETAIL }, { "stats", FIELD_STATS },
	{ "user", FIELD_USER }, { "room", FIELD_ROOM },
	{ "time", FIELD_TIME }, { "on", FIELD_ON }, { "reply_to", FIELD_REPLY_TO }, { "entry", FIELD_ENTRY }, { NULL, FIELD_NONE },
};

static const struct field_name user_fields[] = {
	{ "name", FIELD_NAME }, { "id", FIELD_ID }, { "age", FIELD_AGE }, { "messages", FIELD_MESSAGES }, { "trust", FIELD_TRUST },
	{ "strikes", FIELD_STRIKES }, { "network", FIELD_NETWORK }, { "roles", FIELD_ROLES }, { "account", FIELD_ACCOUNT }, { "bot", FIELD_BOT },
	{ "older_than", FIELD_OLDER_THAN }, { "has_role", FIELD_HAS_ROLE }, { NULL, FIELD_NONE },
};

static void
set_text(lua_State *L, const char *key, struct wh_str s)
{
	lua_pushlstring(L, s.n != 0 ? s.p : "", s.n);
	lua_setfield(L, -2, key);
}

static void
set_true(lua_State *L, const char *key, bool yes)
{
	lua_pushboolean(L, yes);
	lua_setfield(L, -2, key);
}

void
bind_push_links(lua_State *L, const struct links *links)
{
	wh_script_take(L, 1 + 20 * links->n);
	lua_createtable(L, (int)links->n, 0);
	for (size_t i = 0; i < links->n; i++) {
		const struct link *l = &links->of[i];

		lua_createtable(L, 0, 7);
		set_text(L, "url", l->url);
		set_text(L, "host", l->host);
		set_text(L, "domain", l->domain);
		set_text(L, "path", l->path);
		set_true(L, "bare", l->bare);
		set_true(L, "shortener", l->shortener);
		set_true(L, "address", l->address);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void
push_parts(lua_State *L, struct wh_str s, char separator)
{
	lua_Integer n = 0;

	lua_newtable(L);
	wh_script_take(L, 1 + s.n / 4);
	while (s.n > 0) {
		const char *end = memchr(s.p, separator, s.n);
		size_t part = end != NULL ? (size_t)(end - s.p) : s.n;

		if (part > 0) {
			lua_pushlstring(L, s.p, part);
			lua_rawseti(L, -2, ++n);
		}
		s = wh_str_from(s, part + 1);
	}
}

/* A JSON text of the asker; what is wrong or missing is an empty table. */
static void
push_json(lua_State *L, struct wh_str json)
{
	struct wh_json_doc doc;
	struct wh_value root;

	wh_script_take(L, 1 + json.n / 8);
	if (json.n == 0 || wh_json_read(&doc, json, NULL, &pack_of(L)->scratch, &root, NULL) != WH_OK
	    || (root.type != WH_V_OBJECT && root.type != WH_V_ARRAY))
		lua_newtable(L);
	else
		wh_script_push_value(L, &root);
}

static void
make_kept(lua_State *L, struct scene *s, enum field field)
{
	const struct wh_judge_event *e = s->event;
	uint64_t steps = 0;

	switch (field) {
	case FIELD_TEXT:
		bind_push(L, e->text);
		return;
	case FIELD_BEFORE:
		bind_push(L, e->before);
		return;
	case FIELD_LINKS:
		bind_push_links(L, scene_links(s, &steps));
		wh_script_take(L, steps);
		return;
	case FIELD_MENTIONS:
		push_parts(L, e->mentions, '\n');
		return;
	case FIELD_ATTACHMENTS:
		push_json(L, e->attachments);
		return;
	case FIELD_ROLES:
		push_parts(L, e->roles, ' ');
		return;
	default:
		push_json(L, e->detail);
		return;
	}
}

/* The object is at 1. */
static void
push_kept(lua_State *L, struct scene *s, enum field field)
{
	struct pack *p = pack_of(L);

	if (p->cached[field] == s->number) {
		lua_getiuservalue(L, 1, (int)field);
		return;
	}
	make_kept(L, s, field);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, (int)field);
	p->cached[field] = s->number;
}

static bool
has_role(struct wh_str roles, struct wh_str role)
{
	while (roles.n > 0) {
		const char *end = memchr(roles.p, ' ', roles.n);
		struct wh_str one = { roles.p, end != NULL ? (size_t)(end - roles.p) : roles.n };

		if (one.n != 0 && wh_str_eq(one, role))
			return true;
		roles = wh_str_from(roles, one.n + 1);
	}
	return false;
}

static int
user_older_than(lua_State *L)
{
	struct scene *s;

	(void)bind_thing(L, 1, kind_user);
	s = bind_scene(L);
	lua_pushboolean(L, s->event->age_ms >= bind_duration(L, 2, "older_than"));
	return 1;
}

static int
user_has_role(lua_State *L)
{
	(void)bind_thing(L, 1, kind_user);
	lua_pushboolean(L, has_role(bind_scene(L)->event->roles, bind_str(L, 2)));
	return 1;
}

/* Another object that stands for the same event. */
static void
push_part(lua_State *L, enum field field, const char *kind)
{
	lua_getiuservalue(L, 1, (int)field);
	if (!lua_isnil(L, -1))
		return;
	lua_pop(L, 1);
	bind_object(L, kind, pack_of(L));
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, 1, (int)field);
}

static void
push_field(lua_State *L, struct scene *s, enum field field)
{
	const struct wh_judge_event *e = s->event;

	switch (field) {
	case FIELD_USER:
		push_part(L, FIELD_USER, kind_user);
		return;
	case FIELD_STATS:
		push_part(L, FIELD_STATS, kind_stats);
		return;
	case FIELD_ROOM:
		bind_push(L, e->room);
		return;
	case FIELD_TIME:
		lua_pushinteger(L, e->time_ms);
		return;
	case FIELD_ON:
		lua_pushstring(L, pack_on_name((unsigned)e->on));
		return;
	case FIELD_REPLY_TO:
		if (e->reply_to.n == 0)
			lua_pushnil(L);
		else
			bind_push(L, e->reply_to);
		return;
	case FIELD_ENTRY:
		lua_pushinteger(L, (lua_Integer)e->entry);
		return;
	case FIELD_NAME:
		bind_push(L, e->name);
		return;
	case FIELD_ID:
		bind_push(L, e->user);
		return;
	case FIELD_AGE:
		lua_pushinteger(L, e->age_ms);
		return;
	case FIELD_MESSAGES:
		lua_pushinteger(L, e->messages);
		return;
	case FIELD_TRUST:
		lua_pushinteger(L, (lua_Integer)e->trust);
		return;
	case FIELD_STRIKES:
		lua_pushinteger(L, e->strikes);
		return;
	case FIELD_NETWORK:
		bind_push(L, e->network);
		return;
	case FIELD_ACCOUNT:
		lua_pushboolean(L, (e->flags & WH_JUDGE_ACCOUNT) != 0);
		return;
	case FIELD_BOT:
		lua_pushboolean(L, (e->flags & WH_JUDGE_BOT) != 0);
		return;
	case FIELD_OLDER_THAN:
		lua_pushcfunction(L, user_older_than);
		return;
	case FIELD_HAS_ROLE:
		lua_pushcfunction(L, user_has_role);
		return;
	default:
		push_kept(L, s, field);
	}
}

/* It may be in the other one, or spelled otherwise. */
static int
object_lacks(lua_State *L, bool user)
{
	const struct field_name *const fields[] = { event_fields, user_fields };
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2), *in = user ? "m.user" : "m";
	struct wh_nearest near = { .word = wh_str(name) };

	for (const struct field_name *f = fields[user]; f->name != NULL; f++)
		wh_nearest_offer(&near, wh_str(f->name));
	for (const struct field_name *f = fields[!user]; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return luaL_error(L, "there is no '%s' in %s; it is %s.%s", name, in, user ? "m" : "m.user", name);
	if (near.best.p != NULL)
		return luaL_error(L, "there is no '%s' in %s; did you mean '%s'?", name, in, near.best.p);
	return luaL_error(L, "there is no '%s' in %s", name, in);
}

/* The upvalue knows the names. An unknown one is a mistake, and told as such. */
static int
object_index(lua_State *L)
{
	struct scene *s = bind_scene(L);
	enum field field;

	wh_script_take(L, 2);
	lua_settop(L, 2);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNUMBER)
		return object_lacks(L, lua_toboolean(L, lua_upvalueindex(2)));
	field = (enum field)lua_tointeger(L, -1);
	push_field(L, s, field);
	return 1;
}

static int
object_newindex(lua_State *L)
{
	return luaL_error(L, "an event cannot be changed");
}

static void
open_object(lua_State *L, const char *kind, const struct field_name *fields, bool user)
{
	luaL_newmetatable(L, kind);
	lua_newtable(L);
	for (; fields->name != NULL; fields++) {
		lua_pushinteger(L, fields->field);
		lua_setfield(L, -2, fields->name);
	}
	lua_pushboolean(L, user);
	lua_pushcclosure(L, object_index, 2);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, object_newindex);
	lua_setfield(L, -2, "__newindex");
	lua_pop(L, 1);
}

void
bind_open_event(lua_State *L)
{
	open_object(L, kind_event, event_fields, false);
	open_object(L, kind_user, user_fields, true);
}
