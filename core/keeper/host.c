/* See host.h. */
#include "keeper/host.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "keeper/death.h"
#include "keeper/spawn.h"

enum {
	HOST_FDS = 2 + WH_CHILD_SOCKETS_MAX,
	HOST_MESSAGES = 256,	/* read of one child before the others have their turn */
};

static struct keeper *
host_keeper(struct supervisor_host *h)
{
	return WH_CONTAINER(h, struct keeper, host);
}

void
keeper_arm(struct keeper *k)
{
	int64_t due = supervisor_due(&k->supervisor), left = due - wh_clock_mono_ms(NULL);
	struct timeval tv;

	if (due == INT64_MAX) {
		evtimer_del(k->timer);
		return;
	}
	if (left < 0)
		left = 0;
	tv = (struct timeval){ .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };
	evtimer_add(k->timer, &tv);
}

/* Reads what a child said. A child that is dead already has its last messages read, too: see keeper_reap. */
static void
host_read(struct keeper *k, struct child *c)
{
	struct wh_channel_msg m;
	enum wh_err err = WH_WAIT;

	/* Who says more than that is read on in the next turn: the loop rings again as long as there is something. */
	for (unsigned n = 0; (n < HOST_MESSAGES || c->reaped) && (err = wh_channel_receive(c->channel, k->buffer, &m)) == WH_OK; n++)
		supervisor_told(&k->supervisor, c, &m);
	if (err == WH_OK || err == WH_WAIT)
		return;
	if (err == WH_ESYNTAX)
		wh_log(&k->log, WH_ERROR, "nonsense_on_channel", WH_T("child", c->name));
	if (c->readable != NULL)
		event_del(c->readable);
	supervisor_deaf(&k->supervisor, c);
}

static void
host_readable(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;
	struct keeper *k = host_keeper(c->host);

	(void)fd;
	(void)what;
	host_read(k, c);
	keeper_arm(k);
}

/* Helpers are programs that people call as well: where whiplyd is in an sbin, they are in the bin beside it. */
static void
host_helper(const struct keeper *k, const struct child *c, char *program, size_t size)
{
	size_t n = strlen(k->programs);

	snprintf(program, size, "%s/%s", k->programs, c->program);
	if (k->options.programs == NULL && access(program, X_OK) != 0 && n > 5 && strcmp(k->programs + n - 5, "/sbin") == 0)
		snprintf(program, size, "%.*s/bin/%s", (int)(n - 5), k->programs, c->program);
}

/* The words of the command line; `words` is where they are kept. */
static void
host_argv(const struct keeper *k, const struct child *c, char words[static 16], char *program, size_t size, char *argv_out[static 8])
{
	unsigned n = 0;

	if (c->kind == CHILD_HELPER) {
		host_helper(k, c, program, size);
		argv_out[n++] = program;
		argv_out[n++] = (char *)(uintptr_t)"--ring";
		argv_out[n++] = (char *)(uintptr_t)c->name;
		argv_out[n] = NULL;
		return;
	}
	snprintf(program, size, "%s", k->program);
	argv_out[n++] = program;
	argv_out[n++] = (char *)(uintptr_t)"--internal";
	argv_out[n++] = (char *)(uintptr_t)(c->kind == CHILD_HUB ? "hub" : "edge");
	if (c->kind == CHILD_EDGE) {
		snprintf(words, 16, "%u", c->index);
		argv_out[n++] = words;
	}
	if (c->kind == CHILD_HUB && k->options.plugin_path != NULL) {
		argv_out[n++] = (char *)(uintptr_t)"-L";
		argv_out[n++] = (char *)(uintptr_t)k->options.plugin_path;
	}
	argv_out[n] = NULL;
}

/* 5 and up. An edge whose socket is missing cannot be started: it would take the next one for it. */
static bool
host_sockets(const struct keeper *k, const struct child *c, int fds_out[static LISTENERS_MAX], unsigned *n_out)
{
	*n_out = 0;
	if (c->kind == CHILD_HUB) {
		fds_out[(*n_out)++] = k->control;
		fds_out[(*n_out)++] = k->secret;
	} else if (c->kind == CHILD_EDGE) {
		*n_out = listeners_of_edge(&k->config->listeners, c->index, fds_out);
		for (unsigned i = 0; i < *n_out; i++)
			if (fds_out[i] < 0)
				return false;
	}
	return true;
}

