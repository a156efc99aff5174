/* See backtest.h. */
#include "rules/backtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

enum { DEED_BEFORE_MS = 600000 };

struct deed {
	char key[160];		/* "room\nseq", or "\n" and a name */
	int64_t time_ms;
	bool appeal;
	struct deed *next;	/* of the same key; in no order */
};

static struct tally *
tally_of(struct backtest *b, const struct pack *p, const struct pack_rule *r)
{
	for (size_t i = 0; i < b->n_tallies; i++)
		if (b->tallies[i].pack == p && b->tallies[i].rule == r)
			return &b->tallies[i];
	return NULL;
}

static void
tally_sample(struct backtest *b, struct tally *t)
{
	struct sample *s = &t->samples[t->n_samples];
	struct wh_str text = b->event->text;

	if (t->n_samples == b->samples)
		return;
	t->n_samples++;
	snprintf(s->who, sizeof s->who, "%.*s", WH_FMT(b->event->name));
	text = wh_utf8_cut(text, BACKTEST_TEXT);
	snprintf(s->text, sizeof s->text, "%.*s%s", WH_FMT(text), text.n < b->event->text.n ? "…" : "");
	for (char *c = s->text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	s->time_ms = b->event->time_ms;
	s->agreed = b->deed;
}

static void
backtest_asked(struct judge_sink *sink, struct pack *p, struct pack_rule *r, enum pack_got got, int64_t cost_ns)
{
	struct backtest *b = (struct backtest *)sink;
	struct tally *t = tally_of(b, p, r);

	b->now = t;
	if (t == NULL)
		return;
	t->evaluated++;
	wh_hist_record(&t->cost, (uint64_t)cost_ns);
	if (got == PACK_FAILED || got == PACK_OVER || got == PACK_LATE) {
		if (t->failed++ == 0)
			snprintf(t->error, sizeof t->error, "%.*s", WH_FMT(wh_utf8_cut(wh_buf_slice(&p->error), sizeof t->error - 1)));
		return;
	}
	if (got != PACK_HIT)
		return;
	t->hits++;
	b->hit = true;
	t->agreed += b->deed;
	t->upheld += b->appeal;
	t->trusted += b->event->trust >= WH_TRUST_TRUSTED;
	(void)wh_map_put(&t->users, wh_str(b->person->name), b->person, NULL);
	tally_sample(b, t);
}

static void
backtest_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	struct tally *t = ((struct backtest *)sink)->now;

	if (t == NULL)
		return;
	if (v->item == WH_JUDGE_ITEM_DEMOTED)
		snprintf(t->lowered, sizeof t->lowered, "%.*s", WH_FMT(v->evidence));
	for (unsigned i = 0; i < WH_ACTIONS && (v->item == WH_JUDGE_ITEM_VERDICT || v->item == WH_JUDGE_ITEM_SHADOW); i++)
		t->did[i] += v->actions >> i & 1;
}

static struct wh_str
text_of(const struct wh_value *o, const char *key)
{
	struct wh_value v;

	if (!wh_json_get(o, key, &v))
		return (struct wh_str){ NULL, 0 };
	if (v.type == WH_V_OBJECT && !wh_json_get(&v, "name", &v))
		return (struct wh_str){ NULL, 0 };
	return v.type == WH_V_STR ? v.s : (struct wh_str){ NULL, 0 };
}

int64_t
backtest_time(const struct wh_value *o, int64_t before_ms)
{
	struct wh_value v;
	int64_t ms;

	if (wh_json_get(o, "time", &v)) {
		if (v.type == WH_V_INT)
			return v.i;
		if (v.type == WH_V_STR && wh_clock_parse_rfc3339(v.s, &ms) == WH_OK)
			return ms;
	}
	return before_ms + 1000;
}

static void
entry_key(struct wh_str room, int64_t seq, char to[static 160])
{
	snprintf(to, 160, "%.*s\n%lld", (int)(room.n < 100 ? room.n : 100), room.p != NULL ? room.p : "", (long long)seq);
}

static void
person_key(struct wh_str name, char to[static 160])
{
	snprintf(to, 160, "\n%.*s", (int)(name.n < 120 ? name.n : 120), name.p != NULL ? name.p : "");
}

static void
remember(struct backtest *b, const struct wh_value *o, int64_t now)
{
	struct deed *d = b->n_deeds < BACKTEST_DEEDS ? calloc(1, sizeof *d) : NULL;
	struct wh_value seq;
	void *old = NULL;

	if (d == NULL)
		return;
	if (wh_json_get(o, "seq", &seq) && seq.type == WH_V_INT)
		entry_key(text_of(o, "room"), seq.i, d->key);
	else
		person_key(text_of(o, "of"), d->key);
	d->time_ms = now;
	d->appeal = text_of(o, "appeal").n != 0;
	if (wh_map_put(&b->deeds, wh_str(d->key), d, &old) != WH_OK) {
		free(d);
		return;
	}
	d->next = old;
	b->n_deeds++;
}

