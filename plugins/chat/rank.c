/* What somebody may do in a room: ranks of who registered it and of those they gave them to, of who founded a loose one, and of who moderates all. */
#include "chat.h"

static const char *const rank_names[CHAT_RANKS] = { "", "voice", "helper", "moderator", "manager", "owner" };

const char *
rank_name(enum chat_rank rank)
{
	return rank_names[rank];
}

enum chat_rank
rank_read(struct wh_str word)
{
	for (enum chat_rank rank = CHAT_OWNER; rank > CHAT_NOBODY; rank--)
		if (wh_str_is(word, rank_names[rank]))
			return rank;
	return CHAT_NOBODY;
}

enum chat_rank
rank_highest(unsigned ranks)
{
	for (enum chat_rank rank = CHAT_OWNER; rank > CHAT_NOBODY; rank--)
		if ((ranks & 1u << rank) != 0)
			return rank;
	return CHAT_NOBODY;
}

static unsigned
ranks_read(struct wh_str words)
{
	unsigned ranks = 0;

	while (words.n != 0) {
		const char *space = memchr(words.p, ' ', words.n);
		size_t at = space != NULL ? (size_t)(space - words.p) : words.n;

		ranks |= 1u << rank_read((struct wh_str){ words.p, at });
		words = wh_str_from(words, at + 1);
	}
	return ranks & ~1u;
}

enum chat_rank
room_rank(struct chat_room *room, struct wh_session *s)
{
	return rank_highest(room_ranks(room, s));
}

unsigned
room_ranks(struct chat_room *room, struct wh_session *s)
{
	struct chat *chat = room->chat;
	const struct chat_person *person = member_find(room, wh_session_identity(chat->host, s)->id);
	unsigned ranks = wh_session_may(chat->host, s, "chat.moderate") ? 1u << CHAT_OWNER : 0;

	if (room->sides != NULL)
		return room_has(room, s) ? 1u << CHAT_VOICE : 0;
	if (!room->kept)
		return ranks | (person != NULL && person->founder ? 1u << CHAT_OWNER : 0) | given_ranks(room, wh_session_identity(chat->host, s)->id);
	if (chat->accounts != NULL)
		ranks |= ranks_read(chat->accounts->room_role(chat->accounts_self, s, wh_str(room->key)));
	return ranks;
}

bool
room_hides_past(struct chat_room *room, struct wh_session *s)
{
	return room->sides == NULL && room->rules.past_hidden && room_rank(room, s) < CHAT_HELPER;
}
