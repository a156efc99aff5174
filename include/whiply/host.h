/* The host: what the server gives a plugin, as one table of functions. Plugins call the inline wrappers of the other headers,
 * never the table itself. The table only grows at its end; `size` says how much of it there is.
 * All functions are called on the hub's thread; a job's `work` may call none. */
#ifndef WHIPLY_HOST_H
#define WHIPLY_HOST_H

#include <whiply/log.h>
#include <whiply/types.h>

struct wh_call;
struct wh_dict_ops;
struct wh_event;
struct wh_formula_ops;
struct wh_health;
struct wh_helper;
struct wh_host;
struct wh_identity;
struct wh_item;
struct wh_job;
struct wh_json;
struct wh_message;
struct wh_metric;
struct wh_occasion;
struct wh_out;
struct wh_person;
struct wh_request;
struct wh_room;
struct wh_sample;
struct wh_session;
struct wh_slot;
struct wh_value;

struct wh_host_ops {
	uint32_t abi;
	uint32_t size;

	void *(*alloc)(const struct wh_host *h, size_t n);
	void (*release)(const struct wh_host *h, void *p);
	void (*log)(const struct wh_host *h, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n);
	int64_t (*now_ms)(const struct wh_host *h);
	int64_t (*wall_ms)(const struct wh_host *h);
	void (*random)(const struct wh_host *h, void *to, size_t n);
	struct wh_str (*state_dir)(const struct wh_host *h);

	const struct wh_value *(*call_arg)(struct wh_call *c, const char *field);
	struct wh_session *(*call_session)(struct wh_call *c);
	struct wh_json *(*call_reply)(struct wh_call *c);
	enum wh_err (*call_fail)(struct wh_call *c, enum wh_err err, struct wh_str why, int64_t retry_ms);
	wh_id (*call_hold)(struct wh_call *c);
	struct wh_call *(*call_find)(const struct wh_host *h, wh_id id);
	void (*call_done)(struct wh_call *c, enum wh_err err);
	void (*run)(const struct wh_host *h, struct wh_session *s, const char *command, const struct wh_item *args, size_t n,
	    void (*done)(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result), uint64_t cookie);

	wh_id (*session_id)(const struct wh_host *h, const struct wh_session *s);
	struct wh_session *(*session_get)(const struct wh_host *h, wh_id id);
	const struct wh_identity *(*session_identity)(const struct wh_host *h, const struct wh_session *s);
	enum wh_err (*session_identify)(const struct wh_host *h, struct wh_session *s, const struct wh_identity *who);
	bool (*session_may)(const struct wh_host *h, const struct wh_session *s, const char *permission);
	struct wh_str (*session_address)(const struct wh_host *h, const struct wh_session *s);
	const char *(*session_dialect)(const struct wh_host *h, const struct wh_session *s);
	enum wh_err (*session_send)(const struct wh_host *h, struct wh_session *s, struct wh_str bytes);
	enum wh_err (*session_notify)(const struct wh_host *h, struct wh_session *s, const struct wh_event *e);
	void (*session_close)(const struct wh_host *h, struct wh_session *s, unsigned code, struct wh_str reason);
	struct wh_slot *(*session_slot)(const struct wh_host *h, const char *name, size_t size);
	void *(*slot_of)(const struct wh_host *h, struct wh_session *s, const struct wh_slot *slot);
	void (*session_changed)(const struct wh_host *h, struct wh_session *s);
	void (*session_each)(const struct wh_host *h, bool (*each)(void *self, struct wh_session *s), void *self);

	enum wh_verdict (*refuse)(const struct wh_occasion *at, enum wh_err err, const char *why, int64_t retry_ms);
	void (*hook_go)(const struct wh_host *h, wh_id ticket, enum wh_verdict verdict, enum wh_err err, const char *why);
	void (*unwell)(struct wh_health *health, const char *part, const char *why);
	void (*message_ask)(const struct wh_host *h, const struct wh_message *m,
	    void (*then)(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms),
	    uint64_t cookie);

	struct wh_room *(*room_open)(const struct wh_host *h, struct wh_str name);
	struct wh_room *(*room_find)(const struct wh_host *h, struct wh_str name);
	struct wh_room *(*room_get)(const struct wh_host *h, wh_id id);
	wh_id (*room_id)(const struct wh_host *h, const struct wh_room *r);
	struct wh_str (*room_name)(const struct wh_host *h, const struct wh_room *r);
	void (*room_join)(const struct wh_host *h, struct wh_room *r, struct wh_session *s,
	    void (*then)(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms), uint64_t cookie);
	enum wh_err (*room_leave)(const struct wh_host *h, struct wh_room *r, struct wh_session *s, struct wh_str reason);
	bool (*room_has)(const struct wh_host *h, const struct wh_room *r, const struct wh_session *s);
	size_t (*room_members)(const struct wh_host *h, const struct wh_room *r);
	void (*room_each)(const struct wh_host *h, struct wh_room *r, bool (*each)(void *self, struct wh_session *s), void *self);
	void (*room_keep)(const struct wh_host *h, struct wh_room *r, bool keep);
	uint64_t (*room_seq)(const struct wh_host *h, const struct wh_room *r);
	uint64_t (*room_seq_everywhere)(const struct wh_host *h, const struct wh_room *r);
	enum wh_err (*room_publish)(const struct wh_host *h, struct wh_room *r, uint64_t seq, const struct wh_event *e,
	    const struct wh_session *except, unsigned flags);
	wh_id (*group_open)(const struct wh_host *h, struct wh_str name);
	void (*group_close)(const struct wh_host *h, wh_id group);
	enum wh_err (*group_join)(const struct wh_host *h, wh_id group, struct wh_session *s);
	enum wh_err (*group_leave)(const struct wh_host *h, wh_id group, struct wh_session *s);
	enum wh_err (*group_publish)(const struct wh_host *h, wh_id group, uint64_t seq, struct wh_str bytes,
	    const struct wh_session *except, unsigned flags);

