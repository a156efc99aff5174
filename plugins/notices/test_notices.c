/* Notices on the fake host. */
#include "base/testing.h"

#include <stdio.h>

#include <whiply/notices.h>
#include <whiply/testing.h>

static const struct wh_notices_ops *ops;
static struct wh_notices *ops_self;

static struct wh_test *
begin(const char *settings)
{
	struct wh_test *t = wh_test_begin(&whiply_plugin, settings);
	void *self = NULL;

	ops = wh_test_service(t, "notices", WH_NOTICES_VERSION, &self);
	ops_self = self;
	assert_non_null(ops);
	return t;
}

static void
drain(struct wh_session *s)
{
	while (wh_test_next(s) != NULL)
		continue;
}

/* The next that it was told has these parts; NULL: there is nothing. */
static void
assert_told(struct wh_session *s, const char *topic, const char *text)
{
	const char *told = wh_test_next(s);

	if (topic == NULL) {
		if (told != NULL)
			fail_msg("told %s", told);
		return;
	}
	assert_non_null(told);
	if (strstr(told, topic) == NULL || strstr(told, text) == NULL)
		fail_msg("%s, not %s: %s", told, topic, text);
}

static void
who_watches_a_topic_is_told_and_nobody_else(void **state)
{
	struct wh_test *t = begin("connections = false;");
	struct wh_session *root = wh_test_session(t, "root", "admin"), *other = wh_test_session(t, "other", "admin"), *mod = wh_test_session(t, "mod", "moderator");

	(void)state;
	assert_string_equal(wh_test_call(t, root, "notices.watch", "{\"topics\":\"bans, kills\"}")->json, "{\"topics\":[\"kills\",\"bans\"]}");
	assert_string_equal(wh_test_call(t, other, "notices.watch", "{\"topics\":\"floods\"}")->json, "{\"topics\":[\"floods\"]}");
	assert_int_equal(wh_test_call(t, mod, "notices.watch", "{\"topics\":\"all\"}")->err, WH_EPERM);
	assert_int_equal(wh_test_call(t, root, "notices.watch", "{\"topics\":\"weather\"}")->err, WH_EINVAL);
	ops->tell(ops_self, WH_TOPIC_BANS, WH_STR("one\r\nbanned"));
	assert_told(root, "\"topic\":\"bans\"", "\"one  banned\"");
	assert_told(other, NULL, NULL);
	ops->tell(ops_self, WH_TOPIC_FLOODS, WH_STR("two"));
	assert_told(root, NULL, NULL);
	assert_told(other, "floods", "two");
	assert_string_equal(wh_test_call(t, root, "notices.unwatch", "{\"topics\":\"bans\"}")->json, "{\"topics\":[\"kills\"]}");
	ops->tell(ops_self, WH_TOPIC_BANS, WH_STR("three"));
	assert_told(root, NULL, NULL);
	wh_test_end(&t);
}

static void
who_is_no_operator_any_more_is_not_told(void **state)
{
	struct wh_test *t = begin("connections = false;");
	struct wh_session *root = wh_test_session(t, "root", "admin");

	(void)state;
	wh_test_call(t, root, "notices.watch", "{\"topics\":\"all\"}");
	wh_session_identify(wh_test_host(t), root, &(struct wh_identity){ WH_ACCOUNT, WH_STR("id-root"), WH_STR("root"), WH_STR("member") });
	drain(root);
	ops->tell(ops_self, WH_TOPIC_BANS, WH_STR("one"));
	assert_told(root, NULL, NULL);
	wh_test_end(&t);
}