static enum wh_err
host_spawn(struct supervisor_host *h, struct child *c)
{
	struct keeper *k = host_keeper(h);
	int fds[HOST_FDS], pair[2] = { -1, -1 }, page = -1;
	char program[8192], words[16], *argv[8];
	struct spawn s = { .program = program, .argv = argv, .fds = fds };
	enum wh_err err = WH_EIO;
	unsigned n_sockets;

	c->host = h;
	c->last_words = NULL;
	if (wh_channel_pair(pair) != WH_OK)
		goto fail;
	page = spawn_fd_high(wh_fd_memory("whiply-last-words", WH_LAST_WORDS_SIZE));
	pair[1] = spawn_fd_high(pair[1]);
	if (page < 0 || pair[1] < 0 || (c->last_words = wh_fd_map(page, WH_LAST_WORDS_SIZE)) == NULL)
		goto fail;
	c->readable = event_new(k->base, pair[0], EV_READ | EV_PERSIST, host_readable, c);
	if (c->readable == NULL || event_add(c->readable, NULL) != 0)
		goto fail;
	fds[0] = pair[1];
	fds[1] = page;
	if (!host_sockets(k, c, fds + 2, &n_sockets))
		goto fail;
	s.n_fds = 2 + n_sockets;
	host_argv(k, c, words, program, sizeof program, argv);
	s.drop = k->config->settings.drop;
	s.uid = k->config->settings.uid;
	s.gid = k->config->settings.gid;
	s.last_words = c->last_words;
	s.last_words_size = WH_LAST_WORDS_SIZE;
	c->pid = spawn_process(&s);
	if (c->pid < 0)
		goto fail;
	c->channel = pair[0];
	wh_fd_close(&pair[1]);
	wh_fd_close(&page);
	return WH_OK;
fail:
	if (c->readable != NULL)
		event_free(c->readable);
	c->readable = NULL;
	if (c->last_words != NULL)
		munmap(c->last_words, WH_LAST_WORDS_SIZE);
	c->last_words = NULL;
	wh_fd_close(&pair[0]);
	wh_fd_close(&pair[1]);
	wh_fd_close(&page);
	return err;
}

static enum wh_err
host_send(struct supervisor_host *h, struct child *c, const struct wh_channel_msg *m)
{
	(void)h;
	return wh_channel_send(c->channel, m);
}

static void
host_kill(struct supervisor_host *h, struct child *c)
{
	(void)h;
	if (c->pid > 0 && !c->reaped)
		kill(c->pid, SIGKILL);
}

static void
host_release(struct supervisor_host *h, struct child *c)
{
	(void)h;
	if (c->readable != NULL)
		event_free(c->readable);
	c->readable = NULL;
	wh_fd_close(&c->channel);
	if (c->last_words != NULL)
		munmap(c->last_words, WH_LAST_WORDS_SIZE);
	c->last_words = NULL;
	c->pid = 0;
	c->reaped = false;
}

static enum wh_err
host_link_create(struct supervisor_host *h, struct wh_link_fds *fds_out)
{
	return wh_link_create(host_keeper(h)->config->settings.ring_size, fds_out);
}

static bool
host_link_is_live(struct supervisor_host *h, const struct wh_link_fds *fds)
{
	(void)h;
	return wh_link_is_live(fds->memory);
}

static void
host_link_close(struct supervisor_host *h, struct wh_link_fds *fds)
{
	(void)h;
	wh_link_fds_close(fds);
}

static void
host_ready(struct supervisor_host *h)
{
	keeper_ready(host_keeper(h));
}

static void
host_ask_reload(struct supervisor_host *h)
{
	host_keeper(h)->asked_by_hub = true;
	keeper_reload(host_keeper(h));
}

static void
host_reloaded(struct supervisor_host *h, enum wh_err err, struct wh_str text)
{
	keeper_reloaded(host_keeper(h), err, text);
}

static void
host_ask_configure(struct supervisor_host *h, struct wh_str text)
{
	keeper_configure(host_keeper(h), text);
}

static void
host_stopped(struct supervisor_host *h)
{
	event_base_loopbreak(host_keeper(h)->base);
}

static void
host_line(struct supervisor_host *h, const struct child *c, enum wh_level level, struct wh_str text, uint32_t lost)
{
	struct keeper *k = host_keeper(h);
	struct wh_line line = { .time_ms = wh_clock_wall_ms(NULL), .level = level, .text = text };

	k->lines.lost += lost;
	snprintf(line.process, sizeof line.process, "%s", c->name);
	if (text.n != 0)
		wh_lines_add(&k->lines, &line);
}

static void
host_lines(struct supervisor_host *h, uint64_t after, struct wh_buf *to)
{
	wh_lines_put(&host_keeper(h)->lines, after, to, WH_LINES_ANSWER);
}

const struct supervisor_host_ops keeper_host_ops = {
	.spawn = host_spawn,
	.send = host_send,
	.kill = host_kill,
	.release = host_release,
	.link_create = host_link_create,
	.link_is_live = host_link_is_live,
	.link_close = host_link_close,
	.ready = host_ready,
	.ask_reload = host_ask_reload,
	.reloaded = host_reloaded,
	.line = host_line,
	.lines = host_lines,
	.stopped = host_stopped,
	.ask_configure = host_ask_configure,
};

/* One child that ended, or NULL. */
static struct child *
host_ended(struct keeper *k, int *status_out)
{
	WH_LIST_EACH(at, &k->supervisor.children) {
		struct child *c = WH_CONTAINER(at, struct child, link);

		if (c->pid > 0 && !c->reaped && waitpid(c->pid, status_out, WNOHANG) == c->pid)
			return c;
	}
	return NULL;
}

void
keeper_reap(struct keeper *k)
{
	char how[DEATH_TEXT];
	struct child *c;
	int status;

	/* From the beginning each time: what follows from a death changes the list. */
	while ((c = host_ended(k, &status)) != NULL) {
		c->reaped = true;
		host_read(k, c);
		death_describe(status, how);
		c->last_words[WH_LAST_WORDS_SIZE - 1] = '\0';
		supervisor_died(&k->supervisor, c, how);
	}
}
