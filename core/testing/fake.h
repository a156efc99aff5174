/* The inside of the fake host (whiply/testing.h). One struct wh_test holds everything that the plugins share, and a struct fake_plugin
 * for each of them; what a plugin may still point to after its end (sessions, calls, requests) stays until wh_test_end, marked as gone,
 * so that its use is told instead of undefined.
 * The functions that fake_host.c puts into the table have the very signatures of struct wh_host_ops. */
#ifndef WHIPLY_TESTING_FAKE_H
#define WHIPLY_TESTING_FAKE_H

#include <whiply/list.h>
#include <whiply/testing.h>

#include "base/arena.h"
#include "base/args.h"
#include "base/bucket.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/out.h"

enum { FAKE_PLUGINS = 8, FAKE_HOOKS = 64, FAKE_LABELS = 64, FAKE_BOUNDS = 5, FAKE_PAPERS = 1024, FAKE_ROOM_NAME = 128, FAKE_SLOTS = 8192,
	FAKE_STEP_MS = 5 /* in which time passes by itself, see wh_test_settle */ };

/** A plugin: the one under test, or one that wh_test_load loaded beside it. */
struct fake_plugin {
	struct wh_host host;		/* first: this is what the plugin holds */
	struct wh_list place;		/* in wh_test's plugins, once it was opened */
	struct wh_test *t;
	const struct wh_plugin *row;	/* NULL while it is looked for */
	const char *name;
	unsigned number;		/* of its part of the papers */
	void *library;			/* owned, of dlopen; NULL: it is linked with the test */
	struct wh_conf *conf;
	char *settings;			/* owned */
	void *self;
	bool open, opening;
	const char *folder;		/* its state folder, once it was asked for */
	struct wh_list memory, slots;
	struct wh_json_doc doc;		/* of wh_json_read_text */
	struct wh_buf scratch;		/* owned: its strings that had escapes */
};

/** Rows that the test gave, of no plugin; called with the host of the one under test. */
struct fake_others {
	struct wh_list place;
	const struct wh_command *commands;
	const struct wh_hook *hooks;
	const struct wh_service *service;
	void *self;
};

struct fake_role {
	struct wh_list place;
	struct wh_str name, allow, deny;	/* globs between blanks */
};

struct fake_timer {
	struct wh_list place;
	wh_id id;
	int64_t due_ms, every_ms;
	void (*fired)(void *self, uint64_t cookie);
	struct fake_plugin *p;	/* NULL: a time-out of the fake host, for `self` */
	void *self;
	uint64_t cookie;
};

struct fake_job {
	struct wh_list place;
	struct fake_plugin *p;
	const struct wh_job *row;
	_Alignas(16) char request[];
};

struct wh_slot {
	struct wh_list place;
	struct fake_plugin *p;
	const char *name;
	size_t size;
	bool taken;		/* else what a plugin that is being reloaded may take up again */
};

struct fake_slot_bytes {
	struct wh_list place;
	const struct wh_slot *slot;
	_Alignas(16) char bytes[];
};

enum fake_state { FAKE_ATTACHED = 1, FAKE_DETACHED, FAKE_EPHEMERAL, FAKE_ENDED };

struct fake_sent {
	struct wh_list place;
	const char *text;	/* of the arena */
};

/** A token bucket of one session and one row. */
struct fake_rate {
	struct wh_list place;
	const void *row;
	struct wh_bucket bucket;
};

struct wh_session {
	struct wh_str address;		/* empty: the usual one */
	struct wh_str query;		/* while its dialect greets it */
	struct wh_list place;
	struct wh_test *t;
	wh_id id;
	enum fake_state state;
	uint64_t ended_turn;
	struct wh_identity who;
	char *who_text;			/* owned: what `who` points to; freed when the identity changes, so that stale slices are found */
	const struct wh_dialect *dialect;	/* NULL: json */
	struct fake_plugin *speaker;		/* whose dialect it is */
	wh_accent accent;
	struct wh_list sent, slots, rates;
	struct fake_sent *read;		/* the last that wh_test_next gave */
	struct wh_buf papers[FAKE_PLUGINS];	/* each plugin's part */
	bool closing, dirty;
	enum wh_allow reach;			/* 0: all */
	unsigned code;
	const char *reason;
};

struct fake_member {
	struct wh_list place;
	struct wh_session *session;
};

