/* Rooms that get another name: who is in them, who comes by the old one, and what becomes of it when the hub dies between. */
#include "testing_chat.h"

#include <whiply/chat.h>

struct heard_of {
	unsigned n;
	bool again;
	char text[200];
};

static void
watcher(void *self, const struct wh_chat_moved *m)
{
	struct heard_of *h = self;

	h->n++;
	h->again = m->again;
	snprintf(h->text, sizeof h->text, "%.*s>%.*s by %.*s: %.*s", WH_FMT(m->from_key), WH_FMT(m->key), WH_FMT(m->by.name), WH_FMT(m->reason));
}

static void
watch(struct fixture *f, struct heard_of *h)
{
	void *self = NULL;
	const struct wh_chat_ops *ops = wh_test_service(f->t, "chat", WH_CHAT_VERSION, &self);

	*h = (struct heard_of){ .n = 0 };
	assert_int_equal(ops->watch(self, watcher, h), WH_OK);
}

static enum wh_verdict
nobody_enters(void *self, struct wh_passage *p)
{
	++*(unsigned *)self;
	return wh_refuse(&p->at, WH_EPERM, "nobody enters", 0);
}

static void
people_come_along_and_nobody_is_asked_whether_they_may(void **state)
{
	static const struct wh_hook hooks[] = { { WH_ON_JOIN, .order = 1, .passage = nobody_enters }, { 0 } };
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "", "den");
	unsigned asked = 0;
	char id[256];

	(void)state;
	wh_test_other_hooks(f->t, hooks, &asked);
	wh_assert_has(call(f, ann, "chat.rename", "{'room':'den','to':'Lair','reason':'better'}")->json, "'room':'Lair'");
	assert_int_equal(asked, 0);
	wh_assert_has(wh_heard(bob, "chat.moved"), "'room':'den','to':'Lair','who':'id-ann','from':'ann','reason':'better'");
	assert_int_equal(wh_times(bob, "chat.left"), 0);
	assert_int_equal(wh_times(bob, "chat.joined"), 0);
	said(f, ann, "lair", "hello", id);
	wh_assert_has(wh_heard(bob, "chat.message"), "'room':'Lair'");
	wh_assert_has(call(f, bob, "chat.members", "{'room':'lair'}")->json, "'total':2");
	wh_test_leave_server(f->t, bob);
	wh_test_settle(f->t);
	wh_assert_has(call(f, ann, "chat.members", "{'room':'lair'}")->json, "'total':1");
	end(f);
}

static void
the_old_name_leads_to_the_room_for_a_while_and_is_nobody_elses(void **state)
{
	struct fixture *f = begin("redirect = \"1h\"; idle = \"10s\";");
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", ""), *cleo = inside(f, "cleo", "member", "yard");
	char id[256];

	(void)state;
	assert_call(f, ann, "chat.rename", "{'room':'den','to':'lair'}", WH_OK);
	said(f, ann, "lair", "said", id);
	wh_assert_has(call(f, bob, "chat.join", "{'room':'#DEN'}")->json, "'room':'lair'");
	wh_assert_has(call(f, bob, "chat.room", "{'room':'den'}")->json, "'room':'lair'");
	wh_assert_has(call(f, bob, "chat.say", "{'room':'den','text':'x'}")->why, "the room is called lair now");
	wh_assert_has(call(f, bob, "chat.resume", "{'rooms':[{'room':'den','epoch':1,'seq':0}]}")->json, "'room':'lair','was':'den'");
	assert_int_equal(call(f, cleo, "chat.rename", "{'room':'yard','to':'den'}")->err, WH_EEXIST);
	/* It survives the hub, and ends. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	cleo = inside(f, "cleo", "", "yard");
	wh_assert_has(call(f, cleo, "chat.join", "{'room':'den'}")->json, "'room':'lair'");
	wh_test_advance(f->t, 3700000);
	wh_test_settle(f->t);
	wh_assert_has(call(f, cleo, "chat.join", "{'room':'den'}")->json, "'room':'den','epoch'");
	wh_assert_has(call(f, ann, "chat.members", "{'room':'lair'}")->json, "'name':'bob'");
	end(f);
}

static void
a_name_that_was_given_up_can_be_taken_back(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "");

	(void)state;
	assert_call(f, ann, "chat.rename", "{'room':'den','to':'lair'}", WH_OK);
	assert_int_equal(call(f, ann, "chat.rename", "{'room':'lair','to':'den'}")->err, WH_EFAST);
	wh_test_advance(f->t, 61000);
	assert_call(f, ann, "chat.rename", "{'room':'lair','to':'den'}", WH_OK);
	wh_assert_has(call(f, bob, "chat.join", "{'room':'lair'}")->json, "'room':'den'");
	end(f);
}

static void
of_one_room_five_names_lead_to_it(void **state)
{
	struct fixture *f = begin("create = \"members\";");
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "gus", "guest");
	char args[80];

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		snprintf(args, sizeof args, i == 0 ? "{'room':'den','to':'n%u'}" : "{'room':'n%u','to':'n%u'}", i == 0 ? i : i - 1, i);
		wh_test_advance(f->t, 61000);
		assert_call(f, ann, "chat.rename", args, WH_OK);
	}
	assert_call(f, bob, "chat.join", "{'room':'den'}", WH_ENOENT);
	assert_call(f, bob, "chat.join", "{'room':'n0'}", WH_ENOENT);
	wh_assert_has(call(f, bob, "chat.join", "{'room':'n1'}")->json, "'room':'n6'");
	end(f);
}

static void
the_old_name_of_a_hidden_room_leads_nobody_there(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "");

	(void)state;
	assert_call(f, ann, "chat.rename", "{'room':'den','to':'lair'}", WH_OK);
	assert_call(f, ann, "chat.set", "{'room':'lair','access':'unlisted'}", WH_OK);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_int_equal(call(f, bob, "chat.room", "{'room':'den'}")->err, WH_ENOENT);
	wh_assert_has(call(f, bob, "chat.join", "{'room':'den'}")->json, "'room':'den'");
	end(f);
}

static void
who_dies_before_moving_people_moves_them_afterwards(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "", "den");
	struct heard_of h;
	char id[256];

	(void)state;
	said(f, ann, "den", "before", id);
	rename_behind(f, "lair", "Lair");
	wh_test_recover(f->t);
	watch(f, &h);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(bob, "chat.moved"), "'room':'den','to':'Lair','who':'id-ann','from':'ann','reason':'better'");
	assert_int_equal(wh_times(bob, "before"), 1);
	wh_assert_has(call(f, bob, "chat.members", "{'room':'lair'}")->json, "'total':2");
	wh_assert_has(call(f, ann, "chat.room", "{'room':'lair'}")->json, "'room':'Lair'");
	wh_assert_has(call(f, ann, "chat.room", "{'room':'lair'}")->json, "'role':'owner'");
	said(f, ann, "lair", "after", id);
	wh_assert_has(wh_heard(bob, "chat.message"), "'seq':2");
	assert_string_equal(h.text, "den>lair by ann: better");
	assert_false(h.again);
	assert_string_equal(f->moved, "den>lair");
	/* Once is enough. */
	wh_test_recover(f->t);
	watch(f, &h);
	wh_test_settle(f->t);
	assert_int_equal(h.n, 0);
	wh_assert_has(call(f, bob, "chat.members", "{'room':'lair'}")->json, "'total':2");
	end(f);
}

