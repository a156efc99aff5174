/* Accounts, as a service: name "accounts" in the plugin's `needs`. Chat, IRC and moderation read from it how far somebody is to be trusted
 * and what role they have in a room, and change it. What is answered at once comes from memory; what has to be looked up is answered
 * through a `done`, once, on the hub's thread, possibly before the call returns. After the hub was replaced, sessions are looked up again
 * within moments; until then they have no trust and no role in rooms: see `settle`.
 * A plugin that hands out a `done` says `forget` in its close. */
#ifndef WHIPLY_ACCOUNTS_H
#define WHIPLY_ACCOUNTS_H

#include <whiply/host.h>

enum { WH_ACCOUNTS_VERSION = 1 };

struct wh_accounts;

/** How far a session is to be trusted. Zero of all is a guest. */
struct wh_trust {
	bool account;			/**< signed in to one */
	bool bot;
	bool mail_confirmed;
	int64_t age_ms;			/**< of the account */
	int64_t said;			/**< messages, as `said` counted them */
	int64_t strikes;
};

/** What everybody may know of an account. Borrowed until `done` returns. */
struct wh_account {
	struct wh_str id;
	struct wh_str name;
	struct wh_str state;		/**< "pending", "active", "disabled", "erased" */
	bool bot;
	int64_t created;		/**< wall clock, ms */
	struct wh_trust trust;
};

/** A role in a room, or (`room` empty) everywhere. */
struct wh_account_grant {
	struct wh_str account;		/**< id */
	struct wh_str role;
	struct wh_str room;
	int64_t until;			/**< wall clock, ms; 0: for good */
	struct wh_str by;		/**< id of who grants; empty: the server */
	struct wh_str why;
};

typedef void wh_accounts_done(void *self, uint64_t cookie, enum wh_err err);

typedef void wh_accounts_settled(void *self);

/** WH_OK with the account, or WH_ENOENT, or what the store failed with. */
typedef void wh_accounts_found(void *self, uint64_t cookie, enum wh_err err, const struct wh_account *account);

struct wh_accounts_ops {
	/** False, and zeros, for guests and operators. */
	bool (*trust)(struct wh_accounts *accounts, struct wh_session *s, struct wh_trust *out);

	/** The session said something. Counted for its account, and written in batches. */
	void (*said)(struct wh_accounts *accounts, struct wh_session *s);

	/** So many strikes more (or, negative, less) for an account. */
	enum wh_err (*strike)(struct wh_accounts *accounts, struct wh_str account, int64_t more, struct wh_str by, struct wh_str why);

	/** The roles that the session's account has in the room, with blanks between; empty: none. Good until the next call. */
	struct wh_str (*room_role)(struct wh_accounts *accounts, struct wh_session *s, struct wh_str room);

	/** Grants or takes a role, without asking whether `by` may: that is the caller's to know. Its sessions have it when `done` (may be
	 * NULL) runs. An error that is returned means that `done` is not called. */
	enum wh_err (*grant)(struct wh_accounts *accounts, const struct wh_account_grant *grant, wh_accounts_done *done, void *self, uint64_t cookie);
	enum wh_err (*ungrant)(struct wh_accounts *accounts, const struct wh_account_grant *grant, wh_accounts_done *done, void *self, uint64_t cookie);

	/** An account by its id or its name, however that is written. */
	enum wh_err (*find)(struct wh_accounts *accounts, struct wh_str name_or_id, wh_accounts_found *done, void *self, uint64_t cookie);

	/** Is the name an account's, reserved, or like one that is? WH_EEXIST: it is; WH_EINVAL: it can be no name; WH_OK: it is free. */
	enum wh_err (*taken)(struct wh_accounts *accounts, struct wh_str name, wh_accounts_done *done, void *self, uint64_t cookie);

	/** Closes all sessions of an account, with a sentence for the person; they may come back. Returns how many. */
	unsigned (*close)(struct wh_accounts *accounts, struct wh_str account, struct wh_str why);

	/** No `done` of this self is called any more. */
	void (*forget)(struct wh_accounts *accounts, void *self);

	/** Has every session been looked up that was there before this hub? If not, `settled` is called, once, when they have been, or could not
	 * be. One wish a self: WH_WAIT; WH_EFULL when too many wait. */
	enum wh_err (*settle)(struct wh_accounts *accounts, wh_accounts_settled *settled, void *self);

	/** A room has another name: the roles in it are from now on those in that one. Told again it changes nothing. */
	void (*room_moved)(struct wh_accounts *accounts, struct wh_str from, struct wh_str to);
};

#endif
