/* Calls on the fake host: who may reach whom, in which order, and what becomes of it when connections and hubs are lost. */
#include "testing_signaling.h"

struct fixture {
	struct wh_test *t;
	struct fake_matching matching;
	struct wh_session *ann, *bob, *eve;
	char a[256], b[256];		/* peers: ids of ann and bob */
	const char *room;
};

static const struct wh_matching_ops fake_ops = { .of_room = fake_of_room };
static const struct wh_service fake_service = { "matching", WH_MATCHING_VERSION, &fake_ops };

static struct fixture *
begin(const char *settings)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->matching.matched = (struct wh_matched){ .calls = true };
	f->t = wh_test_new(&whiply_plugin);
	wh_test_offer(f->t, &fake_service, &f->matching);
	if (wh_test_open(f->t, settings) != WH_OK)
		fail_msg("%s", wh_test_why(f->t));
	f->ann = wh_test_session(f->t, "ann", "member");
	f->bob = wh_test_session(f->t, "bob", "guest");
	f->eve = wh_test_session(f->t, "eve", "guest");
	f->room = "lobby";
	return f;
}

static void
end(struct fixture *f)
{
	while (wh_test_run_jobs(f->t) != 0)
		;
	wh_test_end(&f->t);
	free(f);
}

static const struct wh_test_answer *
in_room(struct fixture *f, struct wh_session *s, const char *command, const char *more)
{
	char args[512];

	snprintf(args, sizeof args, "{'room':'%s'%s}", f->room, more);
	return call(f->t, s, command, args);
}

static void
enter(struct fixture *f, struct wh_session *s, char peer[256])
{
	const struct wh_test_answer *answer;

	wh_test_join(f->t, s, f->room);
	answer = in_room(f, s, "call.join", "");
	if (answer->err != WH_OK)
		fail_msg("%s", answer->why);
	wh_member_of(answer->json, "peer", peer);
}

/* Ann and bob are in the call of the room, and have read what they were told of that. */
static void
two(struct fixture *f, const char *room)
{
	f->room = room;
	enter(f, f->ann, f->a);
	enter(f, f->bob, f->b);
	while (wh_test_next(f->ann) != NULL)
		;
	while (wh_test_next(f->bob) != NULL)
		;
}

static enum wh_err
frame(struct fixture *f, struct wh_session *from, const char *command, const char *to, unsigned generation, const char *more)
{
	char args[2000];

	snprintf(args, sizeof args, "{'room':'%s','to':'%s','generation':%u,%s}", f->room, to, generation, more);
	return call(f->t, from, command, args)->err;
}

#define OFFER "'sdp':'" SDP "'"

static void
the_newcomer_starts_and_is_polite(void **state)
{
	struct fixture *f = begin(NULL);
	const struct wh_test_answer *answer;

	(void)state;
	enter(f, f->ann, f->a);
	wh_test_join(f->t, f->bob, f->room);
	answer = in_room(f, f->bob, "call.join", ",'audio':true,'video':true");
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"name\":\"ann\",\"generation\":1,\"starts\":true,\"polite\":true,\"audio\":false"));
	assert_non_null(strstr(answer->json, "\"most\":4,\"relay\":false,\"blur\":false"));
	const char *line = wh_heard(f->ann, "call.joined");
	assert_non_null(line);
	assert_non_null(strstr(line, "\"name\":\"bob\",\"generation\":1,\"starts\":false,\"polite\":false,\"audio\":true,\"video\":true"));
	end(f);
}

