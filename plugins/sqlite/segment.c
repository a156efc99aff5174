/* Cutting and reading segments; see segment.h. */
#include "segment.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char segment_magic[8] = "wh-segm";

/* Which frame has a page's image: the later frame of the same page wins. */
struct cut_page {
	uint32_t page;
	uint32_t frame;
};

struct cut {
	struct cut_page *pages;
	size_t n, cap;
	unsigned char *image;
};

void
segment_name(uint64_t number, char name_out[static SEGMENT_NAME])
{
	snprintf(name_out, SEGMENT_NAME, "%08" PRIu64 ".seg", number);
}

void
generation_name(uint64_t generation, char name_out[static SEGMENT_NAME])
{
	snprintf(name_out, SEGMENT_NAME, "%016" PRIx64, generation);
}

bool
segment_named(const char *name, uint64_t *number_out)
{
	uint64_t number = 0;
	char again[SEGMENT_NAME];
	size_t i = 0;

	for (; i < 18 && name[i] >= '0' && name[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(name[i] - '0');
	segment_name(number, again);
	*number_out = number;
	return strcmp(name, again) == 0;
}

bool
generation_named(const char *name, uint64_t *generation_out)
{
	uint64_t generation = 0;
	char again[SEGMENT_NAME];

	if (strlen(name) != 16 || strspn(name, "0123456789abcdef") != 16)
		return false;
	generation = strtoull(name, NULL, 16);
	generation_name(generation, again);
	*generation_out = generation;
	return strcmp(name, again) == 0;
}

void
segment_encode(struct segment *segment, unsigned char to[static SEGMENT_HEADER])
{
	memset(to, 0, SEGMENT_HEADER);
	memcpy(to, segment_magic, sizeof segment_magic);
	disk_put32(to + 8, SEGMENT_VERSION);
	disk_put32(to + 12, segment->page_size);
	disk_put64(to + 16, segment->generation);
	disk_put64(to + 24, segment->number);
	disk_put64(to + 32, (uint64_t)segment->first_ms);
	disk_put64(to + 40, (uint64_t)segment->last_ms);
	disk_put32(to + 48, segment->pages);
	disk_put32(to + 52, segment->db_pages);
	disk_put64(to + 56, segment->size);
	disk_put32(to + 64, segment->body);
	disk_put32(to + 68, segment->before);
	segment->sum = disk_crc(0, to, SEGMENT_HEADER - 4);
	disk_put32(to + SEGMENT_HEADER - 4, segment->sum);
}

enum wh_err
segment_decode(const unsigned char *bytes, size_t n, struct segment *segment_out)
{
	struct segment s = { 0 };

	if (n < SEGMENT_HEADER || memcmp(bytes, segment_magic, sizeof segment_magic) != 0)
		return WH_ESYNTAX;
	s.sum = disk_get32(bytes + SEGMENT_HEADER - 4);
	if (s.sum != disk_crc(0, bytes, SEGMENT_HEADER - 4))
		return WH_ESYNTAX;
	if (disk_get32(bytes + 8) != SEGMENT_VERSION)
		return WH_EVERSION;
	s.page_size = disk_get32(bytes + 12);
	s.generation = disk_get64(bytes + 16);
	s.number = disk_get64(bytes + 24);
	s.first_ms = (int64_t)disk_get64(bytes + 32);
	s.last_ms = (int64_t)disk_get64(bytes + 40);
	s.pages = disk_get32(bytes + 48);
	s.db_pages = disk_get32(bytes + 52);
	s.size = disk_get64(bytes + 56);
	s.body = disk_get32(bytes + 64);
	s.before = disk_get32(bytes + 68);
	if (s.page_size < WAL_PAGE_MIN || s.page_size > WAL_PAGE_MAX || (s.page_size & (s.page_size - 1)) != 0 || s.db_pages == 0 || s.pages > s.db_pages)
		return WH_ESYNTAX;
	if (s.number == 0 ? s.pages != 0 || s.size != (uint64_t)s.db_pages * s.page_size :
	    s.size != SEGMENT_HEADER + (uint64_t)s.pages * (4 + (uint64_t)s.page_size))
		return WH_ESYNTAX;
	*segment_out = s;
	return WH_OK;
}

static int
cut_compare(const void *a, const void *b)
{
	const struct cut_page *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

static enum wh_err
cut_add(struct cut *cut, uint32_t page, uint32_t frame)
{
	if (cut->n == cut->cap) {
		size_t cap = cut->cap != 0 ? cut->cap * 2 : 1024;
		struct cut_page *pages = realloc(cut->pages, cap * sizeof *pages);

		if (pages == NULL)
			return WH_ENOMEM;
		cut->pages = pages;
		cut->cap = cap;
	}
	cut->pages[cut->n++] = (struct cut_page){ page, frame };
	return WH_OK;
}

/* Collects the frames up to the last commit; `place` is moved behind it. */
static enum wh_err
cut_collect(struct cut *cut, int wal, struct wal_place *place, uint32_t limit, uint32_t *db_pages_out)
{
	struct wal_place at = *place;
	struct wal_frame frame;
	size_t committed = 0;
	enum wh_err err = WH_OK;

	while (at.frames < limit && (err = wal_next(wal, &at, &frame, cut->image)) == WH_OK) {
		err = cut_add(cut, frame.page, at.frames - 1);
		if (err != WH_OK)
			return err;
		if (frame.db_pages != 0) {
			committed = cut->n;
			*place = at;
			*db_pages_out = frame.db_pages;
		}
	}
	cut->n = committed;
	if (err != WH_OK && err != WH_ENOENT)
		return err;
	return committed != 0 ? WH_OK : WH_ENOENT;
}

/* Keeps the last frame of each page that the database still has. */
static void
cut_thin(struct cut *cut, uint32_t db_pages)
{
	size_t kept = 0;

	qsort(cut->pages, cut->n, sizeof *cut->pages, cut_compare);
	for (size_t i = 0; i < cut->n; i++)
		if (cut->pages[i].page <= db_pages && (i + 1 == cut->n || cut->pages[i + 1].page != cut->pages[i].page))
			cut->pages[kept++] = cut->pages[i];
	cut->n = kept;
}

static enum wh_err
cut_write(const struct cut *cut, int wal, const struct wal_place *place, int fd, struct segment *segment)
{
	unsigned char head[SEGMENT_HEADER], number[4];
	int64_t at = SEGMENT_HEADER;
	enum wh_err err = WH_OK;

	segment->body = 0;
	for (size_t i = 0; i < cut->n && err == WH_OK; i++) {
		err = disk_read(wal, cut->image + 4, place->page_size, wal_image_at(place, cut->pages[i].frame));
		if (err != WH_OK)
			break;
		disk_put32(number, cut->pages[i].page);
		memcpy(cut->image, number, 4);
		segment->body = disk_crc(segment->body, cut->image, 4 + place->page_size);
		err = disk_write(fd, cut->image, 4 + place->page_size, at);
		at += 4 + (int64_t)place->page_size;
	}
	if (err != WH_OK)
		return err;
	segment->size = (uint64_t)at;
	segment_encode(segment, head);
	return disk_write(fd, head, sizeof head, 0);
}

/* Writes a file beside its name, syncs it and renames it. */
static enum wh_err
cut_put(const struct cut *cut, int wal, const struct wal_place *place, const char *folder, struct segment *segment, struct disk_why *why)
{
	char name[SEGMENT_NAME], path[DISK_PATH], part[DISK_PATH];
	enum wh_err err;
	int fd;

	segment_name(segment->number, name);
	if (disk_path(path, folder, name) != WH_OK || disk_path(part, folder, "segment.part") != WH_OK)
		return disk_fail(why, WH_ETOOBIG, "the path of a segment is too long");
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return disk_fail_errno(why, "make", part);
	err = cut_write(cut, wal, place, fd, segment);
	if (err == WH_OK && fsync(fd) != 0)
		err = WH_EIO;
	if (err != WH_OK)
		err = disk_fail_errno(why, "write", part);
	close(fd);
	if (err == WH_OK && rename(part, path) != 0)
		err = disk_fail_errno(why, "rename", part);
	if (err != WH_OK) {
		unlink(part);
		return err;
	}
	return disk_sync_folder(folder, why);
}

enum wh_err
segment_cut(int wal, struct wal_place *place, uint32_t limit, const char *folder, struct segment *segment, struct disk_why *why)
{
	struct cut cut = { .image = malloc(WAL_PAGE_MAX + 4) };
	struct wal_place end = *place;
	uint32_t db_pages = 0;
	enum wh_err err;

	if (cut.image == NULL)
		return disk_fail(why, WH_ENOMEM, "out of memory");
	err = cut_collect(&cut, wal, &end, limit, &db_pages);
	if (err == WH_OK) {
		cut_thin(&cut, db_pages);
		segment->page_size = place->page_size;
		segment->db_pages = db_pages;
		segment->pages = (uint32_t)cut.n;
		err = cut_put(&cut, wal, &end, folder, segment, why);
		if (err == WH_ENOENT)
			err = WH_EAWAY;
	} else if (err != WH_ENOENT)
		disk_fail(why, err, "can't read the write-ahead log");
	if (err == WH_OK)
		*place = end;
	free(cut.pages);
	free(cut.image);
	return err;
}

enum wh_err
segment_put_base(const char *folder, struct segment *segment, struct disk_why *why)
{
	unsigned char head[SEGMENT_HEADER];
	char name[SEGMENT_NAME];

	segment->number = 0;
	segment->pages = 0;
	segment->before = 0;
	segment_encode(segment, head);
	segment_name(0, name);
	return disk_replace(folder, name, head, sizeof head, why);
}

enum wh_err
segment_head(const char *folder, uint64_t number, struct segment *segment_out, struct disk_why *why)
{
	unsigned char head[SEGMENT_HEADER];
	char name[SEGMENT_NAME], path[DISK_PATH];
	enum wh_err err;
	int fd;

	segment_name(number, name);
	if (disk_path(path, folder, name) != WH_OK)
		return disk_fail(why, WH_ETOOBIG, "the path of a segment is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return disk_fail_errno(why, "open", path);
	err = disk_read(fd, head, sizeof head, 0);
	close(fd);
	if (err == WH_OK)
		err = segment_decode(head, sizeof head, segment_out);
	if (err == WH_OK && segment_out->number != number)
		err = WH_ESYNTAX;
	if (err != WH_OK)
		return disk_fail(why, err == WH_EVERSION || err == WH_EIO ? err : WH_ESYNTAX, "%s is damaged, or of a later version", path);
	return WH_OK;
}

enum wh_err
segment_read(int fd, segment_page *each, void *to, struct segment *segment_out, struct disk_why *why)
{
	unsigned char head[SEGMENT_HEADER], *image;
	struct segment s;
	struct stat st;
	uint32_t body = 0, last = 0;
	int64_t step;
	enum wh_err err;

	if (disk_read(fd, head, sizeof head, 0) != WH_OK)
		return disk_fail(why, WH_ESYNTAX, "the header is cut short");
	err = segment_decode(head, sizeof head, &s);
	if (err != WH_OK)
		return disk_fail(why, err, err == WH_EVERSION ? "it is of a later version" : "the header is damaged");
	*segment_out = s;
	if (s.number == 0)
		return WH_OK;
	if (fstat(fd, &st) != 0 || (uint64_t)st.st_size != s.size)
		return disk_fail(why, WH_ESYNTAX, "its length is not %" PRIu64, s.size);
	image = malloc(4 + (size_t)s.page_size);
	if (image == NULL)
		return disk_fail(why, WH_ENOMEM, "out of memory");
	step = 4 + (int64_t)s.page_size;
	for (uint32_t i = 0; i < s.pages && err == WH_OK; i++) {
		uint32_t page;

		err = disk_read(fd, image, (size_t)step, SEGMENT_HEADER + i * step);
		body = disk_crc(body, image, (size_t)step);
		page = disk_get32(image);
		if (err == WH_OK && (page <= last || page > s.db_pages))
			err = WH_ESYNTAX;
		last = page;
	}
	if (err != WH_OK || body != s.body)
		err = disk_fail(why, WH_ESYNTAX, "its checksum is wrong");
	for (uint32_t i = 0; each != NULL && i < s.pages && err == WH_OK; i++) {
		err = disk_read(fd, image, (size_t)step, SEGMENT_HEADER + i * step);
		if (err == WH_OK)
			err = each(to, &s, disk_get32(image), image + 4);
		if (err != WH_OK)
			disk_fail(why, err, "can't copy its pages");
	}
	free(image);
	return err;
}

bool
segment_follows(const struct segment *before, const struct segment *next)
{
	return next->generation == before->generation && next->number == before->number + 1 && next->page_size == before->page_size &&
	    next->before == before->sum && next->first_ms == before->last_ms;
}
