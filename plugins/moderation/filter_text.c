/* Filters that look at a text alone: lists, links, capitals, repeats, marks, mentions, emotes. See filters_own.h. */
#include "filters_own.h"

#include "text/words.h"

const struct links *
filter_links(struct filters *f)
{
	return scene_links(&f->scene, &f->steps);
}

static bool
has_list(const struct filters *f, enum filter_list_kind kind)
{
	for (size_t i = 0; i < f->n_lists; i++)
		if (f->lists[i].kind == kind && f->lists[i].built != NULL)
			return true;
	return false;
}

static void
look_in_lists(struct filters *f, enum filter filter, enum filter_list_kind kind, struct wh_str text)
{
	const struct filter_set *set = filter_wanted(f, filter);
	const struct filter_list *l;
	struct list_text forms = { .text = text };
	struct wh_str entry;

	if (set == NULL || !has_list(f, kind))
		return;
	if (kind != FILTER_LIST_PATTERNS)
		forms = scene_list_text(&f->scene, text, &f->steps);
	l = filter_list_look(f, kind, &forms, &entry);
	if (l == NULL)
		return;
	filter_say_str(f, "entry", entry);
	filter_say_str(f, "list", wh_str(l->name));
	filter_hit(f, filter, set, l->actions);
}

static void
look_at_links(struct filters *f)
{
	const struct filter_set *denied = filter_wanted(f, FILTER_DENIED_LINKS), *many = filter_wanted(f, FILTER_LINKS),
		*hidden = filter_wanted(f, FILTER_HIDDEN_LINKS);
	const struct links *links;
	const struct filter_list *l;
	const struct link *first_hidden = NULL;
	struct wh_str entry;
	int64_t count = 0;

	if (denied == NULL && many == NULL && hidden == NULL)
		return;
	links = filter_links(f);
	for (size_t i = 0; i < links->n; i++) {
		const struct list_text host = { .text = links->of[i].host };

		if (denied != NULL && (l = filter_list_look(f, FILTER_LIST_DENY, &host, &entry)) != NULL) {
			filter_say_str(f, "host", links->of[i].host);
			filter_say_str(f, "entry", entry);
			filter_say_str(f, "list", wh_str(l->name));
			filter_hit(f, FILTER_DENIED_LINKS, denied, l->actions);
			denied = NULL;
		}
		if (filter_list_look(f, FILTER_LIST_ALLOW, &host, &entry) != NULL)
			continue;
		count++;
		if (first_hidden == NULL && (links->of[i].shortener || links->of[i].address))
			first_hidden = &links->of[i];
	}
	if (many != NULL && count > many->limit) {
		filter_say_int(f, "links", count);
		filter_hit(f, FILTER_LINKS, many, 0);
	}
	if (hidden != NULL && first_hidden != NULL) {
		filter_say_str(f, "host", first_hidden->host);
		filter_hit(f, FILTER_HIDDEN_LINKS, hidden, 0);
	}
}

static void
look_at_letters(struct filters *f)
{
	const struct fold_stats *s = scene_stats(&f->scene, f->e->text, &f->steps);
	const struct filter_set *set;
	int64_t cased = (int64_t)s->upper + s->lower, hidden = (int64_t)s->invisible - 3 * (int64_t)s->emoji;

	set = filter_wanted(f, FILTER_CAPS);
	if (set != NULL && cased >= set->also && cased > 0 && s->upper * 100 >= cased * set->limit) {
		filter_say_int(f, "percent", s->upper * 100 / cased);
		filter_hit(f, FILTER_CAPS, set, 0);
	}
	/* Rulers of dashes and dots are no words: code and logs have them. */
	set = filter_wanted(f, FILTER_REPEATS);
	if (set != NULL && s->run >= set->limit && 2 * s->letters > s->chars) {
		filter_say_int(f, "run", s->run);
		filter_hit(f, FILTER_REPEATS, set, 0);
	}
	set = filter_wanted(f, FILTER_ZALGO);
	if (set != NULL && s->marks_run >= set->limit) {
		filter_say_int(f, "marks", s->marks_run);
		filter_hit(f, FILTER_ZALGO, set, 0);
	}
	set = filter_wanted(f, FILTER_MIXED);
	if (set != NULL && s->mixed >= set->limit) {
		filter_say_int(f, "words", s->mixed);
		filter_hit(f, FILTER_MIXED, set, 0);
	}
	/* Families and flags are emoji that invisible characters join; some scripts need one for every few letters. */
	set = filter_wanted(f, FILTER_INVISIBLE);
	if (set != NULL && hidden >= set->limit && 3 * hidden > s->letters) {
		filter_say_int(f, "invisible", hidden);
		filter_hit(f, FILTER_INVISIBLE, set, 0);
	}
}

