/* Notices for operators, as a service: name "notices" (or "?notices") in the plugin's `needs`. A notice is a line about what happened, of a
 * topic that operators watch or not; it is not kept. What must be accountable belongs into the audit log as well. */
#ifndef WHIPLY_NOTICES_H
#define WHIPLY_NOTICES_H

#include <whiply/host.h>

enum { WH_NOTICES_VERSION = 1, WH_NOTICE_TEXT = 400 /* bytes; the rest is cut off */ };

enum wh_topic {
	WH_TOPIC_CONNECTIONS,	/**< who comes and goes */
	WH_TOPIC_KILLS,
	WH_TOPIC_BANS,
	WH_TOPIC_FLOODS,	/**< throttles and floods */
	WH_TOPIC_ACCOUNTS,
	WH_TOPIC_PLUGINS,	/**< plugins and processes that ended, began, or were set aside */
	WH_TOPIC_MODERATION,
	WH_TOPIC_CONFIG,
	WH_TOPICS
};

struct wh_notices;

struct wh_notices_ops {
	/** Tells those who watch the topic. */
	void (*tell)(struct wh_notices *notices, enum wh_topic topic, struct wh_str text);
};

/** What a plugin keeps of the service. Zero it; wh_notices_find fills it in. */
struct wh_notifier {
	const struct wh_notices_ops *ops;	/* NULL: there is none */
	struct wh_notices *self;
};

/** Called in open. */
static inline void
wh_notices_find(const struct wh_host *h, struct wh_notifier *out)
{
	void *self = NULL;

	out->ops = h->ops->service_find(h, "notices", WH_NOTICES_VERSION, &self);
	out->self = self;
}

/** Tells those who watch the topic, if the service is there at all. */
static inline void
wh_notice(const struct wh_notifier *n, enum wh_topic topic, struct wh_str text)
{
	if (n->ops != NULL)
		n->ops->tell(n->self, topic, text);
}

#endif
