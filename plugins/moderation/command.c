/* What moderators do to people, messages and rooms, by command. */
#include <stdio.h>

#include "own.h"

static struct wh_str
arg_or_empty(struct wh_call *call, const char *field)
{
	struct wh_str s = wh_arg_str(call, field);

	return s.p != NULL ? s : WH_STR("");
}

void
act_by(struct moderation *mod, struct wh_call *call, struct mod_act *act)
{
	const struct wh_identity *by = wh_session_identity(mod->host, wh_call_session(call));

	act->by = by->id;
	act->by_name = by->name;
	act->mode = MOD_BY_HAND;
	act->reason = arg_or_empty(call, "reason");
	act->text = arg_or_empty(call, "text");
	act->evidence = act->pack = act->version = act->rule = act->network = WH_STR("");
}

static void
act_written(struct moderation *mod, struct wh_call *call, int64_t id)
{
	char text[MOD_ID_TEXT];

	(void)mod;
	id_text(id, text);
	wh_json_text(wh_reply(call), "action", text);
}

void
act_answered(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct wh_call *call = wh_call_find(mod->host, cookie);

	if (call == NULL)
		return;
	if (err == WH_OK)
		act_written(mod, call, id);
	wh_call_done(call, err == WH_OK ? WH_OK : err == WH_ENOENT ? wh_fail(call, err, "there is no such message") : mod_store_failed(call, err));
}

static enum wh_err
act_run(struct moderation *mod, struct wh_call *call, const struct mod_act *act)
{
	wh_id held = wh_call_hold(call);
	enum wh_err err = action_apply(mod, act, act_answered, held);

	return err == WH_OK ? WH_WAIT : mod_store_failed(call, err);
}

/* Removing with chat's own command, as clients of IRC do */

static void
redact_noted(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	if (r->err != WH_OK) {
		mod_written(self, 0, r);
	} else if (r->rows[0].n != 0) {
		wh_metric_add_for(mod->host, &moderation_metrics[M_ACTIONS], wh_str(kind_name(MOD_REDACT)), 1);
		notice_tell(mod, &(struct notice){ .id = wh_row_int(&r->rows[0], 0, 0), .kind = MOD_REDACT, .who = wh_row_str(&r->rows[0], 0, 1),
			.room = wh_row_str(&r->rows[0], 0, 2), .text = wh_row_str(&r->rows[0], 0, 3), .reason = WH_STR(""), .rule = WH_STR("") });
	}
}

void
act_redact_note(struct moderation *mod, struct wh_call *call)
{
	struct wh_session *s = wh_call_session(call);
	const struct wh_identity *by = wh_session_identity(mod->host, s);
	const struct wh_room *room;
	char key[MOD_ROOM + 1];
	int64_t entry;

	if (wh_arg_str(call, "room").n == 0 || wh_arg_str(call, "room").p[0] == '@' || !mod->chat->key(mod->chat_self, wh_arg_str(call, "room"), key) ||
	    !id_parse(wh_arg_str(call, "id"), &entry))
		return;
	room = wh_room_find(mod->host, wh_str(key));
	/* What chat asks as well. */
	if (room == NULL || !wh_room_has(mod->host, room, s) || mod->chat->rank(mod->chat_self, wh_str(key), s) < WH_RANK_MODERATOR)
		return;
	const struct wh_cell cells[] = { WH_CELL_INT(mod_next_id(mod)), WH_CELL_INT(wh_wall_ms(mod->host)), WH_CELL_TEXT(arg_or_empty(call, "reason")), WH_CELL_TEXT(by->id),
		WH_CELL_TEXT(by->name), WH_CELL_INT(entry), WH_CELL_TEXT(wh_str(key)) };

	if (wh_store_run(&mod->table, &(struct wh_step){ Q_REDACT_NOTE, cells, 7, WH_ANY }, 1, redact_noted, 0) != WH_OK)
		wh_host_log(mod->host, WH_WARN, "redaction_not_noted", WH_I("entry", entry));
}

/* On a person */

