/* What peerjs.c and peerjs_frame.c share. */
#ifndef SIGNALING_PEERJS_OWN_H
#define SIGNALING_PEERJS_OWN_H

#include "peerjs.h"

enum { PEER_HASH = 16, PEER_ID_MADE = 24, PEER_MISSED = 3 };

struct peer {
	char id[PEER_BYTES + 1];
	char room[ROOM_BYTES + 1];	/* empty: the one of those without tickets */
	unsigned char token[PEER_HASH];	/* SHA-256 of its token, the first bytes */
	wh_id owner;			/* the session that asked for the ticket */
	wh_id session;			/* 0: lost */
	int64_t lost_at, heard;
	int64_t paced_at;		/* when `pace` was counted last */
	unsigned pace;			/* frames that it may say at once */
	unsigned waiting;		/* frames of it that wait */
	unsigned missed;		/* looks in a row at which its owner was not in the room */
};

struct ticket {
	char token[TOKEN_BYTES + 1], id[PEER_ID_MADE + 1], room[ROOM_BYTES + 1];
	wh_id owner;
	int64_t until;
};

/* A frame for somebody who is not there yet. */
struct waiting {
	char from[PEER_BYTES + 1], to[PEER_BYTES + 1];
	char *frame;		/* owned */
	size_t n;
	bool offer;		/* its sender hears when it is in vain */
	int64_t at;
};

struct peers {
	struct wh_dict *by_id, *by_session, *tickets;
	wh_id sweep;
	char key[64];
	bool open;
	struct waiting waiting[WAITING];	/* oldest first */
	size_t n_waiting;
	char out[FRAME_BYTES * 2];	/* a frame on its way */
};

bool peer_id_ok(struct wh_str id);
struct peer *peer_find(struct signaling *x, struct wh_str id);
struct peer *peer_of(struct signaling *x, const struct wh_session *s);
void peer_drop(struct signaling *x, struct peer *peer, const char *why);
/** Is the one who asked for its ticket in the room still? */
bool peer_there(struct signaling *x, const struct peer *peer);
/** What waits for it. */
void frames_deliver(struct signaling *x, struct peer *peer);
void frames_expire(struct signaling *x, int64_t now);

#endif
