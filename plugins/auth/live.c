/* The live accounts of live.h. Sessions hang on their account by id, in a list that goes through their slots. */
#include <stdio.h>
#include <stdlib.h>

#include "auth.h"
#include "text64.h"

/* Ids are our own random ones: nobody can choose them to crowd a bucket. */
static size_t
live_bucket(struct wh_str id)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ (unsigned char)id.p[i]) * 1099511628211u;
	return (h ^ h >> 32) % LIVE_BUCKETS;
}

struct live_session *
live_of(struct auth *auth, struct wh_session *s)
{
	return wh_slot_of(auth->host, s, auth->lives.slot);
}

struct live *
live_find(struct auth *auth, struct wh_str id)
{
	struct live *live = auth->lives.buckets[live_bucket(id)];

	while (live != NULL && !wh_str_is(id, live->id))
		live = live->next;
	return live;
}

void
live_hold(struct live *live)
{
	live->holders++;
}

void
live_drop(struct auth *auth, struct live **held)
{
	struct live *live = *held, **at;

	*held = NULL;
	if (live == NULL || --live->holders != 0)
		return;
	if (live->said_more != 0)
		trust_write(auth, live);
	for (at = &auth->lives.buckets[live_bucket(wh_str(live->id))]; *at != live; at = &(*at)->next)
		;
	*at = live->next;
	auth->lives.n--;
	bot_keys_free(auth, live);
	wh_delete(auth->host, live->grants);
	wh_delete(auth->host, live);
}

static bool
roles_have(struct wh_str roles, struct wh_str role)
{
	while (roles.n != 0) {
		const char *blank = memchr(roles.p, ' ', roles.n);
		size_t n = blank != NULL ? (size_t)(blank - roles.p) : roles.n;

		if (wh_str_eq((struct wh_str){ roles.p, n }, role))
			return true;
		roles = wh_str_from(roles, n + 1);
	}
	return false;
}

static size_t
roles_add(char *out, size_t cap, size_t n, const char *role)
{
	size_t more = strlen(role);

	if (roles_have((struct wh_str){ out, n }, wh_str(role)) || n + more + 2 > cap)
		return n;
	if (n != 0)
		out[n++] = ' ';
	memcpy(out + n, role, more + 1);
	return n + more;
}

struct wh_str
live_roles(const struct auth *auth, const struct live *live, struct wh_str room, char *out, size_t cap)
{
	int64_t now = wh_wall_ms(auth->host);
	size_t n = 0;

	out[0] = '\0';
	if (room.n == 0)
		n = roles_add(out, cap, n, auth->settings.default_role);
	for (unsigned i = 0; i < live->n_grants; i++)
		if (wh_str_is(room, live->grants[i].room) && (live->grants[i].until == 0 || live->grants[i].until > now))
			n = roles_add(out, cap, n, live->grants[i].role);
	return (struct wh_str){ out, n };
}

bool
live_recent(struct auth *auth, struct wh_session *s)
{
	int64_t proved = live_of(auth, s)->proved;

	return proved != 0 && wh_wall_ms(auth->host) - proved < auth->settings.recent_time;
}

static void
live_unlink(struct auth *auth, struct wh_session *s)
{
	struct live_session *own = live_of(auth, s);
	struct wh_session *before = own->before != 0 ? wh_session_get(auth->host, own->before) : NULL;
	struct wh_session *after = own->after != 0 ? wh_session_get(auth->host, own->after) : NULL;
	struct live *live = own->live;

	if (live == NULL)
		return;
	if (before != NULL)
		live_of(auth, before)->after = own->after;
	else
		live->first = own->after;
	if (after != NULL)
		live_of(auth, after)->before = own->before;
	own->live = NULL;
	own->before = own->after = 0;
	own->device[0] = '\0';
	own->proved = 0;
	live_drop(auth, &live);
}

static void
live_link(struct auth *auth, struct wh_session *s, struct live *live)
{
	struct live_session *own = live_of(auth, s);
	struct wh_session *first = live->first != 0 ? wh_session_get(auth->host, live->first) : NULL;
	wh_id id = wh_session_id(auth->host, s);

	live_hold(live);
	own->live = live;
	own->before = 0;
	own->after = first != NULL ? live->first : 0;
	if (first != NULL)
		live_of(auth, first)->before = id;
	live->first = id;
}

