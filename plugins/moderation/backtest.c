/* moderation.backtest: a room's log through a pack, in the helper "trials", so that nothing that is judged meanwhile waits. First what moderators did is told,
 * then the log, some entries at a time: each batch waits for the answer to the one before. People are told as they were then, as far as that is
 * known: how old the account was, and how much they had said. What moderators removed, or
 * held and never published, is shown as well, as long as its text is kept (`keep_removed`, `keep_items`): it says most about a rule. What people removed themselves is
 * left out, and what was of somebody whose account was erased.
 * One backtest at a time. When it takes longer than a call may, it goes on, and the command without a pack gives what came of it. */
#include <stdio.h>

#include "judging_own.h"

enum { BATCH = 50, EVENTS = 50000, EVENTS_MOST = 1000000, CALL_MS = 20000, PEOPLE = 100000, DEEDS_BYTES = 100000 };

const struct wh_field judging_fields_backtest[] = {
	{ "pack", WH_F_NAME, .max = PACK_NAME - 1, .help = "id of the pack; nothing: what came of the last backtest" },
	{ "room", WH_F_NAME, .max = 128, .help = "whose log" },
	{ "from", WH_F_TIME, .help = "from when on; a week ago if it is not said" },
	{ "to", WH_F_TIME, .help = "until when; now if it is not said" },
	{ "samples", WH_F_INT, .min = 0, .max = JUDGING_SAMPLES, .def = "3", .help = "messages that are shown for each rule" },
	{ "most", WH_F_INT, .min = 1, .max = EVENTS_MOST, .def = "50000", .help = "entries that are read at most" },
	{ 0 }
};

struct person {
	char id[PACK_NAME + 16];
};

struct entry {
	int64_t id, time_ms, kind;
	size_t who;			/* of the batch's new people; BATCH: known */
	struct wh_str name, text;	/* of `texts` */
};

struct newcomer {
	struct person *person;
	int64_t entry, said, time_ms;
	bool account;
	int64_t created;
	struct wh_trust trust;
};

struct trial {
	uint64_t number;
	wh_id call;			/* 0: told that it goes on */
	int64_t began_ms, from_ms, to_ms, after, events, most, samples;
	char pack[PACK_NAME], room[129];
	struct wh_dict *people;		/* owned with its values */
	struct bytes deeds, texts;	/* owned */
	size_t n, n_new, asked;		/* of the batch; accounts that are still looked up */
	struct entry entries[BATCH];
	struct newcomer newcomers[BATCH];
	bool last, more;		/* `more`: there is more than was read */
	const struct wh_accounts_ops *accounts;
	struct wh_accounts *accounts_self;
};

void
trial_free(struct judging *j)
{
	struct trial *t = j->trial;
	struct wh_dict_iter it = { .value = NULL };

	if (t == NULL)
		return;
	if (t->accounts != NULL && t->asked != 0)
		t->accounts->forget(t->accounts_self, j->parts.self);
	while (t->people != NULL && wh_dict_next(j->host, t->people, &it))
		wh_delete(j->host, it.value);
	wh_dict_free(j->host, &t->people);
	bytes_free(&t->deeds);
	bytes_free(&t->texts);
	wh_delete(j->host, t);
	j->trial = NULL;
}

static void
trial_fail(struct judging *j, enum wh_err err, struct wh_str why)
{
	struct wh_call *call = j->trial->call != 0 ? wh_call_find(j->host, j->trial->call) : NULL;
	struct bytes last = { .host = j->host };

	if (call != NULL) {
		wh_call_done(call, wh_fail_str(call, err, why, 0));
	} else {
		bytes_open(&last, NULL, '{');
		bytes_str(&last, "error", why);
		bytes_close(&last, '}');
		(void)pack_set_text(j, &j->trial_last, bytes_slice(&last));
		bytes_free(&last);
	}
	trial_free(j);
}

static void
trial_fail_err(struct judging *j, enum wh_err err)
{
	trial_fail(j, err, err == WH_EAWAY ? WH_STR("whiply-rules is not there just now; try again") : err == WH_ENOMEM ? WH_STR("out of memory") :
	    WH_STR("the log could not be read; the log of the server says why"));
}

