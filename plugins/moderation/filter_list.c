/* Lists of words, names and domains, and building what finds them. See filters_own.h.
 * A list is its entries, and what was built of them; what was built is in force until something newer is. Entries of little lists are
 * built on the spot; of large ones by a job, on a copy. */
#include "filters_own.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUILD_HERE = 200 };	/* entries that take well below a millisecond */

const char *const filter_list_kinds[FILTER_LIST_KINDS] = { "words", "patterns", "names", "deny", "allow" };

static const enum list_kind text_kinds[FILTER_LIST_KINDS] = { LIST_WORDS, LIST_PATTERNS, LIST_WORDS, LIST_DOMAINS, LIST_DOMAINS };

struct filter_list *
filter_list_named(const struct filters *f, struct wh_str name)
{
	for (size_t i = 0; i < f->n_lists; i++)
		if (wh_str_is(name, f->lists[i].name))
			return &f->lists[i];
	return NULL;
}

static void
entry_free(struct wh_str entry)
{
	free((void *)(uintptr_t)entry.p);
}

void
filter_list_clear(struct filters *f, struct filter_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		entry_free(l->entries[i]);
	f->entries -= l->n;
	f->entry_bytes -= l->bytes;
	l->n = l->bytes = 0;
	l->changed = true;
}

void
filter_list_end(struct filters *f, struct filter_list *l)
{
	filter_list_clear(f, l);
	free(l->entries);
	list_free(&l->built);
	*l = f->lists[--f->n_lists];
	f->lists[f->n_lists] = (struct filter_list){ 0 };
}

void
filter_lists_free(struct filters *f)
{
	while (f->n_lists > 0)
		filter_list_end(f, &f->lists[f->n_lists - 1]);
}

bool
filter_list_is_name(struct wh_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '-' || name.p[i] == '_'))
			return false;
	return name.n > 0 && name.n <= FILTER_NAME;
}

enum wh_err
filters_list_set(struct filters *f, struct wh_str name, enum filter_list_kind kind, uint32_t actions)
{
	struct filter_list *l = filter_list_named(f, name);

	if (!filter_list_is_name(name) || kind >= FILTER_LIST_KINDS)
		return WH_EINVAL;
	if (l != NULL && l->from_config)
		return WH_EPERM;
	if (l == NULL) {
		if (f->n_lists == FILTER_LISTS)
			return WH_EFULL;
		l = &f->lists[f->n_lists++];
		*l = (struct filter_list){ .kind = kind };
		memcpy(l->name, name.p, name.n);
	}
	if (l->kind != kind) {
		/* What was built is of another kind; nothing of it may be asked any more. */
		list_free(&l->built);
		l->kind = kind;
		l->changed = true;
	}
	l->actions = actions;
	return WH_OK;
}

enum wh_err
filters_list_drop(struct filters *f, struct wh_str name)
{
	struct filter_list *l = filter_list_named(f, name);

	if (l == NULL)
		return WH_ENOENT;
	if (l->from_config)
		return WH_EPERM;
	filter_list_end(f, l);
	return WH_OK;
}

/* Could it ever match? */
static enum wh_err
entry_check(struct filters *f, enum filter_list_kind kind, struct wh_str entry, char *why, size_t why_max)
{
	struct list *l = list_new(text_kinds[kind]);
	struct wh_buf text = { 0 };
	enum wh_err err = WH_ENOMEM;

	if (l != NULL)
		err = list_add(l, f->shared.fold, entry, &text);
	if (err != WH_OK && why_max > 0)
		snprintf(why, why_max, "%.*s", WH_FMT(wh_buf_slice(&text)));
	wh_buf_free(&text);
	list_free(&l);
	return err;
}

