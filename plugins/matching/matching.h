/* Inside the plugin: what its files share. The matcher decides who goes with whom (matcher.h); here are the people, their sessions, the store
 * and the rooms around it.
 *
 * A person is an id of the host: an account or a guest. A wait is a person's, or a party's, place in one queue. It stands in the matcher
 * while all of its people are there; while somebody's connection is lost it waits outside, and comes back with its age. A match begins as a
 * proposal, is live once all accepted, and is kept for a while after its end, so that it can be reported.
 *
 * Bounds: MATCHING_QUEUES queues, `tickets` waits in each, a wait of about 2 KiB, of a party up to 12, PERSON_MATCHES matches a person, 10 lines of a match. */
#ifndef MATCHING_MATCHING_H
#define MATCHING_MATCHING_H

#include <whiply/accounts.h>
#include <whiply/audit.h>
#include <whiply/chat.h>
#include <whiply/matching.h>
#include <whiply/moderation.h>
#include <whiply/script.h>
#include <whiply/store.h>
#include <whiply/whiply.h>

#include "matcher.h"
#include "rating.h"

enum {
	MATCHING_QUEUES = 16, NAME_MAX_BYTES = 32, ID_BYTES = 80, ARGS_BYTES = 2048, PERSON_MATCHES = 4, WAITS = 256, LINES = 10,
	LINE_BYTES = 400, PARTIES = 20000, MATCH_ID = 16, MEMBER_BYTES = 512, WAIT_ARGS_BYTES = ARGS_BYTES + MATCHER_PARTY * (MEMBER_BYTES + 2),
};

enum source { FROM_CLIENT, FROM_RATING, FROM_REPUTATION, FROM_KIND };
enum rating_kind { RATING_NONE, RATING_GLICKO, RATING_TEAMS };

/** What two people cost each other, as a formula of the operator's says. */
struct queue_scorer {
	struct scorer base;
	const struct wh_host *host;
	struct wh_formula *formula;	/* NULL: the sum counts */
};

/** A queue, as it is configured, and who waits in it. */
struct queue {
	char name[NAME_MAX_BYTES + 1];
	unsigned number;
	struct plan plan;
	struct queue_rule {
		char name[NAME_MAX_BYTES + 1];
		enum source from;
		bool required;
	} rules[MATCHER_RULES];
	char roles[MATCHER_ROLES][NAME_MAX_BYTES + 1];
	char regions[MATCHER_REGIONS][NAME_MAX_BYTES + 1];
	unsigned n_roles, n_regions;
	int64_t accept_ms, repeat_ms, skip_ms;
	int64_t strikes;		/* from how many on the reputation is low */
	bool blur, video, relay;	/* until both revealed; may they call; not by addresses of theirs until then */
	enum rating_kind rating;
	int64_t period_ms;		/* of Glicko-2; 0: nobody's rating grows old */
	struct queue_scorer scorer;
	struct matcher *matcher;
	struct table waits;		/* of the matcher's tickets */
	int64_t waited[WAITS];		/* the last ones, ms */
	uint64_t n_waited;
	int64_t shown;			/* by the gauge */
};

struct person {
	struct wh_list lost_link;		/* among those whose connection is lost */
	char id[ID_BYTES + 1], name[ID_BYTES + 1];
	uint64_t key;			/* for the matcher */
	wh_id session;			/* 0: none now */
	int64_t lost_at;		/* 0: it is there */
	struct wait *waits[MATCHING_QUEUES];
	struct match *matches[PERSON_MATCHES];
	struct party *party;
	unsigned pins;			/* who holds it for a moment */
};

struct wait {
	struct wh_list link;		/* among all */
	struct queue *queue;
	uint64_t ticket;		/* in the matcher; 0: outside */
	int64_t since;
	struct want want;
	struct person *people[MATCHER_PARTY];
	unsigned n;
	struct match *match;		/* it was proposed one */
	bool busy, dead;		/* the store works for it; it is to go then */
	bool restored;			/* from the store, and not looked up since */
	wh_id call;
	char nonce[65];
	char *args;			/* JSON of attributes, prefer, strict, roles, and the other members' attributes: as it is stored */
};

enum match_state { MATCH_PROPOSED, MATCH_LIVE, MATCH_ENDED };

struct match {
	struct wh_list link;		/* among all, by state */
	char id[MATCH_ID + 1];
	uint64_t number;
	struct queue *queue;
	enum match_state state;
	int64_t at;			/* when this state began */
	wh_id timer;
	uint64_t backfill;		/* its ticket, while it wants more */
	unsigned n, cap;		/* seats, of those who left as well; as many as there is memory for */
	bool rated;			/* its result counts already, or is being written */
	struct match_seat {
		struct person *person;	/* NULL: left */
		struct wait *wait;	/* while proposed */
		char id[ID_BYTES + 1], name[ID_BYTES + 1];
		char *args;		/* to wait again with; may be NULL */
		uint8_t team, role;
		bool accepted, revealed;
		int8_t places[MATCHER_TEAMS];	/* what it says of the result; [0] -1: nothing yet */
	} *seats;
	struct match_line {
		char who[ID_BYTES + 1];
		int64_t at;
		char text[LINE_BYTES + 1];
	} *lines[LINES];
	unsigned n_lines;
};

