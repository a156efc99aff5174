/* Waiting: entering a queue, changing one's mind, leaving, and asking how it stands. What is acknowledged is in the store. */
#include <stdio.h>

#include "matching.h"

bool
wait_whole(const struct wait *wait)
{
	for (unsigned i = 0; i < wait->n; i++)
		if (wait->people[i]->session == 0 || wait->people[i]->lost_at != 0)
			return false;
	return true;
}

void
wait_leave(struct matching *x, struct wait *wait)
{
	(void)x;
	if (wait->ticket == 0)
		return;
	matcher_cancel(wait->queue->matcher, wait->ticket);
	table_remove(&wait->queue->waits, wait->ticket);
	wait->ticket = 0;
}

static enum wh_err wait_store(struct matching *x, struct wait *wait);

/* Into the matcher, with its age. What that makes comes with pump(). */
void
wait_enter(struct matching *x, struct wait *wait)
{
	uint64_t ticket;

	if (wait->ticket != 0 || wait->busy || wait->match != NULL || !wait_whole(wait))
		return;
	if (wait->restored) {
		/* What the server knows of its people is looked up anew; then it comes back here. */
		wait->restored = false;
		if (wait_store(x, wait) == WH_OK)
			return;
	}
	wait->want.since = wait->since;
	if (matcher_add(wait->queue->matcher, &wait->want, wh_now_ms(x->host), &ticket) != MATCHER_OK)
		return;
	wait->ticket = ticket;
	table_put(&wait->queue->waits, ticket, (uint64_t)(uintptr_t)wait);
}

static void
wait_free(struct matching *x, struct wait *wait)
{
	wh_list_remove(&wait->link);
	wh_delete(x->host, wait->args);
	wh_delete(x->host, wait);
}

/* `why`: told to its people; NULL: they know. `forget`: out of the store as well. */
void
wait_end(struct matching *x, struct wait *wait, const char *why, bool forget)
{
	const struct wh_item items[] = { WH_ITEM_STR("queue", wh_str(wait->queue->name)), WH_ITEM_STR("reason", wh_str(why)) };
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(wait->queue->name)), WH_CELL_TEXT(wh_str(wait->people[0]->id)) };
	struct person *people[MATCHER_PARTY];

	wait_leave(x, wait);
	if (forget && wh_store_run(&x->table, &(struct wh_step){ Q_TICKET_DROP, cells, 2, WH_ANY }, 1, NULL, 0) != WH_OK)
		wh_host_log(x->host, WH_WARN, "matching_ticket_not_dropped", WH_T("queue", wait->queue->name));
	for (unsigned i = 0; i < wait->n; i++) {
		people[i] = wait->people[i];
		people[i]->waits[wait->queue->number] = NULL;
		if (why != NULL)
			person_tell(x, people[i], &(struct wh_event){ "match.cancelled", items, 2 });
	}
	for (unsigned i = 0; i < wait->n; i++)
		person_settle(x, people[i]);
	wait->n = 0;
	if (wait->busy)
		wait->dead = true;
	else
		wait_free(x, wait);
}

/* What the server itself knows of them. A party is what the least of it is: a good name does not bring others in. */
static void
wait_known(struct matching *x, struct wait *wait, double rating)
{
	struct queue *q = wait->queue;
	bool low = false, guest = false;

	for (unsigned i = 0; i < wait->n; i++) {
		struct wh_session *s = wh_session_get(x->host, wait->people[i]->session);
		struct wh_trust trust = { .account = false };

		if (s == NULL)
			continue;
		if (x->accounts != NULL)
			x->accounts->trust(x->accounts_self, s, &trust);
		low = low || trust.strikes >= q->strikes;
		guest = guest || wh_session_identity(x->host, s)->kind == WH_GUEST;
	}
	for (unsigned r = 0; r < q->plan.n_rules; r++) {
		struct trait *t = &wait->want.traits[r];

		if (q->rules[r].from == FROM_RATING)
			t->number = (int32_t)rating;
		else if (q->rules[r].from == FROM_REPUTATION)
			t->token = low ? 2 : 1;
		else if (q->rules[r].from == FROM_KIND)
			t->token = guest ? 1 : 2;
	}
}

