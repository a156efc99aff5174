/* Askings: a message or a joining that goes through its chain and may be held on the way. While nobody holds it stands on the
 * stack of whoever asked; at the first hold it is copied to the heap, with its text, and names session and room by id. */
#include <stdlib.h>

#include "base/buf.h"
#include "hub/hook_call.h"
#include "hub/plugin.h"

struct asking {
	struct wh_list place;		/* in hooks.held, while held */
	struct hub *hub;
	struct plugin *asker;
	uint64_t cookie;
	enum wh_hook_point point;
	union {
		wh_message_then *said;
		wh_outcome *joined;
	} then;
	union {
		struct wh_message message;
		struct wh_passage passage;
	};
	uint64_t at;			/* the place of the row that was asked last */
	wh_id ticket;
	wh_id session, room;		/* while held */
	wh_id timer;
	struct wh_buf text;		/* owned; while held */
	bool heap, went;
	struct {
		enum wh_verdict verdict;
		struct hook_refusal why;
	} gone;				/* what hook_go said while the row was still running */
};

static struct wh_session **
asking_session(struct asking *a)
{
	return a->point == WH_ON_MESSAGE ? &a->message.from : &a->passage.session;
}

static struct wh_room **
asking_room(struct asking *a)
{
	return a->point == WH_ON_MESSAGE ? &a->message.room : &a->passage.room;
}

static void
asking_free(struct asking *a)
{
	wh_slots_release(&a->hub->hooks->tickets, a->ticket);
	timer_stop(a->hub, a->timer);
	wh_buf_free(&a->text);
	if (!a->heap)
		return;
	if (!wh_list_empty(&a->place)) {
		wh_list_remove(&a->place);
		a->hub->hooks->n_held--;
	}
	free(a);
}

static void
asking_tell(struct asking *a, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	struct hub_running before;

	if (a->then.said == NULL)
		return;
	before = plugin_enter(a->asker, "answer of hooks");
	if (a->point == WH_ON_MESSAGE) {
		a->message.at = (struct wh_occasion){ .host = &a->asker->host };
		a->then.said(a->asker->self, a->cookie, &a->message, err, why, retry_ms);
	} else {
		a->then.joined(a->asker->self, a->cookie, err, why, retry_ms);
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

static void
asking_late(void *self, uint64_t cookie)
{
	struct asking *a = self;

	(void)cookie;
	a->timer = 0;
	*asking_session(a) = session_get(a->hub, a->session);
	*asking_room(a) = room_get(a->hub, a->room);
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

static void
asking_hold(struct asking *a)
{
	struct hub *hub = a->hub;
	struct asking *kept = asking_keep(a);
	struct wh_str *text, old;

	if (kept == NULL) {
		asking_end(a, WH_EFULL, WH_STR("too many wait to be looked at; try again"), 1000);
		return;
	}
	kept->session = (*asking_session(kept))->id;
	kept->room = *asking_room(kept) != NULL ? (*asking_room(kept))->id : 0;
	text = kept->point == WH_ON_MESSAGE ? &kept->message.text : &kept->passage.reason;
	old = *text;
	if (old.p != kept->text.p) {
		wh_buf_reset(&kept->text);
		wh_buf_str(&kept->text, old);
	}
	*text = wh_buf_slice(&kept->text);
	if (wh_list_empty(&kept->place)) {
		wh_list_add_last(&hub->hooks->held, &kept->place);
		hub->hooks->n_held++;
	}
	if (kept->timer == 0)
		kept->timer = timer_start(hub, NULL, "held hook", HOOK_HOLD_MS, 0, asking_late, kept, 0);
	if (kept->text.failed || kept->timer == 0)
		asking_end(kept, WH_ENOMEM, WH_STR("the server has no memory for this now"), 0);
}

/* After a hold: session and room may be gone. */
static bool
asking_wake(struct asking *a)
{
	struct wh_session *s = session_get(a->hub, a->session);
	struct wh_room *r = a->room != 0 ? room_get(a->hub, a->room) : NULL;

	*asking_session(a) = s;
	*asking_room(a) = r;
	return s != NULL && (a->room == 0 || r != NULL);
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

static enum wh_verdict
asking_call(struct asking *a, const struct hook *h)
{
	struct hook_arg arg = { .point = a->point };
	enum wh_verdict verdict;

	a->at = h->place;
	a->went = false;
	if (a->point == WH_ON_MESSAGE) {
		arg.message = &a->message;
		arg.occasion = &a->message.at;
	} else {
		arg.passage = &a->passage;
		arg.occasion = &a->passage.at;
	}
	verdict = hook_call(a->hub, h, &arg, a->ticket);
	if (verdict == WH_HOLD && a->went) {
		verdict = a->gone.verdict;
		a->hub->hooks->refusal = a->gone.why;
	}
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
		if ((*asking_session(a))->state == SESSION_ENDED) {
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
		a->gone.verdict = verdict == WH_REFUSE ? WH_REFUSE : WH_PASS;
		a->gone.why = hub->hooks->refusal;
		return;
	}
	timer_stop(hub, a->timer);
	a->timer = 0;
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
