/* Calls: the way of one ask through its checks to its handler, and to its one answer. A call stands in a slot from the ask to the
 * answer; a held one also in the list of the held, with a timer. */
#include "hub/call.h"

#include <assert.h>
#include <stdlib.h>

#include "hub/fault.h"
#include "hub/hook.h"
#include "hub/log_lines.h"
#include "hub/plugin.h"
#include "hub/reach.h"

enum { CALL_SLOW_US = 50000, CALL_MEMORY_KEPT = 16384 };

static const struct wh_json_limits call_limits = { .bytes = WH_JSON_BYTES, .unique_keys = true };

static struct call_memory *
memory_take(struct commands *cs)
{
	struct call_memory *m;

	if (cs->n_spare != 0)
		return cs->spare[--cs->n_spare];
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->reply.max = CALL_REPLY_MAX;
	m->why.max = CALL_WHY;
	return m;
}

static void
memory_free(struct call_memory **m)
{
	wh_buf_free(&(*m)->text);
	wh_buf_free(&(*m)->scratch);
	wh_buf_free(&(*m)->reply);
	wh_buf_free(&(*m)->why);
	wh_buf_free(&(*m)->audited);
	free(*m);
	*m = NULL;
}

static void
memory_give(struct commands *cs, struct call_memory *m)
{
	if (cs->n_spare == COMMAND_SPARES || m->text.cap + m->scratch.cap + m->reply.cap + m->why.cap > CALL_MEMORY_KEPT) {
		memory_free(&m);
		return;
	}
	wh_buf_reset(&m->text);
	wh_buf_reset(&m->scratch);
	wh_buf_reset(&m->reply);
	wh_buf_reset(&m->why);
	wh_buf_free(&m->audited);
	cs->spare[cs->n_spare++] = m;
}

void
calls_free_spare(struct commands *cs)
{
	while (cs->n_spare != 0)
		memory_free(&cs->spare[--cs->n_spare]);
}

static struct wh_str
call_tag(const struct call *c)
{
	return wh_str_from(wh_buf_slice(&c->memory->text), c->n_json);
}

static void
call_log(struct call *c, const struct fault *fault, int64_t us)
{
	const char *outcome = fault != NULL ? fault->code : "ok";

	/* A line about reading lines would be what the next reading finds. */
	if (c->command->row->run == core_log_lines)
		return;

	wh_log(c->hub->log, WH_DEBUG, "command", WH_T("command", c->command->row->name), WH_T("outcome", outcome), WH_I("us", us),
	    WH_X("session", c->session_id), WH_T("trace", c->trace.id[0] != '\0' ? c->trace.id : NULL), WH_X("call", c->public.id));
}

static void
call_audit(struct call *c, enum wh_err err)
{
	struct wh_session *s = session_get(c->hub, c->session_id);
	struct wh_audit audit = { .action = wh_str(c->command->row->name), .outcome = err,
		.arguments = { c->memory->text.p, c->n_json } };

	if (s == NULL)
		return;
	if (c->memory->audited.n != 0)
		audit.arguments = wh_buf_slice(&c->memory->audited);
	audit.who = &s->who;
	audit.address = session_address(c->hub, s);
	wh_log(c->hub->log, WH_INFO, "audit", WH_T("command", c->command->row->name), WH_S("who", s->who.id), WH_S("name", s->who.name),
	    WH_S("address", audit.address), WH_T("outcome", err == WH_OK ? "ok" : fault_of(err)->code));
	hook_audit(c->hub, &audit);
}

/* Ends the result's object, and whatever in it was left open. */
static enum wh_err
call_close_reply(struct call *c)
{
	if (!c->writing) {
		wh_buf_text(&c->memory->reply, "{}");
		return c->memory->reply.failed ? WH_ENOMEM : WH_OK;
	}
	while (!c->writer.failed && c->writer.depth > 0)
		wh_json_end(&c->writer);
	return wh_json_finish(&c->writer) ? WH_OK : WH_ETOOBIG;
}

