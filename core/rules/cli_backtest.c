/* whiply-rules backtest: the log is a file of JSON lines in the order of time, as backtest.h says. It is read twice: deeds come after what
 * they are for. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "rules/backtest.h"
#include "rules/cli.h"

enum { LINE_MAX_BYTES = 16 << 20 };

typedef void each_entry(struct backtest *b, const struct wh_value *o, int64_t now);

/* Of a page of chat.history: what is no message, or has no text any more. */
static bool
says_nothing(const struct wh_value *o)
{
	struct wh_value event, text;

	return wh_json_get(o, "event", &event) && (event.type != WH_V_STR || !wh_str_is(event.s, "chat.message") || !wh_json_get(o, "text", &text));
}

/* An entry, or a page of moderation.room_log or chat.history, which has several. */
static int64_t
read_entries(struct backtest *b, const struct wh_value *o, int64_t now, each_entry *each)
{
	struct wh_json_in in;
	struct wh_value all, one;

	if (!wh_json_get(o, "events", &all) && !wh_json_get(o, "entries", &all)) {
		now = backtest_time(o, now);
		each(b, o, now);
		return now;
	}
	in = wh_json_each(&all);
	while (wh_json_next(&in, NULL, &one)) {
		if (one.type != WH_V_OBJECT) {
			b->bad_lines++;
			continue;
		}
		if (says_nothing(&one))
			continue;
		now = backtest_time(&one, now);
		each(b, &one, now);
	}
	return now;
}

/* Calls `each` for each entry; the time goes on where one has none. */
static bool
read_log(struct backtest *b, const char *path, each_entry *each)
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
		now = read_entries(b, &o, now, each);
	}
	free(line);
	wh_buf_free(&scratch);
	fclose(f);
	return true;
}

static bool
load_packs(struct cli *c, struct backtest *b, int n, char **folders)
{
	for (int i = 0; i < n; i++) {
		struct pack *p = cli_load(c, folders[i]);

		if (p == NULL || backtest_add(b, p) != WH_OK)
			return false;
	}
	return backtest_ready(b) == WH_OK;
}

static void
print(const struct backtest *b, bool json)
{
	struct wh_buf out = { 0 };
	struct wh_json w;

	if (json) {
		wh_json_begin(&w, &out);
		wh_json_object(&w, NULL);
		backtest_json(b, &w);
		wh_json_end(&w);
		if (wh_json_finish(&w))
			wh_buf_byte(&out, '\n');
	} else {
		backtest_text(b, &out);
	}
	fwrite(out.p, 1, out.n, stdout);
	wh_buf_free(&out);
	for (size_t i = 0; i < b->n_tallies; i++) {
		const struct tally *t = &b->tallies[i];

		if (t->error[0] != '\0')
			fprintf(stderr, "%s: %s\n", t->pack->id, t->error);
		if (t->lowered[0] != '\0')
			fprintf(stderr, "%s: rule '%s' %s\n", t->pack->id, t->rule->name, t->lowered);
	}
	if (b->bad_lines != 0)
		fprintf(stderr, "whiply-rules: %llu lines were no events\n", (unsigned long long)b->bad_lines);
}

static int
backtest_usage(FILE *to, int code)
{
	fputs("usage: whiply-rules backtest DIR… --log FILE [--json] [--samples N] [--room NAME]\n\n"
	    "The log has a JSON object a line, in the order of time: {\"time\", \"room\", \"seq\", \"from\", \"text\"}, and of the person trust, roles, age,\n"
	    "messages, strikes, network if they are known. What moderators did is {\"time\", \"deed\", \"of\"} or {\"deed\", \"room\", \"seq\"}, an appeal\n"
	    "that was upheld {\"appeal\":\"upheld\", \"room\", \"seq\"}. Time is that of the log. A line may also be a page of it, as\n"
	    "whiplyctl --json moderation.room_log ROOM gives it.\n", to);
	return code;
}

int
cli_backtest(struct cli *c, int argc, char **argv)
{
	static const struct option options[] = { { "log", required_argument, NULL, 'l' }, { "json", no_argument, NULL, 'j' },
		{ "samples", required_argument, NULL, 's' }, { "room", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	struct backtest *b = backtest_new(&c->shared, 3);
	const char *log = NULL;
	bool json = false, good;
	int o;

	if (b == NULL)
		return 1;
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
			b->samples = b->samples < BACKTEST_SAMPLES ? b->samples : BACKTEST_SAMPLES;
			break;
		case 'r':
			b->room = optarg;
			break;
		default:
			backtest_free(&b);
			return o == 'h' ? backtest_usage(stdout, 0) : backtest_usage(stderr, 2);
		}
	}
	if (log == NULL || optind > argc) {
		backtest_free(&b);
		return backtest_usage(stderr, 2);
	}
	good = load_packs(c, b, argc + 1 - optind, argv - 1 + optind) && (strcmp(log, "-") == 0 || read_log(b, log, backtest_deed))
		&& read_log(b, log, backtest_event);
	if (good)
		print(b, json);
	backtest_free(&b);
	return !good;
}
