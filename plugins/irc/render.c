/* Entries and events as lines. What a client of some accent is told is put together once for all of that accent; who is told does not
 * matter, so nothing here depends on it. A message of several lines is several lines here too, within a batch for who knows that. */
#include <stdarg.h>
#include <stdio.h>

#include "irc.h"

enum { TAGS_ROOM = 700, LINE_ROOM = TAGS_ROOM + IRC_LINE + 8 };

/* Lines into what the host sends. */
struct render_sink {
	struct irc_sink sink;
	struct wh_out *out;
	bool filled;
};

static void
render_line(struct irc_sink *sink, const char *text, size_t n)
{
	struct render_sink *r = (struct render_sink *)(void *)sink;

	if (r->filled)
		wh_out_text(r->out, "\n");
	wh_out_put(r->out, (struct wh_str){ text, n });
	r->filled = true;
}

struct writing {
	struct irc *irc;
	const struct irc_message *m;
	uint32_t caps;
	const char *batch;
	struct irc_sink *sink;
	char source[160], target[IRC_CHANNEL + 3];
};

static size_t
tag_add(char *tags, size_t n, const char *key, struct wh_str value)
{
	char escaped[300];

	if (value.n == 0 || n + value.n * 2 + 40 > TAGS_ROOM)
		return n;
	tag_escape(value, escaped, sizeof escaped);
	return n + (size_t)snprintf(tags + n, TAGS_ROOM - n, "%s%s=%s", n != 0 ? ";" : "@", key, escaped);
}

/* "@time=…;msgid=… ", or nothing. `more` has further tags, which need message-tags. */
static void
tags_put(const struct writing *w, const char *batch, bool with_id, const char *more_key, struct wh_str more, const char *flag, char out[static TAGS_ROOM])
{
	const struct irc_person *p = person_by_id(w->irc, w->m->who);
	char time[32], account[IRC_NICK + 1], context[IRC_CHANNEL + 2] = "";
	size_t n = 0;

	if (w->m->context.n != 0)
		room_show(w->m->context, context);
	out[0] = '\0';
	if (batch != NULL)
		n = tag_add(out, n, "batch", wh_str(batch));
	if ((w->caps & CAP_SERVER_TIME) != 0 && w->m->time != 0) {
		time_show(w->m->time, time);
		n = tag_add(out, n, "time", wh_str(time));
	}
	if ((w->caps & CAP_ACCOUNT_TAG) != 0 && w->m->relay.n == 0 && ((p != NULL && p->account) || (w->m->who.n != 0 && w->m->who.p[0] == 'a'))) {
		nick_show(w->m->from, account);
		n = tag_add(out, n, "account", wh_str(account));
	}
	if ((w->caps & CAP_MESSAGE_TAGS) != 0) {
		if (p != NULL && person_is_bot(w->irc, p))
			n += (size_t)snprintf(out + n, TAGS_ROOM - n, "%sbot", n != 0 ? ";" : "@");
		if (with_id)
			n = tag_add(out, n, "msgid", w->m->id);
		if ((w->caps & CAP_RELAYMSG) != 0)
			n = tag_add(out, n, "draft/relaymsg", w->m->relay);
		/* What clients tag stands behind what the server does. */
		if (with_id) {
			n = tag_add(out, n, "+draft/reply", w->m->reply);
			n = tag_add(out, n, "+reply", w->m->reply);
			n = tag_add(out, n, "+draft/channel-context", wh_str(context));
			n = tag_add(out, n, "+channel-context", wh_str(context));
		}
		if (more_key != NULL)
			n = tag_add(out, n, more_key, more);
	}
	if (flag != NULL)
		n += (size_t)snprintf(out + n, TAGS_ROOM - n, "%s%s", n != 0 ? ";" : "@", flag);
	if (n != 0)
		snprintf(out + n, TAGS_ROOM - n, " ");
}

