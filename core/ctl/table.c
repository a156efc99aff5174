/* See table.h. */
#include "ctl/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/nearest.h"

enum {
	TABLE_BYTES = 16 << 20,
	TABLE_COMMANDS = 10000,
	TABLE_FIELDS = 100000,
};

static enum wh_field_type
table_type(struct wh_str name)
{
	static const struct {
		const char *name;
		enum wh_field_type type;
	} types[] = {
		{ "text", WH_F_TEXT }, { "name", WH_F_NAME }, { "int", WH_F_INT }, { "integer", WH_F_INT }, { "num", WH_F_NUM },
		{ "number", WH_F_NUM }, { "bool", WH_F_BOOL }, { "boolean", WH_F_BOOL }, { "choice", WH_F_CHOICE }, { "id", WH_F_ID },
		{ "time", WH_F_TIME }, { "duration", WH_F_DURATION }, { "list", WH_F_LIST }, { "array", WH_F_LIST },
		{ "object", WH_F_OBJECT },
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (wh_str_is(name, types[i].name))
			return types[i].type;
	return WH_F_TEXT;
}

static struct wh_str
table_text(const struct wh_value *object, const char *key)
{
	struct wh_value v;

	return wh_json_get(object, key, &v) && v.type == WH_V_STR ? v.s : (struct wh_str){ "", 0 };
}

/* A member that may be null, which reads as if it were not there. */
static struct wh_value
table_value(const struct wh_value *object, const char *key)
{
	struct wh_value v;

	(void)wh_json_get(object, key, &v);
	if (v.type == WH_V_NULL)
		v = (struct wh_value){ 0 };
	return v;
}

static void
table_read_field(struct table_field *f, const struct wh_value *from)
{
	struct wh_value required;

	*f = (struct table_field){
		.name = table_text(from, "name"),
		.help = table_text(from, "help"),
		.type_name = table_text(from, "type"),
		.choices = table_value(from, "choices"),
		.fallback = table_value(from, "default"),
		.min = table_value(from, "min"),
		.max = table_value(from, "max"),
	};
	f->type = table_type(f->type_name);
	f->required = wh_json_get(from, "required", &required) && required.type == WH_V_BOOL && required.b;
}

static size_t
table_count(const struct wh_value *array)
{
	struct wh_json_in in = wh_json_each(array);
	struct wh_value item;
	size_t n = 0;

	while (wh_json_next(&in, NULL, &item))
		n++;
	return n;
}

static int
table_compare(const void *a, const void *b)
{
	const struct table_command *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int order = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;

	return order != 0 ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

static enum wh_err
table_fill(struct table *t, const struct wh_value *array)
{
	struct wh_json_in in = wh_json_each(array), each;
	struct wh_value command, fields, field;
	size_t n_commands = table_count(array), n_fields = 0, at = 0;

	while (wh_json_next(&in, NULL, &command))
		if (wh_json_get(&command, "fields", &fields))
			n_fields += table_count(&fields);
	if (n_commands > TABLE_COMMANDS || n_fields > TABLE_FIELDS)
		return WH_ETOOBIG;
	t->commands = calloc(n_commands + 1, sizeof *t->commands);
	t->fields = calloc(n_fields + 1, sizeof *t->fields);
	if (t->commands == NULL || t->fields == NULL)
		return WH_ENOMEM;
	for (in = wh_json_each(array); wh_json_next(&in, NULL, &command);) {
		struct table_command *c = &t->commands[t->n];

		*c = (struct table_command){ .name = table_text(&command, "name"), .help = table_text(&command, "help"),
			.allow = table_text(&command, "allow"), .flags = table_value(&command, "flags"), .fields = &t->fields[at] };
		if (c->name.n == 0)
			continue;
		t->n++;
		(void)wh_json_get(&command, "fields", &fields);
		for (each = wh_json_each(&fields); wh_json_next(&each, NULL, &field);) {
			table_read_field(&t->fields[at], &field);
			if (t->fields[at].name.n == 0)
				continue;
			at++;
			c->n_fields++;
		}
	}
	qsort(t->commands, t->n, sizeof *t->commands, table_compare);
	return WH_OK;
}

enum wh_err
table_read(struct wh_str json, struct table **table_out)
{
	static const struct wh_json_limits limits = { .bytes = TABLE_BYTES };
	struct table *t = calloc(1, sizeof *t);
	struct wh_value all;
	enum wh_err err = WH_ENOMEM;

	*table_out = NULL;
	if (t == NULL)
		return WH_ENOMEM;
	wh_buf_str(&t->text, json);
	if (!t->text.failed)
		err = wh_json_read(&t->doc, wh_buf_slice(&t->text), &limits, &t->scratch, &all, NULL);
	if (err == WH_OK && all.type == WH_V_OBJECT)
		(void)wh_json_get(&all, "commands", &all);
	if (err == WH_OK)
		err = all.type == WH_V_ARRAY ? table_fill(t, &all) : WH_ESYNTAX;
	if (err != WH_OK) {
		table_free(&t);
		return err;
	}
	*table_out = t;
	return WH_OK;
}

void
table_free(struct table **table)
{
	struct table *t = *table;

	*table = NULL;
	if (t == NULL)
		return;
	free(t->commands);
	free(t->fields);
	wh_buf_free(&t->text);
	wh_buf_free(&t->scratch);
	free(t);
}

static const struct table_command *
table_exact(const struct table *t, struct wh_str name)
{
	struct table_command wanted = { .name = name };

	return t->n == 0 ? NULL : bsearch(&wanted, t->commands, t->n, sizeof *t->commands, table_compare);
}

/* What the owner of the server says most often may be said without the plugin in front, in this order. */
static const char *const table_prefixes[] = { "server.", "plugin.", "session." };

const struct table_command *
table_find(const struct table *t, struct wh_str word)
{
	const struct table_command *c = table_exact(t, wh_str_is(word, "sessions") ? WH_STR("session.list") : word);
	char name[WH_NEAREST_MAX * 2];

	if (word.n > WH_NEAREST_MAX || (word.n > 0 && memchr(word.p, '.', word.n) != NULL))
		return c;
	for (size_t i = 0; c == NULL && i < sizeof table_prefixes / sizeof *table_prefixes; i++) {
		int n = snprintf(name, sizeof name, "%s%.*s", table_prefixes[i], WH_FMT(word));

		c = table_exact(t, (struct wh_str){ name, (size_t)n });
	}
	return c;
}

struct wh_str
table_short(const struct table *t, const struct table_command *c)
{
	struct wh_str word;

	if (wh_str_is(c->name, "session.list"))
		return WH_STR("sessions");
	for (size_t i = 0; i < sizeof table_prefixes / sizeof *table_prefixes; i++) {
		if (!wh_str_starts(c->name, wh_str(table_prefixes[i])))
			continue;
		word = wh_str_from(c->name, strlen(table_prefixes[i]));
		if (word.n > 0 && table_find(t, word) == c)
			return word;
	}
	return c->name;
}

struct wh_str
table_nearest(const struct table *t, struct wh_str word)
{
	struct wh_nearest nearest = { .word = word };

	for (size_t i = 0; i < t->n; i++) {
		wh_nearest_offer(&nearest, t->commands[i].name);
		wh_nearest_offer(&nearest, table_short(t, &t->commands[i]));
	}
	return nearest.best;
}

const struct table_field *
table_field(const struct table_command *c, struct wh_str name)
{
	for (size_t i = 0; i < c->n_fields; i++)
		if (wh_str_eq(c->fields[i].name, name))
			return &c->fields[i];
	return NULL;
}
