/* Jobs and timers. A job is blocking work: it runs on one of the hub's few job threads, on a copy of the request, and
 * its result comes back as a callback on the hub's thread. A timer calls back after a while. */
#ifndef WHIPLY_JOB_H
#define WHIPLY_JOB_H

#include <whiply/host.h>

/** A kind of job. The request is a plain struct of `size` bytes: it is copied in, `work` fills in what it found, `done` reads it. */
struct wh_job {
	const char *name;		/**< for metrics and logs: "auth.argon2" */
	size_t size;
	unsigned max_running;		/**< at once; 0: as many as there are threads */
	unsigned max_waiting;		/**< over it wh_job_start says WH_EFULL; 0: 1024 */
	void (*work)(void *request);			/**< on a job thread: touches nothing but the request */
	void (*done)(void *self, void *request);	/**< on the hub's thread; also frees what the request points to */
	bool patient;			/**< heavy on the CPU: gives way to the server's other work */
};

/** Starts a job on a copy of `*request`. The row must outlive it: make it static const. */
static inline enum wh_err
wh_job_start(const struct wh_host *h, const struct wh_job *job, const void *request)
{
	return h->ops->job_start(h, job, request);
}

typedef void wh_timer_fired(void *self, uint64_t cookie);

/** Calls `fired` after `ms`, and again each `every_ms` if that is not 0. Returns 0 when it can't. */
static inline wh_id
wh_timer_start(const struct wh_host *h, int64_t ms, int64_t every_ms, wh_timer_fired *fired, uint64_t cookie)
{
	return h->ops->timer_start(h, ms, every_ms, fired, cookie);
}

/** Stops a timer; a stale id does nothing. */
static inline void
wh_timer_stop(const struct wh_host *h, wh_id timer)
{
	h->ops->timer_stop(h, timer);
}

/** A clock that never goes back, in milliseconds. */
static inline int64_t
wh_now_ms(const struct wh_host *h)
{
	return h->ops->now_ms(h);
}

/** The time of day, in milliseconds since 1970. */
static inline int64_t
wh_wall_ms(const struct wh_host *h)
{
	return h->ops->wall_ms(h);
}

#endif
