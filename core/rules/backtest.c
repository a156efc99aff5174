/* whiply-rules backtest: what packs would have done to what was said. The log is a file of JSON lines in the order of time:
 *	{"time":"2026-01-31T12:00:00Z","room":"lobby","seq":7,"from":"eve","text":"…","trust":"known","age":"2d",…}	what happened
 *	{"time":…,"deed":"ban","of":"eve"}		what a moderator did to somebody: counts for what they said in the ten minutes before
 *	{"deed":"redact","room":"lobby","seq":7}	… to one message; or "deed" in the message's own line
 *	{"appeal":"upheld","room":"lobby","seq":7}	somebody was right to complain
 * Of people, the fields of a test's step may be there; what is not is counted as the log goes on. The log is read twice: deeds come
 * after what they are for. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "rules/cli.h"
#include "rules/crowd.h"

enum { SAMPLES_MAX = 20, SAMPLE_TEXT = 160, DEED_BEFORE_MS = 600000, LINE_MAX_BYTES = 1 << 20 };

struct sample {
	char who[64], text[SAMPLE_TEXT + 8];
	int64_t time_ms;
	bool agreed;
};

struct tally {
	struct pack *pack;
	struct pack_rule *rule;
	uint64_t evaluated, hits, live_hits, trusted, agreed, upheld, failed;
	struct wh_map users;		/* name to person; borrowed */
	struct wh_hist cost;
	size_t n_samples;
	struct sample samples[SAMPLES_MAX];
};

/* A deed or an appeal of the first reading. */
struct deed {
	char key[160];		/* "room\nseq", or "\n" and a name */
	int64_t time_ms;
	bool appeal;
	struct deed *next;	/* of the same key; in no order */
};

struct backtest {
	struct judge_sink sink;	/* first */
	struct judge judge;
	struct crowd crowd;
	struct wh_map deeds;	/* owned */
	struct tally *tallies;	/* owned */
	size_t n_tallies, samples;
	const struct wh_judge_event *event;
	struct person *person;
	bool deed, appeal, hit;	/* of the event */
	uint64_t events, deeds_on, deeds_found, bad_lines;
	int64_t first_ms, last_ms;
	const char *room;	/* only this; NULL: all */
	struct wh_buf error;
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
	text = wh_utf8_cut(text, SAMPLE_TEXT);
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

