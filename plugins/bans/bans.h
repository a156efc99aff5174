/* The plugin bans: who may not be on this server at all, in whatever dialect. Bans stand in the store and, indexed, in memory; a session is judged
 * when it opens, becomes somebody, or has another address, and all of them when a ban is set. Between its files:
 *  bans.c      tables, settings, opening
 *  net.c       networks and the trie that they stand in
 *  set.c       the bans in memory: what is told by one look
 *  keep.c      the store: adding, removing, reading, what expires
 *  judge.c     what holds for whom, and the sentence for it
 *  session.c   sessions: coming, going, being closed, their papers
 *  ask.c       what sessions and requests ask: commands, credentials, rooms
 *  moved.c     rooms that get another name
 *  throttle.c  how many sessions a network has and opens
 *  dns.c       one question to DNS lists, as bytes and as a job
 *  lists.c     DNS lists: which there are, what they said, when to ask
 *  command.c   bans.add and the others
 *  service.c   include/whiply/bans.h
 *  privacy.c   what is kept of a person */
#ifndef PLUGIN_BANS_H
#define PLUGIN_BANS_H

#include <whiply/accounts.h>
#include <whiply/bans.h>
#include <whiply/chat.h>
#include <whiply/notices.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

#include "dns.h"
#include "net.h"

enum {
	BANS_MASKS = 4096,		/* with * or ?: each is tried in turn */
	BANS_PENDING = 1024,		/* being stored */
	BANS_EXCEPT = 64,		/* networks in the settings */
	BANS_PAGE = 100,
	BANS_FOLDED = 3 * WH_BAN_WHAT,
	BANS_SENTENCE = 600,
	THROTTLES = 65536,		/* networks and addresses that are counted */
	CLOSE_BANNED = 4403,		/* codes of connections that are closed */
	CLOSE_SIGN_IN = 4401,
	CLOSE_THROTTLED = 4429,
};

extern const struct wh_metric bans_metrics[];
enum { M_BANS, M_REFUSED, M_THROTTLED, M_NETWORKS, M_DNS, M_DNS_SECONDS, M_END };

enum {
	Q_ADD, Q_REPLACE, Q_REMOVE, Q_REMOVE_CAUSE, Q_EXPIRE, Q_LOAD, Q_EXPORT, Q_ERASE_SHOWN, Q_ERASE_BY, Q_END
};

extern const struct wh_schema bans_schema;

/** A ban. Its texts stand behind it. */
struct ban {
	struct ban *prev, *next;	/* in bans.first, the oldest first */
	struct ban *same;		/* the next at the same place of the index */
	int64_t number;			/* grows with each */
	struct wh_ban ban;
	struct net net;			/* WH_BAN_NETWORK */
	struct wh_str key;		/* how it is looked up: its kind and what it says, folded */
	bool mask;
	char text[];
};

/** All bans. */
struct ban_set {
	struct ban *first, *last;
	size_t n, kinds[WH_BAN_KINDS];
	size_t exempt_accounts;
	int64_t number;
	struct net_trie nets;		/* bans of networks */
	struct wh_dict *by_id, *by_key;	/* by_key: those without a mask, chained by `same` */
	struct ban *masks[BANS_MASKS];
	size_t n_masks;
};

/** What is looked for. What it does not have is empty. */
struct subject {
	bool has_net, guest;
	struct net net;
	struct wh_str name, account, certificate, hash;
};

enum outcome { LET_IN, SIGN_IN, KEEP_OUT };

struct verdict {
	enum outcome outcome;
	const struct ban *ban;		/* that says so, or that exempts; NULL: none */
	int list;			/* the DNS list that says so; -1: none */
	bool exempt;
};

/** What every session has of ours. */
struct bans_slot {
	bool known;			/* it is one that stays: not a request's */
	bool counted, has_net, has_hash, has_certificate, sign_in;
	bool out;			/* it was closed, and is there for the rest of the turn */
	bool asking;			/* lists were asked about its address, and may not have answered yet */
	struct net net;
	unsigned char hash[16], certificate[32];
};

/** One that is being stored, or removed. */
struct pending {
	struct pending *prev, *next;
	struct bans *bans;
	struct ban *ban;		/* owned: to be added */
	char id[WH_BAN_ID + 1], cause[WH_BAN_CAUSE + 1];
	wh_bans_added *added;
	wh_bans_removed *removed;
	void *self;
	uint64_t cookie;
};

