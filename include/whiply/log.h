/* What a log line is made of: a level, an event name, and typed pairs. Core and plugins write lines alike, as in
 *	wh_host_log(host, WH_WARN, "login_refused", WH_S("account", name), WH_I("tries", n));
 * An event name is a fixed word in snake_case, never built at run time: lines are counted and limited by it.
 * Everything borrows: nothing of a pair is kept after the call. */
#ifndef WHIPLY_LOG_H
#define WHIPLY_LOG_H

#include <whiply/types.h>

enum wh_level {
	WH_DEBUG,	/**< for whoever works on the code */
	WH_INFO,	/**< life as usual: started, reloaded */
	WH_WARN,	/**< works, but somebody should look */
	WH_ERROR,	/**< something that was asked for failed */
	WH_FATAL,	/**< this process ends */
};

enum wh_pair_kind {
	WH_PAIR_STR,
	WH_PAIR_TEXT,
	WH_PAIR_INT,
	WH_PAIR_UINT,
	WH_PAIR_BOOL,
	WH_PAIR_HEX,
	WH_PAIR_SECRET,
};

/** A key and a typed value. The key is a fixed word; a NULL key leaves the pair out. Make one with the macros below. */
struct wh_pair {
	const char *key;
	enum wh_pair_kind kind;
	union {
		struct wh_str s;
		const char *text;
		int64_t i;
		uint64_t u;
		bool b;
	} as;
};

/** A slice; any bytes are safe, what is not UTF-8 or is a control byte is shown escaped. */
#define WH_S(k, slice) ((struct wh_pair){ .key = (k), .kind = WH_PAIR_STR, .as.s = (slice) })
/** A slice that only the log of this machine may show, such as a letter with a link that signs in: whoever reads the log over the server is
 * not told it. What nobody needs to read does not belong into the log at all. */
#define WH_SECRET(k, slice) ((struct wh_pair){ .key = (k), .kind = WH_PAIR_SECRET, .as.s = (slice) })
/** A NUL-terminated text; NULL leaves the pair out. */
#define WH_T(k, txt) ((struct wh_pair){ .key = (k), .kind = WH_PAIR_TEXT, .as.text = (txt) })
/** A signed number. */
#define WH_I(k, number) ((struct wh_pair){ .key = (k), .kind = WH_PAIR_INT, .as.i = (number) })
/** An unsigned number, such as a size. */
#define WH_U(k, number) ((struct wh_pair){ .key = (k), .kind = WH_PAIR_UINT, .as.u = (number) })
/** true or false. */
#define WH_B(k, truth) ((struct wh_pair){ .key = (k), .kind = WH_PAIR_BOOL, .as.b = (truth) })
/** An id, shown as 16 hexadecimal digits. */
#define WH_X(k, id) ((struct wh_pair){ .key = (k), .kind = WH_PAIR_HEX, .as.u = (id) })

/** Turns any number of pairs, none included, into the two arguments `const struct wh_pair *pairs, size_t n`. */
#define WH_PAIRS(...) \
	(const struct wh_pair[]){ { .key = NULL }, __VA_ARGS__ } + 1, \
	sizeof((const struct wh_pair[]){ { .key = NULL }, __VA_ARGS__ }) / sizeof(struct wh_pair) - 1

#endif
