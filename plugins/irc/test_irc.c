/* The plugin on the fake host, with the real chat and store: registering, answers with labels, rendering by accent, presence, time and
 * what survives the hub. What a client sees of a whole server is in tests/integration/test_irc_*.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <whiply/testing.h>

#include "irc.h"

/* What the server's own command does, without plugins/auth. */
static enum wh_err
play_name(void *self, struct wh_call *call)
{
	struct wh_test *t = *(struct wh_test **)self;
	const struct wh_host *host = wh_test_host(t);
	struct wh_session *s = wh_call_session(call);
	struct wh_identity who = *wh_session_identity(host, s);

	who.name = wh_arg_str(call, "name");
	return wh_session_identify(host, s, &who);
}

static const struct wh_field name_fields[] = { { "name", WH_F_NAME, .required = true, .help = "the name" }, { 0 } };
static const struct wh_command played[] = { { "session.name", name_fields, WH_ALLOW_GUEST, .run = play_name, .help = "choose a name" }, { 0 } };

static struct wh_test *
begin(const char *settings)
{
	static struct wh_test *t;

	t = wh_test_new(&whiply_plugin);
	wh_test_load(t, "sqlite", NULL);
	wh_test_load(t, "chat", NULL);
	wh_test_other_commands(t, played, &t);
	if (wh_test_open(t, settings != NULL ? settings : "name = \"irc.test\";") != WH_OK)
		fail_msg("%s", wh_test_why(t));
	return t;
}

static void
say(struct wh_test *t, struct wh_session *s, const char *line)
{
	wh_test_line(t, s, line);
	wh_test_settle(t);
}

/* The next text that has this in it, of those not read yet; NULL: none. */
static const char *
hears(struct wh_session *s, const char *part)
{
	const char *text;

	while ((text = wh_test_next(s)) != NULL)
		if (strstr(text, part) != NULL)
			return text;
	return NULL;
}

/* Somebody who has said nothing yet. Each is somebody else. */
static struct wh_session *
comes(struct wh_test *t)
{
	static unsigned n;
	char name[16];

	snprintf(name, sizeof name, "guest-%u", ++n);
	return wh_test_session_in(t, "irc", name, "guest");
}

static struct wh_session *
client(struct wh_test *t, const char *nick, const char *caps)
{
	char line[300];
	struct wh_session *s = comes(t);

	if (caps != NULL) {
		snprintf(line, sizeof line, "CAP REQ :%s", caps);
		say(t, s, line);
		assert_non_null(hears(s, " ACK "));
	}
	snprintf(line, sizeof line, "NICK %s", nick);
	say(t, s, line);
	say(t, s, "USER user 0 * :Real Name");
	if (caps != NULL)
		say(t, s, "CAP END");
	assert_non_null(hears(s, " 001 "));
	while (wh_test_next(s) != NULL)
		continue;
	return s;
}

static void
nothing_left(struct wh_session *s)
{
	const char *text = wh_test_next(s);

	if (text != NULL)
		fail_msg("it was told: %s", text);
}

static void
end(struct wh_test *t)
{
	wh_test_settle(t);
	wh_test_end(&t);
}

static void
a_client_is_welcome_when_it_said_who_it_is(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = comes(t);

	(void)state;
	say(t, s, "NICK ann");
	nothing_left(s);
	say(t, s, "USER user 0 * :Real Name");
	assert_non_null(hears(s, ":irc.test 001 ann :Welcome"));
	end(t);
}

static void
negotiating_holds_the_welcome_back(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = comes(t);

	(void)state;
	say(t, s, "CAP LS 302");
	say(t, s, "NICK ann");
	say(t, s, "USER user 0 * :Real Name");
	assert_null(hears(s, " 001 "));
	say(t, s, "CAP END");
	assert_non_null(hears(s, " 001 "));
	end(t);
}

