/* matching: puts people who wait together and gives them a room. What a client may ask stands in the table of commands below, what an operator
 * may set in the settings; docs/matching.md explains both. */
#include <stdio.h>

#include "matching.h"

const struct wh_metric matching_metrics[] = {
	[M_TICKETS] = { "whiply_matching_tickets_total", WH_COUNTER, .help = "Times that somebody entered a queue.", .label = "queue" },
	[M_MATCHES] = { "whiply_matching_matches_total", WH_COUNTER, .help = "Matches that began.", .label = "queue" },
	[M_WAITING] = { "whiply_matching_waiting", WH_GAUGE, .help = "People who wait.", .label = "queue" },
	[M_WAIT] = { "whiply_matching_wait_seconds", WH_HISTOGRAM, .help = "From entering a queue to the start of the match." },
	[M_ENDED] = { "whiply_matching_ended_total", WH_COUNTER, .help = "Matches that ended.", .label = "why" },
	[M_REPORTS] = { "whiply_matching_reports_total", WH_COUNTER, .help = "Reports.", .label = "reason" },
	[M_END] = { 0 }
};

struct queue *
queue_find(struct matching *x, struct wh_str name)
{
	for (unsigned i = 0; i < x->n_queues; i++)
		if (wh_str_is(name, x->queues[i].name))
			return &x->queues[i];
	return NULL;
}

/* Text */

void
text_raw(struct text *t, struct wh_str s)
{
	if (s.n > t->cap - t->n) {
		t->full = true;
		return;
	}
	if (s.n != 0)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

void
text_put(struct text *t, const char *literal)
{
	text_raw(t, wh_str(literal));
}

void
text_str(struct text *t, struct wh_str s)
{
	char escaped[8];

	text_put(t, "\"");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\' || c < ' ') {
			snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)c);
			text_put(t, escaped);
		} else {
			text_raw(t, (struct wh_str){ s.p + i, 1 });
		}
	}
	text_put(t, "\"");
}

struct wh_str
text_of(const struct text *t)
{
	return (struct wh_str){ t->p, t->n };
}

