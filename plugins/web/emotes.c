/* The emotes of emotes.h. */
#include "emotes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
emote_name(const char *file, char out[EMOTE_NAME + 1])
{
	static const char *const ends[] = { ".png", ".gif", ".webp", ".jpg" };
	size_t n = strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	bool picture = false;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		picture |= strcmp(file + n, ends[i]) == 0;
	if (!picture || n < 2 || n > EMOTE_NAME)
		return false;
	memcpy(out, file, n);
	out[n] = '\0';
	return true;
}

const char *
emote_type(const unsigned char *bytes, size_t n)
{
	if (n > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (n > 6 && (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0))
		return "image/gif";
	if (n > 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
		return "image/webp";
	if (n > 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	return NULL;
}

static int
emote_order(const void *a, const void *b)
{
	return strcmp(((const struct emote *)a)->name, ((const struct emote *)b)->name);
}

/* Why a file is none, or NULL when it was taken. */
static const char *
emote_take(const struct wh_host *host, struct emotes *emotes, int folder, const char *file)
{
	struct emote *e = &emotes->all[emotes->n];
	struct stat st;
	ssize_t got = 0;
	int fd;

	if (!emote_name(file, e->name))
		return "its name is none for an emote: small letters, digits, _ and -, and .png, .gif, .webp or .jpg";
	fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		return "it can't be read, or is no file";
	}
	e->n = st.st_size > 0 && st.st_size <= EMOTE_BYTES ? (size_t)st.st_size : 0;
	e->bytes = e->n != 0 && emotes->bytes + e->n <= EMOTES_BYTES ? wh_new(host, e->n) : NULL;
	if (e->bytes != NULL)
		got = read(fd, e->bytes, e->n);
	close(fd);
	e->type = e->bytes != NULL && got == (ssize_t)e->n ? emote_type(e->bytes, e->n) : NULL;
	if (e->type == NULL) {
		bool big = e->bytes == NULL;

		wh_delete(host, e->bytes);
		e->bytes = NULL;
		return big ? "it is empty, over 128 KiB, or all of them together are over 8 MiB" : "it is no picture: PNG, GIF, WebP or JPEG";
	}
	emotes->bytes += e->n;
	emotes->n++;
	return NULL;
}

void
emotes_free(const struct wh_host *host, struct emotes *emotes)
{
	for (size_t i = 0; i < emotes->n; i++)
		wh_delete(host, emotes->all[i].bytes);
	wh_delete(host, emotes->all);
	*emotes = (struct emotes){ 0 };
}

bool
emotes_read(const struct wh_host *host, struct emotes *emotes, const char *folder)
{
	struct emotes read = { 0 };
	struct dirent *file;
	DIR *dir;

	if (folder[0] == '\0') {
		emotes_free(host, emotes);
		return true;
	}
	dir = opendir(folder);
	if (dir == NULL) {
		wh_host_log(host, WH_ERROR, "web_emotes_unreadable", WH_T("folder", folder));
		return false;
	}
	read.all = wh_new(host, EMOTES_MOST * sizeof *read.all);
	while (read.all != NULL && (file = readdir(dir)) != NULL) {
		const char *why;

		if (file->d_name[0] == '.')
			continue;
		if (read.n == EMOTES_MOST) {
			wh_host_log(host, WH_WARN, "web_emotes_too_many", WH_U("most", EMOTES_MOST));
			break;
		}
		why = emote_take(host, &read, dirfd(dir), file->d_name);
		if (why != NULL)
			wh_host_log(host, WH_WARN, "web_emote_left_out", WH_T("file", file->d_name), WH_T("why", why));
	}
	closedir(dir);
	if (read.all == NULL)
		return false;
	qsort(read.all, read.n, sizeof *read.all, emote_order);
	emotes_free(host, emotes);
	*emotes = read;
	return true;
}

const struct emote *
emotes_find(const struct emotes *emotes, struct wh_str name)
{
	for (size_t i = 0; i < emotes->n; i++)
		if (wh_str_is(name, emotes->all[i].name))
			return &emotes->all[i];
	return NULL;
}
