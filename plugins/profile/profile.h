/* The plugin profile: keys and values that people and rooms have, kept for accounts and registered rooms. Between its files:
 *  profile.c  tables, settings, opening; who comes and goes; the service
 *  values.c   what is in memory
 *  command.c  profile.get, profile.set, profile.clear */
#ifndef PLUGIN_PROFILE_H
#define PLUGIN_PROFILE_H

#include <whiply/accounts.h>
#include <whiply/chat.h>
#include <whiply/profile.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum { PROFILE_SUBJECT = 130, PROFILE_ALLOWED = 1000, PROFILE_ROWS = 100000 };

struct value {
	char key[WH_PROFILE_KEY + 1];
	char *text;			/* owned */
};

/** A person who is connected, or a room. Values stand in the order of their keys. */
struct subject {
	char id[PROFILE_SUBJECT + 1];
	bool kept;			/* in the store: an account, or a room */
	unsigned sessions;		/* of a person */
	size_t n;
	struct value values[WH_PROFILE_KEYS];
};

/** What every session has of ours. */
struct profile_slot {
	uint64_t instance;
	struct subject *subject;
};

struct profile {
	const struct wh_host *host;
	struct wh_table table;
	const struct wh_chat_ops *chat;
	struct wh_chat *chat_self;
	const struct wh_accounts_ops *accounts;	/* NULL: there are none */
	struct wh_accounts *accounts_self;
	struct wh_dict *subjects;	/* owned, by id */
	struct wh_slot *slot;
	uint64_t instance;
	wh_profile_listener *heard;
	void *heard_self;
	int64_t crowd;
	char keys[PROFILE_ALLOWED + 1];	/* those that may be set, with blanks between; "": any */
};

enum profile_statement { Q_OF, Q_ROOMS, Q_SET, Q_DROP, Q_MOVE, Q_DROP_ALL };

/* values.c */
struct subject *subject_find(struct profile *p, struct wh_str id);
struct subject *subject_make(struct profile *p, struct wh_str id);
void subject_free(struct profile *p, struct subject *s);
const char *value_of(const struct subject *s, struct wh_str key);
/** WH_EFULL: it has as many as it may. */
enum wh_err value_set(struct profile *p, struct subject *s, struct wh_str key, struct wh_str text);
void value_drop(struct profile *p, struct subject *s, struct wh_str key);
bool key_ok(struct wh_str key);

/* profile.c */
void profile_changed(struct profile *p, const struct wh_profile_change *change);

/* command.c */
extern const struct wh_command profile_commands[];

#endif
