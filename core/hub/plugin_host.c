/* The host as plugins see it: struct wh_host_ops, each function a step from the plugin's host to the unit that does it. A plugin is
 * named by the address of its host, which is the first member of its struct plugin. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/dict.h"
#include "hub/formula.h"
#include "base/random.h"
#include "hub/api.h"
#include "hub/command.h"
#include "hub/health.h"
#include "hub/dialect.h"
#include "hub/hook.h"
#include "hub/plugin.h"
#include "hub/reach.h"
#include "hub/service.h"

/* Stands before what wh_new gives. */
struct host_block {
	size_t n;
	uint64_t pad;
};

static struct hub *
hub_of(const struct wh_host *h)
{
	return plugin_of(h)->hub;
}

static void *
host_alloc(const struct wh_host *h, size_t n)
{
	struct plugin *p = plugin_of(h);
	struct host_block *b = n < SIZE_MAX / 2 ? calloc(1, sizeof *b + n) : NULL;

	if (b == NULL)
		return NULL;
	b->n = n;
	p->bytes += n;
	p->allocations++;
	return b + 1;
}

static void
host_release(const struct wh_host *h, void *mem)
{
	struct plugin *p = plugin_of(h);
	struct host_block *b = mem;

	if (mem == NULL)
		return;
	b--;
	assert(p->allocations != 0 && p->bytes >= b->n);
	p->bytes -= b->n;
	p->allocations--;
	free(b);
}

/* The last error or warning, in words: what a plugin says of settings that it refuses. */
static void
host_hears(struct wh_buf *to, const char *event, const struct wh_pair *pairs, size_t n)
{
	wh_buf_reset(to);
	for (const char *c = event; *c != '\0'; c++)
		wh_buf_byte(to, *c != '_' ? *c : ' ');
	for (size_t i = 0; i < n; i++) {
		const struct wh_pair *p = &pairs[i];

		if (p->key == NULL || (p->kind == WH_PAIR_TEXT && p->as.text == NULL))
			continue;
		wh_buf_fmt(to, ", %s: ", p->key);
		if (p->kind == WH_PAIR_STR)
			wh_buf_str(to, p->as.s);
		else if (p->kind == WH_PAIR_TEXT)
			wh_buf_text(to, p->as.text);
		else if (p->kind == WH_PAIR_INT)
			wh_buf_i64(to, p->as.i);
		else if (p->kind == WH_PAIR_BOOL)
			wh_buf_text(to, p->as.b ? "true" : "false");
		else
			wh_buf_u64(to, p->as.u);
	}
}

static void
host_log(const struct wh_host *h, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n)
{
	struct wh_pair all[17];

	if (plugin_of(h)->hears != NULL && level >= WH_WARN)
		host_hears(plugin_of(h)->hears, event, pairs, n < 16 ? n : 16);
	if (!wh_log_on(hub_of(h)->log, level))
		return;
	if (n > 16)
		n = 16;
	all[0] = WH_T("plugin", plugin_of(h)->name);
	if (n != 0)
		memcpy(&all[1], pairs, n * sizeof *pairs);
	wh_log_write(hub_of(h)->log, level, event, all, n + 1);
}

static int64_t
host_now_ms(const struct wh_host *h)
{
	return hub_of(h)->now_ms;
}

static int64_t
host_wall_ms(const struct wh_host *h)
{
	return hub_of(h)->wall_ms;
}

static void
host_random(const struct wh_host *h, void *to, size_t n)
{
	(void)h;
	wh_random_bytes(to, n);
}

static struct wh_str
host_state_dir(const struct wh_host *h)
{
	struct plugin *p = plugin_of(h);
	const char *path;

	if (p->folder.n == 0 && !p->folder.failed) {
		wh_buf_fmt(&p->folder, "%s/plugins", p->hub->state_dir != NULL ? p->hub->state_dir : ".");
		path = wh_buf_cstr(&p->folder);
		if (path != NULL)
			(void)!mkdir(path, 0750);
		wh_buf_fmt(&p->folder, "/%s", p->name);
		path = wh_buf_cstr(&p->folder);
		if (path != NULL)
			(void)!mkdir(path, 0750);
	}
	return p->folder.failed ? WH_STR(".") : wh_buf_slice(&p->folder);
}

