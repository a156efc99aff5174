/* storebench: the plugin with which tests and the yardstick ask the store. Compiled by them, never installed. A `put` writes two tables
 * in one call, so that half a call would be seen, and is harmless to try again: what it writes is known by its key. `pace` and `crowd`
 * ask from within the hub, so that what they measure is the store and no client. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum { PUT, TALLY, FIND, COUNT, LIST, ADD, GET };
enum { LOAD_MOST = 1000000, LIST_MOST = 500, FILLER_MOST = 4096, POINTS = 1000 };

static const struct wh_migration storebench_migrations[] = {
	{ .sql = "CREATE TABLE storebench_note (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, attempt BIGINT NOT NULL, filler BLOB NOT NULL);"
		 "CREATE TABLE storebench_tally (id INTEGER PRIMARY KEY, n BIGINT NOT NULL);"
		 "INSERT INTO storebench_tally VALUES (1, 0);" },
	{ .sql = "CREATE TABLE storebench_row (id INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, text TEXT NOT NULL);" },
	{ 0 }
};

static const struct wh_statement storebench_statements[] = {
	[PUT] = { "put", "INSERT INTO storebench_note (key, attempt, filler) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING RETURNING id",
		"tib", .gives = "i", .writes = true },
	/* Only if the row is of this attempt: the tally then is the number of rows, whatever was tried twice. */
	[TALLY] = { "tally", "UPDATE storebench_tally SET n = n + 1 WHERE id = 1 AND EXISTS "
		"(SELECT 1 FROM storebench_note WHERE key = $1 AND attempt = $2)", "ti", .writes = true },
	[FIND] = { "find", "SELECT id FROM storebench_note WHERE key = $1", "t", .gives = "i" },
	[COUNT] = { "count", "SELECT (SELECT count(*) FROM storebench_note), (SELECT n FROM storebench_tally)", .gives = "ii" },
	[LIST] = { "list", "SELECT id, key FROM storebench_note WHERE id > $1 ORDER BY id LIMIT 500", "i", .gives = "it" },
	[ADD] = { "add", "INSERT INTO storebench_row (nonce, text) VALUES ($1, $2)", "tt", .writes = true },
	[GET] = { "get", "SELECT nonce, text FROM storebench_row WHERE id = $1", "i", .gives = "tt" },
	{ 0 }
};

static const struct wh_schema storebench_schema = { "storebench", storebench_migrations, storebench_statements };

/* One kind of call of a load. */
struct lane {
	int64_t *us;		/* owned: how long each took that was answered */
	int64_t *late_us;	/* owned: how long after it was due each was asked; the hub was held up */
	size_t in_all, asked, answered;
	size_t failed;		/* of the answered, and those that were refused at once */
	size_t refused;
	int64_t rate;		/* a second; 0: as many as `at_once` allows */
};

