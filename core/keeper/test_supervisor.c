/* The supervisor with a host that only writes down what it is told, and a clock that stands still. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/testing.h"
#include "keeper/supervisor.h"

struct fake {
	struct supervisor_host host;	/* first */
	struct supervisor s;
	struct wh_clock clock;
	struct wh_buf said;		/* the transcript */
	struct wh_buf text;
	bool live;			/* what links say of themselves */
	bool fails;			/* spawn does */
	bool deaf;			/* send is WH_WAIT */
};

static struct fake *
fake_of(struct supervisor_host *h)
{
	return WH_CONTAINER(h, struct fake, host);
}

static enum wh_err
fake_spawn(struct supervisor_host *h, struct child *c)
{
	wh_buf_fmt(&fake_of(h)->said, "spawn %s as %u\n", c->name, c->process);
	c->pid = 1000 + (int)c->process;
	return fake_of(h)->fails ? WH_EIO : WH_OK;
}

static enum wh_err
fake_send(struct supervisor_host *h, struct child *c, const struct wh_channel_msg *m)
{
	static const char *const names[WH_CH_END] = {
		[WH_CH_START] = "START", [WH_CH_RELOAD] = "RELOAD", [WH_CH_LINK] = "LINK", [WH_CH_HUB_GONE] = "HUB_GONE",
		[WH_CH_PEER_GONE] = "PEER_GONE", [WH_CH_DRAIN] = "DRAIN", [WH_CH_STOP] = "STOP", [WH_CH_LINKS_END] = "LINKS_END",
		[WH_CH_RELOADED] = "RELOADED", [WH_CH_STATUS] = "STATUS", [WH_CH_CERTIFICATES] = "CERTIFICATES", [WH_CH_LINES] = "LINES",
		[WH_CH_DRAINING] = "DRAINING",
	};
	struct fake *f = fake_of(h);

	wh_buf_fmt(&f->said, "%s < %s", c->name, names[m->kind]);
	if (m->process != 0)
		wh_buf_fmt(&f->said, " %u", m->process);
	if (m->flags & WH_CH_LEFTOVER)
		wh_buf_text(&f->said, " leftover");
	if (m->flags & WH_CH_HELPER)
		wh_buf_text(&f->said, " helper");
	if (m->text.n > 0 && m->kind != WH_CH_STATUS)
		wh_buf_fmt(&f->said, " %.*s", WH_FMT(m->text));
	if (m->ms > 0)
		wh_buf_fmt(&f->said, " %u ms", m->ms);
	if (m->flags & WH_CH_KEEP)
		wh_buf_text(&f->said, " keep");
	wh_buf_byte(&f->said, '\n');
	return f->deaf ? WH_WAIT : WH_OK;
}

static void
fake_kill(struct supervisor_host *h, struct child *c)
{
	wh_buf_fmt(&fake_of(h)->said, "kill %s\n", c->name);
}

static void
fake_release(struct supervisor_host *h, struct child *c)
{
	(void)h;
	(void)c;
}

static enum wh_err
fake_link_create(struct supervisor_host *h, struct wh_link_fds *fds_out)
{
	(void)h;
	*fds_out = WH_LINK_FDS_NONE;
	return WH_OK;
}

static bool
fake_link_is_live(struct supervisor_host *h, const struct wh_link_fds *fds)
{
	(void)fds;
	return fake_of(h)->live;
}

static void
fake_link_close(struct supervisor_host *h, struct wh_link_fds *fds)
{
	(void)fds;
	wh_buf_text(&fake_of(h)->said, "close link\n");
}

static void
fake_ready(struct supervisor_host *h)
{
	wh_buf_text(&fake_of(h)->said, "ready\n");
}

static void
fake_ask_reload(struct supervisor_host *h)
{
	wh_buf_text(&fake_of(h)->said, "reload asked\n");
}

static void
fake_reloaded(struct supervisor_host *h, enum wh_err err, struct wh_str text)
{
	wh_buf_fmt(&fake_of(h)->said, "reloaded %d %.*s\n", err, WH_FMT(text));
}

static void
fake_stopped(struct supervisor_host *h)
{
	wh_buf_text(&fake_of(h)->said, "stopped\n");
}

static void
fake_ask_configure(struct supervisor_host *h, struct wh_str text)
{
	wh_buf_fmt(&fake_of(h)->said, "configure asked %.*s\n", WH_FMT(text));
}

