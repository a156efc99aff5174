/* Recovery: a second hub takes over from papers and groups, and from what the first left in the rings. The test plays an edge
 * that keeps what it was given, as edges do. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"
#include "hub/testing_hub.h"

/* What an edge keeps of one connection and one group. */
struct kept {
	char papers[PAPERS_MAX];
	size_t papers_n;
	wh_id groups[8];
	size_t n_groups;
	wh_id group;
	char group_name[GROUP_NAME_MAX];
	uint64_t seq;
};

/* Reads what the hub said as an edge does, for the connection in slot 0. */
static void
edge_keeps(struct test_edge *e, struct kept *k)
{
	struct wh_rec rec;

	while (wh_ring_next(e->link->in, &rec) == 1) {
		struct wh_rec_papers_set papers;
		struct wh_rec_join join;
		struct wh_rec_group_open open;
		struct wh_rec_publish publish;

		if (wh_rec_papers_set_get(&rec, &papers) == WH_OK && papers.conn == test_conn(e, 0)) {
			memcpy(k->papers, papers.papers.p, papers.papers.n);
			k->papers_n = papers.papers.n;
		} else if (wh_rec_join_get(&rec, &join) == WH_OK && join.conn == test_conn(e, 0)) {
			k->groups[k->n_groups++] = join.group;
		} else if (wh_rec_group_open_get(&rec, &open) == WH_OK) {
			k->group = open.group;
			snprintf(k->group_name, sizeof k->group_name, "%.*s", WH_FMT(open.name));
		} else if (wh_rec_publish_get(&rec, &publish) == WH_OK && publish.seq != 0) {
			k->seq = publish.seq;
		}
		wh_ring_done(e->link->in);
	}
}

static void
edge_tells_conn(struct test_edge *e, uint32_t slot, const struct kept *k)
{
	const struct wh_rec_papers papers = { .conn = test_conn(e, slot), .groups = wh_ids(k->groups, k->n_groups),
		.papers = { k->papers, k->papers_n } };

	test_opened(e, slot, WH_F_RECOVERED);
	assert_int_equal(wh_rec_papers_put(e->link->out, &papers), WH_OK);
}

static void
edge_tells(struct test_edge *e, const struct kept *k)
{
	const struct wh_rec_group group = { .group = k->group, .seq = k->seq, .members = 1, .name = wh_str(k->group_name) };

	edge_tells_conn(e, 0, k);
	if (k->group != 0)
		assert_int_equal(wh_rec_group_put(e->link->out, &group), WH_OK);
	test_recovered(e);
}

/* A first hub with a client "a1" in slot 0 of each of two edges, in room "lobby", in which the entry 7 was published; it dies. */
static wh_id
first_life_of_two(struct kept *k, struct kept *second)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true), *f = test_edge_add(t, 2, true);
	struct wh_session *s = test_client(t, e, 0);
	wh_id id = s->id;

	*k = *second = (struct kept){ .papers_n = 0 };
	snprintf(t->save, sizeof t->save, "part");
	session_identify(t->hub, s, &(struct wh_identity){ WH_ACCOUNT, WH_STR("a1"), WH_STR("Ada"), WH_STR("member") });
	test_client(t, f, 0);
	test_message(f, 0, "join lobby");
	test_message(e, 0, "token");
	test_message(e, 0, "join lobby");
	test_turn(t);
	room_publish(t->hub, room_find(t->hub, WH_STR("lobby")), 7, &(struct wh_event){ .name = "seven" }, NULL, 0);
	test_turn(t);
	edge_keeps(e, k);
	edge_keeps(f, second);
	test_hub_free(t);
	return id;
}

static wh_id
first_life(struct kept *k)
{
	struct kept second;

	return first_life_of_two(k, &second);
}

static void
recovery_restores_sessions_rooms_and_groups(void **state)
{
	struct kept k;
	wh_id id = first_life(&k);
	struct test_hub *t = test_hub_new(10, 'k');
	struct test_edge *e = test_edge_add(t, 1, false);
	struct wh_session *s;
	struct wh_room *r;

	(void)state;
	recovery_links_end(t->hub);
	edge_tells(e, &k);
	assert_false(t->ready);
	test_turn(t);
	assert_true(t->ready);
	s = session_get(t->hub, id);
	assert_non_null(s);
	assert_int_equal(s->who.kind, WH_ACCOUNT);
	assert_true(wh_str_is(s->who.name, "Ada") && wh_str_is(s->who.id, "a1") && wh_str_is(s->who.roles, "member"));
	assert_true(s->resumable);
	assert_string_equal(session_dialect_name(s), "fake");
	r = room_find(t->hub, WH_STR("lobby"));
	assert_non_null(r);
	assert_true(room_has(r, s));
	assert_int_equal(room_seq_everywhere(r), 7);
	/* Plugins hear of it when it is in its rooms; nobody joins anew. */
	assert_string_equal(t->heard, "load test part in 1 rooms;");
	assert_string_equal(test_edge_got(t, e), "HELLO;ROUTE;ROUTES_END;GO;");
	/* An entry that the edge has is not sent again, the next is. */
	room_publish(t->hub, r, 7, &(struct wh_event){ .name = "seven" }, NULL, 0);
	room_publish(t->hub, r, 8, &(struct wh_event){ .name = "eight" }, NULL, 0);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "PUBLISH 8 fake:eight;");
	test_hub_free(t);
}

