/* notices: operators are told what happens, by topic. Nothing is kept: who watches is told, in their dialect, and a topic that has too much to tell
 * says how much more there was. What a session watches stands in its papers, so that it outlives the hub. */
#include <stdio.h>

#include <whiply/notices.h>
#include <whiply/whiply.h>

enum {
	WATCHERS = 1024,	/* sessions that watch something */
	TICK_MS = 5000,		/* when it is told what was left out */
	ALL = (1 << WH_TOPICS) - 1,
};

static const char *const topics[WH_TOPICS] = { "connections", "kills", "bans", "floods", "accounts", "plugins", "moderation", "config" };

enum { M_TOLD, M_DROPPED, M_WATCHERS, M_END };

static const struct wh_metric notices_metrics[] = {
	[M_TOLD] = { "whiply_notices_total", WH_COUNTER, .help = "Notices.", .label = "topic" },
	[M_DROPPED] = { "whiply_notices_dropped_total", WH_COUNTER, .help = "Notices that were above a topic's rate.", .label = "topic" },
	[M_WATCHERS] = { "whiply_notices_watchers", WH_GAUGE, .help = "Sessions that watch." },
	[M_END] = { 0 }
};

struct topic {
	double left;
	int64_t at;
	uint64_t dropped;
};

struct notices {
	const struct wh_host *host;
	struct wh_slot *slot;		/* uint32_t: a bit for each topic */
	struct topic topics[WH_TOPICS];
	struct wh_rate rate;
	bool connections;
	bool recovered;
	wh_id watchers[WATCHERS];
	size_t n_watchers;
	uint32_t any;			/* what somebody watches, at least */
	wh_id tick;
};

static uint32_t *
watched(struct notices *x, struct wh_session *s)
{
	return wh_slot_of(x->host, s, x->slot);
}

/* Tells */

static void
send(struct notices *x, enum wh_topic topic, struct wh_str text)
{
	const struct wh_item items[] = { WH_ITEM_STR("topic", wh_str(topics[topic])), WH_ITEM_STR("text", text), WH_ITEM_INT("time", wh_wall_ms(x->host)) };
	const struct wh_event event = { "notices.notice", items, 3 };
	size_t kept = 0;
	uint32_t any = 0;

	for (size_t i = 0; i < x->n_watchers; i++) {
		struct wh_session *s = wh_session_get(x->host, x->watchers[i]);
		uint32_t bits = s != NULL ? *watched(x, s) : 0;

		if (bits == 0)
			continue;
		x->watchers[kept++] = x->watchers[i];
		any |= bits;
		/* Whoever is no operator any more hears no more. */
		if ((bits & 1u << topic) != 0 && wh_session_may(x->host, s, "notices.watch"))
			wh_session_notify(x->host, s, &event);
	}
	x->n_watchers = kept;
	x->any = any;
	wh_metric_set(x->host, &notices_metrics[M_WATCHERS], (int64_t)kept);
}

static bool
take(struct notices *x, struct topic *t)
{
	int64_t now = wh_now_ms(x->host);

	if (x->rate.per_ms > 0)
		t->left += (double)(now - t->at) * x->rate.count / (double)x->rate.per_ms;
	if (t->left > x->rate.burst)
		t->left = x->rate.burst;
	t->at = now;
	if (t->left < 1 || t->dropped != 0) {
		t->dropped++;
		return false;
	}
	t->left--;
	return true;
}