static void
offer_answer_and_candidates_reach_the_one_they_are_for_and_say_from_whom(void **state)
{
	struct fixture *f = begin(NULL);
	char from[256];
	const char *line;

	(void)state;
	two(f, "lobby");
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	line = wh_heard(f->ann, "call.offer");
	assert_non_null(line);
	wh_member_of(line, "from", from);
	assert_string_equal(from, f->b);
	assert_non_null(strstr(line, "m=audio 5000"));
	assert_int_equal(frame(f, f->ann, "call.answer", f->b, 1, OFFER), WH_OK);
	assert_non_null(wh_heard(f->bob, "call.answer"));
	assert_int_equal(frame(f, f->bob, "call.candidates", f->a, 1, "'candidates':[{'candidate':'" HOST "','sdpMid':'0','sdpMLineIndex':0},'" RELAY "','']"), WH_OK);
	line = wh_heard(f->ann, "call.candidates");
	assert_non_null(line);
	assert_non_null(strstr(line, "{\"candidate\":\"" HOST "\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0},{\"candidate\":\"" RELAY "\"},{\"candidate\":\"\"}"));
	assert_int_equal(wh_test_metric(f->t, "whiply_signaling_frames_total", "offer"), 1);
	end(f);
}

static void
a_source_can_not_be_forged(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	two(f, "lobby");
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER ",'from':'someone'"), WH_EINVAL);
	assert_null(wh_heard(f->ann, "call.offer"));
	end(f);
}

static void
an_unknown_a_forbidden_and_an_old_target_are_one_answer(void **state)
{
	struct fixture *f = begin(NULL);
	char e[256], why[200], args[600];
	const struct wh_test_answer *answer;

	(void)state;
	two(f, "lobby");
	f->room = "other";
	enter(f, f->eve, e);
	struct {
		struct wh_session *from;
		const char *room, *to;
		unsigned generation;
	} cases[] = {
		{ f->bob, "lobby", "nobodynobody", 1 }, { f->bob, "lobby", e, 1 }, { f->bob, "lobby", f->a, 2 }, { f->bob, "lobby", f->b, 1 }, { f->bob, "other", e, 1 },
		{ f->eve, "lobby", f->a, 1 }, { f->eve, "other", f->a, 1 }, { f->eve, "nowhere", f->a, 1 },
	};

	why[0] = '\0';
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(args, sizeof args, "{'room':'%s','to':'%s','generation':%u,'sdp':'v=0'}", cases[i].room, cases[i].to, cases[i].generation);
		answer = call(f->t, cases[i].from, "call.offer", args);
		assert_int_equal(answer->err, WH_ENOENT);
		if (i == 0)
			snprintf(why, sizeof why, "%s", answer->why);
		assert_string_equal(answer->why, why);
	}
	assert_null(wh_heard(f->ann, "call.offer"));
	/* A member of the room who is not in the call is no better off. */
	f->room = "lobby";
	wh_test_join(f->t, f->eve, "lobby");
	assert_int_equal(frame(f, f->eve, "call.offer", f->a, 1, OFFER), WH_ENOENT);
	end(f);
}

static void
an_answer_needs_an_offer_and_a_candidate_too(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	two(f, "lobby");
	assert_int_equal(frame(f, f->ann, "call.answer", f->b, 1, OFFER), WH_ESTATE);
	assert_int_equal(frame(f, f->ann, "call.candidates", f->b, 1, "'candidates':['" HOST "']"), WH_ESTATE);
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	assert_int_equal(frame(f, f->bob, "call.answer", f->a, 1, OFFER), WH_ESTATE);
	assert_int_equal(frame(f, f->ann, "call.answer", f->b, 1, OFFER), WH_OK);
	assert_int_equal(frame(f, f->ann, "call.answer", f->b, 1, OFFER), WH_ESTATE);
	end(f);
}

static void
where_both_offer_the_answer_to_one_settles_both(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	two(f, "lobby");
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	assert_int_equal(frame(f, f->ann, "call.offer", f->b, 1, OFFER), WH_OK);
	assert_int_equal(frame(f, f->bob, "call.answer", f->a, 1, OFFER), WH_OK);
	wh_test_advance(f->t, 60000);
	assert_null(wh_heard(f->ann, "call.expired"));
	end(f);
}

