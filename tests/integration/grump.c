/* A plugin that takes new settings badly, in each of the ways that there are: for test_settings.py. */
#include <stdlib.h>
#include <whiply/whiply.h>

struct grump {
	const struct wh_host *host;
	char mood[16];
};

static enum wh_err
grump_take(struct grump *g, const struct wh_conf *conf)
{
	struct wh_str mood = wh_conf_str(conf, "mood");

	if (wh_str_is(mood, "crash"))
		abort();
	if (wh_str_is(mood, "refuse") || wh_str_is(mood, "shut")) {
		wh_host_log(g->host, WH_ERROR, "grump_dislikes", WH_S("mood", mood));
		return wh_str_is(mood, "shut") ? WH_ENOTSUP : WH_EINVAL;
	}
	memcpy(g->mood, mood.p, mood.n);
	g->mood[mood.n] = '\0';
	return WH_OK;
}

static enum wh_err
grump_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct grump *g = wh_new(host, sizeof *g);
	enum wh_err err;

	if (g == NULL)
		return WH_ENOMEM;
	g->host = host;
	err = grump_take(g, conf);
	if (err != WH_OK)
		wh_delete(host, g);
	else
		*self_out = g;
	return err == WH_ENOTSUP ? WH_EINVAL : err;
}

static void
grump_close(void *self)
{
	struct grump *g = self;

	wh_delete(g->host, g);
}

static enum wh_err
grump_reload(void *self, const struct wh_conf *conf)
{
	return grump_take(self, conf);
}

static enum wh_err
grump_mood(void *self, struct wh_call *call)
{
	struct grump *g = self;

	wh_json_str(wh_reply(call), "mood", wh_str(g->mood));
	return WH_OK;
}

static const struct wh_setting grump_settings[] = {
	{ "mood", WH_CHOICE, .choices = "fine|well|refuse|shut|crash", .def = "fine", .help = "how it takes it" },
	{ "secret", WH_STRING, .secret = true, .def = "", .max = "32", .help = "told to nobody" },
	{ "number", WH_INT, .def = "1", .min = "1", .max = "9", .help = "a number" },
	{ 0 }
};

static const struct wh_command grump_commands[] = {
	{ "grump.mood", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = grump_mood, .help = "how it is" },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("grump", "1.0", "takes settings badly"),
	.settings = grump_settings,
	.commands = grump_commands,
	.open = grump_open,
	.close = grump_close,
	.reload = grump_reload,
};
