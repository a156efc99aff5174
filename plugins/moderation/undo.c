/* Undoing. An undoing is an action as well; moderation_cover names what it covers. One with value 1 takes actions back, one with value -1 puts back what an
 * undoing took, and is what undoing an undoing makes. Log and what is in force change in one transaction; messages follow, and until they have
 * the undoing is pending, so that a restart goes on with it. Whoever acts last on an action has the say: an action is off while `undone` names an undoing. */
#include <stdio.h>

#include "own.h"

enum { UNDO_MOST = 2000 };

struct undoing {
	struct wh_list link;		/* in mod->undoings */
	struct moderation *mod;
	action_done *done;
	uint64_t cookie;
	int64_t id, parent, group, since;
	int sense;
	size_t left, count;
	char pack[65], version[33], rule[65], by[MOD_ID + 1], by_name[MOD_NAME + 1], text[MOD_SENTENCE + 1];
};

static void
undoing_free(struct undoing *u)
{
	wh_list_remove(&u->link);
	wh_delete(u->mod->host, u);
}

void
undos_free(struct moderation *mod)
{
	while (!wh_list_empty(&mod->undoings))
		undoing_free(WH_CONTAINER(mod->undoings.next, struct undoing, link));
}

/* `id` of `done` is the undoing's, or, of a rollback, how many it took. */
static void
undoing_end(struct undoing *u, enum wh_err err)
{
	struct moderation *mod = u->mod;
	action_done *done = u->done;
	uint64_t cookie = u->cookie;
	int64_t id = u->pack[0] != '\0' ? (int64_t)u->count : u->id;

	undoing_free(u);
	if (done != NULL)
		done(mod, cookie, err, id);
}

static void
undoing_step(struct undoing *u)
{
	const struct wh_cell cells[] = { WH_CELL_INT(u->id), WH_CELL_INT(MOD_DONE) };

	if (--u->left != 0)
		return;
	if (wh_store_run(&u->mod->table, &(struct wh_step){ Q_ACTION_STATE, cells, 2, WH_ANY }, 1, mod_written, 0) != WH_OK)
		wh_host_log(u->mod->host, WH_WARN, "action_not_marked", WH_I("id", u->id));
	undoing_end(u, WH_OK);
}

static void
undoing_message(void *self, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct moderation *mod = self;
	struct undoing *u = (struct undoing *)(uintptr_t)cookie;

	(void)id;
	if (err != WH_OK && err != WH_ENOENT)
		wh_host_log(mod->host, WH_WARN, "message_not_undone", WH_I("undo", u->id), WH_I("err", err));
	undoing_step(u);
}

static void
undoing_row(struct undoing *u, const struct wh_rows *rows, size_t row)
{
	struct moderation *mod = u->mod;
	enum mod_kind kind = (enum mod_kind)wh_row_int(rows, row, A_KIND);
	const struct wh_chat_actor by = { wh_str(u->by[0] != '\0' ? u->by : "moderation"), wh_str(u->by_name[0] != '\0' ? u->by_name : "moderation") };
	struct wh_str room = wh_row_str(rows, row, A_ROOM);
	int64_t entry = wh_row_int(rows, row, A_ENTRY), item = wh_row_int(rows, row, A_ITEM);
	enum wh_err err = WH_OK;

	if (kind == MOD_SWEEP_ALL && u->sense > 0)
		sweep_cancel(mod, wh_row_int(rows, row, A_GROUP));
	if ((kind == MOD_DENY || kind == MOD_DISMISS) && item != 0 && u->sense > 0)
		item_reopen(mod, item);
	if (kind != MOD_SWEEP_ALL)
		action_force(mod, rows, row, u->sense < 0);
	if (kind != MOD_REDACT || entry == 0)
		return;
	u->left++;
	if (u->sense > 0 && wh_row_null(rows, row, A_KEPT))
		err = WH_ENOENT;	/* its text is no longer kept */
	else if (u->sense > 0)
		err = mod->chat->restore(mod->chat_self, room, entry, &by, wh_row_str(rows, row, A_KEPT), wh_row_str(rows, row, A_EXTRA), undoing_message, mod, (uintptr_t)u);
	else
		err = mod->chat->redact(mod->chat_self, room, entry, &by, wh_row_str(rows, row, A_TEXT), undoing_message, mod, (uintptr_t)u);
	if (err != WH_OK)
		undoing_message(mod, (uintptr_t)u, err, 0);
}

