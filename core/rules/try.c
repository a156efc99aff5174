/* Part of whiply-rules check: each rule is shown some events of what it listens to, for the mistakes that only running it shows. See cli.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/cli.h"
#include "rules/crowd.h"

#define TRY_BEGIN_MS INT64_C(1767225600000)

struct trying {
	struct judge_sink sink;		/* first */
	struct judge judge;
	const struct pack *pack;
	bool told[PACK_RULES];
	unsigned failed;
	const struct wh_judge_event *event;
};

static void
try_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	struct trying *t = (struct trying *)sink;

	for (size_t i = 0; i < t->pack->n_rules && v->item == WH_JUDGE_ITEM_ERROR; i++) {
		if (!wh_str_is(v->rule, t->pack->rules[i].name) || t->told[i])
			continue;
		t->told[i] = true;
		t->failed++;
		fprintf(stderr, "%s: rule '%s' fails on the %s '%.*s%s':\n", t->pack->id, t->pack->rules[i].name, pack_on_name((unsigned)t->event->on),
		    (int)(t->event->text.n < 40 ? t->event->text.n : 40), t->event->text.n != 0 ? t->event->text.p : "", t->event->text.n > 40 ? "…" : "");
		cli_explain(stderr, t->pack->source, v->evidence);
	}
}

static void
try_event(struct trying *t, const struct wh_judge_event *e)
{
	struct wh_judge_answer answer = { .n = 0 };

	t->event = e;
	judge_event(&t->judge, e, &t->sink, &answer);
}

static void
try_scores(struct trying *t, struct wh_judge_event e)
{
	char detail[2 * PACK_NAME + 64];

	e.on = WH_JUDGE_ON_SCORED;
	for (size_t i = 0; i < t->pack->n_scores; i++) {
		snprintf(detail, sizeof detail, "{\"pack\":\"%s\",\"name\":\"%s\",\"value\":0.5}", t->pack->id, t->pack->scores[i]);
		e.detail = wh_str(detail);
		try_event(t, &e);
	}
}

static void
try_texts(struct trying *t)
{
	static const char *const texts[] = { "hello", "so, what do you all think of it?", "BUY MY THINGS NOW!!! https://shop.example/a?b=c and www.other.example @ann @bob \U0001f600\U0001f600",
		"", "1", "na na na na na na na na na na na na na na na na", "\u0430\u0441\u0435 z\u0301\u0301\u0301a\u200bl go" };
	static const char *const people[] = { "eve", "ann" };
	struct wh_judge_event e = { .time_ms = TRY_BEGIN_MS, .room = WH_STR("lobby") };

	for (unsigned i = 0; i < 2 * sizeof texts / sizeof *texts; i++) {
		e.time_ms += 1000;
		e.entry++;
		e.text = wh_str(texts[i / 2]);
		e.user = e.name = wh_str(people[i % 2]);
		e.trust = i % 2 != 0 ? WH_TRUST_KNOWN : WH_TRUST_NEW;
		e.age_ms = i % 2 != 0 ? INT64_C(86400000) : 0;
		e.messages = i % 2 != 0 ? 100 : 0;
		e.network = wh_str(i % 2 != 0 ? "n1" : "");
		e.flags = i % 2 != 0 ? WH_JUDGE_ACCOUNT : 0u;
		e.mentions = WH_STR("ann\nbob\n");
		for (unsigned on = 0; on < WH_JUDGE_ON_SCORED; on++) {
			e.on = (enum wh_judge_on)on;
			e.before = on == WH_JUDGE_ON_EDIT || on == WH_JUDGE_ON_NICK ? WH_STR("before") : (struct wh_str){ NULL, 0 };
			e.detail = on == WH_JUDGE_ON_REPORT ? WH_STR("{\"reason\":\"spam\"}") : (struct wh_str){ NULL, 0 };
			e.attachments = on == WH_JUDGE_ON_UPLOAD ? WH_STR("[{\"name\":\"a.png\",\"type\":\"image/png\",\"size\":1000,\"hash\":\"00\"}]") : (struct wh_str){ NULL, 0 };
			try_event(t, &e);
		}
		try_scores(t, e);
	}
}

unsigned
cli_try(struct cli *c, const struct pack *p)
{
	struct trying *t = calloc(1, sizeof *t);
	struct wh_buf why = { 0 };
	struct pack *copy = NULL;
	unsigned failed = 1;

	if (t == NULL)
		return 1;
	t->sink.item = try_item;
	t->pack = p;
	judge_init(&t->judge, &c->shared);
	if (pack_copy(p, (struct wh_str){ NULL, 0 }, &copy, &why) == WH_OK && judge_add(&t->judge, copy) == WH_OK) {
		try_texts(t);
		failed = t->failed;
	}
	judge_free(&t->judge);
	wh_buf_free(&why);
	free(t);
	return failed;
}
