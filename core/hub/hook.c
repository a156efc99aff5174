/* The chains of hook.h, and the points that only tell or that answer at once. What may hold is in hook_ask.c. */
#include "hub/hook.h"

#include <stdlib.h>

#include "hub/hook_call.h"
#include "hub/plugin.h"

static const char *const point_names[WH_HOOK_POINTS] = {
	[WH_ON_MESSAGE] = "MESSAGE", [WH_ON_JOIN] = "JOIN", [WH_ON_LEAVE] = "LEAVE", [WH_ON_PRESENCE] = "PRESENCE",
	[WH_ON_ATTEMPT] = "ATTEMPT", [WH_ON_CREDENTIAL] = "CREDENTIAL", [WH_ON_SAVE] = "SAVE", [WH_ON_LOAD] = "LOAD",
	[WH_ON_HEALTH] = "HEALTH", [WH_ON_AUDIT] = "AUDIT", [WH_ON_RECOVERED] = "RECOVERED", [WH_ON_EXPORT] = "EXPORT", [WH_ON_ERASE] = "ERASE",
};

const char *
hook_point_name(enum wh_hook_point point)
{
	return (unsigned)point < WH_HOOK_POINTS && point_names[point] != NULL ? point_names[point] : "?";
}

enum wh_err
hooks_init(struct hub *hub)
{
	hub->hooks = calloc(1, sizeof *hub->hooks);
	if (hub->hooks == NULL)
		return WH_ENOMEM;
	wh_list_init(&hub->hooks->held);
	wh_slots_init(&hub->hooks->tickets, hub->process, sizeof(struct hook_ticket), HOOKS_ASKING, 0);
	return WH_OK;
}

void
hooks_finish(struct hub *hub)
{
	if (hub->hooks == NULL)
		return;
	hook_drop_held(hub);
	for (int i = 0; i < WH_HOOK_POINTS; i++)
		free(hub->hooks->chains[i].of);
	wh_slots_free(&hub->hooks->tickets);
	free(hub->hooks);
	hub->hooks = NULL;
}

static bool
hook_row_ok(const struct wh_hook *row)
{
	return row->point > 0 && row->point < WH_HOOK_POINTS && row->message != NULL && row->order >= 0 && row->order <= 100;
}

static enum wh_err
hook_insert(struct hub *hub, struct plugin *p, const struct wh_hook *row)
{
	struct hook_chain *chain = &hub->hooks->chains[row->point];
	uint64_t place = (uint64_t)row->order << 48 | ++hub->hooks->added;
	size_t at = chain->n;

	if (chain->n == chain->cap) {
		size_t cap = chain->cap != 0 ? chain->cap * 2 : 8;
		struct hook *more = realloc(chain->of, cap * sizeof *more);

		if (more == NULL)
			return WH_ENOMEM;
		chain->of = more;
		chain->cap = cap;
	}
	while (at > 0 && chain->of[at - 1].place > place)
		at--;
	memmove(&chain->of[at + 1], &chain->of[at], (chain->n - at) * sizeof *chain->of);
	chain->of[at] = (struct hook){ .plugin = p, .row = row, .place = place };
	chain->n++;
	return WH_OK;
}

enum wh_err
hooks_add(struct hub *hub, struct plugin *p, const struct wh_hook *rows)
{
	enum wh_err err = WH_OK;

	for (const struct wh_hook *row = rows; row != NULL && row->point != 0 && err == WH_OK; row++)
		err = hook_row_ok(row) ? hook_insert(hub, p, row) : WH_EINVAL;
	if (err != WH_OK)
		hooks_remove(hub, p);
	return err;
}

void
hooks_remove(struct hub *hub, struct plugin *p)
{
	for (int i = 0; i < WH_HOOK_POINTS; i++) {
		struct hook_chain *chain = &hub->hooks->chains[i];
		size_t kept = 0;

		for (size_t j = 0; j < chain->n; j++)
			if (chain->of[j].plugin != p)
				chain->of[kept++] = chain->of[j];
		chain->n = kept;
	}
	hook_forget_plugin(hub, p);
}

enum wh_verdict
hook_refuse(struct hub *hub, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct hook_refusal *r = &hub->hooks->refusal;

	r->err = err < 0 && err != WH_WAIT ? err : WH_EPERM;
	r->retry_ms = retry_ms;
	r->n = why.n < sizeof r->why ? why.n : sizeof r->why;
	if (r->n != 0)
		memcpy(r->why, why.p, r->n);
	return WH_REFUSE;
}

static enum wh_verdict
hook_dispatch(const struct hook *h, const struct hook_arg *arg)
{
	void *self = h->plugin->self;

	switch (arg->point) {
	case WH_ON_MESSAGE:
		return h->row->message(self, arg->message);
	case WH_ON_JOIN:
	case WH_ON_LEAVE:
		return h->row->passage(self, arg->passage);
	case WH_ON_PRESENCE:
		return h->row->presence(self, arg->presence);
	case WH_ON_ATTEMPT:
		return h->row->attempt(self, arg->attempt);
	case WH_ON_CREDENTIAL:
		return h->row->credential(self, arg->credential);
	case WH_ON_SAVE:
	case WH_ON_LOAD:
		return h->row->papers(self, arg->papers);
	case WH_ON_HEALTH:
		return h->row->health(self, arg->health);
	case WH_ON_AUDIT:
		return h->row->audit(self, arg->audit);
	case WH_ON_RECOVERED:
		return h->row->recovered(self, arg->recovered);
	case WH_ON_EXPORT:
	case WH_ON_ERASE:
		return h->row->person(self, arg->person);
	default:
		return WH_PASS;
	}
}

