/* The keeper's life: command line, start, loop, end. */
#include "keeper/keeper.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/random.h"
#include "keeper/host.h"
#include "keeper/settings_page.h"
#include "keeper/spawn.h"

static void
keeper_on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct keeper *k = arg;

	(void)what;
	switch (sig) {
	case SIGCHLD:
		keeper_reap(k);
		break;
	case SIGHUP:
		keeper_reload(k);
		break;
	case SIGTERM:
	case SIGINT:
		wh_log(&k->log, WH_INFO, "stopping", WH_B("at_once", k->supervisor.phase != SUPERVISOR_UP));
		notify_send(&k->notify, "STOPPING=1\nSTATUS=Stopping");
		supervisor_stop(&k->supervisor);
		break;
	default:
		/* SIGUSR1 and SIGUSR2 mean nothing here, and end nothing. */
		break;
	}
	keeper_arm(k);
}

static void
keeper_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;

	(void)fd;
	(void)what;
	supervisor_tick(&k->supervisor);
	wh_log_flush(&k->log);
	keeper_arm(k);
}

static void
keeper_on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;

	(void)fd;
	(void)what;
	notify_send(&k->notify, "WATCHDOG=1");
}

static void
keeper_on_configured(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;

	(void)fd;
	(void)what;
	keeper_configure_finish(k);
	keeper_arm(k);
}

void
keeper_ready(struct keeper *k)
{
	if (k->served) {
		notify_send(&k->notify, "STATUS=Serving");
		return;
	}
	k->served = true;
	for (unsigned i = 0; i < k->config->listeners.n; i++)
		wh_log(&k->log, WH_INFO, "listening", WH_T("listener", k->config->listeners.of[i].name),
			WH_T("address", k->config->listeners.of[i].address));
	wh_log(&k->log, WH_INFO, "serving", WH_I("start_ms", wh_clock_mono_ms(NULL) - k->began_ms));
	notify_send(&k->notify, "READY=1\nSTATUS=Serving");
}

/* Reads and checks the config; every error goes to standard error, as an operator at a terminal wants it. */
static bool
keeper_read_config(struct keeper *k)
{
	struct wh_conf_errors errors = { 0 }, warnings = { 0 };
	struct wh_buf text = { 0 };

	k->config = keeper_config_read(&k->options, k->tables, NULL, &errors, &warnings);
	for (size_t i = 0; i < warnings.n; i++) {
		const struct wh_conf_error *w = &warnings.items[i];

		wh_buf_fmt(&text, "%s:%u: warning: %s\n", w->file, w->line, w->text);
		/* Somebody relies on it: it is told where alerts are made of, too. */
		if (!k->options.check && keeper_config_overlay_blamed(k->config, w))
			wh_log(&k->log, WH_ERROR, "changed_setting_left_out", WH_T("file", w->file), WH_U("line", w->line), WH_T("text", w->text));
	}
	wh_conf_errors_format(&errors, &text);
	wh_conf_errors_free(&warnings);
	if (text.n > 0)
		(void)wh_fd_write_all(STDERR_FILENO, text.p, text.n);
	wh_buf_free(&text);
	wh_conf_errors_free(&errors);
	return k->config != NULL;
}

static bool
keeper_find_programs(struct keeper *k)
{
	ssize_t n = readlink("/proc/self/exe", k->program, sizeof k->program - 1);
	char *slash;

	if (n <= 0) {
		wh_log(&k->log, WH_FATAL, "own_path_unknown", WH_T("why", strerror(errno)));
		return false;
	}
	k->program[n] = '\0';
	snprintf(k->programs, sizeof k->programs, "%s", k->options.programs != NULL ? k->options.programs : k->program);
	slash = k->options.programs == NULL ? strrchr(k->programs, '/') : NULL;
	if (slash != NULL)
		*slash = '\0';
	return true;
}

