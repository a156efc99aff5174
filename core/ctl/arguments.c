/* See arguments.h. */
#include "ctl/arguments.h"

#include "base/nearest.h"
#include "base/utf8.h"
#include "ctl/files.h"
#include "ctl/help.h"

/* While words are read: what each field was given. */
struct arguments_state {
	const struct table_command *c;
	struct wh_str values[ARGUMENTS_FIELDS];
	bool given[ARGUMENTS_FIELDS];
	struct wh_buf *why;
};

bool
arguments_takes_value(const struct table_field *f)
{
	return f->type != WH_F_BOOL;
}

static bool
arguments_is_bool(struct wh_str word, bool *yes_out)
{
	static const char *const yes[] = { "true", "yes", "on", "1" }, *const no[] = { "false", "no", "off", "0" };

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (wh_str_is(word, yes[i]) || wh_str_is(word, no[i])) {
			*yes_out = wh_str_is(word, yes[i]);
			return true;
		}
	return false;
}

static enum wh_err
arguments_give(struct arguments_state *st, const struct table_field *f, struct wh_str value)
{
	size_t i = (size_t)(f - st->c->fields);

	if (st->given[i]) {
		wh_buf_fmt(st->why, "--%.*s is given twice", WH_FMT(f->name));
		return WH_EINVAL;
	}
	st->given[i] = true;
	st->values[i] = value;
	return WH_OK;
}

static enum wh_err
arguments_unknown(struct arguments_state *st, struct wh_str name)
{
	struct wh_nearest nearest = { .word = name };

	for (size_t i = 0; i < st->c->n_fields; i++)
		wh_nearest_offer(&nearest, st->c->fields[i].name);
	wh_buf_fmt(st->why, "%.*s has no field \"%.*s\"", WH_FMT(st->c->name), WH_FMT(name));
	if (nearest.best.n > 0)
		wh_buf_fmt(st->why, "; did you mean --%.*s?", WH_FMT(nearest.best));
	else if (st->c->n_fields == 0)
		wh_buf_text(st->why, ", nor any other");
	return WH_EINVAL;
}

/* A value without a field goes to the first required field that has none, or else to the first other. */
static enum wh_err
arguments_positional(struct arguments_state *st, struct wh_str value)
{
	for (int required = 1; required >= 0; required--)
		for (size_t i = 0; i < st->c->n_fields; i++)
			if (!st->given[i] && st->c->fields[i].required == (required == 1))
				return arguments_give(st, &st->c->fields[i], value);
	wh_buf_fmt(st->why, "\"%.*s\" is too much: ", WH_FMT(value));
	if (st->c->n_fields == 0)
		wh_buf_fmt(st->why, "%.*s takes nothing", WH_FMT(st->c->name));
	else
		wh_buf_fmt(st->why, "all fields of %.*s have a value; quote a value that has spaces", WH_FMT(st->c->name));
	return WH_EINVAL;
}

/* `--field` with what may follow it. `used_out`: how many of the words it was. */
static enum wh_err
arguments_option(struct arguments_state *st, int n, char *const words[], int *used_out)
{
	struct wh_str word = wh_str_from(wh_str(words[0]), 2);
	const char *equals = memchr(word.p, '=', word.n);
	struct wh_str name = { word.p, equals != NULL ? (size_t)(equals - word.p) : word.n };
	const struct table_field *f = table_field(st->c, name);
	bool yes;

	*used_out = 1;
	if (f == NULL && equals == NULL && wh_str_starts(name, WH_STR("no-"))) {
		f = table_field(st->c, wh_str_from(name, 3));
		if (f != NULL && f->type == WH_F_BOOL)
			return arguments_give(st, f, WH_STR("false"));
		f = NULL;
	}
	if (f == NULL)
		return arguments_unknown(st, name);
	if (equals != NULL)
		return arguments_give(st, f, wh_str_from(word, name.n + 1));
	if (f->type == WH_F_BOOL && (n < 2 || !arguments_is_bool(wh_str(words[1]), &yes)))
		return arguments_give(st, f, WH_STR("true"));
	if (n < 2) {
		wh_buf_fmt(st->why, "--%.*s needs a value", WH_FMT(name));
		return WH_EINVAL;
	}
	*used_out = 2;
	return arguments_give(st, f, wh_str(words[1]));
}

