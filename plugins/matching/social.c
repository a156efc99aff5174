/* Whom one does not want to meet, and whom one reports. A report is bound to a match that both were in, and carries its last lines; it waits
 * until a moderator settles it. */
#include <stdio.h>

#include "matching.h"

/* Somebody the caller means: by the id, or by the name in a match that both were in. */
static struct wh_str
other_of_call(struct matching *x, struct wh_call *call, struct match **match_out, struct wh_str *name_out)
{
	struct wh_str match = wh_arg_str(call, "match"), name = wh_arg_str(call, "name"), me = wh_session_identity(x->host, wh_call_session(call))->id;
	struct match *m = match.n != 0 ? match_find(x, match) : NULL;
	struct wh_str found = { NULL, 0 };

	*match_out = NULL;
	if (m == NULL || m->state == MATCH_PROPOSED || match_seat_of(m, me) == NULL)
		return found;
	*match_out = m;
	for (unsigned i = 0; i < m->n; i++) {
		if (wh_str_is(me, m->seats[i].id) || (name.n != 0 && !wh_str_is(name, m->seats[i].name)))
			continue;
		if (found.n != 0)
			return (struct wh_str){ NULL, 0 };	/* several: a name has to say which */
		found = wh_str(m->seats[i].id);
		*name_out = wh_str(m->seats[i].name);
	}
	return found;
}

static void
stored(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct matching *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);

	if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : store_failed(call, r->err));
}

static enum wh_err
store_for(struct matching *x, struct wh_call *call, const struct wh_step *steps, size_t n)
{
	enum wh_err err = wh_store_run(&x->table, steps, n, stored, wh_call_hold(call));

	if (err != WH_OK)
		wh_call_done(call, store_failed(call, err));
	return WH_WAIT;
}

enum wh_err
social_block(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct wh_str me = wh_session_identity(x->host, wh_call_session(call))->id, name = { NULL, 0 }, other;
	struct match_seat *seat;
	struct match *m;

	other = other_of_call(x, call, &m, &name);
	if (other.n == 0)
		return wh_fail(call, WH_ENOENT, "name a match that you were in just now, and who of it, if there are several");
	if (!pairs_block(&x->pairs, person_key(x, me), person_key(x, other), PAIRS_HERE))
		return wh_fail(call, WH_EFULL, "no more blocks can be kept");
	const struct wh_cell cells[] = { WH_CELL_TEXT(me), WH_CELL_TEXT(other), WH_CELL_TEXT(name), WH_CELL_INT(wh_wall_ms(x->host)) };
	enum wh_err err = store_for(x, call, &(struct wh_step){ Q_BLOCK, cells, 4, WH_ANY }, 1);

	/* Whoever blocks has done with the match. */
	seat = match_seat_of(m, me);
	if (m->state == MATCH_LIVE && seat != NULL)
		match_left(x, m, seat, "left");
	return err;
}

enum wh_err
social_unblock(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct wh_str me = wh_session_identity(x->host, wh_call_session(call))->id, other = wh_arg_str(call, "id");
	const struct wh_cell cells[] = { WH_CELL_TEXT(me), WH_CELL_TEXT(other) };

	pairs_unblock(&x->pairs, person_key(x, me), person_key(x, other), PAIRS_HERE);
	return store_for(x, call, &(struct wh_step){ Q_UNBLOCK, cells, 2, WH_ANY }, 1);
}

/* In chat: whoever blocks somebody there does not want to meet them here. */
void
social_blocked(void *self, struct wh_str who, struct wh_str whom, bool on)
{
	struct matching *x = self;

	if (!on)
		pairs_unblock(&x->pairs, person_key(x, who), person_key(x, whom), PAIRS_CHAT);
	else if (!pairs_block(&x->pairs, person_key(x, who), person_key(x, whom), PAIRS_CHAT))
		wh_host_log(x->host, WH_WARN, "matching_blocks_full", WH_I("most", PAIRS_BLOCKS));
}

static void
blocks_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct matching *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, store_failed(call, r->err));
		return;
	}
	wh_json_array(wh_reply(call), "blocks");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		wh_json_object(wh_reply(call), NULL);
		wh_json_str(wh_reply(call), "id", wh_row_str(&r->rows[0], i, 0));
		wh_json_str(wh_reply(call), "name", wh_row_str(&r->rows[0], i, 1));
		wh_json_int(wh_reply(call), "time", wh_row_int(&r->rows[0], i, 2));
		wh_json_end(wh_reply(call));
	}
	wh_json_end(wh_reply(call));
	wh_call_done(call, WH_OK);
}

