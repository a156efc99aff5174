/* See conf_overlay.h. The tree is libconfig's own; it is written by us, so that each setting has a line of its own. */
#include "base/conf_overlay.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf_build.h"

struct wh_overlay {
	config_t config;
};

enum { OVERLAY_NAME = 128, OVERLAY_DEPTH = 24 };

enum wh_err
wh_overlay_open(struct wh_str text, struct wh_overlay **overlay_out)
{
	struct wh_overlay *o = calloc(1, sizeof *o);
	struct wh_conf_errors ignored = { 0 };
	struct wh_snapshot *s;
	enum wh_err err;

	*overlay_out = NULL;
	if (o == NULL)
		return WH_ENOMEM;
	config_init(&o->config);
	/* By way of a snapshot, as there libconfig never meets an @include. */
	err = wh_snapshot_from_text("", text, &ignored, &s);
	if (err == WH_OK)
		err = conf_parse(&o->config, s, &ignored);
	wh_snapshot_free(&s);
	wh_conf_errors_free(&ignored);
	if (err != WH_OK)
		wh_overlay_free(&o);
	*overlay_out = o;
	return err;
}

void
wh_overlay_free(struct wh_overlay **overlay)
{
	if (*overlay == NULL)
		return;
	config_destroy(&(*overlay)->config);
	free(*overlay);
	*overlay = NULL;
}

/* Takes the next name off a path; false: it is too long or none, or the path ends in a point. */
static bool
overlay_name(const char **path, char name[static OVERLAY_NAME])
{
	size_t n = strcspn(*path, ".");

	if (n == 0 || n >= OVERLAY_NAME || ((*path)[n] == '.' && (*path)[n + 1] == '\0'))
		return false;
	memcpy(name, *path, n);
	name[n] = '\0';
	*path += n + ((*path)[n] == '.');
	return true;
}

static enum wh_err overlay_add(config_setting_t *to, const char *name, const struct wh_value *value, unsigned depth);

static enum wh_err
overlay_add_members(config_setting_t *to, const struct wh_value *value, unsigned depth)
{
	struct wh_json_in in = wh_json_each(value);
	enum wh_err err = WH_OK;
	struct wh_value item;
	struct wh_str key;
	char name[OVERLAY_NAME];

	if (depth == OVERLAY_DEPTH)
		return WH_EINVAL;
	while (err == WH_OK && wh_json_next(&in, &key, &item)) {
		if (value->type == WH_V_ARRAY) {
			err = overlay_add(to, NULL, &item, depth + 1);
			continue;
		}
		if (key.n == 0 || key.n >= sizeof name || memchr(key.p, '\0', key.n) != NULL)
			return WH_EINVAL;
		memcpy(name, key.p, key.n);
		name[key.n] = '\0';
		err = overlay_add(to, name, &item, depth + 1);
	}
	return err;
}

static enum wh_err
overlay_add_text(config_setting_t *to, const char *name, struct wh_str text)
{
	config_setting_t *made;
	char *copy;
	bool set;

	if (memchr(text.n > 0 ? text.p : "", '\0', text.n) != NULL)
		return WH_EINVAL;
	made = config_setting_add(to, name, CONFIG_TYPE_STRING);
	copy = strndup(text.n > 0 ? text.p : "", text.n);
	set = made != NULL && copy != NULL && config_setting_set_string(made, copy) == CONFIG_TRUE;
	free(copy);
	return set ? WH_OK : made == NULL ? WH_EINVAL : WH_ENOMEM;
}

