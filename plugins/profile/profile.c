/* The plugin profile: its tables; who comes and goes; the service. Accounts are read from the store when they come, and forgotten here when
 * their last session goes; those of rooms are all in memory. Those of guests are gone with the guest, or the hub. */
#include <stdio.h>

#include "profile.h"

static const struct wh_migration migrations[] = {
	{ .sql = "CREATE TABLE profile_value (subject TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (subject, key));" },
	{ 0 }
};

static const struct wh_statement statements[] = {
	[Q_OF] = { "of", "SELECT key, value FROM profile_value WHERE subject = $1 ORDER BY key LIMIT 100", "t", .gives = "tt", .writes = false },
	[Q_ROOMS] = { "rooms", "SELECT subject, key, value FROM profile_value WHERE subject >= '#' AND subject < '$' ORDER BY subject, key LIMIT 100000", "", .gives = "ttt",
	    .writes = false },
	[Q_SET] = { "set", "INSERT INTO profile_value (subject, key, value) VALUES ($1, $2, $3) ON CONFLICT (subject, key) DO UPDATE SET value = excluded.value", "ttt",
	    .gives = NULL, .writes = true },
	[Q_DROP] = { "drop", "DELETE FROM profile_value WHERE subject = $1 AND key = $2", "tt", .gives = NULL, .writes = true },
	[Q_MOVE] = { "move", "UPDATE profile_value SET subject = $2 WHERE subject = $1", "tt", .gives = NULL, .writes = true },
	[Q_DROP_ALL] = { "drop_all", "DELETE FROM profile_value WHERE subject = $1", "t", .gives = NULL, .writes = true },
	{ 0 }
};

static const struct wh_schema profile_schema = { "profile", migrations, statements };

static struct subject **
slot_of(struct profile *p, struct wh_session *s)
{
	struct profile_slot *slot = wh_slot_of(p->host, s, p->slot);

	/* What an instance before this one left points nowhere. */
	if (slot->instance != p->instance)
		*slot = (struct profile_slot){ .instance = p->instance };
	return &slot->subject;
}

void
profile_changed(struct profile *p, const struct wh_profile_change *change)
{
	if (p->heard != NULL)
		p->heard(p->heard_self, change);
}

static void
loaded(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct profile *p = self;
	struct wh_session *session = wh_session_get(p->host, (wh_id)cookie);
	struct subject *s = session != NULL ? *slot_of(p, session) : NULL;

	if (s == NULL || r->err != WH_OK)
		return;
	for (size_t i = 0; i < r->rows[0].n; i++) {
		struct wh_str key = wh_row_str(&r->rows[0], i, 0), value = wh_row_str(&r->rows[0], i, 1);

		/* What was set meanwhile is newer. */
		if (value_of(s, key) == NULL && value_set(p, s, key, value) == WH_OK)
			profile_changed(p, &(struct wh_profile_change){ .subject = wh_str(s->id), .key = key, .value = value });
	}
}

static void
session_leaves(struct profile *p, struct wh_session *session)
{
	struct subject **s = slot_of(p, session);

	if (*s != NULL && --(*s)->sessions == 0)
		subject_free(p, *s);
	*s = NULL;
}

static void
session_enters(struct profile *p, struct wh_session *session)
{
	const struct wh_identity *who = wh_session_identity(p->host, session);
	struct subject **s = slot_of(p, session);
	const struct wh_cell id = WH_CELL_TEXT(who->id);

	if (*wh_session_dialect(p->host, session) == '\0' || (*s != NULL && wh_str_is(who->id, (*s)->id)))
		return;
	session_leaves(p, session);
	*s = subject_make(p, who->id);
	if (*s == NULL)
		return;
	(*s)->kept = who->kind == WH_ACCOUNT;
	if ((*s)->sessions++ == 0 && (*s)->kept)
		wh_store_run(&p->table, &(struct wh_step){ Q_OF, &id, 1, WH_ANY }, 1, loaded, (uint64_t)wh_session_id(p->host, session));
}

static enum wh_verdict
profile_presence(void *self, struct wh_presence *presence)
{
	if (presence->what == WH_OPENED || presence->what == WH_IDENTIFIED)
		session_enters(self, presence->session);
	else if (presence->what == WH_ENDED)
		session_leaves(self, presence->session);
	return WH_PASS;
}

