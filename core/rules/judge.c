/* See judge.h. */
#include "rules/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "rules/backtest.h"

enum { JUDGE_DAY_MS = 86400000, JUDGE_SHARE_LEAST = 200, JUDGE_OFF_AFTER = 3, JUDGE_CPU_EVENTS = 64, JUDGE_CPU_LEAST_MS = 10 };

void
judge_init(struct judge *j, struct shared *shared)
{
	*j = (struct judge){ .shared = shared, .scene = { .shared = shared } };
	wh_buf_reset(&j->scene.link_memory);
}

void
judge_free(struct judge *j)
{
	for (size_t i = 0; i < j->n_packs; i++)
		pack_free(&j->packs[i]);
	j->n_packs = 0;
	free(j->modes);
	j->modes = NULL;
	scene_free(&j->scene);
	backtest_free(&j->trial);
	wh_buf_free(&j->parts);
}

struct pack *
judge_pack(const struct judge *j, struct wh_str id)
{
	for (size_t i = 0; i < j->n_packs; i++)
		if (wh_str_is(id, j->packs[i]->id))
			return j->packs[i];
	return NULL;
}

enum wh_err
judge_add(struct judge *j, struct pack *take)
{
	for (size_t i = 0; i < j->n_packs; i++)
		if (strcmp(j->packs[i]->id, take->id) == 0) {
			pack_inherit(take, j->packs[i]);
			pack_free(&j->packs[i]);
			j->packs[i] = take;
			return WH_OK;
		}
	if (j->n_packs == JUDGE_PACKS) {
		pack_free(&take);
		return WH_EFULL;
	}
	j->packs[j->n_packs++] = take;
	return WH_OK;
}

enum wh_err
judge_remove(struct judge *j, struct wh_str id)
{
	for (size_t i = 0; i < j->n_packs; i++)
		if (wh_str_is(id, j->packs[i]->id)) {
			pack_free(&j->packs[i]);
			memmove(&j->packs[i], &j->packs[i + 1], (j->n_packs - i - 1) * sizeof j->packs[0]);
			j->n_packs--;
			return WH_OK;
		}
	return WH_ENOENT;
}

static const char *const mode_names[] = { "off", "shadow", "live" };

bool
judge_mode_named(struct wh_str name, enum pack_mode *mode_out)
{
	for (unsigned i = 0; i < 3; i++)
		if (wh_str_is(name, mode_names[i])) {
			*mode_out = (enum pack_mode)i;
			return true;
		}
	return false;
}

const char *
judge_mode_name(enum pack_mode mode)
{
	return mode_names[mode];
}

enum wh_err
judge_set_mode(struct judge *j, struct wh_str pack, struct wh_str rule, struct wh_str room, enum pack_mode mode)
{
	struct judge_mode m = { .mode = mode }, *more;

	if (pack.n >= PACK_NAME || rule.n >= PACK_NAME || room.n >= PACK_NAME)
		return WH_ETOOBIG;
	snprintf(m.pack, sizeof m.pack, "%.*s", WH_FMT(pack));
	snprintf(m.rule, sizeof m.rule, "%.*s", WH_FMT(rule));
	snprintf(m.room, sizeof m.room, "%.*s", WH_FMT(room));
	for (size_t i = 0; i < j->n_modes; i++)
		if (strcmp(j->modes[i].pack, m.pack) == 0 && strcmp(j->modes[i].rule, m.rule) == 0 && strcmp(j->modes[i].room, m.room) == 0) {
			j->modes[i].mode = mode;
			return WH_OK;
		}
	if (j->n_modes == JUDGE_MODES)
		return WH_EFULL;
	more = realloc(j->modes, (j->n_modes + 1) * sizeof *more);
	if (more == NULL)
		return WH_ENOMEM;
	j->modes = more;
	j->modes[j->n_modes++] = m;
	return WH_OK;
}