static enum wh_err
overlay_add(config_setting_t *to, const char *name, const struct wh_value *value, unsigned depth)
{
	config_setting_t *made;

	switch (value->type) {
	case WH_V_BOOL:
		made = config_setting_add(to, name, CONFIG_TYPE_BOOL);
		return made != NULL && config_setting_set_bool(made, value->b) == CONFIG_TRUE ? WH_OK : WH_EINVAL;
	case WH_V_INT:
		if (value->i >= INT32_MIN && value->i <= INT32_MAX) {
			made = config_setting_add(to, name, CONFIG_TYPE_INT);
			return made != NULL && config_setting_set_int(made, (int)value->i) == CONFIG_TRUE ? WH_OK : WH_EINVAL;
		}
		made = config_setting_add(to, name, CONFIG_TYPE_INT64);
		return made != NULL && config_setting_set_int64(made, value->i) == CONFIG_TRUE ? WH_OK : WH_EINVAL;
	case WH_V_NUM:
		made = config_setting_add(to, name, CONFIG_TYPE_FLOAT);
		return made != NULL && config_setting_set_float(made, value->d) == CONFIG_TRUE ? WH_OK : WH_EINVAL;
	case WH_V_STR:
		return overlay_add_text(to, name, value->s);
	case WH_V_ARRAY:
	case WH_V_OBJECT:
		made = config_setting_add(to, name, value->type == WH_V_ARRAY ? CONFIG_TYPE_LIST : CONFIG_TYPE_GROUP);
		return made != NULL ? overlay_add_members(made, value, depth) : WH_EINVAL;
	case WH_V_NONE:
	case WH_V_NULL:
		break;
	}
	return WH_EINVAL;
}

enum wh_err
wh_overlay_set(struct wh_overlay *overlay, const char *path, const struct wh_value *value)
{
	config_setting_t *at = config_root_setting(&overlay->config), *below;
	char name[OVERLAY_NAME];

	for (;;) {
		if (!config_setting_is_group(at) || !overlay_name(&path, name))
			return WH_EINVAL;
		if (*path == '\0')
			break;
		below = config_setting_get_member(at, name);
		if (below == NULL)
			below = config_setting_add(at, name, CONFIG_TYPE_GROUP);
		if (below == NULL)
			return WH_EINVAL;
		at = below;
	}
	(void)config_setting_remove(at, name);
	return overlay_add(at, name, value, 0);
}

/* Removes at the path below `at`; groups that it leaves empty go too. */
static bool
overlay_remove(config_setting_t *at, const char *path)
{
	char name[OVERLAY_NAME];
	config_setting_t *below;

	if (!config_setting_is_group(at) || !overlay_name(&path, name))
		return false;
	if (*path == '\0')
		return config_setting_remove(at, name) == CONFIG_TRUE;
	below = config_setting_get_member(at, name);
	if (below == NULL || !overlay_remove(below, path))
		return false;
	if (config_setting_length(below) == 0)
		(void)config_setting_remove(at, name);
	return true;
}

bool
wh_overlay_unset(struct wh_overlay *overlay, const char *path)
{
	return overlay_remove(config_root_setting(&overlay->config), path);
}

static enum wh_err
overlay_list(struct wh_overlay *overlay, const char *list, struct wh_str plugin, bool there)
{
	config_setting_t *root = config_root_setting(&overlay->config), *at = config_setting_get_member(root, list);

	for (unsigned i = 0; at != NULL && i < (unsigned)config_setting_length(at); i++)
		if (wh_str_is(plugin, config_setting_get_string_elem(at, (int)i))) {
			if (!there)
				(void)config_setting_remove_elem(at, i);
			if (config_setting_length(at) == 0)
				(void)config_setting_remove(root, list);
			return WH_OK;
		}
	if (!there)
		return WH_OK;
	if (at == NULL)
		at = config_setting_add(root, list, CONFIG_TYPE_LIST);
	return at != NULL ? overlay_add_text(at, NULL, plugin) : WH_ENOMEM;
}

enum wh_err
wh_overlay_plugin(struct wh_overlay *overlay, struct wh_str plugin, enum wh_overlay_plugin what)
{
	enum wh_err err = overlay_list(overlay, "enable", plugin, what == WH_OVERLAY_ENABLED);

	return err == WH_OK ? overlay_list(overlay, "disable", plugin, what == WH_OVERLAY_DISABLED) : err;
}

static bool
overlay_drop(config_setting_t *at, unsigned line)
{
	for (unsigned i = 0; config_setting_is_aggregate(at) && i < (unsigned)config_setting_length(at); i++) {
		config_setting_t *one = config_setting_get_elem(at, i);

		if (config_setting_source_line(one) == line) {
			(void)config_setting_remove_elem(at, i);
			return true;
		}
		if (overlay_drop(one, line))
			return true;
	}
	return false;
}

bool
wh_overlay_drop(struct wh_overlay *overlay, unsigned line)
{
	return line != 0 && overlay_drop(config_root_setting(&overlay->config), line);
}

