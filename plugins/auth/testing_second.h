/* What the tests of second factors share: an authenticator app, and signing in with a password and a code. The account is ann's. */
#ifndef AUTH_TESTING_SECOND_H
#define AUTH_TESTING_SECOND_H

#include "auth.h"
#include "testing_auth.h"
#include "text64.h"

struct app {
	uint8_t secret[TOTP_SECRET];
	char uri[256];
	char recovery[TOTP_RECOVERY_CODES][TOTP_RECOVERY_SIZE + 1];
};

/** The app's code, so many steps from now. */
static inline const char *
app_code(struct fixture *f, const struct app *app, int steps, char out[256])
{
	assert_true(totp_code(app->secret, wh_wall_ms(wh_test_host(f->t)) / 1000 / TOTP_STEP_S + steps, out));
	return out;
}

/** Calls a command with a ticket (NULL: none) and a code. */
static inline const struct wh_test_answer *
with_code(struct fixture *f, struct wh_session *s, const char *command, const char *ticket, const char *code)
{
	char args[600];

	snprintf(args, sizeof args, "{%s%s%s'code':'%s'}", ticket != NULL ? "'ticket':'" : "", ticket != NULL ? ticket : "",
	    ticket != NULL ? "'," : "", code);
	return call(f, s, command, args);
}

static inline void
app_begin(struct fixture *f, struct wh_session *s, struct app *app)
{
	const struct wh_test_answer *answer = call(f, s, "auth.totp_begin", NULL);
	char text[256];
	size_t n;

	wh_member(answer, "uri", app->uri);
	assert_true(text64_get(TEXT64_32, app->secret, sizeof app->secret, &n, wh_str(wh_member(answer, "secret", text))));
	assert_int_equal(n, TOTP_SECRET);
}

static inline void
recovery_read(const struct wh_test_answer *answer, struct app *app)
{
	const char *at = strstr(answer->json, "\"recovery_codes\":[");

	assert_non_null(at);
	at += 18;
	for (unsigned i = 0; i < TOTP_RECOVERY_CODES; i++, at += TOTP_RECOVERY_SIZE + 3)
		snprintf(app->recovery[i], sizeof app->recovery[i], "%s", at + 1);
}

static inline void
app_on(struct fixture *f, struct wh_session *s, struct app *app)
{
	const struct wh_test_answer *answer;
	char code[256];

	app_begin(f, s, app);
	answer = with_code(f, s, "auth.totp_confirm", NULL, app_code(f, app, 0, code));
	assert_int_equal(answer->err, WH_OK);
	recovery_read(answer, app);
}

/** The ticket that ann's password gets. */
static inline void
ticket_of(struct fixture *f, struct wh_session *s, char out[256])
{
	wh_member(call(f, s, "auth.login", "{'name':'ann','password':'pass phrase 1'}"), "ticket", out);
	assert_false(is_account(f, s));
}

/** A client of its own signs in with the password and this code. */
static inline const struct wh_test_answer *
signs_in(struct fixture *f, const char *code)
{
	struct wh_session *s = wh_test_session(f->t, "signs-in", "guest");
	const struct wh_test_answer *answer;
	char ticket[256];

	ticket_of(f, s, ticket);
	answer = with_code(f, s, "auth.second", ticket, code);
	assert_int_equal(is_account(f, s), answer->err == WH_OK);
	wh_test_leave_server(f->t, s);
	return answer;
}

/** A result of ST_SECOND_GET: nothing is left. */
static inline void
row_gone(void *self, uint64_t cookie, const struct wh_result *result)
{
	(void)self;
	(void)cookie;
	assert_int_equal(result->err, WH_OK);
	assert_int_equal(wh_row_int(result->rows, 0, SC_SECOND), 0);
	assert_true(wh_row_null(result->rows, 0, SC_TOTP));
	assert_true(wh_row_null(result->rows, 0, SC_PENDING));
	assert_int_equal(wh_row_int(result->rows, 0, SC_RECOVERY), 0);
	assert_int_equal(wh_row_int(result->rows, 0, SC_PASSKEYS), 0);
}

#endif