static void
an_offer_that_nobody_answers_runs_out(void **state)
{
	struct fixture *f = begin("answer = \"10s\";");
	char peer[256];
	const char *line;

	(void)state;
	two(f, "lobby");
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	wh_test_advance(f->t, 9000);
	assert_null(wh_heard(f->bob, "call.expired"));
	wh_test_advance(f->t, 2000);
	line = wh_heard(f->bob, "call.expired");
	wh_member_of(line, "peer", peer);
	assert_string_equal(peer, f->a);
	wh_member_of(wh_heard(f->ann, "call.expired"), "peer", peer);
	assert_string_equal(peer, f->b);
	assert_int_equal(frame(f, f->ann, "call.answer", f->b, 1, OFFER), WH_ESTATE);
	assert_int_equal(frame(f, f->ann, "call.candidates", f->b, 1, "'candidates':['" HOST "']"), WH_ESTATE);
	assert_int_equal(wh_test_metric(f->t, "whiply_signaling_expired_total", NULL), 1);
	end(f);
}

static void
strangers_see_no_address_of_each_other_until_the_match_lets_them(void **state)
{
	struct fixture *f = begin(NULL);
	const char *line, *both = "'candidates':['" HOST "','" RELAY "']", *host = "'candidates':['" HOST "']";

	(void)state;
	f->matching.matched = (struct wh_matched){ .calls = true, .relay_only = true, .blur = true };
	two(f, "match-1");
	assert_non_null(strstr(in_room(f, f->ann, "call.status", "")->json, "\"relay\":true,\"blur\":true"));
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	line = wh_heard(f->ann, "call.offer");
	assert_non_null(strstr(line, "m=audio 9 "));
	assert_null(strstr(line, "192.0.2.9"));
	assert_int_equal(frame(f, f->bob, "call.candidates", f->a, 1, both), WH_OK);
	line = wh_heard(f->ann, "call.candidates");
	assert_non_null(strstr(line, "203.0.113.9"));
	assert_null(strstr(line, "192.0.2.9"));
	assert_int_equal(frame(f, f->bob, "call.candidates", f->a, 1, host), WH_OK);
	assert_null(wh_heard(f->ann, "call.candidates"));
	assert_int_equal(wh_test_metric(f->t, "whiply_signaling_candidates_removed_total", NULL), 2);
	f->matching.matched = (struct wh_matched){ .calls = true };
	assert_int_equal(frame(f, f->bob, "call.candidates", f->a, 1, host), WH_OK);
	assert_non_null(strstr(wh_heard(f->ann, "call.candidates"), "192.0.2.9"));
	end(f);
}

static void
a_match_of_text_has_no_calls(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	f->matching.matched = (struct wh_matched){ .calls = false };
	wh_test_join(f->t, f->ann, "match-1");
	f->room = "match-1";
	assert_int_equal(in_room(f, f->ann, "call.join", "")->err, WH_EPERM);
	assert_int_equal(in_room(f, f->ann, "call.ticket", "")->err, WH_EPERM);
	end(f);
}

static void
calls_are_for_members_of_the_rooms_that_have_them(void **state)
{
	struct fixture *f = begin("rooms = [ \"stage-*\", \"lobby\" ];");

	(void)state;
	assert_int_equal(in_room(f, f->ann, "call.join", "")->err, WH_EPERM);
	enter(f, f->ann, f->a);
	f->room = "stage-1";
	enter(f, f->ann, f->a);
	f->room = "kitchen";
	wh_test_join(f->t, f->ann, "kitchen");
	assert_int_equal(in_room(f, f->ann, "call.join", "")->err, WH_EPERM);
	end(f);
}

static void
a_call_is_a_mesh_and_has_its_bound(void **state)
{
	struct fixture *f = begin("most = 3;");
	struct wh_session *more = wh_test_session(f->t, "joe", "guest");
	char e[256];

	(void)state;
	two(f, "lobby");
	enter(f, f->eve, e);
	wh_test_join(f->t, more, "lobby");
	assert_int_equal(in_room(f, more, "call.join", "")->err, WH_EFULL);
	assert_int_equal(in_room(f, f->bob, "call.leave", "")->err, WH_OK);
	assert_non_null(strstr(wh_heard(f->ann, "call.left"), "\"reason\":\"left\""));
	assert_int_equal(in_room(f, more, "call.join", "")->err, WH_OK);
	end(f);
}

