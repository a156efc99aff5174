/* sqlite: the store that whiply brings along. It offers the service of include/whiply/store.h on one database file in the state folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "sqlite.h"

const struct wh_metric store_metrics[] = {
	[M_COMMITS] = { "whiply_store_commits_total", WH_COUNTER, .help = "Transactions of the database that were committed." },
	[M_CALLS] = { "whiply_store_calls_total", WH_COUNTER, .help = "Calls that were done.", .label = "kind" },
	[M_GROUP] = { "whiply_store_group_size", WH_GAUGE, .help = "Calls in the last commit." },
	[M_WRITE] = { "whiply_store_write_seconds", WH_HISTOGRAM, .help = "From a write's asking to its commit." },
	[M_READ] = { "whiply_store_read_seconds", WH_HISTOGRAM, .help = "From a read's asking to its rows." },
	[M_REFUSED] = { "whiply_store_refused_total", WH_COUNTER, .help = "Calls that were refused at once.", .label = "why" },
	[M_WAITING] = { "whiply_store_waiting", WH_GAUGE, .help = "Calls that wait." },
	[M_READ_ONLY] = { "whiply_store_read_only", WH_GAUGE, .help = "1 while nothing can be written." },
	[M_FILE] = { "whiply_store_file_bytes", WH_GAUGE, .help = "Size of the database file." },
	[M_WAL] = { "whiply_store_wal_bytes", WH_GAUGE, .help = "Size of the file of what was committed last." },
	[M_SEGMENTS] = { "whiply_store_segments_total", WH_COUNTER, .help = "Change segments that were written." },
	[M_SEGMENT_BYTES] = { "whiply_store_segment_bytes_total", WH_COUNTER, .help = "Bytes of them." },
	[M_SEGMENT_AGE] = { "whiply_store_segment_age_seconds", WH_GAUGE, .help = "How much of the newest past the segments do not have; -1: there is no chain of them." },
	[M_SEGMENT_FAILURES] = { "whiply_store_segment_failures_total", WH_COUNTER, .help = "Segments and bases that could not be written." },
	[M_SEGMENT_CUT] = { "whiply_store_segment_cut_seconds", WH_HISTOGRAM, .help = "How long the writer stood still for the slowest segment of each tick." },
	[M_FOLD] = { "whiply_store_fold_seconds", WH_HISTOGRAM, .help = "The same for folding the WAL into the database." },
	{ 0 }
};

/* Checking */

struct check_job {
	char path[512];
	char found[STORE_WHY];		/* empty: all is well */
	wh_id call;
	bool quick;
};

