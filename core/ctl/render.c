/* See render.h. */
#include "ctl/render.h"

#include "base/utf8.h"
#include "ctl/human.h"

#define RENDER_BOLD "\033[1m"
#define RENDER_DIM "\033[2m"
#define RENDER_PLAIN "\033[0m"

enum {
	RENDER_INDENT = 2,
	RENDER_LABEL = 40,	/* labels longer than this do not push the values of others to the right */
	RENDER_LAST = 16,	/* a table's last column is cut to the terminal, but not below this */
};

/* One column of a table. */
struct render_column {
	struct wh_str key;
	struct wh_str label;
	enum human_unit unit;
	bool numbers;		/* nothing but numbers: to the right */
	size_t width;
};

struct render_table {
	struct render_column columns[RENDER_COLUMNS];
	size_t n;
	size_t rows;
};

static bool
render_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x202A && point <= 0x202E) ||
	    (point >= 0x2066 && point <= 0x2069) || point == 0x2028 || point == 0x2029;
}

void
render_safe(struct wh_buf *to, struct wh_str text, bool lines)
{
	while (text.n > 0) {
		uint32_t point;
		size_t n = wh_utf8_decode(text, &point);

		if (point == WH_UTF8_BAD)
			wh_buf_text(to, "\xEF\xBF\xBD");
		else if (render_unsafe(point) && !(lines && point == '\n'))
			wh_buf_fmt(to, "\\u%04x", point);
		else
			wh_buf_put(to, text.p, n);
		text = wh_str_from(text, n);
	}
}

void
render_bold(struct wh_buf *to, const struct render *how, struct wh_str text)
{
	if (how->colour)
		wh_buf_text(to, RENDER_BOLD);
	render_safe(to, text, false);
	if (how->colour)
		wh_buf_text(to, RENDER_PLAIN);
}

static void
render_pad(struct wh_buf *to, size_t n)
{
	while (n-- > 0)
		wh_buf_byte(to, ' ');
}

/* Is it an object with members? One without is shown as a value that is not there. */
static bool
render_is_group(const struct wh_value *v)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value item;

	return v->type == WH_V_OBJECT && wh_json_next(&in, NULL, &item);
}

/* A key as words: `resume_window` reads `resume window`. */
static void
render_label(struct wh_buf *to, struct wh_str label)
{
	size_t begin = to->n;

	render_safe(to, label, false);
	for (size_t i = begin; i < to->n && !to->failed; i++)
		if (to->p[i] == '_')
			to->p[i] = ' ';
}

static size_t
render_width(const struct wh_buf *b)
{
	return wh_utf8_count(wh_buf_slice(b));
}

static bool
render_is_scalar(const struct wh_value *v)
{
	return v->type != WH_V_OBJECT && v->type != WH_V_ARRAY;
}

/* An array with an object in it is shown as a table. */
static bool
render_is_table(const struct wh_value *v)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value item;

	if (v->type != WH_V_ARRAY)
		return false;
	while (wh_json_next(&in, NULL, &item))
		if (item.type == WH_V_OBJECT)
			return true;
	return false;
}

static void
render_scalar(struct wh_buf *to, enum human_unit unit, const struct wh_value *v)
{
	double number;

	if (v->type == WH_V_BOOL)
		wh_buf_text(to, v->b ? "yes" : "no");
	else if (v->type == WH_V_STR && v->s.n > 0)
		render_safe(to, v->s, false);
	else if (!wh_value_num(v, &number))
		wh_buf_byte(to, '-');
	else if (!human_put(to, unit, number))
		wh_buf_str(to, v->raw);
}

/* Any value on one line. An object inside shows its name, if it has one. */
static void
render_cell(struct wh_buf *to, enum human_unit unit, const struct wh_value *v)
{
	struct wh_json_in in = wh_json_each(v);
	struct wh_value item, name;
	struct wh_str key, label;
	bool first = true;

	if (render_is_scalar(v)) {
		render_scalar(to, unit, v);
		return;
	}
	while (wh_json_next(&in, &key, &item)) {
		if (!first)
			wh_buf_text(to, v->type == WH_V_ARRAY ? ", " : " ");
		first = false;
		if (v->type == WH_V_OBJECT) {
			enum human_unit its = human_unit_of(key, &label);

			render_safe(to, label, false);
			wh_buf_byte(to, '=');
			render_cell(to, its, &item);
		} else if (wh_json_get(&item, "name", &name)) {
			render_cell(to, HUMAN_PLAIN, &name);
		} else {
			render_cell(to, unit, &item);
		}
	}
	if (first)
		wh_buf_byte(to, '-');
}

