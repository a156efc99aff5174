/* The chain of segments as the server sees it: its turns with the writer, its base, and what is told of it; see backup.h. */
#include "backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "chain.h"
#include "restore.h"

enum { BACKUP_TICK_MS = 1000, BACKUP_RETRY_MS = 60000 };

struct backup {
	struct store *store;
	struct chain chain;
	bool on;			/* there is a folder for segments */
	bool failing;			/* and it was logged */
	char folder[DISK_PATH];
	wh_id tick;
	struct chain_told told;		/* as it was counted last */
};

int64_t
backup_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
backup_time(int64_t ms, char out[static 40])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 40 - n, ".%03dZ", (int)(ms % 1000));
}

void
backup_json_time(struct wh_json *w, const char *key, int64_t ms)
{
	char text[40];

	backup_time(ms, text);
	wh_json_text(w, key, text);
}

/* The chain */

static void
backup_between(struct store_conn *writer, void *self)
{
	struct backup *b = self;

	/* What the chain looks after is folded by it alone. */
	if (chain_between(&b->chain, writer->db, writer->wal_pages, backup_now(), false))
		writer->wal_pages = 0;
}

struct base_job {
	struct chain *chain;
};

static void
base_work(void *request)
{
	const struct base_job *job = request;

	chain_base_copy(job->chain);
}

static void
base_done(void *self, void *request)
{
	(void)request;
	lane_poke(self);
}

static const struct wh_job base_job = { .name = "store.base", .size = sizeof(struct base_job), .max_running = 1, .max_waiting = 1, .work = base_work,
	.done = base_done };

static void
backup_count(struct backup *b)
{
	const struct wh_host *host = b->store->host;
	struct chain_told now;

	chain_tell(&b->chain, &now);
	wh_metric_add(host, &store_metrics[M_SEGMENTS], (int64_t)(now.cuts - b->told.cuts));
	wh_metric_add(host, &store_metrics[M_SEGMENT_BYTES], (int64_t)(now.bytes - b->told.bytes));
	wh_metric_add(host, &store_metrics[M_SEGMENT_FAILURES], (int64_t)(now.failures - b->told.failures));
	/* While nothing is written, what the newest has is all there is. */
	wh_metric_set(host, &store_metrics[M_SEGMENT_AGE], now.on ? (backup_now() - (now.failing ? now.last_ms : now.looked_ms)) / 1000 : -1);
	if (now.cut_us != 0)
		wh_metric_took(host, &store_metrics[M_SEGMENT_CUT], now.cut_us);
	if (now.fold_us != 0)
		wh_metric_took(host, &store_metrics[M_FOLD], now.fold_us);
	if (now.failing && !b->failing)
		wh_host_log(host, WH_ERROR, "segments_failing", WH_T("why", now.why.text), WH_T("folder", b->folder));
	if (!now.failing && b->failing)
		wh_host_log(host, WH_WARN, "segments_written_again", WH_X("generation", now.generation));
	if (now.generations != b->told.generations)
		wh_host_log(host, WH_INFO, "segments_begun", WH_X("generation", now.generation), WH_T("folder", b->folder));
	b->failing = now.failing;
	b->told = now;
}

static void
backup_tick(void *self, uint64_t cookie)
{
	struct store *store = self;
	struct backup *b = store->backup;

	(void)cookie;
	backup_count(b);
	/* Of what is damaged no copy is made: it would push out the last good ones. */
	if (store->damaged)
		return;
	if (chain_base_take(&b->chain) != NULL) {
		struct base_job job = { &b->chain };

		if (wh_job_start(store->host, &base_job, &job) != WH_OK)
			chain_base_refuse(&b->chain);
	}
	if (chain_due(&b->chain, backup_now()))
		lane_poke(store);
}

/* Opening and closing */

enum wh_err
backup_place(struct store *store)
{
	char folder[DISK_PATH], aside[DISK_PATH];
	struct disk_why why = { "" };
	const char *slash = strrchr(store->path, '/');
	enum wh_err err;

	snprintf(folder, sizeof folder, "%.*s", (int)(slash - store->path), store->path);
	err = restore_place(folder, slash + 1, aside, &why);
	if (err != WH_OK)
		wh_host_log(store->host, WH_ERROR, "restore_not_placed", WH_T("why", why.text));
	else if (aside[0] != '\0')
		wh_host_log(store->host, WH_WARN, "store_restored", WH_T("file", store->path), WH_T("before", aside));
	return err;
}

enum wh_err
backup_open(struct store *store, const struct wh_conf *conf)
{
	struct backup *b = wh_new(store->host, sizeof *b);
	struct chain_set *set = calloc(1, sizeof *set);
	struct wh_str folder = wh_conf_str(conf, "segments");
	enum wh_err err = WH_OK;

	if (b == NULL || set == NULL) {
		free(set);
		wh_delete(store->host, b);
		return WH_ENOMEM;
	}
	b->store = store;
	store->backup = b;
	b->on = folder.n != 0;
	if (folder.n != 0 && folder.p[0] == '/')
		snprintf(b->folder, sizeof b->folder, "%.*s", WH_FMT(folder));
	else
		snprintf(b->folder, sizeof b->folder, "%.*s/%.*s", WH_FMT(wh_state_dir(store->host)), WH_FMT(folder));
	snprintf(set->folder, sizeof set->folder, "%s", b->folder);
	snprintf(set->state, sizeof set->state, "%.*s", WH_FMT(wh_state_dir(store->host)));
	snprintf(set->db, sizeof set->db, "%s", store->path);
	set->every_ms = wh_conf_ms(conf, "segment_every");
	set->base_every_ms = wh_conf_ms(conf, "base_every");
	set->keep_ms = wh_conf_ms(conf, "keep");
	set->max_bytes = wh_conf_bytes(conf, "wal_max");
	set->retry_ms = set->every_ms * 6 < BACKUP_RETRY_MS ? set->every_ms * 6 : BACKUP_RETRY_MS;
	set->fold_bytes = store->set.wal_size;
	set->busy_ms = (int)store->set.busy_ms;
	if (b->on) {
		int64_t tick = set->every_ms / 4 < BACKUP_TICK_MS ? set->every_ms / 4 : BACKUP_TICK_MS;

		err = chain_open(&b->chain, set);
		b->on = err == WH_OK;
		if (b->on) {
			lane_between(store, backup_between, b);
			b->tick = wh_timer_start(store->host, tick, tick, backup_tick, 0);
			err = b->tick != 0 ? WH_OK : WH_ENOMEM;
		}
	}
	free(set);
	return err;
}

void
backup_close(struct store *store)
{
	struct backup *b = store->backup;

	if (b == NULL)
		return;
	wh_timer_stop(store->host, b->tick);
	if (b->on) {
		chain_close(&b->chain, store->conns[STORE_WRITER].db, backup_now());
		store->n_between = 0;
	}
	wh_delete(store->host, b);
	store->backup = NULL;
}

void
backup_tell(struct store *store, struct wh_json *w)
{
	struct backup *b = store->backup;

	if (b == NULL || !b->on)
		return;
	wh_json_object(w, "segments");
	wh_json_text(w, "state", b->told.failing ? "degraded" : b->told.on ? "well" : "beginning");
	if (b->told.failing)
		wh_json_text(w, "why", b->told.why.text);
	if (b->told.on)
		backup_json_time(w, "newest", b->told.last_ms);
	wh_json_end(w);
}

const char *
backup_folder(const struct store *store)
{
	return store->backup->on ? store->backup->folder : NULL;
}
