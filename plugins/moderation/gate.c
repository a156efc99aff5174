/* The gate: where messages, joins and commands are looked at. What is in force comes first, then the commands that moderators type, then those that
 * judge. What a verdict wants is action.c's; what becomes of the message itself is decided here: it passes, waits for a moderator, is
 * shown to its author alone, or is refused with a sentence. */
#include <stdio.h>

#include "judges.h"
#include "own.h"

enum {
	GATE_MENTIONS = 1024,
	GATE_MUTES = 1 << MOD_TIMEOUT | 1 << MOD_MUTE | 1 << MOD_BAN,
};

/* A message that waits for the rule packs. */
struct gate {
	struct wh_list link;		/* in mod->gates */
	struct moderation *mod;
	wh_id ticket;
	int64_t ref;
	char kind[8];
	struct wh_judge_event event;	/* slices in `text` */
	char text[];
};

/* What a message event has besides what its sender is. */
struct gate_texts {
	char network[MOD_NETWORK], mentions[GATE_MENTIONS], reply[MOD_ID_TEXT];
};

static size_t
gate_mentions(struct wh_str text, char out[static GATE_MENTIONS])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		size_t end = i + 1;

		if (text.p[i] != '@' || (i != 0 && text.p[i - 1] != ' ' && text.p[i - 1] != '\n'))
			continue;
		while (end < text.n && strchr(" \n,.:;!?()\"", text.p[end]) == NULL)
			end++;
		if (end == i + 1 || end - i > MOD_NAME || n + (end - i) >= GATE_MENTIONS)
			continue;
		if (n != 0)
			out[n++] = '\n';
		memcpy(out + n, text.p + i + 1, end - i - 1);
		n += end - i - 1;
	}
	return n;
}

static void
gate_listed(struct moderation *mod, struct wh_session *s)
{
	mod->listed = mod->bans != NULL && mod->bans->marks(mod->bans_self, s).n != 0;
}

static struct wh_judge_event
gate_event(struct moderation *mod, struct wh_session *s, struct wh_str room, enum wh_judge_on on, struct wh_str text, struct gate_texts *t)
{
	const struct wh_identity *who = wh_session_identity(mod->host, s);
	struct wh_trust trust;
	struct wh_judge_event e = { .on = on, .time_ms = wh_wall_ms(mod->host), .room = room, .text = text.n <= WH_JUDGE_TEXT ? text : (struct wh_str){ text.p, WH_JUDGE_TEXT },
		.user = who->id, .name = who->name, .roles = who->roles };

	e.trust = person_trust(mod, s, room, &trust);
	e.flags = (trust.account ? WH_JUDGE_ACCOUNT : 0u) | (trust.bot ? WH_JUDGE_BOT : 0u);
	e.age_ms = trust.age_ms;
	e.messages = trust.said;
	e.strikes = trust.strikes;
	e.network = network_of(mod, wh_session_address(mod->host, s), false, t->network);
	gate_listed(mod, s);
	return e;
}

/* Refusing */

static enum wh_verdict
gate_refuse(const struct wh_occasion *at, enum wh_err err, struct wh_str why, int64_t retry_ms)
{
	char text[MOD_SENTENCE];

	text_copy(text, sizeof text, why);
	return wh_refuse(at, err, text, retry_ms);
}

static const char held_sentence[] = "your message waits for a moderator; you will be told what becomes of it";
static const char held_edit_sentence[] = "your change waits for a moderator, and until then the message stays as it was; you will be told what becomes of it";
static const char held_poll_sentence[] = "a moderator would have to look at that first, and a poll can't wait; say it in other words, or as a message";
static const char full_sentence[] = "a moderator would have to look at that first, and the queue can't take it now; try again later";
static const char refused_sentence[] = "that is not wanted here";

/* Holding for review. Its author is told when it is in the queue, and not before. */

static void
gate_queued(struct moderation *mod, wh_id ticket, enum wh_err err, const char *sentence)
{
	if (err == WH_OK)
		wh_hook_go(mod->host, ticket, WH_REFUSE, WH_EPERM, sentence);
	else
		wh_hook_go(mod->host, ticket, WH_REFUSE, err == WH_EFULL ? WH_EFULL : WH_EAWAY, full_sentence);
}