/* The one answer, and the end of the call. */
static void
call_finish(struct call *c, enum wh_err err)
{
	struct hub *hub = c->hub;
	struct command_result r = { .session = c->session_id, .tag = call_tag(c), .rate = &c->rate, .trace = &c->trace };
	const struct fault *fault;
	int64_t us;

	c->finished = true;
	timer_stop(hub, c->timer);
	if (c->held) {
		wh_list_remove(&c->held_place);
		hub->commands->n_held--;
	}
	if (err == WH_OK)
		err = call_close_reply(c);
	fault = err != WH_OK ? fault_of(err) : NULL;
	us = wh_clock_mono_us(hub->clock) - c->began_us;
	r.err = err;
	if (fault == NULL) {
		r.json = wh_buf_slice(&c->memory->reply);
	} else {
		r.why = c->memory->why.n != 0 ? wh_buf_slice(&c->memory->why) : wh_str(fault->meaning);
		r.field = wh_str(c->field);
		r.retry_ms = c->retry_ms;
	}
	metric_command(hub, c->command->row->name, fault != NULL ? fault->code : "ok", us, wh_str(c->trace.id));
	call_log(c, fault, us);
	if ((c->command->row->flags & WH_AUDIT) != 0)
		call_audit(c, err);
	c->done(hub, c->self, c->cookie, &r);
	memory_give(hub->commands, c->memory);
	wh_slots_release(&hub->commands->calls, c->public.id);
}

/* An ask that did not become a call. */
static void
ask_refuse(struct hub *hub, const struct command_ask *ask, enum wh_err err, struct wh_str why, bool unknown)
{
	metric_command(hub, "unknown", unknown ? "unknown_command" : fault_of(err)->code, 0, (struct wh_str){ NULL, 0 });
	ask->done(hub, ask->self, ask->cookie, &(struct command_result){ .err = err, .why = why, .unknown = unknown,
		.session = ask->session->id, .tag = ask->tag, .trace = ask->trace });
}

/* Looking for the nearest name costs more than most calls, so guessing has a rate too. */
static void
ask_unknown(struct hub *hub, const struct command_ask *ask)
{
	struct wh_buf why;
	struct wh_str nearest, name = ask->name;
	struct rate_state rate;

	if (!rate_take(hub, ask->session, WH_STR("unknown"), &hub->rates->command, &rate)) {
		ask_refuse(hub, ask, WH_EFAST, WH_STR("too many calls of commands that do not exist"), false);
		return;
	}
	why = hub_scratch_take(hub);
	nearest = command_nearest(hub, name);

	if (name.n > COMMAND_NAME)
		name.n = COMMAND_NAME;
	wh_buf_fmt(&why, "there is no command %.*s", WH_FMT(name));
	if (nearest.n != 0)
		wh_buf_fmt(&why, "; did you mean %.*s?", WH_FMT(nearest));
	ask_refuse(hub, ask, WH_ENOENT, wh_buf_slice(&why), true);
	hub_scratch_give(hub, &why);
}

static struct call *
call_new(struct hub *hub, struct command *command, const struct command_ask *ask)
{
	wh_id id;
	struct call *c = wh_slots_alloc(&hub->commands->calls, &id);

	if (c == NULL)
		return NULL;
	c->memory = memory_take(hub->commands);
	if (c->memory == NULL) {
		wh_slots_release(&hub->commands->calls, id);
		return NULL;
	}
	c->public.host = &command->plugin->host;
	c->public.id = id;
	c->hub = hub;
	c->command = command;
	c->session = ask->session;
	c->session_id = ask->session->id;
	c->done = ask->done;
	c->self = ask->self;
	c->cookie = ask->cookie;
	if (ask->trace != NULL)
		c->trace = *ask->trace;
	c->began_us = wh_clock_mono_us(hub->clock);
	wh_list_init(&c->held_place);
	return c;
}

/* A text that came by a line or a query becomes what the field is; whatever is wrong with it is said by the check. */
static void
ask_put_item(struct wh_json *w, const struct wh_command *row, const struct wh_item *item)
{
	for (const struct wh_field *f = row->fields; f != NULL && f->name != NULL; f++)
		if (item->value.type == WH_V_STR && strcmp(f->name, item->key) == 0) {
			if (wh_args_put_text(w, f, item->value.s) != WH_OK)
				wh_json_str(w, f->name, item->value.s);
			return;
		}
	wh_args_put_items(w, item, 1);
}