static void
line_put(const struct writing *w, const char *tags, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
line_put(const struct writing *w, const char *tags, const char *fmt, ...)
{
	char line[LINE_ROOM];
	size_t n_tags = (size_t)snprintf(line, sizeof line, "%s", tags), n;
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + n_tags, sizeof line - n_tags, fmt, args);
	va_end(args);
	n = strlen(line);
	if (n - n_tags > IRC_LINE - 2) {
		n = n_tags + IRC_LINE - 2;
		while (n > n_tags && ((unsigned char)line[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = n_tags; i < n; i++)
		if (line[i] == '\n' || line[i] == '\r')
			line[i] = ' ';
	w->sink->line(w->sink, line, n);
}

/* A message's words, in pieces that fit a line each. */

static void
pieces_put(const struct writing *w, struct wh_str text, const char *verb, bool act, bool multiline)
{
	const size_t most = IRC_LINE - 2 - strlen(w->source) - strlen(verb) - strlen(w->target) - 6 - (act ? 9 : 0);
	char tags[TAGS_ROOM], batch[40];
	bool first = true;

	snprintf(batch, sizeof batch, "m%.*s", (int)(w->m->id.n < 30 ? w->m->id.n : 30), w->m->id.p != NULL ? w->m->id.p : "");
	if (multiline) {
		tags_put(w, w->batch, true, NULL, WH_STR(""), NULL, tags);
		line_put(w, tags, ":%s BATCH +%s draft/multiline %s", w->source, batch, w->target);
	}
	while (text.n != 0 || first) {
		const char *end = text.n != 0 ? memchr(text.p, '\n', text.n) : NULL;
		struct wh_str line = { text.p, end != NULL ? (size_t)(end - text.p) : text.n };
		bool joined = false;

		text = wh_str_from(text, line.n + (end != NULL));
		/* A blank line says nothing on IRC, unless it is one of a batch. */
		while (line.n != 0 || (multiline && !joined)) {
			size_t n = text_fit(line, most);

			if (multiline)
				snprintf(tags, sizeof tags, "@batch=%s%s ", batch, joined ? ";draft/multiline-concat" : "");
			else
				tags_put(w, w->batch, first, NULL, WH_STR(""), NULL, tags);
			line_put(w, tags, ":%s %s %s :%s%.*s%s", w->source, verb, w->target, act ? "\001ACTION " : "", (int)n, n != 0 ? line.p : "", act ? "\001" : "");
			line = wh_str_from(line, n);
			first = false;
			joined = true;
		}
		first = false;
	}
	if (multiline) {
		tags[0] = '\0';
		if (w->batch != NULL)
			snprintf(tags, sizeof tags, "@batch=%s ", w->batch);
		line_put(w, tags, ":%s BATCH -%s", w->source, batch);
	}
}

static void
message_put(const struct writing *w, struct wh_str text)
{
	const char *verb = w->m->notice ? "NOTICE" : "PRIVMSG";
	bool several = text.n != 0 && (memchr(text.p, '\n', text.n) != NULL || text.n > 300);

	pieces_put(w, text, verb, w->m->act, several && (w->caps & CAP_MULTILINE) != 0 && (w->caps & CAP_BATCH) != 0 && !w->m->act);
}

/* What has no line of its own is said as a message, with a word in front. */
static void
told_put(const struct writing *w, const char *word, struct wh_str text, const char *more_key, struct wh_str more)
{
	char tags[TAGS_ROOM];

	tags_put(w, w->batch, true, more_key, more, NULL, tags);
	line_put(w, tags, ":%s PRIVMSG %s :%s%.*s", w->source, w->target, word, WH_FMT(text));
}

static void
poll_put(const struct writing *w)
{
	struct wh_value options, option;
	char text[IRC_LINE];
	size_t n = (size_t)snprintf(text, sizeof text, "asks: %.*s", WH_FMT(w->m->question));
	struct wh_json_in in;
	unsigned i = 0;

	if (w->m->raw.type == WH_V_OBJECT && wh_json_get(&w->m->raw, "options", &options)) {
		in = wh_json_each(&options);
		while (wh_json_next(&in, NULL, &option) && option.type == WH_V_STR && n < sizeof text)
			n += (size_t)snprintf(text + n, sizeof text - n, " (%u) %.*s", i++, WH_FMT(option.s));
	}
	told_put(w, "", wh_str(text), NULL, WH_STR(""));
}

/* Is the letter on with these rules? `param` gets what stands behind it. Rules that an older entry does not have are as they were then. */
static bool
rule_is(const struct wh_value *rules, const struct irc_rule *r, char param[static IRC_MODE_PARAM])
{
	struct wh_value v;

	param[0] = '\0';
	if (rules->type != WH_V_OBJECT || !wh_json_get(rules, r->key, &v))
		return r->letter == 't';
	switch (r->kind) {
	case RULE_WORD:
		if (r->letter == 'k')
			snprintf(param, IRC_MODE_PARAM, " *");
		return v.type == WH_V_STR && (wh_str_is(v.s, r->on) || (r->also != NULL && wh_str_is(v.s, r->also)));
	case RULE_NOT:
		return v.type == WH_V_BOOL && !v.b;
	case RULE_PACE: {
		size_t slash = v.type == WH_V_STR && v.s.n != 0 ? strcspn(v.s.p, "/") : 0;

		if (slash == 0 || slash >= v.s.n || v.s.n >= IRC_MODE_PARAM - 2)
			return false;
		snprintf(param, IRC_MODE_PARAM, " %.*s:%.*s", (int)slash, v.s.p, (int)(v.s.n - slash - 2), v.s.p + slash + 1);
		return true;
	}
	default:
		if (v.type != WH_V_INT || v.i == 0)
			return false;
		snprintf(param, IRC_MODE_PARAM, " %lld", (long long)(r->kind == RULE_SECONDS ? (v.i + 999) / 1000 : v.i));
		return true;
	}
}

/* One letter of MODE for each rule that is not as it was. Entries that were kept without what was before show all that is. */
static void
rules_put(const struct writing *w)
{
	const struct wh_value *is = &w->m->raw;
	struct wh_value was;
	char letters[2][IRC_LETTERS] = { "", "" }, params[IRC_MODES_SHOWN] = "", now[IRC_MODE_PARAM], before[IRC_MODE_PARAM], tags[TAGS_ROOM];
	size_t n[2] = { 0, 0 }, n_params = 0;
	bool key_off = false;

	if (is->type != WH_V_OBJECT)
		return;
	if (!wh_json_get(is, "was", &was))
		was = (struct wh_value){ .type = WH_V_NULL };
	for (const struct irc_rule *r = irc_rules; r->letter != '\0'; r++) {
		bool on = rule_is(is, r, now), on_before = rule_is(&was, r, before);

		if (on && (!on_before || strcmp(now, before) != 0)) {
			letters[0][n[0]++] = r->letter;
			n_params += (size_t)snprintf(params + n_params, sizeof params - n_params, "%s", now);
		} else if (!on && on_before) {
			letters[1][n[1]++] = r->letter;
			key_off |= r->letter == 'k';
		}
	}
	if (n[0] + n[1] == 0)
		return;
	tags_put(w, w->batch, true, NULL, WH_STR(""), NULL, tags);
	line_put(w, tags, ":%s MODE %s %s%s%s%s%s%s", w->source, w->target, n[0] != 0 ? "+" : "", letters[0], n[1] != 0 ? "-" : "", letters[1], params,
	    key_off ? " *" : "");
}

static void
reaction_put(const struct writing *w, const char *key)
{
	char tags[TAGS_ROOM], more[TAGS_ROOM / 2], emoji[160], target[80];

	if ((w->caps & CAP_MESSAGE_TAGS) == 0)
		return;
	tag_escape(w->m->emoji, emoji, sizeof emoji);
	tag_escape(w->m->target, target, sizeof target);
	snprintf(more, sizeof more, "+draft/reply=%s;+reply=%s;%s=%s", target, target, key, emoji);
	tags_put(w, w->batch, true, NULL, WH_STR(""), more, tags);
	line_put(w, tags, ":%s TAGMSG %s", w->source, w->target);
}

bool
render_message(struct irc *irc, const struct irc_message *m, uint32_t caps, const char *batch, struct irc_sink *sink)
{
	struct writing w = { .irc = irc, .m = m, .caps = caps, .batch = batch, .sink = sink };
	const struct irc_person *to = person_by_id(irc, m->to);
	char tags[TAGS_ROOM];

	if (m->relay.n != 0) {
		char nick[IRC_RELAYED + 1];

		text_flat(m->from, nick, sizeof nick);
		snprintf(w.source, sizeof w.source, "%s!relay@%s", nick, irc->name);
	} else if (m->past) {
		char nick[IRC_NICK + 1], host[IRC_HOST + 1];
		const char *user;

		source_parts(irc, m->from, m->who, nick, &user, host);
		nick_show(m->from, nick);
		snprintf(w.source, sizeof w.source, "%s!%s@%s", nick, user, host);
	} else {
		source_of(irc, m->from, m->who, w.source);
	}
	if (to != NULL)
		memcpy(w.target, to->nick, sizeof to->nick);
	else if (m->to_name.n != 0)
		nick_show(m->to_name, w.target);
	else
		room_show(m->room, w.target + (m->status != '\0'));
	if (m->status != '\0')
		w.target[0] = m->status;
	if (wh_str_is(m->event, "chat.message")) {
		if (m->redacted)
			return false;
		message_put(&w, m->text);
	} else if (wh_str_is(m->event, "chat.edited")) {
		told_put(&w, "[edited] ", m->text, "+draft/reply", m->target);
	} else if (wh_str_is(m->event, "chat.restored")) {
		told_put(&w, "[restored] ", m->text, "+draft/reply", m->target);
	} else if (wh_str_is(m->event, "chat.redacted")) {
		if ((caps & CAP_REDACTION) == 0)
			return false;
		tags_put(&w, batch, true, NULL, WH_STR(""), NULL, tags);
		line_put(&w, tags, ":%s REDACT %s %.*s%s%.*s", w.source, w.target, WH_FMT(m->target), m->reason.n != 0 ? " :" : "", WH_FMT(m->reason));
	} else if (wh_str_is(m->event, "chat.reacted")) {
		reaction_put(&w, "+draft/react");
	} else if (wh_str_is(m->event, "chat.unreacted")) {
		reaction_put(&w, "+draft/unreact");
	} else if (wh_str_is(m->event, "chat.topic")) {
		tags_put(&w, batch, true, NULL, WH_STR(""), NULL, tags);
		line_put(&w, tags, ":%s TOPIC %s :%.*s", w.source, w.target, (int)text_fit(m->topic, IRC_TOPIC), m->topic.p != NULL ? m->topic.p : "");
	} else if (wh_str_is(m->event, "chat.poll")) {
		poll_put(&w);
	} else if (wh_str_is(m->event, "chat.rules")) {
		rules_put(&w);
	} else {
		return false;
	}
	return true;
}

/* Events that are no entries */

static const struct wh_value *
item(const struct wh_event *e, const char *key)
{
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->items[i].key, key) == 0)
			return &e->items[i].value;
	return NULL;
}

static struct wh_str
item_str(const struct wh_event *e, const char *key)
{
	const struct wh_value *v = item(e, key);

	return v != NULL && v->type == WH_V_STR ? v->s : (struct wh_str){ NULL, 0 };
}

/* The tags that say of somebody. */
static void
actor_tags(const struct writing *w, struct wh_str name, struct wh_str id, char tags[static TAGS_ROOM])
{
	const struct irc_message m = { .from = name, .who = id };
	const struct writing by = { .irc = w->irc, .m = &m, .caps = w->caps };

	tags_put(&by, NULL, false, NULL, WH_STR(""), NULL, tags);
}

static void
join_put(const struct writing *w, struct wh_str name, struct wh_str id)
{
	const struct irc_person *p = person_by_id(w->irc, id);
	const struct irc_client *c = p != NULL ? person_client(w->irc, p) : NULL;
	const char *away = p != NULL ? person_away(w->irc, p) : NULL;
	char source[160], tags[TAGS_ROOM], account[IRC_NICK + 1] = "*";

	source_of(w->irc, name, id, source);
	actor_tags(w, name, id, tags);
	if (p != NULL ? p->account : id.n != 0 && id.p[0] == 'a')
		nick_show(name, account);
	if ((w->caps & CAP_EXTENDED_JOIN) != 0)
		line_put(w, tags, ":%s JOIN %s %s :%.*s", source, w->target, account, c != NULL ? (int)strlen(c->real) : (int)name.n, c != NULL ? c->real : name.p);
	else
		line_put(w, tags, ":%s JOIN %s", source, w->target);
	if ((w->caps & CAP_AWAY) != 0 && away != NULL)
		line_put(w, tags, ":%s AWAY :%s", source, away);
}

static void
part_put(const struct writing *w, struct wh_str name, struct wh_str id, struct wh_str reason)
{
	char source[160], tags[TAGS_ROOM];

	source_of(w->irc, name, id, source);
	actor_tags(w, name, id, tags);
	line_put(w, tags, ":%s PART %s%s%.*s", source, w->target, reason.n != 0 ? " :" : "", (int)text_fit(reason, IRC_KICK), reason.n != 0 ? reason.p : "");
}

static void
kick_put(const struct writing *w, struct wh_str by, struct wh_str by_id, struct wh_str name, struct wh_str id, struct wh_str reason)
{
	const struct irc_person *p = person_by_id(w->irc, id);
	char source[160], nick[IRC_NICK + 1], tags[TAGS_ROOM];

	source_of(w->irc, by, by_id, source);
	actor_tags(w, by, by_id, tags);
	nick_show(name, nick);
	line_put(w, tags, ":%s KICK %s %s :%.*s", source, w->target, p != NULL ? p->nick : nick, reason.n != 0 ? (int)text_fit(reason, IRC_KICK) : 3,
	    reason.n != 0 ? reason.p : "out");
}

static void
role_put(const struct writing *w, const struct wh_event *e, struct wh_str name, struct wh_str id)
{
	const struct irc_person *p = person_by_id(w->irc, id);
	const struct wh_value *on = item(e, "on");
	struct wh_str role = item_str(e, "role");
	char source[160], nick[IRC_NICK + 1], tags[TAGS_ROOM];

	source_of(w->irc, item_str(e, "by"), item_str(e, "by_id"), source);
	actor_tags(w, item_str(e, "by"), item_str(e, "by_id"), tags);
	nick_show(name, nick);
	line_put(w, tags, ":%s MODE %s %c%c %s", source, w->target, on == NULL || on->b ? '+' : '-',
	    role_letter(role), p != NULL ? p->nick : nick);
}

/* What ends by itself is taken off by the server. */
static void
mask_put(const struct writing *w, const struct wh_event *e)
{
	struct wh_str by = item_str(e, "by"), mask = item_str(e, "mask");
	const struct wh_value *on = item(e, "on");
	char source[160];

	if (by.n != 0)
		source_of(w->irc, by, item_str(e, "by_id"), source);
	else
		snprintf(source, sizeof source, "%s", w->irc->name);
	line_put(w, "", ":%s MODE %s %c%c %.*s", source, w->target, on == NULL || on->b ? '+' : '-', mask_letter(item_str(e, "kind")), WH_FMT(mask));
}

static bool
aside_put(const struct writing *w, const struct wh_event *e)
{
	const struct wh_value *time = item(e, "time"), *act = item(e, "act"), *notice = item(e, "notice");
	const struct irc_message m = { .event = WH_STR("chat.message"), .room = item_str(e, "room"), .from = item_str(e, "from"), .who = item_str(e, "who"),
		.text = item_str(e, "text"), .time = time != NULL ? time->i : 0, .act = act != NULL && act->b, .notice = notice != NULL && notice->b,
		.status = role_prefix(item_str(e, "rank")) };

	return render_message(w->irc, &m, w->caps, NULL, w->sink);
}

static void
crowd_put(struct writing *w, const struct wh_event *e, const char *key, bool came)
{
	const struct wh_value *list = item(e, key);
	struct wh_value all, one, who, name;
	struct wh_json_in in;

	if (list == NULL || wh_json_read_text(w->irc->host, list->raw, &all) != WH_OK)
		return;
	in = wh_json_each(&all);
	while (wh_json_next(&in, NULL, &one))
		if (wh_json_get(&one, "who", &who) && wh_json_get(&one, "name", &name)) {
			if (came)
				join_put(w, name.s, who.s);
			else
				part_put(w, name.s, who.s, WH_STR(""));
		}
}

/* What moderation tells a person, or a room: a notice of the server, or a standard reply where the client knows those. */
static bool
moderation_put(struct writing *w, const struct wh_event *e, struct wh_str room)
{
	const struct irc_person *to = person_by_id(w->irc, item_str(e, "to"));
	const char *nick = to != NULL ? to->nick : "*", *what = e->name + strlen("moderation.");
	const struct wh_value *slow = item(e, "slow"), *registered = item(e, "registered_only"), *lockdown = item(e, "lockdown"), *on = item(e, "on");
	struct wh_str text = item_str(e, "text"), kind = item_str(e, "kind");

	if (strcmp(what, "notice") == 0 && (w->caps & CAP_STANDARD) != 0)
		line_put(w, "", ":%s WARN MODERATION %.*s %.*s :%.*s", w->irc->name, WH_FMT(kind), WH_FMT(item_str(e, "action")), WH_FMT(text));
	else if (strcmp(what, "notice") == 0 || strcmp(what, "answer") == 0)
		line_put(w, "", ":%s NOTICE %s :%.*s", w->irc->name, nick, WH_FMT(text));
	else if (strcmp(what, "room") == 0 && slow != NULL && registered != NULL && lockdown != NULL)
		line_put(w, "", ":%s NOTICE %s :For now: %s%s%s%s", w->irc->name, w->target, lockdown->b ? "locked, only those with a voice may speak; " : "",
		    registered->b ? "for accounts only; " : "", slow->i != 0 ? "slow mode; " : "", !lockdown->b && !registered->b && slow->i == 0 ? "all may speak as usual" : "");
	else if (strcmp(what, "queued") == 0)
		line_put(w, "", ":%s NOTICE * :For moderators: %.*s%s%s, %.*s %.*s", w->irc->name, WH_FMT(kind), room.n != 0 ? " in " : "", room.n != 0 ? w->target : "",
		    WH_FMT(item_str(e, "name")), WH_FMT(item_str(e, "reason")));
	else if (strcmp(what, "raid") == 0 && on != NULL)
		line_put(w, "", ":%s NOTICE * :For moderators: raid mode of %s is %s", w->irc->name, w->target, on->b ? "on" : "off");
	else
		return false;
	return true;
}

static bool
render_event(struct irc *irc, const struct wh_event *e, uint32_t caps, struct irc_sink *sink)
{
	const struct irc_message m = { .room = item_str(e, "room") };
	struct writing w = { .irc = irc, .m = &m, .caps = caps, .sink = sink };
	struct wh_str who = item_str(e, "who"), name = item_str(e, "name"), by = item_str(e, "by"), reason = item_str(e, "reason");
	const struct wh_value *on = item(e, "on");

	room_show(m.room, w.target);
	if (strcmp(e->name, "chat.joined") == 0) {
		join_put(&w, name, who);
	} else if (strcmp(e->name, "chat.left") == 0) {
		if (by.n != 0)
			kick_put(&w, by, item_str(e, "by_id"), name, who, reason);
		else if (irc->ending == NULL || !wh_str_is(who, irc->ending))
			part_put(&w, name, who, reason);
		else
			return false;
	} else if (strcmp(e->name, "chat.sent_out") == 0) {
		kick_put(&w, by, item_str(e, "by_id"), name, who, reason);
	} else if (strcmp(e->name, "chat.role") == 0) {
		role_put(&w, e, name, who);
	} else if (strcmp(e->name, "chat.mask") == 0) {
		mask_put(&w, e);
	} else if (strcmp(e->name, "chat.aside") == 0) {
		return aside_put(&w, e);
	} else if (strcmp(e->name, "chat.members") == 0) {
		crowd_put(&w, e, "joined", true);
		crowd_put(&w, e, "left", false);
	} else if (strcmp(e->name, "chat.typing") == 0) {
		const struct irc_person *to = person_by_id(irc, item_str(e, "to"));
		const struct irc_message typing = { .from = name, .who = who };
		char source[160], tags[TAGS_ROOM];

		if ((caps & CAP_MESSAGE_TAGS) == 0)
			return false;
		w.m = &typing;
		source_of(irc, name, who, source);
		tags_put(&w, NULL, false, NULL, WH_STR(""), on != NULL && on->b ? "+typing=active" : "+typing=done", tags);
		line_put(&w, tags, ":%s TAGMSG %s", source, to != NULL ? to->nick : w.target);
	} else if (strcmp(e->name, "chat.marked") == 0) {
		const struct wh_value *time = item(e, "time");
		char when[32];

		if ((caps & CAP_MARK) == 0 || time == NULL || m.room.n == 0)
			return false;
		time_show(time->i, when);
		line_put(&w, "", ":%s MARKREAD %s timestamp=%s", irc->name, m.room.p[0] == '@' ? w.target + 2 : m.room.p[0] == '#' ? w.target + 1 : w.target,
		    when);
	} else if (strcmp(e->name, "chat.away") == 0) {
		const struct wh_value *away = item(e, "away");
		char source[160];

		if ((caps & CAP_AWAY) == 0)
			return false;
		source_of(irc, name, who, source);
		line_put(&w, "", away != NULL && away->b ? ":%s AWAY :" IRC_GONE : ":%s AWAY", source);
	} else if (strcmp(e->name, "chat.invited") == 0) {
		const struct irc_person *to = person_by_id(irc, item_str(e, "to"));
		char source[160], tags[TAGS_ROOM];

		source_of(irc, item_str(e, "from"), item_str(e, "who"), source);
		actor_tags(&w, item_str(e, "from"), item_str(e, "who"), tags);
		line_put(&w, tags, ":%s INVITE %s %s", source, to != NULL ? to->nick : "*", w.target);
	} else if (strncmp(e->name, "moderation.", strlen("moderation.")) == 0) {
		return moderation_put(&w, e, m.room);
	} else {
		return false;
	}
	return true;
}

enum wh_err
irc_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	struct irc *irc = self;
	struct render_sink sink = { { render_line }, out, false };
	const struct wh_value *time = item(e, "time"), *act = item(e, "act"), *notice = item(e, "notice"), *raw = item(e, "poll");
	struct wh_value read;
	struct irc_message m;

	if (oper_render(irc, e, &sink.sink))
		return sink.filled ? WH_OK : WH_ENOTSUP;
	if (item(e, "id") != NULL) {
		m = (struct irc_message){
			.event = wh_str(e->name), .room = item_str(e, "room"), .id = item_str(e, "id"), .from = item_str(e, "from"), .who = item_str(e, "who"),
			.text = item_str(e, "text"), .emoji = item_str(e, "emoji"), .reason = item_str(e, "reason"), .topic = item_str(e, "topic"),
			.question = item_str(e, "question"), .reply = item_str(e, "reply"), .context = item_str(e, "context"), .relay = item_str(e, "relay"), .target = item_str(e, "target"), .to = item_str(e, "to"),
			.to_name = item_str(e, "to_name"), .time = time != NULL ? time->i : 0, .act = act != NULL && act->b, .notice = notice != NULL && notice->b,
		};
		if (raw == NULL)
			raw = item(e, "rules");
		if (raw != NULL && wh_json_read_text(irc->host, raw->raw, &read) == WH_OK)
			m.raw = read;
		return render_message(irc, &m, accent, NULL, &sink.sink) && sink.filled ? WH_OK : WH_ENOTSUP;
	}
	return render_event(irc, e, accent, &sink.sink) && sink.filled ? WH_OK : WH_ENOTSUP;
}

