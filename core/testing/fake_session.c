/* Sessions of the fake host: identity, permissions, what they are sent, slots, and when their papers are mirrored. */
#include "testing/fake.h"

#include "base/addr.h"

#include <stdio.h>
#include <stdlib.h>

struct wh_session *
fake_session(const struct fake_plugin *p, const struct wh_session *s, const char *function)
{
	if (s == NULL)
		fake_fault(p, "%s was given no session", function);
	/* A pointer is good until the end of the turn in which its session ended. */
	if (s->state == FAKE_ENDED && s->ended_turn != p->t->turn)
		fake_fault(p, "%s was given a session that is gone (%.*s); hold its id and ask wh_session_get", function, WH_FMT(s->who.name));
	return (struct wh_session *)(uintptr_t)s;
}

static enum wh_err
session_set_identity(struct wh_session *s, const struct wh_identity *who)
{
	size_t n = who->id.n + who->name.n + who->roles.n;
	char *text, *at;

	if (who->kind < WH_GUEST || who->kind > WH_OPERATOR || who->id.n == 0)
		return WH_EINVAL;
	if (n > 1021)
		return WH_ETOOBIG;
	at = text = fake_zero(n + 3);
	s->who.kind = who->kind;
	memcpy(at, who->id.p, who->id.n);
	s->who.id = (struct wh_str){ at, who->id.n };
	at += who->id.n + 1;
	if (who->name.n != 0)
		memcpy(at, who->name.p, who->name.n);
	s->who.name = (struct wh_str){ at, who->name.n };
	at += who->name.n + 1;
	if (who->roles.n != 0)
		memcpy(at, who->roles.p, who->roles.n);
	s->who.roles = (struct wh_str){ at, who->roles.n };
	free(s->who_text);
	s->who_text = text;
	return WH_OK;
}

struct wh_session *
fake_session_new(struct wh_test *t, const char *name, const char *roles, enum fake_state state)
{
	struct wh_session *s = fake_zero(sizeof *s);
	char id[256];

	snprintf(id, sizeof id, "id-%s", name);
	s->t = t;
	s->id = ++t->ids;
	s->state = state;
	s->reason = "";
	wh_list_init(&s->sent);
	wh_list_init(&s->slots);
	wh_list_init(&s->rates);
	if (session_set_identity(s, &(struct wh_identity){
		.kind = strcmp(roles, "guest") == 0 ? WH_GUEST : WH_ACCOUNT,
		.id = wh_str(id), .name = wh_str(name), .roles = wh_str(roles) }) != WH_OK)
		fake_fault(t->tested, "a session's name and roles may have 1000 bytes");
	wh_list_add_last(&t->sessions, &s->place);
	return s;
}

/* NULL: json. */
static const struct wh_dialect *
session_dialect(struct wh_test *t, const char *name, struct fake_plugin **speaker_out)
{
	*speaker_out = NULL;
	if (strcmp(name, "json") == 0)
		return NULL;
	WH_LIST_EACH(link, &t->plugins) {
		*speaker_out = WH_CONTAINER(link, struct fake_plugin, place);
		for (const struct wh_dialect *d = (*speaker_out)->row->dialects; d != NULL && d->name != NULL; d++)
			if (strcmp(d->name, name) == 0)
				return d;
	}
	fake_fault(t->tested, "it declares no dialect \"%s\"", name);
}

struct wh_session *
wh_test_session_at(struct wh_test *t, const char *dialect, const char *query, const char *name, const char *roles)
{
	struct fake_plugin *speaker;
	const struct wh_dialect *d = session_dialect(t, dialect, &speaker);
	struct wh_session *s;

	fake_enter(t);
	s = fake_session_new(t, name, roles, FAKE_ATTACHED);
	s->dialect = d;
	s->speaker = speaker;
	s->dirty = true;
	s->query = wh_str(query);
	fake_tell_presence(t, s, WH_OPENED);
	if (d != NULL && d->open != NULL)
		d->open(speaker->self, s);
	s->query = (struct wh_str){ NULL, 0 };
	fake_leave(t);
	return s;
}

struct wh_session *
wh_test_session_in(struct wh_test *t, const char *dialect, const char *name, const char *roles)
{
	return wh_test_session_at(t, dialect, "", name, roles);
}

struct wh_session *
wh_test_session(struct wh_test *t, const char *name, const char *roles)
{
	return wh_test_session_in(t, "json", name, roles);
}

static void
session_drop_lists(struct wh_session *s)
{
	WH_LIST_EACH(link, &s->slots)
		free(WH_CONTAINER(link, struct fake_slot_bytes, place));
	wh_list_init(&s->slots);
	WH_LIST_EACH(link, &s->rates)
		free(WH_CONTAINER(link, struct fake_rate, place));
	wh_list_init(&s->rates);
}

