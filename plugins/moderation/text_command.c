/* Commands that are typed as messages, in every dialect: `/timeout bob 10m spam`, or with `!` where the client keeps `/` for itself. Only those who may act
 * are listened to, everybody else's message is a message. They run as the commands they stand for, so that permissions, rates and the audit log
 * hold; the answer is a notice that only who typed sees. */
#include <stdio.h>

#include "own.h"

enum shape { WHO, WHO_TIME, ROOM_TIME, ROOM_ON, AN_ID, SAY, QUEUE, ITEM };

enum { QUEUE_SHOWN = 5 };

static const struct typed {
	const char *word, *command;
	enum shape shape;
	const char *kind;		/* of moderation.lift; the decision of moderation.decide */
	bool off;
	const char *usage;
} typed[] = {
	{ "timeout", "moderation.timeout", WHO_TIME, NULL, false, "NAME [10m] [why]" },
	{ "mute", "moderation.mute", WHO_TIME, NULL, false, "NAME [1h] [why]" },
	{ "shadowmute", "moderation.shadow_mute", WHO_TIME, NULL, false, "NAME [1h] [why]" },
	{ "ban", "moderation.ban", WHO_TIME, NULL, false, "NAME [1d] [why]" },
	{ "warn", "moderation.warn", WHO, NULL, false, "NAME [why]" },
	{ "untimeout", "moderation.lift", WHO, "timeout", false, "NAME" },
	{ "unmute", "moderation.lift", WHO, "mute", false, "NAME" },
	{ "unshadowmute", "moderation.lift", WHO, "shadow-mute", false, "NAME" },
	{ "unban", "moderation.lift", WHO, "ban", false, "NAME" },
	{ "slow", "moderation.slow", ROOM_TIME, NULL, false, "[5s]" },
	{ "unslow", "moderation.slow", ROOM_TIME, NULL, true, "" },
	{ "lockdown", "moderation.lockdown", ROOM_ON, NULL, false, "[why]" },
	{ "unlockdown", "moderation.lockdown", ROOM_ON, NULL, true, "" },
	{ "registered", "moderation.registered_only", ROOM_ON, NULL, false, "[why]" },
	{ "unregistered", "moderation.registered_only", ROOM_ON, NULL, true, "" },
	{ "sweep", "moderation.sweep", WHO_TIME, NULL, false, "NAME [10m]" },
	{ "undo", "moderation.undo", AN_ID, NULL, false, "ID" },
	{ "queue", "moderation.room_queue", QUEUE, NULL, false, "" },
	{ "approve", "moderation.decide", ITEM, "approve", false, "ITEM [why]" },
	{ "deny", "moderation.decide", ITEM, "deny", false, "ITEM [why]" },
	{ "dismiss", "moderation.decide", ITEM, "dismiss", false, "ITEM [why]" },
	{ "report", "moderation.report", SAY, NULL, false, "NAME why" },
};

static struct wh_str
word_next(struct wh_str *text)
{
	struct wh_str word;
	size_t n = 0;

	while (text->n != 0 && text->p[0] == ' ')
		*text = wh_str_from(*text, 1);
	while (n < text->n && text->p[n] != ' ')
		n++;
	word = (struct wh_str){ text->p, n };
	*text = wh_str_from(*text, n);
	while (text->n != 0 && text->p[0] == ' ')
		*text = wh_str_from(*text, 1);
	return word;
}

static void
answer(struct moderation *mod, struct wh_session *s, struct wh_str room, const char *text)
{
	const struct wh_identity *who = wh_session_identity(mod->host, s);
	struct wh_chat_room shown;
	const struct wh_item items[] = { WH_ITEM_STR("kind", WH_STR("answer")), WH_ITEM_STR("room", mod->chat->room(mod->chat_self, room, &shown) ? shown.name : room),
		WH_ITEM_STR("text", wh_str(text)), WH_ITEM_STR("to", who->id) };

	wh_session_notify(mod->host, s, &(struct wh_event){ "moderation.answer", items, 4 });
}

/* The oldest items of the room, a line each. */
static void
queue_told(struct moderation *mod, struct wh_session *s, const struct wh_value *result)
{
	static const char *const keys[] = { "item", "kind", "name", "text" };
	struct wh_value items, item, part;
	struct wh_json_in in;
	char text[MOD_SENTENCE];
	unsigned shown = 0;

	(void)wh_json_get(result, "items", &items);
	in = wh_json_each(&items);
	while (wh_json_next(&in, NULL, &item)) {
		struct wh_str parts[4];

		for (unsigned i = 0; i < 4; i++)
			parts[i] = wh_json_get(&item, keys[i], &part) && part.type == WH_V_STR ? part.s : WH_STR("");
		snprintf(text, sizeof text, "%.*s %.*s %.*s%s: %.*s", WH_FMT(parts[0]), WH_FMT(parts[1]), (int)(parts[2].n < 60 ? parts[2].n : 60), parts[2].p,
		    wh_json_get(&item, "edit", &part) ? " (a change)" : "", (int)(parts[3].n < 240 ? parts[3].n : 240), parts[3].p);
		/* Of several lines the first is enough. */
		text[strcspn(text, "\n")] = '\0';
		answer(mod, s, WH_STR(""), text);
		shown++;
	}
	answer(mod, s, WH_STR(""), shown == 0 ? "queue: nothing waits here" : "queue: /approve ITEM, /deny ITEM or /dismiss ITEM decides; these are the oldest");
}

