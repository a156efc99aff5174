/* The keys of keys.h. */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth.h"
#include "text64.h"

static const char address_prefix[] = "address-";
static const int64_t address_ms = (int64_t)KEY_ADDRESS_DAYS * 86400000;

void
keys_hmac(const uint8_t key[KEY_SIZE], const char *label, struct wh_str bytes, uint8_t out[KEY_SIZE])
{
	uint8_t text[2048];
	size_t n = strlen(label) + 1;
	unsigned size = KEY_SIZE;

	if (n + bytes.n > sizeof text)
		bytes.n = sizeof text - n;
	memcpy(text, label, n);
	if (bytes.n != 0)
		memcpy(text + n, bytes.p, bytes.n);
	if (HMAC(EVP_sha256(), key, KEY_SIZE, text, n + bytes.n, out, &size) == NULL)
		abort();	/* memory is out: a key that is not one would be worse than an end */
	explicit_bzero(text, n + bytes.n);
}

/* The bytes that stand for an address: of IPv6 the network, as whoever has one has all of it. */
static size_t
address_bytes(struct wh_str address, uint8_t out[16])
{
	char text[64];

	if (address.n == 0 || address.n >= sizeof text)
		return 0;
	snprintf(text, sizeof text, "%.*s", WH_FMT(address));
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	return inet_pton(AF_INET6, text, out) == 1 ? 8 : 0;
}

struct wh_str
keys_address(const struct auth *auth, struct wh_str address, bool older, char out[KEY_ADDRESS_ROOM])
{
	const struct auth_keys *keys = &auth->keys;
	uint8_t bytes[16], hash[KEY_SIZE];
	size_t n = address_bytes(address, bytes);
	char text[TEXT64_ROOM(16)];

	out[0] = '\0';
	if (n == 0 || keys->address_name[older][0] == '\0')
		return (struct wh_str){ out, 0 };
	keys_hmac(keys->address[older], "address", (struct wh_str){ (const char *)bytes, n }, hash);
	text64_put(TEXT64_URL, text, sizeof text, hash, 16);
	snprintf(out, KEY_ADDRESS_ROOM, "%s.%s", keys->address_name[older] + sizeof address_prefix - 1, text);
	return wh_str(out);
}

/* Makes a key and has it stored; `done` NULL: on the spot. */
static enum wh_err
key_make(struct auth *auth, const char *name, uint8_t out[KEY_SIZE], int64_t now, wh_store_done *done, bool on_the_spot)
{
	char text[TEXT64_ROOM(KEY_SIZE)];
	enum wh_err err;

	wh_random(auth->host, out, KEY_SIZE);
	text64_put(TEXT64_URL, text, sizeof text, out, KEY_SIZE);
	const struct wh_cell cells[] = { WH_CELL_TEXT(wh_str(name)), WH_CELL_TEXT(wh_str(text)), WH_CELL_INT(now) };
	const struct wh_step step = TASK_STEP(ST_KEY_ADD, cells, WH_ONE);

	err = on_the_spot ? wh_store_run_now(&auth->table, &step, 1, done, 0) : wh_store_run(&auth->table, &step, 1, done, 0);
	explicit_bzero(text, sizeof text);
	return err;
}

static void
key_stored(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;

	(void)cookie;
	if (result->err != WH_OK) {
		wh_host_log(auth->host, WH_ERROR, "auth_key_not_stored", WH_S("why", result->why));
		auth->keys_bad = true;
	}
}

static bool
key_read(struct wh_str text, uint8_t out[KEY_SIZE])
{
	size_t n;

	return text64_get(TEXT64_URL, out, KEY_SIZE, &n, text) && n == KEY_SIZE;
}

/* An address key: the two with the highest numbers are kept. */
static void
key_take_address(struct auth_keys *keys, struct wh_str name, struct wh_str value, int64_t created)
{
	char digits[24];
	uint64_t number;

	snprintf(digits, sizeof digits, "%.*s", WH_FMT(wh_str_from(name, sizeof address_prefix - 1)));
	number = strtoull(digits, NULL, 10);
	if (number <= keys->address_number) {
		if (number + 1 == keys->address_number && key_read(value, keys->address[1]))
			snprintf(keys->address_name[1], sizeof keys->address_name[1], "%.*s", WH_FMT(name));
		return;
	}
	memcpy(keys->address[1], keys->address[0], KEY_SIZE);
	memcpy(keys->address_name[1], keys->address_name[0], sizeof keys->address_name[0]);
	if (!key_read(value, keys->address[0]))
		return;
	snprintf(keys->address_name[0], sizeof keys->address_name[0], "%.*s", WH_FMT(name));
	keys->address_number = number;
	keys->address_since = created;
}

static void
keys_read(void *self, uint64_t cookie, const struct wh_result *result)
{
	struct auth *auth = self;
	bool guest = false, refresh = false;

	(void)cookie;
	auth->keys_bad = result->err != WH_OK;
	for (size_t i = 0; result->err == WH_OK && i < result->rows[0].n; i++) {
		struct wh_str name = wh_row_str(result->rows, i, 0), value = wh_row_str(result->rows, i, 1);

		if (wh_str_is(name, "guest"))
			guest = key_read(value, auth->keys.guest);
		else if (wh_str_is(name, "refresh"))
			refresh = key_read(value, auth->keys.refresh);
		else if (wh_str_starts(name, wh_str(address_prefix)))
			key_take_address(&auth->keys, name, value, wh_row_int(result->rows, i, 2));
	}
	auth->keys_missing = (guest ? 0u : 1u) | (refresh ? 0u : 2u);
}

enum wh_err
keys_open(struct auth *auth)
{
	const struct wh_step all = { .statement = ST_KEY_ALL };
	struct auth_keys *keys = &auth->keys;
	int64_t now = wh_wall_ms(auth->host);
	enum wh_err err = wh_store_run_now(&auth->table, &all, 1, keys_read, 0);

	if (err == WH_OK && (auth->keys_missing & 1u) != 0)
		err = key_make(auth, "guest", keys->guest, now, key_stored, true);
	if (err == WH_OK && (auth->keys_missing & 2u) != 0)
		err = key_make(auth, "refresh", keys->refresh, now, key_stored, true);
	if (err == WH_OK && keys->address_name[0][0] == '\0') {
		snprintf(keys->address_name[0], sizeof keys->address_name[0], "%s1", address_prefix);
		keys->address_number = 1;
		keys->address_since = now;
		err = key_make(auth, keys->address_name[0], keys->address[0], now, key_stored, true);
	}
	return err == WH_OK && auth->keys_bad ? WH_EIO : err;
}

void
keys_close(struct auth *auth)
{
	explicit_bzero(&auth->keys, sizeof auth->keys);
}

void
keys_tick(struct auth *auth, int64_t now)
{
	struct auth_keys *keys = &auth->keys;

	if (now - keys->address_since < address_ms)
		return;
	if (keys->address_name[1][0] != '\0') {
		const struct wh_cell old[] = { WH_CELL_TEXT(wh_str(keys->address_name[1])) };

		wh_store_run(&auth->table, &TASK_STEP(ST_KEY_DROP, old, WH_ANY), 1, key_stored, 0);
	}
	memcpy(keys->address[1], keys->address[0], KEY_SIZE);
	memcpy(keys->address_name[1], keys->address_name[0], sizeof keys->address_name[0]);
	keys->address_number++;
	keys->address_since = now;
	snprintf(keys->address_name[0], sizeof keys->address_name[0], "%s%llu", address_prefix, (unsigned long long)keys->address_number);
	key_make(auth, keys->address_name[0], keys->address[0], now, key_stored, false);
}