static void
what_was_told_to_nobody_is_told_again(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	struct heard_of h;

	(void)state;
	assert_call(f, ann, "chat.rename", "{'room':'den','to':'lair','reason':'why'}", WH_OK);
	wh_test_settle(f->t);
	behind(f, "UPDATE chat_moved SET told = 0, who = 'id-ann', who_name = 'ann', reason = 'why'");
	wh_test_recover(f->t);
	watch(f, &h);
	wh_test_settle(f->t);
	assert_int_equal(h.n, 1);
	assert_true(h.again);
	assert_string_equal(h.text, "den>lair by ann: why");
	assert_int_equal(wh_times(ann, "chat.moved"), 1);
	end(f);
}

static void
a_name_that_cannot_be_written_changes_nothing(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "", "yard");

	(void)state;
	assert_int_equal(call(f, ann, "chat.rename", "{'room':'den','to':'yard'}")->err, WH_EEXIST);
	assert_int_equal(call(f, ann, "chat.rename", "{'room':'den','to':'@yard'}")->err, WH_EINVAL);
	assert_int_equal(call(f, bob, "chat.rename", "{'room':'den','to':'x'}")->err, WH_EPERM);
	behind(f, "ALTER TABLE chat_moved RENAME TO chat_moved_gone");
	assert_int_not_equal(call(f, ann, "chat.rename", "{'room':'den','to':'lair'}")->err, WH_OK);
	behind(f, "ALTER TABLE chat_moved_gone RENAME TO chat_moved");
	wh_assert_has(call(f, ann, "chat.room", "{'room':'den'}")->json, "'room':'den','epoch'");
	assert_int_equal(call(f, bob, "chat.room", "{'room':'lair'}")->err, WH_ENOENT);
	assert_call(f, ann, "chat.rename", "{'room':'den','to':'lair'}", WH_OK);
	end(f);
}

static void
who_asked_and_went_has_given_the_room_its_name(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "", "den");

	(void)state;
	wh_test_start(f->t, ann, "chat.rename", "{'room':'den','to':'lair'}");
	assert_int_equal(wh_test_start(f->t, bob, "chat.room", "{'room':'lair'}")->err, WH_OK);
	wh_test_leave_server(f->t, ann);
	wh_test_settle(f->t);
	wh_assert_has(wh_heard(bob, "chat.moved"), "'to':'lair'");
	wh_assert_has(call(f, bob, "chat.members", "{'room':'lair'}")->json, "'total':1");
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_come_along_and_nobody_is_asked_whether_they_may),
		cmocka_unit_test(the_old_name_leads_to_the_room_for_a_while_and_is_nobody_elses),
		cmocka_unit_test(a_name_that_was_given_up_can_be_taken_back),
		cmocka_unit_test(of_one_room_five_names_lead_to_it),
		cmocka_unit_test(the_old_name_of_a_hidden_room_leads_nobody_there),
		cmocka_unit_test(who_dies_before_moving_people_moves_them_afterwards),
		cmocka_unit_test(what_was_told_to_nobody_is_told_again),
		cmocka_unit_test(a_name_that_cannot_be_written_changes_nothing),
		cmocka_unit_test(who_asked_and_went_has_given_the_room_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
