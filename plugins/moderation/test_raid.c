/* Raid mode on a virtual clock: days that are quiet, days with a peak, raids that are fast and slow, and moderators who know better. */
#include "raid.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/testing.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct raid *r;
static int64_t now;
static uint64_t seed;
static int begun, ended, held, shadows;
static char group[RAID_GROUP + 32];
static uint32_t actions;

struct raid *
moderation_raid(void *self)
{
	(void)self;
	return r;
}

void
moderation_raid_news(void *self, const struct raid_news *news, struct wh_call *call)
{
	(void)self;
	(void)news;
	(void)call;
}

static int
begin(void **state)
{
	(void)state;
	r = raid_open(NULL, NULL);
	now = INT64_C(1767225600000);
	seed = 1;
	begun = ended = held = shadows = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	raid_close(&r);
	return 0;
}

static void
note(const struct wh_judge_verdict *v)
{
	shadows += v->item == WH_JUDGE_ITEM_SHADOW;
	if (wh_str_is(v->rule, "raid")) {
		begun++;
		actions = v->actions;
		assert_int_equal(sscanf(v->evidence.p, "{\"group\":\"%39[^\"]", group), 1);
	}
	if (wh_str_is(v->rule, "raid-over")) {
		ended++;
		assert_non_null(memmem(v->evidence.p, v->evidence.n, group, strlen(group)));
	}
	held += wh_str_is(v->rule, "during-raid");
}

static void
happens(enum wh_judge_on on, enum wh_judge_trust trust, uint32_t alike)
{
	const struct wh_judge_event e = { .on = on, .trust = trust, .time_ms = now, .room = WH_STR("lobby"), .user = WH_STR("x"), .name = WH_STR("x"),
		.text = WH_STR("hello") };
	struct wh_judge_verdict got[3];
	size_t n = raid_judge(r, &e, alike, got, 3);

	for (size_t i = 0; i < n; i++)
		note(&got[i]);
}

static void
joins(void)
{
	happens(WH_JUDGE_ON_JOINED, WH_TRUST_NEW, 0);
}

static bool
chance(double share)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (double)(seed >> 11) / (double)(UINT64_C(1) << 53) < share;
}

static void
tick(void)
{
	struct raid_news news;

	while (raid_tick(r, now, &news))
		note(&news.verdict);
}

/* Lets time pass with so many joins and messages that are alike a minute, evenly by chance. */
static void
passes(int64_t ms, double joins_a_minute, double alike_a_minute)
{
	for (int64_t till = now + ms; now < till; now += SECOND) {
		for (double left = joins_a_minute / 60; left > 0; left -= 1)
			if (chance(left))
				joins();
		for (double left = alike_a_minute / 60; left > 0; left -= 1)
			if (chance(left))
				happens(WH_JUDGE_ON_SAID, WH_TRUST_KNOWN, 3);
		if (now / SECOND % 5 == 0)
			tick();
	}
}

static void
a_quiet_day_has_no_raid(void **state)
{
	(void)state;
	passes(DAY, 1, 0.2);
	assert_int_equal(begun, 0);
}

static void
a_busy_room_is_used_to_be_busy(void **state)
{
	struct raid_info info;

	(void)state;
	for (int i = 0; i < 30; i++)
		passes(6 * MINUTE, i, i / 6.0);
	passes(DAY, 30, 5);
	assert_int_equal(begun, 0);
	assert_true(raid_find(r, WH_STR("lobby"), now, &info));
	assert_true(info.usual_joins > 20 && info.usual_joins < 45);
}

/* From 30 an hour to 10 a minute within half an hour, each evening, and each day there are as many more. */
static void
the_peak_of_every_day_is_no_raid(void **state)
{
	(void)state;
	for (int day = 0; day < 3; day++) {
		passes(18 * HOUR, 0.5, 0.1);
		for (int i = 0; i < 30; i++)
			passes(MINUTE, 0.5 + (day + 1) * i / 3.0, 0.3);
		passes(2 * HOUR, 10 * (day + 1), 0.5);
		passes(3 * HOUR + 30 * MINUTE, 0.5, 0.1);
		assert_int_equal(begun, 0);
	}
}

