/* The plugin chat: rooms whose log is kept. Between its files:
 *  chat.c      tables, settings, opening
 *  schema.c    what is kept, and the statements
 *  text.c      what may be said, and what rooms may be called
 *  live.c      who is connected, by id and name
 *  room.c      rooms in memory: loading, creating, ending; calls that wait for one
 *  rank.c      what somebody may do in a room
 *  restore.c   rooms after the hub was replaced; sweeping
 *  member.c    who is in a room; joining and leaving
 *  always.c    accounts that stay in their rooms without a connection
 *  crowd.c     telling who came and went, at once or in batches
 *  append.c    entries: written, then published
 *  entry.c     an entry as clients are told of it
 *  say.c       saying, editing, redacting, reacting, pins, polls, topics
 *  whisper.c   rooms of two, that need no entering
 *  block.c     whom somebody takes no whispers from
 *  rename.c    another name for a room; move.c: the names that rooms had
 *  task.c      what a room is needed for meanwhile
 *  history.c   reading the log; search
 *  resume.c    what a resumed client missed
 *  rules.c     what an owner chooses for a room
 *  mask.c      lists of masks: who is banned, muted, or excepted from that
 *  match.c     whom a mask means
 *  door.c      what stands in the way of who wants to enter
 *  aside.c     what is said to those of a rank alone
 *  info.c      lists of rooms and members, settings of a room, roles, invitations
 *  mark.c      what was read, what was missed
 *  privacy.c   a person's own data
 *  service.c   what other plugins read; service_ask.c: what they do
 * A room's log is written by the store, one entry behind the other, and an entry is published when it is committed: nobody sees what a
 * crash could take back. seq is given by the database, dense, from 1.
 * What grows, and its bound: rooms in memory (`rooms`), and each is freed when nobody needs it; people of a room and of the indexes (the
 * server's sessions); tasks, waiters and entries under way (the server's held calls and the store's queue); names of one gathering of
 * joins (CHAT_BATCH_NAMES). In the store: rooms that nobody registered (`idle`), registered ones (`own` for each account), entries (`keep`
 * of the room; for good is the operator's choice), signs of a message, pins of a room and options of a poll (50, 50, 10), blocks of a
 * person (CHAT_BLOCKS), names that rooms had (CHAT_MOVES), masks of a room (CHAT_MASKS), invitations (CHAT_INVITES for each room, a week), and all that is kept of guests (`guest_whispers`). */
#ifndef PLUGIN_CHAT_H
#define PLUGIN_CHAT_H

#include <whiply/accounts.h>
#include <whiply/chat.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

enum {
	CHAT_NAME = 64,			/* bytes of a room's name */
	CHAT_WHO = 60,			/* of the id of somebody who whispers */
	CHAT_PERSON_NAME = 80,		/* of a person's name, where it is copied */
	CHAT_KEY = 2 * CHAT_WHO + 2,	/* of a room's key: the hub takes 128 */
	CHAT_FOLD = 256,		/* of a person's name, folded, with the NUL */
	CHAT_TOPIC = 500,
	CHAT_ID_TEXT = 17,		/* an entry's id in hex, with the NUL */
	CHAT_PAGE = 200,		/* entries or rows of one answer */
	CHAT_MENTIONS = 10,		/* of one entry */
	CHAT_BATCH_NAMES = 50,		/* names of one batch of joins */
	CHAT_RESUME_ROOMS = 50,
	CHAT_RESUME_ENTRIES = 500,	/* of one answer, shared by its rooms; more than that are a gap */
	CHAT_AT_ONCE = 500,		/* entries of a room that is dropped by one statement, see Q_ROOM_EMPTY */
	CHAT_CATCH_UP = 500,		/* entries that are read at once to be published again */
	CHAT_EXTRA = 4096,
	CHAT_MARKS = 4,			/* combining marks behind one character */
	CHAT_MASKS = 200,		/* of one room, on all its lists together */
	CHAT_MASK = 100,		/* bytes of a mask */
	CHAT_WHY = 200,			/* bytes of why it was set */
	CHAT_MASK_LOOK = 10000,		/* ms for which it is known whether somebody is muted */
	CHAT_BLOCKS = 1000,		/* people that one person blocks */
	CHAT_INVITES = 1000,		/* open ones of one room */
	CHAT_INVITE_MS = 7 * 86400000,
	CHAT_STAYS = 50,		/* rooms in which an account that is always on stays */
	CHAT_DEVICES = 8,		/* clients of an account of which is known how far they heard */
	CHAT_DEVICE = 32,
	CHAT_WHISPER_IDLE = 600000,	/* ms after which a whisper leaves memory */
	CHAT_LISTENERS = 16,		/* plugins that hear of what happens */
	CHAT_MOVES = 10000,		/* names that rooms had */
	CHAT_MOVES_ROOM = 5,		/* of them, of one room */
};

enum chat_kind {
	CHAT_SAY = 1, CHAT_ACT, CHAT_EDIT, CHAT_REDACT, CHAT_REACT, CHAT_UNREACT, CHAT_TOPIC_SET, CHAT_PIN, CHAT_UNPIN, CHAT_POLL, CHAT_VOTE,
	CHAT_RULES, CHAT_RESTORE, CHAT_KINDS
};

