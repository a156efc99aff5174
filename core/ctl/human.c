/* See human.h. */
#include "ctl/human.h"

#include <math.h>
#include <time.h>

/* No duration that a server has is thirty years, no time that it has lies before 2000. */
#define HUMAN_TIME_FROM 946684800000.0
#define HUMAN_TIME_TO 253402300800000.0

static bool
human_ends(struct wh_str key, struct wh_str suffix)
{
	return key.n > suffix.n && memcmp(key.p + key.n - suffix.n, suffix.p, suffix.n) == 0;
}

enum human_unit
human_unit_of(struct wh_str key, struct wh_str *label_out)
{
	static const struct {
		struct wh_str suffix;
		enum human_unit unit;
	} suffixes[] = {
		{ { "_ns", 3 }, HUMAN_NS },
		{ { "_us", 3 }, HUMAN_US },
		{ { "_ms", 3 }, HUMAN_MS },
		{ { "_seconds", 8 }, HUMAN_S },
		{ { "_bytes", 6 }, HUMAN_BYTES },
	};

	*label_out = key;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (human_ends(key, suffixes[i].suffix)) {
			label_out->n -= suffixes[i].suffix.n;
			return suffixes[i].unit;
		}
	if (wh_str_is(key, "bytes") || wh_str_is(key, "memory") || wh_str_is(key, "rss") || human_ends(key, WH_STR("_memory")))
		return HUMAN_BYTES;
	if (wh_str_is(key, "time") || wh_str_is(key, "since") || wh_str_is(key, "started") || human_ends(key, WH_STR("_at")))
		return HUMAN_TIME;
	return HUMAN_PLAIN;
}

bool
human_put(struct wh_buf *to, enum human_unit unit, double number)
{
	bool is_time = number >= HUMAN_TIME_FROM && number < HUMAN_TIME_TO;

	switch (unit) {
	case HUMAN_NS:
		human_duration(to, number / 1e6);
		return true;
	case HUMAN_US:
		human_duration(to, number / 1e3);
		return true;
	case HUMAN_S:
		human_duration(to, number * 1e3);
		return true;
	case HUMAN_MS:
		if (is_time)
			human_time(to, number);
		else
			human_duration(to, number);
		return true;
	case HUMAN_BYTES:
		human_bytes(to, number);
		return true;
	case HUMAN_TIME:
		if (is_time)
			human_time(to, number);
		return is_time;
	case HUMAN_PLAIN:
		break;
	}
	return false;
}

/* With one decimal, unless that is a zero or the number is large enough to do without. */
static void
human_decimal(struct wh_buf *to, double number, const char *unit)
{
	double tenths = round(number * 10);

	if (number >= 100 || fmod(tenths, 10) == 0)
		wh_buf_fmt(to, "%.0f %s", round(number), unit);
	else
		wh_buf_fmt(to, "%.1f %s", tenths / 10, unit);
}

/* Two neighbouring units; the smaller is left out when it is zero. */
static void
human_pair(struct wh_buf *to, double small, double ratio, const char *large_unit, const char *small_unit)
{
	double large = floor(small / ratio), rest = small - large * ratio;

	wh_buf_fmt(to, "%.0f %s", large, large_unit);
	if (rest > 0)
		wh_buf_fmt(to, " %.0f %s", rest, small_unit);
}

void
human_duration(struct wh_buf *to, double ms)
{
	if (ms < 0)
		wh_buf_byte(to, '-');
	ms = fabs(ms);
	if (ms == 0)
		wh_buf_text(to, "0 s");
	else if (ms < 0.001)
		human_decimal(to, ms * 1e6, "ns");
	else if (ms < 1)
		human_decimal(to, ms * 1e3, "µs");
	else if (ms < 999.5)
		human_decimal(to, ms, "ms");
	else if (ms < 59950)
		human_decimal(to, ms / 1e3, "s");
	else if (ms < 3599500)
		human_pair(to, round(ms / 1e3), 60, "min", "s");
	else if (ms < 86370000)
		human_pair(to, round(ms / 60e3), 60, "h", "min");
	else
		human_pair(to, round(ms / 3600e3), 24, "d", "h");
}

void
human_bytes(struct wh_buf *to, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	size_t i = 0;

	if (bytes < 0)
		wh_buf_byte(to, '-');
	bytes = fabs(bytes);
	for (; bytes >= 1023.95 && i + 1 < sizeof units / sizeof *units; i++)
		bytes /= 1024;
	human_decimal(to, bytes, units[i]);
}

void
human_time(struct wh_buf *to, double wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char text[32];
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		wh_buf_fmt(to, "%.0f", wall_ms);
	else
		wh_buf_text(to, text);
}