static void
look_at_words(struct filters *f)
{
	const struct filter_set *set = filter_wanted(f, FILTER_REPEATED_WORDS);
	struct words_commonest c;

	/* A text with so many words has two bytes for each at least. */
	if (set == NULL || (int64_t)f->e->text.n < 2 * set->limit - 1)
		return;
	words_commonest(wh_buf_slice(&scene_views(&f->scene, f->e->text, &f->steps)->skeleton), &c);
	if (c.times < set->limit || 2 * c.times <= c.all)
		return;
	filter_say_str(f, "word", c.word);
	filter_say_int(f, "times", c.times);
	filter_hit(f, FILTER_REPEATED_WORDS, set, 0);
}

/* How many names stand there, each counted once. */
static int64_t
distinct(struct wh_str names, int64_t most)
{
	struct wh_str seen[64];
	int64_t n = 0;
	size_t kept = 0, k;

	while (names.n != 0 && n <= most) {
		const char *end = memchr(names.p, '\n', names.n);
		struct wh_str name = { names.p, end != NULL ? (size_t)(end - names.p) : names.n };

		names = wh_str_from(names, name.n + 1);
		if (name.n == 0)
			continue;
		for (k = 0; k < kept && !wh_str_eq(seen[k], name);)
			k++;
		if (k < kept)
			continue;
		if (kept < 64)
			seen[kept++] = name;
		n++;
	}
	return n;
}

static bool
is_emote_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
}

/* ":name:"; one colon may end one and begin the next. */
static int64_t
count_emotes(struct wh_str text)
{
	int64_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		size_t end = i + 1;

		if (text.p[i] != ':')
			continue;
		while (end < text.n && is_emote_letter(text.p[end]))
			end++;
		if (end - i < 3 || end == text.n || text.p[end] != ':')
			continue;
		n++;
		i = end;
	}
	return n;
}

static void
look_at_emotes(struct filters *f)
{
	const struct filter_set *set = filter_wanted(f, FILTER_EMOTES);
	int64_t n;

	if (set == NULL)
		return;
	n = scene_stats(&f->scene, f->e->text, &f->steps)->emoji;
	if (memchr(f->e->text.p, ':', f->e->text.n) != NULL)
		n += count_emotes(f->e->text);
	if (n <= set->limit)
		return;
	filter_say_int(f, "emotes", n);
	filter_hit(f, FILTER_EMOTES, set, 0);
}

static void
look_at_mentions(struct filters *f)
{
	const struct filter_set *set = filter_wanted(f, FILTER_MENTIONS);
	int64_t n;

	if (set == NULL || f->e->mentions.n == 0)
		return;
	n = distinct(f->e->mentions, set->limit);
	if (n <= set->limit)
		return;
	filter_say_int(f, "mentions", n);
	filter_hit(f, FILTER_MENTIONS, set, 0);
}

void
filter_text(struct filters *f)
{
	if (f->e->text.n == 0)
		return;
	look_in_lists(f, FILTER_WORDS, FILTER_LIST_WORDS, f->e->text);
	look_in_lists(f, FILTER_PATTERNS, FILTER_LIST_PATTERNS, f->e->text);
	look_at_links(f);
	look_at_letters(f);
	look_at_words(f);
	look_at_emotes(f);
	look_at_mentions(f);
}

void
filter_names(struct filters *f)
{
	struct wh_str name = f->e->on == WH_JUDGE_ON_NICK ? f->e->text : f->e->name;
	const struct filter_set *set = filter_wanted(f, FILTER_ZALGO);
	const struct fold_stats *s;

	look_in_lists(f, FILTER_NAMES, FILTER_LIST_NAMES, name);
	if (set == NULL || name.n == 0)
		return;
	s = scene_stats(&f->scene, name, &f->steps);
	if (s->marks_run < set->limit)
		return;
	filter_say_int(f, "marks", s->marks_run);
	filter_hit(f, FILTER_ZALGO, set, 0);
}
