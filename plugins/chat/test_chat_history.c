/* Reading the log: pages, resuming, search, what was read and missed, what is kept for how long, a person's own data. */
#include "testing_chat.h"

/* "one" to "n" with seqs 1 to n; ids into `ids`. */
static void
fill(struct fixture *f, struct wh_session *s, const char *room, unsigned n, char (*ids)[256])
{
	char text[20], id[256];

	for (unsigned i = 1; i <= n; i++) {
		snprintf(text, sizeof text, "line %u", i);
		said(f, s, room, text, ids != NULL ? ids[i - 1] : id);
		wh_test_advance(f->t, 1000);
	}
}

/* The seqs of the entries of an answer, "1 2 3 ". */
static const char *
seqs(const struct wh_test_answer *answer, char out[static 256])
{
	const char *at;
	size_t n = 0;

	if (answer->err != WH_OK)
		fail_msg("%d: %s", answer->err, answer->why);
	at = strstr(answer->json, "\"entries\"");
	out[0] = '\0';
	while (at != NULL && (at = strstr(at, "\"seq\":")) != NULL && n < 240) {
		at += 6;
		n += (size_t)snprintf(out + n, 256 - n, "%d ", atoi(at));
	}
	return out;
}

static void
history_is_read_in_pages_from_any_place(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char ids[9][256], args[600], out[256];

	(void)state;
	fill(f, ann, "den", 9, ids);
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','limit':3}"), out), "7 8 9 ");
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','limit':3,'before':'7'}"), out), "4 5 6 ");
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','limit':3,'after':'7'}"), out), "8 9 ");
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','limit':4,'around':'5'}"), out), "3 4 5 6 ");
	snprintf(args, sizeof args, "{'room':'den','limit':2,'before':'%s'}", ids[4]);
	assert_string_equal(seqs(call(f, ann, "chat.history", args), out), "3 4 ");
	snprintf(args, sizeof args, "{'room':'den','limit':2,'after':'%s'}", ids[4]);
	assert_string_equal(seqs(call(f, ann, "chat.history", args), out), "6 7 ");
	snprintf(args, sizeof args, "{'room':'den','limit':3,'around':'%s'}", ids[4]);
	assert_string_equal(seqs(call(f, ann, "chat.history", args), out), "4 5 6 ");
	snprintf(args, sizeof args, "{'room':'den','after':'%lld'}", (long long)wh_wall_ms(wh_test_host(f->t)) - 2500);
	assert_string_equal(seqs(call(f, ann, "chat.history", args), out), "8 9 ");
	assert_call(f, ann, "chat.history", "{'room':'den','before':'3','after':'1'}", WH_EINVAL);
	assert_call(f, ann, "chat.history", "{'room':'den','before':'soon'}", WH_EINVAL);
	assert_call(f, ann, "chat.history", "{'room':'den','limit':201}", WH_EINVAL);
	end(f);
}

static void
what_lies_between_two_places_is_read(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char ids[9][256], args[600], out[256];

	(void)state;
	fill(f, ann, "den", 9, ids);
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','after':'2','until':'6'}"), out), "3 4 5 ");
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','before':'6','until':'2'}"), out), "3 4 5 ");
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','before':'6','until':'2','limit':2}"), out), "4 5 ");
	snprintf(args, sizeof args, "{'room':'den','after':'%s','until':'%s','limit':2}", ids[1], ids[5]);
	assert_string_equal(seqs(call(f, ann, "chat.history", args), out), "3 4 ");
	assert_call(f, ann, "chat.history", "{'room':'den','after':'2','until':'x'}", WH_EINVAL);
	assert_call(f, ann, "chat.history", "{'room':'den','around':'2','until':'3'}", WH_EINVAL);
	end(f);
}

static void
events_are_read_when_they_are_asked_for(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256], args[600], out[256];

	(void)state;
	said(f, ann, "den", "cake", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':':yum:'}", id);
	assert_call(f, ann, "chat.react", args, WH_OK);
	assert_call(f, ann, "chat.topic", "{'room':'den','topic':'rain'}", WH_OK);
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den'}"), out), "1 3 ");
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','events':true}"), out), "1 2 3 ");
	wh_assert_has(call(f, ann, "chat.history", "{'room':'den','events':true}")->json, "{'event':'chat.reacted','room':'den','seq':2");
	end(f);
}

