/* A person's own data: what was done to them and what they reported; its end; and how long all of it is kept. What is in force against somebody
 * stays in force when the account is erased, without a name and without words: else erasing would be the way around it. */
#include "own.h"

static void
export_found(void *self, uint64_t ticket, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_person *p = wh_person_find(mod->host, ticket);

	if (p != NULL && r->err == WH_OK) {
		wh_json_array(p->out, "actions");
		for (size_t i = 0; i < r->rows[0].n; i++)
			action_write(mod, &r->rows[0], i, p->out, true);
		wh_json_end(p->out);
		wh_json_array(p->out, "reports");
		for (size_t i = 0; i < r->rows[1].n; i++) {
			wh_json_object(p->out, NULL);
			wh_json_int(p->out, "time", wh_row_int(&r->rows[1], i, I_TIME));
			wh_json_str(p->out, "room", wh_row_str(&r->rows[1], i, I_ROOM));
			wh_json_str(p->out, "reason", wh_row_str(&r->rows[1], i, I_REASON));
			wh_json_str(p->out, "words", wh_row_str(&r->rows[1], i, I_WORDS));
			wh_json_end(p->out);
		}
		wh_json_end(p->out);
	}
	wh_hook_go(mod->host, ticket, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "moderation can't be read now; try again");
}

enum wh_verdict
privacy_export(void *self, struct wh_person *p)
{
	struct moderation *mod = self;
	const struct wh_cell cells[] = { WH_CELL_TEXT(p->id), WH_CELL_INT(mod->set.shadow_statements) };
	const struct wh_step steps[] = { { Q_EXPORT, cells, 2, WH_ANY }, { Q_EXPORT_ITEMS, cells, 1, WH_ANY } };

	if (wh_store_run(&mod->table, steps, 2, export_found, p->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&p->at, WH_EAWAY, "moderation can't be read now; try again", 5000);
}

static void
erased(void *self, uint64_t ticket, const struct wh_result *r)
{
	struct moderation *mod = self;

	wh_hook_go(mod->host, ticket, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "moderation can't be changed now; try again");
}

enum wh_verdict
privacy_erase(void *self, struct wh_person *p)
{
	struct moderation *mod = self;
	const struct wh_cell id = WH_CELL_TEXT(p->id);
	const struct wh_step steps[] = { { Q_ERASE_ACTIONS, &id, 1, WH_ANY }, { Q_ERASE_ITEMS, &id, 1, WH_ANY }, { Q_ERASE_NOTES, &id, 1, WH_ANY }, { Q_ERASE_BY, &id, 1, WH_ANY } };

	if (wh_store_run(&mod->table, steps, 4, erased, p->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&p->at, WH_EAWAY, "moderation can't be changed now; try again", 5000);
}

/* An id begins with its time. */
void
retention_tick(struct moderation *mod)
{
	int64_t now = wh_wall_ms(mod->host);
	const struct mod_settings *set = &mod->set;
	const struct wh_cell log = WH_CELL_INT((now - set->keep_log) * 1048576), items = WH_CELL_INT((now - set->keep_items) * 1048576),
		kept = WH_CELL_INT((now - set->keep_kept) * 1048576), notes = WH_CELL_INT((now - set->keep_notes) * 1048576), force = WH_CELL_INT(now);
	const struct wh_step steps[] = { { Q_FORCE_OVER, &force, 1, WH_ANY }, { Q_KEEP_LOG, &log, 1, WH_ANY }, { Q_KEEP_ITEMS, &items, 1, WH_ANY },
		{ Q_KEEP_KEPT, &kept, 1, WH_ANY }, { Q_KEEP_NOTES, &notes, 1, WH_ANY }, { Q_KEEP_COVER, &log, 1, WH_ANY } };

	if (wh_store_run(&mod->table, steps, 6, mod_written, 0) != WH_OK)
		wh_host_log(mod->host, WH_DEBUG, "retention_waits");
	network_turn(mod);
}
