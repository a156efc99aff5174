/* The job threads of job.h. `lock` guards all that both sides see. A kind stands in its crew's `ready` exactly while it has a job that waits
 * and may run one more; threads take the first kind, one job of it, and put the kind at the end: kinds take turns.
 * `n_running` counts until the thread is done with the job, `n_due` the jobs whose `done` the hub has still to call. */
#include "hub/job.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hub/hub.h"

struct job {
	struct wh_list link;
	struct job_kind *kind;
	int64_t asked_us, began_us, ended_us;
	_Alignas(16) char request[];
};

static unsigned
kind_limit(const struct job_kind *k)
{
	unsigned max = k->row->max_running, threads = k->crew->n_threads;

	return max == 0 || max > threads ? threads : max;
}

/* Puts the kind into `ready`, or takes it out, as it should be. */
static void
kind_settle(struct job_kind *k)
{
	wh_list_remove(&k->ready);
	if (k->n_waiting != 0 && k->n_running < kind_limit(k))
		wh_list_add_last(&k->crew->ready, &k->ready);
}

static void
jobs_wake_all(struct jobs *jobs)
{
	for (int i = 0; i < JOB_CREWS; i++)
		pthread_cond_broadcast(&jobs->crews[i].work);
}

static void *
job_thread(void *arg)
{
	struct job_crew *crew = arg;
	struct jobs *jobs = crew->jobs;
	const uint64_t one = 1;

	/* On Linux each thread has a nice value of its own. */
	if (crew->nice != 0 && setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, (id_t)gettid()) + crew->nice) != 0)
		crew->nice = 0;

	pthread_mutex_lock(&jobs->lock);
	for (;;) {
		struct wh_list *first = wh_list_first(&crew->ready);
		struct job_kind *k;
		struct job *j;
		bool ring;

		if (first == NULL) {
			if (jobs->over && jobs->n_waiting == 0)
				break;
			pthread_cond_wait(&crew->work, &jobs->lock);
			continue;
		}
		k = WH_CONTAINER(first, struct job_kind, ready);
		j = WH_CONTAINER(wh_list_first(&k->waiting), struct job, link);
		wh_list_remove(&j->link);
		k->n_waiting--;
		k->n_running++;
		jobs->n_waiting--;
		kind_settle(k);
		pthread_mutex_unlock(&jobs->lock);

		j->began_us = wh_clock_mono_us(NULL);
		k->row->work(j->request);
		j->ended_us = wh_clock_mono_us(NULL);

		pthread_mutex_lock(&jobs->lock);
		k->n_running--;
		k->n_due++;
		kind_settle(k);
		ring = wh_list_empty(&jobs->finished);
		wh_list_add_last(&jobs->finished, &j->link);
		/* A kind that was at its limit may have work for a thread that sleeps; and the end of all is seen by all. */
		pthread_cond_broadcast(&crew->work);
		pthread_cond_signal(&jobs->came);
		if (ring && write(jobs->wake_fd, &one, sizeof one) < 0)
			continue;	/* the counter is at its limit: it rings already */
	}
	jobs_wake_all(jobs);
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

static void
jobs_woke(evutil_socket_t fd, short what, void *arg)
{
	struct hub *hub = arg;

	(void)fd, (void)what;
	hub_enter(hub);
	hub->jobs.rang = true;
}

