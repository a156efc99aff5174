/* Reading a config's files into a snapshot: @include by the rules of wh_snapshot_read. A file is cut into tokens, so that an
 * @include in a string or a comment is none. */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>

#include "base/conf_scan.h"
#include "base/conf_snapshot_build.h"
#include "base/fd.h"

struct include {
	struct wh_snapshot *snapshot;
	struct wh_conf_errors *errors;
	unsigned depth;
	bool files_allowed;	/* false: the text is all there is */
};

static enum wh_err include_file(struct include *in, const char *path, const char *from, unsigned from_line);

/* The folder of `file` and the name in it; a name that begins with / stays. Owned by the caller; NULL: no memory. */
static char *
include_path(const char *file, struct wh_str name)
{
	const char *slash = strrchr(file, '/');
	struct wh_buf path = { 0 };

	if (slash != NULL && name.p[0] != '/')
		wh_buf_put(&path, file, (size_t)(slash + 1 - file));
	wh_buf_str(&path, name);
	if (wh_buf_cstr(&path) == NULL)
		wh_buf_free(&path);
	return path.p;
}

static enum wh_err
include_all(struct include *in, const char *pattern, const char *file, unsigned line)
{
	enum wh_err err = WH_OK;
	glob_t found = { 0 };
	int result;

	if (strpbrk(pattern, "*?[") == NULL)
		return include_file(in, pattern, file, line);
	errno = 0;
	result = glob(pattern, GLOB_ERR, NULL, &found);
	if (result != 0 && result != GLOB_NOMATCH && errno != ENOENT) {
		wh_conf_errors_add(in->errors, file, line, "cannot look for %s: %s", pattern, strerror(errno));
		err = WH_EIO;
	}
	for (size_t i = 0; i < found.gl_pathc && err == WH_OK; i++)
		err = include_file(in, found.gl_pathv[i], file, line);
	globfree(&found);
	return err;
}

/* At '@' of an include: reads the directive, and includes. *rest_out is where the next line begins. */
static enum wh_err
include_directive(struct include *in, struct conf_scan *scan, struct conf_token at, struct wh_str text, const char *file,
	const char **rest_out)
{
	struct conf_token word = conf_scan_next(scan), name = conf_scan_next(scan);
	struct conf_scan ahead = *scan;
	const char *end = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));
	enum wh_err err;
	char *path;

	for (const char *p = at.text.p; p > text.p && p[-1] != '\n'; p--)
		if (p[-1] != ' ' && p[-1] != '\t')
			goto syntax;
	if (!wh_str_is(word.text, "include") || name.kind != CONF_STRING || name.line != at.line || name.text.n < 3
	    || memchr(name.text.p, '\\', name.text.n) != NULL || memchr(name.text.p, '\n', name.text.n) != NULL)
		goto syntax;
	*rest_out = end != NULL ? end + 1 : scan->end;
	name = (struct conf_token){ .text = { name.text.p + 1, name.text.n - 2 } };
	struct conf_token next = conf_scan_next(&ahead);
	if (next.kind != CONF_END && next.text.p < *rest_out)
		goto syntax;
	if (!in->files_allowed) {
		wh_conf_errors_add(in->errors, file, at.line, "@include is not possible here");
		return WH_ESYNTAX;
	}
	path = include_path(file, name.text);
	if (path == NULL)
		return WH_ENOMEM;
	err = include_all(in, path, file, at.line);
	free(path);
	scan->at = *rest_out;
	scan->line = at.line + 1;
	return err;
syntax:
	wh_conf_errors_add(in->errors, file, at.line, "write @include \"FILE\" on a line of its own");
	return WH_ESYNTAX;
}

