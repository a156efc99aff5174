/* The store on the fake host: each rule of store.h, and each way in which the database can fail. The client is a plugin of its own, as
 * far as the store can see: a host, a schema and a self. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
#include <whiply/store.h>
#include <whiply/testing.h>

enum { PUT, PUT_ONCE, GET, ALL, ADD, DROP, SWAP, COUNT, BIG };

static const struct wh_migration migrations[] = {
	{ .sql = "CREATE TABLE t_note (id INTEGER PRIMARY KEY, nonce TEXT UNIQUE, n INTEGER, x REAL, b BLOB); CREATE TABLE t_sum (n INTEGER NOT NULL CHECK (n < 100));" },
	{ .sql = "INSERT INTO t_sum VALUES (0);" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[PUT] = { "put", "INSERT INTO t_note (id, nonce, n, x, b) VALUES ($1, $2, $3, $4, $5)", "iTINB", .writes = true },
	[PUT_ONCE] = { "put_once", "INSERT INTO t_note (nonce, n) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING RETURNING id", "ti", .gives = "i", .writes = true },
	[GET] = { "get", "SELECT id, nonce, n, x, b FROM t_note WHERE id = $1", "i", .gives = "iTINB" },
	[ALL] = { "all", "SELECT id FROM t_note ORDER BY id", .gives = "i" },
	[ADD] = { "add", "UPDATE t_sum SET n = n + $1", "i", .writes = true },
	[DROP] = { "drop", "DELETE FROM t_note WHERE id = $1", "i", .writes = true },
	[SWAP] = { "swap", "SELECT $2, $1", "ii", .gives = "ii" },
	[COUNT] = { "count", "SELECT (SELECT count(*) FROM t_note), n FROM t_sum", .gives = "ii" },
	[BIG] = { "big", "INSERT INTO t_note (b) VALUES (zeroblob($1))", "i", .writes = true },
	{ 0 }
};

static const struct wh_schema schema = { "t", migrations, statements };

struct client {
	struct wh_test *t;
	struct wh_table table;
	void *store;
	char heard[4096];
	bool again;		/* `done` asks once more */
};

static void
hear(struct client *c, const char *fmt, ...)
{
	size_t n = strlen(c->heard);
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->heard + n, sizeof c->heard - n, fmt, args);
	va_end(args);
}

static void
done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct client *c = self;

	hear(c, "%d:", (int)cookie);
	if (r->err != WH_OK)
		hear(c, "err %d step %u", r->err, r->step);
	for (size_t i = 0; r->err == WH_OK && i < r->n; i++) {
		hear(c, "%s[%zu,%lld]", i != 0 ? "," : "", r->rows[i].n, (long long)r->rows[i].changed);
		for (size_t row = 0; row < r->rows[i].n && row < 4; row++)
			for (size_t col = 0; col < r->rows[i].columns; col++) {
				const struct wh_cell *cell = wh_row_cell(&r->rows[i], row, col);

				if (cell->type == WH_C_INT)
					hear(c, " %lld", (long long)cell->i);
				else if (cell->type == WH_C_NUM)
					hear(c, " %g", cell->d);
				else if (cell->type == WH_C_NULL)
					hear(c, " null");
				else
					hear(c, " %.*s", WH_FMT(cell->s));
			}
	}
	hear(c, ";");
	if (c->again) {
		c->again = false;
		assert_int_equal(wh_store_run(&c->table, &(struct wh_step){ .statement = COUNT }, 1, done, 99), WH_OK);
	}
}

static enum wh_err
open_schema(struct client *c, const struct wh_schema *s)
{
	const struct wh_store_ops *ops = wh_test_service(c->t, "store", WH_STORE_VERSION, &c->store);

	assert_non_null(ops);
	c->table.ops = ops;
	return ops->open(c->store, wh_test_host(c->t), s, c, &c->table.db);
}

static struct client *
begin(const char *settings)
{
	static struct client c;

	memset(&c, 0, sizeof c);
	c.t = wh_test_begin(&whiply_plugin, settings);
	assert_int_equal(open_schema(&c, &schema), WH_OK);
	return &c;
}

static void
end(struct client *c)
{
	wh_store_close(&c->table);
	wh_test_run_jobs(c->t);
	wh_test_end(&c->t);
}

