/* A state's life and its calls. Everything that can raise runs inside one protected call, begun in script_run: there
 * the budget begins, and there an error becomes an enum wh_err and a text. */
#include <assert.h>
#include <stdlib.h>

#include "base/random.h"
#include "script/script_lua.h"
#include "script/script_state.h"

static void
script_hook(lua_State *L, lua_Debug *frame)
{
	struct wh_script *s = script_of(L);

	(void)frame;
	s->stats.instructions += WH_SCRIPT_GRAIN;
	if (!wh_meter_take(&s->meter, WH_SCRIPT_GRAIN) || !wh_meter_look(&s->meter))
		script_over(L);
}

static const char *
over_text(enum wh_meter_over over)
{
	switch (over) {
	case WH_METER_STEPS:
		return "over budget: too many steps";
	case WH_METER_BYTES:
		return "over budget: too many bytes allocated";
	case WH_METER_TIME:
		return "over budget: too much time";
	case WH_METER_GOOD:
		break;
	}
	return "over budget";
}

/* From here on each instruction fires the hook, so that neither a handler nor a closing variable gets anywhere. */
int
script_over(lua_State *L)
{
	struct wh_script *s = script_of(L);

	if (!s->spent) {
		s->spent = true;
		lua_sethook(L, script_hook, LUA_MASKCOUNT, 1);
		wh_buf_reset(&s->error);
		script_say(s, over_text(s->meter.over));
		script_say_where(s, L);
	}
	/* Takes no memory. No script ever sees it. */
	lua_pushlightuserdata(L, s);
	return lua_error(L);
}

void
script_take(lua_State *L, uint64_t steps)
{
	if (!wh_meter_take(&script_of(L)->meter, steps))
		script_over(L);
}

static void
limits_fill(struct wh_script_limits *l)
{
	l->memory = l->memory != 0 ? l->memory : 8 << 20;
	l->block = l->block != 0 ? l->block : 256 << 10;
	l->steps = l->steps != 0 ? l->steps : 1000000;
	l->bytes = l->bytes != 0 ? l->bytes : 64 << 20;
	l->time_ns = l->time_ns != 0 ? l->time_ns : 100 * WH_NS_PER_MS;
	l->source = l->source != 0 ? l->source : 256 << 10;
	l->json = l->json != 0 ? l->json : 256 << 10;
	l->error = l->error != 0 ? l->error : 4096;
	while (l->seed == 0)
		l->seed = wh_random_u64();
}

static void
script_begin(struct wh_script *s, int64_t began_ns)
{
	s->running = true;
	s->stats.instructions = 0;
	s->stats.bytes = 0;
	s->stats.time_ns = began_ns != 0 ? began_ns : wh_clock_mono_ns(s->limits.clock);
	s->bytes_left = s->limits.bytes;
	s->meter = (struct wh_meter){ .left = s->limits.steps, .limit_ns = s->limits.time_ns, .clock = s->limits.clock };
	wh_buf_reset(&s->error);
	lua_sethook(s->L, script_hook, LUA_MASKCOUNT, WH_SCRIPT_GRAIN);
}

/* A job of one protected call. */
struct job {
	void (*run)(lua_State *L, struct job *job);	/* its results stay on the stack */
	enum wh_err err;	/* set before raising, where WH_EINVAL says too little */
	const char *name;
	struct wh_str text;
	int ref;
	const struct wh_script_value *args;
	struct wh_script_value *results;
	size_t n_args, n_results;
	struct wh_script_host *host;
	const struct wh_script_fn *rows;
	void (*own)(lua_State *L, void *self);
	void *self;
	int64_t began_ns;	/* 0: not known */
};

static int
job_run(lua_State *L)
{
	struct job *job = lua_touserdata(L, 1);

	lua_settop(L, 0);
	luaL_checkstack(L, 2 * WH_SCRIPT_ARGS + 8, NULL);
	job->run(L, job);
	return lua_gettop(L);
}

static enum wh_err
script_failed(struct wh_script *s, int status, const struct job *job)
{
	s->stats.failed++;
	if (s->meter.over != WH_METER_GOOD) {
		s->spent = true;
		if (s->error.n == 0)
			script_say(s, over_text(s->meter.over));
		return WH_ETIME;
	}
	if (status == LUA_ERRMEM) {
		wh_buf_reset(&s->error);
		script_say(s, "not enough memory");
		return WH_ENOMEM;
	}
	if (s->error.n == 0)
		script_say(s, "an error while handling an error");
	return job->err != WH_OK ? job->err : WH_EINVAL;
}

