/* See raid.h. Rooms stand in rows of RAID_WAYS by the hash of their name, so that finding one is a look at a few places and a flood of
 * rooms pushes out only what is quiet. */
#include "raid.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE INT64_C(60000)
#define FOREVER (INT64_C(365) * 24 * 60 * MINUTE)

enum {
	RAID_WAYS = 8, RAID_ROWS = RAID_ROOMS / RAID_WAYS,
	SLOT_MS = 10000, SLOTS = 60, SLOTS_MINUTE = 6,
	LONG_MINUTES = 10,	/* of all slots */
	LONG_FLOOR = 3,		/* in ten minutes, so many times the floor of one */
	GAP_MINUTES = 1440,	/* after which the usual of late is forgotten anyway */
	ALIKE_PEOPLE = 3,	/* two who say the same is talk */
	EVIDENCE = 400,
};

/* Of late: half of it is of the last 20 minutes. Of the hour of the day: half of it is of the last day. */
static const double late_share = 0.0341, hour_share = 0.0115;

enum raid_kind { JOINS, ALIKE, RAID_KINDS };

struct raid_room {
	uint64_t hash;			/* 0: free */
	char name[RAID_ROOM_NAME + 1];
	int64_t seen_ms, first_ms;
	int64_t slot;			/* number of the newest */
	uint16_t counts[RAID_KINDS][SLOTS];
	float usual[RAID_KINDS];	/* a minute */
	float hours[RAID_KINDS][24];
	enum raid_state state;
	bool on;
	int64_t since_ms, until_ms, calm_ms;	/* calm_ms: since when it is quiet; 0: it is not */
	char group[RAID_GROUP];
	int64_t undo_group;
};

struct raid {
	const struct wh_host *host;	/* borrowed; may be NULL */
	struct raid_settings settings;
	struct raid_room *rooms;	/* owned */
	unsigned groups;		/* makes those of one moment different */
	char evidence[2][EVIDENCE];
};

const struct raid_settings raid_defaults = { .enabled = true, .live = true, .joins = 20, .alike = 6, .factor = 5, .least_ms = 3 * MINUTE,
	.most_ms = 30 * MINUTE, .calm_ms = 2 * MINUTE, .learn_ms = 60 * MINUTE, .actions = WH_ACT_SLOW | WH_ACT_HOLD, .slow_ms = 10000 };

const struct wh_setting raid_settings_rows[] = {
	{ "mode", WH_CHOICE, .def = "live", .choices = "off|shadow|live", .help = "shadow: raids are told of, and nothing is done" },
	{ "joins", WH_INT, .def = "20", .min = "2", .max = "60000", .help = "new people who come in a minute, below which it is no raid" },
	{ "alike", WH_INT, .def = "6", .min = "2", .max = "60000", .help = "messages like those of others in a minute, below which it is no raid" },
	{ "factor", WH_NUMBER, .def = "5", .min = "1.5", .max = "1000", .help = "times what the room is used to" },
	{ "least", WH_DURATION, .def = "3m", .min = "10s", .max = "1d", .help = "how long raid mode is on at least" },
	{ "most", WH_DURATION, .def = "30m", .min = "1m", .max = "1d", .help = "and at most; then a new raid has to be found" },
	{ "calm", WH_DURATION, .def = "2m", .min = "10s", .max = "1d", .help = "it ends when it was quiet for so long" },
	{ "learn", WH_DURATION, .def = "1h", .min = "0ms", .max = "7d", .help = "how long a room is watched first, with double floors" },
	{ "actions", WH_STRINGS, .def = "[ \"slow\", \"hold\" ]", .max = "4", .help = "slow, registered-only, lockdown; hold: what new people say waits" },
	{ "slow", WH_DURATION, .def = "10s", .min = "1s", .max = "1h", .help = "time between two messages of one person, with slow" },
	{ 0 }
};