static void
undoing_rows(struct undoing *u, const struct wh_rows *rows)
{
	u->left = 1;
	u->count = rows->n;
	for (size_t i = 0; i < rows->n; i++)
		undoing_row(u, rows, i);
	undoing_step(u);
}

static void
undoing_written(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct undoing *u = (struct undoing *)(uintptr_t)cookie;

	(void)self;
	if (r->err != WH_OK) {
		undoing_end(u, r->err);
		return;
	}
	wh_metric_add(u->mod->host, &moderation_metrics[M_UNDONE], (int64_t)r->rows[r->n - 1].n);
	undoing_rows(u, &r->rows[r->n - 1]);
}

static enum wh_err
undoing_write(struct undoing *u)
{
	struct moderation *mod = u->mod;
	const struct wh_cell none = WH_CELL_TEXT(WH_STR("")), zero = WH_CELL_INT(0), id = WH_CELL_INT(u->id), parent = WH_CELL_INT(u->parent), now = WH_CELL_INT(wh_wall_ms(mod->host));
	const struct wh_cell add[] = { id, now, WH_CELL_INT(MOD_UNDO), none, none, none, zero, none, zero, none, WH_CELL_TEXT(wh_str(u->text)), none,
		WH_CELL_TEXT(wh_str(u->pack)), WH_CELL_TEXT(wh_str(u->version)), WH_CELL_TEXT(wh_str(u->rule)), WH_CELL_INT(u->by[0] != '\0' ? MOD_BY_HAND : MOD_LIVE),
		WH_CELL_TEXT(wh_str(u->by)), WH_CELL_TEXT(wh_str(u->by_name)), zero, zero, zero, WH_CELL_INT(u->sense), WH_CELL_NULL, WH_CELL_NULL, WH_CELL_INT(MOD_PENDING), zero,
		WH_CELL_INT(u->parent != 0 ? u->parent : u->group) };
	bool undo = u->parent != 0 && u->group == -1;
	const struct wh_cell takes[] = { WH_CELL_INT(undo ? 0 : u->parent), WH_CELL_INT(u->group > 0 ? u->group : 0), WH_CELL_TEXT(wh_str(u->pack)), WH_CELL_TEXT(wh_str(u->version)),
		WH_CELL_INT(u->since), WH_CELL_TEXT(wh_str(u->rule)), WH_CELL_INT(UNDO_MOST), id };
	const struct wh_cell both[] = { parent, id }, back[] = { id, now };
	struct wh_step steps[5];
	size_t n = 0;

	steps[n++] = (struct wh_step){ Q_ACTION_ADD, add, 27, WH_ONE };
	if (!undo)
		steps[n++] = (struct wh_step){ Q_UNDO_COVER, takes, 8, WH_SOME };
	else
		steps[n++] = (struct wh_step){ u->sense < 0 ? Q_PUT_COVER : Q_AGAIN_COVER, both, 2, WH_SOME };
	if (u->sense > 0)
		steps[n++] = (struct wh_step){ Q_UNDO_TAKE, &id, 1, WH_ANY };
	else
		steps[n++] = (struct wh_step){ Q_PUT_BACK, back, 2, WH_ANY };
	if (undo)
		steps[n++] = (struct wh_step){ Q_UNDONE_BY, both, 2, WH_ONE };
	steps[n++] = (struct wh_step){ Q_COVERED, &id, 1, WH_ANY };
	return wh_store_run(&mod->table, steps, n, undoing_written, (uintptr_t)u);
}

