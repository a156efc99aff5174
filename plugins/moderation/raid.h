/* Raid mode: many who come at once, or say nearly the same at once, compared with what a room is used to. Used by gate.c, which shows it every
 * event; it answers with verdicts of the pack "raid" and does nothing itself. Time is the event's, or raid_tick's: no clock is looked at.
 *
 * How it is found: joins of people who are new, and messages like those of two other people, are counted by 10 seconds. A room's usual is the mean
 * of its quiet time of late, and of the same hour of the days before; the higher one counts. What is above `factor` times the usual and
 * above the floor (`joins`, `alike`), in a minute or spread over ten, is a raid; three quarters of each do as well. What a raid does is not learned as usual
 * (but a tenth of one that does not end by itself), and no minute counts for more than twice the usual and two, so that a slow raid does not teach the room to be raided.
 *
 * How it ends: below half of what began it for `calm`, but not before `least`, and at `most` in any case. A moderator may turn it on or off
 * for a room; then it does not change by itself.
 *
 * One verdict begins it ("raid"), with the actions of the settings and time `most`; what action.c does for it is one group,
 * so that one undo takes all of it back (raid_remember). While it is on, each message of somebody who is new (trust) gets a verdict "during-raid" (if
 * settings say so). One verdict ends it ("raid-over", no actions): its group's room-wide actions are to be taken back.
 *
 * Rooms that are remembered: RAID_ROOMS, some 800 bytes each; the one without an event for longest goes, unless it has a raid. */
#ifndef PLUGIN_MODERATION_RAID_H
#define PLUGIN_MODERATION_RAID_H

#include <whiply/conf.h>
#include <whiply/judge.h>
#include <whiply/whiply.h>

enum { RAID_ROOMS = 2048, RAID_ROOM_NAME = 128, RAID_GROUP = 40 };

enum raid_state { RAID_AUTO, RAID_ON, RAID_OFF };

struct raid_settings {
	bool enabled, live;		/* not live: verdicts are those of shadow mode */
	int64_t joins, alike;		/* floors, of a minute */
	double factor;			/* times the usual */
	int64_t least_ms, most_ms, calm_ms;
	int64_t learn_ms;		/* how long a room is watched until its usual counts; before, the floors are doubled */
	uint32_t actions;		/* of the room: slow, registered-only, lockdown; with hold: new people's messages wait */
	int64_t slow_ms;		/* of the slow mode */
};

extern const struct raid_settings raid_defaults;

struct raid;

/** `conf` has the group `raid` of RAID_SETTINGS, or is NULL: the defaults. */
struct raid *raid_open(const struct wh_host *host, const struct wh_conf *conf);
void raid_close(struct raid **r);
void raid_reload(struct raid *r, const struct wh_conf *conf);
void raid_set_settings(struct raid *r, const struct raid_settings *settings);

/** Shows it an event. `alike`: of how many people the text is of late (filters_alike). At most 3 verdicts, good until the next call. */
size_t raid_judge(struct raid *r, const struct wh_judge_event *e, uint32_t alike, struct wh_judge_verdict *to, size_t max);

struct raid_news {
	char room[RAID_ROOM_NAME + 1];
	struct wh_judge_verdict verdict;	/* slices good until the next call */
};

/** To be called every few seconds, until it says false: ends a raid of a room where nothing happens any more. */
bool raid_tick(struct raid *r, int64_t now_ms, struct raid_news *out);

/** A moderator's word for a room. Fills in news when that begins or ends a raid: returns whether it does. WH_EFULL is told by false and `err_out`. */
bool raid_override(struct raid *r, struct wh_str room, enum raid_state state, int64_t now_ms, struct raid_news *news_out, enum wh_err *err_out);

/** The room has another name: what it is used to, and a raid in it, goes along. */
void raid_move(struct raid *r, struct wh_str from, struct wh_str to);

/** What action.c undoes together for the raid of a room; 0: nothing. Given after the verdict "raid" was done, and asked for at "raid-over". */
void raid_remember(struct raid *r, struct wh_str room, int64_t undo_group);
int64_t raid_undo_group(const struct raid *r, struct wh_str room);

struct raid_info {
	struct wh_str room;
	bool on;
	enum raid_state state;
	int64_t since_ms, until_ms;
	int64_t joins, alike;		/* of the last minute */
	double usual_joins, usual_alike;
	char group[RAID_GROUP];		/* of the raid that is on, or was on last, as in evidence; empty: none */
	int64_t undo_group;		/* as raid_remember was told */
};

/** Room `i` that is not as quiet as others: on, or with a moderator's word. False: there are no more. */
bool raid_at(const struct raid *r, size_t i, struct raid_info *out);
bool raid_find(const struct raid *r, struct wh_str room, int64_t now_ms, struct raid_info *out);

extern const struct wh_setting raid_settings_rows[];
#define RAID_SETTINGS { "raid", WH_TABLE, .table = raid_settings_rows, .help = "raid mode" }

/** The plugin defines these: where raid mode is, and what is to happen with news that a command makes (see raid_override). */
struct raid *moderation_raid(void *self);
void moderation_raid_news(void *self, const struct raid_news *news, struct wh_call *call);

#define RAID_COMMANDS \
	{ "moderation.raid", raid_fields, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = raid_command, .help = "turn raid mode of a room on or off, or let it do that by itself" }, \
	{ "moderation.raids", NULL, WH_ALLOW_MODERATOR, .flags = WH_READS, .run = raid_command_all, .help = "rooms with a raid, or where somebody turned raid mode on or off" }
extern const struct wh_field raid_fields[];
enum wh_err raid_command(void *self, struct wh_call *call);
enum wh_err raid_command_all(void *self, struct wh_call *call);

#endif