/* A folder has to be passed to reach what is in it. What else lies there stays closed to the group: it is not the owner of it. */
void
keeper_share_control(struct keeper *k)
{
	const struct keeper_settings *s = &k->config->settings;
	gid_t group = s->shares_control ? s->control_gid : s->drop ? s->gid : getegid();
	struct stat st;

	if (!s->shares_control && !k->control_shared)
		return;
	k->control_shared = s->shares_control;
	if (chown(s->state, (uid_t)-1, group) != 0 || stat(s->state, &st) != 0 || chmod(s->state, (st.st_mode & 07777) | S_IXGRP) != 0 ||
	    chown(k->control_path, (uid_t)-1, group) != 0)
		wh_log(&k->log, WH_WARN, "control_group_refused", WH_T("path", k->control_path), WH_T("why", strerror(errno)),
			WH_T("hint", "start whiplyd as root, or as a member of the group"));
}

/* The state folder belongs to those who write there. */
static bool
keeper_open_state(struct keeper *k)
{
	const struct keeper_settings *s = &k->config->settings;
	const char *why = NULL;

	if (mkdir(s->state, 0750) != 0 && errno != EEXIST)
		why = strerror(errno);
	else if (s->drop && chown(s->state, s->uid, s->gid) != 0)
		why = strerror(errno);
	if (why != NULL) {
		wh_log(&k->log, WH_FATAL, "state_failed", WH_T("folder", s->state), WH_T("why", why));
		return false;
	}
	snprintf(k->control_path, sizeof k->control_path, "%s/control.sock", s->state);
	k->control = listeners_unix(k->control_path, 0660, 64, &why);
	if (k->control < 0) {
		wh_log(&k->log, WH_FATAL, "control_failed", WH_T("path", k->control_path), WH_T("why", why));
		return false;
	}
	if (s->drop)
		(void)!chown(k->control_path, s->uid, s->gid);
	keeper_share_control(k);
	if (geteuid() == 0 && !s->drop)
		wh_log(&k->log, WH_WARN, "runs_as_root", WH_T("hint", "create the user whiply, or name another with `user`"));
	return true;
}

static bool
keeper_open_sockets(struct keeper *k)
{
	struct wh_conf_errors errors = { 0 };
	struct activation activation;
	bool good;

	if (activation_parse(&activation, getenv("LISTEN_PID"), getenv("LISTEN_FDS"), getenv("LISTEN_FDNAMES"), getpid()))
		activation_adopt(&activation);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	good = listeners_open(&k->config->listeners, k->config->settings.edges, NULL, &activation, k->config->conf, &errors);
	for (unsigned i = 0; i < activation.n; i++)
		if (activation.sockets[i].fd >= 0)
			wh_log(&k->log, WH_WARN, "socket_unused", WH_T("name", activation.sockets[i].name));
	activation_close(&activation);
	for (size_t i = 0; i < errors.n; i++)
		wh_log(&k->log, WH_FATAL, "listen_failed", WH_T("file", errors.items[i].file), WH_U("line", errors.items[i].line),
			WH_T("text", errors.items[i].text));
	wh_conf_errors_free(&errors);
	return good;
}

static bool
keeper_open_loop(struct keeper *k)
{
	static const int signals[KEEPER_SIGNALS] = { SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2 };
	struct timeval tv = { .tv_sec = k->notify.watchdog_ms / 1000, .tv_usec = k->notify.watchdog_ms % 1000 * 1000 };

	k->base = event_base_new();
	k->buffer = malloc(WH_CHANNEL_MAX);
	if (k->base == NULL || k->buffer == NULL)
		return false;
	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < KEEPER_SIGNALS; i++) {
		k->signals[i] = evsignal_new(k->base, signals[i], keeper_on_signal, k);
		if (k->signals[i] == NULL || event_add(k->signals[i], NULL) != 0)
			return false;
	}
	k->timer = evtimer_new(k->base, keeper_on_timer, k);
	k->watchdog = event_new(k->base, -1, EV_PERSIST, keeper_on_watchdog, k);
	k->configured = evtimer_new(k->base, keeper_on_configured, k);
	return k->timer != NULL && k->watchdog != NULL && k->configured != NULL && (k->notify.watchdog_ms == 0 || event_add(k->watchdog, &tv) == 0);
}

