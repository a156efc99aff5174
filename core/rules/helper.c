/* The helper's process: start, jail, loop, and the watch that ends it. The watch is a timer of the process's own CPU time: a rule that
 * stays inside one C function, where no budget is looked at, ends with the process, wherever it is; the keeper starts another. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "rules/helper.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ring/child.h"
#include "ring/record.h"

#ifdef WH_SANITIZED
enum { HELPER_MEMORY = 0, HELPER_LENIENT = 1, HELPER_SLOWER = 10 };
#else
enum { HELPER_MEMORY = 512 << 20, HELPER_LENIENT = 0, HELPER_SLOWER = 1 };
#endif

enum {
	HELPER_TICK_MS = 100 * HELPER_SLOWER,		/* of CPU */
	HELPER_TICKS_EVENT = 2,		/* that one event may see */
	HELPER_TICKS_CONTROL = 60,
};

/* What the signal handler needs: it has no argument. */
static struct watch {
	volatile sig_atomic_t left;	/* ticks; 0: nothing runs */
	char *page;
} watch;

static void
watch_tick(int sig)
{
	static const char text[] = "fatal event=deadline what=\"an event or a load used up its CPU time\"\n";

	(void)sig;
	if (watch.left == 0 || --watch.left > 0)
		return;
	wh_log_page_add(watch.page, WH_LAST_WORDS_SIZE, text, sizeof text - 1);
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	_exit(70);
}

static enum wh_err
watch_begin(char *page)
{
	struct sigaction act = { .sa_handler = watch_tick, .sa_flags = SA_RESTART | SA_ONSTACK };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	const struct timespec tick = { HELPER_TICK_MS / 1000, HELPER_TICK_MS % 1000 * 1000000L };
	const struct itimerspec every = { tick, tick };
	timer_t timer;

	watch.page = page;
	sigemptyset(&act.sa_mask);
	if (sigaction(SIGALRM, &act, NULL) != 0 || timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0
	    || timer_settime(timer, 0, &every, NULL) != 0)
		return WH_EIO;
	return WH_OK;
}

struct helper_process {
	struct wh_child child;
	struct shared shared;
	struct judge judge;
	struct wh_link_fds fds;
	struct wh_link *link;
	struct wh_buf out;
	bool pending;		/* `out` is an answer that did not fit yet */
	wh_id pending_id;
	bool ended;
	char buffer[WH_CHANNEL_MAX];
};

static void
helper_told(struct helper_process *h, struct wh_channel_msg *m)
{
	if (m->kind == WH_CH_LINK && h->link == NULL) {
		if (wh_channel_link(m, &h->fds) != WH_OK || wh_link_attach(&h->fds, WH_FAR_END, &h->link) != WH_OK) {
			wh_log(&h->child.log, WH_FATAL, "link_failed");
			h->ended = true;
		}
	} else if (m->kind == WH_CH_STOP || m->kind == WH_CH_HUB_GONE || m->kind == WH_CH_LINK || m->kind == WH_CH_DRAIN) {
		/* A helper belongs to one hub: the next has one of its own. */
		h->ended = true;
	}
	wh_channel_msg_close(m);
}

static void
helper_read_channel(struct helper_process *h)
{
	struct wh_channel_msg m;
	enum wh_err err;

	while (!h->ended && (err = wh_channel_receive(h->child.channel, h->buffer, &m)) != WH_WAIT) {
		if (err == WH_EAWAY || err == WH_EIO)
			h->ended = true;
		else if (err == WH_OK)
			helper_told(h, &m);
	}
}

/* False: the ring is full. */
static bool
helper_say(struct helper_process *h)
{
	const struct wh_rec_helper_answer r = { .id = h->pending_id, .bytes = wh_buf_slice(&h->out) };
	static const char too_long[] = "\3{\"ok\":false,\"error\":\"the answer is too long\"}";
	enum wh_err err = wh_rec_helper_answer_put(h->link->out, &r);

	if (err == WH_ETOOBIG)
		err = wh_rec_helper_answer_put(h->link->out,
			&(struct wh_rec_helper_answer){ .id = h->pending_id, .bytes = { too_long, sizeof too_long - 1 } });
	h->pending = err == WH_EFULL;
	return !h->pending;
}

