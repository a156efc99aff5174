/* By the first byte. 0: bytes from a hub, an ask of any kind, to a judge with a pack: the answer is one that the hub can read. Else: the rest
 * is the body of a rule, or (odd) numbers that choose pieces of Lua that a snippet is put together of; whatever it does, the event
 * ends, and the next message is judged. */
#include <stdlib.h>

#include "rules/helper.h"
#include "rules/testing_snippets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct shared shared;

struct seen {
	struct judge_sink sink;
	uint32_t live;
	bool demoted;
};

static void
seen_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	struct seen *s = (struct seen *)sink;

	s->live |= v->item == WH_JUDGE_ITEM_VERDICT ? v->actions : 0;
	s->demoted |= v->item == WH_JUDGE_ITEM_DEMOTED;
}

static void
read_answer(struct wh_str bytes)
{
	struct wh_judge_answer a;
	struct wh_judge_verdict v;

	must(bytes.n > 0);
	if (bytes.p[0] != WH_JUDGE_VERDICTS)
		return;
	must(wh_judge_answer_read(&bytes, &a));
	for (uint32_t i = 0; i < a.n; i++)
		must(wh_judge_item_read(&bytes, &v));
	must(bytes.n == 0);
}

static void
load(struct judge *j, struct wh_str body)
{
	struct source *s = calloc(1, sizeof *s);
	struct wh_buf why = { 0 };
	struct pack *p;

	must(s != NULL);
	s->n = 1;
	memcpy(s->files[0].name, "pack.lua", 9);
	wh_buf_text(&s->files[0].text, "pack { id = 'fuzz', version = '1', api = 1, license = 'MIT', scores = { 's' },\n"
		" settings = { l = { type = 'words', default = { 'bad', 'wor*' } }, d = { type = 'domains', default = { 'a.com' } } } }\n"
		"local w, l, d = window('w', { keep = '1m', entries = 100 }), list 'l', list 'd'\nrule 'fuzz' { act = 'flag', when = function(m)\n");
	wh_buf_str(&s->files[0].text, body);
	wh_buf_text(&s->files[0].text, "\nend }\nrule 'good' { act = 'hold', when = function(m) return m.text:find('badword', 1, true) end }\n");
	if (pack_load(&shared, &j->limits, s, (struct wh_str){ NULL, 0 }, &p, &why) == WH_OK)
		must(judge_add(j, p) == WH_OK);
	wh_buf_free(&why);
}

static void
try_body(struct wh_str body)
{
	struct wh_judge_event e = { .time_ms = 1767225600000, .text = WH_STR("a badword at https://a.com/x \u0430"), .name = WH_STR("eve"), .entry = 1 };
	struct seen seen = { .sink = { .item = seen_item } };
	struct wh_judge_answer answer = { .n = 0 };
	struct judge j;

	judge_init(&j, &shared);
	j.limits = (struct pack_limits){ .memory = 2 << 20, .steps = 20000, .bytes = 4 << 20, .time_ns = 20 * WH_NS_PER_SEC };
	load(&j, body);
	for (int i = 0; i < 3 && j.n_packs != 0; i++) {
		seen.live = 0;
		e.time_ms += 1000;
		judge_event(&j, &e, &seen.sink, &answer);
		/* A text can close the rule and replace the other: then it is not ours any more. */
		if (j.packs[0]->n_rules == 2 && j.packs[0]->rules[1].most == PACK_LIVE && j.packs[0]->rules[1].failed == 0
		    && j.packs[0]->rules[1].evaluated != 0 && j.packs[0]->rules[1].act.actions == WH_ACT_HOLD && memchr(body.p, '}', body.n) == NULL)
			must((seen.live & WH_ACT_HOLD) != 0);
	}
	judge_free(&j);
}

static void
try_pieces(const uint8_t *data, size_t n)
{
	struct wh_buf body = { .max = 65536 };

	snippet_write(data, n, &body);
	try_body(wh_buf_slice(&body));
	wh_buf_free(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wh_str rest = { (const char *)data + 1, n - 1 };
	struct wh_buf out = { 0 };
	struct judge j;

	if (n == 0)
		return 0;
	if (shared.fold == NULL)
		must(shared_open(&shared) == WH_OK);
	if (data[0] == 0) {
		judge_init(&j, &shared);
		load(&j, WH_STR("return l:find(m.text) or #m.links > 0 or #m.mentions > 1 or m.detail.x or m.user:has_role('a')"));
		helper_answer(&j, rest, &out);
		read_answer(wh_buf_slice(&out));
		judge_free(&j);
		wh_buf_free(&out);
	} else if (data[0] % 2 == 0) {
		try_body(rest);
	} else {
		try_pieces(data + 1, n - 1);
	}
	return 0;
}
