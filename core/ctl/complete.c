/* See complete.h. */
#include "ctl/complete.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/siphash.h"
#include "ctl/arguments.h"

enum { COMPLETE_PATH = 4096, COMPLETE_BYTES = 16 << 20 };

static void
complete_offer(struct wh_buf *to, struct wh_str before, struct wh_str word, struct wh_str candidate, struct wh_str help)
{
	if (!wh_str_starts(candidate, word) || candidate.n == 0)
		return;
	wh_buf_str(to, before);
	render_safe(to, candidate, false);
	if (help.n > 0) {
		wh_buf_byte(to, '\t');
		render_safe(to, help, false);
	}
	wh_buf_byte(to, '\n');
}

static void
complete_commands(struct wh_buf *to, const struct table *t, struct wh_str word)
{
	struct wh_str none = { "", 0 };

	for (size_t i = 0; t != NULL && i < t->n; i++) {
		const struct table_command *c = &t->commands[i];
		struct wh_str brief = table_short(t, c);

		complete_offer(to, none, word, brief, c->help);
		/* The full name of what has a short one only when it was begun. */
		if (!wh_str_eq(brief, c->name) && word.n > 0 && memchr(word.p, '.', word.n) != NULL)
			complete_offer(to, none, word, c->name, c->help);
	}
}

static void
complete_values(struct wh_buf *to, const struct table_field *f, struct wh_str before, struct wh_str word)
{
	struct wh_json_in in = wh_json_each(&f->choices);
	struct wh_str none = { "", 0 };
	struct wh_value choice;

	while (wh_json_next(&in, NULL, &choice))
		complete_offer(to, before, word, choice.s, none);
	if (f->type == WH_F_BOOL) {
		complete_offer(to, before, word, WH_STR("yes"), none);
		complete_offer(to, before, word, WH_STR("no"), none);
	}
}

/* The field that a word `--field` or `--field=...` names. */
static const struct table_field *
complete_field(const struct table_command *c, const char *word)
{
	struct wh_str name = wh_str(word);
	const char *equals = strchr(word, '=');

	if (!wh_str_starts(name, WH_STR("--")))
		return NULL;
	if (equals != NULL)
		name.n = (size_t)(equals - word);
	return table_field(c, wh_str_from(name, 2));
}

/* The words after a command. */
static void
complete_arguments(struct wh_buf *to, const struct table_command *c, int n, char *const words[])
{
	struct wh_str word = wh_str(words[n - 1]), none = { "", 0 };
	const struct table_field *f, *next = NULL;
	bool given[ARGUMENTS_FIELDS] = { false };
	size_t positional = 0, count = c->n_fields < ARGUMENTS_FIELDS ? c->n_fields : ARGUMENTS_FIELDS;
	const char *equals = strchr(words[n - 1], '=');

	for (int i = 0; i + 1 < n; i++) {
		f = complete_field(c, words[i]);
		if (f == NULL && words[i][0] != '-') {
			positional++;
		} else if (f != NULL) {
			if ((size_t)(f - c->fields) < count)
				given[f - c->fields] = true;
			if (strchr(words[i], '=') == NULL && arguments_takes_value(f)) {
				if (i + 2 == n) {
					complete_values(to, f, none, word);
					return;
				}
				i++;
			}
		}
	}
	f = complete_field(c, words[n - 1]);
	if (f != NULL && equals != NULL) {
		struct wh_str before = { word.p, (size_t)(equals - word.p) + 1 };

		complete_values(to, f, before, wh_str_from(word, before.n));
		return;
	}
	/* What a value without a field would go to. */
	for (int required = 1; required >= 0; required--)
		for (size_t i = 0; i < count; i++) {
			if (given[i] || c->fields[i].required != (required == 1))
				continue;
			if (positional > 0) {
				positional--;
				given[i] = true;
			} else if (next == NULL) {
				next = &c->fields[i];
			}
		}
	if (word.n == 0 || *word.p != '-') {
		if (next != NULL)
			complete_values(to, next, none, word);
		if (word.n > 0)
			return;
	}
	for (size_t i = 0; i < count; i++) {
		struct wh_buf option = { 0 };

		wh_buf_text(&option, "--");
		wh_buf_str(&option, c->fields[i].name);
		if (!given[i])
			complete_offer(to, none, word, wh_buf_slice(&option), c->fields[i].help);
		wh_buf_free(&option);
	}
	if (word.n > 0)
		complete_offer(to, none, word, WH_STR("--json"), WH_STR("print the result as the server gave it"));
}

