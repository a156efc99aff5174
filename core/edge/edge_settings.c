/* The table of an edge's settings and how it becomes struct edge_settings. Rules that no table can say stand in settings_check. */
#include "edge/edge_settings.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "base/conf.h"
#include "edge/heartbeat_wheel.h"

static const struct wh_setting certificate_settings[] = {
	{ "certificate", WH_STRING, .choices = WH_CONF_FILE, .required = true, .help = "file with the certificate and its chain, PEM" },
	{ "key", WH_STRING, .choices = WH_CONF_FILE, .required = true, .help = "file with the private key, PEM, without a passphrase" },
	{ 0 }
};
static const struct wh_setting listener_tls_settings[] = {
	{ "certificates", WH_TABLES, .table = certificate_settings, .help = "one for each set of names; the first is the default" },
	{ "client_certificates", WH_CHOICE, .def = "off", .choices = "off|optional|required",
	  .help = "ask clients for a certificate; its fingerprint goes to the hub, nobody's signature is checked" },
	{ 0 }
};
static const struct wh_setting listener_settings[] = {
	{ "name", WH_STRING, .required = true, .min = "1", .max = "31", .help = "shown in metrics and logs" },
	{ "address", WH_STRING, .required = true, .help = "\"127.0.0.1:8080\", \":8080\" or \"unix:/path\"" },
	{ "protocol", WH_CHOICE, .def = "http", .choices = "http|line", .help = "http has WebSocket too" },
	{ "dialect", WH_STRING, .def = "", .help = "how sessions of a line listener speak" },
	{ "tls", WH_TABLE, .table = listener_tls_settings, .help = "when given, the listener speaks TLS" },
	{ "proxy", WH_CHOICE, .def = "off", .choices = "off|v1|v2|any", .help = "trusted peers begin with a PROXY header" },
	{ "forwarded", WH_CHOICE, .def = "off", .choices = "off|forwarded|x-forwarded-for",
	  .help = "which header of trusted peers names the client" },
	{ "trusted", WH_NETWORKS, .help = "networks of the proxies whose word counts" },
	/* These three are for the keeper, which opens the sockets: see core/keeper/listeners.c. */
	{ "mode", WH_STRING, .def = "0666", .help = "of a Unix socket: who may connect, as an octal mode" },
	{ "backlog", WH_INT, .def = "4096", .min = "1", .max = "65535", .help = "connections that wait in the kernel to be accepted" },
	{ "freebind", WH_BOOL, .def = "false", .help = "listen also while no interface has the address yet" },
	{ 0 }
};
static const struct wh_setting limits_settings[] = {
	{ "connections", WH_INT, .def = "100000", .min = "1", .max = "1000000", .help = "connections of one edge" },
	{ "per_address", WH_INT, .def = "64", .min = "1", .max = "1000000", .help = "connections of one address (IPv6: /64), in one edge" },
	{ "groups", WH_INT, .def = "256", .min = "1", .max = "1024", .help = "groups that one connection is a member of" },
	{ "handshakes", WH_INT, .def = "256", .min = "1", .max = "100000", .help = "TLS handshakes under way at once" },
	{ "accept_rate", WH_RATE, .help = "connections accepted; more wait in the kernel. Not given: as fast as they come" },
	{ "accept_rate_per_address", WH_RATE, .help = "connections of one address; more are refused" },
	{ "messages", WH_RATE, .def = "20/s burst 60", .help = "messages of one connection; more are read later" },
	{ "bytes", WH_RATE, .def = "65536/s burst 262144", .help = "bytes of one WebSocket or line connection; more are read later" },
	{ "requests", WH_RATE, .help = "HTTP requests of one connection; more are read later" },
	{ "flood", WH_DURATION, .def = "30s", .max = "1h", .help = "a client above its rates for so long is closed; 0: never" },
	{ "queue", WH_SIZE, .def = "256KiB", .min = "4KiB", .max = "256MiB", .help = "bytes that wait for one client; a slower one is closed" },
	{ "deny", WH_NETWORKS, .help = "networks that are refused at once" },
	{ 0 }
};
static const struct wh_setting http_settings[] = {
	{ "line_max", WH_SIZE, .def = "8KiB", .min = "256", .max = "32KiB", .help = "bytes of a request line" },
	{ "header_max", WH_SIZE, .def = "16KiB", .min = "1KiB", .max = "60KiB", .help = "bytes of a request's head" },
	{ "headers_max", WH_INT, .def = "100", .min = "8", .max = "128", .help = "header lines of a request" },
	{ "body_max", WH_SIZE, .def = "1MiB", .max = "64MiB", .help = "bytes of a request's body" },
	{ "body_rate", WH_SIZE, .def = "500", .max = "1GB", .help = "bytes a second that a body must come in with, after 5 s" },
	{ "queue", WH_SIZE, .def = "4MiB", .min = "64KiB", .max = "256MiB", .help = "bytes of an answer that wait for one client" },
	{ "header_timeout", WH_DURATION, .def = "10s", .min = "1s", .max = "10m", .help = "for a whole head" },
	{ "body_timeout", WH_DURATION, .def = "60s", .min = "1s", .max = "1h", .help = "for a whole body" },
	{ "idle_timeout", WH_DURATION, .def = "75s", .min = "1s", .max = "1h", .help = "between two requests" },
	{ "answer_timeout", WH_DURATION, .def = "60s", .min = "1s", .max = "1h", .help = "for the hub's answer: 504 after it" },
	{ "write_timeout", WH_DURATION, .def = "60s", .min = "1s", .max = "1h", .help = "a client that takes nothing for so long is closed" },
	{ "hub_wait", WH_DURATION, .def = "5s", .max = "1m", .help = "how long a request is held while the hub is away: 503 after it" },
	{ "origins", WH_STRINGS, .help = "origins whose scripts may ask (CORS), exactly as browsers say them" },
	{ "credentials", WH_BOOL, .def = "false", .help = "those scripts may send cookies" },
	{ "cors_max_age", WH_DURATION, .def = "10m", .max = "1d", .help = "how long browsers keep a preflight's answer" },
	{ 0 }
};
static const struct wh_setting websocket_settings[] = {
	{ "message_max", WH_SIZE, .def = "64KiB", .min = "125", .max = "16MiB", .help = "bytes of a message, inflated" },
	{ "frames_max", WH_INT, .def = "1024", .min = "1", .max = "1000000", .help = "frames of a message" },
	{ "ping", WH_DURATION, .def = "30s", .min = "1s", .max = "1h", .help = "time between two pings" },
	{ "dead_after", WH_DURATION, .def = "10s", .min = "250ms", .max = "1h", .help = "a ping without a pong for so long is a dead client" },
	{ "close_timeout", WH_DURATION, .def = "5s", .min = "250ms", .max = "1m", .help = "for the other side's close" },
	{ "deflate", WH_BOOL, .def = "true", .help = "agree to permessage-deflate" },
	{ "deflate_level", WH_INT, .def = "3", .min = "1", .max = "9" },
	{ "deflate_min", WH_SIZE, .def = "256", .max = "1MiB", .help = "shorter messages go out as they are" },
	{ "origins", WH_STRINGS, .help = "origins whose scripts may connect, besides the own host; \"*\": all" },
	{ "same_host", WH_BOOL, .def = "true", .help = "scripts of the host that they connect to may connect" },
	{ "origin_required", WH_BOOL, .def = "false", .help = "refuse clients that are no browser" },
	{ 0 }
};
static const struct wh_setting line_settings[] = {
	{ "body_max", WH_SIZE, .def = "512", .min = "64", .max = "16KiB", .help = "bytes of a line with its end, tags not counted" },
	{ "tags_max", WH_SIZE, .def = "8191", .max = "16KiB", .help = "bytes of a line's tags" },
	{ "idle_timeout", WH_DURATION, .def = "5m", .min = "1s", .max = "1d", .help = "a client that says nothing for so long is closed" },
	{ 0 }
};
static const struct wh_setting tls_settings[] = {
	{ "handshake_timeout", WH_DURATION, .def = "10s", .min = "1s", .max = "1m", .help = "for a TLS handshake or a PROXY header" },
	{ "tickets", WH_DURATION, .def = "12h", .min = "1m", .max = "7d", .help = "how long a key for session tickets is used" },
	{ "minimum", WH_CHOICE, .def = "1.2", .choices = "1.2|1.3", .help = "the oldest version of TLS" },
	{ "ciphers", WH_STRING, .def = "ECDHE+AESGCM:ECDHE+CHACHA20", .help = "for TLS 1.2, in OpenSSL's words" },
	{ "ciphersuites", WH_STRING, .def = "", .help = "for TLS 1.3; empty: OpenSSL's own" },
	/* These two are for the keeper: see core/keeper/certificates.c. */
	{ "watch", WH_DURATION, .def = "1m", .max = "1d",
	  .help = "renewed certificates are taken by themselves: files are looked at when they change, and so often besides; 0: at a reload only" },
	{ "expiry_warning", WH_DURATION, .def = "14d", .max = "365d", .help = "from then on before a certificate's end the log warns once a day; 0: never" },
	{ 0 }
};
const struct wh_setting edge_root_settings[] = {
	{ "listeners", WH_TABLES, .table = listener_settings, .help = "where clients come in" },
	{ "limits", WH_TABLE, .table = limits_settings, .help = "what one client, or all together, may take" },
	{ "http", WH_TABLE, .table = http_settings },
	{ "websocket", WH_TABLE, .table = websocket_settings },
	{ "line", WH_TABLE, .table = line_settings, .help = "the line protocol, as IRC speaks it" },
	{ "tls", WH_TABLE, .table = tls_settings },
	{ 0 }
};

