/* The fake clock, timers and jobs: nothing happens until the test says so. */
#include "testing/fake.h"

#include <stdlib.h>

/* 2026-01-01T00:00:00Z at the beginning of the monotonic clock. */
enum { TIME_FIRST_MS = 1000000 };
#define TIME_WALL_MS (INT64_C(1767225600000) - TIME_FIRST_MS)

int64_t
fake_now_ms(const struct wh_host *h)
{
	return fake_of(h)->t->now_ms;
}

int64_t
fake_wall_ms(const struct wh_host *h)
{
	return TIME_WALL_MS + fake_of(h)->t->now_ms;
}

static struct fake_timer *
timer_new(struct wh_test *t, int64_t ms, void (*fired)(void *self, uint64_t cookie), uint64_t cookie)
{
	struct fake_timer *timer = fake_zero(sizeof *timer);

	timer->id = ++t->ids;
	timer->due_ms = t->now_ms + (ms > 0 ? ms : 0);
	timer->fired = fired;
	timer->cookie = cookie;
	wh_list_add_last(&t->timers, &timer->place);
	return timer;
}

wh_id
fake_timer_start(const struct wh_host *h, int64_t ms, int64_t every_ms, wh_timer_fired *fired, uint64_t cookie)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_timer *timer;

	if (fired == NULL)
		fake_fault(p, "wh_timer_start was given no function");
	if (fake_starved(p))
		return 0;
	timer = timer_new(t, ms, fired, cookie);
	timer->p = p;
	timer->every_ms = every_ms;
	return timer->id;
}

wh_id
fake_deadline(struct wh_test *t, void (*fired)(void *self, uint64_t cookie), void *self)
{
	struct fake_timer *timer = timer_new(t, WH_TEST_HOLD_MS, fired, 0);

	timer->self = self;
	return timer->id;
}

static struct fake_timer *
timer_find(struct wh_test *t, wh_id id)
{
	WH_LIST_EACH(link, &t->timers) {
		struct fake_timer *timer = WH_CONTAINER(link, struct fake_timer, place);

		if (timer->id == id)
			return timer;
	}
	return NULL;
}

static void
timer_free(struct fake_timer *timer)
{
	wh_list_remove(&timer->place);
	free(timer);
}

void
fake_timer_stop(const struct wh_host *h, wh_id id)
{
	fake_timers_stop(fake_of(h)->t, id);
}

void
fake_timers_stop(struct wh_test *t, wh_id id)
{
	struct fake_timer *timer = timer_find(t, id);

	if (timer != NULL)
		timer_free(timer);
}

/* The one that is due first, of those that are due at `until`; of equals the oldest. */
static struct fake_timer *
timer_due(struct wh_test *t, int64_t until)
{
	struct fake_timer *due = NULL;

	WH_LIST_EACH(link, &t->timers) {
		struct fake_timer *timer = WH_CONTAINER(link, struct fake_timer, place);

		if (timer->due_ms <= until && (due == NULL || timer->due_ms < due->due_ms))
			due = timer;
	}
	return due;
}

void
wh_test_advance(struct wh_test *t, int64_t ms)
{
	int64_t until = t->now_ms + ms;
	struct fake_timer *timer;

	while ((timer = timer_due(t, until)) != NULL) {
		void (*fired)(void *self, uint64_t cookie) = timer->fired;
		void *self = timer->p != NULL ? timer->p->self : timer->self;
		uint64_t cookie = timer->cookie;

		if (timer->due_ms > t->now_ms)
			t->now_ms = timer->due_ms;
		if (timer->every_ms > 0) {
			timer->due_ms += timer->every_ms;
			wh_list_remove(&timer->place);
			wh_list_add_last(&t->timers, &timer->place);
		} else {
			timer_free(timer);
		}
		fake_enter(t);
		fired(self, cookie);
		fake_leave(t);
	}
	t->now_ms = until;
}

void
fake_timers_drop(struct wh_test *t, bool ours_too)
{
	WH_LIST_EACH(link, &t->timers) {
		struct fake_timer *timer = WH_CONTAINER(link, struct fake_timer, place);

		if (ours_too || timer->p != NULL)
			timer_free(timer);
	}
}

void
fake_timers_check(const struct fake_plugin *p)
{
	WH_LIST_EACH(link, &p->t->timers) {
		if (WH_CONTAINER(link, struct fake_timer, place)->p == p)
			fake_fault(p, "it was closed and left a timer running");
	}
}

enum wh_err
fake_job_start(const struct wh_host *h, const struct wh_job *row, const void *request)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_job *job;
	unsigned waiting = 0;

	WH_LIST_EACH(link, &t->jobs)
		waiting += WH_CONTAINER(link, struct fake_job, place)->row == row;
	if (waiting >= (row->max_waiting != 0 ? row->max_waiting : 1024))
		return WH_EFULL;
	if (fake_starved(p))
		return WH_ENOMEM;
	job = fake_zero(sizeof *job + row->size);
	job->p = p;
	job->row = row;
	memcpy(job->request, request, row->size);
	wh_list_add_last(&t->jobs, &job->place);
	return WH_OK;
}

size_t
wh_test_run_jobs(struct wh_test *t)
{
	struct wh_list *first;
	size_t n = 0;

	while ((first = wh_list_first(&t->jobs)) != NULL) {
		struct fake_job *job = WH_CONTAINER(first, struct fake_job, place);

		wh_list_remove(&job->place);
		t->working = job->p;
		job->row->work(job->request);
		t->working = NULL;
		fake_enter(t);
		if (job->row->done != NULL)
			job->row->done(job->p->self, job->request);
		fake_leave(t);
		free(job);
		n++;
	}
	return n;
}

void
wh_test_settle(struct wh_test *t)
{
	do {
		wh_test_advance(t, FAKE_STEP_MS);
	} while (wh_test_run_jobs(t) != 0);
}

void
fake_jobs_check(const struct wh_test *t)
{
	WH_LIST_EACH(link, &t->jobs)
		fake_fault(WH_CONTAINER(link, struct fake_job, place)->p, "at the end there are jobs that were not run; call wh_test_run_jobs");
}