static void
recovery_restores_the_accent(void **state)
{
	struct kept k = { .papers_n = 0 };
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);

	(void)state;
	session_accent_set(t->hub, s, 0x1c);
	test_message(e, 0, "join lobby");
	test_turn(t);
	edge_keeps(e, &k);
	assert_string_equal(k.group_name, "r:fake/1c:lobby");
	test_hub_free(t);
	t = test_hub_new(10, 'k');
	e = test_edge_add(t, 1, false);
	recovery_links_end(t->hub);
	edge_tells(e, &k);
	test_turn(t);
	s = session_by_conn(t->hub, test_conn(e, 0));
	assert_int_equal(s->accent, 0x1c);
	test_edge_got(t, e);
	room_publish(t->hub, room_find(t->hub, WH_STR("lobby")), 1, &(struct wh_event){ .name = "one" }, NULL, 0);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "PUBLISH 1 fake:one/1c;");
	test_hub_free(t);
}

static void
a_group_whose_accent_is_none_is_refused(void **state)
{
	static const char *const names[] = { "r:fake/:lobby", "r:fake/xyz:lobby", "r:fake/123456789:lobby", "r:fake/1C:lobby" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct kept k;
		struct test_hub *t;
		struct test_edge *e;

		first_life(&k);
		snprintf(k.group_name, sizeof k.group_name, "%s", names[i]);
		t = test_hub_new(10, 'k');
		e = test_edge_add(t, 1, false);
		recovery_links_end(t->hub);
		edge_tells(e, &k);
		test_turn(t);
		assert_null(room_find(t->hub, WH_STR("lobby")));
		assert_non_null(strstr(test_edge_got(t, e), "GROUP_CLOSE"));
		test_hub_free(t);
	}
}

static void
an_edge_that_lacks_an_entry_gets_it_and_the_others_do_not(void **state)
{
	struct kept k, l;
	struct test_hub *t;
	struct test_edge *a, *b;
	struct wh_room *r;

	(void)state;
	first_life_of_two(&k, &l);
	l.seq = 6;
	t = test_hub_new(10, 'k');
	a = test_edge_add(t, 1, false);
	b = test_edge_add(t, 2, false);
	recovery_links_end(t->hub);
	edge_tells(a, &k);
	edge_tells(b, &l);
	test_turn(t);
	r = room_find(t->hub, WH_STR("lobby"));
	assert_int_equal(room_members(r), 2);
	assert_int_equal(room_seq_everywhere(r), 6);
	test_edge_got(t, a);
	test_edge_got(t, b);
	room_publish(t->hub, r, 7, &(struct wh_event){ .name = "seven" }, NULL, 0);
	test_turn(t);
	assert_string_equal(test_edge_got(t, a), "");
	assert_string_equal(test_edge_got(t, b), "PUBLISH 7 fake:seven;");
	assert_int_equal(room_seq_everywhere(r), 7);
	test_hub_free(t);
}

static void
an_edge_that_calls_a_group_by_another_groups_id_harms_itself_alone(void **state)
{
	struct kept k, l;
	struct test_hub *t;
	struct test_edge *a, *b;

	(void)state;
	first_life_of_two(&k, &l);
	snprintf(l.group_name, sizeof l.group_name, "r:fake:other");
	t = test_hub_new(10, 'k');
	a = test_edge_add(t, 1, false);
	b = test_edge_add(t, 2, false);
	recovery_links_end(t->hub);
	edge_tells(a, &k);
	edge_tells(b, &l);
	test_turn(t);
	test_edge_got(t, a);
	test_edge_got(t, b);
	room_publish(t->hub, room_find(t->hub, WH_STR("lobby")), 8, &(struct wh_event){ .name = "eight" }, NULL, 0);
	room_publish(t->hub, room_find(t->hub, WH_STR("other")), 0, &(struct wh_event){ .name = "elsewhere" }, NULL, 0);
	test_turn(t);
	assert_string_equal(test_edge_got(t, a), "PUBLISH 8 fake:eight;");
	assert_string_equal(test_edge_got(t, b), "PUBLISH 0 fake:elsewhere;");
	test_hub_free(t);
}

