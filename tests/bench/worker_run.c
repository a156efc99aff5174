/* What happens in a measured run: the publisher's pace, the order and the time of what arrives, requests, floods.
 * A message counts as received when all sentinels, members that stand near the publisher, have it. */
#include <poll.h>

#include "base/clock.h"
#include "payload.h"
#include "worker.h"

enum { RUN_FLOOD_CHUNK = 16 * 1024 };

/* Shared with no one but the conductor, who reads it while we write: the serial stays. */
static void
run_zero(struct load_tally *t)
{
	t->sent = t->acked = t->deliveries = t->bytes = t->errors = t->connects = t->checked = t->missing = t->disorder = 0;
	t->acked_missing = t->closed = t->refused = t->gone = 0;
	t->first_ns = t->last_ns = t->gap_ns = 0;
	t->latency = (struct wh_hist){ 0 };
}

void
run_begin(struct worker *w)
{
	run_zero(w->tally);
	w->running = true;
	w->first = w->next = w->order.number;
	w->in_flight = w->sentinels = 0;
	w->witness = NULL;
	memset(w->seen, 0, sizeof w->seen);
	memset(w->acked, 0, sizeof w->acked);
	for (unsigned i = w->count; i-- > 0;) {
		struct client *c = &w->clients[i];

		c->next = w->first + (c->index + w->rooms - w->first % w->rooms) % w->rooms;
		c->heard = 0;
		c->sentinel = w->number == 0 && w->sentinels < WORKER_SENTINELS && c->state == CLIENT_MEMBER && c != w->publisher && !c->stalled;
		if (!c->sentinel)
			continue;
		w->sentinels++;
		w->witness = c;
		c->checked = true;
	}
}

void
run_settle(struct worker *w)
{
	struct load_tally *t = w->tally;
	uint64_t n = w->next - w->first;

	for (unsigned i = 0; i < w->count; i++) {
		struct client *c = &w->clients[i];

		if (c->stalled && c->fd >= 0) {
			struct pollfd p = { .fd = c->fd, .events = POLLRDHUP };

			if (poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
				t->stalled_closed++;
				worker_closed(w, c);
			}
		} else if (c->checked && c->state == CLIENT_MEMBER && c != w->publisher && c->next < w->order.number) {
			t->missing += (w->order.number - c->next + w->rooms - 1) / w->rooms;
		}
	}
	for (uint64_t i = 0; w->witness != NULL && i < n && i < WORKER_REMEMBERED; i++)
		if (w->acked[i] != 0 && w->seen[i] == 0)
			t->acked_missing++;
	w->running = false;
}

static void
run_witnessed(struct worker *w, uint64_t number, int64_t now)
{
	if (number - w->first < WORKER_REMEMBERED)
		w->seen[number - w->first] = 1;
	if (now - w->witness_ns > w->tally->gap_ns)
		w->tally->gap_ns = now - w->witness_ns;
	w->witness_ns = now;
}

static void
run_sentinel(struct worker *w, uint64_t number)
{
	uint16_t *awaited = &w->awaited[number % WORKER_FLIGHT];

	w->moved_ns = w->now_ns;
	if (*awaited == 0 || --*awaited > 0)
		return;
	if (w->in_flight > 0)
		w->in_flight--;
}

void
run_said(struct worker *w, struct client *c, const struct proto_frame *frame)
{
	struct load_tally *t = w->tally;
	uint64_t number;
	int64_t sent_ns, now;

	if (!w->running)
		return;
	t->deliveries++;
	c->heard++;
	if (!c->checked || !payload_read(frame->text, &number, &sent_ns) || number < w->first)
		return;
	now = wh_clock_mono_ns(NULL);
	wh_hist_record(&t->latency, (uint64_t)(now - sent_ns));
	t->checked++;
	/* Who only listens does not know with what number it begins. */
	if (number > c->next && (w->order.op != LOAD_LISTEN || c->heard > 1))
		t->missing += (number - c->next) / w->rooms;
	if (number < c->next)
		t->disorder++;
	else
		c->next = number + w->rooms;
	if (c == w->witness)
		run_witnessed(w, number, now);
	if (c->sentinel)
		run_sentinel(w, number);
}

static void
run_ask(struct worker *w, struct client *c)
{
	struct wh_buf out = { 0 };

	w->setup->proto->say(&out, w->order.room, (struct wh_str){ NULL, 0 }, 0);
	c->next = (uint64_t)wh_clock_mono_ns(NULL);
	w->tally->sent++;
	if (client_send(c, wh_buf_slice(&out)) == WH_OK)
		w->under_way++;
	else
		worker_closed(w, c);
	wh_buf_free(&out);
}

