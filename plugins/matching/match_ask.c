/* What people ask of a match: to take it or not, to leave it, to see each other, to be more. And the hooks on its room: who enters, who leaves,
 * and what was said last. */
#include "matching.h"

static struct match *
match_called(struct matching *x, struct wh_call *call, enum match_state state, struct match_seat **seat_out)
{
	struct match *m = match_find(x, wh_arg_str(call, "match"));
	struct person *p = person_of(x, wh_call_session(call));

	*seat_out = m != NULL && p != NULL && m->state == state ? match_seat_of(m, wh_str(p->id)) : NULL;
	if (*seat_out != NULL && (*seat_out)->person != NULL)
		return m;
	wh_fail(call, WH_ENOENT, state == MATCH_PROPOSED ? "no such match is proposed to you (any more)" : "you are in no such match (any more)");
	return NULL;
}

struct match *
match_of_call(struct matching *x, struct wh_call *call, struct match_seat **seat_out)
{
	return match_called(x, call, MATCH_LIVE, seat_out);
}

enum wh_err
match_accept(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct match_seat *seat;
	struct match *m = match_called(x, call, MATCH_PROPOSED, &seat);
	unsigned accepted = 0;

	if (m == NULL)
		return WH_ENOENT;
	seat->accepted = true;
	for (unsigned i = 0; i < m->n; i++)
		accepted += m->seats[i].accepted;
	wh_json_uint(wh_reply(call), "accepted", accepted);
	wh_json_uint(wh_reply(call), "people", m->n);
	if (accepted < m->n)
		return WH_OK;
	for (unsigned i = 0; i < m->n; i++) {
		if (m->seats[i].person->lost_at == 0)
			continue;
		m->seats[i].accepted = false;
		match_fail(x, m, "connection", NULL);
		return WH_OK;
	}
	match_start(x, m, 0);
	return WH_OK;
}

enum wh_err
match_decline(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct match_seat *seat;
	struct match *m = match_called(x, call, MATCH_PROPOSED, &seat);

	if (m == NULL)
		return WH_ENOENT;
	match_fail(x, m, "declined", seat);
	return WH_OK;
}

enum wh_err
match_leave(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct match_seat *seat;
	struct match *m = match_of_call(x, call, &seat);

	if (m == NULL)
		return WH_ENOENT;
	match_left(x, m, seat, "left");
	return WH_OK;
}

/* Leaves, and does not want these again for a while. */
static void
skip(struct matching *x, struct match *m, struct match_seat *seat)
{
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(m->id)), WH_CELL_TEXT(wh_str(seat->id)), WH_CELL_INT(wh_wall_ms(x->host)) };
	int64_t now = wh_now_ms(x->host);

	/* Should it not be stored, a hub that is replaced knows only that they met. */
	if (m->queue->skip_ms != 0 && wh_store_run(&x->table, &(struct wh_step){ Q_SEAT_SKIP, cells, 3, WH_ANY }, 1, NULL, 0) != WH_OK)
		wh_host_log(x->host, WH_WARN, "matching_skip_not_stored", WH_T("match", m->id));
	for (unsigned i = 0; i < m->n; i++)
		if (&m->seats[i] != seat && m->queue->skip_ms != 0)
			pairs_meet(&x->pairs, person_key(x, wh_str(seat->id)), person_key(x, wh_str(m->seats[i].id)), now + m->queue->skip_ms, now);
	match_left(x, m, seat, "skipped");
}

enum wh_err
match_skip(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct match_seat *seat;
	struct match *m = match_of_call(x, call, &seat);

	if (m == NULL)
		return WH_ENOENT;
	skip(x, m, seat);
	return WH_OK;
}

enum wh_err
match_next(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct match_seat *seat;
	struct match *m = match_of_call(x, call, &seat);
	struct person *p;
	enum wh_err err;

	if (m == NULL)
		return WH_ENOENT;
	p = seat->person;
	p->pins++;
	err = ticket_again(x, m->queue, p, seat->args != NULL ? wh_str(seat->args) : WH_STR("{}"));
	if (err == WH_OK)
		skip(x, m, seat);
	p->pins--;
	person_settle(x, p);
	return err == WH_OK ? WH_OK : wh_fail(call, err, "you could not be put into the queue again; match.skip, then match.enqueue");
}

/* Agrees to be seen. The others hear of it; once all do, all are told. */
enum wh_err
match_reveal(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct match_seat *seat;
	struct match *m = match_of_call(x, call, &seat);

	if (m == NULL)
		return WH_ENOENT;
	if (seat->revealed) {
		wh_json_bool(wh_reply(call), "all", match_revealed(m));
		return WH_OK;
	}
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(m->id)), WH_CELL_TEXT(wh_str(seat->id)) };

	/* Should it not be stored, a hub that is replaced asks for it again: the careful side. */
	if (wh_store_run(&x->table, &(struct wh_step){ Q_SEAT_REVEAL, cells, 2, WH_ANY }, 1, NULL, 0) != WH_OK)
		wh_host_log(x->host, WH_WARN, "matching_reveal_not_stored", WH_T("match", m->id));
	seat->revealed = true;
	wh_json_bool(wh_reply(call), "all", match_revealed(m));
	if (match_revealed(m))
		match_tell(x, m, "match.revealed", NULL, NULL);
	else
		match_tell(x, m, "match.reveals", seat, NULL);
	return WH_OK;
}

