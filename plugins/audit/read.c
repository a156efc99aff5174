/* The commands of the audit log, and a person's part of it. A reading is one of them under way: it is found by its id when the store answers,
 * and the call that it serves may be gone by then. */
#include <stdio.h>
#include <stdlib.h>

#include "audit.h"

enum { READ_LIST_MAX = 200, READ_CHUNK = 500, READ_OF = 1000, READ_MOST = 16, READ_VERIFY_MS = 8000 };

enum reading_kind { READING_LIST, READING_VERIFY_FROM, READING_VERIFY, READING_OF, READING_ERASURE };

struct audit_reading {
	struct audit_reading *next;
	uint64_t id;
	enum reading_kind kind;
	wh_id call;			/* or the ticket of READING_OF and READING_ERASURE */
	char person[AUDIT_SHORT];	/* whose part READING_OF is of */
	size_t n_person;
	/* Of a verification: */
	struct chain_head at;		/* up to here all is right */
	struct chain_head least;	/* what was surely written when it began */
	struct chain_head noted;	/* what the operator wrote down; n 0: nothing */
	int64_t began_ms, entries;
	bool noted_gone;		/* what was noted is not kept any more */
	int64_t erased;			/* texts that were taken out of what was read */
	bool whole;			/* from where the chain begins */
	uint64_t changes;		/* of the rework, when it began */
};

static struct audit_reading *
reading_new(struct wh_audit_log *audit, enum reading_kind kind)
{
	struct audit_reading *r = audit->n_readings < READ_MOST ? wh_new(audit->host, sizeof *r) : NULL;

	if (r == NULL)
		return NULL;
	r->id = audit->reading_ids++;
	r->kind = kind;
	r->next = audit->readings;
	audit->readings = r;
	audit->n_readings++;
	return r;
}

static void
reading_free(struct wh_audit_log *audit, struct audit_reading *r)
{
	struct audit_reading **at = &audit->readings;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	audit->n_readings--;
	wh_delete(audit->host, r);
}

void
audit_readings_end(struct wh_audit_log *audit)
{
	while (audit->readings != NULL)
		reading_free(audit, audit->readings);
}

/* Entries */

void
audit_take(const struct wh_rows *rows, size_t row, struct chain_entry *entry_out)
{
	size_t cover = 2 + CHAIN_TEXTS;

	*entry_out = (struct chain_entry){ .n = wh_row_int(rows, row, 0), .time_ms = wh_row_int(rows, row, 1) };
	for (unsigned i = 0; i < CHAIN_TEXTS; i++) {
		entry_out->texts[i] = wh_row_str(rows, row, 2 + i);
		if (wh_row_null(rows, row, 2 + i))
			entry_out->erased |= 1u << i;
		if (chain_is_covered(i))
			entry_out->covers[i] = wh_row_str(rows, row, cover++);
	}
}

static struct wh_str
read_hash(const struct wh_rows *rows, size_t row)
{
	return wh_row_str(rows, row, 2 + CHAIN_TEXTS + CHAIN_COVERS);
}

static const char *const read_names[] = { "who", "name", "action", "on", "address", "why", "details", "outcome" };

/* Details go as text: what somebody put into the table is not ours to pass on as JSON. */
static void
read_put_one(struct wh_json *w, const struct chain_entry *e, unsigned but)
{
	wh_json_object(w, NULL);
	wh_json_int(w, "n", e->n);
	wh_json_int(w, "time", e->time_ms);
	for (unsigned i = 0; i < CHAIN_TEXTS; i++)
		if (e->texts[i].n != 0 && (but & 1u << i) == 0)
			wh_json_str(w, read_names[i], e->texts[i]);
	if (e->erased != 0) {
		wh_json_array(w, "erased");
		for (unsigned i = 0; i < CHAIN_TEXTS; i++)
			if (chain_is_erased(e, i))
				wh_json_text(w, NULL, read_names[i]);
		wh_json_end(w);
	}
	wh_json_end(w);
}

