/* Dates as HTTP writes them, without locale or time zone tables. Used by the response writer's callers and by conditional requests. */
#ifndef WHIPLY_EDGE_HTTP_DATE_H
#define WHIPLY_EDGE_HTTP_DATE_H

#include <whiply/types.h>

enum { WH_HTTP_DATE_N = 29 };	/* "Sun, 06 Nov 1994 08:49:37 GMT" */

/** Seconds since 1970 as IMF-fixdate; years 1970 to 9999, others are clamped. */
struct wh_str wh_http_date(int64_t unix_s, char room[WH_HTTP_DATE_N]);

/** Reads the three forms of RFC 9110 5.6.7. `now_s` decides the century of a two-digit year. */
bool wh_http_date_parse(struct wh_str text, int64_t now_s, int64_t *unix_s_out);

#endif
