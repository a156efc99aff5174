/* Segments: what was committed between two moments, as the last image of each page that changed. A generation is a folder with a
 * base (an exact copy of the database) and the segments that follow it, numbered from 1 without a gap; number 0 has no pages and
 * describes the base. Written by the chain, read by the restore.
 *
 * The file: a header of SEGMENT_HEADER bytes, then for each page its number (4 bytes) and its image, in the order of the numbers.
 * Numbers are big-endian. Each header has the checksum of the one before it, so segments of two chains can't be mixed up. */
#ifndef SQLITE_SEGMENT_H
#define SQLITE_SEGMENT_H

#include "disk.h"
#include "wal.h"

enum { SEGMENT_HEADER = 128, SEGMENT_NAME = 32, SEGMENT_VERSION = 1 };

struct segment {
	uint64_t generation;
	uint64_t number;
	uint32_t page_size;
	uint32_t db_pages;	/* the database's size behind the last commit */
	uint32_t pages;		/* in this file */
	int64_t first_ms;	/* wall time: commits before it are in earlier segments */
	int64_t last_ms;	/* all commits until then are in this one or an earlier one */
	uint64_t size;		/* bytes of the file; of number 0: of the base */
	uint32_t body;		/* checksum of the body; of number 0: of the base */
	uint32_t before;	/* checksum of the header of the one before; 0 of the first */
	uint32_t sum;		/* checksum of this header */
};

/** Called for each page of a segment. */
typedef enum wh_err segment_page(void *to, const struct segment *segment, uint32_t page, const unsigned char *image);

void segment_name(uint64_t number, char name_out[static SEGMENT_NAME]);
void generation_name(uint64_t generation, char name_out[static SEGMENT_NAME]);
/** Reads such names back; false for any other. */
bool segment_named(const char *name, uint64_t *number_out);
bool generation_named(const char *name, uint64_t *generation_out);

/** Writes the header's bytes, and sets `sum`. */
void segment_encode(struct segment *segment, unsigned char to[static SEGMENT_HEADER]);
/** WH_ESYNTAX: that is no segment's header. WH_EVERSION: of a later version. */
enum wh_err segment_decode(const unsigned char *bytes, size_t n, struct segment *segment_out);

/** Reads on in the log from `place` to the last commit among its first `limit` frames, and writes what it found to the folder as
 * the segment whose generation, number, times and `before` are given; the rest of `segment` is filled in. The place moves once
 * the file is in place. WH_ENOENT: nothing was committed since; nothing is written. WH_EAWAY: there is no such folder. */
enum wh_err segment_cut(int wal, struct wal_place *place, uint32_t limit, const char *folder, struct segment *segment, struct disk_why *why);

/** Writes number 0, which makes the generation complete. */
enum wh_err segment_put_base(const char *folder, struct segment *segment, struct disk_why *why);

/** Reads the header of one file alone. */
enum wh_err segment_head(const char *folder, uint64_t number, struct segment *segment_out, struct disk_why *why);

/** Reads the whole file and checks it; then, if all is well, calls `each` for each page. `each` may be NULL. The file is read twice, so that no
 * page of a damaged one is used. */
enum wh_err segment_read(int fd, segment_page *each, void *to, struct segment *segment_out, struct disk_why *why);

/** Does `next` follow on `before` without a gap? */
bool segment_follows(const struct segment *before, const struct segment *next);

#endif
