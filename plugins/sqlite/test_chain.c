/* The chain, its segments and the restore, with a real database that is written, folded, read, killed and meddled with. The measure is
 * always the same: what is restored has the pages of the database as SQLite itself would have them. */
#include "testing_copies.h"

#include <pthread.h>

#include "chain.h"
#include "restore.h"

struct fixture {
	char folder[64], state[80], db[96], wal[104], segments[96], out[96];
	struct chain_set set;
	struct chain chain;
	bool open;
	sqlite3 *writer;
	int64_t now;
	unsigned random;
};

static void
paths(struct fixture *f)
{
	snprintf(f->state, sizeof f->state, "%s", f->folder);
	snprintf(f->db, sizeof f->db, "%s/a.db", f->folder);
	snprintf(f->wal, sizeof f->wal, "%s/a.db-wal", f->folder);
	snprintf(f->segments, sizeof f->segments, "%s/segments", f->folder);
	snprintf(f->out, sizeof f->out, "%s/out.db", f->folder);
	f->set = (struct chain_set){ .every_ms = 1000, .base_every_ms = 1000000, .keep_ms = 5000000, .retry_ms = 1000, .fold_bytes = 40000,
		.max_bytes = 1 << 20, .busy_ms = 100 };
	snprintf(f->set.folder, sizeof f->set.folder, "%s", f->segments);
	snprintf(f->set.state, sizeof f->set.state, "%s", f->state);
	snprintf(f->set.db, sizeof f->set.db, "%s", f->db);
}

static void
start(struct fixture *f)
{
	f->writer = db_open(f->db, 1024);
	assert_int_equal(chain_open(&f->chain, &f->set), WH_OK);
	f->open = true;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	folder_make(f->folder);
	paths(f);
	f->now = 1700000000000;
	f->random = 12345;
	*state = f;
	start(f);
	sql(f->writer, "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)");
	return 0;
}

static void
stop(struct fixture *f)
{
	if (!f->open)
		return;
	chain_close(&f->chain, f->writer, f->now);
	sqlite3_close(f->writer);
	f->open = false;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	folder_remove(f->folder);
	free(f);
	return 0;
}