enum chat_access { CHAT_PUBLIC, CHAT_UNLISTED, CHAT_INVITED, CHAT_KEYED, CHAT_WHISPER };
enum chat_speakers { CHAT_ALL, CHAT_REGISTERED, CHAT_VOICED, CHAT_MODERATORS };
enum chat_rank { CHAT_NOBODY, CHAT_VOICE, CHAT_HELPER, CHAT_MODERATOR, CHAT_MANAGER, CHAT_OWNER, CHAT_RANKS };
enum chat_colours { CHAT_COLOURS, CHAT_STRIPPED, CHAT_PLAIN };

/** So many, and in how many ms; 0: as many as one likes. */
struct chat_pace {
	int64_t count, ms;
};

/** What an owner chooses for a room. */
struct chat_rules {
	enum chat_access access;
	enum chat_speakers speakers;
	int64_t slow_ms, min_age_ms, keep_ms;
	bool links;
	bool accounts_only;		/* guests don't enter */
	bool no_notices;
	bool topics_free;		/* everybody who may speak sets the topic */
	bool past_hidden;		/* only those who keep order read what was said before */
	enum chat_colours colours;
	int64_t limit;			/* people at once; 0: any number */
	struct chat_pace flood, joins;	/* messages of one person; people who enter */
	char key[65];			/* of CHAT_KEYED */
};

struct chat_always;
struct chat_renaming;
struct chat_crowd;
struct chat_ask;
struct chat_given;
struct chat_mask;
struct chat_room;

/** Somebody who is connected. */
struct chat_live {
	struct wh_str id;		/* in `text` */
	struct wh_str name, fold;	/* in `names` */
	enum wh_identity_kind kind;
	struct chat_live *same;		/* the next of that name */
	char *names;			/* owned */
	wh_id *sessions;		/* owned, or `one`: most have no more */
	wh_id one;
	int64_t free_us;		/* when all that they said is paid for, by the rate of speaking; now */
	unsigned n, cap;
	char text[];
};

/** One of the two of a whisper. */
struct chat_side {
	char id[CHAT_WHO + 1], name[CHAT_PERSON_NAME + 1];
	bool guest;
};

/** Somebody in a room, with however many sessions. */
struct chat_person {
	struct wh_str id, name;		/* in `text` */
	unsigned sessions;
	bool founder;			/* of a room that nobody registered */
	bool announced;			/* the others know */
	bool lasting;			/* they stay without a session: see always.c */
	bool away;			/* they do, and the others see them so */
	enum chat_rank rank;		/* the highest, as it was when they entered or were given it */
	unsigned ranks;			/* all of them, a bit for each */
	unsigned masks_seen;		/* room.masks_change when `muted` was found; 0: never */
	bool muted;
	int64_t masks_ms;		/* and when; now_ms */
	uint64_t from_seq;		/* the last entry when they entered, as far as this hub knows */
	int64_t flood_ms;		/* when all that they said is paid for, by the room's pace; now_ms */
	int64_t said_ms;		/* for slow mode; now_ms */
	char text[];
};

enum chat_room_state { CHAT_LOADING, CHAT_ABSENT, CHAT_MAKING, CHAT_READY, CHAT_ENDING };

struct chat;
typedef enum wh_err chat_go(struct chat *chat, struct wh_call *call, struct chat_room *room);

/** A call that waits for its room. */
struct chat_waiter {
	struct wh_list link;
	wh_id call;
	chat_go *go;
	bool make;
	struct chat_ask *ask;		/* owned; instead of `call` and `go` */
};

struct chat_room {
	struct wh_list link;		/* in chat.all */
	struct chat *chat;
	enum chat_room_state state;
	char key[CHAT_KEY + 1];		/* how it is found; the hub's room has this name */
	char name[CHAT_KEY + 1];	/* as it was written first; of a whisper its key */
	struct chat_side *sides;	/* owned: the two of a whisper, the lower id first; NULL: it is none */
	int64_t used_ms;		/* of a whisper: when it was last needed; now_ms */
	int64_t id;			/* of the store */
	uint64_t seq;			/* of the last entry that was committed */
	int64_t latest;			/* when it was written */
	int64_t renamed_ms;		/* when it got its name, if it had another; now_ms */
	int64_t epoch, created;
	char topic[CHAT_TOPIC + 1];
	char topic_who[CHAT_WHO + 1], topic_name[CHAT_PERSON_NAME + 1];	/* who set it; empty: nobody did */
	int64_t topic_time;
	char owner[CHAT_WHO + 4];	/* id of who made it, or registered it; empty: nobody knows */
	bool kept;			/* registered: it lasts */
	struct chat_rules rules, asked;	/* `asked`: as they will be when what is under way was written */
	unsigned setting;		/* rules under way */
	bool unsettled;			/* the roles of who is in it are being looked up: see room_settled */
	struct wh_dict *people;		/* owned persons, by id */
	size_t n_away;			/* of them, who is there without a session */
	struct chat_given *given;	/* owned: roles, when it is not registered */
	size_t n_given;
	struct chat_mask **masks;	/* owned, and what they point at; NULL: there are none */
	size_t n_masks;
	unsigned masks_change;		/* counted from 1 */
	int64_t entered_ms;		/* when all that entered is paid for, by `joins`; now_ms */
	struct wh_list waiters;
	unsigned pending;		/* entries and tasks under way */
	unsigned entering;		/* of them, who waits to enter */
	wh_id batch;			/* timer of `crowd` */
	const struct wh_identity *sender;	/* who is sending somebody out right now; else NULL */
	struct chat_crowd *crowd;	/* owned: who came and went since it was last told; NULL: nobody */
};

