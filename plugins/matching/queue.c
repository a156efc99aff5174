/* Queues from the config: rules, teams, roles, and how they fill. Also how long people wait in them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "matching.h"

static bool
name_take(const struct wh_host *host, struct wh_str name, char out[NAME_MAX_BYTES + 1])
{
	if (name.n == 0 || name.n > NAME_MAX_BYTES) {
		wh_host_log(host, WH_ERROR, "matching_name_bad", WH_S("name", name), WH_I("longest", NAME_MAX_BYTES));
		return false;
	}
	snprintf(out, NAME_MAX_BYTES + 1, "%.*s", WH_FMT(name));
	return true;
}

static enum rule_kind
rule_kind_of(struct wh_str s)
{
	static const char *const names[] = { "equal", "one_of", "share", "near", "between", "latency" };

	for (unsigned i = 0; i < 6; i++)
		if (wh_str_is(s, names[i]))
			return (enum rule_kind)(i + 1);
	return RULE_EQUAL;
}

static enum source
source_of(struct wh_str s)
{
	return wh_str_is(s, "rating") ? FROM_RATING : wh_str_is(s, "reputation") ? FROM_REPUTATION : wh_str_is(s, "kind") ? FROM_KIND : FROM_CLIENT;
}

static bool
rules_read(const struct wh_host *host, struct queue *q, const struct wh_conf *conf)
{
	q->plan.n_rules = (unsigned)wh_conf_count(conf, "rules");
	if (q->plan.n_rules > MATCHER_RULES)
		return false;
	for (unsigned r = 0; r < q->plan.n_rules; r++) {
		const struct wh_conf *c = wh_conf_table(conf, "rules", r);

		if (!name_take(host, wh_conf_str(c, "name"), q->rules[r].name) || wh_conf_count(c, "steps") > MATCHER_STEPS)
			return false;
		q->rules[r].from = source_of(wh_conf_str(c, "from"));
		q->rules[r].required = wh_conf_bool(c, "required");
		q->plan.rules[r] = (struct rule){
			.kind = rule_kind_of(wh_conf_str(c, "kind")), .hard = wh_conf_bool(c, "hard"), .window = (int32_t)wh_conf_int(c, "window"),
			.grow = (int32_t)wh_conf_int(c, "grow"), .most = (int32_t)wh_conf_int(c, "most"), .any_after = wh_conf_ms(c, "any_after"),
			.weight = (int32_t)wh_conf_int(c, "weight"),
		};
		for (unsigned i = 0; i < wh_conf_count(c, "steps"); i++) {
			const struct wh_conf *step = wh_conf_table(c, "steps", i);

			q->plan.rules[r].steps[i] = (struct rule_step){ wh_conf_ms(step, "after"), (int32_t)wh_conf_int(step, "grow") };
		}
	}
	return true;
}

/* What goes wrong in a formula is in the log; meanwhile the sum counts. */
static int64_t
scorer_cost(struct scorer *base, const int64_t *mismatches, unsigned n, int64_t a_waited, int64_t b_waited, int64_t sum)
{
	const struct queue_scorer *s = (const struct queue_scorer *)(const void *)base;
	double args[WH_FORMULA_ARGS] = { (double)a_waited / 1000, (double)b_waited / 1000 }, cost;

	for (unsigned i = 0; i < n && i + 2 < WH_FORMULA_ARGS; i++)
		args[i + 2] = (double)mismatches[i];
	if (wh_formula_run(s->host, s->formula, args, n + 2, &cost) != WH_OK)
		return sum;
	return (int64_t)(fmin(fmax(cost, 0), 1e9) * 1000);
}

/* The file of the queue's `score`. */
static bool
score_read(struct matching *x, struct queue *q, struct wh_str path)
{
	char text[WH_FORMULA_TEXT], why[WH_FORMULA_WHY] = "it can't be read";
	FILE *f = fopen(path.p, "re");
	size_t n = f != NULL ? fread(text, 1, sizeof text, f) : 0;

	if (f != NULL)
		fclose(f);
	if (q->plan.n_rules > WH_FORMULA_ARGS - 2)
		snprintf(why, sizeof why, "a queue with a formula has 6 rules at most");
	else if (n == sizeof text)
		snprintf(why, sizeof why, "it is longer than 64 KiB");
	else if (n != 0)
		q->scorer.formula = wh_formula_read(x->host, q->name, (struct wh_str){ text, n }, "score", why);
	if (q->scorer.formula == NULL) {
		wh_host_log(x->host, WH_ERROR, "matching_score_refused", WH_T("queue", q->name), WH_S("file", path), WH_T("why", why));
		return false;
	}
	q->scorer.base.cost = scorer_cost;
	q->scorer.host = x->host;
	q->plan.scorer = &q->scorer.base;
	return true;
}

