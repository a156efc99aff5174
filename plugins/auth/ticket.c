/* The table of ticket.h. */
#include <openssl/crypto.h>

#include "auth.h"

enum wh_err
ticket_open(struct auth *auth)
{
	auth->tickets.entries = wh_new(auth->host, TICKET_ENTRIES * sizeof *auth->tickets.entries);
	return auth->tickets.entries != NULL ? WH_OK : WH_ENOMEM;
}

void
ticket_close(struct auth *auth)
{
	if (auth->tickets.entries != NULL)
		explicit_bzero(auth->tickets.entries, TICKET_ENTRIES * sizeof *auth->tickets.entries);
	wh_delete(auth->host, auth->tickets.entries);
	auth->tickets.entries = NULL;
}

/* Where a session's tickets stand: an address that is unknown, as of a socket in the file system, is one place. */
static struct ticket *
ticket_set(struct auth *auth, struct wh_session *s, uint8_t place[16])
{
	char address[KEY_ADDRESS_ROOM];
	uint64_t key = lockout_key(auth, LOCKOUT_TICKET, WH_STR(""), keys_address(auth, wh_session_address(auth->host, s), false, address));

	memset(place, 0, 16);
	memcpy(place, &key, sizeof key);
	return &auth->tickets.entries[(key >> 8) % (TICKET_ENTRIES / TICKET_WAYS) * TICKET_WAYS];
}

static void
ticket_put(struct ticket *set, const struct ticket *ticket)
{
	struct ticket *oldest = set;

	for (unsigned i = 0; i < TICKET_WAYS; i++) {
		if (set[i].kind == 0) {
			oldest = &set[i];
			break;
		}
		if (set[i].expires < oldest->expires)
			oldest = &set[i];
	}
	*oldest = *ticket;
}

static void
ticket_keep(struct auth *auth, struct wh_session *s, struct ticket *ticket)
{
	struct ticket *set = ticket_set(auth, s, ticket->place);

	ticket->session = wh_session_dialect(auth->host, s)[0] != '\0' ? wh_session_id(auth->host, s) : 0;
	ticket->expires = wh_wall_ms(auth->host) + TICKET_MS;
	ticket_put(set, ticket);
}

void
ticket_make(struct auth *auth, struct wh_session *s, struct ticket *ticket)
{
	wh_random(auth->host, ticket->secret, sizeof ticket->secret);
	ticket_keep(auth, s, ticket);
}

void
ticket_make_token(struct auth *auth, struct wh_session *s, struct ticket *ticket, char out[TOKEN_ROOM])
{
	uint8_t random[TOKEN_RANDOM];

	wh_random(auth->host, random, sizeof random);
	token_make(TOKEN_TICKET, random, out);
	token_hash(wh_str(out), ticket->secret);
	explicit_bzero(random, sizeof random);
	ticket_keep(auth, s, ticket);
}

bool
ticket_take(struct auth *auth, struct wh_session *s, enum ticket_kind kind, const uint8_t secret[TICKET_SECRET], struct ticket *out)
{
	uint8_t place[16];
	struct ticket *set = ticket_set(auth, s, place);
	int64_t now = wh_wall_ms(auth->host);
	wh_id session = wh_session_id(auth->host, s);

	for (unsigned i = 0; i < TICKET_WAYS; i++) {
		if (set[i].kind != kind || memcmp(set[i].place, place, sizeof place) != 0 || CRYPTO_memcmp(set[i].secret, secret, TICKET_SECRET) != 0)
			continue;
		if (set[i].session != 0 && set[i].session != session)
			return false;
		*out = set[i];
		explicit_bzero(&set[i], sizeof set[i]);
		return out->expires > now;
	}
	return false;
}

bool
ticket_take_token(struct auth *auth, struct wh_session *s, enum ticket_kind kind, struct wh_str token, struct ticket *out)
{
	uint8_t secret[TOKEN_HASH];

	return token_is(token, TOKEN_TICKET) && token_hash(token, secret) && ticket_take(auth, s, kind, secret, out);
}

void
ticket_back(struct auth *auth, struct ticket *ticket)
{
	uint64_t key;

	if (++ticket->tries >= TICKET_TRIES)
		return;
	memcpy(&key, ticket->place, sizeof key);
	ticket_put(&auth->tickets.entries[(key >> 8) % (TICKET_ENTRIES / TICKET_WAYS) * TICKET_WAYS], ticket);
}

void
ticket_forget(struct auth *auth, struct wh_str account)
{
	for (size_t i = 0; i < TICKET_ENTRIES; i++)
		if (auth->tickets.entries[i].kind != 0 && wh_str_is(account, auth->tickets.entries[i].account))
			explicit_bzero(&auth->tickets.entries[i], sizeof auth->tickets.entries[i]);
}
