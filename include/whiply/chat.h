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

enum wh_chat_rank { WH_RANK_NONE, WH_RANK_VOICE, WH_RANK_HELPER, WH_RANK_MODERATOR, WH_RANK_MANAGER, WH_RANK_OWNER, WH_RANKS };

/** The lists of masks that a room has. */
enum wh_chat_list { WH_LIST_BAN, WH_LIST_EXCEPT, WH_LIST_INVITE, WH_LIST_MUTE, WH_LISTS };

/** What stands in the way of who wants to enter. */
enum wh_chat_door { WH_DOOR_OPEN, WH_DOOR_BANNED, WH_DOOR_KEY, WH_DOOR_INVITED, WH_DOOR_ACCOUNTS, WH_DOOR_FULL, WH_DOOR_PACE };

/** How a dialect shows a session: what masks are compared with. */
struct wh_chat_looks {
	char source[200];		/**< nick!user@host */
	char real[160];			/**< the name behind the nick; empty: there is none */
};
typedef void wh_chat_describe(void *self, struct wh_session *s, struct wh_chat_looks *out);

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
	bool accounts_only;		/**< only accounts enter */
	bool colours;			/**< formatting is kept */
	bool notices;			/**< notices may be said */
	bool topics;			/**< whoever may speak sets the topic */
	bool past_hidden;		/**< only those who keep order read what was said before */
	int64_t slow_ms;
	int64_t limit;			/**< people at once; 0: any number */
	int64_t flood, flood_ms;	/**< messages of one person, and in how long; 0: any number */
	int64_t joins, joins_ms;	/**< people who enter, likewise */
	struct wh_str topic_by, topic_by_id;	/**< who set the topic; empty: nobody */
	int64_t topic_time;
};

/** Somebody in it. */
struct wh_chat_person {
	struct wh_str id, name;
	unsigned sessions;
	enum wh_chat_rank rank;		/**< as far as it is known without their sessions; the highest */
	unsigned ranks;			/**< all of them: a bit for each, 1 << rank */
};

/** A mask of a room's lists. */
struct wh_chat_mask {
	struct wh_str mask, by, by_id, why;	/**< `by`: who set it; empty: the server */
	int64_t time, until;		/**< wall clock, ms; `until` 0: for good */
};

struct wh_chat_ops {
	/** False: it is no room, or nobody is in it. */
	bool (*room)(struct wh_chat *chat, struct wh_str name, struct wh_chat_room *out);

	/** Calls `each` for everybody in the room until it returns false. */
	void (*people)(struct wh_chat *chat, struct wh_str name, bool (*each)(void *self, const struct wh_chat_person *person), void *self);

	/** Calls `each` for the rooms that are in memory. */
	void (*rooms)(struct wh_chat *chat, bool (*each)(void *self, const struct wh_chat_room *room), void *self);

	enum wh_chat_rank (*rank)(struct wh_chat *chat, struct wh_str name, struct wh_session *s);

	/** All ranks of a session in the room, a bit for each. */
	unsigned (*ranks)(struct wh_chat *chat, struct wh_str name, struct wh_session *s);

	/** Calls `each` for the masks of a list of the room, the oldest first, until it returns false. */
	void (*masks)(struct wh_chat *chat, struct wh_str name, enum wh_chat_list list, bool (*each)(void *self, const struct wh_chat_mask *mask), void *self);

	/** What stands in the way of the session, with that key, now. */
	enum wh_chat_door (*door)(struct wh_chat *chat, struct wh_str name, struct wh_session *s, struct wh_str key);

	/** From now on `describe` is asked how a session looks; NULL: nobody is. A dialect says so when it opens, and takes it back when it closes. */
	void (*describe)(struct wh_chat *chat, wh_chat_describe *describe, void *self);
};

#endif