static uint32_t
host_session_accent(const struct wh_host *h, const struct wh_session *s)
{
	(void)h;
	return s->accent;
}

static enum wh_err
host_session_accent_set(const struct wh_host *h, struct wh_session *s, uint32_t accent)
{
	return session_accent_set(hub_of(h), s, accent);
}

static void
host_rooms_each(const struct wh_host *h, bool (*each)(void *self, struct wh_room *r), void *self)
{
	room_each_room(hub_of(h), each, self);
}

static void
host_session_rooms(const struct wh_host *h, struct wh_session *s, bool (*each)(void *self, struct wh_room *r), void *self)
{
	(void)h;
	for (uint32_t i = 0; i < s->n_links; i++)
		if (s->links[i].set->kind == SET_ROOM && !each(self, WH_CONTAINER(s->links[i].set, struct wh_room, members)))
			return;
}

static enum wh_err
host_json_read(const struct wh_host *h, struct wh_str text, struct wh_value *value_out)
{
	struct plugin *p = plugin_of(h);
	const struct wh_json_limits limits = { .bytes = API_BODY_MAX };
	struct wh_json_error error;

	wh_buf_reset(&p->scratch);
	return wh_json_read(&p->doc, text, &limits, &p->scratch, value_out, &error);
}

static void
host_room_begin_epoch(const struct wh_host *h, struct wh_room *r, uint64_t seq)
{
	room_seq_set(hub_of(h), r, seq);
}

static struct wh_request *
host_call_request(struct wh_call *c)
{
	struct exchange *x = api_exchange_of(call_of(c));

	if (x == NULL)
		return NULL;
	x->public.host = c->host;
	return &x->public;
}

static void
host_person_ask(const struct wh_host *h, int point, struct wh_str id, struct wh_str name, wh_person_then *then, uint64_t cookie)
{
	assert(point == WH_ON_EXPORT || point == WH_ON_ERASE);
	hook_ask_person(hub_of(h), plugin_of(h), (enum wh_hook_point)point, id, name, then, cookie);
}

static struct wh_person *
host_person_find(const struct wh_host *h, wh_id ticket)
{
	return hook_person(hub_of(h), plugin_of(h), ticket);
}

static struct wh_message *
host_message_find(const struct wh_host *h, wh_id ticket)
{
	return hook_message(hub_of(h), plugin_of(h), ticket);
}

static bool
host_session_echoes(const struct wh_host *h, struct wh_session *s)
{
	return dialect_echoes(hub_of(h), s);
}

static const struct wh_value *
host_call_arg(struct wh_call *c, const char *field)
{
	return call_arg(call_of(c), field);
}

static struct wh_session *
host_call_session(struct wh_call *c)
{
	struct call *call = call_of(c);

	return call->session != NULL ? call->session : session_get(call->hub, call->session_id);
}

static struct wh_json *
host_call_reply(struct wh_call *c)
{
	return call_reply(call_of(c));
}

static enum wh_err
host_call_fail(struct wh_call *c, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	return call_fail(call_of(c), err, why, retry_ms);
}

static wh_id
host_call_hold(struct wh_call *c)
{
	return call_hold(call_of(c));
}

static struct wh_call *
host_call_find(const struct wh_host *h, wh_id id)
{
	struct call *c = call_find(hub_of(h), id);

	return c != NULL && c->public.host == h ? &c->public : NULL;
}

static void
host_call_done(struct wh_call *c, enum wh_err err)
{
	call_done(call_of(c), err);
}

/* An answer of wh_run that is due to a plugin; without the plugin when that was closed. */
struct host_run {
	struct wh_list place;
	struct plugin *plugin;
	void (*done)(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result);
	uint64_t cookie;
};

