/* The modules of a folder, read into memory before a process gives up its file system. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "script/script.h"

enum { MODULES = 64, MODULE_BYTES = 256 << 10 };

static int
is_module(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 4 && strcmp(entry->d_name + n - 4, ".lua") == 0;
}

static enum wh_err
read_file(const char *path, struct wh_buf *out)
{
	FILE *f = fopen(path, "re");
	enum wh_err err = WH_OK;
	size_t n;
	char *to;

	if (f == NULL)
		return WH_EIO;
	out->max = MODULE_BYTES + 1;
	while (err == WH_OK && !feof(f)) {
		to = wh_buf_reserve(out, 1);
		if (to == NULL) {
			err = out->n > MODULE_BYTES ? WH_ETOOBIG : WH_ENOMEM;
			break;
		}
		n = fread(to, 1, out->cap - out->n, f);
		wh_buf_grew(out, n);
		if (ferror(f))
			err = WH_EIO;
		else if (out->n > MODULE_BYTES)
			err = WH_ETOOBIG;
	}
	fclose(f);
	return err;
}

static enum wh_err
read_module(const char *folder, const char *file, struct wh_script_module *m)
{
	struct wh_buf path = { 0 }, text = { 0 };
	enum wh_err err = WH_ENOMEM;

	m->name = strndup(file, strlen(file) - 4);
	wh_buf_fmt(&path, "%s/%s", folder, file);
	if (m->name != NULL && wh_buf_cstr(&path) != NULL)
		err = read_file(path.p, &text);
	wh_buf_free(&path);
	/* Even of a file that failed, so that freeing the list frees it. */
	m->text = wh_buf_slice(&text);
	return err;
}

enum wh_err
wh_script_modules_read(const char *folder, struct wh_script_module **modules_out)
{
	struct wh_script_module *list = NULL;
	struct dirent **files = NULL;
	int n = scandir(folder, &files, is_module, alphasort), i;
	enum wh_err err = WH_OK;

	*modules_out = NULL;
	if (n < 0)
		return errno == ENOMEM ? WH_ENOMEM : WH_EIO;
	if (n > MODULES)
		err = WH_ETOOBIG;
	list = calloc((size_t)n + 1, sizeof *list);
	if (list == NULL)
		err = WH_ENOMEM;
	for (i = 0; i < n; i++) {
		if (err == WH_OK)
			err = read_module(folder, files[i]->d_name, &list[i]);
		free(files[i]);
	}
	free(files);
	if (err != WH_OK)
		wh_script_modules_free(&list);
	*modules_out = list;
	return err;
}

void
wh_script_modules_free(struct wh_script_module **modules)
{
	struct wh_script_module *m = *modules;

	*modules = NULL;
	for (size_t i = 0; m != NULL && m[i].name != NULL; i++) {
		free((char *)(uintptr_t)m[i].name);
		free((char *)(uintptr_t)m[i].text.p);
	}
	free(m);
}
