/* The bed of edge_bed.h. */
#include "base/testing.h"

#include "edge/edge_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "edge/edge.h"
#include "edge/ws_client.h"

int
bed_listen(uint16_t *port_out)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 4096), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port_out = ntohs(a.sin_port);
	return fd;
}

/* What the keeper does between fork and exec, and main after it. */
static void
bed_child(int channel, int words, const int *sockets, size_t n)
{
	static struct wh_child child;
	int high[BED_LISTENERS + 2], from[BED_LISTENERS + 2];

	from[0] = channel;
	from[1] = words;
	for (size_t i = 0; i < n; i++)
		from[i + 2] = sockets[i];
	for (size_t i = 0; i < n + 2; i++)
		high[i] = fcntl(from[i], F_DUPFD, 200);
	for (size_t i = 0; i < n + 2; i++)
		(void)dup2(high[i], WH_CHILD_CHANNEL + (int)i);
	for (int fd = WH_CHILD_CHANNEL + (int)n + 2; fd < 300; fd++)
		close(fd);
	if (wh_child_begin(&child, "edge 0", 0, NULL) != WH_OK)
		_exit(9);
	n = (size_t)wh_edge_main(&child);
	wh_child_end(&child);
	/* Not _exit: the sanitizers look for leaks on the way out. */
	exit((int)n);
}

int
bed_snapshot(const char *web, const char *config, struct wh_str certificate, struct wh_str key)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_snapshot *snap;
	struct wh_buf text = { 0 };
	int fd;

	wh_buf_fmt(&text, "listeners = ( { name = \"web\"; address = \":1\"; %s }, "
	    "{ name = \"line\"; address = \":2\"; protocol = \"line\"; dialect = \"plain\"; }", web);
	if (certificate.n != 0)
		wh_buf_text(&text, ", { name = \"tls\"; address = \":3\"; tls = { client_certificates = \"optional\"; "
		    "certificates = ( { certificate = \"c\"; key = \"k\"; } ); }; }");
	wh_buf_text(&text, ");\n");
	wh_buf_text(&text, config);
	assert_int_equal(wh_snapshot_from_text("test", wh_buf_slice(&text), &errors, &snap), WH_OK);
	if (certificate.n != 0) {
		assert_int_equal(wh_snapshot_keep(snap, WH_STR("c"), certificate), WH_OK);
		assert_int_equal(wh_snapshot_keep(snap, WH_STR("k"), key), WH_OK);
	}
	fd = wh_snapshot_seal(snap, true);
	assert_true(fd >= 0);
	wh_snapshot_free(&snap);
	wh_buf_free(&text);
	return fd;
}

void
bed_begin(struct bed *b, const char *config, struct wh_str certificate, struct wh_str key)
{
	bed_begin_web(b, "", config, certificate, key);
}

void
bed_begin_web(struct bed *b, const char *web, const char *config, struct wh_str certificate, struct wh_str key)
{
	struct wh_channel_msg start = { .kind = WH_CH_START, .process = 7, .n_fds = 1, .fds = { -1, -1, -1 } };
	size_t n = certificate.n != 0 ? 3 : 2;
	int sockets[BED_LISTENERS], pair[2], words = wh_fd_memory("words", WH_LAST_WORDS_SIZE);

	*b = (struct bed){ .fds = WH_LINK_FDS_NONE, .hub = BED_FIRST_HUB };
	b->buffer = malloc(WH_CHANNEL_MAX);
	assert_non_null(b->buffer);
	for (size_t i = 0; i < n; i++)
		sockets[i] = bed_listen(&b->port[i]);
	assert_int_equal(wh_channel_pair(pair), WH_OK);
	b->edge = fork();
	assert_true(b->edge >= 0);
	if (b->edge == 0)
		bed_child(pair[1], words, sockets, n);
	close(pair[1]);
	close(words);
	b->channel = pair[0];
	start.fds[0] = bed_snapshot(web, config, certificate, key);
	start.text = wh_str(n == 3 ? "web line tls" : "web line");
	bed_say(b, &start);
	close(start.fds[0]);
	for (size_t i = 0; i < n; i++)
		close(sockets[i]);
}

