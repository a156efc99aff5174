/* What `ps` and `top` show for this process: "whiplyd: hub". The title is written over the memory of argv and the
 * environment, which main's caller owns; init moves both away first, and nobody may hold an old pointer into them. */
#ifndef WHIPLY_BASE_PROCTITLE_H
#define WHIPLY_BASE_PROCTITLE_H

#include <whiply/types.h>

struct wh_proctitle {
	char *start;	/* borrowed from the kernel's stack area */
	char *copy;	/* argv's and the environment's strings; never freed, others point into it */
	size_t size;	/* 0: no title can be set, and set only names the thread */
};

/** Call first in main, before any thread and any getenv. Copies argv's strings and the environment to memory that is
 * kept until the process ends. WH_ENOMEM leaves everything as it was. */
enum wh_err wh_proctitle_init(struct wh_proctitle *t, int argc, char **argv);

/** Sets the title, cut to the room there is, and the thread's name to what stands behind "whiplyd: " (15 bytes). */
void wh_proctitle_set(struct wh_proctitle *t, const char *title);

#endif