static void
fake_line(struct supervisor_host *h, const struct child *c, enum wh_level level, struct wh_str text, uint32_t lost)
{
	wh_buf_fmt(&fake_of(h)->said, "line of %s: %d %.*s, lost %u\n", c->name, (int)level, WH_FMT(text), lost);
}

static void
fake_lines(struct supervisor_host *h, uint64_t after, struct wh_buf *to)
{
	(void)h;
	wh_buf_fmt(to, "above %llu", (unsigned long long)after);
}

static const struct supervisor_host_ops fake_ops = {
	fake_spawn, fake_send, fake_kill, fake_release, fake_link_create, fake_link_is_live, fake_link_close,
	fake_ready, fake_ask_reload, fake_reloaded, fake_line, fake_lines, fake_stopped, fake_ask_configure,
};

/* What happened since the last look. */
static void
expect(struct fake *f, const char *transcript)
{
	assert_non_null(wh_buf_cstr(&f->said));
	assert_string_equal(f->said.p, transcript);
	wh_buf_reset(&f->said);
}

static void
forget(struct fake *f)
{
	wh_buf_reset(&f->said);
}

static struct child *
named(struct fake *f, const char *name)
{
	WH_LIST_EACH(at, &f->s.children) {
		struct child *c = WH_CONTAINER(at, struct child, link);

		if (strcmp(c->name, name) == 0)
			return c;
	}
	fail_msg("no %s", name);
	return NULL;
}

static void
tell(struct fake *f, const char *name, struct wh_channel_msg m)
{
	supervisor_told(&f->s, named(f, name), &m);
}

static void
pass(struct fake *f, int64_t ms)
{
	wh_clock_advance(&f->clock, ms * WH_NS_PER_MS);
	supervisor_tick(&f->s);
}

static int
set_up(void **state)
{
	struct fake *f = calloc(1, sizeof *f);

	f->host.ops = &fake_ops;
	wh_clock_fake(&f->clock, 1000 * WH_NS_PER_SEC, 0);
	supervisor_init(&f->s, &f->host, NULL, &f->clock);
	f->s.edges = 2;
	snprintf(f->s.start[CHILD_EDGE].sockets, 16, "web");
	snprintf(f->s.start[CHILD_HUB].sockets, 16, "control");
	*state = f;
	return 0;
}

/* The same, begun and served. */
static int
set_up_running(void **state)
{
	struct fake *f;

	set_up(state);
	f = *state;
	supervisor_begin(&f->s);
	f->live = true;
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_READY });
	forget(f);
	return 0;
}

static int
tear_down(void **state)
{
	struct fake *f = *state;

	supervisor_finish(&f->s);
	wh_buf_free(&f->said);
	free(f);
	return 0;
}

static void
a_cold_start_links_everybody_before_it_says_links_end(void **state)
{
	struct fake *f = *state;

	supervisor_begin(&f->s);
	expect(f, "spawn hub as 1\nhub < START 1 control\nspawn edge 0 as 2\nedge 0 < START 2 web\nspawn edge 1 as 3\nedge 1 < START 3 web\n"
		"hub < LINK 2 web\nedge 0 < LINK 1\nhub < LINK 3 web\nedge 1 < LINK 1\nhub < LINKS_END\n");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_READY });
	expect(f, "ready\n");
}

static void
a_new_hub_comes_at_once_with_fresh_links_and_leftovers(void **state)
{
	struct fake *f = *state;

	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	expect(f, "edge 0 < HUB_GONE\nedge 1 < HUB_GONE\nspawn hub as 4\nhub < START 4 control\n"
		"hub < LINK 2 web\nhub < LINK 2 leftover web\nedge 0 < LINK 4\nhub < LINK 3 web\nhub < LINK 3 leftover web\nedge 1 < LINK 4\nhub < LINKS_END\n");
}

static void
a_hub_that_dies_while_it_recovers_leaves_the_older_leftover(void **state)
{
	struct fake *f = *state;

	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	forget(f);
	f->live = false;
	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	expect(f, "close link\nedge 0 < HUB_GONE\nclose link\nedge 1 < HUB_GONE\n");
	pass(f, 99);
	expect(f, "");
	pass(f, 1);
	expect(f, "spawn hub as 5\nhub < START 5 control\n"
		"hub < LINK 2 web\nhub < LINK 2 leftover web\nedge 0 < LINK 5\nhub < LINK 3 web\nhub < LINK 3 leftover web\nedge 1 < LINK 5\nhub < LINKS_END\n");
}