static void
a_session_is_in_four_calls_at_most(void **state)
{
	struct fixture *f = begin(NULL);
	char room[20];

	(void)state;
	f->room = room;
	for (unsigned i = 0; i < 4; i++) {
		snprintf(room, sizeof room, "room%u", i);
		enter(f, f->ann, f->a);
	}
	snprintf(room, sizeof room, "room4");
	wh_test_join(f->t, f->ann, room);
	assert_int_equal(in_room(f, f->ann, "call.join", "")->err, WH_EFULL);
	assert_int_equal(wh_test_metric(f->t, "whiply_signaling_calls", NULL), 4);
	end(f);
}

static void
what_one_sends_is_told_to_the_others(void **state)
{
	struct fixture *f = begin(NULL);
	const char *line;

	(void)state;
	two(f, "lobby");
	assert_int_equal(in_room(f, f->bob, "call.set", ",'audio':true,'hand':true")->err, WH_OK);
	assert_int_equal(in_room(f, f->bob, "call.set", ",'screen':true")->err, WH_OK);
	wh_heard(f->ann, "call.state");
	line = wh_heard(f->ann, "call.state");
	assert_non_null(strstr(line, "\"audio\":true,\"video\":false,\"screen\":true,\"hand\":true"));
	assert_null(wh_heard(f->bob, "call.state"));
	assert_int_equal(in_room(f, f->eve, "call.set", ",'audio':true")->err, WH_ENOENT);
	end(f);
}

static void
whoever_leaves_the_room_leaves_its_call(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	two(f, "lobby");
	wh_test_leave(f->t, f->bob, "lobby");
	assert_non_null(strstr(wh_heard(f->ann, "call.left"), "\"reason\":\"room\""));
	assert_int_equal(frame(f, f->ann, "call.offer", f->b, 1, OFFER), WH_ENOENT);
	wh_test_leave_server(f->t, f->ann);
	assert_int_equal(wh_test_metric(f->t, "whiply_signaling_calls", NULL), 0);
	end(f);
}

static void
who_begins_anew_has_another_generation(void **state)
{
	struct fixture *f = begin(NULL);
	const char *line;

	(void)state;
	two(f, "lobby");
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	assert_non_null(strstr(in_room(f, f->ann, "call.join", "")->json, "\"generation\":2"));
	line = wh_heard(f->bob, "call.peer_resumed");
	assert_non_null(strstr(line, "\"generation\":2,\"starts\":false,\"polite\":false"));
	/* What is for the one before, or from then, reaches nobody. */
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_ENOENT);
	assert_int_equal(frame(f, f->ann, "call.answer", f->b, 1, OFFER), WH_ESTATE);
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 2, OFFER), WH_OK);
	end(f);
}

static void
a_lost_connection_keeps_its_seat_for_a_while(void **state)
{
	struct fixture *f = begin("grace = \"5s\";");
	const char *line;

	(void)state;
	two(f, "lobby");
	wh_test_lose(f->t, f->bob);
	assert_non_null(strstr(wh_heard(f->ann, "call.state"), "\"away\":true"));
	assert_int_equal(frame(f, f->ann, "call.offer", f->b, 1, OFFER), WH_EAWAY);
	wh_test_advance(f->t, 4000);
	wh_test_resume(f->t, f->bob);
	line = wh_heard(f->ann, "call.peer_resumed");
	assert_non_null(strstr(line, "\"generation\":2,\"starts\":false,\"polite\":false"));
	line = wh_heard(f->bob, "call.resumed");
	assert_non_null(strstr(line, "\"generation\":2"));
	assert_non_null(strstr(line, "\"name\":\"ann\",\"generation\":1,\"starts\":true,\"polite\":true"));
	assert_int_equal(frame(f, f->ann, "call.offer", f->b, 2, OFFER), WH_OK);
	wh_test_lose(f->t, f->bob);
	wh_test_advance(f->t, 6000);
	assert_non_null(strstr(wh_heard(f->ann, "call.left"), "\"reason\":\"connection\""));
	end(f);
}

