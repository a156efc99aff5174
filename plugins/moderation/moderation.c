/* moderation: what is done about what people do. What a client may ask stands in the table of commands, what an operator may set in the settings;
 * docs/moderation.md explains both. */
#include <whiply/moderation.h>

#include "filters.h"
#include "judges.h"
#include "judging.h"
#include "own.h"
#include "raid.h"

const struct wh_metric moderation_metrics[] = {
	[M_ACTIONS] = { "whiply_moderation_actions_total", WH_COUNTER, .help = "Actions that were written to the log.", .label = "kind" },
	[M_HELD] = { "whiply_moderation_held_total", WH_COUNTER, .help = "Messages that were held for review." },
	[M_REPORTS] = { "whiply_moderation_reports_total", WH_COUNTER, .help = "Reports of members." },
	[M_IN_FORCE] = { "whiply_moderation_in_force", WH_GAUGE, .help = "Penalties and room modes that are in force." },
	[M_OPEN_ITEMS] = { "whiply_moderation_open_items", WH_GAUGE, .help = "Items of the queue that wait." },
	[M_UNDONE] = { "whiply_moderation_undone_total", WH_COUNTER, .help = "Actions that were undone or put back." },
	[M_JUDGING] = JUDGING_METRICS,
	{ 0 }
};

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

enum wh_err
mod_store_failed(struct wh_call *call, enum wh_err err)
{
	if (err == WH_EFULL)
		return wh_fail_str(call, WH_EFULL, WH_STR("too much waits already; try again"), 1000);
	if (err == WH_EAWAY)
		return wh_fail_str(call, WH_EAWAY, WH_STR("nothing can be written now; try again soon"), 2000);
	return wh_fail(call, err == WH_ENOMEM ? WH_ENOMEM : WH_EIO, "the server could not keep or read that; try again");
}

enum wh_err
mod_run(struct moderation *mod, struct wh_call *call, const struct wh_step *steps, size_t n, wh_store_done *done)
{
	enum wh_err err = wh_store_run(&mod->table, steps, n, done, wh_call_hold(call));

	return err == WH_OK ? WH_WAIT : mod_store_failed(call, err);
}

void
mod_written(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	if (r->err != WH_OK)
		wh_host_log(mod->host, WH_ERROR, "moderation_not_written", WH_S("why", r->why));
}

/* Settings */

static enum wh_err
settings_read(struct moderation *mod, const struct wh_conf *conf)
{
	struct mod_settings set = { .n_ladder = 0 };

	for (size_t i = 0; i < wh_conf_count(conf, "ladder") && i < MOD_LADDER; i++)
		if (!text_duration(wh_conf_item(conf, "ladder", i), &set.ladder[set.n_ladder++])) {
			wh_host_log(mod->host, WH_ERROR, "moderation_settings", WH_T("why", "ladder is a list of times such as \"10m\""), WH_S("item", wh_conf_item(conf, "ladder", i)));
			return WH_EINVAL;
		}
	set.ladder_forget = wh_conf_ms(conf, "ladder_forget");
	set.timeout_ms = wh_conf_ms(conf, "timeout");
	set.mute_ms = wh_conf_ms(conf, "mute");
	set.shadow_ms = wh_conf_ms(conf, "shadow_mute");
	set.ban_ms = wh_conf_ms(conf, "ban");
	set.slow_ms = wh_conf_ms(conf, "slow");
	set.slow_for = wh_conf_ms(conf, "slow_for");
	set.lockdown_for = wh_conf_ms(conf, "lockdown_for");
	set.known_age = wh_conf_ms(conf, "known_age");
	set.known_messages = wh_conf_int(conf, "known_messages");
	set.trusted_age = wh_conf_ms(conf, "trusted_age");
	set.trusted_messages = wh_conf_int(conf, "trusted_messages");
	set.claim_ms = wh_conf_ms(conf, "claim");
	set.keep_log = wh_conf_ms(conf, "keep_log");
	set.keep_items = wh_conf_ms(conf, "keep_items");
	set.keep_kept = wh_conf_ms(conf, "keep_removed");
	set.keep_notes = wh_conf_ms(conf, "keep_notes");
	set.network_key_ms = wh_conf_ms(conf, "network_key");
	set.strikes = wh_conf_bool(conf, "strikes");
	set.whispers = wh_conf_bool(conf, "whispers");
	set.guest_network = wh_conf_bool(conf, "guest_network");
	set.shadow_statements = wh_conf_bool(conf, "shadow_statements");
	set.commands = wh_conf_bool(conf, "text_commands");
	set.redress = wh_conf_str(conf, "redress");
	set.ground = wh_conf_str(conf, "ground");
	set.language = wh_conf_str(conf, "language");
	mod->set = set;
	return WH_OK;
}