void
raid_reload(struct raid *r, const struct wh_conf *conf)
{
	const struct wh_conf *c = conf != NULL && wh_conf_count(conf, "raid") != 0 ? wh_conf_table(conf, "raid", 0) : NULL;
	struct raid_settings s = raid_defaults;

	if (c != NULL) {
		s = (struct raid_settings){ .enabled = !wh_str_is(wh_conf_str(c, "mode"), "off"), .live = wh_str_is(wh_conf_str(c, "mode"), "live"),
			.joins = wh_conf_int(c, "joins"), .alike = wh_conf_int(c, "alike"), .factor = wh_conf_number(c, "factor"),
			.least_ms = wh_conf_ms(c, "least"), .most_ms = wh_conf_ms(c, "most"), .calm_ms = wh_conf_ms(c, "calm"),
			.learn_ms = wh_conf_ms(c, "learn"), .slow_ms = wh_conf_ms(c, "slow") };
		for (size_t i = 0; i < wh_conf_count(c, "actions"); i++)
			for (unsigned k = 0; k < WH_ACTIONS; k++)
				if (wh_str_is(wh_conf_item(c, "actions", i), wh_judge_action_name(k)))
					s.actions |= 1u << k;
	}
	raid_set_settings(r, &s);
}

void
raid_set_settings(struct raid *r, const struct raid_settings *settings)
{
	r->settings = *settings;
	r->settings.actions &= WH_ACT_SLOW | WH_ACT_REGISTERED_ONLY | WH_ACT_LOCKDOWN | WH_ACT_HOLD;
}

struct raid *
raid_open(const struct wh_host *host, const struct wh_conf *conf)
{
	struct raid *r = calloc(1, sizeof *r);

	if (r == NULL || (r->rooms = calloc(RAID_ROOMS, sizeof *r->rooms)) == NULL) {
		free(r);
		return NULL;
	}
	r->host = host;
	raid_reload(r, conf);
	return r;
}

void
raid_close(struct raid **r)
{
	if (*r != NULL) {
		free((*r)->rooms);
		free(*r);
	}
	*r = NULL;
}

/* Names of rooms are chosen by people, but a row holds eight and its active ones stay: nothing is won by names that collide. */
static uint64_t
hash_of(struct wh_str name)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
	h ^= h >> 32;
	return h != 0 ? h : 1;
}

static struct raid_room *
room_find(const struct raid *r, struct wh_str name)
{
	uint64_t hash = hash_of(name);
	struct raid_room *row = &r->rooms[hash % RAID_ROWS * RAID_WAYS];

	for (size_t i = 0; i < RAID_WAYS; i++)
		if (row[i].hash == hash && wh_str_is(name, row[i].name))
			return &row[i];
	return NULL;
}

/* NULL: its name is too long, or the row is full of rooms with raids. */
static struct raid_room *
room_of(struct raid *r, struct wh_str name, int64_t now_ms)
{
	struct raid_room *found = room_find(r, name), *row = &r->rooms[hash_of(name) % RAID_ROWS * RAID_WAYS];

	if (found != NULL || name.n == 0 || name.n > RAID_ROOM_NAME)
		return found;
	for (size_t i = 0; i < RAID_WAYS; i++)
		if (!row[i].on && row[i].state == RAID_AUTO && (found == NULL || row[i].hash == 0 || (found->hash != 0 && row[i].seen_ms < found->seen_ms)))
			found = &row[i];
	if (found == NULL)
		return NULL;
	*found = (struct raid_room){ .hash = hash_of(name), .first_ms = now_ms, .seen_ms = now_ms, .slot = now_ms / SLOT_MS };
	memcpy(found->name, name.p, name.n);
	return found;
}

void
raid_move(struct raid *r, struct wh_str from, struct wh_str to)
{
	struct raid_room *was = room_find(r, from), *is = was != NULL ? room_of(r, to, was->seen_ms) : NULL;
	uint64_t hash;

	if (is == NULL || is == was)
		return;
	hash = is->hash;
	*is = *was;
	is->hash = hash;
	memset(is->name, 0, sizeof is->name);
	memcpy(is->name, to.p, to.n);
	*was = (struct raid_room){ .hash = 0 };
}

static int64_t
count_of(const struct raid_room *room, enum raid_kind kind, int64_t slots)
{
	int64_t n = 0;

	for (int64_t i = 0; i < slots; i++)
		n += room->counts[kind][(room->slot - i + SLOTS) % SLOTS];
	return n;
}

static size_t
hour_of(int64_t ms)
{
	return (size_t)(ms / (60 * MINUTE) % 24);
}

