/* rule "name" { … } and test "name" { … }. */
#include <stdio.h>

#include "rules/pack_lua.h"

static uint32_t
action_of(lua_State *L, int index)
{
	const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "?";

	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (strcmp(name, wh_judge_action_name(i)) == 0)
			return UINT32_C(1) << i;
	luaL_error(L, "act: there is no action '%s'%s", name, bind_near(L, name, wh_judge_action_name, WH_ACTIONS));
	return 0;
}

static int64_t
act_time(lua_State *L, int table, const char *field)
{
	int64_t ms = 0;
	char what[48];

	snprintf(what, sizeof what, "act: %s", field);
	if (lua_getfield(L, table, field) != LUA_TNIL)
		ms = bind_duration(L, -1, what);
	lua_pop(L, 1);
	return ms;
}

static void
act_ladder(lua_State *L, int table, struct pack_act *out)
{
	if (lua_getfield(L, table, "ladder") == LUA_TTABLE) {
		out->n_ladder = 0;
		for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
			if (out->n_ladder == PACK_LADDER)
				luaL_error(L, "act: a ladder has %d steps at most", PACK_LADDER);
			out->ladder[out->n_ladder++] = bind_duration(L, -1, "act: ladder");
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
		out->forget_ms = act_time(L, table, "forget");
		if (out->n_ladder == 0 || out->forget_ms == 0)
			luaL_error(L, "act: a ladder needs steps, and forget = \"…\"");
	}
	lua_pop(L, 1);
}

static void
act_scope(lua_State *L, int table, struct pack_act *out)
{
	static const char *const names[] = { "account", "network", "both" };

	out->scope = WH_SCOPE_ACCOUNT;
	if (lua_getfield(L, table, "scope") != LUA_TNIL) {
		out->scope = 0;
		for (uint32_t i = 0; i < 3; i++)
			if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), names[i]) == 0)
				out->scope = i + 1;
		if (out->scope == 0)
			luaL_error(L, "act: scope is to be \"account\", \"network\" or \"both\"");
	}
	lua_pop(L, 1);
}