void
text_copy(char *to, size_t cap, struct wh_str s)
{
	size_t n = s.n < cap ? s.n : cap - 1;

	/* Not into the middle of a character. */
	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	if (n != 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

char *
text_new(const struct wh_host *host, struct wh_str s)
{
	char *p = wh_new(host, s.n + 1);

	if (p != NULL && s.n != 0)
		memcpy(p, s.p, s.n);
	return p;
}

/* 80 bits, in letters that can be read out. */
void
random_id(const struct wh_host *host, char out[MATCH_ID + 1])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz023456789";
	unsigned char bytes[MATCH_ID];

	wh_random(host, bytes, sizeof bytes);
	for (unsigned i = 0; i < MATCH_ID; i++)
		out[i] = letters[bytes[i] % 32];
	out[MATCH_ID] = '\0';
}

enum wh_err
store_failed(struct wh_call *call, enum wh_err err)
{
	if (err == WH_ESTATE)
		return wh_fail(call, WH_ENOENT, "there is no such thing (any more)");
	if (err == WH_EEXIST)
		return wh_fail(call, WH_EEXIST, "that was done already");
	return wh_fail_str(call, err == WH_EFULL || err == WH_EAWAY ? WH_EAWAY : WH_EIO, WH_STR("it could not be stored; try again"), 2000);
}

/* The matcher's time */

static void
matching_tick(void *self, uint64_t cookie)
{
	struct matching *x = self;

	(void)cookie;
	x->tick = 0;
	for (unsigned i = 0; i < x->n_queues; i++)
		matcher_tick(x->queues[i].matcher, wh_now_ms(x->host));
	pump(x);
}

void
pump(struct matching *x)
{
	int64_t now = wh_now_ms(x->host), next = INT64_MAX;
	struct made made;

	for (unsigned i = 0; i < x->n_queues; i++) {
		struct queue *q = &x->queues[i];
		int64_t due;

		while (matcher_take(q->matcher, &made)) {
			/* What follows may make more, and move these. */
			struct seat seats[MATCHER_PERSONS];

			memcpy(seats, made.seats, made.n * sizeof *seats);
			made.seats = seats;
			match_found(x, q, &made);
		}
		due = matcher_next(q->matcher);
		next = due < next ? due : next;
	}
	if (next == INT64_MAX || (x->tick != 0 && x->tick_at <= next))
		return;
	wh_timer_stop(x->host, x->tick);
	x->tick_at = next > now ? next : now + 1;
	x->tick = wh_timer_start(x->host, x->tick_at - now, 0, matching_tick, 0);
}

static void
matching_sweep(void *self, uint64_t cookie)
{
	struct matching *x = self;

	(void)cookie;
	people_sweep(x);
	matches_sweep(x);
	for (unsigned i = 0; i < x->n_queues; i++) {
		struct queue *q = &x->queues[i];
		unsigned waiting = matcher_waiting(q->matcher);

		wh_metric_add_for(x->host, &matching_metrics[M_WAITING], wh_str(q->name), (int64_t)waiting - q->shown);
		q->shown = waiting;
	}
}

static void
matching_bind(void *self, uint64_t cookie)
{
	struct matching *x = self;

	(void)cookie;
	x->binding = 0;
	people_bind(x);
}

static enum wh_verdict
matching_recovered(void *self, struct wh_recovered *r)
{
	(void)r;
	people_bind(self);
	return WH_PASS;
}

/* Opening and closing */

static void
matching_close(void *self)
{
	struct matching *x = self;
	struct wh_dict_iter it = { .value = NULL };

	wh_timer_stop(x->host, x->tick);
	wh_timer_stop(x->host, x->sweep);
	wh_timer_stop(x->host, x->binding);
	if (x->chat != NULL)
		x->chat->forget(x->chat_self, x);
	wh_store_close(&x->table);
	tasks_free(x);
	while (x->waits.next != &x->waits) {
		struct wait *wait = WH_CONTAINER(x->waits.next, struct wait, link);

		for (unsigned i = 0; i < wait->n; i++)
			wait->people[i]->waits[wait->queue->number] = NULL;
		wh_list_remove(&wait->link);
		wh_delete(x->host, wait->args);
		wh_delete(x->host, wait);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct wh_list *list = (struct wh_list *[]){ &x->proposed, &x->live, &x->ended }[i];

		while (list->next != list)
			match_free(x, WH_CONTAINER(list->next, struct match, link));
	}
	while (x->parties != NULL && wh_dict_next(x->host, x->parties, &it)) {
		struct party *party = it.value;

		party_free(x, party);
	}
	it = (struct wh_dict_iter){ .value = NULL };
	while (x->people != NULL && wh_dict_next(x->host, x->people, &it)) {
		struct person *p = it.value;

		wh_dict_remove(x->host, x->people, wh_str(p->id));
		wh_delete(x->host, p);
	}
	wh_dict_free(x->host, &x->people);
	wh_dict_free(x->host, &x->matches);
	wh_dict_free(x->host, &x->parties);
	if (x->queues != NULL)
		queues_free(x);
	table_free(&x->numbers);
	table_free(&x->keys);
	pairs_free(&x->pairs);
	wh_delete(x->host, x);
}

static enum wh_err
matching_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct matching *x = wh_new(host, sizeof *x);
	void *self = NULL;
	enum wh_err err;

	if (x == NULL)
		return WH_ENOMEM;
	x->host = host;
	wh_list_init(&x->waits);
	wh_list_init(&x->proposed);
	wh_list_init(&x->live);
	wh_list_init(&x->ended);
	wh_list_init(&x->lost);
	wh_list_init(&x->tasks);
	wh_random(host, &x->seed, sizeof x->seed);
	x->numbers.seed = x->keys.seed = x->seed;
	x->slot = wh_session_slot(host, "matching.person", sizeof(uint64_t));
	x->grace_ms = wh_conf_ms(conf, "grace");
	x->keep_ms = wh_conf_ms(conf, "keep");
	x->accounts = wh_service_find(host, "accounts", WH_ACCOUNTS_VERSION, &self);
	x->accounts_self = self;
	x->moderation = wh_service_find(host, "moderation", WH_MODERATION_VERSION, &self);
	x->moderation_self = self;
	x->audit = wh_service_find(host, "audit", WH_AUDIT_VERSION, &self);
	x->audit_self = self;
	x->chat = wh_service_find(host, "chat", WH_CHAT_VERSION, &self);
	x->chat_self = self;
	x->people = wh_dict_new(host, 0);
	x->matches = wh_dict_new(host, 0);
	x->parties = wh_dict_new(host, 0);
	err = x->people == NULL || x->matches == NULL || x->parties == NULL || x->slot == NULL || !pairs_init(&x->pairs, 0, x->seed) ? WH_ENOMEM : WH_OK;
	if (err == WH_OK && !queues_read(x, conf))
		err = WH_EINVAL;
	if (err == WH_OK)
		err = wh_store_open(host, &matching_schema, x, &x->table);
	if (err == WH_OK)
		err = restore(x);
	if (err == WH_OK && x->chat != NULL)
		err = x->chat->block_listen(x->chat_self, social_blocked, x);
	if (err != WH_OK) {
		matching_close(x);
		return err;
	}
	x->sweep = wh_timer_start(host, 1000, 1000, matching_sweep, 0);
	/* Sessions that are there already, when only the plugin was opened anew. */
	x->binding = wh_timer_start(host, 1, 0, matching_bind, 0);
	*self_out = x;
	return WH_OK;
}

