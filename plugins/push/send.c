/* Who is to be told, and what: a whisper to an account that is not connected, and a mention of one that is in the room all the same. Its
 * registrations are read, the text is sealed for each, and what a push service no longer knows is forgotten. */
#include <stdio.h>

#include "push.h"

/* Something that one account is to be told; and, later, one request. */
struct push_task {
	struct push_task *next, *prev;
	char account[41];
	char endpoint[PUSH_ENDPOINT + 1];
	char json[PUSH_TEXT + 1];
	char head[160], target[160], words[480];	/* as a line of IRC; `target` "": whoever registered */
};

static struct push_task *
task_new(struct push *p)
{
	struct push_task *task = p->flight < PUSH_FLIGHT ? wh_new(p->host, sizeof *task) : NULL;

	if (task == NULL)
		return NULL;
	p->flight++;
	task->next = p->tasks;
	if (p->tasks != NULL)
		p->tasks->prev = task;
	p->tasks = task;
	return task;
}

static void
task_free(struct push *p, struct push_task *task)
{
	if (task->prev != NULL)
		task->prev->next = task->next;
	else
		p->tasks = task->next;
	if (task->next != NULL)
		task->next->prev = task->prev;
	p->flight--;
	wh_delete(p->host, task);
}

void
push_tasks_free(struct push *p)
{
	while (p->tasks != NULL)
		task_free(p, p->tasks);
}

static void
counted(struct push *p, const char *outcome)
{
	wh_metric_add_for(p->host, &push_metrics[M_SENT], wh_str(outcome), 1);
}

static void
answered(void *self, uint64_t cookie, const struct wh_fetch_answer *answer)
{
	struct push *p = self;
	struct push_task *task = (struct push_task *)(uintptr_t)cookie;

	if (answer->err == WH_OK && (answer->status == 404 || answer->status == 410)) {
		const struct wh_cell endpoint = WH_CELL_TEXT(wh_str(task->endpoint));

		wh_store_run(&p->table, &(struct wh_step){ Q_GONE, &endpoint, 1, WH_ANY }, 1, NULL, 0);
		counted(p, "gone");
	} else if (answer->err == WH_OK && answer->status >= 200 && answer->status < 300) {
		counted(p, "sent");
	} else {
		counted(p, answer->err == WH_EPERM ? "forbidden" : "failed");
		wh_host_log(p->host, WH_INFO, "push_failed", WH_U("status", answer->status), WH_S("why", answer->why));
	}
	task_free(p, task);
}

/* Scheme, host and port: for whom a token is. */
static bool
origin_of(const char *url, char *to, size_t cap)
{
	const char *host = strstr(url, "://");
	size_t n;

	if (host == NULL)
		return false;
	n = (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
	return (size_t)snprintf(to, cap, "%.*s", (int)n, url) < cap;
}

static void
send_one(struct push *p, struct wh_str endpoint, struct wh_str receiver, struct wh_str auth, const char *text)
{
	unsigned char key[PUSH_KEY], secret[PUSH_AUTH], salt[PUSH_SALT], sealed[PUSH_SEALED];
	char origin[PUSH_ENDPOINT + 1], token[2000], headers[2600];
	struct push_keys once;
	struct push_task *task;
	size_t n;

	if (endpoint.n > PUSH_ENDPOINT || p->key[0] == '\0' || !base64url_get(receiver.p, receiver.n, key, sizeof key) || !base64url_get(auth.p, auth.n, secret, sizeof secret))
		return;
	task = task_new(p);
	if (task == NULL) {
		counted(p, "full");
		return;
	}
	memcpy(task->endpoint, endpoint.p, endpoint.n);
	wh_random(p->host, salt, sizeof salt);
	if (!origin_of(task->endpoint, origin, sizeof origin) || !push_keys_make(&once) || !push_seal(key, secret, &once, salt, text, strlen(text), sealed, &n) ||
	    !push_token(&p->keys, origin, p->contact, wh_wall_ms(p->host) / 1000 + 12 * 3600, token, sizeof token)) {
		counted(p, "failed");
		task_free(p, task);
		return;
	}
	explicit_bzero(&once, sizeof once);
	snprintf(headers, sizeof headers, "TTL: 86400\nUrgency: high\nContent-Type: application/octet-stream\nContent-Encoding: aes128gcm\nAuthorization: vapid t=%s, k=%s\n", token, p->key);
	const struct wh_fetch_request request = { .url = wh_str(task->endpoint), .method = "POST", .headers = wh_str(headers), .body = { (const char *)sealed, n },
		.timeout_ms = 15000, .max = 4096 };

	if (p->fetch->start(p->fetch_self, p->host, &request, answered, p, (uintptr_t)task) != WH_OK) {
		counted(p, "full");
		task_free(p, task);
	}
}

static void
registrations(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct push *p = self;
	struct push_task *task = (struct push_task *)(uintptr_t)cookie;

	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++) {
		const bool irc = wh_str_is(wh_row_str(&r->rows[0], i, 3), "irc");
		struct wh_str name = task->target[0] != '\0' ? wh_str(task->target) : wh_row_str(&r->rows[0], i, 5);
		char line[1100];

		snprintf(line, sizeof line, "%s PRIVMSG %.*s :%s", task->head, (int)(name.n < 160 ? name.n : 160), name.p, task->words);
		send_one(p, wh_row_str(&r->rows[0], i, 0), wh_row_str(&r->rows[0], i, 1), wh_row_str(&r->rows[0], i, 2), irc ? line : task->json);
	}
	task_free(p, task);
}

