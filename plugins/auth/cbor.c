/* The reader of cbor.h. */
#include "cbor.h"

static bool
utf8_is_good(const uint8_t *p, size_t n)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	for (size_t i = 0; i < n;) {
		unsigned more = p[i] < 0x80 ? 0 : p[i] >= 0xf0 ? 3 : p[i] >= 0xe0 ? 2 : 1;
		uint32_t c = more == 0 ? p[i] : p[i] & (0x3fu >> more);

		if ((p[i] >= 0x80 && p[i] < 0xc2) || p[i] > 0xf4 || more >= n - i)
			return false;
		for (unsigned k = 1; k <= more; k++) {
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (p[i + k] & 0x3f);
		}
		if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		i += more + 1;
	}
	return true;
}

/* The first byte and the number behind it, which must not fit into fewer bytes. */
static bool
take_head(struct cbor_walk *walk, unsigned *major_out, uint64_t *n_out)
{
	unsigned low, size;
	uint64_t n = 0;

	if (walk->at == walk->end)
		return false;
	*major_out = *walk->at >> 5;
	low = *walk->at++ & 0x1f;
	if (*major_out == 7) {
		*n_out = low;
		return low >= 20 && low <= 22;	/* false, true, null */
	}
	if (low < 24) {
		*n_out = low;
		return true;
	}
	if (low > 27)	/* reserved, and indefinite lengths */
		return false;
	size = 1u << (low - 24);
	if ((size_t)(walk->end - walk->at) < size)
		return false;
	for (unsigned i = 0; i < size; i++)
		n = n << 8 | *walk->at++;
	*n_out = n;
	return size == 1 ? n >= 24 : n >> (size * 4) != 0;
}

static bool take_item(struct cbor_walk *walk, unsigned depth, bool judge, struct cbor_item *out);

static bool
take_map(struct cbor_walk *walk, uint64_t pairs, unsigned depth, bool judge)
{
	struct wh_str keys[CBOR_PAIRS];
	struct cbor_item key, value;

	if (pairs > CBOR_PAIRS)
		return false;
	for (size_t i = 0; i < pairs; i++) {
		const uint8_t *begin = walk->at;

		if (!take_item(walk, depth, judge, &key) || (key.type != CBOR_UINT && key.type != CBOR_NEGATIVE && key.type != CBOR_TEXT))
			return false;
		/* Numbers and lengths have one encoding, so equal keys are equal bytes. */
		keys[i] = (struct wh_str){ (const char *)begin, (size_t)(walk->at - begin) };
		for (size_t k = 0; judge && k < i; k++)
			if (wh_str_eq(keys[k], keys[i]))
				return false;
		if (!take_item(walk, depth, judge, &value))
			return false;
	}
	return true;
}

static bool
take_members(struct cbor_walk *walk, uint64_t n, unsigned depth, bool judge)
{
	struct cbor_item member;

	for (; n != 0; n--)
		if (!take_item(walk, depth, judge, &member))
			return false;
	return true;
}

/* `depth`: how many more levels are allowed. `judge`: look at what was not judged yet: keys and UTF-8. */
static bool
take_item(struct cbor_walk *walk, unsigned depth, bool judge, struct cbor_item *out)
{
	static const enum cbor_type types[] = { CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP };
	unsigned major;
	uint64_t n;
	bool good = true;

	*out = (struct cbor_item){ .type = CBOR_NONE };
	if (!take_head(walk, &major, &n) || major == 6)
		return false;
	if (major == 7) {
		*out = (struct cbor_item){ .type = n == 22 ? CBOR_NULL : CBOR_BOOL, .n = n == 21 };
		return true;
	}
	*out = (struct cbor_item){ .type = types[major], .n = n, .bytes = walk->at };
	if (major == 2 || major == 3) {
		if (n > (size_t)(walk->end - walk->at) || (judge && major == 3 && !utf8_is_good(walk->at, (size_t)n)))
			return false;
		walk->at += n;
	} else if (major >= 4) {
		good = depth != 0 && (major == 4 ? take_members(walk, n, depth - 1, judge) : take_map(walk, n, depth - 1, judge));
	}
	out->size = (size_t)(walk->at - out->bytes);
	return good;
}

bool
cbor_read(const uint8_t *bytes, size_t n, struct cbor_item *out, size_t *used_out)
{
	struct cbor_walk walk = { bytes, bytes };

	*out = (struct cbor_item){ .type = CBOR_NONE };
	if (used_out != NULL)
		*used_out = 0;
	if (n == 0 || n > CBOR_SIZE)
		return false;
	walk.end = bytes + n;
	if (!take_item(&walk, CBOR_DEPTH, true, out) || (used_out == NULL && walk.at != walk.end)) {
		*out = (struct cbor_item){ .type = CBOR_NONE };
		return false;
	}
	if (used_out != NULL)
		*used_out = (size_t)(walk.at - bytes);
	return true;
}

bool
cbor_int(const struct cbor_item *item, int64_t *out)
{
	if ((item->type != CBOR_UINT && item->type != CBOR_NEGATIVE) || item->n > INT64_MAX)
		return false;
	*out = item->type == CBOR_UINT ? (int64_t)item->n : -1 - (int64_t)item->n;
	return true;
}

struct cbor_walk
cbor_each(const struct cbor_item *container)
{
	if (container->type != CBOR_ARRAY && container->type != CBOR_MAP)
		return (struct cbor_walk){ NULL, NULL };
	return (struct cbor_walk){ container->bytes, container->bytes + container->size };
}

bool
cbor_next(struct cbor_walk *walk, struct cbor_item *out)
{
	return take_item(walk, CBOR_DEPTH, false, out);
}

bool
cbor_get(const struct cbor_item *map, int64_t key, struct cbor_item *out)
{
	struct cbor_walk walk = cbor_each(map);
	struct cbor_item found;
	int64_t number;

	while (map->type == CBOR_MAP && cbor_next(&walk, &found) && cbor_next(&walk, out))
		if (cbor_int(&found, &number) && number == key)
			return true;
	*out = (struct cbor_item){ .type = CBOR_NONE };
	return false;
}

bool
cbor_get_text(const struct cbor_item *map, const char *key, struct cbor_item *out)
{
	struct cbor_walk walk = cbor_each(map);
	struct cbor_item found;

	while (map->type == CBOR_MAP && cbor_next(&walk, &found) && cbor_next(&walk, out))
		if (found.type == CBOR_TEXT && wh_str_is((struct wh_str){ (const char *)found.bytes, found.size }, key))
			return true;
	*out = (struct cbor_item){ .type = CBOR_NONE };
	return false;
}
