/* Scores: classifiers that the operator configured, asked over HTTP for a pack. The answer comes back to the pack as the event `verdict`. What was asked
 * of late is remembered, so that a text that many say is asked about once. */
#include <stdio.h>

#include "judging_own.h"

enum { SCORES_NAMED = 16, SCORE_PATH = 128 };

const struct wh_setting judging_score_settings[] = {
	{ "url", WH_STRING, .required = true, .min = "1", .max = "1000", .help = "where the text is posted, in a JSON object; fetch must be allowed to go there" },
	{ "headers", WH_STRINGS, .secret = true, .max = "16", .help = "more headers, each \"Name: value\", such as an Authorization" },
	{ "field", WH_STRING, .def = "text", .min = "1", .max = "64", .help = "the member that the text is sent as" },
	{ "value", WH_STRING, .def = "value", .min = "1", .max = "127", .help = "where the number stands in the answer: members and places with points between, \"results.0.score\"" },
	{ "timeout", WH_DURATION, .def = "2s", .min = "100ms", .max = "30s", .help = "how long it is waited for" },
	{ "keep", WH_DURATION, .def = "10m", .min = "0s", .max = "1d", .help = "how long an answer is remembered for the same text" },
	{ 0 }
};

struct named {
	char name[PACK_NAME], value[SCORE_PATH];
	char *url, *headers, *field;	/* owned */
	int64_t timeout_ms, keep_ms;
};

struct kept {
	uint64_t key[2];
	double value;
	int64_t until_ms;
};

/* A request under way. */
struct waiting {
	bool used;
	uint64_t turn;
	size_t named;
	char pack[PACK_NAME];
	uint64_t key[2];
	char *event;		/* owned: as it was asked */
	size_t n;
};

struct scores {
	struct judging *judging;
	const struct wh_fetch_ops *fetch;	/* NULL: there is no such service */
	struct wh_fetch *fetch_self;
	uint64_t seed[2], turn;
	size_t n;
	struct named named[SCORES_NAMED];
	struct waiting waiting[JUDGING_SCORES];
	struct kept kept[JUDGING_SCORES_KEPT];
};

static bool
named_read(const struct wh_host *host, struct named *to, const struct wh_conf *conf)
{
	struct bytes headers = { .host = host, .max = 16384 };

	for (size_t i = 0; i < wh_conf_count(conf, "headers"); i++) {
		bytes_put(&headers, wh_conf_item(conf, "headers", i));
		bytes_text(&headers, "\n");
	}
	bytes_text(&headers, "content-type: application/json\n");
	snprintf(to->name, sizeof to->name, "%.*s", WH_FMT(wh_conf_name(conf)));
	snprintf(to->value, sizeof to->value, "%.*s", WH_FMT(wh_conf_str(conf, "value")));
	to->url = bytes_copy(host, wh_conf_str(conf, "url"));
	to->field = bytes_copy(host, wh_conf_str(conf, "field"));
	to->headers = headers.p;
	to->timeout_ms = wh_conf_ms(conf, "timeout");
	to->keep_ms = wh_conf_ms(conf, "keep");
	return to->url != NULL && to->field != NULL && !headers.failed;
}

struct scores *
scores_open(struct judging *j, const struct wh_conf *conf)
{
	struct scores *s = wh_new(j->host, sizeof *s);
	void *self = NULL;

	if (s == NULL)
		return NULL;
	s->judging = j;
	s->fetch = wh_service_find(j->host, "fetch", WH_FETCH_VERSION, &self);
	s->fetch_self = self;
	wh_random(j->host, s->seed, sizeof s->seed);
	for (size_t i = 0; i < wh_conf_count(conf, "scores"); i++) {
		const struct wh_conf *of = wh_conf_table(conf, "scores", i);

		if (s->n == SCORES_NAMED || wh_conf_name(of).n >= PACK_NAME) {
			wh_host_log(j->host, WH_ERROR, "score_not_taken", WH_S("score", wh_conf_name(of)), WH_T("why", "16 scores, with names of 63 bytes, at most"));
		} else if (!named_read(j->host, &s->named[s->n++], of)) {
			scores_close(&s);
			return NULL;
		}
	}
	if (s->n != 0 && s->fetch == NULL)
		wh_host_log(j->host, WH_ERROR, "scores_need_fetch", WH_T("why", "the plugin fetch is not enabled"));
	return s;
}

