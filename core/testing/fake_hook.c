/* Hooks of the fake host: at each point the rows of the plugins and of the test, lowest order first. Here are the points that are told
 * or asked at once; those that may be held are in fake_ask.c. */
#include "testing/fake.h"

#include <stdlib.h>

static void
chain_add(struct fake_plugin *tested, struct fake_chain *chain, const struct wh_hook *rows, struct fake_hook of, enum wh_hook_point point)
{
	for (; rows != NULL && rows->point != 0; rows++) {
		size_t at = chain->n;

		if (rows->point != point)
			continue;
		if (chain->n == FAKE_HOOKS)
			fake_fault(tested, "there are more than %d hooks at one point", FAKE_HOOKS);
		for (; at > 0 && chain->of[at - 1].row->order > rows->order; at--)
			chain->of[at] = chain->of[at - 1];
		of.row = rows;
		chain->of[at] = of;
		chain->n++;
	}
}

struct fake_chain
fake_chain_at(struct wh_test *t, enum wh_hook_point point)
{
	struct fake_chain chain = { .n = 0 };

	WH_LIST_EACH(link, &t->plugins) {
		struct fake_plugin *p = WH_CONTAINER(link, struct fake_plugin, place);

		if (p->open)
			chain_add(t->tested, &chain, p->row->hooks, (struct fake_hook){ .p = p, .host = &p->host }, point);
	}
	WH_LIST_EACH(link, &t->others) {
		const struct fake_others *o = WH_CONTAINER(link, struct fake_others, place);

		chain_add(t->tested, &chain, o->hooks, (struct fake_hook){ .host = &t->tested->host, .self = o->self }, point);
	}
	return chain;
}

void *
fake_hook_self(const struct fake_hook *hook)
{
	return hook->p != NULL ? hook->p->self : hook->self;
}

void
wh_test_other_hooks(struct wh_test *t, const struct wh_hook *rows, void *self)
{
	struct fake_others *o = fake_zero(sizeof *o);

	o->hooks = rows;
	o->self = self;
	wh_list_add_last(&t->others, &o->place);
}

struct wh_occasion
fake_hook_begin(struct wh_test *t, const struct fake_hook *hook, wh_id ticket)
{
	t->refusal = (struct fake_refusal){ WH_EPERM, "it was refused", 0 };
	return (struct wh_occasion){ hook->host, ticket };
}

enum wh_verdict
fake_hook_verdict(const struct fake_hook *hook, enum wh_verdict v, const char *point, bool refuse, bool hold)
{
	if ((v == WH_REFUSE && !refuse) || (v == WH_HOLD && !hold) || v < WH_PASS || v > WH_HOLD)
		fake_fault(fake_of(hook->host), "a hook at %s returned %s, which it can't there", point,
		    v == WH_REFUSE ? "WH_REFUSE" : v == WH_HOLD ? "WH_HOLD" : "what is no verdict");
	return v;
}

enum wh_verdict
fake_refuse(const struct wh_occasion *at, enum wh_err err, const char *why, int64_t retry_ms)
{
	struct fake_plugin *p = fake_of(at->host);
	struct wh_test *t = p->t;

	if (err == WH_OK || err == WH_WAIT)
		fake_fault(p, "wh_refuse with what is no error");
	t->refusal = (struct fake_refusal){ err, fake_text(t, wh_str(why)), retry_ms };
	return WH_REFUSE;
}

void
fake_tell_presence(struct wh_test *t, struct wh_session *s, int what)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_PRESENCE);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_presence p = { .at = fake_hook_begin(t, &chain.of[i], 0), .session = s };

		p.what = (__typeof__(p.what))what;
		fake_hook_verdict(&chain.of[i], chain.of[i].row->presence(fake_hook_self(&chain.of[i]), &p), "WH_ON_PRESENCE", false, false);
	}
}

void
fake_tell_recovered(struct wh_test *t)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_RECOVERED);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_recovered recovered = { .at = fake_hook_begin(t, &chain.of[i], 0) };

		fake_hook_verdict(&chain.of[i], chain.of[i].row->recovered(fake_hook_self(&chain.of[i]), &recovered), "WH_ON_RECOVERED", false,
		    false);
	}
}