static void
many_who_come_at_once_are_a_raid_that_ends_when_it_is_calm(void **state)
{
	int64_t before;

	(void)state;
	passes(2 * HOUR, 0.5, 0.1);
	before = now;
	passes(30 * SECOND, 100, 0);
	assert_int_equal(begun, 1);
	assert_int_equal(actions, WH_ACT_SLOW | WH_ACT_FLAG);
	assert_int_equal(ended, 0);
	assert_int_equal(raid_undo_group(r, WH_STR("lobby")), 0);
	raid_remember(r, WH_STR("lobby"), 42);
	assert_int_equal(raid_undo_group(r, WH_STR("lobby")), 42);
	happens(WH_JUDGE_ON_SAID, WH_TRUST_NEW, 1);
	assert_int_equal(held, 1);
	happens(WH_JUDGE_ON_SAID, WH_TRUST_KNOWN, 1);
	assert_int_equal(held, 1);
	while (ended == 0 && now - before < HOUR)
		passes(5 * SECOND, 0.5, 0);
	assert_int_equal(ended, 1);
	assert_true(now - before >= raid_defaults.least_ms && now - before < 6 * MINUTE);
	happens(WH_JUDGE_ON_SAID, WH_TRUST_NEW, 1);
	assert_int_equal(held, 1);
	passes(DAY, 0.5, 0.1);
	assert_int_equal(begun, 1);
}

static void
the_same_said_by_many_is_a_raid(void **state)
{
	(void)state;
	passes(2 * HOUR, 0.5, 0.1);
	passes(30 * SECOND, 0.5, 30);
	assert_int_equal(begun, 1);
}

static void
three_quarters_of_each_are_a_raid_as_well(void **state)
{
	(void)state;
	passes(2 * HOUR, 0.2, 0);
	for (int i = 0; i < 15; i++)
		joins();
	for (int i = 0; i < 100; i++)
		happens(WH_JUDGE_ON_SAID, WH_TRUST_KNOWN, 2);
	assert_int_equal(begun, 0);
	for (int i = 0; i < 5; i++)
		happens(WH_JUDGE_ON_SAID, WH_TRUST_KNOWN, 3);
	assert_int_equal(begun, 1);
}

static void
a_slow_raid_is_found_and_teaches_nothing(void **state)
{
	struct raid_info info;

	(void)state;
	passes(3 * HOUR, 0.2, 0);
	passes(12 * MINUTE, 9, 0);
	assert_int_equal(begun, 1);
	assert_true(raid_find(r, WH_STR("lobby"), now, &info));
	assert_true(info.usual_joins < 1.5);
}

static void
a_raid_that_goes_on_is_ended_at_most_and_found_anew(void **state)
{
	(void)state;
	passes(2 * HOUR, 0.5, 0);
	passes(raid_defaults.most_ms + 3 * MINUTE, 60, 0);
	assert_int_equal(ended, 1);
	assert_int_equal(begun, 2);
}

/* Somebody wrote about the place: so many come from now on. */
static void
what_does_not_end_becomes_usual(void **state)
{
	(void)state;
	passes(2 * HOUR, 0.5, 0);
	passes(DAY, 30, 0);
	assert_in_range(begun, 1, 4);
	assert_int_equal(ended, begun);
}

/* A hub that was restarted knows nothing: it takes twice as much at first. */
static void
a_room_that_is_not_known_takes_more(void **state)
{
	(void)state;
	for (int i = 0; i < 39; i++)
		joins();
	assert_int_equal(begun, 0);
	joins();
	assert_int_equal(begun, 1);
}

