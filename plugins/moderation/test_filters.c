/* Each filter with what it hits and what it nearly hits; then settings, lists and commands of a plugin that has nothing but filters. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "filters.h"
#include "raid.h"

#include <stdio.h>
#include <stdlib.h>

#include <whiply/testing.h>

#include "base/testing.h"

#define DAY INT64_C(86400000)

static struct filters *f;
static struct wh_judge_event e;
static struct wh_judge_verdict got[FILTERS];
static size_t n_got;

static int
begin(void **state)
{
	(void)state;
	f = filters_open(NULL, NULL);
	e = (struct wh_judge_event){ .on = WH_JUDGE_ON_SAID, .time_ms = INT64_C(1767225600000), .entry = 1, .room = WH_STR("lobby"), .user = WH_STR("eve"),
		.name = WH_STR("eve"), .network = WH_STR("n1"), .age_ms = 30 * DAY, .messages = 100, .flags = WH_JUDGE_ACCOUNT };
	/* One at a time: only the filter of a test is on. */
	for (unsigned i = 0; i < FILTERS; i++) {
		struct filter_set set = filter_rows[i].def;

		set.mode = FILTER_OFF;
		assert_int_equal(filters_set(f, (enum filter)i, (struct wh_str){ NULL, 0 }, &set), WH_OK);
	}
	return 0;
}

static int
end(void **state)
{
	(void)state;
	filters_close(&f);
	return 0;
}

static struct filter_set
turn_on(enum filter filter)
{
	struct filter_set set = filter_rows[filter].def;

	set.mode = FILTER_LIVE;
	set.exempt = WH_TRUST_MODERATOR;
	assert_int_equal(filters_set(f, filter, (struct wh_str){ NULL, 0 }, &set), WH_OK);
	return set;
}

static bool
judged(void)
{
	n_got = filters_judge(f, &e, got, FILTERS);
	e.entry++;
	return n_got != 0;
}

static bool
says(const char *text)
{
	e.text = wh_str(text);
	return judged();
}

#define assert_hit(text, filter) \
	do { \
		assert_true(says(text)); \
		assert_int_equal(n_got, 1); \
		assert_string_equal(got[0].rule.p, filter_rows[filter].name); \
	} while (0)

static void
add(const char *list, enum filter_list_kind kind, const char *entry)
{
	char why[100];

	assert_int_equal(filters_list_set(f, wh_str(list), kind, 0), WH_OK);
	assert_int_equal(filters_list_add(f, wh_str(list), wh_str(entry), why, sizeof why), WH_OK);
	filters_list_build(f);
}

static void
a_listed_word_is_found_in_every_disguise(void **state)
{
	static const char *const ways[] = { "you frobnicate!", "FROBNICATE", "fr0bn1c4te", "f r o b n i c a t e", "f.r.o.b.n.i.c.a.t.e", "frobbbnicaaate",
		"frоbniсаtе", "fr\xe2\x80\x8bobnicate", "an EVIL, phrase" };

	(void)state;
	turn_on(FILTER_WORDS);
	add("slurs", FILTER_LIST_WORDS, "frobnicate");
	add("slurs", FILTER_LIST_WORDS, "evil phrase");
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		assert_hit(ways[i], FILTER_WORDS);
	assert_true(got[0].actions == WH_ACT_REDACT);
	assert_true(wh_str_is(got[0].evidence, "{\"entry\":\"evil phrase\",\"list\":\"slurs\"}"));
	assert_true(wh_str_is(got[0].reason, "filter_words") && wh_str_is(got[0].pack, "filters"));
	assert_false(says("unfrobnicated"));
	assert_false(says("an evil paraphrase"));
}

static void
the_list_that_wants_most_says_what_is_done(void **state)
{
	(void)state;
	turn_on(FILTER_WORDS);
	add("mild", FILTER_LIST_WORDS, "gadzooks");
	assert_int_equal(filters_list_set(f, WH_STR("hard"), FILTER_LIST_WORDS, WH_ACT_REDACT | WH_ACT_BAN), WH_OK);
	add("other", FILTER_LIST_WORDS, "frob");
	assert_int_equal(filters_list_add(f, WH_STR("hard"), WH_STR("zounds"), NULL, 0), WH_OK);
	filters_list_build(f);
	assert_hit("gadzooks", FILTER_WORDS);
	assert_int_equal(got[0].actions, WH_ACT_REDACT);
	assert_hit("gadzooks and zounds", FILTER_WORDS);
	assert_int_equal(got[0].actions, WH_ACT_REDACT | WH_ACT_BAN);
}

static void
patterns_match_and_links_are_told_by_domain(void **state)
{
	(void)state;
	turn_on(FILTER_PATTERNS);
	turn_on(FILTER_DENIED_LINKS);
	add("money", FILTER_LIST_PATTERNS, "free\\s+money");
	add("bad", FILTER_LIST_DENY, "bad.example");
	assert_hit("get FREE  money", FILTER_PATTERNS);
	assert_false(says("freemoney"));
	assert_hit("see www.bad.example/x", FILTER_DENIED_LINKS);
	assert_hit("hxxps://sub.bad[.]example", FILTER_DENIED_LINKS);
	assert_false(says("https://notbad.example/ and https://bad.example.org/"));
}

static void
links_are_counted_but_for_allowed_ones(void **state)
{
	(void)state;
	turn_on(FILTER_LINKS);
	turn_on(FILTER_HIDDEN_LINKS);
	add("ours", FILTER_LIST_ALLOW, "ours.example");
	assert_hit("https://a.com/ https://b.com/ https://c.com/ https://d.com/ https://e.com/", FILTER_LINKS);
	assert_false(says("https://a.com/ https://b.com/ https://c.com/ https://d.com/ https://wiki.ours.example/"));
	assert_hit("look: bit.ly/abc", FILTER_HIDDEN_LINKS);
	assert_hit("http://192.0.2.7/setup.exe", FILTER_HIDDEN_LINKS);
	assert_false(says("the version is 1.2.3.4 and the file bit.c"));
}