/* Finds or adds the column of a key; RENDER_COLUMNS when there is no more room. */
static size_t
render_column(struct render_table *t, struct wh_str key, bool add)
{
	for (size_t i = 0; i < t->n; i++)
		if (wh_str_eq(t->columns[i].key, key))
			return i;
	if (!add || t->n == RENDER_COLUMNS)
		return RENDER_COLUMNS;
	t->columns[t->n] = (struct render_column){ .key = key, .numbers = true };
	t->columns[t->n].unit = human_unit_of(key, &t->columns[t->n].label);
	return t->n++;
}

/* A row's values by column. What is no object stands in a column without a name. */
static void
render_row(struct render_table *t, const struct wh_value *row, struct wh_value values[static RENDER_COLUMNS], bool add)
{
	struct wh_json_in in = wh_json_each(row);
	struct wh_value item;
	struct wh_str key;
	size_t i;

	memset(values, 0, RENDER_COLUMNS * sizeof *values);
	if (row->type != WH_V_OBJECT) {
		i = render_column(t, WH_STR(""), add);
		if (i < RENDER_COLUMNS)
			values[i] = *row;
		return;
	}
	while (wh_json_next(&in, &key, &item)) {
		i = render_column(t, key, add);
		if (i < RENDER_COLUMNS && values[i].type == WH_V_NONE)
			values[i] = item;
	}
}

static void
render_measure(struct render_table *t, const struct wh_value *array)
{
	struct wh_json_in in = wh_json_each(array);
	struct wh_value row, values[RENDER_COLUMNS];
	struct wh_buf cell = { 0 };

	while (wh_json_next(&in, NULL, &row)) {
		render_row(t, &row, values, true);
		t->rows++;
		for (size_t i = 0; i < t->n; i++) {
			struct render_column *c = &t->columns[i];

			wh_buf_reset(&cell);
			render_cell(&cell, c->unit, &values[i]);
			if (render_width(&cell) > c->width)
				c->width = render_width(&cell);
			if (values[i].type != WH_V_INT && values[i].type != WH_V_NUM && values[i].type != WH_V_NONE && values[i].type != WH_V_NULL)
				c->numbers = false;
		}
	}
	for (size_t i = 0; i < t->n; i++) {
		wh_buf_reset(&cell);
		render_label(&cell, t->columns[i].label);
		if (render_width(&cell) > t->columns[i].width)
			t->columns[i].width = render_width(&cell);
	}
	wh_buf_free(&cell);
}

/* One cell with its padding; the last of a line is cut to the terminal and not padded. */
static void
render_put_cell(struct wh_buf *to, const struct render_table *t, size_t i, const struct wh_buf *cell, size_t room)
{
	const struct render_column *c = &t->columns[i];
	size_t width = render_width(cell), cut = 0;
	struct wh_str text = wh_buf_slice(cell);

	if (c->numbers && width < c->width)
		render_pad(to, c->width - width);
	if (i + 1 == t->n && room > 0 && width > room) {
		for (size_t n = 0; n + 1 < room; n++) {
			uint32_t point;

			cut += wh_utf8_decode(wh_str_from(text, cut), &point);
		}
		wh_buf_put(to, text.p, cut);
		wh_buf_text(to, "…");
		return;
	}
	wh_buf_str(to, text);
	if (i + 1 < t->n)
		render_pad(to, (c->numbers ? 0 : c->width - width) + RENDER_INDENT);
}