static void
host_ran(struct hub *hub, void *self, uint64_t cookie, const struct command_result *r)
{
	struct host_run *run = self;
	struct hub_running before;

	(void)hub, (void)cookie;
	wh_list_remove(&run->place);
	if (run->plugin != NULL && run->done != NULL) {
		before = plugin_enter(run->plugin, "answer of a command");
		run->done(run->plugin->self, r->session, run->cookie, r->err, r->err == WH_OK ? r->json : r->why);
		plugin_leave(run->plugin, before);
	}
	free(run);
}

static void
host_run(const struct wh_host *h, struct wh_session *s, const char *command, const struct wh_item *args, size_t n,
    void (*done)(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result), uint64_t cookie)
{
	struct plugin *p = plugin_of(h);
	struct host_run *run = malloc(sizeof *run);

	if (run == NULL) {
		done(p->self, s->id, cookie, WH_ENOMEM, WH_STR("the server has no memory for this now"));
		return;
	}
	*run = (struct host_run){ .plugin = p, .done = done, .cookie = cookie };
	wh_list_init(&run->place);
	wh_list_add_last(&p->runs, &run->place);
	command_run(p->hub, &(struct command_ask){ .session = s, .name = wh_str(command), .items = args, .n_items = n,
		.done = host_ran, .self = run });
}

void
plugin_host_forget(struct plugin *p)
{
	struct wh_list *first;

	while ((first = wh_list_first(&p->runs)) != NULL) {
		wh_list_remove(first);
		WH_CONTAINER(first, struct host_run, place)->plugin = NULL;
	}
}

static wh_id
host_session_id(const struct wh_host *h, const struct wh_session *s)
{
	(void)h;
	return s->id;
}

static struct wh_session *
host_session_get(const struct wh_host *h, wh_id id)
{
	return session_get(hub_of(h), id);
}

static const struct wh_identity *
host_session_identity(const struct wh_host *h, const struct wh_session *s)
{
	(void)h;
	return &s->who;
}

static enum wh_err
host_session_identify(const struct wh_host *h, struct wh_session *s, const struct wh_identity *who)
{
	return session_identify(hub_of(h), s, who);
}

/* A permission that is a command's name asks for the command's rung; any other, for an admin or a list of the operator. */
static bool
host_session_may(const struct wh_host *h, const struct wh_session *s, const char *permission)
{
	const struct command *command = command_find(hub_of(h), wh_str(permission));

	return reach_may(hub_of(h), s, wh_str(permission), command != NULL ? command->row->allow : 0);
}

static int
host_session_reach(const struct wh_host *h, const struct wh_session *s)
{
	return (int)reach_of(hub_of(h), s);
}

static struct wh_str
host_session_address(const struct wh_host *h, const struct wh_session *s)
{
	return session_address(hub_of(h), s);
}

static bool
host_session_secure(const struct wh_host *h, const struct wh_session *s)
{
	(void)h;
	return s->tls;
}

static struct wh_str
host_session_param(const struct wh_host *h, const struct wh_session *s, const char *name)
{
	return session_param(hub_of(h), s, name);
}

static enum wh_err
host_session_address_set(const struct wh_host *h, struct wh_session *s, struct wh_str address)
{
	struct wh_addr addr;
	enum wh_err err = wh_addr_parse_ip(&addr, address);

	if (err != WH_OK)
		return WH_EINVAL;
	s->address = addr;
	session_changed(hub_of(h), s);
	return WH_OK;
}

static const char *
host_session_dialect(const struct wh_host *h, const struct wh_session *s)
{
	(void)h;
	return session_dialect_name(s);
}

static enum wh_err
host_session_send(const struct wh_host *h, struct wh_session *s, struct wh_str bytes)
{
	return session_send(hub_of(h), s, bytes);
}

static enum wh_err
host_session_notify(const struct wh_host *h, struct wh_session *s, const struct wh_event *e)
{
	return session_notify(hub_of(h), s, e);
}

