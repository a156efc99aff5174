/* HTTP: commands and routes, problems, credentials, cookies, headers, held requests, the OpenAPI document. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/testing.h"
#include "hub/api.h"
#include "hub/control.h"
#include "hub/testing_features.h"

#define JSON WH_STR("content-type\0application/json\0")

/* A block in a constant, where WH_STR cannot stand. */
#define BLOCK(literal) { literal, sizeof(literal) - 1 }

static const struct wh_host *site_host;
static wh_id site_held, site_asked, site_group;

static enum wh_err
site_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf, (void)self_out;
	site_host = host;
	return WH_OK;
}

static void
site_close(void *self)
{
	(void)self;
	wh_group_close(site_host, site_group);
}

static enum wh_err
site_page(void *self, struct wh_request *r)
{
	(void)self;
	wh_out_fmt(wh_respond_body(r), "%.*s|%.*s|%.*s|%.*s", WH_FMT(r->path), WH_FMT(wh_request_param(r, "name")),
	    WH_FMT(wh_request_param(r, "none")), WH_FMT(wh_request_header(r, "x-a")));
	wh_respond_header(r, "x-page", WH_STR("1"));
	wh_respond_header(r, "x-bad", WH_STR("1\r\nset-cookie: a"));
	return wh_respond(r, 200, "text/plain");
}

static enum wh_err
site_wait(void *self, struct wh_request *r)
{
	(void)self;
	site_held = wh_request_hold(r);
	return WH_WAIT;
}

static enum wh_err
site_silent(void *self, struct wh_request *r)
{
	(void)self, (void)r;
	return WH_OK;
}

static enum wh_err
site_fails(void *self, struct wh_request *r)
{
	(void)self;
	return wh_respond_problem(r, WH_ENOENT, "no such page");
}

static enum wh_err
site_cookie(void *self, struct wh_call *call)
{
	struct wh_request *request = wh_call_request(call);

	(void)self;
	wh_json_bool(wh_reply(call), "http", request != NULL);
	if (request != NULL) {
		wh_json_str(wh_reply(call), "agent", wh_request_header(request, "user-agent"));
		wh_respond_header(request, "set-cookie", WH_STR("s=good; HttpOnly"));
	}
	return WH_OK;
}

static enum wh_err
site_wait_call(void *self, struct wh_call *call)
{
	(void)self;
	site_held = wh_call_hold(call);
	return WH_WAIT;
}

static enum wh_verdict
site_credential(void *self, struct wh_credential *c)
{
	(void)self;
	if (wh_str_is(c->bearer, "stolen"))
		return wh_refuse(&c->at, WH_EAUTH, "that was stolen", 0);
	if (wh_str_starts(c->bearer, WH_STR("later"))) {
		site_held = c->at.ticket;
		site_asked = wh_session_id(site_host, c->session);
		return WH_HOLD;
	}
	if (wh_str_is(c->bearer, "good") || wh_str_is(c->cookie, "s=good") || wh_str_is(c->certificate, "c0ffee"))
		wh_session_identify(site_host, c->session, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), WH_STR("member") });
	return WH_PASS;
}

static enum wh_verdict
site_health(void *self, struct wh_health *h)
{
	(void)self;
	wh_json_int(h->details, "pages", 4);
	if (site_held == 99)
		wh_unwell(h, "site", "it \"burns\"");
	return WH_PASS;
}

static const struct wh_route site_routes[] = {
	{ "GET", "/page", WH_ALLOW_GUEST, .serve = site_page, .help = "a page" },
	{ "POST", "/page", WH_ALLOW_GUEST, .serve = site_fails, .help = "none" },
	{ "GET", "/below", WH_ALLOW_GUEST, .flags = WH_PREFIX | WH_OPEN_CORS, .serve = site_page, .help = "pages" },
	{ "GET", "/wait", WH_ALLOW_GUEST, .serve = site_wait, .help = "later" },
	{ "GET", "/silent", WH_ALLOW_GUEST, .serve = site_silent, .help = "never" },
	{ "GET", "/members", WH_ALLOW_MEMBER, .serve = site_page, .help = "for some" },
	{ "GET", "/slow", WH_ALLOW_GUEST, .rate = "1/s burst 1", .serve = site_page, .help = "seldom" },
	{ 0 }
};
static const struct wh_hook site_hooks[] = { { WH_ON_CREDENTIAL, .credential = site_credential }, { WH_ON_HEALTH, .health = site_health }, { 0 } };
static const struct wh_command site_commands[] = { { "site.wait", NULL, WH_ALLOW_GUEST, .run = site_wait_call, .help = "waits" },
	{ "site.cookie", NULL, WH_ALLOW_GUEST, .run = site_cookie, .help = "hands out a cookie" }, { 0 } };