/* The service */

static bool
match_of_room_name(struct wh_matching *self, struct wh_str room, struct wh_matched *out)
{
	struct matching *x = (struct matching *)(void *)self;
	const struct match *m;
	bool revealed;

	if (!wh_str_starts(room, WH_STR(MATCH_ROOM)))
		return false;
	/* Over, or not known any more: its people are strangers for good. */
	*out = (struct wh_matched){ .relay_only = true, .blur = true };
	m = match_find(x, wh_str_from(room, sizeof MATCH_ROOM - 1));
	if (m == NULL || m->state != MATCH_LIVE)
		return true;
	revealed = match_revealed(m);
	*out = (struct wh_matched){ m->queue->video, m->queue->relay && !revealed, m->queue->blur && !revealed };
	return true;
}

const struct wh_matching_ops match_service = { .of_room = match_of_room_name };

/* A running match wants more. */
enum wh_err
match_backfill(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct match *m = match_find(x, wh_arg_str(call, "match"));
	uint64_t company[MATCHER_PERSONS];
	struct want want = { .n = 0 };
	char args[ARGS_BYTES + 1];
	struct text t = { args, 0, ARGS_BYTES, false };
	const struct wh_value *attributes = wh_arg(call, "attributes");
	uint64_t ticket;
	const char *why;

	if (m == NULL || m->state != MATCH_LIVE)
		return wh_fail(call, WH_ENOENT, "no such match is live");
	text_put(&t, "{\"attributes\":");
	text_raw(&t, attributes != NULL ? attributes->raw : WH_STR("{}"));
	text_put(&t, "}");
	if (t.full)
		return wh_fail(call, WH_ETOOBIG, "attributes have 2 KiB");
	if (!want_read(x, m->queue, text_of(&t), 1, &want, &why))
		return wh_fail(call, WH_EINVAL, why);
	want.n = (uint8_t)wh_arg_int(call, "places");
	if (m->n + want.n > MATCHER_PERSONS)
		return wh_fail(call, WH_EFULL, "a match has seats for 64, and those of people who left are not given to others");
	if (!match_widen(x, m))
		return wh_fail(call, WH_ENOMEM, "no room for more now");
	want.company = company;
	for (unsigned i = 0; i < m->n; i++)
		if (m->seats[i].person != NULL)
			company[want.n_company++] = m->seats[i].person->key;
	want.roles[0] = want_roles(m->queue, wh_arg_str(call, "role"));
	for (unsigned i = 1; i < want.n; i++)
		want.roles[i] = want.roles[0];
	want.backfill = true;
	want.match = m->number;
	want.since = wh_now_ms(x->host);
	matcher_cancel(m->queue->matcher, m->backfill);
	if (matcher_add(m->queue->matcher, &want, want.since, &ticket) != MATCHER_OK)
		return wh_fail(call, WH_EFULL, "the queue is full; try again");
	m->backfill = ticket;
	pump(x);
	return WH_OK;
}

/* Hooks on the matches' rooms */

static struct match *
match_of_room(struct matching *x, struct wh_room *room)
{
	struct wh_str name = wh_room_name(x->host, room);

	return wh_str_starts(name, WH_STR(MATCH_ROOM)) ? match_find(x, wh_str_from(name, sizeof MATCH_ROOM - 1)) : NULL;
}

enum wh_verdict
match_join(void *self, struct wh_passage *passage)
{
	struct matching *x = self;
	struct match *m;
	struct match_seat *seat;

	if (!wh_str_starts(wh_room_name(x->host, passage->room), WH_STR(MATCH_ROOM)))
		return WH_PASS;
	m = match_of_room(x, passage->room);
	seat = m != NULL && m->state == MATCH_LIVE ? match_seat_of(m, wh_session_identity(x->host, passage->session)->id) : NULL;
	if ((seat != NULL && seat->person != NULL) || (m != NULL && wh_session_may(x->host, passage->session, "match.observe")))
		return WH_PASS;
	return wh_refuse(&passage->at, WH_EPERM, "this room is for those of the match", 0);
}

enum wh_verdict
match_gone(void *self, struct wh_passage *passage)
{
	struct matching *x = self;
	struct match *m = match_of_room(x, passage->room);
	struct match_seat *seat = m != NULL ? match_seat_of(m, wh_session_identity(x->host, passage->session)->id) : NULL;

	/* A session that ends leaves as well, but its person has its grace. */
	if (seat != NULL && seat->person != NULL && seat->person->lost_at == 0 && seat->person->session == wh_session_id(x->host, passage->session))
		match_left(x, m, seat, "left");
	return WH_PASS;
}

/* The last lines, should somebody report the match. */
enum wh_verdict
match_said(void *self, struct wh_message *message)
{
	struct matching *x = self;
	struct match *m = match_of_room(x, message->room);
	struct match_line **line = m != NULL ? &m->lines[m->n_lines % LINES] : NULL;

	if (line == NULL || (*line == NULL && (*line = wh_new(x->host, sizeof **line)) == NULL))
		return WH_PASS;
	m->n_lines++;
	(*line)->at = wh_wall_ms(x->host);
	text_copy((*line)->who, sizeof (*line)->who, wh_session_identity(x->host, message->from)->id);
	text_copy((*line)->text, sizeof (*line)->text, message->text);
	return WH_PASS;
}
