/* Results and ratings. A member says how the teams placed; once one of each team says the same, it counts. Who may `match.referee` (a game's server)
 * is believed at once. A result counts once: the row of the match that takes it is the lock. */
#include <math.h>
#include <stdio.h>

#include "matching.h"

/* A result on its way: first the ratings of all are read, then written with the result. */
struct score_task {
	struct wh_list link;
	struct matching *x;
	struct queue *queue;
	wh_id call;
	char match[MATCH_ID + 1];
	uint64_t number;
	unsigned n, teams;
	int8_t places[MATCHER_TEAMS];
	struct score_player {
		char id[ID_BYTES + 1];
		uint8_t team;
		double a, b, c;
		int64_t games;
	} players[WH_STORE_STEPS - 2];
};

void
tasks_free(struct matching *x)
{
	while (x->tasks.next != &x->tasks) {
		struct score_task *task = WH_CONTAINER(x->tasks.next, struct score_task, link);

		wh_list_remove(&task->link);
		wh_delete(x->host, task);
	}
}

/* What the matcher compares: about 1500 at first, with either kind. */
double
score_number(const struct queue *q, const struct wh_rows *row)
{
	if (row->n == 0)
		return 1500;
	return q->rating == RATING_TEAMS ? wh_row_num(row, 0, 0) * 60 : wh_row_num(row, 0, 0);
}

static void
player_first(const struct queue *q, struct score_player *p)
{
	p->a = q->rating == RATING_TEAMS ? SKILL_FIRST.mu : GLICKO_FIRST.rating;
	p->b = q->rating == RATING_TEAMS ? SKILL_FIRST.sigma : GLICKO_FIRST.deviation;
	p->c = q->rating == RATING_TEAMS ? 0 : GLICKO_FIRST.volatility;
}

/* What the store has of a player, as it is by now. */
static void
player_read(struct matching *x, const struct queue *q, const struct wh_rows *row, struct score_player *p)
{
	player_first(q, p);
	if (row->n == 0)
		return;
	p->a = wh_row_num(row, 0, 0);
	p->b = wh_row_num(row, 0, 1);
	p->c = wh_row_num(row, 0, 2);
	p->games = wh_row_int(row, 0, 3);
	if (q->rating == RATING_GLICKO && q->period_ms != 0)
		p->b = glicko_idle((struct glicko){ p->a, p->b, p->c }, (double)(wh_wall_ms(x->host) - wh_row_int(row, 0, 4)) / (double)q->period_ms).deviation;
}

/* Places become ratings. */
static void
score_work(struct score_task *t)
{
	struct skill_team teams[MATCHER_TEAMS] = { { 0, 0 } };
	struct skill skills[WH_STORE_STEPS];
	unsigned order[WH_STORE_STEPS], n = 0;

	if (t->queue->rating == RATING_GLICKO) {
		/* One against one; more: against each of the other teams, all as they were before. */
		struct glicko before[WH_STORE_STEPS];

		for (unsigned i = 0; i < t->n; i++)
			before[i] = (struct glicko){ t->players[i].a, t->players[i].b, t->players[i].c };
		for (unsigned i = 0; i < t->n; i++) {
			struct glicko_result results[WH_STORE_STEPS];
			struct glicko after;
			size_t k = 0;

			for (unsigned j = 0; j < t->n; j++) {
				int8_t mine = t->places[t->players[i].team], theirs = t->places[t->players[j].team];

				if (t->players[i].team != t->players[j].team)
					results[k++] = (struct glicko_result){ before[j], mine < theirs ? 1 : mine == theirs ? 0.5 : 0 };
			}
			after = glicko_rate(before[i], results, k, 0.5);
			t->players[i].a = after.rating;
			t->players[i].b = after.deviation;
			t->players[i].c = after.volatility;
		}
		return;
	}
	for (unsigned team = 0; team < t->teams; team++) {
		teams[team].rank = (unsigned char)t->places[team];
		for (unsigned i = 0; i < t->n; i++) {
			if (t->players[i].team != team)
				continue;
			teams[team].players++;
			order[n] = i;
			skills[n++] = (struct skill){ t->players[i].a, t->players[i].b };
		}
	}
	if (!skill_rate(teams, t->teams, skills))
		return;
	for (unsigned i = 0; i < n; i++) {
		t->players[order[i]].a = skills[i].mu;
		t->players[order[i]].b = skills[i].sigma;
	}
}

