/* The descriptors of fd.h. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

union fd_control {
	struct cmsghdr head;	/* aligns the bytes */
	char bytes[CMSG_SPACE(sizeof(int) * WH_FD_PASS_MAX)];
};

static enum wh_err
fd_flag(int fd, int get, int set, int flag, bool on)
{
	int flags = fcntl(fd, get);

	if (flags < 0 || fcntl(fd, set, on ? flags | flag : flags & ~flag) < 0)
		return WH_EIO;
	return WH_OK;
}

enum wh_err
wh_fd_nonblock(int fd, bool on)
{
	return fd_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, on);
}

enum wh_err
wh_fd_cloexec(int fd, bool on)
{
	return fd_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, on);
}

void
wh_fd_close(int *fd)
{
	int keep = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = keep;
}

enum wh_err
wh_fd_pair(int pair_out[static 2], bool nonblock)
{
	int type = SOCK_SEQPACKET | SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0);

	return socketpair(AF_UNIX, type, 0, pair_out) == 0 ? WH_OK : WH_EIO;
}

static enum wh_err
fd_socket_err(void)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ETOOMANYREFS:
		return WH_WAIT;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return WH_EAWAY;
	case EMSGSIZE:
		return WH_ETOOBIG;
	default:
		return WH_EIO;
	}
}

enum wh_err
wh_fd_send(int sock, const void *bytes, size_t n, const int *fds, size_t fd_count)
{
	union fd_control control;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (n == 0)
		return WH_EINVAL;
	if (fd_count > WH_FD_PASS_MAX)
		return WH_ETOOBIG;
	if (fd_count > 0) {
		memset(&control, 0, sizeof control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * fd_count);
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
	}
	do
		sent = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0 ? WH_OK : fd_socket_err();
}

/* Collects what came along, at most WH_FD_PASS_MAX as the control buffer holds no more. */
static size_t
fd_collect(struct msghdr *m, int all[static WH_FD_PASS_MAX])
{
	size_t count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		size_t here;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (here > WH_FD_PASS_MAX - count)
			here = WH_FD_PASS_MAX - count;
		memcpy(all + count, CMSG_DATA(c), here * sizeof(int));
		count += here;
	}
	return count;
}

enum wh_err
wh_fd_recv(int sock, void *bytes, size_t size, size_t *n_out, int *fds, size_t fd_max, size_t *fd_count_out)
{
	union fd_control control;
	struct iovec iov = { .iov_base = bytes, .iov_len = size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	int all[WH_FD_PASS_MAX];
	size_t count;
	ssize_t got;

	*n_out = 0;
	*fd_count_out = 0;
	do
		got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fd_socket_err();
	count = fd_collect(&m, all);
	if (got == 0 || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || count > fd_max) {
		/* An empty message may carry descriptors too: the sender must not be able to leave them with us. */
		for (size_t i = 0; i < count; i++)
			wh_fd_close(&all[i]);
		return got == 0 ? WH_EAWAY : WH_ETOOBIG;
	}
	if (count > 0)
		memcpy(fds, all, count * sizeof(int));
	*fd_count_out = count;
	*n_out = (size_t)got;
	return WH_OK;
}

int
wh_fd_memory(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		wh_fd_close(&fd);
	return fd;
}

int
wh_fd_sealed(const char *name, struct wh_str bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (wh_fd_write_all(fd, bytes.p, bytes.n) != WH_OK ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		wh_fd_close(&fd);
	return fd;
}

/* Has the file these seals? A file of another kind has none. */
static bool
fd_is_sealed(int fd, int seals)
{
	int has = fcntl(fd, F_GET_SEALS);

	return has >= 0 && (has & seals) == seals;
}

void *
wh_fd_map(int fd, size_t size)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return NULL;
	if (size == 0 || st.st_size < 0 || (size_t)st.st_size != size || !fd_is_sealed(fd, F_SEAL_SHRINK)) {
		errno = EINVAL;
		return NULL;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p != MAP_FAILED ? p : NULL;
}

enum wh_err
wh_fd_map_sealed(int fd, struct wh_str *bytes_out)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0 || !fd_is_sealed(fd, F_SEAL_SHRINK | F_SEAL_WRITE))
		return WH_EINVAL;
	*bytes_out = (struct wh_str){ NULL, 0 };
	if (st.st_size == 0)
		return WH_OK;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return WH_ENOMEM;
	*bytes_out = (struct wh_str){ p, (size_t)st.st_size };
	return WH_OK;
}

void
wh_fd_unmap(struct wh_str *bytes)
{
	if (bytes->p != NULL)
		munmap((void *)(uintptr_t)bytes->p, bytes->n);
	*bytes = (struct wh_str){ NULL, 0 };
}

static enum wh_err
fd_read_rest(int fd, struct wh_buf *to, size_t max)
{
	enum { FD_STEP = 16384 };
	size_t start = to->n;

	for (;;) {
		size_t left = max - (to->n - start);
		/* One byte more than is allowed, so that a longer file shows. */
		size_t want = left < FD_STEP ? left + 1 : FD_STEP;
		char *at = wh_buf_reserve(to, want);
		ssize_t got;

		if (at == NULL)
			return WH_ENOMEM;
		got = read(fd, at, want);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EISDIR ? WH_EINVAL : WH_EIO;
		if (got == 0)
			return WH_OK;
		if ((size_t)got > left)
			return WH_ETOOBIG;
		wh_buf_grew(to, (size_t)got);
	}
}

enum wh_err
wh_fd_read_file(const char *path, struct wh_buf *to, size_t max)
{
	size_t start = to->n;
	enum wh_err err;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return WH_ENOENT;
		return errno == EACCES || errno == EPERM ? WH_EPERM : WH_EIO;
	}
	err = fd_read_rest(fd, to, max);
	if (err != WH_OK)
		to->n = start;
	wh_fd_close(&fd);
	return err;
}

enum wh_err
wh_fd_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return WH_EIO;
		p += put;
		n -= (size_t)put;
	}
	return WH_OK;
}
