/* Ids, kinds, spans of time and moments as texts. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "own.h"

void
id_text(int64_t id, char out[static MOD_ID_TEXT])
{
	snprintf(out, MOD_ID_TEXT, "%016llx", (unsigned long long)id);
}

bool
id_parse(struct wh_str text, int64_t *id_out)
{
	uint64_t id = 0;

	if (text.n != 16)
		return false;
	for (size_t i = 0; i < 16; i++) {
		char c = text.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		id = id << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*id_out = (int64_t)id;
	return id != 0 && id <= INT64_MAX;
}

void
text_copy(char *to, size_t cap, struct wh_str s)
{
	size_t n = s.n < cap ? s.n : cap - 1;

	/* Not into the middle of a character. */
	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	if (n != 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

struct wh_str
text_keep(char **to, struct wh_str s)
{
	char *at = *to;

	if (s.n == 0)
		return (struct wh_str){ "", 0 };
	memcpy(at, s.p, s.n);
	*to += s.n;
	return (struct wh_str){ at, s.n };
}

static const char *const kinds[MOD_KINDS] = {
	[MOD_FLAG] = "flag", [MOD_WARN] = "warn", [MOD_SLOW] = "slow", [MOD_REGISTERED_ONLY] = "registered-only", [MOD_LOCKDOWN] = "lockdown", [MOD_HOLD] = "hold",
	[MOD_REDACT] = "redact", [MOD_TIMEOUT] = "timeout", [MOD_SHADOW_MUTE] = "shadow-mute", [MOD_MUTE] = "mute", [MOD_BAN] = "ban", [MOD_STRIKE] = "strike",
	[MOD_SWEEP_ALL] = "sweep", [MOD_UNDO] = "undo", [MOD_REFUSED] = "refuse", [MOD_RESTORE] = "restore", [MOD_APPROVE] = "approve", [MOD_DENY] = "deny",
	[MOD_DISMISS] = "dismiss", [MOD_ANSWER] = "answer", [MOD_DEMOTED] = "demoted",
};

const char *
kind_name(enum mod_kind kind)
{
	return kind > 0 && kind < MOD_KINDS ? kinds[kind] : "";
}

enum mod_kind
kind_find(struct wh_str name)
{
	for (int i = 1; i < MOD_KINDS; i++)
		if (wh_str_is(name, kinds[i]))
			return (enum mod_kind)i;
	return (enum mod_kind)0;
}

bool
kind_of_room(enum mod_kind kind)
{
	return kind == MOD_SLOW || kind == MOD_REGISTERED_ONLY || kind == MOD_LOCKDOWN;
}

bool
kind_lasts(enum mod_kind kind)
{
	return kind_of_room(kind) || kind == MOD_TIMEOUT || kind == MOD_SHADOW_MUTE || kind == MOD_MUTE || kind == MOD_BAN;
}

void
text_span(int64_t ms, char out[static 40])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "day" }, { 3600000, "hour" }, { 60000, "minute" }, { 1000, "second" } };
	size_t i = 0;
	int64_t n;

	/* In the largest unit that says it without much of a rest. */
	while (i < 3 && (ms < units[i].ms || (ms % units[i].ms != 0 && ms < 10 * units[i].ms)))
		i++;
	n = (ms + units[i].ms / 2) / units[i].ms;
	snprintf(out, 40, "%lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
}

void
text_moment(int64_t wall_ms, char out[static 40])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&seconds, &tm) != NULL)
		strftime(out, 40, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

bool
text_duration(struct wh_str s, int64_t *ms_out)
{
	int64_t total = 0, n = 0;
	bool digits = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		int64_t unit;

		if (c >= '0' && c <= '9') {
			n = n * 10 + (c - '0');
			digits = true;
			if (n > 1000000000)
				return false;
			continue;
		}
		unit = c == 's' ? 1000 : c == 'm' ? 60000 : c == 'h' ? 3600000 : c == 'd' ? 86400000 : c == 'w' ? 604800000 : 0;
		if (c == 'm' && i + 1 < s.n && s.p[i + 1] == 's') {
			unit = 1;
			i++;
		}
		if (unit == 0 || !digits)
			return false;
		total += n * unit;
		n = 0;
		digits = false;
	}
	*ms_out = total;
	return total > 0 && !digits && total <= (int64_t)3650 * 86400000;
}
