/* One line of the log while it is put together; private to log.c and logline.c. Whatever is put, the line stays
 * within its bound, is valid in its format, and is one line. */
#ifndef WHIPLY_BASE_LOGLINE_H
#define WHIPLY_BASE_LOGLINE_H

#include "base/log.h"

struct logline {
	enum wh_log_format format;
	bool open;	/* others than the readers of the machine's log see it: secrets are left out */
	bool cut;	/* something did not fit; what comes later is left out */
	size_t n;
	char b[WH_LOG_LINE];
};

void wh_logline_begin(struct logline *l, const struct wh_log *log, enum wh_level level, const char *event);
void wh_logline_pair(struct logline *l, const struct wh_pair *pair);

/** Closes the line with its newline. */
void wh_logline_end(struct logline *l);

#endif
