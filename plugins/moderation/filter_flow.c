/* Filters that count: rates, repetition, near-duplicates; and the gates for who is new, or comes from where nobody should. See filters_own.h.
 *
 * A rate of `limit` in `within` is a bucket that runs out evenly: what is said moves the moment at which all has run off further into the
 * future, and it hits when that is more than `within` ahead. One number is enough for a person, and who goes on at the allowed pace never hits. */
#include "filters_own.h"

enum { SEAT_WAYS = 8 };

/* Finds who is counted under the key, or gives them the seat of its row that was not used for longest. */
static struct filter_seat *
seat_of(struct filters *f, char kind, struct wh_str id)
{
	uint64_t key = scene_hash(id) + (uint64_t)kind * UINT64_C(0x9E3779B97F4A7C15);
	struct filter_seat *row, *oldest;

	key = key != 0 ? key : 1;
	row = oldest = &f->seats[key / SEAT_WAYS * SEAT_WAYS % FILTER_SEATS];
	for (size_t i = 0; i < SEAT_WAYS; i++) {
		if (row[i].key == key) {
			oldest = &row[i];
			break;
		}
		if (row[i].seen_ms < oldest->seen_ms)
			oldest = &row[i];
	}
	if (oldest->key != key)
		*oldest = (struct filter_seat){ .key = key, .told_ms = INT64_MIN / 2 };
	oldest->seen_ms = f->e->time_ms;
	return oldest;
}

/* Counts `n`. True: that is too fast. */
static bool
too_fast(int64_t *until_ms, const struct filter_set *set, int64_t now_ms, int64_t n)
{
	int64_t each_us, over_us;

	if (set->limit <= 0 || set->within_ms <= 0)
		return false;
	each_us = set->within_ms * 1000 / set->limit;
	/* A clock that went back must not silence anybody. */
	if (*until_ms < now_ms * 1000 || *until_ms > now_ms * 1000 + 2 * set->within_ms * 1000)
		*until_ms = now_ms * 1000;
	over_us = *until_ms + each_us * n - (now_ms + set->within_ms) * 1000;
	if (over_us > 0)
		return true;
	*until_ms += each_us * n;
	return false;
}

static void
look_at_rate(struct filters *f, struct filter_seat *person)
{
	const struct filter_set *set = filter_wanted(f, FILTER_RATE);
	struct filter_seat *seat;

	if (set != NULL && (f->e->flags & WH_JUDGE_BOT) == 0 && too_fast(&person->rate_ms, set, f->e->time_ms, 1)) {
		filter_say_int(f, "messages", set->limit);
		filter_hit(f, FILTER_RATE, set, 0);
	}
	set = filter_wanted(f, FILTER_NETWORK_RATE);
	if (set != NULL && f->e->network.n != 0 && too_fast(&seat_of(f, 'n', f->e->network)->rate_ms, set, f->e->time_ms, 1)) {
		filter_say_int(f, "messages", set->limit);
		filter_hit(f, FILTER_NETWORK_RATE, set, 0);
	}
	set = filter_wanted(f, FILTER_ROOM_RATE);
	if (set == NULL || f->e->room.n == 0)
		return;
	seat = seat_of(f, 'r', f->e->room);
	if (!too_fast(&seat->rate_ms, set, f->e->time_ms, 1) || f->e->time_ms - seat->told_ms < set->time_ms)
		return;
	seat->told_ms = f->e->time_ms;
	filter_say_int(f, "messages", set->limit);
	filter_hit(f, FILTER_ROOM_RATE, set, 0);
}

static void
look_at_mention_rate(struct filters *f, struct filter_seat *person)
{
	const struct filter_set *set = filter_wanted(f, FILTER_MENTIONS_RATE);
	int64_t n = 0;

	if (set == NULL || f->e->mentions.n == 0 || (f->e->flags & WH_JUDGE_BOT) != 0)
		return;
	for (size_t i = 0; i < f->e->mentions.n; i++)
		n += f->e->mentions.p[i] == '\n';
	n += f->e->mentions.p[f->e->mentions.n - 1] != '\n';
	if (!too_fast(&person->mention_ms, set, f->e->time_ms, n < set->limit ? n : set->limit))
		return;
	filter_say_int(f, "mentions", set->limit);
	filter_hit(f, FILTER_MENTIONS_RATE, set, 0);
}

static void
look_for_again(struct filters *f, struct filter_seat *person)
{
	const struct filter_set *set = filter_wanted(f, FILTER_AGAIN);
	struct wh_str skeleton;
	uint32_t hash;
	int64_t times = 1;

	if (set == NULL || (int64_t)f->e->text.n < set->also || (f->e->flags & WH_JUDGE_BOT) != 0)
		return;
	skeleton = wh_buf_slice(&scene_views(&f->scene, f->e->text, &f->steps)->skeleton);
	hash = (uint32_t)scene_hash(skeleton.n > 1 ? skeleton : f->e->text) | 1;
	for (size_t i = 0; i < 8; i++)
		times += person->said[i] == hash && f->e->time_ms - person->said_ms[i] < set->within_ms;
	person->said[person->next & 7] = hash;
	person->said_ms[person->next++ & 7] = f->e->time_ms;
	if (times <= set->limit)
		return;
	filter_say_int(f, "times", times);
	filter_hit(f, FILTER_AGAIN, set, 0);
}

