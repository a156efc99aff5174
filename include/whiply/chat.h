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
	int64_t latest;			/**< when the last entry was written; 0: there is none */
};

/** Somebody in it. */
struct wh_chat_person {
	struct wh_str id, name;
	unsigned sessions;		/**< 0: they stay without */
	enum wh_chat_rank rank;		/**< as far as it is known without their sessions; the highest */
	unsigned ranks;			/**< all of them: a bit for each, 1 << rank */
};

/** A mask of a room's lists. */
struct wh_chat_mask {
	struct wh_str mask, by, by_id, why;	/**< `by`: who set it; empty: the server */
	int64_t time, until;		/**< wall clock, ms; `until` 0: for good */
};

/** An entry of a log. Borrowed until the callback returns. */
struct wh_chat_entry {
	struct wh_str room;		/**< its key */
	uint64_t seq;
	int64_t id, time, ref;
	struct wh_str who, name;	/**< who said it */
	struct wh_str kind;		/**< "say", "act", "poll"; of others empty */
	struct wh_str text, extra;	/**< of a poll, `extra` has its options */
	bool redacted;
};

/** Whoever acts or speaks, where that is no session. */
struct wh_chat_actor {
	struct wh_str id, name;
};

/** Something was said, in a room or a whisper, and is committed. */
struct wh_chat_said {
	uint64_t number;		/**< of the wh_message that the hooks were shown */
	const struct wh_chat_entry *entry;
};

/** A room got another name; its people are in the hub's room of the new key already. What is kept for the old key shall follow, and it must do
 * no harm to be told twice. */
struct wh_chat_moved {
	struct wh_str from_key, from;	/**< as it was found, and shown */
	struct wh_str key, name;	/**< as it is now; the key may be the same */
	struct wh_chat_actor by;
	wh_id session;			/**< whose call it was; 0: that is not known any more */
	struct wh_str reason;
	bool again;			/**< a hub that died may have told of it: what is kept under the name has to follow; its people know */
};

typedef void wh_chat_watcher(void *self, const struct wh_chat_moved *moved);
typedef void wh_chat_listener(void *self, const struct wh_chat_said *said);

/** Of an account that stays in its rooms when its last session ends: it began to, it stays no more, it is away now, it is back. */
enum wh_chat_stay { WH_STAY_ON, WH_STAY_OFF, WH_STAY_AWAY, WH_STAY_BACK };

typedef void wh_chat_stayed(void *self, const struct wh_chat_actor *who, enum wh_chat_stay what);

/** Somebody blocks somebody, or (`on` false) does no longer. Ids. */
typedef void wh_chat_blocked(void *self, struct wh_str who, struct wh_str whom, bool on);

