/* Formulas: what they compute, and what becomes of bad ones. */
#include "hub/formula.h"

#include "base/testing.h"

static unsigned logged;

static void
count_log(const struct wh_host *h, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n)
{
	(void)h, (void)level, (void)event, (void)pairs, (void)n;
	logged++;
}

static const struct wh_host_ops ops = { .log = count_log, .formula = &formula_ops };
static const struct wh_host host = { &ops };

static struct wh_formula *
read(const char *text)
{
	char why[WH_FORMULA_WHY];
	struct wh_formula *f = wh_formula_read(&host, "score.lua", wh_str(text), "score", why);

	if (f == NULL)
		fail_msg("%s", why);
	return f;
}

static void
numbers_become_a_number(void **state)
{
	struct wh_formula *f = read("local weight <const> = 2\nfunction score(a, b) return weight * a + b ^ 2 end");
	double result = 0;

	(void)state;
	assert_int_equal(wh_formula_run(&host, f, (const double[]){ 3, 4 }, 2, &result), WH_OK);
	assert_true(result == 22);
	wh_formula_free(&host, &f);
	assert_null(f);
}

static void
what_gives_no_number_is_an_error_and_said_once(void **state)
{
	struct wh_formula *f = read("function score(a) if a > 2 then return a end if a > 1 then return 1 / 0 end if a > 0 then return 'x' end error('no') end");
	double result = 7;

	(void)state;
	logged = 0;
	for (double a = 0; a < 3; a++)
		assert_int_equal(wh_formula_run(&host, f, &a, 1, &result), WH_EINVAL);
	assert_true(result == 7);
	assert_int_equal(logged, 1);
	assert_int_equal(wh_formula_run(&host, f, (const double[]){ 3 }, 1, &result), WH_OK);
	assert_int_equal(wh_formula_run(&host, f, (const double[9]){ 0 }, 9, &result), WH_EINVAL);
	wh_formula_free(&host, &f);
}

static void
what_takes_too_long_runs_no_more(void **state)
{
	struct wh_formula *f = read("function score(a) while a > 0 do end return 1 end");
	double result;

	(void)state;
	assert_int_equal(wh_formula_run(&host, f, (const double[]){ 0 }, 1, &result), WH_OK);
	assert_int_equal(wh_formula_run(&host, f, (const double[]){ 1 }, 1, &result), WH_ETIME);
	assert_int_equal(wh_formula_run(&host, f, (const double[]){ 0 }, 1, &result), WH_ETIME);
	wh_formula_free(&host, &f);
}

static void
what_is_no_program_is_refused_with_a_reason(void **state)
{
	static const char *const wrong[][2] = {
		{ "function score(", "score.lua:1" }, { "score = 7", "no function score" }, { "error('at once')", "at once" }, { "while true do end", "" },
		{ "local t = {} for i = 1, 1e9 do t[i] = i end", "" }, { "io.write('x')", "io" },
	};
	char why[WH_FORMULA_WHY];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_null(wh_formula_read(&host, "score.lua", wh_str(wrong[i][0]), "score", why));
		if (strstr(why, wrong[i][1]) == NULL)
			fail_msg("%s: %s", wrong[i][0], why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_a_number),
		cmocka_unit_test(what_gives_no_number_is_an_error_and_said_once),
		cmocka_unit_test(what_takes_too_long_runs_no_more),
		cmocka_unit_test(what_is_no_program_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
