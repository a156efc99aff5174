/* What judging costs in CPU time: lists, likeness, ten packs in one process, and the round trip over the ring to the jailed helper.
 * bench_rules [PACKS-FOLDER]. Run it on a quiet machine. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hist.h"
#include "base/json.h"
#include "rules/helper_bed.h"
#include "rules/judge.h"

enum { MESSAGES = 4096, ROUNDS = 30 };

static char messages[MESSAGES][256];

static int64_t
now(void)
{
	return wh_clock_mono_ns(NULL);
}

/* Of our own CPU time: what else the machine does is not counted. */
static int64_t
cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * WH_NS_PER_SEC + t.tv_nsec;
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static size_t
make_word(uint32_t *seed, char to[16])
{
	size_t n = 3 + next_random(seed) % 9;

	for (size_t i = 0; i < n; i++)
		to[i] = (char)('a' + next_random(seed) % 26);
	to[n] = '\0';
	return n;
}

static void
make_messages(void)
{
	uint32_t seed = 7;
	char word[16];

	for (size_t i = 0; i < MESSAGES; i++) {
		size_t n = 0;

		while (n < 20 + i % 64 * 2) {
			(void)make_word(&seed, word);
			n += (size_t)snprintf(messages[i] + n, sizeof messages[i] - n, "%s%s", n > 0 ? " " : "", word);
		}
		if (i % 8 == 0)
			snprintf(messages[i] + n, sizeof messages[i] - n, " https://%s.example.com/x", word);
	}
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
		(void)make_word(&seed, word);
		snprintf(text, sizeof text, kind == LIST_WORDS ? "qz%s" : kind == LIST_DOMAINS ? "%s-x%zu.com" : "\\bxy%s%zu\\s+\\d+", word, i);
		(void)list_add(l, shared->fold, wh_str(text), &why);
	}
	if (list_build(l) != WH_OK)
		printf("%s: not built\n", name);
	built = cpu_now() - began;
	began = cpu_now();
	for (size_t i = 0; i < (size_t)ROUNDS * MESSAGES; i++) {
		e.text = wh_str(messages[i % MESSAGES]);
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
		e.text = wh_str(messages[i % MESSAGES]);
		scene_begin(&scene, &e);
		sum += scene_views(&scene, e.text, &steps)->skeleton.n;
	}
	printf("%-34s %7.0f ns a message\n", "skeleton", (double)(cpu_now() - began) / (ROUNDS * MESSAGES));
	began = cpu_now();
	for (size_t i = 0; i < (size_t)ROUNDS * MESSAGES; i++) {
		e.text = wh_str(messages[i % MESSAGES]);
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

static struct wh_judge_event
make_event(size_t i, char name[static 16])
{
	snprintf(name, 16, "user%zu", i % 20011);
	return (struct wh_judge_event){ .time_ms = INT64_C(1767225600000) + (int64_t)i / 10, .entry = i + 1, .room = WH_STR("lobby"),
		.text = wh_str(messages[i % MESSAGES]), .user = wh_str(name), .name = wh_str(name), .network = WH_STR("0123456789abcdef"),
		.age_ms = 86400000, .messages = 100, .trust = WH_TRUST_KNOWN, .flags = WH_JUDGE_ACCOUNT };
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
		struct wh_judge_event e = make_event(i, name);

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

static bool
send_pack(struct helper_bed *b, const char *path)
{
	struct wh_buf out = { 0 }, why = { 0 };
	struct source *source;
	struct wh_str bytes;
	struct wh_json w;
	wh_id id;
	bool good;

	if (source_read(path, &source, &why) != WH_OK)
		return false;
	wh_buf_byte(&out, WH_JUDGE_CONTROL);
	wh_json_begin(&w, &out);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "do", "load");
	wh_json_object(&w, "files");
	for (size_t i = 0; i < source->n; i++)
		wh_json_str(&w, source->files[i].name, wh_buf_slice(&source->files[i].text));
	wh_json_end(&w);
	wh_json_end(&w);
	good = wh_json_finish(&w) && helper_bed_ask(b, 1, wh_buf_slice(&out)) && helper_bed_answer(b, 10000, &id, &bytes);
	wh_buf_free(&out);
	source_free(&source);
	return good;
}

/* CPU of a process in ns. */
static uint64_t
cpu_of(pid_t pid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
	f = fopen(path, "r");
	if (f != NULL && fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	if (f != NULL)
		fclose(f);
	return ns;
}

static void
bench_round_trip(const char *program, char paths[64][512], size_t packs, unsigned per_second)
{
	static struct wh_hist hist;
	struct helper_bed b;
	struct wh_str bytes;
	char event[4096], name[16];
	const size_t total = per_second * 3;
	int64_t began, due;
	uint64_t cpu;
	wh_id id;

	hist = (struct wh_hist){ .sum = 0 };
	if (!helper_bed_begin(&b, program))
		return;
	for (size_t i = 0; i < packs; i++)
		if (!send_pack(&b, paths[i]))
			printf("%s: not loaded\n", paths[i]);
	cpu = cpu_of(b.pid);
	began = now();
	for (size_t i = 0; i < total; i++) {
		struct wh_judge_event e = make_event(i, name);
		size_t n = wh_judge_event_write(&e, event, sizeof event);
		int64_t sent;

		due = began + (int64_t)(i * 1000000000 / per_second);
		while (now() < due)
			;
		sent = now();
		if (!helper_bed_ask(&b, i + 1, (struct wh_str){ event, n }) || !helper_bed_answer(&b, 2000, &id, &bytes))
			break;
		wh_hist_record(&hist, (uint64_t)(now() - sent));
	}
	cpu = cpu_of(b.pid) - cpu;
	printf("round trip, %5u messages/s         p50 %.1f us, p99 %.1f us, p99.9 %.1f us; CPU of the helper %.1f us a message\n", per_second,
		(double)wh_hist_quantile(&hist, 500) / 1000, (double)wh_hist_quantile(&hist, 990) / 1000, (double)wh_hist_quantile(&hist, 999) / 1000,
		(double)cpu / 1000 / (double)total);
	(void)helper_bed_end(&b);
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
	make_messages();
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
	puts("the same without packs, for reference:");
	bench_round_trip(WHIPLY_RULES, paths, 0, 10000);
	puts("with all packs:");
	bench_round_trip(WHIPLY_RULES, paths, packs, 1000);
	bench_round_trip(WHIPLY_RULES, paths, packs, 10000);
	return 0;
}
