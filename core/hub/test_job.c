/* Timers and jobs. Jobs run on real threads: the tests wait for what they do, never for a while. */
#include <semaphore.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/testing.h"
#include "hub/testing_hub.h"

struct ticks {
	struct test_hub *t;
	wh_id id;
	uint64_t sum;
	unsigned n;
};

static void
tick(void *self, uint64_t cookie)
{
	struct ticks *k = self;

	k->sum += cookie;
	k->n++;
}

static void
tick_once_more(void *self, uint64_t cookie)
{
	struct ticks *k = self;

	tick(self, cookie);
	timer_start(k->t->hub, NULL, "again", 0, 0, tick_once_more, k, 1);
}

static void
tick_and_stop(void *self, uint64_t cookie)
{
	struct ticks *k = self;

	tick(self, cookie);
	timer_stop(k->t->hub, k->id);
}

static void
pass_ms(struct test_hub *t, int64_t ms)
{
	wh_clock_advance(&t->clock, ms * WH_NS_PER_MS);
	test_turn(t);
}

static void
timers_fire_when_due_and_in_order(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct ticks once = { t, 0, 0, 0 }, often = { t, 0, 0, 0 };

	(void)state;
	timer_start(t->hub, NULL, "once", 100, 0, tick, &once, 5);
	timer_start(t->hub, NULL, "often", 10, 10, tick, &often, 1);
	pass_ms(t, 9);
	assert_int_equal(often.n, 0);
	pass_ms(t, 1);
	assert_int_equal(often.n, 1);
	/* What was missed is not made up for. */
	pass_ms(t, 90);
	assert_int_equal(often.n, 2);
	assert_int_equal(once.sum, 5);
	pass_ms(t, 1000);
	assert_int_equal(once.n, 1);
	test_hub_free(t);
}

static void
a_timer_may_stop_or_start_itself_while_it_fires(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct ticks again = { t, 0, 0, 0 }, stops = { t, 0, 0, 0 };

	(void)state;
	timer_start(t->hub, NULL, "again", 0, 0, tick_once_more, &again, 1);
	stops.id = timer_start(t->hub, NULL, "stops", 1, 1, tick_and_stop, &stops, 1);
	for (int i = 0; i < 5; i++)
		pass_ms(t, 1);
	assert_int_equal(again.n, 5);
	assert_int_equal(stops.n, 1);
	timer_stop(t->hub, stops.id);
	test_hub_free(t);
}

static void
the_timers_of_a_plugin_go_with_it(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct wh_host plugin = { .ops = NULL };
	struct ticks its = { t, 0, 0, 0 }, ours = { t, 0, 0, 0 };

	(void)state;
	timer_start(t->hub, &plugin, "its", 1, 1, tick, &its, 1);
	timer_start(t->hub, NULL, "ours", 1, 1, tick, &ours, 1);
	timers_stop_of(t->hub, &plugin);
	pass_ms(t, 1);
	assert_int_equal(its.n, 0);
	assert_int_equal(ours.n, 1);
	test_hub_free(t);
}

/* A job that says that it runs, and waits until it may end. */
struct gate {
	sem_t *running, *go;
	int in, *out;
};

static void
gate_work(void *request)
{
	struct gate *g = request;

	sem_post(g->running);
	sem_wait(g->go);
	g->in *= 2;
}

static void
gate_done(void *self, void *request)
{
	const struct gate *g = request;

	(void)self;
	*g->out += g->in;
}

static const struct wh_job gate_one = { .name = "test.one", .size = sizeof(struct gate), .max_running = 1, .max_waiting = 2,
	.work = gate_work, .done = gate_done };
