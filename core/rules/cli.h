/* The command line of whiply-rules: what a pack's author uses. Each command gives the exit code: 0 good, 1 something was found, 2 used wrongly. */
#ifndef WHIPLY_RULES_CLI_H
#define WHIPLY_RULES_CLI_H

#include <stdio.h>

#include "rules/judge.h"

struct cli {
	struct shared shared;
	struct pack_limits limits;
};

int cli_check(struct cli *c, int n, char **folders);
int cli_test(struct cli *c, int n, char **folders);
int cli_backtest(struct cli *c, int argc, char **argv);	/* backtest.c */
int cli_repl(struct cli *c, int n, char **folders);	/* repl.c */
int cli_new(const char *folder);			/* new.c */

/** Reads and loads the pack of a folder; the error is printed, with the line that it names and what may help. */
struct pack *cli_load(struct cli *c, const char *folder);

/** Prints an error of a pack with what explain adds. */
void cli_explain(FILE *to, const struct source *s, struct wh_str message);

/** Shows each rule of a pack some made-up events; an error is printed. How many rules failed. */
unsigned cli_try(struct cli *c, const struct pack *p);	/* try.c */

#endif