/* What is it? An undoing is undone in another way. */
static void
undoing_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct undoing *u = (struct undoing *)(uintptr_t)cookie;
	enum wh_err err = r->err;

	(void)self;
	if (err == WH_OK && r->rows[0].n == 0) {
		/* Not an action: a group, perhaps. */
		u->group = u->parent;
		u->parent = 0;
		sweep_cancel(u->mod, u->group);
	} else if (err == WH_OK && wh_row_int(&r->rows[0], 0, A_KIND) == MOD_UNDO) {
		u->group = -1;
		u->sense = wh_row_int(&r->rows[0], 0, A_VALUE) > 0 ? -1 : 1;
	}
	if (err == WH_OK)
		err = undoing_write(u);
	if (err != WH_OK)
		undoing_end(u, err);
}

enum wh_err
undo_do(struct moderation *mod, const struct undo_what *what, action_done *done, uint64_t cookie)
{
	struct undoing *u = wh_new(mod->host, sizeof *u);
	enum wh_err err;

	if (u == NULL)
		return WH_ENOMEM;
	*u = (struct undoing){ .mod = mod, .done = done, .cookie = cookie, .id = mod_next_id(mod), .parent = what->id, .group = what->group, .since = what->since, .sense = 1 };
	text_copy(u->pack, sizeof u->pack, what->pack);
	text_copy(u->version, sizeof u->version, what->version);
	text_copy(u->rule, sizeof u->rule, what->rule);
	text_copy(u->by, sizeof u->by, what->by);
	text_copy(u->by_name, sizeof u->by_name, what->by_name);
	text_copy(u->text, sizeof u->text, what->text);
	wh_list_init(&u->link);
	wh_list_add_last(&mod->undoings, &u->link);
	/* Before the transaction is asked for: what is removed from now on would not be covered. */
	if (u->group != 0)
		sweep_cancel(mod, u->group);
	if (u->parent != 0)
		err = wh_store_run(&mod->table, &(struct wh_step){ Q_ACTION, &WH_CELL_INT(u->parent), 1, WH_ANY }, 1, undoing_found, (uintptr_t)u);
	else
		err = undoing_write(u);
	if (err != WH_OK)
		undoing_free(u);
	return err;
}

enum wh_err
undo_pack(struct moderation *mod, struct wh_str pack, struct wh_str version, struct wh_str rule, int64_t since_ms, struct wh_str by, struct wh_str by_name,
    action_done *done, uint64_t cookie)
{
	return undo_do(mod, &(struct undo_what){ .pack = pack, .version = version, .rule = rule, .since = since_ms, .by = by, .by_name = by_name }, done, cookie);
}

/* After a restart: log and memory agree already; messages may not. */

static void
resumed_rows(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct undoing *u = (struct undoing *)(uintptr_t)cookie;

	if (r->err != WH_OK) {
		undoing_end(u, r->err);
		return;
	}
	u->left = 1;
	for (size_t i = 0; i < r->rows[0].n; i++) {
		const struct wh_rows *rows = &r->rows[0];

		/* Meanwhile another undoing may have the say. */
		if (wh_row_int(rows, i, A_KIND) == MOD_REDACT && wh_row_int(rows, i, A_ENTRY) != 0 && wh_row_int(rows, i, A_UNDONE) == (u->sense > 0 ? u->id : 0)) {
			const struct wh_chat_actor by = { WH_STR("moderation"), WH_STR("moderation") };
			struct wh_str room = wh_row_str(rows, i, A_ROOM);
			int64_t entry = wh_row_int(rows, i, A_ENTRY);
			enum wh_err err;

			u->left++;
			err = u->sense < 0 ? mod->chat->redact(mod->chat_self, room, entry, &by, wh_row_str(rows, i, A_TEXT), undoing_message, mod, (uintptr_t)u) :
			    wh_row_null(rows, i, A_KEPT) ? WH_ENOENT : mod->chat->restore(mod->chat_self, room, entry, &by, wh_row_str(rows, i, A_KEPT), wh_row_str(rows, i, A_EXTRA),
			    undoing_message, mod, (uintptr_t)u);
			if (err != WH_OK)
				undoing_message(mod, (uintptr_t)u, err, 0);
		}
	}
	undoing_step(u);
}

