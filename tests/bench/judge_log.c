/* What judges a log: judge_log [--no-filters] [--all] LOG [PACK-FOLDER…]. The built-in filters, raid mode and rule packs see each event of a log
 * of JSON lines (as of whiply-rules backtest), and for each a line is printed: {"label":…,"stopped":bool,"hits":["pack/rule",…],"sweep":[seq,…]}.
 * --all: filters in shadow mode count as if they were live. Used by evaluate.py. It does what a server would: what is stopped is
 * not in the room, but was seen. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "filters.h"
#include "raid.h"
#include "rules/cli.h"
#include "rules/crowd.h"

enum { HITS = 64, SWEPT = 1024 };

static const uint32_t stops = WH_ACT_HOLD | WH_ACT_REDACT | WH_ACT_TIMEOUT | WH_ACT_SHADOW_MUTE | WH_ACT_MUTE | WH_ACT_BAN | WH_ACT_LOCKDOWN;

struct run {
	struct judge_sink sink;		/* first */
	struct cli cli;
	struct judge judge;
	struct crowd crowd;
	struct filters *filters;
	struct raid *raid;
	bool all;
	/* Of an event. */
	size_t n_hits, n_swept;
	char hits[HITS][2 * PACK_NAME + 2];
	int64_t swept[SWEPT];
	bool stopped;
};

struct filters *
moderation_filters(void *self)
{
	return ((struct run *)self)->filters;
}

struct raid *
moderation_raid(void *self)
{
	return ((struct run *)self)->raid;
}

void
moderation_raid_news(void *self, const struct raid_news *news, struct wh_call *call)
{
	(void)self;
	(void)news;
	(void)call;
}

static void
add_swept(struct run *run, struct wh_str evidence)
{
	struct wh_json_doc doc;
	struct wh_value o, list, id;
	struct wh_buf scratch = { 0 };
	struct wh_json_in in;

	if (wh_json_read(&doc, evidence, NULL, &scratch, &o, NULL) == WH_OK && wh_json_get(&o, "entries", &list)) {
		in = wh_json_each(&list);
		while (run->n_swept < SWEPT && wh_json_next(&in, NULL, &id))
			if (id.type == WH_V_INT)
				run->swept[run->n_swept++] = id.i;
	}
	wh_buf_free(&scratch);
}

static void
take(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	struct run *run = (struct run *)sink;

	if (v->item > WH_JUDGE_ITEM_SHADOW || v->actions == 0)
		return;
	if (v->item == WH_JUDGE_ITEM_SHADOW && !run->all)
		return;
	if (run->n_hits < HITS)
		snprintf(run->hits[run->n_hits++], sizeof run->hits[0], "%.*s/%.*s", WH_FMT(v->pack), WH_FMT(v->rule));
	run->stopped |= (v->actions & stops) != 0;
	if (v->sweep_ms > 0)
		add_swept(run, v->evidence);
}

static struct wh_str
text_of(const struct wh_value *o, const char *key)
{
	struct wh_value v;

	return wh_json_get(o, key, &v) && v.type == WH_V_STR ? v.s : (struct wh_str){ NULL, 0 };
}

static int64_t
int_of(const struct wh_value *o, const char *key, int64_t otherwise)
{
	struct wh_value v;

	return wh_json_get(o, key, &v) && v.type == WH_V_INT ? v.i : otherwise;
}

static void
print(const struct run *run, struct wh_str label)
{
	printf("{\"label\":\"%.*s\",\"stopped\":%s,\"hits\":[", WH_FMT(label), run->stopped ? "true" : "false");
	for (size_t i = 0; i < run->n_hits; i++)
		printf("%s\"%s\"", i > 0 ? "," : "", run->hits[i]);
	printf("],\"sweep\":[");
	for (size_t i = 0; i < run->n_swept; i++)
		printf("%s%lld", i > 0 ? "," : "", (long long)run->swept[i]);
	printf("]}\n");
}

static bool
event(struct run *run, const struct wh_value *o)
{
	struct wh_judge_verdict got[FILTERS + 3];
	struct wh_judge_answer answer;
	struct wh_buf why = { 0 };
	struct wh_judge_event e = { .on = text_of(o, "on").n != 0 ? WH_JUDGE_ON_JOINED : WH_JUDGE_ON_SAID, .time_ms = int_of(o, "time", 0),
		.entry = (uint64_t)int_of(o, "seq", 0), .room = text_of(o, "room"), .text = text_of(o, "text") };
	struct person *p = crowd_person(&run->crowd, text_of(o, "from"), e.time_ms);
	size_t n = 0;

	if (p == NULL || !crowd_read(p, o, &why)) {
		wh_buf_free(&why);
		return false;
	}
	crowd_fill(p, &e);
	crowd_mentions(&run->crowd, o, &e);
	run->n_hits = run->n_swept = 0;
	run->stopped = false;
	if (run->filters != NULL) {
		n = filters_judge(run->filters, &e, got, FILTERS);
		n += raid_judge(run->raid, &e, filters_alike(run->filters), got + n, 3);
	}
	for (size_t i = 0; i < n; i++)
		take(&run->sink, &got[i]);
	judge_event(&run->judge, &e, &run->sink, &answer);
	p->messages += e.on == WH_JUDGE_ON_SAID && !run->stopped;
	print(run, text_of(o, "label"));
	return true;
}

static bool
read_log(struct run *run, const char *path)
{
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value o;
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool good = f != NULL;

	while (good && (n = getline(&line, &cap, f)) > 0)
		good = wh_json_read(&doc, (struct wh_str){ line, (size_t)n }, NULL, &scratch, &o, NULL) == WH_OK && o.type == WH_V_OBJECT && event(run, &o);
	if (!good)
		fprintf(stderr, "judge_log: %s: a line is no event, or there is no such file\n", path);
	free(line);
	wh_buf_free(&scratch);
	if (f != NULL)
		fclose(f);
	return good;
}

int
main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof *run);
	bool filters = true, good = run != NULL;
	const char *log = NULL;

	if (!good || shared_open(&run->cli.shared) != WH_OK)
		return 2;
	run->sink.item = take;
	judge_init(&run->judge, &run->cli.shared);
	for (int i = 1; i < argc && good; i++) {
		if (strcmp(argv[i], "--no-filters") == 0) {
			filters = false;
		} else if (strcmp(argv[i], "--all") == 0) {
			run->all = true;
		} else if (log == NULL) {
			log = argv[i];
		} else {
			struct pack *p = cli_load(&run->cli, argv[i]);

			good = p != NULL && judge_add(&run->judge, p) == WH_OK;
		}
	}
	if (filters) {
		run->filters = filters_open(NULL, NULL);
		run->raid = raid_open(NULL, NULL);
		good &= run->filters != NULL && run->raid != NULL;
	}
	good = good && log != NULL && read_log(run, log);
	filters_close(&run->filters);
	raid_close(&run->raid);
	judge_free(&run->judge);
	crowd_free(&run->crowd);
	shared_close(&run->cli.shared);
	free(run);
	return good ? 0 : 2;
}
