/* What operators know from elsewhere: KLINE, DLINE, RESV and their opposites, TESTLINE, STATS, and notices by topic with MODE +s. All of it is
 * commands of the plugins bans and notices by other names; who may is said there. A network that is banned by KLINE or by DLINE is the same ban: whoever
 * comes from there is told so at once, in whatever dialect. */
#include <stdio.h>

#include "irc.h"

enum { STATS_LINES = 100, TOPICS = 8 };

/* As notices calls them. */
static const struct {
	char letter;
	const char *topic;
} letters[TOPICS] = {
	{ 'a', "accounts" }, { 'b', "bans" }, { 'c', "connections" }, { 'f', "floods" }, { 'k', "kills" }, { 'm', "moderation" }, { 'p', "plugins" }, { 'r', "config" },
};

static void
say(struct irc_client *c, const char *what, struct wh_str text)
{
	irc_say(c, ":%s NOTICE %s :%s%.*s", c->irc->name, c->nick, what, WH_FMT(text));
}

static struct wh_str
member(const struct wh_value *object, const char *key)
{
	struct wh_value v;

	return wh_json_get(object, key, &v) && v.type == WH_V_STR ? v.s : WH_STR("");
}

static int64_t
member_int(const struct wh_value *object, const char *key)
{
	struct wh_value v;

	return wh_json_get(object, key, &v) && v.type == WH_V_INT ? v.i : 0;
}

static bool
refused(struct irc_client *c, enum wh_err err, struct wh_str why)
{
	if (err == WH_EPERM)
		irc_numeric(c, 481, ":That is for operators: %.*s", WH_FMT(why));
	else if (err != WH_OK)
		say(c, "", why);
	return err != WH_OK;
}

/* Bans */

/* Minutes as of old, or with a unit: 90, 2h, 7d, 4w. */
static bool
duration_read(struct wh_str text, int64_t *ms_out)
{
	int64_t n = 0;
	size_t i = 0;

	for (; i < text.n && i < 8 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		n = n * 10 + (text.p[i] - '0');
	char unit = i + 1 == text.n ? text.p[i] : i == text.n ? 'm' : '\0';
	int64_t ms = unit == 'm' ? 60000 : unit == 'h' ? 3600000 : unit == 'd' ? 86400000 : unit == 'w' ? 604800000 : 0;

	*ms_out = n * ms;
	return i != 0 && ms != 0;
}

static bool
looks_like_network(struct wh_str text)
{
	bool sign = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '.' || c == ':')
			sign = true;
		else if (c != '/' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
			return false;
	}
	return sign;
}

/* What a mask of old means here. What people say of themselves, their user and host, proves nothing, and is no ban. */
static bool
mask_read(struct irc *irc, struct wh_str mask, struct wh_str *kind_out, struct wh_str *what_out, char address[static 64])
{
	const char *at = mask.n != 0 ? memrchr(mask.p, '@', mask.n) : NULL, *bang = mask.n != 0 ? memchr(mask.p, '!', mask.n) : NULL;
	struct wh_str host = at != NULL ? wh_str_from(mask, (size_t)(at - mask.p) + 1) : mask;
	struct wh_str before = at != NULL ? (struct wh_str){ mask.p, (size_t)(at - mask.p) } : WH_STR("*");
	const struct irc_person *p;
	struct wh_session *s = NULL;

	*what_out = host;
	if (mask.n > 3 && mask.p[0] == '$' && mask.p[1] == 'a' && mask.p[2] == ':') {
		*kind_out = WH_STR("account");
		*what_out = wh_str_from(mask, 3);
		return true;
	}
	if (bang != NULL) {
		*kind_out = WH_STR("name");
		*what_out = (struct wh_str){ mask.p, (size_t)(bang - mask.p) };
		before = wh_str_from(before, what_out->n + 1);
		return (before.n == 0 || wh_str_is(before, "*")) && wh_str_is(host, "*");
	}
	if (!wh_str_is(before, "*"))
		return false;
	*kind_out = WH_STR("network");
	if (looks_like_network(host))
		return true;
	p = at == NULL ? person_by_nick(irc, host) : NULL;
	for (size_t i = 0; p != NULL && i < p->n && s == NULL; i++)
		s = wh_session_get(irc->host, p->sessions[i]);
	if (s == NULL || wh_session_address(irc->host, s).n == 0)
		return false;
	text_flat(wh_session_address(irc->host, s), address, 64);
	*what_out = wh_str(address);
	return true;
}

