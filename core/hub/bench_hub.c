/* What the hub's core costs, without sockets: CPU of a message that is published to a room, of a join, of recovery; bytes of an idle
 * session. The far ends are played in the same process and their time is left out. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/slots.h"
#include "hub/testing_hub.h"

enum { MESSAGES = 200000, JOINS = 10000, IDLE = 100000, RECOVER = 150000, BIG_RING = 1 << 22 };

static int64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

struct bench {
	struct test_hub *t;
	struct wh_link_fds fds[4];
	struct wh_link *far[4];
	struct wh_room *room;
};

static void
say(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct bench *b = self;
	const struct wh_item items[] = { WH_ITEM_STR("text", bytes) };

	(void)flags;
	room_publish(b->t->hub, b->room, 0, &(struct wh_event){ "chat.message", items, 1 }, s, 0);
}

static enum wh_err
render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	(void)self, (void)accent;
	wh_out_put(out, e->items[0].value.s);
	return WH_OK;
}

static void
greet(void *self, struct wh_session *s)
{
	(void)self, (void)s;
}

static const struct wh_dialect bench_dialect = { .name = "bench", .subprotocol = "bench", .open = greet, .receive = say, .render = render };

static void
edge_new(struct bench *b, unsigned i)
{
	struct wh_link_fds copy;
	struct edge *edge;

	if (wh_link_create(BIG_RING, &b->fds[i]) != WH_OK || wh_link_attach(&b->fds[i], WH_FAR_END, &b->far[i]) != WH_OK)
		abort();
	copy = (struct wh_link_fds){ dup(b->fds[i].memory), { dup(b->fds[i].bell[0]), dup(b->fds[i].bell[1]) } };
	if (edge_add(b->t->hub, i + 1, i, &copy, &edge) != WH_OK)
		abort();
}

/* Empties what the hub wrote; its CPU is not ours to count. */
static size_t
far_read(struct bench *b, unsigned n)
{
	struct wh_rec rec;
	size_t records = 0;

	for (unsigned i = 0; i < n; i++) {
		while (wh_ring_next(b->far[i]->in, &rec) == 1) {
			wh_ring_done(b->far[i]->in);
			records++;
		}
	}
	return records;
}

static void
bench_begin(struct bench *b, unsigned edges)
{
	*b = (struct bench){ .t = test_hub_new(9, 'k') };
	dialect_add(b->t->hub, &bench_dialect, NULL, b);
	b->t->hub->settings.turn_records = 1024;
	for (unsigned i = 0; i < edges; i++) {
		edge_new(b, i);
		wh_rec_recovered_put(b->far[i]->out, &(struct wh_rec_recovered){ 0 });
	}
	recovery_links_end(b->t->hub);
	test_turn(b->t);
	b->room = room_open(b->t->hub, WH_STR("lobby"));
	room_keep(b->t->hub, b->room, true);
	far_read(b, edges);
}

static void
bench_end(struct bench *b)
{
	test_hub_free(b->t);
	for (int i = 0; i < 4; i++) {
		if (b->far[i] != NULL) {
			wh_link_detach(&b->far[i]);
			wh_link_fds_close(&b->fds[i]);
		}
	}
}

static struct wh_session *
client(struct bench *b, unsigned edge, uint32_t slot)
{
	struct wh_rec_opened r = { .conn = wh_id_make(edge + 1, slot, 1), .transport = WH_TRANSPORT_WS, .subprotocol = WH_STR("bench") };

	wh_addr_parse_ip(&r.peer, WH_STR("192.0.2.100"));
	while (wh_rec_opened_put(b->far[edge]->out, &r) == WH_EFULL)
		test_turn(b->t);
	test_turn(b->t);
	b->t->heard[0] = '\0';
	return session_by_conn(b->t->hub, r.conn);
}

static void
bench_publish(unsigned edges, bool one_a_turn)
{
	struct bench b;
	char text[128];
	int64_t spent = 0;

	bench_begin(&b, edges);
	for (unsigned i = 0; i < 100; i++)
		room_join(b.t->hub, b.room, client(&b, i % edges, i));
	far_read(&b, edges);
	memset(text, 'm', sizeof text);
	for (int i = 0; i < MESSAGES;) {
		int64_t at;

		for (int k = 0; k < (one_a_turn ? 1 : 500); k++, i++) {
			const struct wh_rec_message m = { .conn = wh_id_make(1, 0, 1), .bytes = { text, sizeof text } };

			wh_rec_message_put(b.far[0]->out, &m);
		}
		at = cpu_ns();
		test_turn(b.t);
		spent += cpu_ns() - at;
		far_read(&b, edges);
	}
	printf("message to publish, 128 bytes, %u edge(s), %s a turn: %lld ns of CPU\n", edges, one_a_turn ? "1" : "500",
	    (long long)(spent / MESSAGES));
	bench_end(&b);
}

