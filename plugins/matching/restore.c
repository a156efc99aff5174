/* What the store still has when the plugin opens: blocks, who met, who waits, live matches. Their people count as lost until their sessions are seen
 * again, and have the usual grace for it. */
#include <stdio.h>

#include "matching.h"

/* Where a reading in pages stands. */
struct restoring {
	struct matching *x;
	char after[2][ID_BYTES + 1];
	int64_t since;
	size_t got;
	enum wh_err err;
	struct match *match;
};

enum { SKIP_LATE_MS = 24 * 60 * 60 * 1000 };

/* The calls that run in open have no self of their own: `cookie` is where they write. */
static struct restoring *
restoring_of(uint64_t cookie, const struct wh_result *r)
{
	struct restoring *to = (struct restoring *)(uintptr_t)cookie;

	to->err = r->err;
	to->got = r->err == WH_OK ? r->rows[0].n : 0;
	return to;
}

static void
after_set(struct restoring *to, const struct wh_rows *rows, size_t columns)
{
	for (size_t i = 0; i < columns && rows->n != 0; i++)
		snprintf(to->after[i], sizeof to->after[i], "%.*s", WH_FMT(wh_row_str(rows, rows->n - 1, i)));
}

static void
blocks_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct restoring *to = restoring_of(cookie, r);

	(void)self;
	for (size_t i = 0; i < to->got; i++)
		pairs_block(&to->x->pairs, person_key(to->x, wh_row_str(&r->rows[0], i, 0)), person_key(to->x, wh_row_str(&r->rows[0], i, 1)), PAIRS_HERE);
	if (to->got != 0)
		after_set(to, &r->rows[0], 2);
}

/* Who met and who skipped, oldest first, so that the newest are kept where there are too many. A page may end within a match: the next one begins
 * with that match again, which does no harm. */
static void
met_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct restoring *to = restoring_of(cookie, r);
	int64_t now = wh_now_ms(to->x->host), wall = wh_wall_ms(to->x->host);
	size_t last = to->got;

	(void)self;
	for (size_t i = 0; i < to->got; i++) {
		const struct queue *q = queue_find(to->x, wh_row_str(&r->rows[0], i, 4));
		int64_t met = wh_row_int(&r->rows[0], i, 2), skipped = wh_row_int(&r->rows[0], i, 5), until = 0;

		if (q != NULL)
			until = met + q->repeat_ms;
		if (q != NULL && skipped != 0 && skipped + q->skip_ms > until)
			until = skipped + q->skip_ms;
		if (until > wall)
			pairs_meet(&to->x->pairs, person_key(to->x, wh_row_str(&r->rows[0], i, 0)), person_key(to->x, wh_row_str(&r->rows[0], i, 1)), now + until - wall, now);
	}
	while (last > 0 && wh_str_eq(wh_row_str(&r->rows[0], last - 1, 3), wh_row_str(&r->rows[0], to->got - 1, 3)))
		last--;
	if (last == 0) {
		to->got = 0;	/* one match: that was all */
		return;
	}
	to->since = wh_row_int(&r->rows[0], last - 1, 2);
	snprintf(to->after[1], sizeof to->after[1], "%.*s", WH_FMT(wh_row_str(&r->rows[0], last - 1, 3)));
}

static enum wh_err
met_restore(struct matching *x)
{
	struct restoring to = { .x = x };
	int64_t longest = 0;
	enum wh_err err;

	for (unsigned i = 0; i < x->n_queues; i++) {
		const struct queue *q = &x->queues[i];

		longest = q->repeat_ms > longest ? q->repeat_ms : longest;
		/* It may have been skipped long after it began; as long as matches are thought to go on. */
		longest = q->skip_ms + SKIP_LATE_MS > longest ? q->skip_ms + SKIP_LATE_MS : longest;
	}
	to.since = wh_wall_ms(x->host) - longest;
	do {
		const struct wh_cell after[] = { WH_CELL_INT(to.since), WH_CELL_TEXT(wh_str(to.after[1])) };

		err = wh_store_run_now(&x->table, &(struct wh_step){ Q_MET, after, 2, WH_ANY }, 1, met_read, (uint64_t)(uintptr_t)&to);
		if (err == WH_OK)
			err = to.err;
	} while (err == WH_OK && to.got != 0);
	return err;
}

/* Somebody of the store, whose session was not seen yet. */
static struct person *
person_lost(struct matching *x, struct wh_str id, struct wh_str name)
{
	struct person *p = person_make(x, id, name);

	if (p != NULL && p->lost_at == 0) {
		p->lost_at = wh_now_ms(x->host) + 1;
		wh_list_add_last(&x->lost, &p->lost_link);
	}
	return p;
}