static void
score_end(struct score_task *t, enum wh_err err)
{
	struct matching *x = t->x;
	struct wh_call *call = wh_call_find(x->host, t->call);
	struct match *m = match_find(x, wh_str(t->match));

	if (m != NULL && err != WH_OK && err != WH_ESTATE)
		m->rated = false;
	if (m != NULL && err == WH_OK)
		match_tell(x, m, "match.result", NULL, "agreed");
	if (call != NULL) {
		if (err == WH_OK)
			wh_json_str(wh_reply(call), "state", WH_STR("agreed"));
		wh_call_done(call, err == WH_OK ? WH_OK : err == WH_ESTATE ? wh_fail(call, err, "the match has a result already") : store_failed(call, err));
	}
	wh_list_remove(&t->link);
	wh_delete(x->host, t);
}

static void
score_stored(void *self, uint64_t cookie, const struct wh_result *r)
{
	(void)self;
	score_end((struct score_task *)(uintptr_t)cookie, r->err);
}

static void
places_text(const struct score_task *t, char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < t->teams && at + 8 < cap; i++)
		at += (size_t)snprintf(out + at, cap - at, "%s%d", i != 0 ? " " : "", t->places[i]);
}

static void
score_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct matching *x = self;
	struct score_task *t = (struct score_task *)(uintptr_t)cookie;
	struct wh_cell result[2], cells[WH_STORE_STEPS][6];
	struct wh_step steps[WH_STORE_STEPS];
	char places[128];
	size_t n = 0;
	enum wh_err err;

	if (r->err != WH_OK) {
		score_end(t, r->err);
		return;
	}
	for (unsigned i = 0; i < t->n; i++)
		player_read(x, t->queue, &r->rows[i], &t->players[i]);
	score_work(t);
	places_text(t, places, sizeof places);
	result[0] = WH_CELL_TEXT(wh_str(t->match));
	result[1] = WH_CELL_TEXT(wh_str(places));
	steps[n++] = (struct wh_step){ Q_MATCH_RESULT, result, 2, WH_ONE };
	for (unsigned i = 0; i < t->n && t->queue->rating != RATING_NONE; i++) {
		cells[i][0] = WH_CELL_TEXT(wh_str(t->queue->name));
		cells[i][1] = WH_CELL_TEXT(wh_str(t->players[i].id));
		cells[i][2] = WH_CELL_NUM(t->players[i].a);
		cells[i][3] = WH_CELL_NUM(t->players[i].b);
		cells[i][4] = WH_CELL_NUM(t->players[i].c);
		cells[i][5] = WH_CELL_INT(wh_wall_ms(x->host));
		steps[n++] = (struct wh_step){ Q_RATING_SET, cells[i], 6, WH_ANY };
	}
	err = wh_store_run(&x->table, steps, n, score_stored, cookie);
	if (err != WH_OK)
		score_end(t, err);
}

static enum wh_err
score_begin(struct matching *x, struct wh_call *call, struct match *m, const int8_t *places)
{
	struct score_task *t;
	struct wh_cell cells[WH_STORE_STEPS][2];
	struct wh_step steps[WH_STORE_STEPS];
	enum wh_err err;

	if (m->n > WH_STORE_STEPS - 2)
		return wh_fail(call, WH_ETOOBIG, "matches of more than 62 people are not rated");
	t = wh_new(x->host, sizeof *t);
	if (t == NULL)
		return WH_ENOMEM;
	wh_list_init(&t->link);
	wh_list_add_last(&x->tasks, &t->link);
	t->x = x;
	t->queue = m->queue;
	t->teams = m->queue->plan.teams;
	t->n = m->n;
	snprintf(t->match, sizeof t->match, "%s", m->id);
	memcpy(t->places, places, sizeof t->places);
	for (unsigned i = 0; i < m->n; i++) {
		snprintf(t->players[i].id, sizeof t->players[i].id, "%s", m->seats[i].id);
		t->players[i].team = m->seats[i].team;
		cells[i][0] = WH_CELL_TEXT(wh_str(m->queue->name));
		cells[i][1] = WH_CELL_TEXT(wh_str(t->players[i].id));
		steps[i] = (struct wh_step){ Q_RATING, cells[i], 2, WH_ANY };
	}
	m->rated = true;
	t->call = wh_call_hold(call);
	err = wh_store_run(&x->table, steps, m->n, score_read, (uint64_t)(uintptr_t)t);
	if (err != WH_OK)
		score_end(t, err);
	return WH_WAIT;
}