/* On a connection of its own: it takes as long as it takes. */
static void
check_work(void *request)
{
	struct check_job *job = request;
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_open_v2(job->path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, job->quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		snprintf(job->found, sizeof job->found, "%s", sqlite3_errmsg(db));
	else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
		snprintf(job->found, sizeof job->found, "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close_v2(db);
}

static void
store_judged(struct store *store, const struct check_job *job)
{
	char why[STORE_WHY + 64];

	if (job->found[0] == '\0') {
		store->suspect = store->damaged;
		wh_host_log(store->host, WH_INFO, "store_checked", WH_T("file", store->path));
		return;
	}
	store->damaged = store->suspect = true;
	snprintf(why, sizeof why, "the database is damaged: %s; restore a backup with store.restore", job->found);
	lane_sick(store, why);
}

static void
check_done(void *self, void *request)
{
	struct store *store = self;
	const struct check_job *job = request;
	struct wh_call *call = job->call != 0 ? wh_call_find(store->host, job->call) : NULL;

	store->checking = false;
	store_judged(store, job);
	if (call == NULL)
		return;
	wh_json_bool(wh_reply(call), "well", job->found[0] == '\0');
	if (job->found[0] != '\0')
		wh_json_text(wh_reply(call), "found", job->found);
	wh_call_done(call, WH_OK);
}

static const struct wh_job check_job = { .name = "store.check", .size = sizeof(struct check_job), .max_running = 1, .max_waiting = 4,
	.work = check_work, .done = check_done, .patient = true };

static void
store_check_after_crash(struct store *store)
{
	struct check_job job = { .quick = true };
	struct stat st;

	snprintf(job.path, sizeof job.path, "%s", store->path);
	if (stat(store->path, &st) == 0 && st.st_size <= STORE_SMALL) {
		check_work(&job);
		store_judged(store, &job);
		return;
	}
	wh_host_log(store->host, WH_WARN, "store_checking", WH_T("why", "the server did not end in order"), WH_T("file", store->path));
	store->checking = wh_job_start(store->host, &check_job, &job) == WH_OK;
}

/* Opening */

static void
store_settings(struct store *store, const struct wh_conf *conf)
{
	store->set.window_ms = wh_conf_ms(conf, "window");
	store->set.probe_ms = wh_conf_ms(conf, "probe");
	store->set.busy_ms = wh_conf_ms(conf, "busy");
	store->set.max_size = wh_conf_bytes(conf, "max_size");
	store->set.cache = wh_conf_bytes(conf, "cache");
	store->set.queue_size = wh_conf_bytes(conf, "queue_size");
	store->set.wal_size = wh_conf_bytes(conf, "wal_size");
	store->set.batch = (unsigned)wh_conf_int(conf, "batch");
	store->set.queue = (unsigned)wh_conf_int(conf, "queue");
	store->set.readers = (unsigned)wh_conf_int(conf, "readers");
	store->set.full = wh_str_is(wh_conf_str(conf, "synchronous"), "full");
}

/* The marker is locked while we have the database, and is gone when we ended in order. One that is gone when we have its lock was that of
 * a server that just ended: the next one is made anew. */
static enum wh_err
store_mark(struct store *store, bool *crashed_out)
{
	char path[sizeof store->path + 8];
	struct stat st = { .st_nlink = 0 };
	int fd = -1;

	snprintf(path, sizeof path, "%s-open", store->path);
	while (st.st_nlink == 0) {
		if (fd >= 0)
			close(fd);
		*crashed_out = access(path, F_OK) == 0;
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0) {
			wh_host_log(store->host, WH_ERROR, "store_not_opened", WH_T("file", path), WH_T("why", strerror(errno)));
			return WH_EIO;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			wh_host_log(store->host, WH_ERROR, "store_not_opened", WH_T("file", store->path), WH_T("why", "another server has it open"));
			close(fd);
			return WH_ESTATE;
		}
		if (fstat(fd, &st) != 0)
			st.st_nlink = 1;
	}
	store->marker = fd;
	store->suspect = *crashed_out;
	return WH_OK;
}

static void
store_unmark(struct store *store)
{
	char path[sizeof store->path + 8];

	if (store->marker < 0)
		return;
	snprintf(path, sizeof path, "%s-open", store->path);
	if (!store->suspect)
		unlink(path);
	close(store->marker);
}

static enum wh_err
store_open_file(struct store *store)
{
	int rc = conn_open(store, STORE_WRITER, true);
	unsigned failed = STORE_WRITER;

	if (rc == SQLITE_OK)
		rc = conn_open(store, failed = STORE_NOW, false);
	for (unsigned i = 0; i < store->set.readers && rc == SQLITE_OK; i++) {
		rc = conn_open(store, failed = STORE_FIRST_READER + i, false);
		store->n_readers += rc == SQLITE_OK;
	}
	if (rc == SQLITE_OK)
		return WH_OK;
	wh_host_log(store->host, WH_ERROR, "store_not_opened", WH_T("file", store->path),
	    WH_T("why", rc == SQLITE_NOLFS ? "its file system has no shared memory, which a WAL needs" : sqlite3_errmsg(store->conns[failed].db)),
	    WH_T("do", sqlite_is_damage(rc) ? "restore a backup" : NULL));
	store->suspect |= sqlite_is_damage(rc);
	return WH_EIO;
}

/* The store's own schema: what the probe of lane.c writes. */
static const struct wh_migration own_migrations[] = {
	{ .sql = "CREATE TABLE whiply_probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)" },
	{ 0 }
};

static const struct wh_statement own_statements[] = {
	{ "probe_fill", "INSERT INTO whiply_probe VALUES (1, zeroblob(16384)) ON CONFLICT (id) DO UPDATE SET filler = excluded.filler", .writes = true },
	{ "probe_empty", "DELETE FROM whiply_probe", .writes = true },
	{ 0 }
};

static const struct wh_schema own_schema = { "whiply", own_migrations, own_statements };

static enum wh_err
store_open_schema(struct wh_store *service, const struct wh_host *host, const struct wh_schema *schema, void *self, struct wh_db **db_out)
{
	struct store *store = (struct store *)(void *)service;
	char why[STORE_WHY] = "";
	enum wh_err err = schema_open(store, schema, why);
	struct wh_db *db;

	*db_out = NULL;
	if (err != WH_OK) {
		wh_host_log(store->host, WH_ERROR, "schema_not_opened", WH_T("schema", schema->name), WH_T("why", why));
		return err;
	}
	db = wh_new(store->host, sizeof *db);
	if (db == NULL)
		return WH_ENOMEM;
	*db = (struct wh_db){ .store = store, .host = host, .self = self };
	err = schema_copy(db, schema);
	if (err != WH_OK) {
		wh_delete(store->host, db);
		return err;
	}
	wh_list_add_last(&store->dbs, &db->link);
	*db_out = db;
	return WH_OK;
}

static const struct wh_store_ops store_ops = { .open = store_open_schema, .close = lane_close_db, .run = lane_run, .run_now = lane_run_now };

static void
store_close(void *self)
{
	struct store *store = self;

	lane_finish(store);
	backup_close(store);
	for (unsigned i = 0; i < STORE_CONNS; i++)
		if (store->conns[i].db != NULL && i != STORE_WRITER)
			conn_close(&store->conns[i]);
	/* The last to close folds the WAL into the database, unless segments go on from it. */
	if (store->conns[STORE_WRITER].db != NULL)
		conn_close(&store->conns[STORE_WRITER]);
	store_unmark(store);
	wh_delete(store->host, store);
}

static enum wh_err
store_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct store *store = wh_new(host, sizeof *store);
	struct wh_db *own = NULL;
	char why[STORE_WHY] = "";
	bool crashed = false;
	enum wh_err err;

	if (store == NULL)
		return WH_ENOMEM;
	store->host = host;
	store->marker = -1;
	wh_list_init(&store->dbs);
	wh_list_init(&store->writes);
	wh_list_init(&store->reads);
	store_settings(store, conf);
	snprintf(store->path, sizeof store->path, "%.*s/%.*s", WH_FMT(wh_state_dir(host)), WH_FMT(wh_conf_str(conf, "file")));
	err = store_mark(store, &crashed);
	if (err == WH_OK)
		err = backup_place(store);
	if (err == WH_OK)
		err = store_open_file(store);
	if (err == WH_OK)
		err = backup_open(store, conf);
	if (err == WH_OK && crashed)
		store_check_after_crash(store);
	if (err == WH_OK && (err = schema_begin(&store->conns[STORE_NOW], why)) != WH_OK)
		wh_host_log(host, WH_ERROR, "store_not_opened", WH_T("file", store->path), WH_T("why", why));
	if (err == WH_OK)
		err = store_open_schema((struct wh_store *)(void *)store, host, &own_schema, store, &own);
	if (err != WH_OK) {
		store_close(store);
		return err;
	}
	*self_out = store;
	return WH_OK;
}