static void
ticket_read(struct matching *x, const struct wh_rows *rows, size_t i)
{
	struct queue *q = queue_find(x, wh_row_str(rows, i, 0));
	struct wh_str ids = wh_row_str(rows, i, 2), args = wh_row_str(rows, i, 3);
	struct person *people[MATCHER_PARTY];
	unsigned n = 0;
	bool fine = q != NULL;
	struct want want;
	struct wait *wait;
	const char *why;

	for (struct wh_str left = ids; fine && left.n != 0 && n < MATCHER_PARTY;) {
		struct wh_str id = left;

		for (id.n = 0; id.n < left.n && left.p[id.n] != ' ';)
			id.n++;
		people[n] = person_lost(x, id, (struct wh_str){ NULL, 0 });
		fine = people[n] != NULL && people[n]->waits[q->number] == NULL;
		if (people[n] != NULL)
			n++;
		left = wh_str_from(left, id.n + 1);
	}
	fine = fine && n != 0 && n <= q->plan.party && want_read(x, q, args, n, &want, &why);
	wait = fine ? wait_make(x, q, people, n, args) : NULL;
	if (wait == NULL) {
		for (unsigned k = 0; k < n; k++)
			person_settle(x, people[k]);
		return;
	}
	wait->want = want;
	wait->want.n = (uint8_t)n;
	for (unsigned k = 0; k < n; k++)
		wait->want.persons[k] = people[k]->key;
	wait->since = wh_now_ms(x->host) - (wh_wall_ms(x->host) - wh_row_int(rows, i, 4));
	if (wait->since > wh_now_ms(x->host))
		wait->since = wh_now_ms(x->host);
	wait->restored = true;
}

static void
tickets_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct restoring *to = restoring_of(cookie, r);

	(void)self;
	if (to->got == 0)
		return;
	after_set(to, &r->rows[0], 2);
	for (size_t i = 0; i < to->got; i++)
		ticket_read(to->x, &r->rows[0], i);
}

static void
seats_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct restoring *to = restoring_of(cookie, r);
	struct match *m = to->match;

	(void)self;
	m->n = 0;
	for (size_t i = 0; i < to->got; i++) {
		struct match_seat *seat = &m->seats[m->n];
		struct wh_str args = wh_row_str(&r->rows[0], i, 4);
		struct person *p = person_lost(to->x, wh_row_str(&r->rows[0], i, 0), wh_row_str(&r->rows[0], i, 1));

		*seat = (struct match_seat){ .team = (uint8_t)wh_row_int(&r->rows[0], i, 2), .role = (uint8_t)wh_row_int(&r->rows[0], i, 3), .accepted = true,
			.revealed = wh_row_int(&r->rows[0], i, 5) != 0, .places = { -1 } };
		if (p == NULL || !match_sit(m, seat, p)) {
			if (p != NULL)
				person_settle(to->x, p);
			continue;
		}
		seat->args = args.n != 0 ? wh_new(to->x->host, args.n + 1) : NULL;
		if (seat->args != NULL)
			memcpy(seat->args, args.p, args.n);
		m->n++;
	}
}

/* The matches of a page; their seats are read behind it, as a call may run no other while it reads. */
static void
matches_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct restoring *to = restoring_of(cookie, r);

	(void)self;
	if (to->got == 0)
		return;
	after_set(to, &r->rows[0], 1);
	for (size_t i = 0; i < to->got; i++) {
		struct queue *q = queue_find(to->x, wh_row_str(&r->rows[0], i, 1));
		struct match *m = q != NULL ? match_make(to->x, q, MATCHER_PERSONS) : NULL;

		if (m == NULL)
			continue;
		wh_dict_remove(to->x->host, to->x->matches, wh_str(m->id));
		snprintf(m->id, sizeof m->id, "%.*s", WH_FMT(wh_row_str(&r->rows[0], i, 0)));
		m->n = 0;
		if (wh_dict_add(to->x->host, to->x->matches, wh_str(m->id), m) != WH_OK)
			match_free(to->x, m);
	}
}

static enum wh_err
seats_restore(struct matching *x, struct match *m)
{
	const struct wh_cell id = WH_CELL_TEXT(wh_str(m->id));
	struct restoring to = { .x = x, .match = m };
	enum wh_err err = wh_store_run_now(&x->table, &(struct wh_step){ Q_SEATS, &id, 1, WH_ANY }, 1, seats_read, (uint64_t)(uintptr_t)&to);

	return err != WH_OK ? err : to.err;
}

static enum wh_err
pages(struct matching *x, enum matching_statement statement, unsigned keys, wh_store_done *done)
{
	struct restoring to = { .x = x };
	enum wh_err err;

	do {
		const struct wh_cell after[] = { WH_CELL_TEXT(wh_str(to.after[0])), WH_CELL_TEXT(wh_str(to.after[1])) };

		err = wh_store_run_now(&x->table, &(struct wh_step){ statement, after, keys, WH_ANY }, 1, done, (uint64_t)(uintptr_t)&to);
		if (err == WH_OK)
			err = to.err;
	} while (err == WH_OK && to.got != 0);
	return err;
}

enum wh_err
restore(struct matching *x)
{
	enum wh_err err = pages(x, Q_BLOCKS_ALL, 2, blocks_read);

	if (err == WH_OK)
		err = met_restore(x);
	if (err == WH_OK)
		err = pages(x, Q_TICKETS, 2, tickets_read);
	if (err == WH_OK)
		err = pages(x, Q_MATCHES, 1, matches_read);
	while (err == WH_OK && x->proposed.next != &x->proposed) {
		struct match *m = WH_CONTAINER(x->proposed.next, struct match, link);

		err = seats_restore(x, m);
		if (err != WH_OK || m->n == 0)
			match_free(x, m);
		else
			match_live(x, m);
	}
	return err;
}
