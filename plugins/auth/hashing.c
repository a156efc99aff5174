/* The jobs of hashing.h. */
#include <time.h>

#include "auth.h"

struct hash_job {
	struct auth_task *task;
	hash_done *done;
	struct hash_work work;
};

static int64_t
hashing_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
hash_work(void *request)
{
	struct hash_job *job = request;
	struct hash_work *w = &job->work;
	struct wh_str password = { w->password, w->password_n }, fresh = { w->fresh, w->fresh_n };
	int64_t began = hashing_clock_us();
	bool upgrade = false;

	w->hash[0] = '\0';
	w->err = WH_OK;
	if (w->verify[0] != '\0')
		w->err = password_verify(wh_str(w->verify), password, &w->params, &upgrade);
	w->took_us = hashing_clock_us() - began;
	if (w->err == WH_OK && fresh.n != 0)
		w->err = password_hash(&w->params, fresh, w->salt, w->hash);
	else if (w->err == WH_OK && (w->verify[0] == '\0' || upgrade))
		w->err = password_hash(&w->params, password, w->salt, w->hash);
	if (w->err == WH_OK && w->scram)
		w->scram = scram_keys_make(fresh.n != 0 ? fresh : password, w->scram_salt, SASL_ITERATIONS, &w->scram_keys) == WH_OK;
	if (w->took_us < 1000)
		w->took_us = hashing_clock_us() - began;
	explicit_bzero(w->password, sizeof w->password);
	explicit_bzero(w->fresh, sizeof w->fresh);
}

static void
hash_finished(void *self, void *request)
{
	struct auth *auth = self;
	struct hash_job *job = request;
	struct hashing *h = &auth->hashing;

	hashing_release(auth);
	h->mean_us = h->mean_us == 0 ? job->work.took_us : (h->mean_us * 7 + job->work.took_us) / 8;
	wh_metric_took(auth->host, &auth_metrics[AUTH_METRIC_HASH], job->work.took_us);
	job->done(job->task, &job->work);
	explicit_bzero(job, sizeof *job);
}

static const struct wh_job hash_row = {
	.name = "auth.argon2", .size = sizeof(struct hash_job), .max_waiting = 1024, .work = hash_work, .done = hash_finished, .patient = true,
};

enum wh_err
hashing_open(struct auth *auth)
{
	uint8_t random[PASSWORD_SALT + PASSWORD_HASH];

	wh_random(auth->host, random, sizeof random);
	return password_decoy(&auth->settings.cost, random, auth->hashing.decoy);
}

bool
hashing_reserve(struct auth *auth, struct wh_call *call)
{
	struct hashing *h = &auth->hashing;
	int64_t mean_ms = h->mean_us != 0 ? h->mean_us / 1000 : 100;

	if (h->places < auth->settings.hashing) {
		h->places++;
		wh_metric_set(auth->host, &auth_metrics[AUTH_METRIC_HASHING], h->places);
		return true;
	}
	/* When about half of those that wait now are done. */
	auth_no(auth, call, WH_EFAST, "too many people sign in at this moment; try again", 1000 + mean_ms * h->places / 4);
	wh_metric_add_for(auth->host, &auth_metrics[AUTH_METRIC_LOGINS], WH_STR("busy"), 1);
	return false;
}

void
hashing_release(struct auth *auth)
{
	auth->hashing.places--;
	wh_metric_set(auth->host, &auth_metrics[AUTH_METRIC_HASHING], auth->hashing.places);
}

void
hashing_start(struct auth_task *task, struct hash_work *work, hash_done *done)
{
	struct auth *auth = task->auth;
	struct hash_job job = { .task = task, .done = done };

	wh_random(auth->host, work->salt, sizeof work->salt);
	wh_random(auth->host, work->scram_salt, sizeof work->scram_salt);
	work->params = auth->settings.cost;
	job.work = *work;
	explicit_bzero(work->password, sizeof work->password);
	explicit_bzero(work->fresh, sizeof work->fresh);
	if (wh_job_start(auth->host, &hash_row, &job) != WH_OK) {
		hashing_release(auth);
		task_fail_later(task, WH_EFAST, "too many people sign in at this moment; try again", 2000);
	}
	explicit_bzero(&job, sizeof job);
}
