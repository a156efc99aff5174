/* The pages of page.h. */
#include "page.h"

#include <stdio.h>

/* Referrers would carry codes and tickets on to other sites. Within ours they may go: without them a form's request says that it comes from
 * nowhere, and is refused. */
static void
page_headers(struct wh_request *r)
{
	wh_respond_header(r, "cache-control", WH_STR("no-store"));
	wh_respond_header(r, "referrer-policy", WH_STR("same-origin"));
}

void
page_begin(struct text *t, char *buffer, size_t cap, const char *title)
{
	*t = text_to(buffer, cap);
	text_lit(t, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
	text_html(t, wh_str(title));
	text_lit(t, "</title></head><body><main><h1>");
	text_html(t, wh_str(title));
	text_lit(t, "</h1>\n");
}

enum wh_err
page_respond(struct wh_request *r, struct text *t, unsigned status, struct wh_str form_to)
{
	char policy[PAGE_POLICY];

	text_lit(t, "</main></body></html>\n");
	if (t->failed)
		return wh_respond_problem(r, WH_EIO, "the page is too long");
	snprintf(policy, sizeof policy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' %.*s", WH_FMT(form_to));
	page_headers(r);
	wh_respond_header(r, "content-security-policy", wh_str(policy));
	wh_out_put(wh_respond_body(r), text_slice(t));
	return wh_respond(r, status, "text/html; charset=utf-8");
}

enum wh_err
page_say(struct wh_request *r, unsigned status, const char *title, const char *sentence)
{
	char buffer[2048];
	struct text t;

	page_begin(&t, buffer, sizeof buffer, title);
	text_lit(&t, "<p>");
	text_html(&t, wh_str(sentence));
	text_lit(&t, "</p>\n");
	return page_respond(r, &t, status, (struct wh_str){ NULL, 0 });
}

enum wh_err
page_redirect(struct wh_request *r, struct wh_str to)
{
	if (to.n == 0)
		return wh_respond_problem(r, WH_EIO, "the answer is too long to be sent this way");
	page_headers(r);
	wh_respond_header(r, "location", to);
	return wh_respond(r, 303, "text/plain; charset=utf-8");
}

unsigned
page_status(enum wh_err err)
{
	switch (err) {
	case WH_EAUTH:
		return 401;
	case WH_EPERM:
		return 403;
	case WH_ENOENT:
		return 404;
	case WH_EEXIST:
	case WH_ESTATE:
		return 409;
	case WH_EFAST:
		return 429;
	case WH_EAWAY:
	case WH_EFULL:
	case WH_ETIME:
	case WH_ENOMEM:
		return 503;
	case WH_EIO:
		return 500;
	default:
		return 400;
	}
}
