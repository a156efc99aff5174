/* Asks and their deadlines, and the two helpers. An ask waits in a list by age: first for the helper to have its packs, then for its answer; the
 * helper answers in order. At its deadline whoever asked is told that there is no answer; the ask stays until the helper has answered it, and is
 * then late. A helper that answers nothing for `stuck` is killed. When it dies, the ask that it was at is given up, as it may have died
 * of it, and the others are asked again of the next. */
#include <time.h>

#include "judging_own.h"

enum { TICK_MS = 25, MINUTE_MS = 60000, ROOMS_STEP = 64, ROOMS_STEP_MS = 100, ROOMS_MOST = 65536, CONTROL_STUCK_MS = 30000 };

/* For the time of a round trip, which milliseconds are too coarse for. */
static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

void
judging_count(const struct judging *j, enum judging_metric metric, const char *label, int64_t n)
{
	if (label != NULL)
		wh_metric_add_for(j->host, &j->parts.metrics[metric], wh_str(label), n);
	else
		wh_metric_add(j->host, &j->parts.metrics[metric], n);
}

enum wh_err
judging_fail(struct wh_call *call, enum wh_err err)
{
	switch (err) {
	case WH_EAWAY:
		return wh_fail_str(call, err, WH_STR("whiply-rules is not there just now; try again"), 1000);
	case WH_EFULL:
		return wh_fail_str(call, err, WH_STR("too much is under way; try again"), 1000);
	case WH_ETOOBIG:
		return wh_fail(call, err, "that is too long");
	case WH_ENOMEM:
		return wh_fail(call, err, "out of memory");
	default:
		return wh_fail(call, err, "it could not be kept; the log says why");
	}
}

static void
ask_tell(struct judging *j, struct ask *a, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n)
{
	judged *done = a->done;

	(void)j;
	a->done = NULL;
	if (done != NULL)
		done(a->self, a->cookie, answer, verdicts, n);
}

/* Takes the oldest out of the list. */
static void
ask_drop(struct judging *j)
{
	struct ask *a = j->first;

	j->first = a->next;
	if (j->first == NULL)
		j->last = &j->first;
	j->n_asks--;
	j->ask_bytes -= a->n;
	wh_metric_set(j->host, &j->parts.metrics[JUDGING_WAITING], (int64_t)j->n_asks);
	wh_delete(j->host, a);
}

static void
watch_helper(struct judging *j, unsigned number)
{
	struct judging_helper *h = &j->helpers[number];
	int64_t now = wh_now_ms(j->host), most = h->n_sent != 0 ? CONTROL_STUCK_MS : j->stuck_ms;
	bool works = h->n_sent != 0 || (number == HELPER_RULES && j->first != NULL && j->first->sent);

	if (!works) {
		h->heard_ms = now;
	} else if (h->up && now - h->heard_ms >= most) {
		h->heard_ms = now;
		(void)wh_helper_end(j->host, h->row, "it does not answer");
	}
}

static void
judging_tick(void *self, uint64_t cookie)
{
	struct judging *j = moderation_judging(self);
	int64_t now = wh_now_ms(j->host);

	(void)cookie;
	for (struct ask *a = j->first, *next; a != NULL && now - a->asked_ms >= j->deadline_ms; a = next) {
		next = a->next;
		if (a->done == NULL)
			continue;
		judging_count(j, JUDGING_LATE, NULL, 1);
		ask_tell(j, a, NULL, NULL, 0);
	}
	/* Nobody waits for what was not even sent: it is not judged when the helper comes back. */
	while (j->first != NULL && !j->first->sent && j->first->done == NULL && now - j->first->asked_ms >= j->deadline_ms)
		ask_drop(j);
	watch_helper(j, HELPER_RULES);
	watch_helper(j, HELPER_TRIALS);
	if (j->first == NULL && j->helpers[HELPER_RULES].n_sent == 0 && j->helpers[HELPER_TRIALS].n_sent == 0) {
		wh_timer_stop(j->host, j->timer);
		j->timer = 0;
	}
}

/* While anything is under way. */
static void
tick_start(struct judging *j)
{
	if (j->timer == 0)
		j->timer = wh_timer_start(j->host, TICK_MS, TICK_MS, judging_tick, 0);
}

