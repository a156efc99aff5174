/* The reader of the log against logs that SQLite wrote, whole and damaged. What SQLite would take after a crash is the measure. */
#include "testing_copies.h"
#include "wal.h"

struct fixture {
	char folder[64], db[128], wal[128], copy[128], copy_wal[140];
	unsigned char image[WAL_PAGE_MAX];
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	folder_make(f->folder);
	snprintf(f->db, sizeof f->db, "%s/a.db", f->folder);
	snprintf(f->wal, sizeof f->wal, "%s/a.db-wal", f->folder);
	snprintf(f->copy, sizeof f->copy, "%s/b.db", f->folder);
	snprintf(f->copy_wal, sizeof f->copy_wal, "%s/b.db-wal", f->folder);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	folder_remove(f->folder);
	free(f);
	return 0;
}

/* Frames up to the last commit, by our reader. */
static uint32_t
committed(struct fixture *f, const char *path)
{
	struct wal_place place;
	struct wal_frame frame;
	uint32_t last = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	if (wal_begin(fd, &place) == WH_OK)
		while (wal_next(fd, &place, &frame, f->image) == WH_OK)
			if (frame.db_pages != 0)
				last = place.frames;
	close(fd);
	return last;
}

/* The same by SQLite, which recovers a copy. */
static uint32_t
recovered(struct fixture *f)
{
	char shm[140];
	sqlite3 *db;
	int frames = -1;

	snprintf(shm, sizeof shm, "%s-shm", f->copy);
	unlink(shm);
	assert_int_equal(sqlite3_open(f->copy, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, NULL), SQLITE_OK);
	sqlite3_close(db);
	return frames > 0 ? (uint32_t)frames : 0;
}

static void
fill(sqlite3 *db, int commits)
{
	sql(db, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, b BLOB)");
	for (int i = 0; i < commits; i++)
		sql(db, "INSERT INTO t (b) VALUES (randomblob(%d))", 100 + i * 37 % 3000);
}

static void
every_page_size_is_read_to_the_last_commit(void **state)
{
	struct fixture *f = *state;

	for (unsigned size = WAL_PAGE_MIN; size <= WAL_PAGE_MAX; size *= 2) {
		sqlite3 *db = db_open(f->db, size);
		struct wal_place place;
		int frames, fd;

		fill(db, 20);
		fd = open(f->wal, O_RDONLY | O_CLOEXEC);
		assert_int_equal(wal_begin(fd, &place), WH_OK);
		assert_int_equal(place.page_size, size);
		close(fd);
		assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, NULL), SQLITE_OK);
		assert_int_equal(committed(f, f->wal), frames);
		sqlite3_close(db);
		unlink(f->db);
		unlink(f->wal);
	}
}

static void
old_frames_behind_a_new_beginning_are_not_read(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = db_open(f->db, 1024);
	struct wal_place before, after;
	uint32_t many;
	int fd;

	fill(db, 50);
	many = committed(f, f->wal);
	fd = open(f->wal, O_RDONLY | O_CLOEXEC);
	assert_int_equal(wal_begin(fd, &before), WH_OK);
	assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL), SQLITE_OK);
	sql(db, "INSERT INTO t (b) VALUES (x'00')");
	assert_int_equal(wal_begin(fd, &after), WH_OK);
	close(fd);
	assert_false(wal_same(&before, &after));
	assert_true(wal_follows(&before, &after));
	assert_in_range(committed(f, f->wal), 1, many / 4);
	sqlite3_close(db);
}

static void
what_is_not_committed_is_behind_the_last_commit(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = db_open(f->db, 1024);
	uint32_t before;
	struct stat small, large;

	fill(db, 5);
	before = committed(f, f->wal);
	assert_int_equal(stat(f->wal, &small), 0);
	sql(db, "PRAGMA cache_size = 2; PRAGMA cache_spill = 1; BEGIN");
	fill(db, 200);
	assert_int_equal(stat(f->wal, &large), 0);
	assert_true(large.st_size > small.st_size);
	assert_int_equal(committed(f, f->wal), before);
	sql(db, "COMMIT");
	assert_true(committed(f, f->wal) > before);
	sqlite3_close(db);
}

static void
a_torn_log_is_read_as_far_as_sqlite_would(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = db_open(f->db, 1024);
	struct bytes wal;

	fill(db, 12);
	wal = bytes_of(f->wal);
	for (size_t n = 0; n <= wal.n; n += 100) {
		file_copy(f->db, f->copy);
		bytes_to(f->copy_wal, wal.p, n);
		assert_int_equal(committed(f, f->copy_wal), recovered(f));
	}
	free(wal.p);
	sqlite3_close(db);
}

static void
a_flipped_bit_ends_the_log_where_sqlite_ends_it(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = db_open(f->db, 1024);
	struct bytes wal;
	uint32_t whole;

	fill(db, 12);
	wal = bytes_of(f->wal);
	whole = committed(f, f->wal);
	for (size_t i = 0; i < wal.n; i += 1 + i / 16 % 97) {
		wal.p[i] ^= (unsigned char)(1u << i % 8);
		file_copy(f->db, f->copy);
		bytes_to(f->copy_wal, wal.p, wal.n);
		assert_true(committed(f, f->copy_wal) < whole);
		assert_int_equal(committed(f, f->copy_wal), recovered(f));
		wal.p[i] ^= (unsigned char)(1u << i % 8);
	}
	free(wal.p);
	sqlite3_close(db);
}

static void
a_place_is_proved_only_by_the_same_frames(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = db_open(f->db, 1024);
	struct wal_place place;
	struct wal_frame frame;
	struct bytes wal;
	int fd;

	fill(db, 12);
	fd = open(f->wal, O_RDONLY | O_CLOEXEC);
	assert_int_equal(wal_begin(fd, &place), WH_OK);
	for (int i = 0; i < 7; i++)
		assert_int_equal(wal_next(fd, &place, &frame, f->image), WH_OK);
	assert_int_equal(wal_prove(fd, &place, f->image), WH_OK);
	fill(db, 3);
	assert_int_equal(wal_prove(fd, &place, f->image), WH_OK);
	close(fd);
	wal = bytes_of(f->wal);
	wal.p[WAL_HEADER + 6 * (WAL_FRAME_HEADER + 1024) + 500] ^= 1;
	bytes_to(f->copy_wal, wal.p, wal.n);
	fd = open(f->copy_wal, O_RDONLY | O_CLOEXEC);
	assert_int_equal(wal_prove(fd, &place, f->image), WH_ESTATE);
	close(fd);
	free(wal.p);
	sqlite3_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_page_size_is_read_to_the_last_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(old_frames_behind_a_new_beginning_are_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_committed_is_behind_the_last_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(a_torn_log_is_read_as_far_as_sqlite_would, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flipped_bit_ends_the_log_where_sqlite_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_place_is_proved_only_by_the_same_frames, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
