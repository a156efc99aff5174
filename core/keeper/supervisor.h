/* Who runs, who talks to whom, and what follows when one dies: the keeper's whole judgement, as a state machine without a
 * system call. keeper.c gives it a host that forks and sends; the test gives it one that writes a transcript.
 * Invariants: one hub at most; one serving edge an index; no two living children have one number; a link belongs to one
 * incarnation of the hub and one of the other end. */
#ifndef WHIPLY_KEEPER_SUPERVISOR_H
#define WHIPLY_KEEPER_SUPERVISOR_H

#include <whiply/list.h>

#include "base/buf.h"
#include "base/log.h"
#include "keeper/backoff.h"
#include "ring/child.h"

struct wh_json;

enum {
	SUPERVISOR_HELPERS = 32,	/* helpers at most */
	SUPERVISOR_EDGES = 256,		/* serving edges at most */
	SUPERVISOR_GRACE_MS = 10000,	/* from the end of a drain, or a STOP, to SIGKILL */
	SUPERVISOR_RELOAD_MS = 10000,	/* for all children to answer RELOAD */
	SUPERVISOR_LINES = 1000,	/* lines of its log that are taken of one child in a second */
};

enum child_kind { CHILD_HUB, CHILD_EDGE, CHILD_HELPER, CHILD_KINDS };

enum child_state {
	CHILD_WAITING,	/* has no process; is started at due_ms */
	CHILD_RUNNING,
	CHILD_LEAVING,	/* on its way out; no other follows in its place */
};

struct child {
	struct wh_list link;
	enum child_kind kind;
	enum child_state state;
	uint32_t index;			/* edges */
	char name[WH_CHILD_NAME];	/* "hub", "edge 0", "helper rules" */
	char program[64];		/* helpers: a file name */
	uint32_t process;		/* 0 while waiting */
	int64_t started_ms;
	int64_t due_ms;			/* waiting: when to start; else when to kill; 0: never */
	struct backoff backoff;
	int64_t drain_ms;		/* edges that are drained: when their clients are told to go; INT64_MAX: not; 0: it is not drained */
	unsigned starts;		/* how often something was started in this place */
	int64_t lines_ms;		/* when the second began in which `lines` came */
	unsigned lines;
	bool asked;			/* told to end, to be started again at once */
	bool ready;
	bool reloading;			/* owes a RELOADED */
	bool linked;			/* `ring` is with the hub that runs */
	bool has_leftover;
	char sockets[WH_CHILD_SOCKETS_MAX * WH_CHILD_NAME];	/* edges: the names of the listeners that it was started with */
	struct wh_link_fds ring;
	struct wh_link_fds leftover;	/* what it shared with a hub that died; see supervisor_links.c */
	/* The host's. */
	struct supervisor_host *host;
	int pid;
	bool reaped;
	int channel;
	char *last_words;
	struct event *readable;
};

struct supervisor_host;

/** What the state machine does to the world. */
struct supervisor_host_ops {
	/** Starts the child's process: sets pid, channel, last_words. START is sent by the supervisor. */
	enum wh_err (*spawn)(struct supervisor_host *h, struct child *c);
	enum wh_err (*send)(struct supervisor_host *h, struct child *c, const struct wh_channel_msg *m);
	void (*kill)(struct supervisor_host *h, struct child *c);
	/** The process is gone: let go of what spawn gave. */
	void (*release)(struct supervisor_host *h, struct child *c);
	enum wh_err (*link_create)(struct supervisor_host *h, struct wh_link_fds *fds_out);
	bool (*link_is_live)(struct supervisor_host *h, const struct wh_link_fds *fds);
	void (*link_close)(struct supervisor_host *h, struct wh_link_fds *fds);
	/** The hub said READY. */
	void (*ready)(struct supervisor_host *h);
	/** The hub asks for a reload: supervisor_reloaded answers it. */
	void (*ask_reload)(struct supervisor_host *h);
	/** Every child has taken the new snapshot (WH_OK), or one has not. */
	void (*reloaded)(struct supervisor_host *h, enum wh_err err, struct wh_str text);
	/** A line of a child's log, after `lost` that did not get here; an empty text: only those. */
	void (*line)(struct supervisor_host *h, const struct child *c, enum wh_level level, struct wh_str text, uint32_t lost);
	/** The lines of all logs above this number, as a LINES message has them. */
	void (*lines)(struct supervisor_host *h, uint64_t after, struct wh_buf *to);
	/** After supervisor_stop: nobody is left. */
	void (*stopped)(struct supervisor_host *h);
	/** The hub asks for another overlay: supervisor_configured answers it. `text` is borrowed. */
	void (*ask_configure)(struct supervisor_host *h, struct wh_str text);
};

