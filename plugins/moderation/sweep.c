/* Sweeping: the same for earlier messages. The list of messages is written first, then each is removed by an action of its own in the sweep's group, a
 * few at a time. A sweep that is found unfinished after a restart goes on with those of its list that no action names. */
#include <stdio.h>
#include <stdlib.h>

#include "own.h"

enum { SWEEP_AT_ONCE = 8, SWEEP_LIST = MOD_SWEEP * 20 + 400 };

struct sweep {
	struct wh_list link;		/* in mod->sweeps */
	struct moderation *mod;
	int64_t id, group;
	wh_id call;			/* 0: nobody waits */
	size_t n, next, under_way, removed;
	bool cancelled;
	struct mod_act act;		/* slices in `texts` */
	char room[MOD_ROOM + 1], reason[MOD_KEY + 1], text[MOD_SENTENCE + 1], pack[65], version[33], rule[65], by[MOD_ID + 1], by_name[MOD_NAME + 1];
	int64_t entries[MOD_SWEEP];
};

/* Numbers of askings and what became of them */

void
sweep_heard(void *self, const struct wh_chat_said *said)
{
	struct moderation *mod = self;

	if (said->number != 0)
		mod->said[mod->n_said++ % MOD_SAID] = (struct numbered){ said->number, said->entry->id };
}

/* They come nearly in order: the newest are asked for most. */
int64_t
sweep_entry_of(const struct moderation *mod, uint64_t number)
{
	size_t n = mod->n_said < MOD_SAID ? mod->n_said : MOD_SAID;

	for (size_t i = 1; i <= n; i++)
		if (mod->said[(mod->n_said - i) % MOD_SAID].number == number)
			return mod->said[(mod->n_said - i) % MOD_SAID].entry;
	return 0;
}

/* Going on */

static void sweep_go(struct sweep *s);

static void
sweep_free(struct sweep *s)
{
	wh_list_remove(&s->link);
	wh_delete(s->mod->host, s);
}

void
sweeps_free(struct moderation *mod)
{
	while (!wh_list_empty(&mod->sweeps))
		sweep_free(WH_CONTAINER(mod->sweeps.next, struct sweep, link));
}

static void
sweep_end(struct sweep *s)
{
	struct moderation *mod = s->mod;
	const struct wh_cell cells[] = { WH_CELL_INT(s->id), WH_CELL_INT(MOD_DONE) };
	struct wh_call *call = s->call != 0 ? wh_call_find(mod->host, s->call) : NULL;
	char id[MOD_ID_TEXT];

	if (wh_store_run(&mod->table, &(struct wh_step){ Q_ACTION_STATE, cells, 2, WH_ANY }, 1, mod_written, 0) != WH_OK)
		wh_host_log(mod->host, WH_WARN, "action_not_marked", WH_I("id", s->id));
	if (call != NULL) {
		id_text(s->group, id);
		wh_json_text(wh_reply(call), "group", id);
		wh_json_uint(wh_reply(call), "removed", s->removed);
		wh_json_uint(wh_reply(call), "found", s->n);
		wh_call_done(call, WH_OK);
	}
	sweep_free(s);
}

static struct sweep *
sweep_by_group(struct moderation *mod, int64_t group)
{
	for (struct wh_list *l = mod->sweeps.next; l != &mod->sweeps; l = l->next)
		if (WH_CONTAINER(l, struct sweep, link)->group == group)
			return WH_CONTAINER(l, struct sweep, link);
	return NULL;
}

/* By its id: the sweep may be over. */
static void
sweep_removed(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct sweep *s = sweep_by_group(mod, (int64_t)cookie);

	(void)id;
	if (s == NULL)
		return;
	s->under_way--;
	s->removed += err == WH_OK;
	sweep_go(s);
}

static void
sweep_go(struct sweep *s)
{
	struct moderation *mod = s->mod;

	s->under_way++;		/* it stays while we begin */
	while (!s->cancelled && !mod->closing && s->next < s->n && s->under_way <= SWEEP_AT_ONCE) {
		struct mod_act act = s->act;

		act.kind = MOD_REDACT;
		act.entry = s->entries[s->next++];
		act.group = s->group;
		s->under_way++;
		if (action_apply(mod, &act, sweep_removed, (uint64_t)s->group) != WH_OK)
			s->under_way--;
	}
	if (--s->under_way == 0 && (s->cancelled || s->next == s->n))
		sweep_end(s);
}

/* Somebody undoes it: no further message is removed. What is under way was asked for before, and is undone with the rest. */
void
sweep_cancel(struct moderation *mod, int64_t group)
{
	struct sweep *s = sweep_by_group(mod, group);

	if (s != NULL)
		s->cancelled = true;
}

/* Beginning */