static enum mod_kind
act_kind_of(struct wh_call *call)
{
	struct wh_str scope = wh_arg_str(call, "kind");

	return kind_find(scope);
}

static enum wh_err
act_on(struct moderation *mod, struct wh_call *call, const struct person *who, enum mod_kind kind)
{
	struct mod_act act = { .kind = kind, .who = wh_str(who->id), .name = wh_str(who->name), .time_ms = kind_lasts(kind) && wh_arg_has(call, "for") ? wh_arg_int(call, "for") : 0 };
	char room[MOD_ROOM + 1] = "";
	struct wh_str scope;

	if (kind != MOD_STRIKE && !room_of_call(mod, call, room))
		return WH_EINVAL;
	act_by(mod, call, &act);
	act.room = wh_str(room);
	if (wh_str_eq(act.by, act.who))
		return wh_fail(call, WH_EINVAL, "that is yourself");
	/* Who runs the server is not for those who run a room, and moderators are for administrators. */
	if (who->moderator && !wh_session_may(mod->host, wh_call_session(call), "moderation.reason_set"))
		return wh_fail(call, WH_EPERM, "a moderator is for administrators to deal with");
	if (kind_lasts(kind) && act.time_ms == 0 && wh_arg_has(call, "for"))
		act.time_ms = -1;
	if (kind == MOD_BAN) {
		scope = arg_or_empty(call, "scope");
		act.scope = wh_str_is(scope, "network") ? WH_SCOPE_NETWORK : wh_str_is(scope, "both") ? WH_SCOPE_ACCOUNT | WH_SCOPE_NETWORK : 0;
		if (act.scope != 0 && (room[0] != '\0' || !person_rules(mod, wh_call_session(call))) && !person_rules(mod, wh_call_session(call)))
			return wh_fail(call, WH_EPERM, "only moderators of the server may ban a network");
		if (act.scope != 0 && who->network[0] == '\0')
			return wh_fail(call, WH_ESTATE, "their network is known only while they are here");
	}
	if (kind_lasts(kind) && who->guest && mod->set.guest_network && who->network[0] != '\0')
		act.scope |= MOD_SCOPE_GUESTS | WH_SCOPE_ACCOUNT;
	if (act.scope != 0)
		act.network = wh_str(who->network);
	if (kind == MOD_STRIKE) {
		act.value = wh_arg_int(call, "count");
		if (who->guest || mod->accounts == NULL)
			return wh_fail(call, WH_EINVAL, "only an account has strikes");
	}
	return act_run(mod, call, &act);
}

static enum wh_err
warn_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	return act_on(mod, call, who, MOD_WARN);
}

static enum wh_err
timeout_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	return act_on(mod, call, who, MOD_TIMEOUT);
}

static enum wh_err
mute_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	return act_on(mod, call, who, MOD_MUTE);
}

static enum wh_err
shadow_mute_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	return act_on(mod, call, who, MOD_SHADOW_MUTE);
}

static enum wh_err
ban_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	return act_on(mod, call, who, MOD_BAN);
}

static enum wh_err
strike_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	return act_on(mod, call, who, MOD_STRIKE);
}

static enum wh_err
act_person(struct moderation *mod, struct wh_call *call, person_then *then)
{
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	return person_find(mod, call, wh_arg_str(call, "who"), then);
}

enum wh_err
act_warn(void *self, struct wh_call *call)
{
	return act_person(self, call, warn_found);
}

enum wh_err
act_timeout(void *self, struct wh_call *call)
{
	return act_person(self, call, timeout_found);
}

enum wh_err
act_mute(void *self, struct wh_call *call)
{
	return act_person(self, call, mute_found);
}

enum wh_err
act_shadow_mute(void *self, struct wh_call *call)
{
	return act_person(self, call, shadow_mute_found);
}

enum wh_err
act_ban(void *self, struct wh_call *call)
{
	return act_person(self, call, ban_found);
}

enum wh_err
act_strike(void *self, struct wh_call *call)
{
	return person_find(self, call, wh_arg_str(call, "who"), strike_found);
}

/* Lifting: each thing in force of a kind is undone by itself. */