	struct wh_str (*request_header)(struct wh_request *r, const char *name);
	struct wh_str (*request_param)(struct wh_request *r, const char *name);
	void (*respond_header)(struct wh_request *r, const char *name, struct wh_str value);
	struct wh_out *(*respond_body)(struct wh_request *r);
	enum wh_err (*respond)(struct wh_request *r, unsigned status, const char *content_type);
	enum wh_err (*respond_problem)(struct wh_request *r, enum wh_err err, const char *why);
	wh_id (*request_hold)(struct wh_request *r);
	struct wh_request *(*request_find)(const struct wh_host *h, wh_id id);

	enum wh_err (*job_start)(const struct wh_host *h, const struct wh_job *job, const void *request);
	wh_id (*timer_start)(const struct wh_host *h, int64_t ms, int64_t every_ms, void (*fired)(void *self, uint64_t cookie),
	    uint64_t cookie);
	void (*timer_stop)(const struct wh_host *h, wh_id timer);

	void (*metric_add)(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n);
	void (*metric_set)(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n);
	void (*metric_took)(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t us);
	void (*metrics_read)(const struct wh_host *h, void (*each)(void *self, const struct wh_sample *s), void *self);

	const void *(*service_find)(const struct wh_host *h, const char *name, uint32_t version, void **self_out);
	enum wh_err (*helper_send)(const struct wh_host *h, const struct wh_helper *helper, wh_id id, struct wh_str bytes);

	struct wh_request *(*call_request)(struct wh_call *c);
	void (*person_ask)(const struct wh_host *h, int point, struct wh_str id, struct wh_str name,
	    void (*then)(void *self, uint64_t cookie, enum wh_err err, struct wh_str json, struct wh_str why), uint64_t cookie);
	struct wh_person *(*person_find)(const struct wh_host *h, wh_id ticket);
	uint32_t (*session_accent)(const struct wh_host *h, const struct wh_session *s);
	enum wh_err (*session_accent_set)(const struct wh_host *h, struct wh_session *s, uint32_t accent);
	void (*rooms_each)(const struct wh_host *h, bool (*each)(void *self, struct wh_room *r), void *self);
	void (*room_begin_epoch)(const struct wh_host *h, struct wh_room *r, uint64_t seq);
	const struct wh_dict_ops *dict;
	enum wh_err (*json_read)(const struct wh_host *h, struct wh_str text, struct wh_value *value_out);
	void (*session_rooms)(const struct wh_host *h, struct wh_session *s, bool (*each)(void *self, struct wh_room *r), void *self);
	bool (*session_secure)(const struct wh_host *h, const struct wh_session *s);
	enum wh_err (*session_address_set)(const struct wh_host *h, struct wh_session *s, struct wh_str address);
	enum wh_err (*helper_end)(const struct wh_host *h, const struct wh_helper *helper, const char *why);
	struct wh_message *(*message_find)(const struct wh_host *h, wh_id ticket);
	bool (*session_echoes)(const struct wh_host *h, struct wh_session *s);
	struct wh_str (*session_param)(const struct wh_host *h, const struct wh_session *s, const char *name);
	const struct wh_formula_ops *formula;
	enum wh_err (*room_move)(const struct wh_host *h, struct wh_room *from, struct wh_room *to);
	int (*session_reach)(const struct wh_host *h, const struct wh_session *s);
};

/** One plugin's host. Borrowed: it lives from before `open` until after `close`. */
struct wh_host {
	const struct wh_host_ops *ops;
};

/** Zeroed memory that is counted as the plugin's. NULL when there is none. */
static inline void *
wh_new(const struct wh_host *h, size_t n)
{
	return h->ops->alloc(h, n);
}

static inline void
wh_delete(const struct wh_host *h, void *p)
{
	h->ops->release(h, p);
}

/** Writes a log line: wh_host_log(host, WH_WARN, "login_refused", WH_S("account", name)); see log.h. */
#define wh_host_log(host, level, event, ...) ((host)->ops->log((host), (level), (event), WH_PAIRS(__VA_ARGS__)))

/** Random bytes, fit for keys. */
static inline void
wh_random(const struct wh_host *h, void *to, size_t n)
{
	h->ops->random(h, to, n);
}

/** The plugin's own folder for what it keeps; it exists. NUL-terminated. */
static inline struct wh_str
wh_state_dir(const struct wh_host *h)
{
	return h->ops->state_dir(h);
}

/** A service of another plugin, or NULL. Call it through the service's own header. */
static inline const void *
wh_service_find(const struct wh_host *h, const char *name, uint32_t version, void **self_out)
{
	return h->ops->service_find(h, name, version, self_out);
}

/** Sends bytes to the plugin's helper; WH_EAWAY while it is down. */
static inline enum wh_err
wh_helper_send(const struct wh_host *h, const struct wh_helper *helper, wh_id id, struct wh_str bytes)
{
	return h->ops->helper_send(h, helper, id, bytes);
}

/** Has the plugin's helper killed at once, for one that does not answer: asks in flight are lost, `down` is told, and a new one is started.
 * `why` is for the log. WH_EAWAY while it is down. */
static inline enum wh_err
wh_helper_end(const struct wh_host *h, const struct wh_helper *helper, const char *why)
{
	return h->ops->helper_end(h, helper, why);
}

#endif