void
bind_act(lua_State *L, int index, struct pack_act *out)
{
	static const char *const known[] = { "reason", "text", "time", "ladder", "forget", "sweep", "scope", NULL };

	index = lua_absindex(L, index);
	if (lua_type(L, index) == LUA_TSTRING) {
		out->actions = action_of(L, index);
		out->scope = out->scope != 0 ? out->scope : WH_SCOPE_ACCOUNT;
		return;
	}
	if (!lua_istable(L, index))
		luaL_error(L, "act is to be { \"hold\", reason = \"…\" }");
	wh_script_take(L, 50);
	bind_known(L, index, known, true, "act");
	out->actions = 0;
	for (lua_Integer i = 1; lua_rawgeti(L, index, i) != LUA_TNIL; i++) {
		out->actions |= action_of(L, -1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	if (out->actions == 0)
		luaL_error(L, "act names no action");
	if (lua_getfield(L, index, "reason") != LUA_TNIL)
		bind_name(L, -1, out->reason, sizeof out->reason, "act: reason", true);
	if (lua_getfield(L, index, "text") != LUA_TNIL)
		bind_name(L, -1, out->text, sizeof out->text, "act: text", false);
	lua_pop(L, 2);
	out->time_ms = act_time(L, index, "time");
	out->sweep_ms = act_time(L, index, "sweep");
	act_ladder(L, index, out);
	act_scope(L, index, out);
}

/* Calls `take` for a text, or for each of an array of texts. */
static void
each_word(lua_State *L, const char *what, struct pack_rule *r, void (*take)(lua_State *L, struct pack_rule *r))
{
	if (lua_type(L, -1) == LUA_TSTRING) {
		take(L, r);
		return;
	}
	if (!lua_istable(L, -1))
		luaL_error(L, "rule '%s': %s is to be a text, or an array of texts", r->name, what);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "rule '%s': %s is to be a text, or an array of texts", r->name, what);
		take(L, r);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static void
take_on(lua_State *L, struct pack_rule *r)
{
	const char *name = lua_tostring(L, -1);
	int on = pack_on(wh_str(name));

	if (on >= 0)
		r->on |= UINT32_C(1) << on;
	else
		luaL_error(L, "rule '%s': there is no event '%s'%s", r->name, name, bind_near(L, name, pack_on_name, WH_JUDGE_ON_N));
}

static void
take_exempt(lua_State *L, struct pack_rule *r)
{
	const char *word = lua_tostring(L, -1);

	if (strcmp(word, "known") == 0) {
		r->exempt_known = true;
	} else if (strcmp(word, "trusted") == 0) {
		r->exempt_trusted = true;
	} else if (strcmp(word, "bots") == 0) {
		r->exempt_bots = true;
	} else {
		if (r->n_exempt == PACK_WORDS)
			luaL_error(L, "rule '%s': exempt names %d roles at most", r->name, PACK_WORDS);
		bind_name(L, -1, r->exempt[r->n_exempt++], PACK_NAME, "exempt", true);
	}
}

static void
take_room(lua_State *L, struct pack_rule *r)
{
	if (r->n_rooms == PACK_WORDS)
		luaL_error(L, "rule '%s': rooms names %d rooms at most", r->name, PACK_WORDS);
	bind_name(L, -1, r->rooms[r->n_rooms++], PACK_NAME, "rooms", false);
}

static void
read_rule(lua_State *L, struct pack_rule *r)
{
	static const char *const known[] = { "on", "exempt", "rooms", "when", "act", "fail", "help", NULL };
	char what[PACK_NAME + 8];

	snprintf(what, sizeof what, "rule '%.60s'", r->name);
	bind_known(L, 1, known, false, what);
	if (lua_getfield(L, 1, "on") != LUA_TNIL)
		each_word(L, "on", r, take_on);
	else
		r->on = 1 << WH_JUDGE_ON_SAID;
	if (lua_getfield(L, 1, "exempt") != LUA_TNIL)
		each_word(L, "exempt", r, take_exempt);
	if (lua_getfield(L, 1, "rooms") != LUA_TNIL)
		each_word(L, "rooms", r, take_room);
	if (lua_getfield(L, 1, "fail") != LUA_TNIL) {
		const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";

		if (strcmp(word, "open") != 0 && strcmp(word, "closed") != 0)
			luaL_error(L, "%s: fail is to be \"open\" or \"closed\"", what);
		r->closed = strcmp(word, "closed") == 0;
	}
	if (lua_getfield(L, 1, "act") == LUA_TNIL)
		luaL_error(L, "%s: act is missing", what);
	bind_act(L, -1, &r->act);
	if (r->act.reason[0] == '\0')
		snprintf(r->act.reason, sizeof r->act.reason, "%s", r->name);
}

static int
declare_rule(lua_State *L)
{
	struct pack *p = pack_of(L);
	struct pack_rule *r = NULL, fresh = { .most = PACK_LIVE };

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	if (!p->loading || !p->declared)
		return luaL_error(L, "rules stand in pack.lua, behind pack { … }");
	lua_pushvalue(L, lua_upvalueindex(1));
	bind_name(L, -1, fresh.name, sizeof fresh.name, "the name of a rule", true);
	for (size_t i = 0; i < p->n_rules; i++)
		if (strcmp(p->rules[i].name, fresh.name) == 0)
			r = &p->rules[i];
	if (r != NULL && !p->reviving)
		return luaL_error(L, "rule '%s' is there twice", fresh.name);
	if (r == NULL) {
		if (p->n_rules == PACK_RULES)
			return luaL_error(L, "a pack has %d rules at most", PACK_RULES);
		read_rule(L, &fresh);
		r = &p->rules[p->n_rules++];
		*r = fresh;
	}
	if (lua_getfield(L, 1, "when") != LUA_TFUNCTION)
		return luaL_error(L, "rule '%s': when = function(m) … end is missing", fresh.name);
	r->when = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static int
declare_test(lua_State *L)
{
	struct pack *p = pack_of(L);
	struct pack_test *t = &p->tests[p->n_tests];

	luaL_checktype(L, 1, LUA_TTABLE);
	if (p->reviving)
		return 0;
	if (!p->loading || !p->declared)
		return luaL_error(L, "tests stand in pack.lua or tests.lua, behind pack { … }");
	if (p->n_tests == PACK_TESTS)
		return luaL_error(L, "a pack has %d tests at most", PACK_TESTS);
	lua_pushvalue(L, lua_upvalueindex(1));
	bind_name(L, -1, t->name, sizeof t->name, "the name of a test", false);
	wh_buf_reset(&t->steps);
	wh_buf_str(&t->steps, wh_script_table_json(L, 1));
	if (t->steps.failed || t->steps.n < 3 || t->steps.p[0] != '[')
		return luaL_error(L, "test '%s' is to be an array of steps", t->name);
	p->n_tests++;
	return 0;
}

/* rule "name" gives a function that waits for the table. */
static int
named(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TSTRING);
	lua_settop(L, 1);
	lua_pushcclosure(L, lua_tocfunction(L, lua_upvalueindex(1)), 1);
	return 1;
}

void
bind_open_rules(lua_State *L)
{
	lua_pushcfunction(L, declare_rule);
	lua_pushcclosure(L, named, 1);
	lua_setglobal(L, "rule");
	lua_pushcfunction(L, declare_test);
	lua_pushcclosure(L, named, 1);
	lua_setglobal(L, "test");
}
