/* signaling: brings the members of a room together for calls from browser to browser. It passes session descriptions and candidates between those
 * who are in the call of a room, says who starts and who gives way, hands out TURN servers, and keeps strangers' addresses from each other.
 * Media never come by here. See docs/signaling.md. */
#include <stdio.h>

#include "peerjs.h"
#include "signaling.h"

const struct wh_metric signaling_metrics[] = {
	[M_CALLS] = { "whiply_signaling_calls", WH_GAUGE, .help = "Calls that somebody is in." },
	[M_SEATS] = { "whiply_signaling_seats", WH_GAUGE, .help = "Sessions in calls." },
	[M_FRAMES] = { "whiply_signaling_frames_total", WH_COUNTER, .help = "Offers, answers and lots of candidates that were passed on.", .label = "kind" },
	[M_REMOVED] = { "whiply_signaling_candidates_removed_total", WH_COUNTER, .help = "Candidates that strangers may not see of each other." },
	[M_EXPIRED] = { "whiply_signaling_expired_total", WH_COUNTER, .help = "Offers that nobody answered in time." },
	[M_CREDENTIALS] = { "whiply_signaling_credentials_total", WH_COUNTER, .help = "TURN credentials that were given out.", .label = "server" },
	[M_SERVERS] = { "whiply_signaling_turn_well", WH_GAUGE, .help = "1: the TURN server made the last relay that it was asked for.", .label = "server" },
	[M_PROBE] = { "whiply_signaling_probe_seconds", WH_HISTOGRAM, .help = "Time in which a TURN server makes a relay." },
	[M_PEERS] = { "whiply_signaling_peers", WH_GAUGE, .help = "Clients of PeerJS." },
	[M_END] = { 0 }
};

void
signaling_random(struct signaling *x, char *out, size_t n)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bytes[64];

	wh_random(x->host, bytes, n);
	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[bytes[i] & 31];
	out[n] = '\0';
}

struct wh_matched
signaling_matched(struct signaling *x, struct wh_str room)
{
	struct wh_matched match;

	if (x->matching != NULL && x->matching->of_room(x->matching_self, room, &match))
		return match;
	return (struct wh_matched){ .calls = true };
}

struct sdp_rule
signaling_rule(struct signaling *x, struct wh_str room)
{
	return (struct sdp_rule){ .relay_only = signaling_matched(x, room).relay_only, .nets = x->nets, .n_nets = x->n_nets };
}

struct wh_room *
signaling_room(struct signaling *x, struct wh_session *s, struct wh_str name)
{
	struct wh_chat_room of_chat;
	struct wh_room *room;

	if (x->chat != NULL && x->chat->room(x->chat_self, name, &of_chat))
		name = of_chat.key;
	room = wh_room_find(x->host, name);
	return room != NULL && wh_room_has(x->host, room, s) ? room : NULL;
}

