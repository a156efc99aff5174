/* A change of the overlay: the config in force is checked with another one, handed to the children as in a reload, and kept when all have taken it. If
 * anybody refuses or the hub dies of it, the one before is handed out again. Files of the config are not read. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "keeper/host.h"
#include "keeper/overlay_file.h"

static void
configure_end(struct keeper *k)
{
	struct configure *c = &k->configure;

	if (c->err == WH_OK)
		wh_log(&k->log, WH_INFO, "settings_changed");
	else
		wh_log(&k->log, WH_WARN, "settings_refused", WH_S("why", wh_buf_slice(&c->why)));
	c->step = CONFIGURE_IDLE;
	supervisor_configured(&k->supervisor, c->err, wh_buf_slice(&c->why));
	if (k->reload_again) {
		k->reload_again = false;
		keeper_reload(k);
	}
}

static void
configure_fail(struct configure *c, enum wh_err err, struct wh_str why)
{
	c->err = err;
	wh_buf_reset(&c->why);
	wh_buf_str(&c->why, why);
}

/* What is wrong in the overlay is told without a file, since no such file is there yet. */
static void
configure_blame(struct configure *c, const char *overlay, const struct wh_conf_errors *errors)
{
	configure_fail(c, WH_EINVAL, (struct wh_str){ NULL, 0 });
	for (size_t i = 0; i < errors->n; i++) {
		const struct wh_conf_error *e = &errors->items[i];

		if (e->file[0] != '\0' && strcmp(e->file, overlay) != 0)
			wh_buf_fmt(&c->why, "%s:%u: ", e->file, e->line);
		wh_buf_fmt(&c->why, "%s\n", e->text);
	}
}

/* Checks the config in force with this overlay and puts it in force. */
static bool
configure_put(struct keeper *k, struct wh_str overlay, bool tell)
{
	struct wh_conf_errors errors = { 0 };
	struct keeper_config *new = keeper_config_with(k->config, overlay, &k->options, k->tables, &errors);
	bool good = new != NULL && keeper_put(k, new, &errors);

	if (!good) {
		if (tell)
			configure_blame(&k->configure, k->config->overlay_file, &errors);
		keeper_config_free(&new);
	}
	wh_conf_errors_free(&errors);
	return good;
}

static uint32_t
configure_hub(const struct keeper *k)
{
	const struct child *hub = supervisor_hub(&k->supervisor);

	return hub != NULL ? hub->process : 0;
}

void
keeper_configure(struct keeper *k, struct wh_str text)
{
	struct configure *c = &k->configure;

	if (k->supervisor.phase != SUPERVISOR_UP)
		return;
	if (k->supervisor.reload_due_ms != 0 || c->step != CONFIGURE_IDLE) {
		supervisor_configured(&k->supervisor, WH_ESTATE, WH_STR("the config is being read anew: try again in a moment"));
		return;
	}
	wh_buf_reset(&c->text);
	wh_buf_reset(&c->before);
	wh_buf_str(&c->text, text);
	wh_buf_str(&c->before, wh_snapshot_overlay(k->config->snapshot));
	configure_fail(c, WH_OK, (struct wh_str){ NULL, 0 });
	c->hub = configure_hub(k);
	/* Before it is handed out: answers may come at once. */
	c->step = CONFIGURE_TRYING;
	if (c->text.failed || c->before.failed) {
		configure_fail(c, WH_ENOMEM, WH_STR("out of memory"));
		configure_end(k);
	} else if (!configure_put(k, wh_buf_slice(&c->text), true)) {
		configure_end(k);
	}
}

void
keeper_configure_answered(struct keeper *k, enum wh_err err, struct wh_str text)
{
	static const struct timeval now = { 0, 0 };

	if (k->configure.step == CONFIGURE_TRYING && err != WH_OK)
		configure_fail(&k->configure, err, wh_str_starts(text, WH_STR("hub: ")) ? wh_str_from(text, 5) : text);
	(void)evtimer_add(k->configured, &now);
}

static void
configure_take_back(struct keeper *k)
{
	struct configure *c = &k->configure;

	c->step = CONFIGURE_TAKING_BACK;
	if (configure_put(k, wh_buf_slice(&c->before), false))
		return;
	/* It was in force a moment ago; whatever changed since, the next reload or start tells. */
	wh_log(&k->log, WH_ERROR, "settings_not_taken_back");
	configure_end(k);
}

void
keeper_configure_finish(struct keeper *k)
{
	struct configure *c = &k->configure;
	const char *why = NULL;

	if (c->step == CONFIGURE_TAKING_BACK) {
		configure_end(k);
		return;
	}
	if (c->step == CONFIGURE_IDLE)
		return;
	if (c->err == WH_OK && configure_hub(k) != c->hub)
		configure_fail(c, WH_EAWAY, WH_STR("the hub ended while it took the new settings: they are as they were"));
	if (c->err == WH_OK && overlay_write(&k->config->settings, wh_buf_slice(&c->text), &why) != WH_OK) {
		configure_fail(c, WH_EIO, WH_STR("it could not be written to the state folder: "));
		wh_buf_text(&c->why, why);
	}
	if (c->err == WH_OK)
		configure_end(k);
	else
		configure_take_back(k);
}
