/* Ratings against what was published. */
#include "base/testing.h"
#include "rating.h"

#include <math.h>

#define assert_near(is, wanted, by) \
	do { \
		if (fabs((is) - (wanted)) > (by)) \
			fail_msg("%.12g is not %.12g", (double)(is), (double)(wanted)); \
	} while (0)

static void
glicko2_gives_the_example_of_its_paper(void **state)
{
	const struct glicko_result results[] = { { { 1400, 30, 0.06 }, 1 }, { { 1550, 100, 0.06 }, 0 }, { { 1700, 300, 0.06 }, 0 } };
	struct glicko after = glicko_rate((struct glicko){ 1500, 200, 0.06 }, results, 3, 0.5);

	(void)state;
	assert_near(after.rating, 1464.06, 0.01);
	assert_near(after.deviation, 151.52, 0.01);
	assert_near(after.volatility, 0.05999, 0.00001);
}

static void
who_does_not_play_is_less_known(void **state)
{
	struct glicko after = glicko_rate((struct glicko){ 1500, 200, 0.06 }, NULL, 0, 0.5);

	(void)state;
	assert_near(after.rating, 1500, 0);
	assert_near(after.deviation, 200.2714, 0.0001);
	assert_near(glicko_rate((struct glicko){ 1500, 349.99, 0.5 }, NULL, 0, 0.5).deviation, 350, 0);
}

static void
so_many_periods_are_so_many_steps(void **state)
{
	struct glicko steps = { 1500, 60, 0.06 }, at_once = glicko_idle(steps, 10);

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		steps = glicko_rate(steps, NULL, 0, 0.5);
	assert_near(at_once.deviation, steps.deviation, 1e-9);
	assert_true(at_once.deviation > 60);
	assert_near(glicko_idle((struct glicko){ 1500, 60, 0.06 }, 0).deviation, 60, 0);
	assert_near(glicko_idle((struct glicko){ 1500, 60, 0.06 }, -3).deviation, 60, 0);
	/* Nobody is less known than one who is new. */
	assert_near(glicko_idle((struct glicko){ 1500, 60, 0.06 }, 1e9).deviation, 350, 0);
	assert_near(glicko_idle((struct glicko){ 1500, 350, 0.06 }, 1).deviation, 350, 0);
}

static void
equals_win_half_of_the_time(void **state)
{
	(void)state;
	assert_near(glicko_expect(GLICKO_FIRST, GLICKO_FIRST), 0.5, 1e-12);
	assert_true(glicko_expect((struct glicko){ 1700, 50, 0.06 }, (struct glicko){ 1500, 50, 0.06 }) > 0.7);
}

static void
an_upset_makes_the_volatility_grow(void **state)
{
	const struct glicko_result upset = { { 2600, 30, 0.06 }, 1 };

	(void)state;
	assert_true(glicko_rate((struct glicko){ 1500, 60, 0.06 }, &upset, 1, 1.2).volatility > 0.06);
}

static void
two_players_give_the_published_vector(void **state)
{
	const struct skill_team teams[] = { { 1, 1 }, { 1, 2 } };
	struct skill skills[] = { SKILL_FIRST, SKILL_FIRST };

	(void)state;
	assert_true(skill_rate(teams, 2, skills));
	assert_near(skills[0].mu, 27.63523138347365, 1e-9);
	assert_near(skills[0].sigma, 8.065506316323548, 1e-9);
	assert_near(skills[1].mu, 22.36476861652635, 1e-9);
	assert_near(skills[1].sigma, 8.065506316323548, 1e-9);
}

static void
two_teams_give_the_published_vector(void **state)
{
	const struct skill_team teams[] = { { 2, 1 }, { 2, 2 } };
	struct skill skills[] = { SKILL_FIRST, { 32.444, 5.123 }, { 43.381, 2.421 }, { 25.188, 6.211 } };

	(void)state;
	assert_true(skill_rate(teams, 2, skills));
	assert_near(skills[0].mu, 28.669648436582808, 1e-9);
	assert_near(skills[0].sigma, 8.071520788025197, 1e-9);
	assert_near(skills[1].mu, 33.83086971107981, 1e-9);
	assert_near(skills[1].sigma, 5.062772998705765, 1e-9);
	assert_near(skills[2].mu, 43.071274808241974, 1e-9);
	assert_near(skills[2].sigma, 2.4166900452721256, 1e-9);
	assert_near(skills[3].mu, 23.149503312339064, 1e-9);
	assert_near(skills[3].sigma, 6.1378606973362135, 1e-9);
}

static void
a_draw_brings_the_strong_and_the_weak_together(void **state)
{
	const struct skill_team teams[] = { { 1, 1 }, { 1, 1 } };
	struct skill skills[] = { { 30, 4 }, { 20, 4 } };

	(void)state;
	assert_true(skill_rate(teams, 2, skills));
	assert_true(skills[0].mu < 30 && skills[1].mu > 20);
	assert_near(skills[0].mu + skills[1].mu, 50, 1e-9);
}

static void
the_order_of_many_teams_is_the_order_of_their_gains(void **state)
{
	const struct skill_team teams[] = { { 1, 3 }, { 1, 1 }, { 1, 4 }, { 1, 2 } };
	struct skill skills[] = { SKILL_FIRST, SKILL_FIRST, SKILL_FIRST, SKILL_FIRST };

	(void)state;
	assert_true(skill_rate(teams, 4, skills));
	assert_true(skills[1].mu > skills[3].mu && skills[3].mu > skills[0].mu && skills[0].mu > skills[2].mu);
	assert_true(skill_shown(skills[1]) > skill_shown((struct skill)SKILL_FIRST));
}

static void
what_is_no_match_is_refused(void **state)
{
	const struct skill_team one[] = { { 1, 1 } }, empty[] = { { 1, 1 }, { 0, 2 } };
	struct skill skills[] = { SKILL_FIRST };

	(void)state;
	assert_false(skill_rate(one, 1, skills));
	assert_false(skill_rate(empty, 2, skills));
	assert_near(skills[0].mu, 25, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glicko2_gives_the_example_of_its_paper),
		cmocka_unit_test(who_does_not_play_is_less_known),
		cmocka_unit_test(so_many_periods_are_so_many_steps),
		cmocka_unit_test(equals_win_half_of_the_time),
		cmocka_unit_test(an_upset_makes_the_volatility_grow),
		cmocka_unit_test(two_players_give_the_published_vector),
		cmocka_unit_test(two_teams_give_the_published_vector),
		cmocka_unit_test(a_draw_brings_the_strong_and_the_weak_together),
		cmocka_unit_test(the_order_of_many_teams_is_the_order_of_their_gains),
		cmocka_unit_test(what_is_no_match_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