static void
a_call_survives_the_hub_and_is_told_to_restart(void **state)
{
	struct fixture *f = begin(NULL);
	const char *line;
	char peer[256];

	(void)state;
	two(f, "lobby");
	in_room(f, f->ann, "call.set", ",'hand':true");
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	wh_test_recover(f->t);
	line = wh_heard(f->bob, "call.resumed");
	assert_non_null(line);
	wh_member_of(line, "peer", peer);
	assert_string_equal(peer, f->b);
	assert_non_null(strstr(line, "\"name\":\"ann\",\"generation\":2,\"starts\":true,\"polite\":true,\"audio\":false,\"video\":false,\"screen\":false,\"hand\":true"));
	assert_non_null(strstr(wh_heard(f->ann, "call.resumed"), "\"name\":\"bob\",\"generation\":2,\"starts\":false"));
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_ENOENT);
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 2, OFFER), WH_OK);
	assert_int_equal(frame(f, f->ann, "call.answer", f->b, 2, OFFER), WH_OK);
	end(f);
}

static void
papers_go_with_the_seat(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_str papers;

	(void)state;
	two(f, "lobby");
	papers = wh_test_papers(f->t, f->ann);
	assert_true(papers.n > 0 && papers.n <= 1024);
	wh_test_leave(f->t, f->ann, "lobby");
	assert_int_equal(wh_test_papers(f->t, f->ann).n, 0);
	end(f);
}

static void
sizes_are_bounded(void **state)
{
	static char args[80000];
	struct fixture *f = begin(NULL);
	int n;

	(void)state;
	two(f, "lobby");
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	n = snprintf(args, sizeof args, "{'room':'lobby','to':'%s','generation':1,'sdp':'", f->a);
	memset(args + n, 'a', 65000);
	snprintf(args + n + 65000, 10, "'}");
	assert_int_equal(call(f->t, f->bob, "call.offer", args)->err, WH_EINVAL);
	n = snprintf(args, sizeof args, "{'room':'lobby','to':'%s','generation':1,'candidates':[", f->a);
	for (unsigned i = 0; i < 33; i++)
		n += snprintf(args + n, sizeof args - (size_t)n, "%s''", i != 0 ? "," : "");
	snprintf(args + n, 10, "]}");
	assert_int_equal(call(f->t, f->bob, "call.candidates", args)->err, WH_ETOOBIG);
	n = snprintf(args, sizeof args, "{'room':'lobby','to':'%s','generation':1,'candidates':['", f->a);
	memset(args + n, 'a', 2000);
	snprintf(args + n + 2000, 10, "']}");
	assert_int_equal(call(f->t, f->bob, "call.candidates", args)->err, WH_ETOOBIG);
	assert_int_equal(frame(f, f->bob, "call.candidates", f->a, 1, "'candidates':[{'candidate':'" HOST "','sdpMid':{}}]"), WH_EINVAL);
	assert_int_equal(frame(f, f->bob, "call.candidates", f->a, 1, "'candidates':[7]"), WH_EINVAL);
	wh_heard(f->ann, "call.offer");
	assert_null(wh_heard(f->ann, "call."));
	end(f);
}

static void
offers_have_a_rate(void **state)
{
	struct fixture *f = begin(NULL);
	enum wh_err err = WH_OK;
	unsigned n = 0;

	(void)state;
	two(f, "lobby");
	while (err == WH_OK && n++ < 100)
		err = frame(f, f->bob, "call.offer", f->a, 1, OFFER);
	assert_int_equal(err, WH_EFAST);
	assert_in_range(n, 20, 40);
	end(f);
}