enum pack_mode
judge_mode_of(const struct judge *j, const struct pack *p, const struct pack_rule *r, struct wh_str room)
{
	enum pack_mode mode = PACK_LIVE;
	int best = -1;

	for (size_t i = 0; i < j->n_modes; i++) {
		const struct judge_mode *m = &j->modes[i];
		int weight = (m->pack[0] != '\0') + 2 * (m->room[0] != '\0') + 4 * (m->rule[0] != '\0');

		if (weight <= best || (m->pack[0] != '\0' && strcmp(m->pack, p->id) != 0) || (m->rule[0] != '\0' && strcmp(m->rule, r->name) != 0)
		    || (m->room[0] != '\0' && !wh_str_is(room, m->room)))
			continue;
		best = weight;
		mode = m->mode;
	}
	return mode < r->most ? mode : r->most;
}

bool
judge_glob(const char *pattern, struct wh_str name)
{
	const char *star = NULL;
	size_t at = 0, from = 0;

	while (at < name.n) {
		if (*pattern == '*') {
			star = ++pattern;
			from = at;
		} else if (*pattern == name.p[at]) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star;
			at = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
rule_exempts(const struct pack_rule *r, const struct wh_judge_event *e)
{
	if ((r->exempt_known && e->trust >= WH_TRUST_KNOWN) || (r->exempt_trusted && e->trust >= WH_TRUST_TRUSTED)
	    || (r->exempt_bots && (e->flags & WH_JUDGE_BOT) != 0))
		return true;
	for (size_t i = 0; i < r->n_exempt; i++) {
		struct wh_str roles = e->roles;

		while (roles.n > 0) {
			const char *end = memchr(roles.p, ' ', roles.n);
			size_t n = end != NULL ? (size_t)(end - roles.p) : roles.n;

			if (wh_str_is((struct wh_str){ roles.p, n }, r->exempt[i]))
				return true;
			roles = wh_str_from(roles, n + 1);
		}
	}
	return false;
}

static bool
rule_wants(const struct pack_rule *r, const struct wh_judge_event *e)
{
	if ((r->on >> e->on & 1) == 0 || rule_exempts(r, e))
		return false;
	for (size_t i = 0; i < r->n_rooms; i++)
		if (judge_glob(r->rooms[i], e->room))
			return true;
	return r->n_rooms == 0;
}

enum wh_judge_fate
judge_fate(uint32_t actions)
{
	if (actions & (WH_ACT_REDACT | WH_ACT_TIMEOUT | WH_ACT_MUTE | WH_ACT_BAN | WH_ACT_LOCKDOWN))
		return WH_FATE_REFUSE;
	if (actions & WH_ACT_SHADOW_MUTE)
		return WH_FATE_HIDE;
	return actions & WH_ACT_HOLD ? WH_FATE_HOLD : WH_FATE_PASS;
}

/* One event while it goes through the packs. */
struct judging {
	struct judge *judge;
	const struct wh_judge_event *event;
	struct judge_sink *sink;
	struct wh_judge_answer *answer;
	uint32_t live;		/* actions */
	int64_t now_ns;		/* monotonic; 0: to be looked at */
};

static void
judging_item(struct judging *g, const struct pack *p, const struct pack_rule *r, struct wh_judge_verdict *v)
{
	if (g->answer->n >= WH_JUDGE_ITEMS)
		return;
	v->pack = wh_str(p->id);
	v->version = wh_str(p->version);
	if (v->rule.p == NULL)
		v->rule = wh_str(r->name);
	g->answer->n++;
	g->sink->item(g->sink, v);
}

/* A rule that harms more than it helps is set one mode lower, and the moderators are told. */
static void
judging_demote(struct judging *g, const struct pack *p, struct pack_rule *r, enum pack_mode most, const char *why)
{
	char text[160];

	if (r->most <= most)
		return;
	r->most = most;
	snprintf(text, sizeof text, "set to %s: %s", mode_names[most], why);
	judging_item(g, p, r, &(struct wh_judge_verdict){ .item = WH_JUDGE_ITEM_DEMOTED, .evidence = wh_str(text) });
}

/* The step of the ladder that this user has come to with this rule, and remembers it until it is forgotten. */
static uint32_t
ladder_step(struct pack *p, const struct pack_rule *r, const struct pack_act *act, const struct wh_judge_event *e)
{
	struct wh_str user = e->user.n != 0 ? e->user : e->name;
	struct kv_value v;
	char key[KV_KEY];
	int n = snprintf(key, sizeof key, "\1%s\1%.*s", r->name, (int)(user.n < 100 ? user.n : 100), user.p != NULL ? user.p : "");
	struct wh_str name = { key, (size_t)n < sizeof key ? (size_t)n : sizeof key - 1 };

	v = kv_get(p->kv, name, e->time_ms);
	if (v.type != KV_INT)
		v = (struct kv_value){ .type = KV_INT };
	v.i = v.i < (int64_t)act->n_ladder ? v.i + 1 : (int64_t)act->n_ladder;
	v.until_ms = e->time_ms + act->forget_ms;
	(void)kv_set(p->kv, name, &v, e->time_ms);
	kv_mark(p->kv);
	return (uint32_t)v.i;
}

static void
judging_hit(struct judging *g, struct pack *p, struct pack_rule *r, enum pack_mode mode)
{
	const struct pack_act *act = p->own_act ? &p->act : &r->act;
	struct wh_judge_verdict v = { .item = mode == PACK_LIVE ? WH_JUDGE_ITEM_VERDICT : WH_JUDGE_ITEM_SHADOW, .actions = act->actions, .scope = act->scope,
		.time_ms = act->time_ms, .sweep_ms = act->sweep_ms, .reason = wh_str(act->reason), .text = wh_str(act->text),
		.evidence = wh_buf_slice(&p->evidence) };

	r->hits++;
	r->day_hits++;
	if (act->n_ladder != 0) {
		v.step = ladder_step(p, r, act, g->event);
		v.time_ms = act->ladder[v.step - 1];
	}
	if (mode == PACK_LIVE)
		g->live |= act->actions;
	judging_item(g, p, r, &v);
	if (g->judge->share != 0 && r->day_evaluated >= JUDGE_SHARE_LEAST && r->day_hits * 1000 > r->day_evaluated * g->judge->share)
		judging_demote(g, p, r, PACK_SHADOW, "it acted on more of a day's messages than it may");
}

static int64_t
cpu_now(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0 ? t.tv_sec * WH_NS_PER_SEC + t.tv_nsec : 0;
}

/* A rule that was late on a machine that had no time for us did nothing wrong. Our CPU time is looked at every so many events, which take
 * far less than a rule that is late by itself. */
static bool
is_own_fault(const struct judge *j, const struct pack *p, enum pack_got got)
{
	int64_t least = p->limits.time_ns / 2 > JUDGE_CPU_LEAST_MS * WH_NS_PER_MS ? p->limits.time_ns / 2 : JUDGE_CPU_LEAST_MS * WH_NS_PER_MS;

	return got == PACK_OVER || (got == PACK_LATE && cpu_now() - j->cpu_ns >= least);
}

static void
judging_failed(struct judging *g, struct pack *p, struct pack_rule *r, enum pack_got got, enum pack_mode mode)
{
	r->failed++;
	g->judge->failed++;
	/* The first times, and now and then: an error on every message is told, but not on every message. */
	if (r->failed <= 3 || r->failed % 1000 == 0)
		judging_item(g, p, r, &(struct wh_judge_verdict){ .item = WH_JUDGE_ITEM_ERROR, .evidence = wh_buf_slice(&p->error) });
	if (got == PACK_OVER || got == PACK_LATE) {
		r->overruns += is_own_fault(g->judge, p, got);
		if (r->overruns >= JUDGE_OFF_AFTER * p->limits.overruns)
			judging_demote(g, p, r, PACK_OFF, "it went on using up its budget");
		else if (r->overruns >= p->limits.overruns)
			judging_demote(g, p, r, PACK_SHADOW, "it used up its budget again and again");
		g->now_ns = 0;
		if (pack_revive(p) != WH_OK) {
			for (size_t i = 0; i < p->n_rules; i++)
				judging_demote(g, p, &p->rules[i], PACK_OFF, "the pack could not be started again");
		}
	}
	if (!r->closed || mode != PACK_LIVE)
		return;
	g->live |= WH_ACT_HOLD;
	judging_item(g, p, r, &(struct wh_judge_verdict){ .item = WH_JUDGE_ITEM_VERDICT, .actions = WH_ACT_HOLD, .scope = WH_SCOPE_ACCOUNT,
		.reason = WH_STR("rule_failed") });
}

static void
judging_scores(struct judging *g, const struct pack *p, const struct pack_rule *r)
{
	for (size_t i = 0; i < p->n_asks; i++)
		judging_item(g, p, r, &(struct wh_judge_verdict){ .item = WH_JUDGE_ITEM_SCORE, .rule = wh_str(p->asks[i].name),
			.evidence = wh_buf_slice(&p->asks[i].text) });
}

static void
judging_rule(struct judging *g, struct pack *p, struct pack_rule *r)
{
	enum pack_mode mode = judge_mode_of(g->judge, p, r, g->event->room);
	int64_t day = g->event->time_ms / JUDGE_DAY_MS, cost;
	enum pack_got got;

	if (mode == PACK_OFF)
		return;
	if (r->day != day) {
		r->day = day;
		r->day_evaluated = r->day_hits = 0;
	}
	r->evaluated++;
	r->day_evaluated++;
	g->answer->evaluated++;
	got = pack_ask_rule(p, r, &g->judge->scene, &g->now_ns, &cost);
	wh_hist_record(&r->cost, (uint64_t)cost);
	if (g->sink->asked != NULL)
		g->sink->asked(g->sink, p, r, got, cost);
	if (got == PACK_HIT)
		judging_hit(g, p, r, mode);
	else if (got != PACK_MISS)
		judging_failed(g, p, r, got, mode);
	if (p->n_asks != 0)
		judging_scores(g, p, r);
}

/* The pack that asked for this score, by "pack" of the detail; NULL: it is not said. */
static const struct pack *
score_pack(const struct judge *j, const struct wh_judge_event *e, bool *known_out)
{
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value root, id;
	const struct pack *p = NULL;

	*known_out = false;
	if (wh_json_read(&doc, e->detail, NULL, &scratch, &root, NULL) == WH_OK && wh_json_get(&root, "pack", &id) && id.type == WH_V_STR) {
		*known_out = true;
		p = judge_pack(j, id.s);
	}
	wh_buf_free(&scratch);
	return p;
}

void
judge_event(struct judge *j, const struct wh_judge_event *e, struct judge_sink *sink, struct wh_judge_answer *answer_out)
{
	int64_t began = wh_clock_mono_ns(NULL), cost;
	struct judging g = { j, e, sink, answer_out, 0, began };

	*answer_out = (struct wh_judge_answer){ .fate = WH_FATE_PASS };
	if (j->events++ % JUDGE_CPU_EVENTS == 0)
		j->cpu_ns = cpu_now();
	/* Moderators are never judged; what they do to others is not theirs to be judged for either. */
	if (e->trust < WH_TRUST_MODERATOR) {
		bool one = false;
		const struct pack *asked = e->on == WH_JUDGE_ON_SCORED ? score_pack(j, e, &one) : NULL;

		scene_begin(&j->scene, e);
		for (size_t i = 0; i < j->n_packs; i++)
			for (size_t k = 0; k < j->packs[i]->n_rules; k++)
				if ((!one || j->packs[i] == asked) && rule_wants(&j->packs[i]->rules[k], e))
					judging_rule(&g, j->packs[i], &j->packs[i]->rules[k]);
		j->scene.event = NULL;
	}
	cost = wh_clock_mono_ns(NULL) - began;
	answer_out->fate = judge_fate(g.live);
	answer_out->cost_ns = cost < UINT32_MAX ? (uint32_t)cost : UINT32_MAX;
	wh_hist_record(&j->cost, (uint64_t)cost);
}