static void
nice_work(void *request)
{
	*(int *)request = getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void
nice_done(void *self, void *request)
{
	*(int *)self = *(const int *)request;
}

static const struct wh_job nice_quick = { .name = "test.quick", .size = sizeof(int), .work = nice_work, .done = nice_done };
static const struct wh_job nice_patient = { .name = "test.patient", .size = sizeof(int), .work = nice_work, .done = nice_done, .patient = true };
static const struct wh_job gate_patient = { .name = "test.slow", .size = sizeof(struct gate), .work = gate_work, .done = gate_done, .patient = true };

static const struct wh_job gate_other = { .name = "test.other", .size = sizeof(struct gate), .work = gate_work, .done = gate_done };

static void
kinds_find(struct hub *hub, const struct job_kind *kind, void *self)
{
	(void)hub;
	if (kind->row == &gate_one)
		*(struct job_kind *)self = *kind;
}

static void
patient_jobs_have_threads_of_their_own_that_give_way(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	const int ours = getpriority(PRIO_PROCESS, 0), none = 0;
	int quick = -99, patient = -99, out = 0;
	struct wh_host owner = { .ops = NULL }, other = { .ops = NULL };
	sem_t running, go;
	struct gate g = { &running, &go, 21, &out };

	(void)state;
	assert_int_equal(job_start(t->hub, &owner, &quick, &nice_quick, &none), WH_OK);
	assert_int_equal(job_start(t->hub, &owner, &patient, &nice_patient, &none), WH_OK);
	jobs_drain_of(t->hub, &owner);
	assert_int_equal(quick, ours);
	assert_int_equal(patient, ours + JOB_PATIENT_NICE < 19 ? ours + JOB_PATIENT_NICE : 19);
	/* All patient threads are busy, and quick ones are not kept from work. */
	sem_init(&running, 0, 0);
	sem_init(&go, 0, 0);
	for (unsigned i = 0; i < t->hub->settings.patient_threads; i++)
		assert_int_equal(job_start(t->hub, &other, NULL, &gate_patient, &g), WH_OK);
	for (unsigned i = 0; i < t->hub->settings.patient_threads; i++)
		sem_wait(&running);
	quick = -99;
	assert_int_equal(job_start(t->hub, &owner, &quick, &nice_quick, &none), WH_OK);
	jobs_drain_of(t->hub, &owner);
	assert_int_equal(quick, ours);
	for (unsigned i = 0; i < t->hub->settings.patient_threads; i++)
		sem_post(&go);
	jobs_drain_of(t->hub, &other);
	sem_destroy(&running);
	sem_destroy(&go);
	test_hub_free(t);
}

static void
jobs_run_by_value_bounded_by_kind_and_come_back(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct job_kind kind = { .row = NULL };
	sem_t running, go;
	int out = 0;
	struct gate g = { &running, &go, 21, &out };

	(void)state;
	sem_init(&running, 0, 0);
	sem_init(&go, 0, 0);
	assert_int_equal(job_start(t->hub, NULL, NULL, &gate_one, &g), WH_OK);
	sem_wait(&running);
	g.in = 1;	/* the first has its own copy */
	assert_int_equal(job_start(t->hub, NULL, NULL, &gate_one, &g), WH_OK);
	assert_int_equal(job_start(t->hub, NULL, NULL, &gate_one, &g), WH_OK);
	assert_int_equal(job_start(t->hub, NULL, NULL, &gate_one, &g), WH_EFULL);
	/* A kind at its bound leaves the other thread to other kinds. */
	g.in = 100;
	assert_int_equal(job_start(t->hub, NULL, NULL, &gate_other, &g), WH_OK);
	sem_wait(&running);
	jobs_each(t->hub, kinds_find, &kind);
	assert_int_equal(kind.n_running, 1);
	assert_int_equal(kind.n_waiting, 2);
	assert_int_equal(kind.refused, 1);
	assert_int_equal(out, 0);
	for (int i = 0; i < 4; i++)
		sem_post(&go);
	jobs_drain_of(t->hub, NULL);
	assert_int_equal(out, 42 + 2 + 2 + 200);
	assert_int_equal(t->hub->counts.jobs_refused, 1);
	test_hub_free(t);
	sem_destroy(&running);
	sem_destroy(&go);
}

static void
the_whole_queue_has_a_bound_too(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	sem_t running, go;
	int out = 0;
	struct gate g = { &running, &go, 1, &out };

	(void)state;
	sem_init(&running, 0, 0);
	sem_init(&go, 0, 0);
	t->hub->settings.job_queue = 3;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(job_start(t->hub, NULL, NULL, &gate_other, &g), WH_OK);
		sem_wait(&running);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(job_start(t->hub, NULL, NULL, &gate_other, &g), WH_OK);
	assert_int_equal(job_start(t->hub, NULL, NULL, &gate_other, &g), WH_EFULL);
	for (int i = 0; i < 5; i++)
		sem_post(&go);
	/* The end waits for all of them. */
	test_hub_free(t);
	assert_int_equal(out, 10);
	sem_destroy(&running);
	sem_destroy(&go);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_when_due_and_in_order),
		cmocka_unit_test(a_timer_may_stop_or_start_itself_while_it_fires),
		cmocka_unit_test(the_timers_of_a_plugin_go_with_it),
		cmocka_unit_test(patient_jobs_have_threads_of_their_own_that_give_way),
		cmocka_unit_test(jobs_run_by_value_bounded_by_kind_and_come_back),
		cmocka_unit_test(the_whole_queue_has_a_bound_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
