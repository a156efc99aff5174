/* Matches: proposed, accepted, live in a room of their own, left, and over. What is proposed is not stored: a hub that dies puts its people back
 * to where they waited. A live match stands in the store before anybody is told. */
#include <stdio.h>

#include "matching.h"

struct match *
match_find(struct matching *x, struct wh_str id)
{
	return wh_dict_get(x->host, x->matches, id);
}

struct match_seat *
match_seat_of(struct match *m, struct wh_str person)
{
	for (unsigned i = 0; i < m->n; i++)
		if (wh_str_is(person, m->seats[i].id))
			return &m->seats[i];
	return NULL;
}

static void
room_name(const struct match *m, char out[64])
{
	snprintf(out, 64, MATCH_ROOM "%s", m->id);
}

/* Sits somebody down; false: it has too many matches. */
bool
match_sit(struct match *m, struct match_seat *seat, struct person *p)
{
	unsigned i = 0;

	while (i < PERSON_MATCHES && p->matches[i] != NULL)
		i++;
	if (i == PERSON_MATCHES)
		return false;
	p->matches[i] = m;
	seat->person = p;
	snprintf(seat->id, sizeof seat->id, "%s", p->id);
	snprintf(seat->name, sizeof seat->name, "%s", p->name);
	return true;
}

/* Away from the seat, which stays in the match's memory. */
static void
seat_leave(struct matching *x, struct match *m, struct match_seat *seat)
{
	struct person *p = seat->person;

	seat->person = NULL;
	for (unsigned i = 0; p != NULL && i < PERSON_MATCHES; i++)
		if (p->matches[i] == m)
			p->matches[i] = NULL;
	if (p != NULL)
		person_settle(x, p);
}

struct match *
match_make(struct matching *x, struct queue *q, unsigned seats)
{
	struct match *m = wh_new(x->host, sizeof *m);

	if (m == NULL)
		return NULL;
	m->cap = seats;
	m->seats = wh_new(x->host, seats * sizeof *m->seats);
	m->queue = q;
	m->n = seats;
	m->at = wh_now_ms(x->host);
	random_id(x->host, m->id);
	m->number = ++x->last_number;
	if (m->seats == NULL || wh_dict_add(x->host, x->matches, wh_str(m->id), m) != WH_OK || !table_put(&x->numbers, m->number, (uint64_t)(uintptr_t)m)) {
		if (match_find(x, wh_str(m->id)) == m)
			wh_dict_remove(x->host, x->matches, wh_str(m->id));
		wh_delete(x->host, m->seats);
		wh_delete(x->host, m);
		return NULL;
	}
	for (unsigned i = 0; i < seats; i++)
		m->seats[i].places[0] = -1;
	wh_list_add_last(&x->proposed, &m->link);
	return m;
}

bool
match_widen(struct matching *x, struct match *m)
{
	struct match_seat *more;

	if (m->cap >= MATCHER_PERSONS)
		return true;
	more = wh_new(x->host, MATCHER_PERSONS * sizeof *more);
	if (more == NULL)
		return false;
	memcpy(more, m->seats, m->n * sizeof *more);
	for (unsigned i = m->n; i < MATCHER_PERSONS; i++)
		more[i].places[0] = -1;
	wh_delete(x->host, m->seats);
	m->seats = more;
	m->cap = MATCHER_PERSONS;
	return true;
}

void
match_free(struct matching *x, struct match *m)
{
	wh_timer_stop(x->host, m->timer);
	wh_list_remove(&m->link);
	wh_dict_remove(x->host, x->matches, wh_str(m->id));
	table_remove(&x->numbers, m->number);
	for (unsigned i = 0; i < m->n; i++) {
		seat_leave(x, m, &m->seats[i]);
		wh_delete(x->host, m->seats[i].args);
	}
	for (unsigned i = 0; i < LINES; i++)
		wh_delete(x->host, m->lines[i]);
	wh_delete(x->host, m->seats);
	wh_delete(x->host, m);
}

static struct match *
match_numbered(struct matching *x, uint64_t number)
{
	const uint64_t *m = table_get(&x->numbers, number);

	return m != NULL ? (struct match *)(uintptr_t)*m : NULL;
}

/* Telling */