/* Runs jobs and timers until nothing waits. */
static const char *
settle(struct client *c)
{
	static char text[4096];

	for (int i = 0; i < 8; i++) {
		wh_test_run_jobs(c->t);
		wh_test_advance(c->t, 5);
	}
	wh_test_run_jobs(c->t);
	snprintf(text, sizeof text, "%s", c->heard);
	c->heard[0] = '\0';
	return text;
}

static enum wh_err
run(struct client *c, const struct wh_step *steps, size_t n, uint64_t cookie)
{
	return wh_store_run(&c->table, steps, n, done, cookie);
}

static enum wh_err
put(struct client *c, int64_t id, const char *nonce, uint64_t cookie)
{
	const struct wh_cell cells[] = { WH_CELL_INT(id), nonce != NULL ? WH_CELL_TEXT(wh_str(nonce)) : WH_CELL_NULL, WH_CELL_INT(7), WH_CELL_NUM(0.5),
		WH_CELL_BYTES(WH_STR("a\0b")) };

	return run(c, &(struct wh_step){ PUT, cells, 5, WH_ANY }, 1, cookie);
}

static enum wh_err
ask(struct client *c, unsigned statement, int64_t id, uint64_t cookie)
{
	return run(c, &(struct wh_step){ statement, &WH_CELL_INT(id), 1, WH_ANY }, 1, cookie);
}

static const char *
count(struct client *c)
{
	run(c, &(struct wh_step){ .statement = COUNT }, 1, 0);
	return settle(c);
}

/* A second connection, as somebody's shell would have. */
static sqlite3 *
stranger(struct client *c)
{
	sqlite3 *db = NULL;
	char path[600];

	snprintf(path, sizeof path, "%.*s/whiply.db", WH_FMT(wh_state_dir(wh_test_host(c->t))));
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	return db;
}

static void
what_is_written_is_read_with_its_types(void **state)
{
	struct client *c = begin(NULL);

	(void)state;
	assert_int_equal(put(c, 1, "x", 1), WH_OK);
	assert_int_equal(put(c, 2, NULL, 2), WH_OK);
	assert_string_equal(settle(c), "1:[0,1];2:[0,1];");
	assert_int_equal(ask(c, GET, 1, 3), WH_OK);
	assert_int_equal(ask(c, GET, 2, 4), WH_OK);
	assert_int_equal(ask(c, GET, 3, 5), WH_OK);
	settle(c);
	assert_int_equal(ask(c, GET, 2, 4), WH_OK);
	assert_string_equal(settle(c), "4:[1,0] 2 null 7 0.5 a;");
	end(c);
}

static void
all_steps_happen_or_none_does(void **state)
{
	struct client *c = begin(NULL);
	const struct wh_cell one = WH_CELL_INT(1), no = WH_CELL_INT(404), much = WH_CELL_INT(1000);
	const struct wh_step good[] = { { ADD, &one, 1, WH_ONE }, { .statement = COUNT } };
	const struct wh_step unmet[] = { { ADD, &one, 1, WH_ONE }, { DROP, &no, 1, WH_ONE } };
	const struct wh_step wrong[] = { { ADD, &one, 1, WH_ONE }, { ADD, &much, 1, WH_ANY } };
	const struct wh_step none[] = { { ADD, &one, 1, WH_ONE }, { GET, &no, 1, WH_NONE } };

	(void)state;
	run(c, good, 2, 1);
	run(c, unmet, 2, 2);
	run(c, wrong, 2, 3);
	run(c, none, 2, 4);
	assert_string_equal(settle(c), "1:[0,1],[1,0] 0 1;2:err -12 step 1;3:err -3 step 1;4:[0,1],[0,0];");
	assert_string_equal(count(c), "0:[1,0] 0 2;");
	end(c);
}

static void
a_single_step_that_is_not_as_expected_is_undone(void **state)
{
	struct client *c = begin(NULL);
	const struct wh_cell one = WH_CELL_INT(1);

	(void)state;
	run(c, &(struct wh_step){ ADD, &one, 1, WH_NONE }, 1, 1);
	assert_string_equal(settle(c), "1:err -12 step 0;");
	assert_string_equal(count(c), "0:[1,0] 0 0;");
	end(c);
}