struct wait *
wait_make(struct matching *x, struct queue *q, struct person *const *people, unsigned n, struct wh_str args)
{
	struct wait *wait = wh_new(x->host, sizeof *wait);

	if (wait == NULL || (wait->args = text_new(x->host, args)) == NULL) {
		wh_delete(x->host, wait);
		return NULL;
	}
	wait->queue = q;
	wait->since = wh_now_ms(x->host);
	wait->n = n;
	for (unsigned i = 0; i < n; i++) {
		wait->people[i] = people[i];
		people[i]->waits[q->number] = wait;
	}
	wh_list_add_last(&x->waits, &wait->link);
	return wait;
}

/* The party's members bring themselves and their roles. */
static void
wait_members(struct wait *wait)
{
	const struct party *party = wait->people[0]->party;

	wait->want.n = (uint8_t)wait->n;
	for (unsigned i = 0; i < wait->n; i++) {
		wait->want.persons[i] = wait->people[i]->key;
		if (i > 0 && party != NULL && i < party->n)
			wait->want.roles[i] = want_roles(wait->queue, wh_str(party->roles[i]));
	}
}

static void
wait_write(struct matching *x, const struct wait *wait, struct wh_json *w)
{
	struct matcher_view view = { .others = 0 };
	int64_t waited = wh_now_ms(x->host) - wait->since, usual = queue_percentile(wait->queue, 50), long_one = queue_percentile(wait->queue, 90);

	wh_json_str(w, "queue", wh_str(wait->queue->name));
	wh_json_int(w, "waited", waited);
	wh_json_str(w, "state", wh_str(wait->match != NULL ? "proposed" : wait->ticket != 0 ? "waiting" : "paused"));
	if (usual >= 0) {
		/* Half of the last ones waited at most so long, nine of ten so long. */
		wh_json_int(w, "expected_p50", usual);
		wh_json_int(w, "expected_p90", long_one);
	}
	if (wait->ticket != 0)
		matcher_see(wait->queue->matcher, wait->ticket, &view);
	wh_json_uint(w, "pool", view.others);
	wh_json_uint(w, "waiting", matcher_waiting(wait->queue->matcher));
}

static void
ticket_stored(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct matching *x = self;
	struct wait *wait = (struct wait *)(uintptr_t)cookie;
	struct wh_call *call = wh_call_find(x->host, wait->call);
	double sum = 0, most = 0;

	wait->busy = false;
	if (wait->dead) {
		if (call != NULL)
			wh_call_done(call, wh_fail(call, WH_ESTATE, "it was cancelled meanwhile"));
		wait_free(x, wait);
		return;
	}
	if (r->err != WH_OK) {
		wait_end(x, wait, NULL, false);
		if (call != NULL)
			wh_call_done(call, store_failed(call, r->err));
		return;
	}
	for (size_t i = 1; i < r->n; i++) {
		double number = score_number(wait->queue, &r->rows[i]);

		sum += number;
		most = number > most ? number : most;
	}
	/* A party counts as the mean of its members and its best. */
	wait_known(x, wait, r->n > 1 ? (sum / (double)(r->n - 1) + most) / 2 : 1500);
	wait_enter(x, wait);
	wh_metric_add_for(x->host, &matching_metrics[M_TICKETS], wh_str(wait->queue->name), 1);
	if (call != NULL) {
		if (wait->ticket == 0 && wait_whole(wait)) {
			wait_end(x, wait, NULL, true);
			wh_call_done(call, wh_fail_str(call, WH_EFULL, WH_STR("the queue is full; try again"), 5000));
			return;
		}
		wait_write(x, wait, wh_reply(call));
		wh_call_done(call, WH_OK);
	}
	pump(x);
}

