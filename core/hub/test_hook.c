/* Hooks: order, change, refusal, and what happens to what is held. */
#include <stdio.h>

#include "base/testing.h"
#include "hub/hook.h"
#include "hub/testing_features.h"

struct judge {
	const struct wh_host *host;
	enum wh_verdict says;
	bool at_once;		/* says so by wh_hook_go, before it returns */
	wh_id ticket;
	char text[64];
};

static struct judge first, second;
static char order[256], heard[512];

static enum wh_err
first_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf;
	first.host = host;
	*self_out = &first;
	return WH_OK;
}

static enum wh_err
second_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf;
	second.host = host;
	*self_out = &second;
	return WH_OK;
}

static enum wh_verdict
judge_say(struct judge *j, const struct wh_occasion *at, const char *name)
{
	strcat(order, name);
	j->ticket = at->ticket;
	if (j->at_once) {
		wh_hook_go(j->host, at->ticket, j->says, WH_EPERM, "not so");
		return WH_HOLD;
	}
	return j->says == WH_REFUSE ? wh_refuse(at, WH_EFAST, "slowly", 70) : j->says;
}

static enum wh_verdict
judge_message(void *self, struct wh_message *m)
{
	struct judge *j = self;

	if (j->says == WH_CHANGED) {
		snprintf(j->text, sizeof j->text, "<%.*s>", WH_FMT(m->text));
		m->text = wh_str(j->text);
	}
	return judge_say(j, &m->at, j == &first ? "1" : "2");
}

static enum wh_verdict
judge_passage(void *self, struct wh_passage *p)
{
	return judge_say(self, &p->at, "j");
}

static enum wh_verdict
judge_attempt(void *self, struct wh_attempt *a)
{
	struct judge *j = self;

	return strcmp(a->command->name, "session.whoami") == 0 && j->says == WH_REFUSE ? wh_refuse(&a->at, WH_ESTATE, "not now", 0) : WH_PASS;
}

static enum wh_verdict
judge_person(void *self, struct wh_person *p)
{
	struct judge *j = self;

	if (p->out != NULL) {
		wh_json_str(p->out, "id", p->id);
		if (j->says != WH_PASS)
			wh_json_array(p->out, "open");	/* left open: the host ends it */
	}
	return judge_say(j, &p->at, j == &first ? "1" : "2");
}

static const struct wh_hook first_hooks[] = {
	{ WH_ON_EXPORT, .order = 70, .person = judge_person },
	{ WH_ON_ERASE, .order = 70, .person = judge_person },
	{ WH_ON_MESSAGE, .order = 70, .message = judge_message },
	{ WH_ON_JOIN, .order = 50, .passage = judge_passage },
	{ 0 }
};
static const struct wh_hook second_hooks[] = {
	{ WH_ON_EXPORT, .order = 30, .person = judge_person },
	{ WH_ON_ERASE, .order = 30, .person = judge_person },
	{ WH_ON_MESSAGE, .order = 30, .message = judge_message },
	{ WH_ON_ATTEMPT, .order = 50, .attempt = judge_attempt },
	{ 0 }
};
static const struct wh_plugin first_plugin = { WH_PLUGIN("first", "1", "x"), .hooks = first_hooks, .open = first_open };
static const struct wh_plugin second_plugin = { WH_PLUGIN("second", "1", "x"), .hooks = second_hooks, .open = second_open };
static const struct wh_plugin asker_plugin = { WH_PLUGIN("asker", "1", "x") };
static const struct wh_plugin *const all[] = { &first_plugin, &second_plugin, &asker_plugin, NULL };

static void
told(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	size_t n = strlen(heard);

	(void)self;
	snprintf(heard + n, sizeof heard - n, "%d:%d:%.*s:%.*s:%d;", (int)cookie, err, WH_FMT(err == WH_OK ? m->text : WH_STR("-")), WH_FMT(why), (int)retry_ms);
}

static void
joined(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	size_t n = strlen(heard);

	(void)self, (void)retry_ms;
	snprintf(heard + n, sizeof heard - n, "%d:%d:%.*s;", (int)cookie, err, WH_FMT(why));
}

static void
exported(void *self, uint64_t cookie, enum wh_err err, struct wh_str json, struct wh_str why)
{
	size_t n = strlen(heard);

	(void)self;
	snprintf(heard + n, sizeof heard - n, "%d:%d:%.*s:%.*s;", (int)cookie, err, WH_FMT(json), WH_FMT(why));
}

