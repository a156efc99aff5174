/* The queue: what waits for a moderator, who has claimed it, and what was decided. A decision is one transaction that only one moderator can win; what
 * follows of it is done behind it, and again after a restart. */
#include <stdio.h>

#include "own.h"

static const char *const item_kinds[ITEM_KINDS] = { "", "report", "held", "flag", "appeal" };

static void
item_write(struct moderation *mod, const struct wh_rows *rows, size_t i, struct wh_json *w)
{
	static const struct {
		const char *key;
		enum item_column column;
	} texts[] = { { "room", I_ROOM }, { "who", I_WHO }, { "name", I_NAME }, { "by", I_BY_NAME }, { "by_id", I_BY }, { "text", I_TEXT }, { "words", I_WORDS },
		{ "reason", I_REASON }, { "pack", I_PACK }, { "version", I_VERSION }, { "rule", I_RULE }, { "decision", I_DECISION }, { "decided_by", I_DECIDED_NAME } };
	int64_t kind = wh_row_int(rows, i, I_KIND);
	bool edit = kind == ITEM_HELD && wh_str_is(wh_row_str(rows, i, I_FORM), "edit");
	struct wh_str evidence = wh_row_str(rows, i, I_EVIDENCE);

	wh_json_object(w, NULL);
	write_id(w, "item", wh_row_int(rows, i, I_ID));
	wh_json_text(w, "kind", kind > 0 && kind < ITEM_KINDS ? item_kinds[kind] : "");
	wh_json_int(w, "time", wh_row_int(rows, i, I_TIME));
	for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
		/* Of a change, what the message says until it is decided. */
		write_some(w, edit && texts[k].column == I_WORDS ? "before" : texts[k].key, wh_row_str(rows, i, texts[k].column));
	if (evidence.n > 2)
		wh_json_raw(w, "evidence", evidence);
	write_id(w, "message", wh_row_int(rows, i, I_ENTRY));
	if (edit)
		wh_json_bool(w, "edit", true);
	write_id(w, "action", wh_row_int(rows, i, I_ACTION));
	wh_json_int(w, "count", wh_row_int(rows, i, I_COUNT));
	wh_json_bool(w, "open", wh_row_int(rows, i, I_STATE) == ITEM_OPEN);
	if (wh_row_str(rows, i, I_CLAIM).n != 0 && wh_row_int(rows, i, I_CLAIM_UNTIL) > wh_wall_ms(mod->host)) {
		wh_json_str(w, "claimed_by", wh_row_str(rows, i, I_CLAIM_NAME));
		wh_json_int(w, "claimed_until", wh_row_int(rows, i, I_CLAIM_UNTIL));
	}
	wh_json_end(w);
}

static void
queue_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, mod_store_failed(call, r->err));
		return;
	}
	wh_json_int(wh_reply(call), "open", wh_row_int(&r->rows[1], 0, 0));
	wh_json_array(wh_reply(call), "items");
	for (size_t i = 0; i < r->rows[0].n; i++)
		item_write(mod, &r->rows[0], i, wh_reply(call));
	wh_json_end(wh_reply(call));
	if (r->rows[0].n != 0 && r->rows[0].n == (size_t)wh_arg_int(call, "limit"))
		write_id(wh_reply(call), "next", wh_row_int(&r->rows[0], r->rows[0].n - 1, I_ID));
	wh_call_done(call, WH_OK);
}

/* For moderators of the server; room_queue is the same for one room. */
enum wh_err
queue_read(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	struct wh_str kind = wh_arg_str(call, "kind"), who = wh_arg_str(call, "who");
	int64_t after = 0, kind_number = 0;
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	if (wh_arg_has(call, "after") && !id_parse(wh_arg_str(call, "after"), &after))
		return wh_fail(call, WH_EINVAL, "that is no item's id");
	for (int k = 1; k < ITEM_KINDS; k++)
		if (wh_str_is(kind, item_kinds[k]))
			kind_number = k;
	const struct wh_cell cells[] = { WH_CELL_INT(after), WH_CELL_INT(kind_number), WH_CELL_INT(wh_str_is(wh_arg_str(call, "state"), "done")), WH_CELL_TEXT(wh_str(room)),
		WH_CELL_TEXT(wh_arg_bool(call, "mine") ? wh_session_identity(mod->host, wh_call_session(call))->id : WH_STR("")), WH_CELL_INT(wh_wall_ms(mod->host)),
		WH_CELL_TEXT(who.p != NULL ? who : WH_STR("")), WH_CELL_INT(wh_arg_int(call, "limit")) };
	const struct wh_step steps[] = { { Q_ITEMS, cells, 8, WH_ANY }, { Q_COUNT_OPEN, NULL, 0, WH_ANY } };

	return mod_run(mod, call, steps, 2, queue_found);
}

