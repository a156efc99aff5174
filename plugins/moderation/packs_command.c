/* Commands that show packs and set their modes. */
#include <stdio.h>

#include "judging_own.h"

const struct wh_field judging_fields_pack[] = {
	{ "pack", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "id of the pack" },
	{ 0 }
};

const struct wh_field judging_fields_look[] = {
	{ "pack", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "id of the pack" },
	{ "source", WH_F_BOOL, .help = "with the texts of its files" },
	{ 0 }
};

const struct wh_field judging_fields_mode[] = {
	{ "pack", WH_F_NAME, .required = true, .max = PACK_NAME - 1, .help = "id of the pack" },
	{ "mode", WH_F_CHOICE, .required = true, .choices = "off|shadow|live|default", .help = "default: as the config, or what says less, has it" },
	{ "rule", WH_F_NAME, .max = PACK_NAME - 1, .help = "only this rule of it" },
	{ "room", WH_F_NAME, .max = PACK_NAME - 1, .help = "only in this room" },
	{ 0 }
};

static const struct wh_str everywhere = { NULL, 0 };

static const char *
state_name(const struct pack *p)
{
	static const char *const names[] = { "loading", "loading", "loaded", "failed" };

	return names[p->state];
}

static void
write_pack(const struct judging *j, const struct pack *p, struct wh_json *w)
{
	wh_json_text(w, "id", p->id);
	wh_json_text(w, "version", p->version);
	wh_json_text(w, "mode", pack_mode_name(pack_mode_of(j, p, NULL, everywhere)));
	wh_json_text(w, "state", state_name(p));
	wh_json_text(w, "from", p->uploaded ? "upload" : "folder");
	wh_json_uint(w, "rules", p->n_rules);
	if (p->error != NULL)
		wh_json_text(w, "error", p->error);
}

