/* Askings: a message, a joining, a credential or a person that goes through its chain and may be held on the way. While nobody holds it stands on the
 * stack of whoever asked; at the first hold it is copied to the heap, with its text, and names session and room by id. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "hub/hook_call.h"
#include "hub/plugin.h"

struct asking {
	struct wh_list place;		/* in hooks.held, while held */
	struct hub *hub;
	struct plugin *asker;		/* NULL: the core, of a credential */
	uint64_t cookie;
	enum wh_hook_point point;
	union {
		wh_message_then *said;
		wh_outcome *joined;
		hook_known *known;
		wh_person_then *person;
	} then;
	union {
		struct wh_occasion occasion;	/* the first member of each */
		struct wh_message message;
		struct wh_passage passage;
		struct wh_credential credential;
		struct wh_person person;
	};
	struct person_text *export;	/* owned; of WH_ON_EXPORT */
	uint64_t at;			/* the place of the row that was asked last */
	wh_id ticket;
	wh_id session, room;		/* while held */
	wh_id timer;
	struct wh_buf text;		/* owned; while held */
	bool heap, went;
	bool known;			/* a row said WH_CHANGED */
	struct {
		enum wh_verdict verdict;
		struct hook_refusal why;
	} gone;				/* what hook_go said while the row was still running */
};

/* What an export has so far. It stays where it is when the asking is kept. */
struct person_text {
	struct wh_buf json;
	struct wh_json writer;
};

/* NULL: it is not about a session. */
static struct wh_session **
asking_session(struct asking *a)
{
	switch (a->point) {
	case WH_ON_MESSAGE:
		return &a->message.from;
	case WH_ON_JOIN:
		return &a->passage.session;
	case WH_ON_CREDENTIAL:
		return &a->credential.session;
	default:
		return NULL;
	}
}

/* NULL: it is not about a room. */
static struct wh_room **
asking_room(struct asking *a)
{
	return a->point == WH_ON_MESSAGE ? &a->message.room : a->point == WH_ON_JOIN ? &a->passage.room : NULL;
}

/* The texts of it, which have to be kept while it is held. */
static size_t
asking_texts(struct asking *a, struct wh_str *texts[static 3])
{
	switch (a->point) {
	case WH_ON_MESSAGE:
		texts[0] = &a->message.text;
		return 1;
	case WH_ON_JOIN:
		texts[0] = &a->passage.reason;
		return 1;
	case WH_ON_CREDENTIAL:
		texts[0] = &a->credential.bearer;
		texts[1] = &a->credential.cookie;
		texts[2] = &a->credential.certificate;
		return 3;
	default:
		texts[0] = &a->person.id;
		texts[1] = &a->person.name;
		return 2;
	}
}

static void
asking_free(struct asking *a)
{
	wh_slots_release(&a->hub->hooks->tickets, a->ticket);
	timer_stop(a->hub, a->timer);
	wh_buf_free(&a->text);
	if (a->export != NULL)
		wh_buf_free(&a->export->json);
	free(a->export);
	if (!a->heap)
		return;
	if (!wh_list_empty(&a->place)) {
		wh_list_remove(&a->place);
		a->hub->hooks->n_held--;
	}
	free(a);
}

static void
credential_tell(struct asking *a, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct hub *hub = a->hub;
	const struct wh_session *s = a->credential.session;

	/* A cookie that nobody knows may be anybody's; a bearer token is meant for us. */
	if (err == WH_OK && a->credential.bearer.n != 0 && !a->known && s != NULL && s->who.kind == WH_GUEST) {
		err = WH_EAUTH;
		why = WH_STR("nobody here knows this token");
	}
	if (err != WH_OK) {
		hook_refuse(hub, err, why, retry_ms);
		const struct hook_refusal refusal = hub->hooks->refusal;

		a->then.known(hub, a->cookie, &refusal);
	} else {
		a->then.known(hub, a->cookie, NULL);
	}
}

static struct wh_str
person_json(struct asking *a, enum wh_err err)
{
	struct person_text *x = a->export;

	if (x == NULL || err != WH_OK)
		return (struct wh_str){ NULL, 0 };
	wh_json_end(&x->writer);
	return wh_json_finish(&x->writer) && !x->json.failed ? wh_buf_slice(&x->json) : (struct wh_str){ NULL, 0 };
}

