/* A tree of files that the edge serves itself: finds the file and writes the whole head of the answer; the edge then sends
 * `length` bytes of `fd` from `offset`. The kernel keeps us inside the tree (openat2, RESOLVE_BENEATH, no symlinks): no
 * name, however written, reaches a file outside. Opening may touch the disk; everything else is arithmetic. */
#ifndef WHIPLY_EDGE_STATIC_TREE_H
#define WHIPLY_EDGE_STATIC_TREE_H

#include "edge/http_parse.h"
#include "edge/http_write.h"

enum { WH_STATIC_PATH = 1024 };	/* the longest path that is looked up */

struct wh_static_tree {
	int root;		/* owned: O_PATH of the directory; -1: none */
};

struct wh_static_plan {
	unsigned status;
	int fd;			/* take it and close it; -1: nothing to send beyond what was written */
	uint64_t offset, length;
};

/** Opens a tree: WH_ENOENT, WH_EIO, or WH_ENOTSUP where the kernel has no openat2. */
enum wh_err wh_static_open(struct wh_static_tree *tree_out, const char *directory);
void wh_static_close(struct wh_static_tree *tree);

/** Answers `req` for the raw path `path` below the tree (it begins with '/', the mount prefix already taken off), starting
 * from `base` (keep_alive, date, policy, minor, request_id are used). `now_s` is the wall clock.
 * WH_OK: the answer's head, and for errors its body, are in `out`; send what the plan says after it.
 * WH_ENOENT: no such file, nothing written; the caller may ask somebody else, or answer 404.
 * WH_ENOMEM: nothing written. */
enum wh_err wh_static_answer(const struct wh_static_tree *tree, const struct wh_http_request *req, struct wh_str path,
    const struct wh_http_reply *base, int64_t now_s, struct wh_buf *out, struct wh_static_plan *plan_out);

#endif
