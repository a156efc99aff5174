/* The plugin web: the site that people see. It is a folder of files that the edges serve; everything on it is done with the commands that any
 * client may call. Here are only the parts that no file can be: what the site is called, and the page for frames on other sites, which says
 * who may frame it. */
#include <stdio.h>

#include <whiply/whiply.h>

#include "emotes.h"

enum {
	WEB_TITLE = 60,
	WEB_ORIGINS = 32,
	WEB_ORIGIN = 120,
	WEB_POLICY = 256 + WEB_ORIGINS * (WEB_ORIGIN + 1),
};

struct web {
	const struct wh_host *host;
	char title[WEB_TITLE + 1];
	char policy[WEB_POLICY];	/* Content-Security-Policy of the page for frames */
	size_t n_origins;
	struct emotes emotes;
};

/* Scheme, host and perhaps a port: what an Origin header has. It goes into a header, so nothing else may be in it. */
static bool
origin_good(struct wh_str origin)
{
	size_t at = wh_str_starts(origin, WH_STR("https://")) ? 8 : wh_str_starts(origin, WH_STR("http://")) ? 7 : origin.n;

	if (at == origin.n || origin.n > WEB_ORIGIN)
		return false;
	for (; at < origin.n; at++) {
		char c = origin.p[at];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']'))
			return false;
	}
	return true;
}

static enum wh_err
web_reload(void *self, const struct wh_conf *conf)
{
	struct web *web = self;
	size_t n = wh_conf_count(conf, "embed"), at;

	if (n > WEB_ORIGINS) {
		wh_host_log(web->host, WH_ERROR, "web_embed_too_many", WH_U("most", WEB_ORIGINS));
		return WH_EINVAL;
	}
	for (size_t i = 0; i < n; i++) {
		if (!origin_good(wh_conf_item(conf, "embed", i))) {
			wh_host_log(web->host, WH_ERROR, "web_embed_no_origin", WH_S("value", wh_conf_item(conf, "embed", i)),
			    WH_T("want", "an origin in small letters such as https://www.example.org, without a path"));
			return WH_EINVAL;
		}
	}
	if (!emotes_read(web->host, &web->emotes, wh_conf_str(conf, "emotes").p))
		return WH_EINVAL;
	snprintf(web->title, sizeof web->title, "%s", wh_conf_str(conf, "title").p);
	at = (size_t)snprintf(web->policy, sizeof web->policy, "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors%s",
	    n == 0 ? " 'none'" : "");
	for (size_t i = 0; i < n && at < sizeof web->policy; i++)
		at += (size_t)snprintf(web->policy + at, sizeof web->policy - at, " %.*s", WH_FMT(wh_conf_item(conf, "embed", i)));
	web->n_origins = n;
	return WH_OK;
}

static enum wh_err
web_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct web *web = wh_new(host, sizeof *web);
	enum wh_err err;

	if (web == NULL)
		return WH_ENOMEM;
	web->host = host;
	err = web_reload(web, conf);
	if (err != WH_OK) {
		wh_delete(host, web);
		return err;
	}
	*self_out = web;
	return WH_OK;
}

static void
web_close(void *self)
{
	struct web *web = self;

	emotes_free(web->host, &web->emotes);
	wh_delete(web->host, web);
}

static enum wh_err
web_site(void *self, struct wh_call *call)
{
	const struct web *web = self;

	wh_json_text(wh_reply(call), "title", web->title);
	wh_json_bool(wh_reply(call), "embed", web->n_origins != 0);
	wh_json_array(wh_reply(call), "emotes");
	for (size_t i = 0; i < web->emotes.n; i++)
		wh_json_text(wh_reply(call), NULL, web->emotes.all[i].name);
	wh_json_end(wh_reply(call));
	return WH_OK;
}

static enum wh_err
web_emote(void *self, struct wh_request *request)
{
	const struct web *web = self;
	const struct emote *e = emotes_find(&web->emotes, wh_request_param(request, "name"));

	if (e == NULL)
		return wh_respond_problem(request, WH_ENOENT, "there is no such emote: web.site lists them");
	/* It is what its bytes say, and nothing that a browser makes of them. */
	wh_respond_header(request, "x-content-type-options", WH_STR("nosniff"));
	wh_respond_header(request, "content-security-policy", WH_STR("default-src 'none'; sandbox"));
	wh_respond_header(request, "cache-control", WH_STR("max-age=3600"));
	wh_out_put(wh_respond_body(request), (struct wh_str){ (const char *)e->bytes, e->n });
	return wh_respond(request, 200, e->type);
}

static enum wh_err
web_embed(void *self, struct wh_request *request)
{
	const struct web *web = self;

	if (web->n_origins == 0)
		return wh_respond_problem(request, WH_ENOENT, "this server is shown on no other site; its setting `embed` says on which it is");
	wh_respond_header(request, "content-security-policy", wh_str(web->policy));
	wh_respond_header(request, "cache-control", WH_STR("no-cache"));
	wh_out_text(wh_respond_body(request),
	    "<!doctype html>\n<html lang=\"en\" data-theme=\"auto\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>whiply</title>\n"
	    "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n"
	    "<link rel=\"stylesheet\" href=\"/css/theme.css\">\n<link rel=\"stylesheet\" href=\"/css/base.css\">\n"
	    "<link rel=\"stylesheet\" href=\"/css/layout.css\">\n<link rel=\"stylesheet\" href=\"/css/chat.css\">\n"
	    "<script type=\"module\" src=\"/js/embedded.js\"></script>\n</head>\n<body class=\"embedded\">\n"
	    "<div id=\"app\"></div>\n<div id=\"notices\" role=\"status\" aria-live=\"polite\"></div>\n</body>\n</html>\n");
	return wh_respond(request, 200, "text/html; charset=utf-8");
}

static const struct wh_setting web_settings[] = {
	{ "title", WH_STRING, .def = "whiply", .min = "1", .max = "60", .help = "what the site is called" },
	{ "embed", WH_STRINGS, .help = "origins of sites that may show a room in a frame, such as \"https://www.example.org\"" },
	{ "emotes", WH_STRING, .max = "400", .help = "folder of pictures that people may write as :NAME:, such as wave.png" },
	{ 0 }
};

static const struct wh_command web_commands[] = {
	{ "web.site", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = web_site, .help = "what the site is called, and the community's emotes" },
	{ 0 }
};

static const struct wh_route web_routes[] = {
	{ "GET", "/embed", WH_ALLOW_GUEST, .serve = web_embed, .help = "a room, for a frame on another site: /embed?room=NAME" },
	{ "GET", "/emotes", WH_ALLOW_GUEST, .serve = web_emote, .help = "the picture of an emote: /emotes?name=NAME" },
	{ 0 }
};

static const struct wh_tree web_trees[] = { { "/", "www", .cache = NULL }, { 0 } };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("web", "1.0", "the site: rooms, accounts, moderation and administration in a browser"),
	.settings = web_settings,
	.commands = web_commands,
	.routes = web_routes,
	.trees = web_trees,
	.open = web_open,
	.close = web_close,
	.reload = web_reload,
};