static uint32_t
conf_u32(const struct wh_conf *c, const char *key)
{
	return (uint32_t)wh_conf_int(c, key);
}

static enum wh_err
settings_nets(const struct wh_conf *c, const char *key, struct wh_nets *nets, struct wh_conf_errors *errors)
{
	for (size_t i = 0; i < wh_conf_count(c, key); i++)
		if (wh_nets_add(nets, wh_conf_item(c, key, i)) != WH_OK)
			wh_conf_blame(c, key, errors, "%.*s: not a network", WH_FMT(wh_conf_item(c, key, i)));
	wh_nets_seal(nets);
	return WH_OK;
}

/* A list as an array of slices into the conf. */
static struct wh_str *
settings_list(const struct wh_conf *c, const char *key, unsigned *n_out)
{
	size_t n = wh_conf_count(c, key);
	struct wh_str *list = calloc(n + 1, sizeof *list);

	*n_out = 0;
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		list[i] = wh_conf_item(c, key, i);
	*n_out = (unsigned)n;
	return list;
}

/* A rate that makes one wait. Who waits is looked at each tick: less than a tick's worth at once would be another, lower rate. */
static struct wh_flow
settings_pace(struct wh_flow flow)
{
	int64_t ticks = flow.period_ns / (HEARTBEAT_TICK_MS * INT64_C(1000000));
	struct wh_flow paced = flow;

	if (flow.tokens == 0 || ticks <= 0)
		return flow;
	paced.burst = flow.tokens / ticks + (flow.tokens % ticks != 0);
	return paced.burst > flow.burst && wh_flow_valid(paced) ? paced : flow;
}

