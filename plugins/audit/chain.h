/* The chain: each entry's hash is over the one before and all that the entry says, so that nothing in the middle can be changed, taken out
 * or put in without every later hash being wrong. Texts that may be about a person are covered: what is hashed of them is a mark, a hash
 * over the text and a salt of its own. When such a text has to go, the mark takes the salt's place: the chain is as right as it was, and
 * nobody can find out the text by trying. What is hashed is a writing of its own with lengths in front: two entries that differ are
 * never written alike. */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include <whiply/types.h>

enum { CHAIN_HASH = 32, CHAIN_TEXTS = 8, CHAIN_COVERS = 6, CHAIN_SALT = 16, CHAIN_KEY = 32, CHAIN_HEX = 2 * CHAIN_HASH + 1, CHAIN_ADDRESS = 64 };

enum chain_text { CHAIN_WHO, CHAIN_NAME, CHAIN_ACTION, CHAIN_ON, CHAIN_ADDRESS_HASH, CHAIN_WHY, CHAIN_DETAILS, CHAIN_OUTCOME };

/** An entry as it is hashed and stored. Texts and covers borrow. A cover is the text's salt, or, when the text was taken out, its mark;
 * a text that was empty from the beginning has none. */
struct chain_entry {
	int64_t n, time_ms;
	struct wh_str texts[CHAIN_TEXTS];
	struct wh_str covers[CHAIN_TEXTS];
	unsigned erased;		/* bits by chain_text: the text was taken out */
};

/** An end of the chain: an entry's number and hash; 0 and zeros before the first. */
struct chain_head {
	int64_t n;
	uint8_t hash[CHAIN_HASH];
};

/** What is there in all. */
struct chain_stand {
	struct chain_head head;		/* the last entry */
	struct chain_head base;		/* the last one that is not kept any more */
	int64_t erased;			/* texts that were taken out of the entries that are kept */
};

static inline bool
chain_is_covered(enum chain_text text)
{
	return text != CHAIN_ACTION && text != CHAIN_OUTCOME;
}

static inline bool
chain_is_erased(const struct chain_entry *entry, enum chain_text text)
{
	return (entry->erased & 1u << text) != 0;
}

/** The mark of a text under its salt. WH_EIO: OpenSSL failed. */
enum wh_err chain_mark(enum chain_text which, struct wh_str salt, struct wh_str text, uint8_t mark_out[static CHAIN_HASH]);

/** The hash of the entry behind `before`. WH_EINVAL: a cover does not fit its text; WH_EIO: OpenSSL failed. */
enum wh_err chain_hash(const uint8_t before[static CHAIN_HASH], const struct chain_entry *entry, uint8_t hash_out[static CHAIN_HASH]);

/** The stand under a key that is not in the database: who can write there alone cannot make one. */
enum wh_err chain_seal(const uint8_t key[static CHAIN_KEY], const struct chain_stand *stand, uint8_t seal_out[static CHAIN_HASH]);

/** "KEY:hex": what is kept of an address. Empty for no address. */
enum wh_err chain_address(const uint8_t key[static CHAIN_KEY], int64_t key_id, struct wh_str address, char out[static CHAIN_ADDRESS]);

void chain_hex(const uint8_t hash[static CHAIN_HASH], char out[static CHAIN_HEX]);

#endif