static void
capitals_are_a_share_of_enough_letters(void **state)
{
	(void)state;
	turn_on(FILTER_CAPS);
	assert_hit("WHY DOES NOBODY EVER ANSWER ME", FILTER_CAPS);
	assert_true(wh_str_is(got[0].evidence, "{\"percent\":100}"));
	assert_false(says("OK THANKS"));
	assert_false(says("The HTTP and TLS RFCs are on my desk"));
	assert_false(says("你好 你好 你好 你好 你好 你好 你好 你好 你好 你好"));
}

static void
runs_and_repeated_words_hit_and_rulers_do_not(void **state)
{
	(void)state;
	turn_on(FILTER_REPEATS);
	turn_on(FILTER_REPEATED_WORDS);
	assert_hit("noooooooooooooooooooooooooooooooo", FILTER_REPEATS);
	assert_false(says("---------------------------------------- log"));
	assert_false(says("nooooo way"));
	assert_hit("spam spam spam spam spam spam spam spam spam", FILTER_REPEATED_WORDS);
	assert_false(says("that that that is is that that is not is not is that it it is"));
}

static void
the_same_again_is_counted_for_a_person_and_a_while(void **state)
{
	(void)state;
	turn_on(FILTER_AGAIN);
	for (int i = 0; i < 3; i++)
		assert_false(says("buy my wonderful things"));
	assert_hit("Buy my w0nderful things!!", FILTER_AGAIN);
	e.user = WH_STR("bob");
	assert_false(says("buy my wonderful things"));
	e.user = WH_STR("eve");
	for (int i = 0; i < 10; i++)
		assert_false(says("yes"));
	e.time_ms += 61000;
	assert_false(says("buy my wonderful things"));
}

static void
piled_marks_and_hidden_text_hit_and_languages_do_not(void **state)
{
	(void)state;
	turn_on(FILTER_ZALGO);
	turn_on(FILTER_INVISIBLE);
	assert_hit("H̵̢̛̛͓̩̐̾͝e̶̡̛̤͉̊͌̕͜ comes", FILTER_ZALGO);
	assert_false(says("Việt Nam, café, Ελλάδα, שָׁלוֹם, สวัสดีครับ, नमस्ते"));
	assert_hit("a\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b", FILTER_INVISIBLE);
	assert_false(says("👨‍👩‍👧‍👦 👩‍💻 🏳️‍🌈 ❤️"));
	assert_false(says("می‌خواهم کتاب‌های خوب بخوانم"));
	e.on = WH_JUDGE_ON_NICK;
	assert_hit("H̵̢̛̛͓̩̐̾͝e̶̡̛̤͉̊͌̕͜", FILTER_ZALGO);
}

static void
words_of_two_alphabets_hit_and_words_of_two_languages_do_not(void **state)
{
	(void)state;
	turn_on(FILTER_MIXED);
	assert_hit("Здpaвcтвyйтe! Haбиpaю кoмaндy для зapaбoткa", FILTER_MIXED);
	assert_hit("Jоin thе biggеst givеаwаy", FILTER_MIXED);
	assert_false(says("SMSка, VPNом и CPUшка: это слова, и Linux тоже"));
	assert_false(says("日本語のテキストとカタカナ、한국어, Ελλάδα, αβγ-test, 10μm"));
}

static void
mentions_count_each_person_once(void **state)
{
	(void)state;
	turn_on(FILTER_MENTIONS);
	e.mentions = WH_STR("a\nb\nc\nd\ne\nf\ng\nh\n");
	assert_false(says("hello all"));
	e.mentions = WH_STR("a\nb\nc\nd\ne\nf\ng\nh\na\nb\n");
	assert_false(says("hello all"));
	e.mentions = WH_STR("a\nb\nc\nd\ne\nf\ng\nh\ni\n");
	assert_hit("hello all", FILTER_MENTIONS);
}

static void
mentions_one_after_the_other_are_counted_over_time(void **state)
{
	(void)state;
	turn_on(FILTER_MENTIONS_RATE);
	e.mentions = WH_STR("a\nb\nc\nd\n");
	for (int i = 0; i < 5; i++)
		assert_false(says("hi"));
	assert_hit("hi", FILTER_MENTIONS_RATE);
	e.time_ms += 60000;
	assert_false(says("hi"));
}

static void
emotes_are_emoji_and_names_in_colons(void **state)
{
	struct filter_set set = turn_on(FILTER_EMOTES);

	(void)state;
	set.limit = 3;
	assert_int_equal(filters_set(f, FILTER_EMOTES, (struct wh_str){ NULL, 0 }, &set), WH_OK);
	assert_false(says("🎉🎉🎉"));
	assert_hit("🎉🎉:wave::wave:", FILTER_EMOTES);
	assert_false(says("12:30:45:00:11: at std::vector::size ::"));
}

