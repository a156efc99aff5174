/* The hub's end of the control channel: what the keeper tells us, and what we ask of it. Answers come in the order of the
 * asking. When the keeper is gone the hub ends. */
#ifndef WHIPLY_HUB_KEEPER_LINK_H
#define WHIPLY_HUB_KEEPER_LINK_H

#include "ring/channel.h"

struct event;
struct hub;

/** What became of an ask: `text` is the errors of a reload, the keeper's status as JSON, lines of logs, or what is drained. */
typedef void keeper_answer(struct hub *hub, void *self, uint64_t cookie, enum wh_err err, struct wh_str text);

enum { KEEPER_ASKS = 64 };

struct keeper_ask {
	enum wh_channel_kind answer;	/* WH_CH_RELOADED, CONFIGURED, STATUS, LINES or DRAINING */
	keeper_answer *then;
	void *self;
	uint64_t cookie;
};

struct keeper_link {
	int fd;			/* borrowed; -1: none, as in tests */
	struct event *readable;	/* owned */
	char *buffer;		/* owned: WH_CHANNEL_MAX */
	struct keeper_ask asks[KEEPER_ASKS];
	unsigned n_asks;
	void (*reload)(struct hub *hub, struct wh_channel_msg *m);	/* what RELOAD does; NULL in tests */
	enum wh_err (*say)(struct hub *hub, const struct wh_channel_msg *m);	/* how a message gets there; NULL: it does not */
};

enum wh_err keeper_link_init(struct hub *hub, int fd);
void keeper_link_finish(struct hub *hub);

/** Handles one message; the loop and tests call it. */
void keeper_message(struct hub *hub, struct wh_channel_msg *m);

enum wh_err keeper_send(struct hub *hub, const struct wh_channel_msg *m);

/* What features ask. WH_EFULL: too many asks are open; WH_EAWAY. */
enum wh_err channel_ask_reload(struct hub *hub, keeper_answer *then, void *self, uint64_t cookie);
enum wh_err channel_ask_status(struct hub *hub, keeper_answer *then, void *self, uint64_t cookie);

/** Another overlay, in force and kept when the answer is WH_OK; else `text` says why. One at a time: WH_ESTATE. */
enum wh_err channel_ask_configure(struct hub *hub, struct wh_str overlay, keeper_answer *then, void *self, uint64_t cookie);
/** The lines of all logs above a number: the text of a LINES message, see ring/lines.h. */
enum wh_err channel_ask_lines(struct hub *hub, struct wh_str after, keeper_answer *then, void *self, uint64_t cookie);

/** "hub", "edges" or "helper NAME". No answer: it is seen in the status. */
enum wh_err channel_ask_restart(struct hub *hub, struct wh_str what);

/** Drains: the edge of this process, or what `text` names: "edges", "edge 3". With `keep` what is drained may go on for as long as it lasts. The
 * answer is an array of the edges, or a sentence. */
struct channel_drain {
	uint32_t process;
	struct wh_str text;
	uint32_t ms;
	bool keep;
};
enum wh_err channel_ask_drain(struct hub *hub, const struct channel_drain *drain, keeper_answer *then, void *self, uint64_t cookie);

#endif
