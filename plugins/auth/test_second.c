/* Second factors: apps, recovery codes, what is asked for before they change, and the tickets of half a sign-in. */
#include "auth.h"
#include "testing_auth.h"
#include "testing_second.h"
#include "text64.h"

#define LOGIN "{'name':'ann','password':'pass phrase 1'}"

static void
an_app_is_asked_for_from_its_first_code_on(void **state)
{
	struct fixture *f = begin("site = \"https://chat.example.org\";");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	const struct wh_test_answer *answer;
	struct app app;
	char text[256];

	(void)state;
	app_begin(f, ann, &app);
	assert_non_null(strstr(app.uri, "otpauth://totp/"));
	assert_non_null(strstr(app.uri, "chat.example.org"));
	/* A secret that nobody confirmed locks nobody out. */
	assert_call(f, s, "auth.login", LOGIN, WH_OK);
	assert_true(is_account(f, s));
	assert_call(f, s, "auth.logout", NULL, WH_OK);
	s = wh_test_session(f->t, "x", "guest");

	assert_int_equal(with_code(f, ann, "auth.totp_confirm", NULL, "000000")->err, WH_EAUTH);
	answer = with_code(f, ann, "auth.totp_confirm", NULL, app_code(f, &app, 0, text));
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "recovery_codes"));
	assert_non_null(strstr(call(f, ann, "auth.second_state", NULL)->json, "\"totp\":true"));
	assert_non_null(strstr(call(f, ann, "auth.second_state", NULL)->json, "\"recovery_left\":10"));

	answer = call(f, s, "auth.login", LOGIN);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"second\":[\"totp\",\"recovery\"]"));
	assert_null(strstr(answer->json, "whs_"));
	assert_false(is_account(f, s));
	wh_member(answer, "ticket", text);
	wh_test_advance(f->t, 30000);
	answer = with_code(f, s, "auth.second", text, app_code(f, &app, 0, (char[256]){ 0 }));
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "whs_"));
	assert_true(is_account(f, s));
	assert_non_null(strstr(f->audit, "auth.totp_on"));
	end(f);
}