/* Why an item was not decided; empty: it was. */
static struct wh_str
refused_why(const struct wh_value *result)
{
	struct wh_value refused, first, why;
	struct wh_json_in in;

	if (!wh_json_get(result, "refused", &refused))
		return WH_STR("");
	in = wh_json_each(&refused);
	return wh_json_next(&in, NULL, &first) && wh_json_get(&first, "why", &why) && why.type == WH_V_STR ? why.s : WH_STR("");
}

/* The cookie is the number of the word; the room is not needed any more, as an answer is for the person. */
static void
typed_done(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	struct moderation *mod = self;
	struct wh_session *s = wh_session_get(mod->host, session);
	const struct typed *t = &typed[cookie];
	struct wh_value v, id;
	char text[MOD_SENTENCE];

	if (s == NULL)
		return;
	if (err == WH_OK && t->shape == QUEUE && wh_json_read_text(mod->host, result, &v) == WH_OK) {
		queue_told(mod, s, &v);
		return;
	}
	if (err != WH_OK)
		snprintf(text, sizeof text, "%s: %.*s", t->word, (int)(result.n < 300 ? result.n : 300), result.p != NULL ? result.p : "");
	else if (t->shape == ITEM && wh_json_read_text(mod->host, result, &v) == WH_OK && refused_why(&v).n != 0)
		snprintf(text, sizeof text, "%s: %.*s", t->word, WH_FMT(refused_why(&v)));
	else if (wh_json_read_text(mod->host, result, &v) == WH_OK && (wh_json_get(&v, "action", &id) || wh_json_get(&v, "group", &id)) && id.type == WH_V_STR)
		snprintf(text, sizeof text, "%s: done; /undo %.*s takes it back", t->word, WH_FMT(id.s));
	else
		snprintf(text, sizeof text, "%s: done", t->word);
	answer(mod, s, WH_STR(""), text);
}

bool
text_command(struct moderation *mod, struct wh_session *s, struct wh_str room, struct wh_str text)
{
	struct wh_item items[8];
	struct wh_str word, who, first, rest;
	const struct typed *t = NULL;
	char usage[160], list[MOD_ID_TEXT + 4];
	int64_t ms = 0, item;
	size_t n = 0;

	if (text.n < 3 || (text.p[0] != '/' && text.p[0] != '!') || text.p[1] == ' ' || memchr(text.p, '\n', text.n) != NULL)
		return false;
	rest = wh_str_from(text, 1);
	word = word_next(&rest);
	for (size_t i = 0; i < sizeof typed / sizeof typed[0] && t == NULL; i++)
		if (wh_str_is(word, typed[i].word))
			t = &typed[i];
	/* Whoever types /report means it; the rest is for those who may. */
	if (t == NULL || (t->shape != SAY && !person_moderates(mod, s, room)) || (t->shape == SAY && text.p[0] != '/' && !person_moderates(mod, s, room)))
		return false;
	if (t->shape != AN_ID && t->shape != ITEM)
		items[n++] = WH_ITEM_STR("room", room);
	switch (t->shape) {
	case WHO:
	case WHO_TIME:
	case SAY:
		who = word_next(&rest);
		if (who.n == 0 || (t->shape == SAY && rest.n == 0)) {
			snprintf(usage, sizeof usage, "usage: /%s %s", t->word, t->usage);
			answer(mod, s, room, usage);
			return true;
		}
		items[n++] = WH_ITEM_STR("who", who);
		first = rest;
		if (t->shape == WHO_TIME && text_duration(word_next(&first), &ms)) {
			items[n++] = WH_ITEM_INT(strcmp(t->word, "sweep") == 0 ? "within" : "for", ms);
			rest = first;
		}
		if (t->kind != NULL)
			items[n++] = WH_ITEM_STR("kind", wh_str(t->kind));
		break;
	case ROOM_TIME:
		if (t->off)
			items[n++] = WH_ITEM_INT("time", 0);
		else if (text_duration(word_next(&rest), &ms))
			items[n++] = WH_ITEM_INT("time", ms);
		break;
	case ROOM_ON:
		items[n++] = WH_ITEM_BOOL("on", !t->off);
		break;
	case QUEUE:
		items[n++] = WH_ITEM_INT("limit", QUEUE_SHOWN);
		rest.n = 0;
		break;
	case ITEM:
		who = word_next(&rest);
		if (!id_parse(who, &item)) {
			snprintf(usage, sizeof usage, "usage: /%s %s; /queue shows what waits", t->word, t->usage);
			answer(mod, s, room, usage);
			return true;
		}
		snprintf(list, sizeof list, "[\"%.*s\"]", WH_FMT(who));
		items[n++] = (struct wh_item){ .key = "items", .value = { .type = WH_V_ARRAY, .raw = wh_str(list) } };
		items[n++] = WH_ITEM_STR("decision", wh_str(t->kind));
		break;
	case AN_ID:
		items[n++] = WH_ITEM_STR("id", word_next(&rest));
		break;
	}
	/* A known key is a reason, anything else is a text. */
	if (rest.n != 0 && reason_find(mod, rest) != NULL && (t->kind == NULL || t->shape == ITEM))
		items[n++] = WH_ITEM_STR("reason", rest);
	else if (rest.n != 0)
		items[n++] = WH_ITEM_STR("text", rest);
	wh_run(mod->host, s, t->command, items, n, typed_done, (uint64_t)(t - typed));
	return true;
}