/* Stores it, and reads the ratings of its people. */
static enum wh_err
wait_store(struct matching *x, struct wait *wait)
{
	struct wh_cell cells[5], who[MATCHER_PARTY][2];
	struct wh_step steps[MATCHER_PARTY + 1];
	char people[(ID_BYTES + 1) * MATCHER_PARTY + 1];
	size_t at = 0, n = 1;
	enum wh_err err;

	for (unsigned i = 0; i < wait->n; i++)
		at += (size_t)snprintf(people + at, sizeof people - at, "%s%s", i != 0 ? " " : "", wait->people[i]->id);
	cells[0] = WH_CELL_TEXT(wh_str(wait->queue->name));
	cells[1] = WH_CELL_TEXT(wh_str(wait->people[0]->id));
	cells[2] = WH_CELL_TEXT(((struct wh_str){ people, at }));
	cells[3] = WH_CELL_TEXT(wh_str(wait->args));
	cells[4] = WH_CELL_INT(wh_wall_ms(x->host) - (wh_now_ms(x->host) - wait->since));
	steps[0] = (struct wh_step){ Q_TICKET_ADD, cells, 5, WH_ANY };
	for (unsigned i = 0; i < wait->n && wait->queue->rating != RATING_NONE; i++) {
		who[i][0] = cells[0];
		who[i][1] = WH_CELL_TEXT(wh_str(wait->people[i]->id));
		steps[n++] = (struct wh_step){ Q_RATING, who[i], 2, WH_ANY };
	}
	wait->busy = true;
	err = wh_store_run(&x->table, steps, n, ticket_stored, (uint64_t)(uintptr_t)wait);
	if (err != WH_OK)
		wait->busy = false;
	return err;
}

/* What the others of a party say of themselves: a list, of those behind the first. */
static void
members_text(struct matching *x, const struct party *party, unsigned n, const char *before, struct text *t)
{
	struct wh_value all, members;

	if (n < 2)
		return;
	text_put(t, t->n > 1 ? ",\"members\":" : "\"members\":");
	/* A party that waits outlives the hub, but as one that waits only. */
	if ((party == NULL || party->n != n) && before != NULL && wh_json_read_text(x->host, wh_str(before), &all) == WH_OK && wh_json_get(&all, "members", &members)) {
		text_raw(t, members.raw);
		return;
	}
	text_put(t, "[");
	for (unsigned i = 1; i < n; i++) {
		const char *attributes = party != NULL && i < party->n ? party->attributes[i] : NULL;

		if (i > 1)
			text_put(t, ",");
		text_put(t, attributes != NULL ? attributes : "null");
	}
	text_put(t, "]");
}

/* The arguments of a call, as want_read wants them; for `n` people. `before`: those of the place that they have already, or NULL. */
static bool
args_text(struct matching *x, struct wh_call *call, const struct party *party, unsigned n, const char *before, char out[WAIT_ARGS_BYTES + 1])
{
	static const char *const keys[] = { "attributes", "prefer", "strict", "roles" };
	struct text t = { out, 0, ARGS_BYTES, false };

	text_put(&t, "{");
	for (unsigned i = 0; i < 4; i++) {
		const struct wh_value *v = wh_arg(call, keys[i]);

		if (v == NULL)
			continue;
		text_put(&t, t.n > 1 ? ",\"" : "\"");
		text_put(&t, keys[i]);
		text_put(&t, "\":");
		text_raw(&t, v->raw);
	}
	if (t.full)
		return false;
	t.cap = WAIT_ARGS_BYTES;
	members_text(x, party, n, before, &t);
	text_put(&t, "}");
	out[t.n] = '\0';
	return !t.full;
}

/* Whom the caller brings: itself, or the party that it leads. */
static enum wh_err
people_of(struct matching *x, struct wh_call *call, struct queue *q, struct person **people, unsigned *n_out)
{
	struct wh_session *s = wh_call_session(call);
	struct person *p = person_get(x, wh_session_identity(x->host, s));

	if (p == NULL)
		return wh_fail(call, WH_ENOMEM, "no room for you now");
	/* A request over HTTP is gone with its answer: nobody could be told. */
	if (wh_call_request(call) == NULL)
		person_here(x, p, s);
	people[0] = p;
	*n_out = 1;
	if (p->party != NULL && p->party->n > 1) {
		if (p->party->people[0] != p)
			return wh_fail(call, WH_EPERM, "the one who made the party enters the queue for all");
		*n_out = p->party->n;
		memcpy(people, p->party->people, p->party->n * sizeof *people);
	}
	if (*n_out > (q->plan.party != 0 ? q->plan.party : 1))
		return wh_fail(call, WH_ETOOBIG, "your party is larger than this queue takes");
	for (unsigned i = 0; i < *n_out; i++) {
		if (people[i]->waits[q->number] != NULL)
			return wh_fail(call, WH_EEXIST, i == 0 ? "you wait in this queue already; match.update or match.cancel" : "one of your party waits in this queue already");
		if (people[i]->session == 0 || people[i]->lost_at != 0)
			return wh_fail(call, WH_ESTATE, i == 0 ? "who waits has to be connected: WebSocket" : "one of your party is not connected");
	}
	return WH_OK;
}