static const struct wh_plugin site_plugin = {
	WH_PLUGIN("site", "1", "a test"), .routes = site_routes, .hooks = site_hooks, .commands = site_commands, .open = site_open, .close = site_close,
};
static const struct wh_plugin *const with_site[] = { &site_plugin, NULL };
static const struct wh_str none = { NULL, 0 };

static bool
has(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		return true;
	print_message("no \"%s\" in: %s\n", part, text);
	return false;
}

static void
a_command_is_posted_and_those_that_read_are_got(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", JSON, "{}"), 200);
	assert_string_equal(f->body, "{\"time\":1700000000000}");
	assert_true(has(f->headers, "content-type: application/json\n"));
	assert_int_equal(test_http(f, "GET", "/api/session.ping", "", none, ""), 200);
	assert_int_equal(test_http(f, "HEAD", "/api/session.ping", "", none, ""), 200);
	assert_int_equal(test_http(f, "GET", "/api/session.name", "name=x", none, ""), 405);
	assert_true(has(f->headers, "allow: POST\n"));
	assert_int_equal(test_http(f, "PUT", "/api/session.ping", "", JSON, "{}"), 405);
	assert_true(has(f->headers, "allow: GET, HEAD, POST\n"));
	assert_int_equal(f->hub->sessions.by_id.n, 0);
	assert_int_equal(f->hub->api->exchanges.used, 0);
	test_features_free(f);
}

static void
mistakes_are_problems(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	assert_int_equal(test_http(f, "POST", "/api/session.pign", "", JSON, "{}"), 404);
	assert_true(has(f->headers, "content-type: application/problem+json\n"));
	assert_true(has(f->body, "\"type\":\"/problems/unknown_command\"") && has(f->body, "did you mean session.ping?"));
	assert_int_equal(test_http(f, "GET", "/api/no.such", "", none, ""), 404);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", JSON, "{"), 400);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", JSON, "[]"), 400);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", JSON, "{\"x\":1}"), 400);
	assert_true(has(f->body, "\"code\":\"invalid_argument\",\"field\":\"x\""));
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", WH_STR("content-type\0text/plain\0"), "{}"), 415);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", none, "{}"), 415);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", WH_STR("content-type\0application/json; charset=UTF-8\0"), "{}"), 200);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", none, ""), 200);
	assert_int_equal(test_http(f, "GET", "/api/session.ping", "a=%zz", none, ""), 400);
	assert_int_equal(test_http(f, "POST", "/api/server.status", "", JSON, "{}"), 403);
	assert_int_equal(test_http(f, "GET", "/nothing", "", none, ""), 404);
	assert_int_equal(test_http(f, "GET", "/api/", "", none, ""), 404);
	assert_int_equal(wh_json_check(wh_str(f->body), NULL, NULL), WH_OK);
	test_features_free(f);
}

