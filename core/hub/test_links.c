/* The other links: the keeper's channel, helpers, papers by themselves, and the end of a turn. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"
#include "base/crash.h"
#include "hub/last_words.h"
#include "hub/testing_hub.h"

struct answers {
	unsigned n;
	enum wh_err err;
	uint64_t cookie;
};

static void
answered(struct hub *hub, void *self, uint64_t cookie, enum wh_err err, struct wh_str text)
{
	struct answers *a = self;

	(void)hub, (void)text;
	a->n++;
	a->err = err;
	a->cookie = cookie;
}

static void
answers_of_the_keeper_find_who_asked_in_order(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct answers reload = { 0 }, status = { 0 };

	(void)state;
	assert_int_equal(channel_ask_reload(t->hub, answered, &reload, 1), WH_OK);
	assert_int_equal(channel_ask_status(t->hub, answered, &status, 2), WH_OK);
	assert_int_equal(channel_ask_reload(t->hub, answered, &reload, 3), WH_OK);
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_STATUS, .text = WH_STR("{}") });
	assert_int_equal(status.n, 1);
	assert_int_equal(reload.n, 0);
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_RELOADED, .err = WH_EINVAL });
	assert_int_equal(reload.cookie, 1);
	assert_int_equal(reload.err, WH_EINVAL);
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_RELOADED });
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_RELOADED });
	assert_int_equal(reload.cookie, 3);
	assert_int_equal(reload.n, 2);
	test_hub_free(t);
}

static void
asks_are_bounded(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct answers a = { 0 };

	(void)state;
	for (int i = 0; i < KEEPER_ASKS; i++)
		assert_int_equal(channel_ask_status(t->hub, answered, &a, 0), WH_OK);
	assert_int_equal(channel_ask_status(t->hub, answered, &a, 0), WH_EFULL);
	test_hub_free(t);
}

static void
stop_ends_the_loop(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');

	(void)state;
	keeper_message(t->hub, &(struct wh_channel_msg){ .kind = WH_CH_STOP });
	assert_true(t->hub->stopping);
	test_hub_free(t);
}

struct helped {
	unsigned up, down, answers;
	wh_id id;
	char text[32];
};

static void
helper_up(void *self, const struct wh_helper *helper)
{
	(void)helper;
	((struct helped *)self)->up++;
}

static void
helper_down(void *self, const struct wh_helper *helper)
{
	(void)helper;
	((struct helped *)self)->down++;
}

static void
helper_answers(void *self, const struct wh_helper *helper, wh_id id, struct wh_str bytes)
{
	struct helped *h = self;

	(void)helper;
	h->answers++;
	h->id = id;
	memcpy(h->text, bytes.p, bytes.n < sizeof h->text - 1 ? bytes.n : sizeof h->text - 1);
}

static const struct wh_helper row = { .name = "rules", .program = "whiply-rules", .up = helper_up, .down = helper_down,
	.answer = helper_answers };

static void
a_helper_is_asked_for_linked_and_answers(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct helped h = { .up = 0 };
	struct wh_link_fds fds, copy;
	struct wh_link *far;
	struct wh_rec rec;
	struct wh_rec_helper_ask ask;

	(void)state;
	assert_int_equal(helper_add(t->hub, &row, NULL, &h), WH_OK);
	assert_int_equal(helper_add(t->hub, &row, NULL, &h), WH_EEXIST);
	assert_string_equal(t->keeper, "ASK_HELPER 0;");
	assert_int_equal(helper_send(t->hub, NULL, &row, 1, WH_STR("q")), WH_EAWAY);
	assert_int_equal(wh_link_create(TEST_RING, &fds), WH_OK);
	assert_int_equal(wh_link_attach(&fds, WH_FAR_END, &far), WH_OK);
	copy = (struct wh_link_fds){ dup(fds.memory), { dup(fds.bell[0]), dup(fds.bell[1]) } };
	assert_int_equal(helper_linked(t->hub, 50, WH_STR("rules"), &copy), WH_OK);
	assert_int_equal(h.up, 1);
	assert_int_equal(helper_send(t->hub, NULL, &row, 77, WH_STR("q")), WH_OK);
	test_turn(t);
	assert_int_equal(wh_ring_next(far->in, &rec), 1);
	assert_int_equal(wh_rec_helper_ask_get(&rec, &ask), WH_OK);
	assert_int_equal(wh_rec_helper_answer_put(far->out, &(struct wh_rec_helper_answer){ .id = ask.id, .bytes = WH_STR("yes") }), WH_OK);
	wh_ring_done(far->in);
	t->hub->helpers.of[0].rang = true;
	test_turn(t);
	assert_int_equal(h.answers, 1);
	assert_int_equal(h.id, 77);
	assert_string_equal(h.text, "yes");
	assert_int_equal(helper_end(t->hub, NULL, &row, "it does not answer"), WH_OK);
	assert_string_equal(t->keeper, "ASK_HELPER 0;STUCK 50;");
	/* It may write nothing else. */
	assert_non_null(wh_ring_claim(far->out, 0));
	wh_ring_commit(far->out, WH_REC_MESSAGE, 1, 0);
	t->hub->helpers.of[0].rang = true;
	test_turn(t);
	assert_string_equal(t->keeper, "ASK_HELPER 0;STUCK 50;BAD_RECORD 50;");
	assert_int_equal(h.down, 1);
	assert_int_equal(helper_send(t->hub, NULL, &row, 1, WH_STR("q")), WH_EAWAY);
	assert_int_equal(helper_end(t->hub, NULL, &row, "it does not answer"), WH_EAWAY);
	wh_link_detach(&far);
	wh_link_fds_close(&fds);
	test_hub_free(t);
}

