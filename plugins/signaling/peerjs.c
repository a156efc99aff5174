/* Clients of PeerJS: coming, going, and coming back. What they say to each other is in peerjs_frame.c. See peerjs.h. */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "peerjs_own.h"

static void peers_sweep(void *self, uint64_t cookie);

struct peers *
peers_make(struct signaling *x)
{
	struct peers *p = wh_new(x->host, sizeof *p);

	if (p == NULL)
		return NULL;
	p->by_id = wh_dict_new(x->host, PEERS);
	p->by_session = wh_dict_new(x->host, PEERS);
	p->tickets = wh_dict_new(x->host, TICKETS);
	p->sweep = wh_timer_start(x->host, 1000, 1000, peers_sweep, 0);
	if (p->by_id != NULL && p->by_session != NULL && p->tickets != NULL && p->sweep != 0)
		return p;
	x->peers = p;
	peers_free(x);
	return NULL;
}

void
peers_free(struct signaling *x)
{
	struct peers *p = x->peers;
	struct wh_dict_iter it = { .value = NULL };

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_waiting; i++)
		wh_delete(x->host, p->waiting[i].frame);
	while (p->by_id != NULL && wh_dict_next(x->host, p->by_id, &it))
		wh_delete(x->host, it.value);
	it = (struct wh_dict_iter){ .value = NULL };
	while (p->tickets != NULL && wh_dict_next(x->host, p->tickets, &it))
		wh_delete(x->host, it.value);
	wh_dict_free(x->host, &p->by_id);
	wh_dict_free(x->host, &p->by_session);
	wh_dict_free(x->host, &p->tickets);
	wh_timer_stop(x->host, p->sweep);
	wh_delete(x->host, p);
	x->peers = NULL;
}

void
peers_settings(struct peers *p, const struct wh_conf *conf)
{
	snprintf(p->key, sizeof p->key, "%.*s", WH_FMT(wh_conf_str(conf, "peerjs_key")));
	p->open = wh_conf_bool(conf, "peerjs_open");
}

/* As PeerJS has them: words of letters and digits with one blank, _ or - between, and 64 bytes at most. */
bool
peer_id_ok(struct wh_str id)
{
	bool word = false;

	if (id.n > PEER_BYTES)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && !(word && (c == ' ' || c == '_' || c == '-')))
			return false;
		word = letter;
	}
	return word;
}

struct peer *
peer_find(struct signaling *x, struct wh_str id)
{
	return wh_dict_get(x->host, x->peers->by_id, id);
}

struct peer *
peer_of(struct signaling *x, const struct wh_session *s)
{
	wh_id session = wh_session_id(x->host, s);

	return wh_dict_get(x->host, x->peers->by_session, (struct wh_str){ (const char *)&session, sizeof session });
}

static void
peer_unbind(struct signaling *x, struct peer *peer)
{
	if (peer->session != 0)
		wh_dict_remove(x->host, x->peers->by_session, (struct wh_str){ (const char *)&peer->session, sizeof peer->session });
	peer->session = 0;
}

static bool
peer_bind(struct signaling *x, struct peer *peer, wh_id session)
{
	peer_unbind(x, peer);
	peer->session = session;
	peer->lost_at = 0;
	peer->heard = wh_now_ms(x->host);
	if (wh_dict_add(x->host, x->peers->by_session, (struct wh_str){ (const char *)&peer->session, sizeof peer->session }, peer) == WH_OK)
		return true;
	peer->session = 0;
	return false;
}

static void
peer_free(struct signaling *x, struct peer *peer)
{
	peer_unbind(x, peer);
	wh_dict_remove(x->host, x->peers->by_id, wh_str(peer->id));
	wh_delete(x->host, peer);
	wh_metric_add(x->host, &signaling_metrics[M_PEERS], -1);
}

static struct peer *
peer_make(struct signaling *x, struct wh_str id)
{
	struct peer *peer = wh_new(x->host, sizeof *peer);

	if (peer == NULL)
		return NULL;
	snprintf(peer->id, sizeof peer->id, "%.*s", WH_FMT(id));
	if (wh_dict_add(x->host, x->peers->by_id, wh_str(peer->id), peer) != WH_OK) {
		wh_delete(x->host, peer);
		return NULL;
	}
	wh_metric_add(x->host, &signaling_metrics[M_PEERS], 1);
	return peer;
}

