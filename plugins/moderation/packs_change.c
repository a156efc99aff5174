/* A change of a pack on its way. All that changes what a pack is goes through here, one at a time, and nothing changes before it was tried:
 *  1. sources that are new are loaded and tested by the helper "trials", as their author wrote them;
 *  2. the settings are made of the config's, the store's and those of the change; the pack is loaded with them by "trials";
 *  3. what changed is written to the store;
 *  4. the helper that judges gets the pack; what it had counted stays.
 * Until the third step the old pack is what counts, and a failure leaves it so. */
#include <stdio.h>

#include "judging_own.h"

enum { CHANGES = 32, CHANGE_STEPS = 60 };

struct change *
change_new(struct judging *j, enum change_kind kind, struct wh_call *call)
{
	const struct wh_identity *who = call != NULL ? wh_session_identity(j->host, wh_call_session(call)) : NULL;
	struct change *c, **last = &j->changes;
	size_t n = 0;

	for (; *last != NULL; last = &(*last)->next)
		n++;
	c = n < CHANGES ? wh_new(j->host, sizeof *c) : NULL;
	if (c == NULL) {
		if (call != NULL)
			(void)judging_fail(call, n < CHANGES ? WH_ENOMEM : WH_EFULL);
		return NULL;
	}
	*c = (struct change){ .judging = j, .kind = kind, .number = ++j->next_change, .mode = PACK_UNSET };
	if (who != NULL) {
		snprintf(c->by, sizeof c->by, "%.*s", WH_FMT(who->id));
		snprintf(c->by_name, sizeof c->by_name, "%.*s", WH_FMT(who->name));
	}
	if (call != NULL)
		c->call = wh_call_hold(call);
	*last = c;
	return c;
}

static struct change *
change_find(const struct judging *j, uint64_t number)
{
	return j->changes != NULL && j->changes->number == number ? j->changes : NULL;
}

static void
change_free(struct change *c)
{
	const struct wh_host *host = c->judging->host;

	wh_delete(host, c->files);
	wh_delete(host, c->settings);
	wh_delete(host, c->value);
	wh_delete(host, c->entries);
	wh_delete(host, c);
}

void
changes_free(struct judging *j)
{
	struct change *c;

	while ((c = j->changes) != NULL) {
		j->changes = c->next;
		change_free(c);
	}
}

static void change_run(struct change *c);

void
change_end(struct change *c, enum wh_err err, struct wh_str why)
{
	struct judging *j = c->judging;
	struct wh_call *call = c->call != 0 ? wh_call_find(j->host, c->call) : NULL;
	struct change **at = &j->changes;

	if (call != NULL)
		wh_call_done(call, err == WH_OK ? WH_OK : wh_fail_str(call, err, why, 0));
	else if (err != WH_OK)
		pack_say(j, pack_find(j, wh_str(c->pack)), "pack_not_changed", NULL, why);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	change_free(c);
	if (j->changes != NULL && j->changes->running && j->changes->at == 0 && at == &j->changes)
		change_run(j->changes);
}

/* `running` and `at` 0: it waits for those before it. */
void
change_start(struct change *c)
{
	c->running = true;
	if (c->judging->changes == c)
		change_run(c);
}

static void
change_fail(struct change *c, enum wh_err err)
{
	change_end(c, err, err == WH_EAWAY ? WH_STR("whiply-rules is not there just now; try again") : err == WH_ETOOBIG ? WH_STR("that is too long") :
	    err == WH_ENOMEM ? WH_STR("out of memory") : err == WH_EFULL ? WH_STR("too much is under way; try again") :
	    WH_STR("it could not be kept; the log says why"));
}

