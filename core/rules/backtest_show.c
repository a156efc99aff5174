/* What a backtest found, for people and for programs. See backtest.h. */
#include <stdio.h>

#include "base/json.h"
#include "rules/backtest.h"

/* "hold 3, flag 1": what the rule would have done, and how often. */
static void
show_actions(const struct tally *t, char to[static 256])
{
	size_t n = 0;

	to[0] = '\0';
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (t->did[i] != 0)
			n += (size_t)snprintf(to + n, 256 - n, "%s%s %llu", n > 0 ? ", " : "", wh_judge_action_name(i), (unsigned long long)t->did[i]);
}

void
backtest_text(const struct backtest *b, struct wh_buf *out)
{
	char actions[256], name[2 * PACK_NAME], when[WH_RFC3339_SIZE];

	wh_buf_fmt(out, "%llu events in %.1f h; moderators acted on %llu, of which a rule hit %llu\n", (unsigned long long)b->events,
		(double)(b->last_ms - b->first_ms) / 3600000.0, (unsigned long long)b->deeds_on, (unsigned long long)b->deeds_found);
	wh_buf_fmt(out, "%-40s %9s %7s %6s %8s %8s %7s %7s %7s %6s  %s\n", "rule", "evaluated", "hits", "users", "p50 us", "p99 us", "agreed", "trusted",
		"upheld", "failed", "would have done");
	for (size_t i = 0; i < b->n_tallies; i++) {
		const struct tally *t = &b->tallies[i];

		show_actions(t, actions);
		snprintf(name, sizeof name, "%s/%s", t->pack->id, t->rule->name);
		wh_buf_fmt(out, "%-40s %9llu %7llu %6zu %8.1f %8.1f %7llu %7llu %7llu %6llu  %s\n", name, (unsigned long long)t->evaluated,
			(unsigned long long)t->hits, t->users.n, (double)wh_hist_quantile(&t->cost, 500) / 1000,
			(double)wh_hist_quantile(&t->cost, 990) / 1000, (unsigned long long)t->agreed, (unsigned long long)t->trusted,
			(unsigned long long)t->upheld, (unsigned long long)t->failed, actions);
		for (size_t k = 0; k < t->n_samples; k++) {
			wh_clock_rfc3339(t->samples[k].time_ms, when);
			wh_buf_fmt(out, "    %c %s <%s> %s\n", t->samples[k].agreed ? '+' : ' ', when, t->samples[k].who, t->samples[k].text);
		}
	}
}

static void
write_tally(struct wh_json *w, const struct tally *t)
{
	char when[WH_RFC3339_SIZE];

	wh_json_object(w, NULL);
	wh_json_text(w, "pack", t->pack->id);
	wh_json_text(w, "version", t->pack->version);
	wh_json_text(w, "rule", t->rule->name);
	wh_json_array(w, "would");
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (t->rule->act.actions >> i & 1)
			wh_json_text(w, NULL, wh_judge_action_name(i));
	wh_json_end(w);
	wh_json_object(w, "did");
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (t->did[i] != 0)
			wh_json_uint(w, wh_judge_action_name(i), t->did[i]);
	wh_json_end(w);
	wh_json_uint(w, "evaluated", t->evaluated);
	wh_json_uint(w, "hits", t->hits);
	wh_json_uint(w, "users", t->users.n);
	wh_json_uint(w, "p50_ns", wh_hist_quantile(&t->cost, 500));
	wh_json_uint(w, "p99_ns", wh_hist_quantile(&t->cost, 990));
	wh_json_uint(w, "agreed", t->agreed);
	wh_json_uint(w, "alone", t->hits - t->agreed);
	wh_json_uint(w, "trusted", t->trusted);
	wh_json_uint(w, "upheld", t->upheld);
	wh_json_uint(w, "failed", t->failed);
	if (t->error[0] != '\0')
		wh_json_text(w, "error", t->error);
	if (t->lowered[0] != '\0')
		wh_json_text(w, "lowered", t->lowered);
	wh_json_array(w, "samples");
	for (size_t k = 0; k < t->n_samples; k++) {
		wh_clock_rfc3339(t->samples[k].time_ms, when);
		wh_json_object(w, NULL);
		wh_json_text(w, "time", when);
		wh_json_text(w, "from", t->samples[k].who);
		wh_json_text(w, "text", t->samples[k].text);
		wh_json_bool(w, "agreed", t->samples[k].agreed);
		wh_json_end(w);
	}
	wh_json_end(w);
	wh_json_end(w);
}

void
backtest_json(const struct backtest *b, struct wh_json *w)
{
	wh_json_uint(w, "events", b->events);
	wh_json_int(w, "from_ms", b->first_ms);
	wh_json_int(w, "to_ms", b->last_ms);
	wh_json_uint(w, "deeds", b->deeds_on);
	wh_json_uint(w, "deeds_found", b->deeds_found);
	wh_json_uint(w, "bad_lines", b->bad_lines);
	wh_json_uint(w, "event_p50_ns", wh_hist_quantile(&b->judge.cost, 500));
	wh_json_uint(w, "event_p99_ns", wh_hist_quantile(&b->judge.cost, 990));
	wh_json_array(w, "rules");
	for (size_t i = 0; i < b->n_tallies; i++)
		write_tally(w, &b->tallies[i]);
	wh_json_end(w);
}
