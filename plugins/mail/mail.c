/* mail: letters for other plugins, as whiply/mail.h says. One letter is with a job thread at a time; the others wait, each for its due time.
 * Only the timer starts a delivery: when the plugin is being closed its timers are stopped, and so the waiting ones cannot hold
 * that up. What is then left is logged. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <whiply/mail.h>
#include <whiply/whiply.h>

#include "deliver.h"
#include "letter.h"
#include "limit.h"

enum { MAIL_AGAIN_MS = 10000, MAIL_AGAIN_MAX_MS = 600000, MAIL_PASSWORD = 1024 };

struct mail_letter {
	struct mail_letter *next;
	const struct deliver_way *way;	/* borrowed from the plugin */
	const char *from, *to, *subject;
	struct wh_str bytes;
	int64_t born_ms, due_ms;
	unsigned tries;
	/* Filled in on the job thread. */
	enum wh_err err;
	char why[DELIVER_WHY];
	char texts[];
};

struct wh_mail {
	const struct wh_host *host;	/* borrowed: outlives us */
	bool to_log;
	char *from, *from_name;		/* owned */
	struct deliver_way way;		/* owned texts */
	int64_t give_up_ms;
	size_t queue_max;
	struct limit *limit;		/* owned */
	struct mail_letter *first, **end;	/* all that wait, oldest first */
	struct mail_letter *running;	/* in no list */
	size_t n;			/* both */
	wh_id timer;
};

enum { MAIL_LETTERS, MAIL_WAITING };

static const struct wh_metric mail_metrics[] = {
	[MAIL_LETTERS] = { "whiply_mail_letters_total", WH_COUNTER, .help = "Letters, by what became of them.", .label = "outcome" },
	[MAIL_WAITING] = { "whiply_mail_waiting", WH_GAUGE, .help = "Letters that are not delivered yet." },
	{ 0 }
};

static void
mail_count(struct wh_mail *mail, const char *outcome)
{
	wh_metric_add_for(mail->host, &mail_metrics[MAIL_LETTERS], wh_str(outcome), 1);
	wh_metric_set(mail->host, &mail_metrics[MAIL_WAITING], (int64_t)mail->n);
}

static void mail_fired(void *self, uint64_t cookie);

/* Sees that the timer fires when the next letter is due. */
static void
mail_schedule(struct wh_mail *mail)
{
	int64_t due = INT64_MAX, now = wh_now_ms(mail->host);

	wh_timer_stop(mail->host, mail->timer);
	mail->timer = 0;
	if (mail->running != NULL || mail->first == NULL)
		return;
	for (const struct mail_letter *l = mail->first; l != NULL; l = l->next)
		due = l->due_ms < due ? l->due_ms : due;
	mail->timer = wh_timer_start(mail->host, due > now ? due - now : 0, 0, mail_fired, 0);
}

static void
mail_wait(struct wh_mail *mail, struct mail_letter *letter)
{
	letter->next = NULL;
	*mail->end = letter;
	mail->end = &letter->next;
}

static void
mail_work(void *request)
{
	struct mail_letter *letter = *(struct mail_letter **)request;

	letter->err = deliver(letter->way, letter->from, letter->to, letter->bytes, letter->why);
}

/* It did not go: later again, or never. */
static void
mail_again(struct wh_mail *mail, struct mail_letter *letter)
{
	int64_t now = wh_now_ms(mail->host), pause = MAIL_AGAIN_MS << (letter->tries < 8 ? letter->tries : 8);

	letter->tries++;
	letter->due_ms = now + (pause < MAIL_AGAIN_MAX_MS ? pause : MAIL_AGAIN_MAX_MS);
	if (letter->err != WH_EPERM && letter->due_ms <= letter->born_ms + mail->give_up_ms) {
		wh_host_log(mail->host, WH_WARN, "mail_delayed", WH_T("to", letter->to), WH_T("why", letter->why), WH_U("tries", letter->tries));
		mail_wait(mail, letter);
		mail_count(mail, "delayed");
		return;
	}
	wh_host_log(mail->host, WH_ERROR, "mail_failed", WH_T("to", letter->to), WH_T("subject", letter->subject), WH_T("why", letter->why),
	    WH_U("tries", letter->tries));
	mail->n--;
	mail_count(mail, "failed");
	wh_delete(mail->host, letter);
}