static void
a_code_is_good_once(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	char code[256], before[256], next[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	/* The one that turned it on. */
	assert_int_equal(signs_in(f, app_code(f, &app, 0, code))->err, WH_EAUTH);
	wh_test_advance(f->t, 30000);
	app_code(f, &app, 0, code);
	app_code(f, &app, -1, before);
	app_code(f, &app, 1, next);
	assert_int_equal(signs_in(f, code)->err, WH_OK);
	assert_int_equal(signs_in(f, code)->err, WH_EAUTH);
	/* Nor is an older one that was never shown. */
	assert_int_equal(signs_in(f, before)->err, WH_EAUTH);
	assert_int_equal(signs_in(f, next)->err, WH_OK);
	assert_int_equal(signs_in(f, code)->err, WH_EAUTH);
	/* And it stays so when the hub was replaced. */
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_int_equal(signs_in(f, next)->err, WH_EAUTH);
	end(f);
}

static void
one_code_shown_twice_at_once_lets_one_in(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann"), *s[2];
	const struct wh_test_answer *answer[2];
	char ticket[2][256], code[256], args[1000];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	wh_test_advance(f->t, 30000);
	app_code(f, &app, 0, code);
	for (unsigned i = 0; i < 2; i++) {
		s[i] = wh_test_session(f->t, i == 0 ? "x" : "y", "guest");
		ticket_of(f, s[i], ticket[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		snprintf(args, sizeof args, "{\"ticket\":\"%s\",\"code\":\"%s\"}", ticket[i], code);
		answer[i] = wh_test_call(f->t, s[i], "auth.second", args);
		assert_int_equal(answer[i]->err, WH_WAIT);
	}
	wh_test_settle(f->t);
	assert_int_equal((answer[0]->err == WH_OK) + (answer[1]->err == WH_OK), 1);
	assert_int_equal((answer[0]->err == WH_EAUTH) + (answer[1]->err == WH_EAUTH), 1);
	assert_int_equal(is_account(f, s[0]) + is_account(f, s[1]), 1);
	end(f);
}

static void
a_code_of_long_ago_or_of_later_is_none(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	char code[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	wh_test_advance(f->t, 300000);
	assert_int_equal(signs_in(f, app_code(f, &app, -2, code))->err, WH_EAUTH);
	assert_int_equal(signs_in(f, app_code(f, &app, 2, code))->err, WH_EAUTH);
	assert_int_equal(signs_in(f, app_code(f, &app, 1, code))->err, WH_OK);
	end(f);
}

static void
a_recovery_code_is_good_once(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	const struct wh_test_answer *answer;
	char typed[64], other[64];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	/* However it is typed. */
	snprintf(typed, sizeof typed, "%.5s %.5s", app.recovery[3], app.recovery[3] + 6);
	for (char *c = typed; *c != '\0'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	answer = signs_in(f, typed);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"recovery_left\":9"));
	assert_int_equal(signs_in(f, app.recovery[3])->err, WH_EAUTH);
	snprintf(other, sizeof other, "%s", app.recovery[4]);
	other[0] = other[0] == 'a' ? 'b' : 'a';
	assert_int_equal(signs_in(f, other)->err, WH_EAUTH);
	assert_int_equal(signs_in(f, app.recovery[4])->err, WH_OK);
	assert_non_null(strstr(f->audit, "auth.recovery_used"));
	end(f);
}

static void
new_recovery_codes_void_the_old_ones(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	struct app app, fresh;
	const struct wh_test_answer *answer;
	char code[256];

	(void)state;
	app_on(f, ann, &app);
	assert_int_equal(with_code(f, ann, "auth.recovery_codes", NULL, "123456")->err, WH_EAUTH);
	assert_int_equal(with_code(f, ann, "auth.recovery_codes", NULL, app_code(f, &app, 0, code))->err, WH_EAUTH);
	wh_test_advance(f->t, 30000);
	answer = with_code(f, ann, "auth.recovery_codes", NULL, app_code(f, &app, 0, code));
	assert_int_equal(answer->err, WH_OK);
	fresh = app;
	recovery_read(answer, &fresh);
	assert_string_not_equal(app.recovery[0], fresh.recovery[0]);
	assert_int_equal(signs_in(f, app.recovery[0])->err, WH_EAUTH);
	assert_int_equal(signs_in(f, fresh.recovery[0])->err, WH_OK);
	end(f);
}

static void
wrong_codes_lock_however_often_the_password_is_right(void **state)
{
	struct fixture *f = begin("tries = 3; lockout = \"10s\";");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	char code[256], ticket[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	wh_test_advance(f->t, 30000);
	/* Each with a ticket of its own: the password was right each time. */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(signs_in(f, "000000")->err, WH_EAUTH);
	ticket_of(f, s, ticket);
	assert_int_equal(with_code(f, s, "auth.second", ticket, app_code(f, &app, 0, code))->err, WH_EFAST);
	assert_int_equal(with_code(f, s, "auth.second", ticket, app.recovery[0])->err, WH_EFAST);
	assert_int_equal(with_code(f, ann, "auth.totp_off", NULL, code)->err, WH_EFAST);
	assert_non_null(strstr(f->audit, "auth.lockout"));
	wh_test_advance(f->t, 10000);
	/* Having had to wait did not use the ticket up. */
	assert_int_equal(with_code(f, s, "auth.second", ticket, app_code(f, &app, 0, code))->err, WH_OK);
	end(f);
}

static void
codes_of_an_account_count_from_everywhere(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann");
	struct auth *auth = wh_test_self(f->t);
	char account[256], name[300];

	(void)state;
	wh_member(call(f, ann, "auth.whoami", NULL), "account", account);
	snprintf(name, sizeof name, "#code %s", account);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(account, sizeof account, "1.bot%u", i);
		lockout_attempt(auth, wh_str(name), wh_str(account));
		lockout_failed(auth, wh_str(name), wh_str(account));
	}
	wh_member(call(f, ann, "auth.whoami", NULL), "account", account);
	assert_in_range(second_try(auth, ann, account), 1, 60000);
	end(f);
}

static void
a_ticket_ends_after_five_wrong_codes(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	char ticket[256], code[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	wh_test_advance(f->t, 30000);
	ticket_of(f, s, ticket);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(with_code(f, s, "auth.second", ticket, "000000")->err, WH_EAUTH);
	ticket_of(f, s, code);
	assert_int_equal(with_code(f, s, "auth.second", ticket, "000000")->err, WH_EAUTH);
	assert_string_equal(with_code(f, s, "auth.second", ticket, app_code(f, &app, 0, code))->why,
	    "this ticket was used, has expired, or is another's; sign in again with auth.login");
	assert_false(is_account(f, s));
	end(f);
}

static void
a_ticket_is_its_sessions_alone_once_and_for_minutes(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest"), *thief = wh_test_session(f->t, "y", "guest");
	char ticket[256], code[256], late[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	wh_test_advance(f->t, 30000);
	ticket_of(f, s, ticket);
	assert_int_equal(with_code(f, thief, "auth.second", ticket, app_code(f, &app, 0, code))->err, WH_EAUTH);
	/* The thief's try did not take it from whose it is. */
	assert_int_equal(with_code(f, s, "auth.second", ticket, code)->err, WH_OK);
	assert_int_equal(with_code(f, s, "auth.second", ticket, app_code(f, &app, 1, code))->err, WH_EAUTH);
	ticket_of(f, thief, late);
	wh_test_advance(f->t, TICKET_MS);
	assert_int_equal(with_code(f, thief, "auth.second", late, app_code(f, &app, 0, code))->err, WH_EAUTH);
	assert_int_equal(with_code(f, thief, "auth.second", "whv_", code)->err, WH_EAUTH);
	assert_false(is_account(f, thief));
	end(f);
}

static void
a_ticket_is_void_when_the_account_is_locked_or_has_another_password(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest"), *mod = wh_test_session(f->t, "m", "admin");
	char ticket[256], code[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	wh_test_advance(f->t, 30000);
	ticket_of(f, s, ticket);
	assert_call(f, ann, "auth.password", "{'old':'pass phrase 1','new':'another one 7'}", WH_OK);
	assert_int_equal(with_code(f, s, "auth.second", ticket, app_code(f, &app, 0, code))->err, WH_EAUTH);
	assert_call(f, ann, "auth.password", "{'old':'another one 7','new':'pass phrase 1'}", WH_OK);
	ticket_of(f, s, ticket);
	assert_call(f, mod, "auth.disable", "{'name':'ann'}", WH_OK);
	assert_int_equal(with_code(f, s, "auth.second", ticket, app_code(f, &app, 0, code))->err, WH_EAUTH);
	assert_false(is_account(f, s));
	end(f);
}

static void
who_comes_to_no_account_is_asked_for_no_code(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	const struct wh_test_answer *answer;
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	/* Whether there is a second factor is told to nobody who has no password. */
	answer = call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 2'}");
	assert_int_equal(answer->err, WH_EAUTH);
	assert_string_equal(answer->why, call(f, s, "auth.login", "{'name':'zoe','password':'pass phrase 2'}")->why);
	end(f);
}

static void
what_changes_factors_asks_for_the_password_again(void **state)
{
	static const char *const commands[] = { "auth.totp_begin", "auth.recovery_codes", "auth.totp_off", "auth.passkey_begin", "auth.app_password" };
	struct fixture *f = begin("site = \"https://chat.example.org\"; token_time = \"1h\"; tries = 3;");
	struct wh_session *ann = registered(f, "ann"), *thief = wh_test_session(f->t, "y", "guest");
	char token[256], args[400];

	(void)state;
	wh_member(call(f, wh_test_session(f->t, "z", "guest"), "auth.login", LOGIN), "token", token);
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, thief, "auth.use", args, WH_OK);
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct wh_test_answer *answer = call(f, thief, commands[i], i == 4 ? "{'name':'irssi'}" : NULL);

		assert_int_equal(answer->err, WH_EAUTH);
		assert_non_null(strstr(answer->why, "password"));
	}
	/* Who signed in just now showed it, for ten minutes. */
	assert_call(f, ann, "auth.totp_begin", NULL, WH_OK);
	wh_test_advance(f->t, 600000);
	assert_call(f, ann, "auth.totp_begin", NULL, WH_EAUTH);
	assert_call(f, ann, "auth.totp_begin", "{'password':'pass phrase 1'}", WH_OK);
	/* A wrong one counts as it does when signing in. */
	for (unsigned i = 0; i < 3; i++)
		assert_call(f, thief, "auth.totp_begin", "{'password':'pass phrase 2'}", WH_EAUTH);
	assert_call(f, thief, "auth.login", LOGIN, WH_EFAST);
	end(f);
}

static void
a_sign_in_stays_recent_when_the_hub_was_replaced_and_no_longer(void **state)
{
	struct fixture *f = begin("recent_time = \"5m\";");
	struct wh_session *s = wh_test_session(f->t, "s", "guest");

	(void)state;
	registered(f, "ann");
	assert_call(f, s, "auth.login", LOGIN, WH_OK);
	wh_test_advance(f->t, 200000);
	wh_test_recover(f->t);
	wh_test_settle(f->t);
	assert_non_null(strstr(call(f, s, "auth.second_state", NULL)->json, "\"recent\":true"));
	assert_call(f, s, "auth.totp_begin", NULL, WH_OK);
	wh_test_advance(f->t, 100000);
	assert_non_null(strstr(call(f, s, "auth.second_state", NULL)->json, "\"recent\":false"));
	assert_call(f, s, "auth.totp_begin", NULL, WH_EAUTH);
	end(f);
}

static void
what_one_account_showed_is_nothing_for_another(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *s = wh_test_session(f->t, "s", "guest");
	char token[256], args[400];

	(void)state;
	registered(f, "ann");
	registered(f, "bob");
	wh_member(call(f, wh_test_session(f->t, "z", "guest"), "auth.login", "{'name':'bob','password':'pass phrase 1'}"), "token", token);
	assert_call(f, s, "auth.login", LOGIN, WH_OK);
	/* Also when the plugin was replaced in between, and has not looked up whose session it is. */
	wh_test_recover(f->t);
	snprintf(args, sizeof args, "{'token':'%s'}", token);
	assert_call(f, s, "auth.use", args, WH_OK);
	assert_call(f, s, "auth.totp_begin", NULL, WH_EAUTH);
	end(f);
}

static void
turning_the_app_off_takes_a_code_and_the_codes(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	char code[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	assert_call(f, ann, "auth.totp_begin", NULL, WH_ESTATE);
	assert_call(f, ann, "auth.totp_off", NULL, WH_EAUTH);
	assert_int_equal(with_code(f, ann, "auth.totp_off", NULL, app_code(f, &app, 0, code))->err, WH_EAUTH);
	wh_test_advance(f->t, 30000);
	assert_int_equal(with_code(f, ann, "auth.totp_off", NULL, app_code(f, &app, 0, code))->err, WH_OK);
	assert_call(f, s, "auth.login", LOGIN, WH_OK);
	assert_true(is_account(f, s));
	assert_non_null(strstr(call(f, ann, "auth.second_state", NULL)->json, "\"totp\":false,\"passkey\":false,\"passkeys\":0,\"recovery_left\":0"));
	assert_non_null(strstr(f->audit, "auth.totp_off"));
	end(f);
}

static void
a_begun_app_waits_a_quarter_of_an_hour(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");
	char code[256];
	struct app app;

	(void)state;
	assert_int_equal(with_code(f, ann, "auth.totp_confirm", NULL, "123456")->err, WH_ESTATE);
	app_begin(f, ann, &app);
	wh_test_advance(f->t, SECOND_PENDING_MS);
	assert_int_equal(with_code(f, ann, "auth.totp_confirm", NULL, app_code(f, &app, 0, code))->err, WH_ESTATE);
	end(f);
}

static void
row_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	char *out = (char *)(uintptr_t)cookie;

	(void)self;
	assert_int_equal(result->err, WH_OK);
	snprintf(out, 512, "%.*s", WH_FMT(wh_row_str(result->rows, 0, SC_TOTP)));
}

static void
secrets_are_sealed_and_open_for_their_account_alone(void **state)
{
	struct fixture *f = begin(NULL);
	struct wh_session *ann = registered(f, "ann");
	struct auth *auth = wh_test_self(f->t);
	char account[256], sealed[512], path[600], other[64];
	uint8_t secret[TOTP_SECRET];
	struct app app;
	FILE *file;

	(void)state;
	app_on(f, ann, &app);
	wh_member(call(f, ann, "auth.whoami", NULL), "account", account);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(account)) };

	assert_int_equal(wh_store_run_now(&auth->table, &TASK_STEP(ST_SECOND_GET, cells, WH_ONE), 1, row_read, (uintptr_t)sealed), WH_OK);
	assert_true(second_open(auth, account, wh_str(sealed), secret));
	assert_memory_equal(secret, app.secret, sizeof secret);
	assert_false(second_open(auth, "a-other", wh_str(sealed), secret));
	sealed[5] = sealed[5] == 'A' ? 'B' : 'A';
	assert_false(second_open(auth, account, wh_str(sealed), secret));
	/* The key is in a file that others can't read, and not in the database. */
	snprintf(path, sizeof path, "%s/seal.key", wh_test_state_dir(f->t));
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fread(other, 1, sizeof other, file), 32);
	fclose(file);
	/* Under another key nothing opens: the app's codes and the recovery codes are gone, and nobody gets in. */
	auth->seal.key[0] ^= 1;
	assert_int_equal(signs_in(f, app.recovery[0])->err, WH_EAUTH);
	wh_test_advance(f->t, 30000);
	assert_int_equal(signs_in(f, app_code(f, &app, 0, path))->err, WH_EAUTH);
	auth->seal.key[0] ^= 1;
	assert_int_equal(signs_in(f, app.recovery[0])->err, WH_OK);
	end(f);
}

static void
an_export_tells_of_factors_and_no_secret_and_erasing_removes_them(void **state)
{
	struct fixture *f = begin("tries = 100; name_rest = \"1m\";");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	const struct wh_test_answer *answer;
	char account[256], text[64], code[256];
	struct auth *auth = wh_test_self(f->t);
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	assert_call(f, ann, "auth.app_password", "{'name':'irssi'}", WH_OK);
	wh_member(call(f, ann, "auth.whoami", NULL), "account", account);
	answer = call(f, ann, "auth.export", NULL);
	assert_int_equal(answer->err, WH_OK);
	assert_non_null(strstr(answer->json, "\"second\":{\"totp\":true,\"totp_begun\":false,\"passkey\":false,\"recovery_left\":10}"));
	assert_non_null(strstr(answer->json, "irssi"));
	text64_put(TEXT64_32, text, sizeof text, app.secret, sizeof app.secret);
	assert_null(strstr(answer->json, text));
	assert_null(strstr(answer->json, app.recovery[0]));
	ticket_of(f, s, code);
	assert_call(f, ann, "auth.erase", "{'password':'pass phrase 1'}", WH_OK);
	assert_int_equal(with_code(f, s, "auth.second", code, app.recovery[0])->err, WH_EAUTH);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(account)) };

	assert_int_equal(wh_store_run_now(&auth->table, &TASK_STEP(ST_SECOND_GET, cells, WH_ONE), 1, row_gone, 0), WH_OK);
	end(f);
}

