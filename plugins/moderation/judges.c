/* All those that judge, together: the built-in filters and raid mode are asked at once, the rule packs when those have nothing against it. Their
 * verdicts go to action.c; what is said of the event itself goes back to the gate. */
#include <stdio.h>

#include "filters.h"
#include "judges.h"
#include "judging.h"
#include "own.h"
#include "raid.h"

struct filters *
moderation_filters(void *self)
{
	return ((struct moderation *)self)->filters;
}

struct raid *
moderation_raid(void *self)
{
	return ((struct moderation *)self)->raid;
}

struct judging *
moderation_judging(void *self)
{
	return ((struct moderation *)self)->judging;
}

/* What is said of the event itself */

static enum wh_judge_fate
fate_of(uint32_t actions)
{
	if (actions & (WH_ACT_REDACT | WH_ACT_TIMEOUT | WH_ACT_MUTE | WH_ACT_BAN | WH_ACT_LOCKDOWN))
		return WH_FATE_REFUSE;
	if (actions & WH_ACT_SHADOW_MUTE)
		return WH_FATE_HIDE;
	return actions & WH_ACT_HOLD ? WH_FATE_HOLD : WH_FATE_PASS;
}

static void
said_of(struct moderation *mod, const struct wh_judge_verdict *v, struct judges_said *said)
{
	enum wh_judge_fate fate = v->item == WH_JUDGE_ITEM_VERDICT ? fate_of(v->actions) : WH_FATE_PASS;
	const struct reason *reason = reason_find(mod, v->reason);
	struct wh_str why = v->text.n != 0 ? v->text : reason != NULL ? reason->text : (struct wh_str){ NULL, 0 };

	if (fate <= said->fate)
		return;
	said->fate = fate;
	text_copy(said->pack, sizeof said->pack, v->pack);
	text_copy(said->version, sizeof said->version, v->version);
	text_copy(said->rule, sizeof said->rule, v->rule);
	text_copy(said->reason, sizeof said->reason, v->reason);
	text_copy(said->evidence, sizeof said->evidence, v->evidence.n < sizeof said->evidence ? v->evidence : WH_STR(""));
	snprintf(said->sentence, sizeof said->sentence, "this is not published%s%.*s", why.n != 0 ? ": " : "", (int)(why.n < 300 ? why.n : 300), why.n != 0 ? why.p : "");
}

/* What is built in */

static void
raid_done(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	(void)cookie;
	(void)id;
	/* Nothing of it was in force any more: it ended by itself. */
	if (err != WH_OK && err != WH_ESTATE)
		wh_host_log(mod->host, WH_WARN, "raid_not_undone", WH_I("err", err));
}

static void
raid_verdict(struct moderation *mod, const struct wh_judge_event *e, const struct wh_judge_verdict *v)
{
	bool begins = wh_str_is(v->rule, "raid"), ends = wh_str_is(v->rule, "raid-over");
	const struct wh_item items[] = { WH_ITEM_STR("room", e->room), WH_ITEM_BOOL("on", begins), WH_ITEM_BOOL("shadow", v->item == WH_JUDGE_ITEM_SHADOW) };
	int64_t group = ends ? raid_undo_group(mod->raid, e->room) : 0;

	if (ends && group != 0)
		undo_do(mod, &(struct undo_what){ .group = group, .text = WH_STR("the raid is over") }, raid_done, 0);
	if (ends)
		raid_remember(mod->raid, e->room, 0);
	if (!ends)
		group = action_verdict(mod, e, v);
	if (begins && v->item == WH_JUDGE_ITEM_VERDICT)
		raid_remember(mod->raid, e->room, group);
	if (begins || ends)
		moderators_tell(mod, &(struct wh_event){ "moderation.raid", items, 3 });
}

void
judges_now(struct moderation *mod, const struct wh_judge_event *e, struct judges_said *said_out)
{
	struct wh_judge_verdict verdicts[MOD_VERDICTS];
	const struct filter_origin from = { .listed = mod->listed };
	size_t n;

	*said_out = (struct judges_said){ .fate = WH_FATE_PASS };
	n = filters_judge_from(mod->filters, e, &from, verdicts, MOD_VERDICTS);
	for (size_t i = 0; i < n; i++) {
		said_of(mod, &verdicts[i], said_out);
		action_verdict(mod, e, &verdicts[i]);
	}
	if (e->room.n == 0)
		return;
	n = raid_judge(mod->raid, e, filters_alike(mod->filters), verdicts, MOD_VERDICTS);
	for (size_t i = 0; i < n; i++) {
		said_of(mod, &verdicts[i], said_out);
		raid_verdict(mod, e, &verdicts[i]);
	}
}

static void
raid_news_done(struct moderation *mod, const struct raid_news *news)
{
	const struct wh_judge_event e = { .on = WH_JUDGE_ON_TIMER, .time_ms = wh_wall_ms(mod->host), .room = wh_str(news->room) };

	raid_verdict(mod, &e, &news->verdict);
}

/* A moderator began or ended it. */
void
moderation_raid_news(void *self, const struct raid_news *news, struct wh_call *call)
{
	(void)call;
	raid_news_done(self, news);
}

void
judges_tick(struct moderation *mod)
{
	struct raid_news news;

	while (raid_tick(mod->raid, wh_wall_ms(mod->host), &news))
		raid_news_done(mod, &news);
}

/* The packs */