/* Counted for raid mode whatever the filter's mode, as long as the person is one whom filters judge at all. */
static void
look_for_near(struct filters *f)
{
	const struct filter_set *set = f->room != NULL && f->room->own[FILTER_NEAR] ? &f->room->sets[FILTER_NEAR] : &f->sets[FILTER_NEAR];
	const struct sketch *sketch;
	struct window_entry entry = { .time_ms = f->e->time_ms, .key = scene_hash(f->e->room), .user = f->scene.user, .entry = f->e->entry };
	struct window *near = f->near[entry.key % FILTER_NEAR_PARTS];
	struct window_found found;

	if (f->e->trust >= WH_TRUST_TRUSTED || (int64_t)f->e->text.n < set->also || (f->e->flags & WH_JUDGE_BOT) != 0)
		return;
	entry.key = entry.key != 0 ? entry.key : 1;
	sketch = scene_sketch(&f->scene, f->e->text, &f->steps);
	if (sketch->n < SKETCH_LEAST)
		return;
	window_mark(near);
	if (window_add(near, &entry, sketch) != WH_OK)
		return;
	window_similar(near, sketch, 550, entry.key, entry.time_ms, set->within_ms, &found, &f->steps);
	f->alike = found.users;
	if (filter_wanted(f, FILTER_NEAR) == NULL || found.users < set->limit)
		return;
	filter_say_int(f, "similar", found.count);
	filter_say_int(f, "users", found.users);
	filter_say_ids(f, "entries", found.ids, found.n_ids);
	filter_hit(f, FILTER_NEAR, set, 0);
}

void
filter_flow(struct filters *f)
{
	struct filter_seat *person = seat_of(f, 'u', f->e->user.n != 0 ? f->e->user : f->e->name);

	look_at_rate(f, person);
	if (f->e->text.n == 0)
		return;
	look_at_mention_rate(f, person);
	look_for_again(f, person);
	look_for_near(f);
}

static bool
is_new(const struct filters *f, const struct filter_set *set)
{
	return f->e->age_ms < set->within_ms || f->e->messages < set->limit;
}

static void
look_at_new(struct filters *f)
{
	const struct filter_set *set = filter_wanted(f, FILTER_NEW_SPEECH);
	const struct links *links;
	struct wh_str entry;

	if (set != NULL && f->e->on == WH_JUDGE_ON_SAID && f->e->age_ms < set->within_ms) {
		filter_say_int(f, "age_ms", f->e->age_ms);
		filter_hit(f, FILTER_NEW_SPEECH, set, 0);
	}
	set = filter_wanted(f, FILTER_NEW_FILES);
	if (set != NULL && f->e->attachments.n > 2 && is_new(f, set)) {
		filter_say_int(f, "age_ms", f->e->age_ms);
		filter_say_int(f, "messages", f->e->messages);
		filter_hit(f, FILTER_NEW_FILES, set, 0);
	}
	set = filter_wanted(f, FILTER_NEW_LINKS);
	if (set == NULL || f->e->text.n == 0 || !is_new(f, set))
		return;
	links = filter_links(f);
	for (size_t i = 0; i < links->n; i++) {
		if (filter_list_look(f, FILTER_LIST_ALLOW, &(struct list_text){ .text = links->of[i].host }, &entry) != NULL)
			continue;
		filter_say_str(f, "host", links->of[i].host);
		filter_hit(f, FILTER_NEW_LINKS, set, 0);
		return;
	}
}

static bool
has_country(const char (*all)[3], size_t n, const char country[3])
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(all[i], country, 3) == 0)
			return true;
	return false;
}

static void
look_at_origin(struct filters *f)
{
	const struct filter_set *set = filter_wanted(f, FILTER_LISTED);
	char country[3];

	if (set != NULL && f->from->listed)
		filter_hit(f, FILTER_LISTED, set, 0);
	set = filter_wanted(f, FILTER_COUNTRY);
	if (set == NULL || (f->n_allow == 0 && f->n_deny == 0))
		return;
	memcpy(country, f->from->country, sizeof country);
	if (country[0] == '\0')
		filters_country(f, f->from->address, country);
	/* Nobody is shut out because a database does not know them. */
	if (country[0] == '\0' || (!has_country(f->deny, f->n_deny, country) && (f->n_allow == 0 || has_country(f->allow, f->n_allow, country))))
		return;
	filter_say_str(f, "country", wh_str(country));
	filter_hit(f, FILTER_COUNTRY, set, 0);
}

void
filter_gates(struct filters *f)
{
	if (f->e->on != WH_JUDGE_ON_JOINED && f->e->on != WH_JUDGE_ON_NICK)
		look_at_new(f);
	if (f->from != NULL)
		look_at_origin(f);
}