static enum wh_err
moderation_reload(void *self, const struct wh_conf *conf)
{
	struct moderation *mod = self;
	enum wh_err err = settings_read(mod, conf);

	if (err != WH_OK)
		return err;
	reason_close(mod);
	err = reason_open(mod);
	return err == WH_OK ? judges_reload(mod, conf) : err;
}

/* Opening */

static void
moderation_last_id(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;

	(void)cookie;
	if (r->err == WH_OK)
		mod->last_id = wh_row_int(&r->rows[0], 0, 0);
}

struct reading {
	struct moderation *mod;
	int64_t after;
	size_t n;
};

static void
in_force_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct moderation *mod = self;
	struct reading *reading = (struct reading *)(uintptr_t)cookie;
	const struct wh_rows *rows = r->err == WH_OK ? &r->rows[0] : NULL;

	reading->n = rows != NULL ? rows->n : 0;
	for (size_t i = 0; i < reading->n; i++) {
		const struct notice n = { .until = wh_row_int(rows, i, A_UNTIL), .kind = (enum mod_kind)wh_row_int(rows, i, A_KIND), .room = wh_row_str(rows, i, A_ROOM),
			.reason = wh_row_str(rows, i, A_REASON), .text = wh_row_str(rows, i, A_TEXT) };
		char sentence[MOD_SENTENCE];

		notice_sentence(mod, &n, sentence);
		reading->after = wh_row_int(rows, i, A_ID);
		penalty_add(mod, &(struct penalty){ .id = reading->after, .until = n.until, .kind = n.kind, .scope = (uint32_t)wh_row_int(rows, i, A_SCOPE),
			.value = wh_row_int(rows, i, A_VALUE), .who = wh_row_str(rows, i, A_WHO), .network = wh_row_str(rows, i, A_NETWORK), .room = n.room, .text = wh_str(sentence) });
	}
}

static enum wh_err
moderation_read(struct moderation *mod)
{
	struct reading reading = { mod, 0, 1 };
	enum wh_err err = wh_store_run_now(&mod->table, &(struct wh_step){ Q_LAST_ID, NULL, 0, WH_ANY }, 1, moderation_last_id, 0);

	while (err == WH_OK && reading.n != 0) {
		const struct wh_cell cells[] = { WH_CELL_INT(wh_wall_ms(mod->host)), WH_CELL_INT(reading.after) };

		err = wh_store_run_now(&mod->table, &(struct wh_step){ Q_IN_FORCE, cells, 2, WH_ANY }, 1, in_force_read, (uintptr_t)&reading);
	}
	return err;
}

static void
moderation_tick(void *self, uint64_t cookie)
{
	(void)cookie;
	penalty_tick(self);
	judges_tick(self);
}

static void
moderation_slow_tick(void *self, uint64_t cookie)
{
	(void)cookie;
	retention_tick(self);
}

static void
moderation_begin(void *self, uint64_t cookie)
{
	(void)cookie;
	actions_resume(self);
}

