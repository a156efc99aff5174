/* The clocks and the two date formats of clock.h. */
#include "base/clock.h"

#include <assert.h>
#include <time.h>

static const char clock_days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char clock_months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static int64_t
clock_read_ns(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * WH_NS_PER_SEC + ts.tv_nsec;
}

int64_t
wh_clock_mono_ns(const struct wh_clock *c)
{
	return c != NULL && c->fake ? c->mono_ns : clock_read_ns(CLOCK_MONOTONIC);
}

int64_t
wh_clock_cpu_ns(const struct wh_clock *c)
{
	return c != NULL && c->fake ? c->mono_ns : clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

int64_t
wh_clock_mono_us(const struct wh_clock *c)
{
	return wh_clock_mono_ns(c) / 1000;
}

int64_t
wh_clock_mono_ms(const struct wh_clock *c)
{
	return wh_clock_mono_ns(c) / WH_NS_PER_MS;
}

int64_t
wh_clock_wall_ms(const struct wh_clock *c)
{
	return c != NULL && c->fake ? c->wall_ms : clock_read_ns(CLOCK_REALTIME) / WH_NS_PER_MS;
}

void
wh_clock_fake(struct wh_clock *c, int64_t mono_ns, int64_t wall_ms)
{
	*c = (struct wh_clock){ .fake = true, .mono_ns = mono_ns, .wall_ms = wall_ms };
}

void
wh_clock_advance(struct wh_clock *c, int64_t ns)
{
	assert(c->fake);
	/* Whole milliseconds of wall time, counted from the monotonic time so that small steps add up. */
	c->wall_ms += (c->mono_ns + ns) / WH_NS_PER_MS - c->mono_ns / WH_NS_PER_MS;
	c->mono_ns += ns;
}

/* Splits into calendar fields and the milliseconds, within the years that four digits can tell. */
static struct tm
clock_split(int64_t wall_ms, unsigned *ms_out)
{
	const int64_t first = INT64_C(-62167219200000), last = INT64_C(253402300799999);
	struct tm tm = { 0 };
	time_t seconds;
	int64_t ms;

	if (wall_ms < first)
		wall_ms = first;
	if (wall_ms > last)
		wall_ms = last;
	ms = wall_ms % 1000;
	if (ms < 0)
		ms += 1000;
	seconds = (time_t)((wall_ms - ms) / 1000);
	gmtime_r(&seconds, &tm);
	*ms_out = (unsigned)ms;
	return tm;
}

/* Two digits; only by arithmetic, as a log line has no time for snprintf. */
static char *
clock_two(char *to, int value)
{
	*to++ = (char)('0' + value / 10 % 10);
	*to++ = (char)('0' + value % 10);
	return to;
}

static char *
clock_byte(char *to, char c)
{
	*to++ = c;
	return to;
}

void
wh_clock_rfc3339(int64_t wall_ms, char out[static WH_RFC3339_SIZE])
{
	unsigned ms;
	struct tm tm = clock_split(wall_ms, &ms);
	int year = tm.tm_year + 1900;
	char *to = out;

	to = clock_byte(clock_two(clock_two(to, year / 100), year % 100), '-');
	to = clock_byte(clock_two(to, tm.tm_mon + 1), '-');
	to = clock_byte(clock_two(to, tm.tm_mday), 'T');
	to = clock_byte(clock_two(to, tm.tm_hour), ':');
	to = clock_byte(clock_two(to, tm.tm_min), ':');
	to = clock_byte(clock_two(to, tm.tm_sec), '.');
	to = clock_two(clock_byte(to, (char)('0' + ms / 100)), (int)(ms % 100));
	to = clock_byte(to, 'Z');
	*to = '\0';
}

void
wh_clock_http_date(int64_t wall_ms, char out[static WH_HTTP_DATE_SIZE])
{
	unsigned ms;
	struct tm tm = clock_split(wall_ms, &ms);
	int year = tm.tm_year + 1900;
	char *to = out;

	memcpy(to, clock_days[tm.tm_wday], 3);
	memcpy(to + 3, ", ", 2);
	to = clock_byte(clock_two(to + 5, tm.tm_mday), ' ');
	memcpy(to, clock_months[tm.tm_mon], 3);
	to = clock_byte(to + 3, ' ');
	to = clock_byte(clock_two(clock_two(to, year / 100), year % 100), ' ');
	to = clock_byte(clock_two(to, tm.tm_hour), ':');
	to = clock_byte(clock_two(to, tm.tm_min), ':');
	to = clock_two(to, tm.tm_sec);
	memcpy(to, " GMT", 5);
}

static int
clock_number(const char *p, int digits)
{
	int n = 0;

	for (int i = 0; i < digits; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		n = n * 10 + (p[i] - '0');
	}
	return n;
}

enum wh_err
wh_clock_parse_http_date(struct wh_str date, int64_t *seconds_out)
{
	struct tm tm = { .tm_mon = -1 };
	char again[WH_HTTP_DATE_SIZE];
	time_t seconds;

	if (date.n != WH_HTTP_DATE_SIZE - 1)
		return WH_ESYNTAX;
	tm.tm_mday = clock_number(date.p + 5, 2);
	for (int i = 0; i < 12; i++)
		if (memcmp(date.p + 8, clock_months[i], 3) == 0)
			tm.tm_mon = i;
	tm.tm_year = clock_number(date.p + 12, 4) - 1900;
	tm.tm_hour = clock_number(date.p + 17, 2);
	tm.tm_min = clock_number(date.p + 20, 2);
	tm.tm_sec = clock_number(date.p + 23, 2);
	if (tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_year < -1900 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0)
		return WH_ESYNTAX;
	seconds = timegm(&tm);
	/* Writing it again finds every other fault: a 31st of June, a wrong weekday, a stray byte. */
	wh_clock_http_date((int64_t)seconds * 1000, again);
	if (memcmp(again, date.p, date.n) != 0)
		return WH_ESYNTAX;
	*seconds_out = (int64_t)seconds;
	return WH_OK;
}

/* The fraction's digits as milliseconds; stops at the first that is none. */
static int
clock_fraction(struct wh_str *rest)
{
	int ms = 0, weight = 100;

	*rest = wh_str_from(*rest, 1);
	while (rest->n > 0 && rest->p[0] >= '0' && rest->p[0] <= '9') {
		ms += (rest->p[0] - '0') * weight;
		weight /= 10;
		*rest = wh_str_from(*rest, 1);
	}
	return ms;
}

enum wh_err
wh_clock_parse_rfc3339(struct wh_str text, int64_t *wall_ms_out)
{
	enum { CLOCK_SECONDS = 19 };	/* "2026-01-31T12:00:00" */
	struct wh_str rest = wh_str_from(text, CLOCK_SECONDS);
	char again[WH_RFC3339_SIZE];
	struct tm tm = { 0 };
	int ms = 0, offset = 0;
	int64_t at;

	if (text.n <= CLOCK_SECONDS || text.n > 40 || (text.p[10] != 'T' && text.p[10] != 't' && text.p[10] != ' '))
		return WH_ESYNTAX;
	tm.tm_year = clock_number(text.p, 4) - 1900;
	tm.tm_mon = clock_number(text.p + 5, 2) - 1;
	tm.tm_mday = clock_number(text.p + 8, 2);
	tm.tm_hour = clock_number(text.p + 11, 2);
	tm.tm_min = clock_number(text.p + 14, 2);
	tm.tm_sec = clock_number(text.p + 17, 2);
	if (tm.tm_year < -1900 || tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0)
		return WH_ESYNTAX;
	at = (int64_t)timegm(&tm) * 1000;
	/* Writing it again finds a 31st of June and stray bytes. */
	wh_clock_rfc3339(at, again);
	if (memcmp(again, text.p, 10) != 0 || memcmp(again + 11, text.p + 11, CLOCK_SECONDS - 11) != 0)
		return WH_ESYNTAX;
	if (rest.p[0] == '.' && rest.n > 1 && rest.p[1] >= '0' && rest.p[1] <= '9')
		ms = clock_fraction(&rest);
	if (rest.n == 6 && (rest.p[0] == '+' || rest.p[0] == '-') && rest.p[3] == ':') {
		int hours = clock_number(rest.p + 1, 2), minutes = clock_number(rest.p + 4, 2);

		if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
			return WH_ESYNTAX;
		offset = (hours * 60 + minutes) * (rest.p[0] == '+' ? 60000 : -60000);
	} else if (!wh_str_is(rest, "Z") && !wh_str_is(rest, "z")) {
		return WH_ESYNTAX;
	}
	*wall_ms_out = at + ms - offset;
	return WH_OK;
}