/** What a session has of ours. Ask for it with live_session. */
struct chat_session {
	uint64_t instance;
	struct chat_live *live;
	int64_t typing_ms;
	unsigned rooms;			/* in which it is counted, whispers aside */
	char device[CHAT_DEVICE + 1];	/* what its client calls itself; "": nothing */
};

enum chat_whisperers { CHAT_WHISPER_GUESTS, CHAT_WHISPER_MEMBERS, CHAT_WHISPER_OFF };

struct chat_settings {
	int64_t crowd, crowd_every, rooms, text, lines, idle_ms, keep_ms, guest_ms, own, always, always_idle_ms, away_after_ms, redirect_ms;
	bool create_guests;
	enum chat_whisperers whispers;
	struct wh_rate rate;		/* of one person's messages */
};

/** A name that a room had. */
struct chat_move {
	struct wh_list link;		/* in chat.all_moves, the oldest first */
	struct wh_str key, name;	/* in `text`; each with a NUL behind it */
	int64_t room, time;		/* its id; when it got the next, wall clock, ms */
	char to_key[CHAT_KEY + 1], to[CHAT_KEY + 1];	/* its name of now */
	bool hidden;			/* it leads nobody there */
	bool untold;			/* other plugins may not know */
	bool owed;			/* its people were moved, and other plugins don't know yet */
	struct wh_str who, who_name, reason;	/* in `text` */
	char text[];
};

/** A call that goes on later, and the room that has to stay for it. */
struct chat_task {
	struct wh_list link;
	struct chat_room *room;
	wh_id call, session;
};

/** A call that waits for who is meant by a name. */
struct chat_asking;
typedef enum wh_err chat_found(struct chat *chat, struct wh_call *call, const struct chat_side *who, const struct chat_asking *asking);
struct chat_asking {
	struct wh_list link;
	struct chat *chat;
	wh_id call;
	chat_found *found;
	chat_go *go;			/* for `found` */
	bool make;
	char who[CHAT_PERSON_NAME + 1];
};

struct chat {
	const struct wh_host *host;
	struct wh_table table;
	struct chat_settings set;
	struct wh_dict *rooms;		/* by key */
	struct wh_list asks;		/* of other plugins, under way; owned */
	struct chat_listener {
		void *self;		/* NULL: free */
		wh_chat_listener *heard;
		wh_chat_watcher *moved;
		wh_chat_stayed *stayed;
		wh_chat_blocked *blocked;
	} listeners[CHAT_LISTENERS];
	struct wh_list all;
	struct wh_dict *lives, *names;	/* who is connected: by id (owned), by folded name */
	struct wh_list gone;		/* who is always on and may soon be away; the first to go first */
	wh_id late;			/* timer: the first of them is */
	struct wh_dict *moves;		/* names that rooms had, by key; owned */
	struct wh_list all_moves, renamings;	/* renamings: owned */
	unsigned n_owed;		/* moves that are */
	struct wh_dict *always, *always_names;	/* who is always on: by id (owned), by folded name */
	bool counting;			/* who is in a room is counted anew: nobody comes */
	wh_id ending;			/* the session that ends right now; 0: none */
	struct wh_list tasks, asking, appends, resumes, maskings;	/* owned */
	wh_chat_describe *describe;	/* NULL: nobody shows sessions in a way of their own */
	void *describe_self;
	uint64_t instance;		/* by chance */
	struct wh_slot *slot;
	const struct wh_accounts_ops *accounts;	/* NULL: there is none */
	struct wh_accounts *accounts_self;
	int64_t last_id;
	unsigned export_pages;		/* of the export under way; two at once share the bound */
	wh_id sweep, opened;		/* timers */
};

struct chat_entry {
	uint64_t seq;
	int64_t id, time, ref, edited;
	int kind;
	struct wh_str who, name, text, extra, reactions;
	bool redacted;
	const struct chat_rules *rules;	/* of CHAT_RULES, while it is being written */
	uint64_t number;		/* of the asking of hooks; 0: was none */
	struct chat_ask *ask;		/* while it is being written: who is told besides or instead of a call */
};