static void
a_query_becomes_arguments_and_a_token_gives_roles(void **state)
{
	struct test_features *f = test_features_new(NULL);
	char hash[] = "\x5e\x88\x48\x98\xda\x28\x04\x71\x51\xd0\xe5\x6f\x8d\xc6\x29\x27\x73\x60\x3d\x0d\x6a\xab\xbd\xd6\x2a\x11\xef\x72\x1d\x15\x42\xd8";
	struct api_config *config = calloc(1, sizeof *config);

	(void)state;
	/* SHA-256 of "password" */
	assert_non_null(config);
	config->tokens = calloc(1, sizeof *config->tokens);
	assert_non_null(config->tokens);
	config->n_tokens = 1;
	strcpy(config->tokens[0].name, "bot");
	strcpy(config->tokens[0].roles, "admin");
	memcpy(config->tokens[0].sha256, hash, 32);
	f->hub->api->config = config;
	assert_int_equal(test_http(f, "GET", "/api/session.list", "limit=5", WH_STR("authorization\0Bearer password\0"), ""), 200);
	assert_true(has(f->body, "\"total\":0"));
	assert_int_equal(test_http(f, "GET", "/api/session.list", "limit=0", WH_STR("authorization\0bearer password\0"), ""), 400);
	assert_int_equal(test_http(f, "GET", "/api/session.list", "", WH_STR("authorization\0Bearer passwore\0"), ""), 401);
	assert_true(has(f->headers, "www-authenticate: Bearer"));
	assert_int_equal(test_http(f, "GET", "/api/session.ping", "", WH_STR("authorization\0Basic cGFzc3dvcmQ=\0"), ""), 401);
	test_features_free(f);
}

static void
a_plugins_hook_knows_credentials(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_http(f, "GET", "/members", "", none, ""), 403);
	assert_int_equal(test_http(f, "GET", "/members", "", WH_STR("authorization\0Bearer good\0"), ""), 200);
	assert_int_equal(test_http(f, "GET", "/members", "", WH_STR("authorization\0Bearer stolen\0"), ""), 401);
	assert_true(has(f->body, "that was stolen"));
	assert_int_equal(test_http(f, "GET", "/members", "", WH_STR("cookie\0s=good\0"), ""), 200);
	assert_int_equal(test_http(f, "GET", "/members", "", WH_STR("cookie\0s=old\0"), ""), 403);
	test_features_free(f);
}

static void
a_certificate_is_a_credential_for_programs_and_our_own_pages(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	f->certificate = "bad";
	assert_int_equal(test_http(f, "GET", "/members", "", none, ""), 403);
	f->certificate = "c0ffee";
	assert_int_equal(test_http(f, "GET", "/members", "", none, ""), 200);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", WH_STR("content-type\0application/json\0"), "{}"), 200);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "",
	    WH_STR("content-type\0application/json\0origin\0https://a.example\0"), "{}"), 200);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "",
	    WH_STR("content-type\0application/json\0origin\0https://evil.example\0"), "{}"), 403);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "",
	    WH_STR("content-type\0application/json\0sec-fetch-site\0cross-site\0"), "{}"), 403);
	test_features_free(f);
}

static void
a_credential_may_be_looked_up_first(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_http(f, "GET", "/members", "", WH_STR("authorization\0Bearer later\0"), ""), 0);
	wh_session_identify(site_host, wh_session_get(site_host, site_asked),
	    &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), WH_STR("member") });
	wh_hook_go(site_host, site_held, WH_CHANGED, WH_OK, NULL);
	test_features_turn(f);
	assert_int_equal(f->status, 200);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", WH_STR("authorization\0Bearer later\0content-type\0application/json\0"), "{}"), 0);
	wh_hook_go(site_host, site_held, WH_REFUSE, WH_EAUTH, "it expired");
	test_features_turn(f);
	assert_int_equal(f->status, 401);
	assert_true(has(f->body, "it expired"));
	/* Known to nobody after all. */
	assert_int_equal(test_http(f, "GET", "/page", "", WH_STR("authorization\0Bearer later\0"), ""), 0);
	wh_hook_go(site_host, site_held, WH_PASS, WH_OK, NULL);
	test_features_turn(f);
	assert_int_equal(f->status, 401);
	/* Known, and still a guest. */
	assert_int_equal(test_http(f, "GET", "/page", "", WH_STR("authorization\0Bearer later\0"), ""), 0);
	wh_hook_go(site_host, site_held, WH_CHANGED, WH_OK, NULL);
	test_features_turn(f);
	assert_int_equal(f->status, 200);
	/* Nobody says anything. */
	assert_int_equal(test_http(f, "GET", "/page", "", WH_STR("authorization\0Bearer later\0"), ""), 0);
	wh_clock_advance(&f->t->clock, (HOOK_HOLD_MS + 1) * WH_NS_PER_MS);
	test_features_turn(f);
	assert_int_equal(f->status, 504);
	/* Its client goes meanwhile. */
	assert_int_equal(test_http(f, "GET", "/page", "", WH_STR("authorization\0Bearer later\0"), ""), 0);
	api_edge_gone(f->hub, f->e->process);
	wh_hook_go(site_host, site_held, WH_CHANGED, WH_OK, NULL);
	assert_true(wh_list_empty(&f->hub->api->open));
	test_features_free(f);
}

