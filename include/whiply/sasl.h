/* Signing in by SASL, as a service: name "sasl" (or "?sasl") in the plugin's `needs`. For dialects of protocols that have it, such as IRC.
 * A session has at most one exchange. It begins with `start`; all mechanisms let the client speak first, so the plugin then sends an empty
 * challenge, and hands what the client says to `step`, decoded of base64. What comes of each step is told by `done`, once, on the hub's
 * thread, possibly before the call returns. With WH_SASL_DONE the session has its new identity already, and WH_ON_PRESENCE was told.
 * An exchange hangs on its session's connection: it ends with that, and with a hub that is replaced, and nothing is told of it then.
 * Wrong passwords are counted, and made to wait, together with those of auth.login: a dialect passes `why` on and counts nothing itself.
 *
 *  PLAIN           the account's password; where it has a second factor: an app password (auth.app_password); a bot's key
 *  EXTERNAL        the TLS client certificate of the session (auth.certificate_add)
 *  SCRAM-SHA-256   the account's password, if its keys are kept (`scram` of auth.password) and it has no second factor
 *  OAUTHBEARER     an access token, or a bot's key */
#ifndef WHIPLY_SASL_H
#define WHIPLY_SASL_H

#include <whiply/host.h>

enum {
	WH_SASL_VERSION = 1,
	WH_SASL_MESSAGE = 4096,		/**< longest message of a client, decoded */
	WH_SASL_EXCHANGES = 1024,	/**< at once, of all sessions */
	WH_SASL_MS = 60000,		/**< so long the client may take for its next message */
};

enum wh_sasl_outcome {
	WH_SASL_CHALLENGE = 1,	/**< send `bytes`, and wait for the client's next message */
	WH_SASL_DONE,		/**< the session is an account's; the exchange is over */
	WH_SASL_FAILED,		/**< it is not; the exchange is over */
};

/** What a step came to. Borrowed until `done` returns. */
struct wh_sasl_answer {
	enum wh_sasl_outcome what;
	struct wh_str bytes;	/**< of a challenge; may be empty */
	enum wh_err err;	/**< of a failure: WH_EAUTH: who or what was shown is wrong; WH_EPERM: it is right, but not enough; WH_EFAST; WH_ETIME; … */
	struct wh_str why;	/**< of a failure: a sentence for the person */
	int64_t retry_ms;	/**< of a failure: 0, or when to try again */
};

/** `session` is its id: the session may be gone. */
typedef void wh_sasl_done(void *self, uint64_t cookie, wh_id session, const struct wh_sasl_answer *answer);

struct wh_sasl;

struct wh_sasl_ops {
	/** The names of what this session may use, with commas between: "PLAIN,EXTERNAL,OAUTHBEARER". A constant. */
	struct wh_str (*mechanisms)(struct wh_sasl *sasl, struct wh_session *s);

	/** Begins an exchange. WH_ENOTSUP: there is no such mechanism; WH_ESTATE: the session has one under way; WH_EFULL, WH_ENOMEM. */
	enum wh_err (*start)(struct wh_sasl *sasl, struct wh_session *s, struct wh_str mechanism, wh_sasl_done *done, void *self, uint64_t cookie);

	/** The client's next message. WH_OK: `done` is called. WH_ESTATE: there is no exchange, or its last step is still being worked on.
	 * WH_ETOOBIG: it is too long; the exchange is over, and `done` is not called. */
	enum wh_err (*step)(struct wh_sasl *sasl, struct wh_session *s, struct wh_str message);

	/** Ends the session's exchange, if it has one; `done` is not called any more, and a step that is being worked on signs
	 * nobody in. */
	void (*abort)(struct wh_sasl *sasl, struct wh_session *s);

	/** Ends all exchanges of this self; for its plugin's close. */
	void (*forget)(struct wh_sasl *sasl, void *self);
};

#endif