static void
host_session_close(const struct wh_host *h, struct wh_session *s, unsigned code, struct wh_str reason)
{
	session_close(hub_of(h), s, code, reason);
}

static struct wh_slot *
host_session_slot(const struct wh_host *h, const char *name, size_t size)
{
	return session_slot(hub_of(h), h, name, size);
}

static void *
host_slot_of(const struct wh_host *h, struct wh_session *s, const struct wh_slot *slot)
{
	return session_slot_of(hub_of(h), s, slot);
}

static void
host_session_changed(const struct wh_host *h, struct wh_session *s)
{
	session_changed(hub_of(h), s);
}

/* What runs over sessions or members hands the plugin's self on. */
struct host_each {
	struct plugin *plugin;
	bool (*each)(void *self, struct wh_session *s);
	void *self;
};

static bool
host_each_one(void *self, struct wh_session *s)
{
	struct host_each *e = self;

	return e->each(e->self, s);
}

static void
host_session_each(const struct wh_host *h, bool (*each)(void *self, struct wh_session *s), void *self)
{
	session_each(hub_of(h), host_each_one, &(struct host_each){ plugin_of(h), each, self });
}

static enum wh_verdict
host_refuse(const struct wh_occasion *at, enum wh_err err, const char *why, int64_t retry_ms)
{
	return hook_refuse(hub_of(at->host), err, wh_str(why), retry_ms);
}

static void
host_hook_go(const struct wh_host *h, wh_id ticket, enum wh_verdict verdict, enum wh_err err, const char *why)
{
	hook_go(hub_of(h), plugin_of(h), ticket, verdict, err, wh_str(why));
}

static void
host_unwell(struct wh_health *health, const char *part, const char *why)
{
	health_unwell(health, wh_str(part), wh_str(why));
}

static void
host_message_ask(const struct wh_host *h, const struct wh_message *m,
    void (*then)(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms),
    uint64_t cookie)
{
	hook_ask_message(hub_of(h), plugin_of(h), m, then, cookie);
}

static struct wh_room *
host_room_open(const struct wh_host *h, struct wh_str name)
{
	return room_open(hub_of(h), name);
}

static struct wh_room *
host_room_find(const struct wh_host *h, struct wh_str name)
{
	return room_find(hub_of(h), name);
}

static struct wh_room *
host_room_get(const struct wh_host *h, wh_id id)
{
	return room_get(hub_of(h), id);
}

static wh_id
host_room_id(const struct wh_host *h, const struct wh_room *r)
{
	(void)h;
	return r->id;
}

static struct wh_str
host_room_name(const struct wh_host *h, const struct wh_room *r)
{
	(void)h;
	return r->name;
}

static void
host_room_join(const struct wh_host *h, struct wh_room *r, struct wh_session *s,
    void (*then)(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms), uint64_t cookie)
{
	hook_ask_join(hub_of(h), plugin_of(h), r, s, then, cookie);
}

static enum wh_err
host_room_leave(const struct wh_host *h, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	return room_leave(hub_of(h), r, s, reason);
}

static enum wh_err
host_room_move(const struct wh_host *h, struct wh_room *from, struct wh_room *to)
{
	return from != to ? room_move(hub_of(h), from, to) : WH_OK;
}

static bool
host_room_has(const struct wh_host *h, const struct wh_room *r, const struct wh_session *s)
{
	(void)h;
	return room_has(r, s);
}

static size_t
host_room_members(const struct wh_host *h, const struct wh_room *r)
{
	(void)h;
	return room_members(r);
}

static void
host_room_each(const struct wh_host *h, struct wh_room *r, bool (*each)(void *self, struct wh_session *s), void *self)
{
	room_each(r, host_each_one, &(struct host_each){ plugin_of(h), each, self });
}

static void
host_room_keep(const struct wh_host *h, struct wh_room *r, bool keep)
{
	room_keep(hub_of(h), r, keep);
}

