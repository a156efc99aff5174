/* For a host in C that gives scripts objects of its own: the rules program, whose contexts are read field by field and
 * would cost too much as JSON. Everything here keeps the rules of script.h: what loops takes steps, what can raise is called from inside
 * wh_script_run or from a function that a script called, and owns nothing that must be freed. */
#ifndef WHIPLY_SCRIPT_SCRIPT_LUA_H
#define WHIPLY_SCRIPT_SCRIPT_LUA_H

#include <lauxlib.h>
#include <lua.h>

#include "script/meter.h"
#include "script/script.h"

/** Runs `fn` with an empty stack as one call of its own: budget, error text and traceback are those of wh_script_call. `began_ns`: the
 * monotonic time, where the caller has just looked; 0: it is looked at. */
enum wh_err wh_script_run(struct wh_script *s, int64_t began_ns, void (*fn)(lua_State *L, void *self), void *self);

/** Compiles a text and leaves its function on the stack, or raises. */
void wh_script_compile(lua_State *L, const char *name, struct wh_str text);

/** Takes steps; raises the error that no pcall keeps when there are none left. */
void wh_script_take(lua_State *L, uint64_t steps);

/** What is left of the call, for code that takes from it while it loops and raises afterwards with wh_script_take. */
struct wh_meter *wh_script_meter(lua_State *L);

/** What the next calls may cost; a 0 leaves that bound as it is. */
void wh_script_budget(struct wh_script *s, uint64_t steps, size_t bytes, int64_t time_ns);

/** The host's own pointer, which every function finds again. */
void wh_script_set_owner(struct wh_script *s, void *owner);
void *wh_script_owner(lua_State *L);

/** The table at `index` as JSON; good until the next call of this. Raises when it cannot be written. */
struct wh_str wh_script_table_json(lua_State *L, int index);

/** Pushes a value that was read from JSON. */
void wh_script_push_value(lua_State *L, const struct wh_value *v);

#endif
