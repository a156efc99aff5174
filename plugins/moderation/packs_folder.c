/* Reading what the operator has set: folders of packs, and what the config says of each. Small files, read when the plugin opens and when the
 * server is told to reload. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "judging_own.h"

#ifndef WHIPLY_PACKS
#define WHIPLY_PACKS "/usr/share/whiply/lua/packs"
#endif

const struct wh_setting judging_pack_settings[] = {
	{ "mode", WH_CHOICE, .def = "default", .choices = "off|shadow|live|default", .help = "what the pack may do where no command says otherwise; default: nothing" },
	{ "set", WH_STRINGS, .help = "settings of the pack, each \"name = value\"; a value is JSON, or a text" },
	{ 0 }
};

static int
is_source(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && end != NULL && (strcmp(end, ".lua") == 0 || strcmp(end, ".txt") == 0);
}

static int
is_folder(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strlen(entry->d_name) < PACK_NAME;
}

static bool
read_file(const char *path, struct bytes *to)
{
	FILE *f = fopen(path, "re");
	char part[16384];
	size_t n;
	bool good;

	if (f == NULL)
		return false;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		bytes_put(to, (struct wh_str){ part, n });
	good = !ferror(f) && !to->failed;
	fclose(f);
	return good;
}

/* The files of a pack as a JSON object. False: it is no pack, or cannot be read. */
static bool
read_pack(const struct wh_host *host, const char *folder, struct bytes *out)
{
	struct bytes text = { .host = host, .max = JUDGING_PACK_BYTES };
	struct dirent **entries = NULL;
	char path[4096 + 600];
	bool found = false, good = true;
	int n = scandir(folder, &entries, is_source, alphasort);

	bytes_open(out, NULL, '{');
	for (int i = 0; i < n; i++) {
		text.n = 0;
		snprintf(path, sizeof path, "%.4096s/%.255s", folder, entries[i]->d_name);
		found |= strcmp(entries[i]->d_name, "pack.lua") == 0;
		good &= i < PACK_FILES && read_file(path, &text);
		bytes_key_str(out, wh_str(entries[i]->d_name), bytes_slice(&text));
		free(entries[i]);
	}
	free(entries);
	bytes_close(out, '}');
	if (found && (!good || out->failed))
		wh_host_log(host, WH_ERROR, "pack_not_read", WH_T("folder", folder), WH_T("why", out->failed || text.failed ? "it is too long" : "a file cannot be read"));
	bytes_free(&text);
	return found && good && !out->failed;
}

/* A folder's pack: new, the same as before, or another version, which is checked before it takes the old one's place. */
static void
folder_pack(struct judging *j, const char *id, struct wh_str files, bool first)
{
	struct pack *p = pack_find(j, wh_str(id));
	struct change *c;

	if (p == NULL)
		p = pack_add(j, wh_str(id));
	if (p == NULL) {
		wh_host_log(j->host, WH_ERROR, "too_many_packs", WH_T("pack", id));
		return;
	}
	p->found = true;
	if (p->uploaded) {
		(void)pack_set_text(j, &p->folder_files, files);
	} else if (first || p->files == NULL) {
		(void)pack_set_text(j, &p->files, files);
	} else if (!wh_str_is(files, p->files)) {
		c = change_new(j, CHANGE_FOLDER, NULL);
		if (c == NULL)
			return;
		snprintf(c->pack, sizeof c->pack, "%s", p->id);
		if (pack_set_text(j, &c->files, files))
			change_start(c);
		else
			change_end(c, WH_ENOMEM, WH_STR("out of memory"));
	}
}

