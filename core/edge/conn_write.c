/* Writing: frames are queued while a turn runs and written once when it ends, with one system call for a connection however
 * many messages wait. The kernel's buffer being full is the only time that write interest is on. */
#include <errno.h>
#include <sys/socket.h>

#include "edge/edge.h"

enum { CONN_SLOW_MS = 1000 };

void
conn_dirty(struct conn *c)
{
	struct edge *e = c->edge;

	if (c->flags & (CONN_DIRTY | CONN_BLOCKED))
		return;
	c->flags |= CONN_DIRTY;
	c->dirty_next = NULL;
	*e->dirty_end = c;
	e->dirty_end = &c->dirty_next;
}

bool
conn_push(struct conn *c, struct frame *f)
{
	if (c->state >= CONN_CLOSING)
		return false;
	/* One frame always goes into an empty queue, whatever its size: records bound it. */
	if ((c->queue.n != 0 && c->queue.bytes + (uint64_t)f->n > c->queue_max) || !queue_push(&c->queue, f)) {
		conn_slow(c);
		return false;
	}
	conn_dirty(c);
	return true;
}

bool
conn_push_bytes(struct conn *c, struct wh_str bytes)
{
	struct frame *f;
	bool ok;

	if (bytes.n == 0)
		return true;
	f = frame_of(bytes);
	if (f == NULL) {
		conn_end(c, WH_WS_INTERNAL, WH_STR("out of memory"));
		return false;
	}
	ok = conn_push(c, f);
	frame_drop(f);
	return ok;
}

/* Keeps the frame that is partly out, since what follows it has to be understood; drops the rest. */
static void
queue_cut(struct queue *q)
{
	struct frame *first;
	uint32_t sent = q->sent;

	if (sent == 0) {
		queue_clear(q);
		return;
	}
	first = frame_hold(queue_at(q, 0));
	queue_clear(q);
	(void)queue_push(q, first);
	q->sent = sent;
	q->bytes -= sent;
	frame_drop(first);
}

void
conn_slow(struct conn *c)
{
	edge_count(c->edge, WH_EDGE_CLOSED_SLOW);
	if (c->state != CONN_WS) {
		conn_end(c, WH_WS_POLICY, WH_STR("too slow"));
		return;
	}
	queue_cut(&c->queue);
	conn_close_hint(c, WH_WS_POLICY, WH_STR("too slow: the queue of messages to you was full"), CONN_RESUME_MS);
	/* It did not read for long; it will hardly read this, and its buffers in the kernel are large. */
	if (c->state == CONN_CLOSING)
		conn_set_deadline(c, CONN_SLOW_MS < c->edge->settings->websocket.close_ms ? CONN_SLOW_MS : c->edge->settings->websocket.close_ms);
}

enum write_answer { WROTE_SOME, WROTE_ALL, WROTE_NONE, WROTE_FAILED };

static enum write_answer
write_plain(struct conn *c, size_t *n_out)
{
	struct iovec vec[QUEUE_VEC];
	struct msghdr msg = { .msg_iov = vec };
	size_t bytes;
	ssize_t n;

	if (c->queue.n == 1) {
		struct frame *f = queue_at(&c->queue, 0);

		bytes = f->n - c->queue.sent;
		n = send(c->fd, f->bytes + c->queue.sent, bytes, MSG_NOSIGNAL);
	} else {
		msg.msg_iovlen = (size_t)queue_vec(&c->queue, vec, QUEUE_VEC, &bytes);
		n = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
	}
	if (n < 0) {
		*n_out = 0;
		return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? WROTE_NONE : WROTE_FAILED;
	}
	*n_out = (size_t)n;
	return (size_t)n == bytes ? WROTE_ALL : WROTE_SOME;
}

