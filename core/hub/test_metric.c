/* Tests of the metrics registry. */
#include "base/testing.h"
#include "hub/metric.h"
#include "hub/testing_hub.h"

#include <stdio.h>
#include <stdlib.h>

static const struct wh_metric rows[] = {
	{ "test_hits_total", WH_COUNTER, .help = "Hits.", .label = "kind" },
	{ "test_level", WH_GAUGE, .help = "Level." },
	{ "test_seconds", WH_HISTOGRAM, .help = "Time." },
	{ 0 }
};
static const struct wh_host owner;

/* Looks for one sample. */
struct search {
	const char *name, *labels;
	struct wh_sample found;
	unsigned times, of_name;
};

static void
search_each(void *self, const struct wh_sample *s)
{
	struct search *search = self;

	if (strcmp(s->name, search->name) != 0)
		return;
	search->of_name++;
	if (search->labels == NULL || wh_str_is(s->labels, search->labels)) {
		search->found = *s;
		search->times++;
	}
}

static struct search
look(struct hub *hub, const char *name, const char *labels)
{
	struct search search = { name, labels, { 0 }, 0, 0 };

	metrics_read(hub, search_each, &search);
	return search;
}

static struct test_hub *
begin(void)
{
	struct test_hub *t = test_hub_new(1, 'a');

	if (t->hub->metrics == NULL)
		assert_int_equal(metrics_init(t->hub), WH_OK);
	assert_int_equal(metrics_add(t->hub, &owner, rows), WH_OK);
	return t;
}

static void
end(struct test_hub *t)
{
	metrics_finish(t->hub);
	test_hub_free(t);
}

static void
a_plugins_rows_count(void **state)
{
	struct test_hub *t = begin();

	(void)state;
	metric_add(t->hub, &rows[0], WH_STR("a\"b\\"), 2);
	metric_add(t->hub, &rows[0], WH_STR("a\"b\\"), 3);
	metric_set(t->hub, &rows[1], (struct wh_str){ NULL, 0 }, -7);
	metric_took(t->hub, &rows[2], (struct wh_str){ NULL, 0 }, 700);
	metric_took(t->hub, &rows[2], (struct wh_str){ NULL, 0 }, 99000000);
	assert_int_equal(look(t->hub, "test_hits_total", "kind=\"a\\\"b\\\\\"").found.value, 5);
	assert_int_equal(look(t->hub, "test_level", "").found.value, -7);
	struct search took = look(t->hub, "test_seconds", "");

	assert_int_equal(took.found.n_bounds, METRIC_BOUNDS);
	assert_int_equal(took.found.counts[METRIC_BOUNDS], 1);
	for (size_t i = 0; i < METRIC_BOUNDS; i++)
		assert_int_equal(took.found.counts[i], took.found.bounds[i] == 0.001);
	end(t);
}

static void
what_has_no_label_is_there_before_it_counts(void **state)
{
	struct test_hub *t = begin();

	(void)state;
	assert_int_equal(look(t->hub, "test_level", "").times, 1);
	assert_int_equal(look(t->hub, "test_hits_total", NULL).times, 0);
	end(t);
}

static void
labels_beyond_the_bound_are_one_series(void **state)
{
	struct test_hub *t = begin();
	char label[32];

	(void)state;
	for (unsigned i = 0; i < METRIC_LABELS + 50; i++) {
		snprintf(label, sizeof label, "v%u", i);
		metric_add(t->hub, &rows[0], wh_str(label), 1);
	}
	assert_int_equal(look(t->hub, "test_hits_total", NULL).of_name, METRIC_LABELS + 1);
	assert_int_equal(look(t->hub, "test_hits_total", "kind=\"other\"").found.value, 50);
	end(t);
}

static void
what_is_unloaded_is_gone_and_may_come_again(void **state)
{
	struct test_hub *t = begin();

	(void)state;
	metric_add(t->hub, &rows[0], WH_STR("a"), 1);
	metrics_remove(t->hub, &owner);
	assert_int_equal(look(t->hub, "test_hits_total", NULL).of_name, 0);
	assert_int_equal(metrics_add(t->hub, &owner, rows), WH_OK);
	assert_int_equal(look(t->hub, "test_hits_total", NULL).of_name, 0);
	end(t);
}