static void
moderation_close(void *self)
{
	struct moderation *mod = self;

	mod->closing = true;
	judges_close(mod);
	wh_timer_stop(mod->host, mod->begin);
	wh_timer_stop(mod->host, mod->tick);
	wh_timer_stop(mod->host, mod->slow_tick);
	mod->chat->forget(mod->chat_self, mod);
	if (mod->accounts != NULL)
		mod->accounts->forget(mod->accounts_self, mod);
	wh_store_close(&mod->table);
	gates_free(mod);
	sweeps_free(mod);
	undos_free(mod);
	actions_free(mod);
	items_free(mod);
	bulks_free(mod);
	persons_free(mod);
	reason_close(mod);
	penalty_close(mod);
	wh_delete(mod->host, mod->said);
	wh_delete(mod->host, mod);
}

static enum wh_err
moderation_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	void *chat = NULL, *accounts = NULL, *audit = NULL, *bans = NULL;
	const struct wh_chat_ops *chat_ops = wh_service_find(host, "chat", WH_CHAT_VERSION, &chat);
	struct moderation *mod = chat_ops != NULL ? wh_new(host, sizeof *mod) : NULL;
	enum wh_err err;

	if (mod == NULL)
		return chat_ops == NULL ? WH_ENOENT : WH_ENOMEM;
	mod->host = host;
	mod->chat = chat_ops;
	mod->chat_self = chat;
	mod->accounts = wh_service_find(host, "accounts", WH_ACCOUNTS_VERSION, &accounts);
	mod->accounts_self = accounts;
	mod->audit = wh_service_find(host, "audit", WH_AUDIT_VERSION, &audit);
	mod->audit_self = audit;
	mod->bans = wh_service_find(host, "bans", WH_BANS_VERSION, &bans);
	mod->bans_self = bans;
	wh_list_init(&mod->penalties);
	wh_list_init(&mod->doing);
	wh_list_init(&mod->undoings);
	wh_list_init(&mod->sweeps);
	wh_list_init(&mod->calls);
	wh_list_init(&mod->holds);
	wh_list_init(&mod->bulks);
	wh_list_init(&mod->gates);
	mod->said = wh_new(host, MOD_SAID * sizeof *mod->said);
	mod->names = wh_session_slot(host, "moderation.name", MOD_NAME + 1);
	err = mod->said == NULL || mod->names == NULL ? WH_ENOMEM : penalty_open(mod);
	if (err == WH_OK)
		err = settings_read(mod, conf);
	if (err == WH_OK)
		err = network_open(mod);
	if (err == WH_OK)
		err = wh_store_open(host, &moderation_schema, mod, &mod->table);
	if (err == WH_OK)
		err = reason_open(mod);
	if (err == WH_OK)
		err = moderation_read(mod);
	if (err == WH_OK)
		err = mod->chat->listen(mod->chat_self, sweep_heard, mod);
	if (err == WH_OK)
		err = mod->chat->watch(mod->chat_self, room_moved, mod);
	if (err == WH_OK)
		err = judges_open(mod, conf);
	if (err != WH_OK) {
		moderation_close(mod);
		return err;
	}
	/* Chat is open, and what it is asked for is done behind its own. */
	mod->begin = wh_timer_start(host, 1, 0, moderation_begin, 0);
	mod->tick = wh_timer_start(host, 1000, 1000, moderation_tick, 0);
	mod->slow_tick = wh_timer_start(host, 60000, 60000, moderation_slow_tick, 0);
	*self_out = mod;
	return WH_OK;
}

/* Tables */

#define ROOM { "room", WH_F_TEXT, .min = 1, .max = 128, .help = "where; without it everywhere" }
#define THE_ROOM { "room", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "which room" }
#define WHO_FIELD { "who", WH_F_TEXT, .required = true, .min = 1, .max = 80, .help = "name or id" }
#define FOR { "for", WH_F_DURATION, .min = 0, .max = 315360000000, .help = "how long; 0: for good" }
#define REASON { "reason", WH_F_NAME, .help = "key of a reason: moderation.reasons" }
#define TEXT { "text", WH_F_TEXT, .max = 400, .help = "a sentence for the person" }
#define LIMIT(usual) { "limit", WH_F_INT, .min = 1, .max = MOD_PAGE, .def = usual, .help = "how many at most" }
#define ITEMS { "items", WH_F_LIST, .required = true, .help = "ids of items of the queue, up to 100" }

