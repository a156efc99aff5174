/* Files at a place and all at once; see disk.h. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum wh_err
disk_fail(struct disk_why *why, enum wh_err err, const char *format, ...)
{
	va_list args;

	if (why == NULL)
		return err;
	va_start(args, format);
	(void)vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	return err;
}

enum wh_err
disk_fail_errno(struct disk_why *why, const char *doing, const char *path)
{
	int error = errno;
	enum wh_err err = error == ENOENT ? WH_ENOENT : error == EEXIST ? WH_EEXIST : error == EACCES || error == EPERM ? WH_EPERM :
	    error == ENOSPC || error == EDQUOT ? WH_EFULL : error == ENOMEM ? WH_ENOMEM : WH_EIO;

	return disk_fail(why, err, "can't %s %s: %s", doing, path, strerror(error));
}

enum wh_err
disk_path(char to[static DISK_PATH], const char *folder, const char *name)
{
	int n = snprintf(to, DISK_PATH, "%s/%s", folder, name);

	return n < 0 || n >= DISK_PATH ? WH_ETOOBIG : WH_OK;
}

enum wh_err
disk_read(int fd, void *to, size_t n, int64_t at)
{
	unsigned char *p = to;

	while (n != 0) {
		ssize_t got = pread(fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return WH_EIO;
		if (got == 0)
			return WH_ENOENT;
		p += got;
		n -= (size_t)got;
		at += got;
	}
	return WH_OK;
}

enum wh_err
disk_write(int fd, const void *from, size_t n, int64_t at)
{
	const unsigned char *p = from;

	while (n != 0) {
		ssize_t put = pwrite(fd, p, n, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return WH_EIO;
		p += put;
		n -= (size_t)put;
		at += put;
	}
	return WH_OK;
}

enum wh_err
disk_sync_folder(const char *folder, struct disk_why *why)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum wh_err err = WH_OK;

	if (fd < 0)
		return disk_fail_errno(why, "open", folder);
	if (fsync(fd) != 0)
		err = disk_fail_errno(why, "sync", folder);
	close(fd);
	return err;
}

enum wh_err
disk_folder(const char *path, struct disk_why *why)
{
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return disk_fail_errno(why, "make", path);
	return WH_OK;
}

enum wh_err
disk_replace(const char *folder, const char *name, const void *bytes, size_t n, struct disk_why *why)
{
	char path[DISK_PATH], part[DISK_PATH + 8];
	enum wh_err err = WH_OK;
	int fd;

	if (disk_path(path, folder, name) != WH_OK)
		return disk_fail(why, WH_ETOOBIG, "the path of %s is too long", name);
	snprintf(part, sizeof part, "%s.part", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return disk_fail_errno(why, "make", part);
	if (disk_write(fd, bytes, n, 0) != WH_OK || fsync(fd) != 0)
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

uint32_t
disk_crc(uint32_t crc, const void *bytes, size_t n)
{
	return (uint32_t)crc32_z(crc, bytes, n);
}

uint32_t
disk_get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t
disk_get64(const unsigned char *p)
{
	return (uint64_t)disk_get32(p) << 32 | disk_get32(p + 4);
}

void
disk_put32(unsigned char *p, uint32_t n)
{
	p[0] = (unsigned char)(n >> 24);
	p[1] = (unsigned char)(n >> 16);
	p[2] = (unsigned char)(n >> 8);
	p[3] = (unsigned char)n;
}

void
disk_put64(unsigned char *p, uint64_t n)
{
	disk_put32(p, (uint32_t)(n >> 32));
	disk_put32(p + 4, (uint32_t)n);
}