/* Copies the text, with the included files in it. */
static enum wh_err
include_text(struct include *in, uint32_t number, const char *file, struct wh_str text)
{
	struct conf_scan scan;
	struct conf_token t;
	const char *last = text.p;	/* up to here it is copied */
	unsigned last_line = 1;
	enum wh_err err;

	conf_scan_begin(&scan, text);
	while ((t = conf_scan_next(&scan)).kind != CONF_END) {
		const char *start;

		if (t.kind == CONF_BAD) {
			wh_conf_errors_add(in->errors, file, t.line, "%s", t.why);
			return WH_ESYNTAX;
		}
		if (t.kind != CONF_MARK || t.text.p[0] != '@')
			continue;
		for (start = t.text.p; start > last && start[-1] != '\n'; start--)
			;
		err = snapshot_lines(in->snapshot, number, last_line, (struct wh_str){ last, (size_t)(start - last) });
		if (err == WH_OK)
			err = include_directive(in, &scan, t, text, file, &last);
		if (err != WH_OK)
			return err;
		last_line = t.line + 1;
	}
	return snapshot_lines(in->snapshot, number, last_line, (struct wh_str){ last, (size_t)(text.p + text.n - last) });
}

static enum wh_err
include_bytes(struct include *in, const char *file, struct wh_str text)
{
	static const struct wh_str mark = { "\xef\xbb\xbf", 3 };
	uint32_t number;
	enum wh_err err = snapshot_file(in->snapshot, wh_str(file), &number);

	if (err == WH_EFULL)
		wh_conf_errors_add(in->errors, file, 0, "more than %d files", WH_SNAPSHOT_FILES);
	if (err != WH_OK)
		return err;
	if (wh_str_starts(text, mark))
		text = wh_str_from(text, mark.n);
	if (text.n == 0)
		return WH_OK;
	err = include_text(in, number, file, text);
	if (err == WH_ETOOBIG)
		wh_conf_errors_add(in->errors, file, 0, "the config has more than %d MiB in all", WH_SNAPSHOT_TEXT >> 20);
	return err;
}

static enum wh_err
include_file(struct include *in, const char *path, const char *from, unsigned from_line)
{
	struct wh_buf bytes = { 0 };
	enum wh_err err;

	if (in->depth == WH_SNAPSHOT_DEPTH) {
		wh_conf_errors_add(in->errors, from, from_line, "@include goes deeper than %d files", WH_SNAPSHOT_DEPTH);
		return WH_ESYNTAX;
	}
	errno = 0;
	err = wh_fd_read_file(path, &bytes, WH_SNAPSHOT_TEXT);
	if (err == WH_OK) {
		in->depth++;
		err = include_bytes(in, path, wh_buf_slice(&bytes));
		in->depth--;
	} else {
		const char *why = err == WH_ENOENT ? "there is no such file" : err == WH_EPERM ? "may not be read" :
			err == WH_ETOOBIG ? "is too long" : err == WH_EINVAL ? "is not a file" : "cannot be read";

		if (from != NULL)
			wh_conf_errors_add(in->errors, from, from_line, "%s: %s", path, why);
		else
			wh_conf_errors_add(in->errors, path, 0, "%s", why);
	}
	wh_buf_free(&bytes);
	return err;
}

enum wh_err
wh_snapshot_read(const char *path, struct wh_conf_errors *errors, struct wh_snapshot **snapshot_out)
{
	struct include in = { .snapshot = snapshot_new(), .errors = errors, .files_allowed = true };
	enum wh_err err = in.snapshot != NULL ? include_file(&in, path, NULL, 0) : WH_ENOMEM;

	if (err != WH_OK)
		wh_snapshot_free(&in.snapshot);
	*snapshot_out = in.snapshot;
	return err;
}

enum wh_err
wh_snapshot_from_text(const char *file, struct wh_str text, struct wh_conf_errors *errors, struct wh_snapshot **snapshot_out)
{
	struct include in = { .snapshot = snapshot_new(), .errors = errors };
	enum wh_err err = in.snapshot != NULL ? include_bytes(&in, file, text) : WH_ENOMEM;

	if (err != WH_OK)
		wh_snapshot_free(&in.snapshot);
	*snapshot_out = in.snapshot;
	return err;
}