static uint64_t
host_room_seq(const struct wh_host *h, const struct wh_room *r)
{
	(void)h;
	return room_seq(r);
}

static uint64_t
host_room_seq_everywhere(const struct wh_host *h, const struct wh_room *r)
{
	(void)h;
	return room_seq_everywhere(r);
}

static enum wh_err
host_room_publish(const struct wh_host *h, struct wh_room *r, uint64_t seq, const struct wh_event *e,
    const struct wh_session *except, unsigned flags)
{
	return room_publish(hub_of(h), r, seq, e, except, flags);
}

static wh_id
host_group_open(const struct wh_host *h, struct wh_str name)
{
	return group_open(hub_of(h), h, wh_str(plugin_of(h)->name), name);
}

/* While the plugin is closed the host decides: at a reload, and at the hub's end, groups stay with their members. */
static void
host_group_close(const struct wh_host *h, wh_id group)
{
	if (plugin_of(h)->state != PLUGIN_CLOSING)
		group_close(hub_of(h), group);
}

static enum wh_err
host_group_join(const struct wh_host *h, wh_id group, struct wh_session *s)
{
	return group_join(hub_of(h), group, s);
}

static enum wh_err
host_group_leave(const struct wh_host *h, wh_id group, struct wh_session *s)
{
	return group_leave(hub_of(h), group, s);
}

static enum wh_err
host_group_publish(const struct wh_host *h, wh_id group, uint64_t seq, struct wh_str bytes, const struct wh_session *except,
    unsigned flags)
{
	return group_publish(hub_of(h), group, seq, bytes, except, flags);
}

static struct wh_str
host_request_header(struct wh_request *r, const char *name)
{
	return exchange_header(exchange_of(r), name);
}

static struct wh_str
host_request_param(struct wh_request *r, const char *name)
{
	return exchange_param(exchange_of(r), name);
}

static void
host_respond_header(struct wh_request *r, const char *name, struct wh_str value)
{
	exchange_put_header(exchange_of(r), name, value);
}

static struct wh_out *
host_respond_body(struct wh_request *r)
{
	return exchange_body(exchange_of(r));
}

static enum wh_err
host_respond(struct wh_request *r, unsigned status, const char *content_type)
{
	return exchange_respond(exchange_of(r), status, content_type);
}

static enum wh_err
host_respond_problem(struct wh_request *r, enum wh_err err, const char *why)
{
	return exchange_problem(exchange_of(r), err, wh_str(why), (struct wh_str){ NULL, 0 }, 0);
}

static wh_id
host_request_hold(struct wh_request *r)
{
	return exchange_hold(exchange_of(r));
}

static struct wh_request *
host_request_find(const struct wh_host *h, wh_id id)
{
	struct exchange *x = exchange_find(hub_of(h), id);

	return x != NULL && x->public.host == h ? &x->public : NULL;
}

static enum wh_err
host_job_start(const struct wh_host *h, const struct wh_job *job, const void *request)
{
	return job_start(hub_of(h), h, plugin_of(h)->self, job, request);
}

static wh_id
host_timer_start(const struct wh_host *h, int64_t ms, int64_t every_ms, void (*fired)(void *self, uint64_t cookie), uint64_t cookie)
{
	struct plugin *p = plugin_of(h);

	return timer_start(p->hub, h, p->name, ms, every_ms, fired, p->self, cookie);
}

static void
host_timer_stop(const struct wh_host *h, wh_id timer)
{
	timer_stop(hub_of(h), timer);
}

static void
host_metric_add(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n)
{
	metric_add(hub_of(h), m, label, n);
}

static void
host_metric_set(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n)
{
	metric_set(hub_of(h), m, label, n);
}

static void
host_metric_took(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t us)
{
	metric_took(hub_of(h), m, label, us);
}

static void
host_metrics_read(const struct wh_host *h, void (*each)(void *self, const struct wh_sample *s), void *self)
{
	metrics_read(hub_of(h), each, self);
}