/* It goes for good; its socket, if there is one, is closed. */
void
peer_drop(struct signaling *x, struct peer *peer, const char *why)
{
	struct wh_session *s = peer->session != 0 ? wh_session_get(x->host, peer->session) : NULL;

	peer_free(x, peer);
	if (s != NULL)
		wh_session_close(x->host, s, 1000, wh_str(why));
}

bool
peer_there(struct signaling *x, const struct peer *peer)
{
	struct wh_session *owner;
	struct wh_room *room;

	if (peer->room[0] == '\0')
		return true;
	owner = wh_session_get(x->host, peer->owner);
	room = wh_room_find(x->host, wh_str(peer->room));
	return owner != NULL && room != NULL && wh_room_has(x->host, room, owner);
}

/* Tickets */

static bool
token_hash(struct wh_str token, unsigned char out[PEER_HASH])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(token.p, token.n, digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	memcpy(out, digest, PEER_HASH);
	return true;
}

static void
ticket_free(struct signaling *x, struct ticket *t)
{
	wh_dict_remove(x->host, x->peers->tickets, wh_str(t->token));
	wh_delete(x->host, t);
}

enum wh_err
peers_ticket(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct wh_session *s = wh_call_session(call);
	struct wh_room *room = signaling_room(x, s, wh_arg_str(call, "room"));
	struct ticket *t;
	enum wh_err err;

	if (room == NULL)
		return wh_fail(call, WH_EPERM, "join the room first");
	if ((err = signaling_may(x, call, room, s)) != WH_OK)
		return err;
	t = wh_new(x->host, sizeof *t);
	if (t == NULL)
		return WH_ENOMEM;
	signaling_random(x, t->token, TOKEN_BYTES);
	signaling_random(x, t->id, PEER_ID_MADE);
	snprintf(t->room, sizeof t->room, "%.*s", WH_FMT(wh_room_name(x->host, room)));
	t->owner = wh_session_id(x->host, s);
	t->until = wh_now_ms(x->host) + TICKET_MS;
	if (wh_dict_add(x->host, x->peers->tickets, wh_str(t->token), t) != WH_OK) {
		wh_delete(x->host, t);
		return wh_fail(call, WH_EFULL, "there are too many tickets; try again");
	}
	wh_json_text(wh_reply(call), "id", t->id);
	wh_json_text(wh_reply(call), "token", t->token);
	wh_json_text(wh_reply(call), "key", x->peers->key);
	wh_json_text(wh_reply(call), "path", "/peerjs");
	wh_json_int(wh_reply(call), "expires_in", TICKET_MS / 1000);
	return WH_OK;
}

/* Coming */

static void
refuse(struct signaling *x, struct wh_session *s, const char *type, const char *why)
{
	char frame[300];
	struct text t = { frame, 0, sizeof frame, false };

	text_put(&t, "{\"type\":");
	text_str(&t, wh_str(type));
	text_put(&t, ",\"payload\":{\"msg\":");
	text_str(&t, wh_str(why));
	text_put(&t, "}}");
	wh_session_send(x->host, s, text_of(&t));
	wh_session_close(x->host, s, 1000, wh_str(why));
}

/* The id is somebody's: the same somebody, if it shows the token again. */
static void
peer_again(struct signaling *x, struct peer *peer, struct wh_session *s, const unsigned char hash[PEER_HASH])
{
	struct wh_session *old = peer->session != 0 ? wh_session_get(x->host, peer->session) : NULL;

	if (CRYPTO_memcmp(hash, peer->token, PEER_HASH) != 0) {
		refuse(x, s, "ID-TAKEN", "the id is taken");
		return;
	}
	peer_unbind(x, peer);
	if (old != NULL)
		wh_session_close(x->host, old, 4001, WH_STR("connected again"));
	if (!peer_there(x, peer) || !peer_bind(x, peer, wh_session_id(x->host, s))) {
		peer_free(x, peer);
		refuse(x, s, "ERROR", "you are in the room no more");
		return;
	}
	wh_session_changed(x->host, s);
	wh_session_send(x->host, s, WH_STR("{\"type\":\"OPEN\"}"));
	frames_deliver(x, peer);
}