static const struct wh_field person_fields[] = { WHO_FIELD, ROOM, FOR, REASON, TEXT, { 0 } };
static const struct wh_field warn_fields[] = { WHO_FIELD, ROOM, REASON, TEXT, { 0 } };
static const struct wh_field ban_fields[] = { WHO_FIELD, ROOM, FOR, REASON, TEXT,
	{ "scope", WH_F_CHOICE, .choices = "account|network|both", .def = "account", .help = "whom: the account, whoever is new in its network, or both" }, { 0 } };
static const struct wh_field strike_fields[] = { WHO_FIELD, { "count", WH_F_INT, .min = -100, .max = 100, .def = "1", .help = "how many more, or less" }, REASON, TEXT, { 0 } };
static const struct wh_field lift_fields[] = { WHO_FIELD, ROOM, { "kind", WH_F_CHOICE, .choices = "timeout|mute|shadow-mute|ban", .help = "what; without it all of these" }, TEXT, { 0 } };
static const struct wh_field slow_fields[] = { THE_ROOM, { "time", WH_F_DURATION, .min = 0, .max = 3600000, .help = "time between two messages of one person; 0 ends it" }, FOR, REASON, TEXT, { 0 } };
static const struct wh_field room_fields[] = { THE_ROOM, { "on", WH_F_BOOL, .help = "false ends it" }, FOR, REASON, TEXT, { 0 } };
static const struct wh_field redact_fields[] = { ROOM, { "id", WH_F_ID, .required = true, .help = "of the message" }, REASON, TEXT, { 0 } };
static const struct wh_field sweep_fields[] = { ROOM, { "who", WH_F_TEXT, .min = 1, .max = 80, .help = "messages of this person" },
	{ "match", WH_F_TEXT, .min = 1, .max = 200, .help = "messages with this in them" },
	{ "within", WH_F_DURATION, .min = 1000, .max = 86400000, .def = "10m", .help = "how far back" }, REASON, TEXT, { "preview", WH_F_BOOL, .help = "only show what would go" }, { 0 } };
static const struct wh_field undo_fields[] = { { "id", WH_F_ID, .help = "of the action" }, { "group", WH_F_ID, .help = "of actions that go together" },
	{ "preview", WH_F_BOOL, .help = "only show what would be undone" }, TEXT, { 0 } };
static const struct wh_field log_fields[] = { ROOM, { "who", WH_F_TEXT, .min = 1, .max = 80, .help = "id, or the name at that time, of whom it concerned" },
	{ "by", WH_F_TEXT, .min = 1, .max = 80, .help = "who did it" }, { "kind", WH_F_NAME, .help = "warn, timeout, redact, undo, ..." }, { "pack", WH_F_NAME, .help = "of the rule" },
	{ "rule", WH_F_NAME, .help = "the rule" }, { "mode", WH_F_CHOICE, .choices = "hand|live|shadow", .help = "by whom: a moderator, a rule, a rule in shadow" },
	{ "group", WH_F_ID, .help = "actions that go together" }, { "id", WH_F_ID, .help = "one action" }, { "before", WH_F_ID, .help = "further back than this action" }, LIMIT("50"), { 0 } };
static const struct wh_field force_fields[] = { ROOM, { "who", WH_F_TEXT, .min = 1, .max = 80, .help = "name or id" }, { 0 } };
static const struct wh_field only_room[] = { THE_ROOM, { 0 } };
static const struct wh_field room_log_fields[] = { THE_ROOM, { "from", WH_F_TIME, .help = "from when on" }, { "to", WH_F_TIME, .help = "until when; now if it is not said" },
	{ "after", WH_F_ID, .help = "next of the page before" }, LIMIT("200"), { 0 } };
