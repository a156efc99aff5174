/* fetch: outgoing HTTP for other plugins, as whiply/fetch.h says. Asks wait in the order in which they came; `running` of them are with a
 * job thread at once, each with a handle of libcurl that keeps its connections for the next. An ask belongs to the list it stands in, and
 * a job holds a pointer to it: an ask that runs is freed only when its job is done. */
#include <curl/curl.h>
#include <stdio.h>
#include <strings.h>
#include <whiply/fetch.h>
#include <whiply/whiply.h>

#include "guard.h"
#include "target.h"
#include "transfer.h"

enum {
	FETCH_RUNNING_MAX = 16,
	FETCH_TIMEOUT = 10000, FETCH_TIMEOUT_MAX = 60000,
	FETCH_MAX = 256 << 10, FETCH_MAX_MAX = 16 << 20,
	FETCH_BODY_MAX = 1 << 20,
};

struct fetch_ask {
	struct fetch_ask *next;
	const struct wh_host *host;	/* who asks; for forget */
	wh_fetch_done *done;		/* NULL: nobody wants to know */
	void *self;
	uint64_t cookie;
	uint64_t id;
	wh_id timer;			/* while it waits */
	int64_t asked_ms, until_ms;
	CURL *easy;			/* while it runs */
	struct transfer transfer;
	char texts[];			/* url, method, body */
};

struct fetch_queue {
	struct fetch_ask *first, **end;
	size_t n;
};

struct wh_fetch {
	const struct wh_host *host;	/* borrowed: outlives us */
	struct fetch_queue waiting, running;
	size_t running_max, waiting_max;
	uint64_t ids;
	CURL *idle[FETCH_RUNNING_MAX];	/* handles that nobody uses, with their connections */
	size_t n_idle;
	char (*allow)[TARGET_ORIGIN];	/* owned */
	size_t n_allow;
	char *ca_file, *proxy;		/* owned; NULL: none */
};

enum { FETCH_REQUESTS, FETCH_SECONDS, FETCH_RUNNING, FETCH_WAITING };

static const struct wh_metric fetch_metrics[] = {
	[FETCH_REQUESTS] = { "whiply_fetch_requests_total", WH_COUNTER, .help = "Requests that ended, by what they came to.", .label = "outcome" },
	[FETCH_SECONDS] = { "whiply_fetch_seconds", WH_HISTOGRAM, .help = "Time of a request, without its wait." },
	[FETCH_RUNNING] = { "whiply_fetch_running", WH_GAUGE, .help = "Requests under way." },
	[FETCH_WAITING] = { "whiply_fetch_waiting", WH_GAUGE, .help = "Requests that wait for a job thread." },
	{ 0 }
};

static void
queue_add(struct fetch_queue *q, struct fetch_ask *ask)
{
	ask->next = NULL;
	*q->end = ask;
	q->end = &ask->next;
	q->n++;
}

static void
queue_remove(struct fetch_queue *q, struct fetch_ask *ask)
{
	struct fetch_ask **at = &q->first;

	while (*at != ask)
		at = &(*at)->next;
	*at = ask->next;
	if (q->end == &ask->next)
		q->end = at;
	q->n--;
}

static void
fetch_gauge(struct wh_fetch *fetch)
{
	wh_metric_set(fetch->host, &fetch_metrics[FETCH_RUNNING], (int64_t)fetch->running.n);
	wh_metric_set(fetch->host, &fetch_metrics[FETCH_WAITING], (int64_t)fetch->waiting.n);
}

static const char *
fetch_outcome(const struct transfer *t)
{
	static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx", "5xx" };

	switch (t->err) {
	case WH_OK:
		return t->status >= 100 && t->status < 600 ? classes[t->status / 100 - 1] : "strange";
	case WH_EPERM:
		return "refused";
	case WH_ETIME:
		return "timeout";
	case WH_ETOOBIG:
		return "too_big";
	default:
		return "failed";
	}
}

static void
fetch_count(struct wh_fetch *fetch, const char *outcome)
{
	wh_metric_add_for(fetch->host, &fetch_metrics[FETCH_REQUESTS], wh_str(outcome), 1);
}

static void
ask_free(struct wh_fetch *fetch, struct fetch_ask *ask)
{
	wh_timer_stop(fetch->host, ask->timer);
	transfer_clear(&ask->transfer);
	wh_delete(fetch->host, ask);
}

/* Tells who asked, and frees the ask; it stands in no list any more. */
static void
ask_finish(struct wh_fetch *fetch, struct fetch_ask *ask)
{
	const struct transfer *t = &ask->transfer;

	fetch_count(fetch, ask->done == NULL ? "forgotten" : fetch_outcome(t));
	if (ask->done != NULL) {
		const struct wh_fetch_answer answer = { .err = t->err, .status = t->status, .why = wh_str(t->why),
			.type = transfer_header(t, "content-type"), .headers = { t->head.p, t->head.n },
			.body = { t->content.p, t->err == WH_OK ? t->content.n : 0 } };

		ask->done(ask->self, ask->cookie, &answer);
	}
	ask_free(fetch, ask);
}