/* Who else is there: [{"name":…,"team":…,"role":…}]. */
static void
others_text(const struct match *m, const struct match_seat *but, struct text *t)
{
	bool first = true;
	char number[40];

	text_put(t, "[");
	for (unsigned i = 0; i < m->n; i++) {
		const struct match_seat *seat = &m->seats[i];

		if (seat == but || seat->person == NULL)
			continue;
		text_put(t, first ? "{\"name\":" : ",{\"name\":");
		first = false;
		text_str(t, wh_str(seat->name));
		snprintf(number, sizeof number, ",\"team\":%u", (unsigned)seat->team);
		text_put(t, number);
		if (seat->role < m->queue->n_roles) {
			text_put(t, ",\"role\":");
			text_str(t, wh_str(m->queue->roles[seat->role]));
		}
		text_put(t, "}");
	}
	text_put(t, "]");
}

bool
match_revealed(const struct match *m)
{
	for (unsigned i = 0; i < m->n; i++)
		if (!m->seats[i].revealed && m->seats[i].person != NULL)
			return false;
	return true;
}

/* What a member is told of a match. */
struct seat_about {
	char others[MATCHER_PERSONS * 160], shared[1024], room[64];
	struct wh_item items[12];
	unsigned n;
};

static void
seat_about(struct matching *x, struct match *m, const struct match_seat *seat, struct seat_about *out)
{
	struct text o = { out->others, 0, sizeof out->others, false }, s = { out->shared, 0, sizeof out->shared, false };
	const struct match_seat *other = NULL;
	struct want want;
	const char *why;
	struct wh_item *items = out->items;
	unsigned n = 0;
	int64_t left = m->at + m->queue->accept_ms - wh_now_ms(x->host);
	bool revealed = match_revealed(m);

	room_name(m, out->room);
	for (unsigned i = 0; i < m->n; i++)
		if (&m->seats[i] != seat && m->seats[i].person != NULL)
			other = &m->seats[i];
	others_text(m, seat, &o);
	if (m->n == 2 && other != NULL && seat->args != NULL && other->args != NULL && want_read(x, m->queue, wh_str(other->args), 1, &want, &why))
		want_shared(x, m->queue, wh_str(seat->args), &want, &s);
	items[n++] = WH_ITEM_STR("match", wh_str(m->id));
	items[n++] = WH_ITEM_STR("queue", wh_str(m->queue->name));
	items[n++] = WH_ITEM_INT("team", seat->team);
	if (seat->role < m->queue->n_roles)
		items[n++] = WH_ITEM_STR("role", wh_str(m->queue->roles[seat->role]));
	if (m->state == MATCH_PROPOSED) {
		items[n++] = WH_ITEM_INT("accept_within", left > 0 ? left : 0);
		items[n++] = WH_ITEM_INT("people", m->n);
	} else {
		items[n++] = WH_ITEM_STR("room", wh_str(out->room));
		items[n++] = WH_ITEM_JSON("others", text_of(&o));
		if (s.n != 0 && !s.full)
			items[n++] = WH_ITEM_JSON("shared", text_of(&s));
		items[n++] = WH_ITEM_STR("medium", wh_str(m->queue->video ? "video" : "text"));
		items[n++] = WH_ITEM_BOOL("blur", m->queue->blur && !revealed);
		items[n++] = WH_ITEM_BOOL("relay", m->queue->video && m->queue->relay && !revealed);
		/* For calls: one side makes the first offer. */
		items[n++] = WH_ITEM_BOOL("starts", seat == &m->seats[0]);
	}
	out->n = n;
}

/* When it is proposed or begins. */
static void
seat_tell(struct matching *x, struct match *m, const struct match_seat *seat, const char *event)
{
	struct seat_about about;

	if (seat->person == NULL)
		return;
	seat_about(x, m, seat, &about);
	person_tell(x, seat->person, &(struct wh_event){ event, about.items, about.n });
}

void
match_write(struct matching *x, struct match *m, const struct match_seat *seat, struct wh_json *w)
{
	struct seat_about about;

	seat_about(x, m, seat, &about);
	for (unsigned i = 0; i < about.n; i++) {
		const char *key = about.items[i].key;
		const struct wh_value *v = &about.items[i].value;

		if (v->type == WH_V_STR)
			wh_json_str(w, key, v->s);
		else if (v->type == WH_V_INT)
			wh_json_int(w, key, v->i);
		else if (v->type == WH_V_BOOL)
			wh_json_bool(w, key, v->b);
		else
			wh_json_raw(w, key, v->raw);
	}
	wh_json_text(w, "state", m->state == MATCH_PROPOSED ? "proposed" : "live");
}

void
match_tell(struct matching *x, struct match *m, const char *event, const struct match_seat *about, const char *why)
{
	const struct wh_item items[] = {
		WH_ITEM_STR("match", wh_str(m->id)), WH_ITEM_STR("name", about != NULL ? wh_str(about->name) : WH_STR("")), WH_ITEM_STR("reason", wh_str(why)),
	};

	for (unsigned i = 0; i < m->n; i++)
		if (m->seats[i].person != NULL && &m->seats[i] != about)
			person_tell(x, m->seats[i].person, &(struct wh_event){ event, items, 3 });
}

