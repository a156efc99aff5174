/* Sessions: clients as the hub knows them. Found by id and, through their edge, by connection. A session is *attached* to a
 * connection, *detached* (its connection is lost; it may be resumed with its token until the window is over), or *ephemeral*
 * (no connection of its own: an HTTP call, the control socket). What is sent to a detached session is not kept: the
 * client reads what it missed from its rooms' logs.
 * An idle session costs under 500 bytes all in: keep the struct small. After session_end a pointer stays readable until the
 * turn is over; hold ids, not pointers. */
#ifndef WHIPLY_HUB_SESSION_H
#define WHIPLY_HUB_SESSION_H

#include <whiply/list.h>
#include <whiply/session.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/map.h"

struct dialect;
struct edge;
struct hub;
struct session_slots;
struct set_link;
struct wh_rec_closed;
struct wh_rec_opened;

enum {
	SESSION_TOKEN_BYTES = 32,			/* of chance in a resume token */
	SESSION_TOKEN_SIZE = 16 + 43 + 1,		/* its text with the NUL: the id in hex, then base64url */
	SESSION_HASH = 32,				/* SHA-256 */
	SESSION_IDENTITY_MAX = 1024,			/* bytes of id, name and roles together */
	SESSION_SLOTS = 128,				/* slots of all plugins together */
	SESSION_SLOTS_BYTES = 8192,			/* their bytes in one session */
	SESSION_EARLY_MAX = 65536,			/* of what a client may say before it is known who it is */
};

enum session_state { SESSION_ATTACHED = 1, SESSION_DETACHED, SESSION_EPHEMERAL, SESSION_ENDED };

/** Close codes that the core uses. */
enum session_close_code {
	SESSION_CLOSE_BAD_CREDENTIAL = 4401,
	SESSION_CLOSE_ELSEWHERE = 4001,		/* resumed over another connection */
	SESSION_CLOSE_RESTART = 1012,
	SESSION_CLOSE_FULL = 1013,
	SESSION_CLOSE_PROTOCOL = 1002,
	SESSION_CLOSE_GONE = 1000,		/* to an edge, of a connection that has closed: it need not be kept */
};

struct wh_session {
	wh_id id;
	wh_id conn;			/* while attached */
	wh_id past;			/* while detached: the connection that its edge keeps for it; 0: none */
	struct edge *edge;		/* while attached */
	struct dialect *dialect;	/* NULL: ephemeral, or the dialect is gone */
	struct wh_identity who;		/* slices into `text` */
	char *text;			/* owned: id, name, roles, each with its NUL */
	struct session_slots *slots;	/* owned: the plugins' bytes, made when first asked for */
	struct set_link *links;		/* owned: rooms and groups that it is in; see set.h */
	struct wh_buf *early;		/* owned: what it said while `asking`; NULL: nothing */
	char *query;			/* owned: of a dialect with a path, until it is greeted */
	uint32_t n_links, cap_links;
	struct wh_list place;		/* in sessions.detached, .closing or .ended */
	struct wh_list dirty;		/* papers to be mirrored at the end of the turn */
	int64_t opened_ms;		/* wall clock */
	int64_t detached_ms;		/* monotonic */
	struct wh_addr address;
	uint16_t listener;
	uint32_t accent;		/* of its dialect; see wh_accent */
	uint8_t state;			/* enum session_state */
	uint8_t reach;			/* enum wh_allow, of an HTTP call: where it came in; 0: see reach_of */
	bool tls : 1;
	bool resumable : 1;		/* a token was given out */
	bool closing : 1;		/* we closed it: it ends with its connection */
	bool parted : 1;		/* and said the last that there is to say */
	bool local : 1;			/* the control socket */
	bool restoring : 1;		/* recovery is not over: plugins know nothing of it */
	bool asking : 1;		/* a hook holds its credential: it has no papers yet, and is not greeted */
	uint8_t token_hash[SESSION_HASH];
};

/** Where a plugin's bytes stand in every session. Kept over a reload of the plugin: see session_slot. */
struct wh_slot {
	char name[64];
	const struct wh_host *owner;	/* NULL: the core, or nobody at the moment */
	uint32_t at, size;
	bool used;
};

struct sessions {
	struct wh_map64 by_id;
	struct wh_list detached;	/* longest detached first */
	size_t n_detached, n_attached;
	struct wh_list closing;		/* ended when the turn is over */
	struct wh_list ended;		/* freed after that */
	struct wh_list dirty;
	wh_id timer;			/* for the detached */
	uint64_t next;			/* of ids */
	struct wh_slot slots[SESSION_SLOTS];
	uint32_t slots_n, slots_bytes;
	char address_text[WH_ADDR_TEXT];
	struct wh_buf params;		/* of the query that session_param read last */
	_Alignas(16) char sink[SESSION_SLOTS_BYTES];	/* what session_slot_of gives when memory is out */
};

enum wh_err sessions_init(struct hub *hub);
void sessions_finish(struct hub *hub);

/** The session, or NULL when it ended. */
struct wh_session *session_get(struct hub *hub, wh_id id);
struct wh_session *session_by_conn(struct hub *hub, wh_id conn);

/** Calls `each` for every session, ephemeral ones too, until it returns false. It must not open or end sessions. */
void session_each(struct hub *hub, bool (*each)(void *self, struct wh_session *s), void *self);

/** A guest for as long as a call. `peer` may be NULL. NULL: out of memory or over sessions_max. No presence is told. */
struct wh_session *session_ephemeral(struct hub *hub, const struct wh_addr *peer, bool tls);