static void
another_scheme_is_a_routes_own_affair(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_http(f, "GET", "/page", "", WH_STR("authorization\0Basic YTpi\0"), ""), 200);
	assert_int_equal(test_http(f, "POST", "/api/session.ping", "", WH_STR("authorization\0Basic YTpi\0content-type\0application/json\0"), "{}"), 401);
	test_features_free(f);
}

static void
a_command_sees_its_request_and_sets_headers(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_http(f, "POST", "/api/site.cookie", "", WH_STR("content-type\0application/json\0user-agent\0ua/1\0"), "{}"), 200);
	assert_string_equal(f->body, "{\"http\":true,\"agent\":\"ua/1\"}");
	assert_true(has(f->headers, "set-cookie: s=good; HttpOnly"));
	test_ws(f, 1);
	assert_true(has(test_calls(f, 1, "site.cookie", "{}"), "{\"http\":false}"));
	test_features_free(f);
}

static void
a_cookie_acts_only_for_our_own_pages(void **state)
{
	static const struct { struct wh_str headers; unsigned status; } cases[] = {
		{ BLOCK("content-type\0application/json\0cookie\0s=good\0"), 403 },
		{ BLOCK("content-type\0application/json\0cookie\0s=good\0origin\0https://evil.example\0"), 403 },
		{ BLOCK("content-type\0application/json\0cookie\0s=good\0origin\0https://a.example\0"), 200 },
		{ BLOCK("content-type\0application/json\0cookie\0s=good\0origin\0https://a.example.evil\0"), 403 },
		{ BLOCK("content-type\0application/json\0cookie\0s=good\0origin\0null\0"), 403 },
		{ BLOCK("content-type\0application/json\0cookie\0s=good\0sec-fetch-site\0same-origin\0"), 200 },
		{ BLOCK("content-type\0application/json\0cookie\0s=good\0sec-fetch-site\0cross-site\0origin\0https://a.example\0"), 403 },
	};
	struct test_features *f = test_features_new(with_site);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(test_http(f, "POST", "/api/session.ping", "", cases[i].headers, "{}"), cases[i].status);
	assert_int_equal(test_http(f, "GET", "/api/session.ping", "", WH_STR("cookie\0s=good\0origin\0https://evil.example\0"), ""), 200);
	test_features_free(f);
}

static void
a_plugin_answers_its_paths(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_http(f, "GET", "/page", "a=b&name=J%C3%B8rn+%26+co", WH_STR("x-a\0yes\0"), ""), 200);
	assert_string_equal(f->body, "/page|J\xc3\xb8rn & co||yes");
	assert_true(has(f->headers, "x-page: 1\n"));
	assert_null(strstr(f->headers, "x-bad"));
	assert_int_equal(test_http(f, "POST", "/page", "", none, ""), 404);
	assert_true(has(f->body, "no such page"));
	assert_int_equal(test_http(f, "DELETE", "/page", "", none, ""), 405);
	assert_true(has(f->headers, "GET, HEAD") && has(f->headers, "POST"));
	assert_int_equal(test_http(f, "GET", "/below/this", "", none, ""), 200);
	assert_true(has(f->headers, "access-control-allow-origin: *\n"));
	assert_int_equal(test_http(f, "GET", "/belowthis", "", none, ""), 404);
	assert_int_equal(test_http(f, "GET", "/silent", "", none, ""), 500);
	assert_int_equal(test_http(f, "GET", "/slow", "", none, ""), 200);
	assert_true(has(f->headers, "ratelimit: \"default\";r=0;t=1\n"));
	assert_int_equal(test_http(f, "GET", "/slow", "", none, ""), 429);
	assert_true(has(f->headers, "retry-after: "));
	plugin_close(plugin_find(f->hub, WH_STR("site")), false);
	assert_int_equal(test_http(f, "GET", "/page", "", none, ""), 404);
	test_features_free(f);
}

