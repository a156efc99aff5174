/* What clients of PeerJS say to each other: offers, answers, candidates, farewells. Where it comes from is what we know, not what the frame says.
 * A frame for one who is not there, is in another room or no longer, waits for a moment and is then told to be in vain: the three look alike. */
#include "peerjs_own.h"

enum kind { KIND_OFFER, KIND_ANSWER, KIND_CANDIDATE, KIND_LEAVE, KIND_HEARTBEAT, KIND_NONE };
static const char *const kinds[] = { "OFFER", "ANSWER", "CANDIDATE", "LEAVE", "HEARTBEAT" };

/* Copies an object, with one member in another way. */
static void
put_object(struct text *t, const struct wh_value *object, const char *but, void (*put)(struct text *t, const struct wh_value *v, struct wh_str with),
    struct wh_str with)
{
	struct wh_json_in in = wh_json_each(object);
	struct wh_str key;
	struct wh_value v;
	bool first = true;

	text_put(t, "{");
	while (wh_json_next(&in, &key, &v)) {
		if (!first)
			text_put(t, ",");
		first = false;
		text_str(t, key);
		text_put(t, ":");
		if (wh_str_is(key, but))
			put(t, &v, with);
		else
			text_raw(t, v.raw);
	}
	text_put(t, "}");
}

static void
put_text(struct text *t, const struct wh_value *v, struct wh_str with)
{
	(void)v;
	text_str(t, with);
}

static void
put_sdp(struct text *t, const struct wh_value *v, struct wh_str with)
{
	put_object(t, v, "sdp", put_text, with);
}

static void
put_candidate(struct text *t, const struct wh_value *v, struct wh_str with)
{
	put_object(t, v, "candidate", put_text, with);
}

/* What may pass of the payload. Only what is about addresses is read: {"sdp":{"sdp":…}} and {"candidate":{"candidate":…}}. */
static bool
put_payload(struct signaling *x, struct text *t, enum kind kind, const struct wh_value *payload, struct wh_str room)
{
	const struct sdp_rule rule = signaling_rule(x, room);
	const char *member = kind == KIND_CANDIDATE ? "candidate" : "sdp", *why = "";
	struct wh_value v;
	size_t n;
	enum wh_err err;

	if (kind == KIND_LEAVE) {
		text_put(t, "null");
		return true;
	}
	if (!wh_json_get(payload, member, &v) || v.type != WH_V_OBJECT || !wh_json_get(&v, member, &v) || v.type != WH_V_STR)
		return false;
	if (kind == KIND_CANDIDATE)
		err = sdp_pass_candidate(v.s, &rule, x->out, sizeof x->out, &n, &why);
	else
		err = sdp_pass(v.s, &rule, x->out, sizeof x->out, &n, &why);
	if (err == WH_EPERM)
		wh_metric_add(x->host, &signaling_metrics[M_REMOVED], 1);
	if (err != WH_OK)
		return false;
	put_object(t, payload, member, kind == KIND_CANDIDATE ? put_candidate : put_sdp, (struct wh_str){ x->out, n });
	return true;
}

static bool
peers_may(struct signaling *x, const struct peer *from, const struct peer *to)
{
	return to != NULL && to != from && strcmp(from->room, to->room) == 0 && peer_there(x, from) && peer_there(x, to);
}

static void
waiting_remove(struct signaling *x, size_t i)
{
	struct peers *p = x->peers;
	struct peer *from = peer_find(x, wh_str(p->waiting[i].from));

	if (from != NULL && from->waiting != 0)
		from->waiting--;
	wh_delete(x->host, p->waiting[i].frame);
	memmove(&p->waiting[i], &p->waiting[i + 1], (p->n_waiting - i - 1) * sizeof p->waiting[0]);
	p->n_waiting--;
}

/* Where there is no room any more, it is dropped: the client tries again, or its offer is told to be in vain. */
static void
wait_for(struct signaling *x, struct peer *from, struct wh_str to, struct wh_str frame, bool offer)
{
	struct peers *p = x->peers;
	struct waiting *w = &p->waiting[p->n_waiting];

	if (p->n_waiting == WAITING || from->waiting == WAITING_OF_PEER)
		return;
	*w = (struct waiting){ .frame = wh_new(x->host, frame.n), .n = frame.n, .offer = offer, .at = wh_now_ms(x->host) };
	if (w->frame == NULL)
		return;
	memcpy(w->frame, frame.p, frame.n);
	snprintf(w->from, sizeof w->from, "%s", from->id);
	snprintf(w->to, sizeof w->to, "%.*s", WH_FMT(to));
	p->n_waiting++;
	from->waiting++;
}

