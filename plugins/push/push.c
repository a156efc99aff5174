/* The plugin push: its tables, settings and commands. An account registers where it can be reached; see send.c for what is sent there. */
#include <stdio.h>

#include "push.h"

const struct wh_metric push_metrics[] = {
	[M_SENT] = { "whiply_push_sent_total", WH_COUNTER, .label = "outcome", .help = "Push messages, by what the push service said." },
	[M_END] = { 0 }
};

static const struct wh_migration migrations[] = {
	{ .sql =
		"CREATE TABLE push_key (id INTEGER PRIMARY KEY, private TEXT NOT NULL, public TEXT NOT NULL);"
		"CREATE TABLE push_registration (account TEXT NOT NULL, name TEXT NOT NULL, endpoint TEXT NOT NULL, p256dh TEXT NOT NULL, auth TEXT NOT NULL, format TEXT NOT NULL,"
		" time BIGINT NOT NULL, PRIMARY KEY (account, endpoint));" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_KEY] = { "key", "SELECT private, public FROM push_key WHERE id = 1", "", .gives = "tt", .writes = false },
	[Q_KEY_SET] = { "key_set", "INSERT INTO push_key (id, private, public) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING", "tt", .gives = NULL, .writes = true },
	[Q_ADD] = { "add", "INSERT INTO push_registration (account, endpoint, p256dh, auth, format, time, name) VALUES ($1, $2, $3, $4, $5, $6, $7) "
		"ON CONFLICT (account, endpoint) DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth, format = excluded.format, time = excluded.time, name = excluded.name", "tttttit",
		.gives = NULL, .writes = true },
	[Q_TRIM] = { "trim", "DELETE FROM push_registration WHERE account = $1 AND endpoint NOT IN "
		"(SELECT endpoint FROM push_registration WHERE account = $1 ORDER BY time DESC, endpoint LIMIT 10)", "t", .gives = NULL, .writes = true },
	[Q_REMOVE] = { "remove", "DELETE FROM push_registration WHERE account = $1 AND endpoint = $2", "tt", .gives = NULL, .writes = true },
	[Q_GONE] = { "gone", "DELETE FROM push_registration WHERE endpoint = $1", "t", .gives = NULL, .writes = true },
	[Q_OF] = { "of", "SELECT endpoint, p256dh, auth, format, time, name FROM push_registration WHERE account = $1 ORDER BY time DESC LIMIT 10", "t", .gives = "ttttit",
		.writes = false },
	[Q_ERASE] = { "erase", "DELETE FROM push_registration WHERE account = $1", "t", .gives = NULL, .writes = true },
	{ 0 }
};

static const struct wh_schema push_schema = { "push", migrations, statements };

/* Commands */

static void
done(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct push *p = self;
	struct wh_call *call = wh_call_find(p->host, cookie);

	if (call != NULL)
		wh_call_done(call, r->err == WH_OK ? WH_OK : wh_fail_str(call, WH_EAWAY, WH_STR("that can't be kept now; try again"), 1000));
}

static enum wh_err
push_key(void *self, struct wh_call *call)
{
	struct push *p = self;

	if (p->key[0] == '\0')
		return wh_fail_str(call, WH_EAWAY, WH_STR("there is no key yet; try again"), 1000);
	wh_json_text(wh_reply(call), "key", p->key);
	return WH_OK;
}

static enum wh_err
push_register(void *self, struct wh_call *call)
{
	struct push *p = self;
	struct wh_str endpoint = wh_arg_str(call, "endpoint"), receiver = wh_arg_str(call, "p256dh"), auth = wh_arg_str(call, "auth");
	unsigned char key[PUSH_KEY], secret[PUSH_AUTH];

	if (!wh_str_starts(endpoint, WH_STR("https://")) && !wh_str_starts(endpoint, WH_STR("http://")))
		return wh_fail(call, WH_EINVAL, "an endpoint is an address of a push service, with https");
	for (size_t i = 0; i < endpoint.n; i++)
		if ((unsigned char)endpoint.p[i] <= ' ' || endpoint.p[i] == '"' || endpoint.p[i] == '\\')
			return wh_fail(call, WH_EINVAL, "an endpoint has no blanks");
	if (!base64url_get(receiver.p, receiver.n, key, sizeof key) || key[0] != 4 || !base64url_get(auth.p, auth.n, secret, sizeof secret))
		return wh_fail(call, WH_EINVAL, "p256dh has 65 bytes and auth 16, as base64url");
	const struct wh_cell account = WH_CELL_TEXT(wh_session_identity(p->host, wh_call_session(call))->id);
	const struct wh_cell cells[] = { account, WH_CELL_TEXT(endpoint), WH_CELL_TEXT(receiver), WH_CELL_TEXT(auth), WH_CELL_TEXT(wh_arg_str(call, "format")),
		WH_CELL_INT(wh_wall_ms(p->host)), WH_CELL_TEXT(wh_session_identity(p->host, wh_call_session(call))->name) };

	if (wh_store_run(&p->table, (const struct wh_step[]){ { Q_ADD, cells, 7, WH_ANY }, { Q_TRIM, cells, 1, WH_ANY } }, 2, done, wh_call_hold(call)) == WH_OK)
		return WH_WAIT;
	return wh_fail_str(call, WH_EAWAY, WH_STR("that can't be kept now; try again"), 1000);
}

