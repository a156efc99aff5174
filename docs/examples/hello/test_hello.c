/* The test of hello: the plugin runs on the fake host of <whiply/testing.h>, so no server is needed and nothing has to be waited for.
 * Each feature has a test whose name says what must hold. */
#include <whiply/assert.h>

static void
greet_says_the_greeting_of_the_settings(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, "greeting = \"Good morning\";");
	struct wh_session *ann = wh_test_session(t, "ann", "guest");
	const struct wh_test_answer *answer = wh_test_call(t, ann, "hello.greet", "{\"name\":\"bob\",\"times\":2}");

	(void)state;
	assert_int_equal(answer->err, WH_OK);
	assert_string_equal(answer->json, "{\"greeting\":\"Good morning\",\"name\":\"bob\",\"times\":2}");
	wh_test_end(&t);
}

static void
greet_refuses_what_its_fields_forbid(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);
	struct wh_session *ann = wh_test_session(t, "ann", "guest");

	(void)state;
	assert_string_equal(wh_test_call(t, ann, "hello.greet", NULL)->field, "name");
	assert_string_equal(wh_test_call(t, ann, "hello.greet", "{\"name\":\"bob\",\"times\":11}")->field, "times");
	assert_string_equal(wh_test_call(t, ann, "hello.greet", "{\"name\":\"nobody\"}")->why, "nobody is not somebody to greet");
	wh_test_end(&t);
}

static void
greet_has_a_rate(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);
	struct wh_session *ann = wh_test_session(t, "ann", "guest");

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(wh_test_call(t, ann, "hello.greet", "{\"name\":\"bob\"}")->err, WH_OK);
	assert_int_equal(wh_test_call(t, ann, "hello.greet", "{\"name\":\"bob\"}")->err, WH_EFAST);
	wh_test_advance(t, 200);
	assert_int_equal(wh_test_call(t, ann, "hello.greet", "{\"name\":\"bob\"}")->err, WH_OK);
	wh_test_end(&t);
}

static void
an_empty_greeting_is_refused_and_a_new_one_applies(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);
	struct wh_session *ann;

	(void)state;
	assert_int_equal(wh_test_open(t, "greeting = \"\";"), WH_EINVAL);
	assert_int_equal(wh_test_open(t, NULL), WH_OK);
	ann = wh_test_session(t, "ann", "guest");
	assert_int_equal(wh_test_reload(t, "greeting = \"Salut\";"), WH_OK);
	assert_string_equal(wh_test_call(t, ann, "hello.greet", "{\"name\":\"bob\"}")->json,
	    "{\"greeting\":\"Salut\",\"name\":\"bob\",\"times\":1}");
	wh_test_end(&t);
}

static void
the_page_greets_and_is_counted(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);
	const struct wh_test_page *page = wh_test_get(t, NULL, "/hello?name=ann%20b");

	(void)state;
	assert_int_equal(page->status, 200);
	assert_string_equal(page->type, "text/plain; charset=utf-8");
	assert_string_equal(page->body.p, "Hello, ann b!\n");
	assert_string_equal(wh_test_get(t, NULL, "/hello")->body.p, "Hello, stranger!\n");
	assert_int_equal(wh_test_metric(t, "whiply_hello_greetings_total", "page"), 2);
	assert_int_equal(wh_test_metric(t, "whiply_hello_greetings_total", "command"), 0);
	wh_test_end(&t);
}

static void
the_page_refuses_a_name_that_is_too_long(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);
	char target[100] = "/hello?name=";

	(void)state;
	memset(target + strlen(target), 'x', 65);
	assert_int_equal(wh_test_get(t, NULL, target)->status, 400);
	wh_test_end(&t);
}

static void
listeners_hear_of_every_greeting(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);
	struct wh_session *ann = wh_test_session(t, "ann", "guest"), *bob = wh_test_session(t, "bob", "guest");

	(void)state;
	wh_assert_ask(t, ann, "hello.listen", NULL, WH_OK);
	wh_assert_ask(t, ann, "hello.listen", NULL, WH_OK);
	wh_assert_ask(t, bob, "hello.greet", "{'name':'ann'}", WH_OK);
	assert_non_null(wh_heard(ann, "'method':'hello.greeted','params':{'via':'command'}"));
	assert_null(wh_test_next(ann));
	assert_null(wh_test_next(bob));
	wh_test_end(&t);
}

static void
listeners_still_listen_when_the_hub_was_replaced(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);
	struct wh_session *ann = wh_test_session(t, "ann", "guest");

	(void)state;
	wh_test_call(t, ann, "hello.listen", NULL);
	wh_test_recover(t);
	wh_test_get(t, NULL, "/hello");
	assert_non_null(wh_test_next(ann));
	wh_test_end(&t);
}

static void
shouting_is_refused(void **state)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, NULL);
	struct wh_session *ann = wh_test_session(t, "ann", "member");

	(void)state;
	assert_string_equal(wh_test_say(t, ann, "lobby", "WHERE IS EVERYBODY")->why, "please do not shout");
	assert_int_equal(wh_test_say(t, ann, "lobby", "Where is everybody")->err, WH_OK);
	assert_int_equal(wh_test_say(t, ann, "lobby", "LOL")->err, WH_OK);
	wh_test_end(&t);
}

static void
opening_without_memory_fails_and_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		struct wh_test *t = wh_test_new(&whiply_plugin);

		wh_test_no_memory(t, nth);
		assert_int_equal(wh_test_open(t, NULL), WH_ENOMEM);
		wh_test_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greet_says_the_greeting_of_the_settings),
		cmocka_unit_test(greet_refuses_what_its_fields_forbid),
		cmocka_unit_test(greet_has_a_rate),
		cmocka_unit_test(an_empty_greeting_is_refused_and_a_new_one_applies),
		cmocka_unit_test(the_page_greets_and_is_counted),
		cmocka_unit_test(the_page_refuses_a_name_that_is_too_long),
		cmocka_unit_test(listeners_hear_of_every_greeting),
		cmocka_unit_test(listeners_still_listen_when_the_hub_was_replaced),
		cmocka_unit_test(shouting_is_refused),
		cmocka_unit_test(opening_without_memory_fails_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
