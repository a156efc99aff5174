/* Hooks of the fake host: at each point the plugin's rows and those of the test, lowest order first. Messages and joins are askings,
 * which a hook may hold; they go on behind the row that held. The other points are told or asked at once. */
#include "testing/fake.h"

#include <stdlib.h>

static const struct wh_str nothing;

static void
chain_add(struct wh_test *t, struct fake_chain *chain, const struct wh_hook *rows, void *self, enum wh_hook_point point)
{
	for (; rows != NULL && rows->point != 0; rows++) {
		size_t at = chain->n;

		if (rows->point != point)
			continue;
		if (chain->n == FAKE_HOOKS)
			fake_fault(t, "there are more than %d hooks at one point", FAKE_HOOKS);
		for (; at > 0 && chain->of[at - 1].row->order > rows->order; at--)
			chain->of[at] = chain->of[at - 1];
		chain->of[at] = (struct fake_hook){ rows, self };
		chain->n++;
	}
}

static struct fake_chain
chain_at(struct wh_test *t, enum wh_hook_point point)
{
	struct fake_chain chain = { .n = 0 };

	if (t->open)
		chain_add(t, &chain, t->plugin->hooks, t->self, point);
	WH_LIST_EACH(link, &t->others) {
		const struct fake_others *o = WH_CONTAINER(link, struct fake_others, place);

		chain_add(t, &chain, o->hooks, o->self, point);
	}
	return chain;
}

void
wh_test_other_hooks(struct wh_test *t, const struct wh_hook *rows, void *self)
{
	struct fake_others *o = fake_zero(sizeof *o);

	o->hooks = rows;
	o->self = self;
	wh_list_add_last(&t->others, &o->place);
}

static struct wh_occasion
hook_begin(struct wh_test *t, wh_id ticket)
{
	t->refusal = (struct fake_refusal){ WH_EPERM, "it was refused", 0 };
	return (struct wh_occasion){ &t->host, ticket };
}

/* Is this a verdict that the point allows? */
static enum wh_verdict
hook_verdict(struct wh_test *t, enum wh_verdict v, const char *point, bool refuse, bool hold)
{
	if ((v == WH_REFUSE && !refuse) || (v == WH_HOLD && !hold) || v < WH_PASS || v > WH_HOLD)
		fake_fault(t, "a hook at %s returned %s, which it can't there", point,
		    v == WH_REFUSE ? "WH_REFUSE" : v == WH_HOLD ? "WH_HOLD" : "what is no verdict");
	return v;
}

enum wh_verdict
fake_refuse(const struct wh_occasion *at, enum wh_err err, const char *why, int64_t retry_ms)
{
	struct wh_test *t = fake_of(at->host);

	if (err == WH_OK || err == WH_WAIT)
		fake_fault(t, "wh_refuse with what is no error");
	t->refusal = (struct fake_refusal){ err, fake_text(t, wh_str(why)), retry_ms };
	return WH_REFUSE;
}

void
fake_tell_presence(struct wh_test *t, struct wh_session *s, int what)
{
	struct fake_chain chain = chain_at(t, WH_ON_PRESENCE);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_presence p = { .at = hook_begin(t, 0), .session = s };

		p.what = (__typeof__(p.what))what;
		hook_verdict(t, chain.of[i].row->presence(chain.of[i].self, &p), "WH_ON_PRESENCE", false, false);
	}
}

void
fake_tell_left(struct wh_test *t, struct wh_room *r, struct wh_session *s, struct wh_str reason)
{
	struct fake_chain chain = chain_at(t, WH_ON_LEAVE);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_passage p = { .at = hook_begin(t, 0), .session = s, .room = r, .reason = reason };

		hook_verdict(t, chain.of[i].row->passage(chain.of[i].self, &p), "WH_ON_LEAVE", false, false);
	}
}

