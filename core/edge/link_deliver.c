/* Messages of the hub on their way to sockets. Publishes in a row to one group are gathered into a run, and go out as one frame:
 * 32 messages then cost each member's queue one pointer, and its socket one plain send. Called by link.c for each record;
 * whatever else the hub says finds the run delivered, so that order holds. */
#include "edge/link.h"

#include "edge/edge.h"

/* One message's frames, each built when the first member that needs it is met. */
struct link_frames {
	struct frame *plain, *deflated, *line;
	uint8_t window_bits;
	bool tried;
};

static struct frame *
frame_plain(const struct link_run *run, bool line)
{
	size_t total = run->bytes.n + run->n * (size_t)(line ? 2 : WH_WS_HEAD_MAX), from = 0;
	enum wh_ws_op op = run->flags & WH_F_BINARY ? WH_WS_OP_BINARY : WH_WS_OP_TEXT;
	struct frame *f = frame_new(total);
	char *to;

	if (f == NULL)
		return NULL;
	to = f->bytes;
	for (unsigned i = 0; i < run->n; i++) {
		size_t n = run->ends[i] - from;

		if (!line)
			to += wh_ws_head((unsigned char *)to, op, n, false);
		memcpy(to, run->bytes.p + from, n);
		to += n;
		if (line) {
			*to++ = '\r';
			*to++ = '\n';
		}
		from = run->ends[i];
	}
	f->n = (uint32_t)(to - f->bytes);
	return f;
}

/* NULL: deflating is not worth it, or did not work. */
static struct frame *
frame_deflated(struct edge *e, const struct link_run *run, uint8_t *window_bits_out)
{
	enum wh_ws_op op = run->flags & WH_F_BINARY ? WH_WS_OP_BINARY : WH_WS_OP_TEXT;
	struct wh_buf *b = &e->scratch;
	bool any = false;
	size_t from = 0;

	wh_buf_reset(b);
	*window_bits_out = 9;
	for (unsigned i = 0; i < run->n; i++) {
		struct wh_str payload = { run->bytes.p + from, run->ends[i] - from };
		uint8_t bits;

		from = run->ends[i];
		if (payload.n >= e->settings->websocket.deflate_min && wh_ws_deflate_put(e->deflater, op, payload, b, &bits)) {
			any = true;
			if (bits > *window_bits_out)
				*window_bits_out = bits;
		} else
			wh_ws_frame_put(b, op, payload);
	}
	return any && !b->failed ? frame_of(wh_buf_slice(b)) : NULL;
}

static struct frame *
frames_for(struct edge *e, struct link_frames *fs, const struct link_run *run, const struct conn *c)
{
	if (c->state == CONN_LINE) {
		if (fs->line == NULL)
			fs->line = frame_plain(run, true);
		return fs->line;
	}
	if ((c->flags & CONN_DEFLATE) && !fs->tried) {
		fs->tried = true;
		fs->deflated = frame_deflated(e, run, &fs->window_bits);
	}
	if ((c->flags & CONN_DEFLATE) && fs->deflated != NULL && c->window_bits >= fs->window_bits)
		return fs->deflated;
	if (fs->plain == NULL)
		fs->plain = frame_plain(run, false);
	return fs->plain;
}

static void
frames_drop(struct link_frames *fs)
{
	if (fs->plain != NULL)
		frame_drop(fs->plain);
	if (fs->deflated != NULL)
		frame_drop(fs->deflated);
	if (fs->line != NULL)
		frame_drop(fs->line);
}

/* Delivers what has gathered. The loop below runs once for each delivery: it touches the member's queue and flags alone. */
void
link_run_out(struct edge *e)
{
	struct link_run *run = &e->link.run;
	struct group *g = run->group;
	struct link_frames fs = { 0 };
	uint64_t delivered = 0, dropped = 0;

	if (g == NULL)
		return;
	run->group = NULL;
	/* From the last to the first: a member that ends here leaves, and the last one takes its place. */
	for (uint32_t i = g->n; i-- != 0;) {
		struct conn *c = WH_CONTAINER(g->members[i].member, struct conn, member);
		struct frame *f;

		if (i >= 4)
			__builtin_prefetch(WH_CONTAINER(g->members[i - 4].member, struct conn, member));
		if (c->id == run->except)
			continue;
		f = frames_for(e, &fs, run, c);
		if (f == NULL) {
			dropped++;
			continue;
		}
		if ((run->flags & WH_F_PRESENCE) && c->queue.bytes + f->n > c->queue_max / 2) {
			edge_add(e, WH_EDGE_DROPPED_PRESENCE, run->n);
			continue;
		}
		if (conn_push(c, f))
			delivered++;
		if (i > g->n)
			i = g->n;
	}
	edge_add(e, WH_EDGE_DELIVERIES, delivered * run->n);
	if (dropped != 0)
		wh_log(e->log, WH_ERROR, "out_of_memory", WH_U("members_missed", dropped));
	frames_drop(&fs);
	wh_buf_reset(&run->bytes);
	run->n = 0;
}

