/* chat: rooms whose log is kept, numbered, searchable, and told to their members in order. What a client may ask stands in the table of
 * commands below; docs/chat.md explains it. */
#include <stdio.h>

#include <whiply/chat.h>

#include "chat.h"

const struct wh_metric chat_metrics[] = {
	[M_ENTRIES] = { "whiply_chat_entries_total", WH_COUNTER, .help = "Entries that were committed and published." },
	[M_ROOMS] = { "whiply_chat_rooms", WH_GAUGE, .help = "Rooms in memory." },
	[M_JOINS] = { "whiply_chat_joins_total", WH_COUNTER, .help = "Times that a session entered a room." },
	[M_END] = { 0 }
};

static enum wh_err
chat_reload(void *self, const struct wh_conf *conf)
{
	struct chat *chat = self;
	struct wh_str whispers = wh_conf_str(conf, "whispers");

	chat->set = (struct chat_settings){
		.crowd = wh_conf_int(conf, "crowd"), .crowd_every = wh_conf_ms(conf, "crowd_every"), .rooms = wh_conf_int(conf, "rooms"),
		.text = wh_conf_bytes(conf, "text"), .lines = wh_conf_int(conf, "lines"), .idle_ms = wh_conf_ms(conf, "idle"),
		.keep_ms = wh_conf_ms(conf, "keep"), .create_guests = wh_str_is(wh_conf_str(conf, "create"), "guests"),
		.rate = wh_conf_rate(conf, "rate"), .own = wh_conf_int(conf, "own"), .always = wh_conf_int(conf, "always"), .always_idle_ms = wh_conf_ms(conf, "always_idle"), .away_after_ms = wh_conf_ms(conf, "away_after"),
		.redirect_ms = wh_conf_ms(conf, "redirect"), .guest_ms = wh_conf_ms(conf, "guest_whispers"),
		.whispers = wh_str_is(whispers, "guests") ? CHAT_WHISPER_GUESTS : wh_str_is(whispers, "members") ? CHAT_WHISPER_MEMBERS : CHAT_WHISPER_OFF,
	};
	return WH_OK;
}

static void
chat_close(void *self)
{
	struct chat *chat = self;

	wh_timer_stop(chat->host, chat->sweep);
	wh_timer_stop(chat->host, chat->opened);
	wh_timer_stop(chat->host, chat->late);
	if (chat->accounts != NULL)
		chat->accounts->forget(chat->accounts_self, chat);
	wh_store_close(&chat->table);
	tasks_free(chat);
	askings_free(chat);
	appends_free(chat);
	maskings_free(chat);
	asks_free(chat);
	resumes_free(chat);
	renamings_free(chat);
	while (!wh_list_empty(&chat->all))
		room_free(WH_CONTAINER(chat->all.next, struct chat_room, link));
	wh_dict_free(chat->host, &chat->rooms);
	moves_free(chat);
	lives_free(chat);
	always_close(chat);
	wh_delete(chat->host, chat);
}

static void
chat_last_id(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct chat *chat = self;

	(void)cookie;
	if (r->err == WH_OK)
		chat->last_id = wh_row_int(&r->rows[0], 0, 0);
}

/* Sessions and rooms that are there already: the plugin was loaded into a server that runs. */
static void
chat_opened(void *self, uint64_t cookie)
{
	struct chat *chat = self;

	(void)cookie;
	chat->opened = 0;
	rooms_read(chat);
	moves_tell(chat);
}