/* Tells the host who the session is, unless it knows. */
static enum wh_err
live_identify(struct auth *auth, struct wh_session *s, struct live *live)
{
	const struct wh_identity *is = wh_session_identity(auth->host, s);
	char roles[LIVE_ROLES_TEXT];
	const struct wh_identity who = { .kind = WH_ACCOUNT, .id = wh_str(live->id), .name = wh_str(live->name),
		.roles = live_roles(auth, live, (struct wh_str){ NULL, 0 }, roles, sizeof roles) };

	if (is->kind == who.kind && wh_str_eq(is->id, who.id) && wh_str_eq(is->name, who.name) && wh_str_eq(is->roles, who.roles))
		return WH_OK;
	return wh_session_identify(auth->host, s, &who);
}

/* What the account is now, to all its sessions. */
static void
live_apply(struct auth *auth, struct live *live)
{
	wh_id id = live->first;

	live_hold(live);
	while (id != 0) {
		struct wh_session *s = wh_session_get(auth->host, id);

		if (s == NULL)
			break;
		id = live_of(auth, s)->after;
		live_identify(auth, s, live);
	}
	live_drop(auth, &live);
}

static void
live_expiry(struct auth *auth, struct live *live)
{
	int64_t now = wh_wall_ms(auth->host);

	live->expires = 0;
	for (unsigned i = 0; i < live->n_grants; i++) {
		int64_t until = live->grants[i].until;

		if (until > now && (live->expires == 0 || until < live->expires))
			live->expires = until;
	}
	if (live->expires != 0 && (auth->lives.expires == 0 || live->expires < auth->lives.expires))
		auth->lives.expires = live->expires;
}

static enum wh_err
live_take_grants(struct auth *auth, struct live *live, const struct wh_rows *rows)
{
	size_t n = rows->n < LIVE_GRANTS ? rows->n : LIVE_GRANTS;
	struct live_grant *grants = NULL;

	if (n != 0) {
		grants = wh_new(auth->host, n * sizeof *grants);
		if (grants == NULL)
			return WH_ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(grants[i].role, sizeof grants[i].role, "%.*s", WH_FMT(wh_row_str(rows, i, 0)));
		snprintf(grants[i].room, sizeof grants[i].room, "%.*s", WH_FMT(wh_row_str(rows, i, 1)));
		grants[i].until = wh_row_int(rows, i, 2);
	}
	wh_delete(auth->host, live->grants);
	live->grants = grants;
	live->n_grants = (unsigned)n;
	live_expiry(auth, live);
	return WH_OK;
}

enum wh_err
live_regrant(struct auth *auth, struct live *live, const struct wh_rows *grants)
{
	enum wh_err err = live_take_grants(auth, live, grants);

	live_apply(auth, live);
	return err;
}

void
live_rename(struct auth *auth, struct live *live, struct wh_str name)
{
	snprintf(live->name, sizeof live->name, "%.*s", WH_FMT(name));
	live_apply(auth, live);
}

void
lives_room_moved(struct auth *auth, struct wh_str from, struct wh_str to)
{
	for (size_t i = 0; i < LIVE_BUCKETS; i++)
		for (struct live *live = auth->lives.buckets[i]; live != NULL; live = live->next)
			for (unsigned k = 0; k < live->n_grants; k++)
				if (wh_str_is(from, live->grants[k].room))
					snprintf(live->grants[k].room, sizeof live->grants[k].room, "%.*s", WH_FMT(to));
}

static struct live *
live_new(struct auth *auth, struct wh_str id)
{
	struct live *live = wh_new(auth->host, sizeof *live), **bucket = &auth->lives.buckets[live_bucket(id)];

	if (live == NULL)
		return NULL;
	snprintf(live->id, sizeof live->id, "%.*s", WH_FMT(id));
	live->next = *bucket;
	*bucket = live;
	auth->lives.n++;
	return live;
}

struct live *
live_learn(struct auth *auth, const struct wh_rows *account, size_t first_column, const struct wh_rows *grants)
{
	/* DC_… and AC_… have the account's columns in one order. */
	struct wh_str id = wh_row_str(account, 0, first_column), name = wh_row_str(account, 0, first_column + AC_NAME);
	struct live *live = live_find(auth, id), *dropped;

	if (live == NULL)
		live = live_new(auth, id);
	if (live == NULL)
		return NULL;
	live_hold(live);
	snprintf(live->name, sizeof live->name, "%.*s", WH_FMT(name));
	live->bot = wh_str_is(wh_row_str(account, 0, first_column + AC_KIND), "bot");
	live->created = wh_row_int(account, 0, first_column + AC_CREATED);
	live->confirmed = wh_row_int(account, 0, first_column + AC_CONFIRMED) != 0;
	live->said = wh_row_int(account, 0, first_column + AC_SAID);
	live->strikes = wh_row_int(account, 0, first_column + AC_STRIKES);
	if (live_take_grants(auth, live, grants) != WH_OK) {
		dropped = live;
		live_drop(auth, &dropped);
		return NULL;
	}
	live_apply(auth, live);
	return live;
}

