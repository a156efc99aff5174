/* Roles in a room that nobody registered: who made it gives them, they are kept with the room, and end with it. In a registered room roles
 * are those of the accounts. One person may have several. */
#include "chat.h"

enum { GIVEN_MOST = 256 };

struct chat_given {
	char id[CHAT_WHO + 1];
	unsigned ranks;			/* a bit for each enum chat_rank, as the store has them */
};

static struct chat_given *
given_find(const struct chat_room *room, struct wh_str id)
{
	for (size_t i = 0; i < room->n_given; i++)
		if (wh_str_is(id, room->given[i].id))
			return &room->given[i];
	return NULL;
}

unsigned
given_ranks(const struct chat_room *room, struct wh_str id)
{
	const struct chat_given *g = given_find(room, id);

	return g != NULL ? g->ranks : 0;
}

/* False: there is no place or no memory for it. */
static bool
given_set(struct chat_room *room, struct wh_str id, unsigned ranks)
{
	struct chat_given *g = given_find(room, id);

	if (g == NULL && room->given == NULL)
		room->given = wh_new(room->chat->host, GIVEN_MOST * sizeof *room->given);
	if (g == NULL && (room->given == NULL || room->n_given == GIVEN_MOST || id.n > CHAT_WHO))
		return false;
	if (g == NULL) {
		g = &room->given[room->n_given++];
		*g = (struct chat_given){ .id = "" };
		memcpy(g->id, id.p, id.n);
	}
	g->ranks = ranks;
	if (ranks == 0)
		*g = room->given[--room->n_given];
	return true;
}

void
given_read(struct chat_room *room, const struct wh_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		given_set(room, wh_row_str(rows, i, 0), (unsigned)wh_row_int(rows, i, 1));
}

void
given_free(struct chat_room *room)
{
	wh_delete(room->chat->host, room->given);
	room->given = NULL;
	room->n_given = 0;
}

static unsigned
given_after(const struct chat_given *g, struct wh_call *call)
{
	unsigned bit = 1u << rank_read(wh_arg_str(call, "role")), was = g != NULL ? g->ranks : 0;

	return wh_arg_bool(call, "on") ? was | bit : was & ~bit;
}

static void
given_done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;
	struct wh_call *call;
	struct chat_room *room = task_end(chat, cookie, &call);
	struct chat_person *person = call != NULL ? member_by_name(room, wh_arg_str(call, "name")) : NULL;

	if (call != NULL && r->err != WH_OK) {
		wh_call_done(call, chat_store_failed(call, r));
	} else if (call != NULL && person == NULL) {
		wh_call_done(call, wh_fail(call, WH_ENOENT, "nobody of that name is here"));
	} else if (call != NULL) {
		given_set(room, person->id, given_after(given_find(room, person->id), call));
		role_changed(room, call);
		wh_call_done(call, WH_OK);
	}
	room_settle(room);
}

enum wh_err
given_change(struct chat_room *room, struct wh_call *call)
{
	struct chat_person *person = member_by_name(room, wh_arg_str(call, "name"));
	const struct chat_given *g = person != NULL ? given_find(room, person->id) : NULL;
	unsigned was = g != NULL ? g->ranks : 0, ranks = given_after(g, call);

	if (person == NULL)
		return wh_fail(call, WH_ENOENT, "nobody of that name is here");
	if (ranks == was)
		return wh_arg_bool(call, "on") ? wh_fail(call, WH_EEXIST, "they have it already") : wh_fail(call, WH_ENOENT, "they have no such role");
	if (g == NULL && room->n_given == GIVEN_MOST)
		return wh_fail(call, WH_EFULL, "so many have roles here already; register the room");
	const struct wh_cell cells[] = { WH_CELL_INT(room->id), WH_CELL_TEXT(person->id), WH_CELL_INT(ranks) };

	return task_run(room, call, &(struct wh_step){ Q_GIVE, cells, 3, WH_ONE }, 1, given_done);
}
