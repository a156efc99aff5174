/* See testing_rules.h. */
#include "rules/testing_rules.h"

#include <stdio.h>
#include <stdlib.h>

static void
bed_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	struct bed *b = (struct bed *)sink;

	if (v->item == WH_JUDGE_ITEM_ERROR) {
		b->errors++;
		snprintf(b->error, sizeof b->error, "%.*s", WH_FMT(v->evidence));
	}
	b->demoted += v->item == WH_JUDGE_ITEM_DEMOTED;
	b->scores += v->item == WH_JUDGE_ITEM_SCORE;
	if (v->item == WH_JUDGE_ITEM_VERDICT)
		b->live |= v->actions;
	if (v->item == WH_JUDGE_ITEM_SHADOW)
		b->shadow |= v->actions;
	if (v->item == WH_JUDGE_ITEM_ERROR)
		return;
	b->verdict = *v;
	snprintf(b->reason, sizeof b->reason, "%.*s", WH_FMT(v->reason));
	snprintf(b->rule, sizeof b->rule, "%.*s", WH_FMT(v->rule));
	snprintf(b->evidence, sizeof b->evidence, "%.*s", WH_FMT(v->evidence));
}

void
bed_begin(struct bed *b)
{
	*b = (struct bed){ .sink = { .item = bed_item }, .now_ms = 1767225600000 };
	assert_int_equal(shared_open(&b->shared), WH_OK);
	judge_init(&b->judge, &b->shared);
}

void
bed_end(struct bed *b)
{
	judge_free(&b->judge);
	shared_close(&b->shared);
}

static enum wh_err
load(struct bed *b, const char *text, const char *settings, struct pack **pack_out, struct wh_buf *why)
{
	struct source *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->n = 1;
	snprintf(s->files[0].name, sizeof s->files[0].name, "pack.lua");
	wh_buf_text(&s->files[0].text, text);
	return pack_load(&b->shared, &b->judge.limits, s, wh_str(settings), pack_out, why);
}

struct pack *
bed_load(struct bed *b, const char *text, const char *settings)
{
	struct wh_buf why = { 0 };
	struct pack *p;

	if (load(b, text, settings, &p, &why) != WH_OK)
		fail_msg("%.*s", WH_FMT(wh_buf_slice(&why)));
	wh_buf_free(&why);
	assert_int_equal(judge_add(&b->judge, p), WH_OK);
	return p;
}

const char *
bed_refused(struct bed *b, const char *text, const char *settings)
{
	struct wh_buf why = { 0 };
	struct pack *p = NULL;

	assert_true(load(b, text, settings, &p, &why) != WH_OK);
	snprintf(b->error, sizeof b->error, "%.*s", WH_FMT(wh_buf_slice(&why)));
	wh_buf_free(&why);
	return b->error;
}

void
bed_event(struct bed *b, const struct wh_judge_event *e)
{
	b->live = b->shadow = 0;
	b->errors = b->demoted = b->scores = 0;
	b->reason[0] = b->rule[0] = b->evidence[0] = b->error[0] = '\0';
	b->verdict = (struct wh_judge_verdict){ .actions = 0 };
	judge_event(&b->judge, e, &b->sink, &b->answer);
}

void
bed_say(struct bed *b, const char *who, const char *text)
{
	const struct wh_judge_event e = { .time_ms = b->now_ms += 1000, .entry = ++b->entry, .room = WH_STR("lobby"), .text = wh_str(text),
		.user = wh_str(who), .name = wh_str(who), .network = WH_STR("net"), .flags = WH_JUDGE_ACCOUNT };

	bed_event(b, &e);
}