static void
only_who_may_reads(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = wh_test_session(f->t, "bob", "member");
	char id[256];

	(void)state;
	said(f, ann, "den", "treasure", id);
	assert_call(f, bob, "chat.history", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.search", "{'room':'den','query':'treasure'}", WH_EPERM);
	assert_call(f, bob, "chat.pins", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.history", "{'room':'nowhere'}", WH_ENOENT);
	/* What is public and lasts is for all. */
	assert_call(f, ann, "chat.register", "{'room':'den'}", WH_OK);
	wh_assert_has(call(f, bob, "chat.history", "{'room':'den'}")->json, "treasure");
	wh_assert_has(call(f, bob, "chat.search", "{'room':'den','query':'treasure'}")->json, "treasure");
	assert_call(f, ann, "chat.set", "{'room':'den','access':'unlisted'}", WH_OK);
	assert_call(f, bob, "chat.history", "{'room':'den'}", WH_EPERM);
	assert_call(f, bob, "chat.search", "{'room':'den','query':'treasure'}", WH_EPERM);
	end(f);
}

static void
words_are_found_in_a_room(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char ids[3][256], args[600], out[256];

	(void)state;
	said(f, ann, "den", "the red fox", ids[0]);
	said(f, ann, "den", "a Red CAF\xc3\x89", ids[1]);
	said(f, ann, "den", "a blue fox OR NOT", ids[2]);
	assert_call(f, ann, "chat.join", "{'room':'other'}", WH_OK);
	assert_call(f, ann, "chat.say", "{'room':'other','text':'red elsewhere'}", WH_OK);
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'red'}"), out), "2 1 ");
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'red fox'}"), out), "1 ");
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'cafe'}"), out), "2 ");
	/* Nothing in it is syntax. */
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'OR'}"), out), "3 ");
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'fox NOT'}"), out), "3 ");
	wh_test_advance(f->t, 5000);
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'fox* (text:'}"), out), "");
	assert_call(f, ann, "chat.search", "{'room':'den','query':'\\\"\\\"'}", WH_EINVAL);
	snprintf(args, sizeof args, "{'room':'den','query':'red','before':'%s'}", ids[1]);
	assert_string_equal(seqs(call(f, ann, "chat.search", args), out), "1 ");
	snprintf(args, sizeof args, "{'room':'den','id':'%s','text':'the green fox'}", ids[0]);
	assert_call(f, ann, "chat.edit", args, WH_OK);
	wh_test_advance(f->t, 5000);
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'red'}"), out), "2 ");
	assert_string_equal(seqs(call(f, ann, "chat.search", "{'room':'den','query':'green'}"), out), "1 ");
	end(f);
}

static void
resume(struct fixture *f, struct wh_session *s, const char *room, const char *epoch_from, int seq, const struct wh_test_answer **answer_out)
{
	char args[400];
	const char *epoch = strstr(call(f, s, "chat.history", epoch_from)->json, "\"epoch\":");

	snprintf(args, sizeof args, "{'rooms':[{'room':'%s','epoch':%lld,'seq':%d}]}", room, atoll(epoch + 8), seq);
	*answer_out = call(f, s, "chat.resume", args);
}

static void
what_was_missed_is_replayed_or_said_to_be_a_gap(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const struct wh_test_answer *answer;
	char out[256];

	(void)state;
	fill(f, ann, "den", 3, NULL);
	wh_test_lose(f->t, bob);
	fill(f, ann, "den", 3, NULL);
	wh_test_resume(f->t, bob);
	resume(f, bob, "den", "{'room':'den'}", 3, &answer);
	wh_assert_has(answer->json, "'seq':6,'gap':false,'entries':[");
	assert_string_equal(seqs(answer, out), "4 5 6 ");
	resume(f, bob, "den", "{'room':'den'}", 6, &answer);
	wh_assert_has(answer->json, "'gap':false,'entries':[]");
	resume(f, bob, "den", "{'room':'den'}", 7, &answer);
	wh_assert_has(answer->json, "'gap':true,'entries':[]");
	answer = call(f, bob, "chat.resume", "{'rooms':[{'room':'den','epoch':1,'seq':3}]}");
	wh_assert_has(answer->json, "'gap':true,'entries':[]");
	answer = call(f, bob, "chat.resume", "{'rooms':[{'room':'elsewhere','epoch':1,'seq':3}, 5, {'room':'a b'}]}");
	assert_string_equal(answer->json, "{\"rooms\":[{\"room\":\"elsewhere\",\"member\":false}]}");
	assert_string_equal(call(f, bob, "chat.resume", "{'rooms':[]}")->json, "{\"rooms\":[]}");
	end(f);
}

