/* Bans of the whole server, as a service: name "bans" (or "?bans") in the plugin's `needs`. A ban holds in every dialect at once, from the
 * moment in which `done` says so: whom it matches is closed with its sentence and a code. What is asked at once is answered from memory;
 * what is changed is in the store when `done` runs, once, on the hub's thread, possibly before the call returns.
 * A plugin that hands out a `done` says `forget` in its close.
 *
 * A moderator need never see an address: `add_network` bans the network that a session comes from by its hash, and `network` is that hash, under
 * a key of this server's own, to compare and to show to rules. */
#ifndef WHIPLY_BANS_H
#define WHIPLY_BANS_H

#include <whiply/host.h>

enum { WH_BANS_VERSION = 1 };

enum {
	WH_BAN_ID = 12,			/* letters of an id */
	WH_BAN_HASH_SIZE = 33,		/* room for a network's hash: 32 hexadecimal digits and a NUL */
	WH_BAN_WHAT = 128,		/* bytes, likewise of the following */
	WH_BAN_TEXT = 300,		/* of the sentence and of the note */
	WH_BAN_CAUSE = 64,
};

enum wh_ban_kind {
	WH_BAN_NETWORK = 1,	/**< an address or a network, "203.0.113.7", "2001:db8::/32" */
	WH_BAN_HASH,		/**< a network by its hash */
	WH_BAN_NAME,		/**< a mask of names, * and ?: whoever is called so */
	WH_BAN_RESERVED,	/**< a mask of names that nobody may take; who has one keeps it */
	WH_BAN_ROOM,		/**< a mask of rooms that nobody may enter */
	WH_BAN_ACCOUNT,		/**< the id of an account */
	WH_BAN_CERTIFICATE,	/**< the SHA-256 of a TLS client certificate, in hex */
	WH_BAN_KINDS
};

/** Of networks, hashes and accounts there is more than one effect. */
enum wh_ban_effect {
	WH_BAN_REFUSE = 0,	/**< may not be here */
	WH_BAN_REGISTERED,	/**< may be here with an account only (networks and hashes) */
	WH_BAN_EXEMPT,		/**< what is said of networks, throttles and DNS lists does not hold (networks, hashes and accounts) */
};

/** A ban. When it is added the slices are copied; when it is told they are good until the call or the `done` returns. */
struct wh_ban {
	enum wh_ban_kind kind;
	enum wh_ban_effect effect;
	struct wh_str what;		/**< see the kinds */
	struct wh_str shown;		/**< what people read instead, such as an account's name; may be empty */
	int64_t until;			/**< wall clock, ms; 0: for good */
	struct wh_str why;		/**< the sentence that whoever is banned reads; empty: none */
	struct wh_str note;		/**< for operators alone */
	struct wh_str by, by_name;	/**< id and name of who sets it; empty: the server */
	struct wh_str cause;		/**< what it belongs to, such as a moderator's action, to be removed with it; empty: none */
	/* Told, not taken: */
	struct wh_str id;
	int64_t at;			/**< when it was set */
};

struct wh_bans;

/** WH_OK with the ban, which is in force; else an error, and nothing happened. */
typedef void wh_bans_added(void *self, uint64_t cookie, enum wh_err err, const struct wh_ban *ban);

/** WH_OK with how many were removed; else an error, and none was. */
typedef void wh_bans_removed(void *self, uint64_t cookie, enum wh_err err, size_t n);

struct wh_bans_ops {
	/** Adds a ban, and closes whom it matches. One with the same kind, `what` and cause is replaced. An error that is returned means that
	 * `done` (may be NULL) is not called: WH_EINVAL, `what` is none of that kind; WH_EFULL, there are too many; or what the store says. */
	enum wh_err (*add)(struct wh_bans *bans, const struct wh_ban *ban, wh_bans_added *done, void *self, uint64_t cookie);

	/** The same of the network that a session comes from: a WH_BAN_HASH; `kind` and `what` are not read. WH_ENOENT: it comes from none,
	 * such as a socket of this machine. */
	enum wh_err (*add_network)(struct wh_bans *bans, struct wh_session *s, const struct wh_ban *ban, wh_bans_added *done, void *self, uint64_t cookie);

	/** Removes a ban by its id (WH_ENOENT at once: there is none), or all of a cause. */
	enum wh_err (*remove)(struct wh_bans *bans, struct wh_str id, wh_bans_removed *done, void *self, uint64_t cookie);
	enum wh_err (*remove_cause)(struct wh_bans *bans, struct wh_str cause, wh_bans_removed *done, void *self, uint64_t cookie);

	/** The hash of the network that a session comes from: of the address, of IPv6 the /64. False, and empty, when it comes from none. */
	bool (*network)(struct wh_bans *bans, struct wh_session *s, char out[WH_BAN_HASH_SIZE]);

	/** Is there a ban of this kind that matches an address, a hash, a name, a room, an id or a fingerprint? The one that weighs most: one that
	 * exempts, then one that refuses. */
	bool (*match)(struct wh_bans *bans, enum wh_ban_kind kind, struct wh_str what, struct wh_ban *out);

	/** The names of the DNS lists that mark the session's address, with blanks between; empty: none, or not known yet. Good until the
	 * next call. */
	struct wh_str (*marks)(struct wh_bans *bans, struct wh_session *s);

	/** The session's address is another one now (a gateway said so): it is looked at again, and may be gone when this returns. */
	void (*look)(struct wh_bans *bans, struct wh_session *s);

	/** No `done` of this self is called any more. */
	void (*forget)(struct wh_bans *bans, void *self);
};

#endif