/* schema.c */
enum chat_statement {
	Q_ROOM_BY_KEY, Q_ROOM_MAKE, Q_ROOM_NEXT, Q_ROOM_TOPIC, Q_ROOM_RULES, Q_ROOM_KEEP, Q_ROOM_DROP, Q_ROOM_BURY, Q_ROOM_EMPTY, Q_ROOM_BURIED, Q_ROOM_EPOCH, Q_ROOMS, Q_ROOMS_LOOSE,
	Q_ENTRY_ADD, Q_ENTRY_BY_NONCE, Q_ENTRY_EDIT, Q_ENTRY_REDACT, Q_ENTRY_OF, Q_BEFORE_SEQ, Q_AFTER_SEQ, Q_BEFORE_ID, Q_AFTER_ID, Q_SEARCH,
	Q_REACT, Q_UNREACT, Q_PIN, Q_UNPIN, Q_PINS, Q_VOTE, Q_POLL,
	Q_MARK, Q_MARK_TIME, Q_MARKED, Q_MARKS, Q_MENTION, Q_MENTIONS, Q_INVITE, Q_INVITED, Q_FORGET, Q_EXPORT, Q_ERASE, Q_ERASE_MARKS,
	Q_WHISPER_MAKE, Q_PAIR_ADD, Q_PAIR_OF, Q_MARK_AT, Q_WHISPER_UNWANTED, Q_WHISPERS, Q_BLOCK, Q_UNBLOCK, Q_BLOCKED, Q_BLOCKS, Q_BLOCKS_ALL, Q_REFUSE, Q_REFUSED,
	Q_FORGET_WHISPERS, Q_FORGET_BLOCKS, Q_FORGET_REFUSALS, Q_FORGET_INVITES, Q_FORGET_MARKS, Q_ROOM_OWNER, Q_ROOM_LOOSE, Q_ROOM_RENAME, Q_LAST_ID, Q_EDITS_GONE,
	Q_PIN_GONE, Q_RESUME_WHISPER, Q_VOTED, Q_EXPORT_REST, Q_ERASE_REACTIONS, Q_ERASE_VOTES, Q_ERASE_MENTIONS, Q_ERASE_INVITES, Q_ERASE_PAIRS,
	Q_ERASE_PAIR_NAMES, Q_ERASE_BLOCKS, Q_ERASE_REFUSAL, Q_ERASE_WHISPERS, Q_ERASE_OWNER,
	Q_GIVE, Q_GIVEN, Q_ERASE_GIVEN, Q_MASK_ADD, Q_MASK_REMOVE, Q_MASKS, Q_FORGET_MASKS, Q_ERASE_MASKS,
	Q_ENTRY_RESTORE, Q_ENTRY_ANY, Q_RECENT, Q_RECENT_BY,
	Q_MOVES, Q_MOVE_ADD, Q_MOVE_OFF, Q_MOVE_TOLD, Q_MOVES_TRIM, Q_FORGET_MOVES, Q_ERASE_MOVES,
	Q_INVITATIONS,
	Q_ALWAYS, Q_ALWAYS_ON, Q_ALWAYS_OFF, Q_STAY, Q_UNSTAY, Q_UNSTAY_ALL, Q_STAYS, Q_STAYING, Q_HEARD, Q_UNHEARD, Q_UNHEARD_OLD, Q_END
};
extern const struct wh_schema chat_schema;

/* text.c */

/** The key of a room's name, without a leading '#': NFKC, case folded. False: it can be no name. */
bool text_room_key(struct wh_str name, char key_out[static CHAT_NAME + 1]);

/** As many bytes of the text as fit, without cutting a character. */
size_t text_cut(struct wh_str text, size_t most);

/** A person's name as it is compared: NFKC, without case. Returns its bytes, 0 when it can be no name; behind it stands a NUL. */
size_t text_fold(struct wh_str name, char out[static CHAT_FOLD]);

/** What is wrong with a text, as a sentence, or NULL; `out` (of `text.n * 3 + 1` bytes at least) gets it in NFC. */
const char *text_check(const struct chat_settings *set, struct wh_str text, char *out, size_t cap, size_t *n_out);
bool text_has_link(struct wh_str text);

/** Takes IRC's colours and the like out of it. Returns the bytes that are left. */
size_t text_plain(char *text, size_t n);

/** A reaction: one character or a short name between colons. */
bool text_is_reaction(struct wh_str text);

void id_text(int64_t id, char out[static CHAT_ID_TEXT]);
bool id_parse(struct wh_str text, int64_t *id_out);

/* room.c */
struct chat_room *room_by_key(struct chat *chat, struct wh_str key);
struct chat_room *room_of_hub(struct chat *chat, struct wh_room *r);

/** The hub's room, or NULL. */
struct wh_room *room_hub(struct chat_room *room);

/** Runs `go` with the room that the call's argument `room` names, at once or when it was loaded; `make`: also when it has to be made. A whisper is
 * a room for its two. */
enum wh_err room_with(struct chat *chat, struct wh_call *call, bool make, chat_go *go);

/** The same, for members alone. */
enum wh_err room_with_member(struct chat *chat, struct wh_call *call, chat_go *go);

/** The same with a room that the caller has found. */
enum wh_err room_go(struct chat_room *room, struct wh_call *call, bool make, chat_go *go);

/** Begins to read it from the store. NULL: no memory, or too many rooms. */
struct chat_room *room_load(struct chat *chat, struct wh_str key, struct wh_str name);

/** Is the session's person in it: a member, or one of the two? */
bool room_has(struct chat_room *room, struct wh_session *s);