static enum wh_err
chat_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct chat *chat = wh_new(host, sizeof *chat);
	void *accounts = NULL;
	enum wh_err err;

	if (chat == NULL)
		return WH_ENOMEM;
	chat->host = host;
	wh_list_init(&chat->all);
	wh_list_init(&chat->tasks);
	wh_list_init(&chat->asking);
	wh_list_init(&chat->appends);
	wh_list_init(&chat->asks);
	wh_list_init(&chat->resumes);
	wh_list_init(&chat->maskings);
	wh_list_init(&chat->gone);
	wh_list_init(&chat->all_moves);
	wh_list_init(&chat->renamings);
	wh_random(host, &chat->instance, sizeof chat->instance);
	chat_reload(chat, conf);
	chat->accounts = wh_service_find(host, "accounts", WH_ACCOUNTS_VERSION, &accounts);
	chat->accounts_self = accounts;
	chat->rooms = wh_dict_new(host, 0);
	chat->lives = wh_dict_new(host, 0);
	chat->names = wh_dict_new(host, 0);
	chat->always = wh_dict_new(host, 0);
	chat->always_names = wh_dict_new(host, 0);
	chat->moves = wh_dict_new(host, 0);
	chat->slot = wh_session_slot(host, "chat.session", sizeof(struct chat_session));
	err = chat->rooms == NULL || chat->lives == NULL || chat->names == NULL || chat->always == NULL || chat->always_names == NULL || chat->moves == NULL ||
	    chat->slot == NULL ? WH_ENOMEM : wh_store_open(host, &chat_schema, chat, &chat->table);
	if (err == WH_OK) {
		wh_store_run_now(&chat->table, &(struct wh_step){ Q_LAST_ID, NULL, 0, WH_ANY }, 1, chat_last_id, 0);
		wh_store_run_now(&chat->table, &(struct wh_step){ Q_ALWAYS, NULL, 0, WH_ANY }, 1, always_read, 0);
		wh_store_run_now(&chat->table, &(struct wh_step){ Q_MOVES, NULL, 0, WH_ANY }, 1, moves_read, 0);
		chat->opened = wh_timer_start(host, 1, 0, chat_opened, 0);
		chat->sweep = wh_timer_start(host, 60000, 60000, rooms_sweep, 0);
		*self_out = chat;
	} else {
		chat_close(chat);
	}
	return err;
}

#define ROOM { "room", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "the room's name; @ and a name is the whisper with them" }
#define NONCE { "nonce", WH_F_NAME, .help = "makes a retry harmless: what was done once with it is not done again" }
#define CONTEXT { "context", WH_F_TEXT, .min = 1, .max = 64, .help = "of a whisper: the room in which it is to be shown" }
#define ID(what) { "id", WH_F_ID, .required = true, .help = what }
#define LIMIT(most, usual) { "limit", WH_F_INT, .min = 1, .max = (most), .def = usual, .help = "how many at most" }