struct party {
	char code[MATCH_ID + 1];
	struct person *people[MATCHER_PARTY];	/* the first leads */
	uint32_t orders[MATCHER_PARTY];		/* who came later has a higher one */
	char roles[MATCHER_PARTY][64];		/* names with blanks between */
	char *attributes[MATCHER_PARTY];	/* JSON objects, or NULL: as the one who leads */
	unsigned n;
};

struct matching {
	const struct wh_host *host;
	struct wh_table table;
	const struct wh_chat_ops *chat;	/* NULL: rooms are the hub's own */
	struct wh_chat *chat_self;
	struct wh_accounts *accounts_self;
	const struct wh_accounts_ops *accounts;
	struct wh_audit_log *audit_self;
	const struct wh_moderation_ops *moderation;	/* NULL: reports wait here alone */
	struct wh_moderation *moderation_self;
	const struct wh_audit_ops *audit;
	uint64_t seed;
	struct pairs pairs;
	struct queue *queues;
	unsigned n_queues;
	struct wh_dict *people, *matches, *parties;
	struct table keys;		/* of people */
	struct wh_slot *slot;		/* in each session, uint64_t: the key of the person who speaks through it */
	struct table numbers;		/* of matches */
	uint64_t last_number;
	struct wh_list waits, lost, tasks;
	struct wh_list proposed, live, ended;	/* matches */
	wh_id tick, sweep, binding;
	int64_t tick_at, grace_ms, keep_ms;
};

/* schema.c */
enum matching_statement {
	Q_TICKET_ADD, Q_TICKET_DROP, Q_TICKETS, Q_MATCH_ADD, Q_MATCH_END, Q_MATCH_RESULT, Q_MATCHES, Q_SEAT_ADD, Q_SEATS, Q_MET, Q_BLOCK, Q_UNBLOCK, Q_BLOCKS,
	Q_BLOCKS_ALL, Q_RATING, Q_RATING_SET, Q_REPORT_ADD, Q_REPORTS, Q_REPORT_DONE, Q_EXPORT_SEATS, Q_EXPORT_RATINGS, Q_ERASE_SEATS, Q_ERASE_RATINGS,
	Q_ERASE_BLOCKS, Q_ERASE_TICKETS, Q_ERASE_REPORTS, Q_SEAT_REVEAL, Q_SEAT_SKIP,
};
extern const struct wh_schema matching_schema;

/* matching.c */
enum matching_metric { M_TICKETS, M_MATCHES, M_WAITING, M_WAIT, M_ENDED, M_REPORTS, M_END };
extern const struct wh_metric matching_metrics[];
struct queue *queue_find(struct matching *x, struct wh_str name);

/** Looks after the matcher when it says so, and takes what it made. */
void pump(struct matching *x);

/** A JSON text that is put together outside an answer. What does not fit is left out, and `full` set. */
struct text {
	char *p;
	size_t n, cap;
	bool full;
};
void text_put(struct text *t, const char *literal);
void text_raw(struct text *t, struct wh_str s);
void text_str(struct text *t, struct wh_str s);		/* with quotes */
struct wh_str text_of(const struct text *t);
/** Copies what fits, whole characters only, and a NUL. */
void text_copy(char *to, size_t cap, struct wh_str s);
/** A copy with a NUL; NULL: no memory. */
char *text_new(const struct wh_host *host, struct wh_str s);
void random_id(const struct wh_host *host, char out[MATCH_ID + 1]);

/* queue.c */
bool queues_read(struct matching *x, const struct wh_conf *conf);
void queues_free(struct matching *x);
void queue_waited(struct queue *q, int64_t ms);
int64_t queue_percentile(const struct queue *q, unsigned percent);	/* -1: nobody knows */

/* want.c */
/** Reads what a person wants of a queue, or `people` of them together; `why_out` is a sentence when it is wrong. */
bool want_read(struct matching *x, struct queue *q, struct wh_str args, unsigned people, struct want *want_out, const char **why_out);
/** The args with which one of them would wait alone. */
void want_args(struct matching *x, const struct queue *q, struct wh_str args, unsigned member, uint8_t roles, struct text *out);
uint8_t want_roles(const struct queue *q, struct wh_str names);
uint32_t want_token(const struct matching *x, unsigned rule, struct wh_str text);
/** The interests of `args` that another set has as well: a JSON array. */
void want_shared(struct matching *x, struct queue *q, struct wh_str args, const struct want *other, struct text *out);

