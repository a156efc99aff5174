/* Inside the plugin: what its files share.
 *
 * A call is held in a room, by those of its members who joined the call; each has a seat. A seat has an id that the others address, and a
 * generation: it changes when its client begins anew, so that what was meant for the one before reaches nobody. Of any two seats the one that
 * came later starts and is polite. A seat lives in its session's papers; the call is put together from them when the hub is replaced.
 *
 * Bounds: CALLS calls of at most SEATS_MAX seats, CALLS_OF_SESSION calls a session, SERVERS TURN servers; those of descriptions and
 * candidates stand in sdp.h, those of PeerJS in peerjs.h. Nothing that passes between two clients is kept. */
#ifndef SIGNALING_SIGNALING_H
#define SIGNALING_SIGNALING_H

#include <whiply/chat.h>
#include <whiply/matching.h>
#include <whiply/whiply.h>

#include "sdp.h"
#include "text.h"
#include "turn.h"

enum {
	SEATS_MAX = 6, CALLS_OF_SESSION = 4, CALLS = 20000, SEAT_ID = 12, ROOM_BYTES = 128, CANDIDATES = 32, SERVERS = 16, URLS = 4, SWEEP_MS = 500,
	LOAD_MINUTES = 10, PATTERNS = 16, PATTERN_BYTES = 128,
	PEERS_BYTES = SEATS_MAX * 1000,
};

struct caller;
struct peers;

struct seat {
	struct call *call;
	struct caller *caller;
	char id[SEAT_ID + 1];
	uint32_t generation;
	uint32_t order;			/* who came later starts */
	bool audio, video, screen, hand;
	bool restored;			/* from papers, and not told of it yet */
	int64_t lost_at;		/* 0: its connection is there */
};

struct call {
	struct wh_str key;		/* in `name` */
	char name[ROOM_BYTES + 1];
	struct seat *seats[SEATS_MAX];	/* places do not move */
	unsigned n;
	uint32_t last_order;
	/* Of each pair, in each direction: an offer passed since both are what they are; and when the last one did that has no answer yet. */
	bool known[SEATS_MAX][SEATS_MAX];
	int64_t offered[SEATS_MAX][SEATS_MAX];
};

/* A session that is in calls. */
struct caller {
	wh_id session;			/* the key in `callers` */
	struct seat *seats[CALLS_OF_SESSION];
};

enum server_state { SERVER_UNKNOWN, SERVER_WELL, SERVER_UNWELL };

/* A way to a TURN server. Each is asked by itself: one whose certificate is over is no help to those who can only use that. */
struct server_url {
	char text[200];
	enum wire_by by;
	char host[TURN_HOST + 1], port[8];	/* where to ask how it is; empty: nobody asks */
	enum server_state state;
	unsigned failed;			/* times in a row */
	char why[80];
};

/* A TURN server. */
struct server {
	char name[64], region[64];
	struct server_url urls[URLS];
	unsigned n_urls;
	int64_t weight;
	char secrets[2][TURN_SECRET + 1];
	unsigned n_secrets;
	unsigned secret;		/* that it takes, as far as we know */
	bool shown;			/* as well, by the gauge */
	uint32_t given[LOAD_MINUTES];	/* credentials, by the minute */
	int64_t minute;			/* of the last */
};

struct signaling {
	const struct wh_host *host;
	struct wh_chat *chat_self;
	const struct wh_chat_ops *chat;
	struct wh_matching *matching_self;
	const struct wh_matching_ops *matching;
	struct wh_dict *calls, *callers;
	wh_id sweep, probe;
	/* settings */
	unsigned most;
	int64_t grace_ms, pair_ms, ttl_ms, probe_ms;
	enum wh_chat_rank rank;
	char patterns[PATTERNS][PATTERN_BYTES];
	unsigned n_patterns;
	struct sdp_net nets[SDP_NETS];
	unsigned n_nets;
	struct server servers[SERVERS];
	unsigned n_servers;
	uint64_t servers_epoch;		/* a probe of servers that are configured no more counts for nothing */
	char stun[URLS][200];
	unsigned n_stun;
	struct peers *peers;
	char out[SDP_BYTES * 2 + 1];	/* what a filter leaves; good for one frame */
};

/* signaling.c */
enum signaling_metric {
	M_CALLS, M_SEATS, M_FRAMES, M_REMOVED, M_EXPIRED, M_CREDENTIALS, M_SERVERS, M_PROBE, M_PEERS, M_END,
};
extern const struct wh_metric signaling_metrics[];
/** What the room's match, if it is one's, wants: what strangers may. */
struct wh_matched signaling_matched(struct signaling *x, struct wh_str room);
struct sdp_rule signaling_rule(struct signaling *x, struct wh_str room);
/** The room of that name as the hub knows it, and the session in it; NULL: not in it. */
struct wh_room *signaling_room(struct signaling *x, struct wh_session *s, struct wh_str name);
/** May calls be held there, by this session? WH_OK, or the call's failure. */
enum wh_err signaling_may(struct signaling *x, struct wh_call *call, struct wh_room *room, struct wh_session *s);
void signaling_random(struct signaling *x, char *out, size_t n);

/* call.c */
struct call *call_find(struct signaling *x, struct wh_str room);
struct seat *seat_of(struct call *c, wh_id session);
struct seat *seat_named(struct call *c, struct wh_str id);
unsigned seat_place(const struct seat *seat);
bool seat_starts(const struct seat *seat, const struct seat *with);
void seat_tell(struct signaling *x, const struct seat *seat, const char *event, const struct wh_item *items, size_t n);
void call_leave(struct signaling *x, struct seat *seat, const char *why);
void calls_free(struct signaling *x);
void calls_sweep(void *self, uint64_t cookie);
/** From now on calls go along with rooms that get another name. */
void calls_watch(struct signaling *x);
enum wh_verdict call_gone(void *self, struct wh_passage *p);
enum wh_verdict call_presence(void *self, struct wh_presence *p);
enum wh_verdict call_save(void *self, struct wh_papers *p);
enum wh_verdict call_load(void *self, struct wh_papers *p);
void calls_recovered(struct signaling *x);
struct seat *call_sit(struct signaling *x, struct wh_str room, wh_id session);
void seat_peers(struct signaling *x, const struct seat *seat, struct text *t);
void seat_tell_resumed(struct signaling *x, struct seat *seat, struct seat *to);
/** A seat begins anew: another generation, and of all pairs nothing is known. */
void seat_renew(struct signaling *x, struct seat *seat);

/* call_ask.c */
enum wh_err call_join(void *self, struct wh_call *call);
enum wh_err call_leaves(void *self, struct wh_call *call);
enum wh_err call_set(void *self, struct wh_call *call);
enum wh_err call_status(void *self, struct wh_call *call);
enum wh_err call_list(void *self, struct wh_call *call);
enum wh_err call_remove(void *self, struct wh_call *call);

/* frame.c */
enum wh_err frame_offer(void *self, struct wh_call *call);
enum wh_err frame_answer(void *self, struct wh_call *call);
enum wh_err frame_candidates(void *self, struct wh_call *call);

/* ice.c */
bool servers_read(struct signaling *x, const struct wh_conf *conf);
enum wh_err ice_servers(void *self, struct wh_call *call);
enum wh_err ice_status(void *self, struct wh_call *call);
void servers_probe(void *self, uint64_t cookie);

#endif
