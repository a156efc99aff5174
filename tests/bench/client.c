/* The connections of client.h. */
#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "worker.h"

enum { CLIENT_FRAME_MAX = 1 << 20 };	/* a list of a room's names on one line is never longer */

enum wh_err
client_connect(struct client *c, const struct load_setup *setup, unsigned who)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int one = 1;

	/* The first addresses of the block are left out: 127.0.0.1 is the server. */
	from.sin_addr.s_addr = htonl(0x7f000000u + (setup->source << 16) + 2 + who / setup->per_source);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return WH_EIO;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	/* The port is chosen at connect, where it needs to differ only for the same server. */
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
	    (connect(c->fd, (const struct sockaddr *)&setup->server, sizeof setup->server) != 0 && errno != EINPROGRESS)) {
		wh_fd_close(&c->fd);
		return WH_EIO;
	}
	c->state = CLIENT_CONNECTING;
	return WH_OK;
}

enum wh_err
client_flush(struct client *c)
{
	ssize_t n;

	if (c->out.n == 0)
		return WH_OK;
	n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? WH_OK : WH_EAWAY;
	wh_buf_drop(&c->out, (size_t)n);
	if (c->out.n == 0)
		wh_buf_free(&c->out);
	return WH_OK;
}

enum wh_err
client_send(struct client *c, struct wh_str bytes)
{
	ssize_t n = 0;

	if (c->out.n == 0) {
		n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return WH_EAWAY;
		if (n < 0)
			n = 0;
	}
	wh_buf_str(&c->out, wh_str_from(bytes, (size_t)n));
	return c->out.failed ? WH_ENOMEM : WH_OK;
}

/* Takes the frames off `bytes` and returns how much is left of them, or SIZE_MAX when the connection is over. */
static size_t
client_frames(struct client *c, struct worker *w, struct wh_str bytes)
{
	struct wh_buf reply = { 0 };
	enum got got;
	bool over = false;

	while (bytes.n != 0 && !over) {
		struct proto_frame frame = { 0 };

		got = worker_setup(w)->proto->next(bytes, &frame, &reply);
		if (got == GOT_MORE)
			break;
		worker_got(w, c, got, &frame);
		/* A refusal that is no frame leaves nothing that could be read on. */
		over = frame.used == 0;
		bytes = wh_str_from(bytes, frame.used);
	}
	if (reply.n != 0 && client_send(c, wh_buf_slice(&reply)) != WH_OK)
		over = true;
	wh_buf_free(&reply);
	return over ? SIZE_MAX : bytes.n;
}

bool
client_read(struct client *c, struct worker *w)
{
	size_t room, left;
	char *chunk = worker_chunk(w, &room);

	for (;;) {
		ssize_t n = recv(c->fd, chunk, room, 0);
		struct wh_str bytes = { chunk, n > 0 ? (size_t)n : 0 };

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return false;
		worker_read(w, (size_t)n);
		if (c->in.n != 0) {
			wh_buf_str(&c->in, bytes);
			if (c->in.failed || c->in.n > CLIENT_FRAME_MAX)
				return false;
			bytes = wh_buf_slice(&c->in);
		}
		left = client_frames(c, w, bytes);
		if (left == SIZE_MAX)
			return false;
		if (c->in.n != 0)
			wh_buf_drop(&c->in, c->in.n - left);
		else
			wh_buf_str(&c->in, wh_str_from(bytes, bytes.n - left));
		if (c->in.n == 0 && c->in.p != NULL)
			wh_buf_free(&c->in);
		/* Edge-triggered: a short read says that there is no more. */
		if ((size_t)n < room)
			return true;
	}
}

void
client_close(struct client *c)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	wh_fd_close(&c->fd);
	wh_buf_free(&c->in);
	wh_buf_free(&c->out);
	c->state = CLIENT_CLOSED;
}