struct wh_str
filter_trim(struct wh_str s)
{
	while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
		s = wh_str_from(s, 1);
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

static size_t
list_index(const struct filter_list *l, struct wh_str entry)
{
	size_t i = 0;

	while (i < l->n && !wh_str_eq(l->entries[i], entry))
		i++;
	return i;
}

enum wh_err
filter_list_put(struct filters *f, struct filter_list *l, struct wh_str entry, char *why, size_t why_max)
{
	char *copy;

	entry = filter_trim(entry);
	if (entry.n > FILTER_ENTRY)
		return WH_ETOOBIG;
	if (entry.n == 0 || memchr(entry.p, '\n', entry.n) != NULL)
		return WH_EINVAL;
	if (f->entries >= FILTER_ENTRIES || f->entry_bytes + entry.n > FILTER_LIST_BYTES)
		return WH_EFULL;
	if (l->n == l->cap) {
		size_t cap = l->cap != 0 ? 2 * l->cap : 16;
		struct wh_str *more = realloc(l->entries, cap * sizeof *more);

		if (more == NULL)
			return WH_ENOMEM;
		l->entries = more;
		l->cap = cap;
	}
	if (why != NULL) {
		enum wh_err err = entry_check(f, l->kind, entry, why, why_max);

		if (err != WH_OK)
			return err;
	}
	copy = malloc(entry.n);
	if (copy == NULL)
		return WH_ENOMEM;
	memcpy(copy, entry.p, entry.n);
	l->entries[l->n++] = (struct wh_str){ copy, entry.n };
	l->bytes += entry.n;
	l->changed = true;
	f->entries++;
	f->entry_bytes += entry.n;
	return WH_OK;
}

enum wh_err
filters_list_add(struct filters *f, struct wh_str name, struct wh_str entry, char *why, size_t why_max)
{
	struct filter_list *l = filter_list_named(f, name);

	if (why_max > 0)
		why[0] = '\0';
	if (l == NULL)
		return WH_ENOENT;
	if (l->from_config)
		return WH_EPERM;
	if (list_index(l, entry) < l->n)
		return WH_EEXIST;
	return filter_list_put(f, l, entry, why, why_max);
}

enum wh_err
filters_list_remove(struct filters *f, struct wh_str name, struct wh_str entry)
{
	struct filter_list *l = filter_list_named(f, name);
	size_t i;

	if (l == NULL)
		return WH_ENOENT;
	if (l->from_config)
		return WH_EPERM;
	i = list_index(l, entry);
	if (i == l->n)
		return WH_ENOENT;
	f->entries--;
	f->entry_bytes -= l->entries[i].n;
	l->bytes -= l->entries[i].n;
	entry_free(l->entries[i]);
	memmove(&l->entries[i], &l->entries[i + 1], (--l->n - i) * sizeof *l->entries);
	l->changed = true;
	return WH_OK;
}

/* What a job has: a copy of all, so that it touches nothing of ours. */
struct filter_build {
	char name[FILTER_NAME + 1];
	enum filter_list_kind kind;
	uint64_t number;
	char *text;			/* owned: entries, each with its newline */
	size_t n;
	struct list *built;		/* owned; NULL: it could not be built */
};

/* An entry that can't match any more (a check let it through once) is left out, not the whole list. */
static struct list *
build(enum filter_list_kind kind, struct fold *fold, struct wh_str text)
{
	struct list *l = list_new(text_kinds[kind]);
	struct wh_buf why = { 0 };

	while (l != NULL && text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end != NULL ? (size_t)(end - text.p) : text.n;

		wh_buf_reset(&why);
		if (list_add(l, fold, (struct wh_str){ text.p, n }, &why) == WH_ENOMEM)
			break;
		text = wh_str_from(text, n + 1);
	}
	wh_buf_free(&why);
	if (l != NULL && (text.n > 0 || list_build(l) != WH_OK))
		list_free(&l);
	return l;
}

static void
build_work(void *request)
{
	struct filter_build *b = request;
	struct fold *fold = fold_open();

	if (fold != NULL)
		b->built = build(b->kind, fold, (struct wh_str){ b->text, b->n });
	fold_close(&fold);
}

static void
build_done(void *self, void *request)
{
	struct filter_build *b = request;
	struct filters *f = moderation_filters(self);
	struct filter_list *l = f != NULL ? filter_list_named(f, wh_str(b->name)) : NULL;

	free(b->text);
	if (l != NULL && l->number == b->number) {
		l->building = false;
		if (b->built != NULL) {
			list_free(&l->built);
			l->built = b->built;
			b->built = NULL;
		} else {
			wh_host_log(f->host, WH_ERROR, "filter_list_not_built", WH_T("list", l->name));
		}
	}
	list_free(&b->built);
}

const struct wh_job filter_build_job = { .name = "moderation.list", .size = sizeof(struct filter_build), .max_running = 1, .max_waiting = 64, .work = build_work,
	.done = build_done, .patient = true };

static bool
joined(const struct filter_list *l, struct filter_build *b)
{
	b->text = malloc(l->bytes + l->n + 1);
	if (b->text == NULL)
		return false;
	for (size_t i = 0; i < l->n; i++) {
		memcpy(b->text + b->n, l->entries[i].p, l->entries[i].n);
		b->n += l->entries[i].n;
		b->text[b->n++] = '\n';
	}
	return true;
}

static void
list_rebuild(struct filters *f, struct filter_list *l, bool here)
{
	struct filter_build b = { .kind = l->kind, .number = ++f->numbers };

	l->number = b.number;
	memcpy(b.name, l->name, sizeof b.name);
	if (!joined(l, &b))
		return;
	if (!here && f->host != NULL && l->n > BUILD_HERE && wh_job_start(f->host, &filter_build_job, &b) == WH_OK) {
		l->building = true;
		l->changed = false;
		return;
	}
	b.built = build(b.kind, f->shared.fold, (struct wh_str){ b.text, b.n });
	free(b.text);
	if (b.built == NULL)
		return;
	list_free(&l->built);
	l->built = b.built;
	l->changed = l->building = false;
}

void
filter_lists_build(struct filters *f, bool here)
{
	for (size_t i = 0; i < f->n_lists; i++)
		if (f->lists[i].changed)
			list_rebuild(f, &f->lists[i], here);
}

void
filters_list_build(struct filters *f)
{
	filter_lists_build(f, false);
}

const struct filter_list *
filter_list_look(struct filters *f, enum filter_list_kind kind, const struct list_text *text, struct wh_str *entry_out)
{
	const struct filter_list *best = NULL;

	for (size_t i = 0; i < f->n_lists; i++) {
		const struct filter_list *l = &f->lists[i];
		struct wh_str entry;

		if (l->kind != kind || l->built == NULL || (best != NULL && l->actions <= best->actions))
			continue;
		entry = list_find(l->built, text, &f->steps);
		if (entry.p == NULL)
			continue;
		best = l;
		*entry_out = entry;
	}
	return best;
}

static void
list_tell(const struct filter_list *l, struct filter_list_info *out)
{
	*out = (struct filter_list_info){ wh_str(l->name), l->kind, l->actions, l->n, l->from_config, l->building || l->changed };
}

bool
filters_list_at(const struct filters *f, size_t i, struct filter_list_info *out)
{
	if (i >= f->n_lists)
		return false;
	list_tell(&f->lists[i], out);
	return true;
}

bool
filters_list_find(const struct filters *f, struct wh_str name, struct filter_list_info *out)
{
	const struct filter_list *l = filter_list_named(f, name);

	if (l == NULL)
		return false;
	list_tell(l, out);
	return true;
}

struct wh_str
filters_list_entry(const struct filters *f, struct wh_str name, size_t i)
{
	const struct filter_list *l = filter_list_named(f, name);

	return l != NULL && i < l->n ? l->entries[i] : (struct wh_str){ NULL, 0 };
}

void
filters_unload(void)
{
	fold_forget();
}