/* What clients may ask */

#define QUEUE { "queue", WH_F_NAME, .required = true, .help = "the queue's name" }
#define MATCH { "match", WH_F_NAME, .required = true, .help = "the match's id" }
#define WISHES \
	{ "attributes", WH_F_OBJECT, .help = "a value for each rule of the queue" }, \
	{ "prefer", WH_F_LIST, .help = "rules, what matters most first: the last is given up first" }, \
	{ "strict", WH_F_LIST, .help = "rules that are not given up before the patience ends" }, \
	{ "roles", WH_F_LIST, .help = "roles that you would take; none: any" }

static const struct wh_field enqueue_fields[] = {
	QUEUE, WISHES, { "nonce", WH_F_NAME, .help = "makes a retry harmless" }, { 0 }
};
static const struct wh_field update_fields[] = { QUEUE, WISHES, { 0 } };
static const struct wh_field queue_fields[] = { QUEUE, { 0 } };
static const struct wh_field match_fields[] = { MATCH, { 0 } };
static const struct wh_field backfill_fields[] = {
	MATCH, { "places", WH_F_INT, .required = true, .min = 1, .max = MATCHER_PARTY, .help = "how many more" },
	{ "attributes", WH_F_OBJECT, .help = "a value for each rule of the queue" }, { "role", WH_F_TEXT, .max = 64, .help = "the role of these places" }, { 0 }
};
static const struct wh_field party_fields[] = {
	{ "code", WH_F_NAME, .help = "of the party; without, one is made" }, { "roles", WH_F_TEXT, .max = 63, .help = "roles that you would take, with blanks between" },
	{ "attributes", WH_F_OBJECT, .help = "what you yourself would say in match.enqueue; without, what the one says who made the party" }, { 0 }
};
static const struct wh_field block_fields[] = { MATCH, { "name", WH_F_TEXT, .max = ID_BYTES, .help = "who of it, if there are several" }, { 0 } };
static const struct wh_field unblock_fields[] = { { "id", WH_F_ID, .required = true, .help = "from match.blocks" }, { 0 } };
static const struct wh_field report_fields[] = {
	MATCH, { "name", WH_F_TEXT, .max = ID_BYTES, .help = "who of it, if there are several" },
	{ "reason", WH_F_CHOICE, .required = true, .choices = "abuse|nudity|minor|spam|cheating|other", .help = "what for" },
	{ "text", WH_F_TEXT, .max = 1000, .help = "what happened" }, { 0 }
};
static const struct wh_field reports_fields[] = { { "limit", WH_F_INT, .min = 1, .max = 200, .def = "50", .help = "how many at most" }, { 0 } };
static const struct wh_field settle_fields[] = {
	{ "report", WH_F_NAME, .required = true, .help = "its id" }, { "note", WH_F_TEXT, .max = 500, .help = "what was done" }, { 0 }
};
static const struct wh_field result_fields[] = {
	MATCH, { "places", WH_F_LIST, .required = true, .help = "a place for each team, 1 is the best; the same twice is a draw" }, { 0 }
};
static const struct wh_field rating_fields[] = { QUEUE, { "id", WH_F_ID, .help = "whose; without, yours" }, { 0 } };