void
bed_end(struct bed *b)
{
	int status = 0;

	if (b->link != NULL)
		wh_link_detach(&b->link);
	wh_link_fds_close(&b->fds);
	close(b->channel);
	for (int i = 0; i < 500 && waitpid(b->edge, &status, WNOHANG) == 0; i++)
		usleep(10000);
	if (waitpid(b->edge, &status, WNOHANG) == 0) {
		kill(b->edge, SIGKILL);
		waitpid(b->edge, &status, 0);
		fail_msg("the edge did not end with its channel");
	}
	free(b->buffer);
	/* 0: stopped or drained; 1: its keeper went away. */
	if (WIFEXITED(status) && WEXITSTATUS(status) > 1)
		fail_msg("the edge ended with %d", WEXITSTATUS(status));
	if (WIFSIGNALED(status))
		fail_msg("the edge died of signal %d", WTERMSIG(status));
}

void
bed_say(struct bed *b, const struct wh_channel_msg *m)
{
	enum wh_err err;

	while ((err = wh_channel_send(b->channel, m)) == WH_WAIT)
		usleep(1000);
	assert_int_equal(err, WH_OK);
}

struct wh_channel_msg
bed_told(struct bed *b, enum wh_channel_kind kind)
{
	struct wh_channel_msg m;
	struct pollfd p = { .fd = b->channel, .events = POLLIN };

	do {
		assert_int_equal(poll(&p, 1, BED_WAIT_MS), 1);
		assert_int_equal(wh_channel_receive(b->channel, b->buffer, &m), WH_OK);
	} while (m.kind == WH_CH_LINE);
	assert_int_equal(m.kind, kind);
	return m;
}

void
bed_kick(struct bed *b)
{
	wh_ring_kick(b->link->out);
}

void
bed_hub(struct bed *b, size_t ring)
{
	struct wh_channel_msg m = { .kind = WH_CH_LINK, .process = ++b->hub, .n_fds = 3 };
	struct wh_rec_hello hello = { .epoch = b->hub, .version = WH_RECORD_VERSION };

	assert_int_equal(wh_link_create(ring, &b->fds), WH_OK);
	assert_int_equal(wh_link_attach(&b->fds, WH_HUB_END, &b->link), WH_OK);
	m.fds[0] = b->fds.memory;
	m.fds[1] = b->fds.bell[0];
	m.fds[2] = b->fds.bell[1];
	bed_say(b, &m);
	assert_int_equal(wh_rec_hello_put(b->link->out, &hello), WH_OK);
	bed_kick(b);
}

void
bed_routes(struct bed *b, const char *tree)
{
	struct wh_rec_route answer = { .kind = WH_ROUTE_ANSWER, .status = 200, .path = WH_STR("/answer"),
	    .headers = WH_STR("content-type\0text/plain\0x-kind\0prebuilt\0"), .body = WH_STR("ready\n") };
	struct wh_rec_route api = { .kind = WH_ROUTE_HUB, .flags = WH_F_PREFIX | WH_F_CORS | WH_F_WAIT_FOR_HUB, .path = WH_STR("/api/") };
	struct wh_rec_route now = { .kind = WH_ROUTE_HUB, .path = WH_STR("/now") };
	struct wh_rec_route ws = { .kind = WH_ROUTE_WS, .path = WH_STR("/ws"), .subprotocols = WH_STR("one, two") };
	struct wh_rec_route files = { .kind = WH_ROUTE_TREE, .flags = WH_F_PREFIX, .path = WH_STR("/files/"), .root = wh_str(tree) };
	struct wh_rec_routes_end end = { 0 };

	assert_int_equal(wh_rec_route_put(b->link->out, &answer), WH_OK);
	assert_int_equal(wh_rec_route_put(b->link->out, &api), WH_OK);
	assert_int_equal(wh_rec_route_put(b->link->out, &now), WH_OK);
	assert_int_equal(wh_rec_route_put(b->link->out, &ws), WH_OK);
	if (tree != NULL)
		assert_int_equal(wh_rec_route_put(b->link->out, &files), WH_OK);
	assert_int_equal(wh_rec_routes_end_put(b->link->out, &end), WH_OK);
	bed_kick(b);
}

