/* ICE servers: which TURN servers a client is given, with which credentials, and how they are. A client gets two: of its region first, those that
 * are well, and of these the ones that were given least for their weight. Credentials are for those in a call, for minutes. */
#include <stdio.h>

#include "signaling.h"

/* "turn:HOST:PORT?transport=tcp", "turns:[ADDRESS]". False: it is none. */
static bool
url_read(struct server_url *u, struct wh_str text)
{
	bool tls = wh_str_starts(text, WH_STR("turns:"));
	struct wh_str at = wh_str_from(text, tls ? 6 : 5), transport = WH_STR("");
	const char *query = at.n != 0 ? memchr(at.p, '?', at.n) : NULL, *colon, *end, *close = NULL;

	*u = (struct server_url){ .by = tls ? WIRE_TLS : WIRE_UDP };
	if (text.n >= sizeof u->text || (!tls && !wh_str_starts(text, WH_STR("turn:"))))
		return false;
	snprintf(u->text, sizeof u->text, "%.*s", WH_FMT(text));
	if (query != NULL) {
		transport = (struct wh_str){ query + 1, (size_t)(at.p + at.n - query - 1) };
		at.n = (size_t)(query - at.p);
	}
	if (at.n != 0 && at.p[0] == '[' && (close = memchr(at.p, ']', at.n)) == NULL)
		return false;
	/* TLS over datagrams can be given to clients, but not asked. */
	if (tls && wh_str_is(transport, "transport=udp"))
		return at.n != 0;
	if (wh_str_is(transport, "transport=tcp") && !tls)
		u->by = WIRE_TCP;
	end = at.p + at.n;
	if (close != NULL) {
		colon = close + 1 < end && close[1] == ':' ? close + 1 : NULL;
		snprintf(u->host, sizeof u->host, "%.*s", (int)(close - at.p - 1), at.p + 1);
	} else {
		colon = at.n != 0 ? memchr(at.p, ':', at.n) : NULL;
		snprintf(u->host, sizeof u->host, "%.*s", (int)((colon != NULL ? colon : end) - at.p), at.p);
	}
	snprintf(u->port, sizeof u->port, "%.*s", colon != NULL ? (int)(end - colon - 1) : 4, colon != NULL ? colon + 1 : tls ? "5349" : "3478");
	return u->host[0] != '\0';
}

/* A secret as it is, or "file:PATH", of which the first line counts. */
static bool
secret_read(struct wh_str text, char out[TURN_SECRET + 1])
{
	char path[512];
	FILE *f;
	bool ok;

	if (!wh_str_starts(text, WH_STR("file:"))) {
		snprintf(out, TURN_SECRET + 1, "%.*s", WH_FMT(text));
		return text.n != 0 && text.n <= TURN_SECRET;
	}
	snprintf(path, sizeof path, "%.*s", WH_FMT(wh_str_from(text, 5)));
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	ok = fgets(out, TURN_SECRET + 1, f) != NULL;
	fclose(f);
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	return ok && out[0] != '\0';
}

static bool
server_read(struct signaling *x, struct server *s, const struct wh_conf *c)
{
	*s = (struct server){ .weight = wh_conf_int(c, "weight") };
	snprintf(s->name, sizeof s->name, "%.*s", WH_FMT(wh_conf_str(c, "name")));
	snprintf(s->region, sizeof s->region, "%.*s", WH_FMT(wh_conf_str(c, "region")));
	for (size_t i = 0; i < wh_conf_count(c, "urls"); i++) {
		struct wh_str url = wh_conf_item(c, "urls", i);

		if (s->n_urls == URLS || !url_read(&s->urls[s->n_urls++], url)) {
			wh_host_log(x->host, WH_ERROR, "turn_url_refused", WH_T("server", s->name), WH_S("url", url),
			    WH_T("why", "up to 4, turn:HOST:PORT?transport=udp or turns:HOST:PORT"));
			return false;
		}
	}
	for (size_t i = 0; i < wh_conf_count(c, "secrets"); i++)
		if (i == 2 || !secret_read(wh_conf_item(c, "secrets", i), s->secrets[s->n_secrets++])) {
			wh_host_log(x->host, WH_ERROR, "turn_secret_refused", WH_T("server", s->name), WH_T("why", "one or two, of up to 128 bytes, or file:PATH"));
			return false;
		}
	if (s->n_secrets == 0 || s->n_urls == 0)
		wh_host_log(x->host, WH_ERROR, "turn_server_refused", WH_T("server", s->name), WH_T("why", "it needs urls and secrets"));
	return s->n_secrets != 0 && s->n_urls != 0;
}

/* What is known of a server that stays is kept. */
static void
server_keep(struct server *s, const struct server *old)
{
	s->shown = old->shown;
	s->minute = old->minute;
	memcpy(s->given, old->given, sizeof old->given);
	for (unsigned i = 0; i < s->n_urls; i++)
		for (unsigned k = 0; k < old->n_urls; k++)
			if (strcmp(s->urls[i].text, old->urls[k].text) == 0)
				s->urls[i] = old->urls[k];
}