static void
a_moderator_takes_somebody_out(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *mod;
	char more[300];

	(void)state;
	wh_test_role(f->t, "warden", "call.*", NULL);
	mod = wh_test_session(f->t, "mod", "member warden");
	two(f, "lobby");
	snprintf(more, sizeof more, ",'peer':'%s'", f->b);
	assert_int_equal(in_room(f, f->ann, "call.remove", more)->err, WH_EPERM);
	assert_int_equal(in_room(f, mod, "call.remove", more)->err, WH_OK);
	assert_non_null(strstr(wh_heard(f->bob, "call.left"), "\"reason\":\"removed\""));
	assert_int_equal(in_room(f, mod, "call.remove", more)->err, WH_ENOENT);
	end(f);
}

#define TURN(name, region, host) \
	"{ name = \"" name "\"; region = \"" region "\"; urls = [ \"turn:" host ":9?transport=udp\", \"turns:" host ":5349?transport=tcp\" ]; secrets = [ \"new\", \"old\" ]; }"

static void
credentials_are_for_those_in_a_call_and_come_from_two_servers(void **state)
{
	struct fixture *f = begin("stun = [ \"stun:stun.example\" ]; turn = ( " TURN("a", "eu", "127.0.0.2") ", " TURN("b", "us", "127.0.0.3") ", " TURN("c", "eu", "127.0.0.4") " );");
	const struct wh_test_answer *answer;

	(void)state;
	assert_int_equal(in_room(f, f->ann, "call.ice_servers", "")->err, WH_ENOENT);
	two(f, "lobby");
	answer = in_room(f, f->ann, "call.ice_servers", ",'region':'eu'");
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"urls\":[\"turn:127.0.0.2:9?transport=udp\",\"turns:127.0.0.2:5349?transport=tcp\"],\"username\":\""));
	assert_non_null(strstr(answer->json, "127.0.0.4:"));
	assert_null(strstr(answer->json, "127.0.0.3:"));
	assert_null(strstr(answer->json, "id-ann"));
	assert_non_null(strstr(answer->json, "stun:stun.example"));
	assert_non_null(strstr(answer->json, "\"ttl\":600,\"policy\":\"all\""));
	/* The least loaded is next; strangers get no STUN and are told to use relays. */
	answer = in_room(f, f->bob, "call.ice_servers", ",'region':'us'");
	assert_true(strstr(answer->json, "127.0.0.3:") != NULL);
	f->matching.matched = (struct wh_matched){ .calls = true, .relay_only = true };
	two(f, "match-1");
	answer = in_room(f, f->bob, "call.ice_servers", "");
	assert_null(strstr(answer->json, "stun:"));
	assert_non_null(strstr(answer->json, "\"policy\":\"relay\""));
	assert_int_equal(in_room(f, f->bob, "call.leave", "")->err, WH_OK);
	assert_int_equal(in_room(f, f->bob, "call.ice_servers", "")->err, WH_ENOENT);
	end(f);
}

static void
the_load_is_shared_by_weight(void **state)
{
	struct fixture *f = begin("turn = ( " TURN("a", "", "127.0.0.2") ", " TURN("b", "", "127.0.0.3") ", " TURN("c", "", "127.0.0.4") " );");
	unsigned first[3] = { 0 };

	(void)state;
	two(f, "lobby");
	for (unsigned i = 0; i < 9; i++) {
		const char *json = in_room(f, i % 2 ? f->ann : f->bob, "call.ice_servers", "")->json;

		first[0] += strstr(json, "127.0.0.2:") != NULL;
		first[1] += strstr(json, "127.0.0.3:") != NULL;
		first[2] += strstr(json, "127.0.0.4:") != NULL;
	}
	assert_int_equal(first[0], 6);
	assert_int_equal(first[1], 6);
	assert_int_equal(first[2], 6);
	end(f);
}