void
trial_lost(struct judging *j)
{
	if (j->trial != NULL)
		trial_fail(j, WH_EAWAY, WH_STR("whiply-rules died over the backtest"));
}

static struct trial *
trial_find(const struct judging *j, uint64_t number)
{
	return j->trial != NULL && j->trial->number == number ? j->trial : NULL;
}

/* Copies the members of an object but "ok". */
static void
write_members(const struct wh_host *host, const struct wh_value *o, struct wh_json *w)
{
	struct wh_json_in in = wh_json_each(o);
	struct wh_value v;
	struct wh_str key;
	char name[64];

	(void)host;
	while (wh_json_next(&in, &key, &v)) {
		if (key.n >= sizeof name || wh_str_is(key, "ok"))
			continue;
		snprintf(name, sizeof name, "%.*s", WH_FMT(key));
		wh_json_raw(w, name, v.raw);
	}
}

static void
trial_ended(struct judging *j, uint64_t number, const struct wh_value *answer)
{
	struct trial *t = trial_find(j, number);
	struct wh_call *call = t != NULL && t->call != 0 ? wh_call_find(j->host, t->call) : NULL;
	struct bytes head = { .host = j->host };

	if (t == NULL || answer == NULL)
		return;
	if (!judging_is_ok(answer)) {
		trial_fail(j, WH_EIO, judging_text_of(answer, "error"));
		return;
	}
	bytes_open(&head, NULL, '{');
	bytes_str(&head, "pack", wh_str(t->pack));
	bytes_str(&head, "room", wh_str(t->room));
	bytes_raw(&head, "more", t->more ? WH_STR("true") : WH_STR("false"));
	bytes_raw(&head, "result", answer->raw);
	bytes_close(&head, '}');
	(void)pack_set_text(j, &j->trial_last, bytes_slice(&head));
	bytes_free(&head);
	if (call != NULL) {
		wh_json_text(wh_reply(call), "pack", t->pack);
		wh_json_text(wh_reply(call), "room", t->room);
		wh_json_bool(wh_reply(call), "more", t->more);
		write_members(j->host, answer, wh_reply(call));
		wh_call_done(call, WH_OK);
	}
	trial_free(j);
}

static void
trial_end(struct judging *j)
{
	struct bytes b;
	enum wh_err err;

	judging_control_begin(j, &b, "trial_end");
	err = judging_control_send(j, HELPER_TRIALS, &b, trial_ended, j->trial->number);
	if (err != WH_OK)
		trial_fail_err(j, err);
}

static void batch_read(struct judging *j);

/* Whoever waits longer than a call may is told to come back. */
static void
trial_patience(struct judging *j)
{
	struct trial *t = j->trial;
	struct wh_call *call = t->call != 0 ? wh_call_find(j->host, t->call) : NULL;

	if (call == NULL || wh_now_ms(j->host) - t->began_ms < CALL_MS)
		return;
	wh_json_bool(wh_reply(call), "running", true);
	wh_json_int(wh_reply(call), "events", t->events);
	wh_call_done(call, WH_OK);
	t->call = 0;
}

static void
batch_done(struct judging *j, uint64_t number, const struct wh_value *answer)
{
	struct trial *t = trial_find(j, number);

	if (t == NULL || answer == NULL)
		return;
	if (!judging_is_ok(answer)) {
		trial_fail(j, WH_EIO, judging_text_of(answer, "error"));
		return;
	}
	trial_patience(j);
	if (t->last)
		trial_end(j);
	else
		batch_read(j);
}

static void
write_person(const struct judging *j, const struct newcomer *p, struct bytes *b)
{
	struct wh_trust then = p->trust;

	then.age_ms = p->account && p->time_ms > p->created ? p->time_ms - p->created : 0;
	then.said = p->said;
	bytes_int(b, "messages", p->said);
	bytes_int(b, "age", then.age_ms);
	bytes_int(b, "strikes", p->trust.strikes);
	bytes_raw(b, "account", p->account ? WH_STR("true") : WH_STR("false"));
	bytes_raw(b, "bot", p->trust.bot ? WH_STR("true") : WH_STR("false"));
	if (p->account && j->parts.trust != NULL)
		bytes_int(b, "trust", j->parts.trust(j->parts.self, &then));
}