static bool
queue_read(struct matching *x, struct queue *q, const struct wh_conf *c)
{
	struct wh_str rating = wh_conf_str(c, "rating");

	if (!name_take(x->host, wh_conf_name(c), q->name) || wh_conf_count(c, "roles") > MATCHER_ROLES || wh_conf_count(c, "regions") > MATCHER_REGIONS)
		return false;
	q->plan = (struct plan){
		.teams = (unsigned)wh_conf_int(c, "teams"), .size = (unsigned)wh_conf_int(c, "size"), .least = (unsigned)wh_conf_int(c, "least"),
		.multiple = (unsigned)wh_conf_int(c, "multiple"), .party = (unsigned)wh_conf_int(c, "party"), .fill_after = wh_conf_ms(c, "fill_after"),
		.patience = wh_conf_ms(c, "patience"), .tiny = (unsigned)wh_conf_int(c, "tiny"), .repeat_relax = wh_conf_ms(c, "repeat_relax"),
		.tickets = (uint32_t)wh_conf_int(c, "tickets"),
	};
	q->accept_ms = wh_conf_ms(c, "accept");
	q->repeat_ms = wh_conf_ms(c, "repeat");
	q->skip_ms = wh_conf_ms(c, "skip");
	q->strikes = wh_conf_int(c, "strikes");
	q->blur = wh_conf_bool(c, "blur");
	q->video = wh_str_is(wh_conf_str(c, "medium"), "video");
	q->relay = wh_conf_bool(c, "relay");
	q->rating = wh_str_is(rating, "glicko2") ? RATING_GLICKO : wh_str_is(rating, "teams") ? RATING_TEAMS : RATING_NONE;
	q->period_ms = wh_conf_ms(c, "period");
	q->n_roles = (unsigned)wh_conf_count(c, "roles");
	q->plan.roles = q->n_roles != 0;
	for (unsigned i = 0; i < q->n_roles; i++) {
		const struct wh_conf *role = wh_conf_table(c, "roles", i);

		if (!name_take(x->host, wh_conf_str(role, "name"), q->roles[i]))
			return false;
		q->plan.quota[i] = (uint8_t)wh_conf_int(role, "count");
	}
	q->n_regions = (unsigned)wh_conf_count(c, "regions");
	for (unsigned i = 0; i < q->n_regions; i++)
		if (!name_take(x->host, wh_conf_item(c, "regions", i), q->regions[i]))
			return false;
	if (!rules_read(x->host, q, c))
		return false;
	if (wh_conf_str(c, "score").n != 0 && !score_read(x, q, wh_conf_str(c, "score")))
		return false;
	q->waits.seed = x->seed + q->number;
	q->matcher = matcher_new(&q->plan, &x->pairs, x->seed + q->number, wh_now_ms(x->host));
	return q->matcher != NULL;
}

bool
queues_read(struct matching *x, const struct wh_conf *conf)
{
	size_t n = wh_conf_count(conf, "queues");

	if (n > MATCHING_QUEUES) {
		wh_host_log(x->host, WH_ERROR, "matching_queues_many", WH_U("queues", n), WH_U("most", (size_t)MATCHING_QUEUES));
		return false;
	}
	x->queues = wh_new(x->host, (n + 1) * sizeof *x->queues);
	if (x->queues == NULL)
		return false;
	for (; x->n_queues < n; x->n_queues++) {
		struct queue *q = &x->queues[x->n_queues];
		const struct wh_conf *c = wh_conf_table(conf, "queues", x->n_queues);

		q->number = x->n_queues;
		if (!queue_read(x, q, c)) {
			wh_host_log(x->host, WH_ERROR, "matching_queue_bad", WH_S("queue", wh_conf_name(c)),
			    WH_T("why", "too many rules, roles, regions or steps, or its teams, sizes and quotas do not fit together"));
			x->n_queues++;
			return false;
		}
	}
	return true;
}

void
queues_free(struct matching *x)
{
	/* The one behind the last is one that could not be read to its end, or zero. */
	for (unsigned i = 0; x->queues != NULL && i <= x->n_queues; i++) {
		matcher_free(&x->queues[i].matcher);
		table_free(&x->queues[i].waits);
		wh_formula_free(x->host, &x->queues[i].scorer.formula);
	}
	wh_delete(x->host, x->queues);
}

void
queue_waited(struct queue *q, int64_t ms)
{
	q->waited[q->n_waited++ % WAITS] = ms;
}

static int
wait_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int64_t
queue_percentile(const struct queue *q, unsigned percent)
{
	int64_t sorted[WAITS];
	size_t n = q->n_waited < WAITS ? (size_t)q->n_waited : WAITS;

	if (n == 0)
		return -1;
	memcpy(sorted, q->waited, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, wait_order);
	return sorted[(n - 1) * percent / 100];
}