enum wh_err
live_attach(struct auth *auth, struct wh_session *s, struct live *live, struct wh_str device)
{
	struct live_session *own = live_of(auth, s);
	bool stays = wh_session_dialect(auth->host, s)[0] != '\0';
	enum wh_err err;

	live_hold(live);
	/* What one account showed is nothing for another. */
	if (!wh_str_is(wh_session_identity(auth->host, s)->id, live->id))
		own->proved = 0;
	if (own->live != live) {
		live_unlink(auth, s);
		if (stays)
			live_link(auth, s, live);
	}
	snprintf(own->device, sizeof own->device, "%.*s", WH_FMT(device));
	own->checked = true;
	err = live_identify(auth, s, live);
	wh_session_changed(auth->host, s);
	if (err != WH_OK && stays)
		live_unlink(auth, s);
	live_drop(auth, &live);
	return err;
}

unsigned
live_close(struct auth *auth, struct wh_str account, struct wh_str device, struct wh_str but_device, const char *why)
{
	struct live *live = live_find(auth, account);
	unsigned n = 0;
	wh_id id;

	if (live == NULL)
		return 0;
	live_hold(live);
	id = live->first;
	while (id != 0) {
		struct wh_session *s = wh_session_get(auth->host, id);
		struct live_session *own;

		if (s == NULL)
			break;
		own = live_of(auth, s);
		id = own->after;
		if (device.n != 0 && !wh_str_is(device, own->device))
			continue;
		if (but_device.n != 0 && wh_str_is(but_device, own->device))
			continue;
		live_unlink(auth, s);
		wh_session_close(auth->host, s, AUTH_CLOSE_SIGNED_OUT, wh_str(why));
		n++;
	}
	live_drop(auth, &live);
	return n;
}

bool
live_device(struct auth *auth, struct wh_str account, struct wh_str device)
{
	struct live *live = live_find(auth, account);
	wh_id id = live != NULL ? live->first : 0;

	while (id != 0) {
		struct wh_session *s = wh_session_get(auth->host, id);

		if (s == NULL)
			return false;
		if (wh_str_is(device, live_of(auth, s)->device))
			return true;
		id = live_of(auth, s)->after;
	}
	return false;
}

void
lives_tick(struct auth *auth, int64_t now)
{
	struct lives *lives = &auth->lives;

	if (lives->expires == 0 || now < lives->expires)
		return;
	lives->expires = 0;
	for (size_t i = 0; i < LIVE_BUCKETS; i++) {
		for (struct live *live = lives->buckets[i], *next; live != NULL; live = next) {
			next = live->next;
			if (live->expires == 0)
				continue;
			if (live->expires <= now)
				live_apply(auth, live);
			live_expiry(auth, live);
		}
	}
}

enum wh_verdict
live_presence(void *self, struct wh_presence *p)
{
	struct auth *auth = self;
	struct live_session *own = live_of(auth, p->session);

	if (p->what == WH_ENDED)
		sasl_ended(auth, p->session);
	if (p->what == WH_DETACHED)
		sasl_detached(auth, p->session);
	if (own->live == NULL)
		return WH_PASS;
	if (p->what == WH_ENDED ||
	    (p->what == WH_IDENTIFIED && !wh_str_is(wh_session_identity(auth->host, p->session)->id, own->live->id)))
		live_unlink(auth, p->session);
	return WH_PASS;
}

enum wh_verdict
live_save(void *self, struct wh_papers *papers)
{
	struct auth *auth = self;
	const struct live_session *own = live_of(auth, papers->session);

	if (own->device[0] != '\0')
		wh_out_text(papers->save, own->device);
	if (own->has_certificate) {
		char text[TEXT64_ROOM(sizeof own->certificate)];

		text64_put(TEXT64_URL, text, sizeof text, own->certificate, sizeof own->certificate);
		wh_out_fmt(papers->save, " %s", text);
	}
	if (live_recent(auth, papers->session))
		wh_out_fmt(papers->save, " @%lld", (long long)own->proved);
	return WH_PASS;
}