static void
the_barrier_waits_for_all_edges_but_not_for_ever(void **state)
{
	struct test_hub *t = test_hub_new(10, 'k');
	struct test_edge *a = test_edge_add(t, 1, false), *b = test_edge_add(t, 2, false);

	(void)state;
	test_recovered(a);
	recovery_links_end(t->hub);
	test_turn(t);
	assert_string_equal(test_edge_got(t, a), "HELLO;ROUTE;ROUTES_END;");
	assert_false(t->ready);
	wh_clock_advance(&t->clock, RECOVERY_WAIT_MS * WH_NS_PER_MS);
	test_turn(t);
	assert_true(t->ready);
	assert_string_equal(test_edge_got(t, a), "GO;");
	assert_string_equal(test_edge_got(t, b), "HELLO;ROUTE;ROUTES_END;");
	/* The slow one has its own round. */
	test_recovered(b);
	test_turn(t);
	assert_string_equal(test_edge_got(t, b), "GO;");
	test_hub_free(t);
}

static void
an_edge_that_dies_while_telling_holds_nobody_up(void **state)
{
	struct kept k;
	struct test_hub *t;
	struct test_edge *a, *b;

	(void)state;
	first_life(&k);
	t = test_hub_new(10, 'k');
	a = test_edge_add(t, 1, false);
	b = test_edge_add(t, 2, false);
	edge_tells_conn(a, 0, &k);
	test_recovered(b);
	recovery_links_end(t->hub);
	test_turn(t);
	assert_false(t->ready);
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_PEER_GONE, .process = 1 });
	test_turn(t);
	assert_true(t->ready);
	assert_string_equal(t->heard, "edge gone 1;");
	assert_int_equal(t->hub->sessions.by_id.n, 0);
	test_hub_free(t);
}

/* A link as the first hub left it: what the edge wrote and nobody read. */
static void
leave_over(struct test_hub *t, uint32_t process, void (*write)(struct test_edge *e), unsigned attempts)
{
	struct test_edge old = { .process = process };
	struct wh_link_fds copy;
	struct wh_link *hub_end;
	struct wh_rec rec;

	assert_int_equal(wh_link_create(TEST_RING, &old.fds), WH_OK);
	assert_int_equal(wh_link_attach(&old.fds, WH_FAR_END, &old.link), WH_OK);
	write(&old);
	for (unsigned i = 0; i < attempts; i++) {
		assert_int_equal(wh_link_attach(&old.fds, WH_HUB_END, &hub_end), WH_OK);
		assert_int_equal(wh_ring_next(hub_end->in, &rec), 1);
		wh_link_detach(&hub_end);
	}
	copy = (struct wh_link_fds){ dup(old.fds.memory), { dup(old.fds.bell[0]), dup(old.fds.bell[1]) } };
	assert_int_equal(recovery_leftover(t->hub, process, &copy), WH_OK);
	wh_link_detach(&old.link);
	wh_link_fds_close(&old.fds);
}

static void
write_three(struct test_edge *e)
{
	test_message(e, 0, "one");
	test_message(e, 5, "of somebody who is gone");
	test_message(e, 0, "two");
	test_opened(e, 6, 0);	/* came, and closed while there was no hub */
	test_message(e, 0, "three");
}

static void
leftovers_are_delivered_in_order_before_go(void **state)
{
	struct kept k;
	struct test_hub *t;
	struct test_edge *e;

	(void)state;
	first_life(&k);
	t = test_hub_new(10, 'k');
	e = test_edge_add(t, 1, false);
	leave_over(t, 1, write_three, 0);
	recovery_links_end(t->hub);
	edge_tells(e, &k);
	test_message(e, 0, "four");
	test_turn(t);
	assert_string_equal(t->heard, "load test part in 1 rooms;msg one;msg two;msg three;msg four;");
	assert_string_equal(t->keeper, "");
	assert_null(t->hub->recovery.leftovers);
	test_hub_free(t);
}

static void
write_opened(struct test_edge *e)
{
	test_opened(e, 0, 0);
	test_message(e, 0, "first");
}

static void
a_connection_whose_opening_is_left_over_is_opened_then(void **state)
{
	struct kept none = { .papers_n = 0 };
	struct test_hub *t = test_hub_new(10, 'k');
	struct test_edge *e = test_edge_add(t, 1, false);

	(void)state;
	t->greet = true;
	leave_over(t, 1, write_opened, 0);
	recovery_links_end(t->hub);
	edge_tells_conn(e, 0, &none);
	edge_tells_conn(e, 1, &none);	/* its OPENED was handled, its papers never came */
	test_recovered(e);
	test_turn(t);
	assert_string_equal(t->heard, "opened;msg first;opened;");
	assert_string_equal(test_edge_got(t, e), "HELLO;ROUTE;ROUTES_END;SEND 0 hello;SEND 1 hello;GO;");
	test_hub_free(t);
}

