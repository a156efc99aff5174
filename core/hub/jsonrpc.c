/* JSON-RPC 2.0 of jsonrpc.h. A text is checked once as a whole; of each call its arguments are handed on as they stand. A batch lives on
 * the heap until the last of its calls is done; a single call needs no memory of its own: its id travels as the call's tag. */
#include "hub/jsonrpc.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/args.h"
#include "config.h"
#include "hub/command.h"
#include "hub/control.h"
#include "hub/fault.h"
#include "hub/hub.h"

struct rpc_batch {
	struct wh_buf out;
	wh_id client;
	unsigned left;		/* calls without an answer, and one while the batch is being read */
};

static const struct wh_json_limits rpc_limits = { .bytes = WH_JSON_BYTES, .unique_keys = true };

void
rpc_id_text(wh_id id, char out[static RPC_ID_TEXT])
{
	snprintf(out, RPC_ID_TEXT, "%016llx", (unsigned long long)id);
}

bool
rpc_id_parse(struct wh_str text, wh_id *id_out)
{
	wh_id id = 0;

	if (text.n != RPC_ID_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c >= '0' && c <= '9')
			id = id << 4 | (wh_id)(c - '0');
		else if (c >= 'a' && c <= 'f')
			id = id << 4 | (wh_id)(c - 'a' + 10);
		else
			return false;
	}
	*id_out = id;
	return true;
}

static void
rpc_send(struct hub *hub, wh_id client, wh_id session, struct wh_str text)
{
	struct wh_session *s;

	if (client != 0) {
		control_send(hub, client, text);
		return;
	}
	s = session_get(hub, session);
	if (s != NULL)
		session_send(hub, s, text);
}

static void
rpc_put_error(struct wh_buf *to, struct wh_str id, int code, struct wh_str message, const struct command_result *r)
{
	struct wh_json w;

	wh_json_begin(&w, to);
	wh_json_object(&w, NULL);
	wh_json_str(&w, "jsonrpc", WH_STR("2.0"));
	wh_json_object(&w, "error");
	wh_json_int(&w, "code", code);
	wh_json_str(&w, "message", message);
	if (r != NULL) {
		wh_json_object(&w, "data");
		wh_json_text(&w, "code", r->unknown ? "unknown_command" : fault_of(r->err)->code);
		if (r->field.n != 0)
			wh_json_str(&w, "field", r->field);
		if (r->retry_ms > 0)
			wh_json_int(&w, "retry_ms", r->retry_ms);
		if (r->trace != NULL && r->trace->id[0] != '\0')
			wh_json_text(&w, "trace", r->trace->id);
		wh_json_end(&w);
	}
	wh_json_end(&w);
	wh_json_raw(&w, "id", id);
	wh_json_end(&w);
	if (!wh_json_finish(&w))
		to->failed = true;
}

void
jsonrpc_put_result(struct wh_buf *to, struct wh_str id, const struct command_result *r)
{
	if (r->err != WH_OK) {
		rpc_put_error(to, id, r->unknown ? RPC_METHOD : fault_of(r->err)->rpc, r->why, r);
		return;
	}
	wh_buf_text(to, "{\"jsonrpc\":\"2.0\",\"result\":");
	wh_buf_str(to, r->json);
	wh_buf_text(to, ",\"id\":");
	wh_buf_str(to, id);
	wh_buf_byte(to, '}');
}

/* One answer less is due; the last one sends the batch, if there is anything in it. */
static void
batch_less(struct hub *hub, struct rpc_batch *b, wh_id session)
{
	if (--b->left != 0)
		return;
	if (b->out.n != 0 && !b->out.failed) {
		wh_buf_byte(&b->out, ']');
		rpc_send(hub, b->client, session, wh_buf_slice(&b->out));
	} else if (b->out.failed) {
		wh_buf_reset(&b->out);
		rpc_put_error(&b->out, WH_STR("null"), RPC_INTERNAL, WH_STR("the answers of this batch are too long"), NULL);
		rpc_send(hub, b->client, session, wh_buf_slice(&b->out));
	}
	wh_buf_free(&b->out);
	free(b);
}

static void
batch_next(struct rpc_batch *b)
{
	wh_buf_byte(&b->out, b->out.n == 0 ? '[' : ',');
}

static void
rpc_done(struct hub *hub, void *self, uint64_t cookie, const struct command_result *r)
{
	struct rpc_batch *batch = self;
	bool notification = r->tag.n == 0;
	struct wh_buf out;

	if (batch != NULL) {
		if (!notification) {
			batch_next(batch);
			jsonrpc_put_result(&batch->out, r->tag, r);
		}
		batch_less(hub, batch, r->session);
		return;
	}
	if (notification)
		return;
	out = hub_scratch_take(hub);
	jsonrpc_put_result(&out, r->tag, r);
	if (!out.failed)
		rpc_send(hub, cookie, r->session, wh_buf_slice(&out));
	hub_scratch_give(hub, &out);
}