void
scores_close(struct scores **scores)
{
	struct scores *s = *scores;
	const struct wh_host *host;

	*scores = NULL;
	if (s == NULL)
		return;
	host = s->judging->host;
	if (s->fetch != NULL)
		s->fetch->forget(s->fetch_self, host);
	for (size_t i = 0; i < s->n; i++) {
		wh_delete(host, s->named[i].url);
		wh_delete(host, s->named[i].headers);
		wh_delete(host, s->named[i].field);
	}
	for (size_t i = 0; i < JUDGING_SCORES; i++)
		wh_delete(host, s->waiting[i].event);
	wh_delete(host, s);
}

/* Two keyed hashes of the name and the text: nobody can make another text that is taken for this one. */
static void
score_key(const struct scores *s, size_t named, struct wh_str text, uint64_t key_out[2])
{
	for (unsigned k = 0; k < 2; k++) {
		uint64_t h = s->seed[k] ^ named * UINT64_C(0x9e3779b97f4a7c15);

		for (size_t i = 0; i < text.n; i++) {
			h = (h ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3) + s->seed[1 - k];
			h ^= h >> 29;
		}
		key_out[k] = h * UINT64_C(0xbf58476d1ce4e5b9);
	}
}

/* Follows "results.0.score". */
static bool
value_at(struct wh_value *at, const char *path, double *out)
{
	while (*path != '\0') {
		struct wh_str part = { path, strcspn(path, ".") };
		struct wh_json_in in = wh_json_each(at);
		struct wh_value v;
		struct wh_str key;
		size_t place = 0, wanted = 0;
		bool found = false;

		for (size_t i = 0; i < part.n && part.p[i] >= '0' && part.p[i] <= '9' && wanted < 100000; i++)
			wanted = wanted * 10 + (size_t)(part.p[i] - '0');
		while (!found && wh_json_next(&in, &key, &v))
			found = at->type == WH_V_OBJECT ? wh_str_eq(key, part) : place++ == wanted;
		if (!found)
			return false;
		*at = v;
		path += part.n + (path[part.n] == '.');
	}
	return wh_value_num(at, out);
}

/* The pack hears of it; what it says then is late by nature. */
static void
score_tell(struct judging *j, const struct wh_judge_event *asked, const char *pack, const char *name, double value)
{
	struct wh_judge_event e = *asked;
	struct bytes detail = { .host = j->host, .max = 4096 };
	char number[40];

	snprintf(number, sizeof number, "%.9g", value);
	bytes_open(&detail, NULL, '{');
	bytes_str(&detail, "pack", wh_str(pack));
	bytes_str(&detail, "name", wh_str(name));
	bytes_raw(&detail, "value", wh_str(number));
	bytes_close(&detail, '}');
	e.on = WH_JUDGE_ON_SCORED;
	e.detail = bytes_slice(&detail);
	if (!detail.failed)
		(void)judging_ask(j, &e, NULL, NULL, 0);
	bytes_free(&detail);
}

