/* Small things with files that the copies of the store need: whole reads and writes at a place, files that appear at once or not
 * at all, checksums. Used by the WAL reader, the segments and the restore. Never open the database file or its -shm with these
 * while SQLite has them open in this process: closing any descriptor of a file drops all of the process's locks on it. */
#ifndef SQLITE_DISK_H
#define SQLITE_DISK_H

#include <sys/types.h>
#include <whiply/types.h>

enum { DISK_PATH = 1024, DISK_WHY = 256 };

/** A sentence about what failed, for people. */
struct disk_why {
	char text[DISK_WHY];
};

/** Fills in the sentence and returns `err`, so that `return disk_fail(…)` reads well. `why` may be NULL. */
enum wh_err disk_fail(struct disk_why *why, enum wh_err err, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** The same for a system call on `path` that set errno. */
enum wh_err disk_fail_errno(struct disk_why *why, const char *doing, const char *path);

/** WH_ETOOBIG when it does not fit. */
enum wh_err disk_path(char to[static DISK_PATH], const char *folder, const char *name);

/** Reads exactly `n` bytes; WH_ENOENT when the file ends before, WH_EIO. */
enum wh_err disk_read(int fd, void *to, size_t n, int64_t at);
enum wh_err disk_write(int fd, const void *from, size_t n, int64_t at);
enum wh_err disk_sync_folder(const char *folder, struct disk_why *why);
enum wh_err disk_folder(const char *path, struct disk_why *why);

/** Puts a small file in place: written beside it, synced, renamed. It is there whole or not at all. */
enum wh_err disk_replace(const char *folder, const char *name, const void *bytes, size_t n, struct disk_why *why);

/** CRC-32 going on from `crc`, 0 at first. */
uint32_t disk_crc(uint32_t crc, const void *bytes, size_t n);

uint32_t disk_get32(const unsigned char *p);
uint64_t disk_get64(const unsigned char *p);
void disk_put32(unsigned char *p, uint32_t n);
void disk_put64(unsigned char *p, uint64_t n);

#endif