bool
servers_read(struct signaling *x, const struct wh_conf *conf)
{
	struct server read[SERVERS];
	size_t n = wh_conf_count(conf, "turn");

	if (n > SERVERS || wh_conf_count(conf, "stun") > URLS) {
		wh_host_log(x->host, WH_ERROR, "turn_servers_refused", WH_T("why", "16 TURN servers and 4 STUN servers at most"));
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!server_read(x, &read[i], wh_conf_table(conf, "turn", i)))
			return false;
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < x->n_servers; k++)
			if (strcmp(x->servers[k].name, read[i].name) == 0)
				server_keep(&read[i], &x->servers[k]);
	memcpy(x->servers, read, n * sizeof read[0]);
	x->n_servers = (unsigned)n;
	x->servers_epoch++;
	x->n_stun = 0;
	for (size_t i = 0; i < wh_conf_count(conf, "stun"); i++)
		snprintf(x->stun[x->n_stun++], sizeof x->stun[0], "%.*s", WH_FMT(wh_conf_item(conf, "stun", i)));
	return true;
}

/* Credentials that it was given in the last minutes, for its weight. */
static double
server_load(struct server *s, int64_t minute)
{
	uint64_t sum = 0;

	for (; s->minute < minute && minute - s->minute < LOAD_MINUTES; s->minute++)
		s->given[(s->minute + 1) % LOAD_MINUTES] = 0;
	if (s->minute < minute) {
		memset(s->given, 0, sizeof s->given);
		s->minute = minute;
	}
	for (unsigned i = 0; i < LOAD_MINUTES; i++)
		sum += s->given[i];
	return (double)sum / (double)s->weight;
}

/* Well, if it can be reached in some way; unwell, if in none. */
static enum server_state
server_state(const struct server *s)
{
	unsigned unwell = 0;

	for (unsigned i = 0; i < s->n_urls; i++) {
		if (s->urls[i].state == SERVER_WELL)
			return SERVER_WELL;
		unwell += s->urls[i].state == SERVER_UNWELL;
	}
	return unwell == s->n_urls ? SERVER_UNWELL : SERVER_UNKNOWN;
}

/* Lower is better; the load decides among equals. */
static unsigned
server_rank(const struct server *s, struct wh_str region)
{
	enum server_state state = server_state(s);
	unsigned rank = state == SERVER_UNWELL ? 4 : 0;

	if (region.n != 0 && !wh_str_is(region, s->region))
		rank += 2;
	return rank + (state == SERVER_UNKNOWN);
}

/* The best that is not `but`. */
static struct server *
server_pick(struct signaling *x, struct wh_str region, const struct server *but)
{
	int64_t minute = wh_now_ms(x->host) / 60000;
	struct server *best = NULL;

	for (unsigned i = 0; i < x->n_servers; i++) {
		struct server *s = &x->servers[i];
		unsigned rank = server_rank(s, region), least = best != NULL ? server_rank(best, region) : 99;

		if (s != but && (rank < least || (rank == least && best != NULL && server_load(s, minute) < server_load(best, minute))))
			best = s;
	}
	return best;
}

static void
reply_server(struct signaling *x, struct wh_call *call, struct server *s, int64_t expires)
{
	struct wh_json *reply = wh_reply(call);
	struct wh_str secret = wh_str(s->secrets[s->secret]);
	char username[TURN_USER + 1], password[TURN_PASSWORD + 1], user[17];

	if (!turn_pseudonym(secret, wh_session_identity(x->host, wh_call_session(call))->id, user) ||
	    !turn_credentials(secret, expires, wh_str(user), username, password))
		return;
	wh_json_object(reply, NULL);
	wh_json_array(reply, "urls");
	/* A way that does not work is left out where another may. */
	for (unsigned i = 0; i < s->n_urls; i++)
		if (s->urls[i].state != SERVER_UNWELL || server_state(s) == SERVER_UNWELL)
			wh_json_text(reply, NULL, s->urls[i].text);
	wh_json_end(reply);
	wh_json_text(reply, "username", username);
	wh_json_text(reply, "credential", password);
	wh_json_end(reply);
	server_load(s, wh_now_ms(x->host) / 60000);
	s->given[s->minute % LOAD_MINUTES]++;
	wh_metric_add_for(x->host, &signaling_metrics[M_CREDENTIALS], wh_str(s->name), 1);
}