/* Papers are words with blanks between; the device is the first, and may be empty. */
static struct wh_str
live_word(struct wh_str *rest)
{
	const char *blank = rest->n != 0 ? memchr(rest->p, ' ', rest->n) : NULL;
	struct wh_str word = { rest->p, blank != NULL ? (size_t)(blank - rest->p) : rest->n };

	*rest = wh_str_from(*rest, blank != NULL ? word.n + 1 : word.n);
	return word;
}

static int64_t
live_number(struct wh_str digits)
{
	int64_t number = 0;

	for (size_t i = 0; i < digits.n && i < 18 && digits.p[i] >= '0' && digits.p[i] <= '9'; i++)
		number = number * 10 + (digits.p[i] - '0');
	return number;
}

enum wh_verdict
live_load(void *self, struct wh_papers *papers)
{
	struct auth *auth = self;
	struct live_session *own = live_of(auth, papers->session);

	struct wh_str rest = papers->load, device = live_word(&rest), word;
	size_t n;

	while ((word = live_word(&rest)).n != 0) {
		if (*word.p == '@')
			own->proved = live_number(wh_str_from(word, 1));
		else
			own->has_certificate = text64_get(TEXT64_URL, own->certificate, sizeof own->certificate, &n, word) && n == sizeof own->certificate;
	}
	if (device.n < sizeof own->device)
		snprintf(own->device, sizeof own->device, "%.*s", WH_FMT(device));
	auth->lives.unsettled = true;
	if (auth->lives.recheck == 0)
		auth->lives.recheck = wh_timer_start(auth->host, 1, 0, device_recheck, 0);
	return WH_PASS;
}

/* After a reload our bytes are still there, but the accounts that they pointed to are not. */
static bool
live_orphan(void *self, struct wh_session *s)
{
	struct auth *auth = self;
	struct live_session *own = live_of(auth, s);

	own->live = NULL;
	own->before = own->after = 0;
	own->checked = false;
	if (own->device[0] != '\0')
		auth->lives.unsettled = true;
	if (own->device[0] != '\0' && auth->lives.recheck == 0)
		auth->lives.recheck = wh_timer_start(auth->host, 1, 0, device_recheck, 0);
	return true;
}

enum wh_err
lives_settle(struct auth *auth, wh_accounts_settled *settled, void *self)
{
	struct live_wish *free = NULL;

	if (!auth->lives.unsettled)
		return WH_OK;
	for (struct live_wish *w = auth->lives.wishes; w != auth->lives.wishes + LIVE_WISHES; w++) {
		if (w->self == self)
			return WH_WAIT;
		if (w->self == NULL && free == NULL)
			free = w;
	}
	if (free == NULL)
		return WH_EFULL;
	*free = (struct live_wish){ settled, self };
	return WH_WAIT;
}

void
lives_unwish(struct auth *auth, const void *self)
{
	for (struct live_wish *w = auth->lives.wishes; w != auth->lives.wishes + LIVE_WISHES; w++)
		if (w->self == self)
			*w = (struct live_wish){ NULL, NULL };
}

void
lives_settled(struct auth *auth)
{
	auth->lives.unsettled = false;
	for (struct live_wish *w = auth->lives.wishes; w != auth->lives.wishes + LIVE_WISHES; w++) {
		struct live_wish wish = *w;

		*w = (struct live_wish){ NULL, NULL };
		if (wish.self != NULL)
			wish.settled(wish.self);
	}
}

enum wh_err
lives_open(struct auth *auth)
{
	auth->lives.slot = wh_session_slot(auth->host, "auth.session", sizeof(struct live_session));
	if (auth->lives.slot == NULL)
		return WH_ENOMEM;
	wh_session_each(auth->host, live_orphan, auth);
	return WH_OK;
}

void
lives_close(struct auth *auth)
{
	wh_timer_stop(auth->host, auth->lives.recheck);
	for (size_t i = 0; i < LIVE_BUCKETS; i++) {
		while (auth->lives.buckets[i] != NULL) {
			struct live *live = auth->lives.buckets[i];

			if (live->said_more != 0)
				trust_write(auth, live);
			auth->lives.buckets[i] = live->next;
			bot_keys_free(auth, live);
			wh_delete(auth->host, live->grants);
			wh_delete(auth->host, live);
		}
	}
}