static void
render_table(struct wh_buf *to, const struct wh_value *array, size_t indent, const struct render *how)
{
	struct render_table t = { .n = 0 };
	struct wh_value row, values[RENDER_COLUMNS];
	struct wh_json_in in = wh_json_each(array);
	struct wh_buf cell = { 0 };
	size_t before = indent, room = 0;

	render_measure(&t, array);
	for (size_t i = 0; i + 1 < t.n; i++)
		before += t.columns[i].width + RENDER_INDENT;
	if (how->width > 0)
		room = how->width > before + RENDER_LAST ? how->width - before : RENDER_LAST;
	render_pad(to, indent);
	if (how->colour)
		wh_buf_text(to, RENDER_BOLD);
	for (size_t i = 0; i < t.n; i++) {
		wh_buf_reset(&cell);
		render_label(&cell, t.columns[i].label);
		render_put_cell(to, &t, i, &cell, room);
	}
	wh_buf_text(to, how->colour ? RENDER_PLAIN "\n" : "\n");
	while (wh_json_next(&in, NULL, &row)) {
		render_row(&t, &row, values, false);
		render_pad(to, indent);
		for (size_t i = 0; i < t.n; i++) {
			wh_buf_reset(&cell);
			render_cell(&cell, t.columns[i].unit, &values[i]);
			render_put_cell(to, &t, i, &cell, room);
		}
		wh_buf_byte(to, '\n');
	}
	wh_buf_free(&cell);
}

static void
render_key(struct wh_buf *to, struct wh_str label, size_t width, size_t indent, const struct render *how)
{
	struct wh_buf text = { 0 };
	size_t n;

	render_label(&text, label);
	n = render_width(&text) + 1;
	render_pad(to, indent);
	if (how->colour)
		wh_buf_text(to, RENDER_DIM);
	wh_buf_str(to, wh_buf_slice(&text));
	wh_buf_byte(to, ':');
	if (how->colour)
		wh_buf_text(to, RENDER_PLAIN);
	if (width > 0)
		render_pad(to, (n < width ? width - n : 0) + 1);
	wh_buf_free(&text);
}

/* Where the values of an object's one-line members begin, and how many members it has. */
static size_t
render_labels(const struct wh_value *object, size_t *members_out)
{
	struct wh_json_in in = wh_json_each(object);
	struct wh_buf text = { 0 };
	struct wh_value item;
	struct wh_str key, label;
	size_t width = 1;

	*members_out = 0;
	while (wh_json_next(&in, &key, &item)) {
		(*members_out)++;
		if (render_is_group(&item) || render_is_table(&item))
			continue;
		(void)human_unit_of(key, &label);
		wh_buf_reset(&text);
		render_label(&text, label);
		if (render_width(&text) + 1 > width && render_width(&text) <= RENDER_LABEL)
			width = render_width(&text) + 1;
	}
	wh_buf_free(&text);
	return width;
}

static void
render_object(struct wh_buf *to, const struct wh_value *object, size_t indent, const struct render *how)
{
	struct wh_json_in in = wh_json_each(object);
	struct wh_value item;
	struct wh_str key, label;
	size_t members, width = render_labels(object, &members);
	bool first = true;

	while (wh_json_next(&in, &key, &item)) {
		enum human_unit unit = human_unit_of(key, &label);
		bool table = render_is_table(&item);

		if (table && members == 1 && indent == 0) {
			render_table(to, &item, 0, how);
		} else if (table || render_is_group(&item)) {
			if (indent == 0 && !first)
				wh_buf_byte(to, '\n');
			render_key(to, table ? label : key, 0, indent, how);
			wh_buf_byte(to, '\n');
			if (table)
				render_table(to, &item, indent + RENDER_INDENT, how);
			else
				render_object(to, &item, indent + RENDER_INDENT, how);
		} else {
			render_key(to, label, width, indent, how);
			render_cell(to, unit, &item);
			wh_buf_byte(to, '\n');
		}
		first = false;
	}
}

void
render_result(struct wh_buf *to, const struct wh_value *result, const struct render *how)
{
	struct wh_json_in in = wh_json_each(result);
	struct wh_value item;
	bool empty = !wh_json_next(&in, NULL, &item);

	if (result->type == WH_V_NONE || result->type == WH_V_NULL || (result->type == WH_V_OBJECT && empty)) {
		wh_buf_text(to, "ok\n");
	} else if (result->type == WH_V_OBJECT) {
		render_object(to, result, 0, how);
	} else if (render_is_table(result)) {
		render_table(to, result, 0, how);
	} else if (result->type == WH_V_ARRAY) {
		for (in = wh_json_each(result); wh_json_next(&in, NULL, &item);) {
			render_cell(to, HUMAN_PLAIN, &item);
			wh_buf_byte(to, '\n');
		}
	} else {
		render_scalar(to, HUMAN_PLAIN, result);
		wh_buf_byte(to, '\n');
	}
}
