/* The plugin irc: rooms over the IRC protocol. A client's line becomes a call of a command (chat.join, chat.say, …), so that permissions,
 * rates and hooks are those of every other client; an event becomes lines. Channels are rooms (#lobby is the room lobby), queries are
 * whispers, accounts are accounts. Between its files:
 *  irc.c      tables, settings, opening
 *  client.c   the life of a client; what it says, verb by verb
 *  presence.c who comes, goes, and becomes somebody else; papers.c: what a new hub needs to know of a client
 *  casemap.c  which nicks are the same
 *  line.c     lines and tags as text
 *  out.c      answers: numerics, labels, batches
 *  task.c     commands under way, and what is to be said when they are done
 *  cap.c      capabilities
 *  register.c NICK, USER, PASS, AUTHENTICATE: until a client is welcome
 *  people.c   who is here in whatever dialect, by id and by nick
 *  channel.c  JOIN, PART, TOPIC, NAMES, KICK, INVITE
 *  list.c     LIST
 *  mode.c     MODE of channels; mask.c their lists of masks; usermode.c MODE of oneself
 *  message.c  PRIVMSG, NOTICE, TAGMSG, REDACT
 *  relay.c    RELAYMSG: what was said elsewhere
 *  multiline.c BATCH: messages of several lines
 *  history.c  CHATHISTORY, MARKREAD
 *  who.c      WHO, WHOIS, WHOWAS, ISON, USERHOST, MONITOR
 *  rename.c   RENAME: another name for a channel
 *  webpush.c  WEBPUSH: being told while away
 *  metadata.c METADATA: what people and channels say of themselves
 *  server.c   what a server tells of itself: MOTD, LUSERS, ISUPPORT, HELP, …
 *  oper.c     KLINE, RESV, STATS, notices: what operators use
 *  account.c  REGISTER, NickServ and ChanServ, OPER
 *  render.c   events and history as lines
 *  numeric.c  the names of numerics; tables.c prints them and the other tables for docs/irc.md */
#ifndef PLUGIN_IRC_H
#define PLUGIN_IRC_H

#include <whiply/accounts.h>
#include <whiply/bans.h>
#include <whiply/chat.h>
#include <whiply/notices.h>
#include <whiply/profile.h>
#include <whiply/push.h>
#include <whiply/sasl.h>
#include <whiply/whiply.h>

enum {
	IRC_GATEWAYS = 8,
	IRC_NICK = 32, IRC_USER = 16, IRC_REAL = 150, IRC_AWAY = 300, IRC_ID = 40, IRC_HOST = 64, IRC_CHANNEL = 65, IRC_TOPIC = 390, IRC_KICK = 200,
	IRC_PARAMS = 16,		/* of one line */
	IRC_LINE = 512,			/* bytes of a line with its end, tags not counted */
	IRC_TAGS = 4096,		/* of a client's tags */
	IRC_LABEL = 64,
	IRC_TARGETS = 4,		/* of one PRIVMSG; JOIN and PART take more */
	IRC_JOINS = 20,
	IRC_MODES = 12,			/* parameters of one MODE */
	IRC_PREFIXES = 5,
	IRC_MODE_PARAM = 32, IRC_MODES_SHOWN = 160, IRC_LETTERS = 40,
	IRC_CHANNELS = 100,		/* that one client may be in */
	IRC_MONITOR = 100,
	IRC_MONITOR_BYTES = 420,	/* of all nicks on a list: it goes into the papers, which are 1 KiB */
	IRC_HISTORY = 100,		/* messages of one CHATHISTORY */
	IRC_OUT = 8192,
	IRC_SESSIONS = 64,		/* of one person that are told something of it */
	IRC_CROWD = 200,		/* members above which a room's members are not told of AWAY, SETNAME and so on */
	IRC_WAS = 200,			/* nicks that WHOWAS remembers */
	IRC_RELAYED = 60,		/* bytes of a name of elsewhere */
	IRC_SUBS = 10,			/* keys of METADATA that one client subscribes to */
	IRC_HELD = 64,			/* lines of one client that wait for an earlier one */
	IRC_SASL = 8192,		/* base64 of one message of an exchange */
};