/** What came of it; `id` is that of the new entry. Called once, possibly before the asking returns, unless an error is returned. */
typedef void wh_chat_done(void *self, uint64_t cookie, enum wh_err err, int64_t id);
typedef void wh_chat_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_chat_entry *entries, size_t n);

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
	/* For moderation. No permission is asked: that is the caller's to know. A plugin that handed out a callback says `forget` in its close. */

	/** One entry, by its id. WH_ENOENT. */
	enum wh_err (*entry)(struct wh_chat *chat, int64_t id, wh_chat_found *done, void *self, uint64_t cookie);

	/** What was said since then and still stands, the latest first, at most `limit` (500): in a room, or by somebody, or both. */
	enum wh_err (*recent)(struct wh_chat *chat, struct wh_str room, struct wh_str who, int64_t since, unsigned limit, wh_chat_found *done, void *self,
	    uint64_t cookie);

	/** Removes what an entry says, as chat.redact does. WH_ENOENT: there is none, or it is removed already. */
	enum wh_err (*redact)(struct wh_chat *chat, struct wh_str room, int64_t id, const struct wh_chat_actor *by, struct wh_str reason, wh_chat_done *done,
	    void *self, uint64_t cookie);

	/** Puts back what a redaction took: the text and, of a poll, `extra`. Told as chat.restored. WH_ENOENT: there is none, or it is there. */
	enum wh_err (*restore)(struct wh_chat *chat, struct wh_str room, int64_t id, const struct wh_chat_actor *by, struct wh_str text, struct wh_str extra,
	    wh_chat_done *done, void *self, uint64_t cookie);

	/** Says something for somebody who may be gone, past all hooks and rules; with a nonce that was used before it is not said again.
	 * `kind` is "say", "act" or "notice". WH_EPERM: it is a whisper, and the other one takes none from them. */
	enum wh_err (*say_for)(struct wh_chat *chat, struct wh_str room, const struct wh_chat_actor *author, struct wh_str kind, struct wh_str text, int64_t ref,
	    struct wh_str nonce, wh_chat_done *done, void *self, uint64_t cookie);

	/** `heard` is told of all that is said from now on; one for each plugin. WH_EFULL. */
	enum wh_err (*listen)(struct wh_chat *chat, wh_chat_listener *heard, void *self);

	/** Somebody who is connected, by id or name, accounts before guests. False: nobody. */
	bool (*person)(struct wh_chat *chat, struct wh_str name_or_id, struct wh_chat_actor *out);

	/** Calls `each` for the sessions of somebody until it returns false. It must not close them. */
	void (*sessions)(struct wh_chat *chat, struct wh_str id, bool (*each)(void *self, struct wh_session *s), void *self);

	/** The key of a room's name, without asking whether there is one. False: it can be no name. */
	bool (*key)(struct wh_chat *chat, struct wh_str name, char key_out[static 65]);

	/** `moved` is told of rooms that get another name; one for each plugin. WH_EFULL. */
	enum wh_err (*watch)(struct wh_chat *chat, wh_chat_watcher *moved, void *self);

	/** No callback of this self is called any more. */
	void (*forget)(struct wh_chat *chat, void *self);

	/** Does the account of that id stay in its rooms when its last session ends? */
	bool (*stays)(struct wh_chat *chat, struct wh_str id);

	/** Puts somebody out of a room, or (`room` empty) of all. Whether they may come back is for the hooks to say. */
	void (*put_out)(struct wh_chat *chat, struct wh_str room, struct wh_str id, const struct wh_chat_actor *by, struct wh_str reason);

	/** Changes for somebody what they said, as chat.edit does, past all hooks and rules; with a nonce that was used before it is not done again.
	 * WH_ENOENT: it is not theirs, or it is removed. */
	enum wh_err (*edit_for)(struct wh_chat *chat, struct wh_str room, int64_t id, const struct wh_chat_actor *author, struct wh_str text,
	    struct wh_str nonce, wh_chat_done *done, void *self, uint64_t cookie);
	/** Is that a name that a room had, and which leads to it for now? Then what it is called; good until the turn ends. */
	bool (*moved)(struct wh_chat *chat, struct wh_str name, struct wh_str *now_out);

	/** Is somebody of that id in the room, connected or not? Their ranks go to `ranks_out` (may be NULL), a bit for each. */
	bool (*inside)(struct wh_chat *chat, struct wh_str name, struct wh_str id, unsigned *ranks_out);

	/** Calls `each` for the accounts that stay in their rooms without a connection (`what`: are they away?) until it returns false. */
	void (*stayers)(struct wh_chat *chat, bool (*each)(void *self, const struct wh_chat_actor *who, enum wh_chat_stay what), void *self);

	/** `stayed` is told when that changes; one for each plugin. WH_EFULL. */
	enum wh_err (*stay_listen)(struct wh_chat *chat, wh_chat_stayed *stayed, void *self);

	/** `blocked` is told of all blocks before this returns, and of each that changes from then on; one for each plugin. For the plugin's open alone, as
	 * the store is read on the spot. WH_EFULL, or what the store says. */
	enum wh_err (*block_listen)(struct wh_chat *chat, wh_chat_blocked *blocked, void *self);
};

#endif