/* One record for as many frames as it holds: each SSL_write costs a record's head and tag. */
static enum write_answer
write_tls(struct conn *c, size_t *n_out)
{
	struct iovec vec[QUEUE_VEC];
	size_t bytes, n = 0;
	int count = queue_vec(&c->queue, vec, QUEUE_VEC, &bytes);
	const char *from = vec[0].iov_base;

	if (count == 1)
		n = vec[0].iov_len < EDGE_OUTPUT ? vec[0].iov_len : EDGE_OUTPUT;
	else {
		for (int i = 0; i < count && n < EDGE_OUTPUT; i++) {
			size_t piece = vec[i].iov_len < EDGE_OUTPUT - n ? vec[i].iov_len : EDGE_OUTPUT - n;

			memcpy(c->edge->output + n, vec[i].iov_base, piece);
			n += piece;
		}
		from = c->edge->output;
	}
	switch (tls_write(c->ssl, from, n, n_out)) {
	case TLS_OK:
		return *n_out == bytes ? WROTE_ALL : WROTE_SOME;
	case TLS_WANT_READ:
	case TLS_WANT_WRITE:
		return WROTE_NONE;
	default:
		return WROTE_FAILED;
	}
}

/* A client that was behind has room again. */
static void
write_room(struct conn *c)
{
	struct wh_rec_writable r = { c->id };

	if (!(c->flags & CONN_WANTS_ROOM) || c->queue.bytes > c->queue_max / 4 || !link_ready(&c->edge->link))
		return;
	if (link_put(c->edge, wh_rec_writable_put(c->edge->link.link->out, &r)))
		c->flags &= (uint16_t)~CONN_WANTS_ROOM;
}

static void
write_block(struct conn *c, bool on)
{
	if (((c->flags & CONN_BLOCKED) != 0) == on)
		return;
	c->flags ^= CONN_BLOCKED;
	conn_interest(c);
}

/* Nothing waits any more. */
static void
write_done(struct conn *c)
{
	if (c->state == CONN_HTTP && conn_http_more(c)) {
		write_block(c, true);
		return;
	}
	if (!conn_alive(c))
		return;
	write_block(c, false);
	if (!(c->flags & CONN_CLOSE_AFTER))
		return;
	if (c->ssl == NULL && (c->flags & (CONN_EOF | CONN_FAREWELL)) == 0) {
		/* Closing with unread bytes would reset the connection, and the client could lose our last words. */
		(void)shutdown(c->fd, SHUT_WR);
		c->state = CONN_LINGER;
		c->pause &= PAUSE_BUSY;
		conn_set_deadline(c, 2000);
		conn_interest(c);
		return;
	}
	conn_end(c, c->code != 0 ? c->code : WH_WS_NORMAL, WH_STR(""));
}

void
conn_flush(struct conn *c)
{
	size_t rounds = 8, n;

	while (conn_alive(c) && c->queue.n != 0) {
		enum write_answer a = c->ssl != NULL ? write_tls(c, &n) : write_plain(c, &n);

		edge_count(c->edge, WH_EDGE_WRITES);
		if (a == WROTE_FAILED) {
			conn_end(c, 1006, WH_STR("the connection broke"));
			return;
		}
		if (n != 0) {
			c->bytes_out += n;
			edge_add(c->edge, WH_EDGE_BYTES_OUT, n);
			c->wrote = c->edge->tick;
			queue_sent(&c->queue, n);
		}
		/* A full writev may be followed by more; a short one means that the kernel is full, for TLS only WANT does. */
		if (a == WROTE_NONE || (a == WROTE_SOME && c->ssl == NULL && c->queue.n < QUEUE_VEC) || --rounds == 0) {
			if (c->flags & CONN_WANTS_ROOM)
				write_room(c);
			if (conn_alive(c) && c->queue.n != 0) {
				write_block(c, true);
				return;
			}
		}
	}
	if (!conn_alive(c))
		return;
	if (c->flags & CONN_WANTS_ROOM)
		write_room(c);
	write_done(c);
}
