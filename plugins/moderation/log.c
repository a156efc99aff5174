/* Reading: the log of actions, what is in force, what a person was told and why. */
#include <stdio.h>

#include "own.h"

void
write_id(struct wh_json *w, const char *key, int64_t id)
{
	char text[MOD_ID_TEXT];

	if (id == 0)
		return;
	id_text(id, text);
	wh_json_text(w, key, text);
}

void
write_some(struct wh_json *w, const char *key, struct wh_str s)
{
	if (s.n != 0)
		wh_json_str(w, key, s);
}

void
action_write(struct moderation *mod, const struct wh_rows *rows, size_t i, struct wh_json *w, bool full)
{
	static const char *const modes[] = { "hand", "live", "shadow" }, *const states[] = { "pending", "done", "failed" };
	int64_t mode = wh_row_int(rows, i, A_MODE), state = wh_row_int(rows, i, A_STATE), kind = wh_row_int(rows, i, A_KIND), value = wh_row_int(rows, i, A_VALUE);
	struct wh_str evidence = wh_row_str(rows, i, A_EVIDENCE);

	(void)mod;
	wh_json_object(w, NULL);
	write_id(w, "action", wh_row_int(rows, i, A_ID));
	wh_json_text(w, "kind", kind_name((enum mod_kind)kind));
	wh_json_int(w, "time", wh_row_int(rows, i, A_TIME));
	write_some(w, "who", wh_row_str(rows, i, A_WHO));
	write_some(w, "name", wh_row_str(rows, i, A_NAME));
	write_some(w, "room", wh_row_str(rows, i, A_ROOM));
	if (kind_lasts((enum mod_kind)kind))
		wh_json_int(w, "until", wh_row_int(rows, i, A_UNTIL));
	write_some(w, "reason", wh_row_str(rows, i, A_REASON));
	write_some(w, "text", wh_row_str(rows, i, A_TEXT));
	write_some(w, "by", wh_row_str(rows, i, A_BY_NAME));
	write_some(w, "by_id", wh_row_str(rows, i, A_BY));
	if (wh_row_str(rows, i, A_PACK).n != 0) {
		wh_json_str(w, "pack", wh_row_str(rows, i, A_PACK));
		wh_json_str(w, "version", wh_row_str(rows, i, A_VERSION));
		wh_json_str(w, "rule", wh_row_str(rows, i, A_RULE));
	}
	wh_json_text(w, "mode", mode >= 0 && mode <= 2 ? modes[mode] : "");
	wh_json_text(w, "state", state >= 0 && state <= 2 ? states[state] : "");
	write_id(w, "group", wh_row_int(rows, i, A_GROUP));
	write_id(w, "message", wh_row_int(rows, i, A_ENTRY));
	write_id(w, "item", wh_row_int(rows, i, A_ITEM));
	write_id(w, "undone", wh_row_int(rows, i, A_UNDONE));
	write_id(w, "target", wh_row_int(rows, i, A_TARGET));
	if (value != 0 && kind != MOD_UNDO)
		wh_json_int(w, "value", value);
	if (kind == MOD_UNDO)
		wh_json_bool(w, "puts_back", value < 0);
	if (full && evidence.n > 2 && evidence.p[0] == '{')
		wh_json_raw(w, "evidence", evidence);
	if (full && !wh_row_null(rows, i, A_KEPT))
		wh_json_str(w, "kept", wh_row_str(rows, i, A_KEPT));
	wh_json_end(w);
}

static void
log_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);
	struct wh_json *w;

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, mod_store_failed(call, r->err));
		return;
	}
	w = wh_reply(call);
	wh_json_array(w, "actions");
	for (size_t i = 0; i < r->rows[0].n; i++)
		action_write(mod, &r->rows[0], i, w, true);
	wh_json_end(w);
	if (r->rows[0].n != 0 && r->rows[0].n == (size_t)wh_arg_int(call, "limit"))
		write_id(w, "next", wh_row_int(&r->rows[0], r->rows[0].n - 1, A_ID));
	wh_call_done(call, WH_OK);
}

