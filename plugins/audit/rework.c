/* What has to go again. Of a person who was erased: the texts about them, by their marks, while the entries stay; who is to be erased
 * stands in a table until it is done, whatever dies meanwhile. And entries that are too old: from the beginning on, the last that went
 * being where the chain then begins. Both are steps of the writer, so that the head's row is always right: it says where the chain begins
 * and how many texts are taken out, under the seal, and nobody else can do the same unseen. */
#include <ctype.h>
#include <stdio.h>

#include "audit.h"

enum { REWORK_ROWS = 20, REWORK_OLD = 2000, REWORK_LOOK_MS = 3600000, REWORK_CELLS = 1 + 2 * CHAIN_COVERS };

/* Entries that lose texts, while they are put together. */
struct rework_batch {
	struct wh_step steps[REWORK_ROWS + 2];
	struct wh_cell cells[REWORK_ROWS][REWORK_CELLS], count[2];
	uint8_t marks[REWORK_ROWS][CHAIN_COVERS][CHAIN_HASH];
	struct audit_head_step head;
};

struct rework_person {
	struct wh_str id, name, lower;
};

/* Erasure */

static bool
rework_find(struct wh_audit_log *audit, enum wh_err *err_out)
{
	const struct wh_cell find[] = { WH_CELL_INT(audit->rework.from), WH_CELL_INT(REWORK_ROWS) };
	const struct wh_step steps[] = { { .statement = AUDIT_ERASURE }, { AUDIT_ERASURE_FIND, find, 2, WH_ANY } };

	audit->state = AUDIT_FINDING;
	*err_out = wh_store_run(&audit->store, steps, 2, audit_answered, AUDIT_BY_WRITER);
	return true;
}

static bool
rework_names(struct wh_str details, struct wh_str name)
{
	char text[AUDIT_SHORT + 16];
	int n = snprintf(text, sizeof text, "\"name\":\"%.*s\"", WH_FMT(name));

	return name.n != 0 && n > 0 && (size_t)n < sizeof text && details.n != 0 && memmem(details.p, details.n, text, (size_t)n) != NULL;
}

/* Which texts of an entry are about the person, as bits. What somebody did to others keeps its reasons: they are those others' too. */
static unsigned
rework_texts(const struct chain_entry *e, const struct rework_person *p)
{
	struct wh_str who = e->texts[CHAIN_WHO], on = e->texts[CHAIN_ON], action = e->texts[CHAIN_ACTION];
	const unsigned said = 1u << CHAIN_WHY | 1u << CHAIN_DETAILS;
	unsigned texts = 0;

	if (wh_str_eq(who, p->id))
		texts |= 1u << CHAIN_NAME | 1u << CHAIN_ADDRESS_HASH | (on.n == 0 ? said : 0);
	if (wh_str_eq(on, p->id))
		texts |= said | (who.n == 0 ? 1u << CHAIN_ADDRESS_HASH : 0);
	if (action.n > 5 && (memcmp(action.p, "auth.", 5) == 0 || memcmp(action.p, "chat.", 5) == 0) &&
	    (rework_names(e->texts[CHAIN_DETAILS], p->name) || rework_names(e->texts[CHAIN_DETAILS], p->lower)))
		texts |= said | (wh_str_eq(on, p->name) || wh_str_eq(on, p->lower) ? 1u << CHAIN_ON : 0);
	for (unsigned i = 0; i < CHAIN_TEXTS; i++)
		if (e->texts[i].n == 0)
			texts &= ~(1u << i);
	return texts;
}

/* The step that puts marks in the place of these texts; returns how many. */
static int64_t
rework_take_out(struct rework_batch *b, size_t i, const struct chain_entry *e, unsigned texts, enum wh_err *err)
{
	struct wh_cell *cells = b->cells[i];
	int64_t taken = 0;
	size_t at = 0;

	cells[0] = WH_CELL_INT(e->n);
	for (unsigned t = 0; t < CHAIN_TEXTS; t++) {
		struct wh_cell *text = &cells[1 + at], *cover = &cells[1 + CHAIN_COVERS + at];
		uint8_t *mark = b->marks[i][at];

		if (!chain_is_covered(t))
			continue;
		at++;
		*text = chain_is_erased(e, t) ? WH_CELL_NULL : WH_CELL_TEXT(e->texts[t]);
		*cover = WH_CELL_BYTES(e->covers[t]);
		if ((texts & 1u << t) == 0)
			continue;
		if (*err == WH_OK)
			*err = chain_mark(t, e->covers[t], e->texts[t], mark);
		*text = WH_CELL_NULL;
		*cover = WH_CELL_BYTES(((struct wh_str){ (const char *)mark, CHAIN_HASH }));
		taken++;
	}
	b->steps[1 + i] = (struct wh_step){ AUDIT_TAKE_OUT, cells, REWORK_CELLS, WH_ONE };
	return taken;
}