/** Nobody needs it in memory any more? Then it goes; and ends, if nobody registered it. */
void room_settle(struct chat_room *room);
void room_free(struct chat_room *room);
void room_topic(struct chat_room *room, struct wh_str topic, struct wh_str who, struct wh_str name, int64_t time);

/** Out of the store with it, and its log: at once, or, if that is long, piece by piece under another name. `room` (may be NULL) hears of it. */
bool room_drop(struct chat *chat, int64_t id, uint64_t seq, struct chat_room *room);

/** After the hub was replaced the roles of accounts are looked up again, and in a registered room nobody has one until then. */
bool room_is_settled(struct chat_room *room);

/* rank.c */
enum chat_rank room_rank(struct chat_room *room, struct wh_session *s);

/** All ranks, a bit for each. */
unsigned room_ranks(struct chat_room *room, struct wh_session *s);
enum chat_rank rank_highest(unsigned ranks);
const char *rank_name(enum chat_rank rank);
enum chat_rank rank_read(struct wh_str word);

/** Is what was said before for those who keep order alone, and the session none of them? */
bool room_hides_past(struct chat_room *room, struct wh_session *s);

/* restore.c */
/** After the hub was replaced. */
enum wh_verdict rooms_recovered(void *self, struct wh_recovered *r);
void rooms_read(struct chat *chat);
void rooms_sweep(void *self, uint64_t cookie);

/* member.c */
enum wh_err member_join(void *self, struct wh_call *call);
enum wh_err member_leave(void *self, struct wh_call *call);
enum wh_err member_kick(void *self, struct wh_call *call);
enum wh_err member_typing(void *self, struct wh_call *call);
enum wh_verdict member_left(void *self, struct wh_passage *p);
struct chat_person *member_find(struct chat_room *room, struct wh_str id);
struct chat_person *member_by_name(struct chat_room *room, struct wh_str name);

/** Somebody who is not in it yet, with no session. NULL: out of memory. */
struct chat_person *member_new(struct chat_room *room, const struct wh_identity *who);

/** Somebody is in it no more. `but` (may be NULL) knows already. */
void member_drop(struct chat_room *room, struct chat_person *person, struct wh_str reason, const struct wh_session *but);

/** Finds their ranks anew. */
void member_ranked(struct chat_room *room, struct chat_person *person, struct wh_session *s);

/** Sends out whom the call of chat.kick names. */
enum wh_err member_send_out(struct chat_room *room, struct wh_call *call);

/** Puts somebody out, with all sessions, also who stays without one. WH_ENOENT. */
enum wh_err member_put_out(struct chat_room *room, struct chat_person *person, const struct wh_identity *by, struct wh_str reason);

/** One more session of its person. NULL: out of memory. */
struct chat_person *member_add(struct chat_room *room, struct wh_session *s);

/** The session was the person `was_id` until now, or had another name. */
void member_renamed(struct chat *chat, struct wh_session *s, struct wh_str was_id);

/** Writes the room as who enters it sees it. */
void room_write(struct chat_room *room, struct wh_session *s, struct wh_json *w);

/* always.c */
enum wh_err always_presence(void *self, struct wh_call *call);

/** NULL: the account is not always on. */
struct chat_always *always_find(struct chat *chat, struct wh_str id);
bool always_may(const struct chat *chat);

/** The id of who is always on and has that name; empty: nobody. */
struct wh_str always_by_name(struct chat *chat, struct wh_str name);

/** For Q_ALWAYS. */
void always_read(void *self, uint64_t cookie, const struct wh_result *r);
void always_close(struct chat *chat);

/** The person is in the room, and stays if they are always on. */
void always_entered(struct chat_room *room, struct chat_person *person);

/** A session comes to who may be there without one. Before it is counted. */
void always_back(struct chat_room *room, struct chat_person *person);

/** The person's last session has left the room. True: it has ended, and they stay. */
bool always_away(struct chat_room *room, struct chat_person *person, struct wh_session *s);

/** The person has no session in the room any more, and stays. */
void always_left_alone(struct chat_room *room, struct chat_person *person);

/** The session leaves the room because it ends: so far it has heard. */
void always_heard(struct chat_room *room, struct wh_session *s);

/** The last session of a person may have ended; and one is there. */
void always_gone(struct chat *chat, struct wh_str id);
void always_here(struct chat *chat, struct wh_str id);

/** Is the account one that stays, and is away? */
bool always_away_now(struct chat *chat, struct wh_str id);

/** See include/whiply/chat.h. */
void always_each(struct chat *chat, bool (*each)(void *self, const struct wh_chat_actor *who, enum wh_chat_stay what), void *self);

/** They leave for good. */
void always_left(struct chat_room *room, struct chat_person *person);

/** Those who stay in the room, from Q_STAYING. */
void always_room(struct chat_room *room, const struct wh_rows *rows);

/** Who is always on leaves a room with all sessions; `but` does so by itself. */
void always_leave_all(struct chat_room *room, struct wh_session *but, struct wh_str reason);
void always_forget(struct chat *chat, struct wh_str id);
void always_seen(struct chat *chat, struct wh_session *s);
void always_sweep(struct chat *chat);

