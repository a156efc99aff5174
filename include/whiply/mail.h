/* Outgoing mail, as a service: name "mail" in the plugin's `needs`. What is sent waits in a bounded queue, is tried again for a while, and
 * is logged when it could not be delivered. The operator chooses how: SMTP, a command, or, for development, the log. */
#ifndef WHIPLY_MAIL_H
#define WHIPLY_MAIL_H

#include <whiply/host.h>

enum { WH_MAIL_VERSION = 1 };

struct wh_mail_letter {
	struct wh_str to;		/**< one address; checked */
	struct wh_str subject;
	struct wh_str text;		/**< plain UTF-8 */
};

struct wh_mail;

struct wh_mail_ops {
	/** Copies the letter. WH_EINVAL: no address; WH_EFULL: too many wait; WH_EFAST: that address got
	 * enough letters lately; WH_ETOOBIG. WH_OK: it will be tried. */
	enum wh_err (*send)(struct wh_mail *mail, const struct wh_mail_letter *letter);
};

#endif
