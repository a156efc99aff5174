/* What is kept of a person: bans of their account, and those that they set. An export has both, without the notes of others; erasing takes names and
 * notes, and leaves the bans: an id that means nothing any more. */
#include "bans.h"

static void
exported(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct bans *x = self;
	struct wh_person *p = wh_person_find(x->host, cookie);

	if (p != NULL && r->err == WH_OK) {
		wh_json_array(p->out, "bans");
		for (size_t i = 0; i < r->rows[0].n; i++) {
			bool set = wh_str_eq(wh_row_str(&r->rows[0], i, 6), p->id);

			wh_json_object(p->out, NULL);
			wh_json_str(p->out, "id", wh_row_str(&r->rows[0], i, 0));
			wh_json_str(p->out, "effect", wh_row_str(&r->rows[0], i, 2));
			wh_json_int(p->out, "until", wh_row_int(&r->rows[0], i, 3));
			wh_json_int(p->out, "time", wh_row_int(&r->rows[0], i, 4));
			wh_json_str(p->out, "why", wh_row_str(&r->rows[0], i, 5));
			wh_json_bool(p->out, "set_by_you", set);
			wh_json_end(p->out);
		}
		wh_json_end(p->out);
	}
	wh_hook_go(x->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "bans can't be read now; try again");
}

enum wh_verdict
privacy_export(void *self, struct wh_person *p)
{
	struct bans *x = self;
	const struct wh_cell id = WH_CELL_TEXT(p->id);

	if (wh_store_run(&x->table, &(struct wh_step){ Q_EXPORT, &id, 1, WH_ANY }, 1, exported, p->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&p->at, WH_EAWAY, "bans can't be read now; try again", 5000);
}

static void
erased(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct bans *x = self;
	const struct wh_person *p = wh_person_find(x->host, cookie);

	for (struct ban *ban = p != NULL && r->err == WH_OK ? x->bans.first : NULL; ban != NULL; ban = ban->next) {
		if (ban->ban.kind == WH_BAN_ACCOUNT && wh_str_eq(ban->ban.what, p->id))
			ban->ban.shown = ban->ban.note = WH_STR("");
		if (wh_str_eq(ban->ban.by, p->id))
			ban->ban.by_name = WH_STR("");
	}
	wh_hook_go(x->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "names in bans can't be removed now; try again");
}

enum wh_verdict
privacy_erase(void *self, struct wh_person *p)
{
	struct bans *x = self;
	const struct wh_cell id = WH_CELL_TEXT(p->id);
	const struct wh_step steps[] = { { Q_ERASE_SHOWN, &id, 1, WH_ANY }, { Q_ERASE_BY, &id, 1, WH_ANY } };

	if (wh_store_run(&x->table, steps, 2, erased, p->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&p->at, WH_EAWAY, "names in bans can't be removed now; try again", 5000);
}