static struct test_features *
begin(void)
{
	memset(&first, 0, sizeof first);
	memset(&second, 0, sizeof second);
	order[0] = heard[0] = '\0';
	return test_features_new(all);
}

static struct plugin *
asker(struct test_features *f)
{
	return plugin_find(f->hub, WH_STR("asker"));
}

static void
say(struct test_features *f, struct wh_session *s, const char *text, uint64_t cookie)
{
	char copy[64];
	struct wh_message m = { .from = s, .room = room_open(f->hub, WH_STR("r")), .kind = "say" };

	snprintf(copy, sizeof copy, "%s", text);
	m.text = wh_str(copy);
	room_keep(f->hub, m.room, true);
	wh_message_ask(&asker(f)->host, &m, told, cookie);
	memset(copy, '?', sizeof copy);
}

static void
hooks_are_asked_in_order_and_see_what_was_changed(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	second.says = first.says = WH_CHANGED;
	say(f, s, "hi", 1);
	assert_string_equal(order, "21");
	assert_string_equal(heard, "1:0:<<hi>>::0;");
	test_features_free(f);
}

static void
what_plugins_keep_of_a_person_is_gathered(void **state)
{
	struct test_features *f = begin();
	char id[8] = "a1";

	(void)state;
	wh_person_ask(&asker(f)->host, WH_ON_EXPORT, wh_str(id), WH_STR("Ada"), exported, 1);
	assert_string_equal(heard, "1:0:{\"second\":{\"id\":\"a1\"},\"first\":{\"id\":\"a1\"}}:;");
	heard[0] = '\0';
	second.says = WH_HOLD;
	wh_person_ask(&asker(f)->host, WH_ON_EXPORT, wh_str(id), WH_STR("Ada"), exported, 2);
	strcpy(id, "zz");
	assert_string_equal(heard, "");
	assert_null(wh_person_find(first.host, second.ticket));
	wh_json_str(wh_person_find(second.host, second.ticket)->out, NULL, WH_STR("later"));
	wh_hook_go(second.host, second.ticket, WH_PASS, WH_OK, NULL);
	assert_string_equal(heard, "2:0:{\"second\":{\"id\":\"a1\",\"open\":[\"later\"]},\"first\":{\"id\":\"a1\"}}:;");
	assert_null(wh_person_find(second.host, second.ticket));
	heard[0] = '\0';
	second.says = WH_REFUSE;
	wh_person_ask(&asker(f)->host, WH_ON_ERASE, WH_STR("a1"), WH_STR("Ada"), exported, 3);
	assert_string_equal(heard, "3:-8::slowly;");
	assert_int_equal(f->hub->hooks->tickets.used, 0);
	test_features_free(f);
}

static void
a_refusal_ends_it_with_its_reason(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	second.says = WH_REFUSE;
	say(f, s, "hi", 1);
	assert_string_equal(order, "2");
	assert_string_equal(heard, "1:-8:-:slowly:70;");
	test_features_free(f);
}

static void
what_is_held_goes_on_behind_who_held_it(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);
	wh_id stale;

	(void)state;
	second.says = WH_HOLD;
	first.says = WH_CHANGED;
	say(f, s, "hi", 1);
	assert_string_equal(order, "2");
	assert_string_equal(heard, "");
	stale = second.ticket;
	/* Another plugin's word does not count. */
	wh_hook_go(first.host, stale, WH_PASS, WH_OK, NULL);
	assert_string_equal(heard, "");
	wh_hook_go(second.host, stale, WH_PASS, WH_OK, NULL);
	assert_string_equal(order, "21");
	assert_string_equal(heard, "1:0:<hi>::0;");
	wh_hook_go(second.host, stale, WH_REFUSE, WH_EPERM, "late");
	assert_string_equal(heard, "1:0:<hi>::0;");
	assert_int_equal(f->hub->hooks->n_held, 0);
	assert_int_equal(f->hub->hooks->tickets.used, 0);
	test_features_free(f);
}

static void
a_holder_may_refuse_later_or_at_once(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	second.says = WH_HOLD;
	say(f, s, "hi", 1);
	wh_hook_go(second.host, second.ticket, WH_REFUSE, WH_EPERM, "not that");
	assert_string_equal(heard, "1:-7:-:not that:0;");
	heard[0] = '\0';
	second.says = WH_REFUSE;
	second.at_once = true;
	say(f, s, "hi", 2);
	assert_string_equal(heard, "2:-7:-:not so:0;");
	heard[0] = '\0';
	second.says = WH_PASS;
	say(f, s, "hi", 3);
	assert_string_equal(heard, "3:0:hi::0;");
	test_features_free(f);
}

