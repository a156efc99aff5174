/* The hub with its features, for the tests of testing_features.h. */
#include "hub/testing_features.h"

#include <stdio.h>
#include <stdlib.h>

#include "hub/features.h"

struct hub_config *
test_config(const char *text)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *snapshot;
	struct hub_config *config;

	if (wh_snapshot_from_text("test.conf", wh_str(text), &errors, &snapshot) != WH_OK ||
	    hub_config_open(snapshot, &errors, &config) != WH_OK)
		abort();
	wh_conf_errors_free(&errors);
	return config;
}

void
test_config_free(struct hub_config **config)
{
	struct wh_snapshot *snapshot = *config != NULL ? (*config)->snapshot : NULL;

	hub_config_free(config);
	wh_snapshot_free(&snapshot);
}

struct test_features *
test_features_new(const struct wh_plugin *const *plugins)
{
	return test_features_of(NULL, plugins);
}

struct test_features *
test_features_of(const char *config, const struct wh_plugin *const *plugins)
{
	struct test_features *f = calloc(1, sizeof *f);

	if (f == NULL)
		abort();
	f->t = test_hub_new(9, 'k');
	f->hub = f->t->hub;
	f->hub->config = config != NULL ? test_config(config) : NULL;
	if (config != NULL)
		hub_settings_read(&f->hub->settings, f->hub->config);
	f->hub->features = &hub_features;
	f->hub->state_dir = "/tmp";
	if (hub_features.start(f->hub) != WH_OK)
		abort();
	for (; plugins != NULL && *plugins != NULL; plugins++)
		if (test_plugin_open(f, *plugins) != WH_OK) {
			fprintf(stderr, "%s\n", f->got);
			abort();
		}
	f->e = test_edge_add(f->t, 1, true);
	return f;
}

void
test_features_free(struct test_features *f)
{
	hub_features.stop(f->hub);
	test_config_free(&f->hub->config);
	test_hub_free(f->t);
	free(f);
}

enum wh_err
test_plugin_open(struct test_features *f, const struct wh_plugin *row)
{
	struct wh_buf why = { 0 };
	struct plugin *p = plugin_add(f->hub, row, &why);
	enum wh_err err = p != NULL ? plugin_open(p) : WH_EINVAL;

	snprintf(f->got, sizeof f->got, "%.*s", WH_FMT(p != NULL ? wh_str(p->error) : wh_buf_slice(&why)));
	wh_buf_free(&why);
	return err;
}

static void
took_respond(struct test_features *f, const struct wh_rec *rec)
{
	struct wh_rec_respond r;
	struct wh_str block, name, value;
	size_t n = 0;

	if (wh_rec_respond_get(rec, &r) != WH_OK)
		abort();
	/* What follows one with MORE is more of its body. */
	if (r.status == 0) {
		n = strlen(f->body);
		snprintf(f->body + n, sizeof f->body - n, "%.*s", WH_FMT(r.body));
		return;
	}
	f->answers++;
	f->status = r.status;
	snprintf(f->body, sizeof f->body, "%.*s", WH_FMT(r.body));
	f->headers[0] = '\0';
	block = r.headers;
	while (wh_headers_next(&block, &name, &value))
		n += (size_t)snprintf(f->headers + n, sizeof f->headers - n, "%.*s: %.*s\n", WH_FMT(name), WH_FMT(value));
}

void
test_features_turn(struct test_features *f)
{
	struct wh_rec rec;
	struct wh_rec_send send;
	struct wh_rec_publish publish;
	size_t n = strlen(f->got);

	test_turn(f->t);
	while (wh_ring_next(f->e->link->in, &rec) == 1) {
		if (rec.kind == WH_REC_SEND && wh_rec_send_get(&rec, &send) == WH_OK)
			n += (size_t)snprintf(f->got + n, sizeof f->got - n, "%.*s\n", WH_FMT(send.bytes));
		else if (rec.kind == WH_REC_PUBLISH && wh_rec_publish_get(&rec, &publish) == WH_OK)
			n += (size_t)snprintf(f->got + n, sizeof f->got - n, "PUBLISH %.*s\n", WH_FMT(publish.bytes));
		else if (rec.kind == WH_REC_CLOSE)
			f->closes++;
		else if (rec.kind == WH_REC_RESPOND)
			took_respond(f, &rec);
		wh_ring_done(f->e->link->in);
	}
}

struct wh_session *
test_ws(struct test_features *f, uint32_t slot)
{
	struct wh_rec_opened r = { .conn = test_conn(f->e, slot), .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("whiply.v1"),
		.opened_ms = 1700000000000 };
	struct wh_session *s;

	if (wh_addr_parse_ip(&r.peer, WH_STR("192.0.2.7")) != WH_OK || wh_rec_opened_put(f->e->link->out, &r) != WH_OK)
		abort();
	test_features_turn(f);
	s = session_by_conn(f->hub, r.conn);
	if (s == NULL)
		abort();
	f->got[0] = '\0';
	return s;
}

const char *
test_says(struct test_features *f, uint32_t slot, const char *text)
{
	f->got[0] = '\0';
	test_message(f->e, slot, text);
	test_features_turn(f);
	return f->got;
}

const char *
test_calls(struct test_features *f, uint32_t slot, const char *method, const char *params)
{
	char text[4096];

	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params);
	return test_says(f, slot, text);
}

unsigned
test_http(struct test_features *f, const char *method, const char *path, const char *query, struct wh_str headers, const char *body)
{
	struct wh_rec_request r = { .conn = test_conn(f->e, 500), .stream = ++f->streams, .method = wh_str(method), .path = wh_str(path),
		.query = wh_str(query), .host = WH_STR("a.example"), .tls_fingerprint = wh_str(f->certificate != NULL ? f->certificate : ""), .headers = headers, .body = wh_str(body) };

	if (wh_addr_parse_ip(&r.peer, WH_STR("192.0.2.8")) != WH_OK || wh_rec_request_put(f->e->link->out, &r) != WH_OK)
		abort();
	f->status = 0;
	f->got[0] = '\0';
	test_features_turn(f);
	return f->status;
}