static void
near_duplicates_are_counted_by_person_and_room(void **state)
{
	static const char *const ways[] = { "Join the biggest giveaway of the year, everybody gets a free skin today",
		"everybody gets a free skin today, Join the biggest giveaway of the year!!",
		"J0in the b1gg3st giveaway 0f the year, everyb0dy gets a fr33 sk1n t0day",
		"Jоin thе biggеst givеаwаy оf thе yеаr, еvеrybоdy gеts а frее skin tоdаy" };

	(void)state;
	turn_on(FILTER_NEAR);
	e.user = WH_STR("a");
	assert_false(says(ways[0]));
	assert_int_equal(filters_alike(f), 1);
	assert_false(says(ways[1]));
	assert_int_equal(filters_alike(f), 1);
	e.user = WH_STR("b");
	e.room = WH_STR("elsewhere");
	assert_false(says(ways[1]));
	e.room = WH_STR("lobby");
	assert_false(says(ways[1]));
	e.user = WH_STR("c");
	assert_hit(ways[2], FILTER_NEAR);
	assert_true(wh_str_is(got[0].evidence, "{\"similar\":4,\"users\":3,\"entries\":[5,4,2,1]}"));
	assert_int_equal(got[0].sweep_ms, 120000);
	e.user = WH_STR("d");
	assert_hit(ways[3], FILTER_NEAR);
	e.time_ms += 120000;
	assert_false(says(ways[0]));
	for (int i = 0; i < 20; i++)
		assert_false(says("good morning"));
}

static void
a_person_is_too_fast_only_beyond_the_rate(void **state)
{
	(void)state;
	turn_on(FILTER_RATE);
	for (int i = 0; i < 10; i++)
		assert_false(says("hi"));
	assert_hit("hi", FILTER_RATE);
	e.user = WH_STR("bob");
	for (int i = 0; i < 100; i++) {
		assert_false(says("hi"));
		e.time_ms += 1000;
	}
	e.user = WH_STR("bot");
	e.flags |= WH_JUDGE_BOT;
	for (int i = 0; i < 50; i++)
		assert_false(says("hi"));
}

static void
a_clock_that_goes_back_silences_nobody(void **state)
{
	(void)state;
	turn_on(FILTER_RATE);
	for (int i = 0; i < 10; i++)
		assert_false(says("hi"));
	e.time_ms -= 3600000;
	assert_false(says("hi"));
}

static void
a_network_counts_its_new_people_together(void **state)
{
	char name[16];

	(void)state;
	turn_on(FILTER_NETWORK_RATE);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "bot%d", i);
		e.user = wh_str(name);
		assert_false(says("hi"));
	}
	assert_hit("hi", FILTER_NETWORK_RATE);
	e.network = WH_STR("n2");
	assert_false(says("hi"));
}

static void
a_room_is_slowed_once_for_a_while(void **state)
{
	struct filter_set set = turn_on(FILTER_ROOM_RATE);

	(void)state;
	set.limit = 5;
	assert_int_equal(filters_set(f, FILTER_ROOM_RATE, (struct wh_str){ NULL, 0 }, &set), WH_OK);
	for (int i = 0; i < 5; i++)
		assert_false(says("hi"));
	assert_hit("hi", FILTER_ROOM_RATE);
	assert_int_equal(got[0].actions, WH_ACT_SLOW);
	assert_int_equal(got[0].time_ms, 60000);
	assert_false(says("hi"));
}

static void
the_new_wait_with_speech_links_and_files(void **state)
{
	(void)state;
	turn_on(FILTER_NEW_SPEECH);
	assert_false(says("hello"));
	e.age_ms = 60000;
	assert_hit("hello", FILTER_NEW_SPEECH);
	filters_unset(f, FILTER_NEW_SPEECH, (struct wh_str){ NULL, 0 });
	turn_on(FILTER_NEW_LINKS);
	turn_on(FILTER_NEW_FILES);
	add("ours", FILTER_LIST_ALLOW, "ours.example");
	assert_hit("https://eve.example/", FILTER_NEW_LINKS);
	assert_false(says("https://ours.example/"));
	e.on = WH_JUDGE_ON_UPLOAD;
	e.attachments = WH_STR("[{\"name\":\"x\"}]");
	assert_hit("", FILTER_NEW_FILES);
	e.on = WH_JUDGE_ON_EDIT;
	e.attachments = (struct wh_str){ NULL, 0 };
	assert_hit("https://eve.example/", FILTER_NEW_LINKS);
	e.age_ms = DAY;
	assert_false(says("https://eve.example/"));
	e.messages = 9;
	assert_hit("https://eve.example/", FILTER_NEW_LINKS);
}

static void
names_are_looked_up_on_joining_and_renaming(void **state)
{
	(void)state;
	turn_on(FILTER_NAMES);
	add("names", FILTER_LIST_NAMES, "*frob*");
	e.on = WH_JUDGE_ON_JOINED;
	e.name = WH_STR("xFr0bx");
	assert_hit("", FILTER_NAMES);
	e.on = WH_JUDGE_ON_NICK;
	e.name = WH_STR("bob");
	assert_hit("big_frob", FILTER_NAMES);
	assert_false(says("bobby"));
	e.on = WH_JUDGE_ON_SAID;
	assert_false(says("frob"));
}

static void
who_is_listed_is_held(void **state)
{
	struct filter_origin from = { .country = "XX", .address = WH_STR("203.0.113.7") };

	(void)state;
	turn_on(FILTER_LISTED);
	turn_on(FILTER_COUNTRY);
	e.text = WH_STR("hi");
	assert_int_equal(filters_judge_from(f, &e, &from, got, FILTERS), 0);
	from.listed = true;
	assert_int_equal(filters_judge_from(f, &e, &from, got, FILTERS), 1);
	assert_string_equal(got[0].rule.p, "listed");
	assert_true(wh_str_is(got[0].evidence, "{}"));
}

