/* metrics: /metrics for Prometheus. Text format 0.0.4, or OpenMetrics 1.0 with exemplars for those who accept it.
 * What is measured is the host's business: this plugin only writes down a reading, so other plugins appear by themselves. */
#include <whiply/whiply.h>

#include <math.h>
#include <stdio.h>

static const char text_type[] = "text/plain; version=0.0.4; charset=utf-8";
static const char open_type[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct metrics {
	const struct wh_host *host;	/* borrowed: outlives us */
	enum wh_allow_scrape { SCRAPE_ANYONE, SCRAPE_TOKEN } scrape;
};

/* One page being written. */
struct page {
	struct wh_out *out;
	char last[128];		/* the name of the last sample: a family's head is written once */
	bool open;		/* OpenMetrics */
};

static void
page_number(struct page *page, double value)
{
	if (isnan(value))
		wh_out_text(page->out, "NaN");
	else if (isinf(value))
		wh_out_text(page->out, value < 0 ? "-Inf" : "+Inf");
	else if (value == floor(value) && fabs(value) < 9e15)
		wh_out_fmt(page->out, "%.0f", value);
	else
		wh_out_fmt(page->out, "%.9g", value);
}

/* OpenMetrics has one spelling for a bound, as it is part of a series' name: 1.0, not 1. */
static void
page_bound(struct page *page, double bound)
{
	page_number(page, bound);
	if (page->open && bound == floor(bound) && fabs(bound) < 9e15)
		wh_out_text(page->out, ".0");
}

/* HELP text: a backslash and a line's end are escaped, in OpenMetrics a quote as well. */
static void
page_help(struct page *page, const char *help)
{
	for (; *help != '\0'; help++) {
		if (*help == '\\' || (*help == '"' && page->open))
			wh_out_fmt(page->out, "\\%c", *help);
		else if (*help == '\n')
			wh_out_text(page->out, "\\n");
		else
			wh_out_put(page->out, (struct wh_str){ help, 1 });
	}
}

static void
page_head(struct page *page, const struct wh_sample *s)
{
	static const char *const types[] = { [WH_COUNTER] = "counter", [WH_GAUGE] = "gauge", [WH_HISTOGRAM] = "histogram" };
	size_t n = strlen(s->name);

	if (strcmp(page->last, s->name) == 0)
		return;
	snprintf(page->last, sizeof page->last, "%s", s->name);
	/* OpenMetrics names a counter's family without its _total. */
	if (page->open && s->type == WH_COUNTER && n > 6 && strcmp(s->name + n - 6, "_total") == 0)
		n -= 6;
	wh_out_fmt(page->out, "# HELP %.*s ", (int)n, s->name);
	page_help(page, s->help);
	wh_out_fmt(page->out, "\n# TYPE %.*s %s\n", (int)n, s->name, types[s->type]);
}

static void
page_line(struct page *page, const struct wh_sample *s, const char *suffix, double value)
{
	wh_out_fmt(page->out, "%s%s", s->name, suffix);
	if (s->labels.n != 0)
		wh_out_fmt(page->out, "{%.*s}", WH_FMT(s->labels));
	wh_out_text(page->out, " ");
	page_number(page, value);
	wh_out_text(page->out, "\n");
}

static void
page_bucket(struct page *page, const struct wh_sample *s, size_t bucket, uint64_t total, bool exemplar)
{
	wh_out_fmt(page->out, "%s_bucket{%.*s%sle=\"", s->name, WH_FMT(s->labels), s->labels.n != 0 ? "," : "");
	page_bound(page, bucket < s->n_bounds ? s->bounds[bucket] : INFINITY);
	wh_out_fmt(page->out, "\"} %llu", (unsigned long long)total);
	if (exemplar) {
		wh_out_fmt(page->out, " # {trace_id=\"%.*s\"} ", WH_FMT(s->exemplar));
		page_number(page, s->exemplar_value);
		wh_out_fmt(page->out, " %lld.%03lld", (long long)(s->exemplar_wall_ms / 1000), (long long)(s->exemplar_wall_ms % 1000));
	}
	wh_out_text(page->out, "\n");
}

static void
page_histogram(struct page *page, const struct wh_sample *s)
{
	uint64_t total = 0;
	bool wanted = page->open && s->exemplar.n != 0;

	for (size_t i = 0; i <= s->n_bounds; i++) {
		bool here = wanted && (i == s->n_bounds || s->exemplar_value <= s->bounds[i]);

		total += s->counts[i];
		page_bucket(page, s, i, total, here);
		wanted = wanted && !here;
	}
	page_line(page, s, "_sum", s->sum);
	page_line(page, s, "_count", (double)total);
}

static void
page_sample(void *self, const struct wh_sample *s)
{
	struct page *page = self;

	page_head(page, s);
	if (s->type == WH_HISTOGRAM)
		page_histogram(page, s);
	else
		page_line(page, s, "", s->value);
}

static enum wh_err
metrics_page(void *self, struct wh_request *request)
{
	struct metrics *metrics = self;
	struct wh_str accept = wh_request_header(request, "accept");
	struct page page = { .out = wh_respond_body(request) };

	if (metrics->scrape == SCRAPE_TOKEN && !wh_session_may(metrics->host, request->session, "metrics.read"))
		return wh_respond_problem(request, WH_EPERM, "send a token whose role may metrics.read as Authorization: Bearer");
	page.open = accept.n != 0 && memmem(accept.p, accept.n, "application/openmetrics-text", 28) != NULL;
	wh_metrics_read(metrics->host, page_sample, &page);
	if (page.open)
		wh_out_text(page.out, "# EOF\n");
	return wh_respond(request, 200, page.open ? open_type : text_type);
}

static enum wh_err
metrics_reload(void *self, const struct wh_conf *conf)
{
	struct metrics *metrics = self;

	metrics->scrape = wh_str_is(wh_conf_str(conf, "scrape"), "token") ? SCRAPE_TOKEN : SCRAPE_ANYONE;
	return WH_OK;
}

static enum wh_err
metrics_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct metrics *metrics = wh_new(host, sizeof *metrics);

	if (metrics == NULL)
		return WH_ENOMEM;
	metrics->host = host;
	*self_out = metrics;
	return metrics_reload(metrics, conf);
}

static void
metrics_close(void *self)
{
	struct metrics *metrics = self;

	wh_delete(metrics->host, metrics);
}

static const struct wh_setting metrics_settings[] = {
	{ "scrape", WH_CHOICE, .def = "anyone", .choices = "anyone|token", .help = "who may read /metrics: anyone, or who may metrics.read" },
	{ 0 }
};

static const struct wh_route metrics_routes[] = {
	{ "GET", "/metrics", WH_ALLOW_GUEST, .serve = metrics_page, .help = "all metrics, for Prometheus" },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("metrics", "1.0", "figures for Prometheus at /metrics"),
	.settings = metrics_settings,
	.routes = metrics_routes,
	.open = metrics_open,
	.close = metrics_close,
	.reload = metrics_reload,
};
