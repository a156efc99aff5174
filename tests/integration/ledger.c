/* ledger: the smallest plugin that keeps something. Tests put notes under a nonce and look which are there; the bench lets it ask the
 * store from within the hub, so that what is measured is the store and no client. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum { PUT, GET, LIST };
enum { LOAD_MOST = 1000000 };

static const struct wh_migration ledger_migrations[] = {
	{ .sql = "CREATE TABLE ledger_note (id INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, filler TEXT);" },
	{ 0 }
};

static const struct wh_statement ledger_statements[] = {
	[PUT] = { "put", "INSERT INTO ledger_note (nonce, filler) VALUES ($1, $2)", "tt", NULL, true },
	[GET] = { "get", "SELECT nonce, filler FROM ledger_note WHERE id = $1", "i", "tt" },
	[LIST] = { "list", "SELECT id, nonce FROM ledger_note WHERE id > $1 ORDER BY id LIMIT 1000", "i", "it" },
	{ 0 }
};

static const struct wh_schema ledger_schema = { "ledger", ledger_migrations, ledger_statements };

/* One kind of call of a load: when each was asked, then how long it took. */
struct lane {
	int64_t *us;
	size_t asked, answered, failed;
	int64_t rate;		/* a second; 0: as many as `at_once` allows */
};

struct ledger {
	const struct wh_host *host;
	struct wh_table table;
	/* The load that runs, one at a time. */
	wh_id call, tick;
	struct lane writes, reads;
	size_t in_all, at_once;
	int64_t began_us, salt;
};

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
ledger_done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct ledger *l = self;
	struct wh_call *call = wh_call_find(l->host, cookie);
	enum wh_err err = r->err;

	if (call == NULL)
		return;
	if (err == WH_OK && r->rows[0].columns != 0) {
		wh_json_array(wh_reply(call), "nonces");
		for (size_t i = 0; i < r->rows[0].n; i++)
			wh_json_str(wh_reply(call), NULL, wh_row_str(&r->rows[0], i, 1));
		wh_json_end(wh_reply(call));
		if (r->rows[0].n != 0)
			wh_json_int(wh_reply(call), "last", wh_row_int(&r->rows[0], r->rows[0].n - 1, 0));
	}
	wh_call_done(call, err == WH_OK ? WH_OK : wh_fail(call, err, err == WH_EEXIST ? "it is there already" : "it was not kept"));
}

static enum wh_err
ledger_ask(struct ledger *l, struct wh_call *call, const struct wh_step *step)
{
	enum wh_err err = wh_store_run(&l->table, step, 1, ledger_done, wh_call_hold(call));

	if (err != WH_OK)
		wh_call_done(call, wh_fail(call, err, "not now"));
	return WH_WAIT;
}

static enum wh_err
ledger_put(void *self, struct wh_call *call)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_arg_str(call, "nonce")), WH_CELL_TEXT(wh_arg_str(call, "filler")) };

	return ledger_ask(self, call, &(struct wh_step){ PUT, cells, 2, WH_ONE });
}

static enum wh_err
ledger_list(void *self, struct wh_call *call)
{
	return ledger_ask(self, call, &(struct wh_step){ LIST, &WH_CELL_INT(wh_arg_int(call, "after")), 1, WH_ANY });
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
	if (lane->answered != 0) {
		qsort(lane->us, lane->answered, sizeof *lane->us, by_size);
		for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
			char name[16];

			snprintf(name, sizeof name, "p%d_us", parts[i]);
			wh_json_int(w, name, lane->us[(lane->answered - 1) * (size_t)parts[i] / 100]);
		}
	}
	wh_json_end(w);
	free(lane->us);
	*lane = (struct lane){ NULL };
}

static void
load_end(struct ledger *l)
{
	struct wh_call *call = wh_call_find(l->host, l->call);

	wh_timer_stop(l->host, l->tick);
	l->tick = 0;
	if (call == NULL) {
		free(l->writes.us);
		free(l->reads.us);
		l->writes = l->reads = (struct lane){ NULL };
	} else {
		wh_json_int(wh_reply(call), "us", now_us() - l->began_us);
		lane_tell(wh_reply(call), "writes", &l->writes);
		lane_tell(wh_reply(call), "reads", &l->reads);
		wh_call_done(call, WH_OK);
	}
	l->call = 0;
}

static void load_more(struct ledger *l);

/* The cookie is when it was asked, and in the lowest bit what. */
static void
load_done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct ledger *l = self;
	struct lane *lane = (cookie & 1) != 0 ? &l->writes : &l->reads;

	if (l->call == 0)
		return;
	lane->failed += r->err != WH_OK;
	lane->us[lane->answered++] = now_us() - (int64_t)(cookie >> 1);
	if (l->tick == 0)
		load_more(l);
	if (l->writes.answered + l->reads.answered == l->in_all)
		load_end(l);
}

static bool
load_ask(struct ledger *l, struct lane *lane)
{
	bool write = lane == &l->writes;
	char nonce[64];
	const uint64_t cookie = (uint64_t)now_us() << 1 | write;
	struct wh_cell cells[2] = { WH_CELL_INT((int64_t)(lane->asked * 7919 % 1000) + 1), WH_CELL_TEXT(WH_STR("one line that somebody has said in a room, as long as most are")) };

	if (write) {
		snprintf(nonce, sizeof nonce, "%llx-%zx", (unsigned long long)l->salt, lane->asked);
		cells[0] = WH_CELL_TEXT(wh_str(nonce));
	}
	lane->asked++;
	if (wh_store_run(&l->table, &(struct wh_step){ write ? PUT : GET, cells, write ? 2 : 1, WH_ANY }, 1, load_done, cookie) == WH_OK)
		return true;
	lane->failed++;
	l->in_all--;
	return false;
}