static void
bad_rows_are_refused(void **state)
{
	static const struct wh_metric bad[][2] = {
		{ { "9lives", WH_GAUGE, .help = "x" }, { 0 } },
		{ { "a-b", WH_GAUGE, .help = "x" }, { 0 } },
		{ { "hits", WH_COUNTER, .help = "a counter ends in _total" }, { 0 } },
		{ { "hits_total", WH_GAUGE, .help = "and a gauge does not" }, { 0 } },
		{ { "hits_total", WH_COUNTER, .help = "" }, { 0 } },
		{ { "hits_total", WH_COUNTER, .help = "x", .label = "a b" }, { 0 } },
		{ { "test_level", WH_GAUGE, .help = "it is there already" }, { 0 } },
	};
	struct test_hub *t = begin();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(metrics_add(t->hub, &owner, bad[i]), WH_EINVAL);
	end(t);
}

static void
commands_are_counted_with_their_trace(void **state)
{
	struct test_hub *t = begin();

	(void)state;
	metric_command(t->hub, "x.y", "ok", 1500, WH_STR("4bf92f3577b34da6a3ce929d0e0e4736"));
	metric_command(t->hub, "x.y", "too_fast", 10, (struct wh_str){ NULL, 0 });
	assert_int_equal(look(t->hub, "whiply_commands_total", "command=\"x.y\",outcome=\"ok\"").found.value, 1);
	struct search took = look(t->hub, "whiply_command_seconds", "command=\"x.y\"");

	assert_true(wh_str_is(took.found.exemplar, "4bf92f3577b34da6a3ce929d0e0e4736"));
	assert_true(took.found.exemplar_value > 0.0014 && took.found.exemplar_value < 0.0016);
	end(t);
}

/* Every family's samples must be neighbours, or the text formats are broken. */
struct order {
	char seen[512][100];
	size_t n;
	bool broken;
};

static void
order_each(void *self, const struct wh_sample *s)
{
	struct order *order = self;

	if (order->n != 0 && strcmp(order->seen[order->n - 1], s->name) == 0)
		return;
	for (size_t i = 0; i < order->n; i++)
		order->broken = order->broken || strcmp(order->seen[i], s->name) == 0;
	if (order->n < 512)
		snprintf(order->seen[order->n++], sizeof order->seen[0], "%s", s->name);
}

static void
samples_of_one_name_stand_together(void **state)
{
	struct test_hub *t = begin();
	struct order *order = calloc(1, sizeof *order);

	(void)state;
	test_edge_add(t, 2, true);
	test_edge_add(t, 3, true);
	metrics_read(t->hub, order_each, order);
	assert_true(order->n > 60);
	assert_false(order->broken);
	free(order);
	end(t);
}

static void
turns_are_timed(void **state)
{
	struct test_hub *t = begin();
	struct search s;
	uint64_t turns = 0;

	(void)state;
	hub_turn(t->hub);
	hub_turn(t->hub);
	s = look(t->hub, "whiply_hub_turn_seconds", NULL);
	assert_int_equal(s.times, 1);
	assert_int_equal(s.found.type, WH_HISTOGRAM);
	for (size_t i = 0; i <= s.found.n_bounds; i++)
		turns += s.found.counts[i];
	assert_int_equal(turns, t->hub->counts.turns);
	end(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plugins_rows_count),
		cmocka_unit_test(what_has_no_label_is_there_before_it_counts),
		cmocka_unit_test(labels_beyond_the_bound_are_one_series),
		cmocka_unit_test(what_is_unloaded_is_gone_and_may_come_again),
		cmocka_unit_test(bad_rows_are_refused),
		cmocka_unit_test(commands_are_counted_with_their_trace),
		cmocka_unit_test(samples_of_one_name_stand_together),
		cmocka_unit_test(turns_are_timed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