static void
batch_send(struct judging *j)
{
	struct trial *t = j->trial;
	struct bytes b;
	enum wh_err err;

	judging_control_begin(j, &b, "trial_log");
	bytes_open(&b, "log", '[');
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		bytes_open(&b, NULL, '{');
		bytes_int(&b, "time", e->time_ms);
		bytes_str(&b, "room", wh_str(t->room));
		bytes_int(&b, "seq", e->id);
		bytes_str(&b, "from", e->name);
		bytes_str(&b, "text", e->text);
		if (e->kind == 3)
			bytes_str(&b, "on", WH_STR("edit"));
		if (e->who < BATCH)
			write_person(j, &t->newcomers[e->who], &b);
		bytes_close(&b, '}');
	}
	bytes_close(&b, ']');
	t->events += (int64_t)t->n;
	err = judging_control_send(j, HELPER_TRIALS, &b, batch_done, t->number);
	if (err != WH_OK)
		trial_fail_err(j, err);
}

static void
account_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account)
{
	struct judging *j = moderation_judging(self);
	struct trial *t = trial_find(j, cookie / BATCH);
	struct newcomer *p;

	if (t == NULL || t->asked == 0)
		return;
	p = &t->newcomers[cookie % BATCH];
	if (err == WH_OK) {
		p->account = true;
		p->created = account->created;
		p->trust = account->trust;
	}
	if (--t->asked == 0)
		batch_send(j);
}

/* `asked` is one more than there are, so that answers that come at once do not end it. */
static void
accounts_ask(struct judging *j)
{
	struct trial *t = j->trial;
	uint64_t number = t->number;

	t->asked = 1;
	for (size_t i = 0; i < t->n_new && t->accounts != NULL; i++) {
		t->asked++;
		if (t->accounts->find(t->accounts_self, wh_str(t->newcomers[i].person->id), account_found, j->parts.self, number * BATCH + i) != WH_OK)
			t->asked--;
	}
	if (--t->asked == 0)
		batch_send(j);
}

static void
said_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct trial *t = trial_find(j, cookie);

	if (t == NULL)
		return;
	if (r->err != WH_OK) {
		trial_fail_err(j, r->err);
		return;
	}
	for (size_t i = 0; i < t->n_new; i++)
		t->newcomers[i].said = wh_row_int(&r->rows[i], 0, 0);
	accounts_ask(j);
}

/* Who is seen for the first time: looked up once. */
static size_t
newcomer(struct judging *j, struct wh_str id, const struct entry *e)
{
	struct trial *t = j->trial;
	struct person *p = wh_dict_get(j->host, t->people, id);

	if (p != NULL || id.n == 0 || id.n >= sizeof p->id)
		return BATCH;
	p = wh_new(j->host, sizeof *p);
	if (p == NULL)
		return BATCH;
	memcpy(p->id, id.p, id.n);
	if (wh_dict_add(j->host, t->people, wh_str(p->id), p) != WH_OK) {
		wh_delete(j->host, p);
		return BATCH;
	}
	t->newcomers[t->n_new] = (struct newcomer){ .person = p, .entry = e->id, .time_ms = e->time_ms };
	return t->n_new++;
}

static void
batch_take(struct judging *j, const struct wh_rows *rows)
{
	struct trial *t = j->trial;
	size_t at = 0;

	t->n = t->n_new = 0;
	t->texts.n = 0;
	for (size_t i = 0; i < rows->n; i++) {
		bytes_put(&t->texts, wh_row_str(rows, i, 4));
		bytes_put(&t->texts, wh_row_str(rows, i, 5));
	}
	for (size_t i = 0; i < rows->n && !t->texts.failed; i++) {
		struct entry *e = &t->entries[t->n];
		struct wh_str name = wh_row_str(rows, i, 4), text = wh_row_str(rows, i, 5);

		t->after = wh_row_int(rows, i, 0);
		*e = (struct entry){ t->after, wh_row_int(rows, i, 1), wh_row_int(rows, i, 2), BATCH, { t->texts.p + at, name.n },
			{ t->texts.p + at + name.n, text.n } };
		at += name.n + text.n;
		if (text.p == NULL)
			continue;	/* removed, and not kept */
		e->who = newcomer(j, wh_row_str(rows, i, 3), e);
		t->n++;
	}
}

