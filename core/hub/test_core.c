/* The core with edges whose far end the test plays: sessions, rooms, groups, full rings, dead edges. */
#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"
#include "hub/testing_hub.h"

static void
a_connection_becomes_a_session_and_its_messages_reach_the_dialect(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s;

	(void)state;
	t->greet = true;
	s = test_client(t, e, 3);
	assert_string_equal(test_edge_got(t, e), "SEND 3 hello;");
	test_message(e, 3, "hi");
	test_turn(t);
	assert_string_equal(t->heard, "opened;msg hi;");
	assert_int_equal(s->who.kind, WH_GUEST);
	assert_true(wh_str_is(s->who.roles, "guest"));
	assert_true(wh_str_is(session_address(t->hub, s), "192.0.2.7"));
	assert_ptr_equal(session_get(t->hub, s->id), s);
	test_hub_free(t);
}

static void
a_closed_connection_without_a_token_ends_its_session(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	wh_id id = test_client(t, e, 0)->id;

	(void)state;
	test_closed(e, 0, 1006);
	test_message(e, 0, "too late");
	test_turn(t);
	assert_string_equal(t->heard, "opened;ended;");
	assert_null(session_get(t->hub, id));
	assert_int_equal(t->hub->counts.records_stale, 1);
	test_hub_free(t);
}

static void
closing_says_farewell_then_closes_then_ends(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);

	(void)state;
	test_client(t, e, 0);
	test_message(e, 0, "close");
	test_message(e, 0, "ignored");
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "SEND 0 bye 4000;CLOSE 0 4000;");
	assert_string_equal(t->heard, "opened;msg close;ended;");
	assert_int_equal(t->hub->sessions.by_id.n, 0);
	test_hub_free(t);
}

static void
nothing_is_sent_behind_a_farewell(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s;

	(void)state;
	s = test_client(t, e, 0);
	session_close(t->hub, s, 4000, WH_STR("go"));
	assert_int_equal(session_send(t->hub, s, WH_STR("late")), WH_EAWAY);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "SEND 0 bye 4000;CLOSE 0 4000;");
	test_hub_free(t);
}

static void
an_identity_is_copied_and_told(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	char name[] = "Ada";
	char too_long[SESSION_IDENTITY_MAX + 1];

	(void)state;
	assert_int_equal(session_identify(t->hub, s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), wh_str(name), WH_STR("member") }), WH_OK);
	memset(name, 'x', 3);
	assert_true(wh_str_is(s->who.name, "Ada"));
	assert_string_equal(t->heard, "opened;identified;");
	memset(too_long, 'n', sizeof too_long);
	assert_int_equal(session_identify(t->hub, s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), { too_long, sizeof too_long }, WH_STR("") }),
	    WH_ETOOBIG);
	assert_int_equal(session_identify(t->hub, s, &(struct wh_identity){ WH_ACCOUNT, { "a\0b", 3 }, WH_STR("b"), WH_STR("") }), WH_EINVAL);
	assert_true(wh_str_is(s->who.name, "Ada"));
	test_hub_free(t);
}

static void
a_bad_credential_closes_the_connection(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_rec_opened r = { .conn = test_conn(e, 0), .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("fake.v1"), .cookie = WH_STR("s=1") };

	(void)state;
	t->credential = WH_REFUSE;
	t->greet = true;
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "SEND 0 bye 4401;CLOSE 0 4401;");
	assert_string_equal(t->heard, "opened;credential s=1;ended;");
	test_hub_free(t);
}

static void
what_is_said_before_it_is_known_who_it_is_waits(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	const wh_id conn = test_conn(e, 0);
	struct wh_rec_opened r = { .conn = conn, .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("fake.v1"), .cookie = WH_STR("s=1") };
	struct wh_session *s;

	(void)state;
	t->credential = WH_HOLD;
	t->greet = true;
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_message(e, 0, "first");
	test_message(e, 0, "second");
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "");
	assert_string_equal(t->heard, "opened;credential s=1;");
	s = session_by_conn(t->hub, conn);
	assert_non_null(s);
	session_known(t->hub, s->id, true);
	session_known(t->hub, s->id, false);	/* said once is said */
	test_turn(t);
	assert_string_equal(t->heard, "opened;credential s=1;msg first;msg second;");
	assert_non_null(strstr(test_edge_got(t, e), "SEND 0 hello"));
	assert_false(s->closing);
	test_hub_free(t);
}