static struct wh_cell
cell_arg(struct wh_call *call, const char *field)
{
	struct wh_str s = wh_arg_str(call, field);

	return WH_CELL_TEXT(s.p != NULL ? s : WH_STR(""));
}

enum wh_err
log_read(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	struct wh_str mode = wh_arg_str(call, "mode");
	int64_t before = INT64_MAX, group = 0, id = 0;
	enum mod_kind kind = kind_find(wh_arg_str(call, "kind"));
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	if ((wh_arg_has(call, "before") && !id_parse(wh_arg_str(call, "before"), &before)) || (wh_arg_has(call, "group") && !id_parse(wh_arg_str(call, "group"), &group)) ||
	    (wh_arg_has(call, "id") && !id_parse(wh_arg_str(call, "id"), &id)))
		return wh_fail(call, WH_EINVAL, "that is no action's id");
	if (wh_arg_has(call, "kind") && kind == 0)
		return wh_fail(call, WH_EINVAL, "there is no such kind of action");
	const struct wh_cell cells[] = { WH_CELL_INT(before), cell_arg(call, "who"), WH_CELL_TEXT(wh_str(room)), cell_arg(call, "by"), WH_CELL_INT(kind), cell_arg(call, "pack"),
		cell_arg(call, "rule"), WH_CELL_INT(wh_str_is(mode, "hand") ? 0 : wh_str_is(mode, "live") ? 1 : wh_str_is(mode, "shadow") ? 2 : -1), WH_CELL_INT(group), WH_CELL_INT(id),
		WH_CELL_INT(wh_arg_int(call, "limit")) };

	return mod_run(mod, call, &(struct wh_step){ Q_LOG, cells, 11, WH_ANY }, 1, log_found);
}

/* In force */

struct forcing {
	struct moderation *mod;
	struct wh_json *w;
	size_t n;
};

static bool
force_write(void *self, const struct penalty *p)
{
	struct forcing *f = self;

	wh_json_object(f->w, NULL);
	write_id(f->w, "action", p->id);
	wh_json_text(f->w, "kind", kind_name(p->kind));
	write_some(f->w, "who", p->who);
	write_some(f->w, "room", p->room);
	wh_json_int(f->w, "until", p->until);
	if (p->value != 0)
		wh_json_int(f->w, "value", p->value);
	wh_json_end(f->w);
	return ++f->n < MOD_PAGE;
}

static enum wh_err
force_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	struct forcing f = { mod, wh_reply(call), 0 };

	wh_json_array(f.w, "in_force");
	penalty_each(mod, wh_str(who->id), WH_STR(""), force_write, &f);
	wh_json_end(f.w);
	return WH_OK;
}

enum wh_err
log_in_force(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	struct forcing f = { mod, wh_reply(call), 0 };
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	if (wh_arg_has(call, "who"))
		return person_find(mod, call, wh_arg_str(call, "who"), force_found);
	wh_json_array(f.w, "in_force");
	if (room[0] != '\0')
		penalty_each(mod, WH_STR(""), wh_str(room), force_write, &f);
	for (const struct wh_list *l = mod->penalties.next; room[0] == '\0' && l != &mod->penalties; l = l->next)
		if (!force_write(&f, WH_CONTAINER(l, const struct penalty, all)))
			break;
	wh_json_end(f.w);
	return WH_OK;
}

/* What holds in a room, for those in it. */
enum wh_err
log_room(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	const struct penalty *slow, *registered, *lockdown;
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	slow = penalty_of_room(mod, wh_str(room), MOD_SLOW);
	registered = penalty_of_room(mod, wh_str(room), MOD_REGISTERED_ONLY);
	lockdown = penalty_of_room(mod, wh_str(room), MOD_LOCKDOWN);
	wh_json_int(wh_reply(call), "slow", slow != NULL ? slow->value : 0);
	wh_json_bool(wh_reply(call), "registered_only", registered != NULL);
	wh_json_bool(wh_reply(call), "lockdown", lockdown != NULL);
	return WH_OK;
}

