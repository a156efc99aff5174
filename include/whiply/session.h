/* Sessions: clients as the hub knows them. A session outlives its connection for a while, so that it can be resumed. */
#ifndef WHIPLY_SESSION_H
#define WHIPLY_SESSION_H

#include <whiply/host.h>

enum wh_identity_kind {
	WH_GUEST = 1,
	WH_ACCOUNT,
	WH_OPERATOR,	/**< the control socket, or one of the config file's tokens */
};

/** Who a session is. The slices live as long as the session keeps this identity. */
struct wh_identity {
	enum wh_identity_kind kind;
	struct wh_str id;	/**< stable: of the guest or the account */
	struct wh_str name;	/**< to show */
	struct wh_str roles;	/**< names, separated by spaces; "guest", "member moderator", … */
};

static inline wh_id
wh_session_id(const struct wh_host *h, const struct wh_session *s)
{
	return h->ops->session_id(h, s);
}

/** The session, or NULL when it is gone. */
static inline struct wh_session *
wh_session_get(const struct wh_host *h, wh_id id)
{
	return h->ops->session_get(h, id);
}

static inline const struct wh_identity *
wh_session_identity(const struct wh_host *h, const struct wh_session *s)
{
	return h->ops->session_identity(h, s);
}

/** Makes the session somebody (copied). WH_ON_PRESENCE hooks are told WH_IDENTIFIED. A client that has a resume token already gets a new
 * one, with the event session.identity: what was handed out to a guest does not open what an account may. */
static inline enum wh_err
wh_session_identify(const struct wh_host *h, struct wh_session *s, const struct wh_identity *who)
{
	return h->ops->session_identify(h, s, who);
}

/** May this session do what `permission` names, where it came in? */
static inline bool
wh_session_may(const struct wh_host *h, const struct wh_session *s, const char *permission)
{
	return h->ops->session_may(h, s, permission);
}

/** The client's address as text, without the port. */
static inline struct wh_str
wh_session_address(const struct wh_host *h, const struct wh_session *s)
{
	return h->ops->session_address(h, s);
}

/** A gateway that is trusted says from where the client really came; from now on that is its address. WH_EINVAL: it is none. */
static inline enum wh_err
wh_session_address_set(const struct wh_host *h, struct wh_session *s, struct wh_str address)
{
	return h->ops->session_address_set(h, s, address);
}

/** Does it come over TLS, as far as this server, or a proxy that it trusts, can tell? */
static inline bool
wh_session_secure(const struct wh_host *h, const struct wh_session *s)
{
	return h->ops->session_secure(h, s);
}

/** A decoded parameter of the query with which it came to its dialect's path; for the dialect's `open`, later it is forgotten. Empty when there
 * is none. Good until the next call of this. */
static inline struct wh_str
wh_session_param(const struct wh_host *h, const struct wh_session *s, const char *name)
{
	return h->ops->session_param(h, s, name);
}

/** The name of the dialect it speaks; empty while it has no connection. */
static inline const char *
wh_session_dialect(const struct wh_host *h, const struct wh_session *s)
{
	return h->ops->session_dialect(h, s);
}

/** Does its client hear what it says itself as an event, as others do? See WH_UNLESS_ECHO. */
static inline bool
wh_session_echoes(const struct wh_host *h, struct wh_session *s)
{
	return h->ops->session_echoes(h, s);
}

/** How it speaks within its dialect; for the dialect itself. It survives the hub. */
static inline uint32_t
wh_session_accent(const struct wh_host *h, const struct wh_session *s)
{
	return h->ops->session_accent(h, s);
}

/** The client asked to be spoken to in another way. What was published before is rendered as before. WH_ENOMEM: it stays as it was. */
static inline enum wh_err
wh_session_accent_set(const struct wh_host *h, struct wh_session *s, uint32_t accent)
{
	return h->ops->session_accent_set(h, s, accent);
}

/** Sends bytes as they are: one WebSocket message, or one line. For dialects; others use wh_session_notify. WH_EAWAY likewise. */
static inline enum wh_err
wh_session_send(const struct wh_host *h, struct wh_session *s, struct wh_str bytes)
{
	return h->ops->session_send(h, s, bytes);
}

/** Tells one session of an event, rendered in its dialect. WH_EAWAY while its connection is lost: it is not kept for later;
 * a client that resumes reads what it missed from its rooms' logs. WH_ENOTSUP: its dialect does not tell such events. */
static inline enum wh_err
wh_session_notify(const struct wh_host *h, struct wh_session *s, const struct wh_event *e)
{
	return h->ops->session_notify(h, s, e);
}

/** Ends the session and closes its connection with a WebSocket code (4000 to 4999 are ours) and a reason for people. */
static inline void
wh_session_close(const struct wh_host *h, struct wh_session *s, unsigned code, struct wh_str reason)
{
	h->ops->session_close(h, s, code, reason);
}

/** Reserves `size` bytes in every session, zero at first. Called in open; the host takes it back at close, but when the plugin is
 * reloaded and asks for the same name and size, what stood there still does. NULL: no room. */
static inline struct wh_slot *
wh_session_slot(const struct wh_host *h, const char *name, size_t size)
{
	return h->ops->session_slot(h, name, size);
}

/** The plugin's bytes in this session. */
static inline void *
wh_slot_of(const struct wh_host *h, struct wh_session *s, const struct wh_slot *slot)
{
	return h->ops->slot_of(h, s, slot);
}

/** Says that what the plugin's WH_ON_SAVE hook would write for this session changed: the papers are mirrored anew. */
static inline void
wh_session_changed(const struct wh_host *h, struct wh_session *s)
{
	h->ops->session_changed(h, s);
}

/** Calls `each` for every session until it returns false. It must not close sessions. */
static inline void
wh_session_each(const struct wh_host *h, bool (*each)(void *self, struct wh_session *s), void *self)
{
	h->ops->session_each(h, each, self);
}

#endif