/* Copies the arguments, as JSON, and the tag. */
static enum wh_err
call_copy(struct call *c, const struct command_ask *ask)
{
	struct wh_buf *text = &c->memory->text;
	struct wh_json w;

	if (ask->items != NULL) {
		wh_json_begin(&w, text);
		wh_json_object(&w, NULL);
		for (size_t i = 0; i < ask->n_items; i++)
			ask_put_item(&w, c->command->row, &ask->items[i]);
		wh_json_end(&w);
		if (!wh_json_finish(&w))
			return WH_ENOMEM;
	} else if (ask->json.n != 0) {
		wh_buf_str(text, ask->json);
	} else {
		wh_buf_text(text, "{}");
	}
	c->n_json = text->n;
	wh_buf_str(text, ask->tag);
	return text->failed ? WH_ENOMEM : WH_OK;
}

static enum wh_err
call_read_args(struct call *c)
{
	struct wh_str json = { c->memory->text.p, c->n_json };
	struct wh_json_error error;
	struct wh_args_error wrong;
	struct wh_value object;
	enum wh_err err = wh_json_read(&c->doc, json, &call_limits, &c->memory->scratch, &object, &error);

	if (err == WH_ESYNTAX || err == WH_ETOOBIG || err == WH_EEXIST) {
		wh_buf_fmt(&c->memory->why, "the arguments are not right at byte %zu: %s", error.at, error.reason);
		return err == WH_EEXIST ? WH_EINVAL : err;
	}
	if (err != WH_OK)
		return err;
	err = wh_args_read(&c->args, c->command->row->fields, &object, &wrong);
	if (err != WH_OK) {
		wh_buf_text(&c->memory->why, wrong.text);
		memcpy(c->field, wrong.field, sizeof c->field);
	}
	return err;
}

static enum wh_err
call_permit(struct call *c)
{
	const struct wh_command *row = c->command->row;

	if (c->session->local)
		return WH_OK;
	if ((row->flags & WH_LOCAL) != 0) {
		wh_buf_fmt(&c->memory->why, "%s can be called only over the control socket: whiplyctl %s", row->name, row->name);
		return WH_EPERM;
	}
	if (reach_may(c->hub, c->session, wh_str(row->name), row->allow))
		return WH_OK;
	if (reach_elsewhere(c->hub, c->session, wh_str(row->name), row->allow))
		wh_buf_fmt(&c->memory->why, "%s is not served over this listener; those that hub.admin_listeners and hub.moderator_listeners name serve it, "
		    "and the control socket", row->name);
	else
		wh_buf_fmt(&c->memory->why, "you may not call %s", row->name);
	return WH_EPERM;
}

static enum wh_err
call_admit(struct call *c)
{
	const struct wh_flow *flow = c->command->rated ? &c->command->rate : &c->hub->rates->command;
	struct hook_refusal why;
	enum wh_err err = call_permit(c);

	if (err != WH_OK)
		return err;
	if (!rate_take(c->hub, c->session, wh_str(c->command->row->name), flow, &c->rate)) {
		c->retry_ms = c->rate.retry_ms;
		wh_buf_fmt(&c->memory->why, "%s was called too often; try again in %lld ms", c->command->row->name, (long long)c->retry_ms);
		return WH_EFAST;
	}
	err = call_read_args(c);
	if (err != WH_OK || hook_attempt(c->hub, &c->public, c->command->row, &why) == WH_PASS)
		return err;
	c->retry_ms = why.retry_ms;
	wh_buf_str(&c->memory->why, hook_why(&why));
	return why.err;
}

static void
call_execute(struct call *c)
{
	const struct wh_command *row = c->command->row;
	struct plugin *p = c->command->plugin;
	struct hub_running before = plugin_enter(p, row->name);
	int64_t began_us = wh_clock_mono_us(c->hub->clock), us;
	enum wh_err err;

	c->running = true;
	err = row->run(p->self, &c->public);
	c->running = false;
	plugin_leave(p, before);
	us = wh_clock_mono_us(c->hub->clock) - began_us;
	if (us > CALL_SLOW_US)
		wh_log(c->hub->log, WH_WARN, "command_slow", WH_T("command", row->name), WH_I("us", us));
	if (c->finished) {
		call_finish(c, c->err);
	} else if (err == WH_WAIT && c->held) {
		c->session = NULL;
	} else if (err == WH_WAIT) {
		wh_log(c->hub->log, WH_ERROR, "command_waits_for_nothing", WH_T("command", row->name), WH_T("plugin", p->name));
		call_finish(c, WH_EIO);
	} else {
		call_finish(c, err);
	}
}

