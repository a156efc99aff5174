/* Askings of the fake host: what goes through a chain of hooks and may be held on the way, a message, a join, a credential, a person.
 * It goes on behind the row that held. */
#include "testing/fake.h"

#include <stdlib.h>

static const struct wh_str nothing;

static const char *
asking_point(const struct fake_asking *a)
{
	switch (a->point) {
	case WH_ON_MESSAGE:
		return "WH_ON_MESSAGE";
	case WH_ON_JOIN:
		return "WH_ON_JOIN";
	case WH_ON_CREDENTIAL:
		return "WH_ON_CREDENTIAL";
	case WH_ON_EXPORT:
		return "WH_ON_EXPORT";
	default:
		return "WH_ON_ERASE";
	}
}

static const struct wh_session *
asking_session(const struct fake_asking *a)
{
	return a->point == WH_ON_JOIN ? a->passage.session : a->point == WH_ON_MESSAGE ? a->message.from : a->credential.session;
}

/* What the export has so far becomes one object. */
static struct wh_str
asking_json(struct fake_asking *a)
{
	if (a->point != WH_ON_EXPORT)
		return nothing;
	wh_json_end(&a->writer);
	if (!wh_json_finish(&a->writer))
		fake_fault(a->p, "the export of a person is no JSON");
	return wh_buf_slice(&a->json);
}

static void
asking_answer(struct fake_asking *a, enum wh_err err, const char *why, int64_t retry_ms)
{
	fake_answer_set(a->t, a->answer, err, wh_str(why), retry_ms);
	if (a->point == WH_ON_MESSAGE)
		a->answer->text = fake_text(a->t, a->message.text);
	if (a->point == WH_ON_EXPORT && err == WH_OK)
		a->answer->json = fake_text(a->t, asking_json(a));
}

static void
asking_finish(struct fake_asking *a, enum wh_err err, const char *why, int64_t retry_ms)
{
	struct wh_test *t = a->t;

	a->finished = true;
	fake_timers_stop(t, a->timer);
	if (err == WH_OK && a->point == WH_ON_JOIN) {
		err = fake_join(a->passage.room, a->passage.session);
		why = fake_err_text(err);
	}
	/* A cookie that nobody knows may be anybody's; a bearer token is meant for us. */
	if (err == WH_OK && a->point == WH_ON_CREDENTIAL && a->credential.bearer.n != 0 && !a->known &&
	    a->credential.session->who.kind == WH_GUEST) {
		err = WH_EAUTH;
		why = "nobody here knows this token";
	}
	if (a->answer != NULL)
		asking_answer(a, err, why, retry_ms);
	else if (!a->p->open)
		return;
	else if (a->join_then != NULL)
		a->join_then(a->p->self, a->cookie, err, err == WH_OK ? nothing : wh_str(why), retry_ms);
	else if (a->message_then != NULL)
		a->message_then(a->p->self, a->cookie, &a->message, err, err == WH_OK ? nothing : wh_str(why), retry_ms);
	else if (a->person_then != NULL)
		a->person_then(a->p->self, a->cookie, err, err == WH_OK ? asking_json(a) : nothing, err == WH_OK ? nothing : wh_str(why));
}

static void
asking_timed_out(void *self, uint64_t cookie)
{
	(void)cookie;
	asking_finish(self, WH_ETIME, "it took too long", 0);
}

/* Each plugin writes what it keeps of a person into an object of its own. */
static void
asking_object(struct fake_asking *a, const struct fake_hook *hook)
{
	if (a->point == WH_ON_EXPORT)
		wh_json_object(&a->writer, hook->p != NULL ? hook->p->name : "test");
}

static void
asking_object_end(struct fake_asking *a)
{
	while (a->point == WH_ON_EXPORT && a->writer.depth > 1)
		wh_json_end(&a->writer);
}

static enum wh_verdict
asking_call(struct fake_asking *a, const struct fake_hook *hook)
{
	struct wh_occasion at = fake_hook_begin(a->t, hook, a->id);
	void *self = fake_hook_self(hook);

	switch (a->point) {
	case WH_ON_MESSAGE:
		a->message.at = at;
		return hook->row->message(self, &a->message);
	case WH_ON_JOIN:
		a->passage.at = at;
		return hook->row->passage(self, &a->passage);
	case WH_ON_CREDENTIAL:
		a->credential.at = at;
		return hook->row->credential(self, &a->credential);
	default:
		a->person.at = at;
		return hook->row->person(self, &a->person);
	}
}

static enum wh_verdict
asking_ask(struct fake_asking *a, const struct fake_hook *hook)
{
	enum wh_verdict v;

	a->held = a->went = false;
	/* A ticket for each row, so that a late word of one cannot decide for the next. */
	a->id = ++a->t->ids;
	a->running = true;
	asking_object(a, hook);
	v = fake_hook_verdict(hook, asking_call(a, hook), asking_point(a), a->point != WH_ON_EXPORT, true);
	a->running = false;
	if (v == WH_HOLD && a->went)
		v = a->verdict;
	if (v == WH_CHANGED)
		a->known = true;
	if (v != WH_HOLD)
		asking_object_end(a);
	return v;
}