static void
sweep_take(struct sweep *s, const struct mod_act *act)
{
	s->act = *act;
	text_copy(s->room, sizeof s->room, act->room);
	text_copy(s->reason, sizeof s->reason, act->reason);
	text_copy(s->text, sizeof s->text, act->text);
	text_copy(s->pack, sizeof s->pack, act->pack);
	text_copy(s->version, sizeof s->version, act->version);
	text_copy(s->rule, sizeof s->rule, act->rule);
	text_copy(s->by, sizeof s->by, act->by);
	text_copy(s->by_name, sizeof s->by_name, act->by_name);
	s->act.room = wh_str(s->room);
	s->act.reason = wh_str(s->reason);
	s->act.text = wh_str(s->text);
	s->act.pack = wh_str(s->pack);
	s->act.version = wh_str(s->version);
	s->act.rule = wh_str(s->rule);
	s->act.by = wh_str(s->by);
	s->act.by_name = wh_str(s->by_name);
	s->act.who = s->act.name = s->act.network = s->act.evidence = WH_STR("");
}

static void
sweep_written(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	struct sweep *s = sweep_by_group(mod, (int64_t)cookie);
	struct wh_call *call;

	if (s == NULL)
		return;
	s->id = id;
	if (err == WH_OK) {
		s->under_way--;
		sweep_go(s);
		return;
	}
	call = s->call != 0 ? wh_call_find(mod->host, s->call) : NULL;
	sweep_free(s);
	if (call != NULL)
		wh_call_done(call, mod_store_failed(call, err));
}

/* Writes the list, and goes on when that stands. The sweep is in the list of them; it is gone when this fails. */
static enum wh_err
sweep_begin(struct sweep *s)
{
	struct moderation *mod = s->mod;
	char *list = wh_new(mod->host, SWEEP_LIST), id[MOD_ID_TEXT];
	struct mod_act act = s->act;
	size_t n;
	enum wh_err err;

	if (list == NULL) {
		sweep_free(s);
		return WH_ENOMEM;
	}
	n = (size_t)snprintf(list, SWEEP_LIST, "{\"entries\":[");
	for (size_t i = 0; i < s->n; i++) {
		id_text(s->entries[i], id);
		n += (size_t)snprintf(list + n, SWEEP_LIST - n, "%s\"%s\"", i != 0 ? "," : "", id);
	}
	n += (size_t)snprintf(list + n, SWEEP_LIST - n, "]}");
	act.kind = MOD_SWEEP_ALL;
	act.group = s->group;
	act.evidence = (struct wh_str){ list, n };
	s->under_way = 1;
	err = action_apply(mod, &act, sweep_written, (uint64_t)s->group);
	wh_delete(mod->host, list);
	if (err != WH_OK)
		sweep_free(s);
	return err;
}

static struct sweep *
sweep_new(struct moderation *mod, const struct mod_act *act)
{
	struct sweep *s = wh_new(mod->host, sizeof *s);

	if (s == NULL)
		return NULL;
	s->mod = mod;
	s->group = act->group != 0 ? act->group : mod_next_id(mod);
	sweep_take(s, act);
	wh_list_init(&s->link);
	wh_list_add_last(&mod->sweeps, &s->link);
	return s;
}

static void
sweep_put(struct sweep *s, int64_t entry)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i] == entry)
			return;
	if (entry != 0 && s->n < MOD_SWEEP)
		s->entries[s->n++] = entry;
}

/* Of a verdict: its evidence names the numbers of messages. */
bool
sweep_entries(struct moderation *mod, const struct mod_act *act, struct wh_str evidence, int64_t since)
{
	struct wh_value v, list, one;
	struct wh_json_in in;
	struct sweep *s;

	if (wh_json_read_text(mod->host, evidence, &v) != WH_OK || !wh_json_get(&v, "entries", &list))
		return false;
	s = sweep_new(mod, act);
	if (s == NULL)
		return false;
	in = wh_json_each(&list);
	while (wh_json_next(&in, NULL, &one)) {
		uint64_t number = one.type == WH_V_INT ? (uint64_t)one.i : 0;
		int64_t entry = sweep_entry_of(mod, number);

		/* An id begins with its time. */
		if (entry >> 20 >= since)
			sweep_put(s, entry);
	}
	if (s->n == 0) {
		sweep_free(s);
		return false;
	}
	return sweep_begin(s) == WH_OK;
}

/* After a restart */

static void
sweep_left(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct sweep *s = sweep_by_group(mod, (int64_t)cookie);
	size_t left = 0;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		bool done = false;

		for (size_t k = 0; r->err == WH_OK && k < r->rows[0].n; k++)
			done |= wh_row_int(&r->rows[0], k, 0) == s->entries[i];
		if (!done)
			s->entries[left++] = s->entries[i];
	}
	s->n = r->err == WH_OK ? left : 0;
	s->under_way--;
	wh_host_log(mod->host, WH_INFO, "sweep_goes_on", WH_U("left", left));
	sweep_go(s);
}

