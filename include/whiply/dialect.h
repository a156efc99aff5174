/* Dialects: how a session's client speaks. A dialect turns a client's frames into command calls, and events into bytes.
 * `json` (JSON-RPC 2.0, subprotocol whiply.v1) is the host's own. */
#ifndef WHIPLY_DIALECT_H
#define WHIPLY_DIALECT_H

#include <whiply/event.h>

/** Somewhere to write bytes. */
struct wh_out_ops;
struct wh_out {
	const struct wh_out_ops *ops;
};
struct wh_out_ops {
	void (*put)(struct wh_out *o, const void *bytes, size_t n);
	void (*fmt)(struct wh_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
};

static inline void
wh_out_put(struct wh_out *o, struct wh_str s)
{
	o->ops->put(o, s.p, s.n);
}

static inline void
wh_out_text(struct wh_out *o, const char *text)
{
	o->ops->put(o, text, strlen(text));
}

/** Formatted output; takes a printf format. */
#define wh_out_fmt(out, ...) ((out)->ops->fmt((out), __VA_ARGS__))

enum wh_frame_flags {
	WH_BINARY = 1u << 0,	/**< a binary WebSocket message */
	WH_CUT = 1u << 1,	/**< a line that was over-long; this is its beginning */
};

/** How a client of the dialect speaks, where the dialect has ways: the capabilities that an IRC client asked for, say. 0 is the plain way.
 * What is published is rendered once for each accent that is present in a room, so let only those bits differ that change what is
 * rendered. */
typedef uint32_t wh_accent;

struct wh_dialect {
	const char *name;		/**< "plain": a listener of protocol "line" names it in the config */
	const char *subprotocol;	/**< WebSocket subprotocol, or NULL: not over WebSocket */
	bool line;			/**< may stand behind a line listener */
	bool binary;			/**< speaks in binary WebSocket messages */
	bool lines;			/**< what it writes may be several lines, parted by LF: each is a message of its own */
	/** A client came. Greet it. */
	void (*open)(void *self, struct wh_session *s);
	/** It said something: one WebSocket message or one line, without the line's end. */
	void (*receive)(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags);
	/** How clients of this dialect and accent are told of an event. WH_ENOTSUP: they are not. Called once per event, not per member. */
	enum wh_err (*render)(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out);
	/** The server closes the connection: what to say before. May be NULL. */
	enum wh_err (*farewell)(void *self, unsigned code, struct wh_str reason, struct wh_out *out);
	/** The hub was replaced under this client, and all that it left behind is done: what has no answer by now gets none. NULL: the
	 * client is not told. */
	void (*recovered)(void *self, struct wh_session *s);
	/** Does this client want to hear what it said itself? NULL: yes. See WH_UNLESS_ECHO. */
	bool (*echoes)(void *self, struct wh_session *s);
	/** A WebSocket path of its own, for other people's clients, which name no subprotocol: who comes there speaks this. NULL: none. In
	 * `open`, wh_session_param reads the query that it came with. */
	const char *path;
};

#endif