static void
a_request_may_be_answered_later_once(void **state)
{
	struct test_features *f = test_features_new(with_site);
	struct wh_request *r;

	(void)state;
	assert_int_equal(test_http(f, "GET", "/wait", "name=x", none, ""), 0);
	r = wh_request_find(site_host, site_held);
	assert_non_null(r);
	assert_true(wh_str_is(wh_request_param(r, "name"), "x"));
	assert_non_null(r->session);
	wh_out_text(wh_respond_body(r), "done");
	wh_respond(r, 201, "text/plain");
	test_features_turn(f);
	assert_int_equal(f->status, 201);
	assert_null(wh_request_find(site_host, site_held));
	/* Nobody answers. */
	assert_int_equal(test_http(f, "GET", "/wait", "", none, ""), 0);
	wh_clock_advance(&f->t->clock, (API_HOLD_MS + 1) * WH_NS_PER_MS);
	test_features_turn(f);
	assert_int_equal(f->status, 504);
	/* The client goes, then the plugin. */
	assert_int_equal(test_http(f, "GET", "/wait", "", none, ""), 0);
	test_closed(f->e, 500, 1006);
	test_features_turn(f);
	assert_null(wh_request_find(site_host, site_held));
	assert_int_equal(test_http(f, "GET", "/wait", "", none, ""), 0);
	plugin_close(plugin_find(f->hub, WH_STR("site")), false);
	test_features_turn(f);
	assert_int_equal(f->status, 503);
	assert_int_equal(f->hub->api->exchanges.used, 0);
	assert_int_equal(f->hub->sessions.by_id.n, 0);
	test_features_free(f);
}

static void
a_held_command_is_answered_or_dropped_with_its_client(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_http(f, "POST", "/api/site.wait", "", JSON, "{}"), 0);
	wh_call_done(wh_call_find(site_host, site_held), WH_OK);
	test_features_turn(f);
	assert_int_equal(f->status, 200);
	assert_int_equal(test_http(f, "POST", "/api/site.wait", "", JSON, "{}"), 0);
	test_closed(f->e, 500, 1006);
	test_features_turn(f);
	assert_null(wh_call_find(site_host, site_held));
	assert_int_equal(test_http(f, "POST", "/api/site.wait", "", JSON, "{}"), 0);
	test_features_free(f);	/* and with the hub */
}

static void
a_trace_is_carried_through(void **state)
{
	struct test_features *f = test_features_new(NULL);

	(void)state;
	test_http(f, "POST", "/api/session.ping", "",
	    WH_STR("content-type\0application/json\0traceparent\00000-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\0x-request-id\0abc-1\0"), "{}");
	assert_true(has(f->headers, "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"));
	assert_null(strstr(f->headers, "00f067aa0ba902b7"));
	assert_true(has(f->headers, "x-request-id: abc-1\n"));
	test_http(f, "POST", "/api/session.ping", "", WH_STR("content-type\0application/json\0x-request-id\0a b\0"), "{}");
	assert_null(strstr(f->headers, "x-request-id: a b"));
	test_features_free(f);
}

static void
readiness_names_what_is_unwell(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	site_held = 0;
	assert_int_equal(test_http(f, "GET", "/health/ready", "", none, ""), 200);
	assert_true(has(f->body, "\"pages\":4"));
	site_held = 99;
	assert_int_equal(test_http(f, "GET", "/health/ready", "", none, ""), 503);
	assert_true(has(f->body, "it \\\"burns\\\""));
	assert_int_equal(wh_json_check(wh_str(f->body), NULL, NULL), WH_OK);
	assert_int_equal(test_http(f, "POST", "/health/ready", "", none, ""), 405);
	test_features_free(f);
}

static void
the_openapi_document_has_every_command_and_route(void **state)
{
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_http(f, "GET", "/api/openapi.json", "", none, ""), 200);
	assert_int_equal(wh_json_check(wh_str(f->body), NULL, NULL), WH_OK);
	assert_true(has(f->body, "\"openapi\":\"3.1") && has(f->body, "\"/api/session.name\"") && has(f->body, "\"/page\""));
	plugin_close(plugin_find(f->hub, WH_STR("site")), false);
	test_http(f, "GET", "/api/openapi.json", "", none, "");
	assert_null(strstr(f->body, "\"/page\""));
	test_features_free(f);
}

