/* Values read from a text that wh_json_check accepted. An unescaped string goes into the scratch at the very offset
 * that it has in the text: it is never longer than what it came from, so strings cannot meet, nothing runs out, and
 * reading a value again writes the same bytes to the same place. */
#include "base/json.h"
#include "base/json_text.h"

/* `at` is behind the opening quote; returns behind the closing one. */
static const char *
read_string(const struct wh_json_doc *doc, const char *at, struct wh_str *text_out)
{
	const char *end = doc->text.p + doc->text.n, *run = json_string_run(at, end), *why;
	char *to;
	size_t n;

	*text_out = (struct wh_str){ at, (size_t)(run - at) };
	if (*run == '"')
		return run + 1;
	to = doc->scratch + (at - doc->text.p);
	text_out->p = to;
	for (;;) {
		memcpy(to, at, (size_t)(run - at));
		to += run - at;
		if (*run == '"')
			break;
		at = wh_json_escape(run, end, to, &n, &why);
		to += n;
		run = json_string_run(at, end);
	}
	text_out->n = (size_t)(to - text_out->p);
	return run + 1;
}

/* From behind the opening quote to behind the closing one. */
static const char *
skip_string(const char *at, const char *end)
{
	for (at = json_string_run(at, end); *at == '\\'; at = json_string_run(at + 2, end))
		;
	return at + 1;
}

/* From an opening bracket to behind its closing one. */
static const char *
skip_members(const char *at, const char *end)
{
	unsigned depth = 0;

	do {
		switch (*at++) {
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			depth--;
			break;
		case '"':
			at = skip_string(at, end);
			break;
		default:
			break;
		}
	} while (depth != 0);
	return at;
}

/* The value that begins at `at`; returns behind it. */
static const char *
read_value(const struct wh_json_doc *doc, const char *at, struct wh_value *v)
{
	const char *end = doc->text.p + doc->text.n, *after, *why;
	bool too_big;

	*v = (struct wh_value){ .doc = doc };
	switch (*at) {
	case '{':
	case '[':
		v->type = *at == '{' ? WH_V_OBJECT : WH_V_ARRAY;
		after = skip_members(at, end);
		break;
	case '"':
		v->type = WH_V_STR;
		after = read_string(doc, at + 1, &v->s);
		break;
	case 't':
	case 'f':
		v->type = WH_V_BOOL;
		v->b = *at == 't';
		after = at + (v->b ? 4 : 5);
		break;
	case 'n':
		v->type = WH_V_NULL;
		after = at + 4;
		break;
	default:
		after = wh_json_number(at, end, v, &why, &too_big);
		break;
	}
	v->raw = (struct wh_str){ at, (size_t)(after - at) };
	return after;
}

/* To the next member, or to the closing bracket. False at the latter. */
static bool
at_member(struct wh_json_in *in, const char *end)
{
	in->at = json_space(in->at, end);
	if (*in->at == ',')
		in->at = json_space(in->at + 1, end);
	return *in->at != '}' && *in->at != ']';
}

static bool
read_next(struct wh_json_in *in, struct wh_str *key_out, struct wh_value *value_out)
{
	const struct wh_json_doc *doc = in->doc;
	const char *end = doc->text.p + doc->text.n;
	struct wh_str key = { 0 };

	if (!at_member(in, end))
		return false;
	if (in->object) {
		in->at = read_string(doc, in->at + 1, &key);
		in->at = json_space(json_space(in->at, end) + 1, end);
	}
	if (key_out != NULL)
		*key_out = key;
	in->at = read_value(doc, in->at, value_out);
	return true;
}

static bool
read_get(const struct wh_value *object, struct wh_str key, struct wh_value *value_out)
{
	struct wh_json_in in = wh_json_each(object);
	struct wh_value v;
	struct wh_str k;

	while (read_next(&in, &k, &v))
		if (wh_str_eq(k, key)) {
			*value_out = v;
			return true;
		}
	return false;
}

static const struct wh_json_doc_ops doc_ops = { .next = read_next, .get = read_get };

enum wh_err
wh_json_read(struct wh_json_doc *doc_out, struct wh_str text, const struct wh_json_limits *limits, struct wh_buf *scratch,
	struct wh_value *value_out, struct wh_json_error *error_out)
{
	enum wh_err err = wh_json_check(text, limits, error_out);

	*value_out = (struct wh_value){ 0 };
	*doc_out = (struct wh_json_doc){ .ops = &doc_ops, .text = text };
	if (err != WH_OK)
		return err;
	wh_buf_reset(scratch);
	if (memchr(text.p, '\\', text.n) != NULL) {
		doc_out->scratch = wh_buf_reserve(scratch, text.n);
		if (doc_out->scratch == NULL) {
			if (error_out != NULL)
				*error_out = (struct wh_json_error){ 0, "out of memory" };
			return WH_ENOMEM;
		}
	}
	read_value(doc_out, json_space(text.p, text.p + text.n), value_out);
	return WH_OK;
}