static void
leftovers_go_when_the_hub_is_well(void **state)
{
	struct fake *f = *state;

	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_READY });
	forget(f);
	assert_int_equal(supervisor_due(&f->s), wh_clock_mono_ms(&f->clock) + BACKOFF_HEALTHY_MS);
	pass(f, BACKOFF_HEALTHY_MS);
	expect(f, "close link\nclose link\n");
}

static void
a_dead_edge_is_replaced_and_the_others_hear_nothing(void **state)
{
	struct fake *f = *state;

	supervisor_died(&f->s, named(f, "edge 0"), "exit 1");
	expect(f, "hub < PEER_GONE 2\nclose link\nspawn edge 0 as 4\nedge 0 < START 4 web\nhub < LINK 4 web\nedge 0 < LINK 1\n");
}

static void
an_edge_that_cannot_live_is_started_more_and_more_seldom(void **state)
{
	struct fake *f = *state;
	static const int64_t waits[] = { 100, 500, 1000, 2000, 5000, 5000 };

	supervisor_died(&f->s, named(f, "edge 0"), "exit 1");
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		supervisor_died(&f->s, named(f, "edge 0"), "exit 1");
		assert_int_equal(supervisor_due(&f->s) - wh_clock_mono_ms(&f->clock), waits[i]);
		pass(f, waits[i]);
		assert_int_equal(named(f, "edge 0")->state, CHILD_RUNNING);
	}
	pass(f, BACKOFF_HEALTHY_MS);
	forget(f);
	supervisor_died(&f->s, named(f, "edge 0"), "exit 1");
	assert_int_equal(named(f, "edge 0")->state, CHILD_RUNNING);
}

static void
an_edge_that_dies_while_the_hub_is_away_is_linked_when_it_is_back(void **state)
{
	struct fake *f = *state;

	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	forget(f);
	supervisor_died(&f->s, named(f, "edge 1"), "exit 1");
	expect(f, "close link\nspawn edge 1 as 5\nedge 1 < START 5 web\n");
	f->live = true;
	pass(f, 100);
	assert_non_null(strstr(f->said.p, "hub < LINK 5 web\nedge 1 < LINK 6\nhub < LINKS_END\n"));
}

static void
a_drained_edge_has_its_successor_first_and_a_deadline(void **state)
{
	struct fake *f = *state;
	struct child *old = named(f, "edge 0");

	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .process = 2, .ms = 500 });
	expect(f, "spawn edge 0 as 4\nedge 0 < START 4 web\nhub < LINK 4 web\nedge 0 < LINK 1\nedge 0 < DRAIN 500 ms\n"
		"hub < DRAINING [{\"edge\":0,\"process\":2}]\n");
	pass(f, 500 + SUPERVISOR_GRACE_MS);
	expect(f, "kill edge 0\n");
	supervisor_died(&f->s, old, "SIGKILL");
	expect(f, "hub < PEER_GONE 2\nclose link\n");
}

static void
a_drain_is_called_off_or_set_anew_until_clients_are_told(void **state)
{
	struct fake *f = *state;

	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .text = WH_STR("edge 0"), .ms = 500 });
	forget(f);
	/* By its name it is the one that serves now. */
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .process = 2, .ms = 9000 });
	expect(f, "edge 0 < DRAIN 9000 ms\nhub < DRAINING [{\"edge\":0,\"process\":2}]\n");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .flags = WH_CH_KEEP, .text = WH_STR("edges") });
	expect(f, "edge 0 < DRAIN keep\nhub < DRAINING [{\"edge\":0,\"process\":2}]\n");
	pass(f, 100 * SUPERVISOR_GRACE_MS);
	expect(f, "");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .process = 2, .ms = 10 });
	forget(f);
	pass(f, 10);
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .flags = WH_CH_KEEP, .process = 2 });
	assert_non_null(strstr(wh_buf_cstr(&f->said), "its clients were told to go already"));
	forget(f);
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .text = WH_STR("edge 7"), .ms = 10 });
	assert_non_null(strstr(wh_buf_cstr(&f->said), "there is no such edge"));
	forget(f);
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .process = 1, .ms = 10 });
	assert_non_null(strstr(wh_buf_cstr(&f->said), "there is no such edge"));
}