void
sweep_resume(struct moderation *mod, const struct wh_rows *rows, size_t row)
{
	const struct mod_act act = { .room = wh_row_str(rows, row, A_ROOM), .reason = wh_row_str(rows, row, A_REASON), .text = wh_row_str(rows, row, A_TEXT),
		.pack = wh_row_str(rows, row, A_PACK), .version = wh_row_str(rows, row, A_VERSION), .rule = wh_row_str(rows, row, A_RULE), .by = wh_row_str(rows, row, A_BY),
		.by_name = wh_row_str(rows, row, A_BY_NAME), .mode = (enum mod_mode)wh_row_int(rows, row, A_MODE), .group = wh_row_int(rows, row, A_GROUP) };
	struct sweep *s = sweep_new(mod, &act);
	struct wh_value v, list, one;
	struct wh_json_in in;
	int64_t entry;

	if (s == NULL)
		return;
	s->id = wh_row_int(rows, row, A_ID);
	s->cancelled = wh_row_int(rows, row, A_UNDONE) != 0;
	if (wh_json_read_text(mod->host, wh_row_str(rows, row, A_EVIDENCE), &v) == WH_OK && wh_json_get(&v, "entries", &list)) {
		in = wh_json_each(&list);
		while (wh_json_next(&in, NULL, &one))
			if (one.type == WH_V_STR && id_parse(one.s, &entry))
				sweep_put(s, entry);
	}
	s->under_way = 1;
	if (wh_store_run(&mod->table, &(struct wh_step){ Q_SWEPT, &WH_CELL_INT(s->group), 1, WH_ANY }, 1, sweep_left, (uint64_t)s->group) != WH_OK)
		sweep_free(s);
}

/* The command */

/* Does the text hold the words, whatever their case in ASCII? */
static bool
text_holds(struct wh_str text, struct wh_str part)
{
	for (size_t i = 0; part.n != 0 && i + part.n <= text.n; i++) {
		size_t k = 0;

		while (k < part.n && (text.p[i + k] | (text.p[i + k] >= 'A' && text.p[i + k] <= 'Z' ? 32 : 0)) == (part.p[k] | (part.p[k] >= 'A' && part.p[k] <= 'Z' ? 32 : 0)))
			k++;
		if (k == part.n)
			return true;
	}
	return part.n == 0;
}

static void
sweep_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_chat_entry *entries, size_t n)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);
	struct mod_act act = { .who = WH_STR("") };
	char room[MOD_ROOM + 1];
	struct sweep *s;

	if (call == NULL)
		return;
	if (err != WH_OK || !room_of_call(mod, call, room)) {
		wh_call_done(call, err != WH_OK ? mod_store_failed(call, err) : WH_EINVAL);
		return;
	}
	act_by(mod, call, &act);
	act.room = wh_str(room);
	act.pack = act.version = act.rule = WH_STR("");
	s = sweep_new(mod, &act);
	if (s == NULL) {
		wh_call_done(call, WH_ENOMEM);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (text_holds(entries[i].text, wh_arg_str(call, "match")))
			sweep_put(s, entries[i].id);
	if (wh_arg_bool(call, "preview")) {
		wh_json_uint(wh_reply(call), "found", s->n);
		wh_json_array(wh_reply(call), "entries");
		for (size_t i = 0; i < n; i++)
			if (text_holds(entries[i].text, wh_arg_str(call, "match"))) {
				wh_json_object(wh_reply(call), NULL);
				wh_json_str(wh_reply(call), "room", entries[i].room);
				wh_json_str(wh_reply(call), "name", entries[i].name);
				wh_json_str(wh_reply(call), "text", entries[i].text);
				wh_json_int(wh_reply(call), "time", entries[i].time);
				wh_json_end(wh_reply(call));
			}
		wh_json_end(wh_reply(call));
	}
	if (s->n == 0 || wh_arg_bool(call, "preview")) {
		if (!wh_arg_bool(call, "preview"))
			wh_json_uint(wh_reply(call), "removed", 0);
		sweep_free(s);
		wh_call_done(call, WH_OK);
		return;
	}
	s->call = cookie;
	/* Each action finds out its room. */
	s->act.room = s->room[0] != '\0' ? wh_str(s->room) : WH_STR("");
	err = sweep_begin(s);
	if (err != WH_OK)
		wh_call_done(call, mod_store_failed(call, err));
}

static enum wh_err
sweep_recent(struct moderation *mod, struct wh_call *call, struct wh_str who)
{
	char room[MOD_ROOM + 1];
	enum wh_err err;
	wh_id held;

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	held = wh_call_hold(call);
	err = mod->chat->recent(mod->chat_self, wh_str(room), who, wh_wall_ms(mod->host) - wh_arg_int(call, "within"), MOD_SWEEP, sweep_found, mod, held);
	return err == WH_OK ? WH_WAIT : err == WH_EINVAL ? wh_fail(call, err, "name a room, or somebody, or both") : mod_store_failed(call, err);
}

static enum wh_err
sweep_of(struct moderation *mod, struct wh_call *call, const struct person *who)
{
	return sweep_recent(mod, call, wh_str(who->id));
}

enum wh_err
sweep_command(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	char room[MOD_ROOM + 1];

	if (!room_of_call(mod, call, room))
		return WH_EINVAL;
	if (!call_may(mod, call, wh_str(room)))
		return WH_EPERM;
	return wh_arg_has(call, "who") ? person_find(mod, call, wh_arg_str(call, "who"), sweep_of) : sweep_recent(mod, call, WH_STR(""));
}