static void
a_server_without_accounts_offers_no_sasl(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = comes(t);
	const char *text;

	(void)state;
	say(t, s, "CAP LS 302");
	do {
		text = wh_test_next(s);
		assert_non_null(text);
		assert_null(strstr(text, "sasl"));
	} while (strstr(text, " LS * :") != NULL);
	assert_non_null(strstr(text, "server-time"));
	say(t, s, "AUTHENTICATE PLAIN");
	assert_non_null(hears(s, " 904 "));
	end(t);
}

static void
a_nick_is_one_persons(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s, *ann;

	(void)state;
	ann = client(t, "ann", NULL);
	s = comes(t);
	say(t, s, "NICK ANN");
	assert_non_null(hears(s, " 433 * ANN "));
	wh_test_leave_server(t, ann);
	say(t, s, "NICK ANN");
	nothing_left(s);
	end(t);
}

static void
labels_stand_on_one_line_on_a_batch_or_on_an_ack(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = client(t, "ann", "labeled-response batch");

	(void)state;
	say(t, s, "@label=one PING x");
	assert_string_equal(wh_test_next(s), "@label=one :irc.test PONG irc.test :x");
	say(t, s, "@label=none PONG x");
	assert_string_equal(wh_test_next(s), "@label=none :irc.test ACK");
	say(t, s, "@label=many LUSERS");
	assert_non_null(hears(s, "@label=many :irc.test BATCH +"));
	end(t);
}

static void
a_label_goes_back_as_it_came_and_ends_no_line(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = client(t, "ann", "labeled-response batch");
	char line[200];

	(void)state;
	say(t, s, "@label=a\\r\\n:b\\s\\: PING x");
	assert_string_equal(wh_test_next(s), "@label=a\\r\\n:b\\s\\: :irc.test PONG irc.test :x");
	/* One that is too long is none. */
	snprintf(line, sizeof line, "@label=%0100d PING x", 7);
	say(t, s, line);
	assert_string_equal(wh_test_next(s), ":irc.test PONG irc.test :x");
	end(t);
}

static void
without_the_capability_there_are_no_labels(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = client(t, "ann", NULL);

	(void)state;
	say(t, s, "@label=one PING x");
	assert_string_equal(wh_test_next(s), ":irc.test PONG irc.test :x");
	end(t);
}

static void
an_answer_that_comes_later_has_its_label(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = client(t, "ann", "labeled-response batch message-tags echo-message");

	(void)state;
	wh_test_line(t, s, "@label=join JOIN #den");
	wh_test_line(t, s, "@label=ping PING x");
	wh_test_settle(t);
	assert_string_equal(wh_test_next(s), "@label=ping :irc.test PONG irc.test :x");
	assert_non_null(hears(s, "@label=join :irc.test BATCH +"));
	say(t, s, "@label=say PRIVMSG #den :hello");
	assert_non_null(hears(s, "label=say"));
	end(t);
}

static void
an_event_is_rendered_once_for_each_accent(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *web = wh_test_session(t, "web", "member"), *plain[3], *timed[3];
	size_t before;
	const char *text;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		char nick[8];

		snprintf(nick, sizeof nick, "p%u", i);
		plain[i] = client(t, nick, NULL);
		say(t, plain[i], "JOIN #den");
		snprintf(nick, sizeof nick, "t%u", i);
		timed[i] = client(t, nick, "server-time message-tags");
		say(t, timed[i], "JOIN #den");
	}
	wh_test_call(t, web, "chat.join", "{\"room\":\"den\"}");
	wh_test_settle(t);
	for (unsigned i = 0; i < 3; i++) {
		while (wh_test_next(plain[i]) != NULL || wh_test_next(timed[i]) != NULL)
			continue;
	}
	before = wh_test_renders(t);
	wh_test_call(t, web, "chat.say", "{\"room\":\"den\",\"text\":\"hello\"}");
	wh_test_settle(t);
	assert_in_range(wh_test_renders(t) - before, 2, 3);	/* two accents, and json */
	for (unsigned i = 0; i < 3; i++) {
		text = hears(plain[i], "hello");
		assert_true(strncmp(text, ":web!", 5) == 0 && strstr(text, " PRIVMSG #den :hello") != NULL);
		text = hears(timed[i], "hello");
		assert_true(strncmp(text, "@time=", 6) == 0 && strstr(text, ";msgid=") != NULL);
	}
	end(t);
}