static void
helper_ask(struct helper_process *h, const struct wh_rec *rec)
{
	struct wh_rec_helper_ask ask;

	if (rec->kind != WH_REC_HELPER_ASK || wh_rec_helper_ask_get(rec, &ask) != WH_OK) {
		wh_log(&h->child.log, WH_FATAL, "bad_record", WH_U("kind", rec->kind));
		h->ended = true;
		return;
	}
	watch.left = ask.bytes.n != 0 && ask.bytes.p[0] == WH_JUDGE_EVENT ? HELPER_TICKS_EVENT : HELPER_TICKS_CONTROL;
	helper_answer(&h->judge, ask.bytes, &h->out);
	watch.left = 0;
	h->pending_id = ask.id;
	(void)helper_say(h);
}

static void
helper_read_ring(struct helper_process *h)
{
	struct wh_rec rec;
	int got;

	for (;;) {
		if (h->pending && !helper_say(h)) {
			if (wh_ring_want_room(h->link->out))
				break;
			continue;
		}
		got = wh_ring_next(h->link->in, &rec);
		if (got < 0)
			h->ended = true;
		if (got == 1) {
			helper_ask(h, &rec);
			wh_ring_done(h->link->in);
		} else if (got < 0 || wh_ring_sleep(h->link->in)) {
			break;
		}
		if (h->ended)
			break;
		/* Whoever waits for an answer hears of it before the next is judged. */
		wh_ring_kick(h->link->out);
	}
	wh_ring_kick(h->link->out);
}

static void
helper_loop(struct helper_process *h)
{
	while (!h->ended) {
		struct pollfd p[2] = { { h->child.channel, POLLIN, 0 }, { h->link != NULL ? h->link->bell : -1, POLLIN, 0 } };

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents != 0)
			helper_read_channel(h);
		if (h->link == NULL || h->ended)
			continue;
		if (p[1].revents != 0)
			wh_link_woken(h->link);
		helper_read_ring(h);
	}
}

/* Everything that needs files or new descriptors, before anything that a stranger wrote is read. */
static bool
helper_prepare(struct helper_process *h)
{
	h->fds = WH_LINK_FDS_NONE;
	if (shared_open(&h->shared) != WH_OK) {
		wh_log(&h->child.log, WH_FATAL, "no_unicode_data");
		return false;
	}
	judge_init(&h->judge, &h->shared);
	while (h->link == NULL && !h->ended) {
		struct pollfd p = { h->child.channel, POLLIN, 0 };

		if (poll(&p, 1, -1) > 0)
			helper_read_channel(h);
	}
	if (h->ended)
		return false;
	if (watch_begin(h->child.last_words) != WH_OK || jail_enter(HELPER_MEMORY, HELPER_LENIENT != 0) != WH_OK) {
		wh_log(&h->child.log, WH_FATAL, "jail_failed");
		return false;
	}
	wh_log(&h->child.log, WH_INFO, "jailed");
	return true;
}

int
helper_main(const char *name, struct wh_proctitle *title)
{
	struct helper_process *h = calloc(1, sizeof *h);
	bool good;

	if (h == NULL || wh_child_begin(&h->child, name, 0, title) != WH_OK) {
		free(h);
		return 1;
	}
	good = helper_prepare(h);
	if (good)
		helper_loop(h);
	judge_free(&h->judge);
	shared_close(&h->shared);
	if (h->link != NULL)
		wh_link_detach(&h->link);
	wh_link_fds_close(&h->fds);
	wh_buf_free(&h->out);
	wh_child_end(&h->child);
	free(h);
	return good ? 0 : 1;
}