static const struct wh_field room_only[] = { ROOM, { 0 } };
static const struct wh_field join_fields[] = { ROOM, { "key", WH_F_TEXT, .min = 1, .max = 64, .help = "of a room that has one" }, { 0 } };
static const struct wh_field leave_fields[] = { ROOM, { "reason", WH_F_TEXT, .max = 200, .help = "told to the others" }, { 0 } };
static const struct wh_field say_fields[] = {
	ROOM, { "text", WH_F_TEXT, .required = true, .min = 1, .max = 16000, .help = "what to say" },
	{ "reply", WH_F_ID, .help = "id of the message that this answers" },
	{ "notice", WH_F_BOOL, .help = "marks what a bot says, to which no other bot answers" },
	{ "rank", WH_F_CHOICE, .choices = "voice|helper|moderator|manager|owner", .help = "only those here of this rank or above are told; it is not kept" },
	CONTEXT, NONCE, { 0 }
};
static const struct wh_field relay_fields[] = {
	ROOM, { "as", WH_F_TEXT, .required = true, .min = 3, .max = 60, .help = "who said it elsewhere, written name/network" },
	{ "text", WH_F_TEXT, .required = true, .min = 1, .max = 16000, .help = "what they said" },
	{ "reply", WH_F_ID, .help = "id of the message that this answers" },
	{ "notice", WH_F_BOOL, .help = "marks what a bot says" }, NONCE, { 0 }
};
static const struct wh_field whisper_fields[] = {
	{ "to", WH_F_TEXT, .required = true, .min = 1, .max = 80, .help = "name or id of who shall hear it" },
	{ "text", WH_F_TEXT, .required = true, .min = 1, .max = 16000, .help = "what to say" },
	{ "kind", WH_F_CHOICE, .choices = "say|act|notice", .def = "say", .help = "said, done (as /me), or said by a bot" },
	{ "reply", WH_F_ID, .help = "id of the message that this answers" },
	CONTEXT, NONCE, { 0 }
};
static const struct wh_field whispers_fields[] = { { "before", WH_F_ID, .help = "further back than this message" }, LIMIT(CHAT_PAGE, "50"), { 0 } };
static const struct wh_field block_fields[] = { { "name", WH_F_TEXT, .required = true, .min = 1, .max = 80, .help = "name or id" }, { 0 } };
static const struct wh_field refuse_fields[] = {
	{ "from", WH_F_CHOICE, .required = true, .choices = "nobody|guests|everybody", .help = "whose whispers you refuse" }, { 0 }
};
static const struct wh_field edit_fields[] = {
	ROOM, ID("of the message"), { "text", WH_F_TEXT, .required = true, .min = 1, .max = 16000, .help = "what it shall say" }, NONCE, { 0 }
};
static const struct wh_field redact_fields[] = { ROOM, ID("of the message"), { "reason", WH_F_TEXT, .max = 200, .help = "stays in its place" }, NONCE, { 0 } };
static const struct wh_field react_fields[] = {
	ROOM, ID("of the message"), { "emoji", WH_F_TEXT, .required = true, .min = 1, .max = 64, .help = "one sign, or :name:" },
	{ "on", WH_F_BOOL, .help = "false takes it back" }, NONCE, { 0 }
};
static const struct wh_field topic_fields[] = { ROOM, { "topic", WH_F_TEXT, .max = 500, .help = "the new one; without, the present one is told" }, NONCE, { 0 } };
static const struct wh_field typing_fields[] = { ROOM, { "on", WH_F_BOOL, .required = true, .help = "begins or stops" }, { 0 } };
static const struct wh_field id_fields[] = { ROOM, ID("of the message"), { 0 } };
static const struct wh_field poll_fields[] = {
	ROOM, { "question", WH_F_TEXT, .required = true, .min = 1, .max = 500, .help = "what is asked" },
	{ "options", WH_F_LIST, .required = true, .help = "2 to 10 texts" }, { "for", WH_F_DURATION, .min = 10000, .max = 2592000000, .help = "how long one may vote" },
	NONCE, { 0 }
};
static const struct wh_field vote_fields[] = { ROOM, ID("of the poll"), { "choice", WH_F_INT, .required = true, .min = 0, .max = 9, .help = "counted from 0" }, NONCE, { 0 } };
static const struct wh_field history_fields[] = {
	ROOM, { "before", WH_F_TEXT, .max = 20, .help = "a seq, an id, or milliseconds since 1970" }, { "after", WH_F_TEXT, .max = 20, .help = "likewise" },
	{ "around", WH_F_TEXT, .max = 20, .help = "likewise" },
	{ "until", WH_F_TEXT, .max = 20, .help = "with before or after: and not beyond this, which is of the same kind" }, { "events", WH_F_BOOL, .help = "edits, reactions and so on as well" }, LIMIT(CHAT_PAGE, "50"), { 0 }
};
static const struct wh_field resume_fields[] = { { "rooms", WH_F_LIST, .required = true, .help = "objects with room, epoch and seq, at most 50" }, { 0 } };
static const struct wh_field search_fields[] = {
	ROOM, { "query", WH_F_TEXT, .required = true, .min = 1, .max = 200, .help = "words; all of them have to be there" },
	{ "before", WH_F_ID, .help = "further back than this message" }, LIMIT(CHAT_PAGE, "20"), { 0 }
};
static const struct wh_field rooms_fields[] = {
	{ "search", WH_F_NAME, .help = "part of the name" }, { "after", WH_F_TEXT, .max = 64, .help = "next of the page before" }, LIMIT(CHAT_PAGE, "50"), { 0 }
};
static const struct wh_field members_fields[] = { ROOM, { "after", WH_F_TEXT, .max = 64, .help = "next of the page before" }, LIMIT(1000, "200"), { 0 } };
static const struct wh_field set_fields[] = {
	ROOM, { "access", WH_F_CHOICE, .choices = "public|unlisted|invited|key", .help = "who may enter" },
	{ "speakers", WH_F_CHOICE, .choices = "all|registered|voice|moderators", .help = "who may speak" },
	{ "slow", WH_F_DURATION, .min = 0, .max = 3600000, .help = "time between two messages of one person" },
	{ "min_age", WH_F_DURATION, .min = 0, .max = 31536000000, .help = "age of an account that may speak" },
	{ "keep", WH_F_DURATION, .min = 0, .max = 315360000000, .help = "how long messages are kept; 0: for good" },
	{ "links", WH_F_BOOL, .help = "may links be sent" }, { "key", WH_F_TEXT, .max = 64, .help = "for access key" },
	{ "enter", WH_F_CHOICE, .choices = "all|registered", .help = "may guests enter" },
	{ "limit", WH_F_INT, .min = 0, .max = 1000000, .help = "people at once; 0: any number" },
	{ "flood", WH_F_TEXT, .max = 16, .help = "messages of one person, as 5/10s; 0: any number" },
	{ "joins", WH_F_TEXT, .max = 16, .help = "people who enter, as 5/10s; 0: any number" },
	{ "colours", WH_F_CHOICE, .choices = "kept|stripped|refused", .help = "what becomes of colours and bold" },
	{ "notices", WH_F_BOOL, .help = "may notices be said" },
	{ "topics", WH_F_CHOICE, .choices = "moderators|all", .help = "who sets the topic" },
	{ "past", WH_F_CHOICE, .choices = "all|moderators", .help = "who reads what was said before" }, { 0 }
};
static const struct wh_field rename_fields[] = {
	ROOM, { "to", WH_F_TEXT, .required = true, .min = 1, .max = 128, .help = "the name that it shall have" },
	{ "reason", WH_F_TEXT, .max = 200, .help = "told to the others" }, { 0 }
};
static const struct wh_field invite_fields[] = { ROOM, { "name", WH_F_NAME, .required = true, .help = "of the account" }, { 0 } };
static const struct wh_field role_fields[] = {
	ROOM, { "name", WH_F_NAME, .required = true, .help = "of the account; in a room that is not registered, of somebody in it" },
	{ "role", WH_F_CHOICE, .required = true, .choices = "owner|manager|moderator|helper|voice", .help = "which" }, { "on", WH_F_BOOL, .required = true, .help = "give or take" }, { 0 }
};
static const struct wh_field kick_fields[] = {
	ROOM, { "name", WH_F_NAME, .required = true, .help = "who" }, { "reason", WH_F_TEXT, .max = 200, .help = "told to them" },
	{ "ban", WH_F_BOOL, .help = "ban them first" }, { "for", WH_F_DURATION, .min = 1000, .max = 315360000000, .help = "how long the ban holds; without, for good" }, { 0 }
};
#define KIND { "kind", WH_F_CHOICE, .choices = "ban|except|invite|mute", .def = "ban", .help = "the list" }
static const struct wh_field ban_fields[] = {
	ROOM, KIND, { "mask", WH_F_TEXT, .min = 1, .max = CHAT_MASK, .help = "nick!user@host with * and ?, or $ and what it asks for" },
	{ "who", WH_F_TEXT, .min = 1, .max = 80, .help = "or a name or id" },
	{ "until", WH_F_TIME, .help = "when it ends" }, { "for", WH_F_DURATION, .min = 1000, .max = 315360000000, .help = "or how long it holds; without both, for good" },
	{ "why", WH_F_TEXT, .max = CHAT_WHY, .help = "shown with it" }, { 0 }
};
static const struct wh_field unban_fields[] = {
	ROOM, KIND, { "mask", WH_F_TEXT, .min = 1, .max = CHAT_MASK, .help = "as it stands there" }, { "who", WH_F_TEXT, .min = 1, .max = 80, .help = "or a name or id" }, { 0 }
};
static const struct wh_field bans_fields[] = {
	ROOM, KIND, { "after", WH_F_INT, .min = 0, .max = CHAT_MASKS, .def = "0", .help = "next of the page before" }, LIMIT(CHAT_PAGE, "50"), { 0 }
};
static const struct wh_field mark_fields[] = {
	ROOM, { "seq", WH_F_INT, .min = 0, .max = INT64_MAX, .help = "of the last entry that was read" },
	{ "time", WH_F_TIME, .help = "or up to when all was read; without both, the mark as it is is told" }, { 0 }
};
static const struct wh_field presence_fields[] = {
	{ "always", WH_F_BOOL, .help = "stay in your rooms without a connection, or no more; without, what is set is told" },
	{ "device", WH_F_NAME, .max = CHAT_DEVICE, .help = "what this client of yours calls itself: so far as it heard is told the next time" }, { 0 }
};
static const struct wh_field mentions_fields[] = { { "before", WH_F_ID, .help = "further back than this message" }, LIMIT(CHAT_PAGE, "20"), { 0 } };