void
judging_go(struct judging *j)
{
	struct judging_helper *h = &j->helpers[HELPER_RULES];

	tick_start(j);
	if (!j->ready || !h->up)
		return;
	for (struct ask *a = j->first; a != NULL; a = a->next) {
		if (a->sent)
			continue;
		if (wh_helper_send(j->host, h->row, a->id, (struct wh_str){ a->event, a->n }) != WH_OK)
			break;
		if (a == j->first)
			h->heard_ms = wh_now_ms(j->host);
		a->sent = true;
	}
}

static size_t
event_size(const struct wh_judge_event *e)
{
	struct wh_judge_event copy = *e;
	struct wh_str *all[WH_JUDGE_STRINGS];
	size_t n = WH_JUDGE_HEAD;

	wh_judge_event_strings(&copy, all);
	for (unsigned i = 0; i < WH_JUDGE_STRINGS; i++)
		n += 4 + all[i]->n;
	return n;
}

static const char *const on_names[WH_JUDGE_ON_N] = { "message", "edit", "join", "nick", "invite", "report", "upload", "timer", "verdict" };

enum wh_err
judging_ask(struct judging *j, const struct wh_judge_event *e, judged *done, void *self, uint64_t cookie)
{
	size_t size = event_size(e);
	struct ask *a;

	if (!judging_wanted(j, e->on) || e->trust >= WH_TRUST_MODERATOR)
		return WH_EAWAY;
	if (size > 4 * WH_JUDGE_TEXT)
		return WH_ETOOBIG;
	if (j->n_asks >= JUDGING_ASKS || j->ask_bytes + size > JUDGING_BYTES)
		return WH_EFULL;
	a = wh_new(j->host, sizeof *a + size);
	if (a == NULL)
		return WH_ENOMEM;
	*a = (struct ask){ .id = j->next_id += 2, .asked_ms = wh_now_ms(j->host), .done = done, .self = self, .cookie = cookie };
	a->asked_us = now_us();
	a->n = wh_judge_event_write(e, a->event, size);
	*j->last = a;
	j->last = &a->next;
	j->n_asks++;
	j->ask_bytes += a->n;
	judging_count(j, JUDGING_ASKED, on_names[e->on], 1);
	wh_metric_set(j->host, &j->parts.metrics[JUDGING_WAITING], (int64_t)j->n_asks);
	judging_go(j);
	return WH_OK;
}

bool
judging_wanted(const struct judging *j, enum wh_judge_on on)
{
	return j->unknown || (j->wanted >> on & 1) != 0;
}

/* Would a live rule of the pack that fails closed be asked? Of one that was never loaded nobody knows; then it is so if its source speaks of it. */
static bool
pack_closes(const struct judging *j, const struct pack *p, const struct wh_judge_event *e)
{
	if (!p->known)
		return p->state != PACK_FAILED && p->may_close && pack_may_be(j, p, PACK_LIVE, e->room);
	for (size_t k = 0; k < p->n_rules; k++)
		if (p->rules[k].closed && (p->rules[k].on >> e->on & 1) != 0 && pack_mode_of(j, p, &p->rules[k], e->room) == PACK_LIVE)
			return true;
	return false;
}

enum wh_judge_fate
judging_policy(const struct judging *j, const struct wh_judge_event *e)
{
	for (size_t i = 0; i < j->n_packs && e->trust < WH_TRUST_MODERATOR; i++)
		if (pack_closes(j, j->packs[i], e))
			return WH_FATE_HOLD;
	return WH_FATE_PASS;
}

enum wh_judge_fate
judging_missing(const struct judging *j, const struct wh_judge_event *e)
{
	for (size_t i = 0; i < j->n_packs && e->trust < WH_TRUST_MODERATOR; i++)
		if (j->packs[i]->state == PACK_FAILED && !j->packs[i]->judges && pack_closes(j, j->packs[i], e))
			return WH_FATE_HOLD;
	return WH_FATE_PASS;
}