static void
look_up(struct backtest *b, const char *key, int64_t now, bool person)
{
	for (const struct deed *d = wh_map_get(&b->deeds, wh_str(key)); d != NULL; d = d->next) {
		if (person && (d->time_ms < now || d->time_ms - now > DEED_BEFORE_MS))
			continue;
		b->deed |= !d->appeal;
		b->appeal |= d->appeal;
	}
}

void
backtest_deed(struct backtest *b, const struct wh_value *o, int64_t now)
{
	if (text_of(o, "deed").n != 0 || text_of(o, "appeal").n != 0)
		remember(b, o, now);
}

void
backtest_event(struct backtest *b, const struct wh_value *o, int64_t now)
{
	struct wh_str from = text_of(o, "from"), on = text_of(o, "on");
	struct wh_judge_event e = { .time_ms = now, .room = text_of(o, "room"), .text = text_of(o, "text"), .before = text_of(o, "before"),
		.reply_to = text_of(o, "reply_to") };
	struct wh_judge_answer answer = { .n = 0 };
	struct wh_value v;
	char key[160];

	if (from.n == 0 || (b->room != NULL && !wh_str_is(e.room, b->room)))
		return;
	e.on = on.n != 0 && pack_on(on) >= 0 ? (enum wh_judge_on)pack_on(on) : WH_JUDGE_ON_SAID;
	if (wh_json_get(o, "seq", &v) && v.type == WH_V_INT)
		e.entry = (uint64_t)v.i;
	if (wh_json_get(o, "attachments", &v))
		e.attachments = v.raw;
	b->person = crowd_person(&b->crowd, from, now);
	wh_buf_reset(&b->error);
	if (b->person == NULL || !crowd_read(b->person, o, &b->error)) {
		b->bad_lines++;
		return;
	}
	crowd_fill(b->person, &e);
	crowd_mentions(&b->crowd, o, &e);
	b->deed = text_of(o, "deed").n != 0;
	b->appeal = text_of(o, "appeal").n != 0;
	b->hit = false;
	entry_key(e.room, (int64_t)e.entry, key);
	if (e.entry != 0)
		look_up(b, key, now, false);
	person_key(from, key);
	look_up(b, key, now, true);
	b->event = &e;
	judge_event(&b->judge, &e, &b->sink, &answer);
	b->event = NULL;
	b->person->messages += e.on == WH_JUDGE_ON_SAID;
	b->deeds_on += b->deed;
	b->deeds_found += b->deed && b->hit;
	b->first_ms = b->events == 0 ? now : b->first_ms;
	b->last_ms = now;
	b->events++;
}

static void
backtest_clear(struct backtest *b)
{
	struct wh_map_iter it = { 0 };

	for (size_t i = 0; i < b->n_tallies; i++)
		wh_map_free(&b->tallies[i].users);
	free(b->tallies);
	while (wh_map_next(&b->deeds, &it)) {
		struct deed *d = it.value, *next;

		for (; d != NULL; d = next) {
			next = d->next;
			free(d);
		}
	}
	wh_map_free(&b->deeds);
	judge_free(&b->judge);
	crowd_free(&b->crowd);
	wh_buf_free(&b->error);
}

struct backtest *
backtest_new(struct shared *shared, size_t samples)
{
	struct backtest *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->samples = samples < BACKTEST_SAMPLES ? samples : BACKTEST_SAMPLES;
	b->sink = (struct judge_sink){ .item = backtest_item, .asked = backtest_asked };
	judge_init(&b->judge, shared);
	return b;
}

void
backtest_free(struct backtest **b)
{
	if (*b != NULL)
		backtest_clear(*b);
	free(*b);
	*b = NULL;
}

enum wh_err
backtest_add(struct backtest *b, struct pack *take)
{
	return judge_add(&b->judge, take);
}

enum wh_err
backtest_ready(struct backtest *b)
{
	size_t rules = 0;

	for (size_t i = 0; i < b->judge.n_packs; i++)
		rules += b->judge.packs[i]->n_rules;
	b->tallies = calloc(rules + 1, sizeof *b->tallies);
	if (b->tallies == NULL)
		return WH_ENOMEM;
	for (size_t i = 0; i < b->judge.n_packs; i++)
		for (size_t k = 0; k < b->judge.packs[i]->n_rules; k++) {
			b->tallies[b->n_tallies].pack = b->judge.packs[i];
			b->tallies[b->n_tallies++].rule = &b->judge.packs[i]->rules[k];
		}
	return WH_OK;
}