static void
write_poison(struct test_edge *e)
{
	test_message(e, 0, "crash");
	test_message(e, 0, "after it");
}

static void
a_record_that_ended_two_hubs_is_set_aside(void **state)
{
	char dir[] = "/tmp/wh-poison-XXXXXX", command[64];
	struct kept k;
	struct test_hub *t;
	struct test_edge *e;

	(void)state;
	first_life(&k);
	t = test_hub_new(10, 'k');
	assert_non_null(mkdtemp(dir));
	t->hub->state_dir = dir;
	e = test_edge_add(t, 1, false);
	leave_over(t, 1, write_poison, 2);
	recovery_links_end(t->hub);
	edge_tells(e, &k);
	test_turn(t);
	assert_string_equal(t->heard, "load test part in 1 rooms;msg after it;");
	assert_int_equal(t->hub->counts.records_poison, 1);
	snprintf(command, sizeof command, "grep -q crash %s/poison/*.record", dir);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	test_hub_free(t);
}

static void
papers_of_another_secret_or_connection_or_with_a_changed_byte_are_refused(void **state)
{
	struct kept k, changed;
	struct test_hub *t;
	struct test_edge *e;
	wh_id id = first_life(&k);

	(void)state;
	for (int way = 0; way < 3; way++) {
		t = test_hub_new(10, way == 0 ? 'x' : 'k');
		e = test_edge_add(t, 1, false);
		recovery_links_end(t->hub);
		changed = k;
		if (way == 1)
			changed.papers[PAPERS_MAC + 1] = WH_OPERATOR;
		edge_tells_conn(e, way == 2 ? 1 : 0, &changed);
		test_recovered(e);
		test_turn(t);
		assert_int_equal(t->hub->counts.papers_refused, 1);
		assert_null(session_get(t->hub, id));
		/* The client goes on as a guest. */
		assert_string_equal(t->heard, "opened;");
		test_hub_free(t);
	}
}

static void
two_connections_cannot_be_one_session(void **state)
{
	struct kept k;
	struct test_hub *t;
	struct test_edge *e;

	(void)state;
	first_life(&k);
	t = test_hub_new(10, 'k');
	e = test_edge_add(t, 1, false);
	recovery_links_end(t->hub);
	edge_tells_conn(e, 0, &k);
	edge_tells_conn(e, 0, &k);
	test_turn(t);
	assert_string_equal(t->keeper, "BAD_RECORD 1;");
	test_hub_free(t);
}

static void
a_live_edge_may_not_tell_papers(void **state)
{
	struct kept none = { .papers_n = 0 };
	struct test_hub *t = test_hub_new(10, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);

	(void)state;
	edge_tells_conn(e, 0, &none);
	test_turn(t);
	assert_string_equal(t->keeper, "BAD_RECORD 1;");
	test_hub_free(t);
}

static void
a_client_whose_dialect_is_gone_is_closed(void **state)
{
	struct kept k;
	struct test_hub *t;
	struct test_edge *e;

	(void)state;
	first_life(&k);
	t = test_hub_new(10, 'k');
	assert_int_equal(dialect_remove(t->hub, &test_dialect_fake, NULL), WH_OK);
	e = test_edge_add(t, 1, false);
	recovery_links_end(t->hub);
	edge_tells(e, &k);
	test_turn(t);
	assert_string_equal(test_edge_got(t, e), "HELLO;ROUTE;ROUTES_END;GROUP_CLOSE;CLOSE 0 1012;GO;");
	assert_int_equal(t->hub->sessions.n_detached, 1);
	test_hub_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recovery_restores_sessions_rooms_and_groups),
		cmocka_unit_test(recovery_restores_the_accent),
		cmocka_unit_test(a_group_whose_accent_is_none_is_refused),
		cmocka_unit_test(an_edge_that_lacks_an_entry_gets_it_and_the_others_do_not),
		cmocka_unit_test(an_edge_that_calls_a_group_by_another_groups_id_harms_itself_alone),
		cmocka_unit_test(the_barrier_waits_for_all_edges_but_not_for_ever),
		cmocka_unit_test(an_edge_that_dies_while_telling_holds_nobody_up),
		cmocka_unit_test(leftovers_are_delivered_in_order_before_go),
		cmocka_unit_test(a_connection_whose_opening_is_left_over_is_opened_then),
		cmocka_unit_test(a_record_that_ended_two_hubs_is_set_aside),
		cmocka_unit_test(papers_of_another_secret_or_connection_or_with_a_changed_byte_are_refused),
		cmocka_unit_test(two_connections_cannot_be_one_session),
		cmocka_unit_test(a_live_edge_may_not_tell_papers),
		cmocka_unit_test(a_client_whose_dialect_is_gone_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
