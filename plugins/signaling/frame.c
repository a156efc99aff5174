/* What one in a call says to another: offers, answers, candidates. The server says from whom it is, and lets it through only between two who are
 * in the same live room and call, to the generation that the sender means, and in its order: an answer to an offer, candidates behind an
 * offer. An unknown, a forbidden and an old target are one error. */
#include "signaling.h"

struct route {
	struct call *call;
	struct seat *from, *to;
	unsigned i, k;		/* their places */
};

/* Finds both ends; fails the call. */
static enum wh_err
route_find(struct signaling *x, struct wh_call *call, struct route *r)
{
	struct wh_session *s = wh_call_session(call), *other;
	struct wh_room *room = signaling_room(x, s, wh_arg_str(call, "room"));

	*r = (struct route){ .call = room != NULL ? call_find(x, wh_room_name(x->host, room)) : NULL };
	r->from = seat_of(r->call, wh_session_id(x->host, s));
	r->to = r->from != NULL ? seat_named(r->call, wh_arg_str(call, "to")) : NULL;
	other = r->to != NULL && r->to != r->from ? wh_session_get(x->host, r->to->caller->session) : NULL;
	if (other == NULL || !wh_room_has(x->host, room, other) || r->to->generation != (uint64_t)wh_arg_int(call, "generation"))
		return wh_fail(call, WH_ENOENT, "there is no such peer of that generation in a call of yours");
	if (r->to->lost_at != 0)
		return wh_fail(call, WH_EAWAY, "its connection is lost; call.peer_resumed comes when it is back");
	r->i = seat_place(r->from);
	r->k = seat_place(r->to);
	return WH_OK;
}

/* Passes a description on. */
static enum wh_err
frame_sdp(struct signaling *x, struct wh_call *call, const struct route *r, const char *event)
{
	const struct sdp_rule rule = signaling_rule(x, r->call->key);
	const char *why = "";
	size_t n;
	enum wh_err err = sdp_pass(wh_arg_str(call, "sdp"), &rule, x->out, sizeof x->out, &n, &why);

	if (err != WH_OK)
		return wh_fail(call, err, why);
	const struct wh_item items[] = {
		WH_ITEM_STR("room", r->call->key), WH_ITEM_STR("from", wh_str(r->from->id)), WH_ITEM_INT("generation", r->from->generation),
		WH_ITEM_STR("sdp", ((struct wh_str){ x->out, n })),
	};

	seat_tell(x, r->to, event, items, 4);
	wh_metric_add_for(x->host, &signaling_metrics[M_FRAMES], wh_str(event + sizeof "call." - 1), 1);
	return WH_OK;
}

enum wh_err
frame_offer(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct route r;
	enum wh_err err = route_find(x, call, &r);

	if (err == WH_OK)
		err = frame_sdp(x, call, &r, "call.offer");
	if (err != WH_OK)
		return err;
	r.call->known[r.i][r.k] = true;
	r.call->offered[r.i][r.k] = wh_now_ms(x->host) + 1;
	return WH_OK;
}

enum wh_err
frame_answer(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	struct route r;
	enum wh_err err = route_find(x, call, &r);

	if (err != WH_OK)
		return err;
	if (r.call->offered[r.k][r.i] == 0)
		return wh_fail(call, WH_ESTATE, "it made you no offer, or you had too long to answer");
	err = frame_sdp(x, call, &r, "call.answer");
	if (err != WH_OK)
		return err;
	/* Where both offered, the polite one has taken back its own. */
	r.call->offered[r.k][r.i] = r.call->offered[r.i][r.k] = 0;
	return WH_OK;
}

/* A word that belongs to a candidate; bounded. */
static bool
put_member(struct text *t, const struct wh_value *candidate, const char *key)
{
	struct wh_value v;

	if (!wh_json_get(candidate, key, &v) || v.type == WH_V_NULL)
		return true;
	if (!((v.type == WH_V_STR && v.s.n <= 256) || (v.type == WH_V_INT && v.i >= 0 && v.i <= 65535)))
		return false;
	text_put(t, ",\"");
	text_put(t, key);
	text_put(t, "\":");
	if (v.type == WH_V_STR)
		text_str(t, v.s);
	else
		text_int(t, v.i);
	return true;
}

enum wh_err
frame_candidates(void *self, struct wh_call *call)
{
	struct signaling *x = self;
	const struct wh_value *list = wh_arg(call, "candidates");
	struct wh_json_in in = wh_json_each(list);
	struct text t = { x->out, 0, sizeof x->out, false };
	char one[CANDIDATE_BYTES * 2];
	struct wh_value v, c;
	unsigned seen = 0, passed = 0;
	const char *why = "";
	struct sdp_rule rule;
	struct route r;
	enum wh_err err = route_find(x, call, &r);

	if (err != WH_OK)
		return err;
	if (!r.call->known[r.i][r.k] && !r.call->known[r.k][r.i])
		return wh_fail(call, WH_ESTATE, "candidates come behind an offer");
	rule = signaling_rule(x, r.call->key);
	text_put(&t, "[");
	while (wh_json_next(&in, NULL, &v)) {
		size_t n;

		if (++seen > CANDIDATES)
			return wh_fail(call, WH_ETOOBIG, "32 candidates at most at once");
		c = v;
		if (v.type == WH_V_OBJECT)
			wh_json_get(&v, "candidate", &c);
		if (c.type != WH_V_STR)
			return wh_fail(call, WH_EINVAL, "a candidate is a string, or an object with candidate, sdpMid, sdpMLineIndex, usernameFragment");
		err = sdp_pass_candidate(c.s, &rule, one, sizeof one, &n, &why);
		if (err == WH_EPERM)
			continue;
		if (err != WH_OK)
			return wh_fail(call, err, why);
		text_put(&t, passed++ != 0 ? ",{\"candidate\":" : "{\"candidate\":");
		text_str(&t, (struct wh_str){ one, n });
		if (!put_member(&t, &v, "sdpMid") || !put_member(&t, &v, "sdpMLineIndex") || !put_member(&t, &v, "usernameFragment"))
			return wh_fail(call, WH_EINVAL, "sdpMid and usernameFragment are short strings, sdpMLineIndex is a number");
		text_put(&t, "}");
	}
	text_put(&t, "]");
	if (t.full)
		return wh_fail(call, WH_ETOOBIG, "too much at once");
	wh_json_uint(wh_reply(call), "passed", passed);
	wh_json_uint(wh_reply(call), "removed", seen - passed);
	wh_metric_add(x->host, &signaling_metrics[M_REMOVED], seen - passed);
	if (passed == 0)
		return WH_OK;
	const struct wh_item items[] = {
		WH_ITEM_STR("room", r.call->key), WH_ITEM_STR("from", wh_str(r.from->id)), WH_ITEM_INT("generation", r.from->generation),
		WH_ITEM_JSON("candidates", text_of(&t)),
	};

	seat_tell(x, r.to, "call.candidates", items, 4);
	wh_metric_add_for(x->host, &signaling_metrics[M_FRAMES], WH_STR("candidates"), 1);
	return WH_OK;
}