static struct wh_flow
settings_flow(const struct wh_conf *c, const char *key, struct wh_conf_errors *errors)
{
	struct wh_flow flow = wh_flow_of(wh_conf_rate(c, key));

	if (!wh_flow_valid(flow))
		wh_conf_blame(c, key, errors, "%s: the burst is too large for so long a period", key);
	return flow;
}

/* The bytes of a file that the snapshot kept, copied: the snapshot goes, the settings stay. */
static struct wh_str
settings_blob(struct edge_settings *s, const struct wh_snapshot *snap, const struct wh_conf *c, const char *key,
    struct wh_conf_errors *errors)
{
	struct wh_str name = wh_conf_str(c, key), kept, copy = { 0 };
	struct wh_str *blobs;
	char *p;

	/* The checker and a hub read without the files: then there is nothing to hold, and nothing to blame. */
	if (!wh_snapshot_kept(snap, name, &kept))
		return copy;
	blobs = realloc(s->blobs, (s->blobs_n + 1) * sizeof *blobs);
	if (blobs != NULL)
		s->blobs = blobs;
	p = malloc(kept.n + 1);
	if (blobs == NULL || p == NULL) {
		free(p);
		wh_conf_blame(c, key, errors, "out of memory");
		return copy;
	}
	memcpy(p, kept.p, kept.n);
	p[kept.n] = '\0';
	copy = (struct wh_str){ p, kept.n };
	s->blobs[s->blobs_n++] = copy;
	return copy;
}