/** Ends a session now: leaves its rooms, tells WH_ENDED. Its connection is not touched: see session_close. */
void session_end(struct hub *hub, struct wh_session *s);

/** Farewell, then closes the connection and ends the session at the end of the turn. */
void session_close(struct hub *hub, struct wh_session *s, unsigned code, struct wh_str reason);

/** Farewell, then closes the connection; the session is detached at once, as if it was lost, and may be resumed. */
void session_drop(struct hub *hub, struct wh_session *s, unsigned code, struct wh_str reason);

/** See wh_session_param. */
struct wh_str session_param(struct hub *hub, const struct wh_session *s, const char *name);

/** Bytes as they are to its client. WH_EAWAY while detached or ephemeral. */
enum wh_err session_send(struct hub *hub, struct wh_session *s, struct wh_str bytes);

/** Moves its connection to the groups of that accent in all its rooms. WH_ENOMEM: nothing changed. */
enum wh_err session_accent_set(struct hub *hub, struct wh_session *s, uint32_t accent);

/** An event in its dialect. WH_EAWAY while detached: it is not kept. WH_ENOTSUP: the dialect does not tell such events. */
enum wh_err session_notify(struct hub *hub, struct wh_session *s, const struct wh_event *e);

/** Copies `who`. WH_ETOOBIG past SESSION_IDENTITY_MAX, WH_EINVAL for an unknown kind or a NUL byte. Tells WH_IDENTIFIED. */
enum wh_err session_identify(struct hub *hub, struct wh_session *s, const struct wh_identity *who);

/** "guest", "account" or "operator". */
struct wh_str session_kind_word(const struct wh_session *s);

/** Good until the next call of this function. */
struct wh_str session_address(struct hub *hub, const struct wh_session *s);

/** "" when there is none. */
const char *session_dialect_name(const struct wh_session *s);

/** The papers are saved and mirrored at the end of this turn. */
void session_changed(struct hub *hub, struct wh_session *s);

/** Makes a new resume token and forgets the one before. For the greeting, once; WH_ESTATE for what has no connection,
 * WH_ENOTSUP when the resume window is 0. */
enum wh_err session_token(struct hub *hub, struct wh_session *s, char token_out[static SESSION_TOKEN_SIZE]);

/** The connection of `fresh` goes on as the session that the token names, with that one's identity and rooms; `fresh` ends.
 * Tells WH_RESUMED. The token is used up: call session_token. WH_EAUTH: no such token, or too late; nothing changed. */
enum wh_err session_resume(struct hub *hub, struct wh_session *fresh, struct wh_str token, struct wh_session **resumed_out);

/** Reserves bytes in every session, also in those that are there. When nobody holds a slot of that name and size (its
 * plugin was reloaded) it is that one again, with what stands in it. `size` is rounded up to 16. NULL: no room. */
struct wh_slot *session_slot(struct hub *hub, const struct wh_host *owner, const char *name, size_t size);

/** The plugin goes: nobody holds its slots. Without `keep` they are zero when another takes them. */
void session_slots_release(struct hub *hub, const struct wh_host *owner, bool keep);

/** Never NULL: out of memory it is a place of zeros that nobody reads. Aligned to 16; stays where it is until the session ends. */
void *session_slot_of(struct hub *hub, struct wh_session *s, const struct wh_slot *slot);

/* What the edges' links bring; called by edge_link.c and recovery.c. */

/** A new connection. Closes it when there is no dialect, no room or a bad credential. */
void session_opened(struct hub *hub, struct edge *edge, const struct wh_rec_opened *r);

/** The hooks have seen its credential: goes on with greeting it, or closes it. */
void session_known(struct hub *hub, wh_id id, bool good);

/** What its client says: to its dialect, or kept until it is known who it is. */
void session_receive(struct hub *hub, struct wh_session *s, struct wh_str bytes, unsigned flags);

/** Its connection ended: detaches the session, or ends it when it can't be resumed. */
void session_closed(struct hub *hub, struct wh_session *s, const struct wh_rec_closed *r);

/** The connection is lost with its edge. */
void session_lost(struct hub *hub, struct wh_session *s);

/** A session as it was before the hub was replaced, attached to `conn`; nothing is told to plugins. NULL: out of memory, or
 * the id is taken. id 0: a new one. */
struct wh_session *session_restore(struct hub *hub, wh_id id, struct edge *edge, wh_id conn, const struct wh_identity *who);

/* Between the files of this unit. */

/** A guest in by_id, in no state yet. */
struct wh_session *session_new(struct hub *hub, wh_id id, const struct wh_identity *who);
enum wh_err session_set_identity(struct wh_session *s, const struct wh_identity *who);

/** Sets state and connection and counts it. */
void session_attach(struct hub *hub, struct wh_session *s, struct edge *edge, wh_id conn, struct dialect *d);

/** The connection leaves all groups and the edge's table; the session is in no state then. `gone`: the edge knows already. */
void session_unhook(struct hub *hub, struct wh_session *s, bool gone);

/** Unhooks, and lets it wait for a resume; or ends it, at once or with `later` at the end of the turn, when it can't be. */
void session_detach(struct hub *hub, struct wh_session *s, bool gone, bool later);

/** Its edge need not keep its last connection any more. */
void session_past_over(struct hub *hub, struct wh_session *s);
void session_hash_token(struct hub *hub, struct wh_str text, uint8_t hash_out[static SESSION_HASH]);
void session_slots_free(struct wh_session *s);

/** Ends what was closed and mirrors dirty papers; then, when nobody can hold a pointer any more, frees what ended. */
void sessions_turn_end(struct hub *hub);
void sessions_free_ended(struct hub *hub);

#endif