/* Several at once: each by itself, the answer when all are through. */

struct bulk {
	struct wh_list link;		/* in mod->bulks */
	struct moderation *mod;
	bool claims;			/* or decides */
	wh_id call;
	unsigned n, left, done;
	int64_t group;			/* of what is done, so that one undoing takes all of it back; 0: nothing is */
	struct bulk_one {
		struct bulk *bulk;
		int64_t id;
		const char *why;	/* NULL: it went well */
		enum item_kind kind;
		char room[MOD_ROOM + 1], who[MOD_ID + 1], name[MOD_NAME + 1], network[MOD_NETWORK], by[MOD_ID + 1];
		int64_t entry, action;
	} items[MOD_BULK];
};

static void
bulk_free(struct bulk *b)
{
	wh_list_remove(&b->link);
	wh_delete(b->mod->host, b);
}

void
bulks_free(struct moderation *mod)
{
	while (!wh_list_empty(&mod->bulks))
		bulk_free(WH_CONTAINER(mod->bulks.next, struct bulk, link));
}

static bool
claim_on(struct wh_call *call)
{
	return !wh_arg_has(call, "on") || wh_arg_bool(call, "on");
}

/* Others have the queue open as well. */
static void
bulk_tell(struct bulk *b, struct wh_call *call)
{
	char ids[MOD_BULK * (MOD_ID_TEXT + 2) + 2], id[MOD_ID_TEXT];
	size_t n = 0;

	for (unsigned i = 0; i < b->n; i++) {
		if (b->items[i].why != NULL)
			continue;
		id_text(b->items[i].id, id);
		n += (size_t)snprintf(ids + n, sizeof ids - n, "%c\"%s\"", n == 0 ? '[' : ',', id);
	}
	ids[n++] = ']';
	const struct wh_item items[] = { WH_ITEM_JSON("items", ((struct wh_str){ ids, n })), WH_ITEM_STR("by", wh_session_identity(b->mod->host, wh_call_session(call))->name),
		b->claims ? WH_ITEM_BOOL("on", claim_on(call)) : WH_ITEM_STR("decision", wh_arg_str(call, "decision")) };

	moderators_tell(b->mod, &(struct wh_event){ b->claims ? "moderation.claimed" : "moderation.decided", items, sizeof items / sizeof items[0] });
}

static void
bulk_end(struct bulk *b)
{
	struct wh_call *call = wh_call_find(b->mod->host, b->call);

	if (call != NULL && b->done > 0)
		bulk_tell(b, call);
	if (call != NULL) {
		wh_json_uint(wh_reply(call), "done", b->done);
		wh_json_array(wh_reply(call), "refused");
		for (unsigned i = 0; i < b->n; i++) {
			if (b->items[i].why == NULL)
				continue;
			wh_json_object(wh_reply(call), NULL);
			write_id(wh_reply(call), "item", b->items[i].id);
			wh_json_text(wh_reply(call), "why", b->items[i].why);
			wh_json_end(wh_reply(call));
		}
		wh_json_end(wh_reply(call));
		if (b->group != 0)
			write_id(wh_reply(call), "group", b->group);
		wh_call_done(call, WH_OK);
	}
	bulk_free(b);
}

static void
bulk_step(struct bulk_one *one, const char *why)
{
	struct bulk *b = one->bulk;

	one->why = why;
	b->done += why == NULL;
	if (--b->left == 0)
		bulk_end(b);
}