static void
who_says_too_much_before_is_closed(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	const wh_id conn = test_conn(e, 0);
	struct wh_rec_opened r = { .conn = conn, .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("fake.v1"), .cookie = WH_STR("s=1") };
	static char big[SESSION_EARLY_MAX / 8];
	wh_id id;

	(void)state;
	t->credential = WH_HOLD;
	memset(big, 'x', sizeof big);
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_turn(t);
	id = session_by_conn(t->hub, conn)->id;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(wh_rec_message_put(e->link->out, &(struct wh_rec_message){ .conn = conn, .bytes = { big, sizeof big } }), WH_OK);
		test_turn(t);
	}
	assert_string_equal(test_edge_got(t, e), "SEND 0 bye 1013;CLOSE 0 1013;");
	session_known(t->hub, id, true);
	test_hub_free(t);
}

static void
a_new_identity_gets_a_new_resume_token(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0), *other = test_client(t, e, 1), *resumed;
	char token[SESSION_TOKEN_SIZE];

	(void)state;
	assert_int_equal(session_token(t->hub, s, token), WH_OK);
	assert_int_equal(session_identify(t->hub, s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), WH_STR("member") }), WH_OK);
	test_turn(t);
	assert_non_null(strstr(test_edge_got(t, e), "session.identity"));
	assert_int_equal(session_resume(t->hub, other, wh_str(token), &resumed), WH_EAUTH);
	assert_true(s->resumable);
	test_hub_free(t);
}

static void
an_unknown_subprotocol_is_closed_without_a_session(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_rec_opened r = { .conn = test_conn(e, 0), .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("nobody.v9") };

	(void)state;
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "CLOSE 0 1002;");
	assert_string_equal(t->heard, "");
	test_hub_free(t);
}

static char came_with[64];

static void
pathed_open(void *self, struct wh_session *s)
{
	struct test_hub *t = self;
	struct wh_str id = session_param(t->hub, s, "id"), none = session_param(t->hub, s, "none");

	snprintf(came_with, sizeof came_with, "%.*s/%zu", WH_FMT(id), none.n);
}

static void
pathed_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	(void)self, (void)s, (void)bytes, (void)flags;
}

static void
a_path_of_its_own_brings_clients_to_a_dialect_with_their_query(void **state)
{
	static const struct wh_dialect row = { .name = "pathed", .path = "/pathed", .open = pathed_open, .receive = pathed_receive };
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	const wh_id conns[] = { test_conn(e, 0), test_conn(e, 1) };
	struct wh_rec_opened r = { .conn = conns[0], .transport = WH_TRANSPORT_WS, .path = WH_STR("/pathed"), .query = WH_STR("x=1&id=a%20b") };
	struct wh_session *s;

	(void)state;
	assert_int_equal(dialect_add(t->hub, &row, NULL, t), WH_OK);
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_turn(t);
	s = session_by_conn(t->hub, conns[0]);
	assert_string_equal(s->dialect->row->name, "pathed");
	assert_string_equal(came_with, "a b/0");
	assert_null(s->query);
	assert_int_equal(session_param(t->hub, s, "id").n, 0);
	/* Whose credential is looked up first has it still. */
	t->credential = WH_HOLD;
	r.conn = conns[1];
	r.query = WH_STR("id=later");
	r.cookie = WH_STR("s=1");
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_turn(t);
	assert_string_equal(came_with, "a b/0");
	session_known(t->hub, session_by_conn(t->hub, conns[1])->id, true);
	assert_string_equal(came_with, "later/0");
	assert_int_equal(dialect_add(t->hub, &(struct wh_dialect){ .name = "again", .path = "/pathed" }, NULL, t), WH_EEXIST);
	test_hub_free(t);
}