/* task.c */

/** Holds the call, and keeps the room until task_end. 0: no memory. */
uint64_t task_begin(struct chat_room *room, struct wh_call *call);

/** Whose task it is; NULL: they are gone. Before task_end. */
struct wh_session *task_session(struct chat *chat, uint64_t cookie);

/** What was begun. The call is NULL when it is over. The room may go now: say room_settle when you are done with it. */
struct chat_room *task_end(struct chat *chat, uint64_t cookie, struct wh_call **call_out);

/** Runs steps for a held call; what came of it goes to `done` with the task as its cookie. Returns what the command returns. */
enum wh_err task_run(struct chat_room *room, struct wh_call *call, const struct wh_step *steps, size_t n, wh_store_done *done);
void tasks_free(struct chat *chat);

/* move.c */

/** For Q_MOVES. */
void moves_read(void *self, uint64_t cookie, const struct wh_result *r);
void moves_free(struct chat *chat);

/** The name is one that a room had, and leads to it; NULL: it does not. */
const struct chat_move *move_find(struct chat *chat, struct wh_str key);

/** The name is another room's now. */
void move_over(struct chat *chat, struct wh_str key);

/** The room's name or rules may be others. */
void moves_refresh(struct chat_room *room);

/** The room is there no more. */
void moves_end(struct chat *chat, int64_t room);
void moves_sweep(struct chat *chat);

/** The room had that name until now: tells the other plugins. `session` did it. */
void move_add(struct chat_room *room, const struct chat_move *from, wh_id session);

/** Tells the people of the hub's room. */
void move_publish(struct chat *chat, struct wh_room *hub, const struct chat_move *m, struct wh_str to);
void moved_tell(struct chat *chat, const struct wh_chat_moved *moved);

/** What a hub that died may not have told. */
void moves_tell(struct chat *chat);

/** After the hub was replaced, before rooms are read: people who are under an old name follow. */
void moves_recover(struct chat *chat);

/** The room can be shown: tells the other plugins of those who followed late. */
void moves_ready(struct chat_room *room);

/* rename.c */
void renamings_free(struct chat *chat);

/* live.c */
struct chat_live *live_by_id(struct chat *chat, struct wh_str id);

/** The first of that name; `same` goes on. */
struct chat_live *live_by_name(struct chat *chat, struct wh_str name);
struct chat_session *live_session(struct chat *chat, struct wh_session *s);

/** The session came, or is somebody else now. */
void live_update(struct chat *chat, struct wh_session *s);
void live_forget(struct chat *chat, struct wh_session *s);
void lives_read(struct chat *chat);
void lives_free(struct chat *chat);

/** Who is meant by a name or an id, connected or not: an account before a guest. `found` runs at once or later, and says what came of the
 * call, as this does. */
enum wh_err person_find(struct chat *chat, struct wh_call *call, struct wh_str who, const struct chat_asking *ask);
void askings_free(struct chat *chat);

/** Has the person spoken less than the rate of speaking allows? Else when they may again. Counts it. */
bool live_speaks(struct chat *chat, struct wh_session *s, int64_t *retry_ms_out);

/** Tells all sessions of a person, but one (may be NULL). */
void live_tell(struct chat *chat, struct wh_str id, const struct wh_event *event, const struct wh_session *but);

/* whisper.c */
enum wh_err whisper_with(struct chat *chat, struct wh_call *call, struct wh_str room, bool make, chat_go *go);
enum wh_err whisper_say(void *self, struct wh_call *call);
enum wh_err whisper_list(void *self, struct wh_call *call);

/** Gives a room that is only for showing what the key of a whisper says, with the names of those who are here. Returns it. */
struct chat_room *whisper_shown(struct chat_room *shown, struct chat_side sides[static 2], struct wh_str key);

/** Splits the key of a whisper; false: it is none. */
bool whisper_split(struct wh_str key, struct wh_str ids_out[static 2]);

/** The side of that id, or, `other`, the one across; NULL: it is none of them. */
struct chat_side *whisper_side(const struct chat_room *room, struct wh_str id, bool other);

/** Makes the room one of the two that its key names. WH_ENOMEM. */
enum wh_err whisper_name(struct chat_room *room);

/** Their names, from Q_PAIR_OF. */
void whisper_read(struct chat_room *room, const struct wh_rows *rows);

/** All sessions of the two are in the hub's room; returns that, or NULL. */
struct wh_room *whisper_attend(struct chat_room *room);

/** Publishes to the two, and to those that the hub's room could not take. */
void whisper_publish(struct chat_room *room, uint64_t seq, const struct wh_event *event, const struct wh_session *from, unsigned flags);

/** Memory is full of rooms: lets go of the whisper that has been there longest and that nothing is under way in. False: there is none. */
bool whisper_makes_room(struct chat *chat);

/** Lets the hub's room go. */
void whisper_leave(struct chat_room *room);
void whispers_sweep(struct chat *chat);

/** Writes a new one; its names are known. `done` finds the room's id in the first step. */
enum wh_err whisper_make(struct chat_room *room, wh_store_done *done);