static const struct wh_field report_fields[] = { { "id", WH_F_ID, .help = "of a message" }, { "who", WH_F_TEXT, .min = 1, .max = 80, .help = "or who" },
	{ "room", WH_F_TEXT, .min = 1, .max = 128, .help = "where, if that matters" }, REASON, { "text", WH_F_TEXT, .max = 1000, .help = "what is wrong, in your words" }, { 0 } };
static const struct wh_field queue_fields[] = { ROOM, { "kind", WH_F_CHOICE, .choices = "report|held|flag|appeal", .help = "only these" },
	{ "state", WH_F_CHOICE, .choices = "open|done", .def = "open", .help = "what waits, or what was decided" }, { "mine", WH_F_BOOL, .help = "only what you have claimed" },
	{ "who", WH_F_TEXT, .min = 1, .max = 80, .help = "about somebody" }, { "after", WH_F_ID, .help = "next of the page before" }, LIMIT("50"), { 0 } };
static const struct wh_field claim_fields[] = { ITEMS, { "on", WH_F_BOOL, .help = "false lets them go" }, { 0 } };
static const struct wh_field decide_fields[] = { ITEMS,
	{ "decision", WH_F_CHOICE, .required = true, .choices = "approve|deny|dismiss", .help = "approve: publish what was held, grant an appeal, agree with a report" },
	{ "do", WH_F_CHOICE, .choices = "warn|redact|timeout|mute|shadow-mute|ban", .help = "with a report, a flag, or what was held and is denied" }, FOR, REASON, TEXT, { 0 } };
static const struct wh_field note_fields[] = { WHO_FIELD, { "text", WH_F_TEXT, .required = true, .min = 1, .max = 1000, .help = "for moderators alone" }, { 0 } };
static const struct wh_field who_fields[] = { WHO_FIELD, { 0 } };
static const struct wh_field reason_fields[] = { { "key", WH_F_NAME, .required = true, .max = MOD_KEY, .help = "short, as rules and moderators give it" },
	{ "text", WH_F_TEXT, .required = true, .min = 1, .max = 300, .help = "the sentence for the person" },
	{ "ground", WH_F_TEXT, .max = 200, .help = "the rule of the house or the law behind it" }, { 0 } };
static const struct wh_field appeal_fields[] = { { "action", WH_F_ID, .required = true, .help = "what was done to you" },
	{ "text", WH_F_TEXT, .required = true, .min = 1, .max = 1000, .help = "why it was wrong" }, { 0 } };
static const struct wh_field statement_fields[] = { { "before", WH_F_ID, .help = "further back than this action" }, LIMIT("20"), { 0 } };

