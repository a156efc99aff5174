/* See checker.h. The child writes lines to a pipe: "@NAME" before it touches a plugin, "LINE\tFILE\tTEXT" for each error,
 * the same behind a "!" for a warning, and "=" with the certificates, as JSON, at the end of what it says of listeners. */
#include "keeper/checker.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <whiply/plugin.h>

#include "base/clock.h"
#include "base/fd.h"
#include "keeper/death.h"

enum { CHECKER_PATH = 512, CHECKER_TEXT = 1 << 20, CHECKER_CERTIFICATES = 512 << 10 };

static bool
checker_find(struct wh_str name, const char *const *paths, unsigned n_paths, char out[static CHECKER_PATH])
{
	if (name.n == 0 || memchr(name.p, '/', name.n) != NULL || name.p[0] == '.')
		return false;
	for (unsigned i = 0; i < n_paths; i++)
		if (snprintf(out, CHECKER_PATH, "%s/%s.so", paths[i], name.p) < CHECKER_PATH && access(out, R_OK) == 0)
			return true;
	return false;
}

/* What is wrong with the table, before anything else of it is believed; NULL: nothing. */
static const char *
checker_refuses(const struct wh_plugin *plugin, struct wh_str name, char text[static 160])
{
	if (plugin->abi != WH_ABI) {
		snprintf(text, 160, "was built for ABI %u, this is %d", plugin->abi, WH_ABI);
		return text;
	}
	if (plugin->size < sizeof *plugin) {
		snprintf(text, 160, "has a table of %u bytes, %zu are needed", plugin->size, sizeof *plugin);
		return text;
	}
	if (plugin->name == NULL || !wh_str_is(name, plugin->name)) {
		snprintf(text, 160, "calls itself \"%.64s\"", plugin->name != NULL ? plugin->name : "");
		return text;
	}
	return NULL;
}

static void
checker_plugin(const struct wh_conf_file *file, const struct wh_conf *group, const char *const *paths, unsigned n_paths,
	struct wh_conf_errors *errors)
{
	static const struct wh_setting none[] = { { 0 } };
	struct wh_str name = wh_conf_name(group);
	const struct wh_plugin *plugin;
	char path[CHECKER_PATH], setting[128], text[160];
	const char *why;
	struct wh_conf *conf;
	void *library;

	if (!checker_find(name, paths, n_paths, path)) {
		wh_conf_blame(group, NULL, errors, "plugins.%s: there is no %s.so in %s%s", name.p, name.p,
			n_paths > 0 ? paths[0] : "plugin_path", n_paths > 1 ? " and the other folders of plugin_path" : "");
		return;
	}
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		wh_conf_blame(group, NULL, errors, "plugins.%s: cannot be loaded: %s", name.p, dlerror());
		return;
	}
	plugin = dlsym(library, "whiply_plugin");
	why = plugin != NULL ? checker_refuses(plugin, name, text) : "exports no whiply_plugin";
	if (why != NULL) {
		wh_conf_blame(group, NULL, errors, "plugins.%s: %s %s", name.p, path, why);
		return;
	}
	snprintf(setting, sizeof setting, "plugins.%s", name.p);
	if (wh_conf_check(file, setting, plugin->settings != NULL ? plugin->settings : none, 0, errors, &conf) == WH_OK)
		wh_conf_free(&conf);
}

static void
checker_report(int fd, const char *mark, struct wh_conf_errors *errors)
{
	struct wh_buf b = { 0 };

	for (size_t i = 0; i < errors->n; i++)
		wh_buf_fmt(&b, "%s%u\t%s\t%s\n", mark, errors->items[i].line, errors->items[i].file, errors->items[i].text);
	if (!b.failed)
		(void)wh_fd_write_all(fd, b.p, b.n);
	wh_buf_free(&b);
	wh_conf_errors_free(errors);
}

static void
checker_listeners(int fd, const struct checker *checker, struct wh_conf_errors *errors)
{
	struct wh_conf_errors warnings = { 0 };
	struct wh_certificates *certificates = calloc(1, sizeof *certificates);
	struct wh_buf line = { 0 };

	checker->tables->check(checker->snapshot, errors, &warnings, certificates);
	checker_report(fd, "", errors);
	checker_report(fd, "!", &warnings);
	if (certificates != NULL) {
		wh_buf_byte(&line, '=');
		wh_certificates_put(certificates, &line, CHECKER_CERTIFICATES);
		wh_buf_byte(&line, '\n');
		if (!line.failed)
			(void)wh_fd_write_all(fd, line.p, line.n);
	}
	wh_buf_free(&line);
	free(certificates);
}

