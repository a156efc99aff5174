/* Building, checking and placing a restored database; see restore.h. */
#include "restore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COPY_CHUNK = 1 << 18, CHECK_ERRORS = 20 };

/* Reads a base whole, proves its checksum, and copies it when there is where to. */
static enum wh_err
base_read(const char *folder, const struct segment *base, int to, struct disk_why *why)
{
	char path[DISK_PATH];
	unsigned char *chunk;
	uint32_t sum = 0;
	enum wh_err err = disk_path(path, folder, RESTORE_BASE);
	int fd;

	if (err != WH_OK)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return disk_fail_errno(why, "open", path);
	chunk = malloc(COPY_CHUNK);
	if (chunk == NULL)
		err = disk_fail(why, WH_ENOMEM, "out of memory");
	for (uint64_t at = 0; err == WH_OK && at < base->size;) {
		size_t n = base->size - at < COPY_CHUNK ? (size_t)(base->size - at) : COPY_CHUNK;

		err = disk_read(fd, chunk, n, (int64_t)at);
		if (err != WH_OK)
			disk_fail(why, err, "can't read %s", path);
		else if (to >= 0 && disk_write(to, chunk, n, (int64_t)at) != WH_OK)
			err = disk_fail_errno(why, "write", "the restored database");
		sum = disk_crc(sum, chunk, n);
		at += n;
	}
	if (err == WH_OK && sum != base->body)
		err = disk_fail(why, WH_ESYNTAX, "%s is damaged: its checksum is wrong", path);
	free(chunk);
	close(fd);
	return err;
}

static enum wh_err
build_page(void *to, const struct segment *segment, uint32_t page, const unsigned char *image)
{
	const int *fd = to;

	return disk_write(*fd, image, segment->page_size, (int64_t)(page - 1) * segment->page_size);
}

/* Reads one segment whole; copies its pages when there is where to. */
static enum wh_err
build_segment(const char *folder, const struct segment *expected, int *to, struct disk_why *why)
{
	char name[SEGMENT_NAME], path[DISK_PATH];
	struct disk_why inner = { "" };
	struct segment found;
	enum wh_err err;
	int fd;

	segment_name(expected->number, name);
	if (disk_path(path, folder, name) != WH_OK)
		return disk_fail(why, WH_ETOOBIG, "the path of %s is too long", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return disk_fail_errno(why, "open", path);
	err = segment_read(fd, to != NULL ? build_page : NULL, to, &found, &inner);
	close(fd);
	if (err == WH_OK && found.sum != expected->sum)
		err = disk_fail(&inner, WH_ESYNTAX, "it changed while it was read");
	if (err == WH_OK && to != NULL && ftruncate(*to, (off_t)found.db_pages * found.page_size) != 0)
		err = disk_fail_errno(&inner, "cut", "the restored database");
	if (err != WH_OK)
		return disk_fail(why, err, "%.120s: %.100s", path, inner.text);
	return WH_OK;
}

static enum wh_err
build_into(const char *folder, const struct generation *g, size_t last, int fd, struct disk_why *why)
{
	char name[SEGMENT_NAME], path[DISK_PATH];
	enum wh_err err;

	generation_name(g->id, name);
	if (disk_path(path, folder, name) != WH_OK)
		return disk_fail(why, WH_ETOOBIG, "the path of a generation is too long");
	err = base_read(path, &g->segments[0], fd, why);
	for (size_t i = 1; i <= last && err == WH_OK; i++)
		err = build_segment(path, &g->segments[i], &fd, why);
	if (err == WH_OK && fsync(fd) != 0)
		err = disk_fail_errno(why, "sync", "the restored database");
	return err;
}

enum wh_err
restore_build(const char *folder, int64_t until_ms, const char *to, struct restored *restored_out, struct disk_why *why)
{
	struct generations list;
	const struct generation *g;
	size_t last = 0;
	enum wh_err err = generations_read(folder, &list, why);
	int fd;

	if (err != WH_OK)
		goto end;
	g = generations_find(&list, until_ms, &last);
	if (g == NULL) {
		err = disk_fail(why, WH_ENOENT, "nothing in %s is that old", folder);
		goto end;
	}
	fd = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0) {
		err = disk_fail_errno(why, "make", to);
		goto end;
	}
	err = build_into(folder, g, last, fd, why);
	close(fd);
	if (err != WH_OK)
		unlink(to);
	else
		*restored_out = (struct restored){ g->id, g->segments[last].number, g->segments[last].last_ms,
		    (uint64_t)g->segments[last].db_pages * g->segments[last].page_size };
end:
	generations_free(&list);
	return err;
}

