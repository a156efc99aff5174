/* A plugin for the tests and the yardstick: it writes to the store and reads from it as clients ask. A `put` writes two tables in one
 * call, so that half a call would be seen, and is harmless to try again: the key is the nonce. Compiled by test_store.py and bench.py;
 * never installed. */
#include <time.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum { PUT, TALLY, FIND, COUNT, ADD };

enum { MANY = 20000 };	/* the store's queue, as it is set by default */

static const struct wh_migration storebench_migrations[] = {
	{ .sql = "CREATE TABLE storebench_note (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, attempt BIGINT NOT NULL);"
		 "CREATE TABLE storebench_tally (id INTEGER PRIMARY KEY, n BIGINT NOT NULL);"
		 "INSERT INTO storebench_tally VALUES (1, 0);" },
	{ .sql = "CREATE TABLE storebench_row (id INTEGER PRIMARY KEY, n BIGINT NOT NULL, text TEXT NOT NULL);" },
	{ 0 }
};

static const struct wh_statement storebench_statements[] = {
	[PUT] = { "put", "INSERT INTO storebench_note (key, attempt) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING id", "ti", "i", true },
	/* Only if the row is of this attempt: the tally then is the number of rows, whatever was tried twice. */
	[TALLY] = { "tally", "UPDATE storebench_tally SET n = n + 1 WHERE id = 1 AND EXISTS "
		"(SELECT 1 FROM storebench_note WHERE key = $1 AND attempt = $2)", "ti", NULL, true },
	[FIND] = { "find", "SELECT id FROM storebench_note WHERE key = $1", "t", "i" },
	[COUNT] = { "count", "SELECT (SELECT count(*) FROM storebench_note), (SELECT n FROM storebench_tally), (SELECT count(*) FROM storebench_row)", NULL, "iii" },
	[ADD] = { "add", "INSERT INTO storebench_row (n, text) VALUES ($1, $2)", "it", NULL, true },
	{ 0 }
};

static const struct wh_schema storebench_schema = { "storebench", storebench_migrations, storebench_statements };

struct storebench {
	const struct wh_host *host;
	struct wh_table table;
	wh_id many;		/* the held call of storebench.many */
	int64_t left, failed;	/* of its writes */
	int64_t began_us;
};

static int64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Says to the client what the store said. */
static enum wh_err
storebench_no(struct wh_call *call, enum wh_err err)
{
	switch (err) {
	case WH_EAWAY:
		return wh_fail_str(call, err, WH_STR("nothing can be written for now; try again"), 1000);
	case WH_EFULL:
		return wh_fail_str(call, err, WH_STR("too much is being written; try again"), 100);
	default:
		return wh_fail(call, err, "the store failed");
	}
}

/* The last step of each call gives what is answered: a row of integers. */
static void
storebench_done(void *self, uint64_t cookie, const struct wh_result *result)
{
	static const char *const names[] = { "id", "tally", "rows" };
	struct storebench *bench = self;
	struct wh_call *call = wh_call_find(bench->host, cookie);
	const struct wh_rows *rows;

	if (call == NULL)
		return;
	if (result->err != WH_OK) {
		wh_call_done(call, storebench_no(call, result->err));
		return;
	}
	rows = &result->rows[result->n - 1];
	if (rows->n == 0) {
		wh_call_done(call, wh_fail(call, WH_ENOENT, "there is no such key"));
		return;
	}
	for (size_t i = 0; i < rows->columns; i++)
		wh_json_int(wh_reply(call), i == 0 && rows->columns > 1 ? "n" : names[i], wh_row_int(rows, 0, i));
	wh_call_done(call, WH_OK);
}

static enum wh_err
storebench_run(struct storebench *bench, struct wh_call *call, const struct wh_step *steps, size_t n)
{
	wh_id held = wh_call_hold(call);
	enum wh_err err = wh_store_run(&bench->table, steps, n, storebench_done, held);

	if (err != WH_OK)
		wh_call_done(call, storebench_no(call, err));
	return WH_WAIT;
}