enum wh_err
judging_command_packs(void *self, struct wh_call *call)
{
	const struct judging *j = moderation_judging(self);
	struct wh_json *w = wh_reply(call);

	wh_json_bool(w, "judging", j->ready);
	wh_json_array(w, "packs");
	for (size_t i = 0; i < j->n_packs; i++) {
		wh_json_object(w, NULL);
		write_pack(j, j->packs[i], w);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}

/* One of the status's packs, by id. */
static bool
status_pack(const struct wh_value *status, const char *id, struct wh_value *out)
{
	struct wh_value packs;
	struct wh_json_in in;

	if (status == NULL || !wh_json_get(status, "packs", &packs))
		return false;
	in = wh_json_each(&packs);
	while (wh_json_next(&in, NULL, out))
		if (wh_str_is(judging_text_of(out, "id"), id))
			return true;
	return false;
}

static void
copy_member(struct wh_json *w, const struct wh_value *from, const char *key)
{
	struct wh_value v;

	if (wh_json_get(from, key, &v))
		wh_json_raw(w, key, v.raw);
}

static void
write_rule(const struct judging *j, const struct pack *p, const struct wh_value *rule, struct wh_json *w)
{
	static const char *const on[WH_JUDGE_ON_N] = { "message", "edit", "join", "nick", "invite", "report", "upload", "timer", "verdict" };
	static const char *const numbers[] = { "evaluated", "hits", "failed", "overruns", "p50_ns", "p99_ns" };
	const struct pack_rule *r = NULL;
	struct wh_value v;

	for (size_t i = 0; i < p->n_rules; i++)
		if (wh_str_is(judging_text_of(rule, "name"), p->rules[i].name))
			r = &p->rules[i];
	wh_json_object(w, NULL);
	copy_member(w, rule, "name");
	if (r != NULL) {
		wh_json_text(w, "mode", pack_mode_name(pack_mode_of(j, p, r, everywhere)));
		if (r->most != PACK_LIVE)
			wh_json_text(w, "lowered", pack_mode_name(r->most));
		wh_json_array(w, "on");
		for (unsigned i = 0; i < WH_JUDGE_ON_N; i++)
			if (r->on >> i & 1)
				wh_json_text(w, NULL, on[i]);
		wh_json_end(w);
		wh_json_text(w, "fail", r->closed ? "closed" : "open");
	}
	wh_json_array(w, "act");
	for (unsigned i = 0; wh_json_get(rule, "actions", &v) && i < WH_ACTIONS; i++)
		if (v.type == WH_V_INT && (v.i >> i & 1) != 0)
			wh_json_text(w, NULL, wh_judge_action_name(i));
	wh_json_end(w);
	copy_member(w, rule, "reason");
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		copy_member(w, rule, numbers[i]);
	wh_json_end(w);
}

static void
write_modes(const struct judging *j, const struct pack *p, struct wh_json *w)
{
	wh_json_array(w, "modes");
	for (size_t i = 0; i < j->n_modes; i++) {
		const struct mode *m = &j->modes[i];

		if (strcmp(m->pack, p->id) != 0)
			continue;
		wh_json_object(w, NULL);
		wh_json_text(w, "rule", m->rule);
		wh_json_text(w, "room", m->room);
		wh_json_text(w, "mode", pack_mode_name(m->mode));
		wh_json_end(w);
	}
	wh_json_end(w);
}

/* What the helper says of it now, or said when it was loaded. */
static void
write_info(struct judging *j, const struct pack *p, const struct wh_value *status, struct wh_json *w)
{
	struct wh_value info, rules, rule;
	struct wh_json_in in;

	if (!status_pack(status, p->id, &info) && (p->info == NULL || wh_json_read_text(j->host, wh_str(p->info), &info) != WH_OK))
		return;
	copy_member(w, &info, "license");
	copy_member(w, &info, "summary");
	copy_member(w, &info, "tests");
	copy_member(w, &info, "memory");
	copy_member(w, &info, "scores");
	copy_member(w, &info, "settings");
	wh_json_array(w, "table");
	(void)wh_json_get(&info, "rules", &rules);
	in = wh_json_each(&rules);
	while (wh_json_next(&in, NULL, &rule))
		write_rule(j, p, &rule, w);
	wh_json_end(w);
}

/* A look at a pack under way: first what the helper says, then the versions. The cookie is the call; the id is read from it again. */
static void
pack_versions(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct wh_call *call = wh_call_find(j->host, cookie);
	struct wh_json *w;

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, judging_fail(call, r->err));
		return;
	}
	w = wh_reply(call);
	wh_json_array(w, "versions");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		wh_json_object(w, NULL);
		wh_json_str(w, "version", wh_row_str(&r->rows[0], i, 0));
		wh_json_int(w, "time", wh_row_int(&r->rows[0], i, 1));
		wh_json_str(w, "by", wh_row_str(&r->rows[0], i, 2));
		wh_json_str(w, "by_name", wh_row_str(&r->rows[0], i, 3));
		wh_json_int(w, "bytes", wh_row_int(&r->rows[0], i, 4));
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_call_done(call, WH_OK);
}

static void
pack_status(struct judging *j, uint64_t cookie, const struct wh_value *status)
{
	struct wh_call *call = wh_call_find(j->host, cookie);
	const struct pack *p = call != NULL ? pack_find(j, wh_arg_str(call, "pack")) : NULL;
	const struct wh_cell id = WH_CELL_TEXT(p != NULL ? wh_str(p->id) : everywhere);
	enum wh_err err = p != NULL ? WH_OK : WH_ENOENT;
	struct wh_json *w;

	if (call == NULL)
		return;
	if (err == WH_OK) {
		w = wh_reply(call);
		write_pack(j, p, w);
		write_info(j, p, status, w);
		write_modes(j, p, w);
		if (p->settings != NULL)
			wh_json_raw(w, "set", wh_str(p->settings));
		if (wh_arg_bool(call, "source") && p->files != NULL)
			wh_json_raw(w, "files", wh_str(p->files));
		err = wh_store_run(&j->table, &(struct wh_step){ Q_VERSIONS, &id, 1, WH_ANY }, 1, pack_versions, cookie);
	}
	if (err != WH_OK)
		wh_call_done(call, err == WH_ENOENT ? wh_fail(call, err, "there is no such pack") : judging_fail(call, err));
}