static void
a_line_client_speaks_its_listeners_dialect(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_rec_opened r = { .conn = test_conn(e, 0), .transport = WH_TRANSPORT_LINE, .listener = 1 };

	(void)state;
	t->hub->settings.n_listeners = 2;
	strcpy(t->hub->settings.listeners[0].dialect, "fake");
	strcpy(t->hub->settings.listeners[1].dialect, "other");
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_turn(t);
	assert_string_equal(session_dialect_name(session_by_conn(t->hub, r.conn)), "other");
	/* `fake` is not for lines. */
	r.conn = test_conn(e, 1);
	r.listener = 0;
	assert_int_equal(wh_rec_opened_put(e->link->out, &r), WH_OK);
	test_turn(t);
	assert_null(session_by_conn(t->hub, r.conn));
	test_hub_free(t);
}

static void
a_publish_is_one_record_for_each_edge_and_dialect(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true), *b = test_edge_add(t, 2, true);
	struct wh_room *r;
	struct wh_rec_opened other = { .conn = test_conn(b, 9), .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("other.v1") };
	const struct wh_event e = { .name = "news" };
	struct wh_session *first;

	(void)state;
	first = test_client(t, a, 0);
	r = room_open(t->hub, WH_STR("lobby"));
	assert_int_equal(room_join(t->hub, r, first), WH_OK);
	assert_int_equal(room_join(t->hub, r, first), WH_EEXIST);
	for (uint32_t i = 1; i < 5; i++)
		assert_int_equal(room_join(t->hub, r, test_client(t, a, i)), WH_OK);
	assert_int_equal(room_join(t->hub, r, test_client(t, b, 0)), WH_OK);
	assert_int_equal(wh_rec_opened_put(b->link->out, &other), WH_OK);
	test_turn(t);
	assert_int_equal(room_join(t->hub, r, session_by_conn(t->hub, other.conn)), WH_OK);
	test_turn(t);
	assert_string_equal(test_edge_got(t, a), "GROUP_OPEN r:fake:lobby;JOIN 0;JOIN 1;JOIN 2;JOIN 3;JOIN 4;");
	assert_string_equal(test_edge_got(t, b), "GROUP_OPEN r:fake:lobby;JOIN 0;GROUP_OPEN r:other:lobby;JOIN 9;");
	t->hub->counts.renders = 0;
	assert_int_equal(room_publish(t->hub, r, 1, &e, first, 0), WH_OK);
	test_turn(t);
	assert_int_equal(t->hub->counts.renders, 2);
	assert_string_equal(test_edge_got(t, a), "PUBLISH 1 fake:news but one;");
	assert_string_equal(test_edge_got(t, b), "PUBLISH 1 fake:news;PUBLISH 1 other:news;");
	assert_int_equal(room_seq(r), 1);
	test_hub_free(t);
}

static void
each_accent_in_a_room_is_rendered_once(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *plain = test_client(t, e, 0), *rich = test_client(t, e, 1);
	struct wh_room *r = room_open(t->hub, WH_STR("lobby"));
	char token[SESSION_TOKEN_SIZE];

	(void)state;
	session_token(t->hub, rich, token);
	room_join(t->hub, r, plain);
	room_join(t->hub, r, rich);
	room_publish(t->hub, r, 1, &(struct wh_event){ .name = "one" }, NULL, 0);
	test_turn(t);
	test_edge_got(t, e);
	assert_int_equal(session_accent_set(t->hub, rich, 0x2f), WH_OK);
	test_turn(t);
	assert_non_null(strstr(test_edge_got(t, e), "LEAVE 1;GROUP_OPEN r:fake/2f:lobby;JOIN 1;"));
	t->hub->counts.renders = 0;
	room_publish(t->hub, r, 2, &(struct wh_event){ .name = "two" }, NULL, 0);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "PUBLISH 2 fake:two;PUBLISH 2 fake:two/2f;");
	assert_int_equal(t->hub->counts.renders, 2);
	/* What is sent to one alone is in its accent too; and a connection that comes anew is plain. */
	session_notify(t->hub, rich, &(struct wh_event){ .name = "you" });
	test_closed(e, 1, 1006);
	test_turn(t);
	assert_non_null(strstr(test_edge_got(t, e), "SEND 1 fake:you/2f;"));
	assert_int_equal(rich->accent, 0);
	test_hub_free(t);
}