static void
asking_tell(struct asking *a, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct hub_running before;

	if (a->then.said == NULL)
		return;
	if (a->point == WH_ON_CREDENTIAL) {
		credential_tell(a, err, why, retry_ms);
		return;
	}
	before = plugin_enter(a->asker, "answer of hooks");
	if (a->point == WH_ON_MESSAGE) {
		a->message.at = (struct wh_occasion){ .host = &a->asker->host };
		a->then.said(a->asker->self, a->cookie, &a->message, err, why, retry_ms);
	} else if (a->point == WH_ON_JOIN) {
		a->then.joined(a->asker->self, a->cookie, err, why, retry_ms);
	} else {
		a->then.person(a->asker->self, a->cookie, err, person_json(a, err), why);
	}
	plugin_leave(a->asker, before);
}

static struct wh_str
asking_join_why(enum wh_err err)
{
	switch (err) {
	case WH_OK:
		return (struct wh_str){ NULL, 0 };
	case WH_EEXIST:
		return WH_STR("you are in that room already");
	case WH_EFULL:
		return WH_STR("you are in too many rooms; leave one first");
	case WH_ESTATE:
		return WH_STR("only a client that stays connected can be in a room");
	default:
		return WH_STR("the room can't be joined now");
	}
}

/* All have passed, or `err` says what ended it. */
static void
asking_end(struct asking *a, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	/* Out of the list first: `then` may unload whatever it likes at the end of the turn, and must not find us. */
	if (a->heap && !wh_list_empty(&a->place)) {
		wh_list_remove(&a->place);
		a->hub->hooks->n_held--;
	}
	if (err == WH_OK && a->point == WH_ON_JOIN) {
		err = room_join(a->hub, a->passage.room, a->passage.session);
		why = asking_join_why(err);
	}
	asking_tell(a, err, why, retry_ms);
	asking_free(a);
}

static void asking_go_on(struct asking *a);

/* After a hold: session and room may be gone. */
static bool
asking_wake(struct asking *a)
{
	struct wh_session **s = asking_session(a);
	struct wh_room **r = asking_room(a);

	if (s != NULL)
		*s = session_get(a->hub, a->session);
	if (r != NULL)
		*r = a->room != 0 ? room_get(a->hub, a->room) : NULL;
	return (s == NULL || *s != NULL) && (r == NULL || a->room == 0 || *r != NULL);
}

static void
asking_late(void *self, uint64_t cookie)
{
	struct asking *a = self;

	(void)cookie;
	a->timer = 0;
	asking_wake(a);
	asking_end(a, WH_ETIME, WH_STR("nobody said in time whether that may be; try again"), 0);
}

/* From the stack to the heap. NULL: no memory, or too many. */
static struct asking *
asking_keep(struct asking *a)
{
	struct hooks *hooks = a->hub->hooks;
	struct hook_ticket *ticket;
	struct asking *kept;

	if (a->heap)
		return a;
	if (hooks->n_held >= HOOKS_ASKING / 2)
		return NULL;
	kept = malloc(sizeof *kept);
	if (kept == NULL)
		return NULL;
	*kept = *a;
	kept->heap = true;
	wh_list_init(&kept->place);
	ticket = wh_slots_get(&hooks->tickets, kept->ticket);
	ticket->asking = kept;
	return kept;
}

/* Copies the texts, unless they stand in our copy already. */
static void
asking_keep_texts(struct asking *a)
{
	struct wh_str *texts[3];
	size_t n = asking_texts(a, texts), at = 0;
	struct wh_buf old = a->text;

	a->text = (struct wh_buf){ 0 };
	for (size_t i = 0; i < n; i++)
		wh_buf_str(&a->text, *texts[i]);
	wh_buf_free(&old);
	for (size_t i = 0; i < n; i++) {
		*texts[i] = (struct wh_str){ a->text.p != NULL ? a->text.p + at : NULL, a->text.failed ? 0 : texts[i]->n };
		at += texts[i]->n;
	}
}