static void
all_edges_are_drained_and_those_that_come_are_not(void **state)
{
	struct fake *f = *state;

	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .text = WH_STR("edges"), .ms = 500 });
	assert_non_null(strstr(wh_buf_cstr(&f->said), "hub < DRAINING [{\"edge\":0,\"process\":2},{\"edge\":1,\"process\":3}]\n"));
	forget(f);
	pass(f, 499);
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_DRAIN, .flags = WH_CH_KEEP, .process = 4 });
	expect(f, "hub < DRAINING no such edge is drained\n");
}

static void
an_edge_may_accuse_the_hub_alone(void **state)
{
	struct fake *f = *state;

	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_BAD_RECORD, .process = 3 });
	expect(f, "");
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_ASK_RELOAD });
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_ASK_RESTART, .text = WH_STR("hub") });
	expect(f, "");
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_BAD_RECORD, .process = 1 });
	expect(f, "kill hub\n");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_STUCK, .process = 3 });
	expect(f, "kill edge 1\n");
}

static void
a_hub_that_is_to_restart_is_told_and_comes_back_at_once_however_often(void **state)
{
	struct fake *f = *state;

	for (unsigned i = 0; i < 4; i++) {
		tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_RESTART, .text = WH_STR("hub") });
		expect(f, "hub < STOP\n");
		supervisor_died(&f->s, named(f, "hub"), "exit 0");
		assert_int_equal(named(f, "hub")->state, CHILD_RUNNING);
		forget(f);
	}
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_RESTART, .text = WH_STR("hub") });
	forget(f);
	pass(f, f->s.stop_ms);
	expect(f, "kill hub\n");
}

static void
helpers_are_the_hubs_and_end_with_it(void **state)
{
	struct fake *f = *state;

	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_HELPER, .text = WH_STR("rules whiply-rules") });
	expect(f, "spawn helper rules as 4\nhelper rules < START 4\nhub < LINK 4 helper rules\nhelper rules < LINK 1\n");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_HELPER, .text = WH_STR("rules whiply-rules") });
	expect(f, "");
	supervisor_died(&f->s, named(f, "helper rules"), "SIGSEGV");
	expect(f, "hub < PEER_GONE 4\nclose link\nspawn helper rules as 5\nhelper rules < START 5\nhub < LINK 5 helper rules\nhelper rules < LINK 1\n");
	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	assert_non_null(strstr(wh_buf_cstr(&f->said), "close link\nkill helper rules\n"));
	forget(f);
	supervisor_died(&f->s, named(f, "helper rules"), "SIGKILL");
	expect(f, "");
}

static void
a_helper_has_a_name_and_a_file_name(void **state)
{
	static const char *const bad[] = { "rules", "rules ", " prog", "rules ../sh", "rules /bin/sh", "ru/les prog", "rules .hidden", "rules a b" };
	struct fake *f = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_HELPER, .text = wh_str(bad[i]) });
	expect(f, "");
}

static void
a_stop_ends_edges_first_and_the_hub_when_they_are_gone(void **state)
{
	struct fake *f = *state;

	supervisor_stop(&f->s);
	expect(f, "edge 0 < STOP\nedge 1 < STOP\n");
	supervisor_died(&f->s, named(f, "edge 1"), "exit 0");
	expect(f, "hub < PEER_GONE 3\nclose link\n");
	pass(f, f->s.stop_ms / 2);
	expect(f, "kill edge 0\n");
	supervisor_died(&f->s, named(f, "edge 0"), "SIGKILL");
	expect(f, "hub < PEER_GONE 2\nclose link\nhub < STOP\n");
	pass(f, f->s.stop_ms / 2);
	expect(f, "kill hub\n");
	supervisor_died(&f->s, named(f, "hub"), "SIGKILL");
	expect(f, "stopped\n");
}

static void
a_second_stop_kills_at_once(void **state)
{
	struct fake *f = *state;

	supervisor_stop(&f->s);
	forget(f);
	supervisor_stop(&f->s);
	expect(f, "kill hub\nkill edge 0\nkill edge 1\n");
}

static void
a_reload_is_over_when_all_have_answered(void **state)
{
	struct fake *f = *state;

	supervisor_reload(&f->s, 2, false);
	expect(f, "hub < RELOAD\nedge 0 < RELOAD\nedge 1 < RELOAD\n");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_RELOADED });
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_RELOADED });
	expect(f, "");
	tell(f, "edge 1", (struct wh_channel_msg){ .kind = WH_CH_RELOADED });
	expect(f, "reloaded 0 \n");
}

