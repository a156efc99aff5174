/* Items of the queue: how they come in, are merged, and what is published of what was held. */
#include <stdio.h>

#include "own.h"

enum { MERGE_MS = 3600000 };

struct adding {
	struct moderation *mod;
	struct wh_list link;		/* in mod->holds */
	struct item item;		/* slices in `text` */
	int64_t id;
	action_done *done;
	uint64_t cookie;
	char text[];
};

static void
adding_end(struct adding *a, enum wh_err err)
{
	struct moderation *mod = a->mod;
	action_done *done = a->done;
	uint64_t cookie = a->cookie;
	int64_t id = a->id;

	wh_list_remove(&a->link);
	wh_delete(mod->host, a);
	if (err != WH_OK)
		wh_host_log(mod->host, WH_WARN, "item_not_kept", WH_I("err", err));
	if (done != NULL)
		done(mod, cookie, err, id);
}

static void
items_count(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	if (r->err == WH_OK)
		wh_metric_set(mod->host, &moderation_metrics[M_OPEN_ITEMS], wh_row_int(&r->rows[r->n - 1], 0, 0));
}

static void
adding_tell(const struct adding *a, bool again)
{
	static const char *const kinds[ITEM_KINDS] = { "", "report", "held", "flag", "appeal" };
	struct wh_chat_room room;
	char id[MOD_ID_TEXT];

	id_text(a->id, id);
	const struct wh_item items[] = { WH_ITEM_STR("item", wh_str(id)), WH_ITEM_STR("kind", wh_str(kinds[a->item.kind])),
		WH_ITEM_STR("room", a->mod->chat->room(a->mod->chat_self, a->item.room, &room) ? room.name : a->item.room), WH_ITEM_STR("name", a->item.name),
		WH_ITEM_STR("reason", a->item.reason), WH_ITEM_BOOL("again", again) };

	moderators_tell(a->mod, &(struct wh_event){ "moderation.queued", items, sizeof items / sizeof items[0] });
}

static void
item_added(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct adding *a = (struct adding *)(uintptr_t)cookie;

	items_count(self, 0, r);
	if (r->err == WH_OK)
		adding_tell(a, false);
	adding_end(a, r->err == WH_ESTATE ? WH_EFULL : r->err);
}

/* An error: it is not under way, and the caller's still. */
static enum wh_err
item_insert(struct adding *a)
{
	struct moderation *mod = a->mod;
	const struct item *i = &a->item;
	const struct wh_cell cells[] = { WH_CELL_INT(a->id), WH_CELL_INT(i->kind), WH_CELL_INT(wh_wall_ms(mod->host)), WH_CELL_TEXT(i->room), WH_CELL_TEXT(i->who),
		WH_CELL_TEXT(i->name), WH_CELL_TEXT(i->network), WH_CELL_TEXT(i->by), WH_CELL_TEXT(i->by_name), WH_CELL_TEXT(i->text), WH_CELL_TEXT(i->words),
		WH_CELL_TEXT(i->reason), WH_CELL_TEXT(i->evidence), WH_CELL_TEXT(i->pack), WH_CELL_TEXT(i->version), WH_CELL_TEXT(i->rule), WH_CELL_INT(i->entry),
		WH_CELL_INT(i->action), WH_CELL_TEXT(i->form), WH_CELL_INT(i->ref) };
	const struct wh_cell over[] = { WH_CELL_INT(i->entry), WH_CELL_TEXT(i->who), WH_CELL_INT(wh_wall_ms(mod->host)) };
	struct wh_step steps[3];
	size_t n = 0;

	/* A change that waits is overtaken by the next one, and never rewritten: nobody decides about other words than those they saw. */
	if (i->kind == ITEM_HELD && wh_str_is(i->form, "edit"))
		steps[n++] = (struct wh_step){ Q_EDITS_OVER, over, 3, WH_ANY };
	steps[n++] = (struct wh_step){ Q_ITEM_ADD, cells, 20, WH_ONE };
	steps[n++] = (struct wh_step){ Q_COUNT_OPEN, NULL, 0, WH_ANY };
	return wh_store_run(&mod->table, steps, n, item_added, (uintptr_t)a);
}

static void
item_merged(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct adding *a = (struct adding *)(uintptr_t)cookie;
	enum wh_err err = r->err;

	(void)self;
	if (err == WH_OK && r->rows[0].n == 0)
		err = item_insert(a);
	if (err != WH_OK) {
		adding_end(a, err);
	} else if (r->rows[0].n != 0) {
		a->id = wh_row_int(&r->rows[0], 0, 0);
		adding_tell(a, true);
		adding_end(a, WH_OK);
	}
}