static void
asking_hold(struct asking *a)
{
	struct hub *hub = a->hub;
	struct asking *kept = asking_keep(a);

	if (kept == NULL) {
		asking_end(a, WH_EFULL, WH_STR("too many wait to be looked at; try again"), 1000);
		return;
	}
	if (asking_session(kept) != NULL)
		kept->session = (*asking_session(kept))->id;
	if (asking_room(kept) != NULL && *asking_room(kept) != NULL)
		kept->room = (*asking_room(kept))->id;
	asking_keep_texts(kept);
	if (wh_list_empty(&kept->place)) {
		wh_list_add_last(&hub->hooks->held, &kept->place);
		hub->hooks->n_held++;
	}
	if (kept->timer == 0)
		kept->timer = timer_start(hub, NULL, "held hook", HOOK_HOLD_MS, 0, asking_late, kept, 0);
	if (kept->text.failed || kept->timer == 0)
		asking_end(kept, WH_ENOMEM, WH_STR("the server has no memory for this now"), 0);
}

static const struct hook *
asking_next(const struct asking *a)
{
	const struct hook_chain *chain = &a->hub->hooks->chains[a->point];

	for (size_t i = 0; i < chain->n; i++)
		if (chain->of[i].place > a->at)
			return &chain->of[i];
	return NULL;
}

/* Each row has a ticket of its own, so that a late word of one cannot decide for the next. */
static bool
asking_new_ticket(struct asking *a, const struct plugin *p)
{
	struct hook_ticket *t;

	wh_slots_release(&a->hub->hooks->tickets, a->ticket);
	t = wh_slots_alloc(&a->hub->hooks->tickets, &a->ticket);
	if (t == NULL) {
		a->ticket = 0;
		return false;
	}
	*t = (struct hook_ticket){ a, p };
	return true;
}

/* Each plugin writes into an object of its own. */
static void
person_begin(struct asking *a, const struct plugin *p)
{
	if (a->export != NULL)
		wh_json_object(&a->export->writer, p->name);
}

static void
person_end(struct asking *a)
{
	while (a->export != NULL && !a->export->writer.failed && a->export->writer.depth > 1)
		wh_json_end(&a->export->writer);
}

static enum wh_verdict
asking_call(struct asking *a, const struct hook *h)
{
	struct hook_arg arg = { .point = a->point };
	enum wh_verdict verdict;

	a->at = h->place;
	a->went = false;
	arg.occasion = &a->occasion;
	if (a->point == WH_ON_MESSAGE)
		arg.message = &a->message;
	else if (a->point == WH_ON_JOIN)
		arg.passage = &a->passage;
	else if (a->point == WH_ON_CREDENTIAL)
		arg.credential = &a->credential;
	else
		arg.person = &a->person;
	person_begin(a, h->plugin);
	verdict = hook_call(a->hub, h, &arg, a->ticket);
	if (verdict == WH_HOLD && a->went) {
		verdict = a->gone.verdict;
		a->hub->hooks->refusal = a->gone.why;
	}
	a->known |= verdict == WH_CHANGED;
	if (verdict != WH_HOLD)
		person_end(a);
	return verdict;
}

static void
asking_go_on(struct asking *a)
{
	const struct hook *next;

	while ((next = asking_next(a)) != NULL) {
		const struct hook h = *next;

		if (!asking_new_ticket(a, h.plugin)) {
			asking_end(a, WH_EFULL, WH_STR("the server is too busy; try again"), 1000);
			return;
		}
		switch (asking_call(a, &h)) {
		case WH_HOLD:
			asking_hold(a);
			return;
		case WH_REFUSE: {
			const struct hook_refusal why = a->hub->hooks->refusal;

			asking_end(a, why.err, hook_why(&why), why.retry_ms);
			return;
		}
		default:
			break;
		}
		if (asking_session(a) != NULL && (*asking_session(a))->state == SESSION_ENDED) {
			asking_end(a, WH_EAWAY, WH_STR("the session ended"), 0);
			return;
		}
	}
	asking_end(a, WH_OK, (struct wh_str){ NULL, 0 }, 0);
}

void
hook_ask_message(struct hub *hub, struct plugin *asker, const struct wh_message *m, wh_message_then *then, uint64_t cookie)
{
	struct asking a = { .hub = hub, .asker = asker, .cookie = cookie, .point = WH_ON_MESSAGE, .then.said = then, .message = *m };

	wh_list_init(&a.place);
	asking_go_on(&a);
}

void
hook_ask_join(struct hub *hub, struct plugin *asker, struct wh_room *r, struct wh_session *s, wh_outcome *then, uint64_t cookie)
{
	struct asking a = { .hub = hub, .asker = asker, .cookie = cookie, .point = WH_ON_JOIN, .then.joined = then,
		.passage = { .session = s, .room = r } };

	wh_list_init(&a.place);
	if (room_has(r, s))
		asking_end(&a, WH_OK, (struct wh_str){ NULL, 0 }, 0);
	else
		asking_go_on(&a);
}

