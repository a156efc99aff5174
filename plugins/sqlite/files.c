/* store.backup, store.verify, store.restore and store.segments: each is one job on files, between the command and restore.c. Reads
 * the database and the segments, and writes nothing but what it was asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "restore.h"

enum { FILES_SCHEMAS = 64 };

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
	struct files_schema schemas[FILES_SCHEMAS];
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
		while (job->n_schemas < FILES_SCHEMAS && sqlite3_step(s) == SQLITE_ROW) {
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
			backup_json_time(w, "oldest", g->segments[0].last_ms);
			backup_json_time(w, "newest", g->segments[g->n - 1].last_ms);
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
	backup_json_time(w, "newest", job->restored.at_ms);
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
		backup_json_time(w, "at", job->restored.at_ms);
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
	struct files_job *job = calloc(1, sizeof *job);

	*err_out = WH_ENOMEM;
	if (job == NULL)
		return NULL;
	job->what = what;
	job->until_ms = INT64_MAX;
	snprintf(job->db, sizeof job->db, "%s", store->path);
	snprintf(job->state, sizeof job->state, "%.*s", WH_FMT(wh_state_dir(store->host)));
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
		if (backup_folder(store) != NULL)
			snprintf(job->folder, sizeof job->folder, "%s", backup_folder(store));
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
	} else if (job->folder[0] == '\0' && backup_folder(store) == NULL)
		err = wh_fail(call, WH_ESTATE, "there are no segments here: name a file or a folder");
	else {
		if (job->folder[0] == '\0')
			snprintf(job->folder, sizeof job->folder, "%s", backup_folder(store));
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
	if (job->folder[0] == '\0' && backup_folder(store) == NULL) {
		free(job);
		return wh_fail(call, WH_ESTATE, "there are no segments here: name a folder");
	}
	job->own = job->folder[0] == '\0';
	if (job->own)
		snprintf(job->folder, sizeof job->folder, "%s", backup_folder(store));
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