void
fake_session_end(struct wh_session *s, bool tell)
{
	struct wh_test *t = s->t;
	bool known = tell && s->state != FAKE_EPHEMERAL;

	if (s->state == FAKE_ENDED)
		return;
	if (known)
		fake_tell_presence(t, s, WH_ENDING);
	fake_rooms_forget_session(t, s, tell);
	s->state = FAKE_ENDED;
	s->ended_turn = t->turn;
	s->dirty = false;
	if (known)
		fake_tell_presence(t, s, WH_ENDED);
	fake_calls_session_ended(t, s);
}

void
fake_session_free(struct wh_session *s)
{
	session_drop_lists(s);
	WH_LIST_EACH(link, &s->sent)
		free(WH_CONTAINER(link, struct fake_sent, place));
	for (unsigned i = 0; i < FAKE_PLUGINS; i++)
		wh_buf_free(&s->papers[i]);
	free(s->who_text);
	free(s);
}

void
fake_sessions_turn_end(struct wh_test *t)
{
	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		if (s->closing)
			fake_session_end(s, true);
		if (s->dirty && s->state == FAKE_ATTACHED)
			fake_save(t, s);
		s->dirty = false;
	}
}

void
fake_slots_release(struct fake_plugin *p)
{
	WH_LIST_EACH(link, &p->slots)
		WH_CONTAINER(link, struct wh_slot, place)->taken = false;
}

/* Frees the slots that the plugin has not taken up again, with what stands in them. */
void
fake_slots_forget_free(struct fake_plugin *p)
{
	WH_LIST_EACH(link, &p->t->sessions) {
		WH_LIST_EACH(place, &WH_CONTAINER(link, struct wh_session, place)->slots) {
			struct fake_slot_bytes *bytes = WH_CONTAINER(place, struct fake_slot_bytes, place);

			if (bytes->slot->p != p || bytes->slot->taken)
				continue;
			wh_list_remove(place);
			free(bytes);
		}
	}
	WH_LIST_EACH(link, &p->slots) {
		struct wh_slot *slot = WH_CONTAINER(link, struct wh_slot, place);

		if (slot->taken)
			continue;
		wh_list_remove(link);
		free(slot);
	}
}

void
wh_test_lose(struct wh_test *t, struct wh_session *s)
{
	fake_session(t->tested, s, "wh_test_lose");
	if (s->state != FAKE_ATTACHED)
		fake_fault(t->tested, "wh_test_lose: the session has no connection");
	fake_enter(t);
	s->state = FAKE_DETACHED;
	fake_tell_presence(t, s, WH_DETACHED);
	fake_leave(t);
}

void
wh_test_resume(struct wh_test *t, struct wh_session *s)
{
	fake_session(t->tested, s, "wh_test_resume");
	if (s->state != FAKE_DETACHED)
		fake_fault(t->tested, "wh_test_resume: the session's connection was not lost");
	fake_enter(t);
	s->state = FAKE_ATTACHED;
	s->dirty = true;
	fake_tell_presence(t, s, WH_RESUMED);
	fake_leave(t);
}

void
wh_test_leave_server(struct wh_test *t, struct wh_session *s)
{
	fake_session(t->tested, s, "wh_test_leave_server");
	fake_enter(t);
	fake_session_end(s, true);
	fake_leave(t);
}

void
wh_test_frame(struct wh_test *t, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	char *copy;

	fake_session(t->tested, s, "wh_test_frame");
	if (s->dialect == NULL)
		fake_fault(t->tested, "wh_test_frame: the session speaks json, which is the server's own; use wh_test_call");
	if (s->state != FAKE_ATTACHED || s->closing)
		fake_fault(t->tested, "wh_test_frame: the session has no connection");
	/* Exactly as long as it is, so that a sanitizer finds who reads on. */
	copy = fake_zero(bytes.n);
	memcpy(copy, bytes.p, bytes.n);
	fake_enter(t);
	s->dialect->receive(s->speaker->self, s, (struct wh_str){ copy, bytes.n }, flags);
	fake_leave(t);
	free(copy);
}

void
wh_test_line(struct wh_test *t, struct wh_session *s, const char *line)
{
	wh_test_frame(t, s, wh_str(line), 0);
}

const char *
wh_test_next(struct wh_session *s)
{
	struct wh_list *next = s->read != NULL ? s->read->place.next : s->sent.next;

	if (next == &s->sent)
		return NULL;
	s->read = WH_CONTAINER(next, struct fake_sent, place);
	return s->read->text;
}

