/* mail: the log, a command, and a small mail server of our own (testing_smtp.py) with and without TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <whiply/mail.h>
#include <whiply/testing.h>

struct bed {
	struct wh_test *t;
	const struct wh_mail_ops *ops;
	struct wh_mail *mail;
	char folder[64];
	pid_t server;
};

static struct bed bed;

static int
folder_make(void **state)
{
	(void)state;
	bed = (struct bed){ .folder = "/tmp/whiply-mail-XXXXXX" };
	return mkdtemp(bed.folder) != NULL ? 0 : -1;
}

static int
folder_remove(void **state)
{
	char command[100];

	(void)state;
	if (bed.server > 0) {
		kill(bed.server, SIGKILL);
		waitpid(bed.server, NULL, 0);
	}
	snprintf(command, sizeof command, "rm -rf %s", bed.folder);
	return system(command);
}

/* Opens the plugin; `settings` may name the folder as FOLDER. */
static void
open_with(const char *settings)
{
	char text[1000] = "";
	const char *at;
	void *self;

	while ((at = strstr(settings, "FOLDER")) != NULL) {
		snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s%s", (int)(at - settings), settings, bed.folder);
		settings = at + 6;
	}
	snprintf(text + strlen(text), sizeof text - strlen(text), "%s", settings);
	bed.t = wh_test_begin(&whiply_plugin, text);
	bed.ops = wh_test_service(bed.t, "mail", WH_MAIL_VERSION, &self);
	bed.mail = self;
}

static enum wh_err
send_to(const char *to)
{
	const struct wh_mail_letter letter = { wh_str(to), WH_STR("Your link"), WH_STR("Hello\nthere\n") };

	return bed.ops->send(bed.mail, &letter);
}

/* What is due now is tried. */
static size_t
deliver_due(int64_t ms)
{
	wh_test_advance(bed.t, ms);
	return wh_test_run_jobs(bed.t);
}

static const char *
content(const char *name)
{
	static char text[8192];
	char path[128];
	FILE *file;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", bed.folder, name);
	file = fopen(path, "r");
	n = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
	text[n] = '\0';
	if (file != NULL)
		fclose(file);
	return text;
}

static void
script(const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/script", bed.folder);
	file = fopen(path, "w");
	fprintf(file, "#!/bin/sh\ncd %s\n%s\n", bed.folder, text);
	fclose(file);
	assert_int_equal(chmod(path, 0700), 0);
}

#define BY_COMMAND "by = \"command\"; from = \"wh@site.example\"; command = [ \"FOLDER/script\", \"-t\", \"a b;$x\" ]; "

static void
the_log_gets_the_whole_letter(void **state)
{
	(void)state;
	open_with("");
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	assert_string_equal(wh_test_logged(bed.t, "mail"), "info mail to=ann@example.org subject=Your link text=Hello\nthere\n");
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "logged"), 1);
	wh_test_end(&bed.t);
}

static void
injections_and_wrong_addresses_are_refused(void **state)
{
	const struct wh_mail_letter subject = { WH_STR("ann@example.org"), WH_STR("x\r\nBcc: bob@example.org"), WH_STR("t") };
	const struct wh_mail_letter nul = { WH_STR("ann@example.org"), WH_STR("x"), WH_STR("t\0") };
	static char huge[65537];
	const struct wh_mail_letter big = { WH_STR("ann@example.org"), WH_STR("x"), { memset(huge, 'x', sizeof huge), sizeof huge } };

	(void)state;
	open_with("");
	assert_int_equal(send_to("ann@example.org\r\nBcc: bob@example.org"), WH_EINVAL);
	assert_int_equal(send_to("nobody"), WH_EINVAL);
	assert_int_equal(bed.ops->send(bed.mail, &subject), WH_EINVAL);
	assert_int_equal(bed.ops->send(bed.mail, &nul), WH_EINVAL);
	assert_int_equal(bed.ops->send(bed.mail, &big), WH_ETOOBIG);
	assert_null(wh_test_logged(bed.t, "mail"));
	wh_test_end(&bed.t);
}

