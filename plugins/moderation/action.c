/* Actions: what a moderator or a verdict wants is written to the log, then done, then marked as done. What was written and not marked is done when the
 * plugin opens again; each step may be done twice without harm. */
#include <stdio.h>

#include "own.h"

static void doing_insert(struct doing *d);

static void
doing_free(struct doing *d)
{
	struct moderation *mod = d->mod;

	wh_list_remove(&d->link);
	mod->n_doing--;
	wh_delete(mod->host, d->kept);
	wh_delete(mod->host, d);
}

void
actions_free(struct moderation *mod)
{
	while (!wh_list_empty(&mod->doing))
		doing_free(WH_CONTAINER(mod->doing.next, struct doing, link));
}

static void
doing_end(struct doing *d, enum wh_err err)
{
	struct moderation *mod = d->mod;
	action_done *done = d->done;
	uint64_t cookie = d->cookie;
	int64_t id = d->id;

	if (err != WH_OK)
		wh_host_log(mod->host, WH_WARN, "action_failed", WH_T("kind", kind_name(d->act.kind)), WH_S("who", d->act.who), WH_I("err", err));
	doing_free(d);
	if (done != NULL)
		done(mod, cookie, err, id);
}

/* Doing it */

static void
action_mark(struct moderation *mod, int64_t id, enum mod_state state)
{
	const struct wh_cell cells[] = { WH_CELL_INT(id), WH_CELL_INT(state) };

	if (wh_store_run(&mod->table, &(struct wh_step){ Q_ACTION_STATE, cells, 2, WH_ANY }, 1, mod_written, 0) != WH_OK)
		wh_host_log(mod->host, WH_WARN, "action_not_marked", WH_I("id", id));
}

static void
action_strike(struct moderation *mod, struct wh_str who, int64_t more, struct wh_str by, struct wh_str why)
{
	if (mod->accounts != NULL && who.n != 0)
		mod->accounts->strike(mod->accounts_self, who, more, by, why);
}

static int64_t
action_strikes(const struct moderation *mod, enum mod_kind kind, uint32_t scope, int64_t value)
{
	if (kind == MOD_STRIKE)
		return value;
	return mod->set.strikes && (scope & MOD_SCOPE_GUESTS) == 0 && (kind == MOD_TIMEOUT || kind == MOD_MUTE || kind == MOD_SHADOW_MUTE || kind == MOD_BAN) ? 1 : 0;
}

/* What an action in the log does to what is in force. */
static void
action_does(struct moderation *mod, const struct penalty *p, const struct mod_act *act, bool on)
{
	int64_t strikes = action_strikes(mod, p->kind, p->scope, act->value), now = wh_wall_ms(mod->host);
	struct penalty *there = kind_lasts(p->kind) ? penalty_by_id(mod, p->who, p->network, p->room, p->id) : NULL;

	if (strikes != 0)
		action_strike(mod, p->who, on ? strikes : -strikes, act->by, act->reason);
	if (!on && there != NULL)
		penalty_remove(mod, there);
	if (on && there == NULL && kind_lasts(p->kind) && (p->until == 0 || p->until > now) && penalty_add(mod, p) != WH_OK)
		wh_host_log(mod->host, WH_ERROR, "too_much_in_force", WH_I("id", p->id));
	if (kind_of_room(p->kind))
		penalty_tell_room(mod, p->room);
	if (on && p->kind == MOD_BAN && p->who.n != 0)
		mod->chat->put_out(mod->chat_self, p->room, p->who, &(struct wh_chat_actor){ act->by.n != 0 ? act->by : WH_STR("moderation"), WH_STR("moderation") }, WH_STR("banned"));
}

/* From a row of the log: begins what it says, or ends it; and tells the person. */
void
action_force(struct moderation *mod, const struct wh_rows *rows, size_t row, bool on)
{
	const struct notice notice = { .id = wh_row_int(rows, row, A_ID), .until = wh_row_int(rows, row, A_UNTIL), .kind = (enum mod_kind)wh_row_int(rows, row, A_KIND),
		.who = wh_row_str(rows, row, A_WHO), .room = wh_row_str(rows, row, A_ROOM), .reason = wh_row_str(rows, row, A_REASON), .text = wh_row_str(rows, row, A_TEXT),
		.rule = wh_row_str(rows, row, A_RULE), .automated = wh_row_str(rows, row, A_BY).n == 0, .undone = !on, .entry = wh_row_int(rows, row, A_ENTRY) };
	char sentence[MOD_SENTENCE];

	notice_sentence(mod, &notice, sentence);
	const struct penalty p = { .id = notice.id, .until = notice.until, .kind = notice.kind, .scope = (uint32_t)wh_row_int(rows, row, A_SCOPE),
		.value = wh_row_int(rows, row, A_VALUE), .who = notice.who, .network = wh_row_str(rows, row, A_NETWORK), .room = notice.room, .text = wh_str(sentence) };

	action_does(mod, &p, &(struct mod_act){ .value = p.value, .by = wh_row_str(rows, row, A_BY), .reason = notice.reason }, on);
	notice_tell(mod, &notice);
}

