/* whiply-rules new: the folder of a pack that passes its test, to begin from. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rules/cli.h"

static const char pack_text[] =
	"pack { id = \"%s\", version = \"0.1.0\", api = 1, license = \"MIT\",\n"
	"  summary = \"holds messages with a word that is not wanted\",\n"
	"  settings = { words = { type = \"words\", default = { \"examplebadword\" } } } }\n"
	"\n"
	"local unwanted = list \"words\"\n"
	"\n"
	"rule \"unwanted-word\" { on = \"message\", exempt = \"trusted\",\n"
	"  when = function(m)\n"
	"    local word = unwanted:find(m.text)\n"
	"    return word and { word = word }\n"
	"  end,\n"
	"  act = { \"hold\", reason = \"unwanted_word\" } }\n"
	"\n"
	"test \"the word is found however it is written\" {\n"
	"  { from = \"eve\", say = \"hello\", expect = \"allow\" },\n"
	"  { from = \"eve\", say = \"so ExampleBadWord it is\", expect = \"hold\" },\n"
	"  { from = \"eve\", say = \"3x4mpleb4dw0rd\", expect = \"hold\" } }\n";

static const char readme_text[] =
	"# %s\n\nWhat it is for, in a sentence or two.\n\n"
	"| rule | when | what |\n|---|---|---|\n| unwanted-word | a message has a word of the list | hold |\n\n"
	"Try it: `whiply-rules check .`, `whiply-rules test .`, `whiply-rules backtest . --log LOG.jsonl`.\n";

static int
write_file(const char *folder, const char *name, const char *fmt, const char *id)
{
	char path[4096];
	FILE *f;
	int rc;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "wxe");
	if (f == NULL) {
		fprintf(stderr, "whiply-rules: %s: %s\n", path, strerror(errno));
		return 1;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	rc = fprintf(f, fmt, id);
#pragma GCC diagnostic pop
	return fclose(f) != 0 || rc < 0;
}

int
cli_new(const char *folder)
{
	char id[PACK_NAME];
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		n--;
	snprintf(id, sizeof id, "%.*s", (int)n, folder);
	if (strrchr(id, '/') != NULL)
		memmove(id, strrchr(id, '/') + 1, strlen(strrchr(id, '/')));
	if (id[0] == '\0' || id[0] == '.' || strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen(id)) {
		fprintf(stderr, "whiply-rules: '%s' is no name of a pack: letters, digits, '-', '_' and '.'\n", id);
		return 2;
	}
	if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "whiply-rules: %s: %s\n", folder, strerror(errno));
		return 1;
	}
	if ((write_file(folder, "pack.lua", pack_text, id) | write_file(folder, "README.md", readme_text, id)) != 0)
		return 1;
	printf("%s/pack.lua has a rule and a test to begin from. Next:\n"
	    "  whiply-rules check %s       finds mistakes\n"
	    "  whiply-rules test %s        runs its tests\n"
	    "  whiply-rules repl %s        lets you try messages on it\n", folder, folder, folder, folder);
	return 0;
}