/* What was borrowed for the call must live on. */
static void
asking_hold(struct fake_asking *a)
{
	struct wh_test *t = a->t;

	a->held = true;
	a->message.text = fake_copy(t, a->message.text);
	if (a->timer == 0)
		a->timer = fake_deadline(t, asking_timed_out, a);
}

/* Asks the rows that are left. */
static void
asking_go_on(struct fake_asking *a)
{
	struct wh_test *t = a->t;
	const struct wh_session *s = asking_session(a);
	const struct wh_room *room = a->point == WH_ON_JOIN ? a->passage.room : a->message.room;

	if ((s != NULL && s->state == FAKE_ENDED) || (room != NULL && room->ended)) {
		asking_finish(a, WH_EAWAY, "the session or the room is gone", 0);
		return;
	}
	while (a->next < a->chain.n) {
		const struct fake_hook *hook = &a->chain.of[a->next++];

		if (hook->p != NULL && !hook->p->open)
			continue;
		switch (asking_ask(a, hook)) {
		case WH_REFUSE:
			asking_finish(a, t->refusal.err, t->refusal.why, t->refusal.retry_ms);
			return;
		case WH_HOLD:
			asking_hold(a);
			return;
		default:
			break;
		}
	}
	asking_finish(a, WH_OK, "", 0);
}

static struct fake_asking *
asking_new(struct fake_plugin *p, enum wh_hook_point point, struct wh_test_answer *answer)
{
	struct fake_asking *a = fake_zero(sizeof *a);

	a->t = p->t;
	a->p = p;
	a->point = point;
	a->chain = fake_chain_at(p->t, point);
	a->answer = answer;
	wh_list_add_last(&p->t->askings, &a->place);
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
fake_ask_join(struct fake_plugin *p, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie,
    struct wh_test_answer *answer)
{
	struct fake_asking *a = asking_new(p, WH_ON_JOIN, answer);

	a->passage = (struct wh_passage){ .session = s, .room = r };
	a->join_then = then;
	a->cookie = cookie;
	asking_start(a);
}

static struct fake_asking *
asking_message(struct fake_plugin *p, const struct wh_message *m, struct wh_test_answer *answer)
{
	struct fake_asking *a = asking_new(p, WH_ON_MESSAGE, answer);

	a->message = *m;
	a->message.text = fake_copy(p->t, m->text);
	return a;
}

void
fake_message_ask(const struct wh_host *h, const struct wh_message *m, wh_message_then *then, uint64_t cookie)
{
	struct fake_plugin *p = fake_of(h);
	struct fake_asking *a;

	fake_session(p, m->from, "wh_message_ask");
	if (m->room != NULL)
		wh_room_id(h, m->room);
	if (m->kind == NULL || then == NULL)
		fake_fault(p, "wh_message_ask needs a kind and a function to tell");
	a = asking_message(p, m, NULL);
	a->message_then = then;
	a->cookie = cookie;
	asking_start(a);
}

static struct fake_asking *
asking_person(struct fake_plugin *p, enum wh_hook_point point, struct wh_str id, struct wh_str name, struct wh_test_answer *answer)
{
	struct fake_asking *a = asking_new(p, point, answer);

	if (point == WH_ON_EXPORT) {
		wh_json_begin(&a->writer, &a->json);
		wh_json_object(&a->writer, NULL);
		a->person.out = &a->writer;
	}
	a->person.id = fake_copy(p->t, id);
	a->person.name = fake_copy(p->t, name);
	return a;
}

void
fake_person_ask(const struct wh_host *h, int point, struct wh_str id, struct wh_str name, wh_person_then *then, uint64_t cookie)
{
	struct fake_plugin *p = fake_of(h);
	struct fake_asking *a;

	if ((point != WH_ON_EXPORT && point != WH_ON_ERASE) || then == NULL)
		fake_fault(p, "wh_person_ask needs WH_ON_EXPORT or WH_ON_ERASE, and a function to tell");
	a = asking_person(p, (enum wh_hook_point)point, id, name, NULL);
	a->person_then = then;
	a->cookie = cookie;
	asking_start(a);
}

/* The asking whose ticket the plugin has, while it may still say something. */
static struct fake_asking *
asking_find(const struct fake_plugin *p, wh_id ticket)
{
	WH_LIST_EACH(link, &p->t->askings) {
		struct fake_asking *a = WH_CONTAINER(link, struct fake_asking, place);
		const struct fake_plugin *holder = a->next != 0 ? a->chain.of[a->next - 1].p : NULL;

		if (a->id == ticket && !a->finished && (a->held || a->running) && (holder == NULL || holder == p))
			return a;
	}
	return NULL;
}

struct wh_person *
fake_person_find(const struct wh_host *h, wh_id ticket)
{
	struct fake_asking *a = asking_find(fake_of(h), ticket);

	return a != NULL && (a->point == WH_ON_EXPORT || a->point == WH_ON_ERASE) ? &a->person : NULL;
}

struct wh_message *
fake_message_find(const struct wh_host *h, wh_id ticket)
{
	struct fake_asking *a = asking_find(fake_of(h), ticket);

	return a != NULL && a->point == WH_ON_MESSAGE ? &a->message : NULL;
}

void
fake_hook_go(const struct wh_host *h, wh_id ticket, enum wh_verdict verdict, enum wh_err err, const char *why)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_asking *a = asking_find(p, ticket);

	if (a == NULL)
		return;
	if (verdict == WH_HOLD)
		fake_fault(p, "wh_hook_go with WH_HOLD");
	if (a->running) {
		a->went = true;
		a->verdict = verdict;
		if (verdict == WH_REFUSE)
			t->refusal = (struct fake_refusal){ err, fake_text(t, wh_str(why)), 0 };
		return;
	}
	fake_enter(t);
	a->held = false;
	a->known |= verdict == WH_CHANGED;
	asking_object_end(a);
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
	struct wh_message m = { .from = fake_session(t->tested, s, "wh_test_say"), .text = wh_str(text), .kind = "say" };

	fake_enter(t);
	m.room = wh_room_open(&t->tested->host, wh_str(room));
	if (m.room == NULL)
		fake_fault(t->tested, "wh_test_say: \"%s\" can't be a room", room);
	asking_start(asking_message(t->tested, &m, answer));
	fake_leave(t);
	return answer;
}

