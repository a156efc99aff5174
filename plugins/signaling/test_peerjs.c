/* Clients of PeerJS on the fake host. */
#include "testing_signaling.h"

struct fixture {
	struct wh_test *t;
	struct fake_matching matching;
	struct wh_session *ann, *bob;	/* in the lobby */
};

static const struct wh_matching_ops fake_ops = { .of_room = fake_of_room };
static const struct wh_service fake_service = { "matching", WH_MATCHING_VERSION, &fake_ops };

struct pass {
	char id[256], token[256];
};

static struct fixture *
begin(const char *settings)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->matching.matched = (struct wh_matched){ .calls = true };
	f->t = wh_test_new(&whiply_plugin);
	wh_test_offer(f->t, &fake_service, &f->matching);
	assert_int_equal(wh_test_open(f->t, settings), WH_OK);
	f->ann = wh_test_session(f->t, "ann", "member");
	f->bob = wh_test_session(f->t, "bob", "guest");
	return f;
}

static void
end(struct fixture *f)
{
	wh_test_end(&f->t);
	free(f);
}

static struct pass
ticket(struct fixture *f, struct wh_session *s, const char *room)
{
	const struct wh_test_answer *answer;
	struct pass p;
	char args[100];

	wh_test_join(f->t, s, room);
	snprintf(args, sizeof args, "{'room':'%s'}", room);
	answer = call(f->t, s, "call.ticket", args);
	if (answer->err != WH_OK)
		fail_msg("%s", answer->why);
	wh_member_of(answer->json, "id", p.id);
	wh_member_of(answer->json, "token", p.token);
	return p;
}

static struct wh_session *
come(struct fixture *f, const char *key, const char *id, const char *token)
{
	char query[700];

	snprintf(query, sizeof query, "key=%s&id=%s&token=%s&version=1.5.5", key, id, token);
	return wh_test_session_at(f->t, "peerjs", query, "someone", "guest");
}

static struct wh_session *
come_with(struct fixture *f, const struct pass *p)
{
	struct wh_session *s = come(f, "peerjs", p->id, p->token);

	assert_string_equal(wh_test_next(s), "{\"type\":\"OPEN\"}");
	return s;
}

static void
say(struct fixture *f, struct wh_session *s, const char *type, const char *dst, const char *payload)
{
	char frame[3000];

	snprintf(frame, sizeof frame, "{'type':'%s','src':'forged','dst':'%s','payload':%s}", type, dst, payload);
	for (char *c = frame; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	wh_test_frame(f->t, s, wh_str(frame), 0);
}

#define PAYLOAD "{'sdp':{'type':'offer','sdp':'" SDP "'},'type':'data','connectionId':'dc_1','metadata':{'a':[1,2]}}"

static void
a_ticket_opens_and_what_is_said_is_stamped_with_who_says_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby"), b = ticket(f, f->bob, "lobby");
	struct wh_session *ann = come_with(f, &a), *bob = come_with(f, &b);
	char from[256];
	const char *line;

	(void)state;
	say(f, ann, "OFFER", b.id, PAYLOAD);
	line = wh_test_next(bob);
	wh_member_of(line, "src", from);
	assert_string_equal(from, a.id);
	assert_null(strstr(line, "forged"));
	assert_non_null(strstr(line, "\"metadata\":{\"a\":[1,2]}"));
	assert_non_null(strstr(line, "m=audio 5000"));
	say(f, bob, "CANDIDATE", a.id, "{'candidate':{'candidate':'" HOST "','sdpMid':'0'},'type':'data','connectionId':'dc_1'}");
	assert_non_null(strstr(wh_test_next(ann), "\"candidate\":{\"candidate\":\"" HOST "\",\"sdpMid\":\"0\"},\"type\":\"data\""));
	say(f, bob, "LEAVE", a.id, "null");
	assert_non_null(strstr(wh_test_next(ann), "\"type\":\"LEAVE\""));
	end(f);
}