enum wh_err
item_add(struct moderation *mod, const struct item *i, action_done *done, uint64_t cookie)
{
	struct adding *a = wh_new(mod->host, sizeof *a + i->room.n + i->who.n + i->name.n + i->network.n + i->by.n + i->by_name.n + i->text.n + i->words.n + i->reason.n +
	    i->evidence.n + i->pack.n + i->version.n + i->rule.n + i->form.n);
	char *to;

	if (a == NULL)
		return WH_ENOMEM;
	to = a->text;
	*a = (struct adding){ .mod = mod, .item = *i, .id = mod_next_id(mod), .done = done, .cookie = cookie };
	wh_list_init(&a->link);
	wh_list_add_last(&mod->holds, &a->link);
	a->item.room = text_keep(&to, i->room);
	a->item.who = text_keep(&to, i->who);
	a->item.name = text_keep(&to, i->name);
	a->item.network = text_keep(&to, i->network);
	a->item.by = text_keep(&to, i->by);
	a->item.by_name = text_keep(&to, i->by_name);
	a->item.text = text_keep(&to, i->text);
	a->item.words = text_keep(&to, i->words);
	a->item.reason = text_keep(&to, i->reason);
	a->item.evidence = text_keep(&to, i->evidence);
	a->item.pack = text_keep(&to, i->pack);
	a->item.version = text_keep(&to, i->version);
	a->item.rule = text_keep(&to, i->rule);
	a->item.form = text_keep(&to, i->form);
	enum wh_err err;

	if (i->kind == ITEM_HELD) {
		wh_metric_add(mod->host, &moderation_metrics[M_HELD], 1);
		err = item_insert(a);
		if (err != WH_OK) {
			wh_list_remove(&a->link);
			wh_delete(mod->host, a);
		}
		return err;
	}
	if (i->kind == ITEM_REPORT)
		wh_metric_add(mod->host, &moderation_metrics[M_REPORTS], 1);
	const struct wh_cell cells[] = { WH_CELL_INT(i->kind), WH_CELL_TEXT(a->item.who), WH_CELL_INT(i->entry), WH_CELL_INT(i->action), WH_CELL_TEXT(a->item.by),
		WH_CELL_TEXT(a->item.words), WH_CELL_INT(wh_wall_ms(mod->host) - MERGE_MS) };

	err = wh_store_run(&mod->table, &(struct wh_step){ Q_ITEM_MERGE, cells, 7, WH_ANY }, 1, item_merged, (uintptr_t)a);

	if (err != WH_OK) {
		wh_list_remove(&a->link);
		wh_delete(mod->host, a);
	}
	return err;
}

static void
item_mark(struct moderation *mod, int64_t id, enum item_state state)
{
	const struct wh_cell cells[] = { WH_CELL_INT(id), WH_CELL_INT(state) };
	const struct wh_step steps[] = { { Q_ITEM_STATE, cells, 2, WH_ANY }, { Q_COUNT_OPEN, NULL, 0, WH_ANY } };

	if (wh_store_run(&mod->table, steps, 2, items_count, 0) != WH_OK)
		wh_host_log(mod->host, WH_WARN, "item_not_marked", WH_I("id", id));
}

void
held_edits_over(struct moderation *mod, struct wh_str who, int64_t entry)
{
	const struct wh_cell cells[] = { WH_CELL_INT(entry), WH_CELL_TEXT(who), WH_CELL_INT(wh_wall_ms(mod->host)) };
	const struct wh_step steps[] = { { Q_EDITS_OVER, cells, 3, WH_ANY }, { Q_COUNT_OPEN, NULL, 0, WH_ANY } };

	if (entry != 0 && wh_store_run(&mod->table, steps, 2, items_count, 0) != WH_OK)
		wh_host_log(mod->host, WH_WARN, "held_edits_not_marked", WH_I("entry", entry));
}

void
item_reopen(struct moderation *mod, int64_t id)
{
	item_mark(mod, id, ITEM_OPEN);
}

/* Publishing what was held: with a nonce, so that it is said once, whatever dies meanwhile. */

struct publishing {
	struct moderation *mod;
	struct wh_list link;		/* in mod->holds */
	int64_t item, edits;		/* `edits`: the message that is changed; 0: none, it is said */
	char room[MOD_ROOM + 1], who[MOD_ID + 1], name[MOD_NAME + 1], by[MOD_ID + 1], by_name[MOD_NAME + 1];
};

