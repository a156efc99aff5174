/* See source.h. */
#include "rules/source.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static struct source_file *
add_file(struct source *s, struct wh_str name, struct wh_buf *why)
{
	struct source_file *f = &s->files[s->n];

	if (s->n == SOURCE_FILES || name.n == 0 || name.n >= SOURCE_NAME || memchr(name.p, '/', name.n) != NULL) {
		wh_buf_fmt(why, "%.*s: %s", WH_FMT(name), s->n == SOURCE_FILES ? "too many files" : "not the name of a file");
		return NULL;
	}
	memcpy(f->name, name.p, name.n);
	f->text.max = SOURCE_BYTES + 1;
	s->n++;
	return f;
}

/* Every Lua file but the two that are run is a module. */
static enum wh_err
finish(struct source **source, struct source **source_out, struct wh_buf *why)
{
	struct source *s = *source;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char *name = s->files[i].name;

		if (!ends_with(name, ".lua") || strcmp(name, "pack.lua") == 0 || strcmp(name, "tests.lua") == 0)
			continue;
		memcpy(s->module_names[n], name, SOURCE_NAME);
		s->module_names[n][strlen(name) - 4] = '\0';
		s->modules[n].name = s->module_names[n];
		s->modules[n].text = wh_buf_slice(&s->files[i].text);
		n++;
	}
	if (source_text(s, "pack.lua").p == NULL) {
		wh_buf_fmt(why, "%spack.lua: there is no such file", s->label);
		source_free(source);
		return WH_ENOENT;
	}
	*source_out = s;
	return WH_OK;
}

static enum wh_err
read_one(struct source *s, const char *folder, const char *name, struct wh_buf *why)
{
	struct source_file *file = add_file(s, wh_str(name), why);
	struct wh_buf path = { 0 };
	enum wh_err err = WH_OK;
	FILE *f = NULL;
	char *to;

	if (file == NULL)
		return WH_EINVAL;
	wh_buf_fmt(&path, "%s/%s", folder, name);
	if (wh_buf_cstr(&path) != NULL)
		f = fopen(path.p, "re");
	if (f == NULL) {
		wh_buf_fmt(why, "%s: %s", path.p, strerror(errno));
		wh_buf_free(&path);
		return WH_EIO;
	}
	while (!feof(f) && !ferror(f) && (to = wh_buf_reserve(&file->text, 1)) != NULL)
		wh_buf_grew(&file->text, fread(to, 1, file->text.cap - file->text.n, f));
	if (ferror(f) || file->text.failed) {
		wh_buf_fmt(why, "%s: %s", path.p, file->text.failed ? "larger than 1 MiB" : "cannot be read");
		err = WH_EIO;
	}
	fclose(f);
	wh_buf_free(&path);
	return err;
}

static int
is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (ends_with(entry->d_name, ".lua") || ends_with(entry->d_name, ".txt"));
}

enum wh_err
source_read(const char *folder, struct source **source_out, struct wh_buf *why_out)
{
	struct source *s = calloc(1, sizeof *s);
	struct dirent **entries = NULL;
	enum wh_err err = WH_OK;
	int n;

	*source_out = NULL;
	if (s == NULL)
		return WH_ENOMEM;
	n = scandir(folder, &entries, is_wanted, alphasort);
	if (n < 0) {
		wh_buf_fmt(why_out, "%s: %s", folder, strerror(errno));
		source_free(&s);
		return WH_EIO;
	}
	snprintf(s->label, sizeof s->label, "%s%s", folder, ends_with(folder, "/") ? "" : "/");
	for (int i = 0; i < n; i++) {
		if (err == WH_OK)
			err = read_one(s, folder, entries[i]->d_name, why_out);
		free(entries[i]);
	}
	free(entries);
	if (err == WH_OK)
		return finish(&s, source_out, why_out);
	source_free(&s);
	return err;
}

enum wh_err
source_of_json(const struct wh_value *files, struct source **source_out, struct wh_buf *why_out)
{
	struct wh_json_in in = wh_json_each(files);
	struct source *s = calloc(1, sizeof *s);
	struct wh_value text;
	struct wh_str name;

	*source_out = NULL;
	if (s == NULL)
		return WH_ENOMEM;
	while (wh_json_next(&in, &name, &text)) {
		struct source_file *f = add_file(s, name, why_out);

		if (f == NULL || text.type != WH_V_STR) {
			source_free(&s);
			return WH_EINVAL;
		}
		wh_buf_str(&f->text, text.s);
		if (text.s.n == 0)
			(void)wh_buf_cstr(&f->text);
		if (f->text.failed) {
			wh_buf_fmt(why_out, "%s: larger than 1 MiB", f->name);
			source_free(&s);
			return WH_ETOOBIG;
		}
	}
	return finish(&s, source_out, why_out);
}

void
source_free(struct source **s)
{
	for (size_t i = 0; *s != NULL && i < (*s)->n; i++)
		wh_buf_free(&(*s)->files[i].text);
	free(*s);
	*s = NULL;
}

struct wh_str
source_text(const struct source *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->files[i].name, name) == 0)
			return (struct wh_str){ s->files[i].text.p != NULL ? s->files[i].text.p : "", s->files[i].text.n };
	return (struct wh_str){ NULL, 0 };
}