static void
score_fetched(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct judging *j = moderation_judging(self);
	struct scores *s = j->scores;
	struct waiting *w = NULL;
	struct wh_judge_event event;
	struct wh_value root;
	double value = 0;
	bool good;

	for (size_t i = 0; i < JUDGING_SCORES; i++)
		if (s->waiting[i].used && s->waiting[i].turn == cookie)
			w = &s->waiting[i];
	if (w == NULL)
		return;
	good = answer->err == WH_OK && answer->status / 100 == 2 && wh_json_read_text(j->host, answer->body, &root) == WH_OK
		&& value_at(&root, s->named[w->named].value, &value);
	if (!good) {
		judging_count(j, JUDGING_SCORED, "failed", 1);
		wh_host_log(j->host, WH_WARN, "score_failed", WH_T("score", s->named[w->named].name), WH_I("status", answer->status), WH_S("why", answer->why));
	} else if (wh_judge_event_read((struct wh_str){ w->event, w->n }, &event)) {
		s->kept[w->key[0] % JUDGING_SCORES_KEPT] = (struct kept){ { w->key[0], w->key[1] }, value, wh_now_ms(j->host) + s->named[w->named].keep_ms };
		score_tell(j, &event, w->pack, s->named[w->named].name, value);
	}
	wh_delete(j->host, w->event);
	*w = (struct waiting){ .used = false };
}

static enum wh_err
score_start(struct scores *s, const struct waiting *w, struct wh_str text)
{
	const struct named *n = &s->named[w->named];
	struct bytes body = { .host = s->judging->host, .max = 8 * WH_JUDGE_TEXT };
	struct wh_fetch_request request = { .url = wh_str(n->url), .method = "POST", .headers = wh_str(n->headers), .timeout_ms = n->timeout_ms, .max = 65536 };
	enum wh_err err = WH_ENOMEM;

	bytes_open(&body, NULL, '{');
	bytes_str(&body, n->field, text);
	bytes_close(&body, '}');
	request.body = bytes_slice(&body);
	if (!body.failed)
		err = s->fetch->start(s->fetch_self, s->judging->host, &request, score_fetched, s->judging->parts.self, w->turn);
	bytes_free(&body);
	return err;
}

static bool
waiting_fill(struct scores *s, struct waiting *w, const struct wh_judge_event *e, const struct wh_judge_verdict *v, size_t named)
{
	*w = (struct waiting){ .used = true, .turn = ++s->turn, .named = named };
	score_key(s, named, v->evidence, w->key);
	snprintf(w->pack, sizeof w->pack, "%.*s", WH_FMT(v->pack));
	w->event = wh_new(s->judging->host, 4 * WH_JUDGE_TEXT);
	w->n = w->event != NULL ? wh_judge_event_write(e, w->event, 4 * WH_JUDGE_TEXT) : 0;
	return w->n != 0;
}

void
scores_ask(struct judging *j, const struct wh_judge_event *e, const struct wh_judge_verdict *v)
{
	struct scores *s = j->scores;
	const struct kept *kept;
	struct waiting *w = NULL;
	uint64_t key[2];
	size_t named = 0;

	while (named < s->n && !wh_str_is(v->rule, s->named[named].name))
		named++;
	if (named == s->n || s->fetch == NULL) {
		judging_count(j, JUDGING_SCORED, "unknown", 1);
		return;
	}
	score_key(s, named, v->evidence, key);
	kept = &s->kept[key[0] % JUDGING_SCORES_KEPT];
	if (kept->key[0] == key[0] && kept->key[1] == key[1] && kept->until_ms > wh_now_ms(j->host)) {
		char pack[PACK_NAME];

		judging_count(j, JUDGING_SCORED, "kept", 1);
		snprintf(pack, sizeof pack, "%.*s", WH_FMT(v->pack));
		score_tell(j, e, pack, s->named[named].name, kept->value);
		return;
	}
	for (size_t i = 0; i < JUDGING_SCORES && w == NULL; i++)
		w = s->waiting[i].used ? NULL : &s->waiting[i];
	if (w == NULL) {
		judging_count(j, JUDGING_SCORED, "full", 1);
		return;
	}
	if (waiting_fill(s, w, e, v, named) && score_start(s, w, v->evidence) == WH_OK) {
		judging_count(j, JUDGING_SCORED, "asked", 1);
		return;
	}
	judging_count(j, JUDGING_SCORED, "full", 1);
	wh_delete(j->host, w->event);
	*w = (struct waiting){ .used = false };
}