/* [2, 1]: the second team won. The same number twice is a draw. */
static bool
places_read(struct wh_call *call, const struct queue *q, int8_t *places)
{
	struct wh_json_in in = wh_json_each(wh_arg(call, "places"));
	struct wh_value item;
	unsigned n = 0;

	while (wh_json_next(&in, NULL, &item)) {
		if (n == q->plan.teams || item.type != WH_V_INT || item.i < 1 || item.i > (int64_t)q->plan.teams)
			return false;
		places[n++] = (int8_t)item.i;
	}
	return n == q->plan.teams && n > 1;
}

enum wh_err
score_result(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct wh_session *s = wh_call_session(call);
	struct match *m = match_find(x, wh_arg_str(call, "match"));
	struct match_seat *seat = m != NULL ? match_seat_of(m, wh_session_identity(x->host, s)->id) : NULL;
	bool referee = wh_session_may(x->host, s, "match.referee"), all = true, differ = false;
	int8_t places[MATCHER_TEAMS] = { 0 };

	if (m == NULL || m->state == MATCH_PROPOSED || (seat == NULL && !referee))
		return wh_fail(call, WH_ENOENT, "you were in no such match lately");
	if (m->rated)
		return wh_fail(call, WH_ESTATE, "the match has a result already");
	if (!places_read(call, m->queue, places))
		return wh_fail(call, WH_EINVAL, "places has a number from 1 on for each team");
	if (referee)
		return score_begin(x, call, m, places);
	memcpy(seat->places, places, sizeof places);
	for (unsigned team = 0; team < m->queue->plan.teams; team++) {
		bool said = false;

		for (unsigned i = 0; i < m->n; i++) {
			if (m->seats[i].team != team || m->seats[i].places[0] == -1)
				continue;
			said = true;
			differ = differ || memcmp(m->seats[i].places, places, m->queue->plan.teams) != 0;
		}
		all = all && said;
	}
	if (all && !differ)
		return score_begin(x, call, m, places);
	wh_json_str(wh_reply(call), "state", wh_str(differ ? "disputed" : "waiting"));
	match_tell(x, m, "match.result", seat, differ ? "disputed" : "waiting");
	return WH_OK;
}

static void
rating_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct matching *x = self;
	struct wh_call *call = wh_call_find(x->host, cookie);
	struct score_player p = { .games = 0 };
	const struct queue *q;

	if (call == NULL)
		return;
	q = queue_find(x, wh_arg_str(call, "queue"));
	if (r->err != WH_OK || q == NULL) {
		wh_call_done(call, store_failed(call, r->err));
		return;
	}
	player_read(x, q, &r->rows[0], &p);
	wh_json_num(wh_reply(call), "rating", p.a);
	wh_json_num(wh_reply(call), "deviation", p.b);
	wh_json_int(wh_reply(call), "games", p.games);
	wh_json_num(wh_reply(call), "shown", q->rating == RATING_TEAMS ? skill_shown((struct skill){ p.a, p.b }) : p.a - 2 * p.b);
	wh_call_done(call, WH_OK);
}

enum wh_err
score_rating(void *self, struct wh_call *call)
{
	struct matching *x = self;
	const struct queue *q = queue_find(x, wh_arg_str(call, "queue"));
	struct wh_str who = wh_arg_has(call, "id") ? wh_arg_str(call, "id") : wh_session_identity(x->host, wh_call_session(call))->id;
	enum wh_err err;

	if (q == NULL || q->rating == RATING_NONE)
		return wh_fail(call, WH_ENOENT, "there is no such queue, or it has no ratings");
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(q->name)), WH_CELL_TEXT(who) };

	err = wh_store_run(&x->table, &(struct wh_step){ Q_RATING, cells, 2, WH_ANY }, 1, rating_found, wh_call_hold(call));
	if (err != WH_OK)
		wh_call_done(call, store_failed(call, err));
	return WH_WAIT;
}