static void
banned(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, ban;
	char text[IRC_LINE], until[32] = "";

	if (refused(c, err, result))
		return;
	if (wh_json_read_text(c->irc->host, result, &v) != WH_OK || !wh_json_get(&v, "ban", &ban))
		return;
	if (member_int(&ban, "until") != 0)
		time_show(member_int(&ban, "until"), until);
	snprintf(text, sizeof text, "%.*s for [%.*s %.*s]%s%s: %.*s", WH_FMT(member(&ban, "id")), WH_FMT(member(&ban, "kind")), WH_FMT(member(&ban, "what")),
	    until[0] != '\0' ? " until " : "", until, WH_FMT(member(&ban, "why")));
	say(c, strcmp(task->verb, "RESV") == 0 ? "Added RESV " : strcmp(task->verb, "DLINE") == 0 ? "Added D-Line " : "Added K-Line ", wh_str(text));
}

static void
ban(struct irc_client *c, const char *verb, struct wh_str kind, struct wh_str what, int64_t ms, struct wh_str why)
{
	struct wh_item items[4];
	struct irc_task *task = task_new(c, verb, what, WH_STR(""));
	size_t n = 0;

	if (task == NULL)
		return;
	items[n++] = WH_ITEM_STR("kind", kind);
	items[n++] = WH_ITEM_STR("what", what);
	items[n++] = WH_ITEM_STR("why", why);
	if (ms != 0)
		items[n++] = WH_ITEM_INT("for", ms);
	task->done = banned;
	task_run(task, "bans.add", items, n);
}

/* [minutes] mask [ON server] [:reason] */
static void
ban_line(struct irc *irc, struct irc_client *c, const struct irc_line *line, const char *verb)
{
	struct wh_str kind = WH_STR(""), what = WH_STR(""), why = WH_STR("No reason");
	char address[64];
	int64_t ms = 0;
	size_t i = 0;

	if (line->n > 1 && duration_read(line->params[0], &ms))
		i = 1;
	const struct wh_str mask = line->params[i++];

	if (i + 1 < line->n && same_word(line->params[i], "ON"))
		i += 2;
	if (i < line->n && line->params[i].n != 0)
		why = line->params[i];
	if (strcmp(verb, "RESV") == 0) {
		kind = is_channel(mask) ? WH_STR("room") : WH_STR("reserved");
		what = mask;
	} else if (!mask_read(irc, mask, &kind, &what, address)) {
		say(c, "", WH_STR("Write *@network, an address, $a:account, nick!*@*, or the nick of somebody who is here"));
		return;
	}
	ban(c, verb, kind, what, ms, why);
}

static void
unbanned(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	if (!refused(c, err, result))
		say(c, "Removed the ban of ", wh_str(task->target));
}

static void
unban_line(struct irc *irc, struct irc_client *c, const struct irc_line *line, const char *verb)
{
	struct wh_str mask = line->params[0], kind = WH_STR(""), what = WH_STR("");
	char address[64];
	struct irc_task *task;

	if (strcmp(verb, "UNRESV") == 0) {
		kind = is_channel(mask) ? WH_STR("room") : WH_STR("reserved");
		what = mask;
	} else if (!mask_read(irc, mask, &kind, &what, address)) {
		say(c, "", WH_STR("Write *@network, an address, $a:account or nick!*@*"));
		return;
	}
	const struct wh_item items[] = { WH_ITEM_STR("kind", kind), WH_ITEM_STR("what", what) };

	task = task_new(c, verb, mask, WH_STR(""));
	if (task == NULL)
		return;
	task->done = unbanned;
	task_run(task, "bans.remove", items, 2);
}

void
verb_kline(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	ban_line(irc, c, line, "KLINE");
}

void
verb_dline(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	ban_line(irc, c, line, "DLINE");
}

void
verb_resv(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	ban_line(irc, c, line, "RESV");
}

void
verb_unkline(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	unban_line(irc, c, line, "UNKLINE");
}

void
verb_undline(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	unban_line(irc, c, line, "UNDLINE");
}

void
verb_unresv(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	unban_line(irc, c, line, "UNRESV");
}

/* TESTLINE */