enum wh_verdict
hook_call(struct hub *hub, const struct hook *h, const struct hook_arg *arg, wh_id ticket)
{
	static const char *const running[WH_HOOK_POINTS] = {
		[WH_ON_MESSAGE] = "hook MESSAGE", [WH_ON_JOIN] = "hook JOIN", [WH_ON_LEAVE] = "hook LEAVE",
		[WH_ON_PRESENCE] = "hook PRESENCE", [WH_ON_ATTEMPT] = "hook ATTEMPT", [WH_ON_CREDENTIAL] = "hook CREDENTIAL",
		[WH_ON_SAVE] = "hook SAVE", [WH_ON_LOAD] = "hook LOAD", [WH_ON_HEALTH] = "hook HEALTH", [WH_ON_AUDIT] = "hook AUDIT",
		[WH_ON_RECOVERED] = "hook RECOVERED", [WH_ON_EXPORT] = "hook EXPORT", [WH_ON_ERASE] = "hook ERASE",
	};
	struct plugin *p = h->plugin;
	struct hub_running before = plugin_enter(p, running[arg->point]);
	int64_t began_us = wh_clock_mono_us(hub->clock);
	enum wh_verdict verdict;

	hub->hooks->refusal = (struct hook_refusal){ .err = WH_EPERM };
	arg->occasion->host = &p->host;
	arg->occasion->ticket = ticket;
	verdict = hook_dispatch(h, arg);
	metric_hook(hub, p->name, hook_point_name(arg->point), wh_clock_mono_us(hub->clock) - began_us);
	plugin_leave(p, before);
	if (verdict == WH_HOLD && ticket == 0) {
		wh_log(hub->log, WH_ERROR, "hook_may_not_hold", WH_T("plugin", p->name), WH_T("point", hook_point_name(arg->point)));
		verdict = WH_PASS;
	}
	if (verdict == WH_REFUSE && hub->hooks->refusal.n == 0)
		hook_refuse(hub, hub->hooks->refusal.err, WH_STR("that is not wanted here"), hub->hooks->refusal.retry_ms);
	return verdict;
}

/* Asks the whole chain. WH_REFUSE of a point that only tells means nothing. */
static enum wh_verdict
hook_run(struct hub *hub, const struct hook_arg *arg)
{
	struct hook_chain *chain = &hub->hooks->chains[arg->point];

	for (size_t i = 0; i < chain->n; i++) {
		const struct hook h = chain->of[i];

		if (hook_call(hub, &h, arg, 0) == WH_REFUSE && arg->point == WH_ON_ATTEMPT)
			return WH_REFUSE;
	}
	return WH_PASS;
}

void
hook_presence(struct hub *hub, struct wh_session *s, int what)
{
	struct wh_presence presence = { .session = s, .what = (unsigned)what };

	hook_run(hub, &(struct hook_arg){ .point = WH_ON_PRESENCE, .occasion = &presence.at, .presence = &presence });
}

void
hook_left(struct hub *hub, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	struct wh_passage passage = { .session = s, .room = r, .reason = reason };

	hook_run(hub, &(struct hook_arg){ .point = WH_ON_LEAVE, .occasion = &passage.at, .passage = &passage });
}

void
hook_save(struct hub *hub, struct wh_session *s, struct papers_parts *parts)
{
	struct hook_chain *chain = &hub->hooks->chains[WH_ON_SAVE];

	for (size_t i = 0; i < chain->n; i++) {
		const struct hook h = chain->of[i];
		struct wh_papers papers = { .session = s, .save = papers_part(parts, wh_str(h.plugin->name)) };

		hook_call(hub, &h, &(struct hook_arg){ .point = WH_ON_SAVE, .occasion = &papers.at, .papers = &papers }, 0);
	}
}

void
hook_load(struct hub *hub, struct wh_session *s, struct wh_str plugin, struct wh_str part)
{
	struct hook_chain *chain = &hub->hooks->chains[WH_ON_LOAD];

	for (size_t i = 0; i < chain->n; i++) {
		const struct hook h = chain->of[i];
		struct wh_papers papers = { .session = s, .load = part };

		if (wh_str_is(plugin, h.plugin->name))
			hook_call(hub, &h, &(struct hook_arg){ .point = WH_ON_LOAD, .occasion = &papers.at, .papers = &papers }, 0);
	}
}

void
hook_recovered(struct hub *hub)
{
	struct wh_recovered recovered = { .at = { .host = NULL } };

	hook_run(hub, &(struct hook_arg){ .point = WH_ON_RECOVERED, .occasion = &recovered.at, .recovered = &recovered });
}

void
hook_health(struct hub *hub, struct wh_health *health)
{
	hook_run(hub, &(struct hook_arg){ .point = WH_ON_HEALTH, .occasion = &health->at, .health = health });
}

void
hook_audit(struct hub *hub, struct wh_audit *a)
{
	hook_run(hub, &(struct hook_arg){ .point = WH_ON_AUDIT, .occasion = &a->at, .audit = a });
}

enum wh_verdict
hook_attempt(struct hub *hub, struct wh_call *call, const struct wh_command *row, struct hook_refusal *why_out)
{
	struct wh_attempt attempt = { .call = call, .command = row };
	enum wh_verdict verdict = hook_run(hub, &(struct hook_arg){ .point = WH_ON_ATTEMPT, .occasion = &attempt.at, .attempt = &attempt });

	if (verdict == WH_REFUSE)
		*why_out = hub->hooks->refusal;
	return verdict;
}