static void
a_speaker_hears_itself_if_its_dialect_wants_it(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	struct wh_room *r = room_open(t->hub, WH_STR("lobby"));

	(void)state;
	room_join(t->hub, r, s);
	room_join(t->hub, r, test_client(t, e, 1));
	test_turn(t);
	test_edge_got(t, e);
	room_publish(t->hub, r, 0, &(struct wh_event){ .name = "a" }, s, WH_UNLESS_ECHO);
	session_accent_set(t->hub, s, TEST_ACCENT_DEAF);
	test_turn(t);
	assert_non_null(strstr(test_edge_got(t, e), "PUBLISH 0 fake:a;"));
	room_publish(t->hub, r, 0, &(struct wh_event){ .name = "b" }, s, WH_UNLESS_ECHO);
	room_publish(t->hub, r, 0, &(struct wh_event){ .name = "c" }, s, 0);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "PUBLISH 0 fake:b but one;PUBLISH 0 fake:b/8 but one;PUBLISH 0 fake:c but one;PUBLISH 0 fake:c/8 but one;");
	test_hub_free(t);
}

static void
an_edge_begins_with_the_seq_that_its_first_member_knows(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true), *b = test_edge_add(t, 2, true);
	struct wh_session *first = test_client(t, a, 0), *second = test_client(t, b, 0);
	struct wh_room *r = room_open(t->hub, WH_STR("lobby"));
	struct wh_rec_group_open open = { .seq = 0 };
	struct wh_rec rec;

	(void)state;
	room_join(t->hub, r, first);
	room_publish(t->hub, r, 5, &(struct wh_event){ .name = "five" }, NULL, 0);
	room_join(t->hub, r, second);
	test_turn(t);
	while (wh_ring_next(b->link->in, &rec) == 1 && wh_rec_group_open_get(&rec, &open) != WH_OK)
		wh_ring_done(b->link->in);
	assert_int_equal(open.seq, 5);
	assert_int_equal(room_seq(r), 5);
	/* A new epoch counts from below again. */
	room_seq_set(t->hub, r, 0);
	test_edge_got(t, a);
	room_publish(t->hub, r, 1, &(struct wh_event){ .name = "anew" }, NULL, 0);
	test_turn(t);
	assert_string_equal(test_edge_got(t, a), "PUBLISH 1 fake:anew;");
	test_hub_free(t);
}

static void
the_last_to_leave_takes_the_group_from_its_edge_and_the_empty_room_ends(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	struct wh_room *r = room_open(t->hub, WH_STR("lobby"));
	wh_id id = r->id;

	(void)state;
	room_join(t->hub, r, s);
	test_turn(t);
	test_edge_got(t, e);
	assert_int_equal(room_leave(t->hub, r, s, WH_STR("")), WH_OK);
	assert_int_equal(room_leave(t->hub, r, s, WH_STR("")), WH_ENOENT);
	assert_ptr_equal(room_get(t->hub, id), r);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "LEAVE 0;GROUP_CLOSE;");
	assert_null(room_get(t->hub, id));
	assert_null(room_find(t->hub, WH_STR("lobby")));
	assert_string_equal(t->heard, "opened;left lobby;");
	test_hub_free(t);
}

