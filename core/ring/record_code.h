/* How a record is written and read: each kind is a table of its struct's members in their order on the wire, and one pair of
 * functions runs every table, so that encoder and decoder cannot drift apart. For the record_*.c files alone.
 * On the wire: numbers in the machine's order (a ring never leaves it), a string as its 32-bit length and its bytes. */
#ifndef WHIPLY_RING_RECORD_CODE_H
#define WHIPLY_RING_RECORD_CODE_H

#include "ring/record.h"

enum rec_type {
	REC_END = 0,	/* ends a table */
	REC_ID,		/* the record's own id, which stands in the ring's header; not 0 */
	REC_OTHER_ID,	/* a wh_id in the payload; `min` 1: not 0 */
	REC_U16,	/* min to max */
	REC_FLAGS,	/* uint16_t; `max` is the mask of what may be set */
	REC_U32,
	REC_U64,
	REC_ADDR,	/* struct wh_addr of a known family */
	REC_STR,
	REC_HEADERS,	/* a struct wh_str that is a header block */
	REC_IDS,	/* struct wh_ids */
};

struct rec_field {
	uint8_t type;		/* enum rec_type */
	uint16_t min, max;	/* REC_U16, REC_FLAGS, REC_OTHER_ID */
	size_t at;		/* offset in the struct */
};

/** WH_OK, WH_EFULL, WH_ETOOBIG or WH_EINVAL; `r` is the struct that the table describes. */
enum wh_err rec_put(struct wh_ring *ring, uint16_t kind, const struct rec_field *fields, const char *r);

/** WH_OK or WH_ESYNTAX; `r_out`, `size` bytes long, is zero where the table says nothing, and all zero on error. */
enum wh_err rec_get(const struct wh_rec *rec, uint16_t kind, const struct rec_field *fields, char *r_out, size_t size);

/* The table of one kind and the typed functions that run it. */
#define REC_FIELD(name, rec_type, member, ...) { .type = rec_type, .at = offsetof(struct wh_rec_##name, member), __VA_ARGS__ }

#define REC_CODE(name, rec_kind) \
	enum wh_err \
	wh_rec_##name##_put(struct wh_ring *ring, const struct wh_rec_##name *r) \
	{ \
		return rec_put(ring, rec_kind, name##_fields, (const char *)r); \
	} \
	enum wh_err \
	wh_rec_##name##_get(const struct wh_rec *rec, struct wh_rec_##name *r_out) \
	{ \
		return rec_get(rec, rec_kind, name##_fields, (char *)r_out, sizeof *r_out); \
	}

#endif
