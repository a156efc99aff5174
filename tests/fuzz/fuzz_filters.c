/* The built-in filters and raid mode, on a text from outside. The first bytes say what happens and by whom, the rest is the text; a line that
 * begins with `+` is an entry of a list first. Whatever comes: verdicts are whole, and their evidence is JSON. */
#include <stdlib.h>

#include "base/json.h"
#include "filters.h"
#include "raid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct filters *
moderation_filters(void *self)
{
	return self;
}

struct raid *
moderation_raid(void *self)
{
	return self;
}

void
moderation_raid_news(void *self, const struct raid_news *news, struct wh_call *call)
{
	(void)self;
	(void)news;
	(void)call;
}

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct filters *f;
static struct raid *raid;

static void
begin(void)
{
	f = filters_open(NULL, NULL);
	raid = raid_open(NULL, NULL);
	must(f != NULL && raid != NULL);
	for (unsigned i = 0; i < FILTERS; i++) {
		struct filter_set set = filter_rows[i].def;

		set.mode = FILTER_LIVE;
		must(filters_set(f, (enum filter)i, (struct wh_str){ NULL, 0 }, &set) == WH_OK);
	}
}

static void
look_at(const struct wh_judge_verdict *v, struct wh_buf *scratch)
{
	struct wh_json_doc doc;
	struct wh_value o;

	must(v->item == WH_JUDGE_ITEM_VERDICT && v->pack.n != 0 && v->rule.n != 0 && v->reason.n != 0);
	must(wh_json_read(&doc, v->evidence, NULL, scratch, &o, NULL) == WH_OK && o.type == WH_V_OBJECT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wh_judge_verdict got[FILTERS + 3];
	struct wh_str text = { (const char *)data, n };
	struct wh_buf scratch = { 0 };
	struct wh_judge_event e = { .user = WH_STR("eve"), .name = WH_STR("eve"), .room = WH_STR("lobby"), .network = WH_STR("n"), .entry = 1 };
	static int64_t now = INT64_C(1767225600000);
	char why[40];
	size_t hits;

	if (f == NULL)
		begin();
	if (n < 4)
		return 0;
	e.on = (enum wh_judge_on)(data[0] % WH_JUDGE_ON_N);
	e.trust = (enum wh_judge_trust)(data[1] % 4);
	e.age_ms = data[2] * INT64_C(100000);
	e.messages = data[3];
	e.time_ms = now += data[2];
	text = wh_str_from(text, 4);
	(void)filters_list_set(f, WH_STR("fuzz"), (enum filter_list_kind)(data[0] / 16 % FILTER_LIST_KINDS), 0);
	while (text.n > 0 && text.p[0] == '+') {
		const char *end = memchr(text.p, '\n', text.n);
		size_t line = end != NULL ? (size_t)(end - text.p) : text.n;

		(void)filters_list_add(f, WH_STR("fuzz"), (struct wh_str){ text.p + 1, line - 1 }, why, sizeof why);
		text = wh_str_from(text, line + 1);
	}
	filters_list_build(f);
	e.text = text;
	e.mentions = data[3] % 2 ? text : (struct wh_str){ NULL, 0 };
	hits = filters_judge(f, &e, got, FILTERS);
	must(hits <= FILTERS);
	for (size_t i = 0; i < hits; i++)
		look_at(&got[i], &scratch);
	hits = raid_judge(raid, &e, filters_alike(f), got, 3);
	for (size_t i = 0; i < hits; i++)
		look_at(&got[i], &scratch);
	(void)filters_list_drop(f, WH_STR("fuzz"));
	wh_buf_free(&scratch);
	return 0;
}