/* `person`: of what others did they are not told who it was, nor from where. Empty: all is told. */
static void
read_put(struct wh_json *w, const struct wh_rows *rows, struct wh_str person)
{
	wh_json_array(w, "entries");
	for (size_t row = 0; row < rows->n; row++) {
		struct chain_entry e;
		bool own;

		audit_take(rows, row, &e);
		own = person.n == 0 || wh_str_eq(e.texts[CHAIN_WHO], person);
		read_put_one(w, &e, own ? 0 : 1u << CHAIN_WHO | 1u << CHAIN_NAME | 1u << CHAIN_ADDRESS_HASH);
	}
	wh_json_end(w);
}

/* audit.head */

static enum wh_err
read_head(void *self, struct wh_call *call)
{
	struct wh_audit_log *audit = self;
	char hex[CHAIN_HEX];

	chain_hex(audit->head.hash, hex);
	wh_json_int(wh_reply(call), "n", audit->head.n);
	wh_json_text(wh_reply(call), "hash", hex);
	wh_json_uint(wh_reply(call), "waiting", audit->n);
	wh_json_uint(wh_reply(call), "lost", audit->lost);
	return WH_OK;
}

/* audit.list */

static enum wh_err
read_start(struct wh_audit_log *audit, struct wh_call *call, struct audit_reading *r, const struct wh_step *steps, size_t n)
{
	enum wh_err err = wh_store_run(&audit->store, steps, n, audit_answered, r->id);

	if (err == WH_OK) {
		r->call = wh_call_hold(call);
		return WH_WAIT;
	}
	reading_free(audit, r);
	return wh_fail(call, err, "the store takes no reads now; try again");
}

static enum wh_err
read_list(void *self, struct wh_call *call)
{
	struct wh_audit_log *audit = self;
	struct wh_str who = wh_arg_str(call, "who"), on = wh_arg_str(call, "on"), action = wh_arg_str(call, "action");
	const struct { struct wh_str key; unsigned statement; } ways[] = { { who, AUDIT_LIST_WHO }, { on, AUDIT_LIST_ON }, { action, AUDIT_LIST_ACTION } };
	unsigned statement = AUDIT_LIST;
	struct wh_str key = { NULL, 0 };
	struct audit_reading *r;

	for (size_t i = 0; i < 3 && statement == AUDIT_LIST; i++)
		if (ways[i].key.n != 0) {
			statement = ways[i].statement;
			key = ways[i].key;
		}
	const struct wh_cell cells[] = { WH_CELL_TEXT(key), WH_CELL_INT(wh_arg_int(call, "since")),
		WH_CELL_INT(wh_arg_has(call, "until") ? wh_arg_int(call, "until") : INT64_MAX),
		WH_CELL_INT(wh_arg_has(call, "before") ? wh_arg_int(call, "before") : INT64_MAX),
		WH_CELL_TEXT(who), WH_CELL_TEXT(on), WH_CELL_TEXT(action), WH_CELL_INT(wh_arg_int(call, "limit")) };
	const struct wh_step step = { statement, cells, 8, WH_ANY };

	r = reading_new(audit, READING_LIST);
	if (r == NULL)
		return wh_fail(call, WH_EFULL, "too many are reading the audit log; try again");
	return read_start(audit, call, r, &step, 1);
}

/* audit.verify */

static bool
read_hex(struct wh_str hex, uint8_t hash[static CHAIN_HASH])
{
	static const char digits[] = "0123456789abcdef";

	if (hex.n != 2 * CHAIN_HASH)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		const char *digit = hex.p[i] != '\0' ? strchr(digits, hex.p[i]) : NULL;

		if (digit == NULL)
			return false;
		hash[i / 2] = (uint8_t)(hash[i / 2] << 4 | (digit - digits));
	}
	return true;
}

static enum wh_err
verify_ask(struct wh_audit_log *audit, const struct audit_reading *r)
{
	const struct wh_cell cells[] = { WH_CELL_INT(r->at.n), WH_CELL_INT(READ_CHUNK) };
	const struct wh_step steps[] = { { AUDIT_AFTER, cells, 2, WH_ANY }, { .statement = AUDIT_HEAD } };

	return wh_store_run(&audit->store, steps, 2, audit_answered, r->id);
}

