/* The start of a child, as child.h tells it. */
#include <whiply/list.h>

#include "ring/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/crash.h"
#include "base/fd.h"

enum { CHILD_START_MS = 10000, CHILD_SAY_MS = 1000 };

const struct wh_setting wh_log_settings[] = {
	{ "level", WH_CHOICE, .def = "info", .choices = "debug|info|warn|error|fatal", .help = "lines below this are not written" },
	{ "format", WH_CHOICE, .def = "auto", .choices = "auto|json|text|colour|journal", .help = "auto: what suits where standard error goes" },
	{ 0 }
};

static const struct wh_setting child_settings[] = {
	{ "log", WH_TABLE, .table = wh_log_settings },
	{ 0 }
};

/* The keeper checked all of this; when it is wrong still, the log stays as it is. */
static void
child_set_log(struct wh_child *child, const struct wh_snapshot *snapshot)
{
	struct wh_conf_errors errors = { 0 };
	const struct wh_conf *log;
	struct wh_conf *conf;

	if (wh_conf_of_snapshot(snapshot, child_settings, WH_CONF_PART, &errors, &conf) == WH_OK) {
		log = wh_conf_table(conf, "log", 0);
		(void)wh_log_level_named(wh_conf_str(log, "level"), &child->log.level);
		if (!wh_log_format_named(wh_conf_str(log, "format"), &child->log.format))
			child->log.format = wh_log_format_of(child->log.fd);
		wh_conf_free(&conf);
	}
	wh_conf_errors_free(&errors);
}

