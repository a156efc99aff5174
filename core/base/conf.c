/* Asking a wh_conf (whiply/conf.h), and the way from a snapshot to one: parse, check, own. */
#include "base/conf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf_build.h"
#include "base/conf_scan.h"

enum { CONF_BYTES = 16 << 20 };		/* of one checked root */

#define CONF_IS(type) (1u << (type))

/* The value of a key that must have been declared, as one of `types`: all else is a bug of the caller. */
static const struct conf_value *
conf_value(const struct wh_conf *c, const char *key, unsigned types)
{
	for (size_t i = 0; c->table != NULL && c->table[i].name != NULL; i++) {
		if (strcmp(c->table[i].name, key) != 0)
			continue;
		if ((types & CONF_IS(c->table[i].type)) != 0)
			return &c->values[i];
		fprintf(stderr, "setting \"%s\" is asked for as another type than it is declared\n", key);
		abort();
	}
	fprintf(stderr, "setting \"%s\" was never declared\n", key);
	abort();
}

static bool
conf_flag(const struct wh_conf *c, const char *key)
{
	return conf_value(c, key, CONF_IS(WH_BOOL))->as.flag;
}

static int64_t
conf_integer(const struct wh_conf *c, const char *key)
{
	return conf_value(c, key, CONF_IS(WH_INT) | CONF_IS(WH_SIZE) | CONF_IS(WH_DURATION))->as.integer;
}

static double
conf_number(const struct wh_conf *c, const char *key)
{
	return conf_value(c, key, CONF_IS(WH_NUMBER))->as.number;
}

static struct wh_str
conf_string(const struct wh_conf *c, const char *key)
{
	return conf_value(c, key, CONF_IS(WH_STRING) | CONF_IS(WH_CHOICE))->as.string;
}

static struct wh_rate
conf_rate(const struct wh_conf *c, const char *key)
{
	return conf_value(c, key, CONF_IS(WH_RATE))->as.rate;
}

/* A WH_TABLE has a group even when the file has none: there the count says whether it was given. */
static size_t
conf_count(const struct wh_conf *c, const char *key)
{
	unsigned lists = CONF_IS(WH_STRINGS) | CONF_IS(WH_NETWORKS), groups = CONF_IS(WH_TABLES) | CONF_IS(WH_FREE);
	const struct conf_value *v = conf_value(c, key, lists | groups | CONF_IS(WH_TABLE));

	for (size_t i = 0;; i++)
		if (strcmp(c->table[i].name, key) == 0) {
			unsigned type = CONF_IS(c->table[i].type);

			return type & lists ? v->as.list.n : type & groups ? v->as.groups.n : v->given;
		}
}

static struct wh_str
conf_item(const struct wh_conf *c, const char *key, size_t i)
{
	const struct conf_value *v = conf_value(c, key, CONF_IS(WH_STRINGS) | CONF_IS(WH_NETWORKS));

	assert(i < v->as.list.n);
	return v->as.list.items[i];
}

static const struct wh_conf *
conf_table(const struct wh_conf *c, const char *key, size_t i)
{
	const struct conf_value *v = conf_value(c, key, CONF_IS(WH_TABLE) | CONF_IS(WH_TABLES) | CONF_IS(WH_FREE));

	assert(i < v->as.groups.n);
	return v->as.groups.items[i];
}

static struct wh_str
conf_name(const struct wh_conf *c)
{
	return c->name;
}

const struct wh_conf_ops conf_ops = {
	.flag = conf_flag,
	.integer = conf_integer,
	.number = conf_number,
	.string = conf_string,
	.rate = conf_rate,
	.count = conf_count,
	.item = conf_item,
	.table = conf_table,
	.name = conf_name,
};

bool
wh_conf_given(const struct wh_conf *c, const char *key)
{
	return conf_value(c, key, ~0u)->given;
}

enum wh_conf_from
wh_conf_where(const struct wh_conf *c, const char *key, const char **file_out, unsigned *line_out)
{
	const struct conf_value *v = conf_value(c, key, ~0u);

	*file_out = v->given ? v->file : "";
	*line_out = v->given ? v->line : 0;
	return v->changed ? WH_CONF_CHANGED : v->given ? WH_CONF_FILE_SAYS : WH_CONF_DEFAULT;
}

bool
wh_conf_declared(const struct wh_conf *c, const char *key)
{
	for (size_t i = 0; c->table != NULL && c->table[i].name != NULL; i++)
		if (strcmp(c->table[i].name, key) == 0)
			return true;
	return false;
}