enum wh_err
judging_command_pack(void *self, struct wh_call *call)
{
	struct judging *j = moderation_judging(self);
	struct bytes b;
	wh_id id;

	if (pack_find(j, wh_arg_str(call, "pack")) == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	id = wh_call_hold(call);
	judging_control_begin(j, &b, "status");
	bytes_str(&b, "pack", wh_arg_str(call, "pack"));
	if (judging_control_send(j, HELPER_RULES, &b, pack_status, id) != WH_OK)
		pack_status(j, id, NULL);
	return WH_WAIT;
}

static void
mode_kept(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct wh_call *call = wh_call_find(j->host, cookie);

	packs_written(self, cookie, r);
	if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : judging_fail(call, r->err));
}

/* To the helper: what is set, which lifts what was lowered of it. */
static void
mode_send(struct judging *j, const struct mode *m)
{
	struct bytes b;

	packs_modes_send(j);
	if (m->mode == PACK_UNSET)
		return;
	judging_control_begin(j, &b, "mode");
	bytes_str(&b, "pack", wh_str(m->pack));
	bytes_str(&b, "rule", wh_str(m->rule));
	bytes_str(&b, "room", wh_str(m->room));
	bytes_str(&b, "mode", wh_str(pack_mode_name(m->mode)));
	(void)judging_control_send(j, HELPER_RULES, &b, NULL, 0);
}

static enum wh_err
mode_keep(struct judging *j, const struct mode *m, wh_id call)
{
	const struct wh_cell key[] = { WH_CELL_TEXT(wh_str(m->pack)), WH_CELL_TEXT(wh_str(m->rule)), WH_CELL_TEXT(wh_str(m->room)), WH_CELL_INT(m->mode) };
	const struct wh_step steps[] = { { m->mode != PACK_UNSET ? Q_MODE_PUT : Q_MODE_GONE, key, m->mode != PACK_UNSET ? 4 : 3, WH_ANY },
		{ Q_LOWERED_GONE, key, 2, WH_ANY } };

	return wh_store_run(&j->table, steps, 2, mode_kept, call);
}

enum wh_err
judging_command_mode(void *self, struct wh_call *call)
{
	struct judging *j = moderation_judging(self);
	struct pack *p = pack_find(j, wh_arg_str(call, "pack"));
	struct wh_str rule = wh_arg_str(call, "rule");
	struct mode m = { .mode = PACK_UNSET };
	bool known = rule.n == 0;
	enum wh_err err;

	if (p == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	for (size_t i = 0; i < p->n_rules; i++)
		known |= wh_str_is(rule, p->rules[i].name);
	if (!known)
		return wh_fail(call, WH_ENOENT, "the pack has no such rule");
	(void)pack_mode_named(wh_arg_str(call, "mode"), &m.mode);
	snprintf(m.pack, sizeof m.pack, "%s", p->id);
	snprintf(m.rule, sizeof m.rule, "%.*s", WH_FMT(rule));
	snprintf(m.room, sizeof m.room, "%.*s", WH_FMT(wh_arg_str(call, "room")));
	if (mode_set(j, &m) != WH_OK)
		return wh_fail(call, WH_EFULL, "too many modes are set; take some back with the mode default");
	for (size_t i = 0; i < p->n_rules; i++)
		if (rule.n == 0 || wh_str_is(rule, p->rules[i].name))
			p->rules[i].most = PACK_LIVE;
	packs_wanted(j);
	mode_send(j, &m);
	pack_tell(j, p, "pack_changed", m.rule, WH_STR(""));
	wh_json_text(wh_reply(call), "pack", p->id);
	wh_json_text(wh_reply(call), "mode", pack_mode_name(pack_mode_of(j, p, NULL, everywhere)));
	err = mode_keep(j, &m, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, judging_fail(call, err));
	return WH_WAIT;
}