static void
a_server_that_does_not_answer_comes_last(void **state)
{
	struct fixture *f = begin("probe = \"1s\"; turn = ( { name = \"dead\"; urls = [ \"turn:127.0.0.1:9\" ]; secrets = [ \"s\" ]; }, "
	    "{ name = \"b\"; urls = [ \"turns:b.example?transport=udp\" ]; secrets = [ \"s\" ]; }, "
	    "{ name = \"c\"; urls = [ \"turns:c.example?transport=udp\", \"turn:127.0.0.1:9?transport=tcp\" ]; secrets = [ \"s\" ]; } );");
	struct wh_session *admin = wh_test_session(f->t, "root", "admin");

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		wh_test_advance(f->t, 1000);
		wh_test_run_jobs(f->t);
	}
	two(f, "lobby");
	/* Nor is the way given that does not work of one that may. */
	assert_null(strstr(in_room(f, f->ann, "call.ice_servers", "")->json, "127.0.0.1"));
	assert_non_null(strstr(in_room(f, f->ann, "call.ice_servers", "")->json, "turns:c.example"));
	assert_non_null(strstr(call(f->t, admin, "call.servers", "{}")->json, "\"state\":\"unwell\",\"urls\":[{\"url\":\"turn:127.0.0.1:9\",\"state\":\"unwell\",\"why\":\"it does not answer\"}]"));
	assert_non_null(wh_test_logged(f->t, "turn_server_unwell"));
	end(f);
}

static void
settings_that_can_not_be_kept_are_refused(void **state)
{
	static const char *const wrong[] = {
		"turn = ( { name = \"a\"; urls = [ \"http://a\" ]; secrets = [ \"s\" ]; } );", "turn = ( { name = \"a\"; urls = [ \"turn:\" ]; secrets = [ \"s\" ]; } );",
		"turn = ( { name = \"a\"; urls = [ \"turns:[::1\" ]; secrets = [ \"s\" ]; } );", "turn = ( { name = \"a\"; urls = [ \"turn:a\" ]; } );",
		"turn = ( { name = \"a\"; urls = [ \"turn:a\" ]; secrets = [ \"s\", \"t\", \"u\" ]; } );",
		"turn = ( { name = \"a\"; urls = [ \"turn:a\" ]; secrets = [ \"file:/nowhere/secret\" ]; } );", "most = 7;",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct wh_test *t = wh_test_new(&whiply_plugin);

		assert_int_equal(wh_test_open(t, wrong[i]), WH_EINVAL);
		wh_test_end(&t);
	}
}

static void
new_settings_leave_calls_as_they_are(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	two(f, "lobby");
	assert_int_equal(wh_test_reload(f->t, "most = 2; turn = ( " TURN("a", "eu", "127.0.0.2") " );"), WH_OK);
	assert_int_equal(frame(f, f->bob, "call.offer", f->a, 1, OFFER), WH_OK);
	wh_test_join(f->t, f->eve, "lobby");
	assert_int_equal(in_room(f, f->eve, "call.join", "")->err, WH_EFULL);
	assert_non_null(strstr(in_room(f, f->ann, "call.ice_servers", "")->json, "127.0.0.2:"));
	end(f);
}

static void
one_sees_the_calls_of_ones_rooms(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	two(f, "lobby");
	assert_int_equal(in_room(f, f->eve, "call.status", "")->err, WH_EPERM);
	assert_string_equal(call(f->t, f->eve, "call.list", "{}")->json, "{\"calls\":[]}");
	wh_test_join(f->t, f->eve, "lobby");
	assert_non_null(strstr(in_room(f, f->eve, "call.status", "")->json, "\"name\":\"ann\",\"away\":false"));
	assert_string_equal(call(f->t, f->eve, "call.list", "{}")->json, "{\"calls\":[{\"room\":\"lobby\",\"people\":2,\"mine\":false}]}");
	assert_string_equal(call(f->t, f->ann, "call.list", "{}")->json, "{\"calls\":[{\"room\":\"lobby\",\"people\":2,\"mine\":true}]}");
	end(f);
}