static enum wh_err
arguments_wrong(struct arguments_state *st, const struct table_field *f, struct wh_str value, const char *must)
{
	wh_buf_fmt(st->why, "--%.*s must be %s, not \"%.*s\"", WH_FMT(f->name), must, WH_FMT(value));
	return WH_EINVAL;
}

static enum wh_err
arguments_choice(struct arguments_state *st, struct wh_json *w, const struct table_field *f, const char *key, struct wh_str value)
{
	struct wh_nearest nearest = { .word = value };
	struct wh_json_in in = wh_json_each(&f->choices);
	struct wh_value choice;
	bool any = false, found = false;

	while (!found && wh_json_next(&in, NULL, &choice)) {
		any = true;
		found = choice.type == WH_V_STR && wh_str_eq(choice.s, value);
		if (choice.type == WH_V_STR)
			wh_nearest_offer(&nearest, choice.s);
	}
	if (found || !any) {
		wh_json_str(w, key, value);
		return WH_OK;
	}
	wh_buf_fmt(st->why, "--%.*s must be one of ", WH_FMT(f->name));
	help_choices(st->why, f);
	wh_buf_fmt(st->why, ", not \"%.*s\"", WH_FMT(value));
	if (nearest.best.n > 0)
		wh_buf_fmt(st->why, "; did you mean %.*s?", WH_FMT(nearest.best));
	return WH_EINVAL;
}

/* A number, list or object, which is JSON as it stands. `text_too`: anything else goes as text. */
static enum wh_err
arguments_json(struct arguments_state *st, struct wh_json *w, const struct table_field *f, const char *key, struct wh_str value,
    bool text_too)
{
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_json_error error = { 0 };
	struct wh_value v = { 0 };
	const char *must = f->type == WH_F_INT ? "a whole number" : f->type == WH_F_NUM ? "a number" :
	    f->type == WH_F_LIST ? "a JSON array, such as '[\"a\",\"b\"]'" : "a JSON object, such as '{\"a\":1}'";
	bool syntax, fits;

	syntax = wh_json_read(&doc, value, NULL, &scratch, &v, &error) == WH_OK;
	fits = syntax && (f->type == WH_F_LIST ? v.type == WH_V_ARRAY : f->type == WH_F_OBJECT ? v.type == WH_V_OBJECT :
	    f->type == WH_F_NUM ? v.type == WH_V_INT || v.type == WH_V_NUM : v.type == WH_V_INT);
	if (fits)
		wh_json_raw(w, key, v.raw);
	else if (text_too)
		wh_json_str(w, key, value);
	wh_buf_free(&scratch);
	if (fits || text_too)
		return WH_OK;
	if (!syntax && (f->type == WH_F_LIST || f->type == WH_F_OBJECT) && value.n > 0 && (*value.p == '[' || *value.p == '{')) {
		wh_buf_fmt(st->why, "--%.*s is not JSON: %s, at byte %zu", WH_FMT(f->name), error.reason, error.at + 1);
		return WH_EINVAL;
	}
	return arguments_wrong(st, f, value, must);
}

/* `@PATH`: what the file says, or a folder's files. */
static enum wh_err
arguments_file(struct arguments_state *st, struct wh_json *w, const struct table_field *f, const char *key, struct wh_str path)
{
	struct wh_buf text = { 0 };
	enum wh_err err = files_read(path, &text, st->why);

	if (err == WH_OK)
		err = arguments_json(st, w, f, key, wh_buf_slice(&text), false);
	wh_buf_free(&text);
	return err;
}