void
fake_tell_left(struct wh_test *t, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_LEAVE);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_passage p = { .at = fake_hook_begin(t, &chain.of[i], 0), .session = s, .room = r, .reason = reason };

		fake_hook_verdict(&chain.of[i], chain.of[i].row->passage(fake_hook_self(&chain.of[i]), &p), "WH_ON_LEAVE", false, false);
	}
}

void
fake_tell_audit(struct wh_test *t, const struct fake_call *c, enum wh_err outcome)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_AUDIT);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_audit a = { .at = fake_hook_begin(t, &chain.of[i], 0), .who = &c->session->who, .address = WH_STR("192.0.2.1"),
			.action = wh_str(c->row->name), .arguments = c->text.n != 0 ? wh_buf_slice(&c->text) : WH_STR("{}"), .outcome = outcome };

		fake_hook_verdict(&chain.of[i], chain.of[i].row->audit(fake_hook_self(&chain.of[i]), &a), "WH_ON_AUDIT", false, false);
	}
}

enum wh_verdict
fake_attempt(struct wh_test *t, struct fake_call *c)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_ATTEMPT);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_attempt a = { .at = fake_hook_begin(t, &chain.of[i], 0), .call = &c->public, .command = c->row };

		if (fake_hook_verdict(&chain.of[i], chain.of[i].row->attempt(fake_hook_self(&chain.of[i]), &a), "WH_ON_ATTEMPT", true, false) == WH_REFUSE)
			return WH_REFUSE;
	}
	return WH_PASS;
}

void
fake_unwell(struct wh_health *health, const char *part, const char *why)
{
	struct wh_test *t = fake_of(health->at.host)->t;

	wh_buf_fmt(&t->unwell, "%s: %s\n", part, why);
}

const char *
wh_test_health(struct wh_test *t, const char **details_out)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_HEALTH);
	struct wh_buf details = { 0 };
	struct wh_json w;
	const char *text;

	fake_enter(t);
	wh_json_begin(&w, &details);
	wh_json_object(&w, NULL);
	for (size_t i = 0; i < chain.n; i++) {
		struct wh_health health = { .at = fake_hook_begin(t, &chain.of[i], 0), .details = &w };

		fake_hook_verdict(&chain.of[i], chain.of[i].row->health(fake_hook_self(&chain.of[i]), &health), "WH_ON_HEALTH", false, false);
	}
	if (w.depth == 1)
		wh_json_end(&w);
	if (w.depth != 0 || !wh_json_finish(&w))
		fake_fault(t->tested, "a hook at WH_ON_HEALTH left the details unfinished");
	if (details_out != NULL)
		*details_out = fake_text(t, wh_buf_slice(&details));
	text = fake_text(t, wh_buf_slice(&t->unwell));
	wh_buf_free(&details);
	wh_buf_free(&t->unwell);
	fake_leave(t);
	return text;
}

void
fake_save(struct wh_test *t, struct wh_session *s)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_SAVE);

	for (unsigned i = 0; i < FAKE_PLUGINS; i++)
		wh_buf_reset(&s->papers[i]);
	for (size_t i = 0; i < chain.n; i++) {
		const struct fake_plugin *p = chain.of[i].p;
		struct wh_buf *part = p != NULL ? &s->papers[p->number] : NULL;
		struct wh_out_buf out = wh_out_to(part);
		struct wh_papers papers = { .at = fake_hook_begin(t, &chain.of[i], 0), .session = s, .save = &out.out };

		if (p == NULL)
			continue;
		fake_hook_verdict(&chain.of[i], chain.of[i].row->papers(p->self, &papers), "WH_ON_SAVE", false, false);
		if (part->n > FAKE_PAPERS)
			fake_fault(p, "its papers for one session have %zu bytes; the server throws away what has more than %d", part->n, FAKE_PAPERS);
	}
}

void
fake_load(struct wh_test *t, struct wh_session *s)
{
	struct fake_chain chain = fake_chain_at(t, WH_ON_LOAD);

	for (size_t i = 0; i < chain.n; i++) {
		const struct fake_plugin *p = chain.of[i].p;
		struct wh_papers papers = { .at = fake_hook_begin(t, &chain.of[i], 0), .session = s };

		if (p == NULL || s->papers[p->number].n == 0)
			continue;
		papers.load = wh_buf_slice(&s->papers[p->number]);
		fake_hook_verdict(&chain.of[i], chain.of[i].row->papers(p->self, &papers), "WH_ON_LOAD", false, false);
	}
}