static void
without_memory_nobody_sits(void **state)
{
	struct fixture *f = begin(NULL);

	(void)state;
	wh_test_join(f->t, f->ann, "lobby");
	for (unsigned nth = 1; nth <= 4; nth++) {
		wh_test_no_memory(f->t, nth);
		assert_int_equal(in_room(f, f->ann, "call.join", "")->err, WH_EFULL);
		assert_int_equal(wh_test_metric(f->t, "whiply_signaling_calls", NULL), 0);
	}
	assert_int_equal(in_room(f, f->ann, "call.join", "")->err, WH_OK);
	end(f);
}

static void
a_call_goes_along_when_its_room_gets_another_name(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	(void)state;
	assert_non_null(f);
	f->t = wh_test_new(&whiply_plugin);
	wh_test_load(f->t, "sqlite", NULL);
	wh_test_load(f->t, "chat", NULL);
	assert_int_equal(wh_test_open(f->t, NULL), WH_OK);
	f->ann = wh_test_session(f->t, "ann", "member");
	f->bob = wh_test_session(f->t, "bob", "guest");
	call(f->t, f->ann, "chat.join", "{'room':'den'}");
	wh_test_settle(f->t);
	call(f->t, f->bob, "chat.join", "{'room':'den'}");
	wh_test_settle(f->t);
	f->room = "den";
	wh_member_of(in_room(f, f->ann, "call.join", "")->json, "peer", f->a);
	wh_member_of(in_room(f, f->bob, "call.join", "")->json, "peer", f->b);
	call(f->t, f->ann, "chat.rename", "{'room':'den','to':'lair'}");
	wh_test_settle(f->t);
	f->room = "lair";
	for (unsigned i = 0; i < 2; i++) {
		const struct wh_test_answer *answer = in_room(f, f->bob, "call.status", "");

		assert_int_equal(answer->err, WH_OK);
		assert_non_null(strstr(answer->json, f->a));
		wh_test_recover(f->t);
		wh_test_settle(f->t);
	}
	assert_int_equal(in_room(f, f->bob, "call.leave", "")->err, WH_OK);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newcomer_starts_and_is_polite),
		cmocka_unit_test(offer_answer_and_candidates_reach_the_one_they_are_for_and_say_from_whom),
		cmocka_unit_test(a_source_can_not_be_forged),
		cmocka_unit_test(an_unknown_a_forbidden_and_an_old_target_are_one_answer),
		cmocka_unit_test(an_answer_needs_an_offer_and_a_candidate_too),
		cmocka_unit_test(where_both_offer_the_answer_to_one_settles_both),
		cmocka_unit_test(an_offer_that_nobody_answers_runs_out),
		cmocka_unit_test(strangers_see_no_address_of_each_other_until_the_match_lets_them),
		cmocka_unit_test(a_match_of_text_has_no_calls),
		cmocka_unit_test(calls_are_for_members_of_the_rooms_that_have_them),
		cmocka_unit_test(a_call_is_a_mesh_and_has_its_bound),
		cmocka_unit_test(a_session_is_in_four_calls_at_most),
		cmocka_unit_test(what_one_sends_is_told_to_the_others),
		cmocka_unit_test(whoever_leaves_the_room_leaves_its_call),
		cmocka_unit_test(who_begins_anew_has_another_generation),
		cmocka_unit_test(a_lost_connection_keeps_its_seat_for_a_while),
		cmocka_unit_test(a_call_survives_the_hub_and_is_told_to_restart),
		cmocka_unit_test(papers_go_with_the_seat),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(offers_have_a_rate),
		cmocka_unit_test(a_moderator_takes_somebody_out),
		cmocka_unit_test(credentials_are_for_those_in_a_call_and_come_from_two_servers),
		cmocka_unit_test(the_load_is_shared_by_weight),
		cmocka_unit_test(a_server_that_does_not_answer_comes_last),
		cmocka_unit_test(settings_that_can_not_be_kept_are_refused),
		cmocka_unit_test(new_settings_leave_calls_as_they_are),
		cmocka_unit_test(one_sees_the_calls_of_ones_rooms),
		cmocka_unit_test(without_memory_nobody_sits),
		cmocka_unit_test(a_call_goes_along_when_its_room_gets_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