static void
nobody_can_be_bombed(void **state)
{
	(void)state;
	open_with("");
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_to("ann@example.org"), WH_OK);
	assert_int_equal(send_to("ann@example.org"), WH_EFAST);
	assert_int_equal(send_to("bob@example.org"), WH_OK);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "limited"), 1);
	wh_test_advance(bed.t, 720000);
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	wh_test_end(&bed.t);
}

static void
a_command_reads_the_letter_and_gets_its_arguments_as_they_are(void **state)
{
	(void)state;
	script("cat >got; printf '%s|' \"$@\" >args; env >env");
	open_with(BY_COMMAND);
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_waiting", NULL), 1);
	assert_int_equal(deliver_due(0), 1);
	assert_non_null(strstr(content("got"), "To: <ann@example.org>\r\nSubject: Your link\r\n"));
	assert_non_null(strstr(content("got"), "\r\n\r\nHello\r\nthere\r\n"));
	assert_string_equal(content("args"), "-t|a b;$x|");
	assert_null(strstr(content("env"), "ASAN"));
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "sent"), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_waiting", NULL), 0);
	wh_test_end(&bed.t);
}

static void
a_failure_is_tried_again_with_longer_pauses(void **state)
{
	(void)state;
	script("echo x >>tries; exit 75");
	open_with(BY_COMMAND);
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	assert_int_equal(deliver_due(0), 1);
	assert_string_equal(wh_test_logged(bed.t, "mail_delayed"), "warn mail_delayed to=ann@example.org why=the command ended with 75 tries=1");
	assert_int_equal(deliver_due(9999), 0);
	assert_int_equal(deliver_due(1), 1);
	assert_int_equal(deliver_due(19999), 0);
	assert_int_equal(deliver_due(1), 1);
	script("exit 0");
	assert_int_equal(deliver_due(40000), 1);
	assert_string_equal(content("tries"), "x\nx\nx\n");
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "delayed"), 3);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "sent"), 1);
	wh_test_end(&bed.t);
}

static void
it_gives_up_after_a_while_and_says_so(void **state)
{
	(void)state;
	script("exit 1");
	open_with(BY_COMMAND "give_up = \"1m\";");
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	for (int i = 0; i < 10; i++)
		deliver_due(10000);
	assert_string_equal(wh_test_logged(bed.t, "mail_failed"),
	    "error mail_failed to=ann@example.org subject=Your link why=the command ended with 1 tries=3");
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "failed"), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_waiting", NULL), 0);
	wh_test_end(&bed.t);
}

static void
a_command_that_says_never_is_believed(void **state)
{
	(void)state;
	script("exit 67");
	open_with(BY_COMMAND);
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	deliver_due(0);
	assert_non_null(wh_test_logged(bed.t, "mail_failed"));
	wh_test_end(&bed.t);
}

static void
a_command_that_does_not_end_is_killed_with_what_it_started(void **state)
{
	(void)state;
	script("sleep 600 & echo $! >child; wait");
	open_with(BY_COMMAND "timeout = \"1s\";");
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	deliver_due(0);
	assert_non_null(strstr(wh_test_logged(bed.t, "mail_delayed"), "was killed"));
	for (int i = 0; i < 500 && kill(atoi(content("child")), 0) == 0; i++)
		poll(NULL, 0, 10);
	assert_int_equal(kill(atoi(content("child")), 0), -1);
	wh_test_end(&bed.t);
}