static enum wh_err
read_verify(void *self, struct wh_call *call)
{
	struct wh_audit_log *audit = self;
	struct chain_head noted = { .n = wh_arg_int(call, "n") };
	int64_t from = wh_arg_int(call, "from");
	struct audit_reading *r;
	enum wh_err err;

	if (wh_arg_has(call, "n") != wh_arg_has(call, "hash") || (noted.n != 0 && !read_hex(wh_arg_str(call, "hash"), noted.hash)))
		return wh_fail(call, WH_EINVAL, "give n and hash together, as audit.head told them");
	r = reading_new(audit, from > 1 ? READING_VERIFY_FROM : READING_VERIFY);
	if (r == NULL)
		return wh_fail(call, WH_EFULL, "too many are reading the audit log; try again");
	r->at.n = from > 1 ? from - 1 : 0;
	r->whole = from <= 1;
	r->changes = audit->rework.changes;
	r->least = audit->head;
	r->noted = noted;
	r->began_ms = wh_now_ms(audit->host);
	if (from > 1) {
		const struct wh_cell before = WH_CELL_INT(r->at.n);
		const struct wh_step steps[] = { { AUDIT_ONE, &before, 1, WH_ANY }, { .statement = AUDIT_HEAD } };

		return read_start(audit, call, r, steps, 2);
	}
	err = verify_ask(audit, r);
	if (err == WH_OK) {
		r->call = wh_call_hold(call);
		return WH_WAIT;
	}
	reading_free(audit, r);
	return wh_fail(call, err, "the store takes no reads now; try again");
}

/* Says what came of it; `bad` 0: nothing wrong. */
static void
verify_end(struct wh_audit_log *audit, struct audit_reading *r, int64_t bad, const char *why, bool complete)
{
	struct wh_call *call = wh_call_find(audit->host, r->call);
	char hex[CHAIN_HEX];

	if (bad != 0)
		wh_host_log(audit->host, WH_ERROR, "audit_wrong", WH_I("n", bad), WH_T("why", why));
	if (call != NULL) {
		struct wh_json *w = wh_reply(call);

		chain_hex(r->at.hash, hex);
		wh_json_bool(w, "ok", bad == 0);
		wh_json_bool(w, "complete", complete);
		wh_json_int(w, "entries", r->entries);
		wh_json_int(w, "n", r->at.n);
		wh_json_text(w, "hash", hex);
		wh_json_int(w, "erased", r->erased);
		if (r->noted_gone)
			wh_json_bool(w, "noted_gone", true);
		if (bad != 0) {
			wh_json_int(w, "bad", bad);
			wh_json_text(w, "why", why);
		}
		wh_call_done(call, WH_OK);
	}
	reading_free(audit, r);
}

/* The entry behind `at`: NULL when it is right, and `at` is moved to it. */
static const char *
verify_entry(struct audit_reading *r, const struct wh_rows *rows, size_t row)
{
	struct wh_str stands = read_hash(rows, row);
	uint8_t hash[CHAIN_HASH];
	struct chain_entry e;

	audit_take(rows, row, &e);
	if (e.n != r->at.n + 1)
		return "it is missing";
	if (chain_hash(r->at.hash, &e, hash) != WH_OK || stands.n != CHAIN_HASH || memcmp(stands.p, hash, CHAIN_HASH) != 0)
		return "it was changed, or stands in another's place";
	if (e.n == r->noted.n && memcmp(r->noted.hash, hash, CHAIN_HASH) != 0)
		return "it is not what was noted";
	r->at.n = e.n;
	memcpy(r->at.hash, hash, CHAIN_HASH);
	r->entries++;
	r->erased += __builtin_popcount(e.erased);
	return NULL;
}

/* All entries are right among themselves: are they all that there were? */
static const char *
verify_head(const struct wh_audit_log *audit, const struct audit_reading *r, const struct wh_rows *rows, int64_t *bad_out)
{
	struct wh_str stands;
	struct chain_stand stand;
	uint8_t seal[CHAIN_HASH];
	bool have = audit_take_stand(rows, &stand);

	*bad_out = r->at.n + 1;
	if (rows->n != 1)
		return "the head is gone: nobody knows what stood behind the last entry";
	stands = wh_row_str(rows, 0, 2);
	if (stand.head.n > r->at.n || r->least.n > r->at.n)
		return "it is missing at the end";
	if (r->noted.n > r->at.n)
		return "it was noted, and is missing at the end";
	if (stand.head.n < r->at.n) {
		*bad_out = stand.head.n + 1;
		return "it stands behind the head";
	}
	*bad_out = r->at.n != 0 ? r->at.n : 1;
	if (!have || memcmp(stand.head.hash, r->at.hash, CHAIN_HASH) != 0)
		return "the head has another hash";
	if (chain_seal(audit->seal_key, &stand, seal) != WH_OK || stands.n != CHAIN_HASH || memcmp(stands.p, seal, CHAIN_HASH) != 0)
		return "the head was written by somebody else";
	if (r->least.n == r->at.n && memcmp(r->least.hash, r->at.hash, CHAIN_HASH) != 0)
		return "it is not what this server wrote";
	if (r->whole && r->changes == audit->rework.changes && r->erased != stand.erased)
		return "somebody else took texts out, here or before";
	*bad_out = 0;
	return NULL;
}