/* Live */

static void
seat_entered(struct matching *x, uint64_t cookie, enum wh_err err, struct wh_str why)
{
	struct match *m = match_numbered(x, cookie >> 8);
	struct match_seat *seat = m != NULL && (cookie & 255) < m->n ? &m->seats[cookie & 255] : NULL;

	if (seat == NULL || seat->person == NULL || m->state != MATCH_LIVE)
		return;
	if (err == WH_OK) {
		seat_tell(x, m, seat, "match.started");
		return;
	}
	wh_host_log(x->host, WH_WARN, "matching_room_not_entered", WH_T("match", m->id), WH_S("why", why));
	match_left(x, m, seat, "room");
}

static void
seat_joined(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	(void)retry_ms;
	seat_entered(self, cookie, err, why);
}

static void
seat_ran(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	(void)session;
	seat_entered(self, cookie, err, result);
}

/* Into the match's room: chat's, if there is chat, with its log; else one of the hub's own. */
static void
seat_enter(struct matching *x, struct match *m, unsigned i)
{
	struct wh_session *s = m->seats[i].person != NULL ? wh_session_get(x->host, m->seats[i].person->session) : NULL;
	uint64_t cookie = m->number << 8 | i;
	struct wh_room *room;
	char name[64];

	room_name(m, name);
	if (s == NULL)
		return;
	if (x->chat) {
		wh_run(x->host, s, "chat.join", &WH_ITEM_STR("room", wh_str(name)), 1, seat_ran, cookie);
		return;
	}
	room = wh_room_open(x->host, wh_str(name));
	if (room == NULL)
		seat_entered(x, cookie, WH_EFULL, WH_STR("no room"));
	else
		wh_room_join(x->host, room, s, seat_joined, cookie);
}

void
match_live(struct matching *x, struct match *m)
{
	wh_list_remove(&m->link);
	wh_list_add_last(&x->live, &m->link);
	m->state = MATCH_LIVE;
	m->at = wh_now_ms(x->host);
}

static void
match_over(struct matching *x, struct match *m, const char *why)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(m->id)), WH_CELL_INT(wh_wall_ms(x->host)) };

	if (m->state != MATCH_LIVE)
		return;
	m->state = MATCH_ENDED;
	matcher_cancel(m->queue->matcher, m->backfill);
	m->at = wh_now_ms(x->host);
	wh_list_remove(&m->link);
	wh_list_add_last(&x->ended, &m->link);
	match_tell(x, m, "match.ended", NULL, why);
	for (unsigned i = 0; i < m->n; i++)
		seat_leave(x, m, &m->seats[i]);
	if (wh_store_run(&x->table, &(struct wh_step){ Q_MATCH_END, cells, 2, WH_ANY }, 1, NULL, 0) != WH_OK)
		wh_host_log(x->host, WH_WARN, "matching_end_not_stored", WH_T("match", m->id));
	wh_metric_add_for(x->host, &matching_metrics[M_ENDED], wh_str(why), 1);
}

/* One leaves a live match; with it goes its place in the room. A match with nobody to go on with is over. */
void
match_left(struct matching *x, struct match *m, struct match_seat *seat, const char *why)
{
	struct wh_session *s;
	struct wh_room *room;
	unsigned left = 0;
	char name[64];

	if (seat == NULL || seat->person == NULL || m->state == MATCH_ENDED)
		return;
	if (m->state == MATCH_PROPOSED) {
		seat->accepted = false;	/* the proposal runs out, or is declined by another */
		return;
	}
	room_name(m, name);
	s = wh_session_get(x->host, seat->person->session);
	room = wh_room_find(x->host, wh_str(name));
	match_tell(x, m, "match.left", seat, why);
	seat_leave(x, m, seat);
	if (s != NULL && room != NULL && wh_room_has(x->host, room, s))
		wh_room_leave(x->host, room, s, wh_str(why));
	for (unsigned i = 0; i < m->n; i++)
		left += m->seats[i].person != NULL;
	if (left < 2)
		match_over(x, m, why);
}

static void
match_stored(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct matching *x = self;
	struct match *m = match_numbered(x, cookie);

	if (m == NULL)
		return;
	if (r->err != WH_OK) {
		wh_host_log(x->host, WH_ERROR, "matching_match_not_stored", WH_T("match", m->id), WH_S("why", r->why));
		match_over(x, m, "store");
		return;
	}
	/* Joiners of a running match come in while the others are in the room already. */
	for (unsigned i = 0; i < m->n; i++) {
		if (m->seats[i].accepted)
			continue;
		m->seats[i].accepted = true;
		seat_enter(x, m, i);
	}
}

