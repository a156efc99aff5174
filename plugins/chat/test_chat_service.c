/* What other plugins do through chat's service: removing and putting back, saying for somebody, reading, hearing; and messages that go another way. */
#include "testing_chat.h"

#include <whiply/chat.h>

struct came {
	unsigned n;
	enum wh_err err;
	int64_t id;
	char text[200], room[80];
	size_t entries;
	uint64_t number;
};

static void
done(void *self, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct came *c = self;

	assert_int_equal(cookie, 7);
	c->n++;
	c->err = err;
	c->id = id;
}

static void
found(void *self, uint64_t cookie, enum wh_err err, const struct wh_chat_entry *entries, size_t n)
{
	struct came *c = self;

	(void)cookie;
	c->n++;
	c->err = err;
	c->entries = n;
	c->text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(c->text + strlen(c->text), sizeof c->text - strlen(c->text), "%.*s:%.*s;", WH_FMT(entries[i].name), WH_FMT(entries[i].text));
	if (n != 0)
		snprintf(c->room, sizeof c->room, "%.*s", WH_FMT(entries[0].room));
}

static void
listener(void *self, const struct wh_chat_said *said_)
{
	struct came *c = self;

	c->n++;
	c->number = said_->number;
	c->id = said_->entry->id;
	snprintf(c->text, sizeof c->text, "%.*s", WH_FMT(said_->entry->text));
}

static const struct wh_chat_ops *
service(struct fixture *f, struct wh_chat **chat_out)
{
	void *self = NULL;
	const struct wh_chat_ops *ops = wh_test_service(f->t, "chat", WH_CHAT_VERSION, &self);

	assert_non_null(ops);
	*chat_out = self;
	return ops;
}

static const struct wh_chat_actor mod = { { "id-mod", 6 }, { "mod", 3 } };

