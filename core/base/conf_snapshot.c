/* The snapshot of conf_snapshot.h: building, asking, and its form as bytes. That form is "WHS1", then text, files, runs and
 * kept files, each a count and its items, all numbers 32 bits, strings with their length in front; and, if there is an overlay, its file
 * and text. */
#include "base/conf_snapshot.h"

#include <stdlib.h>

#include "base/conf_snapshot_build.h"
#include "base/fd.h"

static const struct wh_str snapshot_magic = { "WHS1", 4 };

struct wh_snapshot *
snapshot_new(void)
{
	struct wh_snapshot *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->text.max = WH_SNAPSHOT_TEXT;
	s->overlay.max = WH_SNAPSHOT_OVERLAY + 1;
	return s;
}

enum wh_err
snapshot_file(struct wh_snapshot *s, struct wh_str name, uint32_t *file_out)
{
	char **files;

	if (s->n_files == WH_SNAPSHOT_FILES)
		return WH_EFULL;
	files = reallocarray(s->files, s->n_files + 1, sizeof *files);
	if (files == NULL)
		return WH_ENOMEM;
	s->files = files;
	files[s->n_files] = strndup(name.n > 0 ? name.p : "", name.n);
	if (files[s->n_files] == NULL)
		return WH_ENOMEM;
	*file_out = (uint32_t)s->n_files++;
	return WH_OK;
}

static enum wh_err
snapshot_run(struct wh_snapshot *s, struct snapshot_run run)
{
	struct snapshot_run *runs = reallocarray(s->runs, s->n_runs + 1, sizeof *runs);

	if (runs == NULL)
		return WH_ENOMEM;
	s->runs = runs;
	runs[s->n_runs++] = run;
	return WH_OK;
}

enum wh_err
snapshot_lines(struct wh_snapshot *s, uint32_t file, uint32_t line, struct wh_str lines)
{
	enum wh_err err;

	if (lines.n == 0)
		return WH_OK;
	err = snapshot_run(s, (struct snapshot_run){ s->lines + 1, file, line });
	if (err != WH_OK)
		return err;
	for (size_t i = 0; i < lines.n; i++)
		s->lines += lines.p[i] == '\n';
	wh_buf_str(&s->text, lines);
	if (lines.p[lines.n - 1] != '\n') {
		wh_buf_byte(&s->text, '\n');
		s->lines++;
	}
	return wh_buf_cstr(&s->text) == NULL ? WH_ETOOBIG : WH_OK;
}

struct wh_str
wh_snapshot_text(const struct wh_snapshot *s)
{
	return s->text.n > 0 ? wh_buf_slice(&s->text) : WH_STR("");
}

void
wh_snapshot_where(const struct wh_snapshot *s, unsigned line, const char **file_out, unsigned *line_out)
{
	size_t low = 0, high = s->n_runs;
	const struct snapshot_run *run;

	*file_out = s->n_files > 0 ? s->files[0] : "";
	*line_out = line;
	if (line > s->lines)
		line = s->lines;
	if (s->n_runs == 0 || line < s->runs[0].first)
		return;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->runs[middle].first <= line)
			low = middle;
		else
			high = middle;
	}
	run = &s->runs[low];
	*file_out = s->files[run->file];
	*line_out = run->line + (line - run->first);
}

static void
snapshot_forget(struct snapshot_kept *k)
{
	if (k->bytes != NULL)
		explicit_bzero(k->bytes, k->n);
	free(k->bytes);
	free(k->name);
}

static struct snapshot_kept *
snapshot_find(const struct wh_snapshot *s, struct wh_str name)
{
	for (size_t i = 0; i < s->n_kept; i++)
		if (wh_str_eq((struct wh_str){ s->kept[i].name, s->kept[i].name_n }, name))
			return &s->kept[i];
	return NULL;
}

enum wh_err
wh_snapshot_keep(struct wh_snapshot *s, struct wh_str name, struct wh_str bytes)
{
	struct snapshot_kept *at = snapshot_find(s, name), new = { .name_n = name.n, .n = bytes.n };

	if (bytes.n > WH_SNAPSHOT_BLOB)
		return WH_ETOOBIG;
	if (at == NULL) {
		struct snapshot_kept *kept;

		if (s->n_kept == WH_SNAPSHOT_FILES)
			return WH_EFULL;
		kept = reallocarray(s->kept, s->n_kept + 1, sizeof *kept);
		if (kept == NULL)
			return WH_ENOMEM;
		s->kept = kept;
	}
	new.name = malloc(name.n + 1);
	new.bytes = malloc(bytes.n + 1);
	if (new.name == NULL || new.bytes == NULL) {
		free(new.name);
		free(new.bytes);
		return WH_ENOMEM;
	}
	if (name.n > 0)
		memcpy(new.name, name.p, name.n);
	if (bytes.n > 0)
		memcpy(new.bytes, bytes.p, bytes.n);
	if (at != NULL)
		snapshot_forget(at);
	else
		at = &s->kept[s->n_kept++];
	*at = new;
	return WH_OK;
}

