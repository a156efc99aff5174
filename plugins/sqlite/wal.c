/* The reader of wal.h. */
#include "wal.h"

#include <string.h>

#include "disk.h"

#define WAL_MAGIC UINT32_C(0x377f0682)	/* the last bit says how the checksum takes its words */
#define WAL_VERSION UINT32_C(3007000)

static uint32_t
wal_word(const unsigned char *p, bool big_endian)
{
	if (big_endian)
		return disk_get32(p);
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* `n` is a multiple of 8. */
static void
wal_sum(const unsigned char *p, size_t n, bool big_endian, uint32_t sum[2])
{
	uint32_t a = sum[0], b = sum[1];

	for (const unsigned char *end = p + n; p != end; p += 8) {
		a += wal_word(p, big_endian) + b;
		b += wal_word(p + 4, big_endian) + a;
	}
	sum[0] = a;
	sum[1] = b;
}

enum wh_err
wal_begin(int fd, struct wal_place *place_out)
{
	unsigned char head[WAL_HEADER];
	enum wh_err err = disk_read(fd, head, sizeof head, 0);
	struct wal_place place = { 0 };
	uint32_t magic, size;

	if (err != WH_OK)
		return err;
	magic = disk_get32(head);
	size = disk_get32(head + 8);
	if ((magic & ~UINT32_C(1)) != WAL_MAGIC || disk_get32(head + 4) != WAL_VERSION || size < WAL_PAGE_MIN || size > WAL_PAGE_MAX ||
	    (size & (size - 1)) != 0)
		return WH_ESYNTAX;
	place.big_endian = (magic & 1) != 0;
	place.page_size = size;
	place.sequence = disk_get32(head + 12);
	place.salt[0] = disk_get32(head + 16);
	place.salt[1] = disk_get32(head + 20);
	wal_sum(head, 24, place.big_endian, place.sum);
	if (place.sum[0] != disk_get32(head + 24) || place.sum[1] != disk_get32(head + 28))
		return WH_ESYNTAX;
	*place_out = place;
	return WH_OK;
}

int64_t
wal_image_at(const struct wal_place *place, uint32_t number)
{
	return WAL_HEADER + (int64_t)number * (WAL_FRAME_HEADER + (int64_t)place->page_size) + WAL_FRAME_HEADER;
}

enum wh_err
wal_next(int fd, struct wal_place *place, struct wal_frame *frame_out, unsigned char *image)
{
	unsigned char head[WAL_FRAME_HEADER];
	uint32_t sum[2] = { place->sum[0], place->sum[1] };
	int64_t at = wal_image_at(place, place->frames);
	enum wh_err err = place->frames == UINT32_MAX ? WH_ENOENT : disk_read(fd, head, sizeof head, at - WAL_FRAME_HEADER);

	if (err != WH_OK)
		return err;
	if (disk_get32(head) == 0 || disk_get32(head + 8) != place->salt[0] || disk_get32(head + 12) != place->salt[1])
		return WH_ENOENT;
	err = disk_read(fd, image, place->page_size, at);
	if (err != WH_OK)
		return err;
	wal_sum(head, 8, place->big_endian, sum);
	wal_sum(image, place->page_size, place->big_endian, sum);
	if (sum[0] != disk_get32(head + 16) || sum[1] != disk_get32(head + 20))
		return WH_ENOENT;
	place->sum[0] = sum[0];
	place->sum[1] = sum[1];
	place->frames++;
	*frame_out = (struct wal_frame){ .page = disk_get32(head), .db_pages = disk_get32(head + 4) };
	return WH_OK;
}

bool
wal_same(const struct wal_place *a, const struct wal_place *b)
{
	return a->page_size == b->page_size && a->sequence == b->sequence && a->salt[0] == b->salt[0] && a->salt[1] == b->salt[1] &&
	    a->big_endian == b->big_endian;
}

bool
wal_follows(const struct wal_place *before, const struct wal_place *next)
{
	return next->page_size == before->page_size && next->sequence == before->sequence + 1 && next->salt[0] == before->salt[0] + 1;
}

enum wh_err
wal_prove(int fd, const struct wal_place *place, unsigned char *image)
{
	struct wal_place at;
	struct wal_frame frame;

	if (wal_begin(fd, &at) != WH_OK || !wal_same(&at, place))
		return WH_ESTATE;
	while (at.frames < place->frames)
		if (wal_next(fd, &at, &frame, image) != WH_OK)
			return WH_ESTATE;
	return at.sum[0] == place->sum[0] && at.sum[1] == place->sum[1] ? WH_OK : WH_ESTATE;
}