static bool
enter_each(void *self, struct wh_session *session)
{
	session_enters(self, session);
	return true;
}

static enum wh_verdict
profile_recovered(void *self, struct wh_recovered *r)
{
	struct profile *p = self;

	(void)r;
	wh_session_each(p->host, enter_each, p);
	return WH_PASS;
}

/* What is kept of a person */

static void
exported(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct profile *p = self;
	struct wh_person *person = wh_person_find(p->host, cookie);

	if (person != NULL && r->err == WH_OK) {
		wh_json_object(person->out, "values");
		for (size_t i = 0; i < r->rows[0].n; i++) {
			char key[WH_PROFILE_KEY + 1];

			snprintf(key, sizeof key, "%.*s", WH_FMT(wh_row_str(&r->rows[0], i, 0)));
			wh_json_str(person->out, key, wh_row_str(&r->rows[0], i, 1));
		}
		wh_json_end(person->out);
	}
	wh_hook_go(p->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "a profile can't be read now; try again");
}

static enum wh_verdict
profile_export(void *self, struct wh_person *person)
{
	struct profile *p = self;
	const struct wh_cell id = WH_CELL_TEXT(person->id);

	if (wh_store_run(&p->table, &(struct wh_step){ Q_OF, &id, 1, WH_ANY }, 1, exported, person->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&person->at, WH_EAWAY, "a profile can't be read now; try again", 5000);
}

static void
erased(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct profile *p = self;

	wh_hook_go(p->host, cookie, r->err == WH_OK ? WH_PASS : WH_REFUSE, WH_EAWAY, "a profile can't be removed now; try again");
}

static enum wh_verdict
profile_erase(void *self, struct wh_person *person)
{
	struct profile *p = self;
	const struct wh_cell id = WH_CELL_TEXT(person->id);
	struct subject *s = subject_find(p, person->id);

	while (s != NULL && s->n != 0)
		value_drop(p, s, wh_str(s->values[0].key));
	if (wh_store_run(&p->table, &(struct wh_step){ Q_DROP_ALL, &id, 1, WH_ANY }, 1, erased, person->at.ticket) == WH_OK)
		return WH_HOLD;
	return wh_refuse(&person->at, WH_EAWAY, "a profile can't be removed now; try again", 5000);
}

/* A room has another name: what it says of itself goes along. */
static void
room_moved(void *self, const struct wh_chat_moved *moved)
{
	struct profile *p = self;
	char from[PROFILE_SUBJECT + 1], to[PROFILE_SUBJECT + 1];
	struct subject *was, *is;

	snprintf(from, sizeof from, "#%.*s", WH_FMT(moved->from_key));
	snprintf(to, sizeof to, "#%.*s", WH_FMT(moved->key));
	was = subject_find(p, wh_str(from));
	if (was == NULL || strcmp(from, to) == 0 || (is = subject_make(p, wh_str(to))) == NULL)
		return;
	for (size_t i = 0; i < was->n; i++)
		value_set(p, is, wh_str(was->values[i].key), wh_str(was->values[i].text));
	subject_free(p, was);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(from)), WH_CELL_TEXT(wh_str(to)) };

	wh_store_run(&p->table, (const struct wh_step[]){ { Q_DROP_ALL, &cells[1], 1, WH_ANY }, { Q_MOVE, cells, 2, WH_ANY } }, 2, NULL, 0);
}

/* The service */

static struct profile *
profile_of(struct wh_profile *service)
{
	return (struct profile *)(void *)service;
}

static void
service_each(struct wh_profile *service, struct wh_str subject, bool (*each)(void *self, struct wh_str key, struct wh_str value), void *self)
{
	const struct subject *s = subject_find(profile_of(service), subject);

	for (size_t i = 0; s != NULL && i < s->n; i++)
		if (!each(self, wh_str(s->values[i].key), wh_str(s->values[i].text)))
			return;
}

static void
service_listen(struct wh_profile *service, wh_profile_listener *heard, void *self)
{
	struct profile *p = profile_of(service);

	p->heard = heard;
	p->heard_self = self;
}

static void
service_forget(struct wh_profile *service, void *self)
{
	struct profile *p = profile_of(service);

	if (p->heard_self == self)
		p->heard = NULL;
}