static const struct wh_command chat_commands[] = {
	{ "chat.join", join_fields, WH_ALLOW_GUEST, .rate = "5/s burst 50", .run = member_join, .help = "enter a room; the first to enter makes it" },
	{ "chat.leave", leave_fields, WH_ALLOW_GUEST, .run = member_leave, .help = "leave a room" },
	{ "chat.say", say_fields, WH_ALLOW_GUEST, .run = say_say, .help = "say something to everyone in a room" },
	{ "chat.relay", relay_fields, WH_ALLOW_ADMIN, .run = say_relay, .help = "say in a room what somebody said elsewhere, by their name" },
	{ "chat.whisper", whisper_fields, WH_ALLOW_GUEST, .run = whisper_say, .help = "say something to one person" },
	{ "chat.whispers", whispers_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = whisper_list, .help = "with whom you whispered, the latest first" },
	{ "chat.block", block_fields, WH_ALLOW_GUEST, .rate = "1/s burst 20", .run = block_add, .help = "no whispers between you and somebody" },
	{ "chat.unblock", block_fields, WH_ALLOW_GUEST, .rate = "1/s burst 20", .run = block_remove, .help = "whispers again" },
	{ "chat.blocks", NULL, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = block_list, .help = "whom you block, and whose whispers you refuse" },
	{ "chat.refuse", refuse_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = block_refuse, .help = "take no whispers from guests, or from anybody" },
	{ "chat.act", say_fields, WH_ALLOW_GUEST, .run = say_act, .help = "tell what you do, as /me" },
	{ "chat.edit", edit_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = say_edit, .help = "change what you said" },
	{ "chat.redact", redact_fields, WH_ALLOW_GUEST, .rate = "5/s burst 50", .run = say_redact, .help = "remove what you said, or, as a moderator, what anybody said" },
	{ "chat.react", react_fields, WH_ALLOW_GUEST, .rate = "2/s burst 10", .run = say_react, .help = "put a sign to a message, or take it back" },
	{ "chat.topic", topic_fields, WH_ALLOW_GUEST, .rate = "1/s burst 5", .run = say_topic, .help = "read or set the topic" },
	{ "chat.typing", typing_fields, WH_ALLOW_GUEST, .rate = "1/s burst 5", .run = member_typing, .help = "tell the others that you are writing" },
	{ "chat.pin", id_fields, WH_ALLOW_GUEST, .run = say_pin, .help = "pin a message" },
	{ "chat.unpin", id_fields, WH_ALLOW_GUEST, .run = say_unpin, .help = "take a pin off" },
	{ "chat.pins", room_only, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = history_pins, .help = "what is pinned" },
	{ "chat.poll", poll_fields, WH_ALLOW_GUEST, .rate = "1/m burst 5", .run = say_poll, .help = "ask the room" },
	{ "chat.results", id_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = say_results, .help = "how a poll stands" },
	{ "chat.vote", vote_fields, WH_ALLOW_GUEST, .run = say_vote, .help = "answer a poll, once; a later answer replaces it" },
	{ "chat.history", history_fields, WH_ALLOW_GUEST, .rate = "5/s burst 50", .flags = WH_READS, .run = history_read, .help = "read what was said" },
	{ "chat.resume", resume_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = history_resume, .help = "what was missed since the seqs that you know" },
	{ "chat.search", search_fields, WH_ALLOW_GUEST, .rate = "1/s burst 5", .flags = WH_READS, .run = history_search, .help = "look for words in a room" },
	{ "chat.rooms", rooms_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = info_rooms, .help = "the rooms that anybody may see" },
	{ "chat.room", room_only, WH_ALLOW_GUEST, .flags = WH_READS, .run = info_room, .help = "what there is to know of a room" },
	{ "chat.members", members_fields, WH_ALLOW_GUEST, .rate = "2/s burst 10", .flags = WH_READS, .run = info_members, .help = "who is in a room" },
	{ "chat.set", set_fields, WH_ALLOW_GUEST, .flags = WH_AUDIT, .run = rules_set, .help = "change a room's rules, as its owner or manager" },
	{ "chat.register", room_only, WH_ALLOW_MEMBER, .rate = "1/m burst 5", .flags = WH_AUDIT, .run = info_register, .help = "make a room last, and own it" },
	{ "chat.rename", rename_fields, WH_ALLOW_GUEST, .rate = "1/m burst 5", .flags = WH_AUDIT, .run = room_rename, .help = "give a room another name, as its owner; all else stays" },
	{ "chat.invite", invite_fields, WH_ALLOW_GUEST, .rate = "1/s burst 10", .run = info_invite, .help = "ask somebody into a room" },
	{ "chat.invitations", NULL, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = info_invitations, .help = "the rooms that you were asked into and are not in" },
	{ "chat.role", role_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_AUDIT, .run = info_role, .help = "give or take a role in a room" },
	{ "chat.kick", kick_fields, WH_ALLOW_GUEST, .flags = WH_AUDIT, .run = member_kick, .help = "send somebody out of a room" },
	{ "chat.ban", ban_fields, WH_ALLOW_GUEST, .rate = "2/s burst 40", .flags = WH_AUDIT, .run = mask_add, .help = "put a mask on a list of a room: who is banned, muted, or excepted" },
	{ "chat.unban", unban_fields, WH_ALLOW_GUEST, .rate = "2/s burst 40", .flags = WH_AUDIT, .run = mask_remove, .help = "take a mask off a list" },
	{ "chat.bans", bans_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = mask_list, .help = "what stands on a list of a room" },
	{ "chat.mark", mark_fields, WH_ALLOW_GUEST, .rate = "5/s burst 50", .run = mark_read, .help = "remember how far you have read" },
	{ "chat.unread", NULL, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = mark_unread, .help = "what you have not read, room by room" },
	{ "chat.presence", presence_fields, WH_ALLOW_MEMBER, .rate = "1/s burst 10", .run = always_presence, .help = "stay in your rooms without a connection; and in which you stay" },
	{ "chat.mentions", mentions_fields, WH_ALLOW_GUEST, .rate = "2/s burst 20", .flags = WH_READS, .run = mark_mentions, .help = "where you were named" },
	{ 0 }
};