static const struct wh_command moderation_commands[] = {
	{ "moderation.warn", warn_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_warn, .help = "warn somebody, as a moderator" },
	{ "moderation.timeout", person_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_timeout, .help = "let somebody not speak for a while; without a time, each is longer than the last" },
	{ "moderation.mute", person_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_mute, .help = "let somebody not speak" },
	{ "moderation.shadow_mute", person_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_shadow_mute, .help = "show what somebody says to nobody else" },
	{ "moderation.ban", ban_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_ban, .help = "keep somebody out" },
	{ "moderation.strike", strike_fields, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = act_strike, .help = "give or take strikes" },
	{ "moderation.lift", lift_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_lift, .help = "undo what is in force against somebody" },
	{ "moderation.slow", slow_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_slow, .help = "slow a room down for a while" },
	{ "moderation.registered_only", room_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_registered_only, .help = "let only accounts into a room, and speak, for a while" },
	{ "moderation.lockdown", room_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = act_lockdown, .help = "let only those with a voice speak in a room for a while" },
	{ "moderation.redact", redact_fields, WH_ALLOW_GUEST, .rate = "5/s burst 50", .flags = WH_AUDIT, .run = act_redact, .help = "remove a message; it can be put back" },
	{ "moderation.sweep", sweep_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .flags = WH_AUDIT, .run = sweep_command, .help = "remove the messages of the last minutes that somebody said, or that match" },
	{ "moderation.undo", undo_fields, WH_ALLOW_GUEST, .rate = "5/s burst 50", .flags = WH_AUDIT, .run = undo_command, .help = "take an action or a group of them back; undoing an undoing puts them back" },
	{ "moderation.log", log_fields, WH_ALLOW_GUEST, .rate = "10/s burst 50", .flags = WH_READS, .run = log_read, .help = "what was done, as a moderator" },
	{ "moderation.room_log", room_log_fields, WH_ALLOW_GUEST, .rate = "20/s burst 100", .flags = WH_READS | WH_AUDIT, .run = room_log, .help = "what was said in a room and what was done about it, as whiply-rules backtest reads it; as a moderator" },
	{ "moderation.in_force", force_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_READS, .run = log_in_force, .help = "what is in force, as a moderator" },
	{ "moderation.room", only_room, WH_ALLOW_GUEST, .flags = WH_READS, .run = log_room, .help = "is a room slow, locked or for accounts only for now" },
	{ "moderation.report", report_fields, WH_ALLOW_GUEST, .rate = "6/m burst 5", .run = report_command, .help = "tell the moderators of a message or a person" },
	{ "moderation.queue", queue_fields, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = queue_read, .help = "what waits for a moderator" },
	{ "moderation.room_queue", queue_fields, WH_ALLOW_GUEST, .rate = "2/s burst 10", .flags = WH_READS, .run = queue_read, .help = "the same for a room that you moderate" },
	{ "moderation.claim", claim_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .run = queue_claim, .help = "say that you deal with items of the queue" },
	{ "moderation.decide", decide_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .flags = WH_AUDIT, .run = queue_decide, .help = "decide items of the queue" },
	{ "moderation.note", note_fields, WH_ALLOW_MODERATOR, .run = note_add, .help = "write a note on somebody" },
	{ "moderation.person", who_fields, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = person_show, .help = "notes on somebody, and what was done" },
	{ "moderation.reasons", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = reason_list, .help = "reasons that may be given" },
	{ "moderation.reason_set", reason_fields, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = reason_set, .help = "write a reason, or other words for one" },
	{ "moderation.appeal", appeal_fields, WH_ALLOW_GUEST, .rate = "3/m burst 3", .run = appeal_command, .help = "have somebody else look at what was done to you" },
	{ "moderation.statements", statement_fields, WH_ALLOW_GUEST, .rate = "2/s burst 10", .flags = WH_READS, .run = statement_list, .help = "what was done to you, and why" },
	JUDGING_COMMANDS,
	FILTER_COMMANDS,
	RAID_COMMANDS,
	{ 0 }
};

static const struct wh_helper moderation_helpers[] = { JUDGING_HELPERS, { 0 } };

static const struct wh_hook moderation_hooks[] = {
	{ WH_ON_MESSAGE, .order = 20, .message = gate_message },
	{ WH_ON_JOIN, .order = 20, .passage = gate_join },
	{ WH_ON_ATTEMPT, .order = 20, .attempt = gate_attempt },
	{ WH_ON_PRESENCE, .order = 60, .presence = gate_presence },
	{ WH_ON_EXPORT, .order = 50, .person = privacy_export },
	{ WH_ON_ERASE, .order = 50, .person = privacy_erase },
	{ 0 }
};