static void
a_nonce_makes_a_retry_harmless(void **state)
{
	struct client *c = begin(NULL);
	const struct wh_cell cells[] = { WH_CELL_TEXT(WH_STR("n1")), WH_CELL_INT(1) };

	(void)state;
	run(c, &(struct wh_step){ PUT_ONCE, cells, 2, WH_ANY }, 1, 1);
	run(c, &(struct wh_step){ PUT_ONCE, cells, 2, WH_ANY }, 1, 2);
	run(c, &(struct wh_step){ PUT_ONCE, cells, 2, WH_ONE }, 1, 3);
	put(c, 9, "n1", 4);
	assert_string_equal(settle(c), "1:[1,1] 1;2:[0,0];3:err -12 step 0;4:err -5 step 0;");
	assert_string_equal(count(c), "0:[1,0] 1 0;");
	end(c);
}

static void
writes_gather_in_one_commit_and_stay_in_order(void **state)
{
	struct client *c = begin("window = \"10ms\";");

	(void)state;
	assert_int_equal(put(c, 1, NULL, 1), WH_OK);
	wh_test_run_jobs(c->t);
	assert_int_equal(wh_test_metric(c->t, "whiply_store_commits_total", NULL), 1);
	for (int i = 2; i < 8; i++)
		assert_int_equal(put(c, i, NULL, (uint64_t)i), WH_OK);
	assert_int_equal(wh_test_run_jobs(c->t), 0);
	wh_test_advance(c->t, 10);
	wh_test_run_jobs(c->t);
	assert_int_equal(wh_test_metric(c->t, "whiply_store_commits_total", NULL), 2);
	assert_int_equal(wh_test_metric(c->t, "whiply_store_group_size", NULL), 6);
	assert_string_equal(settle(c), "1:[0,1];2:[0,1];3:[0,1];4:[0,1];5:[0,1];6:[0,1];7:[0,1];");
	end(c);
}

static void
a_wrong_call_harms_no_other_in_its_commit(void **state)
{
	struct client *c = begin("window = \"10ms\";");

	(void)state;
	put(c, 1, "a", 1);
	settle(c);
	put(c, 2, "b", 2);
	put(c, 2, "c", 3);
	put(c, 3, "d", 4);
	assert_string_equal(settle(c), "2:[0,1];3:err -5 step 0;4:[0,1];");
	assert_string_equal(count(c), "0:[1,0] 3 0;");
	end(c);
}

static void
parameters_are_copied_and_checked(void **state)
{
	struct client *c = begin(NULL);
	char nonce[8] = "mine";
	const struct wh_cell null = WH_CELL_NULL, text = WH_CELL_TEXT(WH_STR("1"));
	struct wh_cell five[5] = { WH_CELL_INT(1), WH_CELL_TEXT(wh_str(nonce)), WH_CELL_NULL, WH_CELL_NULL, WH_CELL_NULL };
	struct wh_step many[WH_STORE_STEPS + 1];

	(void)state;
	assert_int_equal(run(c, &(struct wh_step){ PUT, five, 5, WH_ANY }, 1, 1), WH_OK);
	strcpy(nonce, "yours");
	five[1] = WH_CELL_NULL;
	assert_string_equal(settle(c), "1:[0,1];");
	ask(c, GET, 1, 3);
	assert_string_equal(settle(c), "3:[1,0] 1 mine null null null;");
	assert_int_equal(run(c, &(struct wh_step){ GET, &null, 1, WH_ANY }, 1, 1), WH_EINVAL);
	assert_int_equal(run(c, &(struct wh_step){ GET, &text, 1, WH_ANY }, 1, 1), WH_EINVAL);
	assert_int_equal(run(c, &(struct wh_step){ GET, NULL, 0, WH_ANY }, 1, 1), WH_EINVAL);
	assert_int_equal(run(c, &(struct wh_step){ 77, NULL, 0, WH_ANY }, 1, 1), WH_EINVAL);
	assert_int_equal(run(c, NULL, 0, 1), WH_EINVAL);
	for (size_t i = 0; i <= WH_STORE_STEPS; i++)
		many[i] = (struct wh_step){ .statement = COUNT };
	assert_int_equal(run(c, many, WH_STORE_STEPS + 1, 1), WH_ETOOBIG);
	assert_int_equal(run(c, many, WH_STORE_STEPS, 1), WH_OK);
	assert_non_null(wh_test_logged(c->t, "statement_misused"));
	settle(c);
	end(c);
}