/* What is not kept any more is believed: where the chain begins stands under the seal, which is looked at in the end. */
static void
verify_skip(struct audit_reading *r, const struct wh_rows *rows)
{
	struct chain_stand stand;

	if (!audit_take_stand(rows, &stand) || stand.base.n <= r->at.n)
		return;
	r->at = stand.base;
	r->noted_gone = r->noted.n != 0 && r->noted.n <= stand.base.n;
}

static void
verify_go_on(struct wh_audit_log *audit, struct audit_reading *r, const struct wh_result *result)
{
	const struct wh_rows *rows = &result->rows[0];
	const char *why = NULL;
	int64_t bad = 0;

	verify_skip(r, &result->rows[1]);
	for (size_t i = 0; i < rows->n && why == NULL; i++)
		why = verify_entry(r, rows, i);
	if (why != NULL) {
		verify_end(audit, r, r->at.n + 1, why, false);
		return;
	}
	if (rows->n < READ_CHUNK) {
		why = verify_head(audit, r, &result->rows[1], &bad);
		verify_end(audit, r, bad, why, true);
	} else if (wh_now_ms(audit->host) - r->began_ms > READ_VERIFY_MS || verify_ask(audit, r) != WH_OK) {
		verify_end(audit, r, 0, NULL, false);
	}
}

static void
verify_from(struct wh_audit_log *audit, struct audit_reading *r, const struct wh_result *result)
{
	struct wh_str hash = result->rows[0].n == 1 ? wh_row_str(&result->rows[0], 0, 0) : (struct wh_str){ NULL, 0 };
	struct chain_stand stand;

	if (hash.n == CHAIN_HASH) {
		memcpy(r->at.hash, hash.p, CHAIN_HASH);
	} else if (audit_take_stand(&result->rows[1], &stand) && stand.base.n >= r->at.n) {
		r->at = stand.base;
	} else {
		verify_end(audit, r, r->at.n, "it is missing", false);
		return;
	}
	r->kind = READING_VERIFY;
	if (verify_ask(audit, r) != WH_OK)
		verify_end(audit, r, 0, NULL, false);
}

/* A person's part */

enum wh_verdict
audit_export(void *self, struct wh_person *person)
{
	struct wh_audit_log *audit = self;
	const struct wh_cell cells[] = { WH_CELL_TEXT(person->id), WH_CELL_INT(READ_OF) };
	const struct wh_step step = { AUDIT_OF, cells, 2, WH_ANY };
	struct audit_reading *r = reading_new(audit, READING_OF);

	if (r == NULL)
		return wh_refuse(&person->at, WH_EFULL, "too many are reading the audit log; try again", 1000);
	r->call = person->at.ticket;
	r->n_person = person->id.n < sizeof r->person ? person->id.n : sizeof r->person;
	memcpy(r->person, person->id.p, r->n_person);
	if (wh_store_run(&audit->store, &step, 1, audit_answered, r->id) == WH_OK)
		return WH_HOLD;
	reading_free(audit, r);
	return wh_refuse(&person->at, WH_EAWAY, "the audit log can't be read now; try again", 1000);
}

enum wh_verdict
audit_read_erasure(struct wh_audit_log *audit, struct wh_person *person, const struct wh_step *step)
{
	struct audit_reading *r = reading_new(audit, READING_ERASURE);

	if (r == NULL)
		return wh_refuse(&person->at, WH_EFULL, "too many use the audit log; try again", 1000);
	r->call = person->at.ticket;
	if (wh_store_run(&audit->store, step, 1, audit_answered, r->id) == WH_OK)
		return WH_HOLD;
	reading_free(audit, r);
	return wh_refuse(&person->at, WH_EAWAY, "the audit log can't be changed now; try again", 1000);
}