static void
tested(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, found;

	if (refused(c, err, result) || wh_json_read_text(c->irc->host, result, &v) != WH_OK)
		return;
	if (wh_json_get(&v, "ban", &found) || wh_json_get(&v, "reserved", &found) || wh_json_get(&v, "room", &found)) {
		int64_t until = member_int(&found, "until"), left = until != 0 ? (until - wh_wall_ms(c->irc->host) + 59999) / 60000 : 0;
		struct wh_str kind = member(&found, "kind"), effect = member(&found, "effect");
		char letter = wh_str_is(effect, "exempt") ? 'e' : wh_str_is(kind, "reserved") || wh_str_is(kind, "room") || wh_str_is(kind, "name") ? 'q' : 'k';

		irc_numeric(c, 725, "%c %lld %.*s :%.*s", letter, (long long)left, WH_FMT(member(&found, "what")), WH_FMT(member(&found, "why")));
	} else if (wh_str_is(member(&v, "outcome"), "pass")) {
		irc_numeric(c, 726, "%s :No matches", task->target);
	} else {
		irc_numeric(c, 725, "d 0 %.*s :%.*s", WH_FMT(member(&v, "list")), WH_FMT(member(&v, "text")));
	}
}

void
verb_testline(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	struct wh_str kind = WH_STR(""), what = WH_STR("");
	struct wh_item items[2];
	struct irc_task *task;
	char address[64];
	size_t n = 0;

	if (is_channel(line->params[0])) {
		items[n++] = WH_ITEM_STR("room", line->params[0]);
	} else if (mask_read(irc, line->params[0], &kind, &what, address)) {
		items[n++] = WH_ITEM_STR(wh_str_is(kind, "network") ? "address" : wh_str_is(kind, "account") ? "account" : "name", what);
		if (wh_str_is(what, address))
			items[n++] = WH_ITEM_STR("name", line->params[0]);
	} else {
		items[n++] = WH_ITEM_STR("name", line->params[0]);
	}
	task = task_new(c, "TESTLINE", line->params[0], WH_STR(""));
	if (task == NULL)
		return;
	task->done = tested;
	task_run(task, "bans.test", items, n);
}

/* STATS */

static void
stats_ban(struct irc_out *out, char letter, const struct wh_value *b)
{
	struct wh_str kind = member(b, "kind"), what = member(b, "what"), why = member(b, "why"), effect = member(b, "effect");
	bool name = wh_str_is(kind, "name") || wh_str_is(kind, "reserved") || wh_str_is(kind, "room"), network = wh_str_is(kind, "network");

	if (wh_str_is(effect, "exempt") != (letter == 'e'))
		return;
	if (letter == 'e')
		out_numeric(out, 223, "E %s%.*s * * :%.*s", wh_str_is(kind, "account") ? "$a:" : "", WH_FMT(what), WH_FMT(why));
	else if (letter == 'q' && name)
		out_numeric(out, 217, "Q 0 %s%.*s :%.*s", wh_str_is(kind, "room") && what.n != 0 && what.p[0] != '#' ? "#" : "", WH_FMT(what), WH_FMT(why));
	else if (letter == 'd' && network)
		out_numeric(out, 225, "D %.*s :%.*s", WH_FMT(what), WH_FMT(why));
	else if (letter == 'k' && !name)
		out_numeric(out, 216, "K %s%.*s * * :%.*s", network ? "" : wh_str_is(kind, "account") ? "$a:" : "$x:", WH_FMT(what), WH_FMT(why));
}

static void
stats_end(struct irc_out *out, char letter)
{
	out_numeric(out, 219, "%c :End of /STATS report", letter);
	out_end(out);
}

static void
stats_bans(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, list, one;
	struct wh_json_in in;
	char letter = (char)task->number;
	struct irc_out out;

	if (refused(c, err, result))
		return;
	out_begin(&out, c);
	if (wh_json_read_text(c->irc->host, result, &v) == WH_OK && wh_json_get(&v, "bans", &list)) {
		in = wh_json_each(&list);
		while (wh_json_next(&in, NULL, &one))
			stats_ban(&out, letter, &one);
		if (member_int(&v, "before") != 0)
			out_server(&out, "NOTICE %s :These are of the newest %d of %lld; bans.list tells all", c->nick, STATS_LINES, (long long)member_int(&v, "total"));
	}
	stats_end(&out, letter);
}

static bool
stats_operator(struct irc_out *out, const struct irc_person *p)
{
	const struct wh_host *h = out->irc->host;

	for (size_t i = 0; i < p->n; i++) {
		struct wh_session *s = wh_session_get(h, p->sessions[i]);

		if (s != NULL && wh_session_may(h, s, "chat.moderate")) {
			out_numeric(out, 249, "p :%s, over %s", p->nick, wh_session_dialect(h, s));
			return true;
		}
	}
	return false;
}