static void
chat_identified(struct chat *chat, struct wh_session *s)
{
	const struct chat_live *live = live_session(chat, s)->live;
	char was[CHAT_WHO + 1];

	if (live == NULL || live->id.n > CHAT_WHO) {
		live_update(chat, s);
		return;
	}
	snprintf(was, sizeof was, "%.*s", WH_FMT(live->id));
	live_update(chat, s);
	member_renamed(chat, s, wh_str(was));
	always_gone(chat, wh_str(was));
}

static enum wh_verdict
chat_presence(void *self, struct wh_presence *p)
{
	struct chat *chat = self;

	if (p->what == WH_OPENED) {
		live_update(chat, p->session);
	} else if (p->what == WH_IDENTIFIED) {
		chat_identified(chat, p->session);
	} else if (p->what == WH_ENDING) {
		chat->ending = wh_session_id(chat->host, p->session);
		always_seen(chat, p->session);
	} else if (p->what == WH_ENDED) {
		chat->ending = 0;
		live_forget(chat, p->session);
		always_gone(chat, wh_session_identity(chat->host, p->session)->id);
	}
	return WH_PASS;
}

static const struct wh_hook chat_hooks[] = {
	{ WH_ON_PRESENCE, .order = 50, .presence = chat_presence },
	{ WH_ON_LEAVE, .order = 50, .passage = member_left },
	{ WH_ON_RECOVERED, .order = 50, .recovered = rooms_recovered },
	{ WH_ON_EXPORT, .order = 50, .person = privacy_export },
	{ WH_ON_ERASE, .order = 50, .person = privacy_erase },
	{ 0 }
};