struct wh_room {
	struct wh_list place;
	wh_id id;
	struct wh_str name;
	struct wh_list members;
	size_t n;
	uint64_t seq;
	bool keep, ended;
};

struct fake_group {
	struct wh_list place;
	struct fake_plugin *p;
	wh_id id;
	struct wh_str name;
	struct wh_list members;
	uint64_t seq;
	bool open;
};

struct fake_call {
	struct wh_call public;		/* first: this is what the plugin holds */
	struct wh_list place;
	struct wh_test *t;
	struct wh_session *session;
	const struct wh_command *row;
	struct fake_plugin *p;		/* whose command it is; of a row of the test and `self`: the one under test */
	void *self;			/* of a row of the test */
	struct wh_args args;
	struct wh_json_doc doc;
	struct wh_buf text, scratch, reply, why;
	struct wh_json writer;
	char field[WH_ARGS_NAME + 1];
	enum wh_err err;
	int64_t retry_ms;
	wh_id timer;
	bool running, held, finished;
	struct wh_test_answer *answer;	/* of wh_test_call; else NULL */
	struct fake_plugin *asker;	/* of wh_run */
	wh_run_done *done;
	uint64_t cookie;
};

struct fake_request {
	struct wh_request public;	/* first */
	struct wh_list place;
	struct wh_test *t;
	struct fake_plugin *p;		/* who serves it */
	struct wh_str headers;
	struct wh_buf out_headers, body;
	struct wh_out_buf out;
	wh_id timer;
	bool serving, held, answered, own_session;
	struct wh_test_page *page;
};

struct fake_hook {
	const struct wh_hook *row;
	struct fake_plugin *p;	/* NULL: a row of the test, for `self` */
	const struct wh_host *host;
	void *self;
};

struct fake_chain {
	struct fake_hook of[FAKE_HOOKS];
	size_t n;
};

/** What is on its way through the hooks, and may be held. */
struct fake_asking {
	struct wh_list place;
	struct wh_test *t;
	wh_id id;
	struct fake_plugin *p;	/* who asks */
	struct fake_chain chain;
	size_t next;
	enum wh_hook_point point;
	bool held, went, running, finished;
	bool known;			/* a row said WH_CHANGED */
	enum wh_verdict verdict;	/* of wh_hook_go */
	struct wh_message message;	/* of these, the point's */
	struct wh_passage passage;
	struct wh_credential credential;
	struct wh_person person;
	struct wh_buf json;		/* of an export */
	struct wh_json writer;
	wh_id timer;
	wh_message_then *message_then;
	wh_outcome *join_then;
	wh_person_then *person_then;
	struct wh_test_answer *answer;
	uint64_t cookie;
};

struct fake_refusal {
	enum wh_err err;
	const char *why;
	int64_t retry_ms;
};

struct fake_block {
	struct wh_list place;
	size_t n;
	_Alignas(16) char bytes[];
};

struct fake_line {
	struct wh_list place;
	const char *event, *text;
};

struct fake_value {
	struct wh_list place;
	const struct wh_metric *row;
	const char *label;
	int64_t n;
	uint64_t counts[FAKE_BOUNDS + 1];
	int64_t sum_us;
};

struct fake_samples {
	struct wh_list place;
	const struct wh_sample *of;
	size_t n;
};

struct fake_send {
	struct wh_list place;
	const struct wh_helper *helper;
	wh_id id;
	struct wh_str bytes;
};

struct fake_helper {
	struct wh_list place;
	const struct wh_helper *row;
	bool up;
	unsigned ends;	/* how often the plugin wanted it killed */
};

struct wh_test {
	struct fake_plugin *tested;	/* owned: the one under test */
	struct wh_list plugins;		/* owned: those that were opened, in that order */
	unsigned n_plugins;		/* also those that are not opened yet */
	struct fake_plugin *working;	/* whose job works just now */
	struct wh_buf why;
	bool recovering;
	unsigned depth;			/* of turns within turns */
	uint64_t turn;
	int64_t now_ms;
	uint64_t ids, chance;
	unsigned no_memory;
	double (*formula)(const double *args, size_t n);
	size_t renders;
	struct wh_arena texts;
	struct fake_refusal refusal;
	struct wh_buf unwell;
	const char *folder;		/* above the plugins' state folders, made when asked for */
	struct wh_list sessions, rooms, groups, calls, requests, askings, timers, jobs, lines, values, samples, others, roles, sends,
	    helpers;
};