void
bed_go(struct bed *b)
{
	struct wh_rec_go go = { 0 };

	(void)bed_next(b, WH_REC_RECOVERED);
	assert_int_equal(wh_rec_go_put(b->link->out, &go), WH_OK);
	bed_kick(b);
}

void
bed_serve(struct bed *b)
{
	bed_hub(b, 1 << 20);
	bed_routes(b, NULL);
	bed_go(b);
}

void
bed_hub_dies(struct bed *b, struct wh_link_fds *left_out)
{
	struct wh_channel_msg m = { .kind = WH_CH_HUB_GONE, .fds = { -1, -1, -1 } };
	struct wh_channel_msg ask = { .kind = WH_CH_STATUS_ASK, .fds = { -1, -1, -1 } };

	b->holding = false;
	wh_link_detach(&b->link);
	bed_say(b, &m);
	/* Once it answers, it has heard. */
	bed_say(b, &ask);
	(void)bed_told(b, WH_CH_STATUS);
	if (left_out != NULL)
		*left_out = b->fds;
	else
		wh_link_fds_close(&b->fds);
	b->fds = WH_LINK_FDS_NONE;
}

static bool
bed_take(struct bed *b, struct wh_rec *rec, int ms)
{
	int64_t until = wh_clock_mono_ms(NULL) + ms;

	if (b->holding)
		wh_ring_done(b->link->in);
	b->holding = false;
	for (;;) {
		struct pollfd p = { .fd = b->link->bell, .events = POLLIN };
		int got = wh_ring_next(b->link->in, rec);
		int left = (int)(until - wh_clock_mono_ms(NULL));

		assert_true(got >= 0);
		if (got == 1) {
			b->holding = true;
			return true;
		}
		if (left <= 0)
			return false;
		if (!wh_ring_sleep(b->link->in))
			continue;
		if (poll(&p, 1, left) == 1)
			wh_link_woken(b->link);
	}
}

struct wh_rec
bed_next(struct bed *b, uint16_t kind)
{
	struct wh_rec rec;

	if (!bed_take(b, &rec, BED_WAIT_MS))
		fail_msg("no record came; %s was due", wh_rec_kind_name(kind));
	if (rec.kind != kind)
		fail_msg("%s came in place of %s", wh_rec_kind_name(rec.kind), wh_rec_kind_name(kind));
	return rec;
}

struct wh_rec
bed_any(struct bed *b)
{
	struct wh_rec rec;

	if (!bed_take(b, &rec, BED_WAIT_MS))
		fail_msg("no record came");
	return rec;
}

bool
bed_quiet(struct bed *b, int ms)
{
	struct wh_rec rec;

	return !bed_take(b, &rec, ms);
}