/* Where a member of an entry goes that is a text. */
static const struct {
	struct wh_str key;
	size_t at;
} message_texts[] = {
#define TEXT(member) { { #member, sizeof #member - 1 }, offsetof(struct irc_message, member) }
	TEXT(event), TEXT(room), TEXT(id), TEXT(from), TEXT(who), TEXT(text), TEXT(emoji), TEXT(reason), TEXT(topic), TEXT(question), TEXT(reply),
	TEXT(context), TEXT(relay), TEXT(target), TEXT(to), TEXT(to_name),
#undef TEXT
};

static void
message_text(struct irc_message *m, struct wh_str key, struct wh_str text)
{
	for (size_t i = 0; i < sizeof message_texts / sizeof message_texts[0]; i++)
		if (wh_str_eq(key, message_texts[i].key)) {
			*(struct wh_str *)((char *)m + message_texts[i].at) = text;
			return;
		}
}

/* Once through, and not once for each member: a page of history has a hundred entries. */
void
message_read(const struct wh_value *o, struct irc_message *m)
{
	struct wh_json_in in = wh_json_each(o);
	struct wh_str key;
	struct wh_value v;

	*m = (struct irc_message){ 0 };
	while (wh_json_next(&in, &key, &v)) {
		if (v.type == WH_V_STR)
			message_text(m, key, v.s);
		else if (wh_str_is(key, "time"))
			m->time = v.type == WH_V_INT ? v.i : 0;
		else if (wh_str_is(key, "act"))
			m->act = v.b;
		else if (wh_str_is(key, "notice"))
			m->notice = v.b;
		else if (wh_str_is(key, "redacted"))
			m->redacted = v.b;
		else if (wh_str_is(key, "poll") || wh_str_is(key, "rules"))
			m->raw = v;
	}
}
