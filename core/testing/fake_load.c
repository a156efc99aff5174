/* Loading another plugin's module beside the one under test: where it is looked for, and what it must be. */
#include "testing/fake.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef PLUGIN_PATH
#define PLUGIN_PATH "/usr/lib/whiply/plugins"
#endif

/* In a build of whiply itself the modules stand in plugins/.libs, below some folder above the program. */
static bool
module_of_build(const char *name, char path[static PATH_MAX])
{
	char folder[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
	char *slash;

	folder[n > 0 ? n : 0] = '\0';
	while ((slash = strrchr(folder, '/')) != NULL) {
		*slash = '\0';
		n = snprintf(path, PATH_MAX, "%s/plugins/.libs/%s.so", folder, name);
		if (n < PATH_MAX && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void
module_find(const struct fake_plugin *p, char path[static PATH_MAX])
{
	const char *folder = getenv("WHIPLY_TEST_PLUGINS");
	int n = 0;

	if (folder != NULL || !module_of_build(p->name, path))
		n = snprintf(path, PATH_MAX, "%s/%s.so", folder != NULL ? folder : PLUGIN_PATH, p->name);
	if (n >= PATH_MAX)
		fake_fault(p, "the path of its module is too long");
}

static void
module_open(struct fake_plugin *p)
{
	char path[PATH_MAX];

	module_find(p, path);
	p->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (p->library == NULL)
		fake_fault(p, "it can't be loaded: %s", dlerror());
	p->row = dlsym(p->library, "whiply_plugin");
	if (p->row == NULL)
		fake_fault(p, "%s exports no whiply_plugin", path);
	fake_plugin_check(p);
	if (strcmp(p->row->name, p->name) != 0)
		fake_fault(p, "%s calls itself \"%s\"", path, p->row->name);
}

/* As in the server, where a plugin is not opened before what it needs. */
static void
needs_check(const struct fake_plugin *p)
{
	for (const char *const *need = p->row->needs; need != NULL && *need != NULL; need++)
		if (**need != '?' && !fake_offered(p->t, *need))
			fake_fault(p, "it needs \"%s\", which nobody offers; load that first", *need);
}

void
wh_test_load(struct wh_test *t, const char *name, const char *settings)
{
	struct fake_plugin *p = fake_plugin_new(t, fake_text(t, wh_str(name)), NULL);

	if (strcmp(name, t->tested->name) == 0)
		fake_fault(p, "wh_test_load: it is the one under test");
	WH_LIST_EACH(link, &t->plugins)
		if (strcmp(WH_CONTAINER(link, struct fake_plugin, place)->name, name) == 0)
			fake_fault(p, "wh_test_load: it is loaded already");
	module_open(p);
	needs_check(p);
	if (fake_settings(p, settings, &p->conf) != WH_OK)
		fake_fault(p, "its settings are wrong: %s", wh_test_why(t));
	fake_settings_keep(p, settings);
	if (fake_plugin_open(p) != WH_OK)
		fake_fault(p, "it does not open: %s", wh_test_why(t));
}
