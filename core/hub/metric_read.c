/* A reading of all metrics: the registry, the hub's own numbers, the edges' boards, and what the kernel says about each of our
 * processes. Nothing is kept between readings. Samples of one name stand together, as the text formats want them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hub/hub.h"
#include "hub/metric.h"
#include "hub/metric_build.h"
#include "ring/edge_metrics.h"

enum { READ_PROCESSES = 128, READ_TITLE = 64 };

struct read_process {
	char title[READ_TITLE];		/* "hub", "edge 0" */
	double cpu_s, resident, threads;
};

void
metrics_sample(struct metrics_page *page, enum wh_metric_type type, const char *name, const char *help, struct wh_str labels, double value)
{
	const struct wh_sample s = { .name = name, .help = help, .type = type, .labels = labels, .value = value };

	page->each(page->self, &s);
}

static void
read_family(struct metrics_page *page, const struct metric_family *family)
{
	for (const struct metric_series *series = family->first; series != NULL; series = series->next) {
		const struct wh_sample s = {
			.name = family->row->name, .help = family->row->help, .type = family->row->type, .labels = wh_str(series->labels),
			.value = (double)series->value, .counts = series->counts, .bounds = metric_bounds,
			.n_bounds = series->counts != NULL ? METRIC_BOUNDS : 0, .sum = (double)series->sum_us / 1e6,
			.exemplar = wh_str(series->trace), .exemplar_value = (double)series->trace_us / 1e6,
			.exemplar_wall_ms = series->trace_wall_ms,
		};

		page->each(page->self, &s);
	}
}

static void
read_gauge(struct metrics_page *page, const char *name, const char *help, const char *key, const char *value, double n)
{
	struct wh_buf labels = { 0 };

	if (key != NULL)
		metrics_label(&labels, key, wh_str(value));
	metrics_sample(page, WH_GAUGE, name, help, wh_buf_slice(&labels), n);
	wh_buf_free(&labels);
}

/* A turn is from the first event after the wait to the last record that is handed over: what comes meanwhile waits so long. */
static void
read_turns(struct hub *hub, struct metrics_page *page)
{
	double bounds[WH_EDGE_TURN_BUCKETS - 1];

	for (unsigned b = 0; b < WH_EDGE_TURN_BUCKETS - 1; b++)
		bounds[b] = (double)wh_edge_turn_bound_us(b) / 1e6;
	const struct wh_sample s = {
		.name = "whiply_hub_turn_seconds", .help = "Turns of the hub's loop, without waiting.", .type = WH_HISTOGRAM,
		.labels = { NULL, 0 }, .counts = hub->turn_counts, .bounds = bounds, .n_bounds = WH_EDGE_TURN_BUCKETS - 1,
		.sum = (double)hub->turn_us / 1e6,
	};

	page->each(page->self, &s);
}

static void
read_hub(struct hub *hub, struct metrics_page *page)
{
	static const char sessions[] = "Sessions, by state.";

	for (const struct hub_count_row *row = hub_count_rows; row->name != NULL; row++)
		metrics_sample(page, WH_COUNTER, row->name, row->help, (struct wh_str){ NULL, 0 }, (double)hub_count_at(&hub->counts, row));
	read_gauge(page, "whiply_sessions", sessions, "state", "attached", (double)hub->sessions.n_attached);
	read_gauge(page, "whiply_sessions", sessions, "state", "detached", (double)hub->sessions.n_detached);
	read_gauge(page, "whiply_rooms", "Rooms.", NULL, NULL, (double)hub->rooms.by_name.n);
	read_gauge(page, "whiply_groups", "Groups that edges fan out to.", NULL, NULL, (double)hub->groups.by_name.n);
	read_gauge(page, "whiply_timers", "Timers that run.", NULL, NULL, (double)hub->timers.heap.n);
	read_gauge(page, "whiply_jobs_waiting", "Jobs that wait for a thread.", NULL, NULL, (double)hub->jobs.n_waiting);
	read_gauge(page, "whiply_hub_epoch", "Grows with each hub.", NULL, NULL, (double)hub->epoch);
}

/* The text of an edge's label. */
static void
read_edge_name(const struct edge *edge, struct wh_buf *labels)
{
	char index[16];

	snprintf(index, sizeof index, "%u", edge->index);
	metrics_label(labels, "edge", wh_str(index));
}

