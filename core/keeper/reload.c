/* Reload: a new config is read and checked in full, its sockets are opened, and then it is in force; or nothing has changed
 * and every error is in the log. */
#include <stdio.h>
#include <stdlib.h>

#include "keeper/host.h"

void
keeper_set_start(struct keeper *k)
{
	struct supervisor *s = &k->supervisor;

	s->start[CHILD_EDGE].snapshot = k->config->for_edges;
	listeners_names(&k->config->listeners, s->start[CHILD_EDGE].sockets, sizeof s->start[CHILD_EDGE].sockets);
	s->start[CHILD_HUB].snapshot = k->config->for_hub;
	snprintf(s->start[CHILD_HUB].sockets, sizeof s->start[CHILD_HUB].sockets, "control secret");
	s->start[CHILD_HELPER].snapshot = k->nothing;
	s->stop_ms = k->config->settings.stop_ms;
	s->drain_ms = k->config->settings.drain_ms;
	s->healthy_ms = k->config->settings.healthy_ms;
	(void)wh_log_level_named(wh_conf_str(wh_conf_table(k->config->conf, "log", 0), "level"), &k->log.level);
	if (!wh_log_format_named(wh_conf_str(wh_conf_table(k->config->conf, "log", 0), "format"), &k->log.format))
		k->log.format = wh_log_format_of(k->log.fd);
}

/* What a running server cannot change. */
static void
reload_check(struct keeper *k, const struct keeper_config *new, struct wh_conf_errors *errors)
{
	if (strcmp(new->settings.state, k->config->settings.state) != 0)
		wh_conf_blame(new->conf, "state", errors, "cannot change without a restart");
	if (new->settings.uid != k->config->settings.uid)
		wh_conf_blame(new->conf, "user", errors, "cannot change without a restart");
}

static void
reload_refused(struct keeper *k, struct wh_conf_errors *errors)
{
	struct wh_buf text = { .max = WH_CHANNEL_MAX / 2 };

	for (size_t i = 0; i < errors->n; i++)
		wh_log(&k->log, WH_ERROR, "config_error", WH_T("file", errors->items[i].file), WH_U("line", errors->items[i].line),
			WH_T("text", errors->items[i].text));
	wh_log(&k->log, WH_ERROR, "reload_refused", WH_U("errors", errors->n + errors->more));
	wh_conf_errors_format(errors, &text);
	keeper_reloaded(k, WH_EINVAL, wh_buf_slice(&text));
	wh_buf_free(&text);
}

/* What of the overlay could not be taken is more than a warning: somebody relies on it. */
static void
reload_warn(struct keeper *k, const struct keeper_config *new, struct wh_conf_errors *warnings)
{
	for (size_t i = 0; i < warnings->n; i++) {
		bool overlay = keeper_config_overlay_blamed(new, &warnings->items[i]);

		wh_log(&k->log, overlay ? WH_ERROR : WH_WARN, overlay ? "changed_setting_left_out" : "config_warning", WH_T("file", warnings->items[i].file),
			WH_U("line", warnings->items[i].line), WH_T("text", warnings->items[i].text));
	}
	wh_conf_errors_free(warnings);
}

bool
keeper_put(struct keeper *k, struct keeper_config *new, struct wh_conf_errors *errors)
{
	struct keeper_config *old = k->config;
	bool replace_edges;

	(void)listeners_open(&new->listeners, new->settings.edges, &old->listeners, NULL, new->conf, errors);
	if (wh_conf_errors_any(errors))
		return false;
	replace_edges = listeners_differ(&old->listeners, &new->listeners);
	k->config = new;
	keeper_set_start(k);
	/* Descriptors of the old snapshots are with their children; sockets that nobody took over are closed now. */
	keeper_config_free(&old);
	certificates_begin(k);
	keeper_share_control(k);
	supervisor_reload(&k->supervisor, new->settings.edges, replace_edges);
	return true;
}

void
keeper_reload(struct keeper *k)
{
	struct wh_conf_errors errors = { 0 }, warnings = { 0 };
	struct keeper_config *new;

	if (k->supervisor.phase != SUPERVISOR_UP)
		return;
	if (k->supervisor.reload_due_ms != 0 || k->configure.step != CONFIGURE_IDLE) {
		k->reload_again = true;
		return;
	}
	notify_reloading(&k->notify, wh_clock_mono_us(NULL));
	new = keeper_config_read(&k->options, k->tables, k->config, &errors, &warnings);
	reload_warn(k, new, &warnings);
	if (new != NULL)
		reload_check(k, new, &errors);
	if (wh_conf_errors_any(&errors) || !keeper_put(k, new, &errors)) {
		reload_refused(k, &errors);
		keeper_config_free(&new);
	}
	wh_conf_errors_free(&errors);
}

void
keeper_reloaded(struct keeper *k, enum wh_err err, struct wh_str text)
{
	if (k->certificates.giving) {
		certificates_given(k, err, text);
	} else if (k->configure.step != CONFIGURE_IDLE) {
		keeper_configure_answered(k, err, text);
		return;
	} else {
		if (err == WH_OK)
			wh_log(&k->log, WH_INFO, "reloaded");
		if (k->served)
			notify_send(&k->notify, err == WH_OK ? "READY=1\nSTATUS=Serving" : "READY=1\nSTATUS=Serving; the last reload was refused");
		if (k->asked_by_hub)
			supervisor_reloaded(&k->supervisor, err, text);
		k->asked_by_hub = false;
	}
	if (k->reload_again) {
		k->reload_again = false;
		keeper_reload(k);
	}
}