static enum wh_err
rework_erase(struct wh_audit_log *audit, const struct rework_person *p, const struct wh_rows *rows)
{
	struct rework_batch *b = wh_new(audit->host, sizeof *b);
	struct chain_stand stand = audit->guard;
	int64_t taken = 0;
	size_t n = 0;
	enum wh_err err = WH_OK;

	if (b == NULL)
		return WH_ENOMEM;
	for (size_t row = 0; row < rows->n && row < REWORK_ROWS; row++) {
		struct chain_entry e;
		unsigned texts;

		audit_take(rows, row, &e);
		audit->rework.from = e.n;
		texts = rework_texts(&e, p);
		if (texts != 0)
			taken += rework_take_out(b, n++, &e, texts, &err);
	}
	stand.erased += taken;
	if (err == WH_OK)
		err = audit_head_step(audit, &stand, &b->head, &b->steps[0]);
	b->count[0] = WH_CELL_INT(taken);
	b->count[1] = WH_CELL_TEXT(p->id);
	b->steps[1 + n] = (struct wh_step){ AUDIT_ERASURE_COUNT, b->count, 2, WH_ANY };
	audit->rework.changes++;
	audit->state = AUDIT_TAKING_OUT;
	if (err == WH_OK)
		err = wh_store_run(&audit->store, b->steps, n + 2, audit_answered, AUDIT_BY_WRITER);
	if (err == WH_OK)
		audit->guard = stand;
	wh_delete(audit->host, b);
	return err;
}

static enum wh_err
rework_end_erasure(struct wh_audit_log *audit, struct wh_str id, int64_t last, int64_t texts)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(id), WH_CELL_INT(last) };
	const struct wh_step step = { AUDIT_ERASURE_END, cells, 2, WH_ANY };

	snprintf(audit->rework.id, sizeof audit->rework.id, "%.*s", WH_FMT(id));
	audit->rework.texts = texts;
	audit->state = AUDIT_ENDING_ERASURE;
	return wh_store_run(&audit->store, &step, 1, audit_answered, AUDIT_BY_WRITER);
}

/* What was found. Texts of entries that still wait in our queue are found when those are written. */
static enum wh_err
rework_found(struct wh_audit_log *audit, const struct wh_result *result)
{
	const struct wh_rows *person = &result->rows[0], *entries = &result->rows[1];
	struct rework_person p;

	if (person->n == 0) {
		audit->rework.wanted = false;
		audit->state = AUDIT_IDLE;
		return WH_OK;
	}
	p = (struct rework_person){ wh_row_str(person, 0, 0), wh_row_str(person, 0, 1), wh_row_str(person, 0, 2) };
	if (entries->n != 0)
		return rework_erase(audit, &p, entries);
	audit->rework.from = 0;
	if (audit->head.n < wh_row_int(person, 0, 3) && audit->n != 0) {
		audit->state = AUDIT_IDLE;
		return WH_OK;
	}
	return rework_end_erasure(audit, p.id, wh_row_int(person, 0, 3), wh_row_int(person, 0, 4));
}

static void
rework_ended(struct wh_audit_log *audit)
{
	char details[64];
	const struct chain_entry entry = { .time_ms = wh_wall_ms(audit->host), .texts = { [CHAIN_ACTION] = WH_STR("audit.erased"),
		[CHAIN_ON] = wh_str(audit->rework.id), [CHAIN_WHY] = WH_STR("the person was erased"), [CHAIN_DETAILS] = { details,
		(size_t)snprintf(details, sizeof details, "{\"texts\":%lld}", (long long)audit->rework.texts) }, [CHAIN_OUTCOME] = WH_STR("ok") } };

	audit_note_entry(audit, &entry);
}

/* Retention */