struct supervisor_host {
	const struct supervisor_host_ops *ops;
};

/** What a child of a kind gets with START. Borrowed; replaced by supervisor_reload. */
struct supervisor_start {
	int snapshot;
	char sockets[WH_CHILD_SOCKETS_MAX * WH_CHILD_NAME];	/* the names, with blanks between */
};

struct supervisor {
	struct supervisor_host *host;	/* borrowed */
	struct wh_log *log;		/* borrowed */
	const struct wh_clock *clock;	/* borrowed */
	struct supervisor_start start[CHILD_KINDS];
	struct wh_str certificates;	/* what each hub is told of them; borrowed; empty: nothing */
	struct wh_list children;	/* of struct child, owned */
	unsigned edges;			/* how many serve */
	uint32_t last_process;
	int64_t stop_ms;		/* the time that supervisor_stop may take */
	int64_t drain_ms;		/* for edges that a reload replaces */
	int64_t healthy_ms;		/* life that forgives the deaths before */
	enum { SUPERVISOR_UP, SUPERVISOR_STOPS_EDGES, SUPERVISOR_STOPS_HUB, SUPERVISOR_STOPPED } phase;
	int64_t stop_due_ms;
	int64_t reload_due_ms;		/* 0: no reload is under way */
	int64_t leftovers_due_ms;	/* when leftovers that nobody needs any more are let go; 0: none */
	enum wh_err reload_err;
	char reload_text[4096];		/* what the last that refused said */
};

void supervisor_init(struct supervisor *s, struct supervisor_host *host, struct wh_log *log, const struct wh_clock *clock);

/** Starts the hub and the edges; start[], edges, stop_ms and drain_ms are set. */
void supervisor_begin(struct supervisor *s);

/** Something came over a child's channel. Takes the message's descriptors. */
void supervisor_told(struct supervisor *s, struct child *c, struct wh_channel_msg *m);

/** A child's channel ended, or made no sense: it has a second to end by itself. */
void supervisor_deaf(struct supervisor *s, struct child *c);

/** A child's process ended; `how` is for people ("SIGSEGV", "exit 1"). Frees `c` unless it is started again. */
void supervisor_died(struct supervisor *s, struct child *c, const char *how);

/** The time of the next tick, or INT64_MAX; and the tick. */
int64_t supervisor_due(const struct supervisor *s);
void supervisor_tick(struct supervisor *s);

/** New snapshots for everyone; start[] is set anew by the caller before. `replace_edges`: their sockets change, so new
 * edges come and the old ones are drained. */
void supervisor_reload(struct supervisor *s, unsigned edges, bool replace_edges);

/** The same for the edges that run alone, who stay: start[CHILD_EDGE] is another. */
void supervisor_reload_edges(struct supervisor *s);

/** Tells the hub that runs, and those that come; `text` is good until the next call. */
void supervisor_certificates(struct supervisor *s, struct wh_str text);

/** Answers a hub that asked for a reload. */
void supervisor_reloaded(struct supervisor *s, enum wh_err err, struct wh_str text);

/** Answers a hub that asked for another overlay. */
void supervisor_configured(struct supervisor *s, enum wh_err err, struct wh_str text);

/** "hub", "edges", "helper NAME". WH_ENOENT, WH_EINVAL. */
enum wh_err supervisor_restart(struct supervisor *s, struct wh_str what);

/** Replaces an edge, whose connections may go on for `ms`; of one that is drained already the time is set anew. WH_ENOENT: no such edge;
 * WH_ESTATE: its clients were told to go. */
enum wh_err supervisor_drain(struct supervisor *s, uint32_t process, uint32_t ms);

/** The connections of an edge that is drained may go on for as long as they last; it ends with the last. Errors as above. */
enum wh_err supervisor_drain_keep(struct supervisor *s, uint32_t process);

/** Ends edges, then the hub and helpers, within stop_ms. A second call kills all at once. */
void supervisor_stop(struct supervisor *s);

struct child *supervisor_hub(const struct supervisor *s);

/** Members for the status: one object a child, in an array "processes". */
void supervisor_status(const struct supervisor *s, struct wh_json *w);

/** Frees the children; their processes are not touched. */
void supervisor_finish(struct supervisor *s);

#endif