int
client_connect(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { BED_WAIT_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	assert_true(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

void
client_send(int fd, const void *bytes, size_t n)
{
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

void
client_say(int fd, const char *text)
{
	client_send(fd, text, strlen(text));
}

void
client_expect(int fd, const char *bytes, size_t n)
{
	char got[4096];

	assert_true(n <= sizeof got);
	assert_int_equal(recv(fd, got, n, MSG_WAITALL), n);
	assert_memory_equal(got, bytes, n);
}

void
client_read_until(int fd, struct wh_buf *to, const char *end)
{
	char piece[4096];
	ssize_t n;

	while (to->p == NULL || memmem(to->p, to->n, end, strlen(end)) == NULL) {
		n = recv(fd, piece, sizeof piece, 0);
		if (n <= 0)
			return;
		wh_buf_put(to, piece, (size_t)n);
	}
}

unsigned
client_answer(int fd, struct wh_buf *to, size_t *body_out)
{
	char piece[4096];
	const char *length;
	size_t head, body = 0;

	wh_buf_reset(to);
	client_read_until(fd, to, "\r\n\r\n");
	assert_non_null(wh_buf_cstr(to));
	if (to->n < 12 || strstr(to->p, "\r\n\r\n") == NULL)
		return 0;
	head = (size_t)(strstr(to->p, "\r\n\r\n") + 4 - to->p);
	length = strstr(to->p, "Content-Length: ");
	if (length != NULL)
		body = strtoul(length + 16, NULL, 10);
	while (to->n < head + body) {
		ssize_t n = recv(fd, piece, sizeof piece < head + body - to->n ? sizeof piece : head + body - to->n, 0);

		if (n <= 0)
			break;
		wh_buf_put(to, piece, (size_t)n);
	}
	(void)wh_buf_cstr(to);
	if (body_out != NULL)
		*body_out = head;
	return (unsigned)strtoul(to->p + 9, NULL, 10);
}

bool
client_closed(int fd)
{
	char piece[4096];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		;
	return n == 0 || errno == ECONNRESET || errno == EPIPE;
}

int
client_ws(uint16_t port, const char *subprotocols, const char *extensions)
{
	struct wh_ws_hello hello = { .host = WH_STR("localhost"), .path = WH_STR("/ws?a=1"), .key = WH_STR("dGhlIHNhbXBsZSBub25jZQ=="),
	    .subprotocols = wh_str(subprotocols), .extensions = wh_str(extensions) };
	struct wh_ws_welcome welcome;
	struct wh_buf b = { 0 };
	size_t used, n;
	int fd = client_connect(port);

	wh_ws_client_hello(&b, &hello);
	client_send(fd, b.p, b.n);
	/* Byte by byte at the end: frames may follow at once. */
	wh_buf_reset(&b);
	do {
		char c;

		n = recv(fd, &c, 1, 0) == 1;
		wh_buf_put(&b, &c, n);
	} while (n == 1 && (b.n < 4 || memcmp(b.p + b.n - 4, "\r\n\r\n", 4) != 0));
	assert_int_equal(wh_ws_client_welcome(wh_buf_slice(&b), hello.key, &used, &welcome), WH_OK);
	wh_buf_free(&b);
	return fd;
}

void
client_ws_send(int fd, enum wh_ws_op op, const char *text)
{
	struct wh_buf b = { 0 };

	wh_ws_client_frame(&b, op, 0, wh_str(text), 0x12345678);
	client_send(fd, b.p, b.n);
	wh_buf_free(&b);
}

enum wh_ws_op
client_ws_next(int fd, struct wh_buf *payload)
{
	unsigned char head[2], more[8];
	size_t n;
	char *to;

	wh_buf_reset(payload);
	if (recv(fd, head, 2, MSG_WAITALL) != 2)
		fail_msg("no frame came");
	n = head[1] & 127;
	if (n == 126) {
		assert_int_equal(recv(fd, more, 2, MSG_WAITALL), 2);
		n = (size_t)more[0] << 8 | more[1];
	} else if (n == 127) {
		assert_int_equal(recv(fd, more, 8, MSG_WAITALL), 8);
		n = 0;
		for (int i = 0; i < 8; i++)
			n = n << 8 | more[i];
	}
	to = wh_buf_reserve(payload, n + 1);
	assert_non_null(to);
	if (n != 0)
		assert_int_equal(recv(fd, to, n, MSG_WAITALL), n);
	wh_buf_grew(payload, n);
	return (enum wh_ws_op)(head[0] & 15);
}

void
client_ws_expect(int fd, const char *text)
{
	struct wh_buf payload = { 0 };

	assert_int_equal(client_ws_next(fd, &payload), WH_WS_OP_TEXT);
	assert_string_equal(wh_buf_cstr(&payload), text);
	wh_buf_free(&payload);
}