static void
a_reload_names_who_refused_and_does_not_wait_for_the_dead_or_the_silent(void **state)
{
	struct fake *f = *state;

	supervisor_reload(&f->s, 2, false);
	forget(f);
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_RELOADED, .err = WH_EINVAL, .text = WH_STR("no") });
	supervisor_died(&f->s, named(f, "edge 0"), "SIGSEGV");
	forget(f);
	pass(f, SUPERVISOR_RELOAD_MS);
	expect(f, "reloaded -14 edge 1: no answer to the reload\n");
}

static void
the_edges_alone_are_given_a_snapshot(void **state)
{
	struct fake *f = *state;

	supervisor_reload_edges(&f->s);
	expect(f, "edge 0 < RELOAD\nedge 1 < RELOAD\n");
	tell(f, "edge 1", (struct wh_channel_msg){ .kind = WH_CH_RELOADED });
	expect(f, "");
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_RELOADED, .err = WH_EINVAL, .text = WH_STR("no") });
	expect(f, "reloaded -3 edge 0: no\n");
}

static void
each_hub_is_told_of_the_certificates(void **state)
{
	struct fake *f = *state;

	supervisor_certificates(&f->s, WH_STR("[1]"));
	expect(f, "hub < CERTIFICATES [1]\n");
	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	assert_non_null(strstr(f->said.p, "hub < LINKS_END\nhub < CERTIFICATES [1]\n"));
	f->live = false;
	supervisor_died(&f->s, named(f, "hub"), "SIGSEGV");
	forget(f);
	supervisor_certificates(&f->s, WH_STR("[2]"));
	expect(f, "");
	pass(f, 100);
	assert_non_null(strstr(f->said.p, "hub < CERTIFICATES [2]\n"));
}

static void
new_sockets_come_with_new_edges(void **state)
{
	struct fake *f = *state;

	f->s.drain_ms = 700;
	supervisor_reload(&f->s, 3, true);
	expect(f, "hub < RELOAD\n"
		"spawn edge 0 as 4\nedge 0 < START 4 web\nhub < LINK 4 web\nedge 0 < LINK 1\nedge 0 < DRAIN 700 ms\n"
		"spawn edge 1 as 5\nedge 1 < START 5 web\nhub < LINK 5 web\nedge 1 < LINK 1\nedge 1 < DRAIN 700 ms\n"
		"spawn edge 2 as 6\nedge 2 < START 6 web\nhub < LINK 6 web\nedge 2 < LINK 1\n");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_RELOADED });
	expect(f, "reloaded 0 \n");
	supervisor_reload(&f->s, 1, false);
	assert_non_null(strstr(wh_buf_cstr(&f->said), "edge 1 < DRAIN 700 ms\nedge 2 < DRAIN 700 ms\n"));
}

static void
numbers_wrap_and_are_never_those_of_the_living(void **state)
{
	struct fake *f = *state;

	f->s.last_process = WH_PROCESS_MAX - 1;
	supervisor_died(&f->s, named(f, "edge 0"), "exit 1");
	assert_int_equal(named(f, "edge 0")->process, WH_PROCESS_MAX);
	supervisor_died(&f->s, named(f, "edge 1"), "exit 1");
	assert_int_equal(named(f, "edge 1")->process, 2);	/* the hub is 1 */
}

static void
a_child_that_cannot_be_started_is_tried_again_later(void **state)
{
	struct fake *f = *state;

	f->fails = true;
	supervisor_died(&f->s, named(f, "edge 0"), "exit 1");
	expect(f, "hub < PEER_GONE 2\nclose link\nspawn edge 0 as 4\n");
	f->fails = false;
	assert_true(supervisor_due(&f->s) > wh_clock_mono_ms(&f->clock));
	pass(f, supervisor_due(&f->s) - wh_clock_mono_ms(&f->clock));
	expect(f, "spawn edge 0 as 5\nedge 0 < START 5 web\nhub < LINK 5 web\nedge 0 < LINK 1\n");
}

static void
a_child_that_takes_no_messages_or_closes_its_channel_is_killed(void **state)
{
	struct fake *f = *state;

	f->deaf = true;
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_STATUS });
	expect(f, "hub < STATUS\nkill hub\n");
	f->deaf = false;
	supervisor_deaf(&f->s, named(f, "edge 0"));
	pass(f, 999);
	expect(f, "");
	pass(f, 1);
	expect(f, "kill edge 0\n");
}

