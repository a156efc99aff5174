/* The floor of `store` in bench.py: what the disk does by itself, and what SQLite does for a bare loop on the same table and with the same
 * settings as the store. No threads, no queues, nobody who asks. Each prints a line of JSON.
 *
 *	store_floor FOLDER sync N           writes 4 KiB and calls fdatasync, N times
 *	store_floor FOLDER insert N GROUP   inserts N rows, GROUP in a transaction; then reads N / 10 of them, one by one
 *
 * Both write over what the file has already, as a log that began anew does: a file that grows is twice as slow. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FLOOR_BLOCK = 4096, FLOOR_MOST = 10000000, FLOOR_WAL_PAGES = 2048 };

static int64_t
floor_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
floor_fail(const char *what)
{
	fprintf(stderr, "store_floor: %s\n", what);
	return 1;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
floor_sync(const char *path, size_t n)
{
	int64_t *us = calloc(n, sizeof *us);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	static const char block[FLOOR_BLOCK];
	bool failed = us == NULL || fd < 0;

	for (size_t i = 0; i < n && !failed; i++)
		failed = write(fd, block, sizeof block) != (ssize_t)sizeof block;
	failed = failed || fsync(fd) != 0;
	for (size_t i = 0; i < n && !failed; i++) {
		int64_t began = floor_us();

		failed = pwrite(fd, block, sizeof block, (off_t)(i * sizeof block)) != (ssize_t)sizeof block || fdatasync(fd) != 0;
		us[i] = floor_us() - began;
	}
	if (!failed) {
		qsort(us, n, sizeof *us, by_size);
		printf("{\"p50_us\":%lld,\"p95_us\":%lld}\n", (long long)us[n / 2], (long long)us[n * 95 / 100]);
	}
	if (fd >= 0)
		close(fd);
	free(us);
	return failed ? floor_fail("the file can't be written") : 0;
}

static bool
floor_do(sqlite3_stmt *s, int expected)
{
	bool well = sqlite3_step(s) == expected;

	sqlite3_reset(s);
	return well;
}

static bool
floor_insert_all(sqlite3 *db, unsigned long long salt, size_t n, size_t group)
{
	static const char said[] = "one line that somebody has said in a room, as long as most are";
	sqlite3_stmt *begin = NULL, *commit = NULL, *add = NULL;
	bool well = sqlite3_prepare_v2(db, "BEGIN IMMEDIATE", -1, &begin, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "COMMIT", -1, &commit, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "INSERT INTO floor_row (nonce, text) VALUES (?, ?)", -1, &add, NULL) == SQLITE_OK;

	for (size_t i = 0; i < n && well; i++) {
		char nonce[32];
		int length = snprintf(nonce, sizeof nonce, "%llx-%zx", salt, i);

		well = i % group != 0 || floor_do(begin, SQLITE_DONE);
		sqlite3_bind_text(add, 1, nonce, length, SQLITE_STATIC);
		sqlite3_bind_text(add, 2, said, sizeof said - 1, SQLITE_STATIC);
		well = well && floor_do(add, SQLITE_DONE);
		if (i % group == group - 1 || i == n - 1)
			well = well && floor_do(commit, SQLITE_DONE);
	}
	sqlite3_finalize(begin);
	sqlite3_finalize(commit);
	sqlite3_finalize(add);
	return well;
}

static bool
floor_read_some(sqlite3 *db, size_t n, int64_t *us)
{
	sqlite3_stmt *get = NULL;
	bool well = sqlite3_prepare_v2(db, "SELECT nonce, text FROM floor_row WHERE id = ?", -1, &get, NULL) == SQLITE_OK;

	for (size_t i = 0; i < n && well; i++) {
		int64_t began = floor_us();

		sqlite3_bind_int64(get, 1, (int64_t)(i * 7919 % n) + 1);
		well = floor_do(get, SQLITE_ROW);
		us[i] = floor_us() - began;
	}
	sqlite3_finalize(get);
	return well;
}

static int
floor_insert(const char *path, size_t n, size_t group)
{
	const size_t reads = n / 10 + 1;
	int64_t *us = calloc(reads, sizeof *us), began = 0, took = 0;
	sqlite3 *db = NULL;
	char sql[256];
	bool well;

	snprintf(sql, sizeof sql, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = %d;"
		"CREATE TABLE floor_row (id INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, text TEXT NOT NULL);", FLOOR_WAL_PAGES);
	well = us != NULL && sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
	well = well && floor_insert_all(db, 0x1234567890abcULL, n, group) &&
	    sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL) == SQLITE_OK;
	if (well) {
		began = floor_us();
		well = floor_insert_all(db, 0x2234567890abcULL, n, group);
		took = floor_us() - began;
	}
	well = well && floor_read_some(db, reads, us);
	if (well) {
		qsort(us, reads, sizeof *us, by_size);
		printf("{\"inserts_s\":%.0f,\"read_p95_us\":%lld}\n", (double)n / (double)took * 1e6, (long long)us[reads * 95 / 100]);
	} else
		fprintf(stderr, "store_floor: %s\n", db != NULL ? sqlite3_errmsg(db) : "out of memory");
	sqlite3_close(db);
	free(us);
	return well ? 0 : 1;
}

int
main(int argc, char **argv)
{
	size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0, group = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
	char path[1024];

	if (argc < 4 || n == 0 || n > FLOOR_MOST || group == 0)
		return floor_fail("usage: store_floor FOLDER sync N | store_floor FOLDER insert N GROUP");
	/* Each run has files of its own; the folder goes with who asked. */
	snprintf(path, sizeof path, "%s/floor-%s-%ld", argv[1], argv[2], (long)getpid());
	return strcmp(argv[2], "sync") == 0 ? floor_sync(path, n) : floor_insert(path, n, group);
}