static void
read_folder(struct judging *j, const char *folder, bool first)
{
	struct bytes files = { .host = j->host, .max = JUDGING_PACK_BYTES };
	struct dirent **entries = NULL;
	char path[4096];
	int n = scandir(folder, &entries, is_folder, alphasort);

	if (n < 0 && !(errno == ENOENT && strcmp(folder, WHIPLY_PACKS) == 0))
		wh_host_log(j->host, WH_WARN, "packs_not_read", WH_T("folder", folder), WH_T("why", strerror(errno)));
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%.3800s/%.200s", folder, entries[i]->d_name);
		files.n = 0;
		files.failed = false;
		if (read_pack(j->host, path, &files))
			folder_pack(j, entries[i]->d_name, bytes_slice(&files), first);
		free(entries[i]);
	}
	free(entries);
	bytes_free(&files);
}

static struct wh_str
trim(struct wh_str s)
{
	while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
		s = wh_str_from(s, 1);
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* "name = value" becomes a member. */
static void
read_set(const struct judging *j, struct wh_str text, struct bytes *out)
{
	const char *equals = text.n != 0 ? memchr(text.p, '=', text.n) : NULL;
	struct wh_str name = trim((struct wh_str){ text.p, equals != NULL ? (size_t)(equals - text.p) : text.n });
	struct wh_str value = trim(wh_str_from(text, equals != NULL ? (size_t)(equals - text.p) + 1 : text.n));
	struct wh_value v;

	if (equals == NULL || name.n == 0)
		wh_host_log(j->host, WH_ERROR, "pack_setting_wrong", WH_S("set", text), WH_T("why", "it is to be \"name = value\""));
	else if (wh_json_read_text(j->host, value, &v) == WH_OK)
		bytes_key_raw(out, name, value);
	else
		bytes_key_str(out, name, value);
}

static void
read_pack_conf(struct judging *j, const struct wh_conf *conf, bool first)
{
	struct pack *p = pack_find(j, wh_conf_name(conf));
	struct bytes set = { .host = j->host, .max = 1 << 20 };
	struct change *c;
	bool same;

	if (p == NULL) {
		wh_host_log(j->host, WH_WARN, "pack_not_found", WH_S("pack", wh_conf_name(conf)));
		return;
	}
	(void)pack_mode_named(wh_conf_str(conf, "mode"), &p->conf_mode);
	bytes_open(&set, NULL, '{');
	for (size_t i = 0; i < wh_conf_count(conf, "set"); i++)
		read_set(j, wh_conf_item(conf, "set", i), &set);
	bytes_close(&set, '}');
	same = p->conf != NULL ? wh_str_is(bytes_slice(&set), p->conf) : set.n == 2;
	if (!set.failed && !same)
		(void)pack_set_text(j, &p->conf, bytes_slice(&set));
	bytes_free(&set);
	if (first || same || (c = change_new(j, CHANGE_SET, NULL)) == NULL)
		return;
	snprintf(c->pack, sizeof c->pack, "%s", p->id);
	change_start(c);
}

void
packs_read_conf(struct judging *j, const struct wh_conf *conf, bool first)
{
	size_t folders = wh_conf_count(conf, "pack_folders");

	for (size_t i = 0; i < j->n_packs; i++) {
		j->packs[i]->found = false;
		j->packs[i]->conf_mode = PACK_UNSET;
	}
	for (size_t i = 0; i < folders; i++)
		read_folder(j, wh_conf_item(conf, "pack_folders", i).p, first);
	if (folders == 0)
		read_folder(j, WHIPLY_PACKS, first);
	for (size_t i = 0; i < wh_conf_count(conf, "packs"); i++)
		read_pack_conf(j, wh_conf_table(conf, "packs", i), first);
	for (size_t i = j->n_packs; i-- > 0;) {
		struct pack *p = j->packs[i];

		if (!p->found && p->uploaded)
			(void)pack_set_text(j, &p->folder_files, (struct wh_str){ NULL, 0 });
		else if (!p->found)
			pack_drop(j, p);
	}
	for (size_t i = 0; i < j->n_packs && first; i++)
		packs_restore_one(j, j->packs[i]);
	packs_wanted(j);
}