extern const struct wh_host_ops fake_ops;

/** Says what is wrong, with the plugin's name, and aborts. */
_Noreturn void fake_fault(const struct fake_plugin *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The plugin of a host; tells when a job's work calls it. */
struct fake_plugin *fake_of(const struct wh_host *h);

/** Is this the allocation that wh_test_no_memory makes fail? */
bool fake_starved(struct fake_plugin *p);

/** A turn: at the end of the outermost, sessions that were closed end, empty rooms end, and dirty papers are mirrored. */
void fake_enter(struct wh_test *t);
void fake_leave(struct wh_test *t);

void *fake_zero(size_t n);
const char *fake_text(struct wh_test *t, struct wh_str s);
struct wh_str fake_copy(struct wh_test *t, struct wh_str s);
const char *fake_err_text(enum wh_err err);
struct wh_test_answer *fake_answer(struct wh_test *t);
void fake_answer_set(struct wh_test *t, struct wh_test_answer *a, enum wh_err err, struct wh_str why, int64_t retry_ms);

/* fake_plugin.c: one plugin's life */
struct fake_plugin *fake_plugin_new(struct wh_test *t, const char *name, const struct wh_plugin *row);
void fake_plugin_free(struct fake_plugin *p);
void fake_plugin_check(const struct fake_plugin *p);
enum wh_err fake_settings(struct fake_plugin *p, const char *settings, struct wh_conf **conf_out);
void fake_settings_keep(struct fake_plugin *p, const char *settings);
enum wh_err fake_plugin_open(struct fake_plugin *p);
void fake_plugin_close(struct fake_plugin *p);
const char *fake_folder(struct fake_plugin *p);
void fake_folder_remove(struct wh_test *t);

/* fake_session.c */
struct wh_session *fake_session_new(struct wh_test *t, const char *name, const char *roles, enum fake_state state);
void fake_session_end(struct wh_session *s, bool tell);
void fake_session_free(struct wh_session *s);
void fake_sessions_turn_end(struct wh_test *t);
void fake_slots_release(struct fake_plugin *p);
void fake_slots_forget_free(struct fake_plugin *p);
bool fake_may(struct wh_test *t, const struct wh_session *s, struct wh_str permission, enum wh_allow allow);
enum wh_err fake_rate_take(struct wh_test *t, struct wh_session *s, const void *row, const char *rate, int64_t *retry_ms_out);
enum wh_err fake_render(const struct wh_session *s, const struct wh_event *e, struct wh_buf *to);

/** The session as a function of the host got it: aborts when it is gone. */
struct wh_session *fake_session(const struct fake_plugin *p, const struct wh_session *s, const char *function);

wh_id fake_session_id(const struct wh_host *h, const struct wh_session *s);
struct wh_session *fake_session_get(const struct wh_host *h, wh_id id);
const struct wh_identity *fake_session_identity(const struct wh_host *h, const struct wh_session *s);
enum wh_err fake_session_identify(const struct wh_host *h, struct wh_session *s, const struct wh_identity *who);
bool fake_session_may(const struct wh_host *h, const struct wh_session *s, const char *permission);
int fake_session_reach(const struct wh_host *h, const struct wh_session *s);
struct wh_str fake_session_address(const struct wh_host *h, const struct wh_session *s);
enum wh_err fake_session_address_set(const struct wh_host *h, struct wh_session *s, struct wh_str address);
extern const struct wh_formula_ops fake_formula_ops;
struct wh_str fake_session_param(const struct wh_host *h, const struct wh_session *s, const char *name);
/** A decoded parameter of a query. */
struct wh_str fake_query_param(struct wh_test *t, struct wh_str query, const char *name);
bool fake_session_secure(const struct wh_host *h, const struct wh_session *s);
uint32_t fake_session_accent(const struct wh_host *h, const struct wh_session *s);
enum wh_err fake_session_accent_set(const struct wh_host *h, struct wh_session *s, uint32_t accent);
const char *fake_session_dialect(const struct wh_host *h, const struct wh_session *s);
enum wh_err fake_session_send(const struct wh_host *h, struct wh_session *s, struct wh_str bytes);
enum wh_err fake_session_notify(const struct wh_host *h, struct wh_session *s, const struct wh_event *e);
void fake_session_close(const struct wh_host *h, struct wh_session *s, unsigned code, struct wh_str reason);
struct wh_slot *fake_session_slot(const struct wh_host *h, const char *name, size_t size);
void *fake_slot_of(const struct wh_host *h, struct wh_session *s, const struct wh_slot *slot);
void fake_session_changed(const struct wh_host *h, struct wh_session *s);
void fake_session_each(const struct wh_host *h, bool (*each)(void *self, struct wh_session *s), void *self);

/* fake_room.c */
enum wh_err fake_join(struct wh_room *r, struct wh_session *s);
void fake_rooms_forget_session(struct wh_test *t, struct wh_session *s, bool tell);
bool fake_rooms_turn_end(struct wh_test *t);
void fake_rooms_free(struct wh_test *t);
void fake_groups_end_closed(struct wh_test *t);
struct wh_room *fake_room_open(const struct wh_host *h, struct wh_str name);
struct wh_room *fake_room_find(const struct wh_host *h, struct wh_str name);
struct wh_room *fake_room_get(const struct wh_host *h, wh_id id);
wh_id fake_room_id(const struct wh_host *h, const struct wh_room *r);
struct wh_str fake_room_name(const struct wh_host *h, const struct wh_room *r);
void fake_room_join(const struct wh_host *h, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie);
enum wh_err fake_room_move(const struct wh_host *h, struct wh_room *from, struct wh_room *to);
enum wh_err fake_room_leave(const struct wh_host *h, struct wh_room *r, struct wh_session *s, struct wh_str reason);
bool fake_room_has(const struct wh_host *h, const struct wh_room *r, const struct wh_session *s);
size_t fake_room_members(const struct wh_host *h, const struct wh_room *r);
void fake_room_each(const struct wh_host *h, struct wh_room *r, bool (*each)(void *self, struct wh_session *s), void *self);
void fake_room_begin_epoch(const struct wh_host *h, struct wh_room *r, uint64_t seq);
void fake_rooms_each(const struct wh_host *h, bool (*each)(void *self, struct wh_room *r), void *self);
void fake_session_rooms(const struct wh_host *h, struct wh_session *s, bool (*each)(void *self, struct wh_room *r), void *self);
void fake_room_keep(const struct wh_host *h, struct wh_room *r, bool keep);
uint64_t fake_room_seq(const struct wh_host *h, const struct wh_room *r);
enum wh_err fake_room_publish(const struct wh_host *h, struct wh_room *r, uint64_t seq, const struct wh_event *e,
    const struct wh_session *except, unsigned flags);
wh_id fake_group_open(const struct wh_host *h, struct wh_str name);
void fake_group_close(const struct wh_host *h, wh_id group);
enum wh_err fake_group_join(const struct wh_host *h, wh_id group, struct wh_session *s);
enum wh_err fake_group_leave(const struct wh_host *h, wh_id group, struct wh_session *s);
enum wh_err fake_group_publish(const struct wh_host *h, wh_id group, uint64_t seq, struct wh_str bytes,
    const struct wh_session *except, unsigned flags);

/* fake_call.c */
const struct wh_command *fake_command(struct wh_test *t, struct wh_str name, struct fake_plugin **p_out, void **self_out);
void fake_calls_session_ended(struct wh_test *t, const struct wh_session *s);
void fake_calls_drop(struct wh_test *t, const struct fake_plugin *p, const char *why);
void fake_calls_check(const struct wh_test *t);
void fake_calls_free(struct wh_test *t);
const struct wh_value *fake_call_arg(struct wh_call *c, const char *field);
struct wh_session *fake_call_session(struct wh_call *c);
struct wh_json *fake_call_reply(struct wh_call *c);
enum wh_err fake_call_fail(struct wh_call *c, enum wh_err err, struct wh_str why, int64_t retry_ms);
wh_id fake_call_hold(struct wh_call *c);
struct wh_call *fake_call_find(const struct wh_host *h, wh_id id);
void fake_call_done(struct wh_call *c, enum wh_err err);
struct wh_request *fake_call_request(struct wh_call *c);
void fake_run(const struct wh_host *h, struct wh_session *s, const char *command, const struct wh_item *args, size_t n,
    wh_run_done *done, uint64_t cookie);

/* fake_request.c */
void fake_requests_drop(struct wh_test *t, const struct fake_plugin *p);
void fake_requests_check(const struct wh_test *t);
void fake_requests_free(struct wh_test *t);
struct wh_str fake_request_header(struct wh_request *r, const char *name);
struct wh_str fake_request_param(struct wh_request *r, const char *name);
void fake_respond_header(struct wh_request *r, const char *name, struct wh_str value);
struct wh_out *fake_respond_body(struct wh_request *r);
enum wh_err fake_respond(struct wh_request *r, unsigned status, const char *content_type);
enum wh_err fake_respond_problem(struct wh_request *r, enum wh_err err, const char *why);
wh_id fake_request_hold(struct wh_request *r);
struct wh_request *fake_request_find(const struct wh_host *h, wh_id id);

/* fake_hook.c */
void fake_tell_presence(struct wh_test *t, struct wh_session *s, int what);
void fake_tell_recovered(struct wh_test *t);
void fake_tell_left(struct wh_test *t, struct wh_room *r, struct wh_session *s, struct wh_str reason);
void fake_tell_audit(struct wh_test *t, const struct fake_call *c, enum wh_err outcome);
void fake_save(struct wh_test *t, struct wh_session *s);
void fake_load(struct wh_test *t, struct wh_session *s);
enum wh_verdict fake_attempt(struct wh_test *t, struct fake_call *c);
/** The rows of a point, in their order. */
struct fake_chain fake_chain_at(struct wh_test *t, enum wh_hook_point point);
struct wh_occasion fake_hook_begin(struct wh_test *t, const struct fake_hook *hook, wh_id ticket);
void *fake_hook_self(const struct fake_hook *hook);
enum wh_verdict fake_refuse(const struct wh_occasion *at, enum wh_err err, const char *why, int64_t retry_ms);
void fake_unwell(struct wh_health *health, const char *part, const char *why);

/** Is this a verdict that the point allows? */
enum wh_verdict fake_hook_verdict(const struct fake_hook *hook, enum wh_verdict v, const char *point, bool refuse, bool hold);

/* fake_ask.c */
void fake_ask_join(struct fake_plugin *p, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie,
    struct wh_test_answer *answer);
void fake_askings_drop(struct wh_test *t, const struct fake_plugin *p);
void fake_askings_check(const struct wh_test *t);
void fake_askings_free(struct wh_test *t);
void fake_hook_go(const struct wh_host *h, wh_id ticket, enum wh_verdict verdict, enum wh_err err, const char *why);
void fake_message_ask(const struct wh_host *h, const struct wh_message *m, wh_message_then *then, uint64_t cookie);
void fake_person_ask(const struct wh_host *h, int point, struct wh_str id, struct wh_str name, wh_person_then *then, uint64_t cookie);
struct wh_person *fake_person_find(const struct wh_host *h, wh_id ticket);
struct wh_message *fake_message_find(const struct wh_host *h, wh_id ticket);
bool fake_session_echoes(const struct wh_host *h, struct wh_session *s);

/* fake_time.c */
wh_id fake_deadline(struct wh_test *t, void (*fired)(void *self, uint64_t cookie), void *self);
void fake_timers_drop(struct wh_test *t, bool ours_too);
void fake_timers_check(const struct fake_plugin *p);
void fake_timers_stop(struct wh_test *t, wh_id id);
void fake_jobs_check(const struct wh_test *t);
enum wh_err fake_job_start(const struct wh_host *h, const struct wh_job *job, const void *request);
wh_id fake_timer_start(const struct wh_host *h, int64_t ms, int64_t every_ms, wh_timer_fired *fired, uint64_t cookie);
void fake_timer_stop(const struct wh_host *h, wh_id timer);
int64_t fake_now_ms(const struct wh_host *h);
int64_t fake_wall_ms(const struct wh_host *h);

/* fake_metric.c */
void fake_log(const struct wh_host *h, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n);
void fake_metric_add(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n);
void fake_metric_set(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n);
void fake_metric_took(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t us);
void fake_metrics_read(const struct wh_host *h, void (*each)(void *self, const struct wh_sample *s), void *self);
void fake_values_free(struct wh_test *t);

/* fake_other.c */
bool fake_offered(const struct wh_test *t, const char *need);
const void *fake_service_find(const struct wh_host *h, const char *name, uint32_t version, void **self_out);
enum wh_err fake_helper_end(const struct wh_host *h, const struct wh_helper *helper, const char *why);
enum wh_err fake_helper_send(const struct wh_host *h, const struct wh_helper *helper, wh_id id, struct wh_str bytes);

#endif