static bool
rework_look(struct wh_audit_log *audit, enum wh_err *err_out)
{
	/* The newest entry stays: behind it the chain goes on. */
	const struct wh_cell cells[] = { WH_CELL_INT(audit->guard.base.n), WH_CELL_INT(audit->guard.head.n), WH_CELL_INT(REWORK_OLD) };
	const struct wh_step step = { AUDIT_OLD, cells, 3, WH_ANY };
	int64_t now = wh_now_ms(audit->host);

	if (audit->rework.keep_ms == 0 || (!audit->rework.look_on && now - audit->rework.looked_ms < REWORK_LOOK_MS))
		return false;
	audit->rework.looked_ms = now;
	audit->rework.look_on = false;
	audit->state = AUDIT_LOOKING;
	*err_out = wh_store_run(&audit->store, &step, 1, audit_answered, AUDIT_BY_WRITER);
	return true;
}

static enum wh_err
rework_drop(struct wh_audit_log *audit, const struct wh_rows *rows)
{
	int64_t before = wh_wall_ms(audit->host) - audit->rework.keep_ms;
	struct chain_stand stand = audit->guard;
	struct audit_head_step head;
	struct wh_step steps[2];
	struct wh_cell last;
	size_t n = 0;
	enum wh_err err;

	for (; n < rows->n && wh_row_int(rows, n, 1) < before && wh_row_str(rows, n, 2).n == CHAIN_HASH; n++)
		stand.erased -= wh_row_int(rows, n, 3);
	if (n == 0) {
		audit->state = AUDIT_IDLE;
		return WH_OK;
	}
	stand.base.n = wh_row_int(rows, n - 1, 0);
	memcpy(stand.base.hash, wh_row_str(rows, n - 1, 2).p, CHAIN_HASH);
	last = WH_CELL_INT(stand.base.n);
	steps[1] = (struct wh_step){ AUDIT_DROP, &last, 1, WH_SOME };
	err = audit_head_step(audit, &stand, &head, &steps[0]);
	audit->rework.changes++;
	audit->rework.look_on = n == REWORK_OLD;
	audit->state = AUDIT_DROPPING;
	if (err == WH_OK)
		err = wh_store_run(&audit->store, steps, 2, audit_answered, AUDIT_BY_WRITER);
	if (err == WH_OK)
		audit->guard = stand;
	return err;
}

bool
audit_rework(struct wh_audit_log *audit, enum wh_err *err_out)
{
	*err_out = WH_OK;
	if (audit->rework.wanted)
		return rework_find(audit, err_out);
	return rework_look(audit, err_out);
}

void
audit_reworked(struct wh_audit_log *audit, const struct wh_result *result)
{
	enum wh_err err = WH_OK;

	audit->rework.changes++;
	switch (audit->state) {
	case AUDIT_FINDING:
		err = rework_found(audit, result);
		break;
	case AUDIT_LOOKING:
		err = rework_drop(audit, &result->rows[0]);
		break;
	case AUDIT_ENDING_ERASURE:
		audit->state = AUDIT_IDLE;
		rework_ended(audit);
		break;
	default:
		if (audit->state == AUDIT_DROPPING)
			wh_host_log(audit->host, WH_INFO, "audit_dropped", WH_I("up_to", audit->guard.base.n));
		audit->state = AUDIT_IDLE;
		break;
	}
	if (err != WH_OK)
		audit_write_pause(audit, err, WH_STR("the store refused the call"));
	else
		audit_pump(audit);
}

/* The hook: what is asked for is on the disk before the person is told that it was done. */

enum wh_verdict
audit_erase(void *self, struct wh_person *person)
{
	struct wh_audit_log *audit = self;
	char lower[AUDIT_SHORT];
	size_t n = person->name.n < sizeof lower ? person->name.n : sizeof lower;
	const struct wh_cell cells[] = { WH_CELL_TEXT(person->id), WH_CELL_TEXT(person->name), WH_CELL_TEXT(((struct wh_str){ lower, n })),
		/* All that is written, and all that waits. */
		WH_CELL_INT(audit->head.n + (int64_t)audit->n) };
	const struct wh_step step = { AUDIT_ERASURE_ADD, cells, 4, WH_ANY };

	for (size_t i = 0; i < n; i++)
		lower[i] = (char)tolower((unsigned char)person->name.p[i]);
	return audit_read_erasure(audit, person, &step);
}
