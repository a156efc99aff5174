/* Answers from a tree of files, as static_tree.h has it. The order of the conditions is that of RFC 9110 13.2.2. */
#include "edge/static_tree.h"
#include "edge/http_date.h"
#include "edge/http_fields.h"
#include "edge/http_target.h"
#include "edge/static_mime.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ETAG_MAX = 64, NAME_MAX_GZ = WH_STATIC_PATH + 16, OPEN_TRIES = 4 };
static const unsigned static_methods = 1u << WH_HTTP_GET | 1u << WH_HTTP_HEAD;

/* A file as it will be sent. */
struct file {
	int fd;
	struct stat st;
	bool gzip;
};

/* All that an answer is made from, so that the steps below need not hand on ten arguments. */
struct answer {
	const struct wh_http_request *req;
	const struct wh_http_reply *base;
	int64_t now;
	struct wh_buf *out;
	struct wh_static_plan *plan;
	struct file file;
	struct wh_str name, type, etag, modified;
	char etag_room[ETAG_MAX], modified_room[WH_HTTP_DATE_N];
};

static int
tree_openat(int root, const char *name, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd = -1;

	/* EAGAIN: something was renamed while the kernel walked */
	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = syscall(SYS_openat2, root, name, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

enum wh_err
wh_static_open(struct wh_static_tree *tree_out, const char *directory)
{
	int probe;

	tree_out->root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (tree_out->root < 0)
		return errno == ENOENT || errno == ENOTDIR ? WH_ENOENT : WH_EIO;
	probe = tree_openat(tree_out->root, ".", O_PATH);
	if (probe < 0) {
		enum wh_err err = errno == ENOSYS || errno == EPERM ? WH_ENOTSUP : WH_EIO;

		wh_static_close(tree_out);
		return err;
	}
	close(probe);
	return WH_OK;
}

void
wh_static_close(struct wh_static_tree *tree)
{
	if (tree->root >= 0)
		close(tree->root);
	tree->root = -1;
}

/* Opens a regular file or a directory; WH_ENOENT for everything else that has that name. */
static enum wh_err
file_open(int root, const char *name, struct file *file_out)
{
	/* O_NONBLOCK: a FIFO must not hold up the process */
	file_out->fd = tree_openat(root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	file_out->gzip = false;
	if (file_out->fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO ? WH_EIO : WH_ENOENT;
	if (fstat(file_out->fd, &file_out->st) == 0 && (S_ISREG(file_out->st.st_mode) || S_ISDIR(file_out->st.st_mode)))
		return WH_OK;
	close(file_out->fd);
	file_out->fd = -1;
	return WH_ENOENT;
}

static bool
older(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec < b->st_mtim.tv_sec :
	    a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

/* Puts NAME.gz in the place of NAME if it is there and not older. `name` has room for the ending. */
static void
file_prefer_gzip(int root, char *name, size_t n, struct file *file)
{
	struct file packed;

	memcpy(name + n, ".gz", sizeof ".gz");
	if (file_open(root, name, &packed) != WH_OK)
		return;
	if (!S_ISREG(packed.st.st_mode) || older(&packed.st, &file->st)) {
		close(packed.fd);
		return;
	}
	close(file->fd);
	*file = packed;
	file->gzip = true;
}

/* No segment may be hidden or empty: a name has one spelling, and ".git" stays private. */
static bool
path_is_public(struct wh_str path)
{
	for (size_t i = 1; i < path.n; i++)
		if (path.p[i - 1] == '/' && (path.p[i] == '.' || path.p[i] == '/'))
			return false;
	return true;
}

static void
answer_drop_file(struct answer *a)
{
	if (a->file.fd >= 0)
		close(a->file.fd);
	a->file.fd = -1;
}

static enum wh_err
answer_problem(struct answer *a, unsigned status, const char *detail, struct wh_str lines)
{
	struct wh_http_problem problem = { .status = status, .detail = wh_str(detail), .lines = lines,
		.request_id = a->base->request_id, .allow = status == 405 ? static_methods : 0 };

	answer_drop_file(a);
	a->plan->status = status;
	return wh_http_problem_reply(a->out, a->base, &problem) ? WH_OK : WH_ENOMEM;
}

/* A directory asked for without its slash. The redirect is relative, so it works below any mount and leads nowhere else. */
static enum wh_err
answer_redirect(struct answer *a, struct wh_str raw)
{
	struct wh_http_reply r = *a->base;
	struct wh_buf to = { .max = 2 * WH_STATIC_PATH + 8192 };
	struct wh_http_writer w;
	size_t from = raw.n;
	bool done;

	answer_drop_file(a);
	while (from > 0 && raw.p[from - 1] != '/')
		from--;
	wh_buf_text(&to, "./");
	wh_buf_str(&to, wh_str_from(raw, from));
	wh_buf_byte(&to, '/');
	if (a->req->query.n > 0) {
		wh_buf_byte(&to, '?');
		wh_buf_str(&to, a->req->query);
	}
	a->plan->status = r.status = 301;
	r.framing = WH_HTTP_BY_LENGTH;
	r.length = 0;
	r.type = (struct wh_str){ NULL, 0 };
	w = wh_http_reply_begin(a->out, &r);
	wh_http_reply_header(&w, WH_STR("Location"), wh_buf_slice(&to));
	done = wh_http_reply_end(&w) && !to.failed;
	wh_buf_free(&to);
	return done ? WH_OK : WH_ENOMEM;
}

static void
answer_validators(struct answer *a)
{
	const struct stat *st = &a->file.st;
	int n = snprintf(a->etag_room, sizeof a->etag_room, "\"%llx-%llx-%llx\"", (unsigned long long)st->st_size,
	    (unsigned long long)st->st_mtim.tv_sec * 1000000000u + (unsigned long long)st->st_mtim.tv_nsec,
	    (unsigned long long)st->st_ino);

	a->etag = (struct wh_str){ a->etag_room, (size_t)n };
	a->modified = wh_http_date(st->st_mtim.tv_sec, a->modified_room);
}

/* Is the file newer than the date in that header? A date that cannot be read says nothing: `unread`. */
static bool
modified_since(const struct answer *a, enum wh_http_field field, bool unread)
{
	int64_t when;

	if (!wh_http_date_parse(wh_http_header(a->req, field), a->now, &when))
		return unread;
	return a->file.st.st_mtim.tv_sec > when;
}

/* 200: go on; 304 or 412 else. */
static unsigned
answer_condition(const struct answer *a)
{
	const struct wh_http_request *req = a->req;

	if (wh_http_has(req, WH_H_IF_MATCH)) {
		if (!wh_http_etag_in(req, WH_H_IF_MATCH, a->etag, true))
			return 412;
	} else if (wh_http_has(req, WH_H_IF_UNMODIFIED_SINCE) && modified_since(a, WH_H_IF_UNMODIFIED_SINCE, false)) {
		return 412;
	}
	if (wh_http_has(req, WH_H_IF_NONE_MATCH))
		return wh_http_etag_in(req, WH_H_IF_NONE_MATCH, a->etag, false) ? 304 : 200;
	if (wh_http_has(req, WH_H_IF_MODIFIED_SINCE) && !modified_since(a, WH_H_IF_MODIFIED_SINCE, true))
		return 304;
	return 200;
}

/* May a range be taken from this file, or is what the client has a part of another? */
static bool
range_applies(const struct answer *a)
{
	struct wh_str value = wh_http_header(a->req, WH_H_IF_RANGE);
	int64_t when;

	if (a->req->method != WH_HTTP_GET || !wh_http_has(a->req, WH_H_RANGE))
		return false;
	if (!wh_http_has(a->req, WH_H_IF_RANGE))
		return true;
	if (value.n > 0 && value.p[0] == '"')
		return wh_str_eq(value, a->etag);
	/* a date names one content only if the file can't have changed again within its second */
	return wh_http_date_parse(value, a->now, &when) && when == a->file.st.st_mtim.tv_sec && when < a->now - 1;
}

/* Writes the head for the file, or for the part of it that is asked for. */
static enum wh_err
answer_head(struct answer *a, unsigned status, uint64_t size)
{
	struct wh_http_reply r = *a->base;
	struct wh_http_writer w;
	char range[80];

	a->plan->status = r.status = status;
	r.framing = WH_HTTP_BY_LENGTH;
	r.length = a->plan->length;
	r.type = status == 304 ? (struct wh_str){ NULL, 0 } : a->type;
	w = wh_http_reply_begin(a->out, &r);
	wh_http_reply_header(&w, WH_STR("ETag"), a->etag);
	wh_http_reply_header(&w, WH_STR("Last-Modified"), a->modified);
	wh_http_reply_header(&w, WH_STR("Cache-Control"), wh_static_hashed(a->name) ?
	    WH_STR("public, max-age=31536000, immutable") : WH_STR("no-cache"));
	if (wh_static_compressible(a->type))
		wh_http_reply_header(&w, WH_STR("Vary"), WH_STR("Accept-Encoding"));
	if (status != 304) {
		wh_http_reply_header(&w, WH_STR("Accept-Ranges"), WH_STR("bytes"));
		if (a->file.gzip)
			wh_http_reply_header(&w, WH_STR("Content-Encoding"), WH_STR("gzip"));
	}
	if (status == 206) {
		int n = snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)a->plan->offset,
		    (unsigned long long)(a->plan->offset + a->plan->length - 1), (unsigned long long)size);

		wh_http_reply_header(&w, WH_STR("Content-Range"), (struct wh_str){ range, (size_t)n });
	}
	if (!wh_http_reply_end(&w)) {
		answer_drop_file(a);
		return WH_ENOMEM;
	}
	if (a->plan->length == 0 || !wh_http_reply_has_body(&r)) {
		answer_drop_file(a);
		a->plan->length = 0;
	}
	a->plan->fd = a->file.fd;
	return WH_OK;
}

static enum wh_err
answer_file(struct answer *a)
{
	uint64_t size = (uint64_t)a->file.st.st_size;
	unsigned status;
	char line[64];
	int n;

	answer_validators(a);
	status = answer_condition(a);
	if (status == 412)
		return answer_problem(a, 412, "the file has changed", (struct wh_str){ NULL, 0 });
	if (status == 304)
		return answer_head(a, 304, size);
	a->plan->length = size;
	if (range_applies(a)) {
		switch (wh_http_range(wh_http_header(a->req, WH_H_RANGE), size, &a->plan->offset, &a->plan->length)) {
		case WH_HTTP_RANGE_ONE:
			return answer_head(a, 206, size);
		case WH_HTTP_RANGE_BAD:
			n = snprintf(line, sizeof line, "Content-Range: bytes */%llu\r\n", (unsigned long long)size);
			a->plan->offset = a->plan->length = 0;
			return answer_problem(a, 416, "the range is outside the file", (struct wh_str){ line, (size_t)n });
		case WH_HTTP_RANGE_NONE:
			break;
		}
	}
	return answer_head(a, 200, size);
}

/* Finds the file of a decoded path, and answers. */
static enum wh_err
answer_path(struct answer *a, int root, struct wh_str path, struct wh_str raw)
{
	char name[NAME_MAX_GZ];
	struct wh_str below = wh_str_from(path, 1);
	size_t n = below.n;
	enum wh_err err;

	memcpy(name, below.p, n);
	if (n == 0 || name[n - 1] == '/') {
		memcpy(name + n, "index.html", 10);
		n += 10;
	}
	name[n] = '\0';
	a->name = (struct wh_str){ name, n };
	err = file_open(root, name, &a->file);
	if (err == WH_EIO)
		return answer_problem(a, 503, "the file cannot be opened now", (struct wh_str){ NULL, 0 });
	if (err != WH_OK)
		return err;
	if (S_ISDIR(a->file.st.st_mode)) {
		if (path.p[path.n - 1] != '/')
			return answer_redirect(a, raw);
		answer_drop_file(a);
		return WH_ENOENT;
	}
	a->type = wh_static_type(a->name);
	if (wh_static_compressible(a->type) && wh_http_encoding_ok(a->req, WH_STR("gzip")))
		file_prefer_gzip(root, name, n, &a->file);
	return answer_file(a);
}

enum wh_err
wh_static_answer(const struct wh_static_tree *tree, const struct wh_http_request *req, struct wh_str path,
    const struct wh_http_reply *base, int64_t now_s, struct wh_buf *out, struct wh_static_plan *plan_out)
{
	struct wh_http_reply reply = *base;
	struct answer a = { .req = req, .base = &reply, .now = now_s, .out = out, .plan = plan_out, .file = { .fd = -1 } };
	struct wh_http_refusal why;
	char room[WH_STATIC_PATH];
	struct wh_str decoded;

	reply.head = req->method == WH_HTTP_HEAD;
	reply.minor = req->minor;
	*plan_out = (struct wh_static_plan){ .fd = -1 };
	if (!wh_http_method_check(req, static_methods, &why))
		return answer_problem(&a, why.status, why.reason, (struct wh_str){ NULL, 0 });
	if (path.n > sizeof room)
		return WH_ENOENT;
	if (wh_http_path_decode(path, room, sizeof room, &decoded) != WH_OK)
		return answer_problem(&a, 400, "malformed path", (struct wh_str){ NULL, 0 });
	if (!path_is_public(decoded))
		return WH_ENOENT;
	return answer_path(&a, tree->root, decoded, path);
}
