/* whiply-rules repl: Lua lines run in the pack's state; a line that begins with ">" is a message that is judged ("> eve: text"), with
 * a clock that goes on by a second, and "+2h" moves the clock. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"
#include "rules/cli.h"
#include "rules/crowd.h"

struct repl {
	struct judge_sink sink;	/* first */
	struct judge judge;
	struct crowd crowd;
	int64_t now_ms;
	uint64_t entry;
	char text[4096];	/* of the last message */
	struct wh_judge_event event;
};

static void
repl_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	static const char *const kinds[] = { "", "verdict", "shadow", "score", "error", "demoted" };

	(void)sink;
	printf("  %s %.*s/%.*s:", kinds[v->item], WH_FMT(v->pack), WH_FMT(v->rule));
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (v->actions >> i & 1)
			printf(" %s", wh_judge_action_name(i));
	if (v->time_ms != 0)
		printf(" for %lld s", (long long)(v->time_ms / 1000));
	printf(" %.*s %.*s\n", WH_FMT(v->reason), WH_FMT(v->evidence));
}

static void
repl_message(struct repl *r, char *line)
{
	char *colon = strchr(line, ':');
	struct wh_str who = WH_STR("eve"), said = wh_str(line);
	struct wh_judge_answer answer = { .n = 0 };
	struct person *p;

	if (colon != NULL && colon[1] == ' ') {
		who = (struct wh_str){ line, (size_t)(colon - line) };
		said = wh_str(colon + 2);
	}
	p = crowd_person(&r->crowd, who, r->now_ms);
	if (p == NULL)
		return;
	snprintf(r->text, sizeof r->text, "%.*s", WH_FMT(said));
	r->event = (struct wh_judge_event){ .time_ms = r->now_ms, .room = WH_STR("lobby"), .text = wh_str(r->text), .entry = ++r->entry };
	crowd_fill(p, &r->event);
	crowd_mentions(&r->crowd, NULL, &r->event);
	judge_event(&r->judge, &r->event, &r->sink, &answer);
	if (answer.n == 0)
		puts("  allow");
	p->messages += answer.fate == WH_FATE_PASS;
	r->now_ms += 1000;
}

static void
repl_lua(struct repl *r, const char *line)
{
	struct wh_buf text = { 0 }, out = { 0 };
	struct pack *p = r->judge.packs[0];

	/* The last message is `m`. */
	scene_begin(&r->judge.scene, &r->event);
	wh_buf_fmt(&text, "return %s", line);
	if (pack_run(p, &r->judge.scene, wh_buf_slice(&text), &out) != WH_OK) {
		wh_buf_reset(&out);
		(void)pack_run(p, &r->judge.scene, wh_str(line), &out);
	}
	r->judge.scene.event = NULL;
	if (out.n != 0)
		printf("  %.*s\n", WH_FMT(wh_buf_slice(&out)));
	wh_buf_free(&text);
	wh_buf_free(&out);
}

int
cli_repl(struct cli *c, int n, char **folders)
{
	struct repl *r = calloc(1, sizeof *r);
	struct pack *p = NULL;
	char *line = NULL;
	size_t cap = 0;
	ssize_t got;
	int64_t more;

	if (r == NULL || n != 1 || (p = cli_load(c, folders[0])) == NULL) {
		free(r);
		return n != 1 ? 2 : 1;
	}
	r->sink.item = repl_item;
	r->now_ms = INT64_C(1767225600000);
	r->event = (struct wh_judge_event){ .time_ms = r->now_ms, .room = WH_STR("lobby"), .name = WH_STR("eve"), .user = WH_STR("eve") };
	judge_init(&r->judge, &c->shared);
	(void)judge_add(&r->judge, p);
	if (isatty(STDIN_FILENO))
		printf("%s %s. \"> eve: hello\" says something, \"+2h\" lets time pass, all else is Lua; the last message is m.\n", p->id, p->version);
	while (isatty(STDIN_FILENO) ? fputs("rules: ", stdout), fflush(stdout), (got = getline(&line, &cap, stdin)) >= 0
		: (got = getline(&line, &cap, stdin)) >= 0) {
		while (got > 0 && (line[got - 1] == '\n' || line[got - 1] == '\r'))
			line[--got] = '\0';
		if (line[0] == '>')
			repl_message(r, line + 1 + strspn(line + 1, " "));
		else if (line[0] == '+' && wh_conf_parse_duration(wh_str(line + 1), &more) == WH_OK)
			r->now_ms += more;
		else if (line[0] != '\0')
			repl_lua(r, line);
		fflush(stdout);
	}
	free(line);
	judge_free(&r->judge);
	crowd_free(&r->crowd);
	free(r);
	return 0;
}
