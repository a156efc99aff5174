/* Numbers as people read them. The server names units in keys (`uptime_ms`, `queue_bytes`, `started_at`), so the key decides how a
 * number is written; render.c asks here for each one. */
#ifndef WHIPLY_CTL_HUMAN_H
#define WHIPLY_CTL_HUMAN_H

#include "base/buf.h"

enum human_unit {
	HUMAN_PLAIN,
	HUMAN_NS,
	HUMAN_US,
	HUMAN_MS,	/* a duration, or a time when it is as large as times since 1970 are */
	HUMAN_S,
	HUMAN_BYTES,
	HUMAN_TIME,	/* milliseconds since 1970; smaller numbers are plain */
};

/** What a number under this key counts. `label_out` is the key without the unit, still with underscores. */
enum human_unit human_unit_of(struct wh_str key, struct wh_str *label_out);

/** Writes a number of that unit; false, and nothing written, when it is a plain one. */
bool human_put(struct wh_buf *to, enum human_unit unit, double number);

/** "850 µs", "1.5 s", "2 min 3 s", "4 d 5 h" */
void human_duration(struct wh_buf *to, double ms);

/** "512 B", "1.5 KiB" */
void human_bytes(struct wh_buf *to, double bytes);

/** Local time, to the second. */
void human_time(struct wh_buf *to, double wall_ms);

#endif
