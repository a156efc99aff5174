/* The packs in memory: their modes, and giving them to the helper that judges. A pack that the helper died over while it loaded it is not given to
 * the next. */
#include <stdio.h>

#include "judging_own.h"

static const char *const mode_names[] = { "off", "shadow", "live", "default" };

bool
pack_mode_named(struct wh_str name, enum pack_mode *out)
{
	for (unsigned i = 0; i <= PACK_UNSET; i++)
		if (wh_str_is(name, mode_names[i])) {
			*out = (enum pack_mode)i;
			return true;
		}
	return false;
}

const char *
pack_mode_name(enum pack_mode mode)
{
	return mode_names[mode];
}

struct pack *
pack_find(const struct judging *j, struct wh_str id)
{
	for (size_t i = 0; i < j->n_packs; i++)
		if (wh_str_is(id, j->packs[i]->id))
			return j->packs[i];
	return NULL;
}

struct pack *
pack_add(struct judging *j, struct wh_str id)
{
	struct pack *p = j->n_packs < JUDGING_PACKS && id.n != 0 && id.n < PACK_NAME ? wh_new(j->host, sizeof *p) : NULL;
	size_t at = 0;

	if (p == NULL)
		return NULL;
	p->conf_mode = PACK_UNSET;
	memcpy(p->id, id.p, id.n);
	while (at < j->n_packs && strcmp(j->packs[at]->id, p->id) < 0)
		at++;
	memmove(&j->packs[at + 1], &j->packs[at], (j->n_packs - at) * sizeof j->packs[0]);
	j->packs[at] = p;
	j->n_packs++;
	return p;
}

static void
pack_free(struct judging *j, struct pack *p)
{
	wh_delete(j->host, p->files);
	wh_delete(j->host, p->folder_files);
	wh_delete(j->host, p->conf);
	wh_delete(j->host, p->settings);
	wh_delete(j->host, p->info);
	wh_delete(j->host, p->error);
	wh_delete(j->host, p);
}

void
pack_drop(struct judging *j, struct pack *p)
{
	struct bytes b;

	for (size_t i = 0; i < j->n_packs; i++)
		if (j->packs[i] == p) {
			memmove(&j->packs[i], &j->packs[i + 1], (j->n_packs - i - 1) * sizeof j->packs[0]);
			j->n_packs--;
			break;
		}
	if (j->helpers[HELPER_RULES].up) {
		judging_control_begin(j, &b, "unload");
		bytes_str(&b, "pack", wh_str(p->id));
		(void)judging_control_send(j, HELPER_RULES, &b, NULL, 0);
	}
	pack_free(j, p);
	packs_wanted(j);
}

void
packs_free(struct judging *j)
{
	for (size_t i = 0; i < j->n_packs; i++)
		pack_free(j, j->packs[i]);
	j->n_packs = 0;
}

bool
pack_set_text(const struct judging *j, char **place, struct wh_str text)
{
	char *copy = text.p != NULL ? bytes_copy(j->host, text) : NULL;

	if (copy == NULL && text.p != NULL)
		return false;
	wh_delete(j->host, *place);
	*place = copy;
	return true;
}

/* As the helper does: the mode that says most is in force: rule and room before rule before room before pack before none. */
enum pack_mode
pack_mode_of(const struct judging *j, const struct pack *p, const struct pack_rule *r, struct wh_str room)
{
	enum pack_mode mode = p->conf_mode != PACK_UNSET ? p->conf_mode : PACK_OFF, most = r != NULL ? r->most : PACK_LIVE;
	int best = p->conf_mode != PACK_UNSET ? 1 : 0;

	for (size_t i = 0; i < j->n_modes; i++) {
		const struct mode *m = &j->modes[i];
		int weight = (m->pack[0] != '\0') + 2 * (m->room[0] != '\0') + 4 * (m->rule[0] != '\0');

		if (weight < best || (m->pack[0] != '\0' && strcmp(m->pack, p->id) != 0) || (m->rule[0] != '\0' && (r == NULL || strcmp(m->rule, r->name) != 0))
		    || (m->room[0] != '\0' && !wh_str_is(room, m->room)))
			continue;
		best = weight;
		mode = m->mode;
	}
	return mode < most ? mode : most;
}

