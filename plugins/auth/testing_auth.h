/* What the tests of auth's commands share: the plugin on the fake host with the real store, calls that run to their end, and a mail service
 * and an audit log that the test can look at. */
#ifndef AUTH_TESTING_AUTH_H
#define AUTH_TESTING_AUTH_H

#include <whiply/accounts.h>
#include <whiply/assert.h>
#include <whiply/audit.h>
#include <whiply/mail.h>

#include "testing.h"

/* Hashes that cost nothing. */
#define CHEAP "hash_memory = \"64KiB\"; hash_passes = 1; "

struct fixture {
	struct wh_test *t;
	char letter[2048];	/* the last one */
	char to[256];
	unsigned letters;
	char audit[8192];	/* "action on;" of each entry */
	struct wh_service mail, log;	/* the offered rows */
};

static enum wh_err
fixture_send(struct wh_mail *mail, const struct wh_mail_letter *letter)
{
	struct fixture *f = (struct fixture *)(void *)mail;

	snprintf(f->to, sizeof f->to, "%.*s", WH_FMT(letter->to));
	snprintf(f->letter, sizeof f->letter, "%.*s", WH_FMT(letter->text));
	f->letters++;
	return WH_OK;
}

static enum wh_err
fixture_write(struct wh_audit_log *log, const struct wh_audit_entry *entry)
{
	struct fixture *f = (struct fixture *)(void *)log;
	size_t n = strlen(f->audit);

	snprintf(f->audit + n, sizeof f->audit - n, "%.*s %.*s;", WH_FMT(entry->action), WH_FMT(entry->on));
	return WH_OK;
}

static const struct wh_mail_ops fixture_mail = { .send = fixture_send };
static const struct wh_audit_ops fixture_audit = { .write = fixture_write };

/** Opens the plugin with these settings besides cheap hashes, beside one service more (NULL: none). */
static inline struct fixture *
begin_beside(const char *settings, const struct wh_service *service, void *self)
{
	struct fixture *f = calloc(1, sizeof *f);
	char all[2048];

	assert_non_null(f);
	f->t = wh_test_new(&whiply_plugin);
	f->mail = (struct wh_service){ "mail", WH_MAIL_VERSION, &fixture_mail };
	f->log = (struct wh_service){ "audit", WH_AUDIT_VERSION, &fixture_audit };
	wh_test_load(f->t, "sqlite", NULL);
	wh_test_offer(f->t, &f->mail, f);
	wh_test_offer(f->t, &f->log, f);
	if (service != NULL)
		wh_test_offer(f->t, service, self);
	snprintf(all, sizeof all, CHEAP "%s", settings != NULL ? settings : "");
	if (wh_test_open(f->t, all) != WH_OK)
		fail_msg("%s", wh_test_why(f->t));
	return f;
}

static inline struct fixture *
begin(const char *settings)
{
	return begin_beside(settings, NULL, NULL);
}

static inline void
end(struct fixture *f)
{
	while (wh_test_run_jobs(f->t) != 0)
		;
	wh_test_end(&f->t);
	free(f);
}

static inline const struct wh_test_answer *
call(struct fixture *f, struct wh_session *s, const char *command, const char *args)
{
	return wh_test_ask(f->t, s, command, args);
}

#define assert_call(f, s, command, args, expected) wh_assert_ask((f)->t, s, command, args, expected)

/** A session that registered under this name, with the password "pass phrase 1". */
static inline struct wh_session *
registered(struct fixture *f, const char *name)
{
	struct wh_session *s = wh_test_session(f->t, name, "guest");
	char args[256];

	snprintf(args, sizeof args, "{'name':'%s','password':'pass phrase 1'}", name);
	assert_call(f, s, "auth.register", args, WH_OK);
	return s;
}

/** A request that is run to its end. */
static inline const struct wh_test_page *
asked(struct fixture *f, struct wh_session *s, const char *method, const char *target, const char *headers, const char *body)
{
	const struct wh_test_page *page = wh_test_request(f->t, s, method, target, headers, wh_str(body));

	for (unsigned i = 0; i < 200 && page->status == 0; i++) {
		wh_test_run_jobs(f->t);
		if (page->status == 0)
			wh_test_advance(f->t, 5);
	}
	wh_test_settle(f->t);
	return page;
}

/** What stands behind `before` in a text, up to one of the characters `to`. */
static inline const char *
between(const char *text, const char *before, const char *to, char *out, size_t cap)
{
	const char *at = strstr(text, before);

	if (at == NULL)
		fail_msg("no %s in %s", before, text);
	snprintf(out, cap, "%.*s", (int)strcspn(at + strlen(before), to), at + strlen(before));
	return out;
}

/** The roles that the host has of the session. */
static inline bool
has_role(struct fixture *f, struct wh_session *s, const char *role)
{
	const struct wh_identity *who = wh_session_identity(wh_test_host(f->t), s);
	char roles[1024], find[64];

	snprintf(roles, sizeof roles, " %.*s ", WH_FMT(who->roles));
	snprintf(find, sizeof find, " %s ", role);
	return strstr(roles, find) != NULL;
}

static inline bool
is_account(struct fixture *f, struct wh_session *s)
{
	return wh_session_identity(wh_test_host(f->t), s)->kind == WH_ACCOUNT;
}

/** The token in the last letter. */
static inline const char *
letter_token(const struct fixture *f, char out[128])
{
	const char *at = strstr(f->letter, "whl_");

	assert_non_null(at);
	snprintf(out, 128, "%.*s", (int)strcspn(at, " \n"), at);
	return out;
}

#endif