enum wh_err
restore_prove(const char *folder, size_t *generations_out, size_t *segments_out, struct disk_why *why)
{
	struct generations list;
	enum wh_err err = generations_read(folder, &list, why);

	*generations_out = *segments_out = 0;
	for (size_t i = 0; err == WH_OK && i < list.n; i++) {
		const struct generation *g = &list.of[i];
		char name[SEGMENT_NAME], path[DISK_PATH];

		/* Without a base: begun and not finished, or being begun now. Nothing rests on it. */
		if (g->n == 0 && g->beyond == 0)
			continue;
		generation_name(g->id, name);
		err = disk_path(path, folder, name);
		if (err == WH_OK && g->n != 0)
			err = base_read(path, &g->segments[0], -1, why);
		for (size_t k = 1; err == WH_OK && k < g->n; k++) {
			err = build_segment(path, &g->segments[k], NULL, why);
			if (err == WH_OK)
				++*segments_out;
		}
		if (err == WH_OK && g->n != 0 && g->beyond != 0)
			err = disk_fail(why, WH_ESYNTAX, "%s: segment %zu is missing or damaged, and %zu behind it are no use", path, g->n, g->beyond);
		*generations_out += g->n != 0;
	}
	generations_free(&list);
	return err;
}

static enum wh_err
sqlite_fail(struct disk_why *why, sqlite3 *db, int code, const char *doing, const char *path)
{
	enum wh_err err = code == SQLITE_FULL ? WH_EFULL : code == SQLITE_BUSY ? WH_EAWAY : code == SQLITE_NOMEM ? WH_ENOMEM :
	    code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? WH_ESTATE : code == SQLITE_CANTOPEN ? WH_ENOENT : WH_EIO;

	return disk_fail(why, err, "can't %s %.150s: %.60s", doing, path, db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

enum wh_err
restore_copy_pages(sqlite3 *from, const char *to, struct disk_why *why)
{
	sqlite3 *db = NULL;
	sqlite3_backup *copy;
	enum wh_err err = WH_OK;
	int code = sqlite3_open_v2(to, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF", NULL, NULL, NULL);
	if (code == SQLITE_OK) {
		copy = sqlite3_backup_init(db, "main", from, "main");
		if (copy != NULL) {
			(void)sqlite3_backup_step(copy, -1);
			code = sqlite3_backup_finish(copy);
		} else
			code = sqlite3_errcode(db);
	}
	if (code != SQLITE_OK)
		err = sqlite_fail(why, db, code, "copy the database to", to);
	sqlite3_close(db);
	return err;
}

static enum wh_err
file_sync(const char *path, uint64_t *bytes_out, struct disk_why *why)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;
	enum wh_err err = WH_OK;

	if (fd < 0)
		return disk_fail_errno(why, "open", path);
	if (fsync(fd) != 0 || fstat(fd, &st) != 0)
		err = disk_fail_errno(why, "sync", path);
	else
		*bytes_out = (uint64_t)st.st_size;
	close(fd);
	return err;
}

/* A copied database says in its header that it has a log; alone it has none. */
static enum wh_err
copy_alone(const char *path, struct disk_why *why)
{
	sqlite3 *db = NULL;
	enum wh_err err = WH_OK;
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		err = sqlite_fail(why, db, code, "finish", path);
	sqlite3_close(db);
	return err;
}

enum wh_err
restore_copy(const char *from, const char *to, bool check, uint64_t *bytes_out, struct disk_why *why)
{
	char part[DISK_PATH], folder[DISK_PATH];
	sqlite3 *db = NULL;
	enum wh_err err = WH_OK;
	int code, fd;
	const char *slash = strrchr(to, '/');

	if (slash == NULL || strlen(to) + 6 > sizeof part)
		return disk_fail(why, WH_EINVAL, "give the file with its whole path, not too long");
	snprintf(part, sizeof part, "%s.part", to);
	snprintf(folder, sizeof folder, "%.*s", slash == to ? 1 : (int)(slash - to), to);
	if (access(to, F_OK) == 0)
		return disk_fail(why, WH_EEXIST, "%s is there already", to);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return disk_fail_errno(why, "make", part);
	close(fd);
	code = sqlite3_open_v2(from, &db, SQLITE_OPEN_READONLY, NULL);
	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(db, 5000);
		code = sqlite3_exec(db, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	}
	if (code != SQLITE_OK)
		err = sqlite_fail(why, db, code, "read", from);
	if (err == WH_OK)
		err = restore_copy_pages(db, part, why);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(db);
	if (err == WH_OK)
		err = copy_alone(part, why);
	if (err == WH_OK && check)
		err = restore_check(part, false, false, why);
	if (err == WH_OK)
		err = file_sync(part, bytes_out, why);
	/* link does not overwrite, rename does. */
	if (err == WH_OK && link(part, to) != 0)
		err = disk_fail_errno(why, "make", to);
	unlink(part);
	return err == WH_OK ? disk_sync_folder(folder, why) : err;
}

struct check {
	struct disk_why *why;
	bool bad;
};

static int
check_row(void *arg, int n, char **values, char **names)
{
	struct check *check = arg;

	(void)names;
	if (n == 1 && values[0] != NULL && strcmp(values[0], "ok") == 0)
		return 0;
	if (!check->bad && n == 1)
		disk_fail(check->why, WH_ESTATE, "it is damaged: %.200s", values[0] != NULL ? values[0] : "");
	else if (!check->bad)
		disk_fail(check->why, WH_ESTATE, "a row of %.80s refers to a row of %.80s that is not there", values[0] != NULL ? values[0] : "?",
		    n > 2 && values[2] != NULL ? values[2] : "?");
	check->bad = true;
	return 0;
}

bool
restore_uri(const char *path, bool live, char uri[static RESTORE_URI])
{
	const size_t size = RESTORE_URI;
	size_t n = (size_t)snprintf(uri, size, "file:");

	for (; *path != '\0' && n + 4 < size; path++) {
		if (*path == '?' || *path == '#' || *path == '%')
			n += (size_t)snprintf(uri + n, size - n, "%%%02X", (unsigned char)*path);
		else
			uri[n++] = *path;
	}
	return *path == '\0' && (size_t)snprintf(uri + n, size - n, "%s", live ? "" : "?immutable=1") < size - n;
}

enum wh_err
restore_check(const char *path, bool live, bool quick, struct disk_why *why)
{
	char uri[RESTORE_URI], sql[64];
	struct check check = { .why = why };
	sqlite3 *db = NULL;
	enum wh_err err = WH_OK;
	int code;

	if (!restore_uri(path, live, uri))
		return disk_fail(why, WH_ETOOBIG, "the path is too long");
	if (access(path, R_OK) != 0)
		return disk_fail_errno(why, "read", path);
	code = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	snprintf(sql, sizeof sql, "PRAGMA %s_check(%d)", quick ? "quick" : "integrity", CHECK_ERRORS);
	if (code == SQLITE_OK && live) {
		sqlite3_busy_timeout(db, 5000);
		code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	}
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, sql, check_row, &check, NULL);
	if (code == SQLITE_OK && !quick)
		code = sqlite3_exec(db, "PRAGMA foreign_key_check", check_row, &check, NULL);
	if (check.bad)
		err = WH_ESTATE;
	else if (code != SQLITE_OK)
		err = sqlite_fail(why, db, code, "check", path);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(db);
	return err;
}

enum wh_err
restore_announce(const char *folder, int64_t now_ms, struct disk_why *why)
{
	char text[64];
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&now, &tm);
	n = strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
	return disk_replace(folder, RESTORE_READY, text, n, why);
}