/* Statements of reasons: what Article 17 of the Digital Services Act asks for */

static void
statement_write(struct moderation *mod, const struct wh_rows *rows, size_t i, struct wh_json *w)
{
	const struct notice n = { .id = wh_row_int(rows, i, A_ID), .until = wh_row_int(rows, i, A_UNTIL), .kind = (enum mod_kind)wh_row_int(rows, i, A_KIND),
		.who = wh_row_str(rows, i, A_WHO), .room = wh_row_str(rows, i, A_ROOM), .reason = wh_row_str(rows, i, A_REASON), .text = wh_row_str(rows, i, A_TEXT) };
	const struct reason *reason = reason_find(mod, n.reason);
	struct wh_str evidence = wh_row_str(rows, i, A_EVIDENCE);
	bool by_rule = wh_row_str(rows, i, A_PACK).n != 0;
	char sentence[MOD_SENTENCE];

	notice_sentence(mod, &n, sentence);
	wh_json_object(w, NULL);
	write_id(w, "action", n.id);
	wh_json_int(w, "time", wh_row_int(rows, i, A_TIME));
	wh_json_text(w, "decision", kind_name(n.kind));
	wh_json_text(w, "text", sentence);
	wh_json_object(w, "facts");
	write_id(w, "message", wh_row_int(rows, i, A_ENTRY));
	if (!wh_row_null(rows, i, A_KEPT))
		wh_json_str(w, "content", wh_row_str(rows, i, A_KEPT));
	if (evidence.n > 2 && evidence.p[0] == '{')
		wh_json_raw(w, "found", evidence);
	wh_json_str(w, "reason", reason != NULL ? reason->text : n.reason);
	wh_json_end(w);
	wh_json_bool(w, "automated_detection", by_rule);
	wh_json_bool(w, "automated_decision", wh_row_str(rows, i, A_BY).n == 0);
	wh_json_str(w, "ground", reason != NULL && reason->ground.n != 0 ? reason->ground : mod->set.ground);
	wh_json_int(w, "until", n.until);
	wh_json_str(w, "scope", n.room.n != 0 ? n.room : WH_STR("everywhere"));
	wh_json_text(w, "territory", "worldwide");
	wh_json_str(w, "redress", mod->set.redress);
	wh_json_bool(w, "undone", wh_row_int(rows, i, A_UNDONE) != 0);
	wh_json_end(w);
}

static void
statements_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, mod_store_failed(call, r->err));
		return;
	}
	wh_json_array(wh_reply(call), "statements");
	for (size_t i = 0; i < r->rows[0].n; i++)
		statement_write(mod, &r->rows[0], i, wh_reply(call));
	wh_json_end(wh_reply(call));
	if (r->rows[0].n != 0 && r->rows[0].n == (size_t)wh_arg_int(call, "limit"))
		write_id(wh_reply(call), "next", wh_row_int(&r->rows[0], r->rows[0].n - 1, A_ID));
	wh_call_done(call, WH_OK);
}

enum wh_err
statement_list(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	int64_t before = INT64_MAX;

	if (wh_arg_has(call, "before") && !id_parse(wh_arg_str(call, "before"), &before))
		return wh_fail(call, WH_EINVAL, "that is no action's id");
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_session_identity(mod->host, wh_call_session(call))->id), WH_CELL_INT(before), WH_CELL_INT(mod->set.shadow_statements),
		WH_CELL_INT(wh_arg_int(call, "limit")) };

	return mod_run(mod, call, &(struct wh_step){ Q_STATEMENTS, cells, 4, WH_ANY }, 1, statements_found);
}