static void
a_route_that_is_ours_or_taken_is_refused(void **state)
{
	static const struct wh_route ours[] = { { "GET", "/api/x", WH_ALLOW_GUEST, .serve = site_page }, { 0 } };
	static const struct wh_route taken[] = { { "GET", "/page", WH_ALLOW_GUEST, .serve = site_page }, { 0 } };
	static const struct wh_plugin one = { WH_PLUGIN("one", "1", "x"), .routes = ours }, two = { WH_PLUGIN("two", "1", "x"), .routes = taken };
	struct test_features *f = test_features_new(with_site);

	(void)state;
	assert_int_equal(test_plugin_open(f, &one), WH_EINVAL);
	assert_true(has(f->got, "is the server's own"));
	assert_int_equal(test_plugin_open(f, &two), WH_EINVAL);
	assert_true(has(f->got, "is there already"));
	assert_int_equal(test_http(f, "GET", "/page", "", none, ""), 200);
	test_features_free(f);
}

static void
stopping_disconnects_nobody_and_leaves_no_request_without_an_answer(void **state)
{
	struct test_features *f = test_features_new(with_site);
	struct wh_rec rec;

	(void)state;
	site_group = wh_group_open(site_host, WH_STR("all"));
	assert_int_equal(wh_group_join(site_host, site_group, test_ws(f, 0)), WH_OK);
	assert_int_equal(test_http(f, "GET", "/wait", "", none, ""), 0);
	hub_features.stop(f->hub);
	edges_flush(f->hub);
	while (wh_ring_next(f->e->link->in, &rec) == 1) {
		assert_int_not_equal(rec.kind, WH_REC_CLOSE);
		assert_int_not_equal(rec.kind, WH_REC_GROUP_CLOSE);
		assert_int_not_equal(rec.kind, WH_REC_LEAVE);
		f->answers += rec.kind == WH_REC_RESPOND;
		wh_ring_done(f->e->link->in);
	}
	assert_int_equal(f->answers, 1);
	test_features_free(f);
}

/* Calls of its clients are ended after the control socket is. */
static void
a_hub_that_ends_drops_what_a_control_client_waits_for(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"site.wait\"}\n";
	struct test_features *f = test_features_new(with_site);
	struct control_client *c;
	int fds[2];
	char byte;

	(void)state;
	site_held = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	c = control_accept(f->hub, fds[1]);
	assert_non_null(c);
	assert_int_equal(send(fds[0], line, sizeof line - 1, MSG_NOSIGNAL), sizeof line - 1);
	control_read(c);
	test_features_turn(f);
	assert_int_not_equal(site_held, 0);
	test_features_free(f);
	assert_int_equal(recv(fds[0], &byte, 1, 0), 0);
	close(fds[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_posted_and_those_that_read_are_got),
		cmocka_unit_test(mistakes_are_problems),
		cmocka_unit_test(a_query_becomes_arguments_and_a_token_gives_roles),
		cmocka_unit_test(a_plugins_hook_knows_credentials),
		cmocka_unit_test(a_certificate_is_a_credential_for_programs_and_our_own_pages),
		cmocka_unit_test(a_credential_may_be_looked_up_first),
		cmocka_unit_test(another_scheme_is_a_routes_own_affair),
		cmocka_unit_test(a_command_sees_its_request_and_sets_headers),
		cmocka_unit_test(a_cookie_acts_only_for_our_own_pages),
		cmocka_unit_test(a_plugin_answers_its_paths),
		cmocka_unit_test(a_request_may_be_answered_later_once),
		cmocka_unit_test(a_held_command_is_answered_or_dropped_with_its_client),
		cmocka_unit_test(a_trace_is_carried_through),
		cmocka_unit_test(readiness_names_what_is_unwell),
		cmocka_unit_test(the_openapi_document_has_every_command_and_route),
		cmocka_unit_test(a_route_that_is_ours_or_taken_is_refused),
		cmocka_unit_test(stopping_disconnects_nobody_and_leaves_no_request_without_an_answer),
		cmocka_unit_test(a_hub_that_ends_drops_what_a_control_client_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