static struct queue *
queue_of(struct matching *x, struct wh_call *call)
{
	struct queue *q = queue_find(x, wh_arg_str(call, "queue"));

	if (q == NULL)
		wh_fail(call, WH_ENOENT, "there is no such queue; match.queues lists them");
	return q;
}

/* Their place, and the store's work for it; the call waits. */
static enum wh_err
enqueue_start(struct matching *x, struct wh_call *call, struct queue *q, struct person *const *people, unsigned n, struct wh_str args, const struct want *want)
{
	struct wait *wait = wait_make(x, q, people, n, args);
	enum wh_err err;

	if (wait == NULL)
		return wh_fail(call, WH_ENOMEM, "no room for you now");
	snprintf(wait->nonce, sizeof wait->nonce, "%.*s", WH_FMT(wh_arg_str(call, "nonce")));
	wait->want = *want;
	wait_members(wait);
	wait_known(x, wait, 1500);
	wait->call = wh_call_hold(call);
	err = wait_store(x, wait);
	if (err == WH_OK)
		return WH_WAIT;
	wait_end(x, wait, NULL, false);
	wh_call_done(call, store_failed(call, err));
	return WH_WAIT;
}

enum wh_err
ticket_enqueue(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct queue *q = queue_of(x, call);
	struct person *people[MATCHER_PARTY], *before = person_of(x, wh_call_session(call));
	struct wh_str nonce = wh_arg_str(call, "nonce");
	char args[WAIT_ARGS_BYTES + 1];
	struct want want;
	const char *why;
	unsigned n = 0;
	enum wh_err err;

	if (q == NULL)
		return WH_ENOENT;
	if (before != NULL && before->waits[q->number] != NULL && nonce.n != 0 && wh_str_is(nonce, before->waits[q->number]->nonce)) {
		wait_write(x, before->waits[q->number], wh_reply(call));
		return WH_OK;
	}
	err = people_of(x, call, q, people, &n);
	if (err == WH_OK && !args_text(x, call, people[0]->party, n, NULL, args))
		err = wh_fail(call, WH_ETOOBIG, "attributes, prefer, strict and roles have 2 KiB together");
	if (err == WH_OK && !want_read(x, q, wh_str(args), n, &want, &why))
		err = wh_fail(call, WH_EINVAL, why);
	if (err == WH_OK)
		err = enqueue_start(x, call, q, people, n, wh_str(args), &want);
	if (err == WH_WAIT)
		return err;
	before = person_of(x, wh_call_session(call));
	if (before != NULL)
		person_settle(x, before);
	return err;
}

enum wh_err
ticket_again(struct matching *x, struct queue *q, struct person *p, struct wh_str args)
{
	const char *why;
	struct wait *wait;
	struct want want;

	if (p->waits[q->number] != NULL)
		return WH_EEXIST;
	if (!want_read(x, q, args, 1, &want, &why))
		return WH_EINVAL;
	wait = wait_make(x, q, &p, 1, args);
	if (wait == NULL)
		return WH_ENOMEM;
	wait->want = want;
	wait_members(wait);
	wait_known(x, wait, 1500);
	if (wait_store(x, wait) == WH_OK)
		return WH_OK;
	wait_end(x, wait, NULL, false);
	return WH_EAWAY;
}

/* The caller's wait in the queue that it names. */
static struct wait *
wait_of_call(struct matching *x, struct wh_call *call)
{
	struct queue *q = queue_of(x, call);
	struct person *p = person_of(x, wh_call_session(call));

	if (q == NULL)
		return NULL;
	if (p == NULL || p->waits[q->number] == NULL) {
		wh_fail(call, WH_ENOENT, "you do not wait in this queue");
		return NULL;
	}
	return p->waits[q->number];
}

