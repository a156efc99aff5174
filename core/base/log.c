/* The log: which lines are written, and where to. How they look is logline.c's.
 * The rate is counted in windows of a second for each event name, found by hash among a few neighbours. */
#include "base/log.h"
#include "base/logline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_NEIGHBOURS = 8 };

static const char log_levels[5][6] = { "debug", "info", "warn", "error", "fatal" };
static const char log_formats[4][8] = { "json", "text", "colour", "journal" };

void
wh_log_init(struct wh_log *log, int fd, enum wh_log_format format, const char *process)
{
	*log = (struct wh_log){ .level = WH_INFO, .format = format, .fd = fd };
	memcpy(log->process, process, strnlen(process, sizeof log->process - 1));
}

/* Is `fd` the stream that journald connected? The variable holds "device:inode". */
static bool
log_is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &st) == 0 &&
	    st.st_dev == device && st.st_ino == inode;
}

enum wh_log_format
wh_log_format_of(int fd)
{
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

	if (log_is_journal(fd))
		return WH_LOG_JOURNAL;
	if (!isatty(fd))
		return WH_LOG_JSON;
	if ((no_colour != NULL && *no_colour != '\0') || term == NULL || strcmp(term, "dumb") == 0)
		return WH_LOG_TEXT;
	return WH_LOG_COLOUR;
}

bool
wh_log_format_named(struct wh_str name, enum wh_log_format *format_out)
{
	for (unsigned i = 0; i < 4; i++) {
		if (wh_str_is(name, log_formats[i])) {
			*format_out = (enum wh_log_format)i;
			return true;
		}
	}
	return false;
}

bool
wh_log_level_named(struct wh_str name, enum wh_level *level_out)
{
	for (unsigned i = 0; i < 5; i++) {
		if (wh_str_is(name, log_levels[i])) {
			*level_out = (enum wh_level)i;
			return true;
		}
	}
	return false;
}

const char *
wh_log_level_name(enum wh_level level)
{
	return log_levels[level];
}

void
wh_log_last_words(struct wh_log *log, char *page, size_t size)
{
	log->last_words = page;
	log->last_words_size = page != NULL ? size : 0;
}

void
wh_log_page_add(char *page, size_t size, const char *bytes, size_t n)
{
	size_t has, drop;

	if (page == NULL || size < 2)
		return;
	if (n > size - 1) {
		bytes += n - (size - 1);
		n = size - 1;
	}
	has = strnlen(page, size - 1);
	if (has + n > size - 1) {
		drop = has + n - (size - 1);
		while (drop < has && page[drop - 1] != '\n')
			drop++;
		has -= drop;
		memmove(page, page + drop, has);
	}
	memcpy(page + has, bytes, n);
	page[has + n] = '\0';
}

static void
log_send(struct wh_log *log, const struct logline *l)
{
	size_t done = 0;

	/* Usually one write; a pipe that takes a part of it must still get the whole line. */
	while (done < l->n) {
		ssize_t put = write(log->fd, l->b + done, l->n - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return;
		done += (size_t)put;
	}
}

static void
log_tap(struct wh_log *log, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n)
{
	struct logline l = { .format = WH_LOG_JSON, .open = true };

	wh_logline_begin(&l, log, level, event);
	for (size_t i = 0; i < n; i++)
		wh_logline_pair(&l, &pairs[i]);
	wh_logline_end(&l);
	log->tap->line(log->tap, level, (struct wh_str){ l.b, l.n - 1 });
}

static void
log_emit(struct wh_log *log, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n)
{
	struct logline l;

	l.format = log->format;
	l.open = false;
	wh_logline_begin(&l, log, level, event);
	for (size_t i = 0; i < n; i++)
		wh_logline_pair(&l, &pairs[i]);
	wh_logline_end(&l);
	log_send(log, &l);
	log->lines++;
	if (log->tap != NULL)
		log_tap(log, level, event, pairs, n);
	if (level < WH_ERROR || log->last_words == NULL)
		return;
	l.format = WH_LOG_TEXT;
	wh_logline_begin(&l, log, level, event);
	for (size_t i = 0; i < n; i++)
		wh_logline_pair(&l, &pairs[i]);
	wh_logline_end(&l);
	wh_log_page_add(log->last_words, log->last_words_size, l.b, l.n);
}

static void
log_sum_up(struct wh_log *log, struct wh_log_event *e)
{
	struct wh_pair pairs[] = { WH_T("of", e->name), WH_U("suppressed", e->suppressed) };

	if (e->suppressed == 0)
		return;
	e->suppressed = 0;
	log_emit(log, e->level, "log_suppressed", pairs, 2);
}

static bool
log_window_over(const struct wh_log_event *e, int64_t now)
{
	return e->name[0] == '\0' || now - e->window_ns >= WH_NS_PER_SEC;
}

static struct wh_log_event *
log_event(struct wh_log *log, const char *name, int64_t now)
{
	struct wh_log_event *e, *room = NULL;
	size_t n = strnlen(name, sizeof e->name - 1);
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	for (uint32_t i = 0; i < LOG_NEIGHBOURS; i++) {
		e = &log->events[(hash + i) % WH_LOG_EVENTS];
		if (memcmp(e->name, name, n) == 0 && e->name[n] == '\0' && n > 0)
			return e;
		if (room == NULL && log_window_over(e, now))
			room = e;
	}
	if (room == NULL) {
		room = &log->events[WH_LOG_EVENTS];
		memcpy(room->name, "others", 7);
		return room;
	}
	log_sum_up(log, room);
	*room = (struct wh_log_event){ .window_ns = now };
	memcpy(room->name, name, n);
	return room;
}

void
wh_log_write(struct wh_log *log, enum wh_level level, const char *event, const struct wh_pair *pairs, size_t n)
{
	struct wh_log_event *e;
	int64_t now;

	if (!wh_log_on(log, level))
		return;
	if (level == WH_FATAL) {
		log_emit(log, level, event, pairs, n);
		return;
	}
	now = wh_clock_mono_ns(log->clock);
	e = log_event(log, event, now);
	if (log_window_over(e, now)) {
		log_sum_up(log, e);
		e->window_ns = now;
		e->count = 0;
	}
	e->level = level;
	if (e->count >= WH_LOG_PER_SECOND) {
		e->suppressed++;
		log->suppressed++;
		return;
	}
	e->count++;
	log_emit(log, level, event, pairs, n);
}

void
wh_log_flush(struct wh_log *log)
{
	int64_t now;

	if (log == NULL)
		return;
	now = wh_clock_mono_ns(log->clock);
	for (size_t i = 0; i <= WH_LOG_EVENTS; i++)
		if (log_window_over(&log->events[i], now))
			log_sum_up(log, &log->events[i]);
}
