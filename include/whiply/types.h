/* The small types that every other header speaks in: slices, errors, ids.
 * A wh_str borrows: it is valid until the call that handed it over returns, unless its owner says otherwise. */
#ifndef WHIPLY_TYPES_H
#define WHIPLY_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A borrowed run of bytes; not NUL-terminated. {NULL, 0} is the empty slice. */
struct wh_str {
	const char *p;
	size_t n;
};

/** The slice of a string literal. */
#define WH_STR(literal) ((struct wh_str){ "" literal, sizeof(literal) - 1 })
/** The two arguments of a "%.*s". */
#define WH_FMT(s) (int)(s).n, (s).p != NULL ? (s).p : ""

static inline struct wh_str
wh_str(const char *text)
{
	return (struct wh_str){ text, text != NULL ? strlen(text) : 0 };
}

static inline bool
wh_str_eq(struct wh_str a, struct wh_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/** Does the slice hold exactly this NUL-terminated text? */
static inline bool
wh_str_is(struct wh_str s, const char *text)
{
	return wh_str_eq(s, wh_str(text));
}

static inline bool
wh_str_starts(struct wh_str s, struct wh_str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

/** The slice from `from` (clamped) to the end. */
static inline struct wh_str
wh_str_from(struct wh_str s, size_t from)
{
	if (from > s.n)
		from = s.n;
	return (struct wh_str){ s.p != NULL ? s.p + from : s.p, s.n - from };
}

/** What a call came to. Zero is success, everything else is negative. */
enum wh_err {
	WH_OK = 0,
	WH_WAIT = -1,		/**< not an error: the answer comes later */
	WH_ENOMEM = -2,		/**< out of memory */
	WH_EINVAL = -3,		/**< an argument is wrong */
	WH_ENOENT = -4,		/**< no such thing */
	WH_EEXIST = -5,		/**< it exists already */
	WH_EAUTH = -6,		/**< we do not know who you are */
	WH_EPERM = -7,		/**< we know, and you may not */
	WH_EFAST = -8,		/**< too fast: a rate limit; try again later */
	WH_EFULL = -9,		/**< a bound is reached: a queue, a room, a table */
	WH_ETOOBIG = -10,	/**< longer than is allowed */
	WH_ESYNTAX = -11,	/**< the bytes are not what the format says */
	WH_ESTATE = -12,	/**< not now, not in this state */
	WH_EIO = -13,		/**< the system or the store failed */
	WH_ETIME = -14,		/**< it took too long */
	WH_EVERSION = -15,	/**< made for another version */
	WH_EAWAY = -16,		/**< what is needed is away for now; try again */
	WH_ENOTSUP = -17,	/**< known, but not offered here */
};

/** What a hook says of what it was shown. */
enum wh_verdict {
	WH_PASS = 0,	/**< go on with the next hook */
	WH_CHANGED,	/**< as WH_PASS: something in the struct was changed, and later hooks see it */
	WH_REFUSE,	/**< stop: it does not happen. Say why with wh_refuse */
	WH_HOLD,	/**< stop here until wh_hook_go is called with the ticket of the struct */
};

/** An id of a connection, session, room, group, timer or call: process, slot and generation in 64 bits. 0 is none.
 * Hold ids, not pointers: what an id names may be gone, and then a look-up says so. */
typedef uint64_t wh_id;

#endif