static void
room_names_and_numbers_are_bounded(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	char name[ROOM_NAME_MAX + 1];

	(void)state;
	memset(name, 'n', sizeof name);
	assert_null(room_open(t->hub, (struct wh_str){ name, sizeof name }));
	assert_non_null(room_open(t->hub, (struct wh_str){ name, ROOM_NAME_MAX }));
	assert_null(room_open(t->hub, (struct wh_str){ name, 0 }));
	assert_null(room_open(t->hub, (struct wh_str){ "a\0b", 3 }));
	t->hub->settings.rooms_max = t->hub->rooms.slots.used;
	assert_null(room_open(t->hub, WH_STR("one too many")));
	t->hub->settings.rooms_max += 3;
	t->hub->settings.rooms_per_session = 2;
	assert_int_equal(room_join(t->hub, room_open(t->hub, WH_STR("a")), s), WH_OK);
	assert_int_equal(room_join(t->hub, room_open(t->hub, WH_STR("b")), s), WH_OK);
	assert_int_equal(room_join(t->hub, room_open(t->hub, WH_STR("c")), s), WH_EFULL);
	assert_int_equal(room_join(t->hub, room_open(t->hub, WH_STR("b")), s), WH_EEXIST);
	test_hub_free(t);
}

static void
members_stay_right_whoever_leaves(void **state)
{
	enum { N = 40, ROOMS = 5 };
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s[N];
	struct wh_room *r[ROOMS];
	bool in[ROOMS][N] = { 0 };
	unsigned chance = 12345;

	(void)state;
	for (int i = 0; i < ROOMS; i++) {
		char name[2] = { (char)('a' + i), 0 };

		r[i] = room_open(t->hub, wh_str(name));
		room_keep(t->hub, r[i], true);
	}
	for (uint32_t i = 0; i < N; i++)
		s[i] = test_client(t, e, i);
	for (int step = 0; step < 4000; step++) {
		unsigned room, who;

		chance = chance * 1103515245 + 12345;
		room = (chance >> 8) % ROOMS;
		who = (chance >> 16) % N;
		if (in[room][who])
			assert_int_equal(room_leave(t->hub, r[room], s[who], WH_STR("")), WH_OK);
		else
			assert_int_equal(room_join(t->hub, r[room], s[who]), WH_OK);
		in[room][who] = !in[room][who];
		if (step % 100 == 0) {
			test_turn(t);
			test_edge_got(t, e);
		}
	}
	for (int i = 0; i < ROOMS; i++) {
		size_t n = 0;

		for (int k = 0; k < N; k++) {
			n += in[i][k];
			assert_int_equal(room_has(r[i], s[k]), in[i][k]);
		}
		/* Both sides point at each other. */
		for (uint32_t k = 0; k < r[i]->members.n; k++) {
			const struct set_member *m = &r[i]->members.members[k];

			assert_ptr_equal(m->session->links[m->at].set, &r[i]->members);
			assert_int_equal(m->session->links[m->at].at, k);
		}
		assert_int_equal(room_members(r[i]), n);
	}
	test_hub_free(t);
}

static void
a_plugins_group_fans_out_and_is_its_own(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	wh_id g = group_open(t->hub, NULL, WH_STR("relay"), WH_STR("all")), h = group_open(t->hub, NULL, WH_STR("chat"), WH_STR("all"));

	(void)state;
	assert_true(g != 0 && h != 0 && g != h);
	assert_true(group_open(t->hub, NULL, WH_STR("relay"), WH_STR("all")) == g);
	assert_int_equal(group_join(t->hub, g, s), WH_OK);
	assert_int_equal(group_join(t->hub, g, s), WH_EEXIST);
	assert_int_equal(group_publish(t->hub, g, 0, WH_STR("x"), NULL, 0), WH_OK);
	assert_int_equal(group_publish(t->hub, h, 0, WH_STR("nobody"), NULL, 0), WH_OK);
	group_close(t->hub, g);
	assert_int_equal(group_publish(t->hub, g, 0, WH_STR("x"), NULL, 0), WH_ENOENT);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "GROUP_OPEN p:relay:all;JOIN 0;PUBLISH 0 x;GROUP_CLOSE;");
	assert_int_equal(s->n_links, 0);
	test_hub_free(t);
}