/* In another process: closing a descriptor of the database here would take SQLite's locks away. */
static void
copy_elsewhere(const char *from, const char *to)
{
	char command[300];

	snprintf(command, sizeof command, "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

/* Between two batches, and the base job if one is wanted. */
static bool
turn(struct fixture *f, int64_t ms, bool hasten)
{
	struct stat st;
	bool ours;
	int frames = 0;

	f->now += ms;
	/* What the hook of the writer tells in the server. */
	if (stat(f->wal, &st) == 0)
		frames = (int)(st.st_size / (1024 + WAL_FRAME_HEADER));
	ours = chain_between(&f->chain, f->writer, frames, f->now, hasten);
	if (chain_base_take(&f->chain) != NULL)
		chain_base_copy(&f->chain);
	return ours;
}

static void
put(struct fixture *f, int n)
{
	for (int i = 0; i < n; i++)
		sql(f->writer, "INSERT INTO t (b) VALUES (randomblob(700))");
}

/* A generation that is on. */
static void
begin(struct fixture *f)
{
	turn(f, 1000, false);
	assert_true(turn(f, 1, false));
}

/* The database as its files are, folded by SQLite: a copy, so that the one under test is not touched. */
static struct bytes
folded(struct fixture *f)
{
	char db[100], wal[110], shm[110];
	sqlite3 *copy;

	snprintf(db, sizeof db, "%s/c.db", f->folder);
	snprintf(wal, sizeof wal, "%s-wal", db);
	snprintf(shm, sizeof shm, "%s-shm", db);
	unlink(shm);
	copy_elsewhere(f->db, db);
	copy_elsewhere(f->wal, wal);
	assert_int_equal(sqlite3_open(db, &copy), SQLITE_OK);
	(void)sql_int(copy, "SELECT count(*) FROM sqlite_schema");	/* now it knows that there is a log */
	assert_int_equal(sqlite3_wal_checkpoint_v2(copy, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), SQLITE_OK);
	sqlite3_db_config(copy, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(copy);
	return bytes_of(db);
}

static void
assert_restores_exactly(struct fixture *f)
{
	struct restored restored;
	struct disk_why why = { "" };
	struct bytes want = folded(f), got;

	if (restore_build(f->segments, INT64_MAX, f->out, &restored, &why) != WH_OK)
		fail_msg("%s", why.text);
	if (restore_check(f->out, false, false, &why) != WH_OK)
		fail_msg("%s", why.text);
	got = bytes_of(f->out);
	assert_int_equal(got.n, want.n);
	for (size_t i = 0; i < got.n; i++)
		if (got.p[i] != want.p[i])
			fail_msg("page %zu differs at %zu", i / 1024 + 1, i % 1024);
	free(got.p);
	free(want.p);
}

static uint64_t
generations_so_far(struct fixture *f)
{
	struct chain_told told;

	chain_tell(&f->chain, &told);
	return told.generations;
}

static void
a_base_is_the_database_byte_by_byte(void **state)
{
	struct fixture *f = *state;

	put(f, 30);
	begin(f);
	assert_restores_exactly(f);
	assert_int_equal(f->chain.now.last.number, 0);
}

static void
segments_give_the_pages_of_the_database(void **state)
{
	struct fixture *f = *state;

	begin(f);
	for (int i = 0; i < 10; i++) {
		put(f, 7);
		sql(f->writer, "DELETE FROM t WHERE id %% 3 = %d", i % 3);
		turn(f, 1000, false);
		assert_int_equal(f->chain.now.last.number, i + 1);
		assert_restores_exactly(f);
	}
	sql(f->writer, "DELETE FROM t; VACUUM");
	turn(f, 1000, false);
	assert_restores_exactly(f);
}

static void
nothing_is_cut_before_its_time_or_without_a_change(void **state)
{
	struct fixture *f = *state;

	begin(f);
	put(f, 1);
	turn(f, 500, false);
	assert_int_equal(f->chain.now.last.number, 0);
	turn(f, 500, false);
	assert_int_equal(f->chain.now.last.number, 1);
	turn(f, 5000, false);
	assert_int_equal(f->chain.now.last.number, 1);
}

static void
a_clock_that_is_set_back_loses_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t newest;

	begin(f);
	put(f, 2);
	turn(f, 1000, false);
	newest = f->chain.now.last.last_ms;
	put(f, 2);
	f->chain.cut_us = 0;
	turn(f, -500000, false);
	assert_int_equal(f->chain.now.last.number, 2);
	assert_int_equal(f->chain.now.last.last_ms, newest);
	put(f, 2);
	turn(f, 1000, false);
	assert_int_equal(f->chain.now.last.number, 2);
	turn(f, 1000, true);
	assert_restores_exactly(f);
}

static void
a_large_log_is_cut_and_folded_and_begins_anew(void **state)
{
	struct fixture *f = *state;
	uint32_t sequence;

	begin(f);
	sequence = f->chain.now.place.sequence;
	for (int i = 0; i < 20; i++) {
		put(f, 20);
		turn(f, 1001, false);
	}
	assert_true(f->chain.now.place.sequence >= sequence + 3);
	assert_int_equal(generations_so_far(f), 1);
	turn(f, 0, true);
	assert_restores_exactly(f);
}

static void
a_moment_between_is_restored_as_it_was(void **state)
{
	struct fixture *f = *state;
	int64_t moments[6], rows[6];
	struct restored restored;
	struct disk_why why = { "" };

	begin(f);
	for (int i = 0; i < 6; i++) {
		put(f, 5 + i);
		turn(f, 1000, false);
		moments[i] = f->now;
		rows[i] = sql_int(f->writer, "SELECT count(*) FROM t");
	}
	for (int i = 0; i < 6; i++) {
		sqlite3 *db;

		assert_int_equal(restore_build(f->segments, moments[i] + 999, f->out, &restored, &why), WH_OK);
		assert_int_equal(restored.at_ms, moments[i]);
		assert_int_equal(sqlite3_open(f->out, &db), SQLITE_OK);
		assert_int_equal(sql_int(db, "SELECT count(*) FROM t"), rows[i]);
		sqlite3_close(db);
		unlink(f->out);
	}
	assert_int_equal(restore_build(f->segments, 1000, f->out, &restored, &why), WH_ENOENT);
}

/* The files as a kill would leave them, under another life. */
static void
die(struct fixture *f)
{
	char db[100], wal[110], state[110], to[110];

	snprintf(db, sizeof db, "%s/k.db", f->folder);
	snprintf(wal, sizeof wal, "%s/k.db-wal", f->folder);
	snprintf(state, sizeof state, "%s/k.state", f->folder);
	snprintf(to, sizeof to, "%s/" CHAIN_STATE, f->folder);
	file_copy(f->wal, wal);
	file_copy(to, state);
	copy_elsewhere(f->db, db);
	/* What the chain and SQLite do at their end must not count: the files are put back as they were. */
	sqlite3_close(f->chain.guard);
	sqlite3_close(f->chain.base.from);
	free(f->chain.base.page1);
	sqlite3_close(f->writer);
	f->open = false;
	unlink(f->wal);
	snprintf(to, sizeof to, "%s-shm", f->db);
	unlink(to);
	rename(db, f->db);
	rename(wal, f->wal);
	snprintf(to, sizeof to, "%s/" CHAIN_STATE, f->folder);
	unlink(to);
	rename(state, to);
}

static void
a_killed_hub_goes_on_with_its_generation(void **state)
{
	struct fixture *f = *state;

	begin(f);
	put(f, 5);
	turn(f, 1000, false);
	put(f, 5);
	die(f);
	start(f);
	assert_true(f->chain.now.on);
	turn(f, 1000, false);
	assert_int_equal(f->chain.now.last.number, 2);
	assert_restores_exactly(f);
}

static void
an_end_in_order_goes_on_too(void **state)
{
	struct fixture *f = *state;

	begin(f);
	put(f, 5);
	stop(f);
	start(f);
	assert_true(f->chain.now.on);
	assert_int_equal(f->chain.now.last.number, 1);
	put(f, 5);
	turn(f, 1000, false);
	assert_int_equal(f->chain.now.last.number, 2);
	assert_restores_exactly(f);
}

static void
a_segment_that_the_state_does_not_know_is_cut_again(void **state)
{
	struct fixture *f = *state;
	char path[128], kept[128];

	begin(f);
	put(f, 5);
	turn(f, 1000, false);
	put(f, 5);
	snprintf(path, sizeof path, "%s/" CHAIN_STATE, f->folder);
	snprintf(kept, sizeof kept, "%s/old.state", f->folder);
	file_copy(path, kept);
	turn(f, 1000, false);
	assert_int_equal(f->chain.now.last.number, 2);
	put(f, 5);
	rename(kept, path);
	die(f);
	start(f);
	assert_true(f->chain.now.on);
	turn(f, 1000, false);
	assert_int_equal(f->chain.now.last.number, 2);
	assert_restores_exactly(f);
}

static void
a_log_that_began_anew_meanwhile_begins_a_generation(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;

	begin(f);
	put(f, 5);
	turn(f, 1000, false);
	die(f);
	other = db_open(f->db, 0);
	sql(other, "INSERT INTO t (b) VALUES (x'01')");
	assert_int_equal(sqlite3_wal_checkpoint_v2(other, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), SQLITE_OK);
	sql(other, "INSERT INTO t (b) VALUES (x'02')");
	sqlite3_close(other);
	start(f);
	assert_false(f->chain.now.on);
	begin(f);
	assert_restores_exactly(f);
}

static void
what_another_program_appends_is_cut_too(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;

	begin(f);
	other = db_open(f->db, 0);
	sql(other, "INSERT INTO t (b) VALUES (x'01')");
	/* The guard keeps it from folding and beginning anew. */
	assert_int_not_equal(sqlite3_wal_checkpoint_v2(other, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	turn(f, 1000, false);
	assert_int_equal(generations_so_far(f), 1);
	assert_restores_exactly(f);
}

static void
a_folder_that_cannot_be_written_keeps_the_log_until_the_bound(void **state)
{
	struct fixture *f = *state;
	char path[DISK_PATH], part[DISK_PATH + 32], name[SEGMENT_NAME];
	struct chain_told told;

	begin(f);
	generation_name(f->chain.now.last.generation, name);
	assert_int_equal(disk_path(path, f->segments, name), WH_OK);
	/* A folder where the file should be: nobody can write there, not even root. */
	snprintf(part, sizeof part, "%s/segment.part", path);
	assert_int_equal(mkdir(part, 0700), 0);
	put(f, 50);
	turn(f, 1000, false);
	chain_tell(&f->chain, &told);
	assert_true(told.failing && told.on);
	assert_int_equal(told.failures, 1);
	turn(f, 10, false);
	chain_tell(&f->chain, &told);
	assert_int_equal(told.failures, 1);
	/* It works again: nothing is missing. */
	rmdir(part);
	turn(f, 1000, false);
	chain_tell(&f->chain, &told);
	assert_false(told.failing);
	assert_restores_exactly(f);
	assert_int_equal(mkdir(part, 0700), 0);
	for (int i = 0; i < 12 && f->chain.now.on; i++) {
		put(f, 100);
		turn(f, 1000, false);
	}
	assert_false(f->chain.now.on);
	chain_tell(&f->chain, &told);
	assert_int_equal(told.given_up, 1);
	assert_true(told.failing);
	rmdir(part);
	begin(f);
	chain_tell(&f->chain, &told);
	assert_false(told.failing);
	assert_restores_exactly(f);
}

static void
damage_is_found_and_not_restored(void **state)
{
	struct fixture *f = *state;
	struct disk_why why = { "" };
	struct restored restored;
	size_t generations, segments;
	char path[DISK_PATH], file[DISK_PATH], name[SEGMENT_NAME];
	struct bytes b;

	begin(f);
	for (int i = 0; i < 3; i++) {
		put(f, 5);
		turn(f, 1000, false);
	}
	assert_int_equal(restore_prove(f->segments, &generations, &segments, &why), WH_OK);
	assert_int_equal(generations, 1);
	assert_int_equal(segments, 3);
	generation_name(f->chain.now.last.generation, name);
	assert_int_equal(disk_path(path, f->segments, name), WH_OK);
	assert_int_equal(disk_path(file, path, "00000002.seg"), WH_OK);
	b = bytes_of(file);
	for (size_t n = 0; n < b.n; n += 100) {
		bytes_to(file, b.p, n);
		assert_int_not_equal(restore_prove(f->segments, &generations, &segments, &why), WH_OK);
	}
	for (size_t i = 0; i < b.n; i += 61) {
		b.p[i] ^= 4;
		bytes_to(file, b.p, b.n);
		assert_int_not_equal(restore_prove(f->segments, &generations, &segments, &why), WH_OK);
		if (i >= SEGMENT_HEADER) {
			assert_int_equal(restore_build(f->segments, INT64_MAX, f->out, &restored, &why), WH_ESYNTAX);
			assert_int_not_equal(access(f->out, F_OK), 0);
		}
		b.p[i] ^= 4;
	}
	/* A gap: what is before it can be restored. */
	unlink(file);
	assert_int_not_equal(restore_prove(f->segments, &generations, &segments, &why), WH_OK);
	assert_int_equal(restore_build(f->segments, INT64_MAX, f->out, &restored, &why), WH_OK);
	assert_int_equal(restored.number, 1);
	bytes_to(file, b.p, b.n);
	free(b.p);
	assert_int_equal(disk_path(file, path, RESTORE_BASE), WH_OK);
	b = bytes_of(file);
	b.p[b.n / 2] ^= 1;
	bytes_to(file, b.p, b.n);
	free(b.p);
	assert_int_equal(restore_build(f->segments, INT64_MAX, f->out, &restored, &why), WH_ESYNTAX);
}

static void
old_generations_go_and_the_newest_stays(void **state)
{
	struct fixture *f = *state;
	struct generations list;

	begin(f);
	for (int i = 0; i < 8; i++) {
		put(f, 3);
		turn(f, 1000000, false);
		turn(f, 1, false);
	}
	assert_int_equal(generations_read(f->segments, &list, NULL), WH_OK);
	assert_in_range(list.n, 5, 7);
	generations_free(&list);
	assert_restores_exactly(f);
	f->now += 100000000;
	generations_expire(f->segments, f->chain.now.last.generation, f->now, f->set.keep_ms);
	assert_int_equal(generations_read(f->segments, &list, NULL), WH_OK);
	assert_int_equal(list.n, 1);
	generations_free(&list);
	assert_restores_exactly(f);
}

/* Nothing was written for longer than the time to keep: the moments of it are those of the generation that ended before. */
static void
a_generation_goes_only_when_the_next_is_old(void **state)
{
	struct fixture *f = *state;
	struct generations list;
	size_t segment;
	int64_t idle;

	begin(f);
	put(f, 3);
	turn(f, 1000, true);
	f->now += f->set.keep_ms * 2;
	idle = f->now - f->set.keep_ms / 2;
	turn(f, 1, false);
	turn(f, 1, false);
	assert_int_equal(generations_read(f->segments, &list, NULL), WH_OK);
	assert_int_equal(list.n, 2);
	assert_ptr_equal(generations_find(&list, idle, &segment), &list.of[0]);
	generations_free(&list);
	generations_expire(f->segments, f->chain.now.last.generation, f->now + f->set.keep_ms + 2000, f->set.keep_ms);
	assert_int_equal(generations_read(f->segments, &list, NULL), WH_OK);
	assert_int_equal(list.n, 1);
	generations_free(&list);
	assert_restores_exactly(f);
}

static void *
write_on(void *arg)
{
	struct fixture *f = arg;
	sqlite3 *db = db_open(f->db, 0);

	for (int i = 0; i < 400; i++)
		sql(db, "INSERT INTO t (b) VALUES (randomblob(500))");
	sqlite3_close(db);
	return NULL;
}

static void
a_copy_ends_beside_a_writer_and_sees_one_moment(void **state)
{
	struct fixture *f = *state;
	struct disk_why why = { "" };
	pthread_t thread;
	uint64_t bytes;
	char path[128];

	sql(f->writer, "CREATE TABLE pair (a INTEGER, b INTEGER); INSERT INTO pair VALUES (0, 0)");
	assert_int_equal(pthread_create(&thread, NULL, write_on, f), 0);
	for (int i = 0; i < 10; i++) {
		snprintf(path, sizeof path, "%s/backup-%d.db", f->folder, i);
		if (restore_copy(f->db, path, true, &bytes, &why) != WH_OK)
			fail_msg("%s", why.text);
		assert_int_equal(restore_copy(f->db, path, true, &bytes, &why), WH_EEXIST);
	}
	pthread_join(thread, NULL);
}

static void
a_restored_database_takes_the_place_at_the_next_start(void **state)
{
	struct fixture *f = *state;
	struct disk_why why = { "" };
	char aside[DISK_PATH], fresh[128], ready[128];
	uint64_t bytes;
	sqlite3 *db;

	put(f, 4);
	snprintf(fresh, sizeof fresh, "%s/" RESTORE_DB, f->folder);
	snprintf(ready, sizeof ready, "%s/" RESTORE_READY, f->folder);
	assert_int_equal(restore_copy(f->db, fresh, true, &bytes, &why), WH_OK);
	assert_int_equal(restore_place(f->folder, "a.db", aside, &why), WH_OK);
	assert_string_equal(aside, "");
	assert_int_equal(restore_announce(f->folder, f->now, &why), WH_OK);
	put(f, 3);
	die(f);
	/* Killed after the log was moved: done again, it goes on. */
	snprintf(aside, sizeof aside, "%s/before-restore-20231114T221320Z.db-wal", f->folder);
	assert_int_equal(rename(f->wal, aside), 0);
	assert_int_equal(restore_place(f->folder, "a.db", aside, &why), WH_OK);
	assert_non_null(strstr(aside, "before-restore-20231114T221320Z.db"));
	assert_int_not_equal(access(ready, F_OK), 0);
	assert_int_equal(sqlite3_open(aside, &db), SQLITE_OK);
	assert_int_equal(sql_int(db, "SELECT count(*) FROM t"), 7);
	sqlite3_close(db);
	/* Killed before it could say that it is done. */
	assert_int_equal(restore_announce(f->folder, f->now, &why), WH_OK);
	assert_int_equal(restore_place(f->folder, "a.db", aside, &why), WH_OK);
	start(f);
	assert_int_equal(sql_int(f->writer, "SELECT count(*) FROM t"), 4);
	assert_false(f->chain.now.on);
	begin(f);
	assert_restores_exactly(f);
}

static unsigned
dice(struct fixture *f, unsigned n)
{
	f->random = f->random * 1103515245u + 12345u;
	return (f->random >> 16) % n;
}

/* Everything at once, in any order. Whatever happens, a generation that is on restores to what the database is. */
static void
no_order_of_things_makes_a_wrong_chain(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other = NULL, *reader = NULL;
	unsigned checked = 0;

	for (int i = 0; i < 1500; i++) {
		switch (dice(f, 14)) {
		case 0: case 1: case 2: case 3:
			put(f, 1 + (int)dice(f, 12));
			break;
		case 4:
			sql(f->writer, "DELETE FROM t WHERE id %% 7 = %d", (int)dice(f, 7));
			break;
		case 5: case 6: case 7: case 8:
			turn(f, (int)dice(f, 1500), false);
			break;
		case 9:
			if (reader == NULL) {
				reader = db_open(f->db, 0);
				sql(reader, "BEGIN; SELECT count(*) FROM t");
			} else {
				sqlite3_close(reader);
				reader = NULL;
			}
			break;
		case 10:
			other = db_open(f->db, 0);
			sql(other, "INSERT INTO t (b) VALUES (zeroblob(%d))", 1 + (int)dice(f, 3000));
			sqlite3_wal_checkpoint_v2(other, NULL, (int)dice(f, 4), NULL, NULL);
			sql(other, "INSERT INTO t (b) VALUES (zeroblob(%d))", 1 + (int)dice(f, 3000));
			sqlite3_close(other);
			break;
		case 11:
			if (dice(f, 3) != 0)
				break;
			sqlite3_close(reader);
			reader = NULL;
			if (dice(f, 2) != 0)
				die(f);
			else
				stop(f);
			if (dice(f, 3) == 0) {
				other = db_open(f->db, 0);
				sql(other, "INSERT INTO t (b) VALUES (x'77')");
				if (dice(f, 2) != 0)
					sqlite3_wal_checkpoint_v2(other, NULL, (int)dice(f, 4), NULL, NULL);
				if (dice(f, 2) != 0)
					sql(other, "INSERT INTO t (b) VALUES (x'78')");
				sqlite3_close(other);
			}
			start(f);
			break;
		case 12:
			if (dice(f, 10) == 0 && reader == NULL)
				sql(f->writer, "VACUUM");
			break;
		default:
			turn(f, 1001, true);
			if (f->chain.now.on && f->chain.tried_ms == 0) {
				assert_restores_exactly(f);
				checked++;
			}
		}
	}
	sqlite3_close(reader);
	assert_true(checked > 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_base_is_the_database_byte_by_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(segments_give_the_pages_of_the_database, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_cut_before_its_time_or_without_a_change, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_is_set_back_loses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_log_is_cut_and_folded_and_begins_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(a_moment_between_is_restored_as_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(a_killed_hub_goes_on_with_its_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(an_end_in_order_goes_on_too, setup, teardown),
		cmocka_unit_test_setup_teardown(a_segment_that_the_state_does_not_know_is_cut_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_log_that_began_anew_meanwhile_begins_a_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(what_another_program_appends_is_cut_too, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_written_keeps_the_log_until_the_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_found_and_not_restored, setup, teardown),
		cmocka_unit_test_setup_teardown(old_generations_go_and_the_newest_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(a_generation_goes_only_when_the_next_is_old, setup, teardown),
		cmocka_unit_test_setup_teardown(a_copy_ends_beside_a_writer_and_sees_one_moment, setup, teardown),
		cmocka_unit_test_setup_teardown(a_restored_database_takes_the_place_at_the_next_start, setup, teardown),
		cmocka_unit_test_setup_teardown(no_order_of_things_makes_a_wrong_chain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