static void
fetch_work(void *request)
{
	struct fetch_ask *ask = *(struct fetch_ask **)request;

	transfer_run(&ask->transfer, ask->easy);
}

static void fetch_pump(struct wh_fetch *fetch);

static void
fetch_worked(void *self, void *request)
{
	struct wh_fetch *fetch = self;
	struct fetch_ask *ask = *(struct fetch_ask **)request;

	queue_remove(&fetch->running, ask);
	fetch->idle[fetch->n_idle++] = ask->easy;
	wh_metric_took(fetch->host, &fetch_metrics[FETCH_SECONDS], ask->transfer.took_us);
	if (ask->transfer.err == WH_EPERM)
		wh_host_log(fetch->host, WH_WARN, "fetch_refused", WH_T("why", ask->transfer.why));
	ask_finish(fetch, ask);
	fetch_pump(fetch);
}

static const struct wh_job fetch_job = {
	.name = "fetch", .size = sizeof(struct fetch_ask *), .max_waiting = FETCH_RUNNING_MAX, .work = fetch_work, .done = fetch_worked,
};

/* The ask of the front goes to a job thread; or ends, when it is too late or there is no memory for it. */
static void
fetch_send(struct wh_fetch *fetch)
{
	struct fetch_ask *ask = fetch->waiting.first;
	struct transfer *t = &ask->transfer;

	queue_remove(&fetch->waiting, ask);
	wh_timer_stop(fetch->host, ask->timer);
	ask->timer = 0;
	t->timeout_ms = ask->until_ms - wh_now_ms(fetch->host);
	t->err = t->timeout_ms <= 0 ? WH_ETIME : WH_OK;
	if (t->err == WH_OK) {
		ask->easy = fetch->n_idle != 0 ? fetch->idle[--fetch->n_idle] : curl_easy_init();
		t->err = ask->easy != NULL ? wh_job_start(fetch->host, &fetch_job, &ask) : WH_ENOMEM;
		if (t->err != WH_OK && ask->easy != NULL)
			fetch->idle[fetch->n_idle++] = ask->easy;
	}
	if (t->err == WH_OK) {
		queue_add(&fetch->running, ask);
		return;
	}
	snprintf(t->why, sizeof t->why, "%s", t->err == WH_ETIME ? "it waited too long for its turn" : "no job thread takes it");
	ask_finish(fetch, ask);
}

static void
fetch_pump(struct wh_fetch *fetch)
{
	while (fetch->waiting.first != NULL && fetch->running.n < fetch->running_max)
		fetch_send(fetch);
	fetch_gauge(fetch);
}

static void
fetch_late(void *self, uint64_t id)
{
	struct wh_fetch *fetch = self;

	for (struct fetch_ask *ask = fetch->waiting.first; ask != NULL; ask = ask->next) {
		if (ask->id != id)
			continue;
		queue_remove(&fetch->waiting, ask);
		ask->timer = 0;
		ask->transfer.err = WH_ETIME;
		snprintf(ask->transfer.why, sizeof ask->transfer.why, "it waited too long for its turn");
		fetch_gauge(fetch);
		ask_finish(fetch, ask);
		return;
	}
}

static bool
fetch_is_allowed(const struct wh_fetch *fetch, const struct target *target)
{
	for (size_t i = 0; i < fetch->n_allow; i++)
		if (strcmp(fetch->allow[i], target->origin) == 0)
			return true;
	return false;
}

/* Copies the headers for libcurl, after checking each. */
static enum wh_err
ask_headers(struct fetch_ask *ask, struct wh_str headers)
{
	bool type = false, agent = false;
	char line[TARGET_HEADERS + 4];
	struct wh_str name, value;
	struct curl_slist *more;
	enum wh_err err;

	while ((err = target_header(&headers, &name, &value)) == WH_OK) {
		type |= name.n == 12 && strncasecmp(name.p, "content-type", 12) == 0;
		agent |= name.n == 10 && strncasecmp(name.p, "user-agent", 10) == 0;
		/* libcurl takes "name:" as a wish to send none, and "name;" as an empty one. */
		snprintf(line, sizeof line, value.n != 0 ? "%.*s: %.*s" : "%.*s;%.*s", WH_FMT(name), WH_FMT(value));
		more = curl_slist_append(ask->transfer.headers, line);
		if (more == NULL)
			return WH_ENOMEM;
		ask->transfer.headers = more;
	}
	if (err != WH_ENOENT)
		return err;
	/* What libcurl would add by itself and nobody asked for. */
	const char *const ours[] = { "Expect:", type ? NULL : "Content-Type:", agent ? NULL : "User-Agent: whiply" };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		if (ours[i] == NULL)
			continue;
		more = curl_slist_append(ask->transfer.headers, ours[i]);
		if (more == NULL)
			return WH_ENOMEM;
		ask->transfer.headers = more;
	}
	return WH_OK;
}

