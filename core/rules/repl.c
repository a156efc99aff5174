/* whiply-rules repl: a pack is tried line by line; repl_help says what may be typed. The clock goes on by a second with each thing that happens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/json.h"
#include "rules/cli.h"
#include "rules/crowd.h"

struct repl {
	struct judge_sink sink;	/* first */
	struct judge judge;
	struct crowd crowd;
	struct cli *cli;
	const char *folder;
	int64_t now_ms;
	uint64_t entry;
	char text[4096], before[4096];	/* of the last event */
	struct wh_judge_event event;
};

static void
repl_help(void)
{
	puts("  > eve: hello             eve says something; without a name it is eve\n"
	    "  * eve join               something else happens: join, nick NAME, invite NAME, report TEXT, edit OLD => NEW, timer\n"
	    "  @eve trust=known age=2d  who eve is from now on: trust, age, messages, strikes, roles, network, account, bot\n"
	    "  +2h                      time passes\n"
	    "  :reload  :rules  :quit   read the pack again; what its rules did; end\n"
	    "  anything else            is Lua, run in the pack: text.skeleton(\"Fr33\"), kv.get(\"x\"), m.links; m is what happened last");
}

static void
repl_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	static const char *const kinds[] = { "", "verdict", "shadow", "score", "error", "demoted" };

	const struct repl *r = (const struct repl *)sink;

	if (v->item == WH_JUDGE_ITEM_ERROR) {
		printf("  error in rule '%.*s':\n", WH_FMT(v->rule));
		cli_explain(stdout, r->judge.packs[0]->source, v->evidence);
		return;
	}
	printf("  %s %.*s/%.*s:", kinds[v->item], WH_FMT(v->pack), WH_FMT(v->rule));
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (v->actions >> i & 1)
			printf(" %s", wh_judge_action_name(i));
	if (v->time_ms != 0)
		printf(" for %lld s", (long long)(v->time_ms / 1000));
	printf(" %.*s %.*s\n", WH_FMT(v->reason), WH_FMT(v->evidence));
}

static void
repl_happens(struct repl *r, struct wh_str who, enum wh_judge_on on, struct wh_str text, struct wh_str before)
{
	struct wh_judge_answer answer = { .n = 0 };
	struct person *p = crowd_person(&r->crowd, who, r->now_ms);

	if (p == NULL)
		return;
	snprintf(r->text, sizeof r->text, "%.*s", WH_FMT(text));
	snprintf(r->before, sizeof r->before, "%.*s", WH_FMT(before));
	r->event = (struct wh_judge_event){ .on = on, .time_ms = r->now_ms, .room = WH_STR("lobby"), .text = wh_str(r->text), .before = wh_str(r->before), .entry = ++r->entry };
	crowd_fill(p, &r->event);
	crowd_mentions(&r->crowd, NULL, &r->event);
	judge_event(&r->judge, &r->event, &r->sink, &answer);
	if (answer.n == 0)
		puts(answer.evaluated != 0 || on == WH_JUDGE_ON_SAID ? "  allow" : "  no rule listens to that");
	p->messages += on == WH_JUDGE_ON_SAID && answer.fate == WH_FATE_PASS;
	r->now_ms += 1000;
}

static void
repl_message(struct repl *r, const char *line)
{
	const char *colon = strchr(line, ':');

	if (colon != NULL && colon[1] == ' ')
		repl_happens(r, (struct wh_str){ line, (size_t)(colon - line) }, WH_JUDGE_ON_SAID, wh_str(colon + 2), WH_STR(""));
	else
		repl_happens(r, WH_STR("eve"), WH_JUDGE_ON_SAID, wh_str(line), WH_STR(""));
}

/* "eve nick bob": a name, an event, and what it is about. */
static void
repl_other(struct repl *r, const char *line)
{
	size_t who = strcspn(line, " "), word, gap;
	const char *rest = line + who + strspn(line + who, " "), *about, *arrow;
	int on;

	if (strcmp(line, "timer") == 0) {
		repl_happens(r, WH_STR("eve"), WH_JUDGE_ON_TIMER, WH_STR(""), WH_STR(""));
		return;
	}
	word = strcspn(rest, " ");
	gap = strspn(rest + word, " ");
	about = rest + word + gap;
	on = pack_on((struct wh_str){ rest, word });
	arrow = strstr(about, " => ");
	if (who == 0 || on < 0)
		puts("  what happens? * eve join, * eve nick bob, * eve edit old => new; ? tells more");
	else if (on == WH_JUDGE_ON_EDIT && arrow != NULL)
		repl_happens(r, (struct wh_str){ line, who }, WH_JUDGE_ON_EDIT, wh_str(arrow + 4), (struct wh_str){ about, (size_t)(arrow - about) });
	else
		repl_happens(r, (struct wh_str){ line, who }, (enum wh_judge_on)on, wh_str(about), on == WH_JUDGE_ON_NICK ? (struct wh_str){ line, who } : WH_STR(""));
}