static enum wh_err
place_move(const char *folder, const char *from, const char *to, struct disk_why *why)
{
	char old[DISK_PATH], new[DISK_PATH];

	if (disk_path(old, folder, from) != WH_OK || disk_path(new, folder, to) != WH_OK)
		return disk_fail(why, WH_ETOOBIG, "the path of %s is too long", from);
	if (rename(old, new) != 0 && errno != ENOENT)
		return disk_fail_errno(why, "move", old);
	return WH_OK;
}

static bool
place_time(const char *path, char time_out[static 32])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, time_out, 31);
	close(fd);
	time_out[n > 0 ? n : 0] = '\0';
	if (strspn(time_out, "0123456789TZ") != strlen(time_out) || time_out[0] == '\0')
		strcpy(time_out, "unknown");
	return true;
}

enum wh_err
restore_place(const char *folder, const char *db_name, char aside_out[static DISK_PATH], struct disk_why *why)
{
	/* The log is moved before its database: alone with a new one it would be taken for its log. */
	static const char *const tails[] = { "-wal", "-shm", "" };
	char ready[DISK_PATH], fresh[DISK_PATH], time[32], from[128], to[128];
	enum wh_err err = WH_OK;

	aside_out[0] = '\0';
	if (disk_path(ready, folder, RESTORE_READY) != WH_OK || disk_path(fresh, folder, RESTORE_DB) != WH_OK)
		return disk_fail(why, WH_ETOOBIG, "the path of the state folder is too long");
	if (!place_time(ready, time))
		return WH_OK;
	/* Without it the move was done already, and the hub died before it could say so. */
	if (access(fresh, F_OK) == 0) {
		for (size_t i = 0; i < sizeof tails / sizeof tails[0] && err == WH_OK; i++) {
			snprintf(from, sizeof from, "%.60s%s", db_name, tails[i]);
			snprintf(to, sizeof to, "before-restore-%s.db%s", time, tails[i]);
			err = place_move(folder, from, to, why);
		}
		if (err == WH_OK)
			err = place_move(folder, RESTORE_DB, db_name, why);
		if (err == WH_OK)
			err = disk_sync_folder(folder, why);
	}
	if (err == WH_OK && unlink(ready) != 0)
		err = disk_fail_errno(why, "remove", ready);
	if (err == WH_OK)
		err = disk_sync_folder(folder, why);
	if (err == WH_OK) {
		snprintf(to, sizeof to, "before-restore-%s.db", time);
		err = disk_path(aside_out, folder, to);
	}
	return err;
}