/* `*` stands for any bytes. */
static bool
pattern_fits(const char *pattern, struct wh_str name)
{
	const char *star = NULL;
	size_t at = 0, again = 0;

	while (at < name.n) {
		if (*pattern == '*') {
			star = ++pattern;
			again = at;
		} else if (*pattern == name.p[at]) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star;
			at = ++again;
		} else
			return false;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

enum wh_err
signaling_may(struct signaling *x, struct wh_call *call, struct wh_room *room, struct wh_session *s)
{
	struct wh_str name = wh_room_name(x->host, room);
	bool fits = false;

	for (unsigned i = 0; i < x->n_patterns; i++)
		fits = fits || pattern_fits(x->patterns[i], name);
	if (!fits || !signaling_matched(x, name).calls)
		return wh_fail(call, WH_EPERM, "there are no calls in this room");
	if (x->rank != WH_RANK_NONE && x->chat != NULL && x->chat->rank(x->chat_self, name, s) < x->rank && !wh_session_may(x->host, s, "call.moderate"))
		return wh_fail(call, WH_EPERM, "you need a voice, or a role, in this room to call");
	return WH_OK;
}

static enum wh_err
signaling_reload(void *self, const struct wh_conf *conf)
{
	static const char *const ranks[] = { "anyone", "voice", "moderator", "owner" };
	struct signaling *x = self;
	int64_t before = x->probe_ms;

	if (!servers_read(x, conf))
		return WH_EINVAL;
	if (wh_conf_count(conf, "rooms") > PATTERNS || wh_conf_count(conf, "relays") > SDP_NETS) {
		wh_host_log(x->host, WH_ERROR, "signaling_settings_refused", WH_T("why", "16 patterns of rooms and 32 networks of relays at most"));
		return WH_EINVAL;
	}
	x->most = (unsigned)wh_conf_int(conf, "most");
	x->grace_ms = wh_conf_ms(conf, "grace");
	x->pair_ms = wh_conf_ms(conf, "answer");
	x->ttl_ms = wh_conf_ms(conf, "credentials");
	x->probe_ms = wh_conf_ms(conf, "probe");
	x->n_patterns = x->n_nets = 0;
	for (size_t i = 0; i < wh_conf_count(conf, "rooms"); i++)
		snprintf(x->patterns[x->n_patterns++], PATTERN_BYTES, "%.*s", WH_FMT(wh_conf_item(conf, "rooms", i)));
	if (x->n_patterns == 0)
		snprintf(x->patterns[x->n_patterns++], PATTERN_BYTES, "*");
	for (size_t i = 0; i < wh_conf_count(conf, "relays"); i++)
		if (sdp_net_read(wh_conf_item(conf, "relays", i), &x->nets[x->n_nets]))
			x->n_nets++;
	for (unsigned i = 0; i < 4; i++)
		if (wh_str_is(wh_conf_str(conf, "rank"), ranks[i]))
			x->rank = (enum wh_chat_rank)i;
	peers_settings(x->peers, conf);
	if (x->probe == 0 || before != x->probe_ms) {
		wh_timer_stop(x->host, x->probe);
		x->probe = wh_timer_start(x->host, 1, x->probe_ms, servers_probe, 0);
	} else
		servers_probe(x, 0);
	return WH_OK;
}

static enum wh_verdict
signaling_recovered(void *self, struct wh_recovered *r)
{
	struct signaling *x = self;

	(void)r;
	calls_recovered(x);
	return WH_PASS;
}

static enum wh_verdict
signaling_presence(void *self, struct wh_presence *p)
{
	peers_presence(self, p);
	return call_presence(self, p);
}

/* The papers begin with a letter: of a client of PeerJS, or of one in calls. No session is both. */
static enum wh_verdict
signaling_save(void *self, struct wh_papers *p)
{
	return peers_save(self, p) ? WH_PASS : call_save(self, p);
}

static enum wh_verdict
signaling_load(void *self, struct wh_papers *p)
{
	return peers_load(self, p) ? WH_PASS : call_load(self, p);
}

static void
signaling_close(void *self)
{
	struct signaling *x = self;

	wh_timer_stop(x->host, x->probe);
	if (x->chat != NULL)
		x->chat->forget(x->chat_self, x);
	peers_free(x);
	calls_free(x);
	wh_delete(x->host, x);
}

static enum wh_err
signaling_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct signaling *x = wh_new(host, sizeof *x);
	void *found = NULL;
	enum wh_err err = WH_ENOMEM;

	if (x == NULL)
		return WH_ENOMEM;
	x->host = host;
	x->calls = wh_dict_new(host, CALLS);
	x->callers = wh_dict_new(host, CALLS * SEATS_MAX);
	x->chat = wh_service_find(host, "chat", WH_CHAT_VERSION, &found);
	x->chat_self = found;
	found = NULL;
	x->matching = wh_service_find(host, "matching", WH_MATCHING_VERSION, &found);
	x->matching_self = found;
	x->peers = peers_make(x);
	if (x->calls != NULL && x->callers != NULL && x->peers != NULL)
		err = signaling_reload(x, conf);
	if (err != WH_OK) {
		signaling_close(x);
		return err;
	}
	calls_watch(x);
	*self_out = x;
	return WH_OK;
}

#define ROOM { "room", WH_F_TEXT, .required = true, .min = 1, .max = ROOM_BYTES, .help = "the room's name" }
#define FRAME \
	ROOM, { "to", WH_F_NAME, .required = true, .help = "the peer's id" }, \
	{ "generation", WH_F_INT, .required = true, .min = 1, .max = 4294967295, .help = "the peer's, as you were told last" }
#define STATE \
	{ "audio", WH_F_BOOL, .help = "you send sound" }, { "video", WH_F_BOOL, .help = "you send a picture" }, \
	{ "screen", WH_F_BOOL, .help = "you show your screen" }, { "hand", WH_F_BOOL, .help = "you raise your hand" }

static const struct wh_field room_fields[] = { ROOM, { 0 } };
static const struct wh_field state_fields[] = { ROOM, STATE, { 0 } };
static const struct wh_field sdp_fields[] = {
	FRAME, { "sdp", WH_F_TEXT, .required = true, .min = 1, .max = SDP_BYTES, .help = "the session description" }, { 0 }
};
static const struct wh_field candidates_fields[] = {
	FRAME, { "candidates", WH_F_LIST, .required = true, .help = "up to 32: strings, or objects as RTCIceCandidate.toJSON makes them" }, { 0 }
};
static const struct wh_field ice_fields[] = { ROOM, { "region", WH_F_NAME, .help = "where you are, as the operator names regions" }, { 0 } };
static const struct wh_field remove_fields[] = { ROOM, { "peer", WH_F_NAME, .required = true, .help = "whose" }, { 0 } };