static void
a_flood_of_notices_becomes_a_number(void **state)
{
	struct wh_test *t = begin("connections = false; rate = \"1/s burst 3\";");
	struct wh_session *root = wh_test_session(t, "root", "admin");
	char text[32];

	(void)state;
	wh_test_call(t, root, "notices.watch", "{\"topics\":\"all\"}");
	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof text, "number %d", i);
		ops->tell(ops_self, WH_TOPIC_FLOODS, wh_str(text));
	}
	assert_told(root, "floods", "number 0");
	assert_told(root, "floods", "number 1");
	assert_told(root, "floods", "number 2");
	assert_told(root, NULL, NULL);
	/* Another topic has a rate of its own. */
	ops->tell(ops_self, WH_TOPIC_BANS, WH_STR("one"));
	assert_told(root, "bans", "one");
	wh_test_advance(t, 5000);
	assert_told(root, "floods", "and 7 more");
	ops->tell(ops_self, WH_TOPIC_FLOODS, WH_STR("next"));
	assert_told(root, "floods", "next");
	assert_int_equal(wh_test_metric(t, "whiply_notices_dropped_total", "floods"), 7);
	wh_test_end(&t);
}

static void
what_is_watched_outlives_the_hub_and_a_resume(void **state)
{
	struct wh_test *t = begin("connections = false;");
	struct wh_session *root = wh_test_session(t, "root", "admin");
	void *self = NULL;

	(void)state;
	wh_test_call(t, root, "notices.watch", "{\"topics\":\"bans plugins\"}");
	wh_test_recover(t);
	ops = wh_test_service(t, "notices", WH_NOTICES_VERSION, &self);
	ops_self = self;
	assert_told(root, "plugins", "hub was replaced");
	ops->tell(ops_self, WH_TOPIC_BANS, WH_STR("one"));
	assert_told(root, "bans", "one");
	ops->tell(ops_self, WH_TOPIC_KILLS, WH_STR("two"));
	assert_told(root, NULL, NULL);
	wh_test_lose(t, root);
	ops->tell(ops_self, WH_TOPIC_BANS, WH_STR("lost"));
	wh_test_resume(t, root);
	ops->tell(ops_self, WH_TOPIC_BANS, WH_STR("three"));
	assert_told(root, "bans", "three");
	wh_test_end(&t);
}

static void
who_comes_and_goes_is_told_if_it_is_wanted(void **state)
{
	struct wh_test *t = begin(NULL);
	struct wh_session *root = wh_test_session(t, "root", "admin"), *ann;

	(void)state;
	wh_test_call(t, root, "notices.watch", "{\"topics\":\"connections\"}");
	ann = wh_test_session(t, "ann", "guest");
	assert_told(root, "connections", "came, from 192.0.2.1, json");
	drain(root);
	wh_test_leave_server(t, ann);
	assert_told(root, "connections", "ann left");
	assert_int_equal(wh_test_reload(t, "connections = false;"), WH_OK);
	wh_test_session(t, "bob", "guest");
	assert_told(root, NULL, NULL);
	wh_test_end(&t);
}

static enum wh_err
played_run(void *self, struct wh_call *c)
{
	(void)self, (void)c;
	return WH_OK;
}

static const struct wh_command played[] = {
	{ "auth.disable", NULL, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = played_run, .help = "played" },
	{ "moderation.mute", NULL, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = played_run, .help = "played" },
	{ "other.thing", NULL, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = played_run, .help = "played" },
	{ 0 }
};

static void
what_is_audited_is_told_without_its_arguments(void **state)
{
	struct wh_test *t = begin("connections = false;");
	struct wh_session *root = wh_test_session(t, "root", "admin"), *ann = wh_test_session(t, "ann", "guest");

	(void)state;
	wh_test_other_commands(t, played, NULL);
	wh_test_call(t, root, "notices.watch", "{\"topics\":\"all\"}");
	wh_test_call(t, root, "auth.disable", NULL);
	assert_told(root, "accounts", "\"root: auth.disable\"");
	wh_test_call(t, ann, "moderation.mute", NULL);
	assert_told(root, "moderation", "ann: moderation.mute, refused");
	wh_test_call(t, root, "other.thing", NULL);
	assert_told(root, NULL, NULL);
	wh_test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_watches_a_topic_is_told_and_nobody_else),
		cmocka_unit_test(who_is_no_operator_any_more_is_not_told),
		cmocka_unit_test(a_flood_of_notices_becomes_a_number),
		cmocka_unit_test(what_is_watched_outlives_the_hub_and_a_resume),
		cmocka_unit_test(who_comes_and_goes_is_told_if_it_is_wanted),
		cmocka_unit_test(what_is_audited_is_told_without_its_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