static void
a_full_ring_queues_in_order_and_drains(void **state)
{
	enum { N = 4000 };
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	int next = 0;

	(void)state;
	test_edge_got(t, e);
	for (int i = 0; i < N; i++) {
		char text[100];

		snprintf(text, sizeof text, "%-80d", i);
		assert_int_equal(session_send(t->hub, s, wh_str(text)), WH_OK);
	}
	assert_non_null(t->hub->edges.of[0]->spill);
	for (int turns = 0; next < N && turns < N; turns++) {
		struct wh_rec rec;
		struct wh_rec_send r;

		while (wh_ring_next(e->link->in, &rec) == 1) {
			assert_int_equal(wh_rec_send_get(&rec, &r), WH_OK);
			assert_int_equal(atoi(r.bytes.p), next++);
			wh_ring_done(e->link->in);
		}
		test_turn(t);
	}
	assert_int_equal(next, N);
	assert_null(t->hub->edges.of[0]->spill);
	assert_string_equal(t->keeper, "");
	test_hub_free(t);
}

static void
an_edge_that_does_not_drain_is_stuck_and_memory_stays_bounded(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	enum wh_err err = WH_OK;
	char text[1000];
	size_t n = 0;

	(void)state;
	t->hub->settings.edge_queue = 1 << 20;
	memset(text, 'x', sizeof text);
	while (err == WH_OK && n < 100000) {
		err = session_send(t->hub, s, (struct wh_str){ text, sizeof text });
		n++;
	}
	assert_int_equal(err, WH_EFULL);
	assert_in_range(n * sizeof text, 1 << 20, (1 << 20) + 2 * TEST_RING);
	assert_string_equal(t->keeper, "STUCK 1;");
	assert_null(t->hub->edges.of[0]->spill);
	/* It may be told things until the keeper has ended it, and what it says itself still counts. */
	session_send(t->hub, s, WH_STR("more"));
	test_message(e, 0, "said while stuck");
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_PEER_GONE, .process = 1 });
	assert_int_equal(t->hub->counts.edges_gone, 1);
	test_turn(t);
	assert_int_equal(t->hub->edges.n, 0);
	assert_string_equal(t->keeper, "STUCK 1;");
	assert_string_equal(t->heard, "opened;msg said while stuck;ended;edge gone 1;");
	test_hub_free(t);
}

static void
a_bad_record_is_reported_and_its_edge_is_read_no_more(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);

	(void)state;
	assert_non_null(wh_ring_claim(e->link->out, 8));
	wh_ring_commit(e->link->out, 999, 1, 8);
	test_opened(e, 0, 0);
	test_turn(t);
	assert_string_equal(t->keeper, "BAD_RECORD 1;");
	assert_int_equal(t->hub->sessions.by_id.n, 0);
	test_turn(t);
	assert_string_equal(t->keeper, "BAD_RECORD 1;");
	test_hub_free(t);
}

static void
an_edge_may_not_speak_for_connections_of_another(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true), *b = test_edge_add(t, 2, true);

	(void)state;
	test_client(t, a, 0);
	/* A message in the name of the other's connection finds nobody here. */
	assert_int_equal(wh_rec_message_put(b->link->out, &(struct wh_rec_message){ .conn = test_conn(a, 0), .bytes = WH_STR("forged") }), WH_OK);
	test_turn(t);
	assert_string_equal(t->heard, "opened;");
	assert_int_equal(wh_rec_opened_put(b->link->out, &(struct wh_rec_opened){ .conn = test_conn(a, 1), .transport = WH_TRANSPORT_WS }), WH_OK);
	test_turn(t);
	assert_string_equal(t->keeper, "BAD_RECORD 2;");
	test_hub_free(t);
}

static void
a_dead_edge_is_drained_before_its_sessions_are_lost(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	wh_id id = s->id;

	(void)state;
	test_message(e, 0, "token");
	test_message(e, 0, "join lobby");
	test_message(e, 0, "last words");
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_PEER_GONE, .process = 1 });
	test_turn(t);
	assert_string_equal(t->heard, "opened;msg token;msg join lobby;msg last words;detached;edge gone 1;");
	assert_ptr_equal(session_get(t->hub, id), s);
	assert_true(room_has(room_find(t->hub, WH_STR("lobby")), s));
	assert_int_equal(session_send(t->hub, s, WH_STR("x")), WH_EAWAY);
	test_hub_free(t);
}