static void
load_more(struct ledger *l)
{
	while (l->writes.asked < l->in_all && l->writes.asked - l->writes.answered < l->at_once)
		if (!load_ask(l, &l->writes))
			return;
}

static void
load_lane_due(struct ledger *l, struct lane *lane, int64_t elapsed, size_t most)
{
	size_t due = (size_t)(lane->rate * elapsed / 1000000);

	for (due = due < most ? due : most; lane->asked < due;)
		load_ask(l, lane);
}

static void
load_tick(void *self, uint64_t seconds)
{
	struct ledger *l = self;
	int64_t elapsed = now_us() - l->began_us;

	load_lane_due(l, &l->writes, elapsed, (size_t)l->writes.rate * seconds);
	load_lane_due(l, &l->reads, elapsed, (size_t)l->reads.rate * seconds);
}

static enum wh_err
load_begin(struct ledger *l, struct wh_call *call, size_t writes, size_t reads)
{
	if (l->call != 0)
		return wh_fail(call, WH_ESTATE, "one load at a time");
	if (writes + reads == 0 || writes > LOAD_MOST || reads > LOAD_MOST)
		return wh_fail(call, WH_EINVAL, "too much, or nothing");
	l->writes.us = calloc(writes + 1, sizeof *l->writes.us);
	l->reads.us = calloc(reads + 1, sizeof *l->reads.us);
	l->in_all = writes + reads;
	l->call = wh_call_hold(call);
	l->began_us = l->salt = now_us();
	return WH_WAIT;
}

/* So many a second, whether or not the store keeps up. */
static enum wh_err
ledger_pace(void *self, struct wh_call *call)
{
	struct ledger *l = self;
	int64_t writes = wh_arg_int(call, "writes"), reads = wh_arg_int(call, "reads"), seconds = wh_arg_int(call, "seconds");
	enum wh_err err = load_begin(l, call, (size_t)(writes * seconds), (size_t)(reads * seconds));

	if (err != WH_WAIT)
		return err;
	l->writes.rate = writes;
	l->reads.rate = reads;
	l->tick = wh_timer_start(l->host, 1, 1, load_tick, (uint64_t)seconds);
	return WH_WAIT;
}

/* As many as the store can do, with so many under way. */
static enum wh_err
ledger_crowd(void *self, struct wh_call *call)
{
	struct ledger *l = self;
	size_t at_once = (size_t)wh_arg_int(call, "at_once");
	enum wh_err err = load_begin(l, call, (size_t)wh_arg_int(call, "writes"), 0);

	if (err != WH_WAIT)
		return err;
	l->at_once = at_once;
	load_more(l);
	return WH_WAIT;
}

static enum wh_err
ledger_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct ledger *l = wh_new(host, sizeof *l);
	enum wh_err err;

	(void)conf;
	if (l == NULL)
		return WH_ENOMEM;
	l->host = host;
	err = wh_store_open(host, &ledger_schema, l, &l->table);
	if (err != WH_OK)
		wh_delete(host, l);
	else
		*self_out = l;
	return err;
}

static void
ledger_close(void *self)
{
	struct ledger *l = self;

	wh_store_close(&l->table);
	wh_timer_stop(l->host, l->tick);
	free(l->writes.us);
	free(l->reads.us);
	wh_delete(l->host, l);
}

static const struct wh_field put_fields[] = {
	{ "nonce", WH_F_NAME, .required = true, .help = "what makes it this note" },
	{ "filler", WH_F_TEXT, .min = 0, .max = 60000, .def = "", .help = "what makes it long" },
	{ 0 }
};

static const struct wh_field list_fields[] = {
	{ "after", WH_F_INT, .min = 0, .max = INT64_C(1) << 50, .def = "0", .help = "the last one's number" },
	{ 0 }
};

static const struct wh_field pace_fields[] = {
	{ "writes", WH_F_INT, .min = 0, .max = 100000, .def = "0", .help = "a second" },
	{ "reads", WH_F_INT, .min = 0, .max = 100000, .def = "0", .help = "a second" },
	{ "seconds", WH_F_INT, .min = 1, .max = 20, .def = "5", .help = "how long" },
	{ 0 }
};

static const struct wh_field crowd_fields[] = {
	{ "writes", WH_F_INT, .min = 1, .max = LOAD_MOST, .def = "100000", .help = "in all" },
	{ "at_once", WH_F_INT, .min = 1, .max = 10000, .def = "2000", .help = "under way" },
	{ 0 }
};

static const struct wh_command ledger_commands[] = {
	{ "ledger.put", put_fields, WH_ALLOW_GUEST, .rate = "100000/s", .run = ledger_put, .help = "keep a note" },
	{ "ledger.list", list_fields, WH_ALLOW_GUEST, .rate = "100000/s", .flags = WH_READS, .run = ledger_list, .help = "which are there" },
	{ "ledger.pace", pace_fields, WH_ALLOW_ADMIN, .run = ledger_pace, .help = "ask so often" },
	{ "ledger.crowd", crowd_fields, WH_ALLOW_ADMIN, .run = ledger_crowd, .help = "ask as often as can be" },
	{ 0 }
};

static const char *const ledger_needs[] = { "store", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("ledger", "1.0", "notes, for tests of the store"),
	.needs = ledger_needs,
	.commands = ledger_commands,
	.open = ledger_open,
	.close = ledger_close,
};