/* What is usual now: of late, or at this hour of other days, with ten minutes around it. */
static double
usual_of(const struct raid_room *room, enum raid_kind kind, int64_t now_ms)
{
	const float *hours = room->hours[kind];
	float most = room->usual[kind], around[3] = { hours[hour_of(now_ms)], hours[hour_of(now_ms + 10 * MINUTE)], hours[hour_of(now_ms - 10 * MINUTE)] };

	for (size_t i = 0; i < 3; i++)
		most = around[i] > most ? around[i] : most;
	return (double)most;
}

/* A minute is over, and was no part of a raid. */
static void
room_learn(struct raid_room *room, int64_t minute_ms, const int64_t counts[static RAID_KINDS])
{
	float *hour;

	for (unsigned k = 0; k < RAID_KINDS; k++) {
		double bound = 2 * usual_of(room, (enum raid_kind)k, minute_ms) + 2, n = (double)counts[k] < bound ? (double)counts[k] : bound;

		hour = &room->hours[k][hour_of(minute_ms)];
		room->usual[k] += (float)(late_share * (n - (double)room->usual[k]));
		*hour += (float)(hour_share * (n - (double)*hour));
	}
}

/* Time goes on for a room. */
static void
room_advance(struct raid_room *room, int64_t now_ms)
{
	static const int64_t nothing[RAID_KINDS] = { 0 };
	int64_t slot = now_ms / SLOT_MS, gap = (slot - room->slot) / SLOTS_MINUTE;

	if (gap > SLOTS / SLOTS_MINUTE) {
		memset(room->counts, 0, sizeof room->counts);
		for (int64_t i = gap < GAP_MINUTES ? gap : GAP_MINUTES; i > 0; i--)
			room_learn(room, now_ms - i * MINUTE, nothing);
		room->slot = slot;
	}
	while (room->slot < slot) {
		if (room->slot % SLOTS_MINUTE == SLOTS_MINUTE - 1 && !room->on)
			room_learn(room, room->slot * SLOT_MS, (int64_t[RAID_KINDS]){ count_of(room, JOINS, SLOTS_MINUTE), count_of(room, ALIKE, SLOTS_MINUTE) });
		room->slot++;
		for (unsigned k = 0; k < RAID_KINDS; k++)
			room->counts[k][room->slot % SLOTS] = 0;
	}
}

/* 1 is as much as makes a raid; the higher of a minute and of ten. */
static double
share_of(const struct raid *r, const struct raid_room *room, enum raid_kind kind, int64_t now_ms)
{
	double floor = (double)(kind == JOINS ? r->settings.joins : r->settings.alike), usual = usual_of(room, kind, now_ms) * r->settings.factor;
	double minute, ten;

	if (now_ms - room->first_ms < r->settings.learn_ms)
		floor *= 2;
	minute = (double)count_of(room, kind, SLOTS_MINUTE) / (usual > floor ? usual : floor);
	ten = (double)count_of(room, kind, SLOTS) / (usual * LONG_MINUTES > floor * LONG_FLOOR ? usual * LONG_MINUTES : floor * LONG_FLOOR);
	return minute > ten ? minute : ten;
}

/* The same of the last minute alone, for its end: what began it may be ten minutes in the past. */
static bool
is_calm(const struct raid *r, const struct raid_room *room, int64_t now_ms)
{
	for (unsigned k = 0; k < RAID_KINDS; k++) {
		double floor = (double)(k == JOINS ? r->settings.joins : r->settings.alike) * LONG_FLOOR / LONG_MINUTES;
		double usual = usual_of(room, (enum raid_kind)k, now_ms) * r->settings.factor;

		if (2 * (double)count_of(room, (enum raid_kind)k, SLOTS_MINUTE) > (usual > floor ? usual : floor))
			return false;
	}
	return true;
}

