/* The dates of http_date.h: days are counted with Howard Hinnant's arithmetic (eras of 400 years that begin in March). */
#include "edge/http_date.h"
#include "edge/http_chars.h"

enum { DAY = 86400 };
#define DATE_LAST INT64_C(253402300799)	/* 9999-12-31 23:59:59 */

static const char day_names[7][10] = { "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday" };
static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

struct date {
	int year, month, day, hour, minute, second;	/* month 0 to 11 */
};

static int64_t
days_of(int year, int month, int day)
{
	int shifted = month < 2 ? year - 1 : year, era = shifted / 400, in_era = shifted % 400;
	int in_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void
date_of_days(int64_t days, struct date *d)
{
	int64_t z = days + 719468, era = z / 146097;
	int in_era = (int)(z % 146097);
	int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int in_year = in_era - (365 * year + year / 4 - year / 100), shifted = (5 * in_year + 2) / 153;

	d->day = in_year - (153 * shifted + 2) / 5 + 1;
	d->month = (shifted + 2) % 12;
	d->year = year + (int)era * 400 + (d->month < 2 ? 1 : 0);
}

static void
put_digits(char *to, int number, int digits)
{
	while (digits-- > 0) {
		to[digits] = (char)('0' + number % 10);
		number /= 10;
	}
}

struct wh_str
wh_http_date(int64_t unix_s, char room[WH_HTTP_DATE_N])
{
	struct date d;
	int64_t days;
	int in_day;

	unix_s = unix_s < 0 ? 0 : unix_s > DATE_LAST ? DATE_LAST : unix_s;
	days = unix_s / DAY;
	in_day = (int)(unix_s % DAY);
	date_of_days(days, &d);
	memcpy(room, "Ddd, dd Mmm yyyy hh:mm:ss GMT", WH_HTTP_DATE_N);
	memcpy(room, day_names[days % 7], 3);
	put_digits(room + 5, d.day, 2);
	memcpy(room + 8, month_names[d.month], 3);
	put_digits(room + 12, d.year, 4);
	put_digits(room + 17, in_day / 3600, 2);
	put_digits(room + 20, in_day / 60 % 60, 2);
	put_digits(room + 23, in_day % 60, 2);
	return (struct wh_str){ room, WH_HTTP_DATE_N };
}

/* Reads the text by a pattern: D a digit of the day of the month (or a space before one), N the month's name, Y year,
 * h m s the time; any other byte stands for itself. */
static bool
date_match(const char *t, const char *pattern, struct date *d)
{
	for (; *pattern != '\0'; pattern++, t++) {
		int digit = *t - '0', month = 0;
		int *number;

		switch (*pattern) {
		case 'D': number = &d->day; break;
		case 'Y': number = &d->year; break;
		case 'h': number = &d->hour; break;
		case 'm': number = &d->minute; break;
		case 's': number = &d->second; break;
		case 'N':
			while (month < 12 && memcmp(t, month_names[month], 3) != 0)
				month++;
			d->month = month;
			t += 2;
			if (month == 12)
				return false;
			continue;
		default:
			if (*t != *pattern)
				return false;
			continue;
		}
		if (*t == ' ' && *pattern == 'D' && *number == 0)
			continue;
		if (digit < 0 || digit > 9)
			return false;
		*number = *number * 10 + digit;
	}
	return true;
}

static bool
date_seconds(const struct date *d, int64_t *unix_s_out)
{
	static const char lengths[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);

	/* 60: a leap second, which counts as the first of the next minute */
	if (d->year < 1970 || d->day < 1 || d->day > lengths[d->month] || (d->month == 1 && d->day == 29 && !leap) ||
	    d->hour > 23 || d->minute > 59 || d->second > 60)
		return false;
	*unix_s_out = days_of(d->year, d->month, d->day) * DAY + d->hour * 3600 + d->minute * 60 + d->second;
	return true;
}

static size_t
day_prefix(struct wh_str text, bool whole)
{
	for (unsigned i = 0; i < 7; i++) {
		size_t n = whole ? strlen(day_names[i]) : 3;

		if (text.n >= n && memcmp(text.p, day_names[i], n) == 0)
			return n;
	}
	return 0;
}

bool
wh_http_date_parse(struct wh_str text, int64_t now_s, int64_t *unix_s_out)
{
	struct date d = { 0 }, now;
	size_t whole = day_prefix(text, true);

	if (day_prefix(text, false) == 0)
		return false;
	if (text.n == WH_HTTP_DATE_N && date_match(text.p + 3, ", DD N YYYY hh:mm:ss GMT", &d))
		return text.p[5] != ' ' && date_seconds(&d, unix_s_out);
	d = (struct date){ 0 };
	if (text.n == 24 && date_match(text.p + 3, " N DD hh:mm:ss YYYY", &d))
		return date_seconds(&d, unix_s_out);
	d = (struct date){ 0 };
	if (whole == 0 || text.n != whole + 24 || !date_match(text.p + whole, ", DD-N-YY hh:mm:ss GMT", &d))
		return false;
	/* a two-digit year that seems more than 50 years ahead is the past (RFC 9110 5.6.7) */
	date_of_days((now_s < 0 ? 0 : now_s) / DAY, &now);
	d.year += now.year / 100 * 100;
	if (d.year > now.year + 50)
		d.year -= 100;
	return date_seconds(&d, unix_s_out);
}
