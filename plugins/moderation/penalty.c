/* What is in force, in memory: on people, networks and rooms. It is what the log says is in force, and is read from there when the plugin opens. What is over
 * counts no more from that moment on, and is taken out soon. */
#include <stdio.h>

#include "own.h"

enum { TICK_LOOKS = 4000 };

static struct shelf *
shelf_get(struct moderation *mod, struct wh_dict *shelves, struct wh_str key)
{
	struct shelf *shelf = wh_dict_get(mod->host, shelves, key);

	if (shelf != NULL)
		return shelf;
	shelf = wh_new(mod->host, sizeof *shelf + key.n);
	if (shelf == NULL)
		return NULL;
	memcpy(shelf->bytes, key.p, key.n);
	shelf->key = (struct wh_str){ shelf->bytes, key.n };
	wh_list_init(&shelf->penalties);
	if (wh_dict_add(mod->host, shelves, shelf->key, shelf) != WH_OK) {
		wh_delete(mod->host, shelf);
		return NULL;
	}
	return shelf;
}

static void
shelf_drop(struct moderation *mod, struct wh_dict *shelves, struct wh_str key)
{
	struct shelf *shelf = wh_dict_get(mod->host, shelves, key);

	if (shelf == NULL || !wh_list_empty(&shelf->penalties))
		return;
	wh_dict_remove(mod->host, shelves, shelf->key);
	wh_delete(mod->host, shelf->spoke);
	wh_delete(mod->host, shelf);
}

static bool
penalty_over(const struct penalty *p, int64_t now)
{
	return p->until != 0 && p->until <= now;
}

void
penalty_remove(struct moderation *mod, struct penalty *p)
{
	wh_list_remove(&p->all);
	wh_list_remove(&p->by_who);
	wh_list_remove(&p->by_network);
	wh_list_remove(&p->by_room);
	mod->n_penalties--;
	if (p->who.n != 0)
		shelf_drop(mod, mod->by_who, p->who);
	if (p->network.n != 0)
		shelf_drop(mod, mod->by_network, p->network);
	if (kind_of_room(p->kind))
		shelf_drop(mod, mod->by_room, p->room);
	wh_delete(mod->host, p);
	wh_metric_set(mod->host, &moderation_metrics[M_IN_FORCE], (int64_t)mod->n_penalties);
}

enum wh_err
penalty_add(struct moderation *mod, const struct penalty *from)
{
	bool of_room = kind_of_room(from->kind);
	struct shelf *who = NULL, *network = NULL, *room = NULL;
	struct penalty *p;
	char *to;

	if (mod->n_penalties >= MOD_PENALTIES)
		return WH_EFULL;
	p = wh_new(mod->host, sizeof *p + from->who.n + from->network.n + from->room.n + from->text.n);
	if (p == NULL)
		return WH_ENOMEM;
	*p = *from;
	to = p->bytes;
	p->who = text_keep(&to, from->who);
	p->network = from->scope & (WH_SCOPE_NETWORK | MOD_SCOPE_GUESTS) ? text_keep(&to, from->network) : WH_STR("");
	p->room = text_keep(&to, from->room);
	p->text = text_keep(&to, from->text);
	wh_list_init(&p->all);
	wh_list_init(&p->by_who);
	wh_list_init(&p->by_network);
	wh_list_init(&p->by_room);
	mod->n_penalties++;
	wh_list_add_last(&mod->penalties, &p->all);
	if (p->who.n != 0 && (who = shelf_get(mod, mod->by_who, p->who)) != NULL)
		wh_list_add_last(&who->penalties, &p->by_who);
	if (p->network.n != 0 && (network = shelf_get(mod, mod->by_network, p->network)) != NULL)
		wh_list_add_last(&network->penalties, &p->by_network);
	if (of_room && (room = shelf_get(mod, mod->by_room, p->room)) != NULL)
		wh_list_add_last(&room->penalties, &p->by_room);
	if ((p->who.n != 0 && who == NULL) || (p->network.n != 0 && network == NULL) || (of_room && room == NULL)) {
		penalty_remove(mod, p);
		return WH_ENOMEM;
	}
	wh_metric_set(mod->host, &moderation_metrics[M_IN_FORCE], (int64_t)mod->n_penalties);
	return WH_OK;
}

