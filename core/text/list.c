/* See list.h. */
#include "text/list.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "text/ac.h"
#include "text/regex.h"

struct entry {
	struct wh_str text;	/* as it was written; in the arena */
	struct wh_str needle;	/* what is searched for; in the arena */
	struct regex *regex;	/* owned */
};

struct list {
	enum list_kind kind;
	struct wh_arena arena;
	struct entry *entries;	/* owned */
	size_t n, cap;
	struct wh_map domains;
	struct wh_map without;		/* entries that are not taken */
	struct ac *ac;		/* owned; of the needles */
	struct ac *squeezed;	/* owned; words: of the needles with each run of letters as one; numbers are those of `ac` */
	uint32_t *of_ac;	/* owned: the entry of each needle of `ac`, and how many have the same: patterns */
	uint32_t *always;	/* owned: patterns without a needle */
	size_t n_ac, n_always;
};

struct list *
list_new(enum list_kind kind)
{
	struct list *l = calloc(1, sizeof *l);

	if (l != NULL) {
		l->kind = kind;
		l->arena.max = 4 * LIST_BYTES;
	}
	return l;
}

void
list_free(struct list **list)
{
	struct list *l = *list;

	*list = NULL;
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		regex_free(&l->entries[i].regex);
	free(l->entries);
	free(l->of_ac);
	free(l->always);
	wh_map_free(&l->domains);
	wh_map_free(&l->without);
	ac_free(&l->ac);
	ac_free(&l->squeezed);
	wh_arena_free(&l->arena);
	free(l);
}