static void
the_hub_alone_may_ask_for_other_settings(void **state)
{
	struct fake *f = *state;

	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_ASK_CONFIGURE, .text = WH_STR("x = 1;") });
	expect(f, "");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_CONFIGURE, .text = WH_STR("x = 1;") });
	expect(f, "configure asked x = 1;\n");
}

static void
lines_of_logs_come_from_all_and_are_told_to_the_hub(void **state)
{
	struct fake *f = *state;

	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_LINE, .index = WH_WARN, .ms = 2, .text = WH_STR("{}") });
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_LINE, .index = WH_INFO, .text = WH_STR("{}") });
	expect(f, "line of edge 0: 2 {}, lost 2\nline of hub: 1 {}, lost 0\n");
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_LINE, .index = 99, .text = WH_STR("{}") });
	expect(f, "line of edge 0: 0 , lost 1\n");
	tell(f, "hub", (struct wh_channel_msg){ .kind = WH_CH_ASK_LINES, .text = WH_STR("17") });
	expect(f, "hub < LINES above 17\n");
	/* Nobody else is told what others log. */
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_ASK_LINES, .text = WH_STR("17") });
	expect(f, "");
}

static void
who_logs_too_much_is_heard_no_further_for_a_second(void **state)
{
	struct fake *f = *state;

	for (int i = 0; i < SUPERVISOR_LINES; i++)
		tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_LINE, .index = WH_INFO, .text = WH_STR("{}") });
	forget(f);
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_LINE, .index = WH_INFO, .text = WH_STR("{}") });
	expect(f, "line of edge 0: 0 , lost 1\n");
	tell(f, "edge 1", (struct wh_channel_msg){ .kind = WH_CH_LINE, .index = WH_INFO, .text = WH_STR("{}") });
	expect(f, "line of edge 1: 1 {}, lost 0\n");
	pass(f, 1000);
	forget(f);
	tell(f, "edge 0", (struct wh_channel_msg){ .kind = WH_CH_LINE, .index = WH_INFO, .text = WH_STR("{}") });
	expect(f, "line of edge 0: 1 {}, lost 0\n");
}

#define RUNNING(test) cmocka_unit_test_setup_teardown(test, set_up_running, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_cold_start_links_everybody_before_it_says_links_end, set_up, tear_down),
		RUNNING(a_new_hub_comes_at_once_with_fresh_links_and_leftovers),
		RUNNING(a_hub_that_dies_while_it_recovers_leaves_the_older_leftover),
		RUNNING(leftovers_go_when_the_hub_is_well),
		RUNNING(a_dead_edge_is_replaced_and_the_others_hear_nothing),
		RUNNING(an_edge_that_cannot_live_is_started_more_and_more_seldom),
		RUNNING(an_edge_that_dies_while_the_hub_is_away_is_linked_when_it_is_back),
		RUNNING(a_drained_edge_has_its_successor_first_and_a_deadline),
		RUNNING(a_drain_is_called_off_or_set_anew_until_clients_are_told),
		RUNNING(all_edges_are_drained_and_those_that_come_are_not),
		RUNNING(an_edge_may_accuse_the_hub_alone),
		RUNNING(a_hub_that_is_to_restart_is_told_and_comes_back_at_once_however_often),
		RUNNING(helpers_are_the_hubs_and_end_with_it),
		RUNNING(a_helper_has_a_name_and_a_file_name),
		RUNNING(a_stop_ends_edges_first_and_the_hub_when_they_are_gone),
		RUNNING(a_second_stop_kills_at_once),
		RUNNING(a_reload_is_over_when_all_have_answered),
		RUNNING(a_reload_names_who_refused_and_does_not_wait_for_the_dead_or_the_silent),
		RUNNING(the_edges_alone_are_given_a_snapshot),
		RUNNING(each_hub_is_told_of_the_certificates),
		RUNNING(new_sockets_come_with_new_edges),
		RUNNING(the_hub_alone_may_ask_for_other_settings),
		RUNNING(numbers_wrap_and_are_never_those_of_the_living),
		RUNNING(a_child_that_cannot_be_started_is_tried_again_later),
		RUNNING(lines_of_logs_come_from_all_and_are_told_to_the_hub),
		RUNNING(who_logs_too_much_is_heard_no_further_for_a_second),
		RUNNING(a_child_that_takes_no_messages_or_closes_its_channel_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
