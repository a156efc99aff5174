/* A whole edge over real sockets, driven by a hub that the test plays: connections, groups, slow clients, dead hubs. */
#include "base/testing.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "edge/edge_bed.h"

#define PLAIN(config) bed_begin(&b, (config), WH_STR(""), WH_STR(""))

static void
put_send(struct bed *b, wh_id conn, const char *text)
{
	struct wh_rec_send r = { .conn = conn, .bytes = wh_str(text) };

	assert_int_equal(wh_rec_send_put(b->link->out, &r), WH_OK);
	bed_kick(b);
}

static void
put_group(struct bed *b, wh_id group, const char *name, const wh_id *members, size_t n)
{
	struct wh_rec_group_open open = { .group = group, .name = wh_str(name) };

	assert_int_equal(wh_rec_group_open_put(b->link->out, &open), WH_OK);
	for (size_t i = 0; i < n; i++) {
		struct wh_rec_join join = { group, members[i] };

		assert_int_equal(wh_rec_join_put(b->link->out, &join), WH_OK);
	}
}

static void
put_publish(struct bed *b, wh_id group, uint64_t seq, wh_id except, unsigned flags, struct wh_str bytes)
{
	struct wh_rec_publish r = { .group = group, .seq = seq, .except = except, .flags = (uint16_t)flags, .bytes = bytes };

	assert_int_equal(wh_rec_publish_put(b->link->out, &r), WH_OK);
}

static wh_id
next_opened(struct bed *b, unsigned flags)
{
	struct wh_rec rec = bed_next(b, WH_REC_OPENED);
	struct wh_rec_opened r;

	assert_int_equal(wh_rec_opened_get(&rec, &r), WH_OK);
	assert_int_equal(r.flags, flags);
	return r.conn;
}

static void
expect_message(struct bed *b, wh_id conn, const char *text)
{
	struct wh_rec rec = bed_next(b, WH_REC_MESSAGE);
	struct wh_rec_message r;

	assert_int_equal(wh_rec_message_get(&rec, &r), WH_OK);
	assert_int_equal(r.conn, conn);
	assert_true(wh_str_is(r.bytes, text));
}

static unsigned
expect_closed(struct bed *b, wh_id conn)
{
	struct wh_rec rec = bed_next(b, WH_REC_CLOSED);
	struct wh_rec_closed r;

	assert_int_equal(wh_rec_closed_get(&rec, &r), WH_OK);
	assert_int_equal(r.conn, conn);
	return r.code;
}