/* "eve trust=known age=2d roles=vip,team" as an object. */
static void
repl_person(struct repl *r, const char *line)
{
	size_t who = strcspn(line, " ");
	struct person *p = who != 0 ? crowd_person(&r->crowd, (struct wh_str){ line, who }, r->now_ms) : NULL;
	struct wh_buf json = { 0 }, scratch = { 0 }, why = { 0 };
	struct wh_json_doc doc;
	struct wh_value o;
	const char *at = line + who, *sign;

	wh_buf_byte(&json, '{');
	while (*(at += strspn(at, " ")) != '\0') {
		size_t n = strcspn(at, " "), key = strcspn(at, "= ");
		struct wh_str value;
		char *end;

		sign = at + key;
		value = key < n ? (struct wh_str){ sign + 1, n - key - 1 } : WH_STR("true");
		(void)strtoll(value.p, &end, 10);
		wh_buf_fmt(&json, "%s\"%.*s\":", json.n > 1 ? "," : "", (int)key, at);
		if (key == 5 && memcmp(at, "roles", 5) == 0) {
			wh_buf_text(&json, "[\"");
			for (size_t i = 0; i < value.n; i++) {
				if (value.p[i] == ',')
					wh_buf_text(&json, "\",\"");
				else
					wh_buf_byte(&json, value.p[i]);
			}
			wh_buf_text(&json, "\"]");
		} else {
			bool bare = wh_str_is(value, "true") || wh_str_is(value, "false") || (value.n != 0 && end == value.p + value.n);

			wh_buf_fmt(&json, bare ? "%.*s" : "\"%.*s\"", WH_FMT(value));
		}
		at += n;
	}
	wh_buf_byte(&json, '}');
	if (p == NULL || wh_json_read(&doc, wh_buf_slice(&json), NULL, &scratch, &o, NULL) != WH_OK)
		puts("  write @eve trust=known age=2d messages=50 roles=vip,team account=true");
	else if (!crowd_read(p, &o, &why))
		printf("  %.*s\n", WH_FMT(wh_buf_slice(&why)));
	else
		printf("  %s: trust %d, age %lld s, %lld messages, %lld strikes, roles '%s'\n", p->name, (int)p->trust, (long long)(p->age_ms / 1000),
		    (long long)p->messages, (long long)p->strikes, p->roles);
	wh_buf_free(&json);
	wh_buf_free(&scratch);
	wh_buf_free(&why);
}

static void
repl_rules(const struct repl *r)
{
	const struct pack *p = r->judge.packs[0];

	for (size_t i = 0; i < p->n_rules; i++)
		printf("  %-32s asked %llu, hits %llu, failed %llu%s\n", p->rules[i].name, (unsigned long long)p->rules[i].evaluated, (unsigned long long)p->rules[i].hits,
		    (unsigned long long)p->rules[i].failed, p->rules[i].most == PACK_LIVE ? "" : ", set lower by itself");
}

/* False: it is over. */
static bool
repl_colon(struct repl *r, const char *word)
{
	struct pack *p;

	if (strcmp(word, "quit") == 0 || strcmp(word, "q") == 0)
		return false;
	if (strcmp(word, "rules") == 0) {
		repl_rules(r);
	} else if (strcmp(word, "reload") == 0) {
		p = cli_load(r->cli, r->folder);
		if (p != NULL && strcmp(p->id, r->judge.packs[0]->id) != 0) {
			puts("  the pack has another id now: begin anew");
			pack_free(&p);
		} else if (p != NULL && judge_add(&r->judge, p) == WH_OK) {
			puts("  read again; what it remembers stays");
		}
	} else {
		repl_help();
	}
	return true;
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
	r->cli = c;
	r->folder = folders[0];
	r->now_ms = INT64_C(1767225600000);
	r->event = (struct wh_judge_event){ .time_ms = r->now_ms, .room = WH_STR("lobby"), .name = WH_STR("eve"), .user = WH_STR("eve") };
	judge_init(&r->judge, &c->shared);
	(void)judge_add(&r->judge, p);
	if (isatty(STDIN_FILENO))
		printf("%s %s. \"> eve: hello\" says something, \"?\" tells what else there is.\n", p->id, p->version);
	while (isatty(STDIN_FILENO) ? fputs("rules: ", stdout), fflush(stdout), (got = getline(&line, &cap, stdin)) >= 0
		: (got = getline(&line, &cap, stdin)) >= 0) {
		while (got > 0 && (line[got - 1] == '\n' || line[got - 1] == '\r'))
			line[--got] = '\0';
		if (line[0] == '>')
			repl_message(r, line + 1 + strspn(line + 1, " "));
		else if (line[0] == '*')
			repl_other(r, line + 1 + strspn(line + 1, " "));
		else if (line[0] == '@')
			repl_person(r, line + 1);
		else if (line[0] == '?')
			repl_help();
		else if (line[0] == ':' && !repl_colon(r, line + 1))
			break;
		else if (line[0] == ':')
			continue;
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