/** How many sessions a network (or address) has, and how many more it may open now. */
struct throttle {
	struct throttle *prev, *next;	/* in bans.throttles */
	unsigned char key[18];
	uint32_t sessions;
	double left;
	int64_t at;
};

/** A session that is to sign in until then. */
struct waiting {
	struct waiting *next;
	wh_id session;
	int64_t until;
};

struct lists;

struct settings {
	int64_t sign_in_ms, sessions_of_address, sessions_of_network, most;
	unsigned bits4, bits6;
	struct wh_rate rate;
	struct net except[BANS_EXCEPT];
	size_t n_except;
	char contact[WH_BAN_WHAT + 1];
};

struct bans {
	const struct wh_host *host;
	struct wh_slot *slot;
	struct wh_table table;
	struct wh_notifier notices;
	const struct wh_accounts_ops *accounts;	/* NULL: there are none */
	struct wh_accounts *accounts_self;
	const struct wh_chat_ops *chat;		/* NULL likewise */
	struct wh_chat *chat_self;
	struct settings set;
	struct ban_set bans;
	struct pending *pending;
	size_t n_pending;
	struct wh_dict *throttles;
	struct throttle *throttle_first;
	struct lists *lists;		/* owned */
	unsigned char key[32];		/* of hashes of networks */
	struct waiting *waiting, *waiting_last;
	wh_id sweep, begin, late;
	unsigned sweeps;
	char sentence[BANS_SENTENCE];
	char marks[256];
};

/* set.c */
bool set_init(const struct wh_host *h, struct ban_set *set);
void set_free(const struct wh_host *h, struct ban_set *set);

/** Makes one of what is told, checked; WH_EINVAL: `what` is none of its kind; WH_ENOMEM. It is not in the set yet. */
enum wh_err ban_new(const struct wh_host *h, const struct wh_ban *from, struct ban **out);
void ban_free(const struct wh_host *h, struct ban *ban);

/** Takes it over. WH_EFULL: too many masks. */
enum wh_err set_add(const struct wh_host *h, struct ban_set *set, struct ban *take_ban);
/** Takes it out; it is the caller's. */
void set_remove(const struct wh_host *h, struct ban_set *set, struct ban *ban);
struct ban *set_get(const struct wh_host *h, const struct ban_set *set, struct wh_str id);
/** The one with the same kind, place and cause, or NULL. */
struct ban *set_twin(const struct wh_host *h, const struct ban_set *set, const struct ban *ban);

/** The heaviest of a kind that holds now: one that exempts, one that refuses, one that asks for an account. */
const struct ban *set_match(const struct wh_host *h, const struct ban_set *set, enum wh_ban_kind kind, struct wh_str what, int64_t now);
const struct ban *set_match_net(const struct ban_set *set, const struct net *net, int64_t now);

/** Would this ban match? */
bool ban_matches(const struct ban *ban, const struct subject *subject);

/** NFKC and without case; cut if it is too long. */
struct wh_str fold(struct wh_str text, char out[static BANS_FOLDED]);
const char *kind_name(enum wh_ban_kind kind);
const char *effect_name(enum wh_ban_effect effect);
bool kind_read(struct wh_str name, enum wh_ban_kind *out);
bool effect_read(struct wh_str name, enum wh_ban_effect *out);
void text_copy(char *to, size_t cap, struct wh_str s);

/* keep.c */
enum wh_err keep_load(struct bans *x);
enum wh_err keep_add(struct bans *x, struct ban *take_ban, wh_bans_added *done, void *self, uint64_t cookie);
/** By an id, or (empty) by a cause. */
enum wh_err keep_remove(struct bans *x, struct wh_str id, struct wh_str cause, wh_bans_removed *done, void *self, uint64_t cookie);
void keep_expire(struct bans *x);
void keep_forget(struct bans *x, const void *self);
void keep_close(struct bans *x);