static enum wh_err
push_unregister(void *self, struct wh_call *call)
{
	struct push *p = self;
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_session_identity(p->host, wh_call_session(call))->id), WH_CELL_TEXT(wh_arg_str(call, "endpoint")) };

	if (wh_store_run(&p->table, &(struct wh_step){ Q_REMOVE, cells, 2, WH_ANY }, 1, done, wh_call_hold(call)) == WH_OK)
		return WH_WAIT;
	return wh_fail_str(call, WH_EAWAY, WH_STR("that can't be kept now; try again"), 1000);
}

static void
listed(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct push *p = self;
	struct wh_call *call = wh_call_find(p->host, cookie);

	if (call == NULL)
		return;
	if (r->err == WH_OK) {
		wh_json_array(wh_reply(call), "registrations");
		for (size_t i = 0; i < r->rows[0].n; i++) {
			wh_json_object(wh_reply(call), NULL);
			wh_json_str(wh_reply(call), "endpoint", wh_row_str(&r->rows[0], i, 0));
			wh_json_str(wh_reply(call), "format", wh_row_str(&r->rows[0], i, 3));
			wh_json_int(wh_reply(call), "time", wh_row_int(&r->rows[0], i, 4));
			wh_json_end(wh_reply(call));
		}
		wh_json_end(wh_reply(call));
	}
	wh_call_done(call, r->err == WH_OK ? WH_OK : wh_fail_str(call, WH_EAWAY, WH_STR("that can't be read now; try again"), 1000));
}

static enum wh_err
push_list(void *self, struct wh_call *call)
{
	struct push *p = self;
	const struct wh_cell id = WH_CELL_TEXT(wh_session_identity(p->host, wh_call_session(call))->id);

	if (wh_store_run(&p->table, &(struct wh_step){ Q_OF, &id, 1, WH_ANY }, 1, listed, wh_call_hold(call)) == WH_OK)
		return WH_WAIT;
	return wh_fail_str(call, WH_EAWAY, WH_STR("that can't be read now; try again"), 1000);
}

static const struct wh_field register_fields[] = {
	{ "endpoint", WH_F_TEXT, .required = true, .min = 8, .max = PUSH_ENDPOINT, .help = "the address that the push service gave to the browser" },
	{ "p256dh", WH_F_TEXT, .required = true, .min = 80, .max = 100, .help = "its key, as base64url" },
	{ "auth", WH_F_TEXT, .required = true, .min = 20, .max = 30, .help = "its secret, as base64url" },
	{ "format", WH_F_CHOICE, .choices = "json|irc", .def = "json", .help = "what it is sent: an object, or a line of IRC" }, { 0 }
};
static const struct wh_field unregister_fields[] = { { "endpoint", WH_F_TEXT, .required = true, .min = 8, .max = PUSH_ENDPOINT, .help = "as it was registered" }, { 0 } };

static const struct wh_command push_commands[] = {
	{ "push.key", NULL, WH_ALLOW_GUEST, .flags = WH_READS, .run = push_key, .help = "the key by which push services know this server" },
	{ "push.register", register_fields, WH_ALLOW_MEMBER, .rate = "1/s burst 10", .run = push_register, .help = "be told of whispers and mentions while nobody of you is connected" },
	{ "push.unregister", unregister_fields, WH_ALLOW_MEMBER, .rate = "1/s burst 10", .run = push_unregister, .help = "no more" },
	{ "push.list", NULL, WH_ALLOW_MEMBER, .rate = "1/s burst 10", .flags = WH_READS, .run = push_list, .help = "where you are told" },
	{ 0 }
};

/* What is kept of a person */

static void
exported(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct push *p = self;
	struct wh_person *person = wh_person_find(p->host, cookie);

	if (person != NULL && r->err == WH_OK) {
		wh_json_array(person->out, "endpoints");
		for (size_t i = 0; i < r->rows[0].n; i++)
			wh_json_str(person->out, NULL, wh_row_str(&r->rows[0], i, 0));
		wh_json_end(person->out);
	}
	wh_hook_go(p->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "registrations can't be read now; try again");
}