/* person.c */
struct person *person_get(struct matching *x, const struct wh_identity *who);
struct person *person_by_id(struct matching *x, struct wh_str id);
struct person *person_make(struct matching *x, struct wh_str id, struct wh_str name);
uint64_t person_key(const struct matching *x, struct wh_str id);
struct person *person_of(struct matching *x, struct wh_session *s);
/** It is there, and spoken to through this session. */
void person_here(struct matching *x, struct person *p, struct wh_session *s);
void person_settle(struct matching *x, struct person *p);
void person_tell(struct matching *x, const struct person *p, const struct wh_event *event);
void people_bind(struct matching *x);
void people_sweep(struct matching *x);
enum wh_verdict person_presence(void *self, struct wh_presence *p);

/* ticket.c */
void wait_enter(struct matching *x, struct wait *wait);
void wait_leave(struct matching *x, struct wait *wait);		/* stands outside until wait_enter */
void wait_end(struct matching *x, struct wait *wait, const char *why, bool forget);
bool wait_whole(const struct wait *wait);
struct wait *wait_make(struct matching *x, struct queue *q, struct person *const *people, unsigned n, struct wh_str args);
enum wh_err ticket_again(struct matching *x, struct queue *q, struct person *p, struct wh_str args);
enum wh_err ticket_enqueue(void *self, struct wh_call *call);
enum wh_err ticket_update(void *self, struct wh_call *call);
enum wh_err ticket_cancel(void *self, struct wh_call *call);
enum wh_err ticket_status(void *self, struct wh_call *call);
enum wh_err ticket_queues(void *self, struct wh_call *call);

/* match.c */
#define MATCH_ROOM "match-"		/* what the rooms' names begin with */
void match_found(struct matching *x, struct queue *q, const struct made *made);
struct match *match_make(struct matching *x, struct queue *q, unsigned seats);
struct match *match_find(struct matching *x, struct wh_str id);
struct match_seat *match_seat_of(struct match *m, struct wh_str person);
/** Makes memory for as many seats as a match may ever have. Moves them. */
bool match_widen(struct matching *x, struct match *m);
bool match_sit(struct match *m, struct match_seat *seat, struct person *p);
void match_live(struct matching *x, struct match *m);
/** Everybody agreed; from seat `from` on they are new. It is stored, then they are led into the room. */
void match_start(struct matching *x, struct match *m, unsigned from);
/** A proposal does not come about: because of `declined`, or else of those who did not accept. The others wait again, in front. */
void match_fail(struct matching *x, struct match *m, const char *why, const struct match_seat *declined);
void match_left(struct matching *x, struct match *m, struct match_seat *seat, const char *why);
void match_free(struct matching *x, struct match *m);
void matches_sweep(struct matching *x);
/** Did all who are there agree to be seen? */
bool match_revealed(const struct match *m);
/** The fields of what a member was told when it was proposed or began, and `state`. */
void match_write(struct matching *x, struct match *m, const struct match_seat *seat, struct wh_json *w);
void match_tell(struct matching *x, struct match *m, const char *event, const struct match_seat *about, const char *why);

/* match_ask.c */
/** The live match of a call and the caller's seat in it; fails the call. */
struct match *match_of_call(struct matching *x, struct wh_call *call, struct match_seat **seat_out);
enum wh_err match_accept(void *self, struct wh_call *call);
enum wh_err match_decline(void *self, struct wh_call *call);
enum wh_err match_leave(void *self, struct wh_call *call);
enum wh_err match_skip(void *self, struct wh_call *call);
enum wh_err match_next(void *self, struct wh_call *call);
enum wh_err match_reveal(void *self, struct wh_call *call);
enum wh_err match_backfill(void *self, struct wh_call *call);
/** The service "matching". */
extern const struct wh_matching_ops match_service;
enum wh_verdict match_join(void *self, struct wh_passage *p);
enum wh_verdict match_gone(void *self, struct wh_passage *p);
enum wh_verdict match_said(void *self, struct wh_message *m);

/* party.c */
enum wh_err party_join(void *self, struct wh_call *call);
enum wh_err party_leave(void *self, struct wh_call *call);
void party_drop(struct matching *x, struct person *p);
void party_free(struct matching *x, struct party *party);
enum wh_verdict party_save(void *self, struct wh_papers *p);
enum wh_verdict party_load(void *self, struct wh_papers *p);

/* social.c */
wh_chat_blocked social_blocked;
enum wh_err social_block(void *self, struct wh_call *call);
enum wh_err social_unblock(void *self, struct wh_call *call);
enum wh_err social_blocks(void *self, struct wh_call *call);
enum wh_err social_report(void *self, struct wh_call *call);
enum wh_err social_reports(void *self, struct wh_call *call);
enum wh_err social_settle(void *self, struct wh_call *call);
enum wh_verdict social_export(void *self, struct wh_person *p);
enum wh_verdict social_erase(void *self, struct wh_person *p);

/* score.c */
enum wh_err score_result(void *self, struct wh_call *call);
enum wh_err score_rating(void *self, struct wh_call *call);
double score_number(const struct queue *q, const struct wh_rows *row);
void tasks_free(struct matching *x);

/* restore.c */
enum wh_err restore(struct matching *x);

/** Fails a call because the store did. */
enum wh_err store_failed(struct wh_call *call, enum wh_err err);

#endif