static void
gate_message_queued(struct moderation *mod, uint64_t ticket, enum wh_err err, int64_t id)
{
	(void)id;
	gate_queued(mod, ticket, err, held_sentence);
}

static void
gate_edit_queued(struct moderation *mod, uint64_t ticket, enum wh_err err, int64_t id)
{
	(void)id;
	gate_queued(mod, ticket, err, held_edit_sentence);
}

static enum wh_err
gate_hold(struct moderation *mod, wh_id ticket, const struct wh_judge_event *e, const char *kind, int64_t ref, const struct judges_said *said)
{
	bool edit = strcmp(kind, "edit") == 0;
	const struct item item = { .kind = ITEM_HELD, .room = e->room, .who = e->user, .name = e->name, .network = e->network, .by = WH_STR(""), .by_name = WH_STR(""),
		.text = e->text, .words = edit && e->before.n != 0 ? e->before : WH_STR(""), .entry = edit ? ref : 0, .reason = wh_str(said->reason),
		.evidence = wh_str(said->evidence), .pack = wh_str(said->pack), .version = wh_str(said->version), .rule = wh_str(said->rule), .form = wh_str(kind), .ref = ref };

	return item_add(mod, &item, edit ? gate_edit_queued : gate_message_queued, ticket);
}

/* What becomes of it. WH_HOLD: it is on its way into the queue. */
static enum wh_verdict
gate_fate(struct moderation *mod, struct wh_message *m, wh_id ticket, const struct wh_judge_event *e, const char *kind, int64_t ref, const struct judges_said *said,
    const char **why_out)
{
	*why_out = refused_sentence;
	switch (said->fate) {
	case WH_FATE_HOLD:
		if (strcmp(kind, "poll") == 0)
			*why_out = held_poll_sentence;
		else if (gate_hold(mod, ticket, e, kind, ref, said) == WH_OK)
			return WH_HOLD;
		else
			*why_out = full_sentence;
		return WH_REFUSE;
	case WH_FATE_HIDE:
		m->way = WH_WAY_SELF;
		return WH_CHANGED;
	case WH_FATE_REFUSE:
		if (said->sentence[0] != '\0')
			*why_out = said->sentence;
		return WH_REFUSE;
	default:
		return WH_PASS;
	}
}

static void
gate_free(struct gate *g)
{
	wh_list_remove(&g->link);
	wh_delete(g->mod->host, g);
}

void
gates_free(struct moderation *mod)
{
	while (!wh_list_empty(&mod->gates))
		gate_free(WH_CONTAINER(mod->gates.next, struct gate, link));
}

/* The packs have answered, or not in time; or need not be asked. */
void
gate_judged(struct moderation *mod, uint64_t cookie, const struct judges_said *said)
{
	struct gate *g = (struct gate *)(uintptr_t)cookie;
	struct wh_message *m = wh_message_find(mod->host, g->ticket), nothing = { .kind = g->kind };
	const char *why;
	enum wh_verdict v = gate_fate(mod, m != NULL ? m : &nothing, g->ticket, &g->event, g->kind, g->ref, said, &why);
	wh_id ticket = g->ticket;
	char sentence[MOD_SENTENCE];

	/* What waits of an older change of the message must not come behind this one. */
	if ((v == WH_PASS || v == WH_CHANGED) && strcmp(g->kind, "edit") == 0)
		held_edits_over(mod, g->event.user, g->ref);
	text_copy(sentence, sizeof sentence, wh_str(why));
	gate_free(g);
	if (v == WH_HOLD)
		return;
	wh_hook_go(mod->host, ticket, v == WH_REFUSE ? WH_REFUSE : v == WH_CHANGED ? WH_CHANGED : WH_PASS, WH_EPERM, sentence);
}

const struct wh_judge_event *
gate_event_of(uint64_t cookie)
{
	return &((struct gate *)(uintptr_t)cookie)->event;
}