static enum wh_err
arguments_put_typed(struct arguments_state *st, struct wh_json *w, const struct table_field *f, const char *key, struct wh_str value)
{
	bool yes;

	switch (f->type) {
	case WH_F_BOOL:
		if (!arguments_is_bool(value, &yes))
			return arguments_wrong(st, f, value, "yes or no");
		wh_json_bool(w, key, yes);
		return WH_OK;
	case WH_F_CHOICE:
		return arguments_choice(st, w, f, key, value);
	case WH_F_LIST:
	case WH_F_OBJECT:
		if (value.n > 1 && value.p[0] == '@')
			return arguments_file(st, w, f, key, wh_str_from(value, 1));
		return arguments_json(st, w, f, key, value, false);
	case WH_F_INT:
	case WH_F_NUM:
		return arguments_json(st, w, f, key, value, false);
	case WH_F_TIME:
	case WH_F_DURATION:
		return arguments_json(st, w, f, key, value, true);
	case WH_F_TEXT:
	case WH_F_NAME:
	case WH_F_ID:
		break;
	}
	wh_json_str(w, key, value);
	return WH_OK;
}

static enum wh_err
arguments_put(struct arguments_state *st, struct wh_json *w, const struct table_field *f, struct wh_str value)
{
	struct wh_buf key = { 0 };
	enum wh_err err = WH_ENOMEM;

	wh_buf_str(&key, f->name);
	if (!wh_utf8_valid(value)) {
		wh_buf_fmt(st->why, "--%.*s is not UTF-8", WH_FMT(f->name));
		err = WH_EINVAL;
	} else if (wh_buf_cstr(&key) != NULL) {
		err = arguments_put_typed(st, w, f, key.p, value);
	}
	wh_buf_free(&key);
	return err;
}

static enum wh_err
arguments_write(struct arguments_state *st, struct wh_buf *json)
{
	struct wh_json w;
	enum wh_err err = WH_OK;

	wh_json_begin(&w, json);
	wh_json_object(&w, NULL);
	for (size_t i = 0; err == WH_OK && i < st->c->n_fields; i++) {
		const struct table_field *f = &st->c->fields[i];

		if (st->given[i]) {
			err = arguments_put(st, &w, f, st->values[i]);
		} else if (f->required) {
			wh_buf_fmt(st->why, "%.*s needs --%.*s", WH_FMT(st->c->name), WH_FMT(f->name));
			help_type(st->why, f);
			if (f->help.n > 0)
				wh_buf_fmt(st->why, ": %.*s", WH_FMT(f->help));
			err = WH_EINVAL;
		}
	}
	if (err != WH_OK)
		return err;
	wh_json_end(&w);
	return wh_json_finish(&w) ? WH_OK : WH_ENOMEM;
}

/* A negative number is a value, and so is a lone "-". */
static bool
arguments_is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

enum wh_err
arguments_read(const struct table_command *c, int n, char *const words[], struct arguments *arguments_out, struct wh_buf *json,
    struct wh_buf *why)
{
	struct arguments_state st = { .c = c, .why = why };
	enum wh_err err = WH_OK;
	bool values_only = false;
	int used;

	*arguments_out = (struct arguments){ 0 };
	if (c->n_fields > ARGUMENTS_FIELDS) {
		wh_buf_fmt(why, "%.*s has more than %d fields: call it over HTTP", WH_FMT(c->name), ARGUMENTS_FIELDS);
		return WH_EINVAL;
	}
	for (int i = 0; err == WH_OK && i < n; i += used) {
		used = 1;
		if (values_only || !arguments_is_option(words[i])) {
			err = arguments_positional(&st, wh_str(words[i]));
		} else if (strcmp(words[i], "--") == 0) {
			values_only = true;
		} else if (strcmp(words[i], "--json") == 0 && table_field(c, WH_STR("json")) == NULL) {
			arguments_out->json = true;
		} else if ((strcmp(words[i], "--help") == 0 && table_field(c, WH_STR("help")) == NULL) || strcmp(words[i], "-h") == 0) {
			arguments_out->help = true;
			return WH_OK;
		} else if (words[i][1] != '-') {
			wh_buf_fmt(why, "%s is no option; a field has two dashes, and options of whiplyctl come before the command", words[i]);
			err = WH_EINVAL;
		} else {
			err = arguments_option(&st, n - i, words + i, &used);
		}
	}
	return err == WH_OK ? arguments_write(&st, json) : err;
}