static void
mail_worked(void *self, void *request)
{
	struct wh_mail *mail = self;
	struct mail_letter *letter = *(struct mail_letter **)request;

	mail->running = NULL;
	if (letter->err == WH_OK) {
		mail->n--;
		mail_count(mail, "sent");
		wh_host_log(mail->host, WH_DEBUG, "mail_sent", WH_T("to", letter->to));
		wh_delete(mail->host, letter);
	} else {
		mail_again(mail, letter);
	}
	mail_schedule(mail);
}

static const struct wh_job mail_job = {
	.name = "mail", .size = sizeof(struct mail_letter *), .max_running = 1, .max_waiting = 1, .work = mail_work, .done = mail_worked,
};

static void
mail_fired(void *self, uint64_t cookie)
{
	struct wh_mail *mail = self;
	int64_t now = wh_now_ms(mail->host);
	struct mail_letter **at = &mail->first, *letter;

	(void)cookie;
	mail->timer = 0;
	while (*at != NULL && (*at)->due_ms > now)
		at = &(*at)->next;
	letter = *at;
	if (letter == NULL || mail->running != NULL) {
		mail_schedule(mail);
		return;
	}
	*at = letter->next;
	if (mail->end == &letter->next)
		mail->end = at;
	letter->err = wh_job_start(mail->host, &mail_job, &letter);
	if (letter->err == WH_OK) {
		mail->running = letter;
		return;
	}
	snprintf(letter->why, sizeof letter->why, "no job thread takes it");
	mail_again(mail, letter);
	mail_schedule(mail);
}

/* Copies the letter, as it will go out. */
static struct mail_letter *
mail_make(struct wh_mail *mail, const struct wh_mail_letter *given)
{
	unsigned char chance[16];
	char id[2 * sizeof chance + 1];
	struct letter letter = { .from = wh_str(mail->from), .from_name = wh_str(mail->from_name), .to = given->to, .subject = given->subject,
		.text = given->text, .wall_ms = wh_wall_ms(mail->host), .id = id };
	struct mail_letter *l;
	size_t n;
	char *at;

	wh_random(mail->host, chance, sizeof chance);
	for (size_t i = 0; i < sizeof chance; i++)
		snprintf(id + 2 * i, 3, "%02x", chance[i]);
	n = letter_write(&letter, NULL, 0);
	l = wh_new(mail->host, sizeof *l + given->to.n + 1 + given->subject.n + 1 + n);
	if (l == NULL)
		return NULL;
	at = l->texts;
	l->to = memcpy(at, given->to.p, given->to.n);
	at += given->to.n + 1;
	l->subject = at;
	if (given->subject.n != 0)
		memcpy(at, given->subject.p, given->subject.n);
	at += given->subject.n + 1;
	l->bytes = (struct wh_str){ at, letter_write(&letter, at, n) };
	l->way = &mail->way;
	l->from = mail->from;
	l->born_ms = l->due_ms = wh_now_ms(mail->host);
	return l;
}

static enum wh_err
mail_check(const struct wh_mail_letter *letter)
{
	if (!letter_address_ok(letter->to) || !letter_text_ok(letter->subject, false) || !letter_text_ok(letter->text, true))
		return WH_EINVAL;
	return letter->subject.n > LETTER_SUBJECT || letter->text.n > LETTER_TEXT ? WH_ETOOBIG : WH_OK;
}

static enum wh_err
mail_send(struct wh_mail *mail, const struct wh_mail_letter *letter)
{
	enum wh_err err = mail_check(letter);
	struct mail_letter *l;

	if (err != WH_OK)
		return err;
	if (mail->n >= mail->queue_max) {
		mail_count(mail, "full");
		return WH_EFULL;
	}
	if (!limit_take(mail->limit, letter->to, wh_now_ms(mail->host))) {
		mail_count(mail, "limited");
		wh_host_log(mail->host, WH_WARN, "mail_limited", WH_S("to", letter->to));
		return WH_EFAST;
	}
	if (mail->to_log) {
		wh_host_log(mail->host, WH_INFO, "mail", WH_S("to", letter->to), WH_S("subject", letter->subject), WH_SECRET("text", letter->text));
		mail_count(mail, "logged");
		return WH_OK;
	}
	l = mail_make(mail, letter);
	if (l == NULL)
		return WH_ENOMEM;
	mail_wait(mail, l);
	mail->n++;
	wh_metric_set(mail->host, &mail_metrics[MAIL_WAITING], (int64_t)mail->n);
	mail_schedule(mail);
	return WH_OK;
}

