/* Resume tokens: the session's id and 32 random bytes. Only the SHA-256 of the token is kept, so neither our memory nor the papers
 * let anybody resume. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/random.h"
#include "hub/hub.h"

enum { TOKEN_ID = 16 };

void
session_hash_token(struct hub *hub, struct wh_str text, uint8_t hash_out[static SESSION_HASH])
{
	unsigned n = 0;

	if (EVP_Digest(text.p, text.n, hash_out, &n, hub->papers.sha256, NULL) != 1 || n != SESSION_HASH)
		wh_random_bytes(hash_out, SESSION_HASH);	/* then nothing matches it */
}

enum wh_err
session_token(struct hub *hub, struct wh_session *s, char token_out[static SESSION_TOKEN_SIZE])
{
	token_out[0] = '\0';
	if (s->state != SESSION_ATTACHED || s->closing)
		return WH_ESTATE;
	if (hub->settings.resume_window_ms <= 0)
		return WH_ENOTSUP;
	snprintf(token_out, TOKEN_ID + 1, "%016llx", (unsigned long long)s->id);
	wh_random_token(token_out + TOKEN_ID, SESSION_TOKEN_BYTES);
	session_hash_token(hub, wh_str(token_out), s->token_hash);
	s->resumable = true;
	session_changed(hub, s);
	return WH_OK;
}

static bool
token_id(struct wh_str token, wh_id *id_out)
{
	wh_id id = 0;

	if (token.n != SESSION_TOKEN_SIZE - 1)
		return false;
	for (size_t i = 0; i < TOKEN_ID; i++) {
		char c = token.p[i];

		if (c >= '0' && c <= '9')
			id = id << 4 | (wh_id)(c - '0');
		else if (c >= 'a' && c <= 'f')
			id = id << 4 | (wh_id)(c - 'a' + 10);
		else
			return false;
	}
	*id_out = id;
	return true;
}

static struct wh_session *
session_of_token(struct hub *hub, const struct wh_session *fresh, struct wh_str token)
{
	uint8_t hash[SESSION_HASH];
	struct wh_session *s;
	wh_id id;

	if (!token_id(token, &id))
		return NULL;
	s = session_get(hub, id);
	if (s == NULL || s == fresh || !s->resumable || s->closing || (s->state != SESSION_ATTACHED && s->state != SESSION_DETACHED))
		return NULL;
	session_hash_token(hub, token, hash);
	return CRYPTO_memcmp(hash, s->token_hash, sizeof hash) == 0 ? s : NULL;
}

/* The connection that it had is closed: often it is dead, and only we did not know yet. */
static void
session_part_with_old(struct hub *hub, struct wh_session *s)
{
	edge_put_close(s->edge, &(struct wh_rec_close){
		.conn = s->conn, .code = SESSION_CLOSE_ELSEWHERE, .reason = WH_STR("resumed over another connection") });
	session_unhook(hub, s, false);
}

enum wh_err
session_resume(struct hub *hub, struct wh_session *fresh, struct wh_str token, struct wh_session **resumed_out)
{
	struct wh_session *s;
	struct dialect *dialect = fresh->dialect;
	struct edge *edge = fresh->edge;
	wh_id conn = fresh->conn;
	uint32_t accent = fresh->accent;

	*resumed_out = NULL;
	if (fresh->state != SESSION_ATTACHED || fresh->closing)
		return WH_ESTATE;
	s = session_of_token(hub, fresh, token);
	if (s == NULL) {
		hub->counts.resumes_refused++;
		return WH_EAUTH;
	}
	if (s->state == SESSION_ATTACHED) {
		session_part_with_old(hub, s);
	} else {
		wh_list_remove(&s->place);
		hub->sessions.n_detached--;
		session_past_over(hub, s);
		s->state = 0;
	}
	s->address = fresh->address;
	s->listener = fresh->listener;
	s->tls = fresh->tls;
	session_end(hub, fresh);
	edge_session_set(edge, conn, s);	/* its place is there: fresh had it */
	session_attach(hub, s, edge, conn, dialect);
	s->accent = accent;
	s->resumable = false;
	OPENSSL_cleanse(s->token_hash, sizeof s->token_hash);
	for (uint32_t i = 0; i < s->n_links; i++) {
		struct set *set = s->links[i].set;

		if (set->kind == SET_ROOM)
			room_attach(hub, WH_CONTAINER(set, struct wh_room, members), s);
		else
			group_attach(hub, WH_CONTAINER(set, struct hub_group, set), edge, conn, 0);
	}
	hub->counts.sessions_resumed++;
	session_changed(hub, s);
	hub->features->presence(hub, s, WH_RESUMED);
	*resumed_out = s;
	return WH_OK;
}