static void __attribute__((noreturn))
checker_child(int fd, const struct checker *checker)
{
	struct wh_conf_errors errors = { 0 };
	struct wh_conf_file *file;

	alarm(CHECKER_MS / 1000 + 1);
	signal(SIGTERM, SIG_DFL);
	if (checker->tables != NULL)
		checker_listeners(fd, checker, &errors);
	if (checker->root == NULL)
		_exit(0);
	if (wh_conf_file_open(checker->snapshot, &errors, &file) != WH_OK)
		_exit(1);
	for (size_t i = 0; i < wh_conf_count(checker->root, "plugins"); i++) {
		const struct wh_conf *group = wh_conf_table(checker->root, "plugins", i);

		if (dprintf(fd, "@%s\n", wh_conf_name(group).p) < 0)
			_exit(1);
		checker_plugin(file, group, checker->paths, checker->n_paths, &errors);
		checker_report(fd, "", &errors);
	}
	_exit(0);
}

/* Everything that the child says, for at most CHECKER_MS. False: time is over. */
static bool
checker_read(int fd, struct wh_buf *to)
{
	int64_t end = wh_clock_mono_ms(NULL) + CHECKER_MS;

	for (;;) {
		int64_t left = end - wh_clock_mono_ms(NULL);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char *room = wh_buf_reserve(to, 4096);
		ssize_t n;

		if (left <= 0 || room == NULL)
			return false;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		wh_buf_grew(to, (size_t)n);
	}
}

/* Takes the lines apart; last_out is the plugin that was touched last. */
static void
checker_take(char *text, struct wh_conf_errors *errors, struct wh_conf_errors *warnings, struct wh_certificates *certificates,
	const char **last_out)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		struct wh_conf_errors *to = line[0] == '!' ? warnings : errors;
		char *number, *file, *said;

		if (line[0] == '=') {
			if (certificates != NULL)
				(void)wh_certificates_get(wh_str(line + 1), certificates);
			continue;
		}
		if (line[0] == '@')
			*last_out = line + 1;
		number = strsep(&line, "\t") + (to == warnings);
		file = strsep(&line, "\t");
		said = line;
		if (said != NULL)
			wh_conf_errors_add(to, file, (unsigned)strtoul(number, NULL, 10), "%s", said);
	}
}

/* `last`: the plugin that was touched last, or NULL. */
static void
checker_blame_end(const struct checker *checker, const char *last, const char *how, struct wh_conf_errors *errors)
{
	if (last == NULL)
		wh_conf_errors_add(errors, NULL, 0, "listeners: looking at them ended the checker: %s", how);
	for (size_t i = 0; last != NULL && i < wh_conf_count(checker->root, "plugins"); i++) {
		const struct wh_conf *group = wh_conf_table(checker->root, "plugins", i);

		if (wh_str_is(wh_conf_name(group), last))
			wh_conf_blame(group, NULL, errors, "plugins.%s: loading it ended the checker: %s", last, how);
	}
}

void
checker_run(const struct checker *checker, struct wh_conf_errors *errors, struct wh_conf_errors *warnings,
	struct wh_certificates *certificates)
{
	struct wh_buf said = { .max = CHECKER_TEXT };
	const char *last = NULL;
	char how[DEATH_TEXT];
	bool in_time;
	int pipes[2], status = 0;
	pid_t pid;

	if (certificates != NULL)
		certificates->n = 0;
	if (checker->tables == NULL && (checker->root == NULL || wh_conf_count(checker->root, "plugins") == 0))
		return;
	if (pipe2(pipes, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		wh_conf_errors_add(errors, NULL, 0, "plugins and listeners cannot be checked: %s", strerror(errno));
		return;
	}
	if (pid == 0)
		checker_child(pipes[1], checker);
	wh_fd_close(&pipes[1]);
	in_time = checker_read(pipes[0], &said);
	wh_fd_close(&pipes[0]);
	if (!in_time)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (wh_buf_cstr(&said) != NULL)
		checker_take(said.p, errors, warnings, certificates, &last);
	if (!in_time || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		death_describe(status, how);
		checker_blame_end(checker, last, in_time ? how : "it took too long", errors);
	}
	wh_buf_free(&said);
}
