/* Values with units, as conf.h describes them. Strict: digits, an optional blank, a known unit, nothing else. */
#include "base/conf.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 }, { "B", 1 },
	{ "kB", 1000 }, { "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
	{ "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 },
	{ NULL, 0 }
};

static const struct unit duration_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	{ NULL, 0 }
};

static const struct unit period_units[] = {
	{ "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	{ NULL, 0 }
};

/* Takes the digits off the front. */
static enum wh_err
units_digits(struct wh_str *text, int64_t *value_out)
{
	int64_t value = 0;
	size_t n = 0;

	for (; n < text->n && text->p[n] >= '0' && text->p[n] <= '9'; n++)
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text->p[n] - '0', &value))
			return WH_ETOOBIG;
	if (n == 0)
		return WH_ESYNTAX;
	*text = wh_str_from(*text, n);
	*value_out = value;
	return WH_OK;
}

static const struct unit *
units_find(const struct unit *units, struct wh_str name)
{
	for (const struct unit *u = units; u->name != NULL; u++)
		if (wh_str_is(name, u->name))
			return u;
	return NULL;
}

static enum wh_err
units_scaled(struct wh_str text, const struct unit *units, int64_t *out)
{
	const struct unit *unit;
	int64_t value;
	enum wh_err err = units_digits(&text, &value);

	if (err != WH_OK)
		return err;
	if (text.n > 1 && text.p[0] == ' ')
		text = wh_str_from(text, 1);
	unit = units_find(units, text);
	if (unit == NULL)
		return WH_ESYNTAX;
	return __builtin_mul_overflow(value, unit->factor, out) ? WH_ETOOBIG : WH_OK;
}

enum wh_err
wh_conf_parse_size(struct wh_str text, int64_t *bytes_out)
{
	return units_scaled(text, size_units, bytes_out);
}

enum wh_err
wh_conf_parse_duration(struct wh_str text, int64_t *ms_out)
{
	if (wh_str_is(text, "0")) {
		*ms_out = 0;
		return WH_OK;
	}
	return units_scaled(text, duration_units, ms_out);
}

enum wh_err
wh_conf_parse_rate(struct wh_str text, struct wh_rate *rate_out)
{
	static const struct wh_str word = { " burst ", 7 };
	const struct unit *unit;
	struct wh_str name;
	int64_t count, burst;
	enum wh_err err = units_digits(&text, &count);

	if (err != WH_OK)
		return err;
	if (text.n < 2 || text.p[0] != '/')
		return WH_ESYNTAX;
	name = (struct wh_str){ text.p + 1, 1 };
	unit = units_find(period_units, name);
	if (unit == NULL)
		return WH_ESYNTAX;
	text = wh_str_from(text, 2);
	burst = count;
	if (text.n != 0) {
		if (!wh_str_starts(text, word))
			return WH_ESYNTAX;
		text = wh_str_from(text, word.n);
		err = units_digits(&text, &burst);
		if (err != WH_OK)
			return err;
		if (text.n != 0)
			return WH_ESYNTAX;
	}
	if (count > UINT32_MAX || burst > UINT32_MAX)
		return WH_ETOOBIG;
	*rate_out = (struct wh_rate){ .count = (uint32_t)count, .burst = (uint32_t)burst, .per_ms = unit->factor };
	return WH_OK;
}

/* By the largest unit that divides it. `least`: the unit for all else. */
static void
units_put(struct wh_buf *to, int64_t value, const struct unit *units, const struct unit *least)
{
	const struct unit *best = least;

	for (const struct unit *u = units; u->name != NULL; u++)
		if (value != 0 && value % u->factor == 0 && u->factor > best->factor)
			best = u;
	wh_buf_fmt(to, "%lld%s", (long long)(value / best->factor), best->name);
}

void
wh_conf_put_size(struct wh_buf *to, int64_t bytes)
{
	/* Nobody reads 4000 better as 4kB. */
	static const struct unit units[] = {
		{ "", 1 }, { "KiB", 1 << 10 }, { "MB", 1000000 }, { "MiB", 1 << 20 }, { "GB", 1000000000 }, { "GiB", 1 << 30 },
		{ NULL, 0 }
	};

	units_put(to, bytes, units, &units[0]);
}

void
wh_conf_put_duration(struct wh_buf *to, int64_t ms)
{
	units_put(to, ms, duration_units, &duration_units[0]);
}

void
wh_conf_put_rate(struct wh_buf *to, struct wh_rate rate)
{
	const struct unit *unit = period_units;

	if (rate.per_ms == 0)
		return;
	while (unit->name != NULL && unit->factor != rate.per_ms)
		unit++;
	wh_buf_fmt(to, "%u/%s", rate.count, unit->name != NULL ? unit->name : "s");
	if (rate.burst != rate.count)
		wh_buf_fmt(to, " burst %u", rate.burst);
}