static void
bench_join(void)
{
	struct wh_session **s = calloc(JOINS, sizeof(struct wh_session *));
	struct bench b;
	int64_t at, first, last;

	bench_begin(&b, 1);
	for (uint32_t i = 0; i < JOINS; i++) {
		s[i] = client(&b, 0, i);
		far_read(&b, 1);
	}
	at = cpu_ns();
	for (int i = 0; i < 1000; i++)
		room_join(b.t->hub, b.room, s[i]);
	first = (cpu_ns() - at) / 1000;
	for (int i = 1000; i < JOINS - 1000; i++) {
		room_join(b.t->hub, b.room, s[i]);
		if (i % 1000 == 0) {
			test_turn(b.t);
			far_read(&b, 1);
		}
	}
	at = cpu_ns();
	for (int i = JOINS - 1000; i < JOINS; i++)
		room_join(b.t->hub, b.room, s[i]);
	last = (cpu_ns() - at) / 1000;
	printf("join: %lld ns of CPU in an empty room, %lld ns at %d members\n", (long long)first, (long long)last, JOINS);
	bench_end(&b);
	free(s);
}

static void
bench_idle(void)
{
	struct mallinfo2 before, after;
	struct bench b;

	bench_begin(&b, 1);
	client(&b, 0, 0);
	before = mallinfo2();
	for (uint32_t i = 1; i <= IDLE; i++) {
		client(&b, 0, i);
		far_read(&b, 1);
	}
	after = mallinfo2();
	printf("idle session: %zu bytes of heap (struct %zu)\n",
	    (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / IDLE, sizeof(struct wh_session));
	bench_end(&b);
}

static int64_t
turn_ns(struct bench *b)
{
	int64_t at = cpu_ns();

	test_turn(b->t);
	return cpu_ns() - at;
}

/* Papers as a first hub wrote them, handed to a second. */
static void
bench_recover(void)
{
	struct bench b, c;
	struct wh_buf papers = { 0 };
	size_t *ends = calloc(RECOVER, sizeof *ends);
	wh_id group = wh_id_make(9, 1, 1);
	int64_t spent = 0;

	bench_begin(&b, 1);
	for (uint32_t i = 0; i < RECOVER; i++) {
		struct wh_session *s = client(&b, 0, i);
		char token[SESSION_TOKEN_SIZE];

		session_token(b.t->hub, s, token);
		papers_write(b.t->hub, s, &papers);
		ends[i] = papers.n;
		if (i % 1000 == 0) {
			test_turn(b.t);
			far_read(&b, 1);
		}
		far_read(&b, 1);
	}
	bench_end(&b);

	c = (struct bench){ .t = test_hub_new(10, 'k') };
	dialect_add(c.t->hub, &bench_dialect, NULL, &c);
	edge_new(&c, 0);
	recovery_links_end(c.t->hub);
	for (uint32_t i = 0; i < RECOVER; i++) {
		size_t begin = i != 0 ? ends[i - 1] : 0;
		struct wh_rec_opened o = { .conn = wh_id_make(1, i, 1), .transport = WH_TRANSPORT_WS, .flags = WH_F_RECOVERED,
			.subprotocol = WH_STR("bench") };
		const struct wh_rec_papers p = { .conn = o.conn, .groups = wh_ids(&group, 1), .papers = { papers.p + begin, ends[i] - begin } };

		wh_addr_parse_ip(&o.peer, WH_STR("192.0.2.100"));
		while (wh_rec_opened_put(c.far[0]->out, &o) == WH_EFULL)
			spent += turn_ns(&c);
		while (wh_rec_papers_put(c.far[0]->out, &p) == WH_EFULL)
			spent += turn_ns(&c);
	}
	wh_rec_group_put(c.far[0]->out, &(struct wh_rec_group){ .group = group, .seq = 1, .members = RECOVER, .name = WH_STR("r:bench:lobby") });
	wh_rec_recovered_put(c.far[0]->out, &(struct wh_rec_recovered){ 0 });
	spent += turn_ns(&c);
	printf("recovery of %zu sessions, all in one room: %lld ms of CPU, papers of %zu bytes; ready: %s, members %zu\n",
	    (size_t)c.t->hub->counts.sessions_recovered, (long long)(spent / 1000000), papers.n / RECOVER, c.t->ready ? "yes" : "no",
	    room_members(room_find(c.t->hub, WH_STR("lobby"))));
	wh_buf_free(&papers);
	free(ends);
	bench_end(&c);
}

int
main(void)
{
	bench_publish(1, false);
	bench_publish(2, false);
	bench_publish(1, true);
	bench_publish(2, true);
	bench_join();
	bench_idle();
	bench_recover();
	return 0;
}
