/* A plugin for the tests: it has every message judged by whiply-rules, and lets it go or refuses it. While the helper is away messages
 * pass. */
#include <stdio.h>
#include <whiply/judge.h>
#include <whiply/whiply.h>

static const struct wh_host *judges_host;

static const char judges_pack[] = "\3{\"do\":\"load\",\"test\":true,\"files\":{\"pack.lua\":\""
	"pack { id = 'words', version = '1', api = 1, license = 'MIT' }\\n"
	"rule 'bad' { when = function(m) return m.text:find('badword', 1, true) end, act = { 'redact', reason = 'word' } }\\n"
	"rule 'slow' { when = function(m) while m.text == 'stay' do end end, act = 'flag' }\\n"
	"test 'it' { { say = 'badword', expect = 'redact' } }\"}}";

static void judges_up(void *self, const struct wh_helper *helper);
static void judges_answer(void *self, const struct wh_helper *helper, wh_id id, struct wh_str bytes);

static const struct wh_helper judges_helpers[] = {
	{ "rules", "whiply-rules", judges_up, NULL, judges_answer },
	{ 0 }
};

static void
judges_up(void *self, const struct wh_helper *helper)
{
	(void)self;
	wh_helper_send(judges_host, helper, 1, (struct wh_str){ judges_pack, sizeof judges_pack - 1 });
}

static void
judges_answer(void *self, const struct wh_helper *helper, wh_id id, struct wh_str bytes)
{
	struct wh_judge_answer a;

	(void)self;
	(void)helper;
	if (!wh_judge_answer_read(&bytes, &a))
		return;
	wh_hook_go(judges_host, id, a.fate == WH_FATE_PASS ? WH_PASS : WH_REFUSE, WH_EPERM, "a rule does not want it");
}

static enum wh_verdict
judges_message(void *self, struct wh_message *m)
{
	const struct wh_judge_event e = { .time_ms = 1767225600000, .text = m->text, .user = WH_STR("u"), .name = WH_STR("u") };
	char bytes[4096];
	size_t n = wh_judge_event_write(&e, bytes, sizeof bytes);

	(void)self;
	if (n == 0 || wh_helper_send(judges_host, &judges_helpers[0], m->at.ticket, (struct wh_str){ bytes, n }) != WH_OK)
		return WH_PASS;
	return WH_HOLD;
}

static enum wh_err
judges_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)conf;
	judges_host = host;
	*self_out = NULL;
	return WH_OK;
}

static const struct wh_hook judges_hooks[] = {
	{ WH_ON_MESSAGE, .order = 50, .message = judges_message },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("judges", "1.0", "has messages judged"),
	.hooks = judges_hooks,
	.helpers = judges_helpers,
	.open = judges_open,
};
