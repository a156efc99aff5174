/* The registry of metric.h: families, series, and what the core counts about commands, hooks, jobs and requests. */
#include "hub/metric.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "hub/hub.h"
#include "hub/metric_build.h"

const double metric_bounds[METRIC_BOUNDS] = {
	0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
};

static const struct wh_metric core_commands = { "whiply_commands_total", WH_COUNTER, .help = "Command calls, by outcome." };
static const struct wh_metric core_command_time = { "whiply_command_seconds", WH_HISTOGRAM, .help = "From a call to its answer." };
static const struct wh_metric core_hook_time = { "whiply_hook_seconds", WH_HISTOGRAM, .help = "Time spent in plugins' hooks." };
static const struct wh_metric core_job_wait = { "whiply_job_wait_seconds", WH_HISTOGRAM, .help = "From starting a job to a thread that runs it." };
static const struct wh_metric core_job_time = { "whiply_job_seconds", WH_HISTOGRAM, .help = "Time that jobs ran." };
static const struct wh_metric core_requests = { "whiply_requests_total", WH_COUNTER, .help = "HTTP requests that the hub answered, by status." };
static const struct wh_metric core_request_time = { "whiply_request_seconds", WH_HISTOGRAM, .help = "From an HTTP request to its answer." };

static const struct wh_metric *const core_rows[] = {
	&core_commands, &core_command_time, &core_hook_time, &core_job_wait, &core_job_time, &core_requests, &core_request_time,
};

void
metrics_label(struct wh_buf *labels, const char *key, struct wh_str value)
{
	enum { METRIC_VALUE = 128 };

	if (labels->n != 0)
		wh_buf_byte(labels, ',');
	wh_buf_text(labels, key);
	wh_buf_text(labels, "=\"");
	for (size_t i = 0; i < value.n && i < METRIC_VALUE; i++) {
		if (value.p[i] == '\n') {
			wh_buf_text(labels, "\\n");
			continue;
		}
		if (value.p[i] == '"' || value.p[i] == '\\')
			wh_buf_byte(labels, '\\');
		wh_buf_byte(labels, value.p[i]);
	}
	wh_buf_byte(labels, '"');
}

/* [a-zA-Z_][a-zA-Z0-9_]* */
static bool
metric_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return n != 0 && n < 100 && name[n] == '\0' && (name[0] < '0' || name[0] > '9');
}

static bool
metric_row_fits(const struct wh_metric *row)
{
	size_t n = strlen(row->name);

	if (!metric_is_name(row->name) || row->help == NULL || row->help[0] == '\0' || row->type < WH_COUNTER || row->type > WH_HISTOGRAM)
		return false;
	if (row->label != NULL && !metric_is_name(row->label))
		return false;
	return (row->type == WH_COUNTER) == (n > 6 && strcmp(row->name + n - 6, "_total") == 0);
}

static void
series_free(struct metric_series *s)
{
	free(s->labels);
	free(s->counts);
	free(s);
}

static struct metric_series *
series_new(struct metrics *metrics, struct metric_family *family, struct wh_str labels)
{
	struct metric_series *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->labels = strndup(labels.n != 0 ? labels.p : "", labels.n);
	if (family->row->type == WH_HISTOGRAM)
		s->counts = calloc(METRIC_BOUNDS + 1, sizeof *s->counts);
	if (s->labels == NULL || (family->row->type == WH_HISTOGRAM && s->counts == NULL) ||
	    wh_map_add(&family->by_labels, wh_str(s->labels), s) != WH_OK) {
		series_free(s);
		return NULL;
	}
	*family->last = s;
	family->last = &s->next;
	family->n++;
	metrics->n_series++;
	return s;
}

