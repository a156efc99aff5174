/* Reads SQLite's write-ahead log, as the chapter "WAL file format" of its file format document has it. Used by the segments, which
 * copy what was committed. Nothing is believed that its salts and running checksum do not prove: old frames behind a
 * restart, a torn tail and flipped bits all look like the end of the log. Reads beside SQLite are safe: there are no locks on
 * this file, and frames that are committed do not change until the log begins anew. */
#ifndef SQLITE_WAL_H
#define SQLITE_WAL_H

#include <whiply/types.h>

enum {
	WAL_HEADER = 32,
	WAL_FRAME_HEADER = 24,
	WAL_PAGE_MIN = 512,
	WAL_PAGE_MAX = 65536,
};

/** How far a log was read, with all it takes to go on. The salts change whenever the log begins anew. */
struct wal_place {
	uint32_t page_size;
	uint32_t sequence;	/* how often the log began anew */
	uint32_t salt[2];
	uint32_t frames;	/* read so far */
	uint32_t sum[2];	/* the running checksum behind them */
	bool big_endian;	/* how the checksum takes its words */
};

struct wal_frame {
	uint32_t page;		/* from 1 */
	uint32_t db_pages;	/* of a frame that ends a commit: the pages of the database after it; else 0 */
};

/** Reads the header; the place is before the first frame. WH_ENOENT: there is no log yet. WH_ESYNTAX: that is no log. WH_EIO. */
enum wh_err wal_begin(int fd, struct wal_place *place_out);

/** Reads the next frame, the page's bytes into `image` (page_size), and moves the place. WH_ENOENT: no valid frame follows; the place stays. */
enum wh_err wal_next(int fd, struct wal_place *place, struct wal_frame *frame_out, unsigned char *image);

/** Where frame `number` (from 0) keeps its page in the file. */
int64_t wal_image_at(const struct wal_place *place, uint32_t number);

/** Is this the same log, not begun anew since? */
bool wal_same(const struct wal_place *a, const struct wal_place *b);

/** Is `next` what `before` becomes when it begins anew once? */
bool wal_follows(const struct wal_place *before, const struct wal_place *next);

/** Does the log still hold, from its first frame on, exactly what was read up to `place`? Reads all of it. WH_OK, or WH_ESTATE. `image`
 * has room for a page of WAL_PAGE_MAX. */
enum wh_err wal_prove(int fd, const struct wal_place *place, unsigned char *image);

#endif