static void
log_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct judging *j = moderation_judging(self);
	struct trial *t = trial_find(j, cookie);
	struct wh_cell cells[BATCH][2];
	struct wh_step steps[BATCH];
	enum wh_err err;

	if (t == NULL)
		return;
	if (r->err != WH_OK) {
		trial_fail_err(j, r->err);
		return;
	}
	t->last = r->rows[0].n < BATCH;
	batch_take(j, &r->rows[0]);
	if (!t->last && t->events + (int64_t)t->n >= t->most)
		t->last = t->more = true;
	if (t->n_new == 0) {
		batch_send(j);
		return;
	}
	for (size_t i = 0; i < t->n_new; i++) {
		cells[i][0] = WH_CELL_TEXT(wh_str(t->newcomers[i].person->id));
		cells[i][1] = WH_CELL_INT(t->newcomers[i].entry);
		steps[i] = (struct wh_step){ Q_SAID_BEFORE, cells[i], 2, WH_ANY };
	}
	err = wh_store_run(&j->table, steps, t->n_new, said_read, t->number);
	if (err != WH_OK)
		trial_fail_err(j, err);
}

static void
batch_read(struct judging *j)
{
	struct trial *t = j->trial;
	const struct wh_cell key[] = { WH_CELL_TEXT(wh_str(t->room)), WH_CELL_INT(t->after), WH_CELL_INT(t->from_ms), WH_CELL_INT(t->to_ms), WH_CELL_INT(BATCH) };
	enum wh_err err = j->parts.log != NULL ? j->parts.log(j->parts.self, key, log_read, t->number) :
	    wh_store_run(&j->table, &(struct wh_step){ Q_LOG, key, 5, WH_ANY }, 1, log_read, t->number);

	if (err != WH_OK)
		trial_fail_err(j, err);
}

void
judging_deed(struct judging *j, uint64_t cookie, const struct judging_deed *deed)
{
	struct trial *t = trial_find(j, cookie);
	struct bytes *b;

	if (t == NULL)
		return;
	b = &t->deeds;
	bytes_open(b, NULL, '{');
	bytes_int(b, "time", deed->time_ms);
	bytes_str(b, deed->upheld ? "appeal" : "deed", deed->upheld ? WH_STR("upheld") : WH_STR("done"));
	if (deed->entry != 0) {
		bytes_str(b, "room", wh_str(t->room));
		bytes_int(b, "seq", deed->entry);
	} else {
		bytes_str(b, "of", deed->name);
	}
	bytes_close(b, '}');
}

void
judging_deeds_end(struct judging *j, uint64_t cookie, enum wh_err err)
{
	struct trial *t = trial_find(j, cookie);
	struct bytes b;

	if (t == NULL)
		return;
	if (err != WH_OK) {
		trial_fail_err(j, err);
		return;
	}
	judging_control_begin(j, &b, "trial_log");
	bytes_open(&b, "log", '[');
	bytes_put(&b, bytes_slice(&t->deeds));
	bytes_close(&b, ']');
	bytes_free(&t->deeds);
	err = judging_control_send(j, HELPER_TRIALS, &b, batch_done, t->number);
	if (err != WH_OK)
		trial_fail_err(j, err);
}

static void
trial_begun(struct judging *j, uint64_t number, const struct wh_value *answer)
{
	struct trial *t = trial_find(j, number);
	enum wh_err err;

	if (t == NULL || answer == NULL)
		return;
	if (!judging_is_ok(answer)) {
		trial_fail(j, WH_EINVAL, judging_text_of(answer, "error"));
		return;
	}
	if (j->parts.deeds == NULL) {
		batch_read(j);
		return;
	}
	err = j->parts.deeds(j->parts.self, wh_str(t->room), t->from_ms, t->to_ms, t->number);
	if (err != WH_OK)
		trial_fail_err(j, err);
}