static bool
peer_send(struct signaling *x, const struct peer *to, struct wh_str frame)
{
	struct wh_session *s = to->session != 0 ? wh_session_get(x->host, to->session) : NULL;

	return s != NULL && wh_session_send(x->host, s, frame) == WH_OK;
}

void
frames_deliver(struct signaling *x, struct peer *peer)
{
	struct peers *p = x->peers;

	for (size_t i = 0; i < p->n_waiting;) {
		const struct waiting *w = &p->waiting[i];
		const struct peer *from = peer_find(x, wh_str(w->from));

		if (strcmp(w->to, peer->id) != 0 || from == NULL || !peers_may(x, from, peer)) {
			i++;
			continue;
		}
		peer_send(x, peer, (struct wh_str){ w->frame, w->n });
		waiting_remove(x, i);
	}
}

void
frames_expire(struct signaling *x, int64_t now)
{
	struct peers *p = x->peers;

	while (p->n_waiting != 0 && now - p->waiting[0].at >= WAIT_MS) {
		const struct waiting *w = &p->waiting[0];
		const struct peer *from = peer_find(x, wh_str(w->from));
		char frame[PEER_BYTES * 2 + 64];

		snprintf(frame, sizeof frame, "{\"type\":\"EXPIRE\",\"src\":\"%s\",\"dst\":\"%s\"}", w->to, w->from);
		if (from != NULL && w->offer)
			peer_send(x, from, wh_str(frame));
		waiting_remove(x, 0);
	}
}

/* So many frames at once, and so many a second. */
static bool
peer_paced(struct signaling *x, struct peer *peer)
{
	int64_t now = wh_now_ms(x->host), more = (now - peer->paced_at) * PACE / 1000;

	if (more > 0) {
		peer->pace = more + peer->pace > PACE_BURST ? PACE_BURST : peer->pace + (unsigned)more;
		peer->paced_at = now;
	}
	if (peer->pace == 0)
		return false;
	peer->pace--;
	return true;
}

void
peers_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct signaling *x = self;
	struct peer *from = peer_of(x, s), *to;
	struct text t = { x->peers->out, 0, sizeof x->peers->out, false };
	struct wh_value frame, type, dst, payload;
	enum kind kind = KIND_OFFER;

	if (from == NULL)
		return;
	from->heard = wh_now_ms(x->host);
	if (!peer_paced(x, from)) {
		peer_drop(x, from, "too many frames");
		return;
	}
	/* What is not understood is passed over, and the next frame is read as any other. */
	if ((flags & WH_BINARY) != 0 || bytes.n > FRAME_BYTES || wh_json_read_text(x->host, bytes, &frame) != WH_OK || !wh_json_get(&frame, "type", &type) ||
	    type.type != WH_V_STR)
		return;
	while (kind != KIND_NONE && !wh_str_is(type.s, kinds[kind]))
		kind++;
	if (kind == KIND_NONE || kind == KIND_HEARTBEAT)
		return;
	wh_json_get(&frame, "dst", &dst);
	if (dst.type != WH_V_STR || dst.s.n == 0) {
		if (kind == KIND_LEAVE)
			peer_drop(x, from, "bye");
		return;
	}
	if (!peer_id_ok(dst.s))
		return;
	wh_json_get(&frame, "payload", &payload);
	text_put(&t, "{\"type\":\"");
	text_put(&t, kinds[kind]);
	text_put(&t, "\",\"src\":\"");
	text_put(&t, from->id);
	text_put(&t, "\",\"dst\":\"");
	text_raw(&t, dst.s);
	text_put(&t, "\",\"payload\":");
	if (!put_payload(x, &t, kind, &payload, wh_str(from->room)))
		return;
	text_put(&t, "}");
	if (t.full)
		return;
	wh_metric_add_for(x->host, &signaling_metrics[M_FRAMES], WH_STR("peerjs"), 1);
	to = peer_find(x, dst.s);
	if (peers_may(x, from, to) && peer_send(x, to, text_of(&t)))
		return;
	wait_for(x, from, dst.s, text_of(&t), kind == KIND_OFFER);
}

/* Events are for those who speak our dialects. */
enum wh_err
peers_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	(void)self, (void)e, (void)accent, (void)out;
	return WH_ENOTSUP;
}