static void
one_turn_reads_no_more_than_its_share_of_an_edge(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true), *b = test_edge_add(t, 2, true);

	(void)state;
	test_client(t, a, 0);
	test_client(t, b, 0);
	t->heard[0] = '\0';
	t->hub->settings.turn_records = 2;
	for (int i = 0; i < 4; i++)
		test_message(a, 0, "a");
	test_message(b, 0, "b");
	test_turn(t);
	assert_string_equal(t->heard, "msg a;msg a;msg b;msg a;msg a;");
	test_hub_free(t);
}

static void
taking_a_dialect_away_closes_its_clients_and_lets_them_resume(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	wh_id id = s->id, other = test_client(t, e, 1)->id;

	(void)state;
	test_message(e, 0, "token");
	test_message(e, 0, "join lobby");
	test_turn(t);
	test_edge_got(t, e);
	assert_int_equal(dialect_remove(t->hub, &test_dialect_fake, NULL), WH_OK);
	assert_int_equal(dialect_remove(t->hub, &test_dialect_fake, NULL), WH_ENOENT);
	test_turn(t);
	assert_non_null(strstr(test_edge_got(t, e), "CLOSE 0 1012;"));
	assert_int_equal(session_get(t->hub, id)->state, SESSION_DETACHED);
	assert_null(session_get(t->hub, other));
	assert_int_equal(t->hub->groups.by_name.n, 0);
	test_hub_free(t);
}

static void
requests_are_served_and_answered(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_rec_request r = { .conn = test_conn(e, 5), .stream = 1, .method = WH_STR("GET"), .path = WH_STR("/api/x") };

	(void)state;
	assert_int_equal(wh_rec_request_put(e->link->out, &r), WH_OK);
	test_closed(e, 5, 1006);
	test_turn(t);
	assert_string_equal(t->heard, "serve /api/x;gone 5;");
	assert_string_equal(test_edge_got(t, e), "RESPOND 200;CLOSE 5 1000;");
	assert_int_equal(edge_respond(t->hub, wh_id_make(77, 0, 1), 1, 200, WH_STR(""), WH_STR(""), 0), WH_EAWAY);
	test_hub_free(t);
}

static void
routes_are_sent_once_a_turn(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);

	(void)state;
	edge_routes_changed(t->hub);
	edge_routes_changed(t->hub);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "ROUTE;ROUTES_END;");
	test_hub_free(t);
}

static void
slots_are_zero_stay_put_and_survive_their_plugin(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	struct wh_slot *a = session_slot(t->hub, NULL, "a", 8), *b;
	int64_t *in_a = session_slot_of(t->hub, s, a);

	(void)state;
	assert_int_equal(*in_a, 0);
	*in_a = 42;
	/* A plugin that comes later gets its bytes without moving those of others. */
	b = session_slot(t->hub, NULL, "b", 100);
	assert_int_equal(((char *)session_slot_of(t->hub, s, b))[99], 0);
	assert_ptr_equal(session_slot_of(t->hub, s, a), in_a);
	session_slots_release(t->hub, NULL, true);
	assert_ptr_equal(session_slot(t->hub, NULL, "a", 8), a);
	assert_int_equal(*(int64_t *)session_slot_of(t->hub, s, a), 42);
	session_slots_release(t->hub, NULL, false);
	assert_int_equal(*(int64_t *)session_slot_of(t->hub, s, session_slot(t->hub, NULL, "a", 8)), 0);
	assert_null(session_slot(t->hub, NULL, "big", SESSION_SLOTS_BYTES + 1));
	test_hub_free(t);
}