static void
known_people_and_bots_are_no_raid(void **state)
{
	struct wh_judge_event e = { .on = WH_JUDGE_ON_JOINED, .trust = WH_TRUST_KNOWN, .time_ms = now, .room = WH_STR("lobby") };
	struct wh_judge_verdict got[3];

	(void)state;
	for (int i = 0; i < 500; i++)
		assert_int_equal(raid_judge(r, &e, 0, got, 3), 0);
	e.trust = WH_TRUST_NEW;
	e.flags = WH_JUDGE_BOT;
	for (int i = 0; i < 500; i++)
		assert_int_equal(raid_judge(r, &e, 0, got, 3), 0);
}

static void
a_moderators_word_holds_until_it_is_taken_back(void **state)
{
	struct raid_news news;
	struct raid_info info;
	enum wh_err err;

	(void)state;
	assert_true(raid_override(r, WH_STR("lobby"), RAID_ON, now, &news, &err));
	note(&news.verdict);
	assert_int_equal(begun, 1);
	passes(2 * HOUR, 0, 0);
	assert_int_equal(ended, 0);
	assert_true(raid_at(r, 0, &info) && info.on && info.state == RAID_ON);
	assert_false(raid_at(r, 1, &info));
	assert_false(raid_override(r, WH_STR("lobby"), RAID_AUTO, now, &news, &err));
	passes(5 * MINUTE, 0, 0);
	assert_int_equal(ended, 1);
	assert_false(raid_at(r, 0, &info));
	passes(MINUTE, 100, 0);
	assert_int_equal(begun, 2);
	assert_true(raid_override(r, WH_STR("lobby"), RAID_OFF, now, &news, &err));
	note(&news.verdict);
	assert_int_equal(ended, 2);
	passes(10 * MINUTE, 100, 10);
	assert_int_equal(begun, 2);
}

static void
in_shadow_mode_it_only_tells(void **state)
{
	struct raid_settings s = raid_defaults;

	(void)state;
	s.live = false;
	raid_set_settings(r, &s);
	for (int i = 0; i < 50; i++)
		joins();
	happens(WH_JUDGE_ON_SAID, WH_TRUST_NEW, 1);
	assert_int_equal(begun, 1);
	assert_int_equal(shadows, 2);
	s.enabled = false;
	raid_set_settings(r, &s);
	happens(WH_JUDGE_ON_SAID, WH_TRUST_NEW, 1);
	assert_int_equal(shadows, 2);
}

static void
a_flood_of_rooms_pushes_out_no_raid(void **state)
{
	struct wh_judge_event e = { .on = WH_JUDGE_ON_JOINED, .time_ms = now };
	struct wh_judge_verdict got[3];
	struct raid_info info;
	char name[16];

	(void)state;
	for (int i = 0; i < 50; i++)
		joins();
	assert_int_equal(begun, 1);
	for (int i = 0; i < 20 * RAID_ROOMS; i++) {
		snprintf(name, sizeof name, "room%d", i);
		e.room = wh_str(name);
		(void)raid_judge(r, &e, 0, got, 3);
	}
	assert_true(raid_find(r, WH_STR("lobby"), now, &info) && info.on);
}

int
main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		ONE(a_quiet_day_has_no_raid),
		ONE(a_busy_room_is_used_to_be_busy),
		ONE(the_peak_of_every_day_is_no_raid),
		ONE(many_who_come_at_once_are_a_raid_that_ends_when_it_is_calm),
		ONE(the_same_said_by_many_is_a_raid),
		ONE(three_quarters_of_each_are_a_raid_as_well),
		ONE(a_slow_raid_is_found_and_teaches_nothing),
		ONE(a_raid_that_goes_on_is_ended_at_most_and_found_anew),
		ONE(what_does_not_end_becomes_usual),
		ONE(a_room_that_is_not_known_takes_more),
		ONE(known_people_and_bots_are_no_raid),
		ONE(a_moderators_word_holds_until_it_is_taken_back),
		ONE(in_shadow_mode_it_only_tells),
		ONE(a_flood_of_rooms_pushes_out_no_raid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