/* The results of the last run stay on the stack until here, as they may be borrowed. */
static enum wh_err
script_run(struct wh_script *s, struct job *job)
{
	lua_State *L = s->L;
	int status;

	if (s->spent || s->running) {
		if (!s->running) {
			wh_buf_reset(&s->error);
			script_say(s, "the state is spent");
		}
		return WH_ESTATE;
	}
	lua_settop(L, 0);
	script_begin(s, job->began_ns);
	lua_pushcfunction(L, script_message);
	lua_pushcfunction(L, job_run);
	lua_pushlightuserdata(L, job);
	status = lua_pcall(L, 1, LUA_MULTRET, 1);
	s->running = false;
	s->stats.calls++;
	s->stats.steps = s->limits.steps - s->meter.left;
	/* Of a long call the time on a processor, from its first look at the clock on. */
	s->stats.ended_ns = wh_clock_mono_ns(s->limits.clock);
	s->stats.time_ns = s->meter.looked ? wh_clock_cpu_ns(s->limits.clock) - s->meter.began_ns : s->stats.ended_ns - s->stats.time_ns;
	return status == LUA_OK && s->meter.over == WH_METER_GOOD ? WH_OK : script_failed(s, status, job);
}

struct wh_script *
wh_script_new(const struct wh_script_limits *limits, const struct wh_script_module *modules)
{
	struct wh_script *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	if (limits != NULL)
		s->limits = *limits;
	limits_fill(&s->limits);
	s->modules = modules;
	s->bytes_left = SIZE_MAX;
	s->meter = (struct wh_meter){ .left = UINT64_MAX, .limit_ns = INT64_MAX };
	s->error.max = s->limits.error + 1;
	if (wh_buf_reserve(&s->error, s->error.max) == NULL)
		goto fail;
	s->out.max = s->scratch.max = s->limits.json;
	s->L = lua_newstate(script_alloc, s);
	if (s->L == NULL)
		goto fail;
	memcpy(lua_getextraspace(s->L), &s, sizeof s);
	lua_pushcfunction(s->L, script_env_main);
	if (lua_pcall(s->L, 0, 0, 0) != LUA_OK)
		goto fail;
	return s;
fail:
	wh_script_free(&s);
	return NULL;
}

void
wh_script_free(struct wh_script **script)
{
	struct wh_script *s = *script;

	*script = NULL;
	if (s == NULL)
		return;
	assert(!s->running);
	if (s->L != NULL)
		lua_close(s->L);
	assert(s->stats.memory == 0 && s->stats.blocks == 0);
	wh_buf_free(&s->error);
	wh_buf_free(&s->out);
	wh_buf_free(&s->scratch);
	wh_buf_free(&s->keys);
	free(s);
}

struct reading {
	struct wh_script *s;
	struct wh_str rest;
};

/* The parser is fed in small pieces, as labels and gotos cost it more than their length. */
static const char *
source_read(lua_State *L, void *self, size_t *n_out)
{
	enum { PIECE = 512 };
	struct reading *in = self;
	const char *p = in->rest.p;

	*n_out = in->rest.n < PIECE ? in->rest.n : PIECE;
	in->rest = wh_str_from(in->rest, *n_out);
	if (!wh_meter_take(&in->s->meter, *n_out) || !wh_meter_look(&in->s->meter))
		script_over(L);
	return p;
}

void
script_compile(lua_State *L, const char *name, struct wh_str text)
{
	struct wh_script *s = script_of(L);
	struct reading in = { s, text };

	if (text.n > s->limits.source)
		luaL_error(L, "%s: the source is too long", name);
	lua_pushfstring(L, "=%s", name);
	if (lua_load(L, source_read, &in, lua_tostring(L, -1), "t") != LUA_OK) {
		if (s->meter.over != WH_METER_GOOD)
			script_over(L);
		lua_error(L);
	}
	lua_remove(L, -2);
}

static void
job_load(lua_State *L, struct job *job)
{
	job->err = job->text.n > script_of(L)->limits.source ? WH_ETOOBIG : WH_ESYNTAX;
	script_compile(L, job->name, job->text);
	job->err = WH_OK;
	lua_call(L, 0, 0);
}

enum wh_err
wh_script_load(struct wh_script *s, const char *name, struct wh_str text)
{
	return script_run(s, &(struct job){ .run = job_load, .name = name, .text = text });
}

/* Leaves the function of a dotted name on the stack. No metamethod of the script runs. */
static void
push_function(lua_State *L, struct job *job)
{
	const char *at = job->name, *dot;

	lua_pushglobaltable(L);
	do {
		dot = strchr(at, '.');
		lua_pushlstring(L, at, dot != NULL ? (size_t)(dot - at) : strlen(at));
		if (lua_istable(L, -2))
			lua_rawget(L, -2);
		else
			lua_pushnil(L);
		lua_replace(L, 1);
		lua_settop(L, 1);
		at = dot != NULL ? dot + 1 : at;
	} while (dot != NULL);
	if (!lua_isfunction(L, 1)) {
		job->err = WH_ENOENT;
		luaL_error(L, "there is no function '%s'", job->name);
	}
}