static const void *
host_service_find(const struct wh_host *h, const char *name, uint32_t version, void **self_out)
{
	return service_find(hub_of(h), plugin_of(h), name, version, self_out);
}

static enum wh_err
host_helper_send(const struct wh_host *h, const struct wh_helper *helper, wh_id id, struct wh_str bytes)
{
	return helper_send(hub_of(h), h, helper, id, bytes);
}

static enum wh_err
host_helper_end(const struct wh_host *h, const struct wh_helper *helper, const char *why)
{
	return helper_end(hub_of(h), h, helper, why);
}

const struct wh_host_ops plugin_host_ops = {
	.abi = WH_ABI,
	.size = sizeof(struct wh_host_ops),
	.alloc = host_alloc,
	.release = host_release,
	.log = host_log,
	.now_ms = host_now_ms,
	.wall_ms = host_wall_ms,
	.random = host_random,
	.state_dir = host_state_dir,
	.call_arg = host_call_arg,
	.call_session = host_call_session,
	.call_reply = host_call_reply,
	.call_fail = host_call_fail,
	.call_hold = host_call_hold,
	.call_find = host_call_find,
	.call_done = host_call_done,
	.run = host_run,
	.session_id = host_session_id,
	.session_get = host_session_get,
	.session_identity = host_session_identity,
	.session_identify = host_session_identify,
	.session_may = host_session_may,
	.session_address = host_session_address,
	.session_dialect = host_session_dialect,
	.session_send = host_session_send,
	.session_notify = host_session_notify,
	.session_close = host_session_close,
	.session_slot = host_session_slot,
	.slot_of = host_slot_of,
	.session_changed = host_session_changed,
	.session_each = host_session_each,
	.refuse = host_refuse,
	.hook_go = host_hook_go,
	.unwell = host_unwell,
	.message_ask = host_message_ask,
	.room_open = host_room_open,
	.room_find = host_room_find,
	.room_get = host_room_get,
	.room_id = host_room_id,
	.room_name = host_room_name,
	.room_join = host_room_join,
	.room_leave = host_room_leave,
	.room_move = host_room_move,
	.room_has = host_room_has,
	.room_members = host_room_members,
	.room_each = host_room_each,
	.room_keep = host_room_keep,
	.room_seq = host_room_seq,
	.room_seq_everywhere = host_room_seq_everywhere,
	.room_publish = host_room_publish,
	.group_open = host_group_open,
	.group_close = host_group_close,
	.group_join = host_group_join,
	.group_leave = host_group_leave,
	.group_publish = host_group_publish,
	.request_header = host_request_header,
	.request_param = host_request_param,
	.respond_header = host_respond_header,
	.respond_body = host_respond_body,
	.respond = host_respond,
	.respond_problem = host_respond_problem,
	.request_hold = host_request_hold,
	.request_find = host_request_find,
	.job_start = host_job_start,
	.timer_start = host_timer_start,
	.timer_stop = host_timer_stop,
	.metric_add = host_metric_add,
	.metric_set = host_metric_set,
	.metric_took = host_metric_took,
	.metrics_read = host_metrics_read,
	.service_find = host_service_find,
	.helper_send = host_helper_send,
	.helper_end = host_helper_end,
	.call_request = host_call_request,
	.person_ask = host_person_ask,
	.person_find = host_person_find,
	.session_accent = host_session_accent,
	.session_accent_set = host_session_accent_set,
	.rooms_each = host_rooms_each,
	.room_begin_epoch = host_room_begin_epoch,
	.dict = &wh_dict_ops,
	.json_read = host_json_read,
	.session_rooms = host_session_rooms,
	.session_secure = host_session_secure,
	.session_address_set = host_session_address_set,
	.message_find = host_message_find,
	.session_echoes = host_session_echoes,
	.session_param = host_session_param,
	.formula = &formula_ops,
	.session_reach = host_session_reach,
};