/* Keeps the event until the packs have answered. NULL: no memory. */
static struct gate *
gate_keep(struct moderation *mod, const struct gate *from, const struct wh_judge_event *e)
{
	struct wh_judge_event copy = *e;
	struct wh_str *all[WH_JUDGE_STRINGS];
	struct gate *g;
	size_t n = 0;
	char *to;

	wh_judge_event_strings(&copy, all);
	for (unsigned i = 0; i < WH_JUDGE_STRINGS; i++)
		n += all[i]->n;
	g = wh_new(mod->host, sizeof *g + n);
	if (g == NULL)
		return NULL;
	to = g->text;
	for (unsigned i = 0; i < WH_JUDGE_STRINGS; i++)
		*all[i] = text_keep(&to, *all[i]);
	*g = (struct gate){ .mod = mod, .ticket = from->ticket, .ref = from->ref, .event = copy };
	memcpy(g->kind, from->kind, sizeof g->kind);
	wh_list_init(&g->link);
	wh_list_add_last(&mod->gates, &g->link);
	return g;
}

/* Edits: rules are shown what it said before, and a change of what is not theirs, or not there, is for chat to refuse. */
static void
gate_edit_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_chat_entry *entries, size_t n)
{
	struct moderation *mod = self;
	struct gate *g = (struct gate *)(uintptr_t)cookie, *with;
	const struct wh_message *m = wh_message_find(mod->host, g->ticket);
	struct judges_said said = { .fate = WH_FATE_PASS };
	struct wh_judge_event e = g->event;

	if (m == NULL || m->from == NULL || err != WH_OK || n != 1 || entries[0].redacted || !wh_str_eq(entries[0].who, e.user)) {
		gate_judged(mod, cookie, &said);
		return;
	}
	e.before = entries[0].text.n <= WH_JUDGE_TEXT ? entries[0].text : (struct wh_str){ entries[0].text.p, WH_JUDGE_TEXT };
	with = gate_keep(mod, g, &e);
	if (with != NULL) {
		gate_free(g);
		g = with;
	}
	gate_listed(mod, m->from);
	judges_now(mod, &g->event, &said);
	if (said.fate == WH_FATE_PASS && judges_wanted(mod, WH_JUDGE_ON_EDIT)) {
		if (judges_ask(mod, &g->event, (uintptr_t)g) == WH_OK)
			return;
		judges_none(mod, &g->event, &said);
	}
	gate_judged(mod, (uintptr_t)g, &said);
}

static enum wh_verdict
gate_edit(struct moderation *mod, const struct wh_message *m, const struct wh_judge_event *e)
{
	const struct gate from = { .ticket = m->at.ticket, .ref = m->ref, .kind = "edit" };
	struct gate *g = gate_keep(mod, &from, e);

	if (g != NULL && mod->chat->entry(mod->chat_self, m->ref, gate_edit_found, mod, (uintptr_t)g) == WH_OK)
		return WH_HOLD;
	if (g != NULL)
		gate_free(g);
	return gate_refuse(&m->at, WH_EAWAY, WH_STR("that can't be looked at now; try again"), 1000);
}

static enum wh_verdict
gate_judge(struct moderation *mod, struct wh_message *m, struct wh_str room)
{
	struct gate from = { .ticket = m->at.ticket, .ref = m->ref };
	struct gate_texts t;
	struct wh_judge_event e = gate_event(mod, m->from, room, strcmp(m->kind, "edit") == 0 ? WH_JUDGE_ON_EDIT : WH_JUDGE_ON_SAID, m->text, &t);
	struct judges_said said;
	enum wh_verdict v;
	const char *why;
	struct gate *g;

	if (e.trust == WH_TRUST_MODERATOR)
		return WH_PASS;
	e.entry = m->number;
	e.mentions = (struct wh_str){ t.mentions, gate_mentions(m->text, t.mentions) };
	if (m->ref != 0 && e.on == WH_JUDGE_ON_SAID) {
		id_text(m->ref, t.reply);
		e.reply_to = wh_str(t.reply);
	}
	if (e.on == WH_JUDGE_ON_EDIT)
		return gate_edit(mod, m, &e);
	judges_now(mod, &e, &said);
	if (said.fate == WH_FATE_PASS && judges_wanted(mod, e.on)) {
		snprintf(from.kind, sizeof from.kind, "%s", m->kind);
		g = gate_keep(mod, &from, &e);
		if (g != NULL && judges_ask(mod, &g->event, (uintptr_t)g) == WH_OK)
			return WH_HOLD;
		if (g != NULL)
			gate_free(g);
		judges_none(mod, &e, &said);
	}
	v = gate_fate(mod, m, m->at.ticket, &e, m->kind, m->ref, &said, &why);
	return v == WH_REFUSE ? gate_refuse(&m->at, WH_EPERM, wh_str(why), 0) : v;
}

