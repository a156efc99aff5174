/* Sessions: making, finding, ending, identity. What their connections do is in session_conn.c, resuming in
 * session_resume.c, the plugins' bytes in session_slot.c. */
#include "hub/session.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "hub/hub.h"

enum { ID_COUNTER_BITS = 52 };

enum wh_err
sessions_init(struct hub *hub)
{
	struct sessions *ss = &hub->sessions;

	wh_list_init(&ss->detached);
	wh_list_init(&ss->closing);
	wh_list_init(&ss->ended);
	wh_list_init(&ss->dirty);
	ss->by_id.max = hub->settings.sessions_max;
	ss->next = wh_random_u64() >> 14;
	return WH_OK;
}

static void
session_free(struct wh_session *s)
{
	wh_list_remove(&s->place);
	wh_list_remove(&s->dirty);
	session_slots_free(s);
	free(s->links);
	free(s->text);
	if (s->early != NULL)
		wh_buf_free(s->early);
	free(s->early);
	free(s->query);
	free(s);
}

void
sessions_finish(struct hub *hub)
{
	struct sessions *ss = &hub->sessions;
	struct wh_map64_iter it = { 0 };

	while (wh_map64_next(&ss->by_id, &it))
		session_free(it.value);
	wh_map64_free(&ss->by_id);
	wh_buf_free(&ss->params);
	if (ss->ended.next == NULL)
		return;
	WH_LIST_EACH(link, &ss->ended)
		session_free(WH_CONTAINER(link, struct wh_session, place));
}

struct wh_session *
session_get(struct hub *hub, wh_id id)
{
	return wh_map64_get(&hub->sessions.by_id, id);
}

struct wh_session *
session_by_conn(struct hub *hub, wh_id conn)
{
	struct edge *edge = edge_find(hub, wh_id_process(conn));

	return edge != NULL ? edge_session(edge, conn) : NULL;
}

void
session_each(struct hub *hub, bool (*each)(void *self, struct wh_session *s), void *self)
{
	struct sessions *ss = &hub->sessions;
	struct wh_map64_iter it = { 0 };
	size_t n = 0;
	struct wh_session **all;

	/* A copy: sessions may end meanwhile, but their memory stays until the turn is over. */
	if (ss->by_id.n == 0)
		return;
	all = malloc(ss->by_id.n * sizeof *all);
	if (all == NULL)
		return;
	while (wh_map64_next(&ss->by_id, &it))
		all[n++] = it.value;
	for (size_t i = 0; i < n; i++) {
		if (all[i]->state != SESSION_ENDED && !each(self, all[i]))
			break;
	}
	free(all);
}

enum wh_err
session_set_identity(struct wh_session *s, const struct wh_identity *who)
{
	size_t n = who->id.n + who->name.n + who->roles.n + 3;
	char *text, *to;

	if (n > SESSION_IDENTITY_MAX)
		return WH_ETOOBIG;
	if (who->kind < WH_GUEST || who->kind > WH_OPERATOR || who->id.n == 0)
		return WH_EINVAL;
	if (memchr(who->id.p, 0, who->id.n) != NULL || (who->name.n != 0 && memchr(who->name.p, 0, who->name.n) != NULL) ||
	    (who->roles.n != 0 && memchr(who->roles.p, 0, who->roles.n) != NULL))
		return WH_EINVAL;
	text = to = malloc(n);
	if (text == NULL)
		return WH_ENOMEM;
	snprintf(to, n, "%.*s%c%.*s%c%.*s", WH_FMT(who->id), 0, WH_FMT(who->name), 0, WH_FMT(who->roles));
	s->who.kind = who->kind;
	s->who.id = (struct wh_str){ to, who->id.n };
	to += who->id.n + 1;
	s->who.name = (struct wh_str){ to, who->name.n };
	to += who->name.n + 1;
	s->who.roles = (struct wh_str){ to, who->roles.n };
	free(s->text);
	s->text = text;
	return WH_OK;
}

static enum wh_err
session_be_guest(struct wh_session *s)
{
	char id[1 + WH_RANDOM_TOKEN_LEN(12) + 1], name[6 + 8 + 1];

	id[0] = 'g';
	wh_random_token(id + 1, 12);
	memcpy(name, "guest-", 6);
	wh_random_hex(name + 6, 4);
	return session_set_identity(s, &(struct wh_identity){ WH_GUEST, wh_str(id), wh_str(name), WH_STR("guest") });
}

struct wh_session *
session_new(struct hub *hub, wh_id id, const struct wh_identity *who)
{
	struct sessions *ss = &hub->sessions;
	struct wh_session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	wh_list_init(&s->place);
	wh_list_init(&s->dirty);
	while (id == 0 || (who == NULL && session_get(hub, id) != NULL))
		id = (wh_id)hub->process << ID_COUNTER_BITS | (ss->next++ & ((UINT64_C(1) << ID_COUNTER_BITS) - 1));
	s->id = id;
	s->opened_ms = hub->wall_ms;
	if ((who != NULL ? session_set_identity(s, who) : session_be_guest(s)) != WH_OK ||
	    wh_map64_add(&ss->by_id, id, s) != WH_OK) {
		session_free(s);
		return NULL;
	}
	return s;
}