static void
without_its_ticket_nobody_comes_in(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby"), b = ticket(f, f->bob, "lobby");
	struct wh_session *s;

	(void)state;
	s = come(f, "other", a.id, a.token);
	assert_non_null(strstr(wh_test_next(s), "INVALID-KEY"));
	assert_int_equal(wh_test_closed(s, NULL), 1000);
	s = come(f, "peerjs", a.id, "guess");
	assert_non_null(strstr(wh_test_next(s), "\"ERROR\""));
	s = come(f, "peerjs", b.id, a.token);
	assert_non_null(strstr(wh_test_next(s), "\"ERROR\""));
	s = come(f, "peerjs", "-bad-", a.token);
	assert_non_null(strstr(wh_test_next(s), "\"ERROR\""));
	come_with(f, &a);
	wh_test_advance(f->t, 31000);
	s = come(f, "peerjs", b.id, b.token);
	assert_non_null(strstr(wh_test_next(s), "\"ERROR\""));
	end(f);
}

static void
an_id_is_its_tokens_and_who_comes_again_is_let_in_anew(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby"), b = ticket(f, f->bob, "lobby");
	struct wh_session *first = come_with(f, &a), *second, *thief;

	(void)state;
	thief = come(f, "peerjs", a.id, b.token);
	assert_non_null(strstr(wh_test_next(thief), "ID-TAKEN"));
	assert_int_equal(wh_test_closed(thief, NULL), 1000);
	second = come_with(f, &a);
	assert_int_equal(wh_test_closed(first, NULL), 4001);
	wh_test_leave_server(f->t, second);
	second = come_with(f, &a);
	wh_test_leave_server(f->t, second);
	wh_test_advance(f->t, 61000);
	second = come(f, "peerjs", a.id, a.token);
	assert_non_null(strstr(wh_test_next(second), "\"ERROR\""));
	end(f);
}

static void
who_is_in_another_room_is_as_one_who_is_not_there(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *eve = wh_test_session(f->t, "eve", "guest");
	struct pass a = ticket(f, f->ann, "lobby"), e = ticket(f, eve, "cellar");
	struct wh_session *ann = come_with(f, &a), *stranger = come_with(f, &e);
	char frame[700];

	(void)state;
	say(f, stranger, "OFFER", a.id, PAYLOAD);
	assert_null(wh_test_next(ann));
	assert_null(wh_test_next(stranger));
	wh_test_advance(f->t, 6000);
	snprintf(frame, sizeof frame, "{\"type\":\"EXPIRE\",\"src\":\"%s\",\"dst\":\"%s\"}", a.id, e.id);
	assert_string_equal(wh_test_next(stranger), frame);
	say(f, stranger, "OFFER", "nobody", PAYLOAD);
	wh_test_advance(f->t, 6000);
	assert_non_null(strstr(wh_test_next(stranger), "\"src\":\"nobody\""));
	assert_null(wh_test_next(ann));
	end(f);
}

static void
what_is_for_one_who_comes_soon_waits(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby"), b = ticket(f, f->bob, "lobby");
	struct wh_session *ann = come_with(f, &a), *bob;

	(void)state;
	say(f, ann, "OFFER", b.id, PAYLOAD);
	for (unsigned i = 0; i < 40; i++)
		say(f, ann, "CANDIDATE", b.id, "{'candidate':{'candidate':'" HOST "'}}");
	wh_test_advance(f->t, 3000);
	bob = come_with(f, &b);
	assert_non_null(strstr(wh_test_next(bob), "OFFER"));
	for (unsigned i = 0; i < 15; i++)
		assert_non_null(strstr(wh_test_next(bob), "CANDIDATE"));
	assert_null(wh_test_next(bob));
	wh_test_advance(f->t, 6000);
	assert_null(wh_test_next(ann));
	end(f);
}