static void
mail_close(void *self)
{
	struct wh_mail *mail = self;
	struct mail_letter *letter;

	wh_timer_stop(mail->host, mail->timer);
	while ((letter = mail->first) != NULL) {
		mail->first = letter->next;
		wh_host_log(mail->host, WH_ERROR, "mail_lost", WH_T("to", letter->to), WH_T("subject", letter->subject), WH_U("tries", letter->tries));
		wh_delete(mail->host, letter);
	}
	for (size_t i = 0; i < DELIVER_WORDS && mail->way.argv[i] != NULL; i++)
		wh_delete(mail->host, mail->way.argv[i]);
	if (mail->way.password != NULL)
		explicit_bzero(mail->way.password, strlen(mail->way.password));
	wh_delete(mail->host, mail->way.url);
	wh_delete(mail->host, mail->way.user);
	wh_delete(mail->host, mail->way.password);
	wh_delete(mail->host, mail->way.ca_file);
	wh_delete(mail->host, mail->from);
	wh_delete(mail->host, mail->from_name);
	wh_delete(mail->host, mail->limit);
	wh_delete(mail->host, mail);
	curl_global_cleanup();
}

static char *
mail_copy(struct wh_mail *mail, struct wh_str text)
{
	char *copy = wh_new(mail->host, text.n + 1);

	if (copy != NULL && text.n != 0)
		memcpy(copy, text.p, text.n);
	return copy;
}

static enum wh_err
mail_bad(struct wh_mail *mail, const char *setting, const char *why)
{
	wh_host_log(mail->host, WH_ERROR, "mail_bad_setting", WH_T("setting", setting), WH_T("why", why));
	return WH_EINVAL;
}

static enum wh_err
mail_open_password(struct wh_mail *mail, struct wh_str path)
{
	FILE *file = fopen(path.p, "re");
	char line[MAIL_PASSWORD + 1] = "";
	bool read = file != NULL && fgets(line, sizeof line, file) != NULL;

	if (file != NULL)
		fclose(file);
	line[strcspn(line, "\r\n")] = '\0';
	if (!read || line[0] == '\0')
		return mail_bad(mail, "password_file", "it can't be read, or is empty");
	mail->way.password = mail_copy(mail, wh_str(line));
	explicit_bzero(line, sizeof line);
	return mail->way.password != NULL ? WH_OK : WH_ENOMEM;
}

/* The server's URL, with our host's name behind it, by which libcurl greets the server. */
static enum wh_err
mail_open_server(struct wh_mail *mail, struct wh_str server)
{
	bool smtps = wh_str_starts(server, WH_STR("smtps://"));
	struct wh_str rest = wh_str_from(server, smtps ? 8 : 7);
	size_t size;

	if ((!smtps && !wh_str_starts(server, WH_STR("smtp://"))) || rest.n == 0)
		return mail_bad(mail, "server", "write smtp://host:587 or smtps://host:465");
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] <= ' ' || rest.p[i] > '~' || strchr("/@?#\\", rest.p[i]) != NULL)
			return mail_bad(mail, "server", "write smtp://host:587 or smtps://host:465, and nothing else");
	if (smtps && mail->way.plain)
		return mail_bad(mail, "plain", "smtps is never plain");
	size = server.n + 1 + strlen(mail->from) + 1;
	mail->way.url = wh_new(mail->host, size);
	if (mail->way.url == NULL)
		return WH_ENOMEM;
	snprintf(mail->way.url, size, "%.*s/%s", WH_FMT(server), strchr(mail->from, '@') + 1);
	return WH_OK;
}

static enum wh_err
mail_open_smtp(struct wh_mail *mail, const struct wh_conf *conf)
{
	struct wh_str user = wh_conf_str(conf, "user"), password = wh_conf_str(conf, "password_file"), ca = wh_conf_str(conf, "ca_file");
	enum wh_err err;

	mail->way.plain = wh_conf_bool(conf, "plain");
	err = mail_open_server(mail, wh_conf_str(conf, "server"));
	if (err != WH_OK)
		return err;
	if ((user.n != 0) != (password.n != 0))
		return mail_bad(mail, "user", "user and password_file go together");
	if (user.n != 0 && mail->way.plain)
		return mail_bad(mail, "plain", "a password is never sent without TLS");
	if ((user.n != 0 && (mail->way.user = mail_copy(mail, user)) == NULL) || (ca.n != 0 && (mail->way.ca_file = mail_copy(mail, ca)) == NULL))
		return WH_ENOMEM;
	return user.n != 0 ? mail_open_password(mail, password) : WH_OK;
}