/* Reads the ids; `look` is run with each item's row. */
static enum wh_err
bulk_begin(struct moderation *mod, struct wh_call *call, bool claims, wh_store_done *look)
{
	const struct wh_value *list = wh_arg(call, "items");
	struct wh_json_in in = wh_json_each(list);
	struct bulk *b = wh_new(mod->host, sizeof *b);
	struct wh_value one;

	if (b == NULL)
		return WH_ENOMEM;
	b->mod = mod;
	b->claims = claims;
	wh_list_init(&b->link);
	wh_list_add_last(&mod->bulks, &b->link);
	while (wh_json_next(&in, NULL, &one)) {
		if (b->n == MOD_BULK || one.type != WH_V_STR || !id_parse(one.s, &b->items[b->n].id)) {
			enum wh_err err = wh_fail(call, b->n == MOD_BULK ? WH_ETOOBIG : WH_EINVAL, b->n == MOD_BULK ? "at most 100 items at once" : "that is no item's id");

			bulk_free(b);
			return err;
		}
		b->items[b->n].bulk = b;
		b->n++;
	}
	b->call = wh_call_hold(call);
	b->left = b->n + 1;	/* it stays while we begin */
	for (unsigned i = 0; i < b->n; i++)
		if (wh_store_run(&mod->table, &(struct wh_step){ Q_ITEM, &WH_CELL_INT(b->items[i].id), 1, WH_ANY }, 1, look, (uintptr_t)&b->items[i]) != WH_OK)
			bulk_step(&b->items[i], "it can't be read now; try again");
	if (--b->left == 0)
		bulk_end(b);
	return WH_WAIT;
}

/* May the caller deal with it? Takes what is needed of the row. */
static struct wh_call *
bulk_look(struct bulk_one *one, const struct wh_result *r)
{
	struct moderation *mod = one->bulk->mod;
	struct wh_call *call = wh_call_find(mod->host, one->bulk->call);

	if (call == NULL || r->err != WH_OK || r->rows[0].n == 0) {
		bulk_step(one, r->err != WH_OK || call == NULL ? "it can't be read now; try again" : "there is no such item");
		return NULL;
	}
	one->kind = (enum item_kind)wh_row_int(&r->rows[0], 0, I_KIND);
	one->entry = wh_row_int(&r->rows[0], 0, I_ENTRY);
	one->action = wh_row_int(&r->rows[0], 0, I_ACTION);
	text_copy(one->room, sizeof one->room, wh_row_str(&r->rows[0], 0, I_ROOM));
	text_copy(one->who, sizeof one->who, wh_row_str(&r->rows[0], 0, I_WHO));
	text_copy(one->name, sizeof one->name, wh_row_str(&r->rows[0], 0, I_NAME));
	text_copy(one->network, sizeof one->network, wh_row_str(&r->rows[0], 0, I_NETWORK));
	text_copy(one->by, sizeof one->by, wh_row_str(&r->rows[0], 0, I_BY));
	if (!person_moderates(mod, wh_call_session(call), wh_str(one->room))) {
		bulk_step(one, "you do not moderate that room");
		return NULL;
	}
	return call;
}

/* Claims */

static void
claimed(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct bulk_one *one = (struct bulk_one *)(uintptr_t)cookie;

	(void)self;
	bulk_step(one, r->err == WH_OK ? NULL : r->err == WH_ESTATE ? "somebody else has it, or it is decided" : "it can't be claimed now; try again");
}

static void
claim_looked(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct bulk_one *one = (struct bulk_one *)(uintptr_t)cookie;
	struct wh_call *call = bulk_look(one, r);

	if (call == NULL)
		return;
	const struct wh_identity *who = wh_session_identity(mod->host, wh_call_session(call));
	int64_t now = wh_wall_ms(mod->host);
	bool on = claim_on(call);
	const struct wh_cell cells[] = { WH_CELL_INT(one->id), WH_CELL_TEXT(who->id), WH_CELL_TEXT(who->name), WH_CELL_INT(now + mod->set.claim_ms), WH_CELL_INT(now) };

	if (wh_store_run(&mod->table, &(struct wh_step){ on ? Q_CLAIM : Q_RELEASE, cells, on ? 5 : 2, WH_ONE }, 1, claimed, cookie) != WH_OK)
		bulk_step(one, "it can't be claimed now; try again");
}

enum wh_err
queue_claim(void *self, struct wh_call *call)
{
	return bulk_begin(self, call, true, claim_looked);
}

/* Decisions */

static void
decision_log(struct bulk_one *one, struct wh_call *call, enum mod_kind kind)
{
	struct moderation *mod = one->bulk->mod;
	struct mod_act act = { .kind = kind };

	act_by(mod, call, &act);
	act.who = kind == MOD_ANSWER ? wh_str(one->by) : wh_str(one->who);
	act.name = kind == MOD_ANSWER ? WH_STR("") : wh_str(one->name);
	act.room = wh_str(one->room);
	act.item = one->id;
	action_apply(mod, &act, NULL, 0);
}

