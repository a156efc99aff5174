/* Reasons: a key that rules and moderators give, the sentence for the person, and the ground, a rule of the house or a law, that a statement of reasons
 * names. Those below are built in; moderators write others, or other words for these, in the server's language. */
#include "own.h"

static const struct {
	const char *key, *text, *ground;
} built_in[] = {
	{ "spam", "spam or advertising", "house rules: no spam" },
	{ "flood", "too many messages in a short time", "house rules: no flooding" },
	{ "insult", "insulting or harassing others", "house rules: be decent" },
	{ "hate", "hatred against a group of people", "law: incitement to hatred; house rules: no hatred" },
	{ "threat", "threatening others", "law: threats; house rules: no threats" },
	{ "sexual", "sexual content where it is not wanted", "house rules: no sexual content" },
	{ "minors", "endangering minors", "law: protection of minors" },
	{ "privacy", "somebody's private data", "law: protection of personal data" },
	{ "illegal", "content against the law", "law" },
	{ "impersonation", "pretending to be somebody else", "house rules: no impersonation" },
	{ "evasion", "getting around a penalty", "house rules: penalties are kept" },
	{ "off_topic", "not what this room is about", "the room's rules" },
	{ "new_account_link", "links from new accounts are looked at first", "house rules: links from new accounts" },
	{ "shouting", "please do not shout", "house rules: no shouting" },
	{ "again", "the same thing again and again", "house rules: no flooding" },
	{ "raid", "the room is being raided", "protection of the room" },
	{ "rules_away", "the rules could not be asked in time", "house rules" },
	{ "other", "against the rules of the house", "house rules" },
};

static struct reason *
reason_new(struct moderation *mod, struct wh_str key, struct wh_str text, struct wh_str ground)
{
	struct reason *r = wh_new(mod->host, sizeof *r + key.n + text.n + ground.n);
	char *to;

	if (r == NULL)
		return NULL;
	to = r->bytes;
	r->key = text_keep(&to, key);
	r->text = text_keep(&to, text);
	r->ground = text_keep(&to, ground);
	return r;
}

static enum wh_err
reason_put(struct moderation *mod, struct wh_str key, struct wh_str text, struct wh_str ground, bool own)
{
	struct reason *was = wh_dict_get(mod->host, mod->reasons, key), *r = reason_new(mod, key, text, ground);

	if (r == NULL)
		return WH_ENOMEM;
	r->own = own;
	if (was != NULL)
		wh_dict_remove(mod->host, mod->reasons, was->key);
	if (wh_dict_add(mod->host, mod->reasons, r->key, r) != WH_OK) {
		wh_delete(mod->host, r);
		return was != NULL ? wh_dict_add(mod->host, mod->reasons, was->key, was) : WH_ENOMEM;
	}
	wh_delete(mod->host, was);
	return WH_OK;
}

static void
reasons_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++)
		reason_put(mod, wh_row_str(&r->rows[0], i, 0), wh_row_str(&r->rows[0], i, 1), wh_row_str(&r->rows[0], i, 2), true);
}

enum wh_err
reason_open(struct moderation *mod)
{
	enum wh_err err = WH_OK;

	mod->reasons = wh_dict_new(mod->host, MOD_REASONS + sizeof built_in / sizeof built_in[0]);
	if (mod->reasons == NULL)
		return WH_ENOMEM;
	for (size_t i = 0; err == WH_OK && i < sizeof built_in / sizeof built_in[0]; i++)
		err = reason_put(mod, wh_str(built_in[i].key), wh_str(built_in[i].text), wh_str(built_in[i].ground), false);
	if (err == WH_OK)
		err = wh_store_run_now(&mod->table, &(struct wh_step){ Q_REASONS, &WH_CELL_TEXT(mod->set.language), 1, WH_ANY }, 1, reasons_read, 0);
	return err;
}

void
reason_close(struct moderation *mod)
{
	struct wh_dict_iter it = { .value = NULL };

	if (mod->reasons == NULL)
		return;
	while (wh_dict_next(mod->host, mod->reasons, &it))
		wh_delete(mod->host, it.value);
	wh_dict_free(mod->host, &mod->reasons);
}

const struct reason *
reason_find(const struct moderation *mod, struct wh_str key)
{
	return key.n != 0 && mod->reasons != NULL ? wh_dict_get(mod->host, mod->reasons, key) : NULL;
}

enum wh_err
reason_list(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	struct wh_dict_iter it = { .value = NULL };
	struct wh_json *w = wh_reply(call);

	wh_json_array(w, "reasons");
	while (wh_dict_next(mod->host, mod->reasons, &it)) {
		const struct reason *r = it.value;

		wh_json_object(w, NULL);
		wh_json_str(w, "key", r->key);
		wh_json_str(w, "text", r->text);
		wh_json_str(w, "ground", r->ground);
		wh_json_bool(w, "own", r->own);
		wh_json_end(w);
	}
	wh_json_end(w);
	return WH_OK;
}

static void
reason_written(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct wh_call *call = wh_call_find(mod->host, cookie);

	if (call == NULL)
		return;
	if (r->err == WH_OK)
		reason_put(mod, wh_arg_str(call, "key"), wh_arg_str(call, "text"), wh_arg_str(call, "ground"), true);
	wh_call_done(call, r->err == WH_OK ? WH_OK : mod_store_failed(call, r->err));
}

enum wh_err
reason_set(void *self, struct wh_call *call)
{
	struct moderation *mod = self;
	struct wh_str ground = wh_arg_str(call, "ground");
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_arg_str(call, "key")), WH_CELL_TEXT(mod->set.language), WH_CELL_TEXT(wh_arg_str(call, "text")),
		WH_CELL_TEXT(ground.p != NULL ? ground : WH_STR("")) };

	if (reason_find(mod, wh_arg_str(call, "key")) == NULL && wh_dict_count(mod->host, mod->reasons) >= MOD_REASONS)
		return wh_fail(call, WH_EFULL, "there are too many reasons");
	return mod_run(mod, call, &(struct wh_step){ Q_REASON_SET, cells, 4, WH_ANY }, 1, reason_written);
}