/* Nobody has judged: moderators see why it waits. */
static void
said_without(enum wh_judge_fate fate, struct judges_said *said)
{
	said->fate = fate;
	if (fate != WH_FATE_PASS)
		snprintf(said->reason, sizeof said->reason, "rules_away");
}

static void
packs_judged(void *self, uint64_t cookie, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n)
{
	struct moderation *mod = self;
	const struct wh_judge_event *e = gate_event_of(cookie);
	struct judges_said said = { .fate = WH_FATE_PASS };

	for (size_t i = 0; i < n; i++) {
		said_of(mod, &verdicts[i], &said);
		action_verdict(mod, e, &verdicts[i]);
	}
	if (said.fate == WH_FATE_PASS)
		said_without(answer == NULL ? judging_policy(mod->judging, e) : judging_missing(mod->judging, e), &said);
	gate_judged(mod, cookie, &said);
}

static void
packs_late(void *self, const struct wh_judge_event *e, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n)
{
	struct moderation *mod = self;

	(void)answer;
	for (size_t i = 0; i < n; i++)
		action_verdict(mod, e, &verdicts[i]);
}

bool
judges_wanted(struct moderation *mod, enum wh_judge_on on)
{
	return judging_wanted(mod->judging, on);
}

enum wh_err
judges_ask(struct moderation *mod, const struct wh_judge_event *e, uint64_t cookie)
{
	return judging_ask(mod->judging, e, packs_judged, mod, cookie);
}

void
judges_later(struct moderation *mod, const struct wh_judge_event *e)
{
	if (judging_wanted(mod->judging, e->on))
		judging_ask(mod->judging, e, NULL, mod, 0);
}

void
judges_none(struct moderation *mod, const struct wh_judge_event *e, struct judges_said *said_out)
{
	said_without(judging_policy(mod->judging, e), said_out);
}

/* What judging needs of us */

static void
packs_tell(void *self, const struct wh_event *event)
{
	moderators_tell(self, event);
}

static void
packs_undone(struct moderation *mod, uint64_t cookie, enum wh_err err, int64_t id)
{
	judging_undone(mod->judging, cookie, err == WH_ESTATE ? WH_OK : err, err == WH_OK ? id : 0);
}

static enum wh_err
packs_undo(void *self, const struct judging_undo *what, uint64_t cookie)
{
	return undo_pack(self, what->pack, what->version, what->rule, 0, what->by, what->by_name, packs_undone, cookie);
}

static enum wh_judge_trust
packs_trust(void *self, const struct wh_trust *trust)
{
	return trust_level(self, trust);
}

static void
deeds_found(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++)
		judging_deed(mod->judging, cookie, &(struct judging_deed){ .name = wh_row_str(&r->rows[0], i, 0), .entry = wh_row_int(&r->rows[0], i, 1),
			.time_ms = wh_row_int(&r->rows[0], i, 2), .upheld = wh_row_int(&r->rows[0], i, 3) == MOD_UNDO });
	judging_deeds_end(mod->judging, cookie, r->err);
}

static enum wh_err
packs_deeds(void *self, struct wh_str room, int64_t from_ms, int64_t to_ms, uint64_t cookie)
{
	struct moderation *mod = self;
	const struct wh_cell cells[] = { WH_CELL_TEXT(room), WH_CELL_INT(from_ms), WH_CELL_INT(to_ms) };

	return wh_store_run(&mod->table, &(struct wh_step){ Q_DEEDS, cells, 3, WH_ANY }, 1, deeds_found, cookie);
}

static enum wh_err
packs_log(void *self, const struct wh_cell cells[static 5], wh_store_done *done, uint64_t cookie)
{
	struct moderation *mod = self;

	return wh_store_run(&mod->table, &(struct wh_step){ Q_TRIAL_LOG, cells, 5, WH_ANY }, 1, done, cookie);
}

static bool
packs_room(void *self, struct wh_str name, char key_out[static 65])
{
	const struct moderation *mod = self;

	return mod->chat->key(mod->chat_self, name, key_out);
}

enum wh_err
judges_open(struct moderation *mod, const struct wh_conf *conf)
{
	const struct judging_parts parts = { .self = mod, .late = packs_late, .tell = packs_tell, .undo = packs_undo, .trust = packs_trust, .deeds = packs_deeds, .log = packs_log, .room = packs_room,
		.metrics = &moderation_metrics[M_JUDGING] };
	enum wh_err err;

	mod->filters = filters_open(mod->host, conf);
	if (mod->filters == NULL)
		return WH_EINVAL;
	err = filters_keep(mod->filters, &mod->table, Q_FILTERS);
	if (err != WH_OK)
		return err;
	mod->raid = raid_open(mod->host, conf);
	mod->judging = mod->raid != NULL ? judging_open(mod->host, conf, &parts) : NULL;
	return mod->judging != NULL ? WH_OK : WH_EINVAL;
}

enum wh_err
judges_reload(struct moderation *mod, const struct wh_conf *conf)
{
	enum wh_err err = filters_reload(mod->filters, conf);

	if (err != WH_OK)
		return err;
	raid_reload(mod->raid, conf);
	judging_reload(mod->judging, conf);
	return WH_OK;
}

void
judges_close(struct moderation *mod)
{
	if (mod->judging != NULL)
		judging_close(&mod->judging);
	if (mod->raid != NULL)
		raid_close(&mod->raid);
	if (mod->filters != NULL)
		filters_close(&mod->filters);
	filters_unload();
}