static void
parameters_stand_in_any_order(void **state)
{
	struct client *c = begin(NULL);
	const struct wh_cell cells[] = { WH_CELL_INT(1), WH_CELL_INT(2) };

	(void)state;
	run(c, &(struct wh_step){ SWAP, cells, 2, WH_ONE }, 1, 1);
	assert_string_equal(settle(c), "1:[1,0] 2 1;");
	end(c);
}

static void
done_may_ask_again(void **state)
{
	struct client *c = begin(NULL);

	(void)state;
	c->again = true;
	put(c, 1, NULL, 1);
	assert_string_equal(settle(c), "1:[0,1];99:[1,0] 1 0;");
	end(c);
}

static void
the_queue_is_bounded(void **state)
{
	struct client *c = begin("queue = 16; window = \"100ms\";");
	int accepted = 0;

	(void)state;
	put(c, 1, NULL, 1);	/* the writer's */
	while (put(c, 2 + accepted, NULL, 2) == WH_OK)
		accepted++;
	assert_int_equal(accepted, 16);
	assert_int_equal(put(c, 99, NULL, 2), WH_EFULL);
	assert_int_equal(wh_test_metric(c->t, "whiply_store_refused_total", "full"), 2);
	for (int i = 0; i < 30; i++)
		settle(c);
	assert_string_equal(count(c), "0:[1,0] 17 0;");
	end(c);
}

static void
who_closed_is_told_nothing_and_its_writes_happen(void **state)
{
	struct client *c = begin("window = \"100ms\";");

	(void)state;
	put(c, 1, NULL, 1);
	put(c, 2, NULL, 2);
	wh_store_close(&c->table);
	assert_string_equal(settle(c), "");
	for (int i = 0; i < 30; i++)
		settle(c);
	assert_int_equal(open_schema(c, &schema), WH_OK);
	assert_string_equal(count(c), "0:[1,0] 2 0;");
	/* And when the store itself ends while they wait. */
	put(c, 3, NULL, 3);
	wh_test_run_jobs(c->t);
	assert_string_equal(c->heard, "3:[0,1];");
	c->heard[0] = '\0';
	put(c, 4, NULL, 4);
	wh_store_close(&c->table);
	assert_int_equal(wh_test_reload(c->t, "window = \"1ms\";"), WH_OK);
	assert_int_equal(open_schema(c, &schema), WH_OK);
	assert_string_equal(count(c), "0:[1,0] 4 0;");
	end(c);
}

static void
run_now_answers_on_the_spot(void **state)
{
	struct client *c = begin(NULL);

	(void)state;
	assert_int_equal(wh_store_run_now(&c->table, &(struct wh_step){ BIG, &WH_CELL_INT(5), 1, WH_ONE }, 1, done, 1), WH_OK);
	assert_int_equal(wh_store_run_now(&c->table, &(struct wh_step){ .statement = COUNT }, 1, done, 2), WH_OK);
	assert_string_equal(c->heard, "1:[0,1];2:[1,0] 1 0;");
	end(c);
}

static void
a_full_database_is_read_only_until_there_is_room(void **state)
{
	struct client *c = begin("max_size = \"256KiB\"; probe = \"1s\";");
	const char *heard;

	(void)state;
	put(c, 1, "kept", 1);
	settle(c);
	put(c, 2, NULL, 2);
	ask(c, BIG, 1000000, 3);
	put(c, 3, NULL, 4);
	heard = settle(c);
	assert_string_equal(heard, "2:[0,1];3:err -16 step 0;4:err -16 step 0;");
	assert_int_equal(put(c, 4, NULL, 5), WH_EAWAY);
	assert_non_null(strstr(wh_test_health(c->t, NULL), "store: the disk is full, or the database has reached max_size"));
	assert_non_null(wh_test_logged(c->t, "store_read_only"));
	assert_int_equal(wh_test_metric(c->t, "whiply_store_read_only", NULL), 1);
	ask(c, GET, 1, 6);
	assert_string_equal(settle(c), "6:[1,0] 1 kept 7 0.5 a;");
	/* There is room for what is small: the probe finds out. */
	wh_test_advance(c->t, 1000);
	settle(c);
	assert_non_null(wh_test_logged(c->t, "store_writable_again"));
	assert_string_equal(wh_test_health(c->t, NULL), "");
	assert_int_equal(put(c, 5, NULL, 7), WH_OK);
	assert_string_equal(settle(c), "7:[0,1];");
	assert_string_equal(count(c), "0:[1,0] 3 0;");
	end(c);
}

