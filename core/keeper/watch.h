/* Folders that are watched for changes of some files. A file's path is followed as the kernel follows it, and every folder
 * in which something could be put in place of what is met on the way is watched: that of the file, and that of each symbolic
 * link. So a file written in place, one renamed over it and a link that is switched are all noticed. On network file systems
 * nothing may be: whoever watches looks by himself now and then. */
#ifndef WHIPLY_KEEPER_WATCH_H
#define WHIPLY_KEEPER_WATCH_H

#include <stdbool.h>

enum { WATCH_LINKS = 40, WATCH_FOLDERS = 512 };	/* symbolic links on one path; folders in all */

struct watch {
	int fd;			/* readable when something changed; -1: the system gives none */
	unsigned n;		/* folders */
};

/** Begins anew, with nothing watched. False, with errno: there is no inotify to be had. */
bool watch_begin(struct watch *w);

/** Watches what this path goes through. What cannot be watched is passed over. */
void watch_path(struct watch *w, const char *path);

/** Takes what was noticed: was there anything? */
bool watch_take(struct watch *w);

void watch_end(struct watch *w);

#endif