enum irc_cap {
	CAP_MESSAGE_TAGS = 1u << 0, CAP_SERVER_TIME = 1u << 1, CAP_ACCOUNT_TAG = 1u << 2, CAP_EXTENDED_JOIN = 1u << 3, CAP_REDACTION = 1u << 4,
	CAP_BATCH = 1u << 5, CAP_MULTILINE = 1u << 6, CAP_LABELS = 1u << 7, CAP_ECHO = 1u << 8, CAP_NOTIFY = 1u << 9, CAP_MULTI_PREFIX = 1u << 10,
	CAP_USERHOST = 1u << 11, CAP_SETNAME = 1u << 12, CAP_AWAY = 1u << 13, CAP_CHATHISTORY = 1u << 14, CAP_INVITE = 1u << 15,
	CAP_STANDARD = 1u << 16, CAP_NO_NAMES = 1u << 17, CAP_SASL = 1u << 18, CAP_ACCOUNT = 1u << 19, CAP_CHGHOST = 1u << 20,
	CAP_MONITOR = 1u << 21, CAP_EVENTS = 1u << 22, CAP_REGISTER = 1u << 23, CAP_ISUPPORT = 1u << 24, CAP_MARK = 1u << 25,
	CAP_METADATA = 1u << 26, CAP_RENAME = 1u << 27, CAP_PRE_AWAY = 1u << 28, CAP_RELAYMSG = 1u << 29, CAP_PUSH = 1u << 30,
	/* Those that change how an event is rendered: the accent. */
	CAP_RENDER = CAP_MESSAGE_TAGS | CAP_SERVER_TIME | CAP_ACCOUNT_TAG | CAP_EXTENDED_JOIN | CAP_REDACTION | CAP_BATCH | CAP_MULTILINE |
	    CAP_AWAY | CAP_MARK | CAP_RELAYMSG,
};

/* Why somebody is away who stays without a connection. */
#define IRC_GONE "is not connected"

enum irc_mode { MODE_WALLOPS = 1u << 0, MODE_BOT = 1u << 1, MODE_INVISIBLE = 1u << 2, MODE_ACCOUNTS = 1u << 3, MODE_NOTICES = 1u << 8 };

struct irc;

/** Somebody who is here, with however many sessions in whatever dialects. */
struct irc_person {
	char id[IRC_ID + 1];
	char nick[IRC_NICK + 1];	/* nobody else has it */
	char folded[IRC_NICK + 1];
	char name[IRC_NICK * 2 + 1];	/* as the identity has it */
	bool account, bot;
	bool stays;			/* here without a connection, too */
	bool left;			/* without one, for long enough to be away */
	bool chosen;			/* the nick is another than the account's name */
	wh_id *sessions;		/* owned */
	size_t n, cap;
};

/** A client that speaks IRC. Mirrored into its session's papers, so that it outlives the hub. */
struct irc_client {
	struct irc *irc;
	wh_id session;
	struct irc_client *next, *prev;	/* in irc.clients */
	char nick[IRC_NICK + 1];	/* the one that it has or wants */
	char user[IRC_USER + 1], real[IRC_REAL + 1], away[IRC_AWAY + 1];
	uint32_t caps, modes;
	unsigned cap_version;
	bool welcome, negotiating, naming, quitting;
	bool insecure;			/* it reaches its gateway in the clear */
	char quit[IRC_AWAY + 1];
	char label[IRC_LABEL + 1];	/* of the line that is being handled, until an answer takes it */
	char pass[256];
	char address[48];		/* as a gateway told it; "": its own */
	char *sasl;			/* owned: what came of a message of an exchange */
	size_t sasl_n;
	bool sasl_open;
	uint64_t stamp;			/* told already; see peers_each */
	int64_t heard_ms, since;	/* `since`: wall clock, when it was welcomed */
	bool pinged;
	int64_t asked_ms;		/* when all lists of people that it asked for are paid for */
	unsigned batches;
	struct irc_listing *listing;	/* owned; NULL: none */
	struct irc_multiline *multiline;	/* owned: the batch that is open */
	unsigned tasks;			/* commands under way */
	struct irc_held *held, *held_last;	/* owned: lines that must not overtake them; see irc_receive */
	size_t n_held;
	bool draining;
	char subs[IRC_SUBS * (WH_PROFILE_KEY + 1)];	/* keys of METADATA, with blanks between */
	struct irc_watch *watches[IRC_MONITOR];
	size_t n_watches;
};