/* What a helper said no with: the error with file, line and traceback, and the tests that fail. */
static void
change_refused(struct change *c, const struct wh_value *answer)
{
	struct bytes why = { .host = c->judging->host, .max = 20000 };
	struct wh_str tap = judging_text_of(answer, "tap");

	bytes_put(&why, judging_text_of(answer, "error"));
	if (tap.n != 0) {
		bytes_text(&why, ":\n");
		bytes_put(&why, tap);
	}
	change_end(c, WH_EINVAL, bytes_slice(&why));
	bytes_free(&why);
}

/* Step 4 */

static void
change_answer(struct change *c)
{
	struct judging *j = c->judging;
	struct wh_call *call = c->call != 0 ? wh_call_find(j->host, c->call) : NULL;
	const struct pack *p = pack_find(j, wh_str(c->pack));

	if (call != NULL) {
		wh_json_text(wh_reply(call), "pack", c->pack);
		if (p != NULL) {
			wh_json_text(wh_reply(call), "version", c->version[0] != '\0' ? c->version : p->version);
			wh_json_text(wh_reply(call), "mode", pack_mode_name(pack_mode_of(j, p, NULL, (struct wh_str){ NULL, 0 })));
		}
		if (c->kind == CHANGE_ROLLBACK) {
			wh_json_text(wh_reply(call), "from", c->from);
			if (c->undo)
				wh_json_int(wh_reply(call), "undone", c->undone);
		}
		if (c->kind == CHANGE_LIST)
			wh_json_uint(wh_reply(call), "entries", c->n_entries);
	}
	pack_tell(j, p, "pack_changed", NULL, WH_STR(""));
	change_end(c, WH_OK, (struct wh_str){ NULL, 0 });
}

void
judging_undone(struct judging *j, uint64_t cookie, enum wh_err err, int64_t n)
{
	struct change *c = change_find(j, cookie);

	if (c == NULL)
		return;
	c->undone = n;
	if (err != WH_OK)
		change_end(c, err, WH_STR("the older version is in force, but what the later one did could not be undone; the log says why"));
	else
		change_answer(c);
}

static void
change_undo(struct change *c)
{
	const struct judging *j = c->judging;
	const struct judging_undo what = { wh_str(c->pack), wh_str(c->from), wh_str(c->rule), wh_str(c->by), wh_str(c->by_name) };
	enum wh_err err = WH_OK;

	if (c->kind != CHANGE_ROLLBACK || !c->undo) {
		change_answer(c);
		return;
	}
	err = j->parts.undo != NULL ? j->parts.undo(j->parts.self, &what, c->number) : WH_ENOTSUP;
	if (err != WH_OK)
		change_end(c, err, WH_STR("the older version is in force, but what the later one did could not be undone"));
}

static void
change_load(struct change *c)
{
	struct judging *j = c->judging;
	struct pack *p = pack_find(j, wh_str(c->pack));

	if (p == NULL)
		p = pack_add(j, wh_str(c->pack));
	if (p == NULL) {
		change_fail(c, WH_EFULL);
		return;
	}
	if (c->files != NULL) {
		/* The folder's own files wait behind what was uploaded. */
		if (!p->uploaded && p->files != NULL && c->kind != CHANGE_FOLDER)
			(void)pack_set_text(j, &p->folder_files, wh_str(p->files));
		p->uploaded = c->kind != CHANGE_FOLDER;
		wh_delete(j->host, p->files);
		p->files = c->files;
		c->files = NULL;
	}
	wh_delete(j->host, p->settings);
	p->settings = c->settings;
	c->settings = NULL;
	p->state = PACK_WAITING;
	packs_wanted(j);
	if (c->mode != PACK_UNSET)
		packs_modes_send(j);
	packs_next(j);
	change_undo(c);
}

/* Step 3 */

static void change_write(struct change *c);

static void
change_written(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct change *c = change_find(j, cookie);

	if (c == NULL)
		return;
	if (r->err == WH_OK && c->kind == CHANGE_LIST && c->at <= c->n_entries)
		change_write(c);
	else if (r->err == WH_OK)
		change_load(c);
	else if (r->err == WH_ESTATE)
		change_end(c, WH_EFULL, WH_STR("the list has too many entries"));
	else
		change_fail(c, r->err);
}

