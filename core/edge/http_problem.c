/* RFC 9457 problem documents. The JSON is written here by hand, since a problem must also be sayable when all else fails. */
#include "edge/http_write.h"

static void
json_text(struct wh_buf *out, struct wh_str s)
{
	wh_buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			wh_buf_byte(out, '\\');
		/* bytes above ASCII may not be UTF-8, and a document must be: they are shown as what they are in Latin-1 */
		if (c < 0x20 || c >= 0x7f)
			wh_buf_fmt(out, "\\u%04x", c);
		else
			wh_buf_byte(out, (char)c);
	}
	wh_buf_byte(out, '"');
}

static void
json_member(struct wh_buf *out, const char *name, struct wh_str value)
{
	if (value.n == 0)
		return;
	wh_buf_fmt(out, ",\"%s\":", name);
	json_text(out, value);
}

void
wh_http_problem_json(struct wh_buf *out, const struct wh_http_problem *problem)
{
	wh_buf_text(out, "{\"type\":");
	json_text(out, problem->type.n > 0 ? problem->type : WH_STR("about:blank"));
	json_member(out, "title", problem->title.n > 0 ? problem->title : wh_str(wh_http_phrase(problem->status)));
	wh_buf_fmt(out, ",\"status\":%u", problem->status);
	json_member(out, "detail", problem->detail);
	json_member(out, "instance", problem->instance);
	json_member(out, "request_id", problem->request_id);
	if (problem->retry_after != 0)
		wh_buf_fmt(out, ",\"retry_after\":%llu", (unsigned long long)problem->retry_after);
	wh_buf_text(out, "}\n");
}

bool
wh_http_problem_reply(struct wh_buf *out, const struct wh_http_reply *reply, const struct wh_http_problem *problem)
{
	struct wh_http_reply r = *reply;
	struct wh_buf body = { .max = 8192 };
	char allow[WH_HTTP_ALLOW_MAX];
	struct wh_http_writer w;
	bool done;

	wh_http_problem_json(&body, problem);
	r.status = problem->status;
	r.framing = WH_HTTP_BY_LENGTH;
	r.length = body.n;
	r.type = WH_STR("application/problem+json");
	if (problem->request_id.n > 0)
		r.request_id = problem->request_id;
	w = wh_http_reply_begin(out, &r);
	wh_buf_str(out, WH_STR("Cache-Control: no-store\r\n"));
	wh_buf_str(out, problem->lines);
	if (problem->allow != 0)
		wh_http_reply_header(&w, WH_STR("Allow"), wh_http_allow(problem->allow, allow));
	if (problem->retry_after != 0)
		wh_http_reply_number(&w, WH_STR("Retry-After"), problem->retry_after);
	done = wh_http_reply_end(&w) && !body.failed;
	if (done && wh_http_reply_has_body(&r))
		wh_buf_str(out, wh_buf_slice(&body));
	if (!done || out->failed)
		out->n = w.start;
	wh_buf_free(&body);
	return done && !out->failed;
}