void
hook_ask_credential(struct hub *hub, const struct wh_credential *c, hook_known *then, uint64_t cookie)
{
	struct asking a = { .hub = hub, .cookie = cookie, .point = WH_ON_CREDENTIAL, .then.known = then, .credential = *c };

	wh_list_init(&a.place);
	asking_go_on(&a);
}

void
hook_ask_person(struct hub *hub, struct plugin *asker, enum wh_hook_point point, struct wh_str id, struct wh_str name,
    wh_person_then *then, uint64_t cookie)
{
	struct asking a = { .hub = hub, .asker = asker, .cookie = cookie, .point = point, .then.person = then,
		.person = { .id = id, .name = name } };

	wh_list_init(&a.place);
	if (point == WH_ON_EXPORT) {
		a.export = calloc(1, sizeof *a.export);
		if (a.export == NULL) {
			asking_end(&a, WH_ENOMEM, WH_STR("the server has no memory for this now"), 0);
			return;
		}
		a.export->json.max = HOOK_EXPORT_MAX;
		wh_json_begin(&a.export->writer, &a.export->json);
		wh_json_object(&a.export->writer, NULL);
		a.person.out = &a.export->writer;
	}
	asking_go_on(&a);
}

struct wh_person *
hook_person(struct hub *hub, const struct plugin *p, wh_id ticket)
{
	struct hook_ticket *t = wh_slots_get(&hub->hooks->tickets, ticket);

	if (t == NULL || t->plugin != p || (t->asking->point != WH_ON_EXPORT && t->asking->point != WH_ON_ERASE))
		return NULL;
	return &t->asking->person;
}

struct wh_message *
hook_message(struct hub *hub, const struct plugin *p, wh_id ticket)
{
	struct hook_ticket *t = wh_slots_get(&hub->hooks->tickets, ticket);

	return t != NULL && t->plugin == p && t->asking->point == WH_ON_MESSAGE ? &t->asking->message : NULL;
}

void
hook_go(struct hub *hub, const struct plugin *p, wh_id ticket, enum wh_verdict verdict, enum wh_err err, struct wh_str why)
{
	struct hook_ticket *t = wh_slots_get(&hub->hooks->tickets, ticket);
	struct asking *a;

	if (t == NULL || t->plugin != p)
		return;
	a = t->asking;
	if (verdict == WH_REFUSE)
		hook_refuse(hub, err, why.n != 0 ? why : WH_STR("that is not wanted here"), 0);
	if (!a->heap || wh_list_empty(&a->place) || a->timer == 0) {
		/* The row is still running and will say WH_HOLD. */
		a->went = true;
		a->gone.verdict = verdict == WH_HOLD ? WH_PASS : verdict;
		a->gone.why = hub->hooks->refusal;
		return;
	}
	timer_stop(hub, a->timer);
	a->timer = 0;
	a->known |= verdict == WH_CHANGED;
	person_end(a);
	if (!asking_wake(a)) {
		asking_end(a, WH_EAWAY, WH_STR("the session or the room is gone"), 0);
	} else if (verdict == WH_REFUSE) {
		const struct hook_refusal r = hub->hooks->refusal;

		asking_end(a, r.err, hook_why(&r), r.retry_ms);
	} else {
		asking_go_on(a);
	}
}

void
hook_forget_plugin(struct hub *hub, const struct plugin *p)
{
	bool again = true;

	/* From the start each time: what goes on may end others. */
	while (again) {
		again = false;
		WH_LIST_EACH(link, &hub->hooks->held) {
			struct asking *a = WH_CONTAINER(link, struct asking, place);
			const struct hook_ticket *t = wh_slots_get(&hub->hooks->tickets, a->ticket);

			if (a->asker == p) {
				asking_free(a);
				continue;
			}
			if (t == NULL || t->plugin != p)
				continue;
			hook_go(hub, p, a->ticket, WH_PASS, WH_OK, (struct wh_str){ NULL, 0 });
			again = true;
			break;
		}
	}
}

void
hook_drop_held(struct hub *hub)
{
	struct wh_list *first;

	while ((first = wh_list_first(&hub->hooks->held)) != NULL)
		asking_free(WH_CONTAINER(first, struct asking, place));
}