static void
tell(struct notices *x, enum wh_topic topic, struct wh_str text)
{
	char flat[WH_NOTICE_TEXT + 1];
	size_t n = text.n < WH_NOTICE_TEXT ? text.n : WH_NOTICE_TEXT;

	if ((unsigned)topic >= WH_TOPICS || (x->any & 1u << topic) == 0)
		return;
	if (!take(x, &x->topics[topic])) {
		wh_metric_add_for(x->host, &notices_metrics[M_DROPPED], wh_str(topics[topic]), 1);
		return;
	}
	while (n > 0 && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		flat[i] = (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f ? ' ' : text.p[i];
	wh_metric_add_for(x->host, &notices_metrics[M_TOLD], wh_str(topics[topic]), 1);
	send(x, topic, (struct wh_str){ flat, n });
}

static void
notices_tell(struct wh_notices *notices, enum wh_topic topic, struct wh_str text)
{
	tell((struct notices *)(void *)notices, topic, text);
}

static void
notices_tick(void *self, uint64_t cookie)
{
	struct notices *x = self;
	char text[64];

	(void)cookie;
	for (unsigned i = 0; i < WH_TOPICS; i++) {
		uint64_t more = x->topics[i].dropped;

		if (more == 0)
			continue;
		x->topics[i].dropped = 0;
		snprintf(text, sizeof text, "and %llu more", (unsigned long long)more);
		send(x, (enum wh_topic)i, wh_str(text));
	}
}

/* What is watched */

static bool
watch(struct notices *x, struct wh_session *s, uint32_t bits)
{
	uint32_t *mine = watched(x, s);
	wh_id id = wh_session_id(x->host, s);
	size_t i = 0;

	while (i < x->n_watchers && x->watchers[i] != id)
		i++;
	if (i == x->n_watchers && bits != 0) {
		if (x->n_watchers == WATCHERS)
			return false;
		x->watchers[x->n_watchers++] = id;
	}
	if (*mine != bits)
		wh_session_changed(x->host, s);
	*mine = bits;
	x->any |= bits;
	wh_metric_set(x->host, &notices_metrics[M_WATCHERS], (int64_t)x->n_watchers);
	return true;
}

/* Names with blanks or commas between; false: one is none. */
static bool
topics_read(struct wh_str text, uint32_t *bits_out)
{
	*bits_out = 0;
	while (text.n != 0) {
		struct wh_str word = { text.p, 0 };
		unsigned i = 0;

		while (word.n < text.n && text.p[word.n] != ' ' && text.p[word.n] != ',')
			word.n++;
		text = wh_str_from(text, word.n + 1);
		if (word.n == 0)
			continue;
		if (wh_str_is(word, "all")) {
			*bits_out = ALL;
			continue;
		}
		while (i < WH_TOPICS && !wh_str_is(word, topics[i]))
			i++;
		if (i == WH_TOPICS)
			return false;
		*bits_out |= 1u << i;
	}
	return true;
}

static enum wh_err
answer(struct notices *x, struct wh_call *call, bool add)
{
	struct wh_session *s = wh_call_session(call);
	uint32_t bits, now = *watched(x, s);
	struct wh_json *w;

	if (!topics_read(wh_arg_str(call, "topics"), &bits))
		return wh_fail(call, WH_EINVAL, "there are these topics: connections, kills, bans, floods, accounts, plugins, moderation, config; or all");
	if (wh_call_request(call) != NULL || wh_session_dialect(x->host, s)[0] == '\0')
		return wh_fail(call, WH_ESTATE, "only a client that stays connected can be told");
	now = add ? now | bits : now & ~bits;
	if (!watch(x, s, now))
		return wh_fail(call, WH_EFULL, "too many watch already");
	w = wh_reply(call);
	wh_json_array(w, "topics");
	for (unsigned i = 0; i < WH_TOPICS; i++)
		if ((now & 1u << i) != 0)
			wh_json_text(w, NULL, topics[i]);
	wh_json_end(w);
	return WH_OK;
}

static enum wh_err
notices_watch(void *self, struct wh_call *call)
{
	return answer(self, call, true);
}

static enum wh_err
notices_unwatch(void *self, struct wh_call *call)
{
	return answer(self, call, false);
}

/* Where notices come from, besides other plugins */

static enum wh_verdict
notices_presence(void *self, struct wh_presence *p)
{
	struct notices *x = self;
	const struct wh_identity *who;
	char text[WH_NOTICE_TEXT];
	const char *what = p->what == WH_OPENED ? "came" : p->what == WH_IDENTIFIED ? "is known" : p->what == WH_ENDED ? "left" : NULL;

	if (what == NULL || !x->connections || (x->any & 1u << WH_TOPIC_CONNECTIONS) == 0)
		return WH_PASS;
	who = wh_session_identity(x->host, p->session);
	snprintf(text, sizeof text, "%.*s %s%s, from %.*s, %s", WH_FMT(who->name), what, who->kind == WH_ACCOUNT ? " (account)" : "",
	    WH_FMT(wh_session_address(x->host, p->session)), wh_session_dialect(x->host, p->session));
	tell(x, WH_TOPIC_CONNECTIONS, wh_str(text));
	return WH_PASS;
}

/* The bans plugin tells of its own; arguments may hold what is nobody else's, and are not told. */
static bool
audit_topic(struct wh_str action, enum wh_topic *out)
{
	static const struct {
		const char *prefix;
		enum wh_topic topic;
	} of[] = {
		{ "auth.", WH_TOPIC_ACCOUNTS }, { "moderation.", WH_TOPIC_MODERATION }, { "chat.", WH_TOPIC_MODERATION }, { "match.", WH_TOPIC_MODERATION },
		{ "session.close", WH_TOPIC_KILLS }, { "server.reload", WH_TOPIC_CONFIG }, { "server.log", WH_TOPIC_CONFIG }, { "server.", WH_TOPIC_PLUGINS },
	};

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
		if (wh_str_starts(action, wh_str(of[i].prefix))) {
			*out = of[i].topic;
			return true;
		}
	return false;
}

static enum wh_verdict
notices_audit(void *self, struct wh_audit *a)
{
	struct notices *x = self;
	char text[WH_NOTICE_TEXT];
	enum wh_topic topic;

	if (!audit_topic(a->action, &topic))
		return WH_PASS;
	snprintf(text, sizeof text, "%.*s: %.*s%s", a->who != NULL ? (int)a->who->name.n : 0, a->who != NULL ? a->who->name.p : "", WH_FMT(a->action),
	    a->outcome != WH_OK ? ", refused" : "");
	tell(x, topic, wh_str(text));
	return WH_PASS;
}

static enum wh_verdict
notices_save(void *self, struct wh_papers *p)
{
	const uint32_t *bits = watched(self, p->session);

	if (*bits != 0)
		wh_out_fmt(p->save, "%x", (unsigned)*bits);
	return WH_PASS;
}

static enum wh_verdict
notices_load(void *self, struct wh_papers *p)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < p->load.n && i < 8; i++) {
		char c = p->load.p[i];

		bits = bits << 4 | (uint32_t)(c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0);
	}
	watch(self, p->session, bits & ALL);
	return WH_PASS;
}

