/* moderation: what is done about what people do. What a client may ask stands in the table of commands, what an operator may set in the settings;
 * docs/moderation.md explains both. */
#include "own.h"

const struct wh_host *
mod_host(const struct moderation *mod)
{
	return mod->host;
}

int64_t
mod_next_id(struct moderation *mod)
{
	int64_t id = wh_wall_ms(mod->host) << 20;

	if (id <= mod->last_id)
		id = mod->last_id + 1;
	mod->last_id = id;
	return id;
}

static void
moderation_last_id(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	if (r->err == WH_OK)
		mod->last_id = wh_row_int(&r->rows[0], 0, 0);
}

static void
moderation_close(void *self)
{
	struct moderation *mod = self;

	wh_store_close(&mod->table);
	wh_delete(mod->host, mod);
}

static enum wh_err
moderation_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct moderation *mod = wh_new(host, sizeof *mod);
	enum wh_err err;

	(void)conf;
	if (mod == NULL)
		return WH_ENOMEM;
	mod->host = host;
	err = wh_store_open(host, &moderation_schema, mod, &mod->table);
	if (err == WH_OK) {
		wh_store_run_now(&mod->table, &(struct wh_step){ Q_LAST_ID, NULL, 0, WH_ANY }, 1, moderation_last_id, 0);
		*self_out = mod;
	} else {
		moderation_close(mod);
	}
	return err;
}

static const char *const moderation_needs[] = { "store", "chat", "?accounts", "?audit", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("moderation", "1.0", "rules, penalties, reports, appeals, and undoing"),
	.needs = moderation_needs,
	.open = moderation_open,
	.close = moderation_close,
};
