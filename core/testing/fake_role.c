/* Permissions and rates of the fake host, by the rules of the server: guest, member, moderator and admin are rungs, each includes those
 * below; the operator's own roles allow and deny by globs; a deny wins. A rate is a token bucket for each session and row. */
#include "testing/fake.h"

#include <stdlib.h>

void
wh_test_role(struct wh_test *t, const char *role, const char *allow, const char *deny)
{
	struct fake_role *r = fake_zero(sizeof *r);

	r->name = fake_copy(t, wh_str(role));
	r->allow = fake_copy(t, wh_str(allow));
	r->deny = fake_copy(t, wh_str(deny));
	wh_list_add_last(&t->roles, &r->place);
}

/* Takes the first word off a list with blanks between. */
static bool
role_word(struct wh_str *words, struct wh_str *word_out)
{
	size_t n = 0;

	while (words->n != 0 && words->p[0] == ' ')
		*words = wh_str_from(*words, 1);
	while (n < words->n && words->p[n] != ' ')
		n++;
	*word_out = (struct wh_str){ words->p, n };
	*words = wh_str_from(*words, n);
	return n != 0;
}

static bool
role_glob(struct wh_str glob, struct wh_str name)
{
	while (glob.n != 0 && glob.p[0] != '*') {
		if (name.n == 0 || name.p[0] != glob.p[0])
			return false;
		glob = wh_str_from(glob, 1);
		name = wh_str_from(name, 1);
	}
	if (glob.n == 0)
		return name.n == 0;
	for (size_t skip = 0; skip <= name.n; skip++)
		if (role_glob(wh_str_from(glob, 1), wh_str_from(name, skip)))
			return true;
	return false;
}

static bool
role_lists(struct wh_str globs, struct wh_str permission)
{
	struct wh_str glob;

	while (role_word(&globs, &glob))
		if (role_glob(glob, permission))
			return true;
	return false;
}

static enum wh_allow
role_rung(struct wh_str name)
{
	static const char *const rungs[] = { "", "guest", "member", "moderator", "admin" };

	for (enum wh_allow rung = WH_ALLOW_GUEST; rung <= WH_ALLOW_ADMIN; rung++)
		if (wh_str_is(name, rungs[rung]))
			return rung;
	return 0;
}

bool
fake_may(struct wh_test *t, const struct wh_session *s, struct wh_str permission, enum wh_allow allow)
{
	struct wh_str names = s->who.roles, name;
	bool may = allow == WH_ALLOW_GUEST;

	if (s->who.kind == WH_OPERATOR)
		return true;
	while (role_word(&names, &name)) {
		enum wh_allow rung = role_rung(name);

		may = may || rung == WH_ALLOW_ADMIN || (allow != 0 && rung >= allow);
		WH_LIST_EACH(link, &t->roles) {
			const struct fake_role *r = WH_CONTAINER(link, struct fake_role, place);

			if (!wh_str_eq(r->name, name))
				continue;
			if (role_lists(r->deny, permission))
				return false;
			may = may || role_lists(r->allow, permission);
		}
	}
	return may;
}

bool
fake_session_may(const struct wh_host *h, const struct wh_session *s, const char *permission)
{
	struct fake_plugin *p = fake_of(h);
	struct wh_test *t = p->t;
	struct fake_plugin *owner;
	void *self;
	const struct wh_command *row = fake_command(t, wh_str(permission), &owner, &self);

	fake_session(p, s, "wh_session_may");
	return fake_may(t, s, wh_str(permission), row != NULL ? row->allow : 0);
}

enum wh_err
fake_rate_take(struct wh_test *t, struct wh_session *s, const void *row, const char *rate, int64_t *retry_ms_out)
{
	struct fake_rate *found = NULL;
	struct wh_rate parsed;
	struct wh_flow flow;
	int64_t now_ns = t->now_ms * 1000000;

	*retry_ms_out = 0;
	if (rate == NULL)
		return WH_OK;
	if (wh_conf_parse_rate(wh_str(rate), &parsed) != WH_OK)
		fake_fault(t->tested, "\"%s\" is no rate; write \"5/s burst 20\"", rate);
	flow = wh_flow_of(parsed);
	WH_LIST_EACH(link, &s->rates) {
		struct fake_rate *r = WH_CONTAINER(link, struct fake_rate, place);

		if (r->row == row)
			found = r;
	}
	if (found == NULL) {
		found = fake_zero(sizeof *found);
		found->row = row;
		wh_list_add_last(&s->rates, &found->place);
	}
	if (wh_bucket_take(&found->bucket, &flow, now_ns, 1))
		return WH_OK;
	*retry_ms_out = (wh_bucket_wait(&found->bucket, &flow, now_ns, 1) + 999999) / 1000000;
	return WH_EFAST;
}