static void
read_erasure_noted(struct wh_audit_log *audit, struct audit_reading *r, const struct wh_result *result)
{
	wh_id ticket = r->call;

	reading_free(audit, r);
	wh_hook_go(audit->host, ticket, result->err == WH_OK ? WH_PASS : WH_REFUSE, result->err, "the audit log can't be changed now; try again");
	if (result->err != WH_OK)
		return;
	audit->rework.wanted = true;
	audit->rework.from = 0;
	audit_pump(audit);
}

static void
read_exported(struct wh_audit_log *audit, struct audit_reading *r, const struct wh_result *result)
{
	struct wh_person *person = wh_person_find(audit->host, r->call);
	wh_id ticket = r->call;

	if (person != NULL && result->err == WH_OK)
		read_put(person->out, &result->rows[0], (struct wh_str){ r->person, r->n_person });
	reading_free(audit, r);
	if (person == NULL)
		return;
	wh_hook_go(audit->host, ticket, result->err == WH_OK ? WH_PASS : WH_REFUSE, result->err, "the audit log can't be read now; try again");
}

void
audit_read(struct wh_audit_log *audit, uint64_t id, const struct wh_result *result)
{
	struct audit_reading *r = audit->readings;
	struct wh_call *call;

	while (r != NULL && r->id != id)
		r = r->next;
	if (r == NULL)
		return;
	if (r->kind == READING_OF) {
		read_exported(audit, r, result);
		return;
	}
	if (r->kind == READING_ERASURE) {
		read_erasure_noted(audit, r, result);
		return;
	}
	call = wh_call_find(audit->host, r->call);
	if (call == NULL || result->err != WH_OK) {
		reading_free(audit, r);
		if (call != NULL)
			wh_call_done(call, wh_fail(call, result->err, "the store could not read the audit log"));
	} else if (r->kind == READING_LIST) {
		read_put(wh_reply(call), &result->rows[0], (struct wh_str){ NULL, 0 });
		reading_free(audit, r);
		wh_call_done(call, WH_OK);
	} else if (r->kind == READING_VERIFY_FROM) {
		verify_from(audit, r, result);
	} else {
		verify_go_on(audit, r, result);
	}
}

static const struct wh_field read_list_fields[] = {
	{ "who", WH_F_TEXT, .max = 256, .help = "only what this account, guest or operator did, by id" },
	{ "action", WH_F_TEXT, .max = 256, .help = "only this action, such as auth.lockout" },
	{ "on", WH_F_TEXT, .max = 256, .help = "only what was done to this person, room or thing" },
	{ "since", WH_F_TIME, .help = "only from this time on" },
	{ "until", WH_F_TIME, .help = "only before this time" },
	{ "before", WH_F_INT, .min = 1, .max = INT64_MAX, .help = "only entries with a smaller number: the next page" },
	{ "limit", WH_F_INT, .min = 1, .max = READ_LIST_MAX, .def = "50", .help = "how many, newest first" },
	{ 0 }
};

static const struct wh_field read_verify_fields[] = {
	{ "from", WH_F_INT, .min = 1, .max = INT64_MAX, .help = "begin with this entry, and believe the one before" },
	{ "n", WH_F_INT, .min = 1, .max = INT64_MAX, .help = "a number that audit.head told once" },
	{ "hash", WH_F_TEXT, .min = 64, .max = 64, .help = "and the hash that it told with it" },
	{ 0 }
};

const struct wh_command audit_commands[] = {
	{ "audit.list", read_list_fields, WH_ALLOW_ADMIN, .flags = WH_READS, .run = read_list, .help = "entries of the audit log, newest first" },
	{ "audit.verify", read_verify_fields, WH_ALLOW_ADMIN, .rate = "1/s burst 10", .flags = WH_READS, .run = read_verify,
	    .help = "look for entries that were changed or taken out" },
	{ "audit.head", NULL, WH_ALLOW_ADMIN, .flags = WH_READS, .run = read_head, .help = "number and hash of the last entry, to note elsewhere" },
	{ 0 }
};