enum wh_err
social_blocks(void *self, struct wh_call *call)
{
	struct matching *x = self;
	const struct wh_cell me = WH_CELL_TEXT(wh_session_identity(x->host, wh_call_session(call))->id);
	enum wh_err err = wh_store_run(&x->table, &(struct wh_step){ Q_BLOCKS, &me, 1, WH_ANY }, 1, blocks_found, wh_call_hold(call));

	if (err != WH_OK)
		wh_call_done(call, store_failed(call, err));
	return WH_WAIT;
}

/* Where there is moderation, its queue has the report as well, with the lines as evidence. */
static void
report_pass_on(struct matching *x, struct wh_call *call, const struct match *m, struct wh_str other, struct wh_str name, struct wh_str lines)
{
	const struct wh_identity *who = wh_session_identity(x->host, wh_call_session(call));
	char evidence[LINES * (LINE_BYTES * 2 + 200) + 100];
	struct text t = { evidence, 0, sizeof evidence, false };
	const struct wh_report report = { .by = who->id, .by_name = who->name, .who = other, .name = name, .reason = wh_arg_str(call, "reason"),
		.words = wh_arg_str(call, "text") };
	struct wh_report full = report;

	if (x->moderation == NULL)
		return;
	text_put(&t, "{\"match\":");
	text_str(&t, wh_str(m->id));
	text_put(&t, ",\"lines\":");
	text_raw(&t, lines);
	text_put(&t, "}");
	if (!t.full)
		full.evidence = text_of(&t);
	if (x->moderation->report(x->moderation_self, &full) == WH_ETOOBIG)
		x->moderation->report(x->moderation_self, &report);
}

enum wh_err
social_report(void *self, struct wh_call *call)
{
	struct matching *x = self;
	const struct wh_identity *who = wh_session_identity(x->host, wh_call_session(call));
	struct wh_str name = { NULL, 0 }, other;
	char lines[LINES * (LINE_BYTES * 2 + 200)], id[MATCH_ID + 1], number[40];
	struct text t = { lines, 0, sizeof lines, false };
	struct match *m;

	other = other_of_call(x, call, &m, &name);
	if (other.n == 0)
		return wh_fail(call, WH_ENOENT, "name a match that you were in just now, and who of it, if there are several");
	text_put(&t, "[");
	for (unsigned i = m->n_lines > LINES ? m->n_lines - LINES : 0; i < m->n_lines; i++) {
		const struct match_line *line = m->lines[i % LINES];
		size_t before = t.n;

		text_put(&t, t.n > 1 ? ",{\"who\":" : "{\"who\":");
		text_str(&t, wh_str(line->who));
		text_put(&t, ",\"text\":");
		text_str(&t, wh_str(line->text));
		snprintf(number, sizeof number, ",\"time\":%lld}", (long long)line->at);
		text_put(&t, number);
		if (t.full || t.n + 8 > t.cap) {
			t.n = before;
			t.full = false;
			break;
		}
	}
	text_put(&t, "]");
	random_id(x->host, id);
	const struct wh_cell cells[] = {
		WH_CELL_TEXT(wh_str(id)), WH_CELL_TEXT(wh_str(m->id)), WH_CELL_TEXT(who->id), WH_CELL_TEXT(other), WH_CELL_TEXT(wh_arg_str(call, "reason")),
		WH_CELL_TEXT(wh_arg_str(call, "text")), WH_CELL_TEXT(text_of(&t)), WH_CELL_INT(wh_wall_ms(x->host)),
	};

	/* They do not meet again, whatever becomes of it. */
	pairs_block(&x->pairs, person_key(x, who->id), person_key(x, other), PAIRS_HERE);
	const struct wh_cell block[] = { WH_CELL_TEXT(who->id), WH_CELL_TEXT(other), WH_CELL_TEXT(name), cells[7] };
	const struct wh_step steps[] = { { Q_REPORT_ADD, cells, 8, WH_ANY }, { Q_BLOCK, block, 4, WH_ANY } };

	wh_metric_add_for(x->host, &matching_metrics[M_REPORTS], wh_arg_str(call, "reason"), 1);
	if (x->audit != NULL)
		x->audit->write(x->audit_self, &(struct wh_audit_entry){ .who = who->id, .name = who->name, .action = WH_STR("match.reported"), .on = other,
		    .address = wh_session_address(x->host, wh_call_session(call)), .why = wh_arg_str(call, "reason") });
	report_pass_on(x, call, m, other, name, text_of(&t));
	wh_json_str(wh_reply(call), "report", wh_str(id));
	return store_for(x, call, steps, 2);
}