static void
two_may_hold_one_after_the_other(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);
	wh_id old;

	(void)state;
	second.says = first.says = WH_HOLD;
	say(f, s, "hi", 1);
	old = second.ticket;
	wh_hook_go(second.host, old, WH_PASS, WH_OK, NULL);
	assert_string_equal(heard, "");
	wh_hook_go(second.host, old, WH_REFUSE, WH_EPERM, "late");
	assert_string_equal(heard, "");
	wh_hook_go(first.host, first.ticket, WH_PASS, WH_OK, NULL);
	assert_string_equal(heard, "1:0:hi::0;");
	test_features_free(f);
}

static void
a_hold_that_nobody_ends_ends_by_itself(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	second.says = WH_HOLD;
	say(f, s, "hi", 1);
	wh_clock_advance(&f->t->clock, (HOOK_HOLD_MS + 1) * WH_NS_PER_MS);
	test_features_turn(f);
	assert_non_null(strstr(heard, "1:-14:-:"));
	assert_int_equal(f->hub->hooks->n_held, 0);
	test_features_free(f);
}

static void
what_a_plugin_held_goes_on_when_it_is_closed(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	second.says = WH_HOLD;
	first.says = WH_CHANGED;
	say(f, s, "hi", 1);
	plugin_close(plugin_find(f->hub, WH_STR("second")), false);
	assert_string_equal(heard, "1:0:<hi>::0;");
	test_features_free(f);
}

static void
what_a_closed_plugin_asked_is_dropped(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	second.says = WH_HOLD;
	say(f, s, "hi", 1);
	plugin_close(asker(f), false);
	wh_hook_go(second.host, second.ticket, WH_PASS, WH_OK, NULL);
	assert_string_equal(heard, "");
	assert_int_equal(f->hub->hooks->n_held, 0);
	test_features_free(f);
}

static void
a_held_message_of_a_session_that_ended_is_not_said(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);

	(void)state;
	second.says = WH_HOLD;
	say(f, s, "hi", 1);
	session_close(f->hub, s, 4000, WH_STR("bye"));
	test_features_turn(f);
	wh_hook_go(second.host, second.ticket, WH_PASS, WH_OK, NULL);
	assert_non_null(strstr(heard, "1:-16:-:"));
	test_features_free(f);
}

static void
joining_waits_for_its_hooks(void **state)
{
	struct test_features *f = begin();
	struct wh_session *s = test_ws(f, 0);
	struct wh_room *r = room_open(f->hub, WH_STR("r"));

	(void)state;
	first.says = WH_HOLD;
	room_keep(f->hub, r, true);
	wh_room_join(&asker(f)->host, r, s, joined, 1);
	assert_false(room_has(r, s));
	test_features_turn(f);
	wh_hook_go(first.host, first.ticket, WH_PASS, WH_OK, NULL);
	assert_true(room_has(r, s));
	assert_string_equal(heard, "1:0:;");
	wh_room_join(&asker(f)->host, r, s, joined, 2);
	assert_string_equal(heard, "1:0:;2:-5:you are in that room already;");
	test_features_free(f);
}

static void
an_attempt_may_be_refused(void **state)
{
	struct test_features *f = begin();

	(void)state;
	test_ws(f, 0);
	second.says = WH_REFUSE;
	assert_non_null(strstr(test_calls(f, 0, "session.whoami", "{}"), "\"message\":\"not now\",\"data\":{\"code\":\"wrong_state\""));
	assert_non_null(strstr(test_calls(f, 0, "session.ping", "{}"), "\"result\""));
	test_features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_are_asked_in_order_and_see_what_was_changed),
		cmocka_unit_test(what_plugins_keep_of_a_person_is_gathered),
		cmocka_unit_test(a_refusal_ends_it_with_its_reason),
		cmocka_unit_test(what_is_held_goes_on_behind_who_held_it),
		cmocka_unit_test(a_holder_may_refuse_later_or_at_once),
		cmocka_unit_test(two_may_hold_one_after_the_other),
		cmocka_unit_test(a_hold_that_nobody_ends_ends_by_itself),
		cmocka_unit_test(what_a_plugin_held_goes_on_when_it_is_closed),
		cmocka_unit_test(what_a_closed_plugin_asked_is_dropped),
		cmocka_unit_test(a_held_message_of_a_session_that_ended_is_not_said),
		cmocka_unit_test(joining_waits_for_its_hooks),
		cmocka_unit_test(an_attempt_may_be_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
