/* Keys of our own, kept in the store: of guests' tokens, of refreshed tokens, and the one that hashes addresses, which is replaced
 * every 30 days and forgotten 30 days later; what was hashed with it then says nothing to anybody. */
#ifndef AUTH_KEYS_H
#define AUTH_KEYS_H

#include <whiply/types.h>

struct auth;

enum {
	KEY_SIZE = 32,
	KEY_ADDRESS_ROOM = 48,			/* text of a hashed address */
	KEY_ADDRESS_DAYS = 30,
};

struct auth_keys {
	uint8_t guest[KEY_SIZE];
	uint8_t refresh[KEY_SIZE];
	uint8_t address[2][KEY_SIZE];		/* the one in use and the one before */
	char address_name[2][24];		/* "address-7"; "" when there is none */
	uint64_t address_number;
	int64_t address_since;
};

/** Reads them, makes those that are missing. In the plugin's open. */
enum wh_err keys_open(struct auth *auth);
void keys_close(struct auth *auth);

/** Replaces the address key when it is old. */
void keys_tick(struct auth *auth, int64_t now);

/** HMAC-SHA256 of a label and some bytes. */
void keys_hmac(const uint8_t key[KEY_SIZE], const char *label, struct wh_str bytes, uint8_t out[KEY_SIZE]);

/** The hash under which an address is kept; `older`: under the key before. IPv6 counts by /64. Empty when there is no address. */
struct wh_str keys_address(const struct auth *auth, struct wh_str address, bool older, char out[KEY_ADDRESS_ROOM]);

#endif