void
run_acked(struct worker *w, struct client *c, const struct proto_frame *frame)
{
	uint64_t number = frame->number != 0 ? frame->number : w->first + w->tally->acked;
	int64_t now;

	if (!w->running)
		return;
	w->tally->acked++;
	if (w->order.op == LOAD_ASK && w->under_way > 0) {
		now = wh_clock_mono_ns(NULL);
		wh_hist_record(&w->tally->latency, (uint64_t)now - c->next);
		w->tally->last_ns = now;
		w->under_way--;
		if (now < w->end_ns)
			run_ask(w, c);
	} else if (number >= w->first && number - w->first < WORKER_REMEMBERED) {
		w->acked[number - w->first] = 1;
	}
}

/* Says `n` messages at once: as one write, so that they travel together. */
static bool
run_say(struct worker *w, unsigned n)
{
	char payload[PAYLOAD_SIZE];
	struct wh_buf out = { 0 };
	char room[LOAD_ROOM];
	enum wh_err err;

	for (unsigned i = 0; i < n; i++, w->next++) {
		payload_write(payload, w->next, wh_clock_mono_ns(NULL));
		worker_room(room, w->room, w->next);
		w->setup->proto->say(&out, room, (struct wh_str){ payload, sizeof payload }, w->next);
		w->awaited[w->next % WORKER_FLIGHT] = (uint16_t)w->sentinels;
	}
	w->tally->sent += n;
	err = client_send(w->publisher, wh_buf_slice(&out));
	wh_buf_free(&out);
	return err == WH_OK;
}

void
run_start(struct worker *w)
{
	bool publishes = w->order.op == LOAD_FANOUT || w->order.op == LOAD_RATE;

	w->under_way = 0;
	w->tally->first_ns = w->witness_ns = w->now_ns;
	if (publishes && (w->publisher == NULL || w->publisher->fd < 0 || w->sentinels == 0)) {
		worker_done(w, true);
		return;
	}
	for (unsigned i = 0; w->order.op == LOAD_ASK && i < w->count; i++)
		if (w->clients[i].state == CLIENT_READY)
			run_ask(w, &w->clients[i]);
}

static void
fanout_turn(struct worker *w)
{
	unsigned k = w->order.count < WORKER_FLIGHT ? w->order.count : WORKER_FLIGHT;

	if (w->publisher->fd < 0 || w->now_ns - w->moved_ns > WORKER_STUCK_MS * WH_NS_PER_MS) {
		worker_done(w, true);
		return;
	}
	if (w->now_ns < w->end_ns) {
		if (w->in_flight < k) {
			unsigned n = k - w->in_flight;

			w->in_flight = k;
			run_say(w, n);
		}
	} else if (w->in_flight == 0) {
		worker_done(w, false);
	}
}

static void
rate_turn(struct worker *w)
{
	int64_t step = (int64_t)(1e9 / w->order.rate);

	if (w->publisher->fd < 0) {
		worker_done(w, true);
		return;
	}
	/* One at a time, also when we are late: a burst would measure ourselves. */
	if (w->now_ns < w->end_ns && w->now_ns >= w->begun_ns + (int64_t)(w->next - w->first) * step)
		run_say(w, 1);
	if (w->now_ns >= w->end_ns)
		worker_done(w, false);
}

/* Each of our clients says nonsense to a room of their own, as fast as its socket takes it. */
static void
flood_turn(struct worker *w)
{
	struct wh_buf out = { 0 };
	char payload[PAYLOAD_SIZE];

	if (w->now_ns >= w->end_ns) {
		worker_done(w, false);
		return;
	}
	payload_write(payload, 1, w->now_ns);
	while (out.n < RUN_FLOOD_CHUNK && !out.failed)
		w->setup->proto->say(&out, w->order.room, (struct wh_str){ payload, sizeof payload }, w->tally->sent);
	for (unsigned i = 0; i < w->count; i++) {
		struct client *c = &w->clients[i];

		if (c->state == CLIENT_CLOSED && w->under_way < w->setup->window) {
			*c = (struct client){ .fd = -1, .index = c->index };
			worker_open(w, c);
		} else if (c->state >= CLIENT_READY && c->state <= CLIENT_MEMBER && c->out.n == 0) {
			w->tally->sent++;
			if (client_send(c, wh_buf_slice(&out)) != WH_OK)
				worker_closed(w, c);
		}
	}
	wh_buf_free(&out);
}

void
run_turn(struct worker *w)
{
	switch (w->order.op) {
	case LOAD_FANOUT:
		fanout_turn(w);
		break;
	case LOAD_RATE:
		rate_turn(w);
		break;
	case LOAD_ASK:
		if (w->under_way == 0 || w->now_ns > w->end_ns + WORKER_STUCK_MS * WH_NS_PER_MS)
			worker_done(w, w->under_way != 0);
		break;
	case LOAD_LISTEN:
		if (w->now_ns >= w->end_ns)
			worker_done(w, false);
		break;
	case LOAD_FLOOD:
		flood_turn(w);
		break;
	default:
		break;
	}
}
