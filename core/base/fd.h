/* Descriptors: flags, passing them to another process, sealed memory files, and small whole files.
 * Everything made here is close-on-exec. Functions that make a descriptor return it, or -1 with errno. */
#ifndef WHIPLY_BASE_FD_H
#define WHIPLY_BASE_FD_H

#include "base/buf.h"

enum {
	WH_FD_PASS_MAX = 64,	/* descriptors in one message */
};

enum wh_err wh_fd_nonblock(int fd, bool on);
enum wh_err wh_fd_cloexec(int fd, bool on);

/** Closes unless it is -1, and sets it to -1. Keeps errno. */
void wh_fd_close(int *fd);

/** A connected pair of SEQPACKET sockets, nonblocking when asked for: one message in is one message out. */
enum wh_err wh_fd_pair(int pair_out[static 2], bool nonblock);

/** Sends one message with up to WH_FD_PASS_MAX descriptors, which the receiver gets copies of. The message has a byte
 * at least. WH_WAIT when the socket is full, WH_EAWAY when the other side is gone, WH_ETOOBIG, WH_EIO. */
enum wh_err wh_fd_send(int sock, const void *bytes, size_t n, const int *fds, size_t fd_count);

/** Receives one message of at most `size` bytes and `fd_max` descriptors, which are then the caller's. A message that
 * is longer or brings more is discarded whole, with WH_ETOOBIG. WH_WAIT when there is none, WH_EAWAY at the end. */
enum wh_err wh_fd_recv(int sock, void *bytes, size_t size, size_t *n_out, int *fds, size_t fd_max, size_t *fd_count_out);

/** A memory file of `size` zeros that can be written, but neither grows nor shrinks: what a ring or counters live in.
 * `name` shows in /proc only. */
int wh_fd_memory(const char *name, size_t size);

/** A memory file with these bytes, that nobody can change any more: what the keeper hands to others. */
int wh_fd_sealed(const char *name, struct wh_str bytes);

/** Maps a file that wh_fd_memory made, shared and writable; checks that it has `size` bytes and cannot shrink, so
 * that the process on the other side cannot make us fault. NULL with errno. */
void *wh_fd_map(int fd, size_t size);

/** Maps a whole file that wh_fd_sealed made, for reading; WH_EINVAL unless it is sealed. Undo with wh_fd_unmap. */
enum wh_err wh_fd_map_sealed(int fd, struct wh_str *bytes_out);
void wh_fd_unmap(struct wh_str *bytes);

/** Appends a whole file. WH_ENOENT, WH_EPERM, WH_ETOOBIG when it has more than `max` bytes, WH_EINVAL for a directory, WH_EIO. */
enum wh_err wh_fd_read_file(const char *path, struct wh_buf *to, size_t max);

/** Writes all of it, going on after a short write. For blocking descriptors. */
enum wh_err wh_fd_write_all(int fd, const void *bytes, size_t n);

#endif