static void
one_goes_out_after_the_other_and_the_queue_has_an_end(void **state)
{
	(void)state;
	script("cat >>got");
	open_with(BY_COMMAND "queue = 2;");
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	assert_int_equal(send_to("bob@example.org"), WH_OK);
	assert_int_equal(send_to("cid@example.org"), WH_EFULL);
	assert_int_equal(deliver_due(0), 1);
	assert_int_equal(deliver_due(0), 1);
	assert_true(strstr(content("got"), "ann@") < strstr(content("got"), "bob@"));
	wh_test_end(&bed.t);
}

static void
what_is_left_at_the_end_is_logged(void **state)
{
	(void)state;
	script("exit 0");
	open_with(BY_COMMAND);
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	assert_int_equal(wh_test_reload(bed.t, "by = \"log\";"), WH_OK);
	assert_string_equal(wh_test_logged(bed.t, "mail_lost"), "error mail_lost to=ann@example.org subject=Your link tries=0");
	wh_test_end(&bed.t);
}

static void
wrong_settings_are_told(void **state)
{
	static const char *const wrong[] = {
		"by = \"command\"; from = \"a@b\";",
		"by = \"command\"; from = \"a@b\"; command = [ \"sendmail\" ];",
		"by = \"command\"; from = \"a@b\"; command = [ \"/there/is/none\" ];",
		"by = \"command\"; from = \"\"; command = [ \"/bin/true\" ];",
		"by = \"command\"; from = \"Me <a@b>\"; command = [ \"/bin/true\" ];",
		"by = \"smtp\"; from = \"a@b\";",
		"by = \"smtp\"; from = \"a@b\"; server = \"http://x\";",
		"by = \"smtp\"; from = \"a@b\"; server = \"smtp://u:p@x\";",
		"by = \"smtp\"; from = \"a@b\"; server = \"smtp://x/y\";",
		"by = \"smtp\"; from = \"a@b\"; server = \"smtps://x\"; plain = true;",
		"by = \"smtp\"; from = \"a@b\"; server = \"smtp://x\"; user = \"ann\";",
		"by = \"smtp\"; from = \"a@b\"; server = \"smtp://x\"; user = \"ann\"; password_file = \"/there/is/none\";",
		"by = \"smtp\"; from = \"a@b\"; server = \"smtp://x\"; user = \"ann\"; password_file = \"/etc/hostname\"; plain = true;",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct wh_test *t = wh_test_new(&whiply_plugin);

		if (wh_test_open(t, wrong[i]) != WH_EINVAL)
			fail_msg("%s was taken", wrong[i]);
		assert_non_null(wh_test_logged(t, "mail_bad_setting"));
		wh_test_end(&t);
	}
}

/* Starts the mail server and returns its port. */
static int
serve(const char *modes)
{
	char command[400];

	snprintf(command, sizeof command, "cd %s && rm -f port && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
	    "-addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>/dev/null && echo secret >password", bed.folder);
	assert_int_equal(system(command), 0);
	bed.server = fork();
	if (bed.server == 0) {
		execl("/usr/bin/python3", "python3", TESTING_FOLDER "/testing_smtp.py", bed.folder, modes, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && content("port")[0] == '\0'; i++)
		poll(NULL, 0, 10);
	return atoi(content("port"));
}

static void
serve_and_open(const char *modes, const char *scheme, const char *settings)
{
	char text[500];

	snprintf(text, sizeof text, "by = \"smtp\"; from = \"wh@site.example\"; from_name = \"The site\"; server = \"%s://localhost:%d\"; %s", scheme,
	    serve(modes), settings);
	open_with(text);
	assert_int_equal(send_to("ann@example.org"), WH_OK);
	assert_int_equal(deliver_due(0), 1);
}

#define TRUSTED "ca_file = \"FOLDER/cert.pem\"; "
#define SIGNED_IN "user = \"ann\"; password_file = \"FOLDER/password\"; "

static void
a_letter_goes_out_over_starttls_with_a_password(void **state)
{
	(void)state;
	serve_and_open("starttls auth", "smtp", TRUSTED SIGNED_IN);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "sent"), 1);
	assert_non_null(strstr(content("told"), "EHLO site.example\nSTARTTLS\ntls EHLO site.example\ntls AUTH PLAIN"));
	assert_non_null(strstr(content("told"), "tls MAIL FROM:<wh@site.example>\ntls RCPT TO:<ann@example.org>\n"));
	assert_non_null(strstr(content("told"), "| Subject: Your link\n"));
	assert_non_null(strstr(content("told"), "| Hello\n| there\nend\n"));
	wh_test_end(&bed.t);
}