static void
appeal_undone(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	const struct wh_cell cells[] = { WH_CELL_INT((int64_t)cookie), WH_CELL_INT(ITEM_DONE) };

	(void)id;
	if (err == WH_OK || err == WH_ESTATE || err == WH_ENOENT)
		wh_store_run(&mod->table, &(struct wh_step){ Q_ITEM_STATE, cells, 2, WH_ANY }, 1, mod_written, 0);
}

/* What a report or a flag comes to. */
static void
decision_act(struct bulk_one *one, struct wh_call *call)
{
	struct moderation *mod = one->bulk->mod;
	struct mod_act act = { .kind = kind_find(wh_arg_str(call, "do")), .time_ms = wh_arg_has(call, "for") ? wh_arg_int(call, "for") : 0 };

	if (act.kind == 0 || (act.kind == MOD_REDACT && one->entry == 0))
		return;
	act_by(mod, call, &act);
	act.who = wh_str(one->who);
	act.name = wh_str(one->name);
	act.room = act.kind == MOD_BAN || one->room[0] == '@' ? WH_STR("") : wh_str(one->room);
	if (act.kind == MOD_REDACT)
		act.room = wh_str(one->room);
	act.entry = one->entry;
	act.item = one->id;
	act.network = wh_str(one->network);
	if (one->bulk->group == 0)
		one->bulk->group = mod_next_id(mod);
	act.group = one->bulk->group;
	if (action_apply(mod, &act, NULL, 0) != WH_OK)
		wh_host_log(mod->host, WH_WARN, "decision_not_done", WH_I("item", one->id));
}

static void
decided(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct bulk_one *one = (struct bulk_one *)(uintptr_t)cookie;
	struct wh_call *call = wh_call_find(mod->host, one->bulk->call);
	bool approve;

	if (r->err != WH_OK || call == NULL) {
		bulk_step(one, r->err == WH_ESTATE ? "it is decided, claimed by somebody else, or about what you did yourself" : "it can't be decided now; try again");
		return;
	}
	wh_metric_set(mod->host, &moderation_metrics[M_OPEN_ITEMS], wh_row_int(&r->rows[2], 0, 0));
	approve = wh_str_is(wh_arg_str(call, "decision"), "approve");
	if (one->kind == ITEM_HELD && approve) {
		held_publish(mod, &r->rows[1], 0);
	} else if (one->kind == ITEM_HELD) {
		decision_log(one, call, MOD_DENY);
		decision_act(one, call);
	} else if (one->kind == ITEM_APPEAL) {
		const struct wh_identity *by = wh_session_identity(mod->host, wh_call_session(call));

		if (approve && undo_do(mod, &(struct undo_what){ .id = one->action, .by = by->id, .by_name = by->name, .text = WH_STR("appeal") }, appeal_undone, (uint64_t)one->id) != WH_OK)
			wh_host_log(mod->host, WH_WARN, "appeal_not_done", WH_I("item", one->id));
		decision_log(one, call, MOD_ANSWER);
	} else if (approve) {
		decision_act(one, call);
		if (!wh_arg_has(call, "do"))
			decision_log(one, call, MOD_FLAG);
	} else {
		decision_log(one, call, MOD_DISMISS);
	}
	bulk_step(one, NULL);
}

static void
decide_looked(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct bulk_one *one = (struct bulk_one *)(uintptr_t)cookie;
	struct wh_call *call = bulk_look(one, r);

	if (call == NULL)
		return;
	const struct wh_identity *who = wh_session_identity(mod->host, wh_call_session(call));
	bool half = wh_str_is(wh_arg_str(call, "decision"), "approve") && (one->kind == ITEM_HELD || one->kind == ITEM_APPEAL);
	const struct wh_cell cells[] = { WH_CELL_INT(one->id), WH_CELL_INT(half ? ITEM_HALF : ITEM_DONE), WH_CELL_TEXT(wh_arg_str(call, "decision")), WH_CELL_TEXT(who->id),
		WH_CELL_TEXT(who->name), WH_CELL_INT(wh_wall_ms(mod->host)) };
	const struct wh_step steps[] = { { Q_DECIDE, cells, 6, WH_ONE }, { Q_ITEM, cells, 1, WH_ANY }, { Q_COUNT_OPEN, NULL, 0, WH_ANY } };

	if (wh_store_run(&mod->table, steps, 3, decided, cookie) != WH_OK)
		bulk_step(one, "it can't be decided now; try again");
}

enum wh_err
queue_decide(void *self, struct wh_call *call)
{
	return bulk_begin(self, call, false, decide_looked);
}