void
peers_open(void *self, struct wh_session *s)
{
	struct signaling *x = self;
	char id[PEER_BYTES + 1], token[256];
	unsigned char hash[PEER_HASH];
	struct ticket *ticket;
	struct peer *peer;
	struct wh_str param;

	if (!wh_str_is(wh_session_param(x->host, s, "key"), x->peers->key)) {
		refuse(x, s, "INVALID-KEY", "the key is not the one of this server");
		return;
	}
	param = wh_session_param(x->host, s, "id");
	snprintf(id, sizeof id, "%.*s", peer_id_ok(param) ? (int)param.n : 0, param.n != 0 ? param.p : "");
	param = wh_session_param(x->host, s, "token");
	snprintf(token, sizeof token, "%.*s", param.n < sizeof token ? (int)param.n : 0, param.n != 0 ? param.p : "");
	if (id[0] == '\0' || token[0] == '\0' || !token_hash(wh_str(token), hash)) {
		refuse(x, s, "ERROR", "id, token and key are needed");
		return;
	}
	peer = peer_find(x, wh_str(id));
	if (peer != NULL) {
		peer_again(x, peer, s, hash);
		return;
	}
	ticket = wh_dict_get(x->host, x->peers->tickets, wh_str(token));
	if (ticket != NULL && (strcmp(ticket->id, id) != 0 || ticket->until <= wh_now_ms(x->host)))
		ticket = NULL;
	if (ticket == NULL && !x->peers->open) {
		refuse(x, s, "ERROR", "this needs the id and the token of call.ticket, which are good once and for half a minute");
		return;
	}
	peer = peer_make(x, wh_str(id));
	if (peer == NULL || !peer_bind(x, peer, wh_session_id(x->host, s))) {
		if (peer != NULL)
			peer_free(x, peer);
		refuse(x, s, "ERROR", "there are too many clients; try again later");
		return;
	}
	memcpy(peer->token, hash, sizeof hash);
	if (ticket != NULL) {
		snprintf(peer->room, sizeof peer->room, "%s", ticket->room);
		peer->owner = ticket->owner;
		ticket_free(x, ticket);
		if (!peer_there(x, peer)) {
			peer_free(x, peer);
			refuse(x, s, "ERROR", "you are in the room no more");
			return;
		}
	}
	wh_session_changed(x->host, s);
	wh_session_send(x->host, s, WH_STR("{\"type\":\"OPEN\"}"));
	frames_deliver(x, peer);
}

/* Going */

void
peers_presence(struct signaling *x, const struct wh_presence *p)
{
	struct peer *peer = p->what == WH_ENDED || p->what == WH_DETACHED ? peer_of(x, p->session) : NULL;

	if (peer == NULL)
		return;
	peer_unbind(x, peer);
	peer->lost_at = wh_now_ms(x->host) + 1;
}

/* Whose ticket it was has left the room: its clients are there no more. After the hub was replaced the room may be put together a moment later
 * than they are, so one look is not enough. */
static bool
peer_left(struct signaling *x, struct peer *peer)
{
	peer->missed = peer_there(x, peer) ? 0 : peer->missed + 1;
	return peer->missed >= PEER_MISSED;
}

static void
peers_sweep(void *self, uint64_t cookie)
{
	struct signaling *x = self;
	struct wh_dict_iter it = { .value = NULL };
	int64_t now = wh_now_ms(x->host);

	(void)cookie;
	frames_expire(x, now);
	while (wh_dict_next(x->host, x->peers->tickets, &it)) {
		struct ticket *t = it.value;

		if (t->until <= now)
			ticket_free(x, t);
	}
	it = (struct wh_dict_iter){ .value = NULL };
	while (wh_dict_next(x->host, x->peers->by_id, &it)) {
		struct peer *peer = it.value;

		if (peer->session != 0 && now - peer->heard >= SILENT_MS)
			peer_drop(x, peer, "nothing was heard of you");
		else if (peer_left(x, peer))
			peer_drop(x, peer, "you left the room");
		else if (peer->session == 0 && now - peer->lost_at >= LOST_MS)
			peer_free(x, peer);
	}
}

/* Papers: "P" and a line. */

