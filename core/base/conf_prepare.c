/* What must be known of a text before libconfig reads it: see conf_scan_check. Follows brackets and names, and no grammar:
 * what is not well formed is left for libconfig to say. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/conf_scan.h"
#include "base/map.h"

struct prepare {
	const struct wh_snapshot *snapshot;
	struct wh_conf_errors *errors;
	struct wh_buf *to;
	struct wh_arena arena;		/* keys and lines of `names` */
	struct wh_map names;		/* "GROUP.NAME" to the line where it stood first */
	unsigned group[CONF_DEPTH];	/* the numbers of the groups that we are in */
	unsigned groups;		/* how many there were */
	unsigned depth;
	unsigned blamed;		/* names given twice so far: keeps them apart for libconfig */
};

static void
prepare_blame(struct prepare *p, unsigned line, const char *what, struct wh_str about)
{
	const char *file;
	unsigned at;

	wh_snapshot_where(p->snapshot, line, &file, &at);
	if (about.n > 0)
		wh_conf_errors_add(p->errors, file, at, "%.*s: %s", (int)(about.n < 80 ? about.n : 80), about.p, what);
	else
		wh_conf_errors_add(p->errors, file, at, "%s", what);
}

/* An integer that libconfig would cut: more than 32 bits without an L, more than 64 with it. */
static bool
prepare_number_fits(struct wh_str text)
{
	bool negative = text.p[0] == '-', wide = false;
	uint64_t value = 0, limit;
	unsigned base = 10;

	if (text.p[0] == '-' || text.p[0] == '+')
		text = wh_str_from(text, 1);
	while (text.n > 0 && text.p[text.n - 1] == 'L') {
		text.n--;
		wide = true;
	}
	if (text.n > 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'X')) {
		text = wh_str_from(text, 2);
		base = 16;
	}
	limit = (wide ? (uint64_t)INT64_MAX : (uint64_t)INT32_MAX) + negative;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i], lower = (char)(c | 0x20);
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') :
			base == 16 && lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a' + 10) : 99;

		if (digit == 99)
			return true;	/* not an integer */
		if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value) || value > limit)
			return false;
	}
	return true;
}

/* True when the group that we are in has no setting of this name yet. */
static bool
prepare_name_is_new(struct prepare *p, const struct conf_token *name)
{
	struct wh_buf key = { 0 };
	struct wh_str kept;
	unsigned *line, *first;
	const char *file;
	unsigned at;

	wh_buf_u64(&key, p->depth > 0 ? p->group[p->depth - 1] : 0);
	wh_buf_byte(&key, '.');
	wh_buf_str(&key, name->text);
	first = key.failed ? NULL : wh_map_get(&p->names, wh_buf_slice(&key));
	if (first != NULL) {
		wh_snapshot_where(p->snapshot, *first, &file, &at);
		wh_buf_free(&key);
		key = (struct wh_buf){ 0 };
		wh_buf_fmt(&key, "is given twice, first in %s:%u", file, at);
		if (wh_buf_cstr(&key) != NULL)
			prepare_blame(p, name->line, key.p, name->text);
		wh_buf_free(&key);
		return false;
	}
	kept = wh_arena_str(&p->arena, wh_buf_slice(&key));
	line = wh_arena_alloc(&p->arena, sizeof *line);
	wh_buf_free(&key);
	if (kept.p == NULL || line == NULL)
		return true;
	*line = name->line;
	(void)wh_map_add(&p->names, kept, line);
	return true;
}

static bool
prepare_bracket(struct prepare *p, const struct conf_token *t)
{
	switch (t->text.p[0]) {
	case '{':
	case '(':
	case '[':
		if (p->depth == CONF_DEPTH) {
			prepare_blame(p, t->line, "groups and lists are nested too deep", (struct wh_str){ NULL, 0 });
			return false;
		}
		p->group[p->depth++] = ++p->groups;
		return true;
	case '}':
	case ')':
	case ']':
		if (p->depth > 0)
			p->depth--;
		return true;
	case '@':
		prepare_blame(p, t->line, "@include \"FILE\" has to stand alone on its line, at the place of a setting", (struct wh_str){ NULL, 0 });
		return false;
	default:
		return true;
	}
}

/* `last` is where the bytes begin that are not copied yet. */
static bool
prepare_text(struct prepare *p, struct wh_str text)
{
	const char *last = text.p;
	struct conf_token t, name = { .kind = CONF_END };
	struct conf_scan scan;

	conf_scan_begin(&scan, text);
	while ((t = conf_scan_next(&scan)).kind != CONF_END) {
		bool equals = t.kind == CONF_MARK && (t.text.p[0] == '=' || t.text.p[0] == ':');

		if (t.kind == CONF_BAD) {
			prepare_blame(p, t.line, t.why, (struct wh_str){ NULL, 0 });
			return false;
		}
		if (t.kind == CONF_NUMBER && !prepare_number_fits(t.text))
			prepare_blame(p, t.line, "this number does not fit (up to 2147483647; up to 63 bits with an L behind it)", t.text);
		if (t.kind == CONF_MARK && !prepare_bracket(p, &t))
			return false;
		if (equals && name.kind == CONF_WORD) {
			bool star = memchr(name.text.p, '*', name.text.n) != NULL;

			if (star)
				prepare_blame(p, name.line, "a name has letters, digits, - and _ only", name.text);
			else if (!prepare_name_is_new(p, &name)) {
				const char *end = name.text.p + name.text.n;

				wh_buf_put(p->to, last, (size_t)(end - last));
				wh_buf_fmt(p->to, CONF_BLAMED "%u", p->blamed++);
				last = end;
			}
		}
		name = t;
	}
	wh_buf_put(p->to, last, (size_t)(text.p + text.n - last));
	return true;
}

bool
conf_scan_check(const struct wh_snapshot *s, struct wh_conf_errors *errors, struct wh_buf *to)
{
	struct prepare p = { .snapshot = s, .errors = errors, .to = to, .arena = { .max = 8 * WH_SNAPSHOT_TEXT } };
	bool ok = prepare_text(&p, wh_snapshot_text(s));

	wh_map_free(&p.names);
	wh_arena_free(&p.arena);
	return ok;
}