/* What one on the board is worth in the metric. */
static double
read_unit(const char *id)
{
	const char *last = strrchr(id, '_');

	if (last == NULL)
		return 1;
	return strcmp(last, "_US") == 0 ? 1e-6 : strcmp(last, "_MS") == 0 ? 1e-3 : 1;
}

static void
read_edge_row(struct hub *hub, struct metrics_page *page, unsigned slot)
{
#define READ_EDGE_ROW(id, name, help, kind, key, value) { #id, name, help, WH_EDGE_##kind, key, value },
	static const struct {
		const char *id, *name, *help;
		enum wh_edge_metric_kind kind;
		const char *key, *value;
	} rows[] = { WH_EDGE_METRIC_TABLE(READ_EDGE_ROW) };
#undef READ_EDGE_ROW
	double unit = read_unit(rows[slot].id);

	for (unsigned i = 0; i < hub->edges.n; i++) {
		const struct edge *edge = hub->edges.of[i];
		struct wh_buf labels = { 0 };

		read_edge_name(edge, &labels);
		if (rows[slot].key != NULL)
			metrics_label(&labels, rows[slot].key, wh_str(rows[slot].value));
		metrics_sample(page, rows[slot].kind == WH_EDGE_COUNTER ? WH_COUNTER : WH_GAUGE, rows[slot].name, rows[slot].help,
		    wh_buf_slice(&labels), (double)wh_board_peer(edge->link, slot) * unit);
		wh_buf_free(&labels);
	}
}

static void
read_listeners(struct hub *hub, struct metrics_page *page, unsigned what)
{
	static const struct {
		const char *name, *help;
		enum wh_metric_type type;
	} rows[] = {
		[WH_EDGE_LISTENER_CONNECTIONS] = { "whiply_listener_connections", "Open connections, by listener.", WH_GAUGE },
		[WH_EDGE_LISTENER_ACCEPTED] = { "whiply_listener_accepted_total", "Accepted connections, by listener.", WH_COUNTER },
		[WH_EDGE_LISTENER_REFUSED] = { "whiply_listener_refused_total", "Refused connections, by listener.", WH_COUNTER },
	};

	for (unsigned i = 0; i < hub->edges.n; i++)
		for (unsigned l = 0; l < WH_EDGE_LISTENERS_MAX; l++) {
			struct wh_str name = edge_listener_name(hub->edges.of[i], l);
			struct wh_buf labels = { 0 };

			if (name.n == 0)
				break;
			read_edge_name(hub->edges.of[i], &labels);
			metrics_label(&labels, "listener", name);
			metrics_sample(page, rows[what].type, rows[what].name, rows[what].help, wh_buf_slice(&labels),
			    (double)wh_board_peer(hub->edges.of[i]->link, WH_EDGE_LISTENER + 3 * l + what));
			wh_buf_free(&labels);
		}
}

/* How long the edges' turns took. The board counts each bucket alone; so does a sample. */
static void
read_edge_turns(struct hub *hub, struct metrics_page *page)
{
	double bounds[WH_EDGE_TURN_BUCKETS - 1];
	uint64_t counts[WH_EDGE_TURN_BUCKETS];

	for (unsigned b = 0; b < WH_EDGE_TURN_BUCKETS - 1; b++)
		bounds[b] = 64e-6 * (double)(1u << b);
	for (unsigned i = 0; i < hub->edges.n; i++) {
		const struct edge *edge = hub->edges.of[i];
		struct wh_buf labels = { 0 };

		read_edge_name(edge, &labels);
		for (unsigned b = 0; b < WH_EDGE_TURN_BUCKETS; b++)
			counts[b] = wh_board_peer(edge->link, WH_EDGE_TURN_BUCKET + b);
		const struct wh_sample s = {
			.name = "whiply_edge_turn_seconds", .help = "Turns of an edge's loop, without waiting.", .type = WH_HISTOGRAM,
			.labels = wh_buf_slice(&labels), .counts = counts, .bounds = bounds, .n_bounds = WH_EDGE_TURN_BUCKETS - 1,
			.sum = (double)wh_board_peer(edge->link, WH_EDGE_TURN_US) / 1e6,
		};

		page->each(page->self, &s);
		wh_buf_free(&labels);
	}
}