static int
keeper_secret(void)
{
	char bytes[32];
	int fd;

	wh_random_bytes(bytes, sizeof bytes);
	fd = spawn_fd_high(wh_fd_sealed("whiply-secret", (struct wh_str){ bytes, sizeof bytes }));
	explicit_bzero(bytes, sizeof bytes);
	return fd;
}

static bool
keeper_start(struct keeper *k)
{
	const char *socket = getenv("NOTIFY_SOCKET");
	notify_open(&k->notify, socket, getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), getpid());
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	k->secret = keeper_secret();
	k->nothing = spawn_fd_high(wh_fd_sealed("whiply-nothing", WH_STR("WHS1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")));
	if (!keeper_find_programs(k) || !keeper_open_sockets(k) || !keeper_open_state(k))
		return false;
	if (k->nothing < 0 || k->secret < 0 || !keeper_open_loop(k)) {
		wh_log(&k->log, WH_FATAL, "start_failed", WH_T("why", strerror(errno)));
		return false;
	}
	supervisor_init(&k->supervisor, &k->host, &k->log, NULL);
	k->supervisor.edges = k->config->settings.edges;
	keeper_set_start(k);
	notify_send(&k->notify, "STATUS=Starting");
	supervisor_begin(&k->supervisor);
	certificates_begin(k);
	keeper_arm(k);
	return true;
}

static void
keeper_finish(struct keeper *k)
{
	if (k->supervisor.host != NULL)
		supervisor_finish(&k->supervisor);
	for (unsigned i = 0; i < KEEPER_SIGNALS; i++)
		if (k->signals[i] != NULL)
			event_free(k->signals[i]);
	if (k->timer != NULL)
		event_free(k->timer);
	if (k->watchdog != NULL)
		event_free(k->watchdog);
	if (k->configured != NULL)
		event_free(k->configured);
	certificates_finish(k);
	if (k->base != NULL)
		event_base_free(k->base);
	if (k->control >= 0)
		(void)unlink(k->control_path);
	wh_fd_close(&k->control);
	wh_fd_close(&k->nothing);
	wh_fd_close(&k->secret);
	notify_close(&k->notify);
	keeper_config_free(&k->config);
	wh_buf_free(&k->configure.text);
	wh_buf_free(&k->configure.before);
	wh_buf_free(&k->configure.why);
	wh_log_flush(&k->log);
	k->log.tap = NULL;
	wh_lines_free(&k->lines);
	free(k->buffer);
}

static void
keeper_tap(struct wh_log_tap *tap, enum wh_level level, struct wh_str json)
{
	struct keeper *k = WH_CONTAINER(tap, struct keeper, tap);

	wh_lines_add(&k->lines, &(struct wh_line){ .time_ms = wh_clock_wall_ms(NULL), .level = level, .process = "keeper", .text = json });
}

int
wh_keeper_main(int argc, char **argv, struct wh_proctitle *title, const struct keeper_tables *tables)
{
	struct keeper k = {
		.host = { &keeper_host_ops }, .tables = tables, .control = -1, .nothing = -1, .secret = -1,
		.notify = { .fd = -1 }, .certificates = { .watch = { .fd = -1 } }, .began_ms = wh_clock_mono_ms(NULL),
	};
	int code;

	if (!options_read(&k.options, argc, argv, &code))
		return code;
	if (k.options.settings) {
		struct keeper_root root;

		keeper_root_join(&root, tables->roots);
		settings_page(stdout, root.rows);
		return 0;
	}
	wh_log_init(&k.log, STDERR_FILENO, wh_log_format_of(STDERR_FILENO), "keeper");
	code = 1;
	if (wh_lines_init(&k.lines) == WH_OK) {
		k.tap.line = keeper_tap;
		k.log.tap = &k.tap;
	}
	if (!keeper_read_config(&k))
		goto end;
	if (k.options.check) {
		printf("%s: ok\n", k.options.config);
		code = 0;
		goto end;
	}
	wh_proctitle_set(title, "whiplyd: keeper");
	if (!keeper_start(&k))
		goto end;
	event_base_dispatch(k.base);
	wh_log(&k.log, WH_INFO, "stopped");
	code = 0;
end:
	keeper_finish(&k);
	return code;
}
