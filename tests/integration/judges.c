/* A plugin for the tests: judging by rule packs as the moderation plugin has it, and the least of a gate: a message that a live rule does not
 * want, or that is to be held, is refused. It is built with the files of judging under the name moderation. */
#include <stdio.h>

#include "judging.h"

struct judges {
	const struct wh_host *host;
	struct judging *judging;
};

struct judging *
moderation_judging(void *self)
{
	return ((struct judges *)self)->judging;
}

static void
judges_judged(void *self, uint64_t ticket, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n)
{
	const struct judges *judges = self;

	(void)verdicts, (void)n;
	if (answer == NULL || answer->fate == WH_FATE_PASS)
		wh_hook_go(judges->host, ticket, WH_PASS, WH_OK, NULL);
	else
		wh_hook_go(judges->host, ticket, WH_REFUSE, WH_EPERM, "a rule does not want it");
}

static enum wh_verdict
judges_message(void *self, struct wh_message *m)
{
	struct judges *judges = self;
	const struct wh_identity *who = wh_session_identity(judges->host, m->from);
	const struct wh_judge_event e = { .time_ms = wh_wall_ms(judges->host), .room = wh_room_name(judges->host, m->room), .text = m->text,
		.user = who->id, .name = who->name };

	return judging_ask(judges->judging, &e, judges_judged, judges, m->at.ticket) == WH_OK ? WH_HOLD : WH_PASS;
}

static const struct wh_metric judges_metrics[] = { JUDGING_METRICS, { 0 } };

static void
judges_close(void *self)
{
	struct judges *judges = self;

	judging_close(&judges->judging);
	wh_delete(judges->host, judges);
}

static enum wh_err
judges_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct judges *judges = wh_new(host, sizeof *judges);

	if (judges == NULL)
		return WH_ENOMEM;
	judges->host = host;
	judges->judging = judging_open(host, conf, &(struct judging_parts){ .self = judges, .metrics = judges_metrics });
	if (judges->judging == NULL) {
		judges_close(judges);
		return WH_EIO;
	}
	*self_out = judges;
	return WH_OK;
}

static enum wh_err
judges_reload(void *self, const struct wh_conf *conf)
{
	judging_reload(((struct judges *)self)->judging, conf);
	return WH_OK;
}

static const char *const judges_needs[] = { "store", "chat", "?accounts", "?fetch", NULL };
static const struct wh_setting judges_settings[] = { JUDGING_SETTINGS, { 0 } };
static const struct wh_command judges_commands[] = { JUDGING_COMMANDS, { 0 } };
static const struct wh_helper judges_helpers[] = { JUDGING_HELPERS, { 0 } };
static const struct wh_hook judges_hooks[] = {
	{ WH_ON_MESSAGE, .order = 50, .message = judges_message },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("moderation", "1.0", "has messages judged"),
	.needs = judges_needs, .settings = judges_settings, .commands = judges_commands, .hooks = judges_hooks, .metrics = judges_metrics,
	.helpers = judges_helpers, .open = judges_open, .close = judges_close, .reload = judges_reload,
};
