/* See files.h. */
#include "ctl/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/utf8.h"

static enum wh_err
files_fail(struct wh_buf *why, const char *path, const char *reason)
{
	wh_buf_fmt(why, "%s: %s", path, reason);
	return WH_EINVAL;
}

static enum wh_err
files_one(const char *path, struct wh_buf *text, struct wh_buf *why)
{
	FILE *f = fopen(path, "re");
	char *to;
	bool good;

	if (f == NULL)
		return files_fail(why, path, strerror(errno));
	text->max = FILES_BYTES;
	while (!feof(f) && !ferror(f) && (to = wh_buf_reserve(text, 1)) != NULL)
		wh_buf_grew(text, fread(to, 1, text->cap - text->n, f));
	good = !ferror(f);
	fclose(f);
	if (!good || text->failed)
		return files_fail(why, path, text->failed ? "it is longer than 4 MiB" : "it cannot be read");
	return wh_utf8_valid(wh_buf_slice(text)) ? WH_OK : files_fail(why, path, "it is not UTF-8");
}

static int
files_is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type != DT_DIR;
}

static enum wh_err
files_folder(const char *path, struct wh_json *w, struct wh_buf *why)
{
	struct wh_buf text = { 0 }, name = { 0 };
	struct dirent **entries = NULL;
	enum wh_err err = WH_OK;
	int n = scandir(path, &entries, files_is_shown, alphasort);

	if (n < 0)
		return files_fail(why, path, strerror(errno));
	if (n > FILES_MOST)
		err = files_fail(why, path, "it has more than 256 files");
	wh_json_object(w, NULL);
	for (int i = 0; i < n; i++) {
		wh_buf_reset(&text);
		wh_buf_reset(&name);
		wh_buf_fmt(&name, "%s/%s", path, entries[i]->d_name);
		if (err == WH_OK)
			err = wh_buf_cstr(&name) != NULL ? files_one(name.p, &text, why) : WH_ENOMEM;
		if (err == WH_OK)
			wh_json_str(w, entries[i]->d_name, wh_buf_slice(&text));
		free(entries[i]);
	}
	free(entries);
	wh_json_end(w);
	wh_buf_free(&text);
	wh_buf_free(&name);
	return err;
}

enum wh_err
files_read(struct wh_str path, struct wh_buf *json, struct wh_buf *why)
{
	struct wh_buf name = { 0 };
	struct wh_json w;
	struct stat about;
	enum wh_err err = WH_ENOMEM;

	wh_buf_str(&name, path);
	if (wh_buf_cstr(&name) == NULL) {
		wh_buf_free(&name);
		return err;
	}
	if (stat(name.p, &about) != 0) {
		err = files_fail(why, name.p, strerror(errno));
	} else if (!S_ISDIR(about.st_mode)) {
		err = files_one(name.p, json, why);
	} else {
		wh_json_begin(&w, json);
		err = files_folder(name.p, &w, why);
		if (err == WH_OK && !wh_json_finish(&w))
			err = files_fail(why, name.p, "it is too long");
	}
	wh_buf_free(&name);
	return err;
}