static void
who_is_trusted_is_exempt_and_moderators_always(void **state)
{
	struct filter_set set = turn_on(FILTER_CAPS);

	(void)state;
	e.trust = WH_TRUST_TRUSTED;
	assert_hit("WHY DOES NOBODY EVER ANSWER ME", FILTER_CAPS);
	set.exempt = WH_TRUST_TRUSTED;
	assert_int_equal(filters_set(f, FILTER_CAPS, (struct wh_str){ NULL, 0 }, &set), WH_OK);
	assert_false(says("WHY DOES NOBODY EVER ANSWER ME"));
	e.trust = WH_TRUST_KNOWN;
	assert_hit("WHY DOES NOBODY EVER ANSWER ME", FILTER_CAPS);
	e.trust = WH_TRUST_MODERATOR;
	assert_false(says("WHY DOES NOBODY EVER ANSWER ME"));
}

static void
a_room_has_its_own_settings_over_those_of_everywhere(void **state)
{
	struct filter_set set = turn_on(FILTER_CAPS);
	char name[16];

	(void)state;
	set.mode = FILTER_OFF;
	assert_int_equal(filters_set(f, FILTER_CAPS, WH_STR("loud"), &set), WH_OK);
	e.room = WH_STR("loud");
	assert_false(says("WHY DOES NOBODY EVER ANSWER ME"));
	set.mode = FILTER_SHADOW;
	assert_int_equal(filters_set(f, FILTER_CAPS, WH_STR("loud"), &set), WH_OK);
	assert_hit("WHY DOES NOBODY EVER ANSWER ME", FILTER_CAPS);
	assert_int_equal(got[0].item, WH_JUDGE_ITEM_SHADOW);
	filters_unset(f, FILTER_CAPS, WH_STR("loud"));
	assert_hit("WHY DOES NOBODY EVER ANSWER ME", FILTER_CAPS);
	assert_int_equal(got[0].item, WH_JUDGE_ITEM_VERDICT);
	for (int i = 0; i < FILTER_ROOMS; i++) {
		snprintf(name, sizeof name, "room%d", i);
		assert_int_equal(filters_set(f, FILTER_CAPS, wh_str(name), &set), WH_OK);
	}
	assert_int_equal(filters_set(f, FILTER_CAPS, WH_STR("another"), &set), WH_EFULL);
}

static void
several_filters_hit_at_once_up_to_the_room_there_is(void **state)
{
	(void)state;
	turn_on(FILTER_CAPS);
	turn_on(FILTER_REPEATED_WORDS);
	turn_on(FILTER_HIDDEN_LINKS);
	assert_true(says("BUY BUY BUY BUY BUY BUY BUY BUY BUY HTTPS://BIT.LY/ABCDEFGHIJK"));
	assert_int_equal(n_got, 3);
	assert_true(wh_str_is(got[0].evidence, "{\"host\":\"bit.ly\"}"));
	assert_int_equal(filters_judge(f, &e, got, 2), 2);
	assert_int_equal(filters_judge(f, &e, got, 0), 0);
}

static void
people_who_are_counted_are_bounded_and_the_old_ones_go(void **state)
{
	char name[24];

	(void)state;
	turn_on(FILTER_RATE);
	for (int i = 0; i < 3 * FILTER_SEATS; i++) {
		snprintf(name, sizeof name, "user%d", i);
		e.user = wh_str(name);
		e.time_ms++;
		assert_false(says("hi"));
	}
	for (int i = 0; i < 9; i++)
		assert_false(says("hi"));
	assert_true(says("hi"));
}

static void
what_can_never_match_is_no_entry(void **state)
{
	char why[100];

	(void)state;
	assert_int_equal(filters_list_set(f, WH_STR("Bad Name"), FILTER_LIST_WORDS, 0), WH_EINVAL);
	assert_int_equal(filters_list_set(f, WH_STR("w"), FILTER_LIST_WORDS, 0), WH_OK);
	assert_int_equal(filters_list_add(f, WH_STR("w"), WH_STR("..."), why, sizeof why), WH_EINVAL);
	assert_non_null(strstr(why, "too few letters"));
	assert_int_equal(filters_list_add(f, WH_STR("w"), WH_STR("word"), why, sizeof why), WH_OK);
	assert_int_equal(filters_list_add(f, WH_STR("w"), WH_STR("word"), why, sizeof why), WH_EEXIST);
	assert_int_equal(filters_list_add(f, WH_STR("none"), WH_STR("word"), why, sizeof why), WH_ENOENT);
	assert_int_equal(filters_list_set(f, WH_STR("p"), FILTER_LIST_PATTERNS, 0), WH_OK);
	assert_int_equal(filters_list_add(f, WH_STR("p"), WH_STR("(a"), why, sizeof why), WH_ESYNTAX);
	assert_true(why[0] != '\0');
	for (int i = 0; i < FILTER_LISTS - 2; i++) {
		char name[16];

		snprintf(name, sizeof name, "l%d", i);
		assert_int_equal(filters_list_set(f, wh_str(name), FILTER_LIST_WORDS, 0), WH_OK);
	}
	assert_int_equal(filters_list_set(f, WH_STR("more"), FILTER_LIST_WORDS, 0), WH_EFULL);
}

static void
the_document_has_every_filter_as_it_is(void **state)
{
	static const char *const modes[] = { "off", "shadow", "live" };
	static char text[64 << 10];
	FILE *in = fopen(DOCUMENT, "r");
	char row[300];

	(void)state;
	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	fclose(in);
	for (unsigned i = 0; i < FILTERS; i++) {
		const struct filter_row *filter = &filter_rows[i];
		const char *at, *end;

		snprintf(row, sizeof row, "| `%s` | %s | ", filter->name, filter->help);
		at = strstr(text, row);
		if (at == NULL)
			fail_msg("docs/filters.md lacks: %s", row);
		end = strchr(at, '\n');
		snprintf(row, sizeof row, "| %s | ", modes[filter->def.mode]);
		assert_non_null(memmem(at, (size_t)(end - at), row, strlen(row)));
		snprintf(row, sizeof row, "`limit` %lld: %s", (long long)filter->def.limit, filter->limit);
		assert_true(filter->limit == NULL || memmem(at, (size_t)(end - at), row, strlen(row)) != NULL);
	}
}