bool
wh_snapshot_kept(const struct wh_snapshot *s, struct wh_str name, struct wh_str *bytes_out)
{
	const struct snapshot_kept *k = snapshot_find(s, name);

	if (k == NULL)
		return false;
	*bytes_out = (struct wh_str){ k->bytes, k->n };
	return true;
}

enum wh_err
wh_snapshot_set_overlay(struct wh_snapshot *s, const char *file, struct wh_str text)
{
	char *name;

	if (text.n > WH_SNAPSHOT_OVERLAY)
		return WH_ETOOBIG;
	name = strdup(file);
	if (name == NULL)
		return WH_ENOMEM;
	free(s->overlay_file);
	s->overlay_file = name;
	wh_buf_reset(&s->overlay);
	wh_buf_str(&s->overlay, text);
	return wh_buf_cstr(&s->overlay) == NULL ? WH_ENOMEM : WH_OK;
}

struct wh_str
wh_snapshot_overlay(const struct wh_snapshot *s)
{
	return s->overlay.n > 0 ? wh_buf_slice(&s->overlay) : WH_STR("");
}

const char *
wh_snapshot_overlay_file(const struct wh_snapshot *s)
{
	return s->overlay_file != NULL ? s->overlay_file : "";
}

static void
snapshot_put_u32(struct wh_buf *b, size_t value)
{
	uint32_t v = (uint32_t)value;

	wh_buf_put(b, &v, sizeof v);
}

static void
snapshot_put_bytes(struct wh_buf *b, struct wh_str bytes)
{
	snapshot_put_u32(b, bytes.n);
	wh_buf_str(b, bytes);
}

static void
snapshot_put(const struct wh_snapshot *s, bool with_kept, struct wh_buf *b)
{
	size_t n_kept = with_kept ? s->n_kept : 0;

	wh_buf_str(b, snapshot_magic);
	snapshot_put_bytes(b, wh_snapshot_text(s));
	snapshot_put_u32(b, s->n_files);
	for (size_t i = 0; i < s->n_files; i++)
		snapshot_put_bytes(b, wh_str(s->files[i]));
	snapshot_put_u32(b, s->n_runs);
	for (size_t i = 0; i < s->n_runs; i++) {
		snapshot_put_u32(b, s->runs[i].first);
		snapshot_put_u32(b, s->runs[i].file);
		snapshot_put_u32(b, s->runs[i].line);
	}
	snapshot_put_u32(b, n_kept);
	for (size_t i = 0; i < n_kept; i++) {
		snapshot_put_bytes(b, (struct wh_str){ s->kept[i].name, s->kept[i].name_n });
		snapshot_put_bytes(b, (struct wh_str){ s->kept[i].bytes, s->kept[i].n });
	}
	if (s->overlay_file != NULL) {
		snapshot_put_bytes(b, wh_str(s->overlay_file));
		snapshot_put_bytes(b, wh_snapshot_overlay(s));
	}
}

static void
snapshot_wipe(struct wh_buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	wh_buf_free(b);
}

int
wh_snapshot_seal(const struct wh_snapshot *s, bool with_kept)
{
	struct wh_buf b = { .max = WH_SNAPSHOT_BYTES };
	int fd = -1;

	snapshot_put(s, with_kept, &b);
	if (!b.failed)
		fd = wh_fd_sealed("whiply-config", wh_buf_slice(&b));
	snapshot_wipe(&b);
	return fd;
}

enum wh_err
wh_snapshot_copy(const struct wh_snapshot *s, struct wh_snapshot **copy_out)
{
	struct wh_buf b = { .max = WH_SNAPSHOT_BYTES };
	enum wh_err err = WH_ENOMEM;

	*copy_out = NULL;
	snapshot_put(s, true, &b);
	if (!b.failed)
		err = wh_snapshot_decode(wh_buf_slice(&b), copy_out);
	snapshot_wipe(&b);
	return err;
}

static bool
snapshot_get_u32(struct wh_str *from, uint32_t *out)
{
	if (from->n < sizeof *out)
		return false;
	memcpy(out, from->p, sizeof *out);
	*from = wh_str_from(*from, sizeof *out);
	return true;
}

static bool
snapshot_get_bytes(struct wh_str *from, struct wh_str *out)
{
	uint32_t n;

	if (!snapshot_get_u32(from, &n) || from->n < n)
		return false;
	*out = (struct wh_str){ from->p, n };
	*from = wh_str_from(*from, n);
	return true;
}

