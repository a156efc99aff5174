/* What the files of this folder share, and nobody else includes: the state behind struct wh_script.
 * A function that is given a lua_State may raise: it is called from inside a protected call only, and owns nothing that
 * must be freed. */
#ifndef WHIPLY_SCRIPT_STATE_H
#define WHIPLY_SCRIPT_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/json.h"
#include "script/meter.h"
#include "script/script.h"

struct wh_script {
	lua_State *L;
	void *owner;		/* whoever made it likes to find it by the state */
	struct wh_script_limits limits;		/* with the defaults filled in */
	const struct wh_script_module *modules;	/* borrowed; NULL: none */
	struct wh_meter meter;
	struct wh_script_stats stats;
	size_t bytes_left;	/* of this call */
	bool running;		/* a call is on the stack */
	bool spent;
	struct wh_buf error;
	struct wh_buf out;	/* JSON of tables, going out */
	struct wh_buf scratch;	/* strings of JSON, coming in */
	struct wh_buf keys;	/* struct wh_str: keys being sorted */
	int ref_array;		/* the metatable that marks an array */
	int ref_metas;		/* recent metatables of the script, and our copies */
	int n_metas;
	int ref_loaded;		/* what `require` has loaded */
	uint64_t fail_at;	/* for tests: refuse the allocation that counts this down to 0; 0: none */
};

/** Every coroutine begins with what stands in the extra space of the state's first. */
static inline struct wh_script *
script_of(lua_State *L)
{
	struct wh_script *s;

	memcpy(&s, lua_getextraspace(L), sizeof s);
	return s;
}

/* script.c */
/** Takes steps; raises when there are none left. */
void script_take(lua_State *L, uint64_t steps);
/** Raises the error that no pcall keeps. */
int script_over(lua_State *L);
/** Compiles text and leaves the function, or raises. */
void script_compile(lua_State *L, const char *name, struct wh_str text);

/* script_alloc.c */
void *script_alloc(void *self, void *block, size_t old, size_t wanted);

/* script_error.c */
void script_say(struct wh_script *s, const char *text);
void script_say_where(struct wh_script *s, lua_State *L);
int script_message(lua_State *L);

/* script_env.c */
int script_env_main(lua_State *L);
/** Wraps a function of Lua's own that reads its strings once: takes a step for each 8 bytes of them. */
void script_push_charged(lua_State *L, lua_CFunction fn);
/** Leaves the text of the value at `index` on the stack, without addresses. */
void script_tostring(lua_State *L, int index);

/* script_meta.c */
int script_setmetatable(lua_State *L);
int script_getmetatable(lua_State *L);

/* script_string.c, script_match.c, script_table.c: each leaves its library on the stack. */
void script_open_string(lua_State *L);
void script_open_table(lua_State *L);
int script_find(lua_State *L);
int script_match(lua_State *L);
int script_gmatch(lua_State *L);
int script_gsub(lua_State *L);

/* script_value.c */
/** Pushes a value, or raises. */
void script_push(lua_State *L, const struct wh_script_value *v);
/** Reads values from the stack; texts borrow from it and from `out`, which is emptied first. Raises. */
void script_pull(lua_State *L, int first, size_t n, struct wh_script_value *values_out);

/* script_json.c */
void script_push_json(lua_State *L, const struct wh_value *v);
/** Appends the table at `index` to `out` as JSON; raises when it cannot be written. */
void script_pull_json(lua_State *L, int index);

#endif