/* The plugin: filters and nothing else. */

struct host {
	const struct wh_host *host;
	struct filters *filters;
	struct raid *raid;
	struct wh_table table;
	char news[200];			/* of raid mode: room, rule, actions */
};

struct filters *
moderation_filters(void *self)
{
	return ((struct host *)self)->filters;
}

struct raid *
moderation_raid(void *self)
{
	return ((struct host *)self)->raid;
}

void
moderation_raid_news(void *self, const struct raid_news *news, struct wh_call *call)
{
	struct host *h = self;

	(void)call;
	snprintf(h->news, sizeof h->news, "%s %.*s %u", news->room, WH_FMT(news->verdict.rule), news->verdict.actions);
}

static const struct wh_migration migrations[] = { { .sql = FILTER_MIGRATION }, { 0 } };
static const struct wh_statement statements[] = { FILTER_STATEMENTS, { 0 } };
static const struct wh_schema schema = { "moderation", migrations, statements };

static void
host_close(void *self)
{
	struct host *h = self;
	const struct wh_host *host = h->host;

	wh_store_close(&h->table);
	filters_close(&h->filters);
	raid_close(&h->raid);
	wh_delete(host, h);
}

static enum wh_err
host_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct host *h = wh_new(host, sizeof *h);

	if (h == NULL)
		return WH_ENOMEM;
	h->host = host;
	h->filters = filters_open(host, conf);
	if (h->filters == NULL) {
		wh_delete(host, h);
		return WH_EINVAL;
	}
	h->raid = raid_open(host, conf);
	assert_non_null(h->raid);
	assert_int_equal(wh_store_open(host, &schema, h, &h->table), WH_OK);
	assert_int_equal(filters_keep(h->filters, &h->table, 0), WH_OK);
	*self_out = h;
	return WH_OK;
}

static enum wh_err
host_reload(void *self, const struct wh_conf *conf)
{
	raid_reload(((struct host *)self)->raid, conf);
	return filters_reload(((struct host *)self)->filters, conf);
}

static const char *const needs[] = { "store", NULL };
static const struct wh_setting settings[] = { FILTER_SETTINGS, RAID_SETTINGS, { 0 } };
static const struct wh_command commands[] = { FILTER_COMMANDS, RAID_COMMANDS, { 0 } };

const struct wh_plugin whiply_plugin = { WH_PLUGIN("moderation", "1.0", "filters alone"), .needs = needs, .settings = settings, .commands = commands,
	.open = host_open, .close = host_close, .reload = host_reload };

static struct wh_test *
plugin_begin(const char *conf)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);

	wh_test_load(t, "sqlite", NULL);
	if (wh_test_open(t, conf) != WH_OK)
		fail_msg("%s", wh_test_why(t));
	return t;
}

