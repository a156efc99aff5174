/* Backups and segments as the server sees them; see backup.h. */
#include "backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "restore.h"

enum { BACKUP_TICK_MS = 1000, BACKUP_SCHEMAS = 64, BACKUP_RETRY_MS = 60000 };

struct backup {
	struct store *store;
	struct chain chain;
	bool on;			/* there is a folder for segments */
	bool failing;			/* and it was logged */
	char state[DISK_PATH], folder[DISK_PATH];
	wh_id tick;
	struct chain_told told;		/* as it was counted last */
};

/* Jobs run on the real clock. */
static int64_t
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

static void
json_time(struct wh_json *w, const char *key, int64_t ms)
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
	snprintf(b->state, sizeof b->state, "%.*s", WH_FMT(wh_state_dir(store->host)));
	if (folder.n != 0 && folder.p[0] == '/')
		snprintf(b->folder, sizeof b->folder, "%.*s", WH_FMT(folder));
	else
		snprintf(b->folder, sizeof b->folder, "%.480s/%.*s", b->state, WH_FMT(folder));
	snprintf(set->folder, sizeof set->folder, "%s", b->folder);
	snprintf(set->state, sizeof set->state, "%s", b->state);
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
		json_time(w, "newest", b->told.last_ms);
	wh_json_end(w);
}

/* Commands: each is one job on files */

enum files_what { FILES_BACKUP, FILES_VERIFY, FILES_VERIFY_LIVE, FILES_RESTORE, FILES_RESTORE_FILE, FILES_SEGMENTS };

struct files_schema {
	char plugin[64];
	int64_t version;
};

struct files_job {
	enum files_what what;
	wh_id call;
	char db[DISK_PATH], state[DISK_PATH];
	char file[DISK_PATH];		/* of the caller */
	char folder[DISK_PATH];		/* of segments; "": there are none */
	int64_t until_ms;
	/* found: */
	enum wh_err err;
	struct disk_why why;
	uint64_t bytes;
	int64_t ms;
	struct restored restored;
	bool own;			/* the server's own folder, which may not be there yet */
	bool chained;			/* a chain was checked */
	size_t generations, segments;
	struct files_schema schemas[BACKUP_SCHEMAS];
	size_t n_schemas;
	struct generations list;	/* freed by `done` */
};

