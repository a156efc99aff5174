/* What the tests of the log, the segments and the chain share: a folder of their own, a real database, copies of files. */
#ifndef SQLITE_TESTING_COPIES_H
#define SQLITE_TESTING_COPIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"

struct bytes {
	unsigned char *p;
	size_t n;
};

static inline struct bytes
bytes_of(const char *path)
{
	struct bytes b = { NULL, 0 };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return b;
	assert_int_equal(fstat(fd, &st), 0);
	b.n = (size_t)st.st_size;
	b.p = malloc(b.n + 1);
	assert_non_null(b.p);
	assert_int_equal(disk_read(fd, b.p, b.n, 0), WH_OK);
	close(fd);
	return b;
}

static inline void
bytes_to(const char *path, const unsigned char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(disk_write(fd, p, n, 0), WH_OK);
	close(fd);
}

/* False: there is no such file. */
static inline bool
file_copy(const char *from, const char *to)
{
	struct bytes b = bytes_of(from);

	if (b.p == NULL) {
		unlink(to);
		return false;
	}
	bytes_to(to, b.p, b.n);
	free(b.p);
	return true;
}

static inline void
folder_make(char folder[static 64])
{
	snprintf(folder, 64, "/tmp/whiply-copies-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

static inline int
folder_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static inline void
folder_remove(const char *folder)
{
	nftw(folder, folder_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
sql(sqlite3 *db, const char *format, ...)
{
	va_list args;
	char *text, *why = NULL;

	va_start(args, format);
	text = sqlite3_vmprintf(format, args);
	va_end(args);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why != NULL ? why : "?");
	sqlite3_free(text);
}

static inline int64_t
sql_int(sqlite3 *db, const char *text)
{
	sqlite3_stmt *s;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static inline sqlite3 *
db_open(const char *path, unsigned page_size)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 100);
	if (page_size != 0)
		sql(db, "PRAGMA page_size = %d", (int)page_size);
	sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON");
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return db;
}

#endif
