/* The ladder, globs and words of permit.h. */
#include "base/permit.h"

static const char *const rung_names[] = {
	[WH_ALLOW_GUEST] = "guest", [WH_ALLOW_MEMBER] = "member", [WH_ALLOW_MODERATOR] = "moderator", [WH_ALLOW_ADMIN] = "admin",
};

const char *
wh_permit_rung_name(enum wh_allow rung)
{
	return rung_names[rung];
}

enum wh_allow
wh_permit_rung(struct wh_str name)
{
	for (enum wh_allow rung = WH_ALLOW_GUEST; rung <= WH_ALLOW_ADMIN; rung++)
		if (wh_str_is(name, rung_names[rung]))
			return rung;
	return 0;
}

bool
wh_permit_rung_may(enum wh_allow rung, enum wh_allow allow)
{
	return rung == WH_ALLOW_ADMIN || (allow != 0 && rung >= allow);
}

/* After a mismatch only the last star takes one byte more: what an earlier one took need not be tried again. */
bool
wh_permit_glob(struct wh_str glob, struct wh_str name)
{
	size_t g = 0, n = 0, star = SIZE_MAX, from = 0;

	while (n < name.n) {
		if (g < glob.n && glob.p[g] == '*') {
			star = g++;
			from = n;
		} else if (g < glob.n && glob.p[g] == name.p[n]) {
			g++;
			n++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			n = ++from;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

bool
wh_permit_word(struct wh_str *words, struct wh_str *word_out)
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
