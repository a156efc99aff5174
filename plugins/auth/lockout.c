/* The counts of lockout.h. */
#include "auth.h"

enum {
	ADDRESS_TRIES = 20,		/* of an address before strangers from it wait */
	ACCOUNT_TRIES = 10,		/* of an account before strangers to it wait */
	STRANGER_MOST_MS = 60000,
	OPEN_MS = 60000,		/* an attempt that is older was given up */
	OPEN_WAIT_MS = 1000,		/* until those that are open are likely to be answered */
};

enum wh_err
lockout_open(struct auth *auth)
{
	struct lockouts *l = &auth->lockouts;

	l->entries = wh_new(auth->host, LOCKOUT_ENTRIES * sizeof *l->entries);
	wh_random(auth->host, l->key, sizeof l->key);
	return l->entries != NULL ? WH_OK : WH_ENOMEM;
}

void
lockout_close(struct auth *auth)
{
	wh_delete(auth->host, auth->lockouts.entries);
	auth->lockouts.entries = NULL;
}

uint64_t
lockout_key(const struct auth *auth, enum lockout_kind kind, struct wh_str account, struct wh_str address)
{
	uint8_t key[KEY_SIZE] = { 0 }, hash[KEY_SIZE];
	char text[NAME_ROOM + KEY_ADDRESS_ROOM + 300];
	size_t n = 0;
	uint64_t out;

	memcpy(key, auth->lockouts.key, sizeof auth->lockouts.key);
	text[n++] = (char)('0' + kind);
	if (account.n > 256)
		account.n = 256;
	if (account.n != 0)
		memcpy(text + n, account.p, account.n);
	n += account.n;
	text[n++] = '\0';
	if (address.n >= KEY_ADDRESS_ROOM)
		address.n = KEY_ADDRESS_ROOM;
	if (address.n != 0)
		memcpy(text + n, address.p, address.n);
	n += address.n;
	keys_hmac(key, "lockout", (struct wh_str){ text, n }, hash);
	memcpy(&out, hash, sizeof out);
	return out | 1;
}

static struct lockout_entry *
entry_find(struct auth *auth, uint64_t key, bool make)
{
	struct lockout_entry *set = &auth->lockouts.entries[(key >> 8) % (LOCKOUT_ENTRIES / LOCKOUT_WAYS) * LOCKOUT_WAYS], *oldest = set;

	for (unsigned i = 0; i < LOCKOUT_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].key == 0 || (oldest->key != 0 && set[i].last_ms < oldest->last_ms))
			oldest = &set[i];
	}
	if (!make)
		return NULL;
	*oldest = (struct lockout_entry){ .key = key };
	return oldest;
}

/* How long after its last count an entry with so many has to wait: doubles from `first`. */
static int64_t
entry_wait(const struct lockout_entry *e, int64_t now, unsigned free_tries, int64_t first, int64_t most, int64_t forget)
{
	unsigned over;
	int64_t wait;

	if (e == NULL || e->n < free_tries || now - e->last_ms >= forget)
		return 0;
	over = e->n - free_tries;
	wait = over > 20 ? most : first << over;
	if (wait > most)
		wait = most;
	wait -= now - e->last_ms;
	return wait > 0 ? wait : 0;
}

static int64_t
pair_wait(struct auth *auth, const struct lockout_entry *e, int64_t now)
{
	const struct auth_settings *settings = &auth->settings;

	return entry_wait(e, now, settings->tries, settings->lockout_first, settings->lockout_most, settings->lockout_forget);
}

int64_t
lockout_wait(struct auth *auth, struct wh_str account, struct wh_str address)
{
	return pair_wait(auth, entry_find(auth, lockout_key(auth, LOCKOUT_PAIR, account, address), false), wh_wall_ms(auth->host));
}

int64_t
lockout_stranger(struct auth *auth, struct wh_str account, struct wh_str address)
{
	const struct lockout_entry *pair = entry_find(auth, lockout_key(auth, LOCKOUT_PAIR, account, address), false);
	int64_t now = wh_wall_ms(auth->host), forget = auth->settings.lockout_forget, of_account, of_address;

	if (pair != NULL && pair->known)
		return 0;
	of_account = entry_wait(entry_find(auth, lockout_key(auth, LOCKOUT_ACCOUNT, account, WH_STR("")), false), now, ACCOUNT_TRIES, 1000,
	    STRANGER_MOST_MS, forget);
	of_address = entry_wait(entry_find(auth, lockout_key(auth, LOCKOUT_ADDRESS, WH_STR(""), address), false), now, ADDRESS_TRIES, 1000,
	    STRANGER_MOST_MS, forget);
	return of_address > of_account ? of_address : of_account;
}