static void
doing_redacted(void *self, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct doing *d = (struct doing *)(uintptr_t)cookie;

	(void)self;
	(void)id;
	/* Somebody else, or we before a restart, removed it already. */
	if (err == WH_ENOENT)
		err = WH_OK;
	if (err == WH_OK || err == WH_EINVAL)
		action_mark(d->mod, d->id, err == WH_OK ? MOD_DONE : MOD_FAILED);
	doing_end(d, err);
}

static void
doing_tell(struct doing *d)
{
	if (d->act.mode == MOD_SHADOW || d->act.kind == MOD_SWEEP_ALL || d->act.kind == MOD_FLAG)
		return;
	notice_tell(d->mod, &(struct notice){ .id = d->id, .until = d->until, .kind = d->act.kind, .who = d->act.who, .room = d->act.room, .reason = d->act.reason,
		.text = d->act.text, .rule = d->act.rule, .automated = d->act.by.n == 0, .entry = d->act.entry });
}

/* It is in the log. */
static void
doing_effect(struct doing *d)
{
	struct moderation *mod = d->mod;
	const struct mod_act *act = &d->act;

	wh_metric_add_for(mod->host, &moderation_metrics[M_ACTIONS], wh_str(kind_name(act->kind)), 1);
	if (act->mode == MOD_SHADOW) {
		doing_end(d, WH_OK);
		return;
	}
	if (kind_lasts(act->kind) || act->kind == MOD_STRIKE) {
		const struct notice notice = { .id = d->id, .until = d->until, .kind = act->kind, .who = act->who, .room = act->room, .reason = act->reason,
			.text = act->text };
		char sentence[MOD_SENTENCE];

		notice_sentence(mod, &notice, sentence);
		action_does(mod, &(struct penalty){ .id = d->id, .until = d->until, .kind = act->kind, .scope = act->scope, .value = act->value, .who = act->who,
			.network = act->network, .room = act->room, .text = wh_str(sentence) }, act, true);
	}
	doing_tell(d);
	if (act->kind == MOD_REDACT) {
		const struct wh_chat_actor by = { act->by.n != 0 ? act->by : WH_STR("moderation"), act->by_name.n != 0 ? act->by_name : WH_STR("moderation") };
		const struct reason *reason = reason_find(mod, act->reason);
		enum wh_err err = mod->chat->redact(mod->chat_self, act->room, act->entry, &by, act->text.n != 0 ? act->text : reason != NULL ? reason->text : act->reason,
		    doing_redacted, mod, (uintptr_t)d);

		if (err != WH_OK)
			doing_redacted(mod, (uintptr_t)d, err, 0);
		return;
	}
	doing_end(d, WH_OK);
}

static void
doing_inserted(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct doing *d = (struct doing *)(uintptr_t)cookie;

	(void)self;
	if (r->err == WH_OK)
		doing_effect(d);
	else
		doing_end(d, r->err);
}