static struct wh_judge_verdict
verdict_of(struct raid *r, const struct raid_room *room, const char *rule, uint32_t actions, int64_t time_ms, const char *by, char evidence[static EVIDENCE])
{
	int64_t now_ms = room->slot * SLOT_MS;
	int n = snprintf(evidence, EVIDENCE, "{\"group\":\"%s\",\"joins\":%lld,\"usual_joins\":%.1f,\"alike\":%lld,\"usual_alike\":%.1f,\"by\":\"%s\",\"slow_ms\":%lld}",
		room->group, (long long)count_of(room, JOINS, SLOTS_MINUTE), usual_of(room, JOINS, now_ms), (long long)count_of(room, ALIKE, SLOTS_MINUTE),
		usual_of(room, ALIKE, now_ms), by, (long long)r->settings.slow_ms);

	return (struct wh_judge_verdict){ .item = r->settings.live || strcmp(by, "moderator") == 0 ? WH_JUDGE_ITEM_VERDICT : WH_JUDGE_ITEM_SHADOW,
		.actions = actions, .scope = WH_SCOPE_ACCOUNT, .time_ms = time_ms, .pack = WH_STR("raid"), .version = WH_STR("1"), .rule = wh_str(rule),
		.reason = WH_STR("raid"), .text = WH_STR("There is a raid just now; this room is stricter for a while."),
		.evidence = { evidence, n > 0 && n < EVIDENCE ? (size_t)n : 0 } };
}

static struct wh_judge_verdict
raid_begin(struct raid *r, struct raid_room *room, int64_t now_ms, int64_t most_ms, const char *by)
{
	room->on = true;
	room->since_ms = now_ms;
	room->until_ms = now_ms + most_ms;
	room->calm_ms = room->undo_group = 0;
	snprintf(room->group, sizeof room->group, "raid-%lld-%u", (long long)now_ms, ++r->groups);
	return verdict_of(r, room, "raid", (r->settings.actions & ~(uint32_t)WH_ACT_HOLD) | WH_ACT_FLAG, most_ms, by, r->evidence[0]);
}

/* What did not become calm in all that time may be how the room is from now on: a tenth of it counts as usual. */
static void
room_accept(struct raid_room *room)
{
	for (unsigned k = 0; k < RAID_KINDS; k++)
		room->usual[k] += (float)((double)count_of(room, (enum raid_kind)k, SLOTS) / LONG_MINUTES / 10);
}

static struct wh_judge_verdict
raid_end(struct raid *r, struct raid_room *room, const char *by)
{
	struct wh_judge_verdict v = verdict_of(r, room, "raid-over", 0, 0, by, r->evidence[0]);

	if (room->calm_ms == 0 && strcmp(by, "time") == 0)
		room_accept(room);
	v.text = WH_STR("The raid is over.");
	room->on = false;
	/* So that what it was is neither learned nor found again. */
	memset(room->counts, 0, sizeof room->counts);
	return v;
}

/* Is it over by itself? */
static bool
is_over(const struct raid *r, struct raid_room *room, int64_t now_ms)
{
	if (!room->on || room->state == RAID_ON)
		return false;
	if (now_ms >= room->until_ms)
		return true;
	if (!is_calm(r, room, now_ms)) {
		room->calm_ms = 0;
		return false;
	}
	if (room->calm_ms == 0)
		room->calm_ms = now_ms;
	return now_ms - room->calm_ms >= r->settings.calm_ms && now_ms - room->since_ms >= r->settings.least_ms;
}

static bool
is_raid(const struct raid *r, const struct raid_room *room, int64_t now_ms, const char **by_out)
{
	double joins = share_of(r, room, JOINS, now_ms), alike = share_of(r, room, ALIKE, now_ms);

	*by_out = joins >= 1 ? "joins" : alike >= 1 ? "alike" : "both";
	return joins >= 1 || alike >= 1 || (joins >= 0.5 && alike >= 0.5 && joins + alike >= 1.5);
}