enum wh_err
mode_set(struct judging *j, const struct mode *m)
{
	for (size_t i = 0; i < j->n_modes; i++) {
		struct mode *is = &j->modes[i];

		if (strcmp(is->pack, m->pack) != 0 || strcmp(is->rule, m->rule) != 0 || strcmp(is->room, m->room) != 0)
			continue;
		if (m->mode == PACK_UNSET)
			*is = j->modes[--j->n_modes];
		else
			is->mode = m->mode;
		return WH_OK;
	}
	if (m->mode == PACK_UNSET)
		return WH_OK;
	if (j->n_modes == JUDGING_MODES)
		return WH_EFULL;
	j->modes[j->n_modes++] = *m;
	return WH_OK;
}

/* Could the rule be other than off in some room? */
static bool
rule_wants(const struct judging *j, const struct pack *p, const struct pack_rule *r)
{
	if (pack_mode_of(j, p, r, (struct wh_str){ NULL, 0 }) != PACK_OFF)
		return true;
	for (size_t i = 0; i < j->n_modes; i++)
		if (j->modes[i].room[0] != '\0' && pack_mode_of(j, p, r, wh_str(j->modes[i].room)) != PACK_OFF)
			return true;
	return false;
}

bool
pack_may_be(const struct judging *j, const struct pack *p, enum pack_mode least, struct wh_str room)
{
	if (pack_mode_of(j, p, NULL, room) >= least)
		return true;
	for (size_t i = 0; i < j->n_modes; i++) {
		const struct mode *m = &j->modes[i];

		if (m->mode >= least && (m->pack[0] == '\0' || strcmp(m->pack, p->id) == 0) && (room.p == NULL || m->room[0] == '\0' || wh_str_is(room, m->room)))
			return true;
	}
	return false;
}

/* What is asked about at all. A pack that cannot be loaded is asked for by its rules that fail closed: nothing slips by where they would judge. */
void
packs_wanted(struct judging *j)
{
	j->wanted = 0;
	j->unknown = false;
	for (size_t i = 0; i < j->n_packs; i++) {
		struct pack *p = j->packs[i];

		p->may_close = !p->known && p->files != NULL && strstr(p->files, "closed") != NULL;
		if (!p->known && p->state != PACK_FAILED)
			j->unknown |= pack_may_be(j, p, PACK_SHADOW, (struct wh_str){ NULL, 0 });
		for (size_t k = 0; k < p->n_rules && p->known; k++)
			if ((p->judges || p->state != PACK_FAILED || p->rules[k].closed) && rule_wants(j, p, &p->rules[k]))
				j->wanted |= p->rules[k].on;
	}
}

void
pack_tell(struct judging *j, const struct pack *p, const char *what, const char *rule, struct wh_str why)
{
	const struct wh_item items[] = { WH_ITEM_STR("what", wh_str(what)), WH_ITEM_STR("pack", wh_str(p != NULL ? p->id : "")),
		WH_ITEM_STR("version", wh_str(p != NULL ? p->version : "")), WH_ITEM_STR("rule", wh_str(rule != NULL ? rule : "")),
		WH_ITEM_STR("why", why) };
	const struct wh_event event = { "moderation.pack", items, sizeof items / sizeof *items };

	if (j->parts.tell != NULL)
		j->parts.tell(j->parts.self, &event);
}

void
pack_say(struct judging *j, const struct pack *p, const char *what, const char *rule, struct wh_str why)
{
	wh_host_log(j->host, WH_WARN, what, WH_T("pack", p != NULL ? p->id : ""), WH_T("rule", rule != NULL ? rule : ""), WH_S("why", why));
	pack_tell(j, p, what, rule, why);
}

struct pack_rule *
pack_rule_read(struct pack *p, const struct wh_value *o)
{
	struct pack_rule *r = &p->rules[p->n_rules];
	struct wh_str name = judging_text_of(o, "name");
	struct wh_value v;

	if (p->n_rules == PACK_RULES || name.n >= PACK_NAME)
		return NULL;
	*r = (struct pack_rule){ .most = PACK_LIVE };
	memcpy(r->name, name.p, name.n);
	if (wh_json_get(o, "on", &v) && v.type == WH_V_INT)
		r->on = (uint32_t)v.i;
	r->closed = wh_json_get(o, "closed", &v) && v.type == WH_V_BOOL && v.b;
	p->n_rules++;
	return r;
}