static void
a_database_that_somebody_locks_is_read_only_until_it_is_let_go(void **state)
{
	struct client *c = begin("busy = \"10ms\"; probe = \"1s\";");
	sqlite3 *db = stranger(c);

	(void)state;
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	put(c, 1, NULL, 1);
	assert_string_equal(settle(c), "1:err -16 step 0;");
	assert_int_equal(put(c, 2, NULL, 2), WH_EAWAY);
	assert_non_null(strstr(wh_test_health(c->t, NULL), "locked"));
	wh_test_advance(c->t, 1000);
	settle(c);
	assert_int_equal(put(c, 2, NULL, 2), WH_EAWAY);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	wh_test_advance(c->t, 1000);
	settle(c);
	assert_int_equal(put(c, 2, NULL, 3), WH_OK);
	assert_string_equal(settle(c), "3:[0,1];");
	end(c);
}

static void
a_newer_database_is_refused_with_a_sentence(void **state)
{
	struct client *c = begin(NULL);
	static const struct wh_migration fewer[] = { { .sql = "CREATE TABLE x (y)" }, { 0 } };
	const struct wh_schema older = { "t", fewer, NULL };

	(void)state;
	wh_store_close(&c->table);
	assert_int_equal(open_schema(c, &older), WH_EVERSION);
	assert_null(c->table.db);
	assert_non_null(strstr(wh_test_logged(c->t, "schema_not_opened"), "has version 2 of what t keeps, and this program knows 1"));
	end(c);
}

static void
a_migration_that_fails_changes_nothing(void **state)
{
	struct client *c = begin(NULL);
	static const struct wh_migration more[] = { { .sql = "SELECT 1" }, { .sql = "SELECT 1" }, { .sql = "INSERT INTO t_sum VALUES (1)" },
		{ .sql = "INSERT INTO t_sum VALUES (1); nonsense" }, { 0 } };
	const struct wh_schema newer = { "t", more, NULL };

	(void)state;
	wh_store_close(&c->table);
	assert_int_equal(open_schema(c, &newer), WH_EIO);
	assert_non_null(strstr(wh_test_logged(c->t, "schema_not_opened"), "nonsense"));
	/* The third was applied, and is known to have been. */
	assert_int_equal(open_schema(c, &schema), WH_EVERSION);
	assert_non_null(strstr(wh_test_logged(c->t, "schema_not_opened"), "has version 3"));
	end(c);
}

static void
statements_are_checked_when_they_are_declared(void **state)
{
	struct client *c = begin(NULL);
	static const struct {
		struct wh_statement row;
		const char *why;
	} cases[] = {
		{ { "a", "SELEC 1", NULL, "i", .writes = false }, "syntax error" },
		{ { "b", "SELECT n FROM t_sum; SELECT 1", NULL, "i", .writes = false }, "more than one" },
		{ { "c", "SELECT n FROM t_sum WHERE n = $1", NULL, "i", .writes = false }, "another number of parameters" },
		{ { "d", "SELECT n FROM t_sum WHERE n = ?", "i", "i", .writes = false }, "$1, $2" },
		{ { "e", "SELECT n FROM t_sum WHERE n = $3 OR n = $1", "ii", "i", .writes = false }, "$1, $2" },
		{ { "f", "SELECT n, n FROM t_sum", NULL, "i", .writes = false }, "another number of columns" },
		{ { "g", "DELETE FROM t_sum", NULL, NULL, .writes = false }, "does not say so" },
		{ { "h", "SELECT n FROM t_sum", NULL, "i", .writes = true }, "only reads" },
		{ { "i", "SELECT n FROM t_sum", NULL, "z", .writes = false }, "letters" },
	};

	(void)state;
	wh_store_close(&c->table);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct wh_statement rows[] = { cases[i].row, { 0 } };
		const struct wh_schema bad = { "t", migrations, rows };

		assert_int_equal(open_schema(c, &bad), WH_EINVAL);
		assert_non_null(strstr(wh_test_logged(c->t, "schema_not_opened"), cases[i].why));
	}
	end(c);
}