static void
too_much_to_replay_is_a_gap(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	const struct wh_test_answer *answer;
	char id[256];

	(void)state;
	said(f, ann, "den", "first", id);
	behind(f, "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 600) INSERT INTO chat_entry (id, room, seq, time, kind, who, name, text) "
	    "SELECT (SELECT max(id) FROM chat_entry) + i, 1, i, 1, 1, 'x', 'x', 'x' FROM n; UPDATE chat_room SET seq = 600;");
	said(f, ann, "den", "last", id);
	resume(f, ann, "den", "{'room':'den'}", 1, &answer);
	wh_assert_has(answer->json, "'gap':true,'entries':[]");
	resume(f, ann, "den", "{'room':'den'}", 150, &answer);
	wh_assert_has(answer->json, "'gap':false");
	end(f);
}

static void
whispers_are_resumed_too(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = wh_test_session(f->t, "ann", "member"), *bob = wh_test_session(f->t, "bob", "member");
	const struct wh_test_answer *answer;
	char out[256];

	(void)state;
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'one'}", WH_OK);
	assert_call(f, ann, "chat.whisper", "{'to':'bob','text':'two'}", WH_OK);
	resume(f, bob, "@id-ann,id-bob", "{'room':'@ann'}", 1, &answer);
	wh_assert_has(answer->json, "'room':'@id-ann,id-bob','epoch':");
	wh_assert_has(answer->json, "'gap':false");
	wh_assert_has(answer->json, "'to':'id-bob','to_name':'bob','text':'two'");
	assert_string_equal(seqs(answer, out), "2 ");
	resume(f, bob, "@id-ann,id-bob", "{'room':'@ann'}", 2, &answer);
	wh_assert_has(answer->json, "'gap':false,'entries':[]");
	resume(f, bob, "@id-ann,id-cleo", "{'room':'@ann'}", 1, &answer);
	assert_string_equal(answer->json, "{\"rooms\":[]}");
	end(f);
}

static void
what_is_unread_is_counted(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den"), *bob2 = inside(f, "bob", "member", "den");
	char id[256];

	(void)state;
	assert_call(f, bob, "chat.mark", "{'room':'den','seq':0}", WH_OK);
	fill(f, ann, "den", 3, NULL);
	said(f, bob, "den", "mine", id);
	said(f, ann, "den", "hey @Bob, look", id);
	assert_string_equal(call(f, bob, "chat.unread", NULL)->json, "{\"rooms\":[{\"room\":\"den\",\"read\":0,\"seq\":5,\"unread\":4,\"mentions\":1}]}");
	assert_call(f, bob, "chat.mark", "{'room':'den','seq':2}", WH_OK);
	wh_assert_has(wh_heard(bob2, "chat.marked"), "'seq':0");
	wh_assert_has(wh_heard(bob2, "chat.marked"), "'seq':2");
	assert_null(wh_heard(bob, "chat.marked"));
	assert_null(wh_heard(ann, "chat.marked"));
	wh_assert_has(call(f, bob, "chat.unread", NULL)->json, "'read':2,'seq':5,'unread':2,'mentions':1");
	/* Without a place it is told. */
	wh_assert_has(call(f, bob, "chat.mark", "{'room':'den'}")->json, "{'seq':2,'time':");
	assert_null(wh_heard(bob2, "chat.marked"));
	/* It never goes back, nor beyond the end. */
	assert_call(f, bob, "chat.mark", "{'room':'den','seq':1}", WH_OK);
	wh_assert_has(call(f, bob, "chat.unread", NULL)->json, "'read':2");
	assert_call(f, bob, "chat.mark", "{'room':'den','seq':99}", WH_OK);
	wh_assert_has(call(f, bob, "chat.unread", NULL)->json, "'read':5,'seq':5,'unread':0,'mentions':0");
	end(f);
}