/* block.c */
enum wh_err block_add(void *self, struct wh_call *call);
/** Tells of all blocks, read on the spot. */
enum wh_err blocks_tell(struct chat *chat, wh_chat_blocked *blocked, void *self);
enum wh_err block_remove(void *self, struct wh_call *call);
enum wh_err block_list(void *self, struct wh_call *call);
enum wh_err block_refuse(void *self, struct wh_call *call);

/* crowd.c */

/** Tells that somebody came or went. `but`: who knows already. */
void crowd_came(struct chat_room *room, const struct chat_person *person, bool came, struct wh_str reason, const struct wh_session *but);
void crowd_renamed(struct chat_room *room, const struct chat_person *was, const struct chat_person *is);
bool crowd_is(const struct chat_room *room);
void crowd_free(struct chat_room *room);

/* rules.c */

/** The members that a room's rules have in JSON, with the braces. */
enum { RULES_JSON = 640 };
struct wh_str rules_json(const struct chat_rules *rules, char to[static RULES_JSON]);

/** Reads those that stand behind the first ones in Q_ROOM_BY_KEY. */
void rules_read(const struct wh_rows *rows, size_t at, struct chat_rules *rules);
enum wh_err rules_set(void *self, struct wh_call *call);

/** Does one more fit, now? `paid_ms` is counted up if so, and else `wait_out` is how long it takes. */
bool pace_takes(const struct chat_pace *pace, int64_t paid_ms, int64_t now, int64_t *wait_out);
int64_t pace_after(const struct chat_pace *pace, int64_t paid_ms, int64_t now);

/* mask.c */
struct chat_mask {
	enum wh_chat_list list;
	int64_t time, until;		/* wall clock, ms; `until` 0: for good */
	struct wh_str mask, by, by_id, why;	/* in `text` */
	char text[];
};

enum wh_err mask_add(void *self, struct wh_call *call);
enum wh_err mask_remove(void *self, struct wh_call *call);
enum wh_err mask_list(void *self, struct wh_call *call);

/** Bans the person, then sends them out; a call of chat.kick. */
enum wh_err mask_kick(struct chat_room *room, struct wh_call *call, const struct chat_person *person);
void masks_read(struct chat_room *room, const struct wh_rows *rows);
void masks_free(struct chat_room *room);

/** What is over is taken off, and members are told. */
void masks_sweep(struct chat *chat);
void maskings_free(struct chat *chat);

/* match.c */

/** Makes a mask whole: `bob` is `bob!*@*`. False: it can be none. */
bool mask_whole(struct wh_str mask, char out[static CHAT_MASK + 1]);

/** The mask that means somebody whatever they call themselves. */
void mask_of(struct wh_str id, bool guest, char out[static CHAT_MASK + 1]);

/** Is the session on the list, and the mask not over? */
bool mask_on(struct chat_room *room, struct wh_session *s, enum wh_chat_list list);

/** May the person not speak, by the lists? It is looked up once in a while. */
bool mask_mutes(struct chat_room *room, struct chat_person *person, struct wh_session *s);

/* door.c */

/** What stands in the way of who is not in the room yet. */
enum wh_chat_door door_of(struct chat_room *room, struct wh_session *s, struct wh_str key);
bool door_opens_to_invited(enum wh_chat_door door);

/** Fails the call of who stands before it. */
enum wh_err door_refuse(struct chat_room *room, struct wh_call *call, enum wh_chat_door door);

/** Somebody enters. */
void door_passed(struct chat_room *room);

/* aside.c */

/** Tells those who are here and have the rank. The call of chat.say or chat.act is answered. */
enum wh_err aside_tell(struct chat_room *room, struct wh_call *call, const struct chat_entry *e);

/* given.c */
unsigned given_ranks(const struct chat_room *room, struct wh_str id);

/** Does what the call of chat.role asks for, in a room that is not registered. */
enum wh_err given_change(struct chat_room *room, struct wh_call *call);
void given_read(struct chat_room *room, const struct wh_rows *rows);
void given_free(struct chat_room *room);

/* info.c */

/** Each member has the rank that their roles give. */
void ranks_find(struct chat_room *room);

/** Somebody has another role, by this call of chat.role: ranks are found anew, and the members told. */
void role_changed(struct chat_room *room, struct wh_call *call);

/* append.c */
typedef void chat_appended(struct chat *chat, struct chat_room *room, struct wh_call *call, const struct chat_entry *e);

/** Writes the entry and publishes it. `first` runs before in the same transaction, and has to hold; `more` behind it. The call (0: none) is
 * held, and answered with the entry's seq and id, and with what `then` (may be NULL) adds; when `first` does not hold with `why_not`. */
enum wh_err chat_append(struct chat_room *room, struct wh_call *call, struct chat_entry *e, struct wh_str nonce, const struct wh_step *first,
    const char *why_not, const struct wh_step *more, size_t n_more, chat_appended *then);
int64_t chat_next_id(struct chat *chat);
void appends_free(struct chat *chat);

/* entry.c */
enum { CHAT_ITEMS = 18 };

/** Publishes it to the room. */
void entry_publish(struct chat_room *room, const struct chat_entry *e, const struct wh_session *from);