void
fake_tell_audit(struct wh_test *t, const struct fake_call *c, enum wh_err outcome)
{
	struct fake_chain chain = chain_at(t, WH_ON_AUDIT);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_audit a = { .at = hook_begin(t, 0), .who = &c->session->who, .address = WH_STR("192.0.2.1"),
			.action = wh_str(c->row->name), .arguments = c->text.n != 0 ? wh_buf_slice(&c->text) : WH_STR("{}"), .outcome = outcome };

		hook_verdict(t, chain.of[i].row->audit(chain.of[i].self, &a), "WH_ON_AUDIT", false, false);
	}
}

enum wh_verdict
fake_attempt(struct wh_test *t, struct fake_call *c)
{
	struct fake_chain chain = chain_at(t, WH_ON_ATTEMPT);

	for (size_t i = 0; i < chain.n; i++) {
		struct wh_attempt a = { .at = hook_begin(t, 0), .call = &c->public, .command = c->row };

		if (hook_verdict(t, chain.of[i].row->attempt(chain.of[i].self, &a), "WH_ON_ATTEMPT", true, false) == WH_REFUSE)
			return WH_REFUSE;
	}
	return WH_PASS;
}

const struct wh_test_answer *
wh_test_credential(struct wh_test *t, struct wh_session *s, const char *bearer, const char *cookie, const char *certificate)
{
	struct wh_test_answer *answer = fake_answer(t);
	struct fake_chain chain = chain_at(t, WH_ON_CREDENTIAL);

	fake_session(t, s, "wh_test_credential");
	fake_enter(t);
	answer->err = WH_OK;
	for (size_t i = 0; i < chain.n && answer->err == WH_OK; i++) {
		struct wh_credential c = { .at = hook_begin(t, 0), .session = s, .bearer = wh_str(bearer), .cookie = wh_str(cookie),
			.certificate = wh_str(certificate) };

		if (hook_verdict(t, chain.of[i].row->credential(chain.of[i].self, &c), "WH_ON_CREDENTIAL", true, false) == WH_REFUSE)
			fake_answer_set(t, answer, t->refusal.err, wh_str(t->refusal.why), t->refusal.retry_ms);
	}
	fake_leave(t);
	return answer;
}

void
fake_unwell(struct wh_health *health, const char *part, const char *why)
{
	struct wh_test *t = fake_of(health->at.host);

	wh_buf_fmt(&t->unwell, "%s: %s\n", part, why);
}

const char *
wh_test_health(struct wh_test *t, const char **details_out)
{
	struct fake_chain chain = chain_at(t, WH_ON_HEALTH);
	struct wh_buf details = { 0 };
	struct wh_json w;
	const char *text;

	fake_enter(t);
	wh_json_begin(&w, &details);
	wh_json_object(&w, NULL);
	for (size_t i = 0; i < chain.n; i++) {
		struct wh_health health = { .at = hook_begin(t, 0), .details = &w };

		hook_verdict(t, chain.of[i].row->health(chain.of[i].self, &health), "WH_ON_HEALTH", false, false);
	}
	if (w.depth == 1)
		wh_json_end(&w);
	if (w.depth != 0 || !wh_json_finish(&w))
		fake_fault(t, "a hook at WH_ON_HEALTH left the details unfinished");
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
	struct fake_chain chain = { .n = 0 };
	struct fake_out out = fake_out_to(&s->papers);

	if (t->open)
		chain_add(t, &chain, t->plugin->hooks, t->self, WH_ON_SAVE);
	wh_buf_reset(&s->papers);
	for (size_t i = 0; i < chain.n; i++) {
		struct wh_papers p = { .at = hook_begin(t, 0), .session = s, .save = &out.out };

		hook_verdict(t, chain.of[i].row->papers(chain.of[i].self, &p), "WH_ON_SAVE", false, false);
	}
	if (s->papers.n > FAKE_PAPERS)
		fake_fault(t, "its papers for one session have %zu bytes; the server throws away what has more than %d", s->papers.n, FAKE_PAPERS);
}

void
fake_load(struct wh_test *t, struct wh_session *s)
{
	struct fake_chain chain = { .n = 0 };

	chain_add(t, &chain, t->plugin->hooks, t->self, WH_ON_LOAD);
	for (size_t i = 0; s->papers.n != 0 && i < chain.n; i++) {
		struct wh_papers p = { .at = hook_begin(t, 0), .session = s, .load = wh_buf_slice(&s->papers) };

		hook_verdict(t, chain.of[i].row->papers(chain.of[i].self, &p), "WH_ON_LOAD", false, false);
	}
}

