/* See explain.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "rules/explain.h"

enum { LINE_SHOWN = 160 };

/* What a pack finds in its environment, and the names in `text`, `links` and so on. */
static const char *const global_names[] = { "pack", "rule", "test", "list", "settings", "window", "kv", "text", "links", "score", "m", "string", "table", "math",
	"utf8", "pairs", "ipairs", "next", "select", "type", "tostring", "tonumber", "pcall", "error", "assert", "require", "setmetatable", "getmetatable", "rawget",
	"rawset", "rawequal", "rawlen", NULL };
static const char *const field_names[] = { "normalize", "skeleton", "words", "caps", "stats", "commonest", "similarity", "script", "language", "len", "match", "find",
	"domain", "shortener", "has", "add", "count", "users", "entries", "similar", "get", "set", "http", "older_than", "has_role", "lower", "upper", "sub", "gsub",
	"gmatch", "rep", "format", "byte", "char", "reverse", "insert", "remove", "concat", "sort", "unpack", "pack", "floor", "ceil", "max", "min", "abs", NULL };

static const struct {
	const char *name, *hint;
} missing[] = {
	{ "os", "packs have no os; the time of what happened is m.time" },
	{ "io", "packs reach no files; a list can stand in a .txt file beside pack.lua, and be named as the value of a setting" },
	{ "print", "packs have no print; try things with whiply-rules repl" },
	{ "debug", "packs have no debug; try things with whiply-rules repl" },
	{ "load", "packs load no code; require finds other .lua files of the pack" },
	{ "loadstring", "packs load no code; require finds other .lua files of the pack" },
	{ "dofile", "packs load no files; require finds other .lua files of the pack" },
	{ "coroutine", "packs have no coroutines; kv and window remember from one message to the next" },
	{ "collectgarbage", "packs have no say in that" },
};

/* The first that the message contains. */
static const struct {
	const char *part, *hint;
} hints[] = {
	{ "near '!'", "not equal is ~= in Lua, and the opposite is not" },
	{ "near '&'", "both is and in Lua" },
	{ "near '|'", "either is or in Lua" },
	{ "'}' expected (to close '{'", "a comma is missing in the table that begins there, or its }" },
	{ "'}' expected near", "a comma is missing before that, or the } of a table" },
	{ "'end' expected", "each function, if, for and while ends in end" },
	{ "'then' expected near '='", "equal is == in Lua" },
	{ "'then' expected", "if … then … end" },
	{ "'do' expected", "for … do … end" },
	{ "'=' expected near", "is something missing in front of that? A call is name(…), an assignment name = …" },
	{ "unfinished string", "the text has no closing quote on its line; [[ … ]] may have several lines" },
	{ "attempt to compare", "one of the two is nothing yet: is its name spelled as where it is set?" },
	{ "attempt to perform arithmetic on a nil", "it is nothing yet: is its name spelled as where it is set? kv.get takes a default: kv.get(key, 0)" },
	{ "attempt to concatenate a nil", "it is nothing yet: is its name spelled as where it is set?" },
	{ "too many steps", "a rule may do some 200,000 steps for a message; does a loop end?" },
};

/* The name in "(WHAT 'name')". */
static bool
named(const char *message, const char *what, char name[static WH_NEAREST_MAX])
{
	char find[32];
	const char *at;
	size_t n;

	snprintf(find, sizeof find, "(%s '", what);
	at = strstr(message, find);
	if (at == NULL)
		return false;
	at += strlen(find);
	n = strcspn(at, "'");
	if (n == 0 || n >= WH_NEAREST_MAX)
		return false;
	memcpy(name, at, n);
	name[n] = '\0';
	return true;
}

static bool
hint_nearest(const char *name, const char *const *known, struct wh_buf *to)
{
	struct wh_nearest near = { .word = wh_str(name) };

	for (const char *const *k = known; *k != NULL; k++) {
		if (strcmp(*k, name) == 0)
			return false;
		wh_nearest_offer(&near, wh_str(*k));
	}
	if (near.best.p != NULL)
		wh_buf_fmt(to, "  hint: did you mean '%.*s'?\n", WH_FMT(near.best));
	return near.best.p != NULL;
}

static void
explain_hint(const char *message, struct wh_buf *to)
{
	char name[WH_NEAREST_MAX];

	if (named(message, "global", name)) {
		for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
			if (strcmp(name, missing[i].name) == 0) {
				wh_buf_fmt(to, "  hint: %s\n", missing[i].hint);
				return;
			}
		if (hint_nearest(name, global_names, to))
			return;
		wh_buf_fmt(to, "  hint: '%s' is set nowhere before that\n", name);
		return;
	}
	if ((named(message, "field", name) || named(message, "method", name)) && hint_nearest(name, field_names, to))
		return;
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (strstr(message, hints[i].part) != NULL) {
			wh_buf_fmt(to, "  hint: %s\n", hints[i].hint);
			return;
		}
}

static void
explain_line(const struct source_file *f, unsigned long number, struct wh_buf *to)
{
	struct wh_str text = wh_buf_slice(&f->text);
	const char *end;

	for (unsigned long i = 1; text.n > 0; i++) {
		size_t n;

		end = memchr(text.p, '\n', text.n);
		n = end != NULL ? (size_t)(end - text.p) : text.n;
		if (i + 1 == number || i == number)
			wh_buf_fmt(to, "  %4lu | %.*s\n", i, (int)(n < LINE_SHOWN ? n : LINE_SHOWN), text.p);
		if (i >= number)
			return;
		text = wh_str_from(text, n + 1);
	}
}

void
explain(const struct source *s, const char *message, struct wh_buf *to)
{
	const struct source_file *file = NULL;
	const char *first = NULL;

	for (size_t i = 0; i < s->n; i++) {
		char find[SOURCE_NAME + 1];
		const char *at;

		snprintf(find, sizeof find, "%s:", s->files[i].name);
		at = strstr(message, find);
		if (at == NULL || (first != NULL && at > first) || at[strlen(find)] < '0' || at[strlen(find)] > '9')
			continue;
		first = at + strlen(find);
		file = &s->files[i];
	}
	if (file != NULL)
		explain_line(file, strtoul(first, NULL, 10), to);
	explain_hint(message, to);
}
