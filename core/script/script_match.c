/* find, match, gmatch and gsub over our own matcher. A compiled pattern lives in a userdata on the stack, so that a
 * raised error leaves nothing behind. */
#include "script/pattern.h"
#include "script/script_state.h"

static struct wh_str
check_str(lua_State *L, int arg)
{
	struct wh_str s;

	s.p = luaL_checklstring(L, arg, &s.n);
	return s;
}

/* Leaves the compiled pattern on the stack. */
static struct wh_pattern *
push_pattern(lua_State *L, struct wh_str text, bool anchors)
{
	struct wh_pattern *p;
	const char *error;

	script_take(L, 5 + text.n);
	p = wh_pattern_compile(lua_newuserdatauv(L, wh_pattern_size(text), 0), text, anchors, &error);
	if (p == NULL)
		luaL_error(L, "%s", error);
	return p;
}

static bool
found(lua_State *L, enum wh_match match)
{
	if (match == WH_MATCH_OVER)
		script_over(L);
	return match == WH_MATCH_FOUND;
}

static void
push_capture(lua_State *L, struct wh_str text, const struct wh_capture *c)
{
	if (c->n == WH_CAPTURE_PLACE)
		lua_pushinteger(L, (lua_Integer)c->from + 1);
	else
		lua_pushlstring(L, text.p + c->from, c->n);
}

/* Pushes the captures, or the whole match when there are none and `whole` is set. */
static int
push_captures(lua_State *L, const struct wh_pattern *p, struct wh_str text, const struct wh_match_at *m, bool whole)
{
	unsigned n = wh_pattern_captures(p);

	if (n == 0 && whole) {
		lua_pushlstring(L, text.p + m->from, m->to - m->from);
		return 1;
	}
	luaL_checkstack(L, (int)n + 1, "too many captures");
	script_take(L, n);
	for (unsigned i = 0; i < n; i++)
		push_capture(L, text, &m->captures[i]);
	return (int)n;
}

/* The offset that an `init` argument means; past the end of the text: text.n + 1. */
static size_t
first_offset(lua_State *L, int arg, struct wh_str text)
{
	lua_Integer at = luaL_optinteger(L, arg, 1);

	if (at > 0)
		return (lua_Unsigned)at - 1 > text.n ? text.n + 1 : (size_t)at - 1;
	if (at == 0 || at < -(lua_Integer)text.n)
		return 0;
	return text.n - (size_t)-at;
}

static int
find_plain(lua_State *L, struct wh_str text, struct wh_str what, size_t at)
{
	const char *p;

	script_take(L, 2 + (text.n - at + what.n) / 8);
	p = memmem(text.p + at, text.n - at, what.p, what.n);
	if (p == NULL) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, p - text.p + 1);
	lua_pushinteger(L, p - text.p + (lua_Integer)what.n);
	return 2;
}

static int
find_or_match(lua_State *L, bool find)
{
	struct wh_str text = check_str(L, 1), pattern = check_str(L, 2);
	size_t at = first_offset(L, 3, text);
	struct wh_match_at m;
	struct wh_pattern *p;

	if (at > text.n) {
		script_take(L, 1);
		lua_pushnil(L);
		return 1;
	}
	if (find && (lua_toboolean(L, 4) || (pattern.n <= WH_PATTERN_BYTES && !wh_pattern_special(pattern))))
		return find_plain(L, text, pattern, at);
	p = push_pattern(L, pattern, true);
	if (!found(L, wh_pattern_find(p, text, at, &script_of(L)->meter, &m))) {
		lua_pushnil(L);
		return 1;
	}
	if (!find)
		return push_captures(L, p, text, &m, true);
	lua_pushinteger(L, (lua_Integer)m.from + 1);
	lua_pushinteger(L, (lua_Integer)m.to);
	return 2 + push_captures(L, p, text, &m, false);
}

int
script_find(lua_State *L)
{
	return find_or_match(L, true);
}

int
script_match(lua_State *L)
{
	return find_or_match(L, false);
}

/* The next match at or after `at` that does not end where the last one did: an empty match does not follow a match. */
static bool
next_match(lua_State *L, struct wh_pattern *p, struct wh_str text, size_t at, size_t last, struct wh_match_at *m)
{
	struct wh_meter *meter = &script_of(L)->meter;

	while (at <= text.n) {
		if (!found(L, wh_pattern_find(p, text, at, meter, m)))
			return false;
		if (m->to != last)
			return true;
		if (wh_pattern_anchored(p))
			return false;
		at = m->from + 1;
	}
	return false;
}

/* Upvalues: the text, the compiled pattern, where to go on, where the last match ended. */
static int
gmatch_next(lua_State *L)
{
	struct wh_str text;
	struct wh_pattern *p = lua_touserdata(L, lua_upvalueindex(2));
	size_t at = (size_t)lua_tointeger(L, lua_upvalueindex(3)), last = (size_t)lua_tointeger(L, lua_upvalueindex(4));
	struct wh_match_at m;

	text.p = lua_tolstring(L, lua_upvalueindex(1), &text.n);
	if (!next_match(L, p, text, at, last, &m)) {
		lua_pushinteger(L, (lua_Integer)text.n + 1);
		lua_replace(L, lua_upvalueindex(3));
		return 0;
	}
	lua_pushinteger(L, (lua_Integer)m.to);
	lua_pushvalue(L, -1);
	lua_replace(L, lua_upvalueindex(3));
	lua_replace(L, lua_upvalueindex(4));
	return push_captures(L, p, text, &m, true);
}

