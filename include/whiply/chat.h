/* Chat, as a service: name "chat" in the plugin's `needs`. For plugins that show rooms in another way, such as IRC: what is done goes through
 * the commands, so that permissions, rates and hooks hold; this is for reading what is in memory. Rooms that nobody is in are not.
 *
 * A whisper (chat.whisper) is a room of two whose key and name is `@` and the two ids, the lower first, with a comma between. It is not among the
 * rooms here. Its events are those of rooms, with the items `to` (id) and `to_name` more, which no room's event has; they are published in
 * the hub's room of that name, in which all sessions of both are while something is said. */
#ifndef WHIPLY_CHAT_H
#define WHIPLY_CHAT_H

#include <whiply/host.h>

enum { WH_CHAT_VERSION = 1 };

struct wh_chat;

enum wh_chat_rank { WH_RANK_NONE, WH_RANK_VOICE, WH_RANK_MODERATOR, WH_RANK_OWNER };

/** A room. Slices are good until the callback or the caller's turn ends. */
struct wh_chat_room {
	struct wh_str name;		/**< as it is shown */
	struct wh_str key;		/**< as it is found; the hub's room has this name */
	struct wh_str topic;
	int64_t created, epoch;		/**< wall clock, ms */
	uint64_t seq;
	size_t people;
	bool registered;
	bool invited, keyed, unlisted;	/**< who may enter */
	bool moderated;			/**< only a voice may speak */
	bool members_only;		/**< only accounts may speak */
	int64_t slow_ms;
	struct wh_str topic_by, topic_by_id;	/**< who set the topic; empty: nobody */
	int64_t topic_time;
};

/** Somebody in it. */
struct wh_chat_person {
	struct wh_str id, name;
	unsigned sessions;		/**< 0: they stay without, and are away */
	enum wh_chat_rank rank;		/**< as far as it is known without their sessions */
};

struct wh_chat_ops {
	/** False: it is no room, or nobody is in it. */
	bool (*room)(struct wh_chat *chat, struct wh_str name, struct wh_chat_room *out);

	/** Calls `each` for everybody in the room until it returns false. */
	void (*people)(struct wh_chat *chat, struct wh_str name, bool (*each)(void *self, const struct wh_chat_person *person), void *self);

	/** Calls `each` for the rooms that are in memory. */
	void (*rooms)(struct wh_chat *chat, bool (*each)(void *self, const struct wh_chat_room *room), void *self);

	enum wh_chat_rank (*rank)(struct wh_chat *chat, struct wh_str name, struct wh_session *s);

	/** Does the account of that id stay in its rooms when its last session ends? */
	bool (*stays)(struct wh_chat *chat, struct wh_str id);
};

#endif
