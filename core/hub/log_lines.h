/* The log over the server: the last lines of all processes, for administrators, as the keeper keeps them (ring/lines.h). The hub has a
 * copy, made when somebody first asks, and asks the keeper for what is new when a command is called, and LOG_LINES_MS apart as long as somebody
 * follows or waits. An edge parses what strangers send: what it says is checked, and told as text.
 * Bounded: the copy as the keeper's, LOG_LINES_WAITERS calls that wait, LOG_LINES_FOLLOWERS sessions that follow. */
#ifndef WHIPLY_HUB_LOG_LINES_H
#define WHIPLY_HUB_LOG_LINES_H

#include <whiply/command.h>

#include "base/buf.h"
#include "ring/lines.h"

struct hub;

enum {
	LOG_LINES_WAITERS = 64,
	LOG_LINES_FOLLOWERS = 32,
	LOG_LINES_MS = 250,
	LOG_LINES_TOLD = 200,		/* to one follower at a time; of more it is told how many there were */
	LOG_LINES_MATCH = 100,
};

/** Which lines; empty texts: all. */
struct log_filter {
	enum wh_level level;			/* this and above */
	char process[WH_LINES_PROCESS];		/* "edge" is all edges */
	char match[LOG_LINES_MATCH + 1];	/* stands somewhere in event or text, in any case */
	int64_t since_ms;
};

struct log_waiter {
	wh_id call;
	struct log_filter filter;
	uint64_t after;
	size_t limit;
	bool has_after;
	int64_t until_ms;		/* monotonic: answered then with what there is */
};

struct log_follower {
	wh_id session;
	struct log_filter filter;
	unsigned told, skipped;		/* of what came together */
};

struct log_lines {
	struct wh_lines kept;
	bool asking;
	wh_id timer;
	struct log_waiter waiters[LOG_LINES_WAITERS];
	unsigned n_waiters;
	struct log_follower followers[LOG_LINES_FOLLOWERS];
	unsigned n_followers;
	struct wh_buf scratch, text;	/* of the line that is read */
};

void log_lines_finish(struct hub *hub);

/** A line taken apart: the event's name, and the rest as key=value. Slices into `l`, until the next call. */
void log_lines_read(struct log_lines *l, const struct wh_line *line, struct wh_str *event_out, struct wh_str *text_out);

/* The commands server.log.lines, server.log.follow and server.log.unfollow. */
enum wh_err core_log_lines(void *self, struct wh_call *call);
enum wh_err core_log_follow(void *self, struct wh_call *call);
enum wh_err core_log_unfollow(void *self, struct wh_call *call);
extern const struct wh_field core_log_lines_fields[], core_log_follow_fields[];

#endif