static void
stats_operators(struct irc_out *out)
{
	struct wh_dict_iter it = { .value = NULL };
	unsigned n = 0;

	while (n < STATS_LINES && wh_dict_next(out->irc->host, out->irc->people, &it))
		n += stats_operator(out, it.value);
	out_numeric(out, 249, "p :%u operators are here", n);
}

static void
stats_links(struct irc_out *out)
{
	int64_t now = wh_wall_ms(out->irc->host);
	unsigned n = 0;

	/* What each has sent is counted for the server, not for one. */
	for (const struct irc_client *c = out->irc->clients; c != NULL && n < STATS_LINES; c = c->next)
		if (c->welcome) {
			out_numeric(out, 211, "%s 0 0 0 0 0 :%lld", c->nick, (long long)((now - c->since) / 1000));
			n++;
		}
}

static void
stats_verb(void *self, const struct wh_sample *sample)
{
	const char *verb = strcmp(sample->name, "whiply_irc_lines_total") == 0 && sample->labels.n != 0 ? memmem(sample->labels.p, sample->labels.n, "verb=\"", 6) : NULL;
	struct wh_str word;

	if (verb == NULL)
		return;
	word = wh_str_from(sample->labels, (size_t)(verb - sample->labels.p) + 6);
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '"')
			word.n = i;
	out_numeric(self, 212, "%.*s %.0f", WH_FMT(word), sample->value);
}

static bool
stats_list(struct irc_client *c, char letter)
{
	const struct wh_item items[] = { WH_ITEM_INT("limit", STATS_LINES), WH_ITEM_STR("effect", WH_STR("exempt")) };
	struct irc_task *task = task_new(c, "STATS", WH_STR(""), WH_STR(""));

	if (task == NULL)
		return true;
	task->number = (unsigned char)letter;
	task->done = stats_bans;
	task_run(task, "bans.list", items, letter == 'e' ? 2 : 1);
	return true;
}

void
verb_stats(struct irc *irc, struct irc_client *c, const struct irc_line *line)
{
	char letter = line->n != 0 && line->params[0].n != 0 && (unsigned char)line->params[0].p[0] < 0x80 ? line->params[0].p[0] : '*';
	int64_t up = (wh_wall_ms(irc->host) - irc->started) / 1000;
	struct irc_out out;

	letter = letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
	if (strchr("dekq", letter) != NULL && stats_list(c, letter))
		return;
	if (strchr("lmp", letter) != NULL && !operator_only(c, "chat.moderate"))
		return;
	out_begin(&out, c);
	if (letter == 'u') {
		out_numeric(&out, 242, ":Server Up %lld days %lld:%02lld:%02lld", (long long)(up / 86400), (long long)(up / 3600 % 24), (long long)(up / 60 % 60),
		    (long long)(up % 60));
		out_numeric(&out, 250, ":Highest connection count: %zu", irc->most_clients);
	} else if (letter == 'o') {
		out_numeric(&out, 243, "O * * * :whoever has a role that may chat.moderate");
	} else if (letter == 'p') {
		stats_operators(&out);
	} else if (letter == 'l') {
		stats_links(&out);
	} else if (letter == 'm') {
		wh_metrics_read(irc->host, stats_verb, &out);
	}
	stats_end(&out, letter);
}

/* Notices: MODE nick +s [letters] */

static void
snomask_told(struct irc_task *task, struct irc_client *c, enum wh_err err, struct wh_str result)
{
	struct wh_value v, topics, one;
	struct wh_json_in in;
	char shown[TOPICS + 2] = "+";
	size_t n = 1;
	bool was = (c->modes & MODE_NOTICES) != 0;

	if (refused(c, err, result) || wh_json_read_text(c->irc->host, result, &v) != WH_OK || !wh_json_get(&v, "topics", &topics))
		return;
	in = wh_json_each(&topics);
	while (wh_json_next(&in, NULL, &one))
		for (unsigned i = 0; i < TOPICS; i++)
			if (one.type == WH_V_STR && wh_str_is(one.s, letters[i].topic))
				shown[n++] = letters[i].letter;
	shown[n] = '\0';
	c->modes = n > 1 ? c->modes | MODE_NOTICES : c->modes & ~(uint32_t)MODE_NOTICES;
	if (was != (n > 1)) {
		irc_say(c, ":%s MODE %s %cs", c->nick, c->nick, n > 1 ? '+' : '-');
		irc_changed(c);
	}
	if (task->number != 0)
		irc_numeric(c, 8, "%s :Server notice mask", shown);
}