static void
what_is_read_up_to_a_time_is_marked(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char id[256], args[80];
	int64_t between;

	(void)state;
	said(f, ann, "den", "early", id);
	between = wh_wall_ms(wh_test_host(f->t));
	wh_test_advance(f->t, 5000);
	said(f, ann, "den", "late", id);
	snprintf(args, sizeof args, "{'room':'den','time':%lld}", (long long)between);
	wh_assert_has(call(f, bob, "chat.mark", args)->json, "{'seq':1,'time':");
	snprintf(args, sizeof args, "{'room':'den','time':%lld}", (long long)between + 60000);
	wh_assert_has(call(f, bob, "chat.mark", args)->json, "{'seq':2,'time':");
	end(f);
}

static void
who_is_named_finds_it(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	char one[256], two[256], args[600], out[256];

	(void)state;
	said(f, ann, "den", "@bob: one (@bob)", one);
	said(f, ann, "den", "mail bob@example.org", two);
	said(f, ann, "den", "two, @BOB!", two);
	assert_string_equal(seqs(call(f, bob, "chat.mentions", NULL), out), "3 1 ");
	wh_assert_has(call(f, bob, "chat.mentions", NULL)->json, "'room':'den'");
	snprintf(args, sizeof args, "{'before':'%s'}", two);
	assert_string_equal(seqs(call(f, bob, "chat.mentions", args), out), "1 ");
	assert_string_equal(seqs(call(f, ann, "chat.mentions", NULL), out), "");
	assert_call(f, bob, "chat.mentions", "{'before':'x'}", WH_EINVAL);
	snprintf(args, sizeof args, "{'room':'den','id':'%s'}", one);
	assert_call(f, ann, "chat.redact", args, WH_OK);
	assert_string_equal(seqs(call(f, bob, "chat.mentions", NULL), out), "3 ");
	end(f);
}

static void
messages_are_kept_as_long_as_the_room_says(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	char id[256], out[256];

	(void)state;
	said(f, ann, "den", "old", id);
	assert_call(f, ann, "chat.set", "{'room':'den','keep':'1h'}", WH_OK);
	wh_test_advance(f->t, 3600000);
	said(f, ann, "den", "new", id);
	/* Not shown, and with the next sweep not there. */
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den'}"), out), "3 ");
	wh_test_advance(f->t, 60000);
	wh_test_settle(f->t);
	assert_call(f, ann, "chat.set", "{'room':'den','keep':0}", WH_OK);
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den'}"), out), "3 ");
	wh_assert_has(call(f, ann, "chat.search", "{'room':'den','query':'old'}")->json, "'entries':[]");
	said(f, ann, "den", "newer", id);
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den'}"), out), "3 5 ");
	end(f);
}

static void
marks_of_guests_end(void **state)
{
	struct fixture *f = begin("guest_whispers = \"1h\";");
	struct wh_session *ann = inside(f, "ann", "member", "den"), *g = inside(f, "gus", "guest", "den");

	(void)state;
	fill(f, ann, "den", 1, NULL);
	assert_call(f, ann, "chat.mark", "{'room':'den','seq':1}", WH_OK);
	assert_call(f, g, "chat.mark", "{'room':'den','seq':1}", WH_OK);
	wh_test_advance(f->t, 3700000);
	wh_test_settle(f->t);
	wh_assert_has(call(f, ann, "chat.unread", NULL)->json, "den");
	assert_string_equal(call(f, g, "chat.unread", NULL)->json, "{\"rooms\":[]}");
	end(f);
}

static const struct wh_test_answer *
finished(struct fixture *f, const struct wh_test_answer *answer)
{
	wh_test_settle(f->t);
	assert_int_equal(answer->err, WH_OK);
	return answer;
}