/* Everybody is there and agreed. From seat `from` on they are new. */
void
match_start(struct matching *x, struct match *m, unsigned from)
{
	struct wh_cell match_cells[3], seats[MATCHER_PERSONS][6], drops[MATCHER_PERSONS][2];
	struct wh_step steps[WH_STORE_STEPS];
	const char *queue = m->queue->name;
	int64_t now = wh_now_ms(x->host);
	size_t n = 0, n_drops = 0;
	bool fits;

	wh_timer_stop(x->host, m->timer);
	m->timer = 0;
	if (from == 0) {
		match_live(x, m);
		match_cells[0] = WH_CELL_TEXT(wh_str(m->id));
		match_cells[1] = WH_CELL_TEXT(wh_str(queue));
		match_cells[2] = WH_CELL_INT(wh_wall_ms(x->host));
		steps[n++] = (struct wh_step){ Q_MATCH_ADD, match_cells, 3, WH_ANY };
		wh_metric_add_for(x->host, &matching_metrics[M_MATCHES], wh_str(queue), 1);
	}
	for (unsigned i = from; i < m->n && n < WH_STORE_STEPS; i++) {
		struct match_seat *seat = &m->seats[i];

		seat->accepted = false;	/* from here on: has been led into the room */
		seats[i][0] = WH_CELL_TEXT(wh_str(m->id));
		seats[i][1] = WH_CELL_TEXT(wh_str(seat->id));
		seats[i][2] = WH_CELL_TEXT(wh_str(seat->name));
		seats[i][3] = WH_CELL_INT(seat->team);
		seats[i][4] = WH_CELL_INT(seat->role);
		seats[i][5] = WH_CELL_TEXT(wh_str(seat->args != NULL ? seat->args : ""));
		steps[n++] = (struct wh_step){ Q_SEAT_ADD, seats[i], 6, WH_ANY };
	}
	/* Their tickets go in the same commit, as many as it takes; the rest behind it. */
	for (unsigned i = from; i < m->n; i++) {
		struct wait *wait = m->seats[i].wait;

		if (wait == NULL)
			continue;
		for (unsigned k = i; k < m->n; k++)
			if (m->seats[k].wait == wait)
				m->seats[k].wait = NULL;
		queue_waited(m->queue, now - wait->since);
		wh_metric_took(x->host, &matching_metrics[M_WAIT], (now - wait->since) * 1000);
		fits = n < WH_STORE_STEPS;
		if (fits) {
			drops[n_drops][0] = WH_CELL_TEXT(wh_str(queue));
			drops[n_drops][1] = WH_CELL_TEXT(wh_str(match_seat_of(m, wh_str(wait->people[0]->id))->id));
			steps[n++] = (struct wh_step){ Q_TICKET_DROP, drops[n_drops++], 2, WH_ANY };
		}
		wait->match = NULL;
		wait_end(x, wait, NULL, !fits);
	}
	if (wh_store_run(&x->table, steps, n, match_stored, m->number) != WH_OK) {
		wh_host_log(x->host, WH_ERROR, "matching_match_not_stored", WH_T("match", m->id));
		match_over(x, m, "store");
	}
}

/* Proposed */

/* It does not come about. Those who agreed, or had not been asked yet, wait again, in front; those who would not, or were not there, do not. */
void
match_fail(struct matching *x, struct match *m, const char *why, const struct match_seat *declined)
{
	struct wait *waits[MATCHER_PERSONS];
	bool again[MATCHER_PERSONS];
	unsigned n = 0, k;

	for (unsigned i = 0; i < m->n; i++) {
		struct match_seat *seat = &m->seats[i];
		bool willing = declined != NULL ? seat != declined : seat->accepted;

		for (k = 0; k < n && waits[k] != seat->wait; k++)
			;
		if (k == n) {
			waits[n] = seat->wait;
			again[n++] = true;
		}
		again[k] = again[k] && willing;
		seat->wait = NULL;
	}
	const struct wh_item items[] = {
		WH_ITEM_STR("match", wh_str(m->id)), WH_ITEM_STR("queue", wh_str(m->queue->name)), WH_ITEM_STR("reason", wh_str(why)),
	};

	for (k = 0; k < n; k++)
		waits[k]->match = NULL;
	for (k = 0; k < n; k++) {
		if (!again[k]) {
			wait_end(x, waits[k], why, true);
			continue;
		}
		for (unsigned i = 0; i < waits[k]->n; i++)
			person_tell(x, waits[k]->people[i], &(struct wh_event){ "match.requeued", items, 3 });
	}
	match_free(x, m);
	for (k = 0; k < n; k++)
		if (again[k])
			wait_enter(x, waits[k]);
	pump(x);
}

