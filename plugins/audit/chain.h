/* The chain: each entry's hash is over the one before and all that the entry says, so that nothing in the middle can be changed, taken out
 * or put in without every later hash being wrong. What is hashed is a writing of its own with lengths in front: two entries that
 * differ are never written alike. */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include <whiply/types.h>

enum { CHAIN_HASH = 32, CHAIN_TEXTS = 8, CHAIN_KEY = 32, CHAIN_HEX = 2 * CHAIN_HASH + 1, CHAIN_ADDRESS = 64 };

enum chain_text { CHAIN_WHO, CHAIN_NAME, CHAIN_ACTION, CHAIN_ON, CHAIN_ADDRESS_HASH, CHAIN_WHY, CHAIN_DETAILS, CHAIN_OUTCOME };

/** An entry as it is hashed and stored. Texts borrow. */
struct chain_entry {
	int64_t n, time_ms;
	struct wh_str texts[CHAIN_TEXTS];
};

/** The end of the chain: the last entry's number and hash; 0 and zeros before the first. */
struct chain_head {
	int64_t n;
	uint8_t hash[CHAIN_HASH];
};

/** The hash of the entry behind `before`. WH_EIO: OpenSSL failed. */
enum wh_err chain_hash(const uint8_t before[static CHAIN_HASH], const struct chain_entry *entry, uint8_t hash_out[static CHAIN_HASH]);

/** The head under a key that does not stand in the database: who can write there alone cannot make one. */
enum wh_err chain_seal(const uint8_t key[static CHAIN_KEY], const struct chain_head *head, uint8_t seal_out[static CHAIN_HASH]);

/** "KEY:hex": what is kept of an address. Empty for no address. */
enum wh_err chain_address(const uint8_t key[static CHAIN_KEY], int64_t key_id, struct wh_str address, char out[static CHAIN_ADDRESS]);

void chain_hex(const uint8_t hash[static CHAIN_HASH], char out[static CHAIN_HEX]);

#endif
