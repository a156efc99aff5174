/* What the built-in filters cost in CPU time: a message with all of them live, with lists of thousands of words, and parts of that. Run it on
 * a quiet machine. */
#include "filters.h"
#include "raid.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MESSAGES = 4096, ROUNDS = 50, PEOPLE = 5003, ROOMS = 53, WORDS = 10000, DOMAINS = 5000 };

static char messages[MESSAGES][320];
static size_t bytes;

struct filters *
moderation_filters(void *self)
{
	return self;
}

struct raid *
moderation_raid(void *self)
{
	return self;
}

void
moderation_raid_news(void *self, const struct raid_news *news, struct wh_call *call)
{
	(void)self;
	(void)news;
	(void)call;
}

/* Of our own CPU time: what else the machine does is not counted. */
static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static size_t
make_word(uint32_t *seed, char to[16])
{
	size_t n = 3 + next_random(seed) % 9;

	for (size_t i = 0; i < n; i++)
		to[i] = (char)('a' + next_random(seed) % 26);
	to[n] = '\0';
	return n;
}

static void
make_messages(void)
{
	uint32_t seed = 7;
	char word[16];

	for (size_t i = 0; i < MESSAGES; i++) {
		size_t n = 0;

		while (n < 20 + i % 64 * 2) {
			(void)make_word(&seed, word);
			n += (size_t)snprintf(messages[i] + n, sizeof messages[i] - n, "%s%s", n > 0 ? " " : "", word);
		}
		if (i % 8 == 0)
			n += (size_t)snprintf(messages[i] + n, sizeof messages[i] - n, " https://%s.example.com/x", word);
		if (i % 16 == 1)
			n += (size_t)snprintf(messages[i] + n, sizeof messages[i] - n, " привет всем 🎉");
		bytes += n;
	}
}

static void
set_all(struct filters *f, enum filter_mode mode)
{
	for (unsigned i = 0; i < FILTERS; i++) {
		struct filter_set set = filter_rows[i].def;

		set.mode = mode;
		/* So that what is measured is looking, not hitting. */
		if (i == FILTER_ROOM_RATE || i == FILTER_NETWORK_RATE)
			set.limit = 1000000;
		(void)filters_set(f, (enum filter)i, (struct wh_str){ NULL, 0 }, &set);
	}
}

static void
add_lists(struct filters *f)
{
	uint32_t seed = 3;
	char word[16], entry[64];

	(void)filters_list_set(f, WH_STR("words"), FILTER_LIST_WORDS, 0);
	(void)filters_list_set(f, WH_STR("domains"), FILTER_LIST_DENY, 0);
	for (size_t i = 0; i < WORDS + DOMAINS; i++) {
		(void)make_word(&seed, word);
		snprintf(entry, sizeof entry, i < WORDS ? "qz%s" : "%s-x%zu.com", word, i);
		(void)filters_list_add(f, i < WORDS ? WH_STR("words") : WH_STR("domains"), wh_str(entry), NULL, 0);
	}
	filters_list_build(f);
}

static void
measure(const char *name, struct filters *f, struct raid *raid)
{
	static const struct filter_origin from = { .country = "DE" };
	struct wh_judge_verdict got[FILTERS + 3];
	char user[16], room[16], network[16];
	size_t hits = 0;
	double began = cpu_ns(), took;

	for (size_t i = 0; i < (size_t)ROUNDS * MESSAGES; i++) {
		struct wh_judge_event e = { .time_ms = INT64_C(1767225600000) + (int64_t)i * 5, .entry = i + 1, .text = wh_str(messages[i % MESSAGES]),
			.age_ms = 86400000, .messages = 100, .trust = i % 3 == 0 ? WH_TRUST_NEW : WH_TRUST_KNOWN, .flags = WH_JUDGE_ACCOUNT };

		snprintf(user, sizeof user, "user%zu", i % PEOPLE);
		snprintf(room, sizeof room, "room%zu", i % ROOMS);
		snprintf(network, sizeof network, "net%zu", i % (PEOPLE / 2));
		e.user = e.name = wh_str(user);
		e.room = wh_str(room);
		e.network = wh_str(network);
		hits += filters_judge_from(f, &e, &from, got, FILTERS);
		if (raid != NULL)
			hits += raid_judge(raid, &e, filters_alike(f), got + FILTERS, 3);
	}
	took = cpu_ns() - began;
	printf("%-44s %7.0f ns a message, %zu hits in 1000\n", name, took / (ROUNDS * MESSAGES), hits * 1000 / ((size_t)ROUNDS * MESSAGES));
}

int
main(void)
{
	struct filters *f = filters_open(NULL, NULL);
	struct raid *raid = raid_open(NULL, NULL);
	double began;

	if (f == NULL || raid == NULL)
		return 1;
	make_messages();
	printf("messages of %zu bytes\n", bytes / MESSAGES);
	set_all(f, FILTER_OFF);
	measure("all off; near-duplicates are counted", f, NULL);
	for (unsigned i = 0; i < FILTERS; i++)
		filters_unset(f, (enum filter)i, (struct wh_str){ NULL, 0 });
	measure("as shipped, without lists", f, raid);
	set_all(f, FILTER_LIVE);
	measure("all on, without lists", f, raid);
	began = cpu_ns();
	add_lists(f);
	printf("%-44s %7.0f ms\n", "10,000 words and 5,000 domains: added, built", (cpu_ns() - began) / 1e6);
	measure("all on, with them", f, raid);
	filters_close(&f);
	raid_close(&raid);
	return 0;
}
