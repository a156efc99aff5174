/* See bench_messages.h. */
#include "rules/bench_messages.h"

#include <stdio.h>

static char messages[BENCH_MESSAGES][256];

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

size_t
bench_word(uint32_t *seed, char to[16])
{
	size_t n = 3 + next_random(seed) % 9;

	for (size_t i = 0; i < n; i++)
		to[i] = (char)('a' + next_random(seed) % 26);
	to[n] = '\0';
	return n;
}

void
bench_messages(void)
{
	uint32_t seed = 7;
	char word[16];

	for (size_t i = 0; i < BENCH_MESSAGES; i++) {
		size_t n = 0;

		while (n < 20 + i % 64 * 2) {
			(void)bench_word(&seed, word);
			n += (size_t)snprintf(messages[i] + n, sizeof messages[i] - n, "%s%s", n > 0 ? " " : "", word);
		}
		if (i % 8 == 0)
			snprintf(messages[i] + n, sizeof messages[i] - n, " https://%s.example.com/x", word);
	}
}

const char *
bench_message(size_t i)
{
	return messages[i % BENCH_MESSAGES];
}

struct wh_judge_event
bench_event(size_t i, char name[static 16])
{
	snprintf(name, 16, "user%zu", i % 20011);
	return (struct wh_judge_event){ .time_ms = INT64_C(1767225600000) + (int64_t)i / 10, .entry = i + 1, .room = WH_STR("lobby"),
		.text = wh_str(bench_message(i)), .user = wh_str(name), .name = wh_str(name), .network = WH_STR("0123456789abcdef"),
		.age_ms = 86400000, .messages = 100, .trust = WH_TRUST_KNOWN, .flags = WH_JUDGE_ACCOUNT };
}