	if (t == NULL)
		return;
	t->evaluated++;
	wh_hist_record(&t->cost, (uint64_t)cost_ns);
	if (got == PACK_FAILED || got == PACK_OVER || got == PACK_LATE) {
		if (t->failed++ == 0)
			fprintf(stderr, "%s: %.*s\n", p->id, WH_FMT(wh_buf_slice(&p->error)));
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
	(void)sink;
	if (v->item == WH_JUDGE_ITEM_DEMOTED)
		fprintf(stderr, "%.*s: rule '%.*s' %.*s\n", WH_FMT(v->pack), WH_FMT(v->rule), WH_FMT(v->evidence));
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

static int64_t
time_of(const struct wh_value *o, int64_t before)
{
	struct wh_value v;
	int64_t ms;

	if (wh_json_get(o, "time", &v)) {
		if (v.type == WH_V_INT)
			return v.i;
		if (v.type == WH_V_STR && wh_clock_parse_rfc3339(v.s, &ms) == WH_OK)
			return ms;
	}
	return before + 1000;
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
	struct deed *d = calloc(1, sizeof *d);
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

/* Calls `each` for each line that is an object; the time goes on where a line has none. */
static bool
read_log(struct backtest *b, const char *path, void (*each)(struct backtest *b, const struct wh_value *o, int64_t now))
{
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value o;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int64_t now = INT64_C(1767225600000);
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	if (f == NULL) {
		fprintf(stderr, "whiply-rules: %s: %s\n", path, strerror(errno));
		return false;
	}
	b->bad_lines = 0;
	while ((n = getline(&line, &cap, f)) >= 0) {
		struct wh_str text = { line, (size_t)n };

		if (text.n <= 1)
			continue;
		if (text.n > LINE_MAX_BYTES || wh_json_read(&doc, text, NULL, &scratch, &o, NULL) != WH_OK || o.type != WH_V_OBJECT) {
			b->bad_lines++;
			continue;
		}
		now = time_of(&o, now);
		each(b, &o, now);
	}
	free(line);
	wh_buf_free(&scratch);
	fclose(f);
	return true;
}

static void
line_first(struct backtest *b, const struct wh_value *o, int64_t now)
{
	if (text_of(o, "deed").n != 0 || text_of(o, "appeal").n != 0)
		remember(b, o, now);
}

static void
line_second(struct backtest *b, const struct wh_value *o, int64_t now)
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
print_actions(char to[static 128], uint32_t actions)
{
	size_t n = 0;

	to[0] = '\0';
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (actions >> i & 1)
			n += (size_t)snprintf(to + n, 128 - n, "%s%s", n > 0 ? "+" : "", wh_judge_action_name(i));
}

static void
print_text(const struct backtest *b)
{
	char actions[128], name[2 * PACK_NAME], when[WH_RFC3339_SIZE];

	printf("%llu events in %.1f h; moderators acted on %llu, of which a rule hit %llu\n", (unsigned long long)b->events,
		(double)(b->last_ms - b->first_ms) / 3600000.0, (unsigned long long)b->deeds_on, (unsigned long long)b->deeds_found);
	printf("%-40s %9s %7s %6s %8s %8s %7s %7s %7s %6s  %s\n", "rule", "evaluated", "hits", "users", "p50 us", "p99 us", "agreed", "trusted",
		"upheld", "failed", "would have done");
	for (size_t i = 0; i < b->n_tallies; i++) {
		const struct tally *t = &b->tallies[i];

		print_actions(actions, t->rule->act.actions);
		snprintf(name, sizeof name, "%s/%s", t->pack->id, t->rule->name);
		printf("%-40s %9llu %7llu %6zu %8.1f %8.1f %7llu %7llu %7llu %6llu  %s\n", name, (unsigned long long)t->evaluated,
			(unsigned long long)t->hits, t->users.n, (double)wh_hist_quantile(&t->cost, 500) / 1000,
			(double)wh_hist_quantile(&t->cost, 990) / 1000, (unsigned long long)t->agreed, (unsigned long long)t->trusted,
			(unsigned long long)t->upheld, (unsigned long long)t->failed, actions);
		for (size_t k = 0; k < t->n_samples; k++) {
			wh_clock_rfc3339(t->samples[k].time_ms, when);
			printf("    %c %s <%s> %s\n", t->samples[k].agreed ? '+' : ' ', when, t->samples[k].who, t->samples[k].text);
		}
	}
}

static void
write_tally(struct wh_json *w, const struct tally *t)
{
	char when[WH_RFC3339_SIZE];

	wh_json_object(w, NULL);
	wh_json_text(w, "pack", t->pack->id);
	wh_json_text(w, "version", t->pack->version);
	wh_json_text(w, "rule", t->rule->name);
	wh_json_array(w, "would");
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (t->rule->act.actions >> i & 1)
			wh_json_text(w, NULL, wh_judge_action_name(i));
	wh_json_end(w);
	wh_json_uint(w, "evaluated", t->evaluated);
	wh_json_uint(w, "hits", t->hits);
	wh_json_uint(w, "users", t->users.n);
	wh_json_uint(w, "p50_ns", wh_hist_quantile(&t->cost, 500));
	wh_json_uint(w, "p99_ns", wh_hist_quantile(&t->cost, 990));
	wh_json_uint(w, "agreed", t->agreed);
	wh_json_uint(w, "alone", t->hits - t->agreed);
	wh_json_uint(w, "trusted", t->trusted);
	wh_json_uint(w, "upheld", t->upheld);
	wh_json_uint(w, "failed", t->failed);
	wh_json_array(w, "samples");
	for (size_t k = 0; k < t->n_samples; k++) {
		wh_clock_rfc3339(t->samples[k].time_ms, when);
		wh_json_object(w, NULL);
		wh_json_text(w, "time", when);
		wh_json_text(w, "from", t->samples[k].who);
		wh_json_text(w, "text", t->samples[k].text);
		wh_json_bool(w, "agreed", t->samples[k].agreed);
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_json_end(w);
}

static void
print_json(const struct backtest *b)
{
	struct wh_buf out = { 0 };
	struct wh_json w;

	wh_json_begin(&w, &out);
	wh_json_object(&w, NULL);
	wh_json_uint(&w, "events", b->events);
	wh_json_int(&w, "from_ms", b->first_ms);
	wh_json_int(&w, "to_ms", b->last_ms);
	wh_json_uint(&w, "deeds", b->deeds_on);
	wh_json_uint(&w, "deeds_found", b->deeds_found);
	wh_json_uint(&w, "bad_lines", b->bad_lines);
	wh_json_uint(&w, "event_p50_ns", wh_hist_quantile(&b->judge.cost, 500));
	wh_json_uint(&w, "event_p99_ns", wh_hist_quantile(&b->judge.cost, 990));
	wh_json_array(&w, "rules");
	for (size_t i = 0; i < b->n_tallies; i++)
		write_tally(&w, &b->tallies[i]);
	wh_json_end(&w);
	wh_json_end(&w);
	if (wh_json_finish(&w))
		printf("%.*s\n", WH_FMT(wh_buf_slice(&out)));
	wh_buf_free(&out);
}

static void
backtest_free(struct backtest *b)
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

static bool
backtest_load(struct cli *c, struct backtest *b, int n, char **folders)
{
	size_t rules = 0;

	for (int i = 0; i < n; i++) {
		struct pack *p = cli_load(c, folders[i]);

		if (p == NULL || judge_add(&b->judge, p) != WH_OK)
			return false;
		rules += p->n_rules;
	}
	b->tallies = calloc(rules + 1, sizeof *b->tallies);
	if (b->tallies == NULL)
		return false;
	for (size_t i = 0; i < b->judge.n_packs; i++)
		for (size_t k = 0; k < b->judge.packs[i]->n_rules; k++) {
			b->tallies[b->n_tallies].pack = b->judge.packs[i];
			b->tallies[b->n_tallies++].rule = &b->judge.packs[i]->rules[k];
		}
	return true;
}

static int
backtest_usage(FILE *to, int code)
{
	fputs("usage: whiply-rules backtest DIR… --log FILE [--json] [--samples N] [--room NAME]\n\n"
	    "The log has a JSON object a line, in the order of time: {\"time\", \"room\", \"seq\", \"from\", \"text\"}, and of the person trust, roles, age,\n"
	    "messages, strikes, network if they are known. What moderators did is {\"time\", \"deed\", \"of\"} or {\"deed\", \"room\", \"seq\"}, an appeal\n"
	    "that was upheld {\"appeal\":\"upheld\", \"room\", \"seq\"}. Time is that of the log.\n", to);
	return code;
}

int
cli_backtest(struct cli *c, int argc, char **argv)
{
	static const struct option options[] = { { "log", required_argument, NULL, 'l' }, { "json", no_argument, NULL, 'j' },
		{ "samples", required_argument, NULL, 's' }, { "room", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	struct backtest *b = calloc(1, sizeof *b);
	const char *log = NULL;
	bool json = false, good;
	int o;

	if (b == NULL)
		return 1;
	b->samples = 3;
	/* getopt begins behind the name of a program. */
	while ((o = getopt_long(argc + 1, argv - 1, "l:js:r:h", options, NULL)) != -1) {
		switch (o) {
		case 'l':
			log = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 's':
			b->samples = strtoul(optarg, NULL, 10);
			b->samples = b->samples < SAMPLES_MAX ? b->samples : SAMPLES_MAX;
			break;
		case 'r':
			b->room = optarg;
			break;
		default:
			free(b);
			return o == 'h' ? backtest_usage(stdout, 0) : backtest_usage(stderr, 2);
		}
	}
	if (log == NULL || optind > argc) {
		free(b);
		return backtest_usage(stderr, 2);
	}
	b->sink = (struct judge_sink){ .item = backtest_item, .asked = backtest_asked };
	judge_init(&b->judge, &c->shared);
	good = backtest_load(c, b, argc + 1 - optind, argv - 1 + optind) && (strcmp(log, "-") == 0 || read_log(b, log, line_first))
		&& read_log(b, log, line_second);
	if (good && json)
		print_json(b);
	else if (good)
		print_text(b);
	if (good && b->bad_lines != 0)
		fprintf(stderr, "whiply-rules: %llu lines were no events\n", (unsigned long long)b->bad_lines);
	backtest_free(b);
	free(b);
	return !good;
}
