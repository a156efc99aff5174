/* The commands about sessions: one's own, and, for operators, everybody's. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/permit.h"
#include "hub/command.h"
#include "hub/core_commands.h"
#include "hub/hub.h"
#include "hub/jsonrpc.h"
#include "hub/reach.h"
#include "hub/set.h"

static const char *
session_state_name(const struct wh_session *s)
{
	static const char *const names[] = {
		[SESSION_ATTACHED] = "attached", [SESSION_DETACHED] = "detached", [SESSION_EPHEMERAL] = "call", [SESSION_ENDED] = "ended",
	};

	return s->local ? "control" : names[s->state];
}

static void
session_write(struct hub *hub, const struct wh_session *s, struct wh_json *w)
{
	static const char *const kinds[] = { [WH_GUEST] = "guest", [WH_ACCOUNT] = "account", [WH_OPERATOR] = "operator" };
	char id[RPC_ID_TEXT];

	rpc_id_text(s->id, id);
	wh_json_text(w, "session", id);
	wh_json_str(w, "name", s->who.name);
	wh_json_text(w, "kind", kinds[s->who.kind]);
	wh_json_str(w, "id", s->who.id);
	wh_json_str(w, "roles", s->who.roles);
	wh_json_str(w, "address", session_address(hub, s));
	wh_json_text(w, "dialect", session_dialect_name(s));
	wh_json_text(w, "state", session_state_name(s));
}

static void
session_write_rooms(const struct wh_session *s, struct wh_json *w)
{
	wh_json_array(w, "rooms");
	for (uint32_t i = 0; i < s->n_links; i++)
		if (s->links[i].set->kind == SET_ROOM)
			wh_json_str(w, NULL, WH_CONTAINER(s->links[i].set, struct wh_room, members)->name);
	wh_json_end(w);
}

enum wh_err
core_session_ping(void *self, struct wh_call *call)
{
	struct hub *hub = self;

	wh_json_int(wh_reply(call), "time", hub->wall_ms);
	return WH_OK;
}

enum wh_err
core_session_whoami(void *self, struct wh_call *call)
{
	session_write(self, wh_call_session(call), wh_reply(call));
	wh_json_text(wh_reply(call), "reach", wh_permit_rung_name(reach_of(self, wh_call_session(call))));
	session_write_rooms(wh_call_session(call), wh_reply(call));
	return WH_OK;
}

enum wh_err
core_session_name(void *self, struct wh_call *call)
{
	struct wh_session *s = wh_call_session(call);
	struct wh_identity who = s->who;
	enum wh_err err;

	if (s->who.kind != WH_GUEST)
		return wh_fail(call, WH_ESTATE, "an account has the name that it registered");
	if (s->state == SESSION_EPHEMERAL)
		return wh_fail(call, WH_ESTATE, "over HTTP each call is a guest of its own; connect to /ws to keep a name");
	who.name = wh_arg_str(call, "name");
	err = session_identify(self, s, &who);
	if (err != WH_OK)
		return wh_fail(call, err, "that can't be a name");
	wh_json_str(wh_reply(call), "name", s->who.name);
	return WH_OK;
}

enum wh_err
core_session_resume(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	struct wh_session *fresh = wh_call_session(call), *resumed;
	struct wh_json *w = wh_reply(call);
	enum wh_err err;

	if (fresh->state != SESSION_ATTACHED)
		return wh_fail(call, WH_ESTATE, "only a connection that stays can go on as a session: connect to /ws");
	err = session_resume(hub, fresh, wh_arg_str(call, "token"), &resumed);
	if (err != WH_OK)
		return wh_fail(call, err, "that token is unknown or too old; go on as you are, and enter your rooms again");
	call_move(call_of(call), resumed);
	jsonrpc_welcome(hub, resumed, w);
	wh_json_array(w, "rooms");
	for (uint32_t i = 0; i < resumed->n_links; i++) {
		const struct wh_room *room;

		if (resumed->links[i].set->kind != SET_ROOM)
			continue;
		room = WH_CONTAINER(resumed->links[i].set, struct wh_room, members);
		wh_json_object(w, NULL);
		wh_json_str(w, "room", room->name);
		wh_json_uint(w, "seq", room_seq(room));
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}

/* A page of sessions is those with the lowest ids above `after`: found in one pass over all, with a heap of the page's size as the
 * bound, so that the order is stable while sessions come and go. */
struct session_page {
	wh_id *ids;		/* owned; ascending */
	size_t n, limit, total;
	wh_id after;
};

static bool
session_page_each(void *self, struct wh_session *s)
{
	struct session_page *page = self;
	size_t at;

	if (s->state == SESSION_EPHEMERAL && !s->local)
		return true;
	page->total++;
	if (s->id <= page->after || (page->n == page->limit && s->id > page->ids[page->n - 1]))
		return true;
	for (at = page->n; at > 0 && page->ids[at - 1] > s->id; at--)
		if (at < page->limit)
			page->ids[at] = page->ids[at - 1];
	page->ids[at] = s->id;
	if (page->n < page->limit)
		page->n++;
	return true;
}

enum wh_err
core_session_list(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	struct session_page page = { .limit = (size_t)wh_arg_int(call, "limit") };
	struct wh_json *w = wh_reply(call);
	char next[RPC_ID_TEXT];

	if (wh_arg_has(call, "after") && !rpc_id_parse(wh_arg_str(call, "after"), &page.after))
		return wh_fail(call, WH_EINVAL, "after is not a session's id");
	assert(page.limit > 0);
	page.ids = calloc(page.limit, sizeof *page.ids);
	if (page.ids == NULL)
		return WH_ENOMEM;
	session_each(hub, session_page_each, &page);
	wh_json_uint(w, "total", page.total);
	wh_json_array(w, "sessions");
	for (size_t i = 0; i < page.n; i++) {
		wh_json_object(w, NULL);
		session_write(hub, session_get(hub, page.ids[i]), w);
		wh_json_end(w);
	}
	wh_json_end(w);
	if (page.n == page.limit) {
		rpc_id_text(page.ids[page.n - 1], next);
		wh_json_text(w, "next", next);
	}
	free(page.ids);
	return WH_OK;
}

static struct wh_session *
session_named(struct hub *hub, struct wh_call *call)
{
	wh_id id;

	return rpc_id_parse(wh_arg_str(call, "session"), &id) ? session_get(hub, id) : NULL;
}

enum wh_err
core_session_show(void *self, struct wh_call *call)
{
	struct hub *hub = self;
	const struct wh_session *s = session_named(hub, call);

	if (s == NULL)
		return wh_fail(call, WH_ENOENT, "there is no such session; session.list shows them");
	session_write(hub, s, wh_reply(call));
	wh_json_int(wh_reply(call), "opened_ms", s->opened_ms);
	wh_json_bool(wh_reply(call), "tls", s->tls);
	session_write_rooms(s, wh_reply(call));
	return WH_OK;
}

enum wh_err
core_session_close(void *self, struct wh_call *call)
{
	enum { CLOSED_BY_OPERATOR = 4000 };
	struct hub *hub = self;
	struct wh_session *s = session_named(hub, call);

	if (s == NULL || s->state == SESSION_EPHEMERAL)
		return wh_fail(call, WH_ENOENT, "there is no such session; session.list shows them");
	session_close(hub, s, CLOSED_BY_OPERATOR, wh_arg_str(call, "reason"));
	return WH_OK;
}