static const struct wh_setting moderation_settings[] = {
	{ "ladder", WH_STRINGS, .help = "how long a timeout without a time lasts, the first, the second and so on; up to 16. Empty: timeout" },
	{ "ladder_forget", WH_DURATION, .def = "7d", .min = "1m", .max = "3650d", .help = "earlier timeouts count for so long" },
	{ "timeout", WH_DURATION, .def = "10m", .min = "1s", .max = "365d", .help = "a timeout without a time and without a ladder" },
	{ "mute", WH_DURATION, .def = "1d", .min = "0ms", .max = "3650d", .help = "a mute without a time; 0: for good" },
	{ "shadow_mute", WH_DURATION, .def = "1d", .min = "0ms", .max = "3650d", .help = "a shadow mute without a time; 0: for good" },
	{ "ban", WH_DURATION, .def = "0ms", .min = "0ms", .max = "3650d", .help = "a ban without a time; 0: for good" },
	{ "slow", WH_DURATION, .def = "10s", .min = "1s", .max = "1h", .help = "time between two messages of slow mode" },
	{ "slow_for", WH_DURATION, .def = "1h", .min = "0ms", .max = "30d", .help = "how long slow mode lasts; 0: for good" },
	{ "lockdown_for", WH_DURATION, .def = "1h", .min = "0ms", .max = "30d", .help = "how long a lockdown, or accounts only, lasts; 0: for good" },
	{ "known_age", WH_DURATION, .def = "1d", .min = "0ms", .max = "3650d", .help = "age of an account that is no longer new, if it has also said enough" },
	{ "known_messages", WH_INT, .def = "20", .min = "0", .max = "1000000", .help = "messages that are enough for that" },
	{ "trusted_age", WH_DURATION, .def = "30d", .min = "0ms", .max = "3650d", .help = "age of an account that is trusted, if it has also said enough and has no strikes" },
	{ "trusted_messages", WH_INT, .def = "500", .min = "0", .max = "10000000", .help = "messages that are enough for that" },
	{ "strikes", WH_BOOL, .def = "true", .help = "timeouts, mutes and bans of accounts are strikes" },
	{ "whispers", WH_BOOL, .def = "false", .help = "rules look at whispers as well" },
	{ "guest_network", WH_BOOL, .def = "true", .help = "what is in force against a guest holds for guests of the same network" },
	{ "shadow_statements", WH_BOOL, .def = "false", .help = "who is muted in the shadow is told so" },
	{ "text_commands", WH_BOOL, .def = "true", .help = "moderators may type commands as messages: /timeout bob 10m spam" },
	{ "claim", WH_DURATION, .def = "15m", .min = "1m", .max = "1d", .help = "how long a claim on an item of the queue lasts" },
	{ "keep_log", WH_DURATION, .def = "365d", .min = "1d", .max = "3650d", .help = "how long actions are kept that are not in force any more" },
	{ "keep_items", WH_DURATION, .def = "180d", .min = "1d", .max = "3650d", .help = "how long decided items of the queue are kept" },
	{ "keep_removed", WH_DURATION, .def = "30d", .min = "1h", .max = "3650d", .help = "how long the text of removed messages is kept, to put it back" },
	{ "keep_notes", WH_DURATION, .def = "730d", .min = "1d", .max = "3650d", .help = "how long notes on people are kept" },
	{ "network_key", WH_DURATION, .def = "90d", .min = "1d", .max = "3650d", .help = "age at which the key of the hash of networks is turned over; the one before still counts" },
	{ "redress", WH_STRING, .def = "You can appeal: moderation.appeal with the action's id. Somebody else than who decided will look at it.", .max = "400", .help = "what statements of reasons say about redress" },
	{ "ground", WH_STRING, .def = "the rules of this house", .max = "200", .help = "what statements name as ground where the reason has none" },
	JUDGING_SETTINGS,
	FILTER_SETTINGS,
	RAID_SETTINGS,
	{ "language", WH_STRING, .def = "en", .min = "2", .max = "16", .help = "language of the reasons that moderators write" },
	{ 0 }
};

static const struct wh_service moderation_offers[] = { { "moderation", WH_MODERATION_VERSION, &moderation_service }, { 0 } };

static const char *const moderation_needs[] = { "store", "chat", "?accounts", "?audit", "?bans", "?fetch", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("moderation", "1.0", "rules, penalties, reports, appeals, and undoing"),
	.needs = moderation_needs,
	.settings = moderation_settings,
	.commands = moderation_commands,
	.hooks = moderation_hooks,
	.metrics = moderation_metrics,
	.helpers = moderation_helpers,
	.offers = moderation_offers,
	.open = moderation_open,
	.close = moderation_close,
	.reload = moderation_reload,
};