static void
frames_that_are_none_change_nothing(void **state)
{
	static const char *const wrong[] = {
		"{", "[]", "7", "{}", "{\"type\":7}", "{\"type\":\"OPEN\"}", "{\"type\":\"EXPIRE\",\"dst\":\"x\"}", "{\"type\":\"OFFER\"}",
		"{\"type\":\"OFFER\",\"dst\":\"../x\",\"payload\":{}}", "{\"type\":\"HEARTBEAT\"}", "{\"type\":\"offer\"}", "",
	};
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby"), b = ticket(f, f->bob, "lobby");
	struct wh_session *ann = come_with(f, &a), *bob = come_with(f, &b);
	char frame[700];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		wh_test_frame(f->t, ann, wh_str(wrong[i]), 0);
	snprintf(frame, sizeof frame, "{\"type\":\"EXPIRE\",\"dst\":\"%s\"}", b.id);
	wh_test_frame(f->t, ann, wh_str(frame), 0);
	say(f, ann, "OFFER", b.id, "{'sdp':{'sdp':'nonsense'}}");
	say(f, ann, "OFFER", b.id, "{'sdp':'nonsense'}");
	say(f, ann, "OFFER", b.id, "7");
	wh_test_frame(f->t, ann, WH_STR("{\"type\":\"HEARTBEAT\"}"), WH_BINARY);
	assert_null(wh_test_next(bob));
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	say(f, ann, "OFFER", b.id, PAYLOAD);
	assert_non_null(wh_test_next(bob));
	end(f);
}

static void
a_flood_ends_the_one_who_makes_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby");
	struct wh_session *ann = come_with(f, &a);
	unsigned n = 0;

	(void)state;
	while (wh_test_closed(ann, NULL) == 0 && n++ < 1000)
		wh_test_frame(f->t, ann, WH_STR("{\"type\":\"HEARTBEAT\"}"), 0);
	assert_in_range(n, 290, 310);
	end(f);
}

static void
strangers_see_no_address_here_either(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "match-1"), b = ticket(f, f->bob, "match-1");
	struct wh_session *ann = come_with(f, &a), *bob = come_with(f, &b);
	const char *line;

	(void)state;
	f->matching.matched = (struct wh_matched){ .calls = true, .relay_only = true };
	say(f, ann, "OFFER", b.id, PAYLOAD);
	line = wh_test_next(bob);
	assert_non_null(strstr(line, "m=audio 9 "));
	assert_null(strstr(line, "192.0.2.9"));
	assert_non_null(strstr(line, "\"connectionId\":\"dc_1\""));
	say(f, ann, "CANDIDATE", b.id, "{'candidate':{'candidate':'" HOST "'},'connectionId':'dc_1'}");
	assert_null(wh_test_next(bob));
	say(f, ann, "CANDIDATE", b.id, "{'candidate':{'candidate':'" RELAY "'},'connectionId':'dc_1'}");
	line = wh_test_next(bob);
	assert_non_null(strstr(line, "203.0.113.9"));
	assert_null(strstr(line, "192.0.2.9"));
	end(f);
}

static void
who_leaves_the_room_is_gone_here_too(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby"), b = ticket(f, f->bob, "lobby");
	struct wh_session *ann = come_with(f, &a), *bob = come_with(f, &b);

	(void)state;
	wh_test_leave(f->t, f->bob, "lobby");
	say(f, ann, "OFFER", b.id, PAYLOAD);
	say(f, bob, "OFFER", a.id, PAYLOAD);
	assert_null(wh_test_next(bob));
	assert_null(wh_test_next(ann));
	wh_test_advance(f->t, 3000);
	assert_int_equal(wh_test_closed(bob, NULL), 1000);
	wh_test_advance(f->t, 6000);
	assert_non_null(strstr(wh_test_next(ann), "EXPIRE"));
	wh_test_frame(f->t, ann, WH_STR("{\"type\":\"LEAVE\"}"), 0);
	assert_int_equal(wh_test_closed(ann, NULL), 1000);
	end(f);
}