void
pack_take_info(struct judging *j, struct pack *p, const struct wh_value *answer)
{
	struct pack_rule *old = wh_new(j->host, sizeof p->rules);
	struct wh_str version = judging_text_of(answer, "version");
	size_t n_old = p->n_rules;
	struct wh_value rules, rule;
	struct wh_json_in in;

	/* What was lowered of a version stays lowered; the next version is another matter. */
	if (old == NULL || (p->version[0] != '\0' && !wh_str_is(version, p->version)))
		n_old = 0;
	else
		memcpy(old, p->rules, sizeof p->rules);
	snprintf(p->version, sizeof p->version, "%.*s", WH_FMT(version));
	(void)pack_set_text(j, &p->info, answer->raw);
	p->n_rules = 0;
	(void)wh_json_get(answer, "rules", &rules);
	in = wh_json_each(&rules);
	while (wh_json_next(&in, NULL, &rule)) {
		struct pack_rule *r = pack_rule_read(p, &rule);

		for (size_t i = 0; r != NULL && i < n_old; i++)
			if (strcmp(old[i].name, r->name) == 0)
				r->most = old[i].most;
	}
	wh_delete(j->host, old);
	p->known = true;
	packs_wanted(j);
}

/* What was lowered is told to a helper that does not know. */
static void
pack_lower(struct judging *j, const struct pack *p)
{
	struct bytes b;

	for (size_t i = 0; i < p->n_rules; i++) {
		if (p->rules[i].most == PACK_LIVE)
			continue;
		judging_control_begin(j, &b, "mode");
		bytes_str(&b, "pack", wh_str(p->id));
		bytes_str(&b, "rule", wh_str(p->rules[i].name));
		bytes_str(&b, "most", wh_str(pack_mode_name(p->rules[i].most)));
		(void)judging_control_send(j, HELPER_RULES, &b, NULL, 0);
	}
}

static void
pack_fails(struct judging *j, struct pack *p, struct wh_str error)
{
	p->state = PACK_FAILED;
	(void)pack_set_text(j, &p->error, error);
	pack_say(j, p, "pack_not_loaded", NULL, error);
	packs_wanted(j);
}

/* The pack of a cookie that was its address; it may be gone meanwhile. */
static struct pack *
pack_of(const struct judging *j, uint64_t cookie)
{
	for (size_t i = 0; i < j->n_packs; i++)
		if ((uint64_t)(uintptr_t)j->packs[i] == cookie)
			return j->packs[i];
	return NULL;
}

/* What was loaded last goes on, as it would have without the restart. */
static void
pack_before_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct bytes why = { .host = j->host, .max = 20000 };
	struct pack *p = pack_of(j, cookie);

	if (p == NULL || p->state != PACK_LOADING)
		return;
	bytes_text(&why, p->error != NULL ? p->error : "");
	if (r->err == WH_OK && r->rows[0].n != 0 && !wh_str_is(wh_row_str(&r->rows[0], 0, 1), p->files) && pack_set_text(j, &p->files, wh_row_str(&r->rows[0], 0, 1))) {
		bytes_text(&why, "\nversion ");
		bytes_put(&why, wh_row_str(&r->rows[0], 0, 0));
		bytes_text(&why, ", which was loaded last, goes on");
		p->state = PACK_WAITING;
		pack_say(j, p, "pack_not_loaded", NULL, bytes_slice(&why));
		packs_wanted(j);
	} else {
		pack_fails(j, p, bytes_slice(&why));
	}
	bytes_free(&why);
	packs_next(j);
}

static void
pack_loaded(struct judging *j, uint64_t cookie, const struct wh_value *answer)
{
	struct pack *p = pack_of(j, cookie);
	struct wh_str error = answer != NULL ? judging_text_of(answer, "error") : WH_STR("whiply-rules died while it loaded the pack");

	if (p != NULL && p->state == PACK_LOADING) {
		if (judging_is_ok(answer) && !wh_str_is(judging_text_of(answer, "id"), p->id))
			error = WH_STR("its folder has another name than its id");
		if (judging_is_ok(answer) && wh_str_is(judging_text_of(answer, "id"), p->id)) {
			p->state = PACK_LOADED;
			p->judges = true;
			(void)pack_set_text(j, &p->error, (struct wh_str){ NULL, 0 });
			pack_take_info(j, p, answer);
			packs_keep_version(j, p);
			packs_known_keep(j, p);
			pack_lower(j, p);
		} else if (answer != NULL && !p->judges && p->info == NULL && pack_set_text(j, &p->error, error) && packs_known_files(j, p, pack_before_found) == WH_OK) {
			return;		/* asks wait meanwhile, as while it was loaded */
		} else {
			pack_fails(j, p, error);
		}
	}
	if (answer != NULL)
		packs_next(j);
}