/* What holds in the room for those without a rank there. Who changes what they said need not wait in a slow room. */
static const char *
gate_room(struct moderation *mod, struct wh_session *s, struct wh_str room, bool edit, int64_t *retry_out)
{
	enum wh_chat_rank rank;
	const struct penalty *slow;

	if (penalty_of_room(mod, room, MOD_LOCKDOWN) == NULL && penalty_of_room(mod, room, MOD_REGISTERED_ONLY) == NULL && penalty_of_room(mod, room, MOD_SLOW) == NULL)
		return NULL;
	rank = mod->chat->rank(mod->chat_self, room, s);
	if (rank >= WH_RANK_VOICE)
		return NULL;
	if (penalty_of_room(mod, room, MOD_LOCKDOWN) != NULL)
		return "the room is locked for now; only those with a voice may speak";
	if (penalty_of_room(mod, room, MOD_REGISTERED_ONLY) != NULL && wh_session_identity(mod->host, s)->kind == WH_GUEST)
		return "only those with an account may speak here for now";
	slow = penalty_of_room(mod, room, MOD_SLOW);
	if (slow != NULL && !edit && (*retry_out = penalty_slow(mod, slow, wh_session_identity(mod->host, s)->id)) > 0)
		return "this room is slow for now: wait before you speak again";
	return NULL;
}

enum wh_verdict
gate_message(void *self, struct wh_message *m)
{
	struct moderation *mod = self;
	struct wh_str room = wh_room_name(mod->host, m->room);
	bool whisper = room.n != 0 && room.p[0] == '@';
	const struct penalty *p = mod->n_penalties != 0 ? penalty_of(mod, m->from, room, GATE_MUTES) : NULL;
	int64_t retry_ms = 0;
	const char *why;

	if (p != NULL)
		return gate_refuse(&m->at, WH_EPERM, p->text, p->until != 0 ? p->until - wh_wall_ms(mod->host) : 0);
	if (!whisper && mod->set.commands && (strcmp(m->kind, "say") == 0) && text_command(mod, m->from, room, m->text)) {
		m->way = WH_WAY_NOBODY;
		return WH_CHANGED;
	}
	if (mod->n_penalties != 0 && penalty_of(mod, m->from, room, 1 << MOD_SHADOW_MUTE) != NULL) {
		m->way = WH_WAY_SELF;
		return WH_CHANGED;
	}
	if (whisper)
		return mod->set.whispers ? gate_judge(mod, m, room) : WH_PASS;
	why = person_rules(mod, m->from) ? NULL : gate_room(mod, m->from, room, strcmp(m->kind, "edit") == 0, &retry_ms);
	if (why != NULL)
		return wh_refuse(&m->at, retry_ms != 0 ? WH_EFAST : WH_EPERM, why, retry_ms);
	return gate_judge(mod, m, room);
}

/* Who enters. Verdicts come behind it: who is in the room by then is put out by a ban. */
enum wh_verdict
gate_join(void *self, struct wh_passage *p)
{
	struct moderation *mod = self;
	struct wh_str room = wh_room_name(mod->host, p->room);
	const struct penalty *ban = mod->n_penalties != 0 ? penalty_of(mod, p->session, room, 1 << MOD_BAN) : NULL;
	struct gate_texts t;
	struct judges_said said;
	struct wh_trust trust;

	if (room.n != 0 && room.p[0] == '@')
		return WH_PASS;
	if (ban != NULL)
		return gate_refuse(&p->at, WH_EPERM, ban->text, 0);
	if (penalty_of_room(mod, room, MOD_LOCKDOWN) != NULL && person_trust(mod, p->session, room, &trust) == WH_TRUST_NEW && mod->chat->rank(mod->chat_self, room, p->session) < WH_RANK_VOICE)
		return wh_refuse(&p->at, WH_EPERM, "the room is locked for now", 0);
	if (penalty_of_room(mod, room, MOD_REGISTERED_ONLY) != NULL && wh_session_identity(mod->host, p->session)->kind == WH_GUEST)
		return wh_refuse(&p->at, WH_EPERM, "only those with an account may enter for now", 0);
	struct wh_judge_event e = gate_event(mod, p->session, room, WH_JUDGE_ON_JOINED, (struct wh_str){ NULL, 0 }, &t);

	if (e.trust == WH_TRUST_MODERATOR)
		return WH_PASS;
	judges_now(mod, &e, &said);
	judges_later(mod, &e);
	return said.fate == WH_FATE_REFUSE ? gate_refuse(&p->at, WH_EPERM, wh_str(said.sentence[0] != '\0' ? said.sentence : "you can't enter now"), 0) : WH_PASS;
}