/* A hub that dies leaves the marker. */
static void
a_database_that_was_not_closed_is_checked(void **state)
{
	struct client *c = begin(NULL);
	struct wh_test *t;
	char path[600];
	int fd;

	(void)state;
	assert_null(wh_test_logged(c->t, "store_checked"));
	wh_store_close(&c->table);
	assert_int_equal(wh_test_reload(c->t, "window = \"1ms\";"), WH_OK);
	assert_null(wh_test_logged(c->t, "store_checked"));
	wh_test_end(&c->t);
	t = wh_test_new(&whiply_plugin);
	snprintf(path, sizeof path, "%.*s/whiply.db-open", WH_FMT(wh_state_dir(wh_test_host(t))));
	fd = open(path, O_CREAT | O_RDWR, 0600);
	assert_true(fd >= 0);
	assert_int_equal(wh_test_open(t, NULL), WH_OK);
	assert_non_null(wh_test_logged(t, "store_checked"));
	wh_test_end(&t);
	close(fd);
}

static void
a_database_that_another_server_has_is_not_opened(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);
	char path[600];
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%.*s/whiply.db-open", WH_FMT(wh_state_dir(wh_test_host(t))));
	fd = open(path, O_CREAT | O_RDWR, 0600);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(wh_test_open(t, NULL), WH_ESTATE);
	assert_non_null(strstr(wh_test_logged(t, "store_not_opened"), "another server has it open"));
	close(fd);
	assert_int_equal(wh_test_open(t, NULL), WH_OK);
	wh_test_end(&t);
}

static void
a_damaged_database_is_not_written(void **state)
{
	struct client *c = begin(NULL);
	const struct wh_test_answer *answer;
	struct wh_session *admin = wh_test_session(c->t, "root", "admin");
	char path[600], junk[4096];
	int fd;

	(void)state;
	for (int i = 0; i < 400; i++)
		put(c, i, NULL, 1);
	settle(c);
	memset(junk, 0x5a, sizeof junk);
	snprintf(path, sizeof path, "%.*s/whiply.db", WH_FMT(wh_state_dir(wh_test_host(c->t))));
	wh_store_close(&c->table);
	assert_int_equal(wh_test_reload(c->t, "window = \"1ms\";"), WH_OK);
	assert_int_equal(open_schema(c, &schema), WH_OK);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (off_t page = 3; page < 6; page++)
		assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
	close(fd);
	answer = wh_test_call(c->t, admin, "store.check", NULL);
	wh_test_run_jobs(c->t);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"well\":false"));
	assert_non_null(strstr(wh_test_health(c->t, NULL), "the database is damaged"));
	assert_int_equal(put(c, 1000, NULL, 2), WH_EAWAY);
	end(c);
}

static void
the_status_tells_how_it_is(void **state)
{
	struct client *c = begin(NULL);
	struct wh_session *admin = wh_test_session(c->t, "root", "admin"), *ann = wh_test_session(c->t, "ann", "member");

	(void)state;
	assert_int_equal(wh_test_call(c->t, ann, "store.status", NULL)->err, WH_EPERM);
	assert_non_null(strstr(wh_test_call(c->t, admin, "store.status", NULL)->json, "\"state\":\"well\""));
	end(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_with_its_types),
		cmocka_unit_test(all_steps_happen_or_none_does),
		cmocka_unit_test(a_single_step_that_is_not_as_expected_is_undone),
		cmocka_unit_test(a_nonce_makes_a_retry_harmless),
		cmocka_unit_test(writes_gather_in_one_commit_and_stay_in_order),
		cmocka_unit_test(a_wrong_call_harms_no_other_in_its_commit),
		cmocka_unit_test(parameters_are_copied_and_checked),
		cmocka_unit_test(parameters_stand_in_any_order),
		cmocka_unit_test(done_may_ask_again),
		cmocka_unit_test(the_queue_is_bounded),
		cmocka_unit_test(who_closed_is_told_nothing_and_its_writes_happen),
		cmocka_unit_test(run_now_answers_on_the_spot),
		cmocka_unit_test(a_full_database_is_read_only_until_there_is_room),
		cmocka_unit_test(a_database_that_somebody_locks_is_read_only_until_it_is_let_go),
		cmocka_unit_test(a_newer_database_is_refused_with_a_sentence),
		cmocka_unit_test(a_migration_that_fails_changes_nothing),
		cmocka_unit_test(statements_are_checked_when_they_are_declared),
		cmocka_unit_test(a_database_that_was_not_closed_is_checked),
		cmocka_unit_test(a_database_that_another_server_has_is_not_opened),
		cmocka_unit_test(a_damaged_database_is_not_written),
		cmocka_unit_test(the_status_tells_how_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