void
lockout_seed(struct auth *auth, struct wh_str account, int64_t failures, int64_t failed_at)
{
	uint64_t key = lockout_key(auth, LOCKOUT_ACCOUNT, account, WH_STR(""));
	struct lockout_entry *e;

	if (failures <= 0 || entry_find(auth, key, false) != NULL)
		return;
	e = entry_find(auth, key, true);
	e->n = failures > 1000 ? 1000 : (uint32_t)failures;
	e->last_ms = failed_at;
}

void
lockout_known(struct auth *auth, struct wh_str account, struct wh_str address)
{
	struct lockout_entry *e = entry_find(auth, lockout_key(auth, LOCKOUT_PAIR, account, address), true);

	e->known = true;
	if (e->last_ms == 0)
		e->last_ms = wh_wall_ms(auth->host);
}

static struct lockout_entry *
entry_count(struct auth *auth, uint64_t key, int64_t now, int64_t forget)
{
	struct lockout_entry *e = entry_find(auth, key, true);

	if (now - e->last_ms >= forget)
		e->n = 0;
	if (e->n < UINT32_MAX)
		e->n++;
	e->last_ms = now;
	return e;
}

int64_t
lockout_attempt(struct auth *auth, struct wh_str account, struct wh_str address)
{
	struct lockout_entry *e = entry_find(auth, lockout_key(auth, LOCKOUT_PAIR, account, address), true);
	int64_t now = wh_wall_ms(auth->host);

	if (now - e->open_ms >= OPEN_MS)
		e->open = 0;
	if (now - e->last_ms >= auth->settings.lockout_forget)
		e->n = 0;
	/* Past the free tries there is one after each wait. */
	if (e->open >= UINT16_MAX || (e->open != 0 && e->n + e->open >= auth->settings.tries))
		return OPEN_WAIT_MS;
	e->open++;
	e->open_ms = now;
	if (e->n == 0)
		e->last_ms = now;
	return 0;
}

static void
attempt_end(struct lockout_entry *e)
{
	if (e->open != 0)
		e->open--;
}

void
lockout_untried(struct auth *auth, struct wh_str account, struct wh_str address)
{
	struct lockout_entry *e = entry_find(auth, lockout_key(auth, LOCKOUT_PAIR, account, address), false);

	if (e != NULL)
		attempt_end(e);
}

int64_t
lockout_failed(struct auth *auth, struct wh_str account, struct wh_str address)
{
	int64_t now = wh_wall_ms(auth->host), forget = auth->settings.lockout_forget;
	struct lockout_entry *pair = entry_count(auth, lockout_key(auth, LOCKOUT_PAIR, account, address), now, forget);

	attempt_end(pair);
	/* Who mistypes where they signed in before is no stranger, and makes nobody else wait. */
	if (!pair->known) {
		entry_count(auth, lockout_key(auth, LOCKOUT_ACCOUNT, account, WH_STR("")), now, forget);
		if (address.n != 0)
			entry_count(auth, lockout_key(auth, LOCKOUT_ADDRESS, WH_STR(""), address), now, forget);
	}
	return pair_wait(auth, pair, now);
}

void
lockout_succeeded(struct auth *auth, struct wh_str account, struct wh_str address)
{
	struct lockout_entry *e = entry_find(auth, lockout_key(auth, LOCKOUT_PAIR, account, address), true);

	attempt_end(e);
	e->n = 0;
	e->known = true;
	e->last_ms = wh_wall_ms(auth->host);
	e = entry_find(auth, lockout_key(auth, LOCKOUT_ACCOUNT, account, WH_STR("")), false);
	if (e != NULL)
		e->n = 0;
}

int64_t
lockout_count(struct auth *auth, uint64_t key, uint32_t most, int64_t span_ms)
{
	struct lockout_entry *e = entry_find(auth, key, true);
	int64_t now = wh_wall_ms(auth->host);

	/* `last_ms` is when the span began. */
	if (now - e->last_ms >= span_ms)
		*e = (struct lockout_entry){ .key = key, .last_ms = now };
	if (e->n >= most)
		return e->last_ms + span_ms - now;
	e->n++;
	return 0;
}
