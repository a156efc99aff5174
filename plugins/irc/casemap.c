/* Which nicks are the same: by the case of ASCII, or, with casemapping = "precis", by RFC 8265 (UsernameCaseMapped): width, then lower case, then
 * NFC. What would be longer than a nick is cut behind a whole character; such nicks then count as the same. */
#include <stdlib.h>

#include <utf8proc.h>

#include "irc.h"

/* A letter that is only a wide or narrow form of another is that one. */
static utf8proc_int32_t
width_of(utf8proc_int32_t c)
{
	const utf8proc_property_t *p = utf8proc_get_property(c);
	utf8proc_int32_t to[8];
	int last = UTF8PROC_BOUNDCLASS_START;

	if (p->decomp_type != UTF8PROC_DECOMP_TYPE_WIDE && p->decomp_type != UTF8PROC_DECOMP_TYPE_NARROW)
		return c;
	return utf8proc_decompose_char(c, to, 8, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &last) == 1 ? to[0] : c;
}

static bool
precis(struct wh_str nick, char out[static IRC_NICK + 1])
{
	utf8proc_uint8_t mapped[IRC_NICK * 4 + 4], *composed = NULL;
	utf8proc_ssize_t n = 0, step, at = 0;
	utf8proc_int32_t c;

	while (at < (utf8proc_ssize_t)nick.n && n + 4 < (utf8proc_ssize_t)sizeof mapped) {
		step = utf8proc_iterate((const utf8proc_uint8_t *)nick.p + at, (utf8proc_ssize_t)nick.n - at, &c);
		if (step <= 0)
			return false;
		at += step;
		n += utf8proc_encode_char(utf8proc_tolower(width_of(c)), mapped + n);
	}
	n = utf8proc_map(mapped, n, &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (n >= 0)
		text_flat((struct wh_str){ (const char *)composed, (size_t)n }, out, IRC_NICK + 1);
	free(composed);
	return n >= 0;
}

void
nick_fold(const struct irc *irc, struct wh_str nick, char out[static IRC_NICK + 1])
{
	if (!irc->set.precis || !precis(nick, out))
		nick_fold_ascii(nick, out);
}