struct lifting {
	struct moderation *mod;
	struct wh_str room;
	enum mod_kind kind;		/* 0: all */
	int64_t ids[32];
	size_t n;
};

static bool
lift_take(void *self, const struct penalty *p)
{
	struct lifting *l = self;

	if ((l->kind == 0 || p->kind == l->kind) && wh_str_eq(p->room, l->room) && l->n < 32)
		l->ids[l->n++] = p->id;
	return true;
}

static void
lift_done(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct wh_call *call = wh_call_find(mod->host, cookie);
	char text[MOD_ID_TEXT];

	if (call == NULL)
		return;
	id_text(id, text);
	if (err == WH_OK)
		wh_json_text(wh_reply(call), "undo", text);
	/* Somebody else was faster. */
	wh_call_done(call, err == WH_OK ? WH_OK : err == WH_ESTATE ? wh_fail(call, err, "that was lifted just now") : mod_store_failed(call, err));
}

static enum wh_err
lift_all(struct moderation *mod, struct wh_call *call, const struct lifting *l)
{
	const struct wh_identity *by = wh_session_identity(mod->host, wh_call_session(call));
	enum wh_err err = WH_OK;
	wh_id held;

	if (l->n == 0)
		return wh_fail(call, WH_ENOENT, "nothing of that kind is in force");
	held = wh_call_hold(call);
	for (size_t i = 0; i < l->n && err == WH_OK; i++)
		err = undo_do(mod, &(struct undo_what){ .id = l->ids[i], .by = by->id, .by_name = by->name, .text = arg_or_empty(call, "text") },
		    i + 1 == l->n ? lift_done : NULL, i + 1 == l->n ? held : 0);
	return err == WH_OK ? WH_WAIT : mod_store_failed(call, err);
}

static enum wh_err
lift_found(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	struct lifting l = { .mod = mod, .kind = act_kind_of(call) };
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	l.room = wh_str(room);
	penalty_each(mod, wh_str(who->id), WH_STR(""), lift_take, &l);
	return lift_all(mod, call, &l);
}

enum wh_err
act_lift(void *self, struct wh_call *call)
{
	return act_person(self, call, lift_found);
}

/* On a room */

static enum wh_err
act_room(struct moderation *mod, struct wh_call *call, enum mod_kind kind, bool on, int64_t value)
{
	struct mod_act act = { .kind = kind, .who = WH_STR(""), .name = WH_STR(""), .time_ms = wh_arg_has(call, "for") ? wh_arg_int(call, "for") : 0, .value = value };
	struct lifting l = { .mod = mod, .kind = kind };
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	act_by(mod, call, &act);
	act.room = l.room = wh_str(room);
	if (act.time_ms == 0 && wh_arg_has(call, "for"))
		act.time_ms = -1;
	if (on)
		return act_run(mod, call, &act);
	penalty_each(mod, WH_STR(""), wh_str(room), lift_take, &l);
	return lift_all(mod, call, &l);
}

enum wh_err
act_slow(void *self, struct wh_call *call)
{
	bool on = !wh_arg_has(call, "time") || wh_arg_int(call, "time") != 0;

	return act_room(self, call, MOD_SLOW, on, wh_arg_int(call, "time"));
}

enum wh_err
act_registered_only(void *self, struct wh_call *call)
{
	return act_room(self, call, MOD_REGISTERED_ONLY, !wh_arg_has(call, "on") || wh_arg_bool(call, "on"), 0);
}

enum wh_err
act_lockdown(void *self, struct wh_call *call)
{
	return act_room(self, call, MOD_LOCKDOWN, !wh_arg_has(call, "on") || wh_arg_bool(call, "on"), 0);
}

/* On a message */

enum wh_err
act_redact(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	struct mod_act act = { .kind = MOD_REDACT, .who = WH_STR(""), .name = WH_STR("") };
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	if (!id_parse(wh_arg_str(call, "id"), &act.entry))
		return wh_fail(call, WH_EINVAL, "that is no message's id");
	act_by(mod, call, &act);
	act.room = wh_str(room);
	return act_run(mod, call, &act);
}
