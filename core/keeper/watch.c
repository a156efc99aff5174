/* See watch.h. */
#include "keeper/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* IN_ATTRIB: a key that was written first and made readable then. */
enum { WATCH_EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF };

bool
watch_begin(struct watch *w)
{
	*w = (struct watch){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	return w->fd >= 0;
}

/* A folder that is watched already counts once more, and costs nothing. */
static void
watch_folder(struct watch *w, const char *folder)
{
	if (w->fd < 0 || w->n == WATCH_FOLDERS)
		return;
	if (inotify_add_watch(w->fd, folder, WATCH_EVENTS | IN_ONLYDIR) >= 0)
		w->n++;
}

/* Puts what a link says before the rest of the way. */
static bool
watch_follow(const char *link, char rest[static PATH_MAX])
{
	char target[PATH_MAX], joined[PATH_MAX * 2];
	ssize_t n = readlink(link, target, sizeof target - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	snprintf(joined, sizeof joined, "%s/%s", target, rest);
	if (strlen(joined) >= PATH_MAX)
		return false;
	memcpy(rest, joined, strlen(joined) + 1);
	return true;
}

/* Takes the next name off the rest; false: there is none. */
static bool
watch_step(char rest[static PATH_MAX], char name[static NAME_MAX + 1])
{
	size_t skip = strspn(rest, "/"), n = strcspn(rest + skip, "/");

	if (n == 0 || n > NAME_MAX)
		return false;
	memcpy(name, rest + skip, n);
	name[n] = '\0';
	memmove(rest, rest + skip + n, strlen(rest + skip + n) + 1);
	return true;
}

void
watch_path(struct watch *w, const char *path)
{
	char at[PATH_MAX], next[PATH_MAX + NAME_MAX + 2], rest[PATH_MAX], name[NAME_MAX + 1];
	struct stat st;

	if (strlen(path) >= sizeof rest)
		return;
	memcpy(rest, path, strlen(path) + 1);
	snprintf(at, sizeof at, "%s", path[0] == '/' ? "/" : ".");
	for (unsigned links = 0; watch_step(rest, name);) {
		bool last = rest[strspn(rest, "/")] == '\0';

		snprintf(next, sizeof next, "%s/%s", at, name);
		if (lstat(next, &st) != 0 || (last && !S_ISLNK(st.st_mode)) || strlen(next) >= sizeof at) {
			watch_folder(w, at);
			return;
		}
		if (!S_ISLNK(st.st_mode)) {
			memcpy(at, next, strlen(next) + 1);
			continue;
		}
		watch_folder(w, at);
		if (++links > WATCH_LINKS || !watch_follow(next, rest))
			return;
		if (rest[0] == '/')
			snprintf(at, sizeof at, "/");
	}
}

bool
watch_take(struct watch *w)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;

	while (w->fd >= 0 && read(w->fd, events, sizeof events) > 0)
		any = true;
	return any;
}

void
watch_end(struct watch *w)
{
	wh_fd_close(&w->fd);
	w->n = 0;
}