static enum wh_err
pack_load(struct judging *j, struct pack *p)
{
	struct bytes b;
	enum wh_err err;

	judging_control_begin(j, &b, "load");
	bytes_raw(&b, "files", wh_str(p->files));
	if (p->settings != NULL)
		bytes_raw(&b, "settings", wh_str(p->settings));
	p->state = PACK_LOADING;
	err = judging_control_send(j, HELPER_RULES, &b, pack_loaded, (uint64_t)(uintptr_t)p);
	if (err == WH_ETOOBIG) {
		p->state = PACK_FAILED;
		(void)pack_set_text(j, &p->error, WH_STR("it is too long"));
	} else if (err != WH_OK) {
		p->state = PACK_WAITING;
	}
	return err;
}

void
packs_next(struct judging *j)
{
	if (!j->helpers[HELPER_RULES].up)
		return;
	for (size_t i = 0; i < j->n_packs; i++)
		if (j->packs[i]->state == PACK_LOADING)
			return;
	for (size_t i = 0; i < j->n_packs; i++)
		if (j->packs[i]->state == PACK_WAITING && j->packs[i]->files != NULL && pack_load(j, j->packs[i]) != WH_ETOOBIG)
			return;
	j->ready = true;
	judging_go(j);
}

void
packs_modes_send(struct judging *j)
{
	struct bytes b;

	judging_control_begin(j, &b, "modes");
	bytes_open(&b, "modes", '[');
	bytes_open(&b, NULL, '{');
	bytes_str(&b, "mode", WH_STR("off"));
	bytes_close(&b, '}');
	for (size_t i = 0; i < j->n_packs; i++) {
		if (j->packs[i]->conf_mode == PACK_UNSET)
			continue;
		bytes_open(&b, NULL, '{');
		bytes_str(&b, "pack", wh_str(j->packs[i]->id));
		bytes_str(&b, "mode", wh_str(pack_mode_name(j->packs[i]->conf_mode)));
		bytes_close(&b, '}');
	}
	for (size_t i = 0; i < j->n_modes; i++) {
		bytes_open(&b, NULL, '{');
		bytes_str(&b, "pack", wh_str(j->modes[i].pack));
		bytes_str(&b, "rule", wh_str(j->modes[i].rule));
		bytes_str(&b, "room", wh_str(j->modes[i].room));
		bytes_str(&b, "mode", wh_str(pack_mode_name(j->modes[i].mode)));
		bytes_close(&b, '}');
	}
	bytes_close(&b, ']');
	(void)judging_control_send(j, HELPER_RULES, &b, NULL, 0);
}

void
packs_begin(struct judging *j, bool anew)
{
	struct bytes b;

	judging_control_begin(j, &b, "limits");
	bytes_int(&b, "steps", j->steps);
	bytes_int(&b, "memory", j->memory);
	bytes_int(&b, "overruns", j->overruns);
	bytes_int(&b, "share", j->share);
	(void)judging_control_send(j, HELPER_RULES, &b, NULL, 0);
	packs_modes_send(j);
	for (size_t i = 0; i < j->n_packs && anew; i++) {
		j->packs[i]->judges = false;
		if (j->packs[i]->state != PACK_FAILED)
			j->packs[i]->state = PACK_WAITING;
	}
	j->ready &= !anew;
	packs_wanted(j);
	packs_next(j);
}

void
pack_demoted(struct judging *j, const struct wh_judge_verdict *v)
{
	struct pack *p = pack_find(j, v->pack);

	for (size_t i = 0; p != NULL && i < p->n_rules; i++) {
		struct pack_rule *r = &p->rules[i];

		if (!wh_str_is(v->rule, r->name))
			continue;
		r->most = wh_str_starts(v->evidence, WH_STR("set to off")) ? PACK_OFF : PACK_SHADOW;
		packs_lowered_keep(j, p, r);
		pack_say(j, p, "rule_lowered", r->name, v->evidence);
	}
	packs_wanted(j);
}
