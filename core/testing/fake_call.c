/* Commands of the fake host: the way of a call is the server's (known, may, not too often, arguments, hooks, run), and its
 * arguments are read by the very code that the server uses. Calls that are over stay, emptied, until wh_test_end. */
#include "testing/fake.h"

#include <stdlib.h>

enum { ASK_STEPS = 400 };	/* of FAKE_STEP_MS: how long wh_test_ask waits */

static struct fake_call *
call_of(struct wh_call *c, const char *function)
{
	struct fake_call *call = (struct fake_call *)(void *)c;

	fake_of(c->host);
	if (call->finished)
		fake_fault(call->p, "%s was given a call of %s that is over; hold its id and ask wh_call_find", function, call->row->name);
	return call;
}

static const struct wh_command *
command_named(const struct wh_command *row, struct wh_str name)
{
	while (row != NULL && row->name != NULL && !wh_str_is(name, row->name))
		row++;
	return row != NULL && row->name != NULL ? row : NULL;
}

const struct wh_command *
fake_command(struct wh_test *t, struct wh_str name, struct fake_plugin **p_out, void **self_out)
{
	const struct wh_command *row;

	WH_LIST_EACH(link, &t->plugins) {
		struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);

		row = p->open ? command_named(p->row->commands, name) : NULL;
		*p_out = p;
		*self_out = p->self;
		if (row != NULL)
			return row;
	}
	*p_out = t->tested;
	WH_LIST_EACH(link, &t->others) {
		const struct fake_others *o = WH_CONTAINER(link, struct fake_others, place);

		*self_out = o->self;
		row = command_named(o->commands, name);
		if (row != NULL)
			return row;
	}
	return NULL;
}

void
wh_test_other_commands(struct wh_test *t, const struct wh_command *rows, void *self)
{
	struct fake_others *o = fake_zero(sizeof *o);

	o->commands = rows;
	o->self = self;
	wh_list_add_last(&t->others, &o->place);
}

static void
call_empty(struct fake_call *c)
{
	wh_buf_free(&c->text);
	wh_buf_free(&c->scratch);
	wh_buf_free(&c->reply);
	wh_buf_free(&c->why);
}

/* Hands the outcome to whoever asked, once. */
static void
call_finish(struct fake_call *c, enum wh_err err)
{
	struct wh_test *t = c->t;
	struct wh_str why = wh_buf_slice(&c->why), json;

	if (err == WH_OK && c->err != WH_OK)
		err = c->err;
	if (err != WH_OK && c->err != err)
		why = (struct wh_str){ NULL, 0 };
	if (why.n == 0)
		why = wh_str(fake_err_text(err));
	if (err == WH_OK) {
		if (c->writer.depth == 1)
			wh_json_end(&c->writer);
		if (c->writer.depth != 0 || !wh_json_finish(&c->writer))
			fake_fault(c->p, "%s left its result unfinished: an object or array is not ended, or it is too deep", c->row->name);
	}
	json = wh_buf_slice(&c->reply);
	fake_timers_stop(t, c->timer);
	c->finished = true;
	if (c->row != NULL && (c->row->flags & WH_AUDIT) != 0)
		fake_tell_audit(t, c, err);
	if (c->answer != NULL) {
		fake_answer_set(t, c->answer, err, why, c->retry_ms);
		if (err == WH_OK)
			c->answer->json = fake_text(t, json);
		else
			c->answer->field = fake_text(t, wh_str(c->field));
	} else if (c->done != NULL && c->asker->open) {
		c->done(c->asker->self, c->session->id, c->cookie, err, err == WH_OK ? json : why);
	}
	call_empty(c);
}

static void
call_refuse(struct fake_call *c, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	c->err = err;
	c->retry_ms = retry_ms;
	wh_buf_reset(&c->why);
	wh_buf_str(&c->why, why);
	call_finish(c, err);
}

static void
call_timed_out(void *self, uint64_t cookie)
{
	(void)cookie;
	call_refuse(self, WH_ETIME, WH_STR("it took too long"), 0);
}

/* Everything that is looked at before the arguments. */
static bool
call_allowed(struct fake_call *c)
{
	struct wh_test *t = c->t;
	struct wh_session *s = c->session;
	int64_t retry_ms;

	if (!fake_may(t, s, wh_str(c->row->name), c->row->allow) || (c->row->flags & WH_LOCAL) != 0) {
		call_refuse(c, WH_EPERM, (struct wh_str){ NULL, 0 }, 0);
		return false;
	}
	if (fake_rate_take(t, s, c->row, c->row->rate, &retry_ms) != WH_OK) {
		call_refuse(c, WH_EFAST, (struct wh_str){ NULL, 0 }, retry_ms);
		return false;
	}
	return true;
}