enum wh_err
ticket_update(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct wait *wait = wait_of_call(x, call);
	char args[WAIT_ARGS_BYTES + 1], *copy;
	const char *why;
	struct want want, before;
	enum wh_err err;

	if (wait == NULL)
		return WH_ENOENT;
	if (wait->busy || wait->match != NULL)
		return wh_fail(call, WH_ESTATE, "not now: your place is just being taken, or you have been proposed a match");
	if (!args_text(x, call, wait->people[0]->party, wait->n, wait->args, args))
		return wh_fail(call, WH_ETOOBIG, "attributes, prefer, strict and roles have 2 KiB together");
	if (!want_read(x, wait->queue, wh_str(args), wait->n, &want, &why))
		return wh_fail(call, WH_EINVAL, why);
	copy = text_new(x->host, wh_str(args));
	if (copy == NULL)
		return WH_ENOMEM;
	wh_delete(x->host, wait->args);
	wait->args = copy;
	before = wait->want;
	wait->want = want;
	for (unsigned r = 0; r < wait->queue->plan.n_rules; r++)
		if (wait->queue->rules[r].from != FROM_CLIENT)
			wait->want.traits[r] = before.traits[r];
	wait_members(wait);
	wait_leave(x, wait);
	wait->call = wh_call_hold(call);
	err = wait_store(x, wait);
	if (err == WH_OK)
		return WH_WAIT;
	wait_enter(x, wait);
	pump(x);
	wh_call_done(call, store_failed(call, err));
	return WH_WAIT;
}

enum wh_err
ticket_cancel(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct wait *wait = wait_of_call(x, call);

	if (wait == NULL)
		return WH_ENOENT;
	if (wait->match != NULL)
		return wh_fail(call, WH_ESTATE, "you have been proposed a match: match.decline");
	wait_end(x, wait, wait->n > 1 ? "party" : NULL, true);
	return WH_OK;
}

enum wh_err
ticket_status(void *self, struct wh_call *call)
{
	struct matching *x = self;
	struct person *p = person_of(x, wh_call_session(call));
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "tickets");
	for (unsigned i = 0; p != NULL && i < x->n_queues; i++) {
		if (p->waits[i] == NULL)
			continue;
		wh_json_object(w, NULL);
		wait_write(x, p->waits[i], w);
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_json_array(w, "matches");
	for (unsigned i = 0; p != NULL && i < PERSON_MATCHES; i++) {
		if (p->matches[i] == NULL)
			continue;
		wh_json_object(w, NULL);
		match_write(x, p->matches[i], match_seat_of(p->matches[i], wh_str(p->id)), w);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}

enum wh_err
ticket_queues(void *self, struct wh_call *call)
{
	static const char *const kinds[] = { "", "equal", "one_of", "share", "near", "between", "latency" };
	struct matching *x = self;
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "queues");
	for (unsigned i = 0; i < x->n_queues; i++) {
		const struct queue *q = &x->queues[i];

		wh_json_object(w, NULL);
		wh_json_str(w, "queue", wh_str(q->name));
		wh_json_uint(w, "waiting", matcher_waiting(q->matcher));
		wh_json_uint(w, "teams", q->plan.teams);
		wh_json_uint(w, "size", q->plan.size);
		wh_json_uint(w, "party", q->plan.party);
		if (queue_percentile(q, 50) >= 0) {
			wh_json_int(w, "expected_p50", queue_percentile(q, 50));
			wh_json_int(w, "expected_p90", queue_percentile(q, 90));
		}
		wh_json_array(w, "rules");
		for (unsigned r = 0; r < q->plan.n_rules; r++) {
			if (q->rules[r].from != FROM_CLIENT)
				continue;
			wh_json_object(w, NULL);
			wh_json_str(w, "name", wh_str(q->rules[r].name));
			wh_json_str(w, "kind", wh_str(kinds[q->plan.rules[r].kind]));
			wh_json_bool(w, "required", q->rules[r].required);
			wh_json_end(w);
		}
		wh_json_end(w);
		wh_json_array(w, "roles");
		for (unsigned r = 0; r < q->n_roles; r++)
			wh_json_str(w, NULL, wh_str(q->roles[r]));
		wh_json_end(w);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}
