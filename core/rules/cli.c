/* check and test, and what the other commands share. See cli.h. */
#include "rules/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/explain.h"
#include "rules/tester.h"

/* Settings beside the pack, as the operator would give them: FOLDER/settings.json, if it is there. */
static void
read_settings(const char *folder, struct wh_buf *out)
{
	char path[4096];
	FILE *f;
	char *to;

	snprintf(path, sizeof path, "%s/settings.json", folder);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	out->max = 1 << 20;
	while (!feof(f) && !ferror(f) && (to = wh_buf_reserve(out, 1)) != NULL)
		wh_buf_grew(out, fread(to, 1, out->cap - out->n, f));
	fclose(f);
}

void
cli_explain(FILE *to, const struct source *s, struct wh_str message)
{
	struct wh_buf text = { 0 }, more = { 0 };

	wh_buf_str(&text, message);
	if (s != NULL && wh_buf_cstr(&text) != NULL)
		explain(s, text.p, &more);
	/* How we came to call it is nothing to the pack's author. */
	while (message.n > 0) {
		static const char ours[] = "\t[host]: in a function";
		const char *end = memchr(message.p, '\n', message.n);
		struct wh_str line = { message.p, end != NULL ? (size_t)(end - message.p) : message.n };

		message = wh_str_from(message, line.n + 1);
		if (!wh_str_is(line, ours))
			fprintf(to, "%.*s\n", WH_FMT(line));
	}
	fprintf(to, "%.*s", WH_FMT(wh_buf_slice(&more)));
	wh_buf_free(&text);
	wh_buf_free(&more);
}

struct pack *
cli_load(struct cli *c, const char *folder)
{
	struct wh_buf why = { 0 }, settings = { 0 };
	struct source *source = NULL;
	struct pack *pack = NULL;

	read_settings(folder, &settings);
	if (source_read(folder, &source, &why) != WH_OK) {
		fprintf(stderr, "%.*s\n", WH_FMT(wh_buf_slice(&why)));
	} else if (pack_load(&c->shared, &c->limits, source, wh_buf_slice(&settings), &pack, &why) != WH_OK) {
		/* Loading took the source. */
		source = NULL;
		(void)source_read(folder, &source, &settings);
		cli_explain(stderr, source, wh_buf_slice(&why));
		source_free(&source);
	}
	wh_buf_free(&why);
	wh_buf_free(&settings);
	return pack;
}

static void
print_rule(const struct pack_rule *r)
{
	printf("  rule %-32s on", r->name);
	for (unsigned i = 0; i < WH_JUDGE_ON_N; i++)
		if (r->on >> i & 1)
			printf(" %s", pack_on_name(i));
	printf(":");
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (r->act.actions >> i & 1)
			printf(" %s", wh_judge_action_name(i));
	printf(" (%s)\n", r->act.reason);
}

/* What is no error to us, and one day is to somebody. */
static void
print_hints(const struct pack *p, const char *folder)
{
	size_t n = strlen(folder), from;

	while (n > 1 && folder[n - 1] == '/')
		n--;
	for (from = n; from > 0 && folder[from - 1] != '/'; from--)
		;
	if (folder[from] != '.' && (strlen(p->id) != n - from || memcmp(folder + from, p->id, n - from) != 0))
		printf("  hint: the folder is called '%.*s' and the pack '%s'; in a server's pack_folders both are to be the same\n", (int)(n - from), folder + from, p->id);
	if (p->n_rules == 0)
		puts("  hint: there is no rule: rule \"name\" { when = function(m) … end, act = \"flag\" }");
	if (p->n_tests == 0)
		puts("  hint: there is no test: test \"name\" { { from = \"eve\", say = \"…\", expect = \"flag\" } }");
	for (size_t i = 0; i < p->n_settings; i++)
		if (p->settings[i].list != NULL && list_count(p->settings[i].list) == 0)
			printf("  hint: the list '%s' is empty until an operator fills it\n", p->settings[i].name);
}

int
cli_check(struct cli *c, int n, char **folders)
{
	int failed = 0;

	for (int i = 0; i < n; i++) {
		struct pack *p = cli_load(c, folders[i]);

		if (p == NULL) {
			failed = 1;
			continue;
		}
		printf("%s %s (%s): %zu rules, %zu tests, %zu settings\n", p->id, p->version, p->license, p->n_rules, p->n_tests, p->n_settings);
		for (size_t k = 0; k < p->n_settings; k++)
			printf("  setting %-29s %s\n", p->settings[k].name, p->settings[k].shown);
		for (size_t k = 0; k < p->n_rules; k++)
			print_rule(&p->rules[k]);
		print_hints(p, folders[i]);
		fflush(stdout);
		failed |= cli_try(c, p) != 0;
		pack_free(&p);
	}
	return failed;
}

int
cli_test(struct cli *c, int n, char **folders)
{
	struct wh_buf out = { 0 };
	size_t number = 1, failed = 0;

	printf("TAP version 13\n");
	for (int i = 0; i < n; i++) {
		struct pack *p = cli_load(c, folders[i]);

		wh_buf_reset(&out);
		if (p != NULL) {
			failed += tester_tap(&c->shared, p, &number, &out);
		} else {
			failed++;
			wh_buf_fmt(&out, "not ok %zu - %s: it can be loaded\n", number++, folders[i]);
		}
		fwrite(out.p, 1, out.n, stdout);
		pack_free(&p);
	}
	printf("1..%zu\n", number - 1);
	if (failed != 0)
		printf("# %zu of %zu failed\n", failed, number - 1);
	wh_buf_free(&out);
	return failed != 0;
}