/* judge.c */
extern const char sign_in_text[];
void hex_put(const unsigned char *bytes, size_t n, char *out);
bool hex_get(struct wh_str text, unsigned char *out, size_t n);
bool address_of(struct bans *x, struct wh_session *s, struct net *out);
bool hash_of(struct bans *x, const struct net *net, char out[static WH_BAN_HASH_SIZE]);
struct subject subject_of(struct bans *x, struct wh_session *s, char hex[static 65], char hash[static WH_BAN_HASH_SIZE]);
/** `fresh`: it has just come, and may be asked about. */
struct verdict judge(struct bans *x, const struct subject *subject, bool fresh);
/** What whoever is concerned reads. Good until the next call. */
const char *sentence_of(struct bans *x, const struct verdict *v);

/* session.c */
struct wh_str reason_of(const struct verdict *v);
/** Tells it why, and closes it: it may be gone. */
void keep_out(struct bans *x, struct wh_session *s, const struct verdict *v);
/** Closes one that is to sign in, as soon as it was answered. */
void wait_no_more(struct bans *x, struct wh_session *s);
/** Looks at a session anew. It may be gone afterwards. */
void judge_session(struct bans *x, struct wh_session *s, bool fresh);
/** Looks at all whom a new ban may concern; NULL: at those who are to sign in. */
void judge_all(struct bans *x, const struct ban *ban);
/** What a DNS list said of an address holds for its sessions now. */
void judge_address(struct bans *x, const struct net *net);
void judge_moved(struct bans *x, struct wh_session *s);
void judge_open(struct bans *x);
void judge_close(struct bans *x);
/** Closes those that did not sign in in time; `all`: only forgets them. */
void judge_late(struct bans *x, bool all);
enum wh_verdict judge_presence(void *self, struct wh_presence *p);
enum wh_verdict judge_save(void *self, struct wh_papers *p);
enum wh_verdict judge_load(void *self, struct wh_papers *p);
enum wh_verdict judge_recovered(void *self, struct wh_recovered *r);

/* ask.c */
enum wh_verdict judge_attempt(void *self, struct wh_attempt *a);
enum wh_verdict judge_credential(void *self, struct wh_credential *c);
enum wh_verdict judge_join(void *self, struct wh_passage *p);
enum wh_verdict judge_message(void *self, struct wh_message *m);

/* moved.c */
void moved_open(struct bans *x);
void moved_close(struct bans *x);
enum wh_verdict moved_attempt(struct bans *x, struct wh_attempt *a, struct wh_session *s);

/* throttle.c */
/** Counts a session in; false: there are too many, and `why` says so. `fresh`: it has just come, and is held against the rate as well. */
bool throttle_enter(struct bans *x, const struct net *net, bool fresh, const char **why_out);
void throttle_leave(struct bans *x, const struct net *net);
void throttle_sweep(struct bans *x);
void throttle_free(struct bans *x);
/** Would another session be let in? */
bool throttle_would(struct bans *x, const struct net *net);

/* lists.c */
enum { LISTS = 16 };
enum list_action { LIST_REFUSE, LIST_REGISTERED, LIST_MARK };
extern const struct wh_setting list_settings[];
/** WH_EINVAL: a setting is wrong, and was logged. */
enum wh_err lists_reload(struct bans *x, const struct wh_conf *conf);
void lists_free(struct bans *x);
/** The lists that the address is on, a bit for each; asks them if it is not known. */
uint32_t lists_of(struct bans *x, const struct net *net);
/** Are they being asked about it? */
bool lists_asking(struct bans *x, const struct net *net);
/** What a session wants to do waits for the answer, `timeout` at most; false: too many wait already. */
bool lists_hold(struct bans *x, struct wh_session *s, wh_id ticket);
/** Lets those go on whose answer has come, or who waited long enough. */
void lists_release(struct bans *x);
/** Asks, and looks at the address's sessions whatever comes of it. */
void lists_want(struct bans *x, const struct net *net);
/** The same without asking, as it was said last; false: not known, or too long ago. */
bool lists_known(struct bans *x, const struct net *net, uint32_t *hits_out);
enum list_action list_action(const struct bans *x, int list);
const char *list_name(const struct bans *x, int list);
const char *list_why(const struct bans *x, int list);
int lists_count(const struct bans *x);

/* command.c */
extern const struct wh_command bans_commands[];
void ban_write(struct wh_json *w, const char *key, const struct wh_ban *ban);

/* service.c */
extern const struct wh_bans_ops bans_ops;

/* privacy.c */
enum wh_verdict privacy_export(void *self, struct wh_person *p);
enum wh_verdict privacy_erase(void *self, struct wh_person *p);

#endif