static void
a_letter_goes_out_over_smtps(void **state)
{
	(void)state;
	serve_and_open("smtps", "smtps", TRUSTED);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "sent"), 1);
	assert_non_null(strstr(content("told"), "tls RCPT TO:<ann@example.org>\n"));
	wh_test_end(&bed.t);
}

static void
without_tls_nothing_is_said_unless_plain_is_set(void **state)
{
	(void)state;
	serve_and_open("", "smtp", TRUSTED);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "delayed"), 1);
	assert_null(strstr(content("told"), "MAIL"));
	wh_test_end(&bed.t);
}

static void
plain_is_plain(void **state)
{
	(void)state;
	serve_and_open("", "smtp", "plain = true;");
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "sent"), 1);
	wh_test_end(&bed.t);
}

static void
a_server_that_we_do_not_trust_gets_nothing(void **state)
{
	(void)state;
	serve_and_open("starttls auth", "smtp", SIGNED_IN);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "delayed"), 1);
	assert_non_null(strstr(wh_test_logged(bed.t, "mail_delayed"), "certificate"));
	assert_null(strstr(content("told"), "AUTH"));
	wh_test_end(&bed.t);
}

static void
a_server_that_is_busy_is_asked_again(void **state)
{
	(void)state;
	serve_and_open("busy", "smtp", "plain = true;");
	assert_non_null(strstr(wh_test_logged(bed.t, "mail_delayed"), "451"));
	assert_int_equal(deliver_due(10000), 1);
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "sent"), 1);
	wh_test_end(&bed.t);
}

static void
a_server_that_says_never_is_believed(void **state)
{
	(void)state;
	serve_and_open("no", "smtp", "plain = true;");
	assert_non_null(strstr(wh_test_logged(bed.t, "mail_failed"), "550"));
	wh_test_end(&bed.t);
}

static void
a_wrong_password_is_tried_again_as_the_operator_may_mend_it(void **state)
{
	(void)state;
	serve_and_open("starttls auth", "smtp", TRUSTED "user = \"bob\"; password_file = \"FOLDER/password\";");
	assert_int_equal(wh_test_metric(bed.t, "whiply_mail_letters_total", "delayed"), 1);
	wh_test_end(&bed.t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_log_gets_the_whole_letter),
		TEST(injections_and_wrong_addresses_are_refused),
		TEST(nobody_can_be_bombed),
		TEST(a_command_reads_the_letter_and_gets_its_arguments_as_they_are),
		TEST(a_failure_is_tried_again_with_longer_pauses),
		TEST(it_gives_up_after_a_while_and_says_so),
		TEST(a_command_that_says_never_is_believed),
		TEST(a_command_that_does_not_end_is_killed_with_what_it_started),
		TEST(one_goes_out_after_the_other_and_the_queue_has_an_end),
		TEST(what_is_left_at_the_end_is_logged),
		TEST(wrong_settings_are_told),
		TEST(a_letter_goes_out_over_starttls_with_a_password),
		TEST(a_letter_goes_out_over_smtps),
		TEST(without_tls_nothing_is_said_unless_plain_is_set),
		TEST(plain_is_plain),
		TEST(a_server_that_we_do_not_trust_gets_nothing),
		TEST(a_server_that_is_busy_is_asked_again),
		TEST(a_server_that_says_never_is_believed),
		TEST(a_wrong_password_is_tried_again_as_the_operator_may_mend_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
