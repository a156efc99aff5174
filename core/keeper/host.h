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

/* A change of the overlay, from the hub's ask to the answer. Reloads wait for it. */
struct configure {
	enum {
		CONFIGURE_IDLE,
		CONFIGURE_TRYING,	/* children have the new one */
		CONFIGURE_TAKING_BACK,	/* one refused it: they get the old one again */
	} step;
	struct wh_buf text, before;	/* owned: the overlays */
	uint32_t hub;			/* the process that asked: another is its successor */
	enum wh_err err;
	struct wh_buf why;		/* owned */
};

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
	struct configure configure;
	struct event *configured;	/* owned: when children have answered */
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

/* configure.c. */
void keeper_configure(struct keeper *k, struct wh_str text);

/** The children answered; what follows is done in a turn of its own, when it is clear who of them lives. */
void keeper_configure_answered(struct keeper *k, enum wh_err err, struct wh_str text);
void keeper_configure_finish(struct keeper *k);

/** Puts a checked config in force and hands it to the children. False: its sockets can't be opened; `errors` says why, and nothing has changed. Takes
 * `new` if true. */
bool keeper_put(struct keeper *k, struct keeper_config *new, struct wh_conf_errors *errors);

/** Lets the group of the config in force reach the control socket, and no other. */
void keeper_share_control(struct keeper *k);

/** Gives the supervisor what children get at their start by the config in force. */
void keeper_set_start(struct keeper *k);

#endif
