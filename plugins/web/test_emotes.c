/* Emotes: what a file has to be called and to be. */
#include "base/testing.h"

#include <stdio.h>

#include <whiply/testing.h>

#include "emotes.h"

static const unsigned char gif[] = "GIF89a and the rest of it";

static void
a_name_is_a_word_and_the_end_of_a_picture(void **state)
{
	static const char *const bad[] = { "x.png", "wave.svg", "wave", ".png", "Wave.png", "wa ve.png", "wave.png.html", "../wave.png", "<b>.png",
		"a_name_that_is_longer_than_thirty_two.png", "wave.PNG", "'\"><script>.gif" };
	char name[EMOTE_NAME + 1];

	(void)state;
	assert_true(emote_name("wave-2_x.webp", name));
	assert_string_equal(name, "wave-2_x");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(emote_name(bad[i], name));
}

static void
a_picture_is_what_its_bytes_say(void **state)
{
	(void)state;
	assert_string_equal(emote_type(gif, sizeof gif), "image/gif");
	assert_string_equal(emote_type((const unsigned char *)"\x89PNG\r\n\x1a\n....", 12), "image/png");
	assert_string_equal(emote_type((const unsigned char *)"RIFF....WEBPVP8 ", 16), "image/webp");
	assert_string_equal(emote_type((const unsigned char *)"\xff\xd8\xff\xe0", 4), "image/jpeg");
	assert_null(emote_type((const unsigned char *)"<svg onload=alert(1)>", 21));
	assert_null(emote_type((const unsigned char *)"GIF", 3));
	assert_null(emote_type(NULL, 0));
}

static void
file_put(const char *folder, const char *name, const void *bytes, size_t n)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	fclose(file);
}

static void
a_folder_is_read_and_what_does_not_fit_is_left_out(void **state)
{
	static unsigned char big[EMOTE_BYTES + 1] = "GIF89a";
	struct wh_test *t = wh_test_new(&whiply_plugin);
	char settings[256];
	const struct wh_test_page *page;
	struct wh_session *s;
	const char *folder;

	(void)state;
	folder = wh_test_state_dir(t);
	file_put(folder, "wave.gif", gif, sizeof gif);
	file_put(folder, "apple.gif", gif, sizeof gif);
	file_put(folder, "big.gif", big, sizeof big);
	file_put(folder, "page.png", "<script>alert(1)</script>", 25);
	file_put(folder, "<img src=x onerror=1>.gif", gif, sizeof gif);
	snprintf(settings, sizeof settings, "emotes = \"%s\";", folder);
	assert_int_equal(wh_test_open(t, settings), WH_OK);
	s = wh_test_session(t, "ann", "guest");
	assert_non_null(strstr(wh_test_call(t, s, "web.site", "{}")->json, "\"emotes\":[\"apple\",\"wave\"]"));
	page = wh_test_get(t, s, "/emotes?name=wave");
	assert_int_equal(page->status, 200);
	assert_non_null(strstr(page->headers.p, "nosniff"));
	page = wh_test_get(t, s, "/emotes?name=page");
	assert_int_equal(page->status, 404);
	wh_test_end(&t);
}

static void
a_folder_that_is_not_there_is_told(void **state)
{
	struct wh_test *t = wh_test_new(&whiply_plugin);

	(void)state;
	assert_int_not_equal(wh_test_open(t, "emotes = \"/nowhere/at/all\";"), WH_OK);
	wh_test_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_a_word_and_the_end_of_a_picture),
		cmocka_unit_test(a_picture_is_what_its_bytes_say),
		cmocka_unit_test(a_folder_is_read_and_what_does_not_fit_is_left_out),
		cmocka_unit_test(a_folder_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