static void
published(void *self, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct moderation *mod = self;
	struct publishing *p = (struct publishing *)(uintptr_t)cookie;
	const char *why = err == WH_OK ? p->edits != 0 ? "the change of your message" : "" : err == WH_EPERM ? "they take no whispers from you any more" :
	    p->edits != 0 ? "the message is gone" : "the room is gone";
	const struct mod_act act = { .kind = err == WH_OK ? MOD_APPROVE : MOD_DENY, .who = wh_str(p->who), .name = wh_str(p->name), .network = WH_STR(""), .room = wh_str(p->room),
		.reason = WH_STR(""), .text = wh_str(why), .evidence = WH_STR(""), .pack = WH_STR(""), .version = WH_STR(""), .rule = WH_STR(""),
		.by = wh_str(p->by), .by_name = wh_str(p->by_name), .entry = id, .item = p->item };

	/* What can't be written now is tried again after a restart. */
	if (err == WH_OK || err == WH_ENOENT || err == WH_EINVAL || err == WH_ENOTSUP || err == WH_EPERM) {
		action_apply(mod, &act, NULL, 0);
		item_mark(mod, p->item, ITEM_DONE);
	}
	wh_list_remove(&p->link);
	wh_delete(mod->host, p);
}

void
held_publish(struct moderation *mod, const struct wh_rows *rows, size_t row)
{
	struct publishing *p = wh_new(mod->host, sizeof *p);
	char nonce[32];
	enum wh_err err;

	if (p == NULL)
		return;
	p->mod = mod;
	wh_list_init(&p->link);
	wh_list_add_last(&mod->holds, &p->link);
	p->item = wh_row_int(rows, row, I_ID);
	text_copy(p->room, sizeof p->room, wh_row_str(rows, row, I_ROOM));
	text_copy(p->who, sizeof p->who, wh_row_str(rows, row, I_WHO));
	text_copy(p->name, sizeof p->name, wh_row_str(rows, row, I_NAME));
	text_copy(p->by, sizeof p->by, wh_row_str(rows, row, I_DECIDED_BY));
	text_copy(p->by_name, sizeof p->by_name, wh_row_str(rows, row, I_DECIDED_NAME));
	p->edits = wh_str_is(wh_row_str(rows, row, I_FORM), "edit") ? wh_row_int(rows, row, I_REF) : 0;
	snprintf(nonce, sizeof nonce, "held-%016llx", (unsigned long long)p->item);
	const struct wh_chat_actor author = { wh_str(p->who), wh_str(p->name) };

	if (p->edits != 0)
		err = mod->chat->edit_for(mod->chat_self, wh_str(p->room), p->edits, &author, wh_row_str(rows, row, I_TEXT), wh_str(nonce), published, mod, (uintptr_t)p);
	else
		err = mod->chat->say_for(mod->chat_self, wh_str(p->room), &author, wh_row_str(rows, row, I_FORM), wh_row_str(rows, row, I_TEXT), wh_row_int(rows, row, I_REF), wh_str(nonce),
		    published, mod, (uintptr_t)p);
	if (err != WH_OK)
		published(mod, (uintptr_t)p, err, 0);
}

/* What was decided and not done when the hub died. */

static void
half_undone(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	(void)id;
	if (err == WH_OK || err == WH_ESTATE || err == WH_ENOENT)
		item_mark(mod, (int64_t)cookie, ITEM_DONE);
}

static void
half_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++) {
		const struct wh_rows *rows = &r->rows[0];

		if (wh_row_int(rows, i, I_KIND) == ITEM_HELD)
			held_publish(mod, rows, i);
		else if (wh_row_int(rows, i, I_KIND) == ITEM_APPEAL)
			undo_do(mod, &(struct undo_what){ .id = wh_row_int(rows, i, I_ACTION), .by = wh_row_str(rows, i, I_DECIDED_BY),
				.by_name = wh_row_str(rows, i, I_DECIDED_NAME), .text = WH_STR("appeal") }, half_undone, (uint64_t)wh_row_int(rows, i, I_ID));
		else
			item_mark(mod, wh_row_int(rows, i, I_ID), ITEM_DONE);
	}
}

void
items_resume(struct moderation *mod)
{
	wh_store_run(&mod->table, &(struct wh_step){ Q_ITEMS_HALF, NULL, 0, WH_ANY }, 1, half_found, 0);
	wh_store_run(&mod->table, &(struct wh_step){ Q_COUNT_OPEN, NULL, 0, WH_ANY }, 1, items_count, 0);
}

/* The plugin closes. */
void
items_free(struct moderation *mod)
{
	while (!wh_list_empty(&mod->holds)) {
		struct wh_list *l = mod->holds.next;

		/* Both structs begin alike: the plugin, then the link. */
		_Static_assert(offsetof(struct adding, link) == offsetof(struct publishing, link), "freed alike");
		wh_list_remove(l);
		wh_delete(mod->host, WH_CONTAINER(l, struct adding, link));
	}
}
