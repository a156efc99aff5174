/* Fuzzes what the copies of the store read from disk: the first byte chooses a write-ahead log or a segment. A log that is read is cut into a
 * segment, which must then be read back with the pages that the log had last. Checksums of a segment are mended, so that what is behind
 * them is reached. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint32_t last, n, bytes;
};

static enum wh_err
see(void *to, const struct segment *segment, uint32_t page, const unsigned char *image)
{
	struct seen *seen = to;

	if (page <= seen->last || page > segment->db_pages)
		abort();
	seen->bytes += image[0] + image[segment->page_size - 1];	/* all of it is there to be read */
	seen->last = page;
	seen->n++;
	return WH_OK;
}

static int
memory(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || disk_write(fd, data, size, 0) != WH_OK)
		abort();
	return fd;
}

static void
read_log(int fd)
{
	struct segment s = { .generation = 1, .number = 1, .first_ms = 1, .last_ms = 2 }, back;
	struct wal_place place, before;
	struct seen seen = { 0 };
	char folder[] = "/tmp/whiply-fuzz-wal-XXXXXX", path[DISK_PATH];
	enum wh_err err;
	int segment;

	if (wal_begin(fd, &place) != WH_OK || mkdtemp(folder) == NULL)
		return;
	before = place;
	err = segment_cut(fd, &place, UINT32_MAX, folder, &s, NULL);
	if (err == WH_OK) {
		snprintf(path, sizeof path, "%s/00000001.seg", folder);
		segment = open(path, O_RDONLY | O_CLOEXEC);
		err = segment_read(segment, see, &seen, &back, NULL);
		if (err != WH_OK || seen.n != s.pages || back.sum != s.sum || place.frames <= before.frames)
			abort();
		close(segment);
		unlink(path);
	} else if (place.frames != before.frames)
		abort();
	rmdir(folder);
}

static void
read_segment(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size);
	struct segment s;
	struct seen seen = { 0 };
	int fd;

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	if (size >= SEGMENT_HEADER) {
		disk_put32(copy + 64, disk_crc(0, copy + SEGMENT_HEADER, size - SEGMENT_HEADER));
		disk_put32(copy + SEGMENT_HEADER - 4, disk_crc(0, copy, SEGMENT_HEADER - 4));
	}
	fd = memory(copy, size);
	if (segment_read(fd, see, &seen, &s, NULL) == WH_OK && seen.n != s.pages)
		abort();
	close(fd);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd;

	if (size < 2)
		return 0;
	if ((data[0] & 1) != 0) {
		read_segment(data + 1, size - 1);
		return 0;
	}
	fd = memory(data + 1, size - 1);
	read_log(fd);
	close(fd);
	return 0;
}