static void
settings_listener(struct edge_settings *s, const struct wh_snapshot *snap, const struct wh_conf *c, struct wh_conf_errors *errors)
{
	struct edge_listener_settings *l = &s->listeners[s->listeners_n++];
	struct wh_str forwarded = wh_conf_str(c, "forwarded"), proxy = wh_conf_str(c, "proxy");

	/* That name and address are good and nobody else's is for the keeper to say, who opens the sockets. */
	l->name = wh_conf_str(c, "name").p;
	l->address = wh_conf_str(c, "address");
	l->dialect = wh_conf_str(c, "dialect");
	l->protocol = wh_str_is(wh_conf_str(c, "protocol"), "line") ? EDGE_LINE : EDGE_HTTP;
	l->proxy = wh_str_is(proxy, "v1") ? EDGE_PROXY_V1 : wh_str_is(proxy, "v2") ? EDGE_PROXY_V2 :
	    wh_str_is(proxy, "any") ? EDGE_PROXY_ANY : EDGE_PROXY_OFF;
	l->forwarded = wh_str_is(forwarded, "forwarded");
	l->x_forwarded = wh_str_is(forwarded, "x-forwarded-for");
	settings_nets(c, "trusted", &l->trusted, errors);
	if ((l->proxy != EDGE_PROXY_OFF || l->forwarded || l->x_forwarded) && l->trusted.n == 0)
		wh_conf_blame(c, "trusted", errors, "%s: whose word is to count? Name the proxies' networks in `trusted`", l->name);
	if (wh_conf_count(c, "tls") == 0)
		return;

	const struct wh_conf *tls = wh_conf_table(c, "tls", 0);
	size_t n = wh_conf_count(tls, "certificates");
	struct wh_str mode = wh_conf_str(tls, "client_certificates");

	l->tls = true;
	l->client_certificates = wh_str_is(mode, "required") ? EDGE_CERTIFICATE_REQUIRED :
	    wh_str_is(mode, "optional") ? EDGE_CERTIFICATE_OPTIONAL : EDGE_CERTIFICATE_OFF;
	if (n == 0)
		wh_conf_blame(tls, NULL, errors, "%s: TLS needs a certificate", l->name);
	l->certificates = calloc(n + 1, sizeof *l->certificates);
	for (size_t i = 0; i < n && l->certificates != NULL; i++) {
		const struct wh_conf *one = wh_conf_table(tls, "certificates", i);

		l->certificates[i].certificate = settings_blob(s, snap, one, "certificate", errors);
		l->certificates[i].key = settings_blob(s, snap, one, "key", errors);
		l->certificates_n++;
	}
}