static enum wh_err
mail_open_command(struct wh_mail *mail, const struct wh_conf *conf)
{
	size_t n = wh_conf_count(conf, "command");

	if (n == 0 || wh_conf_item(conf, "command", 0).n == 0 || wh_conf_item(conf, "command", 0).p[0] != '/')
		return mail_bad(mail, "command", "name a program with its whole path, such as [ \"/usr/sbin/sendmail\", \"-t\", \"-i\" ]");
	for (size_t i = 0; i < n; i++)
		if ((mail->way.argv[i] = mail_copy(mail, wh_conf_item(conf, "command", i))) == NULL)
			return WH_ENOMEM;
	return access(mail->way.argv[0], X_OK) == 0 ? WH_OK : mail_bad(mail, "command", "there is no such program that we may run");
}

static enum wh_err
mail_open_way(struct wh_mail *mail, const struct wh_conf *conf)
{
	struct wh_str by = wh_conf_str(conf, "by");

	mail->from = mail_copy(mail, wh_conf_str(conf, "from"));
	mail->from_name = mail_copy(mail, wh_conf_str(conf, "from_name"));
	mail->limit = wh_new(mail->host, sizeof *mail->limit);
	if (mail->from == NULL || mail->from_name == NULL || mail->limit == NULL)
		return WH_ENOMEM;
	wh_random(mail->host, &mail->limit->key, sizeof mail->limit->key);
	mail->limit->rate = wh_conf_rate(conf, "per_address");
	mail->give_up_ms = wh_conf_ms(conf, "give_up");
	mail->queue_max = (size_t)wh_conf_int(conf, "queue");
	mail->way.timeout_ms = wh_conf_ms(conf, "timeout");
	mail->to_log = wh_str_is(by, "log");
	if (mail->to_log)
		return WH_OK;
	if (!letter_address_ok(wh_str(mail->from)))
		return mail_bad(mail, "from", "it is needed, and must be an address");
	if (!letter_text_ok(wh_str(mail->from_name), false))
		return mail_bad(mail, "from_name", "it must be UTF-8 on one line");
	return wh_str_is(by, "smtp") ? mail_open_smtp(mail, conf) : mail_open_command(mail, conf);
}

static enum wh_err
mail_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct wh_mail *mail = wh_new(host, sizeof *mail);
	enum wh_err err;

	if (mail == NULL)
		return WH_ENOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		wh_delete(host, mail);
		return WH_ENOMEM;
	}
	mail->host = host;
	mail->end = &mail->first;
	err = mail_open_way(mail, conf);
	if (err != WH_OK) {
		mail_close(mail);
		return err;
	}
	if (mail->to_log)
		wh_host_log(host, WH_WARN, "mail_goes_to_log", WH_T("why", "set `by` to smtp or command when people shall get their letters"));
	*self_out = mail;
	return WH_OK;
}

static const struct wh_setting mail_settings[] = {
	{ "by", WH_CHOICE, .def = "log", .choices = "log|command|smtp", .help = "how letters go out; log is for development" },
	{ "from", WH_STRING, .max = "254", .help = "the sender's address" },
	{ "from_name", WH_STRING, .max = "100", .help = "the sender's name" },
	{ "server", WH_STRING, .max = "255", .help = "smtp://host:587 (with STARTTLS) or smtps://host:465" },
	{ "plain", WH_BOOL, .def = "false", .help = "speak SMTP without TLS; for a server on this machine" },
	{ "user", WH_STRING, .max = "255", .help = "who we are to the server" },
	{ "password_file", WH_STRING, .file_only = true, .max = "4096", .help = "a file whose first line is the password" },
	{ "ca_file", WH_STRING, .file_only = true, .max = "4096", .help = "certificates to trust instead of the system's, PEM" },
	{ "command", WH_STRINGS, .file_only = true, .max = "16", .help = "a program and its arguments; the letter is its input" },
	{ "timeout", WH_DURATION, .def = "30s", .min = "1s", .max = "5m", .help = "for one try" },
	{ "give_up", WH_DURATION, .def = "1h", .min = "0", .max = "7d", .help = "how long a letter is tried again" },
	{ "queue", WH_INT, .def = "1000", .min = "1", .max = "100000", .help = "letters that may wait; more are refused" },
	{ "per_address", WH_RATE, .def = "5/h", .help = "letters to one address; more are refused" },
	{ 0 }
};

static const struct wh_mail_ops mail_ops = { mail_send };

static const struct wh_service mail_offers[] = {
	{ "mail", WH_MAIL_VERSION, &mail_ops },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("mail", "1.0", "letters for other plugins"),
	.settings = mail_settings,
	.metrics = mail_metrics,
	.offers = mail_offers,
	.open = mail_open,
	.close = mail_close,
};