struct penalty *
penalty_by_id(struct moderation *mod, struct wh_str who, struct wh_str network, struct wh_str room, int64_t id)
{
	struct shelf *shelf = who.n != 0 ? wh_dict_get(mod->host, mod->by_who, who) : NULL;

	if (shelf != NULL)
		for (struct wh_list *l = shelf->penalties.next; l != &shelf->penalties; l = l->next)
			if (WH_CONTAINER(l, struct penalty, by_who)->id == id)
				return WH_CONTAINER(l, struct penalty, by_who);
	shelf = who.n == 0 && network.n != 0 ? wh_dict_get(mod->host, mod->by_network, network) : NULL;
	if (shelf != NULL)
		for (struct wh_list *l = shelf->penalties.next; l != &shelf->penalties; l = l->next)
			if (WH_CONTAINER(l, struct penalty, by_network)->id == id)
				return WH_CONTAINER(l, struct penalty, by_network);
	shelf = who.n == 0 && room.n != 0 ? wh_dict_get(mod->host, mod->by_room, room) : NULL;
	if (shelf != NULL)
		for (struct wh_list *l = shelf->penalties.next; l != &shelf->penalties; l = l->next)
			if (WH_CONTAINER(l, struct penalty, by_room)->id == id)
				return WH_CONTAINER(l, struct penalty, by_room);
	return NULL;
}

void
penalties_move(struct moderation *mod, struct wh_str from, struct wh_str to)
{
	size_t left = mod->n_penalties;
	struct wh_list *l = mod->penalties.next, *next;

	/* New ones come behind those that are there. */
	for (; left != 0; left--, l = next) {
		struct penalty *p = WH_CONTAINER(l, struct penalty, all), moved = *p;

		next = l->next;
		if (!wh_str_eq(p->room, from))
			continue;
		moved.room = to;
		if (penalty_add(mod, &moved) == WH_OK)
			penalty_remove(mod, p);
		else
			wh_host_log(mod->host, WH_ERROR, "out_of_memory", WH_T("for", "what is in force in a room of another name"));
	}
}

static bool
penalty_here(const struct penalty *p, struct wh_str room, uint32_t kinds, int64_t now)
{
	return (kinds >> p->kind & 1) != 0 && !penalty_over(p, now) && (p->room.n == 0 || wh_str_eq(p->room, room));
}

/* The heavier one counts. */
static const struct penalty *
heavier(const struct penalty *a, const struct penalty *b)
{
	if (a == NULL || a->kind != b->kind)
		return a == NULL || b->kind > a->kind ? b : a;
	return b->until == 0 || (a->until != 0 && b->until > a->until) ? b : a;
}

static const struct penalty *
penalty_of_network(struct moderation *mod, struct wh_str network, struct wh_str room, uint32_t kinds, uint32_t scope, int64_t now)
{
	const struct shelf *shelf = network.n != 0 ? wh_dict_get(mod->host, mod->by_network, network) : NULL;
	const struct penalty *found = NULL;

	if (shelf == NULL)
		return NULL;
	for (struct wh_list *l = shelf->penalties.next; l != &shelf->penalties; l = l->next) {
		const struct penalty *p = WH_CONTAINER(l, struct penalty, by_network);

		if ((p->scope & scope) != 0 && penalty_here(p, room, kinds, now))
			found = heavier(found, p);
	}
	return found;
}

const struct penalty *
penalty_of(struct moderation *mod, struct wh_session *s, struct wh_str room, uint32_t kinds)
{
	const struct wh_identity *who = wh_session_identity(mod->host, s);
	const struct shelf *shelf = wh_dict_get(mod->host, mod->by_who, who->id);
	const struct penalty *found = NULL;
	int64_t now = wh_wall_ms(mod->host);

	if (shelf != NULL)
		for (struct wh_list *l = shelf->penalties.next; l != &shelf->penalties; l = l->next) {
			const struct penalty *p = WH_CONTAINER(l, struct penalty, by_who);

			if ((p->scope == 0 || (p->scope & WH_SCOPE_ACCOUNT) != 0) && penalty_here(p, room, kinds, now))
				found = heavier(found, p);
		}
	/* Neighbours who are known here are not meant by what holds for a network. */
	if (found == NULL && wh_dict_count(mod->host, mod->by_network) != 0 && who->kind != WH_OPERATOR) {
		struct wh_trust trust;
		uint32_t scope = who->kind == WH_GUEST ? WH_SCOPE_NETWORK | MOD_SCOPE_GUESTS : WH_SCOPE_NETWORK;
		char key[MOD_NETWORK];

		for (unsigned i = 0; i < 2 && found == NULL; i++)
			found = penalty_of_network(mod, network_of(mod, wh_session_address(mod->host, s), i == 1, key), room, kinds, scope, now);
		if (found != NULL && person_trust(mod, s, room, &trust) >= WH_TRUST_KNOWN)
			found = NULL;
	}
	return found;
}

