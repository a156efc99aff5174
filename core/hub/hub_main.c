/* The hub process: begins with what the keeper handed over, opens plugins, serves until STOP, and takes new settings on RELOAD. */
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "hub/hub.h"
#include "hub/last_words.h"
#include "ring/child.h"

/* RELOAD: all of it or nothing. Settings of the core are checked by the tables; the features check theirs. */
static enum wh_err
hub_take_config(struct hub *hub, struct wh_snapshot **take_snapshot, struct wh_buf *why)
{
	struct wh_conf_errors errors = { 0 };
	struct hub_config *next;
	enum wh_err err = hub_config_open(*take_snapshot, &errors, &next);

	if (err != WH_OK)
		wh_conf_errors_format(&errors, why);
	wh_conf_errors_free(&errors);
	if (err != WH_OK)
		return err;
	err = hub->features->reload(hub, next, why);
	if (err != WH_OK) {
		hub_config_free(&next);
		return err;
	}
	hub_config_free(&hub->config);
	hub->config = next;
	hub_settings_read(&hub->settings, next);
	hub->sessions.by_id.max = hub->settings.sessions_max;
	wh_child_take_snapshot(hub->child, take_snapshot);
	edge_routes_changed(hub);
	return WH_OK;
}

static void
hub_reload(struct hub *hub, struct wh_channel_msg *m)
{
	struct wh_snapshot *snapshot = NULL;
	struct wh_buf why = { .max = WH_CHANNEL_MAX / 2 };
	enum wh_err err = wh_child_open_reload(hub->child, m, &snapshot);

	if (err == WH_OK)
		err = hub_take_config(hub, &snapshot, &why);
	wh_snapshot_free(&snapshot);
	/* What could be taken is in force; whoever asked should know of the rest. */
	if (err == WH_OK && why.n != 0)
		err = WH_EINVAL;
	if (err != WH_OK)
		wh_log(hub->log, WH_ERROR, "reload_refused", WH_S("why", wh_buf_slice(&why)), WH_I("err", err));
	else
		wh_log(hub->log, WH_INFO, "reloaded");
	keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_RELOADED, .err = err,
		.text = err != WH_OK ? wh_buf_slice(&why) : (struct wh_str){ NULL, 0 } });
	wh_buf_free(&why);
}

static enum wh_err
hub_say(struct hub *hub, const struct wh_channel_msg *m)
{
	return wh_child_say(hub->child, m);
}

static void
hub_ready(struct hub *hub)
{
	keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_READY });
}

static void
log_suppressed(void *self, uint64_t cookie)
{
	struct hub *hub = self;

	(void)cookie;
	wh_log_flush(hub->log);
}

/* The folder of the state is the keeper's to make; ours may be looked at before it is. */
static enum wh_err
hub_state(struct hub *hub)
{
	struct wh_str state = wh_conf_str(hub->config->root, "state");

	if (mkdir(state.p, 0750) != 0 && access(state.p, R_OK | X_OK) != 0)
		return WH_EIO;
	hub->state_dir = realpath(state.p, NULL);
	return hub->state_dir != NULL ? WH_OK : WH_EIO;
}

static enum wh_err
hub_configure(struct hub *hub)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_buf why = { .max = WH_CHANNEL_MAX };
	enum wh_err err = hub_config_open(hub->child->snapshot, &errors, &hub->config);

	if (err == WH_OK) {
		hub_settings_read(&hub->settings, hub->config);
		err = hub_state(hub);
	} else {
		wh_conf_errors_format(&errors, &why);
	}
	if (err != WH_OK)
		wh_log(hub->log, WH_FATAL, "config_refused", WH_S("why", wh_buf_slice(&why)), WH_I("err", err));
	wh_buf_free(&why);
	wh_conf_errors_free(&errors);
	return err;
}

static enum wh_err
hub_begin(struct hub *hub)
{
	enum wh_err err = hub_configure(hub);

	if (err != WH_OK)
		return err;
	hub->base = event_base_new();
	if (hub->base == NULL)
		return WH_ENOMEM;
	err = hub_init(hub);
	if (err != WH_OK)
		return err;
	hub->epoch = (uint64_t)hub->wall_ms;
	hub->recovery.ready = hub_ready;
	hub->keeper.reload = hub_reload;
	hub->keeper.say = hub_say;
	timer_start(hub, NULL, "log", 1000, 1000, log_suppressed, hub, 0);
	hub_enter(hub);
	err = hub->features->start(hub);
	hub->in_turn = false;
	if (err != WH_OK) {
		wh_log(hub->log, WH_FATAL, "features_failed", WH_I("err", err));
		return err;
	}
	return keeper_link_init(hub, hub->child->channel);
}

/* Without the keeper's secret papers are of use to this hub alone: the next one refuses them, and sessions begin anew. */
static void
hub_take_secret(struct hub *hub)
{
	int fd = wh_child_socket(hub->child, WH_STR("secret"));

	if (fd >= 0 && pread(fd, hub->secret, sizeof hub->secret, 0) == (ssize_t)sizeof hub->secret)
		return;
	wh_log(hub->log, WH_WARN, "no_secret");
	wh_random_bytes(hub->secret, sizeof hub->secret);
}

int
wh_hub_main(struct wh_child *child)
{
	struct hub *hub = calloc(1, sizeof *hub);
	enum wh_err err;

	if (hub == NULL)
		return 1;
	/* Who types Ctrl-C or closes the terminal means the keeper, which then tells us. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	hub->child = child;
	hub->log = &child->log;
	hub->process = child->process;
	hub->features = &hub_features;
	hub_take_secret(hub);
	last_words_install(hub, child->last_words, WH_LAST_WORDS_SIZE, child->log.fd);
	err = hub_begin(hub);
	if (err == WH_OK)
		hub_loop(hub);
	if (hub->timers.slots.stride != 0) {
		hub->features->stop(hub);
		/* No further turn: what was not read yet is for the next hub. */
		edges_flush(hub);
		helpers_flush(hub);
	}
	hub_finish(hub);
	hub_config_free(&hub->config);
	if (hub->base != NULL)
		event_base_free(hub->base);
	free((char *)(uintptr_t)hub->state_dir);
	last_words_forget();
	free(hub);
	return err == WH_OK ? 0 : 1;
}