static const struct wh_command matching_commands[] = {
	{ "match.queues", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = ticket_queues, .help = "the queues, their rules, and how long one waits" },
	{ "match.enqueue", enqueue_fields, WH_ALLOW_GUEST, .rate = "2/s burst 10", .run = ticket_enqueue, .help = "wait for others" },
	{ "match.update", update_fields, WH_ALLOW_GUEST, .rate = "1/s burst 5", .run = ticket_update, .help = "wait for others than before, without losing your place" },
	{ "match.cancel", queue_fields, WH_ALLOW_GUEST, .run = ticket_cancel, .help = "wait no longer" },
	{ "match.status", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = ticket_status, .help = "what you wait for, and your matches" },
	{ "match.accept", match_fields, WH_ALLOW_GUEST, .run = match_accept, .help = "take a match that was proposed" },
	{ "match.decline", match_fields, WH_ALLOW_GUEST, .run = match_decline, .help = "do not take it" },
	{ "match.leave", match_fields, WH_ALLOW_GUEST, .run = match_leave, .help = "leave a match" },
	{ "match.skip", match_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = match_skip, .help = "leave, and not meet these again for a while" },
	{ "match.next", match_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = match_next, .help = "skip, and wait for others with the same wishes" },
	{ "match.reveal", match_fields, WH_ALLOW_GUEST, .run = match_reveal, .help = "agree to be seen clearly, and to be connected without a relay" },
	{ "match.backfill", backfill_fields, WH_ALLOW_MODERATOR, .run = match_backfill, .help = "ask for more people for a running match" },
	{ "match.party", party_fields, WH_ALLOW_GUEST, .rate = "1/s burst 5", .run = party_join, .help = "make a party, or join one" },
	{ "match.unparty", NULL, WH_ALLOW_GUEST, .run = party_leave, .help = "leave your party" },
	{ "match.block", block_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = social_block, .help = "never meet somebody again" },
	{ "match.unblock", unblock_fields, WH_ALLOW_GUEST, .run = social_unblock, .help = "take a block back" },
	{ "match.blocks", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = social_blocks, .help = "whom you block" },
	{ "match.report", report_fields, WH_ALLOW_GUEST, .rate = "6/m burst 3", .run = social_report, .help = "tell the moderators of somebody you were matched with" },
	{ "match.reports", reports_fields, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = social_reports, .help = "reports that nobody settled" },
	{ "match.settle", settle_fields, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = social_settle, .help = "be done with a report" },
	{ "match.result", result_fields, WH_ALLOW_GUEST, .run = score_result, .help = "say how a match went" },
	{ "match.rating", rating_fields, WH_ALLOW_GUEST, .flags = WH_READS, .run = score_rating, .help = "how strong somebody is" },
	{ 0 }
};

static const struct wh_hook matching_hooks[] = {
	{ WH_ON_PRESENCE, .order = 50, .presence = person_presence },
	{ WH_ON_JOIN, .order = 20, .passage = match_join },
	{ WH_ON_LEAVE, .order = 50, .passage = match_gone },
	{ WH_ON_MESSAGE, .order = 90, .message = match_said },
	{ WH_ON_SAVE, .order = 50, .papers = party_save },
	{ WH_ON_LOAD, .order = 50, .papers = party_load },
	{ WH_ON_RECOVERED, .order = 60, .recovered = matching_recovered },
	{ WH_ON_EXPORT, .order = 50, .person = social_export },
	{ WH_ON_ERASE, .order = 50, .person = social_erase },
	{ 0 }
};

static const struct wh_setting step_settings[] = {
	{ "after", WH_DURATION, .required = true, .min = "1ms", .max = "1h", .help = "from this age on" },
	{ "grow", WH_INT, .required = true, .min = "0", .max = "1000000", .help = "the window grows by so much per second" },
	{ 0 }
};

static const struct wh_setting rule_settings[] = {
	{ "name", WH_STRING, .required = true, .min = "1", .max = "32", .help = "of the attribute that it reads" },
	{ "kind", WH_CHOICE, .required = true, .choices = "equal|one_of|share|near|between|latency", .help = "what it compares, and how" },
	{ "from", WH_CHOICE, .def = "client", .choices = "client|rating|reputation|kind", .help = "who says the value: the client; the queue's rating; strikes; guest or account" },
	{ "required", WH_BOOL, .def = "false", .help = "a client has to say it" },
	{ "hard", WH_BOOL, .def = "false", .help = "never given up" },
	{ "window", WH_INT, .def = "1", .min = "0", .max = "1000000000", .help = "share: how many in common; near: how far apart; latency: ms" },
	{ "grow", WH_INT, .def = "0", .min = "0", .max = "1000000", .help = "near, latency: growth of the window per second of waiting" },
	{ "steps", WH_TABLES, .table = step_settings, .help = "up to 3 ages at which the growth changes" },
	{ "most", WH_INT, .def = "0", .min = "0", .max = "1000000000", .help = "how far the window grows; 0: on and on" },
	{ "any_after", WH_DURATION, .def = "0ms", .min = "0ms", .max = "1d", .help = "age at which the rule is given up; 0: never" },
	{ "weight", WH_INT, .def = "1", .min = "0", .max = "100000", .help = "how much a mismatch counts where there is a choice" },
	{ 0 }
};