/* `at` counts from 1. */
static enum wh_err
write_list(struct change *c)
{
	const struct judging *j = c->judging;
	struct wh_step steps[CHANGE_STEPS];
	struct wh_cell cells[CHANGE_STEPS][4];
	size_t n = 0;

	for (; n < CHANGE_STEPS && c->at <= c->n_entries; n++, c->at++) {
		cells[n][0] = WH_CELL_TEXT(wh_str(c->pack));
		cells[n][1] = WH_CELL_TEXT(wh_str(c->setting));
		cells[n][2] = WH_CELL_TEXT(c->entries[c->at - 1]);
		cells[n][3] = WH_CELL_INT(c->remove);
		steps[n] = (struct wh_step){ Q_ENTRY_PUT, cells[n], 4, WH_ANY };
	}
	return wh_store_run(&j->table, steps, n, change_written, c->number);
}

static enum wh_err
write_source(struct change *c)
{
	struct judging *j = c->judging;
	const struct wh_cell add[] = { WH_CELL_TEXT(wh_str(c->pack)), WH_CELL_TEXT(wh_str(c->version)), WH_CELL_INT(wh_wall_ms(j->host)),
		WH_CELL_TEXT(wh_str(c->by)), WH_CELL_TEXT(wh_str(c->by_name)), WH_CELL_TEXT(wh_str(c->files)) };
	const struct wh_cell mode[] = { WH_CELL_TEXT(wh_str(c->pack)), WH_CELL_TEXT(WH_STR("")), WH_CELL_TEXT(WH_STR("")), WH_CELL_INT(c->mode) };
	struct mode m = { .mode = c->mode };
	struct wh_step steps[4];
	size_t n = 0;

	steps[n++] = (struct wh_step){ Q_VERSION_ADD, add, 6, WH_ANY };
	if (c->kind != CHANGE_FOLDER)
		steps[n++] = (struct wh_step){ Q_PACK_PUT, add, 2, WH_ONE };
	steps[n++] = (struct wh_step){ Q_VERSIONS_TRIM, add, 1, WH_ANY };
	if (c->mode != PACK_UNSET) {
		steps[n++] = (struct wh_step){ Q_MODE_PUT, mode, 4, WH_ANY };
		snprintf(m.pack, sizeof m.pack, "%s", c->pack);
		if (mode_set(j, &m) != WH_OK)
			return WH_EFULL;
	}
	return wh_store_run(&j->table, steps, n, change_written, c->number);
}

static void
change_write(struct change *c)
{
	struct judging *j = c->judging;
	const struct wh_cell set[] = { WH_CELL_TEXT(wh_str(c->pack)), WH_CELL_TEXT(wh_str(c->setting)),
		WH_CELL_TEXT(wh_str(c->value != NULL ? c->value : "")) };
	enum wh_err err;

	if (c->kind == CHANGE_LIST) {
		err = write_list(c);
	} else if (c->kind != CHANGE_SET) {
		err = write_source(c);
	} else if (c->setting[0] == '\0') {
		change_load(c);	/* the config's settings have changed: nothing of the store */
		return;
	} else {
		err = wh_store_run(&j->table, &(struct wh_step){ c->value != NULL ? Q_SETTING_PUT : Q_SETTING_GONE, set, c->value != NULL ? 3 : 2, WH_ANY }, 1,
			change_written, c->number);
	}
	if (err != WH_OK)
		change_fail(c, err);
}

/* Step 2 */

static void
change_fits(struct judging *j, uint64_t number, const struct wh_value *answer)
{
	struct change *c = change_find(j, number);

	if (c == NULL)
		return;
	if (answer == NULL)
		change_end(c, WH_EAWAY, WH_STR("whiply-rules died while it loaded the pack"));
	else if (!judging_is_ok(answer))
		change_refused(c, answer);
	else
		change_write(c);
}

