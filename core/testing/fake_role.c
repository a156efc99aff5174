/* Permissions and rates of the fake host, by the rules of the server: guest, member, moderator and admin are rungs, each includes those
 * below; the operator's own roles allow and deny by globs; a deny wins. A rate is a token bucket for each session and row. */
#include "testing/fake.h"

#include <stdlib.h>

#include "base/permit.h"

void
wh_test_role(struct wh_test *t, const char *role, const char *allow, const char *deny)
{
	struct fake_role *r = fake_zero(sizeof *r);

	r->name = fake_copy(t, wh_str(role));
	r->allow = fake_copy(t, wh_str(allow));
	r->deny = fake_copy(t, wh_str(deny));
	wh_list_add_last(&t->roles, &r->place);
}

static bool
role_lists(struct wh_str globs, struct wh_str permission)
{
	struct wh_str glob;

	while (wh_permit_word(&globs, &glob))
		if (wh_permit_glob(glob, permission))
			return true;
	return false;
}

bool
fake_may(struct wh_test *t, const struct wh_session *s, struct wh_str permission, enum wh_allow allow)
{
	struct wh_str names = s->who.roles, name;
	bool may = allow == WH_ALLOW_GUEST;

	if (s->reach != 0 && allow > s->reach)
		return false;
	if (s->who.kind == WH_OPERATOR)
		return true;
	while (wh_permit_word(&names, &name)) {
		if (allow == 0 && s->reach != 0 && wh_permit_rung(name) > s->reach)
			continue;
		may = may || wh_permit_rung_may(wh_permit_rung(name), allow);
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

int
fake_session_reach(const struct wh_host *h, const struct wh_session *s)
{
	fake_session(fake_of(h), s, "wh_session_reach");
	return s->reach != 0 ? (int)s->reach : WH_ALLOW_ADMIN;
}

void
wh_test_reach(struct wh_session *s, enum wh_allow reach)
{
	s->reach = reach;
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
