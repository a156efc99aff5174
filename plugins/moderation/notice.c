/* What a person is told of what was done to them: an event that every dialect can show, with a sentence in it. */
#include <stdio.h>

#include "own.h"

static const char *const said[MOD_KINDS] = {
	[MOD_WARN] = "A warning", [MOD_HOLD] = "Your message waits for a moderator", [MOD_REDACT] = "A message of yours was removed",
	[MOD_TIMEOUT] = "You are timed out", [MOD_SHADOW_MUTE] = "What you say is shown to nobody else", [MOD_MUTE] = "You are muted", [MOD_BAN] = "You are banned",
	[MOD_STRIKE] = "You were given a strike", [MOD_APPROVE] = "What you wrote was published", [MOD_DENY] = "What you wrote will not be published",
	[MOD_ANSWER] = "Your appeal was answered", [MOD_REFUSED] = "Your message was not published",
};

static const char *const unsaid[MOD_KINDS] = {
	[MOD_WARN] = "A warning was taken back", [MOD_REDACT] = "A message of yours was put back", [MOD_TIMEOUT] = "You are no longer timed out", [MOD_MUTE] = "You are no longer muted",
	[MOD_BAN] = "You are no longer banned", [MOD_STRIKE] = "A strike was taken back", [MOD_SHADOW_MUTE] = "What you say is seen again",
	[MOD_HOLD] = "Your message need not wait any more",
};

void
notice_sentence(struct moderation *mod, const struct notice *n, char out[static MOD_SENTENCE])
{
	const char *what = n->undone ? unsaid[n->kind] : said[n->kind];
	const struct reason *reason = reason_find(mod, n->reason);
	struct wh_str why = n->text.n != 0 ? n->text : reason != NULL ? reason->text : (struct wh_str){ NULL, 0 };
	struct wh_chat_room room;
	struct wh_str room_name = n->room.n != 0 && n->room.p[0] == '@' ? WH_STR("a whisper") : mod->chat->room(mod->chat_self, n->room, &room) ? room.name : n->room;
	char until[40] = "", text[MOD_SENTENCE * 2];

	if (kind_lasts(n->kind) && !n->undone && n->until != 0)
		text_moment(n->until, until);
	snprintf(text, sizeof text, "%s%s%.*s%s%s%s%.*s", what != NULL ? what : kind_name(n->kind), room_name.n != 0 ? " in " : "", WH_FMT(room_name),
	    until[0] != '\0' ? " until " : "", until, why.n != 0 && !n->undone ? ": " : ".", n->undone ? 0 : (int)why.n, why.n != 0 ? why.p : "");
	text_copy(out, MOD_SENTENCE, wh_str(text));
}

void
notice_tell(struct moderation *mod, const struct notice *n)
{
	const struct reason *reason = reason_find(mod, n->reason);
	struct wh_chat_room room;
	char id[MOD_ID_TEXT], entry[MOD_ID_TEXT], sentence[MOD_SENTENCE];

	if (n->who.n == 0 || (n->undone ? unsaid : said)[n->kind] == NULL || (n->kind == MOD_SHADOW_MUTE && !mod->set.shadow_statements))
		return;
	id_text(n->id, id);
	id_text(n->entry, entry);
	notice_sentence(mod, n, sentence);
	const struct wh_item items[] = {
		WH_ITEM_STR("action", wh_str(id)), WH_ITEM_STR("kind", wh_str(kind_name(n->kind))), WH_ITEM_BOOL("undone", n->undone),
		WH_ITEM_STR("room", mod->chat->room(mod->chat_self, n->room, &room) ? room.name : n->room), WH_ITEM_INT("until", n->until),
		WH_ITEM_STR("reason", n->reason), WH_ITEM_STR("text", wh_str(sentence)), WH_ITEM_BOOL("automated", n->automated),
		WH_ITEM_STR("ground", reason != NULL && reason->ground.n != 0 ? reason->ground : mod->set.ground),
		WH_ITEM_STR("redress", n->undone || n->id == 0 ? WH_STR("") : mod->set.redress), WH_ITEM_STR("to", n->who),
		WH_ITEM_STR("message", n->entry != 0 ? wh_str(entry) : WH_STR("")),
	};

	person_tell(mod, n->who, &(struct wh_event){ "moderation.notice", items, sizeof items / sizeof items[0] });
}