static void
match_timed_out(void *self, uint64_t number)
{
	struct matching *x = self;
	struct match *m = match_numbered(x, number);

	if (m != NULL && m->state == MATCH_PROPOSED) {
		m->timer = 0;
		match_fail(x, m, "timeout", NULL);
	}
}

/* With what one of a place would wait again, alone. */
static char *
args_of(struct matching *x, const struct wait *wait, unsigned member)
{
	char args[ARGS_BYTES + 1];
	struct text t = { args, 0, ARGS_BYTES, false };

	if (wait->n == 1)
		return text_new(x->host, wh_str(wait->args));
	want_args(x, wait->queue, wh_str(wait->args), member, wait->want.roles[member], &t);
	return t.full ? NULL : text_new(x->host, text_of(&t));
}

/* Takes the matcher's seats, from number `from` on. False: somebody can't; then nobody sits. */
static bool
seats_take(struct matching *x, struct match *m, const struct made *made, unsigned from)
{
	bool ok = true;

	for (unsigned i = 0; i < made->n; i++) {
		struct match_seat *seat = &m->seats[from + i];
		uint64_t *at = table_get(&m->queue->waits, made->seats[i].ticket);
		struct wait *wait = at != NULL ? (struct wait *)(uintptr_t)*at : NULL;

		*seat = (struct match_seat){ .team = made->seats[i].team, .role = made->seats[i].role, .wait = wait, .places = { -1 } };
		for (unsigned k = 0; wait != NULL && k < wait->n; k++)
			if (wait->people[k]->key == made->seats[i].person) {
				ok = match_sit(m, seat, wait->people[k]) && ok;
				seat->args = args_of(x, wait, k);
			}
		ok = ok && seat->person != NULL;
	}
	for (unsigned i = 0; i < made->n; i++) {
		struct wait *wait = m->seats[from + i].wait;

		if (wait == NULL || wait->ticket == 0)
			continue;
		table_remove(&m->queue->waits, wait->ticket);
		wait->ticket = 0;
		wait->match = m;
	}
	return ok;
}

void
match_found(struct matching *x, struct queue *q, const struct made *made)
{
	struct match *m = made->backfill != 0 ? match_numbered(x, made->backfill) : match_make(x, q, made->n);
	unsigned from = 0;

	if (m != NULL && made->backfill != 0) {
		from = m->n;
		if (m->state != MATCH_LIVE || from + made->n > m->cap)
			m = NULL;
		else
			m->n += made->n;
	}
	if (m == NULL || !seats_take(x, m, made, from)) {
		/* No memory, or somebody sits in too many matches: they go. */
		for (unsigned i = 0; i < made->n; i++) {
			uint64_t *at = table_get(&q->waits, made->seats[i].ticket);
			struct wait *wait = m != NULL ? m->seats[from + i].wait : at != NULL ? (struct wait *)(uintptr_t)*at : NULL;

			for (unsigned k = i; m != NULL && k < made->n; k++)
				if (m->seats[from + k].wait == wait)
					m->seats[from + k].wait = NULL;
			if (wait == NULL)
				continue;
			wait->match = NULL;
			wait_end(x, wait, "full", true);
		}
		if (m != NULL && from == 0)
			match_free(x, m);
		else if (m != NULL)
			for (unsigned i = from; i < m->n; i++)
				seat_leave(x, m, &m->seats[i]);
		return;
	}
	for (unsigned i = from; i < m->n && q->repeat_ms != 0; i++)
		for (unsigned k = 0; k < i; k++)
			if (m->seats[k].person != NULL)
				pairs_meet(&x->pairs, m->seats[i].person->key, m->seats[k].person->key, wh_now_ms(x->host) + q->repeat_ms, wh_now_ms(x->host));
	if (q->accept_ms == 0 || from != 0) {
		match_start(x, m, from);
		return;
	}
	m->timer = wh_timer_start(x->host, q->accept_ms, 0, match_timed_out, m->number);
	for (unsigned i = 0; i < m->n; i++)
		seat_tell(x, m, &m->seats[i], "match.proposed");
}

void
matches_sweep(struct matching *x)
{
	int64_t over = wh_now_ms(x->host) - x->keep_ms;

	while (x->ended.next != &x->ended && WH_CONTAINER(x->ended.next, struct match, link)->at <= over)
		match_free(x, WH_CONTAINER(x->ended.next, struct match, link));
}
