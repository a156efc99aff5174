/* The store where it is hard: clients that vanish, SQL that is not theirs to run, results and queues at their bounds, damage that stays,
 * and what another process does to the files. test_sqlite.c has the rules of every day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
#include <whiply/store.h>
#include <whiply/testing.h>

enum { PUT, COUNT, ROWS, BLOB, LIE, GIVE_BACK };

static const struct wh_migration migrations[] = {
	{ .sql = "CREATE TABLE h_note (id INTEGER PRIMARY KEY, text TEXT);" },
	{ .postgresql = "CREATE EXTENSION citext;" },
	{ .sql = "ALTER TABLE h_note ADD COLUMN n INTEGER NOT NULL DEFAULT 1 CHECK (n > 0);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[PUT] = { "put", "INSERT INTO h_note (text) VALUES ($1)", "t", .writes = true },
	[COUNT] = { "count", "SELECT count(*) FROM h_note", .gives = "i" },
	[ROWS] = { "rows", "WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < $1) SELECT i FROM s", "i", .gives = "i" },
	[BLOB] = { "blob", "SELECT zeroblob($1)", "i", .gives = "b" },
	[LIE] = { "lie", "SELECT 'seven' WHERE $1 = 1", "i", .gives = "i" },
	[GIVE_BACK] = { "give_back", "INSERT INTO h_note (text) VALUES ($1) RETURNING zeroblob(9000000)", "t", .gives = "b", .writes = true },
	{ 0 }
};

static const struct wh_schema schema = { "h", migrations, statements };

/* A plugin, as far as the store can see. */
struct client {
	struct wh_test *t;
	struct wh_table table;
	struct client *closes;	/* `done` closes this one */
	unsigned told, well;
	enum wh_err err;	/* the last */
	int64_t number;		/* the first cell of the last, if it is one */
	char order[64];		/* cookies as letters */
};

static void
done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct client *c = self;

	if (c->told < sizeof c->order - 1)
		c->order[c->told] = (char)('a' + cookie);
	c->told++;
	c->well += r->err == WH_OK;
	c->err = r->err;
	if (r->err == WH_OK && r->rows[0].columns != 0 && r->rows[0].n != 0)
		c->number = wh_row_int(&r->rows[0], 0, 0);
	if (c->closes != NULL)
		wh_store_close(&c->closes->table);
}

static enum wh_err
open_as(struct client *c, struct wh_test *t, const struct wh_schema *s)
{
	const struct wh_store_ops *ops;
	void *store;

	*c = (struct client){ .t = t };
	ops = wh_test_service(t, "store", WH_STORE_VERSION, &store);
	assert_non_null(ops);
	c->table.ops = ops;
	return ops->open(store, wh_test_host(t), s, c, &c->table.db);
}

static struct client
begin(const char *settings)
{
	struct client c;

	assert_int_equal(open_as(&c, wh_test_begin(&whiply_plugin, settings), &schema), WH_OK);
	return c;
}

/* `self` of the schema is the client's address, so it is opened where it stays. */
#define BEGIN(c, settings) \
	struct client c = begin(settings); \
	wh_store_close(&c.table); \
	assert_int_equal(open_as(&c, c.t, &schema), WH_OK)

static void
settle(struct client *c)
{
	for (int i = 0; i < 8; i++) {
		wh_test_run_jobs(c->t);
		wh_test_advance(c->t, 20);
	}
	wh_test_run_jobs(c->t);
}

static void
end(struct client *c)
{
	wh_store_close(&c->table);
	settle(c);
	wh_test_end(&c->t);
}

static enum wh_err
put(struct client *c, const char *text, uint64_t cookie)
{
	return wh_store_run(&c->table, &(struct wh_step){ PUT, &WH_CELL_TEXT(wh_str(text)), 1, WH_ANY }, 1, done, cookie);
}

static enum wh_err
ask(struct client *c, unsigned statement, int64_t n, uint64_t cookie)
{
	return wh_store_run(&c->table, &(struct wh_step){ statement, &WH_CELL_INT(n), 1, WH_ANY }, 1, done, cookie);
}