static void
doing_insert(struct doing *d)
{
	struct moderation *mod = d->mod;
	const struct mod_act *a = &d->act;
	bool redact = a->kind == MOD_REDACT && a->mode != MOD_SHADOW, sweep = a->kind == MOD_SWEEP_ALL;
	const struct wh_cell cells[] = {
		WH_CELL_INT(d->id), WH_CELL_INT(d->time), WH_CELL_INT(a->kind), WH_CELL_TEXT(a->who), WH_CELL_TEXT(a->name), WH_CELL_TEXT(a->network),
		WH_CELL_INT(a->scope), WH_CELL_TEXT(a->room), WH_CELL_INT(d->until), WH_CELL_TEXT(a->reason), WH_CELL_TEXT(a->text), WH_CELL_TEXT(a->evidence),
		WH_CELL_TEXT(a->pack), WH_CELL_TEXT(a->version), WH_CELL_TEXT(a->rule), WH_CELL_INT(a->mode), WH_CELL_TEXT(a->by), WH_CELL_TEXT(a->by_name),
		WH_CELL_INT(a->group), WH_CELL_INT(a->entry), WH_CELL_INT(a->item), WH_CELL_INT(a->value),
		d->kept_there ? WH_CELL_TEXT(((struct wh_str){ d->kept, d->kept_n })) : WH_CELL_NULL,
		d->extra_n != 0 ? WH_CELL_TEXT(((struct wh_str){ d->kept + d->kept_n, d->extra_n })) : WH_CELL_NULL,
		WH_CELL_INT(redact || sweep ? MOD_PENDING : MOD_DONE), WH_CELL_INT(a->mode != MOD_SHADOW && kind_lasts(a->kind)), WH_CELL_INT(0),
	};
	enum wh_err err = wh_store_run(&mod->table, &(struct wh_step){ Q_ACTION_ADD, cells, 27, WH_ONE }, 1, doing_inserted, (uintptr_t)d);

	if (err != WH_OK)
		doing_end(d, err);
}

/* Before it: the text that is taken away, and how long a timeout lasts */

static void
doing_entry(void *self, uint64_t cookie, enum wh_err err, const struct wh_chat_entry *entries, size_t n)
{
	struct doing *d = (struct doing *)(uintptr_t)cookie;
	struct moderation *mod = self;

	if (err == WH_OK && (n != 1 || entries[0].redacted || entries[0].kind.n == 0))
		err = WH_ENOENT;
	/* Room moderators remove what is in their room; who is not told which is asks for any. */
	if (err == WH_OK && d->act.room.n != 0 && !wh_str_eq(d->act.room, entries[0].room))
		err = WH_ENOENT;
	if (err == WH_OK) {
		size_t extra = wh_str_is(entries[0].kind, "poll") ? entries[0].extra.n : 0;

		d->kept = wh_new(mod->host, entries[0].text.n + extra + 1);
		if (d->kept != NULL) {
			if (entries[0].text.n != 0)
				memcpy(d->kept, entries[0].text.p, entries[0].text.n);
			if (extra != 0)
				memcpy(d->kept + entries[0].text.n, entries[0].extra.p, extra);
			d->kept_n = entries[0].text.n;
			d->extra_n = extra;
			d->kept_there = true;
			text_copy(d->room, sizeof d->room, entries[0].room);
			text_copy(d->who, sizeof d->who, entries[0].who);
			text_copy(d->name, sizeof d->name, entries[0].name);
			d->act.room = wh_str(d->room);
			d->act.who = wh_str(d->who);
			d->act.name = wh_str(d->name);
			doing_insert(d);
			return;
		}
		err = WH_ENOMEM;
	}
	doing_end(d, err);
}

static void
doing_laddered(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct doing *d = (struct doing *)(uintptr_t)cookie;
	int64_t before = r->err == WH_OK ? wh_row_int(&r->rows[0], 0, 0) : 0;
	size_t step = before < (int64_t)mod->set.n_ladder ? (size_t)before : mod->set.n_ladder - 1;

	if (r->err != WH_OK) {
		doing_end(d, r->err);
		return;
	}
	d->until = d->time + (mod->set.n_ladder != 0 ? mod->set.ladder[step] : mod->set.timeout_ms);
	doing_insert(d);
}

static int64_t
act_time(const struct moderation *mod, const struct mod_act *act)
{
	switch (act->kind) {
	case MOD_TIMEOUT:
		return mod->set.timeout_ms;
	case MOD_MUTE:
		return mod->set.mute_ms;
	case MOD_SHADOW_MUTE:
		return mod->set.shadow_ms;
	case MOD_BAN:
		return mod->set.ban_ms;
	case MOD_SLOW:
		return mod->set.slow_for;
	default:
		return mod->set.lockdown_for;
	}
}