const char *
wh_test_sent(const struct wh_session *s, size_t i)
{
	WH_LIST_EACH(link, &s->sent) {
		if (i-- == 0)
			return WH_CONTAINER(link, struct fake_sent, place)->text;
	}
	return NULL;
}

unsigned
wh_test_closed(const struct wh_session *s, const char **reason_out)
{
	if (reason_out != NULL)
		*reason_out = s->reason;
	return s->code;
}

wh_id
fake_session_id(const struct wh_host *h, const struct wh_session *s)
{
	return fake_session(fake_of(h), s, "wh_session_id")->id;
}

struct wh_session *
fake_session_get(const struct wh_host *h, wh_id id)
{
	struct wh_test *t = fake_of(h)->t;

	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		if (s->id == id)
			return s->state != FAKE_ENDED ? s : NULL;
	}
	return NULL;
}

const struct wh_identity *
fake_session_identity(const struct wh_host *h, const struct wh_session *s)
{
	return &fake_session(fake_of(h), s, "wh_session_identity")->who;
}

enum wh_err
fake_session_identify(const struct wh_host *h, struct wh_session *s, const struct wh_identity *who)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	enum wh_err err;

	fake_session(p, s, "wh_session_identify");
	if (s->state == FAKE_ENDED)
		return WH_ESTATE;
	fake_enter(t);
	err = session_set_identity(s, who);
	if (err == WH_OK) {
		s->dirty = true;
		fake_tell_presence(t, s, WH_IDENTIFIED);
	}
	fake_leave(t);
	return err;
}

struct wh_str
fake_session_address(const struct wh_host *h, const struct wh_session *s)
{
	fake_session(fake_of(h), s, "wh_session_address");
	return s->address.n != 0 ? s->address : WH_STR("192.0.2.1");
}

enum wh_err
fake_session_address_set(const struct wh_host *h, struct wh_session *s, struct wh_str address)
{
	struct wh_addr addr;

	fake_session(fake_of(h), s, "wh_session_address_set");
	if (wh_addr_parse_ip(&addr, address) != WH_OK)
		return WH_EINVAL;
	s->address = fake_copy(s->t, address);
	return WH_OK;
}

struct wh_str
fake_session_param(const struct wh_host *h, const struct wh_session *s, const char *name)
{
	fake_session(fake_of(h), s, "wh_session_param");
	return fake_query_param(s->t, s->query, name);
}

bool
fake_session_secure(const struct wh_host *h, const struct wh_session *s)
{
	fake_session(fake_of(h), s, "wh_session_secure");
	return false;
}

const char *
fake_session_dialect(const struct wh_host *h, const struct wh_session *s)
{
	fake_session(fake_of(h), s, "wh_session_dialect");
	if (s->state != FAKE_ATTACHED)
		return "";
	return s->dialect != NULL ? s->dialect->name : "json";
}

uint32_t
fake_session_accent(const struct wh_host *h, const struct wh_session *s)
{
	return fake_session(fake_of(h), s, "wh_session_accent")->accent;
}

enum wh_err
fake_session_accent_set(const struct wh_host *h, struct wh_session *s, uint32_t accent)
{
	fake_session(fake_of(h), s, "wh_session_accent_set")->accent = accent;
	return WH_OK;
}

static void
session_put(struct wh_session *s, struct wh_str bytes)
{
	struct fake_sent *sent = fake_zero(sizeof *sent);

	sent->text = fake_text(s->t, bytes);
	wh_list_add_last(&s->sent, &sent->place);
}

enum wh_err
fake_session_send(const struct wh_host *h, struct wh_session *s, struct wh_str bytes)
{
	fake_session(fake_of(h), s, "wh_session_send");
	if (s->state != FAKE_ATTACHED || s->closing)
		return WH_EAWAY;
	if (s->dialect == NULL || !s->dialect->lines) {
		session_put(s, bytes);
		return WH_OK;
	}
	/* Each line is a message of its own; empty ones are none. */
	while (bytes.n != 0) {
		const char *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end != NULL ? (size_t)(end - bytes.p) : bytes.n;

		if (n != 0)
			session_put(s, (struct wh_str){ bytes.p, n });
		bytes = wh_str_from(bytes, n + (end != NULL));
	}
	return WH_OK;
}

enum wh_err
fake_render(const struct wh_session *s, const struct wh_event *e, struct wh_buf *to)
{
	const struct wh_dialect *d = s->dialect;
	struct wh_out_buf out = wh_out_to(to);
	struct wh_json w;

	if (d != NULL) {
		if (d->render == NULL)
			return WH_ENOTSUP;
		s->t->renders++;
		return d->render(s->speaker->self, e, s->accent, &out.out);
	}
	s->t->renders++;
	wh_json_begin(&w, to);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "jsonrpc", "2.0");
	wh_json_text(&w, "method", e->name);
	wh_json_object(&w, "params");
	wh_args_put_items(&w, e->items, e->n);
	wh_json_end(&w);
	wh_json_end(&w);
	return wh_json_finish(&w) ? WH_OK : WH_ENOMEM;
}