/* What an answer has besides what is to be done about the event. */
static void
item_take(struct judging *j, const struct wh_judge_event *e, const struct wh_judge_verdict *v)
{
	static const char *const names[] = { "", "verdict", "shadow", "score", "error", "demoted" };

	judging_count(j, JUDGING_ITEMS, names[v->item], 1);
	if (v->item == WH_JUDGE_ITEM_SCORE)
		scores_ask(j, e, v);
	else if (v->item == WH_JUDGE_ITEM_DEMOTED)
		pack_demoted(j, v);
	else if (v->item == WH_JUDGE_ITEM_ERROR)
		pack_say(j, pack_find(j, v->pack), "rule_failed", NULL, v->evidence);
}

static void
ask_answered(struct judging *j, struct wh_str bytes)
{
	struct wh_judge_verdict verdicts[WH_JUDGE_ITEMS];
	struct wh_judge_answer answer;
	struct wh_judge_event event;
	struct ask *a = j->first;
	size_t n = 0;

	if (!wh_judge_answer_read(&bytes, &answer) || !wh_judge_event_read((struct wh_str){ a->event, a->n }, &event)) {
		/* It was no event to the helper: nothing was judged. */
		judging_count(j, JUDGING_LOST, NULL, 1);
		ask_tell(j, a, NULL, NULL, 0);
		ask_drop(j);
		return;
	}
	wh_metric_took(j->host, &j->parts.metrics[JUDGING_TOOK], now_us() - a->asked_us);
	for (uint32_t i = 0; i < answer.n && n < WH_JUDGE_ITEMS && wh_judge_item_read(&bytes, &verdicts[n]); i++) {
		item_take(j, &event, &verdicts[n]);
		/* Scores are ours; all else is for whoever writes down what happened. */
		n += verdicts[n].item != WH_JUDGE_ITEM_SCORE;
	}
	answer.n = (uint32_t)n;
	if (a->done != NULL)
		ask_tell(j, a, &answer, verdicts, n);
	else if (n != 0 && j->parts.late != NULL)
		j->parts.late(j->parts.self, &event, &answer, verdicts, n);
	ask_drop(j);
}

void
judging_answered(void *self, const struct wh_helper *helper, wh_id id, struct wh_str bytes)
{
	struct judging *j = moderation_judging(self);
	unsigned number = helper == j->helpers[HELPER_RULES].row ? HELPER_RULES : HELPER_TRIALS;

	j->helpers[number].heard_ms = wh_now_ms(j->host);
	if (number == HELPER_RULES && j->first != NULL && j->first->sent && j->first->id == id)
		ask_answered(j, bytes);
	else if (bytes.n == 0 || bytes.p[0] != WH_JUDGE_CONTROL || !judging_control_answered(j, number, id, wh_str_from(bytes, 1)))
		wh_host_log(j->host, WH_WARN, "rules_answered_nothing_asked", WH_U("id", id));
}

void
judging_up(void *self, const struct wh_helper *helper)
{
	struct judging *j = moderation_judging(self);
	unsigned number = strcmp(helper->name, "rules") == 0 ? HELPER_RULES : HELPER_TRIALS;
	struct judging_helper *h = &j->helpers[number];

	if (h->row != NULL)
		judging_count(j, JUDGING_RESTARTS, helper->name, 1);
	*h = (struct judging_helper){ .row = helper, .up = true, .heard_ms = wh_now_ms(j->host) };
	if (number == HELPER_RULES)
		packs_begin(j, true);
}

void
judging_down(void *self, const struct wh_helper *helper)
{
	struct judging *j = moderation_judging(self);
	unsigned number = helper == j->helpers[HELPER_RULES].row ? HELPER_RULES : HELPER_TRIALS;

	j->helpers[number].up = false;
	if (number == HELPER_RULES) {
		j->ready = false;
		if (j->first != NULL && j->first->sent) {
			judging_count(j, JUDGING_LOST, NULL, 1);
			ask_tell(j, j->first, NULL, NULL, 0);
			ask_drop(j);
		}
		for (struct ask *a = j->first; a != NULL; a = a->next)
			a->sent = false;
	}
	judging_control_lost(j, number);
	if (number == HELPER_TRIALS)
		trial_lost(j);
}