static enum wh_verdict
notices_recovered(void *self, struct wh_recovered *r)
{
	struct notices *x = self;

	(void)r;
	if (!x->recovered)
		tell(x, WH_TOPIC_PLUGINS, WH_STR("the hub was replaced; everybody is still here"));
	x->recovered = true;
	return WH_PASS;
}

static bool
find_each(void *self, struct wh_session *s)
{
	struct notices *x = self;

	watch(x, s, *watched(x, s));
	return true;
}

static enum wh_err
notices_reload(void *self, const struct wh_conf *conf)
{
	struct notices *x = self;

	x->rate = wh_conf_rate(conf, "rate");
	x->connections = wh_conf_bool(conf, "connections");
	tell(x, WH_TOPIC_CONFIG, WH_STR("the config was read anew"));
	return WH_OK;
}

static void
notices_close(void *self)
{
	struct notices *x = self;

	wh_timer_stop(x->host, x->tick);
	wh_delete(x->host, x);
}

static enum wh_err
notices_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct notices *x = wh_new(host, sizeof *x);

	if (x == NULL)
		return WH_ENOMEM;
	x->host = host;
	x->slot = wh_session_slot(host, "notices.topics", sizeof(uint32_t));
	if (x->slot == NULL) {
		wh_delete(host, x);
		return WH_ENOMEM;
	}
	notices_reload(x, conf);
	for (unsigned i = 0; i < WH_TOPICS; i++)
		x->topics[i] = (struct topic){ .left = x->rate.burst, .at = wh_now_ms(host) };
	/* After a reload of the plugin: slots are as they were. */
	wh_session_each(host, find_each, x);
	x->tick = wh_timer_start(host, TICK_MS, TICK_MS, notices_tick, 0);
	*self_out = x;
	return WH_OK;
}

static const struct wh_setting notices_settings[] = {
	{ "rate", WH_RATE, .def = "5/s burst 50", .help = "notices of one topic; of more it is told how many there were" },
	{ "connections", WH_BOOL, .def = "true", .help = "tell who comes, goes and signs in to those who watch connections" },
	{ 0 }
};

static const struct wh_field topic_fields[] = {
	{ "topics", WH_F_TEXT, .max = 200, .help = "connections, kills, bans, floods, accounts, plugins, moderation, config; several with blanks between, or all" },
	{ 0 }
};

static const struct wh_command notices_commands[] = {
	{ "notices.watch", topic_fields, WH_ALLOW_ADMIN, .run = notices_watch, .help = "be told what happens, by topic" },
	{ "notices.unwatch", topic_fields, WH_ALLOW_ADMIN, .run = notices_unwatch, .help = "be told no more" },
	{ 0 }
};

static const struct wh_hook notices_hooks[] = {
	{ WH_ON_PRESENCE, .order = 90, .presence = notices_presence },
	{ WH_ON_AUDIT, .order = 90, .audit = notices_audit },
	{ WH_ON_SAVE, .order = 50, .papers = notices_save },
	{ WH_ON_LOAD, .order = 50, .papers = notices_load },
	{ WH_ON_RECOVERED, .order = 90, .recovered = notices_recovered },
	{ 0 }
};

static const struct wh_notices_ops notices_ops = { .tell = notices_tell };

static const struct wh_service notices_offers[] = {
	{ "notices", WH_NOTICES_VERSION, &notices_ops },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("notices", "1.0", "operators are told what happens"),
	.settings = notices_settings,
	.commands = notices_commands,
	.hooks = notices_hooks,
	.metrics = notices_metrics,
	.offers = notices_offers,
	.open = notices_open,
	.close = notices_close,
	.reload = notices_reload,
};