/* Waits for the channel; false when time is over or it broke. */
static bool
child_poll(const struct wh_child *child, short events, int timeout_ms)
{
	struct pollfd p = { .fd = child->channel, .events = events };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* The names of START's text belong to the descriptors from WH_CHILD_SOCKETS on. */
static enum wh_err
child_take_sockets(struct wh_child *child, struct wh_str names)
{
	while (names.n > 0) {
		const char *blank = memchr(names.p, ' ', names.n);
		size_t n = blank != NULL ? (size_t)(blank - names.p) : names.n;
		struct wh_child_socket *s = &child->sockets[child->n_sockets];

		if (n == 0 || n >= sizeof s->name || child->n_sockets == WH_CHILD_SOCKETS_MAX)
			return WH_ESYNTAX;
		memcpy(s->name, names.p, n);
		s->fd = WH_CHILD_SOCKETS + (int)child->n_sockets++;
		if (wh_fd_cloexec(s->fd, true) != WH_OK || wh_fd_nonblock(s->fd, true) != WH_OK)
			return WH_ESYNTAX;
		names = wh_str_from(names, n + (blank != NULL));
	}
	return WH_OK;
}

static enum wh_err
child_start(struct wh_child *child, const struct wh_channel_msg *m)
{
	enum wh_err err;

	if (m->kind != WH_CH_START || m->process == 0 || m->process > WH_PROCESS_MAX)
		return WH_ESYNTAX;
	child->process = m->process;
	child->index = m->index;
	err = child_take_sockets(child, m->text);
	if (err == WH_OK)
		err = wh_snapshot_open(m->fds[0], &child->snapshot);
	if (err == WH_OK)
		child_set_log(child, child->snapshot);
	return err;
}

static enum wh_err
child_wait_for_start(struct wh_child *child)
{
	char *buffer = malloc(WH_CHANNEL_MAX);
	struct wh_channel_msg m;
	enum wh_err err;

	if (buffer == NULL)
		return WH_ENOMEM;
	while ((err = wh_channel_receive(child->channel, buffer, &m)) == WH_WAIT)
		if (!child_poll(child, POLLIN, CHILD_START_MS)) {
			err = WH_ETIME;
			break;
		}
	if (err == WH_OK) {
		err = child_start(child, &m);
		wh_channel_msg_close(&m);
	}
	free(buffer);
	return err;
}

/* A keeper that is busy is not waited for: what it can't take now it is told the number of. */
static void
child_tap(struct wh_log_tap *tap, enum wh_level level, struct wh_str json)
{
	struct wh_child *child = WH_CONTAINER(tap, struct wh_child, tap);
	const struct wh_channel_msg m = { .kind = WH_CH_LINE, .index = (uint32_t)level, .ms = child->untold, .text = json };

	child->untold = wh_channel_send(child->channel, &m) == WH_OK ? 0 : child->untold + 1;
}

enum wh_err
wh_child_begin(struct wh_child *child, const char *name, uint32_t index, struct wh_proctitle *title)
{
	char shown[WH_CHILD_NAME + 16];
	enum wh_err err;

	*child = (struct wh_child){ .channel = WH_CHILD_CHANNEL, .index = index, .title = title };
	snprintf(child->name, sizeof child->name, "%s", name);
	snprintf(shown, sizeof shown, "whiplyd: %s", name);
	if (title != NULL)
		wh_proctitle_set(title, shown);
	wh_log_init(&child->log, STDERR_FILENO, wh_log_format_of(STDERR_FILENO), child->name);
	if (wh_fd_cloexec(WH_CHILD_CHANNEL, true) != WH_OK || wh_fd_nonblock(WH_CHILD_CHANNEL, true) != WH_OK
	    || wh_fd_cloexec(WH_CHILD_LAST_WORDS, true) != WH_OK
	    || (child->last_words = wh_fd_map(WH_CHILD_LAST_WORDS, WH_LAST_WORDS_SIZE)) == NULL) {
		wh_log(&child->log, WH_FATAL, "not_started_by_a_keeper");
		return WH_ESTATE;
	}
	wh_log_last_words(&child->log, child->last_words, WH_LAST_WORDS_SIZE);
	(void)wh_crash_install(child->name, child->last_words, WH_LAST_WORDS_SIZE, STDERR_FILENO);
	err = child_wait_for_start(child);
	if (err == WH_OK) {
		child->tap.line = child_tap;
		child->log.tap = &child->tap;
		return WH_OK;
	}
	/* A keeper that went away has said why itself. */
	if (err != WH_EAWAY)
		wh_log(&child->log, WH_FATAL, "start_failed", WH_I("err", err));
	wh_child_end(child);
	return err;
}

int
wh_child_socket(const struct wh_child *child, struct wh_str name)
{
	for (size_t i = 0; i < child->n_sockets; i++)
		if (wh_str_is(name, child->sockets[i].name))
			return child->sockets[i].fd;
	return -1;
}

enum wh_err
wh_child_open_reload(struct wh_child *child, struct wh_channel_msg *m, struct wh_snapshot **snapshot_out)
{
	enum wh_err err = WH_EINVAL;

	*snapshot_out = NULL;
	if (m->kind == WH_CH_RELOAD && m->n_fds == 1)
		err = wh_snapshot_open(m->fds[0], snapshot_out);
	wh_channel_msg_close(m);
	if (err == WH_OK)
		child_set_log(child, *snapshot_out);
	return err;
}

void
wh_child_take_snapshot(struct wh_child *child, struct wh_snapshot **take)
{
	wh_snapshot_free(&child->snapshot);
	child->snapshot = *take;
	*take = NULL;
}

enum wh_err
wh_child_say(struct wh_child *child, const struct wh_channel_msg *m)
{
	enum wh_err err = wh_channel_send(child->channel, m);

	if (err == WH_WAIT && child_poll(child, POLLOUT, CHILD_SAY_MS))
		err = wh_channel_send(child->channel, m);
	return err;
}

void
wh_child_end(struct wh_child *child)
{
	wh_log_flush(&child->log);
	child->log.tap = NULL;
	wh_log_last_words(&child->log, NULL, 0);
	wh_snapshot_free(&child->snapshot);
	for (size_t i = 0; i < child->n_sockets; i++)
		wh_fd_close(&child->sockets[i].fd);
	child->n_sockets = 0;
	/* The page stays mapped: a crash on the way out still has its last words. */
	wh_fd_close(&child->channel);
}