/* The series of a label set; when there are too many, the one of all others. NULL: out of memory, nothing is counted. */
static struct metric_series *
series_of(struct metrics *metrics, struct metric_family *family, struct wh_str labels, unsigned most)
{
	struct metric_series *s = wh_map_get(&family->by_labels, labels);

	if (s != NULL)
		return s;
	if (family->n < most && metrics->n_series < METRIC_SERIES_MAX)
		return series_new(metrics, family, labels);
	if (family->other == NULL) {
		struct wh_buf other = { 0 };

		metrics_label(&other, family->row->label != NULL ? family->row->label : "series", WH_STR("other"));
		if (!other.failed)
			family->other = series_new(metrics, family, wh_buf_slice(&other));
		wh_buf_free(&other);
	}
	return family->other;
}

static struct metric_family *
family_new(struct metrics *metrics, const struct wh_metric *row, const struct wh_host *owner)
{
	struct metric_family *family = calloc(1, sizeof *family);

	if (family == NULL)
		return NULL;
	family->row = row;
	family->owner = owner;
	family->last = &family->first;
	if (wh_map64_add(&metrics->by_row, (uint64_t)(uintptr_t)row, family) != WH_OK) {
		free(family);
		return NULL;
	}
	*metrics->last = family;
	metrics->last = &family->next;
	return family;
}

static void
family_free(struct metrics *metrics, struct metric_family *family)
{
	wh_map64_remove(&metrics->by_row, (uint64_t)(uintptr_t)family->row);
	while (family->first != NULL) {
		struct metric_series *next = family->first->next;

		series_free(family->first);
		family->first = next;
		metrics->n_series--;
	}
	wh_map_free(&family->by_labels);
	free(family);
}

enum wh_err
metrics_init(struct hub *hub)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);

	if (metrics == NULL)
		return WH_ENOMEM;
	metrics->last = &metrics->families;
	hub->metrics = metrics;
	for (size_t i = 0; i < sizeof core_rows / sizeof core_rows[0]; i++)
		if (family_new(metrics, core_rows[i], NULL) == NULL)
			return WH_ENOMEM;
	return WH_OK;
}

void
metrics_finish(struct hub *hub)
{
	struct metrics *metrics = hub->metrics;

	if (metrics == NULL)
		return;
	while (metrics->families != NULL) {
		struct metric_family *next = metrics->families->next;

		family_free(metrics, metrics->families);
		metrics->families = next;
	}
	wh_map64_free(&metrics->by_row);
	free(metrics);
	hub->metrics = NULL;
}

void
metrics_source_add(struct hub *hub, metrics_source *source)
{
	assert(hub->metrics->n_sources < METRIC_SOURCES);
	hub->metrics->sources[hub->metrics->n_sources++] = source;
}

static bool
metrics_has_name(const struct metrics *metrics, const char *name)
{
	for (const struct metric_family *f = metrics->families; f != NULL; f = f->next)
		if (strcmp(f->row->name, name) == 0)
			return true;
	return false;
}

enum wh_err
metrics_add(struct hub *hub, const struct wh_host *owner, const struct wh_metric *rows)
{
	for (const struct wh_metric *row = rows; row != NULL && row->name != NULL; row++) {
		struct metric_family *family;

		if (!metric_row_fits(row) || metrics_has_name(hub->metrics, row->name))
			return WH_EINVAL;
		family = family_new(hub->metrics, row, owner);
		if (family == NULL)
			return WH_ENOMEM;
		/* One without labels is there from the beginning: a counter that is missing looks like one that never counted. */
		if (row->label == NULL && series_new(hub->metrics, family, (struct wh_str){ NULL, 0 }) == NULL)
			return WH_ENOMEM;
	}
	return WH_OK;
}

void
metrics_remove(struct hub *hub, const struct wh_host *owner)
{
	struct metrics *metrics = hub->metrics;
	struct metric_family **at = &metrics->families;

	while (*at != NULL) {
		struct metric_family *family = *at;

		if (family->owner != owner) {
			at = &family->next;
			continue;
		}
		*at = family->next;
		family_free(metrics, family);
	}
	metrics->last = at;
}