/* Copies the request into an ask. */
static struct fetch_ask *
ask_make(struct wh_fetch *fetch, const struct wh_fetch_request *request, const char *method)
{
	size_t url = request->url.n + 1, word = strlen(method) + 1;
	struct fetch_ask *ask = wh_new(fetch->host, sizeof *ask + url + word + request->body.n);
	int64_t timeout = request->timeout_ms > 0 ? request->timeout_ms : FETCH_TIMEOUT;
	size_t max = request->max != 0 ? request->max : FETCH_MAX;

	if (ask == NULL)
		return NULL;
	memcpy(ask->texts, request->url.p, request->url.n);
	memcpy(ask->texts + url, method, word);
	if (request->body.n != 0)
		memcpy(ask->texts + url + word, request->body.p, request->body.n);
	ask->id = ++fetch->ids;
	ask->asked_ms = wh_now_ms(fetch->host);
	ask->until_ms = ask->asked_ms + (timeout < FETCH_TIMEOUT_MAX ? timeout : FETCH_TIMEOUT_MAX);
	ask->transfer.url = ask->texts;
	ask->transfer.method = ask->texts + url;
	ask->transfer.body = (struct wh_str){ ask->texts + url + word, request->body.n };
	ask->transfer.max = max < FETCH_MAX_MAX ? max : FETCH_MAX_MAX;
	ask->transfer.ca_file = fetch->ca_file;
	return ask;
}

/* May this be asked at all? Where a name leads is seen when it is connected to. */
static enum wh_err
fetch_permit(const struct wh_fetch *fetch, const struct target *target, bool allowed, const char **why_out)
{
	if (allowed)
		return WH_OK;
	*why_out = strcmp(target->scheme, "https") != 0 ? "only https, unless the origin is allowed" : guard_host(target->host);
	if (*why_out == NULL)
		return WH_OK;
	wh_host_log(fetch->host, WH_WARN, "fetch_refused", WH_T("origin", target->origin), WH_T("why", *why_out));
	return WH_EPERM;
}

static enum wh_err
fetch_start(struct wh_fetch *fetch, const struct wh_host *host, const struct wh_fetch_request *request, wh_fetch_done *done, void *self,
    uint64_t cookie)
{
	const char *method = request->method != NULL ? request->method : request->body.n != 0 ? "POST" : "GET";
	const char *why = NULL;
	struct fetch_ask *ask;
	struct target target;
	enum wh_err err;
	bool allowed;

	if (request->url.n == 0 || request->url.n >= TARGET_URL || memchr(request->url.p, '\0', request->url.n) != NULL ||
	    !target_method_ok(method) || request->headers.n > TARGET_HEADERS)
		return WH_EINVAL;
	if (request->body.n > FETCH_BODY_MAX)
		return WH_ETOOBIG;
	if (fetch->waiting.n >= fetch->waiting_max) {
		fetch_count(fetch, "full");
		return WH_EFULL;
	}
	ask = ask_make(fetch, request, method);
	if (ask == NULL)
		return WH_ENOMEM;
	err = target_read(&target, ask->transfer.url, &why);
	allowed = err == WH_OK && fetch_is_allowed(fetch, &target);
	if (err == WH_OK)
		err = fetch_permit(fetch, &target, allowed, &why);
	if (err == WH_OK)
		err = ask_headers(ask, request->headers);
	if (err == WH_OK) {
		ask->timer = wh_timer_start(fetch->host, ask->until_ms - ask->asked_ms, 0, fetch_late, ask->id);
		err = ask->timer != 0 ? WH_OK : WH_ENOMEM;
	}
	if (err != WH_OK) {
		if (err == WH_EPERM)
			fetch_count(fetch, "refused");
		ask_free(fetch, ask);
		return err;
	}
	ask->host = host;
	ask->done = done;
	ask->self = self;
	ask->cookie = cookie;
	ask->transfer.allowed = allowed;
	ask->transfer.proxy = allowed ? NULL : fetch->proxy;
	queue_add(&fetch->waiting, ask);
	fetch_pump(fetch);
	return WH_OK;
}