static void
snomask_run(struct irc_client *c, const char *command, const char *topics, bool tell)
{
	const struct wh_item item = WH_ITEM_STR("topics", wh_str(topics));
	struct irc_task *task = task_new(c, "MODE", WH_STR(""), WH_STR(""));

	if (task == NULL)
		return;
	task->number = tell;
	task->done = snomask_told;
	task_run(task, command, &item, 1);
}

static void
snomask(struct irc_client *c, bool on, struct wh_str mask)
{
	char add[120] = "", drop[120] = "";
	bool plus = true;

	if (!on) {
		snomask_run(c, "notices.unwatch", "all", false);
		return;
	}
	for (size_t i = 0; i < mask.n; i += text_letter(mask, i).n) {
		unsigned k = 0;

		if (mask.p[i] == '+' || mask.p[i] == '-') {
			plus = mask.p[i] == '+';
			continue;
		}
		while (k < TOPICS && letters[k].letter != mask.p[i])
			k++;
		if (k == TOPICS && mask.p[i] != '*') {
			irc_numeric(c, 501, "s%.*s :There is no such topic; there are abcfkmpr", WH_FMT(text_letter(mask, i)));
			continue;
		}
		char *to = plus ? add : drop;
		const char *topic = k < TOPICS ? letters[k].topic : "all";

		if (strstr(to, topic) == NULL)
			snprintf(to + strlen(to), sizeof add - strlen(to), "%s ", topic);
	}
	if (mask.n == 0)
		snprintf(add, sizeof add, "all");
	if (add[0] != '\0' || drop[0] == '\0')
		snomask_run(c, "notices.watch", add, drop[0] == '\0');
	if (drop[0] != '\0')
		snomask_run(c, "notices.unwatch", drop, true);
}

bool
oper_modes(struct irc_client *c, const struct irc_line *line, struct irc_line *rest_out, char text[static IRC_LINE])
{
	struct wh_str modes = line->n > 1 ? line->params[1] : WH_STR("");
	bool on = true, mine = same_word(line->params[0], c->nick), wanted = false, found = false;
	size_t n = 0;

	for (size_t i = 0; mine && i < modes.n && i < IRC_LINE - 1; i++) {
		if (modes.p[i] == '+' || modes.p[i] == '-')
			on = modes.p[i] == '+';
		if (modes.p[i] == 's') {
			found = true;
			wanted = on;
		} else {
			text[n++] = modes.p[i];
		}
	}
	if (!found)
		return true;
	snomask(c, wanted, line->n > 2 ? line->params[2] : WH_STR(""));
	*rest_out = *line;
	rest_out->params[1] = (struct wh_str){ text, n };
	while (n > 0 && (text[n - 1] == '+' || text[n - 1] == '-'))
		n--;
	return n != 0;
}

void
oper_modes_told(struct irc_client *c)
{
	if ((c->modes & MODE_NOTICES) != 0)
		snomask_run(c, "notices.watch", "", true);
}

/* Events of bans and notices */

static struct wh_str
item_text(const struct wh_event *e, const char *key)
{
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->items[i].key, key) == 0 && e->items[i].value.type == WH_V_STR)
			return e->items[i].value.s;
	return WH_STR("");
}

static void
put(struct irc_sink *sink, const char *text, int n)
{
	if (n > 0)
		sink->line(sink, text, (size_t)n < IRC_LINE ? (size_t)n : IRC_LINE - 2);
}

static void
banned_numeric(const struct irc *irc, struct irc_sink *sink, struct wh_str text)
{
	char line[IRC_LINE];

	put(sink, line, snprintf(line, sizeof line - 2, ":%s 465 * :%.*s", irc->name, WH_FMT(text)));
}

bool
oper_render(const struct irc *irc, const struct wh_event *e, struct irc_sink *sink)
{
	struct wh_str text = item_text(e, "text");
	char line[IRC_LINE];

	if (strcmp(e->name, "bans.banned") == 0)
		banned_numeric(irc, sink, text);
	else if (strcmp(e->name, "bans.sign_in") == 0)
		put(sink, line, snprintf(line, sizeof line - 2, ":%s NOTICE * :*** %.*s", irc->name, WH_FMT(text)));
	else if (strcmp(e->name, "notices.notice") == 0)
		put(sink, line, snprintf(line, sizeof line - 2, ":%s NOTICE * :*** Notice -- %.*s: %.*s", irc->name, WH_FMT(item_text(e, "topic")), WH_FMT(text)));
	else
		return false;
	return true;
}