static struct doing *
doing_new(struct moderation *mod, const struct mod_act *a)
{
	struct doing *d = wh_new(mod->host, sizeof *d + a->who.n + a->name.n + a->network.n + a->room.n + a->reason.n + a->text.n + a->evidence.n + a->pack.n +
	    a->version.n + a->rule.n + a->by.n + a->by_name.n);
	char *to;

	if (d == NULL)
		return NULL;
	to = d->text;
	d->mod = mod;
	d->act = *a;
	d->act.who = text_keep(&to, a->who);
	d->act.name = text_keep(&to, a->name);
	d->act.network = text_keep(&to, a->network);
	d->act.room = text_keep(&to, a->room);
	d->act.reason = text_keep(&to, a->reason);
	d->act.text = text_keep(&to, a->text);
	d->act.evidence = text_keep(&to, a->evidence);
	d->act.pack = text_keep(&to, a->pack);
	d->act.version = text_keep(&to, a->version);
	d->act.rule = text_keep(&to, a->rule);
	d->act.by = text_keep(&to, a->by);
	d->act.by_name = text_keep(&to, a->by_name);
	d->id = mod_next_id(mod);
	d->time = wh_wall_ms(mod->host);
	wh_list_init(&d->link);
	wh_list_add_last(&mod->doing, &d->link);
	mod->n_doing++;
	return d;
}

enum wh_err
action_apply(struct moderation *mod, const struct mod_act *act, action_done *done, uint64_t cookie)
{
	struct doing *d;
	enum wh_err err = WH_OK;

	if (mod->closing)
		return WH_ESTATE;
	if (mod->n_doing >= MOD_UNDER_WAY)
		return WH_EFULL;
	d = doing_new(mod, act);
	if (d == NULL)
		return WH_ENOMEM;
	if (kind_lasts(act->kind) && act->time_ms >= 0)
		d->until = d->time + (act->time_ms != 0 ? act->time_ms : act_time(mod, act));
	if (kind_lasts(act->kind) && act->time_ms == 0 && d->until == d->time)
		d->until = 0;
	if (act->kind == MOD_SLOW && act->value == 0)
		d->act.value = mod->set.slow_ms;
	d->done = done;
	d->cookie = cookie;
	if (act->kind == MOD_REDACT && act->mode != MOD_SHADOW) {
		err = mod->chat->entry(mod->chat_self, act->entry, doing_entry, mod, (uintptr_t)d);
	} else if (act->kind == MOD_TIMEOUT && act->time_ms == 0 && act->mode != MOD_SHADOW && mod->set.n_ladder != 0) {
		const struct wh_cell cells[] = { WH_CELL_TEXT(d->act.who), WH_CELL_INT(d->time - mod->set.ladder_forget), WH_CELL_TEXT(d->act.room) };

		err = wh_store_run(&mod->table, &(struct wh_step){ Q_LADDER, cells, 3, WH_ANY }, 1, doing_laddered, (uintptr_t)d);
	} else {
		doing_insert(d);
	}
	if (err != WH_OK)
		doing_free(d);
	return err;
}

/* After a restart */

static void
again(struct moderation *mod, const struct wh_rows *rows, size_t row)
{
	const struct wh_chat_actor by = { WH_STR("moderation"), WH_STR("moderation") };
	struct mod_act act = { .kind = MOD_REDACT, .entry = wh_row_int(rows, row, A_ENTRY), .who = wh_row_str(rows, row, A_WHO), .room = wh_row_str(rows, row, A_ROOM) };
	struct doing *d = doing_new(mod, &act);

	if (d == NULL)
		return;
	d->id = wh_row_int(rows, row, A_ID);
	if (mod->chat->redact(mod->chat_self, d->act.room, act.entry, &by, wh_row_str(rows, row, A_TEXT), doing_redacted, mod, (uintptr_t)d) != WH_OK)
		doing_free(d);
}

static void
pending_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++) {
		enum mod_kind kind = (enum mod_kind)wh_row_int(&r->rows[0], i, A_KIND);

		if (kind == MOD_SWEEP_ALL)
			sweep_resume(mod, &r->rows[0], i);
		else if (kind == MOD_UNDO)
			undo_resume(mod, &r->rows[0], i);
		else if (kind == MOD_REDACT && wh_row_int(&r->rows[0], i, A_UNDONE) == 0)
			again(mod, &r->rows[0], i);
		else
			action_mark(mod, wh_row_int(&r->rows[0], i, A_ID), MOD_DONE);
	}
	if (r->err != WH_OK)
		wh_host_log(mod->host, WH_ERROR, "pending_not_read", WH_S("why", r->why));
}

void
actions_resume(struct moderation *mod)
{
	wh_store_run(&mod->table, &(struct wh_step){ Q_PENDING, NULL, 0, WH_ANY }, 1, pending_found, 0);
	items_resume(mod);
}