static const struct wh_command signaling_commands[] = {
	{ "call.join", state_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = call_join, .help = "enter the call of a room, or begin anew in it" },
	{ "call.leave", room_fields, WH_ALLOW_GUEST, .run = call_leaves, .help = "leave the call" },
	{ "call.offer", sdp_fields, WH_ALLOW_GUEST, .rate = "2/s burst 30", .run = frame_offer, .help = "offer a peer a connection" },
	{ "call.answer", sdp_fields, WH_ALLOW_GUEST, .rate = "2/s burst 30", .run = frame_answer, .help = "answer a peer's offer" },
	{ "call.candidates", candidates_fields, WH_ALLOW_GUEST, .rate = "10/s burst 100", .run = frame_candidates, .help = "tell a peer your ICE candidates" },
	{ "call.set", state_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .run = call_set, .help = "tell the others what you send" },
	{ "call.status", room_fields, WH_ALLOW_GUEST, .flags = WH_READS, .run = call_status, .help = "who is in the call of a room" },
	{ "call.list", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = call_list, .help = "the calls in your rooms" },
	{ "call.ice_servers", ice_fields, WH_ALLOW_GUEST, .rate = "6/m burst 10", .run = ice_servers, .help = "STUN and TURN servers for a call that you are in" },
	{ "call.ticket", room_fields, WH_ALLOW_GUEST, .rate = "6/m burst 10", .run = peers_ticket, .help = "an id and a one-time token for a client of PeerJS" },
	{ "call.remove", remove_fields, WH_ALLOW_GUEST, .flags = WH_AUDIT, .run = call_remove, .help = "take somebody out of a call, as a moderator of the room" },
	{ "call.servers", NULL, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = ice_status, .help = "the TURN servers, and how they are" },
	{ 0 }
};

static const struct wh_hook signaling_hooks[] = {
	{ WH_ON_PRESENCE, .order = 60, .presence = signaling_presence },
	{ WH_ON_LEAVE, .order = 60, .passage = call_gone },
	{ WH_ON_SAVE, .order = 50, .papers = signaling_save },
	{ WH_ON_LOAD, .order = 50, .papers = signaling_load },
	{ WH_ON_RECOVERED, .order = 70, .recovered = signaling_recovered },
	{ 0 }
};

static const struct wh_route signaling_routes[] = {
	{ "GET", "/peerjs", WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_PREFIX | WH_OPEN_CORS, .serve = peers_page, .help = "PeerJS: ids" },
	{ 0 }
};

static const struct wh_dialect signaling_dialects[] = {
	{ .name = "peerjs", .path = "/peerjs/peerjs", .open = peers_open, .receive = peers_receive, .render = peers_render },
	{ 0 }
};

static const struct wh_setting turn_settings[] = {
	{ "name", WH_STRING, .required = true, .min = "1", .max = "63", .help = "for the log and metrics" },
	{ "urls", WH_STRINGS, .help = "up to 4: turn:HOST:PORT?transport=udp, turns:HOST:PORT?transport=tcp; each is asked how it is" },
	{ "secrets", WH_STRINGS, .secret = true, .help = "one or two, which it knows as static-auth-secret; file:PATH reads one. The first that it takes is used" },
	{ "region", WH_STRING, .def = "", .max = "63", .help = "clients that name it get this server first" },
	{ "weight", WH_INT, .def = "1", .min = "1", .max = "1000", .help = "how much it carries, beside the others" },
	{ 0 }
};

static const struct wh_setting signaling_settings[] = {
	{ "rooms", WH_STRINGS, .help = "names of the rooms in which there are calls, with * for any text; none: all rooms" },
	{ "rank", WH_CHOICE, .def = "anyone", .choices = "anyone|voice|moderator|owner", .help = "what one has to be in a room of chat to call" },
	{ "most", WH_INT, .def = "4", .min = "2", .max = "6", .help = "people in a call: each sends to each, and beyond 4 that is much" },
	{ "grace", WH_DURATION, .def = "20s", .min = "1s", .max = "5m", .help = "time in which one whose connection was lost may come back to its call" },
	{ "answer", WH_DURATION, .def = "20s", .min = "1s", .max = "2m", .help = "time in which an offer has to be answered" },
	{ "stun", WH_STRINGS, .help = "up to 4: stun:HOST:PORT, given to those who may see each other's addresses" },
	{ "turn", WH_TABLES, .table = turn_settings, .help = "up to 16 TURN servers; a client is given two" },
	{ "credentials", WH_DURATION, .def = "10m", .min = "1m", .max = "10m", .help = "how long those for TURN are good for a new relay" },
	{ "probe", WH_DURATION, .def = "30s", .min = "1s", .max = "1h", .help = "how often TURN servers are asked for a relay, to see how they are" },
	{ "relays", WH_NETWORKS, .help = "networks of the relays: strangers' candidates from elsewhere are removed; none: what says that it is a relay's is believed" },
	{ "peerjs_key", WH_STRING, .def = "peerjs", .min = "1", .max = "63", .help = "key that clients of PeerJS have to name" },
	{ "peerjs_open", WH_BOOL, .def = "false", .help = "clients of PeerJS without a ticket may reach each other, as with its own server" },
	{ 0 }
};

static const char *const signaling_needs[] = { "?chat", "?matching", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("signaling", "1.0", "calls from browser to browser: who may reach whom, by which servers"),
	.needs = signaling_needs,
	.settings = signaling_settings,
	.commands = signaling_commands,
	.hooks = signaling_hooks,
	.routes = signaling_routes,
	.metrics = signaling_metrics,
	.dialects = signaling_dialects,
	.open = signaling_open,
	.close = signaling_close,
	.reload = signaling_reload,
};