static void
what_is_removed_can_be_put_back_and_is_found_again(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	struct came c = { 0 };
	struct wh_chat *chat;
	const struct wh_chat_ops *ops = service(f, &chat);
	int64_t number;
	char id[256];

	(void)state;
	said(f, ann, "den", "purple elephants", id);
	number = (int64_t)strtoull(id, NULL, 16);
	assert_int_equal(ops->entry(chat, number, found, &c, 1), WH_OK);
	wh_test_settle(f->t);
	assert_string_equal(c.text, "ann:purple elephants;");
	assert_int_equal(ops->redact(chat, wh_str(c.room), number, &mod, WH_STR("off topic"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_OK);
	wh_assert_has(wh_heard(bob, "chat.redacted"), "'from':'mod'");
	wh_assert_lacks(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	/* Once is enough. */
	assert_int_equal(ops->redact(chat, WH_STR("den"), number, &mod, WH_STR(""), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_ENOENT);
	assert_int_equal(ops->restore(chat, WH_STR("den"), number, &mod, WH_STR("purple elephants"), WH_STR(""), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_OK);
	wh_assert_has(wh_heard(bob, "chat.restored"), "'text':'purple elephants','target':'");
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "purple");
	wh_assert_has(call(f, bob, "chat.search", "{'room':'den','query':'elephants'}")->json, "purple");
	assert_int_equal(ops->restore(chat, WH_STR("den"), number, &mod, WH_STR("x"), WH_STR(""), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_ENOENT);
	/* Removed again it is nowhere, not in what told of its return either. */
	assert_int_equal(ops->redact(chat, WH_STR("den"), number, &mod, WH_STR(""), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	wh_assert_lacks(call(f, bob, "chat.history", "{'room':'den','events':true}")->json, "purple");
	end(f);
}

static void
a_room_that_nobody_is_in_is_read_for_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	struct came c = { 0 };
	struct wh_chat *chat;
	const struct wh_chat_ops *ops = service(f, &chat);
	char id[256];

	(void)state;
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	said(f, ann, "den", "bye", id);
	assert_call(f, ann, "chat.leave", "{'room':'den'}", WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(ops->redact(chat, WH_STR("den"), (int64_t)strtoull(id, NULL, 16), &mod, WH_STR(""), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.err, WH_OK);
	assert_int_equal(ops->redact(chat, WH_STR("nowhere"), 5, &mod, WH_STR(""), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.err, WH_ENOENT);
	assert_int_equal(ops->redact(chat, WH_STR("no room"), 5, &mod, WH_STR(""), done, &c, 7), WH_EINVAL);
	/* Who forgets is told nothing more. */
	assert_int_equal(ops->redact(chat, WH_STR("den"), 5, &mod, WH_STR(""), done, &c, 7), WH_OK);
	ops->forget(chat, &c);
	wh_test_settle(f->t);
	assert_int_equal(c.n, 2);
	end(f);
}

static void
what_is_said_for_somebody_is_said_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *bob = inside(f, "bob", "member", "den");
	const struct wh_chat_actor eve = { WH_STR("id-eve"), WH_STR("eve") };
	struct came c = { 0 }, first;
	struct wh_chat *chat;
	const struct wh_chat_ops *ops = service(f, &chat);

	(void)state;
	assert_int_equal(ops->say_for(chat, WH_STR("den"), &eve, WH_STR("say"), WH_STR("I was held"), 0, WH_STR("held-1"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	first = c;
	assert_int_equal(c.err, WH_OK);
	wh_assert_has(wh_heard(bob, "chat.message"), "'from':'eve','who':'id-eve'");
	assert_int_equal(ops->say_for(chat, WH_STR("den"), &eve, WH_STR("say"), WH_STR("I was held"), 0, WH_STR("held-1"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_OK);
	assert_int_equal(c.id, first.id);
	assert_null(wh_heard(bob, "chat.message"));
	end(f);
}

static void
what_is_whispered_for_somebody_reaches_who_takes_whispers_from_them(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	const struct wh_chat_actor author = { WH_STR("id-ann"), WH_STR("ann") };
	struct came c = { 0 };
	struct wh_chat *chat;
	const struct wh_chat_ops *ops = service(f, &chat);

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'psst'}", WH_OK);
	assert_int_equal(ops->say_for(chat, WH_STR("@id-ann,id-bob"), &author, WH_STR("say"), WH_STR("I was held"), 0, WH_STR("held-1"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_OK);
	wh_assert_has(wh_heard(bob, "I was held"), "'from':'ann'");
	assert_call(f, bob, "chat.block", "{'name':'ann'}", WH_OK);
	assert_int_equal(ops->say_for(chat, WH_STR("@id-ann,id-bob"), &author, WH_STR("say"), WH_STR("and this"), 0, WH_STR("held-2"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_EPERM);
	assert_null(wh_heard(bob, "and this"));
	end(f);
}

static void
what_is_edited_for_somebody_is_theirs_and_edited_once(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *eve = inside(f, "eve", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const struct wh_chat_actor author = { WH_STR("id-eve"), WH_STR("eve") }, other = { WH_STR("id-bob"), WH_STR("bob") };
	struct came c = { 0 }, first;
	struct wh_chat *chat;
	const struct wh_chat_ops *ops = service(f, &chat);
	char id[256];
	int64_t entry;

	(void)state;
	said(f, eve, "den", "as it was", id);
	entry = (int64_t)strtoull(id, NULL, 16);
	assert_int_equal(ops->edit_for(chat, WH_STR("den"), entry, &other, WH_STR("not mine"), WH_STR("held-1"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_ENOENT);
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "as it was");
	assert_int_equal(ops->edit_for(chat, WH_STR("den"), entry, &author, WH_STR("as it is"), WH_STR("held-2"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	first = c;
	assert_int_equal(c.err, WH_OK);
	wh_assert_has(wh_heard(bob, "chat.edited"), "'from':'eve','who':'id-eve'");
	wh_assert_lacks(call(f, bob, "chat.history", "{'room':'den'}")->json, "as it was");
	assert_int_equal(ops->edit_for(chat, WH_STR("den"), entry, &author, WH_STR("as it is"), WH_STR("held-2"), done, &c, 7), WH_OK);
	wh_test_settle(f->t);
	assert_int_equal(c.err, WH_OK);
	assert_int_equal(c.id, first.id);
	assert_null(wh_heard(bob, "chat.edited"));
	end(f);
}

static void
what_was_said_lately_is_found_by_room_and_by_person(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	struct came c = { 0 };
	struct wh_chat *chat;
	const struct wh_chat_ops *ops = service(f, &chat);
	char id[256];
	int64_t then;

	(void)state;
	said(f, ann, "den", "old", id);
	wh_test_advance(f->t, 60000);
	then = wh_wall_ms(wh_test_host(f->t));
	said(f, ann, "den", "new", id);
	said(f, bob, "den", "too", id);
	assert_int_equal(ops->recent(chat, WH_STR("Den"), WH_STR(""), then, 10, found, &c, 1), WH_OK);
	wh_test_settle(f->t);
	assert_string_equal(c.text, "bob:too;ann:new;");
	assert_int_equal(ops->recent(chat, WH_STR(""), WH_STR("id-ann"), 0, 10, found, &c, 1), WH_OK);
	wh_test_settle(f->t);
	assert_string_equal(c.text, "ann:new;ann:old;");
	assert_int_equal(ops->recent(chat, WH_STR(""), WH_STR(""), 0, 10, found, &c, 1), WH_EINVAL);
	end(f);
}

/* Messages that go another way. */
struct gate {
	enum wh_message_way way;
	bool hold;
	wh_id ticket;
	uint64_t number;
};

static enum wh_verdict
gate_message(void *self, struct wh_message *m)
{
	struct gate *g = self;

	g->number = m->number;
	g->ticket = m->at.ticket;
	if (g->hold)
		return WH_HOLD;
	m->way = g->way;
	return g->way != WH_WAY_ROOM ? WH_CHANGED : WH_PASS;
}

static void
a_hidden_message_is_seen_by_who_said_it_alone(void **state)
{
	static const struct wh_hook hooks[] = { { WH_ON_MESSAGE, .order = 10, .message = gate_message }, { 0 } };
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *desk = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const struct wh_test_answer *answer;
	struct gate g = { .way = WH_WAY_SELF };
	struct came c = { 0 };
	struct wh_chat *chat;
	const struct wh_chat_ops *ops = service(f, &chat);

	(void)state;
	assert_int_equal(ops->listen(chat, listener, &c), WH_OK);
	wh_test_other_hooks(f->t, hooks, &g);
	answer = call(f, ann, "chat.say", "{'room':'den','text':'buy this'}");
	assert_int_equal(answer->err, WH_OK);
	wh_assert_has(answer->json, "'seq':0,'id':'");
	wh_assert_has(wh_heard(ann, "chat.message"), "buy this");
	wh_assert_has(wh_heard(desk, "chat.message"), "buy this");
	assert_null(wh_heard(bob, "chat.message"));
	wh_assert_lacks(call(f, ann, "chat.history", "{'room':'den'}")->json, "buy this");
	assert_int_equal(c.n, 0);
	g.way = WH_WAY_NOBODY;
	assert_call(f, ann, "chat.say", "{'room':'den','text':'/slow 5s'}", WH_OK);
	assert_null(wh_heard(ann, "chat.message"));
	/* After a hold as well. */
	g = (struct gate){ .hold = true };
	answer = wh_test_start(f->t, ann, "chat.say", "{'room':'den','text':'buy that'}");
	assert_int_equal(answer->err, WH_WAIT);
	assert_null(wh_message_find(wh_test_host(f->t), g.ticket + 1));
	g = (struct gate){ .way = WH_WAY_ROOM };
	assert_call(f, ann, "chat.say", "{'room':'den','text':'in the open'}", WH_OK);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.number, g.number);
	assert_string_equal(c.text, "in the open");
	wh_assert_has(wh_heard(bob, "chat.message"), "'seq':1");
	wh_test_advance(f->t, WH_TEST_HOLD_MS);
	ops->forget(chat, &c);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_removed_can_be_put_back_and_is_found_again),
		cmocka_unit_test(a_room_that_nobody_is_in_is_read_for_it),
		cmocka_unit_test(what_is_said_for_somebody_is_said_once),
		cmocka_unit_test(what_is_whispered_for_somebody_reaches_who_takes_whispers_from_them),
		cmocka_unit_test(what_is_edited_for_somebody_is_theirs_and_edited_once),
		cmocka_unit_test(what_was_said_lately_is_found_by_room_and_by_person),
		cmocka_unit_test(a_hidden_message_is_seen_by_who_said_it_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