static void
write_text(struct wh_buf *to, const char *text)
{
	wh_buf_byte(to, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			wh_buf_fmt(to, "\\%c", c);
		else if (c < ' ')
			wh_buf_fmt(to, "\\x%02X", c);
		else
			wh_buf_byte(to, *text);
	}
	wh_buf_byte(to, '"');
}

/* libconfig takes a number for a float by its point alone. */
static void
write_float(struct wh_buf *to, double number)
{
	char digits[40];
	size_t mantissa;

	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof digits, "%.*g", precision, number);
		if (strtod(digits, NULL) == number)
			break;
	}
	mantissa = strcspn(digits, "e");
	wh_buf_fmt(to, "%.*s%s%s", (int)mantissa, digits, strchr(digits, '.') == NULL ? ".0" : "", digits + mantissa);
}

static void
write_members(struct wh_buf *to, const config_setting_t *of, bool names)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(of); i++) {
		const config_setting_t *one = config_setting_get_elem(of, i);

		if (names)
			wh_buf_fmt(to, "%s = ", config_setting_name(one));
		else if (i > 0)
			wh_buf_text(to, ", ");
		conf_write_value(to, one);
		if (names)
			wh_buf_text(to, "; ");
	}
}

static bool
write_is_texts(const config_setting_t *list)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(list); i++)
		if (config_setting_type(config_setting_get_elem(list, i)) != CONFIG_TYPE_STRING)
			return false;
	return true;
}

void
conf_write_value(struct wh_buf *to, const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_BOOL:
		wh_buf_text(to, config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_INT:
		wh_buf_i64(to, config_setting_get_int(setting));
		break;
	case CONFIG_TYPE_INT64:
		wh_buf_i64(to, config_setting_get_int64(setting));
		wh_buf_byte(to, 'L');
		break;
	case CONFIG_TYPE_FLOAT:
		write_float(to, config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_STRING:
		write_text(to, config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_GROUP:
		wh_buf_text(to, "{ ");
		write_members(to, setting, true);
		wh_buf_byte(to, '}');
		break;
	default:
		wh_buf_text(to, write_is_texts(setting) ? "[ " : "( ");
		write_members(to, setting, false);
		wh_buf_text(to, write_is_texts(setting) ? " ]" : " )");
	}
}

static void
write_indent(struct wh_buf *to, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		wh_buf_byte(to, '\t');
}

/* `enable` and `disable` have a line for each plugin, so that one can be left out alone. libconfig takes for the last one's line that of the bracket. */
static void
write_lines(struct wh_buf *to, const config_setting_t *group, unsigned depth)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
		const config_setting_t *one = config_setting_get_elem(group, i);

		write_indent(to, depth);
		wh_buf_fmt(to, "%s = ", config_setting_name(one));
		if (config_setting_is_group(one)) {
			wh_buf_text(to, "{\n");
			write_lines(to, one, depth + 1);
			write_indent(to, depth);
			wh_buf_byte(to, '}');
		} else if (depth == 0 && config_setting_is_aggregate(one)) {
			wh_buf_text(to, "[\n");
			for (unsigned n = (unsigned)config_setting_length(one), j = 0; j < n; j++) {
				wh_buf_byte(to, '\t');
				conf_write_value(to, config_setting_get_elem(one, j));
				wh_buf_text(to, j + 1 < n ? ",\n" : " ]");
			}
		} else {
			conf_write_value(to, one);
		}
		wh_buf_text(to, ";\n");
	}
}

void
wh_overlay_write(const struct wh_overlay *overlay, struct wh_buf *to)
{
	const config_setting_t *root = config_root_setting(&overlay->config);

	if (config_setting_length(root) == 0)
		return;
	wh_buf_text(to, "# What administrators changed while the server ran. It lies over the config file, which whiplyd never writes; this file it writes\n"
		"# anew at each change. `whiplyctl settings --changed` shows what is here, `whiplyctl unset` takes it away.\n");
	write_lines(to, root, 0);
}