static const struct wh_setting chat_settings[] = {
	{ "create", WH_CHOICE, .def = "guests", .choices = "guests|members", .help = "who may make a room by entering it" },
	{ "rooms", WH_INT, .def = "20000", .min = "1", .max = "1000000", .help = "rooms in memory at once" },
	{ "own", WH_INT, .def = "20", .min = "0", .max = "100000", .help = "rooms that one account may register" },
	{ "rate", WH_RATE, .def = "5/s burst 20", .help = "how fast one person may speak, over all sessions and rooms" },
	{ "text", WH_SIZE, .def = "4000", .min = "100", .max = "16000", .help = "longest message" },
	{ "lines", WH_INT, .def = "20", .min = "1", .max = "200", .help = "lines of a message" },
	{ "keep", WH_DURATION, .def = "0ms", .min = "0ms", .max = "3650d", .help = "how long messages of a new room are kept; 0: for good" },
	{ "whispers", WH_CHOICE, .def = "guests", .choices = "guests|members|off", .help = "who may whisper" },
	{ "guest_whispers", WH_DURATION, .def = "7d", .min = "1h", .max = "3650d", .help = "how long whispers with a guest are kept after the last" },
	{ "always", WH_INT, .def = "1000", .min = "0", .max = "100000", .help = "accounts that may stay in their rooms without a connection; 0: none" },
	{ "always_idle", WH_DURATION, .def = "30d", .min = "1h", .max = "3650d", .help = "how long one stays who does not come back" },
	{ "away_after", WH_DURATION, .def = "0ms", .min = "0ms", .max = "1h", .help = "how long the last client of one who stays is gone before the others see them away" },
	{ "redirect", WH_DURATION, .def = "7d", .min = "0ms", .max = "3650d", .help = "how long the name that a room had leads to it; nobody else takes it meanwhile" },
	{ "crowd", WH_INT, .def = "100", .min = "1", .max = "100000", .help = "people above which comings and goings are told in batches" },
	{ "crowd_every", WH_DURATION, .def = "2s", .min = "100ms", .max = "60s", .help = "how often those are told" },
	{ "idle", WH_DURATION, .def = "5m", .min = "10s", .max = "1d", .help = "age at which a room that nobody registered and nobody is in ends, if it outlived its hub" },
	{ 0 }
};

static const struct wh_service chat_offers[] = { { "chat", WH_CHAT_VERSION, &chat_service }, { 0 } };

static const char *const chat_needs[] = { "store", "?accounts", NULL };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("chat", "1.0", "rooms with a log, history and search"),
	.needs = chat_needs,
	.settings = chat_settings,
	.commands = chat_commands,
	.hooks = chat_hooks,
	.metrics = chat_metrics,
	.offers = chat_offers,
	.open = chat_open,
	.close = chat_close,
	.reload = chat_reload,
};
