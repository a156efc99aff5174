/* The log of a process: one line an event, one write(2) a line, at most WH_LOG_LINE bytes. Every line has time, level,
 * process and event, then the pairs. Values cannot forge a line: control bytes and bytes that are not UTF-8 are escaped.
 * An event that comes more often than WH_LOG_PER_SECOND is dropped and summed up ("suppressed"), fatal ones never.
 * Not for two threads at once: job threads hand their lines to the loop. A NULL log takes lines and drops them. */
#ifndef WHIPLY_BASE_LOG_H
#define WHIPLY_BASE_LOG_H

#include "base/clock.h"

#include <whiply/log.h>

enum {
	WH_LOG_LINE = 8192,	/* a longer line is cut at a pair or inside a value, and ends with cut=true */
	WH_LOG_PER_SECOND = 50,	/* lines of one event name */
	WH_LOG_EVENTS = 64,	/* event names that are counted on their own; when all are busy, others share one */
};

enum wh_log_format {
	WH_LOG_JSON,	/**< an object a line: for collectors */
	WH_LOG_TEXT,	/**< logfmt: for files that people read */
	WH_LOG_COLOUR,	/**< logfmt with colours: for a terminal */
	WH_LOG_JOURNAL,	/**< logfmt behind "<N>", which journald takes as the priority */
};

/** Private: how often an event name came. */
struct wh_log_event {
	char name[40];		/* a longer name is counted by its first 39 bytes */
	uint64_t suppressed;	/* in this window, or in one that was not summed up yet */
	int64_t window_ns;	/* when the window of a second began */
	uint32_t count;		/* lines written in it */
	enum wh_level level;
};

/** Who gets each line once more, as an object of JSON whatever the format, without secrets and without its newline. It must not log. */
struct wh_log_tap {
	void (*line)(struct wh_log_tap *tap, enum wh_level level, struct wh_str json);
};

/** {0} is not usable: see wh_log_init. Owns nothing. */
struct wh_log {
	enum wh_level level;		/* may be changed at any time */
	enum wh_log_format format;
	int fd;				/* borrowed */
	const struct wh_clock *clock;	/* borrowed; NULL: the real time */
	char process[32];
	char *last_words;		/* borrowed: see wh_log_last_words */
	size_t last_words_size;
	struct wh_log_tap *tap;		/* borrowed; NULL: nobody */
	uint64_t lines;			/* written, for the metrics */
	uint64_t suppressed;		/* not written because of the rate */
	struct wh_log_event events[WH_LOG_EVENTS + 1];	/* the last: all others */
};

/** `process` is "keeper", "edge 0", "hub" or "helper NAME"; copied, cut to 31 bytes. The level becomes WH_INFO. */
void wh_log_init(struct wh_log *log, int fd, enum wh_log_format format, const char *process);

/** The format that suits a descriptor: JOURNAL when $JOURNAL_STREAM names it, COLOUR for a terminal (TEXT when
 * $NO_COLOR is set or $TERM is dumb), JSON for all else. */
enum wh_log_format wh_log_format_of(int fd);

/** "json", "text", "colour" or "journal"; false for another word. */
bool wh_log_format_named(struct wh_str name, enum wh_log_format *format_out);

/** "debug", "info", "warn", "error" or "fatal"; false for another word. */
bool wh_log_level_named(struct wh_str name, enum wh_level *level_out);
const char *wh_log_level_name(enum wh_level level);

/** From now on, lines of WH_ERROR and WH_FATAL are also copied to this page, as WH_LOG_TEXT whatever the format,
 * always NUL-terminated, the newest that fit. The keeper owns the page, shares it with the process, and reads it when the process died. NULL: no longer. */
void wh_log_last_words(struct wh_log *log, char *page, size_t size);

/** Appends bytes to a page of last words; safe in a signal handler. Older lines make room. */
void wh_log_page_add(char *page, size_t size, const char *bytes, size_t n);

/** Writes the summaries of what is suppressed so far and due; the loop calls it every second or so, and at the end. */
void wh_log_flush(struct wh_log *log);

/** The function behind wh_log. */
void wh_log_write(struct wh_log *log, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n);

static inline bool
wh_log_on(const struct wh_log *log, enum wh_level level)
{
	return log != NULL && level >= log->level;
}

/** wh_log(log, WH_INFO, "event_name", WH_S("key", slice), …); pairs are not evaluated below the level. */
#define wh_log(log, level, event, ...) \
	(wh_log_on((log), (level)) ? wh_log_write((log), (level), (event), WH_PAIRS(__VA_ARGS__)) : (void)0)

#endif