const struct wh_test_answer *
wh_test_join(struct wh_test *t, struct wh_session *s, const char *room)
{
	struct wh_test_answer *answer = fake_answer(t);
	struct wh_room *r;

	fake_session(t->tested, s, "wh_test_join");
	fake_enter(t);
	r = wh_room_open(&t->tested->host, wh_str(room));
	if (r == NULL)
		fake_fault(t->tested, "wh_test_join: \"%s\" can't be a room", room);
	fake_ask_join(t->tested, r, s, NULL, 0, answer);
	fake_leave(t);
	return answer;
}

enum wh_err
wh_test_leave(struct wh_test *t, struct wh_session *s, const char *room)
{
	struct wh_room *r = wh_room_find(&t->tested->host, wh_str(room));
	enum wh_err err;

	if (r == NULL)
		return WH_ENOENT;
	fake_enter(t);
	err = wh_room_leave(&t->tested->host, r, s, nothing);
	fake_leave(t);
	return err;
}

const struct wh_test_answer *
wh_test_credential(struct wh_test *t, struct wh_session *s, const char *bearer, const char *cookie, const char *certificate)
{
	struct wh_test_answer *answer = fake_answer(t);
	struct fake_asking *a = asking_new(t->tested, WH_ON_CREDENTIAL, answer);

	a->credential = (struct wh_credential){ .session = fake_session(t->tested, s, "wh_test_credential"),
		.bearer = fake_copy(t, wh_str(bearer)), .cookie = fake_copy(t, wh_str(cookie)),
		.certificate = fake_copy(t, wh_str(certificate)) };
	asking_start(a);
	return answer;
}

static const struct wh_test_answer *
person_answer(struct wh_test *t, enum wh_hook_point point, const char *id, const char *name)
{
	struct wh_test_answer *answer = fake_answer(t);

	asking_start(asking_person(t->tested, point, wh_str(id), wh_str(name), answer));
	return answer;
}

const struct wh_test_answer *
wh_test_export(struct wh_test *t, const char *id, const char *name)
{
	return person_answer(t, WH_ON_EXPORT, id, name);
}

const struct wh_test_answer *
wh_test_erase(struct wh_test *t, const char *id, const char *name)
{
	return person_answer(t, WH_ON_ERASE, id, name);
}

/* As in the server: what the plugin asked is forgotten, what it holds goes on without it. NULL: all is forgotten. */
void
fake_askings_drop(struct wh_test *t, const struct fake_plugin *p)
{
	WH_LIST_EACH(link, &t->askings) {
		struct fake_asking *a = WH_CONTAINER(link, struct fake_asking, place);

		if (a->finished)
			continue;
		if (p == NULL || (a->p == p && a->answer == NULL)) {
			a->finished = true;
			fake_timers_stop(t, a->timer);
			if (a->answer != NULL)
				fake_answer_set(t, a->answer, WH_EAWAY, WH_STR("the server was restarted"), 0);
		} else if (a->chain.of[a->next - 1].p == p) {
			fake_hook_go(&p->host, a->id, WH_PASS, WH_OK, NULL);
		}
	}
}

void
fake_askings_check(const struct wh_test *t)
{
	WH_LIST_EACH(link, &t->askings) {
		const struct fake_asking *a = WH_CONTAINER(link, struct fake_asking, place);
		const struct fake_plugin *p = a->next != 0 ? a->chain.of[a->next - 1].p : NULL;

		if (!a->finished)
			fake_fault(p != NULL ? p : t->tested, "at the end a hook still holds what it was asked at %s", asking_point(a));
	}
}

void
fake_askings_free(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->askings) {
		struct fake_asking *a = WH_CONTAINER(link, struct fake_asking, place);

		wh_buf_free(&a->json);
		free(a);
	}
}