static bool
call_arguments(struct fake_call *c)
{
	struct wh_value object = { .type = WH_V_NONE };
	struct wh_json_error bad;
	struct wh_args_error wrong;

	if (c->text.n != 0 && wh_json_read(&c->doc, wh_buf_slice(&c->text), NULL, &c->scratch, &object, &bad) != WH_OK) {
		call_refuse(c, WH_ESYNTAX, wh_str(bad.reason), 0);
		return false;
	}
	if (wh_args_read(&c->args, c->row->fields, &object, &wrong) != WH_OK) {
		memcpy(c->field, wrong.field, sizeof c->field);
		call_refuse(c, WH_EINVAL, wh_str(wrong.text), 0);
		return false;
	}
	return true;
}

static void
call_run(struct fake_call *c)
{
	struct wh_test *t = c->t;
	enum wh_err err;

	if (!call_allowed(c) || !call_arguments(c))
		return;
	if (fake_attempt(t, c) == WH_REFUSE) {
		call_refuse(c, t->refusal.err, wh_str(t->refusal.why), t->refusal.retry_ms);
		return;
	}
	wh_json_begin(&c->writer, &c->reply);
	wh_json_object(&c->writer, NULL);
	c->running = true;
	err = c->row->run(c->self, &c->public);
	c->running = false;
	if (err > 0)
		fake_fault(c->p, "%s returned %d; errors are negative", c->row->name, (int)err);
	if (c->finished) {
		if (err != WH_WAIT)
			fake_fault(c->p, "%s finished its call with wh_call_done and then returned another outcome than WH_WAIT", c->row->name);
		return;
	}
	if (err == WH_WAIT && !c->held)
		fake_fault(c->p, "%s returned WH_WAIT, but never called wh_call_hold", c->row->name);
	if (err != WH_WAIT && c->held)
		fake_fault(c->p, "%s held its call and did not return WH_WAIT", c->row->name);
	if (err != WH_WAIT)
		call_finish(c, err);
}

/* Gives the outcome of a call that cannot be one. */
static bool
call_begin(struct wh_test *t, struct fake_call *c, struct wh_session *s, struct wh_str name)
{
	static const struct wh_command nothing = { .name = "an unknown command" };

	c->t = t;
	c->session = s;
	c->row = fake_command(t, name, &c->p, &c->self);
	c->public = (struct wh_call){ &c->p->host, ++t->ids };
	wh_list_add_last(&t->calls, &c->place);
	if (c->row != NULL)
		return true;
	c->row = &nothing;
	call_refuse(c, WH_ENOENT, WH_STR("there is no such command"), 0);
	return false;
}

const struct wh_test_answer *
wh_test_call(struct wh_test *t, struct wh_session *s, const char *command, const char *args)
{
	struct fake_call *c = fake_zero(sizeof *c);

	fake_session(t->tested, s, "wh_test_call");
	fake_enter(t);
	c->answer = fake_answer(t);
	if (call_begin(t, c, s, wh_str(command))) {
		if (args != NULL)
			wh_buf_text(&c->text, args);
		call_run(c);
	}
	fake_leave(t);
	return c->answer;
}

const struct wh_test_answer *
wh_test_start(struct wh_test *t, struct wh_session *s, const char *command, const char *args)
{
	const struct wh_test_answer *answer;
	struct wh_buf json = { 0 };

	wh_buf_text(&json, args != NULL ? args : "{}");
	wh_buf_byte(&json, '\0');
	for (size_t i = 0; i < json.n; i++)
		if (json.p[i] == '\'')
			json.p[i] = '"';
	answer = wh_test_call(t, s, command, json.p);
	wh_buf_free(&json);
	return answer;
}

const struct wh_test_answer *
wh_test_ask(struct wh_test *t, struct wh_session *s, const char *command, const char *args)
{
	const struct wh_test_answer *answer = wh_test_start(t, s, command, args);

	for (unsigned i = 0; i < ASK_STEPS && answer->err == WH_WAIT; i++) {
		wh_test_run_jobs(t);
		if (answer->err == WH_WAIT)
			wh_test_advance(t, FAKE_STEP_MS);
	}
	wh_test_settle(t);
	return answer;
}

/* Items as the JSON that the fields want: a dialect of words has texts alone. */
static enum wh_err
call_items(struct fake_call *c, const struct wh_item *items, size_t n)
{
	struct wh_json w;
	enum wh_err err = WH_OK;

	wh_json_begin(&w, &c->text);
	wh_json_object(&w, NULL);
	for (size_t i = 0; i < n && err == WH_OK; i++) {
		const struct wh_field *f = c->row->fields;

		while (f != NULL && f->name != NULL && strcmp(f->name, items[i].key) != 0)
			f++;
		if (f != NULL && f->name != NULL && items[i].value.type == WH_V_STR)
			err = wh_args_put_text(&w, f, items[i].value.s);
		else
			wh_args_put_items(&w, &items[i], 1);
	}
	wh_json_end(&w);
	return wh_json_finish(&w) ? err : WH_EINVAL;
}