/* Messages and joins */

static void
asking_finish(struct fake_asking *a, enum wh_err err, const char *why, int64_t retry_ms)
{
	struct wh_test *t = a->t;

	a->finished = true;
	wh_timer_stop(&t->host, a->timer);
	if (err == WH_OK && a->join) {
		err = fake_join(t, a->passage.room, a->passage.session);
		why = fake_err_text(err);
	}
	if (a->answer != NULL) {
		fake_answer_set(t, a->answer, err, wh_str(why), retry_ms);
		if (!a->join)
			a->answer->text = fake_text(t, a->message.text);
	} else if (!t->open) {
		return;
	} else if (a->join && a->join_then != NULL) {
		a->join_then(t->self, a->cookie, err, err == WH_OK ? nothing : wh_str(why), retry_ms);
	} else if (!a->join) {
		a->message_then(t->self, a->cookie, &a->message, err, err == WH_OK ? nothing : wh_str(why), retry_ms);
	}
}

static void
asking_timed_out(void *self, uint64_t cookie)
{
	(void)cookie;
	asking_finish(self, WH_ETIME, "it took too long", 0);
}

/* Asks the rows that are left. */
static void
asking_go_on(struct fake_asking *a)
{
	struct wh_test *t = a->t;
	const struct wh_session *s = a->join ? a->passage.session : a->message.from;
	const struct wh_room *room = a->join ? a->passage.room : a->message.room;
	enum wh_verdict v;

	if (s->state == FAKE_ENDED || (room != NULL && room->ended)) {
		asking_finish(a, WH_EAWAY, "the session or the room is gone", 0);
		return;
	}
	while (a->next < a->chain.n) {
		const struct fake_hook *hook = &a->chain.of[a->next++];

		a->held = a->went = false;
		/* A ticket for each row, so that a late word of one cannot decide for the next. */
		a->id = ++t->ids;
		a->running = true;
		if (a->join) {
			a->passage.at = hook_begin(t, a->id);
			v = hook_verdict(t, hook->row->passage(hook->self, &a->passage), "WH_ON_JOIN", true, true);
		} else {
			a->message.at = hook_begin(t, a->id);
			v = hook_verdict(t, hook->row->message(hook->self, &a->message), "WH_ON_MESSAGE", true, true);
		}
		a->running = false;
		if (v == WH_HOLD && a->went)
			v = a->verdict;
		if (v == WH_REFUSE) {
			asking_finish(a, t->refusal.err, t->refusal.why, t->refusal.retry_ms);
			return;
		}
		if (v == WH_HOLD) {
			/* What was borrowed for the call must live on. */
			a->held = true;
			a->message.text = fake_copy(t, a->message.text);
			if (a->timer == 0)
				a->timer = fake_deadline(t, asking_timed_out, a);
			return;
		}
	}
	asking_finish(a, WH_OK, "", 0);
}

static struct fake_asking *
asking_new(struct wh_test *t, enum wh_hook_point point, struct wh_test_answer *answer)
{
	struct fake_asking *a = fake_zero(sizeof *a);

	a->t = t;
	a->join = point == WH_ON_JOIN;
	a->chain = chain_at(t, point);
	a->answer = answer;
	wh_list_add_last(&t->askings, &a->place);
	return a;
}

static void
asking_start(struct fake_asking *a)
{
	fake_enter(a->t);
	asking_go_on(a);
	fake_leave(a->t);
}

void
fake_ask_join(struct wh_test *t, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie,
    struct wh_test_answer *answer)
{
	struct fake_asking *a = asking_new(t, WH_ON_JOIN, answer);

	a->passage = (struct wh_passage){ .session = s, .room = r };
	a->join_then = then;
	a->cookie = cookie;
	asking_start(a);
}

static struct fake_asking *
asking_message(struct wh_test *t, const struct wh_message *m, struct wh_test_answer *answer)
{
	struct fake_asking *a = asking_new(t, WH_ON_MESSAGE, answer);

	a->message = *m;
	a->message.text = fake_copy(t, m->text);
	return a;
}