static void
papers_come_back_as_they_were_written(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct test_edge *e = test_edge_add(t, 1, true);
	struct wh_session *s = test_client(t, e, 0);
	struct wh_buf b = { 0 };
	struct papers_read r;
	struct wh_str plugin, part;

	(void)state;
	strcpy(t->save, "kept");
	session_token(t->hub, s, t->token);
	assert_int_equal(papers_write(t->hub, s, &b), WH_OK);
	assert_int_equal(papers_read(t->hub, s->conn, wh_buf_slice(&b), &r), WH_OK);
	assert_true(r.session == s->id && r.resumable && wh_str_is(r.dialect, "fake"));
	assert_true(wh_str_eq(r.who.id, s->who.id) && wh_str_eq(r.who.name, s->who.name) && wh_str_eq(r.who.roles, s->who.roles));
	assert_memory_equal(r.token_hash, s->token_hash, SESSION_HASH);
	assert_true(papers_part_next(&r.parts, &plugin, &part));
	assert_true(wh_str_is(plugin, "test") && wh_str_is(part, "kept"));
	assert_false(papers_part_next(&r.parts, &plugin, &part));
	/* No byte may change, none may be missing. */
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 1;
		assert_int_equal(papers_read(t->hub, s->conn, wh_buf_slice(&b), &r), WH_EAUTH);
		b.p[i] ^= 1;
		assert_true(papers_read(t->hub, s->conn, (struct wh_str){ b.p, i }, &r) < 0);
	}
	wh_buf_free(&b);
	test_hub_free(t);
}

static void
a_part_that_is_too_long_is_left_out(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	struct wh_buf b = { 0 };
	struct papers_parts parts = { .hub = t->hub, .buf = &b };
	char text[PAPERS_PART_MAX + 1];
	size_t before;

	(void)state;
	memset(text, 'x', sizeof text);
	wh_out_text(papers_part(&parts, WH_STR("small")), "ok");
	wh_out_put(papers_part(&parts, WH_STR("big")), (struct wh_str){ text, sizeof text });
	before = b.n;
	wh_out_text(papers_part(&parts, WH_STR("next")), "ok");
	assert_true(b.n < before);
	assert_null(memchr(b.p, 'x', b.n - strlen("next") - 4));
	wh_buf_free(&b);
	test_hub_free(t);
}

static void
run_once(struct hub *hub, void *self, uint64_t cookie)
{
	unsigned *n = self;

	*n += (unsigned)cookie;
	if (cookie == 1)
		hub_at_turn_end(hub, run_once, self, 10);
}

static void
work_that_is_queued_by_queued_work_has_a_turn_of_its_own(void **state)
{
	struct test_hub *t = test_hub_new(9, 'k');
	unsigned n = 0;

	(void)state;
	assert_int_equal(hub_at_turn_end(t->hub, run_once, &n, 1), WH_OK);
	hub_turn(t->hub);
	assert_int_equal(n, 1);
	assert_true(t->hub->more);
	hub_turn(t->hub);
	assert_int_equal(n, 11);
	assert_false(t->hub->more);
	test_hub_free(t);
}

static void
last_words_say_what_was_running(void **state)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int null[2], status;
	pid_t pid;

	(void)state;
	assert_ptr_not_equal(page, MAP_FAILED);
	assert_int_equal(pipe(null), 0);
	pid = fork();
	if (pid == 0) {
		struct hub *hub = calloc(1, sizeof *hub);

		wh_crash_install("hub", page, 4096, null[1]);
		last_words_install(hub, page, 4096, null[1]);
		hub_running(hub, "command", "chat.say");
		raise(SIGSEGV);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	assert_non_null(strstr(page, "hub running: command chat.say"));
	assert_non_null(strstr(page, "SIGSEGV"));
	munmap(page, 4096);
	close(null[0]);
	close(null[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_the_keeper_find_who_asked_in_order),
		cmocka_unit_test(asks_are_bounded),
		cmocka_unit_test(stop_ends_the_loop),
		cmocka_unit_test(a_helper_is_asked_for_linked_and_answers),
		cmocka_unit_test(papers_come_back_as_they_were_written),
		cmocka_unit_test(a_part_that_is_too_long_is_left_out),
		cmocka_unit_test(last_words_say_what_was_running),
		cmocka_unit_test(work_that_is_queued_by_queued_work_has_a_turn_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