static int64_t
count(struct client *c)
{
	c->number = -1;
	assert_int_equal(wh_store_run(&c->table, &(struct wh_step){ .statement = COUNT }, 1, done, 0), WH_OK);
	settle(c);
	return c->number;
}

static void
path_of(struct wh_test *t, const char *suffix, char to[static 600])
{
	snprintf(to, 600, "%.*s/whiply.db%s", WH_FMT(wh_state_dir(wh_test_host(t))), suffix);
}

static sqlite3 *
stranger(struct wh_test *t)
{
	sqlite3 *db = NULL;
	char path[600];

	path_of(t, "", path);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	return db;
}

static int64_t
stranger_asks(struct wh_test *t, const char *sql)
{
	sqlite3 *db = stranger(t);
	sqlite3_stmt *s = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

/* A plugin that is unloaded takes its tables with it; what it had asked for happens all the same. */
static void
calls_outlive_the_code_of_who_asked(void **state)
{
	struct client c = begin(NULL), gone;
	struct wh_statement *rows = calloc(2, sizeof *rows);
	struct wh_schema *theirs = calloc(1, sizeof *theirs);
	char *sql = strdup("INSERT INTO h_note (text) VALUES ($1)"), *takes = strdup("t"), *name = strdup("h");

	(void)state;
	rows[0] = (struct wh_statement){ "put", sql, takes, NULL, true, NULL, NULL };
	*theirs = (struct wh_schema){ name, migrations, rows };
	assert_int_equal(open_as(&gone, c.t, theirs), WH_OK);
	assert_int_equal(put(&gone, "x", 0), WH_OK);
	assert_int_equal(put(&gone, "y", 0), WH_OK);
	wh_store_close(&gone.table);
	free(sql);
	free(takes);
	free(name);
	free(rows);
	free(theirs);
	settle(&c);
	assert_int_equal(gone.told, 0);
	assert_int_equal(stranger_asks(c.t, "SELECT count(*) FROM h_note"), 2);
	end(&c);
}

static void
done_may_close_another_who_waits_in_the_same_commit(void **state)
{
	BEGIN(c, NULL);
	struct client other;

	(void)state;
	assert_int_equal(open_as(&other, c.t, &schema), WH_OK);
	c.closes = &other;
	put(&c, "first", 0);
	settle(&c);
	assert_int_equal(open_as(&other, c.t, &schema), WH_OK);
	put(&c, "second", 0);
	put(&c, "third", 0);
	put(&other, "fourth", 0);
	settle(&c);
	assert_int_equal(c.told, 3);
	assert_int_equal(other.told, 0);
	c.closes = NULL;
	assert_int_equal(count(&c), 4);
	end(&c);
}

static enum wh_err
try_schema(struct client *c, const char *migration, const char *sql, const char *expected)
{
	const struct wh_migration m[] = { { .sql = migration }, { 0 } };
	const struct wh_statement s[] = { { .name = "s", .sql = sql, .writes = true }, { 0 } };
	const struct wh_schema theirs = { "other", m, sql != NULL ? s : NULL };
	struct client them;
	enum wh_err err = open_as(&them, c->t, &theirs);

	if (expected != NULL)
		assert_non_null(strstr(wh_test_logged(c->t, "schema_not_opened"), expected));
	wh_store_close(&them.table);
	return err;
}

static void
a_plugin_changes_its_own_tables_alone(void **state)
{
	BEGIN(c, NULL);

	(void)state;
	assert_int_equal(try_schema(&c, "CREATE TABLE other_t (n INTEGER);", "DELETE FROM h_note", "it changes h_note, and its own tables begin with other_"),
	    WH_EINVAL);
	assert_int_equal(try_schema(&c, "CREATE TABLE other_t (n INTEGER);", "UPDATE whiply_schema SET version = 0", "it changes whiply_schema"), WH_EINVAL);
	assert_int_equal(try_schema(&c, "CREATE TABLE other_t (n INTEGER);", "INSERT INTO other_t VALUES (1)", NULL), WH_OK);
	assert_int_equal(stranger_asks(c.t, "SELECT version FROM whiply_schema WHERE plugin = 'other'"), 1);
	end(&c);
}

static void
a_migration_can_not_leave_its_transaction(void **state)
{
	static const char *const bad[] = { "COMMIT;", "CREATE TABLE other_a (n INTEGER); COMMIT; SELECT 1;", "SAVEPOINT x;", "ATTACH ':memory:' AS m;",
		"PRAGMA synchronous = OFF;", "DROP TABLE h_note;", "CREATE TABLE stray (n INTEGER);", "CREATE INDEX other_i ON h_note (text);" };
	BEGIN(c, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(try_schema(&c, bad[i], NULL, "migration 1 of other: it "), WH_EIO);
	assert_int_equal(stranger_asks(c.t, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'other%'"), 0);
	assert_int_equal(put(&c, "goes on", 0), WH_OK);
	settle(&c);
	assert_int_equal(c.well, 1);
	end(&c);
}

/* Else one plugin's COMMIT would fail everybody's. */
static void
a_foreign_key_can_not_be_deferred(void **state)
{
	BEGIN(c, NULL);

	(void)state;
	assert_int_equal(try_schema(&c, "CREATE TABLE other_a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES other_a DEFERRABLE INITIALLY DEFERRED);", NULL,
	    "can't be DEFERRED"), WH_EINVAL);
	end(&c);
}

static void
a_migration_for_another_driver_only_counts(void **state)
{
	BEGIN(c, NULL);

	(void)state;
	assert_int_equal(stranger_asks(c.t, "SELECT version FROM whiply_schema WHERE plugin = 'h'"), 3);
	assert_int_equal(stranger_asks(c.t, "SELECT count(*) FROM pragma_table_info('h_note') WHERE name = 'n'"), 1);
	end(&c);
}

static void
a_text_is_utf_8_without_nul(void **state)
{
	static const struct wh_str bad[] = { { "a\0b", 3 }, { "\xff", 1 }, { "\xc0\xaf", 2 }, { "\xed\xa0\x80", 3 }, { "\xe2\x82", 2 }, { "\xf4\x90\x80\x80", 4 },
		{ "\xf0\x8f\xbf\xbf", 4 }, { "\x80", 1 } };
	static const struct wh_str good[] = { { NULL, 0 }, { "plain", 5 }, { "\xc3\xa9", 2 }, { "\xed\x9f\xbf\xee\x80\x80", 6 }, { "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf0\x90\x80\x80", 4 }, { "\xe0\xa0\x80", 3 } };
	BEGIN(c, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(wh_store_run(&c.table, &(struct wh_step){ PUT, &WH_CELL_TEXT(bad[i]), 1, WH_ANY }, 1, done, 0), WH_EINVAL);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_int_equal(wh_store_run(&c.table, &(struct wh_step){ PUT, &WH_CELL_TEXT(good[i]), 1, WH_ANY }, 1, done, 0), WH_OK);
	settle(&c);
	assert_int_equal(c.well, sizeof good / sizeof good[0]);
	end(&c);
}

static void
a_value_of_another_type_than_promised_is_an_error(void **state)
{
	BEGIN(c, NULL);

	(void)state;
	assert_int_equal(ask(&c, LIE, 1, 0), WH_OK);
	settle(&c);
	assert_int_equal(c.err, WH_EIO);
	assert_int_equal(ask(&c, LIE, 0, 0), WH_OK);
	settle(&c);
	assert_int_equal(c.err, WH_OK);
	assert_string_equal(wh_test_health(c.t, NULL), "");
	end(&c);
}

static void
a_call_has_64_steps_at_most(void **state)
{
	BEGIN(c, NULL);
	const struct wh_cell text = WH_CELL_TEXT(WH_STR("x"));
	struct wh_step steps[WH_STORE_STEPS + 1];

	(void)state;
	for (size_t i = 0; i <= WH_STORE_STEPS; i++)
		steps[i] = (struct wh_step){ PUT, &text, 1, WH_ONE };
	assert_int_equal(wh_store_run(&c.table, steps, WH_STORE_STEPS + 1, done, 0), WH_ETOOBIG);
	assert_int_equal(wh_store_run(&c.table, steps, 0, done, 0), WH_EINVAL);
	assert_int_equal(wh_store_run(&c.table, steps, WH_STORE_STEPS, done, 0), WH_OK);
	settle(&c);
	assert_int_equal(count(&c), WH_STORE_STEPS);
	end(&c);
}

static void
a_result_is_bounded_over_all_its_steps(void **state)
{
	BEGIN(c, NULL);
	const struct wh_cell most = WH_CELL_INT(WH_STORE_ROWS), over = WH_CELL_INT(WH_STORE_ROWS + 1), half = WH_CELL_INT(WH_STORE_ROWS / 2 + 1);
	const struct wh_step two[] = { { ROWS, &half, 1, WH_ANY }, { ROWS, &half, 1, WH_ANY } };
	const struct wh_cell text = WH_CELL_TEXT(WH_STR("x"));
	const struct wh_step writes[] = { { PUT, &text, 1, WH_ANY }, { GIVE_BACK, &text, 1, WH_ANY }, { GIVE_BACK, &text, 1, WH_ANY } };

	(void)state;
	wh_store_run(&c.table, &(struct wh_step){ ROWS, &most, 1, WH_ANY }, 1, done, 0);
	settle(&c);
	assert_int_equal(c.err, WH_OK);
	wh_store_run(&c.table, &(struct wh_step){ ROWS, &over, 1, WH_ANY }, 1, done, 0);
	settle(&c);
	assert_int_equal(c.err, WH_ETOOBIG);
	wh_store_run(&c.table, two, 2, done, 0);
	settle(&c);
	assert_int_equal(c.err, WH_ETOOBIG);
	ask(&c, BLOB, WH_STORE_BYTES - 8, 0);
	settle(&c);
	assert_int_equal(c.err, WH_OK);
	ask(&c, BLOB, WH_STORE_BYTES + 1, 0);
	settle(&c);
	assert_int_equal(c.err, WH_ETOOBIG);
	wh_store_run(&c.table, writes, 3, done, 0);
	settle(&c);
	assert_int_equal(c.err, WH_ETOOBIG);
	assert_int_equal(count(&c), 0);
	end(&c);
}

/* A job stops when it holds enough, and goes on with the rest in the next one. */
static void
big_results_come_in_turns_and_in_order(void **state)
{
	BEGIN(c, "readers = 1;");
	const struct wh_cell text = WH_CELL_TEXT(WH_STR("x"));

	(void)state;
	for (uint64_t i = 0; i < 6; i++)
		assert_int_equal(ask(&c, BLOB, 9000000, i), WH_OK);
	settle(&c);
	assert_int_equal(c.well, 6);
	assert_string_equal(c.order, "abcdef");
	for (uint64_t i = 6; i < 12; i++)
		assert_int_equal(wh_store_run(&c.table, &(struct wh_step){ GIVE_BACK, &text, 1, WH_ONE }, 1, done, i), WH_OK);
	settle(&c);
	assert_int_equal(c.well, 12);
	assert_string_equal(c.order, "abcdefghijkl");
	assert_int_equal(count(&c), 6);
	end(&c);
}

static void
the_memory_of_the_queue_is_bounded(void **state)
{
	BEGIN(c, "queue_size = \"1MiB\";");
	char *text = malloc(300001);
	unsigned taken = 0;

	(void)state;
	memset(text, 'x', 300000);
	text[300000] = '\0';
	while (taken < 10 && put(&c, text, 0) == WH_OK)
		taken++;
	assert_int_equal(taken, 3);
	assert_int_equal(put(&c, text, 0), WH_EFULL);
	settle(&c);
	assert_int_equal(put(&c, text, 0), WH_OK);
	settle(&c);
	assert_int_equal(count(&c), 4);
	free(text);
	end(&c);
}

/* The disk of a writer may stand still for seconds. */
static void
writes_that_wait_keep_nobody_from_reading(void **state)
{
	BEGIN(c, "queue = 16; window = \"100ms\";");

	(void)state;
	put(&c, "the writer's", 0);
	while (put(&c, "waits", 0) == WH_OK)
		;
	assert_int_equal(ask(&c, ROWS, 1, 0), WH_OK);
	for (int i = 0; i < 10; i++)
		settle(&c);
	assert_int_equal(count(&c), 17);
	end(&c);
}

/* The segments ask for the writer, too; what they do says nothing of whether the database can be written. */
static void
a_probe_that_finds_the_writer_busy_comes_again(void **state)
{
	BEGIN(c, "busy = \"10ms\"; probe = \"1100ms\"; segment_every = \"1s\"; segments = \"/proc/nowhere\";");
	sqlite3 *db = stranger(c.t);

	(void)state;
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	put(&c, "no", 0);
	wh_test_run_jobs(c.t);
	assert_int_equal(c.err, WH_EAWAY);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	/* No thread runs: the writer still has its turn for the segments when the probe is due. */
	wh_test_advance(c.t, 1200);
	for (int i = 0; i < 40; i++) {
		wh_test_run_jobs(c.t);
		wh_test_advance(c.t, 50);
	}
	wh_test_run_jobs(c.t);
	assert_string_equal(wh_test_health(c.t, NULL), "");
	assert_int_equal(put(&c, "yes", 0), WH_OK);
	end(&c);
}

static void
a_full_batch_does_not_wait_for_the_window(void **state)
{
	BEGIN(c, "window = \"100ms\"; batch = 4;");

	(void)state;
	wh_test_advance(c.t, 1000);
	put(&c, "starts at once", 0);
	wh_test_run_jobs(c.t);
	assert_int_equal(c.told, 1);
	for (int i = 0; i < 3; i++)
		put(&c, "waits", 0);
	wh_test_run_jobs(c.t);
	assert_int_equal(c.told, 1);
	put(&c, "fills it", 0);
	wh_test_run_jobs(c.t);
	assert_int_equal(c.told, 5);
	end(&c);
}

static void
go_on(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct client *c = self;

	done(self, cookie, r);
	assert_int_equal(put(c, "the next", cookie), WH_OK);
}

/* Many who each write again as soon as they hear: the first of them has no commit of its own. */
static void
those_who_go_on_share_the_next_commit(void **state)
{
	BEGIN(c, "window = \"0ms\";");
	const struct wh_cell text = WH_CELL_TEXT(WH_STR("the first"));
	int64_t before;

	(void)state;
	before = wh_test_metric(c.t, "whiply_store_commits_total", NULL);
	put(&c, "finds the writer idle", 0);
	for (uint64_t i = 1; i < 4; i++)
		assert_int_equal(wh_store_run(&c.table, &(struct wh_step){ PUT, &text, 1, WH_ANY }, 1, go_on, i), WH_OK);
	settle(&c);
	assert_string_equal(c.order, "abcdbcd");
	assert_int_equal(wh_test_metric(c.t, "whiply_store_commits_total", NULL) - before, 3);
	end(&c);
}

static void
run_now_reads_while_somebody_else_writes(void **state)
{
	BEGIN(c, "busy = \"10ms\";");
	sqlite3 *db = stranger(c.t);

	(void)state;
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(wh_store_run_now(&c.table, &(struct wh_step){ .statement = COUNT }, 1, done, 0), WH_OK);
	assert_int_equal(c.err, WH_OK);
	assert_string_equal(wh_test_health(c.t, NULL), "");
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	end(&c);
}

/* Overwrites the rows of h_note with rubbish; the schema stays. */
static void
damage(struct client *c)
{
	char path[600], junk[4096];
	int fd;

	for (int i = 0; i < 3000; i++)
		put(c, "a row like any other, that takes some place in its page", 0);
	settle(c);
	wh_store_close(&c->table);
	assert_int_equal(wh_test_reload(c->t, "window = \"1ms\";"), WH_OK);
	memset(junk, 0x5a, sizeof junk);
	path_of(c->t, "", path);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (off_t page = 6; page < 20; page++)
		assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
	close(fd);
	assert_int_equal(open_as(c, c->t, &schema), WH_OK);
}

static void
damage_is_no_passing_sickness(void **state)
{
	BEGIN(c, NULL);

	(void)state;
	damage(&c);
	assert_int_equal(wh_store_run(&c.table, &(struct wh_step){ .statement = COUNT }, 1, done, 0), WH_OK);
	put(&c, "under way when it is found", 0);
	settle(&c);
	assert_non_null(strstr(wh_test_health(c.t, NULL), "the database is damaged"));
	for (int i = 0; i < 20; i++) {
		wh_test_advance(c.t, 5000);
		wh_test_run_jobs(c.t);
	}
	assert_int_equal(put(&c, "no", 0), WH_EAWAY);
	assert_int_equal(wh_test_metric(c.t, "whiply_store_read_only", NULL), 1);
	/* A base of it would in time push out those that are good. */
	assert_null(wh_test_logged(c.t, "segments_begun"));
	end(&c);
}

/* Ending in order does not make it sound: the next start looks again. */
static void
damage_is_remembered_over_a_restart(void **state)
{
	BEGIN(c, NULL);

	(void)state;
	damage(&c);
	wh_store_run(&c.table, &(struct wh_step){ .statement = COUNT }, 1, done, 0);
	settle(&c);
	assert_int_equal(put(&c, "no", 0), WH_EAWAY);
	wh_store_close(&c.table);
	assert_int_equal(wh_test_reload(c.t, "window = \"3ms\";"), WH_OK);
	assert_int_equal(open_as(&c, c.t, &schema), WH_OK);
	assert_int_equal(put(&c, "still no", 0), WH_EAWAY);
	assert_non_null(strstr(wh_test_health(c.t, NULL), "the database is damaged"));
	end(&c);
}

static void
a_server_that_is_refused_leaves_the_others_marker(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);
	char path[600];
	int fd;

	(void)state;
	path_of(t, "-open", path);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(wh_test_open(t, NULL), WH_ESTATE);
	assert_int_equal(access(path, F_OK), 0);
	close(fd);
	assert_int_equal(wh_test_open(t, NULL), WH_OK);
	assert_non_null(wh_test_logged(t, "store_checked"));
	wh_test_end(&t);
}

static void
what_is_no_database_is_refused_with_a_sentence_and_kept(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);
	char path[600], text[16] = "";
	FILE *f;

	(void)state;
	path_of(t, "", path);
	f = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("my holiday photos\n", f);
	fclose(f);
	assert_int_equal(wh_test_open(t, NULL), WH_EIO);
	assert_non_null(strstr(wh_test_logged(t, "store_not_opened"), "restore a backup"));
	f = fopen(path, "r");
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_string_equal(text, "my holiday phot");
	wh_test_end(&t);
}

static void
without_memory_it_fails_and_leaves_nothing(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);
	unsigned failed = 0;

	(void)state;
	for (enum wh_err err = WH_ENOMEM; err == WH_ENOMEM; failed++) {
		wh_test_no_memory(t, failed + 1);
		err = wh_test_open(t, NULL);
		assert_true(err == WH_OK || err == WH_ENOMEM);
	}
	wh_test_no_memory(t, 0);
	assert_in_range(failed, 5, 20);
	wh_test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_outlive_the_code_of_who_asked),
		cmocka_unit_test(done_may_close_another_who_waits_in_the_same_commit),
		cmocka_unit_test(a_plugin_changes_its_own_tables_alone),
		cmocka_unit_test(a_migration_can_not_leave_its_transaction),
		cmocka_unit_test(a_foreign_key_can_not_be_deferred),
		cmocka_unit_test(a_migration_for_another_driver_only_counts),
		cmocka_unit_test(a_text_is_utf_8_without_nul),
		cmocka_unit_test(a_value_of_another_type_than_promised_is_an_error),
		cmocka_unit_test(a_call_has_64_steps_at_most),
		cmocka_unit_test(a_result_is_bounded_over_all_its_steps),
		cmocka_unit_test(big_results_come_in_turns_and_in_order),
		cmocka_unit_test(the_memory_of_the_queue_is_bounded),
		cmocka_unit_test(writes_that_wait_keep_nobody_from_reading),
		cmocka_unit_test(a_probe_that_finds_the_writer_busy_comes_again),
		cmocka_unit_test(a_full_batch_does_not_wait_for_the_window),
		cmocka_unit_test(those_who_go_on_share_the_next_commit),
		cmocka_unit_test(run_now_reads_while_somebody_else_writes),
		cmocka_unit_test(damage_is_no_passing_sickness),
		cmocka_unit_test(damage_is_remembered_over_a_restart),
		cmocka_unit_test(a_server_that_is_refused_leaves_the_others_marker),
		cmocka_unit_test(what_is_no_database_is_refused_with_a_sentence_and_kept),
		cmocka_unit_test(without_memory_it_fails_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