/* Once a minute for each room with people; a few rooms at a time, so that nobody waits behind them. */
static void
rooms_step(void *self, uint64_t cookie)
{
	struct judging *j = moderation_judging(self);

	(void)cookie;
	for (unsigned i = 0; i < ROOMS_STEP && j->rooms_at < j->n_rooms; i++) {
		const struct wh_room *room = wh_room_get(j->host, j->rooms[j->rooms_at++]);
		struct wh_judge_event e = { .on = WH_JUDGE_ON_TIMER, .time_ms = wh_wall_ms(j->host) };

		if (room == NULL)
			continue;
		e.room = wh_room_name(j->host, room);
		(void)judging_ask(j, &e, NULL, NULL, 0);
	}
	if (j->rooms_at < j->n_rooms)
		return;
	wh_timer_stop(j->host, j->rooms_timer);
	j->rooms_timer = 0;
	wh_delete(j->host, j->rooms);
	j->rooms = NULL;
	j->n_rooms = 0;
}

static bool
room_note(void *self, struct wh_room *room)
{
	struct judging *j = moderation_judging(self);

	if (wh_room_members(j->host, room) != 0)
		j->rooms[j->n_rooms++] = wh_room_id(j->host, room);
	return j->n_rooms < ROOMS_MOST;
}

static void
judging_minute(void *self, uint64_t cookie)
{
	struct judging *j = moderation_judging(self);

	(void)cookie;
	if (!judging_wanted(j, WH_JUDGE_ON_TIMER) || j->rooms_timer != 0)
		return;
	j->rooms = wh_new(j->host, ROOMS_MOST * sizeof *j->rooms);
	if (j->rooms == NULL)
		return;
	j->n_rooms = j->rooms_at = 0;
	wh_rooms_each(j->host, room_note, self);
	j->rooms_timer = wh_timer_start(j->host, ROOMS_STEP_MS, ROOMS_STEP_MS, rooms_step, 0);
}

static void
judging_limits(struct judging *j, const struct wh_conf *conf)
{
	j->deadline_ms = wh_conf_ms(conf, "deadline");
	j->stuck_ms = wh_conf_ms(conf, "stuck");
	j->steps = wh_conf_int(conf, "rule_steps");
	j->memory = wh_conf_bytes(conf, "rule_memory");
	j->overruns = wh_conf_int(conf, "rule_overruns");
	j->share = wh_conf_int(conf, "rule_share");
}

struct judging *
judging_open(const struct wh_host *host, const struct wh_conf *conf, const struct judging_parts *parts)
{
	struct judging *j = wh_new(host, sizeof *j);

	if (j == NULL)
		return NULL;
	*j = (struct judging){ .host = host, .parts = *parts, .next_id = 1 };
	j->last = &j->first;
	judging_limits(j, conf);
	j->modes = wh_new(host, JUDGING_MODES * sizeof *j->modes);
	j->scores = scores_open(j, conf);
	j->minute = wh_timer_start(host, MINUTE_MS, MINUTE_MS, judging_minute, 0);
	if (j->modes == NULL || j->scores == NULL || j->minute == 0 || wh_store_open(host, &judging_schema, parts->self, &j->table) != WH_OK
	    || packs_restore(j) != WH_OK) {
		judging_close(&j);
		return NULL;
	}
	packs_read_conf(j, conf, true);
	return j;
}

void
judging_reload(struct judging *j, const struct wh_conf *conf)
{
	struct scores *scores = scores_open(j, conf);

	if (scores != NULL) {
		scores_close(&j->scores);
		j->scores = scores;
	}
	judging_limits(j, conf);
	packs_read_conf(j, conf, false);
	if (j->helpers[HELPER_RULES].up)
		packs_begin(j, false);
}

void
judging_close(struct judging **judging)
{
	struct judging *j = *judging;

	if (j == NULL)
		return;
	while (j->first != NULL) {
		ask_tell(j, j->first, NULL, NULL, 0);
		ask_drop(j);
	}
	*judging = NULL;
	wh_timer_stop(j->host, j->timer);
	wh_timer_stop(j->host, j->minute);
	wh_timer_stop(j->host, j->rooms_timer);
	wh_delete(j->host, j->rooms);
	trial_free(j);
	wh_delete(j->host, j->trial_last);
	changes_free(j);
	scores_close(&j->scores);
	packs_free(j);
	wh_delete(j->host, j->modes);
	wh_store_close(&j->table);
	wh_delete(j->host, j);
}