static void
an_administrator_takes_factors_off_who_lost_them(void **state)
{
	struct fixture *f = begin("tries = 100;");
	struct wh_session *ann = registered(f, "ann"), *s = wh_test_session(f->t, "x", "guest");
	char ticket[256], code[256];
	struct app app;

	(void)state;
	app_on(f, ann, &app);
	wh_test_advance(f->t, 30000);
	ticket_of(f, s, ticket);
	assert_call(f, ann, "auth.second_reset", "{'name':'ann'}", WH_EPERM);
	assert_call(f, wh_test_session(f->t, "mod", "moderator"), "auth.second_reset", "{'name':'ann'}", WH_EPERM);
	assert_call(f, wh_test_session(f->t, "boss", "admin"), "auth.second_reset", "{'name':'zoe'}", WH_ENOENT);
	assert_call(f, wh_test_session(f->t, "boss", "admin"), "auth.second_reset", "{'name':'Ann','why':'lost the phone'}", WH_OK);
	assert_int_equal(with_code(f, s, "auth.second", ticket, app_code(f, &app, 0, code))->err, WH_EAUTH);
	assert_call(f, s, "auth.login", LOGIN, WH_OK);
	assert_true(is_account(f, s));
	assert_non_null(strstr(f->audit, "auth.second_reset"));
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_app_is_asked_for_from_its_first_code_on),
		cmocka_unit_test(a_code_is_good_once),
		cmocka_unit_test(one_code_shown_twice_at_once_lets_one_in),
		cmocka_unit_test(a_code_of_long_ago_or_of_later_is_none),
		cmocka_unit_test(a_recovery_code_is_good_once),
		cmocka_unit_test(new_recovery_codes_void_the_old_ones),
		cmocka_unit_test(wrong_codes_lock_however_often_the_password_is_right),
		cmocka_unit_test(codes_of_an_account_count_from_everywhere),
		cmocka_unit_test(a_ticket_ends_after_five_wrong_codes),
		cmocka_unit_test(a_ticket_is_its_sessions_alone_once_and_for_minutes),
		cmocka_unit_test(a_ticket_is_void_when_the_account_is_locked_or_has_another_password),
		cmocka_unit_test(who_comes_to_no_account_is_asked_for_no_code),
		cmocka_unit_test(what_changes_factors_asks_for_the_password_again),
		cmocka_unit_test(a_sign_in_stays_recent_when_the_hub_was_replaced_and_no_longer),
		cmocka_unit_test(what_one_account_showed_is_nothing_for_another),
		cmocka_unit_test(turning_the_app_off_takes_a_code_and_the_codes),
		cmocka_unit_test(a_begun_app_waits_a_quarter_of_an_hour),
		cmocka_unit_test(secrets_are_sealed_and_open_for_their_account_alone),
		cmocka_unit_test(an_administrator_takes_factors_off_who_lost_them),
		cmocka_unit_test(an_export_tells_of_factors_and_no_secret_and_erasing_removes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