static void
members_move_to_another_room_at_the_seq_of_their_edge_and_nobody_is_asked(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true), *b = test_edge_add(t, 2, true);
	struct wh_session *first = test_client(t, a, 0), *second = test_client(t, b, 0), *there = test_client(t, a, 1);
	struct wh_room *from = room_open(t->hub, WH_STR("lobby")), *to = room_open(t->hub, WH_STR("lounge"));
	const struct wh_event e = { .name = "news" };
	wh_id id = from->id;

	(void)state;
	room_join(t->hub, from, first);
	room_join(t->hub, from, second);
	room_join(t->hub, from, there);
	room_join(t->hub, to, there);
	test_turn(t);
	assert_int_equal(room_publish(t->hub, from, 7, &e, NULL, 0), WH_OK);
	test_turn(t);
	test_edge_got(t, a);
	test_edge_got(t, b);
	t->heard[0] = '\0';
	room_seq_set(t->hub, to, 7);
	assert_int_equal(room_move(t->hub, from, to), WH_OK);
	assert_int_equal(room_members(from), 0);
	assert_int_equal(room_members(to), 3);
	assert_true(room_has(to, first) && room_has(to, second) && room_has(to, there));
	test_turn(t);
	assert_string_equal(test_edge_got(t, b), "LEAVE 0;GROUP_CLOSE;GROUP_OPEN r:fake:lounge;JOIN 0;");
	assert_non_null(strstr(test_edge_got(t, a), "JOIN 0;"));
	assert_null(room_get(t->hub, id));
	/* What they had is not sent again, what comes is. */
	assert_int_equal(room_seq_everywhere(to), 7);
	assert_int_equal(room_publish(t->hub, to, 7, &e, NULL, 0), WH_OK);
	assert_int_equal(room_publish(t->hub, to, 8, &e, NULL, 0), WH_OK);
	test_turn(t);
	assert_string_equal(test_edge_got(t, b), "PUBLISH 8 fake:news;");
	assert_string_equal(t->heard, "");
	test_hub_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_becomes_a_session_and_its_messages_reach_the_dialect),
		cmocka_unit_test(a_closed_connection_without_a_token_ends_its_session),
		cmocka_unit_test(closing_says_farewell_then_closes_then_ends),
		cmocka_unit_test(nothing_is_sent_behind_a_farewell),
		cmocka_unit_test(an_identity_is_copied_and_told),
		cmocka_unit_test(a_bad_credential_closes_the_connection),
		cmocka_unit_test(what_is_said_before_it_is_known_who_it_is_waits),
		cmocka_unit_test(who_says_too_much_before_is_closed),
		cmocka_unit_test(a_new_identity_gets_a_new_resume_token),
		cmocka_unit_test(an_unknown_subprotocol_is_closed_without_a_session),
		cmocka_unit_test(a_path_of_its_own_brings_clients_to_a_dialect_with_their_query),
		cmocka_unit_test(a_line_client_speaks_its_listeners_dialect),
		cmocka_unit_test(a_publish_is_one_record_for_each_edge_and_dialect),
		cmocka_unit_test(each_accent_in_a_room_is_rendered_once),
		cmocka_unit_test(a_speaker_hears_itself_if_its_dialect_wants_it),
		cmocka_unit_test(an_edge_begins_with_the_seq_that_its_first_member_knows),
		cmocka_unit_test(the_last_to_leave_takes_the_group_from_its_edge_and_the_empty_room_ends),
		cmocka_unit_test(room_names_and_numbers_are_bounded),
		cmocka_unit_test(members_stay_right_whoever_leaves),
		cmocka_unit_test(a_plugins_group_fans_out_and_is_its_own),
		cmocka_unit_test(a_full_ring_queues_in_order_and_drains),
		cmocka_unit_test(an_edge_that_does_not_drain_is_stuck_and_memory_stays_bounded),
		cmocka_unit_test(a_bad_record_is_reported_and_its_edge_is_read_no_more),
		cmocka_unit_test(an_edge_may_not_speak_for_connections_of_another),
		cmocka_unit_test(a_dead_edge_is_drained_before_its_sessions_are_lost),
		cmocka_unit_test(one_turn_reads_no_more_than_its_share_of_an_edge),
		cmocka_unit_test(taking_a_dialect_away_closes_its_clients_and_lets_them_resume),
		cmocka_unit_test(requests_are_served_and_answered),
		cmocka_unit_test(routes_are_sent_once_a_turn),
		cmocka_unit_test(slots_are_zero_stay_put_and_survive_their_plugin),
		cmocka_unit_test(members_move_to_another_room_at_the_seq_of_their_edge_and_nobody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
