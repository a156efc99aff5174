/* The arguments of args.h. The pass over the members is linear; finding a member's field compares with at most WH_ARGS_MAX
 * names, which for the few fields that commands have is faster than any table. */
#include "base/args.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <whiply/event.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/nearest.h"

enum { ARGS_ID_MAX = 128 };

static enum wh_err args_wrong(struct wh_args_error *e, struct wh_str field, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static enum wh_err
args_wrong(struct wh_args_error *e, struct wh_str field, const char *fmt, ...)
{
	va_list ap;

	snprintf(e->field, sizeof e->field, "%.*s", WH_FMT(field));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return WH_EINVAL;
}

size_t
wh_args_count(const struct wh_field *fields)
{
	size_t n = 0;

	while (fields != NULL && fields[n].name != NULL)
		n++;
	assert(n <= WH_ARGS_MAX);
	return n;
}

const char *
wh_args_type_name(enum wh_field_type type)
{
	static const char *const names[] = {
		[WH_F_TEXT] = "text", [WH_F_NAME] = "name", [WH_F_INT] = "int", [WH_F_NUM] = "number", [WH_F_BOOL] = "bool",
		[WH_F_CHOICE] = "choice", [WH_F_ID] = "id", [WH_F_TIME] = "time", [WH_F_DURATION] = "duration", [WH_F_LIST] = "list",
		[WH_F_OBJECT] = "object",
	};

	return names[type];
}

void
wh_args_bounds(const struct wh_field *field, int64_t *min_out, int64_t *max_out)
{
	*min_out = field->min;
	*max_out = field->max;
	if (field->min != 0 || field->max != 0)
		return;
	switch (field->type) {
	case WH_F_TEXT:
		*max_out = WH_ARGS_TEXT;
		break;
	case WH_F_NAME:
		*min_out = 1;
		*max_out = WH_ARGS_NAME;
		break;
	case WH_F_ID:
		*min_out = 1;
		*max_out = ARGS_ID_MAX;
		break;
	case WH_F_DURATION:
	case WH_F_TIME:
		*max_out = INT64_MAX;
		break;
	default:
		*min_out = INT64_MIN;
		*max_out = INT64_MAX;
	}
}

bool
wh_args_choice(const char *choices, struct wh_str word)
{
	while (*choices != '\0') {
		size_t n = strcspn(choices, "|");

		if (wh_str_eq(word, (struct wh_str){ choices, n }))
			return true;
		choices += n + (choices[n] == '|');
	}
	return false;
}

/* A name can stand in a line and in a log: no blanks, no control characters. */
static bool
args_is_name(struct wh_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static enum wh_err
args_length(const struct wh_field *f, struct wh_str s, struct wh_args_error *e)
{
	int64_t min, max, n = (int64_t)s.n;

	wh_args_bounds(f, &min, &max);
	if (n < min && n == 0)
		return args_wrong(e, wh_str(f->name), "%s must not be empty", f->name);
	if (n < min)
		return args_wrong(e, wh_str(f->name), "%s needs at least %lld bytes", f->name, (long long)min);
	if (n > max)
		return args_wrong(e, wh_str(f->name), "%s may have %lld bytes at most, this is %lld", f->name, (long long)max, (long long)n);
	return WH_OK;
}

static enum wh_err
args_range(const struct wh_field *f, double n, struct wh_args_error *e)
{
	int64_t min, max;

	wh_args_bounds(f, &min, &max);
	if (n < (double)min || n > (double)max)
		return args_wrong(e, wh_str(f->name), "%s goes from %lld to %lld", f->name, (long long)min, (long long)max);
	return WH_OK;
}

static enum wh_err
args_time(const struct wh_field *f, struct wh_value *v, struct wh_args_error *e)
{
	int64_t ms;

	if (v->type == WH_V_STR) {
		if (wh_clock_parse_rfc3339(v->s, &ms) != WH_OK)
			return args_wrong(e, wh_str(f->name), "%s is a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970", f->name);
		v->type = WH_V_INT;
		v->i = ms;
	}
	return v->type == WH_V_INT ? args_range(f, (double)v->i, e) : args_wrong(e, wh_str(f->name), "%s must be a time", f->name);
}

static enum wh_err
args_duration(const struct wh_field *f, struct wh_value *v, struct wh_args_error *e)
{
	int64_t ms;

	if (v->type == WH_V_STR) {
		if (wh_conf_parse_duration(v->s, &ms) != WH_OK)
			return args_wrong(e, wh_str(f->name), "%s is a duration such as \"30s\" or \"5m\", or milliseconds", f->name);
		v->type = WH_V_INT;
		v->i = ms;
	}
	return v->type == WH_V_INT ? args_range(f, (double)v->i, e) : args_wrong(e, wh_str(f->name), "%s must be a duration", f->name);
}

/* Checks one value, and brings it into the form that handlers read. */
static enum wh_err
args_check(const struct wh_field *f, struct wh_value *v, struct wh_args_error *e)
{
	struct wh_str name = wh_str(f->name);
	double d;

	switch (f->type) {
	case WH_F_TEXT:
		return v->type == WH_V_STR ? args_length(f, v->s, e) : args_wrong(e, name, "%s must be a string", f->name);
	case WH_F_NAME:
	case WH_F_ID:
		if (v->type != WH_V_STR)
			return args_wrong(e, name, "%s must be a string", f->name);
		if (!args_is_name(v->s))
			return args_wrong(e, name, "%s must not have blanks or control characters", f->name);
		return args_length(f, v->s, e);
	case WH_F_INT:
		if (v->type == WH_V_NUM && v->d == floor(v->d) && fabs(v->d) < 9e15) {
			v->type = WH_V_INT;
			v->i = (int64_t)v->d;
		}
		return v->type == WH_V_INT ? args_range(f, (double)v->i, e) : args_wrong(e, name, "%s must be a whole number", f->name);
	case WH_F_NUM:
		return wh_value_num(v, &d) ? args_range(f, d, e) : args_wrong(e, name, "%s must be a number", f->name);
	case WH_F_BOOL:
		return v->type == WH_V_BOOL ? WH_OK : args_wrong(e, name, "%s must be true or false", f->name);
	case WH_F_CHOICE:
		if (v->type == WH_V_STR && wh_args_choice(f->choices, v->s))
			return WH_OK;
		return args_wrong(e, name, "%s must be one of %s", f->name, f->choices);
	case WH_F_TIME:
		return args_time(f, v, e);
	case WH_F_DURATION:
		return args_duration(f, v, e);
	case WH_F_LIST:
		return v->type == WH_V_ARRAY ? WH_OK : args_wrong(e, name, "%s must be an array", f->name);
	case WH_F_OBJECT:
		return v->type == WH_V_OBJECT ? WH_OK : args_wrong(e, name, "%s must be an object", f->name);
	}
	return args_wrong(e, name, "%s has no known type", f->name);
}

static enum wh_err
args_unknown(const struct wh_field *fields, size_t n, struct wh_str key, struct wh_args_error *e)
{
	struct wh_nearest nearest = { .word = key };

	for (size_t i = 0; i < n; i++)
		wh_nearest_offer(&nearest, wh_str(fields[i].name));
	if (key.n > WH_ARGS_NAME)
		key.n = WH_ARGS_NAME;
	if (nearest.best.n != 0)
		return args_wrong(e, key, "there is no argument %.*s; did you mean %.*s?", WH_FMT(key), WH_FMT(nearest.best));
	return args_wrong(e, key, "there is no argument %.*s", WH_FMT(key));
}

/* A default as its row writes it. Tables are ours: a bad default is a bug. */
static struct wh_value
args_default(const struct wh_field *f)
{
	struct wh_value v = { .type = WH_V_STR, .s = wh_str(f->def) };
	struct wh_args_error ignored;
	enum wh_err err;

	if (f->type == WH_F_INT)
		v = (struct wh_value){ .type = WH_V_INT, .i = strtoll(f->def, NULL, 10) };
	else if (f->type == WH_F_NUM)
		v = (struct wh_value){ .type = WH_V_NUM, .d = strtod(f->def, NULL) };
	else if (f->type == WH_F_BOOL)
		v = (struct wh_value){ .type = WH_V_BOOL, .b = strcmp(f->def, "true") == 0 };
	err = args_check(f, &v, &ignored);
	assert(err == WH_OK);
	(void)err;
	return v;
}

enum wh_err
wh_args_read(struct wh_args *args, const struct wh_field *fields, const struct wh_value *object, struct wh_args_error *error_out)
{
	struct wh_json_in in;
	struct wh_value v;
	struct wh_str key;
	enum wh_err err;
	size_t i;

	*error_out = (struct wh_args_error){ 0 };
	args->fields = fields;
	args->n = wh_args_count(fields);
	for (i = 0; i < args->n; i++)
		args->values[i].type = WH_V_NONE;
	if (object->type != WH_V_OBJECT && object->type != WH_V_NONE)
		return args_wrong(error_out, (struct wh_str){ NULL, 0 }, "the arguments must be an object with names");
	in = wh_json_each(object);
	while (wh_json_next(&in, &key, &v)) {
		for (i = 0; i < args->n && !wh_str_is(key, fields[i].name); i++)
			;
		if (i == args->n)
			return args_unknown(fields, args->n, key, error_out);
		if (v.type == WH_V_NULL && !fields[i].required)
			continue;	/* as if it was not there: what many clients send for "nothing" */
		err = args_check(&fields[i], &v, error_out);
		if (err != WH_OK)
			return err;
		args->values[i] = v;
	}
	for (i = 0; i < args->n; i++) {
		if (args->values[i].type != WH_V_NONE)
			continue;
		if (fields[i].required)
			return args_wrong(error_out, wh_str(fields[i].name), "%s is missing: %s", fields[i].name, fields[i].help);
		if (fields[i].def != NULL)
			args->values[i] = args_default(&fields[i]);
	}
	return WH_OK;
}

const struct wh_value *
wh_args_get(const struct wh_args *args, const char *field)
{
	for (size_t i = 0; i < args->n; i++)
		if (strcmp(args->fields[i].name, field) == 0)
			return args->values[i].type != WH_V_NONE ? &args->values[i] : NULL;
	assert(false && "the command declared no such field");
	return NULL;
}

enum wh_err
wh_args_put_text(struct wh_json *w, const struct wh_field *field, struct wh_str text)
{
	struct wh_json_error ignored;
	bool quoted = true;

	switch (field->type) {
	case WH_F_INT:
	case WH_F_NUM:
	case WH_F_LIST:
	case WH_F_OBJECT:
		quoted = false;
		break;
	case WH_F_BOOL:
		quoted = !wh_str_is(text, "true") && !wh_str_is(text, "false");
		break;
	case WH_F_TIME:
	case WH_F_DURATION:
		/* Bare digits are milliseconds; anything else is text with units. */
		quoted = text.n == 0 || text.n > 18;
		for (size_t i = 0; i < text.n && !quoted; i++)
			quoted = text.p[i] < '0' || text.p[i] > '9';
		break;
	default:
		break;
	}
	if (quoted) {
		wh_json_str(w, field->name, text);
		return WH_OK;
	}
	if (wh_json_check(text, NULL, &ignored) != WH_OK)
		return WH_EINVAL;
	wh_json_raw(w, field->name, text);
	return WH_OK;
}

void
wh_args_put_items(struct wh_json *w, const struct wh_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct wh_value *v = &items[i].value;

		switch (v->type) {
		case WH_V_NONE:
			break;
		case WH_V_NULL:
			wh_json_null(w, items[i].key);
			break;
		case WH_V_BOOL:
			wh_json_bool(w, items[i].key, v->b);
			break;
		case WH_V_INT:
			wh_json_int(w, items[i].key, v->i);
			break;
		case WH_V_NUM:
			wh_json_num(w, items[i].key, v->d);
			break;
		case WH_V_STR:
			wh_json_str(w, items[i].key, v->s);
			break;
		case WH_V_ARRAY:
		case WH_V_OBJECT:
			wh_json_raw(w, items[i].key, v->raw);
			break;
		}
	}
}
