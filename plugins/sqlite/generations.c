/* What a folder of generations holds; see restore.h. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain.h"
#include "restore.h"

enum { GENERATIONS_MAX = 4096, GENERATION_SEGMENTS_MAX = 1 << 20 };

static int
number_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static enum wh_err
number_add(uint64_t **numbers, size_t *n, uint64_t number, size_t most)
{
	if (*n == most)
		return WH_EFULL;
	if ((*n & (*n + 1)) == 0) {
		uint64_t *more = realloc(*numbers, (*n + 1) * 2 * sizeof *more);

		if (more == NULL)
			return WH_ENOMEM;
		*numbers = more;
	}
	(*numbers)[(*n)++] = number;
	return WH_OK;
}

/* The numbers that the names in a folder spell, in order. */
static enum wh_err
numbers_read(const char *folder, bool (*named)(const char *name, uint64_t *number_out), size_t most, uint64_t **numbers_out, size_t *n_out,
    struct disk_why *why)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	enum wh_err err = WH_OK;
	uint64_t number;

	*numbers_out = NULL;
	*n_out = 0;
	if (dir == NULL)
		return disk_fail_errno(why, "read", folder);
	while (err == WH_OK && (entry = readdir(dir)) != NULL)
		if (named(entry->d_name, &number))
			err = number_add(numbers_out, n_out, number, most);
	closedir(dir);
	if (err != WH_OK) {
		free(*numbers_out);
		*numbers_out = NULL;
		return disk_fail(why, err, err == WH_EFULL ? "%s holds too many files" : "no memory to read %s", folder);
	}
	if (*n_out != 0)
		qsort(*numbers_out, *n_out, sizeof **numbers_out, number_compare);
	return WH_OK;
}

/* A base has the size that its description says. */
static bool
base_there(const char *folder, const struct segment *description)
{
	char path[DISK_PATH];
	struct stat st;

	return disk_path(path, folder, RESTORE_BASE) == WH_OK && stat(path, &st) == 0 && (uint64_t)st.st_size == description->size;
}

static enum wh_err
generation_read(const char *folder, struct generation *g, struct disk_why *why)
{
	uint64_t *numbers;
	size_t n;
	enum wh_err err = numbers_read(folder, segment_named, GENERATION_SEGMENTS_MAX, &numbers, &n, why);

	if (err != WH_OK)
		return err == WH_ENOENT ? WH_OK : err;	/* it was removed meanwhile */
	g->segments = n != 0 ? calloc(n, sizeof *g->segments) : NULL;
	if (n != 0 && g->segments == NULL)
		err = disk_fail(why, WH_ENOMEM, "no memory to read %s", folder);
	for (; err == WH_OK && g->n < n; g->n++) {
		struct segment *s = &g->segments[g->n];

		if (segment_head(folder, numbers[g->n], s, NULL) != WH_OK || s->generation != g->id)
			break;
		if (g->n == 0 ? s->number != 0 || !base_there(folder, s) : !segment_follows(s - 1, s))
			break;
		g->bytes += s->size;
	}
	g->beyond = n - g->n;
	free(numbers);
	return err;
}

enum wh_err
generations_read(const char *folder, struct generations *list_out, struct disk_why *why)
{
	char path[DISK_PATH], name[SEGMENT_NAME];
	uint64_t *ids;
	size_t n;
	enum wh_err err;

	*list_out = (struct generations){ NULL, 0 };
	err = numbers_read(folder, generation_named, GENERATIONS_MAX, &ids, &n, why);
	if (err != WH_OK || n == 0)
		return err;
	list_out->of = calloc(n, sizeof *list_out->of);
	if (list_out->of == NULL)
		err = disk_fail(why, WH_ENOMEM, "no memory to read %s", folder);
	for (size_t i = 0; err == WH_OK && i < n; i++) {
		list_out->of[i].id = ids[i];
		list_out->n = i + 1;
		generation_name(ids[i], name);
		err = disk_path(path, folder, name) == WH_OK ? generation_read(path, &list_out->of[i], why) : WH_ETOOBIG;
	}
	free(ids);
	return err;
}

void
generations_free(struct generations *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->of[i].segments);
	free(list->of);
	*list = (struct generations){ NULL, 0 };
}

const struct generation *
generations_find(const struct generations *list, int64_t until_ms, size_t *segment_out)
{
	const struct generation *best = NULL;
	int64_t best_ms = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct generation *g = &list->of[i];

		for (size_t k = g->n; k-- > 0;) {
			if (g->segments[k].last_ms > until_ms)
				continue;
			/* Of two that say the same moment the later generation knows better. */
			if (best == NULL || g->segments[k].last_ms >= best_ms) {
				best = g;
				best_ms = g->segments[k].last_ms;
				*segment_out = k;
			}
			break;
		}
	}
	return best;
}

static void
generation_remove(const char *folder, uint64_t id)
{
	char path[DISK_PATH], file[DISK_PATH], name[SEGMENT_NAME];
	struct dirent *entry;
	DIR *dir;

	generation_name(id, name);
	if (disk_path(path, folder, name) != WH_OK || (dir = opendir(path)) == NULL)
		return;
	/* The description goes first: half a generation must not look whole. */
	segment_name(0, name);
	if (disk_path(file, path, name) == WH_OK)
		unlink(file);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && disk_path(file, path, entry->d_name) == WH_OK)
			unlink(file);
	closedir(dir);
	rmdir(path);
}

void
generations_expire(const char *folder, uint64_t current, int64_t now_ms, int64_t keep_ms)
{
	struct generations list;
	int64_t next_ms = INT64_MAX;	/* the base of the complete one after it */

	if (generations_read(folder, &list, NULL) == WH_OK)
		for (size_t i = list.n; i-- > 0;) {
			const struct generation *g = &list.of[i];
			bool old;

			/* Unfinished ones cannot be restored; damaged ones are kept as long as the others, for somebody to look at. One that ended
			 * long ago still has the moments before the next begins: nothing may have been written between. */
			if (g->n == 0)
				old = g->beyond == 0 || (int64_t)(g->id >> 16) < now_ms - keep_ms;
			else {
				old = next_ms < now_ms - keep_ms;
				next_ms = g->segments[0].last_ms;
			}
			if (old && g->id < current)
				generation_remove(folder, g->id);
		}
	generations_free(&list);
}
