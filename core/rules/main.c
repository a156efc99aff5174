/* whiply-rules: judges for the moderation plugin (--ring, begun by the keeper), or is the author's tool. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/proctitle.h"
#include "rules/cli.h"
#include "rules/helper.h"

static int
usage(FILE *to, int code)
{
	fputs("usage: whiply-rules COMMAND\n\n"
	    "  check DIR…                 load packs and say what is in them; errors name file and line\n"
	    "  test DIR…                  run the packs' own tests; TAP\n"
	    "  backtest DIR… --log FILE   try packs on what was said; backtest --help says more\n"
	    "  repl DIR                   try Lua and messages on a pack\n"
	    "  new DIR                    begin a pack: pack.lua with a rule and a test, and a README\n", to);
	return code;
}

static int
unknown(const char *command)
{
	static const char *const commands[] = { "check", "test", "backtest", "repl", "new", "help" };
	struct wh_nearest near = { .word = wh_str(command) };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(command, commands[i]) == 0)
			return usage(stderr, 2);
		wh_nearest_offer(&near, wh_str(commands[i]));
	}
	if (near.best.p != NULL)
		fprintf(stderr, "whiply-rules: there is no command '%s'; did you mean '%.*s'?\n", command, WH_FMT(near.best));
	else
		fprintf(stderr, "whiply-rules: there is no command '%s'\n", command);
	return usage(stderr, 2);
}

int
main(int argc, char **argv)
{
	static struct wh_proctitle title;
	const char *command = argc > 1 ? argv[1] : "help";
	struct cli c = { { NULL, NULL }, { 0 } };
	int code = -1;

	if (strcmp(command, "--ring") == 0) {
		(void)wh_proctitle_init(&title, argc, argv);
		return helper_main(argc > 2 ? argv[2] : "helper rules", &title);
	}
	if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0)
		return usage(stdout, 0);
	if (strcmp(command, "--version") == 0) {
		puts("whiply-rules " PACKAGE_VERSION);
		return 0;
	}
	if (strcmp(command, "new") == 0 && argc == 3)
		return cli_new(argv[2]);
	if (argc < 3)
		return argc == 1 ? usage(stderr, 2) : unknown(command);
	if (shared_open(&c.shared) != WH_OK) {
		fputs("whiply-rules: the data of ICU or the public suffix list cannot be loaded\n", stderr);
		return 1;
	}
	if (strcmp(command, "check") == 0)
		code = cli_check(&c, argc - 2, argv + 2);
	else if (strcmp(command, "test") == 0)
		code = cli_test(&c, argc - 2, argv + 2);
	else if (strcmp(command, "backtest") == 0)
		code = cli_backtest(&c, argc - 2, argv + 2);
	else if (strcmp(command, "repl") == 0)
		code = cli_repl(&c, argc - 2, argv + 2);
	shared_close(&c.shared);
	return code >= 0 ? code : unknown(command);
}
