/* What the files that give Lua its functions share. Functions here may raise. */
#ifndef WHIPLY_RULES_PACK_LUA_H
#define WHIPLY_RULES_PACK_LUA_H

#include "rules/pack.h"
#include "script/script_lua.h"

/* The kinds of objects that are ours. A kind is told by where its name stands, which is also the name of its metatable in the registry. */
extern const char kind_list[], kind_window[], kind_event[], kind_user[], kind_stats[];

static inline struct pack *
pack_of(lua_State *L)
{
	return wh_script_owner(L);
}

/** The scene, or an error when nothing is judged. */
struct scene *bind_scene(lua_State *L);

struct wh_str bind_str(lua_State *L, int arg);
void bind_push(lua_State *L, struct wh_str s);

/** Milliseconds of a number or of a text such as "10m"; `what` is for the error. */
int64_t bind_duration(lua_State *L, int index, const char *what);

/** Copies a text into a field, or raises: empty, too long, or not text. `plain`: letters, digits, "-", "_" and "." only. */
void bind_name(lua_State *L, int index, char *to, size_t size, const char *what, bool plain);

/** "; did you mean 'x'?" for a word that is none of the names, or "". It stands on the stack. */
const char *bind_near(lua_State *L, const char *word, const char *(*name)(unsigned i), unsigned n);

/** Raises unless each key of the table at `index` is in the list, or (`array`) is a place in an array. */
void bind_known(lua_State *L, int index, const char *const *known, bool array, const char *what);

/** Pushes an object that is a pointer to something of ours. */
void bind_object(lua_State *L, const char *kind, void *thing);
void *bind_thing(lua_State *L, int arg, const char *kind);

void bind_open_manifest(lua_State *L);	/* pack_manifest.c: pack, list */
void bind_open_rules(lua_State *L);	/* pack_rule.c: rule, test */
void bind_open_event(lua_State *L);	/* bind_event.c */
void bind_open_text(lua_State *L);	/* bind_text.c: text, links */
void bind_open_memory(lua_State *L);	/* bind_memory.c: window, kv, score */

/** Reads an act: a name, or a table. */
void bind_act(lua_State *L, int index, struct pack_act *out);

/** Pushes an array of links as tables. */
void bind_push_links(lua_State *L, const struct links *links);

#endif