static void
job_find(lua_State *L, struct job *job)
{
	push_function(L, job);
	job->ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

enum wh_err
wh_script_find(struct wh_script *s, const char *name, int *ref_out)
{
	struct job job = { .run = job_find, .name = name };
	enum wh_err err = script_run(s, &job);

	*ref_out = err == WH_OK ? job.ref : LUA_NOREF;
	return err;
}

static void
job_call(lua_State *L, struct job *job)
{
	if (job->name != NULL)
		push_function(L, job);
	else
		lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
	for (size_t i = 0; i < job->n_args; i++)
		script_push(L, &job->args[i]);
	lua_call(L, (int)job->n_args, (int)job->n_results);
	script_pull(L, 1, job->n_results, job->results);
}

static enum wh_err
call(struct wh_script *s, struct job *job)
{
	enum wh_err err;

	assert(job->n_args <= WH_SCRIPT_ARGS && job->n_results <= WH_SCRIPT_ARGS);
	err = script_run(s, job);
	for (size_t i = 0; err != WH_OK && i < job->n_results; i++)
		job->results[i] = (struct wh_script_value){ .type = WH_SCRIPT_NIL };
	return err;
}

enum wh_err
wh_script_call(struct wh_script *s, const char *name, const struct wh_script_value *args, size_t n_args,
	struct wh_script_value *results_out, size_t n_results)
{
	return call(s, &(struct job){ .run = job_call, .name = name, .args = args, .n_args = n_args, .results = results_out,
	    .n_results = n_results });
}

enum wh_err
wh_script_call_ref(struct wh_script *s, int ref, const struct wh_script_value *args, size_t n_args,
	struct wh_script_value *results_out, size_t n_results)
{
	return call(s, &(struct job){ .run = job_call, .ref = ref, .args = args, .n_args = n_args, .results = results_out,
	    .n_results = n_results });
}

static int
host_call(lua_State *L)
{
	struct wh_script_host *host = lua_touserdata(L, lua_upvalueindex(1));
	const struct wh_script_fn *row = lua_touserdata(L, lua_upvalueindex(2));
	struct wh_script_value args[WH_SCRIPT_ARGS], result = { .type = WH_SCRIPT_NIL };
	int n = lua_gettop(L);

	script_take(L, 10);
	if (n > WH_SCRIPT_ARGS)
		return luaL_error(L, "%s.%s: too many arguments", host->name, row->name);
	luaL_checkstack(L, WH_SCRIPT_ARGS, NULL);
	script_pull(L, 1, (size_t)n, args);
	if (row->fn(host, args, (size_t)n, &result) == WH_OK) {
		script_push(L, &result);
		return 1;
	}
	if (result.type != WH_SCRIPT_STR)
		return luaL_error(L, "%s.%s failed", host->name, row->name);
	luaL_where(L, 1);
	lua_pushfstring(L, "%s.%s: ", host->name, row->name);
	script_push(L, &result);
	lua_concat(L, 3);
	return lua_error(L);
}

static void
job_register(lua_State *L, struct job *job)
{
	lua_newtable(L);
	for (const struct wh_script_fn *row = job->rows; row->name != NULL; row++) {
		lua_pushlightuserdata(L, job->host);
		lua_pushlightuserdata(L, (void *)(uintptr_t)row);
		lua_pushcclosure(L, host_call, 2);
		lua_setfield(L, 1, row->name);
	}
	lua_setglobal(L, job->host->name);
}

enum wh_err
wh_script_register(struct wh_script *s, struct wh_script_host *host, const struct wh_script_fn *rows)
{
	return script_run(s, &(struct job){ .run = job_register, .host = host, .rows = rows });
}

static void
job_own(lua_State *L, struct job *job)
{
	job->own(L, job->self);
}

enum wh_err
wh_script_run(struct wh_script *s, int64_t began_ns, void (*fn)(lua_State *L, void *self), void *self)
{
	return script_run(s, &(struct job){ .run = job_own, .own = fn, .self = self, .began_ns = began_ns });
}

const char *
wh_script_error(const struct wh_script *s)
{
	return s->error.n != 0 ? s->error.p : "";
}

bool
wh_script_spent(const struct wh_script *s)
{
	return s->spent;
}

struct wh_script_stats
wh_script_stats(const struct wh_script *s)
{
	return s->stats;
}