enum wh_err
fake_session_notify(const struct wh_host *h, struct wh_session *s, const struct wh_event *e)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_buf buf = { 0 };
	enum wh_err err;

	fake_session(p, s, "wh_session_notify");
	if (s->state != FAKE_ATTACHED || s->closing)
		return WH_EAWAY;
	err = fake_render(s, e, &buf);
	if (err == WH_OK)
		err = fake_session_send(h, s, wh_buf_slice(&buf));
	wh_buf_free(&buf);
	return err;
}

void
fake_session_close(const struct wh_host *h, struct wh_session *s, unsigned code, struct wh_str reason)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct wh_buf buf = { 0 };
	struct wh_out_buf out = wh_out_to(&buf);

	fake_session(p, s, "wh_session_close");
	if (s->state == FAKE_ENDED || s->state == FAKE_EPHEMERAL || s->closing)
		return;
	fake_enter(t);
	if (s->dialect != NULL && s->dialect->farewell != NULL && s->dialect->farewell(s->speaker->self, code, reason, &out.out) == WH_OK &&
	    buf.n != 0)
		fake_session_send(h, s, wh_buf_slice(&buf));
	wh_buf_free(&buf);
	s->closing = true;
	s->code = code;
	s->reason = fake_text(t, reason);
	fake_leave(t);
}

/* What the slots of the other plugins take of the room that all share. */
static size_t
slots_of_others(const struct fake_plugin *p)
{
	size_t all = 0;

	WH_LIST_EACH(link, &p->t->plugins) {
		const struct fake_plugin *other = WH_CONTAINER(link, struct fake_plugin, place);

		WH_LIST_EACH(place, &other->slots)
			if (other != p)
				all += WH_CONTAINER(place, struct wh_slot, place)->size;
	}
	return all;
}

struct wh_slot *
fake_session_slot(const struct wh_host *h, const char *name, size_t size)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct wh_slot *slot;
	size_t all = size + slots_of_others(p);

	if (!p->opening)
		fake_fault(p, "wh_session_slot(\"%s\") is called outside of open", name);
	WH_LIST_EACH(link, &p->slots) {
		slot = WH_CONTAINER(link, struct wh_slot, place);
		if (strcmp(slot->name, name) == 0 && slot->taken)
			fake_fault(p, "wh_session_slot(\"%s\") is called twice", name);
		if (strcmp(slot->name, name) == 0 && slot->size == size) {
			slot->taken = true;
			return slot;
		}
		all += slot->taken ? slot->size : 0;
	}
	if (size == 0 || all > FAKE_SLOTS || fake_starved(p))
		return NULL;
	slot = fake_zero(sizeof *slot);
	slot->p = p;
	slot->name = fake_text(t, wh_str(name));
	slot->size = size;
	slot->taken = true;
	wh_list_add_last(&p->slots, &slot->place);
	return slot;
}

void *
fake_slot_of(const struct wh_host *h, struct wh_session *s, const struct wh_slot *slot)
{
	struct fake_plugin *p = fake_of(h);
	struct fake_slot_bytes *bytes;

	fake_session(p, s, "wh_slot_of");
	if (slot == NULL)
		fake_fault(p, "wh_slot_of was given no slot; wh_session_slot returns NULL when there is no room");
	WH_LIST_EACH(link, &s->slots) {
		bytes = WH_CONTAINER(link, struct fake_slot_bytes, place);
		if (bytes->slot == slot)
			return bytes->bytes;
	}
	bytes = fake_zero(sizeof *bytes + slot->size);
	bytes->slot = slot;
	wh_list_add_last(&s->slots, &bytes->place);
	return bytes->bytes;
}

void
fake_session_changed(const struct wh_host *h, struct wh_session *s)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;

	fake_session(p, s, "wh_session_changed");
	if (!t->recovering)
		s->dirty = true;
}

void
fake_session_each(const struct wh_host *h, bool (*each)(void *self, struct wh_session *s), void *self)
{
	struct wh_test *t = fake_of(h)->t;

	WH_LIST_EACH(link, &t->sessions) {
		struct wh_session *s = WH_CONTAINER(link, struct wh_session, place);

		if (s->state != FAKE_ENDED && !each(self, s))
			return;
	}
}

struct wh_str
wh_test_papers(const struct wh_test *t, const struct wh_session *s)
{
	return wh_buf_slice(&s->papers[t->tested->number]);
}
