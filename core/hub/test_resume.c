/* Resuming: tokens, the window, what moves with a session. */
#include "base/testing.h"
#include "hub/testing_hub.h"

static void
resume_moves_membership_to_the_new_edge(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true), *b = test_edge_add(t, 2, true);
	struct wh_session *s = test_client(t, a, 0);
	wh_id id = s->id, g = group_open(t->hub, NULL, WH_STR("p"), WH_STR("g"));

	(void)state;
	test_message(a, 0, "token");
	test_message(a, 0, "join lobby");
	test_turn(t);
	assert_int_equal(group_join(t->hub, g, s), WH_OK);
	test_closed(a, 0, 1006);
	test_turn(t);
	assert_int_equal(s->state, SESSION_DETACHED);
	assert_int_equal(room_members(room_find(t->hub, WH_STR("lobby"))), 1);
	test_edge_got(t, a);

	test_client(t, b, 7);
	t->heard[0] = '\0';
	test_message(b, 7, "resume");
	test_turn(t);
	assert_string_equal(t->heard, "msg resume;ended;resumed;resume 0;");
	assert_string_equal(test_edge_got(t, b), "GROUP_OPEN r:fake:lobby;JOIN 7;GROUP_OPEN p:p:g;JOIN 7;");
	assert_string_equal(test_edge_got(t, a), "CLOSE 0 1000;");	/* which it had kept */
	assert_ptr_equal(session_by_conn(t->hub, test_conn(b, 7)), session_get(t->hub, id));
	assert_int_equal(t->hub->sessions.by_id.n, 1);
	assert_int_equal(t->hub->sessions.n_detached, 0);
	/* The token is used up. */
	test_client(t, b, 8);
	test_message(b, 8, "resume");
	t->heard[0] = '\0';
	test_turn(t);
	assert_string_equal(t->heard, "msg resume;resume -6;");
	test_hub_free(t);
}

static void
resuming_a_session_that_is_still_attached_closes_its_old_connection(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true);

	(void)state;
	test_client(t, a, 0);
	test_message(a, 0, "token");
	test_message(a, 0, "join lobby");
	test_client(t, a, 1);
	test_edge_got(t, a);
	test_message(a, 1, "resume");
	test_closed(a, 0, 4001);
	test_turn(t);
	assert_string_equal(test_edge_got(t, a),
	    "CLOSE 0 4001;LEAVE 0;GROUP_CLOSE;GROUP_OPEN r:fake:lobby;JOIN 1;CLOSE 0 1000;");
	assert_int_equal(t->hub->sessions.n_attached, 1);
	test_hub_free(t);
}

static void
a_wrong_token_changes_nothing(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, a, 0), *fresh = test_client(t, a, 1), *out;
	char token[SESSION_TOKEN_SIZE];

	(void)state;
	assert_int_equal(session_token(t->hub, s, token), WH_OK);
	token[30] = token[30] == 'A' ? 'B' : 'A';
	assert_int_equal(session_resume(t->hub, fresh, wh_str(token), &out), WH_EAUTH);
	assert_int_equal(session_resume(t->hub, fresh, WH_STR(""), &out), WH_EAUTH);
	assert_int_equal(session_resume(t->hub, fresh, WH_STR("0000000000000000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &out), WH_EAUTH);
	assert_null(out);
	assert_int_equal(t->hub->counts.resumes_refused, 3);
	assert_int_equal(s->state, SESSION_ATTACHED);
	assert_int_equal(fresh->state, SESSION_ATTACHED);
	/* An older token of the same session is worth nothing either. */
	assert_int_equal(session_token(t->hub, s, token), WH_OK);
	assert_int_equal(session_token(t->hub, s, t->token), WH_OK);
	assert_int_equal(session_resume(t->hub, fresh, wh_str(token), &out), WH_EAUTH);
	assert_int_equal(session_resume(t->hub, fresh, wh_str(t->token), &out), WH_OK);
	test_hub_free(t);
}

static void
the_window_ends_and_with_it_the_session(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true);
	wh_id id = test_client(t, a, 0)->id;

	(void)state;
	test_message(a, 0, "token");
	test_message(a, 0, "join lobby");
	test_closed(a, 0, 1006);
	test_turn(t);
	wh_clock_advance(&t->clock, 119 * WH_NS_PER_SEC);
	test_turn(t);
	assert_non_null(session_get(t->hub, id));
	test_edge_got(t, a);
	wh_clock_advance(&t->clock, 1 * WH_NS_PER_SEC);
	test_turn(t);
	assert_null(session_get(t->hub, id));
	assert_null(room_find(t->hub, WH_STR("lobby")));
	assert_string_equal(test_edge_got(t, a), "CLOSE 0 1000;");
	assert_string_equal(t->heard, "opened;msg token;msg join lobby;detached;left lobby;ended;");
	test_hub_free(t);
}

/* Who is sent out while away is out, also when the hub is another. */
static void
who_leaves_a_room_while_detached_has_left_it_at_the_edge_too(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, a, 0);

	(void)state;
	test_client(t, a, 1);
	test_message(a, 0, "token");
	test_message(a, 0, "join lobby");
	test_message(a, 1, "join lobby");
	test_closed(a, 0, 1006);
	test_turn(t);
	test_edge_got(t, a);
	assert_int_equal(room_leave(t->hub, room_find(t->hub, WH_STR("lobby")), s, WH_STR("")), WH_OK);
	test_turn(t);
	assert_string_equal(test_edge_got(t, a), "LEAVE 0;");
	test_hub_free(t);
}

static void
a_goodbye_is_no_loss(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true);

	(void)state;
	test_client(t, a, 0);
	test_message(a, 0, "token");
	test_closed(a, 0, 1000);
	test_turn(t);
	assert_string_equal(t->heard, "opened;msg token;ended;");
	test_hub_free(t);
}

static void
the_oldest_detached_go_when_there_are_too_many(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true);
	wh_id id[4];

	(void)state;
	t->hub->settings.detached_max = 2;
	for (uint32_t i = 0; i < 4; i++) {
		id[i] = test_client(t, a, i)->id;
		test_message(a, i, "token");
		test_closed(a, i, 1006);
		wh_clock_advance(&t->clock, WH_NS_PER_SEC);
		test_turn(t);
	}
	assert_null(session_get(t->hub, id[0]));
	assert_null(session_get(t->hub, id[1]));
	assert_non_null(session_get(t->hub, id[2]));
	assert_non_null(session_get(t->hub, id[3]));
	assert_int_equal(t->hub->counts.detached_dropped, 2);
	test_hub_free(t);
}

static void
without_a_window_there_are_no_tokens(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *a = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, a, 0);

	(void)state;
	t->hub->settings.resume_window_ms = 0;
	assert_int_equal(session_token(t->hub, s, t->token), WH_ENOTSUP);
	test_hub_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resume_moves_membership_to_the_new_edge),
		cmocka_unit_test(resuming_a_session_that_is_still_attached_closes_its_old_connection),
		cmocka_unit_test(a_wrong_token_changes_nothing),
		cmocka_unit_test(the_window_ends_and_with_it_the_session),
		cmocka_unit_test(who_leaves_a_room_while_detached_has_left_it_at_the_edge_too),
		cmocka_unit_test(a_goodbye_is_no_loss),
		cmocka_unit_test(the_oldest_detached_go_when_there_are_too_many),
		cmocka_unit_test(without_a_window_there_are_no_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