struct wh_session *
session_ephemeral(struct hub *hub, const struct wh_addr *peer, bool tls)
{
	struct wh_session *s = session_new(hub, 0, NULL);

	if (s == NULL)
		return NULL;
	s->state = SESSION_EPHEMERAL;
	s->tls = tls;
	if (peer != NULL)
		s->address = *peer;
	return s;
}

void
session_end(struct hub *hub, struct wh_session *s)
{
	struct sessions *ss = &hub->sessions;
	bool known = s->state != SESSION_EPHEMERAL && !s->restoring;

	if (s->state == SESSION_ENDED)
		return;
	if (s->state == SESSION_ATTACHED)
		session_unhook(hub, s, false);
	if (s->state == SESSION_DETACHED)
		ss->n_detached--;
	session_past_over(hub, s);
	s->state = SESSION_ENDED;
	wh_list_remove(&s->place);
	wh_list_remove(&s->dirty);
	if (known)
		hub->features->presence(hub, s, WH_ENDING);
	while (s->n_links != 0) {
		struct set *set = s->links[s->n_links - 1].set;

		if (set->kind == SET_ROOM)
			room_leave(hub, WH_CONTAINER(set, struct wh_room, members), s, WH_STR("session ended"));
		else
			set_remove(set, s);
	}
	if (known)
		hub->features->presence(hub, s, WH_ENDED);
	wh_map64_remove(&ss->by_id, s->id);
	wh_list_add_last(&ss->ended, &s->place);
}

struct wh_str
session_kind_word(const struct wh_session *s)
{
	return s->who.kind == WH_GUEST ? WH_STR("guest") : s->who.kind == WH_ACCOUNT ? WH_STR("account") : WH_STR("operator");
}

/* A token that was given out before opens a session that may do other things now: there is a new one. */
static void
session_renew(struct hub *hub, struct wh_session *s)
{
	char token[SESSION_TOKEN_SIZE];
	struct wh_item items[5] = {
		WH_ITEM_STR("kind", session_kind_word(s)), WH_ITEM_STR("id", s->who.id), WH_ITEM_STR("name", s->who.name),
		WH_ITEM_STR("roles", s->who.roles),
	};
	size_t n = 4;

	s->resumable = false;
	OPENSSL_cleanse(s->token_hash, sizeof s->token_hash);
	if (session_token(hub, s, token) == WH_OK)
		items[n++] = WH_ITEM_STR("token", wh_str(token));
	session_notify(hub, s, &(struct wh_event){ "session.identity", items, n });
}

enum wh_err
session_identify(struct hub *hub, struct wh_session *s, const struct wh_identity *who)
{
	enum wh_err err;

	if (s->state == SESSION_ENDED)
		return WH_ESTATE;
	err = session_set_identity(s, who);
	if (err != WH_OK)
		return err;
	session_changed(hub, s);
	if (s->state != SESSION_EPHEMERAL && !s->restoring)
		hub->features->presence(hub, s, WH_IDENTIFIED);
	if (s->resumable)
		session_renew(hub, s);
	return WH_OK;
}

struct wh_str
session_address(struct hub *hub, const struct wh_session *s)
{
	char *text = hub->sessions.address_text;

	if (s->address.family == WH_ADDR_NONE)
		return (struct wh_str){ "", 0 };
	return (struct wh_str){ text, wh_addr_format_ip(&s->address, text) };
}

const char *
session_dialect_name(const struct wh_session *s)
{
	return s->dialect != NULL && s->dialect->row != NULL ? s->dialect->row->name : "";
}

void
session_changed(struct hub *hub, struct wh_session *s)
{
	if (s->state == SESSION_ATTACHED && !s->asking && wh_list_empty(&s->dirty))
		wh_list_add_last(&hub->sessions.dirty, &s->dirty);
}

void
sessions_turn_end(struct hub *hub)
{
	struct sessions *ss = &hub->sessions;
	struct wh_list *first;

	while ((first = wh_list_first(&ss->closing)) != NULL)
		session_end(hub, WH_CONTAINER(first, struct wh_session, place));
	while ((first = wh_list_first(&ss->dirty)) != NULL) {
		wh_list_remove(first);
		papers_mirror(hub, WH_CONTAINER(first, struct wh_session, dirty));
	}
}

void
sessions_free_ended(struct hub *hub)
{
	struct wh_list *first;

	while ((first = wh_list_first(&hub->sessions.ended)) != NULL)
		session_free(WH_CONTAINER(first, struct wh_session, place));
}