void
undo_resume(struct moderation *mod, const struct wh_rows *rows, size_t row)
{
	struct undoing *u = wh_new(mod->host, sizeof *u);

	if (u == NULL)
		return;
	*u = (struct undoing){ .mod = mod, .id = wh_row_int(rows, row, A_ID), .sense = wh_row_int(rows, row, A_VALUE) > 0 ? 1 : -1 };
	wh_list_init(&u->link);
	wh_list_add_last(&mod->undoings, &u->link);
	if (wh_store_run(&mod->table, &(struct wh_step){ Q_COVERED, &WH_CELL_INT(u->id), 1, WH_ANY }, 1, resumed_rows, (uintptr_t)u) != WH_OK)
		undoing_free(u);
}

/* The command */

static void
undo_answered(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct wh_call *call = wh_call_find(mod->host, cookie);
	char text[MOD_ID_TEXT];

	if (call == NULL)
		return;
	if (err == WH_OK) {
		id_text(id, text);
		wh_json_text(wh_reply(call), "undo", text);
	}
	wh_call_done(call, err == WH_OK ? WH_OK : err == WH_ESTATE ? wh_fail(call, err, "that is undone already, or can't be undone") : mod_store_failed(call, err));
}

static void
undo_looked(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);
	struct undo_what what = { .id = 0 };
	const struct wh_rows *rows;
	enum wh_err err = WH_OK;

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, mod_store_failed(call, r->err));
		return;
	}
	rows = r->rows[0].n != 0 && wh_row_int(&r->rows[0], 0, A_KIND) == MOD_UNDO ? &r->rows[2] : &r->rows[1];
	for (size_t i = 0; i < rows->n && err == WH_OK; i++)
		if (!person_moderates(mod, wh_call_session(call), wh_row_str(rows, i, A_ROOM)))
			err = wh_fail(call, WH_EPERM, "only moderators of all the rooms that it is about may undo it");
	if (err == WH_OK && rows->n == 0)
		err = wh_fail(call, r->rows[0].n != 0 ? WH_ESTATE : WH_ENOENT, r->rows[0].n != 0 ? "that is undone already, or can't be undone" : "there is no such action");
	if (err == WH_OK && wh_arg_bool(call, "preview")) {
		wh_json_uint(wh_reply(call), "count", rows->n);
		wh_json_array(wh_reply(call), "actions");
		for (size_t i = 0; i < rows->n; i++)
			action_write(mod, rows, i, wh_reply(call), false);
		wh_json_end(wh_reply(call));
	} else if (err == WH_OK) {
		what.by = wh_session_identity(mod->host, wh_call_session(call))->id;
		what.by_name = wh_session_identity(mod->host, wh_call_session(call))->name;
		what.text = wh_arg_str(call, "text");
		id_parse(wh_arg_str(call, wh_arg_has(call, "group") ? "group" : "id"), wh_arg_has(call, "group") ? &what.group : &what.id);
		err = undo_do(mod, &what, undo_answered, cookie);
		if (err == WH_OK)
			return;
		err = mod_store_failed(call, err);
	}
	wh_call_done(call, err);
}

enum wh_err
undo_command(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	bool group = wh_arg_has(call, "group");
	int64_t id;

	if (!id_parse(wh_arg_str(call, group ? "group" : "id"), &id))
		return wh_fail(call, WH_EINVAL, "name an action by its id, or a group of them");
	const struct wh_cell none = WH_CELL_TEXT(WH_STR("")), cell = WH_CELL_INT(id), zero = WH_CELL_INT(0);
	const struct wh_cell takes[] = { group ? zero : cell, cell, none, none, zero, none, WH_CELL_INT(UNDO_MOST) };
	const struct wh_cell first[] = { group ? zero : cell };
	const struct wh_step steps[] = { { Q_ACTION, first, 1, WH_ANY }, { Q_UNDO_SHOW, takes, 7, WH_ANY }, { Q_COVERED, &cell, 1, WH_ANY } };

	return mod_run(mod, call, steps, 3, undo_looked);
}
