/* The supervisor's host: the one that forks, sends and kills in earnest, inside a libevent loop. */
#ifndef WHIPLY_KEEPER_HOST_H
#define WHIPLY_KEEPER_HOST_H

#include "keeper/certificates.h"
#include "keeper/keeper_config.h"
#include "keeper/notify.h"
#include "keeper/supervisor.h"
#include "ring/lines.h"

struct event;
struct event_base;

enum { KEEPER_SIGNALS = 6 };

struct keeper {
	struct supervisor_host host;	/* first: the supervisor's handle of us */
	struct supervisor supervisor;
	struct wh_log log;
	struct options options;
	const struct keeper_tables *tables;	/* borrowed */
	struct keeper_config *config;	/* in force; owned */
	struct event_base *base;	/* owned, as are the events */
	struct event *signals[KEEPER_SIGNALS];
	struct event *timer, *watchdog;
	struct notify notify;
	struct certificates certificates;
	int control;			/* the hub's socket */
	int nothing;			/* an empty snapshot, for helpers */
	int secret;			/* 32 random bytes, the same for each hub: it seals with them what edges keep for the next */
	char control_path[KEEPER_PATH + 16];
	char program[4096];		/* our own absolute path, as it was when we started */
	char programs[4096];		/* the folder of helper programs */
	char *buffer;			/* owned: WH_CHANNEL_MAX */
	struct wh_lines lines;		/* the last of all logs */
	struct wh_log_tap tap;		/* our own come there too */
	int64_t began_ms;
	bool asked_by_hub;		/* the reload that runs */
	bool reload_again;		/* another was asked for meanwhile */
	bool served;			/* the first READY was there */
	bool control_shared;		/* the control socket was given to another group than our own */
};

extern const struct supervisor_host_ops keeper_host_ops;

/** Sees who ended: call on SIGCHLD. */
void keeper_reap(struct keeper *k);

/** Sets the timer for the supervisor's next tick: call at the end of every callback. */
void keeper_arm(struct keeper *k);

/* What the host passes on; in keeper.c and reload.c. */
void keeper_ready(struct keeper *k);
void keeper_reload(struct keeper *k);
void keeper_reloaded(struct keeper *k, enum wh_err err, struct wh_str text);

/** Lets the group of the config in force reach the control socket, and no other. */
void keeper_share_control(struct keeper *k);

/** Gives the supervisor what children get at their start by the config in force. */
void keeper_set_start(struct keeper *k);

#endif
