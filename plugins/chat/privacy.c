/* A person's own data: all that they said and did is in an export, a page of the log at a time, up to EXPORT_PAGES of them; erasing takes words,
 * names, signs and lists, and leaves the places in the log. In the key of a whisper the id stays, that means nothing any more. */
#include <stdio.h>

#include "chat.h"

enum { EXPORT_PAGE = 2000, EXPORT_PAGES = 50 };

static void
rest_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_person *person = wh_person_find(chat->host, cookie);

	if (person != NULL && r->err == WH_OK) {
		wh_json_array(person->out, "rest");
		for (size_t i = 0; i < r->rows[0].n; i++) {
			wh_json_object(person->out, NULL);
			wh_json_str(person->out, "what", wh_row_str(&r->rows[0], i, 0));
			wh_json_str(person->out, "on", wh_row_str(&r->rows[0], i, 1));
			wh_json_str(person->out, "as", wh_row_str(&r->rows[0], i, 2));
			wh_json_int(person->out, "at", wh_row_int(&r->rows[0], i, 3));
			wh_json_end(person->out);
		}
		wh_json_end(person->out);
	}
	wh_hook_go(chat->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "what was done can't be read now");
}

static void export_found(void *self, uint64_t cookie, const struct wh_result *r);

/* The pages are counted in the array of entries: what was written stands in `out` and nowhere else. */
static bool
export_page(struct chat *chat, const struct wh_person *person, int64_t after)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(person->id), WH_CELL_INT(after), WH_CELL_INT(EXPORT_PAGE) };

	return wh_store_run(&chat->table, &(struct wh_step){ Q_EXPORT, cells, 3, WH_ANY }, 1, export_found, person->at.ticket) == WH_OK;
}

static void
export_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_person *person = wh_person_find(chat->host, cookie);
	size_t n = r->err == WH_OK ? r->rows[0].n : 0;
	bool more = false, ok = person != NULL && r->err == WH_OK;

	for (size_t i = 0; ok && i < n; i++)
		row_write(chat, &r->rows[0], i, person->out);
	if (ok && n == EXPORT_PAGE && ++chat->export_pages < EXPORT_PAGES)
		more = ok = export_page(chat, person, wh_row_int(&r->rows[0], n - 1, 2));
	if (more)
		return;
	if (ok) {
		wh_json_end(person->out);
		ok = wh_store_run(&chat->table, &(struct wh_step){ Q_EXPORT_REST, &WH_CELL_TEXT(person->id), 1, WH_ANY }, 1, rest_found, cookie) == WH_OK;
	}
	if (!ok)
		wh_hook_go(chat->host, cookie, WH_REFUSE, WH_EAWAY, "what was said can't be read now; try again");
}

enum wh_verdict
privacy_export(void *self, struct wh_person *p)
{
	struct chat *chat = self;

	chat->export_pages = 0;
	if (!export_page(chat, p, 0))
		return wh_refuse(&p->at, WH_EAWAY, "what was said can't be read now; try again", 5000);
	wh_json_array(p->out, "entries");
	return WH_HOLD;
}

static void
erased(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;

	wh_hook_go(chat->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "what was said can't be removed now; try again");
}

enum wh_verdict
privacy_erase(void *self, struct wh_person *p)
{
	struct chat *chat = self;
	uint64_t chance;
	char nobody[24];

	always_forget(chat, p->id);
	wh_random(chat->host, &chance, sizeof chance);
	snprintf(nobody, sizeof nobody, "x%016llx", (unsigned long long)chance);
	const struct wh_cell cells[] = { WH_CELL_TEXT(p->id), WH_CELL_TEXT(wh_str(nobody)), WH_CELL_INT(wh_wall_ms(chat->host)) };
	const struct wh_step steps[] = {
		{ Q_ERASE, cells, 3, WH_ANY }, { Q_ERASE_VOTES, cells, 2, WH_ANY }, { Q_ERASE_MARKS, cells, 1, WH_ANY },
		{ Q_ERASE_REACTIONS, cells, 1, WH_ANY }, { Q_ERASE_MENTIONS, cells, 1, WH_ANY }, { Q_ERASE_INVITES, cells, 1, WH_ANY },
		{ Q_ERASE_GIVEN, cells, 1, WH_ANY }, { Q_ERASE_MASKS, cells, 1, WH_ANY },
		{ Q_ERASE_PAIR_NAMES, cells, 1, WH_ANY }, { Q_ERASE_WHISPERS, cells, 1, WH_ANY }, { Q_ERASE_PAIRS, cells, 1, WH_ANY }, { Q_ERASE_BLOCKS, cells, 1, WH_ANY },
		{ Q_ERASE_REFUSAL, cells, 1, WH_ANY }, { Q_ERASE_OWNER, cells, 1, WH_ANY },
		{ Q_ALWAYS_OFF, cells, 1, WH_ANY }, { Q_UNSTAY_ALL, cells, 1, WH_ANY }, { Q_UNHEARD, cells, 1, WH_ANY },
		{ Q_ERASE_MOVES, cells, 1, WH_ANY },
	};

	if (wh_store_run(&chat->table, steps, sizeof steps / sizeof steps[0], erased, p->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&p->at, WH_EAWAY, "what was said can't be removed now; try again", 5000);
}
