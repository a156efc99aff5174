/* The control channel between the keeper and one of its children: small typed messages with descriptors over a
 * SOCK_SEQPACKET pair. Anything that could be large goes by memfd. The keeper trusts its children no more than they trust each
 * other: a message that does not decode is an error, and descriptors that nobody asked for are closed. */
#ifndef WHIPLY_RING_CHANNEL_H
#define WHIPLY_RING_CHANNEL_H

#include "ring/link.h"

enum { WH_CHANNEL_MAX = 65536, WH_CHANNEL_FDS = 3 };	/* bytes, and descriptors, of one message */

enum wh_channel_kind {
	/* keeper to child */
	WH_CH_START = 1,	/* fds[0]: the config snapshot, a memfd; process, index: the child's own; text: the names of its sockets, with blanks between */
	WH_CH_RELOAD,		/* fds[0]: the new snapshot; answered with RELOADED */
	WH_CH_LINK,		/* process, index, flags, and the link's three descriptors: see wh_channel_link */
	WH_CH_HUB_GONE,		/* the hub died; its successor comes with a LINK of its own */
	WH_CH_PEER_GONE,	/* process: the edge or helper at the other end of a link died */
	WH_CH_DRAIN,		/* ms: how long the connections may go on, or flag KEEP; answered with DRAINED; a second one sets the time anew */
	WH_CH_STOP,
	WH_CH_STATUS_ASK,	/* answered with STATUS */
	WH_CH_LINKS_END,	/* to the hub: all LINKs of the start are told */
	WH_CH_CERTIFICATES,	/* to the hub: text: those of the TLS listeners, see certificate.h; whenever they change */
	/* child to keeper */
	WH_CH_READY,
	WH_CH_RELOADED,		/* err, text: what was wrong, when err is not WH_OK */
	WH_CH_ASK_RELOAD,
	WH_CH_ASK_RESTART,	/* text: what: "hub", "edges", "helper NAME" */
	WH_CH_ASK_DRAIN,	/* process, or text: "edges", "edge 3"; ms, or flag KEEP; the keeper answers with DRAINING */
	WH_CH_ASK_STATUS,	/* the keeper answers with STATUS too */
	WH_CH_STATUS,		/* text: JSON; both directions */
	WH_CH_BAD_RECORD,	/* process: it wrote a bad record, end it; text: what we saw */
	WH_CH_STUCK,		/* process: it does not drain its ring, replace it */
	WH_CH_DRAINED,
	WH_CH_ASK_HELPER,	/* text: "NAME PROGRAM"; the keeper starts it and answers with a LINK, each time it (re)starts */
	WH_CH_ASK_CONFIGURE,	/* text: an overlay, to be put in force and kept; answered with CONFIGURED */
	WH_CH_CONFIGURED,	/* keeper to hub; err, text: what was wrong, when err is not WH_OK */
	WH_CH_LINE,		/* a line of the sender's log: index: its level, ms: how many lines before it found no room; text */
	WH_CH_ASK_LINES,	/* text: a number; the keeper answers with LINES: the lines of all logs above it */
	WH_CH_LINES,		/* text: see lines.h */
	WH_CH_DRAINING,		/* err; text: what is drained now, as JSON, or why not */
	WH_CH_END		/* not a kind: one past the last */
};

enum wh_channel_flag {
	WH_CH_LEFTOVER = 1,	/* LINK: the peer is dead already; read what it left, then let the link go */
	WH_CH_KEEP = 4,		/* DRAIN, ASK_DRAIN: the connections of one that is drained may go on for as long as they last */
	WH_CH_HELPER = 2,	/* LINK: the peer is a helper, not an edge; text: its name, else the names of the edge's listeners */
};

/** One message. The members that its kind does not name are 0, empty or -1. */
struct wh_channel_msg {
	enum wh_channel_kind kind;
	uint32_t flags;
	uint32_t process;	/* the keeper's number of a process, 1 to 4095: no two living ones have the same */
	uint32_t index;		/* which edge or helper: 0 to n - 1; a replacement has the same */
	uint32_t ms;
	enum wh_err err;
	struct wh_str text;	/* received: good until the next receive with the same buffer */
	unsigned n_fds;
	int fds[WH_CHANNEL_FDS];	/* sent: borrowed; received: the receiver owns them */
};

/** A connected pair, non-blocking and close-on-exec: [0] the keeper's, [1] the child's. */
enum wh_err wh_channel_pair(int fds_out[2]);

/** Sends one message, whole or not at all. WH_WAIT: the other side is slow, try when writable; WH_ETOOBIG: the text is too long;
 * WH_EINVAL: not what this kind carries; WH_EAWAY: the other side is gone; WH_EIO. */
enum wh_err wh_channel_send(int fd, const struct wh_channel_msg *m);

/** Receives one message into *m_out; `buffer` holds its bytes. WH_OK; WH_WAIT: nothing there; WH_EAWAY: the other
 * side closed; WH_ESYNTAX: nonsense (its descriptors are closed); WH_EIO. */
enum wh_err wh_channel_receive(int fd, char buffer[WH_CHANNEL_MAX], struct wh_channel_msg *m_out);

/** Closes the descriptors of a received message that its receiver does not want. */
void wh_channel_msg_close(struct wh_channel_msg *m);

/** The descriptors of a LINK message as a link's, taken out of the message. WH_EINVAL: not a LINK. */
enum wh_err wh_channel_link(struct wh_channel_msg *m, struct wh_link_fds *take_out);

#endif