/* What session tickets' keys are derived from. All edges have the same snapshot, so they agree without a word: a secret
 * that the keeper keeps in it, or the hash of all private keys, which is as secret as they are. */
static void
settings_ticket_secret(struct edge_settings *s, const struct wh_snapshot *snap)
{
	struct wh_str kept;
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool ok = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;

	if (ok && wh_snapshot_kept(snap, WH_STR("ticket-secret"), &kept))
		ok = EVP_DigestUpdate(hash, kept.p, kept.n) == 1;
	for (size_t i = 0; ok && i < s->listeners_n; i++)
		for (size_t k = 0; ok && k < s->listeners[i].certificates_n; k++)
			ok = EVP_DigestUpdate(hash, s->listeners[i].certificates[k].key.p, s->listeners[i].certificates[k].key.n) == 1;
	if (!ok || EVP_DigestFinal_ex(hash, s->tls.ticket_secret, NULL) != 1)
		memset(s->tls.ticket_secret, 0, sizeof s->tls.ticket_secret);	/* tls.c issues no tickets then */
	EVP_MD_CTX_free(hash);
}

static void
settings_limits(struct edge_settings *s, const struct wh_conf *c, struct wh_conf_errors *errors)
{
	s->limits.connections = conf_u32(c, "connections");
	s->limits.per_address = conf_u32(c, "per_address");
	s->limits.groups = conf_u32(c, "groups");
	s->limits.handshakes = conf_u32(c, "handshakes");
	s->limits.queue = conf_u32(c, "queue");
	s->limits.accept = settings_pace(settings_flow(c, "accept_rate", errors));
	s->limits.accept_address = settings_flow(c, "accept_rate_per_address", errors);
	s->limits.messages = settings_pace(settings_flow(c, "messages", errors));
	s->limits.bytes = settings_pace(settings_flow(c, "bytes", errors));
	s->limits.requests = settings_pace(settings_flow(c, "requests", errors));
	s->limits.flood_ms = wh_conf_ms(c, "flood");
	settings_nets(c, "deny", &s->limits.deny, errors);
}

static void
settings_http(struct edge_settings *s, const struct wh_conf *c)
{
	s->http.line_max = conf_u32(c, "line_max");
	s->http.head_max = conf_u32(c, "header_max");
	s->http.headers_max = conf_u32(c, "headers_max");
	s->http.body_max = conf_u32(c, "body_max");
	s->http.body_rate = conf_u32(c, "body_rate");
	s->http.queue = conf_u32(c, "queue");
	s->http.head_ms = wh_conf_ms(c, "header_timeout");
	s->http.body_ms = wh_conf_ms(c, "body_timeout");
	s->http.idle_ms = wh_conf_ms(c, "idle_timeout");
	s->http.answer_ms = wh_conf_ms(c, "answer_timeout");
	s->http.write_ms = wh_conf_ms(c, "write_timeout");
	s->http.hub_wait_ms = wh_conf_ms(c, "hub_wait");
	s->http.origins = settings_list(c, "origins", &s->http.origins_n);
	s->http.credentials = wh_conf_bool(c, "credentials");
	s->http.cors_max_age = (uint32_t)(wh_conf_ms(c, "cors_max_age") / 1000);
}

static void
settings_websocket(struct edge_settings *s, const struct wh_conf *c)
{
	s->websocket.message_max = conf_u32(c, "message_max");
	s->websocket.frames_max = conf_u32(c, "frames_max");
	s->websocket.ping_ms = wh_conf_ms(c, "ping");
	s->websocket.dead_ms = wh_conf_ms(c, "dead_after");
	s->websocket.close_ms = wh_conf_ms(c, "close_timeout");
	s->websocket.deflate = wh_conf_bool(c, "deflate");
	s->websocket.deflate_level = (int)wh_conf_int(c, "deflate_level");
	s->websocket.deflate_min = conf_u32(c, "deflate_min");
	s->websocket.same_host = wh_conf_bool(c, "same_host");
	s->websocket.origin_required = wh_conf_bool(c, "origin_required");
	s->websocket.origins = settings_list(c, "origins", &s->websocket.origins_n);
	for (unsigned i = 0; i < s->websocket.origins_n; i++)
		if (wh_str_is(s->websocket.origins[i], "*"))
			s->websocket.origin_any = true;
}