/* Commands and health */

static int64_t
file_size(const char *path, const char *suffix)
{
	char full[520];
	struct stat st;

	snprintf(full, sizeof full, "%s%s", path, suffix);
	return stat(full, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
store_tell(struct store *store, struct wh_json *w)
{
	int64_t file = file_size(store->path, ""), wal = file_size(store->path, "-wal");

	wh_json_text(w, "file", store->path);
	wh_json_text(w, "state", store->state == STORE_WELL ? "well" : "read_only");
	if (store->state != STORE_WELL)
		wh_json_text(w, "why", store->why);
	wh_json_int(w, "bytes", file);
	wh_json_int(w, "wal_bytes", wal);
	wh_json_uint(w, "writes_waiting", store->n_writes);
	wh_json_uint(w, "reads_waiting", store->n_reads);
	backup_tell(store, w);
	wh_metric_set(store->host, &store_metrics[M_FILE], file);
	wh_metric_set(store->host, &store_metrics[M_WAL], wal);
}

static enum wh_err
store_status(void *self, struct wh_call *call)
{
	store_tell(self, wh_reply(call));
	return WH_OK;
}

static enum wh_err
store_check(void *self, struct wh_call *call)
{
	struct store *store = self;
	struct check_job job = { .call = wh_call_hold(call) };

	snprintf(job.path, sizeof job.path, "%s", store->path);
	if (wh_job_start(store->host, &check_job, &job) != WH_OK)
		wh_call_done(call, wh_fail(call, WH_EFULL, "it is being checked already"));
	else
		store->checking = true;
	return WH_WAIT;
}

static enum wh_verdict
store_health(void *self, struct wh_health *health)
{
	struct store *store = self;

	wh_json_object(health->details, "store");
	store_tell(store, health->details);
	wh_json_end(health->details);
	if (store->state != STORE_WELL)
		wh_unwell(health, "store", store->why);
	return WH_PASS;
}

static const struct wh_setting store_setting_rows[] = {
	{ "file", WH_STRING, .file_only = true, .def = "whiply.db", .min = "1", .max = "64", .help = "name of the database file in the plugin's state folder" },
	{ "synchronous", WH_CHOICE, .def = "full", .choices = "full|normal", .help = "full: what was acknowledged survives a power cut; normal: it survives a crash" },
	{ "window", WH_DURATION, .def = "0ms", .min = "0ms", .max = "100ms", .help = "least time between two commits: what is asked meanwhile is committed together" },
	{ "batch", WH_INT, .def = "512", .min = "1", .max = "10000", .help = "most calls in one commit" },
	{ "queue", WH_INT, .def = "20000", .min = "16", .max = "1000000", .help = "writes that may wait, and as many reads; over it callers are told to try again" },
	{ "queue_size", WH_SIZE, .def = "64MiB", .min = "1MiB", .max = "16GiB", .help = "memory that writes may take while they wait, and as much for reads; likewise" },
	{ "readers", WH_INT, .def = "2", .min = "1", .max = "8", .help = "connections that read at once" },
	{ "cache", WH_SIZE, .def = "16MiB", .min = "1MiB", .max = "16GiB", .help = "memory for pages, for each connection" },
	{ "busy", WH_DURATION, .def = "3s", .min = "10ms", .max = "60s", .help = "how long to wait for another program that locks the database" },
	{ "probe", WH_DURATION, .def = "5s", .min = "100ms", .max = "10m", .help = "how often to try whether a database that could not be written can be again" },
	{ "max_size", WH_SIZE, .def = "0", .min = "0", .max = "64TiB", .help = "bound of the database file; 0: none but the disk" },
	{ "wal_size", WH_SIZE, .def = "8MiB", .min = "64KiB", .max = "4GiB", .help = "size of the WAL over which it is folded into the database" },
	BACKUP_SETTINGS,
	{ 0 }
};

static const struct wh_command store_commands[] = {
	{ "store.status", NULL, WH_ALLOW_ADMIN, .flags = WH_READS, .run = store_status, .help = "how the database is" },
	{ "store.check", NULL, WH_ALLOW_ADMIN, .rate = "1/m burst 3", .run = store_check, .help = "check the whole database for damage" },
	{ "store.backup", backup_fields_backup, WH_ALLOW_ADMIN, .flags = WH_LOCAL | WH_AUDIT, .run = backup_command_backup, .help = "copy the database to a file, as it is at one moment" },
	{ "store.verify", backup_fields_verify, WH_ALLOW_ADMIN, .flags = WH_LOCAL | WH_AUDIT, .run = backup_command_verify, .help = "check a backup, or the database and all segments" },
	{ "store.restore", backup_fields_restore, WH_ALLOW_ADMIN, .flags = WH_LOCAL | WH_AUDIT, .run = backup_command_restore, .help = "go back to a backup, or to a moment of the past" },
	{ "store.segments", backup_fields_segments, WH_ALLOW_ADMIN, .flags = WH_LOCAL | WH_AUDIT, .run = backup_command_segments, .help = "which moments can be restored" },
	{ 0 }
};

static const struct wh_hook store_hooks[] = {
	{ WH_ON_HEALTH, .order = 10, .health = store_health },
	{ 0 }
};

static const struct wh_service store_offers[] = { { "store", WH_STORE_VERSION, &store_ops }, { 0 } };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("sqlite", "1.0", "the store, on an SQLite database"),
	.settings = store_setting_rows,
	.commands = store_commands,
	.hooks = store_hooks,
	.metrics = store_metrics,
	.offers = store_offers,
	.open = store_open,
	.close = store_close,
};