static enum wh_err
check(struct change *c, bool test, struct wh_str settings, controlled *done)
{
	struct judging *j = c->judging;
	const struct pack *p = pack_find(j, wh_str(c->pack));
	const char *files = c->files != NULL ? c->files : p != NULL ? p->files : NULL;
	struct bytes b;

	if (files == NULL)
		return WH_ENOENT;
	judging_control_begin(j, &b, "check");
	bytes_raw(&b, "files", wh_str(files));
	if (settings.n != 0)
		bytes_raw(&b, "settings", settings);
	if (test)
		bytes_raw(&b, "test", WH_STR("true"));
	if (c->kind == CHANGE_TEST)
		bytes_raw(&b, "tap", WH_STR("true"));
	return judging_control_send(j, HELPER_TRIALS, &b, done, c->number);
}

/* So many entries of one list at most. */
static bool
list_is_full(const struct change *c, const struct wh_rows *entries)
{
	size_t n = c->kind == CHANGE_LIST ? c->n_entries : 0;

	for (size_t i = 0; i < entries->n; i++)
		n += wh_str_is(wh_row_str(entries, i, 0), c->setting);
	return c->kind == CHANGE_LIST && n > JUDGING_ENTRIES;
}

static void
change_settings(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct change *c = change_find(j, cookie);
	struct bytes b = { .host = j->host, .max = JUDGING_PACK_BYTES };
	enum wh_err err = r->err;

	if (c == NULL)
		return;
	if (err == WH_OK && list_is_full(c, &r->rows[1])) {
		change_end(c, WH_EFULL, WH_STR("the list has too many entries"));
		return;
	}
	if (err == WH_OK) {
		packs_settings(pack_find(j, wh_str(c->pack)), &r->rows[0], &r->rows[1], c, &b);
		if (b.failed || !pack_set_text(j, &c->settings, bytes_slice(&b)))
			err = WH_ETOOBIG;
		bytes_free(&b);
	}
	if (err == WH_OK)
		err = check(c, false, c->settings != NULL ? wh_str(c->settings) : (struct wh_str){ NULL, 0 }, change_fits);
	if (err != WH_OK)
		change_fail(c, err);
}

static void
change_read(struct change *c)
{
	const struct wh_cell id = WH_CELL_TEXT(wh_str(c->pack));
	const struct wh_step steps[] = { { Q_SETTINGS, &id, 1, WH_ANY }, { Q_ENTRIES, &id, 1, WH_ANY } };
	enum wh_err err = wh_store_run(&c->judging->table, steps, 2, change_settings, c->number);

	if (err != WH_OK)
		change_fail(c, err);
}

/* Step 1 */

static void
change_tested(struct change *c, const struct wh_value *answer)
{
	struct wh_call *call = wh_call_find(c->judging->host, c->call);
	struct wh_value tests;

	if (call != NULL) {
		wh_json_bool(wh_reply(call), "passed", judging_is_ok(answer));
		wh_json_str(wh_reply(call), "tap", judging_text_of(answer, "tap"));
		if (wh_json_get(answer, "tests", &tests))
			wh_json_raw(wh_reply(call), "tests", tests.raw);
		if (!judging_is_ok(answer))
			wh_json_str(wh_reply(call), "error", judging_text_of(answer, "error"));
	}
	change_end(c, WH_OK, (struct wh_str){ NULL, 0 });
}

/* One version has one source, so that what it did can be told from what another did. */
static void
change_version(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct change *c = change_find(moderation_judging(self), cookie);

	if (c == NULL)
		return;
	if (r->err != WH_OK)
		change_fail(c, r->err);
	else if (r->rows[0].n != 0 && !wh_str_is(wh_row_str(&r->rows[0], 0, 1), c->files))
		change_end(c, WH_EEXIST, WH_STR("there is this version already, with another source; give the new one another version"));
	else
		change_read(c);
}

