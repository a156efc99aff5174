/* Modes as letters: that the tables fit each other, and what a channel and a member show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "irc.h"

static const struct irc_mode_row *
row_of(char letter)
{
	const struct irc_mode_row *m = irc_channel_modes;

	while (m->letter != '\0' && m->letter != letter)
		m++;
	return m;
}

static void
each_rule_is_a_mode_of_its_kind_and_each_such_mode_a_rule(void **state)
{
	size_t rules = 0, modes = 0;

	(void)state;
	for (const struct irc_rule *r = irc_rules; r->letter != '\0'; r++, rules++) {
		bool with_param = r->kind == RULE_SECONDS || r->kind == RULE_PACE || r->kind == RULE_COUNT;
		char kind = row_of(r->letter)->kind;

		if (kind != (r->letter == 'k' ? 'B' : with_param ? 'C' : 'D'))
			fail_msg("%c is of kind %c", r->letter, kind);
		assert_true((r->kind == RULE_WORD) == (r->on != NULL && r->off != NULL));
	}
	for (const struct irc_mode_row *m = irc_channel_modes; m->letter != '\0'; m++) {
		modes += strchr("BCD", m->kind) != NULL;
		for (const struct irc_mode_row *other = m + 1; other->letter != '\0'; other++)
			assert_int_not_equal(m->letter, other->letter);
	}
	assert_int_equal(rules, modes);
}

static void
prefixes_letters_and_roles_are_each_other(void **state)
{
	static const char *const roles[] = { "owner", "manager", "moderator", "helper", "voice" };
	char out[IRC_PREFIXES + 1];

	(void)state;
	for (size_t i = 0; i < IRC_PREFIXES; i++) {
		assert_string_equal(prefix_role(role_prefix(wh_str(roles[i]))), roles[i]);
		assert_int_equal(row_of(role_letter(wh_str(roles[i])))->kind, 'P');
	}
	assert_null(prefix_role('#'));
	assert_null(prefix_role('\0'));
	rank_prefixes(0, true, out);
	assert_string_equal(out, "");
	rank_prefixes(1u << WH_RANK_VOICE | 1u << WH_RANK_MODERATOR, true, out);
	assert_string_equal(out, "@+");
	rank_prefixes(1u << WH_RANK_VOICE | 1u << WH_RANK_MODERATOR, false, out);
	assert_string_equal(out, "@");
	rank_prefixes(~0u, true, out);
	assert_string_equal(out, "~&@%+");
}

static void
a_channel_shows_its_modes_with_their_parameters_in_order(void **state)
{
	struct wh_chat_room room = { .colours = true, .notices = true };
	char to[IRC_MODES_SHOWN];

	(void)state;
	mode_of(&room, true, to);
	assert_string_equal(to, "+Cnt");
	room = (struct wh_chat_room){ .registered = true, .topics = true, .keyed = true, .unlisted = true, .moderated = true, .slow_ms = 1500, .limit = 7, .flood = 5,
		.flood_ms = 10000, .joins = 3, .joins_ms = 60000, .past_hidden = true, .accounts_only = true };
	mode_of(&room, true, to);
	assert_string_equal(to, "+CnPHRTcmSfjlk 2 5:10 3:60 7 *");
	mode_of(&room, false, to);
	assert_string_equal(to, "+CnPHRTcmSfjlk 2 5:10 3:60 7");
	/* All that there can be fits. */
	room.slow_ms = room.limit = room.flood = room.flood_ms = room.joins = room.joins_ms = INT64_MAX / 1000;
	mode_of(&room, true, to);
	assert_true(strlen(to) < sizeof to - 1);
}

static void
a_target_may_have_a_prefix_in_front_of_a_channel(void **state)
{
	char prefix;

	(void)state;
	assert_true(wh_str_is(status_channel(WH_STR("@#room"), &prefix), "#room"));
	assert_int_equal(prefix, '@');
	assert_true(wh_str_is(status_channel(WH_STR("#room"), &prefix), "#room"));
	assert_int_equal(prefix, '\0');
	assert_true(wh_str_is(status_channel(WH_STR("@room"), &prefix), "@room"));
	assert_int_equal(prefix, '\0');
	assert_true(wh_str_is(status_channel(WH_STR("@#"), &prefix), "@#"));
	assert_true(wh_str_is(status_channel(WH_STR(""), &prefix), ""));
	assert_true(wh_str_is(status_channel(WH_STR("!#room"), &prefix), "!#room"));
	assert_int_equal(prefix, '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_is_a_mode_of_its_kind_and_each_such_mode_a_rule),
		cmocka_unit_test(prefixes_letters_and_roles_are_each_other),
		cmocka_unit_test(a_channel_shows_its_modes_with_their_parameters_in_order),
		cmocka_unit_test(a_target_may_have_a_prefix_in_front_of_a_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