bool
conf_overlay_check(const struct wh_conf_file *file, struct wh_conf_errors *errors)
{
	const config_setting_t *root = config_root_setting(&file->overlay);
	size_t before = errors->n + errors->more;
	const char *name;
	unsigned line;

	for (unsigned i = 0; i < (unsigned)config_setting_length(root); i++) {
		const config_setting_t *one = config_setting_get_elem(root, i);
		const char *key = config_setting_name(one), *wrong = NULL;

		if (strcmp(key, "plugins") == 0)
			wrong = config_setting_is_group(one) ? NULL : "expected a group: { ... }";
		else if (strcmp(key, "enable") != 0 && strcmp(key, "disable") != 0)
			wrong = "can be changed in the config file only: here are plugins, enable and disable";
		else if (config_setting_is_group(one) || !config_setting_is_aggregate(one) || !write_is_texts(one))
			wrong = "expected a list of plugins, such as [ \"irc\" ]";
		if (wrong == NULL)
			continue;
		wh_snapshot_where(file->over, (unsigned)config_setting_source_line(one), &name, &line);
		wh_conf_errors_add(errors, name, line, "%s: %s", key, wrong);
	}
	return errors->n + errors->more == before;
}

bool
wh_conf_file_changes(const struct wh_conf_file *file, const char *path)
{
	return file->over != NULL && conf_walk(&file->overlay, path) != NULL;
}

const char *
wh_conf_file_listed(const struct wh_conf_file *file, const char *list, unsigned i)
{
	const config_setting_t *at = file->over != NULL ? conf_walk(&file->overlay, list) : NULL;

	return at != NULL && i < (unsigned)config_setting_length(at) ? config_setting_get_string_elem(at, (int)i) : NULL;
}

bool
wh_conf_file_lists(const struct wh_conf_file *file, const char *list, struct wh_str plugin)
{
	const char *name;

	for (unsigned i = 0; (name = wh_conf_file_listed(file, list, i)) != NULL; i++)
		if (wh_str_is(plugin, name))
			return true;
	return false;
}

static bool
hidden_same(const config_setting_t *a, const config_setting_t *b)
{
	struct wh_buf x = { 0 }, y = { 0 };
	bool same;

	conf_write_value(&x, a);
	conf_write_value(&y, b);
	same = !x.failed && !y.failed && wh_str_eq(wh_buf_slice(&x), wh_buf_slice(&y));
	wh_buf_free(&x);
	wh_buf_free(&y);
	return same;
}

static void
hidden_group(const struct wh_conf_file *f, const config_setting_t *over, const config_setting_t *base, const char *path, struct wh_conf_errors *to)
{
	char below[OVERLAY_NAME * 2];
	const char *file;
	unsigned line;

	for (unsigned i = 0; i < (unsigned)config_setting_length(over); i++) {
		const config_setting_t *one = config_setting_get_elem(over, i), *hidden = config_setting_get_member(base, config_setting_name(one));

		if (hidden == NULL)
			continue;
		snprintf(below, sizeof below, "%.120s.%.120s", path, config_setting_name(one));
		if (config_setting_is_group(one) && config_setting_is_group(hidden)) {
			hidden_group(f, one, hidden, below, to);
		} else if (!hidden_same(one, hidden)) {
			wh_snapshot_where(f->snapshot, (unsigned)config_setting_source_line(hidden), &file, &line);
			wh_conf_errors_add(to, file, line, "%s: an administrator changed it, so this line is not in force (%s:%u); whiplyctl unset puts it in force",
				below, wh_snapshot_overlay_file(f->snapshot), (unsigned)config_setting_source_line(one));
		}
	}
}

void
wh_conf_file_hidden(const struct wh_conf_file *f, struct wh_conf_errors *to)
{
	const config_setting_t *over = f->over != NULL ? conf_walk(&f->overlay, "plugins") : NULL, *base = conf_walk(&f->config, "plugins");
	const char *file;
	unsigned line;

	if (base == NULL || !config_setting_is_group(base))
		return;
	if (over != NULL)
		hidden_group(f, over, base, "plugins", to);
	for (unsigned i = 0; i < (unsigned)config_setting_length(base); i++) {
		const config_setting_t *one = config_setting_get_elem(base, i);

		if (!wh_conf_file_lists(f, "disable", wh_str(config_setting_name(one))))
			continue;
		wh_snapshot_where(f->snapshot, (unsigned)config_setting_source_line(one), &file, &line);
		wh_conf_errors_add(to, file, line, "plugins.%s: an administrator disabled it (%s); whiplyctl enable %s puts this line in force", config_setting_name(one),
			wh_snapshot_overlay_file(f->snapshot), config_setting_name(one));
	}
}