/** A LIST under way. */
struct irc_listing {
	char asked[IRC_LINE], after[IRC_CHANNEL * 2];	/* `after`: where the next page begins */
	char batch[24];			/* of out_pause */
	wh_id timer;			/* it goes on then; 0: it is going on */
};

/** What every session has of ours. */
struct irc_slot {
	struct irc_client *client;	/* NULL: it speaks otherwise */
	struct irc_person *person;
};

struct irc_was {
	char nick[IRC_NICK + 1], user[IRC_USER + 1], host[IRC_HOST + 1], real[IRC_REAL + 1];
	int64_t at;
};

/** A nick that clients asked to be told of. */
struct irc_watch {
	char folded[IRC_NICK + 1], nick[IRC_NICK + 1];
	unsigned clients;
};

/** Who may say for others from where they come. */
struct irc_gateway {
	char password[129], from[64];
};

struct irc_settings {
	int64_t ping_ms, crowd, replay, sts_port, sts_seconds;
	bool relaymsg, precis, nick_is_account;
};

struct irc {
	const struct wh_host *host;
	struct wh_slot *slot;
	const struct wh_chat_ops *chat;
	struct wh_chat *chat_self;
	const struct wh_accounts_ops *accounts;	/* NULL: there are none */
	struct wh_accounts *accounts_self;
	const struct wh_sasl_ops *sasl;		/* NULL likewise */
	struct wh_sasl *sasl_self;
	const struct wh_push_ops *push;		/* NULL: nobody is told while away */
	struct wh_push *push_self;
	const struct wh_profile_ops *profile;	/* NULL: nobody says anything of themselves */
	struct wh_profile *profile_self;
	const struct wh_bans_ops *bans;		/* NULL likewise */
	struct wh_bans *bans_self;
	struct wh_notifier notices;
	struct irc_settings set;
	char name[65], network[33], motd[4001], admin[201], pass[129], icon[201];
	struct irc_gateway gateways[IRC_GATEWAYS];
	size_t n_gateways;
	struct wh_dict *people, *nicks;	/* owned persons, by id; the same by folded nick */
	struct wh_dict *watches;	/* owned, by folded nick */
	struct irc_client *clients;
	size_t n_clients, most_clients;
	struct irc_task *tasks;
	uint64_t stamps;
	int64_t started;
	wh_id tick;
	struct irc_was was[IRC_WAS];
	unsigned was_at;
	const char *ending;		/* id of who is leaving all rooms at once, and was told of */
};

/** A line that waits, with its flags. */
struct irc_held {
	struct irc_held *next;
	unsigned flags;
	size_t n;
	char text[];
};

/** A line that was read. */
struct irc_line {
	struct wh_str tags, source, verb;
	struct wh_str params[IRC_PARAMS];
	size_t n;
};

typedef void irc_verb(struct irc *irc, struct irc_client *c, const struct irc_line *line);

enum irc_verb_flags { VERB_EARLY = 1u << 0 /* also before the welcome */ };

struct irc_command {
	const char *verb;
	size_t least;			/* parameters */
	unsigned flags;
	irc_verb *run;
	const char *usage, *help;
};

extern const struct irc_command irc_commands[];

/** A mode. Of a channel `kind` is that of CHANMODES, P of one that a member has, S of one that is only shown; of a client `bit` says which. */
struct irc_mode_row {
	char letter, kind;
	uint32_t bit;
	const char *help;
};

/** A mode that is one of a room's rules. */
struct irc_rule {
	char letter;
	enum { RULE_WORD, RULE_NOT, RULE_SECONDS, RULE_PACE, RULE_COUNT } kind;
	const char *key;		/* of the rule, in chat.set and in the event */
	const char *on, *also, *off;	/* of RULE_WORD: what it is with the letter, and without */
};