int
script_gmatch(lua_State *L)
{
	struct wh_str text = check_str(L, 1), pattern = check_str(L, 2);
	size_t at = first_offset(L, 3, text);

	lua_settop(L, 2);
	(void)push_pattern(L, pattern, false);
	lua_replace(L, 2);
	lua_pushinteger(L, (lua_Integer)at);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, gmatch_next, 4);
	return 1;
}

struct gsub {
	struct wh_str text, with;
	int kind;		/* of the replacement, argument 3 */
	struct wh_pattern *p;
	struct wh_match_at m;
	luaL_Buffer b;
};

static void
add_slice(lua_State *L, luaL_Buffer *b, const char *p, size_t n)
{
	script_take(L, n / 8);
	luaL_addlstring(b, p, n);
}

static struct wh_str
capture_text(lua_State *L, const struct gsub *g, unsigned index)
{
	const struct wh_capture *c;

	/* %0 is the whole match, and so is %1 when there are no captures. */
	if (index == 0 || (index == 1 && wh_pattern_captures(g->p) == 0))
		return (struct wh_str){ g->text.p + g->m.from, g->m.to - g->m.from };
	if (index > wh_pattern_captures(g->p))
		luaL_error(L, "invalid capture index %%%d in replacement string", (int)index);
	c = &g->m.captures[index - 1];
	return (struct wh_str){ g->text.p + c->from, c->n };
}

static void
add_text(lua_State *L, struct gsub *g)
{
	const char *at = g->with.p, *end = at + g->with.n, *sign;
	struct wh_str s;

	while ((sign = memchr(at, '%', (size_t)(end - at))) != NULL) {
		add_slice(L, &g->b, at, (size_t)(sign - at));
		at = sign + 2;
		script_take(L, 1);
		if (sign[1] == '%') {
			luaL_addchar(&g->b, '%');
		} else if (sign[1] >= '0' && sign[1] <= '9') {
			s = capture_text(L, g, (unsigned)(sign[1] - '0'));
			if (s.n == WH_CAPTURE_PLACE) {
				lua_pushinteger(L, s.p - g->text.p + 1);
				luaL_addvalue(&g->b);
			} else {
				add_slice(L, &g->b, s.p, s.n);
			}
		} else {
			luaL_error(L, "invalid use of '%%' in replacement string");
		}
	}
	add_slice(L, &g->b, at, (size_t)(end - at));
}

/* Adds what a table or a function says of the match; nil and false leave it as it is. */
static void
add_answer(lua_State *L, struct gsub *g)
{
	if (g->kind == LUA_TFUNCTION) {
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(L, g->p, g->text, &g->m, true), 1);
	} else {
		if (wh_pattern_captures(g->p) == 0)
			lua_pushlstring(L, g->text.p + g->m.from, g->m.to - g->m.from);
		else
			push_capture(L, g->text, &g->m.captures[0]);
		lua_gettable(L, 3);
	}
	if (!lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		add_slice(L, &g->b, g->text.p + g->m.from, g->m.to - g->m.from);
	} else if (lua_isstring(L, -1)) {
		script_take(L, lua_type(L, -1) == LUA_TSTRING ? lua_rawlen(L, -1) / 8 : 4);
		luaL_addvalue(&g->b);
	} else {
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	}
}

int
script_gsub(lua_State *L)
{
	struct gsub g = { .text = check_str(L, 1), .kind = lua_type(L, 3) };
	struct wh_str pattern = check_str(L, 2);
	lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)g.text.n + 1), n = 0;
	size_t done = 0, last = SIZE_MAX;

	luaL_argexpected(L, g.kind == LUA_TNUMBER || g.kind == LUA_TSTRING || g.kind == LUA_TFUNCTION || g.kind == LUA_TTABLE,
		3, "string/function/table");
	if (g.kind == LUA_TNUMBER || g.kind == LUA_TSTRING)
		g.with = check_str(L, 3);
	lua_settop(L, 3);
	g.p = push_pattern(L, pattern, true);
	luaL_buffinit(L, &g.b);
	while (n < most && next_match(L, g.p, g.text, done, last, &g.m)) {
		n++;
		add_slice(L, &g.b, g.text.p + done, g.m.from - done);
		if (g.with.p != NULL)
			add_text(L, &g);
		else
			add_answer(L, &g);
		done = last = g.m.to;
		if (wh_pattern_anchored(g.p))
			break;
	}
	add_slice(L, &g.b, g.text.p + done, g.text.n - done);
	luaL_pushresult(&g.b);
	lua_pushinteger(L, n);
	return 2;
}