static void
files_schemas(struct files_job *job, const char *path, bool live)
{
	char uri[RESTORE_URI];
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;

	if (restore_uri(path, live, uri) && sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT plugin, version FROM whiply_schema ORDER BY plugin", -1, &s, NULL) == SQLITE_OK)
		while (job->n_schemas < BACKUP_SCHEMAS && sqlite3_step(s) == SQLITE_ROW) {
			struct files_schema *to = &job->schemas[job->n_schemas++];

			snprintf(to->plugin, sizeof to->plugin, "%s", (const char *)sqlite3_column_text(s, 0));
			to->version = sqlite3_column_int64(s, 1);
		}
	sqlite3_finalize(s);
	if (db != NULL)
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(db);
}

/* Builds the newest moment, as a restore would, and throws it away. */
static enum wh_err
files_trial(struct files_job *job)
{
	char path[DISK_PATH];
	enum wh_err err = disk_path(path, job->state, "verify.db");

	if (err == WH_OK)
		err = restore_build(job->folder, INT64_MAX, path, &job->restored, &job->why);
	if (err == WH_OK) {
		err = restore_check(path, false, true, &job->why);
		unlink(path);
	}
	return err;
}

static enum wh_err
files_verify(struct files_job *job, bool live)
{
	enum wh_err err = WH_OK;

	if (job->file[0] != '\0') {
		err = restore_check(job->file, live, false, &job->why);
		if (err == WH_OK)
			files_schemas(job, job->file, live);
	}
	if (err != WH_OK || job->folder[0] == '\0')
		return err;
	err = restore_prove(job->folder, &job->generations, &job->segments, &job->why);
	/* Soon after a first start there is nothing yet. */
	if (live && (err == WH_ENOENT || (err == WH_OK && job->generations == 0)))
		return WH_OK;
	job->chained = true;
	return err == WH_OK ? files_trial(job) : err;
}

static enum wh_err
files_restore(struct files_job *job, bool from_file)
{
	char path[DISK_PATH], ready[DISK_PATH];
	enum wh_err err = disk_path(path, job->state, RESTORE_DB);

	if (err == WH_OK)
		err = disk_path(ready, job->state, RESTORE_READY);
	if (err != WH_OK)
		return err;
	/* One that waited is replaced. */
	unlink(ready);
	unlink(path);
	if (from_file)
		err = restore_copy(job->file, path, true, &job->restored.bytes, &job->why);
	else {
		err = restore_build(job->folder, job->until_ms, path, &job->restored, &job->why);
		if (err == WH_OK)
			err = restore_check(path, false, false, &job->why);
	}
	if (err == WH_OK) {
		files_schemas(job, path, false);
		err = restore_announce(job->state, backup_now(), &job->why);
	}
	if (err != WH_OK)
		unlink(path);
	return err;
}

static void
files_work(void *request)
{
	struct files_job *job = request;
	int64_t began = backup_now();

	switch (job->what) {
	case FILES_BACKUP:
		job->err = restore_copy(job->db, job->file, true, &job->bytes, &job->why);
		break;
	case FILES_VERIFY:
	case FILES_VERIFY_LIVE:
		job->err = files_verify(job, job->what == FILES_VERIFY_LIVE);
		break;
	case FILES_RESTORE:
	case FILES_RESTORE_FILE:
		job->err = files_restore(job, job->what == FILES_RESTORE_FILE);
		break;
	case FILES_SEGMENTS:
		job->err = generations_read(job->folder, &job->list, &job->why);
		if (job->err == WH_ENOENT && job->own)
			job->err = WH_OK;
		break;
	}
	job->ms = backup_now() - began;
}

static void
reply_schemas(struct wh_json *w, const struct files_job *job)
{
	wh_json_object(w, "schemas");
	for (size_t i = 0; i < job->n_schemas; i++)
		wh_json_int(w, job->schemas[i].plugin, job->schemas[i].version);
	wh_json_end(w);
}

static void
reply_generations(struct wh_json *w, const struct generations *list)
{
	char name[SEGMENT_NAME];

	wh_json_array(w, "generations");
	for (size_t i = 0; i < list->n; i++) {
		const struct generation *g = &list->of[i];

		generation_name(g->id, name);
		wh_json_object(w, NULL);
		wh_json_text(w, "generation", name);
		wh_json_bool(w, "complete", g->n != 0);
		if (g->n != 0) {
			json_time(w, "oldest", g->segments[0].last_ms);
			json_time(w, "newest", g->segments[g->n - 1].last_ms);
			wh_json_uint(w, "segments", g->n - 1);
			wh_json_uint(w, "bytes", g->bytes);
		}
		if (g->beyond != 0)
			wh_json_uint(w, "beyond_a_gap", g->beyond);
		wh_json_end(w);
	}
	wh_json_end(w);
}

static void
reply_verified(struct wh_json *w, const struct files_job *job)
{
	wh_json_text(w, "check", "ok");
	if (job->n_schemas != 0)
		reply_schemas(w, job);
	if (!job->chained)
		return;
	wh_json_object(w, "segments");
	wh_json_uint(w, "generations", job->generations);
	wh_json_uint(w, "segments", job->segments);
	json_time(w, "newest", job->restored.at_ms);
	wh_json_end(w);
}

/* It is asked for as the caller, who may restart the hub, or may not. */
static void
restart_asked(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	struct store *store = self;

	(void)session, (void)cookie;
	if (err != WH_OK)
		wh_host_log(store->host, WH_WARN, "restart_refused", WH_S("why", result));
}

static void
reply_restored(struct store *store, struct wh_call *call, const struct files_job *job)
{
	struct wh_json *w = wh_reply(call);
	const struct wh_item args[] = { WH_ITEM_STR("what", WH_STR("hub")) };

	if (job->what == FILES_RESTORE)
		json_time(w, "at", job->restored.at_ms);
	wh_json_uint(w, "bytes", job->restored.bytes);
	wh_json_text(w, "check", "ok");
	reply_schemas(w, job);
	if (wh_session_may(store->host, wh_call_session(call), "server.restart")) {
		wh_json_text(w, "next", "the hub restarts with it");
		wh_run(store->host, wh_call_session(call), "server.restart", args, 1, restart_asked, 0);
	} else
		wh_json_text(w, "next", "run: whiplyctl restart hub");
}

static void
files_reply(struct store *store, struct wh_call *call, const struct files_job *job)
{
	struct wh_json *w = wh_reply(call);

	switch (job->what) {
	case FILES_BACKUP:
		wh_json_text(w, "file", job->file);
		wh_json_uint(w, "bytes", job->bytes);
		wh_json_text(w, "check", "ok");
		break;
	case FILES_VERIFY:
	case FILES_VERIFY_LIVE:
		reply_verified(w, job);
		break;
	case FILES_RESTORE:
	case FILES_RESTORE_FILE:
		reply_restored(store, call, job);
		break;
	case FILES_SEGMENTS:
		wh_json_text(w, "folder", job->folder);
		reply_generations(w, &job->list);
		break;
	}
	if (job->what != FILES_SEGMENTS)
		wh_json_int(w, "ms", job->ms);
}

/* The log has the outcome as well: what takes longer than a call may outlives it. */
static void
files_done(void *self, void *request)
{
	static const char *const events[] = { "backup_done", "verify_done", "verify_done", "restore_ready", "restore_ready", "segments_listed" };
	struct store *store = self;
	struct files_job *job = request;
	struct wh_call *call = wh_call_find(store->host, job->call);

	wh_host_log(store->host, job->err != WH_OK ? WH_ERROR : job->what == FILES_SEGMENTS ? WH_DEBUG : WH_INFO, events[job->what],
	    WH_T("file", job->file), WH_B("ok", job->err == WH_OK), WH_I("ms", job->ms), WH_T("why", job->err != WH_OK ? job->why.text : NULL));
	if (call != NULL && job->err == WH_OK)
		files_reply(store, call, job);
	if (call != NULL)
		wh_call_done(call, job->err == WH_OK ? WH_OK : wh_fail_str(call, job->err, wh_str(job->why.text), 0));
	generations_free(&job->list);
	free(job);
}

static void
files_box_work(void *request)
{
	files_work(*(struct files_job **)request);
}

static void
files_box_done(void *self, void *request)
{
	files_done(self, *(struct files_job **)request);
}

static const struct wh_job files_box = { .name = "store.files", .size = sizeof(struct files_job *), .max_running = 1, .max_waiting = 8,
	.work = files_box_work, .done = files_box_done, .patient = true };

static enum wh_err
files_start(struct store *store, struct wh_call *call, struct files_job *job)
{
	job->call = wh_call_hold(call);
	if (wh_job_start(store->host, &files_box, &job) != WH_OK) {
		free(job);
		wh_call_done(call, wh_fail(call, WH_EFULL, "too much of this is asked for already; try again"));
	}
	return WH_WAIT;
}

/* A path of the caller's: the hub does not know in which folder that is. */
static bool
files_path(struct wh_call *call, const char *field, char to[static DISK_PATH])
{
	struct wh_str path = wh_arg_str(call, field);

	to[0] = '\0';
	if (path.n == 0)
		return true;
	if (path.p[0] != '/' || path.n > DISK_PATH - 64 || memchr(path.p, '\0', path.n) != NULL) {
		wh_fail(call, WH_EINVAL, "give the whole path, beginning with /");
		return false;
	}
	memcpy(to, path.p, path.n);
	to[path.n] = '\0';
	return true;
}

/* The job with the caller's paths, of those that the command has; or NULL and the call failed with `err_out`. */
static struct files_job *
files_job(struct store *store, struct wh_call *call, enum files_what what, enum wh_err *err_out)
{
	const struct backup *b = store->backup;
	struct files_job *job = calloc(1, sizeof *job);

	*err_out = WH_ENOMEM;
	if (job == NULL)
		return NULL;
	job->what = what;
	job->until_ms = INT64_MAX;
	snprintf(job->db, sizeof job->db, "%s", store->path);
	snprintf(job->state, sizeof job->state, "%s", b->state);
	*err_out = WH_EINVAL;
	if ((what != FILES_SEGMENTS && !files_path(call, "file", job->file)) || (what != FILES_BACKUP && !files_path(call, "folder", job->folder))) {
		free(job);
		return NULL;
	}
	return job;
}

enum wh_err
backup_command_backup(void *self, struct wh_call *call)
{
	enum wh_err err;
	struct files_job *job = files_job(self, call, FILES_BACKUP, &err);

	return job != NULL ? files_start(self, call, job) : err;
}

/* Somebody names the database in use, by whatever path: it has a log, and is under load. */
static bool
same_file(const char *path, const char *other)
{
	struct stat a, b;

	return path[0] != '\0' && stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

enum wh_err
backup_command_verify(void *self, struct wh_call *call)
{
	struct store *store = self;
	enum wh_err err;
	struct files_job *job = files_job(self, call, FILES_VERIFY, &err);

	if (job == NULL)
		return err;
	if (same_file(job->file, store->path))
		job->what = FILES_VERIFY_LIVE;
	if (job->file[0] == '\0' && job->folder[0] == '\0') {
		job->what = FILES_VERIFY_LIVE;
		snprintf(job->file, sizeof job->file, "%s", store->path);
		if (store->backup->on)
			snprintf(job->folder, sizeof job->folder, "%s", store->backup->folder);
	}
	return files_start(store, call, job);
}

enum wh_err
backup_command_restore(void *self, struct wh_call *call)
{
	struct store *store = self;
	enum wh_err err;
	struct files_job *job = files_job(self, call, FILES_RESTORE, &err);

	if (job == NULL)
		return err;
	if (wh_arg_has(call, "until"))
		job->until_ms = wh_arg_int(call, "until");
	if (job->file[0] != '\0') {
		job->what = FILES_RESTORE_FILE;
		if (job->folder[0] != '\0' || wh_arg_has(call, "until"))
			err = wh_fail(call, WH_EINVAL, "a file holds one moment: leave out until and folder");
		else
			return files_start(store, call, job);
	} else if (job->folder[0] == '\0' && !store->backup->on)
		err = wh_fail(call, WH_ESTATE, "there are no segments here: name a file or a folder");
	else {
		if (job->folder[0] == '\0')
			snprintf(job->folder, sizeof job->folder, "%s", store->backup->folder);
		return files_start(store, call, job);
	}
	free(job);
	return err;
}

enum wh_err
backup_command_segments(void *self, struct wh_call *call)
{
	struct store *store = self;
	enum wh_err err;
	struct files_job *job = files_job(self, call, FILES_SEGMENTS, &err);

	if (job == NULL)
		return err;
	if (job->folder[0] == '\0' && !store->backup->on) {
		free(job);
		return wh_fail(call, WH_ESTATE, "there are no segments here: name a folder");
	}
	job->own = job->folder[0] == '\0';
	if (job->own)
		snprintf(job->folder, sizeof job->folder, "%s", store->backup->folder);
	return files_start(store, call, job);
}

#define FIELD_FOLDER { "folder", WH_F_TEXT, .max = 960, .help = "a folder of segments, if not the server's own" }

const struct wh_field backup_fields_backup[] = {
	{ "file", WH_F_TEXT, .required = true, .min = 1, .max = 960, .help = "where to; it must not be there yet" },
	{ 0 }
};

const struct wh_field backup_fields_verify[] = {
	{ "file", WH_F_TEXT, .max = 960, .help = "a backup; without file and folder: the database and its segments" },
	FIELD_FOLDER,
	{ 0 }
};

const struct wh_field backup_fields_restore[] = {
	{ "file", WH_F_TEXT, .max = 960, .help = "a backup; else the segments are used" },
	{ "until", WH_F_TIME, .help = "the moment to go back to; without it: the newest" },
	FIELD_FOLDER,
	{ 0 }
};

const struct wh_field backup_fields_segments[] = {
	FIELD_FOLDER,
	{ 0 }
};