static void
change_checked(struct judging *j, uint64_t number, const struct wh_value *answer)
{
	struct change *c = change_find(j, number);
	struct wh_str id = answer != NULL ? judging_text_of(answer, "id") : (struct wh_str){ NULL, 0 };
	const struct pack *p;
	enum wh_err err;

	if (c == NULL)
		return;
	if (answer == NULL) {
		change_end(c, WH_EAWAY, WH_STR("whiply-rules died while it tested the pack"));
		return;
	}
	if (c->kind == CHANGE_TEST) {
		change_tested(c, answer);
		return;
	}
	if (!judging_is_ok(answer)) {
		change_refused(c, answer);
		return;
	}
	if (id.n == 0 || id.n >= PACK_NAME || (c->pack[0] != '\0' && !wh_str_is(id, c->pack))) {
		change_end(c, WH_EINVAL, WH_STR("the pack says another id"));
		return;
	}
	snprintf(c->pack, sizeof c->pack, "%.*s", WH_FMT(id));
	snprintf(c->version, sizeof c->version, "%.*s", WH_FMT(judging_text_of(answer, "version")));
	p = pack_find(j, wh_str(c->pack));
	if (p == NULL && c->kind == CHANGE_PUT && c->mode == PACK_UNSET)
		c->mode = PACK_SHADOW;
	if (c->kind == CHANGE_PUT) {
		const struct wh_cell key[] = { WH_CELL_TEXT(wh_str(c->pack)), WH_CELL_TEXT(wh_str(c->version)) };

		err = wh_store_run(&j->table, &(struct wh_step){ Q_VERSION_LAST, key, 2, WH_ANY }, 1, change_version, c->number);
		if (err != WH_OK)
			change_fail(c, err);
	} else {
		change_read(c);
	}
}

/* A rollback looks for its source first. */
static void
change_source(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct change *c = change_find(j, cookie);
	enum wh_err err = r->err;

	if (c == NULL)
		return;
	if (err == WH_OK && r->rows[0].n == 0) {
		change_end(c, WH_ENOENT, c->version[0] != '\0' ? WH_STR("this version is not kept") : WH_STR("no earlier version is kept"));
		return;
	}
	if (err == WH_OK && !pack_set_text(j, &c->files, wh_row_str(&r->rows[0], 0, 1)))
		err = WH_ENOMEM;
	if (err == WH_OK)
		err = check(c, true, (struct wh_str){ NULL, 0 }, change_checked);
	if (err != WH_OK)
		change_fail(c, err);
}

static enum wh_err
run_rollback(struct change *c)
{
	struct judging *j = c->judging;
	const struct pack *p = pack_find(j, wh_str(c->pack));
	const struct wh_cell key[] = { WH_CELL_TEXT(wh_str(c->pack)), WH_CELL_TEXT(wh_str(c->version[0] != '\0' ? c->version : p != NULL ? p->version : "")) };

	if (p == NULL)
		return WH_ENOENT;
	snprintf(c->from, sizeof c->from, "%s", p->version);
	return wh_store_run(&j->table, &(struct wh_step){ c->version[0] != '\0' ? Q_VERSION_GET : Q_VERSION_BEFORE, key, 2, WH_ANY }, 1, change_source,
		c->number);
}

static void
change_run(struct change *c)
{
	enum wh_err err = WH_OK;

	c->at = 1;
	if (c->kind == CHANGE_ROLLBACK)
		err = run_rollback(c);
	else if (c->kind == CHANGE_SET || c->kind == CHANGE_LIST)
		change_read(c);
	else
		err = check(c, true, (struct wh_str){ NULL, 0 }, change_checked);
	if (err == WH_ENOENT)
		change_end(c, err, WH_STR("there is no such pack"));
	else if (err != WH_OK)
		change_fail(c, err);
}
