/* The time. Code that waits, limits or stamps takes a `const struct wh_clock *`, so that a test can hold time still.
 * NULL and {0} are the machine's own clocks. Monotonic time never steps back; only wall time is for people. */
#ifndef WHIPLY_BASE_CLOCK_H
#define WHIPLY_BASE_CLOCK_H

#include <whiply/types.h>

#define WH_NS_PER_SEC INT64_C(1000000000)
#define WH_NS_PER_MS INT64_C(1000000)

enum {
	WH_RFC3339_SIZE = 25,	/* "2026-01-31T23:59:59.123Z" and NUL */
	WH_HTTP_DATE_SIZE = 30,	/* "Sun, 06 Nov 1994 08:49:37 GMT" and NUL */
};

struct wh_clock {
	bool fake;		/* false: the two below mean nothing */
	int64_t mono_ns;
	int64_t wall_ms;	/* since 1970, UTC */
};

int64_t wh_clock_mono_ns(const struct wh_clock *c);
/** What this thread has used of a processor: for budgets, which a busy machine must not shorten. A fake clock's monotonic time. */
int64_t wh_clock_cpu_ns(const struct wh_clock *c);
int64_t wh_clock_mono_us(const struct wh_clock *c);
int64_t wh_clock_mono_ms(const struct wh_clock *c);
int64_t wh_clock_wall_ms(const struct wh_clock *c);

/** Makes `c` a clock that stands still at these times. */
void wh_clock_fake(struct wh_clock *c, int64_t mono_ns, int64_t wall_ms);

/** Moves both times of a fake clock on by `ns`; asserts that it is fake. */
void wh_clock_advance(struct wh_clock *c, int64_t ns);

/** Writes UTC with milliseconds. Years outside 0 to 9999 are clamped, so the length never varies. */
void wh_clock_rfc3339(int64_t wall_ms, char out[static WH_RFC3339_SIZE]);

/** Writes the date of HTTP headers (IMF-fixdate), whatever the locale; clamped in the same way. */
void wh_clock_http_date(int64_t wall_ms, char out[static WH_HTTP_DATE_SIZE]);

/** Reads "2026-01-31T12:00:00Z", with a fraction and an offset if there are any. WH_ESYNTAX: that is no time. */
enum wh_err wh_clock_parse_rfc3339(struct wh_str text, int64_t *wall_ms_out);

/** Reads an IMF-fixdate back to whole seconds since 1970. WH_ESYNTAX for anything else, older forms included. */
enum wh_err wh_clock_parse_http_date(struct wh_str date, int64_t *seconds_out);

#endif
