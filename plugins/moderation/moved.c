/* A room has another name: what is in force in it, its log, its part of the queue, its filters, modes of packs and raid mode go along. To be told again
 * does no harm. */
#include "filters.h"
#include "judging.h"
#include "own.h"
#include "raid.h"

/* What is under way is done in the room as it is called when it is done. */
static void
doing_moved(struct moderation *mod, const struct wh_chat_moved *moved)
{
	for (struct wh_list *l = mod->doing.next; l != &mod->doing; l = l->next) {
		struct doing *d = WH_CONTAINER(l, struct doing, link);

		if (!wh_str_eq(d->act.room, moved->from_key))
			continue;
		text_copy(d->room, sizeof d->room, moved->key);
		d->act.room = wh_str(d->room);
	}
}

void
room_moved(void *self, const struct wh_chat_moved *moved)
{
	struct moderation *mod = self;
	const struct wh_cell cells[] = { WH_CELL_TEXT(moved->from_key), WH_CELL_TEXT(moved->key) };
	const struct wh_step steps[] = { { Q_ACTIONS_MOVE, cells, 2, WH_ANY }, { Q_ITEMS_MOVE, cells, 2, WH_ANY } };

	if (wh_str_eq(moved->from_key, moved->key) || moved->key.n > MOD_ROOM)
		return;
	penalties_move(mod, moved->from_key, moved->key);
	doing_moved(mod, moved);
	if (mod->filters != NULL)
		filters_move(mod->filters, moved->from_key, moved->key);
	if (mod->raid != NULL)
		raid_move(mod->raid, moved->from_key, moved->key);
	if (mod->judging != NULL)
		judging_move(mod->judging, moved->from_key, moved->key);
	if (wh_store_run(&mod->table, steps, 2, NULL, 0) != WH_OK)
		wh_host_log(mod->host, WH_ERROR, "moderation_not_moved", WH_S("room", moved->from_key), WH_S("to", moved->key));
}
