/* See wire.h. */
#include "ctl/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static enum wh_err
wire_blame(int error, const char *path, struct wh_buf *why)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		wh_buf_fmt(why, "there is no %s: is whiplyd running? -s names the control socket, which is in its state folder", path);
		return WH_EAWAY;
	case ECONNREFUSED:
		wh_buf_fmt(why, "nobody listens on %s: whiplyd has ended; its log says why (journalctl -u whiply)", path);
		return WH_EAWAY;
	case EACCES:
	case EPERM:
		wh_buf_fmt(why, "you may not use %s: root, the user of whiplyd, and the group that hub.control_group names may", path);
		return WH_EPERM;
	case EAGAIN:
		wh_buf_fmt(why, "%s has too many callers waiting: the hub may be stuck or starting", path);
		return WH_EAWAY;
	default:
		wh_buf_fmt(why, "cannot connect to %s: %s", path, strerror(error));
		return WH_EAWAY;
	}
}

enum wh_err
wire_open(struct wire *w, const char *path, struct wh_buf *why)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	enum wh_err err;

	*w = (struct wire){ .fd = -1, .in = { .max = WIRE_LINE } };
	if (n == 0 || n >= sizeof to.sun_path) {
		wh_buf_fmt(why, "the path of a socket has 1 to %zu bytes", sizeof to.sun_path - 1);
		return WH_EINVAL;
	}
	memcpy(to.sun_path, path, n);
	/* Not blocking: when the backlog of a stuck hub is full, connect says so at once. */
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->fd >= 0 && connect(w->fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return WH_OK;
	err = wire_blame(errno, path, why);
	wire_close(w);
	return err;
}

/* Waits for the socket; false when the time is over. */
static bool
wire_ready(const struct wire *w, short events, int64_t end_ms)
{
	for (;;) {
		struct pollfd p = { .fd = w->fd, .events = events };
		int64_t left = end_ms - wh_clock_mono_ms(NULL);
		int n = poll(&p, 1, left > 0 ? (int)(left < 60000 ? left : 60000) : 0);

		if (n > 0)
			return true;
		if (left <= 0 || (n < 0 && errno != EINTR))
			return false;
	}
}

static enum wh_err
wire_send(struct wire *w, struct wh_str bytes, int64_t end_ms)
{
	while (bytes.n > 0) {
		ssize_t n = send(w->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n >= 0)
			bytes = wh_str_from(bytes, (size_t)n);
		else if (errno == EPIPE || errno == ECONNRESET)
			return WH_EAWAY;
		else if (errno != EAGAIN && errno != EINTR)
			return WH_EIO;
		else if (!wire_ready(w, POLLOUT, end_ms))
			return WH_ETIME;
	}
	return WH_OK;
}

/* Reads what there is, or waits for it. */
static enum wh_err
wire_more(struct wire *w, int64_t end_ms)
{
	char *to = wh_buf_reserve(&w->in, 65536);
	ssize_t n;

	if (to == NULL)
		return WH_ETOOBIG;
	for (;;) {
		n = recv(w->fd, to, 65536, 0);
		if (n > 0) {
			wh_buf_grew(&w->in, (size_t)n);
			return WH_OK;
		}
		if (n == 0 || errno == ECONNRESET)
			return WH_EAWAY;
		if (errno != EAGAIN && errno != EINTR)
			return WH_EIO;
		if (!wire_ready(w, POLLIN, end_ms))
			return WH_ETIME;
	}
}

/* Moves the next whole line into `line`. */
static enum wh_err
wire_line(struct wire *w, struct wh_buf *line, int64_t end_ms)
{
	size_t looked = 0;

	for (;;) {
		const char *at = w->in.n > looked ? memchr(w->in.p + looked, '\n', w->in.n - looked) : NULL;
		enum wh_err err;

		if (at != NULL) {
			size_t n = (size_t)(at - w->in.p);

			wh_buf_reset(line);
			wh_buf_put(line, w->in.p, n);
			wh_buf_drop(&w->in, n + 1);
			return line->failed ? WH_ENOMEM : WH_OK;
		}
		looked = w->in.n;
		err = wire_more(w, end_ms);
		if (err != WH_OK)
			return err;
	}
}

static enum wh_err
wire_request(struct wh_buf *to, uint64_t id, const char *method, struct wh_str params)
{
	struct wh_json w;

	wh_json_begin(&w, to);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "jsonrpc", "2.0");
	wh_json_uint(&w, "id", id);
	wh_json_text(&w, "method", method);
	wh_json_raw(&w, "params", params.n > 0 ? params : WH_STR("{}"));
	wh_json_end(&w);
	if (!wh_json_finish(&w))
		return WH_ENOMEM;
	wh_buf_byte(to, '\n');
	return to->failed ? WH_ENOMEM : WH_OK;
}

/* Is this line the answer to call `id`? An error without an id is ours too: there is one call at a time. */
static enum wh_err
wire_read(struct answer *a, uint64_t id, bool *ours_out)
{
	static const struct wh_json_limits limits = { .bytes = WIRE_LINE };
	struct wh_value message, its;
	enum wh_err err;

	*ours_out = false;
	err = wh_json_read(&a->doc, wh_buf_slice(&a->line), &limits, &a->scratch, &message, NULL);
	if (err != WH_OK)
		return err;
	if (message.type != WH_V_OBJECT)
		return WH_ESYNTAX;
	(void)wh_json_get(&message, "id", &its);
	(void)wh_json_get(&message, "error", &a->error);
	(void)wh_json_get(&message, "result", &a->result);
	if (a->error.type == WH_V_NULL)
		a->error = (struct wh_value){ 0 };
	*ours_out = its.type == WH_V_INT ? its.i == (int64_t)id : its.type == WH_V_NULL && a->error.type != WH_V_NONE;
	if (*ours_out && a->error.type == WH_V_NONE && a->result.type == WH_V_NONE)
		return WH_ESYNTAX;
	return WH_OK;
}

enum wh_err
wire_call(struct wire *w, const char *method, struct wh_str params, int64_t within_ms, struct answer *answer)
{
	int64_t end_ms = wh_clock_mono_ms(NULL) + within_ms;
	struct wh_buf request = { 0 };
	uint64_t id = ++w->calls;
	bool ours = false;
	enum wh_err err;

	if (w->fd < 0)
		return WH_EAWAY;
	err = wire_request(&request, id, method, params);
	if (err == WH_OK)
		err = wire_send(w, wh_buf_slice(&request), end_ms);
	wh_buf_free(&request);
	while (err == WH_OK && !ours) {
		err = wire_line(w, &answer->line, end_ms);
		if (err == WH_OK)
			err = wire_read(answer, id, &ours);
	}
	return err;
}

enum wh_err
wire_wait_closed(struct wire *w, int64_t within_ms)
{
	int64_t end_ms = wh_clock_mono_ms(NULL) + within_ms;
	enum wh_err err = WH_OK;

	if (w->fd < 0)
		return WH_OK;
	while (err == WH_OK) {
		wh_buf_reset(&w->in);
		err = wire_more(w, end_ms);
	}
	return err == WH_ETIME ? WH_ETIME : WH_OK;
}

void
wire_close(struct wire *w)
{
	wh_fd_close(&w->fd);
	wh_buf_free(&w->in);
}

void
answer_free(struct answer *a)
{
	wh_buf_free(&a->line);
	wh_buf_free(&a->scratch);
	*a = (struct answer){ 0 };
}
