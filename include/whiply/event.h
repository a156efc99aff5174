/* Events and hooks. An event that clients see is a name and items, so that every dialect, and a script, can read it; an
 * event that plugins take part in is a hook point with a struct of its own. */
#ifndef WHIPLY_EVENT_H
#define WHIPLY_EVENT_H

#include <whiply/host.h>
#include <whiply/json.h>

/** One named value of an event or of a command's arguments. */
struct wh_item {
	const char *key;
	struct wh_value value;
};

#define WH_ITEM_STR(k, str) ((struct wh_item){ .key = (k), .value = { .type = WH_V_STR, .s = (str) } })
#define WH_ITEM_INT(k, n) ((struct wh_item){ .key = (k), .value = { .type = WH_V_INT, .i = (n) } })
#define WH_ITEM_BOOL(k, yes) ((struct wh_item){ .key = (k), .value = { .type = WH_V_BOOL, .b = (yes) } })
/** A value that is JSON text already: an array or an object. */
#define WH_ITEM_JSON(k, text) ((struct wh_item){ .key = (k), .value = { .type = WH_V_OBJECT, .raw = (text) } })

/** Something that happened, as clients are told. In JSON it is the notification `name` with the items as its params. */
struct wh_event {
	const char *name;		/**< "chat.message" */
	const struct wh_item *items;
	size_t n;
};

/** What every hook struct begins with. */
struct wh_occasion {
	const struct wh_host *host;	/**< the host of the plugin that is being asked */
	wh_id ticket;			/**< for WH_HOLD and wh_hook_go */
};

/** Who gets a message that no hook refused. */
enum wh_message_way {
	WH_WAY_ROOM,		/**< everybody in the room */
	WH_WAY_SELF,		/**< only the sessions of whoever says it; it is answered as if it were said, and is no entry */
	WH_WAY_NOBODY,		/**< nobody: it was a command, say, and a hook did it. Answered likewise */
};

/** A session wants to say something in a room. */
struct wh_message {
	struct wh_occasion at;
	struct wh_session *from;
	struct wh_room *room;
	struct wh_str text;		/**< valid UTF-8; a hook that changes it points to memory that lives until its next call */
	const char *kind;		/**< "say", "act", "notice", "edit", "poll" */
	enum wh_message_way way;	/**< a hook that changes it says WH_CHANGED; after a hold, see wh_message_find */
	uint64_t number;		/**< of this asking, never given twice; chat's `listen` tells which entry it became. 0: has none */
	int64_t ref;			/**< chat's id of the entry that it answers or, of an edit, changes; 0: none */
};

/** A session enters or leaves a room. Leaving can't be refused. */
struct wh_passage {
	struct wh_occasion at;
	struct wh_session *session;
	struct wh_room *room;
	struct wh_str reason;
};

enum wh_presence_kind {
	WH_OPENED = 1,
	WH_IDENTIFIED,
	WH_DETACHED,
	WH_RESUMED,
	WH_ENDED,
	WH_ENDING,	/**< will end at once; it still is in its rooms */
};

/** A session began, became somebody, lost its connection, was resumed, or ended. */
struct wh_presence {
	struct wh_occasion at;
	struct wh_session *session;
	enum wh_presence_kind what;
};

/** A command is about to run: arguments, permission and rate are checked already. */
struct wh_attempt {
	struct wh_occasion at;
	struct wh_call *call;
	const struct wh_command *command;
};

/** An HTTP request or a new connection shows a credential. The hook that knows it identifies the session and says WH_CHANGED; what it
 * does not know it passes. While it is held, what the client says waits. */
struct wh_credential {
	struct wh_occasion at;
	struct wh_session *session;
	struct wh_str bearer;		/**< of Authorization: Bearer, or empty */
	struct wh_str cookie;		/**< the Cookie header, or empty */
	struct wh_str certificate;	/**< SHA-256 of the TLS client certificate in hex, or empty */
};

/** A plugin's part of a session's papers: what it needs to go on after the hub was replaced. At most 1 KiB a plugin. */
struct wh_papers {
	struct wh_occasion at;
	struct wh_session *session;
	struct wh_str load;		/**< WH_ON_LOAD: what was saved */
	struct wh_out *save;		/**< WH_ON_SAVE: write here */
};

/** A person wants all that is kept of them (WH_ON_EXPORT), or wants it gone (WH_ON_ERASE). Each plugin that keeps something of people
 * by their id answers both. */
struct wh_person {
	struct wh_occasion at;
	struct wh_str id;		/**< of the account or guest */
	struct wh_str name;
	struct wh_json *out;		/**< WH_ON_EXPORT: the inside of an object that is the plugin's own. After a hold ask wh_person_find */
};

/** /health/ready is asked. A hook that finds something wrong says so with wh_unwell. */
struct wh_health {
	struct wh_occasion at;
	struct wh_json *details;
};

/** The hub was replaced, and the rooms and sessions of the one before are here again, members, seqs, papers and all. Nothing that clients said
 * since was handled yet: the time to publish what a log has and the rooms have not. Told once for all edges, and again for each that is
 * late. */