enum wh_err
ice_servers(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct wh_session *session = wh_call_session(call);
	struct wh_room *room = signaling_room(x, session, wh_arg_str(call, "room"));
	struct seat *seat = room != NULL ? seat_of(call_find(x, wh_room_name(x->host, room)), wh_session_id(x->host, session)) : NULL;
	struct wh_str region = wh_arg_str(call, "region");
	int64_t expires = (wh_wall_ms(x->host) + x->ttl_ms) / 1000;
	struct wh_json *reply = wh_reply(call);
	struct server *first, *second;
	bool relay;

	if (seat == NULL)
		return wh_fail(call, WH_ENOENT, "you are in no call there: call.join");
	relay = signaling_matched(x, seat->call->key).relay_only;
	first = server_pick(x, region, NULL);
	second = server_pick(x, region, first);
	wh_json_array(reply, "servers");
	if (x->n_stun != 0 && !relay) {
		wh_json_object(reply, NULL);
		wh_json_array(reply, "urls");
		for (unsigned i = 0; i < x->n_stun; i++)
			wh_json_text(reply, NULL, x->stun[i]);
		wh_json_end(reply);
		wh_json_end(reply);
	}
	if (first != NULL)
		reply_server(x, call, first, expires);
	if (second != NULL)
		reply_server(x, call, second, expires);
	wh_json_end(reply);
	wh_json_int(reply, "ttl", x->ttl_ms / 1000);
	wh_json_text(reply, "policy", relay ? "relay" : "all");
	return WH_OK;
}

static const char *const states[] = { "unknown", "well", "unwell" };

static void
reply_urls(struct wh_json *reply, const struct server *s)
{
	wh_json_array(reply, "urls");
	for (unsigned i = 0; i < s->n_urls; i++) {
		wh_json_object(reply, NULL);
		wh_json_text(reply, "url", s->urls[i].text);
		wh_json_text(reply, "state", states[s->urls[i].state]);
		if (s->urls[i].state == SERVER_UNWELL)
			wh_json_text(reply, "why", s->urls[i].why);
		wh_json_end(reply);
	}
	wh_json_end(reply);
}

/* How they are, for operators. */
enum wh_err
ice_status(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct wh_json *reply = wh_reply(call);

	wh_json_array(reply, "servers");
	for (unsigned i = 0; i < x->n_servers; i++) {
		struct server *s = &x->servers[i];

		wh_json_object(reply, NULL);
		wh_json_text(reply, "name", s->name);
		wh_json_text(reply, "region", s->region);
		wh_json_text(reply, "state", states[server_state(s)]);
		reply_urls(reply, s);
		wh_json_int(reply, "weight", s->weight);
		wh_json_num(reply, "load", server_load(s, wh_now_ms(x->host) / 60000));
		wh_json_uint(reply, "secret", s->secret + 1);
		wh_json_end(reply);
	}
	wh_json_end(reply);
	return WH_OK;
}

/* Probes */

static void
probe_work(void *request)
{
	turn_probe(request);
}

static void
probe_done(void *self, void *request)
{
	struct signaling *x = self;
	const struct turn_probe *p = request;
	struct server *s = &x->servers[p->server];
	struct server_url *u = &s->urls[p->url];

	if (p->epoch != x->servers_epoch)
		return;
	if (p->well) {
		wh_metric_took(x->host, &signaling_metrics[M_PROBE], p->took_us);
		if (u->state == SERVER_UNWELL)
			wh_host_log(x->host, WH_INFO, "turn_server_well", WH_T("server", s->name), WH_T("url", u->text));
		u->state = SERVER_WELL;
		s->secret = p->secret;
		u->failed = 0;
	} else {
		snprintf(u->why, sizeof u->why, "%s", p->why);
		if (++u->failed >= 2 && u->state != SERVER_UNWELL) {
			u->state = SERVER_UNWELL;
			wh_host_log(x->host, WH_WARN, "turn_server_unwell", WH_T("server", s->name), WH_T("url", u->text), WH_T("why", u->why));
		}
	}
	if (s->shown != (server_state(s) == SERVER_WELL)) {
		s->shown = !s->shown;
		wh_metric_add_for(x->host, &signaling_metrics[M_SERVERS], wh_str(s->name), s->shown ? 1 : -1);
	}
}

static const struct wh_job probe_job = {
	.name = "signaling.probe", .size = sizeof(struct turn_probe), .max_running = 1, .max_waiting = SERVERS * URLS * 2, .work = probe_work, .done = probe_done,
};

void
servers_probe(void *self, uint64_t cookie)
{
	struct signaling *x = self;

	(void)cookie;
	for (unsigned i = 0; i < x->n_servers; i++) {
		const struct server *s = &x->servers[i];
		struct turn_probe p = { .server = i, .epoch = x->servers_epoch, .n_secrets = s->n_secrets, .now = wh_wall_ms(x->host) / 1000 };

		memcpy(p.secrets, s->secrets, sizeof p.secrets);
		for (unsigned k = 0; k < s->n_urls; k++) {
			p.url = k;
			p.by = s->urls[k].by;
			memcpy(p.host, s->urls[k].host, sizeof p.host);
			memcpy(p.port, s->urls[k].port, sizeof p.port);
			if (p.host[0] != '\0')
				wh_job_start(x->host, &probe_job, &p);
		}
	}
}