static void
rpc_refuse(struct hub *hub, struct wh_session *s, wh_id client, struct rpc_batch *batch, struct wh_str id, int code, struct wh_str why)
{
	struct wh_buf out;

	if (batch != NULL) {
		batch_next(batch);
		rpc_put_error(&batch->out, id, code, why, NULL);
		return;
	}
	out = hub_scratch_take(hub);
	rpc_put_error(&out, id, code, why, NULL);
	if (!out.failed)
		rpc_send(hub, client, s->id, wh_buf_slice(&out));
	hub_scratch_give(hub, &out);
}

/* The members of one request. */
struct rpc_request {
	struct wh_value version, id, method, params, traceparent;
};

static void
rpc_read(const struct wh_value *object, struct rpc_request *r)
{
	struct wh_json_in in = wh_json_each(object);
	struct wh_value v;
	struct wh_str key;

	*r = (struct rpc_request){ 0 };
	while (wh_json_next(&in, &key, &v)) {
		if (wh_str_is(key, "method"))
			r->method = v;
		else if (wh_str_is(key, "params"))
			r->params = v;
		else if (wh_str_is(key, "id"))
			r->id = v;
		else if (wh_str_is(key, "jsonrpc"))
			r->version = v;
		else if (wh_str_is(key, "traceparent"))
			r->traceparent = v;
	}
}

/* Why this is no request, or NULL. */
static const char *
rpc_bad(const struct rpc_request *r)
{
	if (r->version.type != WH_V_STR || !wh_str_is(r->version.s, "2.0"))
		return "a request is an object with \"jsonrpc\":\"2.0\"";
	if (r->method.type != WH_V_STR || r->method.s.n == 0)
		return "a request names its method, a string";
	if (r->params.type != WH_V_NONE && r->params.type != WH_V_OBJECT && r->params.type != WH_V_ARRAY)
		return "params are an object";
	return NULL;
}

static bool
rpc_id_ok(const struct wh_value *id)
{
	return (id->type == WH_V_NULL || id->type == WH_V_INT || id->type == WH_V_NUM || id->type == WH_V_STR) && id->raw.n <= RPC_ID;
}

static void
rpc_one(struct hub *hub, struct wh_session *s, wh_id client, struct rpc_batch *batch, const struct wh_value *v)
{
	struct rpc_request r;
	struct trace trace = { .sampled = false };
	struct wh_str id = WH_STR("null");
	const char *bad;
	bool notification;

	if (v->type != WH_V_OBJECT) {
		rpc_refuse(hub, s, client, batch, id, RPC_REQUEST, WH_STR("a request is an object"));
		return;
	}
	rpc_read(v, &r);
	notification = r.id.type == WH_V_NONE;
	if (!notification && !rpc_id_ok(&r.id)) {
		rpc_refuse(hub, s, client, batch, id, RPC_REQUEST, WH_STR("an id is a string, a number or null, of at most 256 bytes"));
		return;
	}
	if (!notification)
		id = r.id.raw;
	bad = rpc_bad(&r);
	if (bad != NULL) {
		rpc_refuse(hub, s, client, batch, id, RPC_REQUEST, wh_str(bad));
		return;
	}
	if (r.params.type == WH_V_ARRAY) {
		if (!notification)
			rpc_refuse(hub, s, client, batch, id, RPC_PARAMS, WH_STR("params are an object: arguments have names here"));
		return;
	}
	if (r.traceparent.type == WH_V_STR)
		trace_parse(r.traceparent.s, &trace);
	if (batch != NULL)
		batch->left++;
	command_run(hub, &(struct command_ask){ .session = s, .name = r.method.s, .json = r.params.raw,
		.tag = notification ? (struct wh_str){ NULL, 0 } : id, .trace = &trace, .done = rpc_done, .self = batch, .cookie = client });
}

/* Who speaks after a call that may have been session.resume; NULL: nobody any more. */
static struct wh_session *
rpc_speaker(struct hub *hub, struct wh_session *s, wh_id conn)
{
	if (s->state != SESSION_ENDED && (conn == 0 || s->conn == conn))
		return s;
	return conn != 0 ? session_by_conn(hub, conn) : NULL;
}

static void
rpc_batch(struct hub *hub, struct wh_session *s, wh_id client, const struct wh_value *array)
{
	struct wh_json_in in = wh_json_each(array), count = in;
	struct rpc_batch *b;
	struct wh_value v;
	wh_id conn = s->conn, last = s->id;
	size_t n = 0;

	while (n <= RPC_BATCH && wh_json_next(&count, NULL, &v))
		n++;
	if (n == 0 || n > RPC_BATCH) {
		rpc_refuse(hub, s, client, NULL, WH_STR("null"), RPC_REQUEST,
		    n == 0 ? WH_STR("a batch has at least one request") : WH_STR("a batch has at most 64 requests"));
		return;
	}
	b = calloc(1, sizeof *b);
	if (b == NULL) {
		rpc_refuse(hub, s, client, NULL, WH_STR("null"), RPC_INTERNAL, WH_STR("the server has no memory for this now"));
		return;
	}
	b->out.max = RPC_BATCH_BYTES;
	b->client = client;
	b->left = 1;
	while (s != NULL && wh_json_next(&in, NULL, &v)) {
		rpc_one(hub, s, client, b, &v);
		s = rpc_speaker(hub, s, conn);
		if (s != NULL)
			last = s->id;
	}
	batch_less(hub, b, last);
}

