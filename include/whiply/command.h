/* Commands: what a client may ask. A command is declared once, as a row, and is then reachable over WebSocket, HTTP, the
 * control socket and every dialect, with its arguments checked, its permission and rate applied, counted and timed. */
#ifndef WHIPLY_COMMAND_H
#define WHIPLY_COMMAND_H

#include <whiply/host.h>
#include <whiply/json.h>

enum wh_field_type {
	WH_F_TEXT = 1,	/**< a string; min and max bound its bytes (0, 0: at most 4096) */
	WH_F_NAME,	/**< a string of 1 to 64 bytes without spaces and control characters */
	WH_F_INT,	/**< an integer from min to max */
	WH_F_NUM,
	WH_F_BOOL,
	WH_F_CHOICE,	/**< one of `choices` */
	WH_F_ID,	/**< an id as the server gave it, a string */
	WH_F_TIME,	/**< RFC 3339, or milliseconds since 1970 */
	WH_F_DURATION,	/**< "30s", or milliseconds */
	WH_F_LIST,	/**< an array, to be read with wh_json_each */
	WH_F_OBJECT,	/**< an object, likewise */
};

struct wh_field {
	const char *name;
	enum wh_field_type type;
	bool required;
	int64_t min, max;	/**< both 0: the type's own bounds */
	const char *choices;	/**< "on|off" */
	const char *def;	/**< what an absent field reads as; NULL: wh_arg says it is absent */
	const char *help;
};

/** Who may call a command, unless the operator's `roles` say otherwise. Each includes those before it. */
enum wh_allow {
	WH_ALLOW_GUEST = 1,
	WH_ALLOW_MEMBER,
	WH_ALLOW_MODERATOR,
	WH_ALLOW_ADMIN,
};

enum wh_command_flags {
	WH_AUDIT = 1u << 0,	/**< each call is written to the audit log */
	WH_READS = 1u << 1,	/**< changes nothing; may be called by HTTP GET as well */
	WH_LOCAL = 1u << 2,	/**< only over the control socket */
};

struct wh_command {
	const char *name;		/**< "plugin.verb"; also the permission's name */
	const struct wh_field *fields;
	enum wh_allow allow;
	const char *rate;		/**< per session, "5/s burst 20"; NULL: the server's default */
	unsigned flags;
	enum wh_err (*run)(void *self, struct wh_call *call);
	const char *help;		/**< one line */
};

/** A call under way. Borrowed: valid until `run` returns, or, after wh_call_hold, until wh_call_done. */
struct wh_call {
	const struct wh_host *host;	/**< the host of the plugin whose command runs */
	wh_id id;
};

/** The argument, or NULL when it was not given and has no default. Checked against its row already. */
static inline const struct wh_value *
wh_arg(struct wh_call *c, const char *field)
{
	return c->host->ops->call_arg(c, field);
}

static inline bool
wh_arg_has(struct wh_call *c, const char *field)
{
	return wh_arg(c, field) != NULL;
}

/** A text argument; empty when it was not given. */
static inline struct wh_str
wh_arg_str(struct wh_call *c, const char *field)
{
	const struct wh_value *v = wh_arg(c, field);

	return v != NULL ? v->s : (struct wh_str){ NULL, 0 };
}

/** An integer, time (ms) or duration (ms) argument; 0 when it was not given. */
static inline int64_t
wh_arg_int(struct wh_call *c, const char *field)
{
	const struct wh_value *v = wh_arg(c, field);

	return v != NULL ? v->i : 0;
}

static inline double
wh_arg_num(struct wh_call *c, const char *field)
{
	const struct wh_value *v = wh_arg(c, field);

	return v == NULL ? 0 : v->type == WH_V_INT ? (double)v->i : v->d;
}

static inline bool
wh_arg_bool(struct wh_call *c, const char *field)
{
	const struct wh_value *v = wh_arg(c, field);

	return v != NULL && v->b;
}

/** Who calls. Never NULL: an HTTP call or the control socket has a session for as long as the call. */
static inline struct wh_session *
wh_call_session(struct wh_call *c)
{
	return c->host->ops->call_session(c);
}

/** The HTTP request that the call came with, to read its headers and add some to the answer; NULL when it came another way. */
static inline struct wh_request *
wh_call_request(struct wh_call *c)
{
	return c->host->ops->call_request(c);
}

/** The writer of the result, inside the result object: write its members. */
static inline struct wh_json *
wh_reply(struct wh_call *c)
{
	return c->host->ops->call_reply(c);
}

/** Fails the call: `why` is for a person, says what to do. Returns `err`, so that `return wh_fail(…)` reads well. */
static inline enum wh_err
wh_fail(struct wh_call *c, enum wh_err err, const char *why)
{
	return c->host->ops->call_fail(c, err, wh_str(why), 0);
}

/** The same with a slice (copied), and for WH_EFAST and WH_EAWAY with when to try again. */
static inline enum wh_err
wh_fail_str(struct wh_call *c, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	return c->host->ops->call_fail(c, err, why, retry_ms);
}

/** Keeps the call open after `run` returned WH_WAIT. It is finished with wh_call_done (which may come before `run` returns),
 * or fails by itself with WH_ETIME. */
static inline wh_id
wh_call_hold(struct wh_call *c)
{
	return c->host->ops->call_hold(c);
}

/** A held call, or NULL when it timed out or its session went away. */
static inline struct wh_call *
wh_call_find(const struct wh_host *h, wh_id id)
{
	return h->ops->call_find(h, id);
}

/** Finishes a held call with what was written to wh_reply, or with the error. The call is gone afterwards. */
static inline void
wh_call_done(struct wh_call *c, enum wh_err err)
{
	c->host->ops->call_done(c, err);
}

/** Where an answer to wh_run goes: `result` is a JSON object, or with an error a sentence for a person. */
typedef void wh_run_done(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result);

/** Reads a JSON text, such as the result of wh_run. The value is good until the next call of this. WH_ESYNTAX, WH_ETOOBIG, WH_ENOMEM. */
static inline enum wh_err
wh_json_read_text(const struct wh_host *h, struct wh_str text, struct wh_value *value_out)
{
	return h->ops->json_read(h, text, value_out);
}

/** Runs a command for a session, as a dialect does that understood its client. `done` may be called before this returns. */
static inline void
wh_run(const struct wh_host *h, struct wh_session *s, const char *command, const struct wh_item *args, size_t n,
    wh_run_done *done, uint64_t cookie)
{
	h->ops->run(h, s, command, args, n, done, cookie);
}

/** The highest rung that is served where this session came in: its roles may say more, and then it has to come over another listener.
 * wh_session_may knows; ask this only where a plugin looks at roles itself, or to say why. */
static inline enum wh_allow
wh_session_reach(const struct wh_host *h, const struct wh_session *s)
{
	return (enum wh_allow)h->ops->session_reach(h, s);
}

#endif