static void
prebuilt_answers_and_errors_need_no_hub(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	size_t body;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_connect(b.port[0]);
	client_say(fd, "GET /answer HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(client_answer(fd, &got, &body), 200);
	assert_string_equal(got.p + body, "ready\n");
	assert_non_null(strstr(got.p, "x-kind: prebuilt\r\n"));
	assert_non_null(strstr(got.p, "X-Content-Type-Options: nosniff\r\n"));
	client_say(fd, "HEAD /answer HTTP/1.1\r\nHost: a\r\n\r\n");
	wh_buf_reset(&got);
	client_read_until(fd, &got, "\r\n\r\n");
	assert_memory_equal(got.p + got.n - 4, "\r\n\r\n", 4);
	client_say(fd, "GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(client_answer(fd, &got, &body), 404);
	assert_non_null(strstr(got.p, "application/problem+json"));
	client_say(fd, "POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(client_answer(fd, &got, &body), 405);
	assert_non_null(strstr(got.p, "Allow: GET, HEAD\r\n"));
	client_say(fd, "GET / HTTP/1.1\r\n\r\n");
	assert_int_equal(client_answer(fd, &got, &body), 400);
	assert_true(client_closed(fd));
	close(fd);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_request_goes_to_the_hub_and_its_answer_comes_back(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	struct wh_rec rec;
	struct wh_rec_request r;
	struct wh_rec_respond answer = { .status = 201, .headers = WH_STR("content-type\0application/json\0x-a\0b\0"), .body = WH_STR("{}") };
	size_t body;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_connect(b.port[0]);
	/* Two at once: the second waits until the first is answered. */
	client_say(fd, "POST /api/x%20y?q=1 HTTP/1.1\r\nHost: h:80\r\nX-Up: Case\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
	    "GET /api/second HTTP/1.1\r\nHost: h\r\n\r\n");
	rec = bed_next(&b, WH_REC_REQUEST);
	assert_int_equal(wh_rec_request_get(&rec, &r), WH_OK);
	assert_true(wh_str_is(r.method, "POST"));
	assert_true(wh_str_is(r.path, "/api/x y"));
	assert_true(wh_str_is(r.query, "q=1"));
	assert_true(wh_str_is(r.host, "h"));
	assert_true(wh_str_is(r.body, "abcde"));
	assert_non_null(memmem(r.headers.p, r.headers.n, "x-up\0Case", 10));
	answer.conn = r.conn;
	answer.stream = r.stream;
	assert_true(bed_quiet(&b, 50));
	assert_int_equal(wh_rec_respond_put(b.link->out, &answer), WH_OK);
	bed_kick(&b);
	assert_int_equal(client_answer(fd, &got, &body), 201);
	assert_string_equal(got.p + body, "{}");
	assert_non_null(strstr(got.p, "x-a: b\r\n"));
	rec = bed_next(&b, WH_REC_REQUEST);
	assert_int_equal(wh_rec_request_get(&rec, &r), WH_OK);
	assert_true(wh_str_is(r.path, "/api/second"));
	/* In pieces: chunked. */
	answer.stream = r.stream;
	answer.flags = WH_F_MORE;
	assert_int_equal(wh_rec_respond_put(b.link->out, &answer), WH_OK);
	answer = (struct wh_rec_respond){ .conn = r.conn, .stream = r.stream, .body = WH_STR("[]") };
	assert_int_equal(wh_rec_respond_put(b.link->out, &answer), WH_OK);
	bed_kick(&b);
	wh_buf_reset(&got);
	client_read_until(fd, &got, "0\r\n\r\n");
	assert_non_null(memmem(got.p, got.n, "2\r\n{}\r\n2\r\n[]\r\n0\r\n\r\n", 19));
	close(fd);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
expect_continue_is_answered_before_the_body(void **state)
{
	struct bed b;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_connect(b.port[0]);
	client_say(fd, "POST /api/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
	client_expect(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	client_say(fd, "abc");
	(void)bed_next(&b, WH_REC_REQUEST);
	close(fd);
	bed_end(&b);
}

static void
a_websocket_opens_talks_and_closes(void **state)
{
	struct bed b;
	struct wh_rec rec;
	struct wh_rec_opened opened;
	struct wh_rec_close bye = { .code = 4001, .resume_ms = 1200, .reason = WH_STR("restart") };
	struct wh_buf got = { 0 };
	wh_id conn;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_ws(b.port[0], "two", "");
	rec = bed_next(&b, WH_REC_OPENED);
	assert_int_equal(wh_rec_opened_get(&rec, &opened), WH_OK);
	assert_int_equal(opened.transport, WH_TRANSPORT_WS);
	assert_true(wh_str_is(opened.subprotocol, "two"));
	assert_true(wh_str_is(opened.path, "/ws"));
	assert_true(wh_str_is(opened.query, "a=1"));
	conn = opened.conn;
	client_ws_send(fd, WH_WS_OP_TEXT, "hello");
	expect_message(&b, conn, "hello");
	put_send(&b, conn, "hello back");
	client_ws_expect(fd, "hello back");
	client_ws_send(fd, WH_WS_OP_PING, "p");
	assert_int_equal(client_ws_next(fd, &got), WH_WS_OP_PONG);
	bye.conn = conn;
	assert_int_equal(wh_rec_close_put(b.link->out, &bye), WH_OK);
	bed_kick(&b);
	assert_int_equal(client_ws_next(fd, &got), WH_WS_OP_CLOSE);
	assert_int_equal((unsigned char)got.p[0] << 8 | (unsigned char)got.p[1], 4001);
	assert_memory_equal(got.p + 2, "restart; resume in 1200 ms", 26);
	client_ws_send(fd, WH_WS_OP_CLOSE, "\x0f\xa1");
	assert_true(client_closed(fd));
	assert_int_equal(expect_closed(&b, conn), 4001);
	close(fd);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_client_that_closes_is_answered_and_told(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	wh_id conn;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	client_ws_send(fd, WH_WS_OP_CLOSE, "\x03\xe8");
	assert_int_equal(client_ws_next(fd, &got), WH_WS_OP_CLOSE);
	assert_true(client_closed(fd));
	assert_int_equal(expect_closed(&b, conn), 1000);
	close(fd);
	/* And one that just goes. */
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	close(fd);
	assert_int_equal(expect_closed(&b, conn), 1006);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_line_client_talks(void **state)
{
	struct bed b;
	struct wh_rec rec;
	struct wh_rec_opened opened;
	struct wh_rec_message message;
	char longest[700];
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_connect(b.port[1]);
	rec = bed_next(&b, WH_REC_OPENED);
	assert_int_equal(wh_rec_opened_get(&rec, &opened), WH_OK);
	assert_int_equal(opened.transport, WH_TRANSPORT_LINE);
	assert_true(wh_str_is(opened.subprotocol, "plain"));
	client_say(fd, "NICK a\r\nUSER");
	expect_message(&b, opened.conn, "NICK a");
	client_say(fd, " b\n");
	expect_message(&b, opened.conn, "USER b");
	memset(longest, 'x', sizeof longest);
	longest[699] = '\n';
	client_send(fd, longest, sizeof longest);
	rec = bed_next(&b, WH_REC_MESSAGE);
	assert_int_equal(wh_rec_message_get(&rec, &message), WH_OK);
	assert_int_equal(message.flags, WH_F_TRUNCATED);
	assert_memory_equal(message.bytes.p, "xxx", 3);
	put_send(&b, opened.conn, ":s 001 a");
	client_expect(fd, ":s 001 a\r\n", 10);
	close(fd);
	assert_int_equal(expect_closed(&b, opened.conn), 1006);
	bed_end(&b);
}

static void
a_publish_reaches_every_member_once_and_in_order(void **state)
{
	struct bed b;
	wh_id ids[3];
	int fd[3];
	char text[16];

	(void)state;
	PLAIN("");
	bed_serve(&b);
	for (int i = 0; i < 2; i++) {
		fd[i] = client_ws(b.port[0], "one", "");
		ids[i] = next_opened(&b, 0);
	}
	fd[2] = client_connect(b.port[1]);
	ids[2] = next_opened(&b, 0);
	put_group(&b, 9, "room", ids, 3);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(text, sizeof text, "m%u", i);
		/* Runs that end for a member left out, and for another record between. */
		put_publish(&b, 9, i + 1, i % 7 == 3 ? ids[0] : 0, 0, wh_str(text));
		if (i % 11 == 5)
			put_send(&b, ids[1], "between");
	}
	bed_kick(&b);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(text, sizeof text, "m%u", i);
		if (i % 7 != 3)
			client_ws_expect(fd[0], text);
		client_ws_expect(fd[1], text);
		if (i % 11 == 5)
			client_ws_expect(fd[1], "between");
		strcat(text, "\r\n");
		client_expect(fd[2], text, strlen(text));
	}
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	bed_end(&b);
}

/* Every line is a message of its own, for one connection and for a group, also when there are more than one frame takes. */
static void
what_is_written_in_lines_arrives_line_by_line(void **state)
{
	struct bed b;
	struct wh_buf many = { 0 };
	wh_id ids[2];
	int fd[2];
	char text[16];

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd[0] = client_ws(b.port[0], "one", "");
	ids[0] = next_opened(&b, 0);
	fd[1] = client_connect(b.port[1]);
	ids[1] = next_opened(&b, 0);
	put_group(&b, 9, "room", ids, 2);
	for (unsigned i = 0; i < 150; i++)
		wh_buf_fmt(&many, "l%u\n%s", i, i % 9 == 0 ? "\n" : "");
	put_publish(&b, 9, 1, 0, WH_F_LINES, WH_STR("a\n\nb"));
	put_publish(&b, 9, 2, 0, WH_F_LINES, wh_buf_slice(&many));
	put_publish(&b, 9, 3, 0, 0, WH_STR("whole"));
	for (int i = 0; i < 2; i++) {
		struct wh_rec_send r = { .conn = ids[i], .flags = WH_F_LINES, .bytes = wh_buf_slice(&many) };

		assert_int_equal(wh_rec_send_put(b.link->out, &r), WH_OK);
	}
	bed_kick(&b);
	client_ws_expect(fd[0], "a");
	client_ws_expect(fd[0], "b");
	client_expect(fd[1], "a\r\nb\r\n", 6);
	for (unsigned i = 0; i < 301; i++) {
		snprintf(text, sizeof text, "l%u", i < 150 ? i : i - 151);
		if (i == 150)
			strcpy(text, "whole");
		client_ws_expect(fd[0], text);
		strcat(text, "\r\n");
		client_expect(fd[1], text, strlen(text));
	}
	wh_buf_free(&many);
	close(fd[0]);
	close(fd[1]);
	bed_end(&b);
}

static void
a_member_that_left_gets_no_more(void **state)
{
	struct bed b;
	struct wh_rec_leave leave = { 9, 0 };
	wh_id ids[2];
	int fd[2];

	(void)state;
	PLAIN("");
	bed_serve(&b);
	for (int i = 0; i < 2; i++) {
		fd[i] = client_ws(b.port[0], "one", "");
		ids[i] = next_opened(&b, 0);
	}
	put_group(&b, 9, "room", ids, 2);
	leave.conn = ids[0];
	put_publish(&b, 9, 1, 0, 0, WH_STR("first"));
	assert_int_equal(wh_rec_leave_put(b.link->out, &leave), WH_OK);
	put_publish(&b, 9, 2, 0, 0, WH_STR("second"));
	put_send(&b, ids[0], "only you");
	client_ws_expect(fd[0], "first");
	client_ws_expect(fd[0], "only you");
	client_ws_expect(fd[1], "first");
	client_ws_expect(fd[1], "second");
	close(fd[0]);
	close(fd[1]);
	bed_end(&b);
}

static void
deflating_members_share_one_deflated_frame(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	char text[2001];
	wh_id ids[2];
	int fd[2];

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd[0] = client_ws(b.port[0], "one", "permessage-deflate");
	ids[0] = next_opened(&b, 0);
	fd[1] = client_ws(b.port[0], "one", "");
	ids[1] = next_opened(&b, 0);
	put_group(&b, 9, "room", ids, 2);
	memset(text, 'a', 2000);
	text[2000] = '\0';
	put_publish(&b, 9, 1, 0, 0, wh_str(text));
	bed_kick(&b);
	assert_int_equal(client_ws_next(fd[0], &got), WH_WS_OP_TEXT);
	assert_true(got.n < 100);
	client_ws_expect(fd[1], text);
	close(fd[0]);
	close(fd[1]);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_member_that_does_not_read_is_closed_and_slows_nobody(void **state)
{
	static char text[4001];
	struct bed b;
	wh_id ids[2];
	int fd[2];

	(void)state;
	PLAIN("limits = { queue = \"64KiB\"; };");
	bed_serve(&b);
	for (int i = 0; i < 2; i++) {
		fd[i] = client_ws(b.port[0], "one", "");
		ids[i] = next_opened(&b, 0);
	}
	memset(text, 'x', 4000);
	put_group(&b, 9, "room", ids, 2);
	assert_true(bed_quiet(&b, 0));
	for (unsigned sent = 0; sent < 20000; sent++) {
		struct wh_rec rec;

		put_publish(&b, 9, sent + 1, 0, 0, wh_str(text));
		bed_kick(&b);
		client_ws_expect(fd[1], text);
		if (wh_ring_next(b.link->in, &rec) == 1)
			break;
	}
	assert_int_equal(expect_closed(&b, ids[0]), 1008);
	put_send(&b, ids[1], "still here");
	client_ws_expect(fd[1], "still here");
	close(fd[0]);
	close(fd[1]);
	bed_end(&b);
}

/* A member that does not read misses presence once its queue is half full, and stays; what is not presence waits for it. */
static void
presence_is_dropped_for_a_full_queue_and_an_entry_is_not(void **state)
{
	enum { PRESENCES = 5000 };	/* more than sockets hold */
	static char text[4001];
	struct wh_buf got = { 0 };
	struct bed b;
	unsigned seen = 0;
	wh_id ids[2];
	int fd[2];

	(void)state;
	PLAIN("limits = { queue = \"64KiB\"; };");
	bed_serve(&b);
	for (int i = 0; i < 2; i++) {
		fd[i] = client_ws(b.port[0], "one", "");
		ids[i] = next_opened(&b, 0);
	}
	memset(text, 'x', 4000);
	put_group(&b, 9, "room", ids, 2);
	for (unsigned i = 0; i < PRESENCES; i++) {
		put_publish(&b, 9, i + 1, 0, WH_F_PRESENCE, wh_str(text));
		bed_kick(&b);
		client_ws_expect(fd[1], text);
	}
	put_publish(&b, 9, PRESENCES + 1, 0, 0, WH_STR("an entry"));
	bed_kick(&b);
	client_ws_expect(fd[1], "an entry");
	assert_true(bed_quiet(&b, 0));
	for (;;) {
		assert_int_equal(client_ws_next(fd[0], &got), WH_WS_OP_TEXT);
		if (got.n != 4000)
			break;
		seen++;
	}
	assert_true(wh_str_is(wh_buf_slice(&got), "an entry"));
	assert_in_range(seen, 1, PRESENCES - 1);
	/* It reads again, and misses nothing more. */
	put_publish(&b, 9, PRESENCES + 2, 0, WH_F_PRESENCE, WH_STR("typing"));
	bed_kick(&b);
	client_ws_expect(fd[0], "typing");
	for (int i = 0; i < 2; i++)
		close(fd[i]);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
no_connection_closes_when_the_hub_dies(void **state)
{
	struct bed b;
	struct wh_link_fds left;
	struct wh_rec rec;
	struct wh_rec_papers papers;
	struct wh_rec_papers_set set = { .papers = WH_STR("who it is") };
	struct wh_rec_group group;
	struct wh_rec_opened opened;
	struct wh_buf got = { 0 };
	unsigned seen = 0;
	wh_id ids[2];
	int fd[2], web;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	for (int i = 0; i < 2; i++) {
		fd[i] = client_ws(b.port[0], "one", "");
		ids[i] = next_opened(&b, 0);
	}
	put_group(&b, 9, "room", ids, 2);
	set.conn = ids[0];
	assert_int_equal(wh_rec_papers_set_put(b.link->out, &set), WH_OK);
	/* Committed, and not kicked: the edge finds them when it is told of the death. */
	put_publish(&b, 9, 41, 0, 0, WH_STR("last words"));
	put_publish(&b, 9, 42, 0, 0, WH_STR("very last words"));
	bed_hub_dies(&b, &left);
	client_ws_expect(fd[0], "last words");
	client_ws_expect(fd[1], "last words");
	client_ws_expect(fd[0], "very last words");
	/* Meanwhile: pings are answered, prebuilt answers served, messages wait. */
	client_ws_send(fd[0], WH_WS_OP_PING, "?");
	client_ws_expect(fd[1], "very last words");
	assert_int_equal(client_ws_next(fd[0], &got), WH_WS_OP_PONG);
	client_ws_send(fd[0], WH_WS_OP_TEXT, "said while away");
	web = client_connect(b.port[0]);
	client_say(web, "GET /answer HTTP/1.1\r\nHost: a\r\n\r\nGET /api/held HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(client_answer(web, &got, NULL), 200);

	bed_hub(&b, 1 << 20);
	bed_routes(&b, NULL);
	for (int i = 0; i < 2; i++) {
		rec = bed_next(&b, WH_REC_OPENED);
		assert_int_equal(wh_rec_opened_get(&rec, &opened), WH_OK);
		assert_int_equal(opened.flags, WH_F_RECOVERED);
		assert_true(opened.conn == ids[0] || opened.conn == ids[1]);
		rec = bed_next(&b, WH_REC_PAPERS);
		assert_int_equal(wh_rec_papers_get(&rec, &papers), WH_OK);
		assert_true(wh_str_is(papers.papers, opened.conn == ids[0] ? "who it is" : ""));
		assert_int_equal(papers.groups.n, 1);
		assert_int_equal(wh_ids_at(papers.groups, 0), 9);
	}
	rec = bed_next(&b, WH_REC_GROUP);
	assert_int_equal(wh_rec_group_get(&rec, &group), WH_OK);
	assert_int_equal(group.seq, 42);
	assert_int_equal(group.members, 2);
	assert_true(wh_str_is(group.name, "room"));
	(void)bed_next(&b, WH_REC_RECOVERED);
	assert_true(bed_quiet(&b, 100));
	struct wh_rec_go go = { 0 };
	assert_int_equal(wh_rec_go_put(b.link->out, &go), WH_OK);
	bed_kick(&b);
	/* Now what waited, in either order. */
	for (int i = 0; i < 2; i++)
		seen |= 1u << bed_any(&b).kind;
	assert_int_equal(seen, 1u << WH_REC_MESSAGE | 1u << WH_REC_REQUEST);
	put_publish(&b, 9, 43, 0, 0, WH_STR("new hub"));
	bed_kick(&b);
	client_ws_expect(fd[0], "new hub");
	client_ws_expect(fd[1], "new hub");
	wh_link_fds_close(&left);
	close(fd[0]);
	close(fd[1]);
	close(web);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
what_was_said_while_the_hub_was_away_reaches_the_next(void **state)
{
	struct bed b;
	wh_id conn;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	bed_hub_dies(&b, NULL);
	client_ws_send(fd, WH_WS_OP_TEXT, "one");
	client_ws_send(fd, WH_WS_OP_TEXT, "two");
	bed_hub(&b, 1 << 20);
	bed_routes(&b, NULL);
	assert_int_equal(next_opened(&b, WH_F_RECOVERED), conn);
	(void)bed_next(&b, WH_REC_PAPERS);
	bed_go(&b);
	expect_message(&b, conn, "one");
	expect_message(&b, conn, "two");
	close(fd);
	bed_end(&b);
}

static void
who_goes_while_the_hub_is_away_is_told_as_open_then_closed(void **state)
{
	struct bed b;
	wh_id conn;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	bed_hub_dies(&b, NULL);
	close(fd);
	bed_hub(&b, 1 << 20);
	bed_routes(&b, NULL);
	assert_int_equal(next_opened(&b, WH_F_RECOVERED), conn);
	(void)bed_next(&b, WH_REC_PAPERS);
	bed_go(&b);
	assert_int_equal(expect_closed(&b, conn), 1006);
	bed_end(&b);
}

/* The hub was told, and dies before it says that it needs it no more: the next one hears of it with papers and groups, and of its end. */
static void
who_has_gone_is_told_to_each_hub_until_one_lets_go(void **state)
{
	struct wh_rec_papers_set set = { .papers = WH_STR("who it was") };
	struct wh_rec_close over = { .code = 1000 };
	struct wh_rec_papers papers;
	struct wh_rec rec;
	struct bed b;
	wh_id conn, other;
	int fd, stays;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	stays = client_ws(b.port[0], "one", "");
	other = next_opened(&b, 0);
	put_group(&b, 9, "room", (wh_id[]){ conn, other }, 2);
	set.conn = conn;
	assert_int_equal(wh_rec_papers_set_put(b.link->out, &set), WH_OK);
	put_publish(&b, 9, 1, 0, 0, WH_STR("hello"));
	bed_kick(&b);
	client_ws_expect(fd, "hello");
	client_ws_expect(stays, "hello");
	close(fd);
	assert_int_equal(expect_closed(&b, conn), 1006);
	for (int i = 0; i < 2; i++) {
		bed_hub_dies(&b, NULL);
		bed_hub(&b, 1 << 20);
		bed_routes(&b, NULL);
		/* Those who are there come first. */
		assert_int_equal(next_opened(&b, WH_F_RECOVERED), other);
		(void)bed_next(&b, WH_REC_PAPERS);
		assert_int_equal(next_opened(&b, WH_F_RECOVERED), conn);
		rec = bed_next(&b, WH_REC_PAPERS);
		assert_int_equal(wh_rec_papers_get(&rec, &papers), WH_OK);
		assert_true(wh_str_is(papers.papers, "who it was"));
		assert_int_equal(papers.groups.n, 1);
		assert_int_equal(wh_ids_at(papers.groups, 0), 9);
		(void)bed_next(&b, WH_REC_GROUP);
		bed_go(&b);
		assert_int_equal(expect_closed(&b, conn), 1006);
	}
	over.conn = conn;
	assert_int_equal(wh_rec_close_put(b.link->out, &over), WH_OK);
	put_publish(&b, 9, 2, 0, 0, WH_STR("still here"));
	bed_kick(&b);
	client_ws_expect(stays, "still here");
	bed_hub_dies(&b, NULL);
	bed_hub(&b, 1 << 20);
	bed_routes(&b, NULL);
	assert_int_equal(next_opened(&b, WH_F_RECOVERED), other);
	(void)bed_next(&b, WH_REC_PAPERS);
	(void)bed_next(&b, WH_REC_GROUP);
	bed_go(&b);
	assert_true(bed_quiet(&b, 100));
	close(stays);
	bed_end(&b);
}

static void
a_request_is_held_while_the_hub_is_away_but_not_for_ever(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	struct wh_rec rec;
	struct wh_rec_request r;
	struct wh_rec_respond answer = { .status = 204 };
	int fd, other, now;

	(void)state;
	PLAIN("http = { hub_wait = \"1s\"; };");
	bed_serve(&b);
	bed_hub_dies(&b, NULL);
	fd = client_connect(b.port[0]);
	client_say(fd, "GET /api/a HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(client_answer(fd, &got, NULL), 503);
	assert_non_null(strstr(got.p, "Retry-After: "));
	now = client_connect(b.port[0]);
	client_say(now, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(client_answer(now, &got, NULL), 503);
	other = client_connect(b.port[0]);
	client_say(other, "GET /api/b HTTP/1.1\r\nHost: a\r\n\r\n");
	bed_hub(&b, 1 << 20);
	bed_routes(&b, NULL);
	bed_go(&b);
	rec = bed_next(&b, WH_REC_REQUEST);
	assert_int_equal(wh_rec_request_get(&rec, &r), WH_OK);
	assert_true(wh_str_is(r.path, "/api/b"));
	answer.conn = r.conn;
	answer.stream = r.stream;
	assert_int_equal(wh_rec_respond_put(b.link->out, &answer), WH_OK);
	bed_kick(&b);
	assert_int_equal(client_answer(other, &got, NULL), 204);
	close(fd);
	close(other);
	close(now);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_request_that_the_dead_hub_had_in_hand_is_answered_with_503(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	struct wh_rec_respond answer = { .status = 200 };
	struct wh_rec_request r;
	struct wh_rec rec;
	struct wh_link_fds left;
	struct wh_link *leftover;
	int in_hand, in_ring;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	in_hand = client_connect(b.port[0]);
	client_say(in_hand, "GET /api/a HTTP/1.1\r\nHost: a\r\n\r\n");
	(void)bed_next(&b, WH_REC_REQUEST);
	(void)bed_quiet(&b, 0);
	in_ring = client_connect(b.port[0]);
	client_say(in_ring, "GET /api/b HTTP/1.1\r\nHost: a\r\n\r\n");
	(void)bed_next(&b, WH_REC_REQUEST);
	bed_hub_dies(&b, &left);
	assert_int_equal(client_answer(in_hand, &got, NULL), 503);
	/* The next hub finds the other one in what was left, and answers. */
	bed_hub(&b, 1 << 20);
	bed_routes(&b, NULL);
	bed_go(&b);
	assert_int_equal(wh_link_attach(&left, WH_HUB_END, &leftover), WH_OK);
	assert_int_equal(wh_ring_next(leftover->in, &rec), 1);
	assert_int_equal(wh_rec_request_get(&rec, &r), WH_OK);
	assert_true(wh_str_is(r.path, "/api/b"));
	answer.conn = r.conn;
	answer.stream = r.stream;
	assert_int_equal(wh_rec_respond_put(b.link->out, &answer), WH_OK);
	bed_kick(&b);
	assert_int_equal(client_answer(in_ring, &got, NULL), 200);
	wh_link_detach(&leftover);
	wh_link_fds_close(&left);
	close(in_hand);
	close(in_ring);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_full_ring_stops_reading_and_loses_nothing(void **state)
{
	enum { MESSAGES = 3000 };
	struct bed b;
	char text[64];
	wh_id conn;
	int fd;

	(void)state;
	PLAIN("limits = { messages = \"1000000/s\"; bytes = \"100000000/s\"; }; websocket = { message_max = \"1KiB\"; };");
	bed_hub(&b, 16384);
	bed_routes(&b, NULL);
	bed_go(&b);
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	(void)bed_quiet(&b, 0);
	if (fork() == 0) {
		for (unsigned i = 0; i < MESSAGES; i++) {
			snprintf(text, sizeof text, "message number %u", i);
			client_ws_send(fd, WH_WS_OP_TEXT, text);
		}
		_exit(0);
	}
	usleep(100000);
	for (unsigned i = 0; i < MESSAGES; i++) {
		snprintf(text, sizeof text, "message number %u", i);
		expect_message(&b, conn, text);
	}
	close(fd);
	bed_end(&b);
}

static void
a_client_above_its_rate_is_read_later(void **state)
{
	struct bed b;
	wh_id conn;
	int fd;

	(void)state;
	PLAIN("limits = { messages = \"4/s burst 3\"; };");
	bed_serve(&b);
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	for (int i = 0; i < 6; i++)
		client_ws_send(fd, WH_WS_OP_TEXT, "x");
	for (int i = 0; i < 3; i++)
		expect_message(&b, conn, "x");
	assert_true(bed_quiet(&b, 5));
	for (int i = 0; i < 3; i++)
		expect_message(&b, conn, "x");
	close(fd);
	bed_end(&b);
}

static void
an_address_has_its_limit(void **state)
{
	struct bed b;
	int fd[3];

	(void)state;
	PLAIN("limits = { per_address = 2; };");
	bed_serve(&b);
	fd[0] = client_ws(b.port[0], "one", "");
	fd[1] = client_ws(b.port[0], "one", "");
	fd[2] = client_connect(b.port[0]);
	assert_true(client_closed(fd[2]));
	close(fd[0]);
	(void)bed_next(&b, WH_REC_OPENED);
	(void)bed_next(&b, WH_REC_OPENED);
	(void)bed_next(&b, WH_REC_CLOSED);
	close(fd[2]);
	fd[2] = client_ws(b.port[0], "one", "");
	close(fd[1]);
	close(fd[2]);
	bed_end(&b);
}

static void
a_silent_peer_is_found_dead(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	wh_id quiet, lively;
	int fd[2];

	(void)state;
	PLAIN("websocket = { ping = \"1s\"; dead_after = \"500ms\"; };");
	bed_serve(&b);
	fd[0] = client_ws(b.port[0], "one", "");
	quiet = next_opened(&b, 0);
	fd[1] = client_ws(b.port[0], "one", "");
	lively = next_opened(&b, 0);
	assert_int_equal(client_ws_next(fd[1], &got), WH_WS_OP_PING);
	client_ws_send(fd[1], WH_WS_OP_PONG, "");
	assert_int_equal(expect_closed(&b, quiet), 1001);
	/* It is told why, in case that it is only deaf. */
	assert_int_equal(client_ws_next(fd[0], &got), WH_WS_OP_PING);
	assert_int_equal(client_ws_next(fd[0], &got), WH_WS_OP_CLOSE);
	assert_true(client_closed(fd[0]));
	put_send(&b, lively, "well");
	client_ws_expect(fd[1], "well");
	close(fd[0]);
	close(fd[1]);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_slow_head_is_cut_off(void **state)
{
	struct bed b;
	struct wh_buf got = { 0 };
	int fd;

	(void)state;
	PLAIN("http = { header_timeout = \"1s\"; };");
	bed_serve(&b);
	fd = client_connect(b.port[0]);
	client_say(fd, "GET / HTTP/1.1\r\nHo");
	assert_int_equal(client_answer(fd, &got, NULL), 408);
	assert_true(client_closed(fd));
	close(fd);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
draining_says_when_to_come_back_and_ends(void **state)
{
	struct bed b;
	struct wh_channel_msg drain = { .kind = WH_CH_DRAIN, .ms = 300, .fds = { -1, -1, -1 } };
	struct wh_buf got = { 0 };
	wh_id conn;
	int fd;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	fd = client_ws(b.port[0], "one", "");
	conn = next_opened(&b, 0);
	bed_say(&b, &drain);
	put_send(&b, conn, "not yet");
	client_ws_expect(fd, "not yet");
	assert_int_equal(client_ws_next(fd, &got), WH_WS_OP_CLOSE);
	assert_int_equal((unsigned char)got.p[0] << 8 | (unsigned char)got.p[1], 1012);
	assert_non_null(memmem(got.p, got.n, "resume in ", 10));
	client_ws_send(fd, WH_WS_OP_CLOSE, "\x03\xf4");
	assert_int_equal(expect_closed(&b, conn), 1012);
	(void)bed_told(&b, WH_CH_DRAINED);
	close(fd);
	wh_buf_free(&got);
	bed_end(&b);
}

static void
a_record_that_makes_no_sense_is_reported(void **state)
{
	struct bed b;
	struct wh_channel_msg m;
	char *to;

	(void)state;
	PLAIN("");
	bed_serve(&b);
	to = wh_ring_claim(b.link->out, 8);
	assert_non_null(to);
	memset(to, 0xff, 8);
	wh_ring_commit(b.link->out, WH_REC_PUBLISH, 1, 8);
	bed_kick(&b);
	m = bed_told(&b, WH_CH_BAD_RECORD);
	assert_int_equal(m.process, b.hub);
	bed_end(&b);
}

static void
files_are_served_whole_however_large(void **state)
{
	enum { SIZE = 3 << 20 };
	struct bed b;
	struct wh_buf got = { 0 };
	char dir[] = "/tmp/test_edge_XXXXXX", path[64], *bytes = malloc(SIZE);
	size_t body;
	FILE *f;
	int fd;

	(void)state;
	assert_non_null(bytes);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.bin", dir);
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 31 >> 3);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, SIZE, f), SIZE);
	fclose(f);
	PLAIN("");
	bed_hub(&b, 1 << 20);
	bed_routes(&b, dir);
	bed_go(&b);
	fd = client_connect(b.port[0]);
	for (int i = 0; i < 2; i++) {
		client_say(fd, "GET /files/a.bin HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_int_equal(client_answer(fd, &got, &body), 200);
		assert_int_equal(got.n - body, SIZE);
		assert_memory_equal(got.p + body, bytes, SIZE);
	}
	client_say(fd, "GET /files/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_not_equal(client_answer(fd, &got, &body), 200);
	close(fd);
	bed_end(&b);
	unlink(path);
	rmdir(dir);
	free(bytes);
	wh_buf_free(&got);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prebuilt_answers_and_errors_need_no_hub),
		cmocka_unit_test(a_request_goes_to_the_hub_and_its_answer_comes_back),
		cmocka_unit_test(expect_continue_is_answered_before_the_body),
		cmocka_unit_test(a_websocket_opens_talks_and_closes),
		cmocka_unit_test(a_client_that_closes_is_answered_and_told),
		cmocka_unit_test(a_line_client_talks),
		cmocka_unit_test(a_publish_reaches_every_member_once_and_in_order),
		cmocka_unit_test(what_is_written_in_lines_arrives_line_by_line),
		cmocka_unit_test(a_member_that_left_gets_no_more),
		cmocka_unit_test(deflating_members_share_one_deflated_frame),
		cmocka_unit_test(a_member_that_does_not_read_is_closed_and_slows_nobody),
		cmocka_unit_test(presence_is_dropped_for_a_full_queue_and_an_entry_is_not),
		cmocka_unit_test(no_connection_closes_when_the_hub_dies),
		cmocka_unit_test(what_was_said_while_the_hub_was_away_reaches_the_next),
		cmocka_unit_test(who_goes_while_the_hub_is_away_is_told_as_open_then_closed),
		cmocka_unit_test(who_has_gone_is_told_to_each_hub_until_one_lets_go),
		cmocka_unit_test(a_request_is_held_while_the_hub_is_away_but_not_for_ever),
		cmocka_unit_test(a_request_that_the_dead_hub_had_in_hand_is_answered_with_503),
		cmocka_unit_test(a_full_ring_stops_reading_and_loses_nothing),
		cmocka_unit_test(a_client_above_its_rate_is_read_later),
		cmocka_unit_test(an_address_has_its_limit),
		cmocka_unit_test(a_silent_peer_is_found_dead),
		cmocka_unit_test(a_slow_head_is_cut_off),
		cmocka_unit_test(draining_says_when_to_come_back_and_ends),
		cmocka_unit_test(a_record_that_makes_no_sense_is_reported),
		cmocka_unit_test(files_are_served_whole_however_large),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