void
complete_words(struct wh_buf *to, const struct table *t, int n, char *const words[])
{
	struct wh_str none = { "", 0 }, word;
	const struct table_command *c;
	bool command_only = false;

	if (n == 0)
		return;
	if (n > 1 && (strcmp(words[0], "help") == 0 || strcmp(words[0], "watch") == 0)) {
		command_only = strcmp(words[0], "help") == 0;
		words++;
		n--;
	}
	word = wh_str(words[0]);
	if (n > 1) {
		c = t != NULL && !command_only ? table_find(t, word) : NULL;
		if (c != NULL)
			complete_arguments(to, c, n - 1, words + 1);
		return;
	}
	complete_commands(to, t, word);
	complete_offer(to, none, word, WH_STR("help"), WH_STR("what a command does, and its fields"));
	complete_offer(to, none, word, WH_STR("watch"), WH_STR("a command once a second"));
	if (word.n > 0 && *word.p == '-')
		for (size_t i = 0; i < 5; i++)
			complete_offer(to, none, word, wh_str((const char *const[]){ "--socket", "--timeout", "--json", "--help", "--version" }[i]), none);
}

/* Where the table of this socket is kept; makes the folder. False when there is no place. */
static bool
complete_path(const char *socket_path, char path_out[static COMPLETE_PATH])
{
	static const struct wh_siphash_key key = { { 1, 2 } };
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char whole[COMPLETE_PATH / 2], folder[COMPLETE_PATH / 2];
	int n;

	if (cache != NULL && *cache == '/')
		n = snprintf(folder, sizeof folder, "%s", cache);
	else if (home != NULL && *home == '/')
		n = snprintf(folder, sizeof folder, "%s/.cache", home);
	else
		return false;
	if (n < 0 || (size_t)n + 16 > sizeof folder || strlen(socket_path) >= sizeof whole)
		return false;
	(void)mkdir(folder, 0700);
	memcpy(folder + n, "/whiply", sizeof "/whiply");
	(void)mkdir(folder, 0700);
	/* "./var/control.sock" is another socket in another folder. */
	if (*socket_path == '/' || getcwd(whole, sizeof whole) == NULL)
		*whole = '\0';
	n = snprintf(path_out, COMPLETE_PATH, "%s/commands-%016llx", folder,
	    (unsigned long long)(wh_siphash(&key, whole, strlen(whole)) ^ wh_siphash(&key, socket_path, strlen(socket_path))));
	return n > 0 && n < COMPLETE_PATH;
}

/* The kept table, unless it is old or not ours. */
static struct table *
complete_kept(const char *path)
{
	struct wh_buf text = { 0 };
	struct table *t = NULL;
	struct stat st;
	time_t now = time(NULL);

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_mtime <= now &&
	    now - st.st_mtime < COMPLETE_KEEP_S && wh_fd_read_file(path, &text, COMPLETE_BYTES) == WH_OK)
		(void)table_read(wh_buf_slice(&text), &t);
	wh_buf_free(&text);
	return t;
}

static void
complete_keep(const char *path, struct wh_str json)
{
	char draft[COMPLETE_PATH + 8];
	int fd;

	snprintf(draft, sizeof draft, "%s.XXXXXX", path);
	fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return;
	if (wh_fd_write_all(fd, json.p, json.n) != WH_OK || rename(draft, path) != 0)
		(void)unlink(draft);
	wh_fd_close(&fd);
}

/* Options of whiplyctl itself that stand before the command: skipped, but for the socket. */
static void
complete_own_options(struct ctl *c, int *n, char *const **words)
{
	while (*n > 1 && (*words)[0][0] == '-') {
		const char *word = (*words)[0];
		bool socket = strcmp(word, "-s") == 0 || strcmp(word, "--socket") == 0;
		int used = socket || strcmp(word, "-t") == 0 || strcmp(word, "--timeout") == 0 ? 2 : 1;

		if (socket && *n > 2)
			c->options.socket = (*words)[1];
		if (strncmp(word, "--socket=", 9) == 0)
			c->options.socket = word + 9;
		*n -= used;
		*words += used;
	}
}

void
complete_line(struct ctl *c, int n, char *const words[])
{
	char path[COMPLETE_PATH];
	bool kept;

	complete_own_options(c, &n, &words);
	if (n <= 0)
		return;
	kept = complete_path(c->options.socket, path);
	if (kept)
		c->table = complete_kept(path);
	if (c->table == NULL) {
		if (c->options.timeout_ms > COMPLETE_WAIT_MS)
			c->options.timeout_ms = COMPLETE_WAIT_MS;
		if (ctl_connect(c) == CTL_OK && kept)
			complete_keep(path, wh_buf_slice(&c->table->text));
		wh_buf_reset(&c->err);
		wh_buf_reset(&c->out);
	}
	complete_words(&c->out, c->table, n, words);
}