/* Job threads take no signals: they are the loop's. */
static enum wh_err
crew_start(struct job_crew *crew, unsigned n)
{
	sigset_t all, before;
	enum wh_err err = WH_OK;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (crew->n_threads < n && err == WH_OK) {
		if (pthread_create(&crew->threads[crew->n_threads], NULL, job_thread, crew) == 0)
			crew->n_threads++;
		else
			err = WH_EIO;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

enum wh_err
jobs_init(struct hub *hub)
{
	struct jobs *jobs = &hub->jobs;
	const unsigned wanted[JOB_CREWS] = { hub->settings.job_threads, hub->settings.patient_threads };
	enum wh_err err = WH_OK;

	wh_list_init(&jobs->kinds);
	wh_list_init(&jobs->finished);
	jobs->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (jobs->wake_fd < 0)
		return WH_EIO;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->came, NULL);
	for (int i = 0; i < JOB_CREWS; i++) {
		pthread_cond_init(&jobs->crews[i].work, NULL);
		wh_list_init(&jobs->crews[i].ready);
		jobs->crews[i].jobs = jobs;
	}
	jobs->crews[JOB_PATIENT].nice = JOB_PATIENT_NICE;
	jobs->made = true;
	if (hub->base != NULL) {
		jobs->wake = event_new(hub->base, jobs->wake_fd, EV_READ | EV_PERSIST, jobs_woke, hub);
		if (jobs->wake == NULL || event_add(jobs->wake, NULL) != 0)
			return WH_ENOMEM;
	}
	for (int i = 0; i < JOB_CREWS && err == WH_OK; i++)
		err = crew_start(&jobs->crews[i], wanted[i] < JOB_THREADS_MAX ? wanted[i] : JOB_THREADS_MAX);
	return err;
}

static struct job_kind *
kind_find(struct jobs *jobs, const struct wh_host *owner, const struct wh_job *row)
{
	WH_LIST_EACH(link, &jobs->kinds) {
		struct job_kind *k = WH_CONTAINER(link, struct job_kind, link);

		if (k->row == row && k->owner == owner)
			return k;
	}
	return NULL;
}

static struct job_kind *
kind_make(struct jobs *jobs, const struct wh_host *owner, void *self, const struct wh_job *row)
{
	struct job_kind *k;

	if (jobs->n_kinds == JOB_KINDS_MAX)
		return NULL;
	k = calloc(1, sizeof *k);
	if (k == NULL)
		return NULL;
	k->row = row;
	k->crew = &jobs->crews[row->patient ? JOB_PATIENT : JOB_QUICK];
	k->owner = owner;
	k->self = self;
	wh_list_init(&k->ready);
	wh_list_init(&k->waiting);
	wh_list_add_last(&jobs->kinds, &k->link);
	jobs->n_kinds++;
	return k;
}

static enum wh_err
job_queue(struct hub *hub, const struct wh_host *owner, void *self, const struct wh_job *row, struct job *j)
{
	struct jobs *jobs = &hub->jobs;
	struct job_kind *k = kind_find(jobs, owner, row);
	unsigned most = row->max_waiting != 0 ? row->max_waiting : JOB_WAITING_DEFAULT;

	if (k == NULL)
		k = kind_make(jobs, owner, self, row);
	if (k == NULL)
		return WH_ENOMEM;
	if (k->n_waiting >= most || jobs->n_waiting >= hub->settings.job_queue || jobs->over) {
		k->refused++;
		hub->counts.jobs_refused++;
		return WH_EFULL;
	}
	j->kind = k;
	wh_list_add_last(&k->waiting, &j->link);
	k->n_waiting++;
	jobs->n_waiting++;
	if (wh_list_empty(&k->ready))
		kind_settle(k);
	pthread_cond_signal(&k->crew->work);
	return WH_OK;
}

enum wh_err
job_start(struct hub *hub, const struct wh_host *owner, void *self, const struct wh_job *row, const void *request)
{
	struct job *j = malloc(sizeof *j + row->size);
	enum wh_err err;

	if (j == NULL)
		return WH_ENOMEM;
	j->asked_us = wh_clock_mono_us(NULL);
	memcpy(j->request, request, row->size);
	pthread_mutex_lock(&hub->jobs.lock);
	err = job_queue(hub, owner, self, row, j);
	pthread_mutex_unlock(&hub->jobs.lock);
	if (err != WH_OK)
		free(j);
	return err;
}

void
jobs_run_done(struct hub *hub)
{
	struct jobs *jobs = &hub->jobs;
	struct wh_list mine;
	struct wh_list *first;
	uint64_t rings;

	if (!jobs->made)
		return;
	if (read(jobs->wake_fd, &rings, sizeof rings) < 0)
		rings = 0;	/* nobody rang; what is finished is handled all the same */
	jobs->rang = false;
	wh_list_init(&mine);
	pthread_mutex_lock(&jobs->lock);
	wh_list_join(&mine, &jobs->finished);
	pthread_mutex_unlock(&jobs->lock);
	while ((first = wh_list_first(&mine)) != NULL) {
		struct job *j = WH_CONTAINER(first, struct job, link);
		struct job_kind *k = j->kind;
		struct hub_running before = hub_running(hub, "job", k->row->name);

		wh_list_remove(&j->link);
		if (k->row->done != NULL)
			k->row->done(k->self, j->request);
		hub->features->job_took(hub, k->row->name, j->began_us - j->asked_us, j->ended_us - j->began_us);
		hub_ran(hub, before);
		free(j);
		pthread_mutex_lock(&jobs->lock);
		k->n_due--;
		k->finished++;
		pthread_mutex_unlock(&jobs->lock);
	}
}

/* Waits for the next job that comes back; with the lock held. */
static bool
jobs_busy_of(struct jobs *jobs, const struct wh_host *owner, bool all)
{
	WH_LIST_EACH(link, &jobs->kinds) {
		const struct job_kind *k = WH_CONTAINER(link, struct job_kind, link);

		if ((all || k->owner == owner) && k->n_waiting + k->n_running + k->n_due != 0)
			return true;
	}
	return false;
}

static void
jobs_drain(struct hub *hub, const struct wh_host *owner, bool all)
{
	struct jobs *jobs = &hub->jobs;
	bool busy;

	do {
		pthread_mutex_lock(&jobs->lock);
		busy = jobs_busy_of(jobs, owner, all);
		while (busy && wh_list_empty(&jobs->finished))
			pthread_cond_wait(&jobs->came, &jobs->lock);
		pthread_mutex_unlock(&jobs->lock);
		jobs_run_done(hub);
	} while (busy);
}

void
jobs_drain_of(struct hub *hub, const struct wh_host *owner)
{
	struct jobs *jobs = &hub->jobs;

	jobs_drain(hub, owner, false);
	pthread_mutex_lock(&jobs->lock);
	WH_LIST_EACH(link, &jobs->kinds) {
		struct job_kind *k = WH_CONTAINER(link, struct job_kind, link);

		if (k->owner != owner)
			continue;
		wh_list_remove(&k->link);
		wh_list_remove(&k->ready);
		jobs->n_kinds--;
		free(k);
	}
	pthread_mutex_unlock(&jobs->lock);
}

void
jobs_set_self(struct hub *hub, const struct wh_host *owner, void *self)
{
	struct jobs *jobs = &hub->jobs;

	pthread_mutex_lock(&jobs->lock);
	WH_LIST_EACH(link, &jobs->kinds) {
		struct job_kind *k = WH_CONTAINER(link, struct job_kind, link);

		if (k->owner == owner)
			k->self = self;
	}
	pthread_mutex_unlock(&jobs->lock);
}

void
jobs_finish(struct hub *hub)
{
	struct jobs *jobs = &hub->jobs;

	if (!jobs->made)
		return;
	if (jobs->crews[JOB_QUICK].n_threads != 0)
		jobs_drain(hub, NULL, true);
	pthread_mutex_lock(&jobs->lock);
	jobs->over = true;
	jobs_wake_all(jobs);
	pthread_mutex_unlock(&jobs->lock);
	for (int i = 0; i < JOB_CREWS; i++)
		for (unsigned j = 0; j < jobs->crews[i].n_threads; j++)
			pthread_join(jobs->crews[i].threads[j], NULL);
	WH_LIST_EACH(link, &jobs->kinds)
		free(WH_CONTAINER(link, struct job_kind, link));
	if (jobs->wake != NULL)
		event_free(jobs->wake);
	close(jobs->wake_fd);
	for (int i = 0; i < JOB_CREWS; i++)
		pthread_cond_destroy(&jobs->crews[i].work);
	pthread_cond_destroy(&jobs->came);
	pthread_mutex_destroy(&jobs->lock);
	*jobs = (struct jobs){ .wake_fd = -1 };
}

void
jobs_each(struct hub *hub, void (*each)(struct hub *hub, const struct job_kind *kind, void *self), void *self)
{
	WH_LIST_EACH(link, &hub->jobs.kinds) {
		struct job_kind copy;

		pthread_mutex_lock(&hub->jobs.lock);
		copy = *WH_CONTAINER(link, struct job_kind, link);
		pthread_mutex_unlock(&hub->jobs.lock);
		each(hub, &copy, self);
	}
}
