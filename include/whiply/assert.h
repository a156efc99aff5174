/* For tests of plugins that use cmocka: the fake host's answers, and what sessions were sent, compared with texts in which ' stands for ".
 *
 *	wh_assert_ask(t, ann, "chat.join", "{'room':'den'}", WH_OK);
 *	wh_assert_has(wh_test_ask(t, ann, "chat.members", "{'room':'den'}")->json, "'name':'ann'");
 *	assert_non_null(wh_heard(bob, "'room.joined'"));
 */
#ifndef WHIPLY_ASSERT_H
#define WHIPLY_ASSERT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <whiply/testing.h>

/** Does the text hold this? NULL holds nothing. */
static inline bool
wh_has(const char *text, const char *part)
{
	char find[2000];

	snprintf(find, sizeof find, "%s", part);
	for (char *c = find; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return text != NULL && strstr(text, find) != NULL;
}

#define wh_assert_has(text, part) \
	do { \
		const char *text_ = (text); \
		if (!wh_has(text_, part)) \
			fail_msg("no %s in %s", part, text_ != NULL ? text_ : "nothing"); \
	} while (0)

#define wh_assert_lacks(text, part) \
	do { \
		const char *text_ = (text); \
		if (wh_has(text_, part)) \
			fail_msg("%s in %s", part, text_); \
	} while (0)

/** Calls a command (see wh_test_ask) that must end in this way. */
#define wh_assert_ask(t, s, command, args, expected) \
	do { \
		const struct wh_test_answer *answer_ = wh_test_ask(t, s, command, args); \
		if (answer_->err != (expected)) \
			fail_msg("%s: %d, %s", command, answer_->err, answer_->err == WH_OK ? answer_->json : answer_->why); \
	} while (0)

/** The next that the session was sent and that has `part` in it; NULL when there is none. What stands before is read. */
static inline const char *
wh_heard(struct wh_session *s, const char *part)
{
	const char *text;

	while ((text = wh_test_next(s)) != NULL)
		if (wh_has(text, part))
			return text;
	return NULL;
}

/** How often it was sent such a thing, read or not. */
static inline unsigned
wh_times(const struct wh_session *s, const char *part)
{
	unsigned n = 0;

	for (size_t i = 0; wh_test_sent(s, i) != NULL; i++)
		n += wh_has(wh_test_sent(s, i), part);
	return n;
}

/** The first member of that name in a JSON text, a text or a number, as it is written there. It must be there. */
static inline const char *
wh_member_of(const char *json, const char *key, char out[static 256])
{
	char find[64];
	const char *at;

	snprintf(find, sizeof find, "\"%s\":", key);
	at = json != NULL ? strstr(json, find) : NULL;
	if (at == NULL)
		fail_msg("no %s in %s", key, json != NULL ? json : "nothing");
	at += strlen(find);
	if (*at == '"')
		snprintf(out, 256, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
	else
		snprintf(out, 256, "%.*s", (int)strcspn(at, ",}"), at);
	return out;
}

/** The same of an answer, which must be WH_OK. */
static inline const char *
wh_member(const struct wh_test_answer *answer, const char *key, char out[static 256])
{
	if (answer->err != WH_OK)
		fail_msg("%d: %s", answer->err, answer->why);
	return wh_member_of(answer->json, key, out);
}

#endif
