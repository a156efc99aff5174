/* What commands made of filters and lists, kept in the store. See filters_own.h. Nothing is read but at the plugin's open. */
#include "filters_own.h"

enum { Q_SET, Q_UNSET, Q_SETS, Q_LIST, Q_LIST_DROP, Q_LIST_CLEAR, Q_LISTS, Q_ADD, Q_REMOVE, Q_ENTRIES, Q_MOVE_OFF, Q_MOVE, PAGE = 5000 };

/* Where the reading of entries stands. */
struct reading {
	struct filters *f;
	enum wh_err err;
	size_t n;
	char list[FILTER_NAME + 1], entry[FILTER_ENTRY];
	size_t entry_n;
};

static void
read_sets(struct filters *f, const struct wh_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		enum filter filter = filter_find(wh_row_str(rows, i, 1));
		const struct filter_set set = { .mode = (enum filter_mode)wh_row_int(rows, i, 2), .exempt = (enum wh_judge_trust)wh_row_int(rows, i, 3),
			.actions = (uint32_t)wh_row_int(rows, i, 4), .limit = wh_row_int(rows, i, 5), .also = wh_row_int(rows, i, 6),
			.within_ms = wh_row_int(rows, i, 7), .time_ms = wh_row_int(rows, i, 8) };

		if (filter != FILTERS && set.mode <= FILTER_LIVE && set.exempt <= WH_TRUST_MODERATOR)
			(void)filters_set(f, filter, wh_row_str(rows, i, 0), &set);
	}
}

static void
read_lists(struct filters *f, const struct wh_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		enum wh_err err = filters_list_set(f, wh_row_str(rows, i, 0), (enum filter_list_kind)wh_row_int(rows, i, 1), (uint32_t)wh_row_int(rows, i, 2));

		if (err != WH_OK)
			wh_host_log(f->host, WH_WARN, "filter_list_left_out", WH_S("list", wh_row_str(rows, i, 0)),
			    WH_T("why", err == WH_EPERM ? "the config has a list of this name" : "there are too many lists"));
	}
}

static void
sets_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct reading *reading = (struct reading *)(uintptr_t)cookie;

	(void)self;
	reading->err = result->err;
	if (result->err != WH_OK)
		return;
	read_sets(reading->f, &result->rows[0]);
	read_lists(reading->f, &result->rows[1]);
}

static void
entries_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct reading *reading = (struct reading *)(uintptr_t)cookie;
	const struct wh_rows *rows = result->rows;

	(void)self;
	reading->err = result->err;
	reading->n = 0;
	if (result->err != WH_OK)
		return;
	reading->n = rows->n;
	for (size_t i = 0; i < rows->n; i++) {
		struct wh_str name = wh_row_str(rows, i, 0), entry = wh_row_str(rows, i, 1);
		struct filter_list *l = filter_list_named(reading->f, name);

		if (l != NULL && !l->from_config)
			(void)filter_list_put(reading->f, l, entry, NULL, 0);
		if (i + 1 < rows->n || name.n > FILTER_NAME || entry.n > FILTER_ENTRY)
			continue;
		memcpy(reading->list, name.p, name.n);
		reading->list[name.n] = '\0';
		memcpy(reading->entry, entry.p, entry.n);
		reading->entry_n = entry.n;
	}
}

enum wh_err
filters_keep(struct filters *f, const struct wh_table *table, unsigned first)
{
	struct reading reading = { .f = f };
	const struct wh_step steps[] = { { .statement = first + Q_SETS }, { .statement = first + Q_LISTS } };
	uint64_t cookie = (uint64_t)(uintptr_t)&reading;
	enum wh_err err = wh_store_run_now(table, steps, 2, sets_read, cookie);

	if (err == WH_OK)
		err = reading.err;
	do {
		const struct wh_cell params[] = { WH_CELL_TEXT(wh_str(reading.list)), WH_CELL_TEXT(((struct wh_str){ reading.entry, reading.entry_n })) };
		const struct wh_step step = { .statement = first + Q_ENTRIES, .params = params, .n = 2 };

		if (err == WH_OK)
			err = wh_store_run_now(table, &step, 1, entries_read, cookie);
		if (err == WH_OK)
			err = reading.err;
	} while (err == WH_OK && reading.n == PAGE);
	f->table = *table;
	f->first = first;
	filter_lists_build(f, true);
	return err;
}

void
filters_move(struct filters *f, struct wh_str from, struct wh_str to)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(from), WH_CELL_TEXT(to) };
	const struct wh_step steps[] = { { .statement = f->first + Q_MOVE_OFF, .params = cells, .n = 2 }, { .statement = f->first + Q_MOVE, .params = cells, .n = 2 } };

	filter_room_move(f, from, to);
	if (f->table.ops != NULL && wh_store_run(&f->table, steps, 2, NULL, 0) != WH_OK)
		wh_host_log(f->host, WH_ERROR, "filters_not_moved", WH_S("room", from), WH_S("to", to));
}

bool
filter_store_set(struct filters *f, enum filter filter, struct wh_str room, wh_store_done *done, wh_id call, enum wh_err *err_out)
{
	const struct filter_set *set = filters_get(f, filter, room);
	const struct wh_cell params[] = { WH_CELL_TEXT(room), WH_CELL_TEXT(wh_str(filter_rows[filter].name)), WH_CELL_INT(set->mode),
		WH_CELL_INT(set->exempt), WH_CELL_INT(set->actions), WH_CELL_INT(set->limit), WH_CELL_INT(set->also), WH_CELL_INT(set->within_ms),
		WH_CELL_INT(set->time_ms) };
	bool is_set = filters_is_set(f, filter, room);
	const struct wh_step step = { .statement = f->first + (is_set ? Q_SET : Q_UNSET), .params = params, .n = is_set ? 9 : 2 };

	if (f->table.ops == NULL)
		return false;
	*err_out = wh_store_run(&f->table, &step, 1, done, call);
	return true;
}

bool
filter_store_list(struct filters *f, struct wh_str name, wh_store_done *done, wh_id call, enum wh_err *err_out)
{
	const struct filter_list *l = filter_list_named(f, name);
	const struct wh_cell params[] = { WH_CELL_TEXT(name), WH_CELL_INT(l != NULL ? l->kind : 0), WH_CELL_INT(l != NULL ? l->actions : 0) };
	const struct wh_step set = { .statement = f->first + Q_LIST, .params = params, .n = 3 },
		drop[] = { { .statement = f->first + Q_LIST_DROP, .params = params, .n = 1 }, { .statement = f->first + Q_LIST_CLEAR, .params = params, .n = 1 } };

	if (f->table.ops == NULL)
		return false;
	*err_out = l != NULL ? wh_store_run(&f->table, &set, 1, done, call) : wh_store_run(&f->table, drop, 2, done, call);
	return true;
}

bool
filter_store_entries(struct filters *f, struct wh_str name, bool add, const struct wh_str *entries, size_t n, wh_store_done *done, wh_id call,
	enum wh_err *err_out)
{
	struct wh_cell params[WH_STORE_STEPS][2];
	struct wh_step steps[WH_STORE_STEPS];

	if (f->table.ops == NULL)
		return false;
	for (size_t i = 0; i < n && i < WH_STORE_STEPS; i++) {
		params[i][0] = WH_CELL_TEXT(name);
		params[i][1] = WH_CELL_TEXT(entries[i]);
		steps[i] = (struct wh_step){ .statement = f->first + (add ? Q_ADD : Q_REMOVE), .params = params[i], .n = 2 };
	}
	*err_out = wh_store_run(&f->table, steps, n, done, call);
	return true;
}