static void
a_person_gets_all_that_is_kept_of_them(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const char *json;
	char id[256], args[600];

	(void)state;
	said(f, ann, "den", "from ann", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':':yum:'}", id);
	assert_call(f, bob, "chat.react", args, WH_OK);
	said(f, bob, "den", "from bob", id);
	assert_call(f, bob, "chat.mark", "{'room':'den','seq':2}", WH_OK);
	assert_call(f, bob, "chat.whisper", "{'to':'cleo','text':'softly'}", WH_OK);
	assert_call(f, bob, "chat.block", "{'name':'dora'}", WH_OK);
	assert_call(f, bob, "chat.refuse", "{'from':'guests'}", WH_OK);
	json = finished(f, wh_test_export(f->t, "id-bob", "bob"))->json;
	wh_assert_has(json, "'text':'from bob'");
	wh_assert_has(json, "'text':'softly'");
	wh_assert_lacks(json, "from ann");
	wh_assert_has(json, "{'what':'mark','on':'den','as':'','at':2}");
	wh_assert_has(json, "{'what':'reaction','on':'den','as':':yum:','at':");
	wh_assert_has(json, "{'what':'whispers','on':'@id-bob,id-cleo','as':'cleo','at':");
	wh_assert_has(json, "{'what':'block','on':'id-dora','as':'dora','at':");
	wh_assert_has(json, "{'what':'refuse','on':'','as':'1','at':");
	end(f);
}

static void
an_export_goes_on_over_pages(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den");
	const char *json;
	char id[256];
	unsigned n = 0;

	(void)state;
	said(f, ann, "den", "first", id);
	behind(f, "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 4500) INSERT INTO chat_entry (id, room, seq, time, kind, who, name, text) "
	    "SELECT (SELECT max(id) FROM chat_entry) + i, 1, i, 1, 1, 'id-ann', 'ann', 'more' FROM n;");
	json = finished(f, wh_test_export(f->t, "id-ann", "ann"))->json;
	for (const char *at = json; (at = strstr(at, "\"event\"")) != NULL; at++)
		n++;
	assert_int_equal(n, 4500);
	end(f);
}

static void
who_is_erased_leaves_only_places(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = inside(f, "ann", "member", "den"), *bob = inside(f, "bob", "member", "den");
	const char *json;
	char id[256], args[600], out[256];

	(void)state;
	said(f, ann, "den", "hello @bob", id);
	snprintf(args, sizeof args, "{'room':'den','id':'%s','emoji':':yum:'}", id);
	assert_call(f, bob, "chat.react", args, WH_OK);
	said(f, bob, "den", "my address is", id);
	assert_call(f, bob, "chat.whisper", "{'to':'ann','text':'softly'}", WH_OK);
	assert_call(f, bob, "chat.block", "{'name':'dora'}", WH_OK);
	wh_test_leave_server(f->t, bob);
	finished(f, wh_test_erase(f->t, "id-bob", "bob"));
	json = call(f, ann, "chat.history", "{'room':'den','events':true}")->json;
	wh_assert_lacks(json, "id-bob");
	wh_assert_lacks(json, "'bob'");
	wh_assert_lacks(json, "address");
	wh_assert_lacks(json, "yum");
	wh_assert_has(json, "someone who left");
	assert_string_equal(seqs(call(f, ann, "chat.history", "{'room':'den','events':true}"), out), "1 2 3 ");
	wh_assert_has(call(f, ann, "chat.search", "{'room':'den','query':'address'}")->json, "'entries':[]");
	json = finished(f, wh_test_export(f->t, "id-bob", "bob"))->json;
	wh_assert_has(json, "'entries':[],'rest':[]");
	json = call(f, ann, "chat.whispers", NULL)->json;
	wh_assert_has(json, "'name':'someone who left'");
	/* When the other one goes as well there is nothing left to keep. */
	wh_test_leave_server(f->t, ann);
	finished(f, wh_test_erase(f->t, "id-ann", "ann"));
	behind(f, "CREATE TABLE left_over (n INTEGER CHECK (n = 0)); INSERT INTO left_over SELECT count(*) FROM chat_room WHERE access = 4;");
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_is_read_in_pages_from_any_place),
		cmocka_unit_test(what_lies_between_two_places_is_read),
		cmocka_unit_test(events_are_read_when_they_are_asked_for),
		cmocka_unit_test(only_who_may_reads),
		cmocka_unit_test(words_are_found_in_a_room),
		cmocka_unit_test(what_was_missed_is_replayed_or_said_to_be_a_gap),
		cmocka_unit_test(too_much_to_replay_is_a_gap),
		cmocka_unit_test(whispers_are_resumed_too),
		cmocka_unit_test(what_is_unread_is_counted),
		cmocka_unit_test(what_is_read_up_to_a_time_is_marked),
		cmocka_unit_test(who_is_named_finds_it),
		cmocka_unit_test(messages_are_kept_as_long_as_the_room_says),
		cmocka_unit_test(marks_of_guests_end),
		cmocka_unit_test(a_person_gets_all_that_is_kept_of_them),
		cmocka_unit_test(an_export_goes_on_over_pages),
		cmocka_unit_test(who_is_erased_leaves_only_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
