/* What judging costs in CPU time: lists, likeness, and ten packs in one process. bench_rules [PACKS-FOLDER]. The round trip to the helper is
 * bench_judge's. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hist.h"
#include "base/json.h"
#include "rules/bench_messages.h"
#include "rules/judge.h"

enum { MESSAGES = BENCH_MESSAGES, ROUNDS = 30 };

/* Of our own CPU time: what else the machine does is not counted. */
static int64_t
cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * WH_NS_PER_SEC + t.tv_nsec;
}

static void
bench_list(struct shared *shared, enum list_kind kind, const char *name, size_t entries)
{
	struct list *l = list_new(kind);
	struct scene scene = { .shared = shared };
	struct wh_judge_event e = { .user = WH_STR("eve") };
	struct wh_buf why = { 0 };
	uint64_t steps = 0, hits = 0;
	uint32_t seed = 3;
	int64_t began = cpu_now(), built;
	char word[16], text[64];

	for (size_t i = 0; i < entries; i++) {
		(void)bench_word(&seed, word);
		snprintf(text, sizeof text, kind == LIST_WORDS ? "qz%s" : kind == LIST_DOMAINS ? "%s-x%zu.com" : "\\bxy%s%zu\\s+\\d+", word, i);
		(void)list_add(l, shared->fold, wh_str(text), &why);
	}
	if (list_build(l) != WH_OK)
		printf("%s: not built\n", name);
	built = cpu_now() - began;
	began = cpu_now();
	for (size_t i = 0; i < (size_t)ROUNDS * MESSAGES; i++) {
		e.text = wh_str(bench_message(i));
		scene_begin(&scene, &e);
		if (kind == LIST_WORDS) {
			struct list_text t = scene_list_text(&scene, e.text, &steps);

			hits += list_find(l, &t, &steps).p != NULL;
		} else if (kind == LIST_PATTERNS) {
			hits += list_find(l, &(struct list_text){ .text = e.text }, &steps).p != NULL;
		} else {
			const struct links *links = scene_links(&scene, &steps);

			for (size_t k = 0; k < links->n; k++)
				hits += list_find(l, &(struct list_text){ .text = links->of[k].host }, &steps).p != NULL;
		}
	}
	printf("%-34s %7.0f ns a message, built in %.1f ms, %llu hits\n", name, (double)(cpu_now() - began) / (ROUNDS * MESSAGES), (double)built / 1e6,
		(unsigned long long)hits);
	list_free(&l);
	scene_free(&scene);
	wh_buf_free(&why);
}

static void
bench_views(struct shared *shared)
{
	struct scene scene = { .shared = shared };
	struct wh_judge_event e = { .user = WH_STR("eve") };
	uint64_t steps = 0, sum = 0;
	int64_t began = cpu_now();

	for (size_t i = 0; i < (size_t)ROUNDS * MESSAGES; i++) {
		e.text = wh_str(bench_message(i));
		scene_begin(&scene, &e);
		sum += scene_views(&scene, e.text, &steps)->skeleton.n;
	}
	printf("%-34s %7.0f ns a message\n", "skeleton", (double)(cpu_now() - began) / (ROUNDS * MESSAGES));
	began = cpu_now();
	for (size_t i = 0; i < (size_t)ROUNDS * MESSAGES; i++) {
		e.text = wh_str(bench_message(i));
		scene_begin(&scene, &e);
		sum += scene_sketch(&scene, e.text, &steps)->n;
	}
	printf("%-34s %7.0f ns a message (%llu)\n", "skeleton and sketch", (double)(cpu_now() - began) / (ROUNDS * MESSAGES), (unsigned long long)(sum & 1));
	scene_free(&scene);
}

static void
no_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	(void)sink;
	(void)v;
}

static size_t
load_all(const char *folder, struct shared *shared, struct judge *j, char paths[64][512])
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	while (d != NULL && (entry = readdir(d)) != NULL && n < 64) {
		struct pack_limits limits = { 0 };
		struct wh_buf why = { 0 };
		struct source *source;
		struct pack *p;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(paths[n], 512, "%.255s/%.200s", folder, entry->d_name);
		if (source_read(paths[n], &source, &why) == WH_OK && pack_load(shared, &limits, source, (struct wh_str){ NULL, 0 }, &p, &why) == WH_OK
		    && judge_add(j, p) == WH_OK)
			n++;
		wh_buf_free(&why);
	}
	if (d != NULL)
		closedir(d);
	return n;
}

static void
bench_judge(struct judge *j, size_t packs)
{
	struct judge_sink sink = { .item = no_item };
	struct wh_judge_answer answer = { .n = 0 };
	int64_t began = cpu_now();
	uint64_t asked = 0;
	char name[16];

	for (size_t i = 0; i < 100000; i++) {
		struct wh_judge_event e = bench_event(i, name);

		judge_event(j, &e, &sink, &answer);
		asked += answer.evaluated;
	}
	printf("%-34s %7.0f ns a message, %.1f rules a message, %zu packs\n", "judged in the same process", (double)(cpu_now() - began) / 100000,
		(double)asked / 100000, packs);
	for (size_t i = 0; i < j->n_packs; i++)
		for (size_t k = 0; k < j->packs[i]->n_rules; k++) {
			const struct pack_rule *r = &j->packs[i]->rules[k];

			if (r->evaluated != 0)
				printf("    %-20s %-24s p50 %5llu ns, p99 %6llu ns, hits %llu\n", j->packs[i]->id, r->name,
					(unsigned long long)wh_hist_quantile(&r->cost, 500), (unsigned long long)wh_hist_quantile(&r->cost, 990),
					(unsigned long long)r->hits);
		}
}

int
main(int argc, char **argv)
{
	static char paths[64][512];
	static struct judge judge;
	const char *folder = argc > 1 ? argv[1] : PACKS;
	struct shared shared;
	size_t packs;

	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_messages();
	if (shared_open(&shared) != WH_OK)
		return 1;
	bench_views(&shared);
	bench_list(&shared, LIST_WORDS, "list, 10,000 words", 10000);
	bench_list(&shared, LIST_DOMAINS, "links, and a list of 10,000 domains", 10000);
	bench_list(&shared, LIST_PATTERNS, "list, 2,000 patterns", 2000);
	judge_init(&judge, &shared);
	packs = load_all(folder, &shared, &judge, paths);
	bench_judge(&judge, packs);
	judge_free(&judge);
	shared_close(&shared);
	return 0;
}
