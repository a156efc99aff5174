/* The certificates of TLS listeners, looked after while the server runs: a pair that was renewed is judged as the config's
 * check judges it, and given to the edges, which go on with it for new connections. What does not fit, or is out of its time,
 * is not taken: the old pair serves on, the log says what is wrong, and the files are looked at again.
 * The keeper reads the bytes, and parses none of them: see checker.h. */
#ifndef WHIPLY_KEEPER_CERTIFICATES_H
#define WHIPLY_KEEPER_CERTIFICATES_H

#include "base/buf.h"
#include "keeper/renewal.h"
#include "keeper/watch.h"
#include "ring/certificate.h"

struct event;
struct keeper;

enum {
	CERTIFICATES_SOON_MS = 300,	/* from a change to a look: a renewal writes more than one file */
	CERTIFICATES_SETTLE_MS = 2000,	/* a pair that is still wrong after this is worth a warning */
	CERTIFICATES_LATER_MS = 500,	/* when a reload is under way */
};

/** What is known of a pair's files, besides what is in force. */
struct certificate_pair {
	struct renewal files;
	bool waiting;			/* other bytes than those in force lie there, and are not taken */
	bool warned;
	int64_t since_ms;		/* waiting: since when, monotonic */
	uint64_t judged;		/* waiting: the hash of those bytes */
	int64_t early_ms;		/* waiting: they may be taken from then on, wall clock; 0: they never will */
	char why[WH_CERTIFICATE_TEXT];
};

struct certificates {
	struct certificate_pair pairs[WH_CERTIFICATES_MAX];	/* as in the config's `certificates` */
	unsigned n;
	int64_t watch_ms;		/* 0: nothing is watched */
	int64_t warn_ms;		/* before the end of a certificate */
	int64_t expiry_due_ms;		/* when ends are looked at next, monotonic */
	struct watch watch;
	bool by_clock;			/* the system has no notices for us, and that was told */
	struct event *readable, *timer;	/* owned */
	int64_t due_ms;			/* of the timer; 0: none */
	bool giving;			/* the edges have yet to answer */
	bool owed;			/* an edge did not take what it was given */
	struct wh_buf told;		/* owned: the list as the hub is told it */
};

/** Looks after the pairs of the config in force; at the start, and after each reload. */
void certificates_begin(struct keeper *k);

/** The edges have answered. */
void certificates_given(struct keeper *k, enum wh_err err, struct wh_str text);

void certificates_finish(struct keeper *k);

#endif