/* What is told */

/* Of a text, what fits behind escapes, whole characters only. */
static size_t
escape(struct wh_str text, char *to, size_t cap)
{
	size_t at = 0, whole = 0;

	for (size_t i = 0; i < text.n && at + 7 < cap; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if ((c & 0xc0) != 0x80)
			whole = at;
		if (c == '"' || c == '\\')
			to[at++] = '\\';
		if (c < 0x20)
			at += (size_t)snprintf(to + at, cap - at, "\\u%04x", c);
		else
			to[at++] = (char)c;
		if (i + 1 == text.n)
			whole = at;
	}
	to[whole] = '\0';
	return whole;
}

static void
line_text(struct wh_str text, bool nick, char *to, size_t cap)
{
	size_t at = 0;

	for (size_t i = 0; i < text.n && at + 1 < cap; i++)
		to[at++] = text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : nick && (text.p[i] == ' ' || text.p[i] == ':') ? '_' : text.p[i];
	while (at != 0 && text.n > at && ((unsigned char)text.p[at] & 0xc0) == 0x80)
		at--;
	to[at] = '\0';
}

static void
tell(struct push *p, struct wh_str account, const struct wh_chat_entry *e)
{
	const bool whisper = e->room.n != 0 && e->room.p[0] == '@', act = wh_str_is(e->kind, "act");
	struct push_task *task = account.n < sizeof task->account ? task_new(p) : NULL;
	char from[200], room[400], text[2000], nick[80], target[150], words[420];
	const struct wh_cell id = WH_CELL_TEXT(account);

	if (task == NULL)
		return;
	memcpy(task->account, account.p, account.n);
	escape(e->name, from, sizeof from);
	escape(e->room, room, sizeof room);
	escape(e->text, text, sizeof text);
	snprintf(task->json, sizeof task->json, "{\"event\":\"chat.message\",\"room\":\"%s\",\"seq\":%llu,\"id\":\"%016llx\",\"from\":\"%s\",\"time\":%lld,%s\"text\":\"%s\"}", room,
	    (unsigned long long)e->seq, (unsigned long long)e->id, from, (long long)e->time, act ? "\"act\":true," : "", text);
	line_text(e->name, true, nick, sizeof nick);
	line_text(e->room, true, target, sizeof target);
	line_text(e->text, false, words, sizeof words);
	snprintf(task->head, sizeof task->head, "@msgid=%016llx :%s", (unsigned long long)e->id, nick);
	if (!whisper)
		snprintf(task->target, sizeof task->target, "#%s", target);
	snprintf(task->words, sizeof task->words, "%s%s%s", act ? "\001ACTION " : "", words, act ? "\001" : "");
	if (wh_store_run(&p->table, &(struct wh_step){ Q_OF, &id, 1, WH_ANY }, 1, registrations, (uintptr_t)task) != WH_OK)
		task_free(p, task);
}

struct seeking {
	struct push *p;
	const struct wh_chat_entry *entry;
};

static bool
is_mentioned(struct wh_str text, struct wh_str name)
{
	for (size_t i = 0; name.n != 0 && i + name.n < text.n; i++)
		if (text.p[i] == '@' && strncasecmp(text.p + i + 1, name.p, name.n) == 0 &&
		    (i + 1 + name.n == text.n || strchr(" \n,.:;!?()\"", text.p[i + 1 + name.n]) != NULL))
			return true;
	return false;
}

static bool
seek(void *self, const struct wh_chat_person *person)
{
	const struct seeking *s = self;

	if (person->sessions == 0 && person->id.n != 0 && person->id.p[0] == 'a' && !wh_str_eq(person->id, s->entry->who) && is_mentioned(s->entry->text, person->name))
		tell(s->p, person->id, s->entry);
	return true;
}

void
push_said(void *self, const struct wh_chat_said *said)
{
	struct push *p = self;
	const struct wh_chat_entry *e = said->entry;
	struct seeking seeking = { p, e };
	struct wh_chat_actor there;
	const char *comma;

	if (e->redacted || e->text.n == 0 || e->room.n < 2)
		return;
	if (e->room.p[0] != '@') {
		if (memchr(e->text.p, '@', e->text.n) != NULL)
			p->chat->people(p->chat_self, e->room, seek, &seeking);
		return;
	}
	comma = memchr(e->room.p, ',', e->room.n);
	if (comma == NULL)
		return;
	struct wh_str one = { e->room.p + 1, (size_t)(comma - e->room.p) - 1 }, two = wh_str_from(e->room, one.n + 2);
	struct wh_str to = wh_str_eq(one, e->who) ? two : one;

	/* Accounts begin with an a. Who is connected has it already. */
	if (to.n != 0 && to.p[0] == 'a' && !p->chat->person(p->chat_self, to, &there))
		tell(p, to, e);
}
