/* See overlay_file.h. */
#include "keeper/overlay_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf_snapshot.h"
#include "base/fd.h"

#define OVERLAY_NAME "settings.conf"
#define OVERLAY_NAME_BEFORE OVERLAY_NAME ".before"
#define OVERLAY_NAME_NEW OVERLAY_NAME ".new"

void
overlay_path(const char *state, enum overlay_which which, char path_out[static OVERLAY_PATH])
{
	snprintf(path_out, OVERLAY_PATH, "%s/%s", state, which == OVERLAY_NOW ? OVERLAY_NAME : OVERLAY_NAME_BEFORE);
}

static enum wh_err
overlay_read_fd(int fd, struct wh_buf *to, const char **why_out)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		*why_out = "is not a file";
		return WH_EINVAL;
	}
	for (;;) {
		char *room = wh_buf_reserve(to, 4096);
		ssize_t n = room != NULL ? read(fd, room, 4096) : -1;

		if (n == 0)
			return WH_OK;
		if (n < 0 && room != NULL && errno == EINTR)
			continue;
		if (n > 0)
			wh_buf_grew(to, (size_t)n);
		if (n < 0 || to->n > WH_SNAPSHOT_OVERLAY) {
			*why_out = n < 0 ? "cannot be read" : "is longer than any that whiplyd writes";
			return WH_EIO;
		}
	}
}

enum wh_err
overlay_read(const char *state, enum overlay_which which, struct wh_buf *to, const char **why_out)
{
	char path[OVERLAY_PATH];
	enum wh_err err;
	int fd;

	overlay_path(state, which, path);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return WH_OK;
	if (fd < 0) {
		*why_out = errno == ELOOP ? "is a link, which is not followed" : errno == EACCES ? "may not be read" : "cannot be read";
		return errno == EACCES ? WH_EPERM : WH_EIO;
	}
	err = overlay_read_fd(fd, to, why_out);
	wh_fd_close(&fd);
	return err;
}

/* A new file with the text, on the disk. */
static bool
overlay_write_new(int folder, const struct keeper_settings *s, struct wh_str text)
{
	bool good;
	int fd;

	if (unlinkat(folder, OVERLAY_NAME_NEW, 0) != 0 && errno != ENOENT)
		return false;
	fd = openat(folder, OVERLAY_NAME_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	good = wh_fd_write_all(fd, text.p, text.n) == WH_OK && (!s->drop || fchown(fd, s->uid, s->gid) == 0) && fsync(fd) == 0;
	wh_fd_close(&fd);
	return good;
}

/* The one that goes stays under another name. False: it could not be kept, which is no reason to refuse the new one. */
static bool
overlay_keep_before(int folder)
{
	return (unlinkat(folder, OVERLAY_NAME_BEFORE, 0) == 0 || errno == ENOENT) && linkat(folder, OVERLAY_NAME, folder, OVERLAY_NAME_BEFORE, 0) == 0;
}

enum wh_err
overlay_write(const struct keeper_settings *s, struct wh_str text, const char **why_out)
{
	int folder = open(s->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = folder >= 0;

	if (good && text.n == 0) {
		(void)overlay_keep_before(folder);
		good = unlinkat(folder, OVERLAY_NAME, 0) == 0 || errno == ENOENT;
	} else if (good && (good = overlay_write_new(folder, s, text))) {
		(void)overlay_keep_before(folder);
		good = renameat(folder, OVERLAY_NAME_NEW, folder, OVERLAY_NAME) == 0;
	}
	if (!good)
		*why_out = strerror(errno);
	else
		(void)fsync(folder);
	wh_fd_close(&folder);
	return good ? WH_OK : WH_EIO;
}