static enum wh_err
storebench_put(void *self, struct wh_call *call)
{
	struct storebench *bench = self;
	struct wh_cell cells[2] = { WH_CELL_TEXT(wh_arg_str(call, "key")), WH_CELL_INT(0) };
	const struct wh_step steps[] = { { PUT, cells, 2, WH_ANY }, { TALLY, cells, 2, WH_ANY }, { FIND, cells, 1, WH_ONE } };

	wh_random(bench->host, &cells[1].i, sizeof cells[1].i);
	return storebench_run(bench, call, steps, 3);
}

static enum wh_err
storebench_get(void *self, struct wh_call *call)
{
	struct storebench *bench = self;
	const struct wh_cell key = WH_CELL_TEXT(wh_arg_str(call, "key"));

	return storebench_run(bench, call, &(struct wh_step){ FIND, &key, 1, WH_ANY }, 1);
}

static enum wh_err
storebench_count(void *self, struct wh_call *call)
{
	struct storebench *bench = self;

	return storebench_run(bench, call, &(struct wh_step){ .statement = COUNT }, 1);
}

static void
storebench_added(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct storebench *bench = self;
	struct wh_call *call;

	(void)cookie;
	bench->failed += result->err != WH_OK;
	if (--bench->left != 0)
		return;
	call = wh_call_find(bench->host, bench->many);
	bench->many = 0;
	if (call == NULL)
		return;
	wh_json_int(wh_reply(call), "us", clock_us() - bench->began_us);
	wh_json_int(wh_reply(call), "failed", bench->failed);
	wh_call_done(call, WH_OK);
}

static enum wh_err
storebench_many(void *self, struct wh_call *call)
{
	struct storebench *bench = self;
	int64_t n = wh_arg_int(call, "n");

	if (bench->left != 0)
		return wh_fail(call, WH_EAWAY, "the ones before are not yet written");
	bench->many = wh_call_hold(call);
	bench->failed = 0;
	bench->began_us = clock_us();
	for (int64_t i = 0; i < n; i++) {
		const struct wh_cell cells[] = { WH_CELL_INT(i), WH_CELL_TEXT(WH_STR("what somebody said in a room, some words long, as people do")) };

		if (wh_store_run(&bench->table, &(struct wh_step){ ADD, cells, 2, WH_ANY }, 1, storebench_added, 0) == WH_OK)
			bench->left++;
		else
			bench->failed++;
	}
	if (bench->left == 0)
		wh_call_done(call, storebench_no(call, WH_EAWAY));
	return WH_WAIT;
}

static enum wh_err
storebench_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct storebench *bench = wh_new(host, sizeof *bench);
	enum wh_err err;

	(void)conf;
	if (bench == NULL)
		return WH_ENOMEM;
	bench->host = host;
	err = wh_store_open(host, &storebench_schema, bench, &bench->table);
	if (err != WH_OK) {
		wh_delete(host, bench);
		return err;
	}
	*self_out = bench;
	return WH_OK;
}

static void
storebench_close(void *self)
{
	struct storebench *bench = self;

	wh_store_close(&bench->table);
	wh_delete(bench->host, bench);
}

static const struct wh_field storebench_key[] = {
	{ "key", WH_F_TEXT, .required = true, .min = 1, .max = 100, .help = "unique: the same key is written once" },
	{ 0 }
};

static const struct wh_field storebench_n[] = {
	{ "n", WH_F_INT, .required = true, .min = 1, .max = MANY, .help = "how many" },
	{ 0 }
};

static const struct wh_command storebench_commands[] = {
	{ "storebench.put", storebench_key, WH_ALLOW_GUEST, .run = storebench_put, .help = "write a key" },
	{ "storebench.get", storebench_key, WH_ALLOW_GUEST, .flags = WH_READS, .run = storebench_get, .help = "read a key" },
	{ "storebench.count", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = storebench_count, .help = "how many were written" },
	{ "storebench.many", storebench_n, WH_ALLOW_GUEST, .run = storebench_many, .help = "many writes at once, and how long they took" },
	{ 0 }
};

static const char *const storebench_needs[] = { "store", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("storebench", "1.0", "writes to the store and reads from it"),
	.needs = storebench_needs,
	.commands = storebench_commands,
	.open = storebench_open,
	.close = storebench_close,
};
