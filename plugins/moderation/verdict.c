/* From verdicts to actions: each bit is an action, and those of one verdict are a group, which is undone together. */
#include <stdio.h>

#include "own.h"

/* Redactions and holds of a message that is not said are the gate's; what is left of them is a line in the log. */
static bool
verdict_reads(const struct wh_judge_event *e, enum mod_kind kind)
{
	return e->on == WH_JUDGE_ON_SAID || e->on == WH_JUDGE_ON_EDIT || (kind != MOD_HOLD && kind != MOD_REDACT);
}

static struct wh_str
no_null(struct wh_str s)
{
	return s.p != NULL ? s : WH_STR("");
}

/* With what was said as evidence, when the rule found nothing else. */
static struct wh_str
verdict_evidence(const struct wh_judge_event *e, const struct wh_judge_verdict *v, char *to, size_t cap)
{
	size_t n = 0;

	if (v->evidence.n > 2)
		return v->evidence.n <= cap ? v->evidence : WH_STR("{}");
	n = (size_t)snprintf(to, cap, "{\"text\":\"");
	for (size_t i = 0; i < e->text.n && i < 1000 && n + 16 < cap; i++) {
		unsigned char c = (unsigned char)e->text.p[i];

		if (c == '"' || c == '\\' || c < ' ')
			n += (size_t)snprintf(to + n, cap - n, "\\u%04x", (unsigned)c);
		else
			to[n++] = (char)c;
	}
	/* A character that was cut goes. */
	while (e->text.n > 1000 && n > 9 && ((unsigned char)to[n - 1] & 0x80) != 0)
		n--;
	n += (size_t)snprintf(to + n, cap - n, "\"}");
	return (struct wh_str){ to, n };
}

static void
verdict_item(struct moderation *mod, const struct wh_judge_event *e, const struct wh_judge_verdict *v, struct wh_str evidence)
{
	const struct item item = { .kind = ITEM_FLAG, .room = no_null(e->room), .who = no_null(e->user), .name = no_null(e->name), .network = no_null(e->network), .by = WH_STR(""),
		.by_name = WH_STR(""), .text = no_null(e->text), .words = WH_STR(""), .reason = no_null(v->reason), .evidence = evidence, .pack = no_null(v->pack),
		.version = no_null(v->version), .rule = no_null(v->rule), .form = WH_STR("") };

	item_add(mod, &item, NULL, 0);
}

static void
verdict_act(struct moderation *mod, const struct wh_judge_event *e, const struct wh_judge_verdict *v, enum mod_kind kind, int64_t group, struct wh_str evidence)
{
	bool of_room = kind_of_room(kind), shadow = v->item == WH_JUDGE_ITEM_SHADOW;
	bool guest = (e->flags & WH_JUDGE_ACCOUNT) == 0;
	struct mod_act act = {
		.kind = kind == MOD_REDACT && !shadow && (e->on == WH_JUDGE_ON_SAID || e->on == WH_JUDGE_ON_EDIT) ? MOD_REFUSED : kind, .scope = v->scope,
		.time_ms = kind == MOD_SLOW ? 0 : v->time_ms, .reason = no_null(v->reason), .text = no_null(v->text), .evidence = evidence, .pack = no_null(v->pack),
		.version = no_null(v->version), .rule = no_null(v->rule), .mode = shadow ? MOD_SHADOW : MOD_LIVE, .by = WH_STR(""), .by_name = WH_STR(""), .group = group,
		.room = kind == MOD_BAN ? WH_STR("") : no_null(e->room), .who = of_room ? WH_STR("") : no_null(e->user), .name = of_room ? WH_STR("") : no_null(e->name),
		.network = of_room ? WH_STR("") : no_null(e->network), .value = kind == MOD_SLOW ? v->time_ms : 0,
	};

	if (guest && mod->set.guest_network && !of_room)
		act.scope |= MOD_SCOPE_GUESTS;
	if (act.scope != 0 && (act.scope & WH_SCOPE_NETWORK) == 0)
		act.scope |= WH_SCOPE_ACCOUNT;
	if (action_apply(mod, &act, NULL, 0) != WH_OK)
		wh_host_log(mod->host, WH_WARN, "verdict_not_done", WH_S("pack", v->pack), WH_S("rule", v->rule), WH_T("kind", kind_name(kind)));
}

static void
verdict_demoted(struct moderation *mod, const struct wh_judge_verdict *v)
{
	const struct wh_item items[] = { WH_ITEM_STR("pack", no_null(v->pack)), WH_ITEM_STR("rule", no_null(v->rule)), WH_ITEM_STR("why", no_null(v->evidence)) };
	const struct mod_act act = { .kind = MOD_DEMOTED, .who = WH_STR(""), .name = WH_STR(""), .network = WH_STR(""), .room = WH_STR(""), .reason = WH_STR(""),
		.text = no_null(v->evidence), .evidence = WH_STR(""), .pack = no_null(v->pack), .version = no_null(v->version), .rule = no_null(v->rule), .by = WH_STR(""),
		.by_name = WH_STR(""), .mode = MOD_LIVE };

	action_apply(mod, &act, NULL, 0);
	moderators_tell(mod, &(struct wh_event){ "moderation.demoted", items, 3 });
}

int64_t
action_verdict(struct moderation *mod, const struct wh_judge_event *e, const struct wh_judge_verdict *v)
{
	char text[6200];
	struct wh_str evidence;
	int64_t group;

	if (v->item == WH_JUDGE_ITEM_DEMOTED)
		verdict_demoted(mod, v);
	if (v->item == WH_JUDGE_ITEM_ERROR)
		wh_host_log(mod->host, WH_WARN, "rule_failed", WH_S("pack", v->pack), WH_S("rule", v->rule), WH_S("why", v->evidence));
	if ((v->item != WH_JUDGE_ITEM_VERDICT && v->item != WH_JUDGE_ITEM_SHADOW) || (e->trust == WH_TRUST_MODERATOR && e->user.n != 0))
		return 0;
	evidence = verdict_evidence(e, v, text, sizeof text);
	group = mod_next_id(mod);
	if (v->item == WH_JUDGE_ITEM_VERDICT && v->sweep_ms != 0 && (v->actions & (WH_ACT_REDACT | WH_ACT_HOLD)) != 0) {
		const struct mod_act sweep = { .kind = MOD_SWEEP_ALL, .who = WH_STR(""), .name = WH_STR(""), .network = WH_STR(""), .room = no_null(e->room), .reason = no_null(v->reason),
			.text = no_null(v->text), .evidence = WH_STR(""), .pack = no_null(v->pack), .version = no_null(v->version), .rule = no_null(v->rule), .by = WH_STR(""),
			.by_name = WH_STR(""), .mode = MOD_LIVE, .group = group };

		sweep_entries(mod, &sweep, v->evidence, e->time_ms - v->sweep_ms);
	}
	for (unsigned i = 0; i < WH_ACTIONS; i++) {
		enum mod_kind kind = (enum mod_kind)(i + 1);

		if ((v->actions >> i & 1) == 0 || !verdict_reads(e, kind))
			continue;
		if (kind == MOD_FLAG && v->item == WH_JUDGE_ITEM_VERDICT)
			verdict_item(mod, e, v, evidence);
		/* What is held is the queue's; its item says which rule wanted it. */
		if (kind == MOD_HOLD && v->item == WH_JUDGE_ITEM_VERDICT)
			continue;
		verdict_act(mod, e, v, kind, group, evidence);
	}
	return group;
}
