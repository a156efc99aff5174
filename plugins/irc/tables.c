/* Prints the tables of docs/irc.md from those of the plugin. */
#include <stdio.h>

#include "irc.h"

static void
cap_row(void *self, const char *name, const char *value, const char *help)
{
	(void)self;
	printf("| `%s` | %s%s%s | %s |\n", name, value != NULL && *value != '\0' ? "`" : "", value != NULL ? value : "", value != NULL && *value != '\0' ? "`" : "", help);
}

static void
isupport_row(void *self, const char *token, const char *help)
{
	(void)self;
	printf("| `%s` | %s |\n", token, help);
}

/* A bar would end the cell. */
static void
cell(const char *text)
{
	for (; *text != '\0'; text++)
		printf(*text == '|' ? "\\|" : "%c", *text);
}

int
main(void)
{
	static const char *const kinds[] = { ['P'] = "with a nick", ['A'] = "a list of masks", ['B'] = "with a parameter, always", ['C'] = "with a parameter, when it is set",
		['D'] = "", ['S'] = "only shown" };

	printf("### Commands\n\n| command | is written | |\n|---|---|---|\n");
	for (const struct irc_command *c = irc_commands; c->verb != NULL; c++) {
		printf("| `%s` | `", c->verb);
		cell(c->usage);
		printf("` | %s%s |\n", c->help, (c->flags & VERB_EARLY) != 0 ? "; also before one is in" : "");
	}
	printf("\n### Capabilities\n\n| capability | value | |\n|---|---|---|\n");
	cap_each(cap_row, NULL);
	printf("\n### Modes of channels\n\n| mode | | |\n|---|---|---|\n");
	for (const struct irc_mode_row *m = irc_channel_modes; m->letter != '\0'; m++)
		printf("| `%c` | %s | %s |\n", m->letter, kinds[(unsigned char)m->kind], m->help);
	printf("\n### Modes of clients\n\n| mode | |\n|---|---|\n");
	for (const struct irc_mode_row *m = irc_user_modes; m->letter != '\0'; m++)
		printf("| `%c` | %s |\n", m->letter, m->help);
	printf("\n### ISUPPORT\n\n| token | |\n|---|---|\n");
	isupport_each(isupport_row, NULL);
	printf("\n### Numerics\n\n| | | |\n|---|---|---|\n");
	for (const struct irc_numeric *n = irc_numerics; n->number != 0; n++)
		printf("| `%03d` | `%s` | %s |\n", n->number, n->name, n->help);
	return 0;
}