static void
silence_ends_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby");
	struct wh_session *ann = come_with(f, &a);

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		wh_test_advance(f->t, 5000);
		wh_test_frame(f->t, ann, WH_STR("{\"type\":\"HEARTBEAT\"}"), 0);
	}
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	wh_test_advance(f->t, 92000);
	assert_int_equal(wh_test_closed(ann, NULL), 1000);
	assert_int_equal(wh_test_metric(f->t, "whiply_signaling_peers", NULL), 0);
	end(f);
}

static void
a_hub_that_dies_is_not_noticed(void **state)
{
	struct fixture *f = begin(NULL);
	struct pass a = ticket(f, f->ann, "lobby"), b = ticket(f, f->bob, "lobby");
	struct wh_session *ann = come_with(f, &a), *bob = come_with(f, &b);

	(void)state;
	wh_test_recover(f->t);
	say(f, ann, "OFFER", b.id, PAYLOAD);
	assert_non_null(strstr(wh_test_next(bob), a.id));
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	come_with(f, &a);
	end(f);
}

static void
without_tickets_only_where_the_operator_opens_it(void **state)
{
	struct fixture *f = begin("peerjs_open = true; peerjs_key = \"mine\";");
	struct pass b = ticket(f, f->bob, "lobby");
	struct wh_session *one = come(f, "mine", "one", "x"), *two = come(f, "mine", "two", "y"), *bob = come(f, "mine", b.id, b.token);

	(void)state;
	assert_string_equal(wh_test_next(one), "{\"type\":\"OPEN\"}");
	assert_string_equal(wh_test_next(two), "{\"type\":\"OPEN\"}");
	assert_string_equal(wh_test_next(bob), "{\"type\":\"OPEN\"}");
	say(f, one, "OFFER", "two", PAYLOAD);
	assert_non_null(strstr(wh_test_next(two), "\"src\":\"one\""));
	say(f, one, "OFFER", b.id, PAYLOAD);
	assert_null(wh_test_next(bob));
	end(f);
}

static void
pages_give_ids_to_who_knows_the_key(void **state)
{
	struct fixture *f = begin(NULL);
	const struct wh_test_page *page = wh_test_get(f->t, NULL, "/peerjs/peerjs/id?ts=1&version=1.5.5");
	char first[100];

	(void)state;
	assert_int_equal(page->status, 200);
	assert_int_equal(page->body.n, 24);
	snprintf(first, sizeof first, "%s", page->body.p);
	assert_string_not_equal(wh_test_get(f->t, NULL, "/peerjs/peerjs/id")->body.p, first);
	assert_int_equal(wh_test_get(f->t, NULL, "/peerjs/other/id")->status, 401);
	assert_int_equal(wh_test_get(f->t, NULL, "/peerjs/peerjs/peers")->status, 401);
	assert_int_equal(wh_test_get(f->t, NULL, "/peerjs/peerjs/else")->status, 404);
	assert_int_equal(wh_test_get(f->t, NULL, "/peerjs")->status, 200);
	assert_int_equal(wh_test_get(f->t, NULL, "/peerjs/")->status, 200);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_opens_and_what_is_said_is_stamped_with_who_says_it),
		cmocka_unit_test(without_its_ticket_nobody_comes_in),
		cmocka_unit_test(an_id_is_its_tokens_and_who_comes_again_is_let_in_anew),
		cmocka_unit_test(who_is_in_another_room_is_as_one_who_is_not_there),
		cmocka_unit_test(what_is_for_one_who_comes_soon_waits),
		cmocka_unit_test(frames_that_are_none_change_nothing),
		cmocka_unit_test(a_flood_ends_the_one_who_makes_it),
		cmocka_unit_test(strangers_see_no_address_here_either),
		cmocka_unit_test(who_leaves_the_room_is_gone_here_too),
		cmocka_unit_test(silence_ends_it),
		cmocka_unit_test(a_hub_that_dies_is_not_noticed),
		cmocka_unit_test(without_tickets_only_where_the_operator_opens_it),
		cmocka_unit_test(pages_give_ids_to_who_knows_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