size_t
raid_judge(struct raid *r, const struct wh_judge_event *e, uint32_t alike, struct wh_judge_verdict *to, size_t max)
{
	struct raid_room *room;
	const char *by;
	size_t n = 0;
	bool joins = e->on == WH_JUDGE_ON_JOINED && e->trust == WH_TRUST_NEW, said = e->on == WH_JUDGE_ON_SAID;

	if (!r->settings.enabled || max < 3 || e->room.n == 0 || (!joins && !said) || (e->flags & WH_JUDGE_BOT) != 0
	    || (room = room_of(r, e->room, e->time_ms)) == NULL)
		return 0;
	room_advance(room, e->time_ms);
	room->seen_ms = e->time_ms;
	if (joins || alike >= ALIKE_PEOPLE) {
		uint16_t *count = &room->counts[joins ? JOINS : ALIKE][room->slot % SLOTS];

		*count = (uint16_t)(*count + (*count < UINT16_MAX));
	}
	if (is_over(r, room, e->time_ms))
		to[n++] = raid_end(r, room, "time");
	else if (!room->on && room->state == RAID_AUTO && is_raid(r, room, e->time_ms, &by))
		to[n++] = raid_begin(r, room, e->time_ms, r->settings.most_ms, by);
	if (room->on && said && e->trust == WH_TRUST_NEW && (r->settings.actions & WH_ACT_HOLD) != 0)
		to[n++] = verdict_of(r, room, "during-raid", WH_ACT_HOLD, 0, room->state == RAID_ON ? "moderator" : "raid", r->evidence[1]);
	return n;
}

bool
raid_tick(struct raid *r, int64_t now_ms, struct raid_news *out)
{
	for (size_t i = 0; i < RAID_ROOMS; i++) {
		struct raid_room *room = &r->rooms[i];

		if (!room->on)
			continue;
		room_advance(room, now_ms);
		if (!is_over(r, room, now_ms))
			continue;
		memcpy(out->room, room->name, sizeof out->room);
		out->verdict = raid_end(r, room, "time");
		return true;
	}
	return false;
}

bool
raid_override(struct raid *r, struct wh_str name, enum raid_state state, int64_t now_ms, struct raid_news *news, enum wh_err *err_out)
{
	struct raid_room *room = room_of(r, name, now_ms);

	*err_out = room != NULL ? WH_OK : WH_EFULL;
	if (room == NULL)
		return false;
	room_advance(room, now_ms);
	memcpy(news->room, room->name, sizeof news->room);
	if (state == RAID_ON && !room->on) {
		news->verdict = raid_begin(r, room, now_ms, FOREVER, "moderator");
		room->state = state;
		return true;
	}
	if (state == RAID_OFF && room->on) {
		news->verdict = raid_end(r, room, "moderator");
		room->state = state;
		return true;
	}
	/* What a moderator turned on ends by itself from now on, and no later than a raid that was found. */
	if (state == RAID_AUTO && room->on && room->state == RAID_ON)
		room->until_ms = now_ms + r->settings.most_ms;
	room->state = state;
	return false;
}

void
raid_remember(struct raid *r, struct wh_str name, int64_t undo_group)
{
	struct raid_room *room = room_find(r, name);

	if (room != NULL)
		room->undo_group = undo_group;
}

int64_t
raid_undo_group(const struct raid *r, struct wh_str name)
{
	const struct raid_room *room = room_find(r, name);

	return room != NULL ? room->undo_group : 0;
}

static void
room_tell(const struct raid_room *room, int64_t now_ms, struct raid_info *out)
{
	*out = (struct raid_info){ .room = wh_str(room->name), .on = room->on, .state = room->state, .since_ms = room->since_ms, .until_ms = room->until_ms,
		.joins = count_of(room, JOINS, SLOTS_MINUTE), .alike = count_of(room, ALIKE, SLOTS_MINUTE), .usual_joins = usual_of(room, JOINS, now_ms),
		.usual_alike = usual_of(room, ALIKE, now_ms), .undo_group = room->undo_group };
	memcpy(out->group, room->group, sizeof out->group);
}

bool
raid_at(const struct raid *r, size_t i, struct raid_info *out)
{
	for (size_t k = 0; k < RAID_ROOMS; k++) {
		const struct raid_room *room = &r->rooms[k];

		if (room->hash == 0 || (!room->on && room->state == RAID_AUTO) || i-- > 0)
			continue;
		room_tell(room, room->slot * SLOT_MS, out);
		return true;
	}
	return false;
}

bool
raid_find(const struct raid *r, struct wh_str name, int64_t now_ms, struct raid_info *out)
{
	struct raid_room *room = room_find(r, name);

	if (room == NULL)
		return false;
	room_advance(room, now_ms);
	room_tell(room, now_ms, out);
	return true;
}
