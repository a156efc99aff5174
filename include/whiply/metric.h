/* Metrics of a plugin: declared as a table, used by the row's address. Hooks, commands, jobs and queues are measured by the
 * host already. */
#ifndef WHIPLY_METRIC_H
#define WHIPLY_METRIC_H

#include <whiply/host.h>

enum wh_metric_type {
	WH_COUNTER = 1,		/**< only grows; its name ends in _total */
	WH_GAUGE,
	WH_HISTOGRAM,		/**< of seconds, given in microseconds */
};

struct wh_metric {
	const char *name;	/**< "whiply_hello_greetings_total" */
	enum wh_metric_type type;
	const char *help;	/**< one line */
	const char *label;	/**< the name of its one label, or NULL; at most 64 values are kept, the rest is "other" */
};

/** Adds to a counter or gauge. */
static inline void
wh_metric_add(const struct wh_host *h, const struct wh_metric *m, int64_t n)
{
	h->ops->metric_add(h, m, (struct wh_str){ NULL, 0 }, n);
}

static inline void
wh_metric_add_for(const struct wh_host *h, const struct wh_metric *m, struct wh_str label, int64_t n)
{
	h->ops->metric_add(h, m, label, n);
}

/** Sets a gauge. */
static inline void
wh_metric_set(const struct wh_host *h, const struct wh_metric *m, int64_t n)
{
	h->ops->metric_set(h, m, (struct wh_str){ NULL, 0 }, n);
}

/** Puts a duration into a histogram. */
static inline void
wh_metric_took(const struct wh_host *h, const struct wh_metric *m, int64_t us)
{
	h->ops->metric_took(h, m, (struct wh_str){ NULL, 0 }, us);
}

/** One line of a whole reading: every metric of every process, as /metrics shows it. */
struct wh_sample {
	const char *name;
	const char *help;
	enum wh_metric_type type;
	struct wh_str labels;		/**< `plugin="chat",command="chat.say"`, escaped, or empty */
	double value;			/**< counter or gauge */
	const uint64_t *counts;		/**< histogram: one for each bound and one above */
	const double *bounds;		/**< histogram: upper bounds in seconds */
	size_t n_bounds;
	double sum;
	struct wh_str exemplar;		/**< trace id of a recent observation, or empty */
	double exemplar_value;
	int64_t exemplar_wall_ms;
};

/** Reads all metrics, those of one name together. */
static inline void
wh_metrics_read(const struct wh_host *h, void (*each)(void *self, const struct wh_sample *s), void *self)
{
	h->ops->metrics_read(h, each, self);
}

#endif