struct irc_numeric {
	int number;
	const char *name, *help;
};

extern const struct irc_mode_row irc_channel_modes[], irc_user_modes[];
extern const struct irc_rule irc_rules[];
extern const struct irc_numeric irc_numerics[];

/* Where finished lines go: an answer, or an event that is being rendered. */
struct irc_sink {
	void (*line)(struct irc_sink *sink, const char *text, size_t n);
};

/* line.c */
bool line_read(struct wh_str text, struct irc_line *line);

/** A tag's value with its escapes resolved; false: it is not there. */
bool line_tag(const struct irc_line *line, const char *name, char *to, size_t cap);

/** The same as it was written, to be sent back. */
struct wh_str line_tag_raw(const struct irc_line *line, const char *name);
void tag_escape(struct wh_str value, char *to, size_t cap);

/** The next word up to `sep`; false behind the last. */
bool next_part(struct wh_str *rest, char sep, struct wh_str *part_out);
bool same_word(struct wh_str a, const char *word);	/* without the case of ASCII */

/** A copy on one line, cut to fit behind a whole character. */
void text_flat(struct wh_str text, char *to, size_t cap);
bool text_is_utf8(struct wh_str text);

/** The letter that begins at `at`: one byte, or a character of several. */
struct wh_str text_letter(struct wh_str text, size_t at);

/** How many bytes at the front fit, not cutting a character, if possible behind a blank. */
size_t text_fit(struct wh_str text, size_t most);
void time_show(int64_t ms, char to[static 32]);
bool time_read(struct wh_str text, int64_t *ms_out);
bool is_channel(struct wh_str target);

/** `@#channel`: those of that prefix and above. The channel, or the target itself when there is no prefix. */
struct wh_str status_channel(struct wh_str target, char *prefix_out);

/** The room of a channel, and the channel of a room. */
struct wh_str channel_room(struct wh_str channel);
void room_show(struct wh_str room, char to[static IRC_CHANNEL + 2]);

bool nick_ok(struct wh_str nick);
void nick_fold_ascii(struct wh_str nick, char out[static IRC_NICK + 1]);
/** By the casemapping of the settings; casemap.c. */
void nick_fold(const struct irc *irc, struct wh_str nick, char out[static IRC_NICK + 1]);
/** A name of another dialect as a nick. */
void nick_show(struct wh_str name, char out[static IRC_NICK + 1]);

/* out.c */
struct irc_out {
	struct irc_sink sink;
	struct irc *irc;
	struct irc_client *c;
	char label[IRC_LABEL + 1];
	char batch[24];			/* of the label; "": none yet */
	char inner[24];			/* of out_batch */
	size_t n, lines, last;
	char text[IRC_OUT];
};