/* Takes the next message off a record's bytes. Without WH_F_LINES there is one, which may be empty; with it empty ones are passed over. */
static bool
message_next(unsigned flags, struct wh_str *rest, struct wh_str *message_out)
{
	const char *end;

	if ((flags & WH_F_LINES) == 0) {
		*message_out = *rest;
		*rest = (struct wh_str){ NULL, 0 };
		return message_out->p != NULL;
	}
	while (rest->n != 0) {
		end = memchr(rest->p, '\n', rest->n);
		*message_out = (struct wh_str){ rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n };
		*rest = wh_str_from(*rest, message_out->n + (end != NULL));
		if (message_out->n != 0)
			return true;
	}
	return false;
}

void
link_publish(struct edge *e, const struct wh_rec_publish *r)
{
	struct link_run *run = &e->link.run;
	struct group *g = groups_find(&e->groups, r->group);
	struct wh_str rest = r->bytes, message;

	if (g == NULL) {
		edge_count(e, WH_EDGE_DROPPED_UNKNOWN);
		return;
	}
	if (r->seq > g->seq)
		g->seq = r->seq;
	edge_count(e, WH_EDGE_PUBLISHES);
	while (message_next(r->flags, &rest, &message)) {
		if (run->group != NULL && (run->group != g || run->except != r->except || run->flags != r->flags ||
		    run->n == LINK_RUN_MESSAGES || run->bytes.n + message.n > LINK_RUN_BYTES))
			link_run_out(e);
		wh_buf_str(&run->bytes, message);
		if (run->bytes.failed) {
			wh_buf_reset(&run->bytes);
			run->n = 0;
			run->group = NULL;
			wh_log(e->log, WH_ERROR, "out_of_memory", WH_X("group", r->group));
			return;
		}
		run->group = g;
		run->except = r->except;
		run->flags = r->flags;
		run->ends[run->n++] = (uint32_t)run->bytes.n;
	}
}

/* Hands some of its messages to one connection, as one frame. */
static void
link_send_run(struct edge *e, struct conn *c, const struct link_run *run)
{
	struct link_frames fs = { 0 };
	struct frame *f = frames_for(e, &fs, run, c);

	if (f == NULL)
		conn_end(c, WH_WS_INTERNAL, WH_STR("out of memory"));
	else if (conn_push(c, f)) {
		edge_count(e, WH_EDGE_SENDS);
		if (c->queue.bytes > c->queue_max / 2)
			c->flags |= CONN_WANTS_ROOM;
	}
	frames_drop(&fs);
}

void
link_send(struct edge *e, const struct wh_rec_send *r)
{
	/* The messages of a run stand one behind the other: without their LFs they have to be moved together. */
	struct link_run run = { .flags = r->flags };
	struct conn *c = link_conn(e, r->conn);
	struct wh_str rest = r->bytes, message;

	if (c == NULL || (c->state != CONN_WS && c->state != CONN_LINE)) {
		edge_count(e, WH_EDGE_DROPPED_UNKNOWN);
		return;
	}
	if ((r->flags & WH_F_LINES) == 0) {
		run.bytes = (struct wh_buf){ .p = (char *)(uintptr_t)r->bytes.p, .n = r->bytes.n };
		run.ends[run.n++] = (uint32_t)r->bytes.n;
		link_send_run(e, c, &run);
		return;
	}
	run.bytes = e->lines;
	wh_buf_reset(&run.bytes);
	while (message_next(r->flags, &rest, &message) && !run.bytes.failed) {
		if (run.n == LINK_RUN_MESSAGES) {
			link_send_run(e, c, &run);
			wh_buf_reset(&run.bytes);
			run.n = 0;
			if (!conn_alive(c))
				break;
		}
		wh_buf_str(&run.bytes, message);
		run.ends[run.n++] = (uint32_t)run.bytes.n;
	}
	if (run.bytes.failed)
		conn_end(c, WH_WS_INTERNAL, WH_STR("out of memory"));
	else if (run.n != 0 && conn_alive(c))
		link_send_run(e, c, &run);
	e->lines = run.bytes;
}