enum wh_err
edge_settings_read(const struct wh_snapshot *snap, struct wh_conf_errors *errors, struct edge_settings **out)
{
	struct edge_settings *s = calloc(1, sizeof *s);
	const struct wh_conf *c;
	enum wh_err err;

	*out = NULL;
	if (s == NULL)
		return WH_ENOMEM;
	s->refs = 1;
	err = wh_conf_of_snapshot(snap, edge_root_settings, WH_CONF_PART, errors, &s->conf);
	if (err != WH_OK)
		goto fail;
	c = s->conf;
	if (wh_conf_count(c, "listeners") > WH_EDGE_LISTENERS_MAX)
		wh_conf_blame(c, "listeners", errors, "more than %d listeners", WH_EDGE_LISTENERS_MAX);
	for (size_t i = 0; i < wh_conf_count(c, "listeners") && i < WH_EDGE_LISTENERS_MAX; i++)
		settings_listener(s, snap, wh_conf_table(c, "listeners", i), errors);
	settings_ticket_secret(s, snap);
	settings_limits(s, wh_conf_table(c, "limits", 0), errors);
	settings_http(s, wh_conf_table(c, "http", 0));
	settings_websocket(s, wh_conf_table(c, "websocket", 0));

	const struct wh_conf *line = wh_conf_table(c, "line", 0), *tls = wh_conf_table(c, "tls", 0);

	s->line.body_max = conf_u32(line, "body_max");
	s->line.tags_max = conf_u32(line, "tags_max");
	s->line.idle_ms = wh_conf_ms(line, "idle_timeout");
	s->tls.handshake_ms = wh_conf_ms(tls, "handshake_timeout");
	s->tls.ticket_ms = wh_conf_ms(tls, "tickets");
	s->tls.v1_2 = wh_str_is(wh_conf_str(tls, "minimum"), "1.2");
	s->tls.ciphers = wh_conf_str(tls, "ciphers");
	s->tls.ciphersuites = wh_conf_str(tls, "ciphersuites");
	if (wh_conf_errors_any(errors))
		err = WH_EINVAL;
	else if (s->http.origins == NULL || s->websocket.origins == NULL)
		err = WH_ENOMEM;
	if (err != WH_OK)
		goto fail;
	*out = s;
	return WH_OK;
fail:
	edge_settings_drop(&s);
	return err;
}

struct edge_settings *
edge_settings_hold(struct edge_settings *s)
{
	s->refs++;
	return s;
}

void
edge_settings_drop(struct edge_settings **settings)
{
	struct edge_settings *s = *settings;

	*settings = NULL;
	if (s == NULL || --s->refs != 0)
		return;
	for (size_t i = 0; i < s->listeners_n; i++) {
		wh_nets_free(&s->listeners[i].trusted);
		free(s->listeners[i].certificates);
	}
	for (size_t i = 0; i < s->blobs_n; i++) {
		explicit_bzero((char *)(uintptr_t)s->blobs[i].p, s->blobs[i].n);
		free((char *)(uintptr_t)s->blobs[i].p);
	}
	free(s->blobs);
	wh_nets_free(&s->limits.deny);
	free(s->http.origins);
	free(s->websocket.origins);
	if (s->conf != NULL)
		wh_conf_free(&s->conf);
	explicit_bzero(s->tls.ticket_secret, sizeof s->tls.ticket_secret);
	free(s);
}