/* What came of the last one, or how far this one is. */
static enum wh_err
tell_last(struct judging *j, struct wh_call *call)
{
	struct wh_json *w = wh_reply(call);
	struct wh_value last, result;

	wh_json_bool(w, "running", j->trial != NULL);
	if (j->trial != NULL) {
		wh_json_text(w, "pack", j->trial->pack);
		wh_json_text(w, "room", j->trial->room);
		wh_json_int(w, "events", j->trial->events);
	} else if (j->trial_last != NULL && wh_json_read_text(j->host, wh_str(j->trial_last), &last) == WH_OK) {
		if (!wh_json_get(&last, "result", &result)) {
			write_members(j->host, &last, w);
			return WH_OK;
		}
		wh_json_str(w, "pack", judging_text_of(&last, "pack"));
		wh_json_str(w, "room", judging_text_of(&last, "room"));
		write_members(j->host, &result, w);
	}
	return WH_OK;
}

static struct trial *
trial_new(struct judging *j, struct wh_call *call, struct wh_str room)
{
	struct trial *t = wh_new(j->host, sizeof *t);
	void *self = NULL;

	if (t == NULL)
		return NULL;
	*t = (struct trial){ .number = ++j->next_change, .began_ms = wh_now_ms(j->host), .from_ms = wh_arg_int(call, "from"), .to_ms = wh_arg_int(call, "to"),
		.most = wh_arg_int(call, "most"), .samples = wh_arg_int(call, "samples"), .deeds = { .host = j->host, .max = 4 << 20 },
		.texts = { .host = j->host, .max = 4 << 20 } };
	t->people = wh_dict_new(j->host, PEOPLE);
	t->accounts = wh_service_find(j->host, "accounts", WH_ACCOUNTS_VERSION, &self);
	t->accounts_self = self;
	if (!wh_arg_has(call, "to"))
		t->to_ms = wh_wall_ms(j->host);
	if (!wh_arg_has(call, "from"))
		t->from_ms = t->to_ms - INT64_C(7) * 86400000;
	snprintf(t->pack, sizeof t->pack, "%.*s", WH_FMT(wh_arg_str(call, "pack")));
	snprintf(t->room, sizeof t->room, "%.*s", WH_FMT(room));
	j->trial = t;
	if (t->people == NULL)
		trial_free(j);
	return j->trial;
}

enum wh_err
judging_command_backtest(void *self, struct wh_call *call)
{
	struct judging *j = moderation_judging(self);
	const struct pack *p = pack_find(j, wh_arg_str(call, "pack"));
	struct wh_str room = wh_arg_str(call, "room");
	char key[65] = "";
	struct bytes b;
	enum wh_err err;

	if (!wh_arg_has(call, "pack"))
		return tell_last(j, call);
	if (p == NULL || p->files == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such pack");
	if (room.n == 0 || room.p[0] == '@' || room.p[0] == '~')
		return wh_fail(call, WH_EINVAL, "say a room");
	if (j->parts.room != NULL && !j->parts.room(j->parts.self, room, key))
		return wh_fail(call, WH_EINVAL, "that can be no room's name");
	if (j->trial != NULL)
		return wh_fail_str(call, WH_EFULL, WH_STR("another backtest is under way; try again"), 5000);
	if (trial_new(j, call, key[0] != '\0' ? wh_str(key) : room) == NULL)
		return wh_fail(call, WH_ENOMEM, "out of memory");
	j->trial->call = wh_call_hold(call);
	judging_control_begin(j, &b, "trial");
	bytes_raw(&b, "files", wh_str(p->files));
	if (p->settings != NULL)
		bytes_raw(&b, "settings", wh_str(p->settings));
	bytes_int(&b, "samples", j->trial->samples);
	err = judging_control_send(j, HELPER_TRIALS, &b, trial_begun, j->trial->number);
	if (err != WH_OK)
		trial_fail_err(j, err);
	return WH_WAIT;
}