void
wh_conf_blame(const struct wh_conf *c, const char *key, struct wh_conf_errors *errors, const char *fmt, ...)
{
	const struct conf_value *v = key != NULL ? conf_value(c, key, ~0u) : NULL;
	char text[WH_CONF_ERROR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (v != NULL && v->line != 0)
		wh_conf_errors_add(errors, v->file, v->line, "%s: %s", key, text);
	else
		wh_conf_errors_add(errors, c->file, c->line, "%s%s%s", key != NULL ? key : "", key != NULL ? ": " : "", text);
}

enum wh_err
conf_parse(config_t *config, const struct wh_snapshot *s, struct wh_conf_errors *errors)
{
	struct wh_buf text = { 0 };
	enum wh_err err = WH_ESYNTAX;
	const char *name;
	unsigned line;

	if (!conf_scan_check(s, errors, &text))
		goto end;
	if (wh_buf_cstr(&text) == NULL) {
		err = WH_ENOMEM;
		goto end;
	}
	if (config_read_string(config, text.p) == CONFIG_FALSE) {
		wh_snapshot_where(s, (unsigned)config_error_line(config), &name, &line);
		wh_conf_errors_add(errors, name, line, "%s (or at the end of the line before)", config_error_text(config));
		goto end;
	}
	err = WH_OK;
end:
	wh_buf_free(&text);
	return err;
}

enum wh_err
wh_conf_file_open(const struct wh_snapshot *s, struct wh_conf_errors *errors, struct wh_conf_file **file_out)
{
	struct wh_conf_file *file = calloc(1, sizeof *file);
	struct wh_str overlay = wh_snapshot_overlay(s);
	enum wh_err err;

	*file_out = NULL;
	if (file == NULL)
		return WH_ENOMEM;
	file->snapshot = s;
	config_init(&file->config);
	config_init(&file->overlay);
	err = conf_parse(&file->config, s, errors);
	if (err == WH_OK && overlay.n > 0) {
		err = wh_snapshot_from_text(wh_snapshot_overlay_file(s), overlay, errors, &file->over);
		if (err == WH_OK)
			err = conf_parse(&file->overlay, file->over, errors);
		if (err == WH_OK && !conf_overlay_check(file, errors))
			err = WH_ESYNTAX;
	}
	if (err != WH_OK)
		wh_conf_file_free(&file);
	*file_out = file;
	return err;
}

void
wh_conf_file_free(struct wh_conf_file **file)
{
	if (*file == NULL)
		return;
	config_destroy(&(*file)->config);
	config_destroy(&(*file)->overlay);
	wh_snapshot_free(&(*file)->over);
	free(*file);
	*file = NULL;
}

const config_setting_t *
conf_walk(const config_t *config, const char *path)
{
	const config_setting_t *at = config_root_setting(config);
	char name[128];

	while (at != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		if (n >= sizeof name || !config_setting_is_group(at))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		at = config_setting_get_member(at, name);
		path += n + (path[n] == '.');
	}
	return at;
}

enum wh_err
wh_conf_check(const struct wh_conf_file *file, const char *path, const struct wh_setting *table, unsigned flags,
	struct wh_conf_errors *errors, struct wh_conf **conf_out)
{
	size_t before = errors->n + errors->more;
	struct wh_arena *arena = calloc(1, sizeof *arena);
	struct wh_conf *conf = NULL;
	struct conf_at at = { .file = conf_walk(&file->config, path) };
	enum wh_err err = WH_OK;

	*conf_out = NULL;
	if (arena == NULL)
		return WH_ENOMEM;
	arena->max = CONF_BYTES;
	if (file->over != NULL && (flags & WH_CONF_UNCHANGED) == 0)
		at.over = conf_walk(&file->overlay, path);
	if (!conf_check_root(file, path, at, table, flags, arena, errors, &conf))
		err = WH_ENOMEM;
	else if (errors->n + errors->more != before)
		err = WH_EINVAL;
	if (err != WH_OK) {
		wh_arena_free(arena);
		free(arena);
		return err;
	}
	conf->root = arena;
	*conf_out = conf;
	return WH_OK;
}

enum wh_err
wh_conf_of_snapshot(const struct wh_snapshot *s, const struct wh_setting *table, unsigned flags,
	struct wh_conf_errors *errors, struct wh_conf **conf_out)
{
	size_t before = errors->n + errors->more;
	struct wh_conf_file *file;
	enum wh_err err = wh_conf_file_open(s, errors, &file);

	*conf_out = NULL;
	if (err != WH_OK)
		return err;
	err = wh_conf_check(file, "", table, flags, errors, conf_out);
	wh_conf_file_free(&file);
	if (err == WH_OK && errors->n + errors->more != before) {
		wh_conf_free(conf_out);
		err = WH_EINVAL;
	}
	return err;
}

enum wh_err
wh_conf_of_text(const char *text, const struct wh_setting *table, struct wh_conf_errors *errors, struct wh_conf **conf_out)
{
	struct wh_snapshot *s;
	enum wh_err err = wh_snapshot_from_text("test", wh_str(text), errors, &s);

	*conf_out = NULL;
	if (err != WH_OK)
		return err;
	err = wh_conf_of_snapshot(s, table, 0, errors, conf_out);
	wh_snapshot_free(&s);
	return err;
}

void
wh_conf_free(struct wh_conf **conf)
{
	struct wh_arena *arena;

	if (*conf == NULL)
		return;
	arena = (*conf)->root;
	assert(arena != NULL);
	wh_arena_free(arena);
	free(arena);
	*conf = NULL;
}
