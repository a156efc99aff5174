/* Jobs: blocking work on a few threads. A job is a copy of the request struct; a thread runs `work` on it and touches nothing
 * else, then `done` runs on the hub's thread. Queues are bounded in all and for each kind; each kind also bounds how many
 * of it run at once, so that slow ones leave threads to others; patient kinds have threads of their own, of a lower priority.
 * Finished jobs come back through one eventfd. */
#ifndef WHIPLY_HUB_JOB_H
#define WHIPLY_HUB_JOB_H

#include <pthread.h>
#include <whiply/list.h>
#include <whiply/job.h>

struct event;
struct hub;

enum { JOB_WAITING_DEFAULT = 1024, JOB_THREADS_MAX = 64, JOB_KINDS_MAX = 256, JOB_PATIENT_NICE = 10 };

enum job_crew_kind { JOB_QUICK, JOB_PATIENT, JOB_CREWS };

/** One row of one plugin. */
struct job_kind {
	struct wh_list link;		/* in jobs.kinds */
	struct wh_list ready;		/* in its crew's, while something waits and may run */
	struct job_crew *crew;
	struct wh_list waiting;		/* jobs */
	const struct wh_job *row;
	const struct wh_host *owner;
	void *self;
	unsigned n_waiting, n_running;
	unsigned n_due;			/* finished, `done` not called yet */
	uint64_t finished, refused;
};

/** Threads of one priority. */
struct job_crew {
	struct jobs *jobs;
	pthread_cond_t work;		/* they wait for something to do */
	struct wh_list ready;		/* kinds */
	int nice;
	pthread_t threads[JOB_THREADS_MAX];
	unsigned n_threads;
};

struct jobs {
	pthread_mutex_t lock;		/* guards everything below but `wake` and the crews' threads */
	pthread_cond_t came;		/* jobs_drain_of waits for something to come back */
	struct wh_list kinds;
	struct job_crew crews[JOB_CREWS];
	struct wh_list finished;	/* jobs whose `done` is due */
	size_t n_waiting;
	unsigned n_kinds;
	bool over;
	bool made;
	int wake_fd;			/* owned eventfd */
	bool rang;			/* the hub's own */
	struct event *wake;		/* owned */
};

enum wh_err jobs_init(struct hub *hub);

/** Waits for what runs; what waits is run too, and every `done` is called. */
void jobs_finish(struct hub *hub);

/** WH_EFULL: the kind's or the whole queue's bound; WH_ENOMEM. */
enum wh_err job_start(struct hub *hub, const struct wh_host *owner, void *self, const struct wh_job *row, const void *request);

/** The plugin's kinds have this self from now on: those that it started while it was opened had none. */
void jobs_set_self(struct hub *hub, const struct wh_host *owner, void *self);

/** Waits until no job of the plugin is left, and calls every `done`. Before a plugin is closed. Blocks the hub. */
void jobs_drain_of(struct hub *hub, const struct wh_host *owner);

/** Calls the `done` of whatever came back. */
void jobs_run_done(struct hub *hub);

/** For metrics: one call for each kind, with the numbers of now. */
void jobs_each(struct hub *hub, void (*each)(struct hub *hub, const struct job_kind *kind, void *self), void *self);

#endif