static const struct wh_setting role_settings[] = {
	{ "name", WH_STRING, .required = true, .min = "1", .max = "32", .help = "tank, healer" },
	{ "count", WH_INT, .required = true, .min = "0", .max = "16", .help = "how many of them a team has" },
	{ 0 }
};

static const struct wh_setting queue_settings[] = {
	{ "teams", WH_INT, .def = "2", .min = "1", .max = "16", .help = "teams of a match" },
	{ "size", WH_INT, .def = "1", .min = "1", .max = "64", .help = "people of a team" },
	{ "least", WH_INT, .def = "0", .min = "0", .max = "64", .help = "people of a team that will do after fill_after; 0: size" },
	{ "multiple", WH_INT, .def = "1", .min = "1", .max = "64", .help = "a match has a multiple of so many people" },
	{ "fill_after", WH_DURATION, .def = "30s", .min = "0ms", .max = "1h", .help = "age from which a match that is not full will do" },
	{ "party", WH_INT, .def = "1", .min = "1", .max = "16", .help = "people who may enter together" },
	{ "roles", WH_TABLES, .table = role_settings, .help = "roles of a team, up to 8" },
	{ "regions", WH_STRINGS, .help = "regions of a latency rule, up to 16" },
	{ "rules", WH_TABLES, .table = rule_settings, .help = "up to 8; none: anybody goes with anybody" },
	{ "patience", WH_DURATION, .def = "45s", .min = "0ms", .max = "1h", .help = "age from which one side's wish is enough; 0: never" },
	{ "accept", WH_DURATION, .def = "0ms", .min = "0ms", .max = "5m", .help = "time in which everybody has to accept; 0: nobody is asked" },
	{ "repeat", WH_DURATION, .def = "10m", .min = "0ms", .max = "30d", .help = "time in which the same people are not matched again" },
	{ "skip", WH_DURATION, .def = "6h", .min = "0ms", .max = "30d", .help = "the same after a skip" },
	{ "tiny", WH_INT, .def = "3", .min = "0", .max = "1000", .help = "where at most so many wait, repeat is relaxed" },
	{ "repeat_relax", WH_DURATION, .def = "20s", .min = "0ms", .max = "1h", .help = "there those may meet again who both waited so long" },
	{ "rating", WH_CHOICE, .def = "none", .choices = "none|glicko2|teams", .help = "how results are rated" },
	{ "period", WH_DURATION, .def = "7d", .min = "0ms", .max = "365d", .help = "glicko2: for each without a game a rating is less sure; 0: it stays as it is" },
	{ "strikes", WH_INT, .def = "1", .min = "1", .max = "1000", .help = "strikes from which on the reputation is low" },
	{ "medium", WH_CHOICE, .def = "text", .choices = "text|video", .help = "video: its people may call each other" },
	{ "blur", WH_BOOL, .def = "false", .help = "clients blur each other until all reveal" },
	{ "relay", WH_BOOL, .def = "true", .help = "calls go by relays alone, and no address is told, until all reveal" },
	{ "score", WH_STRING, .file_only = true, .def = "", .max = "255", .help = "a file of Lua with a function score(waited, waited_other, mismatch of each rule): what two cost each other" },
	{ "tickets", WH_INT, .def = "100000", .min = "2", .max = "1000000", .help = "who may wait at once" },
	{ 0 }
};

static const struct wh_setting matching_settings[] = {
	{ "queues", WH_FREE, .table = queue_settings, .help = "each under its name, up to 16" },
	{ "grace", WH_DURATION, .def = "20s", .min = "1s", .max = "10m", .help = "time in which one whose connection was lost may come back to its place" },
	{ "keep", WH_DURATION, .def = "10m", .min = "1s", .max = "1d", .help = "time in which a match that is over can be reported and scored" },
	{ 0 }
};

static const char *const matching_needs[] = { "store", "?chat", "?accounts", "?audit", "?moderation", NULL };

static const struct wh_service matching_offers[] = {
	{ "matching", WH_MATCHING_VERSION, &match_service },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("matching", "1.0", "puts people who wait together, and gives them a room"),
	.needs = matching_needs,
	.settings = matching_settings,
	.commands = matching_commands,
	.hooks = matching_hooks,
	.metrics = matching_metrics,
	.offers = matching_offers,
	.open = matching_open,
	.close = matching_close,
};