static void
a_long_message_is_lines_that_each_fit(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *web = wh_test_session(t, "web", "member"), *s = client(t, "ann", NULL);
	char args[4000] = "{\"room\":\"den\",\"text\":\"", said[4000] = "";
	const char *text;

	(void)state;
	say(t, s, "JOIN #den");
	wh_test_call(t, web, "chat.join", "{\"room\":\"den\"}");
	wh_test_settle(t);
	for (unsigned i = 0; i < 1000; i++)
		strcat(args, "\xe2\x82\xac");
	strcat(args, "\"}");
	assert_non_null(hears(s, " JOIN #den"));
	while (wh_test_next(s) != NULL)
		continue;
	wh_test_call(t, web, "chat.say", args);
	wh_test_settle(t);
	while ((text = wh_test_next(s)) != NULL)
		for (const char *line = text; line != NULL; line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
			size_t n = strcspn(line, "\n");
			const char *words = strstr(line, " :");

			assert_true(n <= IRC_LINE - 2);
			assert_true(text_is_utf8((struct wh_str){ line, n }));
			strncat(said, words + 2, n - (size_t)(words + 2 - line));
		}
	assert_int_equal(strlen(said), 3000);
	end(t);
}

static void
who_leaves_is_told_of_once(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *ann = client(t, "ann", NULL), *bob = client(t, "bob", NULL);

	(void)state;
	say(t, ann, "JOIN #one,#two,#three");
	say(t, bob, "JOIN #one,#two,#three");
	while (wh_test_next(bob) != NULL)
		continue;
	wh_test_line(t, ann, "QUIT :bye");
	wh_test_settle(t);
	assert_non_null(strstr(wh_test_next(bob), " QUIT :Quit: bye"));
	nothing_left(bob);
	end(t);
}

static void
the_silent_are_pinged_and_then_closed(void **state)
{
	struct wh_test *t = begin("name = \"irc.test\"; ping = \"1m\";");
	struct wh_session *ann = client(t, "ann", NULL), *bob = client(t, "bob", NULL), *nobody = comes(t);

	(void)state;
	wh_test_advance(t, 75000);
	assert_string_equal(wh_test_next(ann), "PING :irc.test");
	assert_string_equal(wh_test_next(bob), "PING :irc.test");
	/* Who has not even said who it is gets no second chance. */
	assert_int_not_equal(wh_test_closed(nobody, NULL), 0);
	wh_test_line(t, ann, "PONG :irc.test");
	wh_test_advance(t, 50000);
	assert_int_equal(wh_test_closed(ann, NULL), 0);
	wh_test_advance(t, 15000);
	assert_int_not_equal(wh_test_closed(bob, NULL), 0);
	end(t);
}

static void
a_client_outlives_its_hub(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *ann = client(t, "ann", "server-time away-notify"), *bob = client(t, "bob", NULL);
	const char *text;

	(void)state;
	say(t, ann, "JOIN #den");
	say(t, bob, "JOIN #den");
	say(t, bob, "MONITOR + cleo,dora");
	say(t, bob, "MODE bob +B");
	while (wh_test_next(ann) != NULL || wh_test_next(bob) != NULL)
		continue;
	wh_test_recover(t);
	wh_test_settle(t);
	nothing_left(ann);
	nothing_left(bob);
	say(t, bob, "PRIVMSG #den :still here");
	assert_non_null(text = hears(ann, "still here"));
	assert_true(strncmp(text, "@time=", 6) == 0);
	say(t, bob, "MODE bob");
	assert_non_null(hears(bob, " 221 bob +B"));
	say(t, bob, "MONITOR L");
	assert_non_null(hears(bob, "cleo"));
	say(t, bob, "AWAY :gone");
	assert_non_null(hears(ann, " AWAY :gone"));
	end(t);
}

