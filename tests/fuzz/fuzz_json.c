/* JSON, UTF-8 and base64 from any bytes. What must hold: a text that is accepted can be walked and written again, and
 * comes back the same; any bytes at all can be written as a string; UTF-8 judged in pieces is judged as a whole;
 * base64 that is accepted is the one encoding of its bytes. */
#include <stdlib.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
walk(struct wh_json *w, const char *key, const struct wh_value *v)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value member, found;
	struct wh_str name;
	struct wh_buf text = { 0 };

	must(wh_json_check(v->raw, &(struct wh_json_limits){ .bytes = SIZE_MAX }, NULL) == WH_OK);
	switch (v->type) {
	case WH_V_NULL:
		wh_json_null(w, key);
		break;
	case WH_V_BOOL:
		wh_json_bool(w, key, v->b);
		break;
	case WH_V_INT:
		wh_json_int(w, key, v->i);
		break;
	case WH_V_NUM:
		wh_json_num(w, key, v->d);
		break;
	case WH_V_STR:
		must(wh_utf8_valid(v->s));
		wh_json_str(w, key, v->s);
		break;
	case WH_V_ARRAY:
		wh_json_array(w, key);
		while (wh_json_next(&in, NULL, &member))
			walk(w, NULL, &member);
		wh_json_end(w);
		break;
	case WH_V_OBJECT:
		wh_json_object(w, key);
		while (wh_json_next(&in, &name, &member)) {
			must(wh_utf8_valid(name));
			wh_buf_reset(&text);
			wh_buf_str(&text, name);
			must(memchr(name.p, '\0', name.n) != NULL || wh_json_get(v, wh_buf_cstr(&text), &found));
			walk(w, wh_buf_cstr(&text), &member);
		}
		wh_json_end(w);
		break;
	case WH_V_NONE:
	default:
		abort();
	}
	wh_buf_free(&text);
}

/* Reads `text`, if it is JSON, and writes it again. */
static bool
rewrite(struct wh_str text, struct wh_buf *out)
{
	struct wh_buf scratch = { 0 };
	struct wh_json_error e;
	struct wh_json_doc doc;
	struct wh_value root;
	struct wh_json w;
	bool good = wh_json_check(text, NULL, &e) == WH_OK;

	must(good == (e.reason == NULL) && e.at <= text.n);
	must(good == (wh_json_read(&doc, text, NULL, &scratch, &root, NULL) == WH_OK));
	if (good) {
		wh_json_begin(&w, out);
		walk(&w, NULL, &root);
		must(wh_json_finish(&w));
	}
	wh_buf_free(&scratch);
	return good;
}

static void
try_json(struct wh_str text)
{
	struct wh_json_limits unique = { .unique_keys = true };
	struct wh_buf once = { 0 }, twice = { 0 };

	if (rewrite(text, &once)) {
		must(rewrite(wh_buf_slice(&once), &twice));
		must(wh_str_eq(wh_buf_slice(&once), wh_buf_slice(&twice)));
	} else {
		must(wh_json_check(text, &unique, NULL) != WH_OK);
	}
	wh_buf_free(&once);
	wh_buf_free(&twice);
}

static void
try_string(struct wh_str bytes)
{
	struct wh_buf out = { 0 }, scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value v;
	struct wh_json w;

	wh_json_begin(&w, &out);
	wh_json_str(&w, NULL, bytes);
	must(wh_json_finish(&w));
	must(wh_json_read(&doc, wh_buf_slice(&out), NULL, &scratch, &v, NULL) == WH_OK);
	must(v.type == WH_V_STR && wh_utf8_valid(v.s) && wh_utf8_valid(bytes) == wh_str_eq(v.s, bytes));
	wh_buf_free(&out);
	wh_buf_free(&scratch);
}

static void
try_utf8(struct wh_str bytes, size_t cut)
{
	struct wh_utf8_state st = { 0 };
	bool first = wh_utf8_feed(&st, (struct wh_str){ bytes.p, cut });
	bool both = wh_utf8_feed(&st, wh_str_from(bytes, cut));

	must(first || !both);
	must(wh_utf8_valid(bytes) == wh_utf8_whole(&st));
	must(wh_utf8_valid((struct wh_str){ bytes.p, wh_utf8_good(bytes) }));
}

static void
try_base64(struct wh_str text)
{
	struct wh_buf bytes = { 0 }, again = { 0 };

	if (wh_base64_get(&bytes, text)) {
		wh_base64_put(&again, wh_buf_slice(&bytes));
		must(wh_str_eq(wh_buf_slice(&again), text));
	}
	wh_buf_reset(&bytes);
	wh_buf_reset(&again);
	if (wh_base64url_get(&bytes, text)) {
		wh_base64url_put(&again, wh_buf_slice(&bytes));
		must(wh_str_eq(wh_buf_slice(&again), text));
	}
	wh_buf_reset(&bytes);
	wh_buf_reset(&again);
	wh_base64url_put(&again, text);
	must(wh_base64url_get(&bytes, wh_buf_slice(&again)) && wh_str_eq(wh_buf_slice(&bytes), text));
	wh_buf_free(&bytes);
	wh_buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wh_str bytes = { (const char *)data, n };

	try_json(bytes);
	try_string(bytes);
	try_utf8(bytes, n != 0 ? data[0] % (n + 1) : 0);
	try_base64(bytes);
	return 0;
}