static bool
service_key_ok(struct wh_profile *service, struct wh_str key)
{
	(void)service;
	return key_ok(key);
}

static const struct wh_profile_ops profile_service = { .each = service_each, .listen = service_listen, .forget = service_forget, .key_ok = service_key_ok };

/* Opening */

static void
rooms_read(void *self, uint64_t cookie, const struct wh_result *r)
{
	struct profile *p = self;

	(void)cookie;
	for (size_t i = 0; r->err == WH_OK && i < r->rows[0].n; i++) {
		struct subject *s = subject_make(p, wh_row_str(&r->rows[0], i, 0));

		if (s != NULL)
			value_set(p, s, wh_row_str(&r->rows[0], i, 1), wh_row_str(&r->rows[0], i, 2));
	}
}

static enum wh_err
profile_reload(void *self, const struct wh_conf *conf)
{
	struct profile *p = self;

	p->crowd = wh_conf_int(conf, "crowd");
	snprintf(p->keys, sizeof p->keys, "%.*s", WH_FMT(wh_conf_str(conf, "keys")));
	return WH_OK;
}

static void
profile_close(void *self)
{
	struct profile *p = self;
	struct wh_dict_iter it = { .value = NULL };

	if (p->accounts != NULL)
		p->accounts->forget(p->accounts_self, p);
	if (p->chat != NULL)
		p->chat->forget(p->chat_self, p);
	wh_store_close(&p->table);
	while (p->subjects != NULL && wh_dict_next(p->host, p->subjects, &it)) {
		struct subject *s = it.value;

		while (s->n != 0)
			wh_delete(p->host, s->values[--s->n].text);
		wh_delete(p->host, s);
	}
	wh_dict_free(p->host, &p->subjects);
	wh_delete(p->host, p);
}

static enum wh_err
profile_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct profile *p = wh_new(host, sizeof *p);
	void *self = NULL;
	enum wh_err err;

	if (p == NULL)
		return WH_ENOMEM;
	p->host = host;
	wh_random(host, &p->instance, sizeof p->instance);
	profile_reload(p, conf);
	p->chat = wh_service_find(host, "chat", WH_CHAT_VERSION, &self);
	p->chat_self = self;
	p->accounts = wh_service_find(host, "accounts", WH_ACCOUNTS_VERSION, &self);
	p->accounts_self = self;
	p->subjects = wh_dict_new(host, 0);
	p->slot = wh_session_slot(host, "profile.session", sizeof(struct profile_slot));
	err = p->subjects == NULL || p->slot == NULL ? WH_ENOMEM : wh_store_open(host, &profile_schema, p, &p->table);
	if (err != WH_OK) {
		profile_close(p);
		return err;
	}
	wh_store_run_now(&p->table, &(struct wh_step){ Q_ROOMS, NULL, 0, WH_ANY }, 1, rooms_read, 0);
	p->chat->watch(p->chat_self, room_moved, p);
	wh_session_each(host, enter_each, p);
	*self_out = p;
	return WH_OK;
}

static const struct wh_hook profile_hooks[] = {
	{ WH_ON_PRESENCE, .order = 8, .presence = profile_presence },
	{ WH_ON_RECOVERED, .order = 8, .recovered = profile_recovered },
	{ WH_ON_EXPORT, .order = 50, .person = profile_export },
	{ WH_ON_ERASE, .order = 50, .person = profile_erase },
	{ 0 }
};

static const struct wh_setting profile_settings[] = {
	{ "keys", WH_STRING, .def = "", .max = "1000", .help = "keys that may be set, with blanks between; empty: any" },
	{ "crowd", WH_INT, .def = "100", .min = "1", .max = "10000", .help = "members above which a room is not told of what its people change; as chat's crowd" },
	{ 0 }
};

static const char *const profile_needs[] = { "store", "chat", "?accounts", NULL };
static const struct wh_service profile_offers[] = { { "profile", WH_PROFILE_VERSION, &profile_service }, { 0 } };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("profile", "1.0", "what people and rooms say of themselves"),
	.needs = profile_needs,
	.offers = profile_offers,
	.settings = profile_settings,
	.commands = profile_commands,
	.hooks = profile_hooks,
	.open = profile_open,
	.close = profile_close,
	.reload = profile_reload,
};