void
fake_run(const struct wh_host *h, struct wh_session *s, const char *command, const struct wh_item *args, size_t n,
    wh_run_done *done, uint64_t cookie)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_call *c;

	fake_session(p, s, "wh_run");
	c = fake_zero(sizeof *c);
	c->asker = p;
	c->done = done;
	c->cookie = cookie;
	fake_enter(t);
	if (call_begin(t, c, s, wh_str(command))) {
		if (call_items(c, args, n) == WH_OK)
			call_run(c);
		else
			call_refuse(c, WH_EINVAL, (struct wh_str){ NULL, 0 }, 0);
	}
	fake_leave(t);
}

const struct wh_value *
fake_call_arg(struct wh_call *c, const char *field)
{
	struct fake_call *call = call_of(c, "wh_arg");

	for (size_t i = 0; i < call->args.n; i++)
		if (strcmp(call->args.fields[i].name, field) == 0)
			return wh_args_get(&call->args, field);
	fake_fault(call->p, "%s asks for its argument \"%s\", which it does not declare", call->row->name, field);
}

struct wh_session *
fake_call_session(struct wh_call *c)
{
	return call_of(c, "wh_call_session")->session;
}

struct wh_json *
fake_call_reply(struct wh_call *c)
{
	return &call_of(c, "wh_reply")->writer;
}

/* Calls of a test come over no HTTP. */
struct wh_request *
fake_call_request(struct wh_call *c)
{
	call_of(c, "wh_call_request");
	return NULL;
}

enum wh_err
fake_call_fail(struct wh_call *c, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct fake_call *call = call_of(c, "wh_fail");

	if (err == WH_OK || err == WH_WAIT)
		fake_fault(call->p, "%s fails with what is no error", call->row->name);
	call->err = err;
	call->retry_ms = retry_ms;
	wh_buf_reset(&call->why);
	wh_buf_str(&call->why, why);
	return err;
}

wh_id
fake_call_hold(struct wh_call *c)
{
	struct fake_call *call = call_of(c, "wh_call_hold");

	if (!call->running && !call->held)
		fake_fault(call->p, "wh_call_hold is called for %s, which does not run now", call->row->name);
	if (!call->held)
		call->timer = fake_deadline(call->t, call_timed_out, call);
	call->held = true;
	return c->id;
}

struct wh_call *
fake_call_find(const struct wh_host *h, wh_id id)
{
	struct wh_test *t = fake_of(h)->t;

	WH_LIST_EACH(link, &t->calls) {
		struct fake_call *c = WH_CONTAINER(link, struct fake_call, place);

		if (c->public.id == id)
			return c->held && !c->finished ? &c->public : NULL;
	}
	return NULL;
}

void
fake_call_done(struct wh_call *c, enum wh_err err)
{
	struct fake_call *call = call_of(c, "wh_call_done");

	if (!call->held)
		fake_fault(call->p, "wh_call_done is called for %s, which is not held; return its outcome", call->row->name);
	if (err == WH_WAIT)
		fake_fault(call->p, "wh_call_done is called for %s with WH_WAIT", call->row->name);
	fake_enter(call->t);
	call_finish(call, err);
	fake_leave(call->t);
}

void
fake_calls_session_ended(struct wh_test *t, const struct wh_session *s)
{
	WH_LIST_EACH(link, &t->calls) {
		struct fake_call *c = WH_CONTAINER(link, struct fake_call, place);

		if (c->session == s && c->held && !c->finished && !c->running)
			call_refuse(c, WH_EAWAY, WH_STR("the session ended"), 0);
	}
}

void
fake_calls_drop(struct wh_test *t, const struct fake_plugin *p, const char *why)
{
	WH_LIST_EACH(link, &t->calls) {
		struct fake_call *c = WH_CONTAINER(link, struct fake_call, place);

		if (c->finished)
			continue;
		if (p == NULL || c->asker == p)
			c->done = NULL;
		if (p == NULL || c->p == p)
			call_refuse(c, WH_EAWAY, wh_str(why), 0);
	}
}

void
fake_calls_check(const struct wh_test *t)
{
	WH_LIST_EACH(link, &t->calls) {
		const struct fake_call *c = WH_CONTAINER(link, struct fake_call, place);

		if (!c->finished)
			fake_fault(c->p, "at the end it still holds a call of %s", c->row->name);
	}
}

void
fake_calls_free(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->calls) {
		struct fake_call *c = WH_CONTAINER(link, struct fake_call, place);

		call_empty(c);
		free(c);
	}
}
