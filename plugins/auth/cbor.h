/* A strict reader of CBOR (RFC 8949) as authenticators write it (CTAP2): lengths are definite, numbers and lengths as short as
 * they can be, no tags, no floats, no two equal keys. Used by webauthn. Keys need not be in order: some devices err there.
 * An item is judged whole by cbor_read and then borrows its bytes; items come from cbor_read alone, or from items. */
#ifndef AUTH_CBOR_H
#define AUTH_CBOR_H

#include <whiply/types.h>

enum {
	CBOR_SIZE = 64 * 1024,		/* of a whole item */
	CBOR_DEPTH = 8,			/* arrays and maps inside each other */
	CBOR_PAIRS = 64,		/* of one map */
};

enum cbor_type { CBOR_NONE = 0, CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_BOOL, CBOR_NULL };

struct cbor_item {
	enum cbor_type type;
	uint64_t n;		/* the number; of a negative one -1 minus it; members, pairs or bytes; 1 for true */
	const uint8_t *bytes;	/* of bytes and text; of arrays and maps: where the first member begins */
	size_t size;
};

/** Reads the item at the beginning of the bytes. With used_out NULL nothing may follow it. */
bool cbor_read(const uint8_t *bytes, size_t n, struct cbor_item *out, size_t *used_out);

/** A number that fits. */
bool cbor_int(const struct cbor_item *item, int64_t *out);

/** The members of an array; of a map, keys and values in turns: `struct cbor_walk walk = cbor_each(&item); while (cbor_next(…))`. */
struct cbor_walk {
	const uint8_t *at, *end;
};

struct cbor_walk cbor_each(const struct cbor_item *container);
bool cbor_next(struct cbor_walk *walk, struct cbor_item *out);

/** The value of a key. False, with type CBOR_NONE, when there is none or `map` is no map. */
bool cbor_get(const struct cbor_item *map, int64_t key, struct cbor_item *out);
bool cbor_get_text(const struct cbor_item *map, const char *key, struct cbor_item *out);

#endif