void
fake_message_ask(const struct wh_host *h, const struct wh_message *m, wh_message_then *then, uint64_t cookie)
{
	struct wh_test *t = fake_of(h);
	struct fake_asking *a;

	fake_session(t, m->from, "wh_message_ask");
	if (m->room != NULL)
		wh_room_id(h, m->room);
	if (m->kind == NULL || then == NULL)
		fake_fault(t, "wh_message_ask needs a kind and a function to tell");
	a = asking_message(t, m, NULL);
	a->message_then = then;
	a->cookie = cookie;
	asking_start(a);
}

static struct fake_asking *
asking_find(struct wh_test *t, wh_id ticket)
{
	WH_LIST_EACH(link, &t->askings) {
		struct fake_asking *a = WH_CONTAINER(link, struct fake_asking, place);

		if (a->id == ticket)
			return a;
	}
	return NULL;
}

void
fake_hook_go(const struct wh_host *h, wh_id ticket, enum wh_verdict verdict, enum wh_err err, const char *why)
{
	struct wh_test *t = fake_of(h);
	struct fake_asking *a = asking_find(t, ticket);

	if (a == NULL || a->finished || (!a->held && !a->running))
		return;
	if (verdict == WH_HOLD)
		fake_fault(t, "wh_hook_go with WH_HOLD");
	if (a->running) {
		a->went = true;
		a->verdict = verdict;
		if (verdict == WH_REFUSE)
			t->refusal = (struct fake_refusal){ err, fake_text(t, wh_str(why)), 0 };
		return;
	}
	fake_enter(t);
	a->held = false;
	if (verdict == WH_REFUSE)
		asking_finish(a, err, why != NULL ? why : fake_err_text(err), 0);
	else
		asking_go_on(a);
	fake_leave(t);
}

const struct wh_test_answer *
wh_test_say(struct wh_test *t, struct wh_session *s, const char *room, const char *text)
{
	struct wh_test_answer *answer = fake_answer(t);
	struct wh_message m = { .from = fake_session(t, s, "wh_test_say"), .text = wh_str(text), .kind = "say" };

	fake_enter(t);
	m.room = wh_room_open(&t->host, wh_str(room));
	if (m.room == NULL)
		fake_fault(t, "wh_test_say: \"%s\" can't be a room", room);
	asking_start(asking_message(t, &m, answer));
	fake_leave(t);
	return answer;
}

const struct wh_test_answer *
wh_test_join(struct wh_test *t, struct wh_session *s, const char *room)
{
	struct wh_test_answer *answer = fake_answer(t);
	struct wh_room *r;

	fake_session(t, s, "wh_test_join");
	fake_enter(t);
	r = wh_room_open(&t->host, wh_str(room));
	if (r == NULL)
		fake_fault(t, "wh_test_join: \"%s\" can't be a room", room);
	fake_ask_join(t, r, s, NULL, 0, answer);
	fake_leave(t);
	return answer;
}

enum wh_err
wh_test_leave(struct wh_test *t, struct wh_session *s, const char *room)
{
	struct wh_room *r = wh_room_find(&t->host, wh_str(room));
	enum wh_err err;

	if (r == NULL)
		return WH_ENOENT;
	fake_enter(t);
	err = wh_room_leave(&t->host, r, s, nothing);
	fake_leave(t);
	return err;
}

void
fake_askings_drop(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->askings) {
		struct fake_asking *a = WH_CONTAINER(link, struct fake_asking, place);

		if (a->finished)
			continue;
		a->finished = true;
		wh_timer_stop(&t->host, a->timer);
		if (a->answer != NULL)
			fake_answer_set(t, a->answer, WH_EAWAY, WH_STR("the server was restarted"), 0);
	}
}

void
fake_askings_check(const struct wh_test *t)
{
	WH_LIST_EACH(link, &t->askings) {
		if (!WH_CONTAINER(link, struct fake_asking, place)->finished)
			fake_fault(t, "at the end a hook still holds a message or a join");
	}
}