/** Tells one session alone. */
void entry_show(struct chat_room *room, const struct chat_entry *e, struct wh_session *s);

/** Writes it as an object, as history has it. */
void entry_write(struct chat_room *room, const struct chat_entry *e, struct wh_json *w);

/** Reads it from a row whose columns of schema.c begin at `at`. */
void entry_read(const struct wh_rows *rows, size_t row, size_t at, struct chat_entry *e);

/* The commands of the other files. */
enum wh_err say_say(void *self, struct wh_call *call);
enum wh_err say_act(void *self, struct wh_call *call);
enum wh_err say_relay(void *self, struct wh_call *call);
enum wh_err room_rename(void *self, struct wh_call *call);
chat_go say_whisper;
enum wh_err say_edit(void *self, struct wh_call *call);
enum wh_err say_redact(void *self, struct wh_call *call);
enum wh_err say_react(void *self, struct wh_call *call);
enum wh_err say_topic(void *self, struct wh_call *call);
enum wh_err say_pin(void *self, struct wh_call *call);
enum wh_err say_unpin(void *self, struct wh_call *call);
enum wh_err say_poll(void *self, struct wh_call *call);
enum wh_err say_results(void *self, struct wh_call *call);
enum wh_err say_vote(void *self, struct wh_call *call);
enum wh_err history_read(void *self, struct wh_call *call);
enum wh_err history_resume(void *self, struct wh_call *call);
void resumes_free(struct chat *chat);
enum wh_err history_search(void *self, struct wh_call *call);
enum wh_err history_pins(void *self, struct wh_call *call);
enum wh_err info_room(void *self, struct wh_call *call);
enum wh_err info_rooms(void *self, struct wh_call *call);
enum wh_err info_members(void *self, struct wh_call *call);
enum wh_err info_register(void *self, struct wh_call *call);
enum wh_err info_invite(void *self, struct wh_call *call);
enum wh_err info_invitations(void *self, struct wh_call *call);
enum wh_err info_role(void *self, struct wh_call *call);
enum wh_err mark_read(void *self, struct wh_call *call);
enum wh_err mark_unread(void *self, struct wh_call *call);
enum wh_err mark_mentions(void *self, struct wh_call *call);

/** An entry behind its room's name, in one row. */
void row_write(struct chat *chat, const struct wh_rows *rows, size_t i, struct wh_json *w);
enum wh_verdict privacy_export(void *self, struct wh_person *p);
enum wh_verdict privacy_erase(void *self, struct wh_person *p);

/** Fails a call for what the store said. */
enum wh_err chat_store_failed(struct wh_call *call, const struct wh_result *r);

/** The call that waits for this; NULL: it is gone, or the store had no answer, which it was told. */
struct wh_call *chat_answered(struct chat *chat, uint64_t cookie, const struct wh_result *r);

/** Is the store unable to take it? Then the call is failed; WH_WAIT: it was taken. */
enum wh_err chat_started(struct wh_call *call, enum wh_err err);

/* service.c */
extern const struct wh_chat_ops chat_service;

/* service_ask.c */

/** Its room is there; or it can't be had. Ends the ask. */
void ask_go(struct chat_ask *ask, struct chat_room *room);
void ask_end(struct chat_ask *ask, enum wh_err err, int64_t id);

/** Tells those who listen. */
void chat_heard(struct chat_room *room, const struct chat_entry *e);
void asks_free(struct chat *chat);
enum wh_err service_entry(struct wh_chat *service, int64_t id, wh_chat_found *done, void *self, uint64_t cookie);
enum wh_err service_recent(struct wh_chat *service, struct wh_str room, struct wh_str who, int64_t since, unsigned limit, wh_chat_found *done, void *self,
    uint64_t cookie);
enum wh_err service_redact(struct wh_chat *service, struct wh_str room, int64_t id, const struct wh_chat_actor *by, struct wh_str reason, wh_chat_done *done,
    void *self, uint64_t cookie);
enum wh_err service_restore(struct wh_chat *service, struct wh_str room, int64_t id, const struct wh_chat_actor *by, struct wh_str text, struct wh_str extra,
    wh_chat_done *done, void *self, uint64_t cookie);
enum wh_err service_say_for(struct wh_chat *service, struct wh_str room, const struct wh_chat_actor *author, struct wh_str kind, struct wh_str text, int64_t ref,
    struct wh_str nonce, wh_chat_done *done, void *self, uint64_t cookie);
enum wh_err service_edit_for(struct wh_chat *service, struct wh_str room, int64_t id, const struct wh_chat_actor *author, struct wh_str text, struct wh_str nonce,
    wh_chat_done *done, void *self, uint64_t cookie);
enum wh_err service_listen(struct wh_chat *service, wh_chat_listener *heard, void *self);
void service_forget(struct wh_chat *service, void *self);
/** Where the callbacks of a plugin stand; NULL: no room for one more plugin. */
struct chat_listener *listener_of(struct chat *chat, void *self);

extern const struct wh_metric chat_metrics[];
enum chat_metric { M_ENTRIES, M_ROOMS, M_JOINS, M_END };

#endif
