/* PeerJS: its HTTP pages and its WebSocket at /peerjs, so that a stock client works here. Who comes shows a ticket of call.ticket as its token, once,
 * and acts for whoever asked for it; it reaches the clients of the same room while those are in it. Used by signaling.c.
 *
 * Bounds: PEERS clients, TICKETS tickets for TICKET_MS, WAITING frames of FRAME_BYTES for those who are away, WAITING_OF_PEER of one sender, for
 * WAIT_MS. A client that was lost may come back with its id and token for LOST_MS. */
#ifndef SIGNALING_PEERJS_H
#define SIGNALING_PEERJS_H

#include "signaling.h"

enum {
	PEERS = 20000, TICKETS = 4096, TICKET_MS = 30000, PEER_BYTES = 64, TOKEN_BYTES = 32, WAITING = 512, WAITING_OF_PEER = 16, WAIT_MS = 5000, LOST_MS = 60000,
	SILENT_MS = 90000, FRAME_BYTES = 65536, PACE = 30, PACE_BURST = 300,
};

struct peers *peers_make(struct signaling *x);
void peers_free(struct signaling *x);
/** The room has another name: tickets and peers of it go along. */
void peers_move(struct signaling *x, struct wh_str from, struct wh_str to);
void peers_settings(struct peers *p, const struct wh_conf *conf);
enum wh_err peers_ticket(void *self, struct wh_call *call);
enum wh_err peers_page(void *self, struct wh_request *request);
void peers_open(void *self, struct wh_session *s);
void peers_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags);
enum wh_err peers_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out);
void peers_presence(struct signaling *x, const struct wh_presence *p);
/** True: the session is a client of PeerJS. */
bool peers_save(struct signaling *x, struct wh_papers *p);
bool peers_load(struct signaling *x, struct wh_papers *p);

#endif