static void
papers_of_the_longest_client_are_whole(void **state)
{
	struct wh_test *t = begin(NULL);
	char line[600], away[301];
	struct wh_session *s = comes(t);

	(void)state;
	snprintf(line, sizeof line, "USER %016d 0 * :%0150d", 1, 2);
	say(t, s, line);
	say(t, s, "NICK nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
	memset(away, 'w', sizeof away - 1);
	away[300] = '\0';
	snprintf(line, sizeof line, "AWAY :%s", away);
	say(t, s, line);
	for (unsigned i = 0; i < 30; i++) {
		snprintf(line, sizeof line, "MONITOR + monitored%02u-and-long", i);
		say(t, s, line);
	}
	assert_non_null(hears(s, " 734 "));
	assert_true(wh_test_papers(t, s).n != 0 && wh_test_papers(t, s).n <= 1024);
	wh_test_recover(t);
	wh_test_settle(t);
	say(t, s, "WHOIS nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
	assert_non_null(hears(s, away));
	end(t);
}

static void
without_memory_a_client_is_sent_away(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s;

	(void)state;
	wh_test_no_memory(t, 1);
	s = comes(t);
	if (wh_test_closed(s, NULL) == 0) {
		/* It was the person that found no place; the client is there all the same. */
		say(t, s, "PING x");
		assert_non_null(hears(s, "PONG"));
	}
	end(t);
}

static void
lines_that_are_none_of_ours_do_no_harm(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *s = client(t, "ann", NULL);
	char tags[IRC_TAGS + 64];

	(void)state;
	say(t, s, "");
	say(t, s, "   ");
	nothing_left(s);
	wh_test_frame(t, s, WH_STR("PING a\xff"), 0);
	assert_non_null(hears(s, "INVALID_UTF8"));
	wh_test_frame(t, s, (struct wh_str){ "PING a\0b", 8 }, 0);
	assert_non_null(hears(s, "INVALID_UTF8"));
	wh_test_frame(t, s, WH_STR("PING a"), WH_CUT);
	assert_non_null(hears(s, " 417 "));
	memset(tags, 'x', sizeof tags);
	memcpy(tags, "@+", 2);
	memcpy(tags + sizeof tags - 8, " PING a", 8);
	say(t, s, tags);
	assert_non_null(hears(s, " 417 "));
	end(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_welcome_when_it_said_who_it_is),
		cmocka_unit_test(negotiating_holds_the_welcome_back),
		cmocka_unit_test(a_server_without_accounts_offers_no_sasl),
		cmocka_unit_test(a_nick_is_one_persons),
		cmocka_unit_test(labels_stand_on_one_line_on_a_batch_or_on_an_ack),
		cmocka_unit_test(a_label_goes_back_as_it_came_and_ends_no_line),
		cmocka_unit_test(without_the_capability_there_are_no_labels),
		cmocka_unit_test(an_answer_that_comes_later_has_its_label),
		cmocka_unit_test(an_event_is_rendered_once_for_each_accent),
		cmocka_unit_test(a_long_message_is_lines_that_each_fit),
		cmocka_unit_test(who_leaves_is_told_of_once),
		cmocka_unit_test(the_silent_are_pinged_and_then_closed),
		cmocka_unit_test(a_client_outlives_its_hub),
		cmocka_unit_test(papers_of_the_longest_client_are_whole),
		cmocka_unit_test(without_memory_a_client_is_sent_away),
		cmocka_unit_test(lines_that_are_none_of_ours_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