struct wh_recovered {
	struct wh_occasion at;
};

/** Something was done that must be accountable. */
struct wh_audit {
	struct wh_occasion at;
	const struct wh_identity *who;
	struct wh_str address;
	struct wh_str action;		/**< the command's name */
	struct wh_str arguments;	/**< JSON */
	enum wh_err outcome;
};

enum wh_hook_point {
	WH_ON_MESSAGE = 1,	/**< .message; may refuse, change, hold */
	WH_ON_JOIN,		/**< .passage; may refuse, hold */
	WH_ON_LEAVE,		/**< .passage */
	WH_ON_PRESENCE,		/**< .presence */
	WH_ON_ATTEMPT,		/**< .attempt; may refuse */
	WH_ON_CREDENTIAL,	/**< .credential; WH_REFUSE: it is a bad one; may hold */
	WH_ON_SAVE,		/**< .papers */
	WH_ON_LOAD,		/**< .papers */
	WH_ON_HEALTH,		/**< .health */
	WH_ON_AUDIT,		/**< .audit */
	WH_ON_RECOVERED,	/**< .recovered */
	WH_ON_EXPORT,		/**< .person; may hold */
	WH_ON_ERASE,		/**< .person; may refuse, hold */
	WH_HOOK_POINTS
};

struct wh_hook {
	enum wh_hook_point point;
	int order;		/**< lower is asked earlier; 0 to 100, 50 is the middle */
	union {
		enum wh_verdict (*message)(void *self, struct wh_message *m);
		enum wh_verdict (*passage)(void *self, struct wh_passage *p);
		enum wh_verdict (*presence)(void *self, struct wh_presence *p);
		enum wh_verdict (*attempt)(void *self, struct wh_attempt *a);
		enum wh_verdict (*credential)(void *self, struct wh_credential *c);
		enum wh_verdict (*papers)(void *self, struct wh_papers *p);
		enum wh_verdict (*health)(void *self, struct wh_health *h);
		enum wh_verdict (*audit)(void *self, struct wh_audit *a);
		enum wh_verdict (*recovered)(void *self, struct wh_recovered *r);
		enum wh_verdict (*person)(void *self, struct wh_person *p);
	};
};

/** Says why a hook refuses: `why` is a sentence for the person, `retry_ms` 0 or when to try again. Returns WH_REFUSE. */
static inline enum wh_verdict
wh_refuse(const struct wh_occasion *at, enum wh_err err, const char *why, int64_t retry_ms)
{
	return at->host->ops->refuse(at, err, why, retry_ms);
}

/** Lets a held occasion go on (WH_PASS) or end (WH_REFUSE, with the error and reason). A stale ticket does nothing. */
static inline void
wh_hook_go(const struct wh_host *h, wh_id ticket, enum wh_verdict verdict, enum wh_err err, const char *why)
{
	h->ops->hook_go(h, ticket, verdict, err, why);
}

/** Reports that a part of the server is unwell: /health/ready answers 503 and names it. */
static inline void
wh_unwell(struct wh_health *health, const char *part, const char *why)
{
	health->at.host->ops->unwell(health, part, why);
}

/** What became of an occasion that a plugin brought about. */
typedef void wh_outcome(void *self, uint64_t cookie, enum wh_err err, struct wh_str why, int64_t retry_ms);

/** Shows a message to the hooks. `then` is called with WH_OK and the (changed) message, or with the refusal; at once or later. */
typedef void wh_message_then(void *self, uint64_t cookie, struct wh_message *m, enum wh_err err, struct wh_str why, int64_t retry_ms);

static inline void
wh_message_ask(const struct wh_host *h, const struct wh_message *m, wh_message_then *then, uint64_t cookie)
{
	h->ops->message_ask(h, m, then, cookie);
}

/** The message of a ticket that the plugin holds: its `text`, `kind` and `number` to read, and its `way` to set. NULL: that is over. */
static inline struct wh_message *
wh_message_find(const struct wh_host *h, wh_id ticket)
{
	return h->ops->message_find(h, ticket);
}

/** What all plugins keep of a person, an object with a member for each plugin; or why it could not be had. */
typedef void wh_person_then(void *self, uint64_t cookie, enum wh_err err, struct wh_str json, struct wh_str why);

/** Shows a person to the hooks of `point`, WH_ON_EXPORT or WH_ON_ERASE; `then` is called at once or later. */
static inline void
wh_person_ask(const struct wh_host *h, enum wh_hook_point point, struct wh_str id, struct wh_str name, wh_person_then *then, uint64_t cookie)
{
	h->ops->person_ask(h, (int)point, id, name, then, cookie);
}

/** The person of a ticket that the plugin holds, to write to its `out`; NULL when that is over. */
static inline struct wh_person *
wh_person_find(const struct wh_host *h, wh_id ticket)
{
	return h->ops->person_find(h, ticket);
}

#endif