static enum wh_verdict
push_export(void *self, struct wh_person *person)
{
	struct push *p = self;
	const struct wh_cell id = WH_CELL_TEXT(person->id);

	if (wh_store_run(&p->table, &(struct wh_step){ Q_OF, &id, 1, WH_ANY }, 1, exported, person->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&person->at, WH_EAWAY, "registrations can't be read now; try again", 5000);
}

static void
erased(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct push *p = self;

	wh_hook_go(p->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "registrations can't be removed now; try again");
}

static enum wh_verdict
push_erase(void *self, struct wh_person *person)
{
	struct push *p = self;
	const struct wh_cell id = WH_CELL_TEXT(person->id);

	if (wh_store_run(&p->table, &(struct wh_step){ Q_ERASE, &id, 1, WH_ANY }, 1, erased, person->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&person->at, WH_EAWAY, "registrations can't be removed now; try again", 5000);
}

/* Opening */

static struct wh_str
service_key(struct wh_push *service)
{
	const struct push *p = (const struct push *)(const void *)service;

	return wh_str(p->key);
}

static const struct wh_push_ops push_service = { .key = service_key };

static void
key_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct push *p = self;
	struct wh_str private, public;

	(void)cookie;
	if (r->err != WH_OK || r->rows[r->n - 1].n == 0)
		return;
	private = wh_row_str(&r->rows[r->n - 1], 0, 0);
	public = wh_row_str(&r->rows[r->n - 1], 0, 1);
	if (base64url_get(private.p, private.n, p->keys.private, sizeof p->keys.private) && base64url_get(public.p, public.n, p->keys.public, sizeof p->keys.public))
		snprintf(p->key, sizeof p->key, "%.*s", WH_FMT(public));
}

/* The first time a pair is made; later it is the one that is there, as endpoints are bound to it. */
static enum wh_err
key_open(struct push *p)
{
	struct push_keys fresh;
	char private[PUSH_BASE64], public[PUSH_BASE64];

	if (!push_keys_make(&fresh))
		return WH_EIO;
	base64url_put(fresh.private, sizeof fresh.private, private, sizeof private);
	base64url_put(fresh.public, sizeof fresh.public, public, sizeof public);
	explicit_bzero(&fresh, sizeof fresh);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(private)), WH_CELL_TEXT(wh_str(public)) };

	wh_store_run_now(&p->table, (const struct wh_step[]){ { Q_KEY_SET, cells, 2, WH_ANY }, { Q_KEY, NULL, 0, WH_ANY } }, 2, key_read, 0);
	explicit_bzero(private, sizeof private);
	return WH_OK;
}

static enum wh_err
push_reload(void *self, const struct wh_conf *conf)
{
	struct push *p = self;

	snprintf(p->contact, sizeof p->contact, "%.*s", WH_FMT(wh_conf_str(conf, "contact")));
	return strpbrk(p->contact, "\"\\") == NULL ? WH_OK : WH_EINVAL;
}

static void
push_close(void *self)
{
	struct push *p = self;

	if (p->chat != NULL)
		p->chat->forget(p->chat_self, p);
	if (p->fetch != NULL)
		p->fetch->forget(p->fetch_self, p->host);
	wh_store_close(&p->table);
	push_tasks_free(p);
	explicit_bzero(&p->keys, sizeof p->keys);
	wh_delete(p->host, p);
}

static enum wh_err
push_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct push *p = wh_new(host, sizeof *p);
	void *self = NULL;
	enum wh_err err;

	if (p == NULL)
		return WH_ENOMEM;
	p->host = host;
	err = push_reload(p, conf);
	p->chat = wh_service_find(host, "chat", WH_CHAT_VERSION, &self);
	p->chat_self = self;
	p->fetch = wh_service_find(host, "fetch", WH_FETCH_VERSION, &self);
	p->fetch_self = self;
	if (err == WH_OK)
		err = wh_store_open(host, &push_schema, p, &p->table);
	if (err == WH_OK)
		err = key_open(p);
	if (err == WH_OK)
		err = p->chat->listen(p->chat_self, push_said, p);
	if (err != WH_OK) {
		push_close(p);
		return err;
	}
	*self_out = p;
	return WH_OK;
}

static const struct wh_hook push_hooks[] = {
	{ WH_ON_EXPORT, .order = 50, .person = push_export },
	{ WH_ON_ERASE, .order = 50, .person = push_erase },
	{ 0 }
};

static const struct wh_setting push_settings[] = {
	{ "contact", WH_STRING, .required = true, .max = "128", .help = "whom push services write to when something is wrong: mailto: and an address, or a page" },
	{ 0 }
};

static const char *const push_needs[] = { "store", "chat", "fetch", "accounts", NULL };
static const struct wh_service push_offers[] = { { "push", WH_PUSH_VERSION, &push_service }, { 0 } };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("push", "1.0", "push messages to those who are not connected"),
	.needs = push_needs,
	.offers = push_offers,
	.settings = push_settings,
	.commands = push_commands,
	.hooks = push_hooks,
	.metrics = push_metrics,
	.open = push_open,
	.close = push_close,
	.reload = push_reload,
};
