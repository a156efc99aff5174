/* The metrics registry: what /metrics and server.metrics read. Plugins' rows are kept here by the row's address, with at most
 * METRIC_LABELS values of the label each; the core's commands, hooks, jobs and requests are counted through the functions
 * below; everything else (the hub's counts, gauges, the edges' boards, the processes) is read from where it stands when somebody asks.
 * Hub's thread only. */
#ifndef WHIPLY_HUB_METRIC_H
#define WHIPLY_HUB_METRIC_H

#include <whiply/metric.h>

#include "base/buf.h"
#include "base/map.h"

struct hub;

enum {
	METRIC_LABELS = 64,		/* label values of one row; the rest is "other" */
	METRIC_SERIES_MAX = 20000,	/* series in all */
	METRIC_BOUNDS = 16,
	METRIC_TRACE = 32,		/* hex digits of a trace id */
};

/** One line of a metric: a label set and its numbers. */
struct metric_series {
	struct metric_series *next;	/* of the same family, in the order of their coming */
	char *labels;			/* owned: `command="chat.say"`, escaped; may be empty */
	int64_t value;
	uint64_t *counts;		/* owned; histogram: METRIC_BOUNDS + 1 */
	int64_t sum_us;
	char trace[METRIC_TRACE + 1];
	int64_t trace_us, trace_wall_ms;
};

struct metric_family {
	struct metric_family *next;
	const struct wh_metric *row;	/* borrowed from its owner */
	const struct wh_host *owner;	/* NULL: the core */
	struct metric_series *first, **last;
	struct metric_series *other;
	unsigned n;
	struct wh_map by_labels;
};

/** What is handed to those who write samples: see metrics_read. */
struct metrics_page {
	void (*each)(void *self, const struct wh_sample *s);
	void *self;
};

/** Writes samples of its own into a reading. */
typedef void metrics_source(struct hub *hub, struct metrics_page *page);

enum { METRIC_SOURCES = 8 };

struct metrics {
	struct metric_family *families, **last;
	struct wh_map64 by_row;
	unsigned n_series;
	metrics_source *sources[METRIC_SOURCES];
	unsigned n_sources;
};

/** Makes hub->metrics. */
enum wh_err metrics_init(struct hub *hub);
void metrics_finish(struct hub *hub);

/** A unit of the core adds its own samples to every reading. */
void metrics_source_add(struct hub *hub, metrics_source *source);

/** Adds a plugin's rows, so that they are there, at 0, before they are used. WH_EINVAL: a bad name, type or label; WH_ENOMEM. */
enum wh_err metrics_add(struct hub *hub, const struct wh_host *owner, const struct wh_metric *rows);
void metrics_remove(struct hub *hub, const struct wh_host *owner);

/* What the host's functions do. `row` must have been added; a label for a row without one is ignored. */
void metric_add(struct hub *hub, const struct wh_metric *row, struct wh_str label, int64_t n);
void metric_set(struct hub *hub, const struct wh_metric *row, struct wh_str label, int64_t n);
void metric_took(struct hub *hub, const struct wh_metric *row, struct wh_str label, int64_t us);

/* The core's own. `trace` is 32 hex digits or empty. */
void metric_command(struct hub *hub, const char *command, const char *outcome, int64_t us, struct wh_str trace);
void metric_hook(struct hub *hub, const char *plugin, const char *point, int64_t us);
void metric_job(struct hub *hub, const char *job, int64_t waited_us, int64_t ran_us);
void metric_request(struct hub *hub, unsigned status, int64_t us);

/** Everything, those of one name together. */
void metrics_read(struct hub *hub, void (*each)(void *self, const struct wh_sample *s), void *self);

/** For sources: one sample. `value` of a counter or gauge. */
void metrics_sample(struct metrics_page *page, enum wh_metric_type type, const char *name, const char *help, struct wh_str labels, double value);

/** Appends `key="value"` with the value escaped, after a comma unless the buffer is empty. */
void metrics_label(struct wh_buf *labels, const char *key, struct wh_str value);

#endif
