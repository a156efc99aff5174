/* A plugin for the tests: it dereferences NULL when a message asks it to. */
#include <whiply/whiply.h>

static enum wh_verdict
crasher_message(void *self, struct wh_message *m)
{
	volatile int *nowhere = NULL;

	(void)self;
	if (memmem(m->text.p, m->text.n, "please crash", 12) != NULL)
		*nowhere = 1;
	return WH_PASS;
}

static enum wh_err
crasher_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)host;
	(void)conf;
	*self_out = NULL;
	return WH_OK;
}

static const struct wh_hook crasher_hooks[] = {
	{ WH_ON_MESSAGE, .order = 50, .message = crasher_message },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("crasher", "1.0", "crashes when it is asked to"),
	.hooks = crasher_hooks,
	.open = crasher_open,
};