struct storebench {
	const struct wh_host *host;
	struct wh_table table;
	/* The load that runs, one at a time. */
	wh_id load, tick;
	struct lane writes, reads;
	size_t at_once;
	int64_t began_us;
	char filler[FILLER_MOST];
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

/* The call that was held, if its client is still there and all went well; else it is answered. */
static struct wh_call *
storebench_answered(struct storebench *bench, uint64_t cookie, const struct wh_result *result)
{
	struct wh_call *call = wh_call_find(bench->host, cookie);

	if (call == NULL || result->err == WH_OK)
		return call;
	wh_call_done(call, storebench_no(call, result->err));
	return NULL;
}

/* The last step of each call gives what is answered: a row of integers. */
static void
storebench_done(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct wh_call *call = storebench_answered(self, cookie, result);
	const struct wh_rows *rows;

	if (call == NULL)
		return;
	rows = &result->rows[result->n - 1];
	if (rows->n == 0) {
		wh_call_done(call, wh_fail(call, WH_ENOENT, "there is no such key"));
		return;
	}
	wh_json_int(wh_reply(call), rows->columns == 1 ? "id" : "n", wh_row_int(rows, 0, 0));
	if (rows->columns == 2)
		wh_json_int(wh_reply(call), "tally", wh_row_int(rows, 0, 1));
	wh_call_done(call, WH_OK);
}

static void
storebench_listed(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct wh_call *call = storebench_answered(self, cookie, result);
	const struct wh_rows *rows = result->rows;

	if (call == NULL)
		return;
	wh_json_array(wh_reply(call), "keys");
	for (size_t i = 0; i < rows->n; i++)
		wh_json_str(wh_reply(call), NULL, wh_row_str(rows, i, 1));
	wh_json_end(wh_reply(call));
	/* Where to go on; none: that was all. */
	if (rows->n == LIST_MOST)
		wh_json_int(wh_reply(call), "next", wh_row_int(rows, rows->n - 1, 0));
	wh_call_done(call, WH_OK);
}

static enum wh_err
storebench_run(struct storebench *bench, struct wh_call *call, const struct wh_step *steps, size_t n, wh_store_done *done)
{
	wh_id held = wh_call_hold(call);
	enum wh_err err = wh_store_run(&bench->table, steps, n, done, held);

	if (err != WH_OK)
		wh_call_done(call, storebench_no(call, err));
	return WH_WAIT;
}

static enum wh_err
storebench_put(void *self, struct wh_call *call)
{
	struct storebench *bench = self;
	const struct wh_str filler = { bench->filler, (size_t)wh_arg_int(call, "bytes") };
	struct wh_cell cells[3] = { WH_CELL_TEXT(wh_arg_str(call, "key")), WH_CELL_INT(0), WH_CELL_BYTES(filler) };
	const struct wh_step steps[] = { { PUT, cells, 3, WH_ANY }, { TALLY, cells, 2, WH_ANY }, { FIND, cells, 1, WH_ONE } };

	wh_random(bench->host, &cells[1].i, sizeof cells[1].i);
	return storebench_run(bench, call, steps, 3, storebench_done);
}

static enum wh_err
storebench_get(void *self, struct wh_call *call)
{
	return storebench_run(self, call, &(struct wh_step){ FIND, &WH_CELL_TEXT(wh_arg_str(call, "key")), 1, WH_ANY }, 1, storebench_done);
}

static enum wh_err
storebench_count(void *self, struct wh_call *call)
{
	return storebench_run(self, call, &(struct wh_step){ .statement = COUNT }, 1, storebench_done);
}

static enum wh_err
storebench_list(void *self, struct wh_call *call)
{
	return storebench_run(self, call, &(struct wh_step){ LIST, &WH_CELL_INT(wh_arg_int(call, "after")), 1, WH_ANY }, 1, storebench_listed);
}

/* The load */

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
lane_tell(struct wh_json *w, const char *key, struct lane *lane)
{
	static const int parts[] = { 50, 95, 99, 100 };

	wh_json_object(w, key);
	wh_json_uint(w, "done", lane->answered);
	wh_json_uint(w, "failed", lane->failed);
	if (lane->asked != 0) {
		qsort(lane->late_us, lane->asked, sizeof *lane->late_us, by_size);
		wh_json_int(w, "late_p95_us", lane->late_us[(lane->asked - 1) * 95 / 100]);
	}
	if (lane->answered != 0)
		qsort(lane->us, lane->answered, sizeof *lane->us, by_size);
	for (size_t i = 0; lane->answered != 0 && i < sizeof parts / sizeof parts[0]; i++) {
		char name[16];

		snprintf(name, sizeof name, "p%d_us", parts[i]);
		wh_json_int(w, name, lane->us[(lane->answered - 1) * (size_t)parts[i] / 100]);
	}
	wh_json_end(w);
}

static bool
lane_over(const struct lane *lane)
{
	return lane->asked == lane->in_all && lane->answered + lane->refused == lane->asked;
}

static bool
lane_make(struct lane *lane, int64_t n)
{
	*lane = (struct lane){ .us = calloc((size_t)n + 1, sizeof(int64_t)), .late_us = calloc((size_t)n + 1, sizeof(int64_t)), .in_all = (size_t)n };
	return lane->us != NULL && lane->late_us != NULL;
}

static void
lane_free(struct lane *lane)
{
	free(lane->us);
	free(lane->late_us);
	*lane = (struct lane){ .us = NULL };
}

static void
load_free(struct storebench *bench)
{
	wh_timer_stop(bench->host, bench->tick);
	lane_free(&bench->writes);
	lane_free(&bench->reads);
	bench->load = bench->tick = 0;
}

static void
load_end_if_over(struct storebench *bench)
{
	struct wh_call *call;

	if (bench->load == 0 || !lane_over(&bench->writes) || !lane_over(&bench->reads))
		return;
	call = wh_call_find(bench->host, bench->load);
	if (call != NULL) {
		wh_json_int(wh_reply(call), "us", clock_us() - bench->began_us);
		lane_tell(wh_reply(call), "writes", &bench->writes);
		lane_tell(wh_reply(call), "reads", &bench->reads);
		wh_call_done(call, WH_OK);
	}
	load_free(bench);
}

static void load_crowd(struct storebench *bench);

/* The cookie is when it was asked, and in the lowest bit what. */
static void
load_done(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct storebench *bench = self;
	struct lane *lane = (cookie & 1) != 0 ? &bench->writes : &bench->reads;

	lane->failed += result->err != WH_OK;
	lane->us[lane->answered++] = clock_us() - (int64_t)(cookie >> 1);
	load_crowd(bench);
	load_end_if_over(bench);
}

static bool
load_ask(struct storebench *bench, struct lane *lane, int64_t due_us)
{
	const struct wh_str said = WH_STR("one line that somebody has said in a room, as long as most are");
	const bool write = lane == &bench->writes;
	const int64_t now_us = clock_us();
	const uint64_t cookie = (uint64_t)now_us << 1 | write;
	const struct wh_cell point = WH_CELL_INT((int64_t)(lane->asked * 7919 % POINTS) + 1);
	struct wh_cell row[2] = { WH_CELL_NULL, WH_CELL_TEXT(said) };
	enum wh_err err;
	char nonce[64];

	snprintf(nonce, sizeof nonce, "%llx-%zx", (unsigned long long)bench->began_us, lane->asked);
	lane->late_us[lane->asked++] = due_us != 0 ? now_us - due_us : 0;
	row[0] = WH_CELL_TEXT(wh_str(nonce));
	err = wh_store_run(&bench->table, write ? &(struct wh_step){ ADD, row, 2, WH_ANY } : &(struct wh_step){ GET, &point, 1, WH_ONE }, 1, load_done, cookie);
	lane->refused += err != WH_OK;
	lane->failed += err != WH_OK;
	return err == WH_OK;
}

static void
load_crowd(struct storebench *bench)
{
	struct lane *lane = &bench->writes;

	while (bench->at_once != 0 && lane->asked < lane->in_all && lane->asked - lane->answered - lane->refused < bench->at_once)
		if (!load_ask(bench, lane, 0))
			return;
}

static void
load_due(struct storebench *bench, struct lane *lane, int64_t elapsed)
{
	for (size_t due = (size_t)(lane->rate * elapsed / 1000000); lane->asked < due && lane->asked < lane->in_all;)
		load_ask(bench, lane, bench->began_us + (int64_t)(lane->asked + 1) * 1000000 / lane->rate);
}

static void
load_tick(void *self, uint64_t cookie)
{
	struct storebench *bench = self;
	int64_t elapsed = clock_us() - bench->began_us;

	(void)cookie;
	load_due(bench, &bench->writes, elapsed);
	load_due(bench, &bench->reads, elapsed);
	load_end_if_over(bench);
}

static enum wh_err
load_begin(struct storebench *bench, struct wh_call *call, int64_t writes, int64_t reads)
{
	if (bench->load != 0)
		return wh_fail(call, WH_ESTATE, "one load at a time");
	if (writes + reads == 0 || writes > LOAD_MOST || reads > LOAD_MOST)
		return wh_fail(call, WH_EINVAL, "too much, or nothing");
	bench->at_once = 0;
	if (!lane_make(&bench->writes, writes) || !lane_make(&bench->reads, reads)) {
		load_free(bench);
		return WH_ENOMEM;
	}
	bench->load = wh_call_hold(call);
	bench->began_us = clock_us();
	return WH_WAIT;
}

/* So many a second, whether or not the store keeps up. */
static enum wh_err
storebench_pace(void *self, struct wh_call *call)
{
	struct storebench *bench = self;
	int64_t writes = wh_arg_int(call, "writes"), reads = wh_arg_int(call, "reads"), seconds = wh_arg_int(call, "seconds");
	enum wh_err err = load_begin(bench, call, writes * seconds, reads * seconds);

	if (err != WH_WAIT)
		return err;
	bench->writes.rate = writes;
	bench->reads.rate = reads;
	bench->tick = wh_timer_start(bench->host, 1, 1, load_tick, 0);
	return WH_WAIT;
}

/* As many as the store can do, with so many under way. */
static enum wh_err
storebench_crowd(void *self, struct wh_call *call)
{
	struct storebench *bench = self;
	enum wh_err err = load_begin(bench, call, wh_arg_int(call, "writes"), 0);

	if (err != WH_WAIT)
		return err;
	bench->at_once = (size_t)wh_arg_int(call, "at_once");
	load_crowd(bench);
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
	wh_random(host, bench->filler, sizeof bench->filler);
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
	load_free(bench);
	wh_delete(bench->host, bench);
}

static const struct wh_field put_fields[] = {
	{ "key", WH_F_TEXT, .required = true, .min = 1, .max = 100, .help = "unique: the same key is written once" },
	{ "bytes", WH_F_INT, .min = 0, .max = FILLER_MOST, .def = "0", .help = "what makes it long" },
	{ 0 }
};

static const struct wh_field get_fields[] = {
	{ "key", WH_F_TEXT, .required = true, .min = 1, .max = 100, .help = "which" },
	{ 0 }
};

static const struct wh_field list_fields[] = {
	{ "after", WH_F_INT, .min = 0, .max = INT64_C(1) << 50, .def = "0", .help = "what the page before gave as `next`" },
	{ 0 }
};

static const struct wh_field pace_fields[] = {
	{ "writes", WH_F_INT, .min = 0, .max = 50000, .def = "0", .help = "a second" },
	{ "reads", WH_F_INT, .min = 0, .max = 50000, .def = "0", .help = "a second" },
	{ "seconds", WH_F_INT, .min = 1, .max = 20, .def = "5", .help = "how long" },
	{ 0 }
};

static const struct wh_field crowd_fields[] = {
	{ "writes", WH_F_INT, .min = 1, .max = LOAD_MOST, .def = "100000", .help = "in all" },
	{ "at_once", WH_F_INT, .min = 1, .max = 10000, .def = "2000", .help = "under way" },
	{ 0 }
};

static const struct wh_command storebench_commands[] = {
	{ "storebench.put", put_fields, WH_ALLOW_GUEST, .rate = "100000/s", .run = storebench_put, .help = "write a key" },
	{ "storebench.get", get_fields, WH_ALLOW_GUEST, .rate = "100000/s", .flags = WH_READS, .run = storebench_get, .help = "read a key" },
	{ "storebench.count", NULL, WH_ALLOW_GUEST, .rate = "100000/s", .flags = WH_READS, .run = storebench_count, .help = "how many were written" },
	{ "storebench.list", list_fields, WH_ALLOW_GUEST, .rate = "100000/s", .flags = WH_READS, .run = storebench_list, .help = "which were written" },
	{ "storebench.pace", pace_fields, WH_ALLOW_ADMIN, .run = storebench_pace, .help = "ask so often, and say how long each took" },
	{ "storebench.crowd", crowd_fields, WH_ALLOW_ADMIN, .run = storebench_crowd, .help = "ask as often as can be, likewise" },
	{ 0 }
};

static const char *const storebench_needs[] = { "store", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("storebench", "1.0", "asks the store, for tests"),
	.needs = storebench_needs,
	.commands = storebench_commands,
	.open = storebench_open,
	.close = storebench_close,
};