const struct penalty *
penalty_of_room(struct moderation *mod, struct wh_str room, enum mod_kind kind)
{
	const struct shelf *shelf = wh_dict_count(mod->host, mod->by_room) != 0 ? wh_dict_get(mod->host, mod->by_room, room) : NULL;
	const struct penalty *found = NULL;
	int64_t now = wh_wall_ms(mod->host);

	if (shelf != NULL)
		for (struct wh_list *l = shelf->penalties.next; l != &shelf->penalties; l = l->next) {
			const struct penalty *p = WH_CONTAINER(l, struct penalty, by_room);

			/* Of several slow modes the slowest. */
			if (p->kind == kind && !penalty_over(p, now) && (found == NULL || p->value > found->value || (p->value == found->value && heavier(found, p) == p)))
				found = p;
		}
	return found;
}

void
penalty_each(struct moderation *mod, struct wh_str who, struct wh_str room, bool (*each)(void *self, const struct penalty *p), void *self)
{
	const struct shelf *shelf = who.n != 0 ? wh_dict_get(mod->host, mod->by_who, who) : wh_dict_get(mod->host, mod->by_room, room);
	int64_t now = wh_wall_ms(mod->host);

	if (shelf == NULL)
		return;
	for (struct wh_list *l = shelf->penalties.next, *next; l != &shelf->penalties; l = next) {
		const struct penalty *p = who.n != 0 ? WH_CONTAINER(l, struct penalty, by_who) : WH_CONTAINER(l, struct penalty, by_room);

		next = l->next;
		if (!penalty_over(p, now) && !each(self, p))
			return;
	}
}

int64_t
penalty_slow(struct moderation *mod, const struct penalty *slow, struct wh_str who)
{
	struct shelf *shelf = wh_dict_get(mod->host, mod->by_room, slow->room);
	int64_t now = wh_wall_ms(mod->host), *spoke, wait;
	uint64_t hash = 1469598103934665603u;

	if (shelf->spoke == NULL)
		shelf->spoke = wh_new(mod->host, MOD_SLOW_SEATS * sizeof *shelf->spoke);
	if (shelf->spoke == NULL)
		return 0;
	for (size_t i = 0; i < who.n; i++)
		hash = (hash ^ (unsigned char)who.p[i]) * 1099511628211u;
	spoke = &shelf->spoke[(hash ^ hash >> 32) % MOD_SLOW_SEATS];
	wait = *spoke + slow->value - now;
	if (wait > 0 && *spoke != 0)
		return wait;
	*spoke = now;
	return 0;
}

void
penalty_tell_room(struct moderation *mod, struct wh_str room)
{
	struct wh_room *hub = wh_room_find(mod->host, room);
	const struct penalty *slow = penalty_of_room(mod, room, MOD_SLOW), *registered = penalty_of_room(mod, room, MOD_REGISTERED_ONLY),
		*lockdown = penalty_of_room(mod, room, MOD_LOCKDOWN);
	struct wh_chat_room shown;
	const struct wh_item items[] = {
		WH_ITEM_STR("room", mod->chat->room(mod->chat_self, room, &shown) ? shown.name : room), WH_ITEM_INT("slow", slow != NULL ? slow->value : 0),
		WH_ITEM_BOOL("registered_only", registered != NULL), WH_ITEM_BOOL("lockdown", lockdown != NULL),
	};

	if (hub != NULL)
		wh_room_publish(mod->host, hub, 0, &(struct wh_event){ "moderation.room", items, sizeof items / sizeof items[0] }, NULL, WH_PRESENCE);
}

/* A part of them each time: what is over goes, the rest is looked at again when its turn comes. */
void
penalty_tick(struct moderation *mod)
{
	int64_t now = wh_wall_ms(mod->host);
	char room[MOD_ROOM + 1];

	for (size_t i = 0, n = mod->n_penalties < TICK_LOOKS ? mod->n_penalties : TICK_LOOKS; i < n; i++) {
		struct penalty *p = WH_CONTAINER(mod->penalties.next, struct penalty, all);
		bool of_room = kind_of_room(p->kind);

		wh_list_remove(&p->all);
		wh_list_add_last(&mod->penalties, &p->all);
		if (!penalty_over(p, now))
			continue;
		text_copy(room, sizeof room, p->room);
		penalty_remove(mod, p);
		if (of_room)
			penalty_tell_room(mod, wh_str(room));
	}
}

enum wh_err
penalty_open(struct moderation *mod)
{
	mod->by_who = wh_dict_new(mod->host, 0);
	mod->by_network = wh_dict_new(mod->host, 0);
	mod->by_room = wh_dict_new(mod->host, 0);
	return mod->by_who != NULL && mod->by_network != NULL && mod->by_room != NULL ? WH_OK : WH_ENOMEM;
}

void
penalty_close(struct moderation *mod)
{
	while (!wh_list_empty(&mod->penalties))
		penalty_remove(mod, WH_CONTAINER(mod->penalties.next, struct penalty, all));
	wh_dict_free(mod->host, &mod->by_who);
	wh_dict_free(mod->host, &mod->by_network);
	wh_dict_free(mod->host, &mod->by_room);
}