static const struct wh_test_answer *
ask(struct wh_test *t, struct wh_session *s, const char *command, const char *args)
{
	const struct wh_test_answer *answer;
	char json[1000];

	snprintf(json, sizeof json, "%s", args);
	for (char *c = json; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	answer = wh_test_call(t, s, command, json);
	do {
		wh_test_advance(t, 5);
	} while (wh_test_run_jobs(t) != 0);
	return answer;
}

static bool
hits(struct wh_test *t, const char *text)
{
	struct host *h = wh_test_self(t);
	const struct wh_judge_event said = { .time_ms = 1000, .room = WH_STR("lobby"), .text = wh_str(text), .user = WH_STR("x") };

	return filters_judge(h->filters, &said, got, FILTERS) != 0;
}

static void
the_config_sets_filters_and_lists(void **state)
{
	struct wh_test *t = plugin_begin("filters = { caps = { mode = \"live\"; limit = 50; actions = [\"redact\", \"timeout\"]; time = \"5m\"; exempt = \"known\"; }; };"
	    "lists = { slurs = { entries = [\"frobnicate\", \"...\"]; }; };");
	struct host *h = wh_test_self(t);
	const struct filter_set *set = filters_get(h->filters, FILTER_CAPS, WH_STR("lobby"));

	(void)state;
	assert_int_equal(set->mode, FILTER_LIVE);
	assert_int_equal(set->limit, 50);
	assert_int_equal(set->also, filter_rows[FILTER_CAPS].def.also);
	assert_int_equal(set->actions, WH_ACT_REDACT | WH_ACT_TIMEOUT);
	assert_int_equal(set->time_ms, 300000);
	assert_int_equal(set->exempt, WH_TRUST_KNOWN);
	assert_true(hits(t, "fr0bnicate"));
	assert_non_null(strstr(wh_test_logged(t, "filter_list_entry"), "too few letters"));
	assert_int_equal(wh_test_reload(t, "lists = { slurs = { entries = [\"gadzooks\"]; }; };"), WH_OK);
	assert_int_equal(filters_get(h->filters, FILTER_CAPS, WH_STR("lobby"))->mode, FILTER_SHADOW);
	assert_false(hits(t, "frobnicate"));
	assert_true(hits(t, "gadzooks"));
	assert_int_equal(wh_test_reload(t, "filters = { shouting = { }; };"), WH_EINVAL);
	assert_int_equal(wh_test_reload(t, "lists = { slurs = { file = \"/nowhere/words.txt\"; }; };"), WH_EINVAL);
	assert_int_equal(wh_test_reload(t, "lists = { slurs = { actions = [\"dance\"]; }; };"), WH_EINVAL);
	assert_int_equal(wh_test_reload(t, "lists = { Slurs = { }; };"), WH_EINVAL);
	assert_true(hits(t, "gadzooks"));
	wh_test_end(&t);
}

static void
a_list_of_the_config_may_be_a_file(void **state)
{
	char path[] = "/tmp/whiply-list-XXXXXX", conf[200];
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	struct wh_test *t;

	(void)state;
	assert_non_null(file);
	fputs("# words\nfrobnicate\r\n\n  evil phrase  \n", file);
	for (int i = 0; i < 1000; i++)
		fprintf(file, "qz%dx\n", i + 100000);
	fclose(file);
	snprintf(conf, sizeof conf, "lists = { slurs = { file = \"%s\"; actions = [\"ban\"]; }; };", path);
	t = plugin_begin(conf);
	assert_true(hits(t, "frobnicate"));
	assert_int_equal(got[0].actions, WH_ACT_BAN);
	assert_true(hits(t, "evil phrase"));
	assert_true(hits(t, "qz100999x"));
	assert_false(hits(t, "words"));
	wh_test_end(&t);
	remove(path);
}

#ifdef HAVE_MAXMIND
/* A database of two networks, put together byte by byte: a tree of 24 bit records, two entries, and what says so. */
struct database {
	uint8_t bytes[4096];
	size_t n;
};

static void
put(struct database *d, const void *bytes, size_t n)
{
	memcpy(d->bytes + d->n, bytes, n);
	d->n += n;
}

static void
put_text(struct database *d, const char *text)
{
	put(d, &(uint8_t){ (uint8_t)(0x40 | strlen(text)) }, 1);
	put(d, text, strlen(text));
}

static void
put_number(struct database *d, const char *key, uint8_t type, uint8_t number)
{
	put_text(d, key);
	put(d, (uint8_t[]){ (uint8_t)(type << 5 | 1), number }, 2);
}

static void
make_database(struct database *d)
{
	static const uint8_t networks[2][3] = { { 203, 0, 113 }, { 198, 51, 100 } };
	uint32_t tree[64][2] = { { 0 } }, nodes = 1, entry = 0;
	const char *const countries[2] = { "DE", "FR" };
	uint32_t at[2];
	struct database data = { .n = 0 };

	for (size_t i = 0; i < 2; i++) {
		at[i] = (uint32_t)data.n;
		put(&data, "\xe1", 1);
		put_text(&data, "country");
		put(&data, "\xe1", 1);
		put_text(&data, "iso_code");
		put_text(&data, countries[i]);
	}
	for (size_t i = 0; i < 2; i++, entry = 0)
		for (unsigned bit = 0; bit < 24; bit++) {
			unsigned side = networks[i][bit / 8] >> (7 - bit % 8) & 1;

			if (bit == 23)
				tree[entry][side] = UINT32_MAX - (uint32_t)i;
			else if (tree[entry][side] == 0)
				tree[entry][side] = nodes++;
			entry = tree[entry][side];
		}
	for (uint32_t i = 0; i < nodes; i++)
		for (size_t side = 0; side < 2; side++) {
			uint32_t to = tree[i][side] == 0 ? nodes : tree[i][side] > 1000 ? nodes + 16 + at[(UINT32_MAX - tree[i][side]) % 2] : tree[i][side];

			put(d, (uint8_t[]){ (uint8_t)(to >> 16), (uint8_t)(to >> 8), (uint8_t)to }, 3);
		}
	put(d, (uint8_t[16]){ 0 }, 16);
	put(d, data.bytes, data.n);
	put(d, "\xab\xcd\xefMaxMind.com\xe9", 15);
	put_number(d, "binary_format_major_version", 5, 2);
	put_number(d, "binary_format_minor_version", 5, 0);
	put_text(d, "build_epoch");
	put(d, "\x01\x02\x01", 3);
	put_text(d, "database_type");
	put_text(d, "test");
	put_text(d, "description");
	put(d, "\xe0", 1);
	put_number(d, "ip_version", 5, 4);
	put_text(d, "languages");
	put(d, "\x00\x04", 2);
	put_number(d, "node_count", 6, (uint8_t)nodes);
	put_number(d, "record_size", 5, 24);
}

static void
countries_come_from_a_database(void **state)
{
	char path[] = "/tmp/whiply-geo-XXXXXX", conf[300];
	struct database d = { .n = 0 };
	FILE *file = fdopen(mkstemp(path), "w");
	struct filter_origin from = { .address = WH_STR("203.0.113.7") };
	struct wh_test *t;
	struct host *h;

	(void)state;
	make_database(&d);
	assert_non_null(file);
	assert_int_equal(fwrite(d.bytes, 1, d.n, file), d.n);
	fclose(file);
	snprintf(conf, sizeof conf, "filters = { country = { mode = \"live\"; }; }; country_file = \"%s\"; countries_deny = [\"de\"];", path);
	t = plugin_begin(conf);
	h = wh_test_self(t);
	e = (struct wh_judge_event){ .on = WH_JUDGE_ON_JOINED, .time_ms = 1, .room = WH_STR("lobby"), .user = WH_STR("x"), .name = WH_STR("x") };
	assert_int_equal(filters_judge_from(h->filters, &e, &from, got, FILTERS), 1);
	assert_true(wh_str_is(got[0].evidence, "{\"country\":\"DE\"}"));
	from.address = WH_STR("198.51.100.200");
	assert_int_equal(filters_judge_from(h->filters, &e, &from, got, FILTERS), 0);
	snprintf(conf, sizeof conf, "filters = { country = { mode = \"live\"; }; }; country_file = \"%s\"; countries_allow = [\"DE\"];", path);
	assert_int_equal(wh_test_reload(t, conf), WH_OK);
	assert_int_equal(filters_judge_from(h->filters, &e, &from, got, FILTERS), 1);
	from.address = WH_STR("203.0.113.7");
	assert_int_equal(filters_judge_from(h->filters, &e, &from, got, FILTERS), 0);
	/* Who is not in the database, and what is no address. */
	from.address = WH_STR("192.0.2.1");
	assert_int_equal(filters_judge_from(h->filters, &e, &from, got, FILTERS), 0);
	from.address = WH_STR("2001:db8::1");
	assert_int_equal(filters_judge_from(h->filters, &e, &from, got, FILTERS), 0);
	from.address = WH_STR("unix");
	assert_int_equal(filters_judge_from(h->filters, &e, &from, got, FILTERS), 0);
	assert_int_not_equal(wh_test_reload(t, "country_file = \"/dev/null\";"), WH_OK);
	wh_test_end(&t);
	remove(path);
}
#endif

static void
what_commands_set_is_in_force_and_kept(void **state)
{
	struct wh_test *t = plugin_begin("filters = { caps = { limit = 70; }; };");
	struct wh_session *admin = wh_test_session(t, "ann", "admin"), *mod = wh_test_session(t, "mod", "moderator");
	struct host *h = wh_test_self(t);
	const struct wh_test_answer *a;

	(void)state;
	a = ask(t, admin, "moderation.filter_set", "{'filter':'caps','mode':'live','room':'lobby','actions':'hold, flag','within':'5s'}");
	assert_int_equal(a->err, WH_OK);
	assert_non_null(strstr(a->json, "\"actions\":[\"flag\",\"hold\"]"));
	assert_int_equal(ask(t, mod, "moderation.filter_set", "{'filter':'caps','mode':'off'}")->err, WH_EPERM);
	assert_int_equal(ask(t, admin, "moderation.filter_set", "{'filter':'zalgo','limit':9}")->err, WH_OK);
	assert_int_equal(ask(t, admin, "moderation.filter_set", "{'filter':'nothing'}")->err, WH_ENOENT);
	assert_int_equal(ask(t, admin, "moderation.filter_set", "{'filter':'caps','actions':'dance'}")->err, WH_EINVAL);
	wh_test_recover(t);
	h = wh_test_self(t);
	assert_int_equal(filters_get(h->filters, FILTER_CAPS, WH_STR("lobby"))->mode, FILTER_LIVE);
	assert_int_equal(filters_get(h->filters, FILTER_CAPS, WH_STR("lobby"))->limit, 70);
	assert_int_equal(filters_get(h->filters, FILTER_CAPS, WH_STR("other"))->mode, FILTER_SHADOW);
	assert_int_equal(filters_get(h->filters, FILTER_ZALGO, WH_STR("other"))->limit, 9);
	a = ask(t, mod, "moderation.filters", "{'room':'lobby'}");
	assert_non_null(strstr(a->json, "\"filter\":\"caps\",\"help\":"));
	assert_int_equal(ask(t, admin, "moderation.filter_set", "{'filter':'caps','room':'lobby','default':true}")->err, WH_OK);
	assert_int_equal(filters_get(h->filters, FILTER_CAPS, WH_STR("lobby"))->mode, FILTER_SHADOW);
	wh_test_recover(t);
	h = wh_test_self(t);
	assert_int_equal(filters_get(h->filters, FILTER_CAPS, WH_STR("lobby"))->mode, FILTER_SHADOW);
	wh_test_end(&t);
}

static void
lists_of_commands_are_in_force_and_kept(void **state)
{
	struct wh_test *t = plugin_begin("lists = { fixed = { entries = [\"zounds\"]; }; };");
	struct wh_session *admin = wh_test_session(t, "ann", "admin"), *mod = wh_test_session(t, "mod", "moderator");
	const struct wh_test_answer *a;

	(void)state;
	assert_int_equal(ask(t, mod, "moderation.list_set", "{'name':'slurs'}")->err, WH_EPERM);
	assert_int_equal(ask(t, admin, "moderation.list_set", "{'name':'slurs','actions':'redact timeout'}")->err, WH_OK);
	a = ask(t, mod, "moderation.list_add", "{'name':'slurs','entries':['frobnicate',' evil phrase ','frobnicate','?']}");
	assert_int_equal(a->err, WH_OK);
	assert_non_null(strstr(a->json, "\"added\":2"));
	assert_non_null(strstr(a->json, "it is there already"));
	assert_non_null(strstr(a->json, "too few letters"));
	assert_true(hits(t, "frobnicate"));
	assert_int_equal(got[0].actions, WH_ACT_REDACT | WH_ACT_TIMEOUT);
	assert_int_equal(ask(t, mod, "moderation.list_add", "{'name':'fixed','entries':['x']}")->err, WH_EPERM);
	assert_int_equal(ask(t, mod, "moderation.list_add", "{'name':'none','entries':['x']}")->err, WH_ENOENT);
	assert_int_equal(ask(t, mod, "moderation.list_remove", "{'name':'slurs','entries':['frobnicate']}")->err, WH_OK);
	assert_false(hits(t, "frobnicate"));
	wh_test_recover(t);
	assert_false(hits(t, "frobnicate"));
	assert_true(hits(t, "evil phrase"));
	assert_int_equal(got[0].actions, WH_ACT_REDACT | WH_ACT_TIMEOUT);
	assert_true(hits(t, "zounds"));
	a = ask(t, mod, "moderation.list", "{'name':'slurs'}");
	assert_string_equal(a->json, "{\"name\":\"slurs\",\"kind\":\"words\",\"count\":1,\"entries\":[\"evil phrase\"],\"more\":false}");
	a = ask(t, mod, "moderation.lists", "{}");
	assert_non_null(strstr(a->json, "\"name\":\"fixed\",\"kind\":\"words\",\"actions\":[],\"entries\":1,\"from\":\"config\""));
	assert_int_equal(ask(t, admin, "moderation.list_drop", "{'name':'slurs'}")->err, WH_OK);
	wh_test_recover(t);
	assert_false(hits(t, "evil phrase"));
	wh_test_end(&t);
}

static void
a_large_list_is_built_by_a_job_and_the_old_one_stays_until_then(void **state)
{
	struct wh_test *t = plugin_begin(NULL);
	struct host *h = wh_test_self(t);
	struct filter_list_info info;
	char word[16];

	(void)state;
	assert_int_equal(filters_list_set(h->filters, WH_STR("big"), FILTER_LIST_WORDS, 0), WH_OK);
	assert_int_equal(filters_list_add(h->filters, WH_STR("big"), WH_STR("frobnicate"), NULL, 0), WH_OK);
	filters_list_build(h->filters);
	assert_true(hits(t, "frobnicate"));
	assert_int_equal(wh_test_run_jobs(t), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(word, sizeof word, "qz%dx", i + 100000);
		assert_int_equal(filters_list_add(h->filters, WH_STR("big"), wh_str(word), NULL, 0), WH_OK);
	}
	filters_list_build(h->filters);
	assert_true(filters_list_find(h->filters, WH_STR("big"), &info) && info.building);
	assert_true(hits(t, "frobnicate"));
	assert_false(hits(t, "qz100100x"));
	/* Changed again while it is built: what is older than that never comes into force. */
	assert_int_equal(filters_list_remove(h->filters, WH_STR("big"), WH_STR("frobnicate")), WH_OK);
	filters_list_build(h->filters);
	while (wh_test_run_jobs(t) != 0)
		;
	assert_true(filters_list_find(h->filters, WH_STR("big"), &info) && !info.building);
	assert_false(hits(t, "frobnicate"));
	assert_true(hits(t, "qz100100x"));
	wh_test_end(&t);
}

static void
raid_mode_is_turned_on_and_off_by_command(void **state)
{
	struct wh_test *t = plugin_begin("raid = { actions = [\"lockdown\"]; };");
	struct wh_session *mod = wh_test_session(t, "mod", "moderator"), *bob = wh_test_session(t, "bob", "member");
	struct host *h = wh_test_self(t);
	const struct wh_test_answer *a;

	(void)state;
	assert_int_equal(ask(t, bob, "moderation.raid", "{'room':'lobby','state':'on'}")->err, WH_EPERM);
	a = ask(t, mod, "moderation.raid", "{'room':'lobby','state':'on'}");
	assert_int_equal(a->err, WH_OK);
	assert_non_null(strstr(a->json, "\"raid\":true,\"state\":\"on\""));
	assert_string_equal(h->news, "lobby raid 17");
	a = ask(t, mod, "moderation.raids", "{}");
	assert_non_null(strstr(a->json, "{\"rooms\":[{\"room\":\"lobby\",\"raid\":true"));
	assert_int_equal(ask(t, mod, "moderation.raid", "{'room':'lobby','state':'off'}")->err, WH_OK);
	assert_string_equal(h->news, "lobby raid-over 0");
	h->news[0] = '\0';
	a = ask(t, mod, "moderation.raid", "{'room':'lobby','state':'auto'}");
	assert_non_null(strstr(a->json, "\"raid\":false,\"state\":\"auto\""));
	assert_string_equal(h->news, "");
	assert_string_equal(ask(t, mod, "moderation.raids", "{}")->json, "{\"rooms\":[]}");
	wh_test_end(&t);
}

int
main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		ONE(a_listed_word_is_found_in_every_disguise),
		ONE(the_list_that_wants_most_says_what_is_done),
		ONE(patterns_match_and_links_are_told_by_domain),
		ONE(links_are_counted_but_for_allowed_ones),
		ONE(capitals_are_a_share_of_enough_letters),
		ONE(runs_and_repeated_words_hit_and_rulers_do_not),
		ONE(the_same_again_is_counted_for_a_person_and_a_while),
		ONE(piled_marks_and_hidden_text_hit_and_languages_do_not),
		ONE(words_of_two_alphabets_hit_and_words_of_two_languages_do_not),
		ONE(mentions_count_each_person_once),
		ONE(mentions_one_after_the_other_are_counted_over_time),
		ONE(emotes_are_emoji_and_names_in_colons),
		ONE(near_duplicates_are_counted_by_person_and_room),
		ONE(a_person_is_too_fast_only_beyond_the_rate),
		ONE(a_clock_that_goes_back_silences_nobody),
		ONE(a_network_counts_its_new_people_together),
		ONE(a_room_is_slowed_once_for_a_while),
		ONE(the_new_wait_with_speech_links_and_files),
		ONE(names_are_looked_up_on_joining_and_renaming),
		ONE(who_is_listed_is_held),
		ONE(who_is_trusted_is_exempt_and_moderators_always),
		ONE(a_room_has_its_own_settings_over_those_of_everywhere),
		ONE(several_filters_hit_at_once_up_to_the_room_there_is),
		ONE(people_who_are_counted_are_bounded_and_the_old_ones_go),
		ONE(what_can_never_match_is_no_entry),
		cmocka_unit_test(the_document_has_every_filter_as_it_is),
		cmocka_unit_test(the_config_sets_filters_and_lists),
		cmocka_unit_test(a_list_of_the_config_may_be_a_file),
#ifdef HAVE_MAXMIND
		cmocka_unit_test(countries_come_from_a_database),
#endif
		cmocka_unit_test(what_commands_set_is_in_force_and_kept),
		cmocka_unit_test(raid_mode_is_turned_on_and_off_by_command),
		cmocka_unit_test(lists_of_commands_are_in_force_and_kept),
		cmocka_unit_test(a_large_list_is_built_by_a_job_and_the_old_one_stays_until_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
