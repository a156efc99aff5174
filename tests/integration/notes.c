/* notes: the smallest plugin that keeps something, for tests of the store: numbered notes, put under a nonce and read back. */
#include <whiply/store.h>
#include <whiply/whiply.h>

enum { PUT, COUNT, LIST };

static const struct wh_migration bench_migrations[] = {
	{ .sql = "CREATE TABLE notes_note (id INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, filler BLOB);" },
	{ 0 }
};

static const struct wh_statement bench_statements[] = {
	[PUT] = { "put", "INSERT INTO notes_note (nonce, filler) VALUES ($1, randomblob($2))", "ti", NULL, true },
	[COUNT] = { "count", "SELECT count(*) FROM notes_note", NULL, "i" },
	[LIST] = { "list", "SELECT nonce FROM notes_note WHERE id > $1 ORDER BY id LIMIT 500", "i", "t" },
	{ 0 }
};

static const struct wh_schema bench_schema = { "notes", bench_migrations, bench_statements };

struct bench {
	const struct wh_host *host;
	struct wh_table table;
	struct wh_cell cells[2];
};

static void
bench_done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct bench *bench = self;
	struct wh_call *call = wh_call_find(bench->host, cookie);

	if (call == NULL)
		return;
	if (r->err == WH_OK && r->rows[0].columns != 0) {
		wh_json_array(wh_reply(call), "rows");
		for (size_t i = 0; i < r->rows[0].n; i++) {
			const struct wh_cell *cell = wh_row_cell(&r->rows[0], i, 0);

			if (cell->type == WH_C_INT)
				wh_json_int(wh_reply(call), NULL, cell->i);
			else
				wh_json_str(wh_reply(call), NULL, cell->s);
		}
		wh_json_end(wh_reply(call));
	}
	wh_call_done(call, r->err == WH_OK ? WH_OK : wh_fail(call, r->err, "it was not kept"));
}

static enum wh_err
bench_run(struct bench *bench, struct wh_call *call, unsigned statement, const struct wh_cell *cells, size_t n)
{
	const struct wh_step step = { .statement = statement, .params = cells, .n = n };
	wh_id id = wh_call_hold(call);
	enum wh_err err = wh_store_run(&bench->table, &step, 1, bench_done, id);

	if (err != WH_OK)
		wh_call_done(call, wh_fail(call, err, "not now"));
	return WH_WAIT;
}

static enum wh_err
bench_put(void *self, struct wh_call *call)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_arg_str(call, "nonce")), WH_CELL_INT(wh_arg_int(call, "bytes")) };

	return bench_run(self, call, PUT, cells, 2);
}

static enum wh_err
bench_count(void *self, struct wh_call *call)
{
	return bench_run(self, call, COUNT, NULL, 0);
}

static enum wh_err
bench_list(void *self, struct wh_call *call)
{
	const struct wh_cell cells[] = { WH_CELL_INT(wh_arg_int(call, "after")) };

	return bench_run(self, call, LIST, cells, 1);
}

static enum wh_err
bench_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct bench *bench = wh_new(host, sizeof *bench);
	enum wh_err err;

	(void)conf;
	if (bench == NULL)
		return WH_ENOMEM;
	bench->host = host;
	err = wh_store_open(host, &bench_schema, bench, &bench->table);
	if (err != WH_OK)
		wh_delete(host, bench);
	else
		*self_out = bench;
	return err;
}

static void
bench_close(void *self)
{
	struct bench *bench = self;

	wh_store_close(&bench->table);
	wh_delete(bench->host, bench);
}

static const struct wh_field put_fields[] = {
	{ "nonce", WH_F_NAME, .required = true },
	{ "bytes", WH_F_INT, .min = 0, .max = 60000, .def = "200" },
	{ 0 }
};

static const struct wh_field list_fields[] = {
	{ "after", WH_F_INT, .required = true, .min = 0, .max = 1000000000 },
	{ 0 }
};

static const struct wh_command bench_commands[] = {
	{ "notes.put", put_fields, WH_ALLOW_GUEST, .rate = "100000/s", .run = bench_put, .help = "keep a note" },
	{ "notes.count", NULL, WH_ALLOW_GUEST, .rate = "1000/s", .flags = WH_READS, .run = bench_count, .help = "how many there are" },
	{ "notes.list", list_fields, WH_ALLOW_GUEST, .rate = "1000/s", .flags = WH_READS, .run = bench_list, .help = "their nonces" },
	{ 0 }
};

static const char *const bench_needs[] = { "store", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("notes", "1.0", "notes for tests of the store"),
	.needs = bench_needs,
	.commands = bench_commands,
	.open = bench_open,
	.close = bench_close,
};