/* The first run covers line 1 and runs ascend: wh_snapshot_where relies on it. */
static enum wh_err
snapshot_get_runs(struct wh_snapshot *s, struct wh_str *from)
{
	struct snapshot_run run;
	enum wh_err err;
	uint32_t n;

	if (!snapshot_get_u32(from, &n) || n > from->n / sizeof run)
		return WH_ESYNTAX;
	for (uint32_t i = 0, before = 0; i < n; i++, before = run.first) {
		if (!snapshot_get_u32(from, &run.first) || !snapshot_get_u32(from, &run.file) || !snapshot_get_u32(from, &run.line))
			return WH_ESYNTAX;
		if (run.first <= before || run.file >= s->n_files)
			return WH_ESYNTAX;
		err = snapshot_run(s, run);
		if (err != WH_OK)
			return err;
	}
	return WH_OK;
}

/* The end, if there is no overlay. */
static enum wh_err
snapshot_get_overlay(struct wh_snapshot *s, struct wh_str from)
{
	struct wh_str name, text;
	char *file;
	enum wh_err err;

	if (from.n == 0)
		return WH_OK;
	if (!snapshot_get_bytes(&from, &name) || !snapshot_get_bytes(&from, &text) || from.n != 0
	    || (text.n > 0 && memchr(text.p, '\0', text.n) != NULL))
		return WH_ESYNTAX;
	file = strndup(name.n > 0 ? name.p : "", name.n);
	if (file == NULL)
		return WH_ENOMEM;
	err = wh_snapshot_set_overlay(s, file, text);
	free(file);
	return err;
}

static enum wh_err
snapshot_get(struct wh_snapshot *s, struct wh_str from)
{
	struct wh_str bytes, name;
	uint32_t n, file;
	enum wh_err err;

	if (!wh_str_starts(from, snapshot_magic))
		return WH_ESYNTAX;
	from = wh_str_from(from, snapshot_magic.n);
	if (!snapshot_get_bytes(&from, &bytes) || (bytes.n > 0 && memchr(bytes.p, '\0', bytes.n) != NULL))
		return WH_ESYNTAX;
	for (size_t i = 0; i < bytes.n; i++)
		s->lines += bytes.p[i] == '\n';
	wh_buf_str(&s->text, bytes);
	if (wh_buf_cstr(&s->text) == NULL)
		return s->text.n + bytes.n >= WH_SNAPSHOT_TEXT ? WH_ETOOBIG : WH_ENOMEM;
	if (!snapshot_get_u32(&from, &n))
		return WH_ESYNTAX;
	for (; n > 0; n--) {
		if (!snapshot_get_bytes(&from, &name))
			return WH_ESYNTAX;
		err = snapshot_file(s, name, &file);
		if (err != WH_OK)
			return err;
	}
	err = snapshot_get_runs(s, &from);
	if (err != WH_OK)
		return err;
	if (!snapshot_get_u32(&from, &n))
		return WH_ESYNTAX;
	for (; n > 0; n--) {
		if (!snapshot_get_bytes(&from, &name) || !snapshot_get_bytes(&from, &bytes))
			return WH_ESYNTAX;
		err = wh_snapshot_keep(s, name, bytes);
		if (err != WH_OK)
			return err;
	}
	return snapshot_get_overlay(s, from);
}

enum wh_err
wh_snapshot_decode(struct wh_str bytes, struct wh_snapshot **snapshot_out)
{
	enum wh_err err;

	*snapshot_out = snapshot_new();
	if (*snapshot_out == NULL)
		return WH_ENOMEM;
	err = snapshot_get(*snapshot_out, bytes);
	if (err != WH_OK)
		wh_snapshot_free(snapshot_out);
	return err;
}

enum wh_err
wh_snapshot_open(int fd, struct wh_snapshot **snapshot_out)
{
	struct wh_str bytes;
	enum wh_err err;

	*snapshot_out = NULL;
	err = wh_fd_map_sealed(fd, &bytes);
	if (err != WH_OK)
		return err;
	err = wh_snapshot_decode(bytes, snapshot_out);
	wh_fd_unmap(&bytes);
	return err;
}

void
wh_snapshot_free(struct wh_snapshot **snapshot)
{
	struct wh_snapshot *s = *snapshot;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_kept; i++)
		snapshot_forget(&s->kept[i]);
	for (size_t i = 0; i < s->n_files; i++)
		free(s->files[i]);
	free(s->kept);
	free(s->files);
	free(s->runs);
	free(s->overlay_file);
	snapshot_wipe(&s->overlay);
	wh_buf_free(&s->text);
	free(s);
	*snapshot = NULL;
}
