/* A plugin for the tests: who shows a TLS client certificate is the account that is named by its fingerprint. */
#include <whiply/whiply.h>

struct certified {
	const struct wh_host *host;
};

static struct certified certified_state;

static enum wh_verdict
certified_credential(void *self, struct wh_credential *c)
{
	const struct certified *certified = self;

	if (c->certificate.n != 0)
		wh_session_identify(certified->host, c->session, &(struct wh_identity){ WH_ACCOUNT, c->certificate, WH_STR("certified"), WH_STR("member") });
	return WH_PASS;
}

static enum wh_err
certified_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf;
	certified_state.host = host;
	*self_out = &certified_state;
	return WH_OK;
}

static const struct wh_hook certified_hooks[] = {
	{ WH_ON_CREDENTIAL, .credential = certified_credential },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("certified", "1.0", "knows people by their certificates"),
	.hooks = certified_hooks,
	.open = certified_open,
};