void
peers_move(struct signaling *x, struct wh_str from, struct wh_str to)
{
	struct wh_dict_iter it = { .value = NULL };

	while (to.n <= ROOM_BYTES && wh_dict_next(x->host, x->peers->by_id, &it)) {
		struct peer *peer = it.value;
		struct wh_session *s = wh_session_get(x->host, peer->session);

		if (!wh_str_is(from, peer->room))
			continue;
		memcpy(peer->room, to.p, to.n);
		peer->room[to.n] = '\0';
		if (s != NULL)
			wh_session_changed(x->host, s);
	}
	it = (struct wh_dict_iter){ .value = NULL };
	while (to.n <= ROOM_BYTES && wh_dict_next(x->host, x->peers->tickets, &it)) {
		struct ticket *ticket = it.value;

		if (!wh_str_is(from, ticket->room))
			continue;
		memcpy(ticket->room, to.p, to.n);
		ticket->room[to.n] = '\0';
	}
}

bool
peers_save(struct signaling *x, struct wh_papers *p)
{
	const struct peer *peer = peer_of(x, p->session);

	if (peer == NULL)
		return false;
	wh_out_fmt(p->save, "P%llx ", (unsigned long long)peer->owner);
	for (unsigned i = 0; i < PEER_HASH; i++)
		wh_out_fmt(p->save, "%02x", peer->token[i]);
	wh_out_fmt(p->save, "%s\n%s", peer->id, peer->room);
	return true;
}

bool
peers_load(struct signaling *x, struct wh_papers *p)
{
	char text[PEER_BYTES + ROOM_BYTES + 2 * PEER_HASH + 40], *at, *room;
	struct peer *peer;
	unsigned long long owner;
	int n = 0;

	if (!wh_str_starts(p->load, WH_STR("P")))
		return false;
	snprintf(text, sizeof text, "%.*s", WH_FMT(p->load));
	room = strchr(text, '\n');
	if (room == NULL || sscanf(text + 1, "%llx %n", &owner, &n) != 1 || n == 0 || strlen(text + 1 + n) < 2 * PEER_HASH)
		return true;
	*room++ = '\0';
	at = text + 1 + n;
	if (strlen(at) < 2 * PEER_HASH || !peer_id_ok(wh_str(at + 2 * PEER_HASH)) || peer_find(x, wh_str(at + 2 * PEER_HASH)) != NULL)
		return true;
	peer = peer_make(x, wh_str(at + 2 * PEER_HASH));
	if (peer == NULL)
		return true;
	for (unsigned i = 0; i < PEER_HASH; i++) {
		unsigned byte = 0;

		(void)!sscanf(at + 2 * i, "%2x", &byte);
		peer->token[i] = (unsigned char)byte;
	}
	snprintf(peer->room, sizeof peer->room, "%.*s", ROOM_BYTES, room);
	peer->owner = owner;
	if (!peer_bind(x, peer, wh_session_id(x->host, p->session)))
		peer_free(x, peer);
	return true;
}

/* HTTP */

enum wh_err
peers_page(void *self, struct wh_request *request)
{
	struct signaling *x = self;
	struct wh_str path = wh_str_from(request->path, sizeof "/peerjs" - 1), key, rest;
	char id[PEER_ID_MADE + 1];
	const char *slash;

	wh_respond_header(request, "cache-control", WH_STR("no-store"));
	while (path.n != 0 && path.p[0] == '/')
		path = wh_str_from(path, 1);
	if (path.n == 0) {
		wh_out_text(wh_respond_body(request), "{\"name\":\"PeerJS Server\",\"description\":\"whiply speaks to clients of PeerJS here.\",\"website\":\"https://peerjs.com/\"}");
		return wh_respond(request, 200, "application/json");
	}
	slash = memchr(path.p, '/', path.n);
	key = (struct wh_str){ path.p, slash != NULL ? (size_t)(slash - path.p) : path.n };
	rest = wh_str_from(path, key.n + 1);
	if (!wh_str_is(rest, "id") && !wh_str_is(rest, "peers"))
		return wh_respond_problem(request, WH_ENOENT, "there is KEY/id here");
	if (!wh_str_is(key, x->peers->key) || wh_str_is(rest, "peers"))
		return wh_respond_problem(request, WH_EAUTH, wh_str_is(rest, "peers") ? "clients are not listed" : "the key is not the one of this server");
	signaling_random(x, id, PEER_ID_MADE);
	wh_out_text(wh_respond_body(request), id);
	return wh_respond(request, 200, "text/plain; charset=utf-8");
}