static void
read_rings(struct hub *hub, struct metrics_page *page)
{
	static const char help[] = "Bytes that wait in the rings, by direction.";

	for (unsigned i = 0; i < hub->edges.n; i++)
		for (unsigned out = 0; out < 2; out++) {
			const struct edge *edge = hub->edges.of[i];
			struct wh_buf labels = { 0 };

			read_edge_name(edge, &labels);
			metrics_label(&labels, "direction", out != 0 ? WH_STR("to_edge") : WH_STR("to_hub"));
			metrics_sample(page, WH_GAUGE, "whiply_ring_bytes", help, wh_buf_slice(&labels),
			    (double)wh_ring_used(out != 0 ? edge->link->out : edge->link->in));
			wh_buf_free(&labels);
		}
	for (unsigned i = 0; i < hub->edges.n; i++) {
		struct wh_buf labels = { 0 };

		read_edge_name(hub->edges.of[i], &labels);
		metrics_sample(page, WH_GAUGE, "whiply_ring_spilled_bytes", "Bytes that wait in the hub because an edge's ring is full.",
		    wh_buf_slice(&labels), (double)hub->edges.of[i]->spill_bytes);
		wh_buf_free(&labels);
	}
}

/* What /proc says about one process; false when it is not one of ours. */
static bool
read_one_process(const char *pid, long parent, struct read_process *p)
{
	char path[64], text[1024], *title;
	unsigned long user, system;
	long ppid, threads, pages;
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	title = strrchr(text, ')');
	if (title == NULL || sscanf(title + 1, " %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %*u %*u %ld",
	    &ppid, &user, &system, &threads, &pages) != 5)
		return false;
	if (ppid != parent && strtol(pid, NULL, 10) != parent)
		return false;
	snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	if (strncmp(text, "whiplyd: ", 9) != 0)
		return false;
	snprintf(p->title, sizeof p->title, "%.60s", text + 9);
	p->cpu_s = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	p->resident = (double)pages * (double)sysconf(_SC_PAGESIZE);
	p->threads = (double)threads;
	return true;
}

static size_t
read_find_processes(struct read_process *found)
{
	long parent = (long)getppid();
	struct dirent *entry;
	size_t n = 0;
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		return 0;
	while (n < READ_PROCESSES && (entry = readdir(proc)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_one_process(entry->d_name, parent, &found[n]))
			n++;
	closedir(proc);
	return n;
}

static void
read_processes(struct metrics_page *page)
{
	struct read_process *found = calloc(READ_PROCESSES, sizeof *found);
	size_t n = found != NULL ? read_find_processes(found) : 0;

	for (unsigned what = 0; what < 3; what++)
		for (size_t i = 0; i < n; i++) {
			struct wh_buf labels = { 0 };

			metrics_label(&labels, "process", wh_str(found[i].title));
			if (what == 0)
				metrics_sample(page, WH_COUNTER, "whiply_process_cpu_seconds_total", "CPU time of each process.",
				    wh_buf_slice(&labels), found[i].cpu_s);
			else if (what == 1)
				metrics_sample(page, WH_GAUGE, "whiply_process_resident_bytes", "Memory of each process, shared rings included.",
				    wh_buf_slice(&labels), found[i].resident);
			else
				metrics_sample(page, WH_GAUGE, "whiply_process_threads", "Threads of each process.", wh_buf_slice(&labels),
				    found[i].threads);
			wh_buf_free(&labels);
		}
	free(found);
}

void
metrics_read(struct hub *hub, void (*each)(void *self, const struct wh_sample *s), void *self)
{
	struct metrics_page page = { each, self };

	for (const struct metric_family *f = hub->metrics->families; f != NULL; f = f->next)
		read_family(&page, f);
	for (unsigned i = 0; i < hub->metrics->n_sources; i++)
		hub->metrics->sources[i](hub, &page);
	read_hub(hub, &page);
	read_turns(hub, &page);
	read_processes(&page);
	if (hub->edges.n == 0)
		return;
	/* Rows of one name are neighbours in the table, so reading row by row keeps the names together. */
	for (unsigned slot = 0; slot < WH_EDGE_METRICS; slot++)
		read_edge_row(hub, &page, slot);
	for (unsigned what = 0; what < 3; what++)
		read_listeners(hub, &page, what);
	read_edge_turns(hub, &page);
	read_rings(hub, &page);
}