static void
fetch_forget(struct wh_fetch *fetch, const struct wh_host *host)
{
	struct fetch_ask *next;

	for (struct fetch_ask *ask = fetch->waiting.first; ask != NULL; ask = next) {
		next = ask->next;
		if (ask->host != host)
			continue;
		queue_remove(&fetch->waiting, ask);
		ask->done = NULL;
		ask_finish(fetch, ask);
	}
	for (struct fetch_ask *ask = fetch->running.first; ask != NULL; ask = ask->next) {
		if (ask->host != host)
			continue;
		ask->done = NULL;
		atomic_store(&ask->transfer.cancelled, true);
	}
	fetch_gauge(fetch);
}

static enum wh_err
fetch_open_origins(struct wh_fetch *fetch, const struct wh_conf *conf)
{
	size_t n = wh_conf_count(conf, "allow");
	struct target target;
	const char *why;

	if (n == 0)
		return WH_OK;
	fetch->allow = wh_new(fetch->host, n * sizeof *fetch->allow);
	if (fetch->allow == NULL)
		return WH_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char text[TARGET_ORIGIN];
		enum wh_err err;

		snprintf(text, sizeof text, "%.*s", WH_FMT(wh_conf_item(conf, "allow", i)));
		err = target_read_origin(&target, text, &why);
		if (err != WH_OK) {
			wh_host_log(fetch->host, WH_ERROR, "fetch_bad_origin", WH_T("allow", text), WH_T("why", why));
			return err;
		}
		memcpy(fetch->allow[fetch->n_allow++], target.origin, sizeof target.origin);
	}
	return WH_OK;
}

/* NULL when the setting is empty; `*err_inout` tells of no memory. */
static char *
fetch_open_text(struct wh_fetch *fetch, const struct wh_conf *conf, const char *key, enum wh_err *err_inout)
{
	struct wh_str text = wh_conf_str(conf, key);
	char *copy;

	if (text.n == 0 || *err_inout != WH_OK)
		return NULL;
	copy = wh_new(fetch->host, text.n + 1);
	if (copy == NULL)
		*err_inout = WH_ENOMEM;
	else
		memcpy(copy, text.p, text.n);
	return copy;
}

static void
fetch_close(void *self)
{
	struct wh_fetch *fetch = self;
	struct fetch_ask *ask;

	while ((ask = fetch->waiting.first) != NULL) {
		queue_remove(&fetch->waiting, ask);
		ask_free(fetch, ask);
	}
	while (fetch->n_idle != 0)
		curl_easy_cleanup(fetch->idle[--fetch->n_idle]);
	wh_delete(fetch->host, fetch->allow);
	wh_delete(fetch->host, fetch->ca_file);
	wh_delete(fetch->host, fetch->proxy);
	wh_delete(fetch->host, fetch);
	curl_global_cleanup();
}

static enum wh_err
fetch_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct wh_fetch *fetch = wh_new(host, sizeof *fetch);
	enum wh_err err;

	if (fetch == NULL)
		return WH_ENOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		wh_delete(host, fetch);
		return WH_ENOMEM;
	}
	fetch->host = host;
	fetch->waiting.end = &fetch->waiting.first;
	fetch->running.end = &fetch->running.first;
	fetch->running_max = (size_t)wh_conf_int(conf, "running");
	fetch->waiting_max = (size_t)wh_conf_int(conf, "waiting");
	err = fetch_open_origins(fetch, conf);
	fetch->ca_file = fetch_open_text(fetch, conf, "ca_file", &err);
	fetch->proxy = fetch_open_text(fetch, conf, "proxy", &err);
	if (err != WH_OK) {
		fetch_close(fetch);
		return err;
	}
	*self_out = fetch;
	return WH_OK;
}

static const struct wh_setting fetch_settings[] = {
	{ "allow", WH_STRINGS, .file_only = true, .max = "64", .help = "origins that may be asked wherever they lead, such as http://127.0.0.1:9000" },
	{ "running", WH_INT, .def = "2", .min = "1", .max = "16", .help = "requests at once; each takes one of hub.job_threads" },
	{ "waiting", WH_INT, .def = "256", .min = "1", .max = "10000", .help = "requests that wait for their turn; more are refused" },
	{ "ca_file", WH_STRING, .file_only = true, .max = "4096", .help = "certificates to trust instead of the system's, PEM" },
	{ "proxy", WH_STRING, .file_only = true, .max = "1024", .help = "http://host:port or socks5h://host:port for all but allowed origins" },
	{ 0 }
};

static const struct wh_fetch_ops fetch_ops = { fetch_start, fetch_forget };

static const struct wh_service fetch_offers[] = {
	{ "fetch", WH_FETCH_VERSION, &fetch_ops },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("fetch", "1.0", "outgoing HTTP for other plugins"),
	.settings = fetch_settings,
	.metrics = fetch_metrics,
	.offers = fetch_offers,
	.open = fetch_open,
	.close = fetch_close,
};
