/* Runs the tables of record_code.h: sizes, writes and reads one record. What the encoder refuses is what the decoder
 * would refuse, so that our own mistake shows where it was made, and never ends the process that wrote it. */
#include "ring/record_code.h"

static bool
u16_ok(const struct rec_field *f, uint16_t value)
{
	return f->type == REC_FLAGS ? (value & ~f->max) == 0 : value >= f->min && value <= f->max;
}

static bool
addr_ok(const struct wh_addr *a)
{
	return a->family <= WH_ADDR_UNIX;
}

static size_t
number_size(uint8_t type)
{
	switch (type) {
	case REC_U16:
	case REC_FLAGS:
		return sizeof(uint16_t);
	case REC_U32:
		return sizeof(uint32_t);
	case REC_ADDR:
		return sizeof(struct wh_addr);
	default:
		return sizeof(uint64_t);
	}
}

/* Is the number in `bytes`, which the struct or the wire holds alike, one that the field may have? */
static bool
number_ok(const struct rec_field *f, const char *bytes)
{
	struct wh_addr addr;
	uint64_t u64;
	uint16_t u16;

	switch (f->type) {
	case REC_U16:
	case REC_FLAGS:
		memcpy(&u16, bytes, sizeof u16);
		return u16_ok(f, u16);
	case REC_OTHER_ID:
		memcpy(&u64, bytes, sizeof u64);
		return u64 >= f->min;
	case REC_ADDR:
		memcpy(&addr, bytes, sizeof addr);
		return addr_ok(&addr);
	default:
		return true;
	}
}

static bool
is_run(uint8_t type)
{
	return type == REC_STR || type == REC_HEADERS || type == REC_IDS;
}

/* The bytes of a string, a header block or an array of ids, as the struct holds them. */
static struct wh_str
run_of(const struct rec_field *f, const char *r)
{
	struct wh_ids ids;
	struct wh_str s;

	if (f->type != REC_IDS) {
		memcpy(&s, r + f->at, sizeof s);
		return s;
	}
	memcpy(&ids, r + f->at, sizeof ids);
	if (ids.n > SIZE_MAX / sizeof(wh_id))
		return (struct wh_str){ ids.p, SIZE_MAX };
	return (struct wh_str){ ids.p, ids.n * sizeof(wh_id) };
}

static bool
run_ok(const struct rec_field *f, struct wh_str s)
{
	if (f->type == REC_HEADERS)
		return wh_headers_valid(s);
	return f->type != REC_IDS || s.n % sizeof(wh_id) == 0;
}

/* Adds up the payload, and checks it. */
static enum wh_err
rec_size(size_t max, const struct rec_field *fields, const char *r, wh_id *id_out, size_t *size_out)
{
	size_t size = 0;

	*id_out = 0;
	for (const struct rec_field *f = fields; f->type != REC_END; f++) {
		if (f->type == REC_ID) {
			memcpy(id_out, r + f->at, sizeof *id_out);
			if (*id_out == 0)
				return WH_EINVAL;
		} else if (is_run(f->type)) {
			struct wh_str s = run_of(f, r);

			size += sizeof(uint32_t);
			if (size > max || s.n > max - size)
				return WH_ETOOBIG;
			if (!run_ok(f, s))
				return WH_EINVAL;
			size += s.n;
		} else {
			if (!number_ok(f, r + f->at))
				return WH_EINVAL;
			size += number_size(f->type);
		}
	}
	*size_out = size;
	return size <= max ? WH_OK : WH_ETOOBIG;
}

enum wh_err
rec_put(struct wh_ring *ring, uint16_t kind, const struct rec_field *fields, const char *r)
{
	size_t size;
	wh_id id;
	enum wh_err err = rec_size(wh_ring_max(ring), fields, r, &id, &size);
	char *to;

	if (err != WH_OK)
		return err;
	to = wh_ring_claim(ring, size);
	if (to == NULL)
		return WH_EFULL;
	for (const struct rec_field *f = fields; f->type != REC_END; f++) {
		if (f->type == REC_ID)
			continue;
		if (is_run(f->type)) {
			struct wh_str s = run_of(f, r);
			uint32_t n = (uint32_t)s.n;

			memcpy(to, &n, sizeof n);
			to += sizeof n;
			if (n != 0)
				memcpy(to, s.p, n);
			to += n;
		} else {
			memcpy(to, r + f->at, number_size(f->type));
			to += number_size(f->type);
		}
	}
	wh_ring_commit(ring, kind, id, size);
	return WH_OK;
}