/* The series that a plugin's row and label name. */
static struct metric_series *
metric_series_of(struct hub *hub, const struct wh_metric *row, struct wh_str label)
{
	struct metric_family *family = wh_map64_get(&hub->metrics->by_row, (uint64_t)(uintptr_t)row);
	struct metric_series *s;
	struct wh_buf labels;

	assert(family != NULL);
	if (family == NULL)
		return NULL;
	if (row->label == NULL)
		return family->first;
	labels = hub_scratch_take(hub);
	metrics_label(&labels, row->label, label);
	s = labels.failed ? NULL : series_of(hub->metrics, family, wh_buf_slice(&labels), METRIC_LABELS);
	hub_scratch_give(hub, &labels);
	return s;
}

void
metric_add(struct hub *hub, const struct wh_metric *row, struct wh_str label, int64_t n)
{
	struct metric_series *s = metric_series_of(hub, row, label);

	if (s != NULL)
		s->value += n;
}

void
metric_set(struct hub *hub, const struct wh_metric *row, struct wh_str label, int64_t n)
{
	struct metric_series *s = metric_series_of(hub, row, label);

	if (s != NULL)
		s->value = n;
}

static void
series_took(struct hub *hub, struct metric_series *s, int64_t us, struct wh_str trace)
{
	unsigned bucket = 0;

	if (s == NULL)
		return;
	while (bucket < METRIC_BOUNDS && (double)us > metric_bounds[bucket] * 1e6)
		bucket++;
	s->counts[bucket]++;
	s->sum_us += us;
	if (trace.n == METRIC_TRACE) {
		memcpy(s->trace, trace.p, METRIC_TRACE);
		s->trace_us = us;
		s->trace_wall_ms = hub->wall_ms;
	}
}

void
metric_took(struct hub *hub, const struct wh_metric *row, struct wh_str label, int64_t us)
{
	series_took(hub, metric_series_of(hub, row, label), us, (struct wh_str){ NULL, 0 });
}

/* A series of the core, by up to two labels. */
static struct metric_series *
core_series(struct hub *hub, const struct wh_metric *row, const char *key1, const char *value1, const char *key2, const char *value2)
{
	struct metric_family *family = wh_map64_get(&hub->metrics->by_row, (uint64_t)(uintptr_t)row);
	struct wh_buf labels = hub_scratch_take(hub);
	struct metric_series *s;

	if (key1 != NULL)
		metrics_label(&labels, key1, wh_str(value1));
	if (key2 != NULL)
		metrics_label(&labels, key2, wh_str(value2));
	s = labels.failed ? NULL : series_of(hub->metrics, family, wh_buf_slice(&labels), METRIC_SERIES_MAX / 4);
	hub_scratch_give(hub, &labels);
	return s;
}

void
metric_command(struct hub *hub, const char *command, const char *outcome, int64_t us, struct wh_str trace)
{
	struct metric_series *s = core_series(hub, &core_commands, "command", command, "outcome", outcome);

	if (s != NULL)
		s->value++;
	series_took(hub, core_series(hub, &core_command_time, "command", command, NULL, NULL), us, trace);
}

void
metric_hook(struct hub *hub, const char *plugin, const char *point, int64_t us)
{
	series_took(hub, core_series(hub, &core_hook_time, "plugin", plugin, "hook", point), us, (struct wh_str){ NULL, 0 });
}

void
metric_job(struct hub *hub, const char *job, int64_t waited_us, int64_t ran_us)
{
	series_took(hub, core_series(hub, &core_job_wait, "job", job, NULL, NULL), waited_us, (struct wh_str){ NULL, 0 });
	series_took(hub, core_series(hub, &core_job_time, "job", job, NULL, NULL), ran_us, (struct wh_str){ NULL, 0 });
}

void
metric_request(struct hub *hub, unsigned status, int64_t us)
{
	char text[12];
	struct metric_series *s;

	snprintf(text, sizeof text, "%u", status);
	s = core_series(hub, &core_requests, "status", text, NULL, NULL);
	if (s != NULL)
		s->value++;
	series_took(hub, core_series(hub, &core_request_time, NULL, NULL, NULL, NULL), us, (struct wh_str){ NULL, 0 });
}