void
jsonrpc_receive(struct hub *hub, struct wh_session *s, wh_id client, struct wh_str text)
{
	struct wh_buf scratch = hub_scratch_take(hub), why;
	struct wh_json_doc doc;
	struct wh_json_error error;
	struct wh_value v;
	enum wh_err err = wh_json_read(&doc, text, &rpc_limits, &scratch, &v, &error);

	if (err == WH_OK && v.type == WH_V_ARRAY) {
		rpc_batch(hub, s, client, &v);
	} else if (err == WH_OK) {
		rpc_one(hub, s, client, NULL, &v);
	} else if (err == WH_ENOMEM) {
		rpc_refuse(hub, s, client, NULL, WH_STR("null"), RPC_INTERNAL, WH_STR("the server has no memory for this now"));
	} else {
		why = hub_scratch_take(hub);
		wh_buf_fmt(&why, "%s at byte %zu: %s", err == WH_ESYNTAX ? "this is not JSON" : "this can't be read", error.at, error.reason);
		rpc_refuse(hub, s, client, NULL, WH_STR("null"), err == WH_ESYNTAX ? RPC_PARSE : RPC_REQUEST, wh_buf_slice(&why));
		hub_scratch_give(hub, &why);
	}
	hub_scratch_give(hub, &scratch);
}

enum wh_err
jsonrpc_render(struct hub *hub, const struct wh_event *e, struct wh_buf *to)
{
	struct wh_json w;

	(void)hub;
	wh_json_begin(&w, to);
	wh_json_object(&w, NULL);
	wh_json_str(&w, "jsonrpc", WH_STR("2.0"));
	wh_json_text(&w, "method", e->name);
	wh_json_object(&w, "params");
	wh_args_put_items(&w, e->items, e->n);
	wh_json_end(&w);
	wh_json_end(&w);
	return wh_json_finish(&w) ? WH_OK : WH_ENOMEM;
}

void
jsonrpc_welcome(struct hub *hub, struct wh_session *s, struct wh_json *w)
{
	char token[SESSION_TOKEN_SIZE], id[RPC_ID_TEXT];

	rpc_id_text(s->id, id);
	wh_json_text(w, "session", id);
	if (session_token(hub, s, token) == WH_OK) {
		wh_json_text(w, "token", token);
		wh_json_int(w, "resume_ms", hub->settings.resume_window_ms);
	}
	wh_json_str(w, "kind", session_kind_word(s));
	wh_json_str(w, "id", s->who.id);
	wh_json_str(w, "name", s->who.name);
	wh_json_str(w, "roles", s->who.roles);
	wh_json_uint(w, "epoch", hub->epoch);
	wh_json_text(w, "server", "whiply " PACKAGE_VERSION);
}

static void
dialect_open(void *self, struct wh_session *s)
{
	struct hub *hub = self;
	struct wh_buf out = hub_scratch_take(hub);
	struct wh_json w;

	wh_json_begin(&w, &out);
	wh_json_object(&w, NULL);
	wh_json_str(&w, "jsonrpc", WH_STR("2.0"));
	wh_json_str(&w, "method", WH_STR("session.welcome"));
	wh_json_object(&w, "params");
	jsonrpc_welcome(hub, s, &w);
	wh_json_end(&w);
	wh_json_end(&w);
	if (wh_json_finish(&w))
		session_send(hub, s, wh_buf_slice(&out));
	hub_scratch_give(hub, &out);
}

/* So that a client does not wait for an answer that went with the hub: it may send the same call again, with its nonce. */
static void
dialect_recovered(void *self, struct wh_session *s)
{
	struct hub *hub = self;
	const struct wh_item items[] = { WH_ITEM_INT("epoch", (int64_t)hub->epoch) };
	const struct wh_event event = { .name = "session.recovered", .items = items, .n = 1 };

	session_notify(hub, s, &event);
}

static void
dialect_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct hub *hub = self;

	if ((flags & WH_BINARY) != 0)
		rpc_refuse(hub, s, 0, NULL, WH_STR("null"), RPC_PARSE, WH_STR("send JSON as text messages, not as binary ones"));
	else
		jsonrpc_receive(hub, s, 0, bytes);
}

static enum wh_err
dialect_render_event(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	struct hub *hub = self;
	struct wh_buf text = hub_scratch_take(hub);
	enum wh_err err = jsonrpc_render(hub, e, &text);

	(void)accent;
	if (err == WH_OK)
		wh_out_put(out, wh_buf_slice(&text));
	hub_scratch_give(hub, &text);
	return err;
}

const struct wh_dialect jsonrpc_dialect = {
	.name = "json",
	.subprotocol = "whiply.v1",
	.open = dialect_open,
	.receive = dialect_receive,
	.render = dialect_render_event,
	.recovered = dialect_recovered,
};