/* Takes the first `n` bytes off *left, or says that there are not so many. */
static bool
take(struct wh_str *left, size_t n, const char **bytes_out)
{
	if (n > left->n)
		return false;
	*bytes_out = left->p;
	left->p += n;
	left->n -= n;
	return true;
}

static bool
take_run(struct wh_str *left, const struct rec_field *f, char *r_out)
{
	const char *bytes;
	struct wh_str s;
	uint32_t n;

	if (!take(left, sizeof n, &bytes))
		return false;
	memcpy(&n, bytes, sizeof n);
	if (!take(left, n, &bytes))
		return false;
	s = (struct wh_str){ bytes, n };
	if (!run_ok(f, s))
		return false;
	if (f->type == REC_IDS) {
		struct wh_ids ids = { s.p, s.n / sizeof(wh_id) };

		memcpy(r_out + f->at, &ids, sizeof ids);
	} else {
		memcpy(r_out + f->at, &s, sizeof s);
	}
	return true;
}

static bool
take_number(struct wh_str *left, const struct rec_field *f, char *r_out)
{
	const char *bytes;

	if (!take(left, number_size(f->type), &bytes) || !number_ok(f, bytes))
		return false;
	memcpy(r_out + f->at, bytes, number_size(f->type));
	return true;
}

enum wh_err
rec_get(const struct wh_rec *rec, uint16_t kind, const struct rec_field *fields, char *r_out, size_t size)
{
	struct wh_str left = rec->bytes;
	bool ok = rec->kind == kind && rec->flags == 0, has_id = false;

	memset(r_out, 0, size);
	for (const struct rec_field *f = fields; ok && f->type != REC_END; f++) {
		if (f->type == REC_ID) {
			memcpy(r_out + f->at, &rec->id, sizeof rec->id);
			has_id = true;
		} else if (is_run(f->type)) {
			ok = take_run(&left, f, r_out);
		} else {
			ok = take_number(&left, f, r_out);
		}
	}
	if (ok && left.n == 0 && has_id == (rec->id != 0))
		return WH_OK;
	memset(r_out, 0, size);
	return WH_ESYNTAX;
}

bool
wh_headers_next(struct wh_str *block, struct wh_str *name_out, struct wh_str *value_out)
{
	const char *name_end, *value_end, *value;

	if (block->n == 0)
		return false;
	name_end = memchr(block->p, '\0', block->n);
	if (name_end == NULL || name_end == block->p)
		return false;
	value = name_end + 1;
	value_end = memchr(value, '\0', block->n - (size_t)(value - block->p));
	if (value_end == NULL)
		return false;
	*name_out = (struct wh_str){ block->p, (size_t)(name_end - block->p) };
	*value_out = (struct wh_str){ value, (size_t)(value_end - value) };
	*block = wh_str_from(*block, (size_t)(value_end + 1 - block->p));
	return true;
}

bool
wh_headers_valid(struct wh_str block)
{
	struct wh_str name, value;

	while (wh_headers_next(&block, &name, &value))
		;
	return block.n == 0;
}

const char *
wh_rec_kind_name(uint16_t kind)
{
	static const char *const edge[] = { "OPENED", "MESSAGE", "REQUEST", "WRITABLE", "CLOSED", "PAPERS", "GROUP", "RECOVERED" };
	static const char *const hub[] = { "HELLO", "ROUTE", "ROUTES_END", "GO", "SEND", "RESPOND", "GROUP_OPEN", "GROUP_CLOSE", "JOIN",
		"LEAVE", "PUBLISH", "CLOSE", "PAPERS_SET", "LIMITS" };

	_Static_assert(sizeof edge / sizeof *edge == WH_REC_RECOVERED - WH_REC_OPENED + 1, "a name for each kind");
	_Static_assert(sizeof hub / sizeof *hub == WH_REC_LIMITS - WH_REC_HELLO + 1, "a name for each kind");
	if (kind >= WH_REC_OPENED && kind <= WH_REC_RECOVERED)
		return edge[kind - WH_REC_OPENED];
	if (kind >= WH_REC_HELLO && kind <= WH_REC_LIMITS)
		return hub[kind - WH_REC_HELLO];
	if (kind == WH_REC_HELPER_ASK)
		return "HELPER_ASK";
	return kind == WH_REC_HELPER_ANSWER ? "HELPER_ANSWER" : "?";
}