static struct wh_str
trim(struct wh_str s)
{
	while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
		s = wh_str_from(s, 1);
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

static enum wh_err
word_needle(struct list *l, struct fold *f, struct wh_str word, struct wh_str *needle_out, struct wh_buf *why)
{
	bool open_front = word.n > 0 && word.p[0] == '*', open_end = word.n > 1 && word.p[word.n - 1] == '*';
	struct wh_buf skeleton = { .max = 4096 };
	struct wh_str s;
	enum wh_err err = WH_OK;

	word = wh_str_from(word, open_front);
	word.n -= open_end;
	fold_skeleton(f, word, &skeleton);
	s = wh_buf_slice(&skeleton);
	if (skeleton.failed || trim(s).n < (open_front || open_end ? 2 : 1)) {
		wh_buf_fmt(why, "'%.*s' has too few letters to be found", WH_FMT(word));
		err = WH_EINVAL;
	} else {
		s = wh_str_from(s, open_front);
		s.n -= open_end;
		*needle_out = wh_arena_str(&l->arena, s);
		err = needle_out->p != NULL ? WH_OK : WH_EFULL;
	}
	wh_buf_free(&skeleton);
	return err;
}

static enum wh_err
domain_needle(struct list *l, struct wh_str domain, struct wh_str *needle_out, struct wh_buf *why)
{
	char *to;

	if (wh_str_starts(domain, WH_STR("*.")))
		domain = wh_str_from(domain, 2);
	while (domain.n > 0 && domain.p[0] == '.')
		domain = wh_str_from(domain, 1);
	while (domain.n > 0 && domain.p[domain.n - 1] == '.')
		domain.n--;
	*needle_out = wh_arena_str(&l->arena, domain);
	to = (char *)(uintptr_t)needle_out->p;
	if (to == NULL)
		return WH_EFULL;
	for (size_t i = 0; i < domain.n; i++) {
		to[i] = (char)(to[i] >= 'A' && to[i] <= 'Z' ? to[i] + 32 : to[i]);
		if ((unsigned char)to[i] <= ' ' || strchr("/:@?#*", to[i]) != NULL) {
			wh_buf_fmt(why, "'%.*s' is no domain", WH_FMT(domain));
			return WH_EINVAL;
		}
	}
	if (domain.n != 0)
		return WH_OK;
	wh_buf_text(why, "an empty domain");
	return WH_EINVAL;
}

static enum wh_err
pattern_needle(struct list *l, struct entry *e, struct wh_buf *why)
{
	struct wh_buf literal = { 0 }, text = { 0 };
	enum wh_err err = regex_compile(e->text, &e->regex, &text);

	if (err != WH_OK)
		wh_buf_fmt(why, "'%.*s': %.*s", WH_FMT(e->text), WH_FMT(wh_buf_slice(&text)));
	regex_literal(e->text, &literal);
	if (err == WH_OK && literal.n != 0) {
		e->needle = wh_arena_str(&l->arena, wh_buf_slice(&literal));
		err = e->needle.p != NULL ? WH_OK : WH_EFULL;
	}
	wh_buf_free(&literal);
	wh_buf_free(&text);
	return err;
}

static bool
list_grow(struct list *l)
{
	size_t cap = l->cap != 0 ? 2 * l->cap : 16;
	struct entry *more;

	if (l->n < l->cap)
		return true;
	more = realloc(l->entries, cap * sizeof *more);
	if (more == NULL)
		return false;
	l->entries = more;
	l->cap = cap;
	return true;
}

void
list_leave_out(struct list *l, struct wh_str entry)
{
	struct wh_str kept = wh_arena_str(&l->arena, trim(entry));

	if (kept.p != NULL && l->without.n < LIST_ENTRIES)
		(void)wh_map_put(&l->without, kept, l, NULL);
}

enum wh_err
list_add(struct list *l, struct fold *f, struct wh_str text, struct wh_buf *why)
{
	struct entry e = { .text = trim(text) };
	enum wh_err err;

	if (l->without.n != 0 && wh_map_get(&l->without, e.text) != NULL)
		return WH_OK;
	if (l->n >= (l->kind == LIST_PATTERNS ? LIST_PATTERNS_MAX : LIST_ENTRIES) || l->arena.used > 3 * LIST_BYTES) {
		wh_buf_text(why, "the list is too long");
		return WH_EFULL;
	}
	if (!list_grow(l))
		return WH_ENOMEM;
	e.text = wh_arena_str(&l->arena, e.text);
	if (e.text.p == NULL)
		return WH_EFULL;
	if (l->kind == LIST_WORDS)
		err = word_needle(l, f, e.text, &e.needle, why);
	else if (l->kind == LIST_DOMAINS)
		err = domain_needle(l, e.text, &e.needle, why);
	else
		err = pattern_needle(l, &e, why);
	if (err == WH_OK)
		l->entries[l->n++] = e;
	else
		regex_free(&e.regex);
	return err;
}

static enum wh_err
build_domains(struct list *l)
{
	enum wh_err err = wh_map_reserve(&l->domains, l->n);

	for (size_t i = 0; i < l->n && err == WH_OK; i++)
		err = wh_map_put(&l->domains, l->entries[i].needle, &l->entries[i], NULL);
	return err;
}

static int
compare_needles(const void *a, const void *b, void *list)
{
	const struct list *l = list;
	uint32_t i, k;
	struct wh_str x, y;
	int order;

	memcpy(&i, a, sizeof i);
	memcpy(&k, b, sizeof k);
	x = l->entries[i].needle;
	y = l->entries[k].needle;
	order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
	if (order == 0 && x.n != y.n)
		order = x.n < y.n ? -1 : 1;
	return order != 0 ? order : i < k ? -1 : i > k;
}

/* Needles sorted, so that those of the same text stand together: the automaton names the first of them. */
static enum wh_err
build_ac(struct list *l)
{
	struct wh_str *needles = calloc(l->n + 1, sizeof *needles);
	enum wh_err err = WH_ENOMEM;

	l->of_ac = calloc(l->n + 1, sizeof *l->of_ac);
	l->always = calloc(l->n + 1, sizeof *l->always);
	if (needles != NULL && l->of_ac != NULL && l->always != NULL) {
		for (uint32_t i = 0; i < l->n; i++) {
			if (l->entries[i].needle.n != 0)
				l->of_ac[l->n_ac++] = i;
			else
				l->always[l->n_always++] = i;
		}
		qsort_r(l->of_ac, l->n_ac, sizeof *l->of_ac, compare_needles, l);
		for (size_t i = 0; i < l->n_ac; i++)
			needles[i] = l->entries[l->of_ac[i]].needle;
		err = l->n_ac != 0 ? ac_build(needles, l->n_ac, &l->ac) : WH_OK;
	}
	free(needles);
	return err;
}

/* Of a few letters too little is left to be told from other words. */
enum { SQUEEZED_LEAST = 4 };

static enum wh_err
build_squeezed(struct list *l)
{
	struct wh_str *needles = calloc(l->n_ac + 1, sizeof *needles);
	struct wh_buf b = { 0 };
	enum wh_err err = needles != NULL ? WH_OK : WH_ENOMEM;

	for (size_t i = 0; i < l->n_ac && err == WH_OK; i++) {
		wh_buf_reset(&b);
		(void)fold_squeezed(l->entries[l->of_ac[i]].needle, true, &b);
		/* What cannot be found that way is a text that no text has. */
		needles[i] = b.n < SQUEEZED_LEAST ? WH_STR("\n") : wh_arena_str(&l->arena, wh_buf_slice(&b));
		err = needles[i].p != NULL && !b.failed ? WH_OK : WH_EFULL;
	}
	if (err == WH_OK && l->n_ac != 0)
		err = ac_build(needles, l->n_ac, &l->squeezed);
	wh_buf_free(&b);
	free(needles);
	return err;
}

enum wh_err
list_build(struct list *l)
{
	enum wh_err err = l->kind == LIST_DOMAINS ? build_domains(l) : build_ac(l);

	return err == WH_OK && l->kind == LIST_WORDS ? build_squeezed(l) : err;
}

size_t
list_count(const struct list *l)
{
	return l->n;
}

enum list_kind
list_kind(const struct list *l)
{
	return l->kind;
}

static struct wh_str
find_word(const struct list *l, const struct ac *ac, struct wh_str in)
{
	struct ac_at it = { 0 };
	int32_t found = ac != NULL && in.n != 0 ? ac_next(ac, in, &it) : -1;

	return found >= 0 ? l->entries[l->of_ac[found]].text : (struct wh_str){ NULL, 0 };
}

static struct wh_str
find_domain(const struct list *l, struct wh_str host, uint64_t *steps)
{
	const struct entry *e;
	const char *dot;

	while (host.n != 0) {
		*steps += 4;
		e = wh_map_get(&l->domains, host);
		if (e != NULL)
			return e->text;
		dot = memchr(host.p, '.', host.n);
		if (dot == NULL)
			break;
		host = wh_str_from(host, (size_t)(dot - host.p) + 1);
	}
	return (struct wh_str){ NULL, 0 };
}

/* In lower case, and the two characters outside of ASCII that PCRE2 takes for ASCII letters as those. */
static void
plain_text(struct wh_str text, char to[static REGEX_TEXT], size_t *n_out)
{
	size_t n = 0, most = text.n < REGEX_TEXT ? text.n : REGEX_TEXT;

	for (size_t i = 0; i < most; i++) {
		char c = text.p[i];

		if (c == '\xC5' && i + 1 < most && text.p[i + 1] == '\xBF') {
			c = 's';
			i++;
		} else if (c == '\xE2' && i + 2 < most && text.p[i + 1] == '\x84' && text.p[i + 2] == '\xAA') {
			c = 'k';
			i += 2;
		}
		to[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	*n_out = n;
}

static bool
pattern_hits(const struct entry *e, struct wh_str text, uint64_t *steps)
{
	enum regex_got got = regex_match(e->regex, text, NULL);

	*steps += 30 + text.n / 8 + (got == REGEX_OVER ? 4 * REGEX_STEPS : 0);
	return got == REGEX_FOUND;
}

static struct wh_str
find_pattern(const struct list *l, struct wh_str text, uint64_t *steps)
{
	char plain[REGEX_TEXT];
	struct ac_at it = { 0 };
	size_t n = 0;
	int32_t found;

	for (size_t i = 0; i < l->n_always; i++)
		if (pattern_hits(&l->entries[l->always[i]], text, steps))
			return l->entries[l->always[i]].text;
	if (l->ac == NULL)
		return (struct wh_str){ NULL, 0 };
	plain_text(text, plain, &n);
	while ((found = ac_next(l->ac, (struct wh_str){ plain, n }, &it)) >= 0) {
		struct wh_str needle = l->entries[l->of_ac[found]].needle;

		for (size_t i = (size_t)found; i < l->n_ac && wh_str_eq(l->entries[l->of_ac[i]].needle, needle); i++)
			if (pattern_hits(&l->entries[l->of_ac[i]], text, steps))
				return l->entries[l->of_ac[i]].text;
		if (*steps > 1000000)
			break;
	}
	return (struct wh_str){ NULL, 0 };
}

struct wh_str
list_find(const struct list *l, const struct list_text *t, uint64_t *steps)
{
	struct wh_str found;

	if (l->n == 0)
		return (struct wh_str){ NULL, 0 };
	if (l->kind == LIST_DOMAINS)
		return find_domain(l, t->text, steps);
	*steps += 5 + t->text.n / 8;
	if (l->kind == LIST_PATTERNS)
		return find_pattern(l, t->text, steps);
	found = find_word(l, l->ac, t->skeleton);
	if (found.p == NULL)
		found = find_word(l, l->ac, t->joined);
	if (found.p == NULL)
		found = find_word(l, l->squeezed, t->squeezed);
	return found;
}