static void
reports_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	static const char *const keys[] = { "report", "match", "by", "against", "reason", "text" };
	struct matching *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);

	if (call == NULL)
		return;
	if (r->err != WH_OK) {
		wh_call_done(call, store_failed(call, r->err));
		return;
	}
	wh_json_array(wh_reply(call), "reports");
	for (size_t i = 0; i < r->rows[0].n; i++) {
		wh_json_object(wh_reply(call), NULL);
		for (unsigned k = 0; k < 6; k++)
			wh_json_str(wh_reply(call), keys[k], wh_row_str(&r->rows[0], i, k));
		wh_json_raw(wh_reply(call), "lines", wh_row_str(&r->rows[0], i, 6));
		wh_json_int(wh_reply(call), "time", wh_row_int(&r->rows[0], i, 7));
		wh_json_end(wh_reply(call));
	}
	wh_json_end(wh_reply(call));
	wh_call_done(call, WH_OK);
}

enum wh_err
social_reports(void *self, struct wh_call *call)
{
	struct matching *x = self;
	const struct wh_cell limit = WH_CELL_INT(wh_arg_int(call, "limit"));
	enum wh_err err = wh_store_run(&x->table, &(struct wh_step){ Q_REPORTS, &limit, 1, WH_ANY }, 1, reports_found, wh_call_hold(call));

	if (err != WH_OK)
		wh_call_done(call, store_failed(call, err));
	return WH_WAIT;
}

enum wh_err
social_settle(void *self, struct wh_call *call)
{
	struct matching *x = self;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_arg_str(call, "report")), WH_CELL_TEXT(wh_arg_str(call, "note")) };

	return store_for(x, call, &(struct wh_step){ Q_REPORT_DONE, cells, 2, WH_ONE }, 1);
}

/* A person's own: matches, ratings, blocks; and their end */

static void
export_found(void *self, uint64_t ticket, const struct wh_result *r)
{
	struct matching *x = self;
	struct wh_person *p = wh_person_find(x->host, ticket);

	if (p == NULL)
		return;
	if (r->err == WH_OK) {
		wh_json_array(p->out, "matches");
		for (size_t i = 0; i < r->rows[0].n; i++) {
			wh_json_object(p->out, NULL);
			wh_json_str(p->out, "match", wh_row_str(&r->rows[0], i, 0));
			wh_json_str(p->out, "queue", wh_row_str(&r->rows[0], i, 1));
			wh_json_int(p->out, "started", wh_row_int(&r->rows[0], i, 2));
			wh_json_int(p->out, "team", wh_row_int(&r->rows[0], i, 3));
			wh_json_end(p->out);
		}
		wh_json_end(p->out);
		wh_json_array(p->out, "ratings");
		for (size_t i = 0; i < r->rows[1].n; i++) {
			wh_json_object(p->out, NULL);
			wh_json_str(p->out, "queue", wh_row_str(&r->rows[1], i, 0));
			wh_json_num(p->out, "rating", wh_row_num(&r->rows[1], i, 1));
			wh_json_num(p->out, "deviation", wh_row_num(&r->rows[1], i, 2));
			wh_json_int(p->out, "games", wh_row_int(&r->rows[1], i, 3));
			wh_json_end(p->out);
		}
		wh_json_end(p->out);
		wh_json_array(p->out, "blocks");
		for (size_t i = 0; i < r->rows[2].n; i++)
			wh_json_str(p->out, NULL, wh_row_str(&r->rows[2], i, 1));
		wh_json_end(p->out);
	}
	wh_hook_go(x->host, ticket, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "matches can't be read now");
}

enum wh_verdict
social_export(void *self, struct wh_person *p)
{
	struct matching *x = self;
	const struct wh_cell id = WH_CELL_TEXT(p->id);
	const struct wh_step steps[] = { { Q_EXPORT_SEATS, &id, 1, WH_ANY }, { Q_EXPORT_RATINGS, &id, 1, WH_ANY }, { Q_BLOCKS, &id, 1, WH_ANY } };

	if (wh_store_run(&x->table, steps, 3, export_found, p->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&p->at, WH_EAWAY, "matches can't be read now", 0);
}

static void
erased(void *self, uint64_t ticket, const struct wh_result *r)
{
	struct matching *x = self;

	wh_hook_go(x->host, ticket, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "matches can't be removed now");
}

/* Reports against somebody stay: they are the others'. */
enum wh_verdict
social_erase(void *self, struct wh_person *p)
{
	struct matching *x = self;
	const struct wh_cell id = WH_CELL_TEXT(p->id);
	const struct wh_step steps[] = {
		{ Q_ERASE_SEATS, &id, 1, WH_ANY }, { Q_ERASE_RATINGS, &id, 1, WH_ANY }, { Q_ERASE_BLOCKS, &id, 1, WH_ANY }, { Q_ERASE_TICKETS, &id, 1, WH_ANY },
		{ Q_ERASE_REPORTS, &id, 1, WH_ANY },
	};

	if (wh_store_run(&x->table, steps, 5, erased, p->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&p->at, WH_EAWAY, "matches can't be removed now", 0);
}