/** Begins an answer to a client. It takes the label of the line that is being handled. */
void out_begin(struct irc_out *out, struct irc_client *c);
void out_line(struct irc_out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void out_server(struct irc_out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void out_numeric(struct irc_out *out, int number, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** FAIL, WARN, NOTE for those who asked for standard replies, else a numeric or notice. */
void out_fail(struct irc_out *out, const char *verb, const char *code, const char *context, struct wh_str why);
/** Lines until out_batch_end belong together, for who knows batches. `head` is the type with its parameters. */
void out_batch(struct irc_out *out, const char *head);
void out_batch_end(struct irc_out *out);
void out_end(struct irc_out *out);
/** The answer will have several lines, whatever comes. It may then be left for later, with the name of its batch, and be taken up again. */
void out_several(struct irc_out *out);
void out_pause(struct irc_out *out, char batch_out[static 24]);
void out_resume(struct irc_out *out, struct irc_client *c, const char *batch);
/** One numeric, or one line, by itself. */
void irc_numeric(struct irc_client *c, int number, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void irc_say(struct irc_client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void irc_fail(struct irc_client *c, const char *verb, const char *code, const char *context, struct wh_str why);
/** A line about what somebody did, with the tags that say of them: account, bot. */
void out_of(struct irc_out *out, const struct irc_person *who, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void irc_say_of(struct irc_client *c, const struct irc_person *who, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* task.c */
struct irc_task {
	struct irc_task *next, *prev;
	struct irc *irc;
	wh_id session;
	char label[IRC_LABEL + 1];
	void (*done)(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result);
	char verb[16];
	char target[IRC_CHANNEL * 2];
	char reply[40];			/* the message that is answered; "": none */
	char context[IRC_CHANNEL + 2];	/* the room in which a query is to be shown */
	int64_t number, other;
	size_t n;
	char text[];			/* n bytes */
};

/** A task of a client, with a text of `n` bytes; it takes the label. NULL: out of memory, and the client was told. */
struct irc_task *task_new(struct irc_client *c, const char *verb, struct wh_str target, struct wh_str text);

/** Runs a command; then `done`, unless the client is gone. The task is freed behind it. */
void task_run(struct irc_task *task, const char *command, const struct wh_item *args, size_t n);
/** It is done, by something else than a command. */
void task_end(struct irc_task *task, enum wh_err err, struct wh_str result);
/** The client while it is there, with the task's label as the one of its line. */
struct irc_client *task_client(struct irc_task *task);
void task_free(struct irc_task *task);

/* irc.c */
enum irc_metric { M_CLIENTS, M_LINES, M_END };
extern const struct wh_metric irc_metrics[];

/* client.c */
struct irc_client *client_of(struct irc *irc, struct wh_session *s);
struct wh_session *client_session(const struct irc_client *c);
/** TLS all the way? */
bool client_secure(const struct irc_client *c);
const struct wh_identity *client_identity(const struct irc_client *c);
void irc_changed(struct irc_client *c);
/** No command is under way any more: what waited for that is handled. */
void irc_drain(struct irc_client *c);
struct irc_client *client_new(struct irc *irc, struct wh_session *s);
void client_free(struct irc_client *c);

/** For struct wh_dialect, and a timer. */
void irc_open_session(void *self, struct wh_session *s);
void irc_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags);
enum wh_err irc_farewell(void *self, unsigned code, struct wh_str reason, struct wh_out *out);
bool irc_echoes(void *self, struct wh_session *s);
void irc_tick(void *self, uint64_t cookie);

/* presence.c */
/** Those who are here already. */
void presence_begin(struct irc *irc);
enum wh_verdict irc_presence(void *self, struct wh_presence *p);

/* papers.c */
enum wh_verdict irc_save(void *self, struct wh_papers *p);
enum wh_verdict irc_load(void *self, struct wh_papers *p);
enum wh_verdict irc_recovered(void *self, struct wh_recovered *r);
void irc_session_recovered(void *self, struct wh_session *s);

/* cap.c */
irc_verb verb_cap;
void cap_each(void (*each)(void *self, const char *name, const char *value, const char *help), void *self);

/* register.c */
void register_try(struct irc_client *c);
/** Ends the exchange that is under way, if there is one, and tells. */
void sasl_stop(struct irc_client *c);
irc_verb verb_nick, verb_user, verb_pass, verb_quit, verb_authenticate, verb_webirc;
void client_welcome(struct irc_client *c);
/** Where a nick need not be the account's name: it is, from now on. */
void nick_own(struct irc_client *c);
/** Enters the channels in which its account is with other clients. */
void join_with_others(struct irc_client *c);
/** Has it been welcomed, and its nick changed by the server? Tells it and its peers. */
void nick_changed(struct irc *irc, struct irc_person *person, const char *old_nick);

/* people.c */
struct irc_person *person_by_nick(struct irc *irc, struct wh_str nick);
struct irc_person *person_by_id(struct irc *irc, struct wh_str id);
struct irc_person *person_of(struct irc *irc, struct wh_session *s);
/** `known`: others know the session by the nick that its client has, from before this hub. */
void person_enter(struct irc *irc, struct wh_session *s, bool known);
void person_leave(struct irc *irc, struct wh_session *s);
/** Has that nick from now on; `tell`: the others hear of it. False: it is somebody else's. */
bool person_nick_take(struct irc *irc, struct irc_person *p, struct wh_str nick, bool tell);
/** Knows those who stay without a connection. */
void people_open(struct irc *irc);
/** The first client of a person that speaks IRC, or NULL. */
struct irc_client *person_client(struct irc *irc, const struct irc_person *person);
/** Does it say of itself to be a bot? */
bool person_is_bot(struct irc *irc, const struct irc_person *person);
/** Why they are away on all of their connections, or NULL. AWAY * says of a connection that it does not count. */
const char *person_away(struct irc *irc, const struct irc_person *person);
struct irc_person *client_person(const struct irc_client *c);
void people_free(struct irc *irc);
/** nick!user@host of somebody, present or not. */
void source_of(struct irc *irc, struct wh_str name, struct wh_str id, char to[static 160]);
void source_parts(struct irc *irc, struct wh_str name, struct wh_str id, char nick[static IRC_NICK + 1], const char **user_out, char host[static IRC_HOST + 1]);
/** Calls `each` for every IRC client that shares a room with the session, once; not for the person's own sessions unless `own`. */
void peers_each(struct irc *irc, struct wh_session *s, bool own, void (*each)(struct irc_client *c, const void *arg), const void *arg);
/** Calls `each` for those with metadata who watch the person and were not told by peers_each just now. */
void watchers_metadata(struct irc *irc, const struct irc_person *person, void (*each)(struct irc_client *c, const void *arg), const void *arg);
/** Calls `each` for those with extended-monitor who watch the person and were not told by peers_each just now. */
void watchers_each(struct irc *irc, const struct irc_person *person, void (*each)(struct irc_client *c, const void *arg), const void *arg);

/* channel.c, mode.c, message.c, history.c, who.c, server.c, account.c */
irc_verb verb_join, verb_part, verb_topic, verb_names, verb_list, verb_kick, verb_invite;
/** Ends the LIST that is under way, if there is one, and tells nobody. */
void list_drop(struct irc_client *c);
irc_verb verb_mode;
void mode_channel(struct irc_client *c, const struct irc_line *line);
void mode_user(struct irc_client *c, const struct irc_line *line);
/** The letters of all modes of channels, or of those with a parameter. */
void mode_letters(bool with_param, char to[static IRC_LETTERS]);
/** Tells what stands on the list of that letter. */
void masks_show(struct irc_client *c, struct wh_str channel, char letter, bool inside);
void mask_change(struct irc_client *c, struct wh_str channel, char letter, bool on, struct wh_str mask);
/** The letter of a list as chat calls it. */
char mask_letter(struct wh_str kind);
wh_chat_describe mask_describe;
irc_verb verb_privmsg, verb_notice, verb_tagmsg, verb_redact, verb_batch, verb_relaymsg;
/** Says something to a channel or a nick. `reply`: the message that it answers, or "". */
void message_say(struct irc_client *c, const char *verb, struct wh_str target, struct wh_str text, const char *reply);
/** Is the line a part of a batch? Then it is taken. */
bool multiline_line(struct irc_client *c, const struct irc_line *line);
void multiline_drop(struct irc_client *c);
irc_verb verb_chathistory, verb_markread;
/** Tells how far one has read in a channel that was entered, then who is in it; `batch` as of out_pause. */
void history_mark(struct irc_client *c, const char *channel, const char *batch);
void target_room(const struct irc_client *c, struct wh_str target, char room[static IRC_CHANNEL + 2]);
/** Tells what was said in a channel before, up to its entry `seq`: for clients that do not ask for it themselves. `heard`: what is the last that this client
 * was told before; -1: that is not known. */
void history_replay(struct irc_client *c, const char *channel, int64_t heard, int64_t seq);
/** Of an account that is always on: says what this client calls itself, and, `enter`, enters the channels in which the account stays, and then
 * those of its other clients. False: it is no such account. */
bool channels_stayed(struct irc_client *c, bool enter);
irc_verb verb_who, verb_whois, verb_whowas, verb_ison, verb_userhost, verb_monitor, verb_away, verb_setname;
irc_verb verb_metadata, verb_rename, verb_webpush;
void rename_open(struct irc *irc);
/** What one is told of a channel behind JOIN: topic, names, and so on. */
void channel_about(struct irc_out *out, struct wh_str room);
void metadata_open(struct irc *irc);
/** What it subscribed to of a channel that it entered, of somebody whom it watches; and, in the welcome, what it says of itself. */
void metadata_entered(struct irc_out *out, struct wh_str room);
void metadata_watched(struct irc_out *out, const struct irc_person *p);
void metadata_welcome(struct irc_out *out);
size_t watches_bytes(const struct irc_client *c);
irc_verb verb_ping, verb_pong, verb_motd, verb_lusers, verb_isupport, verb_version, verb_time, verb_admin, verb_info, verb_help, verb_links, verb_stats, verb_wallops,
    verb_rehash, verb_kill, verb_error;
irc_verb verb_kline, verb_dline, verb_resv, verb_unkline, verb_undline, verb_unresv, verb_testline;
bool operator_only(struct irc_client *c, const char *permission);
/** Takes the letter s out of a MODE of oneself; false: nothing is left of it. `text` is room for what is. */
bool oper_modes(struct irc_client *c, const struct irc_line *line, struct irc_line *rest_out, char text[static IRC_LINE]);
/** Behind the modes that one asked for: which notices. */
void oper_modes_told(struct irc_client *c);
/** An event of bans or notices; false: it is another one. */
bool oper_render(const struct irc *irc, const struct wh_event *e, struct irc_sink *sink);
irc_verb verb_register, verb_verify, verb_nickserv, verb_chanserv, verb_oper;
/** Is it a channel? A query is a room of the hub as well, but nobody has entered it. */
bool channel_is(struct irc *irc, struct wh_room *r);
/** Is the client in it? Then what it is. */
bool channel_inside(struct irc_client *c, struct wh_str channel, struct wh_chat_room *room_out);
void channel_names(struct irc_out *out, struct wh_str room);
/** May it ask for a list of people again, after those before? Counts it, by how many are in the room (empty: it is of one). */
bool client_asks(struct irc_client *c, struct wh_str room);
/** The prefixes of a member: of all ranks, or of the highest. */
void rank_prefixes(unsigned ranks, bool all, char out[static IRC_PREFIXES + 1]);
/** A prefix, a letter and a role of chat are each other; NULL and '\0': there is none. */
const char *prefix_role(char prefix);
char role_prefix(struct wh_str role);
char role_letter(struct wh_str role);
void mode_of(const struct wh_chat_room *room, bool inside, char to[static IRC_MODES_SHOWN]);
void server_motd(struct irc_out *out);
void server_isupport(struct irc_out *out);
void isupport_each(void (*each)(void *self, const char *token, const char *help), void *self);
void server_lusers(struct irc_out *out);
void watch_tell(struct irc *irc, const char *folded, const char *nick, const char *source, bool here);
void watches_drop(struct irc_client *c);
/** Those of a client, with commas between; and back. */
void watches_write(const struct irc_client *c, char to[static IRC_MONITOR_BYTES + 1]);
void watches_read(struct irc_client *c, struct wh_str list);
void watches_free(struct irc *irc);
/** A message to a service: NickServ, ChanServ. False: it is to nobody of ours. */
bool service_message(struct irc_client *c, struct wh_str target, struct wh_str text);

/* render.c */

/** An entry of a room's log, or a whisper, as lines show it. */
struct irc_message {
	struct wh_str event, room, id, from, who, text, emoji, reason, topic, question, reply, context, relay, target, to, to_name;
	int64_t time;
	bool act, notice, redacted;
	char status;			/* the prefix of those whom it is for; '\0': for all */
	bool past;			/* of history: people are called as they were */
	struct wh_value raw;		/* of a poll, or a room's rules */
};

enum wh_err irc_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out);
/** `batch`: a reference that the lines carry, or NULL. False: there is nothing to show. */
bool render_message(struct irc *irc, const struct irc_message *m, uint32_t caps, const char *batch, struct irc_sink *sink);
void message_read(const struct wh_value *object, struct irc_message *m);

#endif