/* Who is banned everywhere may still read what was done to them, and appeal. */
static bool
gate_open_to_banned(struct wh_str name)
{
	static const char *const open[] = { "moderation.appeal", "moderation.statements", "session.", "auth.", "privacy." };

	for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
		if (wh_str_starts(name, wh_str(open[i])))
			return true;
	return false;
}

enum wh_verdict
gate_attempt(void *self, struct wh_attempt *a)
{
	struct moderation *mod = self;
	struct wh_str name = wh_str(a->command->name);
	struct wh_session *s = wh_call_session(a->call);
	const struct penalty *ban = mod->n_penalties != 0 && wh_session_identity(mod->host, s)->kind != WH_OPERATOR ? penalty_of(mod, s, WH_STR(""), 1 << MOD_BAN) : NULL;
	struct gate_texts t;
	struct judges_said said;

	if (ban != NULL && !gate_open_to_banned(name))
		return gate_refuse(&a->at, WH_EPERM, ban->text, 0);
	if (wh_str_is(name, "chat.redact"))
		act_redact_note(mod, a->call);
	if (wh_str_is(name, "chat.invite")) {
		struct wh_judge_event e = gate_event(mod, s, WH_STR(""), WH_JUDGE_ON_INVITE, wh_arg_str(a->call, "name"), &t);
		char room[MOD_ROOM + 1] = "";
		const struct penalty *p;

		if (wh_arg_str(a->call, "room").n <= MOD_ROOM && mod->chat->key(mod->chat_self, wh_arg_str(a->call, "room"), room))
			e.room = wh_str(room);
		p = mod->n_penalties != 0 ? penalty_of(mod, s, e.room, GATE_MUTES) : NULL;
		if (p != NULL)
			return gate_refuse(&a->at, WH_EPERM, p->text, 0);
		if (e.trust == WH_TRUST_MODERATOR)
			return WH_PASS;
		judges_now(mod, &e, &said);
		judges_later(mod, &e);
		if (said.fate == WH_FATE_REFUSE)
			return gate_refuse(&a->at, WH_EPERM, wh_str(said.sentence[0] != '\0' ? said.sentence : refused_sentence), 0);
	}
	return WH_PASS;
}

/* Somebody has another name, or is somebody else. After a restart the name before is not known. */
enum wh_verdict
gate_presence(void *self, struct wh_presence *p)
{
	struct moderation *mod = self;
	char *name = p->what == WH_OPENED || p->what == WH_IDENTIFIED ? wh_slot_of(mod->host, p->session, mod->names) : NULL, before[MOD_NAME + 1];
	struct gate_texts t;
	struct judges_said said;

	if (name == NULL)
		return WH_PASS;
	memcpy(before, name, sizeof before);
	text_copy(name, MOD_NAME + 1, wh_session_identity(mod->host, p->session)->name);
	if (p->what != WH_IDENTIFIED || person_rules(mod, p->session))
		return WH_PASS;
	struct wh_judge_event e = gate_event(mod, p->session, WH_STR(""), WH_JUDGE_ON_NICK, wh_session_identity(mod->host, p->session)->name, &t);

	e.before = wh_str(before);
	judges_now(mod, &e, &said);
	judges_later(mod, &e);
	return WH_PASS;
}

void
gate_reported(struct moderation *mod, const struct item *item)
{
	struct wh_judge_event e = { .on = WH_JUDGE_ON_REPORT, .time_ms = wh_wall_ms(mod->host), .room = item->room, .text = item->text.n <= WH_JUDGE_TEXT ? item->text :
			(struct wh_str){ item->text.p, WH_JUDGE_TEXT }, .before = item->words, .user = item->who, .name = item->name, .network = item->network, .trust = WH_TRUST_KNOWN };
	struct judges_said said;

	mod->listed = false;
	judges_now(mod, &e, &said);
	judges_later(mod, &e);
}