void
command_run(struct hub *hub, const struct command_ask *ask)
{
	struct command *command = command_find(hub, ask->name);
	struct call *c;
	enum wh_err err;

	if (command == NULL) {
		ask_unknown(hub, ask);
		return;
	}
	c = call_new(hub, command, ask);
	if (c == NULL) {
		ask_refuse(hub, ask, WH_EFULL, WH_STR("too many calls are under way; try again"), false);
		return;
	}
	err = call_copy(c, ask);
	if (err == WH_OK)
		err = call_admit(c);
	if (err == WH_OK)
		call_execute(c);
	else
		call_finish(c, err);
}

static void
calls_end(struct hub *hub, bool (*concerns)(const struct call *c, const struct plugin *p, wh_id session), const struct plugin *p,
    wh_id session, struct wh_str why)
{
	bool again = hub->commands->n_held != 0;

	/* From the start each time: an answer may end others. */
	while (again) {
		again = false;
		WH_LIST_EACH(link, &hub->commands->held) {
			struct call *c = WH_CONTAINER(link, struct call, held_place);

			if (c->running || c->finished || !concerns(c, p, session))
				continue;
			call_fail(c, WH_EAWAY, why, 0);
			call_finish(c, WH_EAWAY);
			again = true;
			break;
		}
	}
}

static bool
call_of_plugin(const struct call *c, const struct plugin *p, wh_id session)
{
	(void)session;
	return p == NULL || c->command->plugin == p;
}

static bool
call_of_session(const struct call *c, const struct plugin *p, wh_id session)
{
	(void)p;
	return c->session_id == session;
}

void
calls_end_of_plugin(struct hub *hub, const struct plugin *p)
{
	calls_end(hub, call_of_plugin, p, 0, WH_STR("what answers this was unloaded; try again"));
}

void
calls_end_all(struct hub *hub)
{
	calls_end(hub, call_of_plugin, NULL, 0, WH_STR("the server ends; try again"));
}

void
commands_session_ended(struct hub *hub, wh_id session)
{
	calls_end(hub, call_of_session, NULL, session, WH_STR("the session ended"));
}

const struct wh_value *
call_arg(struct call *c, const char *field)
{
	return wh_args_get(&c->args, field);
}

struct wh_json *
call_reply(struct call *c)
{
	if (!c->writing) {
		c->writing = true;
		wh_json_begin(&c->writer, &c->memory->reply);
		wh_json_object(&c->writer, NULL);
	}
	return &c->writer;
}

enum wh_err
call_fail(struct call *c, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	if (why.n > CALL_WHY)
		why.n = CALL_WHY;
	/* `why` may be what stands there already. */
	if (why.p != c->memory->why.p) {
		wh_buf_reset(&c->memory->why);
		wh_buf_str(&c->memory->why, why);
	}
	c->retry_ms = retry_ms;
	return err;
}

static void
call_late(void *self, uint64_t cookie)
{
	struct call *c = self;

	(void)cookie;
	c->timer = 0;
	call_fail(c, WH_ETIME, WH_STR("it took too long; it may have been done or not"), 0);
	call_finish(c, WH_ETIME);
}

wh_id
call_hold(struct call *c)
{
	if (c->held || c->finished)
		return c->public.id;
	c->held = true;
	wh_list_add_last(&c->hub->commands->held, &c->held_place);
	c->hub->commands->n_held++;
	c->timer = timer_start(c->hub, NULL, c->command->row->name, c->hub->settings.call_timeout_ms, 0, call_late, c, 0);
	return c->public.id;
}

struct call *
call_find(struct hub *hub, wh_id id)
{
	struct call *c = wh_slots_get(&hub->commands->calls, id);

	if (c == NULL || c->finished || (!c->running && session_get(hub, c->session_id) == NULL))
		return NULL;
	return c;
}

void
call_done(struct call *c, enum wh_err err)
{
	if (c->finished)
		return;
	if (!c->running) {
		call_finish(c, err);
		return;
	}
	c->finished = true;
	c->err = err == WH_WAIT ? WH_EIO : err;
}

void
call_move(struct call *c, struct wh_session *to)
{
	c->session = to;
	c->session_id = to->id;
}
