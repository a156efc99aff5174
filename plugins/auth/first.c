/* The page behind the link of the log, where the first administrator is made: a name and a password, of an account that is there or of one
 * that is made. Each step is the command that everybody has; see role.c for what the token opens, and for how long. */
#include "first.h"

#include <stdio.h>

#include "auth.h"
#include "form.h"
#include "page.h"
#include "password.h"
#include "task.h"

struct first_task {
	struct auth_task task;
	bool signing_in;		/* the name was there already */
	char token[TOKEN_ROOM], name[NAME_ROOM], password[PASSWORD_BYTES];
	struct form form;
};

static enum wh_err
first_form(struct wh_request *r, unsigned status, struct wh_str token, struct wh_str name, struct wh_str wrong)
{
	char buffer[4096];
	struct text t;

	page_begin(&t, buffer, sizeof buffer, "The first administrator");
	if (wrong.n != 0) {
		text_lit(&t, "<p role=\"alert\">");
		text_html(&t, wrong);
		text_lit(&t, "</p>\n");
	}
	text_lit(&t, "<p>Choose a name and a password, or write those of your account.</p>\n<form method=\"post\" action=\"/auth/first\">"
		     "<input type=\"hidden\" name=\"token\" value=\"");
	text_html(&t, token);
	text_lit(&t, "\">\n<p><label>Name <input name=\"name\" required autocomplete=\"username\" value=\"");
	text_html(&t, name);
	text_lit(&t, "\"></label></p>\n<p><label>Password <input name=\"password\" type=\"password\" required autocomplete=\"new-password\"></label></p>\n"
		     "<p><button>Become the administrator</button></p></form>\n");
	return page_respond(r, &t, status, (struct wh_str){ NULL, 0 });
}

enum wh_err
first_page(void *self, struct wh_request *r)
{
	(void)self;
	return first_form(r, 200, wh_request_param(r, "token"), WH_STR(""), WH_STR(""));
}

static void
first_refused(struct auth_task *task, struct wh_request *r, enum wh_err err, const char *why, int64_t retry_ms)
{
	struct first_task *t = (struct first_task *)task;

	(void)retry_ms;
	first_form(r, page_status(err), wh_str(t->token), wh_str(t->name), wh_str(why));
}

static void
first_fail(struct first_task *t, enum wh_err err, struct wh_str why)
{
	char sentence[300];

	snprintf(sentence, sizeof sentence, "%.*s", WH_FMT(why));
	task_fail(&t->task, err, sentence);
}

static void
first_granted(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	struct first_task *t = task_of(cookie);
	struct wh_request *r = task_request(&t->task);

	(void)self, (void)session;
	if (err != WH_OK) {
		first_fail(t, err, result);
		return;
	}
	if (r != NULL)
		page_say(r, 200, "You are the administrator", "Sign in with that name and password, with whatever client you like.");
	task_end_quiet(&t->task);
}

static void
first_signed_in(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	struct auth *auth = self;
	struct first_task *t = task_of(cookie);
	struct wh_session *s = wh_session_get(auth->host, session);
	const struct wh_item login[] = { WH_ITEM_STR("name", wh_str(t->name)), WH_ITEM_STR("password", wh_str(t->password)) };
	const struct wh_item token[] = { WH_ITEM_STR("token", wh_str(t->token)) };

	if (s == NULL) {
		task_end_quiet(&t->task);
	} else if (err == WH_EEXIST && !t->signing_in) {
		t->signing_in = true;
		wh_run(auth->host, s, "auth.login", login, 2, first_signed_in, cookie);
	} else if (err != WH_OK) {
		first_fail(t, err, result);
	} else {
		wh_run(auth->host, s, "auth.first_admin", token, 1, first_granted, cookie);
	}
}

enum wh_err
first_post(void *self, struct wh_request *r)
{
	struct auth *auth = self;
	struct first_task *t = task_new_request(auth, sizeof *t, r, first_refused);

	if (t == NULL)
		return WH_WAIT;
	t->task.session = wh_session_id(auth->host, r->session);
	if (!form_read(&t->form, r->body)) {
		task_fail(&t->task, WH_EINVAL, "that is no form of this page");
		return WH_WAIT;
	}
	auth_clip(t->token, sizeof t->token, form_get(&t->form, "token"));
	auth_clip(t->name, sizeof t->name, form_get(&t->form, "name"));
	auth_clip(t->password, sizeof t->password, form_get(&t->form, "password"));
	/* Nobody makes accounts here who has not the link. */
	if (!role_first_token(auth, wh_str(t->token))) {
		task_fail(&t->task, WH_EPERM, "that link was used, or is not of this start of the server: look into its log");
		return WH_WAIT;
	}
	const struct wh_item items[] = { WH_ITEM_STR("name", wh_str(t->name)), WH_ITEM_STR("password", wh_str(t->password)) };

	wh_run(auth->host, r->session, "auth.register", items, 2, first_signed_in, (uintptr_t)t);
	return WH_WAIT;
}
